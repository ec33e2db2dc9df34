"""The prompt without a screen: for screen readers, pipes and dumb terminals. No colour, no cursor that moves, no redrawing.

News is written when a line has been finished, never into one; a pipe of typed lines is played to its end.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections import deque
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import TextIO

from live.screen import status
from live.screen.face import Played
from live.screen.news import MOST, WHOLE, News, clean, spoken

SIGN = "> "


class Plain:
    """Reads lines as they come, says things between them."""

    def __init__(self, desk: Played, *, log: Path | None = None, stdin: TextIO | None = None, stdout: TextIO | None = None) -> None:
        self.desk = desk
        self.stdin, self.stdout = stdin or sys.stdin, stdout or sys.stdout
        self._asks = _is_tty(self.stdin)
        if isinstance(self.stdin, TextIOWrapper):
            self.stdin.reconfigure(errors="replace")  # whatever bytes come, they are a line
        self._pen = threading.RLock()
        self._typing = False
        self._waiting: deque[str] = deque()
        self.news = News(self._draw, log)
        self.news.most = lambda: MOST if self._typing else WHOLE
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Plain:
        self._stack.enter_context(spoken(self.news))
        self.desk.listeners.append(self.say)
        self._stack.callback(self._deaf)
        return self

    def __exit__(self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()
        self.news.close()

    def _deaf(self) -> None:
        with contextlib.suppress(ValueError):
            self.desk.listeners.remove(self.say)

    def read(self) -> str | None:
        """The next whole thing typed; None at the end of the input. A blank line ends a block."""
        self.news.flush()
        text = ""
        while True:
            line = self._line("... " if text else SIGN)
            if line is None:
                return text or None
            text = f"{text}\n{line}" if text else line
            if not text.strip() or self.desk.complete_code(text + "\n" if text != line and not line.strip() else text):
                if text.strip():
                    self.news.write_down(SIGN + text)
                return text.rstrip()

    def _line(self, sign: str) -> str | None:
        """One line as the terminal gives it. At a terminal, news waits until it is finished."""
        if self._asks:
            self._write(sign)
            self._typing = True
        try:
            line = self.stdin.readline()
        finally:
            self._typing = False
            self._rest()
        return line.rstrip("\r\n").removeprefix("\ufeff") if line else None

    def say(self, text: str) -> None:
        """News, from any thread."""
        self.news.say(text)

    def show(self, text: str) -> None:
        """An answer: at once and whole."""
        if text:
            self.news.flush()
            self.news.write_down(text)
            self._write("".join(f"{clean(line)}\n" for line in text.split("\n")))

    def standing(self) -> str:
        """How the music stands, in words."""
        return status.plain(self.desk.status())

    def _draw(self, lines: list[str]) -> None:
        """In the pump's thread: at once, unless somebody is in the middle of a line."""
        with self._pen:
            self._waiting.extend(lines)
            while len(self._waiting) > WHOLE:
                self._waiting.popleft()
            if not self._typing:
                self._rest()

    def _rest(self) -> None:
        with self._pen:
            lines, self._waiting = list(self._waiting), deque()
            if lines:
                self._write("".join(f"{line}\n" for line in lines))

    def _write(self, text: str) -> None:
        with self._pen, contextlib.suppress(BrokenPipeError, ValueError):  # nobody listens any more: the log goes on
            try:
                self.stdout.write(text)
            except UnicodeEncodeError:
                self.stdout.write(text.encode("ascii", "replace").decode("ascii"))
            self.stdout.flush()


def _is_tty(file: TextIO) -> bool:
    try:
        return file.isatty()
    except (AttributeError, ValueError):
        return False
