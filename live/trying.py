"""A score rendered as it will lie on stage, silently and fast: how loud, how dear, and what goes bad in which bar."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from live.clock import Clock
from live.score import Score

if TYPE_CHECKING:
    from live.dressing import Room

PIECE = 0.05  # seconds rendered at a time
TOUCH = 0.25  # seconds a key is held
LEAST, MOST = 2.0, 30.0  # seconds rendered
ENOUGH = 20  # pieces from which much can be told
WARM = 0.2  # seconds whose cost is not counted: memory and code come in
SHARE = 0.5  # of a core that a score may take
LOUD, LONG = 2.0, 0.003  # times the ceiling, for so many seconds of a piece
DIRECT = 0.1
NEVER = 1 << 60  # nanoseconds: watched for its time, never too slow


class Dropped(Exception):
    """Nobody waits for this rehearsal any more."""


@dataclass
class Asked:
    """One rehearsal as the desk asked for it."""

    number: int
    frame: int
    clock: Clock
    knobs: list[tuple[str, float]]
    bars: float
    deadline: float
    changed: set[str]
    born: dict[str, int]
    score: Score
    before: Score

    @property
    def bar(self) -> float:
        """Frames of a bar after the landing."""
        return 60.0 * self.clock.rate / self.score.tempo * self.score.bar

    @property
    def frames(self) -> int:
        """How many are to be rendered."""
        rate = self.clock.rate
        return round(min(max(self.bars * self.bar, LEAST * rate), MOST * rate))


class Trial:
    """One score, rendered the way it would lie on stage. The limiter lets everything pass: what it would have to hold back is seen."""

    def __init__(self, room: Room, asked: Asked, score: Score, heard: np.ndarray) -> None:
        """Builds it; raises the core's Refusal when it cannot be."""
        from live.core import layout as at
        from live.core import row
        from live.core.offline import Offline
        from live.plan import compare

        self.room, self.asked, self.score, self.heard = room, asked, score, heard
        rate = room.rate
        self.core = core = Offline(rate, room.outs, ins=room.ins, block=rate, seed=room.seed, ceiling_db=240.0)
        stand, conductor, clock = core.stand, core.conductor, asked.clock
        conductor.find = room.find
        conductor.workshop._shared = room.shelf  # type: ignore[assignment]
        stand.clock[at.C_FRAME] = asked.frame
        stand.tempo[[at.T_BPM, at.T_BAR, at.T_BEAT0, at.T_FRAME0]] = clock.bpm, clock.bar, clock.beat0, clock.frame0
        for which, value in asked.knobs:
            knob = conductor.claim(which)
            if 0 <= knob < at.KNOBS:
                stand.knobs[knob] = stand.seen[knob] = stand.ctl[:, knob] = value
        conductor.score = Score(tempo=asked.before.tempo, bar=asked.before.bar)
        ready = conductor.prepare(compare(conductor.score, score), age=self._ages())
        for strip in ready.fresh.values():  # so that the core says what each takes
            strip.row[row.COST] = strip.row[row.COST] or NEVER
        conductor.arm(ready, asked.frame)
        self.costs: list[float] = []  # shares of a core, one a piece
        self.took = np.zeros((0, 0))
        self.bad: dict[str, tuple[int, int]] = {}  # place: why, and the bar
        self.direct: tuple[int, int] | None = None  # output and bar, from 1
        self.top, self.top_bar, self.top_levels = 0.0, 0, {}  # type: tuple[float, int, dict[str, float]]
        self.done = 0
        self.peak = 0.0
        hits = [node.settings.get("hits") for node in score.places.values()]
        self.keyed = sorted({one for one in hits if isinstance(one, tuple) and one[:1] == ("keys",)})
        self.touched = 0
        stand.asked_slots[:] = -1  # every device is there

    def _ages(self) -> dict[str, int]:
        """How long each place that stays has been playing at the landing."""
        asked, ages = self.asked, {}
        for name, node in self.score.places.items():
            was = asked.before.places.get(name)
            if name in asked.born and was and (was.kind, dict(was.settings)) == (node.kind, dict(node.settings)):
                ages[name] = max(asked.frame - asked.born[name], 1)
        return ages

    @property
    def seconds(self) -> float:
        """How much was rendered."""
        return self.done / self.room.rate

    @property
    def cost(self) -> float:
        """The median share of a core, once warm: what a busy machine adds to some pieces does not count."""
        counted = self.costs[round(WARM / PIECE) :]
        if len(counted) >= 4:
            return float(np.median(counted))
        return min(self.costs[1:], default=0.0)  # hardly any: at least so much

    def play(self, until: float, frames: int, latest: float = 0.0) -> Trial:
        """Up to so many frames, or until that moment of the clock on the wall; ``latest`` where hardly anything was rendered by then."""
        from live.core.sources.pager import PAGER

        rate, bar, begin = self.room.rate, self.asked.bar, self.asked.frame
        names = list(self.core.conductor.places.items())
        spots = np.array([place.index for _, place in names], np.int64)
        took, sums = [], []
        while self.done < frames and (not self.done or time.monotonic() < (until if len(self.costs) >= ENOUGH else max(until, latest))):
            if self.asked.number in self.room.dropped:
                raise Dropped
            count = int((self.done + 64) / bar) + 1
            last = min(begin + self.done + round(PIECE * rate), round(begin + count * bar), begin + frames)
            last = max(last // 64 * 64, begin + self.done + 1)  # whole runs: what each takes is that of its last
            n = last - begin - self.done
            self._touch()
            work = time.thread_time_ns()
            sound = self.core.run(n, self.heard[:, self.done : self.done + n] if self.room.ins else None)
            if n >= 64:
                self.costs.append((time.thread_time_ns() - work) * 1e-9 * rate / n)
                took.append(self.core.stand.meters[spots, 6])
            PAGER.catch_up()
            self.peak = max(self.peak, float(np.abs(sound).max(initial=0.0)))
            sums.append(self._direct(sound, sums, count))
            self._loud(sound, count)
            self._bad(names, count)
            self.done += n
            if len(self.costs) % ENOUGH == 0 and self.cost > 2 * SHARE:
                break  # far too dear: that is known now
        self.took = np.array(took)
        self.names = [name for name, _ in names]
        return self

    def _touch(self) -> None:
        """What waits for keys is played here as well: one after the other is struck, and let go when the next one comes."""
        from live.core.midi import LET_GO, STRUCK

        if not self.keyed or self.done < self.touched * TOUCH * self.room.rate:
            return
        for on in (LET_GO, STRUCK):
            _, low, high, _, channel, *_ = self.keyed[(self.touched - (on == LET_GO)) % len(self.keyed)]
            if on == STRUCK or self.touched:
                self.core.stand.strike(on, min(max(60, low), high), 0.8, 0, max(channel - 1, 0))
        self.touched += 1

    def _bad(self, names: list[tuple[str, Any]], bar: int) -> None:
        from live.core import layout as at
        from live.core.inner import V_BAD

        if int(self.core.stand.clock[at.C_BAD]) > len(self.bad):
            for name, place in names:
                why = int(place.strip.voice[V_BAD])
                if why and name not in self.bad:
                    self.bad[name] = why, bar

    def _loud(self, sound: np.ndarray, bar: int) -> None:
        """The loudest piece that is over the ceiling for long, and what made it."""
        level = np.abs(sound).max(axis=0)
        if np.count_nonzero(level > LOUD * self.room.ceiling) > LONG * self.room.rate and (top := float(level.max())) > self.top:
            if not self.top_bar or top > 1.5 * self.top:
                self.top_bar = bar
            self.top, self.top_levels = top, self._levels()

    def _levels(self) -> dict[str, float]:
        """How loud each place just was on its way out."""
        from live.core import layout as at
        from live.core.inner import V_GAIN

        stand, conductor, found = self.core.stand, self.core.conductor, {}
        for (name, _, _), line in conductor.lines.items():
            place = conductor.places[name]
            gain = abs(stand.ctl[1, line.gain] * stand.ctl[1, line.open] * place.strip.voice[V_GAIN])
            found[name] = max(found.get(name, 0.0), float(gain * stand.meters[place.index, at.M_PEAK]))
        return found

    def _direct(self, sound: np.ndarray, sums: list[np.ndarray], bar: int) -> np.ndarray:
        """Sum, power and frames of this piece; with the pieces of the last second: whether an output leans on one side."""
        now = np.stack(
            [sound.sum(axis=1, dtype=np.float64), (sound * sound).sum(axis=1, dtype=np.float64), np.full(len(sound), sound.shape[1])]
        )
        last = [now]
        for piece in reversed(sums):
            if sum(int(p[2, 0]) for p in last) >= self.room.rate:
                break
            last.append(piece)
        total, power, frames = np.sum(last, axis=0)
        mean = total / frames
        leans = np.flatnonzero((np.abs(mean) > DIRECT) & (mean * mean > 0.6 * power / frames))
        if self.direct is None and len(leans) and frames[0] >= 0.95 * self.room.rate:
            self.direct = int(leans[0]) + 1, bar
        return now

    def close(self) -> None:
        """Let go of streams and memory now."""
        self.core.conductor.places.clear()
        self.core.conductor.order = []
        self.core.conductor.armed = self.core.conductor._sounding = None
