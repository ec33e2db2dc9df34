"""Plain mapped files that several processes see at once.

Not ``multiprocessing.shared_memory``: on 3.11 its tracker unlinks a block when
any attached process dies (facts: realtime, section 4). A mapped file stays
until somebody removes it, and works the same on the three systems.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

Regions = dict[str, tuple[Any, tuple[int, ...]]]
"""What lies in a file: name -> (dtype, shape), in order."""

PAGE = 4096


def where() -> Path:
    """The folder for mapped files: in memory where the system has one, private to the user."""
    named = os.environ.get("ANTIPHON_RUNTIME")
    if named:
        base = Path(named)
    else:
        user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "me")
        shm = Path("/dev/shm")
        base = (shm if os.access(shm, os.W_OK) else Path(tempfile.gettempdir())) / f"antiphon-{user}"
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    return base


class Map:
    """A mapped file whose regions are numpy arrays, reached as attributes."""

    def __init__(self, path: Path, regions: Regions, *, create: bool = False) -> None:
        self.path = Path(path)
        offset, spots = 0, {}
        for name, (dtype, shape) in regions.items():
            spots[name] = offset
            size = int(np.dtype(dtype).itemsize * np.prod(shape, dtype=np.int64))
            offset += -(-size // PAGE) * PAGE
        self.size = max(offset, PAGE)
        if create:
            fresh = self.path.with_name(self.path.name + ".new")
            with fresh.open("wb") as file:
                file.truncate(self.size)
            os.replace(fresh, self.path)
        with self.path.open("r+b") as file:
            if os.fstat(file.fileno()).st_size < self.size:
                raise OSError(
                    f"{self.path.name} is {os.fstat(file.fileno()).st_size} bytes, not {self.size}: it belongs to another version"
                )
            self._map = mmap.mmap(file.fileno(), self.size)
        self.arrays: dict[str, np.ndarray] = {
            name: np.frombuffer(self._map, dtype, int(np.prod(shape, dtype=np.int64)), spots[name]).reshape(shape)
            for name, (dtype, shape) in regions.items()
        }

    def __getattr__(self, name: str) -> np.ndarray:
        try:
            return self.__dict__["arrays"][name]
        except KeyError:
            raise AttributeError(f"{self.path.name} has no region {name!r}; it has: {', '.join(self.arrays)}") from None

    def touch(self) -> None:
        """Bring every page in now, so that the callback never waits for one."""
        flat = np.frombuffer(self._map, np.uint8)
        flat[::PAGE] |= 0

    def close(self) -> None:
        """Let go; the file stays."""
        self.arrays.clear()
        try:
            self._map.close()
        except BufferError:  # somebody still holds a view: the mapping goes with the last of them
            return

    def unlink(self) -> None:
        """Let go and remove the file."""
        self.close()
        self.path.unlink(missing_ok=True)
