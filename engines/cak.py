"""CAK: eleven numbers that roughen a sound, on a knob. The law, the kernels and where they lie.

A kernel looks at a spectrum as a picture (frames along, bins up), sees for each point its eight
neighbours and itself, and says what to add::

    n = norm(|X|)                          the picture, 0 to about 1
    y = n + e(c) * (nine taps on n + bias) e(c) = c * scale * gate(c)
    sound = dry + ISTFT((denorm(y) / denorm(n) - 1) * X)

At c = 0 the ratio is 1 and nothing is added: the sound is the dry one, to the bit. It is played by
the core (live/core/kernels/cak.py, compiled); here is the same law in numpy, for training and for tests.

The published kernel and its law are of "Conditioning Aware Kernels" (arXiv 2508.02643); its code and weights are MIT.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engines.kernel import FOLDER, NUMBERS, TAPS, WAYS, BadKernel, Kernel, find, known, read, write

SIZE, HOP = 2048, 512
LOW, HIGH = -0.0001081228256225586, 4.194316387176514  # of the published spectra, in the middle of norm
SPAN = HIGH - LOW + 1e-8
GAMMA = 0.85
KNEE, STEEP = 0.3, 20.0  # where the gate opens, and how steeply


# --- the law ------------------------------------------------------------------------------


def gate(c: ArrayLike) -> NDArray[np.float64]:
    """How far the gate is open at a control value."""
    return 1.0 / (1.0 + np.exp(-(np.asarray(c, np.float64) - KNEE) * STEEP))


def effective(c: ArrayLike, scale: float = 0.78444594) -> NDArray[np.float64]:
    """e(c): how much of the pattern is added."""
    c = np.asarray(c, np.float64)
    return c * scale * gate(c)


def norm(magnitude: ArrayLike, size: int = SIZE) -> NDArray[np.float64]:
    """From the magnitudes of a Hann spectrum of ``size`` to the picture. Not cut at 1: loud bins stay loud."""
    v = np.log1p(10.0 * np.sqrt(np.asarray(magnitude, np.float64) * (SIZE / size)))
    return np.maximum((v - LOW) / SPAN, 0.0) ** GAMMA


def denorm(picture: ArrayLike, size: int = SIZE) -> NDArray[np.float64]:
    """And back."""
    v = (np.maximum(np.asarray(picture, np.float64), 0.0) + 1e-8) ** (1.0 / GAMMA) * SPAN + LOW
    return (np.expm1(v) / 10.0) ** 2 * (size / SIZE)


def pattern(picture: NDArray[Any], kernel: Kernel) -> NDArray[np.float64]:
    """What the kernel sees in a picture, (bins, frames): nine taps and the bias; nothing lies outside it."""
    bins, frames = picture.shape
    padded = np.pad(np.asarray(picture, np.float64), 1)
    seen = np.full((bins, frames), kernel.bias)
    for row in range(3):
        for column in range(3):
            seen += kernel.picture[row, column] * padded[row : row + bins, column : column + frames]
    return seen


def added(picture: NDArray[Any], seen: NDArray[Any], e: ArrayLike) -> NDArray[np.float64]:
    """The new picture. ``e``: one for all, one a frame (frames,), or one a point."""
    return np.clip(picture + np.asarray(e) * seen, 0.0, np.maximum(1.0, picture))


def ratio(picture: NDArray[Any], new: NDArray[Any]) -> NDArray[np.float64]:
    """What each bin is multiplied by: exactly 1 where the picture has not changed."""
    was, now = denorm(picture), denorm(new)
    return np.where(was > 1e-30, now / np.maximum(was, 1e-30), 1.0)


def frames_of(sound: NDArray[Any], size: int = SIZE, hop: int = HOP) -> NDArray[np.complex128]:
    """The spectra of a mono sound, (bins, frames). Frame k is centred on sample (k - 1) * hop: every one that hears anything."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    before, many = size // 2 + hop, -(-(len(sound) + size // 2) // hop) + 1
    padded = np.pad(np.asarray(sound, np.float64), (before, many * hop + size // 2 - len(sound)))
    views = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop][:many]
    return np.fft.rfft(views * hann, axis=1).T


def sound_of(spectra: NDArray[Any], frames: int, size: int = SIZE, hop: int = HOP) -> NDArray[np.float64]:
    """A mono sound of so many frames from its spectra: the other way of frames_of."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    total = np.zeros(spectra.shape[1] * hop + size)
    for k, frame in enumerate(np.fft.irfft(spectra.T, size, axis=1)):
        total[k * hop : k * hop + size] += frame * hann
    return (total * hop / (0.375 * size))[size // 2 + hop : size // 2 + hop + frames]


def through(
    sound: NDArray[Any], c: ArrayLike, kernel: Kernel, *, drive: float = 0.0, size: int = SIZE, hop: int = HOP
) -> NDArray[np.float64]:
    """A mono sound with the kernel on it, whole, without delay: what the streaming core is held against.

    ``c``: the control, one for all or one a frame. ``drive``: decibels the law sees it louder or softer. No level match.
    """
    heard = frames_of(sound, size, hop)
    picture = norm(np.abs(heard) * 10 ** (drive / 20), size)
    new = added(picture, pattern(picture, kernel), effective(c, kernel.scale))
    return np.asarray(sound, np.float64) + sound_of((ratio(picture, new) - 1.0) * heard, len(sound), size, hop)


__all__ = [
    "FOLDER", "NUMBERS", "TAPS", "WAYS", "BadKernel", "Kernel", "added", "denorm", "effective", "find", "frames_of", "gate", "known", "norm", "pattern",
    "ratio", "read", "sound_of", "through", "write",
]  # fmt: skip
