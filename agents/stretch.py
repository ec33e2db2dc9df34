"""A segment made ready: longer or shorter, higher or lower, its attack where it was."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.voice import Piece

BEFORE, AFTER = 0.1, 0.15  # seconds of the memory taken along on either side, so that the edges sound as they did


def ready(memory: Any, start: int, end: int, ratio: float, semitones: float, frames: int) -> tuple[Piece, int]:
    """The segment ``ratio`` times as long and so many semitones higher, enough for ``frames``: the piece, and where in it it begins."""
    from python_stretch.Signalsmith import Stretch

    before, after = round(BEFORE * memory.rate), round(AFTER * memory.rate)
    need = max(end - start, round(frames / ratio)) + after
    sound = np.ascontiguousarray(memory.read(start - before, start + need), np.float32)
    stretch = Stretch(1)
    stretch.preset(len(sound), float(memory.rate))
    stretch.setTimeFactor(1.0 / ratio)
    if semitones:
        stretch.setTransposeSemitones(float(semitones))
    return Piece(np.ascontiguousarray(stretch.process(sound), np.float32)), round(before * ratio)
