"""What could come next while you type, and what the word under the cursor takes: names, ranges, rests, files, devices.

Pure functions over what stands before the cursor and what the desk knows.
"""

from __future__ import annotations

import builtins
import inspect
import keyword
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from live.eleven import controls_of, takes
from live.screen.reading import Call, Spot, spot

if TYPE_CHECKING:
    from engines.face import Control
    from live.vocabulary import Word

FILES = frozenset({"file", "memory", "corpus"})
"""Keywords that take the name of a sound."""
DEVICES = frozenset({"device", "input", "devices"})
KERNELS = "kernel"
"""The keyword that takes the name of a kernel."""
MANY = 200
WIDE = 1e5  # a range wider than this is none


@dataclass(frozen=True)
class Known:
    """What the desk knows at this moment."""

    names: Mapping[str, Any] = field(default_factory=dict)
    vocabulary: Mapping[str, Word] = field(default_factory=dict)
    places: Sequence[str] = ()
    files: Callable[[], Sequence[str]] = tuple
    devices: Callable[[], Sequence[str]] = tuple
    kernels: Callable[[], Sequence[str]] = tuple


@dataclass(frozen=True)
class Offer:
    """One thing that could stand here: the text, how many letters of it are typed, what is said beside it."""

    text: str
    typed: int
    beside: str = ""
    shown: str = ""


# --- ranges in words ----------------------------------------------------------------------


def figure(value: float) -> str:
    """A number as a hand would write it: .7, 1000, 20000."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return repr(value)
    text = f"{value:.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def span(control: Control) -> str:
    """From where to where it turns: 20..20000 Hz."""
    wide = control.high - control.low > WIDE
    return f"{'any' if wide else f'{figure(control.low)}..{figure(control.high)}'}{' ' + control.unit if control.unit else ''}"


def says(control: Control) -> str:
    """A control beside its name: range, rest, whether it swaps instead of turning."""
    moves = f", moves {control.moves}" if control.moves else ""
    return f"{span(control)}, rests at {figure(control.rest)}{moves}{'' if control.hot else ', built in'}"


def rhythm(word: Word) -> Mapping[str, Any]:
    """What a place that takes events can be told besides."""
    if not getattr(word, "events", False):
        return {}
    from live.vocabulary import RHYTHM

    return RHYTHM


def arguments(word: Word) -> dict[str, str]:
    """Everything a word can be told by name, and what is said beside each."""
    found = {name: says(control) for name, control in controls_of(word).items()}
    if takes(word):
        found[KERNELS] = "eleven numbers by their name"
    found |= {name: f"rests at {rest!r}" for name, rest in word.settings.items() if name not in found}
    return found | {name: f"rhythm, rests at {rest!r}" for name, rest in rhythm(word).items() if name not in found}


def word_of(value: Any, vocabulary: Mapping[str, Word]) -> Word | None:
    """The word that a place is made with. What a value answers to any question is not asked for: only what it holds."""
    for said in ("kind", "word"):
        made = inspect.getattr_static(value, said, None)
        if isinstance(made, str) and ":" in made:  # written live: effect:worn:7, written:.../worn_7.py
            made = made.split(":")[1]
        if isinstance(made, str) and made in vocabulary:
            return vocabulary[made]
    return None


def now(value: Any, name: str) -> str:
    """Where a control of a place stands, when the place says so."""
    held = inspect.getattr_static(value, "controls", None)
    if not isinstance(held, Mapping) or name not in held:
        return ""
    at = held[name]
    text = figure(at) if isinstance(at, int | float) else " ".join(repr(at).split())
    return f"now {text if len(text) <= 24 else text[:23] + '…'}, "


# --- what could come next -----------------------------------------------------------------


def offers(before: str, known: Known) -> list[Offer]:
    """Everything that could stand where the cursor is, the likeliest first."""
    here = spot(before)
    if here.inside == "comment":
        return []
    if here.inside == "text":
        return _texts(here, known)
    if here.owner:
        return _fits(_parts(here.owner, known), here.typed)
    found: dict[str, str] = {}
    if here.call is not None and here.call.name:
        given = {f"{name}=": beside for name, beside in _keywords(here.call.name, known).items() if name not in here.call.used}
        if not here.call.keyword:
            found |= given
    found |= _everything(known, here.typed)
    return _fits(found, here.typed)


def _keywords(callee: str, known: Known) -> dict[str, str]:
    """What can be told by name in this call."""
    if callee in known.vocabulary:
        return arguments(known.vocabulary[callee])
    called = known.names.get(callee)
    return {
        p.name: "" if p.default is p.empty else f"={p.default!r}"
        for p in _parameters(called)
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    }


def _parameters(called: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(called).parameters.values()) if callable(called) else []
    except (TypeError, ValueError):  # something compiled, without a signature
        return []


def _parts(owner: str, known: Known) -> dict[str, str]:
    """What stands behind the dot of a name: a place's controls, or what a thing has."""
    first, *rest = owner.split(".")
    if first not in known.names:
        return {}
    value = known.names[first]
    for name in rest:
        try:
            value = inspect.getattr_static(value, name)
        except AttributeError:
            return {}
    word = word_of(value, known.vocabulary)
    if word is not None:
        told = {name: now(value, name) + says(control) for name, control in controls_of(word).items()}
        return told | ({KERNELS: "eleven numbers by their name"} if takes(word) else {})
    return {name: "" for name in dir(value) if not name.startswith("_")}


def _everything(known: Known, typed: str) -> dict[str, str]:
    """Places first, then the words, the verbs; the rest of Python once there is a letter of it."""
    mine: dict[str, str] = {}
    for name in known.places:
        if name.isidentifier():
            word = word_of(known.names.get(name), known.vocabulary)
            mine[name] = f"place, {word.word}" if word else "place"
    for name, value in known.names.items():
        if name not in mine and not name.startswith("_"):
            mine[name] = known.vocabulary[name].says if name in known.vocabulary else first_line(value)
    for name in (*keyword.kwlist, *dir(builtins)) if typed else ():
        if not name.startswith("_"):
            mine.setdefault(name, "")
    return mine


def _texts(here: Spot, known: Known) -> list[Offer]:
    """What could stand in the quotes: sounds, devices, else the names of places."""
    callee = here.call.name if here.call else ""
    told = (here.call.keyword if here.call else "") or here.target
    word = known.vocabulary.get(callee)
    first = here.call is not None and here.call.argument == 0 and not here.call.keyword
    if told in DEVICES or callee == "devices":
        there, beside = known.devices(), "device"
    elif told.rpartition(".")[2] == KERNELS:
        there, beside = known.kernels(), "kernel"
    elif told in FILES or (word is not None and first and ("file" in word.settings or callee == "clip")):
        there, beside = known.files(), "sound"
    elif word is None and here.call is not None:
        there, beside = known.places, "place"
    else:
        return []
    return _fits(dict.fromkeys(there, beside), here.typed, anywhere=True)


def _fits(found: Mapping[str, str], typed: str, anywhere: bool = False) -> list[Offer]:
    """Those that begin like what is typed; for files, those that contain it too."""
    low = typed.lower()
    begin = [
        name for name in found if name.lower().startswith(low) and (name[:1].islower() or not typed or name[0] == typed[0] or anywhere)
    ]
    more = [name for name in found if anywhere and low and low in name.lower() and name not in begin]
    if begin == [typed]:
        return []
    return [Offer(name, len(typed), first_sentence(found[name])) for name in (*begin, *more)[:MANY]]


def first_line(value: Any) -> str:
    """What a thing says of itself."""
    if isinstance(value, type) or callable(value):
        return ((getattr(value, "__doc__", None) or "").strip().split("\n") or [""])[0]
    if isinstance(value, int | float | str | bool):
        return f"= {repr(value)[:40]}"
    return ""


def first_sentence(text: str) -> str:
    """Enough of it to fit beside a name."""
    text = text.split("\n")[0].rstrip(".")
    return text if len(text) <= 60 else text[:59] + "…"


# --- what the word under the cursor takes ---------------------------------------------------


@dataclass(frozen=True)
class Signature:
    """A word and what it takes; ``here`` is the part being typed, -1 when none is."""

    word: str
    parts: tuple[str, ...] = ()
    here: int = -1
    says: str = ""

    def __str__(self) -> str:
        return f"{self.word}({', '.join(self.parts)})" if self.parts else self.word


def signature(before: str, known: Known, after: str = "") -> Signature | None:
    """What is shown while typing: the call one is in, else the word or the control under the cursor."""
    here = spot(before)
    if here.inside == "comment":
        return None
    if here.inside == "code" and here.owner and (found := _turned(here.owner, here.typed, known)):
        return found
    if here.target and "." in here.target and here.call is None:
        owner, _, name = here.target.rpartition(".")
        if found := _turned(owner, name, known):
            return found
    if here.call is not None and (found := _called(here.call, known)):
        if found.here < 0 and here.inside == "code" and here.typed and not here.call.keyword:
            return replace(found, here=next((k for k, part in enumerate(found.parts) if part.startswith(here.typed)), -1))
        return found
    name = here.typed if here.inside == "code" and not here.owner else ""
    tail = next((k for k, letter in enumerate(after) if not (letter.isalnum() or letter == "_")), len(after))
    return _called(Call(name + after[:tail], argument=-1), known) if name else None


def _turned(owner: str, name: str, known: Known) -> Signature | None:
    """One control of a place: its range."""
    value = known.names.get(owner)
    word = word_of(value, known.vocabulary) if value is not None else None
    if word is None or name not in word.controls:
        return None
    return Signature(f"{owner}.{name}", says=f"{now(value, name)}{says(word.controls[name])}   ({word.word})")


def _called(call: Call, known: Known) -> Signature | None:
    """A word of the vocabulary, or a function, with its arguments."""
    word = known.vocabulary.get(call.name)
    if word is not None:
        taken = {name: f"{name} {span(c)} ={figure(c.rest)}" for name, c in controls_of(word).items()}
        if takes(word):
            taken[KERNELS] = 'kernel="published"'
        built = {name: f"{name}={rest!r}" for name, rest in {**word.settings, **rhythm(word)}.items() if name not in taken}
        names = [*word.inlets, *taken, *built]
        return Signature(word.word, (*word.inlets, *taken.values(), *built.values()), _index(call, names, len(word.inlets)), word.says)
    called = known.names.get(call.name)
    found = _parameters(called)
    if called is None or not callable(called) or isinstance(called, type(builtins)):
        return None
    shown = tuple(str(p.replace(annotation=p.empty)) if p.kind is not p.VAR_POSITIONAL else f"{p.name} ..." for p in found)
    last = len(found) - 1 if found and found[-1].kind is inspect.Parameter.VAR_POSITIONAL else len(found)
    return Signature(call.name, shown, _index(call, [p.name for p in found], last + 1), first_line(called))


def _index(call: Call, names: Iterable[str], inlets: int) -> int:
    """Which part is being typed: by its name, else by its number."""
    names = list(names)
    if call.keyword:
        return names.index(call.keyword) if call.keyword in names else -1
    if not call.argument >= 0:
        return -1
    return call.argument if call.argument < max(inlets, 1) and call.argument < len(names) else -1


def fitted(sign: Signature, columns: int) -> list[tuple[str, str]]:
    """The signature in one line of so many columns: (class, text). Around the part being typed nothing is left out."""
    if not sign.parts:
        return _cut([("hint.word", sign.word), ("hint", f"  {sign.says}")], columns)
    first, last = (sign.here, sign.here + 1) if sign.here >= 0 else (0, 1)
    room = columns - len(sign.word) - 2 - 8  # the brackets, and an ellipsis on either side

    def size(a: int, b: int) -> int:
        return sum(len(part) + 2 for part in sign.parts[a:b])

    while size(first, last) < room and (first > 0 or last < len(sign.parts)):
        if last < len(sign.parts) and size(first, last + 1) <= room:
            last += 1
        elif first > 0 and size(first - 1, last) <= room:
            first -= 1
        else:
            break
    shown: list[tuple[str, str]] = [("hint.word", sign.word), ("hint", "(… " if first else "(")]
    for k in range(first, last):
        shown.append(("hint.here" if k == sign.here else "hint", sign.parts[k]))
        shown.append(("hint", ", " if k < last - 1 else ""))
    shown.append(("hint", ", …)" if last < len(sign.parts) else ")"))
    if sign.says and first == 0 and last == len(sign.parts):
        shown.append(("hint", f"  {sign.says}"))
    return _cut(shown, columns)


def _cut(fragments: list[tuple[str, str]], columns: int) -> list[tuple[str, str]]:
    """No wider than that."""
    made, left = [], columns
    for look, text in fragments:
        if len(text) > left:
            made.append((look, text[: max(left - 1, 0)] + ("…" if left > 0 else "")))
            break
        made.append((look, text))
        left -= len(text)
    return [(look, text) for look, text in made if text]
