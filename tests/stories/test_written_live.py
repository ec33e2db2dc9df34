"""A treatment is written while others play: heard in a moment, without a gap; a bad one is refused, or bypassed by name."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from live.rig import Rig
from live.score import Node, Score, Send
from live.stage import Refused, Stage
from live.tape import keep

RATE, FREQ, LEVEL = 48000, 440.0, 0.2
SOFT = """
def soft(x, state=1, drive=Control(1, 0, 10)):
    state[0] += {share} * (x * drive - state[0])
    return math.tanh(state[0])
"""
SOURS = """
def sours(x, state=1):
    state[0] += 1.0
    return x if state[0] < 12000.0 else math.log(-1.0)
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """The same sine twice: through a place to be written on output 1, untouched on output 2."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTIPHON_CACHE", str(tmp_path_factory.mktemp("cache")))  # what is written goes there
        rig = Rig(take=str(tmp_path_factory.mktemp("take")), ins=0)
        with Stage.open(rig, name=f"written-{os.getpid()}") as stage:
            places = {"pure": Node("tone", controls={"freq": FREQ, "gain": LEVEL}), "worn": Node("gain", ("pure",))}
            stage.play(Score(places, (Send("worn", 0, 1), Send("pure", 1, 1))))
            yield stage


def worn(stage, word):
    """The place becomes that."""
    stage.play(stage.score.with_(places={**stage.score.places, "worn": Node(word, ("pure",))}))


def meters(stage):
    return {m.name: m for m in stage.meters()}


def bend(sound):
    """How far it is from a sine: a lost frame or a click shows."""
    rest = sound[2:] + sound[:-2] - 2 * np.cos(2 * np.pi * FREQ / RATE) * sound[1:-1]
    return np.abs(rest).max() / LEVEL


def test_three_treatments_follow_each_other_without_a_gap(stage, tmp_path):
    began, lost = time.monotonic(), stage.lost
    for share in (0.9, 0.5, 0.2):
        worn(stage, stage.write(SOFT.format(share=share)))
    time.sleep(0.2)
    take = keep(time.monotonic() - began, tmp_path, stage.folder)
    mix = soundfile.read(take.folder / "mix.wav", dtype="float64")[0].T
    assert (stage.lost, take.holes) == (lost, ())
    assert bend(mix[1]) < 1e-4  # the other place heard nothing of it
    assert bend(mix[0]) < 0.05  # crossfaded: no step
    assert "soft" in stage.score.places["worn"].kind


def test_one_that_cannot_sound_is_refused_with_its_line_and_the_last_one_stays(stage):
    worn(stage, stage.write(SOFT.format(share=0.3)))
    score = stage.score
    with pytest.raises(Refused, match=r"odd, line 2: .*log.* is not there|odd, line 2: .+") as why:
        stage.write("def odd(x):\n    return x + nothing_of_the_kind")
    assert "\n" not in str(why.value)
    with pytest.raises(Refused, match="not a number"):
        stage.write("def odd(x): return math.log(-1.0 - x * x)")
    with pytest.raises(Refused, match="line 1"):
        stage.write("x = [1, 2")
    assert stage.score is score
    assert meters(stage)["worn"].peak > 0.1


def test_one_that_turns_bad_later_is_bypassed_by_name(stage):
    word = stage.write(SOURS)
    stage.read().clear()
    worn(stage, word)
    until = time.monotonic() + 3.0
    while not stage.read() and time.monotonic() < until:
        time.sleep(0.01)
    assert stage.news[0] == "worn went bad (not a number) and was bypassed; the rest plays on"
    time.sleep(0.2)
    now = meters(stage)
    assert now["worn"].bad == "not a number"
    assert (now["worn"].peak, now["pure"].peak) == (pytest.approx(LEVEL, rel=0.02), pytest.approx(LEVEL, rel=0.02))


def test_the_desk_itself_never_loads_the_compiler():
    code = "import sys; from live import stage, writing; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "False", done.stderr
