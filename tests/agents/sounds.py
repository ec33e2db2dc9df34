"""Sounds for the partner's tests, made from nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 48000
Sound = NDArray[np.float32]


def noise(seconds: float, seed: int = 0, rate: int = RATE) -> Sound:
    """White noise at -20 dB."""
    return (0.1 * np.random.default_rng(seed).standard_normal(round(seconds * rate))).astype(np.float32)


def note(semitone: float, seconds: float = 0.5, rate: int = RATE, partials: int = 6, decay: float = 3.0) -> Sound:
    """A struck string so many semitones above middle C, without a click at its end."""
    t = np.arange(round(seconds * rate)) / rate
    freq = 261.6256 * 2 ** (semitone / 12)
    tone = sum(np.sin(2 * np.pi * freq * k * t) / k for k in range(1, partials + 1) if freq * k < rate / 2)
    return (0.2 * tone * np.exp(-decay * t) * np.minimum((t[-1] - t) / 0.02, 1)).astype(np.float32)


def tune(semitones: list[int], seconds: float = 0.5, rate: int = RATE) -> Sound:
    """Notes one after another."""
    return np.concatenate([note(s, seconds, rate) for s in semitones])
