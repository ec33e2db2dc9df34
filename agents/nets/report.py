"""What a relation has learnt, as a table for people and lines for machines: each check with its figure and its limit."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.codebook import Codebook
from agents.nets import measure
from agents.nets.decoder import Net
from agents.nets.measure import Told
from agents.nets.pairs import Pair, Piece, pairs
from agents.nets.relation import TUNE, Course, opened, teach, tune
from agents.relation import Relation

ROWS = (
    "pieces", "stretches", "bits", "information", "information against nobody", "bits, as played", "information, as played",
    "hits", "hits, median", "hits, other", "hits, gain", "hits, constant, by training", "hits, constant, oracle", "hits, uniform, memory", "hits, uniform", "entropy", "entropy, true", "entropy, share",
)  # fmt: skip
MEDIANS = {16: 16, 64: 10, 256: 10}  # what the paper's own figures reach
SANITY = 16  # labels of the parts made up to see whether the measure is sound


def line(check: str, figure: float, limit: str, met: bool, **more: Any) -> str:
    """One check for machines."""
    return json.dumps({"check": check, "figure": round(float(figure), 3), "limit": limit, "met": bool(met), **more})


def cell(value: Any) -> str:
    """A figure for people."""
    return str(value) if isinstance(value, Told | int) else f"{value:.3f}"


def judged(name: str, figures: dict[str, Any], labels: int) -> list[str]:
    """The checks of one relation on one kind of music."""
    information, gain, hits = figures["information"], figures["hits, gain"], figures["hits"]
    constant = figures["hits, constant, by training"].mean
    median = MEDIANS[min(MEDIANS, key=lambda K: abs(K - labels))]
    return [
        line(f"{name}: information, bits a label, lag one", information.mean, ">= 0.2", information.mean >= 0.2),
        line(f"{name}: information, low end of 95 %", information.low, "> 0", information.low > 0),
        line(
            f"{name}: information as played, bits a label",
            figures["information, as played"].mean,
            ">= 0.2",
            figures["information, as played"].mean >= 0.2,
        ),
        line(f"{name}: hits above another piece's part, points", gain.mean, ">= 2", gain.mean >= 2),
        line(f"{name}: hits above the best constant, points", hits.mean - constant, "> 0", hits.mean > constant),
        line(f"{name}: hits, median", figures["hits, median"], f">= {median}", figures["hits, median"] >= median),
        line(f"{name}: openness, share of the true", figures["entropy, share"], ">= 0.6", figures["entropy, share"] >= 0.6),
    ]


def report(files: Sequence[Path], told: Sequence[Piece], real: Sequence[Piece], *, each: int = 12, sane: bool = True) -> str:
    """A table for every relation and kind of music, then the checks, a line each."""
    kinds: dict[str, dict[str, Any]] = {}
    checks: list[str] = []
    for file in files:
        relation, (net, book, about) = Relation.load(file), opened(file)
        counts = np.array(about["counts"])
        played = pairs(told, book) if told else []
        music = {"pairs": [one for one in played if not one.band], "bands": [one for one in played if one.band]}
        music["recorded"] = pairs(real, book, bands=False) if real else []
        for kind, found in music.items():
            if len({one.piece for one in found}) > 1:
                name = f"{file.stem} ({book.size} labels), {kind}"
                kinds[name] = measure.measured(relation, net.eval(), found, counts, each=each)
                checks += judged(name, kinds[name], book.size)
        if music["pairs"] and sane:
            checks += tuning(file, music["pairs"])
        checks.append(cost(relation))
    table = ["| | " + " | ".join(kinds) + " |", "|---" * (len(kinds) + 1) + "|"]
    table += [f"| {row} | " + " | ".join(cell(figures[row]) for figures in kinds.values()) + " |" for row in ROWS]
    return "\n".join([*table, "", *checks, *(sanity() if sane else [])])


def cost(relation: Relation) -> str:
    """The stage's step, in CPU time."""
    state, spent = relation.start(range(relation.labels)), []
    vector = np.zeros(relation.book.mean.size, np.float32)
    for k in range(500):
        began = time.thread_time()
        relation.step(state, k % relation.labels, k % 7, vector)
        spent.append(1000 * (time.thread_time() - began))
    return line(
        f"a step of {relation.labels} labels, ms",
        np.median(spent),
        "<= 0.5",
        np.median(spent) <= 0.5,
        p99=round(float(np.percentile(spent, 99)), 3),
    )


def tuning(file: Path, found: Sequence[Pair], most: int = 8, segments: int = 60) -> list[str]:
    """Half a minute of a pair to learn from, the rest of it to be measured on; what the same half gains from another piece's part tells."""
    net, book, _ = opened(file)
    long = measure.stretches(found, 3 * segments, 1, 0, book)[:most]
    gained, alone, cheaper, spent = [], [], [], []
    for k, one in enumerate(long):
        first = Pair(one.piece, one.heard[:segments], one.own[:segments], one.vectors[:segments], one.whole)
        rest = Pair(one.piece, one.heard[segments:], one.own[segments:], one.vectors[segments:], one.whole)
        strange = [
            Pair(o.piece, o.heard[segments:], one.own[segments:], o.vectors[segments:], one.whole) for j, o in enumerate(long) if j != k
        ]
        began = time.process_time()
        mine = tune(net, book, [first], TUNE)
        spent.append(time.process_time() - began)
        both = [np.mean(measure.bits(x, book, strange)) - measure.bits(x, book, [rest])[0] for x in (net.eval(), mine)]
        gained.append(both[1] - both[0])
        cheaper.append(measure.bits(net.eval(), book, [rest])[0] - measure.bits(mine, book, [rest])[0])
        both = [measure.bits(x, book, [rest], listening=0)[0] - measure.bits(x, book, [rest])[0] for x in (net.eval(), mine)]
        alone.append(both[1] - both[0])
    if not gained:
        return []
    told = measure.interval(gained, [one.piece for one in long])
    return [
        line(
            f"{file.stem}: information gained by tuning on 30 s, bits",
            told.mean,
            ">= 0.1",
            told.mean >= 0.1,
            low=round(told.low, 3),
            high=round(told.high, 3),
        ),
        line(f"{file.stem}: bits a label of the rest is cheaper after tuning", np.mean(cheaper), "> 0", np.mean(cheaper) > 0),
        line(f"{file.stem}: information against nobody gained by tuning, bits", np.mean(alone), "for comparison", True),
        line(f"{file.stem}: tuning, CPU seconds", np.median(spent), "<= 20", np.median(spent) <= 20),
    ]


def made_up(law: np.ndarray | None, count: int, seed: int) -> list[Pair]:
    """Parts that play by chance; the second follows the first by a law, a segment later, or does not care."""
    chance, found = np.random.default_rng(seed), []
    for k in range(count):
        heard = chance.integers(0, SANITY - 1, 400).astype(np.int32)
        own = chance.integers(0, SANITY - 1, 400) if law is None else np.append(0, law[heard[:-1]])
        found.append(Pair(str(k), heard, own.astype(np.int32), np.zeros((400, 13), np.float32), own.astype(np.int32)))
    return found


def sanity() -> list[str]:
    """A law must be found, and nothing where there is none."""
    book = Codebook(np.eye(SANITY - 1, 13, dtype=np.float32), np.zeros(13, np.float32), np.ones(13, np.float32), "harmony")
    lines = []
    for law in (np.random.default_rng(0).permutation(SANITY), None):
        torch.manual_seed(0)
        course = (
            Course(steps=300, batch=24, length=48, smooth=0.0) if law is not None else Course(steps=200, batch=24, length=48, rate=1e-3)
        )
        net = teach(Net(SANITY, 13, width=64), made_up(law, 300, 1), book, course)
        new = made_up(law, 60, 2)
        if law is None:
            long = measure.stretches(new, measure.LENGTH, 8, 0, book)
            gained = np.array(measure.bits(net, book, measure.crossed(long, 0))) - np.array(measure.bits(net, book, long))
            lines.append(line("parts that do not care: information, bits", gained.mean(), "0 +- 0.02", abs(gained.mean()) <= 0.02))
        else:
            stage = Relation(
                net.told(), book, {"labels": SANITY, "layers": net.layers, "heads": net.heads, "window": net.window, "alphabet": ""}
            )
            found, _ = measure.hits(stage, measure.stretches(new, measure.ANSWER, 4, 0, book), 0, floor=0.0)
            lines.append(line("a law between two parts: hits, percent", np.mean(found), ">= 99", np.mean(found) >= 99))
    return lines
