"""MIDI clock out: 24 ticks a beat that cannot drift, starts on the bar, and positions that are true."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live.control.lead import counted
from live.control.steady import Steady
from live.core import inner as m
from live.core import layout as at
from live.core.offline import Offline
from live.core.pacing import begin, onward
from live.core.ticking import ASK_CONTINUE, ASK_START, ASK_STOP, CONTINUE, K_ASKED, K_THERE, KEPT, OUT, POSITION, START, STOP, TICK
from live.cue import Rubato
from live.score import Score

RATE = 48000


def cells(bpm: float = 120.0, bar: float = 4.0, beat0: float = 0.0) -> np.ndarray:
    p = np.zeros(64)
    p[[at.T_BPM, at.T_BAR, at.T_BEAT0]] = bpm, bar, beat0
    return p


class Leader:
    """A clock that counts for somebody, piece by piece."""

    def __init__(self, p: np.ndarray) -> None:
        self.p, self.kept, self.out, self.sent = p, np.zeros(KEPT), np.zeros(OUT), []
        self.kept[K_THERE] = -1.0
        self.t = 0

    def go(self, frames: int, piece: int = 64, ask: float = 0.0) -> list[tuple[int, bytes]]:
        self.kept[K_ASKED] = ask or self.kept[K_ASKED]
        found = []
        end = self.t + frames
        while self.t < end:
            n = min(piece, end - self.t)
            found += counted(self.kept, self.p, self.t, n, RATE, self.out)
            self.t += n
        return found


def test_the_ticks_of_ten_minutes_lie_where_the_beat_is_and_none_is_missing() -> None:
    leader = Leader(cells(133.7))
    sent = [frame for frame, data in leader.go(600 * RATE, 2880) if data[0] == TICK]
    true = np.arange(len(sent)) * 60 * RATE / (133.7 * 24)
    assert len(sent) == 1 + int(600 * 133.7 / 60 * 24 - 1e-9)
    assert np.max(np.abs(np.array(sent) - true)) <= 0.5001


@settings(max_examples=40, deadline=None)
@given(st.floats(30, 400), st.sampled_from([1, 63, 64, 1000, 2880]), st.floats(-3, 100))
def test_ticks_do_not_depend_on_the_pieces_they_are_counted_in(bpm: float, piece: int, beat0: float) -> None:
    assert Leader(cells(bpm, beat0=beat0)).go(9600, piece) == Leader(cells(bpm, beat0=beat0)).go(9600, 640)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1500), st.floats(40, 300), st.sampled_from([0.0, 9600.0, 48000.0]), st.floats(-0.2, 0.2)), max_size=6)
)
def test_a_tempo_that_moves_loses_and_doubles_no_tick(what: list[tuple[int, float, float, float]]) -> None:
    p, leader, sent = cells(), None, []
    leader = Leader(p)
    waiting = sorted(what)
    for chunk in range(2000):
        t = chunk * 64
        onward(p, t, RATE)
        while waiting and waiting[0][0] <= chunk:
            _, bpm, over, bend = waiting.pop(0)
            begin(p, t, RATE, Rubato(bpm=bpm, over=over, bend=bend, within=9600.0).row())
        sent += leader.go(64)
    ticks = [frame for frame, data in sent if data[0] == TICK]
    beat = p[at.T_BEAT0] + (leader.t - p[at.T_FRAME0]) * p[at.T_BPM] / (60 * RATE)
    assert abs(len(ticks) - beat * 24) <= 1.1
    assert all(data[0] == TICK for _, data in sent)
    assert np.all(np.diff(ticks) >= 0)


def test_a_start_waits_for_the_bar_and_comes_before_its_first_tick() -> None:
    leader = Leader(cells())
    leader.go(10000)
    sent = leader.go(3 * RATE, ask=ASK_START)
    k = next(i for i, (_, data) in enumerate(sent) if data[0] == START)
    assert sent[k][0] == sent[k + 1][0] == 96000
    assert sent[k + 1][1] == bytes([TICK])


def test_a_stop_is_sent_at_once_and_the_ticks_go_on() -> None:
    leader = Leader(cells())
    leader.go(100000, ask=ASK_START)
    sent = leader.go(24000, ask=ASK_STOP)
    assert sent[0] == (100000, bytes([STOP]))
    assert sum(data[0] == TICK for _, data in sent) == 24


def test_a_continue_tells_the_song_position_counted_from_the_start() -> None:
    leader = Leader(cells())
    leader.go(96000 + 24000, ask=ASK_START)  # the song began at frame 0
    leader.go(100, ask=ASK_STOP)
    sent = leader.go(48000, ask=ASK_CONTINUE)
    k = next(i for i, (_, data) in enumerate(sent) if data[0] == POSITION)
    frame, data = sent[k]
    assert sent[k + 1] == (frame, bytes([CONTINUE]))
    assert (data[1] + 128 * data[2]) * 6000 == frame


def test_when_time_jumps_whoever_runs_is_put_where_it_is_now() -> None:
    p = cells()
    leader = Leader(p)
    leader.go(96000, ask=ASK_START)
    begin(p, leader.t, RATE, Rubato(shift=1.3).row())
    sent = leader.go(24000)
    words = [data[0] for _, data in sent if data[0] != TICK]
    assert words == [STOP, POSITION, CONTINUE]
    frame, data = next(one for one in sent if one[1][0] == POSITION)
    beat = p[at.T_BEAT0] + (frame - p[at.T_FRAME0]) / 24000
    assert (data[1] + 128 * data[2]) / 4 == pytest.approx(beat, abs=1e-3)


def test_our_clock_followed_by_our_own_follower_is_our_tempo() -> None:
    pulse = Steady(RATE)
    for frame, _ in Leader(cells(98.6)).go(10 * RATE):
        pulse.tick(frame)
    assert pulse.bpm == pytest.approx(98.6, abs=0.01)


def test_the_core_sends_the_very_same_ticks_to_those_slots_that_want_them() -> None:
    core = Offline(RATE, 1, block=256)
    core.stand.hands["hand_cells"][[1, 3], at.H_THERE] = 1
    core.stand.hands["hand_cells"][[0, 3], at.H_CLOCKED] = 1
    core.stand.ticks[K_ASKED] = ASK_START
    core.play(Score(tempo=120.0))
    core.run(RATE)
    sent = core.stand.outbox[: int(core.stand.cells[m.S_NOUT])].view(at.MESSAGE).ravel()
    mine = [(int(row["frame"]), bytes(row["bytes"][: int(row["size"])])) for row in sent]
    assert {int(row["slot"]) for row in sent} == {3}
    assert mine == Leader(cells()).go(RATE, ask=ASK_START)
