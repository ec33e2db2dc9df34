"""A played take, played another way: what is named changes, from its bar on, and nothing else does."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from live import cli
from live.bars import Bars
from live.bounce import bounce
from live.change import FORMS, changed
from live.cli import Sorry
from live.cue import Again, Cue, Gate
from live.plan import Drop, Hush, Make, Pace, Retune, Route, Swap, carried, compare
from live.score import Drive, Node, Score, Send

RATE = 48000
BAR = 24000  # frames: 4 beats at 480
A = Node("tone", controls={"freq": 220.0, "gain": 0.1})
N = Node("noise", controls={"gain": Drive("knob:3", 0.1)})
F = Node("filter", ("n",), {"cutoff": 800.0})
ONE = Score({"a": A, "n": N, "f": F}, (Send("a", gain=0.5), Send("f")), tempo=480)
TWO = ONE.with_(places={**ONE.places, "f": Node("filter", ("n",), {"cutoff": 3000.0}), "p": Node("pluck")}, sends=(*ONE.sends, Send("p")))
THREE = TWO.with_(sends=(Send("a", gain=0.25), Send("f"), Send("p")), muted=frozenset({"p"}))
CUES = [
    Cue(0, ONE),
    Cue(64, (3, 0.5)),
    Cue(2 * BAR + 640, TWO, 0.02, 2 * BAR + 6400),
    Cue(3 * BAR - 640, ("p", 1, (330.0, 0.3))),
    Cue(3 * BAR - 100, (3, 0.8)),
    Cue(4 * BAR - 6400, THREE, 0.02, 4 * BAR),
]


@pytest.fixture(scope="module")
def take(tmp_path_factory):
    """One played take, two and a half seconds of it."""
    folder = tmp_path_factory.mktemp("take")
    bounce(CUES, 2.5, folder, seed=3, stems=True, journal=folder / "journal.jsonl")
    return folder


def again(take, out, *changes):
    """The take with changes, as files; what the command said."""
    words = [word for one in changes for word in ("--change", one)]
    assert cli.main(["replay", str(take), "--out", str(out), "--json", *words]) == 0
    found = {
        name: soundfile.read(out / f"{name}.wav", always_2d=True)[0] for name in ("mix", "a", "f", "p") if (out / f"{name}.wav").exists()
    }
    return {name: found.get(name, np.zeros_like(found["mix"])) for name in ("mix", "a", "f", "p")}  # a silent stem is not written


@pytest.fixture(scope="module")
def plain(take, tmp_path_factory):
    """The take as it was."""
    return again(take, tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize(
    ("said", "touched", "since", "until"),
    [
        ("knob 3 = 0.1 from bar 3", {"f"}, 2 * BAR, None),
        ("knob 3 = 0.1 from bar 2 to bar 3", {"f"}, BAR, 2 * BAR),
        ("f.cutoff = 300 from bar 2", {"f"}, BAR, None),
        ("f.cutoff = 300 from bar 3", {"f"}, 2 * BAR, None),
        ("a.freq = 330", {"a"}, 0, None),
        ("gain of a = 0.1 from bar 4 to bar 5", {"a"}, 3 * BAR, 4 * BAR),
        ("mute a from bar 2 to bar 3", {"a"}, BAR, 2 * BAR),
        ("mute p from bar 3", {"p"}, 2 * BAR, None),
        ("drop n from bar 2", {"f"}, BAR, None),
        ("drop p from bar 1", {"p"}, 2 * BAR, None),
    ],
)
def test_a_change_is_heard_from_its_bar_on_in_what_it_names_and_nowhere_else(take, plain, tmp_path, capsys, said, touched, since, until):
    made = again(take, tmp_path, said)
    told = json.loads(capsys.readouterr().out)
    assert (told["changed"], told["notes"]) == ([said], [])
    start = -(-since // 64) * 64 + 64  # the limiter looks ahead a chunk, so what is heard comes a chunk later
    for name, sound in made.items():
        length = min(len(sound), len(plain[name]))
        before, after = sound[:start], sound[start:length]
        np.testing.assert_array_equal(before, plain[name][:start])
        if name in touched | {"mix"}:
            assert np.abs(after - plain[name][start:length]).max() > 1e-3, name
        else:
            np.testing.assert_array_equal(after, plain[name][start:length])
    if until is not None and "p" not in touched:  # what a tone or a knob did is over a quarter of a second after
        for name in set(made) - {"f"} - ({"mix"} if "f" in touched else set()):
            np.testing.assert_allclose(made[name][until + 12000 : 110000], plain[name][until + 12000 : 110000], atol=1e-6)


def test_a_change_that_changes_nothing_is_the_take_sample_for_sample(take, plain, tmp_path):
    made = again(take, tmp_path, "knob 9 = 0.5 from bar 2", "gain of a = 0.5 from bar 2 to bar 3")
    for name, sound in plain.items():
        np.testing.assert_array_equal(made[name], sound)


def test_another_tempo_moves_what_keeps_time_and_nothing_else(tmp_path):
    score = Score(
        {"a": A, "l": Node("lfo", settings={"beats": 4}), "b": Node("noise", controls={"gain": Drive("l", 0.1, 0.1)})},
        (Send("a"), Send("b")),
        480,
    )
    take = tmp_path / "take"
    take.mkdir()
    bounce([Cue(0, score)], 1.5, take, stems=True, journal=take / "journal.jsonl")
    sounds = []
    for changes in ([], ["--change", "tempo = 100 from bar 2"]):
        out = tmp_path / f"out{len(sounds)}"
        assert cli.main(["replay", str(take), "--out", str(out), "--json", *changes]) == 0
        sounds.append({name: soundfile.read(out / f"{name}.wav")[0] for name in "ab"})
    np.testing.assert_array_equal(sounds[0]["a"], sounds[1]["a"])
    np.testing.assert_array_equal(sounds[0]["b"][:BAR], sounds[1]["b"][:BAR])
    assert np.abs(sounds[0]["b"][BAR + 640 :] - sounds[1]["b"][BAR + 640 :]).max() > 1e-3


# --- the cues themselves -----------------------------------------------------------------


def plans(cues):
    """What lands, and where."""
    return [(max(cue.frame, cue.lands), cue.what) for cue in cues if cue.is_plan]


def turned(cues, *said, last=6 * BAR):
    """The cues with the changes."""
    return changed(cues, said, rate=RATE, last=last)


def ends(cues) -> Score:
    """The score at the end."""
    score = Score()
    for _, plan in plans(cues):
        score = plan if isinstance(plan, Score) else carried(score, plan)
    return score


def test_a_knob_comes_back_to_where_it_would_have_stood():
    cues = turned(CUES, "knob 3 = 0.2 from bar 2 to bar 5")
    assert [(cue.frame, cue.what) for cue in cues if cue.is_knob] == [(64, (3, 0.5)), (BAR, (3, 0.2)), (4 * BAR, (3, 0.8))]
    cues = turned(CUES, "knob 3 = 0.2 from bar 2 to bar 3")
    assert [(cue.frame, cue.what) for cue in cues if cue.is_knob] == [
        (64, (3, 0.5)), (BAR, (3, 0.2)), (2 * BAR, (3, 0.5)), (3 * BAR - 100, (3, 0.8))
    ]  # fmt: skip


def test_everything_a_change_does_not_name_stays_the_very_same_cue():
    for said in ("knob 3 = 0.2 from bar 2", "f.cutoff = 300 from bar 3", "drop p", "tempo = 99 from bar 2"):
        made = turned(CUES, said)
        kept = [cue for cue in made if cue in CUES]
        assert [cue for cue in kept if not cue.is_plan and not cue.is_knob] == [cue for cue in CUES if cue.is_note and said != "drop p"]
        assert [cue.frame for cue in made] == sorted(cue.frame for cue in made)
        assert {(cue.frame, cue.lands, cue.fade) for cue in CUES if cue.is_plan} <= {(cue.frame, cue.lands, cue.fade) for cue in made}


def test_a_control_goes_where_it_is_told_whenever_the_place_is_made_or_turned():
    made = turned(CUES, "f.cutoff = 300")
    assert [plan for _, plan in plans(made)][0][2] == Make("f", Node("filter", ("n",), {"cutoff": 300.0}))
    assert not any(isinstance(step, Retune) and step.value == 3000.0 for _, plan in plans(made) for step in plan)
    back = turned(CUES, "f.cutoff = 300 from bar 2 to bar 4")
    assert plans(back)[1] == (BAR, (Retune("f", "cutoff", 300.0),))
    assert plans(back)[3] == (3 * BAR, (Retune("f", "cutoff", 3000.0),))
    assert ends(back) == THREE


def test_a_bar_on_which_an_edit_lands_is_one_landing_not_two():
    made = plans(turned(CUES, "gain of f = 2 from bar 5"))
    assert [frame for frame, _ in made] == [0, 2 * BAR + 6400, 4 * BAR]
    assert made[-1][1][-1] == Route("f", 0, 2, 2.0)


def test_a_bar_over_which_an_edit_is_laid_out_waits_for_it():
    cues = [Cue(0, ONE), Cue(BAR - 100, TWO, 0.02, BAR + 3000)]
    made = plans(turned(cues, "mute a from bar 2"))
    assert [frame for frame, _ in made] == [0, BAR + 3000]
    assert made[-1][1][-1] == Hush("a", "mute", True)


def test_mute_holds_whatever_the_take_did_and_gives_back_what_was():
    made = turned(CUES, "mute p from bar 2")
    assert ends(made).muted == {"p"}
    assert [step for _, plan in plans(made) for step in plan if isinstance(step, Hush)] == [Hush("p", "mute", True)]
    assert ends(turned(CUES, "mute a from bar 2 to bar 3")) == THREE
    assert ends(turned(CUES, "mute p from bar 4 to bar 6")) == THREE


def test_a_dropped_place_is_silent_and_who_heard_it_still_hears_it():
    made = turned(CUES, "drop n from bar 2")
    assert plans(made)[1] == (BAR, (Swap("n", "noise", Node("gain")),))
    assert ends(made).places["f"] == THREE.places["f"]
    assert [cue for cue in turned(CUES, "drop p") if cue.is_note] == []
    assert ends(turned(CUES, "drop p from bar 2 to bar 6")) == THREE


def test_a_place_the_take_dropped_stays_dropped():
    cues = [Cue(0, compare(Score(), TWO)), Cue(BAR, (Drop("p"),))]
    assert "p" not in ends(turned(cues, "p.decay = 1 from bar 3", last=5 * BAR)).places
    assert plans(turned(cues, "p.decay = 1 from bar 3", last=5 * BAR)) == plans(turned(cues))


def test_bars_are_those_the_takes_clock_counted():
    cues = [Cue(0, ONE), Cue(3 * BAR, (Pace(120.0, 3.0),)), Cue(3 * BAR + 5 * BAR, (Pace(120.0, 4.0),))]
    bars = Bars.of(cues, RATE)
    assert [bars.frame(bar) for bar in (1, 2, 4)] == [0, BAR, 2 * BAR + BAR]
    assert bars.spot(3 * BAR) == (5, 1)  # twelve beats have passed: in threes, that is bar five
    assert bars.frame(6) == 3 * BAR + 72000
    assert bars.spot(8 * BAR) == (4 + 1, 1 + 1)  # 17 beats, in fours again
    made = turned(cues, "tempo = 60 from bar 6 to bar 7", last=20 * BAR)
    assert [plan for _, plan in plans(made)][2] == (Pace(60.0, 3.0),)
    assert plans(made)[2][0] == 3 * BAR + 72000
    assert ends(made).tempo == 120


def test_a_core_that_took_over_takes_over_the_changed_score():
    again = Again(3 * BAR, TWO, {"a": 0}, {3: 0.5, 7: 0.1}, (480.0, 0.0, 0.0, 4.0))
    cues = [Cue(0, ONE), Cue(3 * BAR + 6400, again, 0.01, 3 * BAR + 6400)]
    made = turned(cues, "knob 3 = 0.2 from bar 2", "f.cutoff = 300 from bar 2", "mute a", "tempo = 240 from bar 2")
    found = made[-1].what
    assert (found.knobs, found.died, found.born) == ({3: 0.2, 7: 0.1}, 3 * BAR, {"a": 0})
    assert (found.score.places["f"].controls["cutoff"], found.score.muted, found.score.tempo) == (300.0, {"a"}, 240.0)
    assert found.tempo[:4] == (240.0, 4.0, float(BAR), 4.0)
    assert found.score.places["p"] == TWO.places["p"]
    late = turned(cues, "knob 3 = 0.2 from bar 2 to bar 3", "f.cutoff = 300 from bar 2 to bar 3", "mute a from bar 2 to bar 3")
    assert late[-1] == cues[-1]


def test_panic_and_notes_go_on_as_they_were():
    cues = [*CUES, Cue(5 * BAR, Gate(True))]
    assert turned(cues, "mute a")[-1] == cues[-1]


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("kob 3 = 0.2", f"is no change. Legal: {FORMS}."),
        ("", f"is no change. Legal: {FORMS}."),
        ("knob 3 = loud", "is no change. Legal: knob N = V"),
        ("knob 3 = 0.2 to bar 8", "is no change"),
        ("knob 3 = 7", "knob 3 goes from 0 to 1. Nearest: 1."),
        ("knob 2000 = 0", "a knob's number goes from 0 to 1023. Nearest: 1023."),
        ("tempo = 0", "tempo goes from 1 to 999. Nearest: 1."),
        ("mute q", "this take has no place 'q'. There is: a, f, n, p."),
        ("drop ff", "this take has no place 'ff'. Nearest: f."),
        ("gain of n = 0.5", "n never went to an output by itself. There is: a, f, p."),
        ("gain of a = 99", "the gain of a goes from -16 to 16. Nearest: 16."),
        ("f.cutof = 300", "f (filter) has no control 'cutof'. Nearest: cutoff."),
        ("f.cutoff = 1e9", "f.cutoff goes from 20 to 20000. Nearest: 20000."),
        ("mute a from bar 0", "bars count from 1. Nearest: bar 1."),
        ("mute a from bar 40", "this take ends in bar 7, so bar 40 is never reached. Nearest: bar 7."),
        ("mute a from bar 4 to bar 4", "bar 4 is not after bar 4. Nearest: to bar 5."),
    ],
)
def test_a_change_that_cannot_be_meant_is_one_line_with_the_nearest(said, hint):
    with pytest.raises(Sorry) as slip:
        turned(CUES, said)
    assert hint in str(slip.value)
    assert "\n" not in str(slip.value)


def test_a_control_cannot_be_dropped_for_nothing_is_heard_of_it():
    cues = [Cue(0, ONE.with_(places={**ONE.places, "l": Node("lfo")}))]
    with pytest.raises(Sorry, match="l is a control, nothing is heard of it"):
        turned(cues, "drop l")


def test_a_bad_change_at_the_front_door_is_one_line_and_nothing_is_written(take, tmp_path, capsys):
    out = tmp_path / "out"
    assert cli.main(["replay", str(take), "--out", str(out), "--change", "mute rain"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not out.exists()


WHAT = ("knob 3 = 0.25", "f.cutoff = 300", "a.freq = 330", "tempo = 99", "gain of f = 0.5", "mute a", "mute p", "drop n", "drop p")


@given(st.lists(st.tuples(st.sampled_from(WHAT), st.integers(1, 6), st.integers(1, 6)), max_size=4))
def test_whatever_is_changed_for_a_while_is_as_it_was_in_the_end(changes):
    said = [f"{what} from bar {min(a, b)} to bar {max(a, b) + (a == b)}" for what, a, b in changes]
    made = turned(CUES, *said)
    assert ends(made) == THREE
    assert [cue.frame for cue in made] == sorted(cue.frame for cue in made)


@given(st.text("kno b3=.0frmait12 dpg", max_size=30) | st.text(max_size=30))
def test_whatever_is_asked_for_is_a_change_or_one_line(said):
    try:
        found = turned(CUES, said)
    except Sorry as slip:
        found, lines = CUES, str(slip).splitlines()
        if len(lines) != 1:
            raise
    assert ends(found).places.keys() == THREE.places.keys()
