"""Edits one after another: accepted, refused without a trace, taken back and brought back, landing on the bar."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from live.core import layout as at
from live.core.mail import Receipt
from live.desk import Desk
from live.edits import State
from live.hand import Proposal, needs, summed, touched
from live.mistakes import Mistake
from live.paper import Paper
from live.plan import Drop, Hush, Make, Pace, Retune, Route, told
from live.score import Node
from tests.live.pages import RAIN


class Evening:
    """A desk on paper, and what it says."""

    def __init__(self, folder: Path, stage: Paper | None = None) -> None:
        self.stage = stage or Paper(folder=folder, ins=2)
        self.desk = Desk(self.stage, folder=folder, rehearse=False)  # type: ignore[arg-type]
        self.hand = self.desk.hand
        self.hand.quant = "now"
        self.said: list[str] = []
        self.desk.listeners.append(self.said.append)

    def type(self, *lines: str) -> str:
        """Type lines, each landed before the next; the last answer."""
        answer = ""
        for line in lines:
            answer = self.desk.run(line)
            self.hand.settle()
        return answer

    def frame_of(self, *lines: str) -> int:
        """The frame at which the last of these lands."""
        self.type(*lines)
        return self.stage.cues[-1].frame

    @property
    def look(self) -> str:
        return self.type("look()")


@pytest.fixture
def evening(tmp_path):
    one = Evening(tmp_path)
    yield one
    one.desk.close()


def test_an_edit_lands_and_is_what_is_accepted(evening):
    evening.type("x = tone(200)", "out.stage = x")
    assert set(evening.hand.state.score.places) == {"x", "out.stage/x"}
    assert evening.stage.score == evening.hand.state.score


def test_undo_goes_back_through_everything_and_redo_forward(evening):
    lines = ["x = tone(200)", "out.stage = x", "tempo(90)", "x.freq = 300", "mute(x)", "del x"]
    states = [evening.hand.state.score]
    for line in lines:
        evening.type(line)
        states.append(evening.hand.state.score)
    assert len(set(map(id, states))) == len(states)
    for state in reversed(states[:-1]):
        evening.type("undo()")
        assert evening.stage.score == state
    for state in states[1:]:
        evening.type("redo()")
        assert evening.stage.score == state
    assert "nothing to bring back" in evening.type("redo()")


def test_several_steps_at_once(evening):
    evening.type("x = tone(200)", "x.freq = 300", "x.freq = 400", "undo(2)")
    assert evening.hand.state.score.places["x"].controls["freq"] == 200
    evening.type("redo(2)")
    assert evening.hand.state.score.places["x"].controls["freq"] == 400


def test_names_at_the_prompt_go_back_with_undo(evening):
    evening.type("x = tone(200)", "x = tone(300)", "y = noise()", "undo(2)")
    assert evening.type("x") == "x = tone(freq=200)"
    assert "y" not in evening.desk.ns
    evening.type("redo(2)")
    assert evening.type("y") == "y = noise()"


def test_a_new_edit_after_undo_ends_the_future(evening):
    evening.type("x = tone(200)", "x.freq = 300", "undo()", "y = noise()")
    assert "nothing to bring back" in evening.type("redo()")
    evening.type("undo()", "undo()")
    assert evening.hand.state.score.places == {}
    assert "nothing to take back" in evening.type("undo()")


def test_hush_is_a_step_and_the_places_stay(evening):
    evening.type("x = tone(200)", "out.stage = x", "hush()")
    assert evening.stage.score.sends == ()
    assert "x" in evening.stage.score.places
    evening.type("undo()")
    assert len(evening.stage.score.sends) == 1


def test_after_hush_an_output_is_heard_again_by_naming_it(evening):
    evening.type("x = tone(200)", "out.stage = x", "hush()", "out.stage = x")
    assert len(evening.stage.score.sends) == 1


def test_an_edit_that_changes_nothing_is_no_step(evening):
    evening.type("x = tone(200)", "x = tone(200)", "x.freq = 200")
    assert len(evening.hand.past) == 1
    assert len(evening.stage.cues) == 1


def test_a_refused_edit_leaves_no_trace_and_a_later_good_one_is_whole(evening):
    evening.type("w = lfo(2)", "x = tone(200, gain=w)", "out.stage = x")
    before, steps = evening.hand.state, len(evening.hand.past)
    evening.type("w = noise()")
    assert evening.hand.state is before
    assert len(evening.hand.past) == steps
    assert "x needs w to be a moving number" in evening.said[-1]
    assert evening.said[-1].endswith("What played plays on.")
    assert evening.type("w") == "w = lfo(rate=2)"
    evening.type("y = noise()")
    assert told(evening.hand.plan) == "make y = noise()"
    evening.type("undo()", "undo()")
    assert set(evening.stage.score.places) == {"w", "x"}


def test_a_refused_undo_does_not_lose_the_way_back(evening):
    evening.type("x = tone(200)")
    evening.hand.undo(redo=True).done.wait(5)
    evening.type("undo()")
    assert evening.stage.score.places == {}


def test_what_an_edit_breaks_by_itself_does_not_end_the_hand(evening):
    def broken(state):
        raise RuntimeError("odd")

    proposal = evening.hand.propose(Proposal(broken, "an edit"))
    proposal.done.wait(5)
    assert proposal.refused.startswith("an edit: RuntimeError: odd.")
    evening.type("x = tone(200)")
    assert "x" in evening.stage.score.places


def test_who_cannot_take_a_refusal_does_not_end_the_hand(evening):
    def broken(_):
        raise RuntimeError("odd")

    evening.hand.propose(Proposal(broken, "an edit", lost=broken)).done.wait(5)
    assert evening.said == ["an edit: RuntimeError: odd. What played plays on. (RuntimeError: odd)"]
    evening.type("x = tone(200)")
    assert "x" in evening.stage.score.places


def test_what_goes_wrong_by_the_way_is_said_once_and_edits_land_on(evening):
    def broken():
        raise RuntimeError("odd")

    evening.hand.tick = broken
    evening.type("x = tone(200)", "x.freq = 300", "x.freq = 400")
    assert evening.stage.score.places["x"].controls["freq"] == 400
    assert evening.said == ["RuntimeError: odd. What played plays on."]


def test_a_core_that_cannot_take_back_what_was_is_one_line_and_the_hand_goes_on(evening):
    evening.type("x = tone(200)")

    def full(*_, **__):
        raise TimeoutError("the core does not read its mail")

    post, evening.stage.post = evening.stage.post, full
    with evening.hand.lock:
        evening.hand.torn = (State(), [])
    evening.hand.caught_up()
    evening.stage.post = post
    assert evening.said == ["What was there before cannot be brought back: the core does not read its mail. What played plays on."]
    evening.type("y = tone(300)")
    assert "y" in evening.stage.score.places


def test_edits_typed_in_one_breath_all_land_in_order(evening):
    for line in ("x = tone(200)", "x.freq = 300", "y = filter(x)", "x = delay(x)", "out.stage = y", "x.mix = 0.25"):
        evening.desk.run(line)
    evening.hand.settle()
    assert evening.stage.score == evening.hand.state.score
    assert evening.stage.score.places["x/tone"].controls["freq"] == 300
    assert evening.stage.score.places["x"].controls["mix"] == 0.25
    assert evening.stage.score.places["y"].ins == ("x",)


def test_nothing_waits_for_a_bar_while_nothing_is_heard(evening):
    evening.stage.frame = 10_000
    evening.hand.quant = "bar"
    assert evening.frame_of("x = tone(200)") == 10_000


def test_a_line_knows_what_was_typed_before_it_though_nothing_has_landed(evening):
    evening.hand.lock.acquire()  # nothing is sent meanwhile
    for line in (
        "a = noise(channels=2)",
        "b = noise(channels=2)",
        "out.stage = a",
        "out.stage += 0.5 * b",
        "del a",
        "w = [tone(200)]",
        "w.append(tone(300))",
    ):
        assert evening.desk.run(line) == ""
    evening.hand.lock.release()
    evening.hand.settle()
    assert set(evening.stage.score.places) == {"b", "w.1", "w.2"}
    assert [(send.place, send.gain) for send in evening.stage.score.sends] == [("b", 0.5)]


def test_of_two_refused_edits_of_one_name_neither_is_left_behind(evening):
    evening.hand.dress = Judge()
    evening.type("x = tone(200)")
    evening.desk.run("x.gain = 2")
    evening.desk.run("x = tone(300, gain=2)")
    evening.desk.run("y = tone(400, gain=2)")
    evening.hand.settle()
    assert evening.type("x") == "x = tone(freq=200)"
    assert "y" not in evening.desk.ns


@pytest.mark.parametrize(("when", "beats"), [("now", 0), ("beat", 1), ("bar", 4)])
def test_an_edit_lands_when_the_desk_is_set_to(evening, when, beats):
    evening.type("y = tone(100)", "out.stage = y")
    evening.stage.frame = 10_000
    evening.hand.quant = when
    frame = evening.frame_of("x = tone(200)")
    assert frame == (24_000 * beats if beats else 10_000)


def test_what_is_too_late_for_a_bar_lands_on_the_next(evening):
    evening.type("y = tone(100)", "out.stage = y")
    evening.stage.frame = 96_000 - 4_800
    evening.hand.quant = "bar"
    assert evening.frame_of("x = tone(200)") == 192_000


def test_an_undo_lands_on_the_beat_and_a_mute_at_once(evening):
    evening.type("x = tone(200)", "out.stage = x")
    evening.hand.quant = "bar"
    evening.stage.frame = 30_000
    assert evening.frame_of("mute(x)") == 30_000
    assert evening.frame_of("undo()") == 30_000
    evening.type("x.freq = 300")
    evening.stage.frame = 100_000
    assert evening.frame_of("undo()") == 120_000


def test_a_fade_is_as_long_as_it_was_asked(evening):
    evening.type("x = tone(200)", "out.stage = x", "fade(2)", "x = noise()")
    assert evening.stage.cues[-1].fade == 2
    evening.type("hush()")
    assert evening.stage.cues[-1].fade == 0.5  # a beat at 120


class Choosy(Paper):
    """A stage whose core will not have some words, and may take its time to say so."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder=folder, ins=2)
        self.silent = False
        self.late: dict[int, Receipt] = {}

    def post(self, plan, *, when="now", frame=0, fade=0.05):
        number = super().post(plan, when=when, frame=frame, fade=fade)
        if "noise(" in told(plan):
            self.answers[number] = Receipt(number, at.REFUSED, self.frame, "no noise here")
        if self.silent:
            self.late[number] = self.answers.pop(number)
        return number

    def speak(self) -> None:
        """The core answers, and whatever comes after this at once."""
        self.silent = False
        self.answers.update(self.late)


def test_what_the_core_will_not_have_is_taken_back(tmp_path):
    one = Evening(tmp_path, Choosy(tmp_path))
    one.type("x = tone(200)", "x = noise()")
    assert "no noise here. What played plays on." in one.said[-1]
    assert one.hand.state.score == one.stage.score
    assert one.stage.score.places["x"].kind == "tone"
    assert one.desk.run("x") == "x = tone(freq=200)"
    one.desk.close()


def test_what_was_typed_after_something_the_core_will_not_have_stays(tmp_path):
    one = Evening(tmp_path, Choosy(tmp_path))
    one.type("x = tone(200)")
    one.stage.silent = True
    for line in ("y = noise()", "x.freq = 300", "z = tone(400)"):
        one.desk.run(line)
    one.hand.caught_up()
    assert len(one.hand.flights) == 3
    with one.hand.lock:
        one.stage.speak()
    one.hand.settle()
    assert set(one.stage.score.places) == {"x", "z"}
    assert one.hand.state.score == one.stage.score
    assert set(one.hand.state.page.names) == {"x", "z"}
    one.type("undo()")
    assert set(one.stage.score.places) == {"x"}
    assert one.stage.score.places["x"].controls["freq"] == 300
    one.desk.close()


class Judge:
    """A dress rehearsal that will not have what is too loud."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def ask(self, score, before, **more):
        self.asked.append((score, more["changed"]))
        return len(self.asked)

    def answer(self, ticket, timeout=0):
        score, _ = self.asked[ticket - 1]
        loud = [name for name, node in score.places.items() if node.controls.get("gain", 0) == 2]
        return SimpleNamespace(ok=not loud, reason=f"{', '.join(loud)} is 20 dB too loud", note="", silent=False, place="")

    def close(self):
        pass


def test_what_fails_in_the_rehearsal_never_reaches_the_stage(evening):
    evening.hand.dress = Judge()
    evening.type("x = tone(200, gain=0.1)", "out.stage = x")
    posted = len(evening.stage.cues)
    evening.type("x.gain = 2")
    assert len(evening.stage.cues) == posted
    assert evening.said == ["x.gain = 2: x is 20 dB too loud. What played plays on."]
    assert evening.type("x.gain") == "0.1"
    evening.type("x.gain = 0.2")
    assert evening.stage.score.places["x"].controls["gain"] == 0.2
    evening.type("undo()")
    assert evening.stage.score.places["x"].controls["gain"] == 0.1


def test_what_cannot_go_wrong_is_not_rehearsed(evening):
    evening.hand.dress = Judge()
    evening.type("x = tone(200)", "out.stage = x")
    asked = len(evening.hand.dress.asked)
    evening.type("mute(x)", "undo()", "hush()", "tempo(90)", "del x")
    assert len(evening.hand.dress.asked) == asked


def test_which_steps_need_a_rehearsal():
    assert needs((Make("x", Node("tone")),))
    assert needs((Route("x", 0, 2, 1.0),))
    assert not needs((Route("x", 0, 2, None), Drop("x"), Hush("x", "mute", True), Pace(90, 4)))
    assert touched((Make("x", Node("tone")), Route("y", 0, 2, 1.0), Retune("x", "freq", 3.0), Pace(90, 4))) == ["x", "y"]


def test_a_plan_in_one_line():
    assert summed((Retune("x", "freq", 3.0),)) == "turned x.freq to 3"
    many = (Make("a", Node("tone")), Make("b", Node("tone")), Drop("c"), Pace(90, 4))
    assert summed(many) == "new a, b; c gone; 90 bpm"
    parts = (
        Make("dusk/lfo", Node("lfo")),
        Make("dusk", Node("filter")),
        Route("out.stage/dusk", 0, 2, 1.0),
        Retune("rain/gain", "gain", 0.5),
    )
    assert summed(parts) == "new dusk; turned rain.gain to 0.5"
    assert summed((Route("rain", 0, 2, None), Hush("dusk", "solo", False))) == "rain no longer heard; dusk no longer soloed"


def test_a_mistake_in_a_proposal_is_told_with_its_picture(evening):
    def slipped(state):
        raise Mistake("It is late.", near="Go home.")

    evening.hand.propose(Proposal(slipped, "late")).done.wait(5)
    assert evening.said == ["It is late. Go home.\nWhat played plays on."]


def test_the_script_of_an_evening_says_where_it_starts(evening):
    evening.type(RAIN.strip(), "out.stage = rain")
    assert evening.look.splitlines()[0] == 'rain = clip("rain on tin")'
