"""The graph as rows of numbers: what a compiled op finds where.

One node is one row of 64-bit integers; most cells are addresses. An op is a C
function ``op(row, n, t)``: ``row`` the row's address, ``n`` frames to make (at
most CHUNK), ``t`` the core's clock at the first of them. It reads its inputs,
its controls and its state through the helpers below and writes its own bus.
In here nothing allocates, locks, logs or raises.
"""

from __future__ import annotations

import llvmlite.ir as ir
import numba as nb
import numpy as np
from numba import carray, njit, types
from numba.extending import intrinsic

CHUNK = 64  # frames the graph thinks in; chunks end at multiples of it on the core's clock
WIDTH = 40  # cells of a row

# cells of a row
OP, OUT, OUTS, STATE, SLOTS, VOICE, METER, FLAGS = range(8)
INS = 8  # how many inputs; then address and channels of each, four at most
IN = 9
EVENTS = 17  # address of the node's event queue, or 0
DATA, FRAMES, MORE = 18, 19, 20  # sound it plays: address, frames, and one cell of its own
SET = 21  # SET .. SET+7: built-in settings, as integers
KERNEL = 29  # address of a compiled function it hosts
SEED = 30
CTL = 31  # address of the control table
RATE = 32
CLOCK = 33  # address of the clock cells (int64), see layout.py
TEMPO = 34  # address of the tempo cells (float64)
PLACE = 35  # index of the place it belongs to
COST = 36  # nanoseconds it may take in one chunk (live treatments), 0 unwatched
WIRED = 37  # bit i: input i is connected
ROOM = 38  # address of ROOM_SIZE doubles of scratch, one for all nodes: warm in the cache, worth nothing after the op returns
BEAT = 39  # address of the pattern it plays by itself, see beating.py

# FLAGS
CONTROL = 1  # makes one value a chunk, not sound
DRY = 2  # when it goes bad, let its first input through instead of silence
HEARD = 4  # goes to an output: watched for direct current

ROOM_SIZE = 4096

# A control table is four arrays of SLOTS_MAX doubles, one after the other.
SLOTS_MAX = 65536
BEFORE, NOW = 0, 1  # value at the first frame of this run, value at its end

OP_TYPE = types.void(types.int64, types.int64, types.int64)
FAST = {"contract", "arcp", "nsz"}  # never nnan: the guards must see what is not a number
HOW = {"error_model": "numpy", "fastmath": FAST}


@intrinsic
def _at(typingctx, address, dtype):  # noqa: ANN001, ANN202 - numba reads this, not people
    """A typed pointer from an address."""
    sig = types.CPointer(dtype.dtype)(address, dtype)

    def build(context, builder, sig, args):  # noqa: ANN001, ANN202
        return builder.inttoptr(args[0], context.get_value_type(sig.return_type))

    return sig, build


@intrinsic
def call_op(typingctx, fn, row, n, t):  # noqa: ANN001, ANN202
    """Call the op at address ``fn``."""
    sig = types.void(types.int64, types.int64, types.int64, types.int64)

    def build(context, builder, sig, args):  # noqa: ANN001, ANN202
        word = ir.IntType(64)
        kind = ir.FunctionType(ir.VoidType(), [word, word, word])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return context.get_dummy_value()

    return sig, build


@intrinsic
def call_1(typingctx, fn, a):  # noqa: ANN001, ANN202
    """Call a C function of one 64-bit word that answers one."""
    sig = types.int64(types.int64, types.int64)

    def build(context, builder, sig, args):  # noqa: ANN001, ANN202
        word = ir.IntType(64)
        kind = ir.FunctionType(word, [word])
        return builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])

    return sig, build


@intrinsic
def fence(typingctx):  # noqa: ANN001, ANN202
    """What was written before is seen before what is written after."""
    sig = types.void()

    def build(context, builder, sig, args):  # noqa: ANN001, ANN202
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return sig, build


@njit(inline="always")
def words(address, n):
    """n int64 at an address."""
    return carray(_at(address, nb.int64), (n,))


@njit(inline="always")
def doubles(address, n):
    """n float64 at an address."""
    return carray(_at(address, nb.float64), (n,))


@njit(inline="always")
def floats(address, n):
    """n float32 at an address."""
    return carray(_at(address, nb.float32), (n,))


@njit(inline="always")
def ints(address, n):
    """n int32 at an address."""
    return carray(_at(address, nb.int32), (n,))


@njit(inline="always")
def planes(address, channels, frames):
    """A (channels, frames) float32 picture at an address."""
    return carray(_at(address, nb.float32), (channels, frames))


@njit(inline="always")
def cells(row):
    """The row itself."""
    return words(row, WIDTH)


@njit(inline="always")
def outlet(row):
    """The bus this node writes: (channels, CHUNK) float32; only the first n columns count."""
    r = cells(row)
    return planes(r[OUT], r[OUTS], CHUNK)


@njit(inline="always")
def inlet(row, i):
    """The bus of input i: (channels, CHUNK) float32. An unconnected inlet is one channel of silence."""
    r = cells(row)
    return planes(r[IN + 2 * i], r[IN + 2 * i + 1], CHUNK)


@njit(inline="always")
def span(row, k):
    """Control k: its value at the first frame of this run, and just after its last."""
    r = cells(row)
    slot = words(r[SLOTS] + 8 * k, 1)[0]
    table = doubles(r[CTL], 2 * SLOTS_MAX)
    return table[slot], table[SLOTS_MAX + slot]


@njit(inline="always")
def memory(row, n):
    """The node's own state: n doubles, zero when it was made."""
    return doubles(cells(row)[STATE], n)


@njit(inline="always")
def smooth(x):
    """0 to 1 along an s: starts and ends level."""
    return x * x * (3.0 - 2.0 * x)


def address(array: np.ndarray) -> int:
    """Where an array lies in memory."""
    return int(array.ctypes.data)
