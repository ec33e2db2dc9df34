"""The recorder: follows the core's tape and keeps the last half hour on disk.

It may be killed at any moment and started again; it asks nothing of the core
but to be left a ring of the last seconds. When it cannot write it says so in
one line and keeps trying; the sound never waits for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from live.core import layout as at
from live.core.memory import Map
from live.tape.reels import Label, Shelf, past, reels, size
from live.tape.stretch import Follower, TapeError, look

POLL = 0.1  # seconds between two looks
STATUS = "tape.json"  # in the runtime folder: what the recorder says of itself
PATIENCE = 3.0  # seconds a tape may be missing before the recorder leaves
SLACK = 1.0  # seconds by which a new core's clock may miss the old one's and still be the same evening


def say(line: str) -> None:
    """One line to whoever started the recorder."""
    sys.stderr.write(f"tape: {line}\n")
    sys.stderr.flush()


class Recorder:
    """One recorder at one runtime folder. Call ``step`` often, ``close`` at the end."""

    def __init__(self, runtime: Path, takes: Path, *, say: Callable[[str], None] = say, retry: float = 0.5, **shelf: Any) -> None:
        self.runtime, self.folder = Path(runtime), Path(takes) / "reels"
        self.say, self._shelf_options = say, shelf
        self.follower: Follower | None = None
        self.shelf: Shelf | None = None
        self.trouble = ""
        self.holes = 0
        self._inode = 0
        self._told = 0.0
        self._retry = retry
        self._again = 0.0  # when to try after trouble
        self._lock: Any = None

    @property
    def path(self) -> Path:
        """The core's tape."""
        return self.runtime / "tape.map"

    def step(self) -> bool:
        """Copy what is new; False when there is no tape to follow."""
        if self.trouble and time.monotonic() < self._again:
            return True
        try:
            if not self._attach():
                return False
            assert self.follower is not None
            assert self.shelf is not None
            for piece in self.follower.lift():
                self.shelf.put(piece)
            if self.trouble:
                self.say(f"writing again; {self.follower.lost + self.holes} holes so far.")
            self.trouble = ""
        except (OSError, TapeError) as why:
            self._complain(why)
        self._tell()
        return True

    def _complain(self, why: Exception) -> None:
        text = why.strerror or str(why) if isinstance(why, OSError) else str(why).rstrip(".")
        line = f"not recording ({text.lower() if isinstance(why, OSError) else text}); the sound goes on, and the recorder tries again."
        if line != self.trouble:
            self.say(line)
        self.trouble = line
        self._again = time.monotonic() + self._retry

    def _attach(self) -> bool:
        """Find the tape, or the tape of a core that came after."""
        try:
            inode = self.path.stat().st_ino
            shape = look(self.path)
        except FileNotFoundError:
            return False
        follower = self.follower
        if follower is not None and inode == self._inode and shape == follower.shape and follower.written() >= follower.done:
            return True
        if self._lock is None:
            self._lock = _sole(self.folder)
        if follower is not None:
            with contextlib.suppress(OSError, TapeError):  # what the old core still left
                for piece in follower.lift() if inode != self._inode and self.shelf else ():
                    self.shelf.put(piece)
            self._leave()
        chain = reels(self.folder)
        last = [r for r in chain if r.label.run == chain[-1].label.run] if chain else []
        told = past(last[-3:])
        with contextlib.closing(Follower(self.path)) as probe:
            on = bool(last) and _goes_on(last[-1].label, shape, told.end, probe.written(), last[-1].changed)
        run = last[-1].label.run if on else f"{time.time_ns() // 1_000_000:013d}"
        self.shelf = Shelf(self.folder, Label(run, shape), **self._shelf_options)
        self.shelf.end = max(self.shelf.end, told.end) if on else 0
        self.follower = Follower(self.path, told.end, told.known) if on else Follower(self.path)
        self._inode = inode
        return True

    def _tell(self) -> None:
        """Say how it goes: the count of holes to the core's page, the rest to the runtime folder, once a second."""
        if self.follower is None or self.shelf is None:
            return
        holes = self.holes + self.follower.lost
        self.follower.map.head[at.P_OVERRUN] = holes
        now = time.monotonic()
        if now - self._told < 1.0:
            return
        self._told = now
        told = {
            "pid": os.getpid(), "reels": str(self.folder.resolve()), "bytes": self.shelf.bytes, "holes": holes, "trouble": self.trouble,
            "minutes": self.shelf.minutes, "allowed": self.shelf.allowed(), "beat": time.time(),
        }  # fmt: skip
        with contextlib.suppress(OSError):  # only a courtesy: take() finds the reels without it
            fresh = self.runtime / (STATUS + ".new")
            fresh.write_text(json.dumps(told))
            os.replace(fresh, self.runtime / STATUS)

    def _leave(self) -> None:
        if self.follower is not None:
            self.holes += self.follower.lost
            self.follower.close()
        if self.shelf is not None:
            self.shelf.close()
        self.follower = self.shelf = None

    def close(self) -> None:
        """Copy the last of it and let go."""
        if self.follower is not None and self.path.exists():
            self.step()
        self._leave()
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _goes_on(label: Label, shape: Any, end: int, written: int, changed: float) -> bool:
    """Whether the tape continues the newest run: the same core, or one that took over its clock."""
    old = label.shape
    if (old.ins, old.outs, old.rate, old.lookahead) != (shape.ins, shape.outs, shape.rate, shape.lookahead) or written < end:
        return False
    if shape.pid and (old.pid, old.began) == (shape.pid, shape.began):
        return True
    return abs((time.time() - changed) - (written - end) / shape.rate) < SLACK


def _sole(folder: Path) -> Any:
    """Hold the folder for one recorder; the system lets go of it when the process dies."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "lock").open("a+b")
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise TapeError(f"another recorder already writes to {folder.name} in {folder.parent.name}") from None
    return file


def leaving(runtime: Path) -> bool:
    """Whether the core says that it ends."""
    path = runtime / "core.map"
    try:
        core = Map(path, at.CORE)
    except (OSError, ValueError):
        return False
    state = int(core.clock[at.C_STATE])
    core.close()
    return state == 3


def follow(
    runtime: Path,
    takes: Path,
    *,
    stop: Callable[[], bool],
    poll: float = POLL,
    patience: float = PATIENCE,
    parent: int = 0,
    **shelf: Any,
) -> None:
    """Record until told to stop, the core ends, its tape is gone for good, or the one who started us is."""
    recorder = Recorder(runtime, takes, **shelf)
    missing: float | None = time.monotonic() + 9 * patience  # a core may take its time to begin
    looked = 0.0
    try:
        while not stop():
            now = time.monotonic()
            if recorder.step():
                missing = None
            else:
                missing = missing or now
                if now - missing > patience:
                    break
            if now - looked > 1.0:
                looked = now
                if (parent and os.getppid() != parent) or leaving(runtime):
                    break
            time.sleep(poll)
    finally:
        recorder.close()
        if recorder.trouble:
            say(f"left; the last line stands: {recorder.trouble}")


def report(runtime: Path) -> str:
    """How the recording goes, in a line, for the doctor and the status line."""
    try:
        told = json.loads((Path(runtime) / STATUS).read_text())
    except (OSError, ValueError):
        return "no recorder is at work."
    if time.time() - told["beat"] > 5:
        return "the recorder stopped; what it kept until then is safe."
    holes = f", {told['holes']} holes" if told["holes"] else ""
    used = f"{size(told['bytes'])} of {size(told['allowed'])} used{holes}"
    return told["trouble"] or f"recording the last {told['minutes']:g} minutes, {used}."
