"""A kernel: the eleven numbers of CAK, and where they lie as files. Plain Python."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
        import numpy as np

        return np.array(self.taps).reshape(3, 3)

    @property
    def rows(self) -> tuple[tuple[float, ...], ...]:
        """The taps by bin: below, its own, above; in each before, now, after."""
        return self.taps[:3], self.taps[3:6], self.taps[6:]

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
        return replace(self, name=f"{self.name} flipped", taps=(*self.taps[6:], *self.taps[3:6], *self.taps[:3]))

    def mirrored(self) -> Kernel:
        """Backwards: before becomes after."""
        return replace(self, name=f"{self.name} mirrored", taps=tuple(tap for row in self.rows for tap in reversed(row)))

    def inverted(self) -> Kernel:
        """What it added it takes away."""
        return replace(self, name=f"{self.name} inverted", scale=-self.scale)

    def blend(self, other: Kernel, at: float) -> Kernel:
        """Part of the way to another: all eleven numbers go straight."""
        both = ((1 - at) * a + at * b for a, b in zip(self.numbers, other.numbers, strict=True))
        return Kernel.of(both, f"{self.name} to {other.name} {at:g}")

    def held(self) -> Kernel:
        """Without the frame after: what it would say is said by this one (mode hold)."""
        return replace(self, taps=tuple(tap for a, b, c in self.rows for tap in (a, b + c, 0.0)))


# --- as files ------------------------------------------------------------------------------

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
