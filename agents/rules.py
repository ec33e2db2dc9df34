"""How one question is to be answered: what may not be played, what speaks where nothing answers, and whose chance it is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

import numpy as np

from agents.line import Line
from agents.tiling import Bars

FALLBACKS = (None, "silence", "hold", "next")
REUSES = (None, "least", "never")


@dataclass(slots=True)
class Rules:
    """What ``Memory.follow`` was told, checked."""

    chance: Random
    fallback: str | None = None
    continuity: int | None = None  # events in a row at most
    window: int = 0  # nothing of the last so many events
    shut: set[int] = field(default_factory=set)
    reuse: str | None = None
    trade: int = 0
    moves: tuple[int, ...] = (0,)
    bars: Bars | None = None

    def __post_init__(self) -> None:
        for name, value, legal in (("fallback", self.fallback, FALLBACKS), ("reuse", self.reuse, REUSES)):
            if value not in legal:
                near = difflib.get_close_matches(str(value), [str(word) for word in legal], 1, 0.0)[0]
                raise ValueError(f"{name}={value!r} is not known: {', '.join(map(str, legal))}. Nearest: {near}.")
        if self.continuity is not None and self.continuity < 1:
            raise ValueError(f"continuity={self.continuity!r}: a run is at least 1 event long. Nearest: 1.")
        if not self.moves:
            raise ValueError("transpose=() leaves nothing that may be played. Nearest: (0,), as it is.")
        for name, value in (("taboo", self.window), ("trade", self.trade)):
            if value < 0:
                raise ValueError(f"{name}={value!r}: a number of events is 0 or more. Nearest: 0.")

    def bar(self, line: Line, size: int) -> None:
        """Look what may not be played now."""
        if not (self.shut or self.window or self.reuse == "never"):
            return
        if self.bars is None:
            gates = None
            if self.shut or self.reuse == "never":
                gates = line.uses[:size] > 0 if self.reuse == "never" else np.zeros(size, bool)
                gates[list(self.shut)] = True
            self.bars = Bars(gates, self.window, line.when, np.zeros(0, np.intp))
        line.reach = max(line.reach, self.window)
        self.bars.recent = line.recent(self.window)

    def chosen(self, line: Line, spot: int, n: int) -> None:
        """These n events were put on the line: some of them may now be barred."""
        if self.bars is None:
            return
        if self.reuse == "never" and self.bars.shut is not None:
            self.bars.shut[spot : spot + n] = True
        if self.window:
            self.bars.recent = line.recent(self.window)

    def open(self, spot: int, time: int) -> bool:
        """Whether a place may be played."""
        return self.bars is None or self.bars.is_open(spot, time)


def window(taboo: int | Iterable[int] | None) -> int:
    """A taboo that is a number counts the last events; one that names events is no window."""
    return int(taboo) if isinstance(taboo, int | np.integer) else 0
