"""The longest stretch of the memory that answers what is asked from here on.

Taking the longest each time makes the fewest fragments there can be: whatever
may be played may also be played cut short, so no other cut gets further with
as many. (Where what may be played hangs on what was just played, a limit of
runs or a taboo of some events, each step is still the longest, but nobody
looks ahead for a cut that would have been shorter later.) The work is bounded for any memory. Rare labels: thin out the list of
their places. Labels that fill the memory: shift and AND rows of bits, a step
for each asked label, N / 64 words a step, until few places are left.

What is asked comes as whole numbers: a code (0 and up), ``ANY``, ``NOWHERE``
(no event is like it) or, below ``GROUP``, one of several codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from agents.places import Places, Spots, Words, advanced, held, packed, unpacked

NOWHERE, ANY, GROUP = -1, -2, -3
FEW = 40  # up to here plain Python is quicker than arrays
SPARSE = 2048  # so few places are a list, not bits
MANY = 4096  # more places than this are not listed one by one, unless every one counts

Asked = Sequence[int]


class Group:
    """Several codes that all will do (an equivalence of the performer's own)."""

    def __init__(self) -> None:
        self.codes: set[int] = set()
        self.table: NDArray[np.bool_] = np.zeros(0, bool)  # by code
        self._spots: tuple[int, Spots] = (-1, np.zeros(0, np.intp))
        self._words: tuple[int, Words] = (-1, np.zeros(0, np.uint64))

    def spots(self, places: Places) -> Spots:
        """Every place of any of them."""
        if self._spots[0] != places.size:
            self._spots = places.size, np.sort(np.concatenate([places.of(code) for code in self.codes]))
        return self._spots[1]

    def bits(self, places: Places) -> Words:
        """The same as bits."""
        if self._words[0] != places.size:
            self._words = places.size, packed(self.spots(places), -(-places.size // 64))
        return self._words[1]


@dataclass(slots=True)
class Bars:
    """What may not be played: places that are shut, and those played a short time ago."""

    shut: NDArray[np.bool_] | None  # (N,)
    window: int  # events
    when: NDArray[np.int64]  # (N,) the time each was last chosen
    recent: Spots  # what was chosen within the window

    def open(self, spots: Spots, time: int) -> NDArray[np.bool_]:
        """Which of these may be played at a time."""
        fine = np.ones(len(spots), bool) if self.shut is None else ~self.shut[spots]
        return fine & (self.when[spots] < time - self.window) if self.window else fine

    def is_open(self, spot: int, time: int) -> bool:
        """Whether one may."""
        return not (self.shut is not None and self.shut[spot]) and not (self.window and self.when[spot] >= time - self.window)


class Tiling:
    """Searches one memory; ``groups`` are what numbers below ``GROUP`` mean."""

    def __init__(self, places: Places, codes: list[int], groups: list[Group]) -> None:
        self.places, self.codes, self.groups = places, codes, groups

    def fits(self, ask: int, code: int) -> bool:
        """Whether an event with this code answers."""
        return ask in (code, ANY) or (ask <= GROUP and code in self.groups[GROUP - ask].codes)

    def stretch(self, spot: int, ask: Asked, begin: int, end: int, bars: Bars | None, time: int) -> int:
        """How far the memory from one place on answers ask[begin:end]."""
        k, codes, most = 0, self.codes, min(end - begin, len(self.codes) - spot)
        while k < most and (ask[begin + k] == codes[spot + k] or self.fits(ask[begin + k], codes[spot + k])):
            if bars is not None and not bars.is_open(spot + k, time + k):
                break
            k += 1
        return k

    def longest(
        self,
        ask: Asked,
        begin: int,
        end: int,
        chance: Random,
        *,
        skip: int = -1,
        bars: Bars | None = None,
        time: int = 0,
        starts: NDArray[np.bool_] | None = None,
        every: bool = False,
    ) -> tuple[int, list[int] | Spots]:
        """The greatest length, and the places that reach it (a part of them taken by chance if very many, unless ``every``).

        ``skip`` is a place not to begin at, ``starts`` the only ones where it may.
        """
        first = ask[begin]
        if first == NOWHERE or not self.codes:
            return 0, []
        count = len(self.codes) if first == ANY else self.places.counts[first] if first >= 0 else self._group_count(first)
        if count > max(SPARSE, len(self.codes) >> 4) or first == ANY:
            return self._by_bits(ask, begin, end, chance, skip, bars, time, starts, every)
        spots = self.places.of(first) if first >= 0 else self.groups[GROUP - first].spots(self.places)
        if count <= FEW:
            return self._one_by_one(spots.tolist(), ask, begin, end, skip, bars, time, starts)
        if skip >= 0:
            spots = spots[spots != skip]
        if starts is not None:
            spots = spots[starts[spots]]
        if bars is not None:
            spots = spots[bars.open(spots, time)]
        return self._thinned(spots, 1, ask, begin, end, bars, time) if len(spots) else (0, [])

    def _group_count(self, ask: int) -> int:
        return sum(self.places.counts[code] for code in self.groups[GROUP - ask].codes)

    def _one_by_one(
        self, spots: list[int], ask: Asked, begin: int, end: int, skip: int, bars: Bars | None, time: int, starts: NDArray[np.bool_] | None
    ) -> tuple[int, list[int]]:
        """Few places: how far each goes; the first asked label is known to fit."""
        codes, size, best, found = self.codes, len(self.codes), 0, []
        second = ask[begin + 1] if end > begin + 1 else NOWHERE
        for spot in spots:
            if spot == skip or (starts is not None and not starts[spot]):
                continue
            if bars is not None:
                k = self.stretch(spot, ask, begin, end, bars, time)
            elif second >= 0 and (spot + 1 == size or codes[spot + 1] != second):
                k = 1
            else:
                k = 1 + self.stretch(spot + 1, ask, begin + 1, end, None, time)
            if k > best:
                best, found = k, [spot]
            elif k == best and k:
                found.append(spot)
        return best, found

    def _thinned(
        self, spots: Spots, k: int, ask: Asked, begin: int, end: int, bars: Bars | None, time: int
    ) -> tuple[int, list[int] | Spots]:
        """Many places, all good for the first k labels: keep those that go on, until none does."""
        row, size, room = self.places.row, len(self.codes), end - begin
        while k < room:
            if len(spots) <= FEW:
                return self._finished(spots.tolist(), k, ask, begin, end, bars, time)
            more = spots if int(spots[-1]) + k < size else spots[:-1]
            want = ask[begin + k]
            if want >= NOWHERE:
                more = more[row.take(more + k) == want]
            elif want <= GROUP:
                more = more[self.groups[GROUP - want].table[row.take(more + k)]]
            if bars is not None and len(more):
                more = more[bars.open(more + k, time + k)]
            if not len(more):
                break
            spots, k = more, k + 1
        return k, spots

    def _finished(
        self, spots: list[int], done: int, ask: Asked, begin: int, end: int, bars: Bars | None, time: int
    ) -> tuple[int, list[int]]:
        """Few are left: one by one."""
        reached = [done + self.stretch(spot + done, ask, begin + done, end, bars, time + done) for spot in spots]
        best = max(reached)
        return best, [spot for spot, k in zip(spots, reached, strict=True) if k == best]

    def _by_bits(
        self,
        ask: Asked,
        begin: int,
        end: int,
        chance: Random,
        skip: int,
        bars: Bars | None,
        time: int,
        starts: NDArray[np.bool_] | None,
        every: bool,
    ) -> tuple[int, list[int] | Spots]:
        """Every place at once: bit i says that a fit may end at place i."""
        size = len(self.codes)
        wide, room = -(-size // 64), end - begin
        fine = None if bars is None or bars.shut is None else packed(np.flatnonzero(~bars.shut[:size]), wide)
        live = self._everywhere(wide) if ask[begin] == ANY else self._bits(ask[begin]).copy()
        if fine is not None:
            live &= fine
        if starts is not None:
            live &= packed(np.flatnonzero(starts[:size]), wide)
        if skip >= 0:
            live[skip >> 6] &= ~np.uint64(1 << (skip & 63))
        self._close(live, bars, time)
        if not live.any():
            return 0, []
        k = 1
        while k < room:
            want = ask[begin + k]
            if want == NOWHERE:
                break
            if k % 4 == 0 and int(np.bitwise_count(live).sum()) <= SPARSE:
                return self._thinned(unpacked(live) - (k - 1), k, ask, begin, end, bars, time)
            if want >= 0 and self.places.counts[want] <= max(SPARSE, size >> 6):
                ends = self.places.of(want)
                ends = ends[1:] if ends[0] == 0 else ends
                ends = ends[held(live, ends - 1)]
                if bars is not None:
                    ends = ends[bars.open(ends, time + k)]
                if not len(ends):
                    break
                return self._thinned(ends - k, k + 1, ask, begin, end, bars, time)
            more = advanced(live)
            if want == ANY:
                more &= self._everywhere(wide)
            else:
                more &= self._bits(want)
            if fine is not None:
                more &= fine
            self._close(more, bars, time + k)
            if not more.any():
                break
            live, k = more, k + 1
        return k, self._listed(live, chance, every) - (k - 1)

    def _everywhere(self, wide: int) -> Words:
        """All places there are."""
        words = np.full(wide, ~np.uint64(0))
        words[-1] >>= np.uint64(wide * 64 - len(self.codes))
        return words

    def _bits(self, want: int) -> Words:
        return self.places.bits(want) if want >= 0 else self.groups[GROUP - want].bits(self.places)

    @staticmethod
    def _close(live: Words, bars: Bars | None, time: int) -> None:
        """Take out what was played a short time ago."""
        if bars is None or not bars.window:
            return
        for spot in bars.recent.tolist():
            if bars.when[spot] >= time - bars.window:
                live[spot >> 6] &= ~np.uint64(1 << (spot & 63))

    @staticmethod
    def _listed(live: Words, chance: Random, every: bool) -> Spots:
        """The places; if there are very many, those in a stretch of the memory taken by chance."""
        if every or int(np.bitwise_count(live).sum()) <= MANY:
            return unpacked(live)
        wide, take = len(live), 8
        at = chance.randrange(wide)
        while True:  # doubling: however they are spread, some are found
            part = np.take(live, np.arange(at, at + take), mode="wrap") if take < wide else live
            found = unpacked(part)
            if len(found) >= 64 or take >= wide:
                return np.unique((found + (at * 64 if take < wide else 0)) % (wide * 64))
            take *= 2
