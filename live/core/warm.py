"""Compile everything the core can play, so that no start on stage ever compiles.

``python -m live.core.warm``: run by ./play. With a warm cache it takes under a second.
"""

from __future__ import annotations

import json
import sys
import time


def warm() -> dict[str, float | int | list[str]]:
    """Load (and, the first time, compile) the callbacks and every kind. What it took."""
    began, cpu = time.perf_counter(), time.process_time()
    from live.core import callback, strips  # noqa: F401 - imported for their compiled code
    from live.core.kinds import BROKEN, kinds

    found = kinds()
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "cpu": round(time.process_time() - cpu, 2),
        "kinds": len(found),
        "broken": [f"{where}: {why}" for where, why in BROKEN.items()],
    }


if __name__ == "__main__":
    told = warm()
    sys.stdout.write(json.dumps(told) + "\n")
    sys.exit(1 if told["broken"] else 0)
