"""An evening in the studio for benches and tests: a session, a desk, saves that land at once, and every sound that came out."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from live.desk import Desk
from live.plan import Plan
from live.room import Room
from live.score import Score
from live.session import SHIPPED, Session
from live.studio import Studio, alone, land, settled

SILENT = 10 ** (-70 / 20)
EARLY = 0.25  # seconds before the bar line a script is saved: the next bar is still to be had
DRONE = '''"""A drone and a pulse that never pause: what the benches play when they are given no session."""

from live import *

tempo(240)
low = tone(55, gain=0.4)
air = filter(noise(gain=0.2), cutoff=lfo(300, 1200, beats=8))
rain = clip("rain on tin", rate=0.75)
worn = delay(rain, time=0.3, feedback=0.4, mix=0.3)
beat = pluck(220, decay=0.5, hits=seq("x-o- xx-o"))
out.stage = [0.5 * low, 0.5 * air, 0.6 * worn, 0.4 * beat]
'''


@dataclass
class Saved:
    """What came of one save."""

    took: float = 0.0  # seconds from the save until it was refused, or ready to land
    lines: list[str] = field(default_factory=list)  # what was said about it
    plan: Plan = ()
    posted: bool = False
    frame: int = 0  # at the save
    sound: Any = None  # from the save on
    score: Score = field(default_factory=Score)
    before: Score = field(default_factory=Score)
    read: bool = True  # the script could be read

    @property
    def refused(self) -> bool:
        """Whether what played played on."""
        return not self.posted and bool(self.lines) and self.score == self.before and "plays as it is" not in self.lines[-1]


def played_in(frame: int, frames: int, ins: int = 2, rate: int = 48000) -> np.ndarray:
    """Somebody plays short phrases into the inputs: the same at the same frame, whoever asks."""
    t = np.arange(frame, frame + frames) / rate
    phase = t % 0.75
    sound = 0.3 * np.exp(-4 * phase) * np.sin(2 * np.pi * 196 * t) * (t % 6 < 4)
    return np.tile(sound.astype(np.float32), (ins, 1))


class Evening:
    """One session, played as fast as it goes."""

    def __init__(
        self, session: str = "", text: str = "", *, outs: int = 2, ins: int = 2, rehearse: bool = True, journal: bool = False, seed: int = 1
    ) -> None:
        """``session``: a shipped one by name; else ``text`` is the script (or a drone)."""
        self.room = Path(tempfile.mkdtemp(prefix="antiphon-evening-"))
        home = self.room / (session or "evening")
        if session:
            shutil.copytree(SHIPPED / session, home, ignore=shutil.ignore_patterns("takes", "__pycache__"))
        else:
            home.mkdir()
            (home / "main.py").write_text(text or DRONE, "utf-8")
        self.path = home / "main.py"
        self.text = self.path.read_text("utf-8")
        self.studio = Studio(
            outs=outs, ins=ins, folder=self.room, seed=seed, heard=lambda f, n: played_in(f, n, ins), journal=journal, keep=journal
        )
        self.desk = Desk(self.studio, Session.find(str(home)), Room.usual(outs, ins), rehearse=rehearse)  # type: ignore[arg-type]
        self.dress = self.desk.hand.dress
        self.said: list[str] = []
        self.ours: list[str] = []  # exceptions of ours that somebody had to catch
        self.desk.listeners.append(self.said.append)
        self._hook = threading.excepthook
        threading.excepthook = lambda args: self.ours.append(f"{args.thread}: {args.exc_type.__name__}: {args.exc_value}")

    def __enter__(self) -> Evening:
        return self

    def __exit__(self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def warm(self, patience: float = 120.0) -> None:
        """Wait until the next room and a reader stand by: a figure would otherwise be theirs."""
        self.desk.reader().warm(patience)
        if self.dress:
            until = time.monotonic() + patience
            while self.dress.child is None and time.monotonic() < until:
                time.sleep(0.01)
            if self.dress.child:
                self.dress.child.opened(patience)

    @property
    def bar(self) -> int:
        """Frames of a bar."""
        clock = self.studio.clock
        return round(clock.beat_frames * clock.bar)

    def near_the_line(self, early: float = EARLY) -> np.ndarray:
        """Time passes until shortly before the next bar."""
        studio = self.studio
        line = studio.clock.next(studio.frame + round(early * studio.rig.rate) + 1, studio.clock.bar)
        return studio.run_until(line - round(early * studio.rig.rate) - studio.rig.block)

    def save(self, text: str | bytes, *, more: int | None = None, rehearse: bool = True, name: str = "main.py") -> Saved:
        """Save the script; when it is accepted, play until it has landed and ``more`` frames (a bar)."""
        desk, studio = self.desk, self.studio
        self.path.with_name(name).write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        desk.hand.dress = self.dress if rehearse else None
        found = Saved(frame=studio.frame, before=desk.hand.state.score)
        heard, posted = len(self.said), studio.posted
        began = time.perf_counter()
        reading = desk.reader().read(self.path)
        found.read = reading.mistake is None
        desk._reading(reading)
        settled(desk)
        found.took = time.perf_counter() - began
        found.posted = studio.posted > posted
        if found.posted:
            found.plan = desk.hand.plan
            found.sound = land(desk, studio, self.bar if more is None else more)
        else:
            found.sound = studio.run(more or 0)
        desk.hand.dress = self.dress
        found.score = desk.hand.state.score
        found.lines = self.said[heard:]
        return found

    def alone(self, score: Score, frame: int, frames: int) -> np.ndarray:
        """What a score that landed at ``frame`` would be by itself from there on."""
        ages = {name: frame - born for name, born in self.studio.born.items() if name in score.places and born < frame}
        return alone(score, frames, studio=self.studio, frame=frame, ages=ages)

    def close(self) -> None:
        """The evening is over."""
        threading.excepthook = self._hook
        self.desk.hand.dress = self.dress
        self.desk.close()
        shutil.rmtree(self.room, ignore_errors=True)


def quietest(sound: np.ndarray, level: float = SILENT) -> int:
    """The longest silence, in frames."""
    loud = np.flatnonzero(np.abs(sound).max(axis=0) >= level)
    edges = np.concatenate([[-1], loud, [sound.shape[1]]])
    return int(np.diff(edges).max() - 1)


PLACED = re.compile(r"\b[\w-]+\.py:\d+|\bline \d+|^> ", re.MULTILINE)


def says_where(lines: list[str], text: str = "") -> bool:
    """Whether a message names a line, a place of the script ``text``, or is about the file as a whole."""
    said = "\n".join(lines).removeprefix("main.py: ")
    places = re.findall(r"^(?:out\.)?(\w+) = ", text, re.MULTILINE)
    return bool(PLACED.search(said)) or any(re.search(rf"\b{name}\b", said) for name in places) or "main.py" in said


__all__ = ["DRONE", "Evening", "Saved", "Score", "quietest", "says_where"]
