"""Teaches the relation between two parts, from folders of stems that sound together.

    python -m agents.nets.relation train FOLDER_OF_PIECES --out W.npz
    python -m agents.nets.relation tune MINE.wav YOURS.wav --out mine.npz
    python -m agents.nets.relation report FOLDER_OF_PIECES --weights W.npz

A decoder in the way of GPT, but every step is fed three things at once: the
label heard in the segment before, the label played in it, and which labels
the memory has. It guesses the label of this segment. Positions are told only by
how long ago (a learnt bias a head), so the stage may keep a window and go on
for ever; ``agents.relation`` computes the same in numpy::

    heard[t-1]  played[t-1]  memory
         \\          |         /
              + (width)             x layers: look back, think
                                      -> labels[t]
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from agents import descriptors
from agents.codebook import Codebook
from agents.nets.pairs import Pair
from agents.relation import Relation

WIDTH, LAYERS, HEADS, WINDOW = 128, 2, 4, 64
IGNORED = -100


class Net(nn.Module):
    """The relation as torch learns it. K labels, and one more for nobody, nothing yet."""

    def __init__(
        self, labels: int, vector: int = 0, width: int = WIDTH, layers: int = LAYERS, heads: int = HEADS, window: int = WINDOW
    ) -> None:
        super().__init__()
        self.labels, self.layers, self.heads, self.window = labels, layers, heads, window
        self.own = nn.Parameter(0.5 * torch.randn(labels + 1, width) / width**0.5)
        self.heard = nn.Parameter(0.5 * torch.randn(labels + 1, width) / width**0.5)
        self.memory = nn.Parameter(torch.randn(labels, width) / (labels * width) ** 0.5)
        self.vector = nn.Parameter(torch.randn(vector, width) / width**0.5) if vector else None
        self.outside = nn.Parameter(torch.full((labels,), 4.0))
        self.blocks = nn.ModuleList(Look(width, heads, window) for _ in range(layers))
        self.norm = nn.Parameter(torch.ones(width))
        self.out = nn.Parameter(torch.randn(width, labels) * 0.5 / width**0.5)
        self.out_bias = nn.Parameter(torch.zeros(labels))

    def forward(self, heard: Tensor, own: Tensor, memory: Tensor, vector: Tensor | None = None) -> Tensor:
        """heard, own: (B, T) labels of the segments before; memory: (B, K); vector: (B, T, D). Answers log-probabilities (B, T, K)."""
        x = self.heard[heard] + self.own[own] + (memory @ self.memory)[:, None]
        if vector is not None and self.vector is not None:
            x = x + vector @ self.vector * (heard < self.labels)[..., None]
        ago = torch.arange(x.shape[1])[:, None] - torch.arange(x.shape[1])[None]
        for block in self.blocks:
            x = block(x, ago)
        scores = (norm(x) * self.norm) @ self.out + self.out_bias + (memory - 1)[:, None] * self.outside
        return functional.log_softmax(scores, -1)

    def told(self) -> dict[str, NDArray[np.float16]]:
        """Its numbers by name, in half precision, as ``agents.relation`` reads them."""
        return {name.removeprefix("blocks."): p.detach().numpy().astype(np.float16) for name, p in self.named_parameters()}

    @torch.no_grad()
    def fill(self, weights: dict[str, NDArray[np.float16]]) -> Net:
        """The numbers back from such a table."""
        for name, p in self.named_parameters():
            p.copy_(torch.from_numpy(weights[name.removeprefix("blocks.")].astype(np.float32)))
        return self


class Look(nn.Module):
    """One layer: looks back over the window, then thinks."""

    def __init__(self, width: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        self.norm1, self.norm2 = nn.Parameter(torch.ones(width)), nn.Parameter(torch.ones(width))
        self.qkv = nn.Parameter(torch.randn(width, 3 * width) / width**0.5)
        self.mix = nn.Parameter(torch.randn(width, width) * 0.5 / width**0.5)
        self.bias = nn.Parameter(-torch.linspace(0.5, 0.02, heads)[:, None] * torch.arange(window))
        self.up = nn.Parameter(torch.randn(width, 4 * width) / width**0.5)
        self.up_bias = nn.Parameter(torch.zeros(4 * width))
        self.down = nn.Parameter(torch.randn(4 * width, width) * 0.25 / width**0.5)

    def forward(self, x: Tensor, ago: Tensor) -> Tensor:
        """x: (B, T, width); ago: (T, T) how many segments lie between."""
        B, T, width = x.shape
        q, k, v = ((norm(x) * self.norm1) @ self.qkv).view(B, T, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        bias = self.bias[:, ago.clamp(0, self.window - 1)].masked_fill((ago < 0) | (ago >= self.window), float("-inf"))
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        x = x + seen.transpose(1, 2).reshape(B, T, width) @ self.mix
        return x + functional.relu((norm(x) * self.norm2) @ self.up + self.up_bias).square() @ self.down


def norm(x: Tensor) -> Tensor:
    """The same direction, each number about one."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)


@dataclass(frozen=True)
class Course:
    """How it is taught."""

    steps: int = 1500
    batch: int = 48
    length: int = 96  # segments in a row
    rate: float = 2e-3
    deaf: float = 0.08  # of all lessons hear nobody: it must be able to go on alone
    late: float = 0.3  # of all lessons it only listens at first
    slip: float = 0.15  # of what it played is something else of the memory: it must not lean on itself
    decay: float = 0.05
    smooth: float = 0.02
    seed: int = 0
    keep: float = 0.0  # how much the guesses of the net it began with count against new ones (tuning)


@dataclass
class Lesson:
    """A batch: labels of the segments before, what came then, the memory, the vectors behind what was heard."""

    heard: Tensor
    own: Tensor
    next: Tensor
    memory: Tensor
    vectors: Tensor


def turned(book: Codebook) -> NDArray[np.int64]:
    """Each label in each of twelve keys, (12, K + 1): the last, nobody, stays. One row where the alphabet does not turn."""
    keys = range(12) if book.turning else range(1)
    return np.stack([np.append(book.shifted(np.arange(book.size), key), book.size) for key in keys]).astype(np.int64)


def lessons(found: Sequence[Pair], book: Codebook, course: Course) -> Iterator[Lesson]:
    """For ever: stretches of pairs, in any key."""
    chance = np.random.default_rng(course.seed)
    table, T = turned(book), course.length
    chroma = descriptors.blocks(book.emphasis)["chroma"] if book.turning else slice(0, 0)
    weights = np.sqrt([one.own.size for one in found])
    weights /= weights.sum()
    scaled = [((one.vectors - book.mean) / book.scale).astype(np.float32) for one in found]
    memories = [np.flatnonzero(one.memory(book.size)) for one in found]
    while True:
        heard = np.full((course.batch, T), book.size)
        own, then = heard.copy(), np.full((course.batch, T), IGNORED)
        memory = np.zeros((course.batch, book.size), np.float32)
        vectors = np.zeros((course.batch, T, scaled[0].shape[1]), np.float32)
        for row, k in enumerate(chance.choice(len(found), course.batch, p=weights)):
            one, key = found[k], int(chance.integers(len(table)))
            first = int(chance.integers(0, max(one.own.size - T, 0) + 1))
            n = min(T, one.own.size)
            then[row, :n] = table[key, one.own[first : first + n]]
            memory[row, table[key, memories[k]]] = 1
            played = one.own[first : first + n - 1].copy()
            slips = chance.random(n - 1) < course.slip * 2 * chance.random()
            played[slips] = chance.choice(memories[k], int(slips.sum()))
            own[row, 1:n] = table[key, played]
            if chance.random() < course.late:
                own[row, : int(chance.integers(2, T))] = book.size  # only listened so far
            if chance.random() >= course.deaf:
                heard[row, 1:n] = table[key, one.heard[first : first + n - 1]]
                vectors[row, 1:n] = scaled[k][first : first + n - 1]
                vectors[row, :, chroma] = np.roll(vectors[row, :, chroma], key, axis=-1)
        yield Lesson(*(torch.from_numpy(x) for x in (heard, own, then, memory, vectors)))


def teach(net: Net, found: Sequence[Pair], book: Codebook, course: Course, say: Callable[[str], None] = lambda _: None) -> Net:
    """Taught by so many lessons; says now and then how many bits a label still costs."""
    grave = [p for p in net.parameters() if p.ndim > 1]
    light = [p for p in net.parameters() if p.ndim < 2]
    by = torch.optim.AdamW([{"params": grave, "weight_decay": course.decay}, {"params": light, "weight_decay": 0.0}], betas=(0.9, 0.98))
    before = copy.deepcopy(net).eval() if course.keep else None
    spent, cost = time.process_time(), 0.0
    for step, lesson in zip(range(course.steps), lessons(found, book, course), strict=False):
        warm, cool = min(1.0, (step + 1) / (0.05 * course.steps + 1)), 0.5 + 0.5 * np.cos(np.pi * step / course.steps)
        for group in by.param_groups:
            group["lr"] = course.rate * warm * (0.02 + 0.98 * cool)
        logp = net(lesson.heard, lesson.own, lesson.memory, lesson.vectors)
        right = lesson.next != IGNORED
        bits = functional.nll_loss(logp[right], lesson.next[right])
        loss = (
            bits
            - course.smooth
            * (logp * lesson.memory[:, None])[right].sum(-1).div(lesson.memory.sum(-1)[:, None].expand_as(right)[right]).mean()
        )
        if before is not None:
            with torch.no_grad():
                told = before(lesson.heard, lesson.own, lesson.memory, lesson.vectors)
            loss = loss + course.keep * (told.exp() * (told - logp))[right].sum(-1).mean()
        by.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        by.step()
        cost = 0.98 * cost + 0.02 * bits.item() if step else bits.item()
        if (step + 1) % 100 == 0 or step + 1 == course.steps:
            say(f"{step + 1}/{course.steps} lessons, {cost / np.log(2):.3f} bits a label, {time.process_time() - spent:.0f} s")
    return net.eval()


def save(net: Net, book: Codebook, file: Path, **about: Any) -> None:
    """The relation as the stage reads it: its numbers and its alphabet in one file."""
    told = {"labels": net.labels, "layers": net.layers, "heads": net.heads, "window": net.window, "alphabet": book.fingerprint, **about}
    file.parent.mkdir(parents=True, exist_ok=True)
    shelf = {"emphasis": book.emphasis, "name": book.name, "gate": book.gate, "turning": book.turning}
    arrays = {f"book.{name}": getattr(book, name) for name in ("centres", "mean", "scale")}
    np.savez(file, about=np.array(json.dumps({**told, "book": shelf})), **arrays, **net.told())


def opened(file: Path) -> tuple[Net, Codebook, dict[str, Any]]:
    """A net to teach on, from a relation's file."""
    relation = Relation.load(file)
    vector = relation.w["vector"].shape[0] if "vector" in relation.w else 0
    net = Net(relation.labels, vector, relation.width, relation.layers, relation.heads, relation.window)
    return net.fill(relation.w), relation.book, relation.about
