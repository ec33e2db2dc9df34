"""Several sounds as one: ``mix`` adds them, ``crossfade`` goes from one to another.

The widest input decides how many channels come out; a narrower one is used
again from its first channel.
"""

from __future__ import annotations

import math

import numpy as np

from engines.face import Control
from live.core.kinds import Kind, op
from live.core.row import IN, INS, OUTS, cells, inlet, memory, njit, outlet, smooth, span


@op
def mix_op(row, n, t):
    """The inputs' sum, first to last."""
    r = cells(row)
    out = outlet(row)
    for j in range(max(min(r[INS], 4), 1)):
        sound = inlet(row, j)
        wide = r[IN + 2 * j + 1]
        for k in range(r[OUTS]):
            from_ = k % wide
            if j == 0:
                for i in range(n):
                    out[k, i] = sound[from_, i]
            else:
                for i in range(n):
                    out[k, i] += sound[from_, i]


@njit
def shares(at):
    """Gains of the first and the second sound; their powers add up to one."""
    if at <= 0.0:
        return 1.0, 0.0
    if at >= 1.0:
        return 0.0, 1.0
    angle = 0.5 * math.pi * smooth(at)
    return math.cos(angle), math.sin(angle)


@op
def crossfade_op(row, n, t):
    """Equal power; the angle moves along an s, so the ends are level."""
    a, b = span(row, 0)
    r = cells(row)
    m = memory(row, 4)  # both gains, for which place, known at all
    if m[3] == 0.0 or m[2] != a:
        m[0], m[1] = shares(a)
        m[2], m[3] = a, 1.0
    first_a, second_a = m[0], m[1]
    if a != b:
        m[0], m[1] = shares(b)
        m[2] = b
    g, g_step = np.float32(first_a), np.float32((m[0] - first_a) / n)
    h, h_step = np.float32(second_a), np.float32((m[1] - second_a) / n)
    one, two, out = inlet(row, 0), inlet(row, 1), outlet(row)
    wide_one, wide_two = r[IN + 1], r[IN + 3]
    for k in range(r[OUTS]):
        x, y = k % wide_one, k % wide_two
        for i in range(n):
            out[k, i] = one[x, i] * (g + g_step * np.float32(i)) + two[y, i] * (h + h_step * np.float32(i))


mix = Kind("mix", mix_op, "up to four sounds as one", inlets=("a", "b", "c", "d"), dry=True)

crossfade = Kind(
    "crossfade",
    crossfade_op,
    "from one sound to another with equal power",
    inlets=("a", "b"),
    controls={"at": Control(0.0, low=0.0, high=1.0, moves="blend")},
    state=4,
    dry=True,
)
