"""The dress rehearsal: a new score is played in the next room, silently and fast, before it may land.

    dress = Dress(48000, 2, 2, 256, runtime, take)
    ticket = dress.ask(score, before, frame=landing, clock=stage.clock, knobs={21: 0.5})
    verdict = dress.answer(ticket, timeout=4)      # None while it still plays

The next room is one warm process (``live.dressing``). An endless loop in it, a hanging disk or a crash cost nothing but
that process: it is ended, a fresh one opens, and the verdict says why. Nobody here touches a sample.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from live.clock import Clock
from live.plan import score_data
from live.rig import Rig
from live.score import Score

OPENING = 5.0  # seconds an edit waits for a room that is only just opening; the very first start compiles for a minute or two
DEADLINE = 4.0
PATIENCE = 3.0  # times the deadline, for a machine so busy that the rehearsal hardly runs
LOOK = 0.05


@dataclass(frozen=True)
class Verdict:
    """Whether a score may land; why not, which place, and in which bar after the landing (from 1; 0: in none)."""

    ok: bool
    reason: str = ""
    place: str = ""
    bar: int = 0
    took: float = 0.0  # seconds from asking to knowing
    cost: float = 0.0  # of one core, while it plays
    rendered_seconds: float = 0.0
    note: str = ""  # what could not be rehearsed
    silent: bool = False  # nothing at all would be heard, and something is heard now


@dataclass(eq=False)
class Ticket:
    """A rehearsal that was asked for."""

    asked: dict[str, Any]
    deadline: float
    done: Callable[[Verdict], object] | None = None  # told in the thread of the rehearsals: be quick
    since: float = field(default_factory=time.monotonic)
    dropped: bool = False
    verdict: Verdict | None = None
    ready: threading.Event = field(default_factory=threading.Event)


class Dress:
    """The desk's side: asks, waits without blocking, ends what does not end by itself."""

    def __init__(
        self, rate: int, ins: int, outs: int, block: int, runtime: Path, take: Path, ceiling: float = -1.0, seed: int = 0,
        *, folders: Collection[Path] = (), opening: float = OPENING,
    ) -> None:  # fmt: skip
        """``ceiling`` in dB; ``take`` holds the reels of what the inputs heard; ``folders``: where else engines lie."""
        self.opening = opening
        self.room = {
            "rate": rate, "ins": ins, "outs": outs, "block": block, "runtime": str(runtime), "take": str(take),
            "ceiling": ceiling, "seed": seed, "folders": [str(folder) for folder in folders],
        }  # fmt: skip
        self.child: Child | None = None
        self._waiting: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self._running: Ticket | None = None
        self._count = 0
        self._closed = False
        self._thread: threading.Thread | None = None

    @staticmethod
    def of(rig: Rig, runtime: Path, *, folders: Collection[Path] = ()) -> Dress:
        """For what plays as ``rig`` says, in that runtime folder."""
        return Dress(rig.rate, rig.ins, rig.outs, rig.block, runtime, Path(rig.take), rig.ceiling, rig.seed, folders=folders)

    def __enter__(self) -> Dress:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def warm(self) -> None:
        """Open the next room now, so that the first rehearsal need not wait."""
        self._waiting.put(None)
        self._serve()

    def ask(
        self, score: Score, before: Score, *, frame: int, clock: Clock, knobs: Mapping[int | str, float] | None = None,
        bars: float = 4, deadline: float = DEADLINE, changed: Collection[str] = (), born: Mapping[str, int] | None = None,
        done: Callable[[Verdict], object] | None = None,
    ) -> Ticket:  # fmt: skip
        """Have ``score`` rehearsed as it would land at ``frame``. Does not block.

        ``clock``: the tempo that plays now; ``changed``: names the edit touched, blamed first;
        ``born``: the frame each place began at, else the journal of the take is asked; ``done`` is told the verdict.
        """
        self._count += 1
        asked = {
            "number": self._count, "frame": frame, "clock": [clock.bpm, clock.bar, clock.beat0, clock.frame0],
            "knobs": sorted((str(knob), value) for knob, value in (knobs or {}).items()), "bars": bars, "deadline": deadline, "changed": sorted(changed),
            "born": None if born is None else dict(born), "score": score_data(score), "before": score_data(before),
        }  # fmt: skip
        ticket = Ticket(asked, deadline, done)
        self._waiting.put(ticket)
        self._serve()
        return ticket

    def answer(self, ticket: Ticket, timeout: float = 0.0) -> Verdict | None:
        """The verdict, or None when there is none after ``timeout`` seconds."""
        ticket.ready.wait(timeout)
        return ticket.verdict

    def drop(self, ticket: Ticket) -> None:
        """Nobody waits for this one any more: it makes room for the next."""
        ticket.dropped = True
        if ticket is self._running and self.child:
            self.child.say({"drop": ticket.asked["number"]})

    def close(self) -> None:
        """End the next room; who still waits is told."""
        self._closed = True
        child = self.child
        if child:
            child.close()
        self._waiting.put(None)
        if self._thread:
            self._thread.join(2.0)
        if self.child:
            self.child.close()

    # --- in the thread of the rehearsals ----------------------------------------------

    def _serve(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="dress", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._closed:
            ticket = self._waiting.get()
            if self._closed:
                break
            if ticket is None:
                self._open()
                continue
            self._running = ticket
            try:
                verdict = self._rehearse(ticket)
            except Exception as trouble:  # the rehearsal must not become what stops the music from changing
                verdict = unrehearsed(f"{type(trouble).__name__}: {trouble}")
            self._running = None
            self._tell(ticket, verdict)
            if not self._closed and self.child is None:
                self._open()  # warm again for the next one
        while not self._waiting.empty():
            if left := self._waiting.get():
                self._tell(left, Verdict(False, "the rehearsals have ended"))

    @staticmethod
    def _tell(ticket: Ticket, verdict: Verdict) -> None:
        ticket.verdict = replace(verdict, took=time.monotonic() - ticket.since)
        ticket.ready.set()
        if ticket.done:
            ticket.done(ticket.verdict)

    def _open(self) -> Child:
        if self.child is None:
            self.child = Child(self.room)
        return self.child

    def _end(self) -> None:
        if self.child:
            self.child.close()
            self.child = None

    def _rehearse(self, ticket: Ticket) -> Verdict:
        """Send it over, twice if the room falls down, and wait for what comes back."""
        why = ""
        for _ in range(2):
            if self._closed:
                break
            if ticket.dropped:
                return Verdict(False, "another edit came before this one was rehearsed")
            child = self._open()
            if not child.opened(self.opening):
                if self._closed:
                    break
                if child.process.poll() is None:
                    return unrehearsed("the room for it is still opening")
                said = child.last_words()
                self._end()
                return unrehearsed(said)
            if child.say(ticket.asked) and (told := self._hear(child, ticket)):
                return told
            why = child.last_words()
            self._end()
        if self._closed:
            return Verdict(False, "the rehearsals have ended")
        return Verdict(False, f"the rehearsal crashed twice ({why}): on stage it would take the sound along")

    def _hear(self, child: Child, ticket: Ticket) -> Verdict | None:
        """The room's answer, or the reason why there is none; None when it fell down."""
        began, worked = time.monotonic(), child.worked()
        while True:
            said = child.hear(LOOK)
            if said is None:
                return None
            if said.get("number") == ticket.asked["number"]:
                return Verdict(**said["verdict"])
            gone = time.monotonic() - began
            if gone < ticket.deadline:
                continue
            starving = child.is_runnable() and child.worked() - worked < 0.5 * ticket.deadline
            if starving and gone < PATIENCE * ticket.deadline:
                continue  # it wants to go on and is not let: the edit may be all right
            self._end()
            if starving:
                return Verdict(False, f"the machine is too busy: the rehearsal got nowhere in {gone:.0f} s. Try again")
            return Verdict(False, f"the rehearsal did not end in {ticket.deadline:g} s")


def unrehearsed(why: str) -> Verdict:
    """A room that cannot be used is no reason to refuse: what the edit does, the core's guards will say."""
    return Verdict(True, note=f"not rehearsed: {why}")


class Child:
    """The next room: one process, told and asked in lines of JSON."""

    def __init__(self, room: Mapping[str, Any]) -> None:
        env = dict(os.environ)
        if "numba" in sys.modules:  # what was compiled here is found there
            env["NUMBA_CACHE_DIR"] = sys.modules["numba"].config.CACHE_DIR
        root = str(Path(__file__).parent.parent)
        env["PYTHONPATH"] = os.pathsep.join(path for path in (root, env.get("PYTHONPATH", "")) if path)
        how = {"start_new_session": True} if os.name != "nt" else {"creationflags": 0x00004200}  # below normal, no Ctrl-C
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "live.dressing", json.dumps(room)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, env=env, **how,  # type: ignore[call-overload]
        )  # fmt: skip
        self.said: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.warm = False
        assert self.process.stdout
        threading.Thread(target=listen, args=(self.process.stdout, self.said), daemon=True).start()

    def opened(self, patience: float) -> bool:
        """Wait until the room is warm."""
        if not self.warm:
            self.warm = bool(self.hear(patience))
        return self.warm

    def say(self, line: Mapping[str, Any]) -> bool:
        """Send a line; False when nobody is there."""
        try:
            assert self.process.stdin
            self.process.stdin.write(json.dumps(line) + "\n")
            self.process.stdin.flush()
        except (OSError, ValueError):
            return False
        return True

    def hear(self, seconds: float) -> dict[str, Any] | None:
        """What the room says next; empty when it says nothing in time, None when it is gone."""
        try:
            return self.said.get(timeout=seconds)
        except queue.Empty:
            return {}

    def worked(self) -> float:
        """Seconds of processor time it has had, where the system says so."""
        found = self._stat()
        return (int(found[11]) + int(found[12])) / os.sysconf("SC_CLK_TCK") if found else 0.0

    def is_runnable(self) -> bool:
        """Whether it could go on if it were let: not when it waits for a disk."""
        found = self._stat()
        return bool(found) and found[0] == "R"

    def _stat(self) -> list[str]:
        try:
            return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:  # gone, or a system that keeps no such page: then the wall clock alone decides
            return []

    def last_words(self) -> str:
        """How it ended, in a few words."""
        try:
            code = self.process.wait(1.0)
        except subprocess.TimeoutExpired:
            return "it says nothing"
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"signal {-code}" if code < 0 else f"exit {code}"

    def close(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.errors):
            if pipe:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()


def listen(pipe: IO[str], said: queue.SimpleQueue[dict[str, Any] | None]) -> None:
    """Every line of the room; None at its end."""
    with contextlib.suppress(ValueError, OSError):  # closed under us, or torn by a kill
        for line in pipe:
            said.put(json.loads(line))
    said.put(None)
