"""The partner, as a whole: what it promises by itself, and on a stage where things are killed, changed and deleted.

Its navigation, its sound and its relation are measured in programs of their own (``live`` knows no ``agents``); their
lines are passed on. Here: the same seed gives the same take, an edit is no gap, a killed worker comes back, and a
memory whose files are gone plays on.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from live.bench.report import Report, median
from live.core import layout as at
from live.core.offline import Offline
from live.core.ringfile import RUNNING, open_ring
from live.rig import Rig
from live.score import Node, Score, Send
from live.stage import Refused, Stage

ROOT = Path(__file__).parent.parent.parent
SOUNDS = ROOT / "sounds"
PROGRAMS = {"navigation": "agents.bench_choose", "whole": "agents.bench_answer", "relation": "agents.nets.relation"}
PIECES = "ANTIPHON_PIECES"  # folders of pieces the relation is judged on, apart as paths are; see agents.nets.pairs
SILENT = 0.010  # seconds of digital silence in a steady rain are a gap
RATE = 48000


def score(memory: str, *, relation: str = "none", dare: float = 0.4, **more: Any) -> Score:
    """A kalimba, and a partner who is heard alone."""
    settings = {"memory": memory, "relation": relation, **more}
    places = {
        "lead": Node("clip", settings={"file": "kalimba phrase"}),
        "partner": Node("answer", ("lead",), {"dare": dare, "follow": 0.3}, settings),
    }
    return Score(places, (Send("partner", 0, 2),))


def pass_on(report: Report, program: str, *more: str) -> None:
    """The lines of a program of its own, as they come."""
    child = subprocess.Popen([sys.executable, "-m", program, *more], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for line in child.stdout:
        try:
            told = json.loads(line)
            limit, note = told.get("limit"), told.get("note", "")
            if isinstance(limit, str):
                limit, note = None, f"{limit}; {note}".strip("; ")
            report.add(told["check"], told["figure"], limit, met=told.get("met"), unit=told.get("unit", ""), note=note)
        except (ValueError, KeyError, TypeError):
            report.say(line.rstrip())
    if child.wait() not in (0, 1):
        report.add(f"{program} ends well", child.returncode, 0)


def again(report: Report, relation: str, seconds: float = 20.0) -> None:
    """The same score with the same seed, rendered twice."""
    made = []
    for _ in range(2):
        core = Offline(RATE, 2, seed=4)
        core.play(score(str(SOUNDS / "brass swell.flac"), relation=relation))
        made.append(core.run(round(seconds * RATE)))
        troubles = core.engines.troubles if core.engines else []
        if troubles:
            report.add("the partner renders", None, met=False, note=troubles[0])
            return
    report.add("partner: two renders of one seed, greatest difference", float(np.abs(made[0] - made[1]).max()), 0)
    report.add("partner: a render is heard, peak", float(np.abs(made[0]).max()), met=bool(np.abs(made[0]).max() > 0.01))


@contextlib.contextmanager
def on_null(name: str, what: Score) -> Iterator[tuple[Stage, Path]]:
    """A core on the null device with a partner that plays already."""
    room = Path(tempfile.mkdtemp(prefix="antiphon-bench-partner-"))
    before = os.environ.get("ANTIPHON_RUNTIME")
    os.environ["ANTIPHON_RUNTIME"] = str(room / "run")
    (room / "run").mkdir()
    try:
        with Stage.open(Rig(ins=0, take=str(room / "take")), name=name) as stage:
            stage.play(what)
            soon(lambda: worker_of(stage) != 0, 60, "the partner's worker does not come")
            time.sleep(1.0)
            yield stage, room
    finally:
        if before is None:
            del os.environ["ANTIPHON_RUNTIME"]
        else:
            os.environ["ANTIPHON_RUNTIME"] = before
        shutil.rmtree(room, ignore_errors=True)


def soon(what: Callable[[], bool], seconds: float, why: str) -> float:
    """Seconds until something is so; TimeoutError with a reason."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > seconds:
            raise TimeoutError(why)
        time.sleep(0.005)
    return time.monotonic() - began


def worker_of(stage: Stage) -> int:
    """Who plays into a ring just now."""
    for path in stage.folder.glob("ring-*.map"):
        with contextlib.suppress(OSError):
            ring = open_ring(path)
            pid = int(ring.head[at.R_PID]) if ring.head[at.R_STATE] == RUNNING else 0
            ring.close()
            if pid:
                return pid
    return 0


def kept(stage: Stage, room: Path, seconds: float) -> NDArray[np.float32]:
    """The last seconds as they were heard, (channels, frames)."""
    import soundfile

    from live.tape import keep

    folder = keep(seconds, room / f"kept{time.monotonic_ns()}", stage.folder).folder
    return np.ascontiguousarray(soundfile.read(folder / "mix.wav", dtype="float32", always_2d=True)[0].T)


def longest_hole(sound: NDArray[np.float32]) -> float:
    """The longest stretch of digital silence, in seconds."""
    quiet = (np.abs(sound).max(axis=0) < 1e-5).astype(np.int8)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet, [0]])))
    return float((edges[1::2] - edges[::2]).max(initial=0)) / RATE


def edits(report: Report) -> None:
    """Its controls, its rule, its pace and its memory are changed while it plays rain."""
    rain = str(SOUNDS / "rain on tin.flac")
    with on_null("bench-partner-edits", score(rain)) as (stage, room):

        def hole(*changes: Score, ahead: float) -> float:
            for change in changes:
                stage.play(change, frame=stage.frame + round(ahead * RATE) if ahead else 0, patience=60)
                time.sleep(1.5)
            return longest_hole(kept(stage, room, 1.5 * len(changes)))

        report.add(
            "partner: its controls are turned, longest silence",
            hole(*(score(rain, dare=d) for d in (0.9, 0.1, 0.4)), ahead=0),
            SILENT,
            unit="s",
        )
        rebuilt = score(rain, rule="same"), score(rain, pace="beat"), score(rain, cut="grid")
        text = "partner: another rule, pace and cut, landing on a bar that is 4 s away, longest silence"
        report.add(text, hole(*rebuilt, ahead=4.0), SILENT, unit="s")
        report.add("partner: its greatest step meanwhile, of full scale", float(np.abs(np.diff(kept(stage, room, 12.0))).max()), 0.5)
        report.add(
            "partner: another rule, landing at once, longest silence",
            hole(score(rain, rule="+7"), ahead=0),
            unit="s",
            note="a worker loads",
        )
        with contextlib.suppress(Refused):
            stage.play(score(str(SOUNDS / "nothing like it.flac")), patience=10)
        time.sleep(1.5)
        stage.peak()
        time.sleep(1.0)
        peak = stage.peak()
        report.add(
            "partner: a memory that is not there, peak of what is heard then", peak, note="the prompt refuses it before it comes here"
        )


def killed(report: Report, rounds: int) -> None:
    """Its process is killed while it plays."""
    back, holes = [], []
    with on_null("bench-partner-killed", score(str(SOUNDS / "rain on tin.flac"))) as (stage, room):
        for _ in range(rounds):
            time.sleep(2.5)  # a spare loads
            pid = worker_of(stage)
            os.kill(pid, signal.SIGKILL)
            back.append(soon(lambda pid=pid: worker_of(stage) not in (0, pid), 30, "no other worker comes"))
            time.sleep(1.0)
            holes.append(longest_hole(kept(stage, room, 2.0)))
    note = f"worst of {len(back)}; median {median(back):.3g} s"
    report.add("partner: killed, another plays after", max(back), 5.0, unit="s", note=note)
    report.add("partner: killed, longest silence", max(holes), 0.05, unit="s", note="it holds its last half second")


def deleted(report: Report) -> None:
    """The memory's file is deleted while it plays."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "rain.flac"
        shutil.copy(SOUNDS / "rain on tin.flac", file)
        with on_null("bench-partner-deleted", score(str(file))) as (stage, room):
            file.unlink()
            shutil.rmtree(Path(place) / ".antiphon", ignore_errors=True)
            time.sleep(2.0)
            report.add("partner: its sound deleted while it plays, longest silence", longest_hole(kept(stage, room, 1.5)), SILENT, unit="s")


def beside_the_callback(report: Report, minutes: float) -> None:
    """18: four partners in real time on JACK: what is lost beside the witness, and how many steps of a partner came late."""
    from live.bench.core import SLACK, one_run

    try:
        ran = one_run("partners", 256, 60 * minutes, score="partners")
        alone = one_run("partners", 256, 60 * min(minutes, 2.0))
    except (ImportError, OSError, RuntimeError, TimeoutError) as why:
        report.skip("partner 18: four partners in real time", str(why))
        return
    note = f"witness {ran.null.silence:.1f} ms, {len(ran.core.gaps)} gaps of {ran.core.seconds:.0f} s; machine busy {ran.busy:.2f} cores"
    report.add("partner 18: silence with four partners, block 256", ran.core.silence, ran.null.silence + SLACK, unit="ms", note=note)
    usual = max(alone.core.silence - alone.null.silence, 0.0) / max(alone.core.seconds, 1.0) * ran.core.seconds
    lost = max(0.0, ran.core.silence - ran.null.silence - usual) * 48 / 256
    note = f"{minutes:g} min; beside the witness and {usual:.1f} ms that the same lost without partners, by its first minutes"
    report.add("partner 18: blocks lost to four partners", lost, SLACK * 48 / 256, unit="blocks", note=note)


def run(report: Report, *, quick: bool = False, minutes: float = 10.0, relation: str = "duo", only: Sequence[str] = ()) -> None:
    """Everything; ``only``: some of navigation, whole, relation, again, edits, killed, deleted, real."""
    for part, program in PROGRAMS.items():
        if only and part not in only:
            continue
        pieces = [one for one in os.environ.get(PIECES, "").split(os.pathsep) if one]
        if part == "relation" and not pieces:
            report.skip("partner: relation", f"{PIECES} names no pieces to judge it on; they are made by: python -m agents.nets.pairs")
            continue
        more = {"whole": ["--relation", relation], "relation": ["report", *pieces]}.get(part, [])
        pass_on(report, program, *more, *(["--quick"] if quick else []))
    stages: dict[str, Callable[[], None]] = {
        "again": lambda: again(report, relation),
        "edits": lambda: edits(report),
        "killed": lambda: killed(report, 1 if quick else 5),
        "deleted": lambda: deleted(report),
        "real": lambda: beside_the_callback(report, 0.5 if quick else minutes),
    }
    for part, measure in stages.items():
        if only and part not in only:
            continue
        try:
            measure()
        except TimeoutError as slip:
            report.add(f"partner: {part}", None, met=False, note=str(slip))


__all__ = ["run"]
