"""What hands tell the desk: a first touch is not heard, verbs are done, and the status line says where a knob waits."""

from __future__ import annotations

import numpy as np
import pytest

from live.control.post import DESK, FILE, HANDS, POST, Post
from live.core.memory import Map
from live.faders import Fader
from live.hearing import moved, touched
from live.lessons import controls_of, knobs_of
from live.mistakes import Mistake
from tests.live.test_hand import Evening

LINES = (
    "rain = clip('rain on tin')",
    "dusk = filter(rain, cutoff=2000, q=knob(7))",
    "slow = lfo(0.2, 0.9)",
    "hall = reverb(rain, mix=slow)",
    "out.stage = dusk + 0.5 * hall",
)


@pytest.fixture
def evening(tmp_path):
    one = Evening(tmp_path)
    one.type(*LINES)
    yield one
    one.desk.close()


def told(evening, word, **what):
    """A letter comes."""
    evening.desk.hearing.take(word, what)
    evening.hand.settle()


def test_a_first_touch_lays_a_knob_where_the_control_stands(evening):
    touched(evening.desk, "dusk.cutoff")
    evening.hand.settle()
    assert evening.type("look(dusk)").startswith('dusk = filter(rain, cutoff=knob("dusk.cutoff", 0.6667)')
    knob = evening.stage.stands("dusk.cutoff")
    assert 20 * 1000**knob == pytest.approx(2000)


def test_a_first_touch_is_no_step_of_its_own(evening):
    steps = len(evening.hand.past)
    told(evening, "want", control="dusk.cutoff")
    assert len(evening.hand.past) == steps
    evening.type("dusk.q = 3", "undo()")
    assert 'knob("dusk.cutoff", 0.6667)' in evening.type("look(dusk)")


def test_a_first_touch_is_not_heard_at_all():
    from live.core.offline import Offline
    from live.score import Drive, Node, Score, Send

    def score(gain):
        return Score({"t": Node("tone", (), {"freq": 200.0, "gain": gain})}, (Send("t", 0, 1, 1.0),))

    def heard(touch):
        core = Offline(48000, 1)
        core.play(score(0.3))
        first = core.run(4800)
        if touch:
            core.conductor.claim("t.gain", Fader("t.gain", 0.0, 2.0).position(0.3))
            core.play(score(Drive("knob:t.gain", 2.0, 0.0)), fade=0.0)
        return np.concatenate([first, core.run(9600)], 1)

    assert np.array_equal(heard(False), heard(True))


@pytest.mark.parametrize("control", ["dusk.q", "hall.mix", "dusk.nothing", "nobody.x", "rain", "", ".", "stage/nobody", "ring/rain"])
def test_what_cannot_be_touched_stays_as_it_is(evening, control):
    before = evening.look
    told(evening, "want", control=control)
    assert evening.look == before


def test_a_touched_part_of_a_list_is_the_same_part(evening):
    evening.type("kit = [tone(200, gain=0.2), noise()]", "out.stage = dusk + kit[0]")
    told(evening, "want", control="kit.1.gain")
    assert "kit.1.gain" in evening.type("look(kit[0])")
    assert "kit.1.gain" in evening.look


def test_a_level_is_touched_where_it_stands(evening):
    told(evening, "want", control="stage/hall")
    assert evening.stage.stands("stage/hall") == pytest.approx(0.25)
    assert 'knob("stage/hall", 0.25)' in evening.look


def test_everything_is_kept_with_a_touch(evening):
    """Who hears a place hears it still."""
    told(evening, "want", control="rain.rate")
    score = evening.hand.state.score
    assert score.places["dusk"].ins == ("rain",)
    assert score.places["rain"].controls["rate"].source == "knob:rain.rate"


def test_verbs_under_a_finger_are_done(evening):
    told(evening, "hush")
    assert not evening.hand.state.score.sends
    told(evening, "undo")
    assert evening.hand.state.score.sends
    told(evening, "mute", place="rain", on=True)
    assert "rain" in evening.hand.state.score.muted


def test_a_letter_nobody_can_read_is_no_trouble(tmp_path):
    evening = Evening(tmp_path)
    Map(tmp_path / FILE, POST, create=True).close()
    hearing, hands = evening.desk.hearing, Post(tmp_path, HANDS)
    hearing.post = Post(tmp_path, DESK)
    for word, what in (
        ("scene", {"name": "nowhere"}),
        ("moved", {"ghost": "x", "stands": 1}),
        ("later", {}),
        ("said", {"text": "nano is here"}),
    ):
        hands.send(word, **what)
    hearing.look()
    assert evening.said[-1] == "nano is here"
    assert any("nowhere" in line for line in evening.said)
    evening.desk.close()


def test_after_the_end_nothing_is_sent_and_nothing_is_heard(tmp_path):
    evening = Evening(tmp_path)
    Map(tmp_path / FILE, POST, create=True).close()
    hearing, hands, post = evening.desk.hearing, Post(tmp_path, HANDS), Post(tmp_path, DESK)
    hearing.post = post
    assert hearing.send("controls")
    hands.send("said", text="too late")
    evening.desk.close()
    assert (hearing.send("controls"), post.send("controls"), post.read()) == (False, False, [])
    assert hands.read() == [("controls", {})]
    assert evening.said == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ({"who": "nano 21", "to": "dusk.cutoff", "shown": "300 Hz", "stands": 0.4, "ghost": None}, "nano 21 -> dusk.cutoff 300 Hz"),
        ({"who": "nano 21", "to": "dusk.q", "shown": "0.31", "stands": 0.31, "ghost": 0.72}, "nano 21 0.72 (sounds at 0.31, turn down to meet it)"),
        ({"who": "nano 21", "to": "", "stands": 0.31, "ghost": 0.12}, "nano 21 0.12 (sounds at 0.31, turn up to meet it)"),
        ({"text": "nano bend", "ghost": None}, "nano bend"),
    ],
)  # fmt: skip
def test_the_status_line_says_what_moved_and_where_it_waits(what, line):
    assert moved(what) == line


# --- learn, unmap --------------------------------------------------------------------------------------------


@pytest.fixture
def hands(evening, tmp_path, monkeypatch):
    """Letters to the hands, as they are sent."""
    sent = []
    monkeypatch.setattr(evening.desk.hearing, "send", lambda word, **what: sent.append((word, what)) or True)
    return sent


@pytest.mark.parametrize("line", ["learn(dusk.cutoff)", 'learn("dusk.cutoff")', 'learn(dusk, "cutoff")'])
def test_learn_knows_the_control_however_it_is_said(evening, hands, line):
    assert evening.type(line) == "move something, Esc leaves it"
    assert hands[-1] == ("learn", {"to": "dusk.cutoff", "binds": "dusk.cutoff", "kind": ""})
    assert evening.desk.status().learning == "dusk.cutoff"


def test_a_control_that_follows_a_knob_gives_its_knob(evening, hands):
    assert "dusk.q follows knob(7) already" in evening.type("learn(dusk.q)")
    assert hands[-1][1]["binds"] == "7"


def test_a_knob_can_be_learned_by_itself(evening, hands):
    evening.type('learn(knob("near"))')
    assert hands[-1][1] == {"to": "near", "binds": "near", "kind": ""}


def test_a_text_with_a_name_is_what_it_says(evening, hands):
    evening.type("which = 'dusk.cutoff'", "learn(which)")
    assert hands[-1][1]["to"] == "dusk.cutoff"


def test_a_part_of_a_list_is_learned_by_its_count(evening, hands):
    evening.type("kit = [tone(200), noise()]", "learn(kit[0].gain)")
    assert hands[-1][1]["to"] == "kit.1.gain"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("learn(dusk.cutof)", "Nearest: cutoff"),
        ("learn(dsk.cutoff)", "There is no place 'dsk'"),
        ("learn(dusk)", "Write: learn(dusk.cutoff)"),
        ("learn(hall.mix)", "hall.mix follows slow"),
        ("learn(3)", "learn binds a control or a knob; this is 3"),
        ("learn(dusk.cutoff, kind='ofset')", "Nearest: offset"),
    ],
)
def test_a_slip_in_learn_is_one_line(evening, hands, line, says):
    assert says in evening.type(line)
    assert not hands


def test_f2_goes_from_control_to_control(evening, hands):
    for _ in range(2):
        evening.desk.learn_next()
    first, second = [what["to"] for word, what in hands if word == "learn"]
    assert first != second
    assert {first, second} <= set(controls_of(evening.desk.page))


def test_esc_leaves_it(evening, hands):
    evening.type("learn()")
    evening.desk.cancel()
    assert evening.desk.status().learning is None
    assert hands[-1] == ("cancel", {})


def test_unmap_takes_a_control_or_a_text(evening, hands):
    evening.type("unmap(dusk.cutoff)", 'unmap("nano cc 21")', "unmap()")
    assert [what["what"] for _, what in hands] == ["dusk.cutoff", "nano cc 21", ""]


def test_a_number_is_nothing_to_unmap(evening):
    with pytest.raises(Mistake):
        evening.desk.verbs.unmap(3)


def test_keys_turn_the_knobs_the_page_names(evening):
    assert knobs_of(evening.desk.page) == [7]
    assert evening.desk.turn_knob(0, 0.25) == ""
    assert evening.stage.stands(7) == 0.25
    assert evening.desk.knobs()[0].at == 0.25
    assert "names 1 knob" in evening.desk.turn_knob(3, 0.25)
