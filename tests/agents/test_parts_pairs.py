"""Parts are told on one grid, kept small, and split so that no writer is on both sides."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from agents import descriptors
from agents.nets import pairs
from agents.nets.pairs import Piece, alphabet, kept, seen_as, segments, tell

RATE = 16000


def tones(keys: list[int], seconds: float = 0.5, rate: int = RATE) -> np.ndarray:
    """One tone after the other, in MIDI keys."""
    time = np.arange(int(seconds * rate)) / rate
    return np.concatenate([0.3 * np.sin(2 * np.pi * 440 * 2 ** ((key - 69) / 12) * time) for key in keys]).astype(np.float32)


def test_beats_are_divided_towards_half_a_second() -> None:
    assert np.diff(segments(np.arange(0, 20, 1.0), 19.5)).tolist() == pytest.approx([0.5] * 38)
    assert np.diff(segments(np.arange(0, 20, 0.25), 19.5)).tolist() == pytest.approx([0.5] * 39)
    assert np.diff(segments(np.arange(0, 20, 0.6), 19.5)).tolist() == pytest.approx([0.6] * 32)


def test_without_beats_the_grid_is_even_and_ends_within_the_sound() -> None:
    cuts = segments(None, 15.0)
    assert cuts[-1] == 15.0
    assert len(cuts) == 31
    assert segments(None, 14.99)[-1] == 14.5


def test_a_piece_is_told_part_by_part_and_what_the_others_sound_like() -> None:
    sounds = {"low": tones([48] * 6), "middle": tones([52] * 6), "high": tones([55] * 6)}
    piece = tell(sounds, RATE, {"group": "me"}, "chord")
    where = descriptors.blocks(pairs.TOLD)["chroma"]
    assert set(piece.parts) == set(piece.bands) == {"low", "middle", "high"}
    assert piece.parts["low"][2][where].argmax() == 0
    band = piece.bands["low"][2][where]
    assert set(band.argsort()[-2:].tolist()) == {4, 7}


def test_two_parts_have_no_band_apart_from_each_other() -> None:
    assert tell({"a": tones([60] * 4), "b": tones([64] * 4)}, RATE, {}, "duo").bands == {}


def test_a_folder_of_stems_is_kept_without_its_sound(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for k, key in enumerate((60, 67)):
            soundfile.write(tmp_path / name / f"{k}.wav", tones([key] * 8), RATE)
    (tmp_path / "one" / "piece.json").write_text(json.dumps({"group": "me", "beats": [0.0, 0.4, 0.8, 1.2, 1.6]}))
    (tmp_path / "alone").mkdir()
    soundfile.write(tmp_path / "alone" / "0.wav", tones([60]), RATE)
    assert pairs.main([str(tmp_path), "--out", str(tmp_path / "told.npz")]) == 0
    told = kept(tmp_path / "told.npz")
    assert [(one.name, one.group, len(one.parts["0"])) for one in told] == [("one", "me", 4), ("two", "two", 8)]
    again = kept(tmp_path)
    assert np.abs(told[0].parts["1"] - again[0].parts["1"]).max() < 0.01


def test_a_folder_without_pieces_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a piece is a folder of two stems or more"):
        kept(tmp_path)


def test_what_is_kept_is_read_under_another_emphasis() -> None:
    sound = tones([60, 64, 67])
    mix = np.stack([descriptors.vector(part, RATE, "mix") for part in np.split(sound, 3)])
    harmony = np.stack([descriptors.vector(part, RATE, "harmony") for part in np.split(sound, 3)])
    assert np.allclose(seen_as(mix, "harmony"), harmony, atol=1e-5)


def test_a_writer_is_on_one_side_only() -> None:
    sides = {group: {Piece(f"{k}", group).side for k in range(5)} for group in map(str, range(200))}
    assert all(len(side) == 1 for side in sides.values())
    counts = [sum(side == {name} for side in sides.values()) for name in ("train", "valid", "test")]
    assert counts[0] > 120
    assert min(counts) > 5


def test_pairs_go_both_ways_and_silent_parts_are_left_out() -> None:
    sounds = {"a": tones([60, 62, 64, 65] * 4), "b": tones([48, 50, 52, 53] * 4), "mute": np.zeros(16 * RATE // 2, np.float32)}
    piece = tell(sounds, RATE, {}, "two and nobody")
    found = pairs.pairs([piece], alphabet([piece], 16))
    assert [one.band for one in found] == [False, True, False, True]
    assert (found[0].own == found[2].heard).all()
    assert found[0].memory(13).sum() == len(set(found[0].own.tolist()))
