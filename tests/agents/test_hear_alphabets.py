"""The alphabets that come with Antiphon: there, distinct, and of use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from agents.alphabets import FOLDER, SIZES, bundled, main
from agents.descriptors import EMPHASES, width
from agents.hear import describe
from tests.agents.sounds import RATE, note, tune


@pytest.mark.parametrize("emphasis", EMPHASES)
@pytest.mark.parametrize("K", SIZES)
def test_every_emphasis_has_an_alphabet_of_each_size(emphasis: str, K: int) -> None:
    book = bundled(emphasis, K)
    assert (book.emphasis, book.name, book.mean.size) == (emphasis, f"{emphasis}-{K}", width(emphasis))
    assert 0.75 * K <= book.size <= K
    assert len(np.unique(book.centres.round(6), axis=0)) == len(book.centres)


def test_no_two_alphabets_pass_for_each_other() -> None:
    assert len({bundled(e, K).fingerprint for e in EMPHASES for K in SIZES}) == len(EMPHASES) * len(SIZES)
    assert sum(file.stat().st_size for file in FOLDER.glob("*.npz")) < 200_000


@pytest.mark.parametrize("K", SIZES)
def test_a_scale_is_told_apart_note_by_note_and_turns_with_the_key(K: int) -> None:
    book, cuts = bundled("harmony", K), np.arange(13) / 2
    labels = book.labels(describe(tune(list(range(12))), RATE, cuts, "harmony"))
    assert len(set(labels.tolist())) == 12
    same = sum(book.shift(int(labels[0]), k) == labels[k] for k in range(12))
    assert same >= (12 if K < 256 else 10)  # in a fine alphabet two kinds lie close, and a note may fall to either side


def test_timbre_tells_a_note_from_a_noise_and_both_from_silence() -> None:
    hiss = (0.1 * np.random.default_rng(0).standard_normal(RATE // 2)).astype(np.float32)
    sound = np.concatenate([note(0), hiss, np.zeros(RATE // 2, np.float32), note(0)])
    labels = bundled("timbre", 16).labels(describe(sound, RATE, np.arange(5) / 2, "timbre"))
    assert labels[0] == labels[3]
    assert len(set(labels.tolist())) == 3


def test_an_alphabet_that_does_not_come_with_it_is_one_line() -> None:
    with pytest.raises(ValueError, match="Nearest: harmony-"):
        bundled("harmony", 65)


def test_they_can_be_learnt_anew_from_any_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(tmp_path / "a.wav", tune([0, 4, 7, 11, 2]), RATE)
    assert main([str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    assert len(list((tmp_path / "out").glob("*.npz"))) == len(EMPHASES) * len(SIZES)
    assert "harmony-16: 13 labels from 5 segments" in capsys.readouterr().out
