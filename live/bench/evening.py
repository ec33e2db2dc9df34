"""A whole evening at the prompt, measured: how soon it is there, what an endless loop costs, what a crash takes, what a replay gives back."""

from __future__ import annotations

import json
import os
import random
import re
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from live.bench.report import Report

READY = re.compile(rb"\d+ bpm")
START, HELP, CTRL_C = 1.5, 0.3, 0.2  # seconds


class Terminal:
    """``antiphon`` in a terminal of its own, typed into from outside."""

    def __init__(self, *words: str, cwd: Path, runtime: Path, columns: int = 110) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self.began = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            root = str(Path(__file__).resolve().parents[2])
            os.environ.update(TERM="xterm-256color", ANTIPHON_RUNTIME=str(runtime), PYTHONPATH=root)
            os.chdir(cwd)
            os.execv(sys.executable, [sys.executable, "-m", "live.cli", *words])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        self.seen = b""

    def until(self, what: re.Pattern[bytes], patience: float = 30.0) -> float:
        """Read until it is seen; when that was, in seconds after the start. Raises TimeoutError."""
        end = time.perf_counter() + patience
        while not what.search(plain(self.seen)):
            if time.perf_counter() > end:
                raise TimeoutError(f"never saw {what.pattern!r}; the end was {self.seen[-300:]!r}")
            if select.select([self.fd], [], [], 0.005)[0]:
                piece = os.read(self.fd, 65536)
                if b"\x1b[6n" in piece:
                    os.write(self.fd, b"\x1b[1;1R")
                self.seen += piece
        return time.perf_counter() - self.began

    def type(self, text: str) -> None:
        """Keys, as they are."""
        self.seen = b""
        os.write(self.fd, text.encode())

    def close(self) -> None:
        """Leave in order, or be ended."""
        try:
            os.write(self.fd, b"\x03quit()\r")
            end = time.monotonic() + 10
            while time.monotonic() < end and os.waitpid(self.pid, os.WNOHANG) == (0, 0):
                if select.select([self.fd], [], [], 0.05)[0]:
                    os.read(self.fd, 65536)
        except OSError:
            pass
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (OSError, ChildProcessError):
            pass
        os.close(self.fd)


def plain(seen: bytes) -> bytes:
    """What a terminal shows, without how."""
    return re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\r", b"", re.sub(rb"\x1b\[\d*C", b" ", seen))


def session(folder: Path, text: str = "") -> Path:
    """A session that sounds."""
    home = folder / "night"
    home.mkdir(parents=True)
    (home / "main.py").write_text(text or 'from live import *\n\nrain = clip("rain on tin")\nout.stage = 0.5 * rain\n')
    return home


def start(report: Report, rounds: int) -> None:
    """From the command to the prompt, and what was imported on the way."""
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as room:
        home, runtime = session(Path(room)), Path(room) / "run"
        runtime.mkdir()
        times, torch = [], ""
        for _ in range(rounds + 1):  # the first one warms up
            terminal = Terminal("play", str(home), "--device", "null", cwd=home, runtime=runtime)
            try:
                times.append(terminal.until(READY))
                terminal.until(re.compile(rb"playing on"), 120)
                terminal.type("import sys; [n in sys.modules for n in ('torch', 'numba')]\r")
                terminal.until(re.compile(rb"(True|False), (True|False)\]"))
                torch = "not imported" if b"[False, False]" in plain(terminal.seen) else "IMPORTED"
            finally:
                terminal.close()
        report.add(
            "start to prompt, warm", statistics.median(times[1:]), START, unit="s", note=f"worst {max(times[1:]):.2f}; torch, numba {torch}"
        )
        report.add("torch at the prompt", float(torch != "not imported"), 0.0)
    took = []
    for _ in range(max(rounds, 3)):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "live.cli", "--help"], check=True, capture_output=True)
        took.append(time.perf_counter() - began)
    report.add("antiphon --help", statistics.median(took), HELP, unit="s")


def loop(report: Report, seconds: float, device: str) -> None:
    """``while True: pass`` at the prompt, beside as much time without it; then Ctrl-C."""
    from live.core import layout as at
    from live.core.memory import Map

    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as room:
        home, runtime = session(Path(room)), Path(room) / "run"
        runtime.mkdir()
        terminal = Terminal("play", str(home), "--device", device, cwd=home, runtime=runtime)
        try:
            terminal.until(re.compile(rb"help\(\) says"), 120)
            time.sleep(8.0)  # the standby core and the rehearsal room have loaded by then
            core = Map(runtime / "main" / "core.map", at.CORE)

            def lost() -> int:
                return int(core.clock[at.C_LOST])

            a = lost()
            time.sleep(seconds)
            b = lost()
            terminal.type("while True: pass\r\r")
            time.sleep(seconds)
            c = lost()
            terminal.seen = b""
            began = time.perf_counter()
            os.write(terminal.fd, b"\x03")
            terminal.until(re.compile(rb"Stopped|interrupted"), 10)
            back = time.perf_counter() - began
            core.close()
        finally:
            terminal.close()
    report.add(
        f"blocks lost in {seconds:g} s of while True: pass",
        c - b,
        max(b - a, 0),
        unit="blocks",
        note=f"the same time without it: {b - a}; on {device}",
    )
    report.add("Ctrl-C gives the prompt back", back, CTRL_C, unit="s")


CHILD = """
import hashlib, json, random, sys, time
from pathlib import Path
from live.desk import Desk
from live.journal import new_take
from live.plan import score_data
from live.rig import Rig
from live.session import Session
from live.stage import Stage
home, seed = Path(sys.argv[1]), int(sys.argv[2])
dice = random.Random(seed)
session = Session.find(str(home))
stage = Stage.open(Rig(take=str(new_take(session.takes)), ins=0))
desk = Desk(stage, session, rehearse=False)
desk.hand.quant = "now"
def mark(what, score):
    print(what, hashlib.sha256(json.dumps(score_data(score), sort_keys=True).encode()).hexdigest()[:16], flush=True)
desk.play_session()
desk.hand.settle()
post = stage.post
def posted(plan, **how):
    from live.plan import carried
    mark("posted", carried(desk.hand.state.score, plan))
    return post(plan, **how)
stage.post = posted
print("ready", flush=True)
for k in range(10_000):
    desk.run(dice.choice([f"rain.rate = {dice.uniform(0.2, 2):.3f}", f"p{k % 9} = tone({dice.randint(100, 900)}, gain=0.1)\\nout.stage += p{k % 9}", "undo()", f"tempo({dice.randint(60, 180)})"]))
    desk.hand.settle()
    mark("landed", stage.score)
    time.sleep(dice.uniform(0, 0.05))
"""


def crash(report: Report, rounds: int) -> None:
    """Everything killed at random moments: the next start offers exactly the last accepted state."""
    import hashlib

    from live.core.memory import where
    from live.pids import end
    from live.plan import score_data
    from live.session import last_evening

    dice, exact, restored = random.Random(1), 0, 0
    before = os.environ.get("ANTIPHON_RUNTIME")
    for turn in range(rounds):
        with tempfile.TemporaryDirectory(prefix="antiphon-bench-", ignore_cleanup_errors=True) as room:
            home, runtime = session(Path(room)), Path(room) / "run"
            runtime.mkdir()
            env = dict(os.environ, ANTIPHON_RUNTIME=str(runtime), PYTHONPATH=str(Path(__file__).resolve().parents[2]))
            child = subprocess.Popen(
                [sys.executable, "-c", CHILD, str(home), str(turn)], stdout=subprocess.PIPE, text=True, env=env, start_new_session=True
            )
            assert child.stdout is not None
            while child.stdout.readline().strip() != "ready":
                if child.poll() is not None:
                    raise RuntimeError("the evening to be killed did not begin")
            time.sleep(dice.uniform(0.3, 3.0))
            os.environ["ANTIPHON_RUNTIME"] = str(runtime)
            child.kill()
            for role in ("watch", "core", "tape"):
                end(where() / "main", role, hard=True)
            told = [line.split() for line in child.stdout.read().splitlines()]
            marks = [(what, mark) for what, mark in told if what in ("posted", "landed")]
            last = max([k for k, (what, _) in enumerate(marks) if what == "landed"], default=-1)
            allowed = {mark for _, mark in marks[max(last, 0) :]} or {""}
            evening = last_evening(home / "takes")
            found = hashlib.sha256(json.dumps(score_data(evening.score), sort_keys=True).encode()).hexdigest()[:16] if evening else "none"
            exact += found in allowed
            restored += evening is not None and resumed(home, evening)
    if before is None:
        os.environ.pop("ANTIPHON_RUNTIME", None)
    else:
        os.environ["ANTIPHON_RUNTIME"] = before
    report.add(
        "killed at a random moment: exactly the last accepted state is offered", exact, rounds, met=exact == rounds, unit=f"of {rounds}"
    )
    report.add("and resume() brings it back", restored, rounds, met=restored == rounds, unit=f"of {rounds}")


def resumed(home: Path, evening: Any) -> bool:
    """Whether the next start, asked to, plays what the last one played."""
    from live.desk import Desk
    from live.journal import new_take
    from live.rig import Rig
    from live.session import Session
    from live.stage import Stage

    found = Session.find(str(home))
    with Stage.open(Rig(take=str(new_take(found.takes)), ins=0)) as stage:
        desk = Desk(stage, found, rehearse=False)
        desk.verbs.crashed = evening
        desk.run("resume()")
        desk.hand.settle()
        same = stage.score == evening.score
        desk.hand.close()
        return same


def take(report: Report, seconds: float) -> None:
    """Played with edits, knobs and saves; then replayed: sample for sample the same."""
    from live.bench.again import compared
    from live.bench.room import playing
    from live.desk import Desk
    from live.session import Session
    from live.tape import keep

    dice = random.Random(7)
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as room:
        home = session(Path(room), SET.format(rate=0.5, cut=800))
        with playing(take=home / "takes" / "one", ins=0) as stage:
            desk = Desk(stage, Session.find(str(home)))
            desk.play_session()
            desk.hand.settle()
            end = time.monotonic() + seconds
            saves = 0
            while time.monotonic() < end:
                what = dice.random()
                if what < 0.6:
                    stage.knob(dice.randrange(4), dice.random())
                elif what < 0.8:
                    desk.run(dice.choice(LINES))
                else:
                    saves += 1
                    (home / "main.py").write_text(SET.format(rate=round(dice.uniform(0.3, 1.5), 2), cut=dice.randrange(200, 3000)))
                time.sleep(dice.uniform(0.05, 1.2))
            desk.hand.settle()
            time.sleep(1.0)
            kept = keep(seconds, home / "kept", stage.folder)
            desk.reload and desk.reload.close()
            desk.hand.close()
        steps = len(desk.hand.past)
        played, files = compared(home / "takes" / "one", kept.folder, Path(room))
        mix = files["mix"]
    note = f"{mix.frames} frames compared, peak {mix.peak:.2f}, {steps} edits, {saves} saves; " + (
        "; ".join(played.notes) or "nothing left out"
    )
    report.add("frames of a replayed take that differ", mix.differ, 0, unit="frames", note=note)


SET = """from live import *

tempo(132)
rain = clip("rain on tin", rate={rate})
dusk = filter(rain, cutoff={cut} + 900 * knob(0), q=1 + 3 * knob(1))
pulse = clip("wood knocks", hits=seq("x-o- xx-o", every=1/4, swing=0.2))
string = delay(pluck(hits=euclid(5, 8), notes="a2 e3 g3"), time=beats(3/4), mix=knob(2))
out.stage = 0.5 * dusk + 0.6 * pulse + knob(3) * string
"""
LINES = (
    "rain.rate = 0.8", "undo()", "mute(pulse)", "unmute()", "string.mix = 0.2", "bell = clip('low bell', hits=every(4)); out.stage += 0.4 * bell",
    "tempo(120)", "redo()", "hush()", "undo()", "pulse = clip('wood knocks', hits=seq('x--- o-x-'))",
)  # fmt: skip


def run(report: Report, part: str, *, rounds: int, seconds: float) -> None:
    """One part of it."""
    if part == "start":
        start(report, rounds)
    elif part == "loop":
        from live.ports.audio import devices

        loop(report, seconds, "null")
        if any(device.backend == "jack" for device in devices()):
            loop(report, seconds, "jack")
    elif part == "crash":
        crash(report, rounds)
    else:
        take(report, seconds)
