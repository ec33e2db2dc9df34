"""A file's notes in the core's own time: on their beats, round and round, through every change of tempo; let go when they end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from live.core.check import Refusal
from live.core.offline import Offline
from live.midifile import PPQ, Event, Note, Track, write
from live.score import Node, Score, Send

RATE = 48000
LATE = 64
LINE = [Note(0, 0.5, 60, 127), Note(1, 1, 64, 64), Note(2.5, 0.25, 67, 32)]
BASS = [Note(0, 2, 36, 127, 1), Note(2, 2, 43, 127, 1)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tune of two tracks and four beats, and a sound of one sample."""
    found = tmp_path_factory.mktemp("tunes")
    write(found / "tune.mid", [Track("line", events(LINE)), Track("empty"), Track("bass", events(BASS))])
    x = np.zeros(RATE // 50)
    x[0] = 0.5
    soundfile.write(found / "tick.wav", x, RATE, subtype="FLOAT")
    return found


def events(notes: list[Note]) -> list[Event]:
    return [
        Event(round(beat * PPQ), bytes([status | note.channel, note.key, note.velocity if status == 0x90 else 0]))
        for note in notes
        for status, beat in ((0x90, note.beat), (0x80, note.beat + note.length))
    ]


def played(
    folder: Path, kind: str = "clip", track: int = 1, beats: float = 0.0, turn: float = 0.0, tempo: float = 120.0, **more: Any
) -> Offline:
    core = Offline(RATE, 1)
    file = {"file": str(folder / "tick.wav")} if kind == "clip" else {}
    controls = {"attack": 0.001, "release": 0.001} if kind == "tone" else {}
    node = Node(kind, controls=controls, settings={"hits": ("tune", str(folder / "tune.mid"), track, beats, turn), **file, **more})
    core.play(Score({"x": node}, (Send("x", 0, 1),), tempo=tempo))
    return core


def ticks(sound: np.ndarray) -> list[tuple[float, float]]:
    """Where it ticks, in beats of 120, and how loud."""
    return [((int(i) - LATE) / 24000, round(float(sound[0, i]) / 0.5, 3)) for i in np.flatnonzero(sound[0])]


def loud(velocity: int) -> float:
    return round(velocity / 127, 3)


@pytest.mark.parametrize("block", [64, 1000])
def test_every_note_comes_at_its_sample_round_and_round(folder: Path, block: int) -> None:
    core = played(folder)
    core.block = block
    found = ticks(core.run(9 * 24000))
    once = [(0.0, 1.0), (1.0, loud(64)), (2.5, loud(32))]
    assert found == [*once, *((beat + 4, gain) for beat, gain in once), (8.0, 1.0)]


def test_it_begins_again_after_so_many_beats_and_may_be_turned(folder: Path) -> None:
    found = [beat for beat, _ in ticks(played(folder, beats=2.0, turn=0.5).run(4 * 24000 + 100))]
    assert found == [0.5, 1.5, 2.5, 3.5]


def test_it_locks_to_the_clock_wherever_it_is_born(folder: Path) -> None:
    core = Offline(RATE, 1)
    core.run(30000)
    settings = {"hits": ("tune", str(folder / "tune.mid"), 1, 0.0, 0.0), "file": str(folder / "tick.wav")}
    core.play(Score({"x": Node("clip", settings=settings)}, (Send("x", 0, 1),)))
    assert [beat for beat, _ in ticks(np.concatenate([np.zeros((1, 30000)), core.run(80000)], axis=1))] == [2.5, 4.0]


def test_a_change_of_tempo_keeps_the_beats(folder: Path) -> None:
    core = played(folder)
    first = core.run(48000)
    core.play(core.conductor.score.with_(tempo=60.0))
    found = [(int(i) - LATE) for i in np.flatnonzero(np.concatenate([first, core.run(150000)], axis=1)[0])]
    assert found == [0, 24000, 48000 + 24000, 48000 + 96000, 48000 + 144000]


def pitches(core: Offline, at: list[float]) -> list[int]:
    """What a tone plays around some beats."""
    sound, found = core.run(round(max(at) * 24000) + 12000)[0], []
    for beat in at:
        piece = sound[round(beat * 24000) : round(beat * 24000) + 4800]
        spectrum = np.abs(np.fft.rfft(piece * np.hanning(4800), 1 << 17))
        found.append(0 if np.abs(piece).max() < 1e-3 else round(69 + 12 * np.log2(np.argmax(spectrum) * RATE / (1 << 17) / 440)))
    return found


def test_a_tone_plays_pitches_and_lengths(folder: Path) -> None:
    assert pitches(played(folder, "tone"), [0.1, 0.7, 1.5, 2.2, 2.52, 3.0, 4.1]) == [60, 0, 64, 0, 67, 0, 60]


def test_a_tone_of_all_tracks_follows_the_newest_and_goes_back(folder: Path) -> None:
    assert pitches(played(folder, "tone", track=0), [0.1, 0.7, 1.5, 2.1, 2.52, 3.0]) == [60, 36, 64, 43, 67, 43]


def test_the_second_track_that_plays_is_track_2(folder: Path) -> None:
    assert pitches(played(folder, "tone", track=2), [0.1, 2.1]) == [36, 43]


def test_a_note_held_over_the_end_is_let_go_in_the_next_round(folder: Path) -> None:
    assert pitches(played(folder, "tone", beats=1.25), [1.1, 1.4, 1.3 + 1.25])[0] == 64


def test_it_follows_no_file_that_went_away(folder: Path) -> None:
    core = Offline(RATE, 1)
    with pytest.raises(Refusal, match="x: there is no MIDI file"):
        core.play(Score({"x": Node("pluck", settings={"hits": ("tune", str(folder / "gone.mid"), 0, 0.0, 0.0)})}))


@pytest.mark.parametrize("hits", [("tune",), ("tune", "a", "b", 1, 2), ("tune", "a", 1, float("nan"), 0)])
def test_what_is_no_tune_is_refused(hits: Any) -> None:
    with pytest.raises(Refusal):
        Offline(RATE, 1).play(Score({"x": Node("pluck", settings={"hits": hits})}))


def test_the_desks_own_events_reach_it_too(folder: Path) -> None:
    core = played(folder)
    core.run(1000)
    core.conductor.event("x", 5000, 1, [0.0, 1.0])
    assert list(np.flatnonzero(core.run(9000)[0]) + 1000 - LATE) == [5000]
