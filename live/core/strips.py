"""The conductor's own small ops: the live input, joining, crossing, leaning.

``mic`` brings a device input in. ``sum`` joins the old and the new of a place
while they cross-fade, ``cross`` takes a rewired inlet from one sound to the
other, ``lean`` lets a control follow a knob or a control place.
"""

from __future__ import annotations

import math

import numpy as np

from engines.face import Control
from live.core import row as r
from live.core.kinds import Kind, Making, op
from live.core.row import CHUNK, SLOTS_MAX, cells, doubles, inlet, memory, outlet, planes, smooth

LEAN_CELLS = 8  # scale, offset, low, high, from, done, length, -; the slot it follows is in the row: SET


@op
def hear(row, n, t):
    """The device's inputs from the first asked for."""
    c = cells(row)
    heard = planes(c[r.DATA], c[r.FRAMES], CHUNK)
    out = outlet(row)
    for k in range(c[r.OUTS]):
        spot = c[r.SET] + k
        for i in range(n):
            out[k, i] = heard[spot, i] if spot < c[r.FRAMES] else np.float32(0.0)


@op
def join(row, n, t):
    """All inlets together: the fades are on them already."""
    c = cells(row)
    out = outlet(row)
    for k in range(c[r.OUTS]):
        for i in range(n):
            out[k, i] = np.float32(0.0)
        for j in range(c[r.INS]):
            x = inlet(row, j)
            from_ = k % c[r.IN + 2 * j + 1]
            for i in range(n):
                out[k, i] += x[from_, i]


@op
def cross(row, n, t):
    """From the first inlet to the second, equal power, along an s. State: done, length."""
    c = cells(row)
    m = memory(row, 2)
    out = outlet(row)
    old, new = inlet(row, 0), inlet(row, 1)
    for i in range(n):
        if m[0] < m[1]:
            m[0] += 1.0
        x = m[0] / m[1]
        for k in range(c[r.OUTS]):
            b = new[k % c[r.IN + 3], i]
            if x >= 1.0:
                out[k, i] = b
            else:
                angle = 0.5 * math.pi * smooth(x)
                out[k, i] = old[k % c[r.IN + 1], i] * np.float32(math.cos(angle)) + b * np.float32(math.sin(angle))


@op
def lean(row, n, t):
    """A control that follows another: from wherever it stood, within its range. State: see LEAN_CELLS."""
    c = cells(row)
    m = memory(row, LEAN_CELLS)
    table = doubles(c[r.CTL], 2 * SLOTS_MAX)
    value = doubles(c[r.OUT], 1)
    if m[5] == 0.0:
        m[4] = value[0]
        if m[6] <= 1.0:  # born with its place: it stands there from the first frame
            doubles(c[r.OUT] - 8 * SLOTS_MAX, 1)[0] = min(max(table[c[r.SET]] * m[0] + m[1], m[2]), m[3])
    elif m[5] >= m[6]:  # it has arrived: from here on it moves with what it follows, at the very frame
        doubles(c[r.OUT] - 8 * SLOTS_MAX, 1)[0] = min(max(table[c[r.SET]] * m[0] + m[1], m[2]), m[3])
    want = min(max(table[SLOTS_MAX + c[r.SET]] * m[0] + m[1], m[2]), m[3])
    m[5] = min(m[5] + n, m[6])
    if m[5] < m[6]:
        want = m[4] + (want - m[4]) * smooth(m[5] / m[6])
    value[0] = want


def lay_mic(making: Making) -> None:
    """Point the mic at the device's input bus."""
    making.cells[r.DATA] = making.hold(making.inputs)
    making.cells[r.FRAMES] = making.inputs.shape[0]
    making.cells[r.SET] = int(making.settings["first"])


MIC = Kind(
    "mic",
    hear,
    says="what the microphone hears; first counts inputs from 0",
    settings={"first": 0, "width": 1},
    prepare=lay_mic,
    channels=lambda settings, ins: int(settings["width"]),
)
SUM = Kind("sum", join)
CROSS = Kind("cross", cross, state=2)
LEAN = Kind("lean", lean, controls={"to": Control()}, state=LEAN_CELLS, control=True)
