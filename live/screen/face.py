"""What the screen asks of whoever plays, and what it offers in return. Only plain values cross."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from live.vocabulary import Word


@dataclass(frozen=True)
class Status:
    """How the music stands, at a glance. Bars and beats count from 1; None is what nobody knows."""

    bpm: float = 120.0
    bar: int = 1
    beat: float = 1.0  # the beat within the bar, from 1
    bar_beats: float = 4.0
    source: str = "int"  # who keeps time: int, link 2, midi
    sounding: int = 0
    muted: int = 0
    peak_db: float = -120.0
    limited: bool = False
    core_load: float | None = None  # shares of one core, 0 to 1
    worker_load: float | None = None
    worst_worker: str = ""
    lost: int = 0
    disk_minutes: float | None = None
    device: str = ""
    controller: str = ""  # the last one that moved, with what it is mapped to
    plugged: int = 0  # controllers there are
    learning: str | None = None  # what is being learned; empty: nothing in particular
    error: str = ""
    panicked: bool = False
    held: bool = False
    pending: str = ""  # what lands at the next bar


@dataclass(frozen=True)
class Turned:
    """A knob as it stands, 0 to 1, and where a hand is that has not met it yet (-1: none)."""

    name: str
    at: float = 0.0
    ghost: float = -1.0
    moves: str = ""  # what follows it, and its value there


Level = tuple[str, float, str, bool]
"""A place: its name, its peak (1 is full scale), what is wrong with it, whether it is muted."""


class Played(Protocol):
    """The desk, as the screen knows it."""

    listeners: list[Callable[[str], None]]

    @property
    def vocabulary(self) -> Mapping[str, Word]: ...

    def status(self) -> Status: ...

    def levels(self) -> Sequence[Level]: ...

    def knobs(self) -> Sequence[Turned]: ...

    def turn_knob(self, count: int, by: float) -> str: ...

    def learn_next(self) -> str: ...

    def cancel(self) -> None: ...

    def names(self) -> Mapping[str, Any]: ...

    def files(self) -> Sequence[str]: ...

    def devices(self) -> Sequence[str]: ...

    def kernels(self) -> Sequence[str]: ...

    def places(self) -> Sequence[str]: ...

    def run(self, text: str) -> str: ...

    def complete_code(self, text: str) -> bool: ...

    def hush(self) -> object: ...

    def panic(self) -> object: ...


class Screen(Protocol):
    """What reads lines and says things: the drawn line or the plain one."""

    def __enter__(self) -> Screen: ...

    def __exit__(self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None) -> None: ...

    def read(self) -> str | None:
        """The next thing typed; None when the performer has left. KeyboardInterrupt: Ctrl-C came right behind it."""

    def say(self, text: str) -> None:
        """News, from any thread: shown above the typed line at most four times a second, whole in the log."""

    def show(self, text: str) -> None:
        """An answer, from the main thread: shown at once and whole."""
