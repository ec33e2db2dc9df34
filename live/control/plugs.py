"""Controllers come and go: once a second somebody looks which are plugged, and each keeps its slot.

What is laid for a controller stays while it is away. When it is back, its lamps are told again where everything stands.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from live import whole
from live.control.floods import Floods
from live.control.later import Later
from live.control.part import Part
from live.control.rings import messages_of
from live.control.slots import Found, Slots, matches, wanted
from live.core import layout as at
from live.ports import midi
from live.ports.fakes import FakePorts

if TYPE_CHECKING:
    from live.control.process import Hands

POLL = 1.0
AGAIN = 0.1
VIRTUAL, OTHERS = "virtual", "other programs"
DOORS = ("jack", "alsa", "coremidi", "winmm", "jack by rtmidi", "fake")
FILE = "plugs.json"


class Plugs(Part):
    """The ports: who is there, in which slot, and the open ends."""

    def __init__(self, hands: Hands) -> None:
        super().__init__(hands)
        self.core = hands.core
        self.slots = Slots.of(self._kept())
        self.doors: dict[str, Any] = {}
        self.always: list[Found] = []  # who has no plug: virtual knobs, other programs
        self.sources: list[Found] = []
        self.sinks: list[Found] = []
        self.wires: dict[tuple[int, bool], tuple[Found, Any]] = {}  # slot, whether it speaks to us -> what is open there
        self.waiting: deque[bytes] = deque(maxlen=4096)  # what other programs have said
        self.failed: set[str] = set()
        self.asked = -1  # how many devices words had named when last looked
        self._of_core: tuple[int, ...] = ()
        self._lock = threading.RLock()
        self._leave = threading.Event()
        self._looked = float("-inf")
        self.fakes: list[FakePorts] = hands.doors
        self.later, self.floods = Later(hands), Floods(hands)
        self._thread: threading.Thread | None = None
        if hands.real:
            self._thread = threading.Thread(target=self._watch, name="midi ports", daemon=True)
            self._thread.start()

    # --- looking ------------------------------------------------------------------

    def _watch(self) -> None:
        while not self._leave.is_set():
            try:
                self.look()
            except Exception as trouble:  # a driver's whim: looked again in a second
                self.hands.tell_once(
                    "midi", f"MIDI could not be looked at ({type(trouble).__name__}: {trouble}); tried again. What plays, plays on"
                )
            self._leave.wait(POLL)

    def look(self) -> None:
        """One look at every door; whoever came gets a slot, whoever left keeps it."""
        with self._lock:
            self._open_doors()
            sources, sinks = [], []
            for kind, door in list(self.doors.items()):
                number = DOORS.index(kind)
                try:
                    heard, told = door.sources(), door.sinks()
                except midi.Gone:
                    self._shut(kind)
                    continue
                sources += [replace(f, door=number) for f in heard]
                sinks += [replace(f, door=number) for f in told]
            self.sources, self.sinks = sources, sinks
            self._arrange()

    def _open_doors(self) -> None:
        """The doors there should be now; those of a core that is another have lost their cables."""
        if self.fakes:
            self.doors["fake"] = self.fakes[0]
        if not self.hands.real:
            return
        jack = self.doors.get("jack")
        physical = bool(jack) and not jack.gone and any(f.physical for f in self.sources if f.door == DOORS.index("jack"))
        kinds = midi.kinds(bytes(self.core.device[2]).decode(errors="replace"), physical)
        for kind in [k for k in self.doors if k not in (*kinds, "fake")]:
            self._shut(kind)
        for kind in kinds:
            if kind not in self.doors:
                with contextlib.suppress(midi.Gone):  # no MIDI here is normal; the doctor says why
                    self.doors[kind] = midi.opened(kind, self.hands.rig.client, self._others)
        of_core = (int(self.core.clock[at.C_PID]), int(self.core.clock[at.C_DEVICE]))
        if of_core != self._of_core:
            self._of_core = of_core
            for key in [key for key, (found, _) in self.wires.items() if DOORS[found.door] == "jack"]:
                del self.wires[key]

    def _shut(self, kind: str) -> None:
        """A door is gone, with everybody behind it."""
        door = self.doors.pop(kind)
        for key in [key for key, (found, _) in self.wires.items() if found.door >= 0 and DOORS[found.door] == kind]:
            self.wires.pop(key)[1].close()
        door.close()

    # --- who sits where -------------------------------------------------------------

    def _arrange(self) -> None:
        """Slots for whoever is there, and their ends opened."""
        hears = [f for f in self.sources if wanted(f.name, self._wish)]
        named = {f.name for f in hears}
        speaks = [f for f in self.sinks if f.name in named or f.physical and wanted(f.name, self._wish) or self._is_clocked(f.name)]
        before = self.slots.names
        came, went, crowd = self.slots.see([*hears, *self.always], speaks, time.time())
        for name in crowd:
            self.hands.tell(f"no slot is free for {name}: {at.HANDS} controllers are heard already. Unplug one it may replace")
        for slot, holder in enumerate(self.slots.holders):
            if holder is not None:
                hears, tells = self._tend(slot, True, holder.source), self._tend(slot, False, holder.sink)
                self._seat(slot, holder.name, holder.there and (hears if holder.source else tells))
        if came or went or self.slots.names != before:
            self._keep()
            self.asked = -1
            self.hands.touch()

    @property
    def _wish(self) -> str:
        wish = self.hands.rig.midi
        return "" if wish.strip() == "fake" else wish

    def _is_clocked(self, name: str) -> bool:
        wish = self.hands.rig.clocked
        return bool(wish.strip()) and wanted(name, wish)

    def _tend(self, slot: int, source: bool, found: Found | None) -> bool:
        """Open, keep or close one end of a slot; False when it would not open."""
        key = (slot, source)
        have = self.wires.get(key)
        if have and (have[0] != found or not have[1].holds()):
            self.wires.pop(key)[1].close()
            have = None
        if found is None or have or found.door < 0:
            return True
        try:
            wire = self._opened(slot, source, found)
        except Exception as trouble:
            if found.raw not in self.failed:
                self.failed.add(found.raw)
                self.hands.tell(f"{found.name} would not open ({trouble}); tried again every second. What plays, plays on")
            return False
        self.failed.discard(found.raw)
        self.wires[key] = (found, wire)
        if not source:
            self.core.hand_cells[slot, at.H_SINCE] = time.monotonic_ns()
            self.hands.touch()
        return True

    def _opened(self, slot: int, source: bool, found: Found) -> Any:
        """One end, opened; a port that is only just coming up gets a second try."""
        door = self.doors[DOORS[found.door]]

        def end() -> Any:
            return door.open_source(found, slot, lambda data: self._heard(slot, data)) if source else door.open_sink(found, slot)

        try:
            return end()
        except Exception:
            if door.quick:
                raise
            time.sleep(AGAIN)
            return end()

    def _seat(self, slot: int, name: str, there: bool) -> None:
        """What the core knows of a slot; whoever comes or goes is said once."""
        cells, was = self.core.hand_cells[slot], self.hands.device(slot)
        if was != name:
            if cells[at.H_THERE]:
                self.hands.tell(f"{was} is gone; its knobs stand as they were")
                self._let_go(slot)
            cells[:] = 0
            self.core.hands[slot] = name.encode()
        if there != bool(cells[at.H_THERE]):
            cells[at.H_THERE], cells[at.H_SINCE] = there, time.monotonic_ns()
            if not there:
                self._let_go(slot)
            if name not in (VIRTUAL, OTHERS):
                self.hands.tell(f"{name} is here" if there else f"{name} is gone; its knobs stand as they were")
        cells[at.H_CLOCKED] = there and (slot, False) in self.wires and self._is_clocked(name)

    def _let_go(self, slot: int) -> None:
        """Nobody can lift a finger from a key that is not there any more, nor the foot."""
        for channel in range(16):
            for controller in (121, 123):
                self.hands.heard(slot, bytes([0xB0 | channel, controller, 0]))

    def claim(self, name: str) -> int | None:
        """A slot for somebody without a plug; None when all are taken."""
        with self._lock:
            if not any(f.name == name for f in self.always):
                self.always.append(Found(name, name, name, door=-1))
                self._arrange()
            return self.slots.slot_of(name)

    # --- messages -------------------------------------------------------------------

    def _heard(self, slot: int, data: bytes) -> None:
        self.hands.heard(slot, data)
        self.hands.wake()

    def _others(self, data: bytes) -> None:
        """From the driver's thread, which must not wait for a slot."""
        self.waiting.append(data)
        self.hands.wake()

    def is_direct(self, slot: int) -> bool:
        """Whether the core itself hears and speaks to a slot, at the very sample."""
        wire = self.wires.get((slot, False)) or self.wires.get((slot, True))
        return wire is not None and wire[0].door >= 0 and DOORS[wire[0].door] == "jack"

    def has_sink(self, slot: int) -> bool:
        """Whether anybody is there to be spoken to."""
        return (slot, False) in self.wires

    def send(self, slot: int, data: bytes, frame: int = 0) -> bool:
        """A message goes out; see Hands.send."""
        end = self.wires.get((slot, False))
        if end is None:
            return False
        found, wire = end
        if DOORS[found.door] == "jack":
            return self.hands.mouth.put(slot, data, frame)
        if frame and not wire.timed and frame > self.hands.frame:
            self.later.put(frame, wire, data)
            return True
        try:
            wire.send(data, frame)
        except Exception:  # it is leaving: the next look sees it
            return False
        return True

    def letter(self, word: str, what: dict[str, Any]) -> bool:
        """Virtual knobs are turned; fake controllers are plugged and played."""
        if word == "turned":
            slot = self.claim(str(what.get("device") or VIRTUAL))
            for message in messages_of(what["bytes"]) if slot is not None else ():
                self.hands.heard(slot, message)
            return True
        if word == "fake" and self.fakes:
            fakes = self.fakes[0]
            if what.get("plug"):
                fakes.plug(what["plug"])
            if what.get("unplug"):
                fakes.unplug(what["unplug"])
            self.look()
            if what.get("bytes"):
                fakes.send(what["name"], what["bytes"])
            return True
        return False

    def turn(self, now: float) -> None:
        """Fakes are looked at here; so is who floods, and who is meant by the words of the page."""
        if self.fakes and (now - self._looked >= POLL or self._changes() != self._seen):
            self._looked, self._seen = now, self._changes()
            self.look()
        while self.waiting:
            slot = self.claim(OTHERS)
            data = self.waiting.popleft()
            if slot is not None:
                self.hands.heard(slot, data)
        asked = self.core.asked
        if self.asked < 0 or (self.asked < at.ASKED and asked[self.asked]):  # they are only ever added
            self.asked = int(np.count_nonzero(asked != b""))
            names = self.slots.names
            for k, device in enumerate(asked.tolist()):
                self.core.asked_slots[k] = matches(device.decode(errors="replace"), names) if device else 0
            self.hands.touch()
        self.floods.look(now)

    _seen = -1

    def _changes(self) -> int:
        return sum(fakes.changes for fakes in self.fakes)

    # --- what outlives us -------------------------------------------------------------

    def _kept(self) -> list[dict[str, Any]]:
        try:
            return list(json.loads((self.hands.folder / FILE).read_text()))
        except (OSError, ValueError):  # the first of this session
            return []

    def _keep(self) -> None:
        whole.put(self.hands.folder / FILE, json.dumps(self.slots.kept()))

    def close(self) -> None:
        """Let go of every end and door. JACK's cables stay, and the core goes on hearing them."""
        self._leave.set()
        self.later.close()
        if self._thread:
            self._thread.join(POLL + 2.0)
        for found, wire in self.wires.values():
            if found.door < 0 or DOORS[found.door] != "jack":
                wire.close()
        self.wires.clear()
        for door in self.doors.values():
            door.close()
