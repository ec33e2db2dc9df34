"""What was played and what is coming, one event a place: written ahead, rewritten at will, never behind the playing.

Time is counted in events::

    played | the plan, which a new answer may overwrite | the end
           now                                          end

Each place keeps what is needed to go back to it: which event was last, how
long the run was, when the event had been chosen before. What was played is
forgotten after a while, so a night costs no more memory than a minute.
"""

from __future__ import annotations

import numpy as np

from agents.places import grown
from agents.reasons import REACH, Event

KEPT = 4096  # a plan longer than this, and longer than its last answer, counts as played from its beginning
NEVER = -(1 << 62)  # the time of what was not chosen yet


class Line:
    """The events of a memory of ``size`` in the order they were chosen."""

    def __init__(self, size: int) -> None:
        self.events: list[Event | None] = []  # from time ``begin`` on
        self.begin, self.now = 0, 0
        self.last = -1  # the event chosen last, over all silence
        self.transpose = 0  # and its transposition
        self.reach = REACH  # how far back somebody will look
        self.run = 0  # how many events in a row follow each other in the memory; silence breaks it
        self.uses = np.zeros(max(size, 8), np.int32)
        self.when = np.full(max(size, 8), NEVER, np.int64)
        self._back: list[tuple[int, int, int, int]] = []
        self._views()

    def _views(self) -> None:
        """The same numbers one by one: a view is twice as quick at that."""
        self._uses, self._when = memoryview(self.uses), memoryview(self.when)

    def __getstate__(self) -> dict[str, object]:
        """All but the views: they are made anew where it is carried to."""
        return {name: value for name, value in vars(self).items() if name not in ("_uses", "_when")}

    def __setstate__(self, kept: dict[str, object]) -> None:
        vars(self).update(kept)
        self._views()

    def room(self, size: int) -> None:
        """The memory has grown."""
        if size > len(self.uses):
            held = len(self.uses)
            self._uses.release()
            self._when.release()
            self.uses, self.when = grown(self.uses, size), grown(self.when, size)
            self.when[held:] = NEVER
            self._views()

    @property
    def end(self) -> int:
        """The time the next answer begins at."""
        return self.begin + len(self.events)

    def used(self, index: int) -> int:
        """How often an event was chosen."""
        return self._uses[index]

    def put(self, event: Event | None) -> None:
        """One event, or silence, at the end. What is held is not used again."""
        if event is None:
            self._back.append((self.last, self.transpose, self.run, 0))
            self.run = 0
        else:
            index = event.index
            self._back.append((self.last, self.transpose, self.run, self._when[index]))
            self.run = self.run + 1 if self.run and index == self.last + 1 else 1
            if event.why.rule != "hold":
                self._uses[index] += 1
                self._when[index] = self.begin + len(self.events)
            self.last, self.transpose = index, event.transpose
        self.events.append(event)

    def rewind(self, time: int) -> None:
        """Take back everything from a time on; what was played stays."""
        while self.end > max(time, self.now):
            event = self.events.pop()
            self.last, self.transpose, self.run, when = self._back.pop()
            if event is not None and event.why.rule != "hold":
                self._uses[event.index] -= 1
                self._when[event.index] = when

    def played(self, n: int) -> list[Event | None]:
        """The next n events are over: these are they; silence where nothing was planned."""
        while self.end < self.now + n:
            self.put(None)
        gone = self.events[self.now - self.begin : self.now - self.begin + n]
        self.now += n
        self.forget(KEPT)
        return gone

    def forget(self, kept: int) -> None:
        """Let go of what lies too far back."""
        if len(self.events) > 2 * kept:
            self.now = max(self.now, self.end - kept)
        stale = self.now - self.reach - self.begin
        if stale > KEPT // 4:
            del self.events[:stale], self._back[:stale]
            self.begin += stale

    def recent(self, window: int) -> np.ndarray:
        """The events chosen within so many places before the end."""
        indices = {event.index for event in self.events[max(0, len(self.events) - window) :] if event is not None}
        return np.array(sorted(indices), np.intp)
