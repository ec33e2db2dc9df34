"""A place that goes bad is faded and named; everybody else plays on to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from live.core import layout as at
from live.core.offline import Offline
from live.score import Drive, Node, Score, Send
from tests.live.ear import RATE, core, heard, highs, louder, tone, trouble

WHY = {"nan": 1, "inf": 1, "1e30": 2}


def bad(one: Offline, name: str) -> int:
    return int(one.stand.meters[one.conductor.places[name].index, at.M_BAD])


@pytest.mark.parametrize("what", WHY)
@pytest.mark.parametrize("block", [64, 441, 1])
def test_what_is_no_number_is_faded_and_named_and_the_others_play_on(what: str, block: int) -> None:
    frames = 6000 if block == 1 else RATE
    with_it, without = core(4, block=block), core(4, block=block)
    rest = {"a": tone(440), "b": louder("a")}
    with_it.play(heard({"x": trouble(what, 3003), "y": louder("x"), **rest}))
    without.play(heard({"x": trouble("fine"), "y": louder("x"), **rest}))
    sound, good = with_it.run(frames), without.run(frames)
    assert np.isfinite(sound).all()
    assert np.array_equal(sound[2:], good[2:])
    assert np.array_equal(sound[:, :3000], good[:, :3000])
    assert not sound[:2, 3003 + 64 + 64 + 256 :].any()
    assert np.abs(np.diff(sound[:2])).max() < 0.02
    assert (bad(with_it, "x"), bad(with_it, "y"), bad(with_it, "a")) == (WHY[what], 0, 0)
    assert with_it.stand.clock[at.C_BAD] == 1


@pytest.mark.parametrize("kind", ["gain", "pan", "filter", "delay", "reverb", "compressor", "tilt"])
def test_who_heard_a_bad_place_sounds_again_when_it_is_swapped(kind: str) -> None:
    one = core(2)
    one.play(heard({"x": trouble("nan", 3000), "y": Node(kind, ("x",))}, Send("y")))
    one.run(RATE)
    one.play(heard({"x": tone(440), "y": Node(kind, ("x",))}, Send("y")))
    one.run(RATE)
    assert np.abs(one.run(RATE)).max() > 0.02
    assert bad(one, "x") == bad(one, "y") == 0


def test_a_bad_treatment_lets_nothing_through_and_its_source_plays_on() -> None:
    one = core(2)
    one.play(heard({"a": tone(440), "x": trouble("nan", 3000)}))
    one.run(RATE)
    sound = one.run(RATE)
    assert highs(sound[0]) < -80
    assert not sound[1].any()


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_direct_current_is_taken_out_without_a_click_whatever_channel_it_is_on(channels: int) -> None:
    one = core(8)
    one.play(heard({"x": trouble("lean", 0, channels)}, Send("x", 0, channels)))
    sound = one.run(4 * RATE)
    assert bad(one, "x") == 3
    assert not sound[:, -RATE:].any()
    assert np.abs(np.diff(sound[:, RATE // 10 :])).max() < 0.01


def test_direct_current_of_a_place_that_only_another_hears_is_found_at_the_output() -> None:
    one = core(2)
    one.play(heard({"x": trouble("lean"), "y": louder("x", 1.0)}, Send("y", 0, 1)))
    one.run(4 * RATE)
    assert (bad(one, "x"), bad(one, "y")) == (0, 3)


@pytest.mark.parametrize(
    "node",
    [tone(30, 1.0), tone(20, 1.5), trouble("click", 2000), tone(55, 1.0, shape="saw"), tone(100, 1.0, shape="square"), Node("noise")],
    ids=["30 Hz", "20 Hz", "one click", "saw", "square", "noise"],
)
def test_low_notes_and_clicks_are_no_direct_current(node: Node) -> None:
    one = core(2)
    one.play(heard({"x": node}))
    one.run(5 * RATE)
    assert bad(one, "x") == 0
    assert one.stand.clock[at.C_BAD] == 0


def test_a_control_that_is_no_number_leaves_what_follows_it_where_it_stood() -> None:
    one = core(1)
    one.play(heard({"m": Node("wild"), "x": tone(440, Drive("m", 0.5))}, Send("x", 0, 1)))
    sound = one.run(RATE)
    assert np.isfinite(sound).all()
    assert np.abs(sound[0, -4800:]).max() == pytest.approx(0.1, rel=0.01)


def test_a_place_that_goes_bad_while_it_fades_ends_in_silence() -> None:
    one = core(2)
    one.play(heard({"x": trouble("nan", 3000)}))
    one.run(2900)
    one.play(Score(), fade=0.1)
    sound = one.run(RATE)
    assert np.isfinite(sound).all()
    assert not sound[:, -RATE // 2 :].any()
    assert not any(one.conductor.taken.values())
