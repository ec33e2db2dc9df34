"""The nouns of a script. Every line is ``name = what it is``; running it only describes, nothing sounds.

    from live import *
    tempo(96)
    rain = clip("rain on tin", rate=0.5)
    dusk = filter(rain, cutoff=lfo(200, 2000, beats=8))
    pulse = clip("wood knocks", hits=seq("x-o- xx-o", swing=0.3))
    out.stage = dusk + 0.5 * pulse

The instruments and effects are not listed here: each word of the core and each
engine becomes a noun through its declared inlets, controls and settings.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from engines.face import Control
from live.fingers import bend, key, knob, pad, pedal, pressure
from live.mistakes import Mistake, nearest
from live.noun import Noun
from live.page import begin, measure, named, page
from live.rhythm import beats, between, euclid, every, seq
from live.speakers import out
from live.tunes import tune
from live.values import Latent, Mover, Number, Page, Question, Sound, Value, is_number, opened, what_is
from live.vocabulary import INNER, Word, vocabulary

__all__ = ["VERBS", "begin", "finish", "named", "namespace", "nouns", "page"]

HIDDEN = INNER | {"add", "times", "scale", "choose", "curve", "smooth", "mix", "crossfade", "fold", "gain"}
VERBS = (
    "look", "undo", "redo", "hush", "panic", "go", "hold", "solo", "mute", "unmute", "keep", "record", "scene", "snap", "morph", "mark",
    "fade", "quant", "turn", "never", "pin", "more_like", "forget", "relabel", "train", "why", "scope", "spectrum", "learn", "unmap", "hands", "clock", "devices", "doctor", "latency", "load", "reload", "resume", "help", "quit",
)  # fmt: skip
"""What a performer does, at the prompt only: no script holds one, and no place has its name."""


def mic(which: int | str = 1, width: int = 1) -> Sound:
    """What an input hears: by its number from 1, or by its name in the rig."""
    room = page().room
    named: Mapping[str, int] = getattr(room, "inputs", None) or {}
    if isinstance(which, str):
        if which not in named:
            raise Mistake(
                f"There is no input {which!r} in this rig.", near=nearest(which, named) or "Inputs go by number: mic(1).", word=which
            )
        first = named[which]
    elif type(which) is int and which >= 1:
        first = which - 1
    else:
        raise Mistake("Inputs are counted from 1.", near="Write: mic(1)", word="mic")
    there = getattr(room, "ins", 0) or 0
    if there and first + width > there:
        raise Mistake(
            f"This rig has {there} input{'s' * (there != 1)}; {first + width} is not there.", near=f"Nearest: mic({there}).", word="mic"
        )
    return Sound("mic", (), {}, {"first": first, "width": int(width)})


def tempo(bpm: float, bar: float | None = None) -> None:
    """Beats a minute, and how many make a bar."""
    between("tempo", bpm, 1, 999)
    page().tempo = float(bpm)
    if bar is not None:
        between("bar", bar, 0.25, 64)
        page().bar = float(bar)


def when(question: Any, yes: Any, no: Any) -> Any:
    """One thing while something is so, else the other; it changes while it sounds."""
    if isinstance(question, Number):
        question = question.plain() > 0.5
    if isinstance(question, bool):
        return yes if question else no
    if not isinstance(question, Question):
        raise Mistake(
            f"when asks about something that moves; this is {what_is(question)}.", near="Write: when(knob(21) > 0.5, a, b)", word="when"
        )
    both = [one.number() if isinstance(one, Question) else one for one in (yes, no)]
    if all(is_number(one) or isinstance(one, Number) for one in both):
        a, b = (one.plain() if isinstance(one, Number) else float(one) for one in both)
        return Number(Mover("choose", (), {"when": question.when(), "a": a, "b": b}))
    if all(isinstance(one, Latent) for one in both) or all(isinstance(one, Sound) for one in both):
        at = Number(Mover("smooth", (), {"x": question.number(), "lag": 0.02}))
        return type(both[0])("crossfade", (both[1], both[0]), {"at": at})
    raise Mistake(
        f"when chooses between two of a kind, not {what_is(yes)} and {what_is(no)}.",
        near="A latent is heard through: 1 * latent(...)",
        word="when",
    )


def effect(function: Any) -> Noun:
    """A treatment of your own, written live: plain Python for each sample, compiled into the sound while it plays.

    @effect
    def rust(x, state=1, drive=Control(3, 0, 20)):
        state[0] += 0.3 * (math.tanh(x * drive) - state[0])
        return state[0]
    """
    from live.core import written

    if not callable(function) or not hasattr(function, "__code__"):
        raise Mistake(
            f"effect makes a treatment of a function; this is {what_is(function)}.",
            near="Write: @effect above def rust(x): ...",
            word="effect",
        )
    try:
        text = re.sub(r"(?m)^\s*@\w*\.?effect\s*$\n", "", written.source_of(function))
        form = written.read(text, function.__name__)
    except (written.Unwritable, OSError, SyntaxError) as slip:
        raise Mistake(f"{function.__name__}: {slip}.", word=function.__name__) from None
    kind = f"effect:{form.word}:{zlib.crc32(text.encode()):08x}"
    page().effects[kind] = text
    return Noun(Word(kind, (function.__doc__ or "written live").split("\n")[0], ("sound",), form.controls))


def _pair(word: str) -> Callable[[Any, Any], Any]:
    def noun(a: Any, b: Any) -> Any:
        for one in (a, b):
            if not (is_number(one) or isinstance(one, Number)):
                raise Mistake(f"{word} compares numbers; this is {what_is(one)}.", word=word)
        if is_number(a) and is_number(b):
            return min(a, b) if word == "least" else max(a, b)
        return Number(Mover(word, (), {"a": _as_it_is(a), "b": _as_it_is(b)}))

    noun.__name__ = word
    noun.__doc__ = f"The {'smaller' if word == 'least' else 'larger'} of two numbers that move."
    return noun


def _as_it_is(one: Any) -> Any:
    return one.plain() if isinstance(one, Number) else float(one)


least, most = _pair("least"), _pair("most")


FIXED: dict[str, Any] = {
    f.__name__: f for f in (seq, every, euclid, beats, tune, knob, key, pad, bend, pedal, pressure, mic, tempo, when, effect, least, most)
} | {"out": out, "Control": Control, "math": math}  # fmt: skip


def nouns(more: Iterable[Path] = ()) -> dict[str, Any]:
    """What ``from live import *`` gives: the fixed words, and one for each instrument, effect and engine there is."""
    found = {name: Noun(word) for name, word in vocabulary(more).items() if name not in HIDDEN}
    return found | FIXED


def namespace() -> dict[str, Any]:
    """Names a script begins with when it says ``from live import *``."""
    return nouns()


def finish(written: Page, scope: Mapping[str, Any]) -> Page:
    """Collect the places: every name that is bound to something described."""
    words = set(nouns())
    for name, value in scope.items():
        if name in VERBS and isinstance(value, Value):
            raise Mistake(
                f"{name}() is a verb of the prompt, so no place can have that name.", near=f"Name it otherwise: {name}1 = ...", word=name
            )
        if name.startswith("_") or not isinstance(value, Value | list | tuple | dict):
            continue
        if not (isinstance(value, Value) or any(True for _ in opened(name, value))):
            continue
        if name in words:
            raise Mistake(
                f"{name} is a word of the language, so no place can have that name.", near=f"Name it otherwise: {name}1 = ...", word=name
            )
        written.names[name] = value
    named(written)
    measure(written)
    return written
