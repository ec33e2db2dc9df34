"""A controller that is pulled out and put back twenty times, over real JACK ports; what a thousand looks leave behind; hands killed.

Between the port that is there again and the first knob that turns lies the look for ports, once a second. While the
hands are dead the cables stay, and the core itself hears what they carry.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from live.bench.machine import Jackd
from live.bench.report import Report, median
from live.core import layout as at
from live.pids import alive
from live.rig import Rig
from live.stage import Stage

NAME = "box"
SOON = 2.0  # seconds a message may take after a re-plug
EACH = 0.005  # seconds between two messages


class Box:
    """A controller at JACK: one port out, one for its lamps."""

    def __init__(self, server: str) -> None:
        import jack

        self.client = jack.Client(NAME, no_start_server=True, servername=server)
        self.out = self.client.midi_outports.register("out")
        self.lamps = self.client.midi_inports.register("lamps")
        self.queue: list[tuple[int, int, int]] = []
        self.told: list[bytes] = []
        self.client.set_process_callback(self._process)
        self.client.activate()

    def _process(self, _: int) -> None:
        self.out.clear_buffer()
        while self.queue:
            self.out.write_midi_event(0, self.queue.pop(0))
        self.told += [bytes(data) for _, data in self.lamps.incoming_midi_events()]

    def until(self, message: tuple[int, int, int], landed: Callable[[], bool], patience: float = 10.0) -> float:
        """Send it again and again until it has landed; seconds that took."""
        began = time.monotonic()
        while not landed():
            if time.monotonic() - began > patience:
                return float("inf")
            self.queue.append(message)
            time.sleep(EACH)
        return time.monotonic() - began

    def close(self) -> None:
        """Pulled out."""
        self.client.close()


def waited(what: Callable[[], Any], patience: float = 10.0) -> bool:
    """Until it is so."""
    until = time.monotonic() + patience
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.002)
    return True


def held(pid: int) -> tuple[int, int]:
    """Files a process has open, and its threads."""
    return len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))


def busy(pid: int) -> float:
    """Seconds of a processor a process has taken so far."""
    with open(f"/proc/{pid}/stat") as file:
        cells = file.read().rsplit(")", 1)[1].split()
    return (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")


def run(report: Report, *, rounds: int, looks: int = 1000, rest: float = 10.0) -> None:
    """Everything above."""
    with ExitStack() as stack:
        server = stack.enter_context(Jackd(256, name="antiphon-bench-hands"))
        take = stack.enter_context(tempfile.TemporaryDirectory(prefix="antiphon-bench-"))
        rig = Rig(device="jack", ins=0, hands=True, osc=-1, take=take, record=False)
        stage = stack.enter_context(Stage.open(rig, name=f"replug-{os.getpid()}"))
        waited(lambda: alive(stage.folder, "hands"))
        replugs(report, stage, server.name, rounds)
        thousand(report, stage, looks)
        killed(report, stage, server.name)
        time.sleep(3.0)
        pid = alive(stage.folder, "hands")
        before = busy(pid)
        time.sleep(rest)
        report.add("hands with nothing to do", 100 * (busy(pid) - before) / rest, 2.0, unit="% core")


def replugs(report: Report, stage: Stage, server: str, rounds: int) -> None:
    """Out and in again; when the next message lands, and whether the lamps are told."""
    took, lit = [], 0
    box = Box(server)
    box.until((0xB0, 20, 100), lambda: stage.knobs[20] > 0.5)
    pid = alive(stage.folder, "hands")
    before = held(pid)
    for count in range(rounds):
        box.close()
        waited(lambda: not stage.core.hand_cells[0, at.H_THERE])
        time.sleep(0.037 * (count % 27))  # anywhere between two looks
        stage.knobs[20] = (count % 2 + 1) / 4
        box = Box(server)
        value = 1 + count % 100
        took.append(box.until((0xB0, 21, value), lambda value=value: abs(stage.knobs[21] - value / 127) < 1e-6))
        lit += waited(lambda box=box, count=count: bytes([0xB0, 20, round((count % 2 + 1) / 4 * 127)]) in box.told, 3.0)
    after = held(alive(stage.folder, "hands"))
    note = f"median {median(took):.2f} s; {sum(t < SOON for t in took)} of {rounds} under {SOON:g} s; slot {stage.core.hands[0].decode()}"
    report.add("re-plug to the next message landing, worst", max(took), SOON, unit="s", note=note)
    report.add("re-plugs after which lamps were not told", rounds - lit, 0)
    report.add("files and threads more after all re-plugs", max(after[0] - before[0], after[1] - before[1]), 1, note=f"{before} to {after}")
    box.close()


def thousand(report: Report, stage: Stage, looks: int) -> None:
    """A thousand looks by one probing client."""
    from live.ports import midi

    door = midi.opened("jack", stage.rig.client, lambda data: None)
    clients = {p.name.split(":")[0] for p in door.client.get_ports()}
    before, began = held(os.getpid()), time.monotonic()
    for _ in range(looks):
        door.sources()
        door.sinks()
    took = time.monotonic() - began
    after = held(os.getpid())
    more = len({p.name.split(":")[0] for p in door.client.get_ports()} - clients)
    report.add(f"clients, files and threads more after {looks} looks", more + after[0] - before[0] + after[1] - before[1], 0)
    report.add("one look for ports", 1e3 * took / looks, unit="ms")
    door.close()


def killed(report: Report, stage: Stage, server: str) -> None:
    """While nobody thinks, the core goes on hearing."""
    box = Box(server)
    box.until((0xB0, 22, 100), lambda: stage.knobs[22] > 0.5)
    before = alive(stage.folder, "hands")
    os.kill(before, signal.SIGKILL)
    began, lost, sent = time.monotonic(), 0, 0
    while alive(stage.folder, "hands") in (0, before) and time.monotonic() - began < 10:
        sent += 1
        value = 1 + sent % 120
        box.queue.append((0xB0, 22, value))
        lost += not waited(lambda value=value: abs(stage.knobs[22] - value / 127) < 1e-6, 0.1)
    report.add(
        "messages lost while the hands were dead", lost, 0, note=f"of {sent}, in {time.monotonic() - began:.2f} s until they were back"
    )
    box.close()
