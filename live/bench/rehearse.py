"""How long a dress rehearsal takes, and whether it stays fair and small: ``python -m live.bench.rehearse``.

Twenty places over four bars at 96 bpm; on a quiet machine, then with every core busy; then 500 different scores for the memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from live.clock import Clock
from live.dress import Dress
from live.score import Drive, Node, Score, Send

BPM = 96.0
SOUNDS = ("breath", "glass", "rain on tin", "room hum", "kalimba phrase")


def twenty(seed: int = 0) -> Score:
    """Five sounds, each filtered by a slow wave and in a room of its own."""
    places: dict[str, Node] = {}
    for i, sound in enumerate(SOUNDS):
        places[f"clip{i}"] = Node("clip", (), {"rate": 0.5 + 0.01 * (seed % 50)}, {"file": sound})
        places[f"wave{i}"] = Node("lfo", (), {}, {"beats": 8.0})
        places[f"dusk{i}"] = Node("filter", (f"clip{i}",), {"cutoff": Drive(f"wave{i}", 800, 1200)})
        places[f"room{i}"] = Node("reverb", (f"dusk{i}",))
    return Score(places, tuple(Send(f"room{i}", gain=0.2) for i in range(5)), BPM)


def resident(pid: int) -> float:
    """Megabytes a process holds."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return float("nan")


def times(dress: Dress, count: int) -> dict[str, float]:
    """Milliseconds from asking to knowing, and the cost that was found."""
    took, cost, refused = [], [], 0
    for k in range(count):
        ticket = dress.ask(twenty(k), Score(tempo=BPM), frame=960_000 + 777 * k, clock=Clock(48000, BPM))
        verdict = dress.answer(ticket, 60)
        assert verdict
        took.append(1000 * verdict.took)
        cost.append(verdict.cost)
        refused += not verdict.ok
    return {
        "median ms": round(float(np.median(took)), 1), "worst ms": round(max(took), 1),
        "median cost": round(float(np.median(cost)), 4), "worst cost": round(max(cost), 4), "refused": refused,
    }  # fmt: skip


def main() -> None:
    """Measure, and print a line of JSON for each figure."""

    def say(what: str, **told: object) -> None:
        sys.stdout.write(json.dumps({"what": what, **told}) + "\n")
        sys.stdout.flush()

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory(prefix="antiphon-") as named, Dress(48000, 2, 2, 256, Path(named), Path(named)) as dress:
        dress.warm()
        first = dress.answer(dress.ask(twenty(), Score(tempo=BPM), frame=0, clock=Clock(48000, BPM)), 300)
        say("opening", seconds=round(first.took, 2) if first else None)
        say("quiet", **times(dress, 20))
        busy = [
            subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True) for _ in range(2 * (os.cpu_count() or 1))
        ]
        try:
            say("every core busy twice", **times(dress, 10))
        finally:
            for one in busy:
                one.kill()
                one.wait()
        assert dress.child
        pid = dress.child.process.pid
        before = resident(pid)
        told = times(dress, count)
        say("memory", rehearsals=count, before=round(before, 1), after=round(resident(pid), 1), **told)


if __name__ == "__main__":
    main()
