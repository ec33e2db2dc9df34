"""What one sounding partner remembers: what it has heard, decided, and begun; and where that lies, in a musician's words."""

from __future__ import annotations

import base64
import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.choose import Memory
from agents.decide import Mind, Wanted
from agents.grid import Grid
from agents.hear import Heard, Listener
from agents.reasons import REACH, Event
from agents.remember import Remembered
from agents.voice import Track, Voice
from engines.asked import Asked

KEPT = 512  # segments heard that are remembered for ``wait``
DRAWN = 512  # events kept for whoever looks back


@dataclass
class Played:
    """One thing it did: from this frame of the clock on, that place of the memory."""

    frame: int
    event: Event | None
    at: int = 0  # frame of the memory it reads from
    crossing: int = 0  # frames; 0: straight on
    ratio: float = 1.0  # times as long as in the memory
    label: int = -1  # as it sounds, transposed
    heard: int = -1
    on: bool = False  # it goes on reading where it is
    to: int = 0  # frame of the memory up to which it means to read


@dataclass
class Partner:
    """What one sounding partner remembers."""

    memory: Remembered
    labels: Memory
    mind: Mind
    listener: Listener
    grid: Grid
    voice: Voice
    wishes: Asked
    chance: np.random.Generator
    late: int  # frames its ears are behind its mouth
    lead: int
    heard: deque[Heard] = field(default_factory=lambda: deque(maxlen=KEPT))
    due: list[Played] = field(default_factory=list)  # decided, to begin at its frame
    done: deque[Played] = field(default_factory=lambda: deque(maxlen=DRAWN))
    sounded: deque[int | None] = field(default_factory=lambda: deque(maxlen=REACH))  # labels played last, None for silence
    past: list[NDArray[np.float32]] = field(default_factory=list)  # what it heard lately, to be learnt
    tracks: dict[int, Track] = field(default_factory=dict)  # the recordings read so far
    breaks: set[int] = field(default_factory=set)  # learnt segments that do not follow the one before
    last: Played | None = None  # what is decided last
    tide: float = 0.0  # below ``density`` it plays
    planned: Sequence[Event | None] = ()  # what was meant to come after what is decided last
    coming: list[Played] = field(default_factory=list)  # what comes after it if nothing is done
    foreseen: Wanted | None = None  # the labels of the plan
    changes: int = 0
    rewritten: int = 0  # how many planned events were changed since the plan was shown last
    asks: str = ""  # who wanted what is decided last
    never: set[int] = field(default_factory=set)
    full: bool = False  # it has learned as much as it may
    portrait: dict[str, Any] = field(default_factory=dict)  # of the memory: a table, a picture
    ends: list[int] = field(default_factory=list)  # the last segments of each recording: some may be too short to begin with
    next: int = -1  # the clock's frame that must come now


def ends_of(memory: Remembered) -> list[int]:
    """The last 16 segments of each recording."""
    last = np.flatnonzero(np.diff(np.append(memory.source[: len(memory)], -1)))
    return sorted({i for end in last.tolist() for i in range(max(end - 15, 0), end + 1) if memory.source[i] == memory.source[end]})


def spot(memory: Remembered, index: int, frame: int | None = None) -> dict[str, Any]:
    """Where in the memory a segment lies, in a musician's words; ``frame``: where in it one is."""
    start, end = (int(x) for x in memory.spans[index])
    source = int(memory.source[index])
    first = memory.shelf.edges[source] if source < len(memory.files) else memory.shelf.frames
    name = memory.files[source].stem if source < len(memory.files) else "what was just played"
    return {
        "segment": index,
        "file": name,
        "second": round(((start if frame is None else frame) - first) / memory.rate, 2),
        "long": round((end - start) / memory.rate, 2),
    }


def told(partner: Partner, one: Played) -> dict[str, Any]:
    """One thing it did, for the picture."""
    if one.event is None:
        return {"frame": one.frame, "silent": True, "heard": one.heard}
    return {
        "frame": one.frame, "heard": one.heard, "label": one.label, "transpose": one.event.transpose, "ratio": round(one.ratio, 3),
        "why": str(one.event.why), "on": one.on, **spot(partner.memory, one.event.index, one.at),
    }  # fmt: skip


def portrait(memory: Remembered) -> dict[str, Any]:
    """The memory as a table and a small picture, as plain data."""
    if not len(memory):
        return {"table": "nothing is remembered yet"}
    image = memory.picture(480, 160)
    return {"table": memory.table(), "image": [*image.shape[:2], base64.b64encode(zlib.compress(image.tobytes(), 6)).decode()]}
