"""A controller that never stops talking: it is named, once for as long as it does. What else is heard does not suffer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from live.control.process import Hands

FLOOD = 5000  # messages a second
EVERY = 1.0


class Floods:
    """Counts the messages of every slot."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.flow, self.since = hands.flow.copy(), time.monotonic()
        self.flooding: set[int] = set()

    def look(self, now: float) -> None:
        """Asked often, looked at once a second."""
        if now - self.since < EVERY:
            return
        flow = (self.hands.flow - self.flow) / (now - self.since)
        self.flow, self.since = self.hands.flow.copy(), now
        flooding = {int(slot) for slot in np.flatnonzero(flow > FLOOD)}
        for slot in flooding - self.flooding:
            self.hands.tell(f"{self.hands.device(slot)} floods ({flow[slot]:.0f} messages a second): the newest of each control counts")
        self.flooding = flooding
