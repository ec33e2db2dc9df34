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
from engines.nets.cak_sounds import Pair, Picture, Refused, Sound, distance, levelled, pair_files, pair_of, picture_of, size_of
from engines.nets.cak_strength import SUM, strengthened

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

    def beside_blind(self, ten: NDArray[np.float64]) -> float:
        """How much better the wet picture is told from the dry one than by its mean alone: 0 for sounds that have nothing in common.

        Any kernel can pull a sound towards the mean of another, and that "explains" half of the change between the two.
        """
        m, r, many = self.matrix, self.right, max(self.many, 1)
        wet, squares = m[4, 9] + r[9], m[4, 4] + 2 * r[4] + self.square  # the wet picture is tap "now" and the change
        spread = squares - wet**2 / many
        return float(1 - (1 - self.explained(ten)) * self.square / spread) if spread > 0 else 0.0

    def explained_by_shape(self, ten: NDArray[np.float64]) -> float:
        """The share these ten tell when they are as strong as suits."""
        size = float(ten @ self.right) / max(float(ten @ self.matrix @ ten), 1e-30)
        return self.explained(size * ten)


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


@dataclass(frozen=True)
class Lesson:
    """What is to be learnt, and where it is to lie.

    ``level``: both sides are brought to -20 dBFS first, so that only their colour is learnt. ``reach``: the shape as learnt, but
    so strong that texture 1 lies that many dB from dry (0: as strong as the pairs say).
    """

    pairs: list[tuple[Path, Path]]
    out: Path
    name: str
    seed: int = 0
    level: bool = False
    reach: float = 0.0
    says: str = ""

    @property
    def training(self) -> Training:
        """How far it is, beside the kernel."""
        files = [[file.name, file.stat().st_size] for pair in self.pairs for file in pair]
        return Training.beside(self.out, game="fit", seed=self.seed, level=self.level, pairs=files)

    def heard(self, pair: Pair) -> tuple[Sound, Sound]:
        """The two sides as they are compared."""
        return (levelled(pair.dry), levelled(pair.wet)) if self.level else (pair.dry, pair.wet)


def fit(lesson: Lesson, *, resume: bool = False, teller: Teller | None = None) -> tuple[cak.Kernel | None, dict[str, Any]]:
    """Learn it; the kernel (None: nothing learned) and the figures."""
    teller = teller or Teller(quiet=True)
    held = lesson.training.load() if resume else None
    learnt, apart, begun, late = Sums.empty(), Sums.empty(), 0, []
    if held:
        learnt, apart = (Sums(*(held[f"{side}_{part}"] for part in PARTS)) for side in ("learnt", "apart"))
        begun, late = int(held["done"]), held["late"].tolist()
    for k, files in enumerate(lesson.pairs[begun:], begun + 1):
        pair = pair_of(*files)
        dry, wet = lesson.heard(pair)
        late.append(pair.late)
        gather(picture_of(dry, pair.rate), picture_of(wet, pair.rate), learnt, apart, np.random.default_rng([lesson.seed, k]))
        sums = {f"{side}_{part}": getattr(which, part) for side, which in (("learnt", learnt), ("apart", apart)) for part in PARTS}
        lesson.training.save(done=k, late=np.array(late), **sums)
        teller.step(k, len(lesson.pairs), loss=1 - learnt.explained(learnt.solved()))
    if apart.many == 0:
        raise Refused(f"{lesson.pairs[0][0].name}: too short to hold anything out; 2 s or more")
    figures = {
        "explained": round(apart.explained(learnt.solved()), 4),
        "told better than blind": round(apart.beside_blind(learnt.solved()), 4),
        "explained by level alone": round(apart.explained(learnt.solved([4, 9])), 4),
        "equations": int(learnt.many),
        "frames late": int(np.median(late)),
    }
    kernel = _kept(lesson, learnt, apart, figures, teller)
    lesson.training.forget()
    return kernel, figures


PARTS = ("matrix", "right", "square", "many")  # of the sums


def _kept(lesson: Lesson, learnt: Sums, apart: Sums, figures: dict[str, Any], teller: Teller) -> cak.Kernel | None:
    """Say what came of it; write it if it is worth it."""
    told = f"{figures['explained']:.1%} of what happened is explained on held-out frames"
    if min(figures["explained"], figures["told better than blind"]) < LEAST:
        blind = f"the wet sound is told {figures['told better than blind']:.1%} better from the dry one than blindly"
        teller.note(f"nothing learned: {told}, {blind}; {LEAST:.0%} of each is the least. Nothing is written.")
        return None
    kernel, pair = kernel_of(learnt.solved(), lesson.name), pair_of(*lesson.pairs[0])
    figures["dB from wet, dry"], figures["dB from wet, by the kernel"] = (round(x, 2) for x in _nearer(lesson, pair, kernel))
    if lesson.reach:
        dries = [lesson.heard(one) for one in [pair_of(*files) for files in lesson.pairs[:6]]]
        kernel = strengthened(kernel, [picture_of(dry, pair.rate) for dry, _ in dries], lesson.reach)
        figures["strength as learnt"] = round(kernel_of(learnt.solved(), "").scale, 4)
    count = len(lesson.pairs)
    says = lesson.says or f"taught from {count} pair{'s' * (count != 1)}"
    card = {"says": says, "game": "fit", "seed": lesson.seed, "figures": figures, "trained on": [dry.stem for dry, _ in lesson.pairs]}
    keeper = Keeper(lesson.out, "fit")
    keeper.standing(lambda there: 1 - apart.explained_by_shape(np.array(there.numbers[:10])))
    if keeper.offer(cak.Kernel.of(kernel.numbers, lesson.name, **card), 1 - apart.explained_by_shape(learnt.solved())):
        teller.note(f"{lesson.out}: {told} ({figures['explained by level alone']:.1%} by level alone)")
    else:
        teller.note(
            f"{lesson.out} is as good already ({1 - keeper.best:.1%} of it on these frames, ours {figures['explained']:.1%}) and stays"
        )
    return cak.Kernel.of(kernel.numbers, lesson.name, **card)


def _nearer(lesson: Lesson, pair: Pair, kernel: cak.Kernel) -> tuple[float, float]:
    """How far the dry sound is from the wet one, and how far with the kernel on it: the first ten seconds of a pair."""
    size, (dry, wet) = size_of(pair.rate), (side[: 10 * pair.rate] for side in lesson.heard(pair))
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
