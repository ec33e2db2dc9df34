"""A sound memory: recordings cut into segments, each with its label, that the partner plays from.

    brass = remember("corpus/brass", rate=48000, cut="both", tempo=96)
    brass.labels          # one number a segment: what a choice is made by
    brass.sound(12)       # (channels, frames) of a segment
    brass.append(sound)   # what is played right now is remembered too

What was read is kept beside the sounds: a second start takes no time. Labels
put by hand, pins and what was forgotten are kept with it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from agents import cut as cutting
from agents.codebook import Codebook
from agents.hear import ear, told
from agents.remembered import FORGOTTEN, GRID, Remembered, Settings
from agents.shelf import Say, Shelf, shelve

__all__ = ["CUTS", "FORGOTTEN", "Remembered", "Settings", "remember"]

CUTS = ("onset", "grid", "both")


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
    step = grid if grid is not None else 60 / tempo * beats if tempo else GRID
    if not step * rate >= 1:
        raise ValueError(f"segments of {step:g} s: at least one frame, 1/{rate} s")
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
    attacks = cutting.onsets(lambda a, b: shelf.mono(first + a, first + b), frames, rate, hush=settings.cut == "onset")
    if settings.cut == "both":
        return cutting.given_way(cutting.on_grid(frames, rate, settings.grid, settings.start), attacks, rate)
    return cutting.at_onsets(attacks, frames, rate)


def reopened(shelf: Shelf, settings: Settings, kept: Path) -> Remembered:
    """A memory as it was kept, with what hands did to it."""
    with np.load(kept, allow_pickle=False) as there:
        codebook = Codebook.of({name.removeprefix("codebook_"): there[name] for name in there.files if name.startswith("codebook_")})
        edges, source, vectors, heard = (there[name] for name in ("edges", "source", "vectors", "heard"))
    sidecar, notes = shelf.beside / f"{shelf.key}-{settings.cuts()}.json", list(shelf.skipped)
    hands = edits(sidecar, len(edges), codebook, notes)
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


Hands = tuple[set[int], set[int], dict[int, int], dict[str, Any]]
"""Pinned, forgotten, relabelled, and what was relabelled by other alphabets."""


def edits(sidecar: Path, count: int, codebook: Codebook, notes: list[str]) -> Hands:
    """What hands did; a line among the notes where that cannot be read."""
    if not sidecar.exists():
        return set(), set(), {}, {}
    try:
        told = json.loads(sidecar.read_text("utf-8"))
        pinned, forgotten = ({int(i) for i in told[name] if 0 <= int(i) < count} for name in ("pinned", "forgotten"))
        elsewhere = dict(told["relabelled"])
        labels = {int(i): int(label) for i, label in elsewhere.pop(codebook.fingerprint, {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        notes.append(f"{sidecar.name}: pins and labels put by hand cannot be read; the memory is as it was heard")
        return set(), set(), {}, {}
    return pinned, forgotten, {i: label for i, label in labels.items() if 0 <= i < count and 0 <= label < codebook.size}, elsewhere
