"""Steps to play: ``x-o- xx-o`` as beats and gains, for whoever schedules the events.

x is loud, o is soft, - or . is a rest; spaces are for the eye. The pattern
turns for ever and step 1 falls on beat 0, so any stretch of time can be asked
for, in pieces of any length, and gives the same hits.
"""

from __future__ import annotations

import math

GAINS = {"x": 1.0, "o": 0.6, "-": 0.0, ".": 0.0}


def gains(steps: str) -> list[float]:
    """The gain of each step; 0 is a rest."""
    for place, letter in enumerate(steps):
        if letter not in GAINS and not letter.isspace():
            raise ValueError(f"a step is x (loud), o (soft), - or . (rest); {steps!r} has {letter!r} at {place + 1}")
    found = [GAINS[letter] for letter in steps if not letter.isspace()]
    if not found:
        raise ValueError("a sequence needs at least one step: x (loud), o (soft), - or . (rest)")
    return found


def hits(steps: str, every: float, swing: float, beat_from: float, beat_to: float) -> list[tuple[float, float]]:
    """The (beat, gain) of every hit with ``beat_from`` <= beat < ``beat_to``.

    ``every``: beats a step. ``swing``: every second step comes late, by a third of a step at 1 (a triplet's feel).
    """
    if not every > 0.0:
        raise ValueError(f"every must be some beats more than 0, not {every}")
    pattern = gains(steps)
    late = min(max(swing, 0.0), 1.0) * every / 3.0
    first, last = math.floor(beat_from / every) - 2, math.ceil(beat_to / every) + 1
    found = []
    for k in range(first, last):
        gain = pattern[k % len(pattern)]
        beat = k * every + (late if k % 2 else 0.0)
        if gain > 0.0 and beat_from <= beat < beat_to:
            found.append((beat, gain))
    return found


def euclid(k: int, n: int, turn: int = 0) -> str:
    """``k`` hits as evenly as possible over ``n`` steps, begun ``turn`` steps later: euclid(3, 8) is ``x--x--x-``."""
    if n < 1:
        raise ValueError(f"a round needs at least one step, not {n}")
    k = min(max(k, 0), n)
    return "".join("x" if (i + turn) * k % n < k else "-" for i in range(n))
