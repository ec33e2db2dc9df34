"""A warm process that stands by to read a script, so that a save need not wait for Python to wake up."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from live.frames import hear, say

MOST = 64 << 20  # bytes of an answer
ROOT = Path(__file__).absolute().parent.parent


class Spare:
    """A warm process. On Linux it copies itself for every script and stays; elsewhere it is for one."""

    def __init__(self, *, once: bool = False) -> None:
        self.once = once or sys.platform != "linux"
        on_unix: dict[str, Any] = {} if os.name == "nt" else {"start_new_session": True}
        surroundings = {k: v for k, v in os.environ.items() if k not in ("PYTHONINSPECT", "PYTHONSAFEPATH", "PYTHONBREAKPOINT")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "live.reader", *(["--once"] if once else [])], cwd=ROOT, env=surroundings, bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **on_unix,
        )  # fmt: skip
        self.warm, self.over, self.gone = threading.Event(), threading.Event(), threading.Event()
        self.answer, self.trace = b"", b""
        self.child, self.last, self.code = 0, 0, 0
        ears = (self._hear_answer, self._hear_trace)
        self._ears = [threading.Thread(target=ear, name="reader", daemon=True) for ear in ears]
        for ear in self._ears:
            ear.start()

    def again(self) -> None:
        """As if nothing had been read yet."""
        self.answer, self.trace, self.code = b"", b"", 0
        self.over.clear()
        self.gone.clear()

    def _hear_answer(self) -> None:
        """The frames, as long as there are any."""
        assert self.process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            while frame := hear(self.process.stdout.fileno(), MOST):
                word, _, number = frame[:20].partition(b" ")
                if word == b"warm":
                    self.child = int(number)
                    self.warm.set()
                elif word == b"gone":
                    self.code, self.last = int(number), self.child
                    self.warm.clear()
                    self.over.set()
                    self.gone.set()
                else:
                    self.answer = frame
                    self.over.set()
        self.warm.set()
        self.over.set()

    def _hear_trace(self) -> None:
        """Where it stands, when its time is over, or when it falls over."""
        assert self.process.stderr is not None
        with contextlib.suppress(OSError, ValueError):
            while part := os.read(self.process.stderr.fileno(), 65536):
                self.trace = (self.trace + part)[-1_000_000:]

    def ask(self, request: bytes) -> bool:
        """Hand it the script; False when it is no longer there."""
        assert self.process.stdin is not None
        try:
            say(self.process.stdin.fileno(), request)
        except OSError:
            return False
        return True

    def waited(self) -> float | None:
        """Seconds it has stood in line for a processor; None where nobody counts them."""
        try:
            with open(f"/proc/{self.child or self.process.pid}/schedstat", encoding="ascii") as file:
                return int(file.read().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return None

    def stood(self) -> None:
        """Wait for where it stands, now that its time is over: the trace is on its way."""
        until, size = time.monotonic() + 0.5, -1
        while time.monotonic() < until and size != len(self.trace):
            size = len(self.trace) or -1
            time.sleep(0.02)

    def swept(self) -> bool:
        """After an answer: what the script has started is ended. True when this can read another."""
        if self.once or not self.answer or not self.gone.wait(1.0):
            return False
        self._end(self.last)
        return self.process.poll() is None

    def kill(self) -> None:
        """Away with it and all it started."""
        if self.over.is_set() and not self.answer and self.once:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.code = self.process.wait(0.2)
        if self.child:
            self._end(self.child)
        self._end(self.process.pid)
        self.process.wait()
        for ear, pipe in zip([None, *self._ears], (self.process.stdin, self.process.stdout, self.process.stderr), strict=True):
            if ear is not None:
                ear.join(0.2)  # somebody the script has started may hold the other end
            if pipe is not None and (ear is None or not ear.is_alive()):
                with contextlib.suppress(OSError):
                    pipe.close()

    def _end(self, pid: int) -> None:
        """A process and its whole group."""
        with contextlib.suppress(OSError):
            if os.name == "nt":
                self.process.kill()
            else:
                os.killpg(pid, signal.SIGKILL)
