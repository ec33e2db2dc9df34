"""Where a sound is cut: at its attacks, on a grid, or on a grid that gives way to attacks.

A boundary stands 7 ms before an attack, so that no cut ever goes through
one. ``Onsets`` hears attacks as they come, in blocks of any size, and finds
the same ones in a file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

STEP = 0.005  # seconds between two looks
LOOK = 0.021  # seconds of sound a look takes in
HOLD = 0.08  # seconds after an attack in which there is no second one
EARLY = 0.007  # a boundary stands so long before the attack
GIVE = 0.025  # a grid's boundary may move so far to an attack
OVER = 1.6  # times the usual movement of the last half second...
LEAST = 0.045  # ...and at least so much, and the sound is an attack
SOFT = 1e-7  # mean square: an attack softer than -70 dB is none
PAST = 100  # looks: half a second


class Onsets:
    """Attacks as they come: ``feed(block)`` gives the frames at which a segment should begin."""

    def __init__(self, rate: int, *, at: int = 0, hold: float = HOLD) -> None:
        self.rate, self.step, self.look = rate, max(1, round(STEP * rate)), round(LOOK * rate)
        self.size = 1 << (self.look - 1).bit_length()
        self.hold, self.early = max(1, round(hold / STEP)), round(EARLY * rate)
        self.window = np.hanning(self.look + 2)[1:-1].astype(np.float32)
        self.bands = thirds(rate, self.size)
        self._rest = np.zeros(self.look - self.step, np.float32)  # what the next look still needs
        self._bands = np.zeros((2, self.bands.shape[1]), np.float32)  # the last two looks
        self._moves = [0.0] * PAST
        self._looks, self._at, self._quiet = 0, at, 0

    def feed(self, block: NDArray[Any]) -> list[int]:
        """The boundaries that this much more sound tells of."""
        own = np.concatenate([self._rest, np.asarray(block, np.float32)])
        count = (own.size - self.look) // self.step + 1
        if count < 1:
            self._rest = own
            return []
        views = np.lib.stride_tricks.sliding_window_view(own, self.look)[: count * self.step : self.step]
        power = np.abs(np.fft.rfft(views * self.window, self.size, axis=1)) ** 2 @ self.bands
        size = np.concatenate([self._bands, np.log1p(1e5 * power.astype(np.float32))])
        moves = np.maximum(size[2:] - size[:-2], 0).mean(axis=1)
        loud = (views[:, -self.step :] ** 2).mean(axis=1)
        self._rest, self._bands = own[count * self.step :], size[-2:]
        return [found for move, level in zip(moves.tolist(), loud.tolist(), strict=True) if (found := self._look(move, level)) is not None]

    def _look(self, move: float, level: float) -> int | None:
        """One more look: the boundary before an attack that has now passed its steepest place."""
        past = self._moves
        usual = sum(past[:-1]) / (PAST - 1)
        peak = past[-1] > move and past[-1] >= past[-2] and past[-1] > max(LEAST, OVER * usual + LEAST) and level > SOFT
        past.append(move)
        del past[0]
        self._looks += 1
        if not peak or self._quiet > self._looks:
            return None
        self._quiet = self._looks + self.hold
        end = self._at + (self._looks - 2) * self.step  # the last look but one ended one step after this frame
        return max(self._at, end - self.early)


def thirds(rate: int, size: int) -> NDArray[np.float32]:
    """Bands of a third of an octave from 60 Hz to 12 kHz, as columns over the spectrum: the mean power in each."""
    bins = np.arange(size // 2 + 1) * rate / size
    edges = 60.0 * 2 ** (np.arange(24) / 3)
    edges = edges[edges < min(12000, rate / 2)]
    inside = (bins[:, None] >= edges[:-1]) & (bins[:, None] < edges[1:])
    used = inside[:, inside.any(axis=0)].astype(np.float32)
    return used / used.sum(axis=0) / (size / 4)
