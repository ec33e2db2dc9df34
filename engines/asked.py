"""What a performer says of what is being played, as one number: never this, keep to this, more like it.

It travels as a control does, so it is in time, in the journal, and in the replay. Each saying is counted, so that
the same thing can be said twice::

    number = ((label * 2**17 + count) * 8 + what) * 2**20 + segment
"""

from __future__ import annotations

from dataclasses import dataclass

WHAT = ("", "never", "pin", "more_like", "forget", "drop", "relabel")
"""forget takes back what was said of a segment; drop leaves it out for good, also tomorrow."""
PLACES = 1 << 20
COUNT = 1 << 17  # of sayings, before it begins again


@dataclass(frozen=True)
class Wish:
    """One saying: what, and of which segment."""

    what: str
    index: int
    label: int = 0  # the kind it shall be, for relabel


def coded(count: int, what: str, index: int, label: int = 0) -> float:
    """The number for it."""
    return float(((label * COUNT + count % COUNT) * 8 + WHAT.index(what)) * PLACES + index % PLACES)


def counted(number: float) -> int:
    """How many sayings there were, by the last."""
    return int(number) // PLACES // 8 % COUNT


@dataclass
class Asked:
    """Hears each saying once."""

    last: float | None = None

    def of(self, first: float, number: float) -> list[Wish]:
        """What is new, from the control at the first and the last frame of a step. On its way (a control glides) it says nothing."""
        if first != number:
            return []
        before, self.last = self.last, number
        if before is None or counted(number) <= counted(before):  # the first one was heard by who played before; undo goes back
            return []
        whole = int(number)
        what = whole // PLACES % 8
        return [Wish(WHAT[what], whole % PLACES, whole // PLACES // 8 // COUNT)] if 0 < what < len(WHAT) else []
