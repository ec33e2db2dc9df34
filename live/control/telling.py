"""Tells controls apart by how they speak: a knob, an encoder of one of three kinds, a fine fader, a switch, a button, a pad.

Each kind is a small model of what a hand makes it send; every message counts for some and against others. A verdict
falls after about eight messages, when one kind is far more likely than the next. Nothing here knows a port or a place.

    61 62 63 65 66     each the last one and a little more: a knob
    65 65 66 65 63     the same again, never 64: an encoder around 64
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from live.control.halves import Halves
from live.control.which import SHOWN, TWO_SIDED, Which

ENOUGH = 8  # messages a knob or encoder is listened to
PRESSED = 6  # the same for what has only two values: three presses of a button
FEW = 3  # enough for what cannot be mistaken: bend, NRPN
SURE = 4.0  # how much likelier (in e-folds) the best must be than the next
PATIENCE = 40  # messages after which the likelier one has it all the same
LONG = 400  # the same for an encoder that was only ever turned one way
QUIET = 1.2  # seconds of rest after which it is said what it looks like so far
ASK = 12  # messages of an encoder turned one way only, after which it is asked to be turned back
MOVED = 3  # values a knob must have gone through: what lies still and trembles is not meant
SMALL = 16
PARAM, DATA = {99: "high", 98: "low", 101: "rhigh", 100: "rlow"}, {6: "high", 38: "low"}
BEFORE = {"absolute": 2.0}  # most things with values in between are plain knobs
LIKELY_STEP = [0.0, *(k**-1.3 / 3.0 for k in range(1, 128))]
LIKELY_CLICK = [0.0, *(k**-2.0 / 1.63 for k in range(1, 64))]


@dataclass(frozen=True)
class Verdict:
    """What a control is. ``sure``: 0 to 1. ``to``: the highest value it sends."""

    which: Which
    kind: str
    sure: float

    def said(self, device: str) -> str:
        """One line: ``nanoKONTROL2 cc 21: a knob, absolute, 0 to 127 (99 %)``."""
        return f"{device} {self.which}: {SHOWN[self.kind]} ({min(self.sure, 0.99) * 100:.0f} %)"


def clicks(kind: str, value: int) -> int:
    """How many steps an encoder's message means; 0 for one that its kind never sends."""
    if kind == "twos":
        return value if value < 64 else value - 128 if value > 64 else 0
    if kind == "sign":
        return value if value < 64 else -(value - 64)
    return value - 64


def stepped(first: int, before: int, value: int, way: int) -> float:
    """How likely an absolute knob goes from two values to another (as a logarithm). ``way``: where it went last."""
    step = value - before
    if value == first and abs(step) == 1:
        return math.log(0.5)  # it lies on the edge between two
    if not step:
        return math.log(0.01)
    on = 0.5 if not way else 0.6 if (step > 0) == (way > 0) else 0.4
    if way and (abs(step) > 1 or abs(way) > 1):  # a step back by one is the noise between two values
        on = 0.85 if on == 0.6 else 0.15
    return math.log(0.99 * on * LIKELY_STEP[abs(step)])


def clicked(before: int, step: int) -> float:
    """How likely an encoder sends this step after that one."""
    size = abs(step)
    if not 0 < size < 64:
        return math.log(0.0005)
    on = 0.5 if not before else 0.85 if (step > 0) == (before > 0) else 0.15
    near = 0.5 if size == abs(before) else 0.25 * 0.5 ** min(abs(size - abs(before)), 40)
    return math.log(on * ((0.6 * near if before else 0.0) + (0.4 if before else 1.0) * LIKELY_CLICK[size]))


def felt(seconds: float, middle: float, wide: float) -> float:
    """How likely a hand takes so long for something (logarithm of a log-normal, without what is common to all)."""
    x = math.log(max(seconds, 1e-3) / middle) / wide
    return -0.5 * x * x - math.log(wide)


@dataclass
class Heard:
    """Everything one control has sent since somebody listens."""

    which: Which
    at: list[float] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    count: int = 0

    def add(self, at: float, value: int) -> None:
        """One message."""
        self.at.append(at)
        self.values.append(value)
        self.count += 1
        del self.at[:-PATIENCE], self.values[:-PATIENCE]

    def likely(self) -> dict[str, float]:
        """How well each kind explains what was sent."""
        found = {"absolute": BEFORE["absolute"] - math.log(128), "twos": 0.0, "sign": 0.0, "offset": 0.0}
        way, before = 0, dict.fromkeys(("twos", "sign", "offset"), 0)
        for count, value in enumerate(self.values):
            if count:
                found["absolute"] += stepped(self.values[max(count - 2, 0)], self.values[count - 1], value, way)
                way = value - self.values[count - 1] or way
            for kind, last in before.items():
                step = clicks(kind, value)
                found[kind] += clicked(last, step)
                before[kind] = step or last
        if len(set(self.values) - {0}) <= 1 or self._presses():
            found |= self._buttons()
        return found

    def _presses(self) -> bool:
        """Whether every other message is a 0: pressed more or less hard, and let go."""
        off = [value == 0 for value in self.values]
        return len(off) > 1 and all(a != b for a, b in zip(off, off[1:], strict=False))

    def _buttons(self) -> dict[str, float]:
        """A switch sends once for each press, a button when it is pressed and when it is let go: the times tell."""
        momentary = toggle = -math.log(4)
        hits = {value for value in self.values if value}
        if len(hits) > 1:  # how hard it was pressed: no switch knows that
            momentary, toggle = momentary - 4.85 * sum(value > 0 for value in self.values), -1e3
        elif hits and hits != {127}:
            momentary, toggle = momentary - 3, toggle - 3
        if self.values[0] == 0:
            momentary -= 2.0  # somebody would have held it before
        for count in range(1, len(self.values)):
            a, b = self.values[count - 1], self.values[count]
            seconds = self.at[count] - self.at[count - 1]
            if bool(a) == bool(b):  # one that only tells when it is pressed
                momentary, toggle = momentary + (-3.0 if a else -9.0), toggle - 9.0
                continue
            toggle += felt(seconds, 0.5, 0.5)
            momentary += felt(seconds, 0.12, 0.6) if a else felt(seconds, 0.4, 0.8)
        if len(self.values) > 4:  # presses of one kind are about equally far apart; a hold and a pause are not
            held, left = self._pauses()
            toggle -= 2.0 * min(abs(math.log(left / held)), 3.0)
        return {"momentary": momentary, "toggle": toggle}

    def _pauses(self) -> tuple[float, float]:
        """Seconds it is usually held, and let go."""
        held, left = [1e-3], [1e-3]
        for count in range(1, len(self.values)):
            (held if self.values[count - 1] else left).append(max(self.at[count] - self.at[count - 1], 1e-3))
        middle = [math.exp(sum(map(math.log, some[1:])) / max(len(some) - 1, 1)) for some in (held, left)]
        return middle[0], middle[1]

    def verdict(self, *, over: bool = False) -> Verdict | None:
        """What it is; None while that is open. ``over``: nothing more comes for now."""
        found = self.likely()
        (best, top), (_, next_) = sorted(found.items(), key=lambda item: -item[1])[:2]
        count = self.count
        two = best in ("toggle", "momentary")
        sure = 1 / sum(math.exp(max(value - top, -50)) for value in found.values())
        if best == "absolute" and max(self.values) - min(self.values) < MOVED:
            return None  # it only trembles
        if best == "absolute" and all(self._small(value) for value in self.values):
            next_ += 3 * SURE  # where encoders speak, too: somewhat more is asked
        if count >= (PRESSED if two else ENOUGH) and top - next_ > SURE or count >= (LONG if self.wants_back else PATIENCE):
            return Verdict(self.which, best, sure)
        if over and count >= (1 if two else ENOUGH // 2) and sure > 0.5:
            return Verdict(self.which, best, sure)
        return None

    def _small(self, value: int) -> bool:
        """Whether an encoder of some kind would say this for a few steps."""
        return min(value, abs(value - 64), 128 - value) <= SMALL

    @property
    def wants_back(self) -> bool:
        """Whether only turning it the other way would tell."""
        found = sorted(self.likely().items(), key=lambda item: -item[1])
        return self.count >= ASK and {found[0][0], found[1][0]} <= {*TWO_SIDED} and found[0][1] - found[1][1] < SURE


class Telling:
    """Listens to one device: give it every message, it says what was moved as soon as it knows."""

    def __init__(self) -> None:
        self.heard: dict[Which, Heard] = {}
        self.halves: dict[tuple[int, int], Halves] = {}
        self.params: dict[int, dict[str, int]] = {}  # the (N)RPN each channel is at
        self.fixed: dict[Which, int] = {}  # messages of what needs no guessing
        self.held: set[tuple[int, int]] = set()
        self.last: dict[Which, float] = {}
        self.known: dict[Which, Verdict] = {}

    def hear(self, at: float, data: bytes | Iterable[int]) -> Verdict | None:
        """One whole message, and when it came, in seconds."""
        data = bytes(data)
        if len(data) < 2 or not 0x80 <= data[0] < 0xF0 or any(byte > 127 for byte in data[1:]):
            return None
        word, channel = data[0] & 0xF0, (data[0] & 15) + 1
        if word == 0xB0 and len(data) > 2:
            return self._control(at, channel, data[1], data[2])
        if word in (0x80, 0x90) and len(data) > 2:
            return self._note(at, channel, data[1], bool(data[2]) and word == 0x90)
        if word == 0xE0:
            return self._known(at, Which("bend", 0, channel), "bend", FEW)
        if word == 0xC0:
            return self._known(at, Which("program", 0, channel), "program", 1)
        if word == 0xD0 and not self.held:  # a pad that is pressed says so, too: the pad was meant
            return self._known(at, Which("pressure", 0, channel), "pressure", ENOUGH)
        return None

    def rest(self, at: float) -> Verdict | None:
        """Nothing has come for a while: what was moved last, as far as it can be told."""
        if not self.last:
            return None
        which, when = max(self.last.items(), key=lambda item: item[1])
        if at - when < QUIET:
            return None
        if which in self.heard:
            return self.heard[which].verdict(over=True)
        kind = which.what if which.what not in ("rpn",) else "nrpn"
        return Verdict(which, kind, 0.9) if kind in SHOWN else None

    @property
    def wants_back(self) -> Which | None:
        """A control that must be turned the other way before it can be told."""
        return next((which for which, heard in self.heard.items() if heard.wants_back), None)

    def _known(self, at: float, which: Which, kind: str, enough: int) -> Verdict | None:
        """What cannot be mistaken, only brushed in passing."""
        self.last[which] = at
        self.fixed[which] = self.fixed.get(which, 0) + 1
        return Verdict(which, kind, 1.0) if self.fixed[which] >= enough else None

    def _note(self, at: float, channel: int, note: int, on: bool) -> Verdict | None:
        """A pad is one when it is let go, and nothing was turned meanwhile: faders that feel a finger send notes, too."""
        which = Which("note", note, channel)
        if on:
            self.held.add((channel, note))
            self.last[which] = at
            self.fixed[which] = self.fixed.get(which, 0) + 1
            return Verdict(which, "note", 1.0) if self.fixed[which] > 2 else None
        self.held.discard((channel, note))
        pressed = self.last.get(which)
        if pressed is None or any(when > pressed for other, when in self.last.items() if other != which and other.what != "note"):
            return None
        return Verdict(which, "note", 1.0)

    def _control(self, at: float, channel: int, number: int, value: int) -> Verdict | None:
        """A controller: part of a fine value, or one for itself."""
        if number in PARAM:
            param = self.params.setdefault(channel, {})
            param[PARAM[number]] = value
            param["rpn"] = int(number > 99)
            return None
        if number in DATA and channel in self.params:
            param = self.params[channel]
            registered = param["rpn"]
            high, low = (param.get("rhigh", 127), param.get("rlow", 127)) if registered else (param.get("high", 0), param.get("low", 0))
            if high * 128 + low == 16383:
                return None  # nothing is chosen
            return self._known(at, Which("rpn" if registered else "nrpn", high * 128 + low, channel), "nrpn", FEW)
        which = Which("cc", number, channel)
        fine = self._fine(at, channel, number, value)
        if fine is not None:
            return fine
        self.last[which] = at
        if which in self.known:
            return self.known[which]
        heard = self.heard.setdefault(which, Heard(which))
        heard.add(at, value)
        if number < 64 and self._half_of_fine(channel, number):
            return None
        found = heard.verdict() if len(heard.values) >= PRESSED else None
        if found is not None:
            self.known[which] = found
        return found

    def _fine(self, at: float, channel: int, number: int, value: int) -> Verdict | None:
        """Whether n and n + 32 have turned out to be one."""
        if number >= 64:
            return None
        halves = self.halves.setdefault((channel, number % 32), Halves())
        halves.add(at, number >= 32, value)
        if len(halves.said) < ENOUGH or not (kind := halves.kind):
            return None
        which = Which("cc", number % 32, channel)
        self.last[which] = at
        return Verdict(which, kind, 0.99)

    def _half_of_fine(self, channel: int, number: int) -> bool:
        """Whether it may still turn out to be half of a fine one: then one waits a few messages more."""
        halves = self.halves[channel, number % 32]
        near = halves.near()
        mixed = sum(a[1] != b[1] for a, b in near)
        return mixed >= 2 and mixed >= 0.5 * (len(halves.said) - 1) and len(halves.said) < 3 * ENOUGH
