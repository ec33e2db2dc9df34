"""What the inputs heard in the last bars: from the core's tape, and before that from the reels. For the dress rehearsal.

The bars are taken whole, so that a beat that was played in lies on the same beat of the bars to come.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from live.core import layout as at
from live.core.memory import Map
from live.tape.reels import Reel, read_reel
from live.tape.stretch import INPUT, LOST, Page, TapeError, look

HISS = 10 ** (-30 / 20)  # what is heard where nothing was: effects must have something to hear


def overheard(runtime: Path, take: Path, ins: int, rate: int, *, frame: int, frames: int, bar: float) -> tuple[np.ndarray, bool]:
    """(ins, frames) for a landing at ``frame`` in bars of ``bar`` frames, and whether it was really heard (else: low noise)."""
    tape = _tape(runtime, ins, rate) if ins else None
    reels = _newest(take / "reels", rate) if ins else []
    if tape or reels:
        end = tape[0] + tape[1].shape[1] if tape else reels[-1][1]
        first = min([reel.start for reel, _ in reels[:1]] + ([tape[0]] if tape else []))
        start, held = stretch(first, end, frame, frames, bar)
        found = np.zeros((ins, held), np.float32)
        for channel, since, sound in _reeled(reels, ins, start, start + held):
            _lay(found[channel : channel + 1], start, since, sound[None])
        if tape:
            _lay(found, start, *tape)
        if held and found.any() and np.isfinite(found).all():
            return np.ascontiguousarray(np.resize(found.T, (frames, ins)).T), True
    hiss = np.random.default_rng(1).uniform(-HISS, HISS, (ins, frames))
    return hiss.astype(np.float32), False


def stretch(first: int, end: int, frame: int, frames: int, bar: float) -> tuple[int, int]:
    """Where the last whole bars begin of what lies between ``first`` and ``end``, and how many frames of them are wanted.

    Bars are counted from ``frame``. Where there is less than one, all there is.
    """
    begins = math.floor((frame - first) / bar)  # bars from the first bar line that was recorded
    whole = math.floor((end - (frame - begins * bar)) / bar)
    if whole < 1:
        return first, min(end - first, frames)
    count = min(math.ceil(frames / bar), whole)
    start = max(round(frame - (begins - whole + count) * bar), first)
    return start, min(frames, round(count * bar), end - start)


def _lay(found: np.ndarray, start: int, since: int, sound: np.ndarray) -> None:
    """A piece onto what is wanted."""
    a, b = max(since, start), min(since + sound.shape[1], start + found.shape[1])
    if a < b:
        found[:, a - start : b - start] = sound[:, a - since : b - since]


def _tape(runtime: Path, ins: int, rate: int) -> tuple[int, np.ndarray] | None:
    """The last seconds, as the core still holds them."""
    path = runtime / "tape.map"
    with contextlib.suppress(OSError, TapeError, ValueError):
        shape = look(path)
        if shape.rate == rate and 0 < ins <= shape.ins:
            tape = Map(path, at.tape(shape.tracks, shape.frames))
            try:
                written = int(tape.head[at.P_WRITTEN])
                start = max(written - shape.frames + 4 * shape.margin, shape.began, 0)
                columns = np.arange(start, written) % shape.frames
                return (start, tape.ring[:ins, columns]) if start < written else None
            finally:
                tape.close()
    return None


def _newest(folder: Path, rate: int) -> list[tuple[Reel, int]]:
    """The reels of the newest run, oldest first, each with the frame it ends before."""
    paths = sorted(folder.glob("*.reel")) if folder.is_dir() else []
    run, found = "", []
    for path in reversed(paths[-24:]):  # two minutes
        reel = read_reel(path)
        if reel is None or reel.label.shape.rate != rate:
            continue
        if run and reel.label.run != run:
            break
        run = reel.label.run
        found.append((reel, found[-1][0].start if found else _end(reel)))
    return found[::-1]


def _end(reel: Reel) -> int:
    """The first frame after the newest reel."""
    with contextlib.suppress(OSError), reel.path.open("rb") as file:
        return max((page.end for page in reel.pages(file)), default=reel.start)
    return reel.start


def _reeled(reels: list[tuple[Reel, int]], ins: int, start: int, end: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """What the reels hold of the inputs between two frames: the input, its first frame, its sound. Silence lies nowhere."""
    for reel, until in reels:
        if reel.start >= end or until <= start:
            continue
        with contextlib.suppress(OSError), reel.path.open("rb") as file:
            for page in reel.pages(file):
                if page.start < end and page.end > start and page.flags != LOST:
                    yield from _inputs(page, file, ins)


def _inputs(page: Page, file: BinaryIO, ins: int) -> Iterator[tuple[int, int, np.ndarray]]:
    for i, entry in enumerate(page.entries):
        number = bytes(entry["name"]).decode(errors="replace").rpartition("/")[2]
        if entry["kind"] == INPUT and number.isdigit() and 1 <= int(number) <= ins:
            yield int(number) - 1, page.start, page.sound(file, i)[0]
