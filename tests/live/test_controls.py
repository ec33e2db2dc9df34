"""The core's own controls: what they say at the end of each run."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from live.core import layout
from live.core.controls.env import env
from live.core.controls.follow import follow
from live.core.controls.lfo import SHAPES, lfo
from live.core.controls.maths import add, choose, curve, least, most, scale, smooth, times
from live.core.controls.seq import euclid, hits
from live.core.kinds import Kind
from live.core.offline import Offline
from live.score import Drive, Node, Score, Send
from tests.live.alone import Alone, play

RATE = 48000
CUTS = ([64], [37, 27], [5, 64, 1, 13, 50, 3])


def line(kind: Kind, frames: int, runs: list[int], **said: object) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The ends of the runs, and what the control says there."""
    made = play(kind, frames, runs=runs, **said)[0]
    ends = np.minimum(np.cumsum(np.resize(runs, len(made))), frames)
    return ends, made


def agree(kind: Kind, frames: int, exact: bool = True, **said: object) -> None:
    """However time is cut, the control says the same where two cuts end at the same frame."""
    spots, value = line(kind, frames, [1], **said)
    for cut in CUTS:
        ends, made = line(kind, frames, cut, **said)
        expected = value[np.searchsorted(spots, ends)]
        if exact:
            np.testing.assert_array_equal(made, expected)
        else:
            np.testing.assert_allclose(made, expected, atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("beats", [0.0, 0.25])
def test_an_lfo_is_the_same_however_time_is_cut(shape, beats):
    agree(lfo, 9000, controls={"rate": 7.3, "low": -2.0, "high": 3.0}, settings={"shape": shape, "beats": beats})


@pytest.mark.parametrize("shape", SHAPES)
def test_an_lfo_stays_between_low_and_high_and_reaches_for_both(shape):
    _, made = line(lfo, RATE * 4, [48], controls={"rate": 10.0, "low": -2.0, "high": 3.0}, settings={"shape": shape})
    assert made.min() >= -2
    assert made.max() <= 3
    assert np.ptp(made) > 3.5


def test_an_lfo_keeps_its_rate_to_a_millionth():
    ends, made = line(lfo, RATE * 20, [64], controls={"rate": 3.7}, settings={"shape": "saw"})
    turns = np.unwrap(made, period=1.0)
    assert np.polyfit(ends / RATE, turns, 1)[0] == pytest.approx(3.7, rel=1e-6)


def test_an_lfo_in_beats_follows_the_tempo_exactly():
    node = Alone(lfo, settings={"shape": "saw", "beats": 4.0})
    node.tempo[[layout.T_BPM, layout.T_BEAT0, layout.T_FRAME0]] = 93, 1.5, -200
    for _ in range(500):
        node.run(64)
        beat = 1.5 + (node.t + 200) * 93 / (60 * RATE)
        assert node.value == pytest.approx(beat / 4 % 1, abs=1e-12)


def test_random_holds_for_a_cycle_and_belongs_to_its_seed():
    said = {"controls": {"rate": 100.0}, "settings": {"shape": "random"}}
    _, made = line(lfo, 480 * 200, [48], **said)
    held = made[:-1].reshape(-1)
    assert len(np.unique(held)) in range(195, 203)
    assert np.abs(np.mean(np.unique(held)) - 0.5) < 0.08
    np.testing.assert_array_equal(made, line(lfo, 480 * 200, [48], **said)[1])
    assert (made != line(lfo, 480 * 200, [48], seed=2, **said)[1]).any()


def test_drift_wanders_without_a_step():
    _, made = line(lfo, RATE, [48], controls={"rate": 5.0}, settings={"shape": "drift"})
    assert np.abs(np.diff(made)).max() < 1.5 * 5.0 / 1000 + 1e-3


def test_a_control_begins_where_it_stands_and_does_not_rise_from_zero():
    for kind, where, said in [
        (lfo, 0.5, {}),
        (lfo, 1.0, {"shape": "square"}),
        (scale, 7.0, {}),
        (smooth, 2.0, {}),
    ]:
        node = Alone(kind, settings=said)
        if kind is not lfo:
            node.turn("x", 2.0)
        if kind is scale:
            node.turn("a", 3.0)
            node.turn("b", 1.0)
        node.run(64)
        assert node.table[node.slot] == where


def test_a_wrong_shape_is_named_with_the_nearest_right_one():
    with pytest.raises(ValueError, match="lfo has no shape 'sinus'. Nearest: sine"):
        Alone(lfo, settings={"shape": "sinus"})


# --- env --------------------------------------------------------------------------------

GESTURE = {"attack": 0.01, "hold": 0.005, "decay": 0.02, "sustain": 0.5, "release": 0.03}


def test_a_gesture_goes_up_holds_falls_stays_and_goes_away():
    ends, made = line(env, 9600, [1], controls=GESTURE, events=[(480, 1, 0.8), (4800, 2)])
    at = dict(zip(ends, made, strict=True))
    assert at[480] == 0
    assert at[480 + 240] == pytest.approx(0.4)
    assert at[480 + 480] == pytest.approx(0.8)
    assert at[480 + 720] == pytest.approx(0.8)
    assert at[480 + 720 + 960] == pytest.approx(0.4, abs=1e-6)
    assert at[4800] == pytest.approx(0.4)
    assert 0 < at[4800 + 720] < 0.2
    assert at[4800 + 1440] == 0
    assert np.abs(np.diff(made)).max() < 0.01


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2500), st.sampled_from([1, 2]), st.floats(0.1, 2)), max_size=12))
def test_a_gesture_is_the_same_however_time_is_cut(events):
    agree(env, 3000, controls=GESTURE, events=events)


def test_a_gesture_that_begins_again_does_not_jump():
    events = [(k * 700, 1, 1.0) for k in range(8)]
    _, made = line(env, 6000, [2], controls=GESTURE, events=events)
    assert np.abs(np.diff(made)).max() < 0.02


def test_a_gesture_goes_by_itself_every_so_many_beats():
    said = {
        "controls": {**GESTURE, "attack": 0.0, "hold": 0.0, "decay": 0.0, "sustain": 1.0, "release": 0.0},
        "settings": {"every": 0.125, "gate": 0.5},
    }
    ends, made = line(env, 9000, [1], **said)  # 120 bpm: a beat is 24000 frames; every 3000, held 1500
    on = made > 0.5
    assert on.mean() == pytest.approx(0.5, abs=0.001)
    rises = ends[1:][np.diff(on.astype(int)) == 1]
    np.testing.assert_array_equal(rises, [3001, 6001])
    agree(env, 9000, **said)


@pytest.mark.parametrize("low", [0.0, 1.0])
def test_a_gesture_of_no_time_at_all_is_finite(low):
    controls = {name: c.low if low == 0.0 else c.high for name, c in env.controls.items()}
    _, made = line(env, 3000, [64, 3], controls=controls, events=[(10, 1, 1), (1000, 2)])
    assert np.isfinite(made).all()


# --- follow -------------------------------------------------------------------------------


def test_follow_hears_the_amplitude_of_a_tone_in_numbers_or_decibels():
    tone = 0.25 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    at = {"attack": 0.0005, "release": 0.5}
    assert play(follow, RATE, [tone], at)[0, -1] == pytest.approx(0.25, rel=0.03)
    assert play(follow, RATE, [tone], at, {"db": True})[0, -1] == pytest.approx(20 * math.log10(0.25), abs=0.3)


def test_follow_rises_and_falls_in_the_time_it_says():
    sound = np.zeros(16320)
    sound[960:9600] = 1
    ends, made = line(follow, 16320, [48], ins=[sound], controls={"attack": 0.02, "release": 0.1})
    at = dict(zip(ends, made, strict=True))
    assert at[960 + 960] == pytest.approx(1 - math.exp(-1), rel=0.01)
    assert at[9600 + 4800] == pytest.approx(math.exp(-1), rel=0.01)


def test_follow_is_the_same_however_time_is_cut():
    sound = np.random.default_rng(1).standard_normal((2, 5000))
    agree(follow, 5000, ins=[sound])


# --- maths --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "controls", "expected"),
    [
        (scale, {"x": 2.0, "a": 3.0, "b": -1.0}, 5.0),
        (add, {"a": 2.0, "b": 3.5}, 5.5),
        (times, {"a": 2.0, "b": 3.5}, 7.0),
        (least, {"a": 2.0, "b": 3.5}, 2.0),
        (most, {"a": 2.0, "b": 3.5}, 3.5),
        (curve, {"x": 0.25, "low": 10.0, "high": 20.0}, 12.5),
        (choose, {"when": 0.6, "a": 2.0, "b": 3.0}, 2.0),
        (choose, {"when": 0.5, "a": 2.0, "b": 3.0}, 3.0),
        (smooth, {"x": 4.0}, 4.0),
    ],
    ids=lambda x: x.word if isinstance(x, Kind) else "",
)
def test_sums_come_out_right(kind, controls, expected):
    assert play(kind, 64, controls=controls)[0, -1] == pytest.approx(expected)


def test_a_log_curve_travels_evenly_in_ratio():
    made = [play(curve, 64, controls={"x": x, "low": 20.0, "high": 20000.0}, settings={"log": True})[0, -1] for x in (0, 1 / 3, 2 / 3, 1)]
    np.testing.assert_allclose(made, [20, 200, 2000, 20000])
    assert play(curve, 64, controls={"x": 0.5, "low": -1.0, "high": 1.0}, settings={"log": True})[0, -1] == 0


def test_smooth_lags_by_its_seconds_however_time_is_cut():
    agree(smooth, 4800, exact=False, controls={"x": (0.0, 1.0), "lag": 0.02})
    node = Alone(smooth)
    node.turn("lag", 0.1)
    node.run(64)
    node.turn("x", 1.0)
    for _ in range(4800 // 64):
        node.run(64)
    assert node.value == pytest.approx(1 - math.exp(-1), rel=1e-6)


# --- seq ----------------------------------------------------------------------------------


def test_steps_become_beats_and_gains():
    assert hits("x-o- xx-o", 0.25, 0.0, 0, 2) == [(0, 1.0), (0.5, 0.6), (1.0, 1.0), (1.25, 1.0), (1.75, 0.6)]


def test_swing_makes_every_second_step_late():
    assert [b for b, _ in hits("xx", 0.5, 1.0, 0, 2)] == pytest.approx([0, 2 / 3, 1, 5 / 3])


@settings(max_examples=200, deadline=None)
@given(
    steps=st.text("xo-. ", min_size=1, max_size=12).filter(lambda s: s.strip()),
    every=st.floats(0.05, 4),
    swing=st.floats(0, 1),
    cuts=st.lists(st.floats(-20, 20), min_size=2, max_size=8).map(sorted),
)
def test_hits_over_pieces_are_the_hits_over_the_whole(steps, every, swing, cuts):
    pieces = [h for a, b in zip(cuts, cuts[1:], strict=False) for h in hits(steps, every, swing, a, b)]
    assert pieces == hits(steps, every, swing, cuts[0], cuts[-1])


def test_a_wrong_step_is_named():
    with pytest.raises(ValueError, match="has 'y' at 3"):
        hits("x-y", 1, 0, 0, 1)
    with pytest.raises(ValueError, match="at least one step"):
        hits("  ", 1, 0, 0, 1)


def test_euclid_spreads_hits_evenly():
    assert euclid(3, 8) == "x--x--x-"
    assert euclid(4, 16) == "x---" * 4
    assert euclid(0, 4) == "----"
    assert euclid(9, 4) == "xxxx"


@given(st.integers(0, 32), st.integers(1, 32), st.integers(-40, 40))
def test_euclid_has_as_many_hits_as_asked_and_turning_only_turns(k, n, turn):
    made = euclid(k, n, turn)
    straight = euclid(k, n)
    assert made.count("x") == min(k, n)
    assert made in straight + straight
    gaps = [len(g) for g in (straight * 2).strip("-").split("x")[1:-1]]
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_one_sound_while_a_condition_holds_and_else_another_changes_without_a_click():
    """when(cond, a, b), as the language writes it: crossfade(b, a, at=smooth(choose(cond, 1, 0), lag=0.02))."""

    def changed(lag: float) -> NDArray[np.float32]:
        places = {
            "a": Node("tone", controls={"freq": 100.0, "gain": 0.3}),
            "b": Node("tone", controls={"freq": 150.0, "gain": 0.3}),
            "if": Node("choose", controls={"when": Drive("knob:1", 1.0), "a": 1.0, "b": 0.0}),
            "at": Node("smooth", controls={"x": Drive("if"), "lag": lag}),
            "when": Node("crossfade", ("b", "a"), controls={"at": Drive("at")}),
        }
        core = Offline(RATE, 1)
        core.play(Score(places=places, sends=(Send("when", 0, 1),)))
        core.run(RATE)
        core.stand.knobs[1] = 1.0
        return core.run(RATE)[0]

    def click(x: NDArray[np.float32]) -> float:
        return 20 * math.log10(np.abs(sosfilt(butter(4, 2000, "hp", fs=RATE, output="sos"), x)[100:]).max())

    assert click(changed(0.02)) < -70
    assert click(changed(0.0)) > -58
    after = changed(0.02)[RATE // 2 :]
    turn = np.abs(np.fft.rfft(after * np.hanning(len(after))))
    assert turn.argmax() == 50
    assert turn[75] < 1e-6 * turn[50]
