"""The law of a lane: what a hand's message does to a knob, and when a knob is taken over. Compiled for the callback.

``turn(cells, how, data, key, wish, known)`` answers where the knob goes (not a number: nowhere) and whether it goes slowly,
because the hand takes it over. ``wish``: where it was sent last, by whomever; ``known``: 1 if anybody ever sent it anywhere.
"""

from __future__ import annotations

import math

from numba import njit

from live.core.lanes import (
    ABSOLUTE,
    BEND14,
    CATCH,
    CAUGHT,
    COUNT,
    FOURTEEN,
    FOURTEEN_LSB,
    GATE,
    GHOST,
    HELD,
    HIGH,
    HIGH7,
    JUMP,
    KEY,
    KEY_GATE,
    KEY_VELOCITY,
    KEYS,
    KIND,
    LAST,
    LOW,
    MOMENTARY,
    NRPN,
    OFFSET,
    PARAM,
    SIGN,
    STEP,
    TAKEOVER,
    TOGGLE,
    TWOS,
    WAITING,
    WITHOUT_FOOT,
)

NEAR = 1.0 / 64.0  # a hand this near has the knob
MOVED = 1.0 / 128.0  # somebody else moved it so far: the hand has it no longer
FINGERS = 7
NOWHERE = math.nan

# how a lane is told something
MOVES, FINE, WIDE, STRIKES, LETS_GO, PRESSES, UP, DOWN, ALL_GO, LIFTS, DROPS = range(11)
# MOVES: 7 bits. FINE: the lower seven of 14. WIDE: all 14 (bend). UP, DOWN: a click of data entry. ALL_GO: no key is held.
# LIFTS: the hand lets a key go while the foot holds it; DROPS: the foot lets it go.


@njit
def turn(cells, how, data, key, wish, known):
    """One message for one lane."""
    kind = cells[KIND]
    if how >= STRIKES and how != UP and how != DOWN:
        return strike(cells, how, data, key, wish), False
    if how in (UP, DOWN):
        return click(cells, 1.0 if how == UP else -1.0, wish), False
    if kind == TWOS:
        return click(cells, float(data if data <= 64 else data - 128), wish), False
    if kind == SIGN:
        return click(cells, float(-(data & 63) if data & 64 else data), wish), False
    if kind == OFFSET:
        return click(cells, float(data - 64), wish), False
    if kind == TOGGLE:
        return (flip(cells, wish) if data > 63 else NOWHERE), False
    if kind == MOMENTARY:
        return cells[HIGH] if data > 63 else cells[LOW], False
    where = spot(cells, how, data)
    if where < 0.0:
        return NOWHERE, False
    if kind in (ABSOLUTE, FOURTEEN, FOURTEEN_LSB, NRPN, BEND14):
        return take(cells, where, wish, known)
    return cells[LOW] + where * (cells[HIGH] - cells[LOW]), False


@njit
def spot(cells, how, data):
    """Where the hand is, 0 to 1; -1 while half of the message is still to come."""
    kind = cells[KIND]
    if how == WIDE:  # a bender rests in the very middle
        return data / 16384.0 if data <= 8192 else 0.5 + (data - 8192) / 16382.0
    if kind != FOURTEEN and kind != FOURTEEN_LSB and kind != NRPN:
        return data / 127.0
    if kind == FOURTEEN_LSB:  # HIGH7 keeps the lower ones here
        if how == FINE:
            cells[HIGH7] = data + 1.0
            return -1.0
        return (data * 128.0 + max(cells[HIGH7] - 1.0, 0.0)) / 16383.0
    upper = cells[HIGH7]
    if how == FINE:
        if upper == 0.0:
            return -1.0
        upper = upper - WAITING if upper >= WAITING else upper
        cells[HIGH7] = upper
        return ((upper - 1.0) * 128.0 + data) / 16383.0
    cells[HIGH7] = data + 1.0 + WAITING
    if upper >= WAITING:  # no lower half came in between: this one sends none
        return data / 127.0
    return -1.0


@njit
def click(cells, count, wish):
    """An encoder without an end: so many clicks from where the knob is, however fast they came."""
    if count == 0.0:
        return NOWHERE
    low, high = cells[LOW], cells[HIGH]
    by = count * (cells[STEP] if cells[STEP] != 0.0 else 1.0 / 127.0) * (high - low)
    bottom, top = min(low, high, wish), max(low, high, wish)
    where = min(max(wish + by, bottom), top)
    cells[HELD], cells[CAUGHT], cells[GHOST] = where, 1.0, -1.0
    if high != low:
        share = min(max((where - low) / (high - low), 0.0), 1.0)
        cells[LAST] = share
        if cells[KIND] == NRPN:  # so that a lower half alone goes on from here
            cells[HIGH7] = math.floor(share * 16383.0 / 128.0) + 1.0
    return where


@njit
def flip(cells, wish):
    """A switch: to the other end."""
    return cells[LOW] if abs(wish - cells[HIGH]) < abs(wish - cells[LOW]) else cells[HIGH]


@njit
def take(cells, where, wish, known):
    """A hand at ``where``: the knob goes with it once it has been taken over."""
    low, span = cells[LOW], cells[HIGH] - cells[LOW]
    was, want = cells[LAST], low + where * span
    cells[LAST] = where
    if cells[CAUGHT] != 0.0 and abs(wish - cells[HELD]) <= MOVED:
        cells[HELD] = want
        return want, False
    cells[CAUGHT] = 0.0
    how = cells[TAKEOVER]
    caught = known == 0 or how == JUMP or span == 0.0 or abs(want - wish) <= NEAR
    if not caught and how == CATCH and was >= 0.0:
        before = low + was * span
        caught = (before - wish) * (want - wish) <= 0.0
    if caught:
        cells[CAUGHT], cells[GHOST], cells[HELD] = 1.0, -1.0, want
        return want, True
    cells[GHOST] = want
    if how == CATCH or was < 0.0 or where == was:
        return NOWHERE, False
    share = min(max((wish - low) / span, 0.0), 1.0)
    if where > was:  # towards an end with the hand, so that both are there together
        share += (1.0 - share) * (where - was) / (1.0 - was)
    else:
        share -= share * (was - where) / was
    goes = low + share * span
    if abs(goes - want) <= NEAR:
        goes, cells[CAUGHT], cells[GHOST] = want, 1.0, -1.0
    cells[HELD] = goes
    return goes, True


@njit
def strike(cells, how, data, key, wish):
    """A key for a lane: down with a velocity, up, or pressed further."""
    kind, low, span = cells[KIND], cells[LOW], cells[HIGH] - cells[LOW]
    if how == STRIKES:
        hold(cells, key)
        if kind == TOGGLE:
            return flip(cells, wish)
        if kind in (MOMENTARY, KEY_GATE):
            return low + span
        return low + (key if kind == KEY else data) / 127.0 * span
    if how == PRESSES:
        held = int(cells[KEYS]) & 127 == key and cells[COUNT] > 0.0
        return low + data / 127.0 * span if held and (kind in (GATE, ABSOLUTE)) else NOWHERE
    sustains = kind in (KEY, KEY_GATE, KEY_VELOCITY) and cells[PARAM] != WITHOUT_FOOT
    if how in (LIFTS, DROPS) and (how == LIFTS) == sustains:
        return NOWHERE
    newest = int(cells[KEYS]) & 127
    was = cells[COUNT]
    if how == ALL_GO:
        cells[COUNT] = cells[KEYS] = 0.0
    else:
        let_go(cells, key)
    if was == 0.0 or kind in (TOGGLE, KEY_VELOCITY):
        return NOWHERE
    if kind == KEY:
        now = int(cells[KEYS]) & 127
        return low + now / 127.0 * span if cells[COUNT] > 0.0 and now != newest else NOWHERE
    return low if cells[COUNT] == 0.0 else NOWHERE


@njit
def let_go(cells, key):
    """A key is held no longer."""
    keys, left, kept = int(cells[KEYS]), 0, 0
    for i in range(int(cells[COUNT])):
        one = keys >> (7 * i) & 127
        if one != key:
            left |= one << (7 * kept)
            kept += 1
    cells[KEYS], cells[COUNT] = float(left), float(kept)


@njit
def hold(cells, key):
    """A key is held, the newest; of more than FINGERS the oldest is forgotten."""
    let_go(cells, key)
    keys = (int(cells[KEYS]) << 7 | key) & ((1 << 7 * FINGERS) - 1)
    cells[KEYS], cells[COUNT] = float(keys), min(cells[COUNT] + 1.0, float(FINGERS))
