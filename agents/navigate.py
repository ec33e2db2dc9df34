"""Step by step through the memory: the next fragment of an answer, the next event of free play, or what the fallback says.

Everything chosen goes on the line at once, so each step sees what the one before did.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.alphabet import Alphabet
from agents.line import Line
from agents.oracle import Oracle
from agents.places import Places, Spots
from agents.reasons import REACH, Event, Why
from agents.rules import Rules
from agents.taste import Taste
from agents.tiling import FEW, NOWHERE, Tiling

NEAR = 64  # so many places are tried one by one before all are looked at together
AS_GOOD = 512  # of more places that are as good, a stretch taken by chance is looked at

Answer = list[Event | None]
Found = tuple[int, list[int] | Spots, int, bool]
"""How long, the places as long, their transposition, and whether that is going straight on."""


class Navigator:
    """Chooses from one memory and writes on its line."""

    def __init__(self, alphabet: Alphabet, oracle: Oracle, places: Places, line: Line, taste: Taste) -> None:
        self.alphabet, self.oracle, self.places, self.line, self.taste = alphabet, oracle, places, line, taste
        self.codes = oracle.letters
        self.tiling = Tiling(places, self.codes, alphabet.groups)

    def _was(self, back: int, t: int) -> int:
        """What sounded so many events before the end, as a code under t; NOWHERE for silence and before the beginning."""
        events = self.line.events
        event = events[-back] if back <= len(events) else None
        return NOWHERE if event is None else self.alphabet.moved(self.codes[event.index], event.transpose - t)

    def fragment(self, asks: dict[int, list[int]], begin: int, stop: int, rules: Rules, chances: Sequence[float] | None) -> Answer:
        """The longest stretch there is for what is asked from ``begin`` on; if there is none, one event by the fallback."""
        line, tiling, time = self.line, self.tiling, self.line.end
        end = stop if rules.continuity is None else min(stop, begin + rules.continuity)
        on = line.last + 1 if 0 <= line.last < len(self.codes) - 1 else -1
        limit = end if rules.continuity is None else min(end, begin + rules.continuity - line.run)
        moves = asks if len(asks) == 1 else sorted(asks, key=lambda t: (t != line.transpose, abs(t), t))
        best, spots, move, goes_on = 0, [], 0, False
        for t in moves:
            ask = asks[t]
            if on >= 0:
                k = tiling.stretch(on, ask, begin, limit, rules.bars, time)
                if k > best:
                    best, spots, move, goes_on = k, [on], t, True
            if best < end - begin:
                k, found = tiling.longest(ask, begin, end, rules.chance, skip=on, bars=rules.bars, time=time, every=rules.reuse == "least")
                if k > best:
                    best, spots, move, goes_on = k, found, t, False
        if best and (self.taste.pins or (rules.trade and self.taste.weights is not None)):
            best, spots, move, goes_on = self._favoured(asks, begin, end, on, rules, (best, spots, move, goes_on))
        if not best:
            return [self.fall(rules, None if chances is None else chances[begin])]
        spot = int(spots[0]) if len(spots) == 1 else self._chosen(spots, move, rules)
        past = self._past(spot, move)
        rule = "on" if goes_on and line.run else "jump" if line.last >= 0 else "start"
        made: Answer = []
        places, put, used = len(spots), line.put, line.used
        for j in range(best):
            index = spot + j
            why = Why(rule, past, best - j, move, used(index), places, None if chances is None else chances[begin + j])
            event = Event(index, move, why)
            put(event)
            made.append(event)
            rule, places = "on", 1
            if past < REACH:
                past += 1
        rules.chosen(line, spot, best)
        return made

    def _favoured(self, asks: dict[int, list[int]], begin: int, end: int, on: int, rules: Rules, found: Found) -> Found:
        """A pinned place that is as long, or a liked one that is not too much shorter; what was found if there is none."""
        pinned, liked = np.zeros(len(self.codes), bool), np.zeros(len(self.codes), bool)
        pinned[list(self.taste.pins)] = True
        if rules.trade and self.taste.weights is not None:
            liked = self.taste.weighed(len(self.codes)) > 1
        for starts in (pinned, liked):
            if found[3] and starts[on]:
                break
            for t in asks if starts.any() else ():
                k, spots = self.tiling.longest(
                    asks[t], begin, end, rules.chance, skip=on, bars=rules.bars, time=self.line.end, starts=starts, every=True
                )
                if k and k >= found[0] - rules.trade:
                    return k, spots, t, False
        return found

    def _chosen(self, spots: list[int] | Spots, t: int, rules: Rules) -> int:
        """One of several that are as long."""
        if rules.reuse == "least":
            spots = np.asarray(spots)
            uses = self.line.uses[spots]
            spots = spots[uses == uses.min()]
        if self.taste.weights is not None:
            self.taste.weights = self.taste.weighed(len(self.codes))
            spots = np.asarray(spots)
            upto = np.cumsum(self.taste.weights[spots])
            if upto[-1] > 0:
                return int(spots[np.searchsorted(upto, rules.chance.random() * upto[-1], side="right")])
        if len(spots) > AS_GOOD:
            at = rules.chance.randrange(len(spots) - AS_GOOD + 1)
            spots = spots[at : at + AS_GOOD]
        spots = self._kindred(spots, t)
        return int(spots[int(rules.chance.random() * len(spots))])

    def _kindred(self, spots: list[int] | Spots, t: int) -> list[int] | Spots:
        """Those whose past agrees longest with what was just played."""
        codes, row = self.codes, self.places.row
        for back in range(1, REACH + 1):
            was = self._was(back, t) if len(spots) > 1 else NOWHERE
            if was == NOWHERE:
                break
            if len(spots) <= FEW:
                alike = [spot for spot in spots if spot >= back and codes[spot - back] == was]
            else:
                spots = np.asarray(spots)
                alike = spots[spots >= back]
                alike = alike[row[alike - back] == was]
            if not len(alike):
                break
            spots = alike
        return spots

    def _past(self, spot: int, t: int) -> int:
        """How many labels before a place agree with what was just played, up to REACH."""
        back = 1
        while back <= min(REACH, spot) and self.codes[spot - back] == self._was(back, t):
            back += 1
        return back - 1

    def wander(self, rules: Rules) -> Event | None:
        """Straight on if that may be; else where the memory just sounded like this; else anywhere."""
        line, size = self.line, len(self.codes)
        on = line.last + 1 if 0 <= line.last < size - 1 else -1
        goes_on = on >= 0 and self._may_go_on(rules)
        spots: list[int] | Spots = [on] if goes_on else []
        if not len(spots) and line.run:
            spots = [state for state in self.oracle.kin(line.last + 1) if state < size and state != on and rules.open(state, line.end)]
        if not len(spots):
            spots = self._anywhere(on, rules)
        if not len(spots):
            return self.fall(rules, None)
        pinned = [spot for spot in spots if spot in self.taste.pins] if self.taste.pins else []
        t = line.transpose if line.run else 0
        spot = self._chosen(pinned or spots, t, rules)
        rule = "on" if goes_on and line.run else "jump" if line.last >= 0 else "start"
        event = Event(spot, t, Why(rule, self._past(spot, t), 0, t, line.used(spot), len(pinned or spots)))
        line.put(event)
        rules.chosen(line, spot, 1)
        return event

    def _may_go_on(self, rules: Rules) -> bool:
        """Whether the next event of the memory may be played."""
        line = self.line
        return (rules.continuity is None or line.run < rules.continuity) and rules.open(line.last + 1, line.end)

    def _anywhere(self, on: int, rules: Rules) -> list[int] | Spots:
        """Every place that may be played, or one by chance where they need not be compared."""
        size = len(self.codes)
        if not self.taste.pins and self.taste.weights is None and rules.reuse is None:
            for _ in range(16):
                spot = int(rules.chance.random() * size)
                if spot < size and spot != on and rules.open(spot, self.line.end):
                    return [spot]
        spots = np.arange(size)
        spots = spots[spots != on]
        return spots if rules.bars is None else spots[rules.bars.open(spots, self.line.end)]

    def fall(self, rules: Rules, chance: float | None) -> Event | None:
        """Nothing answers: what the fallback says."""
        line, event = self.line, None
        if rules.fallback == "hold" and line.last >= 0 and line.last not in rules.shut:
            event = Event(line.last, line.transpose, Why("hold", 0, 0, line.transpose, line.used(line.last), 1, chance))
        elif rules.fallback == "next":
            spot = self._next(rules)
            t = line.transpose if line.transpose in rules.moves else rules.moves[0]
            if spot >= 0:
                event = Event(spot, t, Why("next", self._past(spot, t), 0, t, line.used(spot), 1, chance))
        line.put(event)
        if event is not None:
            rules.chosen(line, event.index, 1)
        return event

    def _next(self, rules: Rules) -> int:
        """The first event after the last one, round the end, that may be played; -1 if there is none."""
        line, size = self.line, len(self.codes)
        first = line.last + 1 if line.last >= 0 else int(rules.chance.random() * size)
        skips = rules.continuity is not None and line.run >= rules.continuity
        for spot in range(first, min(first + NEAR, size)):
            if not (skips and spot == line.last + 1) and rules.open(spot, line.end):
                return spot
        spots = np.roll(np.arange(size), -first)
        if skips:
            spots = spots[spots != line.last + 1]
        if rules.bars is not None:
            spots = spots[rules.bars.open(spots, line.end)]
        return int(spots[0]) if len(spots) else -1
