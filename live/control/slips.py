"""Mistakes that come from outside, counted by kind. Each kind is named once; what goes on for minutes is named again, with its count."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

AGAIN = 60.0  # seconds of peace before a kind is named again
EACH = 8  # places in which one kind is named by itself; further ones are only counted


@dataclass
class Slip:
    """One kind of mistake."""

    line: str
    count: int = 0
    said: float = 0.0
    named: int = 0  # the count when it was last said


class Slips:
    """All kinds so far; however many come, this does not grow beyond a few lines a kind."""

    def __init__(self, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self.tell, self.clock = tell, clock
        self.kinds: dict[str, int] = {}
        self._slips: dict[tuple[str, str], Slip] = {}
        self._abouts: dict[str, int] = {}

    def note(self, kind: str, line: str = "", about: str = "", *, count: int = 1) -> None:
        """Somebody made it, so many times. ``about``: what tells two of one kind apart, such as an address; ``line``: what to say."""
        if count <= 0:
            return
        self.kinds[kind] = self.kinds.get(kind, 0) + count
        slip = self._slips.get((kind, about))
        if slip is None:
            if self._abouts.get(kind, 0) >= EACH:
                return
            self._abouts[kind] = self._abouts.get(kind, 0) + 1
            slip = self._slips[kind, about] = Slip(line or f"osc: {kind}")
        slip.count += count
        now = self.clock()
        if not slip.named or (now - slip.said > AGAIN and slip.count > slip.named):
            more = slip.count - 1
            self.tell(slip.line + (f"; {more} more so far" if more else ""))
            slip.said, slip.named = now, slip.count

    def of(self, kind: str, about: str = "") -> int:
        """How often one was made, where it is named by itself."""
        slip = self._slips.get((kind, about))
        return slip.count if slip else 0

    @property
    def count(self) -> int:
        """All mistakes."""
        return sum(self.kinds.values())


class Wrong(Exception):
    """A message that cannot be meant: its kind, what to say, and what tells it from others of the kind."""

    def __init__(self, kind: str, line: str = "", about: str = "") -> None:
        super().__init__(kind)
        self.kind, self.line, self.about = kind, line, about


def short(text: str) -> str:
    """As much of a stranger's text as a line can bear."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in text[:49])
    return plain if len(text) < 49 else plain[:45] + "..."
