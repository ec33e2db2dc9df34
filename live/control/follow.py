"""MIDI clock in: the music goes with a drum machine, steadily, however badly its ticks come in.

Ticks come with their frames out of the core's echo; ``Steady`` hears the pulse through the jitter; what the core is told is
where the beat should be, and it bends there. When the clock ends, the music goes on at its tempo.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from live.clock import Clock
from live.control.part import Part
from live.control.steady import PER_BEAT, Steady
from live.control.tap import Tapper
from live.control.timing import moved, nudged, post_pace
from live.core import layout as at
from live.core.pacing import bpm_of, seen
from live.cue import Rubato

if TYPE_CHECKING:
    import numpy as np

    from live.control.process import Hands

TICK, START, CONTINUE, STOP, POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2
SILENT = 1.0  # seconds without a tick: the clock has ended
ROUND = 0.25  # beats between two corrections while all is well
BREATH, HASTE = 2.0, 0.5  # beats a correction takes; while the pulse is being found
FIRST = 12  # ticks before anything is believed: half a beat
NEAR_ENOUGH = 0.00015  # seconds the beat may be off, and share the tempo may be, before anybody moves
TELLS = 0.5  # seconds between two letters about it
FAR, FAR_AT_FIRST = 0.5, 0.06  # beats: farther off, time jumps once


@dataclass
class Follower:
    """What MIDI clock says, as paces. Pure: messages and the core's time in, paces and lines out."""

    rate: int
    offset: float = 0.0  # beats the performer wants to lie before the clock (nudge)
    slot: int = -1  # whose clock it is
    steady: Steady = field(init=False)
    heard: float = -1e18  # the last tick's frame
    waits: str = ""  # "start", "continue": for the next tick
    position: float | None = None  # beats, from a song position
    stopped: bool = False
    ended: bool = False
    moved: float = -1e18  # the frame of the last correction
    base: float | None = None  # our beat minus the clock's own count of beats
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.steady = Steady(self.rate)

    @property
    def bpm(self) -> float:
        """The clock's tempo, as well as it is known."""
        return self.steady.bpm if self.steady.known >= FIRST else 0.0

    def hear(self, slot: int, data: bytes, frame: float, clock: Clock) -> Rubato | None:
        """One message; a pace when time must jump at once."""
        if data[0] not in (TICK, START, CONTINUE, STOP, POSITION):
            return None
        if slot != self.slot:
            if self.slot >= 0 and frame - self.heard < SILENT * self.rate:
                return None  # two at once: the first one leads
            self.slot = slot
            self._anew()
        if data[0] == TICK:
            return self._tick(frame, clock)
        if data[0] == POSITION and len(data) >= 3:
            self.position = (data[1] | data[2] << 7) / 4.0
            if not self.stopped:
                self.waits = "continue"
        elif data[0] in (START, CONTINUE):
            self.waits = "start" if data[0] == START else "continue"
            self.stopped = False
        elif data[0] == STOP and not self.stopped:
            self.stopped = True
            self.said.append(f"stopped; the music goes on{self._at()}")
        return None

    def _at(self) -> str:
        return f" at {self.bpm:.1f} bpm" if self.bpm else ""

    def _anew(self) -> None:
        self.steady, self.base, self.ended, self.waits = Steady(self.rate), None, False, ""

    def _tick(self, frame: float, clock: Clock) -> Rubato | None:
        if self.ended or frame - self.heard > SILENT * self.rate:
            known = self.ended
            self._keep_count(frame)
            self.said += [f"is back{self._at()}"] if known else []
        self.heard = frame
        if self.waits:
            beat = 0.0 if self.waits == "start" else self.position
            self.waits, self.position = "", None
            if beat is not None:
                self.steady.place(0.0)
                self.steady.tick(frame)
                self.base = beat
                self.moved = frame
                return Rubato(aim=beat + self.offset, aim_at=self._line(frame), led=1.0)
        self.steady.tick(frame)
        return None

    def _line(self, frame: float) -> float:
        """Where the newest tick should have come."""
        return self.steady.at if self.steady.known >= FIRST else frame

    def _keep_count(self, frame: float) -> None:
        """A clock that comes back begins a new pulse; where its beats lie is seen anew."""
        self.ended = False
        self.steady, self.base = Steady(self.rate), None

    def turn(self, frame: float, clock: Clock, bpm: float) -> Rubato | None:
        """Seen now and then: the correction that is due. ``bpm``: what the core plays without bending."""
        if self.slot < 0 or self.ended or self.heard < 0:
            return None
        if frame - self.heard > SILENT * self.rate:
            self.ended = True
            self.said.append(f"ended; the music goes on at {bpm:.1f} bpm")
            return None
        one = self.steady
        if one.known < FIRST or (frame - self.moved) * clock.bpm < ROUND * 60 * self.rate:
            return None
        tempo = one.bpm
        if not 20.0 <= tempo <= 500.0:
            return None
        heard = one.beat(frame)
        if self.base is None:  # which tick is the beat nobody knows without a start: the nearest, so that least moves
            mine = clock.beat(frame) - self.offset
            self.base = round((mine - heard) * PER_BEAT) / PER_BEAT
        aim = heard + self.base + self.offset
        off = aim - clock.beat(frame)
        seconds = abs(off) * 60.0 / tempo
        if seconds < NEAR_ENOUGH and abs(tempo - bpm) < NEAR_ENOUGH * tempo:
            return None
        self.moved = frame
        breath = BREATH if one.is_calm else HASTE
        within = 0.0 if abs(off) > (FAR if one.is_calm else FAR_AT_FIRST) else breath * 60.0 * self.rate / tempo
        return Rubato(bpm=tempo, aim=aim, aim_at=float(frame), within=within, led=1.0)


class Follow(Part):
    """The hands' part that follows MIDI clock while it is asked to, and whoever taps or nudges."""

    def __init__(self, hands: Hands) -> None:
        super().__init__(hands)
        self.on = hands.rig.follow == "midi" or hands.core.tempo[at.T_LED] == 1.0  # the hands before us may have been asked to
        self.follower = Follower(hands.rate)
        self.tapper = Tapper(hands.rate)
        self._told: tuple[Any, ...] = ()
        self._told_at = -1e9
        self._asked = 0.0
        if self.on:
            post_pace(hands, Rubato(led=1.0))

    @property
    def clock(self) -> Clock:
        """The core's time."""
        return seen(self.hands.core.tempo, self.hands.rate)

    def letter(self, word: str, what: dict[str, Any]) -> bool:
        """Another source; a nudge against this one."""
        if word == "clock" and "source" in what:
            on = what["source"] == "midi"
            if on and not self.on:
                self.follower = Follower(self.hands.rate)
            if on != self.on:
                self.on = on
                post_pace(self.hands, Rubato(led=1.0 if on else 0.0))
            self._told = ()
            if on:
                self._asked = 0.0
            return True
        if word == "nudge":
            later = nudged(what, bpm_of(self.hands.core.tempo))
            if self.on:
                self.follower.offset -= later
            elif not self._linked:
                post_pace(self.hands, moved(later, self.clock.bpm, self.hands.rate))
            return True
        if word == "tap":
            self._tap(float(what.get("frame") or self.hands.frame))
            return True
        if word == "bpm":
            if not self._refused("bpm"):
                post_pace(self.hands, Rubato(bpm=float(what["bpm"])))
            return True
        return False

    @property
    def _linked(self) -> bool:
        link = self.hands.parts.get("link")
        return bool(link and getattr(link, "on", False))

    def _refused(self, what: str) -> bool:
        """A tempo by hand, while a clock from outside keeps it."""
        if self.on:
            self.hands.tell_once(what, f'{self._name() or "MIDI clock"} keeps time; clock.source = "internal" gives it back to you')
        return self.on

    def _tap(self, frame: float) -> None:
        """A tap from a pad, a pedal or a surface."""
        if not self._refused("tap") and (pace := self.tapper.pace(frame, self.clock)):
            post_pace(self.hands, pace)

    def hear(self, messages: np.ndarray) -> None:
        """Clock, start, stop, continue, song position."""
        if not self.on:
            return
        for row in messages[messages["bytes"][:, 0] >= 0xF2]:
            data = bytes(row["bytes"][: int(row["size"])])
            if pace := self.follower.hear(int(row["slot"]), data, float(row["frame"]), self.clock):
                post_pace(self.hands, pace)

    def turn(self, now: float) -> None:
        """The correction that is due, and what is to be said."""
        if not self.on:
            return
        frame, tempo = self.hands.frame, self.hands.core.tempo
        if pace := self.follower.turn(frame, self.clock, bpm_of(tempo)):
            post_pace(self.hands, pace)
        for line in self.follower.said:
            self.hands.tell(f"the clock of {self._name()} {line}")
        self.follower.said.clear()
        self._asked = self._asked or now
        if self.follower.slot < 0 and now - self._asked > 2.0:
            self._asked = 1e18
            self.hands.tell("no MIDI clock is heard yet; the music goes on by itself")
        told = (self._name(), round(self.follower.bpm, 1), self.follower.ended or self.follower.slot < 0)
        if told != self._told and now - self._told_at > TELLS:
            self._told, self._told_at = told, now
            self.hands.post.send("clock", source="midi", peers=0, bpm=told[1], who=told[0], lost=told[2])

    def _name(self) -> str:
        slot = self.follower.slot
        return (self.hands.device(slot) or f"input {slot + 1}") if 0 <= slot < at.HANDS else ""
