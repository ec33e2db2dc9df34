"""Music into files, faster than real time: the offline core plays, the tape records it, a take comes out.

What is to be played is a list of ``Cue``: at this frame, that score, plan,
note or knob. A script is one cue; the first minute and a replayed take are
many. Stems are made the way a concert's are, by the recorder and ``keep``, so
their sum is the mix here as there.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from live.core import layout as at
from live.core.conductor import Refusal
from live.core.kinds import kinds
from live.core.memory import Map
from live.core.midi import BENT, FOOT, LET_GO, STRUCK
from live.core.offline import Offline
from live.core.pacing import CELLS, TIME
from live.core.row import CHUNK
from live.core.sources.pager import PAGER
from live.core.stand import CEILING_DB, LOOKAHEAD
from live.cue import Again, Bent, Cue, Foot, Gate, Key, Plugged, Rubato
from live.inline import Inline
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
    lookahead: int = LOOKAHEAD,
    ceiling: float = CEILING_DB,
    journal: Path | None = None,
    heard: Callable[[int, int], np.ndarray] | None = None,
    engines: Callable[[Callable[[], int]], Inline] | None = None,
    on_time: Callable[[int], Any] | None = None,
    names: Mapping[int, tuple[str, float]] | None = None,
) -> Bounced:
    """Play the cues; write ``mix.wav`` (float32; RF64 when long) and the stems into ``out``.

    A score that is refused is noted and what sounds goes on, as on stage. ``heard(frame, frames)`` is what the inputs
    hear, (ins, frames). ``names``: knobs that have a name already, and where they stand. ``engines`` makes what plays the engines of a core, told its clock. ``on_time`` is told the frame as it passes. Where another core took over, the stems of the
    first are in ``out``, those of the next in ``out/core 2`` and so on; the mix is one.
    """
    kinds()  # compiled now, where the cache is cold: not counted as rendering
    began = time.monotonic()
    frames = round(seconds * rate)
    waiting = sorted(cues, key=lambda cue: cue.frame)
    book = Journal(journal) if journal else None
    if book:
        book.write("begin", 0, rate=rate, ins=ins, outs=channels, seed=seed, ceiling=ceiling, lookahead=lookahead)
    ear, refused, levels = Ear(rate), [], {}
    whole = out / ".mix.wav"
    stem_files: list[Path] = []
    with soundfile.SoundFile(whole, "w", rate, channels, "FLOAT", format=form(frames, channels)) as file:
        done = 0
        for count, (again, mine, end) in enumerate(_lives(waiting, frames), 1):
            with tempfile.TemporaryDirectory(prefix="antiphon-") as named:
                room = Path(named)
                tape = Map(room / "tape.map", at.tape(_tracks(mine, again, ins, channels)), create=True) if stems else None
                core = Offline(rate, channels, ins=ins, seed=seed, block=block, lookahead=lookahead, ceiling_db=ceiling, tape=tape)
                core.engines = engines(core.now) if engines else Inline(lambda: block)
                if book:
                    core.conductor.named = _writes(core, book)
                for number, (name, stands) in (names or {}).items():
                    core.stand.name_knob(number, name, stands)
                    if book and count == 1:
                        book.write("named", 0, knob=number, name=name, value=stands)
                if again:
                    quiet = np.zeros((channels, max(again.frame - done, 0)), np.float32)
                    ear.hear(quiet)
                    file.write(quiet.T)
                    done = again.frame
                    refused += _take_over(core, again)
                player = _Player(core, mine, book, refused)
                recorder = Recorder(room, room) if stems else None
                meters = Levels(core)
                core.each_block = meters.look
                while done < end:
                    stop = player.play_until(min(end, (done + rate) // CHUNK * CHUNK))
                    if on_time:
                        on_time(done)
                    sound = core.run(stop - done, heard(done, stop - done) if heard and ins else None)
                    done = stop
                    PAGER.catch_up()
                    ear.hear(sound)
                    meters.note()
                    file.write(sound.T)
                    if recorder:
                        recorder.step()
                for name, level in meters.by_name.items():
                    levels[name] = max(levels.get(name, 0.0), level)
                assert core.engines is not None
                refused += core.engines.troubles
                core.engines.close()
                if recorder:
                    recorder.close()
                    if tape is not None and int(tape.head[at.P_WRITTEN]) > int(tape.head[at.P_BEGAN]):
                        stem_files += _stems(room, out if count == 1 else out / f"core {count}", seconds)
    whole.replace(out / "mix.wav")
    files = (out / "mix.wav", *(path for path in stem_files if path != out / "mix.wav"))
    if book:
        book.write("end", frames)  # it was not cut short: nobody need resume it
        book.close()
        files = (*files, book.path)
    took = time.monotonic() - began
    names = tuple(sorted(name for name, level in levels.items() if level > HEARD))
    return Bounced(frames / rate, rate, channels, took, ear.peak_db, ear.lufs, names, files, tuple(refused))


def _writes(core: Offline, book: Journal) -> Callable[[int, str, float], None]:
    """Who puts down the names that knobs get on the way."""
    return lambda number, name, value: book.write("named", core.frame, knob=number, name=name, value=value)


def _lives(cues: list[Cue], frames: int) -> Iterator[tuple[Cue | None, list[Cue], int]]:
    """The performance, core by core: how each began, what it was told, and the frame it ended before."""
    spots = [k for k, cue in enumerate(cues) if isinstance(cue.what, Again)]
    for first, last in zip([-1, *spots], [*spots, len(cues)], strict=True):
        end = frames if last == len(cues) else min(cues[last].what.died, frames)  # type: ignore[union-attr]
        yield (cues[first] if first >= 0 else None), cues[first + 1 : last], end


def _take_over(core: Offline, cue: Cue) -> list[str]:
    """Begin where another core ended, the way a respawned one does."""
    again, stand = cue.what, core.stand
    assert isinstance(again, Again)
    stand.clock[at.C_FRAME] = cue.frame
    if stand.tape:
        stand.tape.head[at.P_BEGAN] = stand.tape.head[at.P_WRITTEN] = cue.frame
        stand._fixed_tracks()
    for knob, value in again.knobs.items():
        stand.knobs[knob] = stand.seen[knob] = value
        stand.ctl[:, knob] = value
    for cell, value in enumerate(again.tempo):
        if cell in TIME:
            stand.tempo[cell] = value
    if again.score == Score():
        return []
    age = {name: max(cue.frame - since, 1) for name, since in again.born.items()}
    try:
        core.play(again.score, frame=cue.lands, fade=cue.fade, age=age, tempo=len(again.tempo) < CELLS)
    except Refusal as why:
        return [str(why)]
    return []


class _Player:
    """Carries cues out, each at its frame."""

    def __init__(self, core: Offline, cues: list[Cue], book: Journal | None, refused: list[str]) -> None:
        self.core, self.cues, self.book, self.refused = core, cues, book, refused

    def play_until(self, end: int) -> int:
        """Do what is due now; the frame to which nothing else happens."""
        while self.cues and self.cues[0].frame <= self.core.frame:
            self.core.conductor.settle()
            if self.cues[0].is_plan and self.core.conductor.armed:  # one lands in this very frame: the next a moment later
                return min(end, self.core.frame // CHUNK * CHUNK + CHUNK)
            try:
                self._play(self.cues.pop(0))
            except Refusal as why:
                self.refused.append(str(why))
        return min(end, self.cues[0].frame) if self.cues else end

    def _play(self, cue: Cue) -> None:
        """One of them."""
        core, book, what = self.core, self.book, cue.what
        frame = max(cue.frame, core.frame)
        if cue.is_knob:
            which, value = what  # type: ignore[misc]
            knob = core.conductor.claim(which)
            core.turn(knob, value, cue.over)
            if book:
                book.write("knob", frame, knob=knob, value=value, **({"over": cue.over} if cue.over else {}))
        elif isinstance(what, Key):
            core.stand.strike(STRUCK if what.on else LET_GO, what.key, what.velocity, what.slot, what.channel)
            if book:
                book.write("note", frame, **{**asdict(what), "on": int(what.on)})
        elif isinstance(what, Foot):
            core.stand.strike(FOOT, 0, float(what.down), what.slot, what.channel)
            if book:
                book.write("foot", frame, **{**asdict(what), "down": int(what.down)})
        elif isinstance(what, Bent):
            core.stand.strike(BENT, what.semitones, what.wheel, what.slot, what.channel)
            if book:
                book.write("bend", frame, **asdict(what))
        elif isinstance(what, Plugged):
            core.stand.asked_slots[core.stand.ask(what.device)] = what.slots
            if book:
                book.write("plugged", frame, **asdict(what))
        elif isinstance(what, Gate):
            core.stand.clock[at.C_GATE] = int(what.closed)
            if book:
                book.write("gate", frame, closed=int(what.closed))
        elif isinstance(what, Rubato):
            core.stand.pace(what.row(frame))
            if book:
                book.write("pace", -(-frame // CHUNK) * CHUNK, **what.data())
        elif cue.is_note:
            name, kind, numbers = what  # type: ignore[misc]
            acts = core.conductor.event(name, max(cue.lands, frame), kind, numbers)
            if book:
                came = {} if acts == frame else {"came": frame}
                book.write("event", acts, name=name, kind=kind, numbers=list(numbers), **came)
        else:
            plan = compare(core.conductor.score, what) if isinstance(what, Score) else what
            lands = cue.lands if cue.lands > frame else 0
            core.play(plan, frame=lands, fade=cue.fade)  # type: ignore[arg-type]
            if book:
                book.plan(lands or frame, plan, core.conductor.score, cue.fade, armed=frame)  # type: ignore[arg-type]


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


def _tracks(cues: list[Cue], again: Cue | None, ins: int, channels: int) -> int:
    """Tracks enough for every send there will be: a send that goes keeps its tracks until the recorder has them."""
    score, sends, taken = Score(), {}, 0
    for cue in [again, *cues] if again else cues:
        if isinstance(cue.what, Again):
            score = cue.what.score
        elif isinstance(cue.what, Score):
            score = cue.what
        elif cue.is_plan:
            with contextlib.suppress(KeyError):  # the core refuses it too
                score = carried(score, cue.what)  # type: ignore[arg-type]
        else:
            continue
        now = {send.key: min(send.width, channels) for send in score.sends}
        taken += sum(width for key, width in now.items() if key not in sends)
        sends = now
    return ins + 2 * channels + 1 + min(2 * taken, 4096) + 16


def _stems(room: Path, out: Path, seconds: float) -> tuple[Path, ...]:
    """The whole tape as a take, its files moved into ``out``."""
    out.mkdir(exist_ok=True)
    kept = keep(seconds, room / "kept", room, "take", reels_folder=room / "reels")
    files = []
    for found in sorted(kept.folder.iterdir(), key=lambda path: (path.name != "mix.wav", path.name)):
        shutil.move(found, out / found.name)
        files.append(out / found.name)
    return tuple(files)
