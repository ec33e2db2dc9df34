"""Clock ticks and lamps that are due at a frame, for ports that only know now."""

from __future__ import annotations

import contextlib
import heapq
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from live.control.process import Hands


class Later:
    """What waits for its frame; a thread of its own sends it, while there is any."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.due: list[tuple[int, int, Any, bytes]] = []
        self.count = 0
        self.more = threading.Condition()
        self.thread: threading.Thread | None = None

    def put(self, frame: int, wire: Any, data: bytes) -> None:
        """This one, then."""
        with self.more:
            self.count += 1
            heapq.heappush(self.due, (frame, self.count, wire, data))
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name="midi later", daemon=True)
                self.thread.start()
            self.more.notify()

    def _run(self) -> None:
        while True:
            with self.more:
                wait = (self.due[0][0] - self.hands.frame) / self.hands.rate if self.due else 5.0
                if wait > 0.0002:
                    if not self.more.wait(wait) and not self.due:
                        self.thread = None
                        return
                    continue
                _, _, wire, data = heapq.heappop(self.due)
            with contextlib.suppress(Exception):  # it left before its message was due
                wire.send(data)

    def close(self) -> None:
        """Nothing is sent any more."""
        with self.more:
            self.due.clear()
            self.more.notify()
