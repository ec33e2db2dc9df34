"""Who is alive: each process holds a lock on a file of its own; the kernel lets go when it dies.

No process numbers are trusted that are not locked, so nothing of anybody
else's is ever ended.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

try:
    import fcntl

    def _lock(file: Any) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

except ImportError:  # Windows
    import msvcrt

    def _lock(file: Any) -> bool:
        try:
            file.seek(4096)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True


class Held:
    """Say "I am the core here" for as long as this process lives."""

    def __init__(self, folder: Path, role: str, patience: float = 5.0) -> None:
        self.path = folder / f"{role}.pid"
        self.patience = patience
        self._file: Any = None

    def __enter__(self) -> Held:
        self._file = self.path.open("a+")
        until = time.monotonic() + self.patience
        while not _lock(self._file):
            if time.monotonic() > until:
                raise RuntimeError(f"another process holds {self.path.name}")
            time.sleep(0.01)
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def alive(folder: Path, role: str) -> int:
    """The process number of whoever holds a role, or 0."""
    path = folder / f"{role}.pid"
    try:
        with path.open("r+") as file:
            if _lock(file):
                return 0
            file.seek(0)
            return int(file.read() or 0)
    except (OSError, ValueError):
        return 0


def end(folder: Path, role: str, *, hard: bool = False, patience: float = 2.0) -> bool:
    """End whoever holds a role: asked first, then killed. True when nobody holds it any more."""
    pid = alive(folder, role)
    if not pid:
        return True
    kill = getattr(signal, "SIGKILL", signal.SIGTERM)
    for sign in (kill,) if hard else (signal.SIGTERM, kill):
        try:
            os.kill(pid, sign)
        except OSError:
            return True
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if not alive(folder, role):
                return True
            time.sleep(0.01)
    return not alive(folder, role)
