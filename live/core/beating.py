"""Hits in the core's own time: a place plays a pattern by itself, to the frame, and goes on when nobody is at the desk.

Any kind that takes events may be told ``hits`` ("x-o- xx-o": x loud, o soft) and the rest of RHYTHM. Its row is then
played through ``beating``: the hits of each run are put in order with whatever a hand sends, and the kind's own op
finds them in its queue. Step 1 falls on beat 0 of the core's clock: patterns lock, and a reload shifts none.

        a hand's events --> outer queue --+
                                          +--> inner queue --> the kind's op
        pattern, beat, tempo --> hits ----+
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from numba import njit

from live.core.controls.out import beat_at, frame_at
from live.core.controls.seq import gains
from live.core.inner import CLOSING, OPEN, OPENING, V_LAST, V_WAY
from live.core.kinds import Kind, Making, op
from live.core.layout import EVENT_CELLS, EVENTS_MAX
from live.core.row import BEAT, EVENTS, HOW, OP, RATE, TEMPO, VOICE, address, call_op, cells, doubles, words

RHYTHM: dict[str, Any] = {"hits": "", "every": 0.25, "swing": 0.0, "notes": (), "gate": -1.0, "turn": 0.0}
"""Settings of any place that takes events. ``every``, ``turn``: beats. ``gate``: share of a step; 0 lets nothing go, below 0 is the
kind's own way. ``notes``: taken in turn, a hit each: Hz, seconds from the start (clip), 0 to 1 (grains), the peak (env)."""

LONGEST = 256  # steps
SHORTEST = 1 / 64  # beats
HELD = 0.5  # share of a step after which a tone or a gesture is let go
PITCH, MOMENT, SPOT, PEAK = range(4)  # what a note means to a kind
MEANS = {"tone": PITCH, "pluck": PITCH, "clip": MOMENT, "grains": SPOT, "env": PEAK}

# cells of a beat: integers, then doubles; then a gain and a count of hits before it for each step, then the notes
OWN, OUTER, STEPS, COUNT, NOTES, MEANING, BORN, NEXT, THERE, PLAYED, IDLE = range(11)
EVERY, LATE, TURN, GATE, BPM, BEAT0, FRAME0, OFF, OFF_NOTE = range(11, 20)
HEAD = 20
QUEUE = 2 + EVENTS_MAX * EVENT_CELLS
NEVER = np.inf
FAR = 1 << 61


@njit(inline="always")
def _beat_of(d, k):
    """The beat of step k, counted from beat 0 for ever both ways."""
    return k * d[EVERY] + (d[LATE] if k & 1 else 0.0) + d[TURN]


@njit(inline="always")
def _frame_of(tempo, beat, rate):
    """The frame nearest a beat; half a frame goes up, never before a landing on the same beat."""
    return np.int64(math.floor(frame_at(tempo, beat, rate) + 0.500001))


@njit(**HOW)
def _onward(desk, k):
    """The first step at or after k that is a hit."""
    w = words(desk, HEAD)
    gain = doubles(desk + 8 * HEAD, w[STEPS])
    while gain[k % w[STEPS]] == 0.0:
        k += 1
    return k


@njit(**HOW)
def _find(desk, tempo, rate, t):
    """The first hit that is still to come at frame t.

    Where the tempo changes at this very frame, a beat it landed on may lie a frame or two back by the new tempo: it counts."""
    w, d = words(desk, HEAD), doubles(desk, HEAD)
    slack = 4.0 if tempo[2] == t else 0.500001
    k = np.int64(math.floor((beat_at(tempo, t, rate) - d[TURN]) / d[EVERY])) - 2
    while frame_at(tempo, _beat_of(d, k), rate) < t - slack:
        k += 1
    w[NEXT] = _onward(desk, k)


@njit(inline="always")
def _jumps(seen, tempo, rate, t):
    """Whether time itself has jumped at frame t: the beat is another than by the tempo ``seen`` last (bpm, beat, frame; kept up here)."""
    jumped = False
    if seen[0] != tempo[0] or seen[1] != tempo[1] or seen[2] != tempo[2]:
        jumped = abs(seen[1] + (t - seen[2]) * seen[0] / (60.0 * rate) - beat_at(tempo, t, rate)) > 1e-3
        seen[0], seen[1], seen[2] = tempo[0], tempo[1], tempo[2]
    return jumped


@njit(**HOW)
def _follow(desk, tempo, rate, n, t):
    """Where the pattern stands, after a change of tempo too; found anew when time itself has jumped."""
    w, d = words(desk, HEAD), doubles(desk, HEAD)
    jumped = _jumps(d[BPM:], tempo, rate, t)
    jumped = jumped or w[BORN] == 0 or w[THERE] != t
    w[THERE] = t + n
    if jumped and w[COUNT] > 0:
        _find(desk, tempo, rate, t)


@njit(inline="always")
def _spot(queue):
    """Where the next event goes, or -1 when the queue is full."""
    return -1 if queue[0] - queue[1] >= EVENTS_MAX else 2 + np.int64(queue[0]) % EVENTS_MAX * EVENT_CELLS


@njit(inline="always")
def _pass_on(outer, inner):
    """The next event of a hand goes on to the kind's own queue. False when that is full."""
    to = _spot(inner)
    if to < 0:
        return False
    e = 2 + np.int64(outer[1]) % EVENTS_MAX * EVENT_CELLS
    for i in range(EVENT_CELLS):
        inner[to + i] = outer[e + i]
    inner[0] += 1.0
    outer[1] += 1.0
    return True


@njit(**HOW)
def _strike(desk, inner, rate, frame):
    """The next hit, as its kind reads it, into the inner queue."""
    w, d = words(desk, HEAD), doubles(desk, HEAD)
    steps, k = w[STEPS], w[NEXT]
    gain = doubles(desk + 8 * HEAD, steps)[k % steps]
    note, given = 0.0, w[NOTES] > 0
    if given:
        hit = k // steps * w[COUNT] + np.int64(doubles(desk + 8 * (HEAD + steps), steps)[k % steps])
        note = doubles(desk + 8 * (HEAD + 2 * steps), w[NOTES])[hit % w[NOTES]]
    e = _spot(inner)
    if e < 0:
        return
    for i in range(EVENT_CELLS):
        inner[e + i] = 0.0
    inner[e], inner[e + 1] = frame, 1.0
    if w[MEANING] == PEAK:
        inner[e + 2] = gain * note if given else gain
    elif w[MEANING] == SPOT:  # no length: the rest is the controls'
        inner[e + 2], inner[e + 6] = note if given else -1.0, gain
    else:
        inner[e + 2], inner[e + 3] = note * rate if w[MEANING] == MOMENT else note, gain
    inner[0] += 1.0
    if d[GATE] > 0.0:
        d[OFF], d[OFF_NOTE], w[PLAYED] = _beat_of(d, k) + d[GATE] * d[EVERY], note, frame


@njit(**HOW)
def _let_go(desk, inner, frame):
    """The last hit is let go."""
    d = doubles(desk, HEAD)
    d[OFF] = NEVER
    e = _spot(inner)
    if e >= 0:
        for i in range(EVENT_CELLS):
            inner[e + i] = 0.0
        inner[e], inner[e + 1], inner[e + 2] = frame, 2.0, d[OFF_NOTE]
        inner[0] += 1.0


@op
def beating(row, n, t):
    r = cells(row)
    desk, rate = r[BEAT], r[RATE]
    w, d = words(desk, HEAD), doubles(desk, HEAD)
    tempo, voice = doubles(r[TEMPO], 8), doubles(r[VOICE], V_LAST)
    outer, inner = doubles(w[OUTER], QUEUE), doubles(r[EVENTS], QUEUE)
    same = w[THERE] == t and d[BPM] == tempo[0] and d[BEAT0] == tempo[1] and d[FRAME0] == tempo[2]
    if same and w[IDLE] >= t + n and outer[1] >= outer[0]:  # most runs: nothing is due
        w[THERE] = t + n
        call_op(w[OWN], row, n, t)
        return
    _follow(desk, tempo, rate, n, t)
    if w[BORN] == 0:
        w[BORN] = 1
        if voice[V_WAY] == OPENING:  # it begins in silence: opening slowly would only blunt the hit it lands on
            voice[V_WAY] = OPEN
    leaving = voice[V_WAY] == CLOSING  # the one that comes plays from here on
    while True:
        due, what = FAR, 0
        if d[OFF] != NEVER:
            due, what = max(_frame_of(tempo, d[OFF], rate), w[PLAYED] + 1, t), 1
        if w[COUNT] > 0:
            frame = max(_frame_of(tempo, _beat_of(d, w[NEXT]), rate), t)
            if frame < due:
                due, what = frame, 3
        w[IDLE] = due
        if outer[1] < outer[0]:
            e = 2 + np.int64(outer[1]) % EVENTS_MAX * EVENT_CELLS
            frame = max(np.int64(outer[e]), t)
            if frame < due or (frame == due and what == 3):
                due, what = frame, 2
        if due >= t + n:
            break
        if what == 1:
            _let_go(desk, inner, due)
        elif what == 2:
            if not _pass_on(outer, inner):
                break
        else:
            if not leaving:
                _strike(desk, inner, rate, due)
            w[NEXT] = _onward(desk, w[NEXT] + 1)
    call_op(w[OWN], row, n, t)


def beats(kind: Kind, given: Mapping[str, Any]) -> bool:
    """Whether a place plays hits by itself."""
    return kind.events and bool(given.get("hits"))


def told(kind: Kind, settings: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What a kind is told that plays hits: it waits for them. ``given`` is what was asked for, ``settings`` that and the defaults."""
    ways: dict[str, dict[str, Any]] = {
        "clip": {"wait": True, "loop": given.get("loop", False), "_whole": bool(given.get("notes"))},
        "tone": {"gate": True},
        "env": {"every": 0.0, "gate": HELD},
    }
    return {**settings, **ways.get(kind.word, {})}


def _number(given: Mapping[str, Any], key: str, low: float, high: float, legal: str) -> float:
    """One setting of a rhythm, or what is wrong with it."""
    value = given.get(key, RHYTHM[key])
    if isinstance(value, bool) or not isinstance(value, Real) or not low <= value <= high:
        raise LookupError(f"{key}={value!r} makes no rhythm; legal: {legal}")
    return float(value)


def _notes(kind: Kind, given: Mapping[str, Any]) -> list[float]:
    notes = given.get("notes", ())
    notes = list(notes) if isinstance(notes, list | tuple) else [notes]
    for note in notes:
        if isinstance(note, bool) or not isinstance(note, Real) or not 0.0 <= note < 1e9:
            means = ("Hz", "seconds from the start", "0 to 1", "the peak")[MEANS.get(kind.word, PITCH)]
            raise LookupError(f"{note!r} among its notes is none; legal for {kind.word}: numbers from 0 ({means})")
    return [float(note) for note in notes]


def lay(kind: Kind, given: Mapping[str, Any], making: Making) -> np.ndarray:
    """Lay the pattern out, and the row goes through ``beating``: the queue that hands write to. Says what is wrong with a rhythm."""
    loud = gains(str(given["hits"]))
    if len(loud) > LONGEST:
        raise LookupError(f"a pattern of {len(loud)} steps; legal: {LONGEST} at most")
    own = kind.word == "env" and not given.get("every")  # its own ``every`` rests at 0: none was asked
    every = _number({} if own else given, "every", SHORTEST, 4096.0, "1/64 to 4096 beats a step")
    swing = _number(given, "swing", 0.0, 1.0, "0 to 1")
    turn = _number(given, "turn", -4096.0, 4096.0, "-4096 to 4096 beats")
    truth = isinstance(given.get("gate"), bool)  # the tone's own: yes, it waits for its notes
    gate = -1.0 if truth else _number(given, "gate", -1.0, 4096.0, "a share of a step, 0 to 4096")
    notes, steps = _notes(kind, given), len(loud)
    desk, outer, inner = np.zeros(HEAD + 2 * steps + len(notes)), np.zeros(QUEUE), np.zeros(QUEUE)
    w = desk.view(np.int64)
    w[OWN], w[OUTER], w[MEANING] = kind.op.address, address(outer), MEANS.get(kind.word, PITCH)
    w[STEPS], w[COUNT], w[NOTES] = steps, sum(g > 0 for g in loud), len(notes)
    desk[EVERY], desk[LATE], desk[TURN], desk[OFF] = every, swing * every / 3.0, turn, NEVER
    desk[GATE] = gate if gate >= 0 else (HELD if kind.word in ("tone", "env") else 0.0)
    desk[HEAD : HEAD + steps] = loud
    desk[HEAD + steps : HEAD + 2 * steps] = np.cumsum([0, *(g > 0 for g in loud)])[:-1]
    desk[HEAD + 2 * steps :] = notes
    making.cells |= {OP: beating.address, BEAT: making.hold(desk), EVENTS: making.hold(inner)}
    return outer
