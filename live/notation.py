"""A take as a MIDI file: what hands played and turned, on the beats of the take, for any sequencer.

The first track has the tempo, the bars and the marks. Then a track for the keys of each controller, with its pedal and its wheel, one for each place
that was sent notes, one for each knob: controllers by their number, 14 bits as a pair where seven would not do, benders
and pedals as what they are, the rest on general-purpose controllers with the knob's name as the track's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live.bars import Bars
from live.journal import plan_from, read
from live.midifile import PPQ, Event, Track, signature, tempo, write
from live.plan import Make, Swap
from live.score import Node

SPARSE = 30  # ticks: a ramp is told this often
LENT = range(16, 32)  # general-purpose controllers, their lower halves 32 above
PITCHED = ("tone", "pluck")
RING = PPQ  # ticks: how long a note is that nobody lets go


@dataclass
class Heard:
    """What a journal says was played, turned and marked, by frame."""

    rate: int = 48000
    last: int = 0
    keys: dict[int, list[tuple[int, bool, int, float, int]]] = field(default_factory=dict)  # slot: frame, on, key, velocity, channel
    wheels: dict[int, list[tuple[int, int, str, float]]] = field(default_factory=dict)  # slot: frame, channel, "bend" or "pedal", 0 to 1
    events: dict[str, list[tuple[int, int, list[float], Node]]] = field(default_factory=dict)  # place: frame, kind, numbers, what it was
    knobs: dict[int, list[tuple[int, float]]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    marks: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Written:
    """What went into a file."""

    file: Path
    tracks: int
    notes: int
    moves: int
    beats: float

    @property
    def said(self) -> str:
        """In a line."""
        return f"{self.file}: {self.tracks} tracks, {self.notes} notes, {self.moves} moves of knobs, {self.beats:.0f} beats"


def written(journal: Path, out: Path) -> Written:
    """A take's journal as a MIDI file."""
    heard, bars = listen(journal), Bars.of_journal(journal)
    ticks = _Ticks(bars, heard.rate)
    tracks = [_time(heard, bars, ticks), *_keys(heard, ticks), *_events(heard, ticks), *_knobs(heard, ticks)]
    write(out, tracks)
    sounding = [event for track in tracks for event in track.events if event.meta < 0]
    notes = sum(event.bytes[0] >> 4 == 9 for event in sounding)
    moves = sum(len({event.tick for event in track.events}) for track in tracks[1:] if track.events and track.events[0].bytes[0] >> 4 > 9)
    return Written(out, len(tracks), notes, moves, ticks.at(heard.last) / PPQ)


def listen(journal: Path) -> Heard:
    """Read what matters here; a line torn by a kill is left out."""
    found, places = Heard(), {}
    for line in read(journal):
        try:
            what, frame = line["what"], int(line["frame"])
            found.last = max(found.last, frame)
            if what == "begin":
                found.rate = int(line["rate"])
            elif what == "note":
                played = (frame, bool(line["on"]), int(line["key"]), float(line["velocity"]), int(line["channel"]))
                found.keys.setdefault(int(line["slot"]), []).append(played)
            elif what in ("foot", "bend"):
                moved = ("pedal", float(line["down"])) if what == "foot" else ("bend", (float(line["wheel"]) + 1) / 2)
                found.wheels.setdefault(int(line["slot"]), []).append((frame, int(line["channel"]), *moved))
            elif what == "plan":
                for step in plan_from(line["steps"]):
                    if isinstance(step, Make | Swap):
                        places[step.name] = step.node
            elif what == "event" and (node := places.get(line["name"])) and node.kind in PITCHED:
                numbers = [float(x) for x in line["numbers"]]
                found.events.setdefault(line["name"], []).append((frame, int(line["kind"]), numbers, node))
            elif what == "knob":
                found.knobs.setdefault(int(line["knob"]), []).append((frame, float(line["value"])))
            elif what == "named":
                found.names[int(line["knob"])] = str(line["name"])
            elif what == "mark":
                found.marks.append((frame, str(line["text"])))
        except (KeyError, TypeError, ValueError, LookupError):
            continue
    return found


class _Ticks:
    """Where a frame falls on the paper; time never runs back there."""

    def __init__(self, bars: Bars, rate: int) -> None:
        self.bars, self.rate = bars, rate
        self.first = math.floor(bars.at(0).beat(0) + 1e-9)

    def at(self, frame: int) -> int:
        """The tick of a frame."""
        return max(round((self.bars.at(frame).beat(frame) - self.first) * PPQ), 0)


def _time(heard: Heard, bars: Bars, ticks: _Ticks) -> Track:
    """Tempo, bars, marks."""
    track = Track("time")
    spots: list[tuple[int, int]] = []  # tick, frame
    for since, _ in bars.clocks:
        tick = ticks.at(since)
        if not spots or tick >= spots[-1][0] + SPARSE:
            spots.append((tick, since))
    bar = 0.0
    for k, (tick, since) in enumerate(spots):
        clock = bars.at(since)
        pace = clock.bpm
        if k + 1 < len(spots):  # what lies between is told as one: it takes the same time
            after, until = spots[k + 1]
            pace = (after - tick) / PPQ / max((until - since) / heard.rate / 60.0, 1e-9)
            pace = clock.bpm if abs(pace - clock.bpm) < 0.01 else pace
        track.events.append(tempo(tick, pace))
        if clock.bar != bar:
            bar = clock.bar
            track.events.append(signature(tick, bar))
    track.events += [Event(ticks.at(frame), text.encode()[:120], 0x06) for frame, text in heard.marks]
    return track


def _on(tick: int, channel: int, key: int, velocity: float) -> Event:
    return Event(tick, bytes([0x90 | channel, key, min(max(round(velocity * 127), 1), 127)]))


def _off(tick: int, channel: int, key: int) -> Event:
    return Event(tick, bytes([0x80 | channel, key, 0]))


def _keys(heard: Heard, ticks: _Ticks) -> Iterator[Track]:
    """What was played on each controller."""
    for slot in sorted(heard.keys.keys() | heard.wheels.keys()):
        track, played = Track(f"keys {slot + 1}"), heard.keys.get(slot, [])
        held: dict[tuple[int, int], int] = {}
        for frame, on, key, velocity, channel in played:
            tick = ticks.at(frame)
            over = [one for one in held if one[0] == channel and (key < 0 or one[1] == key)]
            for one in over:  # struck again, it ends before: no note is shorter than a tick
                track.events.append(_off(max(tick, held.pop(one) + 1), *one))
            if on and key >= 0:
                held[channel, key] = tick
                track.events.append(_on(tick, channel, key, velocity))
        track.events += [_off(max(ticks.at(heard.last), since + 1), *one) for one, since in held.items()]
        newest = {(ticks.at(frame), channel, what): value for frame, channel, what, value in heard.wheels.get(slot, [])}
        track.events += [Event(tick, _sensed(what, value, channel)) for (tick, channel, what), value in newest.items()]
        yield track


def _events(heard: Heard, ticks: _Ticks) -> Iterator[Track]:
    """Notes that the desk sent to places with a pitch."""
    for name, played in sorted(heard.events.items()):
        track, held = Track(name), dict[int, int]()
        alone = played[0][3].kind == "tone"
        for frame, kind, numbers, node in played:
            tick, hertz = ticks.at(frame), numbers[0] if numbers else 0.0
            own = node.controls.get("freq", 220.0)
            hertz = hertz if hertz > 0 else own if isinstance(own, float) and kind == 1 else 0.0
            key = min(max(round(69 + 12 * math.log2(hertz / 440.0)), 0), 127) if hertz > 0 else -1
            for one in [one for one in held if one == key or alone or key < 0]:
                track.events.append(_off(max(tick, held.pop(one) + 1), 0, one))
            if kind == 1 and key >= 0:
                held[key] = tick
                track.events.append(_on(tick, 0, key, numbers[1] if len(numbers) > 1 else 1.0))
        track.events += [_off(since + RING, 0, key) for key, since in held.items()]
        yield track


def _knobs(heard: Heard, ticks: _Ticks) -> Iterator[Track]:
    """A track for each knob that was turned; where a key or a pad turned it, its notes are on paper already."""
    lent = 0
    for knob, moves in sorted(heard.knobs.items()):
        name = heard.names.get(knob, f"knob {knob}")
        what = name.rpartition("/")[2]
        if knob in heard.names and (what.startswith(("pad ", "key ")) or what == "key"):
            continue
        newest = {ticks.at(frame): value for frame, value in moves}
        fine = any(abs(value * 127 - round(value * 127)) > 1e-6 for value in newest.values())
        events: list[Event] = []
        if knob in heard.names and what in ("bend", "pressure", "pedal"):
            events = [Event(tick, _sensed(what, value)) for tick, value in sorted(newest.items())]
        elif knob < (32 if fine else 120) and knob not in heard.names:
            events = [event for tick, value in sorted(newest.items()) for event in _moved(tick, 0, knob, value, fine)]
        else:
            channel, number = divmod(lent, len(LENT))
            lent += 1
            events = [e for tick, value in sorted(newest.items()) for e in _moved(tick, channel % 16, LENT[number], value, True)]
        yield Track(name, events)


def _sensed(what: str, value: float, channel: int = 0) -> bytes:
    """A bender, a pedal, the pressure of a hand."""
    if what == "bend":
        data = min(max(round(value * 16384 if value <= 0.5 else 8192 + (value - 0.5) * 16382), 0), 16383)
        return bytes([0xE0 | channel, data & 127, data >> 7])
    seven = min(max(round(value * 127), 0), 127)
    return bytes([0xB0 | channel, 64, seven]) if what == "pedal" else bytes([0xD0 | channel, seven])


def _moved(tick: int, channel: int, number: int, value: float, fine: bool) -> Iterable[Event]:
    """A controller, in 7 bits or in 14."""
    if not fine:
        return [Event(tick, bytes([0xB0 | channel, number, min(max(round(value * 127), 0), 127)]))]
    data = min(max(round(value * 16383), 0), 16383)
    return [Event(tick, bytes([0xB0 | channel, number, data >> 7])), Event(tick, bytes([0xB0 | channel, number + 32, data & 127]))]


def told(made: Written) -> Mapping[str, Any]:
    """For machines."""
    return {"file": str(made.file), "tracks": made.tracks, "notes": made.notes, "moves": made.moves, "beats": round(made.beats, 3)}
