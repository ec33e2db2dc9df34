"""Everything that is said while somebody types: shown at most four times a second, a few lines at a time, whole in the log.

    say("dusk landed")  ->  queue  ->  one pump  ->  log file (every line)
      from any thread                       |---->   the screen (the last lines, and how many more)

Nobody who says something ever waits for the terminal.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from io import TextIOBase
from pathlib import Path

EVERY = 0.25  # seconds between two redraws
MOST = 8  # lines at a time while somebody types
WHOLE = 200  # and while code runs, when there is no typed line to keep
GLANCE = 20_000  # lines looked through for what to show
LONGEST = 1000  # letters of one line on the screen
FULL = 64 << 20  # bytes of log after which it says no more

_STEER = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|[\x00-\x08\x0b-\x1f\x7f-\x9f]", re.S)


def clean(text: str) -> str:
    """A line without anything that steers a terminal, and not endless."""
    text = _STEER.sub("", text.expandtabs(4))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text) - LONGEST} more letters)"


def folded(lines: list[str]) -> list[str]:
    """The same line said again and again is said once, with how often."""
    found: list[list[object]] = []
    for one in lines:
        if found and found[-1][0] == one and one:
            found[-1][1] = int(str(found[-1][1])) + 1
        else:
            found.append([one, 1])
    return [f"{text}  ({count} times)" if count != 1 else str(text) for text, count in found]


def digest(lines: list[str], most: int, where: str) -> list[str]:
    """What is shown of what waits: all of it, or the last lines and how many more there are."""
    before = max(len(lines) - GLANCE, 0)
    lines = lines[before:]
    short = folded(lines)
    if len(short) <= most and not before:
        return [clean(one) for one in short]
    left = before + sum(int(m[1]) if (m := re.search(r"  \((\d+) times\)$", one)) else 1 for one in short[:-most])
    return [f"... {left} more in {where}" if where else f"... {left} more", *(clean(one) for one in short[-most:])]


class News:
    """The pump. ``draw`` gets the lines to show, in the pump's thread."""

    def __init__(self, draw: Callable[[list[str]], None], log: Path | None = None, *, every: float = EVERY) -> None:
        self.draw, self.log, self.every = draw, log, every
        self.most: Callable[[], int] = lambda: MOST
        self.waiting: deque[str] = deque()
        self._file = None
        self._size = 0
        self._bell = threading.Event()
        self._one = threading.Lock()  # one drain at a time
        self._closed = False
        self._drawn = 0.0
        if log is not None:
            self._open(log)
        self._pump = threading.Thread(target=self._run, name="news", daemon=True)
        self._pump.start()

    def _open(self, log: Path) -> None:
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            self._file = log.open("a", encoding="utf-8", errors="backslashreplace")
            self._size = log.stat().st_size
        except OSError as trouble:
            self.log = None
            self.waiting.append(f"what is said is not kept: {log} cannot be written ({trouble.strerror or trouble})")
            self._bell.set()

    def say(self, text: str) -> None:
        """Some lines, from any thread. Costs microseconds."""
        self.waiting.extend(str(text).split("\n"))
        if not self._bell.is_set():
            self._bell.set()

    def write_down(self, text: str) -> None:
        """Only for the log: what the screen has shown already."""
        with self._one:
            self._keep(text.split("\n"))

    def flush(self) -> None:
        """Everything that waits, now."""
        with self._one:
            self._drain()

    def close(self) -> None:
        """The rest is said, the pump ends."""
        self._closed = True
        self._bell.set()
        self._pump.join(2.0)
        self.flush()
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def _run(self) -> None:
        while not self._closed:
            self._bell.wait()
            pause = self._drawn + self.every - time.monotonic()
            if pause > 0 and not self._closed:
                time.sleep(pause)
            with self._one:
                self._drain()

    def _drain(self) -> None:
        self._bell.clear()
        lines = [self.waiting.popleft() for _ in range(len(self.waiting))]
        if not lines:
            return
        self._keep(lines)
        self._drawn = time.monotonic()
        try:
            self.draw(digest(lines, self.most(), self.log.name if self.log else ""))
        except Exception as trouble:  # noqa: BLE001 - a terminal that is gone must not end the pump: the log goes on
            self._keep([f"(could not be shown: {trouble!r})"])

    def _keep(self, lines: list[str]) -> None:
        if self._file is None or self._size > FULL:
            return
        now = time.strftime("%H:%M:%S ")
        text = "".join(f"{now}{one}\n" for one in lines)
        try:
            self._file.write(text)
            self._file.flush()
        except OSError as trouble:
            self._file = None
            self.waiting.append(f"what is said is no longer kept: {trouble.strerror or trouble}")
            return
        self._size += len(text)
        if self._size > FULL:
            self.waiting.append(f"{self.log} is full ({FULL >> 20} MB): what is said now is not kept")


class Spoken(TextIOBase):
    """Stands for stdout and stderr: whole lines go to the news, from whatever thread printed them."""

    def __init__(self, news: News, before: object) -> None:
        self.news, self.before = news, before
        self._begun: dict[int, str] = {}
        self._lock = threading.Lock()

    def write(self, text: str) -> int:
        """Printed text; a line is said when it is finished."""
        me = threading.get_ident()
        with self._lock:
            whole = self._begun.pop(me, "") + text
            done, newline, rest = whole.rpartition("\n")
            if rest and len(rest) < LONGEST:
                self._begun[me] = rest
            elif rest:
                done, newline = (done + "\n" + rest if newline else rest), "\n"
        if newline:
            self.news.say(done)
        return len(text)

    def finish(self) -> None:
        """Lines that were begun and never ended are said too."""
        with self._lock:
            begun, self._begun = list(self._begun.values()), {}
        for text in begun:
            self.news.say(text)

    def flush(self) -> None:
        """Who flushes wants to be heard: the line this thread has begun is said as it is."""
        with self._lock:
            begun = self._begun.pop(threading.get_ident(), "")
        if begun:
            self.news.say(begun)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def fileno(self) -> int:
        """What was there before, for whoever insists on a file."""
        return self.before.fileno()  # type: ignore[attr-defined]


@contextlib.contextmanager
def spoken(news: News) -> Iterator[None]:
    """Inside: print() of any thread, stderr and tracebacks go through the news; a stderr that was sent elsewhere stays there."""
    was = sys.stdout, sys.stderr
    with contextlib.ExitStack() as stack:
        sys.stdout = Spoken(news, was[0])
        stack.callback(sys.stdout.finish)
        if sys.stderr is not None and sys.stderr.isatty():
            sys.stderr = Spoken(news, was[1])
            stack.callback(sys.stderr.finish)
            stack.enter_context(undertone(news))
        try:
            yield
        finally:
            sys.stdout, sys.stderr = was


@contextlib.contextmanager
def undertone(news: News) -> Iterator[None]:
    """Inside: what libraries in C write to the error stream is said, too, instead of being written across the typed line."""
    heard, written = os.pipe()
    kept = os.dup(2)
    os.dup2(written, 2)
    os.close(written)

    def listen() -> None:
        with os.fdopen(heard, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                news.say(line.rstrip("\n"))

    listener = threading.Thread(target=listen, name="undertone", daemon=True)
    listener.start()
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        listener.join(0.2)  # a child may still hold the other end
