"""What the witness heard, in a musician's terms: how long it was silent, the longest gap, the latency.

A sample is *right* when it is the one sent ``latency`` frames ago; silence is
all the time for which the right sample was not there in its own cycle: wrong
samples, and the frames of cycles that never ran (the server's clock jumps).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from live.bench.witness import APART, CODE, SCALE


@dataclass(frozen=True)
class Heard:
    """One listener's account of one run. Times in milliseconds, latency in frames."""

    seconds: float
    silence: float
    longest: float
    wrong: int  # frames that came, but were not the right ones
    lost: int  # frames of cycles that never ran
    latency: int
    cycles: int
    gaps: list[tuple[float, float]] = field(default_factory=list)  # (second it began, milliseconds it took)

    def says(self) -> str:
        """One line for a table."""
        return f"{self.silence:8.1f} ms silent of {self.seconds:.0f} s, longest {self.longest:6.1f} ms, {len(self.gaps)} gaps, latency {self.latency}"


def decode(sound: np.ndarray, frames: np.ndarray, channel: int = 0, *, signed: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """For each sample: how many frames ago it was sent, and whether it is a clock sample at all."""
    big = np.abs(sound.astype(np.float64)) * SCALE
    code = np.rint(big).astype(np.int64)
    age = (frames + channel * APART - code) % CODE
    sent_down = (((frames - age) >> 3) & 1) == 1
    real = (np.abs(big - code) < 1e-3) & (code < CODE)
    return age, real & (((sound < 0) == sent_down) | (code == 0)) if signed else real


def frames_of(cycles: np.ndarray, count: int) -> np.ndarray:
    """The server's frame of each recorded sample (its 32-bit clock unrolled)."""
    start, n, before = cycles[:, 0], cycles[:, 1], cycles[:, 3]
    turns = np.cumsum(np.concatenate([[0], np.diff(start) < -(1 << 31)]))
    start = start + turns * (1 << 32)
    whole = np.repeat(start - before, n)[:count]
    return whole + np.arange(len(whole))


def listen(
    cycles: np.ndarray, sound: np.ndarray, *, rate: int = 48000, channel: int = 0, latency: int | None = None, skip: float = 0.0
) -> Heard:
    """Judge one channel of a run. ``skip``: seconds at the start that do not count."""
    frames = frames_of(cycles, sound.shape[-1])
    if not len(frames):
        return Heard(0.0, 0.0, 0.0, 0, 0, -1, len(cycles))
    first = int(skip * rate)
    frames, sound = frames[first:], sound[..., first : len(frames)]
    age, real = decode(sound, frames, channel)
    if latency is None:
        latency = int(np.bincount(age[real].astype(np.int64)).argmax()) if real.any() else -1
    right = real & (age == latency)
    return account(frames, right, rate, latency, len(cycles))


def unbroken(cycles: np.ndarray, sound: np.ndarray, *, rate: int = 48000, channel: int = 0, skip: float = 0.0) -> Heard:
    """Judge a clock that the tested program plays by itself (from a file): each sample must follow the last."""
    frames = frames_of(cycles, sound.shape[-1])
    first = int(skip * rate)
    frames, sound = frames[first:], sound[..., first : len(frames)]
    if not len(frames):
        return Heard(0.0, 0.0, 0.0, 0, 0, -1, len(cycles))
    age, real = decode(sound, frames, channel, signed=False)
    follows = np.concatenate([[True], np.diff(age) == 0])
    return account(frames, real & (follows | np.concatenate([[False], np.diff(frames) != 1])), rate, int(age[0]), len(cycles))


def account(frames: np.ndarray, right: np.ndarray, rate: int, latency: int, cycles: int) -> Heard:
    """All gaps of a run, from which of its frames were right."""
    per_ms = rate / 1000
    # a timeline of every frame the server counted, holes included
    jump = np.diff(frames) - 1
    lost = int(jump[jump > 0].sum())
    bad_at = frames[~right]
    holes = [(int(frames[i]) + 1, int(frames[i]) + 1 + int(jump[i])) for i in np.flatnonzero(jump > 0)]
    cut = np.flatnonzero(np.diff(bad_at) != 1) + 1
    runs = [(int(p[0]), int(p[-1]) + 1) for p in np.split(bad_at, cut) if len(p)] + holes
    gaps: list[list[int]] = []
    for a, b in sorted(runs):
        if gaps and a <= gaps[-1][1]:
            gaps[-1][1] = max(b, gaps[-1][1])
        else:
            gaps.append([a, b])
    took = [b - a for a, b in gaps]
    return Heard(
        seconds=(int(frames[-1]) - int(frames[0]) + 1) / rate,
        silence=sum(took) / per_ms,
        longest=max(took, default=0) / per_ms,
        wrong=int((~right).sum()),
        lost=lost,
        latency=latency,
        cycles=cycles,
        gaps=[((a - int(frames[0])) / rate, (b - a) / per_ms) for a, b in gaps],
    )
