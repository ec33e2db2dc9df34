"""A bell beside the mailbox: the core sleeps until it rings, instead of looking in every two milliseconds.

A named pipe, nobody reads what is in it. Where there are none (Windows) the core looks in as before.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from pathlib import Path

NAME = "bell"
LOOK_IN = 0.002  # seconds between looks where no bell can be hung


class Bell:
    """Both ends: ``wait`` at the core, ``ring`` at whoever writes to it."""

    def __init__(self, folder: Path, *, hang: bool = False) -> None:
        self.path = folder / NAME
        self.pipe = -1
        if os.name == "nt":
            return
        with contextlib.suppress(OSError):
            if hang and not self.path.exists():
                os.mkfifo(self.path, 0o600)
            self.pipe = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)  # both ways: no end ever closes under the other

    def wait(self, seconds: float) -> None:
        """Sleep until it rings, at most so long."""
        if self.pipe < 0:
            time.sleep(min(seconds, LOOK_IN))
            return
        ready, _, _ = select.select([self.pipe], [], [], seconds)
        if ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self.pipe, 4096)

    def ring(self) -> None:
        """Wake the core. A bell that is full rings already."""
        if self.pipe >= 0:
            with contextlib.suppress(OSError):
                os.write(self.pipe, b"!")

    def close(self) -> None:
        """Let go of it."""
        if self.pipe >= 0:
            os.close(self.pipe)
            self.pipe = -1
