"""MIDI files: read, and written at 480 ticks a beat. Notes, controllers, bends, names, tempo, time signatures; the rest is passed by.

look(path).tracks[0].notes   what is played: Note(beat, length, key, velocity, channel), in beats from the start
write(path, tracks)          the other way; ``Heard`` events keep their ticks to the last
"""

from __future__ import annotations

import difflib
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from live.core.shelf import BUNDLED

PPQ = 480
ENDS = (".mid", ".midi", ".smf")
BIGGEST = 16 << 20  # bytes: more is no score
MOST = 200_000  # notes
LENGTHS = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}


class BadFile(Exception):
    """A file that cannot be read: what, where, what comes nearest. One line."""


@dataclass(frozen=True)
class Note:
    """A key, held for a while. Beats from the start of the file."""

    beat: float
    length: float
    key: int
    velocity: int
    channel: int = 0


@dataclass(frozen=True)
class Event:
    """A message at its tick, or a meta event (``kind`` 0xFF and ``meta``)."""

    tick: int
    bytes: bytes
    meta: int = -1


@dataclass
class Track:
    """One of a file's tracks."""

    name: str = ""
    events: list[Event] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    beats: float = 0.0


@dataclass
class File:
    """What is in a file."""

    division: int = PPQ
    tracks: list[Track] = field(default_factory=list)
    tempos: list[tuple[float, float]] = field(default_factory=list)  # beat, beats a minute
    bar: float = 4.0  # beats, by its first time signature

    @property
    def beats(self) -> float:
        """How long it is, in whole bars."""
        end = max((note.beat + note.length for track in self.tracks for note in track.notes), default=0.0)
        return max(math.ceil(end / self.bar - 1e-9), 1) * self.bar

    @property
    def playing(self) -> list[Track]:
        """The tracks that have notes."""
        return [track for track in self.tracks if track.notes]

    def notes(self, track: int = 0) -> list[Note]:
        """Everything that is played, in order; of one track, from 1: tracks that play nothing are not counted."""
        some = self.playing if not track else self.playing[track - 1 : track]
        return sorted((note for one in some for note in one.notes), key=lambda note: (note.beat, note.key))


# --- finding ----------------------------------------------------------------------------------


def find(name: str, within: Iterable[str | os.PathLike[str]] = ()) -> Path:
    """The file a name means: itself, or in the given folders, their ``corpus/``, or the bundled one; the ending may be left out."""
    asked = Path(os.path.expanduser(name))
    places = [*(Path(f) / deeper for f in within for deeper in ("", "corpus")), Path("corpus"), BUNDLED]
    try:
        for base in (asked, *(place / asked for place in places)) if not asked.is_absolute() else (asked,):
            for one in (base, *(base.with_name(base.name + end) for end in ENDS if base.name)):
                if one.is_file() and (one.suffix.lower() in ENDS or one == asked):
                    return one.resolve()
    except (OSError, ValueError) as trouble:
        raise BadFile(f"{name!r} is no name for a file ({trouble})") from None
    there = {f.stem: f.name for place in places if place.is_dir() for f in sorted(place.iterdir()) if f.suffix.lower() in ENDS}
    close = difflib.get_close_matches(asked.stem, there, 1, 0.4)
    near = f"Nearest: {there[close[0]]}." if close else f"There is: {', '.join(sorted(there)[:8])}." if there else "Put one into corpus/."
    raise BadFile(f"there is no MIDI file {name!r}. {near}")


def look(path: Path) -> File:
    """What is in it, remembered as long as the file stays the same."""
    try:
        stat = path.stat()
        if stat.st_size > BIGGEST:
            raise BadFile(f"{path.name} has {stat.st_size >> 20} MB: no MIDI file is that big")
        return _looked(str(path), stat.st_mtime_ns, stat.st_size)
    except OSError as why:
        raise BadFile(f"{path.name} cannot be read: {(why.strerror or str(why)).lower()}") from None


@lru_cache(maxsize=16)
def _looked(path: str, _stamp: int, _size: int) -> File:
    return read(Path(path).read_bytes(), Path(path).name)


# --- reading ----------------------------------------------------------------------------------


class _Bytes:
    """A piece of a file, from front to back."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data, self.name, self.at = data, name, 0

    def take(self, count: int) -> bytes:
        """So many bytes."""
        if count < 0 or self.at + count > len(self.data):
            raise BadFile(f"{self.name} ends in the middle of something, at byte {len(self.data)}")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self) -> int:
        """A number of one to four bytes."""
        found = 0
        for _ in range(4):
            byte = self.take(1)[0]
            found = found << 7 | byte & 0x7F
            if byte < 0x80:
                return found
        raise BadFile(f"{self.name} has a number without an end, at byte {self.at}")


def read(data: bytes, name: str = "the file") -> File:
    """A file's bytes; one line when they are none."""
    if data[:4] == b"RIFF" and b"MThd" in data[:64]:  # a file within a file, as some programs write it
        data = data[data.index(b"MThd") :]
    whole = _Bytes(data, name)
    if data[:4] != b"MThd" or len(data) < 14:
        raise BadFile(f"{name} is no MIDI file: it does not begin with MThd")
    whole.take(4)
    head = _Bytes(whole.take(int.from_bytes(whole.take(4), "big")), name)
    form, _, division = (int.from_bytes(head.take(2), "big") for _ in range(3))
    if form > 1:
        raise BadFile(f"{name} is of format {form}; legal: 0 and 1")
    if division & 0x8000 or not division:
        raise BadFile(f"{name} counts in frames of film, not in beats; save it with ticks a beat")
    found = File(division)
    while whole.at + 8 <= len(data):
        what, size = whole.take(4), int.from_bytes(whole.take(4), "big")
        piece = whole.take(min(size, len(data) - whole.at))  # the last may be torn: what is there is read
        if what == b"MTrk":
            found.tracks.append(_track(_Bytes(piece, name), division, found))
    if not found.tracks:
        raise BadFile(f"{name} has no tracks")
    if form == 0:
        found.tracks = list(_by_channel(found.tracks[0]))
    found.tempos.sort()
    return found


def _track(piece: _Bytes, division: int, whole: File) -> Track:
    track, tick, status = Track(), 0, 0
    held: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def note(channel: int, key: int, end: int) -> None:
        begin, velocity = held[channel, key].pop(0)
        track.notes.append(Note(begin / division, max(end - begin, 0) / division, key, velocity, channel))

    while piece.at < len(piece.data):
        tick += piece.number()
        first = piece.take(1)[0]
        if first == 0xFF:
            meta, data = piece.take(1)[0], piece.take(piece.number())
            track.events.append(Event(tick, data, meta))
            if meta == 0x2F:
                break
            if meta == 0x03 and not track.name:
                track.name = data.decode("utf-8", errors="replace").strip("\0 ")
            elif meta == 0x51 and len(data) == 3 and any(data):
                whole.tempos.append((tick / division, 60e6 / int.from_bytes(data, "big")))
            elif meta == 0x58 and len(data) >= 2 and data[0] and data[1] < 7 and not tick:
                whole.bar = data[0] * 4 / 2 ** data[1]
            continue
        if first in (0xF0, 0xF7):
            piece.take(piece.number())
            continue
        if first >= 0x80:
            status = first
        elif status:
            piece.at -= 1
        if not 0x80 <= status < 0xF0:
            raise BadFile(f"{piece.name} has {first:#04x} where a message begins, at byte {piece.at} of a track")
        data = piece.take(LENGTHS[status >> 4])
        if any(byte > 127 for byte in data):
            raise BadFile(f"{piece.name} has a message cut short, at byte {piece.at} of a track")
        track.events.append(Event(tick, bytes([status]) + data))
        channel, key = status & 15, data[0]
        if status >> 4 == 9 and data[1]:
            held.setdefault((channel, key), []).append((tick, data[1]))
        elif status >> 4 in (8, 9) and held.get((channel, key)):
            note(channel, key, tick)
        if len(track.notes) > MOST:
            raise BadFile(f"{piece.name} has more than {MOST} notes")
    for channel, key in held:
        while held[channel, key]:
            note(channel, key, tick)
    track.notes.sort(key=lambda one: (one.beat, one.key))
    track.beats = tick / division
    return track


def _by_channel(track: Track) -> Iterator[Track]:
    """A file of one track for everything: a track for each channel that plays."""
    channels = sorted({note.channel for note in track.notes})
    if len(channels) < 2:
        yield track
        return
    for channel in channels:
        events = [event for event in track.events if event.meta >= 0 or event.bytes[0] & 15 == channel]
        yield Track(track.name, events, [note for note in track.notes if note.channel == channel], track.beats)


# --- writing ----------------------------------------------------------------------------------


def write(path: Path, tracks: Iterable[Track]) -> None:
    """Format 1, 480 ticks a beat; each track's events in order of their ticks, lettings-go before what begins with them."""
    pieces = [_written(track) for track in tracks]
    head = b"MThd" + (6).to_bytes(4, "big") + (1).to_bytes(2, "big") + len(pieces).to_bytes(2, "big") + PPQ.to_bytes(2, "big")
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(head + b"".join(b"MTrk" + len(piece).to_bytes(4, "big") + piece for piece in pieces))
    os.replace(fresh, path)


def _written(track: Track) -> bytes:
    parts, last = [], 0
    if track.name:
        name = track.name.encode()
        parts.append(b"\x00\xff\x03" + _long(len(name)) + name)
    for event in sorted(track.events, key=_turn):
        parts.append(_long(event.tick - last))
        parts.append(bytes([0xFF, event.meta]) + _long(len(event.bytes)) + event.bytes if event.meta >= 0 else event.bytes)
        last = event.tick
    parts.append(b"\x00\xff\x2f\x00")
    return b"".join(parts)


def _turn(event: Event) -> tuple[int, int]:
    """Within a tick: what is said about the tick, what ends, controllers, what begins."""
    kind = event.bytes[0] >> 4 if event.meta < 0 and event.bytes else 0
    ends = kind == 8 or (kind == 9 and not event.bytes[2])
    return event.tick, 0 if event.meta >= 0 else 1 if ends else 3 if kind == 9 else 2


def _long(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def tempo(tick: int, bpm: float) -> Event:
    """A tempo from a tick on."""
    return Event(tick, min(max(round(60e6 / bpm), 1), 0xFFFFFF).to_bytes(3, "big"), 0x51)


def signature(tick: int, beats: float) -> Event:
    """So many beats a bar, as near as a time signature comes."""
    for power in range(2, 6):
        top = beats * 2**power / 4
        if top == round(top) and 1 <= top <= 255:
            return Event(tick, bytes([round(top), power, 24, 8]), 0x58)
    return Event(tick, bytes([min(max(round(beats), 1), 255), 2, 24, 8]), 0x58)
