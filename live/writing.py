"""Treatments written at the desk while the sound goes on: compiled and tried out elsewhere, then a word like any other.

    grit = stage.write("def grit(x, drive=Control(1, 0, 10)): return math.tanh(x * drive)")
    stage.play(score.with_(places={**score.places, "worn": Node(grit, ("guitar",), {"drive": 3})}))

The desk never compiles: a warm process of its own does (``live.core.rehearsal``), and leaves on disk what the
core then only loads. What may not sound is refused in one line, and nothing that plays has heard of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from live.core import written
from live.core.rehearsal import Rehearsal

WORD = "written:"


class Unfit(Exception):
    """A treatment that may not sound. One line: its name, its line, why."""


@dataclass(frozen=True)
class Fit:
    """A treatment that may: its word, what it costs, how long it took to be ready."""

    word: str
    name: str
    ns: int  # for 64 frames in stereo
    seconds: float
    note: str = ""


class Writing:
    """The desk's writing table. The room behind it opens at the first treatment and stays warm."""

    def __init__(self, rate: int = 48000, share: float = written.SHARE) -> None:
        self.rate, self.share = rate, share
        self.room: Rehearsal | None = None

    def open(self) -> None:
        """Warm up now, so that the first treatment need not wait."""
        if self.room is None:
            self.room = Rehearsal()

    def fit(self, treatment: str | Callable[..., Any], name: str = "") -> Fit:
        """Write, compile, rehearse. Raises Unfit with one line."""
        began = time.perf_counter()
        called = name or getattr(treatment, "__name__", "")
        try:
            path = written.write(treatment, name)
        except written.Unwritable as why:
            raise Unfit(f"{called or 'the treatment'}, {why}. What plays, plays on.") from None
        except OSError as why:
            raise Unfit(
                f"{called or 'the treatment'} cannot be kept: {(why.strerror or str(why)).lower()}. What plays, plays on."
            ) from None
        called = called or path.stem.rpartition("_")[0]
        self.open()
        assert self.room is not None
        verdict = self.room.rehearse(path, self.rate, share=self.share)
        if not verdict.ok:
            raise Unfit(f"{called}, {verdict.reason}. What plays, plays on.")
        return Fit(f"{WORD}{path}", called, verdict.ns, time.perf_counter() - began, verdict.reason)

    def close(self) -> None:
        """End the room."""
        if self.room is not None:
            self.room.close()
            self.room = None
