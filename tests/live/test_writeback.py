"""keep(): what was typed goes into the script, each name on its own line, and everything else stays to the letter."""

from __future__ import annotations

import pytest

from live.edits import saving
from live.naming import score_of
from live.plan import compare, told
from live.writeback import comment_of, written_back
from tests.live.pages import page_of
from tests.live.test_scribe import Prompt

SCRIPT = '''"""Dusk."""
from live import *  # words

tempo(96)
# the rain
rain = clip("rain on tin")   # soft é
dusk = filter(rain,
    cutoff=lfo(low=200, high=2000),
)  # warm
drops = [tone(440), tone(550)]

# what is heard
out.stage = dusk + drops[0]; out.rear = rain
'''


def kept(script: str, *lines: str) -> str:
    """The script after some lines were typed and kept. Reading it changes nothing, and keeping again neither."""
    prompt = Prompt()
    prompt.state = saving(page_of(script))(prompt.state)
    prompt.ns.update(prompt.state.page.names)
    for line in lines:
        prompt.type(line)
        prompt.ns.update(prompt.state.page.names)
    text, _ = written_back(script, prompt.state)
    again = saving(page_of(text))(prompt.state)
    assert not again.edit.names
    assert not again.edit.outs
    assert told(compare(prompt.state.score, score_of(again.page, prompt.state.score))) == "", text
    assert written_back(text, again)[0] == text
    return text


def changed(text: str, script: str = SCRIPT) -> list[str]:
    """Lines that are new, and those that are not there any more with a minus."""
    old, new = script.splitlines(), text.splitlines()
    return [f"- {line}" for line in old if line not in new] + [line for line in new if line not in old]


OUTS = ["- out.stage = dusk + drops[0]; out.rear = rain"]
CASES = {
    "a control": (["rain.rate = 0.5"], ['rain = clip("rain on tin", rate=0.5)    # soft é']),
    "a whole line of several": (["dusk = delay(rain)"], ["dusk = delay(rain)    # warm"]),
    "a new name": (["more = tone(300)"], ["more = tone(freq=300)"]),
    "an element": (["drops[0].freq = 100"], ["drops = [tone(freq=100), tone(freq=550)]"]),
    "one more element": (["drops.append(noise())"], ["drops = [tone(freq=440), tone(freq=550), noise()]"]),
    "the tempo": (["tempo(100, 3)"], ["tempo(100, 3)"]),
    "an output": (["out.stage = rain"], ["out.stage = rain"]),
    "a new output": (["out[2] = rain"], ["out[2] = rain"]),
    "an output added to": (["out.stage += 0.123456789 * rain"], ["out.stage = dusk + drops[0] + 0.123456789 * rain"]),
    "a place from its old self": (["rain = delay(rain)"], ['rain = delay(clip("rain on tin"))    # soft é']),
    "another name for it": (["again = rain"], ["again = rain"]),
    "a dict": (["kit = {'a': noise(), 3: tone()}"], ["kit = {'a': noise(), 3: tone()}"]),
    "a choice": (["x = when(knob(1) > 0.5, rain, dusk)"], ["x = when(knob(1) > 0.5, rain, dusk)"]),
    "a rhythm": (["x = tone(hits=seq('x-o-', swing=0.2))"], ['x = tone(hits=seq("x-o-", swing=0.2))']),
    "a latent": (["x = latent(rain) - knob(3) * latent(mic(1))"], ["x = latent(rain) - knob(3) * latent(mic(1))"]),
    "something turned twice": (["rain.rate = 0.5", "rain.rate = 0.25"], ['rain = clip("rain on tin", rate=0.25)    # soft é']),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_was_typed_is_in_the_script(case: str) -> None:
    lines, there = CASES[case]
    found = [line for line in changed(kept(SCRIPT, *lines)) if not line.startswith("-")]
    assert [line for line in found if line not in ("out.stage = dusk + drops[0]", "out.rear = rain")] == [
        line for line in there if line not in ("out.stage = dusk + drops[0]",)
    ]


def test_comments_and_layout_stay() -> None:
    text = kept(SCRIPT, "more = tone(300)", "out.stage = more")
    assert text.startswith(SCRIPT[: SCRIPT.index("# what")])
    assert text.splitlines()[-4:] == ["# what is heard", "more = tone(freq=300)", "out.stage = more", "out.rear = rain"]


def test_a_name_that_an_older_line_uses_stands_above_it() -> None:
    text = kept(SCRIPT, "w = lfo(3)", "rain = clip('wood knocks', gain=w)")
    assert text.index("w = lfo") < text.index("rain = clip") < text.index("dusk =")


def test_a_line_that_uses_a_later_one_brings_it_along() -> None:
    text = kept(SCRIPT, "rain = delay(drops[1])")
    assert text.index("drops = ") < text.index("rain = ") < text.index("dusk = ")
    text = kept("a = tone(200)\nb = filter(a)\nc = delay(b)\nx = noise()\nz = pan(x)\nout.stage = c\n", "a = filter(z)")
    assert [line.split(" =")[0] for line in text.splitlines()] == ["x", "z", "a", "b", "c", "out.stage"]


def test_what_was_deleted_goes_with_all_its_lines() -> None:
    text = kept(SCRIPT, "out.stage = rain", "del dusk")
    assert "dusk" not in text.replace('"""Dusk."""', "")
    assert "# warm" not in text
    assert "out.stage" not in kept(SCRIPT, "out.stage = 0")
    assert "out.stage" not in kept("a = noise()\nout.stage = a\nout.stage += tone()\n", "del out.stage")


def test_what_is_bound_in_a_loop_is_deleted_in_so_many_words() -> None:
    text = kept("for k in (1, 2):\n    x = tone(100 * k)\ny = noise()\nout.stage = y\n", "del x")
    assert text.splitlines()[-2:] == ["del x", "out.stage = y"]


def test_what_is_bound_in_pairs_is_bound_again_before_it_is_heard() -> None:
    text = kept("a, b = tone(200), tone(300)\nout.stage = a + b\n", "a.freq = 250")
    assert text.splitlines() == ["a, b = tone(200), tone(300)", "a = tone(freq=250)", "out.stage = a + b"]


def test_several_statements_on_a_line_get_lines_of_their_own_and_none_is_lost() -> None:
    text = kept("a = tone(200); b = noise(); out.stage = a + b  # all\n", "b = noise(gain=0.1)")
    assert text.splitlines() == ["a = tone(200)", "b = noise(gain=0.1)", "out.stage = a + b    # all"]


def test_a_tempo_that_was_not_there_stands_below_the_imports() -> None:
    assert kept("from live import *\nx = tone()\n", "tempo(100)").splitlines() == ["from live import *", "", "tempo(100)", "x = tone()"]


def test_a_treatment_goes_along_with_what_it_treats() -> None:
    effect = "@effect\ndef rust(x, drive=Control(3, 0, 20)):\n    return math.tanh(x * drive)\n"
    text = kept(SCRIPT, effect, "dusk = rust(rain, drive=4)")
    assert effect in text
    assert text.index("def rust") < text.index("dusk = rust(rain, drive=4)    # warm")
    again = kept(text, effect.replace("math.tanh", "math.atan"), "dusk = rust(rain, drive=5)")
    assert again.count("def rust") == 1
    assert "math.atan" in again


def test_a_treatment_that_nothing_uses_stays_at_the_prompt() -> None:
    assert "@effect" not in kept(SCRIPT, "@effect\ndef rust(x):\n    return math.tanh(x)\n", "rain.rate = 0.5")


def test_an_empty_script_gets_everything() -> None:
    text = kept("from live import *\n", 'rain = clip("rain on tin")', "dusk = filter(rain)", "out.stage = dusk")
    assert text.splitlines() == ["from live import *", 'rain = clip("rain on tin")', "dusk = filter(rain)", "out.stage = dusk"]


def test_names_that_use_one_another_stand_in_order() -> None:
    text = kept("from live import *\nout.stage = 0\n", "z = tone(200); a = filter(z)", "z = delay(noise())")
    assert text.index("z = ") < text.index("a = ")


def test_a_script_that_cannot_be_read_is_left_alone() -> None:
    prompt = Prompt("x = tone()")
    with pytest.raises(SyntaxError):
        written_back("x = = 3\n", prompt.state)


@pytest.mark.parametrize(
    ("line", "comment"),
    [("x = 3  # é", "    # é"), ("x = '# no'", ""), ("x = 3", ""), ("    cutoff=3)  # warm", "    # warm"), ("'''open", "")],
)
def test_the_comment_of_a_line(line: str, comment: str) -> None:
    assert comment_of(line) == comment
