"""Unattended: a session that opens in the morning, plays, fades in the evening, and does so for months.

    antiphon play NAME --headless --hours 10:00-18:00

No prompt, no terminal, nobody there. A mistake in the script, a core that dies, a disk that fills: each is a line in the log,
and what can play plays on. Time comes from a callable, so that a week can be tried in a second.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log10
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from live.core import layout as at
from live.opening import Opening
from live.session import Session, last_good

if TYPE_CHECKING:
    from live.score import Score

FADE = 5.0  # seconds to fall silent, and to come back
LINGER = 900.0  # seconds a silent core waits for the next opening before it is closed
TICK = 0.1
PATIENCE = (1.0, 60.0)  # seconds until a desk that would not open is tried again: at first, at most
TIDY = 3600.0
MARK = "unattended"  # an empty file in a take that may be removed some day
LOG_SIZE = 2_000_000  # bytes, then it begins anew and the old one is kept beside it


class Ended(Exception):
    """Somebody ended what plays, from elsewhere: the installation ends, too."""


class Desk(Protocol):
    """What is asked of whoever plays. Anything raised is one line for the log; only ``Ended`` ends the evening.

    Of the stage: ``lost``, ``peak()``, ``rig.take``, ``core.clock[C_GENERATION]``, ``knob(number, value)``.
    """

    stage: Any

    def play_session(self) -> None:
        """Read the script and play it. Raises the mistake when it cannot be; looks for saves from now on all the same."""

    def play_score(self, score: Score, fade: float) -> None:
        """Play a state of an earlier take as if the script had said so; the next good save takes its place."""

    def step(self) -> list[str]:
        """Called every moment: saves, landings, receipts. The news since last asked, a line each."""

    def hush(self, fade: float) -> None:
        """Everything falls silent over so many seconds; time goes on. Returns at once."""

    def back(self, fade: float) -> None:
        """What was hushed comes back over so many seconds."""

    def close(self) -> None:
        """Leave: the core ends in order, and so does its take."""


@dataclass
class Log:
    """One file of plain lines; standard output gets them, too. A disk that takes nothing stops no music."""

    path: Path
    say: Callable[[str], None] = lambda line: print(line, flush=True)  # noqa: T201 - the system's own log reads it
    last: tuple[str, datetime] = ("", datetime.min)

    def line(self, now: datetime, text: str) -> None:
        """One line with its time; the same again within a minute is left out."""
        text = " ".join(text.split())
        if text == self.last[0] and now - self.last[1] < timedelta(minutes=1):
            return
        self.last = (text, now)
        line = f"{now:%Y-%m-%d %H:%M:%S}  {text}"
        self.say(line)
        with contextlib.suppress(OSError):  # it has been said already
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and self.path.stat().st_size > LOG_SIZE:
                self.path.replace(self.path.with_name(self.path.name + ".old"))
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


@dataclass
class Day:
    """What one day was like."""

    played: float = 0.0  # seconds
    lost: int = 0
    restarts: int = 0
    peak: float = 0.0

    def said(self, free: float) -> str:
        """The daily line."""
        loudest = f"loudest {20 * log10(self.peak):.1f} dBFS" if self.peak > 1e-6 else "silent"
        counts = f"{self.lost} block{'s' * (self.lost != 1)} lost, {self.restarts} restart{'s' * (self.restarts != 1)}"
        return f"played {self.played / 3600:.1f} h, {counts}, {loudest}, {free / 1e9:.1f} GB of disk left"


@dataclass
class Installation:
    """Opens, plays, closes, and begins again. One ``step`` is one look at the clock."""

    open_desk: Callable[[], Desk]
    opening: Opening
    takes: Path
    log: Log
    now: Callable[[], datetime] = datetime.now
    sleep: Callable[[float], None] = time.sleep
    free: Callable[[], float] = lambda: 1e12  # bytes the disk of the takes still has
    spare: float = 1e9  # bytes it must keep
    tick: float = TICK

    desk: Desk | None = None
    ending: int = 0  # how often somebody asked for the end
    opened: datetime = datetime.min  # when this desk's take began
    hushed: datetime | None = None
    day: Day = field(default_factory=Day)
    looked: datetime | None = None
    tidied: datetime = datetime.min
    _retry: datetime = datetime.min
    _patience: float = PATIENCE[0]
    _lost: int = 0
    _generation: int = 0
    _full: bool = False

    # --- day after day ----------------------------------------------------------------

    def run(self, seconds: float | None = None) -> int:
        """Until somebody ends it, or so many seconds are over; it fades before it leaves."""
        began = self.now()
        try:
            while not self.ending and (seconds is None or (self.now() - began).total_seconds() < seconds):
                self.step()
                self.sleep(self.tick)
            self.fade_out()
        except Ended as why:
            self.log.line(self.now(), str(why))
        finally:
            self.leave()
            self.log.line(self.now(), f"{self.now():%Y-%m-%d}: {self.day.said(self.free())}")
            self.log.line(self.now(), "left")
        return 0

    def step(self) -> None:
        """One look at the clock, and what it asks for."""
        now = self.now()
        self.count(now)
        if (now - self.tidied).total_seconds() >= TIDY:
            self.tidied = now
            self.tidy(now)
        wanted = self.opening.is_open(now)
        if self.desk is None:
            if wanted and now >= self._retry:
                self.open(now)
            return
        due = self.opening.rotate > 0 and now - self.opened >= timedelta(hours=self.opening.rotate)
        quiet = (now - self.hushed).total_seconds() if self.hushed else 0.0
        try:
            if self.hushed is None and not (wanted and not due):
                self.desk.hush(FADE)
                self.hushed = now
                then = self.opening.next(now)
                self.log.line(now, "a new take begins" if wanted else f"closed{f' until {then:%A %H:%M}' if then else ''}")
            elif self.hushed and wanted and not due:
                self.desk.back(FADE)
                self.hushed = None
                self.log.line(now, "open again")
            elif self.hushed and quiet >= FADE + 0.5 and (wanted or quiet >= LINGER):
                self.leave()
                if wanted:
                    self.open(now)
                return
            for line in self.desk.step():
                self.log.line(now, line)
        except Ended:
            raise
        except Exception as trouble:  # whatever it was, tomorrow it opens again
            self.log.line(now, f"the stage is closed and opened again: {_line(trouble)}")
            self.leave()
            self.wait_a_little(now)

    def open(self, now: datetime) -> None:
        """A fresh desk with a fresh take, and the session on it; else the last state that played."""
        self.tidy(now)
        try:
            self.desk = self.open_desk()
        except Exception as trouble:
            self.log.line(now, f"the stage does not open: {_line(trouble)}")
            self.wait_a_little(now)
            return
        now = self.now()  # a first start takes its time
        self.opened, self.hushed = now, None
        self._lost, self._generation = int(self.desk.stage.lost), _generation(self.desk)
        self._patience = PATIENCE[0]
        self.takes = Path(self.desk.stage.rig.take).parent
        with contextlib.suppress(OSError):
            (Path(self.desk.stage.rig.take) / MARK).touch()
        try:
            self.desk.play_session()
            self.log.line(now, f"plays; the take is {Path(self.desk.stage.rig.take).name}")
        except Ended:
            raise
        except Exception as slip:
            self.log.line(now, f"{_line(slip)} It waits for a save that can be played.")
            self.fall_back(now)

    def fall_back(self, now: datetime) -> None:
        """The script cannot be played: what the last take played last goes on."""
        assert self.desk is not None
        evening = last_good(self.takes, but=self.desk.stage.rig.take)
        if evening is None:
            self.log.line(now, "there is no earlier take to fall back on: it is silent")
            return
        try:
            for knob, value in evening.knobs.items():
                self.desk.stage.knob(knob, value)
            self.desk.play_score(evening.score, FADE)
            self.log.line(now, f"meanwhile it plays what {evening.take.name} played last, bar {evening.bar}")
        except Exception as trouble:
            self.log.line(now, f"what {evening.take.name} played last cannot be played now: {_line(trouble)}")

    def wait_a_little(self, now: datetime) -> None:
        """Longer every time, up to a minute."""
        self._retry = now + timedelta(seconds=self._patience)
        self._patience = min(self._patience * 2, PATIENCE[1])

    def fade_out(self) -> None:
        """What sounds falls silent before the end; asked twice, at once."""
        if self.desk is None or self.hushed:
            return
        now = self.now()
        self.log.line(now, "asked to leave")
        with contextlib.suppress(Exception):  # it ends all the same
            self.desk.hush(FADE)
            while self.ending < 2 and (self.now() - now).total_seconds() < FADE + 0.2:
                self.desk.step()
                self.count(self.now())
                self.sleep(min(self.tick, FADE))
        self.hushed = now

    def leave(self) -> None:
        """Close the desk, if one is open."""
        desk, self.desk = self.desk, None
        self.hushed = None
        if desk is not None:
            try:
                desk.close()
            except Exception as trouble:
                self.log.line(self.now(), f"closing: {_line(trouble)}")

    # --- the day's figures ------------------------------------------------------------

    def count(self, now: datetime) -> None:
        """Take down how it goes; at midnight the day is told."""
        before, self.looked = self.looked or now, now
        if self.desk is not None:
            if self.hushed is None:
                self.day.played += min(max((now - before).total_seconds(), 0.0), max(60.0, 2 * self.tick))  # not a machine's sleep
            stage = self.desk.stage
            lost, generation = int(stage.lost), _generation(self.desk)
            self.day.lost += lost - self._lost if lost >= self._lost else lost
            self.day.restarts += max(generation - self._generation, 0)
            self._lost, self._generation = lost, generation
            self.day.peak = max(self.day.peak, float(stage.peak()))
        if now.date() != before.date():
            self.log.line(now, f"{before:%Y-%m-%d}: {self.day.said(self.free())}")
            self.day = Day()

    # --- the disk ---------------------------------------------------------------------

    def tidy(self, now: datetime) -> None:
        """Old takes of ours go, and the oldest ones sooner when the disk gets full. What somebody kept stays."""
        ours = list(self.old_takes())
        if self.opening.keep_days:
            for take, since in list(ours):
                if now.timestamp() - since > self.opening.keep_days * 86400:
                    self.remove(now, take, f"{take.name} is older than {self.opening.keep_days:g} days")
                    ours.remove((take, since))
        while self.free() < self.spare and ours:
            take, _ = ours.pop(0)
            self.remove(now, take, f"the disk has {self.free() / 1e9:.1f} GB left, so {take.name} goes")
        full = self.free() < self.spare
        if full and not self._full:
            self.log.line(
                now, f"the disk has {self.free() / 1e9:.1f} GB left and no take may be removed: recording may pause, the sound goes on"
            )
        self._full = full

    def old_takes(self) -> Iterator[tuple[Path, float]]:
        """Takes of ours that are over, the oldest first, each with the time of its last line."""
        current = Path(self.desk.stage.rig.take).resolve() if self.desk else None
        found = []
        with contextlib.suppress(OSError):
            for take in self.takes.iterdir():
                if (take / MARK).is_file() and not take.is_symlink() and take.resolve() != current:
                    book = take / "journal.jsonl"
                    found.append((take, (book if book.exists() else take / MARK).stat().st_mtime))
        return iter(sorted(found, key=lambda pair: pair[1]))

    def remove(self, now: datetime, take: Path, why: str) -> None:
        """One take goes; stems that were kept out of it, and then its journal, stay."""
        kept = [path for path in take.iterdir() if (path / "take.toml").is_file()]
        self.log.line(now, why + ("; what was kept of it stays" if kept else ""))
        if kept:
            shutil.rmtree(take / "reels", ignore_errors=True)
            (take / MARK).unlink(missing_ok=True)
        else:
            shutil.rmtree(take, ignore_errors=True)


def _generation(desk: Desk) -> int:
    """How many cores have played in turn."""
    return int(desk.stage.core.clock[at.C_GENERATION])


def _line(trouble: BaseException) -> str:
    """What an exception says, in one line."""
    return " ".join(str(trouble).split()) or type(trouble).__name__


# --- from the command line ---------------------------------------------------------------


def unattended(
    name: str | None,
    flags: dict[str, object],
    *,
    hours: str | None = None,
    rotate: float | None = None,
    seconds: float | None = None,
    open_desk: Callable[[Session, dict[str, object], Callable[[str], None]], Desk] | None = None,
) -> int:
    """Play a session with nobody there, until SIGTERM. ``open_desk``: whoever plays; told the session, the flags and where lines go."""
    from live.cli import Sorry
    from live.room import room_of
    from live.settings import can_write

    if not name:
        raise Sorry("--headless plays a session, so it needs a name: antiphon play NAME --headless.")
    session = Session.find(name)
    said: list[str] = []
    settings, _ = room_of(flags, session.settings, said.append)
    opening = Opening.of(settings.tables.get("open", {}), hours, rotate, f"{session.folder / 'session.toml'}, [open]")
    takes = takes_of(session, settings)
    log = Log(takes / "log" if can_write(takes) else log_folder() / f"{session.name}.log")
    for line in said:
        log.line(datetime.now(), line)
    if open_desk is None:
        from live.unmanned import Unmanned

        open_desk = Unmanned
    make = open_desk
    installation = Installation(
        lambda: make(session, flags, lambda line: log.line(datetime.now(), line)), opening, takes, log,
        free=lambda: _free(takes), spare=settings.spare * 1e9,
    )  # fmt: skip

    def leave(*_: object) -> None:
        installation.ending += 1

    before = {sign: signal.signal(sign, leave) for sign in (signal.SIGTERM, signal.SIGINT)}
    try:
        log.line(datetime.now(), f"{session.name}, unattended{'' if opening.is_open(datetime.now()) else ': closed now'}")
        return installation.run(seconds)
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def takes_of(session: Session, settings: Any) -> Path:
    """Where the takes of a session go: as a setting says, seen from the session, or where the session has room."""
    named = Path(settings.takes).expanduser()
    return session.takes if settings.said_by["takes"] == "default" else named if named.is_absolute() else session.folder / named


def log_folder() -> Path:
    """Where logs lie on this system."""
    import platformdirs

    return Path(platformdirs.user_log_dir("antiphon", appauthor=False))


def _free(folder: Path) -> float:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return float(shutil.disk_usage(folder).free)
