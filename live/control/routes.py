"""Which way a message goes: what ``ways`` says should be laid is written into ``core.map``, as far as it differs.

A way that stays keeps its lane, and with it all the core remembers of the hand: nothing jumps because something else was mapped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from live import whole
from live.control.part import Part
from live.control.ways import Laid, Way, arranged, ways
from live.core import lanes as law
from live.core import layout as at
from live.knobs import number_of

if TYPE_CHECKING:
    from live.control.process import Hands

OWN = at.HANDS * 128  # lanes below are controllers' own


class Layer:
    """Writes ways into the core's tables, and only what differs."""

    def __init__(self, core: Any, takeover: str = "scale", numbers: Mapping[str, int] | None = None) -> None:
        """``numbers``: which lane each way had, if somebody has laid them before."""
        self.core, self.takeover = core, law.TAKEOVERS[takeover]
        self.numbers = dict(numbers or {})
        self.ways: dict[str, Way] = {}
        self.devices = [""] * at.HANDS
        self.crowded: tuple[str, ...] = ()

    def lay(self, devices: Sequence[str], found: Iterable[Way]) -> None:
        """Lay these and no others."""
        laid = arranged(found)
        self._new_hands(devices)
        lacking = self._number(laid)
        if lacking:
            laid = arranged(w for w in laid.ways.values() if w.name not in lacking)
        self._write_lanes(laid)
        self._write_routes(laid)
        self.ways, self.crowded = laid.ways, (*laid.crowded, *lacking)

    def lane_of(self, name: str) -> int:
        """The lane of a way, or of a controller's own knob."""
        slot, mark, controller = name.partition(": own ")
        return int(slot) * 128 + int(controller) if mark and slot.isdigit() else self.numbers[name]

    def _new_hands(self, devices: Sequence[str]) -> None:
        """Another device in a slot: the slot's own lanes know nothing of its hand."""
        for slot, device in enumerate(devices):
            if self.devices[slot] and device != self.devices[slot]:
                self.core.lanes[slot * 128 : slot * 128 + 128, law.LAST :] = law.lane(law.ABSOLUTE, -1)[law.LAST :]
            self.devices[slot] = device

    def _number(self, laid: Laid) -> list[str]:
        """Every way has a lane: its old one while it is what it was, else a fresh one. Those for which none is left."""
        before = set(self.numbers.values())
        kept = {}
        for name, way in laid.ways.items():
            number = self.numbers.get(name)
            if number is not None:
                cells = self.core.lanes[number]
                if (cells[law.KIND], cells[law.KNOB], cells[law.PARAM]) == (way.kind, way.knob, way.param):
                    kept[name] = number
        free = [n for n in range(OWN, at.LANES) if n not in before] + sorted(before - set(kept.values()))
        fresh = [name for name in laid.ways if name not in kept]
        for name, number in zip(fresh, free, strict=False):
            kept[name] = number
            self.core.lanes[number] = _cells(laid.ways[name])
        self.numbers = kept
        return fresh[len(free) :]

    def _write_lanes(self, laid: Laid) -> None:
        """What a lane does, and who follows it; never what it remembers."""
        lanes = self.core.lanes
        follows = np.zeros(at.LANES)
        for name, follower in laid.after.items():
            follows[self.lane_of(name)] = self.lane_of(follower) + 1
        for name, way in laid.ways.items():
            number = self.numbers[name]
            cells = _cells(way)[: law.NEXT]
            if not np.array_equal(lanes[number, : law.NEXT], cells):
                lanes[number, : law.NEXT] = cells
        used = np.union1d(np.arange(OWN), np.array(list(self.numbers.values()), np.int64)).astype(np.int64)
        other = used[lanes[used, law.NEXT] != follows[used]]
        lanes[other, law.NEXT] = follows[other]

    def _write_routes(self, laid: Laid) -> None:
        """Who hears what first."""
        routes = usual_routes()
        for (slot, channel, what), (name, flags) in laid.heads.items():
            routes[slot, channel, what] = self.lane_of(name) | flags
        spots = np.nonzero(routes != self.core.routes)
        self.core.routes[spots] = routes[spots]


def usual_routes() -> np.ndarray:
    """The routes while nothing is mapped: controller c turns knob c."""
    routes = np.full((at.HANDS, 16, at.ROUTES), -1, np.int16)
    routes[:, :, :120] = np.arange(OWN, dtype=np.int16).reshape(at.HANDS, 1, 128)[:, :, :120]
    routes[:, :, 98:102] = -1
    return routes


def _cells(way: Way) -> np.ndarray:
    return law.lane(way.kind, way.knob, way.low, way.high, takeover=way.takeover, step=way.step, param=way.param)


class Routes(Part):
    """Keeps the ways in order: laid anew when devices, names or maps change."""

    FILE = "lanes.json"

    def __init__(self, hands: Hands) -> None:
        super().__init__(hands)
        self.layer = Layer(hands.core, hands.rig.takeover, self._kept())
        self.seen, self.names, self.told = -1, 0, ()

    def turn(self, now: float) -> None:
        """Names are only ever added: the next free one is all there is to look at."""
        names = self.hands.core.knob_names
        while at.NAMED + self.names < at.KNOBS and names[at.NAMED + self.names]:
            self.names += 1
            self.seen = -1
        if self.seen != self.hands.changed:
            self.seen = self.hands.changed
            self.lay()

    def lay(self) -> None:
        """Everything that should be laid now."""
        core, before = self.hands.core, dict(self.layer.numbers)
        devices = self.hands.devices
        named = [(n, core.knob_names[n].decode(errors="replace")) for n in range(at.NAMED, at.NAMED + self.names)]
        self.layer.lay(devices, ways(devices, named, self.hands.mappings, self.knob_of, self.hands.rig.takeover))
        if self.layer.numbers != before:
            self._keep()
        if self.layer.crowded and self.layer.crowded != self.told:
            more = len(self.layer.crowded) - 1
            self.hands.tell(f"{self.layer.crowded[0]}{f' and {more} more' * bool(more)}: too much on one control; the others are laid")
        self.told = self.layer.crowded

    def knob_of(self, to: str) -> int | None:
        """The knob that moves a control, or that a map names; None while none does."""
        return knob_of(self.hands.core.knob_names, self.hands.controls, to)

    def ways_of(self, slot: int, channel: int, what: int) -> list[Way]:
        """Where a control goes: every way, in order. For whoever shows it."""
        return [w for w in self.layer.ways.values() if w.slot == slot and any(c[0] == channel and c[1] == what for c in w.cells)]

    def _kept(self) -> dict[str, int]:
        try:
            kept = json.loads((self.hands.folder / self.FILE).read_text())
        except (OSError, ValueError):  # the first of this session
            return {}
        return {str(name): int(n) for name, n in kept.items() if OWN <= int(n) < at.LANES}

    def _keep(self) -> None:
        whole.put(self.hands.folder / self.FILE, json.dumps(self.layer.numbers))


def knob_of(names: np.ndarray, controls: Mapping[str, Any], to: str) -> int | None:
    """The knob behind a name: the one a control follows, or the one called so."""
    entry = (controls.get("controls") or {}).get(to) or (controls.get("levels") or {}).get(to) or {}
    which = entry.get("knob")
    return number_of(names, which if which is not None else to)
