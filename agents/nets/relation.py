"""Teaches the relation between two parts, from folders of stems that sound together.

    python -m agents.nets.relation train FOLDER_OF_PIECES --out W.npz
    python -m agents.nets.relation tune MINE.wav YOURS.wav --out mine.npz
    python -m agents.nets.relation report FOLDER_OF_PIECES --weights W.npz

The net is ``agents.nets.decoder``. A lesson is a stretch of two parts, in any of
twelve keys. Some lessons hear nobody, some only listen at first, and in all of
them some of what was played was something else: so that it neither leans on
itself nor falls silent when nobody plays.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from agents import descriptors
from agents.codebook import Codebook
from agents.nets.decoder import Net
from agents.nets.pairs import SEGMENT, Pair, Piece, alphabet, kept, pairs, seen_as, tell, tracks
from agents.relation import BUNDLED, Relation

IGNORED = -100


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
    keys: int = 12  # in how many keys a lesson may stand
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
            one, key = found[k], int(chance.integers(min(course.keys, len(table))))
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
        with torch.autocast("cpu", torch.bfloat16):  # half as long again without it
            logp = net(lesson.heard, lesson.own, lesson.memory, lesson.vectors).float()
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


def save(net: Net, book: Codebook, file: Path, /, **about: Any) -> None:
    """The relation as the stage reads it: its numbers and its alphabet in one file."""
    told = {**about, "labels": net.labels, "layers": net.layers, "heads": net.heads, "window": net.window, "alphabet": book.fingerprint}
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


def train(
    told: Sequence[Piece], out: Path, book: Codebook | int, *, course: Course, say: Callable[[str], None], begin: Net | None = None
) -> Net:
    """A relation from scratch, in this alphabet or one of so many labels learnt for it, from the pieces that are not held out."""
    own = [one for one in told if one.side == "train"]
    if not own:
        raise ValueError("every piece is held out; a relation needs pieces of some more writers or folders (one in five is held out)")
    if isinstance(book, int):
        book = alphabet(own, book, seed=course.seed)
    found = pairs(own, book)
    if not found:
        raise ValueError("no two parts of a piece sound together for long enough")
    torch.manual_seed(course.seed)
    model = teach(begin.train() if begin else Net(book.size, book.mean.size), found, book, course, say)
    counts = np.bincount(np.concatenate([one.own for one in found]), minlength=book.size)
    hours = sum(len(v) for one in own for v in one.parts.values()) * SEGMENT / 3600
    about = {"pieces": len(own), "part_hours": round(hours, 1), "pairs": len(found), "seed": course.seed, "steps": course.steps}
    save(model, book, out, counts=counts.tolist(), **about)
    return model


def shifted_pairs(heard: Path, own: Path, book: Codebook, offsets: int = 1, part: tuple[float, float] = (0.0, 1.0)) -> list[Pair]:
    """A pair of tracks, or a stretch of both, cut on grids that begin at several moments within a segment."""
    sounds, rate = tracks([heard, own])
    frames = min((one.size for one in sounds.values()), default=0)
    if len(sounds) < 2 or frames < 8 * rate:
        raise ValueError(
            f"tuning takes two tracks of at least 8 s that sound together; {heard.name} and {own.name} are {frames / max(rate, 1):.0f} s"
        )
    sounds = {name: one[int(part[0] * frames) : int(part[1] * frames)] for name, one in sounds.items()}
    found: list[Pair] = []
    for k in range(offsets):
        begin = round(k / offsets * SEGMENT * rate)
        piece = tell({name: one[begin:] for name, one in sounds.items()}, rate, {}, own.stem)
        first, second = (book.labels(seen_as(v, book.emphasis)) for v in piece.parts.values())
        found.append(Pair(own.stem, first, second, seen_as(next(iter(piece.parts.values())), book.emphasis), second))
    return found


TUNE = Course(steps=100, batch=12, length=48, rate=1e-3, deaf=0.05, slip=0.1, decay=0.0, keep=2.0)


def tune(net: Net, book: Codebook, found: Sequence[Pair], course: Course = TUNE, say: Callable[[str], None] = lambda _: None) -> Net:
    """The same relation, gone to a performer's own pair of tracks; it is held back by what it knew."""
    torch.manual_seed(course.seed)
    return teach(copy.deepcopy(net).train(), found, book, course, say)


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m agents.nets.relation", description="Teach the relation between two parts.")
    does = parser.add_subparsers(dest="does", required=True)
    a = does.add_parser("train", help="from scratch, from folders of pieces (or what agents.nets.pairs made of them)")
    a.add_argument("pieces", type=Path, nargs="+")
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--labels", type=int, default=64, help="how many kinds of sound its own alphabet has: 16, 64, 256")
    a.add_argument("--alphabet", type=Path, help="a codebook's file: the relation is taught in that one")
    a.add_argument("--begin", type=Path, help="a relation to go on from, in its alphabet")
    a.add_argument("--steps", type=int, default=Course.steps)
    a.add_argument("--rate", type=float, default=Course.rate)
    a.add_argument("--seed", type=int, default=0)
    b = does.add_parser("tune", help="to your own pair of tracks: what is heard, what is played beside it")
    b.add_argument("heard", type=Path)
    b.add_argument("own", type=Path)
    b.add_argument("--out", type=Path, required=True)
    b.add_argument("--weights", type=Path, default=BUNDLED, help="where it begins: the bundled relation")
    b.add_argument("--steps", type=int, default=TUNE.steps)
    c = does.add_parser("report", help="what it has learnt, on pieces held out, beside those who hear nothing")
    c.add_argument("pieces", type=Path, nargs="+")
    c.add_argument("--weights", type=Path, nargs="+", default=[BUNDLED])
    c.add_argument("--real", type=Path, nargs="*", default=[], help="folders of recorded pieces, told apart")
    c.add_argument("--each", type=int, default=12, help="stretches taken from a piece")
    c.add_argument("--quick", action="store_true", help="without tuning and the checks of the measure itself")
    c.add_argument("--side", default="test", choices=("test", "valid"))
    asked: Any = parser.parse_args(argv)
    torch.set_num_threads(1)
    try:
        if asked.does == "train":
            told = [one for path in asked.pieces for one in kept(path)]
            course = Course(steps=asked.steps, rate=asked.rate, seed=asked.seed)
            begin, book = opened(asked.begin)[:2] if asked.begin else (None, asked.labels)
            if asked.alphabet and begin is None:
                book = Codebook.load(asked.alphabet)
            train(told, asked.out, book, course=course, say=_tell, begin=begin)
        elif asked.does == "tune":
            tuned(asked.heard, asked.own, asked.out, asked.weights, asked.steps)
        else:
            from agents.nets.report import report

            told = [one for path in asked.pieces for one in kept(path) if one.side == asked.side]
            real = [one for path in asked.real for one in kept(path)]
            sys.stdout.write(report(asked.weights, told, real, each=asked.each, sane=not asked.quick) + "\n")
    except (ValueError, OSError) as e:
        sys.stderr.write(f"{e}\n")
        return 1
    return 0


def tuned(heard: Path, own: Path, out: Path, weights: Path, steps: int) -> None:
    """Tunes on the first half and says what that gained on the second; then on all of it, and writes that."""
    from agents.nets.measure import bits

    net, book, about = opened(weights)
    course = replace(TUNE, steps=steps)
    half = tune(net, book, shifted_pairs(heard, own, book, 4, (0.0, 0.5)), course)
    rest = shifted_pairs(heard, own, book, 1, (0.5, 1.0))
    costs = [np.mean(bits(one, book, rest, listening=how)) for one in (net.eval(), half) for how in (1, 0)]
    _tell(f"the second half costs {costs[0]:.2f} bits a label before, {costs[2]:.2f} after tuning on the first")
    _tell(f"of which hearing the other saves {costs[1] - costs[0]:.2f} before, {costs[3] - costs[2]:.2f} after")
    save(tune(net, book, shifted_pairs(heard, own, book, 4), course, _tell), book, out, **{**about, "tuned": own.name})


if __name__ == "__main__":
    sys.exit(main())
