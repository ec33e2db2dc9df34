"""Sounds made elsewhere: engines in workers, treatments written live. How the conductor finds their kinds.

An engine's place gets a ring file and a slip of paper (``want-*.json``) in the
runtime folder; the watcher reads the slips and keeps a worker for each. A
slip that is taken away ends its worker. A ring is named by its place and what
plays in it, so that a new core finds the ring its forerunner left, with the
worker still playing.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from engines.catalogue import find
from live.core import layout as at
from live.core import written
from live.core.check import width_of
from live.core.kinds import Kind, Making, kinds
from live.core.ringfile import begin
from live.core.sources.ring import kind_of
from live.plan import Plan, Swap

PATIENCE = 10.0  # seconds a ring of the last core may lie unused before it is taken away
LEAVES = 1.0  # seconds a ring of our own may
EVERY = 0.25
ANNOUNCED = 15.0  # seconds a slip may lie there for a plan that has not landed


class Guests:
    """The kinds that are not the core's own, and the rings they play from."""

    def __init__(self, folder: Path, block: Callable[[], int], folders: tuple[Path, ...] = (), *, fresh: bool = True) -> None:
        """``block`` tells the device's now. ``fresh``: nothing of an earlier core is wanted any more."""
        self.folder, self.block, self.folders = folder, block, folders
        self.rings: dict[Path, float] = {}  # when each was last seen in use
        self.found: set[Path] = set()  # rings of the core before us that nobody has claimed yet
        self.looked = 0.0
        self.starts: dict[Path, int] = {}  # where each ring's sound was last known to begin
        self._kinds: dict[str, Kind] = {}
        self.own: dict[str, dict[str, Any]] = {}  # of each engine: the settings that are its own
        self.announced: dict[Path, float] = {}  # slips laid down for plans that land later, and when
        self._made: list[tuple[Path, dict[str, Any], Any]] = []  # rings of the plan being prepared, with their slips
        now = time.monotonic()
        for old in folder.glob("ring-*.map"):
            if fresh:
                self._remove(old)
            else:
                self.rings[old] = now
                self.found.add(old)

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
        try:
            found = find(word, self.folders)
        except LookupError:
            return None
        if found.trouble:
            return None
        kind = kind_of(found)
        own = self.own[word] = dict(found.settings)
        assert kind.prepare is not None
        lay = kind.prepare

        def prepare(making: Making) -> None:
            asked = {key: making.settings[key] for key in own}
            path = self._path(word, making, asked)
            making.settings = {**making.settings, "path": str(path), "block": self.block()}
            lay(making)
            slip = self._written_slip(word, path, making.seed, asked)
            ring = next(held for held in making.held if hasattr(held, "path"))
            self._made.append((path, slip, None if path in self.found else ring))
            self.found.discard(path)
            self.rings[path] = time.monotonic()

        return replace(kind, prepare=prepare, settings={**kind.settings, **own})

    def _path(self, word: str, making: Making, asked: dict[str, Any]) -> Path:
        """A ring of its own for each place and what plays there; one more while the last of that name still fades."""
        told = json.dumps([word, making.seed, making.channels, making.rate, asked], sort_keys=True)
        stem = f"ring-{hashlib.blake2s(told.encode(), digest_size=6).hexdigest()}"
        left = [path for path in self.found if path.name.startswith(stem)]
        if left:
            return left[0]
        count = 1
        while self.folder / f"{stem}-{count}.map" in self.rings:
            count += 1
        return self.folder / f"{stem}-{count}.map"

    def announce(self, plan: Plan, conductor: Any) -> None:
        """A plan for later makes something else of an engine's place: its worker may load already, and waits for its ring."""
        for step in plan:
            place = conductor.places.get(step.name) if isinstance(step, Swap) else None
            kind = self.find(step.node.kind) if place is not None and step.node.kind not in kinds() else None
            if kind is None or step.node.kind not in self.own or place.strip.kind.word != step.node.kind:
                continue
            settings, ins = {**kind.settings, **step.node.settings}, place.strip.making.ins
            making = Making(conductor.stand.rate, width_of(step.name, kind, settings, ins), ins, settings, place.strip.making.seed)
            asked = {key: settings[key] for key in self.own[step.node.kind]}
            path = self._path(step.node.kind, making, asked)
            if path not in self.rings:
                self._lay(path, self._written_slip(step.node.kind, path, making.seed, asked))
                self.announced[path] = time.monotonic()

    def _written_slip(self, word: str, path: Path, seed: int, asked: dict[str, Any]) -> dict[str, Any]:
        return {"engine": word, "ring": str(path), "seed": seed, "settings": asked, "folders": [str(f) for f in self.folders]}

    def _lay(self, path: Path, slip: dict[str, Any]) -> None:
        """The watcher finds it, whole."""
        want = self._slip(path)
        if not want.exists():
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps(slip))
            fresh.rename(want)

    def begin(self, frame: int) -> None:
        """The plan will land at ``frame``: from there on each newcomer is wanted, and its worker may start."""
        for path, slip, ring in self._made:
            if ring is not None:
                begin(ring, frame)
            self._lay(path, slip)
            self.announced.pop(path, None)
        self._made.clear()

    def forget(self) -> None:
        """The plan was refused: nobody will play from its rings."""
        for path, _, ring in self._made:
            if ring is not None:
                self._remove(path)
        self._made.clear()

    def serve(self, conductor: Any) -> list[dict[str, Any]]:
        """Take away the rings that nothing plays from any more. Answers which engines began to sound, and when."""
        now = time.monotonic()
        for path, since in list(self.announced.items()):
            if now - since > ANNOUNCED and path not in self.rings:  # its plan was refused, or something else came instead
                self._slip(path).unlink(missing_ok=True)
                del self.announced[path]
        if now - self.looked < EVERY or not self.rings:
            return []
        self.looked = now
        used, began = set(), []
        for name, strip, ring in rings_of(conductor):
            used.add(ring.path)
            head = ring.head
            start, from_ = int(head[at.R_START]), int(head[at.R_FROM])
            if from_ >= 0 and head[at.R_WRITTEN] > start and self.starts.get(ring.path) != start:
                began.append({"name": name, "seed": strip.making.seed, "start": start, "from": from_, "again": ring.path in self.starts})
                self.starts[ring.path] = start
        for path, seen in list(self.rings.items()):
            if path in used:
                self.rings[path] = now
            elif now - seen > (PATIENCE if path in self.found else LEAVES):
                self._remove(path)
        return began

    def _slip(self, path: Path) -> Path:
        return self.folder / f"want-{path.stem.removeprefix('ring-')}.json"

    def _remove(self, path: Path) -> None:
        self._slip(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        path.with_suffix(".said").unlink(missing_ok=True)
        self.rings.pop(path, None)
        self.starts.pop(path, None)
        self.found.discard(path)


def rings_of(conductor: Any) -> Iterator[tuple[str, Any, Any]]:
    """Each ring that something plays from: its place, the strip, the ring."""
    for name, place in conductor.places.items():
        for strip in (place.strip, *place.fading):
            yield from ((name, strip, held) for held in strip.making.held if hasattr(held, "path"))
