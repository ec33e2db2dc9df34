"""What a performer does, typed at the prompt: hush, undo, keep, scene ... Each answers in a line; a script holds none of them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from live.edits import Edit, becoming, typing
from live.hand import Proposal
from live.mistakes import Mistake, nearest
from live.plan import told
from live.scribe import Leave, Told
from live.timekeeping import Timekeeper
from live.typed import typed
from live.values import Described, Number, Page, Value, is_number, what_is
from live.words import VERBS

if TYPE_CHECKING:
    from live.desk import Desk

DEAF = "a knob can be turned all the same: turn(21, 0.5)"
NAMES = VERBS  # each is a method of Verbs


class Verbs:
    """The verbs of one evening."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.since: float | None = None  # when record() began
        self.crashed: Any = None  # an evening that was cut short and may be resumed
        self.clock = Timekeeper(desk)
        self.lesson: Any = None  # what is being learned

    def all(self) -> dict[str, Callable[..., Any]]:
        """Every verb by its word."""
        return {name: getattr(self, name) for name in NAMES} | {"exit": self.quit, "silence": self.hush}

    # --- seeing -----------------------------------------------------------------------------

    def look(self, what: Any = None, file: str = "") -> Told:
        """What is there: look(), one place: look(rain), a partner's memory: look(partner, file="memory.png"), look("plan"), look("score")."""
        from live.paging import script

        hand = self.desk.hand
        if what == "plan":
            return Told(told(hand.plan) or "no plan yet")
        if what == "score":
            from live.plan import compare
            from live.score import Score

            return Told(told(compare(Score(), hand.state.score)) or "an empty stage")
        if isinstance(what, str):
            what = self._place(what)
        if isinstance(what, Value):
            line = f"{what.name} = {typed(what)}" if what.name else typed(what)
            return self._remembered(what, line, file) if isinstance(what, Described) and what.name else Told(line)
        if what is not None:
            raise Mistake(f'look shows a place, or "plan", or "score"; this is {what_is(what)}.', near="Write: look()", word="look")
        page = hand.state.page
        if not page.names and not page.outs:
            return Told('an empty stage. Try: rain = clip("rain on tin")   then: out.stage = rain')
        return Told(script(page).removeprefix("from live import *\n").strip("\n"))

    def _remembered(self, place: Described, line: str, file: str) -> Told:
        """A partner's line and memory: its kinds drawn where drawings are wanted, or written as a picture."""
        from live.partners import is_partner, memory, portrait
        from live.screen.pictures import blocks
        from live.screen.png import written

        if not is_partner(place):
            return Told(line)
        image = portrait(self.desk, place)
        if file and image is not None:
            Path(file).expanduser().write_bytes(written(image))
            return Told(f"{line}\n{file}: left the kinds over time, right how they lie to one another")
        drawn = blocks(image, 72, 12) + "\n" if image is not None and not self.desk.plain else ""
        return Told(f"{line}\n{drawn}{memory(self.desk, place)}")

    def why(self, what: Any = None) -> Told:
        """Why a place is heard or not: why(rain). Alone: the last mistake, whole."""
        from live.whys import reasons

        if what is None:
            return Told(self.desk.error or "Nothing went wrong so far.")
        return Told("\n".join(reasons(self.desk, self._place(what))))

    def load(self) -> Told:
        """What the sound costs now, and what it has lost."""
        stage, status = self.desk.stage, self.desk.status()
        load = status.core_load if status.core_load is not None else stage.load(0.3)
        worker = f"; worst worker {status.worst_worker} {100 * (status.worker_load or 0):.0f} %" if status.worst_worker else ""
        places = len(self.desk.hand.state.score.places)
        return Told(f"core {100 * load:.1f} % of a core{worker}; {status.lost} blocks lost since the start; {places} places and parts")

    def latency(self) -> Told:
        """From your input to the loudspeakers, in milliseconds: the device, the limiter, and every place that is late by itself."""
        from live.whys import ledger

        return Told("\n".join(ledger(self.desk)))

    # --- a partner's memory -----------------------------------------------------------------------

    def never(self, partner: Any, which: Any = None) -> Told:
        """A partner never plays this again: never(partner) what is heard now, never(partner, 12), never(partner, [12, 13])."""
        return self._said(partner, "never", which, "never again")

    def pin(self, partner: Any, which: Any = None) -> Told:
        """A partner keeps to this where it can: pin(partner) what is heard now, pin(partner, 12)."""
        return self._said(partner, "pin", which, "rather this")

    def more_like(self, partner: Any, which: Any = None) -> Told:
        """A partner plays more like this: more_like(partner) what is heard now, more_like(partner, 12)."""
        return self._said(partner, "more_like", which, "more like it")

    def forget(self, partner: Any, which: Any = None) -> Told:
        """A partner's memory loses this for good, also tomorrow: forget(partner) what is heard now, forget(partner, 12)."""
        return self._said(partner, "drop", which, "forgotten for good")

    def relabel(self, partner: Any, which: Any, label: int = -1) -> Told:
        """A segment of a partner's memory is of another kind, whatever was heard: relabel(partner, 12, 30). look(partner) shows the kinds."""
        if not is_number(label) or label != int(label) or not 0 <= label < 256:
            raise Mistake("A kind goes by its number.", near=f"look({getattr(partner, 'name', 'partner')}) shows them.", word="relabel")
        return self._said(partner, "relabel", which, f"of kind {int(label)}", int(label))

    def _said(self, partner: Any, what: str, which: Any, answer: str, label: int = 0) -> Told:
        from live.partners import is_partner, say, segments

        place = self._place(partner)
        if not is_partner(place):
            raise Mistake(f"{place.name} has no memory to speak of.", near="A partner has: partner = answer(guitar, memory=...)", word=what)
        some = segments(self.desk, place, which)
        for index in some:
            say(self.desk, str(place.name), what, index, label)
        return Told(f"{place.name}: segment{'s' * (len(some) > 1)} {', '.join(map(str, some))}: {answer}, from the next thing it begins")

    def train(self, name: str = "", folder: str = "", *, into: Any = None, stop: bool = False, **how: Any) -> Told:
        """A kernel is learned while you play: train("moss", "rain", game="audit"), train("amp", dry="a", wet="b", into=worn). Alone: how far it is."""
        from live.teaching import begin

        now = self.lesson
        if stop or not name:
            if now is None:
                return Told('nothing is being learned. Try: train("moss", "rain", game="audit")')
            if stop:
                now.stop()
            return Told(now.how())
        if now is not None and now.runs:
            raise Mistake(f"{now.name} is still being learned.", near="train(stop=True) ends it; what it has learned stays.", word="train")
        self.lesson = begin(self.desk, name, folder, None if into is None else self._place(into), **how)
        return Told(f"{name} is being learned by {self.lesson.game}; train() says how far it is")

    # --- controllers --------------------------------------------------------------------------

    def learn(self, what: Any = None, control: str | None = None, *, kind: str = "") -> Told:
        """The controller's knob you move next turns this: learn(worn.texture). Alone: it says what you move. Esc leaves it."""
        from live.lessons import kind_of, meant

        kind_of(kind)
        if what is None and self.desk.hearing.learning is not None:  # said twice: Esc for those who have none
            self.desk.cancel()
            return Told("")
        if what is None:
            return self._learn("", None, "", kind)
        to, binds, said = meant(self.desk, what, control)
        return self._learn(to, binds, said, kind)

    def _learn(self, to: str, binds: str | None, said: str, kind: str) -> Told:
        hearing = self.desk.hearing
        if not hearing.send("learn", to=to or None, binds=binds, kind=kind):
            return Told(f"no controllers are listened to here; {DEAF}")
        hearing.learning = to
        return Told((f"{said}. " if said else "") + f"move something, {'learn()' if self.desk.plain else 'Esc'} leaves it")

    def learn_next(self) -> str:
        """Choose the next control of the page, and learn it."""
        from live.lessons import controls_of, meant

        there = controls_of(self.desk.page)
        if not there:
            return "there is no control yet to learn"
        now = self.desk.hearing.learning
        here = there.index(now) if now in there else -1
        for count in range(1, len(there) + 1):
            name = there[(here + count) % len(there)]
            try:
                to, binds, said = meant(self.desk, name, None)
            except Mistake:  # something else moves that one: the next
                continue
            told = self._learn(to, binds, said, "")
            return told if said else f"{to}: {told}"
        return "every control follows something else already"

    def unmap(self, what: Any = None, control: str | None = None) -> Told:
        """Take a mapping away: unmap(worn.texture), unmap("nano cc 21"). Alone: what is mapped."""
        name = "" if what is None else f"{what}.{control}" if control else what
        if isinstance(name, Number) and name.mover is None:
            name = str(name.source if isinstance(name.source, str) else int(name.source))
        if not isinstance(name, str):
            raise Mistake(f"unmap wants what is mapped; this is {what_is(name)}.", near="Write: unmap(worn.texture)", word="unmap")
        if not self.desk.hearing.send("unmap", what=name):
            return Told(f"nothing is mapped, for no controllers are listened to here; {DEAF}")
        return Told("")

    def hands(self) -> Told:
        """Who is plugged in, and which knobs the page names."""
        from live.lessons import knobs_of, plugged

        there, desk = plugged(self.desk), self.desk
        lines = [f"  {name}" for name in there] or ["  no controller. Plug one in at any time, then: learn()"]
        names = [f"knob({name})" if isinstance(name, int) else name for name in knobs_of(desk.page)]
        if names:
            lines.append(f"the page's knobs: {', '.join(names)}" + ("" if desk.plain else "  (Alt-1 turns the first up, Alt-Shift-1 down)"))
        return Told("\n".join([*lines, *([f"last: {desk.controller}"] if desk.controller else [])]))

    def devices(self, name: str = "") -> Told:
        """What can be played on. The device itself is chosen at the start: antiphon play --device NAME."""
        from live.ports.audio import devices

        if name:
            raise Mistake("The device is chosen at the start.", near=f"Leave, and: antiphon play --device {name!r}", word="devices")
        found = devices()
        self.desk.glance.found([d.name for d in found])
        return Told(
            "\n".join(
                f"  {d.name}: {d.ins} in, {d.outs} out, {d.rate} Hz, {d.backend}{'  (the usual one)' if d.default else ''}" for d in found
            )
        )

    def doctor(self) -> Told:
        """What could cost you sound, and the cure."""
        from live.doctor import look, told

        return Told(told(look()))

    def scope(self, what: Any = None, seconds: float = 0.05, file: str = "") -> Told:
        """A picture of a place's wave, or of all that is heard: scope(rain), scope(seconds=0.2, file="wave.png")."""
        return self._picture("scope", what, seconds, file)

    def spectrum(self, what: Any = None, seconds: float = 8.0, file: str = "") -> Told:
        """What was heard in the last seconds, by pitch and time: spectrum(rain), spectrum(file="rain.png")."""
        return self._picture("spectrogram", what, seconds, file)

    def _picture(self, kind: str, what: Any, seconds: float, file: str) -> Told:
        """Drawn into the terminal, said in words where drawings are not wanted, or written as a file."""
        from live.lately import lately
        from live.screen import pictures, png

        desk = self.desk
        name = "" if what is None else str(self._place(what).name)
        samples, rate, title = lately(desk.stage, name, seconds), desk.stage.rig.rate, name or "everything"
        if not file:
            columns = min(shutil.get_terminal_size((80, 24)).columns, 160)
            return Told(getattr(pictures, kind)(samples, rate, columns, name=title, plain=desk.plain))
        path = desk.folder / Path(file).expanduser()
        path = path if path.suffix else path.with_suffix(".png")
        try:
            return Told(f"drawn into {getattr(png, f'{kind}_png')(samples, rate, path, name=title)}")
        except OSError as why:
            raise Mistake(f"{path} cannot be written: {(why.strerror or str(why)).lower()}.") from None

    def help(self, what: Any = None) -> Told:
        """How to play: help(), help(filter), help("knobs")."""
        from live.helps import help_for

        return Told(help_for(what, self.desk))

    # --- taking back ------------------------------------------------------------------------

    def undo(self, steps: int = 1) -> Told:
        """Back to what was before, on the next beat."""
        return self._along("undo", steps)

    def redo(self, steps: int = 1) -> Told:
        """Forward again, after undo()."""
        return self._along("redo", steps)

    def _along(self, word: str, steps: int) -> Told:
        hand = self.desk.hand
        if type(steps) is not int or steps < 1:
            raise Mistake(f"{word} counts steps; this is {what_is(steps)}.", near=f"Write: {word}(2)", word=word)
        there = hand.past if word == "undo" else hand.future
        if not there and not hand.busy and not hand.flights:
            raise Mistake(f"There is nothing to {'take back' if word == 'undo' else 'bring back'}.")
        for _ in range(steps):
            hand.undo(redo=word == "redo")
        return Told("taken back on the next beat" if word == "undo" else "brought back on the next beat")

    def resume(self) -> Told:
        """The evening that was cut short, exactly as it was accepted last."""
        if self.crashed is None:
            raise Mistake("No evening was cut short.")
        from live.paging import paged

        evening = self.crashed
        for knob, value in evening.knobs.items():
            self.desk.stage.knob(knob, value)
        page = paged(evening.score, self.desk.room)
        self.desk.hand.propose(Proposal(becoming(page), "resume()", rehearse=False, when="now"))
        self.crashed = None
        return Told(evening.said)

    def reload(self) -> Told:
        """Read the script again, changed or not."""
        if self.desk.reload is None:
            raise Mistake("There is no script to read again.", near="antiphon new NAME makes a session.")
        self.desk.reload.again()
        return Told("")

    # --- silence ------------------------------------------------------------------------------

    def hush(self, fade: float | None = None) -> Told:
        """Everything fades within a beat. Time, recording and the places themselves go on; undo() brings it back."""
        hand = self.desk.hand
        if fade is not None and not (is_number(fade) and 0 <= fade <= 60):
            raise Mistake(f"hush fades within 0 to 60 seconds; this is {what_is(fade)}.", near="Write: hush(2)", word="hush")
        if not hand.state.page.outs:
            return Told("nothing is heard, so there is nothing to hush")
        outs = dict.fromkeys(hand.state.page.outs)
        seconds = 60.0 / self.desk.stage.clock.bpm if fade is None else float(fade)
        hand.propose(
            Proposal(
                typing(Edit(outs=outs, texts={f"out.{out}": "hush()" for out in outs})), "hush()", when="now", fade=seconds, rehearse=False
            )
        )
        return Told("hushed: it fades within a beat, the clock goes on. undo() brings it back")

    def panic(self) -> Told:
        """Silence at once, whatever happens. go() opens it again."""
        self.desk.stage.panic()
        return Told("silent: everything goes on unheard. go() opens it again")

    def go(self) -> Told:
        """Sound again after panic(), saves are played again after hold()."""
        desk = self.desk
        was, held = desk.stage.panicked, desk.held
        desk.stage.unpanic()
        desk.held = False
        if isinstance(held, Page) and desk.reload and desk.reload.last:
            desk._play(held, desk.reload.last)
            return Told("going on, with what was saved meanwhile")
        return Told(
            "sounding again" if was else "going on" if held is not False else "it was open already (go() opens after panic() and hold())"
        )

    def hold(self) -> Told:
        """Leave it alone: what is saved from now on waits for go()."""
        if self.desk.held is False:
            self.desk.held = True
        return Told("held: saves wait for go()")

    def solo(self, *which: Any) -> Told:
        """Only these are heard: solo(rain, dusk). Alone: everything again."""
        return self._hushed("soloed", self._all(which), bool(which))

    def mute(self, *which: Any) -> Told:
        """These are silent, also for those who hear them: mute(rain)."""
        if not which:
            raise Mistake("mute what?", near="Write: mute(rain). For everything: hush()", word="mute")
        muted = self.desk.hand.state.score.muted
        return self._hushed("muted", muted | self._all(which), True)

    def unmute(self, *which: Any) -> Told:
        """These sound again. Alone: all do."""
        muted = self.desk.hand.state.score.muted
        return self._hushed("muted", muted - self._all(which) if which else frozenset(), bool(which))

    def _hushed(self, what: str, names: frozenset[str], some: bool) -> Told:
        from dataclasses import replace

        hand = self.desk.hand

        def change(state: Any) -> Any:
            return replace(state, score=state.score.with_(**{what: names}))

        hand.propose(Proposal(change, f"{what} {', '.join(sorted(names)) or 'nothing'}", when="now", rehearse=False))
        known = sorted(name for name in names if not name.startswith("out."))
        return Told(f"{what}: {', '.join(known)}" if known else "everything is heard")

    def _all(self, which: tuple[Any, ...]) -> frozenset[str]:
        """The places meant, and for those that are folded onto an output, where they go out."""
        found: set[str] = set()
        for one in which:
            if isinstance(one, list | tuple):
                found |= self._all(tuple(one))
            elif isinstance(one, dict):
                found |= self._all(tuple(one.values()))
            else:
                found.add(str(self._place(one).name))
        score = self.desk.hand.state.score
        return frozenset(
            found
            | {name for name, node in score.places.items() if node.kind == "fold" and name.startswith("out.") and node.ins[0] in found}
        )

    # --- keeping ------------------------------------------------------------------------------

    def keep(self, seconds: float | None = None, name: str = "") -> Told:
        """keep(60): the last minute as stems whose sum is the mix. keep(): what was typed goes into the script."""
        if seconds is None:
            return self._keep_edits()
        from live.tape import TapeError, keep

        if not is_number(seconds) or not seconds > 0:
            raise Mistake(f"keep wants seconds; this is {what_is(seconds)}.", near="Write: keep(60)", word="keep")
        stage = self.desk.stage
        try:
            return Told(keep(float(seconds), Path(stage.rig.take), stage.folder, name or None).said)
        except TapeError as why:
            raise Mistake(str(why)) from None

    def _keep_edits(self) -> Told:
        from live.writeback import written_back

        desk, state = self.desk, self.desk.hand.state
        if desk.session is None:
            raise Mistake("There is no script to write into.", near="For sound: keep(60). For a session: antiphon new NAME", word="keep")
        if not state.edit:
            return Told("everything typed is in the script already. For sound: keep(60)")
        text = desk.session.script.read_text("utf-8-sig")
        try:
            fresh, lines = written_back(text, state)
        except SyntaxError as slip:
            raise Mistake(
                f"{desk.session.script.name} cannot be read as it is: line {slip.lineno}.",
                near="Put that right and save, then keep() again.",
            ) from None
        slip = desk.reader().read(desk.session.script, fresh).mistake
        if slip is not None:
            raise Mistake(
                f"What was typed makes no script as it stands: {slip.what}", near="The script stays as it was; snap() keeps a scene."
            )
        temp = desk.session.script.with_suffix(".new")
        temp.write_text(fresh, "utf-8")
        temp.replace(desk.session.script)
        return Told("\n".join([f"{desk.session.script.name}:", *(f"  {line}" for line in lines)]))

    def record(self, name: str = "") -> Told:
        """Begin a take; again: write it. (Everything is always recorded: keep(60) works without it.)"""
        if self.since is None:
            self.since = time.monotonic()
            self.mark("record")
            return Told("recording from here; record() again writes it")
        seconds, self.since = time.monotonic() - self.since, None
        return self.keep(seconds, name)

    def mark(self, text: str = "here") -> Told:
        """A mark in the journal, at this very moment: mark("chorus")."""
        desk = self.desk
        with desk.hand.lock:
            desk.stage.mail.word("mark", "", text=str(text)[:200])
        bar, beat = desk.stage.clock.spot(desk.stage.frame)
        return Told(f"marked {text!r} at bar {bar}, beat {int(beat)}")

    # --- scenes -------------------------------------------------------------------------------

    @property
    def scenes(self) -> Path:
        """Where scenes lie."""
        home = self.desk.folder if self.desk.session else Path(self.desk.stage.rig.take)
        return home / "scenes"

    def snap(self, name: str) -> Told:
        """Keep everything as it is now, as a scene: snap("dawn")."""
        from live.paging import script

        path = self._scene(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        temp = path.with_suffix(".new")
        temp.write_text(script(self.desk.hand.state.page, f"The scene {name!r}."), "utf-8")
        temp.replace(path)
        self.desk.faders.write(self.desk.hand.state)
        return Told(f'kept as {path.parent.name}/{path.name}; scene("{name}") goes there')

    def scene(self, name: str = "", fade: float | None = None) -> Told:
        """Go to a scene on the next bar: scene("dawn"). Alone: which there are."""
        if not name:
            return Told(", ".join(self._scenes()) or 'no scenes yet: snap("dawn") makes one')
        page = self._read(name)
        self.desk.hand.propose(
            Proposal(becoming(page), f'scene("{name}")', fade=fade, accepted=lambda state: self.desk.faders.went(name, state))
        )
        return Told("")

    def morph(self, a: str, b: str, x: Any = 0.5) -> Told:
        """Between two scenes: morph("dawn", "dusk", 0.3), or with a knob: morph("dawn", "dusk", knob(5))."""
        from live.morphing import between

        if isinstance(x, Number):
            at: Any = x.plain()
        elif is_number(x) and 0 <= x <= 1:
            at = float(x)
        else:
            raise Mistake(
                f"morph goes from 0 to 1, or follows a knob; this is {x if is_number(x) else what_is(x)}.",
                near="Write: morph(a, b, 0.5)",
                word="morph",
            )
        page = between(self._read(a), self._read(b), at, self.desk.room)
        self.desk.hand.propose(Proposal(becoming(page), f'morph("{a}", "{b}")'))
        return Told("")

    def _scene(self, name: str) -> Path:
        if not isinstance(name, str) or not name or any(letter in name for letter in '/\\:*?"<>|') or name.startswith("."):
            raise Mistake(f"{name!r} is no name for a scene.", near='Write: snap("dawn")', word="snap")
        return self.scenes / f"{name}.py"

    def _scenes(self) -> list[str]:
        return sorted(path.stem for path in self.scenes.glob("*.py"))

    def _read(self, name: str) -> Page:
        path = self._scene(name)
        if not path.exists():
            raise Mistake(f"There is no scene {name!r}.", near=nearest(name, self._scenes()) or 'snap("dawn") makes one.', word=name)
        reading = self.desk.reader().read(path)
        if reading.mistake is not None:
            raise reading.mistake
        assert reading.page is not None
        reading.page.room = self.desk.room
        return reading.page

    # --- how edits land --------------------------------------------------------------------------

    def fade(self, seconds: float | None = None) -> Told:
        """How long a newcomer and what it replaces cross over, in seconds: fade(2)."""
        hand = self.desk.hand
        if seconds is not None:
            if not is_number(seconds) or not 0 <= seconds <= 60:
                raise Mistake(
                    f"A fade takes 0 to 60 seconds; this is {seconds if is_number(seconds) else what_is(seconds)}.",
                    near="Write: fade(2)",
                    word="fade",
                )
            hand.fade = float(seconds)
        return Told(f"edits cross over in {hand.fade:g} s")

    def quant(self, when: str = "") -> Told:
        """When an edit lands: quant("now"), quant("beat"), quant("bar")."""
        hand = self.desk.hand
        if when:
            if when not in ("now", "beat", "bar"):
                raise Mistake(
                    f"An edit lands now, on the beat or on the bar, not {when!r}.",
                    near=nearest(str(when), ("now", "beat", "bar")),
                    word=str(when),
                )
            hand.quant = when
        return Told("edits land at once" if hand.quant == "now" else f"edits land on the next {hand.quant}")

    def turn(self, which: Any, to: float) -> Told:
        """Turn a knob that is not there: turn(21, 0.5)."""
        from live.words import knob

        number = which if isinstance(which, Number) else knob(which)
        if number.mover is not None or not is_number(to):
            raise Mistake("turn moves a knob to a number from 0 to 1.", near="Write: turn(21, 0.5)", word="turn")
        value = min(max(float(to), 0.0), 1.0)
        self.desk.stage.knob(number.source, value)  # type: ignore[arg-type]
        self.desk.controller = f"{typed(number)} {value:.2f} by hand"
        return Told("")

    def quit(self) -> None:
        """Leave. The sound ends with you."""
        raise Leave

    # --- help for all ----------------------------------------------------------------------------

    def _place(self, what: Any) -> Described:
        """The place somebody means: the thing itself, or its name."""
        page = self.desk.hand.state.page
        if isinstance(what, str):
            if what not in page.places():
                raise Mistake(f"There is no place {what!r}.", near=nearest(what, page.places()), word=what)
            return page.places()[what]
        found = what.mover if isinstance(what, Number) else what
        if not isinstance(found, Described) or found.name is None:
            raise Mistake(
                f"That is {what_is(what)}, and no place with a name.",
                near=f"There is: {', '.join(sorted(page.places())[:8]) or 'nothing yet'}.",
            )
        return found
