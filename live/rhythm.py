"""When something is struck, and at which pitch: steps, beats, notes."""

from __future__ import annotations

import math
import re
from typing import Any

from live.mistakes import Mistake
from live.values import Beats, Rhythm, is_number, what_is
from live.vocabulary import Word

NOTE = re.compile(r"([a-gA-G])([#sb]?)(-?\d)$")
KEYS = ("c", "c#", "d", "d#", "e", "f", "f#", "g", "g#", "a", "a#", "b")
STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}


def seq(steps: str, every: float = 0.25, swing: float = 0.0, turn: float = 0.0) -> Rhythm:
    """Steps to strike: x loud, o soft, - or . nothing; spaces are for the eye. A step lasts ``every`` beats."""
    from live.core.controls.seq import gains

    if not isinstance(steps, str):
        raise Mistake(f"seq reads steps from a text; this is {what_is(steps)}.", near='Write: seq("x-o- xx-o")', word="seq")
    try:
        if len(gains(steps)) > 256:
            raise ValueError(f"a sequence has at most 256 steps, not {len(gains(steps))}")
    except ValueError as slip:
        raise Mistake(str(slip)[:1].upper() + str(slip)[1:] + ".", word=steps) from None
    between("every", every, 1 / 64, 64)
    between("swing", swing, 0, 1)
    return Rhythm(" ".join(steps.split()), float(every), float(swing), float(turn))


def every(beats: float = 1.0, turn: float = 0.0) -> Rhythm:
    """A hit every so many beats."""
    between("every", beats, 1 / 64, 256)
    return Rhythm("x", float(beats), 0.0, float(turn))


def euclid(hits: int, steps: int, turn: int = 0, every: float = 0.25, swing: float = 0.0) -> Rhythm:
    """So many hits as evenly as possible over so many steps: euclid(3, 8) is x--x--x-."""
    from live.core.controls.seq import euclid as even

    if type(hits) is not int or type(steps) is not int or not 1 <= steps <= 256 or not 0 <= hits <= steps:
        raise Mistake("euclid wants hits and steps, whole numbers, not more hits than steps.", near="Write: euclid(3, 8)", word="euclid")
    return seq(even(hits, steps, turn), every, swing)


def pitch(hz: float) -> str:
    """The name of a pitch, or nothing when it is between the keys: the other way of ``hertz``."""
    if not hz > 0:
        return ""
    key = round(69 + 12 * math.log2(hz / 440.0))
    name = f"{KEYS[key % 12]}{key // 12 - 1}"
    return name if NOTE.match(name) and hertz(name) == hz else ""


def beats(count: float) -> Beats:
    """A time that goes with the tempo: delay(rain, time=beats(3/4))."""
    between("beats", count, 0, 1024)
    return Beats(float(count))


def notes(word: Word, value: Any) -> list[float]:
    """Notes for the hits: names like c3, or numbers as the word takes them."""
    items = value.split() if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else [value]
    pitched = any(control.unit == "Hz" for control in word.controls.values())
    found = []
    for one in items:
        if isinstance(one, str):
            if not pitched:
                raise Mistake(f"{word.word} has no pitch to play {one!r} at.", near="Numbers are seconds into the sound.", word="notes")
            found.append(hertz(one))
        elif is_number(one) and math.isfinite(one):
            found.append(float(one))
        else:
            raise Mistake(f"A note is a name like c3 or a number; this is {what_is(one)}.", word="notes")
    return found


def hertz(name: str) -> float:
    """The pitch of a note: a4 is 440 Hz, c4 the middle c."""
    match = NOTE.match(name.strip())
    if not match:
        raise Mistake(f"{name!r} is no note.", near="A note is a letter and an octave: c3, f#4, bb2.", word=name)
    step, sign, octave = match.groups()
    key = 12 * (int(octave) + 1) + STEPS[step.lower()] + {"#": 1, "s": 1, "b": -1, "": 0}[sign]
    return round(440.0 * 2 ** ((key - 69) / 12), 3)


def between(name: str, value: Any, low: float, high: float) -> None:
    if not is_number(value) or not low <= value <= high:
        near = f"Nearest: {min(max(value, low), high):g}." if is_number(value) and value == value else ""
        shown = f"{value:g}" if is_number(value) else what_is(value)
        raise Mistake(f"{name} goes from {low:g} to {high:g}; this is {shown}.", near=near, word=name)
