"""AuGAN: the published game, as published. A kernel, a critic that shares its eyes, and an audit of the level.

The generator adds what the kernel sees: ``fake = x + c * gate(c) * scale * D(x)``. The critic has a net that says how real a
picture looks and the audit, ``| mean D(picture) - c |``; both walkers (Adam) turn the same kernel. Labels are one number a
recording: drawn at random as the authors did, or with ``labels="texture"`` measured from its sound. Pairs are recordings a half
of the ranking apart, and the texture that is said to lie between them is the difference of their labels.

What to expect of it: a kernel that is the noise it began as, slid up or down (the card says by how much the violation fell;
the published one: 3.6 %). ``fit`` and ``audit`` learn more in a hundredth of the time. It is here for fidelity and for the study.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engines import cak
from engines.nets.cak_audit import Item, kind_of
from engines.nets.cak_said import LEARNED, Keeper, Teller, Training
from engines.nets.cak_sounds import Clip, Picture, Refused

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Floats = NDArray[np.float64]
EVERY = 50  # steps between looks at what is held out, and between saves


@dataclass(frozen=True)
class Size:
    """How large the game is. As it stands: 100 s of one core. ``published()``: days."""

    steps: int = 1250
    rate: float = 2e-4
    batch: int = 8
    critic: int = 8  # channels of its first layer; then twice and four times as many
    crop: tuple[int, int] = (64, 64)  # bins, frames
    critic_steps: int = 5
    penalty: float = 10.0
    warm: int = 0  # steps until the gate is at its steepest; 0: a twentieth of all

    @staticmethod
    def published() -> Size:
        """The paper's: whole spectra of 15 s, 2500 steps of 16."""
        return Size(steps=2500, rate=1e-4, batch=16, critic=32, crop=(1025, 1292))

    def steep(self, step: int) -> float:
        """The gate's steepness at a step: 2 to 20 over the first twentieth."""
        return 2 + 18 * min(1.0, step / (self.warm or max(1, self.steps // 20)))


# --- labels and pairs ----------------------------------------------------------------------


def labels_at_random(many: int, seed: int) -> Floats:
    """As the authors did: one even number a recording, whatever it sounds like."""
    return np.random.default_rng([seed, 5]).uniform(0.1, 1.0, many)


def roughness(picture: Picture) -> float:
    """How rough a recording is: how much of its picture moves from frame to frame, and how flat its frames are."""
    p = np.asarray(picture, np.float64)
    moves = np.abs(np.diff(p, axis=1)).mean() / (p.mean() + 1e-6)
    power = cak.denorm(p) ** 2 + 1e-9
    flat = np.exp(np.log(power).mean(axis=0)) / power.mean(axis=0)
    return float(np.log(moves + 1e-6) + 0.25 * np.log(np.median(flat) + 1e-6))


def labels_by_texture(pictures: Sequence[Picture]) -> Floats:
    """From 0.1, the smoothest of them, to 1, the roughest: by rank, so that they lie evenly as the drawn ones do."""
    ranks = np.argsort(np.argsort([roughness(p) for p in pictures]))
    return 0.1 + 0.9 * ranks / max(1, len(pictures) - 1)


def items_of(labels: Floats) -> tuple[Item, ...]:
    """An epoch: every recording to itself at texture 0, and as many pairs, ranks half of all apart.

    As published, the pairs' index runs over odd places only, so where half the number is even just half the pairs are ever heard.
    """
    many, order = len(labels), np.argsort(labels)
    half = many // 2
    pairs = []
    for k in range(1, 2 * many, 2):
        low, high = int(order[k % half]), int(order[k % half + half])
        pairs.append((low, high, float(labels[high] - labels[low])))
    return tuple([(k, k, 0.0) for k in range(many)] + pairs)


# --- the nets ------------------------------------------------------------------------------


def detector(chance: np.random.Generator) -> torch.nn.Conv2d:
    """Nine taps and a bias; Xavier, a tenth."""
    import torch

    net = torch.nn.Conv2d(1, 1, 3, padding=1)
    with torch.no_grad():
        net.weight.copy_(torch.from_numpy(0.1 * np.sqrt(2 / 18) * chance.standard_normal((1, 1, 3, 3))))
        net.bias.zero_()
    return net


def realism(channels: int) -> torch.nn.Sequential:
    """A picture (batch, 1, bins, frames) to how real it looks, (batch, 1)."""
    from torch import nn

    one, two, four = channels, 2 * channels, 4 * channels
    return nn.Sequential(
        nn.Conv2d(1, one, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(one, two, 4, 2, 1), nn.InstanceNorm2d(two), nn.LeakyReLU(0.2),
        nn.Conv2d(two, four, 4, 2, 1), nn.InstanceNorm2d(four), nn.LeakyReLU(0.2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(four, 1),
    )  # fmt: skip


class Play:
    """Kernel, critic and their two walkers; ``step`` is one generator step and its critic steps."""

    def __init__(self, clips: Sequence[Picture], items: Sequence[Item], size: Size, seed: int, device: str = "cpu") -> None:
        import torch

        self.size, self.items, self.seed, self.device = size, items, seed, device
        self.clips = [torch.from_numpy(np.asarray(clip, np.float32)) for clip in clips]
        torch.manual_seed(seed)
        self.sees = detector(np.random.default_rng([seed, 2])).to(device)
        self.critic = realism(size.critic).to(device)
        self.scale = torch.nn.Parameter(torch.ones((), device=device))
        self.makes = torch.optim.Adam([*self.sees.parameters(), self.scale], size.rate, (0.0, 0.9))
        self.judges = torch.optim.Adam([*self.critic.parameters(), *self.sees.parameters()], size.rate, (0.0, 0.9))
        self.done = 0

    @property
    def numbers(self) -> Floats:
        """The eleven."""
        taps = self.sees.weight.detach().cpu().double().numpy().ravel()
        return np.array([*taps, self.sees.bias.item(), self.scale.item()])

    def made(self, x: Tensor, c: Tensor) -> Tensor:
        """The fake: not cut, as published."""
        import torch

        gate = torch.sigmoid((c - cak.KNEE) * self.size.steep(self.done))
        return x + self.sees(x) * (c * gate * self.scale)[:, None, None, None]

    def missed(self, picture: Tensor, c: Tensor) -> Tensor:
        """The violation of the audit."""
        return (self.sees(picture).mean(dim=(1, 2, 3)) - c).abs().mean()

    def drawn(self, turn: int) -> tuple[Tensor, Tensor, Tensor, np.random.Generator]:
        """A batch: what is, what it should be like, the texture between. By seed, step and turn only."""
        import torch

        chance = np.random.default_rng([self.seed, 7, self.done, turn])
        picked = [self.items[int(k)] for k in chance.integers(len(self.items), size=self.size.batch)]
        x = [self._crop(self.clips[a], chance) for a, _, _ in picked]
        y = [x[k] if a == b else self._crop(self.clips[b], chance) for k, (a, b, _) in enumerate(picked)]
        c = torch.tensor([c for _, _, c in picked], dtype=torch.float32, device=self.device)
        return torch.stack(x)[:, None].to(self.device), torch.stack(y)[:, None].to(self.device), c, chance

    def _crop(self, clip: Tensor, chance: np.random.Generator) -> Tensor:
        import torch

        bins, frames = self.size.crop
        short = max(0, bins - clip.shape[0]), max(0, frames - clip.shape[1])
        clip = torch.nn.functional.pad(clip, (0, short[1], 0, short[0]))
        row, column = (int(chance.integers(have - want + 1)) for have, want in zip(clip.shape, self.size.crop, strict=True))
        return clip[row : row + bins, column : column + frames]

    def step(self) -> dict[str, float]:
        """One step; what it cost."""
        import torch

        for turn in range(self.size.critic_steps):
            x, y, c, chance = self.drawn(turn)
            fake = self.made(x, c).detach()
            mix = torch.tensor(chance.random((len(x), 1, 1, 1)), dtype=torch.float32, device=self.device)
            between = (mix * y + (1 - mix) * fake).requires_grad_(True)
            (slope,) = torch.autograd.grad(self.critic(between).sum(), between, create_graph=True)
            penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
            apart = self.critic(y).mean() - self.critic(fake).mean()
            self.judges.zero_grad()
            (-apart + self.size.penalty * penalty + 2 * self.missed(fake, c)).backward()
            self.judges.step()
        x, y, c, _ = self.drawn(self.size.critic_steps)
        fake = self.made(x, c)
        missed = self.missed(fake, c)
        seen = torch.log(1e-8 + self.sees(x).abs().mean())
        loss = -self.critic(fake).mean() + 2 * missed + 5 * (fake - y).abs().mean() - 0.01 * seen
        self.makes.zero_grad()
        loss.backward()
        self.makes.step()
        self.done += 1
        return {"loss": loss.item(), "violation": missed.item(), "critic": apart.item()}

    def saved(self) -> dict[str, Any]:
        """Everything that has moved, as numbers."""
        import torch

        held = io.BytesIO()
        torch.save({"sees": self.sees.state_dict(), "critic": self.critic.state_dict(), "scale": self.scale.detach(), "makes": self.makes.state_dict(), "judges": self.judges.state_dict()}, held)  # fmt: skip
        return {"nets": np.frombuffer(held.getvalue(), np.uint8), "done": self.done}

    def restore(self, held: dict[str, NDArray[Any]]) -> None:
        """Go on from there."""
        import torch

        told = torch.load(io.BytesIO(held["nets"].tobytes()), map_location=self.device, weights_only=True)
        self.sees.load_state_dict(told["sees"])
        self.critic.load_state_dict(told["critic"])
        with torch.no_grad():
            self.scale.copy_(told["scale"])
        self.makes.load_state_dict(told["makes"])
        self.judges.load_state_dict(told["judges"])
        self.done = int(held["done"])


def device_for(gpu: bool) -> str:
    """The processor, or a GPU if it was asked for and is there."""
    if not gpu:
        return "cpu"
    import torch

    if not torch.cuda.is_available():
        raise Refused("--gpu: this machine has none that torch can use; leave --gpu out (fit and audit need none)")
    return "cuda"


def level_missed(numbers: Floats, pictures: Sequence[Picture], items: Sequence[Item]) -> float:
    """The audit's violation over whole pictures and all their items."""
    kernel = cak.Kernel.of(numbers)
    of = [(cak.pattern(p, kernel), p) for p in pictures]
    e = {c: float(cak.effective(c, kernel.scale)) for _, _, c in items}
    return float(np.mean([abs(cak.pattern(of[a][1] + e[c] * of[a][0], kernel).mean() - c) for a, _, c in items]))


def play(game: Play, until: int) -> Iterator[tuple[int, dict[str, float]]]:
    """Step by step."""
    while game.done < until:
        told = game.step()
        yield game.done, told


def augan(
    learnt: list[Clip], apart: list[Clip], out: Path, *, name: str, seed: int = 0, size: Size | None = None, labels: str = "random",
    gpu: bool = False, minutes: float = 0.0, resume: bool = False, teller: Teller | None = None, says: str = "",
) -> tuple[cak.Kernel | None, dict[str, Any], list[tuple[int, float]]]:  # fmt: skip
    """Play it; the kernel (None: worse than what lies there), the figures, and how the held-out violation went."""
    device = device_for(gpu)
    teller, size = teller or Teller(quiet=True), size or Size()
    pictures, others = [clip.picture for clip in learnt], [np.asarray(clip.picture, np.float32) for clip in apart]
    if len(others) < 2:
        raise Refused(f"augan pairs recordings that are held out too: {len(learnt) + len(apart)} are too few, 8 or more")
    given, judged = ((labels_by_texture(some) if labels == "texture" else labels_at_random(len(some), seed)) for some in (pictures, others))
    game, judge = Play(pictures, items_of(given), size, seed, device), items_of(judged)
    at_first, course, began, figures = level_missed(game.numbers, others, judge), [], time.monotonic(), {}
    start = game.numbers
    training = Training.beside(out, game="augan", seed=seed, labels=labels, size=asdict(size), clips=[clip.name for clip in learnt])
    course.append((0, at_first))
    if held := (training.load() if resume else None):
        game.restore(held)
        course = [(int(step), float(missed)) for step, missed in held["course"]]
    keeper = Keeper(out, "augan", at_first)
    keeper.standing(lambda there: level_missed(np.array(there.numbers), others, judge))
    kernel = None
    for step, told in play(game, size.steps):
        over = bool(minutes) and time.monotonic() - began > 60 * minutes
        if step % EVERY == 0 or step == size.steps or over:
            now = level_missed(game.numbers, others, judge)
            course.append((step, now))
            figures = {
                "violation fell": round(1 - now / at_first, 4),
                "like its start": round(likeness(start, game.numbers), 4),
                "steps": step,
            }
            training.save(course=np.array(course), **game.saved())
            card = {"says": says or f"the published game: {kind_of(game.numbers)}", "game": f"augan, labels {labels}", "seed": seed, "figures": figures, "trained on": [clip.name for clip in learnt]}  # fmt: skip
            if figures["violation fell"] <= LEARNED:
                card["learned"] = f"nothing: the violation fell {figures['violation fell']:.1%}, {LEARNED:.0%} is the least"
            kernel = cak.Kernel.of(game.numbers.tolist(), name, **card)
            keeper.offer(kernel, now)
        teller.step(step, size.steps, **told)
        if over:
            break
    if kernel is None:
        raise Refused(f"{training.file.name} is at step {game.done} already; ask for more with --steps")
    if not minutes:
        training.forget()
    fell = f"violation fell {figures['violation fell']:.1%} on held-out recordings; its shape is {figures['like its start']:.3f} like the noise it began as"
    learned = "" if figures["violation fell"] > LEARNED else f"nothing learned ({LEARNED:.0%} is the least): "
    teller.note(f"{learned}{fell}. " + (f"{out} holds the best of it" if keeper.written else f"{out} stays as it was"))
    return kernel, figures, course


def likeness(one: Floats, other: Floats) -> float:
    """How alike two shapes are, level apart: their correlation, -1 to 1."""
    a, b = one[:9] - one[:9].mean(), other[:9] - other[:9].mean()
    return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12))
