"""A gesture for a control: up, hold, down, stay, away.

An event of kind 1 begins it (its first number is the gain, 1 if none), one of
kind 2 lets it go. Or it goes by itself: every ``every`` beats, let go after
``gate`` of them (a share of ``every``). A new start begins where the gesture
stands, so nothing clicks.
"""

from __future__ import annotations

import math

from engines.face import Control
from live.core.controls.out import beat_at, begin, frame_at, say
from live.core.kinds import Kind, Making, op
from live.core.layout import EVENT_CELLS, EVENTS_MAX
from live.core.row import EVENTS, RATE, SET, TEMPO, cells, doubles, memory, njit, span

STAGE, PART, FROM, PEAK, KNOWN = range(5)
REST, UP, HOLD, DOWN, STAY, AWAY = range(6)
WHOLE = 2.0**52  # a stage's length in steps: counted in whole numbers, it is the same however time is cut
BEND = 5.0  # how bent falling is: most of the way in the first third
TAIL = math.exp(-BEND)
BEATS_IN_A_RUN = 64


@njit
def fall(x):
    """From 1 to 0, bent like a string that dies away."""
    return (math.exp(-BEND * x) - TAIL) / (1.0 - TAIL)


@njit
def level(m, sustain):
    """Where the gesture stands."""
    stage, x = int(m[STAGE]), m[PART] / WHOLE
    if stage == UP:
        return m[FROM] + (m[PEAK] - m[FROM]) * x
    if stage == HOLD:
        return m[PEAK]
    if stage == DOWN:
        return m[PEAK] * (sustain + (1.0 - sustain) * fall(x))
    if stage == STAY:
        return m[PEAK] * sustain
    if stage == AWAY:
        return m[FROM] * fall(x)
    return 0.0


@njit
def go_on(row, m, frames):
    """So many frames further, through as many stages as they last."""
    rate = cells(row)[RATE]
    while frames > 0:
        stage = int(m[STAGE])
        if stage in (REST, STAY):
            return
        if stage == AWAY:
            seconds = span(row, 4)[1]
        elif stage == DOWN:
            seconds = span(row, 2)[1]
        elif stage == HOLD:
            seconds = span(row, 1)[1]
        else:
            seconds = span(row, 0)[1]
        step = math.ceil(WHOLE / max(seconds * rate, 1.0))
        left = math.ceil((WHOLE - m[PART]) / step) if seconds > 0.0 else 0.0
        if left > frames:
            m[PART] += step * frames
            return
        frames -= int(left)
        m[PART] = 0.0
        m[STAGE] = REST if stage == AWAY else stage + 1


@njit
def act(m, kind, gain, sustain):
    """Begin, or let go."""
    now = level(m, sustain)
    if kind == 1:
        m[STAGE], m[PART], m[FROM], m[PEAK] = UP, 0.0, now, gain
    elif kind == 2 and m[STAGE] != REST and m[STAGE] != AWAY:
        m[STAGE], m[PART], m[FROM] = AWAY, 0.0, now


@njit
def next_beat(row, t, end):
    """The first start or end of the gesture that the beat brings in [t, end): its frame and kind, or (end, 0)."""
    r = cells(row)
    every, gate = r[SET] * 1e-6, r[SET + 1] * 1e-6
    best, kind = end, 0
    if every > 0.0:
        tempo = doubles(r[TEMPO], 8)
        k = math.floor(beat_at(tempo, t, r[RATE]) / every) - 1.0
        for _ in range(BEATS_IN_A_RUN):
            on = int(math.ceil(frame_at(tempo, k * every, r[RATE]) - 1e-6))
            off = max(int(math.ceil(frame_at(tempo, (k + gate) * every, r[RATE]) - 1e-6)), on + 1)
            if t <= on < best or (t <= on and on == best and kind == 2):
                best, kind = on, 1
            if t <= off < best:
                best, kind = off, 2
            if on >= end:
                break
            k += 1.0
    return best, kind


@op
def env_op(row, n, t):
    """From one event or beat to the next."""
    r = cells(row)
    m = memory(row, 5)
    sustain = span(row, 3)[1]
    if m[KNOWN] == 0.0:
        m[KNOWN] = 1.0
        begin(row, 0.0)
    queue = doubles(r[EVENTS], 2 + EVENTS_MAX * EVENT_CELLS) if r[EVENTS] != 0 else doubles(r[TEMPO], 2)
    now, end = t, t + n
    asked = t
    while now < end:
        stop, kind = next_beat(row, asked, end)
        gain = 1.0
        if r[EVENTS] != 0 and queue[1] < queue[0]:
            spot = 2 + int(queue[1]) % EVENTS_MAX * EVENT_CELLS
            frame = max(int(queue[spot]), now)
            if frame < end and frame <= stop:
                stop, kind, gain = frame, int(queue[spot + 1]), queue[spot + 2]
                queue[1] += 1.0
                go_on(row, m, stop - now)
                act(m, kind, gain if gain > 0.0 else 1.0, sustain)
                now = stop
                continue
        go_on(row, m, stop - now)
        if kind != 0:
            act(m, kind, 1.0, sustain)
        now, asked = stop, stop + 1
    say(row, level(m, sustain))


def prepare(making: Making) -> None:
    """Beats between starts (0: only by events), and how long each is held."""
    making.cells[SET] = round(making.settings["every"] * 1e6)
    making.cells[SET + 1] = round(making.settings["gate"] * 1e6)


env = Kind(
    "env",
    env_op,
    "a gesture: attack, hold, decay, sustain, release",
    controls={
        "attack": Control(0.01, low=0.0, high=60.0, unit="s"),
        "hold": Control(0.0, low=0.0, high=60.0, unit="s"),
        "decay": Control(0.1, low=0.0, high=60.0, unit="s"),
        "sustain": Control(0.7, low=0.0, high=1.0),
        "release": Control(0.3, low=0.0, high=60.0, unit="s"),
    },
    settings={"every": 0.0, "gate": 0.5},
    state=5,
    prepare=prepare,
    control=True,
    events=True,
)
