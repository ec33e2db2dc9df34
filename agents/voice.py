"""What is heard of the partner: a head that reads the memory, and the tails of what it has left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agents import joins

Sound = NDArray[np.float32]
RELEASE = 0.08  # seconds in which it falls silent
END = 0.005  # seconds in which a recording that stops in the middle of a sound is faded
QUIET = 1e-3  # softer than that it needs no fade


class Material(Protocol):
    """Anything that can be read by frames: (channels, frames); silence outside."""

    def read(self, start: int, end: int) -> Sound: ...


@dataclass
class Piece:
    """A stretch that was made ready: transposed, or stretched."""

    sound: Sound

    def read(self, start: int, end: int) -> Sound:
        """Any stretch of it; silence outside."""
        out = np.zeros((len(self.sound), max(end - start, 0)), np.float32)
        first, last = max(start, 0), min(end, self.sound.shape[1])
        if first < last:
            out[:, first - start : last - start] = self.sound[:, first:last]
        return out


@dataclass
class Track:
    """One recording of the memory: beyond its ends is silence, not the next recording."""

    memory: Any
    first: int
    last: int

    def read(self, start: int, end: int) -> Sound:
        """Any stretch of it, by the memory's frames."""
        if self.first <= start and end <= self.last - round(END * self.memory.rate):
            return self.memory.read(start, end)
        out = np.zeros((self.memory.channels, max(end - start, 0)), np.float32)
        first, last = max(start, self.first), min(end, self.last)
        if first < last:
            out[:, first - start : last - start] = self.memory.read(first, last)
            fade = round(END * self.memory.rate)
            if np.abs(self.memory.read(self.last - 1, self.last)).max(initial=0.0) > QUIET:
                left = self.last - np.arange(first, last)
                out[:, first - start : last - start] *= np.minimum(left / fade, 1.0).astype(np.float32)
        return out


@dataclass
class Reading:
    """A place that is being read, and how loud: frames of gain still to come, then full (or, for what goes, gone)."""

    material: Any
    at: int
    gain: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    def ahead(self, frames: int) -> Sound:
        """What it would go on with."""
        return self.material.read(self.at, self.at + frames)

    def take(self, frames: int, rest: float) -> Sound:
        """Read on; ``rest`` is the gain after those still to come."""
        sound = self.ahead(frames)
        self.at += frames
        if self.gain.size:
            k = min(frames, self.gain.size)
            sound = sound.copy()
            sound[:, :k] *= self.gain[:k]
            if rest == 0.0:
                sound[:, k:] = 0.0
            self.gain = self.gain[k:]
        return sound


@dataclass
class Voice:
    """One head, and tails."""

    rate: int
    channels: int
    head: Reading | None = None
    tails: list[Reading] = field(default_factory=list)

    def go(self, material: Any, start: int, room: int) -> tuple[int, int]:
        """Jump: from the next frame on this is read. Answers the frames it was moved by, and those of the crossing."""
        reach, far = round(joins.REACH * self.rate), round((joins.REACH + joins.ALIKE + joins.LOOK) * self.rate)
        around = material.read(start - reach, start + far)
        old = self.head.ahead(round(joins.ALIKE * self.rate)) if self.head else None
        if old is not None and not np.any(old):
            old = None
        moved, frames = joins.crossing(old, around, self.rate, max(room, 1))
        begin = start + moved
        before = self.head.ahead(frames) if self.head else np.zeros((self.channels, frames), np.float32)
        come, go = joins.gains(before, material.read(begin, begin + frames))
        self._leave(go)
        self.head = Reading(material, begin, come)
        return moved, frames

    def stop(self) -> None:
        """Fall silent."""
        frames = round(RELEASE * self.rate)
        self._leave((0.5 + 0.5 * np.cos(np.pi * (np.arange(frames) + 0.5) / frames)).astype(np.float32))
        self.head = None

    def _leave(self, gain: NDArray[np.float32]) -> None:
        """The head becomes a tail; what was still coming goes from where it is."""
        if self.head is None:
            return
        coming = self.head.gain[: gain.size]
        gain = gain.copy()
        gain[: coming.size] *= coming
        self.tails.append(Reading(self.head.material, self.head.at, gain))
        del self.tails[:-8]

    def play(self, frames: int) -> Sound:
        """The next frames: (channels, frames)."""
        if self.head is not None and not self.tails and not self.head.gain.size:
            return self.head.take(frames, 1.0)  # straight on: the very samples
        sound = np.zeros((self.channels, frames), np.float32)
        if self.head is not None:
            sound += self.head.take(frames, 1.0)
        for tail in self.tails:
            sound += tail.take(frames, 0.0)
        self.tails = [tail for tail in self.tails if tail.gain.size]
        return sound
