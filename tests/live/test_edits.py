"""What is typed on top of what is saved: it stays through saves, gives way to a file that says otherwise, and can be taken back."""

from __future__ import annotations

from dataclasses import replace

from live.edits import GONE, Change, Edit, State, becoming, merged, same, saving, typing
from live.naming import score_of
from live.paging import paged, script
from live.plan import compare, told
from live.values import Page
from tests.live.pages import RAIN, STEREO, page_of

SCRIPT = f"{RAIN}dusk = filter(rain, 300)\ndrops = [tone(200), tone(300)]\nout.stage = dusk\n"


def typed_edit(text: str) -> Edit:
    """An edit that binds what a script binds."""
    page = page_of(text)
    return Edit(page.names, page.outs, page.tempo, page.bar, effects=page.effects)


def after(*changes: Change, state: State | None = None) -> State:
    """The state after some changes, with its score."""
    state = state or State(Page(room=STEREO))
    for change in changes:
        wished = change(state)
        state = replace(wished, score=score_of(wished.page, state.score))
    return state


def test_an_edit_lies_over_the_script() -> None:
    state = after(saving(page_of(SCRIPT)), typing(typed_edit("dusk = noise()\nmore = tone(440)\n")))
    assert set(state.page.names) == {"rain", "dusk", "drops", "more"}
    assert state.score.places["dusk"].kind == "noise"


def test_an_edit_stays_when_the_file_says_nothing_new_about_its_name() -> None:
    state = after(saving(page_of(SCRIPT)), typing(typed_edit("dusk = noise()\n")))
    later = after(saving(page_of(SCRIPT.replace("rain on tin", "wood knocks"))), state=state)
    assert told(compare(state.score, later.score)) == "swap rain: clip -> clip(file='wood knocks')"
    assert set(later.edit.names) == {"dusk"}


def test_an_edit_gives_way_where_the_file_says_something_else() -> None:
    state = after(saving(page_of(SCRIPT)), typing(typed_edit("dusk = noise()\nrain = tone(440)\n")))
    later = after(saving(page_of(SCRIPT.replace("300)\ndrops", "600)\ndrops"))), state=state)
    assert later.score.places["dusk"].controls["cutoff"] == 600
    assert set(later.edit.names) == {"rain"}


def test_a_list_gives_way_when_one_of_its_own_is_changed_in_the_file() -> None:
    state = after(saving(page_of(SCRIPT)), typing(typed_edit("drops = [noise()]\n")))
    assert set(after(saving(page_of(SCRIPT)), state=state).edit.names) == {"drops"}
    later = after(saving(page_of(SCRIPT.replace("tone(200)", "tone(250)"))), state=state)
    assert later.edit.names == {}
    assert later.score.places["drops.1"].controls["freq"] == 250


def test_a_wave_gives_way_when_the_file_makes_another() -> None:
    text = f"w = lfo(2)\n{SCRIPT}"
    state = after(saving(page_of(text)), typing(typed_edit("w = lfo(5)\n")))
    assert after(saving(page_of(text)), state=state).score.places["w"].controls["rate"] == 5
    assert after(saving(page_of(text.replace("lfo(2)", "lfo(3)"))), state=state).score.places["w"].controls["rate"] == 3


def test_a_deleted_name_stays_deleted_until_the_file_says_otherwise() -> None:
    state = after(saving(page_of(SCRIPT)), typing(Edit({"dusk": GONE}, {"stage": GONE})))
    assert "dusk" not in state.page.names
    assert after(saving(page_of(SCRIPT + "x = tone()\n")), state=state).score.places.keys() == {"rain", "drops.1", "drops.2", "x"}
    assert "dusk" in after(saving(page_of(SCRIPT.replace("300)\ndrops", "400)\ndrops"))), state=state).page.names


def test_outputs_and_tempo_give_way_on_their_own() -> None:
    state = after(saving(page_of(f"tempo(90)\n{SCRIPT}")), typing(replace(typed_edit(f"{RAIN}out.stage = rain\n"), names={}, tempo=140.0)))
    kept = after(saving(page_of(f"tempo(90)\n{SCRIPT}x = tone()\n")), state=state)
    assert (kept.score.tempo, set(kept.edit.outs)) == (140, {"stage"})
    changed = after(saving(page_of(f"tempo(95)\n{SCRIPT.replace('out.stage = dusk', 'out.stage = 0.5 * dusk')}")), state=state)
    assert (changed.score.tempo, changed.edit.outs) == (95, {})


def test_edits_follow_one_another() -> None:
    first = Edit({"a": 1, "b": 2}, {"stage": 1}, 90, None, texts={"a": "a = 1"})
    both = first.then(Edit({"b": 3}, {"rear": 2}, None, 3, texts={"b": "b = 3"}))
    assert (both.names, both.outs, both.tempo, both.bar) == ({"a": 1, "b": 3}, {"stage": 1, "rear": 2}, 90, 3)
    assert both.texts == {"a": "a = 1", "b": "b = 3"}


def test_an_edit_says_whether_it_changes_anything() -> None:
    assert not Edit()
    assert not Edit(widths={"rain on tin": 2}, texts={"a": "a = 1"})
    assert Edit(tempo=90)
    assert Edit({"a": GONE})


def test_saving_the_same_script_changes_nothing() -> None:
    state = after(saving(page_of(SCRIPT)), typing(typed_edit("dusk = noise()\nout.stage = tone()\n")))
    later = after(saving(page_of(SCRIPT)), state=state)
    assert compare(state.score, later.score) == ()
    assert later.edit == state.edit


def test_another_page_altogether_and_the_script_can_still_be_saved_over_it() -> None:
    state = after(saving(page_of(SCRIPT)), typing(typed_edit("more = noise()\n")))
    scene = after(becoming(page_of("x = tone(100)\nout.stage = x\n")), state=state)
    assert set(scene.page.names) == {"x"}
    assert set(scene.score.places) == {"x", "out.stage/x"}
    back = after(becoming(state.page), state=scene)
    assert compare(state.score, back.score) == ()


def test_a_page_found_again_from_its_score_is_another_page_with_the_same_sound() -> None:
    state = after(saving(page_of(SCRIPT)))
    again = after(becoming(paged(state.score, STEREO)), state=state)
    assert compare(state.score, again.score) == ()
    assert script(again.page).count("tone") == 2


def test_whether_two_definitions_say_the_same() -> None:
    a, b, c = (
        page_of(text).names for text in ("w = lfo(2)\nd = [tone(200)]\n", "w = lfo(2)\nd = [tone(200)]\n", "w = lfo(3)\nd = [tone(201)]\n")
    )
    for name in "wd":
        assert same(a[name], b[name], name)
        assert not same(a[name], c[name], name)
    assert not same(None, a["w"])
    assert same(None, None)


def test_names_of_a_merged_page_are_those_it_has() -> None:
    script_page, other = page_of(SCRIPT), page_of("rain = noise()\n")
    page = merged(script_page, Edit(other.names))
    assert [page.names[name].name for name in ("rain", "dusk")] == ["rain", "dusk"]
