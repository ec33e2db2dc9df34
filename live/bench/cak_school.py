"""cak 23-26: what a kernel is taught. Asked of the training itself, where it is installed; a figure that it measures is quoted as it says."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from engines.cak import added, effective, find, frames_of, norm, pattern
from live.bench.cak_ear import mixed
from live.bench.report import Report

SOUNDS = Path(__file__).parents[2] / "sounds"
LEAST = ("25", "26")  # of these figures the limit is the least


def run(report: Report, quick: bool) -> None:
    """A teacher's kernel is found again; the study of eight seeds on the shipped sounds, unless it is to be quick."""
    try:
        from engines.nets import cak_fit, cak_study
    except ImportError as why:
        for number, what in ((23, "same seed, same kernel"), (24, "teacher found again"), (25, "eight seeds"), (26, "audit")):
            report.skip(f"cak {number}: {what}", str(why))
        return
    teacher = find("published")
    picture = np.minimum(norm(np.abs(frames_of(mixed(4.0)[0]))), 0.98)
    began = time.process_time()
    pupil = cak_fit.between(picture, added(picture, pattern(picture, teacher), effective(1.0, teacher.scale)))
    took = time.process_time() - began
    apart = max(abs(a - b) for a, b in zip(pupil.numbers, teacher.numbers, strict=True))
    report.add("cak 24: teacher found again, largest error of a number", apart, 1e-6)
    report.add("cak 24: CPU it took", took, 2.0, unit="s", note="4 s of sound, one thread")
    if quick:
        for number, what in ((23, "same seed, same kernel"), (25, "eight seeds"), (26, "audit")):
            report.skip(f"cak {number}: {what}", "takes minutes: without --quick")
        return
    with tempfile.TemporaryDirectory() as out:
        for row in cak_study.study(SOUNDS, Path(out), seeds=8):
            number, _, what = row["check"].partition(" ")
            if number in ("23", "25", "26"):
                note = "as the study measured it" + (", at least" if number in LEAST else "")
                report.add(f"cak {number}: {what}", row["figure"], row["limit"], met=row["met"], note=note)
