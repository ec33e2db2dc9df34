"""OSC in numbers: a hundred thousand random and malformed packets at the hands' own process, and a fader's way to its knob.

No core plays: its map is here, so what a packet moved can be seen at once. Everything goes over the loopback.
"""

from __future__ import annotations

import contextlib
import json
import math
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from live.bench.report import Report
from live.control.packets import bundle, message
from live.control.post import DESK, FILE, POST, Post
from live.control.process import now_ns
from live.core import layout as at
from live.core.memory import Map
from live.pids import Held
from live.rig import Rig

PLACES = 50
PACE = 15_000  # packets a second that are sent so that all can be heard
MOVES = 2000
GROWTH = 4.0  # MB that the process may grow by while it is told nonsense


@dataclass
class Room:
    """The hands' process, a map for a core, and a desk that reads what is said."""

    folder: Path
    core: Any = None
    desk: Any = None
    process: Any = None
    port: int = 0
    said: Counter[str] = field(default_factory=Counter)
    letters: Counter[str] = field(default_factory=Counter)

    def read(self) -> None:
        """What has been said since."""
        for word, what in self.desk.read():
            self.letters[word] += 1
            if word == "said":
                self.said[what["text"]] += 1

    def counts(self) -> dict[str, Any]:
        """What the OSC part wrote last."""
        with contextlib.suppress(OSError, ValueError):
            return dict(json.loads((self.folder / "osc.json").read_text()))
        return {}

    def megabytes(self) -> float:
        """Memory that is really taken."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * 4096 / 1e6

    def settled(self) -> dict[str, Any]:
        """Wait until nothing is heard any more; the counts then."""
        before: dict[str, Any] = {}
        for _ in range(100):
            time.sleep(0.2)
            self.read()
            now = self.counts()
            if now == before:
                return now
            before = now
        return before


def table() -> dict[str, Any]:
    """Faders of every kind."""
    fader = {"low": 0.0, "high": 1.0, "curve": "lin", "unit": "", "rest": 0.0}
    controls = {f"p{n}.gain": {**fader, "knob": n, "scale": 1.0, "offset": 0.0} for n in range(PLACES)}
    controls |= {f"p{n}.rate": {**fader, "follows": "lfo"} for n in range(PLACES)}
    controls |= {f"p{n}.size": {**fader, "at": 0.5} for n in range(PLACES)}
    return {
        "session": "bench",
        "tempo": 120.0,
        "places": [f"p{n}" for n in range(PLACES)],
        "scenes": ["dawn"],
        "controls": controls,
        "levels": {},
    }


@contextlib.contextmanager
def opened() -> Iterator[Room]:
    """The process, started and heard."""
    folder = Path(tempfile.mkdtemp(prefix="antiphon-osc-"))
    room = Room(folder)
    try:
        with Held(folder, "core"):
            Map(folder / FILE, POST, create=True).close()
            room.core = Map(folder / "core.map", at.CORE, create=True)
            room.core.clock[at.C_RATE] = 48000
            room.core.tempo[at.T_BPM] = 120.0
            room.core.clock[at.C_WALL_NS] = now_ns()  # from here on its frames go by as they would
            (folder / "controls.json").write_text(json.dumps(table()))
            Rig(midi="none").write(folder / "rig.json")
            room.desk = Post(folder, DESK)
            with (folder / "log").open("w") as log:
                room.process = subprocess.Popen([sys.executable, "-m", "live.control", str(folder)], stderr=log, stdout=log)
            until = time.monotonic() + 60.0
            while not room.port and time.monotonic() < until and room.process.poll() is None:
                room.port = int(room.counts().get("port", 0))
                time.sleep(0.02)
            yield room
    finally:
        if room.process is not None and room.process.poll() is None:
            room.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                room.process.wait(5.0)
            room.process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def nonsense(chance: random.Random) -> bytes:
    """One packet: random bytes, a good message with something broken, or a good one."""
    n = chance.randrange(PLACES)
    kind = chance.randrange(14)
    good = message(f"/v/p{n}/gain", chance.random())
    if kind == 0:
        return chance.randbytes(chance.randrange(1, 200))
    if kind == 1:
        return good[: chance.randrange(len(good))]
    if kind == 2:
        spot = chance.randrange(len(good))
        return good[:spot] + chance.randbytes(1) + good[spot + 1 :]
    if kind == 3:
        return message(f"/v/p{n}/gain", chance.choice([math.nan, math.inf, -math.inf, "loud", 1e30]))
    if kind == 4:
        return message(f"/v/p{n}/{chance.choice(['gian', 'rate', 'x' * 200, ''])}", chance.random())
    if kind == 5:
        return message(
            f"/{chance.choice(['foo', 'v', 'v/nobody/gain', 'knob/nobody', 'scene', 'out/x/y', 'state/v', 'clock/x', 'key'])}",
            chance.random(),
        )
    if kind == 6:
        packet = good
        for _ in range(chance.randrange(1, 40)):
            packet = bundle([packet])
        return packet
    if kind == 7:
        return bundle([good], time.time() + chance.choice([-100.0, 0.2, 1e6, 1e8]))
    if kind == 8:
        return b"#bundle\0" + struct.pack(">Qi", 1, chance.randrange(-(2**31), 2**31 - 1)) + chance.randbytes(40)
    if kind == 9:
        return (
            f"/v/p{n}/gain".encode() + b"\0" * 4 + b"," + chance.choice([b"b", b"Q", b"[[[", b"fffff", b"s", b"\xff"]) + chance.randbytes(8)
        )
    if kind == 10:
        return message(f"/v/{'*' * chance.randrange(1, 60)}{chance.choice(['p', 'z', '{a,b}', '[a-z', '?'])}/gain", chance.random())
    if kind == 11:
        return b"/" + chance.randbytes(chance.randrange(300)) + b"\0"
    if kind == 12:
        return bundle([message(f"/v/p{chance.randrange(PLACES)}/gain", chance.random()) for _ in range(20)])
    return good


def told(room: Room, packets: int, chance: random.Random, pace: float) -> float:
    """Send so many, at so many a second (0: as fast as it goes); the rate that came of it."""
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    where = ("127.0.0.1", room.port)
    some = [nonsense(chance) for _ in range(min(packets, 20_000))]
    began = time.perf_counter()
    for k in range(packets):
        out.sendto(some[k % len(some)], where)
        if pace and k % 32 == 31:
            late = began + k / pace - time.perf_counter()
            if late > 0.0:
                time.sleep(late)
            room.read()
    took = time.perf_counter() - began
    out.close()
    return packets / took


def moves(room: Room, count: int, chance: random.Random, meanwhile: Callable[[], None] = lambda: None) -> np.ndarray:
    """Milliseconds from a fader's packet to its knob."""
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    where = ("127.0.0.1", room.port)
    knobs, found = room.core.knobs, []
    for k in range(count):
        value = (k % 997 + 1) / 1000.0
        packet = message("/v/p0/gain", value)
        sent = time.perf_counter()
        out.sendto(packet, where)
        while abs(knobs[0] - value) > 1e-6 and time.perf_counter() - sent < 1.0:
            time.sleep(0)
        found.append(1000.0 * (time.perf_counter() - sent))
        meanwhile()
        time.sleep(chance.uniform(0.0005, 0.004))
    out.close()
    return np.array(found)


def run(report: Report, *, packets: int = 100_000, seed: int = 1) -> None:
    """All of it."""
    chance = random.Random(seed)
    with opened() as room:
        if not room.port:
            report.add("osc: the hands' process listens", None, met=False, note=(room.folder / "log").read_text()[-300:])
            return
        quiet = moves(room, MOVES, chance)
        _latency(report, "osc: fader to knob", quiet, 5.0, "loopback, nothing else")
        _on_time(report, room, chance)
        told(room, 20_000, chance, PACE)
        before, packets_before = room.settled(), room.counts().get("packets", 0)
        memory = room.megabytes()
        rate = told(room, packets, chance, PACE)
        after = room.settled()
        heard = after["packets"] - packets_before
        mistakes = sum(after["slips"].values()) - sum(before["slips"].values())
        alive = room.process.poll() is None
        note = f"{heard} heard, {mistakes} mistakes of {len(after['slips'])} kinds, {rate:.0f} packets/s sent"
        report.add(f"osc: alive after {packets} random and malformed packets", float(alive), met=alive, note=note)
        report.add("osc: memory grown by them", room.megabytes() - memory, GROWTH, unit="MB", note=f"from {memory:.1f} MB")
        twice = [line for line, count in room.said.items() if count > 1]
        report.add(
            "osc: mistakes that were named twice", len(twice), 0, note=f"{sum(room.said.values())} lines in all; {'; '.join(twice)[:80]}"
        )
        for kind, count in sorted(after["slips"].items(), key=lambda one: -one[1]):
            report.say(f"        {count:7}  {kind}")
        fell = [line for line in room.said if "fell" in line] + [kind for kind in after["slips"] if "fault of ours" in kind]
        report.add("osc: faults of our own", len(fell), 0, note="; ".join(fell)[:120])
        memory = room.megabytes()
        began, spent = time.perf_counter(), _cpu(room)
        heard = room.counts()["packets"]
        rate = told(room, packets, chance, 0)
        took = time.perf_counter() - began
        share = (_cpu(room) - spent) / took
        after = room.settled()
        report.add(
            "osc: the same again as fast as it goes",
            after["packets"] - heard,
            unit="packets",
            note=f"heard of {packets} at {rate:.0f}/s; {100 * share:.0f} % of a core meanwhile",
        )
        report.add("osc: memory grown by that", room.megabytes() - memory, GROWTH, unit="MB")
        _flooded(report, room, chance)
        _strangers(report, room)


def _latency(report: Report, what: str, found: np.ndarray, limit: float | None, note: str) -> None:
    p50, p99 = np.percentile(found, [50, 99])
    report.add(f"{what}, p50", float(p50), unit="ms", note=note)
    report.add(f"{what}, p99", float(p99), limit, unit="ms", note=f"worst {found.max():.1f} ms of {len(found)}")


def _on_time(report: Report, room: Room, chance: random.Random, count: int = 300) -> None:
    """Bundles that are due in a moment: how late they are carried out."""
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    knobs, found = room.core.knobs, []
    for k in range(count):
        value = (k % 97 + 1) / 100.0
        due = time.time() + chance.uniform(0.02, 0.06)
        out.sendto(bundle([message("/v/p0/gain", value)], due), ("127.0.0.1", room.port))
        while abs(knobs[0] - value) > 1e-6 and time.time() < due + 1.0:
            time.sleep(0)
        found.append(1000.0 * (time.time() - due))
    out.close()
    late = np.array(found)
    report.add(
        "osc: a bundle is late by, p99",
        float(np.percentile(late, 99)),
        unit="ms",
        note=f"p50 {np.median(late):.2f}, earliest {late.min():.2f}, worst {late.max():.2f} ms of {count}",
    )


def _flooded(report: Report, room: Room, chance: random.Random) -> None:
    """Another surface floods with good packets; a fader is moved meanwhile."""
    code = (
        "import socket,sys\n"
        "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n"
        "from live.control.packets import message\n"
        "some=[message(f'/v/p{n}/gain',n/50) for n in range(1,50)]\n"
        "while True:\n"
        "    for one in some: s.sendto(one,('127.0.0.1',int(sys.argv[1])))\n"
    )
    flood = subprocess.Popen([sys.executable, "-c", code, str(room.port)])
    try:
        time.sleep(0.5)
        before, began = room.counts().get("packets", 0), time.perf_counter()
        found = moves(room, 300, chance, room.read)
        rate = (room.counts().get("packets", 0) - before) / (time.perf_counter() - began)
    finally:
        flood.kill()
        flood.wait()
    lost = int((found > 999.0).sum())
    _latency(
        report,
        "osc: the same while another surface floods",
        found[found <= 999.0],
        None,
        f"about {rate:.0f} packets/s; {lost} of {len(found)} moves lost in the crowd",
    )
    room.settled()


def _strangers(report: Report, room: Room) -> None:
    """Packets from another address are refused."""
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        out.bind(("127.0.0.2", 0))
    except OSError:
        report.skip("osc: packets from another host that were taken", "this system has one loopback address only")
        return
    stood = room.core.knobs[:PLACES].copy()
    before = room.counts().get("refused", 0)
    for k in range(1000):
        out.sendto(message(f"/v/p{k % PLACES}/gain", 0.123), ("127.0.0.1", room.port))
        if k % 50 == 49:
            time.sleep(0.005)
    after = room.settled()
    out.close()
    taken = int((room.core.knobs[:PLACES] != stood).sum())
    report.add(
        "osc: packets from another host that were taken",
        taken,
        0,
        note=f"{after['refused'] - before} of 1000 from 127.0.0.2 counted as refused",
    )


def _cpu(room: Room) -> float:
    fields = Path(f"/proc/{room.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100.0
