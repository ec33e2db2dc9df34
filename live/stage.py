"""The desk's hand on the core: starts it or finds it playing, sends plans, reads meters and news.

No sound and no device library in here. If this process dies the core plays
on, and the next ``Stage.open`` takes it up where it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from live.clock import Clock
from live.core import layout as at
from live.core.bell import Bell
from live.core.mail import Receipt, Receipts, Sender
from live.core.memory import Map, where
from live.core.pacing import seen
from live.journal import last_state
from live.knobs import number_of
from live.pids import alive, end
from live.plan import Plan, compare
from live.rig import Rig
from live.score import Score

if TYPE_CHECKING:
    from live.writing import Writing

LONELY = 10.0  # seconds a watcher has to appear
SLOW = 3.0  # seconds of starting after which somebody wants to know why
COMPILES = "the sound core is loading (the very first start compiles it: a minute or two)"
START = 180.0  # seconds a first start may take: compiling, when the cache is cold


class Refused(Exception):
    """The core said no. One line; what played plays on."""


class Silent(Exception):
    """No core answers. One line."""


@dataclass(frozen=True)
class Meter:
    """How one place does."""

    name: str
    peak: float
    dc: float
    bad: str
    late: int


BAD = {0: "", 1: "not a number", 2: "far too loud", 3: "direct current", 4: "too slow"}


class Seen:
    """What can be seen of a core's maps: its time, its levels, whether it is shut. Whoever has a ``core`` and a ``rig``."""

    core: Any
    rig: Rig

    @property
    def clock(self) -> Clock:
        """The tempo as it is now."""
        t = self.core.tempo
        if not t[at.T_BPM]:  # the core is still starting
            return Clock(self.rig.rate)
        return seen(t, self.rig.rate)

    @property
    def panicked(self) -> bool:
        """Whether panic holds."""
        return bool(self.core.clock[at.C_GATE])

    @property
    def limited(self) -> int:
        """Frames the limiter has worked on so far."""
        return int(self.core.clock[at.C_LIMITED])

    def peak(self) -> float:
        """The loudest sample since last asked."""
        found = float(self.core.tempo[at.T_PEAK])
        self.core.tempo[at.T_PEAK] = 0.0
        return found

    def meters(self) -> list[Meter]:
        """Every place's level."""
        names = self.core.names
        used = np.flatnonzero(names != b"")
        rows = self.core.meters[used]
        return [
            Meter(names[i].decode(), float(row[at.M_PEAK]), float(row[at.M_DC]), BAD.get(int(row[at.M_BAD]), ""), int(row[at.M_LATE]))
            for i, row in zip(used, rows, strict=True)
        ]


class Stage(Seen):
    """A playing core, seen from the desk."""

    def __init__(self, folder: Path, rig: Rig, *, found: bool) -> None:
        self.folder, self.rig, self.found = folder, rig, found
        self.core = Map(folder / "core.map", at.CORE)
        self.knobs, self.knob_names = self.core.knobs, self.core.knob_names
        self.mail = Sender(self.core)
        self.receipts = Receipts(self.core)
        self.news: list[str] = []
        self.closed, self._watched = False, time.monotonic()
        self.answers: dict[int, Receipt] = {}
        self._heard, self._unrecorded = 0.0, ""  # when the recorder was asked last, and what it complained of
        self.writing: Writing | None = None  # opens with the first treatment written here
        self.score, _ = last_state(Path(rig.take) / "journal.jsonl")

    # --- starting, finding, leaving ---------------------------------------------------

    @staticmethod
    def open(rig: Rig | None = None, *, name: str = "main", wait: bool = True, tell: Callable[[str], None] | None = None) -> Stage:
        """Take up the core of that name if one plays, else start one as ``rig`` says. ``tell``: hears what a long start waits for."""
        from live.watch import clear

        folder = where() / name
        folder.mkdir(mode=0o700, exist_ok=True)
        playing = bool(alive(folder, "core")) and (folder / "rig.json").exists() and (folder / "core.map").exists()
        if playing:
            stage = Stage(folder, Rig.read(folder / "rig.json"), found=True)
            stage.news += differs(stage.rig, rig)
        else:
            if rig is None:
                tidy(folder)
                raise Silent(f"nothing plays under the name {name!r}; start it with antiphon play")
            for role in ("watch", "tape", "hands"):  # a watcher without a core would start one with another rig
                end(folder, role)
            swept = sweep(folder)
            rig, said = somewhere(rig)
            fresh(folder, rig)
            stage = Stage(folder, rig, found=False)
            stage.news += said + swept
        stage.watch()
        if wait:
            try:
                stage.wait_for_sound(tell=tell)
            except BaseException:  # Ctrl-C, too: nobody is left starting a core that nobody waits for
                if not stage.found:
                    stage.close()
                    clear(folder, whole=True)
                raise
        return stage

    def watch(self) -> None:
        """Make sure somebody watches over the core."""
        if alive(self.folder, "watch"):
            return
        root = str(Path(__file__).parent.parent)
        env = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p))
        how = {"start_new_session": True} if os.name != "nt" else {"creationflags": 0x00000208}
        with (self.folder / "log").open("a") as log:
            subprocess.Popen(
                [sys.executable, "-m", "live.watch", str(self.folder)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd=self.folder, **how,  # type: ignore[call-overload]
            )  # fmt: skip

    def wait_for_sound(self, patience: float = START, tell: Callable[[str], None] | None = None) -> None:
        """Until the core plays, or Silent with the reason. ``tell`` hears what a long start waits for."""
        from live.watch import last_words

        began, told = time.monotonic(), ""
        while int(self.core.clock[at.C_STATE]) not in (1, 2) or not int(self.core.clock[at.C_CALLS]):
            now = time.monotonic()
            if (self.folder / "failed").exists():
                raise Silent(
                    f"the core cannot start: {(self.folder / 'failed').read_text() or 'it says nothing'}. antiphon doctor may know more"
                )
            if now - began > LONELY and not alive(self.folder, "watch"):
                raise Silent(f"nobody starts the core: its watcher ended. Its last words: {last_words(self.folder) or 'none'}")
            if now - began > patience:
                raise Silent(f"the core did not start in {patience:g} s. Its last words: {last_words(self.folder) or 'none'}")
            if tell and now - began > SLOW and (line := last_words(self.folder) or COMPILES) != told:
                told = line
                tell(f"still starting: {line}")
            time.sleep(0.005)

    def close(self, *, leave: bool = True) -> None:
        """Leave the stage: with ``leave`` everything stops in order, without it the core plays on."""
        if self.closed:
            return
        self.closed = True
        if self.writing:
            self.writing.close()
        if leave:
            with contextlib.suppress(FileNotFoundError):  # another desk closed it already
                (self.folder / "leave").touch()
            until = time.monotonic() + 8.0
            while alive(self.folder, "watch") and time.monotonic() < until:
                time.sleep(0.01)
            for role in ("watch", "core", "tape", "hands"):
                end(self.folder, role, hard=True)
            tidy(self.folder)
        self.core.close()

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # --- playing ------------------------------------------------------------------------

    def play(self, score: Score, *, when: str = "now", frame: int = 0, fade: float = 0.05, patience: float = 20.0) -> Receipt | None:
        """Go to another score. Waits for the receipt; None when the two are equal and nothing had to happen."""
        plan = compare(self.score, score)
        return self.send(plan, when=when, frame=frame, fade=fade, patience=patience) if plan else None

    def send(self, plan: Plan, *, when: str = "now", frame: int = 0, fade: float = 0.05, patience: float = 20.0) -> Receipt:
        """Send a plan and wait until it has landed, or raise Refused with the reason."""
        from live.plan import carried

        number = self.mail.plan(plan, when="frame" if frame else when, frame=frame, fade=fade)
        receipt = self.wait_for(number, patience)
        if not receipt.landed:
            raise Refused(receipt.text)
        self.score = carried(self.score, plan)
        return receipt

    def post(self, plan: Plan, *, when: str = "now", frame: int = 0, fade: float = 0.05) -> int:
        """Send a plan without waiting; its number."""
        return self.mail.plan(plan, when="frame" if frame else when, frame=frame, fade=fade)

    def wait_for(self, number: int, patience: float = 20.0) -> Receipt:
        """The receipt of a plan."""
        until = time.monotonic() + patience
        while True:
            self.read()
            if number in self.answers:
                return self.answers.pop(number)
            if time.monotonic() > until:
                raise Silent(f"the core has not answered for {patience:g} s; what plays, plays on")
            time.sleep(0.001)

    def read(self) -> list[str]:
        """Take in receipts; the news since last asked. Whoever watches over the core is watched over here."""
        if time.monotonic() - self._watched > 1.0:
            self._watched = time.monotonic()
            if not self.closed and alive(self.folder, "core"):
                self.watch()
        for receipt in self.receipts.new():
            if receipt.status == at.TROUBLE:
                self.news.append(receipt.text)
            else:
                self.answers[receipt.plan] = receipt
                while len(self.answers) > 1000:
                    del self.answers[next(iter(self.answers))]
        self._hear_recorder()
        return self.news

    def _hear_recorder(self) -> None:
        """What keeps the recorder from writing is news, and so is that it writes again. Looked at twice a second."""
        now = time.monotonic()
        if now - self._heard < 0.5:
            return
        self._heard = now
        with contextlib.suppress(OSError, ValueError, KeyError):  # no recorder, or one that has said nothing yet
            trouble = json.loads((self.folder / "tape.json").read_text())["trouble"]
            if trouble != self._unrecorded:
                self._unrecorded = trouble
                self.news.append(trouble or "recording again")

    def knob(self, which: int | str, value: float) -> None:
        """Turn a knob, 0 to 1, by its number or name. One store; the callback sees it at its next block."""
        number = number_of(self.knob_names, which)
        if number is None:  # nobody follows it yet: the core gives it a number
            self.mail.word("knob", str(which), text=json.dumps(float(value)))
        else:
            self.core.knob_set[number] = 1
            self.knobs[number] = value

    def stands(self, which: int | str) -> float:
        """Where a knob stands."""
        number = number_of(self.knob_names, which)
        return 0.0 if number is None else float(self.knobs[number])

    def event(self, name: str, kind: int, numbers: Iterable[float] = (), *, frame: int = 0) -> None:
        """A note, a grain, a trigger for a place, at a frame (0: at once)."""
        self.mail.word("event", name, index=kind, frame=frame or self.frame, text=json.dumps(list(numbers)))

    def write(self, treatment: str | Callable[..., Any], name: str = "") -> str:
        """A Python function becomes a treatment: the word to play it by, or Refused with its line and why."""
        from live.writing import Unfit, Writing

        self.writing = self.writing or Writing(self.rig.rate)
        try:
            fit = self.writing.fit(treatment, name)
        except Unfit as why:
            raise Refused(str(why)) from None
        if fit.note:
            self.news.append(f"{fit.name}: {fit.note}")
        return fit.word

    def panic(self) -> None:
        """Zero within ten milliseconds, whatever anybody's Python does."""
        self.core.clock[at.C_GATE] = 1

    def unpanic(self) -> None:
        """Sound again."""
        self.core.clock[at.C_GATE] = 0

    def mute(self, *names: str) -> None:
        """These are silent from now on."""
        self.play(replace(self.score, muted=self.score.muted | set(names)))

    def unmute(self, *names: str) -> None:
        """These sound again; no name: all do."""
        self.play(replace(self.score, muted=self.score.muted - set(names) if names else frozenset()))

    def solo(self, *names: str) -> None:
        """Only these go to the outputs; no name: all do."""
        self.play(replace(self.score, soloed=frozenset(names)))

    # --- looking ------------------------------------------------------------------------

    @property
    def frame(self) -> int:
        """The core's clock."""
        return int(self.core.clock[at.C_FRAME])

    @property
    def lost(self) -> int:
        """Blocks the device lost since the start."""
        return int(self.core.clock[at.C_LOST])

    @property
    def device(self) -> str:
        """What is played on now."""
        return str(self.core.device[0].decode(errors="replace"))

    def load(self, seconds: float = 0.5) -> float:
        """The callback's share of one core, over the next moments."""
        a, t = int(self.core.clock[at.C_LOAD_NS]), time.monotonic_ns()
        time.sleep(seconds)
        return (int(self.core.clock[at.C_LOAD_NS]) - a) / (time.monotonic_ns() - t)


def differs(plays: Rig, asked: Rig | None) -> list[str]:
    """One line when what plays is not what was asked for."""
    if asked is None:
        return []
    words = {"device": "device", "source": "input device", "rate": "rate", "ins": "inputs", "outs": "outputs"}
    other = [
        f"{said} {getattr(plays, key)!s}, not {getattr(asked, key)!s}"
        for key, said in words.items()
        if getattr(plays, key) != getattr(asked, key)
    ]
    return [f"a core plays already and is taken up as it is: {'; '.join(other)}. Close it first to start with yours."] if other else []


def somewhere(rig: Rig) -> tuple[Rig, list[str]]:
    """A take needs a folder that can be written: else another one, and a line that says which."""
    take = Path(rig.take)
    try:
        take.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=take):
            return rig, []
    except OSError as trouble:
        found = Path(tempfile.mkdtemp(prefix="antiphon-take-"))
        return replace(rig, take=str(found)), [f"{take} cannot be written ({trouble.strerror or trouble}); this take goes to {found}"]


def tidy(folder: Path) -> None:
    """Remove a folder that nothing is left in but who was there."""
    for path in folder.glob("*.pid"):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # something else lies there: then it stays
        folder.rmdir()


def sweep(but: Path, age: float = 60.0) -> list[str]:
    """Remove what crashed sessions of ours left behind: folders where nobody lives any more. What plays is never touched."""
    from live.watch import clear

    gone = []
    for folder in where().iterdir():
        try:
            ours = folder != but and (folder / "core.map").exists() and time.time() - (folder / "rig.json").stat().st_mtime > age
        except OSError:
            continue  # no session, or one that is leaving just now
        if ours and not any(alive(folder, role) for role in ("core", "watch", "tape")):
            clear(folder, whole=True)
            gone.append(folder.name)
    return [f"removed what a crash had left of: {', '.join(gone)}"] if gone else []


def fresh(folder: Path, rig: Rig) -> None:
    """New maps for a new session; what a crashed one left is removed."""
    from live.control.post import FILE, POST
    from live.watch import clear

    clear(folder)
    Map(folder / FILE, POST, create=True).close()
    (folder / "log").write_text("")
    Path(rig.take).mkdir(parents=True, exist_ok=True)
    rig.write(folder / "rig.json")
    with contextlib.suppress(FileNotFoundError):
        (folder / "core.map").unlink()
    Bell(folder, hang=True).close()
    core = Map(folder / "core.map", at.CORE, create=True)
    core.clock[at.C_MAGIC] = at.MAGIC + at.VERSION
    core.close()
    if rig.record:
        Map(folder / "tape.map", at.tape(rig.tracks), create=True).close()
