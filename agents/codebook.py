"""The partner's alphabet: a few kinds of sound, each with a number, learnt from vectors.

A label is the nearest kind; whatever is softer than the gate is the last
label, silence. A *turning* alphabet holds every kind in all twelve keys, so
that a memory transposed is its labels permuted::

    label = 12 * kind + key        shift(label, +2) = 12 * kind + (key + 2) % 12

Asked for K labels it holds K, silence among them; when turning, the nearest
12 * kinds + 1 there is: 13 for 16, 61 for 64, 253 for 256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents import descriptors

GATE = -50.0  # dB below full scale: softer is silence
MOST = 20000  # vectors an alphabet is learnt from; more are drawn from by chance
ROUNDS = 60
LEAST = 0.25  # of its usual spread: a block that hardly moves in a memory is not blown up to count as much as the others


@dataclass(frozen=True)
class Codebook:
    """Kinds of sound: ``centres`` is (kinds, D) in scaled numbers, (vector - mean) / scale. Silence is not among them."""

    centres: NDArray[np.float32]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    emphasis: str
    name: str = ""
    gate: float = GATE
    turning: bool = False
    _half: NDArray[np.float32] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sizes = {"mean": self.mean.shape, "scale": self.scale.shape}
        wrong = [name for name, shape in sizes.items() if shape != self.centres.shape[1:]]
        if self.centres.ndim != 2 or wrong:
            raise ValueError(
                f"codebook {self.name}: centres are {self.centres.shape}, so mean and scale hold {self.centres.shape[-1]} numbers"
            )
        object.__setattr__(self, "_half", (self.centres.astype(np.float32) ** 2).sum(axis=1) / 2)

    @property
    def size(self) -> int:
        """How many labels there are, silence included."""
        return len(self.centres) + 1

    @property
    def silence(self) -> int:
        """The label of silence: the last."""
        return len(self.centres)

    @cached_property
    def fingerprint(self) -> str:
        """Eight letters that two alphabets share only when they are the same."""
        told = f"{self.emphasis}/{float(self.gate)}/{bool(self.turning)}/{self.centres.shape}".encode()
        parts = (np.ascontiguousarray(part, np.float32).tobytes() for part in (self.centres, self.mean, self.scale))
        return hashlib.blake2s(told + b"".join(parts), digest_size=4).hexdigest()

    def label(self, vector: NDArray[Any]) -> int:
        """The kind of one sound."""
        return int(self.labels(np.asarray(vector)[None])[0])

    def labels(self, matrix: NDArray[Any]) -> NDArray[np.int32]:
        """The kind of each: (segments, D) to (segments,)."""
        matrix = self._fitting(matrix)
        found = (self._scaled(matrix) @ self.centres.T - self._half).argmax(axis=1).astype(np.int32)
        found[loudness(matrix, self.emphasis) < self.gate] = self.silence
        return found

    def distances(self, matrix: NDArray[Any]) -> NDArray[np.float32]:
        """How far each is from every kind, silence left out: (segments, kinds)."""
        scaled = self._scaled(self._fitting(matrix))
        squares = (scaled**2).sum(axis=1)[:, None] + 2 * (self._half - scaled @ self.centres.T)
        return np.sqrt(np.maximum(squares, 0))

    def shift(self, label: int, semitones: int) -> int:
        """The label the same sound has so many semitones higher."""
        return int(self.shifted(np.array([label]), semitones)[0])

    def shifted(self, labels: NDArray[Any], semitones: int) -> NDArray[np.int32]:
        """The labels a transposed memory has."""
        labels = np.asarray(labels, np.int32)
        if not self.turning:
            if semitones:
                raise ValueError(f"codebook {self.name or self.emphasis} does not turn: learn it with turning=True, or transpose by 0")
            return labels
        return np.where(labels == self.silence, labels, labels // 12 * 12 + (labels + semitones) % 12).astype(np.int32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All there is, as plain arrays."""
        told = {"emphasis": self.emphasis, "name": self.name, "gate": self.gate, "turning": self.turning}
        return {"centres": self.centres, "mean": self.mean, "scale": self.scale} | {key: np.array(value) for key, value in told.items()}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Codebook:
        """From such arrays."""
        numbers = [np.asarray(arrays[name], np.float32) for name in ("centres", "mean", "scale")]
        return cls(*numbers, str(arrays["emphasis"]), str(arrays["name"]), float(arrays["gate"]), bool(arrays["turning"]))

    def save(self, path: str | Path) -> None:
        """Into an .npz of plain arrays."""
        np.savez(path, **self.arrays())

    @classmethod
    def load(cls, path: str | Path) -> Codebook:
        """From such an .npz."""
        with np.load(path, allow_pickle=False) as kept:
            missing = {"centres", "mean", "scale", "emphasis", "name", "gate", "turning"} - set(kept.files)
            if missing:
                raise ValueError(f"{path} is no codebook: it holds no {min(missing)}")
            return cls.of(kept)

    @classmethod
    def learn(
        cls,
        vectors: NDArray[Any],
        K: int = 64,
        seed: int = 0,
        *,
        emphasis: str = "harmony",
        name: str = "",
        turning: bool = False,
        gate: float = GATE,
    ) -> Codebook:
        """An alphabet of at most K labels from (segments, D). Fewer where the sound has fewer kinds."""
        vectors = np.asarray(vectors, np.float32)
        if vectors.ndim != 2 or K < 2:
            raise ValueError(f"an alphabet needs vectors of (segments, D) and K of 2 or more, not {vectors.shape} and {K}")
        if turning and "chroma" not in descriptors.EMPHASES.get(emphasis, ()):
            raise ValueError(f'only an emphasis with pitch classes can turn, "{emphasis}" has none. Nearest: harmony')
        chance = np.random.default_rng(seed)
        heard = vectors[loudness(vectors, emphasis) >= gate]
        if len(heard) > MOST:
            heard = heard[chance.choice(len(heard), MOST, replace=False)]
        mean, scale = evened(heard, emphasis)
        chroma = descriptors.blocks(emphasis)["chroma"] if turning else None
        kinds = max(1, round((K - 1) / 12)) if turning else K - 1
        found = clusters((heard - mean) / scale, kinds, chance, chroma)
        return cls(found, mean, scale, emphasis, name or f"{emphasis}-{K}", gate, turning)

    def _scaled(self, matrix: NDArray[Any]) -> NDArray[np.float32]:
        return ((matrix - self.mean) / self.scale).astype(np.float32)

    def _fitting(self, matrix: NDArray[Any]) -> NDArray[np.float32]:
        matrix = np.asarray(matrix, np.float32)
        if matrix.ndim != 2 or matrix.shape[1] != self.mean.size:
            raise ValueError(f"codebook {self.name} ({self.emphasis}) takes vectors of {self.mean.size} numbers, not {matrix.shape[1:]}")
        return matrix


def loudness(vectors: NDArray[Any], emphasis: str) -> NDArray[np.float32]:
    """The level of each vector in dB: every emphasis keeps it last, a net's in the same unit as the timbre's."""
    return descriptors.levels(vectors, emphasis if emphasis in descriptors.EMPHASES else "timbre")


def evened(heard: NDArray[np.float32], emphasis: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mean, and what makes each block move as much as its emphasis says, however much it moves in this memory.

    The twelve pitch classes share one mean and one scale, so that a transposed sound is as far from everything as before.
    A net's numbers, of which nothing is known, are evened one by one.
    """
    width = heard.shape[1]
    mean, scale = np.zeros(width, np.float32), np.ones(width, np.float32)
    if not len(heard):
        return mean, scale
    mean = heard.mean(axis=0)
    if emphasis not in descriptors.EMPHASES:
        return mean, np.maximum(heard.std(axis=0), 1e-3).astype(np.float32) * np.float32(np.sqrt(width))
    for name, where in descriptors.blocks(emphasis).items():
        if name == "chroma":
            mean[where] = mean[where].mean()
        weight = descriptors.EMPHASES[emphasis][name]
        spread = np.sqrt(((heard[:, where] - mean[where]) ** 2).sum(axis=1).mean()) / weight
        scale[where] = max(spread, LEAST)
    return mean, scale


def turns(points: NDArray[np.float32], chroma: slice | None) -> NDArray[np.float32]:
    """All that a point may be: itself, or itself in twelve keys. (points, turns, D)."""
    if chroma is None:
        return points[:, None]
    every = np.repeat(points[:, None], 12, axis=1)
    for key in range(12):
        every[:, key, chroma] = np.roll(points[:, chroma], key, axis=1)
    return every


def clusters(points: NDArray[np.float32], kinds: int, chance: np.random.Generator, chroma: slice | None) -> NDArray[np.float32]:
    """k-means, begun by k-means++. With ``chroma`` each kind stands in twelve keys: a point is turned to the key it fits best."""
    if not len(points):
        return np.zeros((12 if chroma else 1, points.shape[1]), np.float32)
    centres = begun(points, kinds, chance, chroma)
    count = 12 if chroma else 1
    nearest = np.full(len(points), -1)
    for _ in range(ROUNDS):
        every = turns(centres, chroma).reshape(-1, points.shape[1])
        now = (points @ every.T - (every**2).sum(axis=1) / 2).argmax(axis=1)
        if (now == nearest).all():
            break
        nearest = now
        home = points.copy()
        for key in range(1, count):
            home[nearest % 12 == key, chroma] = np.roll(home[nearest % 12 == key, chroma], -key, axis=1)
        sums = np.zeros(centres.shape, np.float64)
        np.add.at(sums, nearest // count, home)
        members = np.bincount(nearest // count, minlength=len(centres))
        centres = np.where(members[:, None], sums / np.maximum(members, 1)[:, None], centres).astype(np.float32)
    return turns(centres, chroma).reshape(-1, points.shape[1])


def begun(points: NDArray[np.float32], kinds: int, chance: np.random.Generator, chroma: slice | None) -> NDArray[np.float32]:
    """Where to begin: points far from one another, the farther the likelier; none twice."""
    chosen = [points[int(chance.integers(len(points)))]]
    far = np.full(len(points), np.inf)
    squares = (points**2).sum(axis=1)
    while len(chosen) < kinds:
        every = turns(chosen[-1][None], chroma)[0]
        near = squares[:, None] - 2 * points @ every.T + (every**2).sum(axis=1)
        far = np.minimum(far, np.maximum(near.min(axis=1), 0))
        far[far < 1e-6 * (1 + squares)] = 0  # the same point again
        if not far.sum():
            break
        chosen.append(points[int(chance.choice(len(points), p=far / far.sum()))])
    return np.stack(chosen).astype(np.float32)
