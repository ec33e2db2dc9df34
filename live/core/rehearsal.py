"""The rehearsal room: a written treatment is tried out in a process of its own before anybody hears it.

The room is kept warm (numba loaded, one small function already compiled), so that a rehearsal takes
as long as its compiling. What it compiles stays on disk: the core only loads it. A treatment that never
ends is ended with its room, and a fresh room is opened.

    with Rehearsal() as room:
        verdict = room.rehearse(written.write(text))
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

from live.core import cache, written
from live.core.trial import Verdict

COMPILING = 20.0  # seconds a compilation may take, on a busy machine
OPENING = 60.0


class Rehearsal:
    """A warm process that tries out treatments, one at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.open()

    def __enter__(self) -> Rehearsal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Start the process; it warms up by itself meanwhile."""
        env = dict(os.environ)
        if "numba" in sys.modules:  # the room leaves its compiled code where this process looks for it
            env["NUMBA_CACHE_DIR"] = sys.modules["numba"].config.CACHE_DIR
        else:
            cache.use_cache()
            env["NUMBA_CACHE_DIR"] = os.environ["NUMBA_CACHE_DIR"]
        root = str(Path(__file__).parents[2])
        paths = os.pathsep.join(p for p in (root, env.get("PYTHONPATH")) if p)
        self.child = subprocess.Popen(
            [sys.executable, "-m", "live.core.trial"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**env, "PYTHONPATH": paths},
        )  # fmt: skip
        self.said: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=_listen, args=(self.child.stdout, self.said), daemon=True).start()
        self.warm = False

    def close(self) -> None:
        """End the process."""
        self.child.kill()
        self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _hear(self, seconds: float) -> dict[str, Any] | None:
        """What the room says next; empty when it says nothing in time, None when it has gone."""
        try:
            return self.said.get(timeout=seconds)
        except queue.Empty:
            return {}

    def ready(self) -> bool:
        """Wait until the room is warm."""
        if not self.warm:
            self.warm = bool(self._hear(OPENING))
        return self.warm

    def rehearse(self, path: Path, rate: int = 48000, seconds: float = 2.0, share: float = written.SHARE) -> Verdict:
        """Compile and try a written treatment: ``seconds`` for the trying alone."""
        with self.lock:
            if self.child.poll() is not None:
                self.open()
            if not self.ready():
                return self._again("the rehearsal could not start")
            assert self.child.stdin
            try:
                self.child.stdin.write(json.dumps({"path": str(path), "rate": rate, "share": share}) + "\n")
                self.child.stdin.flush()
            except OSError:
                return self._again("the rehearsal ended by itself")
            first = self._hear(COMPILING)
            if not first:
                return self._again("it ended the rehearsal" if first is None else f"it does not compile within {COMPILING:g} s")
            if "verdict" in first:
                return Verdict(**first["verdict"])
            last = self._hear(seconds)
            if last:
                return Verdict(**last["verdict"])
            line = first["line"]
            if last is None:
                return self._again(f"line {line}: it ended the rehearsal: it reaches where it must not")
            return self._again(f"line {line}: it does not end within {seconds:g} s: a loop without an end, or far too much work")

    def _again(self, reason: str) -> Verdict:
        self.close()
        self.open()
        return Verdict(False, reason)


def _listen(pipe: IO[str], said: queue.Queue[dict[str, Any] | None]) -> None:
    for line in pipe:
        said.put(json.loads(line))
    said.put(None)
