"""Hands that were recorded play again: a MIDI file becomes controllers that are plugged in, one for each of its tracks.

Its beat 0 falls on the next bar, and from there it keeps to the core's beats: at another tempo the hands are faster.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from live import midifile
from live.control.part import Part
from live.core import layout as at
from live.ports.fakes import FakePorts

if TYPE_CHECKING:
    from live.control.process import Hands

SHORT_NAME = "hands"  # what a track without a name is called


class Played(Part):
    """The part that turns the pages."""

    pace = 0.002

    def __init__(self, hands: Hands) -> None:
        super().__init__(hands)
        self.fakes: FakePorts = (hands.doors or [FakePorts()])[0]
        self.moves: list[tuple[float, str, bytes]] = []  # beat, controller, message
        self.done, self.first = 0, -1.0
        self.pace = Part.pace
        if hands.rig.played:
            self._read(Path(hands.rig.played))

    def _read(self, path: Path) -> None:
        try:
            file = midifile.look(path)
        except (midifile.BadFile, OSError) as why:
            self.hands.tell(f"{path.name} plays no hands: {why}")
            return
        for count, track in enumerate(file.tracks, 1):
            name = track.name or (SHORT_NAME if count == 1 else f"{SHORT_NAME} {count}")
            mine = [(event.tick / file.division, name, event.bytes) for event in track.events if event.meta < 0]
            if mine:
                self.moves += mine
                if name not in {port.name for port in self.fakes.plugged}:
                    self.fakes.plug(name)
        self.moves.sort(key=lambda move: move[0])
        self.pace = Played.pace

    def turn(self, now: float) -> None:
        """Whatever is due is done."""
        if self.done >= len(self.moves) or not all(port.heard for port in self.fakes.plugged):
            return
        beat = self.hands.beat_at(self.hands.frame)
        if self.first < 0:
            bar = float(self.hands.core.tempo[at.T_BAR]) or 4.0
            self.first = math.ceil(beat / bar) * bar
        while self.done < len(self.moves) and self.moves[self.done][0] + self.first <= beat:
            _, name, message = self.moves[self.done]
            self.fakes.send(name, message)
            self.done += 1
        if self.done == len(self.moves):
            self.pace = Part.pace
            self.hands.tell("the recorded hands have played to their end")
