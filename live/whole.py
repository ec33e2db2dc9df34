"""A small file, written whole or not at all: who reads it meanwhile finds the one before."""

from __future__ import annotations

import os
from pathlib import Path


def put(path: Path, text: str) -> bool:
    """Write it; False when there is no folder for it any more: the session is leaving."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.write_text(text, "utf-8")
        os.replace(fresh, path)
    except OSError:
        return False
    return True
