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

    def __post_init__(self) -> None:
        """Lists become tuples, so that a node is the same after a journey through JSON."""
        object.__setattr__(self, "ins", tuple(self.ins))
        if any(type(value) not in (int, float, str, bool) for value in self.settings.values()):
            object.__setattr__(self, "settings", {key: frozen(value) for key, value in self.settings.items()})


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


def frozen(value: Any) -> Any:
    """A setting with its lists as tuples and numpy's numbers as plain ones."""
    if isinstance(value, list | tuple):
        return tuple(frozen(one) for one in value)
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 else value


@dataclass(frozen=True)
class Score:
    """Everything that sounds at one moment. The order in which it was written makes no difference to it."""

    places: Mapping[str, Node] = field(default_factory=dict)
    sends: tuple[Send, ...] = ()
    tempo: float = 120.0
    bar: float = 4.0
    muted: frozenset[str] = frozenset()
    soloed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Sends in one order, the last of two equal ones; mutes and solos only of what is there."""
        sends = {send.key: send for send in self.sends}
        object.__setattr__(self, "sends", tuple([sends[key] for key in sorted(sends)]))  # from a generator, Python hoards the rests
        object.__setattr__(self, "muted", frozenset(name for name in self.muted if name in self.places))
        object.__setattr__(self, "soloed", frozenset(name for name in self.soloed if name in self.places))

    def with_(self, **changes: Any) -> Score:
        """The same score with some parts exchanged."""
        return replace(self, **changes)
