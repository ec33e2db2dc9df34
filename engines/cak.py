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

import difflib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

SIZE, HOP = 2048, 512
LOW, HIGH = -0.0001081228256225586, 4.194316387176514  # of the published spectra, in the middle of norm
SPAN = HIGH - LOW + 1e-8
GAMMA = 0.85
KNEE, STEEP = 0.3, 20.0  # where the gate opens, and how steeply
FOLDER = Path(__file__).parent / "weights" / "cak"

TAPS = (
    "below_before", "below", "below_after",
    "before", "now", "after",
    "above_before", "above", "above_after",
)  # fmt: skip
"""A tap by what it sees: the bin below, its own or above, in the frame before, in this one or after."""
NUMBERS = (*TAPS, "bias", "scale")
"""The eleven, in order."""


class BadKernel(ValueError):
    """A file that holds no kernel: one line that says why."""


@dataclass(frozen=True)
class Kernel:
    """Eleven numbers, and where they come from."""

    name: str
    taps: tuple[float, ...]  # nine: the row below first; in a row the frame before first
    bias: float
    scale: float
    card: Mapping[str, Any] = field(default_factory=dict)

    @property
    def numbers(self) -> tuple[float, ...]:
        """All eleven, in the order of NUMBERS."""
        return (*self.taps, self.bias, self.scale)

    @property
    def picture(self) -> NDArray[np.float64]:
        """The taps as (3 bins, 3 frames)."""
        return np.array(self.taps).reshape(3, 3)

    @staticmethod
    def of(numbers: Iterable[float], name: str = "", **card: Any) -> Kernel:
        """From eleven numbers, or a BadKernel."""
        given = list(numbers)
        if len(given) != len(NUMBERS):
            raise BadKernel(f"a kernel is {len(NUMBERS)} numbers: nine taps, a bias, a scale. These are {len(given)}")
        found = [float(x) if isinstance(x, int | float) and not isinstance(x, bool) else math.nan for x in given]
        for called, x in zip(NUMBERS, found, strict=True):
            if not math.isfinite(x) or abs(x) > 1000:
                raise BadKernel(f"its {called} is no number a kernel can have")
        return Kernel(name, tuple(found[:9]), found[9], found[10], card)

    def flipped(self) -> Kernel:
        """Upside down: above becomes below."""
        return replace(self, name=f"{self.name} flipped", taps=tuple(self.picture[::-1].ravel().tolist()))

    def mirrored(self) -> Kernel:
        """Backwards: before becomes after."""
        return replace(self, name=f"{self.name} mirrored", taps=tuple(self.picture[:, ::-1].ravel().tolist()))

    def inverted(self) -> Kernel:
        """What it added it takes away."""
        return replace(self, name=f"{self.name} inverted", scale=-self.scale)

    def blend(self, other: Kernel, at: float) -> Kernel:
        """Part of the way to another: all eleven numbers go straight."""
        both = ((1 - at) * a + at * b for a, b in zip(self.numbers, other.numbers, strict=True))
        return Kernel.of(both, f"{self.name} to {other.name} {at:g}")

    def held(self) -> Kernel:
        """Without the frame after: what it would say is said by this one (mode hold)."""
        seen = self.picture
        seen[:, 1] += seen[:, 2]
        seen[:, 2] = 0.0
        return replace(self, taps=tuple(seen.ravel().tolist()))


# --- kernels as files ---------------------------------------------------------------------

WAYS = {"flipped": Kernel.flipped, "mirrored": Kernel.mirrored, "inverted": Kernel.inverted}


def read(file: Path) -> Kernel:
    """A kernel from its file, or a BadKernel that names it."""
    try:
        told = json.loads(Path(file).read_text("utf-8"))
        if not isinstance(told, dict) or not isinstance(told.get("numbers"), list):
            raise BadKernel('it has no list called "numbers"')
        card = told.get("card", {})
        return Kernel.of(told["numbers"], file.stem, **(card if isinstance(card, dict) else {}))
    except BadKernel as slip:
        raise BadKernel(f"{file.name}: {slip}") from None
    except (OSError, ValueError, RecursionError) as slip:
        raise BadKernel(f"{file.name} cannot be read as a kernel: {str(slip).splitlines()[0]}") from None


def write(kernel: Kernel, file: Path) -> None:
    """Save a kernel whole or not at all."""
    file = Path(file)
    told = {"names": list(NUMBERS), "numbers": list(kernel.numbers), "card": dict(kernel.card)}
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".part")
    fresh.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    fresh.replace(file)


def known(folders: Iterable[str | Path] = ()) -> dict[str, Path]:
    """Every kernel by its name: ours, then those in ``kernels/`` of each folder; the later one takes a name that is there twice."""
    places = [FOLDER, *(Path(folder) / "kernels" for folder in folders)]
    return {file.stem: file for place in places for file in sorted(place.glob("*.json"))}


def find(name: str, folders: Iterable[str | Path] = ()) -> Kernel:
    """A kernel by its name, with how it is turned: ``find("rust flipped mirrored")``. A LookupError names the nearest."""
    files = known(folders)
    called, *ways = [name] if name in files else name.split() or [""]
    while ways and f"{called} {ways[0]}" in files:
        called = f"{called} {ways.pop(0)}"
    if called not in files:
        raise LookupError(f"no kernel is called {called!r}. {_nearest(called, files)}")
    kernel = read(files[called])
    for way in ways:
        if way not in WAYS:
            raise LookupError(f"a kernel cannot be {way!r}. {_nearest(way, WAYS)}")
        kernel = WAYS[way](kernel)
    return kernel


def _nearest(word: str, words: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(words), 1, 0.5)
    return f"Nearest: {close[0]}." if close else f"There is: {', '.join(sorted(words))}."


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
