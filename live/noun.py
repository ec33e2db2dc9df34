"""A word that makes something, by what its file declares: its inlets, its controls, how it is built."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engines.face import Control
from live.core.shelf import SoundError
from live.core.shelf import find as find_sound
from live.eleven import bent, controls_of, is_one_of_many, spread, takes
from live.fingers import Keys, played, struck_by
from live.mistakes import Mistake, nearest
from live.page import folders
from live.rhythm import NOTE, between, hertz, notes, seq
from live.tunes import Tune
from live.typed import typed, word_of
from live.values import PLAIN, Beats, Described, Latent, Mover, Number, Question, Rhythm, Sound, is_number, what_is
from live.vocabulary import RHYTHM, Word

LIMITS: Mapping[str, tuple[float, float]] = {"every": (1 / 64, 4096), "swing": (0, 1), "turn": (-4096, 4096)}
WIDE = 1e5  # a control with a range wider than this has none worth travelling
FIRST: Mapping[str, Mapping[int, tuple[str, ...]]] = {"lfo": {1: ("rate",), 2: ("low", "high"), 3: ("low", "high", "rate")}}
"""Where the order of plain numbers is not that of the controls."""
REACH = {"longest": (0.001, 60.0), "glide": (0.0, 60.0), "channels": (0, 64)}
"""How far what is built in may go, where memory is asked for."""


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
        for name, value in sorted(named.items(), key=lambda one: one[0] != "kernel"):  # what is said of one of the eleven holds
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
        elif isinstance(one, Rhythm | Keys | Tune):
            hits(word, one, settings)
        elif isinstance(one, str) and NOTE.match(one.strip()) and (pitch := next(_pitches(word, controls), "")):
            controls[pitch] = hertz(one)
        elif isinstance(one, str):
            free = [key for key in texts if key not in settings]
            if not free:
                raise Mistake(f"{word.word} has no use for the text {one!r}.", near=signature(word), word=one)
            setting(word, free[0], one, settings)
        elif is_number(one) or isinstance(one, Number | Question | Beats):
            free = [key for key in order if key not in controls]
            if not free:
                raise Mistake(f"{word.word} has no use for so many numbers.", near=signature(word), word=word.word)
            controls[free[0]] = standing(word, free[0], one)
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
    elif is_one_of_many(word, name, value):
        controls.update({key: standing(word, key if name == "kernel" else name, one) for key, one in spread(name, value).items()})
    elif name in word.controls:
        controls[name] = standing(word, name, value)
    elif name == "hits" and word.events:
        hits(word, value, settings)
    elif name in word.settings or (word.events and name in RHYTHM):
        setting(word, name, value, settings)
    else:
        legal = [
            *word.inlets,
            *controls_of(word),
            *(["kernel"] if takes(word) else ()),
            *word.settings,
            *(("hits", "notes") if word.events else ()),
        ]
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


def standing(word: Word, name: str, value: Any) -> Any:
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
    if isinstance(value, Keys):
        own = played(value, pads=False)
        raise Mistake(
            f"{name} is a number; keys have several.",
            near=f"Write: {name}={own}.{'pitch' if control.unit == 'Hz' else 'velocity'}",
            word=name,
        )
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


def setting(word: Word, name: str, value: Any, settings: dict[str, Any]) -> None:
    """How something is built."""
    rest = {**RHYTHM, **word.settings}[name] if word.events else word.settings[name]
    if isinstance(value, Number | Question):
        raise Mistake(
            f"{name} is built in: it cannot move.", near=f"Controls that move: {', '.join(controls_of(word)) or 'none'}.", word=name
        )
    if name == "notes":
        settings[name] = notes(word, value)
        return
    if name == "file":
        settings[name] = file(value)
        return
    if name == "memory":
        settings[name] = memory(value)
        return
    if name == "relation":
        settings[name] = relation(value)
        return
    if name == "curve" and takes(word):
        settings[name] = bent(value)
        return
    if name in LIMITS and word.events and name not in word.settings:
        between(name, value, *LIMITS[name])
        settings[name] = float(value)
        return
    if (
        name == "gate" and word.events and (is_number(value) or isinstance(value, bool))
    ):  # how much of a step a hit lasts, or whether it is held
        settings[name] = value if isinstance(value, bool) else float(value)
        return
    choices = word.choices.get(name, ())
    if isinstance(rest, str) and is_finite(value) and any(".." in one for one in choices):
        value = f"{value:g}"  # a text that may be a number: pace=250
    good = {bool: isinstance(value, bool), str: isinstance(value, str | Path), int: is_finite(value), float: is_finite(value)}.get(
        type(rest), True
    )
    if isinstance(value, Described) or not good:
        wanted = {bool: "True or False", str: "a text", int: "a number", float: "a number"}.get(type(rest), "something else")
        raise Mistake(f"{name} is {wanted}; this is {what_is(value)}.", word=name)
    if choices and not is_among(value, choices):
        raise Mistake(
            f"{word.word} has no {name} {value!r}.", near=f"{nearest(str(value), choices)} ({', '.join(choices)})", word=str(value)
        )
    if is_number(value):
        between(name, value, *REACH.get(name, (-1e9, 1e9)))
    settings[name] = str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value


def is_among(value: Any, choices: Iterable[str]) -> bool:
    """Whether a text is one of these. "60..8000" stands for any whole number between; "0..60 ..." for several in a row, * for any; "wav2vec:*" for that and a name."""
    if value in choices or not isinstance(value, str):
        return value in choices
    words = value.split()
    for one in choices:
        if one.endswith(":*") and value.startswith(one[:-1]) and len(value) > len(one) - 1:
            return True
        low, dots, high = one.removesuffix(" ...").partition("..")
        least = 2 if one.endswith(" ...") else 1
        if dots and len(words) >= least and (least == 2 or len(words) == 1):
            numbers = [word for word in words if not (least == 2 and word == "*")]
            if all(word.lstrip("+-").isdigit() and int(low) <= int(word) <= int(high) for word in numbers):
                return True
    return False


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


def memory(value: Any) -> str:
    """Sounds to remember, by the name of a file or a folder, or several in a list: their full paths, apart by |. "" is an empty memory."""
    if isinstance(value, list | tuple) and value:
        return "|".join(memory(one) for one in value)
    if value == "":
        return ""
    if not isinstance(value, str | Path):
        raise Mistake(
            f"A memory is a sound file or a folder of them; this is {what_is(value)}.", near='Write: memory="brass"', word="memory"
        )
    asked = Path(value).expanduser()
    for place in [asked] if asked.is_absolute() else [Path(f) / deeper / asked for f in folders() for deeper in ("corpus", "takes", "")]:
        if place.is_dir():
            return str(place.resolve())
    return str(Path(find_sound(file(value), folders())).resolve())


RELATIONS = Path(__file__).parent.parent / "agents" / "weights" / "relation"


def relation(value: Any) -> str:
    """What a partner has learned: "duo" (the one that comes along), "none", another that comes along, or a file of your own, by its full path."""
    if not isinstance(value, str | Path):
        raise Mistake(
            f"A relation goes by its name; this is {what_is(value)}.", near='Write: relation="duo", or relation="none"', word="relation"
        )
    known = ["duo", "none", *sorted(file.stem for file in RELATIONS.glob("*.npz"))]
    if value in known:
        return str(value)
    asked = Path(value).expanduser()
    for place in (asked, asked.with_name(asked.name + ".npz")):
        for file_ in [place] if place.is_absolute() else [Path(f) / deeper / place for f in folders() for deeper in ("", "corpus")]:
            if file_.is_file():
                return str(file_.resolve())
    raise Mistake(f"There is no relation {str(value)!r}.", near=nearest(str(value), known), word=str(value))


def hits(word: Word, value: Any, settings: dict[str, Any]) -> None:
    """When it is struck."""
    if isinstance(value, str):
        value = seq(value)
    keys = struck_by(value)
    if keys is None and isinstance(value, Number):
        raise Mistake(f"hits is a rhythm or keys; {typed(value)} only moves.", near="Write: hits=pad(36), or hits=every(1)", word="hits")
    if keys is None and not isinstance(value, Rhythm | Tune):
        raise Mistake(f"hits is a rhythm; this is {what_is(value)}.", near='Write: hits=seq("x-o- xx-o"), or hits=key()', word="hits")
    if not word.events:
        raise Mistake(f"{word.word} cannot be struck.", near="A rhythm goes on clip, tone, pluck, grains or env.", word="hits")
    if not isinstance(value, Rhythm):
        for name in ("every", "swing", "turn"):
            settings.pop(name, None)
    if keys is not None:
        settings["hits"] = keys.hits
        return
    if isinstance(value, Tune):
        settings["hits"] = ("tune", value.file, value.track, value.beats, value.turn)
        return
    settings.update(hits=value.hits, every=value.every, swing=value.swing, turn=value.turn)


def signature(word: Word) -> str:
    """``filter(sound, cutoff 20..20000 Hz =1000, q ...)``"""
    parts = list(word.inlets)
    for name, control in controls_of(word).items():
        far = "" if control.high - control.low > WIDE else f" {control.low:g}..{control.high:g}{' ' + control.unit if control.unit else ''}"
        parts.append(f"{name}{far} ={control.rest:g}")
    if takes(word):
        parts.append('kernel="published"')
    parts += [f"{name}={rest!r}" for name, rest in word.settings.items() if not name.startswith("_")]
    if word.events:
        parts.append('hits=seq("x-o-")')
    return f"{word.word}({', '.join(parts)})"
