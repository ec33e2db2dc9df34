"""A played concert, played another way: one thing is changed, and nothing else is.

``change('knob 3 = 0.2 from bar 40', take)`` reads what is meant; ``changed(cues, ...)`` is the take's cues with it. Pure data
in and out. A change begins at the first chunk of its bar (at most 1.3 ms into it). Where an edit was being laid out over that very
bar, it lands together with the edit, at most 0.3 s later: two plans cannot wait for their frames at once.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from live.bars import Bars, landing
from live.cli import Sorry
from live.core.layout import KNOBS
from live.cue import Again, Cue, Rubato
from live.knobs import is_number
from live.plan import Hush, Make, Pace, Plan, Retune, Rewire, Route, Step, Swap, carried, compare
from live.score import Node, Score

CHUNK = 64
FORMS = "knob N = V (or knob NAME = V), PLACE.CONTROL = V, tempo = V, gain of PLACE = V, mute PLACE, drop PLACE; each with from bar B, or from bar B to bar C"
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
SILENCE = Node("gain")  # hears nothing, so nothing is heard of it: who listened to the place goes on listening
Range = Mapping[str, tuple[float, float]]  # control -> lowest and highest
Names = Mapping[int, tuple[str, float]]  # knobs that go by a name, and where they stood at first


def _as_it_is(step: Step) -> tuple[Step, ...]:
    return (step,)


def _nothing(_: Score) -> tuple[Step, ...]:
    return ()


@dataclass(frozen=True)
class Change:
    """One change, between two frames: what becomes of the steps that land meanwhile, and what happens at its ends."""

    said: str
    start: int = 0
    end: int | None = None
    edit: Callable[[Step], tuple[Step, ...]] = _as_it_is
    enter: Callable[[Score], tuple[Step, ...]] = _nothing  # told the score as it was played
    leave: Callable[[Score], tuple[Step, ...]] = _nothing
    knob: tuple[int, float] | None = None
    pace: float | None = None
    gone: str = ""  # a place whose notes nobody hears any more

    def holds(self, frame: int) -> bool:
        """Whether it holds at a frame."""
        return self.start <= frame and (self.end is None or frame < self.end)


@dataclass
class Known:
    """What a take ever had: its places with their controls, and how long it was."""

    bars: Bars
    last: int
    places: dict[str, set[str]] = field(default_factory=dict)  # place -> the kinds it ever was
    seen: dict[str, set[str]] = field(default_factory=dict)  # place -> controls that were ever set
    sent: set[str] = field(default_factory=set)
    ranges: Callable[[str], Range | None] = lambda kind: None  # None: nobody knows that kind's controls
    knobs: Names = field(default_factory=dict)
    controls: Callable[[str], bool] = lambda kind: False  # whether a kind is a control, not a sound

    @staticmethod
    def of(cues: list[Cue], rate: int, last: int) -> Known:
        """Everything the cues of a take speak of."""
        ranges, controls = _vocabulary()
        found = Known(Bars.of(cues, rate), last, ranges=ranges, controls=controls)
        for cue in cues:
            if isinstance(cue.what, Again | Score):
                score = cue.what.score if isinstance(cue.what, Again) else cue.what
                found.note(compare(Score(), score))
            elif cue.is_plan:
                found.note(cue.what)  # type: ignore[arg-type]
        return found

    def note(self, plan: Plan) -> None:
        """Remember the names of a plan."""
        for step in plan:
            match step:
                case Make(name, node) | Swap(name, _, node):
                    self.places.setdefault(name, set()).add(node.kind)
                    self.seen.setdefault(name, set()).update(node.controls)
                case Retune(name, control, _):
                    self.seen.setdefault(name, set()).add(control)
                case Route(place, _, _, gain) if gain is not None:
                    self.sent.add(place)

    def place(self, name: str, said: str) -> str:
        """A place of the take, or Sorry with the nearest."""
        if name in self.places:
            return name
        raise Sorry(f"{said!r}: this take has no place {name!r}. {_nearest(name, self.places)}")

    def control(self, place: str, name: str, said: str) -> tuple[float, float]:
        """A control's range, or Sorry with the nearest control."""
        found: dict[str, tuple[float, float]] = {}
        for kind in self.places[place]:
            known = self.ranges(kind)
            found |= dict.fromkeys(self.seen.get(place, ()), (-math.inf, math.inf)) if known is None else known
        if name in found:
            return found[name]
        kinds = " and ".join(sorted(self.places[place]))
        raise Sorry(f"{said!r}: {place} ({kinds}) has no control {name!r}. {_nearest(name, found)}")

    def takes(self, kind: str, control: str) -> bool:
        """Whether a kind has that control (whoever is not known is taken at its word)."""
        known = self.ranges(kind)
        return known is None or control in known


def _vocabulary() -> tuple[Callable[[str], Range | None], Callable[[str], bool]]:
    """What the words of the core and of the engines can be told."""
    from live.vocabulary import vocabulary

    words = vocabulary()

    def ranges(kind: str) -> Range | None:
        word = words.get(kind)
        return None if word is None else {name: (control.low, control.high) for name, control in word.controls.items()}

    return ranges, lambda kind: kind in words and words[kind].gives == "control"


def _nearest(word: str, known: Iterable[str]) -> str:
    known = sorted(known)
    close = difflib.get_close_matches(word, known, 1, 0.4)
    return f"Nearest: {close[0]}." if close else f"There is: {', '.join(known[:12]) or 'none'}."


# --- reading what is meant ---------------------------------------------------------

WHEN = re.compile(r"^(?P<what>.+?)(?:\s+from\s+(?:bar\s+)?(?P<start>\d+)(?:\s+to\s+(?:bar\s+)?(?P<end>\d+))?)?$")


def change(said: str, known: Known) -> Change:
    """The change that a line means; Sorry with the legal forms, or the nearest place or control."""
    said = " ".join(said.split())
    when = WHEN.match(said)
    what = when["what"] if when else said
    for form, make in READERS:
        if found := re.fullmatch(form, what):
            start, end = _span(said, when, known) if when else (0, None)
            return make(said, found.groupdict(), known, start, end)
    raise Sorry(f"{said!r} is no change. Legal: {FORMS}.")


def _span(said: str, when: re.Match[str], known: Known) -> tuple[int, int | None]:
    """From when to when, in frames: bars count from 1, as the take's own clock counted them."""
    bars = [int(when[key]) if when[key] else None for key in ("start", "end")]
    last = known.bars.spot(known.last)[0]
    for bar in bars:
        if bar == 0:
            raise Sorry(f"{said!r}: bars count from 1. Nearest: bar 1.")
    if bars[0] is not None and bars[0] > last:
        raise Sorry(f"{said!r}: this take ends in bar {last}, so bar {bars[0]} is never reached. Nearest: bar {last}.")
    if bars[0] is not None and bars[1] is not None and bars[1] <= bars[0]:
        raise Sorry(f"{said!r}: bar {bars[1]} is not after bar {bars[0]}. Nearest: to bar {bars[0] + 1}.")
    start = _chunk(known.bars.frame(bars[0])) if bars[0] and bars[0] > 1 else 0
    return start, (_chunk(known.bars.frame(bars[1])) if bars[1] else None)


def _chunk(frame: int) -> int:
    """The first frame of a chunk at or after it, so that time is cut nowhere it was not cut on stage."""
    return -(-frame // CHUNK) * CHUNK


def _within(said: str, what: str, value: float, low: float, high: float) -> float:
    if not (math.isfinite(value) and low <= value <= high):
        raise Sorry(f"{said!r}: {what} goes from {low:g} to {high:g}. Nearest: {min(max(value, low), high):g}.")
    return value


def _knob(said: str, asked: dict[str, str], known: Known, start: int, end: int | None) -> Change:
    which = asked["n"].strip("\"'")
    if is_number(which):
        number = int(_within(said, "a knob's number", float(which), 0, KNOBS - 1))
    else:
        found = [knob for knob, (name, _) in known.knobs.items() if name == which]
        if not found:
            raise Sorry(f"{said!r}: this take has no knob {which!r}. {_nearest(which, [name for name, _ in known.knobs.values()])}")
        number = found[0]
    return Change(said, start, end, knob=(number, _within(said, f"knob {which}", float(asked["v"]), 0, 1)))


def _tempo(said: str, asked: dict[str, str], known: Known, start: int, end: int | None) -> Change:
    value = _within(said, "tempo", float(asked["v"]), 1, 999)

    def edit(step: Step) -> tuple[Step, ...]:
        return (Pace(value, step.bar),) if isinstance(step, Pace) else (step,)

    return Change(
        said, start, end, edit, lambda score: (Pace(value, score.bar),), lambda score: (Pace(score.tempo, score.bar),), pace=value
    )


def _control(said: str, asked: dict[str, str], known: Known, start: int, end: int | None) -> Change:
    place, _, control = asked["p"].rpartition(".")
    place = known.place(place, said)
    value = _within(said, f"{place}.{control}", float(asked["v"]), *known.control(place, control, said))

    def edit(step: Step) -> tuple[Step, ...]:
        match step:
            case Retune(name, key, _) if (name, key) == (place, control):
                return ()
            case Make(name, node) | Swap(name, _, node) if name == place and known.takes(node.kind, control):
                return (replace(step, node=replace(node, controls={**node.controls, control: value})),)
        return (step,)

    def has(score: Score) -> bool:
        return place in score.places and known.takes(score.places[place].kind, control)

    def enter(score: Score) -> tuple[Step, ...]:
        return (Retune(place, control, value),) if has(score) else ()

    def leave(score: Score) -> tuple[Step, ...]:
        return (Retune(place, control, score.places[place].controls.get(control)),) if has(score) else ()

    return Change(said, start, end, edit, enter, leave)


def _gain(said: str, asked: dict[str, str], known: Known, start: int, end: int | None) -> Change:
    place = known.place(asked["p"], said)
    if place not in known.sent:
        raise Sorry(f"{said!r}: {place} never went to an output by itself. {_nearest(place, known.sent)}")
    value = _within(said, f"the gain of {place}", float(asked["v"]), -16, 16)

    def edit(step: Step) -> tuple[Step, ...]:
        mine = isinstance(step, Route) and step.place == place and step.gain is not None
        return (replace(step, gain=value),) if mine else (step,)  # type: ignore[call-arg]

    def enter(score: Score) -> tuple[Step, ...]:
        return tuple(Route(place, s.first, s.width, value) for s in score.sends if s.place == place)

    def leave(score: Score) -> tuple[Step, ...]:
        return tuple(Route(place, s.first, s.width, s.gain) for s in score.sends if s.place == place)

    return Change(said, start, end, edit, enter, leave)


def _mute(said: str, asked: dict[str, str], known: Known, start: int, end: int | None) -> Change:
    place = known.place(asked["p"], said)
    on = Hush(place, "mute", True)

    def edit(step: Step) -> tuple[Step, ...]:
        match step:
            case Hush(name, "mute", _) if name == place:
                return ()
            case Make(name, _) if name == place:
                return step, on
        return (step,)

    def enter(score: Score) -> tuple[Step, ...]:
        return (on,) if place in score.places else ()

    def leave(score: Score) -> tuple[Step, ...]:
        return (Hush(place, "mute", False),) if place in score.places and place not in score.muted else ()

    return Change(said, start, end, edit, enter, leave)


def _drop(said: str, asked: dict[str, str], known: Known, start: int, end: int | None) -> Change:
    place = known.place(asked["p"], said)
    if any(known.controls(kind) for kind in known.places[place]):
        raise Sorry(f"{said!r}: {place} is a control, nothing is heard of it. Say where what follows it should stand: PLACE.CONTROL = V.")

    def edit(step: Step) -> tuple[Step, ...]:
        match step:
            case Make(name, _) if name == place:
                return (Make(place, SILENCE),)
            case Swap(name, _, _) | Retune(name, _, _) | Rewire(name, _) if name == place:
                return ()
        return (step,)

    def enter(score: Score) -> tuple[Step, ...]:
        return (Swap(place, score.places[place].kind, SILENCE),) if place in score.places else ()

    def leave(score: Score) -> tuple[Step, ...]:
        return (Swap(place, SILENCE.kind, score.places[place]),) if place in score.places else ()

    return Change(said, start, end, edit, enter, leave, gone=place)


READERS: tuple[tuple[str, Callable[..., Change]], ...] = (
    (rf"knob (?P<n>[^=]+?) ?= ?(?P<v>{NUMBER})", _knob),
    (rf"tempo ?= ?(?P<v>{NUMBER})", _tempo),
    (rf"gain of (?P<p>\S+) ?= ?(?P<v>{NUMBER})", _gain),
    (r"mute (?P<p>\S+)", _mute),
    (r"drop (?P<p>\S+)", _drop),
    (rf"(?P<p>[^\s=]+\.[^\s=.]+) ?= ?(?P<v>{NUMBER})", _control),
)


# --- carrying it out ----------------------------------------------------------------


def changed(cues: Iterable[Cue], changes: Iterable[str], *, rate: int, last: int, names: Names | None = None) -> list[Cue]:
    """The cues with every change made, in the order they are named. ``last``: the take's last frame; ``names``: of its knobs."""
    found = list(cues)
    known = Known.of(found, rate, last)
    known.knobs = names or {}  # bars, places and controls are those that were played
    for said in changes:
        wanted = change(said, known)
        found = turned(found, wanted, known.knobs) if wanted.knob else edited(found, wanted, rate)
    return found


def turned(cues: list[Cue], wanted: Change, names: Names) -> list[Cue]:
    """A knob that stands where it is told, and afterwards where it would have stood."""
    assert wanted.knob
    number, value = wanted.knob
    out: list[Cue] = []
    for cue in cues:
        held = wanted.holds(cue.frame)
        if held and isinstance(cue.what, Again):
            cue = replace(cue, what=replace(cue.what, knobs={**cue.what.knobs, number: value}))
        if not (held and cue.is_knob and cue.what[0] == number):  # type: ignore[index]
            out.append(cue)
    ends = [] if wanted.end is None else [(wanted.end, _stood(cues, number, wanted.end, names.get(number, ("", 0.0))[1]))]
    for frame, stands in [(wanted.start, value), *ends]:
        later = (k for k, cue in enumerate(out) if cue.frame > frame or (cue.frame == frame and not isinstance(cue.what, Again)))
        out.insert(next(later, len(out)), Cue(frame, (number, stands)))
    return out


def _stood(cues: list[Cue], number: int, frame: int, stood: float) -> float:
    """Where a knob stood just before a frame, which stood there at first."""
    for cue in cues:
        if cue.frame > frame:
            break
        if isinstance(cue.what, Again):
            stood = cue.what.knobs.get(number, 0.0)
        elif cue.is_knob and cue.what[0] == number and cue.frame < frame:  # type: ignore[index]
            stood = float(cue.what[1])  # type: ignore[index,arg-type]
    return stood


def edited(cues: list[Cue], wanted: Change, rate: int) -> list[Cue]:
    """The plans with a change made: what it overrides is left out, what it begins and ends with is put in."""
    out: list[Cue] = []
    due = [(wanted.start, wanted.enter), *([(wanted.end, wanted.leave)] if wanted.end is not None else [])]
    score = Score()  # as it was played, so far
    cues = cues if wanted.pace is None else _unled(cues, wanted, rate)

    def put_in(before: int | None, fade: float = 0.05) -> None:
        """What begins or ends before the cue of that frame is even laid out."""
        while due and (before is None or due[0][0] <= before - CHUNK):
            frame, ends = due.pop(0)
            if steps := ends(score):
                spot = next((k for k in range(len(out), 0, -1) if out[k - 1].frame <= frame), 0)
                out.insert(spot, Cue(frame, steps, fade))

    for cue in cues:
        what = cue.what
        if isinstance(what, Again):
            put_in(cue.frame)
            score = what.score
            while due and due[0][0] <= landing(cue):  # the new core begins with it
                due.pop(0)
            out.append(_taken_over(cue, wanted) if wanted.holds(landing(cue)) else cue)
        elif cue.is_plan:
            put_in(cue.frame)
            plan: Plan = compare(score, what) if isinstance(what, Score) else what  # type: ignore[assignment]
            score = carried(score, plan)
            lands = landing(cue)
            steps = [new for step in plan for new in (wanted.edit(step) if wanted.holds(lands) else (step,))]
            while due and due[0][0] <= lands:
                steps += due.pop(0)[1](score)
            if steps:
                out.append(replace(cue, what=tuple(steps)))
        elif cue.is_note and wanted.gone and cue.what[0] == wanted.gone and wanted.holds(landing(cue)):  # type: ignore[index]
            continue
        else:
            out.append(cue)
    put_in(None)
    return out if wanted.pace is None else _paced(out, wanted.start, rate)


def _unled(cues: list[Cue], wanted: Change, rate: int) -> list[Cue]:
    """While a tempo is told, nobody else leads time: no tap, no ramp, no clock from outside. Afterwards it goes as it went."""
    led, out = 0.0, []
    for cue in cues:
        what = cue.what
        if isinstance(what, Rubato):
            led = what.led if what.led >= 0 and cue.frame <= wanted.start else led
            if wanted.holds(cue.frame) and (what.bpm or what.led >= 0 or what.aim_at >= 0):
                continue
        out.append(cue)
    ends = [Cue(wanted.start, Rubato(led=0.0))] if led else []
    if wanted.end is not None:
        later = [cue.what.led for cue in cues if isinstance(cue.what, Rubato) and cue.what.led >= 0 and cue.frame < wanted.end]
        ends.append(Cue(wanted.end, Rubato(bpm=Bars.of(cues, rate).at(wanted.end).bpm, led=later[-1] if later else -1.0)))
    for end in ends:
        out.insert(next((k for k, cue in enumerate(out) if cue.frame >= end.frame), len(out)), end)
    return out


def _taken_over(cue: Cue, wanted: Change) -> Cue:
    """Another core took over while the change held: it restores the changed score."""
    again = cue.what
    assert isinstance(again, Again)
    plan = tuple(new for step in compare(Score(), again.score) for new in wanted.edit(step))
    score = carried(Score(), plan)
    return replace(cue, what=replace(again, score=score if wanted.pace is None else score.with_(tempo=wanted.pace)))


def _paced(cues: list[Cue], start: int, rate: int) -> list[Cue]:
    """A core that took over goes on in the tempo that is played now, at the beat where that has come to."""
    out: list[Cue] = []
    for cue in cues:
        if isinstance(cue.what, Again) and len(cue.what.tempo) >= 4 and cue.frame > start:
            clock = Bars.of(out, rate).at(cue.frame)
            tempo = (clock.bpm, clock.beat0, clock.frame0, clock.bar, *(0.0 for _ in cue.what.tempo[4:]))  # nothing ramps, nobody leads
            cue = replace(cue, what=replace(cue.what, tempo=tempo))
        out.append(cue)
    return out
