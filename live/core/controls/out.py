"""How a control says where it stands: one number at the end of each run, a straight line in between."""

from __future__ import annotations

from live.core.row import OUT, SLOTS_MAX, cells, doubles, njit


@njit(inline="always")
def say(row, value):
    """The value at the end of this run."""
    doubles(cells(row)[OUT], 1)[0] = value


@njit(inline="always")
def begin(row, value):
    """At birth only: the value at this run's first frame, so that nothing slides up from zero."""
    doubles(cells(row)[OUT] - 8 * SLOTS_MAX, 1)[0] = value


@njit(inline="always")
def beat_at(tempo, frame, rate):
    """The beat that falls on a frame; ``tempo`` are the tempo cells (layout: T_BPM, T_BEAT0, T_FRAME0)."""
    return tempo[1] + (frame - tempo[2]) * tempo[0] / (60.0 * rate)


@njit(inline="always")
def frame_at(tempo, beat, rate):
    """The frame on which a beat falls, with its fraction."""
    return tempo[2] + (beat - tempo[1]) * 60.0 * rate / tempo[0]
