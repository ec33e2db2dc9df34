"""Antiphon, the desk: what a performer types, saves and looks at. ``from live import *`` gives a script its nouns."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """The nouns wake up when they are asked for: everything else in this folder is imported without them."""
    if name.startswith("__") and name != "__all__":
        raise AttributeError(name)
    import sys

    if name != "__all__" and f"live.{name}" in sys.modules:
        raise AttributeError(name)
    from live.words import nouns

    found = nouns()
    if name == "__all__":
        return sorted(found)
    if name in found:
        return found[name]
    raise AttributeError(f"module 'live' has no word {name!r}", name=name, obj=sys.modules["live"])
