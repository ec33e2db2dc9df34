"""Which controller is which: the names systems give them made plain, and eight slots that each keeps over every re-plug.

Two equal ones are ``nano`` and ``nano #2``, told apart by the place they are plugged in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from live.core.layout import HANDS

LETTERS = 63  # bytes a name may have
ROLES = {"ctrl", "control", "slider/knob", "capture", "playback", "in", "out", "input", "output", "_", "-", "(in)", "(out)"}
BRIDGES = ("a2j:", "Midi-Bridge:", "alsa_pcm:", "alsa_midi:")
OUTSIDE = ("midi through", "midi-through", "through port")  # loops the system makes, which nobody holds in a hand


@dataclass(frozen=True)
class Found:
    """A port somebody found: its plain name, the place it is plugged in, and what its door calls it."""

    name: str
    place: str
    raw: str = ""
    physical: bool = True
    door: int = 0


@dataclass(frozen=True)
class Holder:
    """Who holds a slot, plugged or not."""

    name: str  # as performers say it: "nano #2"
    base: str  # without the number
    source: Found | None = None
    sink: Found | None = None
    places: tuple[str, str] = ("", "")  # where its source and its sink were last
    left: float = 0.0  # when it went

    @property
    def there(self) -> bool:
        """Whether it is plugged."""
        return self.source is not None or self.sink is not None


def plain(raw: str, aliases: Sequence[str] = (), *, index: bool = False) -> str:
    """The name on the box, from what ALSA, a2j, PipeWire, JACK, CoreMIDI or Windows make of it. ``index``: Windows' number ends it."""
    text = _of_client(raw, aliases)
    if index:
        text = re.sub(r"^\d+- ?", "", re.sub(r" \d+$", "", text))
    words = "".join(c if c.isprintable() else " " for c in text).split()
    for n in range(len(words) // 2, 0, -1):  # "nano nano _ CTRL"
        if words[:n] == words[n : 2 * n]:
            words = words[:n]
            break
    while len(words) > 1 and words[-1].lower() in ROLES:
        words.pop()
    if len(words) > 2 and words[-1].isdigit() and words[-2].lower() in ("midi", "port"):
        words = words[:-2]
    return cut(" ".join(words) or "controller", LETTERS - 4)


def _of_client(raw: str, aliases: Sequence[str]) -> str:
    """The part of a port's name that names the device."""
    card = raw.startswith("system:")
    if card:
        named = [a for a in aliases if not a.startswith("system:")]
        raw = min(named, key=lambda a: a.startswith(("alsa_pcm:", "alsa_midi:")), default=raw.removeprefix("system:"))
    for bridge in BRIDGES:
        if raw.startswith(bridge):
            rest = re.split(r" \[\d+\] \(|:\((?:capture|playback)_\d+\)|/midi_(?:capture|playback)_\d+$", raw.removeprefix(bridge))[0]
            return re.sub(r" \((?:capture|playback)\)$", "", rest)
    text = re.sub(r" \d+:\d+$", "", raw)
    client, colon, port = text.partition(":")
    if not colon or not client or port.startswith(" "):
        return text
    return client if card else re.sub(r"-\d\d$", "", client)  # JACK numbers clients of one name


def cut(name: str, most: int = LETTERS) -> str:
    """As much of a name as fits, ending with a whole letter."""
    return name.encode()[:most].decode(errors="ignore").rstrip()


def matches(asked: str, names: Sequence[str]) -> int:
    """The slots that ``device="nano"`` means, as bits: the one of that very name, else all that have it in theirs."""
    wanted = _alike(asked)
    alike = [_alike(name) for name in names]
    exact = sum(1 << slot for slot, name in enumerate(alike) if name and name == wanted)
    return exact or sum(1 << slot for slot, name in enumerate(alike) if wanted and wanted in name)


def _alike(name: str) -> str:
    """Names that differ only in capitals, blanks and dashes are one."""
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


def wanted(name: str, wish: str) -> bool:
    """Whether the rig's ``midi`` wishes for this device: empty or all: every one; none: no one; else any of the parts."""
    parts = [_alike(part) for part in wish.split(",") if part.strip()]
    if parts == ["none"]:
        return False
    return not parts or "all" in parts or any(part in _alike(name) for part in parts)


class Slots:
    """Eight slots and who holds them. Nothing in here is plugged or opened."""

    def __init__(self, count: int = HANDS) -> None:
        self.holders: list[Holder | None] = [None] * count
        self.crowd: set[str] = set()  # devices that found no slot

    @property
    def names(self) -> list[str]:
        """Who holds each slot."""
        return [holder.name if holder else "" for holder in self.holders]

    def see(self, sources: Iterable[Found], sinks: Iterable[Found], now: float = 0.0) -> tuple[list[int], list[int], list[str]]:
        """What is plugged now: slots that came (or whose ports are others), slots that went, devices that have just found no slot."""
        before = list(self.holders)
        pairs = _paired(list(sources), list(sinks))
        free = dict(enumerate(pairs))
        seats: dict[int, int] = {}  # slot -> pair
        for exact in (True, False):
            for number, pair in sorted(free.items()):
                slot = self._seat_of(pair, seats, exact)
                if slot is not None:
                    seats[slot] = number
                    del free[number]
        crowd = set()
        for number, pair in sorted(
            free.items(), key=lambda item: (item[1][0] is None, item[0])
        ):  # who is played goes before who is played to
            slot = self._empty(seats)
            if slot is None:
                crowd.add(_first(pair).name)
                continue
            seats[slot] = number
            self.holders[slot] = Holder(self._numbered(_first(pair).name, slot), _first(pair).name)
        for slot, holder in enumerate(self.holders):
            if holder is None:
                continue
            source, sink = pairs[seats[slot]] if slot in seats else (None, None)
            places = (source.place if source else holder.places[0], sink.place if sink else holder.places[1])
            left = holder.left if slot in seats or not holder.there else now
            self.holders[slot] = replace(holder, source=source, sink=sink, places=places, left=left)
        came = [s for s, h in enumerate(self.holders) if h and h.there and _ports(h) != _ports(before[s])]
        went = [s for s, h in enumerate(self.holders) if h and not h.there and (b := before[s]) and b.there and b.name == h.name]
        news, self.crowd = sorted(crowd - self.crowd), crowd
        return came, went, news

    def _seat_of(self, pair: Pair, seats: dict[int, int], exact: bool) -> int | None:
        """The slot this device has had: at its very place, or else the first of its name."""
        name, places = _first(pair).name, tuple(port.place if port else "" for port in pair)
        for slot, holder in enumerate(self.holders):
            same = holder is not None and slot not in seats and holder.base == name
            if same and (not exact or any(a and a == b for a, b in zip(places, holder.places, strict=True))):  # type: ignore[union-attr]
                return slot
        return None

    def _empty(self, seats: dict[int, int]) -> int | None:
        """A slot nobody has, else that of whoever is away longest."""
        for slot, holder in enumerate(self.holders):
            if holder is None:
                return slot
        away = [(holder.left, slot) for slot, holder in enumerate(self.holders) if holder and slot not in seats]
        return min(away)[1] if away else None

    def _numbered(self, base: str, slot: int) -> str:
        """The first name of its kind that nobody else has."""
        taken = {holder.name for s, holder in enumerate(self.holders) if holder and s != slot}
        number = 1
        while (name := base if number == 1 else f"{base} #{number}") in taken:
            number += 1
        return name

    def slot_of(self, name: str) -> int | None:
        """The slot of a device by its whole name."""
        return self.names.index(name) if name in self.names else None

    def kept(self) -> list[dict[str, Any]]:
        """What another process needs to go on with the same slots."""
        return [
            {"slot": s, "name": h.name, "base": h.base, "places": list(h.places), "left": h.left} for s, h in enumerate(self.holders) if h
        ]

    @staticmethod
    def of(kept: Iterable[dict[str, Any]], count: int = HANDS) -> Slots:
        """As they were kept; nobody is plugged yet."""
        slots = Slots(count)
        for entry in kept:
            source, sink = entry["places"]
            slots.holders[int(entry["slot"])] = Holder(
                str(entry["name"]), str(entry["base"]), None, None, (source, sink), float(entry["left"])
            )
        return slots


Pair = tuple[Found | None, Found | None]


def _first(pair: Pair) -> Found:
    found = pair[0] or pair[1]
    assert found is not None
    return found


def _ports(holder: Holder | None) -> tuple[Any, ...]:
    return (holder.name, holder.source, holder.sink) if holder else ()


def _paired(sources: list[Found], sinks: list[Found]) -> list[Pair]:
    """Each source with the sink of the same box: at the same place, else the next of its name."""
    left = sorted(sinks, key=lambda f: (f.door, f.name, f.place))
    pairs: list[Pair] = []
    lonely: list[Found] = []
    for source in sorted(sources, key=lambda f: (f.door, f.name, f.place)):
        sink = next((s for s in left if (s.door, s.name, s.place) == (source.door, source.name, source.place)), None)
        if sink:
            left.remove(sink)
            pairs.append((source, sink))
        else:
            lonely.append(source)
    for source in lonely:
        sink = next((s for s in left if (s.door, s.name) == (source.door, source.name)), None)
        if sink:
            left.remove(sink)
        pairs.append((source, sink))
    return [*pairs, *((None, sink) for sink in left)]
