"""Turns plans into the next table of rows, and arms it with the frame where it lands.

Runs in Python beside the callback (or in an offline renderer: the same code)
and never touches a sample. Everything that can fail fails in ``prepare``,
before anything that sounds has been changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from live import knobs
from live.core import fades, table
from live.core import inner as m
from live.core import layout as at
from live.core import row as r
from live.core.check import Refusal, check, edges, entangled, followed, in_order, width_of
from live.core.kinds import Kind, kinds, nearest
from live.core.making import Workshop
from live.core.places import Change, Landing, Line, Place, Prepared, Strip
from live.core.stand import Stand
from live.core.strips import MIC
from live.plan import Plan, carried, compare
from live.score import Score

RETUNE_SECONDS = 0.01
FADE_SECONDS = 0.05

__all__ = ["FADE_SECONDS", "RETUNE_SECONDS", "Conductor", "Landing", "Line", "Place", "Prepared", "Refusal", "Strip"]


class Conductor:
    """Holds the score that sounds, and every strip behind it."""

    def __init__(
        self,
        stand: Stand,
        *,
        seed: int = 0,
        find: Callable[[str], Kind | None] | None = None,
        named: Callable[[int, str, float], None] | None = None,
    ) -> None:
        """``named``: told of every knob that gets its name: its number, the name, where it stands."""
        self.stand = stand
        self.find = find  # kinds from elsewhere: written treatments, worker engines
        self.named = named
        self.workshop = Workshop(stand, seed)
        self.score = Score()
        self.places: dict[str, Place] = {}
        self.lines: dict[tuple[str, int, int], Line] = {}
        self.armed: Landing | None = None
        self.number = 0
        self.sweep_due = False
        self.order: list[Strip] = []
        self._indices = deque(range(at.PLACES))
        self._sounding: Landing | None = None  # what the callback reads is held here
        self._buses = table.Buses()
        self._tracks = stand.tracks()
        self._longest = stand.rate  # frames a slot rests: longer than any fade can still move it

    # --- preparing ------------------------------------------------------------------

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
        asked: dict[str, Kind] = {}

        def find(word: str) -> Kind:
            if word not in asked:
                asked[word] = self.kind(word)
            return asked[word]

        check(score, self.score, self.stand.outs, find)
        order = in_order(score)
        self.workshop.slots.wake(self.stand.frame)
        ready = Prepared(plan, score, {})
        try:
            self._build(ready, order, find, age or {})
            self._room(score)
            for source in followed(score, self.score):
                self.claim(source[5:])
        except BaseException:
            self.forget(ready)
            raise
        return ready

    def _build(self, ready: Prepared, order: list[str], find: Callable[[str], Kind], age: dict[str, int]) -> None:
        """Newcomers: what is new, what is another kind now, what hears another width, what would hear itself."""
        score = ready.score
        tangled = self._tangled(score)
        widths: dict[str, int] = {}
        for name in order:
            node, now = score.places[name], self.places.get(name)
            kind = find(node.kind)
            ins = tuple([widths[source] for source in node.ins])
            settings = {**kind.settings, **node.settings}
            same = (
                now is not None
                and not now.leaving
                and now.strip.kind.word == kind.word
                and now.strip.making.ins == ins
                and now.strip.making.settings == settings
            )
            if same and name not in tangled:
                widths[name] = now.strip.making.channels  # type: ignore[union-attr]
                continue
            widths[name] = width_of(name, kind, settings, ins)
            ready.fresh[name] = self.workshop.strip(name, kind, node, settings, ins, widths[name], age.get(name, 0))

    def _tangled(self, score: Score) -> set[str]:
        """Places to be built anew because the old patch, still fading, and the new one together make a circle."""
        now = edges(score)
        added = now - edges(self.score)
        return entangled(now, added, table.edges(self.order, self.places)) if added and self.order else set()

    def _room(self, score: Score) -> None:
        """Refuse what would not fit, before anything is changed."""
        places = len(score.places.keys() - self.places.keys())
        if places > len(self._indices):
            raise Refusal(f"the core holds {at.PLACES} places at once, fading ones included; {places - len(self._indices)} too many")
        lines = len({send.key for send in score.sends} - self.lines.keys())
        if 2 * lines > len(self.workshop.slots.free):
            raise Refusal(f"the core holds no more sends: {lines} new ones are too many")

    def claim(self, which: int | str, stands: float | None = None) -> int:
        """The number of a knob. A name nobody has followed so far gets one for good, and stands where it is told (or at rest)."""
        number = knobs.number_of(self.stand.knob_names, which)
        if number is None:
            number = knobs.claim(self.stand.knob_names, which)
            if number is None:
                why = knobs.why_not(str(which)) or f"the core holds {at.KNOBS - at.NAMED} knobs with names, and they are taken"
                raise Refusal(f"knob({which!r}): {why}. What plays, plays on")
            touched = stands is not None
            where = knobs.at_rest(which) if stands is None else stands
            self.stand.name_knob(number, str(which), where, touched)
            if self.named:
                self.named(number, str(which), where)
        return number

    def forget(self, ready: Prepared) -> None:
        """Give back what the newcomers of a plan took that will not land."""
        for strip in ready.fresh.values():
            self.workshop.scrap(strip, self.stand.frame)

    # --- landing ------------------------------------------------------------------

    def arm(
        self, ready: Prepared, frame: int = 0, *, fade: float = FADE_SECONDS, done: Callable[[int], None] | None = None, tempo: bool = True
    ) -> Landing:
        """Lay the next table out and give it to the callback, to land at ``frame`` (0: at once). ``tempo``: time takes its pace from it."""
        if self.armed:
            raise RuntimeError("a plan is armed already: settle first")
        rate = self.stand.rate
        change = Change(max(1, round(fade * rate)), max(1.0, RETUNE_SECONDS * rate), max(frame, self.stand.frame))
        self._longest = max(self._longest, 2 * change.length, rate)
        self._clear_away(change)
        was, score = self.score, ready.score
        heard = fades.heard_until_now(self.places, was, score, ready.fresh)
        for name, place in self.places.items():
            if not place.leaving and (name in ready.fresh or name not in score.places):
                fades.step_back(place, self.places, change)
        controls = [name for name in ready.fresh if name in self.places and self.places[name].strip.kind.control]
        born = ready.fresh.keys() - self.places.keys()
        for name, strip in ready.fresh.items():
            ins = score.places[name].ins
            at_once = bool(ins) and name in born and born.issuperset(ins) and strip.kind.word in kinds()
            self._enter(name, strip, change, at_once)
        fades.lean_anew(self.places, self.lines, controls, self.workshop, change)
        for name, node in score.places.items():
            if name in ready.fresh or was.places.get(name) is not node:
                before = None if name in ready.fresh else was.places.get(name)
                fades.patch(self.places[name], node, before, heard, self.workshop, change)
            fades.hush(self.places[name], name in score.muted, name in ready.fresh, change)
        fades.send(self.lines, self.places, score, ready.fresh, self.workshop, change)
        self.score = score
        self.number += 1
        pace = (score.tempo, score.bar) if tempo and (score.tempo, score.bar) != (was.tempo, was.bar) else None
        return self._arm(frame, change, pace, Landing(np.zeros(m.LANDING, np.int64), score, ready.plan, self.number, done))

    def _enter(self, name: str, strip: Strip, change: Change, at_once: bool) -> None:
        """A newcomer opens; what had its name has stepped back already and closes under it.

        A treatment born with all it hears is open at once: they open themselves, and a pattern's first hit would be blunted."""
        if not at_once:
            strip.voice[m.V_WAY], strip.voice[m.V_DONE], strip.voice[m.V_LENGTH] = m.OPENING, 0, change.length
        place = self.places.get(name)
        if place is None:
            place = self.places[name] = Place(name, self._indices.popleft(), strip, strip)
            self.stand.names[place.index] = name.encode()
        else:
            self._replace(place, strip, change)
        self.stand.meters[place.index] = 0
        strip.row[r.METER] = self.stand.meter_address(place.index)
        strip.row[r.PLACE] = place.index

    def _replace(self, place: Place, strip: Strip, change: Change) -> None:
        old, place.strip, place.leaving = place.strip, strip, False
        old.row[r.METER] = r.address(self.stand.spare_meter)
        if old.kind.control:  # nobody hears a control: it goes at once, and those who follow it lean over
            self._scrap(old, change)
        else:
            place.fading.append(old)
        if not place.fading:
            place.head = strip
        elif not strip.kind.control:
            place.head = self.workshop.joint(place.name, place.head, strip)
        fades.hurry(place, self.stand.rate, change)

    def _arm(self, frame: int, change: Change, pace: tuple[float, float] | None, landing: Landing) -> Landing:
        self.order = table.in_order(self.places, self.lines)
        rows = table.rows(self.order, self.places, self.lines, self._buses, self.claim)
        sends = table.sends(self.places, self.lines, self._tracks, change)
        tune = np.array(change.tunes or [(0, 0, 0, 0)], np.float64)
        turn = np.array([(*each, 0) for each in change.turns] or [(0, 0, 0, 0)], np.int64)
        marks = np.array(change.marks or [0], np.int64)
        cells = landing.cells
        cells[m.L_SEQ], cells[m.L_FRAME] = landing.number, frame
        cells[m.L_ROWS], cells[m.L_NROWS] = r.address(rows), len(self.order)
        cells[m.L_SENDS], cells[m.L_NSENDS] = r.address(sends), len(self.lines)
        cells[m.L_TUNES], cells[m.L_NTUNES] = r.address(tune), len(change.tunes)
        cells[m.L_VOICES], cells[m.L_NVOICES] = r.address(turn), len(change.turns)
        cells[m.L_MARKS], cells[m.L_NMARKS] = r.address(marks), len(change.marks)
        if pace:
            cells[m.L_TEMPO], cells[m.L_BPM], cells[m.L_BAR] = 1, round(pace[0] * 1e6), round(pace[1] * 1e6)
        landing.held += [rows, sends, tune, turn, marks, self.order]
        self.armed = landing
        self.stand.arm(r.address(cells))
        return landing

    # --- after --------------------------------------------------------------------

    def settle(self) -> Landing | None:
        """The landing that has arrived since last asked, if one has."""
        landing = self.armed
        if landing is None or self.stand.landed < landing.number or self.stand.is_armed:
            return None
        self.armed, self._sounding = None, landing
        self.sweep_due = True
        if landing.done:
            landing.done(int(landing.cells[m.L_FRAME]))
        return landing

    def sweep(self) -> bool:
        """Clear away what has finished fading; the graph is wired directly again. True when a table was armed."""
        if self.armed or not self.sweep_due:
            return False
        change = Change(1, 1.0, self.stand.frame)
        changed = self._clear_away(change)
        if changed:
            self._arm(0, change, None, Landing(np.zeros(m.LANDING, np.int64), self.score, (), self.number))
        return changed

    def _clear_away(self, change: Change) -> bool:
        """Forget what is closed. The callback may still read it until the next landing, and hears nothing of it."""
        changed, waiting = False, False
        for name, place in list(self.places.items()):
            changed |= fades.clear(place, self.places, lambda strip: self._scrap(strip, change))
            if place.leaving and not place.fading:
                strip = place.strip
                if strip.closed or (strip.kind.control and not fades.is_followed(name, self.places, self.lines)):
                    self._remove(place, change)
                    changed = True
                    continue
            waiting |= fades.is_moving(place)
        for key, line in list(self.lines.items()):
            if line.leaving:
                if line.target == 0.0 and not self.stand.ctl[:, line.open].any():
                    self._remove_line(key, change)
                    changed = True
                else:
                    waiting = True
        self.sweep_due = waiting
        return changed

    def _scrap(self, strip: Strip, change: Change) -> None:
        self.workshop.scrap(strip, change.frame + self._longest)

    def _remove(self, place: Place, change: Change) -> None:
        for key in [k for k in self.lines if k[0] == place.name]:
            self._remove_line(key, change)
        del self.places[place.name]
        self._scrap(place.strip, change)
        self.stand.names[place.index] = b""
        self.stand.meters[place.index] = 0
        self._indices.append(place.index)

    def _remove_line(self, key: tuple[str, int, int], change: Change) -> None:
        line = self.lines.pop(key)
        if line.track >= 0:
            change.marks += self._tracks.free(line.track, change.frame)
        self.workshop.slots.give([line.gain, line.open], change.frame + self._longest)

    # --- short cuts ---------------------------------------------------------------

    @property
    def taken(self) -> dict[str, int]:
        """How much of each pool is in use: after everything has gone, all are zero."""
        return {
            "places": at.PLACES - len(self._indices),
            "strips": self.workshop.built,
            "slots": self.workshop.slots.taken,
            "lines": len(self.lines),
            "tracks": self._tracks.taken,
        }

    def go(self, score: Score) -> Prepared:
        """Prepare the way from what sounds to ``score``."""
        return self.prepare(compare(self.score, score))

    def event(self, name: str, frame: int, kind: int, numbers: Iterable[float], *, soon: int = 0) -> int:
        """Put a note, a grain or a trigger into a place's queue, at least ``soon`` frames from now; at which frame it will act."""
        place = self.places.get(name)
        if place is None or place.strip.events is None:
            raise Refusal(f"{name} takes no events. {nearest(name, [p for p, q in self.places.items() if q.strip.events is not None])}")
        queue: Any = place.strip.events
        head, tail = int(queue[0]), int(queue[1])
        if head - tail >= at.EVENTS_MAX:
            raise Refusal(f"{name} has {at.EVENTS_MAX} events waiting already")
        spot = 2 + (head % at.EVENTS_MAX) * at.EVENT_CELLS
        values = list(numbers)[:10]
        row = queue[spot : spot + at.EVENT_CELLS]
        row[1], row[2:] = kind, 0.0
        row[2 : 2 + len(values)] = values
        if head > tail:  # none overtakes another
            frame = max(frame, int(queue[2 + ((head - 1) % at.EVENTS_MAX) * at.EVENT_CELLS]))
        if soon:  # asked at the last moment: the callback goes on meanwhile
            frame = max(frame, self.stand.frame + soon)
        row[0] = frame
        queue[0] = head + 1
        return frame
