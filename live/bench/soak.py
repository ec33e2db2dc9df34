"""Two hours with another plan every second: memory stands still, the clock counts every sample, nothing is left over."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from live.bench.report import Report
from live.bench.room import Watched, family, memory, playing
from live.core import layout as at
from live.core.memory import Map
from live.score import Drive, Node, Score, Send
from live.stage import Refused

GROWTH = 1.0  # percent after warm-up
FILES = ("rain on tin", "room hum", "wood knocks", "kalimba phrase", "glass", "low bell")
REST = 4  # seconds of silence before memory is weighed
MOST = 10  # places at once, helpers not counted


class Wander:
    """A score that never stays: each step makes, drops, retunes, rewires, swaps or moves a few places."""

    def __init__(self, seed: int, outs: int = 2) -> None:
        self.rng, self.outs, self.count = np.random.default_rng(seed), outs, 0
        self.score = Score({"slow": Node("lfo", controls={"rate": 0.2})})

    def step(self) -> Score:
        """The next score."""
        for _ in range(int(self.rng.integers(1, 4))):
            names = [n for n in self.score.places if n != "slow"]
            free = [n for n in names if not any(n in node.ins for node in self.score.places.values())]
            dice = self.rng.random()
            if not names or (dice < 0.35 and len(names) < MOST):
                self._make(names)
            elif dice < 0.6 or len(names) >= MOST:
                self._drop(str(self.rng.choice(free)))
            elif dice < 0.75:
                self._swap(str(self.rng.choice(names)))
            else:
                self._move(str(self.rng.choice(names)))
        return self.score

    def _number(self, low: float, high: float) -> float:
        return round(float(self.rng.uniform(low, high)), 4)

    def _source(self) -> Node:
        gain = {"gain": self._number(0.05, 0.3)}
        return [
            lambda: Node("clip", controls={**gain, "rate": self._number(-2, 2)}, settings={"file": str(self.rng.choice(FILES))}),
            lambda: Node(
                "tone", controls={**gain, "freq": self._number(60, 2000)}, settings={"shape": str(self.rng.choice(["sine", "saw"]))}
            ),
            lambda: Node("noise", controls=gain),
            lambda: Node("grains", controls={**gain, "density": self._number(2, 40)}, settings={"file": str(self.rng.choice(FILES))}),
        ][int(self.rng.integers(4))]()

    def _treatment(self, hears: str) -> Node:
        cutoff = Drive("slow", self._number(100, 2000), 100.0) if self.rng.random() < 0.5 else self._number(100, 8000)
        return [
            lambda: Node("filter", (hears,), {"cutoff": cutoff}),
            lambda: Node("delay", (hears,), {"time": self._number(0.01, 0.5), "feedback": self._number(0, 0.7)}),
            lambda: Node("pan", (hears,), {"at": Drive("slow", 0.5) if self.rng.random() < 0.5 else self._number(-1, 1)}),
            lambda: Node("smear", (hears,), {"bins": self._number(0, 30)}),
            lambda: Node("reverb", (hears,), {"decay": self._number(0.2, 4)}),
            lambda: Node("compressor", (hears,)),
        ][int(self.rng.integers(6))]()

    def _put(self, name: str, node: Node) -> None:
        self.score = self.score.with_(places={**self.score.places, name: node})

    def _make(self, names: list[str]) -> None:
        self.count += 1
        name = f"place{self.count % 40}" if f"place{self.count % 40}" not in names else f"place{self.count}"
        self._put(name, self._treatment(str(self.rng.choice(names))) if names and self.rng.random() < 0.5 else self._source())
        gain = Drive("knob:3", 0.2, 0.1) if self.rng.random() < 0.2 else self._number(0.05, 0.4)
        self.score = self.score.with_(sends=(*self.score.sends, Send(name, 0, self.outs, gain)))

    def _drop(self, name: str) -> None:
        places = {n: node for n, node in self.score.places.items() if n != name}
        self.score = self.score.with_(places=places, sends=tuple(s for s in self.score.sends if s.place != name))

    def _swap(self, name: str) -> None:
        hears = self.score.places[name].ins
        self._put(name, self._treatment(hears[0]) if hears else self._source())

    def _move(self, name: str) -> None:
        node = self.score.places[name]
        if self.rng.random() < 0.5:
            sends = tuple(Send(s.place, s.first, s.width, self._number(0.05, 0.4)) if s.place == name else s for s in self.score.sends)
            self.score = self.score.with_(sends=sends, tempo=self._number(60, 180))
        elif "gain" in node.controls:
            self._put(name, Node(node.kind, node.ins, {**node.controls, "gain": self._number(0.05, 0.3)}, node.settings))


def everything() -> Score:
    """Every file and every kind once, so that what is loaded for good is loaded before anything is compared."""
    places = {f"file{k}": Node("clip", controls={"gain": 0.1}, settings={"file": file}) for k, file in enumerate(FILES)}
    places |= {word: Node(word, controls={"gain": 0.1}) for word in ("tone", "noise")}
    places |= {word: Node(word, ("tone",)) for word in ("filter", "delay", "pan", "smear", "reverb", "compressor")}
    return Score(places, tuple(Send(name, gain=0.1) for name in places))


def run(report: Report, *, hours: float = 2.0, minutes: float = 10.0, seed: int = 1) -> None:
    """Accelerated, then in real time."""
    accelerated(report, hours, seed)
    real(report, minutes, seed)


@dataclass(frozen=True)
class Soaked:
    """What an accelerated soak came to."""

    warm: float
    end: float
    frames: int
    clock: int
    plans: int
    worst: float  # the loudest sample
    pools: str


def accelerated(report: Report, hours: float, seed: int) -> None:
    """In a process of its own, so that nothing else grows in it."""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "live.bench.soak", str(hours), str(seed)], stdout=subprocess.PIPE, text=True, env=_env())
    if done.returncode:
        raise RuntimeError("the soak ended early; what it said is above")
    found = Soaked(**json.loads(done.stdout.strip().splitlines()[-1]))
    took = time.monotonic() - began
    what = f"accelerated soak of {hours:g} h"
    growth = 100 * (found.end / found.warm - 1)
    note = f"{found.warm:.1f} MiB after a tenth of it, {found.end:.1f} at the end; {found.plans} plans in {took:.0f} s, {3600 * hours / took:.0f} x real time"
    report.add(f"{what}: memory growth", growth, GROWTH, unit="%", note=note)
    report.add(
        f"{what}: clock minus samples",
        found.clock - found.frames,
        0,
        met=found.clock == found.frames,
        unit="frames",
        note=f"of {found.frames}",
    )
    report.add(
        f"{what}: left over after the last place went",
        len(found.pools),
        0,
        note=found.pools or "places, strips, slots, lines and tracks are all back",
    )
    report.add(f"{what}: loudest sample", found.worst, 10 ** (-1 / 20) + 1e-6)


def weigh() -> float:
    """Memory of this process in MiB, without what the allocator only keeps for next time."""
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).malloc_trim(0)
    return memory(os.getpid())[1]


def soaked(hours: float, seed: int) -> Soaked:
    """The core itself, as its own process has it (no collector of garbage), but without a device."""
    from live.core.offline import Offline

    rate, seconds = 48000, round(3600 * hours)
    room = Path(tempfile.mkdtemp(prefix="antiphon-soak-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    tape = Map(room / "tape.map", at.tape(64), create=True)
    shutil.rmtree(room)  # nobody else needs to find it
    core, wander = Offline(rate, 2, seed=seed, tape=tape), Wander(seed)
    gc.collect()
    gc.freeze()
    gc.disable()
    weighed, worst = {}, 0.0
    for second in range(seconds):
        while core.conductor.armed or core.stand.is_armed:
            core.run(64)  # a table that is only tidied may be under way
        rest = second % (seconds // 10) < REST  # at every tenth of the way all go home for a while: what stays is what grows
        core.play(Score() if rest else wander.step())
        core.stand.knobs[3] = (second % 17) / 16
        missing = (second + 1) * rate - core.frame
        worst = max(worst, float(np.abs(core.run(missing)).max()))
        if second % (seconds // 10) == REST - 1:
            weighed[second // (seconds // 10)] = weigh()
    frames, clock = seconds * rate, int(core.stand.clock[at.C_FRAME])
    core.play(Score())
    core.run(3 * rate)
    core.conductor.sweep()
    core.run(rate)
    warm, end = weighed[1], weigh()
    left = "; ".join(f"{name}: {count}" for name, count in core.conductor.taken.items() if count)
    return Soaked(warm, end, frames, clock, seconds, worst, left)


def real(report: Report, minutes: float, seed: int) -> None:
    """On null, in real time, with watcher and recorder: a plan every second."""
    wander, refused, plans = Wander(seed), [], 0
    with playing(everything(), ins=0) as stage:
        time.sleep(2.0)
        stage.play(Score())
        began, warm, drift = time.monotonic(), {}, 0.0
        with Watched(stage) as watched:
            frame, since = stage.frame, time.monotonic()
            while (passed := time.monotonic() - began) < 60 * minutes:
                try:
                    stage.play(wander.step())
                    plans += 1
                except Refused as why:
                    refused.append(str(why))
                if not warm and passed > min(6 * minutes, 120.0):
                    warm = {role: memory(pid) for role, pid in family(stage).items()}
                time.sleep(max(0.0, 1.0 - (time.monotonic() - began) % 1.0))
            drift = (stage.frame - frame) / stage.rig.rate - (time.monotonic() - since)
        end = {role: memory(pid) for role, pid in family(stage).items()}
    what = f"real soak of {minutes:g} min on null"
    for role, before in warm.items():
        after = end.get(role, (0.0, 0.0))
        note = f"{before[0]:.1f} -> {after[0]:.1f} MiB resident, of it its own: {before[1]:.1f} -> {after[1]:.1f}"
        report.add(f"{what}: memory growth of the {role}", 100 * (after[0] / before[0] - 1), GROWTH, unit="%", note=note)
    note = f"{plans} plans, {len(refused)} refused {refused[:1]}"
    report.add(f"{what}: clock against the system's", 1000 * abs(drift), 20.0, unit="ms", note=note)
    note = f"latest block {watched.late_ms:.1f} ms, longest callback {watched.worst_ms:.2f} ms"
    report.add(f"{what}: blocks lost", watched.lost, 0, unit="blocks", note=note)


def _env() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)}


if __name__ == "__main__":
    print(json.dumps(asdict(soaked(float(sys.argv[1]), int(sys.argv[2])))))
