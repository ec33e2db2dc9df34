"""A take as a MIDI file: every note and every move at the tick where it was played, and back again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from live.cli import main
from live.journal import Journal
from live.midifile import PPQ, look
from live.notation import written
from live.plan import Make, Pace
from live.score import Node, Score

RATE = 48000
BEAT = 24000  # frames, at 120 bpm


def take(folder: Path, *lines: tuple[str, int, dict[str, Any]], end: int = 16 * BEAT) -> Path:
    """A journal of these lines."""
    book = Journal(folder / "journal.jsonl")
    book.write("begin", 0, rate=RATE, ins=0, outs=2, seed=0, ceiling=-1.0, lookahead=64)
    for what, frame, more in lines:
        book.write(what, frame, **more)
    book.write("end", end)
    book.close()
    return book.path


def key(frame: int, on: int, number: int, velocity: float = 0.0, slot: int = 0, channel: int = 0) -> tuple[str, int, dict[str, Any]]:
    return "note", frame, {"on": on, "key": number, "velocity": velocity, "slot": slot, "channel": channel}


def knob(frame: int, number: int, value: float) -> tuple[str, int, dict[str, Any]]:
    return "knob", frame, {"knob": number, "value": value}


def test_keys_come_out_where_they_were_played(tmp_path: Path) -> None:
    book = take(
        tmp_path,
        key(BEAT, 1, 60, 100 / 127),
        key(2 * BEAT, 0, 60),
        key(BEAT * 5 // 2, 1, 64, 1.0, 1, 9),
        key(3 * BEAT, 1, 60, 0.5),
        key(4 * BEAT, 0, -1),
    )
    made = written(book, tmp_path / "take.mid")
    found = look(tmp_path / "take.mid")
    assert [track.name for track in found.tracks] == ["time", "keys 1", "keys 2"]
    assert [(n.beat, n.length, n.key, n.velocity) for n in found.tracks[1].notes] == [(1, 1, 60, 100), (3, 1, 60, 64)]
    assert [(n.beat, n.length, n.key, n.channel) for n in found.tracks[2].notes] == [(2.5, 13.5, 64, 9)]
    assert (made.notes, made.beats) == (3, 16)


def test_pedal_and_wheel_stand_with_the_keys_they_hold_and_bend(tmp_path: Path) -> None:
    hand = {"slot": 0, "channel": 2}
    book = take(
        tmp_path,
        key(BEAT, 1, 60, 0.5, 0, 2),
        ("foot", BEAT, {"down": 1, **hand}),
        ("bend", 2 * BEAT, {"wheel": 1.0, "semitones": 2.0, **hand}),
        ("bend", 3 * BEAT, {"wheel": 0.0, "semitones": 0.0, **hand}),
        ("foot", 4 * BEAT, {"down": 0, **hand}),
    )
    written(book, tmp_path / "take.mid")
    track = look(tmp_path / "take.mid").tracks[1]
    found = [(event.tick / PPQ, *event.bytes) for event in track.events if event.meta < 0 and event.bytes[0] >> 4 not in (8, 9)]
    assert found == [(1, 0xB2, 64, 127), (2, 0xE2, 127, 127), (3, 0xE2, 0, 64), (4, 0xB2, 64, 0)]


@given(some.lists(some.tuples(some.integers(0, 7600), some.integers(1, 900), some.integers(0, 127), some.integers(1, 127)), max_size=20))
def test_notes_go_out_and_come_in_at_the_same_ticks(
    tmp_path_factory: pytest.TempPathFactory, played: list[tuple[int, int, int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("round")
    wanted, free = [], dict[int, int]()
    for start, length, number, velocity in sorted(played):
        if start >= free.get(number, -1):
            free[number] = start + length
            wanted.append((start, length, number, velocity))
    lines = [key(start * 50, 1, number, velocity / 127) for start, _, number, velocity in wanted]
    lines += [key((start + length) * 50, 0, number) for start, length, number, _ in wanted]
    order = sorted(lines, key=lambda line: (line[1], line[2]["on"]))
    written(take(folder, *order), folder / "take.mid")
    found = [(round(n.beat * PPQ), round((n.beat + n.length) * PPQ), n.key, n.velocity) for n in look(folder / "take.mid").notes()]
    assert sorted(found) == sorted((start, start + length, number, velocity) for start, length, number, velocity in wanted)


def test_the_tempo_map_keeps_beats_and_seconds(tmp_path: Path) -> None:
    book = Journal(tmp_path / "journal.jsonl")
    book.write("begin", 0, rate=RATE, ins=0, outs=2, seed=0, ceiling=-1.0, lookahead=64)
    for frame, tempo, bar in ((0, 120.0, 4.0), (8 * BEAT, 60.0, 3.0)):
        book.plan(frame, (Pace(tempo, bar),), Score(), 0.05)
    name, frame, line = key(8 * BEAT + 48000, 1, 60, 1.0)
    book.write(name, frame, **line)
    book.write("mark", 8 * BEAT, text="chorus")
    book.write("end", 20 * BEAT)
    book.close()
    written(book.path, tmp_path / "take.mid")
    found = look(tmp_path / "take.mid")
    assert [(beat, pytest.approx(bpm, abs=1e-3)) for beat, bpm in found.tempos] == [(0, 120), (8, 60)]
    assert found.tracks[1].notes[0].beat == 9
    assert [(event.tick, event.bytes) for event in found.tracks[0].events if event.meta == 6] == [(8 * PPQ, b"chorus")]
    assert [event.bytes[0] for event in found.tracks[0].events if event.meta == 0x58] == [4, 3]


def seconds(found: Any, beat: float) -> float:
    """When a beat comes, by the file's tempo map."""
    total, last, pace = 0.0, 0.0, 120.0
    for at, bpm in found.tempos:
        if at >= beat:
            break
        total, last, pace = total + (at - last) * 60 / pace, at, bpm
    return total + (beat - last) * 60 / pace


def test_a_ramp_is_told_so_that_every_note_keeps_its_second(tmp_path: Path) -> None:
    lines = [("pace", 4 * BEAT, {"bpm": 180.0, "over": 8.0 * BEAT}), *(key(k * 9600, 1, 60 + k, 1.0) for k in range(30))]
    written(take(tmp_path, *lines, end=300000), tmp_path / "take.mid")
    found = look(tmp_path / "take.mid")
    assert len(found.tempos) > 10
    off = [seconds(found, note.beat) - (note.key - 60) * 0.2 for note in found.notes()]
    assert max(abs(x) for x in off) < 0.003


@pytest.mark.parametrize(
    ("number", "name", "values", "expected"),
    [
        (7, "", [0.0, 64 / 127, 1.0], [b"\xb0\x07\x00", b"\xb0\x07\x40", b"\xb0\x07\x7f"]),
        (7, "", [0.3], [b"\xb0\x07\x26", b"\xb0\x27\x33"]),
        (100, "", [1.0], [b"\xb0\x64\x7f"]),
        (300, "", [1.0], [b"\xb0\x10\x7f", b"\xb0\x30\x7f"]),
        (512, "cutoff", [0.0], [b"\xb0\x10\x00", b"\xb0\x30\x00"]),
        (513, "nano/bend", [0.5, 1.0, 0.0], [b"\xe0\x00\x40", b"\xe0\x7f\x7f", b"\xe0\x00\x00"]),
        (514, "pedal", [1.0], [b"\xb0\x40\x7f"]),
        (515, "pressure", [1.0], [b"\xd0\x7f"]),
    ],
)
def test_knobs_are_controllers(tmp_path: Path, number: int, name: str, values: list[float], expected: list[bytes]) -> None:
    named = [("named", 0, {"knob": number, "name": name, "value": 0.0})] if name else []
    written(take(tmp_path, *named, *(knob(k * BEAT, number, value) for k, value in enumerate(values))), tmp_path / "take.mid")
    track = look(tmp_path / "take.mid").tracks[1]
    assert track.name == (name or f"knob {number}")
    assert [event.bytes for event in track.events if event.meta < 0] == expected


def test_what_keys_and_pads_turned_is_not_told_twice(tmp_path: Path) -> None:
    named = [("named", 0, {"knob": 512 + k, "name": name, "value": 0.0}) for k, name in enumerate(("key", "nano/key gate", "pad 36"))]
    written(take(tmp_path, *named, *(knob(k * BEAT, 512 + k, 1.0) for k in range(3))), tmp_path / "take.mid")
    assert len(look(tmp_path / "take.mid").tracks) == 1


def test_notes_sent_to_places_are_notes_where_they_have_a_pitch(tmp_path: Path) -> None:
    book = Journal(tmp_path / "journal.jsonl")
    book.write("begin", 0, rate=RATE, ins=0, outs=2, seed=0, ceiling=-1.0, lookahead=64)
    book.plan(0, (Make("wire", Node("pluck")), Make("hum", Node("tone")), Make("rain", Node("clip"))), Score(), 0.05)
    for frame, place, kind, numbers in (
        (0, "wire", 1, [440.0, 0.5]), (BEAT, "wire", 1, [0.0, 1.0]), (2 * BEAT, "wire", 2, [440.0]), (0, "hum", 1, [220.0, 1.0]), (BEAT, "hum", 1, [330.0, 1.0]),
        (3 * BEAT, "hum", 2, []), (0, "rain", 1, [0.0, 1.0]),
    ):  # fmt: skip
        book.write("event", frame, name=place, kind=kind, numbers=numbers)
    book.write("end", 16 * BEAT)
    book.close()
    written(book.path, tmp_path / "take.mid")
    found = {track.name: [(n.beat, n.length, n.key, n.velocity) for n in track.notes] for track in look(tmp_path / "take.mid").tracks[1:]}
    assert found == {"hum": [(0, 1, 57, 127), (1, 2, 64, 127)], "wire": [(0, 2, 69, 64), (1, 1, 57, 127)]}


def test_the_command_writes_it_beside_the_take(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = take(tmp_path, key(0, 1, 60, 1.0))
    assert main(["midi", str(book.parent)]) == 0
    assert (tmp_path / f"{tmp_path.name}.mid").is_file()
    assert "2 tracks, 1 notes" in capsys.readouterr().out
    assert main(["midi", str(book), "--out", str(tmp_path / "other"), "--json"]) == 0
    assert '"notes": 1' in capsys.readouterr().out
    assert (tmp_path / "other.mid").is_file()


def test_a_take_that_is_none_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["midi", str(tmp_path)]) == 2
    assert main(["midi", str(take(tmp_path)), "--out", str(tmp_path / "no" / "x.mid")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
