"""Whatever is killed comes back: how long it is silent, who notices, what is left when all is over.

    antiphon bench recovery            every part, 20 times
    antiphon bench recovery --rounds 3 worker core

An outside JACK client plays a steady signal into the core and writes down what
comes back; ``kill -9`` does the rest. Parts: desk, worker, core, watcher,
server (libjack), portaudio (the same server through PortAudio), all.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from live import journal
from live.bench.machine import Jackd, connect, ports
from live.bench.report import Report, median
from live.bench.witness import HEARD, STEADY, Witness, wait_for
from live.core import layout as at
from live.core.memory import where
from live.pids import alive
from live.rig import Rig
from live.score import Node, Score, Send
from live.stage import Silent, Stage

PARTS = ("desk", "worker", "core", "watcher", "server", "portaudio", "all")
ROUNDS = 20
RATE = 48000


class Room:
    """A server, a core playing on it, and somebody outside who listens."""

    def __init__(self, server: Jackd, device: str = "jack") -> None:
        self.server = server
        self.take = tempfile.mkdtemp(prefix="antiphon-bench-take-")
        self.name = f"recovery-{os.getpid()}"
        self.rig = Rig(device=device, ins=2, outs=2, take=self.take, seed=1)
        self.stage = Stage.open(self.rig, name=self.name)
        self.stage.play(score())
        self.witness: Witness | None = None
        self.backend = "jack" if device == "jack" else "portaudio"
        wait_for(lambda: self.core_plays(self.backend), 30, f"the core does not come to play on {device}")  # a slow driver: null first

    @property
    def folder(self) -> Path:
        """Where the session's maps lie."""
        return where() / self.name

    def cell(self, cell: int) -> int:
        """One cell of the core's clock."""
        return int(self.stage.core.clock[cell])

    def listen(self, seconds: float) -> None:
        """Open the witness and patch it in."""
        self.witness = Witness(self.server.name, self.server.block, seconds, roles={"steady": ("steady", 2), "hear": ("hear", 2)})
        self.patch()
        self.witness.say("open")
        wait_for(lambda: self.sounds(0.1), 10, "the signal does not come through")

    def patch(self) -> None:
        """The steady signal in, what the core makes of it back; nothing else."""
        mine = [p for p in ports(self.server.name, is_audio=True) if not p.startswith(("system:", "steady:", "hear:"))]
        ins, outs = sorted(p for p in mine if "in_" in p), sorted(p for p in mine if "out_" in p)
        pairs = [(f"steady:out_{k + 1}", p) for k, p in enumerate(ins)] + [(p, f"hear:in_{k + 1}") for k, p in enumerate(outs)]
        connect(self.server.name, pairs)

    def here(self) -> int:
        """How much has been heard so far, in frames."""
        assert self.witness is not None
        return int(self.witness.pages["hear"].cells[HEARD])

    def heard(self, since: int, until: int | None = None) -> np.ndarray:
        """What was heard, frames of the first channel."""
        assert self.witness is not None
        return self.witness.pages["hear"].sound[0, since : until or self.here()].copy()

    def gap(self, since: int) -> tuple[float, float]:
        """Seconds without the signal since a mark: all, and the longest. Cycles that the server lost count too."""
        assert self.witness is not None
        log, sound = self.witness.heard("hear")
        log = log[log[:, 3] >= since - 8 * self.server.block]  # the last good cycles before it, too
        good = np.array([silence(sound[0, at_ : at_ + n])[0] == 0 for _, n, _, at_ in log], bool)
        frames, sizes = log[:, 0][good], log[:, 1][good]
        if len(frames) < 2:
            return float("inf"), float("inf")
        holes = np.maximum(frames[1:] - frames[:-1] - sizes[:-1], 0)
        return float(holes.sum()) / RATE, float(holes.max()) / RATE

    def sounds(self, seconds: float) -> bool:
        """Whether the last moments were all there."""
        last = self.heard(max(self.here() - round(seconds * RATE), 0))
        return len(last) >= seconds * RATE * 0.9 and silence(last)[0] == 0

    def core_plays(self, backend: str = "") -> bool:
        """Whether a callback has come since we looked, on that backend."""
        return self.cell(at.C_STATE) == 1 and (not backend or self.stage.core.device[2].decode() == backend)

    def ready(self, seconds: float = 60.0) -> None:
        """Wait until a standby is loaded and everybody is watched over."""
        wait_for(
            lambda: bool(alive(self.folder, "standby") and alive(self.folder, "watch") and alive(self.folder, "core")),
            seconds,
            "no standby",
        )
        time.sleep(1.2)  # long enough for the patch to be noted

    def close(self) -> list[str]:
        """Quit in order; what is left over (nothing, one hopes)."""
        if self.witness:
            self.witness.close()
        self.stage.close()
        until = time.monotonic() + 2
        while (left := orphans(self.folder)) and time.monotonic() < until:
            time.sleep(0.05)
        return left + ([str(p) for p in self.folder.iterdir()] if self.folder.exists() else [])


def score(engine: bool = False) -> Score:
    """The steady signal through the core, straight or through an engine in a worker."""
    places = {"ear": Node("mic", settings={"width": 2})}
    if engine:
        places["held"] = Node("freeze", ("ear",))
    return Score(places, (Send("held" if engine else "ear", 0, 2),))


def silence(sound: np.ndarray) -> tuple[int, int]:
    """Frames that were not the signal, and the longest run of them."""
    bad = np.abs(sound) < 0.5 * STEADY
    edges = np.flatnonzero(np.diff(np.concatenate([[0], bad.astype(np.int8), [0]])))
    runs = edges[1::2] - edges[::2]
    return int(bad.sum()), int(runs.max(initial=0))


def step(sound: np.ndarray) -> float:
    """The largest leap of the signal's size, as a share of it."""
    return float(np.abs(np.diff(np.abs(sound))).max(initial=0.0)) / STEADY


def orphans(folder: Path) -> list[str]:
    """Processes that still name the session's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if str(folder) in line:
                    found.append(f"{entry.name} {line[:120]}")
    return found


def kill(pid: int) -> float:
    """kill -9; when."""
    now = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    return now


def since(began: float, what: Callable[[], bool], seconds: float = 15.0) -> float:
    """Seconds until something is so; infinite when it never is."""
    while time.monotonic() - began < seconds:
        if what():
            return time.monotonic() - began
        time.sleep(0.0005)
    return float("inf")


class Sums:
    """Figures of many rounds, told at the end: median and worst."""

    def __init__(self, report: Report, part: str) -> None:
        self.report, self.part = report, part
        self.values: dict[str, list[float]] = {}

    def add(self, what: str, value: float) -> None:
        """One round's figure."""
        self.values.setdefault(what, []).append(value)

    def tell(self, limits: dict[str, tuple[float, str]], note: str = "") -> None:
        """All of them, each with what was promised of its worst."""
        for what, (limit, unit) in limits.items():
            found = self.values.get(what, [])
            if found:
                told = f"worst of {len(found)}; median {median(found):.4g}{'; ' + note if note else ''}"
                self.report.add(f"{self.part}: {what}", max(found), limit, unit=unit, note=told)


# --- the parts ---------------------------------------------------------------------------


def desk(room: Room, report: Report, rounds: int) -> None:
    """A desk is killed in the middle of its plans; the next one finds everything."""
    room.listen(rounds * 8 + 60)
    sums = Sums(report, "desk")
    for _ in range(rounds):
        talker = subprocess.Popen([sys.executable, "-m", "live.bench.recovery", "talk", room.name], stdout=subprocess.PIPE, text=True)
        assert talker.stdout is not None
        talker.stdout.readline()
        time.sleep(0.2)
        mark = room.here()
        kill(talker.pid)
        talker.wait()
        began = time.monotonic()
        with contextlib.suppress(Silent):
            again = Stage.open(name=room.name)
            sums.add("new desk has the score", 0.0 if "ear" in again.score.places else 1.0)
            again.close(leave=False)
        sums.add("attached after", time.monotonic() - began)
        time.sleep(0.4)
        sums.add("silence", room.gap(mark)[0] * 1000)
    sums.tell({"silence": (50, "ms"), "attached after": (1.0, "s"), "new desk has the score": (0, "")})


def worker(room: Room, report: Report, rounds: int) -> None:
    """The engine's process is killed while it plays."""
    room.stage.play(score(engine=True))
    room.listen(rounds * 15 + 60)
    sums = Sums(report, "worker")

    def playing() -> int:
        ring = next(iter(room.folder.glob("ring-*.map")), None)
        if ring is None:
            return 0
        from live.core.ringfile import RUNNING, open_ring

        held = open_ring(ring)
        pid = int(held.head[at.R_PID]) if held.head[at.R_STATE] == RUNNING and held.head[at.R_WRITTEN] >= held.head[at.R_CLOCK] else 0
        held.close()
        return pid

    for _ in range(rounds):
        wait_for(lambda: playing() != 0, 30, "no worker plays")
        until = time.monotonic() + 12
        while len([1 for line in orphans(room.folder) if "live.worker" in line]) < 2 and time.monotonic() < until:
            time.sleep(0.1)  # the spare loads
        time.sleep(1.5)
        pid, mark = playing(), room.here()
        if not pid:
            continue
        began = kill(pid)
        sums.add("another plays after", since(began, lambda old=pid: playing() not in (0, old)))
        time.sleep(0.5)
        heard = room.heard(mark)
        sums.add("silence", room.gap(mark)[0] * 1000)
        sums.add("step", step(heard))
    sums.tell({"silence": (50, "ms"), "step": (0.1, "of level"), "another plays after": (5, "s")})


def core(room: Room, report: Report, rounds: int) -> None:
    """The core itself is killed, in the middle of plans."""
    room.listen(rounds * 20 + 60)
    sums = Sums(report, "core")
    sent: list[int] = []
    stage = room.stage
    for turn in range(rounds):
        room.ready()
        gains = iter(range(10000))
        stop = threading.Event()

        def talk(gains: Iterator[int] = gains, stop: threading.Event = stop, turn: int = turn) -> None:
            for n in gains:
                if stop.is_set():
                    return
                now = score().with_(tempo=60 + (turn * 97 + n) % 300)
                from live.plan import compare

                sent.append(stage.post(compare(stage.score, now)))
                stage.score = now
                time.sleep(0.02)

        talker = threading.Thread(target=talk)
        talker.start()
        time.sleep(0.3)
        mark, pid = room.here(), room.cell(at.C_PID)
        began = kill(pid)
        sums.add("core plays after", since(began, lambda old=pid: room.cell(at.C_PID) != old and room.core_plays()))
        time.sleep(1.0)
        stop.set()
        talker.join()
        wait_for(lambda: room.sounds(0.2), 10, "the sound did not come back")
        sums.add("silence", room.gap(mark)[1])
    stage.wait_for(sent[-1])
    lines = list(journal.read(Path(room.take) / "journal.jsonl"))
    frames = [line["frame"] for line in lines]
    known = {line.get("number") for line in lines if line["what"] == "plan"}
    sums.tell({"silence": (1.0, "s"), "core plays after": (1.0, "s")})
    report.add("core: plans sent that are not in the journal", sum(n not in known for n in sent), 0, note=f"{len(sent)} sent")
    report.add("core: frames that run backwards in the journal", sum(b < a for a, b in zip(frames, frames[1:], strict=False)), 0)
    report.add(
        "core: plans that landed twice", len([1 for line in lines if line["what"] == "plan" and "number" in line]) - len(known - {None}), 0
    )
    report.add("core: restored score differs", int(journal.last_known(Path(room.take) / "journal.jsonl").score != stage.score), 0)


def watcher(room: Room, report: Report, rounds: int) -> None:
    """Whoever watches is killed; the next desk brings another."""
    room.listen(rounds * 12 + 60)
    sums = Sums(report, "watcher")
    for _ in range(rounds):
        wait_for(lambda: bool(alive(room.folder, "watch")), 10, "nobody watches")
        mark, pid = room.here(), room.cell(at.C_PID)
        kill(alive(room.folder, "watch"))
        time.sleep(0.3)
        began = time.monotonic()
        Stage.open(name=room.name).close(leave=False)
        sums.add("another watches after", since(began, lambda: bool(alive(room.folder, "watch"))))
        time.sleep(0.7)
        sums.add("silence", room.gap(mark)[0] * 1000)
        sums.add("core replaced", float(room.cell(at.C_PID) != pid))
    sums.tell({"silence": (50, "ms"), "another watches after": (3, "s"), "core replaced": (0, "")})


def server(room: Room, report: Report, rounds: int, part: str = "server") -> None:
    """The audio server is killed, is away for a second, and returns."""
    backend = room.backend
    sums = Sums(report, part)
    notice = 0.1 if part == "server" else 1.5
    for _ in range(rounds):
        room.ready()
        assert room.server.process is not None
        pid, frame, began_frame = room.cell(at.C_PID), room.cell(at.C_FRAME), time.monotonic()
        began = kill(room.server.process.pid)
        room.server.process.wait()
        noticed = since(began, lambda old=pid: room.cell(at.C_STATE) != 1 or room.cell(at.C_PID) != old or not room.core_plays(backend))
        sums.add("noticed after", noticed)
        on_null = since(began, lambda: room.core_plays("null"))
        sums.add("on null after", on_null)
        time.sleep(1.0)
        passed = time.monotonic() - began_frame
        sums.add("clock off by", abs(room.cell(at.C_FRAME) - frame - passed * RATE) / RATE * 1000)
        room.server.start()
        began = time.monotonic()
        back = since(began, lambda: room.core_plays(backend))
        sums.add("back after", back)
        if noticed > notice or on_null > 2 or back > 2:  # worth a look: what the core and the watcher said
            report.say(
                f"noticed {noticed:.3f} s, null {on_null:.3f} s, back {back:.3f} s, state {room.cell(at.C_STATE)}, on {room.stage.device}"
            )
            report.say((room.folder / "log").read_text()[-1500:] + "\n".join(room.stage.read()[-6:]))
        calls = room.cell(at.C_CALLS)
        time.sleep(0.2)
        sums.add("not called", float(room.cell(at.C_CALLS) == calls))
        room.stage.peak()
        room.witness = Witness(room.server.name, room.server.block, 20, roles={"steady": ("steady", 2), "hear": ("hear", 2)})
        room.patch()
        room.witness.say("open")
        time.sleep(0.6)
        sums.add("does not sound", float(not room.sounds(0.2)))
        room.witness.close()
        room.witness = None
    sums.tell({
        "noticed after": (notice, "s"), "on null after": (2.0, "s"), "back after": (2.0, "s"), "clock off by": (1000, "ms"),
        "not called": (0, ""), "does not sound": (0, ""),
    })  # fmt: skip


def everything(report: Report, rounds: int) -> None:
    """All processes are killed at once; the next start removes what is stale, and only ours."""
    sums = Sums(report, "all")
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            rig = Rig(device="null", take=str(Path(folder) / f"{time.time_ns()}"))
            stage = Stage.open(rig, name=f"recovery-all-{os.getpid()}")
            stage.play(Score({"a": Node("tone"), "b": Node("freeze", ("a",))}, (Send("b", 0, 2),)))
            time.sleep(1.5)
            for line in orphans(stage.folder):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(line.split()[0]), signal.SIGKILL)
            time.sleep(0.3)
            before = stage.score
            again = Stage.open(replace(rig, device="null"), name=f"recovery-all-{os.getpid()}")
            sums.add("score not restored", float(again.score != before))
            sums.add("stale processes", float(len([1 for line in orphans(stage.folder) if "live.core.process" in line]) > 2))
            again.close()
            left = [1 for _ in orphans(stage.folder)] if not wait_gone(stage.folder) else []
            sums.add("left after quit", float(len(left) + stage.folder.exists()))
    sums.tell({"score not restored": (0, ""), "stale processes": (0, ""), "left after quit": (0, "")})


def wait_gone(folder: Path, seconds: float = 2.0) -> bool:
    """Whether every process of a session is gone soon."""
    until = time.monotonic() + seconds
    while orphans(folder) and time.monotonic() < until:
        time.sleep(0.02)
    return not orphans(folder)


def run(report: Report, parts: Sequence[str] = PARTS, rounds: int = ROUNDS, block: int = 256) -> None:
    """Each part on a server of its own."""
    for part in parts or PARTS:
        report.say(f"recovery: {part}")
        if part == "all":
            everything(report, rounds)
            continue
        with Jackd(block, name="antiphon-recovery", channels=2) as jackd:
            room = Room(jackd, "system" if part == "portaudio" else "jack")
            try:
                if part == "portaudio":
                    server(room, report, rounds, part)
                else:
                    {"desk": desk, "worker": worker, "core": core, "watcher": watcher, "server": server}[part](room, report, rounds)
            finally:
                left = room.close()
            report.add(f"{part}: left after quit", len(left), 0, note="; ".join(left)[:200])


def talk(name: str) -> None:
    """A desk that sends plans until it is killed."""
    stage = Stage.open(name=name)
    print("ready", flush=True)  # noqa: T201 - told to the bench
    for n in range(100000):
        stage.post((), when="now")
        stage.play(stage.score.with_(tempo=60 + n % 300))


def main(argv: Sequence[str] | None = None) -> int:
    """The command line of this part alone."""
    parser = argparse.ArgumentParser(prog="python -m live.bench.recovery", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--file", type=Path, default=None)
    asked = parser.parse_args(argv)
    report = Report(file=asked.file, only_json=asked.json)
    run(report, asked.parts, asked.rounds)
    return report.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["talk"]:
        talk(sys.argv[2])
    else:
        sys.exit(main())
