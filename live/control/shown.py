"""How everything stands, for whoever looks from outside: taken down as it changes, by address."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from live.control.addresses import of_knob
from live.control.bank import Bank
from live.core import layout as at
from live.core.pacing import bpm_of
from live.faders import Fader
from live.knobs import name_of

if TYPE_CHECKING:
    from live.control.process import Hands

LEVELS = 0.1  # seconds between two looks at the meters


class Shown:
    """Values by address: everything once, then what has changed."""

    def __init__(self, hands: Hands, bank: Bank) -> None:
        self.hands, self.core, self.bank = hands, hands.core, bank
        self.along: set[str] = set()
        self._driven: dict[int, list[str]] = {}  # by knob: the addresses that show it; -1: those whose knob is not there yet
        self._knobs = np.zeros(0)
        self._rows: tuple[Any, list[tuple[int, str]]] = (None, [])
        self._levels = 0.0

    def all(self) -> dict[str, Any]:
        """Everything."""
        shown: dict[str, Any] = {}
        self._driven = {-1: []}
        for address, line in self.bank.table.items():
            if "follows" in line:
                continue
            fader = self.bank.fader(address)
            assert fader is not None
            if fader.knob is not None:
                number = self.bank.number(fader)
                self._driven.setdefault(-1 if number is None else number, []).append(address)
            self._put(shown, address, fader)
        for key, flag in (("mute", "muted"), ("solo", "soloed")):
            on = set(self.bank.said.get(flag, ()))
            shown |= {f"/v/{written}/{key}": int(place in on) for written, place in self.bank.places.items()}
        shown |= {of_knob(name_of(self.core.knob_names, n)): float(self.core.knobs[n]) for n in self._driven if n >= 0}
        shown["/state/scene"] = str(self.bank.said.get("scene", ""))
        shown["/state/hush"] = int(bool(self.bank.said.get("hushed")))
        self._knobs = np.array(self.core.knobs)
        return shown | self._time()

    def changed(self, now: float, *, meters: bool) -> dict[str, Any]:
        """What may stand otherwise than before."""
        if not self._driven or self._driven[-1]:
            return self.all()
        shown = self._time()
        for number in np.flatnonzero(self._knobs != self.core.knobs).tolist():
            value = self._knobs[number] = float(self.core.knobs[number])
            shown[of_knob(name_of(self.core.knob_names, number))] = value
            for address in self._driven.get(number, ()):
                fader = self.bank.fader(address)
                if fader is not None:
                    self._put(shown, address, fader)
        if meters and now >= self._levels:
            self._levels = now + LEVELS
            shown |= self._meters()
        return shown

    def _time(self) -> dict[str, Any]:
        if self.core.tempo[at.T_BPM] <= 0.0:  # the core has not begun
            return {}
        bpm = float(bpm_of(self.core.tempo))
        return {"/clock/bpm": bpm, "/state/clock/beat": math.floor(self.hands.beat_at(self.hands.frame))}

    def _put(self, shown: dict[str, Any], address: str, fader: Fader) -> None:
        value = self.bank.stands(fader)
        if value is not None:
            shown[address] = value
            if fader.curve == "log" or address in self.along:
                shown[address + "/at"] = fader.position(value)

    def _meters(self) -> dict[str, float]:
        """How loud each named place is: the peak of its last run."""
        names = self.core.names.tobytes()
        if names != self._rows[0]:
            wanted = {place.encode(): written for written, place in self.bank.places.items()}
            rows = np.flatnonzero(self.core.names != b"")
            self._rows = (names, [(int(row), wanted[one]) for row in rows if (one := bytes(self.core.names[row])) in wanted])
        meters = self.core.meters
        return {f"/state/level/{written}": round(float(meters[row, at.M_PEAK]), 3) for row, written in self._rows[1]}
