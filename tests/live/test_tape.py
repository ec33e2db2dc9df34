"""What was played can be kept afterwards, whatever happens to the recorder or the disk."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile

from live.core import layout as at
from live.core.memory import Map
from live.tape import Recorder, TapeError, budget, keep, report, sum_of
from live.tape.reels import RESERVE, reels
from live.tape.take import form, legible

RATE = 8000
LOOK = 37


@dataclass
class Send:
    """One send of the fake core: a group on the tape."""

    name: str
    track: int
    tracks: int
    first: int
    width: int
    since: int
    until: int = -1
    level: float = 0.3


@dataclass
class FakeCore:
    """Writes a tape.map the way the core does, with noise for sound."""

    folder: Path
    ins: int = 1
    outs: int = 4
    tracks: int = 24
    frames: int = 4096
    began: int = 0
    sends: list[Send] = field(default_factory=list)
    quiet: bool = False

    def __post_init__(self) -> None:
        self.map = Map(self.folder / "tape.map", at.tape(self.tracks, self.frames), create=True)
        self.chance = np.random.default_rng(1)
        self.late = np.zeros((self.outs, LOOK), np.float32)
        self.written = self.began
        self.heard: list[np.ndarray] = []
        spot = 0
        names = [(f"in/{i + 1}", 1, 0) for i in range(self.ins)] + [
            ("mix", self.outs, self.outs),
            ("gain", 1, 0),
            ("rest", self.outs, self.outs),
        ]
        for name, tracks, width in names:
            self.map.tracks[spot] = (name.encode(), tracks, 0, width, 0, self.began, -1)
            spot += tracks
        self.free = spot
        told = {
            at.P_MAGIC: at.MAGIC, at.P_TRACKS: self.tracks, at.P_FRAMES: self.frames, at.P_WRITTEN: self.began, at.P_INS: self.ins,
            at.P_OUTS: self.outs, at.P_RATE: RATE, at.P_PID: os.getpid(), at.P_LOOKAHEAD: LOOK, at.P_BEGAN: self.began,
        }  # fmt: skip
        for cell, value in told.items():
            self.map.head[cell] = value

    def send(self, name: str, tracks: int = 1, first: int = 0, width: int = 2, *, track: int | None = None, **more: float) -> Send:
        """A place begins to sound now."""
        track = self.free if track is None else track
        self.free = max(self.free, track + tracks)
        made = Send(name, track, tracks, first, width, self.written, **more)
        self.sends.append(made)
        self.map.tracks[track] = (name.encode(), tracks, first, width, 0, self.written, -1)
        return made

    def end(self, send: Send) -> None:
        """A place ends now; its tracks are free for others after that."""
        self.sends.remove(send)
        self.map.tracks[send.track]["until"] = self.written

    def play(self, frames: int) -> None:
        """So many frames pass."""
        while frames:
            n = min(64, frames)
            self._run(n)
            frames -= n

    def _put(self, track: int, sound: np.ndarray) -> None:
        spots = np.arange(self.written, self.written + sound.shape[-1]) % self.frames
        self.map.ring[track, spots] = sound

    def _run(self, n: int) -> None:
        total = np.zeros((self.outs, n), np.float32)
        rest = 0 if self.quiet else self.chance.normal(0, 0.01, (self.outs, n)).astype(np.float32)
        total += rest
        for s in self.sends:
            sound = self.chance.normal(0, s.level, (s.tracks, n)).astype(np.float32)
            for k in range(s.tracks):
                self._put(s.track + k, sound[k])
            for j in range(s.width):
                total[s.first + j] += sound[j % s.tracks]
        line = np.concatenate([self.late, total], axis=1)
        self.late = line[:, n:]
        turn = np.arange(self.written, self.written + n)
        gain = np.ones(n, np.float32) if self.quiet else (0.6 + 0.3 * np.sin(turn / 500)).astype(np.float32)
        mix = line[:, :n] * gain
        for k in range(self.ins):
            self._put(k, np.zeros(n) if self.quiet else np.sin(turn / (5 + k)).astype(np.float32))
        for k in range(self.outs):
            self._put(self.ins + k, mix[k])
            self._put(self.ins + self.outs + 1 + k, np.zeros(n) if self.quiet else rest[k])
        self._put(self.ins + self.outs, gain)
        self.heard.append(mix)
        self.written += n
        self.map.head[at.P_WRITTEN] = self.written

    def mix(self) -> np.ndarray:
        """Everything that was heard: (frames, channels)."""
        return np.concatenate(self.heard, axis=1).T


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """A runtime folder and a folder for takes."""
    (tmp_path / "run").mkdir()
    (tmp_path / "takes").mkdir()
    return tmp_path / "run", tmp_path / "takes"


def record(recorder: Recorder, core: FakeCore, seconds: float, step: int = 777) -> None:
    """Play while the recorder looks now and then."""
    left = int(seconds * RATE)
    while left > 0:
        core.play(min(step, left))
        recorder.step()
        left -= step


def read(folder: Path, name: str) -> np.ndarray:
    return soundfile.read(folder / name, dtype="float32", always_2d=True)[0]


def told(folder: Path) -> dict:
    return tomllib.loads((folder / "take.toml").read_text("utf-8"))


def test_stems_sum_to_the_mix_after_many_turns_of_the_ring(places):
    run, takes = places
    core = FakeCore(run)
    core.send("worn", 2, 0, 4)
    core.send("glass/gain", 1, 2, 2)
    recorder = Recorder(run, takes, seconds=0.5)
    record(recorder, core, 4)
    recorder.close()
    kept = keep(3, takes, run, "one")
    assert kept.frames == 3 * RATE
    assert not kept.holes
    assert np.array_equal(read(kept.folder, "mix.wav"), core.mix()[-3 * RATE :])
    assert sum_of(kept.folder) < -120
    assert set(kept.files) == {"in-1.wav", "mix.wav", "rest.wav", "worn.wav", "glass-gain.wav"}


def test_a_stem_is_on_the_channels_its_place_was_sent_to(places):
    run, takes = places
    core = FakeCore(run)
    core.send("worn", 1, 1, 2)
    core.play(2000)
    kept = keep(0.2, takes, run)
    stem = read(kept.folder, "worn.wav")
    assert stem.shape[1] == 4
    assert not stem[:, [0, 3]].any()
    assert np.array_equal(stem[:, 1], stem[:, 2])
    narrow = keep(0.2, takes, run, "narrow", wide=False)
    assert read(narrow.folder, "worn.wav").shape[1] == 2
    assert told(narrow.folder)["place"][0]["channels"] == [2, 3]
    assert sum_of(narrow.folder) < -120


def test_a_place_that_moves_and_a_place_with_two_sends_are_one_stem_each(places):
    run, takes = places
    core = FakeCore(run)
    recorder = Recorder(run, takes, seconds=0.3)
    a, b = core.send("worn", 1, 0, 2), core.send("worn", 1, 2, 2)
    other = core.send("glass", 2, 0, 2)
    record(recorder, core, 0.6)
    core.end(a)
    core.end(other)
    record(recorder, core, 0.1, step=100)
    core.send("worn", 2, 0, 4, track=other.track)  # the tracks of glass, after it ended
    core.send("moss", 1, 3, 1, track=a.track)
    record(recorder, core, 0.6)
    core.end(b)
    record(recorder, core, 0.2)
    kept = keep(1.4, takes, run)
    assert sorted(kept.places) == ["glass", "moss", "worn"]
    assert sum_of(kept.folder) < -120


@pytest.mark.parametrize("seed", range(2))
def test_whatever_comes_and_goes_the_stems_sum_to_the_mix(places, seed):
    run, takes = places
    chance = np.random.default_rng(seed)
    core = FakeCore(run, tracks=48)
    recorder = Recorder(run, takes, seconds=0.15)
    resting: list[tuple[int, int]] = []  # tracks that may be used again, once the recorder has seen them end
    for _ in range(120):
        if core.sends and chance.random() < 0.4:
            core.end(gone := core.sends[chance.integers(len(core.sends))])
            recorder.step()
            resting.append((gone.track, gone.tracks))
        elif len(core.sends) < 8:
            width = int(chance.integers(1, 5))
            again = resting.pop() if resting and chance.random() < 0.7 else None
            tracks = again[1] if again else int(chance.integers(1, 3))
            if again or core.free + tracks <= core.tracks:
                core.send(f"p{chance.integers(4)}", tracks, int(chance.integers(0, 5 - width)), width, track=again and again[0])
        core.play(int(chance.integers(1, 900)))
        if chance.random() < 0.6:
            recorder.step()
        if chance.random() < 0.03:
            recorder.close()
            recorder = Recorder(run, takes, seconds=0.15)
    kept = keep(float(chance.uniform(1, 8)), takes, run)
    assert not kept.holes
    assert not kept.lost
    assert np.array_equal(read(kept.folder, "mix.wav"), core.mix()[-kept.frames :])
    assert sum_of(kept.folder) < -120


def test_an_end_that_is_told_late_leaves_no_older_sound_in_the_stem(places):
    run, takes = places
    core = FakeCore(run)
    recorder = Recorder(run, takes)
    made = core.send("worn")
    record(recorder, core, 1)
    core.sends.remove(made)  # its track holds what it played a turn of the ring ago
    ended = core.written
    record(recorder, core, 0.1)
    core.map.tracks[made.track]["until"] = ended
    record(recorder, core, 0.1)
    assert sum_of(keep(1, takes, run).folder) < -120


def test_a_place_noticed_late_loses_nothing(places):
    run, takes = places
    core = FakeCore(run)
    recorder = Recorder(run, takes, seconds=0.2)
    record(recorder, core, 0.3)
    made = core.send("worn")
    entry = core.map.tracks[made.track].copy()
    core.map.tracks[made.track]["tracks"] = 0  # the table is behind the sound
    record(recorder, core, 0.2)
    core.map.tracks[made.track] = entry
    record(recorder, core, 0.4)
    kept = keep(0.8, takes, run)
    assert sum_of(kept.folder) < -120
    assert not kept.lost


def test_the_newest_part_comes_from_the_tape_itself(places):
    run, takes = places
    core = FakeCore(run)
    core.send("worn", 2, 0, 4)
    recorder = Recorder(run, takes)
    record(recorder, core, 1)
    core.play(3000)  # the recorder has not looked since
    core.send("new", 1, 0, 1)
    core.play(500)
    kept = keep(1.2, takes, run)
    assert np.array_equal(read(kept.folder, "mix.wav"), core.mix()[-kept.frames :])
    assert kept.frames == round(1.2 * RATE)
    assert sum_of(kept.folder) < -120


def test_asking_for_more_than_there_is_keeps_what_there_is_and_says_so(places):
    run, takes = places
    core = FakeCore(run)
    core.send("worn")
    core.play(1600)
    kept = keep(60, takes, run)
    assert kept.seconds == pytest.approx(0.2)
    assert "60 s were asked" in kept.said
    with pytest.raises(TapeError, match="no time at all"):
        keep(0, takes, run)


def test_a_recorder_that_comes_too_late_counts_and_marks_the_hole(places):
    run, takes = places
    core = FakeCore(run)
    core.send("worn", 2, 0, 4)
    recorder = Recorder(run, takes, seconds=0.3)
    record(recorder, core, 0.5)
    core.play(3 * core.frames)
    record(recorder, core, 0.5)
    assert core.map.head[at.P_OVERRUN] == 1
    kept = keep(5, takes, run)
    ((start, frames),) = kept.holes
    mix, heard = read(kept.folder, "mix.wav"), core.mix()[-kept.frames :]
    assert not mix[start : start + frames].any()
    assert np.array_equal(mix[:start], heard[:start])
    assert np.array_equal(mix[start + frames :], heard[start + frames :])
    assert told(kept.folder)["hole"] == [{"start": start, "frames": frames}]
    assert sum_of(kept.folder) < -120


def test_a_recorder_killed_in_the_middle_goes_on_where_it_stopped(places):
    run, takes = places
    core = FakeCore(run, frames=16384)
    core.send("worn", 2, 0, 4)
    command = [sys.executable, "-m", "live.tape", str(run), str(takes), "--poll", "0.01", "--reel", "0.2"]
    for turn in range(3):
        first = subprocess.Popen(command, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 10
        target = core.written + 6000
        while core.written < target:
            core.play(64)
            time.sleep(0.002)
        while _on_disk(takes) < core.written - 3000 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert _on_disk(takes) > core.written - 3000
        os.kill(first.pid, signal.SIGKILL if turn < 2 else signal.SIGTERM)
        assert first.wait(10) == (-signal.SIGKILL if turn < 2 else 0)
    torn = sorted((takes / "reels").glob("*.reel"))[-1]
    with torn.open("ab") as file:
        file.write(b"epat half a stretch")
    kept = keep(100, takes, run)
    assert kept.frames == core.written
    assert not kept.holes
    assert np.array_equal(read(kept.folder, "mix.wav"), core.mix())
    assert sum_of(kept.folder) < -120


def _on_disk(takes: Path) -> int:
    from live.tape.reels import past

    return past(reels(takes / "reels")).end if (takes / "reels").exists() else 0


def test_the_recorder_leaves_when_the_tape_is_gone(places):
    run, takes = places
    core = FakeCore(run)
    core.play(500)
    child = subprocess.Popen([sys.executable, "-m", "live.tape", str(run), str(takes), "--poll", "0.02", "--patience", "0.5"])
    _wait(lambda: _on_disk(takes) == 500)
    core.map.unlink()
    assert child.wait(10) == 0


def test_the_recorder_leaves_with_the_core_and_copies_the_last_of_it(places):
    run, takes = places
    page = Map(run / "core.map", at.CORE, create=True)
    core = FakeCore(run)
    core.play(500)
    child = subprocess.Popen([sys.executable, "-m", "live.tape", str(run), str(takes), "--poll", "0.02"])
    _wait(lambda: _on_disk(takes) == 500)
    core.play(100)
    page.clock[at.C_STATE] = 3
    assert child.wait(10) == 0
    assert _on_disk(takes) == 600


def test_the_recorder_does_not_outlive_the_one_who_started_it(places):
    run, takes = places
    core = FakeCore(run)
    core.play(500)
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-m', 'live.tape', *sys.argv[1:]], stderr=subprocess.DEVNULL)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(run), str(takes)], stdin=subprocess.PIPE)
    _wait(lambda: _on_disk(takes) == 500)
    parent.kill()
    parent.wait(10)
    after = Recorder(run, takes, say=lambda _: None, retry=0)

    def free() -> bool:
        after.step()
        return after.trouble == ""

    _wait(free)
    after.close()


def _wait(done, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_a_place_whose_tracks_were_given_away_too_soon_is_named(places):
    run, takes = places
    core = FakeCore(run)
    recorder = Recorder(run, takes, seconds=0.2)
    made = core.send("worn", level=0.2)
    record(recorder, core, 0.4)
    core.play(200)
    core.sends.remove(made)
    core.send("moss", track=made.track)
    record(recorder, core, 0.2)
    kept = keep(5, takes, run)
    assert kept.lost == (("worn", 3200 + LOOK, 200),)
    assert "worn" in kept.said
    assert told(kept.folder)["lost"][0]["place"] == "worn"


def test_only_one_recorder_writes_to_a_folder(places):
    run, takes = places
    core = FakeCore(run)
    core.play(500)
    said: list[str] = []
    first, second = Recorder(run, takes), Recorder(run, takes, say=said.append, retry=0)
    first.step()
    second.step()
    assert "another recorder" in said[0]
    first.close()
    second.step()
    assert second.trouble == ""


def test_a_core_that_took_over_the_clock_goes_on_in_the_same_take(places):
    run, takes = places
    core = FakeCore(run)
    core.send("worn")
    recorder = Recorder(run, takes, seconds=0.2)
    record(recorder, core, 0.5)
    after = FakeCore(run, began=core.written + 400)
    after.send("worn")
    record(recorder, after, 0.5)
    kept = keep(10, takes, run)
    assert kept.frames == after.written
    assert kept.holes == ((core.written, 400 + LOOK),)
    assert sum_of(kept.folder) < -120


def test_what_an_earlier_core_played_is_kept_beside_the_rest(places):
    run, takes = places
    core = FakeCore(run)
    core.send("worn")
    recorder = Recorder(run, takes, seconds=0.2)
    record(recorder, core, 1)
    after = FakeCore(run)  # its clock begins at zero again
    after.send("moss")
    record(recorder, after, 0.5)
    kept = keep(10, takes, run)
    assert kept.frames == after.written
    assert kept.places == ("moss",)
    assert kept.before is not None
    assert np.array_equal(read(kept.before, "mix.wav"), core.mix())
    assert sum_of(kept.before) < -120


def test_silence_costs_nothing(places):
    run, takes = places
    core = FakeCore(run, ins=8, outs=8, tracks=64, quiet=True)
    for k in range(8):
        core.send(f"still {k}", 2, 0, 8, level=0.0)
    recorder = Recorder(run, takes)
    record(recorder, core, 8, step=2000)
    assert recorder.shelf is not None
    assert recorder.shelf.bytes < 20_000
    kept = keep(8, takes, run)
    assert kept.places == ()
    assert told(kept.folder)["silent"] == [f"still {k}" for k in range(8)]


def test_the_oldest_reels_go_first_and_the_ring_keeps_to_its_size(places):
    run, takes = places
    core = FakeCore(run)
    core.send("worn")
    recorder = Recorder(run, takes, seconds=0.2, cap=600_000)
    record(recorder, core, 6)
    assert recorder.shelf is not None
    recorder.shelf.trim()
    assert recorder.shelf.bytes <= 600_000
    assert recorder.shelf.bytes == sum(p.stat().st_size for p in (takes / "reels").glob("*.reel"))
    kept = keep(60, takes, run)
    assert not kept.holes
    assert 0.3 < kept.seconds < 3
    assert np.array_equal(read(kept.folder, "mix.wav"), core.mix()[-kept.frames :])
    assert sum_of(kept.folder) < -120


def test_reels_older_than_the_asked_minutes_are_thrown_away_but_not_under_a_take(places):
    run, takes = places
    core = FakeCore(run)
    recorder = Recorder(run, takes, seconds=0.1, minutes=1 / 60)
    (takes / "reels").mkdir()
    (takes / "reels" / "held").touch()
    record(recorder, core, 3)
    held = len(reels(takes / "reels"))
    (takes / "reels" / "held").unlink()
    record(recorder, core, 0.5)
    assert held > 15
    assert len(reels(takes / "reels")) < 13


class FullDisk:
    """A file that takes so many bytes and no more."""

    left = 1 << 40

    def __init__(self, path: Path) -> None:
        self.file = path.open("wb", buffering=0)
        self.name = str(path)

    def write(self, data: memoryview) -> int:
        if FullDisk.left <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        n = self.file.write(data[: FullDisk.left])
        FullDisk.left -= n
        return n

    def __getattr__(self, name: str):
        return getattr(self.file, name)


def test_a_full_disk_is_said_once_and_recording_resumes_by_itself(places):
    run, takes = places
    core = FakeCore(run)
    core.send("worn")
    said: list[str] = []
    recorder = Recorder(run, takes, say=said.append, retry=0, seconds=0.2, opener=FullDisk)
    record(recorder, core, 1)
    FullDisk.left = 10_000
    record(recorder, core, 2)
    assert len(said) == 1
    assert "no space left" in said[0]
    assert "the sound goes on" in said[0]
    FullDisk.left = 1 << 40
    record(recorder, core, 1)
    assert len(said) == 2
    kept = keep(60, takes, run)
    assert len(kept.holes) == 1
    assert core.map.head[at.P_OVERRUN] == 1
    assert kept.frames == core.written
    assert sum_of(kept.folder) < -120


def test_the_last_free_bytes_of_a_disk_are_left_alone(places):
    run, takes = places
    core = FakeCore(run)
    said: list[str] = []
    recorder = Recorder(run, takes, say=said.append, free=lambda _: (400_000_000, 500_000_000))
    record(recorder, core, 0.5)
    assert said == [
        "not recording (only 400 MB free on the disk, and 500 MB stay untouched); the sound goes on, and the recorder tries again."
    ]
    assert not reels(takes / "reels")


def test_a_folder_that_cannot_be_written_is_one_line(places):
    run, takes = places
    core = FakeCore(run)
    core.play(500)
    (takes / "reels").write_text("in the way")
    said: list[str] = []
    recorder = Recorder(run, takes, say=said.append)
    recorder.step()
    recorder.step()
    assert len(said) == 1
    assert "\n" not in said[0]


def test_a_take_that_does_not_fit_says_how_much_it_needs_and_leaves_nothing(places):
    run, takes = places
    core = FakeCore(run)
    core.send("worn")
    core.play(4000)
    with pytest.raises(TapeError, match=r"need \d+ MB, and the disk has 20 MB free"):
        keep(1, takes, run, free=20_000_000)
    assert list(takes.iterdir()) == []


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="file size limits are a Unix thing")
def test_a_disk_that_fills_up_under_a_take_leaves_nothing_half_written(places):
    run, takes = places
    core = FakeCore(run, frames=16384)
    core.send("worn", 2, 0, 4)
    recorder = Recorder(run, takes)
    record(recorder, core, 2)
    recorder.close()
    code = (
        "import resource, sys; from live.tape import keep, TapeError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))\n"
        "try: keep(2, sys.argv[1], sys.argv[2])\n"
        "except TapeError as why: print(why)\n"
    )
    answer = subprocess.run([sys.executable, "-c", code, str(takes), str(run)], capture_output=True, text=True, check=True)
    assert "Nothing was left behind" in answer.stdout
    assert answer.stdout.count("\n") == 1
    assert [p.name for p in takes.iterdir()] == ["reels"]


def test_big_files_are_rf64(places):
    run, takes = places
    assert form(2**32 // 4 - 2000, 1) == "WAV"
    assert form(2**32 // 4 - 1000, 1) == "RF64"
    core = FakeCore(run)
    core.send("worn")
    core.play(4000)
    kept = keep(0.2, takes, run, big=20_000)
    assert (kept.folder / "mix.wav").read_bytes()[:4] == b"RF64"
    assert (kept.folder / "in-1.wav").read_bytes()[:4] == b"RIFF"
    assert soundfile.info(kept.folder / "mix.wav").subtype == "FLOAT"
    assert np.array_equal(read(kept.folder, "mix.wav"), core.mix()[-kept.frames :])


def test_names_that_no_file_may_have_stay_legible_and_apart(places):
    run, takes = places
    assert legible("glass/gain: é*?") == "glass-gain-é"
    core = FakeCore(run, tracks=40)
    for name in ("a/b", "a:b", "A-B", "mix", "../..", "con"):
        core.send(name)
    core.play(1000)
    kept = keep(0.1, takes, run, "my take: 1/2")
    assert kept.folder.name == "my-take-1-2"
    assert len(kept.places) == 6
    assert len({f.lower() for f in kept.files}) == len(kept.files)
    assert sum_of(kept.folder) < -120
    again = keep(0.1, takes, run, "my take: 1/2")
    assert again.folder.name == "my-take-1-2-2"


def test_the_take_names_tempo_and_the_beat_of_its_first_frame(places):
    run, takes = places
    core_map = Map(run / "core.map", at.CORE, create=True)
    core_map.tempo[[at.T_BPM, at.T_BEAT0, at.T_FRAME0, at.T_BAR]] = (60, 8, 0, 4)
    core = FakeCore(run)
    core.play(2000)
    kept = keep(0.1, takes, run)
    page = told(kept.folder)
    assert page["tempo"]["bpm"] == 60
    assert page["tempo"]["beat"] == pytest.approx(8 + (page["start"] - LOOK) / RATE)
    assert page["start"] == 2000 - 800


def test_the_recorder_says_how_it_goes(places):
    run, takes = places
    assert report(run) == "no recorder is at work."
    core = FakeCore(run)
    core.play(500)
    recorder = Recorder(run, takes)
    recorder.step()
    assert report(run).startswith("recording the last 30 minutes, ")
    assert json.loads((run / "tape.json").read_text())["pid"] == os.getpid()


def test_the_budget_is_plain_arithmetic_with_its_reason():
    minutes, count, words = budget(48000, 64, 30, 10**12)
    assert (minutes, count) == (30, 48000 * 64 * 4 * 60 * 30)
    assert words == "the last 30 minutes of 64 tracks at 48000 Hz take at most 22.1 GB; silence takes nothing"
    small = budget(48000, 64, 30, 80_000_000_000 + RESERVE)
    assert small.bytes == 8_000_000_000
    assert small.minutes == pytest.approx(8e9 / (48000 * 64 * 4 * 60))
    assert small.words.startswith("a tenth of the free disk, 8.0 GB, holds 10.9 of 30 minutes")
    assert budget(48000, 64, 30, 10**12, cap=10**9).words.startswith("the cap, 1.0 GB, holds")
    assert budget(48000, 64, 30, 0).bytes == 0
