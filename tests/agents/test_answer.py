"""The partner as a whole: it keeps the promises of every engine, answers in time, and plays what it says it plays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents import bench_answer as bench
from agents.answer import Answer
from agents.bench_answer import RATE, Performance, bundled, play, saved
from engines.asked import coded
from engines.face import Format, Ramps
from tests.agents.sounds import noise
from tests.contract import Contract, hum

SOUNDS = Path(__file__).resolve().parents[2] / "sounds"
BRASS = {"memory": str(SOUNDS / "brass swell.flac"), "relation": "none"}
LEAD = np.tile(bundled("kalimba phrase"), 3)


class TestAnswer(Contract):
    """All the promises of the face, but for two that no partner keeps: it plays when it likes, and never what it hears."""

    engine = Answer
    settings = BRASS

    def test_it_answers_after_exactly_the_declared_latency(self) -> None:
        pytest.skip("what comes is no trace of what went in")

    def test_silence_in_gives_silence_out(self) -> None:
        """At full space it may play into silence; at no density it may not."""
        fmt, engine = self.fmt(), self.made()
        assert np.abs(self.play(engine, fmt, fmt.silence(seconds=1.0), {"density": 0.0})).max() == 0

    def test_a_sound_goes_in_and_the_partner_comes_out(self) -> None:
        fmt = self.fmt(channels=2)
        sound = self.play(self.made(), fmt, hum(fmt, 2.0))
        assert np.abs(sound).max() > 0.01


def memory(name: str, **more: Any) -> dict[str, Any]:
    """A bundled sound as a memory, with an alphabet of its own."""
    return {"memory": str(SOUNDS / f"{name}.flac"), "relation": "none", "classes": 61, **more}


def met(checks: Any) -> None:
    """Every figure within its limit."""
    for check in checks:
        assert check["met"] is not False, check


def share(made: Performance) -> float:
    """How much of the time it plays."""
    return float(np.mean([one.event is not None for one in made.did]))


def run(made: Performance) -> float:
    """Segments it plays on without a jump, on the mean."""
    some = [one for one in made.did if one.event is not None]
    return len(some) / max(sum(not one.on for one in some), 1)


# --- sound ---------------------------------------------------------------------------------------


def test_the_memory_in_its_own_order_comes_back_bit_for_bit() -> None:
    met(bench.identity(("kalimba phrase", "wood knocks")))


def test_by_the_memory_s_own_pace_a_recording_comes_back_too() -> None:
    own = bundled("kalimba phrase")
    made = play(memory("kalimba phrase", rule="memory", pace="memory"), np.zeros(own.size + RATE), {"insist": 1, "follow": 0, "dare": 0})
    begins, fade = made.did[0].frame, made.did[0].crossing
    again = made.partner.memory.read(fade, own.size - 480)
    assert np.array_equal(made.sound[:, begins + fade : begins + own.size - 480], again)


def test_after_a_rest_it_begins_on_the_very_frame(tmp_path: Path) -> None:
    met(bench.onsets(tmp_path))


def test_stretched_segments_follow_one_another_without_a_seam(tmp_path: Path) -> None:
    met(bench.in_time(tmp_path))


def test_it_never_reads_from_one_recording_into_the_next(tmp_path: Path) -> None:
    """Two files of opposite sign: a frame of the second is heard only where a segment of the second is played."""
    up = saved(tmp_path, "a", 0.3 + 0.01 * noise(1.1, 1))
    down = saved(tmp_path, "b", -0.3 + 0.01 * noise(1.1, 2))
    made = play({"memory": f"{up}|{down}", "relation": "none", "cut": "grid"}, LEAD[: 8 * RATE], {"dare": 0.8, "follow": 0})
    for one, after in zip(made.did, made.did[1:], strict=False):
        if one.event is None or after.frame > made.sound.shape[1]:
            continue
        heard = made.sound[0, one.frame + one.crossing : after.frame]
        sign = 1 if int(made.partner.memory.source[one.event.index]) == 0 else -1
        assert (sign * heard >= -1e-3).all()


def test_where_a_recording_ends_there_is_no_hole() -> None:
    """Rain without a pause: it jumps before the end, and never begins where hardly anything is left."""
    for dare in (0.0, 0.9):
        sound = play(memory("rain on tin"), LEAD, {"dare": dare}).sound[0, RATE:]
        quiet = np.abs(sound) < 1e-6
        edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(np.int8), [0]])))
        assert (edges[1::2] - edges[::2]).max(initial=0) < 0.005 * RATE


def test_every_jump_on_loud_material_is_without_a_click() -> None:
    made = play(memory("rain on tin"), LEAD, {"dare": 1.0})
    own = np.abs(np.diff(bundled("rain on tin"))).max()
    assert np.abs(np.diff(made.sound)).max() <= 1.5 * own


# --- in time ---------------------------------------------------------------------------------------


def test_a_decision_takes_few_milliseconds() -> None:
    made = play(memory("kalimba phrase"), LEAD)
    assert np.median(made.costs) < 0.005


def test_a_change_of_harmony_is_answered_in_the_next_segment(tmp_path: Path) -> None:
    met(bench.reaction(tmp_path, "none", 10))


def test_the_same_seed_plays_the_same_and_another_another() -> None:
    met(bench.again("none"))


def test_one_partner_s_chance_is_not_another_s() -> None:
    """Side by side or alone, block by block in turn: the same sound."""
    engine = Answer(**memory("low bell"))
    engine.load()
    alone = play({}, LEAD[: 5 * RATE], {"dare": 0.7}, engine=engine).sound
    one, other = (engine.start(bench.Format(RATE, 1, 256, seed, bench.AHEAD)) for seed in (3, 9))
    at, late, made = bench.rested(dare=0.7), np.concatenate([np.zeros(bench.AHEAD, np.float32), LEAD]), []
    for frame in range(0, 5 * RATE // 256 * 256, 256):
        ramps, heard = Ramps(at, at, frame, frame / RATE * 2, 120.0), late[None, frame : frame + 256]
        made.append(engine.step(one, heard, ramps))
        engine.step(other, heard, ramps)
    assert np.array_equal(np.concatenate(made, axis=1), alone)


def test_it_goes_on_after_a_leap_of_the_clock() -> None:
    engine = Answer(**memory("rain on tin"))
    engine.load()
    partner, at = engine.start(bench.Format(RATE, 1, 256, 0, bench.AHEAD)), bench.rested()
    for begin in (0, 1000 * RATE, 10 * RATE):
        made = []
        for frame in range(begin, begin + 2 * RATE, 256):
            made.append(engine.step(partner, LEAD[None, :256], Ramps(at, at, frame, frame / RATE * 2, 120.0)))
        late = np.concatenate(made, axis=1)[:, RATE:]
        assert np.abs(late).max() > 0.01
        assert np.isfinite(late).all()


# --- hands ---------------------------------------------------------------------------------------


def test_density_thins_it() -> None:
    shares = [share(play(memory("kalimba phrase"), LEAD, {"density": d})) for d in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert 0.1 < shares[1] < 0.4
    assert 0.3 < shares[2] < 0.7


def test_space_leaves_room_while_you_play_and_none_while_you_do_not() -> None:
    both = np.concatenate([LEAD[: 5 * RATE], np.zeros(5 * RATE, np.float32)])
    with_you, alone = [], []
    for space in (0.0, 0.5, 1.0):
        made = play(memory("rain on tin"), both, {"space": space, "follow": 0})
        with_you.append(np.mean([one.event is not None for one in made.did if one.frame < 4.5 * RATE]))
        alone.append(np.mean([one.event is not None for one in made.did if one.frame > 6 * RATE]))
    assert with_you[0] > with_you[1] > with_you[2]
    assert with_you[2] < 0.3
    assert min(alone) == 1


def test_dare_jumps_more_the_more_there_is_of_it() -> None:
    runs = [run(play(memory("kalimba phrase"), LEAD, {"dare": dare})) for dare in (0.0, 0.5, 1.0)]
    assert runs[0] > 1.5 * runs[1] > 1.5 * runs[2]
    assert runs[2] == 1


def test_follow_brings_it_nearer_to_what_is_heard() -> None:
    """In pitch classes and level, on the mean, the harmony played comes nearer to the harmony heard."""
    away = []
    for follow in (0.0, 0.5, 1.0):
        made = play(memory("kalimba phrase"), LEAD, {"follow": follow})
        book, vectors = made.partner.memory.codebook, made.partner.memory.vectors
        heard = {one.end + bench.AHEAD + made.partner.lead: one.vector for one in made.partner.heard}
        some = [one for one in made.did if one.event is not None and one.frame in heard]
        assert len(some) > 30
        away.append(np.mean([np.linalg.norm((heard[one.frame] - vectors[one.event.index]) / book.scale) for one in some]))  # type: ignore[union-attr]
    assert away[0] > away[1] >= 0.95 * away[2]
    assert away[2] < 0.8 * away[0]


def test_wait_answers_what_was_heard_so_many_beats_ago() -> None:
    """What is listened to is the same row of labels, so many segments later."""
    rows = {wait: [one.heard for one in play(memory("kalimba phrase"), LEAD, {"wait": wait}).did] for wait in (0.0, 1.0, 2.5, 16.0)}
    assert len(set(rows[0.0])) > 5
    for wait, row in rows.items():
        late = round(2 * wait)
        assert row[late:] == rows[0.0][: len(row) - late]
        assert set(row[:late]) <= {-1}


def test_insist_makes_the_rule_heard() -> None:
    """A row of two labels, asked for more and more."""
    first = play(memory("kalimba phrase"), LEAD[:RATE]).partner.memory.labels.tolist()
    a, b = first[3], first[5]
    kept = []
    for insist in (0.0, 0.4, 1.0):
        made = play(memory("kalimba phrase", rule=f"{a} {b}"), LEAD, {"insist": insist, "follow": 0, "dare": 0.5})
        kept.append(np.mean([one.label == (a, b)[k % 2] for k, one in enumerate(made.did)]))
    assert kept[0] < kept[1] <= kept[2]
    assert kept[2] > 0.95


def test_never_is_never_played_again_and_forget_brings_it_back() -> None:
    engine = Answer(**memory("wood knocks"))
    engine.load()
    partner = engine.start(bench.Format(RATE, 1, 256, 0, bench.AHEAD))
    silenced = list(range(1, len(partner.memory)))
    sayings = [coded(k + 1, "never", i) for k, i in enumerate(silenced)]

    def stand(second: float) -> dict[str, float]:
        spot = int(second * 20)
        return {
            "dare": 0.9,
            "asked": 0.0 if spot == 0 else sayings[min(spot - 1, len(sayings) - 1)] if second < 4 else coded(99, "forget", 1 << 19),
        }

    made = play({}, LEAD[: 8 * RATE], stand, partner=partner, engine=engine)
    quiet = {one.event.index for one in made.did if one.event and 1.5 * RATE < one.frame < 4 * RATE}
    after = {one.event.index for one in made.did if one.event and one.frame > 5 * RATE}
    assert quiet <= {0}
    assert len(after) > 2


# --- what it says --------------------------------------------------------------------------------


def test_what_it_names_is_what_is_heard() -> None:
    met(bench.truthful("none"))


def test_the_plan_is_shown_ahead_and_changes_only_where_it_says_so() -> None:
    met(bench.foretold("none"))


def test_every_reason_can_be_counted_again() -> None:
    met(bench.explained())


# --- what may be wrong -----------------------------------------------------------------------------


def test_a_memory_of_one_segment_plays_that(tmp_path: Path) -> None:
    made = play({"memory": saved(tmp_path, "one", noise(0.2)), "relation": "none"}, LEAD[: 2 * RATE], {"dare": 0.5})
    assert share(made) > 0.5
    assert np.isfinite(made.sound).all()


def test_a_memory_of_silence_is_silent_and_says_so(tmp_path: Path) -> None:
    made = play({"memory": saved(tmp_path, "nothing", np.zeros(2 * RATE)), "relation": "none"}, LEAD[: 2 * RATE])
    assert not made.sound.any()
    assert any("silence" in note for note in made.shown[-1]["notes"])


def test_a_broken_file_among_good_ones_is_named_and_the_others_play(tmp_path: Path) -> None:
    saved(tmp_path, "good", noise(1.0))
    (tmp_path / "bad.wav").write_bytes(b"RIFF and nothing more")
    made = play({"memory": str(tmp_path), "relation": "none"}, LEAD[: 2 * RATE])
    assert made.sound.any()
    assert any("bad.wav" in note and "\n" not in note for note in made.shown[-1]["notes"])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"memory": "/nowhere/at all.wav"}, "there is no /nowhere"),
        ({"memory": ""}, "an empty memory"),
        ({"pace": "soon"}, "there is no pace"),
        ({"rule": "fourths"}, "there is no rule"),
        ({"relation": "/nowhere.npz"}, "is not there"),
    ],
)
def test_what_cannot_be_is_one_line(settings: dict[str, Any], says: str) -> None:
    with pytest.raises((ValueError, OSError), match=says) as slip:
        play(BRASS | settings, LEAD[:RATE])
    assert "\n" not in str(slip.value)


def test_an_empty_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no sounds to remember"):
        play(BRASS | {"memory": str(tmp_path)}, LEAD[:RATE])


def test_a_sound_that_is_deleted_while_it_plays_plays_on(tmp_path: Path) -> None:
    engine = Answer(memory=saved(tmp_path, "gone", noise(2.0)), relation="none", cut="grid")
    engine.load()
    partner = engine.start(bench.Format(RATE, 1, 256, 0, bench.AHEAD))
    (tmp_path / "gone.wav").unlink()
    assert play({}, LEAD[: 2 * RATE], partner=partner, engine=engine).sound.any()


def test_where_nothing_may_be_played_the_fallback_speaks() -> None:
    """Every segment but the first is forbidden, and a row asks for other labels: silence, or the one there is."""
    for fallback, plays in (("silence", False), ("next", True)):
        engine = Answer(**memory("wood knocks", fallback=fallback))
        engine.load()
        partner = engine.start(bench.Format(RATE, 1, 256, 0, bench.AHEAD))
        partner.labels.never(*range(len(partner.memory)))
        if plays:
            partner.labels.forget(0)
        partner.never.update(range(1, len(partner.memory)))
        labels = partner.memory.labels
        partner.mind.mask[labels[0]] = False
        made = play({}, LEAD[: 3 * RATE], {"follow": 0}, partner=partner, engine=engine)
        assert made.sound.any() == plays


# --- learning --------------------------------------------------------------------------------------


def test_it_learns_what_it_hears_and_plays_it() -> None:
    """A memory of rain, and a kalimba is played: in the end it plays kalimba that no file holds."""
    made = play(memory("rain on tin", learn=True), LEAD, {"follow": 1, "dare": 0.5})
    own = len(made.partner.memory) - made.partner.labels.labels.__len__()
    assert own == 0
    learnt = [one for one in made.did if one.event and int(made.partner.memory.source[one.event.index]) == 1]
    assert len(learnt) > 10
    assert any(one.get("file") == "what was just played" for what in made.shown for one in what["now"])


def test_what_was_learnt_with_a_rest_between_does_not_follow() -> None:
    heard = np.concatenate([LEAD[:RATE], np.zeros(RATE, np.float32), LEAD[:RATE]])
    made = play(memory("rain on tin", learn=True), heard, {"follow": 1})
    first = int((made.partner.memory.source == 0).sum())
    assert first in made.partner.breaks or len(made.partner.breaks) >= 1
    for before, one in zip(made.did, made.did[1:], strict=False):
        if one.on and before.event and one.event and one.event.index != before.event.index:
            assert one.event.index not in made.partner.breaks


@pytest.mark.parametrize("ear", ["timbre", "energy", "mix"])
def test_another_ear_tells_other_kinds_and_goes_without_the_relation(ear: str) -> None:
    engine = Answer(memory=str(SOUNDS / "horn lines.flac"), ear=ear)
    engine.load()
    partner = engine.start(Format(48000, 1, 256, 3))
    assert engine.opinions.relation is None
    assert partner.memory.codebook.emphasis == ear
    assert len(np.unique(partner.memory.labels)) > 3


def test_a_relation_of_another_alphabet_is_refused_in_one_line() -> None:
    engine = Answer(memory=str(SOUNDS / "horn lines.flac"), classes=30)
    engine.load()
    with pytest.raises(ValueError, match="alphabet") as slip:
        engine.start(Format(48000, 1, 256, 3))
    assert "\n" not in str(slip.value)
