"""From the save to a plan that is ready, while two cores are busy: 200 lines of a session, saved again and again."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from live.bench.report import Report
from live.plan import Plan, compare
from live.reload import Reading, Reload
from live.score import Score
from live.values import Page

LIMIT = 150.0  # ms
BUSY = "while True: pass"


def session(turn: int, lines: int = 200) -> str:
    """A session of so many lines: clips, filters, waves, rhythms, mixes. Each turn moves one number."""
    text = ["from live import *", "", f"tempo({96 + turn % 7})", "", "def far(sound, much=0.2):", '    """Away from the ear."""']
    text += ["    return much * filter(sound, cutoff=900)", ""]
    heard: list[str] = []
    count = 0
    while len(text) < lines - 8:
        count += 1
        text.append(f"# voice {count}: what it is, and how it moves")
        text.append(f'rain{count} = clip("rain on tin", rate={0.5 + 0.01 * count + 0.001 * turn * (count == 7):.3f})')
        text.append(f"wave{count} = lfo({200 + count}, {2000 + 10 * count}, beats={1 + count % 16})")
        text.append(f"dusk{count} = filter(rain{count}, cutoff=wave{count})")
        text.append(f'pulse{count} = clip("wood knocks", hits=seq("x-o- xx-o", swing=0.{count % 6}))')
        text.append(f"both{count} = dusk{count} + 0.{1 + count % 9} * pulse{count} + far(rain{count})")
        heard.append(f"both{count}")
    text += ["", f"out.stage = {' + '.join(heard)}"]
    return "\n".join(text + ["# the end"] * (lines - len(text))) + "\n"


def save(path: Path, text: str, turn: int) -> None:
    """As editors do: in place, or beside it and then renamed."""
    if turn % 2:
        path.write_text(text, encoding="utf-8")
    else:
        beside = path.with_suffix(".tmp")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)


def planned(page: Page, before: Score) -> tuple[Score, Plan]:
    """What the desk does with a page: a score, and the steps to it."""
    from live.naming import score_of

    score = score_of(page, before)
    return score, compare(before, score)


def run(report: Report, *, saves: int = 60, pause: float = 1.0, cores: int = 2) -> None:
    """Save, wait for the plan, think for a second, save again."""
    arrived: queue.Queue[tuple[Page | None, Reading | None, object]] = queue.Queue()
    busy = [subprocess.Popen([sys.executable, "-c", BUSY], start_new_session=True) for _ in range(cores)]  # as other programs are
    took: list[float] = []
    reading: list[float] = []
    planning: list[float] = []
    wrong = 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "main.py"
            path.write_text(session(0), encoding="utf-8")
            reload = Reload(folder, lambda page, read: arrived.put((page, read, None)), lambda slip: arrived.put((None, None, slip)))
            first = reload.read()
            if first.page is None:
                report.add("a 200-line session is read", 0, 0, met=False, note=str(first.mistake))
                reload.close()
                return
            score = planned(first.page, Score())[0]
            with reload:
                time.sleep(3)
                for turn in range(1, saves + 1):
                    began = time.perf_counter()
                    save(path, session(turn), turn)
                    try:
                        page, read, slip = arrived.get(timeout=10)
                    except queue.Empty:
                        page = read = slip = None
                    if page is None or read is None:
                        report.say(f"save {turn}: {slip or 'nothing came'}")
                        wrong += 1
                        continue
                    came = time.perf_counter()
                    score, plan = planned(page, score)
                    now = time.perf_counter()
                    took.append(1000 * (now - began))
                    reading.append(1000 * read.seconds)
                    planning.append(1000 * (now - came))
                    wrong += not plan
                    time.sleep(pause)
    finally:
        for one in busy:
            one.kill()
            one.wait()
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    lines, size = session(0).count("\n"), len(score.places)
    report.add("saves of which no plan came", wrong, 0, note=f"of {saves}; {lines} lines, {size} places, {cores} cores busy, load {load}")
    if not took:
        return
    report.add("save to plan ready, half of them", spot(took, 0.5), unit="ms")
    report.add("save to plan ready, 95 of 100", spot(took, 0.95), LIMIT, unit="ms")
    report.add("save to plan ready, worst", max(took), unit="ms")
    report.add("of which reading, 95 of 100", spot(reading, 0.95), unit="ms")
    report.add("of which naming and comparing, 95 of 100", spot(planning, 0.95), unit="ms")


def spot(values: list[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
