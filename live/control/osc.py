"""OSC, both ways: faders on a tablet move what a hand could move, and see what others moved. Controls and verbs, never code.

    /v/<place>/<control> x     in its own unit       /v/<place>/<control>/at x    0 to 1 along its curve
    /v/<place>/mute 1          /v/<place>/solo 1     /out/<output>/<place> x      how much of it goes there
    /knob/<name or number> x   /pad/<n> v            /key n v                     0 to 1; a key or pad at 0 is let go
    /clock/bpm x               /clock/tap            /clock/nudge ms
    /scene "dawn"              /hush  /go  /panic  /undo  /learn "worn.texture"  /mark "chorus"
    /hello [port] ["state"]    /state                /bye

A button that sends 0 when it is let go does nothing then. Bundles wait for their time, in the core's frames.
"""

from __future__ import annotations

import heapq
import itertools
import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from live import whole
from live.control.addresses import is_pattern, meant, nearest, of_knob
from live.control.asked import Asked, Who
from live.control.bank import Bank
from live.control.packets import Malformed, Message, read
from live.control.part import Part
from live.control.replies import Replies
from live.control.shown import Shown
from live.control.slips import Slips, Wrong, short
from live.ports.osc import Door

if TYPE_CHECKING:
    from live.control.process import Hands

FILE = "osc.json"
WORK = 0.004  # seconds of one turn spent on packets; the rest waits for the next turn, so that nobody else has to
BREATH = 16  # packets between two breaths
FAR = 60.0  # seconds ahead that a bundle may lie
HELD = 4096  # messages that wait for their time
TICK = 0.05  # seconds between two looks at what surfaces should be told
REACH = 128  # addresses one pattern may move
PATTERNS = 64  # patterns looked up anew in a second


class Osc(Part):
    """The OSC part of the hands."""

    def __init__(self, hands: Hands) -> None:
        super().__init__(hands)
        self.core, self.rig = hands.core, hands.rig
        self.door: Door | None = None
        self.slips = Slips(hands.tell)
        self.replies = Replies(lambda data, where: self.door.send(data, where) if self.door else None)
        self.bank = Bank(hands, self.slips)
        self.shown = Shown(hands, self.bank)
        self.asked = Asked(hands, self, self.bank, self.replies, self.slips, lambda: self.replies.show(self.shown.all()))
        self.shown.along = self.asked.along
        self.later: list[tuple[int, int, float, Message, Who]] = []  # what waits for its frame
        self._count = itertools.count()
        self._tick = 0.0
        self._worth: tuple[Any, ...] = (0, [])
        self._read = self._lost = self._refused = 0
        self._patterns: dict[str, list[str]] = {}
        self._looked = (0.0, 0)  # since when, and how many patterns were looked up anew
        if self.rig.osc >= 0:
            before = self._before()
            self.door = Door(self.rig.osc or before.get("port", 0), self.rig.osc_host or "127.0.0.1", hands.wake)
            self.replies.know(before.get("surfaces", ()), time.monotonic())
            self._announce(self.door)

    # --- the door -----------------------------------------------------------------------

    def _before(self) -> dict[str, Any]:
        """The port and the surfaces it had before the hands fell: whoever plays does not notice."""
        try:
            found = json.loads((self.hands.folder / FILE).read_text())
            return {"port": int(found["port"]), "surfaces": list(found["surfaces"])}
        except (OSError, ValueError, KeyError, TypeError):  # the first of this session
            return {}

    def _announce(self, door: Door) -> None:
        for line in door.says:
            self.hands.tell(line)
        where = f"port {door.port}" if not door.open else f"{door.host} port {door.port}, open to the network (controls only, never code)"
        self.hands.tell(f"OSC: listening on {where}; replies to whoever speaks")
        self._write()

    def _write(self) -> None:
        """Where it listens and what went wrong so far, for antiphon layout and for whoever looks."""
        door = self.door
        if door is None:
            return
        said = {
            "port": door.port,
            "host": door.host,
            "packets": door.count,
            "refused": sum(door.refused.values()),
            "surfaces": self.replies.known,
            "slips": self.slips.kinds,
        }
        whole.put(self.hands.folder / FILE, json.dumps(said))

    # --- a turn --------------------------------------------------------------------------

    def turn(self, now: float) -> None:
        """What came, what is due, what is to be told."""
        self.asked.now = now
        if self.hands.controls is not self.bank.said:
            self._reread()
        if self.door is not None:
            self._packets(self.door, now)
            self._strangers(self.door)
        if self.later:
            self._due(now)
        if self.bank.waiting or self.bank.fresh:
            self.bank.wants(now)
        if now >= self._tick:
            self._tick = now + TICK
            if self.replies.anybody:
                self.replies.show(self.shown.changed(now, meters=self.replies.watched))
                self.replies.turn(now)
            worth = (self.slips.count, self.replies.known)
            if worth != self._worth:
                self._worth = worth
                self._write()

    def _reread(self) -> None:
        scene = self.bank.said.get("scene", "")
        gone = self.bank.read(self.hands.controls)
        self._patterns.clear()
        self.replies.forget(f"{address}{end}" for address in gone for end in ("", "/at"))
        if self.replies.anybody:
            self.replies.show(self.shown.all())
            if self.bank.said.get("scene", "") != scene:
                self.replies.again()

    def _strangers(self, door: Door) -> None:
        """Packets from hosts that may not speak: each host is named once."""
        if door.strangers == self._refused:
            return
        self._refused = door.strangers
        for host, count in list(door.refused.items()):
            more = count - self.slips.of("from another host", host)
            says = f"OSC: a packet from {host} is refused: only this machine may speak (--osc-host lets others)"
            self.slips.note("from another host", says, host, count=more)

    def _packets(self, door: Door, now: float) -> None:
        """The packets that came, for some milliseconds."""
        until = time.perf_counter() + WORK
        while (one := door.packets.take()) is not None:
            self._read += 1
            self.packet(*one, now)
            if self._read % BREATH == 0:
                time.sleep(0)  # the door's thread has to take in what comes meanwhile
                if time.perf_counter() > until:
                    self.hands.wake()
                    break
        if door.packets.lost > self._lost:
            more, self._lost = door.packets.lost - self._lost, door.packets.lost
            self.slips.note("more packets than can be heard", "OSC: more packets come than can be heard; the newest count", count=more)

    def packet(self, data: bytes, source: Who, now: float) -> None:
        """One packet: each of its messages, now or at its time."""
        try:
            messages = read(data)
        except Malformed as why:
            self.slips.note(str(why), f"osc: {why}: nothing of that packet is heard")
            return
        if messages:
            self.replies.spoke(source, now)
        wall = time.time()
        for message in messages:
            ahead = 0.0 if message.when is None else message.when - wall
            if ahead > FAR:
                self.slips.note(
                    "a bundle from the far future", f"osc: a bundle for {_far(ahead)} from now is not kept (at most {FAR:g} s ahead)"
                )
            elif ahead <= 0.0:
                self.message(message, source)
            elif len(self.later) >= HELD:
                self.slips.note("too many messages wait for their time")
            else:
                frame = self.hands.frame + round(ahead * self.hands.rate)
                heapq.heappush(self.later, (frame, next(self._count), now + ahead, message, source))

    def _due(self, now: float) -> None:
        """What waited for this frame. Should the core stand still, the wall clock is believed a second later."""
        frame = self.hands.frame
        while self.later and (self.later[0][0] <= frame or now > self.later[0][2] + 1.0):
            _, _, _, message, source = heapq.heappop(self.later)
            self.message(message, source)
        ahead = (self.later[0][0] - frame) / self.hands.rate if self.later else 1.0
        self.pace = min(max(ahead, 0.0005), 1.0)

    def message(self, message: Message, who: Who) -> None:
        """Do what a message says; what cannot be meant is counted, and named once."""
        parts = message.address.split("/")
        verb = self.asked.verbs.get(parts[1])
        try:
            if verb is None:
                known = nearest(parts[1], self.asked.verbs)
                raise Wrong(
                    "an address nobody knows",
                    f"osc: {short(message.address)}: no such address" + (f" (nearest: /{known})" if known else ""),
                )
            if is_pattern(message.address):
                for one in self._meant(message.address):
                    verb(one.split("/"), message.args, who)
            else:
                verb(parts, message.args, who)
        except Wrong as slip:
            self.slips.note(slip.kind, slip.line, slip.about)
        except Exception as trouble:  # a fault of ours must not close the door to everybody else
            kind = f"a fault of ours: {type(trouble).__name__}"
            self.slips.note(kind, f"osc: {short(message.address)}: {kind} ({short(str(trouble))}); the rest goes on")

    def _meant(self, pattern: str) -> list[str]:
        """The addresses behind a pattern. Only faders, mutes, solos and knobs: no pattern hushes or panics by the way."""
        found = self._patterns.get(pattern)
        if found is None:
            now = time.monotonic()
            since, count = self._looked if now - self._looked[0] <= 1.0 else (now, 0)
            self._looked = (since, count + 1)
            if count >= PATTERNS:
                raise Wrong("too many patterns at once")
            known = [*self.bank.table, *(f"/v/{place}/{word}" for place in self.bank.places for word in ("mute", "solo"))]
            if pattern.endswith("/at"):
                known = [address + "/at" for address in self.bank.table]
            elif pattern.startswith("/knob/"):
                names = self.core.knob_names
                known = [of_knob(names[n].decode(errors="replace")) for n in np.flatnonzero(names != b"")]
            found = meant(pattern, known)[:REACH]
            if len(self._patterns) >= PATTERNS:
                self._patterns.clear()
            self._patterns[pattern] = found
        if not found:
            raise Wrong("a pattern that means nothing", f"osc: {short(pattern)} means nothing that is there", short(pattern))
        return found

    def close(self) -> None:
        """Listen no more."""
        if self.door is not None:
            self._write()
            self.door.close()
            self.door = None


def _far(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 3600 else f"{seconds / 3600:.0f} hours" if seconds < 200_000 else f"{seconds / 86400:.0f} days"
