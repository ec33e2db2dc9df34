"""The partner, in parts: a memory of labelled events that answers (``Memory``). Light to import: numpy and nothing else."""

from __future__ import annotations

from agents.choose import Memory
from agents.labels import chord, in_parts, shifted
from agents.reasons import Event, Why

__all__ = ["Event", "Memory", "Why", "chord", "in_parts", "shifted"]
