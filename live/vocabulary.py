"""Every word that can be played, as its file declares it: read, not run, so that neither numba nor torch wakes up.

The core's kinds are declared in compiled files; here only their declarations
are carried out, in a room where everything else is a shadow. The engines come
from their own catalogue, which reads the same way.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engines.face import Control

CORE = Path(__file__).parent / "core"
FOLDERS = ("sources", "treatments", "kernels", "controls")
INNER = frozenset({"ring", "unlatent"})
"""Words the language writes by itself and nobody types."""
RHYTHM: Mapping[str, Any] = MappingProxyType({"hits": "", "every": 0.25, "swing": 0.0, "notes": (), "gate": -1.0, "turn": 0.0})
"""What every place that takes events can be told, besides its own settings."""

Width = Callable[[Mapping[str, Any], tuple[int, ...]], int]
Lag = Callable[[Mapping[str, Any], int], int]
STEP = 256  # frames of a step, for an engine that takes what comes


@dataclass(frozen=True)
class Word:
    """One word: what it hears, what a hand can turn, what it is built with."""

    word: str
    says: str = ""
    inlets: tuple[str, ...] = ()
    controls: Mapping[str, Control] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    gives: str = "sound"  # sound | latent | control
    takes: str = "sound"  # sound | latent
    events: bool = False
    engine: bool = False
    file: Path = Path()
    trouble: str = ""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what a text may be
    channels: Width | None = None
    lag: Lag | None = None
    examples: tuple[str, ...] = ()

    def latency(self, settings: Mapping[str, Any], rate: int, block: int = 256) -> int:
        """How many frames a sound that goes in comes out late; the core's own figure."""
        found = self.lag({"block": block, **self.settings, **settings}, rate) if self.lag else 0
        return found if type(found) is int else 0

    def width(self, settings: Mapping[str, Any], ins: tuple[int, ...]) -> int | None:
        """How many channels come out; None when only the core can tell."""
        if self.engine and self.channels is None:
            return int(settings.get("channels", 0) or self.settings.get("channels", 0) or 0) or (max(ins) if ins else None)
        if self.channels is None:
            return max(ins, default=1)
        try:
            found = self.channels({**self.settings, **settings}, ins)
        except Exception:  # noqa: BLE001 - it asks what only the core knows: a file's header, a buffer
            return None
        return found if type(found) is int and found > 0 else None


class Shadow:
    """Stands for everything that is not declared here."""

    def __call__(self, *_: Any, **__: Any) -> Shadow:
        return self

    def __getattr__(self, name: str) -> Shadow:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __floordiv__ = __truediv__ = __getitem__ = __call__


class Declarations(dict[str, Any]):
    """A file's names: what it declares, and shadows for the rest."""

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            return getattr(builtins, name)
        return Shadow()


def spectral(look: int) -> Lag:
    """What works on spectra is late by one of its windows, and by a hop for each later one it waits for."""
    return lambda settings, _: int(settings["size"]) + look * (int(settings["hop"]) or int(settings["size"]) // 4)


def hosted(found: Any) -> Lag | None:
    """An engine that hears is late by its cushion and by what it needs itself; one that hears nothing owes nobody an answer."""
    if not found.inlets:
        return None

    def lag(settings: Mapping[str, Any], rate: int) -> int:
        step = found.chunk or STEP
        return max(round(found.ahead * rate), int(settings["block"]) + step + round(0.005 * rate), 2 * step) + int(found.latency)

    return lag


def declared(file: Path) -> dict[str, Word]:
    """The kinds that a file of the core declares."""
    found: dict[str, Word] = {}

    def kind(
        word: str, op: Any = None, says: str = "", inlets: tuple[str, ...] = (), controls: Mapping[str, Control] | None = None,
        settings: Mapping[str, Any] | None = None, *_: Any, **more: Any,
    ) -> None:  # fmt: skip
        gives = "control" if more.get("control") else "sound"
        found[word] = Word(
            word, says, tuple(inlets), controls or {}, settings or {}, gives,
            events=bool(more.get("events")), file=file, channels=more.get("channels"), lag=more.get("latency"),
            choices={key: choice for key, rest in (settings or {}).items() if (choice := chosen(rest))},
        )  # fmt: skip

    def chosen(rest: Any) -> tuple[str, ...]:
        """The tuple of the file that a text is one of."""
        lists = [value for name, value in names.items() if name.isupper() and isinstance(value, tuple)]
        return next((one for one in lists if isinstance(rest, str) and rest in one), ())

    def kernel(word: str, _: Any = None, controls: Mapping[str, Control] | None = None, says: str = "", look: int = 0, **more: Any) -> None:
        settings = {"size": 2048, "hop": 0, **more.get("settings", {})}
        kind(word, None, says, ("sound",), controls, settings=settings, latency=more.get("latency") or spectral(look))

    names = Declarations(Control=Control, Kind=kind, SpectralKernel=kernel, __name__=file.stem, Callable=Callable, Any=Any)
    for line in ast.parse(file.read_text("utf-8"), str(file)).body:
        plain = isinstance(line, ast.FunctionDef) and not line.decorator_list
        if not (plain or isinstance(line, ast.Assign | ast.AnnAssign)):
            continue
        ast.fix_missing_locations(line)
        try:
            exec(compile(ast.Module([line], []), str(file), "exec", flags=0x1000000), names)  # annotations stay unread
        except (TypeError, ValueError, AttributeError, ArithmeticError):  # made of what is a shadow here: no declaration
            continue
    return found


_KNOWN: dict[str, Word] = {}


def core_words() -> dict[str, Word]:
    """The core's own, and the microphone."""
    if not _KNOWN:
        for file in [*(f for folder in FOLDERS for f in sorted((CORE / folder).glob("*.py"))), CORE / "strips.py"]:
            _KNOWN.update({name: word for name, word in declared(file).items() if name not in ("sum", "cross", "lean")})
    return _KNOWN


_ALL: dict[tuple[Any, ...], dict[str, Word]] = {}


def vocabulary(folders: Iterable[Path] = ()) -> dict[str, Word]:
    """Every word: the core's, the house's engines, then those of each folder. Read again when one of the folders has changed."""
    from engines.catalogue import OWN, catalogue

    folders = tuple(folders)
    key = tuple([(str(f), f.stat().st_mtime_ns) for f in (*OWN, *folders) if f.is_dir()])
    if key in _ALL:
        return _ALL[key]
    words = dict(core_words())
    for word, found in catalogue(folders).items():
        words[word] = Word(
            word, found.says, tuple(found.inlets), found.controls, found.settings,
            getattr(found, "gives", "sound"), getattr(found, "takes", "sound"), engine=True, file=found.file, trouble=found.trouble, lag=hosted(found),
            choices={key: tuple(some) for key, some in found.choices.items()}, examples=tuple(getattr(found, "examples", ())),
        )  # fmt: skip
    _ALL.clear()
    _ALL[key] = words
    return words


_WRITTEN: dict[str, Word] = {}


def note_effect(kind: str, text: str) -> None:
    """Remember what can be turned on a treatment written live."""
    if kind not in _WRITTEN:
        from live.core import written

        with contextlib.suppress(written.Unwritable, SyntaxError):
            _WRITTEN[kind] = Word(kind, "written live", ("sound",), written.read(text).controls)


def word_of(kind: str) -> Word | None:
    """The word behind a kind: the vocabulary's, or a treatment written live."""
    return vocabulary().get(kind) or _WRITTEN.get(kind)
