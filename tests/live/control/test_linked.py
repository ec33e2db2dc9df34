"""Link: joining takes the tempo that is there, a tempo typed here goes to all, and the bar is everybody's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live.control.linked import Linking
from live.control.timing import Wall
from live.core import layout as at
from live.core.offline import Offline
from live.core.pacing import bpm_of, seen
from live.cue import Rubato
from live.ports.link import FakeLink, FakeSession
from live.score import Score

RATE = 48000
LOOK = 2400  # frames between two looks: 50 ms


class Player:
    """A core with a place in a session."""

    def __init__(self, session: FakeSession, bpm: float, micros0: int = 0) -> None:
        self.core = Offline(RATE, 1, block=64)
        self.core.play(Score(tempo=bpm))
        self.core.run(64)
        self.link = FakeLink(session)
        self.micros0 = micros0
        self.linking = Linking(RATE, self.link, bpm)
        self.paces: list[Rubato] = []

    @property
    def clock(self):
        return seen(self.core.stand.tempo, RATE)

    @property
    def bpm(self) -> float:
        return bpm_of(self.core.stand.tempo)

    def go(self, looks: int) -> None:
        for _ in range(looks):
            self.core.run(LOOK)
            micros = self.micros0 + round(self.core.frame * 1e6 / RATE)
            self.link.micros = micros
            seconds = self.core.frame / RATE
            if pace := self.linking.turn(seconds, micros, self.core.frame - 480, self.clock, self.bpm):
                self.paces.append(pace)
                assert self.core.stand.pace(pace.row())

    def off(self) -> float:
        """Ms between our bar, heard ten milliseconds after it is made, and the session's."""
        there, bpm = self.link.beat(self.link.micros, 4.0)
        missing = (there - self.clock.beat(self.core.frame - 480) + 2) % 4 - 2
        return missing * 60000 / bpm


@settings(max_examples=15, deadline=None)
@given(st.floats(60, 180), st.floats(60, 180), st.floats(0, 64), st.integers(0, 10**9))
def test_who_joins_takes_the_tempo_and_the_bar_that_are_there(theirs: float, ours: float, beat: float, micros0: int) -> None:
    session = FakeSession(theirs, beat)
    FakeLink(session)
    one = Player(session, ours, micros0)
    one.go(60)
    assert session.bpm == theirs
    assert one.bpm == pytest.approx(theirs, abs=1e-9)
    assert abs(one.off()) < 0.2


def test_alone_our_tempo_is_the_sessions_and_time_does_not_move() -> None:
    one = Player(FakeSession(97.0), 97.0)
    one.go(40)
    one.paces.clear()
    one.go(40)
    assert one.paces == []


def test_a_far_bar_is_reached_by_one_jump_at_joining_and_never_again_by_one() -> None:
    session = FakeSession(120.0, 1.7)
    one = Player(session, 120.0)
    one.go(100)
    assert sum(pace.within == 0 for pace in one.paces) == 1
    session.beat0 += 1.3
    one.paces.clear()
    one.go(200)
    assert all(pace.within > 0 for pace in one.paces)
    assert abs(one.off()) < 0.5


def test_a_tempo_typed_here_goes_to_the_session() -> None:
    session = FakeSession(120.0)
    FakeLink(session)
    one = Player(session, 120.0)
    one.go(40)
    one.core.play(Score(tempo=133.0))
    one.go(20)
    assert session.bpm == 133.0
    assert one.bpm == pytest.approx(133.0)
    assert abs(one.off()) < 0.5


def test_a_tempo_changed_elsewhere_is_followed_within_a_beat_and_not_sent_back() -> None:
    session = FakeSession(120.0)
    other, one = FakeLink(session), Player(session, 120.0)
    one.go(40)
    other.set_tempo(126.0, one.link.micros)
    one.go(10)
    assert one.bpm == pytest.approx(126.0)
    one.go(40)
    assert session.bpm == 126.0
    assert abs(one.off()) < 0.2


def test_a_page_that_rounds_the_tempo_does_not_move_the_session() -> None:
    session = FakeSession(127.9731)
    FakeLink(session)
    one = Player(session, 120.0)
    one.go(40)
    one.core.play(Score(tempo=127.97))
    one.go(40)
    assert session.bpm == 127.9731
    assert one.bpm == pytest.approx(127.9731, abs=1e-9)


def test_a_ramp_here_takes_the_session_along() -> None:
    session = FakeSession(120.0)
    FakeLink(session)
    one = Player(session, 120.0)
    one.go(40)
    one.core.stand.pace(Rubato(bpm=140.0, over=2.0 * RATE).row())
    one.go(100)
    assert session.bpm == pytest.approx(140.0, abs=0.01)
    assert abs(one.off()) < 0.5


def test_two_players_agree() -> None:
    session = FakeSession(110.0)
    one, two = Player(session, 110.0, 0), Player(session, 150.0, 123_456_789)
    session.micros0 = 123_456_789
    for _ in range(80):
        one.micros0 = two.micros0
        one.go(1)
        two.go(1)
    assert one.bpm == pytest.approx(two.bpm)
    assert abs(one.off() - two.off()) < 0.2


def test_a_nudge_lies_against_the_others() -> None:
    session = FakeSession(120.0)
    FakeLink(session)
    one = Player(session, 120.0)
    one.linking.offset = -0.04
    one.go(60)
    assert one.off() == pytest.approx(20.0, abs=0.3)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([64, 256, 1024]))
def test_the_wall_tells_frames_through_blocks_that_come_late(seed: int, block: int) -> None:
    rng, wall, clock = np.random.default_rng(seed), Wall(RATE), np.zeros(64, np.int64)
    for k in range(1, 400):
        clock[at.C_FRAME], clock[at.C_CALLS] = k * block, k
        clock[at.C_WALL_NS] = 10**12 + k * block * 10**9 // RATE + int(rng.exponential(0.3e6))
        wall.look(clock)
    ns = 10**12 + 400 * block * 10**9 // RATE
    assert wall.frame_at(ns) == pytest.approx(400 * block, abs=2.0)
