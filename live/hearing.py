"""What the hands tell the desk, and the other way round: news, the last control that moved, a first touch, verbs under a finger.

A first touch: a hand moves ``worn.texture``, which stood still so far. The page becomes ``worn.texture = knob("worn.texture")``
with that knob exactly where the control stood, so nothing is heard; from then on the hand has it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from live.edits import Edit, State
from live.faders import FULL, Fader
from live.hand import Proposal
from live.knobs import number_of
from live.mistakes import Mistake
from live.noun import WIDE, standing
from live.values import Beats, Described, Sound, is_number
from live.vocabulary import word_of
from live.weave import retuned

if TYPE_CHECKING:
    from live.control.post import Post
    from live.desk import Desk

EVERY = 1 / 30
KNOB_FRAMES = 240  # a knob's step takes so long, see live/core/inner.py
PATIENCE = 0.1  # seconds a core is waited for that may stand still
VERBS = ("hush", "go", "panic", "undo", "redo", "hold")


def touched(desk: Desk, control: str) -> Proposal:
    """Let a hand have ``worn.texture`` (or ``stage/worn``, a level), without anything being heard of it. Any thread."""

    def change(state: State) -> State:
        edit = _level(desk, state, control) if "/" in control else _control(desk, state, control)
        return replace(state, edit=state.edit.then(edit)) if edit else state

    return desk.hand.propose(Proposal(change, f'{control} = knob("{control}")', when="now", fade=0.0, rehearse=False, step=False))


def _control(desk: Desk, state: State, control: str) -> Edit | None:
    """The edit for a place's control; None when a hand has it already, or never can."""
    from live.fingers import left_at

    place, _, name = control.rpartition(".")
    page = state.page
    value = page.places().get(place)
    word = word_of(value.kind) if value is not None else None
    if value is None or word is None or name not in word.controls:
        return None
    known, now = word.controls[name], value.controls.get(name, word.controls[name].rest)
    if isinstance(now, Beats):
        now = now.beats * 60.0 / (page.tempo or desk.stage.clock.bpm)
    if not is_number(now) or known.high - known.low > WIDE or not known.hot:
        return None
    at = Fader(control, known.low, known.high, known.curve).position(now)
    _stand(desk, control, at)
    names = retuned(page, place, {name: standing(word, name, left_at(control, at))})
    return Edit(names, knobs={control: at}, texts=dict.fromkeys(names, f'{control} = knob("{control}")'))


def _level(desk: Desk, state: State, control: str) -> Edit | None:
    """The same for how much of a place goes to an output."""
    from live.fingers import left_at

    out, _, place = control.partition("/")
    whole = state.page.outs.get(out)
    found: list[float] = []  # where its fader stands
    fader = Fader(control, 0.0, FULL)

    def through(value: Described) -> Described:
        if found:
            return value
        if value.name == place:
            found.append(fader.position(1.0))
            return Sound("gain", (value,), {"gain": left_at(control, found[0]).lin(0.0, FULL)})
        if value.name is None and value.kind == "gain":
            inner, gain = value.ins[0], value.controls["gain"]
            if inner.name == place and is_number(gain):
                found.append(fader.position(gain))
                return Sound("gain", (inner,), {"gain": left_at(control, found[0]).lin(0.0, FULL)})
            if inner.name == place:
                return value  # somebody moves it already
            fresh = through(inner)
            return value if fresh is inner else Sound("gain", (fresh,), value.controls)
        if value.name is None and value.kind == "mix":
            return Sound("mix", tuple([through(one) for one in value.ins]))
        return value

    fresh = through(whole) if isinstance(whole, Sound) else None
    if not found:
        return None
    _stand(desk, control, found[0])
    return Edit(outs={out: fresh}, knobs={control: found[0]}, texts={f"out.{out}": f'the level of {place} follows knob("{control}")'})


def _stand(desk: Desk, name: str, to: float) -> None:
    """The knob stands where it should before anything follows it. One that was somewhere else needs a moment to get there."""
    stage = desk.stage
    names = getattr(stage.core, "knob_names", None)
    moves = names is not None and number_of(names, name) is not None and abs(stage.stands(name) - to) > 1e-6
    there = stage.frame + 2 * stage.rig.block + 2 * KNOB_FRAMES
    stage.knob(name, to)
    until = time.monotonic() + PATIENCE
    while moves and stage.frame < there and time.monotonic() < until:
        time.sleep(0.002)


def moved(what: dict[str, Any]) -> str:
    """The last control in a line: ``nano 21 -> dusk.cutoff 300 Hz``, or where to turn it until it takes hold."""
    ghost, stands, to = what.get("ghost"), what.get("stands"), what.get("to")
    who = what.get("who") or what.get("text") or ""
    if ghost is not None and stands is not None:
        way = "down" if ghost > stands else "up"
        return f"{who} {ghost:.2f} (sounds at {what.get('shown') or f'{stands:.2f}'}, turn {way} to meet it)"
    return f"{who} -> {to} {what.get('shown') or ''}".rstrip() if to and what.get("who") else str(what.get("text") or who)


class Hearing:
    """The desk's end of the letters, read in a light thread of its own."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.learning: str | None = None  # what is learned now ("" for learn() alone); None: nothing
        self.clock: tuple[str, int] = ("int", 0)  # who keeps time, and how many are with us
        self.post: Post | None = None
        self._closed = threading.Event()
        self._door = threading.Lock()  # letters are sent from several threads
        self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)
        if desk.stage.rig.hands:
            self._thread.start()

    def send(self, word: str, /, **what: Any) -> bool:
        """A letter to the hands; False when there are none."""
        post = self._open()
        return post is not None and post.send(word, **what)

    def close(self) -> None:
        """Hear nothing any more."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        with self._door:
            if self.post is not None:
                self.post.close()
                self.post = None

    def _open(self) -> Post | None:
        """Our end of the letters; None while there is none, and when all is over."""
        with self._door:
            if self.post is None and self.desk.stage.rig.hands and not self._closed.is_set():
                from live.control.post import DESK, Post

                with contextlib.suppress(OSError, ValueError):  # not there yet, or no longer
                    self.post = Post(self.desk.stage.folder, DESK)
            return self.post

    def _run(self) -> None:
        while not self._closed.wait(EVERY):
            self.look()

    def look(self) -> None:
        """Read what has come."""
        post = self._open()
        for word, what in post.read() if post else ():
            try:
                self.take(word, what)
            except Mistake as slip:
                self.desk.say(str(slip))
            except Exception as trouble:  # noqa: BLE001 - one letter that cannot be read must not end the hearing
                self.desk.say(f"the hands said {word!r}, and it could not be done ({trouble})")

    def take(self, word: str, what: dict[str, Any]) -> None:
        """One letter."""
        desk = self.desk
        if word == "said":
            desk.say(str(what.get("text", "")))
        elif word == "moved":
            desk.controller = moved(what)
        elif word == "learned":
            if what.get("over"):
                self.learning = None
        elif word == "want":
            touched(desk, str(what.get("control", "")))
        elif word == "clock":
            self.clock = (str(what.get("source") or "int").replace("internal", "int"), int(what.get("peers") or 0))
        elif word == "scene":
            desk.verbs.scene(str(what.get("name", "")))
        elif word in ("mute", "solo"):
            self._hush_one(word, str(what.get("place", "")), bool(what.get("on", True)))
        elif word == "mark":
            desk.verbs.mark(str(what.get("text", "here")))
        elif word == "keep":
            desk.say(str(desk.verbs.keep(float(what.get("seconds") or 60))))
        elif word in VERBS:
            told = getattr(desk.verbs, word)()
            desk.say(f"{word}(), by hand: {told}")

    def _hush_one(self, word: str, place: str, on: bool) -> None:
        verbs, score = self.desk.verbs, self.desk.hand.state.score
        there = {name.partition(".")[0] for name in (score.muted if word == "mute" else score.soloed) if not name.startswith("out.")}
        if word == "mute":
            (verbs.mute if on else verbs.unmute)(place)
        else:
            verbs.solo(*sorted((there | {place}) if on else (there - {place})))


def line_of(clock: tuple[str, int]) -> str:
    """Who keeps time, for the status line."""
    source, peers = clock
    return f"{source} {peers}" if peers else source
