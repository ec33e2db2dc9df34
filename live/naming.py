"""A page of names -> a score of places. Who is who: by name, by owner, and sources by what they are.

A named value is a place. An unnamed part belongs to the named thing that uses
it (``dusk/lfo``), to the first in the alphabet when several do, so the order
of lines makes no difference. What has two names goes by the first it was given. Sources and encoders belong to nobody and are
shared by shape: ``mic(1)``, ``clip(rain on tin)``. Where two parts could have
one name, each keeps the name it had in the score before: the one that is most
alike first. Numbering by position was tried and failed (it gave the second
the state of the first when that was removed).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from live.mistakes import Mistake, nearest
from live.score import Drive, Node, Score, Send
from live.typed import is_plain
from live.values import Beats, Described, Latent, Number, Page, Question, Sound, is_number, what_is
from live.vocabulary import Word, vocabulary

LONGEST = 63  # bytes of a place's name
SHARED = ("mic", "clip", "unlatent")
INLETS = 4
LONGEST_ECHO = 2.0  # seconds a delay remembers when nobody says otherwise


@dataclass
class _Part:
    """Something unnamed on its way to a name."""

    value: Described
    base: str
    depth: int = 0


@dataclass
class _Reader:
    """One page being read."""

    page: Page
    before: Score
    places: dict[str, Described]
    names: dict[int, str] = field(default_factory=dict)  # of places, by the value's identity
    own: dict[int, str] = field(default_factory=dict)  # of parts
    parts: dict[int, _Part] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    kept: list[Any] = field(default_factory=list)  # values made here: their identities must stay theirs
    shapes: dict[Any, Described] = field(default_factory=dict)
    asked: dict[int, Number] = field(default_factory=dict)  # questions as numbers
    widths: dict[str, int | None] = field(default_factory=dict)
    words: Mapping[str, Word] = field(default_factory=vocabulary)

    # --- who is there ------------------------------------------------------------------

    def walk(self, value: Described, owner: str, inside: frozenset[int] = frozenset()) -> int:
        """Note everything unnamed below a value; how deep it is."""
        depth = 0
        if id(value) in inside:
            raise Mistake(f"{owner} hears itself.")
        inside |= {id(value)}
        for one in self.heard(value, owner):
            if self.owned(one, owner) is None:
                part = self.parts.get(id(one))
                if part is None:
                    part = _Part(one, self.base(one, owner))
                    part.depth = self.walk(one, owner, inside) + 1
                    self.parts[id(one)] = part
                depth = max(depth, part.depth)
        return depth

    def owned(self, one: Described, owner: str) -> str | None:
        """The name of the place it is, or None for a part of ``owner``."""
        name = self.names.get(id(one))
        if name is None and one.name in self.places and one.name != root(owner):
            name = one.name  # what had this name before: now another has it
            if type(self.places[name]) is not type(one):
                raise Mistake(
                    f"{root(owner)} needs {name} to be {what_is(one)}; now it is {what_is(self.places[name])}.",
                    near=f"Say first what {root(owner)} is made of instead.",
                    word=name,
                )
        return name

    def base(self, one: Described, owner: str) -> str:
        """What a part is called when it is the only one of its kind."""
        if self.is_shared(one):
            return cut(f"{one.kind}({self.hint(one)})")
        return cut(f"{owner}/{one.kind}")

    def is_shared(self, one: Described) -> bool:
        """Sources and encoders: one for all who use it."""
        word = self.words.get(one.kind)
        struck = bool(one.settings.get("hits"))
        return not struck and (one.kind in SHARED or bool(word and word.gives == "latent" and word.engine))

    def hint(self, one: Described) -> str:
        """What tells one source from another, in a word."""
        if one.kind == "mic":
            return str(int(one.settings.get("first", 0)) + 1)
        if "file" in one.settings:
            return str(one.settings["file"]).replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or str(one.settings["file"])
        return ", ".join(self.names.get(id(x)) or self.own.get(id(x)) or x.name or self.hint(x) or x.kind for x in one.ins)

    def heard(self, value: Described, owner: str) -> Iterator[Described]:
        """Everything directly below: sounds, then what moves its controls."""
        yield from self.inlets(value, owner)
        for control in value.controls.values():
            if isinstance(control, Number) and (mover := self.followed(control).mover) is not None:
                yield self.one(mover)

    def followed(self, control: Number) -> Number:
        """What a control follows: the name it was given, also when that is a knob or a sum by now."""
        mover = control.mover
        if mover is None or mover.name is None or id(mover) in self.names or mover.name in self.places:
            return control
        bound = self.page.names.get(mover.name)
        if isinstance(bound, Question):
            bound = self.asked.setdefault(id(bound), bound.number())
        if not isinstance(bound, Number) or bound.mover is mover:
            return control
        return Number(bound.source, bound.scale * control.scale, bound.offset * control.scale + control.offset)

    def inlets(self, value: Described, owner: str) -> tuple[Described, ...]:
        """What it hears, nested unnamed mixes opened, and closed again by fours."""
        if value.kind != "mix":
            return tuple([self.one(x) for x in value.ins])
        flat = list(self.terms(value, owner))
        while len(flat) > INLETS:
            flat = [self.made(flat[k : k + INLETS], type(value)) for k in range(0, len(flat), INLETS)]
        return tuple(flat)

    def terms(self, value: Described, owner: str, met: set[int] | None = None) -> Iterator[Described]:
        """The terms of a sum. A sum that is met again stays one term: ``x = x + x`` twenty times is twenty mixes, not a million terms."""
        met = set() if met is None else met
        for one in value.ins:
            if one.kind == "mix" and id(one) not in met and self.owned(one, owner) is None:
                met.add(id(one))
                yield from self.terms(one, owner, met)
            else:
                yield self.one(one)

    def made(self, some: list[Described], how: type[Described]) -> Described:
        """A mix of a few, the same each time it is asked for."""
        if len(some) == 1:
            return some[0]
        key = ("mix", *(id(x) for x in some))
        if key not in self.shapes:
            self.shapes[key] = how("mix", tuple(some))
            self.kept.append(self.shapes[key])
        return self.shapes[key]

    def one(self, value: Described) -> Described:
        """The one that stands for all unnamed sources of its shape, or for a gain of a gain."""
        if id(value) not in self.names and is_plain(value) and is_plain(value.ins[0]) and id(value.ins[0]) not in self.names:
            key = ("gain", id(value))
            if key not in self.shapes:
                inner = value.ins[0]
                self.shapes[key] = type(value)("gain", inner.ins, {"gain": value.controls["gain"] * inner.controls["gain"]})
                self.kept.append(value)
            return self.one(self.shapes[key])
        if id(value) in self.names or value.name in self.places or not self.is_shared(value):
            return value
        return self.shapes.setdefault(self.shape(value), value)

    def shape(self, value: Any) -> Any:
        """What it is, by what it says."""
        if isinstance(value, Described):
            if id(value) in self.names or value.name in self.places:
                return ("named", self.names.get(id(value), value.name))
            controls = tuple([(k, self.shape(v)) for k, v in sorted(value.controls.items())])
            settings = tuple([(k, repr(v)) for k, v in sorted(value.settings.items())])
            return (value.kind, tuple([self.shape(x) for x in value.ins]), controls, settings)
        if isinstance(value, Number):
            return (self.shape(value.mover) if value.mover is not None else value.source, value.scale, value.offset)
        return value.beats if isinstance(value, Beats) else value

    # --- what they are called ----------------------------------------------------------------

    def christen(self) -> None:
        """Give every part its name, the deepest first: what a part hears has its name before it."""
        taken = set(self.places)
        levels: dict[int, list[_Part]] = {}
        for part in self.parts.values():
            levels.setdefault(part.depth, []).append(part)
        old: dict[str, list[str]] = {}
        for name in self.before.places:
            stem, dot, number = name.rpartition(".")
            old.setdefault(stem if dot and number.isdigit() else name, []).append(name)
        for depth in sorted(levels):
            groups: dict[str, list[_Part]] = {}
            for part in levels[depth]:
                groups.setdefault(part.base, []).append(part)
            for base, some in groups.items():
                free = [name for name in old.get(base, []) if name not in taken]
                waiting = [(part, self.node(part.value, part.base)) for part in some]
                for likeness in LIKENESS:
                    rest = []
                    for part, node in waiting:
                        found = next((name for name in free if likeness(self.before.places[name], node)), None)
                        if found is None:
                            rest.append((part, node))
                        else:
                            free.remove(found)
                            self.settle(part, found, node, taken)
                    waiting = rest
                for part, node in waiting:
                    count, name = 1, base
                    while name in taken:
                        count += 1
                        name = f"{base}.{count}"
                    self.settle(part, name, node, taken)

    def settle(self, part: _Part, name: str, node: Node, taken: set[str]) -> None:
        self.own[id(part.value)] = name
        self.nodes[name] = node
        taken.add(name)

    # --- as nodes -------------------------------------------------------------------------

    def node(self, value: Described, owner: str) -> Node:
        """A described thing as the score's own data."""
        ins = tuple([self.called(one, owner) for one in self.inlets(value, owner)])
        controls = {name: self.stands(control, owner) for name, control in value.controls.items()}
        return Node(value.kind, ins, controls, {**value.settings, **longer(value, controls)})

    def called(self, one: Described, owner: str) -> str:
        """The name of what somebody hears."""
        found = self.owned(one, owner)
        return found if found is not None else self.own.get(id(one)) or str(one.name)

    def stands(self, control: Any, owner: str) -> float | Drive:
        """A control's place: a number, or what it follows."""
        if isinstance(control, Beats):
            return control.beats * 60.0 / (self.page.tempo or self.before.tempo)
        if not isinstance(control, Number):
            return float(control)
        control = self.followed(control)
        source = f"knob:{control.source}" if control.mover is None else self.called(self.one(control.mover), owner)
        return Drive(source, control.scale, control.offset)

    # --- loudspeakers ---------------------------------------------------------------------

    def width(self, name: str) -> int | None:
        """How many channels a place has; None when only the core can tell."""
        if name not in self.widths:
            self.widths[name] = None  # a circle is the core's to refuse
            node = self.nodes.get(name)
            word = self.words.get(node.kind) if node else None
            if node and (node.kind in ("mix", "gain", "unlatent") or ":" in node.kind):
                ins = [self.width(x) for x in node.ins]
                self.widths[name] = None if None in ins else max([x for x in ins if x], default=1)
            elif node and word:
                ins = [self.width(x) for x in node.ins]
                if node.kind in ("clip", "grains"):
                    known = self.page.widths.get(str(node.settings.get("file")))
                    self.widths[name] = known or file_width(node.settings)
                elif None not in ins:
                    self.widths[name] = word.width(node.settings, tuple([x for x in ins if x]))
        return self.widths[name]


def longer(value: Described, controls: Mapping[str, Any]) -> dict[str, Any]:
    """An echo later than its memory gets more of it, in whole steps: 4, 8, 16 seconds."""
    time = controls.get("time")
    if value.kind != "delay" or "longest" in value.settings or isinstance(time, Drive) or time is None or time <= LONGEST_ECHO:
        return {}
    return {"longest": min(2.0 ** math.ceil(math.log2(time)), 64.0)}


def root(owner: str) -> str:
    """The place a part belongs to in the end."""
    return owner.partition("/")[0]


def same(a: Node, b: Node) -> bool:
    """Equal in everything."""
    return a == b


LIKENESS = (
    same,
    lambda a, b: a.kind == b.kind and a.settings == b.settings and a.ins == b.ins and a.ins != (),
    lambda a, b: a.kind == b.kind and a.settings == b.settings,
    lambda a, b: a.kind == b.kind and a.ins == b.ins,
    lambda a, b: a.kind == b.kind,
)
"""From most to least alike."""


_WIDTHS: dict[tuple[str, int], int | None] = {}


def file_width(settings: Mapping[str, Any]) -> int | None:
    """The channels of a sound file, from its header."""
    if settings.get("channels"):
        return int(settings["channels"])
    from live.core.shelf import SoundError, find

    try:
        path = find(str(settings.get("file", "")))
        key = (str(path), path.stat().st_mtime_ns)
        if key not in _WIDTHS:
            import soundfile

            _WIDTHS[key] = int(soundfile.info(str(path)).channels)
    except (SoundError, OSError, RuntimeError):
        return None
    return _WIDTHS[key]


def cut(name: str) -> str:
    """A name the core can hold, with room for a number."""
    if len(name.encode()) <= LONGEST - 4:
        return name
    mark = hashlib.blake2s(name.encode(), digest_size=3).hexdigest()
    return name.encode()[: LONGEST - 12].decode(errors="ignore") + "~" + mark


def score_of(page: Page, before: Score | None = None, room: Any = None) -> Score:
    """The score a page describes. ``before``: what sounds now, so that unnamed parts keep their names."""
    before, room = before or Score(), room or page.room
    places = page.places()
    for name in places:
        if len(name.encode()) > LONGEST:
            raise Mistake(f"{name[:24]}... is too long for a name.", near=f"At most {LONGEST} letters.", word=name)
    r = _Reader(page, before, places)
    r.names = identities(places, before)
    firsts = {name: value for name, value in places.items() if r.names[id(value)] == name}
    opened: dict[int, list[Term]] = {}
    sends = [(name, *term) for name, value in sorted(page.outs.items()) for term in _terms(r, value, opened)]
    for name, value in sorted(firsts.items()):
        r.walk(value, name)
    for out, value, _, moving in sends:
        _meet_movers(r, out, value, moving)
        holder = Sound("out", (value,))
        r.kept.append(holder)
        r.walk(holder, f"out.{out}")
    r.christen()
    for name, value in firsts.items():
        r.nodes[name] = r.node(value, name)
    faders: dict[tuple[tuple[int, ...], str], tuple[str, list[float | Drive]]] = {}
    for out, value, gain, moving in sends:
        place = r.called(r.one(value), f"out.{out}")
        _, levels = faders.setdefault((_channels(out, room), place), (out, []))
        levels.append(_fader(r, out, gain, moving))
    found: list[Send] = []
    for (_, place), (out, levels) in faders.items():
        first, *more = _together(levels)
        found.append(_send(r, out, place, first, room))
        for level in more:  # two hands on one fader: a fader of its own for the second
            again = free(cut(f"out.{out}/gain"), r.nodes)
            r.nodes[again] = Node("gain", (place,), {"gain": level})
            found.append(_send(r, out, again, 1.0, room))
    return Score(r.nodes, tuple(found), page.tempo or before.tempo, page.bar or before.bar, before.muted, before.soloed)


def _together(levels: Iterable[float | Drive]) -> list[float | Drive]:
    """Several levels of a place on one output, added up: one for each thing that moves it, plain numbers with the first."""
    plain: float | None = None
    moved: dict[str, Drive] = {}
    for one in levels:
        if isinstance(one, Drive):
            there = moved.get(one.source, Drive(one.source, 0.0, 0.0))
            moved[one.source] = Drive(one.source, there.scale + one.scale, there.offset + one.offset)
        else:
            plain = (plain or 0.0) + one
    if not moved:
        return [plain or 0.0]
    first, *rest = [moved[source] for source in sorted(moved)]
    return [Drive(first.source, first.scale, first.offset + (plain or 0.0)), *rest]


def free(name: str, taken: Iterable[str]) -> str:
    """The name, with a number when there is one already."""
    there, count, found = set(taken), 1, name
    while found in there:
        count += 1
        found = f"{name}.{count}"
    return found


def identities(places: Mapping[str, Described], before: Score) -> dict[int, str]:
    """Which of its names a value goes by: one that it had, or the first it was given."""
    found: dict[int, str] = {}
    for name, value in sorted(places.items(), key=lambda item: item[0] not in before.places):
        if found.setdefault(id(value), name) == name and value.name != name:
            value.name, value.said = name, ""
    return found


Term = tuple[Described, float, Number | None]
"""What goes out, its level, and what moves its level."""


def _terms(r: _Reader, value: Any, done: dict[int, list[Term]]) -> list[Term]:
    """What goes out: unnamed sums and gains are the output's own faders."""
    if value is None:
        return []
    if id(value) not in done:
        done[id(value)] = _opened(r, value, done)
    return done[id(value)]


def _opened(r: _Reader, value: Described, done: dict[int, list[Term]]) -> list[Term]:
    if isinstance(value, Latent):
        whole = Sound("unlatent", (value,))
        r.kept.append(whole)
        return [(whole, 1.0, None)]
    unnamed = id(value) not in r.names and value.name not in r.places
    if unnamed and value.kind == "mix":
        found: dict[tuple[int, int], Term] = {}
        for one, gain, moving in [term for each in value.ins for term in _terms(r, each, done)]:
            before = found.get((id(one), id(moving)))
            found[id(one), id(moving)] = (one, gain + (before[1] if before else 0.0), moving)
        return list(found.values())
    if unnamed and value.kind == "gain" and set(value.controls) == {"gain"}:
        level, inner = value.controls["gain"], _terms(r, value.ins[0], done)
        if is_number(level):
            return [(one, gain * level, moving) for one, gain, moving in inner]
        if isinstance(level, Number) and all(moving is None for _, _, moving in inner):
            return [(one, gain, level) for one, gain, _ in inner]
    return [(value, 1.0, None)]


def _meet_movers(r: _Reader, out: str, value: Described, moving: Number | None) -> None:
    """What moves a level is a part of the output: it must be met on the walk."""
    if moving is not None and moving.mover is not None:
        holder = Sound("gain", (value,), {"gain": moving})
        r.kept.append(holder)
        r.walk(holder, f"out.{out}")


def _fader(r: _Reader, out: str, gain: float, moving: Number | None) -> float | Drive:
    """A level, or what moves it."""
    if moving is None:
        return gain
    moved = r.stands(moving, f"out.{out}")
    assert isinstance(moved, Drive)
    return Drive(moved.source, moved.scale * gain, moved.offset * gain)


def _send(r: _Reader, out: str, place: str, level: float | Drive, room: Any) -> Send:
    """A place on its way to an output of the room, folded when the two are not equally wide."""
    channels = _channels(out, room)
    first, count = channels[0], len(channels)
    if r.width(place) != count:
        folded = cut(f"out.{out}/{place}")
        r.nodes[folded] = Node("fold", (place,), {}, {"channels": count})
        place = folded
    return Send(place, first, count, level)


def _channels(out: str, room: Any) -> tuple[int, ...]:
    """The loudspeakers of an output, counted from 0."""
    first, dash, last = out.partition("-")
    if dash and first.isdigit():
        return tuple(range(int(first) - 1, int(last)))
    outputs: Mapping[str, tuple[int, ...]] = getattr(room, "outputs", None) or {"stage": (0, 1)}
    if out not in outputs:
        raise Mistake(f"This rig has no output {out!r}.", near=nearest(out, outputs), word=out)
    return outputs[out]


def movers(score: Score) -> set[str]:
    """Places that make a control, not a sound."""
    words = vocabulary()
    return {name for name, node in score.places.items() if (word := words.get(node.kind)) and word.gives == "control"}
