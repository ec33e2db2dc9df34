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

import difflib
from collections.abc import Callable, Hashable, Iterable, Sequence
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.labels import shifted
from agents.line import KEPT, Line
from agents.oracle import Oracle
from agents.places import Places, Spots, grown
from agents.reasons import REACH, Event, Why
from agents.tiling import ANY, FEW, GROUP, NOWHERE, Bars, Group, Tiling

FALLBACKS = (None, "silence", "hold", "next")
REUSES = (None, "least", "never")
GROUPS = 4096  # so many answers of ``same`` are remembered

Answer = list[Event | None]


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
        self.key, self.same, self.shift = key, same, shift
        self.chance = Random(seed)
        self._code_of: dict[Hashable, int] = {}
        self._names: list[Hashable] = []  # by code: the label, or its key
        codes = [self._coded(label) for label in self.labels]
        self._oracle = Oracle(codes)
        self._codes = self._oracle.letters
        self._places = Places(codes, len(self._names))
        self._groups: list[Group] = []
        self._group_of: dict[tuple[Hashable, int], int] = {}
        self._tiling = Tiling(self._places, self._codes, self._groups)
        self._line = Line(len(codes))
        self._never: set[int] = set()
        self._pins: set[int] = set()
        self._weights: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._codes)

    # --- learning --------------------------------------------------------------------------------

    def _coded(self, label: Hashable) -> int:
        """A label's number; a new one gets the next."""
        try:
            name = label if self.key is None else self.key(label)
            code = self._code_of.get(name)
        except TypeError as trouble:
            raise TypeError(f"the label {label!r} cannot be remembered: {trouble}. A list becomes one as tuple(...).") from trouble
        if code is None:
            if name is None:
                raise ValueError("None asks for anything, so it is no label. Call what has no name something else, such as ''.")
            code = self._code_of[name] = len(self._names)
            self._names.append(name)
        return code

    def learn(self, label: Hashable) -> int:
        """One event more: its index."""
        code = self._coded(label)
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
        self._weights |= dict.fromkeys(self._named(events, labels), float(weight))

    def forget(self, *events: int | Iterable[int], labels: Iterable[Hashable] = ()) -> None:
        """Takes back never, pin and more_like: for these, or for all if none is named."""
        these = self._named(events, labels) if events or labels else None
        self._never -= self._never if these is None else these
        self._pins -= self._pins if these is None else these
        self._weights = {} if these is None else {i: weight for i, weight in self._weights.items() if i not in these}

    def _named(self, events: Iterable[int | Iterable[int]], labels: Iterable[Hashable]) -> set[int]:
        found: set[int] = set()
        for part in events:
            found.update([part] if isinstance(part, int | np.integer) else part)
        for label in labels:
            ask = self._ask(label, 0)
            for code in self._groups[GROUP - ask].codes if ask <= GROUP else [ask] if ask >= 0 else []:
                found.update(self._places.of(code).tolist())
        wrong = [i for i in found if not 0 <= i < len(self)]
        if wrong:
            raise IndexError(f"there is no event {min(wrong)}: the memory holds events 0 to {len(self) - 1}.")
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

    def _begin(self, at: int | None) -> int:
        """Go to a time: back, or on through silence. How many labels come too late for it."""
        line = self._line
        if at is None:
            return 0
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
        rules = self._rules(fallback, continuity, taboo, reuse, trade, seed)
        moves = tuple(dict.fromkeys(int(t) for t in transpose))
        asks = {t: self._asks(asked, t) for t in moves}
        late = self._begin(at)
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
        rules = self._rules(fallback, continuity, taboo, reuse, 0, seed)
        made: Answer = [None] * min(self._begin(at), n)
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
        trade: int,
        seed: int | None,
    ) -> Rules:
        """The same, checked."""
        for name, value, legal in (("fallback", fallback, FALLBACKS), ("reuse", reuse, REUSES)):
            if value not in legal:
                near = difflib.get_close_matches(str(value), [str(word) for word in legal], 1, 0.0)[0]
                raise ValueError(f"{name}={value!r} is not known: {', '.join(map(str, legal))}. Nearest: {near}.")
        if continuity is not None and continuity < 1:
            raise ValueError(f"continuity={continuity!r}: a run is at least 1 event long.")
        window = int(taboo) if isinstance(taboo, int | np.integer) else 0
        if window < 0 or trade < 0:
            raise ValueError(f"taboo={taboo!r}, trade={trade!r}: a number of events is 0 or more.")
        shut = set(self._never)
        if taboo is not None and not isinstance(taboo, int | np.integer):
            shut |= self._named([taboo], ())
        return Rules(fallback, continuity, window, shut, reuse, trade, self.chance if seed is None else Random(seed))

    # --- labels as numbers -----------------------------------------------------------------------

    def _asks(self, asked: list[Hashable | None], t: int) -> list[int]:
        """What is asked as numbers: which of the memory's labels, moved by t, would do."""
        if self.same is None and t == 0:
            get, key = self._code_of.get, self.key
            if key is None:
                return [ANY if label is None else get(label, NOWHERE) for label in asked]
            return [ANY if label is None else get(key(label), NOWHERE) for label in asked]
        if len(self._groups) > GROUPS:
            self._groups.clear()
            self._group_of.clear()
        known = {label: self._ask(label, t) for label in set(asked)}
        return [known[label] for label in asked]

    def _ask(self, label: Hashable | None, t: int) -> int:
        """One of them."""
        if label is None:
            return ANY
        name = label if self.key is None else self.key(label)
        if self.same is None:
            return self._code_of.get(name if t == 0 else self.shift(name, -t), NOWHERE)
        which = self._group_of.setdefault((name, t), len(self._groups))
        if which == len(self._groups):
            self._groups.append(Group())
        group, kinds = self._groups[which], len(self._names)
        known = len(group.table)
        if known < kinds:
            fresh = [self.same(name, other if t == 0 else self.shift(other, t)) for other in self._names[known:]]
            group.table = np.append(group.table, np.array(fresh, bool))
            group.codes.update(known + i for i, alike in enumerate(fresh) if alike)
        if len(group.codes) < 2:
            return next(iter(group.codes), NOWHERE)
        return GROUP - which

    def _was(self, back: int, t: int) -> int:
        """What sounded so many events before the end, as a number under t; NOWHERE for silence and before the beginning."""
        events = self._line.events
        event = events[-back] if back <= len(events) else None
        if event is None:
            return NOWHERE
        code = self._codes[event.index]
        if event.transpose == t and self.same is None:
            return code
        name = self._names[code] if event.transpose == 0 else self.shift(self._names[code], event.transpose)
        if self.same is None:
            return self._code_of.get(self.shift(name, -t), NOWHERE)
        kinds = [c for c, other in enumerate(self._names) if self.same(name, other if t == 0 else self.shift(other, t))]
        return code if code in kinds else kinds[0] if kinds else NOWHERE

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
        if best and (self._pins or (rules.trade and self._weights)) and not (goes_on and on in self._pins):
            best, spots, move, goes_on = self._favoured(asks, begin, end, on, rules, (best, spots, move, goes_on))
        if not best:
            return [self._fall(rules, None if chances is None else chances[begin])]
        spot = int(spots[0]) if len(spots) == 1 else self._chosen(spots, move, rules)
        past = self._past(spot, move)
        rule = "on" if goes_on and line.run else "jump" if line.last >= 0 else "start"
        made: Answer = []
        places, put, used, shut = len(spots), line.put, line.used, rules.shuts(spot, best)
        for j in range(best):
            index = spot + j
            why = Why(rule, past, best - j, move, used(index), places, None if chances is None else chances[begin + j])
            event = Event(index, move, why)
            put(event)
            made.append(event)
            rule, places = "on", 1
            if past < REACH:
                past += 1
        if shut:
            rules.bar(line, len(self))
        return made

    def _favoured(
        self, asks: dict[int, list[int]], begin: int, end: int, on: int, rules: Rules, found: tuple[int, list[int] | Spots, int, bool]
    ) -> tuple[int, list[int] | Spots, int, bool]:
        """A pinned place that is as long, or a liked one that is not too much shorter; what was found if there is none."""
        liked = {i for i, weight in self._weights.items() if weight > 1} if rules.trade else set()
        for these in (self._pins, liked):
            if not these or (found[3] and on in these):
                continue
            starts = np.zeros(len(self), bool)
            starts[list(these)] = True
            for t in asks:
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
        if self._weights:
            listed = [int(spot) for spot in spots]
            weights = [self._weights.get(spot, 1.0) for spot in listed]
            if any(weights):
                return rules.chance.choices(listed, weights)[0]
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
        if rules.shuts(spot, 1):
            rules.bar(line, size)
        return event

    def _may_go_on(self, rules: Rules) -> bool:
        """Whether the next event of the memory may be played."""
        line = self._line
        return (rules.continuity is None or line.run < rules.continuity) and rules.open(line.last + 1, line.end)

    def _anywhere(self, on: int, rules: Rules) -> list[int] | Spots:
        """Every place that may be played, or one by chance where they need not be compared."""
        size = len(self._codes)
        if not (self._pins or self._weights or rules.reuse):
            for _ in range(16):
                spot = int(rules.chance.random() * size)
                if spot < size and spot != on and rules.open(spot, self._line.end):
                    return [spot]
        spots = np.arange(size)
        spots = spots[spots != on]
        return spots if rules.bars is None else spots[rules.bars.open(spots, self._line.end)]

    def _fall(self, rules: Rules, chance: float | None) -> Event | None:
        """Nothing answers: what the fallback says."""
        line, size, event = self._line, len(self._codes), None
        if rules.fallback == "hold" and line.last >= 0 and line.last not in rules.shut:
            event = Event(line.last, line.transpose, Why("hold", 0, 0, line.transpose, line.used(line.last), 1, chance))
        elif rules.fallback == "next" and size:
            first = line.last + 1 if line.last >= 0 else int(rules.chance.random() * size)
            fine = rules.continuity is None or line.run < rules.continuity
            for step in range(size):
                spot = (first + step) % size
                if (fine or spot != line.last + 1) and rules.open(spot, line.end):
                    event = Event(
                        spot, line.transpose, Why("next", self._past(spot, line.transpose), 0, line.transpose, line.used(spot), 1, chance)
                    )
                    break
        line.put(event)
        if event is not None and rules.shuts(event.index, 1):
            rules.bar(line, size)
        return event


class Rules:
    """How one question is to be answered."""

    def __init__(
        self, fallback: str | None, continuity: int | None, window: int, shut: set[int], reuse: str | None, trade: int, chance: Random
    ) -> None:
        self.fallback, self.continuity, self.window, self.shut = fallback, continuity, window, shut
        self.reuse, self.trade, self.chance = reuse, trade, chance
        self.bars: Bars | None = None

    def bar(self, line: Line, size: int) -> None:
        """Look what may not be played now."""
        if not (self.shut or self.window or self.reuse == "never"):
            return
        if self.bars is None:
            gates: NDArray[np.bool_] | None = None
            if self.shut or self.reuse == "never":
                gates = line.uses[:size] > 0 if self.reuse == "never" else np.zeros(size, bool)
                gates[list(self.shut)] = True
            self.bars = Bars(gates, self.window, line.when, np.zeros(0, np.intp))
        self.bars.recent = line.recent(self.window)

    def shuts(self, spot: int, n: int) -> bool:
        """Playing these n closes something; close it."""
        if self.bars is None:
            return False
        if self.reuse == "never" and self.bars.shut is not None:
            self.bars.shut[spot : spot + n] = True
        return self.window > 0

    def open(self, spot: int, time: int) -> bool:
        """Whether a place may be played."""
        return self.bars is None or self.bars.is_open(spot, time)


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
