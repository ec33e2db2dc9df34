"""The same treatment in plain numpy, hop by hop in single precision: what the compiled one is held against, and timed beside.

Frames as a matrix, the nine taps as one matrix product over a sliding window. No smoothing, no level match, no guard: the bare law.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import ArrayLike, NDArray

from engines.cak import GAMMA, HOP, LOW, SIZE, SPAN, Kernel, effective

Floats = NDArray[np.float32]


def pictured(magnitude: Floats) -> Floats:
    """``engines.cak.norm`` in single precision."""
    v = np.log1p(np.float32(10) * np.sqrt(magnitude))
    return np.maximum((v - np.float32(LOW)) * np.float32(1 / SPAN), np.float32(0)) ** np.float32(GAMMA)


def root_of(picture: Floats) -> Floats:
    """From the picture to the root of the magnitude, but for a factor that a ratio does not see."""
    return np.expm1((picture + np.float32(1e-8)) ** np.float32(1 / GAMMA) * np.float32(SPAN) + np.float32(LOW))


class Twin:
    """``twin.step(hop of sound, c)`` gives the hop of sound that is due, ``late`` frames behind."""

    def __init__(self, kernel: Kernel, channels: int = 1, *, centred: bool = True, size: int = SIZE, hop: int = HOP) -> None:
        self.kernel = kernel if centred else kernel.held()
        self.ahead, self.size, self.hop = int(centred), size, hop
        self.late = size - hop + hop * self.ahead  # counted from the first frame of the hop that comes out together with it
        self.hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)
        self.put = self.hann * np.float32(hop / (0.375 * size))
        bins = size // 2 + 1
        self.taps = np.asarray(self.kernel.picture, np.float32).ravel()  # (bin, frame): as the window below lies
        self.past = np.zeros((channels, size + hop * self.ahead), np.float32)
        self.total = np.zeros((channels, size), np.float32)
        self.spectra = [np.zeros((channels, bins), np.complex64) for _ in range(2)]
        self.pictures = np.zeros((channels, bins + 2, 3), np.float32)  # a bin of nothing below and above

    def seen(self) -> Floats:
        """The nine taps on the three pictures: (channels, bins)."""
        p = self.pictures
        a, b, c = p.strides
        views = as_strided(p, (p.shape[0], p.shape[1] - 2, 9), (a, b, c), writeable=False)  # three bins of three frames lie side by side
        return views @ self.taps + np.float32(self.kernel.bias)

    def step(self, sound: Floats, c: ArrayLike) -> Floats:
        """One hop: (channels, hop) in and out. ``c``: one for all, or one a channel (channels,)."""
        self.past = np.concatenate([self.past[:, self.hop :], sound], axis=1)
        heard = np.fft.rfft(self.past[:, -self.size :] * self.hann).astype(np.complex64, copy=False)
        self.pictures[:, :, :-1] = self.pictures[:, :, 1:]
        self.pictures[:, 1:-1, 2] = pictured(np.abs(heard))
        self.spectra = [self.spectra[1], heard]
        if not self.ahead:  # the frame in hand stands in the middle; nothing is after it
            self.pictures[:, :, 1] = self.pictures[:, :, 2]
        now, e = self.pictures[:, 1:-1, 1], np.asarray(effective(c, self.kernel.scale), np.float32).reshape(-1, 1)
        if np.any(e):
            new = np.clip(now + e * self.seen(), np.float32(0), np.maximum(np.float32(1), now))
            was = root_of(now)
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.where((was > 1e-30) & (new != now), root_of(new) / was, np.float32(1))
            added = np.fft.irfft((ratio * ratio - np.float32(1)) * self.spectra[1 - self.ahead], self.size).astype(np.float32, copy=False)
            self.total += added * self.put
        out = self.past[:, : self.hop] + self.total[:, : self.hop]
        self.total = np.concatenate([self.total[:, self.hop :], np.zeros_like(self.total[:, : self.hop])], axis=1)
        return out

    def whole(self, sound: Floats, controls: Sequence[float] | NDArray[np.float64]) -> Floats:
        """A sound (channels, frames) hop by hop, moved back to where it was; a control for every hop, the last one stands."""
        frames = sound.shape[1]
        many = -(-(frames + self.late) // self.hop)
        fed = np.pad(sound, ((0, 0), (0, many * self.hop - frames))).astype(np.float32)
        steps = [self.step(fed[:, k * self.hop : (k + 1) * self.hop], controls[min(k, len(controls) - 1)]) for k in range(many)]
        return np.concatenate(steps, axis=1)[:, self.late : self.late + frames]
