"""What was played, by frame: one JSON line each, appended and flushed, never rewritten.

Lines: ``begin`` (rate, channels, seed), ``plan`` (the steps that landed and
where), ``knob``, ``event``, ``gate``, ``device``, ``trouble``, and now and
then ``state``: the whole score, so that a restart need not read everything.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live.plan import Plan, carried, from_rows, rows, score_data, score_from
from live.score import Score

STATE_EVERY = 64  # plans


def plan_data(plan: Plan) -> list[list[Any]]:
    """A plan as JSON."""
    return [list(line) for line in rows(plan)]


def plan_from(data: list[list[Any]]) -> Plan:
    """The other way."""
    return from_rows(tuple(line) for line in data)  # type: ignore[misc]


class Journal:
    """Appends. A disk that refuses is reported once and tried again; the sound does not wait for it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble = ""
        self._waiting: list[str] = []
        self._plans = 0
        self._file: Any = None

    def write(self, what: str, frame: int, **more: Any) -> None:
        """One line, on the disk before this returns (or kept until the disk takes it)."""
        self._waiting.append(json.dumps({"what": what, "frame": frame, **more}, separators=(",", ":")))
        self.flush()

    def plan(self, frame: int, plan: Plan, score: Score, fade: float, number: int = 0) -> None:
        """A plan landed. ``number`` is the letter's, so that no core lands it twice."""
        self.write("plan", frame, steps=plan_data(plan), fade=fade, **({"number": number} if number else {}))
        self._plans += 1
        if self._plans % STATE_EVERY == 0:
            self.write("state", frame, score=score_data(score))

    def flush(self) -> None:
        """Give the disk what is waiting."""
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                torn = self.path.exists() and not ends_clean(self.path)
                self._file = self.path.open("a", encoding="utf-8")
                if torn:
                    self._file.write("\n")
            self._file.write("".join(line + "\n" for line in self._waiting))
            self._file.flush()
            self._waiting.clear()
            self.trouble = ""
        except OSError as trouble:
            self.trouble = f"the journal cannot be written: {trouble.strerror or trouble} ({self.path}); the sound goes on"
            self._file = None
            del self._waiting[:-10000]

    def close(self) -> None:
        """Flush to the metal and let go."""
        if self._file:
            self.flush()
        if self._file:
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None


def ends_clean(path: Path) -> bool:
    """Whether the last line was finished: a kill may have torn it."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        if file.tell() == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Every whole line; a torn last one is left out."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if not line.endswith("\n"):
                return
            try:
                yield json.loads(line)
            except ValueError:
                continue  # torn by a kill, and already followed by the next process's lines


@dataclass
class Past:
    """What a journal says was so at its end."""

    score: Score = field(default_factory=Score)
    born: dict[str, int] = field(default_factory=dict)  # at which frame each place was made
    knobs: dict[int, float] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)  # letters that landed, and where
    frame: int = -1  # of the last line; -1: there is none


def last_known(path: Path) -> Past:
    """The end of a journal, as a core needs it that goes on from there."""
    past = Past()
    if not path.exists():
        return past
    for line in read(path):
        what = line["what"]
        past.frame = max(past.frame, line["frame"])
        if what == "state":
            past.score = score_from(line["score"])
        elif what == "knob":
            past.knobs[line["knob"]] = line["value"]
        elif what == "plan":
            plan = plan_from(line["steps"])
            for step in plan:
                if type(step).__name__ in ("Make", "Swap"):
                    past.born[step.name] = line["frame"]  # type: ignore[union-attr]
            past.score = carried(past.score, plan)
            if "number" in line:
                past.numbers[line["number"]] = line["frame"]
    past.born = {name: frame for name, frame in past.born.items() if name in past.score.places}
    return past


def last_state(path: Path) -> tuple[Score, dict[str, int]]:
    """The score that sounded last, and at which frame each of its places was made."""
    past = last_known(path)
    return past.score, past.born


def fingerprint(path: Path) -> str:
    """A short hash of everything musical in a journal: two equal performances have equal ones."""
    digest = hashlib.sha256()
    for line in read(path):
        if line["what"] in ("begin", "plan", "knob", "event", "gate"):
            line.pop("number", None)  # a letter's number is only a name for it
            digest.update(json.dumps(line, sort_keys=True).encode())
    return digest.hexdigest()[:12]


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
