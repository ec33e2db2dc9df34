"""When the partner may begin something new: on the beat, every so many milliseconds, or when what it plays is over.

pace      a segment lasts
beat      a beat; half, quarter: a part of one; bar: four
500       milliseconds
memory    as long as the segment of the memory that is played
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from engines.face import Ramps

BEATS = {"bar": 4.0, "beat": 1.0, "half": 0.5, "quarter": 0.25}
SLACK = 1e-6


class BadPace(ValueError):
    """A pace nobody can keep: one line."""


@dataclass
class Grid:
    """The boundaries of one sounding partner, in frames of the core's clock."""

    rate: int
    beats: float = 0.0  # a segment; 0: not by the beat
    frames: int = 0  # a segment; 0: not by the clock
    count: int | None = None  # the number of the boundary that comes next
    end: int | None = None  # where what is played is over, when that is what counts

    @staticmethod
    def of(pace: str, rate: int) -> Grid:
        """From the word for it, or a BadPace."""
        word = str(pace).strip().removesuffix("ms").strip()
        if word in BEATS:
            return Grid(rate, beats=BEATS[word])
        if word == "memory":
            return Grid(rate)
        if word.isdigit() and 60 <= int(word) <= 8000:
            return Grid(rate, frames=round(int(word) / 1000 * rate))
        raise BadPace(f'there is no pace "{pace}". There is: {", ".join(BEATS)}, memory, or milliseconds from 60 to 8000')

    @property
    def by_memory(self) -> bool:
        """What is played says when it is over."""
        return not self.beats and not self.frames

    def length(self, bpm: float) -> int:
        """Frames of a segment; for a grid of the memory's own half a second."""
        return round(self.beats * 60 * self.rate / bpm) if self.beats else self.frames or self.rate // 2

    def due(self, at: Ramps, frames: int, lead: int) -> list[int]:
        """The boundaries that must be decided in the step of so many frames from ``at`` on: those less than ``lead`` ahead of its end.

        Where it begins, or time has leapt, there is one at once: a partner that lands on a bar, or comes back, does not wait.
        """
        last = at.frame + frames + lead  # boundaries before this one
        if self.by_memory:
            end = at.frame if self.end is None else max(self.end, at.frame)
            self.end = end
            return [end] if end < last else []
        per = self.beats * 60 * self.rate / at.bpm if self.beats else float(self.frames)
        here = at.frame - at.beat / self.beats * per if self.beats else 0.0  # where boundary 0 lies
        first = math.ceil((at.frame + lead - here) / per - SLACK)
        found = []
        if self.count is None or not first - 1 <= self.count <= first + 1:  # it begins, or time has leapt
            found, self.count = [at.frame], math.floor((at.frame - here) / per + SLACK) + 1
        while (frame := math.floor(here + self.count * per + 0.5)) < last:
            found.append(max(frame, at.frame))
            self.count += 1
        return found
