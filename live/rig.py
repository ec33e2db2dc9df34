"""What a core is told when it starts: device, channels, folders. One JSON file in the runtime folder."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Rig:
    """The room: which device, how many channels, where takes go."""

    device: str = "null"
    source: str = ""  # an input device of its own, by name
    rate: int = 48000
    block: int = 256
    ins: int = 2
    outs: int = 2
    take: str = "."
    tracks: int = 128
    record: bool = True
    minutes: float = 30.0
    lookahead: int = 64
    ceiling: float = -1.0
    seed: int = 0
    client: str = "antiphon"
    connect: bool = True
    hands: bool = False  # controllers, OSC and other clocks are listened to
    midi: str = ""  # controllers listened to, by parts of their names, with commas; empty: all, none: none
    played: str = ""  # a MIDI file whose tracks play as controllers
    takeover: str = "scale"  # what a knob does that stands elsewhere than its sound: scale, catch or jump
    osc: int = 0  # the port OSC is heard on; -1: none, 0: a free one
    osc_host: str = "127.0.0.1"
    follow: str = "internal"  # who keeps time: internal, midi, link
    clocked: str = ""  # outputs that get our MIDI clock, by parts of their names; empty: none
    session: str = ""  # the session's folder: its map/ holds what is mapped

    def write(self, path: Path) -> None:
        """Put it where the core reads it, whole or not at all."""
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self), indent=1))
        os.replace(fresh, path)

    @staticmethod
    def read(path: Path) -> Rig:
        """What was written."""
        return Rig(**json.loads(path.read_text()))
