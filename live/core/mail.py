"""How the desk and the core talk: rows in a ring of shared memory, receipts in another.

A sender fills rows and then moves the head; the core reads up to it. A plan is
``begin``, its steps, ``land``; whatever was begun and never landed is thrown
away, so a desk that dies in the middle of a sentence has said nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from live.core import layout as at
from live.core.bell import Bell
from live.core.memory import Map
from live.plan import Plan, from_rows, rows

Line = tuple[str, str, str, int, float, float, str]
PIECE = at.ROW["text"].itemsize


@dataclass(frozen=True)
class Letter:
    """One whole message: a plan with its landing, or a single word with what it needs."""

    verb: str  # plan | event | leave | seed
    number: int = 0
    at: str = "now"
    frame: int = 0
    fade: float = 0.0
    lines: tuple[Line, ...] = ()
    name: str = ""
    key: str = ""
    text: str = ""
    box: int = 0
    row: int = 0  # the first of its rows

    @property
    def plan(self) -> Plan:
        """The steps it carries."""
        return from_rows(self.lines)


@dataclass(frozen=True)
class Receipt:
    """What became of a plan: when it landed, or why not."""

    plan: int
    status: int
    frame: int
    text: str

    @property
    def landed(self) -> bool:
        """Whether it is sounding."""
        return self.status == at.LANDED


class Sender:
    """One box's writing end. Only one process may hold it; its threads take turns."""

    def __init__(self, core: Map, box: int = 0) -> None:
        self.core, self.box = core, box
        self.bell = Bell(core.path.parent)
        self.rows = core.mail[box]
        self.number = int(time.time_ns() // 1000)
        self.turn = threading.Lock()

    def plan(self, plan: Plan, *, when: str = "now", frame: int = 0, fade: float = 0.05) -> int:
        """Send a plan; the number its receipt will carry."""
        self.number += 1
        self.send([("begin", "", when, 0, fade, 0.0, str(self.number)), *rows(plan), ("land", "", "", 0, 0.0, 0.0, "")], frame)
        return self.number

    def word(self, verb: str, name: str = "", *, key: str = "", index: int = 0, frame: int = 0, text: str = "") -> None:
        """Send a single message."""
        self.send([(verb, name, key, index, 0.0, 0.0, text)], frame)

    def send(self, lines: Iterable[Line], frame: int = 0, *, patience: float = 5.0) -> None:
        """Write rows, waiting for room if the core is busy."""
        with self.turn:
            self._write(lines, frame, patience)

    def _write(self, lines: Iterable[Line], frame: int, patience: float) -> None:
        head = int(self.core.mail_head[self.box, 0])
        until = time.monotonic() + patience
        for verb, name, key, index, value, more, text in lines:
            data = text.encode()
            pieces = [data[i : i + PIECE] for i in range(0, len(data), PIECE)] or [b""]
            for count, piece in enumerate(pieces):
                while head - int(self.core.mail_tail[self.box, 0]) >= at.MAIL:
                    self.core.mail_head[self.box, 0] = head
                    self.bell.ring()
                    if time.monotonic() > until:
                        raise TimeoutError("the core does not read its mail; it may be starting again. Nothing was changed")
                    time.sleep(0.001)
                self.rows[head % at.MAIL] = (
                    (verb if count == 0 else "+"),
                    name.encode(),
                    key.encode(),
                    index,
                    0,
                    value,
                    more,
                    frame,
                    piece,
                )
                head += 1
        self.core.mail_head[self.box, 0] = head
        self.bell.ring()


class Reader:
    """The core's end of every box. What was read but not answered is read again by the next core."""

    def __init__(self, core: Map, *, again: bool = False) -> None:
        self.core = core
        self.open: list[list[Line] | None] = [None] * at.BOXES
        self.begun: list[tuple[str, int, float, str]] = [("now", 0, 0.0, "0")] * at.BOXES
        self.first = [0] * at.BOXES
        self.due: list[dict[int, int]] = [{} for _ in range(at.BOXES)]  # letters not yet answered: first row -> row after the last
        if again:
            for box in range(at.BOXES):
                head, done = int(core.mail_head[box, 0]), int(core.mail_tail[box, 1])
                if head - done <= at.MAIL:  # else they are written over already
                    core.mail_tail[box, 0] = done

    def letters(self) -> Iterator[Letter]:
        """Every message that has come in whole."""
        for box in range(at.BOXES):
            head, tail = int(self.core.mail_head[box, 0]), int(self.core.mail_tail[box, 0])
            mail, tails = self.core.mail[box], self.core.mail_tail[box]
            while tail < head:
                row = mail[tail % at.MAIL].item()
                if row[0] not in (b"+", b"land") and self.open[box] is None or row[0] == b"begin":
                    self.first[box] = tail
                found = [replace(letter, box=box, row=self.first[box]) for letter in self._row(box, row)]
                tail += 1
                tails[0] = tail
                for letter in found:
                    self.due[box][letter.row] = tail
                yield from found
            if not self.due[box] and self.open[box] is None:
                self.core.mail_tail[box, 1] = tail

    def done(self, letter: Letter) -> None:
        """It is answered: no other core need read it."""
        due = self.due[letter.box]
        due.pop(letter.row, None)
        begun = self.first[letter.box] if self.open[letter.box] is not None else int(self.core.mail_tail[letter.box, 0])
        self.core.mail_tail[letter.box, 1] = min([*due, begun])

    def _row(self, box: int, row: tuple[Any, ...]) -> Iterator[Letter]:
        verb, name, key = row[0].decode(), row[1].decode(), row[2].decode()
        index, _, value, more, frame, text = row[3:]
        lines = self.open[box]
        if verb == "+":
            if lines:
                *rest, last = lines[-1]
                lines[-1] = (*rest, last + text)  # type: ignore[assignment,operator]
            return
        if verb == "begin":
            self.open[box] = []
            self.begun[box] = (key, frame, value, text.decode())
        elif verb == "land":
            if lines is not None:
                when, frame, fade, number = self.begun[box]
                done = tuple((*line[:-1], line[-1].decode()) for line in lines)  # type: ignore[union-attr]
                self.open[box] = None
                yield Letter("plan", int(number), when, frame, fade, done)  # type: ignore[arg-type]
        elif lines is not None:
            lines.append((verb, name, key, index, value, more, text))
        else:
            yield Letter(verb, index, frame=frame, name=name, key=key, text=text.decode())


def answer(core: Map, plan: int, status: int, frame: int, text: str = "") -> None:
    """The core writes a receipt."""
    head = int(core.receipt_head[0])
    core.receipts[head % at.RECEIPTS] = (plan, status, 0, frame, text.encode()[:230].decode(errors="ignore").encode())
    core.receipt_head[0] = head + 1


class Receipts:
    """A reader's own place in the receipts."""

    def __init__(self, core: Map) -> None:
        self.core = core
        self.place = int(core.receipt_head[0])

    def new(self) -> list[Receipt]:
        """What has been answered since last asked."""
        head = int(self.core.receipt_head[0])
        first = max(self.place, head - at.RECEIPTS + 8)
        self.place = head
        return [
            Receipt(int(r["plan"]), int(r["status"]), int(r["frame"]), r["text"].decode(errors="replace"))
            for r in (self.core.receipts[i % at.RECEIPTS] for i in range(first, head))
        ]
