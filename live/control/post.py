"""How desk and hands talk: short letters in two rings of one mapped file. Either may die and come back.

A letter is a word and what belongs to it: ``send("learn", to="worn.texture")``. Each side reads the other's ring from
where it stands; what was said while nobody listened is read when somebody comes, as far as the ring reaches.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np

from live.core.memory import Map, Regions

FILE = "hands.map"
LETTERS = 512
SIZE = 2048
DESK, HANDS = 0, 1
ROW = np.dtype([("size", "i4"), ("_", "i4"), ("text", f"S{SIZE - 8}")])
POST: Regions = {"heads": (np.int64, (2, 8)), "letters": (ROW, (2, LETTERS))}


class Post:
    """One side's end. ``side``: DESK or HANDS."""

    def __init__(self, folder: Path, side: int) -> None:
        self.map = Map(folder / FILE, POST)
        self.side, self.closed = side, False
        self.turn = threading.Lock()  # the desk says things from several threads
        self.place = int(self.map.heads[1 - side, 1])

    def send(self, word: str, /, **what: Any) -> bool:
        """Say something; False when it is too long to be said, or when all is over."""
        data = json.dumps([word, what], separators=(",", ":")).encode()
        if len(data) > SIZE - 8:
            return False
        with self.turn:
            if self.closed:
                return False
            head = int(self.map.heads[self.side, 0])
            self.map.letters[self.side, head % LETTERS] = (len(data), 0, data)
            self.map.heads[self.side, 0] = head + 1
        return True

    def read(self) -> list[tuple[str, dict[str, Any]]]:
        """What the other side has said since last asked."""
        if self.closed:
            return []
        other = 1 - self.side
        head = int(self.map.heads[other, 0])
        first = max(self.place, head - LETTERS + 8)
        found = []
        for i in range(first, head):
            row = self.map.letters[other, i % LETTERS]
            try:
                word, what = json.loads(bytes(row["text"])[: int(row["size"])])
                found.append((str(word), dict(what)))
            except (ValueError, TypeError):  # written over while we read: the next ones are whole
                continue
        self.place = head
        self.map.heads[other, 1] = head
        return found

    def close(self) -> None:
        """Let go."""
        with self.turn:
            self.closed = True
            self.map.close()
