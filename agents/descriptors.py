"""What is heard in a stretch of sound, without any weights: which pitches, which colour, how loud, how much it moves.

A segment is told by itself alone: nothing of its neighbours leaks in, so what
is heard live at its end is what is read later from the file. Its sound goes to
16 kHz; frames of 4096 points stand about every 62.5 ms, with their middles
inside the segment and silence outside it::

    segment      |---------|---------|---------|---------|     250 ms
    middles           x         x         x         x          evenly spread

From the mean over its frames: 12 pitch classes, 13 cepstra, flux, and the
level last. An emphasis takes some of these blocks and weighs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

RATE = 16000
POINTS = 4096
HOP = 1000  # 62.5 ms
MOST = 32  # frames of one segment: from 2 s on they stand further apart, so that a long one costs no more
BANDS = 40
CEPSTRA = 13
FADE = 0.004  # seconds at either end of a segment, so that a hard edge is not heard as noise
FAINT = 1e-9  # mean square below this is nothing at all: -90 dB
DEEP = 1e-6  # of the strongest band: what is softer than that colours nothing
QUIET = -80.0  # dB: where the level ends

WIDTHS = {"chroma": 12, "cepstra": CEPSTRA, "flux": 1, "level": 1}
EMPHASES: dict[str, dict[str, float]] = {
    "harmony": {"chroma": 1.0, "level": 0.25},
    "timbre": {"cepstra": 1.0, "flux": 0.3, "level": 0.15},
    "energy": {"flux": 0.5, "level": 1.0},
    "mix": {"chroma": 0.7, "cepstra": 0.7, "flux": 0.3, "level": 0.4},
}
"""What each emphasis takes, and how much a usual step of it counts. The level is always there, and always last."""

CEPSTRAL = 16.0  # the usual spread of the 13 cepstra together: brings them to the size of a chroma
LEVEL = 10.0  # dB: the usual spread of the level
FLUX = 0.1  # the usual spread of the flux

Sound = NDArray[np.float32]
"""(frames,) or (channels, frames)."""
Vectors = NDArray[np.float32]
"""(segments, D): one row a segment, as its emphasis weighs it."""


def blocks(emphasis: str) -> dict[str, slice]:
    """Where each block stands in a vector of this emphasis."""
    found, start = {}, 0
    for name in EMPHASES[known(emphasis)]:
        found[name] = slice(start, start + WIDTHS[name])
        start += WIDTHS[name]
    return found


def known(emphasis: str) -> str:
    """The emphasis itself, or one line that names the nearest."""
    if emphasis in EMPHASES:
        return emphasis
    import difflib

    near = difflib.get_close_matches(str(emphasis), EMPHASES, 1, 0.0)[0]
    raise ValueError(f'there is no emphasis "{emphasis}". Nearest: {near} (there are {", ".join(EMPHASES)})')


def width(emphasis: str) -> int:
    """How many numbers tell a segment."""
    return sum(WIDTHS[name] for name in EMPHASES[known(emphasis)])


def levels(vectors: NDArray[Any], emphasis: str) -> NDArray[np.float32]:
    """The level of each vector in dB below full scale."""
    return np.asarray(vectors)[..., -1] / np.float32(EMPHASES[known(emphasis)]["level"]) * np.float32(LEVEL) + np.float32(QUIET)


def vector(sound: Sound, rate: int, emphasis: str) -> NDArray[np.float32]:
    """One segment, told: (D,). ``sound`` is the segment alone, at any rate, mono or (channels, frames)."""
    own = mono(sound)
    loudness = float(own @ own) / max(own.size, 1)
    if not np.isfinite(loudness):
        return vector(np.zeros(1, np.float32), rate, emphasis)  # what is no sound is silence
    told: dict[str, Any] = {"level": (max(10 * np.log10(loudness + 1e-12), QUIET) - QUIET) / LEVEL}
    weights = EMPHASES[known(emphasis)]
    if loudness > FAINT:
        magnitudes = spectra(own, rate)
        if "chroma" in weights:
            told["chroma"] = chroma(magnitudes)
        if "cepstra" in weights or "flux" in weights:
            bands = magnitudes**2 @ filters()
            told["cepstra"] = cepstra(bands) / CEPSTRAL
            told["flux"] = flux(bands) / FLUX
    parts = [weight * np.atleast_1d(told.get(name, np.zeros(WIDTHS[name]))) for name, weight in weights.items()]
    return np.concatenate(parts).astype(np.float32)


def mono(sound: NDArray[Any]) -> NDArray[np.float32]:
    """One channel of float32: the mean of all."""
    own = np.asarray(sound, np.float32)
    return np.ascontiguousarray(own if own.ndim == 1 else own.mean(axis=0))


def spectra(own: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """The magnitudes of every frame of a segment: (frames, 2049). A steady sound has the same in each, also at the edges."""
    edge = min(round(FADE * rate), own.size // 2)
    own = own.copy()
    if edge:
        ramp = np.linspace(0, 1, edge, dtype=np.float32)
        own[:edge] *= ramp
        own[-edge:] *= ramp[::-1]
    if rate != RATE:
        own = soxr.resample(own, rate, RATE, "MQ")
    starts, gains = frames(own.size)
    padded = np.zeros(own.size + POINTS, np.float32)
    padded[POINTS // 2 : POINTS // 2 + own.size] = own
    cut = np.lib.stride_tricks.sliding_window_view(padded, POINTS)[starts] * hann()
    return np.abs(np.fft.rfft(cut, axis=1)).astype(np.float32) * gains[:, None]


@lru_cache(maxsize=1)
def hann() -> NDArray[np.float32]:
    """A raised cosine over one frame."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(POINTS) + 0.5) / POINTS)).astype(np.float32)


@lru_cache(maxsize=64)
def frames(size: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Where frames begin in a segment padded by half a frame, and what evens out how much of each is outside it."""
    count = min(max(1, round(size / HOP)), MOST)
    starts = np.floor((np.arange(count) + 0.5) * size / count).astype(np.int64)
    inside = np.concatenate([[0.0], np.cumsum(hann().astype(np.float64) ** 2)])
    first = np.clip(POINTS // 2 - starts, 0, POINTS)
    last = np.clip(POINTS // 2 + size - starts, 0, POINTS)
    return starts, (1 / np.sqrt(inside[last] - inside[first] + 1e-9)).astype(np.float32)


LOW, HIGH = 55.0, 4500.0  # Hz: where pitches are looked for
PEAK = 0.02  # of a frame's strongest peak
SOFTEN = 0.6  # the power a peak's strength is taken to, so that its overtones do not drown in it, nor it in them
FIFTH, THIRD = 0.3, 0.15  # of a pitch class, as what the 3rd and 5th partial may come from: 94 % of single notes by name, with it 98 %


def chroma(magnitudes: NDArray[np.float32]) -> NDArray[np.float32]:
    """How strong each pitch class is, from the spectra's peaks: (12,), of length 1, C first.

    Peaks are read between the bins, so a low note lands on its own pitch class, and a sound a semitone higher is the same
    twelve numbers turned by one.
    """
    low, high = int(LOW * POINTS / RATE), int(HIGH * POINTS / RATE)
    part = magnitudes[:, low - 1 : high + 1]
    here, before, after = part[:, 1:-1], part[:, :-2], part[:, 2:]
    row, column = np.nonzero((here > before) & (here >= after) & (here > PEAK * here.max(axis=1, keepdims=True)))
    if not row.size:
        return np.zeros(12, np.float32)
    strength = here[row, column] ** SOFTEN
    a, b, c = (np.log(x[row, column] + 1e-12) for x in (before, here, after))
    bend = np.clip(0.5 * (a - c) / (a - 2 * b + c - 1e-12), -0.5, 0.5)
    pitch = 12 * np.log2((low + column + bend) * (RATE / POINTS / 440.0)) + 9  # semitones above a C
    below = np.floor(pitch)
    share = (pitch - below).astype(np.float32)
    classes = below.astype(np.int64) % 12
    found = np.bincount(classes, strength * (1 - share), 12) + np.bincount((classes + 1) % 12, strength * share, 12)
    found = found + FIFTH * np.roll(found, -7) + THIRD * np.roll(found, -4)
    return (found / max(np.sqrt(found @ found), 1e-12)).astype(np.float32)


@lru_cache(maxsize=1)
def filters() -> NDArray[np.float32]:
    """The ear's bands as triangles over the spectrum: (2049, 40), each of height 1 over its width."""
    low, high = 2595 * np.log10(1 + np.array([60.0, 7600.0]) / 700)
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    bins = np.arange(POINTS // 2 + 1) * RATE / POINTS
    up = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    shape = np.clip(np.minimum(up, down), 0, None)
    return (shape / shape.sum(axis=0)).astype(np.float32)


@lru_cache(maxsize=1)
def cosines() -> NDArray[np.float32]:
    """Bands to cepstra: (40, 13), orthonormal columns; the first of all, the loudness, is left out."""
    steps = np.outer(np.arange(BANDS) + 0.5, np.arange(1, CEPSTRA + 1))
    return (np.sqrt(2 / BANDS) * np.cos(np.pi / BANDS * steps)).astype(np.float32)


def cepstra(bands: NDArray[np.float32]) -> NDArray[np.float32]:
    """The colour of a sound, whatever its level and pitch: (13,), in tens of dB or so."""
    mean = bands.mean(axis=0)
    return np.log(mean / (mean.max() + np.float32(1e-20)) + np.float32(DEEP)) @ cosines()


def flux(bands: NDArray[np.float32]) -> float:
    """How much grows from frame to frame, against all there is: 0 for a steady sound."""
    size = np.sqrt(bands)
    rise = np.maximum(np.diff(size, axis=0), 0).sum()
    return float(rise / max(size.sum(), 1e-12))


def turned(vectors: NDArray[Any], semitones: int, emphasis: str) -> NDArray[Any]:
    """The same vectors as if the sound stood so many semitones higher."""
    own = np.array(vectors)
    if "chroma" in (where := blocks(emphasis)):
        own[..., where["chroma"]] = np.roll(own[..., where["chroma"]], semitones, axis=-1)
    return own


def listed(sounds: Sequence[Sound], rate: int, emphasis: str) -> Vectors:
    """Many segments, each told by itself."""
    return np.stack([vector(one, rate, emphasis) for one in sounds]) if len(sounds) else np.zeros((0, width(emphasis)), np.float32)
