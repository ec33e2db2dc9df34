"""The core's own process: opens the device, reads the mail, lands plans, keeps the journal.

``python -m live.core.process FOLDER [--standby]``. Its Python may stall for
seconds; the callback does not notice. A standby has everything loaded and
waits for one line on its standard input, so that a killed core is followed
by the next in a fraction of a second.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import sys
import time
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from live.core import layout as at
from live.core.bell import Bell
from live.core.mail import Letter, Reader, answer
from live.core.memory import Map
from live.core.pacing import CELLS, seen
from live.core.ticking import ASKED, K_ASKED
from live.cue import Rubato
from live.journal import Journal, Past, last_known
from live.plan import compare
from live.rig import Rig
from live.score import Node, Score

POLL = 0.01  # seconds between looks around when nothing is written to us
LANDING_POLL = 0.002  # while a plan is about to land
ARM_AHEAD = 0.3  # seconds: a plan for a far bar is laid out only then, so that plans for nearer frames pass it
RESTORE_FADE = 0.01
HUNG = 75  # exit status of a core that only a new one can follow


@dataclass
class Waiting:
    """A plan that has come in and not yet landed."""

    letter: Letter
    frame: int


def now_ns() -> int:
    """The clock the callback uses too."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) if hasattr(time, "clock_gettime_ns") else time.monotonic_ns()


class Core:
    """One playing core: everything around the callback."""

    def __init__(self, folder: Path, maps: Maps, *, device: str = "", careful: bool = False) -> None:
        """``device`` stands in for the wanted one while that is away; ``careful`` leaves out what may have crashed the last core."""
        from live.core.conductor import Conductor
        from live.core.deeds import Deeds
        from live.core.devices import Devices
        from live.core.stand import Stand
        from live.guests import Guests

        self.folder, self.rig = folder, maps.rig
        self.careful = careful
        self.core, self.tape = maps.core, maps.tape
        clock = self.core.clock
        book = Path(self.rig.take) / "journal.jsonl"
        past = last_known(book)
        goes_on = past.frame >= 0
        self.journal = Journal(book, past)
        again = int(clock[at.C_GENERATION]) > 0
        died = int(clock[at.C_FRAME]) or past.frame + 1  # the old core made all frames before this one
        if again:
            self._catch_up()
        clock[at.C_FRAME] = max(int(clock[at.C_FRAME]), -(-(past.frame + 1) // 64) * 64)  # a journal never runs backwards
        clock[at.C_GENERATION] += 1
        clock[at.C_PID], clock[at.C_STATE], clock[at.C_BORN_NS] = os.getpid(), 0, now_ns()
        self.rate = self.rig.rate
        self.stand = Stand(
            self.rate,
            self.rig.ins,
            self.rig.outs,
            core=self.core,
            tape=self.tape,
            lookahead=self.rig.lookahead,
            ceiling_db=self.rig.ceiling,
            takeover=self.rig.takeover,
        )
        self.told = ""
        self.devices = Devices(folder, self.stand, self.rig, clock, self._trouble, self._say_device)
        if device != "null":
            self.devices.call()  # the driver opens while the score is restored
        self.guests = Guests(folder, lambda: int(clock[at.C_BLOCK]) or self.rig.block, fresh=not again)
        self.conductor = Conductor(self.stand, seed=self.rig.seed, find=self.guests.find, named=self._name)
        for number, name in past.names.items():
            self.stand.knob_names[number] = name.encode()
        self.queue: deque[Waiting] = deque()
        self.deeds = Deeds(self.stand)
        self.bad: set[str] = set()
        self.unwritten = ""  # why the journal is not written at the moment
        if not goes_on:
            self.stand.seen[:], self.stand.ctl[:, : at.KNOBS] = 0.0, 0.0  # turned before we came: on their way now, and in the journal
            room = {key: getattr(self.rig, key) for key in ("rate", "ins", "outs", "seed", "ceiling", "lookahead")}
            self.journal.write("begin", self.stand.frame, **room, started=time.time())
        self.landed = past.numbers
        self.reader = Reader(self.core, again=again)
        if goes_on:
            self.restore(past, died)

    def _catch_up(self) -> None:
        """The clock goes on as if nothing had happened: silence took the time, not the music."""
        clock = self.core.clock
        last = int(clock[at.C_WALL_NS])
        if last:
            gone = max(now_ns() - last, 0) * int(clock[at.C_RATE]) // 1_000_000_000
            clock[at.C_FRAME] = -(-(int(clock[at.C_FRAME]) + gone) // 64) * 64

    def restore(self, past: Past, died: int) -> None:
        """Play what the journal says was playing, each place as old as it would be."""
        from live.core.conductor import Refusal

        score, born = past.score, dict(past.born)
        if self.careful:
            risky = [name for name, node in score.places.items() if node.kind.startswith("written:")]
            if risky:
                self._trouble(f"the core crashed twice; left out: {', '.join(risky)}")
                score = self._without(score, risky)
        frame = self.stand.frame
        stand = {knob: float(value) for knob, value in enumerate(self.stand.seen) if value or self.stand.knob_names[knob]}
        t = [float(x) for x in self.core.tempo[:CELLS]]
        self.journal.write("again", frame, died=min(died, frame), knobs=stand, tempo=t, places=len(score.places))
        for knob, value in stand.items():  # turned in the last moment of the old core
            if past.knobs.get(knob) != value:
                self.journal.write("knob", frame, knob=knob, value=value)
        if score == Score():
            return
        age = {name: max(frame - since, 1) for name, since in born.items()}
        try:
            ready = self.conductor.prepare(compare(Score(), score), age=age)
        except Refusal as trouble:
            self._trouble(f"not all could be restored: {trouble}")
            self.guests.forget()
            score = self._what_can_be(score)
            ready = self.conductor.prepare(compare(Score(), score), age=age)
        self.guests.begin(frame)

        def landed(at_frame: int) -> None:
            self.journal.state(at_frame, replace(past, score=score, born={name: born[name] for name in score.places if name in born}))

        again = int(self.core.clock[at.C_GENERATION]) > 1  # then time goes on as it went, whatever the page says
        self.conductor.arm(ready, fade=RESTORE_FADE, done=landed, tempo=not again)

    @staticmethod
    def _without(score: Score, names: list[str]) -> Score:
        """A score without some places; who heard them hears what they heard."""
        places = {}
        for name, node in score.places.items():
            if name not in names:
                ins = tuple(score.places[i].ins[0] if i in names and score.places[i].ins else i for i in node.ins)
                places[name] = Node(node.kind, tuple(i for i in ins if i not in names), node.controls, node.settings)
        return score.with_(places=places, sends=tuple(s for s in score.sends if s.place in places))

    def _what_can_be(self, score: Score) -> Score:
        """The part of a score that still can be built."""
        from live.core.conductor import Refusal

        kept = Score(tempo=score.tempo, bar=score.bar)
        for name, node in score.places.items():
            sends = tuple(s for s in score.sends if s.place in kept.places or s.place == name)
            trial = kept.with_(places={**kept.places, name: node}, sends=sends)
            try:
                self.conductor.forget(self.conductor.prepare(compare(Score(), trial)))
                self.guests.forget()
            except Refusal as trouble:
                self._trouble(f"{name} is left out: {trouble}")
            else:
                kept = trial
        return kept

    # --- the device -----------------------------------------------------------------

    def open(self) -> None:
        """Play on the wanted device, or on none: there is always something to play on."""
        self.devices.open()

    def _say_device(self, port: Any) -> None:
        self.core.device[0] = port.name.encode()
        self.core.device[1] = (self.rig.source or port.name).encode()
        self.core.device[2] = port.backend.encode()
        self.core.clock[at.C_BLOCK] = port.block
        self.core.clock[at.C_LAT_IN], self.core.clock[at.C_LAT_OUT] = port.latency
        self.core.clock[at.C_STATE] = 1
        self.journal.write("device", self.stand.frame, name=port.name, backend=port.backend, block=port.block)

    def _name(self, number: int, name: str, value: float) -> None:
        """A knob has its name now, and keeps it."""
        self.journal.write("named", self.stand.frame, knob=number, name=name, value=value)

    # --- the mail -------------------------------------------------------------------

    def turn(self) -> bool:
        """One round of the conductor's day. False when it is time to leave."""
        clock = self.core.clock
        clock[at.C_BEAT_NS] = now_ns()
        for letter in self.reader.letters():
            if not self._read(letter):
                return False
        self.conductor.settle()
        self._arm_next()
        self.conductor.sweep()
        self.deeds.put_down(self.journal)
        self._note_bad()
        self._note_disk()
        self.devices.turn()
        for began in self.guests.serve(self.conductor):
            self.journal.write("engine", self.stand.frame, **began)
        return clock[at.C_STOP] == 0

    def _read(self, letter: Letter) -> bool:
        from live.core.conductor import Refusal
        from live.core.row import CHUNK

        if letter.verb == "plan":
            if letter.number in self.landed:  # the core before us landed it and died before it could say so
                answer(self.core, letter.number, at.LANDED, self.landed[letter.number])
                self.reader.done(letter)
            else:
                self.queue.append(Waiting(letter, self._frame_for(letter)))
                self._announce(self.queue[-1])
        elif letter.verb == "device":
            self.devices.call()
        elif letter.verb == "event":
            try:
                numbers = [float(number) for number in json.loads(letter.text)]
                frame = self.conductor.event(letter.name, letter.frame, letter.number, numbers, soon=CHUNK)
                came = self.stand.frame
                late = {"late": True} if came + CHUNK > frame else {}  # the callback ran meanwhile: its frame is a guess
                frame = max(frame, came)
                self.journal.write("event", frame, name=letter.name, kind=letter.number, numbers=numbers, came=came, **late)
            except Refusal as trouble:
                self._trouble(str(trouble))
            except (TypeError, ValueError):
                self._trouble(f"an event for {letter.name} is no list of numbers: {letter.text[:60]}. What plays, plays on")
        elif letter.verb == "pace":
            self._pace(letter)
        elif letter.verb == "knob":
            self._turn(letter)
        elif letter.verb == "ticks":  # start, stop or continue for those who follow our MIDI clock
            self.stand.ticks[K_ASKED] = ASKED.get(letter.name, 0.0)
        elif letter.verb == "mark":
            self.journal.write("mark", self.stand.frame, text=letter.text)
        elif letter.verb == "stall":  # for the bench only: hold this process's GIL
            import ctypes

            ctypes.PyDLL(None).usleep(int(letter.number))
        elif letter.verb == "leave":
            return False
        else:
            self._trouble(f"the core knows no word {letter.verb!r}")
        if letter.verb != "plan":
            self.reader.done(letter)
        return True

    def _turn(self, letter: Letter) -> None:
        """A knob that had no name yet is turned: it gets one, and stands there before anybody hears it."""
        from live.core.conductor import Refusal

        try:
            value = float(json.loads(letter.text))
            if not 0.0 <= value <= 1.0:
                raise ValueError
            self.stand.knobs[self.conductor.claim(letter.name, value)] = value
        except Refusal as trouble:
            self._trouble(str(trouble))
        except (TypeError, ValueError):
            self._trouble(f"knob({letter.name!r}) is turned to {letter.text[:60]}: it goes from 0 to 1. What plays, plays on")

    def _pace(self, letter: Letter) -> None:
        """Time is to change its pace: the callback does it, at the next multiple of its chunk from that frame on."""
        try:
            pace = Rubato.of(json.loads(letter.text))
        except (ValueError, TypeError) as why:
            self._trouble(f"time goes on as it goes: {why}")
        else:
            self.stand.pace(pace.row(letter.frame))

    def _frame_for(self, letter: Letter) -> int:
        if letter.at == "frame":
            return letter.frame
        if letter.at == "now":
            return 0
        return seen(self.core.tempo, self.rate).at(letter.at, self.stand.frame + int(self.core.clock[at.C_BLOCK]) + self.rate // 100)

    def _arm_next(self) -> None:
        """Arm the plan that lands first, when its frame is near."""
        if self.conductor.armed or not self.queue:
            return
        horizon = self.stand.frame + int(ARM_AHEAD * self.rate)
        ready = [w for w in self.queue if w.frame <= horizon]
        if not ready:
            return
        first = min(ready, key=lambda w: w.frame)
        self.queue.remove(first)
        self._arm(first)

    def _announce(self, waiting: Waiting) -> None:
        """A plan for later: what its engines need time for may begin now."""
        if waiting.frame > self.stand.frame + int(ARM_AHEAD * self.rate):
            with contextlib.suppress(Exception):  # only a hint: whatever is wrong with the plan is said when it is laid out
                self.guests.announce(waiting.letter.plan, self.conductor)

    def _arm(self, waiting: Waiting) -> None:
        from live.core.conductor import Refusal

        letter = waiting.letter
        try:
            plan = letter.plan
            ready = self.conductor.prepare(plan)
        except Exception as trouble:  # whatever a plan brings along, what plays must not stop for it
            self.guests.forget()
            said = str(trouble) if isinstance(trouble, Refusal) else f"{type(trouble).__name__}: {trouble}".splitlines()[0]
            answer(self.core, letter.number, at.REFUSED, self.stand.frame, said)
            self.reader.done(letter)
            return

        def landed(frame: int) -> None:
            self.journal.plan(frame, plan, self.conductor.score, letter.fade, letter.number, armed)
            late = f"late by {frame - waiting.frame} frames" if waiting.frame and frame > waiting.frame else ""
            answer(self.core, letter.number, at.LANDED, frame, late)
            self.reader.done(letter)

        self.guests.begin(max(waiting.frame, self.stand.frame))
        self.conductor.arm(ready, waiting.frame, fade=letter.fade, done=landed)
        armed = self.stand.frame

    # --- news -----------------------------------------------------------------------

    def _note_bad(self) -> None:
        if not int(self.core.clock[at.C_BAD]) and not self.bad:
            return
        from live.core.inner import V_BAD

        why = {1: "not a number", 2: "far too loud", 3: "direct current", 4: "too slow"}
        now = {}
        for name, place in self.conductor.places.items():
            code = int(place.strip.voice[V_BAD])
            if code:
                now[name] = why[code]
        for name in set(now) - self.bad:
            dry = self.conductor.places[name].strip.kind.dry
            self._trouble(f"{name} went bad ({now[name]}) and was {'bypassed' if dry else 'taken out'}; the rest plays on")
            self.journal.write("bad", self.stand.frame, name=name, why=now[name])
        self.bad = set(now)

    def _note_disk(self) -> None:
        """A journal that cannot be written is said once, and that it can be again."""
        self.journal.flush()  # what a full disk did not take
        trouble = self.journal.trouble
        if trouble and not self.unwritten:
            self.unwritten = trouble
            self._trouble(trouble)
        elif self.unwritten and not trouble:
            self.unwritten = ""
            self._trouble("the journal is written again; nothing is missing in it")

    def _trouble(self, text: str) -> None:
        if text == self.told:
            return
        self.told = text
        answer(self.core, 0, at.TROUBLE, self.stand.frame, text)
        self.core.device[3] = text.encode()[:255]
        self.journal.write("trouble", self.stand.frame, text=text)

    def close(self) -> None:
        """Let go in an orderly way: a short fade, the device, the journal."""
        was = int(self.core.clock[at.C_GATE])
        self.core.clock[at.C_GATE] = 1
        time.sleep(0.03)
        self.deeds.put_down(self.journal)
        self.core.clock[at.C_STATE] = 3
        self.devices.close()
        self.core.clock[at.C_GATE] = was
        self.journal.write("end", self.stand.frame)
        self.journal.close()


@dataclass
class Maps:
    """What a core shares, mapped and in memory before it is needed."""

    rig: Rig
    core: Map
    tape: Map | None

    @staticmethod
    def of(folder: Path) -> Maps:
        """Everything of one runtime folder."""
        rig = Rig.read(folder / "rig.json")
        tape = Map(folder / "tape.map", at.tape(rig.tracks)) if rig.record else None
        if tape:
            tape.touch()
        return Maps(rig, Map(folder / "core.map", at.CORE), tape)


def settle_in() -> None:
    """Ask the system politely for what real time needs. What it refuses, the doctor names."""
    gc.collect()
    gc.freeze()
    gc.disable()
    if sys.platform.startswith("linux"):
        import ctypes
        import resource

        # with a limit on locked memory, locking what is still to come would make the next sample too big to load
        free = os.geteuid() == 0 or resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
        ctypes.CDLL(None).mlockall(3 if free else 1)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(-10)


def follow_parent(so: bool) -> None:
    """Whether to die with the watcher: a core that still loads does, one that plays outlives it."""
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL if so else 0)  # PR_SET_PDEATHSIG
        if so and os.getppid() == 1:
            os._exit(0)  # it died before we asked


def main(argv: list[str]) -> int:
    """Warm up, wait if standing by, play until told to leave."""
    folder = Path(argv[0])
    if "--standby" in argv:
        follow_parent(True)
    from live import guests  # noqa: F401
    from live.core import callback, conductor, devices  # noqa: F401 - all compiled code is in memory after this
    from live.core.kinds import kinds
    from live.pids import Held
    from live.ports import audio

    kinds()
    audio.warm()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    maps = Maps.of(folder)
    bell = Bell(folder, hang=True)
    settle_in()
    go: dict[str, Any] = {}
    if "--standby" in argv:
        with Held(folder, "standby"):
            line = sys.stdin.readline()
        if not line:
            return 0
        go = json.loads(line)
        follow_parent(False)
    with Held(folder, "core"):
        core = Core(folder, maps, device=go.get("device", ""), careful=bool(go.get("careful")))
        signal.signal(signal.SIGTERM, lambda *_: core.core.clock.__setitem__(at.C_STOP, 1))
        core.open()
        try:
            while core.turn():
                bell.wait(LANDING_POLL if core.conductor.armed or core.queue else POLL)
        except devices.Stuck as trouble:
            core.journal.write("trouble", core.stand.frame, text=f"{trouble}; another core takes over")
            return HUNG
        core.close()
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # PortAudio may hang in its own exit; everything of ours is closed
