"""Old score, new score -> the steps between them. Pure data; nothing here touches sound.

A step has a text form (``str(step)``) that ``look()`` shows and tests compare,
and a row form that crosses to the core through shared memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from live.score import Drive, Node, Score, Send

Value = float | Drive


def shown(value: Value) -> str:
    """A number or a drive, the way it is typed."""
    if isinstance(value, Drive):
        text = value.source if value.scale == 1 else f"{value.scale:g} * {value.source}"
        return text if value.offset == 0 else f"{text} + {value.offset:g}"
    return f"{value:g}"


@dataclass(frozen=True)
class Make:
    """A place that was not there."""

    name: str
    node: Node

    def __str__(self) -> str:
        return f"make {self.name} = {described(self.node)}"


@dataclass(frozen=True)
class Swap:
    """A place that becomes something else, under a crossfade."""

    name: str
    old: str
    node: Node

    def __str__(self) -> str:
        return f"swap {self.name}: {self.old} -> {described(self.node)}"


@dataclass(frozen=True)
class Drop:
    """A place that fades and goes."""

    name: str

    def __str__(self) -> str:
        return f"drop {self.name}"


@dataclass(frozen=True)
class Rewire:
    """A place that hears something else."""

    name: str
    ins: tuple[str, ...]

    def __str__(self) -> str:
        return f"rewire {self.name} <- {', '.join(self.ins) or 'nothing'}"


@dataclass(frozen=True)
class Retune:
    """A control that goes elsewhere."""

    name: str
    control: str
    value: Value | None  # None: back to rest

    def __str__(self) -> str:
        return f"retune {self.name}.{self.control} -> {'rest' if self.value is None else shown(self.value)}"


@dataclass(frozen=True)
class Route:
    """A place on its way to the loudspeakers, or (gain None) no longer."""

    place: str
    first: int
    width: int
    gain: Value | None

    def __str__(self) -> str:
        spot = f"{self.first + 1}" if self.width == 1 else f"{self.first + 1}-{self.first + self.width}"
        return f"route {self.place} -> {spot}" + (" off" if self.gain is None else f" at {shown(self.gain)}")


@dataclass(frozen=True)
class Pace:
    """Another tempo or bar."""

    tempo: float
    bar: float

    def __str__(self) -> str:
        return f"pace {self.tempo:g} bpm, {self.bar:g} beats in a bar"


@dataclass(frozen=True)
class Hush:
    """Mute or solo one place, or take it back."""

    name: str
    what: str  # mute | solo
    on: bool

    def __str__(self) -> str:
        return f"{'' if self.on else 'un'}{self.what} {self.name}"


Step = Make | Swap | Drop | Rewire | Retune | Route | Pace | Hush
Plan = tuple[Step, ...]


def described(node: Node) -> str:
    """A node as one would type it."""
    parts = [*node.ins]
    parts += [f"{k}={v!r}" for k, v in node.settings.items()]
    parts += [f"{k}={shown(v)}" for k, v in node.controls.items()]
    return f"{node.kind}({', '.join(parts)})"


def told(plan: Plan) -> str:
    """The whole plan, a line a step."""
    return "\n".join(str(step) for step in plan)


def compare(old: Score, new: Score) -> Plan:
    """What must happen for ``old`` to become ``new``. Equal scores give nothing."""
    steps: list[Step] = []
    for name, node in new.places.items():
        before = old.places.get(name)
        if before is node:
            continue
        if before is None:
            steps.append(Make(name, node))
        elif before.kind != node.kind or dict(before.settings) != dict(node.settings):
            steps.append(Swap(name, before.kind, node))
        else:
            if before.ins != node.ins:
                steps.append(Rewire(name, node.ins))
            steps += [Retune(name, key, value) for key, value in node.controls.items() if before.controls.get(key) != value]
            steps += [Retune(name, key, None) for key in before.controls if key not in node.controls]
    steps += [Drop(name) for name in old.places if name not in new.places]
    was = {send.key: send for send in old.sends}
    now = {send.key: send for send in new.sends}
    steps += [Route(*key, None) for key in was if key not in now]
    steps += [Route(*key, send.gain) for key, send in now.items() if key not in was or was[key].gain != send.gain]
    if (old.tempo, old.bar) != (new.tempo, new.bar):
        steps.append(Pace(new.tempo, new.bar))
    for what, before_, after in (("mute", old.muted, new.muted), ("solo", old.soloed, new.soloed)):
        steps += [Hush(name, what, False) for name in sorted(before_ - after)]
        steps += [Hush(name, what, True) for name in sorted(after - before_)]
    return tuple(steps)


def carried(score: Score, plan: Iterable[Step]) -> Score:
    """The score after the plan: ``carried(old, compare(old, new)) == new``."""
    places = dict(score.places)
    sends = {send.key: send for send in score.sends}
    muted, soloed = set(score.muted), set(score.soloed)
    tempo, bar = score.tempo, score.bar
    for step in plan:
        match step:
            case Make(name, node) | Swap(name, _, node):
                places[name] = node
            case Drop(name):
                places.pop(name, None)
                sends = {key: send for key, send in sends.items() if key[0] != name}
            case Rewire(name, ins):
                places[name] = replace(places[name], ins=ins)
            case Retune(name, control, value):
                controls = {k: v for k, v in places[name].controls.items() if k != control}
                if value is not None:
                    controls[control] = value
                places[name] = replace(places[name], controls=controls)
            case Route(place, first, width, gain):
                sends.pop((place, first, width), None)
                if gain is not None:
                    sends[place, first, width] = Send(place, first, width, gain)
            case Pace():
                tempo, bar = step.tempo, step.bar
            case Hush(name, what, on):
                chosen = muted if what == "mute" else soloed
                if on:
                    chosen.add(name)
                else:
                    chosen.discard(name)
    return Score(places, tuple(sends.values()), tempo, bar, frozenset(muted), frozenset(soloed))


# --- as plain data: for the journal, and (through rows) for the core ---------------


def value_data(value: Value | None) -> Any:
    """A control's value as JSON."""
    return [value.source, value.scale, value.offset] if isinstance(value, Drive) else value


def value_from(data: Any) -> Any:
    """The other way."""
    return Drive(*data) if isinstance(data, list | tuple) else data


def node_data(node: Node) -> dict[str, Any]:
    """A node as JSON."""
    return {
        "kind": node.kind,
        "ins": list(node.ins),
        "controls": {k: value_data(v) for k, v in node.controls.items()},
        "settings": dict(node.settings),
    }


def node_from(data: Mapping[str, Any]) -> Node:
    """The other way."""
    controls = {k: value_from(v) for k, v in data.get("controls", {}).items()}
    return Node(data["kind"], tuple(data.get("ins", ())), controls, dict(data.get("settings", {})))


def score_data(score: Score) -> dict[str, Any]:
    """A score as JSON."""
    return {
        "places": {name: node_data(node) for name, node in score.places.items()},
        "sends": [[s.place, s.first, s.width, value_data(s.gain)] for s in score.sends],
        "tempo": score.tempo,
        "bar": score.bar,
        "muted": sorted(score.muted),
        "soloed": sorted(score.soloed),
    }


def score_from(data: Mapping[str, Any]) -> Score:
    """The other way."""
    return Score(
        {name: node_from(node) for name, node in data["places"].items()},
        tuple(Send(place, first, width, value_from(gain)) for place, first, width, gain in data["sends"]),
        data["tempo"],
        data["bar"],
        frozenset(data.get("muted", ())),
        frozenset(data.get("soloed", ())),
    )


def rows(plan: Plan) -> Iterator[tuple[str, str, str, int, float, float, str]]:
    """Each step as (verb, name, key, index, value, more, text): what one mailbox row carries, text unbounded."""
    for step in plan:
        match step:
            case Make(name, node):
                yield "make", name, "", 0, 0.0, 0.0, json.dumps(node_data(node))
            case Swap(name, old, node):
                yield "swap", name, old, 0, 0.0, 0.0, json.dumps(node_data(node))
            case Drop(name):
                yield "drop", name, "", 0, 0.0, 0.0, ""
            case Rewire(name, ins):
                yield "rewire", name, "", 0, 0.0, 0.0, json.dumps(ins)
            case Retune(name, control, value):
                if isinstance(value, Drive):
                    yield "drive", name, control, 0, value.scale, value.offset, value.source
                else:
                    yield ("rest" if value is None else "tune"), name, control, 0, value or 0.0, 0.0, ""
            case Route(place, first, width, gain):
                if isinstance(gain, Drive):
                    yield "route", place, "drive", first, gain.scale, gain.offset, f"{width} {gain.source}"
                else:
                    yield "route", place, "off" if gain is None else "", first, gain or 0.0, 0.0, f"{width} "
            case Pace(tempo, bar):
                yield "pace", "", "", 0, tempo, bar, ""
            case Hush(name, what, on):
                yield "hush", name, what, int(on), 0.0, 0.0, ""


def from_rows(lines: Iterable[tuple[str, str, str, int, float, float, str]]) -> Plan:
    """The other way: exactly the plan that was sent."""
    steps: list[Step] = []
    for verb, name, key, index, value, more, text in lines:
        match verb:
            case "make":
                steps.append(Make(name, node_from(json.loads(text))))
            case "swap":
                steps.append(Swap(name, key, node_from(json.loads(text))))
            case "drop":
                steps.append(Drop(name))
            case "rewire":
                steps.append(Rewire(name, tuple(json.loads(text))))
            case "tune" | "rest":
                steps.append(Retune(name, key, value if verb == "tune" else None))
            case "drive":
                steps.append(Retune(name, key, Drive(text, value, more)))
            case "route":
                width, _, source = text.partition(" ")
                gain = None if key == "off" else Drive(source, value, more) if key == "drive" else value
                steps.append(Route(name, index, int(width), gain))
            case "pace":
                steps.append(Pace(value, more))
            case "hush":
                steps.append(Hush(name, key, bool(index)))
            case _:
                raise LookupError(f"the core knows no verb {verb!r}")
    return tuple(steps)
