"""The core's own sources, each alone: what they sound like, and that time may be cut into any runs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from live.core.sounds import SoundError
from live.core.sources import clip as clips
from live.core.sources import pager
from live.core.sources.clip import CLIP
from live.core.sources.grains import GRAINS
from live.core.sources.noise import NOISE
from live.core.sources.pluck import PLUCK
from live.core.sources.tone import TONE
from tests.live.alone import Alone, play

RATE = 48000
RUNS = [13, 64, 1, 7, 50]


def rough(frames: int, channels: int = 2, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, frames))).astype(np.float32)


@pytest.fixture(scope="module")
def rain(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], np.ndarray]:
    """A rough stereo sound of 10000 frames: the setting that plays it, and its frames."""
    x = rough(10000)
    path = tmp_path_factory.mktemp("sounds") / "rain.wav"
    soundfile.write(path, x.T, RATE, subtype="FLOAT")
    return {"file": str(path)}, x


@pytest.fixture
def streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], np.ndarray]:
    """Twenty seconds that are too long for memory."""
    x = rough(20 * RATE, channels=1)
    soundfile.write(tmp_path / "long.wav", x.T, RATE, subtype="FLOAT")
    monkeypatch.setattr(clips, "IN_MEMORY", 5.0)
    return {"file": str(tmp_path / "long.wav")}, x


def in_real_time(node: Alone, frames: int, every: int = RATE // 4) -> np.ndarray:
    """Play on, with the pager coming by as often as told (0: never)."""
    made = []
    for done in range(0, frames, 64):
        if every and done % (every // 64 * 64) == 0:
            pager.PAGER.catch_up()
        node.run(64)
        made.append(node.out.copy())
    return np.concatenate(made, axis=1)[:, :frames]


def largest_step(x: np.ndarray) -> float:
    return float(np.abs(np.diff(x)).max())


# --- clip -----------------------------------------------------------------------


def test_a_loop_at_speed_1_is_the_file_bit_for_bit(rain: Any) -> None:
    loop, x = rain
    assert np.array_equal(play(CLIP, 25000, settings=loop, runs=RUNS), np.tile(x, 3)[:, :25000])


def test_backwards_at_speed_1_is_the_file_backwards(rain: Any) -> None:
    loop, x = rain
    want = np.tile(x[:, ::-1], 2)[:, :15000]
    assert np.array_equal(play(CLIP, 15000, settings=loop, controls={"rate": -1}), want)
    assert np.array_equal(play(CLIP, 15000, settings={**loop, "reverse": True}), want)


def test_start_and_stop_cut_the_loop_out(rain: Any) -> None:
    loop, x = rain
    cut = {**loop, "start": 0.05, "stop": 0.1}
    assert np.array_equal(play(CLIP, 6000, settings=cut), np.tile(x[:, 2400:4800], 3)[:, :6000])


@pytest.mark.parametrize("rate", [1, 1.0001, 0.73, 1.9, -1, -2.5, 8, 0.005])
@pytest.mark.parametrize("loop", [True, False])
def test_a_clip_sounds_the_same_in_any_runs(rain: Any, rate: float, loop: bool) -> None:
    events = [(3000, 1, 500, 0.7), (3050, 1, 0, 1), (9001, 2)]
    told = {"settings": {**rain[0], "loop": loop}, "controls": {"rate": rate, "gain": 0.9}, "events": events}
    whole = play(CLIP, 12000, **told)
    assert np.array_equal(play(CLIP, 12000, runs=RUNS, **told), whole)
    assert np.array_equal(play(CLIP, 3500, runs=1, **told), whole[:, :3500])


def test_a_loop_of_a_slow_sine_is_smooth_across_its_seam_at_any_speed(tmp_path: Path) -> None:
    turn = np.sin(2 * np.pi * np.arange(480) / 480)
    soundfile.write(tmp_path / "turn.wav", turn, RATE, subtype="FLOAT")
    for rate in (1.0001, 0.37, -1.7, 5.3):
        got = play(CLIP, 20000, settings={"file": str(tmp_path / "turn.wav")}, controls={"rate": rate})[0]
        start = 479 if rate < 0 else 0
        want = np.sin(2 * np.pi * (start + rate * np.arange(20000)) / 480)
        assert np.abs(got - want).max() < 2e-5


def test_a_loop_of_one_frame_and_of_three_do_no_harm(tmp_path: Path) -> None:
    for frames in (1, 3):
        soundfile.write(tmp_path / "tiny.wav", np.full(frames, 0.5), RATE, subtype="FLOAT")
        for rate in (1, 0.3, -8):
            got = play(CLIP, 500, settings={"file": str(tmp_path / "tiny.wav")}, controls={"rate": rate})
            assert np.allclose(got, 0.5, atol=1e-6)


def test_a_single_playing_ends_in_silence_without_a_click(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "level.wav", np.full(5000, 0.5), RATE, subtype="FLOAT")
    for rate in (1, 0.5, 2.2, -1):
        got = play(CLIP, 12000, settings={"file": str(tmp_path / "level.wav"), "loop": False}, controls={"rate": rate})[0]
        end = math.ceil(5000 / abs(rate))
        assert not got[end:].any()
        assert np.allclose(got[10 : end - 140], 0.5, atol=1e-6)
        assert largest_step(got[10:]) < 0.5 / 64 * 1.3


def test_a_tape_that_stands_still_is_silent(rain: Any) -> None:
    assert not play(CLIP, 500, settings=rain[0], controls={"rate": 0}).any()


def test_a_trigger_starts_again_at_its_very_frame(rain: Any) -> None:
    loop, x = rain
    got = play(CLIP, 4000, settings={**loop, "loop": False, "wait": True}, events=[(1001, 1, 200, 0.5)])
    assert not got[:, :1001].any()
    assert np.array_equal(got[:, 1001:4000], np.float32(0.5) * x[:, 200:3199])


def test_a_second_trigger_lets_the_first_leave_in_2_ms(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "level.wav", np.full(9000, 0.5), RATE, subtype="FLOAT")
    got = play(CLIP, 2000, settings={"file": str(tmp_path / "level.wav")}, events=[(1000, 1, 0, 0.0)])[0]
    assert np.allclose(got[:1000], 0.5)
    assert not got[1000 + clips.CUT :].any()
    assert largest_step(got) < 0.01


def test_a_stop_leaves_in_5_ms(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "level.wav", np.full(9000, 0.5), RATE, subtype="FLOAT")
    got = play(CLIP, 2000, settings={"file": str(tmp_path / "level.wav")}, events=[(1003, 2)])[0]
    assert np.allclose(got[:1003], 0.5)
    assert not got[1003 + 240 :].any()
    assert largest_step(got) < 0.5 / 240 * 1.1


def test_a_clip_made_again_goes_on_where_it_would_have_been(rain: Any) -> None:
    whole = play(CLIP, 30000, settings=rain[0], controls={"rate": 1.5})
    again = play(CLIP, 10000, settings={**rain[0], "_age": 20000}, controls={"rate": 1.5})
    assert np.array_equal(again, whole[:, 20000:])


def test_a_start_behind_the_end_is_refused_in_words(rain: Any) -> None:
    with pytest.raises(SoundError, match="leaves nothing of rain.wav"):
        play(CLIP, 10, settings={**rain[0], "start": 3.0})


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rate=st.tuples(st.floats(-8, 8), st.floats(-8, 8)),
    start=st.floats(0, 0.2),
    loop=st.booleans(),
    events=st.lists(st.tuples(st.integers(0, 3000), st.sampled_from([1, 2]), st.floats(-1e5, 1e5), st.floats(0, 1)), max_size=6),
)
def test_whatever_a_hand_does_a_clip_stays_finite_and_no_louder_than_its_file(
    rain: Any, rate: Any, start: Any, loop: Any, events: Any
) -> None:
    got = play(CLIP, 3000, settings={**rain[0], "loop": loop, "start": start}, controls={"rate": rate}, events=events, runs=RUNS)
    assert np.isfinite(got).all()
    assert np.abs(got).max() < 1.6 * 2 * np.abs(rain[1]).max()


# --- clip, streamed -------------------------------------------------------------


@pytest.mark.parametrize("rate", [1, 1.37, -1, 3.9])
def test_a_streamed_loop_is_the_one_in_memory_bit_for_bit(streamed: Any, rate: float, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Alone(CLIP, settings=streamed[0])
    assert any(isinstance(h, pager.Stream) for h in node.making.held)
    node.turn("rate", rate)
    got = in_real_time(node, 25 * RATE)
    monkeypatch.setattr(clips, "IN_MEMORY", 60.0)
    assert np.array_equal(got, play(CLIP, 25 * RATE, settings=streamed[0], controls={"rate": rate}))


def test_a_streamed_sound_survives_a_pager_held_up_for_2_seconds(streamed: Any) -> None:
    node = Alone(CLIP, settings=streamed[0])
    in_real_time(node, RATE)
    stream = next(h for h in node.making.held if isinstance(h, pager.Stream))
    stream.lock.acquire()  # nobody serves it now
    try:
        got = in_real_time(node, 2 * RATE, every=0)
    finally:
        stream.lock.release()
    assert np.array_equal(got[:, : 2 * RATE], streamed[1][:, RATE : 3 * RATE])
    assert stream.desk[pager.MISSED] == 0


def test_a_trigger_of_a_streamed_sound_is_there_at_its_very_frame(streamed: Any) -> None:
    node = Alone(CLIP, settings={**streamed[0], "_age": 9 * RATE})
    in_real_time(node, RATE)
    node.send((node.t + 17, 1, 0, 1))
    got = in_real_time(node, 6 * RATE)
    assert np.array_equal(got[:, 17 + clips.CUT :], streamed[1][:, clips.CUT : 6 * RATE - 17])


def test_a_gap_in_the_stream_fades_is_counted_and_fades_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "IN_MEMORY", 5.0)
    soundfile.write(tmp_path / "level.wav", np.full(30 * RATE, 0.5, np.float32), RATE, subtype="FLOAT")
    node = Alone(CLIP, settings={"file": str(tmp_path / "level.wav")})
    stream = next(h for h in node.making.held if isinstance(h, pager.Stream))
    stream.lock.acquire()
    got = [in_real_time(node, 12 * RATE, every=0)]
    stream.lock.release()
    assert stream.desk[pager.MISSED] > 0
    got.append(in_real_time(node, RATE))
    whole = np.concatenate(got, axis=1)[0]
    assert (whole == 0).any()
    assert whole[-1] == 0.5
    assert largest_step(whole) < 0.5 / 64 * 1.1


def test_a_three_hour_sound_plays_at_once_from_any_place(tmp_path: Path) -> None:
    from tests.live.test_sounds import header

    header(tmp_path / "long.wav", 2, 3 * 3600 * RATE * 4)
    node = Alone(CLIP, settings={"file": str(tmp_path / "long.wav"), "start": 7200.0})
    assert in_real_time(node, 1000).shape == (2, 1000)
    assert node.making.held[0][pager.MISSED] == 0


def test_a_file_that_goes_away_while_it_plays_is_said_once(streamed: Any) -> None:
    node = Alone(CLIP, settings=streamed[0])
    stream = next(h for h in node.making.held if isinstance(h, pager.Stream))
    with stream.lock:
        stream.reader.close()
    in_real_time(node, 5 * RATE)
    assert "long.wav" in stream.trouble
    assert stream.trouble in pager.PAGER.troubles()


# --- tone -----------------------------------------------------------------------


def test_a_sine_is_exact_to_120_db() -> None:
    got = play(TONE, RATE, controls={"freq": 1234.567}, runs=RUNS)[0]
    assert np.abs(got - np.sin(2 * np.pi * 1234.567 * np.arange(RATE) / RATE)).max() < 1e-6


@pytest.mark.parametrize("shape", ["saw", "square", "triangle"])
@pytest.mark.parametrize("freq", [55, 441, 1237, 3011, 9001])
def test_what_is_no_harmonic_lies_100_db_below_the_tone(shape: str, freq: int) -> None:
    x = play(TONE, RATE, settings={"shape": shape}, controls={"freq": freq})[0].astype(float)
    seen = np.abs(np.fft.rfft(x * np.blackman(RATE)))
    harmonic = np.zeros(len(seen), bool)
    for k in range(0, RATE // 2 + 1, freq):
        harmonic[max(k - 4, 0) : k + 5] = True
    assert seen[~harmonic].max() < seen.max() * 1e-5


def test_shapes_have_the_form_they_are_called_by() -> None:
    phase = (100 * np.arange(RATE) / RATE) % 1
    away = (np.abs(phase - 0.5) < 0.45) & (np.abs(np.abs(phase - 0.5) - 0.25) < 0.2)  # not at the edges
    away &= np.abs(phase - 0.5) > 0.05
    forms = {"saw": 2 * phase - 1, "square": np.where(phase < 0.5, 1, -1), "triangle": 1 - 4 * np.abs((phase + 0.25) % 1 - 0.5)}
    for shape, form in forms.items():
        got = play(TONE, RATE, settings={"shape": shape}, controls={"freq": 100})[0]
        assert np.abs(got - form)[away].max() < 0.06, shape


def test_a_narrow_pulse_has_no_direct_current() -> None:
    got = play(TONE, RATE, settings={"shape": "square"}, controls={"freq": 100, "width": 0.1})[0]
    assert abs(got.mean()) < 1e-3
    assert 1.5 < got.max() < 2.2


@pytest.mark.parametrize("shape", ["sine", "saw", "square", "triangle"])
def test_a_swept_tone_has_no_step_and_keeps_its_phase(shape: str) -> None:
    got = play(TONE, RATE, settings={"shape": shape}, controls={"freq": (100, 200)})[0].astype(float)
    sine = play(TONE, RATE, controls={"freq": (100, 200)})[0].astype(float)
    want = np.sin(2 * np.pi * np.cumsum(np.concatenate([[0], 100 + 100 * np.arange(RATE - 1) / RATE])) / RATE)
    assert np.abs(sine - want).max() < 1e-3
    if shape in ("sine", "triangle"):
        assert largest_step(got) < 0.03


@pytest.mark.parametrize("shape", ["sine", "saw", "square"])
def test_a_tone_with_notes_sounds_the_same_in_any_runs(shape: str) -> None:
    told: dict[str, Any] = {
        "settings": {"shape": shape, "gate": True},
        "events": [(100, 1, 440, 0.5), (1333, 2), (1401, 1, 700, 1), (2003, 1, 0, 0.3)],
    }
    whole = play(TONE, 4000, **told)
    assert np.array_equal(play(TONE, 4000, runs=RUNS, **told), whole)
    assert np.array_equal(play(TONE, 3500, runs=1, **told), whole[:, :3500])


def test_a_gated_tone_waits_for_its_note_and_leaves_after_it() -> None:
    got = play(TONE, 9000, settings={"gate": True}, events=[(1003, 1, 1000, 0.5), (5000, 2)])[0]
    assert not got[:1003].any()
    assert np.abs(got[2000:5000]).max() == pytest.approx(0.5, abs=1e-3)
    assert not got[5000 + 2400 + 1 :].any()
    assert largest_step(got) < 0.5 * 0.14


def test_an_unknown_shape_names_the_nearest() -> None:
    with pytest.raises(LookupError, match="Nearest: triangle"):
        play(TONE, 10, settings={"shape": "triangel"})


# --- noise ----------------------------------------------------------------------


@pytest.mark.parametrize(("color", "slope"), [("white", 0), ("pink", -3.01), ("brown", -6.02)])
def test_noise_falls_off_as_its_colour_says(color: str, slope: float) -> None:
    x = play(NOISE, 1 << 18, settings={"color": color})[0].astype(float)
    power = (np.abs(np.fft.rfft(x.reshape(64, -1) * np.hanning(4096))) ** 2).mean(axis=0)
    freq = np.fft.rfftfreq(4096, 1 / RATE)
    level = [10 * np.log10(power[(freq > c / 1.4) & (freq < c * 1.4)].mean()) for c in (125, 250, 500, 1000, 2000, 4000, 8000)]
    assert np.diff(level) == pytest.approx(slope, abs=0.7)
    assert (level[-1] - level[0]) / 6 == pytest.approx(slope, abs=0.2)
    assert x.std() == pytest.approx(0.25, rel=0.1)
    assert abs(x.mean()) < 0.02


@pytest.mark.parametrize("color", ["white", "pink", "brown"])
def test_noise_is_its_seed_s_and_the_same_in_any_runs(color: str) -> None:
    told = {"settings": {"color": color, "channels": 2}}
    one = play(NOISE, 9000, seed=5, **told)
    assert np.array_equal(play(NOISE, 9000, seed=5, runs=RUNS, **told), one)
    assert abs(np.corrcoef(one[0], play(NOISE, 9000, seed=6, **told)[0])[0, 1]) < 0.2
    assert abs(np.corrcoef(play(NOISE, 1 << 17, **told))[0, 1]) < 0.1


# --- pluck ----------------------------------------------------------------------


@pytest.mark.parametrize("freq", [40, 55, 82.41, 146.83, 441.3, 880, 1318.5, 2000])
@pytest.mark.parametrize("bright", [0.3, 1.0])
@pytest.mark.parametrize("rate", [44100, 96000])
def test_a_string_is_in_tune_to_2_cents(freq: float, bright: float, rate: int) -> None:
    x = play(PLUCK, 40000, events=[(0, 1, freq, 0.8)], controls={"bright": bright, "decay": 10}, rate=rate)[0]
    size = 1 << 18
    seen = np.abs(np.fft.rfft(x[4800 : 4800 + 32768] * np.hanning(32768), size))
    lo = int(freq * 0.97 * size / rate)
    k = lo + seen[lo : int(freq * 1.03 * size / rate)].argmax()
    a, b, c = np.log(seen[k - 1 : k + 2])
    found = (k + 0.5 * (a - c) / (a - 2 * b + c)) * rate / size
    assert abs(1200 * math.log2(found / freq)) < 2


def test_strings_sound_the_same_in_any_runs_even_when_there_are_too_many() -> None:
    told: dict[str, Any] = {"events": [(i * 377, 1, 100 + 37 * i, 0.5) for i in range(14)] + [(7001, 2, 137), (8001, 2)]}
    whole = play(PLUCK, 16000, **told)
    assert np.array_equal(play(PLUCK, 16000, runs=RUNS, **told), whole)
    assert np.array_equal(play(PLUCK, 3500, runs=1, **told), whole[:, :3500])


def test_eight_strings_ring_at_once() -> None:
    notes = [200, 263, 331, 407, 509, 613, 719, 823]
    x = play(PLUCK, RATE, events=[(0, 1, f, 0.5) for f in notes], controls={"decay": 20, "bright": 1})[0]
    seen = np.abs(np.fft.rfft(x[RATE // 2 :] * np.hanning(RATE // 2)))
    for f in notes:
        assert seen[f // 2 - 2 : f // 2 + 3].max() > 20 * np.median(seen)


def test_a_string_dies_away_in_the_time_its_decay_says() -> None:
    x = play(PLUCK, 2 * RATE, events=[(0, 1, 110, 1)], controls={"decay": 1.0, "bright": 1})[0]
    early, late = np.abs(x[4800:9600]).max(), np.abs(x[4800 + RATE // 2 : 9600 + RATE // 2]).max()
    assert 20 * np.log10(late / early) == pytest.approx(-30, abs=3)


# --- grains ---------------------------------------------------------------------


def test_two_grains_without_fades_give_the_source_back_bit_for_bit() -> None:
    x = rough(20000)
    events = [(1000, 1, 300, 777, 0, 0, 1, 1, 0), (1777, 1, 1077, 5000, 0, 0, 1, 1, 0)]
    got = play(GRAINS, 8000, settings={"_data": x}, events=events, runs=RUNS)
    assert np.array_equal(got[:, 1000:6777], x[:, 300:6077])
    assert not got[:, :1000].any()
    assert not got[:, 6777:].any()


@pytest.mark.parametrize(("fades", "law"), [("linear", 1), ("power", 2)])
def test_crossed_fades_keep_the_level_or_the_power(fades: str, law: int) -> None:
    x = np.full((1, 5000), 0.5, np.float32)
    one = play(GRAINS, 3000, settings={"_data": x, "fades": fades}, events=[(0, 1, 0, 1500, 0, 500, 1, 1)])[0]
    two = play(GRAINS, 3000, settings={"_data": x, "fades": fades}, events=[(1000, 1, 0, 1500, 500, 0, 1, 1)])[0]
    assert np.allclose((one**law + two**law)[:2500], 0.5**law, atol=1e-5)


@pytest.mark.parametrize("channels", [0, 5])
@pytest.mark.parametrize("density", [0, 80])
def test_grains_sound_the_same_in_any_runs(channels: int, density: float) -> None:
    rng = np.random.default_rng(1)
    events = [
        (
            int(at),
            1,
            rng.uniform(-500, 10500),
            int(rng.integers(1, 6000)),
            *rng.integers(0, 500, 2),
            rng.uniform(),
            speed,
            rng.uniform(-1, 1),
        )
        for at in sorted(rng.integers(0, 9000, 150))
        for speed in rng.choice([1, 1.5, -1, 0.3], 1)
    ]
    told: dict[str, Any] = {
        "settings": {"_data": rough(10000), "channels": channels},
        "controls": {"density": density, "position": 0.5, "size": 0.05},
        "events": [*events, (9501, 2)],
    }
    whole = play(GRAINS, 12000, **told)
    assert np.array_equal(play(GRAINS, 12000, runs=RUNS, **told), whole)
    assert np.array_equal(play(GRAINS, 3500, runs=1, **told), whole[:, :3500])
    assert np.isfinite(whole).all()
    assert whole.any()


def test_sixty_four_grains_sound_and_the_next_is_refused() -> None:
    x = np.full((1, 5000), 0.01, np.float32)
    got = play(GRAINS, 500, settings={"_data": x}, events=[(0, 1, 0, 400, 0, 0, 1, 1)] * 70)[0]
    assert got[100] == pytest.approx(0.64, abs=1e-5)
    assert not got[400:].any()


def test_panned_grains_keep_their_power_between_neighbouring_loudspeakers() -> None:
    x = np.full((1, 5000), 0.5, np.float32)
    for pan in (-1, -0.3, 0, 0.77, 1):
        got = play(GRAINS, 100, settings={"_data": x, "channels": 4}, events=[(0, 1, 0, 400, 0, 0, 1, 1, pan)])[:, 50]
        assert (got**2).sum() == pytest.approx(0.25, abs=1e-5)
        assert (got > 1e-6).sum() <= 2


def test_a_stereo_sound_in_one_channel_is_its_middle() -> None:
    x = rough(1000)
    got = play(GRAINS, 500, settings={"_data": x, "channels": 1}, events=[(0, 1, 0, 400, 0, 0, 1, 1, 0.4)])
    assert got.shape == (1, 500)
    assert np.allclose(got[0, :400], x[:, :400].mean(axis=0), atol=1e-6)


def test_a_cloud_begins_as_many_grains_as_its_density_says() -> None:
    node = Alone(GRAINS, settings={"_data": rough(48000, 1)})
    for name, value in {"density": 50.0, "jitter": 1.0, "size": 0.05}.items():
        node.turn(name, value)
    for _ in range(10 * RATE // 64):
        node.run(64)
    assert node.state[2] == pytest.approx(500, rel=0.1)


def test_without_events_and_density_grains_are_silent() -> None:
    assert not play(GRAINS, 1000, settings={"_data": rough(1000)}).any()


def test_grains_of_a_file_play_the_file(rain: Any) -> None:
    got = play(GRAINS, 1000, settings=rain[0], events=[(0, 1, 100, 900, 0, 0, 1, 1)])
    assert np.array_equal(got[:, :900], rain[1][:, 100:1000])


# --- all ------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [44100, 96000])
def test_every_source_sounds_at_other_rates(rain: Any, rate: int) -> None:
    note = [(0, 1, 0, 0.5)]
    for kind, told in (
        (CLIP, {"settings": rain[0]}),
        (TONE, {"settings": {"shape": "saw"}}),
        (NOISE, {"settings": {"color": "pink"}}),
        (PLUCK, {"events": note}),
        (GRAINS, {"settings": rain[0], "controls": {"density": 100}}),
    ):
        got = play(kind, 2000, rate=rate, **told)
        assert np.isfinite(got).all(), kind.word
        assert 0.01 < np.abs(got).max() < 2, kind.word
