"""The desk's side of a reading: a warm spare process gets the script, answers within two seconds, and is thrown away.

    reader = Reader(folder)
    reading = reader.read(folder / "main.py")      # .page, or .mistake

Nothing a script does reaches the desk: only known words are unpickled, and a process that does not answer is killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from live.definitions import define, definitions, module_name
from live.frames import unpacked
from live.mistakes import Mistake
from live.spare import Spare
from live.texts import called, missing, read

if TYPE_CHECKING:
    from live.values import Page

SECONDS = 2.0  # a script may take, waiting for a busy machine not counted
PATIENCE = 6.0  # counted
MEMORY = 1 << 30
LATER = 0.3  # seconds until another spare is started
LONG = 200_000  # letters: reading so many may itself take the time
FELL = (-11, -7)  # the system ended it for a bad address
NOTHING = "It is empty; perhaps it was only half saved."


@dataclass(frozen=True)
class Reading:
    """What came of reading one script."""

    path: Path
    text: str = ""
    page: Page | None = None
    mistake: Mistake | None = None
    half: bool = False  # a mistake that a file saved only half would make as well
    overtaken: bool = False  # given up, because there was something newer to read
    printed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    imported: dict[Path, str] = field(default_factory=dict)  # files of the session that were used, each with the hash of its text
    others: dict[Path, str] = field(default_factory=dict)  # what else the page hangs on, the same way
    modules: dict[str, str] = field(default_factory=dict)  # texts of the session's own, by the names they are imported as
    values: dict[str, Any] = field(default_factory=dict)  # plain values it has named
    seconds: float = 0.0

    def define(self, scope: dict[str, Any]) -> None:
        """Give a scope (the prompt's) the script's functions, classes, imports and plain values."""
        if self.page is not None:
            define(self.text, self.path.name, scope, self.modules)
            scope.update(self.values)

    @property
    def definitions(self) -> str:
        """The script's imports, functions and classes, on their lines."""
        return definitions(self.text) if self.page is not None else ""


class Reader:
    """Reads the scripts of one session's folder. One reading at a time; a newer one may overtake it."""

    def __init__(
        self,
        folder: Path | str,
        *,
        seconds: float = SECONDS,
        patience: float = PATIENCE,
        memory: int = MEMORY,
        spares: int = 2,
        once: bool = False,
    ) -> None:
        self.folder = Path(folder).absolute()
        self.seconds, self.patience, self.memory = seconds, patience, memory
        self.room: Any = None  # what the loudspeakers and inputs are called, for words.begin
        self.folders: tuple[Path, ...] = ()  # more places for engines
        self._spares: deque[Spare] = deque()
        self._count, self._open, self._once = spares, True, once
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._now: Spare | None = None
        self._fill()

    def warm(self, timeout: float = 10.0) -> bool:
        """Wait until a spare stands by."""
        with self._lock:
            first = self._spares[0] if self._spares else None
        return first is not None and first.warm.wait(timeout)

    def read(self, path: Path | str, text: str | None = None, still: Callable[[], bool] = lambda: True) -> Reading:
        """Read a script, or a text as if it stood in that file. ``still`` says whether anybody wants it, when ``overtake`` asks."""
        path = Path(path) if Path(path).is_absolute() else self.folder / path
        began, name = time.monotonic(), called(path, self.folder)
        try:
            text = read(path, self.folder) if text is None else text
        except Mistake as slip:
            return Reading(path, mistake=slip, half=True, seconds=time.monotonic() - began)
        if not text.strip():
            return Reading(path, text, mistake=Mistake(f"There is nothing in {name}.", near=NOTHING, file=name), half=True)
        if not self.folder.is_dir():
            return Reading(path, text, mistake=missing(path, self.folder), half=True)
        with self._turn:
            return self._read(path, name, text, began, still)

    def overtake(self) -> None:
        """What is being read may not be wanted any more."""
        with self._lock:
            now = self._now
        if now is not None:
            now.over.set()

    def fresh(self) -> None:
        """Forget the spares: words or engines have changed since they warmed up."""
        with self._lock:
            old, self._spares = list(self._spares), deque()
        for spare in old:
            spare.kill()
        self._fill()

    def close(self) -> None:
        """End every process of ours."""
        self._open = False
        self.overtake()
        with self._lock:
            old, self._spares = list(self._spares), deque()
        for spare in old:
            spare.kill()

    def _fill(self) -> None:
        """As many spares as there should be."""
        with self._lock:
            while self._open and len(self._spares) < self._count:
                self._spares.append(Spare(once=self._once))

    def _next(self) -> Spare:
        """A warm one if there is one, else the oldest."""
        with self._lock:
            alive = [one for one in self._spares if not one.over.is_set()]
            chosen = next((one for one in alive if one.warm.is_set()), alive[0] if alive else None)
            dead = [one for one in self._spares if one.over.is_set()]
            self._spares = deque(one for one in alive if one is not chosen)
            self._now = chosen = chosen or Spare(once=self._once)
        for one in dead:
            one.kill()
        return chosen

    def _read(self, path: Path, name: str, text: str, began: float, still: Callable[[], bool]) -> Reading:
        seconds = self.seconds + len(text) / 1e6  # a second for each megabyte
        told = {"room": self.room, "folders": self.folders, "seconds": seconds, "memory": self.memory}
        frame = pickle.dumps({"path": path, "folder": self.folder, "name": name, "text": text, **told}, 5)
        spare, late, wanted = self._next(), False, True
        try:
            if not spare.ask(frame):
                spare.kill()
                spare = self._next()
                spare.ask(frame)
            wanted = still() and self._open
            if wanted:
                spare.warm.wait(30)
                late = self._wait(spare, seconds)
                wanted = bool(spare.answer) or (still() and self._open)
            data = spare.answer
            if wanted and not data:
                spare.stood()
        finally:
            self._now = None
            if not spare.answer:
                spare.kill()
            trace, code = spare.trace.decode("ascii", "replace"), spare.code
            threading.Thread(target=self._after, args=(spare,), name="reader", daemon=True).start()
        took = time.monotonic() - began
        if not wanted:
            return Reading(path, text, overtaken=True, seconds=took)
        if data:
            with contextlib.suppress(Exception):  # whatever garbage a script has written there is no answer
                return self._answered(path, text, data, took)
        fell = code in FELL and took > 0.8 * seconds  # asking a busy Python where it stands can make it fall
        return Reading(path, text, mistake=self._silent(path, text, trace, seconds if late or fell else 0.0, code), seconds=took)

    def _after(self, spare: Spare) -> None:
        """Clear up, and let the desk think about what was read before another process warms up beside it."""
        if spare.swept():
            spare.again()
            with self._lock:
                if self._open and len(self._spares) < self._count:
                    self._spares.append(spare)
                    return
        spare.kill()
        with self._lock:
            few = not any(one.warm.is_set() for one in self._spares)
        time.sleep(0 if few else LATER)
        self._fill()

    def _wait(self, spare: Spare, seconds: float) -> bool:
        """Until it answers, or its time is over; True when it was."""
        began, before = time.monotonic(), spare.waited()
        while True:
            stood, gone = 0.0, time.monotonic() - began
            now = spare.waited()
            if now is not None and before is not None:
                stood = now - before
            elif hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1):
                stood = self.patience
            left = min(seconds + stood, max(self.patience, 2 * seconds)) - gone
            if left <= 0:
                return True
            if spare.over.wait(left):
                return False

    def _answered(self, path: Path, text: str, data: bytes, took: float) -> Reading:
        """The answer as a Reading."""
        told = unpacked(data)
        texts = {Path(file): str(body) for file, body in told["imported"].items() if Path(file) != path}
        page = unpacked(told["page"]) if told["page"] else None
        if page is not None:
            page.room = self.room
        slip, half = None, bool(told["half"])
        if told["mistake"] is not None:
            slip = Mistake(str(told["mistake"]["what"]))
            vars(slip).update({key: value for key, value in told["mistake"].items() if key in vars(slip)})
            half = half or (not text.endswith("\n") and slip.line == text.count("\n") + 1)  # cut off within a word
        return Reading(
            path=path,
            text=text,
            page=page,
            mistake=slip,
            half=half,
            printed=[str(line) for line in told["printed"]],
            notes=[str(line) for line in told["notes"]],
            imported={file: digest(body) for file, body in texts.items()},
            others={Path(file): digest(contents(Path(file))) for file in (page.files if page is not None else ())},
            modules={module_name(file, self.folder): body for file, body in texts.items()},
            values=unpacked(told["values"]) if told["values"] else {},
            seconds=took,
        )

    def _silent(self, path: Path, text: str, trace: str, seconds: float, code: int) -> Mistake:
        """No answer came: why, and where it stood."""
        file, line = self._stood(trace, path)
        name = called(file, self.folder)
        try:
            body = text if file == path else read(file, self.folder)
        except Mistake:
            body = ""
        source = body.split("\n", line)[line - 1] if 0 < line <= body.count("\n") + 1 else ""
        near = "A script only describes; to wait or to repeat is for clocks and rhythms."
        if seconds and (line or len(text) < LONG):
            what = f"Still running after {seconds:.2g} s: a loop that never ends?"
        elif seconds:
            what, near = f"Reading it takes more than {seconds:.2g} s ({len(text) / 1e6:.1f} MB).", "Cut it into fewer lines."
        elif code == -9:
            what, near = "Reading it was ended from outside, perhaps for want of memory.", "Save it again."
        else:
            what, near = (
                "Python itself ended while reading it.",
                "A script only describes; it needs no os._exit(), and nothing that can crash.",
            )
        column, length = len(source) - len(source.lstrip()), len(source.strip())
        return Mistake(what, near=near, file=name, line=line, column=column if source else -1, length=length or 1, source=source)

    def _stood(self, trace: str, path: Path) -> tuple[Path, int]:
        """The innermost line of the session that was running when the last trace was written."""
        last = re.split(r"^(?:Timeout|Fatal)", trace, flags=re.MULTILINE)[-1]
        parts = re.split(r"^(?:Current thread|Thread) .*$", last, flags=re.MULTILINE)
        for part in reversed(parts):  # the main thread is written last
            for file, line in re.findall(r'^  File "(.*)", line (\d+)', part, flags=re.MULTILINE):
                if file == escaped(path):
                    return path, int(line)
                if file.startswith(escaped(self.folder) + os.sep) and os.path.exists(file):
                    return Path(file), int(line)
        return path, 0


def escaped(path: Path) -> str:
    """A path as Python's C side writes it."""
    return str(path).encode("ascii", "backslashreplace").decode("ascii")


def contents(file: Path) -> str:
    """What a file says, or nothing when it is gone."""
    try:
        return file.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""


def digest(text: str) -> str:
    """A text's own mark."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
