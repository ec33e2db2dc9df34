"""A bad minute in the desk: everything that stops a Python program, one after the other, on the main thread.

A pure-Python loop, 20 MB of JSON (holds the GIL), a collection over millions
of objects, imports of heavy modules, matrix products on two threads, 32 MB
written and read, a 12 000-line script compiled and run, a slow regex.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import re
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

# thrown out and imported again; compiled packages (numpy, scipy) cannot be, they are only imported once
AGAIN = ("sympy", "networkx", "transformers", "hypothesis", "email", "http", "xml", "unittest", "pydoc", "lib2to3", "idlelib", "wsgiref")
HEAVY = ("sympy", "networkx", "transformers", "hypothesis.strategies", "email.mime.text", "http.server", "xml.dom.minidom", "xml.sax.saxutils",
         "unittest.mock", "pydoc", "lib2to3.pygram", "idlelib.config", "wsgiref.simple_server", "scipy.signal", "scipy.stats")  # fmt: skip


class Stress:
    """The mix, with its material made beforehand."""

    def __init__(self, objects: int = 3_000_000, megabytes: int = 20) -> None:
        row = {"name": "rain on tin", "gain": 0.5, "steps": list(range(40)), "notes": "moss " * 20}
        one = len(json.dumps(row)) + 2
        self.text = json.dumps([row] * (megabytes * 1_000_000 // one))
        self.heap: Any = [[i] for i in range(objects)]
        self.script = "\n".join(f"place_{i} = {{'kind': 'gain', 'level': {i} * 0.5}}" for i in range(12_000))
        self.slow = re.compile(r"(a|aa|ab)*c")
        self.turns: dict[str, int] = {}
        self._matrices: Any = None

    def loop(self) -> None:
        """A pure-Python loop."""
        total = 0
        for i in range(3_000_000):
            total += i & 7

    def parse(self) -> None:
        """20 MB of JSON in one call that never gives the GIL up."""
        json.loads(self.text)

    def collect(self) -> None:
        """A collection over a heap of millions of objects."""
        gc.collect()

    def imports(self) -> None:
        """Heavy modules thrown out and imported again."""
        for known in [m for m in sys.modules if m.split(".")[0] in AGAIN]:
            del sys.modules[known]
        for name in HEAVY:
            with contextlib.suppress(ImportError), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(name)

    def multiply(self) -> None:
        """1024 x 1024 products on two threads: torch where it is, else numpy."""
        if self._matrices is None:
            try:
                import torch

                torch.set_num_threads(2)
                self._matrices = torch.rand(1024, 1024)
            except ImportError:
                import numpy as np

                self._matrices = np.random.default_rng(1).random((1024, 1024), np.float32)
        m = self._matrices
        hands = [threading.Thread(target=lambda: [m @ m for _ in range(4)]) for _ in range(2)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()

    def files(self) -> None:
        """32 MB to the disk and back."""
        fd, name = tempfile.mkstemp(prefix="antiphon-stress-")
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(os.urandom(1 << 20) * 32)
                file.flush()
                os.fsync(file.fileno())
            len(Path(name).read_bytes())
        finally:
            os.unlink(name)

    def run_script(self) -> None:
        """A script of 12 000 lines, compiled and run."""
        exec(compile(self.script, "stress", "exec"), {})  # noqa: S102 - it is ours, and this is the point

    def search(self) -> None:
        """A regex that tries everything."""
        self.slow.match("a" * 33)

    def mix(self, seconds: float, *, also: Callable[[float], None] | None = None) -> dict[str, int]:
        """Turn through the mix until the time is up; how often each had its turn."""
        acts = (self.loop, self.parse, self.collect, self.imports, self.multiply, self.files, self.run_script, self.search)
        began = time.monotonic()
        while True:
            for act in acts:
                passed = time.monotonic() - began
                if passed >= seconds:
                    return self.turns
                if also:
                    also(passed)
                act()
                self.turns[act.__name__] = self.turns.get(act.__name__, 0) + 1


def three_threads(seconds: float) -> None:
    """``while True: pass`` in three threads, as long as asked."""
    stop = False

    def spin() -> None:
        while not stop:
            pass

    hands = [threading.Thread(target=spin, daemon=True) for _ in range(3)]
    for hand in hands:
        hand.start()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.05)
    stop = True
    for hand in hands:
        hand.join()
