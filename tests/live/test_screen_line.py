"""The typed line: what each key does, with keys from a pipe instead of hands; and the same without a screen."""

from __future__ import annotations

import io
import threading
import time

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from live.bench.pretend import Pretend
from live.screen import opened
from live.screen.keys import indented
from live.screen.line import Line, looked
from live.screen.plain import Plain


@pytest.fixture
def desk():
    return Pretend()


@pytest.fixture
def typed(desk, tmp_path):
    """Types keys into a line; what it read. The screen that is drawn is thrown away."""
    with create_pipe_input() as keys:
        line = Line(desk, history=tmp_path / "history", log=tmp_path / "said.log", ends=(keys, DummyOutput()))

        def type_(text: str) -> str | None:
            keys.send_text(text)
            return line.read()

        type_.line, type_.keys = line, keys  # type: ignore[attr-defined]
        yield type_
        line.news.close()


@pytest.mark.parametrize(
    ("keys", "read"),
    [
        ("x = 1\r", "x = 1"),
        ("\r", ""),
        ("for k in range(2):\rk\r\r", "for k in range(2):\n    k"),
        ("f(\r1)\r", "f(\n    1)"),
        ("x = 1\x1b\ry = 2\r", "x = 1\ny = 2"),
        ("wrong\x03x = 2\r", "x = 2"),
        ("wrong\x03\x1a\r", "wrong"),
        ("this is no python\r", "this is no python"),
        ("\x04x\r", "x"),
    ],
)
def test_keys_make_lines(typed, keys, read):
    assert typed(keys) == read


def test_control_d_asks_and_leaves_when_it_comes_again(typed):
    assert typed("\x04\x04") is None


def test_control_d_within_a_line_only_deletes(typed):
    assert typed("ab\x01\x04\x04\x04\r") == ""


@pytest.mark.parametrize(("keys", "did"), [("\x1b[24~", "hush"), ("\x1b\x1b\x1b", "panic")])
def test_keys_that_silence_do_so_without_touching_the_line(typed, desk, keys, did):
    threading.Timer(0.3, lambda: typed.keys.send_text("bc\r")).start()
    assert typed("a" + keys) == "abc"
    assert desk.did == [did]


def test_help_is_about_the_word_under_the_cursor(typed, tmp_path):
    assert typed("dusk = filter(\x1bOP\x03x\r") == "x"
    assert "help on filter" in (tmp_path / "said.log").read_text()


def test_meters_open_and_close(typed):
    typed("\x1bORx\r")
    assert typed.line.metered
    typed("\x1bORx\r")
    assert not typed.line.metered


def test_what_was_typed_is_remembered_in_the_sessions_folder(typed, tmp_path):
    typed("first = 1\r")
    assert typed("\x1b[A\r") == "first = 1"
    assert "first = 1" in (tmp_path / "history").read_text()


def test_a_history_that_cannot_be_written_is_one_line(desk, tmp_path):
    (tmp_path / "history").mkdir()
    with create_pipe_input() as keys:
        line = Line(desk, history=tmp_path / "history", log=tmp_path / "said.log", ends=(keys, DummyOutput()))
        line.news.close()
    assert "is not remembered" in (tmp_path / "said.log").read_text()


def test_a_theme_typed_wrong_is_one_line_and_the_screen_opens(desk, tmp_path):
    with create_pipe_input() as keys:
        line = Line(desk, theme="drak", log=tmp_path / "said.log", ends=(keys, DummyOutput()))
        line.news.close()
    assert "Nearest: dark." in (tmp_path / "said.log").read_text()


def test_a_desk_that_fails_to_say_how_it_stands_does_not_take_the_line_away(typed, desk):
    desk.status = lambda: 1 / 0
    assert typed("x\r") == "x"


def test_a_name_that_refuses_every_question_does_not_take_the_line_away(typed, desk):
    class Refuses:
        def __getattribute__(self, name):
            raise RuntimeError(name)

    desk.names()["odd"] = Refuses()
    assert typed("odd.\x7f(\x7f\r") == "odd"


@pytest.mark.parametrize(
    ("before", "indent"),
    [("x", ""), ("    x", "    "), ("if x:", "    "), ("  f(", "      "), ("if x:  # why", "    "), ("x = {'a': 1}", "")],
)
def test_a_new_line_begins_where_it_should(before, indent):
    assert indented(before) == indent


# --- plain --------------------------------------------------------------------------------


def plain(desk, text: str, **how):
    """A plain screen over a piped text, and what it wrote."""
    out = io.StringIO()
    return Plain(desk, stdin=io.StringIO(text), stdout=out, **how), out


def test_a_pipe_is_read_line_by_line_to_its_end(desk):
    screen, _ = plain(desk, "x = 1\nfor k in range(2):\n    k\n\ny\r\nlast(")
    with screen:
        assert [screen.read() for _ in range(5)] == ["x = 1", "for k in range(2):\n    k", "y", "last(", None]


def test_any_bytes_are_a_line(desk):
    stdin = io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfx = 1\r\n\xff\xfe\n"), encoding="utf-8")
    screen = Plain(desk, stdin=stdin, stdout=io.StringIO())
    with screen:
        assert [screen.read() for _ in range(3)] == ["x = 1", "\ufffd\ufffd", None]


def test_plain_news_has_nothing_that_moves_a_cursor(desk, tmp_path):
    screen, out = plain(desk, "x\n", log=tmp_path / "said.log")
    with screen:
        screen.say("dusk \x1b[31mlanded\x1b[0m")
        print("printed")  # noqa: T201
        screen.read()
        screen.show("\x1b[38;5;80m▀\x1b[0m answer")
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().splitlines() == ["dusk landed", "printed", "▀ answer"]


def test_plain_news_waits_while_a_line_is_typed(desk):
    class Slow(io.StringIO):
        def isatty(self):
            return True

        def readline(self, *_):
            screen.say("between")
            time.sleep(0.4)
            out.write("<typed>\n")
            return "x\n"

    out = io.StringIO()
    screen = Plain(desk, stdin=Slow(), stdout=out)
    with screen:
        screen.read()
    assert out.getvalue() == "> <typed>\nbetween\n"


def test_without_a_terminal_the_plain_screen_is_opened(desk, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert isinstance(opened(desk), Plain)


def test_the_desk_is_listened_to_only_inside(desk):
    screen, out = plain(desk, "")
    with screen:
        (listener,) = desk.listeners
        listener("heard")
    assert desk.listeners == []
    assert out.getvalue() == "heard\n"


def test_a_mistake_stands_out_by_its_carets():
    lines = [
        "dusk.py:7   worn = cak(partner, textur=1)",
        "                                ^^^^^^",
        "cak has no control textur.",
        "Still playing.",
    ]
    assert [look for look, _ in looked(lines, "news")] == ["news", "news.bad", "news.bad", "news"]
    assert looked(["a ^ b", "", "^"], "answer")[-1][0] == "news.bad"


def test_an_evening_that_ends_by_itself_closes_a_line_that_is_open_elsewhere(desk):
    read: list[str | None] = []
    with create_pipe_input() as keys:
        with Line(desk, ends=(keys, DummyOutput())) as line:
            reading = threading.Thread(target=lambda: read.append(line.read()))
            reading.start()
            keys.send_text("half")
            while not line.session.default_buffer.text:
                time.sleep(0.01)
        reading.join(5)
    assert read == [None]


def test_control_c_right_behind_enter_stops_what_would_have_run(typed):
    with pytest.raises(KeyboardInterrupt):
        typed("while True: pass\r\r\x03y = 2")
    assert typed("\r") == "y = 2"
