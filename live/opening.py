"""When an installation is open, and how long its takes are kept: the table [open] of session.toml.

[open]
hours = "10:00-13:00, 14:00-18:00"   # over midnight, too: "20:00-02:00" belongs to the evening it began
days = "tue-sun"                     # or "sat, sun"; nothing said: every day
rotate = 24                          # hours until a new take begins; 0: one take per opening
keep_days = 14                       # older takes go; 0: they stay as long as the disk has room
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from live.cli import Sorry
from live.settings import nearest

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KEYS = ("hours", "days", "rotate", "keep_days")
SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))? ?- ?(\d{1,2})(?::(\d{2}))?")


@dataclass(frozen=True)
class Opening:
    """When it plays. No hours: always."""

    hours: tuple[tuple[int, int], ...] = ()  # from and to, in minutes of the day
    days: frozenset[int] = frozenset(range(7))  # 0 is Monday
    rotate: float = 24.0
    keep_days: float = 0.0

    @staticmethod
    def of(table: Any, hours: str | None = None, rotate: float | None = None, where: str = "[open]") -> Opening:
        """What session.toml says, and what the command line says louder; Sorry in one line for what cannot be meant."""
        if not isinstance(table, Mapping):
            raise Sorry(f'{where} is {table!r}, but [open] is a table: hours = "10:00-18:00", days, rotate, keep_days.')
        for key in table:
            if key not in KEYS:
                raise Sorry(f"{where} has no {key!r}. {nearest(key, KEYS)}")
        found = Opening(
            spans(table.get("hours", ""), where), days(table.get("days", ""), where),
            _number("rotate", table.get("rotate", 24.0), where), _number("keep_days", table.get("keep_days", 0.0), where),
        )  # fmt: skip
        found = found if hours is None else replace(found, hours=spans(hours, "--hours"))
        return found if rotate is None else replace(found, rotate=rotate)

    def is_open(self, at: datetime) -> bool:
        """Whether it plays at that moment."""
        minute, today = at.hour * 60 + at.minute, at.weekday()
        for a, b in self.hours or ((0, 1440),):
            if a < b:
                if today in self.days and a <= minute < b:
                    return True
            elif (today in self.days and minute >= a) or ((today - 1) % 7 in self.days and minute < b):
                return True
        return False

    def next(self, at: datetime) -> datetime | None:
        """When it opens next, seen from a moment at which it is closed."""
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        starts = [midnight + timedelta(days=day, minutes=a) for day in range(9) for a, _ in self.hours or ((0, 1440),)]
        return min((start for start in starts if start > at and self.is_open(start)), default=None)


def spans(raw: Any, where: str) -> tuple[tuple[int, int], ...]:
    """Opening hours as minutes of the day."""
    found = []
    for text in _parts(raw):
        hit = SPAN.fullmatch(text)
        if not hit:
            raise Sorry(f'{where}: {text!r} is no time to be open. Write: hours = "10:00-18:00", several with commas.')
        ends = [int(hit[1]) * 60 + int(hit[2] or 0), int(hit[3]) * 60 + int(hit[4] or 0)]
        if int(hit[2] or 0) > 59 or int(hit[4] or 0) > 59 or ends[0] > 1439 or ends[1] > 1440:
            raise Sorry(f"{where}: {text!r} goes beyond the day. A day has 00:00 to 24:00.")
        if ends[0] == ends[1]:
            raise Sorry(f'{where}: {text!r} opens and closes in the same minute. For the whole day write "00:00-24:00".')
        found.append((ends[0], ends[1]))
    return tuple(found)


def days(raw: Any, where: str) -> frozenset[int]:
    """Days of the week; none named: all of them."""
    found: set[int] = set()
    for text in _parts(raw):
        first, dash, last = text.lower().partition("-")
        a, b = _day(first, where), _day(last if dash else first, where)
        found |= {(a + k) % 7 for k in range((b - a) % 7 + 1)}
    return frozenset(found or range(7))


def _day(text: str, where: str) -> int:
    for number, day in enumerate(DAYS):
        if text.strip()[:3] == day:
            return number
    raise Sorry(f"{where}: {text.strip()!r} is no day. {nearest(text.strip()[:3], DAYS)}")


def _parts(raw: Any) -> list[str]:
    parts = raw if isinstance(raw, list) else str(raw).split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def _number(name: str, raw: Any, where: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= 36500:
        raise Sorry(f"{where}: {name} is {raw!r}, but takes a number from 0 to 36500.")
    return float(raw)
