"""MIDI inside the sound: messages are read, sent on and answered between two samples. Compiled; Python never runs in it.

A message on its way is three words: its frame; its slot, and its size above bit 32; its bytes, the first lowest: the three
words of ``layout.MESSAGE``. It comes by the ``heard`` ring (at the start of a block) or by one of JACK's eight inputs (at its
very sample), goes into ``echo``, and then turns knobs (routes, lanes, see turning.py) and strikes keys.

Keys, for whoever sounds them: ``stand.notes`` (its address: cell S_NOTES of the stand) is doubles: [0] how many rows were put
in so far, and row i at 1 + (i % NOTES) * NOTE_CELLS. The cells of a row: N_FRAME, N_WHAT (STRUCK or LET_GO), N_KEY (0 to 127;
-1 with LET_GO: all of that slot and channel), N_VELOCITY (0 to 1), N_SLOT (0 to 7), N_CHANNEL (0 to 15). With FOOT, the pedal,
N_VELOCITY is 1 (down) or 0; with BENT it is where the bender is, -1 to 1, and N_KEY the semitones that is by the controller's own
range. From STANDS on lies where each slot and channel stands now: F_FOOT, F_WHEEL, F_BENT. A row is there before
the run that begins at its frame, never later; time is cut at it, so its frame is the first of that run (in a storm several
share a frame, in the order they came). Only a bend does not cut time: it comes with the run it falls in, one row for all it did
there. Read from your own place up to [0]; if that is NOTES behind, go on from [0] - NOTES.

What goes out waits in the stand in order of frame: ``send`` puts a message there, from the ``said`` ring or from whoever
keeps a clock, and JACK's callback gives the driver what is due.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from live.core import inner as m
from live.core import layout as at
from live.core import row as r
from live.core.glides import send_knob
from live.core.lanes import FOURTEEN, FOURTEEN_LSB, KIND, KNOB, LOW7, NEXT, NRPN, PARAM, POLY, PRESSED, RPN
from live.core.row import doubles, fence, ints, words
from live.core.turning import ALL_GO, DOWN, DROPS, FINE, LETS_GO, LIFTS, MOVES, PRESSES, STRIKES, UP, WIDE, turn
from live.core.zones import (
    BENDER,
    C_BEND,
    C_FOOT,
    C_HUNG,
    C_LOWER,
    C_PARAM,
    C_PRESSED,
    C_STALE,
    C_STRUCK,
    C_TIMBRE,
    C_UPPER,
    C_WHOSE,
    ZONE,
    acts,
    bent,
    far,
    follows,
    newest,
    older,
    remembered,
    stale,
    wheel,
    zone,
)

NOTES = 8192
NOTE_CELLS = 6
N_FRAME, N_WHAT, N_KEY, N_VELOCITY, N_SLOT, N_CHANNEL = range(NOTE_CELLS)
STRUCK, LET_GO, FOOT, BENT = 1.0, 2.0, 3.0, 4.0
STANDS = 1 + NOTES * NOTE_CELLS  # after the rows
STAND_CELLS = 3
F_FOOT, F_WHEEL, F_BENT = range(STAND_CELLS)
LOGGED = STANDS + at.HANDS * 16 * STAND_CELLS  # doubles in all

ENTRY, ENTRY_LOW, MORE, LESS = 6, 38, 96, 97  # data entry
PEDAL, RESET = 64, 121
TIMBRE = 74  # the controller that is a finger's third way to move
CHAIN = 16  # lanes that may hear one message


@njit
def needs(status):
    """How many bytes follow a status; -1: it is none that is read here."""
    if status < 0x80 or status == 0xF0 or status == 0xF7:
        return -1
    if status < 0xF0:
        return 1 if status & 0xE0 == 0xC0 else 2
    return 2 if status == 0xF2 else 1 if status == 0xF1 or status == 0xF3 else 0


@njit
def hear(stand, frame, slot, size, data):
    """Bytes that came together: every whole message among them is echoed, and waits for its frame. Sysex passes by."""
    s = words(stand, m.STAND)
    heads = words(s[m.S_ECHO_AT], 8)
    if slot < 0 or slot >= at.HANDS or size < 1 or size > 8:
        heads[2] += 1
        return
    status, i = 0, 0
    while i < size:
        byte = data >> (8 * i) & 0xFF
        if byte >= 0xF8:
            accept(stand, frame, slot, 1, byte)
            i += 1
            continue
        if byte >= 0x80:
            status = byte
            i += 1
        count = needs(status)
        if count < 0:  # sysex, or bytes without a beginning
            heads[2] += status < 0x80
            return
        told, k = status, 0
        while k < count and i + k < size and data >> (8 * (i + k)) & 0x80 == 0:
            told |= (data >> (8 * (i + k)) & 0x7F) << (8 * (k + 1))
            k += 1
        i += k
        if k < count:
            heads[2] += 1
            status = 0
            if i < size and data >> (8 * i) & 0x80 == 0:
                return
            continue
        accept(stand, frame, slot, count + 1, told)
        if status >= 0xF0:
            status = 0
            if i < size and data >> (8 * i) & 0x80 == 0:
                heads[2] += 1
                return


@njit
def accept(stand, frame, slot, size, data):
    """One whole message."""
    s = words(stand, m.STAND)
    status = data & 0xFF
    if status >= 0xF0 and status not in (0xF2, 0xF8, 0xFA, 0xFB, 0xFC):
        return
    heads = words(s[m.S_ECHO_AT], 8)
    put(s[m.S_ECHO] + heads[0] % at.ECHO * 24, frame, slot, size, data)
    fence()
    heads[0] += 1
    words(s[m.S_HANDS] + slot * 64, 8)[at.H_HEARD] += 1
    if status >= 0xF0:
        return
    if s[m.S_NCOME] - s[m.S_DONE] >= m.COME:
        heads[1] += 1
        return
    put(s[m.S_COME] + s[m.S_NCOME] % m.COME * 24, frame, slot, size, data)
    s[m.S_NCOME] += 1


@njit(inline="always")
def put(where, frame, slot, size, data):
    """A message into its three words."""
    w = words(where, 3)
    w[0], w[1], w[2] = frame, slot | size << 32, data


@njit
def take_heard(stand):
    """What hands have put into the ring since the last block comes now."""
    s = words(stand, m.STAND)
    heads = words(s[m.S_HEARD_AT], 8)
    first = heads[1]
    last = min(heads[0], first + m.AT_ONCE)
    if first == last:
        return
    fence()
    now = words(s[m.S_CLOCK], 64)[at.C_FRAME]
    for i in range(first, last):
        w = words(s[m.S_HEARD] + i % at.HEARD * 24, 3)
        came = w[0] if 0 < w[0] < now else now  # it acts now; whoever follows a clock wants to know when it was sent
        hear(stand, came, w[1] & 0xFFFFFFFF, w[1] >> 32, w[2])
    heads[1] = last


@njit
def messages(stand, t, n):
    """What is due by frame t happens; how many of n frames may be made before the next that is heard.

    What a controller says is read ahead, so that time is cut only where a knob begins to move or a key is struck: a take
    played again knows of those, and of nothing else.
    """
    s = words(stand, m.STAND)
    end = t + n
    while s[m.S_DONE] < s[m.S_NCOME]:
        w = words(s[m.S_COME] + s[m.S_DONE] % m.COME * 24, 3)
        ahead = w[0] > t
        if ahead and (w[0] >= end or s[m.S_CUTS] >= m.CUTS or (s[m.S_NTURNED] > 0 and w[0] > s[m.S_WHEN])):
            break
        if ahead and strikes(stand, w[1] & 0xFF, w[2]):
            end = w[0]
            break
        rests = s[m.S_NTURNED] == 0
        happen(stand, t, w[1] & 0xFF, w[2])
        if rests or w[0] < s[m.S_WHEN]:
            s[m.S_WHEN] = w[0]
        s[m.S_DONE] += 1
    if s[m.S_BENT] != 0:
        bends(stand, t)
    if s[m.S_NTURNED] > 0:
        if s[m.S_WHEN] <= t:
            settle(stand, t)
        else:
            end = min(end, s[m.S_WHEN])
    if end < t + n:
        s[m.S_CUTS] += 1
    return end - t


@njit
def strikes(stand, slot, data):
    """Whether a message strikes a key or lets one go, by the hand or by the foot."""
    number = data >> 8 & 0x7F
    if data & 0xF0 != 0xB0:
        return data & 0xE0 == 0x80
    if number in (PEDAL, RESET):
        down = number == PEDAL and data >> 16 & 0x7F >= 64
        return remembered(stand, slot, data & 0x0F)[C_FOOT] != down
    return number == 120 or number >= 123


@njit
def happen(stand, t, slot, data):
    """A message acts at frame t."""
    s = words(stand, m.STAND)
    status, channel = data & 0xF0, data & 0x0F
    a, b = data >> 8 & 0x7F, data >> 16 & 0x7F
    ways = r.carray(r._at(s[m.S_ROUTES] + (slot * 16 + channel) * at.ROUTES * 2, np.int16), (at.ROUTES,))
    if status == 0xB0:
        control(stand, t, slot, channel, a, b)
    elif status == 0x90 and b > 0:
        note(stand, t, STRUCK, a, b / 127.0, slot, channel)
        hang(stand, slot, channel, a, False)
        if newest(stand, slot, channel, a):
            touch(stand, slot, channel)
        tell(stand, ways[128 + a], STRIKES, b, a, -1)
    elif status == 0x90 or status == 0x80:
        note(stand, t, LET_GO, a, b / 127.0, slot, channel)
        one = remembered(stand, slot, channel)
        if one[C_STRUCK] == a + 1:
            one[C_STRUCK] = 0
        if one[C_FOOT] != 0:
            hang(stand, slot, channel, a, True)
            tell(stand, ways[128 + a], LIFTS, b, a, -1)
        else:
            tell(stand, ways[128 + a], LETS_GO, b, a, -1)
            touch_older(stand, slot)
    elif status == 0xA0:
        if ways[128 + a] >= 0 and ways[128 + a] & PRESSED:
            tell(stand, ways[128 + a], PRESSES, b, a, -1)
        tell(stand, ways[POLY], MOVES, b, a, -1)
    elif status == 0xC0:
        tell(stand, ways[at.PROGRAM], MOVES, a, 0, -1)
    elif status == 0xD0:
        if acts(stand, slot, channel, C_PRESSED, a):
            tell(stand, ways[at.PRESSURE], MOVES, a, 0, -1)
    else:
        stale(stand, slot, channel)
        if acts(stand, slot, channel, C_BEND, a | b << 7):
            tell(stand, ways[at.BEND], WIDE, a | b << 7, 0, -1)


@njit
def touch(stand, slot, channel):
    """A finger of a zone struck a key: what it said before that acts with it."""
    s = words(stand, m.STAND)
    ways = r.carray(r._at(s[m.S_ROUTES] + (slot * 16 + channel) * at.ROUTES * 2, np.int16), (at.ROUTES,))
    one = remembered(stand, slot, channel)
    tell(stand, ways[at.BEND], WIDE, one[C_BEND] - 1 if one[C_BEND] > 0 else 8192, 0, -1)
    tell(stand, ways[at.PRESSURE], MOVES, max(one[C_PRESSED] - 1, 0), 0, -1)
    if one[C_TIMBRE] > 0:
        tell(stand, ways[TIMBRE], MOVES, one[C_TIMBRE] - 1, 0, -1)


@njit
def touch_older(stand, slot):
    """The newest finger was let go: what the one does that is still held acts again."""
    found = older(stand, slot)
    if found >= 0:
        touch(stand, slot, found)


@njit
def hang(stand, slot, channel, key, up):
    """Remember of a key whether the hand has let it go while the foot holds it; whether it had before."""
    one = remembered(stand, slot, channel)
    cell, bit = C_HUNG + key // 64, np.int64(1) << np.int64(key % 64)
    was = one[cell] & bit != 0
    one[cell] = one[cell] | bit if up else one[cell] & ~bit
    return was


@njit
def pedal(stand, t, slot, channel, down):
    """The pedal of a channel, or of a zone: what hands have let go meanwhile goes when it comes up."""
    s = words(stand, m.STAND)
    for c in range(16):
        one = remembered(stand, slot, c)
        if not follows(stand, slot, channel, c) or one[C_FOOT] == down:
            continue
        one[C_FOOT] = down
        note(stand, t, FOOT, 0, np.float64(down), slot, c)
        if down or (one[C_HUNG] == 0 and one[C_HUNG + 1] == 0):
            continue
        ways = r.carray(r._at(s[m.S_ROUTES] + (slot * 16 + c) * at.ROUTES * 2, np.int16), (at.ROUTES,))
        for key in range(128):
            if hang(stand, slot, c, key, False):
                tell(stand, ways[128 + key], DROPS, 0, key, -1)
    if not down:
        touch_older(stand, slot)


@njit
def bends(stand, t):
    """Benders that moved since the last run, put down."""
    s = words(stand, m.STAND)
    s[m.S_BENT] = 0
    stands = doubles(s[m.S_NOTES], LOGGED)
    for hand in range(at.HANDS * 16):
        one = remembered(stand, hand // 16, hand % 16)
        if one[C_STALE] == 0:
            continue
        one[C_STALE] = 0
        where, semitones = wheel(stand, hand // 16, hand % 16), bent(stand, hand // 16, hand % 16)
        spot = STANDS + hand * STAND_CELLS
        if stands[spot + F_WHEEL] != where or stands[spot + F_BENT] != semitones:
            note(stand, t, BENT, semitones, where, hand // 16, hand % 16)


@njit
def control(stand, t, slot, channel, number, value):
    """A controller: most turn a knob, some say what the next ones mean, some let all keys go."""
    s = words(stand, m.STAND)
    ways = r.carray(r._at(s[m.S_ROUTES] + (slot * 16 + channel) * at.ROUTES * 2, np.int16), (at.ROUTES,))
    chosen = words(s[m.S_CHOSEN] + (slot * 16 + channel) * m.CHOSEN * 8, m.CHOSEN)
    if 98 <= number <= 101:
        choose(chosen, number, value)
    elif number == 120 or number >= 123:
        note(stand, t, LET_GO, -1, 0.0, slot, channel)
        chosen[C_HUNG] = chosen[C_HUNG + 1] = chosen[C_STRUCK] = 0
        for key in range(128):
            tell(stand, ways[128 + key], ALL_GO, 0, key, -1)
    elif number in (PEDAL, RESET):
        pedal(stand, t, slot, channel, 1 if number == PEDAL and value >= 64 else 0)
    if number == TIMBRE and not acts(stand, slot, channel, C_TIMBRE, value):
        return
    how = FINE if ways[number] >= 0 and ways[number] & LOW7 else MOVES
    if number == ENTRY and chosen[C_PARAM] == RPN + ZONE + 1:
        zone(stand, slot, channel, value)
    elif chosen[C_PARAM] == RPN + BENDER + 1 and number in (ENTRY, ENTRY_LOW):
        far(stand, slot, channel, value * 100 if number == ENTRY else value, number == ENTRY_LOW)
    if number in (ENTRY, ENTRY_LOW, MORE, LESS):
        if chosen[C_PARAM] != 0:
            how = FINE if number == ENTRY_LOW else UP if number == MORE else DOWN if number == LESS else MOVES
            tell(stand, ways[number], how, value, 0, chosen[C_PARAM] - 1)
            return
        if number >= MORE:
            return
    tell(stand, ways[number], how, value, 0, -1)


@njit
def choose(chosen, number, value):
    """Half of the number of a parameter; 127 and 127 is none."""
    whose = RPN if number >= 100 else 0
    if chosen[C_WHOSE] != whose:
        chosen[C_WHOSE], chosen[C_UPPER], chosen[C_LOWER] = whose, 0, 0
    chosen[C_UPPER if number == 99 or number == 101 else C_LOWER] = value + 1
    upper, lower = chosen[C_UPPER] - 1, chosen[C_LOWER] - 1
    if upper < 0 or lower < 0 or (upper == 127 and lower == 127):
        chosen[C_PARAM] = 0
    else:
        chosen[C_PARAM] = whose + upper * 128 + lower + 1


@njit
def tell(stand, way, how, data, key, param):
    """A message for the lane of a route, and for those that hear the same. ``param``: what data entry moves now, or -1."""
    if way < 0:
        return
    s = words(stand, m.STAND)
    knobs = doubles(s[m.S_KNOBS], at.KNOBS)
    known = r.carray(r._at(s[m.S_KNOWN], np.uint8), (at.KNOBS,))
    lane = np.int64(way) & (at.LANES - 1)
    for _ in range(CHAIN):
        cells = doubles(s[m.S_LANES] + lane * at.LANE * 8, at.LANE)
        kind, knob = cells[KIND], np.int64(cells[KNOB])
        hears = cells[PARAM] == param if kind == NRPN else param < 0 and (how != FINE or kind in (FOURTEEN, FOURTEEN_LSB))
        if hears and 0 <= knob < at.KNOBS:
            where, slowly = turn(cells, how, np.int64(data), np.int64(key), knobs[knob], np.int64(known[knob]))
            if where == where:
                want(stand, knob, min(max(where, 0.0), 1.0), slowly)
        lane = np.int64(cells[NEXT]) - 1
        if lane < 0 or lane >= at.LANES:
            return


@njit
def want(stand, knob, where, slowly):
    """A knob is sent somewhere; it goes when everything of this moment is known. The newest counts."""
    s = words(stand, m.STAND)
    turned = ints(s[m.S_TURNED], 2 * at.KNOBS)  # which, and how each
    if turned[at.KNOBS + knob] == 0 and where == doubles(s[m.S_SEEN], at.KNOBS)[knob]:
        return
    doubles(s[m.S_KNOBS], at.KNOBS)[knob] = where
    if turned[at.KNOBS + knob] == 0:
        turned[s[m.S_NTURNED]] = knob
        s[m.S_NTURNED] += 1
    turned[at.KNOBS + knob] = 2 if slowly or turned[at.KNOBS + knob] == 2 else 1


@njit
def settle(stand, t):
    """Knobs turned in this moment go on their way."""
    s = words(stand, m.STAND)
    if s[m.S_NTURNED] == 0:
        return
    turned = ints(s[m.S_TURNED], 2 * at.KNOBS)
    for i in range(s[m.S_NTURNED]):
        knob = np.int64(turned[i])
        send_knob(stand, t, knob, turned[at.KNOBS + knob] == 2)
        turned[at.KNOBS + knob] = 0
    s[m.S_NTURNED] = 0


@njit
def note(stand, t, what, key, velocity, slot, channel):
    """A key is struck or let go, a pedal is moved, a bender."""
    s = words(stand, m.STAND)
    log = doubles(s[m.S_NOTES], LOGGED)
    hand = STANDS + (slot * 16 + channel) * STAND_CELLS
    if what == FOOT:
        log[hand + F_FOOT] = velocity
    elif what == BENT:
        log[hand + F_WHEEL], log[hand + F_BENT] = velocity, key
    spot = 1 + np.int64(log[0]) % NOTES * NOTE_CELLS
    log[spot + N_FRAME], log[spot + N_WHAT], log[spot + N_KEY] = t, what, key
    log[spot + N_VELOCITY], log[spot + N_SLOT], log[spot + N_CHANNEL] = velocity, slot, channel
    fence()
    log[0] += 1.0


# --- out ------------------------------------------------------------------------------


@njit
def send(stand, frame, slot, size, data):
    """A message goes out at a frame, after those of the same frame that were sent before. False when too many wait."""
    s = words(stand, m.STAND)
    count = s[m.S_NOUT]
    if count >= m.OUTBOX:
        words(s[m.S_SAID_AT], 8)[2] += 1
        return False
    while count > 0:
        before = words(s[m.S_OUTBOX] + (count - 1) * 24, 3)
        if before[0] <= frame:
            break
        put(s[m.S_OUTBOX] + count * 24, before[0], before[1], 0, before[2])
        count -= 1
    put(s[m.S_OUTBOX] + count * 24, frame, slot, size, data)
    s[m.S_NOUT] += 1
    return True


@njit
def take_said(stand):
    """What hands want sent joins what waits."""
    s = words(stand, m.STAND)
    heads = words(s[m.S_SAID_AT], 8)
    if heads[0] == heads[1]:
        return
    fence()
    now = words(s[m.S_CLOCK], 64)[at.C_FRAME]
    while heads[1] < heads[0] and s[m.S_NOUT] < m.OUTBOX:
        w = words(s[m.S_SAID] + heads[1] % at.SAID * 24, 3)
        slot, size = w[1] & 0xFFFFFFFF, w[1] >> 32
        if 0 <= slot < at.HANDS and 1 <= size <= 8:
            send(stand, max(w[0], now), slot, size, w[2])
        heads[1] += 1
