"""Knobs on the screen: the strip under the meters, the keys that turn them, and learning with F2 and Esc."""

from __future__ import annotations

import threading

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from live.bench.pretend import Pretend
from live.screen import status
from live.screen.face import Status, Turned
from live.screen.line import Line
from live.screen.meters import strip

TWO = [Turned("near", 0.5), Turned("dusk.cutoff", 0.31, 0.72)]


@pytest.fixture
def desk():
    return Pretend()


@pytest.fixture
def typed(desk, tmp_path):
    """Types keys into a line; what it read."""
    with create_pipe_input() as keys:
        line = Line(desk, history=tmp_path / "history", log=tmp_path / "said.log", ends=(keys, DummyOutput()))

        def type_(text: str, then: str = "") -> str | None:
            keys.send_text(text)
            if then:
                threading.Timer(0.8, lambda: keys.send_text(then)).start()
            return line.read()

        type_.line = line  # type: ignore[attr-defined]
        yield type_
        line.news.close()


def drawn(lines):
    return ["".join(text for _, text in line) for line in lines]


def test_a_knob_shows_its_name_its_place_and_where_a_hand_waits():
    near, cutoff, _ = drawn(strip(TWO, 50, 0, None))
    assert near.startswith(" 1 near")
    assert near.count("▪") == near.count("·") == 8
    assert near.endswith(" 0.50 ")
    assert "|" not in near
    assert cutoff[len(" 2 dusk.cutoff  ") :].index("|") == int(0.72 * 16)


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_the_strip_is_never_wider_than_the_screen_has_room(columns):
    eight = [Turned(f"knob number {k}", k / 8, 1.0) for k in range(8)]
    found = drawn(strip(eight, columns, 0, None))
    assert sum(line.count("0.") + line.count("1.") for line in found) >= 8
    assert all(len(line) <= max(columns, 40) for line in found)


def test_without_a_controller_it_says_how_to_turn_and_what_to_type():
    assert "Alt-1" in drawn(strip(TWO, 120, 0, None))[-1]
    assert "learn()" in drawn(strip(TWO, 120, 0, None))[-1]
    assert "Alt-1" not in drawn(strip(TWO, 120, 1, None))[-1]


def test_while_something_is_learned_the_strip_and_the_status_line_say_so():
    assert "learn dusk.cutoff: move something" in drawn(strip([], 120, 1, "dusk.cutoff"))[-1]
    assert "LEARN" in status.plain(Status(learning="dusk.cutoff"), 40)
    assert "learn dusk.cutoff" in status.plain(Status(learning="dusk.cutoff"))
    assert "learn" not in status.plain(Status()).lower()


@pytest.mark.parametrize(
    ("keys", "did"),
    [
        ("\x1b1", ["knob 1 up"]),
        ("\x1b!", ["knob 1 down"]),
        ("\x1b2\x1b2\x1b@", ["knob 2 up", "knob 2 up", "knob 2 down"]),
        ("\x1b2\x1b[1;3A\x1b[1;3B", ["knob 2 up", "knob 2 up", "knob 2 down"]),
        ("\x1b8", ["knob 8 up"]),
    ],
)
def test_keys_turn_the_pages_knobs_and_leave_the_line_alone(typed, desk, keys, did):
    assert typed("a" + keys + "b\r") == "ab"
    assert desk.did == did


def test_f2_learns_and_esc_leaves_it(typed, desk):
    desk.fixed["learning"] = "dusk.cutoff"
    typed("\x1bOQx\r")
    assert desk.did == ["learn"]
    assert typed("\x1b", "y\r") == "y"
    assert desk.did == ["learn", "cancel"]


def test_esc_means_nothing_else_while_nothing_is_learned(typed, desk):
    assert typed("\x1b", "y\r") == "y"
    assert desk.did == []


def test_three_esc_are_panic_also_while_something_is_learned(typed, desk):
    desk.fixed["learning"] = ""
    typed("\x1b\x1b\x1b", "y\r")
    assert "panic" in desk.did


def test_the_meters_show_the_strip(typed):
    typed("\x1bORx\r")
    block, _ = typed.line._below
    assert any("near" in text for line in block for _, text in line)
