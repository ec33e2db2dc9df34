"""A hand that never tires: a slow wave, a step, a wander, free or in time with the beat.

Its phase is counted in whole steps of 2**-52 turns, so it is the same however
time is cut. With ``beats`` it is read off the beat itself and cannot drift.
"""

from __future__ import annotations

import math

from engines.face import Control
from live.core.controls.out import beat_at, begin, say
from live.core.kinds import Kind, Making, nearest, op
from live.core.row import RATE, SEED, SET, TEMPO, cells, doubles, memory, njit, smooth, span

SHAPES = ("sine", "triangle", "square", "saw", "random", "drift")
TURN = 2.0**52
PHASE, CYCLE, KNOWN = 0, 1, 2


@njit
def dice(seed, cycle):
    """A number from 0 to 1 that belongs to this seed and this cycle for ever."""
    x = (seed * 0x9E3779B1 + cycle * 0x85EBCA77 + 0x27D4EB2F) & 0xFFFFFFFF
    for _ in range(2):
        x = ((x ^ (x >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    return (x ^ (x >> 16)) / 4294967296.0


@njit
def shape_at(shape, seed, cycle, x):
    """Where the wave stands, 0 to 1, at x (0 to 1) of a cycle."""
    if shape == 0:
        return 0.5 + 0.5 * math.sin(2.0 * math.pi * x)
    if shape == 1:
        x = x + 0.25 if x < 0.75 else x - 0.75  # starts in the middle, going up, as the sine does
        return 2.0 * x if x < 0.5 else 2.0 - 2.0 * x
    if shape == 2:
        return 1.0 if x < 0.5 else 0.0
    if shape == 3:
        return x
    if shape == 4:
        return dice(seed, cycle)
    here, there = dice(seed, cycle), dice(seed, cycle + 1)
    return here + (there - here) * smooth(x)


@njit
def low_high(shape, seed, cycle, x, low, high):
    """The wave between its ends."""
    return low + (high - low) * shape_at(shape, seed, cycle, x)


@op
def lfo_op(row, n, t):
    """Phase at the end of the run: off the beat, or a run further."""
    r = cells(row)
    m = memory(row, 3)
    rate_a, rate_b = span(row, 0)
    low_a, low_b = span(row, 1)
    high_a, high_b = span(row, 2)
    shape, seed, rate = r[SET], r[SEED], r[RATE]
    beats, start = r[SET + 1] * 1e-6, r[SET + 2] * 1e-6
    if beats > 0.0:
        tempo = doubles(r[TEMPO], 8)
        if m[KNOWN] == 0.0:
            turns = beat_at(tempo, t, rate) / beats + start
            cycle = math.floor(turns)
            begin(row, low_high(shape, seed, int(cycle), turns - cycle, low_a, high_a))
        turns = beat_at(tempo, t + n, rate) / beats + start
        cycle = math.floor(turns)
        m[PHASE], m[CYCLE] = (turns - cycle) * TURN, cycle
    else:
        if m[KNOWN] == 0.0:
            m[PHASE] = math.floor((start - math.floor(start)) * TURN)
            begin(row, low_high(shape, seed, 0, m[PHASE] / TURN, low_a, high_a))
        if rate_a == rate_b:
            m[PHASE] += n * math.floor(rate_a / rate * TURN)
        else:
            m[PHASE] += math.floor(n * 0.5 * (rate_a + rate_b) / rate * TURN)
        while m[PHASE] >= TURN:
            m[PHASE] -= TURN
            m[CYCLE] += 1.0
    m[KNOWN] = 1.0
    say(row, low_high(shape, seed, int(m[CYCLE]), m[PHASE] / TURN, low_b, high_b))


def prepare(making: Making) -> None:
    """Shape, beats in a cycle, and where in the cycle it begins."""
    shape = making.settings["shape"]
    if shape not in SHAPES:
        raise ValueError(f"lfo has no shape {shape!r}. {nearest(str(shape), SHAPES)}")
    making.cells[SET] = SHAPES.index(shape)
    making.cells[SET + 1] = round(making.settings["beats"] * 1e6)
    making.cells[SET + 2] = round(making.settings["start"] * 1e6)
    making.cells[SEED] = making.seed


WIDE = 1e6

lfo = Kind(
    "lfo",
    lfo_op,
    "a slow wave for a control; shapes: " + ", ".join(SHAPES),
    controls={
        "rate": Control(1.0, low=0.001, high=100.0, unit="Hz", moves="speed", curve="log"),
        "low": Control(0.0, low=-WIDE, high=WIDE),
        "high": Control(1.0, low=-WIDE, high=WIDE),
    },
    settings={"shape": "sine", "beats": 0.0, "start": 0.0},
    state=3,
    prepare=prepare,
    control=True,
)
