"""The desk: a session's script and what is typed go in, edits for the stage come out. Nothing here touches a sample.

Lines are run in the main thread, so Ctrl-C reaches them; edits are carried by
the ``Hand``, saves come from ``Reload``. Whatever goes wrong is one message.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from live import values
from live.edits import GONE, Edit, State, merged, saving, typing
from live.faders import Table
from live.glance import Glance
from live.hand import Hand, Proposal
from live.hearing import Hearing
from live.loading import Loading
from live.mistakes import Mistake
from live.paging import paged
from live.scribe import Scribe, is_whole
from live.values import Page
from live.verbs import Verbs
from live.vocabulary import note_effect, vocabulary
from live.weave import parts, rekinded

HINT = 12.0  # seconds a place may stay unheard before somebody asks about it

if TYPE_CHECKING:
    from live.reload import Reading, Reload
    from live.screen.face import Level, Status, Turned
    from live.session import Session
    from live.stage import Stage


class Desk:
    """One evening: a stage, a session, and somebody who types."""

    def __init__(
        self, stage: Stage, session: Session | None = None, room: Any = None, *, rehearse: bool = True, folder: Path | None = None
    ) -> None:
        from live.room import Room

        self.stage, self.session = stage, session
        self.room = room or Room.usual(stage.rig.outs, stage.rig.ins)
        self.folder = session.folder if session else folder or Path.cwd()
        self.listeners: list[Callable[[str], None]] = []
        self.said: deque[str] = deque(maxlen=1000)  # everything that was said, newest last
        self.error, self.controller = "", ""
        self.plain = False  # no drawings: for screen readers and pipes
        self.held: Page | None | bool = False  # a page that waits for go(), True: saves wait, False: they do not
        self.saved_at = ""
        self._unheard: set[str] = set()
        self._stood: set[int | str] = set()  # knobs that were put where a script wants them, once
        self.glance = Glance(self)
        state = State(edit=Edit(), score=stage.score)
        if stage.score.places:
            page = paged(stage.score, self.room)
            state = State(page, Edit(), stage.score)
        dress = None
        if rehearse:
            from live.dress import Dress

            dress = Dress.of(stage.rig, stage.folder)
            dress.warm()
        self.hand = Hand(stage, self.say, dress=dress, room=self.room, state=state)
        self.hand.effects = self._effects
        self.hand.accepted = self._accepted
        self._shown = state.page  # what the prompt's names stand for
        self._written: dict[str, str] = {}
        self._typed: list[Edit] = []  # typed, and neither accepted nor refused yet
        self.verbs = Verbs(self)
        self.faders = Table(stage.folder, getattr(session, "name", ""), self.verbs.scenes, self.room)
        self.scribe = Scribe(self.room, self.wished, self.verbs.all())
        self.ns = self.scribe.ns
        self.ns |= state.page.names
        self.reload: Reload | None = None
        self._reader: Any = None
        self._hinting: tuple[float, list[str]] = (0.0, [])
        self._loading = Loading(stage.folder / "log")
        self.hand.tick = self._hint
        self.hearing = Hearing(self)
        self.faders.changed = lambda: self.hearing.send("controls")
        if state.score.places:
            self.faders.write(state)

    # --- the session ----------------------------------------------------------------------

    def play_session(self) -> Reading | None:
        """Read the script, play it, and follow its saves."""
        if self.session is None:
            return None
        from live.reload import Reload

        self.reload = Reload(self.folder, self._saved, self._slipped, script=self.session.script.name, on_same=self._same)
        self.reload.reader.room = self.room
        first = self.reload.read()
        self._reading(first)
        self.reload.start()
        return first

    def reader(self) -> Any:
        """Who reads scripts: the session's own reader, or one for the folder."""
        if self.reload is not None:
            return self.reload.reader
        if self._reader is None:
            from live.reading import Reader

            self._reader = Reader(self.folder, spares=1)
            self._reader.room = self.room
        return self._reader

    def _reading(self, reading: Reading) -> None:
        """What came of reading the script."""
        if reading.mistake is not None:
            self._slipped(reading.mistake)
        elif reading.page is not None:
            self._saved(reading.page, reading)

    def _saved(self, page: Page, reading: Reading) -> None:
        """The script was saved and can be played."""
        for line in [*reading.printed, *reading.notes]:
            self.say(line)
        if self.held is not False:
            self.held = page
            self.say(f"{reading.path.name} is read and waits: held. go() plays it.")
            return
        self._play(page, reading)

    def _play(self, page: Page, reading: Reading) -> Proposal:
        page.room = self.room
        name = reading.path.name

        def done(state: State) -> None:
            self._define(reading)

        proposal = Proposal(saving(page), name, tell=True, saved=True, text=reading.text, quiet=f"{name} plays as it is.")
        proposal.accepted = done
        self.saved_at = time.strftime("%H:%M")
        return self.hand.propose(proposal)

    def _same(self, reading: Reading) -> None:
        """Saved, and nothing in it has changed: what was undone since comes back, what was not plays on."""
        if reading.page is not None:
            self._play(reading.page, reading).quiet = f"{reading.path.name} has not changed: it plays on."

    def _slipped(self, slip: Mistake) -> None:
        """The script cannot be played as it is."""
        last = self.reload.last if self.reload else None
        for line in [*last.printed, *last.notes] if last else []:
            self.say(line)
        self.slip(slip)

    def _define(self, reading: Reading) -> None:
        """The script's functions and plain values, for the prompt to use."""
        kept = {name: value for name, value in self.ns.items() if name in self.scribe.own}
        reading.define(self.ns)
        self.ns |= kept

    # --- what is said ---------------------------------------------------------------------

    def say(self, line: str) -> None:
        """News: to the screen, and kept."""
        self.said.append(line)
        for listener in self.listeners:
            listener(line)

    def slip(self, slip: Mistake) -> None:
        """A mistake, with its picture, and what plays on."""
        self.error = str(slip)
        self.say("\n".join(slip.lines(self.plays())))

    def plays(self) -> str:
        """What still plays, after a slip."""
        if not self.hand.state.score.places:
            return "Nothing played yet. Fix it and save."
        bar, _ = self.stage.clock.spot(self.stage.frame)
        of = f"the version saved at {self.saved_at}, " if self.saved_at and self.session else ""
        return f"Still playing {of}bar {bar}. Fix and save, or undo()." if self.session else f"Still playing, bar {bar}."

    # --- what is typed ------------------------------------------------------------------------

    def complete_code(self, text: str) -> bool:
        """Whether Enter may run it."""
        return is_whole(text)

    def run(self, text: str) -> str:
        """Run what was typed, in this thread; the answer to show. Nothing it does can half happen."""
        before = dict(self.ns)
        try:
            shown, edit = self.scribe.run(text)
        except Mistake as slip:
            self.error = str(slip)
            lines = slip.lines()
            if lines[0] == f"> {text}" and not self.plain:  # the caret stands under what was typed
                lines = lines[1:]
            return "\n".join(lines)
        if edit:
            said = text.strip().splitlines()[0][:60]
            self._typed.append(edit)
            self.hand.propose(Proposal(typing(edit), said, lost=lambda _: self._lost(edit, before), accepted=lambda _: self._settle(edit)))
        return shown

    def wished(self) -> Page:
        """What is accepted, with everything over it that was typed since."""
        page = self.hand.state.page
        for edit in list(self._typed):
            page = merged(page, edit)
        return page

    def _settle(self, edit: Edit) -> None:
        """An edit is accepted, or refused."""
        for k, one in enumerate(self._typed):  # in place: somebody may be typing the next one
            if one is edit:
                del self._typed[k]
                return

    def _lost(self, edit: Edit, before: Mapping[str, Any]) -> None:
        """An edit was refused: its names mean again what they meant."""
        self._settle(edit)
        there = self.wished().names
        for name, value in edit.names.items():
            if self.ns.get(name, GONE) is value:
                if name in there:
                    self.ns[name] = there[name]
                elif name in before and not isinstance(before[name], values.Value):
                    self.ns[name] = before[name]
                else:
                    self.ns.pop(name, None)

    def _accepted(self, state: State) -> None:
        """The prompt's names follow what was accepted."""
        page, was = state.page, self._shown
        for kind, text in page.effects.items():
            note_effect(kind, text)
        for which, stands in page.knobs.items():
            if which not in self._stood and not self.stage.stands(which):
                self.stage.knob(which, stands)
            self._stood.add(which)
        typed = {name for edit in self._typed for name in edit.names}
        for name in {*was.names, *page.names}:
            if page.names.get(name) is was.names.get(name) or name in typed:
                continue
            if name in page.names:
                self.ns[name] = page.names[name]
            elif self.ns.get(name) is was.names.get(name):
                self.ns.pop(name, None)
        self._shown = page
        self.faders.write(state)
        self._notice(page)

    def _notice(self, page: Page) -> None:
        """Places that nothing hears: a hint, when they stay unheard for a while."""
        heard: set[str | None] = set()
        for value in [*page.places().values(), *page.outs.values()]:
            if value is not None:
                heard |= {one.name for one in parts(value)}
        heard |= {value.name for value in page.outs.values() if value is not None}
        if not any(value is not None for value in page.outs.values()):
            heard |= set(page.places())  # hushed, or not begun: nothing to wonder at
        lonely = [name for name, value in page.places().items() if name not in heard and not isinstance(value, values.Mover)]
        self._hinting = (time.monotonic() + HINT, [name for name in lonely if name not in self._unheard])

    def _hint(self) -> None:
        """Asked now and then by the hand."""
        self.verbs.clock.follow()
        for line in self._loading.news():
            self.say(line)
        due, names = self._hinting
        if names and time.monotonic() > due:
            self._hinting = (0.0, [])
            self._unheard |= set(names)
            self.say(f"{', '.join(names)}: nothing hears {'it' if len(names) == 1 else 'them'}. Write: out.stage = {' + '.join(names)}")

    def _effects(self, page: Page) -> Page:
        """Treatments written live are compiled and tried out, the first time they are met."""
        texts = {**self.scribe.effects, **page.effects}
        if not texts:
            return page
        kinds = {}
        for kind, text in texts.items():
            if kind not in self._written and any(
                one.kind == kind
                for value in [*page.places().values(), *page.outs.values()]
                if value is not None
                for one in [value, *parts(value)]
            ):
                from live.stage import Refused

                try:
                    self._written[kind] = self.stage.write(text, kind.split(":")[1])
                except Refused as why:
                    raise Mistake(str(why).removesuffix(" What plays, plays on.")) from None
            if kind in self._written:
                kinds[kind] = self._written[kind]
        return rekinded(page, kinds)

    # --- what the screen asks -----------------------------------------------------------------

    @property
    def vocabulary(self) -> Mapping[str, Any]:
        """Every word."""
        return vocabulary()

    def names(self) -> Mapping[str, Any]:
        """What can be typed."""
        return self.ns

    def status(self) -> Status:
        """How the music stands."""
        return self.glance.status()

    def levels(self) -> Sequence[Level]:
        """Every named place and how loud it is."""
        return self.glance.levels()

    def files(self) -> Sequence[str]:
        """Sounds that can be named."""
        return self.glance.files()

    def devices(self) -> Sequence[str]:
        """Devices that were seen."""
        return self.glance.devices()

    def kernels(self) -> Sequence[str]:
        """Kernels that can be named."""
        return self.glance.kernels()

    @property
    def page(self) -> Page:
        """What is accepted, as it was when it was: asked at every key and ten times a second, and not built again."""
        return self._shown

    def places(self) -> Sequence[str]:
        """Named places."""
        return list(self.page.names)

    def knobs(self) -> Sequence[Turned]:
        """The first knobs the page names, as they stand."""
        return self.glance.knobs()

    def turn_knob(self, count: int, by: float) -> str:
        """A key turns the page's knob of that count, from 0; what to say of it."""
        return self.glance.turn_knob(count, by)

    def learn_next(self) -> str:
        """The next control of the page is learned: what is moved now is for it."""
        return self.verbs.learn_next()

    def cancel(self) -> None:
        """Learn nothing."""
        self.hearing.learning = None
        self.hearing.send("cancel")

    def hush(self) -> str:
        """Everything fades within a beat."""
        return str(self.verbs.hush())

    def panic(self) -> str:
        """Silence, now."""
        return str(self.verbs.panic())

    def close(self, *, leave: bool = True) -> None:
        """The evening ends: with ``leave`` the sound does, too."""
        if self.verbs.lesson is not None:
            self.verbs.lesson.stop()
        self.hearing.close()
        if self.reload:
            self.reload.close()
        elif self._reader is not None:
            self._reader.close()
        self.hand.close()
        self.stage.close(leave=leave)
