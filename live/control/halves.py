"""Two controllers that are one: whether n and n + 32 are the halves of a fine fader, and which of them speaks first."""

from __future__ import annotations

from dataclasses import dataclass, field

TOGETHER = 0.004  # seconds between the two halves of a fine value


@dataclass
class Halves:
    """Controllers n and n + 32 of one channel: two knobs, or the two halves of a fine one."""

    said: list[tuple[float, bool, int]] = field(default_factory=list)  # when, whether it is the low half, its value

    def add(self, at: float, low: bool, value: int) -> None:
        """One message of either."""
        self.said.append((at, low, value))
        del self.said[:-64]

    @property
    def kind(self) -> str:
        """``fourteen``, ``fourteen lsb``, or nothing: two knobs."""
        high = [one for one in self.said if not one[1]]
        low = len(self.said) - len(high)
        if not high or low < 4:
            return ""
        after = [b for a, b in self.near() if not a[1] and b[1]]
        ahead = [b for a, b in self.near() if a[1] and not b[1]]
        most = max(len(after), len(ahead))
        if most < max(0.8 * (len(high) - 1), 1) or low < 0.8 * (len(high) - 1):
            return ""
        if len(high) < 3 and low - len(after) > 3 * len(high) and not self._carries():
            return ""
        if (before_high := self._pause(False)) > 1.25 * (before_low := self._pause(True)) or before_low > 1.25 * before_high:
            return "fourteen" if before_high > before_low else "fourteen lsb"  # a pair begins after a pause
        return "fourteen" if self._rough(False) <= self._rough(True) else "fourteen lsb"

    def _pause(self, low: bool) -> float:
        """Seconds that usually pass before one of the halves is sent."""
        found = sorted(b[0] - a[0] for a, b in zip(self.said, self.said[1:], strict=False) if b[1] is low)
        return found[len(found) // 2] if found else 0.0

    def near(self) -> list[tuple[tuple[float, bool, int], tuple[float, bool, int]]]:
        """Messages that came at once, in pairs."""
        return [(a, b) for a, b in zip(self.said, self.said[1:], strict=False) if b[0] - a[0] <= TOGETHER]

    def _carries(self) -> bool:
        """Whether the high half moves on as the low one goes round."""
        return any(abs(a[2] - b[2]) > 64 for a, b in zip(self._of(True), self._of(True)[1:], strict=False))

    def _of(self, low: bool) -> list[tuple[float, bool, int]]:
        return [one for one in self.said if one[1] is low]

    def _rough(self, low_first: bool) -> int:
        """How far the whole value travels when the halves are put together so: the right way is the smoother one."""
        whole, high, low, seen = [], None, None, 0
        for _, is_low, value in self.said:
            high, low = (high, value) if is_low else (value, low)
            if high is not None and low is not None and is_low is not low_first:
                whole.append(high * 128 + low)
                seen += 1
        return sum(abs(a - b) for a, b in zip(whole, whole[1:], strict=False)) if seen > 1 else 1 << 30
