"""Rings: what a worker makes is heard at its frame; a worker that fails is covered, and comes back by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engines.catalogue import find
from engines.face import Block, Control, Engine, Format, Ramps
from engines.freeze import Freeze
from live.core import layout as at
from live.core.kinds import Kind
from live.core.memory import Map
from live.core.ringfile import begin, make_ring, open_ring
from live.core.sources.ring import hosted, kind_of
from live.hosted import GaveUp, Hosted, inline
from tests.live.alone import Alone

RATE, CHUNK, AHEAD = 48000, 64, 2048
ROOT = Path(__file__).parents[2]


class Drone(Engine):
    """A tone told by the clock alone: any worker goes on where another stopped."""

    inlets = ()
    pitch = Control(440.0, low=20, high=5000)
    level = Control(0.5)

    def start(self, fmt: Format) -> Format:
        return fmt

    def step(self, fmt: Format, sound: Block, at: Ramps) -> Block:
        time_ = (at.frame + np.arange(sound.shape[1])) / fmt.rate
        tone = at.ramp("level", sound.shape[1]) * np.sin(2 * np.pi * at["pitch"] * time_)
        return np.tile(tone, (fmt.channels, 1)).astype(np.float32)


class Double(Engine):
    """Twice as loud."""

    def start(self, fmt: Format) -> None:
        return None

    def step(self, state: None, sound: Block, at: Ramps) -> Block:
        return 2 * sound


class Through(Double):
    """Does nothing at all."""

    def step(self, state: None, sound: Block, at: Ramps) -> Block:
        return sound


VOICE = hosted("drone", Drone.controls(), ahead=AHEAD / RATE)
EFFECT = hosted("double", {}, hears=True, late="dry", ahead=AHEAD / RATE)


def place(kind: Kind, path: Path, channels: int = 1, **settings: object) -> tuple[Alone, Map]:
    """A sounding place and its ring."""
    node = Alone(kind, [channels] if kind.inlets else [], {"path": str(path), "channels": channels} | settings)
    return node, node.making.held[0] if isinstance(node.making.held[0], Map) else node.making.held[-1]


def sounding(node: Alone, frames: int, host: Hosted | None = None, sound: Block | None = None, runs: tuple[int, ...] = (CHUNK,)) -> Block:
    """Play on, with the engine stepped beside it."""
    made, done, turn = [], 0, 0
    while done < frames:
        n = min(runs[turn % len(runs)], frames - done)
        if sound is not None:
            node.ins[0][:, :n] = sound[:, done : done + n]
        if host is not None:
            host.step_until(node.t + n)
        node.run(n)
        made.append(node.out[:, :n].copy())
        done, turn = done + n, turn + 1
    return np.concatenate(made, axis=1)


def drone(frames: int, start: int = 0, level: float = 0.5) -> Block:
    """What Drone makes."""
    return (level * np.sin(2 * np.pi * 440 * (start + np.arange(frames)) / RATE)).astype(np.float32)[None]


def noise(frames: int) -> Block:
    """Something to hear."""
    return (0.2 * np.random.default_rng(1).standard_normal((1, frames))).astype(np.float32)


# --- in time ----------------------------------------------------------------------


def test_a_voice_is_heard_from_its_first_frame_on_exactly_as_made(tmp_path: Path) -> None:
    node, ring = place(VOICE, tmp_path / "ring-a.map")
    made = sounding(node, RATE, inline(Drone(), ring))
    assert np.abs(made - drone(RATE)).max() < 1e-6
    assert (ring.head[at.R_LATE], ring.head[at.R_TIMES]) == (0, 0)


def test_an_effect_answers_after_its_cushion_to_the_frame(tmp_path: Path) -> None:
    node, ring = place(EFFECT, tmp_path / "ring-a.map")
    sound = noise(24000)
    made = sounding(node, 24000, inline(Double(), ring), sound)
    assert EFFECT.latency(node.making.settings, RATE) == AHEAD
    assert np.array_equal(made[:, AHEAD:], 2 * sound[:, :-AHEAD])
    assert not made[:, :AHEAD].any()


def test_the_cut_of_time_into_runs_is_not_heard(tmp_path: Path) -> None:
    sounds = []
    for i, runs in enumerate(((64,), (1, 63), (17, 40, 5, 2), (33, 31))):
        node, ring = place(VOICE, tmp_path / f"ring-{i}.map")
        host = inline(Drone(), ring)
        begun = sounding(node, 6400, host, runs=runs)
        late = sounding(node, 40000, None, runs=runs)
        host.leap(node.t)
        back = sounding(node, 6400, host, runs=runs)
        sounds.append(np.concatenate([begun, late, back], axis=1))
    assert all(np.array_equal(sounds[0], other) for other in sounds[1:])


def test_a_moved_control_reaches_the_engine_at_the_same_frame_however_early_it_works(tmp_path: Path) -> None:
    sounds = []
    for i, early in enumerate((0, 700)):
        node, ring = place(VOICE, tmp_path / f"ring-{i}.map")
        host, made = inline(Drone(), ring), []
        for k in range(200):
            node.turn("level", 0.1 if k >= 50 else 0.5, 0.1 if k > 50 else 0.5)
            host.step_until(node.t + CHUNK + early)
            node.run(CHUNK)
            made.append(node.out.copy())
        sounds.append(np.concatenate(made, axis=1))
    assert np.array_equal(sounds[0], sounds[1])
    loud = np.abs(sounds[0][0])
    assert loud[: 50 * CHUNK + AHEAD - CHUNK].max() > 0.49
    assert loud[51 * CHUNK + AHEAD + 256 :].max() < 0.101


def test_a_ring_goes_round_many_times_without_a_seam(tmp_path: Path) -> None:
    node, ring = place(VOICE, tmp_path / "ring-a.map", frames=4096)
    made = sounding(node, 5 * 4096 + 100, inline(Drone(), ring), runs=(60, 64, 3))
    assert np.abs(made - drone(made.shape[1])).max() < 1e-6


def test_a_mono_input_reaches_every_channel_of_the_engine(tmp_path: Path) -> None:
    node = Alone(EFFECT, [1], {"path": str(tmp_path / "ring-a.map"), "channels": 2})
    host = inline(Double(), open_ring(tmp_path / "ring-a.map"))
    sound = noise(8192)
    made = sounding(node, 8192, host, sound)
    assert made.shape[0] == 2
    assert np.array_equal(made[:, AHEAD:], 2 * np.repeat(sound, 2, 0)[:, :-AHEAD])


def test_an_entry_of_the_catalogue_becomes_a_word_of_the_core(tmp_path: Path) -> None:
    kind = kind_of(find("freeze"))
    assert (kind.word, kind.inlets, list(kind.controls)) == ("freeze", ("sound",), ["hold", "blur", "mix"])
    node = Alone(kind, [2], {"path": str(tmp_path / "ring-f.map")})
    host = inline(Freeze(), open_ring(tmp_path / "ring-f.map"))
    sound = np.tile(noise(24000), (2, 1))
    late = kind.latency(node.making.settings, RATE)
    assert late == 960
    assert np.array_equal(sounding(node, 24000, host, sound)[:, late:], sound[:, :-late])
    node.turn("hold", 1.0)
    held = sounding(node, RATE, host, np.zeros((2, RATE), np.float32))
    assert np.sqrt(np.mean(held[:, RATE // 2 :] ** 2)) > 0.05


@pytest.mark.parametrize(("block", "chunk", "late"), [(256, 0, 960), (1024, 0, 1024 + 256 + 240), (64, 4096, 8192)])
def test_the_cushion_is_never_less_than_a_block_and_a_step_need(block: int, chunk: int, late: int) -> None:
    kind = hosted("x", {}, hears=True, ahead=0.02)
    assert kind.latency({**kind.settings, "block": block, "chunk": chunk}, RATE) == late


# --- late -------------------------------------------------------------------------


def died(tmp_path: Path, at_frame: int = RATE) -> tuple[Alone, Map, Hosted, int]:
    """A voice whose worker is gone, with the cushion still full; and where the cushion ends."""
    node, ring = place(VOICE, tmp_path / "ring-a.map")
    host = inline(Drone(), ring)
    sounding(node, at_frame, host)
    host.step_until(node.t + AHEAD)
    return node, ring, host, host.written - node.t


def test_the_cushion_of_a_dead_worker_plays_out_exactly_and_ends_without_a_step(tmp_path: Path) -> None:
    node, _, _, left = died(tmp_path)
    begun = node.t
    made = sounding(node, left + 4096)
    assert AHEAD - 256 <= left <= AHEAD
    assert np.abs(made[:, :left] - drone(left, begun)).max() < 1e-6
    assert np.abs(np.diff(made)).max() <= 0.1 * 0.5


def test_a_dead_voice_goes_round_its_last_half_second_and_fades(tmp_path: Path) -> None:
    node, _, _, left = died(tmp_path)
    made = sounding(node, left + 4 * RATE)[0, left:]
    second = [float(np.sqrt(np.mean(made[k * RATE // 2 : (k + 1) * RATE // 2] ** 2))) for k in range(8)]
    assert second[0] > 0.7 * 0.5 / np.sqrt(2)
    assert all(b < a for a, b in zip(second, second[1:], strict=False))
    assert second[7] < 0.3 * second[0]
    assert np.abs(np.diff(made)).max() <= 0.1 * 0.5


def test_being_late_is_counted_and_shown_on_the_meter(tmp_path: Path) -> None:
    node, ring, _, left = died(tmp_path)
    meter = np.zeros(8, np.float32)
    node.cells[6] = meter.ctypes.data
    sounding(node, left)
    assert ring.head[at.R_LATE] == 0
    sounding(node, 10 * CHUNK)
    assert ring.head[at.R_TIMES] == 1
    assert 10 <= ring.head[at.R_LATE] <= 11
    assert meter[at.M_LATE] == ring.head[at.R_LATE]


def test_a_place_whose_worker_never_came_is_silent_and_not_late(tmp_path: Path) -> None:
    node, ring = place(VOICE, tmp_path / "ring-a.map")
    assert not sounding(node, 4096).any()
    assert (ring.head[at.R_LATE], ring.head[at.R_TIMES]) == (0, 0)


def test_sound_that_returns_is_crossed_into_and_then_exact_again(tmp_path: Path) -> None:
    node, _, host, left = died(tmp_path)
    gone = sounding(node, left + RATE)
    host.leap(node.t)
    begun = node.t
    back = sounding(node, RATE, host)
    assert np.abs(np.diff(np.concatenate([gone, back], axis=1))).max() <= 0.1 * 0.5
    assert np.abs(back[:, 480:] - drone(RATE, begun)[:, 480:]).max() < 1e-6


def test_what_a_leap_leaves_between_is_never_played(tmp_path: Path) -> None:
    node, ring, host, _ = died(tmp_path)
    ring.out[0, (node.t + np.arange(2048)) % ring.out.shape[1]] = 9.0  # left from another time
    host.leap(node.t + 2048)
    host.step_until(node.t + AHEAD + 4096)
    assert np.abs(sounding(node, 8192, host)).max() < 0.75


def test_a_worker_that_stutters_never_clicks(tmp_path: Path) -> None:
    node, _, host, _ = died(tmp_path)
    chance, made = np.random.default_rng(4), []
    for _ in range(60):
        made.append(sounding(node, int(chance.integers(1, 1500)), None))
        if host.written < node.t:
            host.leap(node.t + int(chance.integers(0, 200)))
        made.append(sounding(node, int(chance.integers(1, 900)), host))
    assert np.abs(np.diff(np.concatenate(made, axis=1))).max() <= 0.1 * 0.5


def test_an_effect_whose_worker_dies_lets_its_input_through_at_the_same_delay(tmp_path: Path) -> None:
    node, ring = place(EFFECT, tmp_path / "ring-a.map")
    sound = drone(3 * RATE, level=0.2)
    sounding(node, RATE, inline(Double(), ring), sound[:, :RATE])
    dry = sounding(node, RATE, None, sound[:, RATE : 2 * RATE])
    assert np.array_equal(dry[:, 4096:], sound[:, RATE + 4096 - AHEAD : 2 * RATE - AHEAD])
    assert np.abs(np.diff(dry)).max() <= 0.1 * 0.4


def test_an_effect_that_does_nothing_is_not_heard_to_die_or_to_return(tmp_path: Path) -> None:
    node, ring = place(EFFECT, tmp_path / "ring-a.map")
    sound = noise(3 * RATE)
    host = inline(Through(), ring)
    made = [sounding(node, RATE, host, sound[:, :RATE]), sounding(node, RATE, None, sound[:, RATE : 2 * RATE])]
    host.leap(node.t + 100)
    made.append(sounding(node, RATE, host, sound[:, 2 * RATE :]))
    whole = np.concatenate(made, axis=1)
    assert ring.head[at.R_TIMES] == 1
    assert np.abs(whole[:, AHEAD:] - sound[:, :-AHEAD]).max() < 1e-6


# --- the worker's side ------------------------------------------------------------


def test_a_newcomer_goes_on_at_the_very_next_sample(tmp_path: Path) -> None:
    node, ring, host, left = died(tmp_path)
    end, begun = host.written, node.t
    again = inline(Drone(), open_ring(ring.path))
    assert again.written == end
    made = sounding(node, left + 8192, again)
    assert np.abs(made - drone(left + 8192, begun)).max() < 1e-6


def test_a_newcomer_that_would_break_the_sound_is_led_into(tmp_path: Path) -> None:
    class Steady(Engine):
        """One value for ever: the sign is the state."""

        inlets = ()
        settings = {"value": 0.5}

        def start(self, fmt: Format) -> Format:
            return fmt

        def step(self, fmt: Format, sound: Block, at: Ramps) -> Block:
            return np.full((fmt.channels, sound.shape[1]), self.set["value"], np.float32)

    node, ring = place(hosted("steady", {}, ahead=AHEAD / RATE), tmp_path / "ring-a.map")
    first = inline(Steady(), ring)
    sounding(node, 4096, first)
    first.step_until(node.t + AHEAD)
    made = sounding(node, 8192, inline(Steady(value=-0.5), ring))
    assert made[0, 0] == 0.5
    assert made[0, -1] == -0.5
    assert np.abs(np.diff(made)).max() < 0.05


def test_a_step_that_fails_begins_the_state_again_three_times_and_then_gives_up(tmp_path: Path) -> None:
    class Frail(Drone):
        """Breaks when asked."""

        starts = 0
        bad = False

        def start(self, fmt: Format) -> Format:
            self.starts += 1
            return fmt

        def step(self, fmt: Format, sound: Block, at: Ramps) -> Block:
            if self.bad:
                raise RuntimeError("a string broke")
            return super().step(fmt, sound, at)

    node, ring = place(VOICE, tmp_path / "ring-a.map")
    frail = Frail()
    host = inline(frail, ring)
    sounding(node, 4096, host)
    frail.bad = True
    with pytest.raises(GaveUp, match="frail failed 4 times: RuntimeError: a string broke"):
        sounding(node, 4096, host)
    assert frail.starts == 4


@pytest.mark.parametrize(
    ("made", "why"), [(np.full((1, 256), np.nan), "not a number"), (np.zeros((1, 255)), r"\(channels, frames\) here is \(1, 256\)")]
)
def test_only_sound_reaches_the_ring(tmp_path: Path, made: Block, why: str) -> None:
    class Bad(Drone):
        """Makes what is no sound."""

        def step(self, fmt: Format, sound: Block, at: Ramps) -> Block:
            return made

    _, ring = place(VOICE, tmp_path / "ring-a.map")
    host = inline(Bad(), ring)
    with pytest.raises(GaveUp, match=why):
        host.step_until(256)
    assert not ring.out.any()


def test_a_worker_that_fell_behind_leaps_before_the_clock_and_one_left_ahead_comes_back(tmp_path: Path) -> None:
    node, ring = place(VOICE, tmp_path / "ring-a.map")
    host = inline(Drone(), ring)
    sounding(node, 4096, host)
    sounding(node, 9 * RATE)
    assert host.follow()
    assert node.t <= ring.head[at.R_START] < host.written <= node.t + AHEAD
    ring.head[[at.R_CLOCK, at.R_HEARD]] = 640  # another core began again
    assert host.follow()
    assert 640 <= ring.head[at.R_START] < host.written <= 640 + AHEAD


def test_an_engine_too_big_for_its_cushion_is_refused_with_the_cure(tmp_path: Path) -> None:
    class Big(Drone):
        """Works long stretches."""

        chunk = 8192

    ring = make_ring(tmp_path / "ring-a.map", 1, 0, rate=RATE, ahead=AHEAD)
    with pytest.raises(ValueError, match="works 8192 frames at a time, but only 2048 are kept ready. Keep at least 16384 ahead"):
        inline(Big(), ring)


def test_a_place_of_other_width_than_its_ring_is_refused(tmp_path: Path) -> None:
    make_ring(tmp_path / "ring-a.map", 2, 0, rate=RATE, ahead=AHEAD)
    with pytest.raises(ValueError, match="has 2 channels, the place 1"):
        place(VOICE, tmp_path / "ring-a.map")


# --- the process ------------------------------------------------------------------

CLOCKWORK = '''"""A saw told by the clock alone."""
import numpy as np
from engines.face import Control, Engine

class Clockwork(Engine):
    """A saw told by the clock alone."""
    inlets = ()
    chunk = 256
    bad = Control(0.0)
    def start(self, fmt):
        return fmt
    def step(self, fmt, sound, at):
        if at["bad"] > 0.5:
            raise RuntimeError("a spring broke")
        saw = (at.frame + np.arange(sound.shape[1])) % 1000 / 1000 - 0.5
        return np.tile(saw, (fmt.channels, 1)).astype(np.float32)
'''


class Process:
    """A worker in a process of its own, and a clock that the test turns by hand."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "clockwork.py"
        self.file.write_text(CLOCKWORK)
        self.ring = make_ring(folder / "ring-p.map", 1, 0, rate=RATE, ahead=9600, rest=[0.0])
        begin(self.ring, 0)
        self.workers: list[subprocess.Popen[str]] = []

    def spawn(self, *more: str) -> subprocess.Popen[str]:
        """One more worker."""
        line = [sys.executable, "-m", "live.worker", str(self.ring.path), str(self.file), *(more or ("--parent", str(os.getpid())))]
        self.workers.append(subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        return self.workers[-1]

    def until(self, what: object, seconds: float = 20.0) -> None:
        """Wait for something to become true."""
        end = time.monotonic() + seconds
        while not what():  # type: ignore[operator]
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.005)

    def advance(self, frame: int) -> None:
        """The core has come this far."""
        self.ring.head[[at.R_HEARD, at.R_CLOCK]] = frame

    @property
    def written(self) -> int:
        """Frames made."""
        return int(self.ring.head[at.R_WRITTEN])


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    it = Process(tmp_path)
    yield it
    for worker in it.workers:
        if worker.poll() is None:
            worker.kill()
        worker.communicate()


def lines(worker: subprocess.Popen[str]) -> list[dict[str, object]]:
    """What a worker said, once it ended."""
    return [json.loads(line) for line in worker.communicate(timeout=10)[0].splitlines()]


def test_a_killed_worker_is_followed_by_one_that_goes_on_exactly(process: Process) -> None:
    first = process.spawn()
    process.until(lambda: process.written >= 9600 - 256)
    process.advance(2000)
    process.until(lambda: process.written >= 11600 - 256)
    first.kill()
    first.wait()
    stopped = process.written
    second = process.spawn()
    process.until(lambda: process.ring.head[at.R_PID] == second.pid and process.ring.head[at.R_STATE] == 1)
    process.advance(9000)
    process.until(lambda: process.written > stopped + 4096)
    frames = np.arange(process.written)
    assert np.abs(process.ring.out[0, frames] - (frames % 1000 / 1000 - 0.5)).max() < 1e-6
    assert process.ring.head[at.R_START] == 0
    process.ring.head[at.R_STOP] = 1
    said = lines(second)
    assert [line["says"] for line in said] == ["loading", "ready", "bye"]
    assert said[-1]["why"] == "asked to leave"
    assert second.returncode == 0


def test_a_spare_waits_warm_and_takes_over_before_the_cushion_has_run_out(process: Process) -> None:
    first = process.spawn()
    process.until(lambda: process.written >= 9600 - 256)
    spare = process.spawn()
    assert spare.stdout is not None
    assert [json.loads(spare.stdout.readline())["says"] for _ in range(2)] == ["loading", "spare"]
    assert process.ring.head[at.R_PID] == first.pid
    first.kill()  # and not waited for: a dead child that nobody has buried yet must not hold the ring
    killed = time.monotonic()
    process.until(lambda: process.ring.head[at.R_PID] == spare.pid and process.ring.head[at.R_STATE] == 1)
    assert time.monotonic() - killed < 0.2
    process.advance(9000)
    process.until(lambda: process.written > 15000)
    frames = np.arange(process.written)
    assert np.abs(process.ring.out[0, frames] - (frames % 1000 / 1000 - 0.5)).max() < 1e-6


def test_a_worker_leaves_when_the_core_and_its_starter_are_gone(process: Process) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    worker = process.spawn("--parent", str(gone.pid))
    process.until(lambda: process.written > 0)
    assert lines(worker)[-1]["why"] == "the core is gone"


def test_a_worker_leaves_when_its_ring_is_taken_away(process: Process) -> None:
    worker = process.spawn()
    process.until(lambda: process.written > 0)
    process.ring.path.unlink()
    assert lines(worker)[-1]["why"] == "the ring is gone"


def test_a_worker_that_gives_up_says_why(process: Process) -> None:
    worker = process.spawn()
    process.until(lambda: process.written >= 9600 - 256)
    process.ring.controls[0] = 1.0
    process.advance(4000)
    said = lines(worker)
    assert said[-1]["says"] == "gave-up"
    assert "clockwork failed 4 times: RuntimeError: a spring broke" in str(said[-1]["why"])
    assert process.ring.head[at.R_STATE] == 2
    assert worker.returncode == 3
