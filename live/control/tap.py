"""Tapping the tempo: four taps are enough, one that slipped does not count."""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass, field

from live.clock import Clock
from live.cue import Rubato

NEEDED = 4
PAUSE = 2.5  # seconds after which a tap begins anew
KEPT = 8  # the newest taps count, so that a hand may speed up
SLIP = 0.25  # of the middle interval: farther off, it was no beat
SLOWEST, FASTEST = 30.0, 400.0


@dataclass
class Tapper:
    """Remembers the last taps, by the core's frames."""

    rate: int
    taps: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))

    def tap(self, frame: float) -> float | None:
        """A tap; the tempo in bpm as soon as it can be told."""
        if self.taps and not 0 < frame - self.taps[-1] <= PAUSE * self.rate:
            self.taps.clear()
        self.taps.append(frame)
        if len(self.taps) < NEEDED:
            return None
        taps = list(self.taps)
        spans = [b - a for a, b in zip(taps, taps[1:], strict=False)]
        middle = statistics.median(spans)
        kept = [span for span in spans if abs(span - middle) <= SLIP * middle]
        bpm = 60.0 * self.rate / statistics.median(kept)
        return min(max(bpm, SLOWEST), FASTEST)

    def pace(self, frame: float, clock: Clock) -> Rubato | None:
        """The same as a pace for the core: its tempo, and the nearest beat drawn to where the hand fell."""
        bpm = self.tap(frame)
        if bpm is None:
            return None
        return Rubato(bpm=bpm, aim=float(round(clock.beat(frame))), aim_at=float(frame), within=60.0 * self.rate / bpm)
