"""How long a large page takes from names to a score, and from two scores to the plan between them.

A thousand places, as a performer with many hands would have them: sources,
filters with waves, sums, sends. Once with one number changed, once all new.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from typing import Any

from live import words
from live.bench.report import Report, median
from live.naming import score_of
from live.paging import script
from live.plan import Retune, carried, compare
from live.score import Score
from live.values import Page

LIMIT = 20.0  # ms, for a plan of a thousand places
TIMES = 15


def text(places: int, shift: int = 0, other: float = 0.0) -> str:
    """A script of so many places: a fifth each of tones, noises, waves, filters and delays. ``shift`` exchanges them all."""
    lines = ["tempo(100)"]
    for k in range(shift, shift + places // 5):
        lines += [
            f"tone{k} = tone({100 + k}, gain=0.001)", f"dust{k} = noise(0.001, channels=2)", f"wave{k} = lfo({0.1 + k / 1000})",
            f"air{k} = filter(tone{k}, cutoff=200 + 300 * wave{k})", f"far{k} = delay(dust{k}, mix={0.3 if k else 0.3 + other})",
        ]  # fmt: skip
    voices = ", ".join(f"0.5 * air{k}, far{k}" for k in range(shift, shift + places // 5))
    return "\n".join([*lines, f"out.stage = [{voices}]"]) + "\n"


def read(written: str) -> Page:
    """Its page, without the process that reads scripts."""
    page, scope = words.begin(), words.namespace()
    exec(compile(written, "planning", "exec"), scope)
    return words.finish(page, scope)


def timed(what: Callable[[], Any], times: int = TIMES) -> list[float]:
    """Milliseconds of each of several times."""
    found = []
    for _ in range(times):
        gc.collect()
        began = time.perf_counter()
        what()
        found.append(1000 * (time.perf_counter() - began))
    return found


def run(report: Report, *, sizes: Sequence[int] = (1000,)) -> None:
    """Page to score, score to plan."""
    for size in sizes:
        _size(report, size)


def _size(report: Report, size: int) -> None:
    first, second, third = read(text(size)), read(text(size, other=0.1)), read(text(size, shift=10_000))
    before = score_of(first)
    changed, fresh = score_of(second, before), score_of(third, before)
    one = compare(before, changed)
    report.add(f"{size} places, one number changed: steps", len(one), 1, met=len(one) == 1 and isinstance(one[0], Retune))
    whole = all(carried(old, compare(old, new)) == new for old, new in ((before, changed), (before, fresh), (Score(), before)))
    report.add(f"{size} places: a plan that does not arrive", 0 if whole else 1, 0)
    for name, what, limit in (
        ("one number changed, score to plan", lambda: compare(before, changed), LIMIT),
        ("all new, score to plan", lambda: compare(before, fresh), LIMIT),
        ("nothing changed, score to plan", lambda: compare(before, score_of(first, before)), None),
        ("one number changed, page to score", lambda: score_of(second, before), None),
        ("all new, page to score", lambda: score_of(third, before), None),
        ("script to page", lambda: read(text(size)), None),
        ("page to script, as look() shows it", lambda: script(first), None),
    ):
        spent = timed(what)  # type: ignore[arg-type]
        scale = size / 1000
        report.add(
            f"{size} places, {name}", median(spent), limit and limit * scale, unit="ms", note=f"worst {max(spent):.1f} of {len(spent)}"
        )
