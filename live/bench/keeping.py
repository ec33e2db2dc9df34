"""keep(60) of a 64-channel session: no block is lost, the stems sum to the mix, a full disk stops nothing."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from live.bench.report import Report
from live.bench.room import Watched, family, playing
from live.score import Drive, Node, Score, Send
from live.stage import Stage
from live.tape import TapeError, keep, report, sum_of

OUTS = 64
SUM_DB = -120.0
FLOOR_MS = 50.0  # where the machine itself loses blocks: at most as many as without keep, and so much more
TIGHT = "2m"  # a disk this small is full within a second


def wide_score(outs: int = OUTS) -> Score:
    """A stereo place on every pair of outputs: loops, noise, tones, strings of echoes; each moves by itself."""
    sounds = (
        lambda k: Node(
            "clip", settings={"file": ("rain on tin", "room hum", "wood knocks", "kalimba phrase")[k % 4]}, controls={"rate": 0.9 + k / 100}
        ),
        lambda k: Node("noise", settings={"color": "pink", "channels": 2}, controls={"gain": 0.2}),
        lambda k: Node("tone", controls={"freq": 110.0 + 7 * k, "gain": 0.3}),
    )
    places, sends = {"slow": Node("lfo", controls={"rate": 0.07, "low": -0.8, "high": 0.8})}, []
    for k in range(outs // 2):
        places[f"sound{k + 1}"] = sounds[k % 3](k)
        places[f"place{k + 1}"] = Node("pan", (f"sound{k + 1}",), {"at": Drive("slow", 1.0 if k % 2 else -1.0)})
        sends.append(Send(f"place{k + 1}", 2 * k, 2, 0.4))
    sends += [Send("place1", 0, outs, 0.05), Send("place2", 0, outs, 0.05)]  # so that on each output some are to be added
    return Score(places, tuple(sends))


def run(bench: Report, *, seconds: float = 60.0) -> None:
    """On null, then on a JACK server of our own with as many ports, beside one on which next to nothing plays."""
    _on(bench, "null", seconds, None, device="null")
    with contextlib.ExitStack() as stack:
        try:
            from live.bench.machine import Jackd

            bare = stack.enter_context(Jackd(256, name="antiphon-bare", channels=2))
            floor = stack.enter_context(Floor(bare.name))
            stack.enter_context(Jackd(256, name="antiphon-keep", channels=OUTS))
        except (ImportError, OSError, RuntimeError) as why:
            bench.skip(f"keep({seconds:g}) on JACK", str(why))
        else:
            _on(bench, "JACK", seconds, floor, device="jack", client="antiphon-keep")
    full_disk(bench)


class Floor:
    """A client that does nothing on a server of its own: the blocks it loses are the machine's, not ours."""

    def __init__(self, server: str) -> None:
        import jack

        self.lost = 0
        self.client = jack.Client("floor", no_start_server=True, servername=server)
        self.client.outports.register("out")
        self.client.set_xrun_callback(self._count)

    def _count(self, _microseconds: float) -> None:
        self.lost += 1

    def __enter__(self) -> Floor:
        self.client.activate()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()


def _on(bench: Report, where: str, seconds: float, floor: Floor | None, **rig: object) -> None:
    """One session of 64 channels, kept while it plays."""
    with playing(wide_score(), ins=0, outs=OUTS, block=256, tracks=6 * OUTS, **rig) as stage, tempfile.TemporaryDirectory() as out:
        with Watched(stage) as before:
            time.sleep(seconds + 2.0)
        asked, bare = time.monotonic(), floor.lost if floor else 0
        with Watched(stage) as meanwhile:
            took = keep(seconds, out, stage.folder)
            wrote = time.monotonic() - asked
        bare = floor.lost - bare if floor else 0
        with Watched(stage) as after:
            time.sleep(meanwhile.seconds)
        what = f"keep({seconds:g}) of {OUTS} channels on {where}"
        idle = max(w.lost / w.seconds for w in (before, after)) * meanwhile.seconds
        note = f"{len(took.places)} stems in {wrote:.1f} s; in as much time without keep: {idle:.0f}" + (
            f", bare server: {bare}" if floor else ""
        )
        bench.add(
            f"{what}: blocks lost",
            meanwhile.lost,
            round(max(idle, bare) + (FLOOR_MS * 48 / 256 if idle or bare else 0)),
            unit="blocks",
            note=note,
        )
        note = f"by the wall clock, so others' turns count; without: {max(before.worst_ms, after.worst_ms):.2f} ms; load {before.load:.1%} of a core"
        bench.add(f"{what}: longest callback", meanwhile.worst_ms, unit="ms", note=note)
        note = f"beside the system's clock; without: {max(before.late_ms, after.late_ms):.1f} ms"
        bench.add(f"{what}: latest block", meanwhile.late_ms, unit="ms", note=note)
        bench.add(f"{what}: holes in the take", len(took.holes), 0, unit="holes", note=f"{took.frames} frames")
        bench.add(f"{what}: stems minus mix", max(sum_of(took.folder), -400.0), SUM_DB, unit="dB")


@contextlib.contextmanager
def small_disk() -> Iterator[Path | None]:
    """A disk of its own that is soon full, or None where we may not mount one."""
    folder = Path(tempfile.mkdtemp(prefix="antiphon-bench-disk-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={TIGHT}", "tmpfs", str(folder)], capture_output=True).returncode == 0
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def full_disk(bench: Report) -> None:
    """The takes' disk fills up: it is said in a line, the sound goes on, and recording goes on when there is room again."""
    score = wide_score(8)
    with small_disk() as disk, playing(score, take=disk, ins=0, outs=8) as stage:
        if disk is None:
            limit_files(stage, 1 << 20)
        with Watched(stage) as full:
            said = _wait(lambda: report(stage.folder) if "not recording" in report(stage.folder) else "", 20.0)
            time.sleep(2.0)
        try:
            refused = keep(10, disk or Path(stage.rig.take), stage.folder).said
        except TapeError as why:
            refused = str(why)
        bench.add("disk full: said in a line", float(bool(said)), 1, met=bool(said), note=said or "nothing was said")
        bench.add("disk full: keep() answers in a line", 1.0, 1, note=refused)
        bench.add("disk full: blocks lost", full.lost, 0, unit="blocks", note=f"{full.seconds:.1f} s")
        loud = [m.name for m in stage.meters() if m.peak > 0]
        bench.add("disk full: places that still sound", len(loud), len(score.sends), met=len(loud) >= len(score.sends))
        news = [line for line in stage.read() if "the sound goes on" in line]
        bench.add("disk full: the desk hears of it", float(len(news)), 1, met=bool(news), note=" | ".join(news) or "no news")


def limit_files(stage: Stage, size: int) -> None:
    """Without the right to mount: the recorder may write no file longer than this."""
    import resource

    pid = _wait(lambda: family(stage).get("tape", 0), 10.0)
    if pid and hasattr(resource, "prlimit"):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))


def _wait(what, seconds: float):  # noqa: ANN001, ANN202 - whatever it gives
    """Ask until there is an answer, or give up."""
    until = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < until:
        time.sleep(0.1)
    return found
