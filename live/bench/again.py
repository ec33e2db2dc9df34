"""A take that was kept, and the same take replayed: sample for sample, file by file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from live import replay
from live.bounce import bounce


@dataclass(frozen=True)
class Compared:
    """One file of the two."""

    frames: int
    differ: int
    worst: float  # the greatest difference
    peak: float


def compared(take: Path, kept: Path, room: Path, *, stems: bool = False) -> tuple[replay.Played, dict[str, Compared]]:
    """Replay a take into a new folder of ``room``; what was played, and how the mix (and the stems) compare with what was kept of it."""
    played = replay.played(replay.journal_of(str(take)))
    out, r = room / "again", played.room
    out.mkdir()
    bounce(
        played.cues, played.seconds, out, rate=r["rate"], channels=r["outs"], ins=r["ins"], seed=r["seed"], names=played.names,
        lookahead=r["lookahead"], ceiling=r["ceiling"], engines=played.engines, stems=stems,
    )  # fmt: skip
    since = int(tomllib.loads((kept / "take.toml").read_text())["start"])
    return played, {path.stem: _compared(path, out / path.name, since) for path in sorted(kept.glob("*.wav" if stems else "mix.wav"))}


def _compared(path: Path, replayed: Path, since: int) -> Compared:
    first, _ = soundfile.read(path, dtype="float32", always_2d=True)
    again, _ = soundfile.read(replayed, dtype="float32", always_2d=True)
    n = min(len(first), len(again) - since)
    apart = np.abs(first[:n] - again[since : since + n])
    return Compared(n, int(np.count_nonzero(apart.any(axis=1))), float(apart.max()), float(np.abs(first).max()))
