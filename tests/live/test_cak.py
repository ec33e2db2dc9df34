"""cak in the core: at texture 0 not a bit is changed; turned up it is the published law, without a click, as late as it says."""

from __future__ import annotations

import numpy as np
import pytest

from engines.cak import NUMBERS, effective, find
from live.bench.cak_ear import BARE, hiss, level_db, lsd, mixed, snr, spurs, tone, whole
from live.bench.cak_twin import Twin
from live.core.hops import shift
from live.core.kernels.cak import MODES, frame
from live.core.treatments.spectral import CAK
from live.vocabulary import vocabulary
from tests.live.alone import Alone, play

CARRIER = 43 * 48000 / 2048  # the middle of a bin
SPLITS = {"1": 1, "7": 7, "64": 64, "mixed": (1, 64, 13, 2, 50, 37)}
PUBLISHED = find("published")
OTHER = dict(zip(NUMBERS, PUBLISHED.mirrored().inverted().numbers, strict=True))


def late_of(settings: dict, rate: int = 48000) -> int:
    return CAK.latency({**CAK.settings, **settings}, rate)


def worn(x, c=0.0, settings=None, *, runs=64, rate=48000, **controls):
    """Through it and moved back."""
    settings = settings or {}
    late = late_of(settings, rate)
    fed = np.pad(x, ((0, 0), (0, late)))
    return play(CAK, fed.shape[1], [fed], {"texture": c, **controls}, settings, runs=runs, rate=rate)[:, late:]


def ridden(x, moves, settings=None, controls=None):
    """Through it while controls are turned: (frame, {name: value}), set in the run that begins there."""
    settings = settings or {}
    late = late_of(settings)
    node = Alone(CAK, [len(x)], settings)
    for name, value in (controls or {}).items():
        node.turn(name, value)
    fed, made, left = np.pad(x, ((0, 0), (0, late))), [], sorted(moves, key=lambda move: move[0])
    for a in range(0, fed.shape[1] - fed.shape[1] % 64, 64):
        while left and left[0][0] <= a:
            for name, value in left.pop(0)[1].items():
                node.turn(name, value)
        node.ins[0][:] = fed[:, a : a + 64]
        node.run(64)
        made.append(node.out.copy())
    return np.concatenate(made, axis=1)[:, late:]


# --- nothing is changed ------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("channels", [1, 2, 8])
@pytest.mark.parametrize("split", SPLITS)
def test_texture_0_leaves_the_sound_to_the_bit(mode, channels, split) -> None:
    frames = 5000 if split != "1" else 3000
    for x in (hiss(frames / 48000, 1.2, channels), hiss(frames / 48000, 1e-5, channels), np.full((channels, frames), 0.4, np.float32)):
        y = worn(x, 0.0, {"mode": mode}, runs=SPLITS[split])
        assert y.tobytes() == x.tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_turned_back_to_0_the_sound_is_its_old_self_to_the_bit_after_the_frame_and_16_hops(mode) -> None:
    x, off = hiss(1.5), 24000
    y = ridden(x, [(off, {"texture": 0.0})], {"mode": mode}, {"texture": 1.0})
    frames, hop, *_ = frame({**CAK.settings, "mode": mode}, 48000)
    since = off - late_of({"mode": mode}) + frames + 16 * hop + late_of({"mode": mode})
    end = y.shape[1]
    assert np.array_equal(y[:, since:], x[:, since:end])
    assert not np.array_equal(y[:, 8000:20000], x[:, 8000:20000])


@pytest.mark.parametrize("mode", MODES)
def test_silence_stays_silent_at_every_texture(mode) -> None:
    for c in (0.0, 0.3, 1.0):
        assert not worn(np.zeros((1, 6000), np.float32), c, {"mode": mode}).any()


def test_mix_0_leaves_the_sound_to_the_bit() -> None:
    x = hiss(0.2)
    assert np.array_equal(worn(x, 1.0, mix=0.0), x)


# --- as late as it says ---------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("more", [{}, {"size": 1024}, {"size": 512, "hop": 64}, {"match": False}])
@pytest.mark.parametrize("rate", [44100, 96000])
def test_a_click_comes_out_at_the_frame_it_says_and_the_language_says_the_same(mode, more, rate) -> None:
    settings = {"mode": mode, **more}
    x = np.zeros((1, 14000), np.float32)
    x[0, 1234] = 0.5
    late = late_of(settings, rate)
    y = play(CAK, 14000, [x], {"texture": 0.0}, settings, rate=rate)[0]
    assert np.flatnonzero(y).tolist() == [1234 + late]
    assert vocabulary()["cak"].latency({**CAK.settings, **settings}, rate) == late
    assert (late == 0) == (mode == "live")


# --- the law ------------------------------------------------------------------------------------------


def law(x, c, settings, kernel=PUBLISHED, e=None):
    """The same at once, in double precision, its frames where the core has them."""
    size, hop, *_ = frame({**CAK.settings, **settings}, 48000)
    held = kernel if settings["mode"] == "centred" else kernel.held()
    amount = effective(c, kernel.scale) if e is None else e
    return np.stack([whole(channel, amount, held, shift(1, hop), size=size, hop=hop) for channel in x])


@pytest.mark.parametrize("mode", ["centred", "hold"])
@pytest.mark.parametrize("c", [0.5, 1.0])
def test_streaming_equals_the_whole_file_to_100_db(mode, c) -> None:
    x, settings = np.concatenate([mixed(0.5), hiss(0.5)]), {"mode": mode, "match": False}
    assert snr(worn(x, c, settings), law(x, c, settings)) > 100


@pytest.mark.parametrize("mode", ["centred", "hold"])
def test_the_core_and_its_numpy_twin_say_the_same(mode) -> None:
    x, moved = mixed(0.5), shift(1, 512)
    twin = Twin(PUBLISHED, 1, centred=mode == "centred").whole(np.pad(x, ((0, 0), (moved, 0))), [0.8])[:, moved:]
    assert snr(worn(x, 0.8, {"mode": mode, "match": False}), twin) > 100


def test_linear_makes_the_amount_go_with_the_knob() -> None:
    x, settings = mixed(0.5), {**BARE, "linear": True}
    for c in (0.05, 0.6):
        assert snr(worn(x, c, settings), law(x, c, settings, e=c * PUBLISHED.scale)) > 100


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("split", SPLITS)
def test_the_sound_does_not_depend_on_the_cut(mode, split) -> None:
    frames = 6000 if split != "1" else 3000
    x = np.concatenate([mixed(frames / 48000), hiss(frames / 48000)])
    assert np.array_equal(worn(x, 0.7, {"mode": mode}), worn(x, 0.7, {"mode": mode}, runs=SPLITS[split]))


def test_hold_sounds_like_centred_within_a_decibel() -> None:
    x = mixed(1.0)
    assert lsd(worn(x, 1.0, {"mode": "hold", "match": False}), worn(x, 1.0, BARE)) < 1.0
    assert lsd(x, worn(x, 1.0, BARE)) > 5.0


def test_each_channel_has_its_texture_and_the_ninth_the_firsts() -> None:
    x = np.repeat(hiss(0.3), 9, axis=0)
    y = worn(x, 0.0, {"match": False}, texture2=1.0, texture3=0.5)
    assert [np.array_equal(y[k], x[k]) for k in range(9)] == [True, False, False, True, True, True, True, True, True]
    assert np.array_equal(y[1:2], worn(x[:1], 1.0, {"match": False}))


def test_the_band_and_the_curve_say_at_which_pitch() -> None:
    x = hiss(0.5, 0.01)
    full = worn(x, 1.0, BARE) - x

    def share(y, low, high):
        a, b = (np.abs(np.fft.rfft(s[0, 4096:-4096])) ** 2 for s in (y - x, full))
        hz = np.fft.rfftfreq(x.shape[1] - 8192, 1 / 48000)
        part = (hz > low) & (hz < high)
        return a[part].sum() / b[part].sum()

    banded = worn(x, 1.0, BARE, low=1000.0, high=4000.0)
    assert share(banded, 50, 700) < 1e-3
    assert share(banded, 1500, 3000) > 0.9
    assert share(banded, 6000, 20000) < 1e-3
    bent = worn(x, 1.0, {**BARE, "curve": ((500.0, 0.0), (501.0, 1.0))})
    assert share(bent, 50, 400) < 1e-3
    assert share(bent, 800, 20000) > 0.9


# --- the hand ---------------------------------------------------------------------------------------


STAIRS = [(k * 640, {"texture": round(k * 2 / 127, 3)}) for k in range(63)]
WAYS = {
    "a staircase": STAIRS,
    "0.2 and 0.7 at 10 Hz": [(k * 4800, {"texture": 0.2 + 0.5 * (k % 2)}) for k in range(10)],
    "0 to 1": [(0, {"texture": 0.0}), (24000, {"texture": 1.0})],
    "at random": [(k * 512, {"texture": float(v)}) for k, v in enumerate(np.random.default_rng(1).uniform(0, 1, 90))],
    "another kernel": [(0, {"texture": 0.8}), (24000, OTHER)],
}


@pytest.mark.parametrize("mode", ["centred", "hold"])
@pytest.mark.parametrize("way", WAYS)
def test_no_way_of_turning_is_heard_beside_the_tone(mode, way) -> None:
    y = ridden(tone(CARRIER, -20, 1.0), WAYS[way], {"mode": mode})
    assert spurs(y[:, :47000], CARRIER) < -95


# --- safe ---------------------------------------------------------------------------------------------


def test_matched_it_is_about_as_loud_as_before_and_within_full_scale() -> None:
    for x in (mixed(1.5), hiss(1.5, 0.25).clip(-1, 1)):
        for c in (0.5, 1.0):
            y = worn(x, c)
            assert abs(level_db(y[:, 4096:]) - level_db(x[:, 4096:])) < 3
            assert np.abs(y).max() <= 1


def test_a_beat_is_not_eaten_by_what_rang_before_it() -> None:
    rng = np.random.default_rng(1)
    t = np.arange(72000)
    hit = np.sin(2 * np.pi * 90 * t / 48000) * np.exp(-(t % 12000) / 3000) * 0.5
    x = (hit + 0.002 * rng.standard_normal(len(t))).astype(np.float32)[None]
    y = worn(x, 1.0)
    assert abs(level_db(y[:, 24000:]) - level_db(x[:, 24000:])) < 3


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e20, -10.0, 1e-40])
def test_after_a_bad_sample_it_is_itself_again(mode, bad) -> None:
    x = hiss(0.8)
    x[0, 5000:5003] = bad
    y = worn(x, 0.6, {"mode": mode, "match": False})
    good = hiss(0.8)
    assert np.isfinite(y[:, 5000 + 3 * 2048 :]).all()
    assert np.allclose(y[:, 5000 + 3 * 2048 :], worn(good, 0.6, {"mode": mode, "match": False})[:, 5000 + 3 * 2048 :], atol=1e-4)


@pytest.mark.parametrize("mode", MODES)
def test_after_a_bad_sample_the_match_and_the_guard_live_on(mode) -> None:
    x = hiss(1.0)
    x[0, 5000:5003] = np.nan
    y = worn(x, 0.6, {"mode": mode})[:, 5000 + 3 * 2048 :]
    assert np.isfinite(y).all()
    assert abs(level_db(y) - level_db(hiss(1.0))) < 3
