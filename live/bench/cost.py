"""What one voice and one effect cost in the core, beside scsynth on the same server in the same run; how many fit."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from live.bench import on_stage, pieces
from live.bench.machine import Jackd, others, quiet
from live.bench.peers import EFFECTS, PLAYERS, Costs, compare, open_rivals, report_costs, weigh
from live.bench.report import Report, median

HALF = 50.0  # percent of one core


class Ours:
    """The core as one of the rivals."""

    name = "antiphon"

    def __init__(self, server: Jackd, folder: Path, *, record: bool = True) -> None:
        self.folder = folder
        where = {"server": server.name, "block": server.block, "folder": str(folder)}
        self.stage = on_stage.OnStage({**where, "score": "empty", "seconds": 0, "record": record})

    def players(self, n: int) -> None:
        """N clips, each through a filter and a pan."""
        self.stage.play_and_wait(pieces.voices(n, pieces.loop_file(self.folder)))

    def effects(self, n: int) -> None:
        """N smears of one noise."""
        self.stage.play_and_wait(pieces.smears(n, pieces.hiss_file(self.folder)))

    def pids(self) -> list[int]:
        return [self.stage.core_pid]

    def close(self) -> None:
        self.stage.close()


def compare_with_peers(report: Report, *, blocks: Sequence[int], seconds: float, rounds: int, names: Sequence[str] = ("scsynth", "scsynth BLowPass", "pyo", "signalflow")) -> None:  # fmt: skip
    """Everybody plays the same, in turns, on one server: at most 0.8 of scsynth's cost for each voice and effect."""
    report.say(f"others keep {quiet():.2f} cores busy before we begin")
    for block in blocks:
        with ExitStack() as stack:
            server = stack.enter_context(Jackd(block))
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="antiphon-bench-")))
            rivals = stack.enter_context(open_rivals(server, folder, report, names=names))
            ours = Ours(server, folder, record=False)  # the rivals do not record either; ``linear`` measures with the tape running
            stack.callback(ours.close)
            told = stack.enter_context(others())
            for work, ns in (("players", PLAYERS), ("effects", EFFECTS)):
                who: list[Any] = [ours, *(r for r in rivals if work == "players" or " " not in r.name)]
                costs = compare(who, work, ns, seconds=seconds, rounds=rounds, say=report.say)
                report_costs(report, costs, work, block, ours=ours.name, against="scsynth")
                if work == "players":
                    against(report, costs, block, "scsynth BLowPass")
        report.say(f"block {block}: the machine was busy {told['busy']:.2f} cores, stolen {told['stolen']:.2f}")


def against(report: Report, costs: Costs, block: int, other: str) -> None:
    """The ratio to scsynth with its other filter, printed beside."""
    if other in costs.whole:
        ratio = median([a / b for a, b in zip(costs.rounds("antiphon"), costs.rounds(other), strict=True)])
        report.add(f"one player against {other}, block {block}", ratio, unit="x", note="a biquad instead of RLPF")


def growth(report: Report, *, blocks: Sequence[int], seconds: float, rounds: int) -> None:
    """Voices up to 500: along a line, and how many fill half a core."""
    for block in blocks:
        with ExitStack() as stack:
            server = stack.enter_context(Jackd(block))
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="antiphon-bench-")))
            ours = Ours(server, folder)
            stack.callback(ours.close)
            costs = compare([ours], "players", (0, 100, 200, 300, 400, 500), seconds=seconds, rounds=rounds, say=report.say)
            per, rest, bend = costs.per_item("antiphon")
            report.add(
                f"growth to 500 voices leaves a line by, block {block}",
                100 * bend,
                10,
                unit="%",
                note=f"{per:.4f} % of a core each, {rest:.2f} % at rest; 1500 places",
            )
            fits = int((HALF - rest) / per)
            lost = ours.stage.stage.lost
            tried = min(fits, 1300)
            ours.players(tried)
            time.sleep(1)
            whole, audio = weigh(ours.pids(), seconds)
            note = f"tried with {tried}: {whole:.1f} % of a core (audio thread {audio:.1f}), {ours.stage.stage.lost - lost} blocks lost meanwhile"
            report.add(f"voices in half a core, block {block}", fits, unit="voices", note=note)
            ours.players(0)
