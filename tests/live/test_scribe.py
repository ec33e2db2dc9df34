"""What is typed becomes an edit; what raises leaves every name as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from live.edits import GONE, Edit, State, typing
from live.mistakes import Mistake
from live.naming import score_of
from live.plan import compare, told
from live.scribe import Leave, Scribe, is_whole
from live.values import Page
from tests.live.pages import STEREO


class Prompt:
    """A scribe whose edits are accepted at once."""

    def __init__(self, *lines: str, verbs: dict[str, object] | None = None) -> None:
        self.state = State(Page(room=STEREO))
        self.scribe = Scribe(STEREO, lambda: self.state.page, verbs or {})
        self.ns = self.scribe.ns
        self.plan = ""
        for line in lines:
            self.type(line)

    def type(self, line: str) -> str:
        """Type it: the answer. The plan is kept."""
        answer, edit = self.scribe.run(line)
        wished = typing(edit)(self.state)
        after = replace(wished, score=score_of(wished.page, self.state.score))
        self.plan = told(compare(self.state.score, after.score))
        self.state = after
        return answer

    def slip(self, line: str) -> Mistake:
        """Type it: what is wrong. Every name is what it was."""
        before = dict(self.ns)
        with pytest.raises(Mistake) as found:
            self.scribe.run(line)
        assert self.ns == before
        assert all(self.ns[name] is before[name] for name in before)
        return found.value

    def text(self, name: str) -> str:
        """How a name is typed."""
        return self.type(name)


RAIN = 'rain = clip("rain on tin")'


def test_a_line_makes_a_place() -> None:
    prompt = Prompt(RAIN)
    assert prompt.plan == "make rain = clip(file='rain on tin')"
    assert prompt.type("out.stage = rain") == ""
    assert prompt.plan == "route rain -> 1-2 at 1"


def test_a_line_that_changes_nothing_is_no_edit() -> None:
    prompt = Prompt(RAIN)
    for line in ("", "   ", "# a thought", "rain", "x = 3", "def f(x): return x", "import random", "rain.rate", "print", "[1, 2]"):
        _, edit = prompt.scribe.run(line)
        assert not edit, line


def test_an_answer_can_be_typed_back() -> None:
    prompt = Prompt(RAIN, "drops = [tone(200), tone(300)]", "kit = {'low': tone(50)}")
    assert prompt.type("rain") == 'rain = clip("rain on tin")'
    assert prompt.type("drops") == "drops = [tone(freq=200), tone(freq=300)]"
    assert prompt.type("kit") == "kit = {'low': tone(freq=50)}"
    assert prompt.type("drops[0]") == "drops.1 = tone(freq=200)" or prompt.type("drops[0]") == "drops[0] = tone(freq=200)"
    assert prompt.type("filter(rain, 300)") == "filter(rain, cutoff=300)"
    assert prompt.type("1 + 1") == "2"
    assert prompt.type("rain.rate") == "1.0"
    assert prompt.type("knob(1) + 0.5") == "knob(1) + 0.5"


def test_a_control_is_turned() -> None:
    prompt = Prompt(RAIN, "wobble = lfo(2)", "kit = [tone(200), {'low': tone(50, gain=wobble)}]")
    prompt.type("rain.rate = 0.5")
    assert prompt.plan == "retune rain.rate -> 0.5"
    prompt.type("wobble.rate = 3")
    assert prompt.plan == "retune wobble.rate -> 3"
    prompt.type("kit[0].freq = 250")
    assert prompt.plan == "retune kit.1.freq -> 250"
    prompt.type("kit[1]['low'].freq = 60")
    assert prompt.plan == "retune kit.2.low.freq -> 60"
    prompt.type("rain.gain = wobble")
    assert prompt.plan == "retune rain.gain -> 4 * wobble"


def test_a_wave_that_was_turned_still_travels_a_whole_range() -> None:
    prompt = Prompt("wobble = lfo(2)", "wobble.rate = 3", "x = tone(gain=wobble)")
    assert "gain=2 * wobble" in prompt.plan


def test_what_is_made_and_turned_in_one_line_is_both() -> None:
    prompt = Prompt("x = tone(200); x.freq = 300; out.stage = x")
    assert prompt.plan.splitlines()[0] == "make x = tone(freq=300)"


def test_a_setting_can_be_turned_too() -> None:
    prompt = Prompt(RAIN, "rain.loop = False")
    assert "swap rain" in prompt.plan


@pytest.mark.parametrize(
    ("line", "says", "under"),
    [
        ("rain.rat = 3", "rain has no control 'rat'. Nearest: rate.", "rat"), ("rain.rate = 99", "99 is outside. Nearest: 8.", "rate"),
        ("rain.rate = 'fast'", "rate is a number", "rate"), ("tone(200).freq = 3", "Only what has a name can be turned.", "freq"),
        ("filter = 3", "filter is a word of the language", "filter"), ("hush = noise()", "hush is a word of the language", "hush"),
        ("x = 3; knob = 2", "knob is a word of the language", "knob"), ("del rain", "dusk hears rain. Say first what dusk hears instead, or: del dusk, rain", "rain"),
        ("rain = 3", "dusk hears rain.", "rain"),
        ("rain = [noise(), tone()]", "dusk hears rain.", "rain"),
        ("rain = knob(3)", "dusk hears rain.", "rain"),
        ("rain = seq('x-')", "dusk hears rain.", "rain"), ("rain = noise(); 1 / 0", "Nothing can be divided by zero.", "1 / 0"), ("kit = [noise()]; raise KeyError(3)", "There is no 3", ""),
        ("drops.append(noise()); nowhere", "There is no 'nowhere'.", "nowhere"), ("del nowhere", "There is no 'nowhere'.", "nowhere"), ("x = = 3", "This is not Python.", "="),
        ("for k in range(3): x = tone(k)", "0 is outside", "tone"), ("drops[0] = 3; drops[5]", "", ""),
    ],
)  # fmt: skip
def test_what_raises_leaves_every_name_as_it_was(line: str, says: str, under: str) -> None:
    prompt = Prompt(RAIN, "dusk = filter(rain)", "drops = [tone(200), tone(300)]", "out.stage = dusk", verbs={"hush": print})
    state = prompt.state
    found = prompt.slip(line)
    assert says in str(found)
    if under and found.column >= 0:
        assert found.source[found.column : found.column + found.length].startswith(under) or under in ("tone",)
    assert prompt.type("drops") == "drops = [tone(freq=200), tone(freq=300)]"
    assert prompt.state.score == state.score


def test_a_line_of_several_statements_is_one_edit() -> None:
    prompt = Prompt("a = tone(200); b = filter(a); out.stage = b; tempo(90)")
    assert [line.split()[0] for line in prompt.plan.splitlines()] == ["make", "make", "make", "route", "pace"]


def test_several_lines_with_a_loop() -> None:
    prompt = Prompt("some = []\nfor k in range(3):\n    some.append(tone(100 * (k + 1)))\nout.stage = some\n")
    assert prompt.state.score.places["some.3"].controls["freq"] == 300


def test_deleting_a_place_takes_it_from_the_loudspeakers() -> None:
    prompt = Prompt(RAIN, "dusk = noise(channels=2)", "out.stage = rain + 0.5 * dusk", "out.rear = 0.3 * rain")
    prompt.type("del rain")
    assert prompt.plan.splitlines()[0] == "drop rain"
    assert [(send.place, send.gain) for send in prompt.state.score.sends] == [("dusk", 0.5)]
    assert "rain" not in prompt.state.page.names


def test_deleting_all_that_hear_it_with_it() -> None:
    prompt = Prompt(RAIN, "dusk = filter(rain)", "out.stage = dusk + rain", "del dusk, rain")
    assert prompt.state.score.places == {}
    assert prompt.state.score.sends == ()


def test_taking_one_from_a_list_takes_it_from_the_loudspeakers() -> None:
    prompt = Prompt("kit = {'low': noise(channels=2), 'high': noise(channels=2)}", "out.stage = kit", "del kit['low']")
    assert [send.place for send in prompt.state.score.sends] == ["kit.high"]
    prompt = Prompt("drops = [noise(channels=2), noise(channels=2)]", "out.stage = drops", "drops = drops[:1]")
    assert [send.place for send in prompt.state.score.sends] == ["drops.1"]


def test_what_is_done_to_a_list_is_an_edit_and_the_old_page_keeps_the_old_list() -> None:
    prompt = Prompt("drops = [tone(200), tone(300)]")
    old = prompt.state.page
    prompt.type("drops.append(tone(400))")
    assert prompt.plan == "make drops.3 = tone(freq=400)"
    prompt.type("drops[0] = noise()")
    assert prompt.plan == "swap drops.1: tone -> noise()"
    assert len(old.names["drops"]) == 2


def test_a_place_inside_its_own_old_self() -> None:
    prompt = Prompt(RAIN, "dusk = filter(rain)", "out.stage = dusk", "other = delay(dusk)")
    prompt.type("dusk = delay(dusk)")
    assert prompt.plan == "make dusk/filter = filter(rain)\nswap dusk: filter -> delay(dusk/filter)"
    assert prompt.type("dusk") == "dusk = delay(filter(rain))"
    assert prompt.state.score.places["other"].ins == ("dusk",)
    prompt.type("dusk = delay(dusk)")
    assert prompt.type("dusk") == "dusk = delay(delay(filter(rain)))"
    prompt.type("drops = [tone(200), tone(300)]")
    prompt.type("drops = [delay(one) for one in drops]")
    assert prompt.type("drops") == "drops = [delay(tone(freq=200)), delay(tone(freq=300))]"


def test_who_heard_a_name_hears_what_it_is_now() -> None:
    prompt = Prompt(RAIN, "dusk = filter(rain)", "out.stage = dusk + rain")
    prompt.type("rain = noise(channels=2)")
    assert prompt.plan == "swap rain: clip -> noise(channels=2)"
    prompt.type("w = lfo(2)")
    prompt.type("x = tone(gain=w)")
    prompt.type("w = knob(3)")
    assert prompt.plan == "retune x.gain -> 2 * knob:3\ndrop w"


def test_a_second_name_changes_nothing_and_can_go_again() -> None:
    prompt = Prompt(RAIN, "dusk = filter(rain)", "a = rain")
    assert prompt.plan == ""
    assert prompt.type("a") == 'rain = clip("rain on tin")'
    prompt.type("del a")
    assert prompt.plan == ""
    assert prompt.type("dusk") == "dusk = filter(rain)"


def test_a_name_that_becomes_a_plain_number_is_no_place_any_more() -> None:
    prompt = Prompt(RAIN, "out.stage = rain", "rain = 3")
    assert prompt.state.score.places == {}
    assert prompt.ns["rain"] == 3


def test_an_output_is_taken_back_or_added_to() -> None:
    prompt = Prompt(RAIN, "out.stage = rain", "out.stage += 0.5 * noise(channels=2)")
    assert prompt.type("out") == "out.stage = rain + 0.5 * noise(channels=2)"
    for line in ("out.stage = 0", "del out.stage"):
        again = Prompt(RAIN, "out.stage = rain", line)
        assert again.state.score.sends == (), line
    assert prompt.type("out[1] = rain") == ""
    assert prompt.type("out").splitlines()[1] == "out[1] = rain"


def test_ctrl_c_ends_the_line_and_nothing_else() -> None:
    prompt = Prompt(RAIN)
    before = dict(prompt.ns)
    answer, edit = prompt.scribe.run("rain = noise()\nx = 3\nraise KeyboardInterrupt\n")
    assert (answer, bool(edit)) == ("Stopped. The sound went on.", False)
    assert prompt.ns == before
    assert prompt.ns["rain"] is before["rain"]


def test_leaving_is_no_mistake() -> None:
    def leave() -> None:
        raise Leave

    with pytest.raises(Leave):
        Prompt(verbs={"quit": leave}).type("quit()")


@pytest.mark.parametrize(
    "line", ["import sys; sys.exit()", "raise SystemExit(3)", "def f(): return f()\nf()", "raise BaseException('odd')"]
)
def test_nothing_that_is_typed_ends_the_evening(line: str) -> None:
    assert Prompt(RAIN).slip(line).what


def test_an_edit_tells_how_it_was_typed() -> None:
    _, edit = Prompt().scribe.run("x = tone(200); out.stage = x")
    assert set(edit.texts.values()) == {"x = tone(200); out.stage = x"}
    assert set(edit.texts) == {"x", "out.stage"}


def test_deleted_names_are_gone_in_the_edit() -> None:
    prompt = Prompt(RAIN)
    _, edit = prompt.scribe.run("del rain")
    assert edit.names == {"rain": GONE}
    assert Edit() == Edit({}, {})


def test_a_treatment_is_written_at_the_prompt() -> None:
    prompt = Prompt(RAIN)
    prompt.type("@effect\ndef rust(x, drive=Control(3, 0, 20)):\n    return math.tanh(x * drive)\n")
    prompt.type("worn = rust(rain, drive=4)")
    assert prompt.type("worn") == "worn = rust(rain, drive=4)"
    prompt.type("worn.drive = 5")
    assert prompt.plan == "retune worn.drive -> 5"
    assert "goes from 0 to 20" in prompt.slip("worn.drive = 50").what


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("x = 3", True),
        ("x = filter(", False),
        ("for k in range(3):", False),
        ("x = = 3", True),
        ("", True),
        ("@effect", False),
        ("'''a", False),
        ("x = 3\ny = 4", True),
    ],
)
def test_enter_runs_what_is_whole(text: str, whole: bool) -> None:
    assert is_whole(text) == whole


def test_a_rhythm_is_turned_like_a_control() -> None:
    prompt = Prompt("q = tone(hits=seq('x-o-'))", "q.hits = 'x---'", "q.every = 0.5", "q.notes = 'c3 e3'")
    assert prompt.type("q") == 'q = tone(hits=seq("x---", every=0.5), notes="c3 e3")'
    prompt.type("q.hits = every(2)")
    assert prompt.state.score.places["q"].settings["every"] == 2
    assert "hits is a rhythm" in prompt.slip("q.hits = 3").what


def test_a_verb_without_brackets_says_what_it_does() -> None:
    def hush() -> None:
        """Everything fades."""

    assert Prompt(verbs={"hush": hush}).type("hush") == "hush(): Everything fades."
    assert Prompt().type("filter").startswith("filter(...): ")


def test_a_control_cannot_be_deleted() -> None:
    assert Prompt(RAIN).slip("del rain.rate").near == "Write: rain.rate = ..."


def test_what_is_turned_by_its_second_name_is_turned_for_all() -> None:
    prompt = Prompt(RAIN, "dusk = filter(rain)", "again = rain", "again.rate = 0.5")
    assert prompt.plan == "retune rain.rate -> 0.5"
    assert prompt.state.score.places["dusk"].ins == ("rain",)
    assert prompt.ns["again"] is prompt.ns["rain"]
    prompt.type("rain.rate = 0.25")
    assert prompt.plan == "retune rain.rate -> 0.25"


def test_a_choice_is_asked_and_not_turned() -> None:
    assert prompt_slip("x = when(knob(1) > 0.5, noise(), tone())", "x.at = 0.5") == "Write: x = when(...)"


def prompt_slip(first: str, line: str) -> str:
    """What is near after a slip."""
    return Prompt(first).slip(line).near


def test_a_second_name_follows_the_first_as_it_would_in_a_file() -> None:
    prompt = Prompt(RAIN, "again = rain", "dusk = filter(again)", "rain = noise()")
    assert prompt.ns["again"] is prompt.ns["rain"]
    assert prompt.plan == "swap rain: clip -> noise()"
    prompt.type("again = tone(200)")
    assert prompt.type("rain") == "rain = noise()"


def test_a_second_name_can_hold_what_is_inside_now() -> None:
    prompt = Prompt(RAIN, "dry = rain", "rain = delay(dry)")
    assert prompt.type("rain") == "rain = delay(dry)"
    assert prompt.type("dry") == 'dry = clip("rain on tin")'
    assert prompt.state.score.places["rain"].ins == ("dry",)


def test_what_an_output_hears_in_a_part_is_not_taken_from_under_it() -> None:
    prompt = Prompt("drops = [noise(), tone()]", "out.stage = filter(drops[1]) + drops[0]")
    assert prompt.slip("drops = noise()").what == "out.stage hears drops, in a part."
    prompt.type("drops = [noise(gain=0.1), drops[1]]")
    assert prompt.plan == "retune drops.1.gain -> 0.1"


def test_a_place_in_a_list_follows_its_own_name() -> None:
    prompt = Prompt(RAIN, "some = [rain, tone()]", "dusk = filter(rain)", "out.stage = some", "rain = noise(channels=2)")
    assert prompt.plan == "swap rain: clip -> noise(channels=2)"
    assert prompt.type("some") == "some = [rain, tone()]"
