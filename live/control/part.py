"""What the hands' parts have in common: learning, OSC, clocks, lamps are each a part, turned one after another.

A part does its work in ``turn``. A thread of its own may only listen: it keeps what it hears and calls ``hands.wake()``.
A part that raises is closed and made anew, and the others do not notice: what must outlive it stands in files or maps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from live.control.process import Hands


class Part:
    """One thing the hands do."""

    pace = 1.0  # seconds it can do without a turn: a small number makes all turns come that soon, in an idle evening too
    hungry = False  # True: it wants what the core hears within milliseconds, a learner does

    def __init__(self, hands: Hands) -> None:
        self.hands = hands

    def turn(self, now: float) -> None:
        """One round; ``now`` is time.monotonic()."""

    def hear(self, messages: np.ndarray) -> None:
        """What the core has heard since the last round: rows of layout.MESSAGE, oldest first, each with its frame."""

    def letter(self, word: str, what: dict[str, Any]) -> bool:
        """A letter from the desk; True if it was for this part (others may take it as well)."""
        return False

    def close(self) -> None:
        """Let go of everything."""
