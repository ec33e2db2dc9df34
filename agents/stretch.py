"""A stretch of the memory made ready: longer or shorter, higher or lower, its attacks where they were.

Higher is first read faster, which is exact to the cent, then brought back to its length: asked for both at once, the
stretcher is up to 20 cents off below 200 Hz (measured; 0.0 this way), and its attacks are no worse for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.voice import Piece

BEFORE, AFTER = 0.1, 0.15  # seconds of the memory taken along on either side, so that the edges sound as they did


@dataclass
class Made(Piece):
    """A piece that knows where it came from."""

    first: int = 0  # the memory's frame that is its frame 0
    last: int = 0  # one past the memory's last frame that was asked for
    ratio: float = 1.0
    semitones: float = 0.0

    def spot(self, frame: int) -> int:
        """Where a frame of the memory lies in it."""
        return round((frame - self.first) * self.ratio)

    def fits(self, end: int, ratio: float, semitones: float) -> bool:
        """Whether it can be read on up to a frame of the memory."""
        return end <= self.last and semitones == self.semitones and abs(ratio - self.ratio) < 1e-3 * ratio


def ready(memory: Any, start: int, end: int, ratio: float, semitones: float) -> Made:
    """From one frame of the memory to another, ``ratio`` times as long and so many semitones higher."""
    from python_stretch.Signalsmith import Stretch

    before, after = round(BEFORE * memory.rate), round(AFTER * memory.rate)
    sound = np.ascontiguousarray(memory.read(start - before, end + after), np.float32)
    faster = 2.0 ** (semitones / 12)
    if semitones:
        import soxr

        sound = np.ascontiguousarray(soxr.resample(sound.T, memory.rate * faster, memory.rate).T, np.float32)
    stretch = Stretch(1)
    stretch.preset(len(sound), float(memory.rate))
    stretch.setTimeFactor(1.0 / (ratio * faster))
    made = np.ascontiguousarray(stretch.process(sound), np.float32)
    return Made(made, start - before, end, ratio, semitones)
