"""Latent: adding codes is adding sounds, through the whole core as on paper."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engines.catalogue import catalogue
from engines.face import Block, Format, Ramps
from engines.latent import BASIS, CODES, HOP, WIRE, Latent, Unlatent, through
from engines.nets import latent as nets
from live.core.offline import Offline
from live.core.sources.ring import kind_of
from live.score import Node, Score, Send
from tests.contract import Contract

RATE = 48000
CHAIN = Latent.latency + Unlatent.latency


class TestLatent(Contract):
    """All the promises of the face; when it answers is measured with its decoder, for codes are no sound."""

    engine = Latent

    def test_it_answers_after_exactly_the_declared_latency(self) -> None:
        """A hop is told twice, when it is over and when the next one is."""
        assert Latent.latency == 2 * HOP
        for click in (5 * HOP, 5 * HOP + 300, 6 * HOP - 1):
            sound = np.zeros((1, 12 * HOP), np.float32)
            sound[0, click] = 1
            told = self.play(self.made(), self.fmt(), sound).reshape(12, HOP)
            assert np.flatnonzero(np.abs(told).max(axis=1)).tolist() == [6, 7]
            assert not told[:, CODES:].any()


class TestUnlatent(Contract):
    """All the promises of the face; what it hears in the latency test is told by the encoder."""

    engine = Unlatent
    full = 4.0 / WIRE  # a full-scale sound is no code: no encoder says anything so loud for so long

    def test_it_answers_after_exactly_the_declared_latency(self) -> None:
        noise = (0.2 * np.random.default_rng(11).standard_normal((1, RATE))).astype(np.float32)
        answer = chain(noise)
        size = 1 << 17
        match = np.fft.irfft(np.fft.rfft(answer[0], size) * np.conj(np.fft.rfft(noise[0], size)))
        assert int(np.argmax(match)) == CHAIN == 2 * HOP + CODES


def steps(engine: Latent | Unlatent, sound: Block, cut: int = 256, ahead: int = 0, start: int = 0) -> Block:
    """An engine stepped through a sound."""
    engine.load()
    state, made = engine.start(Format(RATE, sound.shape[0], 256, 0, ahead)), []
    for done in range(0, sound.shape[1], cut):
        made.append(engine.step(state, sound[:, done : done + cut], Ramps(frame=start + done)))
    return np.concatenate(made, axis=1)


def chain(sound: Block) -> Block:
    """A sound in codes and out of them."""
    return steps(Unlatent(), steps(Latent(), sound))


def snr(wanted: Block, got: Block) -> float:
    """How much of what is heard is what was wanted, in dB."""
    apart = np.sum((np.asarray(wanted, np.float64) - got) ** 2)
    return float(10 * np.log10(np.sum(np.asarray(wanted, np.float64) ** 2) / max(apart, 1e-30)))


def guitar(seconds: float) -> Block:
    """Plucked strings, more or less: struck partials that ring out."""
    time = np.arange(round(seconds * RATE)) / RATE
    sound = np.zeros(time.size)
    for k, pitch in enumerate((110.0, 164.8, 220.0, 277.2, 329.6)):
        since = np.maximum(time - 0.17 * k, 0)
        for n in range(1, 9):
            sound += (since > 0) * np.sin(2 * np.pi * pitch * n * since) * np.exp(-since * (2 + n)) / n
    return (0.2 * sound).astype(np.float32)[None]


def rain(seconds: float) -> Block:
    """Noise, and drops in it."""
    chance = np.random.default_rng(4)
    sound = 0.05 * chance.standard_normal(round(seconds * RATE))
    sound[chance.integers(0, sound.size, 60)] += chance.uniform(-0.8, 0.8, 60)
    return sound.astype(np.float32)[None]


# --- the autoencoder ----------------------------------------------------------------


def test_the_transform_loses_nothing_before_it_is_cut_short() -> None:
    sound = rain(0.2)[0]
    folded = nets.spectra(sound)
    back = np.zeros(sound.size)
    for k, frame in enumerate(folded):
        back[k * HOP : (k + 2) * HOP] += nets.unfold(frame @ nets.cosines()) * nets.window()
    inner = slice(HOP, len(folded) * HOP)
    assert np.abs(back - sound)[inner].max() < 1e-12


def test_what_was_in_codes_once_is_not_changed_by_going_again() -> None:
    once = through(guitar(0.5) + rain(0.5))
    assert snr(once[:, 2 * HOP : -2 * HOP], through(once)[:, 2 * HOP : -2 * HOP]) > 120


def test_the_weights_are_small_and_their_card_lies_beside_them() -> None:
    assert BASIS.stat().st_size <= 300_000
    card = (BASIS.parent / "README.md").read_text("utf-8")
    for word in ("free", "licence", "SNR", "latency", "seed"):
        assert word in card.lower() or word in card


def test_the_stepped_chain_is_the_algebra_on_paper_and_its_delay() -> None:
    sound = np.concatenate([guitar(0.6), rain(0.6)])
    assert snr(through(sound)[:, :-CHAIN], chain(sound)[:, CHAIN:]) > 100


def test_a_guitar_is_still_a_guitar() -> None:
    sound = guitar(1.0)
    assert snr(sound, through(sound)) > 30


@pytest.mark.parametrize("ahead", [0, 752, 560, 1009])
def test_the_decoder_finds_the_hops_however_late_the_codes_come(ahead: int) -> None:
    sound = guitar(0.5)
    codes = np.pad(steps(Latent(), sound, start=777), ((0, 0), (ahead, 0)))[:, : sound.shape[1]]
    heard = steps(Unlatent(), codes, ahead=ahead, start=777)
    late, cut = CHAIN + ahead, (HOP - 777) % HOP  # the hops of the clock are not those of the sound here
    wanted = through(np.pad(sound, ((0, 0), (HOP - cut, 0))))[:, HOP - cut :]
    assert snr(wanted[:, HOP:-late], heard[:, late + HOP :]) > 100


def test_after_a_leap_of_the_clock_it_is_well_again_within_the_chain() -> None:
    sound, encoder, decoder = guitar(1.0), Latent(), Unlatent()
    encoder.load()
    decoder.load()
    states = encoder.start(Format(RATE, 1, 256)), decoder.start(Format(RATE, 1, 256))
    heard, leap = [], 24000 // 256 * 256
    for done in range(0, sound.shape[1] // 256 * 256, 256):
        at = Ramps(frame=done if done < leap else done + 5 * HOP)  # here nothing else is late, so the sound may leap along
        heard.append(decoder.step(states[1], encoder.step(states[0], sound[:, done : done + 256], at), at))
    made, wanted = np.concatenate(heard, axis=1), through(sound)
    assert np.abs(made).max() < 1.5 * np.abs(sound).max()
    after = slice(leap + CHAIN + HOP, made.shape[1])
    assert snr(wanted[:, after.start - CHAIN : after.stop - CHAIN], made[:, after]) > 100


# --- through the core -----------------------------------------------------------------

RAINING, PLUCKED = Node("mic", settings={"first": 0}), Node("mic", settings={"first": 1})


def heard(places: dict[str, Node], sounds: list[Block], block: int = 256, to: str = "glass", after: dict[str, Node] | None = None) -> Block:
    """What the core plays of a place, when its inputs hear these sounds."""
    core = Offline(channels=1, ins=len(sounds), block=block, ceiling_db=0.0)
    inputs = np.concatenate(sounds)
    core.play(Score({"rain": RAINING, "guitar": PLUCKED, **places}, (Send(to, width=1),)), fade=0.0)
    half = inputs.shape[1] // 2
    made = [core.run(half, inputs[:, :half])]
    if after:
        core.play(Score({"rain": RAINING, "guitar": PLUCKED, **after}, (Send(to, width=1),)))
    return np.concatenate([*made, core.run(inputs.shape[1] - half, inputs[:, half:])], axis=1)


def lag(block: int = 256) -> int:
    """Frames from the core's input to the decoded sound."""
    kinds = [kind_of(catalogue()[word]) for word in ("latent", "unlatent")]
    return sum(kind.latency({**kind.settings, "block": block}, RATE) for kind in kinds)


def aligned(wanted: Block, got: Block, late: int) -> tuple[Block, Block]:
    """Both from where the second has begun."""
    n = min(wanted.shape[1], got.shape[1] - late)
    return wanted[:, 4 * HOP : n], got[:, late + 4 * HOP : late + n]


def cut_at(sound: Block, ahead: int) -> Block:
    """What codes leave of a sound that reaches the encoder ``ahead`` frames late: the hops are the clock's."""
    shift = ahead % HOP
    return through(np.pad(sound, ((0, 0), (shift, 0))))[:, shift:]


LATE = lag() + 64  # the core looks 64 frames ahead at its outputs
AHEAD = (lag() - CHAIN) // 2


@pytest.mark.parametrize(("x", "y"), [(1.0, -0.6), (0.5, 2.0)])
def test_adding_and_scaling_codes_is_adding_and_scaling_sounds(x: float, y: float) -> None:
    sounds = [rain(1.0), guitar(1.0)]
    places = {
        "a": Node("latent", ("guitar",)),
        "b": Node("latent", ("rain",)),
        "ax": Node("gain", ("a",), {"gain": x}),
        "by": Node("gain", ("b",), {"gain": y}),
        "sum": Node("mix", ("ax", "by")),
        "glass": Node("unlatent", ("sum",)),
    }
    made = heard(places, [0.3 * sounds[0], 0.3 * sounds[1]])
    wanted = 0.3 * (x * cut_at(sounds[1], AHEAD) + y * cut_at(sounds[0], AHEAD))
    assert snr(*aligned(wanted, made, LATE)) >= 60


def test_what_is_taken_out_of_a_mix_is_gone_from_it() -> None:
    taken = {
        "both": Node("mix", ("guitar", "rain")),
        "a": Node("latent", ("both",)),
        "b": Node("latent", ("rain",)),
        "minus": Node("gain", ("b",), {"gain": -1.0}),
        "sum": Node("mix", ("a", "minus")),
        "glass": Node("unlatent", ("sum",)),
    }
    wet, quiet = rain(1.0), np.zeros((1, RATE), np.float32)
    kept = heard({**taken, "sum": Node("mix", ("a",))}, [wet, quiet])[:, LATE:]
    left = heard(taken, [wet, quiet])[:, LATE:]
    assert 10 * np.log10(np.sum(kept**2) / np.sum(left.astype(np.float64) ** 2).clip(1e-30)) >= 40
    cleared = heard(taken, [wet, guitar(1.0)])
    assert snr(*aligned(cut_at(guitar(1.0), AHEAD), cleared, LATE)) >= 40


def test_two_channels_go_through_as_two() -> None:
    sounds = [rain(0.5), guitar(0.5)]
    both = {"wide": Node("mic", settings={"first": 0, "width": 2}), "z": Node("latent", ("wide",)), "glass": Node("unlatent", ("z",))}
    core = Offline(channels=2, ins=2, ceiling_db=0.0)
    core.play(Score(both, (Send("glass", width=2),)), fade=0.0)
    made = core.run(RATE // 2, np.concatenate(sounds))
    for k in range(2):
        assert snr(*aligned(cut_at(sounds[k], AHEAD), made[k : k + 1], LATE)) > 60


def test_a_gain_moving_within_a_hop_is_nearly_the_gain_at_its_start() -> None:
    codes = steps(Latent(), guitar(1.0))
    time = np.arange(codes.shape[1]) / RATE
    for seconds, least in ((0.05, 22), (0.5, 42)):  # of a fade from 1 to nothing and back, again and again
        gain = np.abs(1 - time / seconds % 2).astype(np.float32)
        held = gain[np.arange(gain.size) // HOP * HOP]
        assert snr(steps(Unlatent(), codes * held), steps(Unlatent(), codes * gain)) > least


def test_an_edit_between_latents_is_a_fade_and_no_noise() -> None:
    sounds = [rain(2.0), guitar(2.0)]
    before = {"z": Node("latent", ("guitar",)), "louder": Node("gain", ("z",), {"gain": 1.0}), "glass": Node("unlatent", ("louder",))}
    after = {**before, "w": Node("latent", ("rain",)), "louder": Node("mix", ("z", "w"))}
    made = heard(before, sounds, after=after)
    edit = RATE + lag() + 64
    loudest = np.abs(through(sounds[1])).max() + np.abs(through(sounds[0])).max()
    assert np.abs(made[:, RATE : edit + 4800]).max() < 1.1 * loudest
    n = made.shape[1] - edit - 4800
    wanted = (cut_at(sounds[0], AHEAD) + cut_at(sounds[1], AHEAD))[:, RATE + 4800 : RATE + 4800 + n]
    assert snr(wanted, made[:, edit + 4800 :]) > 60


def test_a_late_encoder_is_silent_and_comes_back_in_step() -> None:
    sounds = [rain(3.0), guitar(3.0)]
    places = {"both": Node("mix", ("guitar", "rain")), "a": Node("latent", ("both",)), "b": Node("latent", ("rain",))}
    places |= {"minus": Node("gain", ("b",), {"gain": -1.0}), "sum": Node("mix", ("a", "minus")), "glass": Node("unlatent", ("sum",))}
    core, inputs = Offline(channels=1, ins=2, ceiling_db=0.0), np.concatenate(sounds)
    core.play(Score({"rain": RAINING, "guitar": PLUCKED, **places}, (Send("glass", width=1),)), fade=0.0)
    made = [core.run(RATE, inputs[:, :RATE])]
    playing = core.engines.playing
    encoders = {path: hosted for path, hosted in playing.items() if isinstance(hosted.engine, Latent)}
    for path in encoders:
        del playing[path]
    made.append(core.run(20000, inputs[:, RATE : RATE + 20000]))
    for hosted in encoders.values():
        hosted.leap(core.frame + 333)
    playing.update(encoders)
    made.append(core.run(60000, inputs[:, RATE + 20000 : RATE + 80000]))
    heard = np.concatenate(made, axis=1)
    gone, back = RATE + CHAIN + 2 * AHEAD, RATE + 20333 + 2 * CHAIN + 2 * AHEAD
    assert np.abs(heard[:, gone + 2 * HOP : RATE + 20000]).max() < 1e-6
    assert np.abs(heard).max() < 1.2 * np.abs(through(guitar(3.0))).max()
    wanted = cut_at(sounds[1], AHEAD)[:, back - LATE : heard.shape[1] - LATE]
    assert snr(wanted, heard[:, back:]) > 60


def test_the_catalogue_reads_what_they_give_and_take() -> None:
    words = catalogue()
    assert (words["latent"].gives, words["latent"].takes) == ("latent", "sound")
    assert (words["unlatent"].gives, words["unlatent"].takes) == ("sound", "latent")
    assert (words["freeze"].gives, words["freeze"].takes) == ("sound", "sound")
    assert [kind_of(words[word]).settings["late"] for word in ("latent", "unlatent", "freeze")] == ["silent", "loop", "dry"]
    assert (words["latent"].latency, words["unlatent"].latency) == (2 * HOP, CODES)


# --- learning ---------------------------------------------------------------------------


def test_a_basis_is_learnt_from_any_folder_and_the_same_twice(tmp_path: Path) -> None:
    for kind, sound in (("strings", guitar(1.0)), ("weather", np.apply_along_axis(np.convolve, 1, rain(1.0), np.ones(12) / 12, "same"))):
        (tmp_path / kind).mkdir()
        for k in range(6):
            soundfile.write(tmp_path / kind / f"{k}.wav", np.roll(sound[0], 5000 * k), RATE)
    told = [nets.train(tmp_path, tmp_path / name, codes=64, seed=1, seconds=0.5) for name in ("one", "two")]
    once, again = (np.load(tmp_path / name / "basis.npy") for name in ("one", "two"))
    assert once.shape == (64, HOP)
    assert once.dtype == np.float16
    assert np.array_equal(once, again)
    assert told[0]["snr"] == told[1]["snr"]
    assert told[0]["held_out"] > 0
    assert told[0]["snr"]["all"]["learnt"] > told[0]["snr"]["all"]["chance"] + 3


def test_only_what_is_free_is_learnt_from(tmp_path: Path) -> None:
    lines = [{"file": "a.wav", "kind": "note", "tier": "free"}, {"file": "b.wav", "kind": "note", "tier": "attribution"}]
    (tmp_path / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert [one.file.name for one in nets.recordings(tmp_path)] == ["a.wav"]


def test_a_folder_without_sounds_is_refused_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="holds no sounds"):
        nets.train(tmp_path, tmp_path / "out")
