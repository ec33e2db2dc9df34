"""A duo on paper: what is drawn is what was played."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from agents import drawn

SOUNDS = Path(__file__).resolve().parents[2] / "sounds"


def test_a_duo_is_drawn_and_can_be_heard(tmp_path: Path) -> None:
    out, sound = tmp_path / "p.png", tmp_path / "duo.wav"
    asked = [
        "show",
        str(SOUNDS / "kalimba phrase.flac"),
        "--memory",
        str(SOUNDS / "horn lines.flac"),
        "--seconds",
        "6",
        "--relation",
        "none",
    ]
    assert drawn.main([*asked, "--out", str(out), "--sound", str(sound)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    both, rate = soundfile.read(sound)
    assert len(both) / rate > 5.9
    assert np.abs(both[:, 1]).max() > 0.05


def test_the_strip_of_places_is_empty_where_nothing_was_played() -> None:
    lead = np.zeros((1, 48000), np.float32)
    made, partner = drawn.played(lead, 48000, settings={"memory": str(SOUNDS / "horn lines.flac"), "relation": "none"}, density=0.0)
    assert not made.any()
    strip = drawn.places(partner, list(partner.done), made.shape[1])
    assert not (strip == drawn.drawing.WARM.astype(np.uint8)).all(axis=2).any()


def test_a_memory_that_is_not_there_is_one_line(capsys: object, tmp_path: Path) -> None:
    assert drawn.main(["show", str(SOUNDS / "glass.flac"), "--memory", str(tmp_path / "nothing"), "--out", str(tmp_path / "x.png")]) == 2
    assert capsys.readouterr().err.count("\n") == 1  # type: ignore[attr-defined]
    assert not (tmp_path / "x.png").exists()
