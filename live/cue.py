"""One thing that happens in a performance, and when. Light data: nothing here wakes the core."""

from __future__ import annotations

from dataclasses import dataclass

from live.plan import Plan
from live.score import Score

FADE_SECONDS = 0.05


@dataclass(frozen=True)
class Cue:
    """At ``frame``: a Score or a Plan to land, or a note ``(place, kind, numbers)``, or a knob ``(number, value)``."""

    frame: int
    what: Score | Plan | tuple[str, int, tuple[float, ...]] | tuple[int, float]
    fade: float = FADE_SECONDS

    @property
    def is_note(self) -> bool:
        """Whether it goes into a place's queue."""
        return isinstance(self.what, tuple) and len(self.what) == 3 and isinstance(self.what[0], str)

    @property
    def is_knob(self) -> bool:
        """Whether it turns a knob."""
        return isinstance(self.what, tuple) and len(self.what) == 2 and isinstance(self.what[0], int)
