"""A gig on one screen: the session that waits for hands, played by recorded ones, and played again from its journal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from live import replay
from live.bounce import bounce
from live.control.process import PARTS, Hands
from live.core import layout as at
from live.core.memory import Map
from live.core.pacing import bpm_of
from live.cue import Key
from live.loudness import Ear
from live.plan import compare
from live.rig import Rig
from live.score import Score
from live.stage import fresh
from live.studio import Studio
from tests.stories.pieces import CEILING, ROOT, Piece, Wave, knobs, pieces

HOME = ROOT / "sessions" / "gig"
MINE = tuple(part for part in PARTS if part[0] in ("ports", "routes", "played"))
BARS = 17  # sixteen, and one before they begin


@dataclass
class Gig:
    """What was played."""

    sound: Wave
    folder: Path
    heard: dict[str, float]  # each place's highest level


@pytest.fixture(scope="module")
def piece() -> Piece:
    return next(pieces(HOME, HOME / "main.py"))


@pytest.fixture(scope="module")
def gig(piece: Piece, tmp_path_factory: pytest.TempPathFactory) -> Gig:
    """Hands in a process of their own stand in this one; the core's time passes as fast as it can."""
    folder = tmp_path_factory.mktemp("gig")
    rig = Rig(take=str(folder), record=False, hands=True, midi="fake", played=str(HOME / "hands.mid"))
    fresh(folder, rig)
    core = Map(folder / "core.map", at.CORE)
    studio = Studio(folder=folder, journal=True, keep=True, seed=11, core=core)
    hands = Hands(folder, rig, core, parts=MINE)
    heard: dict[str, float] = {}
    try:
        for which, stands in piece.page.knobs.items():
            studio.knob(which, stands)
        studio.post(compare(Score(), piece.score()), frame=9600, fade=0.05)
        studio.run(19200)
        while studio.frame < 19200 + BARS * 4 * 60 / bpm_of(core.tempo) * 48000:
            studio.run(256)
            hands.turn()
            for meter in studio.meters():
                heard[meter.name] = max(heard.get(meter.name, 0.0), meter.peak)
        assert studio.news == []
    finally:
        hands.close()
        studio.close()
    return Gig(studio.sound, folder, heard)


def test_every_place_is_heard_when_the_hands_play(piece: Piece, gig: Gig) -> None:
    assert {name for name in piece.sounds() if gig.heard.get(name, 0.0) < 0.003} == set()


def test_it_is_as_loud_as_music_and_never_above_the_ceiling(gig: Gig) -> None:
    peak = 20 * np.log10(np.abs(gig.sound).max())
    assert peak <= CEILING + 0.01
    meter = Ear(48000)
    meter.hear(gig.sound)
    assert -24 < meter.lufs < -14


def test_its_page_says_what_each_hand_does(piece: Piece) -> None:
    said = piece.reading.text.split('"""')[1]
    for source in knobs(piece.score()):
        name = source.removeprefix("knob:")
        assert f"knob {name} " in said or f"{name} " in said


def test_the_take_is_the_same_again_sample_for_sample(gig: Gig, tmp_path: Path) -> None:
    take = replay.played(gig.folder / "journal.jsonl")
    assert take.notes == []
    room = take.room
    bounce(
        take.cues, gig.sound.shape[1] / room["rate"], tmp_path, rate=room["rate"], channels=room["outs"], seed=room["seed"],
        engines=take.engines, names=take.names,
    )  # fmt: skip
    again = soundfile.read(tmp_path / "mix.wav", dtype="float32", always_2d=True)[0].T
    n = min(again.shape[1], gig.sound.shape[1])
    assert n > 40 * 48000
    np.testing.assert_array_equal(again[:, :n], gig.sound[:, :n])


def test_two_knobs_a_fader_four_pads_keys_and_a_pedal_have_played(gig: Gig) -> None:
    take = replay.played(gig.folder / "journal.jsonl")
    turned = {cue.what[0] for cue in take.cues if cue.is_knob}
    struck = {cue.what.key for cue in take.cues if isinstance(cue.what, Key)}
    assert {21, 22, 7, next(number for number, (name, _) in take.names.items() if name == "pedal")} <= turned
    assert {36, 37, 38} <= struck
    assert len(struck) > 8
