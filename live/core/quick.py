"""Logarithms and powers of two, written so that eight are worked at once: the machine's own are called one by one.

Both are right to about one part in ten million, as single precision is. ``log2`` wants a positive
number; ``exp2`` one from -126 to 127.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic


@intrinsic
def bits(typingctx, x):  # noqa: ANN001, ANN202 - numba reads this, not people
    """A float32 as the 32 bits it is made of."""
    sig = types.int32(types.float32)

    def build(context, builder, sig, args):  # noqa: ANN001, ANN202
        return builder.bitcast(args[0], ir.IntType(32))

    return sig, build


@intrinsic
def made_of(typingctx, x):  # noqa: ANN001, ANN202
    """The float32 made of 32 bits."""
    sig = types.float32(types.int32)

    def build(context, builder, sig, args):  # noqa: ANN001, ANN202
        return builder.bitcast(args[0], ir.FloatType())

    return sig, build


def _int(what: Any) -> Any:
    """A step on 32-bit whole numbers that stays one: numba would widen it, and halve what fits into a register."""

    @intrinsic
    def step(typingctx, a, b):  # noqa: ANN001, ANN202
        sig = types.int32(types.int32, types.int32)

        def build(context, builder, sig, args):  # noqa: ANN001, ANN202
            return getattr(builder, what)(*args)

        return sig, build

    return step


_add, _less, _right, _left = _int("add"), _int("sub"), _int("ashr"), _int("shl")

ROOT_HALF = np.int32(0x3F3504F3)  # the square root of a half, as bits
ONE_AS_BITS, PLACES = np.int32(127), np.int32(23)
LOG_E = np.float32(1.4426950408889634)
L1, L3, L5, L7, L9 = (np.float32(2.0 / k) for k in (1, 3, 5, 7, 9))
E1, E2, E3, E4, E5, E6, E7 = (
    np.float32(x)
    for x in (
        0.6931471805599453, 0.2402265069591007, 0.05550410866482158, 0.009618129107628477,
        0.0013333558146428443, 0.00015403530393381608, 1.525273380405984e-05,
    )
)  # fmt: skip
HALF, ONE = np.float32(0.5), np.float32(1.0)


@njit(inline="always")
def log2(x):
    """x is 2^k times something near 1; of that the series of the area tangent."""
    whole = bits(x)
    k = _right(_less(whole, ROOT_HALF), PLACES)
    m = made_of(_less(whole, _left(k, PLACES)))
    s = (m - ONE) / (m + ONE)
    s2 = s * s
    return np.float32(k) + s * (L1 + s2 * (L3 + s2 * (L5 + s2 * (L7 + s2 * L9)))) * LOG_E


@njit(inline="always")
def exp2(x):
    """The nearest whole power, times the series of what is left."""
    k = np.floor(x + HALF)
    f = x - k
    series = ONE + f * (E1 + f * (E2 + f * (E3 + f * (E4 + f * (E5 + f * (E6 + f * E7))))))
    return series * made_of(_left(_add(np.int32(k), ONE_AS_BITS), PLACES))
