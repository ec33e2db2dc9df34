"""What every place has around its op: guards, fades, mute, meter. Here a place goes bad without taking anybody along."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from live.core import layout as at
from live.core import row as r
from live.core.inner import (
    BAD_FRAMES,
    CLOSED,
    CLOSING,
    LOUD,
    OPEN,
    OPENING,
    S_CURVE,
    S_NOWFN,
    S_NOWMODE,
    S_TICK,
    SLOW_RUNS,
    STAND,
    V_BAD,
    V_DONE,
    V_GAIN,
    V_LAST,
    V_LEFT,
    V_LENGTH,
    V_PEAK,
    V_SLOW,
    V_WANT,
    V_WAY,
)  # fmt: skip
from live.core.row import CHUNK, call_op, cells, doubles, floats, ints, smooth, words


@njit(inline="always")
def turn_voice(v, way, frames):
    """Open or close a voice from wherever its fade stands."""
    if v[V_WAY] == OPEN:
        x = 1.0
    elif v[V_WAY] == CLOSED:
        x = 0.0
    elif v[V_WAY] == OPENING:
        x = v[V_DONE] / v[V_LENGTH]
    else:
        x = 1.0 - v[V_DONE] / v[V_LENGTH]
    v[V_LENGTH] = frames
    v[V_DONE] = (x if way == OPENING else 1.0 - x) * frames
    v[V_WAY] = way


@njit(inline="always")
def now_ns(stand):
    """Nanoseconds of a clock that only goes forward."""
    s = words(stand, STAND)
    spare = s[S_TICK]
    if s[S_NOWMODE] == 0:
        call_op(s[S_NOWFN], 1, spare, 0)  # clock_gettime(CLOCK_MONOTONIC, spare)
        w = words(spare, 2)
        return w[0] * 1000000000 + w[1]
    if s[S_NOWMODE] == 1:
        return r.call_1(s[S_NOWFN], 4)  # clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW)
    r.call_1(s[S_NOWFN], spare)  # QueryPerformanceCounter
    return words(spare, 1)[0] * 100


@njit
def go_bad(row, why):
    """A place that went bad: name it; from its last good sample it fades to what stands in for it."""
    c = cells(row)
    v = doubles(c[r.VOICE], V_LAST)
    v[V_BAD], v[V_LEFT] = why, BAD_FRAMES
    floats(c[r.METER], 8)[at.M_BAD] = why
    words(c[r.CLOCK], 64)[at.C_BAD] += 1


@njit
def fade_bad(v, out, channels, n):
    """From the last good sample to what stands in."""
    left = v[V_LEFT]
    for i in range(n):
        left = max(left - 1.0, 0.0)
        w = smooth(left / BAD_FRAMES)
        for k in range(channels):
            out[k, i] = np.float32(out[k, i] * (1.0 - w) + v[V_LAST + k] * w)
    v[V_LEFT] = left


@njit
def stand_in(row, n):
    """What is heard of a bad place: its first input when it is a treatment written live, else nothing."""
    c = cells(row)
    out = r.outlet(row)
    if c[r.FLAGS] & r.DRY and c[r.INS] > 0:
        dry = r.inlet(row, 0)
        for k in range(c[r.OUTS]):
            from_ = k % c[r.IN + 1]
            for i in range(n):
                out[k, i] = dry[from_, i]
    else:
        for k in range(c[r.OUTS]):
            for i in range(n):
                out[k, i] = np.float32(0.0)


@njit(inline="always")
def loudest(bus, frames, n):
    """The largest magnitude as the bits of a float32: no number at all is louder than any."""
    b = ints(bus, frames)
    top = np.int32(0)
    for i in range(n):
        top = max(top, b[i] & np.int32(0x7FFFFFFF))
    return top


@njit
def curve(stand, way, done, length, n):
    """The gains of n frames of a fade. Places that fade together ask for the same curve: it is drawn once."""
    memory = words(stand, STAND)[S_CURVE]
    key = doubles(memory, 4)
    g = floats(memory + 32, CHUNK)
    if key[0] == way and key[1] == done and key[2] == length and key[3] >= n:
        return g
    key[0], key[1], key[2], key[3] = way, done, length, n
    for i in range(n):
        x = (done + i + 1) / length
        if x >= 1.0:
            g[i] = np.float32(1.0) if way == OPENING else np.float32(0.0)
        else:
            angle = 0.5 * math.pi * smooth(x)
            g[i] = np.float32(math.sin(angle)) if way == OPENING else np.float32(math.cos(angle))
    return g


@njit
def fade(stand, v, out, channels, n):
    """Apply a voice's opening or closing, with equal power, and its mute."""
    way = v[V_WAY]
    if way in (OPENING, CLOSING):
        g = curve(stand, way, v[V_DONE], v[V_LENGTH], n)
        for k in range(channels):
            for i in range(n):
                out[k, i] *= g[i]
        v[V_DONE] += n
        if v[V_DONE] >= v[V_LENGTH]:
            v[V_WAY] = OPEN if way == OPENING else CLOSED
    if v[V_GAIN] == 1.0 and v[V_WANT] == 1.0:
        return
    gain, want = v[V_GAIN], v[V_WANT]
    step = 1.0 / 480.0
    for i in range(n):
        if gain < want:
            gain = min(want, gain + step)
        elif gain > want:
            gain = max(want, gain - step)
        g32 = np.float32(gain * gain * (3.0 - 2.0 * gain))
        for k in range(channels):
            out[k, i] *= g32
    v[V_GAIN] = gain


@njit(inline="always")
def carray_bits(bits):
    """A float32 from its bits."""
    return np.int32(bits).view(np.float32)


@njit
def watch_dc(row, m, out, n, t):
    """Direct current strains loudspeakers: a place that leans on one side for a second is taken out.

    One channel a chunk is listened to, in turn: all its frames, or a tone at a quarter of the rate would pass for direct current.
    """
    c = cells(row)
    channels = c[r.OUTS]
    k = (t // CHUNK) % channels
    v = doubles(c[r.VOICE], V_LAST + 3 * channels)
    dc, power = V_LAST + channels + k, V_LAST + 2 * channels + k
    x = out[k]
    t0, t1, t2, t3 = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    p0, p1 = np.float32(0.0), np.float32(0.0)
    for i in range(0, n - 3, 4):  # four sums side by side: one would wait for itself
        t0, t1, t2, t3 = t0 + x[i], t1 + x[i + 1], t2 + x[i + 2], t3 + x[i + 3]
        p0, p1 = p0 + x[i] * x[i], p1 + x[i + 2] * x[i + 2]
    count = n // 4 * 4
    if count == 0:
        return
    total, square, count = t0 + t1 + t2 + t3, 2 * (p0 + p1), np.float32(count)
    share = min(channels * n / (0.5 * c[r.RATE]), 1.0)  # half a second
    v[dc] += share * (total / count - v[dc])
    v[power] += share * (square / count - v[power])
    m[at.M_POWER] = v[power]
    m[at.M_DC] = v[dc]
    if abs(v[dc]) > 0.1 and v[dc] * v[dc] > 0.6 * v[power] and v[V_BAD] == 0.0 and v[V_WAY] == OPEN:
        go_bad(row, 3.0)  # the next run fades it from here


@njit
def play_row(stand, row, n, t):
    """One place: its op, then the guards, fades and meters every place has."""
    c = cells(row)
    v = doubles(c[r.VOICE], V_LAST + c[r.OUTS])
    out = r.outlet(row)
    channels = c[r.OUTS]
    if v[V_WAY] == CLOSED:
        for k in range(channels):
            for i in range(n):
                out[k, i] = np.float32(0.0)
        return
    if v[V_BAD] != 0.0:
        stand_in(row, n)
    elif c[r.COST] > 0:
        began = now_ns(stand)
        call_op(c[r.OP], row, n, t)
        took = now_ns(stand) - began
        floats(c[r.METER], 8)[at.M_NS] = took
        v[V_SLOW] = v[V_SLOW] + 1.0 if took > c[r.COST] else max(v[V_SLOW] - 0.25, 0.0)
        if v[V_SLOW] > SLOW_RUNS:
            go_bad(row, 4.0)
            stand_in(row, n)
    else:
        call_op(c[r.OP], row, n, t)
    top = np.int32(0)
    if n == CHUNK:
        top = loudest(c[r.OUT], channels * CHUNK, channels * CHUNK)
    else:
        for k in range(channels):
            top = max(top, loudest(c[r.OUT] + k * CHUNK * 4, CHUNK, n))
    if top > LOUD:
        go_bad(row, 1.0 if top >= np.int32(0x7F800000) else 2.0)
        stand_in(row, n)
        top = np.int32(0)
    if v[V_WAY] != OPEN or v[V_GAIN] != 1.0 or v[V_WANT] != 1.0:
        fade(stand, v, out, channels, n)
    if v[V_LEFT] > 0.0:
        fade_bad(v, out, channels, n)
    else:
        for k in range(channels):
            v[V_LAST + k] = out[k, n - 1]
    peak = np.float64(carray_bits(top))
    v[V_PEAK] = max(peak, v[V_PEAK] * (1.0 - 0.0004 * n))
    m = floats(c[r.METER], 8)
    m[at.M_PEAK] = v[V_PEAK]
    if c[r.FLAGS] & r.HEARD:
        watch_dc(row, m, out, n, t)
