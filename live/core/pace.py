"""Time changes its pace inside the callback: compiled, at multiples of CHUNK, the same whatever the device's block.

Whoever leads (a tap, a nudge, MIDI clock, Link) puts paces into a queue; what began, and at which frame, lies in a log
for the journal.
"""

from __future__ import annotations

from types import FunctionType

from numba import njit

from live.core import layout as at
from live.core import pacing
from live.core.inner import PACED, PACES, S_CLOCK, S_PACED, S_PACES, S_TEMPO, STAND
from live.core.pacing import DUE, GONE, PACE
from live.core.row import doubles, fence, words

_names = dict(vars(pacing))
for _law in ("beat_of", "rebase", "onward", "begin", "planned"):  # in the order in which they call each other
    _names[_law] = njit(FunctionType(getattr(pacing, _law).__code__, _names, _law))
onward, begin, planned = _names["onward"], _names["begin"], _names["planned"]


@njit(inline="always")
def opened(p):
    """From here on the cells of time are being written."""
    p[at.T_SEQ] += 1.0
    fence()


@njit(inline="always")
def shut(p):
    """They are whole again."""
    fence()
    p[at.T_SEQ] += 1.0


@njit
def keep_pace(stand, t):
    """At a multiple of CHUNK: what moves goes on, and what has come begins."""
    s = words(stand, STAND)
    p = doubles(s[S_TEMPO], 64)
    queue = doubles(s[S_PACES], 2 + PACES * PACE)
    first, last = int(queue[1]), int(queue[0])
    due = False
    for i in range(first, last):
        spot = 2 + i % PACES * PACE
        due |= queue[spot + GONE] == 0.0 and queue[spot + DUE] <= t
    if not due and p[at.T_OVER] == 0.0 and p[at.T_UNTIL] == 0.0:
        return
    rate = words(s[S_CLOCK], 64)[at.C_RATE]
    opened(p)
    onward(p, t, rate)
    for i in range(first, last):
        spot = 2 + i % PACES * PACE
        if queue[spot + GONE] == 0.0 and queue[spot + DUE] <= t:
            begin(p, t, rate, queue[spot : spot + PACE])
            queue[spot + GONE] = 1.0
            log = doubles(s[S_PACED], 1 + PACED * PACE)
            to = 1 + int(log[0]) % PACED * PACE
            log[to : to + PACE] = queue[spot : spot + PACE]
            log[to + DUE] = t
            fence()
            log[0] += 1.0
    while first < last and queue[2 + first % PACES * PACE + GONE] != 0.0:
        first += 1
    queue[1] = first
    shut(p)


@njit
def plan_tempo(stand, frame, bpm, bar):
    """A plan lands with its tempo."""
    s = words(stand, STAND)
    p = doubles(s[S_TEMPO], 64)
    opened(p)
    planned(p, frame, words(s[S_CLOCK], 64)[at.C_RATE], bpm, bar)
    shut(p)
