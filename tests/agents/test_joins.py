"""Crossings: no click, no hole, the wave taken up where it runs along, attacks left where they are."""

from __future__ import annotations

import numpy as np
import pytest

from agents import joins
from agents.bench_answer import bundled, joined, made_from_nothing

RATE = 48000


def sine(freq: float, seconds: float, phase: float = 0.0) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * freq * t + phase)).astype(np.float32)[None]


def test_random_joins_never_click_and_never_dip() -> None:
    sounds = {name: bundled(name) for name in ("kalimba phrase", "rain on tin")} | made_from_nothing()
    made = joined(120, sounds, seed=3)
    assert max(one.step for one in made) <= 3
    assert min(one.dip for one in made if not one.alike) >= -1
    assert min(one.dip for one in made if one.alike) >= -0.5


def test_a_wave_is_taken_up_where_it_runs_along() -> None:
    """A quarter of a period off: it moves by that, and the crossing is a long one."""
    reach = round(joins.REACH * RATE)
    old, new = sine(110, 0.2), sine(110, 0.3, np.pi / 2)
    moved, frames = joins.crossing(old, new, RATE, RATE)
    before, after = old[0, :400], new[0, reach + moved : reach + moved + 400]
    assert np.corrcoef(before, after)[0, 1] > 0.99
    assert frames == round(joins.LONG * RATE)


def test_noise_is_not_moved() -> None:
    old, new = (0.1 * np.random.default_rng(2).standard_normal((2, 1, RATE))).astype(np.float32)
    moved, frames = joins.crossing(old, new, RATE, RATE)
    assert (moved, frames) == (0, round(joins.SOFT * RATE))


def test_an_attack_stays_where_it_is_and_the_crossing_is_over_before_it() -> None:
    reach = round(joins.REACH * RATE)
    new = np.zeros((1, RATE // 2), np.float32)
    attack = reach + round(joins.ATTACK * RATE)
    new[:, attack:] = sine(440, 0.6)[:, : new.shape[1] - attack]
    moved, frames = joins.crossing(sine(440, 0.2), new, RATE, RATE)
    assert moved == 0
    assert frames <= attack - reach


def test_a_crossing_never_takes_more_than_its_room() -> None:
    assert joins.crossing(sine(220, 0.2), sine(220, 0.3), RATE, 100)[1] == 100


def test_out_of_silence_a_soft_beginning_is_left_alone_and_another_is_faded_in() -> None:
    reach = round(joins.REACH * RATE)
    soft, cut = sine(220, 0.3), sine(220, 0.3, np.pi / 2)
    assert joins.crossing(None, np.pad(soft, ((0, 0), (reach, 0))), RATE, RATE) == (0, 0)
    assert joins.crossing(None, np.pad(cut, ((0, 0), (reach, 0))), RATE, RATE) == (0, round(joins.SHORT * RATE))


@pytest.mark.parametrize("other", [sine(220, 0.1), -0.5 * sine(220, 0.1), sine(331, 0.1), np.zeros((1, 4800), np.float32)])
def test_gains_begin_with_the_old_and_end_with_the_new_and_keep_the_power(other: np.ndarray) -> None:
    old = sine(220, 0.1)
    come, go = joins.gains(old, other)
    assert come[0] < 0.01
    assert go[0] > 0.99
    assert go[-1] < 0.01
    assert come[-1] > 0.99
    angle = (np.arange(old.shape[1]) + 0.5) / old.shape[1] * np.pi / 2
    wanted = ((np.cos(angle) * old) ** 2).sum() + ((np.sin(angle) * other) ** 2).sum()
    got = ((go * old + come * other) ** 2).sum()
    assert abs(10 * np.log10(got / wanted)) < 0.5
