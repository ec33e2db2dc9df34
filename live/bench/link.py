"""Link between two sessions, each with a core and hands of its own: who joins, how near the bars lie, how fast a tempo spreads."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from live.bench.machine import quiet
from live.bench.report import Report
from live.control.linked import heard_later
from live.control.post import DESK, Post
from live.control.timing import Wall
from live.core.pacing import bpm_of, seen
from live.ports.link import is_installed, now_ns
from live.rig import Rig
from live.score import Score
from live.stage import Stage

RATE = 48000


class Player:
    """One session, seen from outside."""

    def __init__(self, name: str, folder: Path, tempo: float, block: int) -> None:
        rig = Rig(device="null", rate=RATE, block=block, outs=2, take=str(folder / name), record=False, hands=True, midi="none", osc=-1)
        self.stage = Stage.open(rig, name=f"bench-link-{name}")
        self.stage.play(Score(tempo=tempo))
        self.post = Post(self.stage.folder, DESK)
        self.wall = Wall(RATE)
        self.told: list[tuple[str, dict]] = []

    def look(self) -> None:
        """Take in its clock and its letters."""
        self.wall.look(self.stage.core.clock)
        self.told += self.post.read()

    def beat(self, ns: int) -> tuple[float, float]:
        """The beat heard at a moment, and the tempo."""
        frame = self.wall.frame_at(ns) - heard_later(self.stage.core.clock)
        return seen(self.stage.core.tempo, RATE).beat(frame), bpm_of(self.stage.core.tempo)

    @property
    def peers(self) -> int:
        """How many others its hands have met."""
        return next((int(what["peers"]) for word, what in reversed(self.told) if word == "clock"), -1)


def watched(players: list[Player], seconds: float, until: object = None) -> np.ndarray:
    """Rows: seconds, then each one's beat and tempo; looked at a hundred times a second."""
    rows, began = [], time.monotonic()
    while time.monotonic() - began < seconds:
        for player in players:
            player.look()
        ns = now_ns()
        rows.append([time.monotonic() - began, *(x for player in players for x in player.beat(ns))])
        if callable(until) and until(rows[-1]):
            break
        time.sleep(0.01)
    return np.array(rows)


def apart(rows: np.ndarray, bar: float = 4.0) -> np.ndarray:
    """Milliseconds between the two bars, row by row."""
    off = (rows[:, 3] - rows[:, 1] + bar / 2) % bar - bar / 2
    return off * 60000 / rows[:, 2]


def run(report: Report, *, seconds: float, block: int = 256) -> None:
    """Two sessions meet, play together, change tempo on one side and on the other, and part."""
    if not is_installed():
        report.skip("link", "LinkPython-extern is not installed: pip install 'antiphon[link]'")
        return
    folder = Path(tempfile.mkdtemp(prefix="antiphon-bench-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        busy = quiet(1.0)
        one = Player("one", folder, 124.0, block)
        stack.callback(one.stage.close)
        two = Player("two", folder, 98.0, block)
        stack.callback(two.stage.close)
        both = [one, two]
        one.post.send("clock", source="link")
        watched(both, 4.0)
        two.post.send("clock", source="link")
        rows = watched(both, 12.0, lambda row: two.peers > 0 and abs(row[4] - 124.0) < 0.01)
        if two.peers < 1:
            report.add("link: the two met", None, met=False, note="no multicast between the two: is there a network interface that is up?")
            return
        kept = bool(np.all(np.abs(rows[:, 2] - 124.0) < 0.01))
        report.add("link: the tempo that was there stayed", None, met=kept, note="one at 124 alone, then two came with 98")
        watched(both, 4.0)
        rows = watched(both, seconds)
        off = np.abs(apart(rows))
        note = f"{len(rows)} looks in {seconds:g} s, null devices, block {block}; {busy:.2f} cores were busy before"
        report.add("link: bars apart, p99", float(np.percentile(off, 99)), 1.0, unit="ms", note=note)
        report.add("link: bars apart, worst", float(off.max()), unit="ms", note=note)
        for who, bpm in ((0, 131.0), (1, 117.5)):
            both[who].stage.play(Score(tempo=bpm))
            other = 4 if who == 0 else 2
            rows = watched(both, 5.0, lambda row, col=other, bpm=bpm: abs(row[col] - bpm) < 0.01)
            took = float(rows[-1, 0] * bpm / 60) if abs(rows[-1, other] - bpm) < 0.01 else None
            report.add(f"link: a tempo set by {'one' if who == 0 else 'two'} is followed", took, 1.0, unit="beats", note=f"to {bpm:g} bpm")
            rows = watched(both, 3.0)
            report.add(f"link: bars apart after it, worst, {bpm:g} bpm", float(np.abs(apart(rows[-100:])).max()), 1.0, unit="ms")
        two.post.send("clock", source="internal")
        rows = watched(both, 2.0)
        report.add("link: leaving keeps the tempo", float(np.abs(rows[:, 4] - 117.5).max()), 0.01, unit="bpm")
