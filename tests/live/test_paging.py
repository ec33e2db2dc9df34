"""A score back into a page, and a page into a script: what look() shows and snap() keeps is the music, to the last number."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings

from live.naming import score_of
from live.paging import gathered, paged, script
from live.plan import compare, told
from live.typed import number, typed
from tests.live.pages import QUAD, RAIN, page_of, score
from tests.live.random_pages import Script, scripts

few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@given(scripts())
@few
def test_a_page_typed_and_read_again_is_the_same_score(one: Script) -> None:
    page = page_of(one.text(), QUAD)
    first = score_of(page)
    text = script(page)
    assert told(compare(first, score(text, None, QUAD))) == "", text


@given(scripts())
@few
def test_a_score_as_a_page_is_the_same_score(one: Script) -> None:
    first = score(one.text(), None, QUAD)
    page = paged(first, QUAD)
    assert told(compare(first, score_of(page, first))) == ""
    text = script(page)
    assert told(compare(first, score(text, first, QUAD))) == "", text


SAID = [
    "x = tone(440)", "w = lfo(1) * lfo(2) + (2 * knob(2) - 0.5)", "x = filter(rain, cutoff=knob(1))", "x = filter(rain, cutoff=1 * knob(1))", "x = reverb(rain, mix=1 * knob(1))", "w = lfo(2)\nx = tone(gain=w, width=1 * w)",
    "w = knob(3).smooth(0.2)\nx = clip('rain on tin', rate=w)", "x = tone(gain=(1 * lfo(1)).smooth(0.1))", "x = tone(gain=(2 * knob(1) - 1) * lfo(2) * 3)",
    "x = tone(freq=(knob(1) + knob(2)).log(20, 200))", "x = when(knob(21) > 0.5, rain, 0.5 * rain)", "x = when(knob(1), latent(rain), latent(mic(1)))",
    "x = tone(gain=when(~(knob(1) > 0.2) & (knob(2) < 0.3), 0.1, knob(3)))", "x = latent(rain) - 0.5 * latent(mic(1)) - latent(mic(2))", "x = -latent(rain) + latent(mic(1))",
    "x = latent(rain) - (latent(mic(1)) + latent(mic(2)))", "x = 0.5 * (rain + 0.3 * (rain + 2 * noise()))", "drops = [tone(200), [tone(300), noise()]]\nx = drops[1][0] + drops[0]",
    "kit = {36: tone(50), 'low': {'er': noise()}, 1: tone(3000)}\nx = kit[36] + kit['low']['er']", "a = rain\nsome = [a, noise()]\nx = filter(some[0])",
    "x = tone(hits=seq('x-o-', swing=1/3), notes='c3 f#6')", "x = clip('rain on tin', hits=every(3), start=1/3)", "x = tone(freq=100/3, gain=2/7)", "x = delay(rain, time=beats(3/7))",
    "beat = seq('x-')\nx = tone(hits=beat)", "ask = knob(1) > 0.5\nx = tone(gain=ask)", "x = mic(2)\ny = mic(1, width=2)", 'x = tone(gain=knob("near") + follow(rain))',
    "x = tone(gain=least(knob(1), lfo(2)) * most(0.2, knob(2)))", "x = noise(channels=2)\nout.stage = knob(1) * x + knob(2) * x + 0.1 * x", "x = pan(rain, knob(4) - knob(5))\nout.rear = (1 - follow(x)) * x",
    "x = tone(gain=knob('near', 0.25), width=knob(21, 1))", "tempo(97.3, 7)\nx = tone()", "out[1] = rain\nout[3, 4] = 0.2 * rain",
]  # fmt: skip


@pytest.mark.parametrize("text", SAID)
def test_everything_that_can_be_said_can_be_typed_back(text: str) -> None:
    page = page_of(f"{RAIN}{text}\n", QUAD)
    first = score_of(page)
    again = page_of(script(page), QUAD)
    assert told(compare(first, score_of(again))) == "", script(page)
    assert script(again) == script(page)


@pytest.mark.parametrize("text", [one for one in SAID if "ask =" not in one and "beat =" not in one])
def test_everything_that_sounds_can_be_found_again_from_its_score(text: str) -> None:
    first = score(f"{RAIN}{text}\n", None, QUAD)
    page = paged(first, QUAD)
    assert told(compare(first, score_of(page, first))) == ""
    assert told(compare(first, score(script(page), first, QUAD))) == "", script(page)


def test_a_definition_is_typed_and_not_its_own_name() -> None:
    page = page_of("w = lfo(2)\ndrops = [tone(200), tone(300)]\nx = tone(gain=w) + drops[1]\n")
    assert script(page).splitlines()[2:] == [
        "w = lfo(rate=2)", "drops = [tone(freq=200), tone(freq=300)]", "x = tone(gain=2 * w) + drops[1]",
    ]  # fmt: skip


def test_a_place_with_two_names_is_one_and_the_other_says_so() -> None:
    assert script(page_of(f"{RAIN}again = rain\n")).splitlines()[2:] == ['rain = clip("rain on tin")', "again = rain"]


def test_what_uses_another_stands_below_it() -> None:
    page = page_of(f"{RAIN}dusk = filter(rain)\n")
    page.names = dict(reversed(page.names.items()))
    assert [line.split(" =")[0] for line in script(page).splitlines()[2:]] == ["rain", "dusk"]


def test_minus_is_typed_as_minus() -> None:
    assert "x = latent(rain) - 0.5 * latent(mic(1))" in script(page_of(f"{RAIN}x = latent(rain) - 0.5 * latent(mic(1))\n"))


def test_a_treatment_written_live_is_typed_with_its_text() -> None:
    text = f"@effect\ndef rust(x, drive=Control(3, 0, 20)):\n    return math.tanh(x * drive)\n{RAIN}worn = rust(rain, drive=4)\n"
    page = page_of(text)
    typed_again = script(page)
    assert "@effect\ndef rust(x" in typed_again
    assert score(typed_again) == score_of(page)


def test_a_name_of_a_list_is_a_list_again() -> None:
    assert gathered({"a": 1, "b.1": 2, "b.2.1": 3, "b.2.2": 4, "c.low": 5, "c.3": 6}) == {"a": 1, "b": [2, [3, 4]], "c": {"low": 5, "3": 6}}


def test_what_came_back_from_a_score_can_be_played_on() -> None:
    page = paged(score("w = lfo(2)\ndrops = [tone(200), tone(300)]\nout.stage = drops\n"))
    assert typed(1 - page.names["w"]) == "-1 * w + 1"
    assert typed(page.names["drops"][1], top=False) == "drops[1]"


@pytest.mark.parametrize("x", [1 / 3, 0.1, 0.1 + 0.2, 1e-7, 123456.789, 1e9, -2.0, 20000.0, 1046.502])
def test_a_number_is_typed_short_and_exact(x: float) -> None:
    assert float(number(x)) == x
    assert len(number(0.25)) == 4


def test_a_knob_is_typed_by_its_name_and_where_it_stands() -> None:
    page = page_of('x = tone(gain=knob("near", 0.25), width=2 * knob(21, 0.5) - 1)\n')
    assert script(page).splitlines()[-1] == 'x = tone(gain=2 * knob("near", 0.25), width=2 * knob(21, 0.5) - 1)'
    assert page_of(script(page)).knobs == page.knobs
    again = pickle.loads(pickle.dumps(page))
    assert script(again) == script(page)
    assert score_of(again) == score_of(page)


def test_a_sound_of_the_session_is_typed_by_its_name(tmp_path) -> None:
    (tmp_path / "corpus").mkdir()
    for file in ("hall.wav", "corpus/bell.wav"):
        soundfile.write(tmp_path / file, np.zeros((100, 3)), 8000)
    room = replace(QUAD, folders=(str(tmp_path),))
    page = page_of('a = clip("hall")\nb = clip("corpus/bell.wav")\nc = clip("bell")\nd = clip("rain on tin")\n', room)
    assert [line.partition(" = ")[2] for line in script(page).splitlines()[2:]] == [
        'clip("hall")',
        'clip("corpus/bell")',
        'clip("corpus/bell")',
        'clip("rain on tin")',
    ]
    assert score(script(page), None, room) == score_of(page)
