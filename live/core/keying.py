"""Keys in the core's own time: a place is struck by what hands play, at the very sample, and let go with it.

Any kind that takes events may be told ``hits`` = ("keys", low, high, device, channel), and after those whether the pedal
holds it (1, 0) and by how many semitones the bender bends it (-1: as many as the controller says). Its row is then played through
``keying``: it reads the log of notes (see midi.py) from where it stands and puts what it hears into the queue of the
kind's own op, beside what the desk sends. Time is cut at every note, so a note's frame is the first of its run.

    notes of all hands --> low, high, device, channel --> held keys --+
                                                                      +--> inner queue --> the kind's op
    the desk's events --> outer queue --------------------------------+

A key's pitch goes to what has a pitch, its velocity to the gain. One voice follows its newest held key: let it go, and the
one still held sounds again. What the foot holds is held, too: it goes when the pedal comes up. A single key is a pad, which no
pedal holds and nothing bends, unless it is told to. A tone follows the bender of the hand that struck it, a string while its key
is held. ``notes``, when given, are laid on the keys from ``low`` up; a single key takes them in turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit

from live.core.beating import MEANS, MOMENT, PEAK, PITCH, QUEUE, SPOT, _notes, _pass_on, _spot
from live.core.inner import CLOSING, OPEN, OPENING, V_LAST, V_WAY
from live.core.kinds import Kind, Making, op
from live.core.layout import EVENT_CELLS, EVENTS_MAX
from live.core.midi import (
    BENT,
    F_BENT,
    F_FOOT,
    F_WHEEL,
    FOOT,
    LOGGED,
    N_CHANNEL,
    N_FRAME,
    N_KEY,
    N_SLOT,
    N_VELOCITY,
    N_WHAT,
    NOTE_CELLS,
    NOTES,
    STAND_CELLS,
    STANDS,
    STRUCK,
)
from live.core.row import BEAT, EVENTS, HOW, OP, RATE, VOICE, address, call_op, cells, doubles, words


class Hands:
    """Where a place finds what hands play: the log of notes, and which of them are a device that was asked for."""

    def __init__(self, stand: Any) -> None:
        self.stand = stand

    @property
    def log(self) -> int:
        """Where the log lies."""
        return address(self.stand.notes)

    def mask(self, device: str) -> int:
        """Where it says which slots are that device; 0: any may be."""
        return address(self.stand.asked_slots) + 8 * self.stand.ask(device) if device else 0


# cells of a desk: integers (RANGE is a double); then the held keys, newest last, then the notes
OWN, OUTER, LOG, MASK, LOW, HIGH, CHANNEL, MEANING, WAY, HOLDS, GIVEN, THERE, BORN, HELD, STRIKES, SUSTAINS, RANGE, SOUNDS = range(18)
# SUSTAINS: 1 where the pedal holds. RANGE: semitones a whole bend is, -1 as the controller says. SOUNDS: whose note is the newest struck.
HEAD = 20
MOST = 32  # held keys that are remembered
KEY = 5  # cells of a held one:
H_KEY, H_VELOCITY, H_HAND, H_NOTE, H_LIFTED = range(KEY)
# H_HAND: slot and channel. H_NOTE: what it was struck with. H_LIFTED: 1 while only the foot holds it.
TABLE = HEAD + MOST * KEY
EACH, NEWEST, TOP, ANY = range(4)
LIFTED = -2.0  # for a key: all of a hand that only the foot holds
# What letting go means. EACH: that pitch alone. NEWEST: the key held before it sounds again. TOP: over, if it was the newest.
# ANY: over, when no key is held any more.
WAYS = {"pluck": EACH, "tone": NEWEST, "clip": TOP, "env": ANY, "grains": ANY}


@njit(**HOW)
def _put(inner, frame, kind, a, b, gain):
    """One event into the inner queue; ``gain`` where grains look for it (and a tone for how far it is bent). In a storm the newest count: the oldest goes unheard."""
    e = _spot(inner)
    if e < 0:
        inner[1] += 1.0
        e = _spot(inner)
    for i in range(EVENT_CELLS):
        inner[e + i] = 0.0
    inner[e], inner[e + 1], inner[e + 2], inner[e + 3], inner[e + 6] = frame, kind, a, b, gain
    inner[0] += 1.0


@njit(**HOW)
def _note(desk, key):
    """What a key means to its kind: Hz, or one of the notes it was given; below 0: nothing of its own."""
    w = words(desk, HEAD)
    given = w[GIVEN]
    if given > 0:
        k = w[STRIKES] if w[LOW] == w[HIGH] else np.int64(key) - w[LOW]
        return doubles(desk + 8 * TABLE, given)[k % given]
    return 440.0 * 2.0 ** ((key - 69.0) / 12.0) if w[MEANING] == PITCH else -1.0


@njit(**HOW)
def _bend(desk, hand):
    """How far a hand bends its notes, in octaves."""
    w, far = words(desk, HEAD), doubles(desk, HEAD)[RANGE]
    if far == 0.0 or w[MEANING] != PITCH:
        return 0.0
    stands = doubles(w[LOG] + 8 * (STANDS + np.int64(hand) * STAND_CELLS), STAND_CELLS)
    return (stands[F_WHEEL] * far if far > 0.0 else stands[F_BENT]) / 12.0


@njit(**HOW)
def _strike(desk, inner, rate, frame, key, velocity, hand):
    """A key is struck, as its kind reads it: the note it is struck with."""
    w = words(desk, HEAD)
    note, bend = _note(desk, key), _bend(desk, hand)
    w[SOUNDS] = np.int64(hand)
    if w[MEANING] == PEAK:
        _put(inner, frame, 1.0, velocity * note if w[GIVEN] > 0 else velocity, 0.0, 0.0)
    elif w[MEANING] == SPOT:
        _put(inner, frame, 1.0, note, 0.0, velocity)
    elif w[MEANING] == MOMENT:
        _put(inner, frame, 1.0, max(note, 0.0) * rate, velocity, 0.0)
    elif w[WAY] == NEWEST:
        _put(inner, frame, 1.0, note, velocity, bend)
    else:
        _put(inner, frame, 1.0, note, velocity, bend)
        inner[2 + np.int64(inner[0] - 1.0) % EVENTS_MAX * EVENT_CELLS + 7] = hand + 1.0
    w[STRIKES] += 1
    return note


@njit(**HOW)
def _forget(desk, inner, frame, key, hand, goes):
    """Take a key of a hand out of those that are held: how many went, and whether the newest did. -1: all of that hand; LIFTED:
    those of it that the foot held. ``goes``: where each sounds by itself, each is let go (4: it rings on, and follows the hand no longer)."""
    w, held = words(desk, HEAD), doubles(desk + 8 * HEAD, MOST * KEY)
    kept, newest = 0, False
    for i in range(w[HELD]):
        one = held[KEY * i : KEY * i + KEY]
        if one[H_HAND] == hand and (key == -1 or one[H_KEY] == key or (key == LIFTED and one[H_LIFTED] != 0.0)):
            newest = newest or i == w[HELD] - 1
            if goes and w[WAY] == EACH:
                _put(inner, frame, 2.0 if w[HOLDS] != 0 else 4.0, one[H_NOTE] if w[MEANING] == PITCH else 0.0, hand + 1.0, 0.0)
            continue
        for j in range(KEY):
            held[KEY * kept + j] = held[KEY * i + j]
        kept += 1
    gone = w[HELD] - kept
    w[HELD] = kept
    return gone, newest


@njit(**HOW)
def _room(desk, inner, frame):
    """Room for one more: the oldest that only the foot holds goes, or else the oldest."""
    w, held = words(desk, HEAD), doubles(desk + 8 * HEAD, MOST * KEY)
    if w[HELD] < MOST:
        return
    oldest = 0
    while oldest < MOST and held[KEY * oldest + H_LIFTED] == 0.0:
        oldest += 1
    oldest %= MOST
    _forget(desk, inner, frame, held[KEY * oldest + H_KEY], held[KEY * oldest + H_HAND], True)


@njit(**HOW)
def _play(desk, inner, rate, frame, key, velocity, hand):
    """A key is struck, and is the newest that is held."""
    w, held = words(desk, HEAD), doubles(desk + 8 * HEAD, MOST * KEY)
    _forget(desk, inner, frame, key, hand, False)
    _room(desk, inner, frame)
    one = held[KEY * w[HELD] : KEY * w[HELD] + KEY]
    one[H_NOTE] = _strike(desk, inner, rate, frame, key, velocity, hand)
    one[H_KEY], one[H_VELOCITY], one[H_HAND], one[H_LIFTED] = key, velocity, hand, 0.0
    w[HELD] += 1


@njit(**HOW)
def _let_go(desk, inner, rate, frame, key, hand):
    """A key is let go; -1: all of them; LIFTED: those that only the foot held."""
    w, held = words(desk, HEAD), doubles(desk + 8 * HEAD, MOST * KEY)
    if key >= 0 and w[SUSTAINS] != 0 and doubles(w[LOG], LOGGED)[STANDS + np.int64(hand) * STAND_CELLS + F_FOOT] != 0.0:
        for i in range(w[HELD]):
            if held[KEY * i + H_HAND] == hand and held[KEY * i + H_KEY] == key:
                held[KEY * i + H_LIFTED] = 1.0
        return
    gone, newest = _forget(desk, inner, frame, key, hand, key != -1)
    if key == -1:
        if w[HELD] == 0 or w[WAY] == EACH:
            _put(inner, frame, 2.0, 0.0, 0.0, 0.0)
            return
    elif w[HOLDS] == 0 or gone == 0 or w[WAY] == EACH:
        return
    if w[WAY] == NEWEST and newest and w[HELD] > 0:
        one = held[KEY * (w[HELD] - 1) : KEY * w[HELD]]
        _strike(desk, inner, rate, frame, one[H_KEY], one[H_VELOCITY], one[H_HAND])
    elif w[HELD] == 0 or (newest and w[WAY] == TOP):
        _put(inner, frame, 2.0, 0.0, 0.0, 0.0)


@njit(**HOW)
def _mine(desk, log, e):
    """Whether a row of the log is meant for this place."""
    w = words(desk, HEAD)
    if w[MASK] != 0 and (words(w[MASK], 1)[0] >> np.int64(log[e + N_SLOT])) & 1 == 0:
        return False
    if w[CHANNEL] >= 0 and log[e + N_CHANNEL] != w[CHANNEL]:
        return False
    return log[e + N_WHAT] >= FOOT or log[e + N_KEY] < 0 or w[LOW] <= log[e + N_KEY] <= w[HIGH]


@njit(**HOW)
def _listen(desk, inner, rate, t, leaving):
    """Everything hands have played since the last run."""
    w = words(desk, HEAD)
    log = doubles(w[LOG], LOGGED)
    total = np.int64(log[0])
    k = max(w[THERE], total - NOTES)
    while k < total:
        e = 1 + k % NOTES * NOTE_CELLS
        k += 1
        if not _mine(desk, log, e):
            continue
        what, key, hand = log[e + N_WHAT], log[e + N_KEY], 16.0 * log[e + N_SLOT] + log[e + N_CHANNEL]
        if what == FOOT:
            if log[e + N_VELOCITY] == 0.0 and w[SUSTAINS] != 0:
                _let_go(desk, inner, rate, t, LIFTED, hand)
        elif what == BENT:
            if w[MEANING] == PITCH and (w[WAY] != NEWEST or w[SOUNDS] == np.int64(hand)):
                _put(inner, t, 3.0, _bend(desk, hand), hand + 1.0, 0.0)
        elif what != STRUCK or log[e + N_VELOCITY] <= 0.0:
            _let_go(desk, inner, rate, t, key, hand)
        elif not leaving:
            _play(desk, inner, rate, t, key, log[e + N_VELOCITY], hand)
    w[THERE] = total


@njit(**HOW)
def _begin(desk, voice, t):
    """Its first run: it hears what is played from now on, and opens at once, for it begins in silence."""
    w = words(desk, HEAD)
    log = doubles(w[LOG], LOGGED)
    total = np.int64(log[0])
    k = total
    while k > max(total - NOTES, 0) and log[1 + (k - 1) % NOTES * NOTE_CELLS + N_FRAME] >= t:
        k -= 1
    w[BORN], w[THERE] = 1, k
    if voice[V_WAY] == OPENING:
        voice[V_WAY] = OPEN


@op
def keying(row, n, t):
    r = cells(row)
    desk = r[BEAT]
    w = words(desk, HEAD)
    voice = doubles(r[VOICE], V_LAST)
    outer = doubles(w[OUTER], QUEUE)
    if w[BORN] == 0:
        _begin(desk, voice, t)
    if w[THERE] != np.int64(doubles(w[LOG], 1)[0]):
        _listen(desk, doubles(r[EVENTS], QUEUE), r[RATE], t, voice[V_WAY] == CLOSING)
    if outer[1] < outer[0]:
        inner = doubles(r[EVENTS], QUEUE)
        while outer[1] < outer[0]:
            e = 2 + np.int64(outer[1]) % EVENTS_MAX * EVENT_CELLS
            if outer[e] >= t + n or not _pass_on(outer, inner):
                break
    call_op(w[OWN], row, n, t)


def lay(kind: Kind, given: Mapping[str, Any], making: Making) -> np.ndarray:
    """Lay the held keys out, and the row goes through ``keying``: the queue that the desk writes to. Says what is wrong with the keys."""
    try:
        _, low, high, device, channel, *more = given["hits"]
        low, high, channel, device = int(low), int(high), int(channel), str(device)
        alone = low == high
        sustains, far = (int(more[0]), float(more[1])) if more else (int(not alone), 0.0 if alone else -1.0)
    except (TypeError, ValueError, IndexError):
        raise LookupError(f"hits={given['hits']!r} are no keys; legal: keys, low, high, device, channel") from None
    if not (0 <= low <= high <= 127 and 0 <= channel <= 16):
        raise LookupError(f"keys go from 0 to 127 and channels from 1 to 16; this is {low} to {high} on {channel}")
    if sustains not in (0, 1) or not (far == -1 or 0 <= far <= 96):
        raise LookupError(
            f"keys are held by a pedal or not (1, 0), and bent by 0 to 96 semitones (-1: as the controller says); this is {more}"
        )
    gate, own = given.get("gate", True), kind.word in ("tone", "env")
    notes = _notes(kind, given)
    desk, outer, inner = np.zeros(TABLE + len(notes)), np.zeros(QUEUE), np.zeros(QUEUE)
    w = desk.view(np.int64)
    w[OWN], w[OUTER], w[LOG], w[MASK] = kind.op.address, address(outer), making.hands.log, making.hands.mask(device)
    w[LOW], w[HIGH], w[CHANNEL] = low, high, channel - 1
    w[MEANING], w[WAY], w[GIVEN] = MEANS.get(kind.word, PITCH), WAYS.get(kind.word, EACH), len(notes)
    w[HOLDS] = own or ("gate" in given and (gate is True or (gate is not False and gate > 0)))
    w[SUSTAINS], desk[RANGE], w[SOUNDS] = sustains, far, -1
    desk[TABLE:] = notes
    making.cells |= {OP: keying.address, BEAT: making.hold(desk), EVENTS: making.hold(inner)}
    return outer
