"""Notices when a script is saved, in whichever way an editor saves: in place, by renaming, over a link, slowly.

    saves = Saves(folder, saved)     # saved({Path("main.py"), ...}) comes on a thread of its own
    saves.start()

A file that was closed, or moved into its place, is complete and is told at once. One that is only being written is told
when it has been quiet. Where the system cannot watch, and for folders on other machines, the files are looked at.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

DONE = 0.008  # seconds after it was closed or moved: editors touch it once more
QUIET = 0.08  # seconds without a change, where nobody says that it was closed
OPEN = 0.5  # the same, where somebody will say so
LOOK = 1.0  # seconds between looks at the files themselves
LOOK_ALONE = 0.1  # the same, when that is the only way
Mark = tuple[int, int, int]


def is_script(name: str) -> bool:
    """A file that a session may be made of, and not what editors drop beside it (4913, .swp, ~, #x#, .#x)."""
    return name.endswith(".py") and not name.startswith((".", "#"))


def mark(path: Path) -> Mark | None:
    """What tells one state of a file from another."""
    try:
        about = os.stat(path)
    except (OSError, ValueError):
        return None
    return about.st_mtime_ns, about.st_size, about.st_ino


class Saves:
    """Watches a session's folder, and every other folder in which one of its files really lies."""

    def __init__(
        self,
        folder: Path | str,
        saved: Callable[[set[Path]], object],
        *,
        quiet: float = QUIET,
        patience: float = OPEN,
        look: float = LOOK,
        polling: bool = False,
    ) -> None:
        self.folder = Path(folder).absolute()
        self.saved, self.quiet, self.patience, self.look, self.polling = saved, quiet, patience, look, polling
        self.ready = threading.Event()  # nothing is missed from here on
        self.closes = False  # the system says when a file is closed
        self._files: dict[Path, Mark | None] = {}  # what is looked at, as it was last told
        self._real: dict[str, set[Path]] = {}  # where a file really lies -> its names here
        self._due: dict[Path, float] = {}
        self._watched: dict[str, Any] = {}
        self._observer: Any = None
        self._turn = threading.Condition()
        self._open = True
        self._thread: threading.Thread | None = None

    def start(self) -> Saves:
        """From now on."""
        self.follow(())
        self._thread = threading.Thread(target=self._run, name="saves", daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """No more."""
        with self._turn:
            self._open = False
            self._turn.notify_all()
        if self._observer is not None:
            self._observer.stop()  # its threads end by themselves
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(2)

    def follow(self, files: Iterable[Path]) -> None:
        """Look after these files too, wherever they are, and after main.py always."""
        wanted = {Path(file).absolute() for file in files} | {self.folder / "main.py"}
        with self._turn:
            self._files = {file: self._files.get(file, mark(file)) for file in wanted}
            self._turn.notify_all()

    # --- what the system tells ---------------------------------------------------------

    def _watch(self) -> None:
        """Watch the folders in which the files lie, whose links are followed; once more whenever that has changed."""
        with self._turn:
            files = list(self._files)
        real: dict[str, set[Path]] = {}
        for file in files:
            spots = {os.path.join(os.path.realpath(file.parent), file.name), os.path.realpath(file)}
            for spot in spots:
                real.setdefault(spot, set()).add(file)
        self._real = real
        if self.polling:
            return
        wanted = {os.path.dirname(spot) for spot in real} | {os.path.realpath(self.folder)}
        try:
            self._schedule({folder for folder in wanted if os.path.isdir(folder)})
        except Exception:  # no inotify, no more watches left, no watchdog: then the files are looked at
            self.polling = True
            observer, self._observer = self._observer, None
            if observer is not None:
                with contextlib.suppress(Exception):
                    observer.stop()

    def _schedule(self, wanted: set[str]) -> None:
        from watchdog.events import FileClosedEvent, FileCreatedEvent, FileModifiedEvent, FileMovedEvent
        from watchdog.observers import Observer

        if self._observer is None:
            self._observer = Observer()
            self._observer.daemon = True
            self._observer.start()
            self.closes = type(self._observer).__name__ == "InotifyObserver"
        hears = [FileClosedEvent, FileCreatedEvent, FileModifiedEvent, FileMovedEvent]
        for folder in set(self._watched) - wanted:
            with contextlib.suppress(KeyError, OSError):  # the folder itself is gone
                self._observer.unschedule(self._watched[folder][1])
            del self._watched[folder]
        for folder in wanted:
            about = os.stat(folder)
            known = self._watched.get(folder)
            if known is not None and known[0] == (about.st_dev, about.st_ino):
                continue
            if known is not None:  # another folder under the old name
                with contextlib.suppress(KeyError, OSError):
                    self._observer.unschedule(known[1])
            watch = self._observer.schedule(_Ear(self), folder, recursive=False, event_filter=hears)
            self._watched[folder] = (about.st_dev, about.st_ino), watch

    def heard(self, path: str, what: str) -> None:
        """Something was done to a file. One moved in from elsewhere is only said to be created."""
        folder, name = os.path.split(path)
        files = self._real.get(path, set())
        if not files and is_script(name) and folder == os.path.realpath(self.folder):
            files = {self.folder / name}
        if not files:
            return
        wait = DONE if what in ("closed", "moved") else self.patience if self.closes and what == "modified" else self.quiet
        with self._turn:
            for file in files:
                self._due[file] = time.monotonic() + wait
            self._turn.notify_all()

    # --- when to tell it -----------------------------------------------------------------

    def _run(self) -> None:
        looked = time.monotonic()
        self._watch()
        self._look()
        self.ready.set()
        while True:
            with self._turn:
                if not self._open:
                    return
                now, step = time.monotonic(), min(self.look, LOOK_ALONE) if self.polling else self.look
                then = min([looked + step, *self._due.values()])
                if then > now:
                    self._turn.wait(then - now)
                    now = time.monotonic()
                told = self._ripe(now)
            if told:
                with contextlib.suppress(Exception):  # whoever listens: the next save must still be heard
                    self.saved(told)
            if now - looked >= step or told:
                looked = now
                self._look()
                self._watch()

    def _ripe(self, now: float) -> set[Path]:
        """What has been quiet long enough; several files saved together are told together."""
        ripe = {file for file, then in self._due.items() if then <= now}
        if not ripe or any(now < then <= now + 4 * DONE for then in self._due.values()):
            return set()
        for file in ripe:
            del self._due[file]
            if file in self._files:
                self._files[file] = mark(file)
        return ripe

    def _look(self) -> None:
        """What has changed without anybody having said so."""
        with self._turn:
            for file, before in self._files.items():
                now = mark(file)
                if now != before and file not in self._due:
                    self._files[file] = now
                    self._due[file] = time.monotonic() + self.quiet


class _Ear:
    """What watchdog calls. It must not be one of watchdog's own classes, or importing this file would import it."""

    def __init__(self, saves: Saves) -> None:
        self.saves = saves

    def dispatch(self, event: Any) -> None:
        """One event: moved files count where they arrive."""
        if event.is_directory:
            return
        path = event.dest_path if event.event_type == "moved" else event.src_path
        self.saves.heard(os.fsdecode(path), event.event_type)
