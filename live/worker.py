"""Worker: one engine in a process of its own, so that nothing it does can stop the sound.

    python -m live.worker RINGFILE ENGINE [--seed N] [--settings JSON] [--folders A:B] [--parent PID] [--patience SECONDS]

It may be killed at any moment; the next one goes on at the next sample. Start
two for one ring, and the second is a spare: it loads, waits, and takes over in
milliseconds. What a worker has to say it says in JSON lines: ``says`` is
spare, ready, trouble, gave-up or bye.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # before numpy and torch wake up
    os.environ.setdefault(_name, "1")

from engines.catalogue import find, load_class  # noqa: E402
from engines.face import Engine  # noqa: E402
from live.core import layout as at  # noqa: E402
from live.core.memory import Map  # noqa: E402
from live.core.ringfile import LEAVING, RUNNING, STARTING, Claim, open_ring  # noqa: E402
from live.hosted import GaveUp, Hosted  # noqa: E402
from live.whole import put  # noqa: E402

POLL = 0.002  # seconds between looks at the clock
LOOK = 0.5  # seconds between looks at who is above us
SHOWN = 0.1  # seconds between two pictures of what an engine does
LONELY = 3.0  # seconds the clock may stand still once nobody is left above us
GAVE_UP, NO_ENGINE, NO_RING = 3, 4, 5


def say(**what: Any) -> None:
    """One JSON line."""
    try:
        sys.stdout.write(json.dumps({"ns": time.monotonic_ns(), **what}) + "\n")
        sys.stdout.flush()
    except (OSError, ValueError):  # nobody listens any more: the sound matters more
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


class Above:
    """Whoever is above the worker: the core that plays the ring, and the process that started us."""

    def __init__(self, ring: Map, claim: Claim, parent: int) -> None:
        self.head, self.claim, self.parent = ring.head, claim, parent
        self.clock, self.moved, self.looked = -1, time.monotonic(), 0.0

    def why_leave(self) -> str:
        """A reason to go, or nothing."""
        if self.head[at.R_STOP]:
            return "asked to leave"
        now = time.monotonic()
        if self.head[at.R_CLOCK] != self.clock:
            self.clock, self.moved = int(self.head[at.R_CLOCK]), now
        if now - self.looked < LOOK:
            return ""
        self.looked = now
        if not self.claim.is_there():
            return "the ring is gone"
        return "the core is gone" if now - self.moved > LONELY and not is_alive(self.parent) else ""


def host(ring: Path, word: str, *, seed: int, settings: dict[str, Any], folders: list[Path], parent: int, patience: float) -> int:
    """Load the engine, wait for our turn, play. The exit code says how it ended."""
    began = time.monotonic()
    engine, failed = loaded(ring, word, settings, folders)  # the ring of a plan that lands later may not be there yet
    try:
        strip = open_ring(ring, patience)
        claim = Claim(ring)
    except OSError as trouble:
        say(says="gave-up", engine=word, why=str(trouble))
        return NO_RING
    above, head = Above(strip, claim, parent), strip.head
    try:
        if engine is None:
            raise failed or RuntimeError("it did not load")
        why = wait_turn(above, claim, word)
        if not why:
            head[[at.R_PID, at.R_STATE]] = os.getpid(), STARTING
            hosted = Hosted(engine, strip, seed=seed)
    except Exception as trouble:
        say(says="gave-up", engine=word, ring=ring.stem, why=f"{type(trouble).__name__}: {trouble}")
        if claim.take():
            head[at.R_STATE] = LEAVING
        return NO_ENGINE
    if why:
        say(says="bye", engine=word, why=why)
        return 0
    head[at.R_STATE] = RUNNING
    say(
        says="ready",
        engine=word,
        ring=ring.stem,
        seconds=round(time.monotonic() - began, 3),
        frame=hosted.written,
        ahead=hosted.ahead,
        chunk=hosted.chunk,
    )
    try:
        why, code = play(hosted, word, above), 0
    except GaveUp as trouble:
        why, code = str(trouble), GAVE_UP
    head[at.R_STATE] = LEAVING
    say(says="gave-up" if code else "bye", engine=word, why=why, frame=hosted.written)
    return code


def loaded(ring: Path, word: str, settings: dict[str, Any], folders: list[Path]) -> tuple[Engine | None, Exception | None]:
    """The engine with all it needs, or what kept it from loading."""
    try:
        engine = load_class(find(word, folders))(**settings)
        engine.tell = lambda progress: say(says="loading", engine=word, ring=ring.stem, how=str(progress)[:80])  # type: ignore[method-assign]
        engine.show = Shown(ring)  # type: ignore[method-assign]
        engine.tell("")
        engine.load()
    except Exception as trouble:
        return None, trouble
    return engine, None


class Shown:
    """What an engine shows, beside its ring, for whoever asks. Ten times a second at the most: the newest counts."""

    def __init__(self, ring: Path) -> None:
        self.file, self.last = ring.with_suffix(".said"), 0.0

    def __call__(self, what: Mapping[str, Any]) -> None:
        now = time.monotonic()
        if now - self.last < SHOWN:
            return
        self.last = now
        put(self.file, json.dumps(what))


def wait_turn(above: Above, claim: Claim, word: str) -> str:
    """A second worker of one ring is the spare: loaded and warm, it waits until the first is gone. Answers a reason to leave."""
    if claim.take():
        return ""
    say(says="spare", engine=word)
    while not claim.take():
        why = above.why_leave()
        if why:
            return why
        time.sleep(POLL)
    return ""


def play(hosted: Hosted, word: str, above: Above) -> str:
    """Keep the cushion full. Answers why it ended."""
    told = 0
    while True:
        stepped = hosted.follow()
        if len(hosted.troubles) > told:
            say(says="trouble", engine=word, why=hosted.troubles[-1], frame=hosted.written, times=len(hosted.troubles))
        told = len(hosted.troubles)
        hosted.head[at.R_BEAT_NS] = time.monotonic_ns()
        why = above.why_leave()
        if why:
            return why
        if not stepped:
            time.sleep(POLL)


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
