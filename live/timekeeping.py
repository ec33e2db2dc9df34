"""``clock``: the tempo under your hand. Tapped, nudged, ramped, given to others or taken from them; it never stops."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from live.core import layout as at
from live.core.pacing import bpm_of
from live.cue import Rubato
from live.edits import Edit, State, typing
from live.hand import Proposal
from live.mistakes import Mistake, nearest
from live.scribe import Told
from live.values import is_number, what_is

if TYPE_CHECKING:
    from live.control.tap import Tapper
    from live.desk import Desk

SOURCES = ("internal", "midi", "link")
SLOW, FAST = 1.0, 999.0
CALM = 1.0  # seconds a tempo stands before the page takes it
LOOK = 0.25
OTHER = 0.005  # share of a tempo that makes it another
MARGIN = 0.05  # seconds before a beat: what comes later takes the next


class Timekeeper:
    """The clock: clock() tells it, clock.bpm = 128, clock.tap(), clock.nudge(20), clock.ramp(140, beats=16), clock.source = "midi".

    clock.send = "nano" gives that device our MIDI clock; clock.start(), clock.stop() and clock.resume() start and stop it.
    A nudge of more than 0 lays the beat later, by ms or by beats=.
    """

    __name__ = "clock"

    def __init__(self, desk: Desk) -> None:
        set_ = object.__setattr__  # only the names below may be set by a performer
        set_(self, "_desk", desk)
        set_(self, "_tapper", None)
        set_(self, "_sent", desk.stage.rig.clocked)
        set_(self, "_seen", (0.0, 0.0, 0.0))  # when looked last, the tempo then, since when it stands

    def __setattr__(self, name: str, value: Any) -> None:
        if not isinstance(getattr(type(self), name, None), property):
            raise Mistake(f"The clock has no {name!r} to set.", near=nearest(name, ("bpm", "source", "send")), word=name)
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        known = [one for one in dir(type(self)) if not one.startswith("_")]
        raise Mistake(f"The clock has no {name!r}.", near=nearest(name, known) or f"There is: {', '.join(known)}.", word=name)

    def __call__(self) -> Told:
        """How time stands."""
        bar, beat = self._spot()
        return Told(f"{self.bpm:g} bpm, bar {bar} beat {int(beat)}, {self._clock.bar:g} beats a bar; {self._who()}")

    # --- seeing ---------------------------------------------------------------------

    @property
    def _clock(self) -> Any:
        return self._desk.stage.clock

    def _spot(self) -> tuple[int, float]:
        return self._clock.spot(self._desk.stage.frame)

    def _who(self) -> str:
        source, peers = self._desk.hearing.clock
        others = f", {peers} other{'s' * (peers != 1)}" if source == "link" else ""
        return {"int": "we keep time", "midi": "a MIDI clock keeps time", "link": f"Link keeps time{others}"}.get(source, source)

    @property
    def bpm(self) -> float:
        """Beats a minute; setting it is typing tempo(), on the next beat."""
        return round(self._base(), 2)

    @bpm.setter
    def bpm(self, value: Any) -> None:
        bpm = self._tempo(value)
        self._ours()
        if bpm == self._desk.hand.state.score.tempo:  # the page says so already, but somebody tapped since
            self._pace(Rubato(bpm=bpm), self._clock.next(self._desk.stage.frame, 1.0))
            return
        change = typing(Edit(tempo=bpm))
        self._desk.hand.propose(Proposal(change, f"clock.bpm = {bpm:g}", when="beat", rehearse=False))

    @property
    def beat(self) -> float:
        """The beat in this bar, from 1."""
        return round(self._spot()[1], 3)

    @property
    def bar(self) -> int:
        """This bar, from 1."""
        return int(self._spot()[0])

    # --- by hand ------------------------------------------------------------------------

    def tap(self) -> Told:
        """Four times on the beat, and that is the tempo."""
        self._ours()
        frame = self._now()
        tapper: Tapper | None = self._tapper
        if tapper is None:
            from live.control.tap import Tapper

            tapper = Tapper(self._desk.stage.rig.rate)
            object.__setattr__(self, "_tapper", tapper)
        pace = tapper.pace(frame, self._clock)
        if pace is None:
            return Told("tap " * len(tapper.taps) + "...")
        self._pace(pace)
        return Told(f"{pace.bpm:.1f} bpm")

    def nudge(self, ms: float = 0.0, beats: float = 0.0) -> Told:
        """The beat comes so many milliseconds (or beats) later, earlier below 0: drawn there, not jumped."""
        for one in (ms, beats):
            if not is_number(one) or abs(one) > 10_000:
                raise Mistake(f"nudge moves the beat by milliseconds; this is {what_is(one)}.", near="Write: clock.nudge(20)", word="nudge")
        from live.control.timing import moved

        later = beats + ms * self.bpm / 60000.0
        if self._source() == "internal" or not self._desk.hearing.send("nudge", ms=float(ms), beats=float(beats)):
            self._pace(moved(later, self.bpm, self._clock.rate))
        else:
            return Told(f"we lie {abs(later) * 60000 / self.bpm:.0f} ms {'behind' if later > 0 else 'before'} them from here on")
        return Told(f"the beat comes {abs(later) * 60000 / self.bpm:.0f} ms {'later' if later > 0 else 'earlier'}")

    def ramp(self, bpm: float, beats: float = 16) -> Told:
        """Towards another tempo, over so many beats, from the next beat on."""
        goal = self._tempo(bpm)
        if not is_number(beats) or not 0 < beats <= 4096:
            raise Mistake(
                f"A ramp takes beats, up to 4096; this is {what_is(beats)}.", near="Write: clock.ramp(140, beats=16)", word="beats"
            )
        self._ours()
        clock, start = self._clock, self._base()
        frame = clock.next(self._desk.stage.frame + round(MARGIN * clock.rate), 1.0)
        self._pace(Rubato(bpm=goal, over=beats * 120.0 * clock.rate / (start + goal)), frame)
        return Told(f"from {start:.4g} to {goal:g} bpm over {beats:g} beats")

    # --- with others ----------------------------------------------------------------------

    @property
    def source(self) -> str:
        """Who keeps time: "internal", "midi" or "link"."""
        return self._source()

    @source.setter
    def source(self, value: Any) -> None:
        if value not in SOURCES:
            raise Mistake(
                f"Nobody called {value!r} keeps time.", near=nearest(str(value), SOURCES) or 'Write: clock.source = "midi"', word=str(value)
            )
        if value == "link":
            from live.ports.link import INSTALL, is_installed

            if not is_installed():
                raise Mistake(f"{INSTALL}.")
        if self._desk.hearing.send("clock", source=value):
            return
        if value != "internal":
            raise Mistake("Nobody listens to other clocks in this session: it was started without hands.")

    @property
    def send(self) -> str:
        """Who gets our MIDI clock: parts of device names, "all", or "" for nobody."""
        return str(self._sent)

    @send.setter
    def send(self, value: Any) -> None:
        if not isinstance(value, str):
            raise Mistake(
                f"The clock is sent to a device by its name; this is {what_is(value)}.", near='Write: clock.send = "nano"', word="send"
            )
        if not self._desk.hearing.send("clocked", names=value):
            raise Mistake("There is no MIDI in this session: it was started without hands.")
        object.__setattr__(self, "_sent", value)

    def start(self) -> Told:
        """Whoever follows our MIDI clock starts on the next bar."""
        return self._transport("start", "they start on the next bar")

    def stop(self) -> Told:
        """Whoever follows our MIDI clock stops; the music here does not."""
        return self._transport("stop", "they are told to stop; here it goes on")

    def resume(self) -> Told:
        """Whoever follows our MIDI clock goes on from here."""
        return self._transport("continue", "they go on from where we are")

    def _transport(self, what: str, told: str) -> Told:
        if not self._desk.hearing.send("transport", what=what):
            raise Mistake("There is no MIDI in this session: it was started without hands.")
        return Told(told)

    # --- behind it ------------------------------------------------------------------------

    def _base(self) -> float:
        """The tempo without what bends it; a core that still starts has none."""
        return bpm_of(self._desk.stage.core.tempo) or float(self._clock.bpm)

    def _source(self) -> str:
        return {"int": "internal"}.get(self._desk.hearing.clock[0], self._desk.hearing.clock[0])

    def _ours(self) -> None:
        """Whether a hand may set the tempo now."""
        if self._source() == "midi":
            raise Mistake(
                "A MIDI clock keeps time.", near='clock.source = "internal" gives it back to you; clock.nudge(20) moves us against it'
            )

    @staticmethod
    def _tempo(value: Any) -> float:
        if not is_number(value) or not SLOW <= value <= FAST:
            shown = f"{value:g}" if is_number(value) else what_is(value)
            raise Mistake(f"A tempo goes from {SLOW:g} to {FAST:g} bpm; this is {shown}.", near="Write: clock.bpm = 128", word="bpm")
        return float(value)

    def _now(self) -> float:
        """The frame of this very moment, between two blocks too."""
        clock = self._desk.stage.core.clock
        frame, ns = int(clock[at.C_FRAME]), int(clock[at.C_WALL_NS])
        return frame + max(time.monotonic_ns() - ns, 0) * self._desk.stage.rig.rate / 1e9 if ns else float(frame)

    def _pace(self, pace: Rubato, frame: int = 0) -> None:
        with self._desk.hand.lock:
            self._desk.stage.mail.word("pace", frame=frame, text=json.dumps(pace.data()))

    def follow(self, now: float | None = None) -> None:
        """Asked many times a second: a tempo that settled elsewhere than the page says becomes the page's, with no step for undo."""
        looked, was, since = self._seen
        now = time.monotonic() if now is None else now
        if now - looked < LOOK:
            return
        desk, cells = self._desk, getattr(self._desk.stage.core, "tempo", None)
        if cells is None:  # a stage without time of its own
            return
        bpm, page = bpm_of(cells), desk.hand.state.score.tempo
        moves = cells[at.T_OVER] != 0 or abs(bpm - was) > OTHER / 4 * bpm
        busy = desk.hand.flights or desk.hand.busy or desk._typed
        if moves or busy or abs(bpm - page) <= OTHER * page or not SLOW <= bpm <= FAST:
            since = now
        object.__setattr__(self, "_seen", (now, bpm, since))
        if now - since > CALM and desk.hand.state.score.places:
            object.__setattr__(self, "_seen", (now, bpm, now))
            taken(desk, round(bpm, 2))


def taken(desk: Desk, bpm: float) -> Proposal:
    """The page says what is played. Where undo goes back to, this tempo was meant too, unless another was typed there."""
    hand = desk.hand
    was = hand.state.score.tempo
    edit = Edit(tempo=bpm)

    def meant(state: State) -> State:
        same = state.score.tempo == was
        return State(state.script, state.edit.then(edit), state.score.with_(tempo=bpm)) if same else state

    def accepted(_: State) -> None:
        hand.past[:] = [meant(state) for state in hand.past]
        hand.future[:] = [meant(state) for state in hand.future]

    return hand.propose(Proposal(typing(edit), f"tempo({bpm:g})", when="now", rehearse=False, step=False, accepted=accepted))
