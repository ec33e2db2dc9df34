"""What stands behind the names on stage: strips, places, lines to the loudspeakers. Data only.

A place is heard through its *head*. While an old sound crosses into a new one
the head is a joint that hears both; what has been replaced keeps hearing
exactly what it heard, so a fade never changes what it fades.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from live.core import inner as m
from live.core.kinds import Kind, Making
from live.plan import Plan
from live.score import Score, Send


@dataclass(eq=False, slots=True)
class Strip:
    """One row of the graph and all the memory it points to."""

    name: str
    kind: Kind
    row: list[int]
    making: Making
    voice: np.ndarray
    bus: np.ndarray
    at: int  # the bus's address
    slots: list[int]
    hears: list[str | Strip | None] = field(default_factory=list)  # of each inlet: a place's name, or a strip for good
    events: np.ndarray | None = None
    leans: dict[int, Strip] = field(default_factory=dict)  # of each driven control: the strip that writes its slot
    slot: int = -1  # a control place's own slot
    gone: bool = False
    becomes: Strip | None = None  # who sounds instead, once a joint or a crossing has done its work

    @property
    def closed(self) -> bool:
        """Whether its fade is over: nothing more will be heard of it."""
        return bool(self.voice[m.V_WAY] == m.CLOSED)


@dataclass(eq=False, slots=True)
class Place:
    """A name on stage: what it is now, and what of it is still fading."""

    name: str
    index: int
    strip: Strip
    head: Strip  # what others hear of it
    fading: list[Strip] = field(default_factory=list)
    crossing: dict[int, Strip] = field(default_factory=dict)  # of each inlet being rewired
    leaving: bool = False


@dataclass(eq=False, slots=True)
class Line:
    """One send and the tracks it is recorded on."""

    send: Send
    gain: int  # slots
    open: int
    target: float  # where its opening is, or is going
    lean: Strip | None = None
    track: int = -1
    tracks: int = 0
    leaving: bool = False


@dataclass(eq=False, slots=True)
class Landing:
    """Everything one plan changes at one frame, laid out for the callback."""

    cells: np.ndarray
    score: Score
    plan: Plan
    number: int
    done: Callable[[int], None] | None = None
    held: list[object] = field(default_factory=list)


@dataclass(slots=True)
class Prepared:
    """A plan that can land: its newcomers are built and nothing of them sounds yet."""

    plan: Plan
    score: Score
    fresh: dict[str, Strip]


@dataclass(slots=True)
class Change:
    """What one landing asks of the callback besides a new table."""

    length: int  # frames a fade takes
    glide: float  # frames a retune takes
    frame: int  # when, as far as known
    turns: list[tuple[int, int, int]] = field(default_factory=list)  # voices that open, close or are muted
    tunes: list[tuple[int, float, float, float]] = field(default_factory=list)  # controls that move
    marks: list[int] = field(default_factory=list)  # addresses where the landing's frame is written
