"""Edits while it plays: bad ones are never heard, good ones on the next bar, and what says the same changes nothing at all."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from live.bench.bad_edits import BAD, BASE
from live.bench.edits import bad, edited, pair
from live.bench.good_edits import GOOD
from live.bench.saving import Evening
from live.bounce import bounce
from live.plan import told
from live.replay import played
from live.studio import land, settled

FIRST = {edit[0]: edit for edit in reversed(BAD)}
CHOSEN = [edit for kind, edit in FIRST.items() if kind != "too dear"] + BAD[20:60:10]  # of every kind one, but for the slowest
HEARD = [
    {edit[0]: edit for edit in GOOD}[kind]
    for kind in ("a number", "a knob", "a wave", "a rhythm", "another voice", "treated", "taken away", "time")
]


@pytest.fixture(scope="module")
def evenings(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTIPHON_CACHE", os.environ.get("ANTIPHON_CACHE") or str(tmp_path_factory.mktemp("cache")))
        both = pair()
        yield both
        for evening in both:
            evening.close()


def alike(evening: Evening, untouched: Evening, frames: int = 24000) -> bool:
    """Whether both sound the same, sample for sample."""
    sound = evening.studio.run(frames)
    return np.array_equal(sound, untouched.studio.run_until(evening.studio.frame)) and bool(np.abs(sound).max() > 0.1)


@pytest.mark.parametrize("edit", CHOSEN, ids=lambda edit: edit[0])
def test_a_bad_edit_is_never_heard_and_says_one_thing(evenings, edit) -> None:
    (tried,) = bad(*evenings, [edit])
    assert not tried.heard
    assert len(tried.lines) == 1, tried.lines
    assert tried.word in tried.said
    assert tried.placed, tried.said


def test_what_the_rehearsal_refuses_is_shown_with_its_line(evenings) -> None:
    evening, untouched = evenings
    saved = evening.save(edited("0.5 * low", "10 * low"))
    untouched.studio.run_until(evening.studio.frame)
    line, caret, why, plays = saved.lines[0].splitlines()
    assert line.startswith("main.py:11   out.stage = [10 * low")
    assert caret.strip() == "^" * len("out.stage")
    assert "over the ceiling" in why
    assert plays == "What played plays on."


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def beside_and_renamed(path: Path, text: str) -> None:
    path.with_suffix(".tmp").write_text(text)
    path.with_suffix(".tmp").replace(path)


def backed_up_and_written(path: Path, text: str) -> None:
    path.replace(path.with_suffix(".py~"))
    path.write_text(text)


def cut_and_written(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.flush()
        time.sleep(0.05)
        file.write(text[:40])
        file.flush()
        time.sleep(0.05)
        file.write(text[40:])


WAYS = [in_place, beside_and_renamed, backed_up_and_written, cut_and_written]


@pytest.fixture(scope="module")
def followed():
    """An evening whose saves are followed, and one that nobody saves."""
    with Evening(text=BASE, rehearse=False) as evening, Evening(text=BASE, rehearse=False) as untouched:
        for one in (evening, untouched):
            one.desk.play_session()
            settled(one.desk)
            land(one.desk, one.studio, one.bar)
        untouched.studio.run_until(evening.studio.frame)
        assert evening.desk.reload is not None
        assert evening.desk.reload.saves.ready.wait(20)
        yield evening, untouched


@pytest.mark.parametrize("text", [BASE, BASE + "\n# nothing\n", edited("*", "lines")], ids=["the same", "a remark", "another order"])
@pytest.mark.parametrize("save", WAYS, ids=lambda way: way.__name__)
def test_what_says_the_same_changes_no_sample_however_it_is_saved(followed, save, text) -> None:
    evening, untouched = followed
    said = len(evening.said)
    save(evening.path, text)
    until = time.monotonic() + 10
    while len(evening.said) == said and time.monotonic() < until:
        time.sleep(0.01)
    settled(evening.desk)
    assert len(evening.said) == said + 1, evening.said[said:]
    assert evening.studio.posted == 1
    assert alike(evening, untouched)


def test_lines_in_another_order_are_other_lines() -> None:
    text = edited("*", "lines")
    assert sorted(text.splitlines()) == sorted(BASE.splitlines())
    assert text != BASE


def test_a_changed_number_is_one_retune_heard_from_the_bar_on() -> None:
    with Evening(text=BASE, rehearse=False) as evening, Evening(text=BASE, rehearse=False) as untouched:
        for one in (evening, untouched):
            one.save(BASE)
            one.near_the_line()
        assert evening.studio.frame == untouched.studio.frame
        saved = evening.save(edited("tone(55", "tone(58"))
        other = untouched.studio.run_until(evening.studio.frame)
        lands = evening.studio.landed[-1][0] - saved.frame
    assert told(saved.plan) == "retune low.freq -> 58"
    assert np.array_equal(saved.sound[:, :lands], other[:, :lands])
    assert not np.array_equal(saved.sound[:, lands : lands + 4800], other[:, lands : lands + 4800])


# from here on the two evenings go different ways


@pytest.mark.parametrize("edit", HEARD, ids=lambda edit: edit[0])
def test_a_good_edit_lands_on_the_next_bar(evenings, edit) -> None:
    evening = evenings[0]
    evening.near_the_line()
    bar = evening.bar
    saved = evening.save(edited(*edit[1:]), more=4800)
    assert len(saved.lines) == 1
    assert saved.posted, saved.lines
    assert 0 < evening.studio.landed[-1][0] - saved.frame < bar
    assert evening.studio.offline.conductor.score == saved.score


def test_whoever_wants_silence_has_hush(evenings) -> None:
    evening = evenings[0]
    saved = evening.save(BASE.partition("out.stage")[0])
    assert not saved.posted
    assert "hush()" in saved.lines[0]
    posted = evening.studio.posted
    evening.desk.run("hush()")
    land(evening.desk, evening.studio, evening.bar)
    assert evening.studio.posted == posted + 1
    assert np.abs(evening.studio.run(4800)).max() < 1e-4
    evening.desk.run("undo()")
    land(evening.desk, evening.studio, evening.bar)
    assert np.abs(evening.studio.run(4800)).max() > 0.1


def test_a_take_with_edits_knobs_and_reloads_replays_sample_for_sample(tmp_path) -> None:
    with Evening(text=BASE.replace("tempo(120)", "tempo(240)"), rehearse=False, journal=True) as evening:
        studio, desk = evening.studio, evening.desk
        evening.save(evening.text)
        for line in (
            "low.freq = 65",
            "rain.rate = knob(21)",
            'more = grains("glass", density=9)',
            "out.stage = low + 0.5 * rain + more",
            "mute(rain)",
            "undo()",
        ):
            desk.run(line)
            land(desk, studio, 7000)
            studio.knob(21, studio.frame % 97 / 97)
        evening.save(evening.text.replace("0.4 * beat", "0.5 * beat").replace("gain=0.2", "gain=0.15"))
        evening.save(evening.text + "\n(")
        desk.run("panic()")
        studio.run(4000)
        desk.run("go()")
        evening.save(evening.text.replace("tempo(240)", "tempo(200)"), more=20000)
        sound, journal = studio.sound, studio.folder / "journal.jsonl"
        studio.close()
        take = played(journal)
        heard = bounce(
            take.cues, studio.frame / 48000, tmp_path, ins=2, seed=take.room["seed"], lookahead=take.room["lookahead"],
            ceiling=take.room["ceiling"], heard=studio.heard, engines=take.engines,
        )  # fmt: skip
        assert heard.refused == ()
    again = soundfile.read(tmp_path / "mix.wav", dtype="float32")[0].T
    assert again.shape == sound.shape
    assert len(take.cues) > 12
    assert np.array_equal(again, sound)


def test_one_that_the_core_refuses_takes_nothing_else_along() -> None:
    with Evening(text=BASE, rehearse=False) as evening:
        studio, desk = evening.studio, evening.desk
        evening.save(BASE)
        evening.near_the_line()
        for line in ("worse = smear(low, size=1000)", "more = noise(gain=0.1)", "out.stage = [low, more]", "low.freq = 70"):
            desk.run(line)
        for _ in range(3):
            land(desk, studio, evening.bar)
        state = desk.hand.state
        assert studio.offline.conductor.score == state.score
        assert "worse" not in state.page.names
        assert {"low", "more"} <= set(state.page.names)
        assert state.score.places["low"].controls["freq"] == 70
        assert sum("worse" in line and "size" in line for line in evening.said) == 1


TYPED = (
    "undo()", "undo(2)", "redo()", "hush()", "low.freq = 70", "rain.rate = 0.5", "out.stage = low", "del beat", "more = noise(gain=0.1)",
    "out.stage = [low, more]", "mute(rain)", "unmute()", "solo(low)", "solo()", "tempo(180)", "fade(0.5)", "quant('beat')", "quant('now')",
    "low = filter(rain, 300)", "rain = clip('rain on tn')", "del rain", 'low = tone(80, shape="sw")',
)  # fmt: skip


def test_whatever_is_saved_typed_and_taken_back_the_core_plays_what_the_desk_thinks() -> None:
    dice = random.Random(4)
    with Evening(text=BASE, rehearse=False) as evening:
        studio, desk = evening.studio, evening.desk
        evening.save(BASE)
        for _ in range(60):
            what = dice.random()
            if what < 0.4:
                desk.run(dice.choice(TYPED))
            elif what < 0.7:
                evening.path.write_text(edited(*dice.choice(GOOD)[1:]))
                desk._reading(desk.reader().read(evening.path))
            else:
                studio.run(dice.choice([256, 5000, 24000]))
            if dice.random() < 0.3:
                settled(desk)
        for _ in range(4):
            land(desk, studio, evening.bar)
        assert studio.offline.conductor.score == desk.hand.state.score == studio.score
        assert evening.ours == []
        assert [line for line in evening.said if "Error" in line] == []
