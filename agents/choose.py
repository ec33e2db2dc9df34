"""The partner's memory: what it has heard, and which of it answers.

    from agents import Memory
    memory = Memory("ABCXABDABCE", seed=4)
    memory.follow("ABCE")                  # events 7 8 9 10
    memory.react("A")                      # one answer to one label
    memory.free(8)                         # goes its own way
    memory.at(2).follow("BC")              # the plan from time 2 on is another one
    memory.played(1); memory.plan          # what is coming

A scenario is answered in as few fragments as there can be: always the
longest stretch of the memory that answers what comes next. Where several are
as long: going straight on, then pinned places, the least used (if asked for),
the liked ones, those whose past agrees with what was just played, and chance.

What may not be played is not: places named in ``never`` or ``taboo``, and the
next event in a row once a run is ``continuity`` long. If nothing is left that
answers a label, the ``fallback`` speaks: silence, "hold" the last event, or
the "next" one that may be played. An answer in which nothing sounds at all
is None, and its silence is planned all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.alphabet import Alphabet
from agents.labels import shifted
from agents.line import KEPT, Line
from agents.oracle import Oracle
from agents.places import Places, Spots
from agents.reasons import REACH, Event, Why
from agents.rules import Rules, window
from agents.tiling import FEW, NOWHERE, Tiling

AS_GOOD = 512  # of more places that are as good, a stretch taken by chance is looked at

Answer = list[Event | None]
Found = tuple[int, list[int] | Spots, int, bool]
"""How long, the places as long, their transposition, and whether that is going straight on."""


class Memory:
    """Labelled events in the order they were heard. It grows, it is asked, it never plays a forbidden one.

    ``key`` says what of a label counts (``key=lambda pitch: pitch % 12``), ``same(asked, remembered)`` is an equivalence of
    your own, ``shift(label, semitones)`` moves a label, or its key where there is one. Chance is the memory's own: ``seed``.
    """

    def __init__(
        self,
        labels: Iterable[Hashable] = (),
        *,
        seed: int | None = 0,
        key: Callable[[Any], Hashable] | None = None,
        same: Callable[[Any, Any], bool] | None = None,
        shift: Callable[[Any, int], Hashable] = shifted,
    ) -> None:
        self.labels: list[Hashable] = list(labels)
        self.chance = Random(seed)
        self._alphabet = Alphabet(key, same, shift)
        codes = [self._alphabet.coded(label) for label in self.labels]
        self._oracle = Oracle(codes)
        self._codes = self._oracle.letters
        self._places = Places(codes, len(self._alphabet.names))
        self._tiling = Tiling(self._places, self._codes, self._alphabet.groups)
        self._line = Line(len(codes))
        self._never: set[int] = set()
        self._pins: set[int] = set()
        self._weights: NDArray[np.float64] | None = None  # by index; 1 where nothing was said

    def __len__(self) -> int:
        return len(self._codes)

    def learn(self, label: Hashable) -> int:
        """One event more: its index."""
        code = self._alphabet.coded(label)
        self.labels.append(label)
        self._oracle.extend((code,))
        self._places.add(code)
        self._line.room(len(self._codes))
        return len(self._codes) - 1

    # --- what the performer likes ------------------------------------------------------------------

    def never(self, *events: int | Iterable[int], labels: Iterable[Hashable] = ()) -> None:
        """These are not played any more: indices, ranges of them, or all with a label."""
        self._never |= self._named(events, labels)

    def pin(self, *events: int | Iterable[int], labels: Iterable[Hashable] = ()) -> None:
        """Where several stretches are as long, take one that begins here."""
        self._pins |= self._named(events, labels)

    def more_like(self, *events: int | Iterable[int], labels: Iterable[Hashable] = (), weight: float = 2.0) -> None:
        """Where several are as good, these come so many times as often. ``trade=n`` in a question lets them be n labels shorter too."""
        if not weight >= 0:
            raise ValueError(f"weight={weight!r} is no weight: 2 is twice as often, 0.5 half as often, 0 only if there is no other.")
        self._weights = self._weighed()
        self._weights[list(self._named(events, labels))] = weight

    def forget(self, *events: int | Iterable[int], labels: Iterable[Hashable] = ()) -> None:
        """Takes back never, pin and more_like: for these, or for all if none is named."""
        if not events and not labels:
            self._never, self._pins, self._weights = set(), set(), None
            return
        these = self._named(events, labels)
        self._never -= these
        self._pins -= these
        if self._weights is not None:
            self._weights[list(these)] = 1

    def _weighed(self) -> NDArray[np.float64]:
        """Everybody's weight."""
        known = np.zeros(0) if self._weights is None else self._weights
        return np.append(known, np.ones(len(self) - len(known)))

    def _named(self, events: Iterable[int | Iterable[int]], labels: Iterable[Hashable]) -> set[int]:
        found: set[int] = set()
        labels = [*labels, *(part for part in events if isinstance(part, str))]  # a text is no index
        for part in events:
            if isinstance(part, str):
                continue
            found.update([part] if isinstance(part, int | np.integer) else part)
        for label in labels:
            for code in self._alphabet.codes(label):
                found.update(self._places.of(code).tolist())
        wrong = [i for i in found if not 0 <= i < len(self)]
        if wrong:
            near = f"Nearest: {min(max(wrong[0], 0), len(self) - 1)}." if len(self) else "It holds none."
            raise IndexError(f"there is no event {wrong[0]} in a memory of {len(self)}. {near}")
        return {int(i) for i in found}

    # --- time ----------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """How many events were played."""
        return self._line.now

    @property
    def end(self) -> int:
        """The time up to which there is a plan."""
        return self._line.end

    @property
    def plan(self) -> tuple[Event | None, ...]:
        """What is coming: the events not yet played (None is silence)."""
        return tuple(self._line.events[self._line.now - self._line.begin :])

    def played(self, n: int = 1) -> Answer:
        """The playing goes on by n events: these are they."""
        if n < 0:
            raise ValueError(f"played({n}): time does not go back. Rewrite what is coming with at(time).")
        return self._line.played(n)

    def at(self, time: int) -> From:
        """Ask for an answer from this time on, instead of after everything planned."""
        return From(self, time)

    def _begin(self, at: int | None, n: int) -> int:
        """Go to a time: back, or on through silence. How many of n answers come too late; if all do, the plan stays."""
        line = self._line
        if at is None:
            return 0
        if at + n <= line.now:
            return n
        line.rewind(at)
        while line.end < at:
            line.put(None)
        return line.end - at

    # --- asking ----------------------------------------------------------------------------------

    def follow(
        self,
        scenario: Iterable[Hashable | None],
        fallback: str | None = None,
        continuity: int | None = None,
        transpose: Iterable[int] = (0,),
        taboo: int | Iterable[int] | None = None,
        seed: int | None = None,
        *,
        reuse: str | None = None,
        trade: int = 0,
        chances: Sequence[float] | None = None,
        at: int | None = None,
    ) -> Answer | None:
        """One event (or None, silence) for each label asked; a label None is answered by anything. None if nothing sounds at all.

        ``transpose``: semitones an answer may be moved by. ``taboo``: a number n (nothing of the last n events again) or the
        indices that may not be played this time. ``reuse``: "least" used first where there is a jump, "never" twice. ``seed``:
        chance for this answer alone; without it the memory's own goes on. ``chances``: how likely each label was, for the reasons.
        With ``at``, labels for times already played are not answered.
        """
        asked = list(scenario)
        moves = tuple(dict.fromkeys(int(t) for t in transpose))
        rules = self._rules(fallback, continuity, taboo, reuse, seed, trade, moves)
        self._alphabet.tidy()
        asks = {t: self._alphabet.asks(asked, t) for t in moves}
        late = self._begin(at, len(asked))
        made: Answer = [None] * min(late, len(asked))
        rules.bar(self._line, len(self))
        while len(made) < len(asked):
            made += self._fragment(asks, len(made), len(asked), rules, chances)
        self._line.forget(max(KEPT, len(made)))
        return made if not made or any(made) else None

    def react(self, label: Hashable | None, **how: Any) -> Event | None:
        """The answer to one label: going on if that fits, otherwise where the past agrees best. Takes what ``follow`` takes."""
        made = self.follow((label,), **how)
        return made[0] if made else None

    def free(
        self,
        n: int = 1,
        fallback: str | None = None,
        continuity: int | None = None,
        taboo: int | Iterable[int] | None = None,
        seed: int | None = None,
        *,
        reuse: str | None = None,
        at: int | None = None,
    ) -> Answer | None:
        """n events without being asked for any: straight on as long as it may, then on from where the past was alike."""
        rules = self._rules(fallback, continuity, taboo, reuse, seed)
        made: Answer = [None] * min(self._begin(at, n), n)
        rules.bar(self._line, len(self))
        while len(made) < n:
            made.append(self._wander(rules))
        self._line.forget(max(KEPT, len(made)))
        return made if not made or any(made) else None

    def _rules(
        self,
        fallback: str | None,
        continuity: int | None,
        taboo: int | Iterable[int] | None,
        reuse: str | None,
        seed: int | None,
        trade: int = 0,
        moves: tuple[int, ...] = (0,),
    ) -> Rules:
        """The same, checked."""
        last = window(taboo)
        shut = self._never if taboo is None or isinstance(taboo, int | np.integer) else self._never | self._named([taboo], ())
        chance = self.chance if seed is None else Random(seed)
        return Rules(chance, fallback, continuity, last, shut, reuse, trade, moves)

    def _was(self, back: int, t: int) -> int:
        """What sounded so many events before the end, as a code under t; NOWHERE for silence and before the beginning."""
        events = self._line.events
        event = events[-back] if back <= len(events) else None
        return NOWHERE if event is None else self._alphabet.moved(self._codes[event.index], event.transpose - t)

    # --- a scenario --------------------------------------------------------------------------------

    def _fragment(self, asks: dict[int, list[int]], begin: int, stop: int, rules: Rules, chances: Sequence[float] | None) -> Answer:
        """The longest stretch there is for what is asked from ``begin`` on; if there is none, one event by the fallback."""
        line, tiling, time = self._line, self._tiling, self._line.end
        end = stop if rules.continuity is None else min(stop, begin + rules.continuity)
        on = line.last + 1 if 0 <= line.last < len(self._codes) - 1 else -1
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
        if best and (self._pins or (rules.trade and self._weights is not None)):
            best, spots, move, goes_on = self._favoured(asks, begin, end, on, rules, (best, spots, move, goes_on))
        if not best:
            return [self._fall(rules, None if chances is None else chances[begin])]
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
        pinned, liked = np.zeros(len(self), bool), np.zeros(len(self), bool)
        pinned[list(self._pins)] = True
        if rules.trade and self._weights is not None:
            liked = self._weighed() > 1
        for starts in (pinned, liked):
            if found[3] and starts[on]:
                break
            for t in asks if starts.any() else ():
                k, spots = self._tiling.longest(
                    asks[t], begin, end, rules.chance, skip=on, bars=rules.bars, time=self._line.end, starts=starts, every=True
                )
                if k and k >= found[0] - rules.trade:
                    return k, spots, t, False
        return found

    def _chosen(self, spots: list[int] | Spots, t: int, rules: Rules) -> int:
        """One of several that are as long."""
        if rules.reuse == "least":
            spots = np.asarray(spots)
            uses = self._line.uses[spots]
            spots = spots[uses == uses.min()]
        if self._weights is not None:
            self._weights = self._weighed() if len(self._weights) < len(self) else self._weights
            spots = np.asarray(spots)
            upto = np.cumsum(self._weights[spots])
            if upto[-1] > 0:
                return int(spots[np.searchsorted(upto, rules.chance.random() * upto[-1], side="right")])
        if len(spots) > AS_GOOD:
            at = rules.chance.randrange(len(spots) - AS_GOOD + 1)
            spots = spots[at : at + AS_GOOD]
        spots = self._kindred(spots, t)
        return int(spots[int(rules.chance.random() * len(spots))])

    def _kindred(self, spots: list[int] | Spots, t: int) -> list[int] | Spots:
        """Those whose past agrees longest with what was just played."""
        codes, row = self._codes, self._places.row
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
        while back <= min(REACH, spot) and self._codes[spot - back] == self._was(back, t):
            back += 1
        return back - 1

    # --- without being asked ----------------------------------------------------------------------

    def _wander(self, rules: Rules) -> Event | None:
        """Straight on if that may be; else where the memory just sounded like this; else anywhere."""
        line, size = self._line, len(self._codes)
        on = line.last + 1 if 0 <= line.last < size - 1 else -1
        goes_on = on >= 0 and self._may_go_on(rules)
        spots: list[int] | Spots = [on] if goes_on else []
        if not len(spots) and line.run:
            spots = [state for state in self._oracle.kin(line.last + 1) if state < size and state != on and rules.open(state, line.end)]
        if not len(spots):
            spots = self._anywhere(on, rules)
        if not len(spots):
            return self._fall(rules, None)
        pinned = [spot for spot in spots if spot in self._pins] if self._pins else []
        t = line.transpose if line.run else 0
        spot = self._chosen(pinned or spots, t, rules)
        rule = "on" if goes_on and line.run else "jump" if line.last >= 0 else "start"
        event = Event(spot, t, Why(rule, self._past(spot, t), 0, t, line.used(spot), len(pinned or spots)))
        line.put(event)
        rules.chosen(line, spot, 1)
        return event

    def _may_go_on(self, rules: Rules) -> bool:
        """Whether the next event of the memory may be played."""
        line = self._line
        return (rules.continuity is None or line.run < rules.continuity) and rules.open(line.last + 1, line.end)

    def _anywhere(self, on: int, rules: Rules) -> list[int] | Spots:
        """Every place that may be played, or one by chance where they need not be compared."""
        size = len(self._codes)
        if not self._pins and self._weights is None and rules.reuse is None:
            for _ in range(16):
                spot = int(rules.chance.random() * size)
                if spot < size and spot != on and rules.open(spot, self._line.end):
                    return [spot]
        spots = np.arange(size)
        spots = spots[spots != on]
        return spots if rules.bars is None else spots[rules.bars.open(spots, self._line.end)]

    def _fall(self, rules: Rules, chance: float | None) -> Event | None:
        """Nothing answers: what the fallback says."""
        line, event = self._line, None
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
        line, size = self._line, len(self._codes)
        first = line.last + 1 if line.last >= 0 else int(rules.chance.random() * size)
        skips = rules.continuity is not None and line.run >= rules.continuity
        for step in range(size):
            spot = (first + step) % size
            if not (skips and spot == line.last + 1) and rules.open(spot, line.end):
                return spot
        return -1


class From:
    """A memory asked from a certain time on."""

    def __init__(self, memory: Memory, time: int) -> None:
        if time < 0:
            raise ValueError(f"at({time}): time is counted in events from 0.")
        self.memory, self.time = memory, time

    def follow(self, scenario: Iterable[Hashable | None], *how: Any, **more: Any) -> Answer | None:
        """See ``Memory.follow``."""
        return self.memory.follow(scenario, *how, at=self.time, **more)

    def react(self, label: Hashable | None, **how: Any) -> Event | None:
        """See ``Memory.react``."""
        return self.memory.react(label, at=self.time, **how)

    def free(self, n: int = 1, *how: Any, **more: Any) -> Answer | None:
        """See ``Memory.free``."""
        return self.memory.free(n, *how, at=self.time, **more)
