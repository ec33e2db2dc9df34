"""Whether a score can be played at all: names, controls, values, circles. Says what is wrong in one line."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

from live.core import layout as at
from live.core.beating import RHYTHM
from live.core.kinds import Kind, nearest
from live.knobs import is_number, why_not
from live.score import Drive, Node, Score, Send

Find = Callable[[str], Kind]


class Refusal(Exception):
    """A plan that cannot land. Its text is one line: what, where, the nearest legal thing."""


def check(score: Score, before: Score, outs: int, find: Find) -> None:
    """Refuse a score that cannot be played. What was played before is only asked for what it hears."""
    for name, node in score.places.items():
        if before.places.get(name) is not node:
            _check_node(name, node, find(node.kind))
        _check_sources(name, node, score, find)
    for send in score.sends:
        _check_send(send, score, outs, find)
    if not 1.0 <= score.tempo <= 999.0 or not 0.25 <= score.bar <= 64:
        raise Refusal(f"a tempo of {score.tempo:g} with {score.bar:g} beats in a bar; legal: 1 to 999 bpm, a quarter to 64 beats")


def _check_node(name: str, node: Node, kind: Kind) -> None:
    if not name or len(name.encode()) > 63:
        raise Refusal(f"{name[:20] + '...' if name else 'no name'}: a name has 1 to 63 letters")
    if len(node.ins) > min(len(kind.inlets), 4):
        more = "; mix some of them first" if len(kind.inlets) > 1 else ""
        raise Refusal(f"{name}: {kind.word} hears {min(len(kind.inlets), 4)} sound(s), not {len(node.ins)}{more}")
    for key in node.settings:
        known = [*kind.settings, *(RHYTHM if kind.events else ())]
        if key not in known and not key.startswith("_"):
            raise Refusal(f"{name}: {kind.word} has no setting {key!r}. {nearest(key, [*known, *kind.controls])}")
    for key, value in node.controls.items():
        if key not in kind.controls:
            raise Refusal(f"{name}: {kind.word} has no control {key!r}. {nearest(key, kind.controls)}")
        _check_value(f"{name}.{key}", value, kind.controls[key].low, kind.controls[key].high)


def _check_sources(name: str, node: Node, score: Score, find: Find) -> None:
    for source in node.ins:
        if source not in score.places:
            raise Refusal(f"{name} hears {source!r}, which is not there. {nearest(source, score.places)}")
        if find(score.places[source].kind).control:
            raise Refusal(f"{name} hears {source}, but {source} is a control, not a sound: let it drive one of its controls")
    for key, value in node.controls.items():
        if isinstance(value, Drive):
            _check_drive(f"{name}.{key}", value, score, find)


def _check_send(send: Send, score: Score, outs: int, find: Find) -> None:
    if send.place not in score.places:
        raise Refusal(f"{send.place!r} is sent out but is not there. {nearest(send.place, score.places)}")
    if find(score.places[send.place].kind).control:
        raise Refusal(f"{send.place} is a control, not a sound: it cannot go to an output")
    if send.first < 0 or send.width < 1 or send.first + send.width > outs:
        where = f"{send.first + 1}-{send.first + send.width}"
        raise Refusal(f"{send.place} is sent to outputs {where}; this rig has {outs}. Nearest: 1-{outs}.")
    where = f"the level of {send.place}"
    _check_value(where, send.gain, -16.0, 16.0)
    if isinstance(send.gain, Drive):
        _check_drive(where, send.gain, score, find)


def _check_value(where: str, value: Any, low: float, high: float) -> None:
    if isinstance(value, Drive):
        if not (math.isfinite(value.scale) and math.isfinite(value.offset)):
            raise Refusal(f"{where} follows {value.source} scaled by {value.scale!r} from {value.offset!r}: those are no numbers")
        return
    if not isinstance(value, Real) or not math.isfinite(value):
        raise Refusal(f"{where} = {value!r} is no number; legal: {low:g} to {high:g}")
    if not low <= value <= high:
        raise Refusal(f"{where} = {value:g} is out of range. Nearest: {min(max(value, low), high):g} (legal: {low:g} to {high:g}).")


def _check_drive(where: str, value: Drive, score: Score, find: Find) -> None:
    if value.source.startswith("knob:"):
        which = value.source[5:]
        if is_number(which):
            if len(which) > 9 or int(which) >= at.KNOBS:
                raise Refusal(f"{where} follows {value.source!r}; knobs go from knob:0 to knob:{at.KNOBS - 1}, or by a name")
        elif why := why_not(which):
            raise Refusal(f"{where} follows {value.source!r}: {why}")
    elif value.source not in score.places:
        raise Refusal(f"{where} follows {value.source!r}, which is not there. {nearest(value.source, score.places)}")
    elif not find(score.places[value.source].kind).control:
        raise Refusal(f"{where} follows {value.source}, which is a sound. Put follow({value.source}) between them")


def width_of(name: str, kind: Kind, settings: Mapping[str, Any], ins: tuple[int, ...]) -> int:
    """How many channels a place has."""
    if kind.control:
        return 1
    try:
        width = int(kind.channels(settings, ins)) if kind.channels else max(ins, default=1)
    except Refusal:
        raise
    except Exception as trouble:
        raise Refusal(f"{name}: {in_a_line(trouble)}") from trouble
    if not 1 <= width <= 64:
        raise Refusal(f"{name} would have {width} channels; legal: 1 to 64")
    return width


def in_a_line(trouble: Exception) -> str:
    """What an exception says, in one line."""
    return str(trouble).splitlines()[0] if str(trouble).strip() else type(trouble).__name__


def followed(score: Score, before: Score) -> list[str]:
    """Knobs that something follows which was not there before."""
    found: dict[str, None] = {}
    stands: list[Any] = [send.gain for send in score.sends]
    for name, node in score.places.items():
        if before.places.get(name) is not node:
            stands += node.controls.values()
    for value in stands:
        if isinstance(value, Drive) and value.source.startswith("knob:"):
            found[value.source] = None
    return list(found)


def needs(node: Node) -> list[str]:
    """Every place this one hears or follows."""
    drives = [v.source for v in node.controls.values() if isinstance(v, Drive) and not v.source.startswith("knob:")]
    return [*node.ins, *drives]


def in_order(score: Score) -> list[str]:
    """Places so that everyone comes after what it hears and follows; a circle is refused."""
    done: dict[str, bool] = {}
    order: list[str] = []
    for root in score.places:
        if root in done:
            continue
        stack = [(root, iter(needs(score.places[root])))]
        done[root] = False
        while stack:
            name, wanted = stack[-1]
            for need in wanted:
                if need not in score.places or done.get(need):
                    continue
                if need in done:
                    circle = [n for n, _ in stack]
                    loop = " -> ".join([*circle[circle.index(need) :], need])
                    raise Refusal(f"{need} would hear itself: {loop}. Break the circle; delay has its own feedback control")
                done[need] = False
                stack.append((need, iter(needs(score.places[need]))))
                break
            else:
                done[name] = True
                order.append(name)
                stack.pop()
    return order


def edges(score: Score) -> set[tuple[str, str]]:
    """Who hears or follows whom."""
    return {(name, need) for name, node in score.places.items() for need in needs(node)}


def entangled(now: set[tuple[str, str]], added: set[tuple[str, str]], still: set[tuple[str, str]]) -> set[str]:
    """Names that would hear themselves through what was ``added`` while the old patch (``still``) fades under the new one."""
    if not added or not still:
        return set()
    hears: dict[str, list[str]] = {}
    heard: dict[str, list[str]] = {}
    for a, b in now | still:
        hears.setdefault(a, []).append(b)
        heard.setdefault(b, []).append(a)
    if not _circles(hears, heard):
        return set()
    names: set[str] = set()
    for a, b in added:
        beyond = _reached(b, hears)
        if a in beyond:
            names |= beyond & _reached(a, heard)
    return names


def _circles(hears: dict[str, list[str]], heard: dict[str, list[str]]) -> bool:
    """Whether there is any circle at all."""
    left = {name: len(sources) for name, sources in hears.items()}
    free = [name for name in heard if name not in left]
    while free:
        for name in heard.get(free.pop(), ()):
            left[name] -= 1
            if not left[name]:
                free.append(name)
    return any(left.values())


def _reached(start: str, ways: dict[str, list[str]]) -> set[str]:
    """Everything that can be reached from one name."""
    seen, ahead = {start}, [start]
    while ahead:
        for other in ways.get(ahead.pop(), ()):
            if other not in seen:
                seen.add(other)
                ahead.append(other)
    return seen
