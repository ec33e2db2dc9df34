"""Sound memories: any files become segments that play back as they were, at once the second time, and keep what hands did."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from agents.codebook import Codebook
from agents.hear import Listener, describe
from agents.remember import Remembered, remember
from tests.agents.sounds import RATE, noise, note, tune

MELODY = [0, 4, 7, 12, 0, 4, 7, 12]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files: a melody, and a chord after a silence."""
    place = tmp_path / "brass"
    place.mkdir()
    soundfile.write(place / "a melody.wav", tune(MELODY), RATE, "FLOAT")
    chord = np.concatenate([np.zeros(RATE // 2, np.float32), note(2), note(5)])
    soundfile.write(place / "chord.wav", np.stack([chord, 0.5 * chord], axis=1), RATE, "FLOAT")
    return place


def whole(memory: Remembered) -> np.ndarray:
    """All segments one after another."""
    return np.concatenate([memory.sound(i) for i in range(len(memory))], axis=1)


@pytest.mark.parametrize("cut", ["onset", "grid", "both"])
def test_segments_one_after_another_are_the_sound_itself(folder: Path, cut: str) -> None:
    memory = remember(folder, cut=cut, tempo=120)
    assert (memory.channels, [f.name for f in memory.files]) == (2, ["a melody.wav", "chord.wav"])
    melody, chord = (soundfile.read(folder / name, dtype="float32", always_2d=True)[0].T for name in ("a melody.wav", "chord.wav"))
    np.testing.assert_array_equal(whole(memory), np.concatenate([np.repeat(melody, 2, axis=0), chord], axis=1))
    assert all(memory.follows(i, i + 1) == (memory.source[i] == memory.source[i + 1]) for i in range(len(memory) - 1))


def test_a_melody_cut_on_its_beat_has_its_own_repeats_for_labels(folder: Path) -> None:
    memory = remember(folder / "a melody.wav", cut="both", tempo=120, K=4)
    assert memory.labels[:4].tolist() == memory.labels[4:].tolist()
    assert memory.labels[0] == memory.labels[3] != memory.labels[1] != memory.labels[2]
    assert memory.phases.round(6).min() >= 0
    assert np.minimum(memory.phases, 1 - memory.phases).max() < 0.05


def test_a_cut_on_both_stands_before_the_attack(folder: Path) -> None:
    memory = remember(folder / "a melody.wav", cut="both", tempo=120)
    early = np.arange(1, 8) * RATE // 2 - memory.spans[1:, 0]
    assert early.min() >= 0.005 * RATE
    assert early.max() <= 0.010 * RATE


def test_the_second_start_takes_no_time_and_is_the_same(folder: Path) -> None:
    first = remember(folder, cut="onset")
    began = time.process_time()
    again = remember(folder, cut="onset")
    assert time.process_time() - began < 0.3
    np.testing.assert_array_equal(first.vectors, again.vectors)
    assert first.codebook.fingerprint == again.codebook.fingerprint
    assert first.labels.tolist() == again.labels.tolist()


def test_a_sound_that_changed_is_heard_anew(folder: Path) -> None:
    assert len(remember(folder / "a melody.wav", cut="grid", grid=0.5)) == 8
    soundfile.write(folder / "a melody.wav", tune(MELODY[:4]), RATE, "FLOAT")
    os.utime(folder / "a melody.wav", ns=(1, 1))
    assert len(remember(folder / "a melody.wav", cut="grid", grid=0.5)) == 4


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders are closed by their mode")
def test_a_folder_that_cannot_be_written_is_kept_elsewhere(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".antiphon").write_text("in the way of a folder", "utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    memory = remember(folder, cut="grid")
    assert tmp_path in memory.shelf.beside.parents
    assert folder not in memory.shelf.beside.parents
    assert len(remember(folder, cut="grid")) == len(memory)


def test_files_of_eight_rates_mono_and_stereo_are_one_memory(tmp_path: Path) -> None:
    for k, rate in enumerate([8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000] * 6):
        sound = noise(0.25, k, rate)
        soundfile.write(tmp_path / f"{k:02d}.wav", sound if k % 3 else np.stack([sound, sound], axis=1), rate)
    memory = remember(tmp_path, cut="grid", grid=0.25, emphasis="mix")
    assert (len(memory), memory.channels) == (48, 2)
    assert np.abs(np.diff(memory.spans) - RATE // 4).max() <= 2
    assert memory.levels.min() > -25


def test_a_note_from_a_file_of_another_rate_keeps_its_pitch(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", note(9, rate=44100), 44100)
    memory = remember(tmp_path, rate=48000, cut="grid")
    assert memory.vectors[0, :12].argmax() == 9


def test_a_broken_file_among_good_ones_is_named_and_left_out(folder: Path) -> None:
    (folder / "broken.wav").write_bytes(b"RIFF nothing of the kind")
    (folder / "empty.flac").write_bytes(b"")
    bad = tune(MELODY)
    bad[30000] = np.nan
    soundfile.write(folder / "b.wav", bad, RATE, "FLOAT")
    soundfile.write(folder / "nothing.wav", np.zeros(0, np.float32), RATE)
    memory = remember(folder, cut="grid", grid=0.5)
    assert [f.name for f in memory.files] == ["a melody.wav", "chord.wav"]
    assert len(memory) == 11
    assert sorted(note.split()[0] for note in memory.notes) == ["b.wav", "broken.wav", "empty.flac", "nothing.wav"]
    assert all("\n" not in note for note in memory.notes)


def test_one_segment_and_silence_are_memories_too(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "one.wav", note(0, 0.05), RATE)
    one = remember(tmp_path / "one.wav")
    assert (len(one), one.codebook.size) == (1, 2)
    soundfile.write(tmp_path / "none.wav", np.zeros(RATE, np.float32), RATE)
    none = remember(tmp_path / "none.wav", emphasis="timbre", cut="grid", grid=0.5)
    assert none.labels.tolist() == [none.codebook.silence] * 2
    assert "a memory of silence" in none.notes[0]


@pytest.mark.parametrize(
    ("slip", "says"),
    [
        ({"cut": "onsets"}, "Nearest: onset"),
        ({"emphasis": "timber"}, "Nearest: timbre"),
        ({"tempo": 0}, "between 5 and 1000"),
        ({"cut": "grid", "grid": 1e-9}, "at least one frame"),
        ({"cut": "onset", "grid": 0}, "at least one frame"),
    ],
)
def test_a_slip_is_one_line_that_names_what_is_legal(folder: Path, slip: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says) as told:
        remember(folder, **slip)  # type: ignore[arg-type]
    assert "\n" not in str(told.value)


def test_a_place_without_sounds_is_said(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match="holds no sounds to remember"):
        remember(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="Nearest: .*brass"):
        remember(tmp_path / "bras")
    (tmp_path / "none" / "x.wav").write_bytes(b"no")
    with pytest.raises(ValueError, match="none of 1 files could be read: x.wav"):
        remember(tmp_path / "none")


def test_an_alphabet_that_is_there_labels_another_memory(folder: Path) -> None:
    book = remember(folder / "a melody.wav", cut="grid", grid=0.5).codebook
    other = remember(folder / "chord.wav", cut="grid", grid=0.5, codebook=book)
    assert other.codebook.fingerprint == book.fingerprint
    assert other.labels.tolist() == book.labels(other.vectors).tolist()
    with pytest.raises(ValueError, match="hears harmony, this memory timbre"):
        remember(folder, emphasis="timbre", codebook=book)


def test_what_is_played_now_is_remembered_within_its_segment(folder: Path) -> None:
    memory = remember(folder / "a melody.wav", cut="grid", grid=0.5)
    before, took = len(memory), []
    listener = Listener(RATE, "harmony", 0.5)
    played = tune([4, 7] * 20)
    for one in listener.feed(played):
        began = time.thread_time()
        i = memory.append(played[one.start : one.end], one.vector)
        took.append(time.thread_time() - began)
        np.testing.assert_array_equal(memory.sound(i)[0], played[one.start : one.end])
    assert len(memory) == before + 40
    assert memory.labels[before:].tolist() == [memory.labels[1], memory.labels[2]] * 20
    assert np.median(took) < 0.001
    assert memory.follows(before, before + 1)
    assert not memory.follows(before - 1, before)
    across = memory.read(memory.spans[before, 0] - 100, memory.spans[before, 0] + 100)
    np.testing.assert_array_equal(across[0], np.concatenate([memory.sound(before - 1)[0, -100:], played[:100]]))


def test_what_is_appended_without_a_vector_is_heard_as_from_a_file(folder: Path) -> None:
    memory = remember(folder / "a melody.wav", cut="grid", grid=0.5)
    i = memory.append(note(3))
    np.testing.assert_array_equal(memory.vectors[i], describe(note(3), RATE, [0, 0.5], "harmony")[0])
    with pytest.raises(ValueError, match="empty segment"):
        memory.append(np.zeros(0))


def test_what_hands_did_survives_a_new_start_and_what_was_appended_does_not(folder: Path) -> None:
    memory = remember(folder, cut="grid", grid=0.5)
    memory.relabel(0, 2)
    memory.forget(1)
    memory.pin(2)
    memory.forget(memory.append(note(0)))
    with pytest.raises(ValueError, match="segment 2 is pinned"):
        memory.forget(2)
    with pytest.raises(ValueError, match="go from 0 to"):
        memory.relabel(3, 99)
    with pytest.raises(IndexError, match="segment 40"):
        memory.forget(40)
    again = remember(folder, cut="grid", grid=0.5)
    assert len(again) == 11
    assert again.labels[:3].tolist() == [2, -1, memory.heard[2]]
    assert again.pinned == {2}
    other = remember(folder, cut="grid", grid=0.5, emphasis="timbre")
    assert (other.forgotten, other.pinned, other.labels[0]) == ({1}, {2}, other.heard[0])
    other.relabel(3, 0)
    again = remember(folder, cut="grid", grid=0.5)
    assert again.labels[[0, 3]].tolist() == [2, memory.heard[3]]
    assert remember(folder, cut="grid", grid=0.25).forgotten == set()
    again.forget(1, False)
    again.pin(2, False)
    again.forget(2)
    assert remember(folder, cut="grid", grid=0.5).labels[1:3].tolist() == [memory.heard[1], -1]


def test_what_was_kept_and_broke_is_heard_again(folder: Path) -> None:
    memory = remember(folder, cut="grid")
    memory.pin(1)
    for broken in [*memory.shelf.beside.glob("*.npz"), memory.sidecar]:
        broken.write_bytes(b"PK half of it")
    expected = whole(memory)
    sound = next(memory.shelf.beside.glob("*.sound"))
    sound.unlink()
    sound.write_bytes(b"1234")
    said: list[str] = []
    again = remember(folder, cut="grid", say=said.append)
    assert again.labels.tolist() == memory.labels.tolist()
    assert any("cannot be read" in line for line in said)
    assert any("put by hand cannot be read" in note for note in again.notes)
    np.testing.assert_array_equal(whole(again), expected)


def test_a_long_memory_is_kept_in_16_bits_and_read_from_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.shelf.LONG", 3)
    monkeypatch.setattr("agents.shelf.BLOCK", 10001)
    memory = remember(folder / "a melody.wav", cut="grid", grid=0.5)
    assert isinstance(memory.shelf.sound, np.memmap)
    assert memory.shelf.sound.dtype == np.int16
    assert np.abs(whole(memory)[0] - tune(MELODY)).max() <= 0.51 / 32767


def test_long_sounds_that_nobody_used_for_longest_make_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.shelf.ROOM", 2_000_000)
    for rate in (44100, 48000, 32000):
        memory = remember(folder, rate=rate, cut="grid")
        os.utime(memory.shelf.beside / f"{memory.shelf.key}.sound", (rate, rate))
    kept = {p.stem for p in memory.shelf.beside.glob("*.sound")}
    assert memory.shelf.key in kept
    assert len(kept) == 1
    assert len(remember(folder, rate=44100, cut="grid")) == len(memory)


def test_a_memory_can_be_looked_at(folder: Path) -> None:
    memory = remember(folder, cut="grid", grid=0.5)
    memory.forget(0)
    text = memory.table()
    rows = {line.split()[0]: line.split() for line in text.splitlines()[2:]}
    assert float(rows["silence"][2]) == 0.5
    assert rows[str(memory.labels[1])][-2] == "E"
    assert sum(int(row[1]) for name, row in rows.items() if name != "forgotten:") == len(memory) - 1
    image = memory.picture(400, 120)
    assert (image.shape, image.dtype) == ((120, 400, 3), np.uint8)
    assert len(np.unique(image.reshape(-1, 3), axis=0)) >= 4
    assert remember(folder, cut="grid", grid=0.5, emphasis="energy").table().count("\n") >= 3


def test_a_turning_memory_knows_itself_in_every_key(folder: Path, tmp_path: Path) -> None:
    memory = remember(folder / "a melody.wav", cut="grid", grid=0.5, K=16, turning=True)
    higher = tmp_path / "higher.wav"
    soundfile.write(higher, tune([s + 3 for s in MELODY]), RATE, "FLOAT")
    other = remember(higher, cut="grid", grid=0.5, codebook=memory.codebook)
    assert other.labels.tolist() == memory.codebook.shifted(memory.labels, 3).tolist()


def test_a_saved_alphabet_is_taken_by_its_path(folder: Path, tmp_path: Path) -> None:
    book = remember(folder, cut="grid").codebook
    book.save(tmp_path / "book.npz")
    assert remember(folder, cut="onset", codebook=tmp_path / "book.npz").codebook.fingerprint == book.fingerprint
    assert isinstance(book, Codebook)
