"""How a treatment of the spectrum is written: a function of what was heard that says what to add.

A kernel is called once a hop with the address of its *sheet* and writes the difference
between the spectrum it wants and the one it hears: ``change`` = wanted - heard. What it
does not change is therefore the dry sound, to the last bit. It answers 0 (leave all
channels alone this hop), -1 (all changed) or a word whose bit c is set where channel c changed.

One file of ``kernels/`` declares one ``SpectralKernel``; its word becomes a treatment by itself.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numba as nb
import numpy as np
from numba import carray, cfunc, njit, types

from engines.face import Control
from live.core import row as r
from live.core.fft import PAD
from live.core.row import _at, words

# cells of the sheet (int64)
(
    CHANGE, FRAMES, SLOTS, SLOT, CHANNELS, BINS, CONTROLS, STATE,
    RATE, SIZE, HOP, FRAME, SCRATCH, SEED, GIVEN,
) = range(15)  # fmt: skip
SHEET = 16
KNOBS = 32  # controls a kernel may have
ALL = -1


Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Frame:
    """How a kernel's frames lie in time."""

    size: int
    hop: int
    look: int = 0  # hops it waits for later frames
    guard: int = 0  # frames its guard hears ahead: what is added never takes the sound over full scale; 0: no guard
    near: bool = False  # the dry sound is not delayed; what is changed is filtered in, see treatments/undelayed.py


@dataclass(frozen=True)
class SpectralKernel:
    """One thing that can be done to a spectrum."""

    word: str
    function: Any  # a cfunc of int64(int64), made by ``kernel``
    controls: Mapping[str, Control] = field(default_factory=dict)
    state: Callable[[int, int], int] | int = 0  # doubles of its own, or a function of channels and bins
    past: int = 0  # earlier frames it reads
    look: int = 0  # later frames it waits for: each adds one hop of latency
    says: str = ""
    settings: Settings = field(default_factory=dict)  # besides size and hop
    frame: Callable[[Settings, int], tuple[Any, ...]] | None = None  # settings, rate -> a Frame's five
    given: Callable[[Settings, int], np.ndarray] | None = None  # settings, rate -> float64 the kernel finds at GIVEN
    latency: Callable[[Settings, int], int] | None = None  # frames; with ``frame``, for the language to read


def kernel(function: Callable[[int], int]) -> Any:
    """Compile ``function(sheet)`` for the callback."""
    return cfunc(types.int64(types.int64), cache=True, **r.HOW)(function)


@njit(inline="always")
def spectrum(sheet, ago):
    """What was heard ``ago`` hops before the frame in hand (negative: after): (channels, 2, bins + padding); real part, imaginary part."""
    s = words(sheet, SHEET)
    pitch = s[BINS] - 1 + PAD
    slot = (s[SLOT] - ago) % s[SLOTS]
    return carray(_at(s[FRAMES] + slot * s[CHANNELS] * pitch * 8, nb.float32), (s[CHANNELS], 2, pitch))


@njit(inline="always")
def change(sheet):
    """Where the kernel writes what to add: shaped as ``spectrum``. What lies there before is old."""
    s = words(sheet, SHEET)
    pitch = s[BINS] - 1 + PAD
    return carray(_at(s[CHANGE], nb.float32), (s[CHANNELS], 2, pitch))


@njit(inline="always")
def knob(sheet, k):
    """Where control k stands at this hop."""
    return r.doubles(words(sheet, SHEET)[CONTROLS], KNOBS)[k]


@njit(inline="always")
def own(sheet, n):
    """The kernel's own state: n doubles, zero when the treatment was made."""
    return r.doubles(words(sheet, SHEET)[STATE], n)


@njit(inline="always")
def room(sheet):
    """2 x size floats to scribble in; forgotten after the call."""
    s = words(sheet, SHEET)
    return r.floats(s[SCRATCH], 2 * s[SIZE])


def found() -> dict[str, SpectralKernel]:
    """Every kernel in the folder, by word."""
    package = importlib.import_module("live.core.kernels")
    loaded = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    return {k.word: k for module in loaded for k in vars(module).values() if isinstance(k, SpectralKernel)}
