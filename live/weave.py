"""What a described thing is made of, and the same with a thread exchanged. Values are frozen: a change makes new ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from live.values import Described, Mover, Number, Page, comes_bare, opened


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
        return (type(value)("mix", tuple(left)) if len(left) > 1 else left[0]) if left else None
    if value.name is None and value.kind == "gain":
        inner = without(value.ins[0], gone)
        if inner is value.ins[0]:
            return value
        return None if inner is None else type(value)("gain", (inner,), value.controls)
    return value


def copied(whole: Any) -> Any:
    """A list or dict as another one, of the same things."""
    if isinstance(whole, dict):
        return {key: copied(one) for key, one in whole.items()}
    return [copied(one) for one in whole] if isinstance(whole, list) else whole


def exchanged(whole: Any, old: Any, new: Any) -> Any:
    """A list or dict in which one thing has become another; the very same one when it is not in there."""
    if isinstance(whole, dict):
        fresh: Any = {key: exchanged(one, old, new) for key, one in whole.items()}
    elif isinstance(whole, list | tuple):
        fresh = type(whole)(exchanged(one, old, new) for one in whole)
    else:
        return new if whole is old else whole
    return (
        whole
        if alike(
            list(fresh.values()) if isinstance(fresh, dict) else list(fresh),
            list(whole.values()) if isinstance(whole, dict) else list(whole),
        )
        else fresh
    )


def alike(a: Any, b: Any) -> bool:
    """Whether two lists or dicts hold the very same things."""
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(alike(x, y) for x, y in zip(a, b, strict=True))
    return a is b


def retuned(page: Page, place: str, controls: Mapping[str, Any]) -> dict[str, Any]:
    """The names that mean something else once these controls of a place stand elsewhere. A second name for it means the same still."""
    value = page.places()[place]
    fresh = type(value)(value.kind, value.ins, {**value.controls, **controls}, value.settings)
    fresh.name = value.name
    root, *keys = place.split(".")
    names = {root: put(page.names[root], keys, fresh)}
    for other, one in page.names.items():
        if other != root and (one is value or (isinstance(one, Number) and one.mover is value)):
            names[other] = put(None, [], fresh)
    return names


def put(whole: Any, keys: list[str], fresh: Any) -> Any:
    """A list or dict with one element exchanged; no key: the thing itself."""
    if not keys:
        return Number(fresh, bare=comes_bare(fresh)) if isinstance(fresh, Mover) else fresh
    key, *deeper = keys
    if isinstance(whole, dict):
        return {k: put(v, deeper, fresh) if str(k) == key else v for k, v in whole.items()}
    return type(whole)(put(v, deeper, fresh) if str(count) == key else v for count, v in enumerate(whole, 1))


def renewed(value: Any, how: Callable[[Described], tuple[str, str | None]], done: dict[int, Any]) -> Any:
    """The same, made of things of another kind or name, as ``how`` says; what does not change is the same thing."""
    if id(value) in done:
        return done[id(value)]
    fresh = value
    if isinstance(value, Described):
        ins = tuple([renewed(x, how, done) for x in value.ins])
        controls = {key: renewed(x, how, done) for key, x in value.controls.items()}
        kind, name = how(value)
        if (
            (kind, name) != (value.kind, value.name)
            or any(a is not b for a, b in zip(ins, value.ins, strict=True))
            or any(controls[k] is not value.controls[k] for k in controls)
        ):
            fresh = type(value)(kind, ins, controls, value.settings)
            fresh.name, fresh.said = name, value.said
    elif isinstance(value, Number) and value.mover is not None:
        mover = renewed(value.mover, how, done)
        if mover is not value.mover:
            fresh = Number(mover, value.scale, value.offset, bare=value.bare)
            fresh.name = value.name if mover.name else None
    elif isinstance(value, list | tuple):
        fresh = type(value)(renewed(x, how, done) for x in value)
    elif isinstance(value, dict):
        fresh = {key: renewed(x, how, done) for key, x in value.items()}
    done[id(value)] = fresh
    return fresh


def disowned(name: str, value: Any, old: Any) -> Any:
    """``x = delay(x)``: what the name meant before is a part without a name now."""
    now = {id(one) for _, one in opened(name, value)}
    lost = {id(one) for _, one in opened(name, old)} - now
    return renewed(value, lambda one: (one.kind, None if id(one) in lost else one.name), {}) if lost else value


def rekinded(page: Page, kinds: Mapping[str, str]) -> Page:
    """The page with other words for some kinds; everything else is the same thing."""
    if not kinds:
        return page
    done: dict[int, Any] = {}

    def again(value: Any) -> Any:
        return renewed(value, lambda one: (kinds.get(one.kind, one.kind), one.name), done)

    return Page(
        {name: again(value) for name, value in page.names.items()}, {out: again(value) for out, value in page.outs.items()},
        page.tempo, page.bar, page.notes, widths=page.widths, room=page.room,
    )  # fmt: skip
