"""Keeps the core on its device: the wanted one while it is there, null while it is not, and back when it returns.

A driver may take its time, or hang for ever, so it is only ever spoken to in a
thread of its own; the sound and the conductor never wait for it.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from live.core import layout as at
from live.ports.audio import DeviceError
from live.ports.opened import JackPort, NullPort, Patch, Port, PortAudioPort, Stuck
from live.rig import Rig

LOOK_AGAIN = 0.25  # seconds between looks for a JACK server that left
HANGS = 6.0  # seconds after which a driver that does not answer is taken for hung: a new core asks afresh
NOTE_EVERY = 0.5  # seconds between looks at how we are patched
RIGHTS_AFTER = 0.3  # seconds after a device began until its thread has what rights it gets


class Devices:
    """The device the core plays on. ``tell`` gets a line when something happens, ``began`` is called when another one plays."""

    def __init__(self, folder: Path, stand: Any, rig: Rig, clock: Any, tell: Callable[[str], None], began: Callable[[Port], None]) -> None:
        self.stand, self.rig, self.clock, self.tell, self.began = stand, rig, clock, tell, began
        self.patch_file = folder / "patch.json"
        self.patch: Patch | None = self._kept()
        self.port: Port | None = None
        self.asked = 0.0  # when the driver was last spoken to; 0 while nobody speaks to it
        self.looked = self.noted = 0.0
        self.rights_due = 0.0
        self.lost_at = 0.0
        self._dead: list[Port] = []
        self._seen: Patch | None = None  # the patch as last looked at: it counts when it still stands at the next look
        self._noting: threading.Thread | None = None
        self._unnoted = ""  # why the patch could not be noted
        self._came: queue.SimpleQueue[Port | Exception] = queue.SimpleQueue()

    # --- opening ------------------------------------------------------------------

    def call(self) -> None:
        """Begin to open the wanted device, away from everybody."""
        if self.asked or self.rig.device == "null":
            return
        self.asked = time.monotonic()
        threading.Thread(target=self._ask, name="device", daemon=True).start()

    def _ask(self) -> None:
        try:
            while self._dead:
                self._dead.pop().close()
            self._came.put(self._opened())
        except Exception as trouble:  # whatever a driver does, time goes on, on null
            self._came.put(trouble)

    def _opened(self) -> Port:
        rig = self.rig
        if rig.device == "jack":
            return JackPort(self.stand, rig.block, rig.client, connect=rig.connect, patch=self.patch)
        return PortAudioPort(self.stand, rig.block, rig.device, rig.source)

    def open(self, patience: float = 1.5) -> None:
        """Play: on the wanted device if it answers soon, else on null."""
        came: Port | Exception | None = None
        if self.asked:
            try:
                came = self._came.get(timeout=patience)
                self.asked = 0.0
            except queue.Empty:
                self.tell(f"{self.rig.device} takes its time; playing on null meanwhile")
        if isinstance(came, Port):
            self._take(came)
            return
        if came is not None:
            self._say(came)
        self._take(NullPort(self.stand, self.rig.block))

    def _say(self, trouble: Exception) -> None:
        text = str(trouble) if isinstance(trouble, DeviceError) else f"{self.rig.device} would not open: {trouble}"
        self.tell(f"{text}; playing on null until it can be had")

    def _take(self, port: Port) -> None:
        before, self.port = self.port, port
        port.take(before)
        if before is not None:
            if before.backend == "null":
                before.close()
            else:
                self._dead.append(before)
        for note in port.notes:
            self.tell(note)
        self.noted = time.monotonic()
        self.rights_due = self.noted + RIGHTS_AFTER
        self.began(port)

    # --- every turn ---------------------------------------------------------------

    def turn(self) -> None:
        """A device that said goodbye is followed by null at once; the wanted one is taken back when it returns. May raise Stuck."""
        now = time.monotonic()
        port = self.port
        assert port is not None
        if port.lost:
            self.lost_at = now
            self._take(NullPort(self.stand, self.rig.block))
            self.tell(f"{port.name} is gone; playing on null until it returns")
            self.looked = now
        elif port.backend == "null" and not self.asked and self.rig.device == "jack" and now - self.looked > LOOK_AGAIN:
            self.looked = now
            self.call()
        if self.asked:
            self._look_whether_it_came(now)
        if port.backend == "jack" and now - self.noted > NOTE_EVERY and not (self._noting and self._noting.is_alive()):
            self.noted = now
            self._noting = threading.Thread(target=self._note_patch, args=(port,), daemon=True)  # a dying server may not answer
            self._noting.start()
        if self._unnoted:
            self.tell(self._unnoted)
            self._unnoted = ""
        if self.rights_due and now > self.rights_due:
            self.rights_due = 0.0
            self._note_rights()

    def _look_whether_it_came(self, now: float) -> None:
        try:
            came = self._came.get_nowait()
        except queue.Empty:
            if now - self.asked > HANGS:
                raise Stuck(f"{self.rig.device} does not answer") from None
            return
        self.asked = 0.0
        self.looked = now
        if isinstance(came, Port):
            if came.lost:
                self._dead.append(came)
                return
            self._take(came)
            self.tell(f"{came.name} is back" if self.lost_at else f"playing on {came.name}")
        elif not (isinstance(came, DeviceError) and "no JACK server" in str(came)):  # that one everybody knows by now
            self._say(came)

    # --- what is worth knowing ------------------------------------------------------

    def _kept(self) -> Patch | None:
        try:
            return [(str(a), str(b)) for a, b in json.loads(self.patch_file.read_text())]
        except (OSError, ValueError):
            return None

    def _note_patch(self, port: Port) -> None:
        """Remember how we are patched, for the server's return and for the next core."""
        assert isinstance(port, JackPort)
        try:
            patch = port.patch()
        except Exception:  # it is leaving this very moment: what was noted last stands
            return
        seen, self._seen = self._seen, patch
        if patch == self.patch or patch != seen or port.lost:  # a leaving server takes the cables out first
            return
        self.patch = patch
        fresh = self.patch_file.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(patch))
            os.replace(fresh, self.patch_file)
        except OSError as trouble:
            self._unnoted = f"how it is patched cannot be noted: {trouble.strerror}"

    def _note_rights(self) -> None:
        """Write down which rights the audio thread has: the strongest class any thread of ours has."""
        policy, priority = audio_rights()
        self.clock[at.C_POLICY], self.clock[at.C_PRIORITY] = policy, priority
        if policy == -1:
            self.tell("the audio thread has no real-time rights, so a busy machine may interrupt it; antiphon doctor names the cure")

    def close(self) -> None:
        """Let go, but wait for nobody's dead server."""
        port = self.port
        if port is None:
            return
        closing = threading.Thread(target=port.close, daemon=True)
        closing.start()
        closing.join(1.5)


def audio_rights() -> tuple[int, int]:
    """Class (1 FIFO, 2 RR, -1 none, 0 not known) and priority of this process's strongest thread."""
    if not sys.platform.startswith("linux"):
        return 0, 0
    best = (-1, 0)
    for task in Path("/proc/self/task").iterdir():
        try:
            policy = os.sched_getscheduler(int(task.name))
            priority = os.sched_getparam(int(task.name)).sched_priority
        except OSError:
            continue  # it ended just now
        if policy in (os.SCHED_FIFO, os.SCHED_RR) and priority > best[1]:
            best = (1 if policy == os.SCHED_FIFO else 2, priority)
    return best
