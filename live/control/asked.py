"""What each address asks for: faders, knobs, keys, the clock, scenes, and the verbs a surface may press."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from live.control.addresses import nearest, of_knob, sendable
from live.control.bank import Bank
from live.control.replies import Replies
from live.control.slips import Slips, Wrong, short
from live.core import layout as at
from live.knobs import number_of

if TYPE_CHECKING:
    from live.control.part import Part
    from live.control.process import Hands

AGAIN = 0.03  # seconds within which the same verb is the same press
PRESSES = 100  # verbs the desk hears in a second

Args = tuple[Any, ...]
Who = tuple[Any, ...]
Verb = Callable[[list[str], Args, Who], None]


class Asked:
    """The verbs, by the first part of an address: ``verbs["v"](parts, args, who)``."""

    def __init__(self, hands: Hands, me: Part, bank: Bank, replies: Replies, slips: Slips, greet: Callable[[], None]) -> None:
        """``greet``: takes down how everything stands, before somebody is told."""
        self.hands, self.me, self.core = hands, me, hands.core
        self.bank, self.replies, self.slips, self.greet = bank, replies, slips, greet
        self.now = 0.0  # time.monotonic() at the beginning of this turn
        self._last: tuple[Any, float] = (None, 0.0)
        self._pressed = (0.0, 0)  # since when, and how many letters the desk got
        self.along: set[str] = set()  # linear faders that somebody moves by /at
        self.verbs: dict[str, Verb] = {
            "v": self._v, "out": self._v, "knob": self._knob, "pad": self._pad, "key": self._key, "clock": self._clock,
            "scene": self._scene, "hush": self._hush, "go": self._go, "panic": self._panic, "undo": self._undo,
            "learn": self._learn, "mark": self._mark, "hello": self._hello, "state": self._state, "bye": self._bye,
        }  # fmt: skip

    def _v(self, parts: list[str], args: Args, who: Who) -> None:
        along = len(parts) == 5 and parts[4] == "at"
        address = "/".join(parts[:4])
        if len(parts) - along == 4 and address in self.bank.table:
            fader = self.bank.fader(address)
            assert fader is not None
            asked = number(args, address)
            value = fader.value(asked) if along else fader.clip(asked)
            if not (0.0 <= asked <= 1.0 if along else fader.low <= asked <= fader.high):
                low, high = (0.0, 1.0) if along else (fader.low, fader.high)
                self.slips.note(
                    "outside its range", f"osc: {'/'.join(parts)} goes from {low:g} to {high:g}; {asked:g} is taken as the nearest", address
                )
            if along and fader.curve != "log":
                self.along.add(address)
            self.replies.moved(who, "/".join(parts), asked, self.now)
            self.bank.move(address, value, self.now)
        elif len(parts) == 4 and parts[3] in ("mute", "solo") and parts[1] == "v" and parts[2] in self.bank.places:
            on = number(args, address) != 0.0
            self.replies.moved(who, address, float(on), self.now)
            self._desk(parts[3], place=self.bank.places[parts[2]], on=on)
        else:
            raise self.bank.nobody(parts)

    def _knob(self, parts: list[str], args: Args, who: Who) -> None:
        name = "/".join(parts[2:])
        names = self.core.knob_names
        which = number_of(names, name) if name.isascii() else None
        if which is None:
            there = {of_knob(known): known for n in np.flatnonzero(names != b"") if (known := names[n].decode(errors="replace"))}
            which = number_of(names, there[f"/knob/{name}"]) if f"/knob/{name}" in there else None
            if which is None:
                near = nearest(name, (one.removeprefix("/knob/") for one in there))
                raise Wrong(
                    "no such knob",
                    f"osc: /knob/{short(name)}: nothing follows a knob of that name" + (f" (nearest: {near})" if near else ""),
                    name[:64],
                )
        if not 0 <= which < at.KNOBS:
            raise Wrong("no such knob", f"osc: knobs have numbers from 0 to {at.NAMED - 1}")
        x = number(args, "/".join(parts))
        if not 0.0 <= x <= 1.0:
            self.slips.note("outside its range", f"osc: /knob/{name} goes from 0 to 1; {x:g} is taken as the nearest", f"/knob/{name}")
        self.bank.turn(which, min(max(x, 0.0), 1.0))
        self.replies.moved(who, "/".join(parts), x, self.now)

    def _pad(self, parts: list[str], args: Args, who: Who) -> None:
        self._struck("pad", parts, args, 9)

    def _key(self, parts: list[str], args: Args, who: Who) -> None:
        self._struck("key", parts, args, 0)

    def _struck(self, what: str, parts: list[str], args: Args, channel: int) -> None:
        """``/key/60 0.5`` and ``/key 60 0.5`` are the same; without a strength it is a full one."""
        if len(parts) == 3 and _is_number(parts[2]):
            args = (int(parts[2]), *args)
        elif len(parts) != 2:
            raise Wrong(f"no such {what}", f"osc: a {what} has a number: /{what} 36 1")
        self._note(round(number(args, f"/{what}")), number(args[1:] or (1.0,), f"/{what}"), channel)

    def _note(self, number: int, velocity: float, channel: int) -> None:
        """Velocity from 0 to 1; above that as MIDI counts it, to 127."""
        if not 0 <= number <= 127:
            raise Wrong("no such key", f"osc: keys and pads have numbers from 0 to 127; {number} is none")
        strength = round(min(max(velocity * 127.0 if velocity <= 1.0 else velocity, 0.0), 127.0))
        strength = max(strength, 1) if velocity > 0.0 else 0
        ports = self.hands.parts.get("ports")
        slot = ports.claim("osc") if ports is not None else at.HANDS - 1  # type: ignore[attr-defined]
        if slot is None:
            raise Wrong("no slot for keys", "osc: eight controllers are there already: keys and pads of OSC find no place")
        self.hands.heard(slot, bytes([(0x90 if strength else 0x80) | channel, number, strength]))

    def _clock(self, parts: list[str], args: Args, who: Who) -> None:
        what = parts[2] if len(parts) == 3 else ""
        if what == "tap":
            if pressed(args):
                self._pass("tap", frame=self.hands.frame)
        elif what == "bpm":
            bpm = number(args, "/clock/bpm")
            if not 1.0 <= bpm <= 999.0:
                raise Wrong("outside its range", f"osc: /clock/bpm goes from 1 to 999; {bpm:g} is not taken", "/clock/bpm")
            self.replies.moved(who, "/clock/bpm", bpm, self.now)
            self._pass("bpm", bpm=bpm)
        elif what == "nudge":
            ms = number(args, "/clock/nudge")
            if abs(ms) > 10_000.0:
                raise Wrong("outside its range", f"osc: /clock/nudge takes at most 10000 ms; {ms:g} is not taken", "/clock/nudge")
            self._pass("nudge", ms=ms)
        else:
            raise Wrong("an address nobody knows", f"osc: {short('/'.join(parts))}: no such address (there is: /clock/bpm, tap, nudge)")

    def _scene(self, parts: list[str], args: Args, who: Who) -> None:
        if len(parts) == 3:
            if not pressed(args):
                return
            wanted: Any = parts[2]
        else:
            wanted = args[0] if args else None
        if isinstance(wanted, str):
            name = next((one for one in self.bank.scenes if wanted in (one, sendable(one))), None)
            if name is None:
                near = nearest(wanted, self.bank.scenes)
                raise Wrong(
                    "no such scene", f"osc: there is no scene {short(wanted)!r}" + (f" (nearest: {near})" if near else ""), wanted[:64]
                )
        else:
            count = number(args, "/scene")
            if not 1 <= count <= len(self.bank.scenes):
                raise Wrong("no such scene", f"osc: there is no scene number {count:g}; there are {len(self.bank.scenes)}")
            name = self.bank.scenes[int(count) - 1]
        self._desk("scene", name=name)

    def _hush(self, parts: list[str], args: Args, who: Who) -> None:
        if pressed(args):
            self._desk("hush")

    def _go(self, parts: list[str], args: Args, who: Who) -> None:
        if pressed(args):
            self.core.clock[at.C_GATE] = 0
            self._desk("go")

    def _panic(self, parts: list[str], args: Args, who: Who) -> None:
        if pressed(args):
            self.core.clock[at.C_GATE] = 1  # at once, whatever the desk is doing
            self._desk("panic")

    def _undo(self, parts: list[str], args: Args, who: Who) -> None:
        if pressed(args):
            self._desk("undo")

    def _mark(self, parts: list[str], args: Args, who: Who) -> None:
        text = args[0] if args and isinstance(args[0], str) else "here"
        if isinstance(args[0] if args else text, str) or pressed(args):
            self._desk("mark", text=text[:200])

    def _learn(self, parts: list[str], args: Args, who: Who) -> None:
        to = args[0] if args and isinstance(args[0], str) else None
        if to is None and not pressed(args):
            return
        if to is not None and to not in self.bank.names.values():
            near = nearest(to, self.bank.names.values())
            raise Wrong(
                "nothing to learn", f"osc: /learn: there is no control {short(to)!r}" + (f" (nearest: {near})" if near else ""), to[:64]
            )
        self._pass("learn", to=to)

    def _desk(self, word: str, **what: Any) -> None:
        """A letter to the desk. A button that is stuck fills no ring: the same again at once is one, and there are so many a second."""
        same = (word, *what.values())
        if same == self._last[0] and self.now - self._last[1] < AGAIN:
            self.slips.note("the same verb again at once", f"osc: {word} comes faster than hands can press it")
            return
        since, count = self._pressed if self.now - self._pressed[0] <= 1.0 else (self.now, 0)
        self._pressed = (since, count + 1)
        if count >= PRESSES:
            raise Wrong("too many verbs at once", f"osc: more than {PRESSES} verbs in a second; the rest is not heard")
        self._last = (same, self.now)
        self.hands.post.send(word, **what)

    def _pass(self, word: str, **what: Any) -> None:
        """A letter to the other parts; the desk has it when none of them takes it."""
        taken = False
        for part in list(self.hands.parts.values()):
            if part is not self.me:
                taken = bool(part.letter(word, what)) or taken
        if not taken:
            self.hands.post.send(word, **what)

    def _hello(self, parts: list[str], args: Args, who: Who) -> None:
        numbers = [int(one) for one in args if isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)]
        if numbers and numbers[0] == 0 or args[:1] == (False,):
            return  # a button let go
        port = numbers[0] if numbers and numbers[0] != 1 else 0
        if not (port == 0 or 1024 <= port <= 65535):
            raise Wrong("no such port", f"osc: /hello {port}: replies go to a port from 1024 to 65535")
        self.greet()
        self.replies.greeted(who, self.now, port, state="state" in args)

    def _state(self, parts: list[str], args: Args, who: Who) -> None:
        if len(parts) != 2:
            raise Wrong("an address nobody knows", f"osc: {short('/'.join(parts))}: what is below /state is only told, never set")
        if pressed(args):
            self._hello(parts, ("state",), who)

    def _bye(self, parts: list[str], args: Args, who: Who) -> None:
        self.replies.left(who)


def number(args: Args, address: str) -> float:
    """The first argument as a number, or Wrong."""
    if not args:
        raise Wrong("no number", f"osc: {short(address)}: a number is missing")
    x = args[0]
    if isinstance(x, str):
        raise Wrong("a text where a number is wanted", f"osc: {short(address)}: a number is wanted; this is the text {short(x)!r}")
    if isinstance(x, bytes) or x is None:
        raise Wrong("no number", f"osc: {short(address)}: a number is wanted")
    if not math.isfinite(x):
        raise Wrong("not a number", f"osc: {short(address)}: {x} is no number a fader can stand at")
    return float(x)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5


def pressed(args: Args) -> bool:
    """Whether a button went down: it says so with nothing, or with anything but 0."""
    return not args or args[0] is None or isinstance(args[0], str | bytes) or bool(args[0])
