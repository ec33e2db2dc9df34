"""The first minute: it types its own lines, and you hear what they do.

Twenty-four bars at 96. A broken line that must not be heard, and an undo, are part of it. Each engine that comes
adds its line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from live.core.controls.seq import hits
from live.cue import Cue
from live.errands import say
from live.score import Drive, Node, Score, Send

if TYPE_CHECKING:
    from live.front import Evening

TEMPO, BARS = 96.0, 24
BAR_SECONDS = 4 * 60 / TEMPO
SECONDS = BARS * BAR_SECONDS
TUNE = (110.0, 164.81, 196.0, 130.81, 146.83, 220.0, 98.0)  # the string's notes in Hz


@dataclass(frozen=True)
class Line:
    """What is typed at which bar (from 1), and what it makes of the score. None takes the line before last back."""

    bar: int
    typed: str
    edit: Callable[[Score], Score] | None


def place(name: str, node: Node, gain: float | None = None, **sends: int) -> Callable[[Score], Score]:
    """An edit: this place is that from now on; heard at a gain, or only by others."""

    def edit(score: Score) -> Score:
        rest = tuple(send for send in score.sends if send.place != name)
        heard = rest if gain is None else (*rest, Send(name, sends.get("first", 0), sends.get("width", 2), gain))
        return score.with_(places={**score.places, name: node}, sends=heard)

    return edit


def without(name: str) -> Callable[[Score], Score]:
    """An edit: this place fades."""

    def edit(score: Score) -> Score:
        places = {key: node for key, node in score.places.items() if key != name}
        return score.with_(places=places, sends=tuple(send for send in score.sends if send.place != name))

    return edit


def several(*edits: Callable[[Score], Score]) -> Callable[[Score], Score]:
    """An edit that is more than one."""

    def edit(score: Score) -> Score:
        for each in edits:
            score = each(score)
        return score

    return edit


LINES: tuple[Line, ...] = (
    Line(1, 'rain = clip("rain on tin")', place("rain", Node("clip", settings={"file": "rain on tin"}, controls={"gain": 0.7}), 0.5)),
    Line(
        3,
        'hum = filter(clip("room hum"), cutoff=lfo(60, 500, beats=16))',
        several(
            place("hum/clip", Node("clip", settings={"file": "room hum"})),
            place("hum/lfo", Node("lfo", settings={"beats": 16.0}, controls={"low": 60.0, "high": 500.0})),
            place("hum", Node("filter", ("hum/clip",), {"cutoff": Drive("hum/lfo"), "q": 2.0}), 0.5),
        ),
    ),
    Line(
        5,
        'knocks = pan(clip("wood knocks", rate=0.8), at=lfo(-0.6, 0.6, beats=6))',
        several(
            place("knocks/clip", Node("clip", settings={"file": "wood knocks"}, controls={"rate": 0.8})),
            place("knocks/lfo", Node("lfo", settings={"beats": 6.0}, controls={"low": -0.6, "high": 0.6})),
            place("knocks", Node("pan", ("knocks/clip",), {"at": Drive("knocks/lfo")}), 0.35),
        ),
    ),
    Line(
        7,
        'string = delay(pluck(decay=5), beats=3/4, feedback=0.45)    # "x--o--x- o-x--o--" on A, C, E, G',
        several(
            place("string/pluck", Node("pluck", controls={"decay": 5.0, "bright": 0.55})),
            place("string/pan", Node("pan", ("string/pluck",), {"at": -0.2})),
            place("string", Node("delay", ("string/pan",), {"time": 0.75 * 60 / TEMPO, "feedback": 0.45, "mix": 0.4, "tone": 3500.0}), 0.5),
        ),
    ),
    Line(9, "string = revreb(string)", place("string", Node("revreb", ("string/pan",)), 0.5)),
    Line(
        11,
        'brass = reverb(clip("brass swell", loop=False), decay=5)',
        several(
            place("brass/clip", Node("clip", settings={"file": "brass swell", "loop": False})),
            place("brass", Node("reverb", ("brass/clip",), {"decay": 5.0, "mix": 0.5}), 0.6),
        ),
    ),
    Line(
        13,
        'rain = smear(clip("rain on tin", rate=0.5), bins=24)',
        several(
            place("rain/clip", Node("clip", settings={"file": "rain on tin"}, controls={"rate": 0.5})),
            place("rain", Node("smear", ("rain/clip",), {"bins": 24.0}), 0.7),
        ),
    ),
    Line(
        15,
        'dust = grains("glass", density=18, position=lfo(0, 1, beats=32), pitch=-12)',
        several(
            place("dust/lfo", Node("lfo", settings={"beats": 32.0}, controls={"low": 0.1, "high": 0.9})),
            place(
                "dust",
                Node(
                    "grains",
                    controls={"density": 18.0, "size": 0.25, "position": Drive("dust/lfo"), "jitter": 0.3, "pitch": -12.0},
                    settings={"file": "glass", "channels": 2},
                ),
                0.5,
            ),
        ),
    ),
    Line(17, "del knocks", several(without("knocks"), without("knocks/clip"), without("knocks/lfo"))),
    Line(18, "undo()", None),
    Line(19, 'bell = clip("low bell", loop=False)', place("bell", Node("clip", settings={"file": "low bell", "loop": False}), 0.55)),
    Line(
        21,
        "del rain, hum, knocks",
        several(*(without(name) for name in ("rain", "rain/clip", "hum", "hum/clip", "hum/lfo", "knocks", "knocks/clip", "knocks/lfo"))),
    ),
    Line(23, "hush()", lambda score: Score(tempo=score.tempo, bar=score.bar)),
)


def steps(rate: int) -> list[tuple[Line, Cue]]:
    """Each line with what it does at which frame. The broken one is among them: the core itself must refuse it."""
    found = []
    history = [Score(tempo=TEMPO)]
    for line in LINES:
        new = history[-2] if line.edit is None else line.edit(history[-1])
        found.append((line, Cue(round((line.bar - 1) * BAR_SECONDS * rate), new, fade=2.0 if line.typed == "hush()" else 0.4)))
        if "revreb" not in line.typed:
            history.append(new)
    return found


def notes(rate: int) -> list[Cue]:
    """What the string plays."""
    return [
        Cue(round(beat * 60 / TEMPO * rate), ("string/pluck", 1, (TUNE[(k * k + k // 5) % 7], 0.7 * gain)))
        for k, (beat, gain) in enumerate(hits("x--o--x-o-x--o--", 0.5, 0.3, 24.0, 86.0))
    ]


def cues(rate: int) -> list[Cue]:
    """Everything the minute plays, by frame."""
    return [cue for _, cue in steps(rate)] + notes(rate)


def perform(now: Evening) -> Iterator[None]:
    """The minute on stage, beside whoever types: yields between looks at the clock, and stops when somebody else edits."""
    from live.stage import Refused

    stage, rate = now.stage, now.stage.rig.rate
    began = stage.frame + rate // 10
    lines, tune = steps(rate), notes(rate)
    while lines or tune:
        while tune and began + tune[0].frame < stage.frame + rate // 4 and "string/pluck" in stage.score.places:
            cue = tune.pop(0)
            stage.event(*cue.what, frame=began + cue.frame)  # type: ignore[misc]
        if not lines and "string/pluck" not in stage.score.places:
            return
        if lines and began + lines[0][1].frame < stage.frame + rate // 4:
            line, cue = lines.pop(0)
            say(f"  bar {line.bar:2}  > {line.typed}")
            before = stage.score
            try:
                stage.play(cue.what, frame=began + cue.frame, fade=cue.fade)  # type: ignore[arg-type]
                now.past.append(before)
            except Refused as why:
                say(f"          {why} What played plays on.")
        yield
    say("That was the minute. The stage is yours; antiphon play examples/01_one_clip.py is a beginning.")
