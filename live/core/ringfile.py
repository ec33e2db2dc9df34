"""A ring file: one long strip of sound that a worker writes ahead of the core, and the core reads.

The core (or whoever prepares it) makes the file, the worker opens it. No
numba in here: a worker starts faster without it. See layout.py for the cells.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from live.core import layout as at
from live.core.memory import Map

if os.name == "nt":
    import msvcrt
else:
    import fcntl

STARTING, RUNNING, LEAVING = 0, 1, 2
STEP = 256  # frames of a step, for an engine that takes what comes


def make_ring(
    path: Path | str,
    outs: int,
    ins: int,
    *,
    rate: int,
    ahead: int,
    start: int = 0,
    frames: int = at.RING_FRAMES,
    rest: Sequence[float] = (),
) -> Map:
    """A fresh, silent ring. ``start`` is the first frame wanted, ``rest`` where the controls stand before the core has run."""
    frames = max(-(-frames // 64) * 64, 64)
    if ahead * 2 > frames:
        raise ValueError(f"{Path(path).name}: {ahead} frames ahead need a ring of at least {2 * ahead} frames, not {frames}")
    ring = Map(Path(path), at.ring(outs, ins, frames), create=True)
    ring.head[[at.R_OUTS, at.R_INS, at.R_FRAMES, at.R_RATE, at.R_AHEAD]] = outs, ins, frames, rate, ahead
    ring.controls[: len(rest)] = rest
    begin(ring, start)
    ring.touch()
    ring.head[at.R_MAGIC] = at.MAGIC + at.VERSION
    return ring


def begin(ring: Map, frame: int) -> None:
    """The first frame wanted is ``frame``: say so before the worker starts, and its first sample is in time."""
    ring.head[[at.R_START, at.R_WRITTEN, at.R_CLOCK, at.R_HEARD]] = frame
    ring.head[at.R_FROM] = -1


def open_ring(path: Path | str, patience: float = 0.0) -> Map:
    """An existing ring; waits up to ``patience`` seconds for it to appear."""
    path, until = Path(path), time.monotonic() + patience
    while not _ready(path):
        if time.monotonic() >= until:
            raise FileNotFoundError(f"{path.name}: no ring of version {at.VERSION} is there; the core makes it when the place is made")
        time.sleep(0.01)
    head = Map(path, {"head": at.ring(1, 0, 64)["head"]})
    outs, ins, frames = (int(head.head[cell]) for cell in (at.R_OUTS, at.R_INS, at.R_FRAMES))
    head.close()
    return Map(path, at.ring(outs, ins, frames))


def _ready(path: Path) -> bool:
    """A file is there and says that it is whole."""
    try:
        head = Map(path, {"head": at.ring(1, 0, 64)["head"]})
    except OSError:  # not there yet, or not long enough
        return False
    whole = int(head.head[at.R_MAGIC]) == at.MAGIC + at.VERSION
    head.close()
    return whole


class Claim:
    """The right to write a ring: one worker has it, and the system frees it when that worker ends, however it ends."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.file = os.open(self.path, os.O_RDWR)
        self.same = os.fstat(self.file).st_ino

    def take(self) -> bool:
        """Try to have it."""
        try:
            if os.name == "nt":
                os.lseek(self.file, 1 << 40, os.SEEK_SET)  # a byte that is not there: nobody else is kept from the sound
                msvcrt.locking(self.file, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def is_there(self) -> bool:
        """The ring still lies where it lay."""
        try:
            return self.path.stat().st_ino == self.same
        except OSError:
            return False

    def drop(self) -> None:
        """Let it go."""
        os.close(self.file)
