"""What is remembered of every channel: its pedal, its bend, and MPE, where a zone's channels are fingers, one note each.

A controller opens a zone with RPN 6 on channel 1 (fingers from channel 2 up) or 16 (from 15 down); that channel is the zone's
own: its pedal and its bend are for all of its fingers. Until then every channel is an instrument of its own. The newest
finger's bend, pressure and timbre are those of the instrument; let go, the older one's that is still held. What a finger does
before its key is struck is remembered, and acts with the key.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from live.core import inner as m
from live.core.row import words

(
    C_PARAM, C_UPPER, C_LOWER, C_WHOSE, C_BEND, C_PRESSED, C_TIMBRE, C_FINGER, C_NEWEST, C_FOOT, C_HUNG, C_HUNG_TOO, C_STRUCK, C_ORDER,
    C_RANGE, C_STALE,
) = range(m.CHOSEN)  # fmt: skip
# For each slot and channel. The first four: which parameter data entry moves (see midi.py). C_BEND, C_PRESSED, C_TIMBRE: what it
# said last, plus 1 (0: nothing yet). C_FINGER: bit 0 of the lower zone, bit 1 of the upper. C_NEWEST: on the slot's first
# channel, 1 + the finger whose moves count. C_FOOT: 1 while the pedal is down; C_HUNG: a bit for each key let go meanwhile.
# C_STRUCK: 1 + the key a finger struck last, while it is held; C_ORDER: when, in strikes (on the first channel: how many).
# C_RANGE: 1 + how far the bender goes, in cents (0: the usual). C_STALE: 1 while its bend is not yet put down.
BENDER, ZONE = 0, 6  # parameters: how far the bender goes; that opens a zone
USUAL, FINGERS_USUAL = 200, 4800  # cents
REST = 8192


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
        one[C_RANGE] = one[C_STRUCK] = 0
        stale(stand, slot, c)
    remembered(stand, slot, 0)[C_NEWEST] = 0


@njit
def follows(stand, slot, channel, other):
    """Whether a channel is the other itself, or one of the fingers of its zone."""
    bit = 1 if channel == 0 else 2 if channel == 15 else 0
    return channel == other or remembered(stand, slot, other)[C_FINGER] & bit != 0


@njit
def acts(stand, slot, channel, which, value):
    """Whether what a channel says moves anything: of fingers only the newest counts, the others are remembered."""
    one = remembered(stand, slot, channel)
    one[which] = value + 1
    return one[C_FINGER] == 0 or remembered(stand, slot, 0)[C_NEWEST] == channel + 1


@njit
def newest(stand, slot, channel, key):
    """A key is struck: whether it is a finger's, which is the newest now."""
    one, first = remembered(stand, slot, channel), remembered(stand, slot, 0)
    if one[C_FINGER] == 0:
        return False
    one[C_STRUCK] = key + 1
    first[C_NEWEST] = channel + 1
    first[C_ORDER] += 1
    if channel != 0:
        one[C_ORDER] = first[C_ORDER]
    return True


@njit
def older(stand, slot):
    """Which finger's moves count from now on, when the newest has been let go and an older one is still held; -1: nothing changes."""
    first = remembered(stand, slot, 0)
    if first[C_NEWEST] == 0 or remembered(stand, slot, first[C_NEWEST] - 1)[C_STRUCK] != 0:
        return -1
    found, when = -1, 0
    for c in range(1, 16):
        one = remembered(stand, slot, c)
        if one[C_FINGER] != 0 and one[C_STRUCK] != 0 and one[C_ORDER] > when:
            found, when = c, one[C_ORDER]
    if found >= 0:
        first[C_NEWEST] = found + 1
    return found


# --- the bender -----------------------------------------------------------------------


@njit
def stale(stand, slot, channel):
    """A channel's bend is not what it was; nor is that of its fingers, if a zone is its own."""
    words(stand, m.STAND)[m.S_BENT] = 1
    for c in range(16):
        if follows(stand, slot, channel, c):
            remembered(stand, slot, c)[C_STALE] = 1


@njit
def far(stand, slot, channel, cents, fine):
    """How far the bender goes. ``fine``: cents that come after the semitones. Of a finger it is said for all."""
    bits = remembered(stand, slot, channel)[C_FINGER]
    for c in range(16):
        one = remembered(stand, slot, c)
        if c == channel or one[C_FINGER] & bits != 0:
            one[C_RANGE] = 1 + cents + (max(one[C_RANGE] - 1, 0) // 100 * 100 if fine else 0)
            stale(stand, slot, c)


@njit
def wheel(stand, slot, channel):
    """Where a channel's bender is, -1 to 1."""
    said = remembered(stand, slot, channel)[C_BEND]
    away = np.float64(said - 1 - REST) if said > 0 else 0.0
    return away / 8192.0 if away < 0.0 else away / 8191.0


@njit
def bent(stand, slot, channel):
    """By how many semitones a channel is bent: its own bender and that of its zone."""
    one = remembered(stand, slot, channel)
    usual = FINGERS_USUAL if one[C_FINGER] != 0 else USUAL
    found = wheel(stand, slot, channel) * (one[C_RANGE] - 1 if one[C_RANGE] > 0 else usual) / 100.0
    if one[C_FINGER] != 0:
        whole = 0 if one[C_FINGER] & 1 else 15
        reach = remembered(stand, slot, whole)[C_RANGE]
        found += wheel(stand, slot, whole) * (reach - 1 if reach > 0 else USUAL) / 100.0
    return found
