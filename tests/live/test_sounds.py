"""The bundled sounds: small, sound, and really ours."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from sounds import listed
from sounds.make import RATE, SOUNDS, make


def test_every_recipe_has_its_file_and_all_together_are_small():
    assert set(listed()) == set(SOUNDS)
    assert sum(path.stat().st_size for path in listed().values()) < 3_000_000


@pytest.mark.parametrize("name", SOUNDS)
def test_a_bundled_sound_is_stereo_and_neither_silent_nor_clipped(name):
    sound, rate = soundfile.read(listed()[name], always_2d=True)
    assert (rate, sound.shape[1]) == (48000, 2)
    assert 10 ** (SOUNDS[name][1] / 20) == pytest.approx(np.max(np.abs(sound)), abs=1e-3)
    assert np.all(np.abs(sound.mean(axis=0)) < 1e-4)


@pytest.mark.parametrize("name", ["wood knocks", "room hum"])
def test_the_recipe_makes_the_file_again(name):
    kept, _ = soundfile.read(listed()[name], always_2d=True)
    np.testing.assert_allclose(make(name).T, kept, atol=2e-3)


@pytest.mark.parametrize("name", [word for word, (recipe, _) in SOUNDS.items() if "A loop" in (recipe.__doc__ or "")])
def test_a_loop_closes_without_a_step(name):
    sound, _ = soundfile.read(listed()[name], always_2d=True)
    inside = np.abs(np.diff(sound, axis=0)).max()
    assert np.abs(sound[0] - sound[-1]).max() <= inside
    assert len(sound) % (RATE // 2) == 0
