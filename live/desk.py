"""The desk: a session's script and what is typed go in, edits for the stage come out. Nothing here touches a sample.

Lines are run in the main thread, so Ctrl-C reaches them; edits are carried by
the ``Hand``, saves come from ``Reload``. Whatever goes wrong is one message.
"""

from __future__ import annotations

import ast
import codeop
import contextlib
import linecache
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from live import values, words
from live.edits import GONE, Edit, State, saving, typing
from live.glance import Glance
from live.hand import Hand, Proposal
from live.mistakes import Mistake, from_exception
from live.paging import paged
from live.typed import typed
from live.values import Described, Number, Page, Value, opened
from live.verbs import Told, Verbs
from live.vocabulary import vocabulary

if TYPE_CHECKING:
    from live.reload import Reading, Reload
    from live.screen.face import Level, Status
    from live.session import Session
    from live.stage import Stage


class Leave(Exception):
    """The performer quits."""


class Desk:
    """One evening: a stage, a session, and somebody who types."""

    def __init__(self, stage: Stage, session: Session | None = None, room: Any = None, *, rehearse: bool = True, folder: Path | None = None) -> None:
        from live.room import Room

        self.stage, self.session = stage, session
        self.room = room or Room.usual(stage.rig.outs, stage.rig.ins)
        self.folder = session.folder if session else folder or Path.cwd()
        self.listeners: list[Callable[[str], None]] = []
        self.said: deque[str] = deque(maxlen=1000)  # everything that was said, newest last
        self.error, self.controller = "", ""
        self.held: Page | None | bool = False  # a page that waits for go(), True: saves wait, False: they do not
        self.saved_at = ""
        self.count = 0
        self._unheard: set[str] = set()
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
        self.verbs = Verbs(self)
        self.ns: dict[str, Any] = {"__name__": "__prompt__", "__builtins__": __builtins__}
        self.ns |= words.nouns() | self.verbs.all()
        self.own = set(self.ns)
        self.ns |= state.page.names
        self.reload: Reload | None = None

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

        proposal = Proposal(saving(page), name)
        proposal.accepted = done
        self.saved_at = time.strftime("%H:%M")
        return self.hand.propose(proposal)

    def _same(self, reading: Reading) -> None:
        """Saved, and nothing in it has changed: what was undone since comes back, what was not plays on."""
        if reading.page is not None:
            self._play(reading.page, reading).quiet = f"{reading.path.name} has not changed: it plays on."

    def _slipped(self, slip: Mistake) -> None:
        """The script cannot be played as it is."""
        self.slip(slip)

    def _define(self, reading: Reading) -> None:
        """The script's functions and plain values, for the prompt to use."""
        kept = {name: value for name, value in self.ns.items() if name in self.own}
        with contextlib.suppress(Exception):  # a definition that only works there
            exec(compile(reading.definitions, str(reading.path), "exec"), self.ns)
        self.ns |= {name: value for name, value in reading.values.items() if name not in self.own}
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
        places = sum(1 for _ in self.hand.state.page.places())
        if not places:
            return "Nothing played yet. Fix it and save."
        bar, _ = self.stage.clock.spot(self.stage.frame)
        of = f"the version saved at {self.saved_at}, " if self.saved_at and self.session else ""
        return f"Still playing {of}bar {bar}. Fix and save, or undo()." if self.session else f"Still playing, bar {bar}."

    # --- what is typed ------------------------------------------------------------------------

    def complete_code(self, text: str) -> bool:
        """Whether Enter may run it: a whole statement, or one that is wrong in any case."""
        try:
            return codeop.compile_command(text, "<line>", "exec" if "\n" in text else "single") is not None
        except (SyntaxError, ValueError, OverflowError):
            return True

    def run(self, text: str) -> str:
        """Run what was typed; the answer to show. Nothing it does can half happen."""
        if not text.strip():
            return ""
        self.count += 1
        file = f"line {self.count}"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        before = dict(self.ns)
        page = words.begin(self.room)
        page.outs.update(self.hand.state.page.outs)
        outs = dict(page.outs)
        values.hands.append(self._turned)
        try:
            shown = self._execute(text, file)
            edit = self._edit(before, page, outs, text)
        except Leave:
            raise
        except KeyboardInterrupt:
            self._restore(before)
            return "Stopped. The sound went on."
        except BaseException as slip:  # noqa: BLE001 - whatever a line does, the prompt comes back
            self._restore(before)
            known = from_exception(slip, {file: text}, names=self.ns)
            known.file = ""
            self.error = str(known)
            return "\n".join(known.lines())
        finally:
            values.hands.pop()
        if edit:
            self.hand.propose(Proposal(typing(edit), text.strip().splitlines()[0][:60], lost=lambda _: self._lost(edit, before)))
        return shown

    def _execute(self, text: str, file: str) -> str:
        """The statements; the last expression's value is the answer."""
        tree = ast.parse(text, file)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, file, "exec"), self.ns)
        if last is None:
            return ""
        return self._shown_as(eval(compile(ast.Expression(last.value), file, "eval"), self.ns))

    def _shown_as(self, found: Any) -> str:
        """A result as text that can be typed back."""
        if found is None:
            return ""
        if isinstance(found, Told):
            return str(found)
        if isinstance(found, Value) and found.name:
            return f"{found.name} = {typed(found)}"
        if isinstance(found, Value | list | tuple | dict):
            return typed(found)
        return repr(found)

    def _restore(self, before: Mapping[str, Any]) -> None:
        self.ns.clear()
        self.ns.update(before)

    def _edit(self, before: Mapping[str, Any], page: Page, outs: Mapping[str, Any], text: str) -> Edit:
        """What a line has changed of the music."""
        there = self.hand.state.page.names
        names: dict[str, Any] = {}
        for name in {*before, *self.ns}:
            value = self.ns.get(name, GONE)
            if value is before.get(name, GONE) or name.startswith("_"):
                continue
            describes = isinstance(value, Value) or any(True for _ in opened(name, value))
            if name in self.own and value is not before.get(name):
                raise Mistake(f"{name} is a word of the language, so no place can have that name.", near=f"Name it otherwise: {name}1 = ...", word=name)
            if describes:
                names[name] = value
            elif name in there:
                names[name] = GONE
        changed = {out: page.outs.get(out, GONE) for out in {*outs, *page.outs} if page.outs.get(out, GONE) is not outs.get(out, GONE)}
        for gone in [name for name, value in names.items() if value is GONE and name not in self.ns]:
            changed |= self._without(gone, {**page.outs, **changed}, names)
        if not names and not changed and page.tempo is None and page.bar is None:
            return Edit()
        fresh = Page({name: value for name, value in names.items() if value is not GONE}, dict(changed), room=self.room)
        words.named(fresh)
        words.measure(Page(fresh.names, {k: v for k, v in changed.items() if v is not GONE}, widths=fresh.widths))
        texts = {name: text for name in names} | {f"out.{out}": text for out in changed}
        return Edit(names, changed, page.tempo, page.bar, fresh.widths, page.effects, texts)

    def _without(self, name: str, outs: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs when a place has gone; refused when something else still hears it."""
        gone = {full for full, _ in opened(name, self.hand.state.page.names[name])}
        for other, value in {**self.hand.state.page.names, **names}.items():
            if value is GONE or other == name:
                continue
            for _, one in opened(other, value):
                if any(getattr(x, "name", None) in gone for x in parts(one)):
                    raise Mistake(f"{other} hears {name}.", near=f"Say first what {other} hears instead, or: del {other}, {name}", word=name)
        found = {}
        for out, value in outs.items():
            if isinstance(value, Value) and (rest := without(value, gone)) is not value:
                found[out] = rest
        return found

    def _turned(self, value: Described, name: str, to: Any) -> None:
        """``rain.rate = 0.5``: the same place, with that control elsewhere."""
        word = vocabulary().get(value.kind)
        if word is None or (name not in word.controls and name not in word.settings):
            getattr(value, name)  # says what there is
            raise Mistake(f"{name} cannot be turned.", word=name)
        if value.name is None:
            raise Mistake("Only what has a name can be turned.", near="Write: rain.rate = 0.5", word=name)
        controls, settings = dict(value.controls), dict(value.settings)
        if name in word.controls:
            controls[name] = words._standing(word, name, to)
        else:
            words._setting(word, name, to, settings)
        fresh = type(value)(value.kind, value.ins, controls, settings)
        fresh.name = value.name
        root, *keys = value.name.split(".")
        self.ns[root] = _put(self.ns.get(root), keys, fresh)

    def _lost(self, edit: Edit, before: Mapping[str, Any]) -> None:
        """An edit was refused: its names mean again what they meant."""
        for name, value in edit.names.items():
            if self.ns.get(name, GONE) is value:
                if name in before:
                    self.ns[name] = before[name]
                else:
                    self.ns.pop(name, None)

    def _accepted(self, state: State) -> None:
        """The prompt's names follow what was accepted."""
        page, was = state.page, self._shown
        for name in {*was.names, *page.names}:
            if page.names.get(name) is was.names.get(name):
                continue
            if name in page.names:
                self.ns[name] = page.names[name]
            elif self.ns.get(name) is was.names.get(name):
                self.ns.pop(name, None)
        self._shown = page
        self._notice(page)

    def _notice(self, page: Page) -> None:
        """One hint for each place that nothing hears."""
        heard = {getattr(one, "name", None) for value in [*page.places().values(), *page.outs.values()] if isinstance(value, Value) for one in [*parts(value), *([value] if value in page.outs.values() else [])]}
        for name, value in page.places().items():
            if name not in heard and not isinstance(value, values.Mover) and name not in self._unheard:
                self._unheard.add(name)
                self.say(f"{name} plays, but nothing hears it: out.stage = {name}")

    def _effects(self, page: Page) -> Page:
        """Treatments written live are compiled and tried out, the first time they are met."""
        if not page.effects:
            return page
        kinds = {}
        for kind, text in page.effects.items():
            if kind not in self._written and any(one.kind == kind for value in [*page.places().values(), *page.outs.values()] if value is not None for one in [value, *parts(value)]):
                from live.stage import Refused

                try:
                    self._written[kind] = self.stage.write(text, kind.split(":")[1])
                except Refused as why:
                    raise Mistake(str(why)) from None
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
        return self.glance.devices

    def places(self) -> Sequence[str]:
        """Named places."""
        return list(self.hand.state.page.names)

    def hush(self) -> str:
        """Everything fades within a beat."""
        return str(self.verbs.hush())

    def panic(self) -> str:
        """Silence, now."""
        return str(self.verbs.panic())

    def close(self, *, leave: bool = True) -> None:
        """The evening ends: with ``leave`` the sound does, too."""
        if self.reload:
            self.reload.close()
        self.hand.close()
        self.stage.close(leave=leave)


def parts(value: Any) -> list[Any]:
    """Everything a described thing is made of, named things not opened."""
    found: list[Any] = []
    below = [*value.ins, *value.controls.values()] if isinstance(value, Described) else []
    for one in below:
        one = one.mover if isinstance(one, Number) else one
        if isinstance(one, Described):
            found.append(one)
            if one.name is None:
                found += parts(one)
    return found


def without(value: Any, gone: set[str]) -> Any:
    """A sum without the terms that have gone."""
    if value.name in gone:
        return None
    if value.name is None and value.kind == "mix":
        left = [one for one in (without(x, gone) for x in value.ins) if one is not None]
        if len(left) == len(value.ins) and all(a is b for a, b in zip(left, value.ins, strict=True)):
            return value
        return sum(left) if left else None
    if value.name is None and value.kind == "gain":
        inner = without(value.ins[0], gone)
        if inner is value.ins[0]:
            return value
        return None if inner is None else type(value)("gain", (inner,), value.controls)
    return value


def _put(whole: Any, keys: list[str], fresh: Any) -> Any:
    """A list or dict with one element exchanged; no key: the thing itself."""
    if not keys:
        return Number(fresh) if isinstance(fresh, values.Mover) else fresh
    key, *deeper = keys
    if isinstance(whole, dict):
        return {k: _put(v, deeper, fresh) if str(k) == key else v for k, v in whole.items()}
    return type(whole)(_put(v, deeper, fresh) if str(count) == key else v for count, v in enumerate(whole, 1))


def rekinded(page: Page, kinds: Mapping[str, str]) -> Page:
    """The page with other words for some kinds; everything else is the same thing."""
    if not kinds:
        return page
    done: dict[int, Any] = {}

    def again(value: Any) -> Any:
        if id(value) in done:
            return done[id(value)]
        fresh = value
        if isinstance(value, Described):
            ins = tuple([again(x) for x in value.ins])
            controls = {key: again(x) for key, x in value.controls.items()}
            if value.kind in kinds or any(a is not b for a, b in zip(ins, value.ins, strict=True)) or any(controls[k] is not value.controls[k] for k in controls):
                fresh = type(value)(kinds.get(value.kind, value.kind), ins, controls, value.settings)
                fresh.name = value.name
        elif isinstance(value, Number) and value.mover is not None:
            mover = again(value.mover)
            if mover is not value.mover:
                fresh = Number(mover, value.scale, value.offset, bare=value.bare)
                fresh.name = value.name
        elif isinstance(value, list | tuple):
            fresh = type(value)(again(x) for x in value)
        elif isinstance(value, dict):
            fresh = {key: again(x) for key, x in value.items()}
        done[id(value)] = fresh
        return fresh

    return Page(
        {name: again(value) for name, value in page.names.items()}, {out: again(value) for out, value in page.outs.items()},
        page.tempo, page.bar, page.notes, widths=page.widths, room=page.room,
    )  # fmt: skip
