"""Which ways there should be: from every control of every controller to the knobs that words, names and maps give it.

A pure question. Who shares a control with whom is settled here, too: ``arranged``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from live.control.slots import matches
from live.control.which import Which
from live.core import lanes as law
from live.core import layout as at

CHAIN = 16  # ways that one control may go
EVERY = tuple(range(16))
KIND_OF = {
    "absolute": law.ABSOLUTE, "twos": law.TWOS, "sign": law.SIGN, "offset": law.OFFSET, "fourteen": law.FOURTEEN,
    "fourteen lsb": law.FOURTEEN_LSB, "nrpn": law.NRPN, "toggle": law.TOGGLE, "momentary": law.MOMENTARY, "bend": law.BEND14,
    "note": law.GATE, "program": law.ABSOLUTE, "pressure": law.ABSOLUTE, "cc": law.ABSOLUTE, "rpn": law.NRPN,
}  # fmt: skip
"""How a control speaks, by its kind, or by what it is."""
SENSED = {
    "bend": ("bend", law.BEND14), "pressure": ("pressure", law.ABSOLUTE), "pedal": ("cc 64", law.ABSOLUTE),
    "key": ("keys", law.KEY), "key gate": ("keys", law.KEY_GATE), "key velocity": ("keys", law.KEY_VELOCITY),
    "key pressure": ("pressure", law.ABSOLUTE), "key bend": ("bend", law.BEND14), "key timbre": ("cc 74", law.ABSOLUTE),
}  # fmt: skip
"""Knobs that are somebody's own: a name, what moves it, and how. Nothing else moves them, so nothing has to be taken over."""
KEYS = re.compile(
    r"key(?: (\d{1,3})-(\d{1,3}))?(?: ch([1-9]|1[0-6]))?( dry)?( [a-z]+)?"
)  # "key 48-72 ch2 dry gate": keys of a range, of a channel, without the pedal


@dataclass(frozen=True)
class Way:
    """From one control of the device in a slot to a knob."""

    name: str  # the same as long as it means the same
    slot: int
    cells: tuple[tuple[int, int, int], ...]  # channel, what, flags of the route
    kind: int
    knob: int
    low: float = 0.0
    high: float = 1.0
    takeover: int = law.SCALE
    step: float = 0.0
    param: int = 0
    alone: bool = False  # the controller's own knob does not hear it as well
    motor: bool = False
    lit: bool = True  # its controller may show where the knob is


def cells_of(what: str, number: int = 0, channel: int = 0, kind: int = law.ABSOLUTE) -> tuple[tuple[int, int, int], ...]:
    """The routes a control comes by. ``channel`` from 1; 0 for all."""
    channels = EVERY if channel == 0 else (channel - 1,)
    if what == "cc":
        spots = [(number, 0)]
        if kind in (law.FOURTEEN, law.FOURTEEN_LSB) and number < 32:
            spots.append((number + 32, law.LOW7))
    elif what == "note":
        spots = [(128 + number, law.PRESSED if kind == law.ABSOLUTE else 0)]
    elif what == "keys":
        spots = [(128 + key, 0) for key in range(128)]
    elif what in ("nrpn", "rpn"):
        spots = [(6, 0), (38, law.LOW7), (96, 0), (97, 0)]
    elif what == "pressure":
        spots = [(at.PRESSURE, 0), (law.POLY, 0)]
    else:
        spots = [({"bend": at.BEND, "program": at.PROGRAM}[what], 0)]
    return tuple((c, spot, flags) for c in channels for spot, flags in spots)


def ways(
    devices: Sequence[str], names: Iterable[tuple[int, str]], mappings: Iterable[Mapping[str, Any]], knob_of: Callable[[str], int | None],
    takeover: str = "scale",
) -> list[Way]:  # fmt: skip
    """Every way there should be beside the controllers' own. ``names``: knobs by name; ``knob_of``: what a map's ``to`` moves now."""
    found = []
    for number, name in names:
        found += _named(devices, number, name, takeover)
    for entry in mappings:
        found += _mapped(devices, entry, knob_of, takeover)
    return found


def _named(devices: Sequence[str], knob: int, name: str, takeover: str) -> list[Way]:
    """A knob whose name says which control moves it."""
    device, slash, what = name.rpartition("/")
    lit, some = True, KEYS.fullmatch(what)
    if some:
        what = f"key{some[5] or ''}"
    if what in SENSED:
        control, kind = SENSED[what]
        how, lit = law.JUMP, False
    elif pad := re.fullmatch(r"pad (\d{1,3})", what):
        control, kind, how = f"note {pad[1]}", law.GATE, law.JUMP
    elif what.isdigit() and slash:
        control, kind, how = f"cc {what}", law.ABSOLUTE, law.TAKEOVERS[takeover]
    else:
        return []
    word, _, number = control.partition(" ")
    if int(number or 0) > 127:
        return []
    slots = matches(device, devices) if slash else sum(1 << s for s, d in enumerate(devices) if d)
    cells = cells_of(word, int(number or 0), int(some[3] or 0) if some else 0, kind)
    if some and word == "keys":
        cells = tuple(cell for cell in cells if int(some[1] or 0) <= cell[1] - 128 <= int(some[2] or 127))
    foot = law.WITHOUT_FOOT if some and some[4] else 0
    return [
        Way(f"{devices[s]}: {name}", s, cells, kind, knob, takeover=how, param=foot, lit=lit) for s in range(len(devices)) if slots >> s & 1
    ]


def _mapped(devices: Sequence[str], entry: Mapping[str, Any], knob_of: Callable[[str], int | None], takeover: str) -> list[Way]:
    """A control that a map gives to something; nothing while nobody knows either."""
    try:
        control = Which.read(str(entry["control"]))
        kind = KIND_OF[str(entry.get("kind") or control.what)]
        low, high = (float(x) for x in entry.get("range") or (0.0, 1.0))
        how = law.TAKEOVERS[str(entry.get("takeover") or takeover)]
        step, channel = float(entry.get("step") or 0.0), int(entry.get("channel") or control.channel)
    except (KeyError, ValueError, TypeError):  # the map's reader has named it; it is kept there, and not laid
        return []
    if control.what in ("nrpn", "rpn"):
        kind = law.NRPN
    knob, slots = knob_of(str(entry["to"])), matches(str(entry["device"]), devices)
    if knob is None or not slots:
        return []
    cells = cells_of(control.what, control.number, channel, kind)
    param = control.number + law.RPN * (control.what == "rpn") if kind == law.NRPN else 0
    alone = kind not in (law.ABSOLUTE, law.FOURTEEN, law.FOURTEEN_LSB) or knob == control.number
    return [
        Way(
            f"{devices[s]}: {control}{f' ch {channel}' if channel and not control.channel else ''} to {entry['to']}", s, cells, kind, knob,
            min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0), how, step, param, alone, bool(entry.get("motor")),
        )
        for s in range(len(devices)) if slots >> s & 1
    ]  # fmt: skip


def own(slot: int, controller: int) -> str:
    """The way from a controller to the knob of its number."""
    return f"{slot}: own {controller}"


@dataclass(frozen=True)
class Laid:
    """Lanes and routes as they should be."""

    ways: dict[str, Way]
    after: dict[str, str]  # who hears the same, after whom
    heads: dict[tuple[int, int, int], tuple[str, int]]  # slot, channel, what -> who hears it first, and the route's flags
    crowded: tuple[str, ...] = ()  # ways there is no room for


def arranged(found: Iterable[Way]) -> Laid:
    """Who is first at each route, and who follows: the narrowest first, so that all who share a route agree on what comes after.

    A lane has one follower. Where two ways cross (neither has all the routes of the other), the wider one is left out.
    """
    every = {w.name: w for w in sorted(found, key=lambda w: (len(w.cells), w.name))}
    crowded: list[str] = []
    while True:
        after, heads, wide = _chained(every)
        if not wide:
            return Laid(every, after, heads, tuple(sorted(crowded)))
        crowded += wide
        every = {name: way for name, way in every.items() if name not in wide}


def _chained(every: Mapping[str, Way]) -> tuple[dict[str, str], dict[tuple[int, int, int], tuple[str, int]], set[str]]:
    """Followers and heads, and who would have to be left out for them to hold."""
    coarse = {name: {(c, what) for c, what, flags in way.cells if not _is_fine(way, what, flags)} for name, way in every.items()}
    at_cell: dict[tuple[int, int, int], list[tuple[Way, int]]] = {}
    for way in every.values():
        for channel, what, flag in way.cells:
            at_cell.setdefault((way.slot, channel, what), []).append((way, flag))
    fine = {cell for cell, here in at_cell.items() if any(_is_fine(way, cell[2], flag) for way, flag in here)}
    after: dict[str, str] = {}
    heads: dict[tuple[int, int, int], tuple[str, int]] = {}
    wide: set[str] = set()
    for cell in sorted(at_cell, key=lambda cell: cell in fine):
        slot, _, what = cell
        here = [
            (w, flag) for w, flag in at_cell[cell] if cell not in fine or _is_fine(w, what, flag)
        ]  # with lower halves nobody else hears
        plays = [(len(w.cells), w.name) for w, _ in here]
        if _has_own(what) and cell not in fine and not any(w.alone and w.kind != law.NRPN for w, _ in here):
            plays.append((len(EVERY), own(slot, what)))
        chain = [name for _, name in sorted(plays, key=lambda play: (play[0], ": own " not in play[1], play[1]))]
        flags = 0
        for _, flag in here:
            flags |= flag
        heads[cell] = (chain[0], flags)
        if len(chain) > CHAIN:
            wide |= {name for name in chain[CHAIN - 1 :] if name in every}
        for name, follower in itertools.pairwise(chain):
            if _reaches(after, name, follower):
                continue
            covers = coarse.get(name, set()) <= coarse[follower] if follower in coarse else all(c[1] == what for c in coarse[name])
            if name in after or not covers:
                wide.add(follower if follower in every else name)
            after[name] = follower
    return after, heads, wide


def _reaches(after: Mapping[str, str], name: str, other: str) -> bool:
    """Whether somebody hears what another does, sooner or later."""
    while name in after:
        name = after[name]
        if name == other:
            return True
    return False


def _is_fine(way: Way, what: int, flags: int) -> bool:
    """Whether a way hears only lower halves and clicks there."""
    return bool(flags & law.LOW7) or (way.kind == law.NRPN and what in (96, 97))


def _has_own(what: int) -> bool:
    """Controllers have a knob of their number; those that select parameters or end notes have none."""
    return what < 120 and not 98 <= what < 102
