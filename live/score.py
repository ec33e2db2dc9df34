"""What was described: places, how they are patched, where they are heard. Frozen data, nothing sounds.

A script is read into a ``Score``; two scores are compared into a plan. Because
a score is a value, undo is only playing an older one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Drive:
    """A control that follows something: ``source`` is ``"knob:21"`` or the name of a control place."""

    source: str
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class Node:
    """What a place is: its kind, what it hears, where its controls stand, how it was built."""

    kind: str
    ins: tuple[str, ...] = ()
    controls: Mapping[str, float | Drive] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Send:
    """A place on its way to the loudspeakers. ``first`` counts output channels from 0."""

    place: str
    first: int = 0
    width: int = 2
    gain: float | Drive = 1.0

    @property
    def key(self) -> tuple[str, int, int]:
        """What makes it the same send after an edit."""
        return self.place, self.first, self.width


@dataclass(frozen=True)
class Score:
    """Everything that sounds at one moment."""

    places: Mapping[str, Node] = field(default_factory=dict)
    sends: tuple[Send, ...] = ()
    tempo: float = 120.0
    bar: float = 4.0
    muted: frozenset[str] = frozenset()
    soloed: frozenset[str] = frozenset()

    def with_(self, **changes: Any) -> Score:
        """The same score with some parts exchanged."""
        return replace(self, **changes)
