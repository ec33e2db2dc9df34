"""Worker: one engine in a process of its own, so that nothing it does can stop the sound.

    python -m live.worker RINGFILE ENGINE [--seed N] [--settings JSON] [--folders A:B] [--parent PID] [--patience SECONDS]

It may be killed at any moment; the next one goes on at the next sample. What
it has to say it says in JSON lines: ``says`` is ready, trouble, gave-up or bye.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # before numpy and torch wake up
    os.environ.setdefault(_name, "1")

from engines.catalogue import find, load_class  # noqa: E402
from live.core import layout as at  # noqa: E402
from live.core.ringfile import LEAVING, RUNNING, STARTING, open_ring  # noqa: E402
from live.hosted import GaveUp, Hosted  # noqa: E402

POLL = 0.002  # seconds between looks at the clock
LONELY = 3.0  # seconds the clock may stand still once nobody is left above us
GAVE_UP, NO_ENGINE, NO_RING = 3, 4, 5


def say(**what: Any) -> None:
    """One JSON line."""
    try:
        sys.stdout.write(json.dumps({"ns": time.monotonic_ns(), **what}) + "\n")
        sys.stdout.flush()
    except (OSError, ValueError):  # nobody listens any more: the sound matters more
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def host(ring: Path, word: str, *, seed: int, settings: dict[str, Any], folders: list[Path], parent: int, patience: float) -> int:
    """Play until the core is gone, the ring is gone, or somebody says so."""
    try:
        strip = open_ring(ring, patience)
    except OSError as trouble:
        say(says="gave-up", engine=word, why=str(trouble))
        return NO_RING
    strip.head[[at.R_PID, at.R_STATE]] = os.getpid(), STARTING
    began = time.monotonic()
    try:
        engine = load_class(find(word, folders))(**settings)
        engine.load()
        hosted = Hosted(engine, strip, seed=seed)
    except Exception as trouble:
        strip.head[at.R_STATE] = LEAVING
        say(says="gave-up", engine=word, why=f"{type(trouble).__name__}: {trouble}")
        return NO_ENGINE
    strip.head[at.R_STATE] = RUNNING
    say(says="ready", engine=word, seconds=round(time.monotonic() - began, 3), frame=hosted.written, ahead=hosted.ahead, chunk=hosted.chunk)
    try:
        why = play(hosted, word, ring, parent)
        code = 0
    except GaveUp as trouble:
        why, code = str(trouble), GAVE_UP
    strip.head[at.R_STATE] = LEAVING
    say(says="bye" if code == 0 else "gave-up", engine=word, why=why, frame=hosted.written)
    return code


def play(hosted: Hosted, word: str, ring: Path, parent: int) -> str:
    """Keep the cushion full. Answers why it ended."""
    head = hosted.head
    told, clock, moved, looked = 0, -1, time.monotonic(), 0.0
    while True:
        stepped = hosted.follow()
        if len(hosted.troubles) > told:
            say(says="trouble", engine=word, why=hosted.troubles[-1], frame=hosted.written, times=len(hosted.troubles))
        told = len(hosted.troubles)
        head[at.R_BEAT_NS] = time.monotonic_ns()
        if head[at.R_STOP]:
            return "asked to leave"
        now = time.monotonic()
        if head[at.R_CLOCK] != clock:
            clock, moved = int(head[at.R_CLOCK]), now
        if now - looked > 0.5:
            looked = now
            if not is_same_file(hosted, ring):
                return "the ring is gone"
            if now - moved > LONELY and not is_alive(parent):
                return "the core is gone"
        if not stepped:
            time.sleep(POLL)


def is_same_file(hosted: Hosted, ring: Path) -> bool:
    """The ring still lies where it lay, and is still ours."""
    return ring.exists() and int(hosted.head[at.R_PID]) == os.getpid()


def is_alive(parent: int) -> bool:
    """Whoever started us, or the process we were told to watch, is still there."""
    if os.name == "nt":
        return os.getppid() == parent  # no harmless question exists there
    if parent == os.getppid():
        return True
    try:
        os.kill(parent, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m live.worker", description="Host one engine beside the sound core.")
    parser.add_argument("ring", type=Path)
    parser.add_argument("engine")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--settings", type=json.loads, default={})
    parser.add_argument("--folders", default="", help=f"more folders with engines, parted by {os.pathsep!r}")
    parser.add_argument("--parent", type=int, default=os.getppid())
    parser.add_argument("--patience", type=float, default=10.0, help="seconds to wait for the ring")
    a = parser.parse_args(argv)
    if hasattr(os, "nice"):
        os.nice(5)  # the core goes first
    folders = [Path(part) for part in a.folders.split(os.pathsep) if part]
    try:
        return host(a.ring, a.engine, seed=a.seed, settings=a.settings, folders=folders, parent=a.parent, patience=a.patience)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
