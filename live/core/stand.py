"""All memory the callback reads and writes, laid out once and touched before it sounds.

The conductor writes tables; the callback reads them; neither waits for the
other. Live, clock and meters lie in ``core.map`` where everybody sees them;
offline they are plain arrays.
"""

from __future__ import annotations

import ctypes
import sys
from collections import deque
from collections.abc import Sequence

import numpy as np

from live.core import inner as m
from live.core import lanes, midi, pacing, ticking
from live.core import layout as at
from live.core import row as r
from live.core.memory import Map

HANDS = {
    "knob_names": 0, "knob_set": m.S_KNOWN, "hand_cells": m.S_HANDS, "routes": m.S_ROUTES, "lanes": m.S_LANES,
    "asked": 0, "asked_slots": 0, "heard_at": m.S_HEARD_AT, "heard": m.S_HEARD, "echo_at": m.S_ECHO_AT, "echo": m.S_ECHO, "said_at": m.S_SAID_AT, "said": m.S_SAID,
}  # fmt: skip
"""What hands and core share, and the cell that holds its address."""
LOOKAHEAD = 64  # frames the limiter hears ahead
CEILING_DB = -1.0
RELEASE_SECONDS = 0.15


class Tracks:
    """Which send is recorded on which tracks of the tape."""

    def __init__(self, tape: Map, first: int, rate: int) -> None:
        self.tape, self.first = tape, first
        self.used = np.zeros(len(tape.tracks), np.int64)  # the frame from which a track is free again
        self.used[:first] = m.FOREVER
        self.taken = 0
        self.wait = int(tape.head[at.P_FRAMES]) + rate  # the recorder reads behind: a track rests before it is taken again

    def take(self, tracks: int, name: str, first: int, width: int, frame: int) -> tuple[int, list[int]]:
        """Tracks for one send (or -1: then it is heard on ``rest``), and where the landing writes since when they sound."""
        idle = np.zeros(len(self.used) + 1, np.int64)
        np.cumsum(self.used <= frame, out=idle[1:])
        runs = np.flatnonzero(idle[tracks:] - idle[:-tracks] == tracks)
        if not len(runs):
            return -1, []
        start = int(runs[0])
        self.used[start : start + tracks] = m.FOREVER
        entry = self.tape.tracks[start : start + 1]
        entry["name"], entry["first"], entry["width"] = name.encode(), first, width
        entry["since"], entry["until"] = m.FOREVER, -1
        entry["tracks"] = tracks
        self.taken += tracks
        return start, [self._mark(start, "since")]

    def free(self, start: int, frame: int) -> list[int]:
        """The send is over; where the landing writes until when it sounded."""
        tracks = int(self.tape.tracks["tracks"][start])
        self.used[start : start + tracks] = frame + self.wait
        self.taken -= tracks
        return [self._mark(start, "until")]

    def _mark(self, start: int, when: str) -> int:
        table = self.tape.tracks
        offset = table.dtype.fields[when][1]  # type: ignore[index]
        return r.address(table) + start * table.dtype.itemsize + offset


class NoTracks:
    """No tape runs: nothing is recorded."""

    taken = 0

    def take(self, tracks: int, name: str, first: int, width: int, frame: int) -> tuple[int, list[int]]:
        return -1, []

    def free(self, start: int, frame: int) -> list[int]:
        return []


def clock_function() -> tuple[int, int]:
    """The address of the system's clock, and which of the three it is (see machine.now_ns)."""
    if sys.platform == "win32":
        return ctypes.cast(ctypes.windll.kernel32.QueryPerformanceCounter, ctypes.c_void_p).value or 0, 2
    libc = ctypes.CDLL(None)
    if sys.platform == "darwin":
        return ctypes.cast(libc.clock_gettime_nsec_np, ctypes.c_void_p).value or 0, 1
    return ctypes.cast(libc.clock_gettime, ctypes.c_void_p).value or 0, 0


class Stand:
    """The memory of one core, for ``ins`` inputs and ``outs`` outputs at ``rate``."""

    def __init__(
        self,
        rate: int,
        ins: int,
        outs: int,
        *,
        core: Map | None = None,
        tape: Map | None = None,
        lookahead: int = LOOKAHEAD,
        ceiling_db: float = CEILING_DB,
        takeover: str = "scale",
    ) -> None:
        self.rate, self.ins, self.outs = rate, ins, outs
        self.tape = tape
        self.clock = core.clock if core else np.zeros(64, np.int64)
        self.tempo = core.tempo if core else np.zeros(64)
        self.knobs = core.knobs if core else np.zeros(at.KNOBS)
        self.hands = {name: core.arrays[name] if core else np.zeros(at.CORE[name][1], at.CORE[name][0]) for name in HANDS}
        self.knob_names = self.hands["knob_names"]
        self.asked, self.asked_slots = self.hands["asked"], self.hands["asked_slots"]
        if not self.hands["lanes"].any():  # a new session; a core that follows another finds them as hands have laid them
            lanes.at_first(self.hands["lanes"], self.hands["routes"], takeover)
        self.meters = core.meters if core else np.zeros((at.PLACES, 8), np.float32)
        self.names = core.names if core else np.zeros(at.PLACES, "S64")
        self.ctl = np.zeros((2, r.SLOTS_MAX))
        self.glides = np.zeros((5, r.SLOTS_MAX))
        self.moving = np.zeros(r.SLOTS_MAX, np.int32)
        self.seen = self.knobs.copy()
        self.inputs = np.zeros((max(ins, 1), r.CHUNK), np.float32)
        self.mixbus = np.zeros((outs, r.CHUNK), np.float32)
        self.outbus = np.zeros((outs, r.CHUNK), np.float32)
        self.delay = np.zeros((outs, m.DELAY), np.float32)
        self.limiter = np.zeros(m.Z_NEED + 4 * m.LOOK_MAX + r.CHUNK)
        self.come = np.zeros((m.COME, 3), np.int64)
        self.outbox = np.zeros((m.OUTBOX, 3), np.int64)
        self.over = np.zeros(at.KNOBS)  # how long a knob's next way takes, where it was another than usual: for a take played again
        self.turned = np.zeros(2 * at.KNOBS, np.int32)
        self.chosen = np.zeros((at.HANDS * 16, m.CHOSEN), np.int64)
        self.notes = np.zeros(midi.LOGGED)
        self.log = np.zeros(1 + 4 * m.LOGGED)
        self.paces = np.zeros(2 + m.PACES * pacing.PACE)
        self.paced = np.zeros(1 + m.PACED * pacing.PACE)
        self.ticks = np.zeros(ticking.KEPT + ticking.OUT)
        self.ticks[ticking.K_THERE] = -1.0
        self.tick = np.zeros(2, np.int64)
        self.curve = np.zeros(4 + r.CHUNK // 2)
        self.room = np.zeros(r.ROOM_SIZE)
        self.turn = np.zeros(1, np.int64)  # address of the only port that may play now
        self.spare_meter = np.zeros(8, np.float32)
        self.cells = np.zeros(m.STAND, np.int64)
        self._no_rows = np.zeros(r.WIDTH, np.int64)
        self.ctl[:, : at.KNOBS] = self.knobs
        self.ctl[:, m.MASTER] = 1.0
        z = self.limiter
        z[m.Z_HOLD], z[m.Z_LOOK] = 1.0, lookahead
        z[m.Z_RELEASE] = 1.0 - np.exp(-1.0 / (RELEASE_SECONDS * rate))
        z[m.Z_NEED : m.Z_NEED + 4 * m.LOOK_MAX] = 1.0
        z[m.Z_CALM] = 1e9
        self.tempo[at.T_BPM] = self.tempo[at.T_BPM] or 120.0
        self.tempo[at.T_BAR] = self.tempo[at.T_BAR] or 4.0
        self.tempo[at.T_SEQ] += self.tempo[at.T_SEQ] % 2  # the core before us may have died while it wrote
        self.tempo[at.T_CEILING] = 10 ** (ceiling_db / 20)
        self.clock[at.C_RATE], self.clock[at.C_INS], self.clock[at.C_OUTS] = rate, ins, outs
        self.clock[at.C_LOOKAHEAD] = lookahead
        self.clock[at.C_LANDED] = 0
        self._fill(lookahead)
        for array in (self.ctl, self.glides, self.moving, self.limiter, self.delay, self.room, self.notes, self.come, self.outbox):
            array += 0  # every page is there before the first block

    def _fill(self, lookahead: int) -> None:
        c = self.cells
        for cell, array in (
            (m.S_CTL, self.ctl), (m.S_GLIDES, self.glides), (m.S_MOVING, self.moving), (m.S_INBUS, self.inputs),
            (m.S_MIXBUS, self.mixbus), (m.S_OUTBUS, self.outbus), (m.S_CLOCK, self.clock), (m.S_TEMPO, self.tempo),
            (m.S_KNOBS, self.knobs), (m.S_SEEN, self.seen), (m.S_LIMITER, self.limiter), (m.S_DELAY, self.delay),
            (m.S_CURVE, self.curve), (m.S_COME, self.come), (m.S_LOG, self.log), (m.S_PACES, self.paces), (m.S_PACED, self.paced), (m.S_TICKS, self.ticks),
            (m.S_TICK, self.tick), (m.S_ROWS, self._no_rows),
            (m.S_SENDS, self._no_rows), (m.S_OVER, self.over), (m.S_TURNED, self.turned), (m.S_CHOSEN, self.chosen),
            (m.S_NOTES, self.notes), (m.S_OUTBOX, self.outbox), *((cell, self.hands[name]) for name, cell in HANDS.items()),
        ):  # fmt: skip
            if cell:
                c[cell] = r.address(array)
        c[m.S_INS], c[m.S_OUTS] = self.ins, self.outs
        c[m.S_NOWFN], c[m.S_NOWMODE] = clock_function()
        if self.tape:
            head = self.tape.head
            tracks = len(self.tape.tracks)
            head[at.P_MAGIC], head[at.P_TRACKS], head[at.P_FRAMES] = at.MAGIC, tracks, self.tape.ring.shape[1]
            head[at.P_INS], head[at.P_OUTS], head[at.P_RATE] = self.ins, self.outs, self.rate
            head[at.P_LOOKAHEAD] = lookahead
            head[at.P_BEGAN] = head[at.P_WRITTEN] = self.clock[at.C_FRAME]
            self._fixed_tracks()
            c[m.S_TAPE], c[m.S_TAPEHEAD], c[m.S_TRACKS] = r.address(self.tape.ring), r.address(head), tracks
            c[m.S_REST] = self.ins + self.outs + 1

    def _fixed_tracks(self) -> None:
        """Inputs, mix, gain and rest have their tracks for good."""
        assert self.tape is not None
        table = self.tape.tracks
        table["tracks"] = 0
        spot = 0
        groups = [(f"in/{k + 1}", 1, 0) for k in range(self.ins)]
        for name, count, width in [*groups, ("mix", self.outs, self.outs), ("gain", 1, 0), ("rest", self.outs, self.outs)]:
            entry = table[spot : spot + 1]
            entry["name"], entry["first"], entry["width"] = name.encode(), 0, width
            entry["since"], entry["until"] = self.clock[at.C_FRAME], -1
            entry["tracks"] = count
            spot += count

    def tracks(self) -> Tracks | NoTracks:
        """Who may be recorded where."""
        return Tracks(self.tape, self.ins + 2 * self.outs + 1, self.rate) if self.tape else NoTracks()

    @property
    def address(self) -> int:
        """What the callback is given."""
        return r.address(self.cells)

    @property
    def frame(self) -> int:
        """The clock: frames made so far."""
        return int(self.clock[at.C_FRAME])

    @property
    def landed(self) -> int:
        """The number of the last plan that landed."""
        return int(self.clock[at.C_LANDED])

    @property
    def is_armed(self) -> bool:
        """Whether a plan waits for its frame."""
        return bool(self.cells[m.S_ARMED])

    def arm(self, landing: int) -> None:
        """Give the callback a landing. One store; it sees all of it or nothing."""
        self.cells[m.S_ARMED] = landing

    def pace(self, pace: Sequence[float]) -> bool:
        """Another pace, from the frame on that it names; False when too many wait already."""
        head = int(self.paces[0])
        if head - int(self.paces[1]) >= m.PACES:
            return False
        spot = 2 + head % m.PACES * pacing.PACE
        self.paces[spot : spot + pacing.PACE] = pace
        self.paces[0] = head + 1
        return True

    def paces_begun(self, since: int) -> tuple[int, list[tuple[float, ...]]]:
        """Paces that began since the ``since``-th, each with the frame at which it did."""
        total = int(self.paced[0])
        table = self.paced[1:].reshape(-1, pacing.PACE)
        return total, [tuple(float(x) for x in table[i % m.PACED]) for i in range(max(since, total - m.PACED), total)]

    def meter_address(self, index: int) -> int:
        """Where the callback writes a place's meter."""
        return r.address(self.meters) + index * 32

    def moves(self, since: int) -> tuple[int, deque[tuple[int, int, float, float]]]:
        """Knob moves the callback has made since the ``since``-th: (frame, knob, value, frames it takes)."""
        total = int(self.log[0])
        first = max(since, total - m.LOGGED)
        table = self.log[1:].reshape(-1, 4)
        return total, deque((int(f), int(k), float(v), float(o)) for f, k, v, o in (table[i % m.LOGGED] for i in range(first, total)))

    def keys(self, since: int) -> tuple[int, list[tuple[int, int, float, float, int, int]]]:
        """Keys struck and let go since the ``since``-th, pedals and benders: (frame, what, key, velocity, slot, channel), see midi.py."""
        total = int(self.notes[0])
        table = self.notes[1 : midi.STANDS].reshape(-1, midi.NOTE_CELLS)
        rows = (table[i % midi.NOTES] for i in range(max(since, total - midi.NOTES), total))
        return total, [(int(f), int(w), float(k), float(v), int(s), int(c)) for f, w, k, v, s, c in rows]

    def strike(self, what: float, key: float, velocity: float, slot: int = 0, channel: int = 0) -> None:
        """A key, a pedal or a bender, now: for a take played again. Only where time stands still meanwhile."""
        total = int(self.notes[0])
        self.notes[1 : midi.STANDS].reshape(-1, midi.NOTE_CELLS)[total % midi.NOTES] = self.frame, what, key, velocity, slot, channel
        stands = self.notes[midi.STANDS :].reshape(-1, midi.STAND_CELLS)[16 * slot + channel]
        if what == midi.FOOT:
            stands[midi.F_FOOT] = velocity
        elif what == midi.BENT:
            stands[midi.F_WHEEL], stands[midi.F_BENT] = velocity, key
        self.notes[0] = total + 1

    def ask(self, device: str) -> int:
        """Where ``asked_slots`` says which slots a device holds; its name is put down for whoever keeps them."""
        name = device.encode()[:63]
        found = np.flatnonzero(self.asked == name)
        if not len(found):
            found = np.flatnonzero(self.asked == b"")
            if not len(found):
                raise LookupError(f"no more than {len(self.asked)} devices can be named in one evening; {device!r} is one too many")
            self.asked[found[0]] = name
        return int(found[0])

    def name_knob(self, number: int, name: str, value: float, touched: bool = False) -> None:
        """A knob gets its name and stands somewhere, before anybody hears it. ``touched``: somebody has put it there."""
        self.knob_names[number] = name.encode()
        self.hands["knob_set"][number] = touched
        self.knobs[number] = self.seen[number] = value
        self.ctl[:, number] = value
