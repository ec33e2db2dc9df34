"""What learn() and unmap() mean by what is typed, which knobs a page names, and who is plugged in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from live.control.which import KINDS
from live.faders import standing
from live.mistakes import Mistake, nearest
from live.noun import WIDE
from live.values import Described, Number, Page, Value, what_is
from live.vocabulary import word_of

if TYPE_CHECKING:
    from live.desk import Desk

MOST = 8  # knobs that keys can turn


def meant(desk: Desk, what: Any, control: str | None) -> tuple[str, str, str]:
    """What is learned, the name that a map gets for it, and what should be said of it."""
    if isinstance(what, Number) and what.mover is None:
        name = str(what.source if isinstance(what.source, str) else int(what.source))
        return f"knob({name})" if name.isdigit() else name, name, ""
    if isinstance(what, Value):
        raise Mistake(f"learn binds a control or a knob; this is {what_is(what)}.", near="Write: learn(worn.texture)", word="learn")
    if not isinstance(what, str) or not what.strip():
        raise Mistake(f"learn binds a control or a knob; this is {what_is(what)}.", near="Write: learn(worn.texture)", word="learn")
    text = f"{what}.{control}" if control else what
    text = re.sub(r"\[\s*(\d+)\s*\]", lambda found: f".{int(found[1]) + 1}", text.strip())
    text = re.sub(r"""\[\s*["'](\w+)["']\s*\]""", r".\1", text)
    page = desk.wished()
    if "." not in text or text.startswith("out."):
        return _knob(page, text)
    place, _, name = text.rpartition(".")
    value = page.places().get(place)
    if value is None:
        near = nearest(text, controls_of(page)) or nearest(place, page.places())
        raise Mistake(f"There is no place {place!r}.", near=near, word=place)
    word = word_of(value.kind)
    if word is None or name not in word.controls:
        raise Mistake(f"{place} has no control {name!r}.", near=nearest(name, word.controls if word else ()), word=name)
    known = word.controls[name]
    if not known.hot:
        raise Mistake(f"{name} of {place} is built in: no hand can turn it.", near=_others(page, place), word=name)
    if known.high - known.low > WIDE:
        raise Mistake(
            f"{name} of {place} goes anywhere: a hand would not know how far.", near=f"Write: {text} = knob(21).lin(0, 10)", word=name
        )
    return text, *_driven(desk, place, name, text)


def _knob(page: Page, text: str) -> tuple[str, str, str]:
    """``learn("cutoff")``: a knob by its name."""
    if text in page.places() or text.startswith("out"):
        near = next((one for one in controls_of(page) if one.startswith(f"{text}.")), "worn.texture")
        raise Mistake(f"{text} is a place: which of its controls?", near=f"Write: learn({near})", word=text)
    return text, text, ""


def _driven(desk: Desk, place: str, name: str, text: str) -> tuple[str, str]:
    """The knob that moves it already, with a word on that; what else moves it is in the way."""
    score = desk.hand.state.score
    node = score.places.get(place)
    stands = standing(node.controls.get(name), 0.0, score) if node is not None else {}
    if "follows" in stands:
        raise Mistake(
            f"{text} follows {stands['follows']}, and no hand as well.", near=f"To free it: {text} = 0.5, then learn({text})", word=name
        )
    if "knob" in stands:
        knob = str(stands["knob"])
        said = f"knob({knob})" if knob.isdigit() else f'knob("{knob}")'
        return knob, "" if knob == text else f"{text} follows {said} already: that is what is learned"
    return text, ""


def _others(page: Page, place: str) -> str:
    some = [one for one in controls_of(page) if one.rpartition(".")[0] == place]
    return f"Those that turn: {', '.join(some)}" if some else ""


def kind_of(kind: str) -> str:
    """A kind that may be said instead of found out."""
    if kind and kind not in KINDS:
        raise Mistake(f"There is no kind of control {kind!r}.", near=nearest(str(kind), KINDS, most=len(KINDS)), word=str(kind))
    return kind


def controls_of(page: Page) -> list[str]:
    """Every control of the page that a hand can have, in the order of its names."""
    found = []
    for place, value in page.places().items():
        word = word_of(value.kind)
        for name, control in word.controls.items() if word else ():
            if control.hot and control.high - control.low <= WIDE:
                found.append(f"{place}.{name}")
    return found


def knobs_of(page: Page) -> list[int | str]:
    """The first knobs a page names, in its order."""
    found: dict[int | str, None] = {}
    for value in [*page.places().values(), *(one for one in page.outs.values() if one is not None)]:
        for source in _sources(value):
            found.setdefault(source, None)
            if len(found) == MOST:
                return list(found)
    return list(found)


def _sources(value: Any) -> Iterator[int | str]:
    if isinstance(value, Number):
        if value.mover is not None:
            yield from _sources(value.mover)
        else:
            yield value.source if isinstance(value.source, str) else int(value.source)  # type: ignore[call-overload]
    elif isinstance(value, Described):
        for one in value.controls.values():
            yield from _sources(one)
        for one in value.ins:
            if one.name is None:
                yield from _sources(one)


def plugged(desk: Desk) -> list[str]:
    """The controllers there are."""
    from live.core import layout as at

    core = getattr(desk.stage, "core", None)
    hands, cells = getattr(core, "hands", None), getattr(core, "hand_cells", None)
    if hands is None or cells is None:
        return []
    return [bytes(name).decode(errors="replace") for name, row in zip(hands, cells, strict=True) if bytes(name) and row[at.H_THERE]]
