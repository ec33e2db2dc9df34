"""A score back into the page it could have come from: for crashes, scenes, and ``look()``. The other way of ``naming``."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from live.score import Drive, Score, Send
from live.typed import number, typed, word_of
from live.values import Described, Latent, Mover, Number, Page, Sound, Value, comes_bare
from live.vocabulary import vocabulary
from live.words import named

NAME = re.compile(r"[^\W\d]\w*(\.[^/()]+)*")
EITHER = ("mix", "gain", "crossfade")  # sound or latent, as what they hear


def is_name(place: str) -> bool:
    """Whether a performer gave it, or it is a part of something."""
    return NAME.fullmatch(place) is not None and not place.startswith("out.")


def paged(score: Score, room: Any = None) -> Page:
    """The page whose score this is."""
    words = vocabulary()
    made: dict[str, Described] = {}
    effects: dict[str, str] = {}

    def value(place: str) -> Described:
        if place not in made:
            node = score.places[place]
            ins = tuple([value(one) for one in node.ins])
            controls = {key: number_of(control) for key, control in node.controls.items()}
            word = words.get(node.kind)
            how: type[Described] = Sound
            if word and word.gives == "control":
                how = Mover
            elif (word and word.gives == "latent") or (node.kind in EITHER and any(isinstance(one, Latent) for one in ins)):
                how = Latent
            made[place] = how(own(node.kind, effects), ins, controls, dict(node.settings))
        return made[place]

    def number_of(control: float | Drive) -> Any:
        if not isinstance(control, Drive):
            return control
        source = handed(control.source) if control.source.startswith("knob:") else value(control.source)
        return Number(source, control.scale, control.offset)  # type: ignore[arg-type]

    page = Page(tempo=score.tempo, bar=score.bar, effects=effects, room=room)
    bound = {place: value(place) for place in score.places if is_name(place)}
    page.names = gathered({name: Number(one, bare=comes_bare(one)) if isinstance(one, Mover) else one for name, one in bound.items()})
    for send in score.sends:
        out, sound = _out(send, score, room), value(_sounding(send, score))
        if sound.kind == "unlatent" and not is_name(_sounding(send, score)):
            sound = sound.ins[0]
        gain = number_of(send.gain)
        term = sound if not isinstance(gain, Number) and gain == 1.0 else type(sound)("gain", (sound,), {"gain": gain})
        page.outs[out] = term if out not in page.outs else type(term)("mix", (page.outs[out], term))
    named(page)
    return page


def handed(source: str) -> int | str:
    """A knob behind a drive: its number, or its name."""
    which = source.removeprefix("knob:")
    return int(which) if which.isascii() and which.isdigit() else which


def own(kind: str, effects: dict[str, str]) -> str:
    """A treatment written live, as the effect it was written as; its text is noted."""
    if not kind.startswith("written:"):
        return kind
    try:
        text = Path(kind.removeprefix("written:")).with_suffix(".txt").read_text("utf-8")
    except OSError:
        return kind
    again = f"effect:{word_of(kind)}:{zlib.crc32(text.encode()):08x}"
    effects[again] = text
    return again


def _sounding(send: Send, score: Score) -> str:
    """The place itself, not how it is folded onto an output."""
    node = score.places[send.place]
    return node.ins[0] if node.kind == "fold" and send.place.startswith("out.") else send.place


def _out(send: Send, score: Score, room: Any) -> str:
    """The output's name in this room, or its numbers."""
    asked = send.place.partition("/")[0].removeprefix("out.") if send.place.startswith("out.") else ""
    channels = tuple(range(send.first, send.first + send.width))
    outputs = getattr(room, "outputs", None) or {"stage": (0, 1)}
    if outputs.get(asked) == channels:
        return asked
    return next(
        (name for name, there in sorted(outputs.items(), key=lambda item: item[0] != "stage") if there == channels),
        f"{send.first + 1}-{send.first + send.width}",
    )


def script(page: Page, head: str = "") -> str:
    """A page as a script that makes it: every name after what it uses."""
    lines = [*([f'"""{head}"""', ""] if head else []), "from live import *", ""]
    if page.tempo:
        lines += [f"tempo({number(page.tempo)}{f', {number(page.bar)}' if page.bar and page.bar != 4 else ''})", ""]
    used = {
        one.kind for value in [*page.names.values(), *page.outs.values()] for one in [value, *below(value)] if isinstance(one, Described)
    }
    for kind, text in page.effects.items():
        if kind in used:
            lines += [effected(text, word_of(kind)), ""]
    written: set[str] = set()

    def write(name: str, value: Any) -> None:
        if name in written:
            return
        written.add(name)
        for one in [*([value] if isinstance(value, Value) else []), *below(value)]:
            root = (one.name or "").partition(".")[0]
            if root in page.names and root != name:
                write(root, page.names[root])
        lines.append(f"{name} = {typed(value, own=name)}")

    for name, value in page.names.items():
        write(name, value)
    lines.append("")
    lines += [f"{spot(name)} = {typed(value, top=False)}" for name, value in page.outs.items() if value is not None]
    return "\n".join(lines).rstrip() + "\n"


def gathered(names: Mapping[str, Any]) -> dict[str, Any]:
    """drops.1, drops.2 as one list, kit.low as a dict."""
    whole = {name: value for name, value in names.items() if "." not in name}
    groups: dict[str, dict[str, Any]] = {}
    for name, value in names.items():
        root, dot, key = name.partition(".")
        if dot and root not in whole:
            groups.setdefault(root, {})[key] = value
    for root, some in groups.items():
        some = gathered(some)
        counted = all(key.isdigit() for key in some) and sorted(map(int, some)) == list(range(1, len(some) + 1))
        whole[root] = [some[key] for key in sorted(some, key=int)] if counted else some
    return whole


def effected(text: str, word: str) -> str:
    """A treatment written live as it stands in a script: its mark below what it uses."""
    text = text.removeprefix("import math as math\n").rstrip()  # math is a word already
    return re.sub(rf"(?m)^(?=def {word}\b)", "@effect\n", text, count=1)


def spot(out: str) -> str:
    """An output as it is typed."""
    first, dash, last = out.partition("-")
    if dash and first.isdigit():
        return f"out[{', '.join(str(k) for k in range(int(first), int(last) + 1))}]"
    return f"out.{out}"


def below(value: Any) -> list[Value]:
    """Everything a value is made of."""
    found: list[Value] = []
    if isinstance(value, Number):
        return [value, *below(value.mover)] if value.mover is not None else [value]
    if isinstance(value, Described):
        for one in (*value.ins, *value.controls.values()):
            if isinstance(one, Value):
                found += [one, *below(one)]
    elif isinstance(value, list | tuple):
        for one in value:
            found += [*([one] if isinstance(one, Value) else []), *below(one)]
    elif isinstance(value, dict):
        found += below(list(value.values()))
    return found
