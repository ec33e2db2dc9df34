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

    def write(self, path: Path) -> None:
        """Put it where the core reads it, whole or not at all."""
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self), indent=1))
        os.replace(fresh, path)

    @staticmethod
    def read(path: Path) -> Rig:
        """What was written."""
        return Rig(**json.loads(path.read_text()))
