"""Beats and frames. The core's sample counter is the only time there is; here it is read as music."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """A tempo that began somewhere: ``beat0`` was at ``frame0``."""

    rate: int = 48000
    bpm: float = 120.0
    bar: float = 4.0  # beats
    beat0: float = 0.0
    frame0: float = 0.0

    @property
    def beat_frames(self) -> float:
        """Frames in one beat."""
        return 60.0 * self.rate / self.bpm

    def beat(self, frame: float) -> float:
        """The beat at a frame, counted from 0."""
        return self.beat0 + (frame - self.frame0) / self.beat_frames

    def frame(self, beat: float) -> int:
        """The frame nearest a beat."""
        return round(self.frame0 + (beat - self.beat0) * self.beat_frames)

    def next(self, frame: int, quantum: float) -> int:
        """The first frame at or after ``frame`` that lies on a multiple of ``quantum`` beats."""
        count = math.ceil(round(self.beat(frame) / quantum, 9))
        found = self.frame(count * quantum)
        return found if found >= frame else self.frame((count + 1) * quantum)

    def at(self, word: str, frame: int) -> int:
        """The frame meant by ``now``, ``beat`` or ``bar``, seen from ``frame``; 0 means at once."""
        if word == "now":
            return 0
        return self.next(frame, 1.0 if word == "beat" else self.bar)

    def spot(self, frame: float) -> tuple[int, float]:
        """Bar and beat as musicians count them, from 1."""
        beat = self.beat(frame)
        bar = math.floor(beat / self.bar)
        return bar + 1, beat - bar * self.bar + 1
