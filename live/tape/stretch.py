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
        return [
            head + self.entries.tobytes() + self.moves.tobytes() + self.level.tobytes(),
            memoryview(np.ascontiguousarray(self.data)).cast("B"),
        ]


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
        heard = self.moves | (self.level != 0)
        begins = np.cumsum(self.entries["tracks"]) - self.entries["tracks"]
        return np.array([heard[b : b + n].any() for b, n in zip(begins, self.entries["tracks"], strict=True)], bool)

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
        cut = entries * ENTRY.itemsize
        yield Page(
            start, frames, flags,
            np.frombuffer(raw, ENTRY, entries), np.frombuffer(raw, np.bool_, tracks, cut), np.frombuffer(raw, np.float32, tracks, cut + tracks),
            spot + HEAD.size + table,
        )  # fmt: skip
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
        self.done = self.oldest() if done is None else max(done, self.shape.began if self.shape.began <= self.written() else 0)
        if known is None:  # what sounded before we came is met already: there is nothing older to fetch
            self.known.update({_key(e): -1 for e in self.table() if e["since"] < self.done})

    def written(self) -> int:
        """The core has put down every frame before this one."""
        return int(self.map.head[at.P_WRITTEN])

    def oldest(self) -> int:
        """The first frame the ring surely still holds."""
        written, shape = self.written(), self.shape
        return max(written - shape.frames + shape.margin, shape.began if 0 <= shape.began <= written else 0, 0)

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

    def _late(self, table: NDArray, most: int) -> Iterator[Stretch]:
        """The first frames of groups that appeared on frames already lifted."""
        for i, e in enumerate(table):
            if _key(e) in self.known or e["since"] >= self.done:
                continue
            end = min(self.done, int(e["until"]) if e["until"] >= 0 else self.done)
            begin = self._late_from.get(_key(e), int(e["since"]))
            if begin < self.oldest():
                safe = min(self.oldest(), end)
                nothing = np.zeros(int(e["tracks"]), np.float32)
                yield Stretch(begin, safe - begin, LOST, table[i : i + 1], nothing.astype(bool), nothing, np.zeros((0, 0), np.float32))
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


def _key(entry: NDArray) -> Key:
    return bytes(entry["name"]), int(entry["track"]), int(entry["since"])


def slim(stretch: Stretch, met: set[Key]) -> Stretch:
    """Leave out the silent groups of which nothing new is to be told; ``met`` are the groups already told."""
    if stretch.flags == LOST or not len(stretch.entries):
        return stretch
    counts = stretch.entries["tracks"].astype(int)
    begins = np.cumsum(counts) - counts
    heard = np.logical_or.reduceat(stretch.moves | (stretch.level != 0), begins)
    news = [_key(e) not in met or 0 <= e["until"] <= stretch.start + stretch.frames for e in stretch.entries]
    stays = heard | np.array(news, bool)
    met.update(_key(e) for e in stretch.entries[stays])
    if stays.all():
        return stretch
    tracks = np.repeat(stays, counts)
    return Stretch(
        stretch.start, stretch.frames, stretch.flags, stretch.entries[stays], stretch.moves[tracks], stretch.level[tracks], stretch.data
    )


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
