"""One kind of the core sounding all alone: a row built by hand, run by run, no machine around it.

``play(kind, frames, ...)`` is all most tests need. ``Alone`` keeps the node, so
that a test can go on playing, look at its state or take the time.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from live.core import layout, row
from live.core.kinds import Kind, Making

CALL = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
Line = float | tuple[float, float]  # a control that stands, or travels straight over the whole time
Event = Sequence[float]  # frame, kind, then up to ten numbers


class Alone:
    """A node with nothing around it. ``ins`` are the channels of each input, None where nothing is connected."""

    def __init__(
        self,
        kind: Kind,
        ins: Sequence[int | None] = (),
        settings: Mapping[str, Any] | None = None,
        rate: int = 48000,
        seed: int = 1,
        frame: int = 0,
    ) -> None:
        self.kind, self.t = kind, frame
        whole = {**kind.settings, **(settings or {})}
        widths = tuple(w for w in ins if w is not None)
        outs = kind.channels(whole, widths) if kind.channels else max(widths, default=1)
        self.making = Making(rate=rate, channels=outs, ins=widths, settings=whole, seed=seed, frame=frame)
        size = kind.state(self.making) if callable(kind.state) else kind.state
        self.state = self.making.state = np.zeros(max(size, 1))
        self.out = np.zeros((outs, row.CHUNK), np.float32)
        self.ins = [np.zeros((w or 1, row.CHUNK), np.float32) for w in ins]
        self.silence = np.zeros((1, row.CHUNK), np.float32)
        self.room = np.full(row.ROOM_SIZE, np.nan)  # what another node left there
        self.table = np.zeros(2 * row.SLOTS_MAX)
        self.slots = np.arange(len(kind.controls), dtype=np.int64)
        self.events = np.zeros(2 + layout.EVENTS_MAX * layout.EVENT_CELLS)
        self.clock = np.zeros(64, np.int64)
        self.clock[[layout.C_RATE, layout.C_FRAME]] = rate, frame
        self.tempo = np.zeros(64)
        self.tempo[[layout.T_BPM, layout.T_BAR, layout.T_CEILING, layout.T_MASTER]] = 120, 4, 1, 1
        self.cells = np.zeros(row.WIDTH, np.int64)
        c, at = self.cells, row.address
        c[[row.OUT, row.OUTS, row.STATE, row.SLOTS]] = at(self.out), outs, at(self.state), at(self.slots)
        c[[row.CTL, row.RATE, row.CLOCK, row.TEMPO, row.SEED]] = at(self.table), rate, at(self.clock), at(self.tempo), seed
        c[row.ROOM] = at(self.room)
        c[row.OP] = kind.op.address
        c[row.INS] = len(ins)
        for i in range(4):
            bus = self.ins[i] if i < len(self.ins) else self.silence
            c[row.IN + 2 * i], c[row.IN + 2 * i + 1] = at(bus), len(bus)
            c[row.WIRED] |= (i < len(ins) and ins[i] is not None) << i
        c[row.EVENTS] = at(self.events) if kind.events else 0
        c[row.FLAGS] = row.CONTROL * kind.control | row.DRY * kind.dry
        self.slot = row.SLOTS_MAX - 1  # where a control kind leaves its value
        if kind.control:
            c[row.OUT] = at(self.table) + 8 * (row.SLOTS_MAX + self.slot)
        if kind.prepare:
            kind.prepare(self.making)
        for cell, value in self.making.cells.items():
            c[cell] = value
        self.call = CALL(int(c[row.OP]))  # a kind may choose another op while it is prepared
        for name, control in kind.controls.items():
            self.turn(name, control.rest)

    def turn(self, name: str, now: float, before: float | None = None) -> None:
        """Set a control: where it stands at the end of the next run, and at its first frame."""
        k = list(self.kind.controls).index(name)
        self.table[k], self.table[row.SLOTS_MAX + k] = now if before is None else before, now

    def send(self, event: Event) -> bool:
        """Put one event into the queue, if there is room."""
        head, tail = int(self.events[0]), int(self.events[1])
        if head - tail >= layout.EVENTS_MAX:
            return False
        spot = 2 + head % layout.EVENTS_MAX * layout.EVENT_CELLS
        self.events[spot : spot + layout.EVENT_CELLS] = 0
        self.events[spot : spot + len(event)] = event
        self.events[0] = head + 1
        return True

    @property
    def value(self) -> float:
        """What a control kind says stands at the end of the last run."""
        return float(self.table[row.SLOTS_MAX + self.slot])

    def run(self, n: int) -> None:
        """One run of n frames; the result lies in ``out[:, :n]``, and everything beyond is not a number."""
        self.out[:] = np.nan  # an op that leaves a frame out, or reads one too many, must show
        self.clock[layout.C_FRAME] = self.t
        self.table[self.slot] = self.value
        self.call(self.cells.ctypes.data, n, self.t)
        self.t += n


def play(
    kind: Kind,
    frames: int,
    ins: Iterable[NDArray[np.float32] | None] = (),
    controls: Mapping[str, Line] | None = None,
    settings: Mapping[str, Any] | None = None,
    events: Iterable[Event] = (),
    rate: int = 48000,
    runs: int | Sequence[int] = 64,
    seed: int = 1,
    frame: int = 0,
) -> NDArray[np.float32]:
    """Play a kind: (channels, frames). Runs may be a sequence, gone round as long as it takes.

    A control kind gives (1, runs): one value a run. ``frame`` is the clock at birth; events carry clock frames.
    """
    sounds = [None if x is None else np.atleast_2d(np.asarray(x, np.float32)) for x in ins]
    node = Alone(kind, [None if x is None else len(x) for x in sounds], settings, rate, seed, frame)
    lines = {name: value for name, value in (controls or {}).items() if isinstance(value, tuple)}
    for name, value in (controls or {}).items():
        if name not in lines:
            node.turn(name, value)
    waiting = sorted(events, key=lambda e: e[0])
    cut = [runs] if isinstance(runs, int) else list(runs)
    made, done, turn = [], 0, 0
    while done < frames:
        n = min(cut[turn % len(cut)], frames - done)
        for name, (a, b) in lines.items():
            node.turn(name, a + (b - a) * (done + n) / frames, a + (b - a) * done / frames)
        for bus, sound in zip(node.ins, sounds, strict=True):
            bus[:] = np.nan if sound is not None else 0
            if sound is not None:
                bus[:, :n] = sound[:, done : done + n]
        while waiting and waiting[0][0] < frame + done + 1024 and node.send(waiting[0]):
            waiting.pop(0)
        node.run(n)
        made.append(np.full((1, 1), node.value) if kind.control else node.out[:, :n].copy())
        done, turn = done + n, turn + 1
    return np.concatenate(made, axis=1)
