"""A stretch made ready: as long as asked to the frame, as high as asked to the cent, its attacks where they belong."""

from __future__ import annotations

import numpy as np
import pytest

from agents.bench_answer import Still, heard_at, pitch
from agents.stretch import ready

RATE = 48000


def clicks() -> np.ndarray:
    chance = np.random.default_rng(0)
    sound = np.zeros((1, 3 * RATE), np.float32)
    for k in range(1, 11):
        sound[0, k * RATE // 4 :][:120] += (chance.standard_normal(120) * np.exp(-np.arange(120) / 25)).astype(np.float32)
    return sound


@pytest.mark.parametrize("ratio", [0.8, 0.93, 1.1, 1.25])
def test_it_lasts_as_long_as_asked_and_its_clicks_do_not_wander(ratio: float) -> None:
    piece = ready(Still(clicks()), RATE // 2, 2 * RATE, ratio, 0)
    assert piece.spot(2 * RATE) - piece.spot(RATE // 2) == pytest.approx(1.5 * RATE * ratio, abs=1)
    assert piece.sound.shape[1] >= piece.spot(2 * RATE)
    late = np.array([heard_at(piece.sound[0], piece.spot(k * RATE // 4)) for k in range(3, 8)])
    assert np.abs(late - np.median(late)).max() / RATE <= 0.0005


@pytest.mark.parametrize("semitones", [-6, -5, -1, 3, 6])
@pytest.mark.parametrize("low", [110.0, 330.0])
def test_it_is_as_high_as_asked(low: float, semitones: int) -> None:
    t = np.arange(2 * RATE) / RATE
    tone = (0.2 * sum(np.sin(2 * np.pi * low * k * t) / k for k in range(1, 7))).astype(np.float32)[None]
    piece = ready(Still(tone), RATE // 8, 2 * RATE - RATE // 8, 1.0, semitones)
    wanted = low * 2 ** (semitones / 12)
    assert abs(1200 * np.log2(pitch(piece.sound[0], wanted) / wanted)) <= 2


def test_both_at_once_keep_the_length() -> None:
    piece = ready(Still(clicks()), RATE // 2, 2 * RATE, 1.2, -6)
    late = [heard_at(piece.sound[0], piece.spot(k * RATE // 4)) for k in range(3, 8)]
    assert np.abs(late).max() / RATE <= 0.003


def test_the_same_stretch_twice_is_the_same() -> None:
    one, two = (ready(Still(clicks()), RATE // 2, RATE, 0.9, 4).sound for _ in range(2))
    assert np.array_equal(one, two)


def test_a_stretch_knows_how_far_it_can_be_read() -> None:
    piece = ready(Still(clicks()), RATE // 2, RATE, 0.9, 0)
    assert piece.fits(RATE, 0.9, 0)
    assert not piece.fits(RATE + 1, 0.9, 0)
    assert not piece.fits(RATE, 0.95, 0)
    assert not piece.fits(RATE, 0.9, 1)
