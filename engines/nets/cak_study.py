"""The study: does a kernel hear frequency, does training find what recordings have, and would noise have done? Three checks, one command.

    python -m engines.nets.cak study [FOLDER] --seeds 8 --out DIR

1. Frequency. Sines and short bursts from the lowest bin to the highest through the published kernel: one gain, one shift in time.
2. Seeds. Eight and more of each game: how much of the kernel is the noise it began as, how alike the seeds end, and whether a diagonal
   is more than chance (the null model: the starting noise and the same sum on every tap).
3. Stand-ins. The same games on white noise, smooth random fields, and recordings whose points are shuffled or whose time runs backwards.

Writes ``study.md``, ``study.jsonl`` (a line for each check: check, figure, limit, met), and pictures. Killed, it goes on from the last kernel.
"""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, replace
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines import cak
from engines.nets import cak_audit, cak_augan, cak_fit, cak_picture
from engines.nets.cak_said import LEARNED, Teller
from engines.nets.cak_sounds import Picture, Refused, chosen, clips_of, files_in, picture_of

Floats = NDArray[np.float64]
Row = dict[str, Any]
GAMES = ("published", "without realism", "audit")
DATA = ("recordings", "backwards", "shuffled", "white noise", "smooth fields")
CLIPS, SECONDS, RATE = 48, 6.0, 44100
PLAYED = cak_augan.Size(steps=125, rate=2e-3)  # as far a walk as 2500 steps of 1e-4
LEVELS = {-100: (0.5, 3.4, 6.7), -80: (0.8, 5.9, 11.9), -60: (1.3, 9.5, 19.7), -40: (1.9, 14.3, 19.4), -30: (2.2, 9.8, 10.9)}
"""A bin-centred sine's gain in dB by its level in dBFS at texture 0.25, 0.5 and 1: measured in the authors' form."""


# --- 1. frequency --------------------------------------------------------------------------


def gain_at(bin_: float, level: float, c: float, kernel: cak.Kernel) -> float:
    """What a sine of so many bins gains, in dB."""
    hz = bin_ * RATE / cak.SIZE
    turn = np.exp(2j * np.pi * hz / RATE * np.arange(RATE))
    sound = 10 ** (level / 20) * turn.imag
    made = cak.through(sound, c, kernel)
    middle = slice(16384, 16384 + 8192)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(8192) / 8192)
    return float(20 * np.log10(abs((made[middle] * hann) @ turn[middle].conj()) / abs((sound[middle] * hann) @ turn[middle].conj())))


def shift_at(hz: float, c: float, kernel: cak.Kernel) -> float:
    """By how many samples a 40 ms burst's centre of energy comes later; its pitch is the nearest bin's, its peak -50 dBFS."""
    t, hz = np.arange(RATE) - RATE // 2, round(hz * cak.SIZE / RATE) * RATE / cak.SIZE
    burst = 0.003 * np.exp(-0.5 * (t / (0.02 * RATE)) ** 2) * np.sin(2 * np.pi * hz * t / RATE)
    made = cak.through(burst, c, kernel)
    centre = [float((s**2) @ t / (s @ s)) for s in (burst, made)]
    return centre[1] - centre[0]


def frequency(kernel: cak.Kernel) -> dict[str, Any]:
    """Gains over the bins, shifts over the octaves, gains over the levels."""
    bins = [2, 3, 5, 8, 12, 20, 32, 50, 80, 120, 180, 260, 360, 480, 620, 780, 940, 1022]
    hertz = [86, 150, 250, 430, 740, 1270, 2200, 3800, 6500, 11000]
    return {
        "bins": bins,
        "gains": {c: [gain_at(b, -40, c, kernel) for b in bins] for c in (0.25, 0.5, 1.0)},
        "hertz": hertz,
        "shifts": {c: [shift_at(f, c, kernel) for f in hertz] for c in (0.5, 1.0)},
        "levels": {level: [gain_at(64, level, c, kernel) for c in (0.25, 0.5, 1.0)] for level in LEVELS},
        "lower edge": gain_at(1, -40, 1.0, kernel),
    }


# --- 2, 3. seeds and stand-ins -------------------------------------------------------------


def smooth_field(bins: int, frames: int, chance: np.random.Generator) -> Picture:
    """A random picture as smooth over a few bins and frames as it is between them; the mean and spread of a recording's."""
    field = chance.standard_normal((bins, frames))
    for axis in (0, 1):
        for _ in range(3):
            field = sum(np.roll(field, k, axis) for k in range(-3, 4)) / 7
    field /= field.std()
    return np.clip(0.45 + 0.15 * field, 0.0, 1.0).astype(np.float32)


def stand_in(kind: str, pictures: Sequence[Picture], seed: int = 0) -> list[Picture]:
    """As many pictures of another kind, of the same shape."""
    chance = np.random.default_rng([seed, 11])
    if kind == "recordings":
        return list(pictures)
    if kind == "backwards":
        return [np.ascontiguousarray(p[:, ::-1]) for p in pictures]
    if kind == "shuffled":
        return [chance.permutation(p.ravel()).reshape(p.shape) for p in pictures]
    if kind == "smooth fields":
        return [smooth_field(*p.shape, chance) for p in pictures]
    return [picture_of(0.1 * chance.standard_normal(int(SECONDS * RATE)), RATE).astype(np.float32) for _ in pictures]


def run(game: str, kind: str, seed: int, pictures: Sequence[Picture], labels_seed: int = 0) -> Row:
    """One kernel: where it began, where it ended, what it cost. Labels and data are the same for every seed."""
    began = time.process_time()
    held, learnt = list(pictures[: len(pictures) // 4]), list(pictures[len(pictures) // 4 :])
    items, judge = (cak_augan.items_of(cak_augan.labels_at_random(len(some), labels_seed)) for some in (learnt, held))
    if game == "published":
        import torch

        torch.set_num_threads(1)
        play = cak_augan.Play(learnt, items, PLAYED, seed)
        first = play.numbers
        for _ in cak_augan.play(play, PLAYED.steps):
            pass
        last = play.numbers
    else:
        plain = cak_audit.Game(steps=400)
        level = replace(plain, audits="level", zero_sum=False, free_scale=True, near=5.0, items=items, steps=625, rate=4e-4)
        rules = plain if game == "audit" else level
        first, last = rules.begun(seed), _last(cak_audit.play(rules, learnt, seed))
    if game == "audit":
        crops = cak_audit.Game().drawn(held, 0, 10**6, 64)
        missed = [float(cak_audit.violation(n, crops, "growth").mean()) for n in (first, last)]
        missed.append(cak_audit.at_its_best(first, crops, cak_audit.NEAR)[1])
    else:
        few = [p[:, :256] for p in held]
        missed = [cak_augan.level_missed(n, few, judge) for n in (first, last)]
    return {
        "game": game, "data": kind, "seed": seed, "labels": labels_seed, "first": first.tolist(), "last": last.tolist(),
        "violation": missed, "seconds": round(time.process_time() - began, 1),
    }  # fmt: skip


def uniform_share(first: Floats, last: Floats) -> float:
    """How much of what training changed is the same for all nine taps."""
    change = last[:9] - first[:9]
    return float(change.sum() ** 2 / 9 / max(change @ change, 1e-18))


def diagonal_share(numbers: Floats) -> float:
    """The larger of the two diagonals' shares of the absolute taps; a flat kernel's is a third."""
    k = np.abs(numbers[:9]).reshape(3, 3)
    return float(max(np.trace(k), np.trace(k[::-1])) / max(k.sum(), 1e-18))


def by_chance(numbers: Floats, zero_sum: bool, draws: int = 20000) -> float:
    """How often the null model has as much of a diagonal: starting noise, and on every tap what the kernel has on the mean."""
    noise = 0.0333 * np.random.default_rng(17).standard_normal((draws, 9))
    noise = noise - noise.mean(axis=1, keepdims=True) if zero_sum else noise + np.mean(numbers[:9])
    k = np.abs(noise).reshape(-1, 3, 3)
    shares = np.maximum(np.einsum("kii->k", k), np.einsum("kii->k", k[:, ::-1])) / k.sum(axis=(1, 2))
    return float((shares >= diagonal_share(numbers) - 1e-12).mean())


def cosines(rows: Sequence[Row]) -> list[float]:
    """How alike the shapes of every two seeds are."""
    last = [np.array(row["last"]) for row in rows]
    return [cak_augan.likeness(a, b) for k, a in enumerate(last) for b in last[k + 1 :]]


# --- all of it -----------------------------------------------------------------------------


def wanted(seeds: int) -> list[tuple[str, str, int, int]]:
    """Game, data, seed, seed of the labels: the dear game on stand-ins with fewer seeds."""
    found = [(game, kind, seed, 0) for kind in DATA for game in GAMES[1:] for seed in range(seeds)]
    found += [("without realism", "recordings", 0, labels) for labels in range(1, seeds)]
    found += [("published", "recordings", seed, 0) for seed in range(seeds)]
    found += [("published", kind, seed, 0) for seed in range(max(1, seeds // 8)) for kind in DATA[1:]]
    return found


_pictures: dict[str, list[Picture]] = {}


def _ready(file: str) -> None:
    """In a process of its own: the pictures, once. It does not outlive who began it."""
    beginner = parent_process()
    if beginner is not None:
        Thread(target=lambda: (beginner.join(), os._exit(1)), daemon=True).start()
    with np.load(file) as held:
        own = [held[name] for name in held.files]
    for kind in DATA:
        _pictures[kind] = stand_in(kind, own)


def _one(task: tuple[str, str, int, int]) -> Row:
    game, kind, seed, labels = task
    return run(game, kind, seed, _pictures[kind], labels)


def study(
    folder: Path, out: Path, *, seeds: int = 8, jobs: int = 0, seed: int = 0, clips: int = CLIPS, teller: Teller | None = None
) -> list[Row]:
    """Run it, write it; the checks."""
    teller, began = teller or Teller(quiet=True), time.monotonic()
    if seeds < 8:
        raise Refused(f"--seeds {seeds}: four had looked unanimous once; 8 or more before anything is claimed")
    got, passed_over = clips_of(chosen(files_in(folder), clips, seed), SECONDS)
    got = [clip for clip in got if clip.picture.shape[1] >= cak_audit.CROP + 2 * cak_audit.MARGIN]
    if len(got) < 8:
        raise Refused(f"{folder} holds {len(got)} sounds of a second or more; the study needs 8 or more")
    out.mkdir(parents=True, exist_ok=True)
    np.savez(out / "pictures.npz", **{f"p{k:03d}": clip.picture for k, clip in enumerate(got)})
    about = {"clips": [clip.name for clip in got], "seed": seed, "published": asdict(PLAYED)}
    rows = _played(wanted(seeds), out, about, jobs or min(2, os.cpu_count() or 1), teller)
    (out / "pictures.npz").unlink()
    published = cak.read(cak.FOLDER / "published.json")
    found = frequency(published)
    checks = checked(rows, found, got[0].picture, seeds)
    teller.note("tables and pictures")
    (out / "study.jsonl").write_text("".join(json.dumps(check) + "\n" for check in checks), "utf-8")
    (out / "study.md").write_text(told(rows, found, checks, len(got), seeds), "utf-8")
    _drawn(rows, found, out)
    (out / "kernels.part.jsonl").replace(out / "kernels.jsonl")
    teller.note(f"{out / 'study.md'}: {len(rows)} kernels, {sum(check['met'] for check in checks)} of {len(checks)} checks met, {(time.monotonic() - began) / 60:.1f} min")  # fmt: skip
    return checks


def _played(tasks: list[tuple[str, str, int, int]], out: Path, about: Row, jobs: int, teller: Teller) -> list[Row]:
    """Every kernel that is not there yet, a line each as it is done."""
    book = out / "kernels.part.jsonl"
    rows: list[Row] = []
    if book.exists():
        lines = [json.loads(line) for line in book.read_text("utf-8").splitlines() if line.endswith("}")]
        rows = lines[1:] if lines and lines[0] == json.loads(json.dumps(about)) else []
    book.write_text("".join(json.dumps(line) + "\n" for line in [about, *rows]), "utf-8")
    have = {(row["game"], row["data"], row["seed"], row["labels"]) for row in rows}
    left = [task for task in tasks if task not in have]
    with ProcessPoolExecutor(jobs, initializer=_ready, initargs=(str(out / "pictures.npz"),)) as pool:
        for done in as_completed([pool.submit(_one, task) for task in left]):
            rows.append(done.result())
            with book.open("a", encoding="utf-8") as file:
                file.write(json.dumps(rows[-1]) + "\n")
            teller.step(len(rows), len(tasks), seconds=rows[-1]["seconds"])
    return sorted(rows, key=lambda row: (GAMES.index(row["game"]), DATA.index(row["data"]), row["labels"], row["seed"]))


def same_twice(play: Callable[[], Floats]) -> float:
    """How far two runs of one seed end apart."""
    return float(np.abs(play() - play()).max())


def checked(rows: list[Row], found: dict[str, Any], picture: Picture, seeds: int) -> list[Row]:
    """The acceptance checks that training and the frequency mapping answer."""
    teacher = cak.read(cak.FOLDER / "published.json")
    pupil_of, began = np.minimum(np.asarray(picture, np.float64), 0.98), time.process_time()
    wet = cak.added(pupil_of, cak.pattern(pupil_of, teacher), cak.effective(1.0, teacher.scale))
    pupil = cak_fit.between(pupil_of, wet)
    took = time.process_time() - began
    gains, shifts = found["gains"], found["shifts"]
    off = max(abs(a - b) for level, row in found["levels"].items() for a, b in zip(row, LEVELS[level], strict=True))
    short = replace(cak_audit.Game(), steps=60)
    twice = {
        "audit": same_twice(lambda: _last(cak_audit.play(short, [picture, picture], 3))),
        "published": same_twice(lambda: _played_short(picture)),
    }
    audits = [row for row in rows if row["game"] == "audit" and row["data"] == "recordings"]
    fell = float(np.median([1 - row["violation"][1] / row["violation"][0] for row in audits]))
    full = (
        PLAYED.steps
        and float(np.median([row["seconds"] for row in rows if row["game"] == "published"])) * cak_augan.Size().steps / PLAYED.steps
    )
    of_each = min(sum(row["game"] == game and row["data"] == "recordings" and row["labels"] == 0 for row in rows) for game in GAMES)
    lines = [
        ("17 gain alike from bin 2 to 1022, dB", max(max(g) - min(g) for g in gains.values()), 0.05, "most"),
        ("17 shift in time alike from 86 Hz to 11 kHz, samples", max(max(s) - min(s) for s in shifts.values()), 2.0, "most"),
        ("17 gain by level against the authors' form, dB", off, 0.3, "most"),
        ("23 audit: same seed, the eleven apart by", twice["audit"], 1e-6, "most"),
        ("23 published game: same seed, the eleven apart by", twice["published"], 1e-6, "most"),
        ("23 published game, small: CPU minutes", full / 60, 15.0, "most"),
        ("24 teacher recovered, largest error of a number", float(np.abs(np.array(pupil.numbers) - teacher.numbers).max()), 1e-6, "most"),
        ("24 teacher recovered, CPU seconds", took, 2.0, "most"),
        ("25 seeds of each game on recordings", of_each, 8, "least"),
        ("26 audit: violation fell on held-out recordings", fell, LEARNED, "least"),
    ]
    return [{"check": name, "figure": round(float(figure), 9), "limit": limit, "met": bool(figure <= limit if side == "most" else figure >= limit)} for name, figure, limit, side in lines]  # fmt: skip


def _last(steps: Any) -> Floats:
    return deque(steps, maxlen=1)[0][1]


def _played_short(picture: Picture) -> Floats:
    import torch

    torch.set_num_threads(1)
    play = cak_augan.Play([picture] * 4, cak_augan.items_of(cak_augan.labels_at_random(4, 0)), replace(PLAYED, steps=10), 3)
    for _ in cak_augan.play(play, 10):
        pass
    return play.numbers


def told(rows: list[Row], found: dict[str, Any], checks: list[Row], clips: int, seeds: int) -> str:
    """The tables."""
    lines = [
        "# CAK: the study",
        "",
        f"{clips} recordings, {seeds} seeds, {sum(row['seconds'] for row in rows) / 60:.0f} CPU minutes.",
        "",
        "## Checks",
        "",
    ]
    lines += ["| check | figure | limit | met |", "|---|---|---|---|"]
    lines += [f"| {c['check']} | {c['figure']:.4g} | {c['limit']:g} | {'yes' if c['met'] else 'no'} |" for c in checks]
    lines += [
        "",
        "## 1. Frequency",
        "",
        "| texture | gain of a sine at -40 dBFS, bins 2 to 1022, dB | shift of a 40 ms burst, 86 Hz to 11 kHz, samples |",
        "|---|---|---|",
    ]
    for c, gains in found["gains"].items():
        shifts = found["shifts"].get(c)
        lines.append(
            f"| {c:g} | {min(gains):+.2f} to {max(gains):+.2f} | {f'{min(shifts):+.1f} to {max(shifts):+.1f}' if shifts else ''} |"
        )
    lines += [
        "",
        f"Edge: bin 1 gains {found['lower edge']:+.1f} dB at texture 1.",
        "",
        "| level of the sine, dBFS | gain at 0.25, 0.5, 1, dB |",
        "|---|---|",
    ]
    lines += [f"| {level} | {', '.join(f'{g:+.1f}' for g in row)} |" for level, row in found["levels"].items()]
    lines += ["", "## 2 and 3. Seeds and stand-ins", ""]
    lines += ["| game | data | seeds | like its start | change that is the same for all taps | sum of taps | every two seeds alike | diagonal by chance, p | violation fell |", "|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for game in GAMES:
        for kind in DATA:
            some = [row for row in rows if row["game"] == game and row["data"] == kind and row["labels"] == 0]
            if some:
                lines.append(_table_row(game, kind, some))
    several = [row for row in rows if row["game"] == "without realism" and row["data"] == "recordings" and row["seed"] == 0]
    if len(several) > 1:
        lines.append(_table_row("without realism, one seed, other labels", "recordings", several))
    lines += ["", "What the audit's kernels are:", "", "| data | " + " | ".join(KINDS) + " |", "|---" * (len(KINDS) + 1) + "|"]
    for kind in DATA:
        kinds = [cak_audit.kind_of(np.array(row["last"])) for row in rows if row["game"] == "audit" and row["data"] == kind]
        lines.append(f"| {kind} | " + " | ".join(str(kinds.count(k)) if k in kinds else "" for k in KINDS) + " |")
    alone = [1 - row["violation"][2] / row["violation"][0] for row in rows if row["game"] == "audit" and row["data"] == "recordings"]
    lines += ["", f"The audit's violation falls by {np.median(alone):.0%} for the kernels it began as, too, once they are given their best size: the fall alone shows a size, not a shape."]  # fmt: skip
    return "\n".join(lines) + "\n"


KINDS = ("edge in time", "line in time", "edge in pitch", "line in pitch", "diagonal", "spot", "bent", "mixed", "flat")


def _table_row(game: str, kind: str, some: list[Row]) -> str:
    first, last = ([np.array(row[side]) for row in some] for side in ("first", "last"))
    like = [cak_augan.likeness(a, b) for a, b in zip(first, last, strict=True)]
    share = [uniform_share(a, b) for a, b in zip(first, last, strict=True)]
    sums = [float(b[:9].sum()) for b in last]
    chance = [by_chance(b, game == "audit") for b in last]
    fell = [1 - row["violation"][1] / row["violation"][0] for row in some]
    return (
        f"| {game} | {kind} | {len(some)} | {_range(like, '.2f')} | {_range(share, '.0%')} | {_range(sums, '.2f')} | {_range(cosines(some), '.2f')} "
        f"| {np.median(chance):.2f} ({sum(p < 0.05 for p in chance)} of {len(chance)} below .05) | {np.median(fell):.0%} |"
    )


def _range(values: Sequence[float], how: str) -> str:
    return f"{min(values):{how}} to {max(values):{how}}" if len(values) > 1 else f"{values[0]:{how}}" if values else ""


def _drawn(rows: list[Row], found: dict[str, Any], out: Path) -> None:
    """Pictures: for each game and kind of data a row of starts above a row of ends; gains over the bins."""
    for game in GAMES:
        kernels = []
        for kind in DATA:
            some = [row for row in rows if row["game"] == game and row["data"] == kind and row["labels"] == 0]
            kernels += [[cak.Kernel.of(row[side]) for row in some] for side in ("first", "last")] if some else []
        cak_picture.save(cak_picture.gallery(kernels), out / f"{game.replace(' ', '-')}.png")
    points = [(float(np.log2(b)), g) for b, g in zip(found["bins"], found["gains"][1.0], strict=True)]
    cak_picture.save(cak_picture.curve(points, 120, 420, 0.0), out / "gain-over-bins.png")
