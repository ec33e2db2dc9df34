"""The terminal as paper: what is written above the typed line goes out in one piece, and the line stays where it was.

No question is ever sent to the terminal (where is the cursor?): slow lines, screen recorders and pipes may not answer.
How much room there is below the typed line is counted instead.
"""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO

from prompt_toolkit.output import ColorDepth, Output, create_output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.utils import get_cwidth


class Paper(Vt100_Output):
    """A terminal that can hold its breath: between ``hold`` and ``let`` nothing is sent."""

    below = 1  # rows from the top of what is drawn to the lower edge of the terminal, as far as is known
    held = False

    def get_rows_below_cursor_position(self) -> int:
        """Counted, not asked for."""
        return min(self.below, self.get_size().rows)

    def hold(self) -> None:
        """Everything from here on goes out together."""
        self.held = True

    def let(self) -> None:
        """Now."""
        self.held = False
        self.flush()

    def flush(self) -> None:
        if not self.held:
            super().flush()

    def wrote(self, rows: int, drawn: int = 0) -> None:
        """So many rows were written; ``drawn`` rows were there before and are gone."""
        self.below = max(1, (drawn or self.below) - rows)


def paper(stdout: TextIO, depth: str = "") -> Output:
    """The terminal that stdout is. On Windows it is asked for by its own ways."""
    if os.name == "nt":
        return create_output(stdout)
    made = Paper.from_pty(stdout, term=os.environ.get("TERM"), default_color_depth=_depth(depth))
    made.enable_cpr = False
    return made


def _depth(word: str) -> ColorDepth | None:
    """How many colours: what the environment says, else what the terminal is known for."""
    if word == "mono":
        return ColorDepth.DEPTH_1_BIT
    if os.environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return ColorDepth.DEPTH_24_BIT
    return ColorDepth.from_env()


def rows(text: str, columns: int, before: int = 0) -> int:
    """How many rows a text takes, with ``before`` letters in front of each line."""
    return sum(max(1, -(-(before + get_cwidth(line)) // max(columns, 1))) for line in text.split("\n"))


def real_out() -> Any:
    """Where the terminal is, also when stdout stands for something else."""
    return sys.stdout if sys.stdout.isatty() else sys.__stdout__
