"""Between two scenes: every hot control and every level on a straight line, the rest from the nearer one."""

from __future__ import annotations

from typing import Any

from live.typed import typed
from live.values import Beats, Described, Number, Page, Value, is_number
from live.vocabulary import vocabulary


def between(a: Page, b: Page, x: Any, room: Any = None) -> Page:
    """The page at ``x``: 0 is a, 1 is b. ``x`` may be a knob; then what cannot move is a's."""
    near = a if not is_number(x) or x < 0.5 else b
    others = {name: value for page in (a, b) for name, value in page.places().items() if (page is not near)}
    page = Page(
        tempo=_pace(a.tempo, b.tempo, x), bar=near.bar, effects={**a.effects, **b.effects}, widths={**a.widths, **b.widths}, room=room
    )
    done: dict[int, Any] = {}

    def mixed(one: Any, other: Any) -> Any:
        """One thing on its way to its like in the other scene."""
        if (
            isinstance(one, Number)
            and isinstance(other, Number)
            and one.mover is not None
            and other.mover is not None
            and (one.scale, one.offset) == (other.scale, other.offset)
        ):
            mover = sibling(one.mover, other.mover)
            if mover is one.mover:
                return one
            fresh = Number(mover, one.scale, one.offset, bare=one.bare)
            fresh.name = one.name
            return fresh
        if not isinstance(one, Described) or not isinstance(other, Described) or one.kind != other.kind:
            return one
        if id(one) in done:
            return done[id(one)]
        ins = tuple([sibling(p, other.ins[k] if k < len(other.ins) else None) for k, p in enumerate(one.ins)])
        word = vocabulary().get(one.kind)
        controls = dict(one.controls)
        for name in one.controls if is_number(x) and x in (0, 1) else {*one.controls, *other.controls}:
            rest = word.controls[name].rest if word and name in word.controls else 1.0
            first, second = one.controls.get(name, rest), other.controls.get(name, rest)
            controls[name] = mixed(first, second) if kin(first, second) else along(first, second, x if near is a else 1 - x)
        fresh = type(one)(one.kind, ins, controls, one.settings)
        fresh.name = one.name
        done[id(one)] = fresh
        return fresh

    def sibling(one: Any, other: Any) -> Any:
        """What a thing hears: named things meet their namesakes."""
        if isinstance(one, Value) and one.name:
            return mixed(one, others.get(one.name, one))
        return mixed(one, other)

    far = b if near is a else a
    page.names = {name: _whole(value, far.names.get(name), mixed) for name, value in near.names.items()}
    for out in near.outs:
        page.outs[out] = _levels(near.outs[out], far.outs.get(out), x if near is a else 1 - x, sibling)
    from live.words import named

    named(page)
    return page


def kin(a: Any, b: Any) -> bool:
    """Whether two things are moved in one way, so that what moves them can go half the way."""
    if not (isinstance(a, Number) and isinstance(b, Number)) or (a.scale, a.offset) != (b.scale, b.offset):
        return False
    if a.mover is None or b.mover is None:
        return a.source == b.source
    return a.mover.kind == b.mover.kind and a.mover.settings == b.mover.settings and a.mover.name == b.mover.name


def along(a: Any, b: Any, x: Any) -> Any:
    """A value between two: a number, or something that moves between them."""
    if isinstance(a, Beats) and isinstance(b, Beats):
        return Beats(a.beats + (b.beats - a.beats) * x) if is_number(x) else a
    if not all(is_number(one) or isinstance(one, Number) for one in (a, b)):
        return a
    if is_number(a) and is_number(b):
        if a == b:
            return float(a)
        return a + (b - a) * x
    if a is b or typed(a) == typed(b):
        return a
    first, second = (one.plain() if isinstance(one, Number) else float(one) for one in (a, b))
    return (
        first * (1 - x) + second * x
        if is_number(x)
        else first + (second - first) * x
        if isinstance(first, Number)
        else (second - first) * x + first
    )


def _pace(a: float | None, b: float | None, x: Any) -> float | None:
    if a is None or b is None or not is_number(x):
        return a or b
    return a + (b - a) * x


def _whole(one: Any, other: Any, mixed: Any) -> Any:
    """A list or dict, element by element."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return type(one)(_whole(v, other[k] if k < len(other) else None, mixed) for k, v in enumerate(one))
    if isinstance(one, dict) and isinstance(other, dict):
        return {k: _whole(v, other.get(k), mixed) for k, v in one.items()}
    return mixed(one, other)


def _terms(value: Any, level: Any = 1.0) -> list[tuple[Any, Any]]:
    """A sum as its terms and their levels."""
    if value is None:
        return []
    if value.name is None and value.kind == "mix":
        return [term for one in value.ins for term in _terms(one, level)]
    if (
        value.name is None
        and value.kind == "gain"
        and set(value.controls) == {"gain"}
        and is_number(value.controls["gain"])
        and is_number(level)
    ):
        return _terms(value.ins[0], level * value.controls["gain"])
    return [(value, level)]


def _levels(one: Any, other: Any, x: Any, sibling: Any) -> Any:
    """An output between two: what both play moves its level; what only one plays comes or goes with x."""
    theirs = {value.name or id(value): (value, level) for value, level in _terms(other)}
    found: Any = 0
    for value, level in _terms(one):
        match = theirs.pop(value.name, None) if value.name else None
        fresh = sibling(value, match[0] if match else None)
        found = found + fresh * along(level, match[1] if match else 0.0, x)
    return found if found != 0 else None
