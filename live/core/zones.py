"""MPE: a zone's channels are fingers, one note each. The newest one's bend, pressure and timbre are those of the instrument.

A controller opens a zone with RPN 6 on channel 1 (fingers from channel 2 up) or 16 (from 15 down). Until then every channel is
an instrument of its own. What a finger does before its key is struck is remembered, and acts with the key.
"""

from __future__ import annotations

from numba import njit

from live.core import inner as m
from live.core.row import words

C_PARAM, C_UPPER, C_LOWER, C_WHOSE, C_BEND, C_PRESSED, C_TIMBRE, C_FINGER, C_NEWEST = range(m.CHOSEN)
# For each slot and channel. The first four: which parameter data entry moves (see midi.py). C_BEND, C_PRESSED, C_TIMBRE: what a
# finger said last, plus 1 (0: nothing yet). C_FINGER: bit 0 of the lower zone, bit 1 of the upper. C_NEWEST: on the slot's first
# channel, 1 + the finger that struck last.
ZONE = 6  # the parameter that opens one


@njit
def remembered(stand, slot, channel):
    """What is remembered of a channel."""
    return words(words(stand, m.STAND)[m.S_CHOSEN] + (slot * 16 + channel) * m.CHOSEN * 8, m.CHOSEN)


@njit
def zone(stand, slot, channel, members):
    """A zone opens with so many fingers, or (0) closes."""
    if channel != 0 and channel != 15:
        return
    bit = 1 if channel == 0 else 2
    for c in range(16):
        away = c if channel == 0 else 15 - c
        one = remembered(stand, slot, c)
        one[C_FINGER] = one[C_FINGER] | bit if 1 <= away <= members else one[C_FINGER] & ~bit
    remembered(stand, slot, 0)[C_NEWEST] = 0


@njit
def acts(stand, slot, channel, which, value):
    """Whether what a channel says moves anything: of fingers only the newest counts, the others are remembered."""
    one = remembered(stand, slot, channel)
    if one[C_FINGER] == 0:
        return True
    one[which] = value + 1
    return remembered(stand, slot, 0)[C_NEWEST] == channel + 1


@njit
def newest(stand, slot, channel):
    """A key is struck: whether it is a finger's, which is the newest now."""
    if remembered(stand, slot, channel)[C_FINGER] == 0:
        return False
    remembered(stand, slot, 0)[C_NEWEST] = channel + 1
    return True
