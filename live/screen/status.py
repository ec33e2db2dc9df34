"""How the music stands, in one line: as wide as there is room, the least important parts leave first.

Nothing jumps: numbers have their fixed places. Every colour has a word or a sign beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from live.screen.face import Status

Fragments = list[tuple[str, str]]
"""(class, text): styled text as data. ``class`` is a name of the theme."""
ERROR = 40  # letters of the last error


@dataclass(frozen=True)
class Part:
    """One thing the line tells: its forms from short to long, each with how much it matters (0 the most)."""

    forms: tuple[tuple[float, str], ...]
    look: str = "status"


def dots(beat: float, beats: float) -> str:
    """The bar as dots, the beat that sounds as an o. Bars of more than eight beats show none: the number tells."""
    count = max(1, math.ceil(beats - 1e-9))
    here = min(max(int(beat), 1), count)
    return "".join("o" if k == here else "." for k in range(1, count + 1)) if count <= 8 else ""


def short(text: str, room: int) -> str:
    """A text cut to so many letters."""
    text = " ".join(text.split())
    return text if len(text) <= room else text[: max(room - 1, 0)] + "…"


def number(value: float) -> str:
    """A figure as short as it can be."""
    return f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"


def disk(minutes: float) -> str:
    """How long recording still fits."""
    return f"{minutes:.0f} min" if minutes < 600 else f"{minutes / 60:.0f} h"


def db(level: float) -> str:
    """A level in three letters."""
    return f"{max(round(level), -99):3d}" if level > -90 else "-oo"


def percent(share: float) -> str:
    """A share of one core in three letters and a sign."""
    return f"{share * 100:3.0f}%"


def parts(s: Status) -> list[Part]:
    """Everything there is to tell, from left to right."""
    found: list[Part] = []

    def add(*forms: tuple[float, str], look: str = "status") -> None:
        found.append(Part(forms, look))

    beat = max(int(s.beat), 1)
    if s.panicked:
        add((0, "!! PANIC !!"), (1.2, "!! PANIC: go() opens !!"), look="status.loud")
    if s.learning is not None:
        add(
            (0.5, "?? LEARN ??"),
            (1.1, f"?? learn {short(s.learning, 24)}: move something, Esc leaves it ??".replace(" :", ":")),
            look="status.held",
        )
    if s.held:
        add((0, "## HELD ##"), look="status.held")
    add((0, number(s.bpm)), (1.5, f"{number(s.bpm):>3} bpm"))
    add((0, f"{s.bar}.{beat}"), (1, f"{s.bar:>3}.{beat} {dots(s.beat, s.bar_beats)}".rstrip()), look="status.beat")
    add((9 if s.source == "int" else 3, s.source))
    add((1, f"{s.sounding:>2} on"), (2.5 if s.muted else 1, f"{s.sounding:>2} on{f' {s.muted} muted' if s.muted else ''}"))
    add((1, f"{db(s.peak_db)} dB {'LIM' if s.limited else '   '}"), look="status.warn" if s.limited else "status")
    if s.pending:
        add((2, f"next: {short(s.pending, 12)}"), (5, f"next: {short(s.pending, 24)}"), look="status.strong")
    if s.core_load is not None:
        add((4, f"core{percent(s.core_load)}"), look="status.warn" if s.core_load > 0.7 else "status")
    if s.worker_load is not None:
        late = s.worker_load > 0.9
        add(
            (6, f"{short(s.worst_worker or 'worker', 12)}{percent(s.worker_load)}{'!' if late else ''}"),
            look="status.warn" if late else "status",
        )
    add((2 if s.lost else 8, f"{s.lost} lost"), look="status.bad" if s.lost else "status")
    if s.disk_minutes is not None:
        little = s.disk_minutes < 10
        add((2 if little else 9, f"disk {disk(s.disk_minutes)}{' !' if little else ''}"), look="status.bad" if little else "status")
    if s.device:
        add((7, short(s.device, 10)), (10, short(s.device, 22)))
    if s.controller:
        add((5, short(s.controller, 20)), (6.5, short(s.controller, 36)), (9.5, short(s.controller, 72)))
    if s.error:
        add((2, f"! {short(s.error, 12)}"), (3, f"! {short(s.error, 24)}"), (4.5, f"! {short(s.error, ERROR)}"), look="status.bad")
    return found


GAP = "  "


def fit(found: list[Part], columns: int) -> list[tuple[Part, str]]:
    """Which parts show, each in which form: what matters most comes first, as long as there is room."""
    chosen: dict[int, int] = {}

    def width(forms: dict[int, int]) -> int:
        return sum(len(found[k].forms[form][1]) + len(GAP) for k, form in forms.items()) + 2 - len(GAP)

    steps = sorted((rank, form, k) for k, part in enumerate(found) for form, (rank, _) in enumerate(part.forms))
    for _, form, k in steps:
        if form in (0, chosen.get(k, -1) + 1) and width({**chosen, k: form}) <= columns:
            chosen[k] = form
    return [(part, part.forms[chosen[k]][1]) for k, part in enumerate(found) if k in chosen]


def line(s: Status, columns: int) -> Fragments:
    """The status line, exactly as wide as asked."""
    made: Fragments = [("status", " ")]
    for k, (part, text) in enumerate(fit(parts(s), columns)):
        made += [("status", GAP)] if k else []
        made.append((part.look, text))
    room = columns - sum(len(text) for _, text in made)
    if room < 0:
        return [("status", "".join(text for _, text in made)[:columns])]
    return [*made, ("status", " " * room)]


def plain(s: Status, columns: int = 1000) -> str:
    """The same without colours: for screen readers, logs and ``load()``."""
    return " ".join("  ".join(text.strip() for _, text in fit(parts(s), columns)).split(" ")).strip()
