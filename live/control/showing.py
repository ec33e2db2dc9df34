"""What moved last, for the status line: ``nano 21 0.42 -> worn.texture``, and where the knob would be if it went with the hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from live.control.part import Part
from live.core import lanes as law
from live.core import layout as at
from live.faders import Fader, in_unit
from live.knobs import name_of

if TYPE_CHECKING:
    from live.control.process import Hands

APART = 0.1  # seconds between two lines


class Showing(Part):
    """The newest of what was heard, at most ten times a second."""

    def __init__(self, hands: Hands) -> None:
        super().__init__(hands)
        self.newest: tuple[int, bytes] | None = None
        self.said = 0.0

    def hear(self, messages: np.ndarray) -> None:
        """Keep the newest that a hand made: no clock ticks."""
        made = np.flatnonzero(messages["bytes"][:, 0] < 0xF0)
        if len(made):
            row = messages[made[-1]]
            self.newest = int(row["slot"]), bytes(row["bytes"][: int(row["size"])])

    def turn(self, now: float) -> None:
        """Say it, when the last line is old enough."""
        if self.newest is None or now - self.said < APART:
            return
        slot, data = self.newest
        self.newest, self.said = None, now
        self.hands.post.send("moved", **self.line(slot, data))

    def line(self, slot: int, data: bytes) -> dict[str, Any]:
        """What a message was, and what it moved."""
        label, what = spoken(data)
        device = self.hands.device(slot) or "?"
        routes = self.hands.parts.get("routes")
        found = routes.ways_of(slot, data[0] & 15, what) if routes else []  # type: ignore[attr-defined]
        found = [w for w in found if w.kind != law.NRPN] or found
        names, core = self.hands.core.knob_names, self.hands.core
        if found:
            way = found[0]
            lane, knob = routes.layer.numbers[way.name], way.knob  # type: ignore[union-attr]
        elif what < 120:
            lane, knob = slot * 128 + what, what
        else:
            return {"text": f"{device} {label}", "ghost": None}
        to = self._moves(knob, name_of(names, knob) if knob >= at.NAMED else "")
        ghost = float(core.lanes[lane, law.GHOST])
        stands = float(core.knobs[knob])
        text = f"{device} {label} {stands:.2f}" + (f" -> {to}" if to else "")
        return {
            "text": text, "ghost": round(ghost, 4) if ghost >= 0 else None,
            "who": f"{device} {label}", "to": to or f"knob({knob})", "stands": round(stands, 4), "shown": self._shown(to, stands),
        }  # fmt: skip

    def _shown(self, to: str, stands: float) -> str:
        """Where that is, in the control's own unit: ``1.2 kHz``."""
        said = (self.hands.controls.get("controls") or {}).get(to.partition(" and ")[0])
        return in_unit(Fader.of(to, said).heard(stands), str(said.get("unit") or "")) if said and "knob" in said else f"{stands:.2f}"

    def _moves(self, knob: int, name: str) -> str:
        """What follows a knob: the controls of the page, else its own name."""
        which: int | str = name or knob
        found = [control for control, said in (self.hands.controls.get("controls") or {}).items() if said.get("knob") == which]
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        return found[0] + more if found else name


def spoken(data: bytes) -> tuple[str, int]:
    """A message as a performer would say it, and its place in the routes."""
    status, first = data[0] & 0xF0, data[1] if len(data) > 1 else 0
    if status == 0xB0:
        return str(first), first
    if status in (0x80, 0x90, 0xA0):
        return f"note {first}", 128 + first
    if status == 0xC0:
        return f"program {first + 1}", at.PROGRAM
    return ("pressure", at.PRESSURE) if status == 0xD0 else ("bend", at.BEND)
