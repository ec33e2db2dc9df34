"""The last thing before the loudspeakers: nothing leaves above the ceiling."""

from __future__ import annotations

import numpy as np
from numba import njit

from live.core import layout as at
from live.core.inner import (
    DELAY,
    LOOK_MAX,
    MASTER,
    S_CLOCK,
    S_CTL,
    S_DELAY,
    S_LIMITER,
    S_MIXBUS,
    S_OUTBUS,
    S_OUTS,
    S_TAPE,
    S_TEMPO,
    STAND,
    Z_CALM,
    Z_HOLD,
    Z_LOOK,
    Z_NEED,
    Z_RELEASE,
    Z_SPOT,
)  # fmt: skip
from live.core.mixer import record_mix
from live.core.row import CHUNK, SLOTS_MAX, doubles, floats, planes, words


@njit
def limit(z, bus, gains, outs, n, look, ceiling):
    """Fill gains[0:n] for what comes out now, hearing what will come out ``look`` frames later."""
    size = look + 1
    spot = np.int64(z[Z_SPOT])
    for i in range(n):
        top = np.float32(0.0)
        for k in range(outs):
            top = max(top, abs(bus[k, i]))
        need = 1.0 if top <= ceiling else ceiling / np.float64(top)
        z[Z_NEED + spot] = need
        low = 1.0
        for j in range(size):
            low = min(low, z[Z_NEED + j])
        hold = z[Z_HOLD] + (1.0 - z[Z_HOLD]) * z[Z_RELEASE]
        if hold > 0.99999:
            hold = 1.0
        hold = min(hold, low)
        z[Z_HOLD] = hold
        z[Z_NEED + 2 * LOOK_MAX + spot] = hold
        total = 0.0
        for j in range(size):
            total += z[Z_NEED + 2 * LOOK_MAX + j]
        gains[i] = min(total / size, 1.0)
        spot += 1
        if spot == size:
            spot = 0
    z[Z_SPOT] = spot


@njit
def master(stand, n, t):
    """The limiter, then the master fader: what leaves never exceeds the ceiling.

    The mix waits ``look`` frames; the gain is the smallest needed over that
    window, released slowly, then averaged over the window, so it is down
    before the peak comes out. While nothing is too loud the gain is exactly 1.
    """
    s = words(stand, STAND)
    outs = s[S_OUTS]
    bus = planes(s[S_MIXBUS], outs, CHUNK)
    result = planes(s[S_OUTBUS], outs, CHUNK)
    z = doubles(s[S_LIMITER], Z_NEED + 4 * LOOK_MAX)
    tempo = doubles(s[S_TEMPO], 64)
    table = doubles(s[S_CTL], 2 * SLOTS_MAX)
    ceiling = tempo[at.T_CEILING]
    look = np.int64(z[Z_LOOK])
    top = np.float32(0.0)
    for k in range(outs):
        for i in range(n):
            top = max(top, abs(bus[k, i]))
    spot = t % DELAY
    for k in range(outs):  # runs never straddle the ring's end: DELAY is a multiple of CHUNK
        line = floats(s[S_DELAY] + (k * DELAY + spot) * 4, CHUNK)
        for i in range(n):
            line[i] = bus[k, i]
    early = (t - look) % DELAY
    first = min(n, DELAY - early)
    for k in range(outs):
        line = floats(s[S_DELAY] + k * DELAY * 4, DELAY)
        for i in range(first):
            result[k, i] = line[early + i]
        for i in range(first, n):
            result[k, i] = line[early + i - DELAY]
    gains = doubles(s[S_LIMITER] + (Z_NEED + 4 * LOOK_MAX) * 8, CHUNK)
    busy = top > ceiling or z[Z_CALM] < look + look + 2
    if busy:
        limit(z, bus, gains, outs, n, look, ceiling)
        z[Z_CALM] = z[Z_CALM] + n if (top <= ceiling and z[Z_HOLD] == 1.0) else 0.0
        words(s[S_CLOCK], 64)[at.C_LIMITED] += n if z[Z_HOLD] < 1.0 else 0
    fader_a, fader_b = table[MASTER], table[SLOTS_MAX + MASTER]
    plain = not busy and fader_a == 1.0 and fader_b == 1.0
    cap = np.float32(ceiling)
    peak = np.float32(0.0)
    if not plain:
        for i in range(n):
            g = gains[i] if busy else 1.0
            gains[i] = g * (fader_a + (fader_b - fader_a) * i / n)
        for k in range(outs):
            for i in range(n):
                result[k, i] = max(min(result[k, i] * np.float32(gains[i]), cap), -cap)
    for k in range(outs):
        for i in range(n):
            peak = max(peak, abs(result[k, i]))
    tempo[at.T_PEAK] = max(tempo[at.T_PEAK], np.float64(peak))
    if s[S_TAPE] != 0:
        record_mix(stand, result, gains, plain, n, t)
