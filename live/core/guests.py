"""Sounds made elsewhere: engines in workers, treatments written live. How the conductor finds their kinds.

An engine's place gets a ring file and a slip of paper (``want-*.json``) in the
runtime folder; the watcher reads the slips and keeps a worker for each. A
slip that is taken away ends its worker.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from engines.catalogue import catalogue
from live.core import written
from live.core.kinds import Kind, Making
from live.core.sources.ring import hosted

PATIENCE = 10.0  # seconds a ring may lie unused before it is taken away: its plan was refused
EVERY = 0.25


class Guests:
    """The kinds that are not the core's own, and the rings they play from."""

    def __init__(self, folder: Path, rate: int, folders: tuple[Path, ...] = ()) -> None:
        self.folder, self.rate, self.folders = folder, rate, folders
        self.rings: dict[Path, float] = {}  # when each was made, and later when it was last seen in use
        self.count = 0
        self.looked = 0.0
        self._kinds: dict[str, Kind] = {}
        for old in (*folder.glob("want-*.json"), *folder.glob("ring-*.map")):
            old.unlink(missing_ok=True)

    def find(self, word: str) -> Kind | None:
        """A written treatment by its file, or an engine by its word."""
        if word not in self._kinds:
            kind = self._written(word) if word.startswith("written:") else self._engine(word)
            if kind is None:
                return None
            self._kinds[word] = kind
        return self._kinds[word]

    @staticmethod
    def _written(word: str) -> Kind | None:
        path = Path(word.removeprefix("written:"))
        return replace(written.kind(path), word=word) if path.exists() else None

    def _engine(self, word: str) -> Kind | None:
        found = catalogue(self.folders).get(word)
        if found is None or found.trouble:
            return None
        hears = bool(found.inlets)
        kind = hosted(
            word, found.controls, found.says, hears=hears, ahead=found.ahead, latency=found.latency, late="dry" if hears else "loop",
            **found.settings,
        )  # fmt: skip
        own = dict(found.settings)

        def prepare(making: Making) -> None:
            self.count += 1
            path = self.folder / f"ring-{self.count}.map"
            making.settings = {**making.settings, "path": str(path)}
            assert kind.prepare is not None
            kind.prepare(making)
            self.rings[path] = time.monotonic()
            asked = {key: making.settings[key] for key in own}
            slip = {"engine": word, "ring": str(path), "seed": making.seed, "settings": asked, "folders": [str(f) for f in self.folders]}
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps(slip))
            fresh.rename(self.folder / f"want-{self.count}.json")

        return replace(kind, prepare=prepare)

    def serve(self, conductor: Any) -> None:
        """Take away the rings that nothing plays from any more."""
        now = time.monotonic()
        if now - self.looked < EVERY or not self.rings:
            return
        self.looked = now
        used = set()
        for place in conductor.places.values():
            for strip in (place.strip, *place.fading):
                used |= {held.path for held in strip.making.held if hasattr(held, "path")}
        for path, seen in list(self.rings.items()):
            if path in used:
                self.rings[path] = 0.0
            elif seen == 0.0 or now - seen > PATIENCE:
                (self.folder / f"want-{path.stem.removeprefix('ring-')}.json").unlink(missing_ok=True)
                path.unlink(missing_ok=True)
                del self.rings[path]
