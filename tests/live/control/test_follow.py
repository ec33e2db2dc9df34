"""MIDI clock in, through a real core: jitter, lost ticks, another tempo, stop, start, song position."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live.control.follow import CONTINUE, POSITION, START, STOP, TICK, Follower
from live.control.steady import Steady
from live.core import layout as at
from live.core.offline import Offline
from live.core.pacing import bpm_of, seen

RATE = 48000
MS = RATE / 1000
EVERY = 960  # frames between two looks of the hands


def ticks(bpm: Callable[[float], float] | float, beats: float, jitter: float = 3.0, seed: int = 1, begin: float = 4800.0) -> Iterator:
    """(frame it should come, frame it comes, number) of each tick."""
    rng = np.random.default_rng(seed)
    true = begin
    for k in range(round(beats * 24)):
        yield true, true + rng.uniform(-jitter, jitter) * MS, k
        true += 60 * RATE / (bpm if isinstance(bpm, float | int) else bpm(k / 24)) / 24


class Room:
    """A core, and hands that look now and then."""

    def __init__(self, tempo: float = 120.0) -> None:
        self.core = Offline(RATE, 1, block=64)
        self.core.stand.tempo[at.T_BPM] = tempo
        self.follower = Follower(RATE)
        self.said: list[str] = []
        self.walked: list[tuple[float, float, float]] = []  # frame, bpm as it is, beat

    @property
    def clock(self):
        return seen(self.core.stand.tempo, RATE)

    def _pace(self, pace) -> None:
        if pace:
            assert self.core.stand.pace(pace.row())

    def until(self, frame: float) -> None:
        """Time goes on, and the hands look."""
        while self.core.frame < frame:
            self.core.run(min(EVERY, max(64, int(frame - self.core.frame) // 64 * 64)))
            self.walked.append((self.core.frame, self.clock.bpm, self.clock.beat(self.core.frame)))
            self._pace(self.follower.turn(self.core.frame, self.clock, bpm_of(self.core.stand.tempo)))
            self.said += self.follower.said
            self.follower.said.clear()

    def hear(self, what: list[tuple[float, list[int]]], slot: int = 0) -> None:
        """Messages at their frames, told a little after."""
        for frame, data in what:
            self.until(frame)
            self._pace(self.follower.hear(slot, bytes(data), frame, self.clock))

    def beat(self, frame: float) -> float:
        """The beat the music really was at, at a frame that has passed."""
        frames = np.array([one[0] for one in self.walked])
        k = int(np.searchsorted(frames, frame))
        (f0, _, b0), (f1, _, b1) = self.walked[max(k - 1, 0)], self.walked[min(k, len(frames) - 1)]
        return b0 if f1 == f0 else b0 + (b1 - b0) * (frame - f0) / (f1 - f0)


def off(room: Room, pulse: list, since: float, first: float = 0.0) -> float:
    """The most the beat lay off the true one, in ms, from that beat on."""
    bpm = room.follower.bpm
    found = [
        abs(room.beat(true) - first - k / 24) * 60000 / bpm for true, _, k in pulse if k / 24 >= since and true < room.core.frame - EVERY
    ]
    return max(found)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("bpm", [97.3, 124.0])
def test_with_three_ms_of_jitter_tempo_and_beat_are_steady_after_four_beats(bpm: float, seed: int) -> None:
    room, pulse = Room(120.0), list(ticks(bpm, 24, seed=seed))
    room.hear([(4800.0, [START]), *((came, [TICK]) for _, came, _ in pulse)])
    settled = pulse[0][0] + 4.5 * 60 * RATE / bpm  # four beats, and the last hasty correction is over
    tempi = [tempo for frame, tempo, _ in room.walked if frame > settled]
    assert max(abs(tempo - bpm) for tempo in tempi) < 0.2
    assert off(room, pulse, 4.0) < 3.0


def test_a_start_is_beat_zero_and_the_bar_begins_there() -> None:
    room, pulse = Room(), list(ticks(120.0, 8))
    room.until(3 * RATE)
    later = [(true + 3 * RATE, came + 3 * RATE, k) for true, came, k in pulse]
    room.hear([(3.05 * RATE, [START]), *((came, [TICK]) for _, came, _ in later)])
    assert off(room, later, 2.0) < 3.0


def test_a_clock_that_was_running_already_moves_time_as_little_as_it_can() -> None:
    room = Room(120.0)
    pulse = list(ticks(120.0, 12, jitter=0.0, begin=4800.0 + 333))
    room.hear([(came, [TICK]) for _, came, _ in pulse])
    beats = [beat - frame / 24000 for frame, _, beat in room.walked]
    assert max(abs(one) for one in beats) <= 0.5 / 24 + 1e-6
    assert abs(room.beat(pulse[-40][0]) * 24 - round(room.beat(pulse[-40][0]) * 24)) < 0.02


def test_another_tempo_midway_is_followed_within_two_beats_and_the_beat_is_kept() -> None:
    room, pulse = Room(), list(ticks(lambda beat: 120.0 if beat < 12 else 140.0, 32, seed=3))
    room.hear([(4800.0, [START]), *((came, [TICK]) for _, came, _ in pulse)])
    turned = next(true for true, _, k in pulse if k == 14 * 24)
    assert abs(next(tempo for frame, tempo, _ in room.walked if frame > turned) - 140) < 14
    assert off(room, pulse, 20.0) < 3.0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sets(st.integers(30, 560), max_size=12), st.sets(st.integers(30, 560), max_size=12))
def test_lost_and_doubled_ticks_move_no_beat(seed: int, lost: set[int], doubled: set[int]) -> None:
    room, pulse = Room(), list(ticks(120.0, 24, jitter=2.0, seed=seed))
    what = [(4800.0, [START])]
    for _, came, k in pulse:
        if k not in lost:
            what.append((came, [TICK]))
            if k in doubled:
                what.append((came + 40, [TICK]))
    room.hear(what)
    assert off(room, pulse, 8.0) < 5.0


@pytest.mark.parametrize(("before", "after"), [(120.0, 60.0), (120.0, 240.0), (90.0, 135.0)])
def test_half_and_double_time_are_a_tempo_and_no_lost_ticks(before: float, after: float) -> None:
    pulse = Steady(RATE)
    for _, came, _ in ticks(lambda beat: before if beat < 12 else after, 30, jitter=2.0):
        pulse.tick(came)
    assert pulse.bpm == pytest.approx(after, abs=0.2)


def test_a_first_gap_that_is_far_too_short_miscounts_nothing() -> None:
    pulse = Steady(RATE)
    gaps = [13.1, 39.9, 25.1, 31.5, *([27.78] * 100)]  # ms; the clock goes at 90
    for frame in np.cumsum([1000.0, *(gap * MS for gap in gaps)]):
        pulse.tick(frame)
    assert (pulse.count, pulse.lost) == (len(gaps), 0)


def test_a_stop_is_said_and_the_music_goes_on_at_that_tempo() -> None:
    room, pulse = Room(), list(ticks(126.0, 12))
    last = pulse[-1][0]
    room.hear([(4800.0, [START]), *((came, [TICK]) for _, came, _ in pulse), (last + 400, [STOP])])
    room.until(last + 4 * RATE)
    assert [line.partition(";")[0] for line in room.said] == ["stopped", "ended"]
    assert bpm_of(room.core.stand.tempo) == pytest.approx(126.0, abs=0.2)
    assert room.clock.beat(last + 3 * RATE) == pytest.approx(11.96 + 3 * 126 / 60, abs=0.05)


def test_a_clock_that_ends_is_said_once_and_so_is_that_it_is_back() -> None:
    room, pulse = Room(), list(ticks(126.0, 8))
    room.hear([(came, [TICK]) for _, came, _ in pulse])
    room.until(room.core.frame + 5 * RATE)
    again = list(ticks(110.0, 8, begin=room.core.frame + 100))
    room.hear([(came, [TICK]) for _, came, _ in again])
    assert [line[:5] for line in room.said] == ["ended", "is ba"]
    assert bpm_of(room.core.stand.tempo) == pytest.approx(110.0, abs=0.3)


def test_a_song_position_and_continue_put_the_beat_there() -> None:
    room, pulse = Room(), list(ticks(120.0, 8))
    room.until(RATE)
    later = [(true + RATE, came + RATE, k) for true, came, k in pulse]
    room.hear([(RATE + 100, [STOP]), (RATE + 200, [POSITION, 70, 0]), (RATE + 300, [CONTINUE]), *((came, [TICK]) for _, came, _ in later)])
    assert off(room, later, 2.0, first=17.5) < 3.0


def test_of_two_clocks_the_first_one_leads() -> None:
    room, pulse = Room(), list(ticks(120.0, 10, jitter=0.0))
    other = list(ticks(150.0, 10, jitter=0.0, begin=5000.0))
    both = sorted([(came, 0) for _, came, _ in pulse] + [(came, 3) for _, came, _ in other])
    for came, slot in both:
        room.hear([(came, [TICK])], slot)
    assert room.follower.slot == 0
    assert room.follower.bpm == pytest.approx(120.0, abs=0.1)


def test_a_nudge_lies_against_the_clock_and_stays() -> None:
    room, pulse = Room(), list(ticks(120.0, 24, jitter=1.0))
    room.follower.offset = 0.04
    room.hear([(4800.0, [START]), *((came, [TICK]) for _, came, _ in pulse)])
    assert off(room, pulse, 16.0, first=0.04) < 3.0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 3e6), st.sampled_from([TICK, START, STOP, CONTINUE, POSITION]), st.integers(0, 1)), max_size=200))
def test_no_order_of_messages_breaks_it(what: list[tuple[float, int, int]]) -> None:
    follower, clock = Follower(RATE), seen(Offline(RATE, 1).stand.tempo, RATE)
    for frame, word, slot in what:
        found = [follower.hear(slot, bytes([word, 1, 1]), frame, clock), follower.turn(frame, clock, 120.0)]
        assert all(np.isfinite([*pace.row()]).all() for pace in found if pace)
        assert all(pace.bpm == 0 or 20 <= pace.bpm <= 500 for pace in found if pace)
