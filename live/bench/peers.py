"""The others, doing the same work on the same JACK server: scsynth, pyo, signalflow.

Work one: N stereo looping cubic sample players, a resonant filter each, a pan.
Work two: N 2048/512 spectral treatments of one noise. What counts is the CPU
of the whole process (nanoseconds from its own clock, so helpers and idle
threads are in it); the cost of one voice is the slope over N, so that what an
engine takes at rest is shown apart.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from live.bench import scgf
from live.bench.machine import SERVER_ENV, Jackd, audio_thread, others, process_seconds, quiet, thread_seconds
from live.bench.pieces import BINS, loop_file
from live.bench.report import Report, median, slope

PLAYERS, EFFECTS = (0, 100, 200, 400), (0, 16, 32)


class Rival(Protocol):
    """Something that can sound N players or N effects in a process we can weigh."""

    name: str

    def players(self, n: int) -> None: ...
    def effects(self, n: int) -> None: ...
    def pids(self) -> list[int]: ...
    def close(self) -> None: ...


def free_port() -> int:
    """A loopback port nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Scsynth:
    """SuperCollider's server, driven over OSC on loopback. There is no sclang: scgf.py writes the instruments."""

    name = "scsynth"

    def __init__(self, server: str, folder: Path, filter_name: str = "RLPF") -> None:
        from pythonosc.udp_client import SimpleUDPClient

        program = shutil.which("scsynth")
        if not program:
            raise FileNotFoundError("there is no scsynth: the Debian package is supercollider-server")
        self.filter_name, self.name = filter_name, "scsynth" if filter_name == "RLPF" else f"scsynth {filter_name}"
        port = free_port()
        env = {
            **os.environ,
            **SERVER_ENV,
            "JACK_DEFAULT_SERVER": server,
            "SC_JACK_DEFAULT_INPUTS": "",
            "SC_JACK_DEFAULT_OUTPUTS": "system:playback_1,system:playback_2",
        }
        command = [
            program,
            "-u",
            str(port),
            "-B",
            "127.0.0.1",
            "-i",
            "2",
            "-o",
            "2",
            "-R",
            "0",
            "-D",
            "0",
            "-n",
            "4096",
            "-m",
            "131072",
            "-w",
            "256",
            "-H",
            "scsynth",
        ]
        self.log = (folder / f"scsynth-{filter_name}.log").open("w")
        self.process = subprocess.Popen(command, env=env, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)
        self.client = SimpleUDPClient("127.0.0.1", port)
        self.socket = self.client._sock
        self.socket.settimeout(0.5)
        self.next, self.have = 1000, {"player": [], "smear": []}  # type: dict[str, list[int]] | Any
        self._wait_synced(20)
        for bytes_ in (scgf.player(filter_name), scgf.smear(), scgf.hiss()):
            self.client.send_message("/d_recv", bytes_)
        self.client.send_message("/b_allocRead", [0, str(loop_file(folder))])
        self._wait_synced(10)
        self.client.send_message("/s_new", ["hiss", 999, 0, 0])
        self._wait_synced(10)

    def _wait_synced(self, seconds: float) -> None:
        """All that was sent has been done."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            self.client.send_message("/sync", 7)
            with contextlib.suppress(TimeoutError, ConnectionRefusedError):
                while b"/synced" not in self.socket.recv(65536):
                    pass
                return
            time.sleep(0.1)
        raise RuntimeError(f"scsynth does not answer; its log: {Path(self.log.name).read_text()[-300:]}")

    def _set(self, word: str, synth: str, n: int, controls: Sequence[Mapping[str, float]]) -> None:
        have = self.have[word]
        while len(have) < n:
            wanted = controls[len(have) % len(controls)]
            flat: list[Any] = [x for pair in wanted.items() for x in pair]
            self.client.send_message("/s_new", [synth, self.next, 1, 0, *flat])
            have.append(self.next)
            self.next += 1
            if len(have) % 50 == 0:
                self._wait_synced(10)
        while len(have) > n:
            self.client.send_message("/n_free", have.pop())
            if len(have) % 50 == 0:
                self._wait_synced(10)
        self._wait_synced(10)

    def players(self, n: int) -> None:
        """N players, each at its own rate, filter and place."""
        spread = [{"rate": 1.01 + 0.001 * (i % 40), "freq": 500.0 + 40 * (i % 100), "pos": (i % 21) / 10 - 1} for i in range(200)]
        self._set("player", f"player_{self.filter_name}", n, spread)

    def effects(self, n: int) -> None:
        """N smears of the one hiss."""
        self._set("smear", "smear", n, [{"bins": BINS}])

    def counted(self) -> tuple[int, int, float]:
        """What scsynth itself says is running: units, synths, and its average CPU in percent."""
        from pythonosc.osc_message import OscMessage

        self.client.send_message("/status", [])
        for _ in range(20):
            with contextlib.suppress(TimeoutError):
                got = OscMessage(self.socket.recv(65536))
                if got.address == "/status.reply":
                    values: list[Any] = list(got)
                    return int(values[1]), int(values[2]), float(values[5])
        return 0, 0, float("nan")

    def pids(self) -> list[int]:
        return [self.process.pid]

    def close(self) -> None:
        """Ask it to quit; end it by its id when it does not."""
        self.client.send_message("/quit", [])
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Beside:
    """A Python engine in an environment of its own (never a dependency of ours): a script that obeys lines."""

    def __init__(self, name: str, python: str, server: str, folder: Path, block: int) -> None:
        self.name = name
        script = Path(__file__).parent / "beside" / f"{name}_set.py"
        env = {**os.environ, **SERVER_ENV, "JACK_DEFAULT_SERVER": server}
        env.pop("PYTHONPATH", None)
        self.log = (folder / f"{name}.log").open("w")
        self.process = subprocess.Popen(
            [python, str(script), str(loop_file(folder)), str(block)], env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, start_new_session=True, cwd=folder,
        )  # fmt: skip
        self._read()

    def _read(self) -> None:
        assert self.process.stdout is not None  # noqa: S101 - opened with a pipe, above
        for line in self.process.stdout:
            if line.strip() == "done":
                return
        raise RuntimeError(f"{self.name} did not start: {Path(self.log.name).read_text()[-200:].strip() or 'no reason given'}")

    def _tell(self, line: str) -> None:
        assert self.process.stdin is not None  # noqa: S101 - opened with a pipe, above
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self._read()

    def players(self, n: int) -> None:
        self._tell(f"players {n}")

    def effects(self, n: int) -> None:
        self._tell(f"effects {n}")

    def pids(self) -> list[int]:
        return [self.process.pid]

    def close(self) -> None:
        self.process.send_signal(signal.SIGKILL)  # their audio threads do not always let go of JACK otherwise
        self.process.wait()
        self.log.close()


# --- weighing ------------------------------------------------------------------------------


def weigh(pids: Sequence[int], seconds: float) -> tuple[float, float]:
    """Percent of one core: the whole of some processes, and the audio thread of the first."""
    thread = audio_thread(pids[0])
    alone = thread_seconds(pids[0]).get(thread, 0.0) if thread else 0.0
    began, clock = sum(process_seconds(p) for p in pids), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - clock
    whole = (sum(process_seconds(p) for p in pids) - began) / took
    alone = (thread_seconds(pids[0]).get(thread, 0.0) - alone) / took if thread else float("nan")
    return 100 * whole, 100 * alone


class Costs:
    """All weighings of one work at one block: engine -> N -> percent of a core, one for each round."""

    def __init__(self) -> None:
        self.whole: dict[str, dict[int, list[float]]] = {}
        self.audio: dict[str, dict[int, list[float]]] = {}

    def add(self, engine: str, n: int, whole: float, audio: float) -> None:
        self.whole.setdefault(engine, {}).setdefault(n, []).append(whole)
        self.audio.setdefault(engine, {}).setdefault(n, []).append(audio)

    def per_item(self, engine: str, which: str = "whole") -> tuple[float, float, float]:
        """Percent of a core for one item, at rest, and how far from a line (share of the largest)."""
        table = getattr(self, which)[engine]
        ns = sorted(table)
        return slope(ns, [median(table[n]) for n in ns])

    def rounds(self, engine: str) -> list[float]:
        """The cost of one item in each round by itself."""
        table = self.whole[engine]
        ns = sorted(table)
        return [slope(ns, [table[n][k] for n in ns])[0] for k in range(min(len(v) for v in table.values()))]


def compare(
    rivals: Sequence[Rival], work: str, ns: Sequence[int], *, seconds: float, rounds: int, settle: float = 0.5, say: Any = None
) -> Costs:
    """Each round goes up through N, and at each N every engine has its turn while the others rest at none."""
    costs = Costs()
    for k in range(rounds):
        for n in ns:
            turn = list(rivals) if k % 2 == 0 else list(reversed(rivals))
            for rival in turn:
                getattr(rival, work)(n)
                time.sleep(settle)
                whole, audio = weigh(rival.pids(), seconds)
                costs.add(rival.name, n, whole, audio)
                getattr(rival, work)(0)
                if say:
                    say(f"  round {k + 1}  {work} {n:>4}  {rival.name:<16} {whole:6.2f} % of a core (audio thread {audio:.2f})")
    return costs


def report_costs(
    report: Report, costs: Costs, work: str, block: int, *, ours: str | None = None, limit: float = 0.8, against: str = "scsynth"
) -> None:
    """Figures of one comparison: cost per item of each engine and, with ours, the ratio to scsynth's."""
    one = {"players": "player", "effects": "effect"}[work]
    for engine in costs.whole:
        per, rest, bend = costs.per_item(engine)
        alone, _, _ = costs.per_item(engine, "audio")
        top = max(costs.whole[engine])
        note = f"at rest {rest:.2f} %, {top} take {median(costs.whole[engine][top]):.2f} %, off a line by {100 * bend:.1f} %, audio thread alone {alone:.5f}"
        report.add(f"{engine}: one {one}, block {block}", per, unit="% core", note=note)
    if ours and against in costs.whole:
        ratios = [a / b for a, b in zip(costs.rounds(ours), costs.rounds(against), strict=True) if b > 0]
        note = "median of rounds " + ", ".join(f"{x:.2f}" for x in ratios)
        report.add(f"one {one} against {against}, block {block}", median(ratios), limit, unit="x", note=note)


def beside_python(report: Report | None = None) -> str | None:
    """The interpreter that has pyo and signalflow: ANTIPHON_BENCH_PEERS names it."""
    python = os.environ.get("ANTIPHON_BENCH_PEERS")
    if python and Path(python).exists():
        return python
    if report:
        report.skip(
            "pyo and signalflow", "make an environment, pip install pyo signalflow into it, and name its python in ANTIPHON_BENCH_PEERS"
        )
    return None


@contextlib.contextmanager
def open_rivals(server: Jackd, folder: Path, report: Report, *, names: Sequence[str]) -> Any:
    """Those of the named that start; the others are skipped with the reason."""
    rivals: list[Rival] = []
    python = beside_python(report if {"pyo", "signalflow"} & set(names) else None)
    for name in names:
        try:
            if name.startswith("scsynth"):
                rivals.append(Scsynth(server.name, folder, name.partition(" ")[2] or "RLPF"))
            elif python:
                rivals.append(Beside(name, python, server.name, folder, server.block))
        except (OSError, RuntimeError) as trouble:
            report.skip(f"{name}, block {server.block}", str(trouble))
    try:
        yield rivals
    finally:
        for rival in rivals:
            rival.close()


def run(report: Report, *, blocks: Sequence[int] = (64, 256), seconds: float = 8.0, rounds: int = 3,
        names: Sequence[str] = ("scsynth", "scsynth BLowPass", "pyo", "signalflow"), players: Sequence[int] = PLAYERS, effects: Sequence[int] = EFFECTS) -> None:  # fmt: skip
    """The peers alone: what one player and one effect cost in each."""
    report.say(f"others keep {quiet():.2f} cores busy before we begin")
    for block in blocks:
        with (
            Jackd(block) as server,
            tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder,
            open_rivals(server, Path(folder), report, names=names) as rivals,
        ):
            with others() as told:
                for work, ns in (("players", players), ("effects", effects)):
                    # the filter does not matter to the effects: one scsynth is enough
                    who = [r for r in rivals if work == "players" or " " not in r.name]
                    costs = compare(who, work, ns, seconds=seconds, rounds=rounds, say=report.say)
                    report_costs(report, costs, work, block)
            report.say(f"block {block}: the machine was busy {told['busy']:.2f} cores, stolen {told['stolen']:.2f}")
