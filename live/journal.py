"""What was played, by frame: one JSON line each, appended and flushed, never rewritten.

Lines: ``begin`` (rate, channels, ceiling, seed), ``plan`` (the steps that landed
and where), ``named`` (a knob's name, for good), ``knob`` (and over how many frames, where it was taken over), ``note`` (a key, struck
or let go), ``event``, ``gate``, ``pace`` (time was bent, led or ramped), ``written`` (the text of a treatment
written live), ``device``, ``trouble``, ``engine`` (its worker had loaded: where its sound begins), ``again`` (another core goes on), and now and
then ``state``: everything that is so, so that a restart need not read from the start.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from live.plan import Make, Plan, Swap, carried, from_rows, rows, score_data, score_from
from live.score import Score

STATE_EVERY = 64  # plans
LETTERS = 256  # landed letters remembered by number
WAITING = 100_000  # lines kept while the disk takes none
WRITTEN = "written:"


def plan_data(plan: Plan) -> list[list[Any]]:
    """A plan as JSON."""
    return [list(line) for line in rows(plan)]


def plan_from(data: list[list[Any]]) -> Plan:
    """The other way."""
    return from_rows(tuple(line) for line in data)  # type: ignore[misc]


@dataclass
class Past:
    """What a journal says was so at its end."""

    score: Score = field(default_factory=Score)
    born: dict[str, int] = field(default_factory=dict)  # at which frame each place was made
    knobs: dict[int, float] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)  # of knobs that go by one
    numbers: dict[int, int] = field(default_factory=dict)  # letters that landed last, and where
    frame: int = -1  # of the last line; -1: there is none

    def land(self, frame: int, plan: Plan, score: Score, number: int = 0) -> None:
        """A plan arrived."""
        for step in plan:
            if isinstance(step, Make | Swap):
                self.born[step.name] = frame
        if len(self.born) > len(score.places):
            self.born = {name: since for name, since in self.born.items() if name in score.places}
        self.score = score
        if number:
            self.numbers[number] = frame
            while len(self.numbers) > LETTERS:
                del self.numbers[next(iter(self.numbers))]

    def read(self, line: dict[str, Any]) -> None:
        """One line of a journal, in its order."""
        what, frame = line["what"], int(line["frame"])
        self.frame = max(self.frame, frame)
        if what == "state":
            self.score = score_from(line["score"])
            self.born = {name: int(since) for name, since in line.get("born", self.born).items()}
            self.knobs = {int(knob): float(value) for knob, value in line.get("knobs", self.knobs).items()}
            self.names = {int(knob): str(name) for knob, name in line.get("names", self.names).items()}
            self.numbers = {int(number): int(at) for number, at in line.get("numbers", self.numbers).items()}
            self.frame = max(self.frame, int(line.get("last", -1)))
        elif what in ("knob", "named"):
            self.knobs[int(line["knob"])] = float(line["value"])
            if what == "named":
                self.names[int(line["knob"])] = str(line["name"])
        elif what == "plan":
            plan = plan_from(line["steps"])
            self.land(frame, plan, carried(self.score, plan), int(line.get("number", 0)))

    def data(self) -> dict[str, Any]:
        """As a ``state`` line carries it."""
        return {
            "score": score_data(self.score),
            "born": self.born,
            "knobs": self.knobs,
            "names": self.names,
            "numbers": self.numbers,
            "last": self.frame,
        }


class Journal:
    """Appends. A disk that refuses is reported once and tried again; the sound does not wait for it."""

    def __init__(self, path: Path, past: Past | None = None) -> None:
        """``past``: what the file says already, when it goes on."""
        self.path = path
        self.past = past or Past()
        self.trouble = ""
        self._waiting: list[bytes] = []
        self._plans = self._since = self._state = 0  # plans and bytes since the last ``state``, and how long that was
        self._told: set[str] = set()  # written treatments whose text is in here
        self._file: int | None = None

    def write(self, what: str, frame: int, **more: Any) -> None:
        """One line, on the disk before this returns (or kept until the disk takes it)."""
        line = (json.dumps({"what": what, "frame": frame, **more}, separators=(",", ":")) + "\n").encode()
        self.past.frame = max(self.past.frame, frame)
        if what in ("knob", "named"):
            self.past.knobs[int(more["knob"])] = float(more["value"])
            if what == "named":
                self.past.names[int(more["knob"])] = str(more["name"])
        self._since += len(line)
        self._waiting.append(line)
        self.flush()

    def plan(self, frame: int, plan: Plan, score: Score, fade: float, number: int = 0, armed: int | None = None) -> None:
        """A plan landed. ``number`` is the letter's, so that no core lands it twice; ``armed``: the frame it was laid out at."""
        for step in plan:
            if isinstance(step, Make | Swap) and step.node.kind.startswith(WRITTEN):
                self._written(frame, step.node.kind)
        more = {**({"number": number} if number else {}), **({"armed": armed} if armed not in (None, frame) else {})}
        self.write("plan", frame, steps=plan_data(plan), fade=fade, **more)
        self.past.land(frame, plan, score, number)
        self._plans += 1
        if self._plans >= STATE_EVERY and self._since >= self._state:  # so that a big score does not fill the disk
            self.state(frame)

    def state(self, frame: int, past: Past | None = None) -> None:
        """Everything that is so, in one line: who reads the end of the journal need not read further back."""
        self.past = past or self.past
        self._since = 0
        self.write("state", frame, **self.past.data())
        self._state, self._since, self._plans = self._since, 0, 0

    def _written(self, frame: int, word: str) -> None:
        """The text of a treatment written live, once: so that the take can be played where it was never written."""
        if word not in self._told:
            self._told.add(word)
            with contextlib.suppress(OSError):  # an old one whose text nobody kept
                self.write("written", frame, word=word, text=Path(word.removeprefix(WRITTEN)).with_suffix(".txt").read_text("utf-8"))

    def flush(self) -> None:
        """Give the disk what is waiting: whole lines or nothing."""
        if not self._waiting:
            return
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                torn = self.path.exists() and not ends_clean(self.path)
                self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
                if torn:
                    self._put(b"\n")
            while self._waiting:  # a few at a time: a disk that fills up takes what it can
                self._put(b"".join(self._waiting[:64]))
                del self._waiting[:64]
            self.trouble = ""
        except OSError as trouble:
            self.trouble = f"the journal cannot be written: {(trouble.strerror or str(trouble)).lower()} ({self.path}); the sound goes on"
            self._let_go()
            del self._waiting[:-WAITING]

    def _put(self, data: bytes) -> None:
        """All of it, or the file as it was: half a line now and the whole later would make two of one."""
        assert self._file is not None
        good = os.fstat(self._file).st_size
        try:
            done = 0
            while done < len(data):
                done += os.write(self._file, data[done:])
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, good)
            raise

    def _let_go(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = None

    def close(self) -> None:
        """Flush to the metal and let go."""
        self.flush()
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.fsync(self._file)
            self._let_go()


def ends_clean(path: Path) -> bool:
    """Whether the last line was finished: a kill may have torn it."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        if file.tell() == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Every whole line; a torn one is left out."""
    with path.open("rb") as file:
        yield from _lines(file)


def _lines(file: BinaryIO) -> Iterator[dict[str, Any]]:
    for line in iter(file.readline, b""):
        try:
            found = json.loads(line)
        except ValueError:
            continue  # torn by a kill; the next process begins a new line. One that lacks only its end of line is whole
        if isinstance(found, dict):
            yield found


STATE = b'{"what":"state"'
PIECE = 1 << 18


def last_known(path: Path) -> Past:
    """The end of a journal, as a core needs it that goes on from there. Read from the last ``state`` line on."""
    past = Past()
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(_from(file))
        for line in _lines(file):
            past.read(line)
    return past


def _from(file: BinaryIO) -> int:
    """Where to begin reading: at the last whole ``state`` line, or at the start."""
    start, after = file.seek(0, os.SEEK_END), b""
    while start > 0:
        size = min(PIECE, start)
        start -= size
        file.seek(start)
        piece = file.read(size) + after[: len(STATE)]
        spot = piece.rfind(STATE)
        while spot >= 0:
            if _is_state(file, start + spot):
                return start + spot
            spot = piece.rfind(STATE, 0, spot + len(STATE) - 1)
        after = piece
    return 0


def _is_state(file: BinaryIO, spot: int) -> bool:
    """Whether a whole line that says everything begins here."""
    file.seek(max(spot - 1, 0))
    if spot and file.read(1) != b"\n":
        return False
    line = file.readline()
    with contextlib.suppress(ValueError):
        return line.endswith(b"\n") and "born" in json.loads(line)
    return False


def last_state(path: Path) -> tuple[Score, dict[str, int]]:
    """The score that sounded last, and at which frame each of its places was made."""
    past = last_known(path)
    return past.score, past.born


MUSICAL = {
    "begin": ("rate", "ins", "outs", "seed", "ceiling", "lookahead"),
    "plan": ("frame", "steps", "fade"),
    "knob": ("frame", "knob", "value", "over"),
    "named": ("knob", "name", "value"),
    "note": ("frame", "on", "key", "velocity", "slot", "channel"),
    "foot": ("frame", "down", "slot", "channel"),
    "bend": ("frame", "wheel", "semitones", "slot", "channel"),
    "plugged": ("frame", "device", "slots"),
    "event": ("frame", "name", "kind", "numbers"),
    "gate": ("frame", "closed"),
    "pace": ("frame", "bpm", "over", "shift", "bend", "within", "aim", "aim_at", "led"),
}


NEW = ("over",)  # what older journals never had, and their fingerprints do not know


def fingerprint(path: Path) -> str:
    """A short hash of everything musical in a journal: two equal performances have equal ones, whenever and wherever they were."""
    found = []
    for line in read(path):
        if line["what"] in MUSICAL:
            frame = 0 if line["what"] == "named" else int(line["frame"])  # when a name was needed is nobody's music
            told = [line["what"], *(line.get(key) for key in MUSICAL[line["what"]] if key in line or key not in NEW)]
            found.append((frame, _bare(json.dumps(told, sort_keys=True))))
    digest = hashlib.sha256()
    for frame, text in sorted(found):  # what was noticed first in one moment makes no difference
        digest.update(f"{frame} {text}\n".encode())
    return digest.hexdigest()[:12]


def _bare(text: str) -> str:
    """Written treatments by name and content, without the folder they happened to lie in."""
    first, *rest = text.split(WRITTEN)
    return WRITTEN.join([first, *(part[len(part.split(".py")[0].rpartition("/")[0]) :] for part in rest)])


def new_take(folder: Path) -> Path:
    """A fresh folder for one performance, named by the time it began."""
    stem = time.strftime("%Y-%m-%d %H.%M.%S")
    for count in range(1, 1000):
        path = folder / (stem if count == 1 else f"{stem} ({count})")
        try:
            path.mkdir(parents=True, exist_ok=False)
        except FileExistsError:
            continue
        return path
    raise OSError(f"no room for another take in {folder}")
