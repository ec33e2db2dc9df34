"""Plays a function that was written live: everything about it that need not be compiled on stage.

The function itself is a small C function of one sheet (see ``written``); it answers 0, or 1 when it
reached outside its arrays. Then the run is filled with what is no number, and the guard does the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import cfunc, njit, types

from live.core import row as r
from live.core.kinds import op
from live.core.row import CHUNK, call_1, cells, doubles, inlet, outlet, planes, span, words

# cells of the sheet (int64); then, as doubles: rate, and for each control its first value and its step a frame
H_FRAMES, H_HEARD, H_MADE, H_STATE, H_INS, H_OUTS = range(6)
NUMBERS = 8
CONTROLS = 24
SHEET = NUMBERS + 1 + 2 * CONTROLS
TROUBLES = SHEET  # runs in which it reached outside its arrays
OWN = SHEET + 1  # its state begins here


def hosted(function: Callable[[int], int]) -> Any:
    """Compile a written function's sheet reader."""
    return cfunc(types.int64(types.int64), cache=True, **r.HOW)(function)


@njit(inline="always")
def lay(row, n, sheet):
    """The parts of the sheet every channel shares."""
    c = cells(row)
    s = words(sheet, NUMBERS)
    s[H_FRAMES], s[H_INS], s[H_OUTS] = n, c[r.IN + 1], c[r.OUTS]
    v = doubles(sheet + 8 * NUMBERS, 1 + 2 * CONTROLS)
    v[0] = c[r.RATE]
    for k in range(c[r.SET + 1]):
        a, b = span(row, k)
        v[1 + 2 * k] = a
        v[2 + 2 * k] = (b - a) / n


@njit(inline="always")
def spoil(row, n, sheet):
    """Count it, and let the guard hear it."""
    doubles(sheet + 8 * TROUBLES, 1)[0] += 1.0
    y = outlet(row)
    for k in range(y.shape[0]):
        y[k, :n] = np.float32(np.nan)


def room(block: bool, state: int, ins: int, outs: int) -> int:
    """Doubles a written treatment needs."""
    return OWN + (state + (ins + outs) * CHUNK // 2 if block else state * outs)


@op
def each_sample(row, n, t):
    c = cells(row)
    sheet = c[r.STATE]
    lay(row, n, sheet)
    s = words(sheet, NUMBERS)
    trouble = False
    for k in range(c[r.OUTS]):
        s[H_HEARD] = c[r.IN] + 4 * CHUNK * min(k, c[r.IN + 1] - 1)
        s[H_MADE] = c[r.OUT] + 4 * CHUNK * k
        s[H_STATE] = sheet + 8 * (OWN + k * c[r.SET])
        trouble |= call_1(c[r.KERNEL], sheet) != 0
    if trouble:
        spoil(row, n, sheet)


@op
def each_run(row, n, t):
    """Whole runs: the function sees (channels, n) without gaps, so short runs are copied there and back."""
    c = cells(row)
    sheet = c[r.STATE]
    lay(row, n, sheet)
    s = words(sheet, NUMBERS)
    ins, outs = c[r.IN + 1], c[r.OUTS]
    s[H_HEARD], s[H_MADE], s[H_STATE] = c[r.IN], c[r.OUT], sheet + 8 * OWN
    x, y = inlet(row, 0), outlet(row)
    if n < CHUNK:
        s[H_HEARD] = sheet + 8 * (OWN + c[r.SET])
        s[H_MADE] = s[H_HEARD] + 4 * CHUNK * ins
        packed = planes(s[H_HEARD], ins, n)
        for k in range(ins):
            for i in range(n):
                packed[k, i] = x[k, i]
    made = planes(s[H_MADE], outs, n)
    made[:] = np.float32(0.0)  # what it does not write is silent
    trouble = call_1(c[r.KERNEL], sheet) != 0
    if n < CHUNK:
        for k in range(outs):
            for i in range(n):
                y[k, i] = made[k, i]
    if trouble:
        spoil(row, n, sheet)
