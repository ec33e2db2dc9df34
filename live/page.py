"""The page that is being written: the words note here what goes out, how fast it is, and what their names are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from live.typed import typed
from live.values import Described, Number, Page, opened

_pages: list[Page] = [Page()]


def page() -> Page:
    """The page that is being written."""
    return _pages[-1]


def begin(room: Any = None) -> Page:
    """A fresh page for the words to write on."""
    _pages[-1] = Page(room=room)
    return _pages[-1]


def folders() -> tuple[str, ...]:
    """Where a session's own sounds lie."""
    return tuple(getattr(page().room, "folders", ()) or ())


def used(files: Iterable[Path]) -> None:
    """The page hangs on these files: when one of them is saved, it is read again."""
    page().files = sorted({*page().files, *map(str, files)})


def named(written: Page) -> None:
    """Tell every value the name it is bound to: the one it has, when that is still its own, or the first it was given."""
    found = [spot for name, value in written.names.items() for spot in spots(name, name, value)]
    own = {id(one) for full, _, one in found if one.name == full}
    for full, said, one in reversed(found):
        if id(one) not in own or one.name == full:
            one.name, one.said = full, said
    for name, value in reversed(written.names.items()):
        if isinstance(value, Number) and value.mover is not None and value.alone:
            value.name = value.mover.name if value.mover.name in written.names else name


def spots(name: str, said: str, value: Any) -> Iterator[tuple[str, str, Described]]:
    """As ``opened``, and how each is typed: drops.1 is drops[0], kit.low is kit["low"]."""
    if isinstance(value, list | tuple):
        for count, one in enumerate(value):
            yield from spots(f"{name}.{count + 1}", f"{said}[{count}]", one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from spots(f"{name}.{key}", f"{said}[{typed(key)}]", one)
    else:
        yield from ((name, said, one) for _, one in opened(name, value))


def measure(written: Page) -> None:
    """Note how many channels each sound file has, so that the desk need not open it."""
    from live.naming import file_width

    met: set[int] = set()

    def note(value: Any) -> None:
        if isinstance(value, Number):
            value = value.mover
        if not isinstance(value, Described) or id(value) in met:
            return
        met.add(id(value))
        if value.kind in ("clip", "grains") and (wide := file_width(value.settings)):
            written.widths[str(value.settings["file"])] = wide
        for one in (*value.ins, *value.controls.values()):
            note(one)

    for value in [*written.places().values(), *written.outs.values()]:
        note(value)
