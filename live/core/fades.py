"""How the old becomes the new without a step: who goes on hearing what, what opens, closes, crosses and leans.

Whatever has been replaced goes on hearing exactly what it heard. Only what is
current hears by name, and so follows when a name gets another sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from live.core import inner as m
from live.core import row as r
from live.core.making import Workshop
from live.core.places import Change, Line, Place, Strip
from live.core.strips import CROSS, SUM
from live.core.table import found
from live.score import Drive, Node, Score, Send

MANY = 8  # fades running in one place or inlet: from here on the oldest hurry
HURRY_SECONDS = 0.005

Places = Mapping[str, Place]
Lines = Mapping[tuple[str, int, int], Line]
Heard = dict[tuple[str, int], Strip | None]


def heard_until_now(places: Places, was: Score, score: Score, fresh: Mapping[str, Strip]) -> Heard:
    """What each inlet that will be rewired hears at this moment, whatever becomes of the names."""
    heard: Heard = {}
    for name, node in score.places.items():
        before = was.places.get(name)
        if name in fresh or before is None or before.ins == node.ins:
            continue
        place = places[name]
        for i, (old, new) in enumerate(zip(before.ins, node.ins, strict=True)):
            if old != new:
                heard[name, i] = _held(place.crossing.get(i), places) or found(old, places)
    return heard


def _held(crossing: Strip | None, places: Places) -> Strip | None:
    """A crossing that will be heard only to fade: where it goes does not change any more."""
    if crossing is not None:
        crossing.hears[1] = found(crossing.hears[1], places)
    return crossing


def step_back(place: Place, places: Places, change: Change) -> None:
    """What a place is now closes, and hears to the end what it hears now."""
    strip = place.strip
    strip.hears = [_held(place.crossing.get(i), places) or found(heard, places) for i, heard in enumerate(strip.hears)]
    place.crossing.clear()
    place.leaving = True
    change.turns.append((strip.row[r.VOICE], 1, change.length))


def hurry(place: Place, rate: int, change: Change) -> None:
    """Too many fades in one place: the oldest end soon, but never at once."""
    for strip in place.fading[:-MANY]:
        change.turns.append((strip.row[r.VOICE], 1, round(HURRY_SECONDS * rate)))


def patch(place: Place, node: Node, was: Node | None, heard: Heard, workshop: Workshop, change: Change) -> None:
    """Inlets and controls of one place. ``was`` is None for a newcomer."""
    strip = place.strip
    for i, source in enumerate(node.ins):
        if was is not None and was.ins[i] != source:
            before = heard[place.name, i]
            length = change.length if _depth(before) < MANY else round(HURRY_SECONDS * workshop.stand.rate)
            place.crossing[i] = workshop.crossing(place.name, before, source, strip.making.ins[i], length)
    strip.hears = list(node.ins)
    for i, (key, control) in enumerate(strip.kind.controls.items()):
        value = node.controls.get(key, control.rest)
        before_ = None if was is None else was.controls.get(key, control.rest)
        if value == before_:
            continue
        slot = strip.slots[i]
        if isinstance(value, Drive):
            if was is not None:
                change.tunes.append((slot, 0.0, 0.0, m.STAY))
            strip.leans[i] = workshop.lean(place.name, slot, value, control.low, control.high, 1.0 if was is None else change.glide)
        else:
            strip.leans.pop(i, None)
            if was is not None:
                change.tunes.append((slot, float(value), change.glide, m.ROUND))


def _depth(strip: Strip | None) -> int:
    """How many crossings lie one in another."""
    depth = 0
    while strip is not None and strip.kind is CROSS:
        depth += 1
        older = strip.hears[0]
        strip = older if isinstance(older, Strip) else None
    return depth


def hush(place: Place, muted: bool, fresh: bool, change: Change) -> None:
    """Mute a place, or take it back; a newcomer is born as it shall be."""
    voice, want = place.strip.voice, 0 if muted else 1000
    if voice[m.V_WANT] * 1000 == want:
        return
    if fresh:
        voice[m.V_WANT] = voice[m.V_GAIN] = want / 1000
    else:
        change.turns.append((place.strip.row[r.VOICE], 2, want))


def lean_anew(places: Places, lines: Lines, swapped: Iterable[str], workshop: Workshop, change: Change) -> None:
    """Whoever follows a control that has just become another leans over to it from where it stands."""
    swapped = set(swapped)
    if not swapped:
        return
    for place in places.values():
        for strip in (place.strip, *place.fading):
            for i, lean in list(strip.leans.items()):
                if lean.hears[0] in swapped:
                    again = _anew(lean, places, workshop, change)
                    if again:
                        strip.leans[i] = again
                    else:
                        del strip.leans[i]
    for line in lines.values():
        if line.lean and line.lean.hears[0] in swapped:
            line.lean = _anew(line.lean, places, workshop, change)


def _anew(lean: Strip, places: Places, workshop: Workshop, change: Change) -> Strip | None:
    source = lean.hears[0]
    assert isinstance(source, str)
    strip = places[source].strip
    beats = r.BEAT in strip.making.cells  # a gesture that may begin at the very landing: a slow lean would blunt it
    length = min(change.length, round(HURRY_SECONDS * workshop.stand.rate)) if beats else change.length
    return workshop.leaning_anew(lean, float(length)) if strip.kind.control else None


def is_followed(name: str, places: Places, lines: Lines) -> bool:
    """Whether something that still sounds, if only to fade, follows this control place."""
    strips = (strip for place in places.values() for strip in (place.strip, *place.fading))
    leans = [lean for strip in strips for lean in strip.leans.values()] + [line.lean for line in lines.values() if line.lean]
    return any(lean.hears[0] == name for lean in leans)


def send(
    lines: dict[tuple[str, int, int], Line], places: Places, score: Score, fresh: Mapping[str, Strip], workshop: Workshop, change: Change
) -> None:
    """Lines to the outputs open, move or close."""
    wanted = {one.key: one for one in score.sends}
    for key, line in lines.items():
        if key not in wanted:
            line.leaving = True
            if key[0] in score.places and line.target:  # a place that goes fades by itself
                line.target = 0.0
                change.tunes.append((line.open, 0.0, float(change.length), m.ROUND))
    for key, one in wanted.items():
        audible = 1.0 if not score.soloed or one.place in score.soloed else 0.0
        if key in lines:
            _move(lines[key], one, audible, workshop, change)
        else:
            place = places[one.place]
            lines[key] = _open(one, audible, place.head is fresh.get(one.place), workshop, change)


def _open(one: Send, audible: float, with_its_place: bool, workshop: Workshop, change: Change) -> Line:
    """A new line: open at once when its place opens anyway, else it opens itself."""
    gain, opening = workshop.slots.take(2)
    line = Line(one, gain, opening, audible)
    workshop.put(opening, audible if with_its_place else 0.0)
    if not with_its_place and audible:
        change.tunes.append((opening, audible, float(change.length), m.ROUND))
    if isinstance(one.gain, Drive):
        workshop.put(gain, 0.0)
        line.lean = workshop.lean(one.place, gain, one.gain, -16.0, 16.0, 1.0)
    else:
        workshop.put(gain, float(one.gain))
    return line


def _move(line: Line, one: Send, audible: float, workshop: Workshop, change: Change) -> None:
    """A line that stays: its level and whether a solo lets it through."""
    if one.gain != line.send.gain:
        if isinstance(one.gain, Drive):
            change.tunes.append((line.gain, 0.0, 0.0, m.STAY))
            line.lean = workshop.lean(one.place, line.gain, one.gain, -16.0, 16.0, change.glide)
        else:
            line.lean = None
            change.tunes.append((line.gain, float(one.gain), change.glide, m.ROUND))
    if audible != line.target:
        change.tunes.append((line.open, audible, float(change.length) if line.leaving else change.glide, m.ROUND))
    line.target, line.leaving, line.send = audible, False, one


def clear(place: Place, places: Places, scrap: Callable[[Strip], None]) -> bool:
    """Forget what has finished fading in a place; True when it is wired otherwise now."""
    over = [strip for strip in place.fading if strip.closed]
    for strip in over:
        place.fading.remove(strip)
        scrap(strip)
    if over:
        place.head = _rest(place.head) or place.strip
    done = [i for i, crossing in place.crossing.items() if crossing.making.state[0] >= crossing.making.state[1]]
    for i in done:
        crossing = place.crossing.pop(i)
        crossing.gone, crossing.becomes = True, found(crossing.hears[1], places)
    return bool(over or done)


def _rest(head: Strip) -> Strip | None:
    """What remains of a head when its closed parts are left out."""
    if head.gone:
        return _rest(head.becomes) if head.becomes else None
    if head.kind is not SUM:
        return head
    parts = [part for part in (_rest(heard) for heard in head.hears if isinstance(heard, Strip)) if part]
    if len(parts) == 2:
        head.hears = list(parts)
        return head
    head.gone, head.becomes = True, parts[0] if parts else None
    return head.becomes


def is_moving(place: Place) -> bool:
    """Whether there will be something to clear."""
    return bool(place.fading or place.crossing or place.leaving)
