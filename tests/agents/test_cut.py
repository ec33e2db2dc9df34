"""Cutting: just before attacks, exactly on grids, the same in a file as in blocks."""

from __future__ import annotations

import numpy as np
import pytest

from agents.cut import Onsets, at_onsets, given_way, on_grid, onsets
from tests.agents.sounds import RATE, Sound, noise, note


def struck(rate: int, seed: int, soft: float = 0.0) -> tuple[Sound, np.ndarray]:
    """Notes at times of chance, from loud to 18 dB softer, over a faint hiss; ``soft`` seconds of attack. Where they begin."""
    chance, seconds = np.random.default_rng(seed), 8.0
    sound = 1e-3 * noise(seconds, seed, rate)
    starts = np.cumsum(chance.uniform(0.2 if not soft else 0.45, 0.8, 30))
    starts = np.round(starts[starts < seconds - 0.6] * rate).astype(int)
    for start in starts:
        own = note(int(chance.integers(-12, 24)), 0.4, rate, decay=8) * 10 ** (-chance.uniform(0, 18) / 20)
        if soft:
            own *= np.minimum(np.arange(own.size) / rate / soft, 1)
        sound[start : start + own.size] += own
    return sound, starts


@pytest.mark.parametrize("rate", [16000, 44100, 48000, 96000])
@pytest.mark.parametrize("soft", [0.0, 0.02])
def test_every_attack_is_heard_once_and_its_segment_begins_a_little_before(rate: int, soft: float) -> None:
    sound, starts = struck(rate, 3, soft)
    found = np.array(Onsets(rate).feed(sound))
    early = np.array([(start - found[np.abs(found - start).argmin()]) / rate for start in starts])
    assert len(found) == len(starts)
    assert early.min() >= (0.002 if soft else 0.005)
    assert early.max() <= 0.012


def test_attacks_are_the_same_in_blocks_of_any_size() -> None:
    sound, _ = struck(48000, 5)
    whole, chance, ears, found, k = Onsets(48000).feed(sound), np.random.default_rng(0), Onsets(48000), [], 0
    while k < sound.size:
        size = int(chance.integers(1, 3000))
        found += ears.feed(sound[k : k + size])
        k += size
    assert found == whole
    assert len(whole) > 8


def test_silence_and_a_steady_tone_have_no_attacks_after_the_first() -> None:
    t = np.arange(48000 * 4) / 48000
    tone = (0.2 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)
    assert Onsets(48000).feed(np.zeros(48000, np.float32)) == []
    assert [one for one in Onsets(48000).feed(tone) if one > 4800] == []


def test_where_a_sound_falls_silent_a_segment_of_silence_begins() -> None:
    sound = np.concatenate([note(7), np.zeros(RATE, np.float32), note(0), np.zeros(RATE // 4, np.float32), note(4)])
    attacks, all_ = Onsets(RATE).feed(sound), Onsets(RATE, hush=True).feed(sound)
    assert sorted(set(all_) - set(attacks)) == [pytest.approx(0.55 * RATE, abs=0.006 * RATE)]
    assert len(attacks) == 3


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize("seconds", [0.25, 0.35, 1 / 3, 0.625])
def test_a_grid_never_drifts(rate: int, seconds: float) -> None:
    edges = on_grid(rate * 15, rate, seconds)
    exact = np.arange(len(edges) - 1) * seconds * rate
    assert np.abs(edges[:-1] - exact).max() <= 0.5
    assert edges[-1] == rate * 15


def test_a_grid_of_beats_begins_where_the_first_beat_is_and_a_short_rest_joins_the_last() -> None:
    assert on_grid(100, 48000, 0.5).tolist() == [0, 100]
    assert on_grid(96010, 48000, 0.5).tolist() == [0, 24000, 48000, 72000, 96010]
    assert on_grid(86000, 48000, 0.5, 0.3).tolist() == [0, 14400, 38400, 62400, 86000]


def test_a_grid_gives_way_to_an_attack_within_25_ms_and_to_no_other() -> None:
    edges = given_way(on_grid(96000, 48000, 0.5), np.array([24000 + 1100, 48000 - 1199, 72000 + 1300]), 48000)
    assert edges.tolist() == [0, 25100, 46801, 72000, 96000]


def test_segments_at_attacks_are_neither_too_short_nor_too_long() -> None:
    edges = at_onsets(np.array([100, 9000, 9500, 90000, 475000]), 480000, 48000, shortest=0.12, longest=4.0)
    assert edges[0] == 0
    assert edges[-1] == 480000
    assert np.diff(edges).min() >= 5760
    assert np.diff(edges).max() <= 4 * 48000
    assert {9000, 90000} <= set(edges.tolist())


def test_a_sound_longer_than_a_look_at_a_time_is_cut_the_same() -> None:
    sound, _ = struck(16000, 9)
    long = np.tile(sound, 3)
    assert onsets(lambda a, b: long[a:b], long.size, 16000).tolist() == Onsets(16000).feed(long)
