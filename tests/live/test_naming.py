"""Who is who after an edit: by name, by owner, sources by what they are. A score compared with itself needs no plan."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from live.mistakes import Mistake
from live.naming import LONGEST, movers, score_of
from live.plan import Retune, carried, compare, told
from live.score import Drive, Score
from live.values import Page
from live.words import named
from tests.live.pages import QUAD, RAIN, page_of, score
from tests.live.random_pages import Script, scripts

few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def plan(old: str, new: str) -> str:
    """What an edit of the text does, as look("plan") shows it."""
    before = score(old)
    return told(compare(before, score(new, before)))


# --- random scripts ------------------------------------------------------------------------


@given(scripts())
@few
def test_the_same_page_is_the_same_score(script: Script) -> None:
    page = page_of(script.text(), QUAD)
    first = score_of(page)
    assert compare(first, score_of(page)) == ()
    assert compare(first, score_of(page, first)) == ()
    assert compare(first, score(script.text(), first, QUAD)) == ()
    assert compare(first, score(script.text(), None, QUAD)) == ()


@given(scripts())
@few
def test_the_order_of_lines_makes_no_difference(script: Script) -> None:
    first = score(script.text(), None, QUAD)
    for seed in range(3):
        again = script.text(Random(seed))
        assert compare(first, score(again, None, QUAD)) == (), again
        assert compare(first, score(again, first, QUAD)) == (), again


@given(scripts())
@few
def test_a_changed_number_is_exactly_one_retune(script: Script) -> None:
    text = script.text()
    numbers = re.findall(r"q=(1\.\d+)", text)
    before = score(text, None, QUAD)
    for number in numbers[:3]:
        plan = compare(before, score(text.replace(f"q={number}", "q=3.5"), before, QUAD))
        assert len(plan) == 1, told(plan)
        assert isinstance(plan[0], Retune)
        assert (plan[0].control, plan[0].value) == ("q", 3.5)


@given(scripts(), scripts())
@few
def test_a_plan_makes_the_one_score_of_the_other(one: Script, other: Script) -> None:
    old = score(one.text(), None, QUAD)
    new = score(other.text(), old, QUAD)
    assert carried(old, compare(old, new)) == new


@given(scripts())
@few
def test_every_input_and_every_mover_is_a_place(script: Script) -> None:
    found = score(script.text(), None, QUAD)
    for name, node in found.places.items():
        heard = [*node.ins, *(c.source for c in node.controls.values() if isinstance(c, Drive) and not c.source.startswith("knob:"))]
        assert set(heard) <= set(found.places), name
        assert len(node.ins) <= 4
        assert len(name.encode()) <= LONGEST
    assert {send.place for send in found.sends} <= set(found.places)


# --- unnamed parts keep who they are -------------------------------------------------------------


@pytest.mark.parametrize(
    ("both", "second"),
    [
        ("x = 0.5 * rain + 0.5 * rain\n", "x = rain + 0.5 * rain\n"),
        ("x = filter(rain, 300) + filter(rain, 600)\n", "x = rain + filter(rain, 600)\n"),
        ("x = filter(rain, 300) + filter(dusk, 300)\n", "x = rain + filter(dusk, 300)\n"),
        ("x = clip('wood knocks', hits=every(1)) + clip('wood knocks', hits=every(2))\n", "x = rain + clip('wood knocks', hits=every(2))\n"),
        ("x = tone(200) + tone(300) + tone(400)\n", "x = rain + tone(300) + tone(400)\n"),
        ("x = delay(filter(rain, 300)) + delay(filter(rain, 600))\n", "x = rain + delay(filter(rain, 600))\n"),
        ("x = filter(rain, cutoff=lfo(300, 400)) + filter(rain, cutoff=lfo(300, 500))\n", "x = rain + filter(rain, cutoff=lfo(300, 500))\n"),
        ("x = filter(rain, 300) + filter(rain, 600)\n", "x = filter(rain, 600) + filter(rain, 600)\n"),
    ],
)  # fmt: skip
def test_when_the_first_of_two_goes_the_second_is_left_alone(both: str, second: str) -> None:
    head = f"{RAIN}dusk = noise()\n"
    before = score(head + both)
    after = score(head + second, before)
    parts = [step for step in compare(before, after) if getattr(step, "name", "") != "x" and not str(step).startswith("drop ")]
    assert [str(step) for step in parts if not str(step).startswith("retune")] == []
    kept = {name: node for name, node in after.places.items() if name in before.places and name != "x"}
    changed = [name for name, node in kept.items() if before.places[name] != node]
    assert len(changed) <= (1 if "filter(rain, 600) + filter(rain, 600)" in second else 0), changed


def test_the_second_of_two_equal_gains_keeps_its_name_when_the_first_goes() -> None:
    head = f"{RAIN}dusk = noise()\n"
    assert (
        plan(head + "x = 0.5 * rain + 0.5 * dusk\n", head + "x = 0.5 * dusk\n")
        == "swap x: mix -> gain(dusk, gain=0.5)\ndrop x/gain\ndrop x/gain.2"
    )
    assert (
        plan(head + "x = rain + 0.5 * rain + 0.5 * dusk\n", head + "x = rain + 0.5 * dusk\n") == "rewire x <- rain, x/gain.2\ndrop x/gain"
    )


def test_a_newcomer_beside_an_equal_part_takes_the_free_name() -> None:
    assert plan(f"{RAIN}x = rain + filter(rain, 300)\n", f"{RAIN}x = filter(rain, 600) + filter(rain, 300)\n") == (
        "make x/filter.2 = filter(rain, cutoff=600)\nrewire x <- x/filter.2, x/filter"
    )


def test_an_edit_names_only_what_it_changes() -> None:
    text = f"{RAIN}dusk = filter(rain, cutoff=lfo(200, 2000, beats=8))\nout.stage = dusk + 0.5 * rain\n"
    assert plan(text, text) == ""
    assert plan(text, text.replace("2000", "3000")) == "retune dusk/lfo.high -> 3000"
    assert plan(text, text.replace("0.5 * rain", "0.25 * rain")) == "route rain -> 1-2 at 0.25"
    assert plan(text, text.replace("filter(rain", "filter(noise(channels=2)")).startswith("make dusk/noise")
    assert plan(text, text.replace("rain on tin", "wood knocks")).splitlines()[0] == "swap rain: clip -> clip(file='wood knocks')"


def test_a_name_that_moves_to_another_line_is_the_same_place() -> None:
    assert plan("a = tone(200)\nb = tone(300)\nout.stage = a + b\n", "b = tone(300)\nout.stage = b\na = tone(200)\nout.stage += a\n") == ""


def test_a_second_name_for_a_place_changes_nothing() -> None:
    text = f"{RAIN}dusk = filter(rain)\nout.stage = dusk\n"
    assert plan(text, text.replace("out.stage", "a = dusk\nzz = rain\nout.stage")) == ""
    assert plan(text.replace("out.stage", "a = dusk\nout.stage"), text) == ""


def test_an_owner_that_gets_another_part_in_front_keeps_the_others() -> None:
    old = f"{RAIN}x = delay(filter(rain, 300))\n"
    assert plan(old, f"{RAIN}x = delay(filter(filter(rain, 300), 900))\n") == (
        "make x/filter.2 = filter(x/filter, cutoff=900)\nrewire x <- x/filter.2"
    )


# --- a name at the prompt that others hear -----------------------------------------------------------


def again(page: Page, **names: object) -> Page:
    """The page with other things under some names, as an edit leaves it."""
    fresh = Page({**page.names, **names}, page.outs, page.tempo, page.bar, room=page.room)
    named(fresh)
    return fresh


def test_who_hears_a_name_follows_it_when_it_is_bound_anew() -> None:
    page = page_of(f"{RAIN}dusk = filter(rain)\nout.stage = rain + dusk\n")
    before = score_of(page)
    other = page_of("rain = noise(channels=2)\n")
    after = score_of(again(page, **other.names), before)
    assert told(compare(before, after)) == "swap rain: clip -> noise(channels=2)"


def test_who_follows_a_wave_follows_the_knob_that_takes_its_name() -> None:
    page = page_of("w = lfo(2)\nx = tone(gain=0.5 * w + 0.25)\n")
    before = score_of(page)
    after = score_of(again(page, **page_of("w = 2 * knob(3)\n").names), before)
    assert told(compare(before, after)) == "retune x.gain -> knob:3 + 0.25\ndrop w"
    asked = score_of(again(page, **page_of("w = knob(3) > 0.5\n").names), before)
    assert {node.kind for node in asked.places.values()} == {"tone", "choose"}


@pytest.mark.parametrize(
    ("text", "other", "says"),
    [
        ("w = lfo(2)\nx = tone(gain=w)\n", "w = noise()\n", "x needs w to be a moving number; now it is a sound."),
        (f"{RAIN}x = filter(rain)\n", "rain = lfo(2)\n", "x needs rain to be a sound; now it is a moving number."),
        (f"{RAIN}x = filter(rain)\n", "rain = latent(mic(1))\n", "x needs rain to be a sound; now it is a latent."),
    ],
)
def test_a_name_that_becomes_something_of_another_kind_is_refused_while_others_need_it(text: str, other: str, says: str) -> None:
    page = page_of(text)
    with pytest.raises(Mistake, match=re.escape(says)):
        score_of(again(page, **page_of(other).names))


def test_what_it_was_before_is_a_part_of_what_it_is_now() -> None:
    before = score(f"{RAIN}out.stage = rain\n")
    after = score(f"{RAIN}rain = delay(rain)\nout.stage = rain\n", before)
    assert [name for name in after.places if not name.startswith("out.")] == ["clip(rain on tin)", "rain"]


# --- limits -----------------------------------------------------------------------------------


def test_a_sum_of_many_is_made_of_fours() -> None:
    found = score("some = [tone(100 + k) for k in range(21)]\nx = sum(some)\n")
    assert max(len(node.ins) for node in found.places.values()) == 4
    heard, waiting = set(), ["x"]
    while waiting:
        for one in found.places[waiting.pop()].ins:
            (waiting.append if "mix" in one else heard.add)(one)
    assert len(heard) == 21


def test_what_hears_itself_is_refused() -> None:
    page = page_of(f"{RAIN}x = delay(rain)\n")
    x = page.names["x"]
    x.ins = (x,)
    x.name = None
    part = page_of("y = tone()\n")
    part.names["z"] = type(x)("mix", (x,))
    with pytest.raises(Mistake, match="hears itself"):
        score_of(part)


def test_a_name_the_core_cannot_hold_is_refused_with_its_caret() -> None:
    with pytest.raises(Mistake, match="too long for a name") as slip:
        score(f"{'very' * 20} = tone()\n")
    assert slip.value.word == "very" * 20


def test_a_long_list_in_a_long_name_still_has_names_that_fit() -> None:
    found = score(f"{'v' * 55} = filter(delay(filter(mic(1))))\n")
    assert all(len(name.encode()) <= LONGEST for name in found.places)
    assert len(found.places) == 4


def test_what_makes_a_control_is_told_from_what_sounds() -> None:
    assert movers(score("w = lfo(2)\nx = tone(gain=w + knob(1))\n")) == {"w", "x/add"}


def test_mutes_stay_with_what_is_there() -> None:
    before = Score(score(RAIN).places, muted=frozenset({"rain"}))
    assert score(RAIN, before).muted == {"rain"}
    assert score("x = tone()\n", before).muted == frozenset()
