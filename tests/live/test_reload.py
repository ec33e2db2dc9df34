"""A script is read somewhere else: what comes back is a page or a Mistake, and nothing a script does reaches the desk."""

from __future__ import annotations

import io
import os
import pickle
import queue
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from live.definitions import definitions
from live.frames import unpacked
from live.reading import Reader, Reading
from live.reload import Reload
from live.script import Printed, plain
from live.spare import Spare

GOOD = 'from live import *\nrain = clip("rain on tin")\nout.stage = rain\n'
OTHER = 'from live import *\nrain = clip("rain on tin")\ndusk = filter(rain, cutoff=900)\nout.stage = dusk\n'
BROKEN = 'from live import *\nrain = clip("rain on tin"\n'
LOOP = "from live import *\nwhile True:\n    pass\n"
SOON = 20.0  # a loaded machine; nothing here waits so long


@pytest.fixture(scope="module")
def reader():
    reader = Reader(Path(), seconds=1.0, patience=SOON, spares=3)
    yield reader
    reader.close()


@pytest.fixture
def read(reader, tmp_path):
    """Read a text as main.py of a session of its own."""
    reader.folder = tmp_path

    def reading(text: str, **files: str) -> Reading:
        for name, body in files.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(body))
        return reader.read("main.py", textwrap.dedent(text))

    return reading


# --- one reading -------------------------------------------------------------------------


def test_a_page_brings_its_places_its_prints_and_what_the_prompt_may_use(read) -> None:
    got = read(GOOD + "import math\nlow = 200\nmoods = ['moss', 'tin']\n\ndef far(x):\n    return 0.2 * x\n\nprint('ready', low)\n")
    assert got.mistake is None
    assert sorted(got.page.places()) == ["rain"]
    assert set(got.page.outs) == {"stage"}
    assert got.printed == ["ready 200"]
    assert got.values == {"low": 200, "moods": ["moss", "tin"]}
    scope: dict = {}
    got.define(scope)
    assert scope["far"](5) == 1.0
    assert scope["math"].pi > 3
    assert scope["low"] == 200
    assert "rain" not in scope


def test_what_is_one_thing_in_the_script_is_one_thing_on_the_page(read) -> None:
    page = read(OTHER).page
    assert page.names["dusk"].ins[0] is page.names["rain"]
    assert page.outs["stage"] is page.names["dusk"]


def test_modules_beside_the_script_are_read_afresh_each_time(read, tmp_path) -> None:
    text = "from live import *\nimport drums\nout.stage = drums.kick\n"
    first = read(text, drums='from live import *\nkick = clip("wood knocks", rate=1)\n')
    assert first.mistake is None
    second = read(text, drums='from live import *\nkick = clip("wood knocks", rate=2)\n')  # the same size, within the same second
    assert [got.page.outs["stage"].controls["rate"] for got in (first, second)] == [1.0, 2.0]
    assert list(second.imported) == [tmp_path / "drums.py"]
    assert first.imported != second.imported
    assert not (tmp_path / "__pycache__").exists()


def test_functions_of_modules_are_there_for_the_prompt_and_nothing_sounds_twice(read) -> None:
    drums = "from live import *\nfrom bass import low\n\ndef twice(x):\n    return 2 * low(x)\n\nout.stage = clip('wood knocks')\n"
    got = read(
        "from drums import twice as again\nimport drums as d, bass\nbad = d.missing if False else 1\n",
        drums=drums,
        bass="def low(x): return x / 4\n",
    )
    assert got.mistake is None
    from live import words

    page, scope = words.begin(), {}
    got.define(scope)
    assert (scope["again"](4), scope["d"].twice(2), scope["bass"].low(4)) == (2.0, 1.0, 1.0)
    assert not page.outs


def test_a_mistake_in_a_module_says_which(read) -> None:
    got = read("import drums\n", drums="x = 1\ny = nothing\n")
    assert str(got.mistake).startswith("drums.py:2: ")
    assert len(got.imported) == 1


def test_an_endless_loop_is_ended_and_its_line_named(read) -> None:
    began = time.monotonic()
    got = read("x = 1\n\ndef forever():\n    while True:\n        pass\n\nforever()\n")
    assert (got.mistake.file, got.mistake.line) in (("main.py", 4), ("main.py", 5))
    assert "loop" in got.mistake.what
    assert time.monotonic() - began < SOON
    assert read(GOOD).page is not None


def test_an_endless_loop_inside_c_is_found_too(read) -> None:
    got = read("x = 1\ny = sum(range(10**15))\n")
    assert str(got.mistake).startswith("main.py:2: Still running")
    assert got.mistake.source.startswith("y = ")


def test_a_thousand_prints_are_twenty_lines_and_a_number(read) -> None:
    got = read(GOOD + "for n in range(1000):\n    print(n)\nprint('x' * 10**7)\n")
    assert got.page is not None
    assert got.printed == [*(str(n) for n in range(20)), "... and 981 more"]


def test_threads_end_with_the_reading_and_one_note_says_so(read) -> None:
    text = "import threading, time\nfor n in range(3):\n    threading.Thread(target=time.sleep, args=(99,)).start()\n"
    began = time.monotonic()
    got = read(GOOD + text)
    assert got.page is not None
    assert len(got.notes) == 1
    assert "3 threads" in got.notes[0]
    assert time.monotonic() - began < SOON


def test_nothing_leaks_out_of_a_reading(read, tmp_path) -> None:
    here, handler = os.getcwd(), signal.getsignal(signal.SIGINT)
    text = """\
        import atexit, os, signal, sys
        os.chdir("/")
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        atexit.register(lambda: open(os.path.join(sys.path[0], "left"), "w").close())
        os.environ["ANTIPHON_LEFT"] = "1"
        import drums
    """
    got = read(GOOD + textwrap.dedent(text), drums="x = 1\n")
    assert got.page is not None
    assert (os.getcwd(), signal.getsignal(signal.SIGINT)) == (here, handler)
    assert "ANTIPHON_LEFT" not in os.environ
    time.sleep(0.2)
    assert not (tmp_path / "left").exists()


def test_an_object_with_ways_of_its_own_is_refused_by_name(read) -> None:
    text = """\
        import os
        class Trap:
            def __reduce__(self):
                return os.system, ("touch sprung",)
        trap = Trap()
        tray = [rain, trap]
    """
    got = read(GOOD + textwrap.dedent(text))
    assert "tray" in str(got.mistake)
    assert "Trap" in str(got.mistake)


def test_what_is_not_plain_stays_behind(read) -> None:
    got = read(
        GOOD + "class Odd(int):\n    pass\nodd = Odd(3)\nstream = open(__file__ + 'x', 'w')\nfew = {'a': (1, 2.5)}\nmuch = 'x' * 10**6\n"
    )
    assert got.mistake is None
    assert got.values == {"few": {"a": (1, 2.5)}}


@pytest.mark.parametrize("thing", [os.system, subprocess.Popen, eval, Path.unlink, Reading], ids=repr)
def test_the_desk_unpickles_known_words_only(thing) -> None:
    with pytest.raises(pickle.UnpicklingError, match="no word of ours"):
        unpacked(pickle.dumps(thing))


def test_too_much_memory_is_a_mistake(read) -> None:
    got = read(GOOD + "heap = [bytes(10**9) for _ in range(8)]\n")
    assert "memory" in str(got.mistake)
    assert got.mistake.line == 4


def test_a_page_of_hundreds_of_mixed_sounds_comes_through(read) -> None:
    got = read('from live import *\nout.stage = sum(clip("rain on tin", rate=0.5 + n / 400) for n in range(400))\n')
    assert got.mistake is None
    depth, one = 0, got.page.outs["stage"]
    while one.kind == "mix":
        depth, one = depth + 1, one.ins[0]
    assert depth == 399


def test_a_script_that_ends_python_gets_its_line_or_at_least_its_name(read) -> None:
    assert "ended" in str(read("import os\nos._exit(3)\n").mistake)
    got = read("import ctypes\nctypes.string_at(0)\n")
    assert str(got.mistake).startswith("main.py:2: ")


def test_the_room_gives_names_to_loudspeakers(reader, read) -> None:
    from live.room import Room

    reader.room = Room.usual(4)
    try:
        got = read(GOOD)
    finally:
        reader.room = None
    assert got.mistake is None
    assert isinstance(got.page.room, Room)


def test_a_reading_that_is_overtaken_ends_at_once(reader, read) -> None:
    wanted = [True]
    reader.warm(SOON)

    def overtake() -> None:
        wanted[0] = False
        reader.overtake()

    threading.Timer(0.2, overtake).start()
    reader.seconds, began = SOON, time.monotonic()
    try:
        got = reader.read("main.py", LOOP, still=lambda: wanted[0])
    finally:
        reader.seconds = 1.0
    assert got.overtaken
    assert time.monotonic() - began < SOON / 2


@pytest.mark.skipif(os.name == "nt", reason="asked by process number")
def test_no_process_is_left_when_the_desk_is_killed(tmp_path) -> None:
    code = "import sys, time; from live.reading import Reader; r = Reader('.'); r.warm()\n"
    code += "import threading; threading.Thread(target=r.read, args=('main.py', 'while True: pass'), daemon=True).start()\n"
    code += "time.sleep(0.5); print(*[s.process.pid for s in r._spares], r._now.process.pid, flush=True); time.sleep(99)"
    desk = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert desk.stdout is not None
    pids = [int(word) for word in desk.stdout.readline().split()]
    desk.kill()
    desk.wait()
    desk.stdout.close()
    assert len(pids) >= 2
    until = time.monotonic() + SOON
    while any(is_running(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(is_running(pid) for pid in pids)


def is_running(pid: int) -> bool:
    """There is such a process, and it is not only waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


# --- without a process ------------------------------------------------------------------------


def test_definitions_stay_on_their_lines() -> None:
    text = "import a; x = 1; import b\ny = 2\n\n@a.deco\ndef f(n):\n    s = '''\nü'''\n    return n\nz = 3; g = lambda: 4\nclass C:\n    pass\n"
    left = definitions(text)
    assert left.split("\n") == ["import a; import b", "", "", "@a.deco", "def f(n):", "    s = '''", "ü'''", "    return n", "g = lambda: 4", "class C:", "    pass"]  # fmt: skip


def test_prints_are_kept_in_bounds() -> None:
    printed = Printed()
    for n in range(100_000):
        printed.write(f"{n} ")
    print("end", file=printed)
    printed.write("\n".join("x" * 30))
    assert len(printed.said()) == 21
    assert all(len(line) < 500 for line in printed.lines)
    assert printed.lines[1:3] == ["x", "x"]
    assert io.TextIOBase in type(printed).__mro__


def test_plain_things_are_plain() -> None:
    nested: list = []
    nested.append(nested)
    assert plain([1, {"a": (None, 2.5, "b")}])
    assert not plain([object()])
    assert not plain(nested)


def test_a_spare_that_is_not_needed_goes_when_its_pipe_closes() -> None:
    spare = Spare()
    assert spare.process.stdin is not None
    spare.process.stdin.close()
    assert spare.process.wait(SOON) == 0
    spare.kill()


# --- save after save ---------------------------------------------------------------------------


class Desk:
    """What reload told, in order."""

    def __init__(self, folder: Path, reader: Reader) -> None:
        reader.folder = folder
        self.folder, self.told = folder, queue.Queue()
        self.same = 0
        self.reload = Reload(folder, self.page, self.mistake, on_same=self.again, reader=reader)

    def page(self, page, reading) -> None:
        self.told.put(("page", ", ".join(sorted(page.places()))))

    def mistake(self, slip) -> None:
        self.told.put(("mistake", str(slip)))

    def again(self, reading) -> None:
        self.same += 1

    def save(self, text: str, name: str = "main.py") -> None:
        (self.folder / name).write_text(text)

    def one(self) -> tuple[str, str]:
        return self.told.get(timeout=SOON)

    def is_quiet(self, wait: float = 0.3) -> bool:
        time.sleep(wait)
        return self.told.empty()


class Borrowed(Reader):
    """The module's reader, which outlives one desk."""

    def close(self) -> None:
        self.overtake()


@pytest.fixture
def desk(reader, tmp_path):
    (tmp_path / "main.py").write_text(GOOD)
    reader.__class__ = Borrowed
    desk = Desk(tmp_path, reader)
    assert desk.reload.read().page is not None
    desk.reload.start()
    assert desk.reload.saves.ready.wait(SOON)
    yield desk
    desk.reload.close()
    reader.__class__ = Reader


def test_each_save_is_one_message(desk) -> None:
    desk.save(OTHER)
    assert desk.one() == ("page", "dusk, rain")
    desk.save(BROKEN)
    kind, line = desk.one()
    assert (kind, "\n" in line) == ("mistake", False)
    desk.save(GOOD)
    assert desk.one() == ("page", "rain")
    assert desk.is_quiet()
    assert desk.reload.count == 3


def test_an_unchanged_script_is_not_read_again_unless_it_is_asked_for(desk) -> None:
    desk.save(GOOD)
    assert desk.is_quiet()
    assert desk.same == 1
    desk.reload.again()
    assert desk.one() == ("page", "rain")


def test_a_file_saved_in_two_halves_is_one_page(desk, monkeypatch) -> None:
    monkeypatch.setattr("live.reload.STILL", SOON)
    half = len(OTHER) // 2
    desk.save(OTHER[:half])
    time.sleep(0.12)
    desk.save(OTHER)
    assert desk.one() == ("page", "dusk, rain")
    assert desk.is_quiet()


def test_a_file_emptied_before_it_is_written_is_one_page(desk, monkeypatch) -> None:
    monkeypatch.setattr("live.reload.STILL", SOON)
    desk.save("")
    time.sleep(0.12)
    desk.save(OTHER)
    assert desk.one() == ("page", "dusk, rain")
    assert desk.is_quiet()


def test_the_newest_save_wins_over_a_loop_that_never_ends(desk) -> None:
    desk.reload.reader.seconds = desk.reload.reader.patience = SOON
    try:
        desk.save(LOOP)
        time.sleep(0.4)
        desk.save(OTHER)
        assert desk.one() == ("page", "dusk, rain")
    finally:
        desk.reload.reader.seconds = 1.0
    assert desk.is_quiet(0.1)


def test_a_module_that_is_saved_is_read_with_the_script(desk) -> None:
    desk.save("from live import *\nfrom drums import kick\nout.stage = kick\n")
    assert "drums" in desk.one()[1]
    desk.save('from live import *\nkick = clip("wood knocks")\n', "drums.py")  # it was missing: now it comes
    assert desk.one() == ("page", "kick")
    desk.save('from live import *\nkick = clip("wood knocks")\nkick = nothing\n', "drums.py")
    assert desk.one()[1].startswith("drums.py:3: ")
    desk.save("# not of this session\n", "notes.py")
    assert desk.is_quiet()


def test_a_script_that_goes_is_told_and_read_when_it_is_back(desk) -> None:
    (desk.folder / "main.py").unlink()
    assert "no main.py" in desk.one()[1]
    desk.save(OTHER)
    assert desk.one() == ("page", "dusk, rain")


def test_whoever_stumbles_over_a_page_is_told_the_next_one(desk, monkeypatch) -> None:
    seen: list = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(args.exc_type))
    monkeypatch.setattr(desk.reload, "on_page", lambda page, reading: 1 / 0)
    desk.save(OTHER)
    until = time.monotonic() + SOON
    while not seen and time.monotonic() < until:
        time.sleep(0.02)
    assert seen == [ZeroDivisionError]
    monkeypatch.setattr(desk.reload, "on_page", desk.page)
    desk.save(GOOD)
    assert desk.one() == ("page", "rain")


def test_where_processes_cannot_be_copied_each_reads_one_script(tmp_path) -> None:
    reader = Reader(tmp_path, seconds=0.5, patience=SOON, spares=1, once=True)
    try:
        assert reader.read("main.py", GOOD).page is not None
        assert "Still running" in str(reader.read("main.py", LOOP).mistake)
        assert "ended" in str(reader.read("main.py", "import os\nos._exit(7)\n").mistake)
        assert reader.read("main.py", OTHER).page is not None
    finally:
        reader.close()
    assert not reader._spares


@pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux only")
def test_a_warm_process_is_used_again_and_remembers_nothing(tmp_path) -> None:
    reader = Reader(tmp_path, spares=1)
    try:
        reader.warm(SOON)
        pid = reader._spares[0].process.pid
        assert reader.read("main.py", GOOD + "import builtins, live\nbuiltins.left = live.left = 1\nx = 1\n").values == {"x": 1}
        until = time.monotonic() + SOON
        while not reader._spares and time.monotonic() < until:
            time.sleep(0.01)
        got = reader.read("main.py", "from live import *\nimport builtins\nfound = hasattr(builtins, 'left') or 'left' in dir()\n")
        assert got.values == {"found": False}
        while not reader._spares and time.monotonic() < until:
            time.sleep(0.01)
        assert [spare.process.pid for spare in reader._spares] == [pid]
    finally:
        reader.close()
