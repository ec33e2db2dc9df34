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

    def _lock(file: Any, *, ask: bool = False) -> bool:
        """Hold a file, or ask whether one could: two who ask never take each other for the holder."""
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if ask else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

except ImportError:  # Windows
    import msvcrt

    def _lock(file: Any, *, ask: bool = False) -> bool:
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
        until = time.monotonic() + self.patience
        while True:
            self._file = self.path.open("a+")
            while not _lock(self._file):
                if time.monotonic() > until:
                    self._file.close()
                    raise RuntimeError(f"another process holds {self.path.name}")
                time.sleep(0.002)
            if self._is_there():
                break
            self._file.close()  # somebody tidied it away between opening and holding it
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()
        return self

    def _is_there(self) -> bool:
        try:
            return self.path.stat().st_ino == os.fstat(self._file.fileno()).st_ino
        except OSError:
            return False

    def __exit__(self, *_: object) -> None:
        self._file.close()


def alive(folder: Path, role: str) -> int:
    """The process number of whoever holds a role, or 0."""
    path = folder / f"{role}.pid"
    try:
        with path.open("r+") as file:
            if _lock(file, ask=True):
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
