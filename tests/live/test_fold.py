"""A sound folded onto other loudspeakers: as loud as it was, wherever it stood."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from live.core.check import Refusal
from live.core.offline import render
from live.core.treatments.fold import fold, folded, ring, shares
from live.core.treatments.spread import spread
from live.score import Node, Score, Send
from tests.live.alone import play

RATE = 48000
WIDTHS = [1, 2, 4, 8]
Sound = NDArray[np.float32]


def noise(channels: int, frames: int = RATE, seed: int = 0) -> Sound:
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, frames))).astype(np.float32)


def sine(channels: int, frames: int = RATE) -> Sound:
    return np.tile(0.2 * np.sin(2 * np.pi * 220 * np.arange(frames) / RATE), (channels, 1)).astype(np.float32)


def turning(channels: int, frames: int = 4 * RATE) -> Sound:
    """A voice that goes once around a ring: neighbours are alike."""
    return play(spread, frames, [noise(1, frames)], {"at": (0.0, 1.0)}, {"channels": channels})


def folds(sound: Sound, speakers: int, **more: object) -> Sound:
    return play(fold, sound.shape[1], [sound], settings={"channels": speakers, **more})


def db(sound: Sound, before: Sound) -> float:
    return 10 * math.log10((sound.astype(np.float64) ** 2).sum() / (before.astype(np.float64) ** 2).sum())


@pytest.mark.parametrize("wide", WIDTHS)
@pytest.mark.parametrize("speakers", WIDTHS)
@pytest.mark.parametrize("sound", [noise, sine, turning])
def test_what_is_folded_is_as_loud_as_it_was_however_alike_its_channels_are(sound, wide: int, speakers: int) -> None:
    x = sound(wide)
    assert abs(db(folds(x, speakers), x)) < 0.5


@pytest.mark.parametrize("wide", [2, 4, 8])
@pytest.mark.parametrize("speakers", [1, 2])
def test_a_turning_sound_is_as_loud_in_every_half_second(wide: int, speakers: int) -> None:
    x = turning(wide, 20 * RATE)
    y = folds(x, speakers)
    for since in range(RATE, 20 * RATE, RATE // 2):
        part = slice(since, since + RATE // 2)
        assert abs(db(y[:, part], x[:, part])) < 1.5


@pytest.mark.parametrize("wide", [1, 2, 3, 4, 8])
def test_as_many_loudspeakers_as_channels_hear_it_bit_for_bit(wide: int) -> None:
    x = noise(wide, 5000)
    np.testing.assert_array_equal(folds(x, wide), x)


@pytest.mark.parametrize("ways", [(1, 2), (2, 1), (8, 2), (2, 8), (4, 1), (3, 4)])
def test_a_fold_is_the_same_however_time_is_cut(ways: tuple[int, int]) -> None:
    x = noise(ways[0], 9000) * np.linspace(0, 1, 9000, dtype=np.float32) ** 2
    told = {"settings": {"channels": ways[1]}}
    whole = play(fold, 9000, [x], **told)
    for runs in ([1], [63, 1], [7, 50, 7]):
        np.testing.assert_array_equal(play(fold, 9000, [x], runs=runs, **told), whole)


def test_one_channel_goes_to_left_and_right_alike() -> None:
    x = noise(1, 48000)
    np.testing.assert_allclose(folds(x, 2), np.tile(x * math.sqrt(0.5), (2, 1)), rtol=1e-5, atol=1e-8)


def test_a_quad_folds_to_the_sides_and_its_back_to_its_side() -> None:
    assert [shares(angle, [-45.0, 45.0]) for angle in ring(4)] == [[1, 0], [0, 1], [0, 1], [1, 0]]
    assert np.count_nonzero(folded(8, [-45.0, 45.0]), axis=1).tolist() == [2, 2, 1, 1, 2, 2, 1, 1]


def test_left_and_right_stand_between_front_and_back_of_a_quad() -> None:
    np.testing.assert_allclose(folded(2, ring(4)), math.sqrt(0.5) * np.array([[1, 0, 0, 1], [0, 1, 1, 0]]), atol=1e-9)


def test_each_channel_is_heard_from_two_loudspeakers_at_most_and_keeps_its_power() -> None:
    for wide in range(1, 13):
        for speakers in range(1, 13):
            gains = np.array([shares(angle, ring(speakers)) for angle in ring(wide)])
            assert (np.count_nonzero(gains, axis=1) <= 2).all()
            np.testing.assert_allclose((gains**2).sum(axis=1), 1.0, atol=1e-9)


def test_angles_say_where_the_loudspeakers_stand() -> None:
    x = noise(1, 4800)
    behind = folds(x, 4, angles=(-135, 135, -45, 45))
    assert not behind[:2].any()
    np.testing.assert_allclose(behind[2], behind[3])
    assert behind[2].any()


def test_too_few_angles_are_refused_in_one_line() -> None:
    score = Score({"n": Node("noise"), "f": Node("fold", ("n",), settings={"channels": 4, "angles": (0, 90)})}, (Send("f", 0, 4),))
    with pytest.raises(Refusal, match="f: fold has 2 angles for 4 loudspeakers"):
        render(score, 0.1, channels=4)


def test_silence_stays_silence_and_does_not_turn_the_hand() -> None:
    x = np.concatenate([sine(4, RATE), np.zeros((4, RATE), np.float32), sine(4, RATE)], axis=1)
    y = folds(x, 1)
    assert not y[:, RATE : 2 * RATE].any()
    np.testing.assert_allclose(y[0, 2 * RATE :], 2 * x[0, 2 * RATE :], rtol=0.02, atol=1e-6)


def test_what_cancels_out_is_not_blown_up() -> None:
    x = sine(2, RATE)
    x[1] *= -0.999
    assert np.abs(folds(x, 1)).max() < 0.001


def test_the_hand_turns_slowly_when_channels_become_alike() -> None:
    x = np.concatenate([noise(8, RATE), sine(8, RATE)], axis=1)
    ratio = folds(x, 1)[0, RATE + 100 : RATE + 4000] / (8 * x[0, RATE + 100 : RATE + 4000] + 1e-12)
    loud = np.abs(x[0, RATE + 100 : RATE + 4000]) > 0.05
    assert np.abs(np.diff(ratio[loud])).max() < 0.01
