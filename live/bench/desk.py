"""A performer's process for the bench: it opens something that sounds, then has a bad minute.

``stage``     our core, played through a Stage, which lives in processes of its own
``python``    a JACK callback in Python in this very process, as most Python systems have it
``compiled``  a compiled callback in this very process
``none``      nothing: only the stress

Talks in lines: says ready with its ports, hears go, tells how it went, hears quit.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from live.bench.machine import ports, quiet_jack
from live.bench.stress import Stress, three_threads
from live.core.memory import where
from live.pids import end


def open_python(spec: dict[str, Any]) -> Callable[[], None]:
    """A copying callback in Python."""
    import jack

    client = jack.Client("tested", no_start_server=True, servername=spec["server"])
    ins = [client.inports.register(f"in_{k + 1}") for k in range(2)]
    outs = [client.outports.register(f"out_{k + 1}") for k in range(2)]

    def process(_frames: int) -> None:
        for a, b in zip(ins, outs, strict=True):
            b.get_array()[:] = a.get_array()

    client.set_process_callback(process)
    client.activate()
    return client.close


def open_compiled(spec: dict[str, Any]) -> Callable[[], None]:
    """The same, compiled."""
    from live.bench import witness
    from live.core.memory import Map

    folder = Path(spec["folder"])
    code = witness.from_c(folder) or witness.from_numba()
    page = Map(folder / "tested.map", witness.regions("copy", 2, 1, 48000, spec["block"]), create=True)
    client = witness.open_client("tested", "copy", 2, page, code, spec["server"])
    client.activate()

    def close() -> None:
        client.close()
        page.close()  # not before: the callback lives in it

    return close


def serve(spec: dict[str, Any]) -> None:
    """One run, as told by the spec."""
    quiet_jack()
    before = set(ports(spec["server"], is_audio=True))
    stage: Any = None
    close: Callable[[], None]
    if spec["tested"] == "stage":
        from live.bench import on_stage

        stage = on_stage.open_stage(spec)
        close = stage.close
    else:
        close = {"python": open_python, "compiled": open_compiled, "none": lambda _: lambda: None}[spec["tested"]](spec)
    try:
        stress = Stress(spec.get("objects", 3_000_000)) if spec["stress"] == "mix" else None
        new = [p for p in ports(spec["server"], is_audio=True) if p not in before]
        tell({"ready": os.getpid(), "ports": new, **(stage.said() if stage else {})})
        if sys.stdin.readline().strip() != "go":
            return
        began, clock = time.monotonic(), time.process_time()
        turns: dict[str, int] = {}
        if stage and spec.get("also"):
            turns = getattr(stage, spec["also"])(spec["seconds"])
        elif stress:
            turns = stress.mix(spec["seconds"])
        elif spec["stress"] == "threads":
            three_threads(spec["seconds"])
        else:
            time.sleep(spec["seconds"])
        took = time.monotonic() - began
        tell({"turns": turns, "seconds": took, "cpu": time.process_time() - clock, **(stage.said() if stage else {})})
        sys.stdin.readline()
    finally:
        close()


def tell(what: dict[str, Any]) -> None:
    """One line to the bench; whatever else is printed here goes to stderr."""
    _OUT.write(json.dumps(what) + "\n")
    _OUT.flush()


_OUT: Any = sys.stdout


class Desk:
    """The performer's process as seen from the bench."""

    def __init__(self, **spec: Any) -> None:
        self.spec = spec
        self.process = subprocess.Popen(
            [sys.executable, "-m", "live.bench.desk", json.dumps(spec)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.ready = self.answer()
        self.ports: list[str] = self.ready["ports"]

    def answer(self) -> dict[str, Any]:
        """Its next line."""
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise RuntimeError(f"the desk under test ({self.spec['tested']}) ended with {self.process.wait()}; what it said is above")
        return json.loads(line)

    def say(self, word: str) -> None:
        """go, or quit."""
        assert self.process.stdin is not None  # noqa: S101 - opened with a pipe, above
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def close(self) -> None:
        """Let it close what it opened; end it by its id when it does not."""
        if self.process.poll() is None:
            try:
                self.say("quit")
                self.process.wait(20)
            except (OSError, subprocess.TimeoutExpired):
                self.process.kill()
                self.process.wait()
        if self.spec["tested"] == "stage":
            self._sweep()

    def _sweep(self) -> None:
        """A desk that was killed leaves its core playing, as it should: the bench ends it, by its ids."""
        folder = where() / f"bench-{self.process.pid}"
        for role in ("watch", "core", "tape"):
            if folder.is_dir():
                end(folder, role)
        shutil.rmtree(folder, ignore_errors=True)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


if __name__ == "__main__":
    _OUT = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # chatter of libraries must not be taken for an answer
    serve(json.loads(sys.argv[1]))
