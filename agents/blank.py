"""A memory of nothing yet: everything in it will be learnt while it is played."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from agents.codebook import Codebook
from agents.descriptors import width
from agents.remember import Remembered, Settings
from agents.shelf import Shelf


def blank(rate: int, channels: int, codebook: Codebook) -> Remembered:
    """An empty memory that hears by this alphabet."""
    shelf = Shelf(np.zeros((0, channels), np.float32), rate, (), (0,), (), Path(), "")
    wide = codebook.mean.size or width(codebook.emphasis)
    return Remembered(
        shelf=shelf,
        settings=Settings(emphasis=codebook.emphasis),
        codebook=codebook,
        edges=np.zeros((0, 2), np.int64),
        vectors=np.zeros((0, wide), np.float32),
        heard=np.zeros(0, np.int32),
        source=np.zeros(0, np.int32),
        sidecar=None,
    )
