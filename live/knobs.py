"""Which knob a name means. Numbers below NAMED are controllers' own; a name takes the first free one above, for good.

Only the core's conductor gives out numbers; everybody else looks them up in ``core.map``.
"""

from __future__ import annotations

import re

import numpy as np

from live.core.layout import KNOBS, NAMED

LONGEST = 64


def number_of(names: np.ndarray, which: int | str) -> int | None:
    """The number of a knob by its number or name; None for a name nobody follows yet."""
    if not isinstance(which, str):
        return int(which)
    if is_number(which):
        return int(which) if int(which) < KNOBS else None
    if why_not(which):
        return None
    found = np.flatnonzero(names[NAMED:] == which.encode())
    return NAMED + int(found[0]) if len(found) else None


def is_number(which: str) -> bool:
    """Whether a knob goes by its number."""
    return which.isascii() and which.isdigit()


def why_not(name: str) -> str:
    """What keeps a text from being a knob's name; nothing when it can be one. What is kept must be told apart to its end."""
    if is_number(name):
        return f"knobs are counted from 0 to {KNOBS - 1}"
    if not name or name != name.strip() or not name.isprintable():
        return "a knob's name is a word or two, with nothing before, after or hidden in it"
    return "" if len(name.encode()) < LONGEST else f"a knob's name has {LONGEST - 1} letters at most"


def name_of(names: np.ndarray, number: int) -> str:
    """What a knob is called: its name, or its number."""
    return names[number].decode(errors="replace") if number >= NAMED and names[number] else str(number)


def claim(names: np.ndarray, which: int | str) -> int | None:
    """The number of a knob, given out now if need be; None when all are taken. For the conductor alone."""
    found = number_of(names, which)
    if found is None and not why_not(str(which)):
        free = np.flatnonzero(names[NAMED:KNOBS] == b"")
        if not len(free):
            return None
        found = NAMED + int(free[0])
        names[found] = str(which).encode()
    return found


def at_rest(which: int | str) -> float:
    """Where a knob stands before anybody has touched it: a bender in the middle, "bend", "nano/bend", "key bend"."""
    return 0.5 if isinstance(which, str) and re.split("[/ ]", which)[-1] == "bend" else 0.0
