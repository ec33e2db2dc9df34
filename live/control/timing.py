"""How the hands move time: a pace for the core, and which beat is heard at which moment of the wall clock."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from live.core import layout as at
from live.cue import Rubato

LOOK_BACK = 2_000_000_000  # nanoseconds of the past that say when blocks really come


def post_pace(hands: Any, pace: Rubato, frame: int = 0) -> None:
    """Tell the core; it begins at that frame, or at once."""
    hands.mail.word("pace", frame=frame, text=json.dumps(pace.data()))


def nudged(what: Mapping[str, Any], bpm: float) -> float:
    """How many beats later a nudge wants the beat: ``ms``, ``beats``, or both."""
    return float(what.get("beats") or 0.0) + float(what.get("ms") or 0.0) * bpm / 60000.0


def moved(later: float, bpm: float, rate: int) -> Rubato:
    """The beat comes so many beats later, drawn there within a beat where a tenth of the tempo is enough."""
    return Rubato(bend=-later, within=60.0 * rate / bpm)


@dataclass
class Wall:
    """Frames and the wall clock, block by block. A block is never early and often late: the earliest ones tell the time."""

    rate: int
    seen: deque[tuple[int, float]] = field(default_factory=deque)  # when a block was done, and how far that lay behind its frames
    last: int = -1

    def look(self, clock: Any) -> None:
        """Take in where the core's clock stands. Asked often; reads the cells twice, for they are written apart."""
        for _ in range(8):
            frame, ns = int(clock[at.C_FRAME]), int(clock[at.C_WALL_NS])
            calls = int(clock[at.C_CALLS])
            if (frame, ns, calls) == (int(clock[at.C_FRAME]), int(clock[at.C_WALL_NS]), int(clock[at.C_CALLS])):
                break
        if ns <= self.last or not ns:
            return
        if self.seen and ns - self.last > LOOK_BACK:  # another core took over
            self.seen.clear()
        self.last = ns
        behind = ns - frame * 1e9 / self.rate
        if self.seen and abs(behind - self.seen[-1][1]) > 0.2e9:  # the clock was set forward
            self.seen.clear()
        self.seen.append((ns, behind))
        while self.seen and self.seen[0][0] < ns - LOOK_BACK:
            self.seen.popleft()

    def frame_at(self, ns: float) -> float:
        """The frame whose block is made at a moment, with its fraction."""
        if not self.seen:
            return 0.0
        return (ns - min(behind for _, behind in self.seen)) * self.rate / 1e9
