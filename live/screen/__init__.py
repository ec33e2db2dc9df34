"""The terminal: one typed line at the bottom, everything else above it, the state of the music below.

``opened(desk, ...)`` gives the screen that fits the terminal: ``line.Line`` where one can draw, ``plain.Plain`` for
screen readers, pipes and dumb terminals. Both show the same face (``face.Screen``). Nothing heavy is imported before.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from live.screen.face import Played, Screen


def can_draw() -> bool:
    """Whether this terminal can move its cursor."""
    try:
        return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "") != "dumb"
    except (AttributeError, ValueError):  # closed, or something that is no file
        return False


def opened(
    desk: Played,
    *,
    plain: bool = False,
    theme: str = "dark",
    history: Path | None = None,
    log: Path | None = None,
    leaving: str = "",
) -> Screen:
    """The screen for this terminal, to be used in a ``with``: inside it, whatever is printed goes through the news."""
    if plain or not can_draw():
        from live.screen.plain import Plain

        return Plain(desk, log=log)
    from live.screen.line import Line

    return Line(desk, theme=theme, history=history, log=log, leaving=leaving)
