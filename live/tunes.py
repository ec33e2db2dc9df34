"""tune("bach.mid"): the notes of a MIDI file strike a place, round and round on the core's beats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from live.core.shelf import BUNDLED
from live.midifile import ENDS, BadFile, find, look
from live.mistakes import Mistake
from live.page import folders
from live.rhythm import between
from live.values import Value, is_number, what_is


@dataclass(frozen=True, eq=False, repr=False)
class Tune(Value):
    """Notes out of a file. ``track`` 0: all of them; ``beats`` 0: as long as the file is, in whole bars."""

    file: str
    track: int = 0
    beats: float = 0.0
    turn: float = 0.0


def tune(file: str, track: int = 0, beats: float = 0.0, turn: float = 0.0) -> Tune:
    """A MIDI file's notes, with their pitches, lengths and strengths: pluck(hits=tune("round", beats=16)).

    ``track``: one of those that play, from 1. ``beats``: how long it is before it begins again. The file's own tempo is left aside.
    """
    if not isinstance(file, str | Path):
        raise Mistake(f"A MIDI file goes by its name; this is {what_is(file)}.", near='Write: tune("round")', word="tune")
    if type(track) is not int or not 0 <= track <= 999:
        raise Mistake(f"Tracks are counted from 1; this is {what_is(track)}.", near="All of them: leave track out.", word="track")
    if is_number(beats) and beats:
        between("beats", beats, 1 / 16, 4096)
    for name, value in (("beats", beats), ("turn", turn)):
        between(name, value, -4096 if name == "turn" else 0, 4096)
    try:
        path = find(str(file), folders())
        there = look(path)
    except BadFile as slip:
        what, _, near = str(slip).partition(". ")
        said = f"T{what[1:]}" if what.startswith("there is") else what
        raise Mistake(f"{said.rstrip('.')}.", near=near, word=str(file)) from None
    names = [f"{k} {one.name}".strip() for k, one in enumerate(there.playing, 1)]
    if not names:
        raise Mistake(f"{path.name} has no notes.", word=str(file))
    if track > len(names):
        raise Mistake(f"{path.name} has no track {track} that plays.", near=f"There is: {', '.join(names[:12])}.", word="track")
    return Tune(path.stem if path.parent == BUNDLED else str(path), track, float(beats), float(turn))


def said(path: str) -> str:
    """A file as it is typed: without the way there, where that finds it."""
    if not Path(path).is_absolute():
        return path
    for folder in folders():
        for within in (Path(folder) / "corpus", Path(folder)):
            if Path(path).is_relative_to(within.resolve()):
                name = Path(path).relative_to(within.resolve()).as_posix()
                for short in (name.rpartition(".")[0] if name.lower().endswith(ENDS) else name, name):
                    if _finds(short, path):
                        return short
    return path


def _finds(short: str, path: str) -> bool:
    try:
        return bool(short) and str(find(short, folders())) == path
    except BadFile:
        return False


def of(hits: Any) -> Tune:
    """What a place was told, as the word that told it."""
    _, file, track, beats, turn = hits
    return Tune(file, int(track), float(beats), float(turn))
