"""Brighter, darker, nasal, hollow: a state-variable filter that may be swept as fast as you like.

Two integrators solved without delay (trapezoidal rule): at every frame a
proper filter of its cutoff then, so no sweep can blow it up. While cutoff
and q stand still the coefficients are kept.
"""

from __future__ import annotations

import math

import numpy as np

from engines.face import Control
from live.core.kinds import Kind, Making, nearest, op
from live.core.row import IN, OUTS, RATE, SET, cells, inlet, memory, njit, outlet, span

MODES = ("lp", "hp", "bp", "notch", "peak")
CUTOFF, Q, G, K = 0, 1, 2, 3  # what the coefficients are for
COEF = 4  # then seven: four that make the next state, three that make the output from input, first and second
HELD = 12  # then two integrators a channel


@njit(inline="always")
def blend(mode, k):
    """What is heard: shares of the input, of the band and of the low."""
    if mode == 0:
        return 0.0, 0.0, 1.0
    if mode == 1:
        return 1.0, -k, -1.0
    if mode == 2:
        return 0.0, k, 0.0
    if mode == 3:
        return 1.0, -k, 0.0
    return -1.0, k, 2.0


@njit(inline="always")
def warp(cutoff, rate):
    """The integrator's gain that puts the cutoff where it is asked for."""
    return math.tan(math.pi * min(max(cutoff, 1.0), 0.49 * rate) / rate)


@njit
def still(m, mode):
    """Coefficients for a cutoff that stands: next state and output straight from state and input."""
    g, k = m[G], m[K]
    m0, m1, m2 = blend(mode, k)
    a1 = 1.0 / (1.0 + g * (g + k))
    a2 = g * a1
    a3 = g * a2
    m[COEF], m[COEF + 1] = 2.0 * a1 - 1.0, 2.0 * a2
    m[COEF + 2], m[COEF + 3] = 1.0 - 2.0 * a3, 2.0 * a3
    m[COEF + 4], m[COEF + 5], m[COEF + 6] = m0 + m1 * a2 + m2 * a3, m1 * a1 + m2 * a2, m2 * (1.0 - a3) - m1 * a2


@njit(inline="always")
def sweep(held, sound, out, n, mode, g, g_step, k, k_step):
    """One channel while the cutoff or the q moves."""
    one, two = held[0], held[1]
    for i in range(n):
        gi, ki = g + g_step * i, k + k_step * i
        m0, m1, m2 = blend(mode, ki)
        x = np.float64(sound[i])
        a1 = 1.0 / (1.0 + gi * (gi + ki))
        a2 = gi * a1
        v3 = x - two
        v1 = a1 * one + a2 * v3
        v2 = two + gi * v1
        one = 2.0 * v1 - one
        two = 2.0 * v2 - two
        out[i] = np.float32(m0 * x + m1 * v1 + m2 * v2)
    held[0], held[1] = one, two


@njit(inline="always")
def step_two(m):
    """What two frames at a time need: the state after next and the next output, straight from this state."""
    a, b, d, e = m[COEF], m[COEF + 1], m[COEF + 2], m[COEF + 3]
    d1, d2 = m[COEF + 5], m[COEF + 6]
    state = a * a - b * b, b * (a + d), d * d - b * b
    sound = a * b - b * e, b * b + d * e
    return state, sound, (d1 * b + d2 * e, d1 * a + d2 * b, d2 * d - d1 * b)


@njit
def ring_two(m, s, x, y, to_x, to_y, n):
    """Two channels, two frames at a time: the recursion waits for itself half as often."""
    b, e = m[COEF + 1], m[COEF + 3]
    d0, d1, d2 = m[COEF + 4], m[COEF + 5], m[COEF + 6]
    (g11, g12, g22), (h1, h2), (o0, o1, o2) = step_two(m)
    p1, p2, q1, q2 = m[s], m[s + 1], m[s + 2], m[s + 3]
    even = n // 2 * 2
    for i in range(0, even, 2):
        x0, x1 = np.float64(x[i]), np.float64(x[i + 1])
        y0, y1 = np.float64(y[i]), np.float64(y[i + 1])
        to_x[i] = np.float32(d0 * x0 + d1 * p1 + d2 * p2)
        to_y[i] = np.float32(d0 * y0 + d1 * q1 + d2 * q2)
        to_x[i + 1] = np.float32(d0 * x1 + o0 * x0 + o1 * p1 + o2 * p2)
        to_y[i + 1] = np.float32(d0 * y1 + o0 * y0 + o1 * q1 + o2 * q2)
        p1, p2 = g11 * p1 + ((h1 * x0 + b * x1) - g12 * p2), g22 * p2 + ((h2 * x0 + e * x1) + g12 * p1)
        q1, q2 = g11 * q1 + ((h1 * y0 + b * y1) - g12 * q2), g22 * q2 + ((h2 * y0 + e * y1) + g12 * q1)
    m[s], m[s + 1], m[s + 2], m[s + 3] = p1, p2, q1, q2
    if even < n:
        ring_one(m, s, x, to_x, even, n)
        ring_one(m, s + 2, y, to_y, even, n)


@njit
def ring_one(m, s, x, to, first, n):
    """One channel from frame ``first`` on."""
    f11, f12, f22, in2 = m[COEF], m[COEF + 1], m[COEF + 2], m[COEF + 3]
    d0, d1, d2 = m[COEF + 4], m[COEF + 5], m[COEF + 6]
    p1, p2 = m[s], m[s + 1]
    for i in range(first, n):
        v = np.float64(x[i])
        to[i] = np.float32(d0 * v + d1 * p1 + d2 * p2)
        p1, p2 = f11 * p1 + (f12 * v - f12 * p2), f22 * p2 + (in2 * v + f12 * p1)
    m[s], m[s + 1] = p1, p2


@op
def filter_op(row, n, t):
    """Channels two by two: one recursion fills the gaps of the other."""
    r = cells(row)
    outs, wide, rate = r[OUTS], r[IN + 1], r[RATE]
    cut_a, cut_b = span(row, 0)
    q_a, q_b = span(row, 1)
    m = memory(row, HELD + 2 * outs)
    sound, out = inlet(row, 0), outlet(row)
    mode = r[SET]
    if cut_a != m[CUTOFF] or q_a != m[Q]:
        m[CUTOFF], m[Q] = cut_a, q_a
        m[G], m[K] = warp(cut_a, rate), 1.0 / max(q_a, 0.05)
        still(m, mode)
    if cut_a != cut_b or q_a != q_b:
        g, k = m[G], m[K]
        m[CUTOFF], m[Q] = cut_b, q_b
        m[G], m[K] = warp(cut_b, rate), 1.0 / max(q_b, 0.05)
        still(m, mode)
        for c in range(outs):
            sweep(m[HELD + 2 * c :], sound[c % wide], out[c], n, mode, g, (m[G] - g) / n, k, (m[K] - k) / n)
        return
    c = 0
    while c + 1 < outs:
        ring_two(m, HELD + 2 * c, sound[c % wide], sound[(c + 1) % wide], out[c], out[c + 1], n)
        c += 2
    if c < outs:
        ring_one(m, HELD + 2 * c, sound[c % wide], out[c], 0, n)


def prepare(making: Making) -> None:
    """Choose the mode."""
    mode = making.settings["mode"]
    if mode not in MODES:
        raise ValueError(f"filter has no mode {mode!r}. {nearest(str(mode), MODES)}")
    making.cells[SET] = MODES.index(mode)


filter_ = Kind(
    "filter",
    filter_op,
    "lowpass, highpass, bandpass, notch or peak",
    inlets=("sound",),
    controls={
        "cutoff": Control(1000.0, low=20.0, high=20000.0, unit="Hz", moves="brightness", curve="log"),
        "q": Control(0.7071067811865476, low=0.3, high=40.0, moves="resonance", curve="log"),
    },
    settings={"mode": "lp"},
    state=lambda making: HELD + 2 * making.channels,
    prepare=prepare,
    dry=True,
)
