"""A studio: a stage whose time passes only when asked, and everything that comes out of it is kept.

    studio = Studio(rate=48000, outs=2, folder=room)
    desk = Desk(studio, session)
    desk.run('rain = clip("rain on tin")')
    settled(desk)                  # what was typed is rehearsed and on its way
    sound = studio.run(96000)      # two seconds, as the loudspeakers would have had them

The core is the offline renderer, block for block the code that plays live. Plans wait for their frame and are answered
as a core answers; with ``journal=True`` the take can be replayed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from live.clock import Clock
from live.core import layout as at
from live.core.conductor import Refusal
from live.core.deeds import Deeds
from live.core.inner import V_BAD
from live.core.mail import Receipt
from live.core.offline import Offline
from live.core.process import ARM_AHEAD
from live.core.sources.pager import PAGER
from live.journal import Journal
from live.knobs import number_of
from live.plan import Make, Plan, Swap
from live.rig import Rig
from live.score import Score
from live.stage import BAD, Seen

if TYPE_CHECKING:
    from live.core.memory import Map
    from live.desk import Desk


@dataclass
class Waiting:
    """A plan that has come in and not yet landed."""

    number: int
    plan: Plan
    frame: int
    fade: float


class Studio(Seen):
    """What a ``Stage`` is to a desk; the clock stands still until ``run``."""

    def __init__(
        self,
        rate: int = 48000,
        outs: int = 2,
        ins: int = 0,
        *,
        folder: Path,
        block: int = 256,
        seed: int = 0,
        ceiling: float = -1.0,
        heard: Callable[[int, int], np.ndarray] | None = None,
        journal: bool = False,
        keep: bool = False,
        core: Map | None = None,
    ) -> None:
        """``folder``: where its journal lies; ``heard(frame, frames)``: what the inputs hear, (ins, frames); ``keep`` all that comes out.

        ``core``: a map it lies in, for hands to reach it.
        """
        self.rig = Rig(
            device="studio", rate=rate, block=block, ins=ins, outs=outs, record=False, take=str(folder), ceiling=ceiling, seed=seed
        )
        self.folder, self.heard = folder, heard
        self.offline = Offline(rate, outs, ins=ins, block=block, seed=seed, ceiling_db=ceiling, each_block=self._turn, core=core)
        self.offline.stand.clock[at.C_BLOCK] = block
        self.core: Any = self.offline.stand  # clock, tempo, knobs, meters, names: as a core's shared memory has them
        self.score = Score()
        self.news: list[str] = []
        self.answers: dict[int, Receipt] = {}
        self.landed: list[tuple[int, Plan]] = []  # everything that ever landed, and where
        self.kept: list[np.ndarray] | None = [] if keep else None
        self.born: dict[str, int] = {}  # at which frame each place began
        self.found, self.device = False, "studio"
        self.mail = self
        self.journal = Journal(folder / "journal.jsonl") if journal else None
        self._waiting: list[Waiting] = []
        self._number = 0
        self.deeds = Deeds(self.offline.stand)
        self._bad: set[str] = set()
        self._writing: Any = None
        self._lock = threading.Lock()
        if self.journal:
            room = {key: getattr(self.rig, key) for key in ("rate", "ins", "outs", "seed", "ceiling", "lookahead")}
            self.journal.write("begin", 0, **room)
            self.journal.write("device", 0, name="studio", backend="studio", block=block)
            self.offline.conductor.named = self._named

    def _named(self, number: int, name: str, value: float) -> None:
        assert self.journal
        self.journal.write("named", self.frame, knob=number, name=name, value=value)

    # --- time -----------------------------------------------------------------------------

    def run(self, frames: int) -> np.ndarray:
        """Let time pass, in whole blocks: what came out meanwhile, (outs, frames)."""
        block, rate = self.rig.block, self.rig.rate
        left, found = -(-frames // block) * block, []
        while left > 0:
            n = min(left, max(rate // 2 // block, 1) * block)
            frame = self.frame
            found.append(self.offline.run(n, self.heard(frame, n) if self.heard and self.rig.ins else None))
            PAGER.catch_up()
            if self.journal:
                self.deeds.put_down(self.journal)
            self._note_bad()
            left -= n
        self._turn(self.frame)
        if self.kept is not None:
            self.kept += found
        return np.concatenate(found, axis=1) if found else np.zeros((self.rig.outs, 0), np.float32)

    @property
    def sound(self) -> np.ndarray:
        """Everything that came out so far, when it is kept."""
        return np.concatenate([np.zeros((self.rig.outs, 0), np.float32), *(self.kept or [])], axis=1)

    def run_until(self, frame: int) -> np.ndarray:
        """Up to a frame, or a block beyond it."""
        return self.run(max(frame - self.frame, 0))

    def _turn(self, frame: int) -> None:
        """A round of the conductor's day: what has landed is answered, what lands next is laid out."""
        conductor = self.offline.conductor
        conductor.settle()
        with self._lock:
            ready = [one for one in self._waiting if one.frame <= frame + ARM_AHEAD * self.rig.rate]
            if conductor.armed or not ready:
                return
            first = min(ready, key=lambda one: one.frame)
            self._waiting.remove(first)
        self._arm(first)

    def _arm(self, waiting: Waiting) -> None:
        conductor, engines, armed = self.offline.conductor, self.offline.engines, self.frame
        try:
            ready = conductor.prepare(waiting.plan)
        except Exception as trouble:  # noqa: BLE001 - as the core's process does: what plays must not stop for it
            if self.offline.engines:
                self.offline.engines.forget()
            said = str(trouble) if isinstance(trouble, Refusal) else f"{type(trouble).__name__}: {trouble}".splitlines()[0]
            self.answers[waiting.number] = Receipt(waiting.number, at.REFUSED, self.frame, said)
            return

        def landed(frame: int) -> None:
            self.landed.append((frame, waiting.plan))
            self.born |= {step.name: frame for step in waiting.plan if isinstance(step, Make | Swap)}
            if self.journal:
                self.journal.plan(frame, waiting.plan, conductor.score, waiting.fade, waiting.number, armed)
            self.answers[waiting.number] = Receipt(waiting.number, at.LANDED, frame, "")

        engines = self.offline.engines
        if engines:
            engines.begin(max(waiting.frame, armed))
        conductor.arm(ready, waiting.frame, fade=waiting.fade, done=landed)

    def _note_bad(self) -> None:
        if not int(self.core.clock[at.C_BAD]) and not self._bad:
            return
        now = {name: int(place.strip.voice[V_BAD]) for name, place in self.offline.conductor.places.items() if place.strip.voice[V_BAD]}
        for name in now.keys() - self._bad:
            self.news.append(f"{name} went bad ({BAD[now[name]]}) and was taken out or bypassed; the rest plays on")
        self._bad = set(now)

    # --- what is done ---------------------------------------------------------------------

    def post(self, plan: Plan, *, when: str = "now", frame: int = 0, fade: float = 0.05) -> int:
        """A plan: it lands at its frame, or at the next word of the clock, or now."""
        with self._lock:
            self._number += 1
            lands = frame or self.clock.at(when, self.frame + self.rig.block + self.rig.rate // 100)
            self._waiting.append(Waiting(self._number, plan, lands, fade))
            return self._number

    def read(self) -> list[str]:
        """The news so far."""
        return self.news

    def knob(self, which: int | str, value: float) -> None:
        """A knob is turned."""
        try:
            number = self.offline.conductor.claim(which, value)
        except Refusal as why:
            self.news.append(str(why))
        else:
            self.core.hands["knob_set"][number] = 1
            self.core.knobs[number] = value

    def stands(self, which: int | str) -> float:
        """Where a knob stands."""
        number = number_of(self.knob_names, which)
        return 0.0 if number is None else float(self.knobs[number])

    def event(self, name: str, kind: int, numbers: Iterable[float] = (), *, frame: int = 0) -> None:
        """A note, a trigger."""
        acts = self.offline.conductor.event(name, frame or self.frame, kind, numbers)
        if self.journal:
            self.journal.write("event", acts, name=name, kind=kind, numbers=list(numbers), came=self.frame)

    def word(self, verb: str, name: str = "", **more: Any) -> None:
        """A mark."""
        if self.journal and verb == "mark":
            self.journal.write("mark", self.frame, text=str(more.get("text", "")))

    def panic(self) -> None:
        """Silence at once."""
        self.core.clock[at.C_GATE] = 1

    def unpanic(self) -> None:
        """Sound again."""
        self.core.clock[at.C_GATE] = 0

    def write(self, treatment: str | Callable[..., Any], name: str = "") -> str:
        """A Python function becomes a treatment, tried out as on stage: its word, or Refused with its line and why."""
        from live.stage import Refused
        from live.writing import Unfit, Writing

        self._writing = self._writing or Writing(self.rig.rate)
        try:
            return self._writing.fit(treatment, name).word
        except Unfit as why:
            raise Refused(str(why)) from None

    def close(self, *, leave: bool = True) -> None:
        """The studio is locked up; its journal ends as it should."""
        if self.journal:
            self.deeds.put_down(self.journal)
            self.journal.write("end", self.frame)
            self.journal.close()
        if self._writing:
            self._writing.close()
        if self.offline.engines:
            self.offline.engines.close()

    # --- what is seen ---------------------------------------------------------------------

    @property
    def frame(self) -> int:
        """The clock."""
        return self.offline.frame

    @property
    def posted(self) -> int:
        """Plans sent so far."""
        return self._number

    @property
    def knobs(self) -> np.ndarray:
        """Where every knob stands."""
        return self.core.knobs

    @property
    def knob_names(self) -> np.ndarray:
        """What knobs are called that go by a name."""
        return self.core.knob_names

    @property
    def lost(self) -> int:
        """Nothing is ever lost here."""
        return 0


def settled(desk: Desk, patience: float = 60.0) -> bool:
    """Wait until the hand has taken everything up: refused, or on its way. Time on stage does not pass."""
    return desk.hand.caught_up(patience)


def land(desk: Desk, studio: Studio, more: int = 0, patience: float = 20.0) -> np.ndarray:
    """Run until everything on its way has landed, and ``more`` frames; what came out."""
    settled(desk)
    until, found = time.monotonic() + patience, []
    while desk.hand.flights and time.monotonic() < until:
        due = max((flight.frame for flight in list(desk.hand.flights.values())), default=0)
        found.append(studio.run(max(due - studio.frame, 0) + studio.rig.block))
        noon = time.monotonic() + 0.1
        while desk.hand.flights and time.monotonic() < noon:
            time.sleep(0.002)
    if more:
        found.append(studio.run(more))
    return np.concatenate(found, axis=1) if found else np.zeros((studio.rig.outs, 0), np.float32)


def alone(
    score: Score, frames: int, *, studio: Studio, frame: int = 0, clock: Clock | None = None, ages: dict[str, int] | None = None
) -> np.ndarray:
    """A score by itself, from ``frame`` on in that tempo: what it would sound like if nothing had been before it."""
    rig = studio.rig
    core = Offline(rig.rate, rig.outs, ins=rig.ins, block=rig.block, seed=rig.seed, ceiling_db=rig.ceiling)
    stand, clock = core.stand, clock or studio.clock
    stand.clock[at.C_FRAME] = frame
    stand.tempo[[at.T_BPM, at.T_BAR, at.T_BEAT0, at.T_FRAME0]] = clock.bpm, clock.bar, clock.beat0, clock.frame0
    stand.knobs[:] = studio.core.knobs
    stand.knob_names[:] = studio.core.knob_names
    stand.seen[:] = studio.core.knobs
    stand.ctl[:, : at.KNOBS] = studio.core.knobs
    core.conductor.score = Score(tempo=clock.bpm, bar=clock.bar)
    core.play(score, frame=frame, age=ages)
    found, left = [], frames
    while left > 0:
        n, now = min(left, rig.rate // 2), core.frame
        found.append(core.run(n, studio.heard(now, n) if studio.heard and rig.ins else None))
        PAGER.catch_up()
        left -= n
    if core.engines:
        core.engines.close()
    return np.concatenate(found, axis=1)
