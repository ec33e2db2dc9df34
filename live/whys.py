"""Why a place is heard or not, in the order you would ask; each reason with its cure. ``live.ledger`` says how late it is."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from live.eleven import spoken
from live.lately import ways_out
from live.score import Drive, Node, Score
from live.typed import called, number, struck, word_of
from live.values import Described, Mover
from live.vocabulary import vocabulary
from live.ways import SILENT, above, at_hand, behind, hand, listeners, paths, reached, root, turn

if TYPE_CHECKING:
    from live.desk import Desk

WATCH = 0.15  # seconds its level is watched
MOST = 6  # ways to the loudspeakers that are told one by one


def reasons(desk: Desk, place: Described) -> list[str]:
    """Why it is heard or not. The first line is the answer."""
    name, score = str(place.name), desk.hand.state.score
    node = score.places.get(name)
    if node is None:
        return [f"{name} waits: {waits(desk, name) or 'it is not there yet'}"]
    if isinstance(place, Mover):
        return [*moved(desk, name, score), *standing(desk, name, node), *brought(desk, name)]
    level = peak(desk, name)
    whole = [*kept_back(desk, name, score, node), *silenced(desk, name, score), *unheard(desk, name, score)]
    own = standing(desk, name, node)
    if level < SILENT:
        own += quiet(name, node, score, desk)
    ways = [way.said for way in paths(desk, name, score)]
    from live import partners

    if partners.is_partner(place):
        own += partners.reasons(desk, name)
    more = [f"... and {len(ways) - MOST} more ways"] if len(ways) > MOST else []
    shown = "silent just now" if level < SILENT else f"{decibels(level)} now"
    first = (
        f"{name} is not heard ({shown}):"
        if whole
        else f"{name} is heard: {shown}"
        if level >= SILENT
        else f"{name} goes out, but is {shown}:"
    )
    return [first, *whole, *own, *ways[:MOST], *more, *brought(desk, name)]


# --- is it there ------------------------------------------------------------------------


def waits(desk: Desk, name: str) -> str:
    """What has not landed yet."""
    if desk.held is not False and desk.held is not True:
        return "a save is held back. go() plays it"
    landing = [flight for flight in list(desk.hand.flights.values()) if any(getattr(step, "name", "") == name for step in flight.plan)]
    if landing and landing[0].frame > desk.stage.frame:
        bar, beat = desk.stage.clock.spot(landing[0].frame)
        return f"it lands at bar {bar}, beat {beat:g}"
    if desk.hand.busy:
        return f"{desk.hand.busy} is being rehearsed"
    return ""


def kept_back(desk: Desk, name: str, score: Score, node: Node) -> list[str]:
    """The whole stage is silent, or the place has not come yet."""
    found = []
    if desk.stage.panicked:
        found.append("panic() holds: nothing at all is heard. go() opens it")
    if not any(value is not None for value in desk.hand.state.page.outs.values()):
        hushed = bool(desk.hand.state.page.outs)
        found.append(
            "everything is hushed. undo() brings it back" if hushed else f"nothing goes to the loudspeakers: out.stage = {called(name)}"
        )
    if late := waits(desk, name):
        found.append(late)
    for one in [name, *above(score, name)]:
        kind = score.places[one].kind
        word = vocabulary().get(kind)
        if word and word.engine and is_loading(desk, one):
            found.append(
                f"{one} is still loading ({kind}): it begins by itself"
                if one == name
                else f"it hears {one}, which is still loading ({kind})"
            )
    return found


def seed_of(desk: Desk, name: str) -> int:
    """Where a place's chance begins: the core's own figure, by which its worker is known, too."""
    told = f"{desk.stage.rig.seed}/{name}".encode()
    return int.from_bytes(hashlib.blake2s(told, digest_size=6).digest(), "little")


def rings_for(desk: Desk, name: str) -> Iterator[Path]:
    """The rings that workers of a place play into: one, and while something else is coming, its own too (it may not be there yet)."""
    seed = seed_of(desk, name)
    for slip in Path(desk.stage.folder).glob("want-*.json"):
        said: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            said = json.loads(slip.read_text())
        if said.get("seed") == seed and "ring" in said:
            yield Path(said["ring"])


def is_loading(desk: Desk, name: str) -> bool:
    """An engine's worker has not made anything yet."""
    from live.core import layout as at

    for ring in rings_for(desk, name):
        with contextlib.suppress(OSError, IndexError):
            import numpy as np

            head = np.fromfile(ring, np.int64, 64)
            return bool(head[at.R_STATE] == 0 or head[at.R_WRITTEN] <= head[at.R_START])
    return False


# --- is it silenced ---------------------------------------------------------------------------


def silenced(desk: Desk, name: str, score: Score) -> list[str]:
    """Muted, shut out by a solo, gone bad: itself, or whom it hears."""
    found = []
    if {name, *ways_out(score, name)} & score.muted:
        found.append(f"it is muted. unmute({called(name)})")
    heard_muted = sorted(above(score, name) & score.muted)
    found += [f"it hears {one}, which is muted. unmute({called(root(one))})" for one in heard_muted]
    if score.soloed and not any(send.place in score.soloed or name in score.soloed for send in reached(score, name)):
        others = sorted(root(one) for one in score.soloed if not one.startswith("out."))
        found.append(f"{', '.join(others) or 'another'} is soloed. solo() lets everything be heard again")
    bad = {meter.name: meter.bad for meter in desk.stage.meters() if meter.bad}
    for one in [name, *sorted(above(score, name))]:
        if one in bad:
            who = "it" if one == name else one
            found.append(f"{who} went bad ({bad[one]}) and is kept out. undo(), or say it otherwise")
    return found


def unheard(desk: Desk, name: str, score: Score) -> list[str]:
    """Nobody hears it, or only through something that stands at 0."""
    if not any(value is not None for value in desk.hand.state.page.outs.values()):
        return []
    ways = list(paths(desk, name, score))
    if not ways:
        ears = listeners(score, name)
        if ears:
            return [
                f"{', '.join(root(one) for one in ears)} hears it, but does not reach a loudspeaker: out.stage = {called(root(ears[0]))}"
            ]
        return [f"nothing hears it. out.stage = {called(name)}"]
    if all(way.level is not None and abs(way.level) < SILENT for way in ways):
        return [ways[0].shut]
    return []


# --- itself ----------------------------------------------------------------------


def moved(desk: Desk, name: str, score: Score) -> list[str]:
    """What a wave or a gesture moves."""
    found = [
        f"{root(other)}.{spoken(vocabulary().get(node.kind), control)}"
        for other, node in sorted(score.places.items())
        for control, value in node.controls.items()
        if isinstance(value, Drive) and value.source == name
    ]
    found += [f"the level of {root(send.place)}" for send in score.sends if isinstance(send.gain, Drive) and send.gain.source == name]
    return [
        f"{name} is a number that moves: it turns {', '.join(dict.fromkeys(found))}"
        if found
        else f"{name} turns nothing: rain = clip(..., gain={called(name)})"
    ]


def standing(desk: Desk, name: str, node: Node) -> list[str]:
    """Controls that stand where nothing is heard of it, and knobs at 0."""
    found = []
    word = vocabulary().get(node.kind)
    for control, value in node.controls.items():
        if isinstance(value, Drive):
            source = behind(desk.hand.state.score, value.source)
            if source.startswith("knob:") and not at_hand(desk, source):
                found.append(f"{spoken(word, control)} follows {hand(source)}, which stands at 0. {turn(source)}")
        elif control in ("gain", "mix") and abs(value) < SILENT:
            said = "nothing comes out" if control == "gain" else "only what it hears is heard, not what it does"
            rest = word.controls[control].rest if word and control in word.controls else 1.0
            found.append(f"{control} is 0: {said}. {called(name)}.{control} = {number(rest or 1.0)}")
    return list(dict.fromkeys(found))


def quiet(name: str, node: Node, score: Score, desk: Desk) -> list[str]:
    """Why something that is not shut may be silent just now."""
    settings, word = node.settings, word_of(node.kind)
    hits = settings.get("hits", "")
    if hits and not isinstance(hits, str):
        return [f"it waits to be played: hits={struck(hits)}"]
    if hits:
        return [f"it waits for its hits: {hits!r}"] if any(letter in hits for letter in "xXoO") else [f"its rhythm has no hits: {hits!r}"]
    if node.kind == "clip":
        if settings.get("wait"):
            return [f'it waits to be struck: {called(name)} = clip(..., hits="x---")']
        if settings.get("loop", True) is False:
            return ['it was played once and has ended (loop=False). Again: loop=True, or hits=seq("x---")']
        rate = node.controls.get("rate", 1.0)
        if rate == 0:
            return [f"its rate is 0: it stands still. {called(name)}.rate = 1"]
    if node.kind in ("pluck", "grains") or (node.kind == "tone" and settings.get("gate")):
        if node.kind == "grains" and node.controls.get("density"):
            return []
        cure = f"{called(name)}.density = 20" if node.kind == "grains" else f'{called(name)} = {word}(hits=seq("x-o-"))'
        return [f"nobody strikes it. {cure}"]
    if node.kind == "mic":
        spot = int(settings.get("first", 0)) + 1
        return [f"input {spot} is silent: is something plugged in, and turned up?"]
    silent = [one for one in named_ins(score, name) if peak(desk, one, 0.0) < SILENT]
    return [f"it hears {', '.join(silent)}, which is silent, too: why({called(silent[0])})"] if silent else []


def named_ins(score: Score, name: str) -> list[str]:
    """Who is heard by a place and by its own parts."""
    found: dict[str, None] = {}
    todo = list(score.places[name].ins)
    while todo:
        one = todo.pop(0)
        if root(one) == root(name) and one != name:
            todo += score.places[one].ins
        elif "/" not in one and "(" not in one:
            found[one] = None
    return list(found)


def brought(desk: Desk, name: str) -> list[str]:
    """What brought it, and since when it is there."""
    from live.journal import last_known

    text = desk.hand.state.edit.texts.get(name.partition(".")[0], "").strip().partition("\n")[0]
    by = f"typed: {text[:60]}" if text else f"{desk.session.script.name}" if desk.session else ""
    born: int | None = None
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        born = last_known(Path(desk.stage.rig.take) / "journal.jsonl").born.get(name)
    if born is None:
        return [f"  it comes from {by}"] if by and not text else [f"  {by}"] if by else []
    bar, beat = desk.stage.clock.spot(born)
    ago = max((desk.stage.frame - born) / desk.stage.rig.rate, 0.0)
    return [f"  there since bar {bar}, beat {int(beat)}, {span(ago)} ago{f'; {by}' if by else ''}"]


# --- words -------------------------------------------------------------------------------------------


def peak(desk: Desk, name: str, seconds: float = WATCH) -> float:
    """How loud a place is, watched for a moment."""
    until, found = time.monotonic() + seconds, 0.0
    while True:
        found = max([found, *(meter.peak for meter in desk.stage.meters() if meter.name == name)])
        if time.monotonic() >= until:
            return found
        time.sleep(0.01)


def decibels(level: float) -> str:
    """-12 dB."""
    return f"{20 * math.log10(level):.0f} dB"


def span(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def ledger(desk: Desk) -> list[str]:
    """How late everything is, in milliseconds."""
    from live.ledger import lines

    return lines(desk)
