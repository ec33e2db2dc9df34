"""tune("round"): what may be said, what is said when it may not, and how it is typed back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from live.midifile import Event, Track, write
from live.paging import paged, script
from tests.live.pages import STEREO, page_of, score, slip


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A session with a tune of its own, a file without notes and one that is none."""
    (tmp_path / "corpus").mkdir()
    notes = [Event(0, b"\x90\x3c\x64"), Event(480, b"\x80\x3c\x00")]
    write(tmp_path / "corpus" / "song.mid", [Track("time"), Track("flute", notes)])
    write(tmp_path / "corpus" / "still.mid", [Track("time")])
    (tmp_path / "corpus" / "bad.mid").write_bytes(b"RIFF")
    return tmp_path


def test_the_bundled_tune_plays_at_once() -> None:
    hits = score('x = pluck(hits=tune("round", track=1, beats=8))\n').places["x"].settings["hits"]
    assert hits == ("tune", "round", 1, 8.0, 0.0)


@pytest.mark.parametrize(
    "text",
    [
        'pluck(hits=tune("song"))',
        'tone(hits=tune("song", track=1, beats=16, turn=0.5), shape="saw")',
        'clip("rain on tin", hits=tune("song"), gate=True)',
    ],
)
def test_it_is_typed_back_by_its_name(session: Path, text: str) -> None:
    room = replace(STEREO, folders=(str(session),))
    page = page_of(f"x = {text}\nout.stage = x\n", room)
    assert f"x = {text}\n" in script(page)
    first = score(f"x = {text}\nout.stage = x\n", None, room)
    assert score(script(paged(first, room)), None, room) == first


def test_a_name_for_a_tune_is_typed_too(session: Path) -> None:
    room = replace(STEREO, folders=(str(session),))
    assert 'song = tune("song", beats=4)' in script(page_of('song = tune("song", beats=4)\nx = pluck(hits=song)\n', room))


@pytest.mark.parametrize(
    ("text", "says", "near"),
    [
        ('tune("sing")', "There is no MIDI file 'sing'", "Nearest: song.mid"), ("tune(3)", "goes by its name", "round"), ('tune("still")', "still.mid has no notes", ""),
        ('tune("bad")', "bad.mid is no MIDI file", ""), ('tune("song", track=2)', "has no track 2 that plays", "There is: 1 flute."),
        ('tune("song", track=-1)', "counted from 1", ""), ('tune("song", beats=-1)', "beats goes from 0", ""), ('tune("song", beats="x")', "beats goes from", ""),
        ('tune("song", beats=0.01)', "beats goes from 0.0625", ""),
    ],
)  # fmt: skip
def test_a_slip_says_what_to_write(session: Path, text: str, says: str, near: str) -> None:
    mistake = slip(f"x = pluck(hits={text})\nout.stage = x\n", replace(STEREO, folders=(str(session),)))
    assert says in mistake.what
    assert near in mistake.near
    assert "\n" not in mistake.what + mistake.near


def test_a_tune_goes_only_on_what_can_be_struck() -> None:
    assert "no control 'hits'" in slip('x = noise(hits=tune("round"))\n').what
