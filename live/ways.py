"""The ways from a place to the loudspeakers: whom it passes, at which level, and where it is shut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from live.fingers import said
from live.paging import handed
from live.score import Drive, Score, Send
from live.typed import typed
from live.weave import parts

if TYPE_CHECKING:
    from live.desk import Desk

SILENT = 10 ** (-80 / 20)


class Way:
    """One way out: whom it passes, where it ends, at which level (None: nobody can say)."""

    def __init__(self, passes: list[str], out: str, level: float | None, why: str, shut: str) -> None:
        at = "" if level is None or abs(level - 1) < 1e-9 else f" at {level:.4g}"
        names = list(dict.fromkeys(root(one) for one in passes if not one.startswith("out.")))
        self.level, self.shut = level, shut
        self.said = f"  {' -> '.join([*names, out])}{at}{why}"


def paths(desk: Desk, name: str, score: Score) -> Iterator[Way]:
    """Every way from a place to the loudspeakers."""
    trails: list[tuple[list[str], float | None, str, str]] = [([name], 1.0, "", "")]
    count = 0
    while trails and count < 200:
        trail, level, why, shut = trails.pop(0)
        count += 1
        for send in score.sends:
            if send.place == trail[-1]:
                by, said, closed = factor(desk, send.gain, "its level out")
                yield Way(trail, out_of(desk, send), times(level, by), why + said, shut or closed)
        for other in listeners(score, trail[-1]):
            if other in trail:
                continue
            node = score.places[other]
            by, said, closed = 1.0, "", ""
            if node.kind == "gain":
                by, said, closed = factor(desk, node.controls.get("gain", 1.0), "the gain")
            trails.append(([*trail, other], times(level, by), why + said, shut or closed))


def factor(desk: Desk, value: float | Drive, what: str) -> tuple[float | None, str, str]:
    """What a level is worth now: a number, what follows it, and the sentence when it is shut."""
    if not isinstance(value, Drive):
        return float(value), "", f"{what} is 0: give it a number above 0" if abs(value) < SILENT else ""
    source = behind(desk.hand.state.score, value.source, ("smooth",))
    if not source.startswith("knob:"):
        return None, f"  (times {root(source)})", ""
    stands = at_hand(desk, source) * value.scale + value.offset
    knob = hand(source)
    shut = f"{what} follows {knob}, which stands at 0. {turn(source)}" if abs(stands) < SILENT else ""
    return stands, f"  ({knob})", shut


def times(a: float | None, b: float | None) -> float | None:
    """A product of what is known; 0 stays 0."""
    if a == 0 or b == 0:
        return 0.0
    return None if a is None or b is None else a * b


def out_of(desk: Desk, send: Send) -> str:
    """The output a send goes to, by its name in the room."""
    front, _, folded = send.place.partition("/")
    spots = tuple(range(send.first, send.first + send.width))
    outputs = getattr(desk.room, "outputs", None) or {}
    name = front.removeprefix("out.") if folded and front.removeprefix("out.") in outputs else ""
    if not name:  # two outputs may share their loudspeakers: then the one it was sent to
        page = desk.hand.state.page.outs
        named = [out for out, run in outputs.items() if tuple(run) == spots and out in page]
        name = next((out for out in named if send.place in sent_names(page[out])), named[0] if named else "")
    if not name:
        return f"out[{', '.join(str(spot + 1) for spot in dict.fromkeys((spots[0], spots[-1])))}]"
    shown = ", ".join(str(spot + 1) for spot in spots) if len(spots) < 4 else f"{spots[0] + 1} to {spots[-1] + 1}"
    return f"out.{name} (loudspeaker{'s' * (len(spots) > 1)} {shown})"


def sent_names(value: Any) -> set[str | None]:
    """The names of everything in what goes to an output."""
    return {getattr(one, "name", None) for one in [value, *parts(value)]}


def listeners(score: Score, name: str) -> list[str]:
    """Who hears a place directly, as sound."""
    return sorted(other for other, node in score.places.items() if name in node.ins)


def above(score: Score, name: str) -> set[str]:
    """Everything a place hears, however far away."""
    found: set[str] = set()
    todo = list(score.places[name].ins)
    while todo:
        one = todo.pop()
        if one in score.places and one not in found and one != name:
            found.add(one)
            todo += score.places[one].ins
    return found


def reached(score: Score, name: str) -> list[Send]:
    """The sends a place is heard through."""
    return [send for send in score.sends if send.place == name or (send.place in score.places and name in above(score, send.place))]


# --- words ------------------------------------------------------------


def root(name: str) -> str:
    """The name it is known by: dusk/lfo belongs to dusk, out.stage/rain is rain on its way out."""
    front, _, rest = name.partition("/")
    return rest if front.startswith("out.") and rest else front


def at_hand(desk: Desk, source: str) -> float:
    """Where a knob stands."""
    return float(desk.stage.stands(handed(source)))


def behind(score: Score, source: str, through: tuple[str, ...] = ("curve", "smooth")) -> str:
    """The knob behind a source, when only its curve or its lag lies between."""
    while source in score.places and score.places[source].kind in through:
        x = score.places[source].controls.get("x")
        if not isinstance(x, Drive):
            break
        source = x.source
    return source


def hand(source: str) -> str:
    """A knob as it is typed."""
    which = handed(source)
    return said(which) if isinstance(which, str) else f"knob({which})"


def turn(source: str) -> str:
    """How to turn it by hand."""
    return f"turn({typed(handed(source))}, 0.5)"
