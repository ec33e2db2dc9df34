"""One thing that happens in a performance, and when. Light data: nothing here wakes the core."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from live.plan import Plan
from live.score import Score

FADE_SECONDS = 0.05


@dataclass(frozen=True)
class Gate:
    """Panic, or sound again after it."""

    closed: bool


@dataclass(frozen=True)
class Rubato:
    """Time changes its pace. What each number means stands in live/core/pacing.py, whose rows they make."""

    bpm: float = 0.0
    over: float = 0.0
    shift: float = 0.0
    bend: float = 0.0
    within: float = 0.0
    aim: float = 0.0
    aim_at: float = -1.0
    led: float = -1.0

    @staticmethod
    def of(what: Mapping[str, Any]) -> Rubato:
        """From a letter or a line of a journal; ValueError says what is wrong with it."""
        told = {key: what[key] for key in NEUTRAL if key in what}
        for key, value in told.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"{key} of a pace is a number, not {value!r}")
        found = Rubato(**{key: float(value) for key, value in told.items()})
        if found.bpm and not 1 <= found.bpm <= 999:
            raise ValueError(f"a tempo goes from 1 to 999 bpm, not {found.bpm:g}")
        if found.over < 0 or found.within < 0:
            raise ValueError("a pace takes no less than no time")
        return found

    def data(self) -> dict[str, float]:
        """As a letter: what it says, and nothing else."""
        return {key: value for key, value in asdict(self).items() if value != NEUTRAL[key]}

    def row(self, due: int = 0) -> list[float]:
        """As the callback is given it, to begin at a frame."""
        return [due, self.bpm, self.over, self.shift, self.bend, self.within, self.aim, self.aim_at, self.led, 0.0, 0.0, 0.0]

    @staticmethod
    def from_row(row: tuple[float, ...]) -> Rubato:
        """The other way."""
        return Rubato(*row[1:9])


NEUTRAL: dict[str, float] = asdict(Rubato())


@dataclass(frozen=True)
class Key:
    """A key of a controller, struck or let go; key -1: all of them."""

    on: bool
    key: int
    velocity: float
    slot: int = 0
    channel: int = 0


@dataclass(frozen=True)
class Foot:
    """The pedal of a controller's channel."""

    down: bool
    slot: int = 0
    channel: int = 0


@dataclass(frozen=True)
class Bent:
    """The bender of a channel: where it is, -1 to 1, and how many semitones that is by the controller's own range."""

    wheel: float
    semitones: float
    slot: int = 0
    channel: int = 0


@dataclass(frozen=True)
class Plugged:
    """A device that a word names: which slots it holds from now on, a bit each."""

    device: str
    slots: int


@dataclass(frozen=True)
class Again:
    """Another core takes over: the old one's last frame has passed, and everything is made anew, as old as it would be."""

    died: int  # the old core made all frames before this one
    score: Score = Score()
    born: Mapping[str, int] = field(default_factory=dict)
    knobs: Mapping[int, float] = field(default_factory=dict)
    tempo: tuple[float, ...] = ()  # as the tempo cells of the layout: all of them, or (older takes) the first four


@dataclass(frozen=True)
class Cue:
    """At ``frame``: a Score or a Plan to land, a note ``(place, kind, numbers)``, a knob ``(number or name, value)``, a Key, a Foot, a Bent, a Plugged, a Gate, a Rubato, an Again.

    ``lands``: when a score or plan sounds, or a note acts, if that is later than it is laid out.
    """

    frame: int
    what: Score | Plan | tuple[str, int, tuple[float, ...]] | tuple[int | str, float] | Key | Foot | Bent | Plugged | Gate | Rubato | Again
    fade: float = FADE_SECONDS
    lands: int = 0
    over: float = 0.0  # frames a knob takes on its way, where a hand took it over and it went slowly

    @property
    def is_note(self) -> bool:
        """Whether it goes into a place's queue."""
        return isinstance(self.what, tuple) and len(self.what) == 3 and isinstance(self.what[0], str)

    @property
    def is_knob(self) -> bool:
        """Whether it turns a knob."""
        return isinstance(self.what, tuple) and len(self.what) == 2 and isinstance(self.what[0], int | str)

    @property
    def is_plan(self) -> bool:
        """Whether it changes what there is."""
        return not (self.is_note or self.is_knob or isinstance(self.what, Key | Foot | Bent | Plugged | Gate | Rubato | Again))
