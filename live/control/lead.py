"""Others follow us: MIDI clock, start and stop, song position. Through JACK the core sends them at the very sample.

Everywhere else they are counted here, some hundredths of a second ahead, and sent on time. ``beats`` tells whoever wants to
know of every beat before it comes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from live.control.part import Part
from live.control.slots import wanted
from live.core import layout as at
from live.core.pacing import seen
from live.core.ticking import ASKED, K_ASKED, K_THERE, KEPT, OUT, POSITION, ticks

if TYPE_CHECKING:
    from live.control.process import Hands

AHEAD = 0.06  # seconds: longer than hands ever sleep
TORN = 0.02  # beats: the tempo may change between counting and sending
BEHIND = 0.25  # seconds: who slept that long begins anew, and sends no flood


class Lead(Part):
    """The hands' part that keeps time for others."""

    def __init__(self, hands: Hands) -> None:
        super().__init__(hands)
        self.kept = np.zeros(KEPT)
        self.kept[K_THERE] = -1.0
        self.out = np.zeros(OUT)
        self.beats: list[Callable[[int, int, float, int], None]] = []  # told bar and beat from 1, bpm, and the frame at which it comes
        self._beat: int | None = None

    def letter(self, word: str, what: dict[str, Any]) -> bool:
        """Start, stop, continue; and who gets our clock."""
        if word == "transport":
            asked = str(what.get("what"))
            if asked in ASKED:
                self.hands.mail.word("ticks", asked)
                self.kept[K_ASKED] = ASKED[asked]
                if not self.slots(direct=True) and not self.slots(direct=False):
                    self.hands.tell(f'{asked}: nobody gets our MIDI clock. clock.send = "{self._somebody()}" sends it there')
            return True
        if word == "clocked":
            self._send_to(str(what.get("names", "")))
            return True
        return False

    def _somebody(self) -> str:
        return next(filter(None, self.hands.devices), "all")

    def _send_to(self, names: str) -> None:
        """Outputs whose names have these parts get our clock from now on."""
        ports = self.hands.parts.get("ports")
        self.hands.rig = replace(self.hands.rig, clocked=names)
        cells = self.hands.core.hand_cells
        for slot in range(at.HANDS):
            there = bool(cells[slot, at.H_THERE]) and (ports is None or not hasattr(ports, "has_sink") or ports.has_sink(slot))
            cells[slot, at.H_CLOCKED] = there and bool(names.strip()) and wanted(self.hands.device(slot), names)
        told = [self.hands.device(slot) for slot in range(at.HANDS) if cells[slot, at.H_CLOCKED]]
        if names.strip() in ("", "none"):
            self.hands.tell("our MIDI clock goes nowhere")
        elif told:
            self.hands.tell(f"our MIDI clock goes to {', '.join(told)}; clock.start() starts them on the bar")
        else:
            self.hands.tell(f"nobody called {names!r} is here yet; our MIDI clock goes there when it comes")

    def slots(self, *, direct: bool) -> list[int]:
        """Who gets our clock: from the core itself, or from here."""
        ports = self.hands.parts.get("ports")
        cells = self.hands.core.hand_cells
        if ports is None or not hasattr(ports, "is_direct"):
            return []
        return [s for s in range(at.HANDS) if cells[s, at.H_THERE] and cells[s, at.H_CLOCKED] and ports.is_direct(s) == direct]

    def turn(self, now: float) -> None:
        """What is due in the next moments is counted and handed on."""
        hands = self.hands
        clock, frame = seen(hands.core.tempo, hands.rate), hands.frame
        self._tell_beats(clock, frame)
        slots = self.slots(direct=False)
        self.pace = 0.02 if slots or self.beats else Part.pace
        if not slots:
            self.kept[K_THERE] = -1.0
            return
        there = self.kept[K_THERE]
        if there < 0 or abs(frame - there) > (AHEAD + BEHIND) * hands.rate:
            self.kept[K_THERE] = -1.0
            there = float(frame)
        until = frame + AHEAD * hands.rate
        if until <= there:
            return
        for when, data in counted(self.kept, hands.core.tempo, there, math.floor(until) - there, hands.rate, self.out):
            for slot in slots:
                hands.send(slot, data, when)

    def _tell_beats(self, clock: Any, frame: int) -> None:
        if not self.beats:
            return
        last = math.floor(clock.beat(frame + AHEAD * self.hands.rate))
        first = last if self._beat is None or not last - 8 < self._beat <= last + 1 else self._beat + 1
        for beat in range(first, last + 1):
            bar, spot = math.floor(beat / clock.bar) + 1, beat % clock.bar
            for tell in self.beats:
                tell(int(bar), int(spot) + 1, clock.bpm, clock.frame(beat))
        self._beat = max(last, first - 1)


def counted(kept: np.ndarray, tempo: Any, t: float, n: float, rate: int, out: np.ndarray) -> list[tuple[int, bytes]]:
    """The messages of the n frames from t on, each with its frame."""
    found = []
    for i in range(ticks(kept, tempo, t, n, rate, TORN, out)):
        data = int(out[2 * i + 1])
        found.append((int(out[2 * i]), data.to_bytes(3, "little") if data & 0xFF == POSITION else bytes([data])))
    return found
