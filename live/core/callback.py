"""The machine as C functions: what PortAudio, libjack, the null device and the offline renderer call."""

from __future__ import annotations

from numba import cfunc, types

from live.core import machine as m
from live.core import row as r

WORD = types.int64


@cfunc(types.void(WORD, WORD, WORD, WORD, WORD, WORD), cache=True, **r.HOW)
def render(stand, heard, played, n, stride_in, stride_out):
    """n frames, to and from plain memory."""
    m.render(stand, heard, played, n, stride_in, stride_out)
