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
as long: pinned places, then going straight on, the least used (if asked for),
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

from agents.alphabet import Alphabet
from agents.labels import shifted
from agents.line import KEPT, Line
from agents.navigate import Answer, Navigator
from agents.oracle import Oracle
from agents.places import Places
from agents.reasons import Event
from agents.rules import Rules, window
from agents.taste import Taste


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
        self._line = Line(len(codes))
        self._taste = Taste()
        self._navigator = Navigator(self._alphabet, self._oracle, self._places, self._line, self._taste)

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

    def renewed(self, **how: Any) -> Memory:
        """The same memory with another ``key``, ``same`` or ``shift``: plan, uses, likes and chance go on where they were."""
        kept = {"key": self._alphabet.key, "same": self._alphabet.same, "shift": self._alphabet.shift}
        other = Memory(self.labels, **(kept | how))
        other.chance, other._line, other._taste = self.chance, self._line, self._taste
        other._navigator = Navigator(other._alphabet, other._oracle, other._places, other._line, other._taste)
        return other

    # --- what the performer likes ------------------------------------------------------------------

    def never(self, *events: int | Iterable[int], labels: Iterable[Hashable] = ()) -> None:
        """These are not played any more: indices, ranges of them, or all with a label."""
        self._taste.never |= self._named(events, labels)

    def pin(self, *events: int | Iterable[int], labels: Iterable[Hashable] = ()) -> None:
        """Where several stretches are as long, take one that begins here."""
        self._taste.pins |= self._named(events, labels)

    def more_like(self, *events: int | Iterable[int], labels: Iterable[Hashable] = (), weight: float = 2.0) -> None:
        """Where several are as good, these come so many times as often. ``trade=n`` in a question lets them be n labels shorter too."""
        self._taste.like(self._named(events, labels), weight, len(self))

    def forget(self, *events: int | Iterable[int], labels: Iterable[Hashable] = ()) -> None:
        """Takes back never, pin and more_like: for these, or for all if none is named."""
        self._taste.forget(self._named(events, labels) if events or labels else None)

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

    def used(self, event: int) -> int:
        """How often an event was chosen, plan included."""
        return self._line.used(event)

    def played(self, n: int = 1) -> Answer:
        """The playing goes on by n events: these are they."""
        if n < 0:
            raise ValueError(f"played({n}): time does not go back. Rewrite what is coming with at(time).")
        return self._line.played(n)

    def put(self, events: Iterable[Event | None]) -> None:
        """These come from now on, whatever was planned: for what needs no asking, such as simply reading on."""
        self._line.rewind(self._line.now)
        for event in events:
            self._line.put(event)

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
            made += self._navigator.fragment(asks, len(made), len(asked), rules, chances)
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
            made.append(self._navigator.wander(rules))
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
        shut = self._taste.never if taboo is None or isinstance(taboo, int | np.integer) else self._taste.never | self._named([taboo], ())
        chance = self.chance if seed is None else Random(seed)
        return Rules(chance, fallback, continuity, last, shut, reuse, trade, moves)


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
