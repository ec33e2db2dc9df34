"""A sound placed on a ring of loudspeakers; wherever it goes, its total power stays.

``at`` is where its middle stands, in turns (0 and 1 are the first
loudspeaker). Narrow, it lies between two neighbours with equal power;
``width`` opens it until, at 1, one channel comes from everywhere alike and
several channels stand evenly around the ring.
"""

from __future__ import annotations

import math

import numpy as np

from engines.face import Control
from live.core.kinds import Kind, Making, op
from live.core.row import IN, OUTS, cells, inlet, memory, njit, outlet, span

GAINS = 4  # after at, width, known at all, -: a gain for each input and output; then the same where the run began


@njit
def place(m, at, width, wide, outs):
    """Fill the gains: each input a fan around its own spot, of power one."""
    m[0], m[1], m[2] = at, width, 1.0
    reach = 1.0
    if wide == 1 and width > 0.0:
        reach += 0.5 * outs * width / max(1.0 - width, 1e-9)
    for j in range(wide):
        spot = at + width * (j - 0.5 * (wide - 1)) / wide
        spot = (spot - math.floor(spot)) * outs
        power = 0.0
        for k in range(outs):
            far = abs(spot - k)
            far = min(far, outs - far) / reach
            g = math.cos(0.5 * math.pi * far) if far < 1.0 else 0.0
            m[GAINS + j * outs + k] = g
            power += g * g
        power = 1.0 / math.sqrt(power)
        for k in range(outs):
            m[GAINS + j * outs + k] *= power


@op
def spread_op(row, n, t):
    """Gains are kept while nothing moves; a gain of zero costs nothing."""
    r = cells(row)
    outs, wide = r[OUTS], r[IN + 1]
    at_a, at_b = span(row, 0)
    width_a, width_b = span(row, 1)
    size = outs * wide
    m = memory(row, GAINS + 2 * size)
    sound, out = inlet(row, 0), outlet(row)
    if m[2] == 0.0 or m[0] != at_a or m[1] != width_a:
        place(m, at_a, width_a, wide, outs)
    began = GAINS
    if at_a != at_b or width_a != width_b:
        began = GAINS + size
        for x in range(size):
            m[began + x] = m[GAINS + x]
        place(m, at_b, width_b, wide, outs)
    for k in range(outs):
        for i in range(n):
            out[k, i] = np.float32(0.0)
        for j in range(wide):
            g, h = m[began + j * outs + k], m[GAINS + j * outs + k]
            if g != 0.0 or h != 0.0:
                from_, step = np.float32(g), np.float32((h - g) / n)
                for i in range(n):
                    out[k, i] += sound[j, i] * (from_ + step * np.float32(i))


def room(making: Making) -> int:
    """Two gains for each way from an input to an output."""
    return GAINS + 2 * making.channels * (making.ins[0] if making.ins else 1)


spread = Kind(
    "spread",
    spread_op,
    "places a sound on a ring of loudspeakers",
    inlets=("sound",),
    controls={
        "at": Control(0.0, low=0.0, high=1.0, unit="turn", moves="place"),
        "width": Control(0.0, low=0.0, high=1.0, moves="width"),
    },
    settings={"channels": 8},
    state=room,
    channels=lambda settings, ins: max(int(settings["channels"]), 1),
    dry=True,
)
