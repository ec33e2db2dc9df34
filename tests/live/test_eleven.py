"""A kernel by its name: given, typed, turned and written back as one, and never more than controls that are turned."""

from __future__ import annotations

import json
import queue
from dataclasses import replace

import numpy as np
import pytest

from engines.cak import NUMBERS, Kernel, find, write
from live import eleven
from live.naming import score_of
from live.plan import compare, told
from live.reading import Reader
from live.reload import Reload
from live.room import Room
from live.score import Drive
from live.vocabulary import vocabulary
from tests.live.pages import RAIN, STEREO, page_of, score, slip
from tests.live.test_scribe import Prompt

WORN = f'{RAIN}worn = cak(rain, texture=0.6, kernel="published")\nout.stage = worn\n'
SOON = 30.0


def room_with(folder, *kernels: Kernel) -> Room:
    """A room whose session has these kernels."""
    for kernel in kernels:
        write(kernel, folder / "kernels" / f"{kernel.name}.json")
    return replace(STEREO, folders=(str(folder),))


RUST = Kernel.of([0.1, -0.2, 0.3, 0.4, 0.5, -0.6, 0.7, 0.8, 0.9, -0.05, 1.5], "crumb")


def controls(text: str, room: Room = STEREO) -> dict:
    return dict(score(text, room=room).places["worn"].controls)


def test_a_kernel_is_eleven_controls_and_nothing_else() -> None:
    node = score(WORN).places["worn"]
    assert tuple(node.controls[name] for name in NUMBERS) == find("published").numbers
    assert "kernel" not in node.controls
    assert "kernel" not in node.settings


def test_a_kernel_of_the_session_goes_by_its_files_name(tmp_path) -> None:
    found = controls(WORN.replace("published", "crumb"), room_with(tmp_path, RUST))
    assert tuple(found[name] for name in NUMBERS) == RUST.numbers


def test_from_one_kernel_to_another_all_eleven_follow_one_knob(tmp_path) -> None:
    found = controls(WORN.replace('"published"', '("published", "crumb", knob(3))'), room_with(tmp_path, RUST))
    for name, a, b in zip(NUMBERS, find("published").numbers, RUST.numbers, strict=True):
        drive = found[name]
        assert isinstance(drive, Drive)
        assert drive.source == "knob:3"
        assert (drive.offset, drive.offset + drive.scale) == (pytest.approx(a), pytest.approx(b))


def test_one_of_the_eleven_beside_a_kernel_holds_in_either_order() -> None:
    for text in ('kernel="published", scale=2', 'scale=2, kernel="published"'):
        assert controls(WORN.replace('kernel="published"', text))["scale"] == 2


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ('kernel="publisht"', "Nearest: published."),
        ('kernel="published flippd"', "flipped"),
        ('kernel=""', "There is:"),
        ("kernel=3", "A kernel goes by its name"),
        ("kernel=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", "These are 10"),
        ("kernel=[float('nan')] * 11", "no number a kernel can have"),
        ("kernel=[1e9] * 11", "no number a kernel can have"),
        ('kernel=("published", "published", "far")', "How far from one kernel to the other is a number"),
        ('kernel=("published", "publisht", 0.5)', "Nearest: published."),
        ("kernel=knob(3)", 'kernel=("published", "rust", knob(3))'),
        ("kernel=None", "A kernel goes by its name"),
        ("texture=[]", "An empty list turns nothing"),
        ("texture=[0.1] * 9", "9 textures; there are 8 at most"),
        ('texture=["much"]', "number"),
        ("texture=2", "0 to 1"),
        ('mode="centered"', "centred"),
        ("mode=knob(1)", "it cannot move"),
        ("curve=[]", "curve is a list of pitches and amounts"),
        ("curve=3", "curve is a list of pitches and amounts"),
        ("curve=[(200,)]", "Each point of a curve"),
        ("curve=[(0, 1)]", "above 0"),
        ("curve=[(200, 9)]", "from -4 to 4"),
        ("curve=[(200, float('nan'))]", "curve"),
        ("textur=1", "Nearest: texture"),
        ("kernal='published'", "Nearest: kernel"),
    ],
)
def test_what_cannot_be_is_said_with_what_can(given: str, says: str) -> None:
    text = WORN.replace('texture=0.6, kernel="published"', given)
    wrong = str(slip(text))
    assert says in wrong
    assert "Traceback" not in wrong
    assert "script.py:2" in wrong


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        ("hello", "bad.json cannot be read as a kernel"),
        ("[1, 2]", 'no list called "numbers"'),
        ('{"numbers": [1]}', "11 numbers"),
        ('{"numbers": [null, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}', "below_before"),
        ("[" * 100000, "cannot be read"),
    ],
)
def test_a_file_that_holds_no_kernel_is_named(tmp_path, inside: str, says: str) -> None:
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "bad.json").write_text(inside)
    wrong = str(slip(WORN.replace("published", "bad"), replace(STEREO, folders=(str(tmp_path),))))
    assert "bad" in wrong
    assert says in wrong


# --- read and typed back -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        'kernel="published"',
        'kernel="published flipped mirrored", texture=0.25',
        'kernel="published", scale=1.5',
        'kernel="published", scale=2 * knob(4)',
        'kernel=("published", "published inverted", knob(3))',
        'kernel=("published", "published mirrored", 0.25)',
        "kernel=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, -0.1, 1]",
        'kernel="published", now=knob(2)',
        "texture=[0.2, 0.7]",
        "texture=[knob(1), knob(2), 0.3]",
        "texture=[lfo(beats=4), 0.5]",
        'texture=0.5, curve=[(200, 0), (2000, 1)], mode="centred", linear=True, match=False',
        'texture=knob(1), drive=-12, low=200, high=5000, mix=0.5, mode="live"',
    ],
)
def test_as_it_is_shown_it_can_be_typed_again(given: str) -> None:
    prompt = Prompt(RAIN.strip(), f"worn = cak(rain, {given})", "out.stage = worn")
    shown = prompt.text("worn")
    again = Prompt(RAIN.strip(), f"worn = {shown}", "out.stage = worn")
    assert told(compare(prompt.state.score, again.state.score)) == ""
    assert "below_before" not in shown or "now=" in given


def test_a_kernel_is_shown_by_its_name_and_a_list_as_a_list() -> None:
    prompt = Prompt(RAIN.strip(), 'worn = cak(rain, kernel="published mirrored", texture=[0.2, knob(1)])')
    shown = prompt.text("worn")
    assert 'kernel="published mirrored"' in shown
    assert "texture=[0.2, knob(1)]" in shown


def test_upside_down_is_shown_as_it_was_typed() -> None:
    for kernel in (
        '"published inverted"',
        '("published", "published inverted", knob(3))',
        '("published flipped", "published inverted", knob(3))',
    ):
        assert f"kernel={kernel}" in Prompt(RAIN.strip(), f"worn = cak(rain, kernel={kernel})").text("worn")


def test_the_prompt_turns_a_kernel_and_a_list_of_textures_without_making_anything_anew() -> None:
    prompt = Prompt(RAIN.strip(), "worn = cak(rain, texture=0.6)", "out.stage = worn")
    prompt.type('worn.kernel = "published mirrored"')
    assert {line.split()[0] for line in prompt.plan.splitlines()} == {"retune"}
    assert tuple(prompt.state.score.places["worn"].controls[n] for n in NUMBERS) == find("published mirrored").numbers
    prompt.type("worn.texture = [0.2, knob(1)]")
    assert {line.split()[0] for line in prompt.plan.splitlines()} == {"retune"}
    found = prompt.state.score.places["worn"].controls
    assert (found["texture"], found["texture2"], found["texture3"]) == (0.2, Drive("knob:1"), 0.2)
    assert prompt.ns["worn"].kernel == "published mirrored"


def test_a_mistake_at_the_prompt_leaves_the_kernel() -> None:
    prompt = Prompt(RAIN.strip(), 'worn = cak(rain, kernel="published")')
    before = prompt.state.score
    assert "Nearest: published" in str(prompt.slip('worn.kernel = "publisht"'))
    assert prompt.state.score == before


def test_between_two_scenes_the_eleven_stand_on_a_straight_line() -> None:
    from live.morphing import between

    other = WORN.replace('"published"', '"published inverted"').replace("0.6", "0.2")
    found = score_of(between(page_of(WORN), page_of(other), 0.25, STEREO)).places["worn"].controls
    a, b = find("published"), find("published inverted")
    for name, x, y in zip(NUMBERS, a.numbers, b.numbers, strict=True):
        assert found[name] == pytest.approx(x + (y - x) * 0.25)
    assert found["texture"] == pytest.approx(0.5)


def test_an_added_kernel_is_found_by_its_numbers_and_a_scale_beside_it_is_told() -> None:
    a = find("published")
    told_, rest = eleven.folded({**dict(zip(NUMBERS, a.numbers, strict=True)), "mix": 0.5})[::-1]
    assert told_ == {"kernel": "published"}
    assert rest == {"mix": 0.5}
    rest, told_ = eleven.folded({**dict(zip(NUMBERS, a.numbers, strict=True)), "scale": 2.0})
    assert told_ == {"kernel": "published"}
    assert rest == {"scale": 2.0}


def test_no_list_drowns_in_eleven_numbers() -> None:
    from live import helps
    from live.noun import signature

    word = vocabulary()["cak"]
    for text in (helps.word(word), signature(word)):
        assert "above_after" not in text
        assert "texture2" not in text
        assert "kernel" in text


# --- kernels as files -------------------------------------------------------------------------------


@pytest.fixture
def following(tmp_path):
    """A script that is followed, and what is told of it."""
    reader = Reader(tmp_path, seconds=5.0, patience=SOON, spares=1)
    reader.room = replace(STEREO, folders=(str(tmp_path),))
    told_: queue.Queue = queue.Queue()
    reload = Reload(tmp_path, lambda page, _: told_.put(page), told_.put, reader=reader)

    def begin(text: str):
        (tmp_path / "main.py").write_text("from live import *\n" + text)
        first = reload.read()
        reload.start()
        assert reload.saves.ready.wait(SOON)
        return first

    yield begin, lambda: told_.get(timeout=SOON)
    reload.close()


def test_a_kernel_that_is_saved_again_is_heard_without_a_save_of_the_script(tmp_path, following) -> None:
    begin, next_ = following
    room_with(tmp_path, RUST)
    first = score_of(begin(WORN.replace("published", "crumb")).page)
    other = RUST.inverted().mirrored()
    write(other, tmp_path / "kernels" / "crumb.json")
    second = score_of(next_())
    assert {step.__class__.__name__ for step in compare(first, second)} == {"Retune"}
    assert tuple(second.places["worn"].controls[name] for name in NUMBERS) == other.numbers
    (tmp_path / "kernels" / "crumb.json").write_text('{"numbers": [1, 2]}')
    assert "11 numbers" in str(next_())
    write(RUST, tmp_path / "kernels" / "crumb.json")  # mended: the page had been none, and is read all the same
    assert told(compare(first, score_of(next_()))) == ""


def test_a_kernel_that_was_missing_is_heard_when_it_comes(tmp_path, following) -> None:
    begin, next_ = following
    assert "no kernel is called 'crumb'" in str(begin(WORN.replace("published", "crumb mirrored")).mistake).replace("No", "no")
    write(RUST, tmp_path / "kernels" / "crumb.json")
    found = score_of(next_()).places["worn"].controls
    assert tuple(found[name] for name in NUMBERS) == RUST.mirrored().numbers


def test_a_take_needs_no_kernel_file(tmp_path) -> None:
    from live.core.offline import Offline
    from live.journal import plan_data, plan_from

    plan = compare(score(""), score(WORN.replace("published", "crumb"), room=room_with(tmp_path, RUST)))
    text = json.dumps(plan_data(plan))
    (tmp_path / "kernels" / "crumb.json").unlink()
    assert "crumb" not in text
    sounds = []
    for one in (plan, plan_from(json.loads(text))):
        core = Offline(48000, 2)
        core.play(one)
        sounds.append(core.run(12000))
    assert np.array_equal(*sounds)
    assert np.abs(sounds[0]).max() > 0


def test_knobs_and_learning_see_a_control_among_the_eleven() -> None:
    prompt = Prompt(RAIN.strip(), "worn = cak(rain, texture=0.6)", "out.stage = worn")
    prompt.type("worn.scale = 2 * knob(7)")
    prompt.type("worn.now = 0.2")
    found = prompt.state.score.places["worn"].controls
    assert (found["scale"], found["now"]) == (Drive("knob:7", 2.0), 0.2)
    assert "published" not in prompt.text("worn")


def test_a_control_is_spoken_of_as_it_was_given() -> None:
    word = vocabulary()["cak"]
    assert [eleven.spoken(word, name) for name in ("texture4", "above_after", "scale", "mix")] == ["texture", "kernel", "kernel", "mix"]
    assert eleven.spoken(vocabulary()["filter"], "scale") == "scale"
