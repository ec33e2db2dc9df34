"""Hits in the core's own time: to the frame, in any blocks, through every edit, without anybody at the desk."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from live.core.check import Refusal
from live.core.controls.seq import euclid, gains, hits
from live.core.offline import Offline, render
from live.plan import compare, from_rows, rows
from live.score import Drive, Node, Score, Send

RATE = 48000
LATE = 64  # frames the limiter holds everything back
Hits = list[tuple[int, float]]


def score(tempo: float = 120.0, **places: Node) -> Score:
    sound = [name for name, node in places.items() if node.kind != "env"]
    return Score(places=places, sends=tuple(Send(name, i, 1) for i, name in enumerate(sound)), tempo=tempo)


def beat(kind: str, hits: str, file: str = "", **more: Any) -> Node:
    return Node(kind, settings={"hits": hits, **({"file": file} if file else {}), **more})


def heard(x: NDArray[np.float32]) -> Hits:
    """Ticks: their frames and gains."""
    return [(int(i) - LATE, round(float(x[i]) / 0.5, 4)) for i in np.flatnonzero(x)]


def due(pattern: str, every: float, swing: float, frames: int, tempo: float = 120.0, turn: float = 0.0) -> Hits:
    """The same, as seq says."""
    beat = 60 * RATE / tempo
    found = hits(pattern, every, swing, -1.0 - turn, (frames + 1) / beat - turn)
    return [(f, g) for f, g in ((math.floor((b + turn) * beat + 0.500001), g) for b, g in found) if 0 <= f < frames - LATE]


def played(node: Node, frames: int, tempo: float = 120.0, block: int = 256) -> Hits:
    return heard(render(score(tempo, a=node), frames / RATE, channels=1, block=block)[0])


# --- when ------------------------------------------------------------------------


def test_a_pattern_plays_its_hits_at_their_very_frames_loud_and_soft(tick: str) -> None:
    assert played(beat("clip", "x-o- xx-o", tick), 4 * RATE) == due("x-o- xx-o", 0.25, 0.0, 4 * RATE)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pattern=st.text("xo-", min_size=1, max_size=11).filter(lambda p: p.strip("-")),
    every=st.sampled_from([1 / 64, 1 / 7, 0.25, 1 / 3, 0.5, 1.0, 2.5]),
    swing=st.sampled_from([0.0, 0.3, 1.0]),
    tempo=st.sampled_from([60.0, 97.3, 120.0, 181.0]),
    turn=st.sampled_from([0.0, 0.4, -1.7]),
    block=st.sampled_from([31, 64, 256, 1000]),
)
def test_any_pattern_at_any_tempo_plays_what_seq_says_in_any_blocks(
    tick: str, pattern: str, every: float, swing: float, tempo: float, turn: float, block: int
) -> None:
    node = beat("clip", pattern, tick, every=every, swing=swing, turn=turn)
    assert played(node, 2 * RATE, tempo, block) == due(pattern, every, swing, 2 * RATE, tempo, turn)


def test_five_over_sixteen_is_a_pattern_like_any_other(tick: str) -> None:
    assert played(beat("clip", euclid(5, 16), tick), 4 * RATE) == due("x---x--x--x--x--", 0.25, 0.0, 4 * RATE)


def test_two_hundred_and_fifty_six_steps_are_a_pattern_and_one_more_is_not(tick: str) -> None:
    long = "x-" * 127 + "ox"
    assert played(beat("clip", long, tick, every=1 / 64), 3 * RATE) == due(long, 1 / 64, 0.0, 3 * RATE)
    with pytest.raises(Refusal, match="257 steps; legal: 256"):
        render(score(a=beat("clip", long + "x", tick)), 0.1)


def test_places_of_different_patterns_are_locked_to_one_beat(tick: str) -> None:
    both = score(a=beat("clip", "x", tick, every=1.0), b=beat("clip", "x--", tick, every=1 / 3))
    a, b = render(both, 4.0)
    assert heard(a) == heard(b)
    assert len(heard(a)) == 8


def test_the_pattern_follows_the_tempo_and_misses_no_hit_at_the_change(tick: str) -> None:
    core = Offline(RATE, 1)
    one = score(97.3, a=beat("clip", "xo", tick, every=0.5))
    core.play(one)
    before = core.run(1000)
    bar = core.frame_of(4)  # between two frames, as it happens
    core.play(one.with_(tempo=41.0), frame=bar)
    got = heard(np.concatenate([before, core.run(bar + 5 * RATE)], axis=1)[0])
    assert [g for _, g in got] == list(np.resize([1.0, 0.6], len(got)))
    assert got[:9] == due("xo", 0.5, 0.0, bar + 1 + LATE, 97.3)
    assert np.abs(np.diff([f for f, _ in got[8:]]) - 30 * RATE / 41.0).max() <= 1
    assert len(got) > 14


def test_a_core_that_starts_in_the_middle_of_the_music_is_in_time_at_once(tick: str) -> None:
    core = Offline(RATE, 1)
    core.stand.clock[1] = 1_000_003
    core.play(score(a=beat("clip", "x-o- xx-o", tick)))
    later = [(f + 1_000_003, g) for f, g in heard(core.run(RATE)[0])]
    assert later == [hit for hit in due("x-o- xx-o", 0.25, 0.0, 1_000_003 + RATE) if hit[0] >= 1_000_003]


# --- with others, and through edits ----------------------------------------------


def test_a_hand_plays_along_with_the_pattern(tick: str) -> None:
    events = [("a", 6001, 1, (0.0, 0.25)), ("a", 12000, 1, (0.0, 0.5)), ("a", 12007, 1, (0.0, 0.3))]
    for block in (64, 250):
        got = heard(render(score(a=beat("clip", "x---", tick)), 1.0, channels=1, block=block, events=events)[0])
        assert got[:5] == [(0, 1.0), (6001, 0.25), (12000, 0.5), (12007, 0.3), (24000, 1.0)]


def test_an_edit_on_the_bar_line_plays_its_hit_once_and_in_full(tick: str) -> None:
    core = Offline(RATE, 1)
    core.play(score(a=beat("clip", "x-x-", tick)))
    core.run(70000)
    core.play(score(a=beat("clip", "x-xo", tick)), frame=96000)
    got = heard(core.run(60000)[0])
    assert [(f + 70000, g) for f, g in got] == [(72000, 1), (84000, 1), (96000, 1), (108000, 1), (114000, 0.6), (120000, 1)]


@pytest.mark.parametrize("tempo", [43.0, 97.3, 240.0])
@pytest.mark.parametrize("then", [31.0, 97.3, 300.0])
def test_an_edit_with_a_new_tempo_plays_the_hit_it_lands_on_exactly_once(tick: str, tempo: float, then: float) -> None:
    core = Offline(RATE, 1)
    core.play(score(tempo, a=beat("clip", "x", tick)))
    core.run(64)
    bar = core.frame_of(4)
    core.play(score(then, a=beat("clip", "xo", tick)), frame=bar)
    near = [(f + 64, g) for f, g in heard(core.run(bar + 1000)[0]) if abs(f + 64 - bar) < 300]
    assert near == [(bar, 1.0)]


def test_a_pattern_edited_in_the_middle_goes_on_as_if_it_had_always_been_so(tick: str) -> None:
    def soft(hits: str, notes: tuple[float, ...]) -> Node:
        return Node("tone", controls={"gain": 0.2}, settings={"hits": hits, "every": 1 / 3, "notes": notes})

    new = score(a=beat("clip", "xx-o-", tick, every=1 / 3, notes=(0.0, 0.1)), b=soft("x-o", (200, 300, 450, 500)))
    whole = render(new, 4.0)
    core = Offline(RATE, 2)
    core.play(score(a=beat("clip", "x", tick), b=soft("xo", (80,))))
    core.run(50000)
    core.play(new)
    core.run(46000)
    np.testing.assert_array_equal(core.run(RATE)[0], whole[0, 96000 : 96000 + RATE])
    again = core.run(1000)[1]
    assert np.abs(again).max() > 0.0


def test_a_place_that_leaves_starts_no_more_notes(tick: str) -> None:
    core = Offline(RATE, 1)
    core.play(score(a=beat("clip", "x", tick, every=1 / 32)))
    core.run(6000)
    core.play(Score(), fade=1.0)
    assert len(heard(core.run(RATE)[0])) <= 1  # what was in the limiter


def test_an_envelope_edited_on_the_bar_line_keeps_its_attack() -> None:
    def with_(hits: str) -> Score:
        env = Node("env", controls={"attack": 0.001, "sustain": 1.0, "release": 0.3}, settings={"hits": hits, "every": 1.0})
        return score(a=Node("tone", controls={"gain": Drive("e"), "freq": 2000.0}), e=env)

    core = Offline(RATE, 1)
    core.play(with_("x"))
    core.run(80000)
    core.play(with_("xo"), frame=96000)
    got = np.abs(core.run(30000)[0][16000 + LATE :])
    assert got[300:800].max() > 0.85


def test_a_rhythm_is_the_same_after_the_journey_to_the_core(tick: str) -> None:
    plan = compare(Score(), score(a=beat("clip", "x-o" * 80, tick, notes=[0, 0.5] * 40, swing=0.3)))
    assert from_rows(list(rows(plan))) == plan


# --- what is played --------------------------------------------------------------


def pitches(x: NDArray[np.float32], step: int, count: int) -> list[int]:
    """The pitch in the middle of each step, to 10 Hz; 0 where it is silent."""
    found = []
    for k in range(count):
        part = x[LATE + k * step + 200 : LATE + k * step + step - 200]
        power = np.abs(np.fft.rfft(part * np.hanning(len(part)), RATE // 2))
        found.append(0 if np.abs(part).max() < 1e-4 else 10 * round(2 * float(power.argmax()) / 10))
    return found


def test_notes_go_round_with_the_hits_and_not_with_the_steps() -> None:
    tone = Node(
        "tone",
        controls={"gain": 0.5, "release": 0.001},
        settings={"hits": "x-xx", "every": 0.5, "notes": (200, 300, 400, 500), "gate": 0.9},
    )
    got = pitches(render(score(a=tone), 2.5, channels=1)[0], 12000, 9)
    assert got == [200, 0, 300, 400, 500, 0, 200, 300, 400]


def test_a_tone_without_notes_takes_the_pitch_of_its_control_and_follows_it() -> None:
    tone = Node(
        "tone", controls={"freq": Drive("knob:3", 600.0, 300.0), "gain": 0.5, "release": 0.001}, settings={"hits": "x-", "every": 0.5}
    )
    core = Offline(RATE, 1)
    core.play(score(a=tone))
    first = pitches(core.run(24000 + LATE)[0], 6000, 4)
    core.stand.knobs[3] = 1.0
    core.run(24000 - LATE)
    assert first == [300, 0, 0, 0]
    assert pitches(core.run(24000 + LATE)[0], 6000, 4) == [900, 0, 0, 0]


def test_a_tone_is_let_go_after_its_gate_and_silent_until_the_next_note() -> None:
    def tone(gate: float) -> NDArray[np.float32]:
        node = Node("tone", controls={"attack": 0.001, "release": 0.001}, settings={"hits": "x--x", "every": 0.5, "gate": gate})
        return np.abs(render(score(a=node), 1.0, channels=1)[0][LATE:])

    half = tone(-1.0)
    assert half[5000:5999].max() > 0.5
    assert not half[6100:36000].any()
    assert tone(2.5)[29800:29999].max() > 0.5
    assert not tone(2.5)[30100:36000].any()
    assert tone(0.0)[:36000].reshape(-1, 480).max(axis=1).min() > 0.5  # nothing lets it go


def test_a_long_gate_does_not_cut_the_next_note() -> None:
    node = Node("tone", controls={"attack": 0.001, "release": 0.001}, settings={"hits": "xx--", "every": 0.5, "gate": 1.5})
    got = np.abs(render(score(a=node), 1.0, channels=1)[0][LATE:])
    assert got[:29900].reshape(-1, 100).max(axis=1).min() > 0.3
    assert not got[30100:].any()


def test_a_clip_with_hits_waits_for_the_first_and_plays_once_for_each(steps: str) -> None:
    node = beat("clip", "x", steps, every=8, turn=0.5)
    got = render(score(a=node), 4.0, channels=1)[0][LATE:]
    assert not got[:12000].any()
    assert got[12000] == np.float32(0.01)
    assert not got[12000 + 2 * RATE :].any()
    looped = render(score(a=beat("clip", "x", steps, every=8, turn=0.5, loop=True)), 4.0, channels=1)[0][LATE:]
    assert looped[12000 + 2 * RATE] == np.float32(0.01)


def test_notes_of_a_clip_are_seconds_from_its_start_and_its_gate_stops_it(steps: str) -> None:
    got = render(score(a=beat("clip", "x", steps, every=1, notes=(0.55, 1.25), gate=0.25)), 2.0, channels=1)[0][LATE:]
    assert got[0] == np.float32(0.06)
    assert got[24000] == np.float32(0.13)
    assert not got[6300:24000].any()


def test_notes_of_grains_are_positions_and_their_size_is_the_controls(steps: str) -> None:
    def sound(**more: Any) -> NDArray[np.float32]:
        node = Node(
            "grains", controls={"size": 0.05, "position": 0.5, "jitter": 0.0}, settings={"file": steps, "hits": "x", "every": 1, **more}
        )
        return render(score(a=node), 1.0, channels=1)[0][LATE:]

    got = sound(notes=(0.0, 1.0))
    assert got[:2400].max() == pytest.approx(0.01, rel=0.02)
    assert not got[2400:24000].any()
    assert got[24000:26400].max() == pytest.approx(0.2, rel=0.02)
    assert sound()[:2400].max() == pytest.approx(0.1, rel=0.1)


def test_a_pluck_sounds_the_same_from_a_pattern_as_by_hand() -> None:
    by_itself = Node("pluck", settings={"hits": "x-o", "every": 0.5, "notes": (220, 330)}, controls={"gain": 0.5})
    by_hand = Node("pluck", controls={"gain": 0.5})
    events = [("a", 0, 1, (220, 1.0)), ("a", 24000, 1, (330, 0.6)), ("a", 36000, 1, (220, 1.0))]
    want = render(score(a=by_hand), 1.0, channels=1, fade=1e-6, events=events)
    np.testing.assert_array_equal(render(score(a=by_itself), 1.0, channels=1), want)


def test_an_envelope_is_begun_and_let_go_by_its_hits_which_lead_over_its_own_every() -> None:
    env = Node("env", controls={"attack": 0.001, "sustain": 1.0, "release": 0.001}, settings={"hits": "x-o-", "every": 0.5, "gate": 0.5})
    tone = Node("tone", controls={"gain": Drive("e"), "freq": 4000.0})
    got = np.abs(render(score(a=tone, e=env), 2.0, channels=1)[0][LATE:])
    level = got[: 4 * 12000].reshape(-1, 6000)[:, 1000:-1000].max(axis=1)
    np.testing.assert_allclose(level, [0.891, 0, 0, 0, 0.6, 0, 0, 0], atol=0.02)


def test_an_envelope_without_hits_still_goes_by_its_own_every() -> None:
    env = Node("env", controls={"attack": 0.001, "sustain": 1.0, "release": 0.001}, settings={"every": 0.5, "gate": 0.25})
    tone = Node("tone", controls={"gain": Drive("e"), "freq": 4000.0})
    got = np.abs(render(score(a=tone, e=env), 1.0, channels=1)[0][LATE:])
    level = got[:24000].reshape(-1, 3000)[:, 500:-500].max(axis=1)
    np.testing.assert_allclose(level, [0.891, 0, 0, 0, 0.891, 0, 0, 0], atol=0.02)


# --- what is no rhythm -----------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"hits": "x-y"}, "x (loud), o (soft)"),
        ({"hits": "  "}, "at least one step"),
        ({"hits": "x", "every": 0.0}, "every=0.0 makes no rhythm; legal: 1/64"),
        ({"hits": "x", "swing": 1.5}, "legal: 0 to 1"),
        ({"hits": "x", "notes": (1.0, "a")}, "'a' among its notes is none; legal for clip: numbers from 0 (seconds from the start)"),
        ({"hits": "x", "gate": math.nan}, "gate=nan makes no rhythm"),
        ({"hit": "x"}, "Nearest: hits"),
    ],
)
def test_what_is_no_rhythm_is_refused_in_one_line(tick: str, wrong: dict[str, Any], says: str) -> None:
    core = Offline(RATE, 1)
    with pytest.raises(Refusal) as refused:
        core.play(score(a=Node("clip", settings={"file": tick, **wrong})))
    assert str(refused.value).startswith("a: ")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert core.conductor.taken["slots"] == 0


def test_a_kind_that_takes_no_events_takes_no_hits() -> None:
    with pytest.raises(Refusal, match="noise has no setting 'hits'"):
        render(score(a=Node("noise", settings={"hits": "x"})), 0.1)


def test_a_pattern_of_rests_is_silence_that_a_hand_may_fill(tick: str) -> None:
    got = render(score(a=beat("clip", "----", tick)), 0.5, channels=1, events=[("a", 500, 1, (0.0, 1.0))])[0]
    assert heard(got) == [(500, 1.0)]
    assert len(gains("----")) == 4


def test_a_sound_that_hits_leap_about_in_lies_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from live.core.sources import clip

    monkeypatch.setattr(clip, "IN_MEMORY", 5.0)
    x = np.repeat(np.arange(1, 21) / 100, RATE)
    soundfile.write(tmp_path / "long.wav", x, RATE, subtype="FLOAT")
    got = render(score(a=beat("clip", "x", str(tmp_path / "long.wav"), notes=(17.5, 3.5))), 0.5, channels=1)[0][LATE:]
    assert got[0] == np.float32(0.18)
    assert got[6000 + 100] == np.float32(0.04)
