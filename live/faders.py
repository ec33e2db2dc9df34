"""The table of faders: what a hand can move, how far it goes, and where it stands. The desk writes it, hands and layouts read it.

``controls.json`` in the runtime folder, whole or not at all, whenever an accepted score has changed it:

    {"session", "tempo", "bar", "scene", "scenes", "places" (what sounds), "movers" (what moves others), "muted", "soloed", "hushed",
     "controls": {"worn.texture": {"low", "high", "curve", "unit", "rest", and where it stands}},
     "levels": {"stage/worn": {the same: how much of a place goes to an output}}}

Where it stands is ``at`` (a number), or ``knob`` (number or name) with ``scale`` and ``offset`` (and ``log``: [low, high],
when the knob travels in octaves), or ``follows`` (what else moves it).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from live import whole

if TYPE_CHECKING:
    from live.edits import State
    from live.score import Drive, Score

FILE = "controls.json"
FULL = 2.0  # a level's fader goes this far: 6 dB above what it is
LEVEL = {"low": 0.0, "high": FULL, "curve": "lin", "unit": "", "rest": 1.0}
BEHIND = ("smooth", "curve")  # what a knob goes through and still is that knob


@dataclass(frozen=True)
class Fader:
    """One control as hands see it. Positions go from 0 to 1 along its curve, values in its own unit."""

    name: str
    low: float = 0.0
    high: float = 1.0
    curve: str = "lin"
    unit: str = ""
    rest: float = 0.0
    at: float | None = None
    knob: int | str | None = None
    scale: float = 1.0
    offset: float = 0.0
    log: tuple[float, float] | None = None
    follows: str = ""

    @staticmethod
    def of(name: str, said: Mapping[str, Any]) -> Fader:
        """From a line of the table."""
        known = {key: value for key, value in said.items() if key in Fader.__dataclass_fields__ and key != "name"}
        known["log"] = tuple(said["log"]) if said.get("log") else None
        return Fader(name, **known)

    def clip(self, value: float) -> float:
        """The nearest value it can stand at."""
        return min(max(value, self.low), self.high)

    def value(self, position: float) -> float:
        """The value at a position."""
        position = min(max(position, 0.0), 1.0)
        if self.curve == "log" and self.low > 0.0:
            return self.clip(self.low * math.exp(position * math.log(self.high / self.low)))
        return self.low + (self.high - self.low) * position

    def position(self, value: float) -> float:
        """The position of a value."""
        value = self.clip(value)
        if self.high <= self.low:
            return 0.0
        if self.curve == "log" and self.low > 0.0:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def heard(self, knob: float) -> float:
        """The value while its knob stands there, 0 to 1."""
        x = self.scale * knob + self.offset
        if self.log:
            low, high = self.log
            x = low * math.exp(min(max(x, 0.0), 1.0) * math.log(high / low))
        return self.clip(x)

    def turned(self, value: float) -> float:
        """Where its knob has to stand for a value: the nearest it can reach."""
        x = self.clip(value)
        if self.log:
            low, high = self.log
            x = math.log(min(max(x, min(low, high)), max(low, high)) / low) / math.log(high / low)
        return min(max((x - self.offset) / self.scale, 0.0), 1.0)


def in_unit(value: float, unit: str) -> str:
    """A value as it is read at a glance: ``1.2 kHz``, ``-12.0 dB``, ``0.31``."""
    if unit == "Hz" and abs(value) >= 1000:
        return f"{value / 1000:.2g} kHz" if abs(value) < 10000 else f"{value / 1000:.0f} kHz"
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{text} {unit}".rstrip()


def read(folder: Path) -> dict[str, Any]:
    """The table as it was last written; empty when there is none."""
    try:
        found = json.loads((folder / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def faders(table: Mapping[str, Any]) -> dict[str, Fader]:
    """Every control of a table by its name: ``worn.texture``."""
    return {name: Fader.of(name, said) for name, said in table.get("controls", {}).items()}


def levels(table: Mapping[str, Any]) -> dict[str, Fader]:
    """Every level of a place on its way to an output: ``stage/worn``."""
    return {name: Fader.of(name, said) for name, said in table.get("levels", {}).items()}


def standing(value: float | Drive | None, rest: float, score: Score) -> dict[str, Any]:
    """Where a control stands: a number, a knob, or what it follows."""
    from live.score import Drive

    if value is None or not isinstance(value, Drive):
        return {"at": rest if value is None else value}
    if value.source.startswith("knob:"):
        name = value.source[5:]
        return _knob(int(name) if name.isdigit() else name, value.scale, value.offset)
    node = score.places.get(value.source)
    if node is not None and node.kind in BEHIND:
        behind = standing(node.controls.get("x"), 0.0, score)
        if "knob" in behind and "log" not in behind:
            if node.kind == "smooth":
                return _knob(behind["knob"], behind["scale"] * value.scale, behind["offset"] * value.scale + value.offset)
            ends = [node.controls.get("low", 0.0), node.controls.get("high", 1.0)]
            if (
                all(type(end) is float and end > 0.0 for end in ends)
                and node.settings.get("log")
                and not value.offset
                and value.scale > 0.0
            ):
                return {**behind, "log": [end * value.scale for end in ends]} if ends[0] != ends[1] else {"follows": value.source}
    return {"follows": value.source if node is None or "/" not in value.source else node.kind}


def _knob(name: int | str, scale: float, offset: float) -> dict[str, Any]:
    return {"knob": name, "scale": scale, "offset": offset} if scale else {"at": offset}


class Table:
    """The desk's side: it writes when something has changed, and calls ``changed`` then."""

    def __init__(self, folder: Path, session: str = "", scenes: Path | None = None, room: Any = None) -> None:
        self.folder, self.session, self.scenes, self.room = folder, session, scenes, room
        self.scene = ""
        self.changed: Callable[[], Any] = lambda: None
        self._score: Score | None = None
        self._other: tuple[Any, ...] = ()
        self._text = ""
        self._known: dict[str, list[tuple[str, float, str, str]]] = {}  # a kind's controls as they are written

    def write(self, state: State) -> bool:
        """What is accepted now; True when the table is another one than before."""
        score = state.score
        other = (self.scene, self._there())
        if score is self._score and other == self._other:
            return False
        self._score, self._other = score, other
        text = self.text(score)
        if text == self._text and (self.folder / FILE).exists():
            return False
        if not whole.put(self.folder / FILE, text):
            return False
        self._text = text
        self.changed()
        return True

    def went(self, scene: str, state: State) -> bool:
        """A scene is played from now on."""
        self.scene = scene
        return self.write(state)

    def text(self, score: Score) -> str:
        """The table of a score, as it is written: a thousand places in milliseconds, so the lines are put together by hand."""
        from live.naming import movers
        from live.paging import is_name

        named = sorted(name for name in score.places if "/" not in name and is_name(name))
        moving = movers(score)
        lines = []
        for place in named:
            node = score.places[place]
            own, start = node.controls, json.dumps(place)[:-1]
            for control, rest, key, line in self._lines(node.kind):
                value = own.get(control, rest)
                if type(value) is float or type(value) is int:
                    stands = f'"at": {value!r}'
                else:
                    stands = json.dumps(standing(value, rest, score))[1:-1]
                lines.append(f"{start}{key}{line}{stands}}}")
        sent = {name: {**LEVEL, **standing(gain, 1.0, score)} for name, gain in self._sent(score)}
        head = {
            "session": self.session, "tempo": score.tempo, "bar": score.bar, "scene": self.scene, "scenes": list(self._there()),
            "places": [name for name in named if name not in moving], "movers": [name for name in named if name in moving], "muted": sorted(score.muted), "soloed": sorted(score.soloed), "hushed": bool(score.places) and not score.sends,
            "levels": sent,
        }  # fmt: skip
        return json.dumps(head)[:-1] + ', "controls": {' + ", ".join(lines) + "}}"

    def _lines(self, kind: str) -> list[tuple[str, float, str, str]]:
        """Of each control of a kind: name, rest, and the ends of its line."""
        if kind not in self._known:
            from live.vocabulary import word_of

            word = word_of(kind)
            found = []
            for name, control in word.controls.items() if word else ():
                said = {
                    "low": control.low, "high": control.high, "curve": "log" if control.curve == "log" else "lin",
                    "unit": control.unit, "rest": control.rest,
                }  # fmt: skip
                found.append((name, control.rest, f".{name}", '": {' + json.dumps(said)[1:-1] + ", "))
            if word is None:
                return found  # perhaps it is known later
            self._known[kind] = found
        return self._known[kind]

    def _sent(self, score: Score) -> Iterable[tuple[str, float | Drive]]:
        """Each place's way to an output, by the output's name."""
        from live.paging import _out, is_name

        met = set()
        for send in score.sends:
            place, gain = send.place, send.gain
            while place.startswith("out.") and place in score.places and score.places[place].ins:
                node = score.places[place]
                gain = node.controls.get("gain", 1.0) if node.kind == "gain" else gain
                place = node.ins[0]
            name = f"{_out(send, score, self.room)}/{place}"
            if is_name(place) and "/" not in place and name not in met:
                met.add(name)
                yield name, gain

    def _there(self) -> tuple[str, ...]:
        try:
            return tuple(sorted(path.stem for path in self.scenes.glob("*.py"))) if self.scenes else ()
        except OSError:
            return ()
