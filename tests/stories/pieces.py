"""A piece as it is shipped, read once by the real reader and rendered once: what the tests of examples and sessions look at."""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from live import words
from live.bounce import Bounced, bounce
from live.core import written
from live.cue import Cue, Key
from live.desk import rekinded
from live.naming import score_of
from live.paging import script
from live.reading import Reader, Reading
from live.room import Room
from live.score import Drive, Score
from live.values import Page, Sound

ROOT = Path(__file__).resolve().parents[2]
RATE = 48000
CEILING = -1.0  # dB, the limiter's
Wave = NDArray[np.float32]


@dataclass(frozen=True)
class Piece:
    """A script, what the reader made of it, and the rooms it is played in."""

    path: Path
    home: Path
    reading: Reading

    @property
    def page(self) -> Page:
        """What the script says; its mistake, where it has one, is the test's message."""
        slip = self.reading.mistake
        assert slip is None, "\n".join(slip.lines())
        assert self.reading.page is not None
        return self.reading.page

    def room(self, outs: int = 2) -> Room:
        """So many loudspeakers, one microphone."""
        return replace(Room.usual(outs, 1), folders=(str(self.home),))

    def score(self, outs: int = 2) -> Score:
        """The score on so many loudspeakers."""
        return score_of(ready(self.page), Score(), self.room(outs))

    def typed_back(self) -> Score:
        """The score of the text that ``look()`` would show."""
        return score_of(ready(typed(script(self.page, "typed back"), self.room())), Score(), self.room())

    def sounds(self) -> set[str]:
        """The names of its sounds, lists and dicts opened."""
        return {name for name, value in self.page.places().items() if isinstance(value, Sound)}

    def render(self, out: Path, seconds: float, outs: int = 2, *, stems: bool = False, turned: float = 0.0) -> tuple[Bounced, Wave]:
        """A few seconds of it, every knob turned so far, somebody singing into the microphone now and then."""
        out.mkdir(parents=True)
        score = self.score(outs)
        numbers = [knob.removeprefix("knob:") for knob in knobs(score)]
        hands = [Cue(0, (int(number), turned)) for number in numbers if number.isdigit()]
        made = bounce([Cue(0, score), *hands, *struck(score)], seconds, out, rate=RATE, channels=outs, ins=1, stems=stems, heard=somebody)
        return made, soundfile.read(out / "mix.wav", dtype="float32", always_2d=True)[0].T


def pieces(home: Path, *scripts: Path) -> Iterator[Piece]:
    """Scripts of one folder, each read in a process of its own."""
    reader = Reader(home)
    reader.room = replace(Room.usual(2, 1), folders=(str(home),))
    try:
        for path in scripts:
            yield Piece(path, home, reader.read(path))
    finally:
        reader.close()


def typed(text: str, room: Room) -> Page:
    """A text as the reader reads it, but here: it is ours."""
    linecache.cache["typed.py"] = (len(text), None, text.splitlines(keepends=True), "typed.py")  # effects ask for their text
    page, scope = words.begin(room), words.namespace()
    own = dict(scope)
    exec(compile(text, "typed.py", "exec"), scope)
    return words.finish(page, {name: value for name, value in scope.items() if value is not own.get(name)})


def ready(page: Page) -> Page:
    """Treatments written live as the core plays them."""
    return rekinded(page, {kind: f"written:{written.write(text, kind.split(':')[1])}" for kind, text in page.effects.items()})


def somebody(frame: int, frames: int) -> Wave:
    """A note of half a second, half a second of nothing, a breath of noise under both."""
    t = (frame + np.arange(frames)) / RATE
    noise = np.random.default_rng(frame).standard_normal(frames)
    return (0.1 * np.sin(2 * np.pi * 220 * t) * (t % 1 < 0.5) + 0.003 * noise).astype(np.float32)[None]


def unheard(score: Score) -> set[str]:
    """Places that reach no loudspeaker, neither as sound nor by moving anything."""
    waiting, met = [send.place for send in score.sends], set()
    waiting += [send.gain.source for send in score.sends if isinstance(send.gain, Drive)]
    while waiting:
        name = waiting.pop()
        if name in met or name not in score.places:
            continue
        met.add(name)
        node = score.places[name]
        waiting += [*node.ins, *(control.source for control in node.controls.values() if isinstance(control, Drive))]
    return set(score.places) - met


def struck(score: Score) -> list[Cue]:
    """Somebody strikes whatever waits for a key, twice a second, and lets it go."""
    found = []
    for hits in sorted({node.settings["hits"][:3] for node in score.places.values() if node.settings.get("hits", "")[:1] == ("keys",)}):
        key = max(hits[1], min(hits[2], 60))
        for frame in range(12032, 6 * RATE, RATE // 2 // 64 * 64):
            found += [Cue(frame, Key(True, key, 0.8)), Cue(frame + 9600, Key(False, key, 0.0))]
    return sorted(found, key=lambda cue: cue.frame)


def knobs(score: Score) -> set[str]:
    """The knobs a score listens to."""
    drives = [c for node in score.places.values() for c in node.controls.values() if isinstance(c, Drive)]
    return {d.source for d in [*drives, *(s.gain for s in score.sends if isinstance(s.gain, Drive))] if d.source.startswith("knob:")}


__all__ = ["CEILING", "RATE", "ROOT", "Piece", "knobs", "pieces", "unheard"]
