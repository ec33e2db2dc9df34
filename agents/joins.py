"""From one place of the memory to another without a seam: how long the crossing, where exactly the new one is taken up.

Straight on is no crossing at all: the samples follow as they were recorded. Before an attack the crossing is short and
over when it comes; in sustained sound it is long, and the new place is moved by up to 5 ms to where its wave runs along
with the old one. The two gains are such that the sum keeps its power, however much the two have in common.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

ALIKE = 0.010  # seconds compared
REACH = 0.005  # seconds it may be moved
ATTACK, LOOK = 0.007, 0.03  # a segment with an attack begins so long before it; how far it is looked for
RISE = 4.0  # times as strong after as before: an attack
SHORT, SOFT, LONG = 0.005, 0.030, 0.060  # seconds: before an attack, into noise, into a tone
QUIET = 1e-4
SURE = 0.3  # of likeness: below, the two are strangers, and nothing is moved


def begins_hard(new: Sound, rate: int) -> bool:
    """Whether there is an attack right after the beginning. ``new``: (channels, frames) from the beginning on."""
    edge, far = round(ATTACK * rate), round(LOOK * rate)
    before, after = new[:, : max(edge - edge // 3, 1)], new[:, edge // 2 : far]
    return bool(after.size and np.abs(after).max() > RISE * (np.abs(before).max() + 1e-4))


def likeness(old: NDArray[Any], new: NDArray[Any]) -> NDArray[np.float64]:
    """How alike the old is to every stretch of the new that is as long: from -1 to 1. Mono both."""
    size = old.size
    power = np.concatenate([[0.0], np.cumsum(np.asarray(new, np.float64) ** 2)])
    there = power[size:] - power[:-size]
    return np.correlate(new, old, "valid") / np.sqrt(np.maximum(there * float(old @ old), 1e-20))


def crossing(old: Sound | None, around: Sound, rate: int, room: int) -> tuple[int, int]:
    """How to come into a new place: frames it is moved by, frames of the crossing.

    ``old``: what the old place would go on with; None after silence. ``around``: the new place from REACH before its
    beginning on. ``room``: frames the crossing may take at the most.
    """
    reach = round(REACH * rate)
    new = around[:, reach:]
    hard = begins_hard(new, rate)
    if old is None:
        soft = np.abs(new[:, :1]).max(initial=0.0) < QUIET  # a sound that begins by itself needs no help
        return 0, 0 if soft else min(round(SHORT * rate), room)
    size = min(round(ALIKE * rate), old.shape[1], around.shape[1] - 2 * reach)
    if size < 8:
        return 0, min(round(SHORT * rate), room)
    if hard:
        return 0, min(round(SHORT * rate), room)
    alike = likeness(old[:, :size].mean(axis=0), around[:, : size + 2 * reach].mean(axis=0))
    best = int(np.argmax(alike - 1e-3 * np.abs(np.arange(alike.size) - reach) / max(reach, 1)))
    moved = best - reach if alike[best] > SURE else 0
    return moved, min(round((LONG if alike[reach + moved] > SURE else SOFT) * rate), room)


def gains(old: Sound, new: Sound) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What comes and what goes, frame by frame, for these two, (channels, frames) both, of equal length.

    The sum keeps the power that each side's own share of it has, however much the two have in common.
    """
    frames = old.shape[1]
    angle = (np.arange(frames) + 0.5) / max(frames, 1) * (np.pi / 2)
    come, go = np.sin(angle), np.cos(angle)
    a, b = (old * go).astype(np.float64), (new * come).astype(np.float64)
    swell = np.sin(2 * angle) ** 2
    power = ((a + b) ** 2).sum(axis=0)
    wanted = float((a**2).sum() + (b**2).sum())
    here, much, most = float(power.sum()), float((power * swell).sum()), float((power * swell**2).sum())
    if most > 1e-12:  # so much louder in the middle, x, that the power is the wanted one: most x^2 + 2 much x + here = wanted
        root = much**2 - most * (here - wanted)
        x = (np.sqrt(max(root, 0.0)) - much) / most
        shape = 1.0 + float(np.clip(x, -0.6, 1.5)) * swell
        come, go = come * shape, go * shape
    return come.astype(np.float32), go.astype(np.float32)
