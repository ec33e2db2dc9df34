"""What a training tells while it works, and where it goes on after it was killed."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines import cak
from engines.nets.cak_sounds import Refused

LEARNED = 0.30  # a violation that falls by less on held-out recordings has learned nothing


@dataclass
class Teller:
    """One line that is rewritten; with ``as_json`` a line of JSON for each step told."""

    as_json: bool = False
    quiet: bool = False
    _last: float = field(default=0.0, repr=False)
    _open: bool = field(default=False, repr=False)

    def step(self, step: int, of: int, **figures: float) -> None:
        """How far it is, at most ten times a second."""
        now = time.monotonic()
        if self.quiet or (now - self._last < 0.1 and step != of):
            return
        self._last = now
        if self.as_json:
            self._put(json.dumps({"step": step, "of": of, **{k: round(float(v), 6) for k, v in figures.items()}}) + "\n")
        elif sys.stdout.isatty() or step == of:
            told = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
            self._put(f"\r{step}/{of}  {told}\033[K" if sys.stdout.isatty() else f"{step}/{of}  {told}")
            self._open = True

    def note(self, text: str, **figures: Any) -> None:
        """A sentence on a line of its own."""
        if self.quiet:
            return
        if self.as_json:
            self._put(json.dumps({"said": text, **figures}) + "\n")
            return
        self._put(("\n" if self._open else "") + text + "\n")
        self._open = False

    @staticmethod
    def _put(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


@dataclass(frozen=True)
class Training:
    """A file beside the kernel that holds how far its training is; it is whole after ``kill -9``."""

    file: Path
    about: Mapping[str, Any]  # what must be the same when it goes on

    @staticmethod
    def beside(kernel: Path, **about: Any) -> Training:
        """The training of the kernel in this file."""
        return Training(kernel.with_suffix(".training"), about)

    def save(self, **numbers: Any) -> None:
        """All of it or nothing."""
        held = io.BytesIO()
        np.savez(held, about=np.array(json.dumps(self.about, sort_keys=True)), **numbers)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.file.with_suffix(".training.part")
        fresh.write_bytes(held.getvalue())
        fresh.replace(self.file)

    def load(self) -> dict[str, NDArray[Any]] | None:
        """Where it was, or None where nothing was begun."""
        if not self.file.exists():
            return None
        try:
            with np.load(self.file, allow_pickle=False) as held:
                found = {name: held[name] for name in held.files}
            about = json.loads(str(found.pop("about")))
        except (OSError, ValueError, KeyError, EOFError) as slip:
            raise Refused(f"{self.file} cannot be read ({str(slip).splitlines()[0]}); begin anew without --resume") from None
        now = json.loads(json.dumps(self.about))
        for name in sorted(now.keys() | about.keys()):
            if now.get(name) != about.get(name):
                raise Refused(f"{self.file.name} was begun with another {name} ({_brief(about.get(name))}); begin anew without --resume")
        return found

    def forget(self) -> None:
        """It is done."""
        self.file.unlink(missing_ok=True)


def _brief(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 60 else text[:57] + "..."


@dataclass
class Keeper:
    """Writes a kernel only when it is better than what lies there: a session that plays it takes the new one at once."""

    file: Path
    game: str
    best: float = float("inf")  # the held-out figure, less is better
    written: int = 0

    def standing(self, measure: Any) -> None:
        """What lies there by the same measure. A file that is no kernel is not written over."""
        if self.file.exists():
            try:
                self.best = min(self.best, float(measure(cak.read(self.file))))
            except cak.BadKernel as slip:
                raise Refused(f"{slip}. It is left as it is; give another --out") from None

    def offer(self, kernel: cak.Kernel, figure: float) -> bool:
        """Written, if it is better."""
        if not figure < self.best - 1e-12:
            return False
        cak.write(kernel, self.file)
        self.best, self.written = figure, self.written + 1
        return True
