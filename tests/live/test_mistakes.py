"""Every slip as a picture: the line, a caret under the word, what is wrong, what is near, what plays on."""

from __future__ import annotations

import pickle

import pytest

from live.mistakes import WIDE, Mistake, from_exception, nearest, shown
from tests.live.pages import RAIN, STEREO, slip


def caret(found: Mistake) -> str:
    """What the caret stands under."""
    picture = found.lines()
    above, under = picture[0], picture[1]
    assert set(under.strip()) == {"^"}
    return above[len(under) - len(under.lstrip()) : len(under)]


@pytest.mark.parametrize(
    ("text", "under", "says"),
    [
        (f"{RAIN}dusk = fliter(rain)\n", "fliter", "There is no 'fliter'. Nearest: filter."),
        (f"{RAIN}dusk = filter(rani)\n", "rani", "There is no 'rani'. Nearest: rain."),
        (f"{RAIN}dusk = filter(rain, cutof=300)\n", "cutof", "Nearest: cutoff (from 20 to 20000 Hz, rests at 1000)."),
        (f"{RAIN}dusk = filter(rain, cutoff=30000)\n", "cutoff", "cutoff goes from 20 to 20000 Hz, rests at 1000; 30000 is outside. Nearest: 20000."),
        (f"{RAIN}dusk = filter(\n    rain,\n    cutof=300,\n)\n", "cutof", "filter has no control 'cutof'."),
        (f"{RAIN}dusk = rain - noise()\n", "-", "Sound minus sound is only phase."),
        (f"{RAIN}dusk = rain >> filter\n", ">>", "Write: worn = filter(rain)"),
        (f"{RAIN}if knob(21) > 0.5:\n    dusk = rain\n", "knob(21) > 0.5", "Write: when(knob(21) > 0.5, a, b)"),
        ('dusk = clip("rain on tim")\n', "rain on tim", "There is no sound 'rain on tim'. Nearest: rain on tin"),
        ("guitar = mic(7)\n", "mic", "This rig has 2 inputs; 7 is not there. Nearest: mic(2)."),
        (f"{RAIN}out.stge = rain\n", "stge", "This rig has no output 'stge'. Nearest: stage."),
        (f"{RAIN}out[7] = rain\n", "7", "This rig has 2 loudspeakers; 7 is not there. Nearest: out[2]."),
        (f"{RAIN}été = 1; dusk = filter(rain, cutof=3)\n", "cutof", "filter has no control"),
        (f'{RAIN}a = "日本 é"; dusk = fliter(rain)\n', "fliter", "There is no 'fliter'."),
        (f"{RAIN}def more():\n\treturn fliter(rain)\nmore()\n", "fliter", "There is no 'fliter'."),
        (f"{RAIN}x = 1 / 0\n", "1 / 0", "Nothing can be divided by zero."),
        ("import nowhere_at_all\n", "nowhere_at_all", "There is no module 'nowhere_at_all' beside the session or installed."),
        ("import sys\nsys.exit()\n", "exit", "A script does not quit"),
        ("x = math.sqr(1)\n", "sqr", "math has no 'sqr'. Nearest: sqrt."),
        ("kit = {}\nx = kit['low']\n", "kit['low']", "There is no 'low' in this collection."),
        (f"{RAIN}x = rain(3)\n", "rain(3)", "rain is a place, not a word"),
        (f"{RAIN}x = filter(rain, 300, 1, 2)\n", "filter", "no use for so many numbers"),
        ("x = open('gone.txt')\n", "open('gone.txt')", "gone.txt: no such file or directory."),
        ("raise KeyboardInterrupt\n", "raise KeyboardInterrupt", "Stopped."),
        ("raise ValueError('odd\\nthing')\n", "raise ValueError('odd\\nthing')", "ValueError: Odd thing."),
    ],
)  # fmt: skip
def test_a_slip_points_at_its_word(text: str, under: str, says: str) -> None:
    found = slip(text, verbs=("hush",))
    assert caret(found) == under
    assert says in str(found)
    assert found.file == "script.py"
    assert found.lines()[0].startswith(f"script.py:{found.line}   ")


def test_a_verb_in_a_script_belongs_at_the_prompt() -> None:
    found = slip(f"{RAIN}hush()\n", verbs=("hush",))
    assert found.what == "hush() is something you do; type it at the prompt."
    assert (found.line, caret(found)) == (2, "hush")


def test_an_engine_that_fails_to_load_is_named_with_its_trouble(tmp_path) -> None:
    from live.noun import Noun
    from live.vocabulary import vocabulary

    (tmp_path / "broken.py").write_text('"""Broken."""\nfrom engines.face import Engine\nclass Broken(Engine):\n    depth = Control(\n')
    word = vocabulary([tmp_path])["broken"]
    with pytest.raises(Mistake, match="broken cannot be played: ") as found:
        Noun(word)()
    assert found.value.word == "broken"


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("x = = 3\n", 1, 4, "This is not Python."),
        ("x = filter(rain\ny = 3\n", 1, 10, "This bracket is never closed."),
        ("x = [1, 2\n", 1, 4, "This bracket is never closed."),
        ('x = "rain\n', 1, 4, "This text has no closing quote."),
        ("if x\n    y = 3\n", 1, 4, "A colon is missing here."),
        ("x = 3\n    y = 3\n", 2, 0, "This line is indented, and nothing above asks for it."),
        ("x = 3)\n", 1, 5, "Unmatched ')'."),
        ("x = 1 2\n", 1, 4, "This is not Python."),
        ("été = = 3\n", 1, 6, "This is not Python."),
        ("\tx = 3\n", 1, 0, "indented"),
        ("for\n", 1, 3, "This is not Python."),
    ],
)  # fmt: skip
def test_what_is_no_python_is_said_in_few_words(text: str, line: int, column: int, says: str) -> None:
    found = slip(text)
    assert says in found.what
    assert found.line == line
    assert abs(found.column - column) <= 4
    assert len(found.lines()) == 3


def test_a_patch_arrow_that_is_no_python_either_is_answered_with_the_assignment() -> None:
    assert slip("rain >> >> filter\n").near == "Assign instead: name = what it is."


def test_what_is_deep_in_a_function_points_at_the_performers_own_line() -> None:
    found = slip(f"{RAIN}def more(x):\n    return filter(x, cutof=3)\ndusk = more(rain)\n")
    assert (found.line, caret(found)) == (3, "cutof")


def test_a_function_without_end_is_said_to_have_none() -> None:
    assert "calls itself without end" in slip("def f():\n    return f()\nf()\n").what


def test_tabs_before_the_caret_keep_it_under_its_word() -> None:
    found = slip(f"{RAIN}if True:\n\tdusk = fliter(rain)\n")
    assert caret(found) == "fliter"
    assert "\t" not in found.lines()[0]


def test_a_very_long_line_is_shown_around_its_slip() -> None:
    found = slip(f"{RAIN}x = {'rain + ' * 80}fliter(rain) + {'rain + ' * 80} rain\n")
    picture = found.lines()
    assert max(map(len, picture[:2])) < WIDE + 20
    assert caret(found) == "fliter"


def test_what_still_plays_is_the_last_line() -> None:
    assert slip("x = = 3\n").lines("Still playing the version saved at 21:14.")[-1] == "Still playing the version saved at 21:14."


def test_the_whole_picture_as_it_is_shown() -> None:
    found = slip(f"{RAIN}dusk = filter(rain, cutof=300)\n")
    assert found.lines("What played plays on.") == [
        "script.py:2   dusk = filter(rain, cutof=300)",
        "                                  ^^^^^",
        "filter has no control 'cutof'. Nearest: cutoff (from 20 to 20000 Hz, rests at 1000).",
        "What played plays on.",
    ]
    assert str(found) == "script.py:2: filter has no control 'cutof'. Nearest: cutoff (from 20 to 20000 Hz, rests at 1000)."


def test_a_mistake_travels_between_processes() -> None:
    found = slip(f"{RAIN}dusk = fliter(rain)\n")
    again = pickle.loads(pickle.dumps(found))
    assert isinstance(again, Mistake)
    assert again.lines() == found.lines()


def test_a_mistake_without_a_place_is_its_sentence() -> None:
    assert Mistake("It is late.", near="Go home.").lines() == ["It is late. Go home."]
    assert Mistake("It is late.", file="main.py").lines() == ["main.py", "It is late."]


@pytest.mark.parametrize(
    ("word", "known", "says"),
    [
        ("textur", ["texture", "mix"], "Nearest: texture."), ("RAIN", ["rain"], "Nearest: rain."), ("zzz", ["a", "b"], "There is: a, b."), ("zzz", [], ""),
        ("zzz", [f"n{k}" for k in range(9)], "There is: n0, n1, n2, n3, n4, n5, n6, n7, ...."),
    ],
)  # fmt: skip
def test_the_nearest_legal_word(word: str, known: list[str], says: str) -> None:
    assert nearest(word, known) == says


def test_a_name_nobody_could_mean_gets_no_hint() -> None:
    assert slip("x = qqqqqqqq\n").near == ""


@pytest.mark.parametrize(
    ("call", "says"),
    [("f(1, 2, 3)", "f() has no use for so much."), ("f(1, z=3)", "f() has no 'z'."), ("f()", "f() wants to know its 'a', too.")],
)
def test_a_function_called_wrongly_is_answered_without_python_words(call: str, says: str) -> None:
    assert slip(f"def f(a, b=2):\n    pass\n{call}\n").what == says


def test_a_slip_outside_of_the_performers_text_has_no_place() -> None:
    found = from_exception(OSError("gone"), {"script.py": "x = 3\n"})
    assert (found.line, found.what) == (0, "OSError: Gone.")


def test_folders_are_not_shown() -> None:
    assert shown("a/b/main.py") == shown("a\\b\\main.py") == "main.py"
    assert STEREO.outs == 2
