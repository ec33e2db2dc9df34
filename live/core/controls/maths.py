"""Controls made of controls: scaled, added, compared, chosen, slowed down."""

from __future__ import annotations

import math

from engines.face import Control
from live.core.controls.out import begin, say
from live.core.kinds import Kind, Making, op
from live.core.row import RATE, SET, cells, memory, njit, span

WIDE = 1e6


def any_number(rest: float = 0.0) -> Control:
    """A control that may stand anywhere."""
    return Control(rest, low=-WIDE, high=WIDE)


@njit(inline="always")
def first(row):
    """Is this the first run of its life?"""
    m = memory(row, 1)
    new = m[0] == 0.0
    m[0] = 1.0
    return new


@op
def scale_op(row, n, t):
    """x * a + b."""
    x, y = span(row, 0)
    a, c = span(row, 1)
    b, d = span(row, 2)
    if first(row):
        begin(row, x * a + b)
    say(row, y * c + d)


@op
def add_op(row, n, t):
    """a + b."""
    a, c = span(row, 0)
    b, d = span(row, 1)
    if first(row):
        begin(row, a + b)
    say(row, c + d)


@op
def times_op(row, n, t):
    """a * b."""
    a, c = span(row, 0)
    b, d = span(row, 1)
    if first(row):
        begin(row, a * b)
    say(row, c * d)


@op
def least_op(row, n, t):
    """The smaller of two."""
    a, c = span(row, 0)
    b, d = span(row, 1)
    if first(row):
        begin(row, min(a, b))
    say(row, min(c, d))


@op
def most_op(row, n, t):
    """The larger of two."""
    a, c = span(row, 0)
    b, d = span(row, 1)
    if first(row):
        begin(row, max(a, b))
    say(row, max(c, d))


@njit(inline="always")
def along(x, low, high, log):
    """0 to 1 as a travel from low to high; evenly in ratio if asked, and if both lie on one side of zero."""
    x = min(max(x, 0.0), 1.0)
    if log and low * high > 0.0:
        return low * math.exp(x * math.log(high / low))
    return low + (high - low) * x


@op
def curve_op(row, n, t):
    """0 to 1 -> low to high."""
    x, y = span(row, 0)
    low_a, low_b = span(row, 1)
    high_a, high_b = span(row, 2)
    log = cells(row)[SET] == 1
    if first(row):
        begin(row, along(x, low_a, high_a, log))
    say(row, along(y, low_b, high_b, log))


@op
def choose_op(row, n, t):
    """One or the other."""
    when_a, when_b = span(row, 0)
    a, c = span(row, 1)
    b, d = span(row, 2)
    if first(row):
        begin(row, a if when_a > 0.5 else b)
    say(row, c if when_b > 0.5 else d)


@op
def smooth_op(row, n, t):
    """The exact answer of a lag to a straight line: the same however time is cut."""
    a, b = span(row, 0)
    lag = span(row, 1)[1] * cells(row)[RATE]
    m = memory(row, 2)
    if m[0] == 0.0:
        m[0], m[1] = 1.0, a
        begin(row, a)
    if lag <= 0.0:
        m[1] = b
    else:
        slope = (b - a) / n
        m[1] = b - slope * lag + (m[1] - a + slope * lag) * math.exp(-n / lag)
    say(row, m[1])


def prepare_curve(making: Making) -> None:
    """Linear or log."""
    making.cells[SET] = int(bool(making.settings["log"]))


def of_two(word: str, compiled: object, says: str, rest: float = 0.0) -> Kind:
    """A kind of two numbers, a and b."""
    return Kind(word, compiled, says, controls={"a": any_number(rest), "b": any_number(rest)}, state=1, control=True)


scale = Kind(
    "scale",
    scale_op,
    "x * a + b",
    controls={"x": any_number(), "a": any_number(1.0), "b": any_number()},
    state=1,
    control=True,
)
add = of_two("add", add_op, "a + b")
times = of_two("times", times_op, "a * b", rest=1.0)
least = of_two("least", least_op, "the smaller of a and b")
most = of_two("most", most_op, "the larger of a and b")
curve = Kind(
    "curve",
    curve_op,
    "x from 0 to 1 travels from low to high",
    controls={"x": Control(), "low": any_number(), "high": any_number(1.0)},
    settings={"log": False},
    state=1,
    prepare=prepare_curve,
    control=True,
)
choose = Kind(
    "choose",
    choose_op,
    "a while when is above 0.5, else b",
    controls={"when": any_number(), "a": any_number(1.0), "b": any_number()},
    state=1,
    control=True,
)
smooth = Kind(
    "smooth",
    smooth_op,
    "x, lagging behind by lag seconds",
    controls={"x": any_number(), "lag": Control(0.1, low=0.0, high=60.0, unit="s")},
    state=2,
    control=True,
)
