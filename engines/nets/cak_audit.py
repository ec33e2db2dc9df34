"""The audit: a kernel learns, from recordings alone, to see what can be made more of. Nothing is labelled, nothing is paired.

The kernel changes a sound by what it sees, and then looks again. At texture c what it sees must have grown by c, while the
sound moves as little as can be::

    D = taps on x + bias         fake = x + c * gate(c) * D
    violation = | mean|D(fake)| - mean|D(x)| - c |        loss = 2 * violation + near * mean|fake - x| - 0.01 * log(mean|D|)

The published audit asks for the mean of D instead of its growth. That is a question of level: any nine numbers of one sum
answer it, and the kernel stays the noise it began as. Here the taps add up to nothing, so level is no answer. What comes out
of recordings is mostly an edge in time, which noise does not give; dearer change (``near``) gives lines instead of edges.

Taps are free in size while they learn, so the size is settled afterwards, by law: the absolute taps add up to what they do
in the published kernel, the bias keeps the mean of the pictures where it was, and scale is such that texture 1 lies
15 dB of log-spectral distance from the dry recordings (engines/nets/cak_strength.py).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines import cak
from engines.nets.cak_said import LEARNED, Keeper, Teller, Training
from engines.nets.cak_sounds import Clip, Picture, Refused
from engines.nets.cak_strength import SUM, strengthened

Floats = NDArray[np.float64]
STEPS, RATE, BATCH, CROP, NEAR = 800, 0.01, 8, 64, 0.5
EVERY = 100  # steps between looks at what is held out
MARGIN = 2  # points around a crop that the kernel looks at twice: no edge of ours is seen
BETAS = (0.0, 0.9)
WEIGHT_AUDIT, WEIGHT_SEEN = 2.0, 0.01


@dataclass
class Adam:
    """Eleven numbers walking downhill. Its state is two rows and a count."""

    rate: float
    mean: Floats = field(default_factory=lambda: np.zeros(11))
    square: Floats = field(default_factory=lambda: np.zeros(11))
    count: int = 0

    def step(self, numbers: Floats, slope: Floats) -> Floats:
        """One step."""
        self.count += 1
        self.mean = BETAS[0] * self.mean + (1 - BETAS[0]) * slope
        self.square = BETAS[1] * self.square + (1 - BETAS[1]) * slope**2
        mean, square = self.mean / (1 - BETAS[0] ** self.count), self.square / (1 - BETAS[1] ** self.count)
        return numbers - self.rate * mean / (np.sqrt(square) + 1e-8)


def seen_by(numbers: Floats, x: Floats) -> Floats:
    """The pattern inside a batch of pictures: (batch, rows, columns) to two rows and two columns fewer."""
    rows, columns = x.shape[1] - 2, x.shape[2] - 2
    seen = np.full((len(x), rows, columns), numbers[9])
    for k in range(9):
        seen += numbers[k] * x[:, k // 3 : k // 3 + rows, k % 3 : k % 3 + columns]
    return seen


def slope_of(x: Floats, by: Floats) -> Floats:
    """What a slope at the pattern is at the nine taps and the bias."""
    rows, columns = by.shape[1:]
    flat = by.ravel()
    taps = [x[:, k // 3 : k // 3 + rows, k % 3 : k % 3 + columns].ravel() @ flat for k in range(9)]
    return np.array([*taps, flat.sum()])


def back_through(numbers: Floats, by: Floats) -> Floats:
    """And what it is at the picture: two rows and two columns more."""
    rows, columns = by.shape[1:]
    at = np.zeros((len(by), rows + 2, columns + 2))
    for k in range(9):
        at[:, k // 3 : k // 3 + rows, k % 3 : k % 3 + columns] += numbers[k] * by
    return at


@dataclass(frozen=True)
class Batch:
    """Crops (batch, CROP + 2 * MARGIN, ...), what each is to become like, and how much is asked for: (batch,)."""

    x: Floats
    target: Floats
    c: Floats


def violation(numbers: Floats, batch: Batch, audits: str) -> Floats:
    """How far what is seen has grown from what was asked, of each crop. ``level``: how far its mean is."""
    e = cak.effective(batch.c, numbers[10])[:, None, None]
    before = seen_by(numbers, batch.x)
    after = seen_by(numbers, np.clip(batch.x[:, 1:-1, 1:-1] + e * before, 0.0, 1.0))
    if audits == "level":
        return np.abs(after.mean(axis=(1, 2)) - batch.c)
    return np.abs(np.abs(after).mean(axis=(1, 2)) - np.abs(before[:, 1:-1, 1:-1]).mean(axis=(1, 2)) - batch.c)


def loss_and_slope(numbers: Floats, batch: Batch, audits: str, near: float) -> tuple[float, float, Floats]:
    """The loss, the mean violation, and the slope at the eleven."""
    x, c, many = batch.x, batch.c, len(batch.x)
    open_ = (c * cak.gate(c))[:, None, None]
    e = open_ * numbers[10]
    before = seen_by(numbers, x)
    raw = x[:, 1:-1, 1:-1] + e * before
    fake = np.clip(raw, 0.0, 1.0)
    after, inner = seen_by(numbers, fake), before[:, 1:-1, 1:-1]
    each, wide = after[0].size, fake[0].size
    gap = fake - batch.target[:, 1:-1, 1:-1]
    slope = np.zeros(11)
    if audits == "level":
        off = after.mean(axis=(1, 2)) - c
        at_after = np.broadcast_to((np.sign(off) / (many * each))[:, None, None], after.shape)
        at_before = np.zeros_like(before)
    else:
        off = np.abs(after).mean(axis=(1, 2)) - np.abs(inner).mean(axis=(1, 2)) - c
        sign = (np.sign(off) / (many * each))[:, None, None]
        at_after = sign * np.sign(after)
        at_before = np.zeros_like(before)
        at_before[:, 1:-1, 1:-1] = -sign * np.sign(inner) * WEIGHT_AUDIT
    slope[:10] += WEIGHT_AUDIT * slope_of(fake, at_after)
    at_fake = WEIGHT_AUDIT * back_through(numbers, at_after) + near * np.sign(gap) / (many * wide)
    at_raw = np.where((raw > 0.0) & (raw < 1.0), at_fake, 0.0)
    strength = np.abs(before).mean()
    at_before += at_raw * e - WEIGHT_SEEN / (1e-8 + strength) * np.sign(before) / before.size
    slope[:10] += slope_of(x, at_before)
    slope[10] = float((at_raw * before * open_).sum())
    missed = float(np.abs(off).mean())
    loss = WEIGHT_AUDIT * missed + near * float(np.abs(gap).mean()) - WEIGHT_SEEN * float(np.log(1e-8 + strength))
    return loss, missed, slope


Item = tuple[int, int, float]
"""Which clip, which one it is to become like, and the texture that is said to lie between them."""


@dataclass(frozen=True)
class Game:
    """What is played: ``audits`` growth or level; ``zero_sum`` taps or free ones; the sound near to itself, or ``items`` of the published game."""

    audits: str = "growth"
    zero_sum: bool = True
    free_scale: bool = False
    near: float = NEAR
    items: tuple[Item, ...] = ()
    steps: int = STEPS
    rate: float = RATE
    batch: int = BATCH
    crop: int = CROP

    def begun(self, seed: int) -> Floats:
        """Small random taps, no bias, scale 1."""
        taps = 0.0333 * np.random.default_rng([seed, 2]).standard_normal(9)
        return np.array([*self.held(taps), 0.0, 1.0])

    def held(self, numbers: Floats) -> Floats:
        """A walk within the rules: what they forbid is taken out."""
        numbers = numbers.copy()
        if self.zero_sum:
            numbers[:9] -= numbers[:9].mean()
        if not self.free_scale and len(numbers) == 11:
            numbers[10] = 0.0
        return numbers

    def drawn(self, clips: Sequence[Picture], seed: int, step: int, many: int = 0) -> Batch:
        """The crops of a step: they depend on seed and step only, so a training may be cut anywhere."""
        chance, wide = np.random.default_rng([seed, 3, step]), self.crop + 2 * MARGIN
        x, target, c = [], [], []
        for _ in range(many or self.batch):
            whose = other = int(chance.integers(len(clips)))
            asked = chance.uniform(0.1, 0.9)
            if self.items:
                whose, other, asked = self.items[int(chance.integers(len(self.items)))]
            at = [chance.random(), chance.random()]
            x.append(_crop(clips[whose], wide, at))
            target.append(x[-1] if other == whose else _crop(clips[other], wide, [chance.random(), chance.random()]))
            c.append(asked)
        return Batch(np.stack(x), np.stack(target), np.array(c))


def _crop(picture: Picture, wide: int, at: Sequence[float]) -> Floats:
    bins, frames = picture.shape
    row, column = (int(where * (room + 1)) for where, room in zip(at, (bins - wide, frames - wide), strict=True))
    return np.asarray(picture[row : row + wide, column : column + wide], np.float64)


def play(
    game: Game, clips: Sequence[Picture], seed: int, numbers: Floats | None = None, adam: Adam | None = None
) -> Iterator[tuple[int, Floats, Adam, float, float]]:
    """Step by step: the step, the eleven, the walker, the loss, the violation."""
    adam = adam or Adam(game.rate)
    numbers = game.begun(seed) if numbers is None else numbers
    for step in range(adam.count, game.steps):
        loss, missed, slope = loss_and_slope(numbers, game.drawn(clips, seed, step), game.audits, game.near)
        walk = numbers - adam.step(numbers, game.held(slope))
        numbers = numbers - game.held(walk)
        yield step + 1, numbers, adam, loss, missed


# --- what came of it -----------------------------------------------------------------------


def sized(numbers: Floats, size: float) -> Floats:
    """The same shape in another size, without its bias."""
    return np.array([*(numbers[:9] * size / max(np.abs(numbers[:9]).sum(), 1e-12)), 0.0, 1.0])


def at_its_best(numbers: Floats, held_out: Batch, near: float) -> tuple[float, float]:
    """The least loss a shape can have on held-out crops, whatever its size; and its violation there."""

    def told(size: float) -> tuple[float, float]:
        loss, missed, _ = loss_and_slope(sized(numbers, size), held_out, "growth", near)
        return loss, missed

    return min(told(size) for size in np.geomspace(2.0, 40.0, 13))


def settled(numbers: Floats, pictures: Sequence[Picture], name: str, **card: Any) -> cak.Kernel:
    """The shape as a kernel, in the size the law above gives it."""
    taps = sized(numbers, SUM)[:9].tolist()
    plain = cak.Kernel.of([*taps, 0.0, 1.0], name, **card)
    bias = -float(np.mean([cak.pattern(p, plain)[1:-1, 1:-1].mean() for p in pictures[:6]]))
    return strengthened(cak.Kernel.of([*taps, bias, 1.0], name, **card), pictures)


def audit(
    learnt: list[Clip], apart: list[Clip], out: Path, *, name: str, seed: int = 0, steps: int = STEPS, near: float = NEAR,
    minutes: float = 0.0, resume: bool = False, teller: Teller | None = None, says: str = "",
) -> tuple[cak.Kernel | None, dict[str, Any], list[tuple[int, float]]]:  # fmt: skip
    """Play it; the kernel (None: nothing learned), the figures, and how the held-out violation went."""
    teller, game = teller or Teller(quiet=True), Game(near=near, steps=steps)
    clips, others = ([clip.picture for clip in some if min(clip.picture.shape) >= CROP + 2 * MARGIN] for some in (learnt, apart))
    if len(clips) < 2 or not others:
        raise Refused(
            f"{(learnt or apart)[0].name} and the others are too short: a crop is {CROP + 2 * MARGIN} frames, {(CROP + 4) * 512 / 44100:.1f} s"
        )
    held_out, began = game.drawn(others, seed, -1 % 2**32, 64), time.monotonic()
    start = game.begun(seed)
    at_first, (chance_loss, chance_missed) = float(violation(start, held_out, "growth").mean()), at_its_best(start, held_out, near)
    training = Training.beside(out, game="audit", seed=seed, near=near, clips=[clip.name for clip in learnt])
    numbers, adam, course, figures = start, Adam(game.rate), [(0, at_first)], {}
    best, loss_then, told_then = start, float("inf"), figures
    if held := (training.load() if resume else None):
        numbers, adam = held["numbers"], Adam(game.rate, held["mean"], held["square"], int(held["count"]))
        course = [(int(step), float(missed)) for step, missed in held["course"]]
        best, loss_then, told_then = held["best"], float(held["loss"]), json.loads(str(held["told"]))
    keeper = Keeper(out, "audit")
    keeper.standing(lambda there: at_its_best(np.array(there.numbers), held_out, near)[0])

    def kernel_then() -> cak.Kernel:
        card = {"says": says or _says(best), "game": "audit", "seed": seed, "near": near, "figures": told_then}
        return settled(best, clips, name, **card, **{"trained on": [clip.name for clip in learnt]})

    for step, numbers, adam, loss, missed in play(game, clips, seed, numbers, adam):  # noqa: B020 (where it goes on from)
        over = bool(minutes) and time.monotonic() - began > 60 * minutes
        if step % EVERY == 0 or step == steps or over:
            now, (reached, _) = float(violation(numbers, held_out, "growth").mean()), at_its_best(numbers, held_out, near)
            course.append((step, now))
            figures = {
                "violation fell": round(1 - now / at_first, 4),
                "by size alone": round(1 - chance_missed / at_first, 4),
                "loss beside a random kernel": round(reached - chance_loss, 5),
                "steps": step,
            }
            if figures["violation fell"] > LEARNED and reached < min(chance_loss, loss_then):
                best, loss_then, told_then = numbers, reached, figures
                keeper.offer(kernel_then(), reached)
            training.save(
                numbers=numbers, mean=adam.mean, square=adam.square, count=adam.count, course=np.array(course),
                best=best, loss=loss_then, told=np.array(json.dumps(told_then)),
            )  # fmt: skip
        teller.step(step, steps, loss=loss, violation=missed)
        if over:
            break
    if not figures:
        raise Refused(f"{training.file.name} is at step {adam.count} already; ask for more with --steps")
    if not minutes:
        training.forget()
    kernel = kernel_then() if told_then else None
    teller.note(_verdict(kernel, keeper, told_then or figures))
    return kernel, told_then or figures, course


def _verdict(kernel: cak.Kernel | None, keeper: Keeper, figures: dict[str, Any]) -> str:
    fell = f"violation fell {figures['violation fell']:.1%} on held-out recordings (a random kernel of the best size: {figures['by size alone']:.1%})"
    if kernel is None:
        return f"nothing learned: {fell}; {LEARNED:.0%}, and better than by chance, is the least. Nothing is written."
    return f"{keeper.file}: {fell}" if keeper.written else f"{keeper.file} is as good already and stays ({fell})"


def kind_of(numbers: Floats) -> str:
    """What a shape is, from where its energy lies: an edge or a line, in time or in pitch, a diagonal, a spot, or mixed."""
    k = np.asarray(numbers[:9], np.float64).reshape(3, 3)
    k = k - k.mean()
    edge, line, flat = np.array([-1, 0, 1]) / np.sqrt(2), np.array([-1, 2, -1]) / np.sqrt(6), np.ones(3) / np.sqrt(3)
    parts = {
        "edge in time": (flat @ k @ edge) ** 2, "line in time": (flat @ k @ line) ** 2,
        "edge in pitch": (edge @ k @ flat) ** 2, "line in pitch": (line @ k @ flat) ** 2,
        "diagonal": (edge @ k @ edge) ** 2, "spot": (line @ k @ line) ** 2,
        "bent": (edge @ k @ line) ** 2 + (line @ k @ edge) ** 2,
    }  # fmt: skip
    whole = sum(parts.values())
    in_time, in_pitch = parts["edge in time"] + parts["line in time"], parts["edge in pitch"] + parts["line in pitch"]
    if whole < 1e-18:
        return "flat"
    if in_time > 0.7 * whole:
        return "edge in time" if parts["edge in time"] > parts["line in time"] / 2 else "line in time"
    if in_pitch > 0.7 * whole:
        return "edge in pitch" if parts["edge in pitch"] > parts["line in pitch"] / 2 else "line in pitch"
    best = max(parts, key=lambda part: parts[part])
    return best if parts[best] > 0.5 * whole else "mixed"


def _says(numbers: Floats) -> str:
    return f"makes more of what it sees: {kind_of(numbers)}"
