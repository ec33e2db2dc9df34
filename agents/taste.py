"""What the performer said of single events: never these, these first, more of these."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Taste:
    """Events by their index."""

    def __init__(self) -> None:
        self.never: set[int] = set()
        self.pins: set[int] = set()
        self.weights: NDArray[np.float64] | None = None  # 1 where nothing was said; None if nothing was said at all

    def like(self, events: set[int], weight: float, size: int) -> None:
        """So many times as often, in a memory of so many."""
        if not 0 <= weight < np.inf:
            raise ValueError(f"weight={weight!r} is no weight: 2 is twice as often, 0.5 half as often, 0 only if there is no other.")
        self.weights = self.weighed(size)
        self.weights[list(events)] = weight

    def weighed(self, size: int) -> NDArray[np.float64]:
        """Everybody's weight, also of those learnt since."""
        known = np.zeros(0) if self.weights is None else self.weights
        return known if len(known) == size else np.append(known, np.ones(size - len(known)))

    def forget(self, events: set[int] | None) -> None:
        """Nothing was said of these, or of any."""
        if events is None:
            self.never, self.pins, self.weights = set(), set(), None
            return
        self.never -= events
        self.pins -= events
        if self.weights is not None:
            self.weights[list(events)] = 1
