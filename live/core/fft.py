"""The real Fourier transform inside the callback: what every spectral treatment stands on.

A real frame of N is read as N/2 complex numbers (evens and odds), goes through a
self-sorting radix-4 transform (Stockham) and is split into N/2 + 1 bins. Real and
imaginary parts lie in planes of their own, so that eight bins are worked at once.

The stages are called by address, with a note of where their numbers lie: that keeps
them apart for the compiler, which is then told that what a stage reads and what it
writes never overlap (without it nothing here is done eight at a time: 4 x slower).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numba as nb
import numpy as np
from numba import cfunc, njit, types
from numba.extending import intrinsic

from live.core import row as r
from live.core.row import _at, call_op, words

SMALLEST, LARGEST = 256, 8192
PAD = 16  # floats after each plane: bin N/2 lies in the first of them

# a plan: int64 cells. HALF, STAGES, SPLIT, MERGE, then three for each stage: function, note
P_HALF, P_STAGES, P_SPLIT, P_MERGE, P_TURN, P_FIRST = range(6)

_STREAMS = 8


def _streams(module: Any, mine: int) -> tuple[Any, Any]:
    """The scope one stream of numbers lives in, and those it never meets. Stream 8 is all that is read."""
    domain = module.add_metadata(["stage"])
    scopes = [module.add_metadata([f"stream {i}", domain]) for i in range(_STREAMS + 1)]
    return module.add_metadata([scopes[mine]]), module.add_metadata([s for i, s in enumerate(scopes) if i != mine])


@intrinsic
def take(typingctx, place, i):  # noqa: ANN001, ANN202
    """Read number i of a stream that nobody writes in this stage."""
    sig = types.float32(types.CPointer(types.float32), types.int64)

    def build(context, builder, sig, args):  # noqa: ANN001, ANN202
        load = builder.load(builder.gep(args[0], [args[1]], inbounds=True))
        mine, others = _streams(builder.module, _STREAMS)
        load.set_metadata("alias.scope", mine)
        load.set_metadata("noalias", others)
        return load

    return sig, build


def _put(stream: int) -> Any:
    @intrinsic
    def put(typingctx, place, i, value):  # noqa: ANN001, ANN202
        sig = types.void(types.CPointer(types.float32), types.int64, types.float32)

        def build(context, builder, sig, args):  # noqa: ANN001, ANN202
            store = builder.store(args[2], builder.gep(args[0], [args[1]], inbounds=True))
            mine, others = _streams(builder.module, stream)
            store.set_metadata("alias.scope", mine)
            store.set_metadata("noalias", others)
            return context.get_dummy_value()

        return sig, build

    return put


put0, put1, put2, put3, put4, put5, put6, put7 = (_put(i) for i in range(_STREAMS))


def stage(function: Any) -> Any:
    """Compile one step of a transform: ``function(read, write, note)``, three addresses."""
    return cfunc(r.OP_TYPE, cache=True, error_model="numpy", fastmath={"contract", "arcp", "nsz", "reassoc"})(function)


@njit(inline="always")
def four(ar, ai, br, bi, cr, ci, dr, di):
    """The transform of four numbers."""
    pr, pi, qr, qi = ar + cr, ai + ci, ar - cr, ai - ci
    sr, si, ur, ui = br + dr, bi + di, br - dr, bi - di
    return pr + sr, pi + si, qr + ui, qi - ur, pr - sr, pi - si, qr - ui, qi + ur


@stage
def opening(read, write, note):
    """The first stage: neighbours read, groups of four written. Note: N/2, twiddles."""
    c = words(note, 3)
    half = c[0]
    quarter = half // 4
    ar = _at(read, nb.float32)
    br, cr, dr = _at(read + 4 * quarter, nb.float32), _at(read + 8 * quarter, nb.float32), _at(read + 12 * quarter, nb.float32)
    there = read + 4 * half
    ai = _at(there, nb.float32)
    bi, ci, di = _at(there + 4 * quarter, nb.float32), _at(there + 8 * quarter, nb.float32), _at(there + 12 * quarter, nb.float32)
    yr, yi = _at(write, nb.float32), _at(write + 4 * half, nb.float32)
    w = c[2]
    w1r, w1i = _at(w, nb.float32), _at(w + 4 * quarter, nb.float32)
    w2r, w2i = _at(w + 8 * quarter, nb.float32), _at(w + 12 * quarter, nb.float32)
    w3r, w3i = _at(w + 16 * quarter, nb.float32), _at(w + 20 * quarter, nb.float32)
    for i in range(quarter):
        e0, f0, e1, f1, e2, f2, e3, f3 = four(
            take(ar, i), take(ai, i), take(br, i), take(bi, i), take(cr, i), take(ci, i), take(dr, i), take(di, i)
        )
        u1, v1, u2, v2, u3, v3 = take(w1r, i), take(w1i, i), take(w2r, i), take(w2i, i), take(w3r, i), take(w3i, i)
        put0(yr, 4 * i, e0)
        put0(yr, 4 * i + 1, e1 * u1 - f1 * v1)
        put0(yr, 4 * i + 2, e2 * u2 - f2 * v2)
        put0(yr, 4 * i + 3, e3 * u3 - f3 * v3)
        put1(yi, 4 * i, f0)
        put1(yi, 4 * i + 1, e1 * v1 + f1 * u1)
        put1(yi, 4 * i + 2, e2 * v2 + f2 * u2)
        put1(yi, 4 * i + 3, e3 * v3 + f3 * u3)


@stage
def between(read, write, note):
    """A middle stage: runs of ``wide`` numbers share one twiddle. Note: N/2, wide, twiddles."""
    c = words(note, 3)
    half, wide = c[0], c[1]
    quarter = half // 4
    turns = quarter // wide
    w = r.floats(c[2], 6 * turns)
    there, over = read + 4 * half, write + 4 * half
    for p in range(turns):
        at, to = 4 * p * wide, 16 * p * wide
        ar, ai = _at(read + at, nb.float32), _at(there + at, nb.float32)
        br, bi = _at(read + at + 4 * quarter, nb.float32), _at(there + at + 4 * quarter, nb.float32)
        cr, ci = _at(read + at + 8 * quarter, nb.float32), _at(there + at + 8 * quarter, nb.float32)
        dr, di = _at(read + at + 12 * quarter, nb.float32), _at(there + at + 12 * quarter, nb.float32)
        y0r, y0i = _at(write + to, nb.float32), _at(over + to, nb.float32)
        y1r, y1i = _at(write + to + 4 * wide, nb.float32), _at(over + to + 4 * wide, nb.float32)
        y2r, y2i = _at(write + to + 8 * wide, nb.float32), _at(over + to + 8 * wide, nb.float32)
        y3r, y3i = _at(write + to + 12 * wide, nb.float32), _at(over + to + 12 * wide, nb.float32)
        u1, v1, u2, v2, u3, v3 = w[6 * p], w[6 * p + 1], w[6 * p + 2], w[6 * p + 3], w[6 * p + 4], w[6 * p + 5]
        for i in range(wide):
            e0, f0, e1, f1, e2, f2, e3, f3 = four(
                take(ar, i), take(ai, i), take(br, i), take(bi, i), take(cr, i), take(ci, i), take(dr, i), take(di, i)
            )
            put0(y0r, i, e0)
            put1(y0i, i, f0)
            put2(y1r, i, e1 * u1 - f1 * v1)
            put3(y1i, i, e1 * v1 + f1 * u1)
            put4(y2r, i, e2 * u2 - f2 * v2)
            put5(y2i, i, e2 * v2 + f2 * u2)
            put6(y3r, i, e3 * u3 - f3 * v3)
            put7(y3i, i, e3 * v3 + f3 * u3)


@stage
def narrow(read, write, note):
    """The second stage, whose runs are four wide."""
    c = words(note, 3)
    half = c[0]
    quarter = half // 4
    turns = quarter // 4
    w = r.floats(c[2], 6 * turns)
    xr, xi, yr, yi = _at(read, nb.float32), _at(read + 4 * half, nb.float32), _at(write, nb.float32), _at(write + 4 * half, nb.float32)
    for p in range(turns):
        u1, v1, u2, v2, u3, v3 = w[6 * p], w[6 * p + 1], w[6 * p + 2], w[6 * p + 3], w[6 * p + 4], w[6 * p + 5]
        for q in range(4):
            i = 4 * p + q
            j = 16 * p + q
            e0, f0, e1, f1, e2, f2, e3, f3 = four(
                take(xr, i),
                take(xi, i),
                take(xr, i + quarter),
                take(xi, i + quarter),
                take(xr, i + 2 * quarter),
                take(xi, i + 2 * quarter),
                take(xr, i + 3 * quarter),
                take(xi, i + 3 * quarter),
            )
            put0(yr, j, e0)
            put1(yi, j, f0)
            put2(yr, j + 4, e1 * u1 - f1 * v1)
            put3(yi, j + 4, e1 * v1 + f1 * u1)
            put4(yr, j + 8, e2 * u2 - f2 * v2)
            put5(yi, j + 8, e2 * v2 + f2 * u2)
            put6(yr, j + 12, e3 * u3 - f3 * v3)
            put7(yi, j + 12, e3 * v3 + f3 * u3)


@stage
def closing(read, write, note):
    """The last stage where N/2 is no power of four: pairs, without twiddles."""
    half = words(note, 3)[0]
    wide = half // 2
    ar, ai = _at(read, nb.float32), _at(read + 4 * half, nb.float32)
    br, bi = _at(read + 4 * wide, nb.float32), _at(read + 4 * half + 4 * wide, nb.float32)
    y0r, y0i = _at(write, nb.float32), _at(write + 4 * half, nb.float32)
    y1r, y1i = _at(write + 4 * wide, nb.float32), _at(write + 4 * half + 4 * wide, nb.float32)
    for i in range(wide):
        a, b, c, d = take(ar, i), take(ai, i), take(br, i), take(bi, i)
        put0(y0r, i, a + c)
        put1(y0i, i, b + d)
        put2(y1r, i, a - c)
        put3(y1i, i, b - d)


@stage
def split(read, write, note):
    """From N/2 complex numbers to the N/2 + 1 bins of the real frame. Planes of bins are N/2 + PAD apart."""
    c = words(note, 3)
    half = c[0]
    zr, zi = _at(read, nb.float32), _at(read + 4 * half, nb.float32)
    xr, xi = _at(write, nb.float32), _at(write + 4 * (half + PAD), nb.float32)
    cs, sn = _at(c[2], nb.float32), _at(c[2] + 4 * half, nb.float32)
    a, b = take(zr, 0), take(zi, 0)
    put0(xr, 0, a + b)
    put1(xi, 0, np.float32(0.0))
    put0(xr, half, a - b)
    put1(xi, half, np.float32(0.0))
    h = np.float32(0.5)
    for k in range(1, half):
        a, b, c_, d = take(zr, k), take(zi, k), take(zr, half - k), take(zi, half - k)
        er, ei, orr, oi = h * (a + c_), h * (b - d), h * (b + d), h * (c_ - a)
        u, v = take(cs, k), take(sn, k)
        put0(xr, k, er + (orr * u - oi * v))
        put1(xi, k, ei + (orr * v + oi * u))


@stage
def merge(read, write, note):
    """Back from bins to N/2 complex numbers, planes exchanged: the transform then runs backwards."""
    c = words(note, 3)
    half = c[0]
    xr, xi = _at(read, nb.float32), _at(read + 4 * (half + PAD), nb.float32)
    zi, zr = _at(write, nb.float32), _at(write + 4 * half, nb.float32)
    cs, sn = _at(c[2], nb.float32), _at(c[2] + 4 * half, nb.float32)
    for k in range(half):
        a, b, c_, d = take(xr, k), take(xi, k), take(xr, half - k), take(xi, half - k)
        er, ei, dr, di = a + c_, b - d, a - c_, b + d
        u, v = take(cs, k), take(sn, k)
        # the odds' spectrum is (difference) times the opposite turn; times i it joins the evens'
        orr, oi = dr * u + di * v, di * u - dr * v
        put0(zr, k, er - oi)
        put1(zi, k, ei + orr)


def _cells(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


@cache
def plan(size: int) -> tuple[int, tuple[np.ndarray, ...]]:
    """Lay out the tables for frames of ``size``: the plan's address, and all that must stay alive with it."""
    if size & (size - 1) or not SMALLEST <= size <= LARGEST:
        legal = [1 << k for k in range(8, 14)]
        near = min(legal, key=lambda s: abs(s - size))
        raise ValueError(f"a spectral frame of {size}: it must be a power of two from {SMALLEST} to {LARGEST}. Nearest: {near}.")
    half = size // 2
    held: list[np.ndarray] = []

    def keep(array: np.ndarray) -> int:
        held.append(array)
        return r.address(array)

    stages: list[int] = []
    left, wide = half, 1
    while left >= 4:
        turn = np.exp(-2j * np.pi * np.outer((1, 2, 3), np.arange(left // 4)) / left)
        parts = np.stack([turn.real, turn.imag], 1).reshape(6, -1).astype(np.float32)
        if wide == 1:
            function, table = opening, parts  # planes
        else:
            function, table = (narrow if wide == 4 else between), np.ascontiguousarray(parts.T)
        stages += [function.address, keep(_cells(half, wide, keep(np.ascontiguousarray(table))))]
        left, wide = left // 4, wide * 4
    if left == 2:
        stages += [closing.address, keep(_cells(half, wide, 0))]
    turn = np.exp(-2j * np.pi * np.arange(half) / size)
    note = keep(_cells(half, 0, keep(np.concatenate([turn.real, turn.imag]).astype(np.float32))))
    head = _cells(half, len(stages) // 2, split.address, merge.address, note, *stages)
    return keep(head), tuple(held)


@njit(inline="always")
def work(half):
    """Floats of scratch a transform needs."""
    return 4 * half


@njit(inline="always")
def _turn(plan, near, far):
    """All stages, back and forth between two halves of the scratch; where the result lies."""
    p = words(plan, P_FIRST)
    count = p[P_STAGES]
    steps = words(plan + 8 * P_FIRST, 2 * count)
    for i in range(count):
        call_op(steps[2 * i], near, far, steps[2 * i + 1])
        near, far = far, near
    return near


@njit(inline="always")
def forward(plan, scratch, bins):
    """Evens and odds lie in the first 2 planes (N/2 each) of ``scratch``; the spectrum goes to ``bins`` (2 planes, N/2 + PAD apart)."""
    p = words(plan, P_FIRST)
    z = _turn(plan, scratch, scratch + 8 * p[P_HALF])
    call_op(p[P_SPLIT], z, bins, p[P_TURN])


@njit(inline="always")
def backward(plan, scratch, bins):
    """N times the inverse; answers where it lies: the *odds* first, then the evens, N/2 each."""
    p = words(plan, P_FIRST)
    call_op(p[P_MERGE], bins, scratch, p[P_TURN])
    return _turn(plan, scratch, scratch + 8 * p[P_HALF])
