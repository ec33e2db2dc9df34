"""A clock's own pulse, heard through its jitter: which beat it is, and how fast, from ticks that come early and late.

A loop in two states. It begins by believing every tick as much as a straight line through all of them would (four beats
are enough for a tempo), then believes the past more and more. When the pulse has plainly changed it begins again.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

PER_BEAT = 24
CALM = 96  # ticks after which a tempo may be told: four beats
LONG = 240  # ticks it remembers at most: ten beats
NEAR = 12  # ticks that say whether it has changed
PIECE = 6


@dataclass
class Steady:
    """Ticks in, a line out: at frame ``at`` it was tick ``count``, each tick ``span`` frames."""

    rate: int
    count: float = -1.0  # the newest tick's number
    at: float = 0.0  # where it should have come
    span: float = 0.0  # frames a tick
    known: int = 0  # ticks since it began
    guessed: int = 0  # ticks that were missed just now, as it seems
    lost: int = 0
    doubled: int = 0
    spread: float = 0.0  # how far ticks fall from the line, in frames
    missed: deque[int] = field(default_factory=lambda: deque(maxlen=8))
    recent: deque[tuple[float, float, float]] = field(default_factory=lambda: deque(maxlen=2 * NEAR))  # frame, count, how far off

    @property
    def bpm(self) -> float:
        """The tempo."""
        return 60.0 * self.rate / (PER_BEAT * self.span) if self.span > 0 else 0.0

    @property
    def is_calm(self) -> bool:
        """Whether it has heard enough to be followed without a tremble."""
        return self.known >= CALM

    def beat(self, frame: float) -> float:
        """The beat at a frame, in the clock's own count."""
        return (self.count + (frame - self.at) / self.span) / PER_BEAT if self.span > 0 else self.count / PER_BEAT

    def place(self, count: float) -> None:
        """The next tick is this one: a start, a song position."""
        shift = count - 1.0 - self.count
        self.count += shift
        self.recent = deque(((f, c + shift, off) for f, c, off in self.recent), maxlen=2 * NEAR)

    def tick(self, frame: float) -> bool:
        """A tick came. False when it was one too many."""
        if not self.recent:
            self.at, self.count = frame, self.count + 1.0
            self.known = 1
            self.recent.append((frame, self.count, 0.0))
            return True
        gone = frame - self.recent[-1][0]
        if self.known == 1:
            if gone <= 0 or gone > self.rate:  # nobody plays that slowly: it paused
                self.recent.clear()
                return self.tick(frame)
            self.span = gone
        steps = max(round((frame - self.at) / self.span), 0)
        if gone < 0.2 * self.span and (steps == 0 or gone < 0.001 * self.rate):
            self.doubled += 1
            return False
        if self.known < NEAR:  # too early to miss any
            steps = 1 if self.known < PIECE or gone < 3.0 * self.span else steps
        elif steps == 0 and self.guessed:  # the one we missed only came late
            self._take_back()
            steps = 1
        steps = 1 if gone < 1.6 * self.span else max(steps, 1)  # else the line has run away from the pulse: it missed none
        if steps > PER_BEAT:
            self._begin_again(frame, steps)
            return True
        self.guessed = steps - 1
        self.lost += steps - 1
        expected = self.at + steps * self.span
        off = frame - expected
        self.known += 1
        n = min(self.known, LONG)
        alpha, beta = 2.0 * (2 * n - 1) / (n * (n + 1)), 6.0 / (n * (n + 1))
        self.at = expected + alpha * off
        self.span += beta * off / steps
        self.count += steps
        self.recent.append((frame, self.count, off))
        self.spread += (abs(off) - self.spread) / min(self.known, 64)
        self.missed.append(steps - 1)
        if sum(1 for some in self.missed if some) > len(self.missed) // 2 >= 4:
            self._slow_down()
        elif some := self._changed():
            self._turn(max(some * 3 // 2, PIECE))
        return True

    def _changed(self) -> int:
        """How many of the last ticks all fall off the line to one side, further than this clock's jitter explains; 0: none do."""
        if self.known < 2 * NEAR:
            return 0
        offs = [off for _, _, off in list(self.recent)[-NEAR:]]
        usual = max(self.spread, 0.00005 * self.rate)
        for some in (3, PIECE, NEAR):
            mean = sum(offs[-some:]) / some
            far = max((6.0 if self.is_calm else 9.0) * usual / math.sqrt(some), 0.0002 * self.rate)
            if abs(mean) > far and all(off * mean > 0 for off in offs[-3:]):
                return some
        return 0

    def _take_back(self) -> None:
        """None was missed."""
        self.count -= self.guessed
        self.at -= self.guessed * self.span
        self.lost -= self.guessed
        self.guessed = 0
        frame, _, off = self.recent.pop()
        self.recent.append((frame, self.count, off))

    def _slow_down(self) -> None:
        """It misses every second one? It goes slower."""
        self.count -= sum(self.missed)
        self.lost -= sum(self.missed)
        frames = [f for f, _, _ in self.recent][-len(self.missed) :]
        self.missed.clear()
        self._line(frames, [self.count - len(frames) + 1 + k for k in range(len(frames))])

    def _turn(self, some: int) -> None:
        """Begin again with the last few ticks: those that fell off the line."""
        last = list(self.recent)[-some:]
        frames, counts = [f for f, _, _ in last], [c for _, c, _ in last]
        self._line(frames, counts)

    def _line(self, frames: list[float], counts: list[float]) -> None:
        n = len(frames)
        mf, mc = sum(frames) / n, sum(counts) / n
        over = sum((c - mc) ** 2 for c in counts)
        if over > 0:
            self.span = max(sum((c - mc) * (f - mf) for f, c in zip(frames, counts, strict=True)) / over, 1.0)
        self.at = mf + (self.count - mc) * self.span
        self.known = n
        self.recent = deque(((f, c, 0.0) for f, c in zip(frames, counts, strict=True)), maxlen=2 * NEAR)

    def _begin_again(self, frame: float, steps: int) -> None:
        """It was away for a while: the tempo is the old one until it shows another."""
        self.count += steps
        self.at, self.known = frame, 1
        self.recent.clear()
        self.recent.append((frame, self.count, 0.0))
