"""A sound of any width on however many loudspeakers there are, as loud in all as it was.

The sound's channels stand evenly around the listener and so do the loudspeakers: 1 is in front, 2 are left and
right, more are a ring in order, clockwise, that begins at the front left. Each channel goes to the two loudspeakers
nearest to it, with equal power; two loudspeakers are both in front, and what is behind folds to its side::

           1                1   2              1   2
                                              8     3
      1         2                             7     4
                            4   3              6   5

Channels that are alike add up to more than their powers, so a slow hand (some 300 ms, 6 dB at most) keeps the sum of
all squares where it was. As many loudspeakers as channels: the sound passes bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from live.core.kinds import Kind, Making, op
from live.core.row import CHUNK, IN, OUTS, RATE, STATE, cells, doubles, floats, inlet, outlet

FOLLOW, TURN = 0.3, 0.02  # seconds: over which power is taken, in which the hand turns
MOST = 10 ** (6 / 20)
QUIET = 1e-9  # of power, summed over a third of a second: below, the hand rests
FRONT = 45.0  # degrees from the middle to each of two loudspeakers

# state: power that came and went lately, the same of this chunk, the hand's gain at the chunk's begin and end, known at all
CAME, WENT, COMING, GOING, FROM, TO, KNOWN = range(7)
SCRATCH = 8  # power of each frame that comes and goes: 64 floats each
GAINS = SCRATCH + CHUNK


@op
def fold_op(row, n, t):
    """Gains never move; the hand moves at each chunk of the clock, along a straight line."""
    r = cells(row)
    outs, wide, rate = r[OUTS], r[IN + 1], np.float64(r[RATE])
    sound, out = inlet(row, 0), outlet(row)
    if outs == wide:
        for k in range(outs):
            for i in range(n):
                out[k, i] = sound[k, i]
        return
    m = doubles(r[STATE], GAINS + outs * wide)
    came, went = floats(r[STATE] + 8 * SCRATCH, CHUNK), floats(r[STATE] + 8 * SCRATCH + 4 * CHUNK, CHUNK)
    if m[KNOWN] == 0.0:
        m[KNOWN], m[FROM], m[TO] = 1.0, 1.0, 1.0
    for i in range(n):
        came[i] = went[i] = np.float32(0.0)
    for j in range(wide):
        for i in range(n):
            came[i] += sound[j, i] * sound[j, i]
    at = t % CHUNK
    first, step = np.float32(m[FROM]), np.float32((m[TO] - m[FROM]) / CHUNK)
    for k in range(outs):
        for i in range(n):
            out[k, i] = np.float32(0.0)
        for j in range(wide):
            g = np.float32(m[GAINS + j * outs + k])
            if g != 0.0:
                for i in range(n):
                    out[k, i] += sound[j, i] * g
        for i in range(n):
            went[i] += out[k, i] * out[k, i]
        if m[FROM] != 1.0 or m[TO] != 1.0:
            for i in range(n):
                out[k, i] *= first + step * np.float32(at + i)
    for i in range(n):
        m[COMING] += came[i]
        m[GOING] += went[i]
    if (t + n) % CHUNK == 0:
        keep = math.exp(-CHUNK / (FOLLOW * rate))
        m[CAME], m[WENT] = m[CAME] * keep + m[COMING], m[WENT] * keep + m[GOING]
        m[COMING] = m[GOING] = 0.0
        m[FROM] = m[TO]
        if m[CAME] > QUIET and m[WENT] > QUIET:
            want = min(max(math.sqrt(m[CAME] / m[WENT]), 1.0 / MOST), MOST)
            m[TO] += (want - m[TO]) * (1.0 - math.exp(-CHUNK / (TURN * rate)))


def ring(count: int) -> list[float]:
    """Where so many stand around the listener: degrees to the right of the front."""
    return [0.0] if count == 1 else [(2 * k - 1) * 180.0 / count for k in range(count)]


def shares(angle: float, speakers: Sequence[float]) -> list[float]:
    """What each loudspeaker gets of a sound from an angle: two at most, powers that add up to one."""
    gains = [0.0] * len(speakers)
    if len(speakers) == 1:
        return [1.0]
    angle = (angle + 180.0) % 360.0 - 180.0
    if len(speakers) == 2:  # no loudspeaker is behind
        if abs(angle) > 90.0:
            angle = math.copysign(180.0 - abs(angle), angle)
        left, right = sorted(range(2), key=lambda k: speakers[k])
        part = (min(max(angle, speakers[left]), speakers[right]) - speakers[left]) / max(speakers[right] - speakers[left], 1e-9)
    else:
        left = min(range(len(speakers)), key=lambda k: (angle - speakers[k]) % 360.0)
        right = min((k for k in range(len(speakers)) if k != left), key=lambda k: (speakers[k] - angle) % 360.0)
        gap = (speakers[right] - speakers[left]) % 360.0
        part = (angle - speakers[left]) % 360.0 / gap if gap else 0.5
    gains[left], gains[right] = math.cos(0.5 * math.pi * part), math.sin(0.5 * math.pi * part)
    return [round(g, 12) + 0.0 for g in gains]


def folded(wide: int, speakers: Sequence[float]) -> np.ndarray:
    """A gain from each channel to each loudspeaker, half way between what channels all alike and all different would need."""
    gains = np.array([shares(angle, speakers) for angle in ring(wide)])
    alike = (gains.sum(axis=0) ** 2).sum() / wide
    return gains * alike**-0.25


def _stand(settings: Mapping[str, Any], outs: int) -> list[float]:
    """Where the loudspeakers stand: as told, or around."""
    told = [float(angle) for angle in settings["angles"]]
    if told and len(told) != outs:
        raise LookupError(f"fold has {len(told)} angles for {outs} loudspeakers: give one for each, or none")
    return told or ([-FRONT, FRONT] if outs == 2 else ring(outs))


def _prepare(making: Making) -> None:
    wide, outs = making.ins[0] if making.ins else 1, making.channels
    speakers = _stand(making.settings, outs)
    if wide != outs:
        making.state[GAINS:] = folded(wide, speakers).ravel()


fold = Kind(
    "fold",
    fold_op,
    "a sound of any width on however many loudspeakers there are, as loud as it was",
    inlets=("sound",),
    settings={"channels": 2, "angles": ()},
    state=lambda making: GAINS + making.channels * (making.ins[0] if making.ins else 1),
    prepare=_prepare,
    channels=lambda settings, ins: max(int(settings["channels"]), 1),
    dry=True,
)
