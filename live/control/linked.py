"""Ableton Link: everybody's tempo and everybody's bar. Whoever joins takes the tempo that is there and imposes none.

Twenty times a second what Link says is held against where our beat is heard; what is missing is bent. A tempo that was
changed here (typed, tapped, ramped) is given to the session; one that was changed elsewhere is followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from live.clock import Clock
from live.control.part import Part
from live.control.timing import Wall, nudged, post_pace
from live.core import layout as at
from live.core.pacing import bpm_of, seen
from live.cue import Rubato

if TYPE_CHECKING:
    from live.control.process import Hands

EVERY = 0.05  # seconds between two looks
TAKES = 0.4  # seconds the core may need to take a tempo up
SAME = 0.006  # bpm: nearer, two tempi are one (a page says two digits)
OFF = 0.0001  # seconds the beat may be off
FAR = 0.15  # beats: at joining, farther off is one jump
BREATH = 0.25  # beats a correction takes
MEETS = 3.0  # seconds two sessions take to become one


class Session(Protocol):
    """What is asked of Link; live/ports/link.py has it, and so have tests."""

    peers: int

    def now(self) -> tuple[int, int]: ...
    def beat(self, micros: int, bar: float) -> tuple[float, float]: ...
    def set_tempo(self, bpm: float, micros: int) -> None: ...
    def close(self) -> None: ...


@dataclass
class Linking:
    """Our place in a session. Pure but for the session itself: the core's time in, paces out."""

    rate: int
    session: Session
    given: float  # the tempo the core was last told, or began with
    offset: float = 0.0  # beats the performer lies before the others (nudge)
    fresh: float = 1e18  # seconds until which we have only just met: our bar may jump onto theirs
    peers: int = 0
    told_at: float = -1e18  # seconds: when the core was last told a tempo
    bpm: float = 0.0  # the session's

    def turn(self, seconds: float, micros: int, frame: float, clock: Clock, base: float) -> Rubato | None:
        """``frame``: the one heard at ``micros``. ``base``: the core's tempo without what bends it."""
        there, tempo = self.session.beat(micros, clock.bar)
        newcomer = self.session.peers > self.peers == 0
        self.peers, self.bpm = self.session.peers, tempo
        if newcomer:
            self.given = base  # two sessions become one: whose tempo it is they settle among them
        if newcomer or self.fresh == 1e18:
            self.fresh = seconds + MEETS
        taken = abs(base - self.given) <= SAME
        if not taken and seconds - self.told_at > TAKES and not newcomer and abs(base - tempo) > SAME:
            self.session.set_tempo(base, micros)  # somebody changed it here
            self.given, tempo = base, base
            there, _ = self.session.beat(micros, clock.bar)
        off = (there + self.offset - clock.beat(frame) + clock.bar / 2) % clock.bar - clock.bar / 2
        other = abs(tempo - base) > 1e-9 and (taken or newcomer) or abs(tempo - self.given) > SAME
        if not other and abs(off) * 60.0 < OFF * tempo:
            return None
        jump = seconds < self.fresh and abs(off) > FAR
        if other:
            self.given, self.told_at = tempo, seconds
        aim = clock.beat(frame) + off
        return Rubato(bpm=tempo if other else 0.0, aim=aim, aim_at=max(frame, 0.0), within=0.0 if jump else BREATH * 60 * self.rate / tempo)


class Linked(Part):
    """The hands' part that keeps a place in a Link session while it is asked to."""

    def __init__(self, hands: Hands) -> None:
        super().__init__(hands)
        self.on = False
        self.linking: Linking | None = None
        self.wall = Wall(hands.rate)
        self._looked = 0.0
        self._told: tuple[Any, ...] = ()
        self._told_at = -1e9
        if hands.rig.follow == "link" or hands.core.tempo[at.T_LED] == 2.0:  # the hands before us may have been asked to
            self._join()

    def _join(self) -> None:
        from live.ports.link import Link, NoLink

        bpm = bpm_of(self.hands.core.tempo) or 120.0
        try:
            self.linking = Linking(self.hands.rate, Link(bpm), bpm)
        except NoLink as why:
            self.hands.tell(f"{why}. The music goes on by itself")
            self.hands.post.send("clock", source="internal", peers=0, bpm=round(bpm, 1))
        else:
            self.on, self._told = True, ()
            post_pace(self.hands, Rubato(led=2.0))

    def letter(self, word: str, what: dict[str, Any]) -> bool:
        """Another source; a nudge against the others."""
        if word == "clock" and "source" in what:
            if what["source"] == "link" and not self.on:
                self._join()
            elif what["source"] != "link" and self.on:
                self._leave()
                if what["source"] == "internal":
                    post_pace(self.hands, Rubato(led=0.0))
                    self.hands.tell(f"left the Link session; the music goes on at {bpm_of(self.hands.core.tempo):.1f} bpm")
            return True
        if word == "nudge" and self.linking:
            self.linking.offset -= nudged(what, bpm_of(self.hands.core.tempo))
            return True
        return False

    def turn(self, now: float) -> None:
        """Hold Link against our beat."""
        hands = self.hands
        self.wall.look(hands.core.clock)
        self.pace = 0.02 if self.linking is not None else Part.pace
        if self.linking is None or now - self._looked < EVERY:
            return
        self._looked = now
        micros, ns = self.linking.session.now()
        frame = self.wall.frame_at(ns) - heard_later(hands.core.clock)
        if frame > 0 and (pace := self.linking.turn(now, micros, frame, seen(hands.core.tempo, hands.rate), bpm_of(hands.core.tempo))):
            post_pace(hands, pace)
        told = (self.linking.peers, round(self.linking.bpm, 1))
        if told != self._told and (not self._told or told[0] != self._told[0] or now - self._told_at > 0.5):
            self._told_at = now
            if self._told and told[0] != self._told[0]:
                hands.tell(f"Link: {told[0]} other{'s' * (told[0] != 1)} in the session" if told[0] else "Link: nobody else is here now")
            self._told = told
            hands.post.send("clock", source="link", peers=told[0], bpm=told[1])

    def _leave(self) -> None:
        self.on = False
        if self.linking:
            self.linking.session.close()
            self.linking = None

    def close(self) -> None:
        """Leave the session."""
        self._leave()


def heard_later(clock: Any) -> int:
    """Frames between a block being done and its first sample being heard: the block itself, and the way out."""
    return int(clock[at.C_BLOCK]) + int(clock[at.C_LAT_OUT])
