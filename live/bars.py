"""Where the bars of a take lie: the clock as it went then, through every change of tempo.

Pure: from cues or from the lines of a journal to (frame, Clock) pairs, and from there to bars.
"""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from live.clock import Clock
from live.cue import Again, Cue
from live.plan import Pace, Plan, compare
from live.score import Score


@dataclass
class Bars:
    """The clocks of a take, each from the frame on at which it began to hold."""

    clocks: list[tuple[int, Clock]] = field(default_factory=lambda: [(0, Clock())])

    @staticmethod
    def of(cues: Iterable[Cue], rate: int) -> Bars:
        """The bars of a list of cues."""
        found = Bars([(0, Clock(rate))])
        score = Score()
        for cue in cues:
            if isinstance(cue.what, Again):
                found.take_over(cue.frame, cue.what.tempo)
                score = cue.what.score
            elif isinstance(cue.what, Score):
                found.plan(landing(cue), compare(score, cue.what))
                score = cue.what
            elif cue.is_plan:
                found.plan(landing(cue), cue.what)  # type: ignore[arg-type]
        return found

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
                        found.clocks = [(0, Clock(int(line["rate"])))]
                    elif line["what"] == "again":
                        found.take_over(frame, tuple(float(x) for x in line.get("tempo", ())))
                    elif line["what"] == "plan":
                        found.plan(frame, tuple(Pace(float(s[4]), float(s[5])) for s in line["steps"] if s[0] == "pace"))
                except (KeyError, TypeError, ValueError, IndexError):
                    continue  # torn by a kill
        return found

    def plan(self, frame: int, plan: Plan) -> None:
        """A plan landed: its tempo goes on from the beat that was."""
        for step in plan:
            if isinstance(step, Pace):
                was = self.at(frame)
                if (was.bpm, was.bar) != (step.tempo, step.bar):
                    self.clocks.append((frame, Clock(was.rate, step.tempo, step.bar, was.beat(frame), frame)))

    def take_over(self, frame: int, tempo: tuple[float, ...]) -> None:
        """Another core went on, with the tempo cells of the one before: bpm, beat, frame, bar."""
        if len(tempo) >= 4 and tempo[0] > 0:
            self.clocks.append((frame, Clock(self.at(frame).rate, tempo[0], tempo[3], tempo[1], tempo[2])))

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
