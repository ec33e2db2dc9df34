"""What the callback did by itself, put down: knobs that hands turned, keys, pedals, benders, devices that were named and came, the gate, paces that began."""

from __future__ import annotations

import numpy as np

from live.core.inner import KNOB_FRAMES
from live.core.midi import BENT, FOOT, STRUCK
from live.core.stand import Stand
from live.cue import Rubato
from live.journal import Journal


class Deeds:
    """One reader of what a stand has logged."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.moves = self.keys = self.paces = 0
        self.plugged = np.zeros_like(stand.asked_slots)

    def put_down(self, journal: Journal) -> None:
        """Everything since last asked."""
        self.moves, moves = self.stand.moves(self.moves)
        for frame, knob, value, over in moves:
            if knob < 0:
                journal.write("gate", frame, closed=int(value))
            else:
                journal.write("knob", frame, knob=knob, value=value, **({} if over == KNOB_FRAMES else {"over": over}))
        for k in np.flatnonzero(self.stand.asked_slots != self.plugged):
            self.plugged[k] = self.stand.asked_slots[k]
            journal.write("plugged", self.stand.frame, device=self.stand.asked[k].decode(), slots=int(self.plugged[k]))
        self.keys, keys = self.stand.keys(self.keys)
        for frame, what, key, velocity, slot, channel in keys:
            if what == FOOT:
                journal.write("foot", frame, down=int(velocity), slot=slot, channel=channel)
            elif what == BENT:
                journal.write("bend", frame, wheel=velocity, semitones=key, slot=slot, channel=channel)
            else:
                journal.write("note", frame, on=int(what == STRUCK), key=int(key), velocity=velocity, slot=slot, channel=channel)
        self.paces, paces = self.stand.paces_begun(self.paces)
        for pace in paces:
            journal.write("pace", int(pace[0]), **Rubato.from_row(pace).data())
