"""Random scripts that are right: names, sounds, waves, knobs, rhythms, lists, latents, outputs. For tests of the language."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as some

NAMES = ("rain", "dusk", "ash", "moss", "wave", "zinc", "bell", "fog", "tide", "oak", "x", "été")
FILES = ("rain on tin", "wood knocks")


@dataclass(frozen=True)
class Line:
    """One line of a script: what it binds, how, and what it needs."""

    name: str
    text: str
    uses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Script:
    """A script whose lines can stand in any order that their needs allow."""

    lines: tuple[Line, ...]
    outs: tuple[str, ...]

    def text(self, order: Random | None = None) -> str:
        """In the order of writing, or in another one that reads."""
        waiting, done, found = list(self.lines), set(), []
        while waiting:
            ready = [line for line in waiting if line.uses <= done]
            line = order.choice(ready) if order else ready[0]
            waiting.remove(line)
            done.add(line.name)
            found.append(f"{line.name} = {line.text}")
        outs = list(self.outs)
        if order:
            order.shuffle(outs)
        return "\n".join(["tempo(100)", *found, *outs]) + "\n"


class Writer:
    """Writes one, from random choices."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.kinds: dict[str, str] = {}  # name -> sound | latent | number | list
        self.uses: set[str] = set()
        self.count = 0

    def one(self, *what: str) -> str:
        """One of these."""
        return self.draw(some.sampled_from(what))

    def named(self, kind: str) -> list[str]:
        """Names of a kind that are bound already."""
        return [name for name, has in self.kinds.items() if has == kind]

    def use(self, name: str) -> str:
        """Note that a line needs it."""
        self.uses.add(name)
        return f"{name}[{self.draw(some.integers(0, 1))}]" if self.kinds[name] == "list" else name

    def plain(self, low: float, high: float) -> str:
        """A plain number; no two are the same, so that equal parts are no matter of chance."""
        self.count += 1
        return repr(round(low + (high - low) * self.draw(some.integers(0, 1000)) / 1001 + self.count * 1e-6, 6))

    def control(self, low: float, high: float, deep: int) -> str:
        """Where a control stands: mostly a plain number."""
        way = self.one("plain", "plain", "knob", "number")
        return (
            self.plain(low, high)
            if way == "plain" or deep > 2
            else f"{self.plain(0, 1)} * knob(3)"
            if way == "knob"
            else self.number(deep + 1)
        )

    def number(self, deep: int = 0) -> str:
        """Something that moves."""
        some_names = self.named("number")
        way = self.one("lfo", "knob", "times", "add", "when", "named", "smooth", "follow")
        if way == "named" and some_names:
            return self.use(self.one(*some_names))
        if deep > 1 or way in ("lfo", "named"):
            return self.one(
                f"lfo({self.plain(0.1, 9)})", f"lfo(200, {self.plain(300, 400)}, beats=8)", f"env({self.plain(0.1, 1)}, hits=every(2))"
            )
        if way == "knob":
            return self.one(
                "knob(1)", "(2 * knob(2) - 0.5)", "(1 - knob(1))", 'knob("near")', f"knob(3).log(20, {self.plain(100, 200)})", 'knob(3, device="nano")',
                "pad(36)", "bend()", "key().gate", 'key("c3", device="nano").bend', "pedal()", 'key("c2", "c4", channel=2).pitch',
            )  # fmt: skip
        if way == "follow":
            return f"follow({self.sound(deep + 1)})"
        a = self.number(deep + 1)
        if way == "smooth":
            return f"({a}).smooth({self.plain(0.1, 1)})"
        if way == "when":
            return f"when(knob({self.draw(some.integers(1, 3))}) > {self.plain(0, 1)}, {a}, {self.plain(0, 1)})"
        a = f"{self.plain(0, 1)} * {a}"
        return f"({a} {'*' if way == 'times' else '+'} {self.number(deep + 1)})"

    def sound(self, deep: int = 0) -> str:
        """Something to be heard."""
        names = [*self.named("sound"), *self.named("list")]
        way = self.one("source", "named", "named", "filter", "delay", "gain", "mix", "when", "latent")
        if (way == "named" or deep > 2) and names:
            return self.use(self.one(*names))
        if way in ("source", "named") or deep > 2:
            return self.one(
                f"tone({self.plain(50, 500)})", f"noise({self.plain(0, 1)}, channels=2)", "mic(1)", f'clip("{self.one(*FILES)}")', f"tone({self.plain(50, 500)}, gain={self.control(0, 1, deep)})",
                f'clip("{self.one(*FILES)}", hits=seq("x-o- xx-o", swing={self.plain(0, 0.9)}))', f"pluck({self.plain(50, 90)}, hits=euclid(3, 8))",
                f"pluck({self.plain(50, 90)}, hits=key('c3', channel=2))", f'clip("{self.one(*FILES)}", gain={self.plain(0, 1)}, hits=pad(36), gate=True)',
                f'tone(gain={self.plain(0, 1)}, hits=tune("round", track=1, beats=8))',
            )  # fmt: skip
        if way == "filter":
            return f"filter({self.sound(deep + 1)}, cutoff={self.control(100, 5000, deep)}, q={self.plain(1, 2)})"
        if way == "delay":
            return f"delay({self.sound(deep + 1)}, time={self.one('beats(3/4)', self.plain(0.1, 1))}, mix={self.control(0, 1, deep)})"
        if way == "gain":
            return (
                f"{self.plain(0, 2)} * {self.sound(deep + 1)}"
                if self.one("a", "b") == "a"
                else f"{self.number(deep + 1)} * {self.sound(deep + 1)}"
            )
        if way == "when":
            return f"when(knob(4) > {self.plain(0, 1)}, {self.sound(deep + 1)}, {self.sound(deep + 1)})"
        if way == "latent":
            return f"delay({self.latent(deep + 1)}, time={self.plain(0.1, 1)})"
        return f"({self.sound(deep + 1)} + {self.sound(deep + 1)} + {self.sound(deep + 1)})"

    def voice(self) -> str:
        """One term of an output."""
        way = self.one("", f"{self.plain(0, 2)} * ", f"{self.number(1)} * ")
        return f"{way}filter({self.sound(1)}, q={self.plain(1, 2)})"

    def latent(self, deep: int = 0) -> str:
        """A sound as its codes."""
        names = self.named("latent")
        if names and self.one("named", "new") == "named":
            return self.use(self.one(*names))
        a = f"latent({self.sound(deep + 1)})"
        return (
            a
            if deep > 1
            else self.one(a, f"{a} - {self.plain(0, 1)} * {self.latent(deep + 2)}", f"({self.plain(0, 1)} * {a} + {self.latent(deep + 2)})")
        )

    def line(self, name: str) -> Line:
        """One more name."""
        kind = self.one("sound", "sound", "sound", "number", "latent", "list")
        self.uses = set()
        made = {"sound": self.sound, "number": self.number, "latent": self.latent}
        text = f"[{self.sound()}, {self.sound()}]" if kind == "list" else made[kind]()
        self.kinds[name] = kind
        return Line(name, text, frozenset(self.uses))


@some.composite
def scripts(draw: Any, most: int = 6) -> Script:
    """A script of a few lines."""
    writer = Writer(draw)
    lines = tuple(writer.line(name) for name in draw(some.permutations(NAMES))[: draw(some.integers(1, most))])
    outs = []
    for out in draw(some.sampled_from([["stage"], ["stage", "rear"], []])):
        text = " + ".join(writer.voice() for _ in range(draw(some.integers(1, 3))))
        outs.append(f"out.{out} = {text}")
    return Script(lines, tuple(outs))
