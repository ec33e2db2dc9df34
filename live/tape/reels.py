"""The ring on disk: reels of a few seconds each, the oldest thrown away first.

A reel holds everything of its time, as stretches one after the other. It is
only ever added to, so a recorder killed at any moment leaves at most a torn
last stretch, which nobody reads. Frames that no stretch covers are a hole.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from live.tape.stretch import LATE, LOST, Key, Page, Shape, Stretch, TapeError, pages, slim

MINUTES = 30.0
SHARE = 0.1  # of the free disk
CAP = 50_000_000_000  # bytes
RESERVE = 500_000_000  # bytes always left free, or a twentieth of the disk where that is less
HOLD = "held"  # touched while a take is made from the reels: nothing is thrown away meanwhile
HOLD_SECONDS = 20.0


class Budget(NamedTuple):
    """How much is kept, and why no more."""

    minutes: float
    bytes: int
    words: str


def budget(rate: int, channels: int, minutes: float = MINUTES, free: int | None = None, cap: int = CAP, share: float = SHARE) -> Budget:
    """How far back ``channels`` sounding tracks can be kept on a disk with ``free`` bytes left (None: as much as needed)."""
    second = rate * channels * 4
    asked = int(second * 60 * minutes)
    part = asked if free is None else int(max(free - RESERVE, 0) * share)
    held = min(asked, part, cap)
    told = f"{channels} tracks at {rate} Hz"
    if held == asked:
        words = f"the last {minutes:g} minutes of {told} take at most {size(asked)}; silence takes nothing"
    else:
        why = f"a tenth of the free disk, {size(part)}" if part <= cap else f"the cap, {size(cap)}"
        words = f"{why}, holds {held / second / 60:.1f} of {minutes:g} minutes of {told} when all of them sound; silence takes nothing"
    return Budget(held / second / 60 if second else minutes, held, words)


def size(count: float) -> str:
    """Bytes as a musician reads them."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def room(folder: Path) -> tuple[int, int]:
    """Bytes free under a folder, and how many of them are not ours to fill."""
    usage = shutil.disk_usage(folder)
    return usage.free, min(RESERVE, usage.total // 20)


@dataclass(frozen=True)
class Label:
    """What is written at the front of every reel: which run it belongs to, and how its sound is cut."""

    run: str
    shape: Shape

    def front(self) -> bytes:
        """One line."""
        return (json.dumps({"tape": 1, "run": self.run, **asdict(self.shape)}) + "\n").encode()


@dataclass
class Reel:
    """A reel on disk, as far as it was written when we looked."""

    path: Path
    label: Label
    begin: int  # first byte of the first stretch
    size: int
    start: int  # first frame
    changed: float = 0.0

    def pages(self, file: BinaryIO) -> Iterator[Page]:
        """Its stretches."""
        return pages(file, self.begin, self.size)


def read_reel(path: Path) -> Reel | None:
    """Know a reel again by its name and its label; None when it is not one."""
    try:
        with path.open("rb") as file:
            line = file.readline(4096)
            stat = os.fstat(file.fileno())
        said: dict[str, Any] = json.loads(line)
        shape = Shape(**{k: int(said[k]) for k in Shape.__dataclass_fields__})
        return Reel(path, Label(said["run"], shape), len(line), stat.st_size, int(path.stem.split("-")[1]), stat.st_mtime)
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def reels(folder: Path) -> list[Reel]:
    """Every reel of a folder, run after run, oldest first."""
    found = [read_reel(p) for p in sorted(folder.glob("*.reel"))]
    return [r for r in found if r is not None]


@dataclass
class Past:
    """What a chain of reels holds: which frames, and which groups."""

    covered: list[tuple[int, int]] = field(default_factory=list)  # frames, in order
    known: dict[Key, int] = field(default_factory=dict)

    def learn(self, page: Page) -> None:
        """Take in a stretch."""
        for e in page.entries:
            key = (bytes(e["name"]), int(e["track"]), int(e["since"]))
            self.known[key] = max(self.known.get(key, -1), int(e["until"]))
        if page.flags in (LATE, LOST):
            return
        if self.covered and self.covered[-1][1] == page.start:
            self.covered[-1] = (self.covered[-1][0], page.end)
        else:
            self.covered.append((page.start, page.end))
            self.covered.sort()

    @property
    def end(self) -> int:
        """The first frame after all."""
        return self.covered[-1][1] if self.covered else 0


def past(chain: list[Reel]) -> Past:
    """Walk through the pages of some reels of one run."""
    told = Past()
    for reel in chain:
        with contextlib.suppress(FileNotFoundError), reel.path.open("rb") as file:
            for page in reel.pages(file):
                told.learn(page)
    return told


class Shelf:
    """Where the recorder puts reels: opens new ones, throws old ones away, never fills the disk."""

    def __init__(
        self,
        folder: Path,
        label: Label,
        *,
        seconds: float = 5.0,
        minutes: float = MINUTES,
        cap: int = CAP,
        share: float = SHARE,
        opener: Callable[[Path], BinaryIO] | None = None,
        free: Callable[[Path], tuple[int, int]] = room,
    ) -> None:
        self.folder, self.label = folder, label
        self.frames = int(max(seconds, minutes * 60 / 360) * label.shape.rate)
        self.minutes, self.cap, self.share = minutes, cap, share
        self._open = opener or (lambda path: path.open("wb", buffering=0))
        self._free = free
        self.file: BinaryIO | None = None
        self.spot = 0  # bytes of the open reel that are whole
        self.start = 0  # its first frame
        self.end = 0  # the newest frame on the shelf
        self._met: set[Key] = set()
        self.sizes: dict[Path, int] = {}
        self._looked = 0.0
        self._room = (0, 0)
        self.readopt()

    def readopt(self) -> None:
        """Find the reels of earlier runs again; what is not a whole reel goes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self.folder.glob("*.reel")):
            reel = read_reel(path)
            if reel is None or reel.size <= reel.begin:
                path.unlink(missing_ok=True)
            else:
                self.sizes[path] = reel.size
                self.end = max(self.end, reel.start) if reel.label.run == self.label.run else self.end

    @property
    def bytes(self) -> int:
        """What the ring takes on the disk."""
        return sum(self.sizes.values())

    def put(self, stretch: Stretch) -> None:
        """Write a stretch whole or not at all; OSError and TapeError say why not."""
        self._check()
        if self.file is None or (stretch.flags == 0 and stretch.start >= self.start + self.frames):
            self._turn(stretch.start)
        assert self.file is not None
        met = set(self._met)
        try:
            count = self._write(self.file, slim(stretch, met).parts())
        except OSError:
            self._undo()
            raise
        self._met = met
        self.spot += count
        self.sizes[Path(self.file.name)] = self.spot
        self.end = max(self.end, stretch.start + stretch.frames)

    @staticmethod
    def _write(file: BinaryIO, parts: list[Any]) -> int:
        count = 0
        for part in parts:
            left = memoryview(part)
            while len(left):
                done = file.write(left) or 0
                if not done:
                    raise OSError(28, "the disk takes no more")
                left = left[done:]
                count += done
        return count

    def _turn(self, start: int) -> None:
        self.close()
        path = self.folder / f"{self.label.run}-{start:015d}.reel"
        while path in self.sizes:  # frames noticed late may begin where another reel began
            path = path.with_name(f"{path.stem}-{len(self.sizes)}.reel")
        file = self._open(path)
        try:
            self.spot = self._write(file, [self.label.front()])
        except OSError:
            file.close()
            path.unlink(missing_ok=True)
            raise
        self.file, self.start, self._met = file, start, set()
        self.sizes[path] = self.spot
        self.trim()

    def _undo(self) -> None:
        """Take back a half-written stretch; a reel that cannot even be cut is left behind as it is."""
        assert self.file is not None
        try:
            self.file.truncate(self.spot)
            self.file.seek(self.spot)
        except OSError:
            self.close()

    def _check(self) -> None:
        now = time.monotonic()
        if now - self._looked > 1.0:
            self._looked, self._room = now, self._free(self.folder)
            self.trim()
        free, reserve = self._room
        if free < reserve:
            raise TapeError(f"only {size(free)} free on the disk, and {size(reserve)} stay untouched")

    def allowed(self) -> int:
        """Bytes the ring may take now."""
        return min(self.cap, int(self.share * (self._room[0] + self.bytes)))

    def trim(self) -> None:
        """Throw away what is too old or too much, oldest first, unless a take is being made of it."""
        with contextlib.suppress(OSError):
            if time.time() - (self.folder / HOLD).stat().st_mtime < HOLD_SECONDS:
                return
        open_now = Path(self.file.name) if self.file else None
        most, held = self.allowed(), self.bytes
        oldest = self.end - self.minutes * 60 * self.label.shape.rate - self.frames
        for path in sorted(self.sizes):
            if path == open_now:
                continue
            if held > most or self._is_old(path, oldest):
                with contextlib.suppress(OSError):  # somebody reads it where that forbids removing: next time
                    path.unlink(missing_ok=True)
                    held -= self.sizes.pop(path)

    def _is_old(self, path: Path, oldest: float) -> bool:
        run, start = path.stem.split("-")[:2]
        if run == self.label.run:
            return int(start) < oldest
        try:
            return time.time() - path.stat().st_mtime > self.minutes * 60
        except OSError:
            return True

    def close(self) -> None:
        """Finish the open reel."""
        if self.file is not None:
            with contextlib.suppress(OSError):
                self.file.close()
            self.file = None
