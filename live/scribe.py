"""Runs what is typed, and says what it changes of the music. It has the names; it has no stage.

A line runs in the prompt's own namespace, in the thread that asks. What it
binds, turns, deletes or sends out becomes an ``Edit``; when it raises, every
name means what it meant before.
"""

from __future__ import annotations

import ast
import codeop
import linecache
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from live import values, words
from live.edits import GONE, Edit
from live.eleven import is_one_of_many, spread
from live.mistakes import Mistake, from_exception
from live.noun import Noun, hits, setting, standing
from live.paging import spot
from live.typed import typed
from live.values import Described, Number, Page, Question, Value, opened
from live.vocabulary import RHYTHM, note_effect, word_of
from live.weave import alike, copied, disowned, exchanged, parts, put, without


class Leave(Exception):
    """The performer quits."""


class Told(str):
    """An answer: shown as it is, without quotes."""

    def __repr__(self) -> str:
        return str(self)


def is_whole(text: str) -> bool:
    """Whether a line is a whole statement, or wrong in any case."""
    try:
        return codeop.compile_command(text, "<line>", "exec" if "\n" in text else "single") is not None
    except (SyntaxError, ValueError, OverflowError):
        return True


def _find(slip: Mistake, text: str) -> None:
    """Where its word stands, for a slip that was noticed afterwards."""
    for count, line in enumerate(text.splitlines(), 1):
        if slip.word and (found := re.search(rf"(?<!\w){re.escape(slip.word)}(?!\w)", line)):
            slip.at("", count, line, found.start(), len(slip.word))
            return


class Meant(ast.NodeTransformer):
    """``learn(worn.texture)`` means the control, not where it stands: such arguments become their own text."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names = names

    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: N802 - ast's own word
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in ("learn", "unmap"):
            node.args = [self._text(one) for one in node.args]
        return node

    def _text(self, one: ast.expr) -> ast.expr:
        bare = one
        while isinstance(bare, ast.Attribute | ast.Subscript):
            bare = bare.value
        if not isinstance(bare, ast.Name) or (bare is one and isinstance(self.names.get(bare.id), str | Number)):
            return one
        return ast.copy_location(ast.Constant(ast.unparse(one)), one)


class Scribe:
    """The names of one evening, and the hand that writes with them."""

    def __init__(self, room: Any, now: Callable[[], Page], verbs: Mapping[str, Any]) -> None:
        """``now`` tells the page that is accepted."""
        self.room, self.now = room, now
        self.count = 0
        self.effects: dict[str, str] = {}  # treatments written at the prompt, by their kinds
        self.turn = threading.RLock()
        self.ns: dict[str, Any] = {"__name__": "__prompt__", "__builtins__": __builtins__}
        self.ns |= words.nouns() | dict(verbs)
        self.own = set(self.ns)

    def run(self, text: str) -> tuple[str, Edit]:
        """Run a line: the answer to show, and what it changes. A Mistake leaves every name as it was."""
        if not text.strip():
            return "", Edit()
        with self.turn:
            self.count += 1
            file = f"line {self.count}"
            linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
            before = dict(self.ns)
            self._lend(before)
            page = words.begin(self.room)
            page.outs.update(self.now().outs)
            outs = dict(page.outs)
            values.hands.append(self._turned)
            try:
                return self._execute(text, file), self._edit(before, page, outs, text)
            except KeyboardInterrupt:
                self._restore(before)
                return "Stopped. The sound went on.", Edit()
            except Leave:
                raise
            except BaseException as slip:  # noqa: BLE001 - whatever a line does, the prompt comes back
                self._restore(before)
                known = from_exception(slip, {file: text}, names=self.ns)
                if not known.line:
                    _find(known, text)
                known.file = ""
                raise known from None
            finally:
                values.hands.pop()

    def _execute(self, text: str, file: str) -> str:
        """The statements; the last expression's value is the answer."""
        tree = ast.fix_missing_locations(Meant(self.ns).visit(ast.parse(text, file)))
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
        if callable(found) and (verb := next((name for name in self.own if self.ns.get(name) == found), "")) and found.__doc__:
            return f"{verb}(): {found.__doc__.splitlines()[0]}" if not isinstance(found, Noun) else repr(found)
        if isinstance(found, Value) and found.name:
            return f"{found.name} = {typed(found)}"
        if isinstance(found, list | tuple | dict):
            name = next((name for name, value in self.ns.items() if value is found and not name.startswith("_")), "")
            return f"{name} = {typed(found, own=name)}" if name and any(True for _ in opened(name, found)) else typed(found)
        if isinstance(found, Value):
            return typed(found)
        return repr(found)

    def _restore(self, before: Mapping[str, Any]) -> None:
        self.ns.clear()
        self.ns.update(before)

    def _lend(self, before: Mapping[str, Any]) -> None:
        """Lists and dicts of places as copies: what is done to them is an edit like any other."""
        lent: dict[int, Any] = {}
        for name, value in before.items():
            if isinstance(value, list | dict) and not name.startswith("_") and any(True for _ in opened(name, value)):
                self.ns[name] = lent.setdefault(id(value), copied(value))

    def _edit(self, before: Mapping[str, Any], page: Page, outs: Mapping[str, Any], text: str) -> Edit:
        """What a line has changed of the music."""
        there = self.now().names
        self.effects |= page.effects
        for kind, source in page.effects.items():
            note_effect(kind, source)
        names: dict[str, Any] = {}
        for name in {*before, *self.ns}:
            value = self.ns.get(name, GONE)
            if isinstance(value, list | dict) and name in before and alike(value, before[name]):
                value = self.ns[name] = before[name]
            if value is before.get(name, GONE) or name.startswith("_"):
                continue
            describes = isinstance(value, Value) or any(True for _ in opened(name, value))
            if name in self.own and value is not before.get(name):
                raise Mistake(
                    f"{name} is a word of the language, so no place can have that name.",
                    near=f"Name it otherwise: {name}1 = ...",
                    word=name,
                )
            if describes:
                old = before.get(name)
                named_so = isinstance(old, Value) and (old if not isinstance(old, Number) or old.mover is None else old.mover).name == name
                others = [other for other, one in there.items() if named_so and one is old and other != name and self.ns.get(other) is one]
                within = bool(others) and any(one is (old.mover if isinstance(old, Number) else old) for one in parts(value))
                fresh = value if within else disowned(name, value, old)
                for other in others:  # a second name follows, unless it now holds what is inside
                    names[other] = self.ns[other] = old if within else fresh
                for other, one in there.items() if named_so and not within else ():  # and so does its spot in a list
                    if isinstance(one, list | tuple | dict) and other != name and alike(self.ns.get(other), one):
                        moved = exchanged(one, old, fresh)
                        if moved is not one:
                            names[other] = self.ns[other] = moved
                if isinstance(value, Described) and fresh is not value:
                    value.name = name  # who was made with it in this line hears the name
                names[name] = self.ns[name] = fresh
            elif name in there:
                names[name] = GONE
        changed = {out: page.outs.get(out, GONE) for out in {*outs, *page.outs} if page.outs.get(out, GONE) is not outs.get(out, GONE)}
        for name, value in names.items():
            was = there.get(name)
            moves = isinstance(was, Number) and isinstance(value, Number | Question)  # who followed the one follows the other
            if (
                value is GONE
                or (was is not None and not moves and not isinstance(value, Described))
                or isinstance(was, list | tuple | dict)
            ):
                changed |= self._without(name, {**page.outs, **changed}, names)
        if not names and not changed and page.tempo is None and page.bar is None:
            return Edit()
        fresh = Page({name: value for name, value in names.items() if value is not GONE}, dict(changed), room=self.room)
        words.named(Page({**{name: value for name, value in there.items() if names.get(name) is not GONE}, **fresh.names}))
        words.measure(Page(fresh.names, {k: v for k, v in changed.items() if v is not GONE}, widths=fresh.widths))
        texts = dict.fromkeys(names, text) | {f"out.{out}": text for out in changed}
        return Edit(names, changed, page.tempo, page.bar, fresh.widths, dict(self.effects), page.knobs, texts)

    def _without(self, name: str, outs: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs when a place has gone; refused when something else still hears it."""
        left = {id(one) for _, one in opened(name, names[name])}
        gone = {full for full, one in opened(name, self.now().names[name]) if id(one) not in left and one.name == full}
        gone -= {full for full, _ in opened(name, names[name])}
        if not gone:
            return {}
        for other, value in {**self.now().names, **names}.items():
            if value is GONE or other == name:
                continue
            for _, one in opened(other, value):
                if any(getattr(x, "name", None) in gone for x in parts(one)):
                    near = f"Say first what {other} hears instead, or: del {other}, {name}"
                    raise Mistake(f"{other} hears {name}.", near=near, word=name)
        found = {}
        for out, value in outs.items():
            if not isinstance(value, Value):
                continue
            if (rest := without(value, gone)) is not value:
                found[out] = rest
            if rest is not None and rest.name is None and any(getattr(x, "name", None) in gone for x in parts(rest)):
                raise Mistake(f"{spot(out)} hears {name}, in a part.", near=f"Say first what {spot(out)} is instead.", word=name)
        return found

    def _turned(self, value: Described, name: str, to: Any) -> None:
        """``rain.rate = 0.5``: the same place, with that control elsewhere."""
        word = word_of(value.kind)
        played = RHYTHM if word is not None and word.events else {}
        many = word is not None and is_one_of_many(word, name, to)
        if word is None or (not many and name not in word.controls and name not in word.settings and name not in played):
            getattr(value, name)  # says what there is
            raise Mistake(f"{name} cannot be turned.", word=name)
        if value.name is None:
            value.name = next(
                (key for key, one in self.ns.items() if one is value or (isinstance(one, Number) and one.mover is value)), None
            )
        if value.kind == "crossfade":
            raise Mistake("What chooses is not turned, it is asked.", near=f"Write: {value.name} = when(...)", word=name)
        if value.name is None:
            raise Mistake("Only what has a name can be turned.", near="Write: rain.rate = 0.5", word=name)
        controls, settings = dict(value.controls), dict(value.settings)
        if many:
            controls.update({key: standing(word, key if name == "kernel" else name, one) for key, one in spread(name, to).items()})
        elif name in word.controls:
            controls[name] = standing(word, name, to)
        elif name == "hits":
            hits(word, to, settings)
        else:
            setting(word, name, to, settings)
        fresh = type(value)(value.kind, value.ins, controls, settings)
        fresh.name = value.name
        root, *keys = value.name.split(".")
        aliases = [
            key for key, one in self.ns.items() if key != root and (one is value or (isinstance(one, Number) and one.mover is value))
        ]
        self.ns[root] = put(self.ns.get(root), keys, fresh)
        for key in aliases:  # a second name for it means the same still
            self.ns[key] = put(None, [], fresh)
