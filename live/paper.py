"""A stage on paper: a desk plays on it as on the real one, and what it would have done is written down as cues.

The first minute, a rehearsal of a set list, a test: the same desk, the same
verbs, no core and no waiting. Plans land where they are sent.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from live.bars import Bars
from live.clock import Clock
from live.core import layout as at
from live.core.mail import Receipt
from live.cue import Cue, Gate, Rubato
from live.knobs import claim, number_of
from live.plan import Plan
from live.rig import Rig
from live.score import Score

KNOBS = 1024


class Paper:
    """What a ``Stage`` is to a desk, without a sound."""

    def __init__(self, rate: int = 48000, outs: int = 2, ins: int = 0, folder: Path | None = None) -> None:
        self.rig = Rig(device="paper", rate=rate, ins=ins, outs=outs, record=False, take=str(folder or Path()))
        self.folder = folder or Path(os.devnull)  # no runtime folder: what belongs there is not written
        self.score = Score()
        self.turn = threading.Lock()  # time is looked at from several threads, and goes on where it is looked at
        self.bars = Bars([(0, Clock(rate, self.score.tempo, self.score.bar))])
        self.frame = 0
        self.cues: list[Cue] = []
        self.answers: dict[int, Receipt] = {}
        self.news: list[str] = []
        self.knobs = np.zeros(KNOBS)
        self.knob_names = np.zeros(KNOBS, "S64")
        self.found, self.panicked = False, False
        self.lost = self.limited = 0
        self.device = "paper"
        self.mail = self
        self.number = 0

    # --- what is done --------------------------------------------------------------------

    def post(self, plan: Plan, *, when: str = "now", frame: int = 0, fade: float = 0.05) -> int:
        """A plan: it lands at its frame, or now."""
        lands = max(frame, self.frame)
        self.cues.append(Cue(lands, plan, fade))
        with self.turn:
            self.bars.plan(lands, plan)
        self.number += 1
        self.answers[self.number] = Receipt(self.number, at.LANDED, lands, "")
        return self.number

    def read(self) -> list[str]:
        """No news on paper."""
        return self.news

    def knob(self, which: int | str, value: float) -> None:
        """A knob is turned."""
        number = claim(self.knob_names, which)
        if number is not None:
            self.knobs[number] = value
            self.cues.append(Cue(self.frame, (which, float(value))))

    def stands(self, which: int | str) -> float:
        """Where a knob stands."""
        number = number_of(self.knob_names, which)
        return 0.0 if number is None else float(self.knobs[number])

    def event(self, name: str, kind: int, numbers: Iterable[float] = (), *, frame: int = 0) -> None:
        """A note, a trigger."""
        self.cues.append(Cue(frame or self.frame, (name, kind, tuple(numbers))))

    def word(self, verb: str, name: str = "", **more: Any) -> None:
        """A mark, which nobody reads; or another pace of time."""
        if verb == "pace":
            pace = Rubato.of(json.loads(more["text"]))
            self.cues.append(Cue(more.get("frame") or self.frame, pace))
            with self.turn:
                self.bars.bend(more.get("frame") or self.frame, pace)

    def panic(self) -> None:
        """Silence at once."""
        self.panicked = True
        self.cues.append(Cue(self.frame, Gate(True)))

    def unpanic(self) -> None:
        """Sound again."""
        if self.panicked:
            self.cues.append(Cue(self.frame, Gate(False)))
        self.panicked = False

    def write(self, treatment: str, name: str = "") -> str:
        """A treatment's word; nobody waits for its rehearsal."""
        from live.core import written
        from live.journal import WRITTEN

        return f"{WRITTEN}{written.write(treatment, name)}"

    def close(self, *, leave: bool = True) -> None:
        """The paper is put away."""

    # --- what is seen --------------------------------------------------------------------

    @property
    def core(self) -> Any:
        """A core that costs nothing."""
        with self.turn:
            self.bars.until(self.frame)
            return SimpleNamespace(clock=np.zeros(256, np.int64), tempo=list(self.bars.cells))

    @property
    def clock(self) -> Clock:
        """Time as it stands."""
        with self.turn:
            self.bars.until(self.frame)
            return self.bars.at(self.frame)

    def load(self, seconds: float = 0.5) -> float:
        """Paper costs nothing."""
        return 0.0

    def peak(self) -> float:
        """Paper is silent."""
        return 0.0

    def meters(self) -> list[Any]:
        """And so is every place."""
        return []


def played(
    lines: Iterable[tuple[int, str]], *, rate: int = 48000, outs: int = 2, session: Any = None
) -> tuple[list[Cue], list[tuple[int, str, str]]]:
    """Type lines at their frames, on paper: the cues, and for each line its frame, its text and what was answered."""
    from live.desk import Desk

    stage = Paper(rate, outs)
    desk = Desk(stage, session, rehearse=False)  # type: ignore[arg-type]
    desk.hand.quant = "now"
    told: list[tuple[int, str, str]] = []
    heard: list[str] = []
    desk.listeners.append(heard.append)
    try:
        for frame, text in lines:
            stage.frame = frame
            answer = desk.run(text)
            desk.hand.settle()
            with suppress(IndexError):
                answer = answer or heard.pop()
            heard.clear()
            told.append((frame, text, answer))
    finally:
        desk.close()
    return stage.cues, told
