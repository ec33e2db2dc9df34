"""What a described thing is made of, and the same with a thread exchanged. Values are frozen: a change makes new ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from live.values import Described, Mover, Number, Page


def parts(value: Any) -> list[Any]:
    """Everything a described thing is made of, named things not opened."""
    found: list[Any] = []
    below = [*value.ins, *value.controls.values()] if isinstance(value, Described) else []
    for one in below:
        one = one.mover if isinstance(one, Number) else one
        if isinstance(one, Described):
            found.append(one)
            if one.name is None:
                found += parts(one)
    return found


def without(value: Any, gone: set[str]) -> Any:
    """A sum without the terms that have gone."""
    if value.name in gone:
        return None
    if value.name is None and value.kind == "mix":
        left = [one for one in (without(x, gone) for x in value.ins) if one is not None]
        if len(left) == len(value.ins) and all(a is b for a, b in zip(left, value.ins, strict=True)):
            return value
        return sum(left) if left else None
    if value.name is None and value.kind == "gain":
        inner = without(value.ins[0], gone)
        if inner is value.ins[0]:
            return value
        return None if inner is None else type(value)("gain", (inner,), value.controls)
    return value


def put(whole: Any, keys: list[str], fresh: Any) -> Any:
    """A list or dict with one element exchanged; no key: the thing itself."""
    if not keys:
        return Number(fresh) if isinstance(fresh, Mover) else fresh
    key, *deeper = keys
    if isinstance(whole, dict):
        return {k: put(v, deeper, fresh) if str(k) == key else v for k, v in whole.items()}
    return type(whole)(put(v, deeper, fresh) if str(count) == key else v for count, v in enumerate(whole, 1))


def rekinded(page: Page, kinds: Mapping[str, str]) -> Page:
    """The page with other words for some kinds; everything else is the same thing."""
    if not kinds:
        return page
    done: dict[int, Any] = {}

    def again(value: Any) -> Any:
        if id(value) in done:
            return done[id(value)]
        fresh = value
        if isinstance(value, Described):
            ins = tuple([again(x) for x in value.ins])
            controls = {key: again(x) for key, x in value.controls.items()}
            if (
                value.kind in kinds
                or any(a is not b for a, b in zip(ins, value.ins, strict=True))
                or any(controls[k] is not value.controls[k] for k in controls)
            ):
                fresh = type(value)(kinds.get(value.kind, value.kind), ins, controls, value.settings)
                fresh.name = value.name
        elif isinstance(value, Number) and value.mover is not None:
            mover = again(value.mover)
            if mover is not value.mover:
                fresh = Number(mover, value.scale, value.offset, bare=value.bare)
                fresh.name = value.name
        elif isinstance(value, list | tuple):
            fresh = type(value)(again(x) for x in value)
        elif isinstance(value, dict):
            fresh = {key: again(x) for key, x in value.items()}
        done[id(value)] = fresh
        return fresh

    return Page(
        {name: again(value) for name, value in page.names.items()}, {out: again(value) for out, value in page.outs.items()},
        page.tempo, page.bar, page.notes, widths=page.widths, room=page.room,
    )  # fmt: skip
