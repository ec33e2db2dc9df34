"""A sound memory: recordings cut into segments, each with its label, that the partner plays from.

    brass = remember("corpus/brass", rate=48000, cut="both", tempo=96)
    brass.labels          # one number a segment: what a choice is made by
    brass.sound(12)       # (channels, frames) of a segment
    brass.append(sound)   # what is played right now is remembered too

What was read is kept beside the sounds: a second start takes no time. Labels
put by hand, pins and what was forgotten are kept with it.
"""

from __future__ import annotations

import hashlib
import json
import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from agents import cut as cutting
from agents.codebook import Codebook
from agents.hear import Ear, ear, told
from agents.shelf import Say, Shelf, shelve

FORGOTTEN = -1
CUTS = ("onset", "grid", "both")
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
        told = {**self.__dict__, "codebook": codebook.fingerprint if codebook else None, "version": 1}
        return hashlib.blake2s(json.dumps(told, sort_keys=True).encode(), digest_size=6).hexdigest()


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
        from agents.codebook import loudness

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
        told = {
            "pinned": sorted(i for i in self.pinned if i < there),
            "forgotten": sorted(i for i in self.forgotten if i < there),
            "relabelled": {str(i): int(label) for i, label in sorted(self.relabelled.items()) if i < there},
        }
        part = self.sidecar.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(told), "utf-8")
        part.replace(self.sidecar)


def remember(
    places: str | Path | Sequence[str | Path],
    *,
    rate: int = 48000,
    channels: int | None = None,
    cut: str = "onset",
    grid: float | None = None,
    tempo: float | None = None,
    beats: float = 1.0,
    start: float = 0.0,
    emphasis: str = "harmony",
    K: int = 64,
    turning: bool = False,
    codebook: Codebook | str | Path | None = None,
    seed: int = 0,
    say: Say = lambda line: None,
) -> Remembered:
    """The memory of these files and folders, at the device's ``rate``.

    ``cut``: at attacks ("onset"), every ``grid`` seconds or ``beats`` of ``tempo`` ("grid"), or on a grid whose boundaries move
    to an attack within 25 ms ("both"). ``codebook``: an alphabet that is there; without one, its own of K labels is learnt.
    """
    if cut not in CUTS:
        raise ValueError(f'there is no cut "{cut}". Nearest: {near(cut, CUTS)} (there are {", ".join(CUTS)})')
    if tempo is not None and not 5 <= tempo <= 1000:
        raise ValueError(f"a tempo of {tempo}: between 5 and 1000 beats a minute")
    if codebook is not None:
        codebook = codebook if isinstance(codebook, Codebook) else Codebook.load(codebook)
        if codebook.emphasis != emphasis:
            raise ValueError(
                f"codebook {codebook.name} hears {codebook.emphasis}, this memory {emphasis}: take emphasis={codebook.emphasis!r}"
            )
    step = grid or (60 / tempo * beats if tempo else GRID)
    settings = Settings(cut, step, tempo, beats, start, emphasis, K, turning, seed)
    shelf = shelve(places, rate, channels, say)
    kept = shelf.beside / f"{shelf.key}-{settings.key(codebook)}.npz"
    if kept.exists():
        try:
            return reopened(shelf, settings, kept)
        except (ValueError, KeyError, OSError, EOFError, BadZipFile) as slip:
            say(f"what was kept of {kept.parent.parent.name} cannot be read ({type(slip).__name__}): hearing it again")
    read(shelf, settings, codebook, kept, say)
    return reopened(shelf, settings, kept)


def near(word: str, words: Sequence[str]) -> str:
    """The nearest legal word."""
    import difflib

    return difflib.get_close_matches(str(word), words, 1, 0.0)[0]


def read(shelf: Shelf, settings: Settings, codebook: Codebook | None, kept: Path, say: Say) -> None:
    """Cut, tell and label it all; keep that."""
    edges, sources, rows = [], [], []
    by = ear(settings.emphasis)
    for k, (first, last) in enumerate(zip(shelf.edges[:-1], shelf.edges[1:], strict=True)):
        say(f"hearing {k + 1}/{len(shelf.files)} {shelf.files[k].name}")
        bounds = cuts(shelf, first, last, settings)
        edges.append(np.stack([bounds[:-1], bounds[1:]], axis=1) + first)
        sources.append(np.full(len(bounds) - 1, k, np.int32))
        rows.append(told(File(shelf, first, last), shelf.rate, bounds, by))
    vectors = np.concatenate(rows)
    if codebook is None:
        codebook = Codebook.learn(
            vectors, settings.K, settings.seed, emphasis=settings.emphasis, turning=settings.turning, name=f"{shelf.files[0].parent.name}"
        )
    part = kept.with_suffix(f".{os.getpid()}.npz")
    alphabet = {f"codebook_{name}": value for name, value in codebook.arrays().items()}
    np.savez(part, edges=np.concatenate(edges), source=np.concatenate(sources), vectors=vectors, heard=codebook.labels(vectors), **alphabet)
    part.replace(kept)


@dataclass(frozen=True)
class File:
    """One file's stretch of a shelf, read where it is asked for: what ``told`` takes for a sound."""

    shelf: Shelf
    first: int
    last: int

    @property
    def shape(self) -> tuple[int, int]:
        """(channels, frames)."""
        return self.shelf.sound.shape[1], self.last - self.first

    def __getitem__(self, part: tuple[Any, slice]) -> NDArray[np.float32]:
        return self.shelf.read(self.first + part[1].start, self.first + part[1].stop)


def cuts(shelf: Shelf, first: int, last: int, settings: Settings) -> NDArray[np.int64]:
    """A file's boundaries, from 0 to its last frame."""
    frames, rate = last - first, shelf.rate
    if settings.cut == "grid":
        return cutting.on_grid(frames, rate, settings.grid, settings.start)
    attacks = cutting.onsets(lambda a, b: shelf.mono(first + a, first + b), frames, rate)
    if settings.cut == "both":
        return cutting.given_way(cutting.on_grid(frames, rate, settings.grid, settings.start), attacks, rate)
    return cutting.at_onsets(attacks, frames, rate)


def reopened(shelf: Shelf, settings: Settings, kept: Path) -> Remembered:
    """A memory as it was kept, with what hands did to it."""
    with np.load(kept, allow_pickle=False) as there:
        codebook = Codebook.of({name.removeprefix("codebook_"): there[name] for name in there.files if name.startswith("codebook_")})
        edges, source, vectors, heard = (there[name] for name in ("edges", "source", "vectors", "heard"))
    sidecar, notes = kept.with_suffix(".json"), list(shelf.skipped)
    hands = edits(sidecar, len(edges), codebook.size, notes)
    if (heard == codebook.silence).all():
        notes.append(f"all of it is softer than {codebook.gate:g} dB: a memory of silence")
    return Remembered(
        shelf,
        settings,
        codebook,
        edges,
        vectors,
        heard,
        source,
        sidecar,
        tuple(notes),
        *hands,
    )


def edits(sidecar: Path, count: int, size: int, notes: list[str]) -> tuple[set[int], set[int], dict[int, int]]:
    """What hands pinned, forgot and relabelled; a line among the notes where that cannot be read."""
    if not sidecar.exists():
        return set(), set(), {}
    try:
        told = json.loads(sidecar.read_text("utf-8"))
        pinned, forgotten = ({int(i) for i in told[name] if 0 <= int(i) < count} for name in ("pinned", "forgotten"))
        labels = {int(i): int(label) for i, label in told["relabelled"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        notes.append(f"{sidecar.name}: pins and labels put by hand cannot be read; the memory is as it was heard")
        return set(), set(), {}
    return pinned, forgotten, {i: label for i, label in labels.items() if 0 <= i < count and 0 <= label < size}
