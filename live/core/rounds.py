"""A file's notes in the core's own time: round and round on the beats, as patterns go.

Any kind that takes events may be told ``hits`` = ("tune", file, track, beats, turn). The file is read when the place is
made: strikes and lettings-go lie in one list, beat by beat, and the row goes through ``rounds`` as a pattern's goes
through ``beating``. One voice plays a chord's newest note, and goes back to the one that is still held.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from live.core.beating import MEANS, MOMENT, PEAK, PITCH, QUEUE, SPOT, _frame_of, _jumps, _notes, _pass_on
from live.core.controls.out import beat_at, frame_at
from live.core.inner import CLOSING, OPEN, OPENING, V_LAST, V_WAY
from live.core.keying import EACH, NEWEST, TOP, WAYS, _put
from live.core.kinds import Kind, Making, op
from live.core.layout import EVENT_CELLS, EVENTS_MAX
from live.core.row import BEAT, EVENTS, HOW, OP, RATE, TEMPO, VOICE, address, call_op, cells, doubles, words
from live.midifile import BadFile, Note, find, look

# cells of a round: integers, then doubles, then its events: beat, kind, and the three numbers of ``keying._put``
OWN, OUTER, COUNT, BORN, NEXT, THERE, IDLE = range(7)
LENGTH, TURN, BPM, BEAT0, FRAME0 = range(7, 12)
HEAD = 12
EVENT = 5
FAR = 1 << 61


@njit(**HOW)
def _beat_of(desk, k):
    """The beat of event k, counted from beat 0 for ever both ways."""
    w, d = words(desk, HEAD), doubles(desk, HEAD)
    return k // w[COUNT] * d[LENGTH] + doubles(desk + 8 * HEAD, EVENT * w[COUNT])[EVENT * (k % w[COUNT])] + d[TURN]


@njit(**HOW)
def _find(desk, tempo, rate, t):
    """The first event that is still to come at frame t; one on a beat that a new tempo landed on counts (see beating)."""
    w, d = words(desk, HEAD), doubles(desk, HEAD)
    slack = 4.0 if tempo[2] == t else 0.500001
    k = (np.int64(math.floor((beat_at(tempo, t, rate) - d[TURN]) / d[LENGTH])) - 1) * w[COUNT]
    while frame_at(tempo, _beat_of(desk, k), rate) < t - slack:
        k += 1
    w[NEXT] = k


@njit(**HOW)
def _follow(desk, tempo, rate, n, t):
    """Where the round stands, after a change of tempo too; found anew when time itself has jumped."""
    w, d = words(desk, HEAD), doubles(desk, HEAD)
    jumped = _jumps(d[BPM:], tempo, rate, t)
    jumped = jumped or w[BORN] == 0 or w[THERE] != t
    w[THERE] = t + n
    if jumped:
        _find(desk, tempo, rate, t)


@op
def rounds(row, n, t):
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
        if voice[V_WAY] == OPENING:
            voice[V_WAY] = OPEN
    leaving = voice[V_WAY] == CLOSING
    events = doubles(desk + 8 * HEAD, EVENT * w[COUNT])
    while True:
        due = max(_frame_of(tempo, _beat_of(desk, w[NEXT]), rate), t)
        w[IDLE] = due
        if outer[1] < outer[0]:
            e = 2 + np.int64(outer[1]) % EVENTS_MAX * EVENT_CELLS
            if outer[e] <= due and outer[e] < t + n:
                if not _pass_on(outer, inner):
                    break
                continue
        if due >= t + n:
            break
        e = EVENT * (w[NEXT] % w[COUNT])
        if not leaving or events[e + 1] == 2.0:
            _put(inner, due, events[e + 1], events[e + 2], events[e + 3], events[e + 4])
        w[NEXT] += 1
    call_op(w[OWN], row, n, t)


def told(kind: Kind, notes: list[Note], length: float, given: list[float], holds: bool, rate: int) -> list[tuple[float, ...]]:
    """One round of events: what is struck and let go at which beat, as the queue has it."""
    meaning, way = MEANS.get(kind.word, PITCH), WAYS.get(kind.word, EACH)

    def struck(beat: float, note: Note, count: int) -> tuple[float, ...]:
        own = given[count % len(given)] if given else 440.0 * 2.0 ** ((note.key - 69) / 12) if meaning == PITCH else -1.0
        gain = note.velocity / 127.0
        if meaning == PEAK:
            return beat, 1.0, gain * own if given else gain, 0.0, 0.0
        if meaning == SPOT:
            return beat, 1.0, own, 0.0, gain
        return beat, 1.0, max(own, 0.0) * rate if meaning == MOMENT else own, gain, 0.0

    steps = [(note.beat % length, 1, k) for k, note in enumerate(notes)]
    if holds:
        steps += [((note.beat + min(note.length, length - 1e-6)) % length, 0, k) for k, note in enumerate(notes)]
    found: list[tuple[float, ...]] = []
    held: list[int] = []
    for again in (False, True):  # the second time around: what was held over the end is held at the start
        found = [] if again else found
        for beat, on, k in sorted(steps):
            if on:
                held = [*(one for one in held if one != k), k] if holds else held
                found.append(struck(beat, notes[k], k))
                continue
            if k not in held:
                continue
            newest = held[-1] == k
            held.remove(k)
            if way == EACH:
                found.append((beat, 2.0, struck(beat, notes[k], k)[2], 0.0, 0.0))
            elif way == NEWEST and held:
                found += [struck(beat, notes[held[-1]], held[-1])] if newest else []
            elif not held or (newest and way == TOP):
                found.append((beat, 2.0, 0.0, 0.0, 0.0))
    return found


def lay(kind: Kind, given: Mapping[str, Any], making: Making) -> np.ndarray:
    """Lay a round out, and the row goes through ``rounds``: the queue that the desk writes to. Says what is wrong with the file."""
    try:
        _, path, track, beats, turn = given["hits"]
        path, track, beats, turn = Path(path), int(track), float(beats), float(turn)
    except (TypeError, ValueError):
        raise LookupError(f"hits={given['hits']!r} is no tune; legal: tune, file, track, beats, turn") from None
    try:
        file = look(find(str(path)))
    except BadFile as why:
        raise LookupError(str(why)) from None
    length = beats or file.beats
    notes = [note for note in file.notes(track) if note.beat < length]
    if not notes or not math.isfinite(length) or not math.isfinite(turn):
        raise LookupError(f"{path.name} has no notes to play")
    gate, own = given.get("gate", True), kind.word in ("tone", "env")
    holds = own or ("gate" in given and (gate is True or (gate is not False and gate > 0)))
    events = told(kind, notes, length, _notes(kind, given), holds, making.rate)
    desk, outer, inner = np.zeros(HEAD + EVENT * len(events)), np.zeros(QUEUE), np.zeros(QUEUE)
    w = desk.view(np.int64)
    w[OWN], w[OUTER], w[COUNT] = kind.op.address, address(outer), len(events)
    desk[LENGTH], desk[TURN] = length, turn
    desk[HEAD:] = np.array(events).ravel()
    making.cells |= {OP: rounds.address, BEAT: making.hold(desk), EVENTS: making.hold(inner)}
    return outer
