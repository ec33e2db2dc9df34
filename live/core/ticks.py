"""MIDI clock out, inside the callback: at the very sample, on the JACK ports of whoever follows us. See ticking.py."""

from __future__ import annotations

from types import FunctionType

from numba import njit

from live.core import layout as at
from live.core import ticking
from live.core.inner import S_CLOCK, S_HANDS, S_TEMPO, S_TICKS, STAND
from live.core.midi import send
from live.core.row import doubles, words
from live.core.ticking import K_THERE, KEPT, OUT, POSITION

TORN = 1e-4  # beats
ticks = njit(FunctionType(ticking.ticks.__code__, dict(vars(ticking)), "ticks"))


@njit
def keep_ticks(stand, t, n):
    """The ticks of n frames in which nothing changes."""
    s = words(stand, STAND)
    k = doubles(s[S_TICKS], KEPT + OUT)
    slots = 0
    for slot in range(at.HANDS):
        cells = words(s[S_HANDS] + slot * 64, 8)
        if cells[at.H_THERE] != 0 and cells[at.H_CLOCKED] != 0:
            slots |= 1 << slot
    if slots == 0:
        k[K_THERE] = -1.0
        return
    out = k[KEPT:]
    rate = words(s[S_CLOCK], 64)[at.C_RATE]
    for i in range(ticks(k, doubles(s[S_TEMPO], 64), t, n, rate, TORN, out)):
        data = int(out[2 * i + 1])
        for slot in range(at.HANDS):
            if slots >> slot & 1:
                send(stand, int(out[2 * i]), slot, 3 if data & 0xFF == POSITION else 1, data)
