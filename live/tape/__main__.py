"""python -m live.tape RUNTIME_FOLDER TAKES_FOLDER: record until the core ends."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from pathlib import Path

from live.tape.recorder import PATIENCE, POLL, follow, say
from live.tape.reels import CAP, MINUTES


def main(words: list[str] | None = None) -> int:
    """Read the words and follow the tape."""
    ask = argparse.ArgumentParser("live.tape", description="keeps the last minutes of every input, place and the mix on disk")
    ask.add_argument("runtime", type=Path, help="where the core's tape.map lies")
    ask.add_argument("takes", type=Path, help="where to put the reels")
    ask.add_argument("--minutes", type=float, default=MINUTES)
    ask.add_argument("--cap", type=int, default=CAP, help="bytes the ring may take at most")
    ask.add_argument("--poll", type=float, default=POLL, help="seconds between two looks")
    ask.add_argument("--reel", type=float, default=5.0, help="seconds on one reel")
    ask.add_argument("--patience", type=float, default=PATIENCE, help="seconds the core's tape may be gone")
    ask.add_argument("--parent", type=int, default=os.getppid(), help="leave when this process is gone (0: stay)")
    told = ask.parse_args(words)
    stopped: list[int] = []
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, _frame: stopped.append(number))
    with contextlib.suppress(OSError, AttributeError):  # the recorder gives way to everything that sounds
        os.nice(5)
    try:
        follow(
            told.runtime, told.takes, poll=told.poll, patience=told.patience, parent=told.parent, stop=lambda: bool(stopped),
            minutes=told.minutes, cap=told.cap, seconds=told.reel,
        )  # fmt: skip
    except OSError as why:
        say(f"cannot record: {why.strerror or why}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
