"""Save the script, and it is read again: a page that can be played, or one Mistake, once for every save.

    reload = Reload(folder, on_page, on_mistake)
    first = reload.read()         # here and now
    reload.start()                # from now on whenever it is saved

    on_page(page, reading)        both come on a thread of reload's own
    on_mistake(mistake)

What is still being written is waited for, the newest save wins, and a text that was read already is not read again.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from live.mistakes import Mistake
from live.reading import Reader, Reading, contents, digest
from live.saves import Saves, is_script
from live.texts import read

if TYPE_CHECKING:
    from live.values import Page

STILL = 0.25  # seconds a file must have stayed the same before its mistake counts
TOGETHER = 0.1  # seconds in which a module that was saved with it may still come
ECHO = 0.5  # seconds in which the same text is the same save, touched once more

__all__ = ["Reader", "Reading", "Reload"]


class Reload:
    """The script of one session, its own modules, and what was last read of them."""

    def __init__(
        self,
        folder: Path | str,
        on_page: Callable[[Page, Reading], object],
        on_mistake: Callable[[Mistake], object],
        *,
        script: str = "main.py",
        on_same: Callable[[Reading], object] | None = None,
        reader: Reader | None = None,
        polling: bool = False,
    ) -> None:
        self.folder = Path(folder).absolute()
        self.path = self.folder / script
        self.on_page, self.on_mistake, self.on_same = on_page, on_mistake, on_same
        self.reader = reader or Reader(self.folder)
        self.saves = Saves(self.folder, self._saved, polling=polling)
        self.last: Reading | None = None  # what was last told
        self.count = 0  # messages so far
        self._wanted = self._read = 0  # saves: the newest, and the newest that was looked at
        self._force, self._quietly = False, True
        self._changed = self._told = 0.0
        self._turn = threading.Condition()
        self._open = True
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Reload:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, slip: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def start(self) -> Reload:
        """Follow the saves."""
        self._thread = threading.Thread(target=self._run, name="reload", daemon=True)
        self._thread.start()
        self.saves.start()
        self.saves.follow(self._files())
        return self

    def close(self) -> None:
        """Follow them no more, and end every process of ours."""
        with self._turn:
            self._open = False
            self._turn.notify_all()
        self.reader.close()
        self.saves.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(5)

    def read(self, text: str | None = None) -> Reading:
        """Read the script now, or a text in its place, and remember it; nobody is told."""
        reading = self.reader.read(self.path, text)
        self._remember(reading)
        return reading

    def again(self) -> None:
        """Read it again in the background, changed or not: what ``reload()`` does."""
        self._want(force=True, quietly=False)

    # --- what was saved ------------------------------------------------------------------

    def _saved(self, files: set[Path]) -> None:
        """Files were saved: does the script hang on any of them?"""
        last = self.last
        ours = bool(files & self._files())
        hopes = last is None or last.mistake is not None  # a module that was missing may be what came
        if ours or (hopes and any(is_script(file.name) for file in files)):
            self._want(force=False, quietly=not ours)

    def _want(self, *, force: bool, quietly: bool) -> None:
        with self._turn:
            self._wanted += 1
            self._force, self._quietly = self._force or force, self._quietly and quietly
            self._changed = time.monotonic()
            self._turn.notify_all()
        self.reader.overtake()

    def _files(self) -> set[Path]:
        """Everything the last page was made of."""
        last = self.last
        return {self.path, *(last.imported if last else ()), *(last.others if last else ()), *self._hoped()}

    def _hoped(self) -> set[Path]:
        """Kernels that may mend a page which could not be read: those that are there, and the one it asked for."""
        slip = self.last.mistake if self.last else None
        if slip is None:
            return set()
        folder = self.folder / "kernels"
        asked = {folder / f"{Path(word).name}.json" for word in (slip.word or "").split()[:1]}
        return {*folder.glob("*.json"), *asked}

    def _run(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._wanted != self._read or not self._open)
                if not self._open:
                    return
                mine, force = self._wanted, self._force
                self._read = mine
            reading = self._settled(mine, force)
            if reading is None:
                continue
            with self._turn:
                if self._wanted != mine:
                    continue  # told with the newer one
                quietly, self._force, self._quietly = self._quietly, False, True
            self._tell(reading, quietly)

    def _settled(self, mine: int, force: bool) -> Reading | None:
        """Read until nothing changes any more under our hands; None when there is a newer save."""

        def still() -> bool:
            return self._wanted == mine and self._open

        while still():
            if not force and self._is_same():
                return self.last
            reading = self.reader.read(self.path, still=still)
            if reading.overtaken:
                return None
            cut = reading.half or self._is_cut(reading)
            if not cut and reading.mistake is None:
                return reading
            hold = STILL if cut else TOGETHER
            with self._turn:
                self._turn.wait_for(lambda: not still(), max(self._changed + hold - time.monotonic(), 0))
            if still() and self._on_disk(self.path) == reading.text:
                return reading
            self._changed = time.monotonic()
        return None

    def _is_cut(self, reading: Reading) -> bool:
        """The beginning of what was there, where nobody says when a file is complete."""
        whole = self.last.text if self.last else ""
        return not self.saves.closes and len(reading.text) < len(whole) and whole.startswith(reading.text)

    def _is_same(self) -> bool:
        """The very texts that made the last page."""
        last = self.last
        if last is None or last.page is None or self._on_disk(self.path) != last.text:
            return False
        if any(digest(contents(file)) != was for file, was in last.others.items()):
            return False
        return all(digest(self._on_disk(file)) == was for file, was in last.imported.items())

    def _on_disk(self, path: Path) -> str:
        try:
            return read(path, self.folder)
        except Mistake:
            return ""

    # --- what is told ------------------------------------------------------------------------

    def _remember(self, reading: Reading) -> None:
        self.last = reading
        self.saves.follow(self._files())

    def _tell(self, reading: Reading, quietly: bool) -> None:
        """One message."""
        before = self.last
        if reading is before:
            if time.monotonic() - self._told >= ECHO:
                self._call(self.on_same, reading)
            return
        self._remember(reading)
        known = before is not None and before.text == reading.text and str(before.mistake) == str(reading.mistake)
        if reading.mistake is not None and known and (quietly or time.monotonic() - self._told < ECHO):
            return
        self.count, self._told = self.count + 1, time.monotonic()
        if reading.mistake is None:
            self._call(self.on_page, reading.page, reading)
        else:
            self._call(self.on_mistake, reading.mistake)

    def _call(self, whom: Callable[..., object] | None, *what: Any) -> None:
        """Whoever is told may stumble; the next save is told all the same."""
        try:
            if whom is not None:
                whom(*what)
        except Exception:
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
