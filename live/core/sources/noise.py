"""Noise: white, pink (like rain) or brown (like surf), the same every time for the same seed.

Each channel's white noise is a hash of seed, channel and frame since birth, so
it needs no memory; the colours are first-order filters side by side.
All colours are equally loud: 0.25 in the root mean square at gain 1.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from engines.face import Control
from live.core.kinds import Kind, Making, nearest, op
from live.core.row import CHUNK, HOW, MORE, SEED, SET, STATE, cells, doubles, floats, outlet, span, words

COLORS = ("white", "pink", "brown")
LEVEL = 0.25
LINES = 8  # filters side by side
COUNT = 0  # state: frames so far, 64 floats of scratch, then LINES doubles for each channel
WHITE = 8
FILTERS = WHITE + CHUNK // 2
_GOLD = np.uint64(0x9E3779B97F4A7C15)
_A, _B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@njit(**HOW)
def mix(z):
    """64 bits, thoroughly shuffled: shifts and multiplications."""
    z = np.uint64(z) * _GOLD
    z = (z ^ (z >> np.uint64(30))) * _A
    z = (z ^ (z >> np.uint64(27))) * _B
    return z ^ (z >> np.uint64(31))


@njit(**HOW)
def scatter(root, count):
    """A number from -1 to 1 for each count; another count, another number. ``root`` comes from ``mix``."""
    return np.float32(np.int64(mix(np.uint64(root) + np.uint64(count))) >> 39) * np.float32(1 / (1 << 24))


@op
def noise(row, n, t):
    r = cells(row)
    count = words(r[STATE], 1)
    white = floats(r[STATE] + 8 * WHITE, CHUNK)
    table = doubles(r[MORE], 2 * LINES + 2)  # poles, shares, what goes straight through, how many lines
    lines = np.int64(table[2 * LINES + 1])
    straight = np.float32(table[2 * LINES])
    ga, gb = span(row, 0)
    y = outlet(row)
    for c in range(y.shape[0]):
        root = mix(mix(r[SEED]) + np.uint64(c))
        for i in range(n):
            white[i] = scatter(root, count[0] + i)
        for i in range(n):
            y[c, i] = straight * white[i]
        kept = doubles(r[STATE] + 8 * (FILTERS + c * LINES), LINES)
        for k in range(0, lines, 4):  # four at a time: each waits for itself, not for the others
            s0, s1, s2, s3 = kept[k], kept[k + 1], kept[k + 2], kept[k + 3]
            p0, p1, p2, p3 = table[k], table[k + 1], table[k + 2], table[k + 3]
            g0, g1, g2, g3 = table[LINES + k], table[LINES + k + 1], table[LINES + k + 2], table[LINES + k + 3]
            for i in range(n):
                w = np.float64(white[i])
                s0 = p0 * s0 + g0 * w
                s1 = p1 * s1 + g1 * w
                s2 = p2 * s2 + g2 * w
                s3 = p3 * s3 + g3 * w
                y[c, i] += np.float32((s0 + s1) + (s2 + s3))
            kept[k], kept[k + 1], kept[k + 2], kept[k + 3] = s0, s1, s2, s3
        if ga != gb:
            for i in range(n):
                y[c, i] *= np.float32(ga + (gb - ga) * i / n)
        elif ga != 1.0:
            for i in range(n):
                y[c, i] *= np.float32(ga)
    count[0] += n


def filters(color: str, rate: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Poles and shares of filters side by side, and what goes straight through; for noise that is uniform from -1 to 1."""
    if color == "white":
        return np.zeros(0), np.zeros(0), LEVEL * 3**0.5
    if color == "pink":  # poles and zeros by turns, evenly along the octaves: half the slope of one pole
        corners = 8.0 * (rate / 24.0) ** (np.arange(LINES) / (LINES - 0.5))
        zeros = np.exp(-2 * np.pi * corners * (rate / 24.0) ** (0.5 / (LINES - 0.5)) / rate)
    else:
        corners, zeros = np.array([8.0, 20.0]), np.array([1.0])
    poles = np.exp(-2 * np.pi * corners / rate)
    share = np.array([np.prod(1 - zeros / p) / np.prod(1 - np.delete(poles, i) / p) for i, p in enumerate(poles)])
    straight = float(np.prod(zeros) / np.prod(poles)) if len(zeros) == len(poles) else 0.0
    loud = np.sum(share[:, None] * share / (1 - poles[:, None] * poles)) + straight**2 + 2 * straight * np.sum(share)
    scale = LEVEL * (3 / loud) ** 0.5
    return poles, share * scale, straight * scale


def _prepare(making: Making) -> None:
    color = making.settings["color"]
    if color not in COLORS:
        raise LookupError(f"noise has no color {color!r}. {nearest(str(color), COLORS)}")
    poles, share, straight = filters(color, making.rate)
    table = np.zeros(2 * LINES + 2)
    table[: len(poles)], table[LINES : LINES + len(poles)] = poles, share
    table[2 * LINES], table[2 * LINES + 1] = straight, len(poles)
    making.cells[SET] = COLORS.index(color)
    making.cells[MORE] = making.hold(table)


NOISE = Kind(
    "noise",
    noise,
    says="noise: noise(), noise(color='pink', channels=2)",
    controls={"gain": Control(1.0, low=0, high=4, moves="loudness")},
    settings={"color": "white", "channels": 1},
    state=lambda making: FILTERS + LINES * making.channels,
    prepare=_prepare,
    channels=lambda settings, ins: max(int(settings["channels"]), 1),
)
