"""A keystroke beside a thousand messages a second: how long until the letter stands on the screen.

A terminal of our own (a pty), the real prompt in it, a thread that says a line
every millisecond. Letters that stand nowhere else on the screen are typed, one
at a time, into a call whose signature and completions are looked up meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from live.bench.report import Report

LETTERS = "QWXYJVGKUP"
LIMIT = 30.0
ECHO = "import os, tty; tty.setraw(0); os.write(1, b'bpm')\nwhile True: os.write(1, os.read(0, 1))"
"""The machine's own floor: a program that does nothing but give each key back."""
LINE = "dusk = filter(rain, cutoff="


class Terminal:
    """The prompt in a terminal of so many rows and columns; a Unix thing."""

    def __init__(self, command: list[str], rows: int = 40, columns: int = 120) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        env = {**os.environ, "TERM": "xterm-256color"}

        def own() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C in it is a signal to the child

        self.child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True, preexec_fn=own)
        os.close(theirs)
        self.seen = b""

    def write(self, text: str) -> float:
        """Type it; when it was typed."""
        os.write(self.ours, text.encode())
        return time.perf_counter()

    def until(self, what: bytes, patience: float = 5.0) -> float | None:
        """When it came to the screen from now on; None: it did not."""
        end = time.perf_counter() + patience
        tail = b""
        while (left := end - time.perf_counter()) > 0:
            if not select.select([self.ours], [], [], left)[0]:
                continue
            try:
                new = os.read(self.ours, 65536)
            except OSError:
                return None
            if what in (tail := tail[-100:] + new):
                return time.perf_counter()
        return None

    def drain(self, seconds: float) -> None:
        """Read on for a while."""
        self.until(b"\0never", seconds)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait(5)
        os.close(self.ours)


@contextlib.contextmanager
def terminal(*words: str) -> Iterator[Terminal]:
    """A terminal with the prompt in it, or with another Python program, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder:
        made = Terminal([sys.executable, *(words or ("-m", "live.bench.pretend", folder))])
        try:
            if made.until(b"bpm", 20.0) is None:
                raise RuntimeError("the prompt did not come up in 20 s")
            yield made
        finally:
            made.close()


def typed(screen: Terminal, count: int, chance: random.Random) -> list[float]:
    """Milliseconds from key to screen, for so many keys at the pace of a hand; a key that never came counts as a second."""
    took: list[float] = []
    while len(took) < count:
        screen.write("\x15" + LINE)
        screen.drain(0.3)
        for letter in chance.sample(LETTERS, len(LETTERS)):
            screen.drain(chance.uniform(0.04, 0.14))
            began = screen.write(letter)
            came = screen.until(letter.encode(), 1.0)
            took.append(1000.0 if came is None else (came - began) * 1000)
        screen.write("\x7f" * len(LETTERS))
    return took[:count]


def at(values: list[float], share: float) -> float:
    """The value below which so much of them lies."""
    found = sorted(values)
    return found[min(int(share * len(found)), len(found) - 1)]


def interrupted(screen: Terminal, rounds: int) -> list[float]:
    """Milliseconds from Ctrl-C to the prompt, out of an endless loop."""
    took = []
    for _ in range(rounds):
        screen.write("\x15while True: pass\r\r")
        screen.drain(1.0)
        began = screen.write("\x03")
        came = screen.until(b"bpm", 3.0)
        took.append(3000.0 if came is None else (came - began) * 1000)
        screen.drain(0.3)
    return took


def run(report: Report, *, seconds: float = 30, rate: int = 1000) -> None:
    """p50, p95, p99 and the worst of a key's way to the screen, in silence and under the messages; then Ctrl-C."""
    if os.name == "nt":
        report.skip("a keystroke appears", "a pty is needed, which Windows has not")
        return
    count = max(40, round(seconds * 6))
    with terminal("-c", ECHO) as screen:
        floor = typed(screen, count, random.Random(3))
    words = f"{count} keys; a program that only echoes: p95 {at(floor, 0.95):.1f}, worst {max(floor):.1f} ms"
    for name, flood in (("in silence", 0), (f"under {rate} messages/s", rate)):
        with terminal() as screen:
            screen.drain(1.0)
            if flood:
                screen.write(f"flood({count}, {flood})\r")
                screen.drain(1.0)
            took = typed(screen, count, random.Random(3))
            for word, figure in (("p50", at(took, 0.5)), ("p95", at(took, 0.95)), ("p99", at(took, 0.99)), ("worst", max(took))):
                report.add(
                    f"a keystroke appears, {name}, {word}",
                    figure,
                    LIMIT if flood else None,
                    unit="ms",
                    note=words,
                )
    with terminal() as screen:
        took = interrupted(screen, 5)
        report.add("Ctrl-C in while True: pass brings the prompt back, worst", max(took), 200.0, unit="ms", note=f"{len(took)} times")


if __name__ == "__main__":
    told = Report()
    run(told, seconds=float(sys.argv[1]) if len(sys.argv) > 1 else 30)
    raise SystemExit(told.close())
