"""Reading sound between its frames: four points and the smooth curve through the middle two (Hermite).

Positions are whole frames and 2**-32 parts, so that time adds up without a
rounding error however it is cut into runs. On a whole frame at speed 1 the
curve goes through the frame itself: a plain copy, bit for bit.

Scratch, in the node's own memory: 65 positions, 64 offsets, 4 x 64 weights.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from live.core.row import CHUNK, HOW, floats, ints, planes, words

ONE = 1 << 32  # one frame, in parts
PARTS = ONE - 1
SCRATCH = 65 + 32 + 128  # doubles
U1, U2, U3 = np.uint64(1), np.uint64(2), np.uint64(3)
_SMALL = np.float32(1 / (1 << 24))


@njit(**HOW)
def travel(scratch, n, frac, a, b, i0, run):
    """Where the head stands at frames 0..n of a stretch that begins at frame i0 of a run with speed a to b; true: it steps evenly."""
    p = words(scratch, CHUNK + 1)
    if a == b:
        step = np.int64(np.rint(a * ONE))
        for i in range(n + 1):
            p[i] = frac + i * step
        return True
    slope = (b - a) / run
    now = np.int64(frac)
    for i in range(n):
        p[i] = now
        now += np.int64(np.rint((a + slope * (i0 + i)) * ONE))
    p[n] = now
    return False


@njit(**HOW)
def weigh(scratch, n, base):
    """Offsets from ``base`` and the weights of the four points around each."""
    p = words(scratch, CHUNK + 1)
    off = ints(scratch + 8 * 65, CHUNK)
    w = planes(scratch + 8 * 97, 4, CHUNK)
    for i in range(n):
        off[i] = np.int32((p[i] >> 32) - base)
        f = np.float32((p[i] & PARTS) >> 8) * _SMALL
        h = np.float32(0.5) * f
        w[0, i] = h * (f * (np.float32(2) - f) - np.float32(1))
        w[1, i] = f * f * (np.float32(1.5) * f - np.float32(2.5)) + np.float32(1)
        w[2, i] = h * (f * (np.float32(4) - np.float32(3) * f) + np.float32(1))
        w[3, i] = h * (f * (f - np.float32(1)))


@njit(**HOW)
def gather(scratch, n, source, out):
    """The curve at every offset; ``source`` is the address of the frame before the base."""
    off = ints(scratch + 8 * 65, CHUNK)
    w = planes(scratch + 8 * 97, 4, CHUNK)
    x = floats(source, 1 << 40)
    y = floats(out, CHUNK)
    if off[n - 1] - off[0] == n - 1:  # no frame is skipped or read twice: four plain streams
        x = floats(source + 4 * off[0], CHUNK + 4)
        for i in range(n):
            y[i] = w[0, i] * x[i] + w[1, i] * x[i + 1] + w[2, i] * x[i + 2] + w[3, i] * x[i + 3]
    else:
        for i in range(n):
            k = np.uint64(off[i])  # never negative, and so never counted from the end
            y[i] = w[0, i] * x[k] + w[1, i] * x[k + U1] + w[2, i] * x[k + U2] + w[3, i] * x[k + U3]
