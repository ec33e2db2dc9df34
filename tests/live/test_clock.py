"""Beats and frames: what is counted comes back, and the next bar is never the last one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from live.clock import Clock
from live.core import layout as at
from live.core.offline import Offline
from live.score import Score

clocks = st.builds(
    Clock,
    rate=st.sampled_from([44100, 48000, 96000]),
    bpm=st.floats(20, 400),
    bar=st.sampled_from([2.0, 3.0, 3.5, 4.0, 7.0]),
    beat0=st.floats(0, 5000),
    frame0=st.integers(0, 48000 * 3600).map(float),
)
frames = st.integers(0, 48000 * 7200)


@given(clocks, frames)
def test_a_frame_comes_back_from_its_beat(clock, frame):
    assert clock.frame(clock.beat(frame)) == frame


@given(clocks, frames, st.sampled_from([0.25, 1.0, 4.0, 7.0]))
def test_the_next_beat_is_never_before_and_never_more_than_one_away(clock, frame, quantum):
    found = clock.next(frame, quantum)
    assert frame <= found <= frame + quantum * clock.beat_frames + 1
    assert abs(found - clock.frame(round(clock.beat(found) / quantum) * quantum)) <= 1


@given(clocks, frames)
def test_bars_and_beats_count_from_one(clock, frame):
    frame += int(clock.frame0)
    bar, beat = clock.spot(frame)
    assert bar >= 1
    assert 1 <= beat < clock.bar + 1 + 1e-6
    assert abs((bar - 1) * clock.bar + beat - 1 - clock.beat(frame)) < 1e-6


@given(clocks, frames)
def test_now_is_at_once_and_a_bar_is_a_multiple_of_beats(clock, frame):
    assert clock.at("now", frame) == 0
    beat, bar = clock.at("beat", frame), clock.at("bar", frame)
    assert beat >= frame
    assert bar >= frame
    for found, quantum in ((beat, 1.0), (bar, clock.bar)):
        line = clock.beat(found) / quantum
        assert abs(line - round(line)) * quantum * clock.beat_frames <= 1.0  # on the line, to the frame
        assert found - frame <= quantum * clock.beat_frames + 2
    if clock.bar == int(clock.bar):  # a bar of 3.5 beats may end before the next beat
        assert bar >= beat


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(60, 200), st.integers(1, 30000)), min_size=1, max_size=6))
def test_the_core_counts_like_the_clock_through_every_change_of_tempo(changes):
    core, clock = Offline(), Clock()
    for bpm, wait in changes:
        core.play(Score(tempo=bpm))
        frame = core.frame
        core.run(wait)
        clock = Clock(48000, round(bpm * 1e6) / 1e6, 4.0, clock.beat(frame), frame)
        t = core.stand.tempo
        told = Clock(48000, float(t[at.T_BPM]), float(t[at.T_BAR]), float(t[at.T_BEAT0]), float(t[at.T_FRAME0]))
        assert abs(told.beat(core.frame) - clock.beat(core.frame)) < 1e-6
        assert told.next(core.frame, 4.0) == clock.next(core.frame, 4.0)
