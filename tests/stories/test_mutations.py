"""A script is mistyped in every way while it plays: the music goes on, one line says what is wrong, and the way back leads back."""

from __future__ import annotations

import numpy as np
import pytest

from live.bench.mutate import LONGEST, Mutated, mutations
from live.bench.saving import DRONE, Evening, quietest

SOME = 25
GAPS = 'from live import *\n\ntempo(240)\nout.stage = tone(220, gain=0.3, hits=seq("x---"), release=0.02)\n'


@pytest.fixture(scope="module")
def evening():
    with Evening(text=DRONE) as evening:
        yield evening


@pytest.fixture(scope="module")
def results(evening):
    mutated = Mutated(evening)
    return [mutated.tried(number, mutation) for number, mutation in enumerate(mutations(evening.text, SOME, seed=5), 1)]


def test_it_never_falls_silent(results) -> None:
    assert [result.line for result in results if result.gap > LONGEST] == []


def test_it_is_never_above_the_ceiling(results) -> None:
    assert max(result.peak for result in results) <= 10 ** (-1 / 20) + 1e-6


def test_each_is_answered_in_one_message(results) -> None:
    assert [(result.line, result.said) for result in results if not result.one_message] == []


def test_none_makes_us_stumble(results) -> None:
    assert [result.ours for result in results if result.ours] == []


def test_the_way_back_leads_back(results) -> None:
    assert [result.line for result in results if not result.back] == []


def test_some_are_refused_and_some_are_heard(results) -> None:
    assert {result.outcome for result in results} >= {"refused", "admitted"}


def test_the_same_seed_makes_the_same_mutations() -> None:
    first, again, other = ([one.text for one in mutations(DRONE, 60, seed)] for seed in (1, 1, 2))
    assert first == again != other
    assert len(set(first) | {DRONE}) == 61


def test_a_silence_an_edit_makes_is_noticed(evening) -> None:
    evening.near_the_line()
    saved = evening.save(GAPS)
    assert saved.posted
    assert quietest(saved.sound) / 48 > LONGEST
    evening.save(evening.text)


def test_silence_is_measured_in_frames_of_all_channels() -> None:
    sound = np.ones((2, 1000), np.float32)
    sound[0, 100:300] = 0
    assert quietest(sound) == 0
    sound[1, 150:250] = 1e-5
    assert quietest(sound) == 100
    sound[:, 900:] = 0
    assert quietest(sound) == 100
    sound[:, :105] = 0
    assert quietest(sound) == 105
