"""Treatments written live: what may sound, and what is said of what may not."""

import ctypes
import threading
import time

import numpy as np
import pytest
from numba import njit

from engines.face import Control
from live.core import row, written
from live.core.rehearsal import Rehearsal
from tests.live.alone import Alone, play

SOFT = """
def soft(x, state=1, drive=Control(1, 0, 10)):
    # a string gives way
    state[0] += 0.1 * (x * drive - state[0])
    return math.tanh(state[0])
"""
CROSS = """
def cross(sound, out, amount=0.5):
    for c in range(sound.shape[0]):
        for i in range(sound.shape[1]):
            out[c, i] = sound[c, i] + amount * (sound[1 - c, i] - sound[c, i])
"""
REACH = """
def reach(x, state=4, at=Control(1, 0, 10)):
    y = 2.0 * x
    return y + state[int(at)]
"""


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTIPHON_CACHE", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def room(home):
    with Rehearsal() as room:
        yield room


def sine(channels=2, frames=2000):
    return (0.5 * np.sin(np.arange(frames) / 20) * np.arange(1, channels + 1)[:, None] / channels).astype(np.float32)


def test_a_treatment_for_each_sample_with_state_is_what_it_says(room):
    path = written.write(SOFT)
    verdict = room.rehearse(path)
    assert (verdict.ok, verdict.reason) == (True, "")
    assert written.load(path)._entry.cache_hits == 1  # the core loads what the rehearsal compiled
    kind = written.kind(path)
    x, state, made = sine(), np.zeros(2), []
    for frame in x.T.astype(float):
        state += 0.1 * (frame * 3 - state)
        made.append(np.tanh(state))
    assert np.allclose(play(kind, 2000, [x], {"drive": 3}), np.array(made).T, atol=1e-6)
    assert (kind.word, kind.dry, kind.controls) == ("soft", True, {"drive": Control(1, 0, 10)})


def test_a_treatment_for_each_run_hears_all_channels(room):
    path = written.write(CROSS)
    assert room.rehearse(path).ok
    x = sine()
    y = play(written.kind(path), 2000, [x], {"amount": 1})
    assert np.allclose(y, x[::-1])
    assert np.array_equal(y, play(written.kind(path), 2000, [x], {"amount": 1}, runs=(1, 64, 7)))


def test_a_control_travels_sample_by_sample(room):
    path = written.write("def loud(x, gain=1.0): return x * gain")
    assert room.rehearse(path).ok
    y = play(written.kind(path), 1280, [np.ones((1, 1280))], {"gain": (0, 1)})
    assert np.allclose(y[0], np.arange(1280) / 1280, atol=1e-6)


def test_helpers_numbers_and_the_rate_may_be_used(room):
    path = written.write(
        "TURN = 2 * 3\n\ndef half(x):\n    return x / 2\n\ndef f(x, rate):\n    return half(x) * 6 * rate / 48000\n".replace("2 * 3", "6")
    )
    assert room.rehearse(path).ok
    assert np.allclose(play(written.kind(path), 64, [np.ones((1, 64))], rate=24000), 1.5)


def test_a_function_can_be_given_instead_of_its_text(room):
    path = written.write(doubled)
    assert room.rehearse(path).ok
    assert np.allclose(play(written.kind(path), 64, [np.ones((1, 64))]), TWICE)


TWICE = 2.0


def doubled(x, amount=1.0):
    return x * TWICE * amount


def test_its_time_is_watched_and_it_falls_back_to_its_input(room):
    path = written.write(SOFT)
    assert room.rehearse(path).ok
    node = Alone(written.kind(path), [2], rate=48000)
    assert node.cells[row.COST] == pytest.approx(0.2 * 64 / 48000 * 1e9, abs=1)
    assert node.cells[row.FLAGS] & row.DRY


REFUSED = {
    "def f(x, a=0.5):\n    return x * drve": "line 2: nothing is called drve",
    "def f(x):\n    y = x\n    return math.sinus(y)": "line 3: math has no sinus",
    'def f(x):\n    y = "a"\n    return x + y': "line 3: add does not work for a number and text",
    'def f(x):\n    if x > 0:\n        y = "a"\n    else:\n        y = 1.0\n    return y':
    "line 6: y is text here and a number there",
    "def f(x):\n    if x > 0:\n        return x": "line 3: it does not always return a number",
    "def f(x, state=2):\n    return state": "line 2: it must return one number, not several",
    "def f(x):\n    return (x, x)": "line 2: it must return one number, not several",
    "\ndef f(x):\n    return math.sqrt(x - 2)": "line 2: gives what is not a number, hearing silence (frame 0)",
    "def f(x, state=1):\n    state[0] = state[0] * 1.1 + x\n    return state[0]":
    "line 1: grows beyond 60 dB over full scale, hearing an impulse",
    REACH: "line 4: index 10 is out of bounds for axis 0 with size 4: hearing silence with at 10",
    "def f(sound, out):\n    for c in range(3):\n        out[c, 0] = 1":
    "line 3: index 2 is out of bounds for axis 0 with size 2: hearing silence",
}  # fmt: skip


@pytest.mark.parametrize("source", REFUSED)
def test_a_bad_one_is_refused_in_one_line_that_names_line_and_cause(room, source):
    verdict = room.rehearse(written.write(source))
    assert (verdict.ok, verdict.reason) == (False, REFUSED[source])


def test_one_that_asks_for_memory_is_refused_every_time(room):
    path = written.write("def f(x, state=2):\n    return x + state.astype(np.float32)[0]")
    for _ in range(2):
        verdict = room.rehearse(path)
        assert not verdict.ok
        assert verdict.reason == "line 1: asks for memory while sounding: go through channels and frames in loops, keep things in state"


def test_a_slow_one_is_refused_with_its_time(room):
    verdict = room.rehearse(written.write("def f(x):\n    for i in range(4000):\n        x = math.sin(x)\n    return x"))
    assert not verdict.ok
    assert verdict.reason.startswith("line 1: too slow: ")
    assert verdict.reason.endswith(" us for 64 frames, it may take 267")


def test_one_whose_sound_depends_on_the_cut_is_told_so(room):
    source = CROSS.replace("sound[c, i] + amount * (sound[1 - c, i] - sound[c, i])", "sound[c, 0] * amount")
    verdict = room.rehearse(written.write(source))
    assert verdict.ok
    assert verdict.reason.startswith("note: it sounds different when time is cut otherwise")


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("def f(x:\n    return x", "line 1: '(' was never closed: def f(x:"),
        ("def f(a=1):\n    return a", "line 1: f must begin with x (one sample), or with sound, out (one run)"),
        ("def f(*x):\n    return 1", "line 1: f takes plain parameters only, no * or **"),
        ("def f(x):\n    y = x", "line 1: f returns nothing: a function of one sample returns the new one"),
        ("def f(sound, out):\n    return sound", "line 2: f writes into out, it returns nothing"),
        ("x = 3", "line 1: there is no function: write def name(x): return x"),
        ("import os\ndef f(x):\n    return x", "line 1: import os: there is only math and numpy in here"),
        ("def f(x):\n    print(x)\n    return x", "line 2: print is not possible while sounding"),
        ("def f(x):\n    y = [x]\n    return y[0]", "line 2: a list asks for memory while sounding: use a tuple, or state"),
        ("def f(x):\n    y = np.zeros(3)\n    return y[0]", "line 2: zeros makes a new array while sounding: use state"),
        ("open('a')\ndef f(x):\n    return x", "line 1: outside a function only imports and plain numbers can stand"),
        ("def f(x, drive=Control(9, 0, 1)):\n    return x", "line 1: control drive = Control(9, 0, 1): rests at 9, outside 0 to 1."),
        ("def f(x, drive='much'):\n    return x", "line 1: control drive = 'much': 'much' is no number."),
        ("def f(x, state=0.5):\n    return x", "line 1: state=0.5 must be a whole number"),
    ],
)
def test_what_cannot_be_a_treatment_is_refused_before_anything_is_compiled(source, line):
    with pytest.raises(written.Unwritable) as why:
        written.write(source)
    assert str(why.value).startswith(line)


def test_plain_numbers_make_sensible_controls():
    form = written.read("def f(x, a, b=0.2, c=3, d=-2, e=Control(1, low=-1, high=2, unit='dB')): return x")
    assert form.controls == {
        "a": Control(0.5, 0, 1),
        "b": Control(0.2, 0, 1),
        "c": Control(3, 0, 12),
        "d": Control(-2, -8, 8),
        "e": Control(1, -1, 2, "dB"),
    }


def test_every_line_keeps_its_number():
    source = "def f(\n    x,\n    a=0.5,  # how much\n):\n    b = a\n    return x * b"
    assert written.read(source).text.split("\n")[3:] == ["def f(x, a):", "    b = a", "    return x * b"]


def test_the_same_source_is_the_same_module_and_another_is_another():
    assert written.write(SOFT) == written.write(SOFT)
    assert written.write(SOFT) != written.write(SOFT.replace("0.1", "0.2"))
    assert written.write(SOFT, "other").name.startswith("other_")


def test_an_index_out_of_its_array_spoils_the_run_and_needs_no_python(room):
    path = written.write(REACH)
    room.rehearse(path)
    kind = written.kind(path)
    node = Alone(kind, [1])
    node.turn("at", 10)
    node.run(64)
    assert np.isnan(node.out).all()
    count = np.zeros(2, np.int64)

    @njit(nogil=True)
    def sound_on(op, cells, count):
        while count[1] == 0:
            row.call_op(op, cells, 64, 0)
            count[0] += 1

    sound_on.compile("void(int64, int64, int64[::1])")
    thread = threading.Thread(target=sound_on, args=(kind.op.address, node.cells.ctypes.data, count))
    thread.start()
    try:
        time.sleep(0.02)
        before = int(count[0])
        ctypes.PyDLL(None).usleep(100_000)  # holds the interpreter's lock
        held = int(count[0]) - before
    finally:
        count[1] = 1
        thread.join()
    assert held > 10


def test_one_that_never_ends_is_ended_and_the_next_is_rehearsed_as_before(room):
    endless = "def f(x):\n    while x < 2:\n        x *= 0.5\n    return x"
    verdict = room.rehearse(written.write("\n" + endless), seconds=0.3)
    assert (verdict.ok, verdict.reason) == (False, "line 2: it does not end within 0.3 s: a loop without an end, or far too much work")
    assert room.rehearse(written.write(SOFT)).ok
