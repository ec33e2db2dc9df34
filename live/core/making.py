"""Builds strips: a row, its state, its controls, all laid out in Python away from the sound."""

from __future__ import annotations

import ctypes
import hashlib
import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from live.core import beating, keying, rounds
from live.core import inner as m
from live.core import row as r
from live.core.check import Refusal, in_a_line
from live.core.kinds import Kind, Making
from live.core.places import Strip
from live.core.stand import Stand
from live.core.strips import CROSS, LEAN, SUM
from live.score import Drive, Node


def where_is(array: np.ndarray) -> int:
    """Where fresh memory lies: as ``row.address``, in a third of the time."""
    return ctypes.addressof(ctypes.c_char.from_buffer(array))


def struck(kind: Kind, given: Mapping[str, Any], making: Making) -> np.ndarray:
    """Lay out what strikes a place: a pattern, keys, a file's notes."""
    hits = given["hits"]
    way = hits[0] if isinstance(hits, tuple | list) and hits else ""
    return {"keys": keying, "tune": rounds}.get(way, beating).lay(kind, given, making)


class Slots:
    """Which places of the control table are free. What is given back rests until nothing can still be moving it."""

    def __init__(self) -> None:
        self.free = deque(range(m.FIRST_SLOT, r.SLOTS_MAX))
        self.resting: deque[tuple[int, list[int]]] = deque()

    def wake(self, frame: int) -> None:
        """Slots that have rested long enough may be taken again."""
        while self.resting and self.resting[0][0] <= frame:
            self.free.extend(self.resting.popleft()[1])

    def take(self, count: int) -> list[int]:
        """That many slots, or a refusal."""
        if len(self.free) < count:
            raise Refusal("the core holds no more controls: drop some places first, or send the plan again in a second")
        return [self.free.popleft() for _ in range(count)]

    def give(self, slots: list[int], until: int) -> None:
        """Give slots back; they rest until that frame."""
        if slots:
            self.resting.append((until, slots))

    @property
    def taken(self) -> int:
        """How many are in use."""
        return r.SLOTS_MAX - m.FIRST_SLOT - len(self.free) - sum(len(slots) for _, slots in self.resting)


class Workshop:
    """Where strips are built and taken apart."""

    def __init__(self, stand: Stand, seed: int) -> None:
        self.stand, self.seed = stand, seed
        self.slots = Slots()
        self.built = 0  # strips in use, joints and crossings not counted
        self._shared: WeakValueDictionary[Any, Any] = WeakValueDictionary()
        self._seeds: dict[str, int] = {}
        self._row = [0] * r.WIDTH
        self._row[r.CTL], self._row[r.RATE] = r.address(stand.ctl), stand.rate
        self._row[r.CLOCK], self._row[r.TEMPO] = r.address(stand.clock), r.address(stand.tempo)
        self._row[r.METER], self._row[r.ROOM] = r.address(stand.spare_meter), r.address(stand.room)
        self._now = self._row[r.CTL] + 8 * r.SLOTS_MAX
        self._hands = keying.Hands(stand)

    def strip(self, name: str, kind: Kind, node: Node, settings: dict[str, Any], ins: tuple[int, ...], width: int, age: int = 0) -> Strip:
        """A place's sound, closed to the ear: memory, controls where they stand, all its preparations done."""
        asked = {key: node.controls.get(key, control.rest) for key, control in kind.controls.items()}
        stands = {key: kind.controls[key].rest if isinstance(value, Drive) else float(value) for key, value in asked.items()}
        making = Making(
            self.stand.rate, width, ins, settings, self._seed(name), frame=self.stand.frame,
            share=self._share, inputs=self.stand.inputs, stands=stands, hands=self._hands,
        )  # fmt: skip
        if age:
            making.settings = {**settings, "_age": age}
        beats = beating.beats(kind, node.settings)
        events = None
        try:
            if beats:
                making.settings = beating.told(kind, making.settings, node.settings)
            cells = kind.state(making) if callable(kind.state) else kind.state
            making.state = np.zeros(max(cells, 1))
            making.state += 0.0  # touched now, not in the callback
            if kind.prepare:
                kind.prepare(making)
            if kind.events:
                events = struck(kind, node.settings, making) if beats else np.zeros(beating.QUEUE)
        except Refusal:
            raise
        except Exception as trouble:
            raise Refusal(f"{name}: {in_a_line(trouble)}") from trouble
        making.settings = settings
        strip = self._plain(name, kind, making, self.slots.take(len(kind.controls) + kind.control))
        row = strip.row
        row[r.SEED] = making.seed
        row[r.FLAGS] = (r.CONTROL if kind.control else 0) | (r.DRY if kind.dry else 0)
        if kind.control:
            strip.slot = strip.slots[-1]
            row[r.OUT] = self._now + 8 * strip.slot
            self.put(strip.slot, 0.0)
        if events is not None:
            strip.events = events
            row[r.EVENTS] = r.address(events)
        for cell, value in making.cells.items():
            row[cell] = int(value)
        for slot, value in zip(strip.slots, stands.values(), strict=False):
            self.put(slot, value)
        self.built += 1
        return strip

    def joint(self, name: str, old: Strip, new: Strip) -> Strip:
        """The old and the new of a place, heard together."""
        a, b = old.bus.shape[0], new.bus.shape[0]
        both = math.lcm(a, b)
        joint = self._plain(name, SUM, self._making(both if both <= 64 else max(a, b), 1), [])
        joint.hears = [old, new]
        return joint

    def crossing(self, name: str, old: Strip | None, new: str, width: int, length: int) -> Strip:
        """From one sound to another at one inlet."""
        crossing = self._plain(name, CROSS, self._making(width, 2), [])
        crossing.making.state[1] = length
        crossing.hears = [old, new]
        return crossing

    def lean(self, name: str, slot: int, drive: Drive, low: float, high: float, glide: float) -> Strip:
        """A control that follows another, from wherever it stands."""
        lean = self._plain(name, LEAN, self._making(1, 8), [])
        lean.making.state[:] = drive.scale, drive.offset, low, high, 0, 0, glide, 0
        lean.hears = [drive.source]
        lean.slot = slot
        lean.row[r.OUT] = self._now + 8 * slot
        lean.row[r.FLAGS] = r.CONTROL
        return lean

    def leaning_anew(self, lean: Strip, glide: float) -> Strip:
        """The same lean, starting again from where it stands: what it follows is another now."""
        scale, offset, low, high = (float(x) for x in lean.making.state[:4])
        source = lean.hears[0]
        assert isinstance(source, str)
        return self.lean(lean.name, lean.slot, Drive(source, scale, offset), low, high, glide)

    def put(self, slot: int, value: float) -> None:
        """Set a control that nothing reads yet."""
        self.stand.ctl[:, slot] = value

    def scrap(self, strip: Strip, until: int) -> None:
        """Take a place's strip apart; its slots rest until that frame."""
        if not strip.gone:
            strip.gone = True
            self.built -= 1
            self.slots.give(strip.slots, until)

    def _making(self, width: int, cells: int) -> Making:
        return Making(self.stand.rate, width, (), {}, 0, inputs=self.stand.inputs, state=np.zeros(cells))

    def _plain(self, name: str, kind: Kind, making: Making, slots: list[int]) -> Strip:
        width = making.channels
        seen, table = m.V_LAST + 3 * width, max(len(slots), 1)
        block = np.zeros(8 + seen + table + 8 + width * r.CHUNK // 2)  # one piece of memory: what is read together lies together
        start = where_is(block)
        voice = block[:seen]
        voice[m.V_GAIN] = voice[m.V_WANT] = voice[m.V_LENGTH] = 1.0
        if slots:
            block[seen : seen + table].view(np.int64)[:] = slots
        where = -(-(start + 8 * (seen + table)) // 64) * 64  # the bus begins where a vector does
        spot = (where - start) // 8
        bus = block[spot : spot + width * r.CHUNK // 2].view(np.float32).reshape(width, r.CHUNK)
        row = self._row.copy()
        row[r.OP], row[r.OUT], row[r.OUTS] = kind.op.address, where, width
        row[r.STATE], row[r.SLOTS], row[r.VOICE] = where_is(making.state), start + 8 * seen, start
        return Strip(name, kind, row, making, voice, bus, where, slots)

    def _seed(self, name: str) -> int:
        if name not in self._seeds:
            self._seeds[name] = int.from_bytes(hashlib.blake2s(f"{self.seed}/{name}".encode(), digest_size=6).digest(), "little")
        return self._seeds[name]

    def _share(self, key: Any, make: Callable[[], Any]) -> Any:
        """One sound in memory for all the places that play it, for as long as one does."""
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = make()
        return found
