"""Between two scenes: hot controls and levels on a straight line, everything else from the nearer one."""

from __future__ import annotations

import pytest

from live.morphing import along, between
from live.naming import score_of
from live.plan import compare, told
from live.score import Drive, Score
from live.values import Beats, Number
from live.words import knob
from tests.live.pages import RAIN, STEREO, page_of

DAWN = f"tempo(80)\n{RAIN}dusk = filter(rain, cutoff=lfo(200, 1000, rate=1), q=1)\nonly = noise(channels=2)\nout.stage = dusk + 0.5 * rain + only\n"
NIGHT = f"tempo(120)\n{RAIN.replace('tin', 'tin').replace(')', ', rate=0.5)')}dusk = filter(rain, cutoff=lfo(400, 2000, rate=3), q=3)\nlate = tone(90)\nout.stage = 0.5 * dusk + rain\n"


def at(x: object, a: str = DAWN, b: str = NIGHT, before: Score | None = None) -> Score:
    """The score between two scenes."""
    return score_of(between(page_of(a), page_of(b), x, STEREO), before)


def gains(found: Score) -> dict[str, object]:
    return {send.place: send.gain for send in found.sends if not (isinstance(send.gain, float) and send.gain == 0)}


def test_at_either_end_is_the_scene_itself() -> None:
    for x, text in ((0, DAWN), (1, NIGHT)):
        plan = compare(score_of(page_of(text)), at(x))
        heard = [str(step) for step in plan if not str(step).endswith(("at 0", " off"))]
        assert [step for step in heard if not step.startswith(("make out.", "make only", "make late"))] == []


@pytest.mark.parametrize(
    ("x", "rate", "q", "low", "tempo"), [(0.25, 0.875, 1.5, 250, 90), (0.5, 0.75, 2, 300, 100), (0.75, 0.625, 2.5, 350, 110)]
)
def test_controls_stand_on_a_straight_line(x: float, rate: float, q: float, low: float, tempo: float) -> None:
    found = at(x)
    assert found.places["rain"].controls["rate"] == pytest.approx(rate)
    assert found.places["dusk"].controls["q"] == pytest.approx(q)
    assert found.places["dusk/lfo"].controls["low"] == pytest.approx(low)
    assert found.tempo == pytest.approx(tempo)


def test_levels_cross_and_what_only_one_plays_fades() -> None:
    assert gains(at(0.25)) == {"dusk": pytest.approx(0.875), "rain": pytest.approx(0.625), "only": pytest.approx(0.75)}


def test_what_cannot_move_is_of_the_nearer_scene() -> None:
    a, b = "x = clip('rain on tin', rate=1)\nout.stage = x\n", "x = clip('wood knocks', rate=0)\nout.stage = x\n"
    assert at(0.4, a, b).places["x"].settings["file"] == "rain on tin"
    assert at(0.6, a, b).places["x"].settings["file"] == "wood knocks"
    other = "x = tone(200)\nout.stage = x\n"
    assert (at(0.4, a, other).places["x"].kind, at(0.6, a, other).places["x"].kind) == ("clip", "tone")


def test_a_control_that_one_scene_leaves_alone_comes_from_its_rest() -> None:
    assert at(0.5, "x = tone(200)\n", "x = tone(200, gain=0.5)\n").places["x"].controls["gain"] == pytest.approx(
        (page_of("x = tone(200)\n").names["x"].gain + 0.5) / 2
    )


def test_a_step_further_is_only_retunes() -> None:
    before = at(0.2)
    steps = told(compare(before, at(0.3, before=before))).splitlines()
    assert steps
    assert all(step.startswith(("retune", "route", "pace")) for step in steps)


def test_with_a_knob_everything_hot_follows_it() -> None:
    found = at(knob(5).plain())
    assert found.places["rain"].controls["rate"] == Drive("knob:5", -0.5, 1)
    assert found.places["dusk"].controls["q"] == Drive("knob:5", 2, 1)
    assert gains(found)["dusk"] == Drive("knob:5", -0.5, 1)
    assert gains(found)["only"] == Drive("knob:5", -1, 1)


def test_what_moves_meets_what_stands_still() -> None:
    found = at(0.5, "x = tone(gain=knob(1))\n", "x = tone(gain=0.5)\n")
    assert found.places["x"].controls["gain"] == Drive("knob:1", 1, 0.25)
    again = at(0.5, "x = tone(gain=0.5)\n", "x = tone(gain=knob(1))\n")
    assert again.places["x"].controls["gain"] == Drive("knob:1", 1, 0.25)
    both = at(0.25, "x = tone(gain=1 * knob(1))\n", "x = tone(gain=1 * knob(2))\n")
    assert both.places["x/add"].controls == {"a": Drive("knob:1", 0.75), "b": Drive("knob:2", 0.25)}


def test_lists_go_element_by_element() -> None:
    a, b = "d = [tone(200), tone(300)]\nk = {'low': tone(50)}\n", "d = [tone(400)]\nk = {'low': tone(150)}\n"
    found = at(0.25, a, b)
    assert [found.places[name].controls["freq"] for name in ("d.1", "d.2", "k.low")] == [250, 300, 75]


def test_a_scene_with_itself_is_itself() -> None:
    for x in (0, 0.3, 0.5, 1, knob(1).plain()):
        assert compare(score_of(page_of(DAWN)), at(x, DAWN, DAWN)) == (), x


def test_a_knob_with_a_name_of_its_own_goes_along() -> None:
    text = "w = lfo({})\nx = tone(gain=w)\n"
    found = at(0.5, text.format(2), text.format(4))
    assert found.places["w"].controls["rate"] == 3
    assert found.places["x"].controls["gain"] == Drive("w", 2)


def test_a_scene_without_a_tempo_takes_the_other_ones() -> None:
    assert at(0.5, "x = tone()\n", "tempo(90)\nx = tone()\n").tempo == 90


def test_times_in_beats_meet_in_beats() -> None:
    assert along(Beats(1), Beats(3), 0.25).beats == 1.5
    assert along(Beats(1), 0.5, 0.25).beats == 1
    assert along("a", "b", 0.3) == "a"
    one = Number(3)
    assert along(one, one, 0.3) is one
