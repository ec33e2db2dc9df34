"""The spectral host: exact where nothing changes, and the same sound as the whole file at once where something does."""

import numpy as np
import pytest

from engines.face import Control
from live.core import hops
from live.core.offline import Offline
from live.core.row import words
from live.core.spectra import ALL, BINS, CHANNELS, SHEET, SpectralKernel, change, kernel, knob, spectrum
from live.core.treatments import spectral as host
from live.score import Drive, Node, Score, Send
from tests.live.alone import play

NEUTRAL = {"smear": {"bins": 0}, "gatebins": {"threshold": -120}, "tilt": {"slope": 0}, "sustain": {"hold": 0}}
KINDS = {"smear": host.SMEAR, "gatebins": host.GATEBINS, "tilt": host.TILT, "sustain": host.SUSTAIN}
SPLITS = {"1": 1, "7": 7, "63": 63, "64": 64, "mixed": (1, 64, 13, 2, 50, 37)}


@kernel
def weigh(sheet):
    s = words(sheet, SHEET)
    x, before, after, out = spectrum(sheet, 0), spectrum(sheet, 1), spectrum(sheet, -1), change(sheet)
    for c in range(s[CHANNELS]):
        for p in range(2):
            for k in range(s[BINS]):
                out[c, p, k] = np.float32(knob(sheet, 0)) * before[c, p, k] + np.float32(0.5) * after[c, p, k] - x[c, p, k]
    return ALL


@kernel
def double_second(sheet):
    s = words(sheet, SHEET)
    x, out = spectrum(sheet, 0), change(sheet)
    for p in range(2):
        for k in range(s[BINS]):
            out[1, p, k] = x[1, p, k]
    return 2


@kernel
def zeros(sheet):
    change(sheet)[:] = np.float32(0.0)
    return ALL


WEIGH = host.kind_of(SpectralKernel("weigh", weigh, {"back": Control(0.25, -1, 1)}, past=1, look=1))
DOUBLE = host.kind_of(SpectralKernel("double", double_second))
ZEROS = host.kind_of(SpectralKernel("zeros", zeros))


def noise(channels, frames, seed=3):
    return (0.2 * np.random.default_rng(seed).standard_normal((channels, frames))).astype(np.float32)


def snr(is_, should):
    return 10 * np.log10(np.sum(should**2) / np.sum((is_ - should) ** 2))


def whole(x, size, step, rule, seed=1, look=0):
    """The same treatment on the whole file at once, in float64; ``rule`` gets all frames (hops, bins) and answers what to add."""
    x = np.concatenate([np.zeros(2 * size), x.astype(float), np.zeros(size)])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    ends = np.arange(size + (-hops.shift(seed, step)) % step, len(x) + 1, step)
    frames = np.stack([np.fft.rfft(x[e - size : e] * window) for e in ends])
    added = np.fft.irfft(rule(frames), axis=1) * window * step / (0.375 * size)
    y = x.copy()
    for e, frame in zip(ends, added, strict=True):
        y[e - size : e] += frame
    return np.concatenate([np.zeros(look * step), y])[size : len(x) - 2 * size]  # the zeros before it are the delay


@pytest.mark.parametrize("word", KINDS)
@pytest.mark.parametrize("channels", [1, 2, 8])
@pytest.mark.parametrize("split", SPLITS)
def test_a_neutral_kernel_leaves_the_delayed_sound_to_the_bit(word, channels, split):
    x = noise(channels, 5000)
    y = play(KINDS[word], 5000, [x], NEUTRAL[word], {"size": 1024, "hop": 256}, runs=SPLITS[split])
    assert y[:, 1024:].tobytes() == x[:, :-1024].tobytes()
    assert not np.any(y[:, :1024])


def test_a_kernel_that_adds_zeros_leaves_the_sound_to_the_bit():
    x = noise(2, 9000)
    assert np.array_equal(play(ZEROS, 9000, [x])[:, 2048:], x[:, :-2048])


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("word", KINDS)
def test_the_sound_does_not_depend_on_the_cut(word, split):
    x, turned = noise(2, 6000), {"tilt": {"slope": 5}}.get(word, {})
    y = play(KINDS[word], 6000, [x], turned, {"size": 512})
    assert np.array_equal(y, play(KINDS[word], 6000, [x], turned, {"size": 512}, runs=SPLITS[split]))


@pytest.mark.parametrize(("size", "hop"), [(256, 64), (512, 128), (2048, 512), (2048, 256), (8192, 0)])
def test_an_impulse_comes_out_exactly_as_late_as_stated(size, hop):
    x = np.zeros((1, 20000), np.float32)
    x[0, 777] = 0.5
    for kind, controls in ((host.SMEAR, NEUTRAL["smear"]), (ZEROS, {})):
        late = kind.latency({"size": size, "hop": hop}, 48000)
        y = play(kind, 20000, [x], controls, {"size": size, "hop": hop})[0]
        assert late == size
        assert np.flatnonzero(y).tolist() == [777 + late]


def test_a_kernel_that_looks_ahead_costs_one_hop_of_latency():
    x = noise(1, 9000)
    late = WEIGH.latency({"size": 512, "hop": 128}, 48000)
    y = play(WEIGH, 9000, [x], {}, {"size": 512, "hop": 128})[0]
    best = np.argmax(np.correlate(y, x[0], "full")) - (len(x[0]) - 1)
    assert late == 640
    assert abs(best - late) <= 128  # the sound itself moves by a hop: half of it is the frame after


@pytest.mark.parametrize(("size", "hop"), [(512, 128), (512, 64), (2048, 512)])
def test_overlapping_windows_sum_to_one(size, hop):
    x = noise(1, 12000)
    y = play(DOUBLE, 12000, [np.concatenate([x, x])], {}, {"size": size, "hop": hop})
    assert np.array_equal(y[0, size:], x[0, :-size])
    assert snr(y[1, 3 * size :], 2.0 * x[0, 2 * size : -size]) > 120


def test_streaming_smear_equals_the_whole_file_to_100_db():
    x = noise(2, 24000)

    def rule(frames, reach=6):
        size = np.abs(frames) + 1e-30
        wide = np.stack([np.convolve(row, np.ones(2 * reach + 1) / (2 * reach + 1), "same") for row in size])
        return (wide / size - 1) * frames

    y = play(host.SMEAR, 24000, [x], {"bins": 6}, {"hop": 512}, seed=77)
    for c in range(2):
        assert snr(y[c], whole(x[c], 2048, 512, rule, 77)) > 100


def test_a_fraction_of_a_bin_lies_between_its_neighbours():
    x = noise(1, 12000)
    low, middle, high = (play(host.SMEAR, 12000, [x], {"bins": b})[0, 4096:] for b in (2, 2.02, 3))
    assert 0 < np.std(middle - low) < 0.1 * np.std(high - low)


def test_streaming_tilt_equals_the_whole_file_to_80_db():
    x = noise(1, 24000)

    def rule(frames):
        octaves = np.log2(np.maximum(np.arange(1025), 1) * 48000 / 2048 / 1000)
        return (10 ** (np.clip(4 * octaves, -36, 36) / 20) - 1) * frames

    y = play(host.TILT, 24000, [x], {"slope": 4}, {"hop": 512})[0]
    assert snr(y, whole(x[0], 2048, 512, rule)) > 80


def test_a_tilt_of_three_turns_an_octave_up_by_three_decibels():
    t = np.arange(24000) / 48000
    for hertz, gain in ((1000, 0), (2000, 3), (500, -3)):
        x = (0.1 * np.sin(2 * np.pi * hertz * t)).astype(np.float32)[None]
        y = play(host.TILT, 24000, [x], {"slope": 3})[0, 8000:]
        assert 20 * np.log10(np.std(y) / np.std(x)) == pytest.approx(gain, abs=0.2)


def test_gatebins_lets_the_loud_pass_and_takes_the_quiet_down():
    t = np.arange(48000) / 48000
    loud, quiet = 0.5 * np.sin(2 * np.pi * 750 * t), 0.001 * np.sin(2 * np.pi * 6000 * t)
    y = play(host.GATEBINS, 48000, [(loud + quiet).astype(np.float32)[None]], {"threshold": -40, "down": -60})[0, 24000:]
    level = np.abs(np.fft.rfft(y * np.hanning(24000))) * 4 / 24000
    assert 20 * np.log10(level[375] / 0.5) == pytest.approx(0, abs=0.05)
    assert 20 * np.log10(level[3000] / 0.001) < -50


def held_from(start, end, frames=96000, heard=48000):
    """Two tones that stop at ``heard``, under a sustain that is held from start to end."""
    t = np.arange(frames) / 48000
    x = ((0.2 * np.sin(2 * np.pi * 441 * t) + 0.1 * np.sin(2 * np.pi * 1330 * t)) * (np.arange(frames) < heard)).astype(np.float32)[None]
    core = Offline(48000, 1, ins=1)
    places = {"ear": Node("mic", settings={"first": 0, "width": 1}), "held": Node("sustain", ("ear",), {"hold": Drive("knob:64")})}
    core.play(Score(places, (Send("held", 0, 1),)))
    made = []
    for frame in range(0, frames, 256):
        core.turn(64, float(start <= frame < end))
        made.append(core.run(256, x[:, frame : frame + 256]))
    return x[0], np.concatenate(made, axis=1)[0]


def test_what_is_held_goes_on_as_loud_and_at_its_pitch_after_the_sound_has_stopped():
    x, y = held_from(40000, 90000)
    late = y[56000:88000]
    power = np.abs(np.fft.rfft(late * np.hanning(len(late)))) ** 2
    peaks = np.argsort(power)[::-1][:8] * 48000 / len(late)
    assert np.any(np.abs(peaks - 441) < 4)
    assert abs(10 * np.log10(np.mean(late**2) / np.mean(x[20000:40000] ** 2))) < 1.0
    assert np.abs(np.diff(y)).max() < 1.2 * np.abs(np.diff(x[:40000])).max()  # no click, neither coming nor going


def test_let_go_the_sound_is_as_it_comes_again_to_the_bit():
    x, y = held_from(10000, 30000)
    late = 2048 + 64
    assert np.array_equal(y[36000:46000], x[36000 - late : 46000 - late])
    assert not np.array_equal(y[20000:26000], x[20000 - late : 26000 - late])


def test_frames_before_and_after_are_within_reach_of_a_kernel():
    x = noise(2, 12000)

    def rule(frames):
        before, after = np.zeros_like(frames), np.zeros_like(frames)
        before[1:], after[:-1] = frames[:-1], frames[1:]
        return 0.25 * before + 0.5 * after - frames

    y = play(WEIGH, 12000, [x], {}, {"size": 512, "hop": 128}, seed=5)
    for c in range(2):
        assert snr(y[c, :11000], whole(x[c], 512, 128, rule, 5, look=1)[:11000]) > 100


def test_a_channel_that_was_left_alone_stays_exact_beside_one_that_was_changed():
    x = noise(3, 8000)
    y = play(DOUBLE, 8000, [x], {}, {"size": 512})
    assert y[[0, 2], 512:].tobytes() == x[[0, 2], :-512].tobytes()
    assert not np.allclose(y[1, 512:], x[1, :-512])


def test_after_the_effect_the_sound_is_exact_again_within_one_frame():
    x = noise(1, 12000)
    y = play(host.SMEAR, 12000, [x], {"bins": (8, -8)}, {"size": 1024})  # reaches 0 at frame 6000
    changed = np.flatnonzero(y[0, 1024:] != x[0, :-1024]) + 1024
    assert 6000 < changed[-1] < 6000 + 1024


def test_silence_stays_exact_silence_under_every_kernel():
    for kind in KINDS.values():
        assert not np.any(play(kind, 6000, [np.zeros((2, 6000), np.float32)], {}, {"size": 512}))


def test_treatments_begin_their_frames_at_different_chunks():
    spread = [hops.shift(seed, 512) for seed in range(64)]
    assert set(spread) == set(range(0, 512, 64))
    assert max(spread.count(s) for s in set(spread)) <= 16


def test_any_rate_and_birth_late_on_the_clock_sound_alike():
    x = noise(1, 6000)
    y = play(host.SMEAR, 6000, [x], {}, {"size": 512}, frame=512 * 9001)
    assert np.array_equal(y, play(host.SMEAR, 6000, [x], {}, {"size": 512}))


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"size": 1000, "hop": 0}, r"smear: a spectral frame of 1000.*Nearest: 1024"),
        ({"size": 1024, "hop": 512}, r"smear: hop 512 does not suit size 1024\. There is: 256, 128, 64"),
        ({"size": 256, "hop": 16}, r"There is: 64\."),
    ],
)
def test_a_frame_or_hop_that_cannot_be_is_refused_in_one_line(settings, line):
    with pytest.raises(ValueError, match=line):
        play(host.SMEAR, 64, [noise(1, 64)], {}, settings)
