"""The table of faders: how far each control goes and where it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live import faders
from live.edits import State
from live.faders import FILE, Fader, Table, standing
from live.naming import score_of
from live.room import Room
from live.score import Drive, Node, Score
from live.scribe import Scribe
from live.values import Page


def table_of(tmp_path: Path, text: str) -> dict[str, object]:
    """The table of a page that is typed."""
    room = Room.usual(2)
    page = Page(room=room)
    scribe = Scribe(room, lambda: page, {})
    for line in text.splitlines():
        _, edit = scribe.run(line)
        page.names.update(edit.names)
        page.outs.update(edit.outs)
    table = Table(tmp_path, "night", None, room)
    assert table.write(State(page, score=score_of(page)))
    return faders.read(tmp_path)


def test_every_control_of_a_named_place_is_there_with_its_range(tmp_path: Path) -> None:
    table = table_of(tmp_path, 'rain = clip("rain on tin", rate=0.5)\ndusk = filter(rain, cutoff=400)\nout.stage = dusk')
    assert table["places"] == ["dusk", "rain"]
    assert table["controls"]["dusk.cutoff"] == {"low": 20.0, "high": 20000.0, "curve": "log", "unit": "Hz", "rest": 1000.0, "at": 400.0}
    assert table["controls"]["rain.rate"]["at"] == 0.5
    assert table["controls"]["rain.gain"]["at"] == table["controls"]["rain.gain"]["rest"]


def test_a_bare_knob_stands_at_its_knob_over_the_whole_range(tmp_path: Path) -> None:
    table = table_of(tmp_path, "hum = tone(50, gain=knob(3))\ndusk = filter(hum, cutoff=knob(4))\nout.stage = dusk")
    found = faders.faders(table)
    gain, cutoff = found["hum.gain"], found["dusk.cutoff"]
    assert (gain.knob, cutoff.knob) == (3, 4)
    assert gain.heard(1.0) == gain.high
    assert cutoff.heard(0.5) == pytest.approx(632.4555, rel=1e-6)
    assert cutoff.turned(632.4555) == pytest.approx(0.5, abs=1e-6)


def test_a_knob_that_is_scaled_stands_where_it_is_heard(tmp_path: Path) -> None:
    found = faders.faders(table_of(tmp_path, "hum = tone(50, gain=0.2 + 0.5 * knob(3))\nout.stage = hum"))["hum.gain"]
    assert (found.knob, found.scale, found.offset) == (3, 0.5, 0.2)
    assert found.turned(0.45) == pytest.approx(0.5)
    assert found.turned(9.0) == 1.0


def test_what_a_wave_moves_follows_it(tmp_path: Path) -> None:
    table = table_of(tmp_path, "hum = tone(50, gain=lfo(0, 1))\nsway = lfo(0, 1)\nbuzz = tone(60, gain=sway)\nout.stage = hum + buzz")
    assert table["controls"]["hum.gain"]["follows"] == "lfo"
    assert table["controls"]["buzz.gain"]["follows"] == "sway"
    assert table["movers"] == ["sway"]
    assert "sway" not in table["places"]
    assert table["controls"]["sway.rate"]["at"] == 1.0


def test_a_smoothed_knob_is_still_that_knob() -> None:
    score = Score({"a/smooth": Node("smooth", (), {"x": Drive("knob:worn.texture", 0.5, 0.1)})})
    assert standing(Drive("a/smooth", 2.0, 1.0), 0.0, score) == {"knob": "worn.texture", "scale": 1.0, "offset": 1.2}


def test_levels_of_places_on_their_outputs_are_there(tmp_path: Path) -> None:
    table = table_of(tmp_path, "hum = tone(50)\nbuzz = tone(60)\nout.stage = 0.5 * hum + knob(3) * buzz")
    assert table["levels"]["stage/hum"]["at"] == 0.5
    assert table["levels"]["stage/buzz"]["knob"] == 3


def test_nothing_is_written_when_nothing_has_changed(tmp_path: Path) -> None:
    table = Table(tmp_path, "night")
    score = Score({"hum": Node("tone", (), {"freq": 50.0})})
    assert table.write(State(score=score))
    assert not table.write(State(score=score))
    assert not table.write(State(score=Score({"hum": Node("tone", (), {"freq": 50.0})})))
    assert table.write(State(score=score.with_(muted=frozenset({"hum"}))))
    assert json.loads((tmp_path / FILE).read_text())["muted"] == ["hum"]
    assert table.went("dawn", State(score=score))
    assert faders.read(tmp_path)["scene"] == "dawn"


def test_a_name_with_quotes_and_letters_of_any_kind_stays_json(tmp_path: Path) -> None:
    Table(tmp_path).write(State(score=Score({'kit.lo"w\\ 🥁': Node("tone", (), {"freq": 50.0})})))
    assert 'kit.lo"w\\ 🥁.freq' in faders.read(tmp_path)["controls"]


def test_no_table_is_an_empty_one(tmp_path: Path) -> None:
    assert faders.read(tmp_path) == {}
    (tmp_path / FILE).write_text('{"controls": {')
    assert faders.read(tmp_path) == {}


ranges = st.tuples(st.floats(0.001, 100.0), st.floats(0.01, 1000.0)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(ranges, st.sampled_from(["lin", "log"]), st.floats(0.0, 1.0))
def test_a_position_comes_back_from_its_value(ends: tuple[float, float], curve: str, position: float) -> None:
    fader = Fader("x", *ends, curve=curve)
    assert fader.position(fader.value(position)) == pytest.approx(position, abs=1e-6)
    assert ends[0] <= fader.value(position) <= ends[1]


@given(ranges, st.floats(0.1, 5.0) | st.floats(-5.0, -0.1), st.floats(-2.0, 2.0), st.booleans(), st.floats(0.0, 1.0))
def test_a_knob_goes_where_its_value_is_heard(ends: tuple[float, float], scale: float, offset: float, log: bool, knob: float) -> None:
    fader = Fader("x", *ends, knob=1, scale=scale, offset=offset, log=ends if log else None)
    value = fader.heard(knob)
    assert fader.heard(fader.turned(value)) == pytest.approx(value, rel=1e-6, abs=1e-9)
