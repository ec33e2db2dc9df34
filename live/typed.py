"""Values and scores as one would type them: what ``look`` answers can be typed back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from live.values import Number


def number(x: float) -> str:
    """A number, as short as it can be and still be the same."""
    return next((text for text in (f"{x:.6g}", f"{x:.9g}", f"{x:.12g}") if float(text) == x), repr(float(x)))


def typed(thing: Any, *, top: bool = True, own: str = "") -> str:
    """The text that would make it. ``top``: its own definition, also when it has a name. ``own``: the name it is for, so that another's name is said."""
    from live import values as v

    if isinstance(thing, v.Value) and thing.name and (not top or (own and thing.name != own)):
        return thing.said or called(thing.name)
    if isinstance(thing, v.Number):
        mover = thing.mover
        if top and mover is not None and mover.name and thing.alone and mover.name in (thing.name, own):
            return made(mover)
        return _number(thing) if thing.bare or not thing.alone or not v.comes_bare(thing.source) else f"1 * {_number(thing)}"
    if isinstance(thing, v.Mover):
        return made(thing)
    if isinstance(thing, v.Question):
        return (
            f"{_factor(thing.above.plain() - thing.above.offset)} > {number(-thing.above.offset)}"
            if thing.above.offset
            else f"{typed(thing.above, top=False)} > 0"
        )
    if isinstance(thing, v.Rhythm):
        return _rhythm(thing)
    if played := _played(thing):
        return played
    if isinstance(thing, v.Beats):
        return f"beats({number(thing.beats)})"
    if isinstance(thing, v.Described):
        return _described(thing)
    if isinstance(thing, list | tuple):
        return "[" + ", ".join(typed(one, top=bool(own), own=own and f"{own}.{count}") for count, one in enumerate(thing, 1)) + "]"
    if isinstance(thing, dict):
        return "{" + ", ".join(f"{key!r}: {typed(one, top=bool(own), own=own and f'{own}.{key}')}" for key, one in thing.items()) + "}"
    if isinstance(thing, float):
        return number(thing)
    if isinstance(thing, str):
        return '"' + thing.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(thing)


def called(place: str) -> str:
    """A place's name as Python takes it: drops.1 is drops[0]."""
    root, *keys = place.split(".")
    return root + "".join(f"[{int(key) - 1}]" if key.isdigit() else f'["{key}"]' for key in keys)


def _described(thing: Any) -> str:
    if thing.kind == "mix":
        return typed(thing.ins[0], top=False) + "".join(f" {_term(one)}" for one in thing.ins[1:])
    if thing.kind == "gain" and set(thing.controls) == {"gain"} and not thing.settings:
        by = thing.controls["gain"]
        if is_plain(thing.ins[0]) and isinstance(by, float):  # a gain of a gain is one gain
            return _described(type(thing)("gain", thing.ins[0].ins, {"gain": by * thing.ins[0].controls["gain"]}))
        return f"{_factor(by) if not isinstance(by, float) else number(by)} * {_product(thing.ins[0])}"
    if thing.kind == "crossfade" and (asked := _asked(thing.controls.get("at"))) is not None:
        return _when(asked, thing.ins[1], thing.ins[0])
    if thing.kind == "unlatent":
        return typed(thing.ins[0], top=False)
    return call(thing.kind, [typed(one, top=False) for one in thing.ins], thing.controls, thing.settings)


def is_plain(thing: Any) -> bool:
    """An unnamed gain by a number: part of a term, no thing of its own."""
    return thing.name is None and thing.kind == "gain" and set(thing.controls) == {"gain"} and isinstance(thing.controls["gain"], float)


def word_of(kind: str) -> str:
    """A kind as it is typed: treatments written live go by their own name."""
    if kind.startswith("effect:"):
        return kind.split(":")[1]
    if kind.startswith("written:"):
        return kind.replace("\\", "/").rpartition("/")[2].removesuffix(".py").rpartition("_")[0]
    return kind


def call(kind: str, ins: list[str], controls: Any, settings: Any) -> str:
    """``filter(rain, cutoff=800)``, the file's name first."""
    parts, settings = list(ins), dict(settings)
    if "below_before" in controls or "texture2" in controls:
        from live.eleven import folded

        controls, together = folded(controls)
        parts += [f"{key}={_together(value)}" for key, value in together.items()]
    if kind == "mic":
        first, width = settings.pop("first", 0), settings.pop("width", 1)
        parts.append(number(first + 1))
        if width != 1:
            settings["width"] = width
    if "file" in settings:
        parts.append(typed(_file(settings.pop("file"))))
    if settings.get("memory"):
        some = [_file(part) for part in str(settings["memory"]).split("|")]
        settings["memory"] = some if len(some) > 1 else some[0]
    hits = settings.pop("hits", "")
    every, swing, turn = settings.pop("every", None), settings.pop("swing", 0.0), settings.pop("turn", 0.0)
    parts += [f"{key}={_control(kind, key, value)}" for key, value in controls.items() if key != "asked"]
    if hits:
        parts.append(f"hits={struck(hits, every or 0.25, swing, turn)}")
    elif every is not None:
        settings["every"] = every
    if "notes" in settings and (names := _pitches(kind, settings["notes"])):
        settings["notes"] = names
    parts += [f"{key}={typed(value, top=False)}" for key, value in settings.items() if not key.startswith("_")]
    return f"{word_of(kind)}({', '.join(parts)})"


def _together(value: Any) -> str:
    """Several controls that were given as one: a name, a list, or two names and how far from one to the other."""
    if isinstance(value, tuple):
        return f"({', '.join(_plain(one) if hasattr(one, 'source') else typed(one) for one in value)})"
    return "[" + ", ".join(map(_plain, value)) + "]" if isinstance(value, list) else typed(value)


def struck(hits: Any, every: float = 0.25, swing: float = 0.0, turn: float = 0.0) -> str:
    """What strikes a place: a pattern, keys, a file's notes."""
    from live import fingers, tunes
    from live.values import Rhythm

    if isinstance(hits, str):
        return _rhythm(Rhythm(hits, every, swing, turn))
    return fingers.played(fingers.Keys.of(hits)) if hits[0] == "keys" else _tune(tunes.of(hits))


def _played(thing: Any) -> str:
    """Keys, or a file's notes."""
    from live import fingers, tunes

    return fingers.played(thing) if isinstance(thing, fingers.Keys) else _tune(thing) if isinstance(thing, tunes.Tune) else ""


def _tune(thing: Any) -> str:
    from live.tunes import said

    parts = [typed(said(thing.file)), *([f"track={thing.track}"] if thing.track else [])]
    parts += [f"{key}={number(getattr(thing, key))}" for key in ("beats", "turn") if getattr(thing, key)]
    return f"tune({', '.join(parts)})"


def _pitches(kind: str, notes: Any) -> str:
    """Notes by their names, when they all have one."""
    if kind not in ("tone", "pluck") or not isinstance(notes, list | tuple):
        return ""
    from live.rhythm import pitch

    names = [pitch(hz) for hz in notes]
    return " ".join(names) if all(names) else ""


def _file(path: str) -> str:
    """A sound file by the name it has here: the session's own without the way there, so that a session can move."""
    if not path.startswith(("/", "\\")) and path[1:2] != ":":
        return path
    from live.core.shelf import BUNDLED, SoundError, find
    from live.page import folders

    there = path.replace("\\", "/")
    if there.startswith(str(BUNDLED).replace("\\", "/") + "/"):
        return there.rpartition("/")[2].rpartition(".")[0]
    for folder in folders():
        for within in (folder, f"{folder}/corpus"):
            name = there.removeprefix(within.replace("\\", "/").rstrip("/") + "/")
            if name != there and Path(path).is_dir():
                return name
            for short in (name.rpartition(".")[0], name):
                try:
                    if name != there and str(find(short, folders())) == path:
                        return short
                except SoundError:
                    continue
    return path


def _rhythm(thing: Any) -> str:
    parts = [typed(thing.hits)]
    if thing.hits == "x" and not thing.swing and not thing.turn:
        return f"every({number(thing.every)})"
    if thing.every != 0.25:
        parts.append(f"every={number(thing.every)}")
    parts += [f"{key}={number(getattr(thing, key))}" for key in ("swing", "turn") if getattr(thing, key)]
    return f"seq({', '.join(parts)})"


def _source(thing: Number) -> str:
    mover = thing.mover
    if mover is None:
        from live.fingers import said

        how = getattr(thing.source, "said", "")
        return f"knob({how or thing.source})" if how or not isinstance(thing.source, str) else said(thing.source)
    if mover.name:
        return mover.said or called(mover.name)
    return made(mover)


def made(mover: Any) -> str:
    """What moves, by the words that make it."""
    if mover.kind in ("add", "times"):
        a, b = mover.controls["a"], mover.controls["b"]
        return f"({_plain(a)} + {_factor(b, '+-')})" if mover.kind == "add" else f"({_factor(a)} * {_factor(b, '+-*')})"
    if mover.kind == "curve":
        if keys := _pitch(mover):
            return keys
        c = mover.controls
        return f"{_factor(c['x'], '+-*')}.log({number(c['low'])}, {number(c['high'])})"
    if mover.kind in ("least", "most"):
        return f"{mover.kind}({typed(mover.controls['a'], top=False)}, {typed(mover.controls['b'], top=False)})"
    if mover.kind == "choose":
        return _when(mover.controls["when"], mover.controls["a"], mover.controls["b"])
    if mover.kind == "smooth":
        return f"{_factor(mover.controls['x'], '+-*')}.smooth({number(mover.controls.get('lag', 0.1))})"
    return call(mover.kind, [typed(one, top=False) for one in mover.ins], mover.controls, mover.settings)


def _pitch(curve: Any) -> str:
    """``key().pitch``, when that is what a curve is."""
    from live.fingers import HIGHEST, LOWEST, keys_of, played

    x, c = curve.controls["x"], curve.controls
    if not isinstance(getattr(x, "source", None), str) or not x.alone or (c["low"], c["high"]) != (LOWEST, HIGHEST):
        return ""
    found = keys_of(x.source)
    return f"{played(found[0], pads=False)}.pitch" if found and not found[1] and found[0].called() == x.source else ""


def _wheeled(thing: Number) -> str:
    """A number over what rests in the middle, in terms of -1 to 1; nothing where that would not be the very same number."""
    from live.fingers import is_wheel

    if thing.alone or not is_wheel(thing.source) or getattr(thing.source, "said", ""):
        return ""
    scale = thing.scale / 2
    offset = thing.offset + scale
    if -1.0 * scale + offset != thing.offset:
        return ""
    return _scaled(_source(thing), scale, offset)


def _number(thing: Number) -> str:
    from live.fingers import is_wheel

    if text := _wheeled(thing):
        return text
    own = f"knob({typed(str(thing.source))})" if is_wheel(thing.source) and not getattr(thing.source, "said", "") else _source(thing)
    return _scaled(own, thing.scale, thing.offset)


def _scaled(text: str, scale: float, offset: float) -> str:
    if scale != 1.0:
        text = f"{number(scale)} * {text}"
    if offset:
        text += f" {'+' if offset > 0 else '-'} {number(abs(offset))}"
    return text


def _plain(thing: Any) -> str:
    """A number where it makes no difference whether it comes from 0 to 1 by itself."""
    from live.values import Number

    return _number(thing) if isinstance(thing, Number) and not thing.name else typed(thing, top=False)


def _control(kind: str, key: str, value: Any) -> str:
    """A control's place: on one that goes from 0 to 1, a knob is a knob."""
    from live.vocabulary import word_of as known

    word = known(kind)
    control = word.controls.get(key) if word else None
    return _plain(value) if control and (control.low, control.high, control.curve) == (0, 1, "linear") else typed(value, top=False)


def _when(asked: Any, yes: Any, no: Any) -> str:
    from live.values import Question

    return f"when({typed(Question(asked - 0.5))}, {_plain(yes)}, {_plain(no)})"


def _asked(at: Any) -> Any:
    """What a crossfade made by when() asks; None for any other."""
    lag = getattr(at, "mover", None)
    choice = getattr(lag.controls["x"], "mover", None) if lag is not None and lag.kind == "smooth" else None
    return choice.controls["when"] if choice is not None and choice.kind == "choose" and not choice.name and not lag.name else None


def _term(one: Any) -> str:
    """One of a sum, with its sign."""
    by = one.controls.get("gain")
    if one.name is None and one.kind == "gain" and isinstance(by, float) and by == -1 and len(one.controls) == 1:
        return f"- {_product(one.ins[0], '*')}"
    return f"+ {typed(one, top=False)}"


def _product(one: Any, but: str = "") -> str:
    """What is multiplied: a sum, or a product of its own, in brackets."""
    text = typed(one, top=False)
    return f"({text})" if one.name is None and (one.kind == "mix" or (one.kind == "gain" and not but)) else text


def _factor(thing: Any, signs: str = "+-") -> str:
    text = _plain(thing)
    return f"({text})" if any(f" {sign} " in text for sign in signs) else text
