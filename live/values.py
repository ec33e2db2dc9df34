"""What a script's words make: sounds, latents, moving numbers, rhythms. Frozen descriptions; nothing sounds.

One operator, one meaning: ``+`` mixes, ``*`` scales, ``-`` only between latents
and numbers. What a performer may try out of habit (``>>``, ``if knob(1) > .5``,
sound minus sound) is answered with the line to type instead.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from live.mistakes import Mistake, nearest
from live.typed import typed

NUMBERS_OWN = frozenset({"bare", "name", "offset", "said", "scale", "source"})
OWN = frozenset({"controls", "ins", "kind", "name", "said", "settings"})
PLAIN = ("lfo", "env", "follow")  # they go from 0 to 1 by themselves
hands: list[Callable[[Any, str, Any], None]] = []
"""Who turns a control when somebody writes ``rain.rate = 0.5``: the prompt, or nobody while a script is read."""


def is_number(thing: Any) -> bool:
    """A plain number: not True, not a text."""
    return isinstance(thing, int | float) and not isinstance(thing, bool)


def what_is(thing: Any) -> str:
    """What something is, in a word with its article."""
    if isinstance(thing, Latent):
        return "a latent"
    if isinstance(thing, Mover):
        return "a moving number"
    if isinstance(thing, Described):
        return "a sound"
    if isinstance(thing, Number):
        return "a moving number"
    if isinstance(thing, Question):
        return "a question"
    if isinstance(thing, Rhythm):
        return "a rhythm"
    if isinstance(thing, Beats):
        return "a time in beats"
    if type(thing).__name__ in ("Keys", "Tune"):
        return "keys" if type(thing).__name__ == "Keys" else "a tune"
    if is_number(thing):
        return f"{thing:g}" if abs(thing) < 1e300 or thing != thing else "a number without end"
    return {str: "a text", bool: "True or False", type(None): "nothing (None)"}.get(type(thing), f"a {type(thing).__name__}")


class Value:
    """Anything described. Values are compared by being the same thing, never by looking alike."""

    name: str | None = None  # the name it was last bound to
    said: str = ""  # how that is typed: drops.1 is drops[0]
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return typed(self)

    def __delattr__(self, name: str) -> NoReturn:
        """``del rain.rate``"""
        raise Mistake("A control cannot be deleted, only turned.", near=f"Write: {self.name or 'rain'}.{name} = ...", word=name)

    def __rshift__(self, other: Any) -> NoReturn:
        hint = typed(other) if isinstance(other, Value) else getattr(other, "word", getattr(other, "__name__", "filter"))
        own = short(self)
        raise Mistake(
            ">> is not used here: every line says what a name is.",
            near=f"Write: worn = {hint}({own})" if "(" not in hint else "",
            word=">>",
        )

    __rrshift__ = __lshift__ = __rlshift__ = __rshift__

    def __bool__(self) -> bool:
        if isinstance(self, Question):
            raise Mistake(
                "if asks once, while the script is read; a knob moves later.", near=f"Write: when({typed(self)}, a, b)", word="if"
            )
        raise Mistake(
            f"{what_is(self).capitalize()} is neither true nor false while the script is read.",
            near="For a choice that moves: when(knob(21) > 0.5, a, b)",
        )

    def __iter__(self) -> Iterator[Any]:
        raise Mistake(f"{what_is(self).capitalize()} cannot be counted through.", near="Put several into a list: [a, b]")

    def __getitem__(self, _: Any) -> NoReturn:
        raise Mistake(f"{what_is(self).capitalize()} has no parts to pick from.", near="Controls are named: rain.rate")


class Described(Value):
    """A place-to-be: its kind, what it hears, where its controls stand, how it is built."""

    def __init__(
        self,
        kind: str,
        ins: tuple[Described, ...] = (),
        controls: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind, self.ins = kind, tuple(ins)
        self.controls: Mapping[str, Any] = dict(controls or {})
        self.settings: Mapping[str, Any] = dict(settings or {})

    def __getattr__(self, name: str) -> Any:
        """``rain.rate``: where a control stands."""
        if name.startswith("_") or name in OWN:
            raise AttributeError(name)
        from live.vocabulary import word_of

        word = word_of(self.kind)
        known = {key: control.rest for key, control in word.controls.items()} | dict(word.settings) if word else {}
        for held in (self.controls, self.settings, known):
            if name in held:
                return held[name]
        if name == "kernel" and "scale" in known:
            from live.eleven import kernel_of

            return kernel_of(self.controls, known)
        raise Mistake(f"{self.name or bound_as(self) or self.kind} has no control {name!r}.", near=nearest(name, known), word=name)

    def __setattr__(self, name: str, value: Any) -> None:
        """``rain.rate = 0.5``, at the prompt."""
        if name in OWN:
            object.__setattr__(self, name, value)
        elif hands:
            hands[-1](self, name, value)
        else:
            line = f"{self.name or 'rain'} = {self.kind}(..., {name}={value!r})"
            raise Mistake("Controls are turned at the prompt. In a script they stand in the line itself.", near=f"Write: {line}", word=name)

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        own = self.name or bound_as(self) or self.kind
        raise Mistake(
            f"{own} is a place, not a word: it cannot be called.", near=f"To play it again, name another one: more = {typed(self)}"
        )


class Sound(Described):
    """Something to be heard."""

    def __add__(self, other: Any) -> Sound:
        if is_number(other) and other == 0:
            return self  # sum([...]) begins with 0
        if isinstance(other, Latent):
            raise Mistake(
                "A sound and a latent cannot be mixed as they are.", near=f"Write: latent({short(self)}) + {short(other)}", word="+"
            )
        if not isinstance(other, Sound):
            raise Mistake(f"+ mixes sounds; {what_is(other)} is none.", near="To make it louder: 2 * rain", word="+")
        return Sound("mix", (self, other))

    __radd__ = __add__

    def __mul__(self, other: Any) -> Sound:
        return Sound("gain", (self,), {"gain": _level(self, other)})

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Sound:
        if is_number(other) and other:
            return self * (1 / other)
        raise Mistake("A sound is divided by a number only, and not by 0.", near="Write: 0.5 * rain", word="/")

    def __sub__(self, other: Any) -> NoReturn:
        hint = f"latent({short(self)}) - latent({short(other)})" if isinstance(other, Sound) else "latent(a) - latent(b)"
        raise Mistake(
            "Sound minus sound is only phase. Taking one sound out of another is done with latents.", near=f"Write: {hint}", word="-"
        )

    __rsub__ = __sub__

    def __neg__(self) -> NoReturn:
        raise Mistake("A sound has no minus.", near="To take it out of another: latent(a) - latent(b)", word="-")


class Latent(Described):
    """A sound as its codes: to be added, subtracted and scaled like faders, and heard through its decoder."""

    def __add__(self, other: Any) -> Latent:
        if is_number(other) and other == 0:
            return self
        if not isinstance(other, Latent):
            hint = f"Write: {short(self)} + latent({short(other)})" if isinstance(other, Sound) else ""
            raise Mistake(f"Latents are added to latents; {what_is(other)} is none.", near=hint, word="+")
        return Latent("mix", (self, other))

    __radd__ = __add__

    def __mul__(self, other: Any) -> Latent:
        return Latent("gain", (self,), {"gain": _level(self, other, low=-4.0)})

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Latent:
        if is_number(other) and other:
            return self * (1 / other)
        raise Mistake("A latent is divided by a number only, and not by 0.", word="/")

    def __neg__(self) -> Latent:
        return self * -1

    def __sub__(self, other: Any) -> Latent:
        if not isinstance(other, Latent):
            hint = f"Write: {short(self)} - latent({short(other)})" if isinstance(other, Sound) else ""
            raise Mistake(f"Only a latent can be taken out of a latent; this is {what_is(other)}.", near=hint, word="-")
        return self + -other

    def __rsub__(self, other: Any) -> NoReturn:
        hint = f"Write: latent({short(other)}) - {short(self)}" if isinstance(other, Sound) else ""
        raise Mistake(f"A latent can only be taken out of a latent; this is {what_is(other)}.", near=hint, word="-")


class Mover(Described):
    """A place that makes a control: a wave, a gesture, a sum of both."""


def short(thing: Any) -> str:
    """How something is called in a hint: by the name it has where the slip was made."""
    if not isinstance(thing, Value):
        return repr(thing)
    return thing.name or bound_as(thing) or typed(thing)


def bound_as(thing: Value) -> str:
    """The name a value has in the text that is running; only asked when something is wrong."""
    frame = sys._getframe(1)
    while frame is not None:
        if not str(frame.f_globals.get("__name__", "")).startswith("live."):
            for name, value in [*frame.f_locals.items(), *frame.f_globals.items()]:
                if value is thing and not name.startswith("_"):
                    return name
        frame = frame.f_back  # type: ignore[assignment]
    return ""


def _level(of: Value, by: Any, low: float = 0.0) -> Any:
    """What a sound may be multiplied by."""
    if isinstance(by, Question):
        return by.number()
    if isinstance(by, Number):
        return by
    if isinstance(by, Described):
        raise Mistake(
            "* scales a sound by a number or a knob, not by another sound.",
            near=f"To follow how loud it is: {short(of)} * follow({short(by)})",
            word="*",
        )
    if not is_number(by):
        raise Mistake(f"* scales a sound by a number or a knob; this is {what_is(by)}.", word="*")
    if not low <= by <= 16:
        if by < 0:
            raise Mistake("A sound has no minus.", near="To take it out of another: latent(a) - latent(b)", word="*")
        raise Mistake(f"{by:g} times is more than 16 (24 dB).", near="Nearest: 16", word="*")
    return float(by)


class Knob(int):
    """A knob's number, which knows how it was typed: knob(21, 0.3)."""

    said: str = ""


class Named(str):
    """A knob's name, which knows how it was typed: knob("near", 0.3)."""

    said: str = ""


class Number(Value):
    """A number that moves: a knob, a wave, or arithmetic on them. ``source`` is a knob's number, a knob's name or a Mover."""

    def __init__(self, source: int | str | Mover, scale: float = 1.0, offset: float = 0.0, *, bare: bool = False) -> None:
        if not (math.isfinite(scale) and math.isfinite(offset)):
            wrong = scale if not math.isfinite(scale) else offset
            raise Mistake(
                f"A moving number is scaled and moved by plain numbers; this is {what_is(wrong)}.", near="Write: 0.2 + 0.5 * knob(21)"
            )
        self.source, self.scale, self.offset = source, float(scale), float(offset)
        self.bare = bare  # from 0 to 1 as it comes: on a control it travels the control's whole range

    def __getattr__(self, name: str) -> Any:
        """``wobble.rate``: where a control of what is behind it stands."""
        if name.startswith("_") or name in NUMBERS_OWN or not isinstance(self.source, Mover):
            raise AttributeError(name)
        return getattr(self.source, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """``wobble.rate = 2``, at the prompt."""
        if name in NUMBERS_OWN or not isinstance(self.source, Mover):
            object.__setattr__(self, name, value)
        else:
            setattr(self.source, name, value)

    @property
    def mover(self) -> Mover | None:
        """The place behind it, when it is no knob."""
        return self.source if isinstance(self.source, Mover) else None

    @property
    def alone(self) -> bool:
        """Nothing has been done to it yet."""
        return self.scale == 1.0 and self.offset == 0.0

    def _with(self, other: Any, how: str, sign: str) -> Number:
        other = other.number() if isinstance(other, Question) else other
        if isinstance(other, Number):
            return Number(Mover(how, (), {"a": self.plain(), "b": other.plain()}))
        raise Mistake(f"{sign} needs two numbers; this is {what_is(other)}.", word=sign)

    def plain(self) -> Number:
        """Read as the number it is."""
        return Number(self.source, self.scale, self.offset)

    def __add__(self, other: Any) -> Number:
        return Number(self.source, self.scale, self.offset + other) if is_number(other) else self._with(other, "add", "+")

    __radd__ = __add__

    def __neg__(self) -> Number:
        return Number(self.source, -self.scale, -self.offset)

    def __sub__(self, other: Any) -> Number:
        return self + (-other if is_number(other) or isinstance(other, Number) else other)

    def __rsub__(self, other: Any) -> Number:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Sound | Latent):
            return other * self
        return Number(self.source, self.scale * other, self.offset * other) if is_number(other) else self._with(other, "times", "*")

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Number:
        if is_number(other) and other:
            return self * (1 / other)
        raise Mistake("A moving number is divided by a plain number only, and not by 0.", word="/")

    def __gt__(self, other: Any) -> Question:
        return Question(self - other)

    def __lt__(self, other: Any) -> Question:
        return Question(-(self - other))

    __ge__, __le__ = __gt__, __lt__

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if is_number(other):
            raise Mistake("A moving number is hardly ever exactly another.", near=f"Ask: {typed(self)} > {other}", word="==")
        return False

    __hash__ = object.__hash__

    def _now(self, *_: Any) -> NoReturn:
        raise Mistake(
            f"{typed(self)} moves: it has no value while the script is read.",
            near="Use it as it is: rate=knob(21), or when(knob(21) > 0.5, a, b)",
        )

    __float__ = __int__ = __index__ = __round__ = __abs__ = __floor__ = __ceil__ = __trunc__ = __pow__ = __rpow__ = __mod__ = (
        __rtruediv__
    ) = _now  # type: ignore[assignment]

    def lin(self, low: float, high: float) -> Number:
        """From ``low`` to ``high``, evenly."""
        _ends("lin", low, high)
        return Number(self.source, self.scale * (high - low), self.offset * (high - low) + low)

    def log(self, low: float, high: float) -> Number:
        """From ``low`` to ``high`` in equal ratios, as ears hear."""
        _ends("log", low, high)
        if not (low > 0 and high > 0):
            raise Mistake(f"log goes between two numbers above 0, not {low:g} and {high:g}.", near="From 0: lin(0, 1)", word="log")
        return Number(Mover("curve", (), {"x": self.plain(), "low": float(low), "high": float(high)}, {"log": True}))

    def smooth(self, seconds: float = 0.1) -> Number:
        """The same, lagging behind."""
        return Number(Mover("smooth", (), {"x": self.plain(), "lag": float(seconds)}), bare=self.bare)


def comes_bare(source: int | str | Mover) -> bool:
    """Whether it goes from 0 to 1 by itself, so that on a control it would travel the whole range."""
    if not isinstance(source, Mover):
        return True
    if source.kind == "smooth":
        return source.controls["x"].alone and comes_bare(source.controls["x"].source)
    return source.kind in PLAIN and not {"low", "high"} & source.controls.keys()


def _ends(word: str, *ends: Any) -> None:
    """Where a number goes from and to is plain numbers."""
    for one in ends:
        if not is_number(one) or not math.isfinite(one):
            raise Mistake(
                f"{word} goes from one number to another; this is {what_is(one)}.", near=f"Write: knob(21).{word}(200, 2000)", word=word
            )


class Question(Value):
    """Whether a moving number is above 0: for ``when``."""

    def __init__(self, above: Number) -> None:
        self.above = above

    def when(self) -> Number:
        """As ``choose`` asks it: yes above one half."""
        return self.above + 0.5

    def number(self) -> Number:
        """1 while it is so, else 0."""
        return Number(Mover("choose", (), {"when": self.when(), "a": 1.0, "b": 0.0}))

    def __and__(self, other: Question) -> Question:
        return Question(Number(Mover("least", (), {"a": self.above, "b": other.above})))

    def __or__(self, other: Question) -> Question:
        return Question(Number(Mover("most", (), {"a": self.above, "b": other.above})))

    def __invert__(self) -> Question:
        return Question(-self.above)


@dataclass(frozen=True, eq=False, repr=False)
class Rhythm(Value):
    """Steps in time: when something is struck, and how hard."""

    hits: str = "x"
    every: float = 0.25  # beats a step
    swing: float = 0.0
    turn: float = 0.0


@dataclass(frozen=True, eq=False, repr=False)
class Beats(Value):
    """A time that goes with the tempo."""

    beats: float = 1.0


@dataclass
class Page:
    """Everything a script said: what its names are, what goes where, how fast."""

    names: dict[str, Any] = field(default_factory=dict)
    outs: dict[str, Any] = field(default_factory=dict)
    tempo: float | None = None
    bar: float | None = None
    notes: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)  # how names were typed at the prompt
    knobs: dict[int | str, float] = field(default_factory=dict)  # where knobs stand until somebody turns them
    effects: dict[str, str] = field(default_factory=dict)  # treatments written live: their texts, by their kinds
    widths: dict[str, int] = field(default_factory=dict)  # channels of the sound files it plays
    files: list[str] = field(default_factory=list)  # other files it was made of: kernels
    room: Any = None  # the loudspeakers and inputs by name

    def places(self) -> dict[str, Described]:
        """Every name of a place, lists and dicts opened."""
        found: dict[str, Described] = {}
        for name, value in self.names.items():
            for full, one in opened(name, value):
                found.setdefault(full, one)
        return found


def opened(name: str, value: Any) -> Iterator[tuple[str, Described]]:
    """``drops`` bound to a list of sounds is drops.1, drops.2; a dict's go by its keys."""
    if isinstance(value, Described):
        yield name, value
    elif isinstance(value, Number):
        if value.mover is not None and value.alone:
            yield name, value.mover
    elif isinstance(value, list | tuple):
        for count, one in enumerate(value, 1):
            yield from opened(f"{name}.{count}", one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from opened(f"{name}.{key}", one)
