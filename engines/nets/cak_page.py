"""The listening page: one file in which kernels can be seen, compared and heard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engines.nets.cak_sounds import Refused, Sound, levelled, read

Heard = tuple[str, Sound, int]
"""A sound's name, the sound (mono), its rate."""


def sounds_from(files: Sequence[Path], own: Path, seconds: float) -> list[Heard]:
    """Excerpts to hear kernels on: the files named, or the instrument's own sounds."""
    named = list(files) or sorted(own.glob("*.flac"))
    if not named:
        raise Refused(f"{own} holds no sounds; name some with --sounds")
    found = []
    for file in named:
        sound, rate = read(file)
        found.append((file.stem, levelled(sound[: round(seconds * rate)]), rate))
    return found
