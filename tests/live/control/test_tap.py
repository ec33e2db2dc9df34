"""Four taps are a tempo; a slip is none; the beat goes where the hand fell."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live.clock import Clock
from live.control.tap import Tapper

RATE = 48000


def tapped(frames: list[float]) -> float | None:
    tapper = Tapper(RATE)
    return [tapper.tap(frame) for frame in frames][-1]


@settings(max_examples=60)
@given(st.floats(40, 300), st.lists(st.floats(-0.02, 0.02), min_size=4, max_size=12), st.integers(0, 10**9))
def test_taps_within_two_hundredths_of_a_beat_give_the_tempo(bpm: float, off: list[float], first: int) -> None:
    beat = 60 * RATE / bpm
    assert tapped([first + (k + slip) * beat for k, slip in enumerate(off)]) == pytest.approx(bpm, rel=0.045)


def test_three_taps_are_not_enough() -> None:
    assert tapped([0, 24000, 48000]) is None


def test_a_tap_that_was_missed_does_not_halve_the_tempo() -> None:
    assert tapped([0, 24000, 48000, 96000, 120000]) == pytest.approx(120.0)


def test_a_pause_begins_anew() -> None:
    assert tapped([0, 24000, 48000, 72000, 400000]) is None


def test_a_hand_that_speeds_up_is_followed() -> None:
    taps = [k * 24000 for k in range(5)]
    for _ in range(8):
        taps.append(taps[-1] + 20000)
    assert tapped(taps) == pytest.approx(144.0)


def test_the_nearest_beat_is_drawn_to_the_last_tap() -> None:
    tapper, clock = Tapper(RATE), Clock(RATE, 100.0)
    paces = [tapper.pace(1000 + 24000 * k, clock) for k in range(4)]
    assert paces[:3] == [None, None, None]
    assert (paces[3].bpm, paces[3].aim, paces[3].aim_at) == (120.0, round(clock.beat(73000)), 73000)
    assert paces[3].within > 0


def test_a_frame_that_runs_backwards_breaks_nothing() -> None:
    assert tapped([72000, 48000, 24000, 0]) is None
