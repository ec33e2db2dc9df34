"""What leaves the core never exceeds the ceiling, and is untouched to the bit while it need not be held back."""

from __future__ import annotations

import math

import numpy as np
import pytest

from live.core import layout as at
from live.core.stand import LOOKAHEAD
from live.score import Drive, Node, Score, Send
from tests.live.ear import RATE, Sound, core, heard, tone, trouble

CEILING = np.float32(10 ** (-1 / 20))


def played(score: Score, frames: int = RATE, block: int = 256, channels: int = 2) -> Sound:
    one = core(channels, block=block)
    one.play(score, fade=0)
    return one.run(frames)


LOUD = {
    "full-scale steps": heard({"a": trouble("loud")}),
    "a sine far too loud": heard({"a": tone(100, 2.0)}, Send("a", gain=16.0)),
    "noise": heard({"a": Node("noise", controls={"gain": 4.0})}),
    "plucked strings": heard({"a": Node("pluck", controls={"gain": 4.0})}),
    "one click": heard({"a": trouble("click", since=5000)}, Send("a", gain=9.0)),
    "nearly nothing, then steps": heard({"a": trouble("loud", since=9999)}),
    "thirty sines": heard({f"a{k}": tone(110.0 * (k + 1)) for k in range(30)}, *[Send(f"a{k}") for k in range(30)]),
}


@pytest.mark.parametrize("what", LOUD)
@pytest.mark.parametrize("block", [64, 441, 1024])
def test_nothing_exceeds_the_ceiling(what: str, block: int) -> None:
    sound = played(LOUD[what], 24000, block)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= CEILING


def test_what_is_below_the_ceiling_leaves_as_it_came_to_the_bit() -> None:
    quiet, limited = heard({"a": tone(443, 0.85)}, Send("a", 0, 1)), core(1)
    open_ = core(1, ceiling_db=40.0)
    for one in (limited, open_):
        one.play(quiet)
    assert np.array_equal(limited.run(RATE), open_.run(RATE))
    assert limited.stand.clock[at.C_LIMITED] == 0


def test_the_limiter_is_transparent_again_after_it_has_worked() -> None:
    places = {"a": tone(443, 0.4), "c": trouble("click", since=9000)}
    limited = played(heard(places, Send("a", 0, 1), Send("c", 0, 1, 8.0)), 3 * RATE)[0]
    plain = played(heard(places, Send("a", 0, 1), Send("c", 0, 1, 0.0)), 3 * RATE)[0]
    assert np.array_equal(limited[:9000], plain[:9000])
    assert not np.array_equal(limited[9000:20000], plain[9000:20000])
    assert np.array_equal(limited[-RATE // 2 :], plain[-RATE // 2 :])


def test_a_step_is_held_exactly_at_the_ceiling_of_minus_one_decibel() -> None:
    sound = played(heard({"a": trouble("loud")}))[:, 4800:]
    assert 20 * math.log10(float(np.abs(sound).max())) == pytest.approx(-1.0, abs=1e-4)


def test_the_gain_moves_smoothly_and_is_down_before_the_peak() -> None:
    low, high = tone(1000, 0.1), trouble("click", since=9600)
    sound = played(heard({"a": low, "c": high}, Send("a", 0, 1), Send("c", 1, 1, 8.0)))
    steady = played(heard({"a": low, "c": high}, Send("a", 0, 1), Send("c", 1, 1, 0.0)))
    loud = np.abs(steady[0]) > 0.05
    gain = sound[0][loud] / steady[0][loud]
    spots = np.flatnonzero(loud)
    peak = 9600 + LOOKAHEAD
    assert sound[1].max() <= CEILING
    assert gain[np.searchsorted(spots, peak)] == pytest.approx(CEILING / 8, rel=0.02)
    assert np.allclose(gain[spots < peak - LOOKAHEAD - 1], 1)
    assert np.abs(np.diff(gain) / np.diff(spots)).max() < 1.5 / LOOKAHEAD


def test_both_channels_are_held_back_together() -> None:
    sound = played(heard({"a": trouble("loud"), "b": tone(300, 0.5)}, Send("a", 0, 1), Send("b", 1, 1)))
    assert np.abs(sound[1][4800:]).max() < 0.3


def test_the_gate_is_shut_within_ten_milliseconds_and_opens_again() -> None:
    one = core(2)
    one.play(heard({"a": tone(443, 0.5), "b": trouble("loud")}))
    one.run(RATE)
    one.stand.clock[at.C_GATE] = 1
    shut = one.run(RATE // 10)
    assert not shut[:, RATE // 100 :].any()
    one.stand.clock[at.C_GATE] = 0
    assert np.abs(one.run(RATE // 10)[:, -480:]).max() > 0.1


def test_the_ceiling_holds_while_everything_moves() -> None:
    one = core(2)
    one.play(heard({"l": Node("lfo", (), {"rate": 9.0, "low": 0.0, "high": 16.0}), "a": trouble("loud")}, Send("a", gain=Drive("l"))))
    for k in range(50):
        one.stand.knobs[3] = k % 2
        sound = one.run(441)
        assert np.abs(sound).max() <= CEILING
