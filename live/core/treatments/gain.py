"""Louder or softer, all channels alike; at rest the sound passes bit for bit."""

from __future__ import annotations

import numpy as np

from engines.face import Control
from live.core.kinds import Kind, op
from live.core.row import OUTS, cells, inlet, memory, outlet, span


@op
def gain_op(row, n, t):
    """out = in * gain * 10^(db / 20), along a straight line."""
    a, b = span(row, 0)
    db_a, db_b = span(row, 1)
    if db_a != 0.0 or db_b != 0.0:
        m = memory(row, 2)  # the last decibels, and the factor less one: both zero when made
        if db_a != m[0]:
            m[0], m[1] = db_a, 10.0 ** (db_a / 20.0) - 1.0
        a *= 1.0 + m[1]
        if db_b != m[0]:
            m[0], m[1] = db_b, 10.0 ** (db_b / 20.0) - 1.0
        b *= 1.0 + m[1]
    sound, out = inlet(row, 0), outlet(row)
    for k in range(cells(row)[OUTS]):
        if a == 1.0 and b == 1.0:
            for i in range(n):
                out[k, i] = sound[k, i]
        elif a == b:
            g = np.float32(a)
            for i in range(n):
                out[k, i] = sound[k, i] * g
        else:
            from_, step = np.float32(a), np.float32((b - a) / n)
            for i in range(n):
                out[k, i] = sound[k, i] * (from_ + step * np.float32(i))


gain = Kind(
    "gain",
    gain_op,
    "louder or softer",
    inlets=("sound",),
    controls={
        "gain": Control(1.0, low=-4.0, high=4.0, moves="loudness"),
        "db": Control(0.0, low=-96.0, high=24.0, unit="dB", moves="loudness"),
    },
    state=2,
    dry=True,
)
