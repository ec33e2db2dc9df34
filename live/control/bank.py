"""The faders as hands move them: each by its address, to its knob; where there is none yet, the desk is asked for one.

A touch: the first move of a control that stands at a number asks the desk once (``want``); the newest value is kept meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from live.control.addresses import nearest, of_control, of_level, sendable
from live.control.slips import Slips, Wrong, short
from live.faders import Fader
from live.knobs import number_of

if TYPE_CHECKING:
    from live.control.process import Hands

PATIENCE = 5.0  # seconds the desk may take to put a knob where a fader wants one
ASKED = 16  # faders it is asked for at once
SETTLE = 0.3  # seconds in which a fresh knob is held where the fader put it


class Bank:
    """Everything in the desk's table that can be moved or named."""

    def __init__(self, hands: Hands, slips: Slips) -> None:
        self.hands, self.core, self.slips = hands, hands.core, slips
        self.said: Mapping[str, Any] = {}
        self.table: dict[str, Mapping[str, Any]] = {}  # by address: a control's or a level's line in controls.json
        self.names: dict[str, str] = {}  # by address: what the desk calls it
        self.places: dict[str, str] = {}  # by how OSC writes it: what the desk calls it
        self.scenes: list[str] = []
        self.waiting: dict[str, list[float]] = {}  # faders that have no knob yet: value, when it was asked for
        self.fresh: dict[str, tuple[float, float]] = {}  # faders whose knob is new: value, until when it is held
        self._made: dict[str, Fader] = {}  # when first touched
        self._numbers: dict[str, int] = {}  # knobs by name, as last looked up

    def read(self, said: Mapping[str, Any]) -> set[str]:
        """The desk has written another table; the addresses that are there no more."""
        before = set(self.table)
        self.said = said
        controls, levels = said.get("controls", {}), said.get("levels", {})
        self.names = {of_control(name): name for name in controls} | {of_level(name): name for name in levels}
        self.table = {of_control(name): line for name, line in controls.items()} | {of_level(name): line for name, line in levels.items()}
        self.places = {sendable(place): place for place in said.get("places", ())}
        self.scenes = [str(name) for name in said.get("scenes", ())]
        self._made.clear()
        self._numbers.clear()
        self.waiting = {address: value for address, value in self.waiting.items() if address in self.table}
        return before - set(self.table)

    def fader(self, address: str) -> Fader | None:
        """The fader at an address."""
        if address not in self._made and address in self.table:
            self._made[address] = Fader.of(self.names[address], self.table[address])
        return self._made.get(address)

    def number(self, fader: Fader) -> int | None:
        """The number of its knob; None without one, or while the core has not met it."""
        name = fader.knob
        if not isinstance(name, str):
            return name
        known = self._numbers.get(name)
        if known is None or self.core.knob_names[known] != name.encode()[:63]:  # looked through once, not at every move
            known = number_of(self.core.knob_names, name)
            if known is not None:
                self._numbers[name] = known
        return known

    def stands(self, fader: Fader) -> float | None:
        """Its value now; None where something else moves it."""
        if fader.knob is None:
            return fader.at
        number = self.number(fader)
        return None if number is None else fader.heard(float(self.core.knobs[number]))

    def move(self, address: str, value: float, now: float) -> None:
        """To its knob; or to the desk, once, which puts a knob there."""
        fader = self.fader(address)
        assert fader is not None
        number = self.number(fader)
        if number is not None:
            self.turn(number, fader.turned(value))
            self.fresh.pop(address, None)
        elif fader.knob is not None or fader.at is not None:
            since = self.waiting[address][1] if address in self.waiting else now if fader.knob is not None else 0.0
            self.waiting[address] = [value, since]
        else:
            free = [one for one in self.table if one.startswith(address.rpartition("/")[0] + "/") and "follows" not in self.table[one]]
            near = nearest(address, free)
            says = f"osc: {address} follows {fader.follows} and stays with it" + (f" (free: {near})" if near else "")
            raise Wrong("moved by something else", says, address)

    def turn(self, number: int, value: float) -> None:
        """A knob, 0 to 1."""
        self.core.knobs[number] = value
        self.core.knob_set[number] = 1

    def wants(self, now: float) -> None:
        """What waits for a knob gets it; the desk is asked for what nobody has asked for."""
        asked = sum(1 for _, since in self.waiting.values() if since)
        for address, (value, since) in list(self.waiting.items()):
            fader = self.fader(address)
            number = self.number(fader) if fader else None
            if fader is None or (fader.knob is None and fader.at is None):  # gone, or something else has taken it
                del self.waiting[address]
            elif number is not None:
                del self.waiting[address]
                self.turn(number, fader.turned(value))
                self.fresh[address] = (value, now + SETTLE)
            elif not since and asked < ASKED:
                asked += 1
                self.waiting[address][1] = now
                self.hands.post.send("want", control=fader.name)
            elif since and now - since > PATIENCE:
                del self.waiting[address]
                self.slips.note("not taken up", f"osc: {address}: the desk has put no knob there; the next move asks again", address)
        for address, (value, until) in list(self.fresh.items()):  # the desk may still be putting it where it stood
            fader = self.fader(address)
            number = self.number(fader) if fader else None
            if fader is None or number is None or now > until:
                del self.fresh[address]
            else:
                self.turn(number, fader.turned(value))

    def nobody(self, parts: list[str]) -> Wrong:
        """A fader that is not there, with the nearest that is."""
        address = "/".join(parts)
        said = short(address)
        named = {one.split("/")[2] for one in self.table if one.startswith("/v/")} | set(self.places)
        if parts[1] == "v" and len(parts) > 3 and parts[2] in named:
            mine = [one.rpartition("/")[2] for one in self.table if one.startswith(f"/v/{parts[2]}/")]
            near = nearest(parts[3], [*mine, *(("mute", "solo") if parts[2] in self.places else ())])
            return Wrong("no such control", f"osc: {said}: no such control" + (f" (nearest: {near})" if near else ""), said)
        near = nearest(parts[2], named) if len(parts) > 2 and parts[1] == "v" else nearest(address, self.table)
        return Wrong("no such place", f"osc: {said}: no such place" + (f" (nearest: {near})" if near else ""), said)
