"""Ring: what a worker made ahead of time, played at its very frame.

When the worker is late the place does not fall silent. A voice goes on with
its last half second, round and round and slowly fading; an effect lets its
input through, as late as the effect itself would be; codes of a latent stop at
once, for neither a loop nor the input means anything to their decoder. When sound arrives again
it crosses back. All in the op below::

    GONE --- sound is there ---> RISE --- 8 ms ---> LIVE
     ^                            |                  |
     +---- 8 ms ---- FALL <-------+-- nothing there -+

To fall without a click the op plays its own last milliseconds backwards,
fading, under the loop: they start where the sound stopped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engines.face import Control
from live.core import layout as at
from live.core import row as r
from live.core.controls.out import beat_at
from live.core.kinds import Kind, Making, op
from live.core.layout import (
    R_CLOCK,
    R_FROM,
    R_HEARD,
    R_INS,
    R_LATE,
    R_START,
    R_TIMES,
    R_WRITTEN,
    RING_BEAT,
    RING_BPM,
    RING_CONTROLS,
)
from live.core.ringfile import STEP, make_ring, open_ring
from live.core.row import CHUNK, IN, cells, doubles, fence, floats, inlet, memory, outlet, planes, smooth, span, words

GONE, LIVE, FALL, RISE = 0.0, 1.0, 2.0, 3.0
# state (float64): where it is in the drawing, frames done of a fall or rise, whether it ever ran
WAY, DONE, RAN = range(3)
# settings cells
HEARD, CONTROLS, PAST, COUNT, HISTORY, LOOP, DELAY, CROSS = range(r.SET, r.SET + 8)
FADE = np.float32(0.84)  # of the loop, each time round: half as loud after two seconds
NEVER = 1 << 40  # an input so late is silence
M_LATE = at.M_LATE


@r.njit(inline="always")
def played_at(kept, y, k, f, begun, loop):
    """What was played at frame f: in this run (begun at ``begun``), or kept from before."""
    if f >= begun:
        return y[k, f - begun]
    return kept[k, f % loop]


@r.njit(inline="always")
def dry_at(row, k, f):
    """The input, as late as the effect answers it."""
    c = cells(row)
    head = words(c[r.MORE], 64)
    g = f - c[DELAY]
    if head[R_INS] == 0 or head[R_FROM] < 0 or g < head[R_FROM]:
        return np.float32(0.0)
    return planes(c[HEARD], head[R_INS], c[r.FRAMES])[min(k, head[R_INS] - 1), g % c[r.FRAMES]]


@r.njit
def play_one(row, s, y, made, kept, f, i, ready):
    """One frame somewhere in the drawing. ``kept`` holds the last frames as they were played, up to f."""
    c = cells(row)
    outs, frames, loop = c[r.OUTS], c[r.FRAMES], c[LOOP]
    head = words(c[r.MORE], 64)
    cross = c[CROSS]
    if not ready and (s[WAY] == LIVE or s[WAY] == RISE):
        s[WAY], s[DONE] = FALL, 0.0
        head[R_TIMES] += 1
    elif ready and s[WAY] == GONE:
        s[WAY], s[DONE] = RISE, 0.0
    elif s[DONE] >= cross and s[WAY] == RISE:
        s[WAY] = LIVE
    elif s[DONE] >= cross and s[WAY] == FALL:
        s[WAY], s[DONE] = (RISE if ready else GONE), 0.0
    way = s[WAY]
    done = np.int64(s[DONE])
    along = np.float32(smooth((s[DONE] + 1.0) / (cross + 1.0)))
    dry = c[DELAY] > 0
    if dry:
        new, old = along, np.float32(1.0) - along
    else:
        angle = np.float32(0.5 * math.pi) * along
        new, old = np.float32(math.sin(angle)), np.float32(math.cos(angle))
    for k in range(outs):
        if way == LIVE:
            value = made[k, f % frames]
        else:
            if dry:
                stand = dry_at(row, k, f)
            else:
                stand = FADE * played_at(kept, y, k, f - loop, f - i, loop)
            if way == RISE:
                value = old * stand + new * made[k, f % frames]
            elif way == FALL:
                mirror = f - 1 - 2 * done
                tail = played_at(kept, y, k, mirror, f - i, loop)
                if dry:  # an effect that does nothing is not heard to fail
                    value = stand + old * (tail - dry_at(row, k, mirror))
                else:
                    value = new * stand + old * tail
            else:
                value = stand
        y[k, i] = value
    if way != GONE and way != LIVE:
        s[DONE] += 1.0


@op
def ring(row, n, t):
    """Put down what is heard, then play what is there."""
    c = cells(row)
    head = words(c[r.MORE], 64)
    frames = c[r.FRAMES]
    s = memory(row, 4)
    first_run = s[RAN] == 0.0
    # what the worker hears, and where its controls stand
    ins = head[R_INS]
    if ins > 0:
        x = inlet(row, 0)
        wide = c[IN + 1]
        heard = planes(c[HEARD], ins, frames)
        spot = t % frames
        some = min(n, frames - spot)
        for k in range(ins):
            source, line = x[min(k, wide - 1)], heard[k]
            for i in range(some):
                line[spot + i] = source[i]
            for i in range(some, n):
                line[i - some] = source[i]
    now = doubles(c[CONTROLS], RING_CONTROLS)
    rows = frames // CHUNK
    past = doubles(c[PAST] + ((t + n - 1) // CHUNK) % rows * RING_CONTROLS * 8, RING_CONTROLS)
    before = doubles(c[PAST] + (t // CHUNK - 1) % rows * RING_CONTROLS * 8, RING_CONTROLS)
    for k in range(c[COUNT]):
        a, b = span(row, k)
        if first_run:
            before[k] = a
        now[k] = b
        past[k] = b
    tempo = doubles(c[r.TEMPO], 8)
    now[RING_BEAT] = past[RING_BEAT] = beat_at(tempo, t + n, c[r.RATE])
    now[RING_BPM] = past[RING_BPM] = tempo[at.T_BPM]
    if first_run:
        before[RING_BEAT], before[RING_BPM] = beat_at(tempo, t // CHUNK * CHUNK, c[r.RATE]), tempo[at.T_BPM]
        head[R_FROM] = t
        s[RAN] = 1.0
    fence()
    head[R_HEARD] = t + n
    written = head[R_WRITTEN]  # the end is read before the start: a worker that leaps moves the start first
    fence()
    start = max(head[R_START], written - frames)
    head[R_CLOCK] = t + n
    # what it made
    y = outlet(row)
    outs = c[r.OUTS]
    made = planes(c[r.DATA], outs, frames)
    loop = c[LOOP]
    kept = planes(c[HISTORY], outs, loop)
    ready = written >= t + n and start <= t
    if first_run and ready:
        s[WAY] = LIVE
    if ready and s[WAY] == LIVE:
        spot = t % frames
        some = min(n, frames - spot)
        for k in range(outs):
            line, to = made[k], y[k]
            for i in range(some):
                to[i] = line[spot + i]
            for i in range(some, n):
                to[i] = line[i - some]
    else:
        if not ready and (s[WAY] == LIVE or head[R_TIMES] > 0):
            head[R_LATE] += 1
        for i in range(n):
            play_one(row, s, y, made, kept, t + i, i, start <= t + i and t + i < written)
        if c[r.METER] != 0:
            floats(c[r.METER], 8)[M_LATE] = head[R_LATE]
    spot = t % loop
    some = min(n, loop - spot)
    for k in range(outs):
        line, source = kept[k], y[k]
        for i in range(some):
            line[spot + i] = source[i]
        for i in range(some, n):
            line[i - some] = source[i]


def _prepare(making: Making, controls: Mapping[str, Control]) -> None:
    """Open the ring file, or make it, and show the op where everything lies."""
    given = making.settings
    if not given["path"]:
        raise ValueError("ring has no file to play from. Give it one: settings path=...")
    path = Path(given["path"])
    try:
        held = open_ring(path)
    except FileNotFoundError:
        held = make_ring(
            path,
            making.channels,
            making.channels if given["hears"] else 0,
            rate=making.rate,
            ahead=ahead_frames(given, making.rate),
            start=making.frame,
            frames=given["frames"] or at.RING_FRAMES,
            rest=[making.stands.get(name, control.rest) for name, control in controls.items()],
        )
    head = held.head
    if head[at.R_OUTS] != making.channels:
        raise ValueError(
            f"{path.name} has {head[at.R_OUTS]} channels, the place {making.channels}. Give the place channels={head[at.R_OUTS]}."
        )
    silent = given["late"] == "silent"
    cross = 1 if silent else max(16, round(0.008 * making.rate))  # codes played backwards are noise; their decoder fades by itself
    loop = max(4 * cross, round(0.5 * making.rate)) // CHUNK * CHUNK
    dry = given["late"] == "dry" and head[at.R_INS] > 0
    making.held.append(held)
    making.cells.update(
        {
            r.DATA: r.address(held.out),
            r.FRAMES: int(head[at.R_FRAMES]),
            r.MORE: r.address(head),
            HEARD: r.address(held.heard),
            CONTROLS: r.address(held.controls),
            PAST: r.address(held.past),
            COUNT: len(controls),
            HISTORY: making.hold(np.zeros((making.channels, loop), np.float32)),
            LOOP: loop,
            DELAY: int(head[at.R_AHEAD]) + int(given["latency"]) if dry else NEVER if silent else 0,
            CROSS: cross,
        }
    )


def ahead_frames(settings: Mapping[str, Any], rate: int) -> int:
    """The cushion in frames: at least a block of the device, a step of the engine and 5 ms to make it in."""
    step = settings["chunk"] or STEP
    return max(round(settings["ahead"] * rate), settings["block"] + step + round(0.005 * rate), 2 * step)


def _latency(settings: Mapping[str, Any], rate: int) -> int:
    """An effect answers late by its cushion and its own latency; a voice owes nobody an answer."""
    return ahead_frames(settings, rate) + int(settings["latency"]) if settings["hears"] else 0


def hosted(word: str, controls: Mapping[str, Control], says: str = "", **settings: Any) -> Kind:
    """The kind that plays one engine's worker: the op is the same, the controls are the engine's."""
    if len(controls) > RING_BEAT:
        raise ValueError(f"{word} has {len(controls)} controls; a ring carries {RING_BEAT}")
    whole = {"path": "", "channels": 0, "hears": False, "ahead": 0.1, "latency": 0, "late": "loop", "frames": 0, "chunk": 0, "block": 256}
    whole |= settings
    return Kind(
        word,
        ring,
        says=says,
        inlets=("sound",) if whole["hears"] else (),
        controls=dict(controls),
        settings=whole,
        state=4,
        prepare=lambda making: _prepare(making, controls),
        channels=lambda given, ins: given["channels"] or (ins[0] if ins else 1),
        latency=_latency,
    )


def kind_of(found: Any) -> Kind:
    """The kind for one entry of the catalogue: an effect falls back to its input, a voice or a decoder to its last loop."""
    hears = bool(found.inlets)
    late = found.late or ("silent" if found.gives == "latent" else "dry" if hears and found.takes == "sound" else "loop")
    given = {"hears": hears, "late": late, "ahead": found.ahead, "latency": found.latency, "chunk": found.chunk}
    return hosted(found.word, found.controls, found.says, **given)


RING = hosted("ring", {}, "plays what a worker made ahead of time", hears=True)
