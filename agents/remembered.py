"""A memory in the hand: its segments, labels and sounds, growing while it is played, edited by hand."""

from __future__ import annotations

import hashlib
import json
import os
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.codebook import Codebook, loudness
from agents.hear import Ear, ear
from agents.shelf import Shelf

FORGOTTEN = -1
GRID = 0.5  # seconds, where neither a grid nor a tempo is given


@dataclass(frozen=True)
class Settings:
    """How a memory is cut and labelled."""

    cut: str = "onset"
    grid: float = GRID  # seconds
    tempo: float | None = None  # beats a minute, where it is known
    beats: float = 1.0  # a segment
    start: float = 0.0  # seconds into each file at which the first beat is
    emphasis: str = "harmony"
    K: int = 64
    turning: bool = False
    seed: int = 0

    def key(self, codebook: Codebook | None) -> str:
        """What must agree for a kept memory to be this one."""
        return digest({**self.__dict__, "codebook": codebook.fingerprint if codebook else None})

    def cuts(self) -> str:
        """What must agree for segments to be the same ones: what hands did to them holds for every alphabet."""
        return digest({name: self.__dict__[name] for name in ("cut", "grid", "start") if self.cut != "onset" or name == "cut"})


def digest(told: dict[str, Any]) -> str:
    """Twelve letters for it, and for how this version of the code hears."""
    return hashlib.blake2s(json.dumps({**told, "version": 1}, sort_keys=True).encode(), digest_size=6).hexdigest()


@dataclass
class Remembered:
    """Segments of a long sound. ``edges``: (n, 2) frames, first and one past the last; segments of a file follow without a gap."""

    shelf: Shelf
    settings: Settings
    codebook: Codebook
    edges: NDArray[np.int64]
    vectors: NDArray[np.float32]
    heard: NDArray[np.int32]  # labels as they were heard, before any hand
    source: NDArray[np.int32]  # which file
    sidecar: Path | None
    notes: tuple[str, ...] = ()
    pinned: set[int] = field(default_factory=set)
    forgotten: set[int] = field(default_factory=set)
    relabelled: dict[int, int] = field(default_factory=dict)
    elsewhere: dict[str, Any] = field(default_factory=dict)  # what hands relabelled by other alphabets

    def __post_init__(self) -> None:
        self.ear: Ear = ear(self.settings.emphasis)
        self._live: list[NDArray[np.float32]] = []
        self._begins: list[int] = []  # where each of these begins
        self._end = self.shelf.frames
        self._count = len(self.edges)
        self._labels = self.heard.copy()
        for i, label in self.relabelled.items():
            self._labels[i] = label
        self._labels[list(self.forgotten)] = FORGOTTEN

    def __len__(self) -> int:
        return self._count

    @property
    def rate(self) -> int:
        """Frames a second."""
        return self.shelf.rate

    @property
    def channels(self) -> int:
        """Channels of every segment."""
        return self.shelf.sound.shape[1]

    @property
    def files(self) -> tuple[Path, ...]:
        """The sounds it was read from."""
        return self.shelf.files

    @property
    def labels(self) -> NDArray[np.int32]:
        """One a segment, as heard or as put by hand; -1 for what was forgotten."""
        return self._labels[: self._count]

    @property
    def spans(self) -> NDArray[np.int64]:
        """(n, 2) frames, also of what was appended."""
        return self.edges[: self._count]

    @property
    def levels(self) -> NDArray[np.float32]:
        """dB below full scale, one a segment."""
        return loudness(self.vectors[: self._count], self.settings.emphasis)

    @property
    def tempo(self) -> float | None:
        """Beats a minute, where it is known."""
        return self.settings.tempo

    @property
    def phases(self) -> NDArray[np.float64]:
        """Where in its beat each segment begins, 0 to 1; not a number where no tempo is known."""
        if self.tempo is None:
            return np.full(self._count, np.nan)
        first = np.append(np.array(self.shelf.edges[:-1]), self.shelf.frames)[self.source[: self._count]]
        beats = ((self.spans[:, 0] - first) / self.rate - self.settings.start) * self.tempo / 60
        return (beats + 1e-9) % 1.0

    @property
    def seconds(self) -> float:
        """How much there is."""
        return self._end / self.rate

    def __repr__(self) -> str:
        return (
            f"memory of {len(self)} segments, {self.seconds:.1f} s, {len(self.files)} files, "
            f"{len(np.unique(self.labels[self.labels >= 0]))} of {self.codebook.size} labels by {self.settings.emphasis}"
        )

    def sound(self, i: int) -> NDArray[np.float32]:
        """A segment: (channels, frames)."""
        start, end = self.spans[self._at(i)]
        return self.read(int(start), int(end))

    def read(self, start: int, end: int) -> NDArray[np.float32]:
        """Any stretch, (channels, frames); silence before the beginning and after the end."""
        out = np.zeros((self.channels, max(0, end - start)), np.float32)
        stop = min(end, self.shelf.frames)
        if start < stop and stop > 0:
            first = max(start, 0)
            out[:, first - start : stop - start] = self.shelf.read(first, stop)
        k = max(0, bisect_right(self._begins, max(start, 0)) - 1)
        while k < len(self._live) and self._begins[k] < end:
            piece, begin = self._live[k], self._begins[k]
            first, last = max(start, begin), min(end, begin + piece.shape[1])
            if first < last:
                out[:, first - start : last - start] = piece[:, first - begin : last - begin]
            k += 1
        return out

    def follows(self, i: int, j: int) -> bool:
        """Whether j continues i without a seam."""
        spans = self.spans
        return bool(spans[i, 1] == spans[j, 0] and self.source[i] == self.source[j])

    def append(self, sound: NDArray[Any], vector: NDArray[np.float32] | None = None, label: int | None = None) -> int:
        """One more segment, as it was just played: mono or (channels, frames) at the memory's rate. Answers its number."""
        piece = np.atleast_2d(np.asarray(sound, np.float32))
        if piece.shape[1] < 1:
            raise ValueError("an empty segment cannot be remembered")
        if len(piece) != self.channels:
            piece = np.broadcast_to(piece.mean(axis=0), (self.channels, piece.shape[1]))
        if vector is None:
            vector = self.ear.tell(piece.mean(axis=0), self.rate, 0)
        self._live.append(np.array(piece))
        self._begins.append(self._end)
        i = self._room()
        self.edges[i] = self._end, self._end + piece.shape[1]
        self.vectors[i], self.source[i] = vector, len(self.files)
        self.heard[i] = self._labels[i] = self.codebook.label(vector) if label is None else label
        self._end += piece.shape[1]
        self._count += 1
        return i

    def relabel(self, i: int, label: int) -> None:
        """This segment is of that kind, whatever was heard."""
        if not 0 <= label < self.codebook.size:
            raise ValueError(f"label {label}: this memory's go from 0 to {self.codebook.size - 1}")
        self._may_change(i)
        self.relabelled[i] = label
        self._labels[i] = label
        self._keep()

    def pin(self, i: int, on: bool = True) -> None:
        """This segment stays as it is: neither relabelled nor forgotten until it is unpinned."""
        (self.pinned.add if on else self.pinned.discard)(self._at(i))
        self._keep()

    def forget(self, i: int, on: bool = True) -> None:
        """This segment is never played again; ``on=False`` brings it back."""
        self._may_change(i)
        (self.forgotten.add if on else self.forgotten.discard)(i)
        self._labels[i] = FORGOTTEN if on else self.relabelled.get(i, int(self.heard[i]))
        self._keep()

    def table(self) -> str:
        """A line a kind: how many, how long, how loud, about which pitch."""
        from agents.portrait import table

        return table(self)

    def picture(self, width: int = 960, height: int = 360) -> NDArray[np.uint8]:
        """(height, width, 3): the kinds over time, and how they lie to one another."""
        from agents.portrait import picture

        return picture(self, width, height)

    def _at(self, i: int) -> int:
        if not 0 <= i < self._count:
            raise IndexError(f"segment {i}: this memory's go from 0 to {self._count - 1}")
        return i

    def _may_change(self, i: int) -> None:
        if self._at(i) in self.pinned:
            raise ValueError(f"segment {i} is pinned: pin({i}, False) first")

    def _room(self) -> int:
        """Place for one more row."""
        if self._count == len(self.edges):
            more = max(256, self._count)
            for name in ("edges", "vectors", "heard", "source", "_labels"):
                rows = getattr(self, name)
                setattr(self, name, np.concatenate([rows[: self._count], np.zeros((more, *rows.shape[1:]), rows.dtype)]))
        return self._count

    def _keep(self) -> None:
        """Hands' edits, beside the sounds. Of what was appended nothing is kept: it ends with the evening."""
        if self.sidecar is None:
            return
        there = self._count - len(self._live)
        labels = {str(i): int(label) for i, label in sorted(self.relabelled.items()) if i < there}
        told = {
            "pinned": sorted(i for i in self.pinned if i < there),
            "forgotten": sorted(i for i in self.forgotten if i < there),
            "relabelled": {**self.elsewhere, self.codebook.fingerprint: labels},
        }
        part = self.sidecar.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(told), "utf-8")
        part.replace(self.sidecar)
