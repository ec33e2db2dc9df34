"""Sounds that several tests listen to."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

RATE = 48000


@pytest.fixture(scope="module")
def tick(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A sound of one sample of 0.5, and a quarter of a second of nothing."""
    path = tmp_path_factory.mktemp("sounds") / "tick.wav"
    x = np.zeros(RATE // 4)
    x[0] = 0.5
    soundfile.write(path, x, RATE, subtype="FLOAT")
    return str(path)


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two seconds; in each tenth another level: 0.01, 0.02, ..."""
    path = tmp_path_factory.mktemp("sounds") / "steps.wav"
    levels = np.repeat(np.arange(1, 21) / 100, RATE // 10)
    soundfile.write(path, levels * np.resize([1, -1], len(levels)), RATE, subtype="FLOAT")
    return str(path)
