"""One typed line at the bottom of the screen. Whatever else is said scrolls by above it and leaves it whole.

Plain (for screen readers, pipes, Windows): lines are read as the terminal gives them, nothing is redrawn.
"""

from __future__ import annotations

import codecs
import os
import select
import sys
from collections.abc import Callable
from types import TracebackType

SIGN = "> "
voices: list[Callable[[str], None]] = []
"""Who says a line now: the open prompt, or nobody (then it is simply written)."""


class Prompt:
    """Reads lines without waiting for them."""

    def __init__(self, plain: bool = False) -> None:
        self.typed = ""
        self.plain = plain or not (sys.stdin.isatty() and sys.stdout.isatty()) or os.name == "nt" or os.environ.get("TERM") == "dumb"
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def __enter__(self) -> Prompt:
        if not self.plain:
            import termios
            import tty

            self._was = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
            voices.append(self.say)
            sys.stdout.write(SIGN)
            sys.stdout.flush()
        return self

    def __exit__(self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None) -> None:
        if not self.plain:
            import termios

            voices.remove(self.say)
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._was)
            sys.stdout.write("\r\x1b[K")
            sys.stdout.flush()

    def say(self, line: str) -> None:
        """A line above the typed one."""
        sys.stdout.write(f"\r\x1b[K{line}\n{SIGN}{self.typed}")
        sys.stdout.flush()

    def read(self, seconds: float) -> list[str] | None:
        """The lines that were finished within so much time; None when there will be no more."""
        if not select.select([sys.stdin], [], [], seconds)[0]:
            return []
        if self.plain:
            line = sys.stdin.readline()
            return [line.rstrip("\n")] if line else None
        raw = os.read(sys.stdin.fileno(), 4096)
        return self.take(self._decode(raw)) if raw else None

    def take(self, keys: str) -> list[str] | None:
        """What keys do: letters, backspace, Ctrl-U and Ctrl-W, return; Ctrl-D on an empty line ends it. Arrows do nothing."""
        done: list[str] = []
        if keys.startswith("\x1b"):
            return done
        for key in keys:
            if key in "\r\n":
                sys.stdout.write(f"\r\x1b[K{SIGN}{self.typed}\n")  # whole, also when it came in one piece
                done.append(self.typed)
                self.typed = ""
            elif key == "\x04" and not self.typed:
                return None
            else:
                self._edit(key)
        sys.stdout.write(f"\r\x1b[K{SIGN}{self.typed}")
        sys.stdout.flush()
        return done

    def _edit(self, key: str) -> None:
        if key in "\x7f\b":
            self.typed = self.typed[:-1]
        elif key == "\x15":
            self.typed = ""
        elif key == "\x17":
            self.typed = self.typed.rstrip().rpartition(" ")[0]
        elif key.isprintable():
            self.typed += key
