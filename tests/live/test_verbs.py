"""What a performer does at the prompt: every verb answers in a line, and a wrong argument is one line, too."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from live.desk import Desk
from live.paper import Paper
from live.scribe import Leave
from live.verbs import NAMES
from live.words import nouns
from tests.live.pages import page_of
from tests.live.test_hand import Evening

SCRIPT = 'from live import *\nrain = clip("rain on tin")    # soft\nout.stage = rain\n'


@pytest.fixture
def evening(tmp_path):
    one = Evening(tmp_path)
    one.desk._reader = SimpleNamespace(
        read=lambda path: SimpleNamespace(mistake=None, page=page_of(path.read_text("utf-8"))), close=lambda: None
    )
    yield one
    one.desk.close()


@pytest.fixture
def session(tmp_path):
    """A desk with a script that has been read."""
    script = tmp_path / "main.py"
    script.write_text(SCRIPT)
    one = Evening.__new__(Evening)
    one.stage = Paper(folder=tmp_path, ins=2)
    one.desk = Desk(one.stage, SimpleNamespace(folder=tmp_path, script=script), rehearse=False)  # type: ignore[arg-type]
    one.hand, one.said = one.desk.hand, []
    one.hand.quant = "now"
    one.desk.listeners.append(one.said.append)
    from live.edits import saving
    from live.hand import Proposal

    one.hand.propose(Proposal(saving(page_of(SCRIPT)), "main.py"))
    one.hand.settle()
    yield one
    one.desk.close()


MUSIC = (
    "rain = clip('rain on tin')",
    "dusk = filter(rain, 300)",
    "w = lfo(2)",
    "kit = [tone(200, gain=w), noise(channels=2)]",
    "out.stage = dusk + 0.5 * rain + kit[1]",
)


@pytest.fixture(scope="module")
def playing(tmp_path_factory):
    """An evening that plays, for what changes nothing."""
    one = Evening(tmp_path_factory.mktemp("playing"))
    one.type(*MUSIC)
    yield one
    one.desk.close()


def test_no_verb_is_a_noun_too_and_each_says_what_it_does(evening):
    assert not set(NAMES) & set(nouns())
    for name, verb in evening.desk.verbs.all().items():
        assert verb.__doc__, name
        assert verb.__doc__.split("\n")[0].rstrip(")").endswith("."), name


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("look()", "rain = clip("), ("look(rain)", 'rain = clip("rain on tin")'), ("look(kit[0])", "tone(freq=200, gain=2 * w)"), ("look('plan')", "route"),
        ("look('score')", "make dusk = filter(rain, cutoff=300)"), ("look(filter(rain))", "filter(rain)"), ("look(w)", "w = lfo(rate=2)"),
        ("undo()", "taken back"), ("hush()", "undo() brings it back"), ("silence()", "undo() brings it back"), ("panic()", "go() opens it again"), ("go()", "open already"),
        ("hold()", "saves wait for go()"), ("solo(rain)", "soloed: rain"), ("solo(rain, kit)", "soloed: kit.1, kit.2, rain"), ("solo()", "everything is heard"),
        ("mute(rain)", "muted: rain"), ("mute('dusk')", "muted: dusk"), ("mute(kit)", "muted: kit.1, kit.2"), ("unmute()", "everything is heard"), ("unmute(rain)", "everything is heard"),
        ("snap('dawn')", 'scene("dawn") goes there'), ("scene()", "no scenes yet"), ("mark('chorus')", "marked 'chorus' at bar 1, beat 1"), ("mark()", "marked 'here'"),
        ("fade()", "0.05 s"), ("fade(2)", "edits cross over in 2 s"), ("quant()", "edits land at once"), ("quant('bar')", "edits land on the next bar"), ("turn(21, 0.5)", ""),
        ("turn(knob(21), 2)", ""), ("why()", "Nothing went wrong so far."), ("why(rain)", "rain"), ("load()", "0 blocks lost since the start"), ("record()", "record() again writes it"),
        ("help()", ""), ("help(filter)", "cutoff"), ("help('knobs')", "knob"),
    ],
)  # fmt: skip
def test_every_verb_answers(evening, line, says):
    evening.type(*MUSIC)
    said = len(evening.said)
    answer = evening.type(line)
    assert says in answer
    assert "Error" not in answer
    assert not [one for one in evening.said[said:] if "Error" in one]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("look(3)", 'look shows a place, or "plan", or "score"; this is 3. Write: look()'), ("look('rian')", "There is no place 'rian'. Nearest: rain."), ("mute()", "mute what? Write: mute(rain)."),
        ("mute(3)", "That is 3, and no place with a name."), ("mute('rian')", "There is no place 'rian'. Nearest: rain."), ("mute(filter(rain))", "no place with a name"),
        ("solo(knob(1))", "a moving number, and no place"), ("fade('long')", "A fade takes 0 to 60 seconds; this is a text."), ("fade(-1)", "this is -1. Write: fade(2)"),
        ("fade(1e9)", "A fade takes 0 to 60 seconds"), ("quant('bear')", "not 'bear'. Nearest: bar."), ("quant(3)", "An edit lands now, on the beat or on the bar, not 3."),
        ("snap('')", "is no name for a scene"), ("snap('a/b')", "'a/b' is no name for a scene"), ("snap()", "snap() wants to know its 'name', too."), ("snap(3)", "3 is no name for a scene"),
        ("scene('dwan')", "There is no scene 'dwan'."), ("morph('dawn', 'dusk')", "There is no scene 'dawn'."), ("morph('a', 'b', 3)", "morph goes from 0 to 1, or follows a knob; this is 3."),
        ("morph('a', 'b', rain)", "this is a sound"), ("keep()", "There is no script to write into."), ("keep('long')", "keep wants seconds; this is a text."), ("keep(0)", "keep wants seconds"),
        ("turn(21)", "turn() wants to know its 'to', too."), ("turn(21, 'up')", "turn moves a knob to a number from 0 to 1."), ("turn(5000, 0.5)", "A knob goes by its number"),
        ("turn(w, 0.5)", "turn moves a knob"), ("redo()", "There is nothing to bring back."), ("undo('x')", "undo counts steps"), ("undo(0)", "undo counts steps"), ("redo(1.5)", "redo counts steps"),
        ("reload()", "There is no script to read again."), ("resume()", "No evening was cut short."), ("devices('usb')", "The device is chosen at the start."), ("why(3)", "That is 3"),
        ("hush('x')", "hush"), ("hush(-1)", "hush"), ("panic(3)", "panic() has no use for so much."), ("go(1)", "go() has no use for so much."),
        ("hold(loud=1)", "hold() has no 'loud'."), ("unmute(3)", "That is 3"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_one_line(playing, line, says):
    before = playing.hand.state
    answer = playing.type(line)
    *picture, last = answer.splitlines()
    assert says in last, answer
    assert len(picture) <= 2
    assert "Traceback" not in answer
    assert playing.hand.state is before
    assert playing.said == []


def test_the_stage_is_empty_and_says_how_to_begin(evening):
    assert "rain = clip(" in evening.type("look()")
    assert evening.type("look('score')") == "an empty stage"
    assert evening.type("look('plan')") == "no plan yet"
    assert "nothing to hush" in evening.type("hush()")
    assert "nothing to take back" in evening.type("undo()")


def test_hush_takes_a_beat_and_the_clock_goes_on(evening):
    evening.type(*MUSIC, "tempo(60)", "hush()")
    assert evening.stage.cues[-1].fade == 1
    evening.type("undo()", "hush(3)")
    assert evening.stage.cues[-1].fade == 3


def test_panic_and_go(evening):
    evening.type("panic()")
    assert evening.stage.panicked
    assert evening.type("go()") == "sounding again"
    assert not evening.stage.panicked


def test_muting_is_a_step_and_goes_with_its_fold(evening):
    evening.type("x = tone(200)", "out.stage = x", "mute(x)")
    assert evening.stage.score.muted == {"x", "out.stage/x"}
    evening.type("unmute(x)")
    assert evening.stage.score.muted == frozenset()
    evening.type("undo()")
    assert evening.stage.score.muted == {"x", "out.stage/x"}


def test_a_mute_stays_through_edits_of_others(evening):
    evening.type("x = tone(200)", "y = tone(300)", "mute(x)", "y.freq = 400", "x.freq = 250")
    assert evening.stage.score.muted == {"x"}


def test_a_solo_is_of_those_that_were_meant_and_no_others(evening):
    evening.type(*MUSIC, "solo(rain)", "solo(dusk)")
    assert "rain" not in evening.stage.score.soloed
    assert "dusk" in evening.stage.score.soloed


def test_a_scene_is_kept_and_comes_back_exactly(evening):
    evening.type(*MUSIC, "tempo(97)", "snap('dawn')")
    dawn = evening.stage.score
    evening.type("del dusk", "rain = noise()", "kit = 3", "tempo(60)", "more = tone(100)", "scene('dawn')")
    assert evening.stage.score == dawn
    assert evening.type("rain") == 'rain = clip("rain on tin")'
    evening.type("undo()")
    assert "more" in evening.stage.score.places
    assert evening.type("scene()") == "dawn"


def test_going_to_the_scene_that_plays_changes_nothing(evening):
    evening.type(*MUSIC, "snap('dawn')")
    steps = len(evening.stage.cues)
    evening.type("scene('dawn')")
    assert len(evening.stage.cues) == steps


def test_between_two_scenes(evening):
    evening.type(
        "x = tone(200)",
        "out.stage = x",
        "snap('dawn')",
        "x.freq = 400",
        "out.stage = 0.5 * x",
        "snap('dusk')",
        "morph('dawn', 'dusk', 0.25)",
    )
    assert evening.stage.score.places["x"].controls["freq"] == 250
    assert evening.stage.score.sends[0].gain == 0.875
    evening.type("morph('dawn', 'dusk', knob(5))")
    assert evening.stage.score.places["x"].controls["freq"].source == "knob:5"
    evening.type("undo(2)")
    assert evening.stage.score.places["x"].controls["freq"] == 400


def test_a_knob_that_is_not_there_is_turned(evening):
    evening.type("turn(21, 0.5)", "turn(knob(3), 7)")
    assert (evening.stage.knobs[21], evening.stage.knobs[3]) == (0.5, 1.0)
    evening.type("turn('near', 0.25)")
    assert 0.25 in evening.stage.knobs


def test_why_tells_the_last_mistake_again(evening):
    evening.type("dusk = fliter(rain)")
    assert "There is no 'fliter'. Nearest: filter." in evening.type("why()")


def test_quitting_leaves(evening):
    for line in ("quit()", "exit()"):
        with pytest.raises(Leave):
            evening.desk.run(line)


def test_what_was_typed_is_kept_in_the_script(session):
    assert session.type("keep()") == "everything typed is in the script already. For sound: keep(60)"
    session.type("rain.rate = 0.5", "dusk = filter(rain)", "out.stage = dusk")
    answer = session.type("keep()")
    assert answer.splitlines() == ["main.py:", '  rain = clip("rain on tin", rate=0.5)', "  dusk = filter(rain)", "  out.stage = dusk"]
    assert session.desk.session.script.read_text() == (
        'from live import *\nrain = clip("rain on tin", rate=0.5)    # soft\ndusk = filter(rain)\nout.stage = dusk\n'
    )


def test_what_was_hushed_is_not_taken_out_of_the_script(session):
    session.type("rain.rate = 0.5", "hush()", "keep()")
    assert "out.stage = rain" in session.desk.session.script.read_text()
    session.type("out.stage = rain", "out.stage = 0", "keep()")
    assert "out.stage" not in session.desk.session.script.read_text()


def test_a_script_that_cannot_be_read_is_not_written_over(session):
    session.type("rain.rate = 0.5")
    session.desk.session.script.write_text("x = = 3\n")
    assert "main.py cannot be read as it is: line 1." in session.type("keep()")
    assert session.desk.session.script.read_text() == "x = = 3\n"


def test_hold_and_go(session):
    from pathlib import Path

    session.type("hold()")
    assert session.desk.held is True
    session.desk._saved(page_of("x = tone(200)\n"), SimpleNamespace(printed=[], notes=[], path=Path("main.py")))
    assert session.said[-1] == "main.py is read and waits: held. go() plays it."
    assert "x" not in session.stage.score.places
    session.type("go()")
    assert session.desk.held is False


def test_what_plays_is_told_after_a_slip(session):
    from live.mistakes import Mistake

    session.desk._slipped(Mistake("This is not Python."))
    assert session.said[-1].splitlines()[-1] == "Still playing bar 1. Fix and save, or undo()."
