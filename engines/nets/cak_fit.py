"""Fit: play it the dry sound and the wet one, and it finds the eleven numbers between them. A quarter of a second, no guessing.

What a kernel adds is linear in its taps and its bias, so pairs of pictures are equations for ten unknowns::

    wet - dry = e(1) * (nine taps on dry + bias)

They are added up (ten by ten numbers, however long the recordings) and solved. Only the product of scale and taps can
be heard; the law that parts them: the nine taps' absolute values add up to what they do in the published kernel, and
scale says the rest, so that at texture 1 the dry sound has become as wet as the pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines import cak
from engines.nets.cak_said import Keeper, Teller, Training
from engines.nets.cak_sounds import Pair, Picture, Refused, distance, levelled, pair_files, pair_of, picture_of, size_of

SUM = 0.69394971  # of the absolute taps of the published kernel
BLOCK = 32  # frames that are learnt from or held out together: a third of a second
EVERY = 5  # one block in five is held out
LEAST = 0.1  # a kernel that explains less of what happened on held-out frames has learned nothing


@dataclass
class Sums:
    """The equations, added up: for ten unknowns, what they are multiplied by, and the squares of what is to be explained."""

    matrix: NDArray[np.float64]
    right: NDArray[np.float64]
    square: float = 0.0
    many: int = 0

    @staticmethod
    def empty() -> Sums:
        """None yet."""
        return Sums(np.zeros((10, 10)), np.zeros(10))

    def add(self, seen: NDArray[np.float64], change: NDArray[np.float64]) -> None:
        """More of them: seen (10, points), change (points,)."""
        self.matrix += seen @ seen.T
        self.right += seen @ change
        self.square += float(change @ change)
        self.many += change.size

    def solved(self, only: list[int] | None = None) -> NDArray[np.float64]:
        """The ten unknowns that explain most; ``only`` some of them, the others nothing."""
        ask = list(range(10)) if only is None else only
        size = np.sqrt(np.maximum(np.diag(self.matrix)[ask], 1e-30))
        scaled = self.matrix[np.ix_(ask, ask)] / np.outer(size, size)
        found = np.zeros(10)
        found[ask] = np.linalg.lstsq(scaled, self.right[ask] / size, rcond=1e-13)[0] / size
        return found

    def explained(self, ten: NDArray[np.float64]) -> float:
        """The share of what happened that these ten tell, at most 1; below 0 is worse than no kernel."""
        left = self.square - 2 * ten @ self.right + ten @ self.matrix @ ten
        return float(1 - left / self.square) if self.square > 0 else 0.0


def rows(dry: Picture) -> NDArray[np.float64]:
    """What each tap sees at each point, and a one for the bias: (10, bins, frames)."""
    bins, frames = dry.shape
    padded = np.pad(np.asarray(dry, np.float64), 1)
    taps = [padded[row : row + bins, column : column + frames] for row in range(3) for column in range(3)]
    return np.stack([*taps, np.ones((bins, frames))])


def gather(dry: Picture, wet: Picture, learnt: Sums, apart: Sums, chance: np.random.Generator) -> None:
    """A pair's equations. Points that were cut (at nothing, or at the ceiling) say nothing and are left out."""
    seen, change = rows(dry), (np.asarray(wet, np.float64) - dry) / float(cak.effective(1.0, 1.0))
    inside = (wet > 0.0) & (dry > 0.0) & ((wet < 1.0) | (dry > 1.0)) & ((wet != dry) | (wet < 1.0))
    starts = list(range(0, dry.shape[1], BLOCK))
    out = set(chance.permutation(len(starts))[: len(starts) // EVERY].tolist())
    for k, start in enumerate(starts):
        part = slice(start, start + BLOCK)
        taken = inside[:, part]
        (apart if k in out else learnt).add(seen[:, :, part][:, taken], change[:, part][taken])


def kernel_of(ten: NDArray[np.float64], name: str, **card: Any) -> cak.Kernel:
    """The eleven from the ten, by the law above."""
    size = float(np.abs(ten[:9]).sum())
    if size < 1e-9:
        raise Refused(f"{name}: the wet sound is the dry one, there is nothing to learn")
    scale = size / SUM
    return cak.Kernel.of([*(ten / scale).tolist(), scale], name, **card)


def between(dry: Picture, wet: Picture, name: str = "", seed: int = 0) -> cak.Kernel:
    """The kernel between two pictures, nothing held out."""
    learnt, apart = Sums.empty(), Sums.empty()
    gather(dry, wet, learnt, apart, np.random.default_rng(seed))
    learnt.matrix += apart.matrix
    learnt.right += apart.right
    return kernel_of(learnt.solved(), name)


def gather_pair(pair: Pair, learnt: Sums, apart: Sums, seed: int, level: bool) -> None:
    """The equations of two recordings."""
    dry, wet = (levelled(side) for side in (pair.dry, pair.wet)) if level else (pair.dry, pair.wet)
    gather(picture_of(dry, pair.rate), picture_of(wet, pair.rate), learnt, apart, np.random.default_rng([seed, len(dry)]))


def fit(
    pairs: list[tuple[Path, Path]], out: Path, *, name: str, seed: int = 0, level: bool = False, resume: bool = False,
    teller: Teller | None = None, says: str = "",
) -> tuple[cak.Kernel | None, dict[str, Any]]:  # fmt: skip
    """Learn from pairs of files; the kernel (None: nothing learned) and the figures. ``level``: both brought to -20 dBFS."""
    teller = teller or Teller(quiet=True)
    names = [dry.stem for dry, _ in pairs]
    training = Training.beside(
        out, game="fit", seed=seed, level=level, pairs=[[d.name, d.stat().st_size, w.name, w.stat().st_size] for d, w in pairs]
    )
    held = training.load() if resume else None
    learnt, apart, begun, late = Sums.empty(), Sums.empty(), 0, []
    if held:
        learnt, apart = (
            Sums(held[f"{s}_matrix"], held[f"{s}_right"], float(held[f"{s}_square"]), int(held[f"{s}_many"])) for s in ("learnt", "apart")
        )
        begun, late = int(held["done"]), held["late"].tolist()
    for k, (dry_file, wet_file) in enumerate(pairs[begun:], begun + 1):
        pair = pair_of(dry_file, wet_file)
        late.append(pair.late)
        gather_pair(pair, learnt, apart, seed, level)
        sums = {
            f"{s}_{part}": getattr(which, part)
            for s, which in (("learnt", learnt), ("apart", apart))
            for part in ("matrix", "right", "square", "many")
        }
        training.save(done=k, late=np.array(late), **sums)
        teller.step(k, len(pairs), loss=1 - learnt.explained(learnt.solved()))
    return _told(pairs, names, learnt, apart, late, out, name, seed, level, training, teller, says)


def _told(
    pairs: list[tuple[Path, Path]], names: list[str], learnt: Sums, apart: Sums, late: list[int], out: Path, name: str, seed: int,
    level: bool, training: Training, teller: Teller, says: str,
) -> tuple[cak.Kernel | None, dict[str, Any]]:  # fmt: skip
    """Solve, measure, keep, say."""
    if apart.many == 0:
        raise Refused(f"{names[0]}: too short to hold anything out; {EVERY * BLOCK // 90 + 1} s or more")
    ten = learnt.solved()
    figures: dict[str, Any] = {
        "explained": round(apart.explained(ten), 4),
        "explained by level alone": round(apart.explained(learnt.solved([4, 9])), 4),
        "equations": learnt.many,
        "frames late": int(np.median(late)),
    }
    training.forget()
    if figures["explained"] < LEAST:
        teller.note(
            f"nothing learned: {figures['explained']:.1%} of what happened is explained on held-out frames ({LEAST:.0%} is the least). Nothing is written."
        )
        return None, figures
    kernel = kernel_of(ten, name)
    figures["dB from wet, dry"], figures["dB from wet, by the kernel"] = (round(x, 2) for x in _nearer(pair_of(*pairs[0]), kernel, level))
    kernel = cak.Kernel.of(kernel.numbers, name, says=says or f"taught from {len(pairs)} pair{'s' * (len(pairs) != 1)}", game="fit", seed=seed, figures=figures, **{"trained on": names})  # fmt: skip
    keeper = Keeper(out, "fit")
    keeper.standing(lambda there: 1 - apart.explained(np.array([*there.taps, there.bias]) * there.scale))
    if keeper.offer(kernel, 1 - apart.explained(ten)):
        teller.note(f"{out}: {figures['explained']:.1%} of what happened is explained on held-out frames ({figures['explained by level alone']:.1%} by level alone)")  # fmt: skip
    else:
        teller.note(f"{out} is as good already ({1 - keeper.best:.1%} on these held-out frames) and stays")
    return kernel, figures


def _nearer(pair: Pair, kernel: cak.Kernel, level: bool) -> tuple[float, float]:
    """How far the dry sound is from the wet one, and how far with the kernel on it."""
    size, most = size_of(pair.rate), 10 * pair.rate
    dry, wet = levelled(pair.dry[:most]) if level else pair.dry[:most], pair.wet[:most]
    made = cak.through(dry, 1.0, kernel, size=size, hop=size // 4)
    return distance(dry, wet, pair.rate), distance(made, wet, pair.rate)


def pairs_from(folder: Path | None, dry: Path | None, wet: Path | None) -> list[tuple[Path, Path]]:
    """What the command line named."""
    if dry and wet:
        for file in (dry, wet):
            if not file.is_file():
                raise Refused(f"{file} is no file")
        return [(dry, wet)]
    if dry or wet:
        raise Refused("fit needs both: --dry FILE --wet FILE")
    if folder is None:
        raise Refused("fit needs a FOLDER of pairs, or --dry FILE --wet FILE")
    return pair_files(folder)
