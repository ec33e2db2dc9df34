"""A stretch of time as it lay on the core's ring: which groups were there, and what they played.

On disk a stretch is HEAD, its ENTRY rows, one byte and one float for each
track (does it move, and where does it stand if not), then (moving tracks,
frames) float32. A track that stands still, silence above all, costs five bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from live.core import layout as at
from live.core.memory import Map

STRETCH = 0x74617065
HEAD = struct.Struct("<IIqiiiiII")  # magic, flags, start, frames, entries, tracks, moving tracks, 0, 0
LATE, LOST = 1, 2  # LATE: a group noticed after its first frames were due. LOST: what was noticed too late
INPUT, MIX, GAIN, REST, PLACE = range(5)
ENTRY = np.dtype(
    [("name", "S64"), ("kind", "i4"), ("track", "i4"), ("tracks", "i4"), ("first", "i4"), ("width", "i4"), ("_", "i4")]
    + [("since", "i8"), ("until", "i8")]
)
Key = tuple[bytes, int, int]


class TapeError(Exception):
    """The recording cannot do that; the message is one line, and the sound goes on."""


@dataclass
class Stretch:
    """Some groups over some frames. ``data`` holds the moving tracks only."""

    start: int
    frames: int
    flags: int
    entries: NDArray
    moves: NDArray[np.bool_]
    level: NDArray[np.float32]
    data: NDArray[np.float32]

    def parts(self) -> list[bytes | memoryview]:
        """What is written, in order."""
        head = HEAD.pack(STRETCH, self.flags, self.start, self.frames, len(self.entries), len(self.moves), len(self.data), 0, 0)
        table = self.entries.tobytes() + self.moves.tobytes() + self.level.tobytes()
        return [head + table, memoryview(np.ascontiguousarray(self.data)).cast("B")] if self.data.size else [head + table]


@dataclass
class Page:
    """A stretch on disk: what is known of it without reading its sound."""

    start: int
    frames: int
    flags: int
    entries: NDArray
    moves: NDArray[np.bool_]
    level: NDArray[np.float32]
    offset: int

    @property
    def end(self) -> int:
        """The first frame after it."""
        return self.start + self.frames

    def loud(self) -> NDArray[np.bool_]:
        """For each entry, whether there is anything but silence."""
        return _loud(self.entries, self.moves, self.level)

    def sound(self, file: BinaryIO, i: int) -> NDArray[np.float32]:
        """What entry i played: (tracks, frames)."""
        begin = int(self.entries["tracks"][:i].sum())
        count = int(self.entries["tracks"][i])
        moves = self.moves[begin : begin + count]
        out = np.empty((count, self.frames), np.float32)
        out[:] = self.level[begin : begin + count, None]
        moving = int(np.count_nonzero(moves))
        if moving:
            file.seek(self.offset + 4 * self.frames * int(np.count_nonzero(self.moves[:begin])))
            raw = file.read(4 * self.frames * moving)
            if len(raw) == 4 * self.frames * moving:
                out[moves] = np.frombuffer(raw, np.float32).reshape(moving, self.frames)
        return out


def pages(file: BinaryIO, begin: int, end: int) -> Iterator[Page]:
    """Every whole stretch between two bytes of a file; a torn one ends it."""
    spot = begin
    while spot + HEAD.size <= end:
        file.seek(spot)
        magic, flags, start, frames, entries, tracks, moving, _, _ = HEAD.unpack(file.read(HEAD.size))
        table = entries * ENTRY.itemsize + 5 * tracks
        whole = HEAD.size + table + 4 * moving * frames
        if magic != STRETCH or spot + whole > end:
            return
        raw = file.read(table)
        named, moves, level = raw[: entries * ENTRY.itemsize], raw[entries * ENTRY.itemsize :][:tracks], raw[table - 4 * tracks :]
        found = np.frombuffer(named, ENTRY) if named else np.zeros(0, ENTRY)
        told = (
            (np.frombuffer(moves, np.bool_), np.frombuffer(level, np.float32)) if tracks else (np.zeros(0, bool), np.zeros(0, np.float32))
        )
        yield Page(start, frames, flags, found, *told, spot + HEAD.size + table)
        spot += whole


@dataclass(frozen=True)
class Shape:
    """What the core said of its tape when it began."""

    tracks: int
    frames: int
    ins: int
    outs: int
    rate: int
    lookahead: int
    pid: int
    began: int

    @property
    def margin(self) -> int:
        """How far behind its newest frame the ring's oldest frames are no longer trusted."""
        return min(2048, self.frames // 8)


def look(path: Path) -> Shape:
    """Read the head of a tape.map."""
    head = np.fromfile(path, np.int64, 64)
    if len(head) < 64 or head[at.P_TRACKS] <= 0 or head[at.P_FRAMES] <= 0 or head[at.P_RATE] <= 0:
        raise TapeError(f"{path.name} is not ready: the core has not begun its tape.")
    pick = (at.P_TRACKS, at.P_FRAMES, at.P_INS, at.P_OUTS, at.P_RATE, at.P_LOOKAHEAD, at.P_PID, at.P_BEGAN)
    return Shape(*(int(head[k]) for k in pick))


class Follower:
    """Walks behind the core's tape and lifts stretches off it, each frame of each group once.

    ``done``: every frame before it has been lifted. ``known``: the groups met
    so far, and when they ended (-1: they sound). Both can be handed over to
    another follower, so a recorder that was killed goes on where it stopped.
    """

    def __init__(self, path: Path, done: int | None = None, known: dict[Key, int] | None = None) -> None:
        self.path = path
        self.shape = look(path)
        self.map = Map(path, at.tape(self.shape.tracks, self.shape.frames))
        self.known = dict(known or {})
        self.lost = 0  # holes it had to leave
        self._gap = False  # the next stretch comes after a hole
        self._late_from: dict[Key, int] = {}
        self._sounding: dict[Key, NDArray] = {}  # the places of the last look
        self.done = self.oldest() if done is None else max(done, self._began())
        for e in self.table():  # what sounded before we came is met already, and so is what ended meanwhile
            if e["since"] < self.done and (known is None or 0 <= e["until"] <= self.done):
                self.known.setdefault(_key(e), -1)

    def written(self) -> int:
        """The core has put down every frame before this one."""
        return int(self.map.head[at.P_WRITTEN])

    def oldest(self) -> int:
        """The first frame the ring surely still holds."""
        written, shape = self.written(), self.shape
        return max(written - shape.frames + shape.margin, self._began(), 0)

    def _began(self) -> int:
        """The first frame this core put down."""
        return self.shape.began if 0 <= self.shape.began <= self.written() else 0

    def table(self) -> NDArray:
        """The groups there are, read until two looks agree."""
        raw = self.map.tracks.copy()
        for _ in range(3):
            again = self.map.tracks.copy()
            if raw.tobytes() == again.tobytes():
                break
            raw = again
        spots = np.flatnonzero((raw["tracks"] > 0) & (raw["tracks"] + np.arange(len(raw)) <= len(raw)))
        found = np.zeros(len(spots), ENTRY)
        for name in ("name", "tracks", "first", "width", "since", "until"):
            found[name] = raw[name][spots]
        found["track"] = spots
        _name_kinds(found)
        return found

    def lift(self, most: int | None = None) -> Iterator[Stretch]:
        """Everything new, a piece at a time. A piece counts as lifted when the next one is asked for."""
        written = self.written()
        table = self.table()
        if self.done < self.oldest():
            self._gap, self.done = True, self.oldest()
        most = most or max(1, min(self.shape.rate // 2, self.shape.frames // 4))
        yield from self._vanished(table, written)
        yield from self._late(table, most)
        while self.done < written:
            stop = min(written, self.done + most, (self.done // self.shape.frames + 1) * self.shape.frames)
            here = table[(table["since"] < stop) & ((table["until"] < 0) | (table["until"] > self.done))]
            ended = table[[e["until"] >= 0 and e["until"] <= self.done and self.known.get(_key(e), 0) == -1 for e in table]]
            piece = self._grab(np.concatenate([here, ended]), self.done, stop, 0)
            if piece is None:  # the core went round while we copied
                self._gap, self.done = True, self.oldest()
                continue
            yield piece
            self.lost, self._gap = self.lost + self._gap, False
            self.done = stop
            for e in piece.entries:
                self.known[_key(e)] = int(e["until"])
        if len(self.known) > 2 * len(table) + 64:  # who has left the table never comes back under that key
            here = {_key(e) for e in table}
            self.known = {key: until for key, until in self.known.items() if key in here}

    def _vanished(self, table: NDArray, written: int) -> Iterator[Stretch]:
        """Places whose entry was given away before it said where they ended: what they still played is lost."""
        here = {_key(e): e for e in table if e["kind"] == PLACE}
        for key in [k for k in self._sounding if k not in here]:
            old = self._sounding[key].copy()
            last = int(old["track"]) + int(old["tracks"])
            after = [int(e["since"]) for e in table if e["track"] < last and e["track"] + e["tracks"] > old["track"]]
            end = min([since for since in after if since >= self.done] or [written])
            if end > self.done:
                old["until"] = self.done
                yield _nothing(old.reshape(1), self.done, end - self.done)
                self.lost += 1
            del self._sounding[key]
        self._sounding = {k: e.copy() for k, e in here.items() if e["until"] < 0 and e["since"] <= self.done}

    def _late(self, table: NDArray, most: int) -> Iterator[Stretch]:
        """The first frames of groups that appeared on frames already lifted."""
        for i, e in enumerate(table):
            if e["kind"] != PLACE or _key(e) in self.known or max(int(e["since"]), self._began()) >= self.done:
                continue
            end = min(self.done, int(e["until"]) if e["until"] >= 0 else self.done)
            begin = self._late_from.get(_key(e), max(int(e["since"]), self._began()))
            if begin < self.oldest():
                safe = min(self.oldest(), end)
                yield _nothing(table[i : i + 1], begin, safe - begin)
                self.lost, begin = self.lost + 1, safe
                self._late_from[_key(e)] = begin
            while begin < end:
                stop = min(end, begin + most, (begin // self.shape.frames + 1) * self.shape.frames)
                piece = self._grab(table[i : i + 1], begin, stop, LATE)
                if piece is None:
                    self.lost += 1
                    break
                yield piece
                begin = self._late_from[_key(e)] = stop
            self.known[_key(e)] = int(e["until"])
            self._late_from.pop(_key(e), None)

    def _grab(self, entries: NDArray, a: int, b: int, flags: int) -> Stretch | None:
        """Copy groups over [a, b), which must not pass the ring's end; None when the core overtook us."""
        n, column = b - a, a % self.shape.frames
        rows = np.concatenate([np.arange(e["track"], e["track"] + e["tracks"]) for e in entries]) if len(entries) else np.zeros(0, int)
        block = self.map.ring[rows, column : column + n]
        if a < self.oldest():
            return None
        spot = 0
        for e in entries:  # a group's tracks hold older sounds outside its own time
            since, until, count = int(e["since"]), int(e["until"]), int(e["tracks"])
            if since > a:
                block[spot : spot + count, : since - a] = 0
            if 0 <= until < b:
                block[spot : spot + count, max(until - a, 0) :] = 0
            spot += count
        level = block[:, 0].copy()
        moves = (block[:, n // 2] != level) | (block[:, -1] != level)
        still = np.flatnonzero(~moves)
        moves[still] = (block[still] != level[still, None]).any(axis=1)
        level[moves] = 0
        return Stretch(a, n, flags, entries, moves, level, block if moves.all() else block[moves])

    def close(self) -> None:
        """Let go of the map."""
        self.map.close()


def _nothing(entry: NDArray, start: int, frames: int) -> Stretch:
    """The mark that a group's sound is lost."""
    level = np.zeros(int(entry["tracks"][0]), np.float32)
    return Stretch(start, frames, LOST, entry, level.astype(bool), level, np.zeros((0, frames), np.float32))


def _key(entry: NDArray) -> Key:
    return bytes(entry["name"]), int(entry["track"]), int(entry["since"])


def slim(stretch: Stretch, met: set[Key]) -> Stretch:
    """Leave out the silent groups of which nothing new is to be told; ``met`` are the groups already told."""
    if stretch.flags == LOST or not len(stretch.entries):
        return stretch
    heard = _loud(stretch.entries, stretch.moves, stretch.level)
    news = [_key(e) not in met or 0 <= e["until"] <= stretch.start + stretch.frames for e in stretch.entries]
    stays = heard | np.array(news, bool)
    met.update(_key(e) for e in stretch.entries[stays])
    if stays.all():
        return stretch
    tracks = np.repeat(stays, stretch.entries["tracks"])
    entries, moves, level = stretch.entries[stays], stretch.moves[tracks], stretch.level[tracks]
    return Stretch(stretch.start, stretch.frames, stretch.flags, entries, moves, level, stretch.data)


def _loud(entries: NDArray, moves: NDArray, level: NDArray) -> NDArray[np.bool_]:
    """For each entry, whether any of its tracks is not silent."""
    if not len(entries):
        return np.zeros(0, bool)
    counts = entries["tracks"].astype(int)
    return np.logical_or.reduceat(moves | (level != 0), np.cumsum(counts) - counts)


def _name_kinds(found: NDArray) -> None:
    """Say of every group what it is: inputs come first, then the mix, the gain, the rest; all others are places."""
    found["kind"] = PLACE
    fixed = {}
    for kind, name in ((MIX, b"mix"), (GAIN, b"gain"), (REST, b"rest")):
        spots = np.flatnonzero(found["name"] == name)
        if len(spots):
            fixed[kind] = spots[0]
            found["kind"][spots[0]] = kind
    if MIX in fixed:
        found["kind"][: fixed[MIX]] = INPUT
