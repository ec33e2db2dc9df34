"""Rings, lamps and motor faders: whenever somebody else moves a knob, the controller is told where it stands now.

What the hand itself moved is not sent back to it, but for encoders and switches, which do not know where they stand.
Nothing is sent to what has no lamps' end. A controller that comes back is told everything again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from live.control.part import Part
from live.control.routes import OWN
from live.control.ways import Way
from live.core import lanes as law
from live.core import layout as at

if TYPE_CHECKING:
    from live.control.process import Hands

A_SECOND = 100.0  # messages a controller gets at most
AT_ONCE = 8.0
BLIND = (law.TWOS, law.SIGN, law.OFFSET, law.TOGGLE)  # the controller does not know where these stand
KEYS = (law.KEY, law.KEY_GATE, law.KEY_VELOCITY)
FINE = (law.FOURTEEN, law.FOURTEEN_LSB, law.NRPN, law.BEND14)
REBUILD = 0.5  # seconds between looks for controls that moved for the first time


@dataclass(frozen=True)
class Lamp:
    """Something on a controller that shows a knob."""

    slot: int
    lane: int
    kind: int
    what: int
    knob: int
    low: float
    high: float
    param: int = 0
    channel: int = 0
    motor: bool = False

    @property
    def steps(self) -> int:
        """How many positions it has, less one."""
        return 16383 if self.kind in FINE else 127


def position(low: float, high: float, knob: float) -> float:
    """Where on a controller, 0 to 1, a knob stands."""
    if high == low:
        return 0.0
    return min(max((knob - low) / (high - low), 0.0), 1.0)


def messages(lamp: Lamp, where: int) -> list[bytes]:
    """What tells a lamp its position."""
    high, low, channel = where >> 7 & 0x7F, where & 0x7F, lamp.channel & 15
    if lamp.kind == law.NRPN:
        number, first = lamp.param & 0x3FFF, 101 if lamp.param >= law.RPN else 99
        pairs = [(first, number >> 7), (first - 1, number & 0x7F), (6, high), (38, low)]
        return [bytes([0xB0 | channel, c, v]) for c, v in pairs]
    if lamp.kind == law.BEND14:
        return [bytes([0xE0 | channel, low, high])]
    if lamp.what == at.PROGRAM:
        return [bytes([0xC0 | channel, where])]
    if lamp.what >= 128:
        return [bytes([0x90 | channel, lamp.what - 128, where])]
    if lamp.kind in (law.FOURTEEN, law.FOURTEEN_LSB):
        pairs = [(lamp.what, high), (lamp.what + 32, low)]
        return [bytes([0xB0 | channel, c, v]) for c, v in (pairs if lamp.kind == law.FOURTEEN else reversed(pairs))]
    return [bytes([0xB0 | channel, lamp.what, where])]


def lamp_of(way: Way, lane: int, channel: int) -> Lamp | None:
    """The lamp of a way, if it can have one. ``channel``: where its control was heard last."""
    spots = {what for _, what, flags in way.cells if not flags & law.LOW7}
    what = min(spots)
    if not way.lit or way.kind in KEYS or what in (at.PRESSURE, law.POLY) or (128 <= what < 256 and len(spots) > 1):
        return None
    channels = {c for c, _, _ in way.cells}
    on = next(iter(channels)) if len(channels) == 1 else channel
    return Lamp(way.slot, lane, way.kind, what, way.knob, way.low, way.high, way.param, on, way.motor)


class Lamps(Part):
    """Looks where knobs went, and tells those who show them."""

    def __init__(self, hands: Hands) -> None:
        super().__init__(hands)
        self.core = hands.core
        self.channels: dict[tuple[int, int], int] = {}  # slot, what -> the channel it was heard on
        self.lamps: list[Lamp] = []
        self.shown = np.zeros(0, np.int64)  # what each shows, -1: not known
        self.knobs = np.full(at.KNOBS, -1.0)
        self.since = [0] * at.HANDS
        self.room = np.full(at.HANDS, AT_ONCE)
        self.filled = self.built = 0.0
        self.seen, self.late = -1, False
        self.gate = int(hands.core.clock[at.C_GATE])

    def hear(self, messages: np.ndarray) -> None:
        """On which channel each control speaks."""
        data = messages["bytes"]
        status = data[:, 0] & 0xF0
        kept = (status >= 0x90) & (status < 0xF0)
        what = np.select([status == 0xB0, status == 0x90, status == 0xE0], [data[:, 1], 128 + data[:, 1].astype(int), at.BEND], at.PROGRAM)
        for slot, spot, channel in {*zip(messages["slot"][kept].tolist(), what[kept].tolist(), (data[kept, 0] & 15).tolist(), strict=True)}:
            self.channels[slot, spot] = channel

    def letter(self, word: str, what: dict[str, Any]) -> bool:
        """After a scene everything is shown again."""
        if word in ("scene", "lamps"):
            self.shown[:] = -1
            self.late = True
        return word == "lamps"

    def turn(self, now: float) -> None:
        """Whoever shows something else than is, is told."""
        self._note_panic()
        if self.seen != self.hands.changed or now - self.built > REBUILD:
            self._rebuild(now)
        if not self.late and np.array_equal(self.core.knobs, self.knobs):
            return
        self.knobs[:] = self.core.knobs
        self.room = np.minimum(self.room + (now - self.filled) * A_SECOND, AT_ONCE)
        self.filled = now
        self.late = False
        for i, lamp in enumerate(self.lamps):
            self._tend(i, lamp)

    def _tend(self, i: int, lamp: Lamp) -> None:
        """One lamp: told now, later, or not at all."""
        knob, cells = float(self.knobs[lamp.knob]), self.core.lanes[lamp.lane]
        where = round(position(lamp.low, lamp.high, knob) * lamp.steps)
        if where == self.shown[i]:
            return
        if cells[law.HELD] == knob and lamp.kind not in BLIND and self.shown[i] != -1:
            self.shown[i] = where  # its own hand put it there
            return
        told = messages(lamp, where)
        if self.room[lamp.slot] < 1.0:
            self.late = True
            return
        self.room[lamp.slot] -= len(told)
        sent = [self.hands.send(lamp.slot, message) for message in told]
        if all(sent):
            self.shown[i] = where
            if lamp.motor:  # the fader goes there: the hand finds the knob where it is
                cells[law.LAST], cells[law.HELD], cells[law.CAUGHT], cells[law.GHOST] = where / lamp.steps, knob, 1.0, -1.0

    def _rebuild(self, now: float) -> None:
        """Which lamps there are. Those of a controller that came back know nothing."""
        self.built = now
        came = [s for s in range(at.HANDS) if int(self.core.hand_cells[s, at.H_SINCE]) != self.since[s]]
        lamps = self._there()
        if lamps == self.lamps and not came and self.seen == self.hands.changed:
            return
        self.seen = self.hands.changed
        before = dict(zip(self.lamps, self.shown.tolist(), strict=True))
        self.lamps = lamps
        self.shown = np.array([-1 if lamp.slot in came else before.get(lamp, self._held(lamp)) for lamp in lamps], np.int64)
        for slot in came:
            self.since[slot] = int(self.core.hand_cells[slot, at.H_SINCE])
        self.late = True

    def _held(self, lamp: Lamp) -> int:
        """What a controller shows that nobody has told yet: where its own hand put the knob, if that is where it is."""
        knob = float(self.core.knobs[lamp.knob])
        return round(position(lamp.low, lamp.high, knob) * lamp.steps) if self.core.lanes[lamp.lane, law.HELD] == knob else -1

    def _there(self) -> list[Lamp]:
        """Every lamp of every controller that can be told: maps and names before the controllers' own numbers."""
        ports, routes = self.hands.parts.get("ports"), self.hands.parts.get("routes")
        if ports is None or routes is None:
            return []
        slots = [s for s in range(at.HANDS) if self.core.hand_cells[s, at.H_THERE] and ports.has_sink(s)]  # type: ignore[attr-defined]
        found: dict[tuple[int, int, int, int], Lamp] = {}
        layer = routes.layer  # type: ignore[attr-defined]
        for way in sorted(layer.ways.values(), key=lambda w: (" to " not in w.name, w.name)):
            if way.slot in slots and way.name in layer.numbers:
                what = min(spot for _, spot, _ in way.cells)
                lamp = lamp_of(way, layer.numbers[way.name], self.channels.get((way.slot, what), 0))
                if lamp:
                    found.setdefault((lamp.slot, lamp.what, lamp.param, lamp.channel), lamp)
        moved = np.flatnonzero(self.core.lanes[:OWN, law.LAST] >= 0)
        for lane in moved.tolist():
            slot, c = divmod(lane, 128)
            lamp = Lamp(slot, lane, law.ABSOLUTE, c, c, 0.0, 1.0, channel=self.channels.get((slot, c), 0))
            if slot in slots and c not in (6, 38, 64, 96, 97):
                found.setdefault((slot, c, 0, lamp.channel), lamp)
        return list(found.values())

    def _note_panic(self) -> None:
        """Everything that may hang at the other end is let go, once."""
        gate = int(self.core.clock[at.C_GATE])
        if gate and not self.gate:
            for slot in range(at.HANDS):
                for channel in range(16):
                    for controller in (120, 123):
                        self.hands.send(slot, bytes([0xB0 | channel, controller, 0]))
        self.gate = gate
