"""How loud every place is: a bar each, the highest of the last seconds marked, what is wrong in words.

rain       ████████████▌   |      -6
dusk     m ░░░░░░░░                 -18
glass      !! nan
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from live.screen.face import Level, Turned
from live.screen.status import Fragments, short

FLOOR = -60.0  # dB at the left end of a bar
HOLD = 1.5  # seconds a peak stays marked
NAME = 14
CELL, WIDEST = 44, 84  # columns one place wants, and can use
EIGHTHS = " ▏▎▍▌▋▊▉"


def to_db(peak: float) -> float:
    """Full scale is 0."""
    return 20 * math.log10(peak) if peak > 1e-6 else -120.0


def bar(db: float, held: float, width: int) -> tuple[str, int]:
    """A bar of so many columns, and where its held peak stands (-1: nowhere)."""
    share = min(max((db - FLOOR) / -FLOOR, 0.0), 1.0) * width
    whole = int(share)
    text = ("█" * whole + (EIGHTHS[int((share - whole) * 8)] if whole < width else "")).ljust(width)
    at = min(max((held - FLOOR) / -FLOOR, 0.0), 1.0) * width
    return text, min(int(at), width - 1) if held > FLOOR else -1


class Meters:
    """Remembers the peaks between two looks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._held: dict[str, tuple[float, float]] = {}

    def hold(self, name: str, db: float) -> float:
        """The highest level of the last moments."""
        now = self.clock()
        held, since = self._held.get(name, (-120.0, now))
        if db >= held or now - since > HOLD:
            self._held[name] = (db, now)
            return db
        return held

    def lines(self, levels: Sequence[Level], columns: int, most: int) -> list[Fragments]:
        """The block: at most so many rows, places side by side when there is room."""
        if not levels:
            return [[("meter.name", " no places")]]
        self._held = {name: held for name, held in self._held.items() if any(name == level[0] for level in levels)}
        across = max(1, min(columns // CELL, -(-len(levels) // 2)))
        room = most * across
        shown = list(levels)
        left = 0
        if len(shown) > room:
            shown, left = self._worst(levels, room - across), len(levels) - (room - across)
        down = -(-len(shown) // across)
        cell = min(columns // across, WIDEST)
        made: list[Fragments] = []
        for row in range(down):
            line: Fragments = []
            for column in range(across):
                k = column * down + row
                line += self.cell(shown[k], cell - 1) if k < len(shown) else []
            made.append(line)
        return [*made, [("meter.name", f" ... {left} more, quieter ones")]] if left else made

    def _worst(self, levels: Sequence[Level], count: int) -> list[Level]:
        """Those that matter most, in their own order: what is broken, then the loudest."""
        order = sorted(range(len(levels)), key=lambda k: (not levels[k][2], -levels[k][1]))[:count]
        return [levels[k] for k in sorted(order)]

    def cell(self, level: Level, width: int) -> Fragments:
        """One place."""
        name, peak, bad, muted = level
        db = to_db(peak) if math.isfinite(peak) else 0.0
        label = f" {short(name, NAME):<{NAME}} {'m' if muted else ' '} "
        room = max(width - len(label) - 6, 4)
        if bad:
            return [("meter.name", label), ("meter.bad", f"!! {short(bad, room - 3):<{room - 3}}      ")]
        held = self.hold(name, db)
        text, mark = bar(db, held, room)
        figure = f" {max(round(db), -99):4d} " if db > -90 else "  -oo "
        if muted:
            return [("meter.muted", label + "".join("░" if letter != " " else " " for letter in text) + figure)]
        return [("meter.name", label), *_zones(text, mark, room), ("meter.high" if db > -0.5 else "meter.name", figure)]


def _zones(text: str, mark: int, width: int) -> Fragments:
    """A bar in three colours, with its mark."""
    mid, high = round(width * (1 - 12 / -FLOOR)), round(width * (1 - 3 / -FLOOR))
    made: Fragments = []
    for k, letter in enumerate(text):
        look = "meter.hold" if k == mark else "meter.low" if k < mid else "meter.mid" if k < high else "meter.high"
        letter = "|" if k == mark and letter != "█" else letter
        if made and made[-1][0] == look:
            made[-1] = (look, made[-1][1] + letter)
        else:
            made.append((look, letter))
    return made


KNOB, GHOSTS = 12, 16  # columns of a knob's name and of its bar
PLUG = " Alt-1 turns the first knob up, Alt-Shift-1 down. Plug a controller at any time, then type learn()"


def strip(knobs: Sequence[Turned], columns: int, plugged: int, learning: str | None) -> list[Fragments]:
    """The page's knobs, side by side: name, bar, value; a | where a hand waits to meet it."""
    made: list[Fragments] = []
    across = max(1, columns // (KNOB + GHOSTS + 10))
    for first in range(0, len(knobs), across):
        line: Fragments = []
        for count, one in enumerate(knobs[first : first + across], first + 1):
            line += [("meter.name", f" {count} {short(one.name, KNOB):<{KNOB}} "), *_turned(one, GHOSTS), ("meter.name", f" {one.at:.2f} ")]
        made.append(line)
    if learning is not None:
        made.append([("meter.high", f" learn {learning}".rstrip() + ": move something. F2 the next control, Esc leaves it")])
    elif knobs and not plugged:
        made.append([("meter.name", short(PLUG, columns - 1))])
    elif plugged:
        made.append([("meter.name", " F2 learns a control: choose it, and move something")])
    return made


def _turned(one: Turned, width: int) -> Fragments:
    """A knob's bar."""
    full = round(min(max(one.at, 0.0), 1.0) * width)
    text = "▪" * full + "·" * (width - full)
    if one.ghost < 0:
        return [("meter.low", text)]
    at = min(int(one.ghost * width), width - 1)
    return [("meter.low", text[:at]), ("meter.hold", "|"), ("meter.low", text[at + 1 :])]


def in_words(levels: Sequence[Level]) -> list[str]:
    """The same for whoever reads with the ears: one line a place."""
    found = []
    for name, peak, bad, muted in levels:
        db = to_db(peak) if math.isfinite(peak) else math.nan
        level = f"{db:.0f} dB" if db > -90 else "silent"
        found.append(f"{name}: {bad or level}{', muted' if muted else ''}")
    return found or ["no places"]
