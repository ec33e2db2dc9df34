"""Hearing: a sound cut into segments, each told as a vector; the same from a file and as it is played.

    vectors = describe(sound, 48000, [0, 0.5, 1.0, 1.5], "harmony")
    listener = Listener(48000, "harmony", clock=0.5)
    for block in blocks:
        for heard in listener.feed(block):
            label = codebook.label(heard.vector)

A listener's clock is a number of seconds, "onset", or "given": then
``listener.end(frame)`` says where a segment ends, from the beat that is there.
Boundaries are whole frames of the listener's own count: they never drift.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents import descriptors
from agents.codebook import Codebook
from agents.cut import Onsets

__all__ = ["Codebook", "Ear", "Heard", "Listener", "bounds", "describe", "ear"]

LONGEST = 8.0  # seconds: a segment that is never ended ends there
TURN = 1e-6  # of a frame: what is left of a boundary's fraction by rounding


@dataclass(frozen=True)
class Ear:
    """What tells a segment: ``tell(sound, rate, before)`` gives (D,). ``before`` frames of ``sound`` are past, kept for context."""

    emphasis: str
    tell: Callable[[NDArray[np.float32], int, int], NDArray[np.float32]]
    width: int
    context: float = 0.0  # seconds of the past it wants to hear


def ear(emphasis: str | Ear) -> Ear:
    """An ear by its name: an emphasis, or "wav2vec" (the bundled net), or "wav2vec:" and a checkpoint's folder or name."""
    if isinstance(emphasis, Ear):
        return emphasis
    if emphasis.split(":")[0] == "wav2vec":
        try:
            from agents.nets.wav2vec import net_ear
        except ImportError as slip:
            raise ValueError(f"{emphasis} needs pip install 'antiphon[neural]' ({slip}). Nearest: timbre, which needs nothing") from slip
        return net_ear(emphasis)
    return Ear(emphasis, lambda sound, rate, before: descriptors.vector(sound[before:], rate, emphasis), descriptors.width(emphasis))


def bounds(seconds: Sequence[float] | NDArray[Any], rate: int) -> NDArray[np.int64]:
    """Boundaries in whole frames."""
    return np.round(np.asarray(seconds, np.float64) * rate).astype(np.int64)


def describe(sound: NDArray[Any], rate: int, cuts: Sequence[float] | NDArray[Any], emphasis: str | Ear = "harmony") -> NDArray[np.float32]:
    """Every segment between neighbouring ``cuts`` (seconds) of mono or (channels, frames), as (len(cuts) - 1, D)."""
    return told(sound, rate, bounds(cuts, rate), emphasis)


def told(sound: NDArray[Any], rate: int, edges: NDArray[np.int64], emphasis: str | Ear = "harmony") -> NDArray[np.float32]:
    """The same by boundaries in frames. The sound may be longer than memory: only segments are read."""
    by, frames = ear(emphasis), sound.shape[-1]
    if len(edges) < 2:
        return np.zeros((0, by.width), np.float32)
    if (np.diff(edges) <= 0).any() or edges[0] < 0 or edges[-1] > frames:
        raise ValueError(
            f"boundaries rise from 0 to the sound's {frames} frames ({frames / rate:.3f} s); these are {edges[:4]}...{edges[-1]}"
        )
    past, rows = round(by.context * rate), []
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        first = max(0, start - past)
        rows.append(by.tell(descriptors.mono(sound[..., first:end]), rate, start - first))
    return np.stack(rows)


@dataclass(frozen=True)
class Heard:
    """One segment heard: its frames on the listener's count, its vector, its level in dB."""

    start: int
    end: int
    vector: NDArray[np.float32]
    level: float


class Listener:
    """Hears blocks of any size and answers each segment as it ends."""

    def __init__(
        self, rate: int, emphasis: str | Ear = "harmony", clock: float | str = 0.5, *, at: int = 0, longest: float = LONGEST
    ) -> None:
        if isinstance(clock, str) and clock not in ("given", "onset"):
            raise ValueError(f'there is no clock "{clock}". Nearest: given (or onset, or a number of seconds)')
        if not isinstance(clock, str) and not 0.02 <= clock <= longest:
            raise ValueError(f"a clock of {clock} s: between 0.02 and {longest:g}")
        self.rate, self.ear, self.clock = rate, ear(emphasis), clock
        self.start = self.now = self.zero = at  # start of the open segment, frames heard so far, where the clock began
        self.longest = round(longest * rate)
        self.past = round(self.ear.context * rate)
        self._ends: list[int] = []
        self._onsets = Onsets(rate, at=at, hush=True) if clock == "onset" else None
        self._kept = np.zeros(self.past + 2 * self.longest, np.float32)  # the last frames heard, the newest at _fill - 1
        self._fill = 0

    def end(self, frame: int) -> None:
        """A segment ends before this frame, on the listener's count. One that is over already is none."""
        if frame > self.start and frame not in self._ends:
            self._ends = sorted([*self._ends, int(frame)])

    def feed(self, block: NDArray[Any], frame: int | None = None) -> list[Heard]:
        """More sound, mono or (channels, frames), from ``frame`` on; a hole before it begins a new segment after it."""
        own = descriptors.mono(block)
        if not np.isfinite(own.sum()):
            own = np.nan_to_num(own, nan=0.0, posinf=0.0, neginf=0.0)  # one broken block must not deafen the ear for good
        if frame is not None and frame != self.now:
            self._jump(int(frame))
        found: list[Heard] = []
        for first in range(0, own.size, self.longest):
            found += self._hear(own[first : first + self.longest])
        return found

    def so_far(self, least: float = 0.05) -> Heard | None:
        """The open segment as far as it goes: a guess before it ends. Nothing yet where that is under ``least`` seconds."""
        return self._told(self.now) if self.now - self.start >= max(1, least * self.rate) else None

    def _hear(self, own: NDArray[np.float32]) -> list[Heard]:
        self._keep(own)
        self.now += own.size
        if self._onsets:
            for onset in self._onsets.feed(own):
                self.end(onset)
        found = []
        while (end := self._next()) <= self.now:
            found.append(self._told(end))
            self.start = end
        self._ends = [one for one in self._ends if one > self.start]
        return found

    def _next(self) -> int:
        """Where the open segment ends."""
        far = self.start + self.longest
        if isinstance(self.clock, str):
            return min([far, *[one for one in self._ends if one > self.start]])
        step = self.clock * self.rate
        k = int((self.start - self.zero + 0.5 + TURN) / step) + 1
        return self.zero + round(k * step)

    def _told(self, end: int) -> Heard:
        last = self._fill - (self.now - end)
        first = last - (end - self.start)
        before = min(self.past, first)
        own = self._kept[first - before : last]
        loud = float(own[before:] @ own[before:]) / (end - self.start)
        level = max(10 * float(np.log10(loud + 1e-12)), descriptors.QUIET)
        return Heard(self.start, end, self.ear.tell(own, self.rate, before), level)

    def _keep(self, own: NDArray[np.float32]) -> None:
        if self._fill + own.size > self._kept.size:
            live = min(self._fill, self.now - self.start + self.past)
            self._kept[:live] = self._kept[self._fill - live : self._fill]
            self._fill = live
        self._kept[self._fill : self._fill + own.size] = own
        self._fill += own.size

    def _jump(self, frame: int) -> None:
        """Sound was lost, or the count began anew."""
        if frame < self.now:
            self._ends, self.zero = [], frame
        self.start = self.now = frame
        self._fill = 0
        if self._onsets:
            self._onsets = Onsets(self.rate, at=frame, hush=True)
