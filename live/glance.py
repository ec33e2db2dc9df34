"""What can be seen of the music at a glance: the status line's figures and every place's level. Asked ten times a second."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from live.core.lanes import GHOST, KNOB
from live.core.pacing import bpm_of
from live.knobs import number_of
from live.screen.face import Level, Status, Turned

if TYPE_CHECKING:
    from live.desk import Desk
    from live.score import Score
    from live.values import Page

HOLD = 1.0  # seconds a peak stays
HEARD = 10 ** (-60 / 20)
BYTES = 4


class Glance:
    """Looks at a desk, and remembers what it needs to say how things change."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._peak, self._since = 0.0, 0.0
        self._limited, self._lamp = 0, 0.0
        self._load: float | None = None
        self._spent = (0, 0)
        self._disk: tuple[float, float | None] = (-1e9, None)
        self._files: tuple[float, list[str]] = (-1e9, [])
        self._names: list[str] = ["null"]
        self._worker: tuple[float, float | None, str] = (-1e9, None, "")
        self._score: Score | None = None  # the one that was looked through last
        self._on: set[str] = set()
        self._ticks: dict[str, tuple[float, float]] = {}
        self._page: Page | None = None  # the one whose knobs were looked for last
        self._knobs: list[int | str] = []

    def status(self) -> Status:
        """One moment."""
        from live.hearing import line_of
        from live.lessons import plugged

        desk, stage = self.desk, self.desk.stage
        clock, frame, now = stage.clock, stage.frame, time.monotonic()
        bar, beat = clock.spot(frame)
        score = desk.hand.state.score
        levels = {meter.name: meter.peak for meter in stage.meters()}
        heard = self._heard(score)
        roots = {name.partition("/")[0].partition(".")[0] for name, peak in levels.items() if peak > HEARD and name in heard}
        known = set(desk.page.names)
        roots |= {send.place for send in score.sends if levels.get(send.place, 0.0) > HEARD and root_of(send.place) not in known}
        known |= {send.place for send in score.sends}
        self._look_at_peak(now)
        self._look_at_load()
        self._look_at_workers(now)
        return Status(
            bpm=bpm_of(stage.core.tempo) or clock.bpm, bar=bar, beat=beat, bar_beats=clock.bar, source=line_of(desk.hearing.clock), sounding=len(roots & known), muted=len({n.partition(".")[0] for n in score.muted} & known),
            peak_db=20 * math.log10(max(self._peak, 1e-6)), limited=now - self._lamp < HOLD, core_load=self._load,
            worker_load=self._worker[1], worst_worker=self._worker[2], lost=stage.lost, disk_minutes=self._minutes(now), device=stage.device, controller=desk.controller,
            error=desk.error, panicked=stage.panicked, held=desk.held is not False, pending=self._pending(frame),
            plugged=len(plugged(desk)), learning=desk.hearing.learning,
        )  # fmt: skip

    def _heard(self, score: Score) -> set[str]:
        """Everything on its way to a loudspeaker."""
        if score is not self._score:
            found, waiting = set(), [send.place for send in score.sends]
            while waiting:
                name = waiting.pop()
                if name not in found and name in score.places:
                    found.add(name)
                    waiting += score.places[name].ins
            self._score, self._on = score, found
        return self._on

    def _pending(self, frame: int) -> str:
        """What lands next."""
        flights = [flight for flight in list(self.desk.hand.flights.values()) if flight.frame > frame]
        if flights:
            bar, _ = self.desk.stage.clock.spot(flights[0].frame)
            return f"{flights[0].said} at bar {bar}"
        return f"{self.desk.hand.busy} is rehearsed" if self.desk.hand.busy else ""

    def _look_at_peak(self, now: float) -> None:
        stage = self.desk.stage
        peak = stage.peak()
        if peak >= self._peak or now - self._since > HOLD:
            self._peak, self._since = peak, now
        if stage.limited != self._limited:
            self._limited, self._lamp = stage.limited, now

    def _look_at_load(self) -> None:
        from live.core import layout as at

        spent, now = int(self.desk.stage.core.clock[at.C_LOAD_NS]), time.monotonic_ns()
        before, since = self._spent
        if now - since > 500_000_000:
            if since:
                self._load = (spent - before) / (now - since)
            self._spent = (spent, now)

    def _look_at_workers(self, now: float) -> None:
        """The busiest worker: its process's time, where the system says."""
        if now - self._worker[0] < 1.0:
            return
        worst: tuple[float, str] | None = None
        for pid in self.desk.stage.folder.glob("worker-*.pid"):
            try:
                number = int(pid.read_text().split()[0])
                fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
                ticks = (int(fields[11]) + int(fields[12])) / 100
            except (OSError, ValueError, IndexError):
                continue
            before, since = self._ticks.get(pid.name, (ticks, now))
            self._ticks[pid.name] = (ticks, now)
            share = (ticks - before) / max(now - since, 1e-3)
            worst = max(worst or (-1.0, ""), (share, pid.stem))
        self._worker = (now, worst[0] if worst else None, worst[1] if worst else "")

    def _minutes(self, now: float) -> float | None:
        """How long the disk still takes recording at this rate."""
        if now - self._disk[0] > 5.0:
            rig = self.desk.stage.rig
            tracks = rig.ins + rig.outs + sum(send.width for send in self.desk.hand.state.score.sends)
            try:
                free = shutil.disk_usage(rig.take).free
                self._disk = (now, free / (60.0 * rig.rate * BYTES * max(tracks, 1)) if rig.record else None)
            except OSError:
                self._disk = (now, None)
        return self._disk[1]

    def levels(self) -> Sequence[Level]:
        """Every named place."""
        desk = self.desk
        meters = {meter.name: meter for meter in desk.stage.meters()}
        muted = desk.hand.state.score.muted
        found = []
        for name in desk.page.places():
            meter = meters.get(name)
            if meter is not None:
                found.append((name, meter.peak, meter.bad, name in muted))
        return found

    def knobs(self) -> Sequence[Turned]:
        """The first knobs the page names: where they stand, and what follows them."""
        from live.lessons import knobs_of

        page, core = self.desk.page, getattr(self.desk.stage, "core", None)
        if page is not self._page:
            self._page, self._knobs = page, knobs_of(page)
        lanes, found = getattr(core, "lanes", None), []
        for which in self._knobs:
            ghost = -1.0
            number = number_of(core.knob_names, which) if lanes is not None else None
            if number is not None and lanes is not None:
                waiting = lanes[(lanes[:, KNOB] == number) & (lanes[:, GHOST] >= 0), GHOST]
                ghost = float(waiting[0]) if len(waiting) else -1.0
            found.append(Turned(str(which), self.desk.stage.stands(which), ghost))
        return found

    def turn_knob(self, count: int, by: float) -> str:
        """Turn the page's knob of that count; the line to show."""
        there = self.knobs()
        if not there:
            return "the page names no knob. Write: rain.rate = knob(21)"
        if count >= len(there):
            return f"the page names {len(there)} knob{'s' * (len(there) != 1)}: " + ", ".join(one.name for one in there)
        which = self._knobs[count]
        value = min(max(self.desk.stage.stands(which) + by, 0.0), 1.0)
        self.desk.stage.knob(which, value)
        self.desk.controller = f"keys: {shown_knob(which)} {value:.2f}"
        return ""

    def files(self) -> Sequence[str]:
        """Sounds, looked for now and then."""
        now = time.monotonic()
        if now - self._files[0] > 2.0:
            from live.core.shelf import there

            self._files = (now, there(getattr(self.desk.room, "folders", ()) or ()))
        return self._files[1]

    def devices(self) -> Sequence[str]:
        """Device names that ``devices()`` has found so far."""
        return self._names

    def kernels(self) -> Sequence[str]:
        """Kernels by their names, ours and the session's."""
        from engines.kernel import known

        return sorted(known(getattr(self.desk.room, "folders", ()) or ()))

    def found(self, names: Sequence[str]) -> None:
        """Devices were looked for."""
        self._names = list(names)


def shown_knob(which: int | str) -> str:
    """A knob as it is typed."""
    return f"knob({which})" if isinstance(which, int) else f'knob("{which}")'


def root_of(place: str) -> str:
    """The name behind a place that goes out, also where it is folded onto an output."""
    bare = place.partition("/")[2] if place.startswith("out.") else place
    return bare.partition("/")[0].partition(".")[0]
