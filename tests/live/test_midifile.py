"""MIDI files: what is written is read again, whatever others write is read or refused in a line."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from live.midifile import PPQ, BadFile, Event, Note, Track, find, look, read, signature, tempo, write


def chunk(data: bytes) -> bytes:
    return b"MTrk" + len(data).to_bytes(4, "big") + data


def head(form: int = 0, tracks: int = 1, division: int = 96) -> bytes:
    return b"MThd\0\0\0\6" + b"".join(x.to_bytes(2, "big") for x in (form, tracks, division))


def test_a_file_of_format_0_with_running_status_reads_as_its_notes() -> None:
    body = b"\0\x90\x3c\x64\x60\x3c\0\0\x40\x50\x30\x40\0\0\xff\x2f\0"  # three after the first without their status
    found = read(head() + chunk(body))
    assert found.notes() == [Note(0, 1, 60, 100), Note(1, 0.5, 64, 80)]


def test_a_format_0_file_is_a_track_for_each_channel() -> None:
    body = b"\0\x91\x3c\x64\0\x99\x24\x64\x60\x81\x3c\0\0\x89\x24\0\0\xff\x2f\0"
    found = read(head() + chunk(body))
    assert [[note.key for note in found.notes(track)] for track in (0, 1, 2)] == [[36, 60], [60], [36]]


def test_tempo_and_bars_are_read_and_leave_the_beats_alone() -> None:
    body = b"\0\xff\x51\3\x0f\x42\x40\0\xff\x58\4\3\2\x18\x08\0\x90\x3c\x64\x60\x80\x3c\0\0\xff\x2f\0"
    found = read(head() + chunk(body))
    assert (found.tempos, found.bar, found.beats) == ([(0.0, 60.0)], 3.0, 3.0)


def test_sysex_and_unknown_pieces_pass_by() -> None:
    body = b"\0\xf0\3\1\2\xf7\0\x90\x3c\x64\0\xf7\1\x01\0\xff\x7f\2ab\x60\x90\x3c\0\0\xff\x2f\0"
    found = read(head() + b"XFKM\0\0\0\2ab" + chunk(body))
    assert found.notes() == [Note(0, 1, 60, 100)]


def test_a_note_that_is_never_let_go_ends_with_its_track() -> None:
    assert read(head() + chunk(b"\0\x90\x3c\x64\x83\x00\xff\x2f\0")).notes() == [Note(0, 4, 60, 100)]


def test_a_torn_file_is_read_as_far_as_it_goes_or_named() -> None:
    body = b"\0\x90\x3c\x64\x60\x3c\0\0\x40\x50"
    whole = head() + b"MTrk\0\0\1\0" + body
    assert [note.key for note in read(whole).notes()] == [60, 64]
    with pytest.raises(BadFile, match="ends in the middle of something"):
        read(whole[:-1])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is no MIDI file"), (b"RIFF....WAVE", "is no MIDI file"), (b"MThd\0\0\0\6\0", "is no MIDI file"), (head(2) + chunk(b""), "of format 2; legal: 0 and 1"),
        (head(division=0xE728) + chunk(b""), "frames of film"), (head(division=0), "frames of film"), (head(), "has no tracks"),
        (head() + chunk(b"\0\x3c\x64"), "where a message begins"), (head() + chunk(b"\0\x90\x3c\x90\0\0"), "cut short"),
        (head() + chunk(b"\xff\xff\xff\xff\xff\x90\0\0"), "a number without an end"), (head() + chunk(b"\0\xf4"), "where a message begins"),
    ],
)  # fmt: skip
def test_what_is_no_midi_file_says_why_in_a_line(data: bytes, says: str) -> None:
    with pytest.raises(BadFile, match=says) as slip:
        read(data, "x.mid")
    assert "\n" not in str(slip.value)
    assert "x.mid" in str(slip.value)


@given(some.binary(max_size=60), some.integers(0, 2))
def test_no_bytes_whatever_do_more_than_be_refused(data: bytes, form: int) -> None:
    for whole in (data, head(form) + chunk(data), head(form) + data):
        with contextlib.suppress(BadFile):
            read(whole)


notes = some.lists(
    some.tuples(some.integers(0, 40), some.integers(1, 20), some.integers(0, 127), some.integers(1, 127), some.integers(0, 15)), max_size=20
)


@given(some.lists(notes, min_size=1, max_size=3), some.text("abc é🎹", max_size=8))
def test_what_is_written_is_read_again_at_the_same_ticks(tmp_path_factory, tracks, name) -> None:
    path = tmp_path_factory.getbasetemp() / "again.mid"
    wanted = []
    for some_notes in tracks:  # a key is not struck while it is held
        free: dict[tuple[int, int], int] = {}
        kept = []
        for start, length, key, velocity, channel in sorted(some_notes):
            if start * 60 >= free.get((channel, key), 0):
                free[channel, key] = (start + length) * 60
                kept.append(Note(start / 8, length / 8, key, velocity, channel))
        wanted.append(sorted(kept, key=lambda note: (note.beat, note.key, note.channel)))
    write(path, [Track(name, _events(one)) for one in wanted])
    found = read(path.read_bytes())
    assert found.division == PPQ
    assert [track.name for track in found.tracks] == [name.strip()] * len(tracks)
    assert [sorted(track.notes, key=lambda note: (note.beat, note.key, note.channel)) for track in found.tracks] == wanted


def _events(some_notes: list[Note]) -> list[Event]:
    events = []
    for note in some_notes:
        on, off = round(note.beat * PPQ), round((note.beat + note.length) * PPQ)
        events += [Event(on, bytes([0x90 | note.channel, note.key, note.velocity])), Event(off, bytes([0x80 | note.channel, note.key, 0]))]
    return events


def test_tempo_and_signature_come_back(tmp_path: Path) -> None:
    write(tmp_path / "x.mid", [Track("time", [tempo(0, 96), tempo(960, 123.5), signature(0, 7 / 2)])])
    found = look(tmp_path / "x.mid")
    assert [(beat, pytest.approx(bpm, abs=1e-3)) for beat, bpm in found.tempos] == [(0, 96), (2, 123.5)]
    assert found.bar == 3.5


def test_a_file_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    write(tmp_path / "corpus" / "song.mid", [Track("", _events([Note(0, 1, 60, 100)]))])
    assert find("song", [tmp_path]) == find("song.mid", [tmp_path]) == (tmp_path / "corpus" / "song.mid").resolve()
    assert find("round").name == "round.mid"
    with pytest.raises(BadFile, match=r"no MIDI file 'sing'. Nearest: song.mid."):
        find("sing", [tmp_path])
    with pytest.raises(BadFile, match="no MIDI file"):
        find("a\0b")


def test_a_file_that_was_written_again_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "x.mid"
    write(path, [Track("", _events([Note(0, 1, 60, 100)]))])
    first = look(path).notes()
    write(path, [Track("", _events([Note(0, 1, 62, 100), Note(1, 1, 64, 100)]))])
    assert (len(first), len(look(path).notes())) == (1, 2)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "x.mid").open("wb") as file:
        file.truncate(17 << 20)
    with pytest.raises(BadFile, match="no MIDI file is that big"):
        look(tmp_path / "x.mid")
