"""A core of the bench's own, with everything around it, and an eye on it while something happens."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from live.core import layout as at
from live.pids import alive
from live.rig import Rig
from live.score import Score
from live.stage import Refused, Silent, Stage
from live.tape.recorder import STATUS

COLD = 300.0  # seconds a first start may take: everything is compiled
LOOK = 0.001  # seconds between two looks at the clock


@contextlib.contextmanager
def playing(score: Score | None = None, *, take: Path | None = None, calm: bool = True, **rig: Any) -> Iterator[Stage]:
    """A stage on null (or as the rig says) that plays; gone without a trace afterwards."""
    own = take or Path(tempfile.mkdtemp(prefix="antiphon-bench-take-"))
    stage = Stage.open(Rig(take=str(own), **rig), name=f"bench-{os.getpid()}-{time.monotonic_ns()}", wait=False)
    try:
        stage.wait_for_sound(COLD)
        if score is not None:
            try:
                stage.play(score, patience=60.0)
            except (Refused, Silent) as trouble:
                raise RuntimeError(f"the bench's score does not play: {trouble}") from trouble
        if calm:
            settle()
        yield stage
    finally:
        stage.close()
        shutil.rmtree(stage.folder, ignore_errors=True)
        if take is None:
            shutil.rmtree(own, ignore_errors=True)


def settle(seconds: float = 15.0) -> None:
    """Wait until the standby core has finished loading: it is no part of what is measured."""
    from live.bench.machine import quiet

    until = time.monotonic() + seconds
    while quiet(0.5) > 0.6 and time.monotonic() < until:
        pass


def memory(pid: int) -> tuple[float, float]:
    """What a process holds in memory, and what of it is its own and in no file, in MiB."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(fields["VmRSS"].split()[0]) / 1024, int(fields["RssAnon"].split()[0]) / 1024


def family(stage: Stage) -> dict[str, int]:
    """The processes of a session, by role."""
    import json

    found = {role: alive(stage.folder, role) for role in ("core", "watch")}
    with contextlib.suppress(OSError, ValueError, KeyError):
        found["tape"] = int(json.loads((stage.folder / STATUS).read_text())["pid"])
    return {role: pid for role, pid in found.items() if pid}


class Watched:
    """What the callback went through between two moments: blocks lost, how late, the longest callback."""

    def __init__(self, stage: Stage) -> None:
        self.clock, self.rate = stage.core.clock, stage.rig.rate
        self.lost = self.seconds = self.late_ms = self.worst_ms = self.load = 0.0
        self.frames = 0

    def __enter__(self) -> Watched:
        clock = self.clock
        self._lost, self._frame, self._load = int(clock[at.C_LOST]), int(clock[at.C_FRAME]), int(clock[at.C_LOAD_NS])
        clock[at.C_WORST_NS] = 0
        self._began, self._stop = time.monotonic(), False
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def _look(self) -> None:
        """How far the core's clock falls behind the system's: a block that comes late shows here even where none is lost."""
        lead = 0.0
        while not self._stop:
            now = time.monotonic()  # asked first: a look that is itself late makes the core seem early, never late
            ahead = (int(self.clock[at.C_FRAME]) - self._frame) / self.rate - (now - self._began)
            lead = max(lead, ahead)
            self.late_ms = max(self.late_ms, 1000 * (lead - ahead))
            time.sleep(LOOK)

    def __exit__(self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None) -> None:
        self._stop = True
        self._thread.join()
        self.seconds = time.monotonic() - self._began
        self.frames = int(self.clock[at.C_FRAME]) - self._frame
        self.lost = int(self.clock[at.C_LOST]) - self._lost
        self.worst_ms = int(self.clock[at.C_WORST_NS]) / 1e6
        self.load = (int(self.clock[at.C_LOAD_NS]) - self._load) / 1e9 / self.seconds
