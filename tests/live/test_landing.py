"""Plans land whole, at their frame, without a click, and leave everybody else alone to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from live.core.offline import Offline
from live.core.stand import LOOKAHEAD
from live.plan import Drop, Make, Retune, Rewire, Route
from live.score import Drive, Node, Score, Send
from tests.live.ear import core, edits, heard, highs, louder, tone, trouble

BASE = heard({"a": tone(440), "b": tone(550), "c": louder("a")})


def test_an_unchanged_score_two_hundred_times_changes_no_bit() -> None:
    plain, again = Offline(channels=3), Offline(channels=3)
    plain.play(BASE)
    again.play(BASE)
    assert np.array_equal(plain.run(3), again.run(3))
    for _ in range(200):
        again.play(heard({"a": tone(440), "b": tone(550), "c": louder("a")}))
        assert np.array_equal(plain.run(300), again.run(300))


@pytest.mark.parametrize("block", [64, 256, 441, 1024, 1000])
@pytest.mark.parametrize("frame", [1, 64, 4096, 5003])
def test_a_plan_lands_exactly_at_its_frame_at_any_block(block: int, frame: int) -> None:
    mark = core(1, block=block)
    mark.play(heard({"c": trouble("click")}), frame=frame, fade=0)
    sound = mark.run(8192)[0]
    assert np.flatnonzero(sound)[0] == frame + LOOKAHEAD
    assert mark.conductor.taken["places"] == 1


MANY = (
    (BASE, 64),
    (heard({"a": tone(440), "b": Node("pan", ("a",)), "c": louder("a")}), 4003),
    (heard({"a": tone(440), "b": Node("pan", ("a",)), "c": louder("b")}), 5007),
    (heard({"a": tone(300, 0.1), "c": louder("a")}), 9001),
    (heard({"a": tone(300, 0.1), "b": tone(330)}, Send("b", 0, 3, 0.5)), 9300),
)


def test_the_sound_does_not_depend_on_the_block() -> None:
    first = edits(*MANY, channels=3, block=64)
    for block in (128, 512, 1024):
        assert np.array_equal(edits(*MANY, channels=3, block=block), first)


@pytest.mark.parametrize("block", [441, 333])
def test_at_odd_blocks_what_stands_still_is_the_same_to_the_bit_and_what_moves_nearly(block: int) -> None:
    first, odd = edits(*MANY, channels=3, block=64), edits(*MANY, channels=3, block=block)
    assert np.array_equal(first[:, 20000:], odd[:, 20000:])
    assert np.abs(first - odd).max() < 1e-6


def test_one_edit_leaves_the_others_to_the_bit() -> None:
    before = {"a": tone(440), "b": tone(550), "c": louder("b"), "d": Node("filter", ("b",), {"cutoff": 900.0})}
    plain = edits((heard(before), 64), (heard(before), 5003), channels=4)
    for changed in (tone(440, 0.1), tone(220, shape="triangle"), louder("b"), None):
        places = {**before, "a": changed} if changed else {k: v for k, v in before.items() if k != "a"}
        sends = [Send(name, k, 1) for k, name in enumerate(before) if name in places]
        edited = edits((heard(before), 64), (heard(places, *sends), 5003), channels=4)
        assert np.array_equal(plain[1:], edited[1:])
        assert not np.array_equal(plain[0], edited[0])


TWO = {"a": tone(440), "b": tone(550), "x": louder("a")}
KINDS_OF_EDIT = {
    "swap": heard({**TWO, "x": Node("pan", ("b",))}, Send("x", 0, 1)),
    "swap to another width": heard({**TWO, "x": Node("spread", ("a",), {"at": 0.1}, {"channels": 3})}, Send("x", 0, 1)),
    "swap of what it hears": heard({**TWO, "a": louder("b")}, Send("x", 0, 1)),
    "rewire": heard({**TWO, "x": louder("b")}, Send("x", 0, 1)),
    "rewire of somebody who leaves": heard({"b": tone(550), "x": louder("b")}, Send("x", 0, 1)),
    "drop": heard(TWO | {}, Send("b", 1, 1)),
    "drop of all": Score(),
    "drop of what it hears": heard({"x": tone(550)}, Send("x", 0, 1)),
    "level": heard(TWO, Send("x", 0, 1, 0.3)),
    "level from a knob": heard(TWO, Send("x", 0, 1, Drive("knob:3"))),
    "retune": heard({**TWO, "x": louder("a", 0.1)}, Send("x", 0, 1)),
    "mute": heard(TWO, Send("x", 0, 1), muted=frozenset("x")),
    "solo of another": heard(TWO, Send("x", 0, 1), soloed=frozenset("b")),
    "another send": heard(TWO, Send("x", 0, 1), Send("b", 0, 2, 0.3)),
    "output moved": heard(TWO, Send("x", 1, 1)),
    "output widened": heard(TWO, Send("x", 0, 2)),
    "swap and another send at once": heard({**TWO, "x": Node("pan", ("b",))}, Send("x", 0, 2)),
}


@pytest.mark.parametrize("edit", KINDS_OF_EDIT)
@pytest.mark.parametrize("frame", [9600, 9617])
def test_no_edit_of_a_patch_of_sines_clicks(edit: str, frame: int) -> None:
    before = heard(TWO, Send("x", 0, 1))
    for score, back in ((KINDS_OF_EDIT[edit], before), (before, KINDS_OF_EDIT[edit])):
        sound = edits((back, 64), (score, frame))
        for channel in sound:
            part = channel[frame - 4800 : frame + 9600]
            if part.any():
                assert highs(part) < -80


@pytest.mark.parametrize("edit", KINDS_OF_EDIT)
def test_an_edit_taken_back_in_the_middle_of_its_fade_does_not_click_either(edit: str) -> None:
    before, other = heard(TWO, Send("x", 0, 1)), KINDS_OF_EDIT[edit]
    sound = edits((before, 64), (other, 9600), (before, 10500), (other, 10900), (before, 12007), (other, 12300), (before, 12500))
    for channel in sound:
        part = channel[6000:20000]
        if part.any():
            assert highs(part) < -75
    if all(other.places.get(name) == node for name, node in before.places.items() if node.kind == "tone"):  # nothing begins anew
        assert np.array_equal(sound[:, -4800:], edits((before, 64), (before, 12500))[:, -4800:])


def test_nothing_is_dropped_when_swaps_overtake_their_fades() -> None:
    kinds = [louder("a"), Node("pan", ("a",), {"at": -1.0}), Node("mix", ("a", "b")), Node("filter", ("a",), {"cutoff": 5000.0})]
    steps = [(heard({**TWO, "x": kinds[k % 4]}, Send("x", 0, 1)), 9600 + 331 * k, 0.4) for k in range(30)]
    sound = edits((heard(TWO, Send("x", 0, 1)), 64), *steps)[0]
    assert highs(sound[4800:40000]) < -75
    assert np.abs(np.diff(sound[4800:])).max() < 0.1


def test_rewires_that_overtake_their_crossings_do_not_click() -> None:
    steps = [(heard({**TWO, "x": louder("ab"[k % 2])}, Send("x", 0, 1)), 9600 + 331 * k, 0.3) for k in range(31)]
    sound = edits((heard(TWO, Send("x", 0, 1)), 64), *steps)[0]
    assert highs(sound[4800:40000]) < -75
    assert highs(sound[-12000:]) < -80


def test_two_places_may_change_roles() -> None:
    one = heard({"a": tone(440), "b": louder("a")}, Send("b", 0, 1))
    other = heard({"b": tone(550), "a": louder("b")}, Send("a", 0, 1))
    sound = edits((one, 64), (other, 9600), (one, 10403), (other, 11000))
    assert highs(sound[0][4800:24000]) < -80


def test_two_rewires_that_would_make_a_circle_while_they_cross_do_not() -> None:
    one = heard({"s": tone(440), "a": louder("s"), "b": louder("a")}, Send("b", 0, 1))
    other = heard({"s": tone(440), "b": louder("s"), "a": louder("b")}, Send("b", 0, 1), Send("a", 1, 1))
    core_ = core()
    sound = edits((one, 64), (other, 9600), (one, 10403), core=core_)
    assert highs(sound[0][4800:24000]) < -80
    assert np.array_equal(sound[0, -4800:], edits((one, 64), (one, 10403))[0, -4800:])


def test_dropped_and_made_again_while_fading_the_old_goes_on_fading() -> None:
    one, none = heard({"a": tone(440)}), Score()
    sound = edits((one, 64), (none, 9600, 0.5), (heard({"a": tone(550)}), 12000, 0.5))[0]
    assert highs(sound[4800:36000]) < -80


def test_dropped_and_made_again_without_its_send_it_is_heard_no_more() -> None:
    one = heard({"a": tone(440)})
    sound = edits((one, 64), (Score(), 9600, 0.5), (Score({"a": tone(440)}), 12000, 0.1))
    assert not sound[:, -4800:].any()
    assert highs(sound[0][4800:36000]) < -80


def test_a_muted_place_that_is_dropped_stays_silent() -> None:
    quiet = heard({"a": tone(440)}, muted=frozenset("a"))
    sound = edits((quiet, 64), (Score(), 9600, 0.2))
    assert not sound.any()


def test_a_thousand_retunes_end_where_one_does() -> None:
    one, many = Offline(), Offline()
    score = heard({"a": tone(440, 0.2, gate=False), "g": louder("a")})
    for each in (one, many):
        each.play(score)
        each.run(9600)
    for k in range(1000):
        many.play((Retune("g", "gain", (k * 7 % 100) / 100),))
        one.play(score)
        assert np.isfinite(many.run(64)).all()
        one.run(64)
    for each in (one, many):
        each.play((Retune("g", "gain", 0.7),))
        each.run(4800)
    assert np.array_equal(one.run(4800), many.run(4800))


def test_a_control_sent_back_to_rest_is_as_if_never_touched() -> None:
    sound = edits((BASE, 64), (BASE, 9000), channels=3)
    core_ = core(3)
    core_.play(BASE, frame=64)
    core_.run(5000)
    core_.play((Retune("c", "db", -20.0),))
    core_.run(1000)
    core_.play((Retune("c", "db", None),))
    core_.run(2000)
    assert np.array_equal(core_.run(8000), sound[:, 8000:16000])


REFUSED = {
    "no such kind": (Make("z", Node("flute")),),
    "no such place": (Retune("z", "gain", 0.5),),
    "no such control": (Retune("a", "colour", 0.5),),
    "out of range": (Retune("a", "gain", 99.0),),
    "no number": (Retune("a", "gain", float("nan")),),
    "no such source": (Rewire("c", ("z",)),),
    "too many sources": (Rewire("c", ("a", "b")),),
    "a circle": (Make("d", louder("c")), Rewire("c", ("d",))),
    "dropped but heard": (Drop("a"),),
    "a file that is not there": (Make("z", tone()), Make("y", Node("clip", settings={"file": "nowhere.wav"}))),
    "a setting that is not there": (Make("z", Node("tone", settings={"colour": 1})),),
    "a setting of the wrong kind": (Make("z", Node("noise", settings={"channels": "many"})),),
    "too wide": (Make("z", Node("noise", settings={"channels": 99})),),
    "an output that is not there": (Make("z", tone()), Route("z", 7, 2, 1.0)),
    "a level that is none": (Route("a", 0, 1, float("inf")),),
    "a knob that is not there": (Retune("a", "gain", Drive("knob:9999")),),
    "a sound as a control": (Retune("a", "gain", Drive("b")),),
    "a control as a sound": (Make("l", Node("lfo")), Rewire("c", ("l",))),
    "too long a name": (Make("z" * 64, tone()),),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_refused_plan_is_as_if_never_sent_and_leaks_nothing(why: str) -> None:
    from live.core.conductor import Refusal

    plain, tried = Offline(channels=3), Offline(channels=3)
    for each in (plain, tried):
        each.play(BASE)
        each.run(1000)
    taken = tried.conductor.taken
    with pytest.raises(Refusal) as refusal:
        tried.play((Make("new", tone()), Retune("b", "gain", 0.1), *REFUSED[why]))
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) > 20
    tried.run(0)
    assert tried.conductor.taken == taken
    assert tried.conductor.score == BASE
    assert np.array_equal(plain.run(9600), tried.run(9600))


def test_when_all_is_dropped_every_pool_is_full_again() -> None:
    core_ = core(3)
    empty = core_.conductor.taken
    edits(*MANY, (Score(), 20000), channels=3, core=core_)
    assert core_.conductor.taken == empty
    assert not any(empty.values())


def test_a_swapped_place_changes_the_width_of_who_hears_it() -> None:
    wide = {"a": Node("spread", ("s",), {"at": 0.3}, {"channels": 4}), "s": tone(440), "e": Node("delay", ("a",), {"mix": 0.4})}
    slim = {**wide, "a": louder("s")}
    sends = (Send("e", 0, 4),)
    sound = edits((Score(wide, sends), 64), (Score(slim, sends), 19200), (Score(wide, sends), 38000), channels=4)
    for channel in sound:
        assert highs(channel[14400:30000]) < -80
    assert np.isfinite(sound).all()


def test_two_hundred_places_land_together_at_one_frame() -> None:
    many = core(8)
    many.play(
        Score({f"p{k}": trouble("click") for k in range(200)}, tuple(Send(f"p{k}", k % 8, 1, 0.001 * (k // 8 + 1)) for k in range(200))),
        frame=777,
        fade=0,
    )
    sound = many.run(2000)
    assert (np.flatnonzero(np.abs(sound).max(axis=0))[0] == 777 + LOOKAHEAD).all()
    assert (np.argmax(np.abs(sound) > 0.001, axis=1) == 777 + LOOKAHEAD).all()
