"""Left or right: one channel is placed with equal power, two are balanced.

In the middle a stereo sound passes bit for bit. More channels than two are
folded: the odd ones lie left, the even ones right.
"""

from __future__ import annotations

import math

import numpy as np

from engines.face import Control
from live.core.kinds import Kind, op
from live.core.row import IN, cells, inlet, memory, njit, outlet, span


@njit
def place(at, mono):
    """Gains of left and right: mono keeps its power, stereo turns one side down."""
    if mono:
        angle = (min(max(at, -1.0), 1.0) + 1.0) * 0.25 * math.pi
        return math.cos(angle), math.sin(angle)
    left = 1.0 if at <= 0.0 else (0.0 if at >= 1.0 else math.cos(0.5 * math.pi * at))
    right = 1.0 if at >= 0.0 else (0.0 if at <= -1.0 else math.cos(0.5 * math.pi * at))
    return left, right


@op
def pan_op(row, n, t):
    """Two gains for each run, straight lines between; the last ones are kept, standing still costs no sine."""
    a, b = span(row, 0)
    m = memory(row, 4)  # left, right, for which place, known at all
    wide = cells(row)[IN + 1]
    sound, out = inlet(row, 0), outlet(row)
    if m[3] == 0.0 or m[2] != a:
        m[0], m[1] = place(a, wide == 1)
        m[2], m[3] = a, 1.0
    left, right = m[0], m[1]
    if a == b:
        l32, r32 = np.float32(left), np.float32(right)
        second = 1 % wide
        for i in range(n):
            out[0, i] = sound[0, i] * l32
            out[1, i] = sound[second, i] * r32
        for k in range(2, wide):
            g = r32 if k % 2 else l32
            for i in range(n):
                out[k % 2, i] += sound[k, i] * g
    else:
        m[0], m[1] = place(b, wide == 1)
        m[2] = b
        for side in range(2):
            from_ = right if side else left
            g, step = np.float32(from_), np.float32((m[side] - from_) / n)
            first = side % wide
            for i in range(n):
                out[side, i] = sound[first, i] * (g + step * np.float32(i))
            for k in range(side + 2, wide, 2):
                for i in range(n):
                    out[side, i] += sound[k, i] * (g + step * np.float32(i))


pan = Kind(
    "pan",
    pan_op,
    "left or right; one channel keeps its power, two are balanced",
    inlets=("sound",),
    controls={"at": Control(0.0, low=-1.0, high=1.0, moves="place")},
    state=4,
    channels=lambda settings, ins: 2,
    dry=True,
)
