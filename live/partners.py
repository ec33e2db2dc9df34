"""What is said to a partner at the prompt, and what it answers: why, what it will play, never, pin, more like it.

A partner lives in a process of its own. It lays down what it does beside its ring; what is said to it travels as the
control ``asked``, so it is in time, in the journal and in the replay.
"""

from __future__ import annotations

import base64
import contextlib
import json
import time
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engines import asked
from engines.asked import PLACES
from live.edits import Edit, State
from live.hand import Proposal
from live.mistakes import Mistake
from live.values import Described, is_number, what_is
from live.vocabulary import vocabulary
from live.weave import retuned

if TYPE_CHECKING:
    from live.desk import Desk

ASKED = "asked"
PATIENCE, SETTLES = 2.0, 0.04  # seconds


def is_partner(place: Described) -> bool:
    """Whether it listens to what is said of its memory."""
    word = vocabulary().get(place.kind)
    return word is not None and ASKED in word.controls


def shown(desk: Desk, name: str) -> dict[str, Any]:
    """What a place's engine showed last, or nothing."""
    from live.whys import rings_for

    for ring in rings_for(desk, name):
        with contextlib.suppress(OSError, ValueError):
            return dict(json.loads(ring.with_suffix(".said").read_text()))
    return {}


def sounding(desk: Desk, what: dict[str, Any]) -> dict[str, Any] | None:
    """The segment that is heard just now, or the next one."""
    now = desk.stage.frame
    done = [one for one in what.get("now", ()) if "segment" in one]
    begun = [one for one in done if one["frame"] <= now]
    return begun[-1] if begun else done[0] if done else None


def place_of(one: dict[str, Any]) -> str:
    """``brass.wav at 12.3 s, segment 41``"""
    return f"{one['file']} at {one['second']:g} s (segment {one['segment']}, {one['long']:g} s long)"


def reasons(desk: Desk, name: str) -> list[str]:
    """What it plays, why, and what it means to play next."""
    what = shown(desk, name)
    if not what:
        return []
    one = sounding(desk, what)
    lines = [f"  it remembers {what['segments']} segments" + "".join(f"; {note}" for note in what.get("notes", ()))]
    if one:
        lines.append(f"  plays {place_of(one)}" + moved(one))
        lines.append(f"  {one['why']} Asked for by {what['asks'] or 'chance'}.")
    elif what.get("now"):
        lines.append("  is silent by its own choice: density, space, or nothing fits")
    plan = ["silence" if e is None else f"{e['file']} {e['second']:g} s" for e in what.get("plan", ())]
    return [*lines, f"  means to go on with {', '.join(plan)}"] if plan else lines


def moved(one: dict[str, Any]) -> str:
    """How it is turned: semitones, length."""
    parts = []
    if one.get("transpose"):
        parts.append(f"{one['transpose']:+d} semitones")
    if one.get("ratio", 1.0) != 1.0:
        parts.append(f"{one['ratio']:g} times as long")
    return f", {', '.join(parts)}" if parts else ""


def segments(desk: Desk, place: Described, which: Any) -> list[int]:
    """The segments meant: a number, a list of them, or nothing: the one that is heard."""
    some = list(which) if isinstance(which, list | tuple | range) else [which]
    if some == [None]:
        one = sounding(desk, shown(desk, str(place.name)))
        if one is None:
            raise Mistake(f"{place.name} plays nothing just now.", near=f"Name a segment: never({place.name}, 12)")
        return [int(one["segment"])]
    count = shown(desk, str(place.name)).get("segments", PLACES)
    for one in some:
        if not is_number(one) or one != int(one) or not 0 <= one < count:
            raise Mistake(
                f"A segment goes by its number, from 0 to {count - 1}; this is {what_is(one)}.", near=f"why({place.name}) names them."
            )
    return [int(one) for one in some]


def say(desk: Desk, name: str, what: str, index: int, label: int = 0) -> None:
    """One saying, on its way before this returns. It is no step of undo."""

    def change(state: State) -> State:
        place = state.page.places()[name]
        number = coded(float(place.controls.get(ASKED, 0.0)), what, index, label)
        return replace(state, edit=state.edit.then(Edit(retuned(state.page, name, {ASKED: number}))))

    proposal = desk.hand.propose(Proposal(change, f"{what}({name}, {index})", when="now", fade=0.0, rehearse=False, step=False))
    proposal.done.wait(PATIENCE)
    time.sleep(SETTLES)  # a control glides for 10 ms: the next saying must not run into this one


def coded(before: float, what: str, index: int, label: int = 0) -> float:
    """The number that says so, after that one."""
    return asked.coded(asked.counted(before) + 1, what, index, label)


def memory(desk: Desk, place: Described) -> str:
    """What it remembers, a line a kind."""
    return str(shown(desk, str(place.name)).get("table") or f"{place.name} is still loading its memory")


def portrait(desk: Desk, place: Described) -> Any:
    """Its kinds over time, and beside one another: (rows, columns, 3), or None while it loads."""
    image = shown(desk, str(place.name)).get("image")
    if not image:
        return None
    rows, columns, text = image
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).reshape(rows, columns, 3)
