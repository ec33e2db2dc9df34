"""How fast it goes: the minute rendered, sound and commands handed over, plans laid out, a start, what a graph weighs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from live.bench.machine import process_seconds
from live.bench.report import Report, median
from live.bench.room import playing, settle
from live.core import layout as at
from live.core.memory import Map, Regions
from live.plan import Retune, compare
from live.score import Node, Score, Send

TEN_SECONDS = 480_000
SOUND: Regions = {"head": (np.int64, (8,)), "sound": (np.float32, (8, TEN_SECONDS))}
READER = """
import sys, time
from pathlib import Path
from live.bench.speed import SOUND
from live.core.memory import Map
page = Map(Path(sys.argv[1]), SOUND)
page.touch()
page.head[1] = 1
done = 0
while done < int(sys.argv[2]):
    if page.head[0] > done:
        done += 1
        page.head[3] = int(1000 * float(page.sound[7, -1]))
        page.head[2] = done
    time.sleep(0.0001)
"""
FIRST = """
import json, shutil, sys, time
from pathlib import Path
from live.core import layout as at
from live.rig import Rig
from live.score import Node, Score, Send
from live.stage import Stage
stage = Stage.open(Rig(take=sys.argv[1], ins=0), name=sys.argv[2])
try:
    stage.play(Score({"a": Node("tone", controls={"gain": 0.2})}, (Send("a"),)))
    while not stage.peak():
        time.sleep(0.001)
    print(json.dumps({"sounds": time.time()}), flush=True)
finally:
    stage.close()
    shutil.rmtree(stage.folder, ignore_errors=True)
"""


def run(report: Report, *, rounds: int = 3, cold: bool = True) -> None:
    """Everything that is about speed."""
    offline(report, rounds)
    reference(report)
    handing(report, rounds)
    commands(report, rounds)
    plans(report, rounds)
    start(report, rounds)
    if cold:
        compiling(report)


def offline(report: Report, rounds: int) -> None:
    """The first minute into a file, and with its stems."""
    from live import minute
    from live.bounce import bounce

    for stems, limit in ((False, 20.0), (True, None)):
        times, cpu = [], []
        for _ in range(rounds if not stems else 1):
            with tempfile.TemporaryDirectory() as out:
                spent = time.process_time()
                made = bounce(minute.cues(48000), minute.SECONDS, Path(out), stems=stems)
                cpu.append(time.process_time() - spent)
                times.append(made.seconds / made.took)
        what = "the first minute rendered" + (" with stems" if stems else "")
        speed = median(times)
        note = f"{minute.SECONDS:g} s in {minute.SECONDS / speed:.2f} s, {median(cpu):.2f} s of CPU"
        report.add(what, speed, limit, met=None if limit is None else speed >= limit, unit="x real", note=note)


def twenty(file: Path | str) -> Score:
    """The reference graph: 8 players, 4 filters, 4 gains, 2 spectral treatments, 2 spreads over 8 outputs."""
    places = {f"clip{k}": Node("clip", controls={"rate": 0.9 + k / 40, "gain": 0.3}, settings={"file": str(file)}) for k in range(8)}
    places |= {f"filter{k}": Node("filter", (f"clip{k}",), {"cutoff": 400.0 * (k + 1)}) for k in range(4)}
    places |= {f"gain{k}": Node("gain", (f"clip{k + 4}",), {"gain": 0.5}) for k in range(4)}
    places |= {f"smear{k}": Node("smear", (f"filter{k}",)) for k in range(2)}
    places |= {f"spread{k}": Node("spread", (f"smear{k}",), {"at": 0.3 * k}, {"channels": 8}) for k in range(2)}
    sends = [Send(f"spread{k}", 0, 8, 0.5) for k in range(2)]
    sends += [Send(f"filter{k}", k, 1, 0.3) for k in (2, 3)] + [Send(f"gain{k}", 4 + k, 1, 0.3) for k in range(4)]
    return Score(places, tuple(sends))


def reference(report: Report) -> None:
    """What twenty nodes over eight channels weigh: CPU time of the whole renderer, of the time that passes."""
    from live.bench.pieces import hiss_file
    from live.core.offline import Offline

    with tempfile.TemporaryDirectory() as folder:
        for block in (64, 256):
            core = Offline(48000, 8, block=block)
            core.play(twenty(hiss_file(Path(folder))))
            core.run(48000)
            shares = []
            for _ in range(20):
                before = time.thread_time()
                core.run(48000)
                shares.append(time.thread_time() - before)
            note = f"players of one channel; median of 20 s, quietest second {100 * min(shares):.2f} %"
            report.add(f"20 nodes on 8 channels at {block}", 100 * median(shares), 1.0, unit="% core", note=note)


def handing(report: Report, rounds: int) -> None:
    """Ten seconds of eight channels from one process to another, and one knob."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        page = Map(Path(folder) / "sound.map", SOUND, create=True)
        page.touch()
        turns = 5 * rounds
        reader = subprocess.Popen([sys.executable, "-c", READER, str(page.path), str(turns)], env=_env())
        sound = np.random.default_rng(1).normal(0, 0.1, (8, TEN_SECONDS)).astype(np.float32)
        _until(lambda: page.head[1], 30.0)
        took = []
        for turn in range(1, turns + 1):
            sound[7, -1] = turn
            began = time.perf_counter()
            page.sound[:] = sound
            page.head[0] = turn
            while page.head[2] < turn and time.perf_counter() - began < 5.0:
                time.sleep(0.0001)
            took.append(1000 * (time.perf_counter() - began))
            if int(page.head[3]) != 1000 * turn:
                raise RuntimeError("the other process did not see the last sample; the figure would be worth nothing")
            time.sleep(0.02)
        reader.wait(10)
        note = f"mapped file, copied and seen; quickest of {turns}: {min(took):.1f}, slowest {max(took):.1f} ms"
        report.add("10 s of 8 channels handed over", median(took), 5.0, unit="ms", note=note)


def commands(report: Report, rounds: int) -> None:
    """Knobs, rows and single words to a core that plays."""
    places = {f"g{k}": Node("gain", ("a",), {"gain": 0.001}) for k in range(250)}
    score = Score(
        {"a": Node("tone", controls={"gain": 0.1}), "p": Node("pluck"), **places}, (Send("a"), Send("p"), *(Send(n) for n in places))
    )
    with playing(score, ins=0, record=False) as stage:
        many = 100_000
        began = time.thread_time()
        for k in range(many):
            stage.knob(5, k / many)
        report.add("a knob turned", 1e6 * (time.thread_time() - began) / many, 1.0, unit="us", note="CPU, of a hundred thousand")
        speeds, core = [], int(stage.core.clock[at.C_PID])
        desk_cpu, core_cpu = time.thread_time(), process_seconds(core)
        for turn in range(rounds):
            began = time.perf_counter()
            sent = [stage.post(tuple(Retune(n, "gain", 0.001 * (turn + k)) for n in places for _ in range(4))) for k in range(30)]
            answers = [stage.wait_for(number) for number in sent]
            took = time.perf_counter() - began
            if not all(a.landed for a in answers):
                raise RuntimeError(f"a plan was refused: {next(a.text for a in answers if not a.landed)}")
            speeds.append(30 * 1002 / took)
        each = [1e6 * cpu / (rounds * 30 * 1002) for cpu in (time.thread_time() - desk_cpu, process_seconds(core) - core_cpu)]
        note = f"30 plans of 1002 rows, all landed; CPU a row: desk {each[0]:.1f}, core {each[1]:.1f} us; {busy()}"
        report.add("command rows to a playing core", median(speeds), 30_000, met=median(speeds) >= 30_000, unit="rows/s", note=note)
        speeds = []
        for _ in range(rounds):
            began = time.perf_counter()
            for _ in range(10_000):
                stage.mail.word("event", "p", index=9, frame=1, text="[1.0]")
            _until(lambda: int(stage.core.mail_tail[0, 0]) >= int(stage.core.mail_head[0, 0]), 10.0)
            speeds.append(10_000 / (time.perf_counter() - began))
        report.add(
            "single events to a playing core", median(speeds), unit="events/s", note="each journalled; lost blocks: " + str(stage.lost)
        )


def plans(report: Report, rounds: int) -> None:
    """Comparing two scores, and laying out a large plan beside the sound."""
    from live.core.offline import Offline

    def large(turn: int, n: int = 1000) -> Score:
        places = {f"a{k}": Node("gain", (f"a{k - 1}",) if k % 4 else (), {"gain": 0.5 + (k + turn) % 7 / 10}) for k in range(n)}
        return Score(places, tuple(Send(f"a{k}", 0, 2, 0.001) for k in range(n)))

    a, b = large(0), large(1)
    took = [_took(lambda: compare(a, b)) for _ in range(3 * rounds)]
    same = median([_took(lambda: compare(a, large(0))) for _ in range(3)])
    report.add(
        "compare() of 1000 places, all retuned",
        median(took),
        20.0,
        unit="ms",
        note=f"{len(compare(a, b))} steps; nothing changed: {same:.1f} ms",
    )
    core = Offline(48000, 8)
    hundred = {f"g{k}": Node("gain", ("a",), {"gain": 0.1}) for k in range(100)}
    tone = {"a": Node("tone", controls={"gain": 0.1})}
    core.play(Score(tone))
    core.run(4800)
    prepared, armed, steps = [], [], 0
    for turn in range(6 * rounds):
        named = {f"n{turn}x{k}": Node("filter", ("a",), {"cutoff": 500.0 + k}) for k in range(100)}
        kept = {n: Node("gain", ("a",), {"gain": 0.1 + turn / 100}) for n in hundred}
        score = Score({**tone, **kept, **named}, tuple(Send(n, 0, 2, 0.001 + turn / 1e5) for n in (*kept, *named)))
        plan = compare(core.conductor.score, score)
        steps = max(steps, len(plan)) if turn else 0
        began = time.perf_counter()
        ready = core.conductor.prepare(plan)
        middle = time.perf_counter()
        core.conductor.arm(ready)
        if turn:
            prepared.append(1000 * (middle - began))
            armed.append(1000 * (time.perf_counter() - middle))
        core.run(9600)
    note = f"prepare {median(prepared):.1f} ms, arm {median(armed):.1f} ms: 100 made, 100 dropped, 200 retuned, 300 routed"
    report.add(f"a plan of {steps} steps laid out", median(prepared) + median(armed), 100.0, unit="ms", note=note)


def start(report: Report, rounds: int) -> None:
    """From nothing to the first sound, with everything compiled; the process at the desk begins too."""
    settle()
    took = []
    for turn in range(rounds + 1):
        with tempfile.TemporaryDirectory() as take:
            began = time.time()
            done = subprocess.run(
                [sys.executable, "-c", FIRST, take, f"first-{os.getpid()}-{turn}"], capture_output=True, text=True, env=_env(), timeout=300
            )
        if done.returncode:
            raise RuntimeError(f"the core did not start: {done.stderr.strip().splitlines()[-1]}")
        took.append(json.loads(done.stdout)["sounds"] - began)
    report.add(
        "warm start to the first sound", median(took[1:]), 3.0, unit="s", note=f"the first, which may compile: {took[0]:.1f} s; {busy()}"
    )


def compiling(report: Report) -> None:
    """Everything compiled from nothing: what ./play does once."""
    with tempfile.TemporaryDirectory() as cache:
        env = {**_env(), "NUMBA_CACHE_DIR": cache}
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-m", "live.core.warm"], capture_output=True, text=True, env=env, timeout=900)
        told = json.loads(done.stdout.strip().splitlines()[-1])
        size = sum(f.stat().st_size for f in Path(cache).rglob("*") if f.is_file())
    report.add(
        "cold compile, CPU",
        told["cpu"],
        20.0,
        unit="s",
        note=f"{told['kinds']} kinds in {time.monotonic() - began:.0f} s, {size / 1e6:.0f} MB on disk",
    )


def busy() -> str:
    """How full the machine is meanwhile: without a free core no wall clock can be believed."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _env() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)}


def _took(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return 1000 * (time.perf_counter() - began)


def _until(what: Callable[[], object], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            raise RuntimeError("the other side does not answer; start the bench again")
        time.sleep(0.0005)
