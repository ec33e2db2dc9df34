"""The watcher: whatever dies is there again. It makes no sound itself and imports next to nothing.

``python -m live.watch FOLDER``. It keeps a playing core, a warm one standing
by, the recorder, the hands, and a worker for each engine that is asked for. A core that
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
from live.core.mail import Sender
from live.core.memory import Map
from live.core.ringfile import Claim, open_ring
from live.pids import Held, alive, end
from live.rig import Rig

POLL = 0.01
SPARE_AFTER = 5.0  # seconds a worker has played before a spare of it is loaded
WELL = 10.0  # seconds a worker has played after which its earlier falls are forgotten
STALL = 0.7  # seconds without a callback before a core counts as hung
PROBE = 0.5  # seconds before a child looks again for a device that would not open
WARM_UP = 180.0  # a cold cache compiles first
RESTORE = 30.0  # a score's sounds may have to be read again
WATCHER = 1  # our mailbox
HOPELESS = 5  # cores that die before the first sound of all: then none can start here
LEFT = (
    "*.map", "want-*.json", "*.new", "leave", "failed", "rig.json", "patch.json", "tape.json", "bell",
    "controls.json", "osc.json", "plugs.json", "lanes.json",
)  # fmt: skip
CRASHED = 3.0  # a core that dies this young is not to be trusted with the same score again
YOUNG = 30.0  # hands that die younger than this begin again later each time, up to this


@dataclass
class Worker:
    """One engine's process and what it was asked for."""

    slip: dict[str, Any]
    process: subprocess.Popen[bytes] | None = None
    spare: subprocess.Popen[bytes] | None = None  # loaded and waiting
    since: float = 0.0
    failures: int = 0
    again: float = 0.0


@dataclass
class Watch:
    """Everybody the watcher looks after."""

    folder: Path
    rig: Rig
    map: Map
    log: Any
    mail: Sender
    core: subprocess.Popen[bytes] | None = None
    standby: subprocess.Popen[bytes] | None = None
    tape: subprocess.Popen[bytes] | None = None
    hands: subprocess.Popen[bytes] | None = None
    hands_since: float = 0.0
    hands_again: float = 0.0  # when they may begin
    hands_pause: float = 1.0  # seconds they wait after the next early death
    workers: dict[Path, Worker] = field(default_factory=dict)
    leaving: list[subprocess.Popen[bytes]] = field(default_factory=list)
    device: str = ""  # what the next core begins on, when the wanted device made the last one hang
    since: float = 0.0
    calls: int = -1
    moved: float = 0.0
    young_deaths: int = 0
    silent_deaths: int = 0  # cores in a row that died before they made a sound
    sounded: bool = False
    adopted: bool = False
    probe: subprocess.Popen[bytes] | None = None
    probed: float = 0.0
    standby_due: float = 0.0
    patience: float = WARM_UP
    playing: bool = False  # it said so when last looked at
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
        self.standby, self.patience = None, RESTORE
        if fresh is None or fresh.poll() is not None:
            self.patience = WARM_UP
            fresh = self.spawn("live.core.process", str(self.folder), "--standby", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        go = {"device": self.device, "careful": self.young_deaths >= 2}
        assert fresh.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            fresh.stdin.write((json.dumps(go) + "\n").encode())
            fresh.stdin.flush()
        self.core, self.adopted, self.device = fresh, False, ""
        now = time.monotonic()
        self.since, self.moved, self.calls = now, now, int(self.map.clock[at.C_CALLS])
        self.standby_due, self.playing = now + 1.5, False
        self.map.clock[at.C_STATE] = 0

    def look_after_core(self) -> None:
        """Dead, hung, or well."""
        now = time.monotonic()
        if not self.core_alive():
            if self.core is not None or self.calls >= 0:
                self.young_deaths = self.young_deaths + 1 if now - self.since < CRASHED else 0
                self.silent_deaths += not self.sounded
                self.say(f"the core is gone (it played {now - self.since:.1f} s); the next one plays")
            self.start_core()
            return
        calls = int(self.map.clock[at.C_CALLS])
        if calls != self.calls:
            self.calls, self.moved, self.sounded = calls, now, True
            return
        playing = int(self.map.clock[at.C_STATE]) in (1, 2)
        if playing and not self.playing:  # just now: its first callback has its whole time before it
            self.moved = now
        self.playing = playing
        limit = STALL + 2 * int(self.map.clock[at.C_BLOCK]) / max(int(self.map.clock[at.C_RATE]), 1)
        if now - self.moved > (limit if playing else self.patience):
            self.say("the core makes no sound any more; it is replaced")
            if playing and self.rig.device != "null":
                self.device = "null"  # its device hangs: the next one begins without, and looks for it
            self.kill_core()
            self.look_after_core()

    def kill_core(self) -> None:
        """No questions: a hung one would not answer."""
        if self.core is not None:
            self.core.kill()
            self.core.wait()
        else:
            end(self.folder, "core", hard=True)
            self.adopted = False  # known, and not asked again: whoever asks too often falls over

    def look_for_device(self) -> None:
        """While a PortAudio device is away, a child looks for it and leaves when it is there; then the core is told."""
        away = int(self.map.clock[at.C_STATE]) == 1 and self.map.device[2] == b"null" and self.rig.device not in ("jack", "null")
        if not away:
            self.end_probe()
            return
        if self.probe is None:
            if time.monotonic() - self.probed > PROBE:
                self.probe = self.spawn("live.ports.audio", "--until", self.rig.device, self.rig.source, stdout=subprocess.DEVNULL)
                self.probed = time.monotonic()
        elif self.probe.poll() is not None:
            there = self.probe.wait() == 0
            self.probe, self.probed = None, time.monotonic()
            if there:
                self.say(f"{self.rig.device} is there again")
                self.mail.word("device")

    def end_probe(self) -> None:
        """Nobody need look any more."""
        if self.probe is not None:
            self.probe.kill()
            self.probe.wait()
            self.probe = None

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
            words = ("--minutes", f"{self.rig.minutes:g}", "--parent", str(os.getpid()))
            self.tape = self.spawn("live.tape", str(self.folder), self.rig.take, *words)

    def look_after_hands(self) -> None:
        """Controllers, OSC and other clocks: one process. It outlives us, as the core does."""
        if not self.rig.hands or (self.hands is not None and self.hands.poll() is None):
            return
        now = time.monotonic()
        if self.hands is not None:
            self.hands_pause = 1.0 if now - self.hands_since > YOUNG else self.hands_pause
            self.hands, self.hands_again = None, now + self.hands_pause
            self.hands_pause = min(self.hands_pause * 2, YOUNG)
            self.say("the hands are gone; they begin again")
        if now < self.hands_again or int(self.map.clock[at.C_STATE]) not in (1, 2):
            return
        if alive(self.folder, "hands"):  # those of a watcher before us
            self.hands_again = now + 1.0
            return
        self.hands, self.hands_since = self.spawn("live.control", str(self.folder)), now

    def look_after_workers(self) -> None:
        """A worker for each slip; none without."""
        slips = set(self.folder.glob("want-*.json"))
        for path in [p for p in self.workers if p not in slips]:
            worker = self.workers.pop(path)
            for process in (worker.process, worker.spare):
                if process and process.poll() is None:
                    process.terminate()
                    self.leaving.append(process)
        now = time.monotonic()
        for path in slips:
            worker = self.workers.get(path)
            if worker is None:
                with contextlib.suppress(OSError, ValueError):
                    worker = self.workers[path] = Worker(json.loads(path.read_text()))
                if worker is None:
                    continue
            self.look_after_worker(worker, now)
        self.leaving = [process for process in self.leaving if process.poll() is None]

    def look_after_worker(self, worker: Worker, now: float) -> None:
        """One engine: whoever plays it, and whoever waits to."""
        if worker.process is not None and worker.process.poll() is not None:
            worker.failures = 0 if now - worker.since > WELL else worker.failures + 1
            self.say(f"the worker of {worker.slip['engine']} is gone; {'its spare plays' if worker.spare else 'it starts again'}")
            worker.process, worker.spare, worker.since = worker.spare, None, now
            worker.again = now + (0.0 if worker.failures < 2 else min(0.1 * 2 ** min(worker.failures, 7), 5.0))
        if worker.process is None and now >= worker.again:
            worker.process, worker.since = self.spawn_worker(worker.slip), now
        elif worker.spare is None and worker.process is not None and now - worker.since > SPARE_AFTER and self.has_room(worker):
            worker.spare = self.spawn_worker(worker.slip)
        elif worker.spare is not None and worker.spare.poll() is not None:
            worker.spare, worker.since = None, now

    def has_room(self, worker: Worker) -> bool:
        """Whether a spare may wait beside the worker: a quarter of the free memory is ours to use up."""
        free, size = free_memory(), resident(worker.process.pid if worker.process else 0)
        return size * 4 < free

    def spawn_worker(self, slip: dict[str, Any]) -> subprocess.Popen[bytes]:
        """A process for one engine."""
        more = ["--folders", os.pathsep.join(slip["folders"])] if slip["folders"] else []
        return self.spawn(
            "live.worker", slip["ring"], slip["engine"], "--seed", str(slip["seed"]), "--settings", json.dumps(slip["settings"]),
            "--parent", str(os.getpid()), *more,
        )  # fmt: skip

    def close(self) -> None:
        """Everybody leaves in order, and nothing stays behind."""
        self.map.clock[at.C_STOP] = 1
        self.end_probe()
        workers = [p for w in self.workers.values() for p in (w.process, w.spare)]
        ours = [p for p in (self.core, self.tape, self.hands, self.standby, *workers, *self.leaving) if p is not None]
        if self.standby and self.standby.stdin:
            self.standby.stdin.close()
        until = time.monotonic() + 2.5
        while self.core_alive() and time.monotonic() < until:
            time.sleep(0.005)
        self.kill_core()
        for process in ours:
            if process.poll() is None:
                process.terminate()
        for process in ours:
            try:
                process.wait(2.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        end(self.folder, "hands")  # those of a watcher before us, too
        for path in self.folder.glob("ring-*.map"):  # workers of a watcher before us
            end_worker(path)


def end_worker(path: Path, patience: float = 1.5) -> None:
    """Ask whoever plays into a ring to leave, and see that he does."""
    try:
        ring, claim = open_ring(path), Claim(path)
    except OSError:
        return
    ring.head[at.R_STOP] = 1
    until = time.monotonic() + patience
    while not claim.take():
        if time.monotonic() > until:
            with contextlib.suppress(OSError):
                os.kill(int(ring.head[at.R_PID]), getattr(signal, "SIGKILL", signal.SIGTERM))  # he holds the ring: it is ours
            break
        time.sleep(0.01)
    claim.drop()
    ring.close()


def free_memory() -> float:
    """Bytes that can be had without pushing anybody out; plenty where nobody says."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable"):
                return int(line.split()[1]) * 1024.0
    return 8e9


def resident(pid: int) -> float:
    """Bytes a process takes; half a gigabyte where nobody says."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096.0
    return 5e8


def clear(folder: Path, *, whole: bool = False) -> None:
    """Remove what belongs to a session that is over; ``whole``: the log and the folder too."""
    for pattern in LEFT:
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)
    if whole:
        for path in [folder / "log", *folder.glob("*.pid")]:
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # somebody else's file lies there: then it stays
            folder.rmdir()


def main(argv: list[str]) -> int:
    """Look after everybody until told to leave."""
    folder = Path(argv[0])
    os.environ["PYTHONPATH"] = os.pathsep.join(p for p in (str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")) if p)
    with Held(folder, "watch"), (folder / "log").open("a") as log:
        rig, page = Rig.read(folder / "rig.json"), Map(folder / "core.map", at.CORE)
        watch = Watch(folder, rig, page, log, Sender(page, WATCHER))
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
            if watch.silent_deaths >= HOPELESS:
                break
            if slow % 10 == 0:
                watch.look_after_standby()
                watch.look_after_tape()
                watch.look_after_hands()
                watch.look_after_workers()
                watch.look_for_device()
            slow += 1
            rest(watch)
        watch.close()
        clear(folder, whole=watch.silent_deaths < HOPELESS)
        if watch.silent_deaths >= HOPELESS:
            (folder / "failed").write_text(last_words(folder))
    return 0


def last_words(folder: Path) -> str:
    """The last line of the log that tells something; our own remarks only when there is no other."""
    try:
        lines = [line.rstrip() for line in (folder / "log").read_text(errors="replace").splitlines()[-200:]]
    except OSError:
        return ""
    told = [line for line in lines if line and not line.startswith((" ", "Traceback"))]
    return next((line for line in reversed(told) if " watch: " not in line), told[-1] if told else "")


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
