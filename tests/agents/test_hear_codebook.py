"""The alphabet: the nearest kind, silence apart, closed under transposition where it turns, and the same again when loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agents import descriptors
from agents.codebook import Codebook
from agents.hear import describe
from tests.agents.sounds import RATE, note, tune

SCALE = [0, 2, 4, 5, 7, 9, 11]


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Two octaves of notes and a few chords, as harmony."""
    melody = tune([s + o for o in (-12, 0) for s in SCALE] * 2)
    chords = np.concatenate([sum(note(r + s) for s in (0, 4, 7)) for r in SCALE])
    sound = np.concatenate([melody, chords, np.zeros(RATE // 2, np.float32)])
    return describe(sound, RATE, np.arange(0, sound.size + 1, RATE // 2) / RATE, "harmony")


def test_the_same_note_in_two_octaves_is_one_letter(vectors: np.ndarray) -> None:
    labels = Codebook.learn(vectors, 16).labels(vectors)
    assert (labels[:7] == labels[7:14]).sum() >= 6
    assert len(set(labels[:7].tolist())) >= 6


@pytest.mark.parametrize("K", [2, 8, 16])
def test_no_alphabet_is_larger_than_asked_for(vectors: np.ndarray, K: int) -> None:
    book = Codebook.learn(vectors, K)
    assert book.size <= K
    assert set(book.labels(vectors).tolist()) <= set(range(K))


def test_few_kinds_of_sound_make_a_small_alphabet(vectors: np.ndarray) -> None:
    assert Codebook.learn(np.repeat(vectors[:3], 50, axis=0), 256).size == 4


def test_a_label_is_the_nearest_kind(vectors: np.ndarray) -> None:
    book = Codebook.learn(vectors, 12)
    sounding = vectors[:-1]
    apart = np.linalg.norm(((sounding - book.mean) / book.scale)[:, None] - book.centres, axis=2)
    np.testing.assert_allclose(book.distances(sounding), apart, atol=1e-3)
    assert book.labels(sounding).tolist() == apart.argmin(axis=1).tolist()
    assert [book.label(one) for one in sounding] == apart.argmin(axis=1).tolist()


def test_what_is_softer_than_the_gate_is_silence(vectors: np.ndarray) -> None:
    book = Codebook.learn(vectors, 16)
    assert book.label(vectors[-1]) == book.silence == book.size - 1
    soft = describe(0.001 * note(0), RATE, [0, 0.5], "harmony")
    assert book.label(soft[0]) == book.silence
    assert Codebook.learn(vectors, 16, gate=-90).label(soft[0]) != book.silence


@pytest.mark.parametrize(("K", "size"), [(16, 13), (64, 61), (256, 253)])
def test_a_turning_alphabet_answers_a_transposed_memory_with_its_labels_permuted(vectors: np.ndarray, K: int, size: int) -> None:
    many = np.concatenate([vectors + 0.02 * np.random.default_rng(k).standard_normal(vectors.shape).astype("f4") for k in range(12)])
    book = Codebook.learn(many, K, turning=True)
    assert book.size == size
    for semitones in range(-12, 13):
        turned = book.labels(descriptors.turned(vectors, semitones, "harmony"))
        assert turned.tolist() == book.shifted(book.labels(vectors), semitones).tolist()
    assert sorted(book.shift(k, 5) for k in range(size)) == list(range(size))
    assert book.shift(book.silence, 3) == book.silence


def test_a_transposed_sound_gets_the_shifted_letters() -> None:
    cuts = np.arange(8) / 2
    low, high = (describe(tune([s + by for s in SCALE]), RATE, cuts, "harmony") for by in (0, 5))
    book = Codebook.learn(low, 16, turning=True)
    assert book.shifted(book.labels(low), 5).tolist() == book.labels(high).tolist()


def test_the_same_seed_learns_the_same_alphabet(vectors: np.ndarray) -> None:
    one, two, other = (Codebook.learn(vectors, 8, seed) for seed in (3, 3, 4))
    assert one.fingerprint == two.fingerprint != other.fingerprint


def test_k_means_leaves_no_more_than_a_known_good_one_does() -> None:
    cluster = pytest.importorskip("sklearn.cluster")
    points = np.random.default_rng(0).standard_normal((3000, 13)).astype("f4")
    points[:, -1] = 30  # loud
    book = Codebook.learn(points, 33)
    ours = (book.distances(points).min(axis=1) ** 2).sum()
    theirs = cluster.KMeans(32, n_init=1, random_state=0).fit((points - book.mean) / book.scale).inertia_
    assert ours < 1.03 * theirs


def test_a_saved_alphabet_is_the_same_when_loaded(vectors: np.ndarray, tmp_path: Path) -> None:
    book = Codebook.learn(vectors, 16, turning=True, name="brass", gate=-42)
    book.save(tmp_path / "brass.npz")
    again = Codebook.load(tmp_path / "brass.npz")
    assert again.fingerprint == book.fingerprint
    assert (again.name, again.gate, again.turning) == ("brass", -42, True)
    assert again.labels(vectors).tolist() == book.labels(vectors).tolist()


def test_nothing_but_silence_makes_an_alphabet_too() -> None:
    quiet = describe(np.zeros(RATE, np.float32), RATE, [0, 0.5, 1], "timbre")
    book = Codebook.learn(quiet, 64, emphasis="timbre")
    assert book.labels(quiet).tolist() == [book.silence] * 2


def test_slips_are_one_line(vectors: np.ndarray, tmp_path: Path) -> None:
    book = Codebook.learn(vectors, 8)
    with pytest.raises(ValueError, match="takes vectors of 13 numbers, not"):
        book.label(np.zeros(27))
    with pytest.raises(ValueError, match="does not turn"):
        book.shift(0, 2)
    with pytest.raises(ValueError, match="Nearest: harmony"):
        Codebook.learn(np.zeros((4, 15)), 8, emphasis="timbre", turning=True)
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(ValueError, match="is no codebook"):
        Codebook.load(tmp_path / "other.npz")
