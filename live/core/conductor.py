"""Turns plans into the next table of rows, and arms it with the frame where it lands.

Runs in Python beside the callback (or in an offline renderer: the same code)
and never touches a sample. Everything that can fail fails in ``prepare``,
before anything that sounds has been changed.
"""

from __future__ import annotations

import hashlib
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from live.core import layout as at
from live.core import machine as m
from live.core import row as r
from live.core.kinds import Kind, Making, kinds, nearest
from live.core.stand import Stand
from live.core.strips import CROSS, LEAN, MIC, SUM
from live.plan import Plan, carried, compare
from live.score import Drive, Node, Score, Send

RETUNE_SECONDS = 0.01
FADE_SECONDS = 0.05


class Refusal(Exception):
    """A plan that cannot land. Its text is one line: what, where, the nearest legal thing."""


@dataclass(eq=False)
class Strip:
    """One row of the graph and all the memory it points to."""

    name: str
    kind: Kind
    row: np.ndarray
    making: Making
    voice: np.ndarray
    bus: np.ndarray
    slots: np.ndarray
    hears: list[Any] = field(default_factory=list)  # of each inlet: a place's name, or a Strip
    events: np.ndarray | None = None
    leans: dict[int, Strip] = field(default_factory=dict)  # of each driven control: the strip that writes its slot
    slot: int = -1  # a control place's own slot
    gone: bool = False

    @property
    def closed(self) -> bool:
        return bool(self.voice[m.V_WAY] == m.CLOSED)


@dataclass(eq=False)
class Place:
    """A name on stage: what it is now, and what of it is still fading."""

    name: str
    index: int
    strip: Strip
    fading: list[Strip] = field(default_factory=list)
    joint: Strip | None = None  # joins old and new while they cross
    crossing: dict[int, Strip] = field(default_factory=dict)  # of each inlet being rewired
    leaving: bool = False

    @property
    def head(self) -> Strip:
        """What others hear of it."""
        return self.joint or self.strip


@dataclass(eq=False)
class Line:
    """One send and the tracks it is recorded on."""

    send: Send
    gain: int  # slots
    open: int
    lean: Strip | None = None
    track: int = -1
    tracks: int = 0
    level: float = 1.0  # where its solo stands
    leaving: bool = False


@dataclass(eq=False)
class Landing:
    """Everything one plan changes at one frame, laid out for the callback."""

    cells: np.ndarray
    held: list[Any]
    score: Score
    plan: Plan
    number: int
    done: Callable[[int], None] | None = None


@dataclass
class Prepared:
    """A plan that can land: its newcomers are built and nothing of them sounds yet."""

    plan: Plan
    score: Score
    fresh: dict[str, Strip]


class Conductor:
    """Holds the score that sounds, and every strip behind it."""

    def __init__(self, stand: Stand, *, seed: int = 0, find: Callable[[str], Kind | None] | None = None) -> None:
        self.stand = stand
        self.seed = seed
        self.find = find  # kinds from elsewhere: written treatments, worker engines
        self.score = Score()
        self.places: dict[str, Place] = {}
        self.lines: dict[tuple[str, int, int], Line] = {}
        self.armed: Landing | None = None
        self.number = 0
        self.sweep_due = False
        self._shared: dict[Any, Any] = {}
        self._indices = deque(range(at.PLACES))
        self._slots = deque(range(m.FIRST_SLOT, r.SLOTS_MAX))
        self._old: deque[Landing] = deque(maxlen=64)
        self._silence = np.zeros((1, r.CHUNK), np.float32)
        self._tracks = stand.tracks()

    # --- building -----------------------------------------------------------------

    def kind(self, word: str) -> Kind:
        """The kind of that word, or a refusal that names the nearest."""
        known = kinds()
        found = known.get(word) or (MIC if word == "mic" else None) or (self.find(word) if self.find else None)
        if found is None:
            raise Refusal(f"there is no {word!r}. {nearest(word, [*known, 'mic'])}")
        return found

    def prepare(self, plan: Plan, *, age: dict[str, int] | None = None) -> Prepared:
        """Check a plan against what sounds and build its newcomers. Refuses, or leaves nothing to go wrong."""
        try:
            score = carried(self.score, plan)
        except KeyError as missing:
            raise Refusal(f"there is no place {missing.args[0]!r}. {nearest(str(missing.args[0]), self.score.places)}") from None
        self._check(score)
        widths: dict[str, int] = {}
        fresh: dict[str, Strip] = {}
        for name in self._order(score):
            node = score.places[name]
            kind = self.kind(node.kind)
            ins = tuple(widths[source] for source in node.ins)
            settings = {**kind.settings, **node.settings}
            width = self._width(name, kind, settings, ins)
            widths[name] = width
            now = self.places.get(name)
            same = (
                now is not None
                and not now.leaving
                and now.strip.kind.word == kind.word
                and now.strip.making.settings == settings
                and now.strip.making.channels == width
                and now.strip.making.ins == ins
            )
            if not same:
                try:
                    fresh[name] = self._strip(name, kind, node, settings, ins, width, (age or {}).get(name, 0))
                except Refusal:
                    self.forget(Prepared(plan, score, fresh))
                    raise
        return Prepared(plan, score, fresh)

    def forget(self, ready: Prepared) -> None:
        """Give back what the newcomers of a plan took that will not land."""
        for strip in ready.fresh.values():
            self._free(strip)

    def _check(self, score: Score) -> None:
        """Names, controls and values, before anything is built."""
        for name, node in score.places.items():
            if len(name.encode()) > 63:
                raise Refusal(f"{name[:20]}... is too long a name: 63 letters are the most")
            kind = self.kind(node.kind)
            for source in node.ins:
                if source not in score.places:
                    raise Refusal(f"{name} hears {source!r}, which is not there. {nearest(source, score.places)}")
                if self.kind(score.places[source].kind).control:
                    raise Refusal(f"{name} hears {source}, but {source} is a control, not a sound: let it drive one of its controls")
            if len(node.ins) > 4:
                raise Refusal(f"{name} hears {len(node.ins)} sounds; four at most: mix some of them first")
            if len(node.ins) > len(kind.inlets):
                raise Refusal(f"{name}: {kind.word} hears {len(kind.inlets)} sound(s), not {len(node.ins)}")
            for key in node.settings:
                if key not in kind.settings and not key.startswith("_"):
                    raise Refusal(f"{name}: {kind.word} has no setting {key!r}. {nearest(key, [*kind.settings, *kind.controls])}")
            for key, value in node.controls.items():
                if key not in kind.controls:
                    raise Refusal(f"{name}: {kind.word} has no control {key!r}. {nearest(key, kind.controls)}")
                self._check_value(f"{name}.{key}", value, score, kind.controls[key].low, kind.controls[key].high)
        for send in score.sends:
            if send.place not in score.places:
                raise Refusal(f"{send.place!r} is sent out but is not there. {nearest(send.place, score.places)}")
            if self.kind(score.places[send.place].kind).control:
                raise Refusal(f"{send.place} is a control, not a sound: it cannot go to an output")
            outs = self.stand.outs
            if send.first < 0 or send.width < 1 or send.first + send.width > outs:
                where = f"{send.first + 1}-{send.first + send.width}"
                raise Refusal(f"{send.place} is sent to outputs {where}; this rig has {outs}. Nearest: 1-{outs}.")
            self._check_value(f"the level of {send.place}", send.gain, score, -16.0, 16.0)
        if not 1.0 <= score.tempo <= 999.0 or not 0.25 <= score.bar <= 64:
            raise Refusal(f"a tempo of {score.tempo:g} with {score.bar:g} beats in a bar; legal: 1 to 999 bpm, a quarter to 64 beats")

    def _check_value(self, where: str, value: float | Drive, score: Score, low: float, high: float) -> None:
        if not isinstance(value, Drive):
            if not isinstance(value, int | float) or not math.isfinite(value):
                raise Refusal(f"{where} = {value!r} is no number; legal: {low:g} to {high:g}")
            if not low <= value <= high:
                raise Refusal(f"{where} = {value:g} is out of range. Nearest: {min(max(value, low), high):g} (legal: {low:g} to {high:g}).")
            return
        if value.source.startswith("knob:"):
            number = value.source[5:]
            if not number.isdigit() or int(number) >= at.KNOBS:
                raise Refusal(f"{where} follows {value.source!r}; knobs go from knob:0 to knob:{at.KNOBS - 1}")
            return
        if value.source not in score.places:
            raise Refusal(f"{where} follows {value.source!r}, which is not there. {nearest(value.source, score.places)}")
        if not self.kind(score.places[value.source].kind).control:
            raise Refusal(f"{where} follows {value.source}, which is a sound. Put follow({value.source}) between them")

    def _width(self, name: str, kind: Kind, settings: dict[str, Any], ins: tuple[int, ...]) -> int:
        if kind.control:
            return 1
        try:
            width = int(kind.channels(settings, ins)) if kind.channels else max(ins, default=1)
        except Refusal:
            raise
        except Exception as trouble:
            raise Refusal(f"{name}: {trouble}") from trouble
        if not 1 <= width <= 64:
            raise Refusal(f"{name} would have {width} channels; legal: 1 to 64")
        return width

    def _order(self, score: Score) -> list[str]:
        """Places so that everyone comes after what it hears and follows; a circle is refused."""
        done: dict[str, bool] = {}
        order: list[str] = []
        for root in score.places:
            if root in done:
                continue
            stack = [(root, iter(self._needs(score.places[root])))]
            done[root] = False
            while stack:
                name, needs = stack[-1]
                for need in needs:
                    if need not in score.places or done.get(need):
                        continue
                    if need in done:
                        circle = [n for n, _ in stack]
                        loop = " -> ".join([*circle[circle.index(need) :], need])
                        raise Refusal(f"{need} would hear itself: {loop}. Break the circle; delay has its own feedback control")
                    done[need] = False
                    stack.append((need, iter(self._needs(score.places[need]))))
                    break
                else:
                    done[name] = True
                    order.append(name)
                    stack.pop()
        return order

    @staticmethod
    def _needs(node: Node) -> Iterable[str]:
        yield from node.ins
        for value in node.controls.values():
            if isinstance(value, Drive) and not value.source.startswith("knob:"):
                yield value.source

    def _strip(
        self, name: str, kind: Kind, node: Node | None, settings: dict[str, Any], ins: tuple[int, ...], width: int, age: int = 0
    ) -> Strip:
        """Lay a row out: all its memory, its controls where they stand, closed to the ear."""
        seed = int.from_bytes(hashlib.blake2s(f"{self.seed}/{name}".encode(), digest_size=6).digest(), "little")
        making = Making(
            self.stand.rate, width, ins, settings, seed, frame=self.stand.frame, share=self._share, inputs=self.stand.inputs
        )
        if age:
            making.settings = {**settings, "_age": age}
        try:
            cells = kind.state(making) if callable(kind.state) else kind.state
            making.state = np.zeros(max(cells, 1))
            making.state += 0.0  # touched now, not in the callback
            if kind.prepare:
                kind.prepare(making)
        except Refusal:
            raise
        except Exception as trouble:
            raise Refusal(f"{name}: {str(trouble).splitlines()[0] if str(trouble) else type(trouble).__name__}") from trouble
        making.settings = settings
        row = np.zeros(r.WIDTH, np.int64)
        bus = np.zeros((width, r.CHUNK), np.float32)
        voice = np.zeros(m.V_LAST + width)
        voice[m.V_GAIN] = voice[m.V_WANT] = 1.0
        voice[m.V_LENGTH] = 1.0
        slots = np.array([self._slots.popleft() for _ in kind.controls] or [0], np.int64)
        strip = Strip(name, kind, row, making, voice, bus, slots)
        row[r.OP] = kind.op.address
        row[r.OUT], row[r.OUTS] = r.address(bus), width
        row[r.STATE], row[r.SLOTS], row[r.VOICE] = r.address(making.state), r.address(slots), r.address(voice)
        row[r.CTL], row[r.RATE], row[r.SEED] = r.address(self.stand.ctl), self.stand.rate, seed
        row[r.CLOCK], row[r.TEMPO] = r.address(self.stand.clock), r.address(self.stand.tempo)
        row[r.FLAGS] = (r.CONTROL if kind.control else 0) | (r.DRY if kind.dry else 0)
        row[r.METER] = r.address(self.stand.spare_meter)
        if kind.control:
            strip.slot = self._slots.popleft()
            row[r.OUT] = r.address(self.stand.ctl) + 8 * (r.SLOTS_MAX + strip.slot)
        if kind.events:
            strip.events = np.zeros(2 + at.EVENTS_MAX * at.EVENT_CELLS)
            row[r.EVENTS] = r.address(strip.events)
        for cell, value in making.cells.items():
            row[cell] = value
        if node is not None:
            for i, (key, control) in enumerate(kind.controls.items()):
                value = node.controls.get(key, control.rest)
                self._put(int(slots[i]), control.rest if isinstance(value, Drive) else float(value))
        return strip

    def _share(self, key: Any, make: Callable[[], Any]) -> Any:
        """One sound in memory for all the places that play it."""
        if key not in self._shared:
            self._shared[key] = make()
        return self._shared[key]

    def _put(self, slot: int, value: float) -> None:
        """Set a control that nothing reads yet."""
        self.stand.ctl[:, slot] = value

    def _slot_of(self, source: str) -> int:
        return int(source[5:]) if source.startswith("knob:") else self.places[source].strip.slot

    # --- landing ------------------------------------------------------------------

    def arm(self, ready: Prepared, frame: int = 0, *, fade: float = FADE_SECONDS, done: Callable[[int], None] | None = None) -> Landing:
        """Lay the next table out and give it to the callback, to land at ``frame`` (0: at once)."""
        if self.armed:
            raise RuntimeError("a plan is armed already: settle first")
        was, score = self.score, ready.score
        turns: list[tuple[int, int, int]] = []
        tunes: list[tuple[int, float, float, float]] = []
        length = max(1, round(fade * self.stand.rate))
        for name in [n for n in self.places if n not in score.places]:
            self._leave(self.places[name], turns, length)
        for name, strip in ready.fresh.items():
            self._enter(name, strip, turns, length)
        glide = max(1.0, RETUNE_SECONDS * self.stand.rate)
        for name, node in score.places.items():
            self._patch(self.places[name], node, was.places.get(name), name in ready.fresh, tunes, glide, length)
        self._send(score, tunes, length)
        for name, place in self.places.items():
            want = 0 if name in score.muted else 1000
            if place.strip.voice[m.V_WANT] * 1000 != want:
                if name in ready.fresh:
                    place.strip.voice[m.V_WANT] = place.strip.voice[m.V_GAIN] = want / 1000
                else:
                    turns.append((r.address(place.strip.voice), 2, want))
        self.score = score
        self.number += 1
        pace = (score.tempo, score.bar) if (score.tempo, score.bar) != (was.tempo, was.bar) else None
        return self._arm(frame, turns, tunes, pace, Landing(np.zeros(m.LANDING, np.int64), [], score, ready.plan, self.number, done))

    def _leave(self, place: Place, turns: list[tuple[int, int, int]], length: int) -> None:
        place.leaving = True
        for strip in [place.strip, *place.fading]:
            turns.append((r.address(strip.voice), 1, length))
        place.strip.hears = [self._provider(h) for h in place.strip.hears]

    def _enter(self, name: str, strip: Strip, turns: list[tuple[int, int, int]], length: int) -> None:
        """A newcomer opens; what had its name closes under it."""
        strip.voice[m.V_WAY], strip.voice[m.V_DONE], strip.voice[m.V_LENGTH] = m.OPENING, 0, length
        old = self.places.get(name)
        if old is None:
            index = self._indices.popleft()
            place = self.places[name] = Place(name, index, strip)
            self.stand.meters[index] = 0
            self.stand.names[index] = name.encode()
        else:
            place = old
            if not place.leaving:
                turns.append((r.address(place.strip.voice), 1, length))
                place.strip.hears = [self._provider(h) for h in place.strip.hears]
            place.strip.row[r.METER] = r.address(self.stand.spare_meter)
            place.leaving = False
            if strip.kind.control:
                self._free(place.strip)
            else:
                place.fading.append(place.strip)
            place.strip = strip
            self.stand.meters[place.index, at.M_BAD] = 0
            place.crossing.clear()
        if place.fading:
            joint = self._strip(name, SUM, None, {}, (), strip.making.channels)
            joint.voice[m.V_WAY] = m.OPEN
            place.joint = joint
        strip.row[r.METER] = self.stand.meter_address(place.index)
        strip.row[r.PLACE] = place.index

    def _provider(self, heard: Any) -> Any:
        """What a name means now, for a strip that goes on hearing it while it fades."""
        if isinstance(heard, str):
            place = self.places.get(heard)
            return place.head if place else None
        return heard

    def _patch(
        self, place: Place, node: Node, was: Node | None, fresh: bool, tunes: list[tuple[int, float, float, float]], glide: float, length: int
    ) -> None:
        """Inlets and controls of one place."""
        strip = place.strip
        if fresh:
            strip.hears = list(node.ins)
        else:
            for i, source in enumerate(node.ins):
                old = was.ins[i] if was else None
                if old == source:
                    continue
                before = place.crossing.get(i) or self._provider(old)
                crossing = self._strip(place.name, CROSS, None, {}, (), strip.making.ins[i])
                crossing.making.state[1] = length
                crossing.voice[m.V_WAY] = m.OPEN
                crossing.hears = [before, source]
                place.crossing[i] = crossing
            strip.hears = list(node.ins)
        for i, (key, control) in enumerate(strip.kind.controls.items()):
            value = node.controls.get(key, control.rest)
            before = None if fresh or was is None else was.controls.get(key, control.rest)
            if value == before:
                continue
            slot = int(strip.slots[i])
            if isinstance(value, Drive):
                strip.leans[i] = self._lean(place.name, slot, value, control.low, control.high, 1.0 if fresh else glide)
            else:
                strip.leans.pop(i, None)
                if not fresh:
                    tunes.append((slot, float(value), glide, m.ROUND))

    def _lean(self, name: str, slot: int, value: Drive, low: float, high: float, glide: float) -> Strip:
        lean = self._strip(name, LEAN, None, {}, (), 1)
        lean.making.state[:8] = value.scale, value.offset, low, high, 0, 0, glide, 0
        lean.hears = [value.source]
        self._slots.append(lean.slot)
        self._slots.append(int(lean.slots[0]))
        lean.slot = slot
        lean.row[r.OUT] = r.address(self.stand.ctl) + 8 * (r.SLOTS_MAX + slot)
        return lean

    def _send(self, score: Score, tunes: list[tuple[int, float, float, float]], length: int) -> None:
        """Lines to the outputs open, move or close."""
        wanted = {send.key: send for send in score.sends}
        glide = max(1.0, RETUNE_SECONDS * self.stand.rate)
        for key, line in self.lines.items():
            if key not in wanted and not line.leaving:
                line.leaving = True
                if key[0] in score.places:  # a place that stays leaves the output; one that goes fades by itself
                    tunes.append((line.open, 0.0, float(length), m.ROUND))
        for key, send in wanted.items():
            audible = 1.0 if not score.soloed or send.place in score.soloed else 0.0
            line = self.lines.get(key)
            if line is None:
                line = self.lines[key] = Line(send, self._slots.popleft(), self._slots.popleft())
                settled = self.places[send.place].strip.voice[m.V_WAY] == m.OPEN
                self._put(line.open, 0.0 if settled else audible)
                self._put(line.gain, 1.0 if isinstance(send.gain, Drive) else float(send.gain))
                if settled:
                    tunes.append((line.open, audible, float(length), m.ROUND))
                if isinstance(send.gain, Drive):
                    line.lean = self._lean(send.place, line.gain, send.gain, -16.0, 16.0, 1.0)
                line.level = audible
                continue
            back = line.leaving
            line.leaving = False
            if send.gain != line.send.gain:
                if isinstance(send.gain, Drive):
                    line.lean = self._lean(send.place, line.gain, send.gain, -16.0, 16.0, glide)
                else:
                    line.lean = None
                    tunes.append((line.gain, float(send.gain), glide, m.ROUND))
            if back or audible != line.level:
                tunes.append((line.open, audible, float(length) if back else glide, m.ROUND))
            line.level = audible
            line.send = send

    def _arm(
        self, frame: int, turns: list[tuple[int, int, int]], tunes: list[tuple[int, float, float, float]], pace: Any, landing: Landing
    ) -> Landing:
        rows = self._rows()
        sends = self._send_rows(max(frame, self.stand.frame))
        tune = np.array(tunes or [(0, 0, 0, 0)], np.float64)
        turn = np.zeros((max(len(turns), 1), m.TURN), np.int64)
        if turns:
            turn[:, :3] = turns
        cells = landing.cells
        cells[m.L_SEQ], cells[m.L_FRAME] = landing.number, frame
        cells[m.L_ROWS], cells[m.L_NROWS] = r.address(rows), len(rows) if len(self.order) else 0
        cells[m.L_SENDS], cells[m.L_NSENDS] = r.address(sends), len(self.lines)
        cells[m.L_TUNES], cells[m.L_NTUNES] = r.address(tune), len(tunes)
        cells[m.L_VOICES], cells[m.L_NVOICES] = r.address(turn), len(turns)
        if pace:
            cells[m.L_TEMPO], cells[m.L_BPM], cells[m.L_BAR] = 1, round(pace[0] * 1e6), round(pace[1] * 1e6)
        landing.held += [rows, sends, tune, turn, list(self.order)]
        self.armed = landing
        self.stand.arm(r.address(cells))
        return landing

    def _rows(self) -> np.ndarray:
        """The table: every strip after what it hears."""
        order: list[Strip] = []
        seen: set[int] = set()

        def visit(strip: Strip) -> None:
            stack: list[tuple[Strip, Any]] = [(strip, None)]
            while stack:
                top, needs = stack.pop()
                if needs is None:
                    if id(top) in seen:
                        continue
                    seen.add(id(top))
                    needs = iter(self._needed(top))
                for need in needs:
                    if id(need) not in seen:
                        stack.append((top, needs))
                        stack.append((need, None))
                        break
                else:
                    order.append(top)

        for place in self.places.values():
            visit(place.head)
        for line in self.lines.values():
            if line.lean:
                visit(line.lean)
        heard = {line.send.place for line in self.lines.values()}
        for strip in order:
            self._point(strip, heard)
        self.order = order
        return np.array([strip.row for strip in order], np.int64).reshape(-1, r.WIDTH) if order else np.zeros((1, r.WIDTH), np.int64)

    def _needed(self, strip: Strip) -> list[Strip]:
        """Every strip that must have sounded before this one."""
        place = self.places.get(strip.name)
        if place and strip is place.joint:
            return [*place.fading, place.strip]
        needs: list[Strip] = []
        for i, heard in enumerate(strip.hears):
            if place and strip is place.strip and i in place.crossing:
                needs.append(place.crossing[i])
                continue
            found = self._found(heard)
            if found is not None:
                needs.append(found)
        needs += strip.leans.values()
        return needs

    def _found(self, heard: Any) -> Strip | None:
        if isinstance(heard, str):
            return self.places[heard].head if heard in self.places and not heard.startswith("knob:") else None
        if heard is not None and heard.gone:
            place = self.places.get(heard.name)
            return place.head if place else None
        return heard

    def _point(self, strip: Strip, heard: set[str]) -> None:
        """Inlet addresses of one row."""
        row, place = strip.row, self.places.get(strip.name)
        if strip.kind is LEAN:
            strip.making.state[7] = self._slot_of(strip.hears[0])
            return
        if place and strip is place.joint:
            sources: list[Strip | None] = [*place.fading[-3:], place.strip]
        else:
            sources = [
                place.crossing[i] if place and strip is place.strip and i in place.crossing else self._found(h)
                for i, h in enumerate(strip.hears)
            ]
        row[r.INS] = len(sources)
        row[r.WIRED] = sum(1 << i for i, source in enumerate(sources) if source is not None)
        for i in range(4):
            source = sources[i] if i < len(sources) else None
            bus = self._silence if source is None else source.bus
            row[r.IN + 2 * i], row[r.IN + 2 * i + 1] = r.address(bus), bus.shape[0]
        if strip.kind.control is False and place and strip is place.strip:
            row[r.FLAGS] = (row[r.FLAGS] & ~r.HEARD) | (r.HEARD if strip.name in heard else 0)

    def _send_rows(self, frame: int) -> np.ndarray:
        table = np.zeros((max(len(self.lines), 1), m.SEND), np.int64)
        for spot, (key, line) in enumerate(self.lines.items()):
            place = self.places[key[0]]
            bus = place.head.bus
            if line.tracks != bus.shape[0]:
                if line.track >= 0:
                    self._tracks.free(line.track, frame)
                line.tracks = bus.shape[0]
                line.track = self._tracks.take(line.tracks, key[0], key[1], key[2], frame)
            table[spot] = r.address(bus), bus.shape[0], key[1], key[2], line.gain, line.open, line.track, place.index
        return table

    # --- after --------------------------------------------------------------------

    def settle(self) -> Landing | None:
        """The landing that has arrived since last asked, if one has."""
        landing = self.armed
        if landing is None or self.stand.landed < landing.number or self.stand.is_armed:
            return None
        self.armed = None
        self._old.append(landing)
        frame = int(landing.cells[m.L_FRAME])
        self.sweep_due = True
        if landing.done:
            landing.done(frame)
        return landing

    def sweep(self) -> bool:
        """Clear away what has finished fading; the graph is wired directly again. True when a table was armed."""
        if self.armed or not self.sweep_due:
            return False
        changed, waiting = False, False
        frame = self.stand.frame
        for name, place in list(self.places.items()):
            for strip in list(place.fading):
                if strip.closed:
                    place.fading.remove(strip)
                    self._free(strip)
                    changed = True
                else:
                    waiting = True
            if place.joint and not place.fading and place.strip.voice[m.V_WAY] == m.OPEN:
                self._free(place.joint)
                place.joint = None
                changed = True
            elif place.joint:
                waiting = True
            for i, crossing in list(place.crossing.items()):
                if crossing.making.state[0] >= crossing.making.state[1]:
                    del place.crossing[i]
                    self._free(crossing)
                    changed = True
                else:
                    waiting = True
            if place.leaving:
                if (place.strip.closed or (place.strip.kind.control and not self._is_leaned_on(name))) and not place.fading:
                    self._remove(name, place, frame)
                    changed = True
                else:
                    waiting = True
        for key, line in list(self.lines.items()):
            if line.leaving and (key[0] not in self.places or self.stand.ctl[1, line.open] == 0.0):
                self._remove_line(key, line, frame)
                changed = True
            elif line.leaving:
                waiting = True
        self.sweep_due = waiting or changed
        if changed:
            landing = Landing(np.zeros(m.LANDING, np.int64), [], self.score, (), self.number)
            self._arm(0, [], [], None, landing)
        return changed

    def _is_leaned_on(self, name: str) -> bool:
        """Whether something that still sounds, if only to fade, follows this control place."""
        strips = [strip for place in self.places.values() for strip in (place.strip, *place.fading)]
        leans = [lean for strip in strips for lean in strip.leans.values()] + [line.lean for line in self.lines.values() if line.lean]
        return any(lean.hears[0] == name for lean in leans)

    def _remove(self, name: str, place: Place, frame: int) -> None:
        for key in [k for k in self.lines if k[0] == name]:
            self._remove_line(key, self.lines[key], frame)
        del self.places[name]
        self._free(place.strip)
        if place.joint:
            self._free(place.joint)
        self.stand.names[place.index] = b""
        self.stand.meters[place.index] = 0
        self._indices.append(place.index)

    def _remove_line(self, key: tuple[str, int, int], line: Line, frame: int) -> None:
        if line.track >= 0:
            self._tracks.free(line.track, frame)
        self._slots.extend((line.gain, line.open))
        del self.lines[key]

    def _free(self, strip: Strip) -> None:
        """Slots go to the far end of the queue: nothing reuses one before the callback has left it."""
        strip.gone = True
        if strip.kind.controls and strip.kind is not LEAN:
            self._slots.extend(int(s) for s in strip.slots)
        if strip.slot >= 0 and strip.kind is not LEAN:
            self._slots.append(strip.slot)

    # --- short cuts ---------------------------------------------------------------

    def go(self, score: Score) -> Prepared:
        """Prepare the way from what sounds to ``score``."""
        return self.prepare(compare(self.score, score))

    def event(self, name: str, frame: int, kind: int, numbers: Iterable[float]) -> None:
        """Put a note, a grain or a trigger into a place's queue."""
        place = self.places.get(name)
        if place is None or place.strip.events is None:
            raise Refusal(f"{name} takes no events. {nearest(name, [p for p, q in self.places.items() if q.strip.events is not None])}")
        queue = place.strip.events
        head, tail = int(queue[0]), int(queue[1])
        if head - tail >= at.EVENTS_MAX:
            raise Refusal(f"{name} has {at.EVENTS_MAX} events waiting already")
        spot = 2 + (head % at.EVENTS_MAX) * at.EVENT_CELLS
        line = np.zeros(at.EVENT_CELLS)
        values = list(numbers)[:10]
        line[0], line[1], line[2 : 2 + len(values)] = frame, kind, values
        queue[spot : spot + at.EVENT_CELLS] = line
        queue[0] = head + 1
