"""Hearing: a segment is told the same as it is played and from the file, at every rate, without drift, in time."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest

from agents import descriptors
from agents.hear import Heard, Listener, describe, ear
from tests.agents.sounds import RATE, noise, note, tune


def heard(listener: Listener, sound: np.ndarray, seed: int = 0) -> list[Heard]:
    """A sound fed in blocks of any size."""
    chance, found, k = np.random.default_rng(seed), [], 0
    while k < sound.shape[-1]:
        size = int(chance.choice([1, 64, 256, 1000, 5000]))
        found += listener.feed(sound[..., k : k + size])
        k += size
    return found


@pytest.mark.parametrize("emphasis", descriptors.EMPHASES)
@pytest.mark.parametrize(("rate", "clock"), [(48000, 0.5), (44100, 0.25), (16000, 0.35), (96000, 0.1)])
def test_what_is_heard_live_is_what_is_read_from_the_file(emphasis: str, rate: int, clock: float) -> None:
    sound = np.stack([tune([0, 4, 7, 5], 0.6, rate) + noise(2.4, 1, rate), noise(2.4, 2, rate)])
    live = heard(Listener(rate, emphasis, clock), sound)
    edges = np.array([0, *(one.end for one in live)]) / rate
    assert len(live) == int(2.4 / clock + 1e-9)
    np.testing.assert_allclose(np.stack([one.vector for one in live]), describe(sound, rate, edges, emphasis), atol=1e-5)


@pytest.mark.parametrize("rate", [44100, 48000, 22050])
@pytest.mark.parametrize("clock", [0.25, 0.35, 0.5, 1 / 3])
def test_after_a_minute_a_segment_ends_where_the_clock_says(rate: int, clock: float) -> None:
    live = heard(Listener(rate, "energy", clock), noise(60, rate=rate))
    late = [abs(one.end / rate - (k + 1) * clock) for k, one in enumerate(live)]
    assert max(late) <= 0.5001 / rate


def test_a_given_clock_ends_segments_where_it_is_told() -> None:
    listener, sound = Listener(RATE, "harmony", "given"), noise(3)
    listener.feed(sound[:1000])
    listener.end(20000)
    listener.end(50001)
    listener.end(900)
    found = heard(listener, sound[1000:])
    listener.end(60000)
    found += listener.feed(sound[:1])
    assert [(one.start, one.end) for one in found] == [(0, 900), (900, 20000), (20000, 50001), (50001, 60000)]


def test_an_open_segment_can_be_guessed_at_and_goes_on() -> None:
    listener, sound = Listener(RATE, "harmony", 0.5), note(7)
    assert listener.feed(sound[:2000]) == []
    assert listener.so_far() is None
    listener.feed(sound[2000:4800])
    guess = listener.so_far()
    assert guess is not None
    assert (guess.start, guess.end, guess.vector[:12].argmax()) == (0, 4800, 7)
    (one,) = listener.feed(sound[4800:])
    np.testing.assert_array_equal(one.vector, describe(sound, RATE, [0, 0.5], "harmony")[0])


def test_a_segment_that_nobody_ends_ends_by_itself() -> None:
    found = heard(Listener(RATE, "energy", "given", longest=1.0), noise(2.5))
    assert [(one.start, one.end) for one in found] == [(0, RATE), (RATE, 2 * RATE)]


def test_an_onset_clock_begins_a_segment_just_before_each_note() -> None:
    sound = np.concatenate([np.zeros(RATE // 4, np.float32), tune([0, 7, 3, 10, 5])])
    found = heard(Listener(RATE, "harmony", "onset"), sound)
    early = [(RATE // 4 + k * RATE // 2 - one.end) / RATE for k, one in enumerate(found)]
    assert len(found) == 5
    assert min(early) >= 0.005
    assert max(early) <= 0.010


def test_a_hole_in_the_sound_begins_a_new_segment_after_it() -> None:
    listener, sound = Listener(RATE, "energy", 0.5), noise(2)
    found = listener.feed(sound[:30000])
    found += listener.feed(sound[40000:], frame=40000)
    assert [(one.start, one.end) for one in found] == [(0, 24000), (40000, 48000), (48000, 72000), (72000, 96000)]
    np.testing.assert_allclose(found[2].vector, describe(sound, RATE, [1.0, 1.5], "energy")[0], atol=1e-5)


@pytest.mark.parametrize("clock", [0.25, "onset"])
def test_a_broken_block_does_not_deafen_the_ear(clock: float | str) -> None:
    listener, sound = Listener(RATE, "mix", clock), tune([0, 4, 7, 11])
    broken = sound.copy()
    broken[30000:30064] = np.nan
    broken[30100] = np.inf
    found = heard(listener, broken)
    assert all(np.isfinite(one.vector).all() for one in found)
    fine = heard(Listener(RATE, "mix", clock), sound)
    assert found[-1].start == fine[-1].start
    assert np.isfinite(describe(broken, RATE, [0, 1], "mix")).all()


def test_neighbours_do_not_leak_into_a_segment() -> None:
    quiet, loud = tune([0, 4]), tune([0, 4])
    loud[RATE // 2 :] = noise(0.5)
    cuts = [0, 0.5]
    np.testing.assert_array_equal(describe(quiet, RATE, cuts, "mix"), describe(loud, RATE, cuts, "mix"))


def test_every_pitch_class_is_heard_by_its_name_in_every_register() -> None:
    wrong = [s for s in range(-24, 36) if describe(note(s), RATE, [0, 0.5], "harmony")[0, :12].argmax() != s % 12]
    assert wrong == []


def test_a_sound_a_semitone_higher_is_the_same_classes_turned_by_one() -> None:
    chord = sum(note(s) for s in (0, 4, 7))
    higher = sum(note(s + 1) for s in (0, 4, 7))
    low, high = (describe(x, RATE, [0, 0.5], "harmony") for x in (chord, higher))
    np.testing.assert_allclose(descriptors.turned(low, 1, "harmony")[0, :12], high[0, :12], atol=0.05)


def test_a_sound_is_told_nearly_the_same_at_every_rate() -> None:
    told = [describe(tune([0, 4, 9], rate=rate), rate, [0, 0.5, 1, 1.5], "mix") for rate in (16000, 44100, 48000, 96000)]
    for other in told[1:]:
        assert np.abs(other - told[0]).max() < 0.12


def test_timbre_does_not_hear_how_loud_nor_harmony_which_instrument() -> None:
    bright, dark = note(0, partials=12), note(0, partials=2)
    loud, soft, dull = (describe(x, RATE, [0, 0.5], "mix")[0] for x in (bright, 0.1 * bright, dark))
    where = descriptors.blocks("mix")
    assert np.linalg.norm((loud - soft)[where["cepstra"]]) < 0.2 * np.linalg.norm((loud - dull)[where["cepstra"]])
    other = describe(note(2, partials=12), RATE, [0, 0.5], "mix")[0]
    assert np.linalg.norm((loud - dull)[where["chroma"]]) < 0.5 * np.linalg.norm((loud - other)[where["chroma"]])
    assert descriptors.levels(loud, "mix") - descriptors.levels(soft, "mix") == pytest.approx(20, abs=0.01)


@pytest.mark.parametrize("sound", [np.zeros(RATE, np.float32), np.full(RATE, 0.5, np.float32), np.ones(RATE, np.float32) * 1e-20])
def test_silence_and_direct_current_are_told_in_plain_numbers(sound: np.ndarray) -> None:
    for emphasis in descriptors.EMPHASES:
        assert np.isfinite(describe(sound, RATE, [0, 0.001, 0.5, 1.0], emphasis)).all()


@pytest.mark.parametrize("seconds", [0.25, 0.5, 8.0])
def test_a_segment_is_told_long_before_the_next_one_ends(seconds: float) -> None:
    listener, took, sound = Listener(RATE, "mix", seconds), [], noise(60 * min(seconds, 1))
    for k in range(40):
        segment = np.resize(np.roll(sound, 1000 * k), round(seconds * RATE))
        listener.feed(segment[:-64])
        began = time.thread_time()
        assert len(listener.feed(segment[-64:])) == 1
        took.append(time.thread_time() - began)
    assert np.median(took[1:]) < 0.05 * min(seconds, 1)  # a busy machine; the bench says how quick it is


def test_without_the_neural_extra_its_ear_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "agents.nets.wav2vec", raising=False)
    with pytest.raises(ValueError, match=r"pip install 'antiphon\[neural\]'"):
        ear("wav2vec")


@pytest.mark.parametrize(
    ("try_", "says"),
    [
        (lambda: ear("harmoni").tell(noise(0.5), RATE, 0), "Nearest: harmony"),
        (lambda: Listener(RATE, "mix", "beat"), "Nearest: given"),
        (lambda: Listener(RATE, "mix", 0.001), "between 0.02 and 8"),
        (lambda: describe(noise(1), RATE, [0, 2], "mix"), "48000 frames"),
        (lambda: describe(noise(1), RATE, [0, 0.5, 0.5], "mix"), "boundaries rise"),
    ],
)
def test_a_slip_is_one_line_that_names_what_is_legal(try_: object, says: str) -> None:
    with pytest.raises(ValueError, match=says) as slip:
        try_()  # type: ignore[operator]
    assert "\n" not in str(slip.value)
