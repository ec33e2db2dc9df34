"""Ends what plays, in order: the watcher lets everybody go; whoever does not go is ended. What was ended, in a line.

For an evening whose desk is gone. A desk that is still there notices, says so and leaves.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from live.core import layout as at
from live.core.memory import Map, where
from live.core.ringfile import RUNNING, open_ring
from live.pids import alive, end
from live.rig import Rig
from live.stage import tidy
from live.watch import clear, end_worker

ROLES = {"watch": "the watcher", "core": "the core", "standby": "the core standing by", "tape": "the recorder", "hands": "the hands"}
PATIENCE = 8.0  # seconds the watcher has to let everybody go


def stop() -> str:
    """End everything of ours; one line that says what it was."""
    said = [line for folder in sorted(where().iterdir()) if folder.is_dir() and (line := ended(folder))]
    return "; ".join(said) or "nothing plays, so there is nothing to stop"


def ended(folder: Path) -> str:
    """End the session of one runtime folder; what was ended, or nothing when nobody was there."""
    there = [said for role, said in ROLES.items() if alive(folder, role)]
    workers = sum(has_worker(path) for path in folder.glob("ring-*.map"))
    if not there and not workers:
        return _swept(folder)
    with contextlib.suppress(FileNotFoundError):
        (folder / "leave").touch()
    until = time.monotonic() + PATIENCE
    if not alive(folder, "watch"):
        _ask_core(folder)
        until -= PATIENCE - 2.5
    rig = folder / "rig.json"
    take = Rig.read(rig).take if rig.exists() else ""
    while any(alive(folder, role) for role in ("watch", "core")) and time.monotonic() < until:
        time.sleep(0.01)
    for role in ROLES:
        end(folder, role)
    for path in folder.glob("ring-*.map"):
        end_worker(path)
    clear(folder, whole=True)
    tidy(folder)
    names = [*there, *([f"{workers} worker{'s' * (workers > 1)}"] if workers else [])]
    return f"stopped {folder.name}: {', '.join(names)}" + (f". The take is {take}" if take else "")


def has_worker(path: Path) -> bool:
    """Whether somebody plays into a ring."""
    try:
        ring = open_ring(path)
    except OSError:
        return False
    runs = int(ring.head[at.R_STATE]) == RUNNING
    ring.close()
    return runs


def _ask_core(folder: Path) -> None:
    """A core without a watcher is asked to leave: it fades, and closes its journal."""
    with contextlib.suppress(OSError):
        core = Map(folder / "core.map", at.CORE)
        core.clock[at.C_STOP] = 1
        core.close()


def _swept(folder: Path) -> str:
    """What a crash left, cleared away."""
    if not (folder / "core.map").exists():
        return ""
    clear(folder, whole=True)
    return f"{folder.name} was over already; what it had left is cleared away"
