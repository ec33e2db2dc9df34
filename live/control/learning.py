"""Learn: what is moved next is listened to, told what it is, and bound to what was meant. Here the maps live, too.

Hands that are mapped to a control nobody has touched yet ask the desk for it ("want"); hands mapped to a verb do it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from live.control.maps import Maps
from live.control.part import Part
from live.control.sheets import Bound
from live.control.slots import matches
from live.control.telling import Telling, Verdict
from live.control.which import KINDS, SHOWN, Which
from live.knobs import number_of

if TYPE_CHECKING:
    from live.control.process import Hands

LOOK = 1.0  # seconds between two looks at the maps' files
ALONE = 30.0  # seconds of rest after which learn() alone stops listening
ASKED = 1.0  # seconds between two requests for the same control


class Learning(Part):
    """Listens, tells, binds."""

    def __init__(self, hands: Hands) -> None:
        super().__init__(hands)
        from live.settings import user_folder

        session = hands.rig.session
        self.maps = Maps(Path(session) / "map" if session else None, user_folder() / "map")
        self.wish: dict[str, Any] | None = None  # what the next control is for; None: nobody learns
        self.telling: dict[int, Telling] = {}
        self.told: set[tuple[int, Which]] = set()
        self.now = self.since = self.looked = 0.0
        self.verbs: list[Bound] = []
        self.bound: list[Bound] = []
        self.turners: dict[int, Which | None] = {}
        self.down: dict[tuple[int, Which], bool] = {}
        self.asked: dict[str, float] = {}
        self.seen = -1
        self.channels: dict[tuple[int, str, int], set[int]] = {}
        self._lay()

    # --- the rounds -------------------------------------------------------------------------

    def turn(self, now: float) -> None:
        """Files are looked at once a second; what rests while somebody learns is told as far as it can be."""
        self.now = now
        if now - self.looked > LOOK:
            self.looked = now
            if self.maps.look():
                self._lay()
        if self.seen != self.hands.changed:
            self.seen = self.hands.changed
            self.turners = {slot: self.maps.turner_of(name) for slot, name in enumerate(self.hands.devices)}
        if self.wish is None:
            return
        at = self.hands.frame / max(self.hands.rate, 1)
        for slot, telling in list(self.telling.items()):
            found = telling.rest(at)
            if found is not None and (slot, found.which) not in self.told:
                self._found(slot, found)
        if self.wish is not None and self.wish["to"] is None and now - self.since > ALONE:
            self._stop("learn() listens no more")

    def hear(self, messages: np.ndarray) -> None:
        """Everything that moved."""
        rate = max(self.hands.rate, 1)
        for row in messages:
            data = bytes(row["bytes"][: int(row["size"])])
            if len(data) < 2 or data[0] >= 0xF0:
                continue
            slot = int(row["slot"])
            self._note_channel(slot, data)
            if self.wish is not None:
                self._learn(slot, int(row["frame"]) / rate, data)
            elif self.bound or self.turners.get(slot):
                self._do(slot, data)

    def letter(self, word: str, what: dict[str, Any]) -> bool:
        """learn, cancel, unmap, page: from the desk or from OSC."""
        if word == "learn":
            self._begin(what)
        elif word == "cancel":
            if self.wish is not None:
                self._stop("nothing was learned" if self.wish["to"] else "learn() listens no more")
        elif word == "unmap":
            self._unmap(str(what.get("what") or ""))
        elif word == "page":
            self._page(str(what.get("device") or ""), int(what.get("to") or 0))
        else:
            return False
        return True

    # --- learning ---------------------------------------------------------------------------

    def _begin(self, what: dict[str, Any]) -> None:
        """From now on what moves is listened to."""
        kind = what.get("kind") or ""
        self.wish = {
            "to": what.get("to") or None,
            "kind": kind if kind in KINDS else "",
            "binds": what.get("binds") or what.get("to") or None,
        }
        self.telling, self.told, self.since, self.hungry = {}, set(), self.now, True
        if not any(bytes(name) for name in self.hands.core.hands):
            self.hands.tell("no controller is plugged in; it is listened for. Esc leaves it")

    def _stop(self, said: str = "") -> None:
        to = self.wish["to"] if self.wish else None
        self.wish, self.hungry, self.telling = None, False, {}
        self.hands.post.send("learned", to=to, over=True)
        if said:
            self.hands.tell(said)

    def _learn(self, slot: int, at: float, data: bytes) -> None:
        """One more message."""
        self.since = self.now
        telling = self.telling.setdefault(slot, Telling())
        found = telling.hear(at, data)
        if found is not None and (slot, found.which) not in self.told:
            self._found(slot, found)
        elif (back := telling.wants_back) is not None:
            self.hands.tell_once(
                "back", f"{self.hands.device(slot) or '?'} {self._kept(slot, back)}: an encoder; turn it back a little, too"
            )

    def _found(self, slot: int, verdict: Verdict) -> None:
        """It is known: say it, remember it, bind it."""
        assert self.wish is not None
        device, kind, to = self.hands.device(slot) or "?", self.wish["kind"], self.wish["to"]
        self.told.add((slot, verdict.which))
        which = self._kept(slot, verdict.which)
        said = replace(verdict, which=which).said(device)
        if kind and kind != verdict.kind:
            said = f"{device} {which}: {SHOWN[kind]} (as you say)"
        kind = kind or verdict.kind
        try:
            if to is not None:
                self.maps.bind(device, which, self.wish["binds"], **({"kind": kind} if self.wish["kind"] else {}))
            self.maps.note_kind(device, which, kind)
        except OSError as why:
            self.hands.tell(f"{said}. It cannot be kept: {why.strerror or why}")
            if to is not None:
                self._stop()
            self._lay()
            return
        self._lay()
        if to is None:
            self.hands.tell(f"{said}. {self.reached(slot, which, kind)}")
            self.hands.post.send("learned", to=None, device=device, control=str(which), kind=kind)
            return
        self.hands.tell(f"{said} -> {to}")
        self.hands.post.send("learned", to=to, device=device, control=str(which), kind=kind)
        self._stop()

    def reached(self, slot: int, which: Which, kind: str) -> str:
        """The word that reaches it, in a line to type."""
        names = self.hands.devices
        mine = names[slot]
        device = f', device="{mine}"' if mine and sum(bool(name) for name in names) > 1 else ""
        alone = device.removeprefix(", ")
        if which.what == "cc" and which.number == 64:
            return f"That is pedal({alone}); write mix=pedal({alone})"
        if which.what == "cc":
            return f"That is knob({which.number}{device}); write cutoff=knob({which.number}{device})"
        if which.what == "note":
            return f"That is pad({which.number}{device}); write hits=pad({which.number}{device})"
        if which.what in ("bend", "pressure"):
            return f"That is {which.what}({alone}); write cutoff={which.what}({alone})"
        return "learn(worn.texture) binds it to a control"

    def _kept(self, slot: int, which: Which) -> Which:
        """Without its channel, unless the device uses the same control on several."""
        heard = self.channels.get((slot, which.what, which.number), set())
        return which if len(heard) > 1 else replace(which, channel=0)

    def _note_channel(self, slot: int, data: bytes) -> None:
        word = {0xB0: "cc", 0x90: "note", 0x80: "note"}.get(data[0] & 0xF0)
        if word:
            self.channels.setdefault((slot, word, data[1]), set()).add((data[0] & 15) + 1)

    def _unmap(self, what: str) -> None:
        if not what:
            found = [str(one) for one in self.maps.all()]
            self.hands.tell("mapped: " + "; ".join(found) if found else "nothing is mapped. learn(worn.texture) maps a control")
            return
        try:
            gone = self.maps.unbind(what)
        except OSError as why:
            self.hands.tell(f"the map cannot be written: {why.strerror or why}")
            return
        self._lay()
        self.hands.tell(f"no longer mapped: {'; '.join(map(str, gone))}" if gone else f"nothing is mapped to {what}. unmap() says what is")

    # --- what is mapped -----------------------------------------------------------------------

    def _lay(self) -> None:
        """The maps as the routes want them; what is wrong in them is said once."""
        for slip in self.maps.slips:
            self.hands.tell_once(f"map {slip}", slip)
        self.bound, self.verbs = self.maps.now(), self.maps.verbs()
        self.hands.mappings = [*self.maps.entries(), *self._spoken()]
        self.hands.touch()

    def _spoken(self) -> list[dict[str, Any]]:
        """Controls whose kind is known and that nobody has mapped: knob(21) of an encoder turns as encoders do."""
        mapped = {(one.device, one.which) for one in self.bound}
        return [
            {"device": sheet.device, "control": str(which), "to": str(which.number), "kind": kind}
            for sheet in self.maps.sheets.values()
            for which, kind in sheet.kinds.items()
            if which.what == "cc" and kind != "absolute" and (sheet.device, which) not in mapped
        ]

    def _do(self, slot: int, data: bytes) -> None:
        """A mapped hand moves: what nobody has touched yet is asked for; verbs are done, pages turned."""
        device = self.hands.device(slot)
        which, pressed = _said(data)
        if which is None:
            return
        before, self.down[slot, which] = self.down.get((slot, which), False), pressed
        press = pressed and not before
        turner = self.turners.get(slot)
        if turner is not None and turner.meets(which):
            if press:
                self._page(device)
            return
        devices = self.hands.devices
        for one in self.bound:
            if one.which.meets(which) and matches(one.device, devices) >> slot & 1:
                if one.verb:
                    if press:
                        self._act(one, device)
                else:
                    self._want(one)

    def _want(self, one: Bound) -> None:
        """Its control follows a knob, or the desk is asked to let it."""
        table = self.hands.controls
        entry = (table.get("controls") or {}).get(one.to) or (table.get("levels") or {}).get(one.to)
        if entry is None:
            if "." in one.to:
                self.hands.tell_once(
                    f"gone {one.to}", f"{one.device} {one.which} is for {one.to}, and nothing has that name now. It is kept"
                )
            return
        if "knob" in entry and number_of(self.hands.core.knob_names, entry["knob"]) is not None:
            return
        if "follows" in entry:
            self.hands.tell_once(
                f"follows {one.to}", f"{one.to} follows {entry['follows']}; {one.device} {one.which} waits until it does not"
            )
        elif self.now - self.asked.get(one.to, -1e9) > ASKED:
            self.asked[one.to] = self.now
            self.hands.post.send("want", control=one.to)

    def _act(self, one: Bound, device: str) -> None:
        """A verb under a finger."""
        word, _, rest = one.verb.partition(" ")
        if word == "page":
            self._page(device, int(rest) if rest.isdigit() else 0)
        elif word == "learn":
            self._begin({})
        elif word in ("tap", "nudge"):
            number = re.fullmatch(r"-?\d+(\.\d+)?", rest)
            what = {"ms": float(rest)} if word == "nudge" and number else {}
            for part in list(self.hands.parts.values()):
                if part is not self:
                    part.letter(word, what)
        else:
            self.hands.post.send(word, **({"name": rest} if word == "scene" else {"seconds": float(rest or 60)} if word == "keep" else {}))

    def _page(self, device: str, to: int = 0) -> None:
        """Another page of a device; without a device, of every one that has pages."""
        devices = [device] if device else sorted({one.device for one in self.maps.all() if one.page > 1})
        for one in devices:
            self.hands.tell(f"{one}: page {self.maps.turn_page(one, to)}")
        self._lay()


def _said(data: bytes) -> tuple[Which | None, bool]:
    """Which control spoke, and whether it is down."""
    word, channel = data[0] & 0xF0, (data[0] & 15) + 1
    if word == 0xB0 and len(data) > 2:
        return Which("cc", data[1], channel), data[2] > 63
    if word in (0x80, 0x90) and len(data) > 2:
        return Which("note", data[1], channel), word == 0x90 and data[2] > 0
    if word == 0xE0:
        return Which("bend", 0, channel), len(data) > 2 and data[2] > 63
    if word == 0xD0:
        return Which("pressure", 0, channel), data[1] > 63
    return (Which("program", 0, channel), True) if word == 0xC0 else (None, False)
