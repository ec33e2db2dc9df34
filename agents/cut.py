"""Where a sound is cut: at its attacks, on a grid, or on a grid that gives way to attacks.

A boundary stands 7 ms before an attack, so that no cut ever goes through
one. ``Onsets`` hears attacks as they come, in blocks of any size, and finds
the same ones in a file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEP = 0.005  # seconds between two looks
LOOK = 0.021  # seconds of sound a look takes in
HOLD = 0.08  # seconds after an attack in which there is no second one
EARLY = 0.007  # a boundary stands so long before the attack
GIVE = 0.025  # a grid's boundary may move so far to an attack
OVER = 2.6  # times the usual movement of the last half second...
LEAST = 0.06  # ...and at least so much, and the sound is an attack
SOFT = 1e-7  # mean square: an attack softer than -70 dB is none
UNDER = 1e-3  # of the loudest band of late
FADE = 0.955  # a look: what was loud is forgotten by 40 dB a second
PAST = 100  # looks: half a second
OFF = 1e-5  # mean square: below -50 dB...
HUSH = 60  # ...for so many looks, 0.3 s, a sound is over
AFTER = 10  # looks: its segment ends 50 ms after it
BACK = 32  # thousandths of a second, before the end of an attack's steepest look, in which it began


class Onsets:
    """Attacks as they come: ``feed(block)`` gives the frames at which a segment should begin.

    With ``hush`` a sound's end is one too, for the silence after it.
    """

    def __init__(self, rate: int, *, at: int = 0, hold: float = HOLD, hush: bool = False) -> None:
        self.rate, self.step, self.look = rate, max(1, round(STEP * rate)), round(LOOK * rate)
        self.size = 1 << (self.look - 1).bit_length()
        self.hold, self.early = max(1, round(hold / STEP)), round(EARLY * rate)
        self.window = np.hanning(self.look + 2)[1:-1].astype(np.float32)
        self.bands = thirds(rate, self.size)
        self.back = BACK * max(1, round(rate / 1000))
        self._rest = np.zeros(self.back, np.float32)  # the past that a look, or the search for where an attack began, still needs
        self._bands = np.zeros((2, self.bands.shape[1]), np.float32)  # the last two looks
        self._moves = [0.0] * PAST
        self._loud = self._late = 0.0
        self._looks, self._at, self._quiet = 0, at, 0
        self.hush, self._hushed = hush, HUSH  # looks since there was sound

    def feed(self, block: NDArray[Any]) -> list[int]:
        """The boundaries that this much more sound tells of."""
        own = np.concatenate([self._rest, np.asarray(block, np.float32)])
        begin = self.back - (self.look - self.step)  # what came before is kept to find where an attack began
        count = (own.size - begin - self.look) // self.step + 1
        if count < 1:
            self._rest = own
            return []
        views = np.lib.stride_tricks.sliding_window_view(own[begin:], self.look)[: count * self.step : self.step]
        power = np.abs(np.fft.rfft(views * self.window, self.size, axis=1)) ** 2 @ self.bands
        every = np.concatenate([self._bands, power.astype(np.float32)])
        near = self._ground(every[2:].max(axis=1))[:, None]
        moves = np.maximum(np.log1p(every[2:] / near) - np.log1p(every[:-2] / near), 0).mean(axis=1)
        loud = (views[:, -self.step :] ** 2).mean(axis=1)
        self._rest, self._bands = own[count * self.step :], every[-2:]
        found = []
        for k, (move, level) in enumerate(zip(moves.tolist(), loud.tolist(), strict=True)):
            if self._steepest(move, level):
                last = self.back + k * self.step  # the steepest look ended here
                found.append(max(self._at, self._at + (self._looks - 1) * self.step - self._since(own[last - self.back : last])))
            self._hushed = 0 if level > OFF else self._hushed + 1
            if self.hush and self._hushed == HUSH:
                found.append(self._at + (self._looks - HUSH + AFTER) * self.step)
        return found

    def _ground(self, power: NDArray[np.float32]) -> NDArray[np.float32]:
        """Below this a band hardly counts: far under the loudest of late, so that the end of a loud note is no attack of soft ones."""
        found = np.empty(power.size, np.float32)
        for k, now in enumerate(power.tolist()):
            self._late = max(now, self._late * FADE)
            found[k] = max(UNDER * self._late, SOFT)
        return found

    def _steepest(self, move: float, level: float) -> bool:
        """One more look: whether the one before was an attack's steepest."""
        past, loud = self._moves, max(self._loud, level)
        usual = sum(past[:-1]) / (PAST - 1)
        peak = past[-1] > move and past[-1] >= past[-2] and past[-1] > LEAST + OVER * usual and loud > SOFT
        past.append(move)
        del past[0]
        self._loud, self._looks = level, self._looks + 1
        if not peak or self._quiet > self._looks:
            return False
        self._quiet = self._looks + self.hold
        return True

    def _since(self, sound: NDArray[np.float32]) -> int:
        """How many frames before the end of ``sound`` a segment should begin: a little before the attack in it."""
        size = sound.size // BACK
        loud = np.abs(sound[-size * BACK :]).reshape(BACK, size).max(axis=1)
        floor = max(2 * float(loud[: BACK // 4].max()), 0.08 * float(loud.max()))
        first = int((loud > floor).argmax()) if (loud > floor).any() else BACK // 2
        return (BACK - first) * size + self.early


def thirds(rate: int, size: int) -> NDArray[np.float32]:
    """Bands of a third of an octave from 60 Hz to 12 kHz, as columns over the spectrum: the mean power in each."""
    bins = np.arange(size // 2 + 1) * rate / size
    edges = 60.0 * 2 ** (np.arange(24) / 3)
    edges = edges[edges < min(12000, rate / 2)]
    inside = (bins[:, None] >= edges[:-1]) & (bins[:, None] < edges[1:])
    used = inside[:, inside.any(axis=0)].astype(np.float32)
    return used / used.sum(axis=0) / (size / 4)


Read = Callable[[int, int], NDArray[np.float32]]
"""``read(start, end)``: mono frames of a sound that may be longer than memory."""


def onsets(read: Read, frames: int, rate: int, hush: bool = False) -> NDArray[np.int64]:
    """Where segments should begin for the attacks of a whole sound; with ``hush`` also where it falls silent."""
    ears, found = Onsets(rate, hush=hush), []
    for start in range(0, frames, 10 * rate):
        found += ears.feed(read(start, min(start + 10 * rate, frames)))
    return np.unique(np.array(found, np.int64))


def at_onsets(found: NDArray[np.int64], frames: int, rate: int, shortest: float = 0.12, longest: float = 4.0) -> NDArray[np.int64]:
    """Boundaries from 0 to ``frames`` at attacks: none closer than ``shortest``; what is longer than ``longest`` in equal parts."""
    edges, least, most = [0], round(shortest * rate), round(longest * rate)
    for edge in [*(one for one in found.tolist() if one <= frames - least), frames]:
        if edge - edges[-1] < least:
            continue
        parts = -(-(edge - edges[-1]) // most)
        begin = edges[-1]
        edges += [begin + round(k * (edge - begin) / parts) for k in range(1, parts + 1)]
    return closed(edges, frames)


def on_grid(frames: int, rate: int, seconds: float, start: float = 0.0) -> NDArray[np.int64]:
    """Boundaries every so many seconds, each rounded by itself: they never drift. A short rest joins the last segment."""
    if not seconds * rate >= 1:
        raise ValueError(f"a grid of {seconds} s: at least one frame, 1/{rate} s")
    count = int((frames / rate - start) / seconds + 1e-9) + 1
    edges = np.round((start + np.arange(count) * seconds) * rate).astype(np.int64)
    least = round(seconds * rate / 2)
    return closed([0, *(edge for edge in edges.tolist() if least <= edge <= frames - least)], frames)


def given_way(edges: NDArray[np.int64], found: NDArray[np.int64], rate: int, give: float = GIVE) -> NDArray[np.int64]:
    """A grid's boundaries, each moved to the attack next to it, if there is one within ``give`` seconds."""
    if not found.size:
        return edges
    around = found[nearest(edges, found)]
    near = np.take_along_axis(around, np.abs(around - edges[:, None]).argmin(axis=1)[:, None], axis=1)[:, 0]
    moved = np.where(np.abs(near - edges) <= give * rate, near, edges)
    moved[0], moved[-1] = edges[0], edges[-1]
    return np.unique(moved)


def nearest(edges: NDArray[np.int64], found: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each edge the places of the two attacks around it: (edges, 2)."""
    after = np.searchsorted(found, edges)
    return np.clip(np.stack([after - 1, after], axis=1), 0, found.size - 1)


def closed(edges: list[int], frames: int) -> NDArray[np.int64]:
    """From 0 to the very last frame."""
    return np.array([0, *(edge for edge in edges if 0 < edge < frames), frames], np.int64)
