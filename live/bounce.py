"""Music into files, faster than real time: the offline core plays, the tape records it, a take comes out.

What is to be played is a list of ``Cue``: at this frame, that score, plan,
note or knob. A script is one cue; the first minute and a replayed take are
many. Stems are made the way a concert's are, by the recorder and ``keep``, so
their sum is the mix here as there.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from live.core import layout as at
from live.core.conductor import Refusal
from live.core.kinds import kinds
from live.core.memory import Map
from live.core.offline import Offline
from live.cue import Cue
from live.journal import Journal
from live.loudness import Ear
from live.plan import carried, compare
from live.score import Score
from live.tape import Recorder, keep
from live.tape.take import form

HEARD = 10 ** (-60 / 20)  # a place louder than this at least once was heard


@dataclass(frozen=True)
class Bounced:
    """What was rendered."""

    seconds: float
    rate: int
    channels: int
    took: float
    peak_db: float
    lufs: float
    heard: tuple[str, ...]
    files: tuple[Path, ...]
    refused: tuple[str, ...] = ()


def bounce(
    cues: Iterable[Cue],
    seconds: float,
    out: Path,
    *,
    rate: int = 48000,
    channels: int = 2,
    ins: int = 0,
    seed: int = 0,
    stems: bool = False,
    block: int = 256,
    journal: Path | None = None,
    on_time: Callable[[int], Any] | None = None,
) -> Bounced:
    """Play the cues; write ``mix.wav`` (float32; RF64 when long) and the stems into ``out``.

    A score that is refused is noted and what sounds goes on, as on stage. ``on_time`` is told the frame as it passes.
    """
    kinds()  # compiled now, where the cache is cold: not counted as rendering
    began = time.monotonic()
    frames = round(seconds * rate)
    waiting = sorted(cues, key=lambda cue: cue.frame)
    book = Journal(journal) if journal else None
    if book:
        book.write("begin", 0, rate=rate, ins=ins, outs=channels, seed=seed)
    with tempfile.TemporaryDirectory(prefix="antiphon-") as named:
        room = Path(named)
        tape = Map(room / "tape.map", at.tape(_tracks(waiting, ins, channels)), create=True) if stems else None
        core = Offline(rate, channels, ins=ins, seed=seed, block=block, tape=tape)
        recorder = Recorder(room, room) if stems else None
        ear, levels = Ear(rate), Levels(core)
        core.each_block = levels.look
        refused: list[str] = []
        silence = np.zeros((ins, rate), np.float32) if ins else None
        done = 0
        with soundfile.SoundFile(out / "mix.wav", "w", rate, channels, "FLOAT", format=form(frames, channels)) as file:
            while done < frames:
                while waiting and waiting[0].frame <= done:
                    refused += _play(core, waiting.pop(0), book)
                if on_time:
                    on_time(done)
                stop = min(frames, done + rate, waiting[0].frame if waiting else frames)
                sound = core.run(stop - done, None if silence is None else silence[:, : stop - done])
                done = stop
                ear.hear(sound)
                levels.note()
                file.write(sound.T)
                if recorder:
                    recorder.step()
        files = (out / "mix.wav",)
        if recorder:
            recorder.close()
            files = _stems(room, out, seconds)
    if book:
        book.close()
        files = (*files, book.path)
    took = time.monotonic() - began
    return Bounced(frames / rate, rate, channels, took, ear.peak_db, ear.lufs, levels.heard(), files, tuple(refused))


def _play(core: Offline, cue: Cue, book: Journal | None) -> list[str]:
    """Carry one cue out; why it was refused, if it was."""
    conductor, what = core.conductor, cue.what
    try:
        if cue.is_knob:
            knob, value = what  # type: ignore[misc]
            core.stand.knobs[knob] = value
            if book:
                book.write("knob", cue.frame, knob=knob, value=value)
        elif cue.is_note:
            name, kind, numbers = what  # type: ignore[misc]
            conductor.event(name, cue.frame, kind, numbers)
            if book:
                book.write("event", cue.frame, name=name, kind=kind, numbers=list(numbers))
        else:
            plan = compare(conductor.score, what) if isinstance(what, Score) else what
            core.play(plan, fade=cue.fade)  # type: ignore[arg-type]
            if book:
                book.plan(core.frame, plan, carried(conductor.score, plan), cue.fade)  # type: ignore[arg-type]
    except Refusal as why:
        return [str(why)]
    return []


class Levels:
    """Which places were heard, and how loud they got."""

    def __init__(self, core: Offline) -> None:
        self.stand = core.stand
        self.highest = np.zeros(at.PLACES, np.float32)
        self.by_name: dict[str, float] = {}

    def look(self, _frame: int) -> None:
        """Before each block: what the meters say."""
        np.maximum(self.highest, self.stand.meters[:, at.M_PEAK], out=self.highest)

    def note(self) -> None:
        """Put the levels down under their names, before a name can move."""
        for index in np.flatnonzero(self.highest > 0):
            name = self.stand.names[index].decode()
            if name:
                self.by_name[name] = max(self.by_name.get(name, 0.0), float(self.highest[index]))
        self.highest[:] = 0

    def heard(self) -> tuple[str, ...]:
        """The names of places that got louder than -60 dBFS."""
        return tuple(sorted(name for name, level in self.by_name.items() if level > HEARD))


def _tracks(cues: list[Cue], ins: int, channels: int) -> int:
    """Tracks enough for every send there will be: a send that goes keeps its tracks until the recorder has them."""
    score, sends = Score(), {}
    for cue in cues:
        if isinstance(cue.what, Score):
            score = cue.what
        elif not cue.is_note and not cue.is_knob:
            score = carried(score, cue.what)  # type: ignore[arg-type]
        for send in score.sends:
            sends[send.key] = min(send.width, channels)
    return ins + 2 * channels + 1 + 2 * sum(sends.values()) + 16


def _stems(room: Path, out: Path, seconds: float) -> tuple[Path, ...]:
    """The whole tape as a take, its files moved into ``out``."""
    kept = keep(seconds, room / "kept", room, "take", reels_folder=room / "reels")
    files = []
    for found in sorted(kept.folder.iterdir(), key=lambda path: (path.name != "mix.wav", path.name)):
        shutil.move(found, out / found.name)
        files.append(out / found.name)
    return tuple(files)
