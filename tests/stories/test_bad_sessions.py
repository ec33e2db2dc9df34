"""Bad sessions: one clear line each, and what plays is never touched."""

from __future__ import annotations

import os
import queue
import textwrap
import time
from pathlib import Path

import pytest

from live.naming import score_of
from live.plan import compare
from live.reading import Reader
from live.reload import Reload

GOOD = 'from live import *\nrain = clip("rain on tin")\nout.stage = rain\n'
SOON = 20.0


@pytest.fixture(scope="module")
def reader():
    class Lent(Reader):
        def close(self) -> None:
            self.overtake()

    reader = Lent(Path(), seconds=0.6, patience=SOON, spares=3)
    yield reader
    Reader.close(reader)


class Evening:
    """A desk that plays what it is given, as long as it is given something that can be played."""

    def __init__(self, folder: Path, reader: Reader) -> None:
        reader.folder = self.folder = folder
        self.reader = reader
        self.told: queue.Queue[object] = queue.Queue()
        (folder / "main.py").write_text(GOOD)
        self.reload = Reload(folder, self.play, self.told.put, reader=reader)
        first = self.reload.read()
        assert first.page is not None
        self.score, self.plan = score_of(first.page), ""
        self.reload.start()
        assert self.reload.saves.ready.wait(SOON)

    def play(self, page, reading) -> None:
        score = score_of(page, self.score)
        self.plan = compare(self.score, score)
        self.score = score
        self.told.put(reading)

    def line(self) -> str:
        """The one line, and the picture that goes with it."""
        slip = self.told.get(timeout=SOON)
        line = str(slip)
        assert "\n" not in line
        assert 15 < len(line) < 240
        assert 1 <= len(slip.lines("Still playing.")) <= 5
        time.sleep(0.05)
        assert self.told.empty()
        return line


@pytest.fixture(scope="module")
def night(reader, tmp_path_factory):
    """One evening goes through all of it."""
    night = Evening(tmp_path_factory.mktemp("night"), reader)
    yield night
    night.reload.close()


@pytest.fixture
def evening(night):
    """Whatever was saved: what played plays on."""
    night.reader.folder = night.folder
    if not (night.folder / "main.py").exists():
        (night.folder / "main.py").write_text(GOOD)
        assert night.told.get(timeout=SOON).page is not None
    was = night.score
    yield night
    assert night.score is was
    for left in [one for one in night.folder.iterdir() if one.name != "main.py" or not one.is_file() or one.is_symlink()]:
        left.rmdir() if left.is_dir() else left.unlink()


SCRIPTS = {
    "a bracket left open": ('from live import *\nrain = clip("rain on tin"\n', ["main.py:2", "never closed"]),
    "tabs and spaces": ("if True:\n        x = 1\n\ty = 2\n", ["main.py:3", "Tabs and spaces"]),
    "spaces out of line": ("x = 1\n  y = 2\n", ["main.py:2", "indent"]),
    "bytes of latin-1": ("# caf\xe9\nx = 1\n".encode("latin-1"), ["main.py:1", "UTF-8"]),
    "utf-16": (GOOD.encode("utf-16"), ["main.py", "UTF-16"]),
    "a zero byte": (b"x = 1\ny = \0\n", ["main.py:2", "zero byte"]),
    "nothing": (b"", ["nothing in main.py"]),
    "only spaces": ("  \n\t\n", ["nothing in main.py"]),
    "sys.exit": ("import sys\nsys.exit()\n", ["main.py:2", "quit"]),
    "quit": ("quit()\n", ["main.py:1", "quit"]),
    "raise SystemExit": ("x = 1\nraise SystemExit\n", ["main.py:2", "quit"]),
    "input": ("x = 1\nname = input('who? ')\n", ["main.py:2", "cannot ask"]),
    "a debugger": ("x = 1\nbreakpoint()\n", ["main.py:2", "cannot ask"]),
    "recursion": ("def f():\n    return f()\n\nf()\n", ["main.py:2", "f() calls itself"]),
    "a loop": ("x = 1\nwhile True:\n    x += 1\n", ["main.py:", "Still running"]),
    "a print in a loop": ("while True:\n    print('x')\n", ["main.py:", "Still running"]),
    "a long sleep": ("import time\ntime.sleep(100)\n", ["main.py:2", "Still running"]),
    "a module that is not there": ("import drumz\n", ["main.py:1", "drumz"]),
    "a name that is not there": ("from live import *\nrain = klip('rain on tin')\n", ["main.py:2", "clip"]),
    "the first line forgotten": ('rain = clip("rain on tin")\n', ["main.py:1", "from live import *"]),
    "an exception of its own": ("class Oh(Exception):\n    def __str__(self):\n        return 1 / 0\nraise Oh\n", ["main.py:4", "Oh"]),
    "many lines in one exception": ("raise ValueError('a\\nb\\n' * 3)\n", ["main.py:1", "ValueError"]),
    "too deep for Python": ("x = " + "(" * 500 + "1" + ")" * 500 + "\n", ["main.py", "nested"]),
    "python ended": ("import os\nos._exit(1)\n", ["main.py", "ended"]),
    "a killed process": ("import os\nos.kill(os.getpid(), 9)\n", ["main.py", "ended"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says"), SCRIPTS.values(), ids=list(SCRIPTS))
def test_a_bad_script_is_one_clear_line(evening, text, says) -> None:
    (evening.folder / "main.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    line = evening.line()
    assert all(word in line for word in says), line


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (b"\xef\xbb\xbf" + GOOD.encode(), ["rain"]),
        (GOOD.replace("\n", "\r\n").encode(), ["rain"]),
        (GOOD.replace("\n", "\r").encode(), ["rain"]),
        (b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + GOOD.encode(), ["rain"]),
        (b"if True:\n\tx = 1\n" + GOOD.encode(), ["rain"]),
        (b"# only a remark\n", []),
        (GOOD.encode() + b"# " + b"long " * 10 + b"\nx = [1, 2, 3]\n" * 40_000, ["rain"]),
    ],
    ids=["a BOM", "CRLF", "CR", "latin-1, said so", "tabs alone", "an empty stage", "a megabyte"],
)
def test_an_odd_script_is_read_all_the_same(reader, tmp_path, text, places) -> None:
    reader.folder = tmp_path
    (tmp_path / "main.py").write_bytes(text)
    reading = reader.read("main.py")
    assert reading.mistake is None
    assert list(reading.page.places()) == places


def test_modules_that_import_each_other_are_named(evening) -> None:
    (evening.folder / "drums.py").write_text("from bass import low\nkick = 1\n")
    (evening.folder / "bass.py").write_text("from drums import kick\nlow = 1\n")
    (evening.folder / "main.py").write_text("import drums\n")
    line = evening.line()
    assert line.startswith("bass.py:1: ")
    assert "circle" in line
    assert "drums.py" in line


def test_a_module_that_imports_the_script_does_not_play_it_twice(reader, tmp_path) -> None:
    reader.folder = tmp_path
    (tmp_path / "drums.py").write_text("import main\nkick = 1\n")
    reading = reader.read("main.py", "print('once')\nimport drums\n" + GOOD)
    assert reading.mistake is None
    assert reading.printed == ["once"]


def test_a_folder_named_main_py(evening) -> None:
    (evening.folder / "main.py").unlink()
    (evening.folder / "main.py").mkdir()
    assert "main.py is a folder" in evening.line()


def test_no_main_py_but_others(evening) -> None:
    (evening.folder / "main.py").rename(evening.folder / "mian.py")
    line = evening.line()
    assert "no main.py" in line
    assert "mian.py" in line


def test_a_link_to_nowhere(evening) -> None:
    (evening.folder / "main.py").unlink()
    (evening.folder / "main.py").symlink_to("gone.py")
    assert "gone.py" in evening.line()


def test_a_pipe_is_not_waited_for(evening) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes in folders here")
    (evening.folder / "main.py").unlink()
    os.mkfifo(evening.folder / "main.py")
    assert "no ordinary file" in evening.line()


def test_a_session_that_is_a_file(reader, tmp_path) -> None:
    (tmp_path / "session").write_text(GOOD)
    reader.folder = tmp_path / "session"
    line = str(reader.read("main.py").mistake)
    assert "session is a file" in line
    assert "\n" not in line


def test_a_session_that_is_gone(reader, tmp_path) -> None:
    reader.folder = tmp_path / "gone"
    assert "gone" in str(reader.read("main.py").mistake)
    assert "gone" in str(reader.read("main.py", GOOD).mistake)


def test_a_script_that_may_not_be_read(reader, tmp_path, monkeypatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    reader.folder = tmp_path
    (tmp_path / "main.py").write_text(GOOD)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert str(reader.read("main.py").mistake) == "main.py: main.py cannot be read: permission denied."


def test_far_too_much_is_refused_unread(reader, tmp_path) -> None:
    reader.folder = tmp_path
    with (tmp_path / "main.py").open("wb") as file:
        file.truncate(10**9)
    began = time.monotonic()
    assert "MB" in str(reader.read("main.py").mistake)
    assert time.monotonic() - began < 1


def test_a_module_with_the_name_of_one_of_pythons_is_noted(reader, tmp_path) -> None:
    reader.folder = tmp_path
    (tmp_path / "random.py").write_text("kick = 1\n")
    reading = reader.read("main.py", textwrap.dedent(GOOD) + "import random\n")
    assert reading.page is not None
    assert [note.split()[0] for note in reading.notes] == ["random.py"]


def test_after_all_of_it_the_next_good_save_is_played(night) -> None:
    night.reader.folder, was = night.folder, night.score
    while not night.told.empty():
        night.told.get()
    (night.folder / "main.py").write_text(GOOD.replace("rain on tin", "wood knocks"))
    until = time.monotonic() + SOON
    while night.score is was and time.monotonic() < until:
        time.sleep(0.02)
    assert [str(step).split()[:2] for step in night.plan] == [["swap", "rain:"]]
