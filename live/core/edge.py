"""Where an input with a clock of its own meets the core's clock.

The input's callback pours frames into a ring; the output's callback draws
them at its own pace. Both note when they come: two slow loops read from these
times how fast each clock really runs, so the reading speed follows their
ratio to parts in a million, and a headset at 16 kHz and a card at 48 kHz stay
together for hours without a click or a wow. Reading is by a windowed sinc.
When the ring runs dry it is silence, a little more is kept from then on, and
the place is found again.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from live.core import row as r
from live.core.row import floats, planes, words

FRAMES = 1 << 15
TAPS = 32
PHASES = 256
# cells: int64, or float64 where the name begins with F_ (the same 8 bytes)
E_CHANNELS, E_POURED, E_DRY, E_TURN, E_POURS, E_DRAWS = range(6)
F_RATIO, F_POSITION, F_WANT, F_MOST = range(8, 12)
F_IN_TIME, F_IN_PACE, F_OUT_TIME, F_OUT_PACE, F_ERROR, F_STEP = range(12, 18)
HEAD = 32
TABLE = HEAD * 8
RING = TABLE + (PHASES + 1) * TAPS * 4
SLOW, QUICK = 0.05, 2.0  # Hz: how fast the loops follow once they know the pace, and at the very start
PULL = 2.0  # seconds in which a wrong level is put right
MOST = 0.01  # the furthest the speed is bent for that


def sinc_table(ratio: float) -> np.ndarray:
    """(PHASES + 1, TAPS): what each neighbour counts for, at each place between two frames."""
    cut = min(1.0, 1.0 / ratio) * 0.94
    x = np.arange(TAPS)[None, :] - (TAPS // 2 - 1) - np.arange(PHASES + 1)[:, None] / PHASES
    table = np.sinc(cut * x) * cut * np.i0(9.0 * np.sqrt(np.maximum(1 - (x / (TAPS / 2)) ** 2, 0))) / np.i0(9.0)
    return (table / table.sum(axis=1, keepdims=True)).astype(np.float32)


def make(channels: int, ratio: float, want: int) -> np.ndarray:
    """Memory for an edge: ``ratio`` input frames to each of the core's, ``want`` frames kept in the ring."""
    memory = np.zeros(RING + channels * (FRAMES + TAPS) * 4, np.uint8)
    memory[: HEAD * 8].view(np.int64)[E_CHANNELS] = channels
    numbers = memory[: HEAD * 8].view(np.float64)
    numbers[F_RATIO], numbers[F_WANT], numbers[F_POSITION] = ratio, want + TAPS // 2, -1.0
    numbers[F_MOST] = FRAMES / 4
    memory[TABLE:RING].view(np.float32)[:] = sinc_table(ratio).ravel()
    return memory


def delay(memory: np.ndarray) -> float:
    """How late the input is heard behind its own callback, in the input's frames."""
    return float(memory[: HEAD * 8].view(np.float64)[F_WANT])


@njit(inline="always")
def follow(d, time_, pace, count, n, now, seconds):
    """A loop that learns when frames come: ``time_`` of the next, ``pace`` seconds for each."""
    late = now - d[time_]
    if abs(late) > 0.25:  # the machine slept: begin again from here
        d[time_] = now
        late = 0.0
    hertz = min(max(1.0 / (count * seconds + 0.001), SLOW), QUICK)
    w = min(2.0 * math.pi * hertz * seconds, 0.5)
    d[time_] += math.sqrt(2.0) * w * late
    d[pace] += w * w * late / n
    d[time_] += n * d[pace]


@njit
def pour(edge, heard, n, rate, now):
    """n interleaved frames from the input, at ``now`` (seconds) by a clock that says ``rate``."""
    c = words(edge, HEAD)
    d = r.doubles(edge, HEAD)
    channels = c[E_CHANNELS]
    ring = planes(edge + RING, channels, FRAMES + TAPS)
    source = floats(heard, n * channels)
    spot = c[E_POURED] % FRAMES
    for i in range(n):
        for k in range(channels):
            ring[k, spot] = source[i * channels + k]
            if spot < TAPS:
                ring[k, FRAMES + spot] = source[i * channels + k]
        spot = spot + 1 if spot + 1 < FRAMES else 0
    c[E_TURN] += 1  # odd: being written
    r.fence()
    if c[E_POURS] == 0:
        d[F_IN_TIME], d[F_IN_PACE] = now, 1.0 / rate
    follow(d, F_IN_TIME, F_IN_PACE, c[E_POURS], n, now, n / rate)
    c[E_POURED] += n
    c[E_POURS] += 1
    r.fence()
    c[E_TURN] += 1


@njit
def draw(edge, heard, stride, n, rate, now):
    """n planar frames for the core, at ``now`` (seconds) by a clock that says ``rate``."""
    c = words(edge, HEAD)
    d = r.doubles(edge, HEAD)
    channels = c[E_CHANNELS]
    ring = planes(edge + RING, channels, FRAMES + TAPS)
    table = planes(edge + TABLE, PHASES + 1, TAPS)
    if c[E_DRAWS] == 0:
        d[F_OUT_TIME], d[F_OUT_PACE] = now, 1.0 / rate
    follow(d, F_OUT_TIME, F_OUT_PACE, c[E_DRAWS], n, now, n / rate)
    c[E_DRAWS] += 1
    poured, time_, pace = c[E_POURED], d[F_IN_TIME], d[F_IN_PACE]
    for _ in range(8):  # the input may write meanwhile: take the three of one moment
        turn = c[E_TURN]
        r.fence()
        poured, time_, pace = c[E_POURED], d[F_IN_TIME], d[F_IN_PACE]
        r.fence()
        if turn & 1 == 0 and c[E_TURN] == turn:
            break
    begun = d[F_OUT_TIME] - n * d[F_OUT_PACE]
    position = d[F_POSITION]
    known = c[E_POURS] > 1 and poured > d[F_WANT] + TAPS
    come = poured + (begun - time_) / pace if known else 0.0  # frames the input's clock has counted at this very moment
    locked = position >= 0.0
    if known and (not locked or come - position > FRAMES - 4096 or come - position < -FRAMES):
        position = come - d[F_WANT]  # nothing yet, or one of the two slept: take up the level afresh
    step = d[F_RATIO]
    if known:
        error = come - position - d[F_WANT]
        d[F_ERROR] = error
        bend = min(max(error * pace / PULL, -MOST), MOST)
        step = d[F_OUT_PACE] / pace * (1.0 + bend)
    d[F_STEP] = step
    first = TAPS // 2 - 1
    if position < 0.0 or position + step * n + TAPS // 2 + 1 > poured or position < first:
        for k in range(channels):
            out = floats(heard + k * stride * 4, n)
            for i in range(n):
                out[i] = np.float32(0.0)
        if locked:  # not while it is only being looked for
            c[E_DRY] += 1
            d[F_WANT] = min(d[F_WANT] * 1.25, d[F_MOST])
        d[F_POSITION] = -1.0
        return
    for k in range(channels):
        out = floats(heard + k * stride * 4, n)
        line = ring[k]
        x = position
        for i in range(n):
            whole = np.int64(x)
            place = (x - whole) * PHASES
            row = np.int64(place)
            f = np.float32(place - row)
            a, b = table[row], table[row + 1]
            start = (whole - first) % FRAMES
            low, high = np.float32(0.0), np.float32(0.0)
            for j in range(TAPS):
                low += line[start + j] * a[j]
                high += line[start + j] * b[j]
            out[i] = low + f * (high - low)
            x += step
    d[F_POSITION] = position + step * n
