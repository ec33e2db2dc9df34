"""Where the bars of a take lie: the clock as it went then, through every change of tempo.

Pure: from cues or from the lines of a journal to (frame, Clock) pairs, and from there to bars.
"""

from __future__ import annotations

import bisect
import json
import math
from collections.abc import Iterable
from pathlib import Path

from live.clock import Clock
from live.core.layout import T_BAR, T_BEAT0, T_BPM, T_FRAME0, T_OVER, T_UNTIL
from live.core.pacing import CELLS, CHUNK, begin, onward, planned
from live.cue import Again, Cue, Rubato
from live.plan import Pace, Plan, compare
from live.score import Score


class Bars:
    """The clocks of a take, each from the frame on at which it began to hold."""

    def __init__(self, clocks: list[tuple[int, Clock]] | None = None) -> None:
        self.clocks = clocks or [(0, Clock())]
        first = self.clocks[-1][1]
        self.cells = [0.0] * CELLS  # as the callback holds them
        self.cells[T_BPM], self.cells[T_BAR] = first.bpm, first.bar
        self.cells[T_BEAT0], self.cells[T_FRAME0] = first.beat0, first.frame0
        self._rate, self._done = first.rate, 0
        self._said = first.bpm, first.bar  # by the last plan

    @staticmethod
    def of(cues: Iterable[Cue], rate: int) -> Bars:
        """The bars of a list of cues."""
        found = Bars([(0, Clock(rate))])
        score = Score()
        for cue in cues:
            if isinstance(cue.what, Again):
                found.take_over(cue.frame, cue.what.tempo)
                score = cue.what.score
            elif isinstance(cue.what, Rubato):
                found.bend(cue.frame, cue.what)
            elif isinstance(cue.what, Score):
                found.plan(landing(cue), compare(score, cue.what))
                score = cue.what
            elif cue.is_plan:
                found.plan(landing(cue), cue.what)  # type: ignore[arg-type]
        return found.whole()

    @staticmethod
    def of_journal(path: Path) -> Bars:
        """The bars of a journal; only the lines that can change them are read."""
        found = Bars()
        with path.open("rb") as file:
            for text in file:
                if not any(word in text for word in (b'"begin"', b'"pace"', b'"again"')):
                    continue
                try:
                    line = json.loads(text)
                    frame = int(line["frame"])
                    if line["what"] == "begin" and len(found.clocks) == 1:
                        found = Bars([(0, Clock(int(line["rate"])))])
                    elif line["what"] == "again":
                        found.take_over(frame, tuple(float(x) for x in line.get("tempo", ())))
                    elif line["what"] == "pace":
                        found.bend(frame, Rubato.of(line))
                    elif line["what"] == "plan":
                        found.plan(frame, tuple(Pace(float(s[4]), float(s[5])) for s in line["steps"] if s[0] == "pace"))
                except (KeyError, TypeError, ValueError, IndexError):
                    continue  # torn by a kill
        return found.whole()

    def plan(self, frame: int, plan: Plan) -> None:
        """A plan landed: its tempo goes on from the beat that was."""
        for step in plan:
            if isinstance(step, Pace) and (step.tempo, step.bar) != self._said:  # the core, too, takes it when the page says another
                self._said = step.tempo, step.bar
                self.until(frame)
                planned(self.cells, frame, self._rate, step.tempo, step.bar)
                self._note(frame)

    def bend(self, frame: int, pace: Rubato) -> None:
        """Time changed its pace."""
        frame = -(-frame // CHUNK) * CHUNK
        self.until(frame)
        begin(self.cells, frame, self._rate, pace.row())
        self._note(frame)

    def take_over(self, frame: int, tempo: tuple[float, ...]) -> None:
        """Another core went on, with the tempo cells of the one before: bpm, beat, frame, bar, and how they were moving."""
        if len(tempo) >= 4 and tempo[0] > 0:
            self.cells = [*tempo[:CELLS], *self.cells[len(tempo) :]]
            self._note(frame)
            if frame % CHUNK == 0:  # the new core begins as every chunk does
                onward(self.cells, frame, self._rate)
                self._note(frame)

    def whole(self) -> Bars:
        """Nothing more is to come: what still ramps or bends arrives."""
        self.until(math.inf)
        return self

    def until(self, frame: float) -> None:
        """Ramps and bends go on until that frame, as the callback takes them."""
        p = self.cells
        while p[T_OVER] or p[T_UNTIL]:
            t = self._done // CHUNK * CHUNK + CHUNK
            t = t if p[T_OVER] else max(t, int(p[T_UNTIL]))
            if t > frame:
                break
            onward(p, t, self._rate)
            self._note(t)
        self._done = max(self._done, int(min(frame, 1 << 62)))

    def _note(self, frame: int) -> None:
        p, was = self.cells, self.clocks[-1][1]
        now = Clock(self._rate, p[T_BPM], p[T_BAR], p[T_BEAT0], p[T_FRAME0])
        self._done = max(self._done, frame)
        if now != was:
            self.clocks.append((frame, now))

    def at(self, frame: int) -> Clock:
        """The clock that held at a frame."""
        return self.clocks[max(bisect.bisect_right(self.clocks, frame, key=lambda pair: pair[0]) - 1, 0)][1]

    def spot(self, frame: int) -> tuple[int, float]:
        """Bar and beat at a frame, from 1."""
        return self.at(frame).spot(frame)

    def frame(self, bar: int) -> int:
        """The first frame at which the clock said that bar, or one beyond it."""
        for k, (since, clock) in enumerate(self.clocks):
            if clock.spot(since)[0] >= bar:
                return since
            found = max(clock.frame((bar - 1) * clock.bar), since)
            if k + 1 == len(self.clocks) or found < self.clocks[k + 1][0]:
                return found
        return 0


def landing(cue: Cue) -> int:
    """The frame a plan or a score lands at."""
    return max(cue.lands, cue.frame)
