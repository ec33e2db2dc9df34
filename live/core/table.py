"""Lays out the next table: every strip after what it hears, every inlet pointed at what it hears now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from live.core import inner as m
from live.core import row as r
from live.core.places import Change, Line, Place, Strip
from live.core.stand import NoTracks, Tracks
from live.core.strips import LEAN

SILENCE = np.zeros((64, r.CHUNK), np.float32)  # what an inlet hears when there is nothing to hear
_QUIET = r.address(SILENCE)

Places = Mapping[str, Place]
Lines = Mapping[tuple[str, int, int], Line]
Heard = list[Strip | None]


def found(heard: str | Strip | None, places: Places) -> Strip | None:
    """The strip that a name, or a strip that may have been replaced, stands for now."""
    while isinstance(heard, Strip) and heard.gone:
        heard = heard.becomes
    if isinstance(heard, str):
        place = places.get(heard)
        return place.head if place else None
    return heard


def sources(strip: Strip, places: Places) -> list[Strip | None]:
    """What each inlet of a strip hears now."""
    place = places.get(strip.name)
    if place is not None and place.crossing and place.strip is strip:
        return [place.crossing.get(i) or found(heard, places) for i, heard in enumerate(strip.hears)]
    return [found(heard, places) for heard in strip.hears]


def needed(strip: Strip, places: Places) -> list[Strip]:
    """Every strip that must have sounded before this one."""
    if strip.kind is LEAN:
        place = places.get(strip.hears[0])  # type: ignore[arg-type]
        return [place.strip] if place else []
    return [*(s for s in sources(strip, places) if s is not None), *strip.leans.values()]


def in_order(places: Places, lines: Lines) -> list[Strip]:
    """All strips that sound, each after what it hears."""
    order: list[Strip] = []
    seen: set[int] = set()
    roots = [strip for place in places.values() for strip in (place.head, place.strip)]
    roots += [line.lean for line in lines.values() if line.lean]
    for root in roots:
        if id(root) in seen:
            continue
        seen.add(id(root))
        stack: list[tuple[Strip, Iterator[Strip]]] = [(root, iter(needed(root, places)))]
        while stack:
            top, rest = stack[-1]
            for need in rest:
                if id(need) not in seen:
                    seen.add(id(need))
                    stack.append((need, iter(needed(need, places))))
                    break
            else:
                order.append(top)
                stack.pop()
    return order


def edges(order: list[Strip], places: Places) -> set[tuple[str, str]]:
    """Who hears or follows whom at this moment, by name."""
    return {(strip.name, need.name) for strip in order for need in needed(strip, places) if strip.name != need.name}


class Buses:
    """A few buses that all strips play on in turn: what one has read, the next may write over while it is still in the cache.

    What goes to an output is mixed at the end of a run and keeps a bus of its own.
    """

    def __init__(self) -> None:
        self.made: dict[int, list[np.ndarray]] = {}

    def share(self, order: list[Strip], heard: Mapping[int, Heard], places: Places, lines: Lines) -> dict[int, int]:
        """The address each strip plays at in this table, by the strip's id."""
        kept = {id(places[key[0]].head) for key in lines}
        last = {id(source): i for i, strip in enumerate(order) for source in heard[id(strip)] if source}
        idle = {width: [r.address(bus) for bus in buses] for width, buses in self.made.items()}
        leaving: dict[int, list[tuple[int, int]]] = {}
        where: dict[int, int] = {}
        for i, strip in enumerate(order):
            if not strip.kind.control:
                if id(strip) in kept:
                    where[id(strip)] = strip.at
                else:
                    width = strip.bus.shape[0]
                    spot = where[id(strip)] = self._take(width, idle)
                    leaving.setdefault(max(last.get(id(strip), i), i), []).append((width, spot))
            for width, spot in leaving.pop(i, ()):
                idle[width].append(spot)
        return where

    def _take(self, width: int, idle: dict[int, list[int]]) -> int:
        free = idle.setdefault(width, [])
        if not free:
            bus = np.zeros((width, r.CHUNK), np.float32)
            self.made.setdefault(width, []).append(bus)
            return r.address(bus)
        return free.pop()


def rows(order: list[Strip], places: Places, lines: Lines, buses: Buses, knob: Callable[[str], int]) -> np.ndarray:
    """The table itself. The strips' own rows are not what the callback reads: nothing changes before the landing."""
    if not order:
        return np.zeros((1, r.WIDTH), np.int64)
    sent = {line.send.place for line in lines.values()}
    heard = {id(strip): [] if strip.kind is LEAN else sources(strip, places) for strip in order}
    where = buses.share(order, heard, places, lines)
    return np.array([_pointed(strip, heard[id(strip)], places, sent, where, knob) for strip in order], np.int64)


def _pointed(strip: Strip, now: Heard, places: Places, sent: set[str], where: dict[int, int], knob: Callable[[str], int]) -> list[int]:
    row = strip.row.copy()
    row[r.OUT] = where.get(id(strip), row[r.OUT])
    if strip.kind is LEAN:
        source = strip.hears[0]
        assert isinstance(source, str)
        row[r.SET] = knob(source[5:]) if source.startswith("knob:") else places[source].strip.slot
        return row
    made = strip.making.ins
    wired = 0
    for i in range(4):
        spot, width = _QUIET, made[i] if i < len(made) else 1
        source = now[i] if i < len(now) else None
        if source is not None:
            wired |= 1 << i
            spot, width = where[id(source)], min(source.bus.shape[0], width) if i < len(made) else source.bus.shape[0]
        row[r.IN + 2 * i], row[r.IN + 2 * i + 1] = spot, width
    row[r.INS], row[r.WIRED] = len(now), wired
    if strip.name in sent and places[strip.name].strip is strip:
        row[r.FLAGS] |= r.HEARD
    return row


def sends(places: Places, lines: Lines, tracks: Tracks | NoTracks, change: Change) -> np.ndarray:
    """The lines to the outputs, always in the same order: a sum of floats depends on it."""
    table = [_sent(key, lines[key], places[key[0]], tracks, change) for key in sorted(lines)]
    return np.array(table or [[0] * m.SEND], np.int64)


def _sent(key: tuple[str, int, int], line: Line, place: Place, tracks: Tracks | NoTracks, change: Change) -> list[int]:
    head = place.head
    width = head.bus.shape[0]
    if line.tracks != width:
        if line.track >= 0:
            change.marks += tracks.free(line.track, change.frame)
        line.tracks = width
        line.track, marks = tracks.take(width, *key, change.frame)
        change.marks += marks
    return [head.at, width, key[1], key[2], line.gain, line.open, line.track, place.index]
