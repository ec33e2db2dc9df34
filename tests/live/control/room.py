"""A room for hands: a core whose time passes when asked, hands in this very process, and fake controllers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from live.control.post import DESK, Post
from live.control.process import PARTS, Hands
from live.core import layout as at
from live.core.memory import Map
from live.core.offline import Offline
from live.knobs import claim
from live.ports.fakes import FakePorts
from live.rig import Rig
from live.stage import fresh

MINE = tuple(part for part in PARTS if part[0] in ("ports", "routes", "lamps", "show"))


class Room:
    """``turn`` is a block of the core and a round of the hands."""

    def __init__(self, folder: Path, *, parts: Any = MINE, doors: Any = None, **rig: Any) -> None:
        self.folder, self.parts = folder, parts
        self.rig = Rig(take=str(folder / "take"), record=False, hands=True, **rig)
        fresh(folder, self.rig)
        self.map = Map(folder / "core.map", at.CORE)
        self.core = Offline(48000, 1, core=self.map)
        self.desk = Post(folder, DESK)
        self.fakes = FakePorts()
        self.doors = [self.fakes] if doors is None else doors
        self.news: list[str] = []
        self.moved: list[dict[str, Any]] = []
        self.now = 0.0
        self.hands = self.begin()
        self.turn()

    def begin(self) -> Hands:
        """Hands come, or come again."""
        return Hands(self.folder, self.rig, self.map, parts=self.parts, doors=self.doors)

    def turn(self, rounds: int = 1) -> None:
        """So many blocks, and a look of the hands after each."""
        for _ in range(rounds):
            self.core.run(256)
            self.hands.turn()
            for word, what in self.desk.read():
                if word == "said":
                    self.news.append(what["text"])
                elif word == "moved":
                    self.moved.append(what)

    def plug(self, name: str, **how: Any) -> str:
        """A controller is plugged in, and found."""
        place = self.fakes.plug(name, **how)
        self.turn()
        return place

    def play(self, which: str, *messages: list[int]) -> None:
        """A controller sends, and everybody has heard it."""
        for message in messages:
            self.fakes.send(which, message)
        self.turn(2)

    def claim(self, name: str) -> int:
        """A knob of this name is followed from now on."""
        number = claim(self.map.knob_names, name)
        assert number is not None
        self.turn()
        return number

    def map_to(self, *entries: dict[str, Any]) -> None:
        """What is mapped now."""
        self.hands.mappings = list(entries)
        self.hands.touch()
        self.turn()

    def set(self, knob: int, value: float) -> None:
        """Somebody else moves a knob."""
        self.map.knobs[knob] = value
        self.turn(2)

    def knob(self, number: int) -> float:
        """Where a knob is wished to be."""
        return float(self.map.knobs[number])

    def lanes(self) -> np.ndarray:
        """All that is laid."""
        return self.map.lanes.copy()

    def close(self) -> None:
        """Everybody leaves."""
        self.hands.close()
        self.desk.close()
