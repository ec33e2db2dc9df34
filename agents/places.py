"""Where in the memory a label is: for each label its places in order, and as bits where it is everywhere.

A label that is rare is a short list of places, and a scenario is followed by
thinning that list. A label that fills the memory (a drone, a two-note
ostinato) is a row of bits instead: one step of a scenario is then one shift
and one AND over N / 64 words, however often the label occurs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Spots = NDArray[np.intp]
"""(n,) places in the memory, ascending."""
Words = NDArray[np.uint64]
"""(ceil(N / 64),) bits: place i is bit i % 64 of word i // 64."""

ONE = np.uint64(1)
SIX = np.uint64(6)
LOW = np.uint64(63)


class Places:
    """The memory's labels as codes (whole numbers from 0 up), and where each code is."""

    def __init__(self, codes: Sequence[int], kinds: int) -> None:
        self.size = len(codes)
        self._row = np.array(codes, np.int32)
        order = np.argsort(self._row, kind="stable")
        ends = np.cumsum(np.bincount(self._row, minlength=kinds)) if kinds else np.zeros(0, int)
        self._spots: list[Spots] = np.split(order, ends[:-1]) if kinds else []
        self.counts: list[int] = [len(spots) for spots in self._spots]
        self._words: dict[int, tuple[Words, int]] = {}  # bits with room to grow, and how many places they hold

    @property
    def row(self) -> NDArray[np.int32]:
        """(N,) every event's code."""
        return self._row[: self.size]

    def add(self, code: int) -> None:
        """One event more."""
        if self.size == len(self._row):
            self._row = grown(self._row, self.size + 1)
        self._row[self.size] = code
        if code == len(self.counts):
            self.counts.append(0)
            self._spots.append(np.zeros(1, np.intp))
        count = self.counts[code]
        if count == len(self._spots[code]):
            self._spots[code] = grown(self._spots[code], count + 1)
        self._spots[code][count] = self.size
        self.counts[code] = count + 1
        self.size += 1

    def of(self, code: int) -> Spots:
        """Every place of a code."""
        return self._spots[code][: self.counts[code]]

    def bits(self, code: int) -> Words:
        """The same as bits. Kept, and brought up to date when asked again."""
        wide, count = -(-self.size // 64), self.counts[code]
        words, held = self._words.get(code, (np.zeros(0, np.uint64), 0))
        if len(words) < wide:
            words = grown(words, wide)
        if count - held > 64:
            words[:wide] |= packed(self.of(code)[held:], wide)
        else:
            for spot in self.of(code)[held:].tolist():
                words[spot >> 6] |= np.uint64(1 << (spot & 63))
        self._words[code] = words, count
        return words[:wide]


def grown(row: NDArray[np.generic], least: int) -> NDArray[np.generic]:
    """The same numbers with room for as many again, zeros after them."""
    more = np.zeros(max(2 * len(row), least, 8), row.dtype)
    more[: len(row)] = row
    return more


def packed(spots: NDArray[np.generic], wide: int) -> Words:
    """Places as bits in so many words."""
    flags = np.zeros(wide * 64, bool)
    flags[spots] = True
    return np.packbits(flags, bitorder="little").view(np.uint64)


def unpacked(words: Words) -> Spots:
    """Bits as places."""
    full = np.flatnonzero(words)
    if len(full) * 4 < len(words):  # few words hold anything: look at those alone
        flags = np.unpackbits(words[full].view(np.uint8), bitorder="little").reshape(-1, 64)
        at, bit = np.nonzero(flags)
        return full[at] * 64 + bit
    return np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))


def held(words: Words, spots: Spots) -> NDArray[np.bool_]:
    """Which of these places are set."""
    at = spots.astype(np.uint64)
    return (words[at >> SIX] >> (at & LOW) & ONE).astype(bool)


def advanced(words: Words) -> Words:
    """Every place one further."""
    moved = words << ONE
    moved[1:] |= words[:-1] >> LOW
    return moved
