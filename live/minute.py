"""The first minute: it types its own lines, and you hear what they do.

Twenty bars at 96 and three at 72. A line with a slip, which must not be heard,
a treatment written on the spot, a scene to morph to, a mute, an undo and a
hush are part of it. Each engine that comes adds its line here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from live.cue import Cue

if TYPE_CHECKING:
    from live.desk import Desk

TEMPO, SLOW, SLOW_FROM, BARS = 96.0, 72.0, 20, 23  # it slows down after so many bars
SECONDS = 60.0
LINES_AT_ONCE = 7
EARLY = 0.3  # seconds before its bar a line is typed


@dataclass(frozen=True)
class Line:
    """What is typed, and the bar it is heard from."""

    bar: int
    text: str
    note: str = ""  # what to listen for

    def frame(self, rate: int) -> int:
        """Where it is heard."""
        return round(seconds_of(4 * (self.bar - 1)) * rate)


def seconds_of(beat: float) -> float:
    """When a beat comes, counted from 0."""
    quick = min(beat, 4.0 * SLOW_FROM)
    return quick * 60 / TEMPO + (beat - quick) * 60 / SLOW


LINES: tuple[Line, ...] = (
    Line(1, "tempo(96); fade(0.4)"),
    Line(1, 'rain = clip("rain on tin", gain=0.7); out.stage = 0.5 * rain', "a place, and where it is heard"),
    Line(3, 'hum = filter(clip("room hum"), cutoff=lfo(60, 500, beats=16), q=2); out.stage += 0.5 * hum', "a wave on a control"),
    Line(5, 'knocks = pan(clip("wood knocks", hits=seq("x-o- --x- o-x- -o--", every=1/2)), at=lfo(-0.6, 0.6, beats=6))', "a rhythm"),
    Line(5, "out.stage += 0.6 * knocks"),
    Line(7, 'string = delay(pluck(decay=5, bright=0.55, hits=seq("x--o--x-o-x--o--", every=1/2, swing=0.3), '
            'notes="a2 e3 g3 c3 d3 a3 g2"), time=beats(3/4), feedback=0.45, mix=0.4, tone=3500)', "notes, and their echo in time"),
    Line(7, "out.stage += 0.5 * string"),
    Line(9, "string = revreb(string)", "a slip: it must not be heard"),
    Line(10, 'brass = reverb(clip("brass swell", loop=False), decay=5, mix=0.5); out.stage += 0.6 * brass'),
    Line(12, 'rain = smear(clip("rain on tin", rate=0.5), bins=24)', "another kind under the same name: it crosses over"),
    Line(13, 'snap("day")'),
    Line(14, "@effect\ndef rust(x, state=1, drive=Control(3, 0, 20)):\n    state[0] += 0.35 * (math.tanh(x * drive) - state[0])\n"
             "    return 0.6 * state[0] * (1.3 - math.fabs(state[0]))\n", "a treatment of your own, compiled while it plays"),
    Line(14, "string = rust(string, drive=6)"),
    Line(16, 'dust = grains("glass", position=lfo(0, 1, beats=32), pitch=-12, density=18, size=0.25, jitter=0.3, channels=2); out.stage += 0.5 * dust'),
    Line(17, "string.drive = 14"),
    Line(18, "undo()", "taken back"),
    Line(18, 'horn = cak(answer(string, memory="horn lines", wait=1), texture=lfo(0, 0.5, beats=16), kernel="moss"); out.stage += 0.4 * horn',
         "a partner answers the string, worn by a kernel"),
    Line(19, "mute(rain, knocks)"),
    Line(20, 'bell = clip("low bell", loop=False); out.stage += 0.55 * bell'),
    Line(21, "unmute(); tempo(72)"),
    Line(22, "hush(5.5)", "everything fades, time goes on"),
)  # fmt: skip


def written(rate: int) -> tuple[list[Cue], list[tuple[int, str, str]]]:
    """The minute on paper: its cues, and what was typed and answered."""
    from live.paper import played

    return played([(line.frame(rate), line.text) for line in LINES if not line.text.startswith("snap")], rate=rate)


def shown(line: Line) -> list[str]:
    """A line as it is told: when and what for, then what is typed, a statement a line."""
    rows = [row for row in line.text.rstrip().replace("; ", "\n").splitlines() if row.strip()]
    return [*([f"      {line.note}"] if line.note else []), *(("> " if not row.startswith(" ") else "  ") + row for row in rows)]


class Performing:
    """The minute on stage, beside whoever types: it stops when somebody else does."""

    def __init__(self, desk: Desk, lines: Sequence[Line] = LINES) -> None:
        self.desk, self.lines = desk, lines
        self.thread = threading.Thread(target=self._run, name="minute", daemon=True)

    def start(self) -> None:
        """Begin on the next beat."""
        self.thread.start()

    def _run(self) -> None:
        desk, stage = self.desk, self.desk.stage
        rate = stage.rig.rate
        began = stage.frame + rate // 2
        quant, desk.hand.quant = desk.hand.quant, "now"
        fade = desk.hand.fade
        mine = desk.scribe.count
        for line in self.lines:
            due = began + line.frame(rate) - round(EARLY * rate)
            while stage.frame < due:
                time.sleep(0.01)
                if desk.scribe.count != mine or not stage.folder.exists():
                    desk.say("(the stage is yours: the minute ends here)")
                    desk.hand.quant, desk.hand.fade = quant, fade
                    return
            first, *rest = shown(line)
            desk.say("\n".join([f"{clock(line.frame(rate) / rate)}  {first.strip()}", *rest]))
            answer = desk.run(line.text)
            mine = desk.scribe.count
            if answer:
                desk.say(answer)
        desk.hand.quant, desk.hand.fade = quant, fade
        desk.say("That was the minute. The stage is yours; undo() brings the music back.\n")
        rows = desk.run("help()").splitlines()
        for k in range(0, len(rows), LINES_AT_ONCE):  # a screen of news takes so many
            desk.say("\n".join(rows[k : k + LINES_AT_ONCE]))
            time.sleep(0.4)


def clock(seconds: float) -> str:
    """0:05"""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
