"""A handful of short sounds of our own, so that the first minute needs no download. ``make.py`` made them all."""

from __future__ import annotations

from pathlib import Path


def listed() -> dict[str, Path]:
    """Every bundled sound by the name a performer types."""
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("*.flac"))}
