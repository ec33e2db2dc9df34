"""Compile everything the core can play, so that no start on stage ever compiles.

``python -m live.core.warm``: run by ./play. With a warm cache it takes under
two seconds; the first time, each part of the core is compiled in a process of its own.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
import time

PARTS = ("callback strips beating", "sources controls", "treatments")


def load(part: str) -> None:
    """Import what a part is made of; whatever is not in the cache is compiled."""
    for name in part.split():
        module = importlib.import_module(f"live.core.{name}")
        for inner in pkgutil.iter_modules(getattr(module, "__path__", [])):
            importlib.import_module(f"{module.__name__}.{inner.name}")


def is_cold() -> bool:
    """Whether nothing has been compiled yet."""
    import live.core  # noqa: F401 - names the cache folder

    return not any(os.scandir(os.environ["NUMBA_CACHE_DIR"]))


def warm() -> dict[str, float | int | list[str]]:
    """Load everything, compiling side by side if it must be. What it took."""
    began = time.perf_counter()
    if is_cold():
        for child in [subprocess.Popen([sys.executable, "-m", "live.core.warm", part]) for part in PARTS]:
            child.wait()
    from live.core import beating, callback, strips  # noqa: F401 - imported for their compiled code
    from live.core.kinds import BROKEN, kinds

    found = kinds()
    spent = os.times()
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "cpu": round(spent.user + spent.system + spent.children_user + spent.children_system, 2),
        "kinds": len(found),
        "broken": [f"{where}: {why}" for where, why in BROKEN.items()],
    }


if __name__ == "__main__":
    if len(sys.argv) > 1:
        load(sys.argv[1])
    else:
        told = warm()
        sys.stdout.write(json.dumps(told) + "\n")
        sys.exit(1 if told["broken"] else 0)
