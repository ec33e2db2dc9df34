"""Whether the relation hears anything: what it gains from the true other part against one from another piece.

Bits are counted with the true past given (*teacher-forced*), a lag of one
segment: the guess for segment t has heard up to t-1. Answers are played freely
by the stage's own code, masked, from the nucleus; a hit is the very label
of the true part. The memory is the label set of the whole part, never of the window.
Intervals are 95 % by drawing pieces anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from agents.codebook import Codebook
from agents.nets.decoder import Net
from agents.nets.pairs import Pair
from agents.relation import LISTENING, Relation, entropy

LENGTH = 97  # segments a stretch: the first is heard and not guessed
LEAD = 16  # segments an answer has listened before it begins: 8 s
ANSWER = LEAD + 30  # and it plays for 15 s


@dataclass(frozen=True)
class Told:
    """A mean over pieces, and the interval it lies in."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({self.low:.3f} to {self.high:.3f})"


def interval(values: Sequence[float], names: Sequence[str], seed: int = 0, rounds: int = 2000) -> Told:
    """The mean over pieces of each piece's mean, and where 95 % of it lies when pieces are drawn anew."""
    each = [np.mean([v for v, n in zip(values, names, strict=True) if n == name]) for name in sorted(set(names))]
    drawn = np.random.default_rng(seed).choice(each, (rounds, len(each))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Told(float(np.mean(each)), float(low), float(high))


def stretches(found: Sequence[Pair], length: int, each: int, seed: int, book: Codebook) -> list[Pair]:
    """Some stretches of every piece in which both are mostly not silent; the memory stays that of the whole part."""
    chance = np.random.default_rng(seed)
    by: dict[str, list[tuple[Pair, int]]] = {}
    for one in found:
        for first in range(0, one.own.size - length + 1, length // 2 or 1):
            both = slice(first, first + length)
            if min((one.own[both] != book.silence).mean(), (one.heard[both] != book.silence).mean()) >= 0.5:
                by.setdefault(one.piece, []).append((one, first))
    drawn: list[Pair] = []
    for name in sorted(by):
        for k in chance.permutation(len(by[name]))[:each]:
            one, first = by[name][k]
            both = slice(first, first + length)
            drawn.append(replace(one, heard=one.heard[both], own=one.own[both], vectors=one.vectors[both]))
    return drawn


def crossed(drawn: Sequence[Pair], seed: int) -> list[Pair]:
    """The same, each hearing a part of another piece."""
    chance = np.random.default_rng(seed)
    mixed = []
    for one in drawn:
        others = [k for k, other in enumerate(drawn) if other.piece != one.piece]
        other = drawn[int(chance.choice(others))]
        mixed.append(replace(one, heard=other.heard, vectors=other.vectors))
    return mixed


@torch.no_grad()
def bits(net: Net, book: Codebook, drawn: Sequence[Pair], *, listening: float = 1.0) -> list[float]:
    """What a label of each stretch costs on average, in bits. ``listening``: 1 as taught, 0 hearing nobody."""
    told: list[float] = []
    for first in range(0, len(drawn), 64):
        some = drawn[first : first + 64]
        right = torch.from_numpy(np.stack([one.own for one in some]).astype(np.int64))
        logp = guessed(net, book, some, deaf=listening == 0)
        if listening not in (0, 1):
            alone = guessed(net, book, some, deaf=True)
            logp = torch.log_softmax(alone + listening * (logp - alone), -1)
        told += (-logp.gather(-1, right[..., None])[:, 1:, 0].mean(-1) / np.log(2)).tolist()
    return told


def guessed(net: Net, book: Codebook, some: Sequence[Pair], deaf: bool) -> torch.Tensor:
    """The log-probabilities at every segment of some stretches of one length."""
    size = (len(some), some[0].own.size)
    heard, own = np.full(size, book.size), np.full(size, book.size)
    vectors = np.zeros((*size, book.mean.size), np.float32)
    for row, one in enumerate(some):
        own[row, 1:] = one.own[:-1]
        if not deaf:
            heard[row, 1:] = one.heard[:-1]
            vectors[row, 1:] = (one.vectors[:-1] - book.mean) / book.scale
    memory = torch.from_numpy(np.stack([one.memory(book.size) for one in some]))
    return net(torch.from_numpy(heard), torch.from_numpy(own), memory, torch.from_numpy(vectors))


def answer(relation: Relation, one: Pair, chance: np.random.Generator, *, listening: float = LISTENING, **how: Any) -> NDArray[np.int64]:
    """What the relation plays to what is heard, as on stage."""
    memory = np.flatnonzero(one.memory(relation.labels))
    state, played = relation.start(memory, listening=listening), []
    for t, (heard, vector) in enumerate(zip(one.heard[:-1].tolist(), one.vectors[:-1], strict=True), 1):
        logp = relation.step(state, heard, played[-1] if played else None, vector)
        if t >= LEAD:
            played.append(relation.choose(logp, chance, allowed=memory, **how))
    return np.array(played)


def openness(labels: NDArray[Any]) -> float:
    """How many bits the labels of one answer are apart: the entropy of their counts."""
    return entropy(np.bincount(labels) / labels.size)


def hits(relation: Relation, drawn: Sequence[Pair], seed: int, **how: Any) -> tuple[list[float], list[float]]:
    """The share of true labels, in percent, and the openness of every answer."""
    chance = np.random.default_rng(seed)
    played = [answer(relation, one, chance, **how) for one in drawn]
    return [100 * float((p == one.own[LEAD:]).mean()) for p, one in zip(played, drawn, strict=True)], [openness(p) for p in played]


def trivial(drawn: Sequence[Pair], counts: NDArray[Any], labels: int) -> dict[str, list[float]]:
    """What those reach who hear nothing: by chance, or with one label all the time."""
    told: dict[str, list[float]] = {"uniform": [], "uniform, memory": [], "constant, by training": [], "constant, oracle": []}
    for one in drawn:
        has = one.memory(labels) > 0
        often = np.bincount(one.own[LEAD:], minlength=labels) / (one.own.size - LEAD)
        told["uniform"].append(100 / labels)
        told["uniform, memory"].append(100 * float(often[has].sum()) / int(has.sum()))
        told["constant, by training"].append(100 * float(often[np.where(has, counts, -1).argmax()]))
        told["constant, oracle"].append(100 * float(often.max()))
    return told


def measured(relation: Relation, net: Net, found: Sequence[Pair], counts: NDArray[Any], *, each: int = 12, seed: int = 0) -> dict[str, Any]:
    """Everything about one relation on pairs it has not been taught."""
    book = relation.book
    long = stretches(found, LENGTH, each, seed, book) or stretches(found, ANSWER, each, seed, book)
    names = [one.piece for one in long]
    strange = crossed(long, seed)
    true, other, deaf = (np.array(bits(net, book, x, listening=how)) for x, how in ((long, 1), (strange, 1), (long, 0)))
    keen, led = (np.array(bits(net, book, x, listening=LISTENING)) for x in (long, strange))
    short = stretches(found, ANSWER, each, seed + 1, book)
    of = [one.piece for one in short]
    right, open_ = hits(relation, short, seed)
    wrong, _ = hits(relation, crossed(short, seed), seed)
    real = [openness(one.own[LEAD:]) for one in short]
    return {
        "pieces": len(set(names)),
        "stretches": len(long),
        "bits": interval(true, names),
        "information": interval(other - true, names),
        "information against nobody": interval(deaf - true, names),
        "bits, as played": interval(keen, names),
        "information, as played": interval(led - keen, names),
        "hits": interval(right, of),
        "hits, median": float(np.median(right)),
        "hits, other": interval(wrong, of),
        "hits, gain": interval(np.array(right) - np.array(wrong), of),
        **{f"hits, {name}": interval(values, of) for name, values in trivial(short, counts, relation.labels).items()},
        "entropy": float(np.mean(open_)),
        "entropy, true": float(np.mean(real)),
        "entropy, share": float(np.mean(open_) / max(np.mean(real), 1e-9)),
    }
