"""One event of an answer, and why it is this one."""

from __future__ import annotations

from typing import NamedTuple

REACH = 32  # labels looked back at when a shared past is measured

RULES = {
    "on": "Goes on",
    "jump": "A jump",
    "start": "A start",
    "hold": "Nothing fits: holds the last event",
    "next": "Nothing fits: takes the next event",
}


class Why(NamedTuple):
    """The reason for one event; ``str`` makes a sentence of it."""

    rule: str  # one of RULES
    past: int  # labels before it in the memory that agree with what was just answered, up to REACH
    future: int  # asked labels it and its followers answer in one go, itself counted; 0 where none was asked or none fits
    transpose: int  # semitones
    uses: int  # how often it was chosen before, plan included
    places: int = 1  # how many were as good (where they are thousands, a part is counted)
    probability: float | None = None  # of the label, by whoever proposed it

    def __str__(self) -> str:
        parts = []
        if self.past:
            parts.append(f"{_count(self.past, 'label')} before it {'agrees' if self.past == 1 else 'agree'} with what was just played")
        if self.future:
            parts.append(f"answers {_count(self.future, 'asked label')}" + (" in a row" if self.future > 1 else ""))
        if self.transpose:
            parts.append(f"{_count(abs(self.transpose), 'semitone')} {'up' if self.transpose > 0 else 'down'}")
        if self.places > 1:
            parts.append(f"one of {self.places} places as good")
        parts.append(f"used {'once' if self.uses == 1 else f'{self.uses} times'} before" if self.uses else "never used before")
        if self.probability is not None:
            parts.append(f"its label had a chance of {self.probability:.0%}")
        return f"{RULES[self.rule]}: " + ", ".join(parts) + "."


class Event(NamedTuple):
    """Play the memory's event ``index``, so many semitones up."""

    index: int
    transpose: int
    why: Why


def _count(n: int, what: str) -> str:
    return f"{n} {what}" + ("" if n == 1 else "s")
