"""Scores are read as they are written, and played in parts that stay together."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from agents.nets import parts
from agents.nets.parts import Note, breathe, midi, play, read

BAR = """<measure number="1"><attributes><divisions>2</divisions>{more}</attributes>
<direction><sound tempo="120"/></direction>{notes}</measure>"""


def note(step: str, octave: int, duration: int, more: str = "", before: str = "") -> str:
    return f"<note>{before}<pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>{duration}</duration>{more}</note>"


def score(*bars: str) -> str:
    head = '<?xml version="1.0"?><score-partwise><identification><creator type="composer">A. Nonymous</creator></identification>'
    return head + "".join(f'<part id="P{k}">{bar}</part>' for k, bar in enumerate(bars)) + "</score-partwise>"


def written(folder: Path, text: str, name: str = "a.musicxml") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def test_a_chord_begins_with_the_note_before_it(tmp_path: Path) -> None:
    bar = BAR.format(more="", notes=note("C", 4, 2) + note("E", 4, 2, before="<chord/>") + note("G", 4, 2))
    assert read(written(tmp_path, score(bar))).parts["1.1"] == [Note(0, 1, 60), Note(0, 1, 64), Note(1, 1, 67)]


def test_a_second_voice_goes_back_to_the_bar_line_and_staves_are_parts(tmp_path: Path) -> None:
    two = note("C", 5, 4, "<staff>1</staff>") + "<backup><duration>4</duration></backup>" + note("C", 3, 4, "<staff>2</staff>")
    found = read(written(tmp_path, score(BAR.format(more="", notes=two))))
    assert found.parts == {"1.1": [Note(0, 2, 72)], "1.2": [Note(0, 2, 48)]}


def test_a_tied_note_is_struck_once(tmp_path: Path) -> None:
    tied = note("D", 4, 2, '<tie type="start"/>') + note("D", 4, 2, '<tie type="stop"/>')
    assert read(written(tmp_path, score(BAR.format(more="", notes=tied)))).parts["1.1"] == [Note(0, 2, 62)]


def test_a_transposing_instrument_sounds_where_it_sounds(tmp_path: Path) -> None:
    moved = "<transpose><chromatic>-2</chromatic></transpose>"
    assert read(written(tmp_path, score(BAR.format(more=moved, notes=note("C", 4, 2))))).parts["1.1"][0].pitch == 58


def test_a_short_bar_in_one_part_does_not_pull_the_parts_apart(tmp_path: Path) -> None:
    bar = '<measure number="2">{}</measure>'
    long = BAR.format(more="", notes=note("C", 4, 8)) + bar.format(note("E", 4, 2))
    short = BAR.format(more="", notes=note("C", 3, 4)) + bar.format(note("E", 3, 2))
    found = read(written(tmp_path, score(long, short)))
    assert found.parts["1.1"][1].at == found.parts["2.1"][1].at == 4


def test_a_packed_score_is_the_same_score(tmp_path: Path) -> None:
    text = score(BAR.format(more="", notes=note("C", 4, 2)))
    pack = tmp_path / "a.mxl"
    with zipfile.ZipFile(pack, "w") as box:
        box.writestr("META-INF/container.xml", '<container><rootfiles><rootfile full-path="in/it.xml"/></rootfiles></container>')
        box.writestr("in/it.xml", text)
    assert read(pack) == read(written(tmp_path, text))
    assert read(pack).composer == "A. Nonymous"


@pytest.mark.parametrize(("text", "says"), [("no score", "cannot be read as MusicXML"), ("<score-timewise/>", "score-partwise")])
def test_what_is_no_score_is_named_in_a_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as error:
        read(written(tmp_path, text))
    assert "a.musicxml" in str(error.value)
    assert "\n" not in str(error.value)


def test_time_breathes_but_never_goes_back(tmp_path: Path) -> None:
    found = read(written(tmp_path, score(BAR.format(more="", notes=note("C", 4, 400)))))
    steps = np.diff(breathe(found, np.random.default_rng(0)))
    assert steps.min() > 0.3
    assert steps.max() < 0.7  # written 0.5 s, a day's pace within 15 %, a wander of some percent
    assert steps.std() > 0.001


def test_a_midi_tick_is_a_millisecond_and_every_note_ends() -> None:
    told = midi([Note(0, 1, 60), Note(1, 200, 64)], np.arange(203) * 0.5, 40, np.random.default_rng(0))
    assert told[:8] == b"MThd\x00\x00\x00\x06"
    assert int.from_bytes(told[12:14], "big") == 500
    assert told[14:18] == b"MTrk"
    assert int.from_bytes(told[18:22], "big") == len(told) - 22
    played = unrolled(told[22:])
    assert [message[0] for _, message in played] == [0xC0, 0x90, 0x80, 0x90, 0x80, 0xFF]
    times = [at for at, _ in played]
    assert times[2] - times[1] == pytest.approx(480, abs=25)
    assert times[4] - times[3] == pytest.approx(96000, abs=25)  # a wait of three bytes


def unrolled(track: bytes) -> list[tuple[int, bytes]]:
    """A track read back: when, and the message."""
    found, now, at = [], 0, 0
    while at < len(track):
        wait = 0
        while True:
            wait, more, at = wait << 7 | track[at] & 127, track[at] & 128, at + 1
            if not more:
                break
        now += wait
        long = 2 if track[at] & 0xF0 == 0xC0 else 3
        found.append((now, track[at : at + long]))
        at += long
    return found


def test_a_missing_player_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    bar = BAR.format(more="", notes=note("C", 4, 1) * 16)
    done = parts.main([str(written(tmp_path, score(bar))), "--out", str(tmp_path / "out"), "--soundfont", str(tmp_path / "none.sf2")])
    told = capsys.readouterr().err
    assert done == 1
    assert "fluidsynth" in told
    assert told.count("\n") == 1


FONTS = sorted(Path("/usr/share/sounds/sf2").glob("*.sf2"))


@pytest.mark.skipif(not (shutil.which("fluidsynth") and FONTS), reason="the fluidsynth program and a soundfont are not there")
def test_a_score_becomes_stems_of_one_length_and_its_beats(tmp_path: Path) -> None:
    bar = BAR.format(more="", notes=note("A", 4, 2) * 12)
    stems, about = play(written(tmp_path, score(bar, bar)), FONTS[0], tmp_path, seed=3)
    assert len(stems) == 2
    assert len({stem.size for stem in stems.values()}) == 1
    assert about["group"] == "A. Nonymous"
    for stem in stems.values():
        first, last = (int(parts.RATE * about["beats"][k]) for k in (0, 12))
        assert np.abs(stem[first:last]).max() > 0.005
        spectrum = np.abs(np.fft.rfft(stem[first:last]))
        peak = spectrum.argmax() * parts.RATE / (last - first)
        assert abs(12 * np.log2(peak / 440) - round(np.log2(peak / 440)) * 12) < 0.5  # an A
    assert json.dumps(about)
