"""What a bench says: one JSON line a figure, a short table at the end, and a file that remembers by commit."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

MEMORY = "bench.jsonl"


@dataclass(frozen=True)
class Figure:
    """One measured thing. ``met`` is None where nothing is promised."""

    check: str
    figure: float | None
    limit: float | None = None
    met: bool | None = None
    unit: str = ""
    note: str = ""


class Report:
    """Collects figures, prints each at once, and ends with a table."""

    def __init__(self, *, file: Path | None = None, only_json: bool = False) -> None:
        self.figures: list[Figure] = []
        self.file = file or Path(os.environ.get("ANTIPHON_BENCH_FILE", MEMORY))
        self.only_json = only_json
        self.began = time.time()
        self.commit = commit()

    def add(
        self, check: str, figure: float | None, limit: float | None = None, *, met: bool | None = None, unit: str = "", note: str = ""
    ) -> bool | None:
        """Say one figure. Without ``met`` it is met when it is at most the limit."""
        if met is None and limit is not None and figure is not None:
            met = figure <= limit
        shown = None if figure is None else float(f"{figure:.6g}")
        one = Figure(check, shown, None if limit is None else float(f"{limit:.6g}"), met, unit, note)
        self.figures.append(one)
        line = asdict(one)
        print(json.dumps(line), flush=True)  # noqa: T201
        try:
            with self.file.open("a") as file:
                file.write(json.dumps({**line, "commit": self.commit, "at": round(time.time()), "machine": platform.machine()}) + "\n")
        except OSError as trouble:
            print(f"bench: cannot write {self.file}: {trouble.strerror}; the figures above are all there is", file=sys.stderr)  # noqa: T201
        return met

    def skip(self, check: str, why: str) -> None:
        """Say what could not be measured, and why."""
        self.add(check, None, note=f"skipped: {why}")

    def say(self, text: str) -> None:
        """A line for the eye only, on stderr so that stdout stays JSON lines."""
        if not self.only_json:
            print(text, file=sys.stderr, flush=True)  # noqa: T201

    def close(self) -> int:
        """The table, the total time; 0 when every promise was kept."""
        self.say("")
        for f in self.figures:
            mark = {True: "met", False: "MISSED", None: "-"}[f.met]
            figure = "" if f.figure is None else f"{f.figure:g}"
            limit = "" if f.limit is None else f"{f.limit:g}"
            self.say(f"{mark:>6}  {f.check:<52} {figure:>10} {limit:>10} {f.unit:<8} {f.note}")
        missed = [f.check for f in self.figures if f.met is False]
        self.say(
            f"\n{len(self.figures)} figures in {time.time() - self.began:.0f} s, commit {self.commit}; missed: {', '.join(missed) or 'none'}"
        )
        return 1 if missed else 0


def commit() -> str:
    """The commit measured, with a + when the tree differs from it."""
    try:
        here = Path(__file__).parent
        head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=here, timeout=5)
        dirty = subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True, cwd=here, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return (head.stdout.strip() or "unknown") + ("+" if dirty.stdout.strip() else "")


def median(values: Sequence[float]) -> float:
    """The middle one; nan of nothing."""
    return statistics.median(values) if values else float("nan")


def slope(ns: Sequence[float], costs: Sequence[float]) -> tuple[float, float, float]:
    """Cost per item by least squares: (slope, start, worst departure from the line as a share of the last point)."""
    count = len(ns)
    mean_n, mean_c = sum(ns) / count, sum(costs) / count
    over = sum((n - mean_n) ** 2 for n in ns)
    per = sum((n - mean_n) * (c - mean_c) for n, c in zip(ns, costs, strict=True)) / over
    start = mean_c - per * mean_n
    worst = max(abs(start + per * n - c) for n, c in zip(ns, costs, strict=True))
    return per, start, worst / max(max(costs), 1e-12)
