"""The first minute: it types its own lines, and you hear what they do.

Twenty bars at 96 and three at 72. A broken line that must not be heard, a treatment written on the spot, a mute and an
undo are part of it. Each engine that comes adds its line here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from live.core.controls.seq import hits
from live.cue import Cue
from live.errands import say
from live.score import Drive, Node, Score, Send

if TYPE_CHECKING:
    from live.front import Evening

TEMPO, SLOW, SLOW_FROM, BARS = 96.0, 72.0, 20, 23  # it slows down after so many bars
SECONDS = 60.0
TUNE = (110.0, 164.81, 196.0, 130.81, 146.83, 220.0, 98.0)  # the string's notes in Hz


RUST = """def rust(x, state=1, drive=Control(3, 0, 20)):
    state[0] += 0.35 * (math.tanh(x * drive) - state[0])
    return 0.6 * state[0] * (1.3 - math.fabs(state[0]))
"""


def seconds_of(beat: float) -> float:
    """When a beat comes, counted from 0."""
    quick = min(beat, 4.0 * SLOW_FROM)
    return quick * 60 / TEMPO + (beat - quick) * 60 / SLOW


@dataclass(frozen=True)
class Line:
    """What is typed at which bar (from 1), and what it makes of the score. None takes the line before last back."""

    bar: int
    typed: str
    edit: Callable[[Score], Score] | None
    fade: float = 0.4

    def frame(self, rate: int) -> int:
        """Where it lands."""
        return round(seconds_of(4 * (self.bar - 1)) * rate)


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
        'knocks = pan(clip("wood knocks"), at=lfo(-0.6, 0.6, beats=6))',
        several(
            place("knocks/clip", Node("clip", settings={"file": "wood knocks"})),
            place("knocks/lfo", Node("lfo", settings={"beats": 6.0}, controls={"low": -0.6, "high": 0.6})),
            place("knocks", Node("pan", ("knocks/clip",), {"at": Drive("knocks/lfo")}), 0.35),
        ),
    ),
    Line(
        7,
        'string = delay(pluck(decay=5), beats=3/4)  # "x--o--x-o-x--o--"',
        several(
            place("string/pluck", Node("pluck", controls={"decay": 5.0, "bright": 0.55})),
            place("string/pan", Node("pan", ("string/pluck",), {"at": -0.2})),
            place("string", Node("delay", ("string/pan",), {"time": 0.75 * 60 / TEMPO, "feedback": 0.45, "mix": 0.4, "tone": 3500.0}), 0.5),
        ),
    ),
    Line(9, "string = revreb(string)", place("string", Node("revreb", ("string/pan",)), 0.5)),
    Line(
        10,
        'brass = reverb(clip("brass swell", loop=False), decay=5)',
        several(
            place("brass/clip", Node("clip", settings={"file": "brass swell", "loop": False})),
            place("brass", Node("reverb", ("brass/clip",), {"decay": 5.0, "mix": 0.5}), 0.6),
        ),
    ),
    Line(
        12,
        'rain = smear(clip("rain on tin", rate=0.5), bins=24)',
        several(
            place("rain/clip", Node("clip", settings={"file": "rain on tin"}, controls={"rate": 0.5})),
            place("rain", Node("smear", ("rain/clip",), {"bins": 24.0}), 0.7),
        ),
    ),
    Line(
        14,
        "def rust(x, state=1, drive=3): ...; string = rust(string)",
        several(
            place("string/echo", Node("delay", ("string/pan",), {"time": 0.75 * 60 / TEMPO, "feedback": 0.45, "mix": 0.4, "tone": 3500.0})),
            place("string", Node("rust", ("string/echo",), {"drive": 6.0}), 0.5),
        ),
        fade=1.5,
    ),
    Line(
        16,
        'dust = grains("glass", position=lfo(0, 1, beats=32), pitch=-12)',
        several(
            place("dust/lfo", Node("lfo", settings={"beats": 32.0}, controls={"low": 0.0, "high": 1.0})),
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
    Line(17, "del string", several(*(without(name) for name in ("string", "string/echo", "string/pan", "string/pluck")))),
    Line(18, "undo()", None),
    Line(19, "mute(rain, knocks)", lambda score: score.with_(muted=frozenset({"rain", "knocks"}))),
    Line(20, 'bell = clip("low bell", loop=False)', place("bell", Node("clip", settings={"file": "low bell", "loop": False}), 0.55)),
    Line(21, "unmute(), tempo(72)", lambda score: score.with_(muted=frozenset(), tempo=SLOW)),
    Line(22, "hush()", lambda score: Score(tempo=score.tempo, bar=score.bar), fade=5.5),
)


def steps(rate: int, write: Callable[[str], str] | None = None) -> list[tuple[Line, Cue]]:
    """Each line with what it does at which frame. The broken one is among them: the core itself must refuse it.

    ``write`` makes a word of a treatment's text; without it nothing need be compiled.
    """
    found = []
    history = [Score(tempo=TEMPO)]
    rust = write(RUST) if write else "rust"
    for line in LINES:
        new = history[-2] if line.edit is None else line.edit(history[-1])
        places = {name: replace(node, kind=rust) if node.kind == "rust" else node for name, node in new.places.items()}
        found.append((line, Cue(line.frame(rate), new.with_(places=places), line.fade)))
        if "revreb" not in line.typed:
            history.append(new)
    return found


def notes(rate: int) -> list[Cue]:
    """What the string plays, while it is there."""
    gone = {line.typed: line.frame(rate) for line in LINES}
    return [
        Cue(frame, ("string/pluck", 1, (TUNE[(k * k + k // 5) % 7], 0.7 * gain)))
        for k, (beat, gain) in enumerate(hits("x--o--x-o-x--o--", 0.5, 0.3, 24.0, 84.0))
        if not gone["del string"] <= (frame := round(seconds_of(beat) * rate)) < gone["undo()"]
    ]


def written_here(text: str) -> str:
    """A treatment's word, when nobody waits for its rehearsal."""
    from live.core import written
    from live.journal import WRITTEN

    return f"{WRITTEN}{written.write(text)}"


def cues(rate: int) -> list[Cue]:
    """Everything the minute plays, by frame."""
    return [cue for _, cue in steps(rate, written_here)] + notes(rate)


def perform(now: Evening) -> Iterator[None]:
    """The minute on stage, beside whoever types: yields between looks at the clock, and stops when somebody else edits."""
    from live.front import warn
    from live.stage import Refused

    stage, rate = now.stage, now.stage.rig.rate
    writing = Aside(lambda: stage.write(RUST))
    began = stage.frame + rate // 2
    lines, tune = steps(rate), notes(rate)
    mine = stage.score
    while lines:
        if stage.score is not mine:
            say("              (the stage is yours: the minute ends here)")
            return
        while tune and began + tune[0].frame < stage.frame + rate // 4 and "string/pluck" in stage.score.places:
            cue = tune.pop(0)
            stage.event(*cue.what, frame=began + cue.frame)  # type: ignore[misc]
        if began + lines[0][1].frame < stage.frame + rate // 4:
            line, cue = lines.pop(0)
            say(f"{clock(line.frame(rate) / rate)} bar {line.bar:2} > {line.typed}")
            score: Score = cue.what  # type: ignore[assignment]
            if any(node.kind == "rust" for node in score.places.values()):
                word = writing.word
                if word is None:
                    warn(f"{writing.why or 'rust is still being compiled'}: the string plays on without it")
                heard = {
                    name: replace(node, kind=word or "gain", controls=node.controls if word else {})
                    for name, node in score.places.items()
                    if node.kind == "rust"
                }
                score = score.with_(places={**score.places, **heard})
            before = stage.score
            try:
                stage.play(score, frame=began + cue.frame, fade=cue.fade)
                now.past.append(before)
            except Refused as why:
                say(f"              {why} What played plays on.")
            mine = stage.score
        yield
    say("That was the minute. The stage is yours: help says what can be typed here.")


def clock(seconds: float) -> str:
    """0:05"""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


class Aside:
    """Something done beside the performance, so that the prompt never waits for it."""

    def __init__(self, work: Callable[[], str]) -> None:
        self.word: str | None = None
        self.why = ""
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def _run(self, work: Callable[[], str]) -> None:
        from live.stage import Refused

        try:
            self.word = work()
        except Refused as why:
            self.why = str(why)
