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
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engines.face import Control
from live.core.shelf import SoundError
from live.core.shelf import find as find_sound
from live.mistakes import Mistake, nearest
from live.typed import typed, word_of
from live.values import (
    PLAIN,
    Beats,
    Described,
    Knob,
    Latent,
    Mover,
    Number,
    Page,
    Question,
    Rhythm,
    Sound,
    Value,
    is_number,
    opened,
    what_is,
)
from live.vocabulary import INNER, RHYTHM, Word, vocabulary

LIMITS: Mapping[str, tuple[float, float]] = {"every": (1 / 64, 4096), "swing": (0, 1), "turn": (-4096, 4096)}
WIDE = 1e5  # a control with a range wider than this has none worth travelling
KNOBS = 1024
NAMED = 512  # knobs from here on go by a name
HIDDEN = INNER | {"add", "times", "scale", "choose", "curve", "smooth", "mix", "crossfade", "fold", "gain"}
FIRST: Mapping[str, Mapping[int, tuple[str, ...]]] = {"lfo": {1: ("rate",), 2: ("low", "high"), 3: ("low", "high", "rate")}}
"""Where the order of plain numbers is not that of the controls."""
REACH = {"longest": (0.001, 60.0), "glide": (0.0, 60.0), "channels": (0, 64)}
"""How far what is built in may go, where memory is asked for."""
NOTE = re.compile(r"([a-gA-G])([#sb]?)(-?\d)$")
STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}

VERBS = (
    "look", "undo", "redo", "hush", "panic", "go", "hold", "solo", "mute", "unmute", "keep", "record", "scene", "snap", "morph", "mark",
    "fade", "quant", "turn", "why", "scope", "spectrum", "devices", "doctor", "latency", "load", "reload", "resume", "help", "quit",
)  # fmt: skip
"""What a performer does, at the prompt only: no script holds one, and no place has its name."""

_pages: list[Page] = [Page()]


def page() -> Page:
    """The page that is being written."""
    return _pages[-1]


def begin(room: Any = None) -> Page:
    """A fresh page for the words to write on."""
    _pages[-1] = Page(room=room)
    return _pages[-1]


def folders() -> tuple[str, ...]:
    """Where a session's own sounds lie."""
    return tuple(getattr(page().room, "folders", ()) or ())


# --- instruments and effects ----------------------------------------------------------


class Noun:
    """A word that makes something, by what its file declares."""

    def __init__(self, word: Word) -> None:
        self.word, self.known = word.word, word
        self.__name__ = word.word
        self.__doc__ = word.says

    def __repr__(self) -> str:
        word = word_of(self.word)
        return f"{word}(...): {self.known.says}  help({word}) shows more"

    def __rshift__(self, other: Any) -> Any:
        raise Mistake(
            ">> is not used here: every line says what a name is.",
            near=f"Write: worn = {other.word if isinstance(other, Noun) else 'filter'}({self.word}(...))",
            word=">>",
        )

    __rrshift__ = __lshift__ = __rshift__

    def __call__(self, *given: Any, **named: Any) -> Any:
        word = self.known
        if word.trouble:
            raise Mistake(f"{word.word} cannot be played: {word.trouble}", word=word.word)
        ins, controls, settings = _sorted(word, given)
        for name, value in named.items():
            _name(word, name, value, ins, controls, settings)
        inlets = _heard(word, ins)
        if word.settings.get("file") == "" and "file" not in settings:
            raise Mistake(f"{word.word} needs a sound file.", near=f'Write: {word.word}("rain on tin")', word=word.word)
        if word.gives == "control":
            bare = word.word in PLAIN and not {"low", "high"} & controls.keys()
            return Number(Mover(word.word, inlets, controls, settings), bare=bare)
        made = Latent if word.gives == "latent" else Sound
        return made(word.word, inlets, controls, settings)


def _sorted(word: Word, given: Iterable[Any]) -> tuple[dict[str, Described], dict[str, Any], dict[str, Any]]:
    """What was given without a name: sounds to the inlets, texts to the settings, numbers to the controls, each in order."""
    ins: dict[str, Described] = {}
    controls: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    texts = [key for key, rest in word.settings.items() if isinstance(rest, str)]
    numbers = [one for one in given if is_number(one) or isinstance(one, Number | Question | Beats)]
    order = list(FIRST.get(word.word, {}).get(len(numbers), word.controls))
    for one in given:
        if isinstance(one, Noun):
            raise Mistake(f"{one.word} is a word; to hear it, call it.", near=f"Write: {one.word}()", word=one.word)
        if isinstance(one, list | tuple) and one and all(isinstance(x, Sound) for x in one):
            one = mixed(one)
        if isinstance(one, Described):
            free = [inlet for inlet in word.inlets if inlet not in ins]
            if not free:
                hears = f"hears {len(word.inlets)} sound{'s' * (len(word.inlets) != 1)}" if word.inlets else "hears no sound"
                raise Mistake(f"{word.word} {hears}.", near="Mix some first: a + b" if word.inlets else signature(word), word=word.word)
            ins[free[0]] = one
        elif isinstance(one, Rhythm):
            _hits(word, one, settings)
        elif isinstance(one, str) and NOTE.match(one.strip()) and (pitch := next(_pitches(word, controls), "")):
            controls[pitch] = hertz(one)
        elif isinstance(one, str):
            free = [key for key in texts if key not in settings]
            if not free:
                raise Mistake(f"{word.word} has no use for the text {one!r}.", near=signature(word), word=one)
            _setting(word, free[0], one, settings)
        elif is_number(one) or isinstance(one, Number | Question | Beats):
            free = [key for key in order if key not in controls]
            if not free:
                raise Mistake(f"{word.word} has no use for so many numbers.", near=signature(word), word=word.word)
            controls[free[0]] = _standing(word, free[0], one)
        else:
            raise Mistake(f"{word.word} has no use for {what_is(one)}.", near=signature(word), word=word.word)
    return ins, controls, settings


def _pitches(word: Word, controls: Mapping[str, Any]) -> Iterator[str]:
    """Controls of a word with a voice of its own that a note can be given to."""
    return (name for name, control in word.controls.items() if control.unit == "Hz" and not word.inlets and name not in controls)


def _name(word: Word, name: str, value: Any, ins: dict[str, Described], controls: dict[str, Any], settings: dict[str, Any]) -> None:
    """One named argument."""
    if name in word.inlets and isinstance(value, Described):
        ins[name] = value
    elif name in word.controls:
        controls[name] = _standing(word, name, value)
    elif name == "hits" and word.events:
        _hits(word, value, settings)
    elif name in word.settings or (word.events and name in RHYTHM):
        _setting(word, name, value, settings)
    else:
        legal = [*word.inlets, *word.controls, *word.settings, *(("hits", "notes") if word.events else ())]
        near = nearest(name, legal)
        close = near.removeprefix("Nearest: ").rstrip(".")
        if close in word.controls:
            near = f"Nearest: {close} ({reach(word.controls[close])})."
        raise Mistake(f"{word.word} has no control {name!r}.", near=near, word=name)


def _heard(word: Word, ins: dict[str, Described]) -> tuple[Described, ...]:
    """The inlets in their order, none left out in between; latents decoded where a sound is wanted."""
    if word.inlets and word.inlets[0] not in ins and not word.engine:
        raise Mistake(
            f"{word.word} needs a sound to work on.", near=f"Write: {word.word}(rain{', ...' if word.controls else ''})", word=word.word
        )
    found: list[Described] = []
    for inlet in word.inlets:
        if inlet not in ins:
            break
        found.append(fit(ins[inlet], word.takes))
    if len(found) < len(ins):
        missing = next(inlet for inlet in word.inlets if inlet not in ins)
        raise Mistake(f"{word.word} wants its inlet {missing!r}, too.", word=word.word)
    return tuple(found)


def mixed(some: Iterable[Any]) -> Any:
    """A list of sounds as one: all side by side, for a chain of many sums would be a deep one."""
    sounds = list(some)
    if len(sounds) > 2 and all(isinstance(one, Sound) for one in sounds):
        return Sound("mix", tuple(sounds))
    return sum(sounds)


def fit(value: Described, wanted: str = "sound") -> Described:
    """A latent where a sound is wanted is decoded; a sound where a latent is wanted is refused."""
    if wanted == "sound" and isinstance(value, Latent):
        return Sound("unlatent", (value,))
    if wanted == "latent" and not isinstance(value, Latent):
        raise Mistake("This wants a latent.", near="Write: latent(...)")
    return value


def _standing(word: Word, name: str, value: Any) -> Any:
    """A control's value: a number within its range, or something that moves."""
    control = word.controls[name]
    if isinstance(value, Question):
        return value.number()
    if isinstance(value, Number):
        return span(value, control)
    if isinstance(value, Beats):
        if control.unit != "s":
            raise Mistake(f"{word.word}'s {name} is no time.", near=reach(control), word=name)
        return value
    if isinstance(value, str) and control.unit == "Hz":
        value = hertz(value)
    if isinstance(value, Described):
        raise Mistake(
            f"{name} is a number, not a sound.", near=f"To follow how loud it is: {name}=follow({value.name or '...'})", word=name
        )
    if not is_number(value) or not math.isfinite(value):
        raise Mistake(f"{name} is a number, {reach(control)}; this is {what_is(value)}.", word=name)
    if not control.low <= value <= control.high:
        raise Mistake(f"{name} goes {reach(control)}; {value:g} is outside.", near=f"Nearest: {control.clip(value):g}.", word=name)
    return float(value)


def span(value: Number, control: Control) -> Number:
    """A knob as it comes travels a control's whole range."""
    if not value.bare or control.high - control.low > WIDE:
        return value
    if control.curve == "log" and control.low > 0:
        return value.plain().log(control.low, control.high)
    return value.plain().lin(control.low, control.high)


def reach(control: Control) -> str:
    """From where to where a control goes."""
    if control.high - control.low > WIDE:
        return f"anywhere, rests at {control.rest:g}"
    unit = f" {control.unit}" if control.unit else ""
    return f"from {control.low:g} to {control.high:g}{unit}, rests at {control.rest:g}"


def _setting(word: Word, name: str, value: Any, settings: dict[str, Any]) -> None:
    """How something is built."""
    rest = {**RHYTHM, **word.settings}[name] if word.events else word.settings[name]
    if isinstance(value, Number | Question):
        raise Mistake(f"{name} is built in: it cannot move.", near=f"Controls that move: {', '.join(word.controls) or 'none'}.", word=name)
    if name == "notes":
        settings[name] = notes(word, value)
        return
    if name == "file":
        settings[name] = file(value)
        return
    if name in LIMITS and word.events and name not in word.settings:
        _between(name, value, *LIMITS[name])
        settings[name] = float(value)
        return
    if name == "gate" and word.events and is_number(value):  # how much of a step a hit lasts
        settings[name] = float(value)
        return
    good = {bool: isinstance(value, bool), str: isinstance(value, str | Path), int: is_finite(value), float: is_finite(value)}.get(
        type(rest), True
    )
    if isinstance(value, Described) or not good:
        wanted = {bool: "True or False", str: "a text", int: "a number", float: "a number"}.get(type(rest), "something else")
        raise Mistake(f"{name} is {wanted}; this is {what_is(value)}.", word=name)
    choices = word.choices.get(name, ())
    if choices and value not in choices:
        raise Mistake(
            f"{word.word} has no {name} {value!r}.", near=f"{nearest(str(value), choices)} ({', '.join(choices)})", word=str(value)
        )
    if is_number(value):
        _between(name, value, *REACH.get(name, (-1e9, 1e9)))
    settings[name] = str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value


def is_finite(value: Any) -> bool:
    """A number one can count to."""
    return is_number(value) and math.isfinite(value)


def file(name: Any) -> str:
    """A sound file by its name; the session's own by their full path."""
    if not isinstance(name, str | Path):
        raise Mistake(f"A sound file goes by its name; this is {what_is(name)}.", near='Write: clip("rain on tin")')
    try:
        found = find_sound(name, folders())
    except SoundError as slip:
        what, _, near = str(slip).partition(". ")
        raise Mistake(what[:1].upper() + what[1:].split(" in ")[0] + ".", near=near, word=str(name)) from None
    from live.core.shelf import BUNDLED

    return str(name) if found.parent == BUNDLED.resolve() else str(found)


# --- rhythm ---------------------------------------------------------------------------


def _hits(word: Word, value: Any, settings: dict[str, Any]) -> None:
    """When it is struck."""
    if isinstance(value, str):
        value = seq(value)
    if not isinstance(value, Rhythm):
        raise Mistake(f"hits is a rhythm; this is {what_is(value)}.", near='Write: hits=seq("x-o- xx-o")', word="hits")
    if not word.events:
        raise Mistake(f"{word.word} cannot be struck.", near="A rhythm goes on clip, tone, pluck, grains or env.", word="hits")
    settings.update(hits=value.hits, every=value.every, swing=value.swing, turn=value.turn)


def seq(steps: str, every: float = 0.25, swing: float = 0.0, turn: float = 0.0) -> Rhythm:
    """Steps to strike: x loud, o soft, - or . nothing; spaces are for the eye. A step lasts ``every`` beats."""
    from live.core.controls.seq import gains

    if not isinstance(steps, str):
        raise Mistake(f"seq reads steps from a text; this is {what_is(steps)}.", near='Write: seq("x-o- xx-o")', word="seq")
    try:
        if len(gains(steps)) > 256:
            raise ValueError(f"a sequence has at most 256 steps, not {len(gains(steps))}")
    except ValueError as slip:
        raise Mistake(str(slip)[:1].upper() + str(slip)[1:] + ".", word=steps) from None
    _between("every", every, 1 / 64, 64)
    _between("swing", swing, 0, 1)
    return Rhythm(" ".join(steps.split()), float(every), float(swing), float(turn))


def every(beats: float = 1.0, turn: float = 0.0) -> Rhythm:
    """A hit every so many beats."""
    _between("every", beats, 1 / 64, 256)
    return Rhythm("x", float(beats), 0.0, float(turn))


def euclid(hits: int, steps: int, turn: int = 0, every: float = 0.25, swing: float = 0.0) -> Rhythm:
    """So many hits as evenly as possible over so many steps: euclid(3, 8) is x--x--x-."""
    from live.core.controls.seq import euclid as even

    if type(hits) is not int or type(steps) is not int or not 1 <= steps <= 256 or not 0 <= hits <= steps:
        raise Mistake("euclid wants hits and steps, whole numbers, not more hits than steps.", near="Write: euclid(3, 8)", word="euclid")
    return seq(even(hits, steps, turn), every, swing)


def notes(word: Word, value: Any) -> list[float]:
    """Notes for the hits: names like c3, or numbers as the word takes them."""
    items = value.split() if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else [value]
    pitched = any(control.unit == "Hz" for control in word.controls.values())
    found = []
    for one in items:
        if isinstance(one, str):
            if not pitched:
                raise Mistake(f"{word.word} has no pitch to play {one!r} at.", near="Numbers are seconds into the sound.", word="notes")
            found.append(hertz(one))
        elif is_number(one) and math.isfinite(one):
            found.append(float(one))
        else:
            raise Mistake(f"A note is a name like c3 or a number; this is {what_is(one)}.", word="notes")
    return found


def hertz(name: str) -> float:
    """The pitch of a note: a4 is 440 Hz, c4 the middle c."""
    match = NOTE.match(name.strip())
    if not match:
        raise Mistake(f"{name!r} is no note.", near="A note is a letter and an octave: c3, f#4, bb2.", word=name)
    step, sign, octave = match.groups()
    key = 12 * (int(octave) + 1) + STEPS[step.lower()] + {"#": 1, "s": 1, "b": -1, "": 0}[sign]
    return round(440.0 * 2 ** ((key - 69) / 12), 3)


def beats(count: float) -> Beats:
    """A time that goes with the tempo: delay(rain, time=beats(3/4))."""
    _between("beats", count, 0, 1024)
    return Beats(float(count))


# --- hands, ears, time, loudspeakers ---------------------------------------------------------


def knob(which: int | str, at: float | None = None) -> Number:
    """A knob, 0 to 1. On a control it travels the control's whole range; in arithmetic it is the number it is.

    ``at``: where it stands until somebody turns it.
    """
    found = _knob(which)
    if at is not None:
        _between("at", at, 0, 1)
        page().knobs[int(found.source)] = float(at)  # type: ignore[call-overload]
    source = Knob(found.source)  # type: ignore[arg-type]
    source.said = typed(which) if at is None else f"{typed(which)}, {typed(at)}"
    return Number(source, bare=True)


def _knob(which: int | str) -> Number:
    if isinstance(which, str) and which:
        return Number(NAMED + zlib.crc32(which.encode()) % (KNOBS - NAMED), bare=True)
    if type(which) is not int or not 0 <= which < KNOBS:
        raise Mistake(f"A knob goes by its number, 0 to {KNOBS - 1}, or by a name.", near="Write: knob(21)", word="knob")
    return Number(which, bare=True)


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
    _between("tempo", bpm, 1, 999)
    page().tempo = float(bpm)
    if bar is not None:
        _between("bar", bar, 0.25, 64)
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


class Out:
    """The loudspeakers: out.stage, out.rear, out.ring as the rig names them, or out[1], out[3, 4] by number."""

    def __setattr__(self, name: str, value: Any) -> None:
        named = getattr(page().room, "outputs", None)
        if named is not None and name not in named:
            raise Mistake(f"This rig has no output {name!r}.", near=nearest(name, named), word=name)
        page().outs[name] = _send(value, f"out.{name}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return page().outs.get(name, 0)

    def __delattr__(self, name: str) -> None:
        page().outs.pop(name, None)

    def __setitem__(self, which: int | tuple[int, ...], value: Any) -> None:
        spots = which if isinstance(which, tuple) else (which,)
        there = getattr(page().room, "outs", 0) or 0
        for spot in spots:
            if type(spot) is not int or spot < 1:
                raise Mistake("Loudspeakers are counted from 1.", near="Write: out[1] or out[3, 4]", word="out")
            if there and spot > there:
                raise Mistake(
                    f"This rig has {there} loudspeaker{'s' * (there != 1)}; {spot} is not there.",
                    near=f"Nearest: out[{there}].",
                    word=str(spot),
                )
        if list(spots) != list(range(spots[0], spots[0] + len(spots))):
            raise Mistake("Loudspeakers of one output stand side by side.", near=f"Nearest: out[{spots[0]}, {spots[0] + 1}].", word="out")
        page().outs["-".join(str(spot) for spot in (spots[0], spots[-1]))] = _send(value, f"out[{', '.join(map(str, spots))}]")

    def __getitem__(self, which: int | tuple[int, ...]) -> Any:
        spots = which if isinstance(which, tuple) else (which,)
        return page().outs.get("-".join(str(spot) for spot in (spots[0], spots[-1])), 0)

    def __repr__(self) -> str:
        from live.paging import spot

        return (
            "\n".join(f"{spot(name)} = {typed(value, top=False)}" for name, value in page().outs.items() if value is not None)
            or "out: nothing goes to the loudspeakers"
        )


def _send(value: Any, where: str) -> Any:
    """What goes out: a sound, or a list of them mixed."""
    if isinstance(value, list | tuple):
        value = mixed(value) if value else None
    if isinstance(value, dict):
        value = mixed(value.values()) if value else None
    if value is None or (is_number(value) and value == 0):
        return None
    if isinstance(value, Noun):
        raise Mistake(f"{value.word} is a word; to hear it, call it.", near=f"Write: {where} = {value.word}(...)", word=value.word)
    if not isinstance(value, Sound | Latent):
        raise Mistake(
            f"Only sounds go to the loudspeakers; this is {what_is(value)}.", near=f"Write: {where} = rain", word=where.split(".")[-1]
        )
    return value


out = Out()


def _between(name: str, value: Any, low: float, high: float) -> None:
    if not is_number(value) or not low <= value <= high:
        near = f"Nearest: {min(max(value, low), high):g}." if is_number(value) and value == value else ""
        shown = f"{value:g}" if is_number(value) else what_is(value)
        raise Mistake(f"{name} goes from {low:g} to {high:g}; this is {shown}.", near=near, word=name)


def signature(word: Word) -> str:
    """``filter(sound, cutoff 20..20000 Hz =1000, q ...)``"""
    parts = list(word.inlets)
    for name, control in word.controls.items():
        far = "" if control.high - control.low > WIDE else f" {control.low:g}..{control.high:g}{' ' + control.unit if control.unit else ''}"
        parts.append(f"{name}{far} ={control.rest:g}")
    parts += [f"{name}={rest!r}" for name, rest in word.settings.items() if not name.startswith("_")]
    if word.events:
        parts.append('hits=seq("x-o-")')
    return f"{word.word}({', '.join(parts)})"


FIXED: dict[str, Any] = {
    f.__name__: f for f in (seq, every, euclid, beats, knob, mic, tempo, when, effect, least, most)
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


def measure(written: Page) -> None:
    """Note how many channels each sound file has, so that the desk need not open it."""
    from live.naming import file_width

    met: set[int] = set()

    def note(value: Any) -> None:
        if isinstance(value, Number):
            value = value.mover
        if not isinstance(value, Described) or id(value) in met:
            return
        met.add(id(value))
        if value.kind in ("clip", "grains") and (wide := file_width(value.settings)):
            written.widths[str(value.settings["file"])] = wide
        for one in (*value.ins, *value.controls.values()):
            note(one)

    for value in [*written.places().values(), *written.outs.values()]:
        note(value)


def named(written: Page) -> None:
    """Tell every value the name it is bound to: the one it has, when that is still its own, or the first it was given."""
    found = [spot for name, value in written.names.items() for spot in spots(name, name, value)]
    own = {id(one) for full, _, one in found if one.name == full}
    for full, said, one in reversed(found):
        if id(one) not in own or one.name == full:
            one.name, one.said = full, said
    for name, value in reversed(written.names.items()):
        if isinstance(value, Number) and value.mover is not None and value.alone:
            value.name = value.mover.name if value.mover.name in written.names else name


def spots(name: str, said: str, value: Any) -> Iterator[tuple[str, str, Described]]:
    """As ``opened``, and how each is typed: drops.1 is drops[0], kit.low is kit["low"]."""
    if isinstance(value, list | tuple):
        for count, one in enumerate(value):
            yield from spots(f"{name}.{count + 1}", f"{said}[{count}]", one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from spots(f"{name}.{key}", f"{said}[{typed(key)}]", one)
    else:
        yield from ((name, said, one) for _, one in opened(name, value))
