"""How time changes its pace: at once, over some beats, or bent a little until it lies where it should. Beats never tear.

Plain functions over the tempo cells, changed at multiples of CHUNK only: the callback has them compiled (pace.py puts
njit around each), the desk counts a take's bars with the very same ones.
"""

from __future__ import annotations

from typing import Any

from live.clock import Clock
from live.core.layout import (
    T_BAR,
    T_BASE,
    T_BEAT0,
    T_BEND,
    T_BPM,
    T_COUNT,
    T_FRAME0,
    T_FROM,
    T_GOAL,
    T_LED,
    T_OVER,
    T_RAMP,
    T_SEQ,
    T_UNTIL,
)  # fmt: skip

CHUNK = 64
BENT = 0.1  # a bend is heard as breathing, not as a mistake: a tenth at most
CELLS = T_COUNT + 1  # of the tempo region, as a journal keeps them
TIME = (T_BPM, T_BEAT0, T_FRAME0, T_BAR, *range(T_BASE, CELLS))  # those of them that are time

# a pace, as the callback is given it (float64)
DUE, BPM, OVER, SHIFT, BEND, WITHIN, AIM, AIM_AT, LED, GONE = range(10)
PACE = 12
# DUE: the frame from which it may begin. BPM: the new tempo (0: as it is), reached OVER so many frames. SHIFT: beats time jumps by.
# BEND: beats it gains WITHIN so many frames, more if that were too much. AIM_AT: at that frame the beat should be AIM (-1: no aim);
# what is missing is bent WITHIN, or jumped where that is 0. LED: who leads from now on, as T_LED; -1: as it is.


def beat_of(p: Any, frame: float, rate: float) -> float:
    """The beat at a frame."""
    return p[T_BEAT0] + (frame - p[T_FRAME0]) * p[T_BPM] / (60.0 * rate)


def rebase(p: Any, t: float, rate: float, bpm: float) -> None:
    """Another tempo from frame t on; the beat goes on where it is."""
    p[T_BEAT0] += (t - p[T_FRAME0]) * p[T_BPM] / (60.0 * rate)
    p[T_FRAME0] = t
    p[T_BPM] = bpm


def onward(p: Any, t: float, rate: float) -> None:
    """At each multiple of CHUNK: a ramp goes on, a bend ends."""
    if p[T_OVER] == 0.0 and p[T_UNTIL] == 0.0:
        return
    base = p[T_BASE] if p[T_UNTIL] != 0.0 else p[T_BPM]
    if p[T_OVER] != 0.0:
        x = (t + 0.5 * CHUNK - p[T_RAMP]) / p[T_OVER]
        if x >= 1.0:
            base, p[T_OVER] = p[T_GOAL], 0.0
        else:
            base = p[T_FROM] + (p[T_GOAL] - p[T_FROM]) * x
    if p[T_UNTIL] != 0.0 and t >= p[T_UNTIL]:
        p[T_UNTIL], p[T_BEND] = 0.0, 0.0
    p[T_BASE] = base
    bpm = base + p[T_BEND] * 60.0 * rate
    if bpm != p[T_BPM]:
        rebase(p, t, rate, bpm)


def begin(p: Any, t: float, rate: float, pace: Any) -> None:
    """A pace begins at frame t, where ``onward`` has been."""
    base = p[T_BASE] if p[T_UNTIL] != 0.0 else p[T_BPM]
    goal = base if pace[BPM] <= 0.0 else pace[BPM]
    if pace[BPM] > 0.0:
        p[T_OVER] = 0.0
        if pace[OVER] > 0.0:
            p[T_FROM], p[T_GOAL], p[T_RAMP], p[T_OVER] = base, goal, t, pace[OVER]
            base += (goal - base) * min(0.5 * CHUNK / pace[OVER], 1.0)
        else:
            base = goal
    jump, bend = pace[SHIFT], pace[BEND]
    if pace[AIM_AT] >= 0.0:
        missing = pace[AIM] + (t - pace[AIM_AT]) * goal / (60.0 * rate) - beat_of(p, t, rate)
        if pace[WITHIN] > 0.0:
            bend += missing
        else:
            jump += missing
    if bend != 0.0 or pace[AIM_AT] >= 0.0:  # a new aim makes the old bend needless
        p[T_BEND], p[T_UNTIL] = 0.0, 0.0
    if bend != 0.0:
        frames = max(pace[WITHIN], abs(bend) * 60.0 * rate / (BENT * base), 1.0)
        chunks = (frames + CHUNK - 1) // CHUNK
        p[T_BEND] = bend / (chunks * CHUNK)
        p[T_UNTIL] = t + chunks * CHUNK
    p[T_BASE] = base
    rebase(p, t, rate, base + p[T_BEND] * 60.0 * rate)
    p[T_BEAT0] += jump
    if pace[LED] >= 0.0:
        p[T_LED] = pace[LED]
    p[T_COUNT] += 1.0


def planned(p: Any, t: float, rate: float, bpm: float, bar: float) -> None:
    """A plan brings its tempo, at any frame; while MIDI clock leads, only its bar."""
    p[T_BAR] = bar
    if p[T_LED] == 1.0:
        return
    p[T_OVER], p[T_BASE] = 0.0, bpm
    rebase(p, t, rate, bpm + p[T_BEND] * 60.0 * rate)


def seen(tempo: Any, rate: int) -> Clock:
    """Time as it stands, read from outside the callback: never half of a change."""
    for _ in range(1000):
        before = float(tempo[T_SEQ])
        found = Clock(rate, float(tempo[T_BPM]), float(tempo[T_BAR]), float(tempo[T_BEAT0]), float(tempo[T_FRAME0]))
        if before % 2 == 0 and float(tempo[T_SEQ]) == before:
            break  # else a core died while it wrote: what is there must do
    return found


def bpm_of(tempo: Any) -> float:
    """The tempo a musician would name: without what bends it for a moment."""
    return float(tempo[T_BASE] if tempo[T_UNTIL] != 0.0 else tempo[T_BPM])
