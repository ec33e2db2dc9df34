"""Loud becomes less loud: a feed-forward compressor with a soft knee.

The level is the loudest channel's, so a stereo picture does not sway. A
second inlet, if connected, is listened to instead (side chain). Levels are
kept in octaves: two short polynomials are true to 0.001 dB and run on all
frames at once.
"""

from __future__ import annotations

import math

import numpy as np

from engines.face import Control
from live.core.kinds import Kind, op
from live.core.row import CHUNK, IN, INS, OUTS, RATE, STATE, WIRED, cells, doubles, floats, inlet, memory, njit, outlet, span

ATTACK, ATTACK_K, RELEASE, RELEASE_K, LESS = 0, 1, 2, 3, 4  # kept coefficients, and the reduction now in octaves of gain
HELD = 8
OCTAVE = 20.0 * math.log10(2.0)  # decibels in a factor of two
SPLIT = np.int32(0x3F3504F3)  # the bits of sqrt(1/2)


@njit
def log2(x):
    """Binary logarithm of a positive float32, to 4e-7."""
    bits = np.float32(x).view(np.int32)
    whole = np.int32(np.int32(bits - SPLIT) >> np.int32(23))
    f = np.int32(bits - np.int32(whole << np.int32(23))).view(np.float32) - np.float32(1.0)
    p = np.float32(0.165933639) * f + np.float32(-0.270726442)
    p = p * f + np.float32(0.297922194)
    p = p * f + np.float32(-0.359222144)
    p = p * f + np.float32(0.480435759)
    p = p * f + np.float32(-0.721368015)
    p = p * f + np.float32(1.442700148)
    return np.float32(whole) + p * f


@njit
def exp2(x):
    """Two to the x, to 2e-7; exactly 1 at 0."""
    whole = np.floor(x + np.float32(0.5))
    f = x - whole
    p = np.float32(0.00133908669) * f + np.float32(0.00966637395)
    p = p * f + np.float32(0.0555035695)
    p = p * f + np.float32(0.240223482)
    p = p * f + np.float32(0.693147182)
    p = p * f + np.float32(1.0)
    return p * np.int32(np.int32(np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32)


@njit
def share(seconds, rate):
    """How much of the way is gone in one frame."""
    return 1.0 - math.exp(-1.0 / max(seconds * rate, 0.2))


@op
def compressor_op(row, n, t):
    """Level and curve on all frames at once; then the only recursion; then the gain, at once again."""
    r = cells(row)
    outs, wide, rate = r[OUTS], r[IN + 1], r[RATE]
    m = memory(row, HELD)
    less = doubles(r[STATE] + 8 * HELD, CHUNK)
    level = floats(r[STATE] + 8 * (HELD + CHUNK), CHUNK)
    sound, out = inlet(row, 0), outlet(row)
    side = np.int64(1) if r[INS] > 1 and (r[WIRED] & 2) != 0 else np.int64(0)
    heard = inlet(row, side)
    thr_a, thr_b = span(row, 0)
    ratio_a, ratio_b = span(row, 1)
    attack = span(row, 2)[1]
    release = span(row, 3)[1]
    up_a, up_b = span(row, 4)
    knee_a, knee_b = span(row, 5)
    if attack != m[ATTACK] or m[ATTACK_K] == 0.0:
        m[ATTACK], m[ATTACK_K] = attack, share(attack, rate)
    if release != m[RELEASE] or m[RELEASE_K] == 0.0:
        m[RELEASE], m[RELEASE_K] = release, share(release, rate)

    floor = np.float32(1e-6)
    for i in range(n):
        level[i] = max(abs(heard[0, i]), floor)
    for k in range(1, r[IN + 2 * side + 1]):
        for i in range(n):
            level[i] = max(level[i], abs(heard[k, i]))

    zero, half, step = np.float32(0.0), np.float32(0.5), np.float32(1.0 / n)
    thr, thr_d = np.float32(thr_a / OCTAVE), np.float32((thr_b - thr_a) / OCTAVE) * step
    slope_a, slope_b = 1.0 - 1.0 / max(ratio_a, 1.0), 1.0 - 1.0 / max(ratio_b, 1.0)
    slope, slope_d = np.float32(slope_a), np.float32(slope_b - slope_a) * step
    knee, knee_d = np.float32(max(knee_a, 1e-3) / OCTAVE), np.float32((knee_b - knee_a) / OCTAVE) * step
    for i in range(n):
        at = np.float32(i)
        soft = knee + knee_d * at
        over = log2(level[i]) - (thr + thr_d * at)
        bend = min(max(over + half * soft, zero), soft)
        level[i] = (slope + slope_d * at) * (half * bend * bend / soft + max(over - half * soft, zero))

    y, ka, kr = m[LESS], m[ATTACK_K], m[RELEASE_K]
    if ka >= kr:  # rising by the attack, falling by the release: the larger of the two
        for i in range(n):
            c = np.float64(level[i])
            y = max(y + ka * (c - y), y + kr * (c - y))
            less[i] = y
    else:
        for i in range(n):
            c = np.float64(level[i])
            y = min(y + ka * (c - y), y + kr * (c - y))
            less[i] = y
    m[LESS] = y

    up, up_d = np.float32(up_a / OCTAVE), np.float32((up_b - up_a) / OCTAVE) * step
    for i in range(n):
        level[i] = exp2(max(up + up_d * np.float32(i) - np.float32(less[i]), np.float32(-60.0)))
    for k in range(outs):
        from_ = k % wide
        for i in range(n):
            out[k, i] = sound[from_, i] * level[i]


compressor = Kind(
    "compressor",
    compressor_op,
    "makes loud less loud; a second inlet is its side chain",
    inlets=("sound", "side"),
    controls={
        "threshold": Control(-18.0, low=-60.0, high=0.0, unit="dB", moves="density"),
        "ratio": Control(4.0, low=1.0, high=100.0, moves="density", curve="log"),
        "attack": Control(0.005, low=0.0001, high=1.0, unit="s", moves="punch", curve="log"),
        "release": Control(0.1, low=0.005, high=5.0, unit="s", moves="breathing", curve="log"),
        "makeup": Control(0.0, low=-24.0, high=24.0, unit="dB", moves="loudness"),
        "knee": Control(6.0, low=0.0, high=24.0, unit="dB"),
    },
    state=HELD + CHUNK + CHUNK // 2,
    channels=lambda settings, ins: ins[0] if ins else 1,
    dry=True,
)
