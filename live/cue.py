"""One thing that happens in a performance, and when. Light data: nothing here wakes the core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from live.plan import Plan
from live.score import Score

FADE_SECONDS = 0.05


@dataclass(frozen=True)
class Gate:
    """Panic, or sound again after it."""

    closed: bool


@dataclass(frozen=True)
class Again:
    """Another core takes over: the old one's last frame has passed, and everything is made anew, as old as it would be."""

    died: int  # the old core made all frames before this one
    score: Score = Score()
    born: Mapping[str, int] = field(default_factory=dict)
    knobs: Mapping[int, float] = field(default_factory=dict)
    tempo: tuple[float, ...] = ()  # as the tempo cells of the layout


@dataclass(frozen=True)
class Cue:
    """At ``frame``: a Score or a Plan to land, a note ``(place, kind, numbers)``, a knob ``(number, value)``, a Gate, an Again.

    ``lands``: when a score or plan sounds, or a note acts, if that is later than it is laid out.
    """

    frame: int
    what: Score | Plan | tuple[str, int, tuple[float, ...]] | tuple[int, float] | Gate | Again
    fade: float = FADE_SECONDS
    lands: int = 0

    @property
    def is_note(self) -> bool:
        """Whether it goes into a place's queue."""
        return isinstance(self.what, tuple) and len(self.what) == 3 and isinstance(self.what[0], str)

    @property
    def is_knob(self) -> bool:
        """Whether it turns a knob."""
        return isinstance(self.what, tuple) and len(self.what) == 2 and isinstance(self.what[0], int)

    @property
    def is_plan(self) -> bool:
        """Whether it changes what there is."""
        return not (self.is_note or self.is_knob or isinstance(self.what, Gate | Again))
