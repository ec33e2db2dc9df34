"""What the workers say while they load, as news: a model that takes its time, one that is ready, one that cannot be played."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

EVERY = 0.25
QUICK = 0.7  # seconds of loading nobody need hear of


class Loading:
    """Reads on in the log that all processes of an evening write."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.spot = log.stat().st_size if log.exists() else 0
        self.looked = 0.0
        self.began: dict[str, tuple[float, str]] = {}  # rings that load: since when, what was said last

    def news(self) -> list[str]:
        """Lines to say now. Asked often; looks a few times a second."""
        now = time.monotonic()
        if now - self.looked < EVERY:
            return []
        self.looked = now
        found = [line for told in self._told() if (line := self._line(told, now))]
        for ring, (since, said) in list(self.began.items()):
            if said.startswith("\0") and now - since > QUICK:
                self.began[ring] = (since, said[1:])
                found.append(f"{said[1:]} is loading; its place is silent until it is ready, and fades in")
        return found

    def _told(self) -> list[dict[str, Any]]:
        """Whole lines that are new."""
        try:
            with self.log.open("rb") as file:
                file.seek(self.spot)
                data = file.read()
        except OSError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self.spot += len(whole)
        lines = []
        for line in whole.splitlines():
            if line.startswith(b"{"):
                try:
                    lines.append(json.loads(line))
                except ValueError:
                    continue
        return lines

    def _line(self, told: dict[str, Any], now: float) -> str:
        """One thing a worker said, as a performer wants to hear it."""
        ring, engine = str(told.get("ring", "")), str(told.get("engine", ""))
        if told.get("says") == "loading":
            if ring not in self.began:
                self.began[ring] = (now, f"\0{engine}")
            return f"{engine}: {told['how']}" if told.get("how") else ""
        if told.get("says") == "ready":
            _, said = self.began.pop(ring, (now, "\0"))
            return "" if said.startswith("\0") else f"{engine} is ready after {told.get('seconds', 0):.1f} s"
        if told.get("says") == "gave-up":
            self.began.pop(ring, None)
            return f"{engine} cannot be played: {told.get('why')}. Its place is silent; the rest plays on."
        return ""
