"""Time that ramps, bends and jumps: the beat never tears, hits are neither doubled nor lost, a replay is the same."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from live.bars import Bars
from live.bounce import bounce
from live.change import changed
from live.core import layout as at
from live.core.offline import Offline
from live.core.pacing import BENT, CELLS, bpm_of, seen
from live.cue import Again, Cue, Rubato
from live.journal import fingerprint
from live.plan import Pace
from live.replay import played
from live.score import Node, Score, Send

RATE = 48000
LATE = 64  # frames the limiter holds everything back

paces = st.one_of(
    st.builds(Rubato, bpm=st.floats(40, 300)),
    st.builds(Rubato, bpm=st.floats(40, 300), over=st.integers(1, 60000).map(float)),
    st.builds(Rubato, bend=st.floats(-0.3, 0.3), within=st.integers(0, 30000).map(float)),
    st.builds(Rubato, bpm=st.floats(60, 200), bend=st.floats(-0.1, 0.1), within=st.just(9000.0)),
)
timed = st.lists(st.tuples(st.integers(0, 2 * RATE), paces), max_size=6).map(lambda found: sorted(found, key=lambda pair: pair[0]))


def led(what: list[tuple[int, Rubato]], frames: int, score: Score | None = None, block: int = 256) -> tuple[Offline, np.ndarray]:
    """A core that plays a score while time does this; and what was heard."""
    core = Offline(RATE, 1, block=block)
    core.play(score or Score(tempo=120.0))
    for frame, pace in what:
        assert core.stand.pace(pace.row(frame))
    return core, core.run(frames)[0]


def beat(core: Offline, frame: int | None = None) -> float:
    return seen(core.stand.tempo, RATE).beat(core.frame if frame is None else frame)


def ticking(file: str, every: float = 0.25) -> Score:
    node = Node("clip", settings={"hits": "x", "file": file, "every": every})
    return Score(places={"a": node}, sends=(Send("a", 0, 1),), tempo=120.0)


# --- how time moves -----------------------------------------------------------------


def test_a_new_tempo_begins_at_the_next_chunk_and_the_beat_goes_on_where_it_was() -> None:
    core, _ = led([(1000, Rubato(bpm=90.0))], RATE)
    assert core.stand.tempo[at.T_FRAME0] == 1024
    assert beat(core) == pytest.approx(1024 / 24000 + (RATE - 1024) / 32000)


def test_a_ramp_arrives_and_takes_the_beats_that_its_mean_tempo_makes() -> None:
    core, _ = led([(0, Rubato(bpm=180.0, over=2.0 * RATE))], 2 * RATE)
    assert bpm_of(core.stand.tempo) == pytest.approx(180.0, abs=0.03)
    assert beat(core) == pytest.approx(150 / 60 * 2.0, abs=1e-9)
    core.run(64)
    assert bpm_of(core.stand.tempo) == 180.0


def test_a_bend_gains_what_it_was_told_and_leaves_the_tempo_as_it_was() -> None:
    core, _ = led([(0, Rubato(bend=0.04, within=24000.0))], RATE)
    assert core.stand.tempo[at.T_BPM] == 120.0
    assert beat(core) == pytest.approx(2.0 + 0.04, abs=1e-9)


@given(st.floats(-2.0, 2.0), st.floats(0, 10000))
@settings(max_examples=30, deadline=None)
def test_no_bend_is_faster_than_a_tenth(bend: float, within: float) -> None:
    core = Offline(RATE, 1)
    core.stand.pace(Rubato(bend=bend, within=within).row())
    core.run(64)
    assert abs(core.stand.tempo[at.T_BPM] - 120.0) <= 120.0 * BENT * 1.0001
    assert bpm_of(core.stand.tempo) == 120.0


def test_an_aim_is_reached_by_bending_from_wherever_time_is_when_it_comes() -> None:
    core, _ = led([(5000, Rubato(bpm=126.0, aim=0.25, aim_at=4000.0, within=24000.0))], RATE)
    assert beat(core) == pytest.approx(0.25 + (RATE - 4000) * 126 / (60 * RATE), abs=1e-9)


def test_an_aim_without_time_to_bend_is_one_jump() -> None:
    core, _ = led([(5000, Rubato(aim=0.0, aim_at=5000.0))], 6400)
    assert beat(core, 5000) == pytest.approx(0.0, abs=1e-9)
    assert core.stand.tempo[at.T_BPM] == 120.0


def test_a_new_aim_ends_the_bend_that_was_under_way() -> None:
    what = [(0, Rubato(bend=0.3, within=96000.0)), (6400, Rubato(aim=0.26, aim_at=6400.0, within=9600.0))]
    core, _ = led(what, RATE)
    assert beat(core) == pytest.approx(0.26 + (RATE - 6400) / 24000, abs=1e-9)


def test_a_pace_that_waits_for_its_frame_lets_others_pass() -> None:
    core = Offline(RATE, 1)
    core.stand.pace(Rubato(bpm=200.0).row(32000))
    core.stand.pace(Rubato(bpm=100.0).row(0))
    core.run(6400)
    assert core.stand.tempo[at.T_BPM] == 100.0
    core.run(32000)
    assert core.stand.tempo[at.T_BPM] == 200.0
    assert [pace[:2] for pace in core.stand.paces_begun(0)[1]] == [(0.0, 100.0), (32000.0, 200.0)]


def test_more_paces_than_there_is_room_for_are_refused() -> None:
    core = Offline(RATE, 1)
    took = [core.stand.pace(Rubato(bpm=100.0).row(1 << 40)) for _ in range(70)]
    assert took.count(True) == 64
    core.run(640)


def test_while_a_clock_from_outside_leads_a_plan_brings_its_bar_and_no_tempo() -> None:
    core, _ = led([(0, Rubato(bpm=133.0, led=1.0))], 6400)
    core.play(Score(tempo=90.0, bar=3.0))
    core.run(6400)
    assert (core.stand.tempo[at.T_BPM], core.stand.tempo[at.T_BAR]) == (133.0, 3.0)
    core.stand.pace(Rubato(led=0.0).row())
    core.run(640)
    core.play(Score(tempo=91.0, bar=3.0))
    core.run(640)
    assert core.stand.tempo[at.T_BPM] == 91.0


def test_a_plan_ends_a_ramp_but_not_a_bend() -> None:
    core = Offline(RATE, 1)
    core.stand.pace(Rubato(bpm=200.0, over=1.0 * RATE).row())
    core.run(6400)
    core.stand.pace(Rubato(bend=0.05, within=24000.0).row())
    core.run(640)
    before = beat(core)
    core.play(Score(tempo=100.0))
    core.run(RATE)
    assert core.stand.tempo[at.T_BPM] == 100.0
    assert beat(core) == pytest.approx(before + 100 / 60 + 0.05 * (1 - 640 / 24000), abs=2e-4)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(timed, st.sampled_from([64, 100, 333, 1024]))
def test_time_does_not_depend_on_the_devices_block(what: list[tuple[int, Rubato]], block: int) -> None:
    one, two = (led(what, 3 * RATE, block=size)[0].stand.tempo[:CELLS].copy() for size in (256, block))
    assert list(one) == list(two)


class Torn:
    """Tempo cells that a callback writes while they are read."""

    def __init__(self) -> None:
        self.reads = 0

    def __getitem__(self, cell: int) -> float:
        self.reads += 1
        writing = self.reads < 9
        if cell == at.T_SEQ:
            return float(self.reads // 3 * 2 + 1) if writing else 8.0
        return {at.T_BPM: 60.0 if writing else 120.0, at.T_BAR: 4.0, at.T_BEAT0: 8.0, at.T_FRAME0: 100.0}[cell]


def test_time_is_never_read_half_written() -> None:
    assert seen(Torn(), RATE).bpm == 120.0


def test_a_core_that_died_while_it_wrote_leaves_cells_that_can_be_read() -> None:
    cells = np.zeros(64)
    cells[[at.T_BPM, at.T_BAR, at.T_SEQ]] = 97.0, 4.0, 3.0
    assert seen(cells, RATE).bpm == 97.0


# --- what follows it --------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(timed, st.sampled_from([0.25, 1 / 3, 0.5]))
def test_no_hit_is_doubled_or_lost_however_time_bends(tick: str, what: list[tuple[int, Rubato]], every: float) -> None:
    frames = 3 * RATE
    core, x = led(what, frames + LATE, ticking(tick, every))
    heard = np.flatnonzero(x) - LATE
    bars = Bars.of([Cue(0, Score(tempo=120.0)), *(Cue(frame, pace) for frame, pace in what)], RATE)
    steps = math.ceil(bars.at(frames).beat(frames) / every - 1e-9)
    assert len(heard) in (steps, steps + 1)
    for k, frame in enumerate(heard):
        assert abs(bars.at(int(frame)).beat(float(frame)) / every - k) * every * 60 * RATE / 300 < 1.51


def test_hush_does_not_stop_the_clock(tick: str) -> None:
    core, _ = led([(0, Rubato(bpm=150.0, over=1.0 * RATE))], 6400, ticking(tick))
    core.play(replace(core.conductor.score, sends=()))
    core.run(RATE)
    assert bpm_of(core.stand.tempo) == 150.0
    assert beat(core) == pytest.approx(135 / 60 + 6400 * 150 / 60 / RATE, abs=1e-6)


# --- what is written down ------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(timed, st.lists(st.tuples(st.integers(1, 2 * RATE), st.integers(50, 250).map(float)), max_size=2))
def test_the_bars_of_a_take_are_those_of_its_core(what: list[tuple[int, Rubato]], plans: list[tuple[int, float]]) -> None:
    core = Offline(RATE, 1)
    cues = [Cue(-(-frame // 64) * 64, pace) for frame, pace in what]
    for frame, pace in what:
        core.stand.pace(pace.row(frame))
    for frame, tempo in sorted(plans):
        core.run(max(frame - core.frame, 0))
        cues.append(Cue(core.frame, (Pace(tempo, 4.0),)))
        core.play((Pace(tempo, 4.0),))
        core.run(64)
    core.run(3 * RATE)
    bars = Bars.of(sorted(cues, key=lambda cue: cue.frame), RATE)
    assert bars.at(core.frame).beat(core.frame) == pytest.approx(beat(core), abs=1e-9)


def test_a_take_with_bent_time_is_replayed_sample_for_sample(tick: str, tmp_path: Path) -> None:
    cues = [
        Cue(0, ticking(tick)),
        Cue(6400, Rubato(bpm=170.0, over=48000.0)),
        Cue(64000, Rubato(bend=-0.1, within=9000.0)),
        Cue(96000, Rubato(bpm=100.0, aim=3.0, aim_at=96000.0)),
    ]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    bounce(cues, 4.0, tmp_path / "one", rate=RATE, channels=1, block=256, journal=tmp_path / "one.jsonl")
    take = played(tmp_path / "one.jsonl")
    bounce(take.cues, 4.0, tmp_path / "two", rate=RATE, channels=1, block=100, journal=tmp_path / "two.jsonl")
    one, two = (soundfile.read(tmp_path / name / "mix.wav", dtype="float32")[0] for name in ("one", "two"))
    assert np.count_nonzero(one) > 20
    assert np.array_equal(one, two)
    assert fingerprint(tmp_path / "one.jsonl") == fingerprint(tmp_path / "two.jsonl")
    assert Bars.of_journal(tmp_path / "one.jsonl").clocks == Bars.of(take.cues, RATE).clocks


def test_a_core_that_takes_over_goes_on_with_the_ramp_and_not_with_the_pages_tempo(tick: str, tmp_path: Path) -> None:
    core, _ = led([(0, Rubato(bpm=180.0, over=2.0 * RATE))], 48000, ticking(tick))
    tempo = tuple(float(x) for x in core.stand.tempo[:CELLS])
    again = Again(48000, ticking(tick), {"a": 0}, tempo=tempo)
    cues = [Cue(0, ticking(tick)), Cue(0, Rubato(bpm=180.0, over=2.0 * RATE)), Cue(48000, again, lands=48000)]
    bounce(cues, 4.0, tmp_path, rate=RATE, channels=1)
    heard = np.flatnonzero(soundfile.read(tmp_path / "mix.wav", dtype="float32")[0])
    assert 60 * RATE / (4 * np.diff(heard)[-1]) == pytest.approx(180.0, abs=0.1)
    bars = Bars.of(cues, RATE)
    assert bars.at(4 * RATE).bpm == 180.0


def test_the_bars_go_on_through_a_core_that_died_in_a_ramp() -> None:
    died, again = 48000, 54400
    core, _ = led([(0, Rubato(bpm=180.0, over=2.0 * RATE))], died)
    tempo = tuple(float(x) for x in core.stand.tempo[:CELLS])
    core.stand.clock[at.C_FRAME] = again
    core.run(3 * RATE)
    cues = [Cue(0, Rubato(bpm=180.0, over=2.0 * RATE)), Cue(again, Again(died, tempo=tempo))]
    assert Bars.of(cues, RATE).at(core.frame).beat(core.frame) == pytest.approx(beat(core), abs=1e-9)


def test_a_told_tempo_outweighs_every_tap_and_clock_while_it_holds() -> None:
    cues = [
        Cue(0, Score(places={"a": Node("tone")}, sends=(Send("a", 0, 1),), tempo=120.0)),
        Cue(6400, Rubato(bpm=130.0, led=1.0)),
        Cue(300032, Rubato(bpm=140.0)),
    ]
    bars = Bars.of(changed(cues, ["tempo = 90 from bar 2 to bar 4"], rate=RATE, last=960000), RATE)
    assert [round(bars.at(second * RATE).bpm) for second in (1, 3, 9, 15)] == [130, 90, 140, 140]


@pytest.mark.parametrize("wrong", [{"bpm": 0.5}, {"bpm": "fast"}, {"over": -1.0}, {"bend": math.nan}, {"bpm": True}])
def test_a_pace_that_makes_no_sense_is_refused_in_words(wrong: dict) -> None:
    with pytest.raises(ValueError, match="tempo|pace"):
        Rubato.of(wrong)


def test_a_pace_comes_back_from_its_letter_and_its_row() -> None:
    pace = Rubato(bpm=93.0, bend=0.1, within=2400.0, aim=3.0, aim_at=17.0, led=1.0)
    assert Rubato.of(pace.data()) == pace
    assert Rubato.from_row(tuple(pace.row(64))) == pace
    assert Rubato().data() == {}
