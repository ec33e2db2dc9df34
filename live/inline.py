"""Engines without workers: what the offline renderer plays them with, so that a render sounds as it does live.

The rings are the live ones, in a folder of their own; each engine steps in
this very process, just before the block that plays it, and is never late.
Of a take it is known where each engine began to sound, for a worker needs a
moment to load: here it begins there too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engines.catalogue import find, load_class
from live.core import layout as at
from live.core import written
from live.core.kinds import Kind
from live.core.ringfile import begin
from live.guests import Guests, rings_of
from live.hosted import GaveUp, Hosted, inline


class Inline(Guests):
    """The kinds that are not the core's own, each engine stepped in time."""

    def __init__(
        self, block: Callable[[], int], folders: tuple[Path, ...] = (), *, starts: Mapping[tuple[int, int], int] | None = None
    ) -> None:
        """``block`` is the device's, also when it is only remembered; ``starts``: (seed, landing) to the first frame that sounded."""
        self._room = tempfile.TemporaryDirectory(prefix="antiphon-", ignore_cleanup_errors=True)
        super().__init__(Path(self._room.name), block, folders)
        self.known = starts or {}
        self.playing: dict[Path, Hosted] = {}
        self.troubles: list[str] = []
        self._seen: Any = None  # the order in which everything sounded when last looked at

    @staticmethod
    def _written(word: str) -> Kind | None:
        """A treatment written live. Nobody waits for it here, so it is never too slow."""
        path = Path(word.removeprefix("written:"))
        return replace(written.kind(path, share=1e6), word=word) if path.exists() else None

    def begin(self, frame: int) -> None:
        """The plan lands at ``frame``: its engines are loaded and begin there, or where they began on stage."""
        for path, slip, ring in self._made:
            start = self.known.get((slip["seed"], frame), frame)
            begin(ring, frame)
            ring.head[[at.R_START, at.R_WRITTEN]] = start
            try:
                engine = load_class(find(slip["engine"], self.folders))(**slip["settings"])
                self.playing[path] = inline(engine, ring, seed=slip["seed"])
            except Exception as trouble:  # as on stage: the place stays dry or silent, the rest plays
                self.troubles.append(f"{slip['engine']} does not start: {type(trouble).__name__}: {trouble}")
        self._made.clear()

    def step_until(self, frame: int) -> None:
        """Every engine makes what will be played before ``frame``."""
        for path, hosted in list(self.playing.items()):
            try:
                hosted.step_until(frame)
            except GaveUp as trouble:
                self.troubles.append(str(trouble))
                del self.playing[path]

    def serve(self, conductor: Any) -> list[dict[str, Any]]:
        """Take away what nothing plays from any more: here at once, for no worker has to be told."""
        if conductor.order is not self._seen:
            self._seen = conductor.order
            used = {ring.path for _, _, ring in rings_of(conductor)}
            for path in [path for path in self.rings if path not in used]:
                self.playing.pop(path, None)
                self._remove(path)
        return []

    def close(self) -> None:
        """The rings' folder goes."""
        self.playing.clear()
        self._room.cleanup()
