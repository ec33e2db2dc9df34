"""What every engine shows the world: its controls, its pace, what it promises.

An effect steps in blocks, a generator in long chunks ahead of need, the
partner in phrases: the same two methods, ``start`` and ``step``. The sound
core's own sources and treatments declare their controls with the same
``Control``, so a knob never needs to know which side of a process it turns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float32]
"""Sound: (channels, frames), float32, full scale at 1.0."""


@dataclass(frozen=True)
class Control:
    """One thing a hand can turn. ``rest`` is where it stands untouched."""

    rest: float = 0.0
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    moves: str = ""  # the percept it moves, in one or two words
    hot: bool = True  # hot: retuned while sounding. Otherwise built in: swapped in the background
    curve: str = "linear"  # how a knob travels from low to high: linear or log

    def clip(self, value: float) -> float:
        """The nearest value the control can stand at."""
        return min(max(value, self.low), self.high)


@dataclass(frozen=True)
class Format:
    """How sound is cut: frames a second, channels, frames a step."""

    rate: int = 48000
    channels: int = 1
    chunk: int = 256
    seed: int = 0
    ahead: int = 0  # frames: a step for frame f of the core's clock hears the sound of frame f - ahead

    def silence(self, *, frames: int | None = None, seconds: float | None = None) -> Block:
        """A silent block of one step, or of the asked length."""
        if seconds is not None:
            frames = round(seconds * self.rate)
        return np.zeros((self.channels, self.chunk if frames is None else frames), np.float32)


@dataclass(frozen=True)
class Ramps:
    """Where every control stands at the first and the last frame of one step."""

    first: Mapping[str, float] = field(default_factory=dict)
    last: Mapping[str, float] = field(default_factory=dict)
    frame: int = 0  # the core's clock at the first frame of this step
    beat: float = 0.0  # the beat there, and how fast beats go
    bpm: float = 120.0

    def __getitem__(self, name: str) -> float:
        return self.last[name]

    def ramp(self, name: str, frames: int) -> NDArray[np.float32]:
        """The control's straight line over the step."""
        return np.linspace(self.first[name], self.last[name], frames, dtype=np.float32)


class Engine:
    """Subclass it in one file of this folder; the catalogue finds it by its class name in lower case.

    ``inlets``   names of the sounds it hears, in order; empty for a generator
    ``chunk``    frames it wants at a time (0: whatever comes)
    ``ahead``    seconds of sound it keeps ready before it is needed
    ``latency``  frames between a sound going in and its trace coming out, beyond ``ahead``
    ``neutral``  settings that must leave the sound alone
    ``budget``   the share of one core it may take in real time
    ``gives``    what comes out: sound, or latent (codes that travel as sound does)
    ``takes``    what goes in: the same two
    ``choices``  what a setting that is a text may be
    ``late``     what is heard while it has nothing: "" (an effect: its input, a voice: its last loop), loop, dry, silent
    ``examples`` lines that help() shows: typed one after the other, on an empty stage, they sound
    """

    inlets: ClassVar[tuple[str, ...]] = ("sound",)
    chunk: ClassVar[int] = 0
    ahead: ClassVar[float] = 0.1
    latency: int = 0
    neutral: ClassVar[Mapping[str, float] | None] = None
    budget: ClassVar[float] = 0.5
    gives: ClassVar[str] = "sound"
    takes: ClassVar[str] = "sound"
    late: ClassVar[str] = ""
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    settings: ClassVar[Mapping[str, Any]] = {}
    examples: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **settings: Any) -> None:
        known = type(self).settings
        for name in settings:
            if name not in known:
                raise ValueError(f"{type(self).__name__.lower()} has no setting {name!r}; it has: {', '.join(known) or 'none'}")
        self.set = {**known, **settings}

    @classmethod
    def controls(cls) -> dict[str, Control]:
        """Every declared control by name, in the order of declaration."""
        found: dict[str, Control] = {}
        for base in reversed(cls.__mro__):
            found |= {name: c for name, c in vars(base).items() if isinstance(c, Control)}
        return found

    def load(self) -> None:
        """Fetch weights. Called once, in the worker, before ``start``; torch is imported here. What takes long says so: ``self.tell("2 of 9")``."""

    def tell(self, progress: str) -> None:
        """How far loading is, in a few words for the performer. Whoever hosts the engine listens."""

    def show(self, what: Mapping[str, Any]) -> None:
        """What it does and means to do next, as plain data, for a performer who asks. Whoever hosts the engine passes it on."""

    def start(self, fmt: Format) -> Any:
        """A fresh state for one sounding place."""
        raise TypeError(f"{type(self).__name__} must say how it starts: def start(self, fmt)")

    def step(self, state: Any, sound: Block, at: Ramps) -> Block:
        """Turn one block of what is heard into one block of what is played: (channels, frames) both.

        A generator hears no channels: its ``sound`` is (0, frames).
        """
        raise TypeError(f"{type(self).__name__} must say how it sounds: def step(self, state, sound, at)")
