"""The core's own treatments, one by one: what they do is measured, not looked at."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt, welch

from live.core.kinds import Kind
from live.core.treatments.compressor import compressor
from live.core.treatments.delay import delay
from live.core.treatments.filter import MODES, filter_
from live.core.treatments.gain import gain
from live.core.treatments.mix import crossfade, mix
from live.core.treatments.pan import pan
from live.core.treatments.reverb import reverb
from live.core.treatments.spread import spread
from tests.live.alone import Alone, play

RATE = 48000
CUTS = (64, 1, [37, 27], [5, 64, 1, 13, 50, 3])  # ways to cut time into runs
Sound = NDArray[np.float32]


def noise(channels: int, frames: int, seed: int = 1, level: float = 0.3) -> Sound:
    return (np.random.default_rng(seed).standard_normal((channels, frames)) * level).astype(np.float32)


def click(channels: int, frames: int) -> Sound:
    sound = np.zeros((channels, frames), np.float32)
    sound[:, 0] = 1
    return sound


def power(sound: Sound) -> NDArray[np.float64]:
    return np.mean(sound.astype(np.float64) ** 2, axis=-1)


ALL: dict[str, tuple[Kind, list[Sound | None], dict, dict]] = {
    "gain": (gain, [noise(2, 3000)], {"gain": 0.7, "db": -3.0}, {}),
    "pan": (pan, [noise(2, 3000)], {"at": 0.3}, {}),
    "spread": (spread, [noise(2, 3000)], {"at": 0.3, "width": 0.4}, {"channels": 6}),
    "mix": (mix, [noise(2, 3000), noise(1, 3000, 2), noise(3, 3000, 3)], {}, {}),
    "crossfade": (crossfade, [noise(2, 3000), noise(1, 3000, 2)], {"at": 0.3}, {}),
    **{f"filter {m}": (filter_, [noise(3, 3000)], {"cutoff": 900.0, "q": 4.0}, {"mode": m}) for m in MODES},
    "delay": (delay, [noise(2, 3000)], {"time": 0.0101, "feedback": 0.6, "tone": 3000.0, "mix": 0.7}, {"longest": 0.03}),
    "delay of five frames": (delay, [noise(1, 3000)], {"time": 5.3 / RATE, "feedback": 0.9, "mix": 1.0}, {"longest": 0.01}),
    "reverb": (reverb, [noise(2, 3000)], {"size": 0.2, "decay": 1.0, "mix": 0.8}, {}),
    "reverb to five": (reverb, [noise(1, 3000)], {"size": 0.0, "decay": 1.0, "damp": 0.0, "mix": 1.0}, {"channels": 5}),
    "compressor": (compressor, [noise(2, 3000), noise(1, 3000, 2)], {"threshold": -30.0, "attack": 0.001, "release": 0.02}, {}),
    "slow compressor": (compressor, [noise(3, 3000)], {"threshold": -30.0, "attack": 0.5, "release": 0.02}, {}),
}


@pytest.mark.parametrize("name", ALL)
def test_the_sound_is_the_same_bit_for_bit_however_time_is_cut(name):
    kind, ins, controls, settings = ALL[name]
    first, *others = (play(kind, 3000, ins, controls, settings, runs=cut) for cut in CUTS)
    assert np.abs(first).max() > 0.01
    for other in others:
        np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("name", [name for name, (kind, *_) in ALL.items() if kind.controls])
def test_moving_controls_sound_alike_however_time_is_cut(name):
    kind, ins, controls, settings = ALL[name]
    moving = {k: (v, min(v * 1.2, kind.controls[k].high)) for k, v in controls.items()}
    whole, cut = (play(kind, 3000, ins, moving, settings, runs=runs) for runs in (64, [64, 64, 31, 33]))
    assert np.abs(whole - cut).max() < 3e-3 * np.abs(whole).max()


@pytest.mark.parametrize(
    ("kind", "controls"),
    [
        (gain, {}),
        (pan, {}),
        (delay, {"mix": 0.0, "feedback": 0.9}),
        (reverb, {"mix": 0.0, "decay": 20.0}),
        (compressor, {"ratio": 1.0, "threshold": -60.0}),
        (mix, {}),
        (crossfade, {}),
    ],
    ids=lambda x: x.word if isinstance(x, Kind) else "",
)
def test_neutral_settings_leave_the_sound_alone_bit_for_bit(kind, controls):
    sound = noise(2, 1000)
    np.testing.assert_array_equal(play(kind, 1000, [sound], controls, runs=[64, 17]), sound)


CORNERS: list[tuple[Kind, dict]] = [
    (gain, {}),
    (pan, {}),
    (spread, {"channels": 3}),
    (crossfade, {}),
    *((filter_, {"mode": m}) for m in MODES),
    (delay, {"longest": 0.05}),
    (reverb, {}),
    (compressor, {}),
]


@pytest.mark.parametrize(("kind", "settings"), CORNERS, ids=[f"{k.word} {' '.join(map(str, s.values()))}" for k, s in CORNERS])
@pytest.mark.parametrize("rate", [8000, 192000])
def test_every_corner_of_the_controls_is_finite_and_bounded(kind, settings, rate):
    sound = noise(2, 640, level=0.5)
    ends = [(c.low, c.high) for c in kind.controls.values()]
    for corner in itertools.product(*ends):
        made = play(kind, 640, [sound] * max(len(kind.inlets), 1), dict(zip(kind.controls, corner, strict=True)), settings, rate=rate)
        assert np.isfinite(made).all(), corner
        assert np.abs(made).max() < 300, corner
    sweep = dict(zip(kind.controls, ends, strict=True))
    assert np.isfinite(play(kind, 640, [sound] * max(len(kind.inlets), 1), sweep, settings, rate=rate)).all()


# --- gain, pan, spread, mix ---------------------------------------------------------


def test_gain_is_linear_and_its_decibels_multiply():
    sound = noise(1, 64)
    np.testing.assert_allclose(play(gain, 64, [sound], {"gain": 0.5, "db": 6.0}), sound * 0.5 * 10**0.3, rtol=1e-6)


def test_a_gain_that_moves_has_no_step():
    made = play(gain, 960, [np.ones((1, 960), np.float32)], {"gain": (0.0, 4.0)})[0]
    np.testing.assert_allclose(np.diff(made), 4 / 960, atol=1e-5)


def test_a_gain_below_zero_turns_the_sound_over_bit_for_bit():
    sound = noise(3, 200)
    np.testing.assert_array_equal(play(gain, 200, [sound], {"gain": -1.0}), -sound)
    np.testing.assert_allclose(play(gain, 200, [sound], {"gain": -0.6}), -0.6 * sound, rtol=1e-6)


@pytest.mark.parametrize("at", [-1.0, -0.5, 0.0, 0.2, 1.0])
def test_pan_keeps_the_power_of_one_channel(at):
    sound = noise(1, 1000)
    made = play(pan, 1000, [sound], {"at": at})
    assert power(made).sum() == pytest.approx(power(sound)[0], rel=1e-6)


def test_pan_balances_a_stereo_sound():
    sound = noise(2, 64)
    left = play(pan, 64, [sound], {"at": -1.0})
    np.testing.assert_array_equal(left[0], sound[0])
    assert not left[1].any()
    half = play(pan, 64, [sound], {"at": 0.5})
    np.testing.assert_allclose(half[0], sound[0] * math.cos(math.pi / 4), rtol=1e-6)
    np.testing.assert_array_equal(half[1], sound[1])


def test_pan_folds_more_channels_and_loses_none():
    sound = noise(4, 64)
    np.testing.assert_allclose(play(pan, 64, [sound]), sound[:2] + sound[2:], atol=1e-7)


@pytest.mark.parametrize(("outs", "wide"), [(8, 1), (8, 2), (5, 1), (2, 2), (1, 1), (64, 4)])
@pytest.mark.parametrize("width", [0.0, 0.3, 1.0])
def test_spread_keeps_the_total_power_wherever_the_sound_goes(outs, wide, width):
    sound = np.zeros((wide, 64 * wide), np.float32)
    for j in range(wide):
        sound[j, 64 * j : 64 * j + 64] = 1  # one after the other: no sum of equal sounds in one loudspeaker
    for at in np.linspace(0, 1, 9):
        made = play(spread, 64 * wide, [sound], {"at": at, "width": width}, {"channels": outs})
        assert power(made).sum() * wide == pytest.approx(wide, rel=1e-5)


def test_spread_lies_on_a_loudspeaker_or_between_two_neighbours():
    one = np.ones((1, 64), np.float32)
    on = play(spread, 64, [one], {"at": 3 / 8})[:, 0]
    assert on[3] == 1
    assert np.abs(np.delete(on, 3)).max() < 1e-6
    between = play(spread, 64, [one], {"at": 7.5 / 8})[:, 0]
    np.testing.assert_allclose(between[[7, 0]], math.sqrt(0.5), rtol=1e-6)
    everywhere = play(spread, 64, [one], {"at": 0.1, "width": 1.0})[:, 0]
    np.testing.assert_allclose(everywhere, math.sqrt(1 / 8), rtol=1e-3)


def test_mix_adds_bit_for_bit_and_uses_narrow_inputs_again():
    wide, narrow = noise(3, 200), noise(2, 200, 2)
    expected = wide + narrow[[0, 1, 0]]
    np.testing.assert_array_equal(play(mix, 200, [wide, narrow]), expected)


def test_a_crossfade_keeps_the_power_and_ends_bit_for_bit():
    a, b = noise(2, 20000), noise(1, 20000, 2)
    np.testing.assert_array_equal(play(crossfade, 20000, [a, b], {"at": 1.0}), b[[0, 0]])
    middle = play(crossfade, 20000, [a, b], {"at": 0.37})
    assert power(middle)[0] == pytest.approx(power(a)[0], rel=0.03)


# --- filter ---------------------------------------------------------------------------


def response(mode: str, freq: NDArray[np.float64], cutoff: float, q: float) -> NDArray[np.complex128]:
    """The analogue filter, its frequencies bent as the trapezoidal rule bends them."""
    s = 1j * np.tan(np.pi * freq / RATE) / np.tan(np.pi * cutoff / RATE)
    below = s * s + s / q + 1
    over = {"lp": 1, "hp": s * s, "bp": s / q, "notch": s * s + 1, "peak": 1 - s * s}[mode]
    return over / below


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("cutoff", "q"), [(200.0, 0.7), (1000.0, 4.0), (9000.0, 0.5)])
def test_the_filter_answers_as_theory_says_within_a_tenth_of_a_decibel(mode, cutoff, q):
    made = play(filter_, 16384, [click(1, 16384)], {"cutoff": cutoff, "q": q}, {"mode": mode})[0]
    found = np.fft.rfft(made.astype(np.float64))
    freq = np.fft.rfftfreq(16384, 1 / RATE)
    heard = (freq > 20) & (freq < 20000)
    theory = np.abs(response(mode, freq, cutoff, q))
    heard &= theory > 1e-3  # below -60 dB a float32's rounding is what one measures
    off = 20 * np.log10(np.abs(found[heard]) / theory[heard])
    assert np.abs(off).max() < 0.1


def test_a_filter_survives_the_wildest_sweep():
    rng = np.random.default_rng(4)
    sound = noise(2, 64)
    node = Alone(filter_, [2], {"mode": "bp"})
    top, cutoff = 0.0, 1000.0
    for _ in range(2000):
        new = float(20 * 1000 ** rng.random())
        node.turn("cutoff", new, cutoff)
        node.turn("q", 40.0)
        node.ins[0][:] = sound
        node.run(64)
        top, cutoff = max(top, float(np.abs(node.out).max())), new
    assert top < 40


def test_a_sweep_that_stops_is_the_filter_that_stands():
    sound = noise(2, 12800)
    swept = play(filter_, 12800, [sound], {"cutoff": (500.0, 500.0001)})
    still = play(filter_, 12800, [sound], {"cutoff": 500.0})
    np.testing.assert_allclose(swept, still, atol=1e-5)


def test_a_wrong_mode_is_named_with_the_nearest_right_one():
    with pytest.raises(ValueError, match="filter has no mode 'noch'. Nearest: notch"):
        play(filter_, 64, [noise(1, 64)], settings={"mode": "noch"})


# --- delay ----------------------------------------------------------------------------


@pytest.mark.parametrize("frames", [5, 63, 64, 65, 480, 96000])
def test_a_delay_of_whole_frames_is_exact_bit_for_bit(frames):
    sound = noise(2, frames + 700)
    made = play(delay, frames + 700, [sound], {"time": frames / RATE, "mix": 1.0}, runs=[64, 9])
    assert not made[:, :frames].any()
    np.testing.assert_array_equal(made[:, frames:], sound[:, :700])


def test_a_delay_between_frames_is_a_true_fraction():
    t = np.arange(6000)
    tone = lambda late: np.sin(2 * np.pi * 500 * (t - late) / RATE)  # noqa: E731
    made = play(delay, 6000, [tone(0).astype(np.float32)], {"time": 100.4 / RATE, "mix": 1.0})[0]
    assert np.abs(made[200:] - tone(100.4)[200:]).max() < 1e-4


def test_echoes_fall_by_the_feedback():
    made = play(delay, 3000, [click(1, 3000)], {"time": 480 / RATE, "feedback": 0.5, "mix": 1.0})[0]
    np.testing.assert_allclose(made[480::480][:5], [1, 0.5, 0.25, 0.125, 0.0625], rtol=1e-6)


def test_the_tone_darkens_each_echo_but_not_the_first():
    made = play(delay, 3000, [click(1, 3000)], {"time": 960 / RATE, "feedback": 0.9, "mix": 1.0, "tone": 1000.0})[0]
    assert made[960] == 1
    first, second = (np.abs(np.fft.rfft(made[a : a + 960])) for a in (960, 1920))
    k = 20  # 1000 Hz: bins are 50 Hz wide
    pole = 1 - math.exp(-2 * math.pi * 1000 / RATE)
    expected = 0.9 * abs(pole / (1 - (1 - pole) * np.exp(-2j * np.pi * 1000 / RATE)))
    assert second[k] / first[k] == pytest.approx(expected, rel=1e-3)


def test_turning_the_time_bends_and_never_clicks():
    node = Alone(delay, [1])
    node.turn("mix", 1.0)
    node.turn("time", 0.02)
    t = np.arange(96000)
    tone = np.sin(2 * np.pi * 300 * t / RATE).astype(np.float32)
    made = []
    for k in range(1500):
        if k == 500:
            node.turn("time", 0.013)
        node.ins[0][0] = tone[64 * k : 64 * k + 64]
        node.run(64)
        made.append(node.out[0].copy())
    sound = np.concatenate(made)[2000:]
    assert np.abs(np.diff(sound)).max() < 1.3 * np.abs(np.diff(tone)).max()
    np.testing.assert_allclose(made[-1], tone[95936 - 624 : 96000 - 624], atol=1e-5)


def test_a_delay_longer_than_its_tape_stays_within_it():
    made = play(delay, 9000, [click(1, 9000)], {"time": 60.0, "mix": 1.0}, {"longest": 0.1})[0]
    assert np.argmax(made) == 4800


# --- reverb ---------------------------------------------------------------------------


def seconds_to_sixty(sound: Sound, rate: int) -> float:
    """RT60 from the slope of the backward energy between -5 and -35 dB."""
    left = np.cumsum(sound[::-1].astype(np.float64) ** 2)[::-1]
    db = 10 * np.log10(left / left[0] + 1e-30)
    a, b = int(np.argmax(db < -5)), int(np.argmax(db < -35))
    return -60 / np.polyfit(np.arange(a, b) / rate, db[a:b], 1)[0]


@pytest.mark.parametrize(("size", "decay", "rate"), [(0.0, 1.0, 48000), (0.6, 2.0, 48000), (1.0, 4.0, 44100), (0.3, 0.6, 96000)])
def test_the_decay_is_true_within_a_tenth(size, decay, rate):
    frames = int(rate * decay)
    made = play(reverb, frames, [click(2, frames)], {"size": size, "decay": decay, "damp": 0.0, "mix": 1.0}, rate=rate)
    assert seconds_to_sixty(made[0], rate) == pytest.approx(decay, rel=0.1)
    middle = sosfilt(butter(4, [700, 1400], "band", fs=rate, output="sos"), made[1])
    assert seconds_to_sixty(middle, rate) == pytest.approx(decay, rel=0.1)


def test_damping_shortens_the_treble_and_leaves_the_bass():
    made = play(reverb, 96000, [click(1, 96000)], {"decay": 2.0, "damp": 0.7, "mix": 1.0})[0]
    bass = sosfilt(butter(4, 300, fs=RATE, output="sos"), made)
    treble = sosfilt(butter(4, [6000, 12000], "band", fs=RATE, output="sos"), made)
    assert seconds_to_sixty(bass, RATE) == pytest.approx(2.0, rel=0.15)
    assert seconds_to_sixty(treble, RATE) < 0.8


@pytest.mark.parametrize("size", [0.3, 0.6, 1.0])
def test_the_tail_is_dense_and_no_tone_rings_out_of_it(size):
    made = play(reverb, 2 * RATE, [click(2, 2 * RATE)], {"size": size, "decay": 3.0, "damp": 0.0, "mix": 1.0})[0].astype(np.float64)
    early = made[4800:7200]
    assert np.mean(np.abs(early) > early.std()) / 0.3173 > 0.8  # 1 is Gaussian noise: as many samples beyond one sigma
    tail = made[RATE // 2 :] * 10 ** (3 * np.arange(len(made) - RATE // 2) / RATE / 3.0)
    freq, p = welch(tail, RATE, nperseg=8192)
    bumps = 10 * np.log10(p / np.convolve(p, np.ones(101) / 101, "same"))[(freq > 150) & (freq < 4000)]
    assert bumps.max() < 8  # one bad comb stands out by 15 to 20


def test_a_steady_sound_is_about_as_loud_in_every_room():
    sound = noise(2, 3 * RATE, level=0.1)
    for decay in (0.3, 2.0):
        made = play(reverb, 3 * RATE, [sound], {"decay": decay, "damp": 0.0, "mix": 1.0})
        assert 0.5 < np.sqrt(power(made[:, 2 * RATE :]) / power(sound)).mean() < 1.1


def test_the_two_sides_of_a_room_are_different():
    made = play(reverb, RATE, [noise(1, RATE)], {"mix": 1.0})
    assert made.shape[0] == 2
    assert abs(np.corrcoef(made[:, 9600:])[0, 1]) < 0.1


def test_a_room_turned_round_at_once_has_no_click():
    node = Alone(reverb, [1])
    node.turn("mix", 1.0)
    tone = np.sin(2 * np.pi * 200 * np.arange(64 * 1500) / RATE).astype(np.float32) * 0.3
    made = []
    for k in range(1500):
        if k == 800:
            node.turn("size", 0.1)
            node.turn("decay", 8.0)
        node.ins[0][0] = tone[64 * k : 64 * k + 64]
        node.run(64)
        made.append(node.out[0].copy())
    sound = np.concatenate(made)
    high = sosfilt(butter(6, 6000, "high", fs=RATE, output="sos"), sound)
    assert np.abs(high[64 * 700 :]).max() < 3e-3


# --- compressor -----------------------------------------------------------------------


def curve(level: float, threshold: float, ratio: float, knee: float) -> float:
    over = level - threshold
    if 2 * over < -knee:
        return level
    if 2 * over <= knee:
        return level + (1 / ratio - 1) * (over + knee / 2) ** 2 / (2 * knee)
    return threshold + over / ratio


@pytest.mark.parametrize(("threshold", "ratio", "knee"), [(-20.0, 4.0, 6.0), (-40.0, 2.0, 24.0), (-10.0, 100.0, 0.0)])
def test_the_static_curve_is_true_within_five_hundredths_of_a_decibel(threshold, ratio, knee):
    at = {"threshold": threshold, "ratio": ratio, "knee": knee, "attack": 0.001, "release": 0.01}
    for level in np.arange(-57.0, 12.0, 3.0):
        steady = np.full((1, 4800), 10 ** (level / 20), np.float32)
        made = play(compressor, 4800, [steady], at)[0, -1]
        assert 20 * math.log10(made) == pytest.approx(curve(level, threshold, ratio, knee), abs=0.05)


def test_attack_and_release_take_the_time_they_say():
    loud = np.full((1, RATE), 0.01, np.float32)
    loud[0, 9600:28800] = 1.0
    made = play(compressor, RATE, [loud], {"threshold": -20.0, "ratio": 100.0, "attack": 0.02, "release": 0.1, "knee": 0.0})[0]
    less = 20 * np.log10(loud[0] / made)
    full = less[28799]
    assert less[9600 + 960] == pytest.approx(full * (1 - math.exp(-1)), rel=0.01)
    assert less[28800 + 4800] == pytest.approx(full * math.exp(-1), rel=0.01)


def test_the_side_chain_decides_and_the_makeup_lifts():
    quiet, loud = np.full((2, 9600), 0.01, np.float32), np.full((1, 9600), 1.0, np.float32)
    at = {"threshold": -20.0, "ratio": 2.0, "attack": 0.001, "knee": 0.0}
    made = play(compressor, 9600, [quiet, loud], at)
    assert made.shape[0] == 2
    np.testing.assert_allclose(20 * np.log10(made[:, -1] / 0.01), -10, atol=0.02)
    lifted = play(compressor, 9600, [quiet], {**at, "makeup": 6.0})
    np.testing.assert_allclose(20 * np.log10(lifted[:, -1] / 0.01), 6, atol=0.01)
