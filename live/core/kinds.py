"""What the core can play by itself: one ``Kind`` for each word.

A file in ``sources``, ``treatments`` or ``controls`` declares one or two kinds
and their compiled ops. Nothing else in the core needs to change for a new one.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import cfunc

from engines.face import Control
from live.core import row as r


def op(function: Callable[[int, int, int], None]) -> Any:
    """Compile ``function(row, n, t)`` for the callback, from the disk cache when it is there."""
    return cfunc(r.OP_TYPE, cache=True, **r.HOW)(function)


@dataclass
class Making:
    """What a kind may lay out while a node is made: in Python, away from the sound."""

    rate: int
    channels: int  # of its outlet
    ins: tuple[int, ...]  # channels of each connected input
    settings: dict[str, Any]
    seed: int
    frame: int = 0  # the clock at its birth
    inputs: np.ndarray = field(default_factory=lambda: np.zeros((1, r.CHUNK), np.float32))  # the device's inputs
    state: np.ndarray = field(default_factory=lambda: np.zeros(0))
    cells: dict[int, int] = field(default_factory=dict)  # row cells to fill in
    held: list[Any] = field(default_factory=list)  # buffers that must outlive the node
    share: Callable[[Any, Callable[[], Any]], Any] = lambda key, make: make()  # one load for many places
    stands: Mapping[str, float] = field(default_factory=dict)  # where its controls begin
    hands: Any = None  # where it finds what is played on keys (see keying.py)

    def hold(self, array: np.ndarray) -> int:
        """Keep an array alive with the node; its address."""
        self.held.append(array)
        return r.address(array)


@dataclass(frozen=True)
class Kind:
    """One word of the core: how it sounds, what a hand can turn, what must be known to build it."""

    word: str
    op: Any  # a cfunc of OP_TYPE
    says: str = ""  # one line of help
    inlets: tuple[str, ...] = ()
    controls: Mapping[str, Control] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    state: Callable[[Making], int] | int = 0  # doubles of state
    prepare: Callable[[Making], None] | None = None  # fill state and cells
    channels: Callable[[Mapping[str, Any], tuple[int, ...]], int] | None = None  # outlet width; default: the widest input, or 1
    latency: Callable[[Mapping[str, Any], int], int] | None = None  # frames, from settings and rate
    control: bool = False  # makes a control value, not sound
    events: bool = False  # takes events (notes, grains, triggers)
    dry: bool = False  # falls back to its input when it goes bad


_FOUND: dict[str, Kind] = {}
BROKEN: dict[str, str] = {}
"""Files that would not load, and why: the rest plays on, the doctor names them."""


def kinds() -> dict[str, Kind]:
    """Every kind the core knows, by word."""
    if not _FOUND:
        for folder in ("sources", "treatments", "controls"):
            package = importlib.import_module(f"live.core.{folder}")
            for module in pkgutil.iter_modules(package.__path__):
                try:
                    loaded = importlib.import_module(f"{package.__name__}.{module.name}")
                except Exception as trouble:  # one bad file must not take the others' sound
                    BROKEN[f"{folder}/{module.name}"] = str(trouble).splitlines()[0] if str(trouble) else type(trouble).__name__
                    continue
                _FOUND.update({k.word: k for k in vars(loaded).values() if isinstance(k, Kind)})
    return _FOUND


def nearest(word: str, known: Any) -> str:
    """A hint that names the nearest legal word, or lists them."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, 1, 0.5)
    return f"Nearest: {close[0]}." if close else f"There is: {', '.join(known) or 'none'}."
