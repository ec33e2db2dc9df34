"""The watcher: whatever dies is there again. It makes no sound itself and imports next to nothing.

``python -m live.watch FOLDER``. It keeps a playing core, a warm one standing
by, the recorder, and a worker for each engine that is asked for. A core that
stalls (a dead server can hang it for ever) is killed and followed at once.
If the watcher itself is killed the sound goes on; the next desk starts
another, which takes over what it finds.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live.core import layout as at
from live.core.memory import Map
from live.pids import Held, alive, end
from live.rig import Rig

POLL = 0.01
STALL = 0.7  # seconds without a callback before a core counts as hung
PROBE = 1.0  # seconds between looks for a device that left
WARM_UP = 180.0  # a cold cache compiles first
CRASHED = 3.0  # a core that dies this young is not to be trusted with the same score again


@dataclass
class Worker:
    """One engine's process and what it was asked for."""

    slip: dict[str, Any]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    again: float = 0.0


@dataclass
class Watch:
    """Everybody the watcher looks after."""

    folder: Path
    rig: Rig
    map: Map
    log: Any
    core: subprocess.Popen[bytes] | None = None
    standby: subprocess.Popen[bytes] | None = None
    tape: subprocess.Popen[bytes] | None = None
    workers: dict[Path, Worker] = field(default_factory=dict)
    device: str = ""  # what is played on while the wanted device is away
    since: float = 0.0
    calls: int = -1
    moved: float = 0.0
    young_deaths: int = 0
    adopted: bool = False
    probe: subprocess.Popen[str] | None = None
    probed: float = 0.0
    standby_due: float = 0.0
    checked: float = 0.0

    def say(self, text: str) -> None:
        """One line in the log."""
        self.log.write(f"{time.strftime('%H:%M:%S')} watch: {text}\n")
        self.log.flush()

    def spawn(self, *words: str, **how: Any) -> subprocess.Popen[bytes]:
        """A child of ours, its chatter in the log."""
        how.setdefault("stdin", subprocess.DEVNULL)
        how.setdefault("stdout", self.log)
        return subprocess.Popen([sys.executable, "-m", *words], stderr=self.log, cwd=self.folder, **how)

    # --- the core ----------------------------------------------------------------

    def core_alive(self) -> bool:
        """Whether a core is there, ours or one we found."""
        if self.core is not None:
            return self.core.poll() is None
        if self.adopted:
            now = time.monotonic()
            if now - self.checked > 0.05:
                self.checked = now
                self.adopted = bool(alive(self.folder, "core"))
        return self.adopted

    def start_core(self) -> None:
        """Let the standby play, or start one from cold."""
        fresh = self.standby
        self.standby = None
        if fresh is None or fresh.poll() is not None:
            fresh = self.spawn("live.core.process", str(self.folder), "--standby", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        go = {"device": self.device, "careful": self.young_deaths >= 2}
        assert fresh.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            fresh.stdin.write((json.dumps(go) + "\n").encode())
            fresh.stdin.flush()
        self.core, self.adopted = fresh, False
        now = time.monotonic()
        self.since, self.moved, self.calls = now, now, int(self.map.clock[at.C_CALLS])
        self.standby_due = now + 1.5
        self.map.clock[at.C_STATE] = 0

    def look_after_core(self) -> None:
        """Dead, hung, or well."""
        now = time.monotonic()
        if not self.core_alive():
            if self.core is not None or self.calls >= 0:
                self.young_deaths = self.young_deaths + 1 if now - self.since < CRASHED else 0
                self.say(f"the core is gone (it played {now - self.since:.1f} s); the next one plays")
            self.start_core()
            return
        calls = int(self.map.clock[at.C_CALLS])
        if calls != self.calls:
            self.calls, self.moved = calls, now
            return
        playing = int(self.map.clock[at.C_STATE]) == 1
        limit = STALL + 2 * int(self.map.clock[at.C_BLOCK]) / max(int(self.map.clock[at.C_RATE]), 1)
        if now - self.moved > (limit if playing else WARM_UP):
            self.say("the core makes no sound any more; it is replaced")
            if playing and self.rig.device not in ("jack", "null"):
                self.device = "null"  # its device hangs: play on without until it is seen again
                self.probed = now
            self.kill_core()

    def kill_core(self) -> None:
        """No questions: a hung one would not answer."""
        if self.core is not None:
            self.core.kill()
            self.core.wait()
        else:
            end(self.folder, "core", hard=True)

    def look_for_device(self) -> None:
        """Ask a child now and then whether the wanted device is back."""
        if not self.device:
            return
        now = time.monotonic()
        if self.probe is None:
            if now - self.probed > PROBE:
                self.probe = subprocess.Popen(
                    [sys.executable, "-m", "live.ports.audio"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True
                )
                self.probed = now
            return
        if self.probe.poll() is None:
            if now - self.probed > 5.0:
                self.probe.kill()
            return
        assert self.probe.stdout is not None
        text = self.probe.stdout.read()
        self.probe = None
        with contextlib.suppress(ValueError, IndexError):
            names = [line["name"] for line in json.loads(text.strip().splitlines()[-1])]
            if self.rig.device in names:
                self.say(f"{self.rig.device} is back")
                self.device = ""
                self.map.clock[at.C_STOP] = 1
                with contextlib.suppress(subprocess.TimeoutExpired):
                    if self.core:
                        self.core.wait(1.0)
                self.kill_core()
                self.map.clock[at.C_STOP] = 0
                self.start_core()

    def look_after_standby(self) -> None:
        """One core waits, with everything loaded."""
        if self.standby is not None and self.standby.poll() is not None:
            self.standby = None
            self.standby_due = time.monotonic() + 1.0
        if self.standby is None and time.monotonic() > self.standby_due and int(self.map.clock[at.C_STATE]) == 1:
            self.standby = self.spawn("live.core.process", str(self.folder), "--standby", stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    # --- the others ----------------------------------------------------------------

    def look_after_tape(self) -> None:
        """The recorder."""
        if self.rig.record and (self.tape is None or self.tape.poll() is not None) and int(self.map.clock[at.C_STATE]) == 1:
            self.tape = self.spawn("live.tape", str(self.folder), self.rig.take, "--minutes", f"{self.rig.minutes:g}")

    def look_after_workers(self) -> None:
        """A worker for each slip; none without."""
        slips = set(self.folder.glob("want-*.json"))
        for path in [p for p in self.workers if p not in slips]:
            worker = self.workers.pop(path)
            if worker.process and worker.process.poll() is None:
                worker.process.terminate()
        now = time.monotonic()
        for path in slips:
            worker = self.workers.get(path)
            if worker is None:
                with contextlib.suppress(OSError, ValueError):
                    worker = self.workers[path] = Worker(json.loads(path.read_text()))
                if worker is None:
                    continue
            if worker.process is not None and worker.process.poll() is not None:
                worker.failures += 1
                worker.again = now + min(0.05 * 2 ** min(worker.failures, 7), 5.0) - 0.1
                self.say(f"the worker of {worker.slip['engine']} is gone; it starts again")
                worker.process = None
            if worker.process is None and now >= worker.again:
                slip = worker.slip
                more = ["--folders", os.pathsep.join(slip["folders"])] if slip["folders"] else []
                worker.process = self.spawn(
                    "live.worker", slip["ring"], slip["engine"], "--seed", str(slip["seed"]), "--settings", json.dumps(slip["settings"]), *more
                )

    def close(self) -> None:
        """Everybody leaves in order, and nothing stays behind."""
        self.map.clock[at.C_STOP] = 1
        ours = [p for p in (self.core, self.tape, self.standby, *(w.process for w in self.workers.values())) if p is not None]
        if self.standby and self.standby.stdin:
            self.standby.stdin.close()
        until = time.monotonic() + 2.0
        while self.core_alive() and time.monotonic() < until:
            time.sleep(0.01)
        self.kill_core()
        for process in ours:
            if process.poll() is None:
                process.terminate()
        for process in ours:
            try:
                process.wait(2.0)
            except subprocess.TimeoutExpired:
                process.kill()
        end(self.folder, "tape")
        clear(self.folder)


def clear(folder: Path) -> None:
    """Remove what belongs to a session that is over."""
    for pattern in ("*.map", "want-*.json", "*.new", "leave", "rig.json"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


def main(argv: list[str]) -> int:
    """Look after everybody until told to leave."""
    folder = Path(argv[0])
    os.environ["PYTHONPATH"] = os.pathsep.join(p for p in (str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")) if p)
    with Held(folder, "watch"), (folder / "log").open("a") as log:
        rig = Rig.read(folder / "rig.json")
        watch = Watch(folder, rig, Map(folder / "core.map", at.CORE), log)
        told: list[int] = []
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda number, _: told.append(number))
        watch.adopted = bool(alive(folder, "core"))
        if watch.adopted:
            watch.say("took over a core that was playing")
            watch.since = watch.moved = time.monotonic()
            watch.calls = int(watch.map.clock[at.C_CALLS])
        slow = 0
        while not told and not (folder / "leave").exists() and (folder / "core.map").exists():
            watch.look_after_core()
            if slow % 10 == 0:
                watch.look_after_standby()
                watch.look_after_tape()
                watch.look_after_workers()
                watch.look_for_device()
            slow += 1
            rest(watch)
        watch.close()
    return 0


def rest(watch: Watch) -> None:
    """Sleep, but wake at once when the core's end of the pipe closes: it died."""
    pipe = watch.core.stdout if watch.core else None
    if pipe is None or os.name == "nt":
        time.sleep(POLL)
        return
    ready, _, _ = select.select([pipe], [], [], POLL)
    if ready and not os.read(pipe.fileno(), 4096):
        time.sleep(0.001)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
