"""Places on their way out: onto the outputs, and each onto its tracks of the tape."""

from __future__ import annotations

import numpy as np
from numba import njit

from live.core import layout as at
from live.core.inner import (
    S_CTL,
    S_INBUS,
    S_INS,
    S_MIXBUS,
    S_NSENDS,
    S_OUTS,
    S_REST,
    S_SENDS,
    S_TAPE,
    S_TAPEHEAD,
    SEND,
    STAND,
    X_CHANNELS,
    X_FIRST,
    X_FROM,
    X_GAIN,
    X_OPEN,
    X_TRACK,
    X_WIDTH,
)  # fmt: skip
from live.core.row import CHUNK, SLOTS_MAX, doubles, fence, floats, planes, words


@njit(inline="always")
def lean(to, source, a, b, n):
    """to = source along a line of gain from a to b."""
    if a == b:
        g = np.float32(a)
        for i in range(n):
            to[i] = source[i] * g
    else:
        a32, step = np.float32(a), np.float32((b - a) / n)
        for i in range(n):
            to[i] = source[i] * (a32 + step * np.float32(i))


@njit(inline="always")
def add(to, source, a, b, n):
    """to += source along a line of gain from a to b."""
    if a == b:
        g = np.float32(a)
        for i in range(n):
            to[i] += source[i] * g
    else:
        a32, step = np.float32(a), np.float32((b - a) / n)
        for i in range(n):
            to[i] += source[i] * (a32 + step * np.float32(i))


@njit
def mix(stand, n, t):
    """Every send goes to its outputs and, as it is heard, onto its track of the tape."""
    s = words(stand, STAND)
    outs = s[S_OUTS]
    bus = planes(s[S_MIXBUS], outs, CHUNK)
    for k in range(outs):
        for i in range(n):
            bus[k, i] = np.float32(0.0)
    table = doubles(s[S_CTL], 2 * SLOTS_MAX)
    frames = np.int64(0)
    if s[S_TAPE] != 0:
        frames = words(s[S_TAPEHEAD], 64)[at.P_FRAMES]
    spot = t % frames if frames > 0 else np.int64(0)
    if frames > 0:
        for k in range(outs):
            line = floats(s[S_TAPE] + ((s[S_REST] + k) * frames + spot) * 4, CHUNK)
            for i in range(n):
                line[i] = np.float32(0.0)
    for j in range(s[S_NSENDS]):
        x = words(s[S_SENDS] + j * SEND * 8, SEND)
        a = table[x[X_GAIN]] * table[x[X_OPEN]]
        b = table[SLOTS_MAX + x[X_GAIN]] * table[SLOTS_MAX + x[X_OPEN]]
        source = planes(x[X_FROM], x[X_CHANNELS], CHUNK)
        if x[X_TRACK] >= 0 and frames > 0:
            for k in range(x[X_CHANNELS]):
                line = floats(s[S_TAPE] + ((x[X_TRACK] + k) * frames + spot) * 4, CHUNK)
                lean(line, source[k], a, b, n)
        for k in range(x[X_WIDTH]):
            add(bus[x[X_FIRST] + k], source[k % x[X_CHANNELS]], a, b, n)
            if x[X_TRACK] < 0 and frames > 0:
                line = floats(s[S_TAPE] + ((s[S_REST] + x[X_FIRST] + k) * frames + spot) * 4, CHUNK)
                add(line, source[k % x[X_CHANNELS]], a, b, n)


@njit
def record_mix(stand, result, gains, plain, n, t):
    """Inputs, mix and gain onto the tape; then the tape may be read up to here."""
    s = words(stand, STAND)
    head = words(s[S_TAPEHEAD], 64)
    frames = head[at.P_FRAMES]
    spot = t % frames
    inputs = planes(s[S_INBUS], max(s[S_INS], 1), CHUNK)
    for k in range(s[S_INS]):
        line = floats(s[S_TAPE] + (k * frames + spot) * 4, CHUNK)
        for i in range(n):
            line[i] = inputs[k, i]
    base = s[S_INS]
    for k in range(s[S_OUTS]):
        line = floats(s[S_TAPE] + ((base + k) * frames + spot) * 4, CHUNK)
        for i in range(n):
            line[i] = result[k, i]
    line = floats(s[S_TAPE] + ((base + s[S_OUTS]) * frames + spot) * 4, CHUNK)
    for i in range(n):
        line[i] = np.float32(1.0) if plain else np.float32(gains[i])
    fence()
    head[at.P_WRITTEN] = t + n
