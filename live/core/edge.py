"""Where an input with a clock of its own meets the core's clock.

The input's callback pours frames into a ring; the output's callback draws
them at its own pace. A slow servo on the ring's level bends the reading speed
by parts in a thousand, so two cards (or a headset at 16 kHz and a card at
48 kHz) drift apart for hours without a click. Cubic reading; when the ring
runs dry it is silence, and the level is found again.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from live.core import row as r
from live.core.row import floats, planes, words

FRAMES = 1 << 15
# cells (int64 then float64 behind them)
E_CHANNELS, E_POURED, E_DRY, E_RATIO, E_POSITION, E_LEVEL, E_WANT, E_BEND, E_SHARE = range(9)
HEAD = 16


def make(channels: int, ratio: float, want: int) -> np.ndarray:
    """Memory for an edge: ``ratio`` input frames to each of the core's, ``want`` frames kept in the ring."""
    memory = np.zeros(HEAD * 8 + channels * FRAMES * 4, np.uint8)
    memory[: HEAD * 8].view(np.int64)[E_CHANNELS] = channels
    numbers = memory[: HEAD * 8].view(np.float64)
    numbers[E_RATIO], numbers[E_WANT], numbers[E_POSITION] = ratio, want, -1.0
    return memory


@njit
def pour(edge, heard, n):
    """n interleaved frames from the input."""
    c = words(edge, HEAD)
    channels = c[E_CHANNELS]
    ring = planes(edge + HEAD * 8, channels, FRAMES)
    source = floats(heard, n * channels)
    spot = c[E_POURED] % FRAMES
    for i in range(n):
        for k in range(channels):
            ring[k, spot] = source[i * channels + k]
        spot = spot + 1 if spot + 1 < FRAMES else 0
    r.fence()
    c[E_POURED] += n


@njit
def draw(edge, heard, stride, n):
    """n planar frames for the core."""
    c = words(edge, HEAD)
    d = r.doubles(edge, HEAD)
    channels = c[E_CHANNELS]
    ring = planes(edge + HEAD * 8, channels, FRAMES)
    poured = c[E_POURED]
    position = d[E_POSITION]
    if position < 0.0 or poured - position > FRAMES - 64:  # nothing yet, or the core slept: take up the level afresh
        position = poured - d[E_WANT]
        d[E_LEVEL], d[E_BEND], d[E_SHARE] = d[E_WANT], 0.0, 0.0
    level = poured - position
    d[E_LEVEL] += 0.02 * (level - d[E_LEVEL])
    error = (d[E_LEVEL] - d[E_WANT]) / d[E_WANT]
    d[E_SHARE] = min(max(d[E_SHARE] + 1e-6 * error, -0.005), 0.005)
    bend = min(max(d[E_SHARE] + 2e-4 * error, -0.01), 0.01)
    step = d[E_RATIO] * (1.0 + bend)
    d[E_BEND] = bend
    if position + step * n + 3.0 > poured or position < 1.0:
        c[E_DRY] += 1
        for k in range(channels):
            out = floats(heard + k * stride * 4, n)
            for i in range(n):
                out[i] = np.float32(0.0)
        d[E_POSITION] = -1.0 if poured > 2.0 * d[E_WANT] else position
        return
    for k in range(channels):
        out = floats(heard + k * stride * 4, n)
        x = position
        for i in range(n):
            whole = np.int64(x)
            f = np.float32(x - whole)
            a = ring[k, (whole - 1) % FRAMES]
            b = ring[k, whole % FRAMES]
            e = ring[k, (whole + 1) % FRAMES]
            g = ring[k, (whole + 2) % FRAMES]
            out[i] = b + np.float32(0.5) * f * (e - a + f * (2 * a - 5 * b + 4 * e - g + f * (3 * (b - e) + g - a)))
            x += step
    d[E_POSITION] = position + step * n
