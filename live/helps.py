"""help(): how to play, by example. One screen to begin with, then each word: what it does, what can be turned, lines to type."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from engines.face import Control
from live import words
from live.eleven import controls_of, takes, told_together
from live.examples import EXAMPLES, GOES, TEN, TOPICS
from live.fingers import Keys
from live.mistakes import nearest
from live.noun import WIDE, Noun
from live.speakers import Out
from live.tunes import Tune
from live.values import Beats, Described, Number, Rhythm
from live.vocabulary import Word

if TYPE_CHECKING:
    from live.desk import Desk

COLUMNS = 80
TIME = ("tempo", "seq", "every", "euclid", "beats", "tune")
HANDS = ("knob", "key", "pad", "bend", "pedal", "pressure")
NUMBERS = ("when", "least", "most")


def help_for(what: Any, desk: Desk) -> str:
    """The help on a word, a verb, a place or a topic; on nothing: the first screen."""
    if what is None:
        return first_screen(desk)
    topic = topic_of(what, desk)
    known = words.nouns()
    if topic in TOPICS:
        verb = getattr(desk.verbs, topic, None) if topic in verbs_of(desk) else None
        return shown([*(_verb(topic, verb)[:1] if verb else ()), *TOPICS[topic].splitlines()], topic, examples(topic))
    if topic in known and isinstance(known[topic], Noun):
        return word(known[topic].known)
    if isinstance(what, Noun):
        return word(what.known)
    if topic in verbs_of(desk):
        return shown(_verb(topic, getattr(desk.verbs, topic)), topic, examples(topic))
    if topic in known:
        return shown(_fixed(topic, known[topic]), topic, examples(topic))
    near = nearest(topic, [*known, *verbs_of(desk), *TOPICS], most=0)
    return f"There is no help on {topic!r}. {near if near.startswith('Nearest') else 'help() shows what there is.'}"


def topic_of(what: Any, desk: Desk) -> str:
    """The word that somebody means: by its name, by itself, or by a place made with it."""
    if isinstance(what, str):
        bare = what.strip().removesuffix("()")
        place = desk.hand.state.page.places().get(bare)
        return place.kind if place is not None else "hush" if bare == "silence" else bare
    if isinstance(what, Noun):
        return what.word
    if isinstance(what, Number):
        return what.mover.kind if what.mover is not None else "knob"
    if isinstance(what, Described):
        return what.kind
    if isinstance(what, Keys | Tune):
        return "key" if isinstance(what, Keys) else "tune"
    if isinstance(what, Rhythm | Beats):
        return "rhythm" if isinstance(what, Rhythm) else "beats"
    if isinstance(what, Out):
        return "out"
    return str(getattr(what, "__name__", type(what).__name__))


# --- the first screen -------------------------------------------------------------------------


def first_screen(desk: Desk) -> str:
    """Ten things to try, and every word there is."""
    lines = ["Ten things to try, a line each. Enter plays it; it lands on the next bar."]
    for count, (what, line, note) in enumerate(TEN, 1):
        lines.append(f"{count:>2} {what:<15}{line}{f'   {note}' if note else ''}"[:COLUMNS])
    for family, names in families().items():
        lines += _wrapped(f"{family:<16}", names)
    lines += _wrapped(f"{'verbs':<16}", verbs_of(desk))
    lines += _wrapped(f"{'more':<16}", ["help(filter)", *(f'help("{topic}")' for topic in TOPICS if topic not in verbs_of(desk))])
    return "\n".join(lines)


def families() -> dict[str, list[str]]:
    """The nouns, by what they are."""
    found: dict[str, list[str]] = {
        "sources": ["mic"],
        "treatments": ["effect"],
        "moving numbers": [*NUMBERS],
        "hands": [*HANDS],
        "time": [*TIME],
    }
    for name, noun in words.nouns().items():
        if isinstance(noun, Noun):
            found[family(noun.known)].append(name)
    known = {name for some in found.values() for name in some}
    found["also"] = [name for name in words.nouns() if name not in known]
    return {name: some if name in ("hands", "time") else sorted(some) for name, some in found.items()}


def family(word: Word) -> str:
    """Which kind of noun a word is."""
    if word.gives == "control":
        return "moving numbers"
    return "treatments" if word.inlets else "sources"


def verbs_of(desk: Desk) -> list[str]:
    """Every verb by its first name."""
    from live.verbs import NAMES

    return list(NAMES)


def _wrapped(label: str, names: Iterable[str]) -> list[str]:
    return textwrap.wrap(
        " ".join(names), COLUMNS, initial_indent=label, subsequent_indent=" " * len(label), break_long_words=False, break_on_hyphens=False
    )


# --- one word ---------------------------------------------------------------------------------


def word(known: Word) -> str:
    """An instrument, an effect, an engine: what it does, what can be turned, how to play it."""
    name = known.word.split(":")[1] if known.word.startswith("effect:") else known.word
    lines = textwrap.wrap(f"{name}: {known.says}", COLUMNS)
    if known.trouble:
        lines += textwrap.wrap(f"It cannot be played here: {known.trouble}", COLUMNS)
    lines.append("")
    inlets = [*known.inlets]
    hits = ['hits="x-o-"'] if known.events else []
    kernel = ('kernel="published"',) if takes(known) else ()
    lines += _call(name, [*inlets, *controls_of(known), *kernel, *(f"{key}={rest!r}" for key, rest in _built(known).items()), *hits])
    if known.controls:
        lines += [f"  {key:<12}{reach(control)}" for key, control in controls_of(known).items()]
    if takes(known):
        lines += [f"  {key:<12}{what}" for key, what in told_together()]
    if known.events:
        lines.append(f"  {'hits':<12}a rhythm: seq, every, euclid{'; notes= for its notes' if pitched(known) else ''}")
    if any(control.hot for control in known.controls.values()):
        lines.append(f"hot turns while it sounds: {name}1.{next(iter(known.controls))} = knob(21)")
    if _built(known):
        lines.append("what has = is built in: a new one is swapped in under a crossfade")
    return shown(lines, name, examples(name) or made_up(known), goes=GOES.get(name) or usual(known))


def reach(control: Control) -> str:
    """``20 to 20000 Hz, rests at 1000, hot``"""
    far = f"{control.low:g} to {control.high:g}" if control.high - control.low <= WIDE else "any number"
    unit = f" {control.unit}" if control.unit else ""
    moves = f": {control.moves}" if control.moves else ""
    return f"{far}{unit}, rests at {control.rest:g}, {'hot' if control.hot else 'built in'}{moves}"


def pitched(known: Word) -> bool:
    """Whether it plays notes by name."""
    return any(control.unit == "Hz" for control in known.controls.values())


def _built(known: Word) -> dict[str, Any]:
    return {key: rest for key, rest in known.settings.items() if not key.startswith("_")}


def _call(name: str, parts: list[str]) -> list[str]:
    """The word with everything it takes, broken between its parts."""
    text = ", ".join(part.replace(" ", "\0") for part in parts)
    indent = " " * (len(name) + 1)
    return [line.replace("\0", " ") for line in textwrap.wrap(f"{name}({text})", COLUMNS, subsequent_indent=indent, break_on_hyphens=False)]


def made_up(known: Word) -> tuple[str, ...]:
    """Lines for a word nobody wrote any for, from what it declares."""
    if known.trouble:
        return ()
    if known.examples:
        return tuple(known.examples)
    sounds = ('rain = clip("rain on tin")', 'bell = clip("low bell")', 'knocks = clip("wood knocks")', 'hum = clip("room hum")')
    ins = sounds[: len(known.inlets)]
    heard = [line.partition(" ")[0] for line in ins]
    heard = [f"latent({one})" for one in heard] if known.takes == "latent" else heard
    fresh = f"{known.word}1"
    lines = [*ins, f"{fresh} = {known.word}({', '.join(heard)})"]
    if known.gives == "control":
        return (*lines, f"out.stage = {fresh} * tone(220)")
    lines.append(f"out.stage = {fresh}")
    hot = [(name, control) for name, control in known.controls.items() if control.hot]
    if hot:
        name, control = hot[0]
        value = control.high if control.rest < control.high else control.low
        middle = (control.rest + value) / 2 if control.high - control.low <= WIDE else control.rest
        lines.append(f"{fresh}.{name} = {middle:.3g}")
    lines += [f"{fresh}.{name} = knob(21)" for name, _ in hot[1:2]]
    return tuple(lines)


def usual(known: Word) -> tuple[str, ...]:
    """What goes with anything of its family."""
    return {"sources": ("filter", "reverb"), "treatments": ("knob", "lfo"), "moving numbers": ("filter", "when")}[family(known)]


# --- verbs and the fixed words ------------------------------------------------------------------------


def _verb(name: str, verb: Callable[..., Any] | None) -> list[str]:
    return _told(name, verb)


def _fixed(name: str, thing: Any) -> list[str]:
    if thing is Control:
        return ["Control(rest, low, high): what can be turned in a treatment of your own"]
    if isinstance(thing, Out):
        return textwrap.wrap("out: " + (inspect.getdoc(Out) or "").split("\n")[0].rstrip("."), COLUMNS)
    if inspect.ismodule(thing):
        return [f"{name}: Python's own, for numbers that are worked out while the line is read"]
    return _told(name, thing)


def _told(name: str, thing: Any) -> list[str]:
    """How it is called, and its first sentence."""
    try:
        taken = [_part(one) for one in inspect.signature(thing).parameters.values()]
    except (TypeError, ValueError):
        taken = ["..."]
    says = (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")
    return [*_call(name, taken), *textwrap.wrap(says.replace("`", ""), COLUMNS)]


def _part(one: inspect.Parameter) -> str:
    if one.kind is one.VAR_POSITIONAL:
        return f"{one.name}, ..."
    return one.name if one.default is one.empty or one.default is None else f"{one.name}={one.default!r}"


# --- how it looks ---------------------------------------------------------------------------------------


def examples(topic: str) -> tuple[str, ...]:
    """The lines to type, in their order."""
    return EXAMPLES.get(topic, ())


def lines_of(topic: str) -> tuple[str, ...]:
    """Every line that help on a topic shows to be typed."""
    noun = words.nouns().get(topic)
    return examples(topic) or (made_up(noun.known) if isinstance(noun, Noun) else ())


def shown(lines: list[str], topic: str, typed: Iterable[str], goes: Iterable[str] | None = None) -> str:
    """What is told, the lines to type, what goes well with it."""
    typed = list(typed)
    found = list(lines)
    if typed:
        found.append("")
        found += ["    " + line if line else "" for one in typed for line in (one + "\n" if "\n" in one else one).split("\n")]
    goes = list(GOES.get(topic, ()) if goes is None else goes)
    if goes:
        found += ["", f"goes well with: {', '.join(goes)}"]
    return "\n".join(found)
