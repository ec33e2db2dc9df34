"""Engines know the beat, frame by frame, and what they show is there for whoever asks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engines.catalogue import find
from live.core.offline import Offline
from live.guests import Guests
from live.inline import Inline
from live.plan import compare
from live.score import Node, Score, Send
from live.worker import Shown

RATE = 48000
BEATING = '''"""The beat itself, as a wave."""
import numpy as np
from engines.face import Control, Engine

class Beating(Engine):
    """The beat itself, as a wave."""
    inlets = ()
    chunk = 256
    late = "silent"
    settings = {"way": "up"}
    choices = {"way": ("up", "down")}
    def start(self, fmt):
        return fmt
    def step(self, fmt, sound, at):
        beat = at.beat + np.arange(sound.shape[1]) * at.bpm / 60 / fmt.rate
        return np.tile(beat / 100, (fmt.channels, 1)).astype(np.float32)
'''


@pytest.mark.parametrize(("rate", "block"), [(48000, 256), (44100, 64)])
def test_an_engine_hears_the_beat_of_the_very_frame_it_makes(tmp_path: Path, rate: int, block: int) -> None:
    (tmp_path / "beating.py").write_text(BEATING)
    core = Offline(rate, 1, block=block, engines=Inline(lambda: block, (tmp_path,)))
    score = Score({"b": Node("beating")}, (Send("b", 0, 1),), tempo=96.0)
    core.play(score)
    first = core.run(rate)[0]
    core.play(score.with_(tempo=150.0))
    second = core.run(2 * rate)[0]
    made = np.concatenate([first, second])[64:]  # the limiter hears so far ahead
    frames = np.arange(made.size)
    beats = np.where(frames < rate, frames * 96 / 60 / rate, 1.6 + (frames - rate) * 150 / 60 / rate)
    ahead = round(0.1 * rate)
    before, settled = slice(ahead + 4096, rate - 512), slice(rate + ahead + 1024, None)
    assert np.abs(100 * made[before] - beats[before]).max() < 2e-3
    assert np.abs(100 * made[settled] - beats[settled]).max() < 2e-3


def test_what_a_text_may_be_is_read_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "beating.py").write_text(BEATING)
    found = find("beating", (tmp_path,))
    assert (found.late, found.choices) == ("silent", {"way": ("up", "down")})


def test_what_an_engine_shows_lies_beside_its_ring_and_is_not_written_too_often(tmp_path: Path) -> None:
    show = Shown(tmp_path / "ring-x.map")
    show({"plays": 1})
    show({"plays": 2})
    assert json.loads((tmp_path / "ring-x.said").read_text()) == {"plays": 1}
    show.last = 0.0
    show({"plays": 3})
    assert json.loads((tmp_path / "ring-x.said").read_text()) == {"plays": 3}


def staged(tmp_path: Path) -> tuple[Guests, Offline, Score]:
    """A core whose engines would live in workers, and one that plays."""
    (tmp_path / "beating.py").write_text(BEATING)
    guests = Guests(tmp_path, lambda: 256, (tmp_path,))
    core = Offline(RATE, 1, find=guests.find)
    score = Score({"b": Node("beating")}, (Send("b", 0, 1),))
    core.play(score)
    guests.begin(0)
    core.run(4096)
    return guests, core, score


def slips(folder: Path) -> dict[str, dict[str, str]]:
    return {told["ring"]: told["settings"] for told in (json.loads(slip.read_text()) for slip in folder.glob("want-*.json"))}


def test_a_plan_for_later_lets_its_engine_load_before_it_lands(tmp_path: Path) -> None:
    guests, core, score = staged(tmp_path)
    plan = compare(score, score.with_(places={"b": Node("beating", settings={"way": "down"})}))
    guests.announce(plan, core.conductor)
    before = slips(tmp_path)
    assert sorted(told["way"] for told in before.values()) == ["down", "up"]
    core.conductor.prepare(plan)
    guests.begin(core.frame)
    assert slips(tmp_path) == before  # the very ring that was foreseen
    assert guests.announced == {}


def test_a_slip_for_a_plan_that_never_landed_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guests, core, score = staged(tmp_path)
    guests.announce(compare(score, score.with_(places={"b": Node("beating", settings={"way": "down"})})), core.conductor)
    monkeypatch.setattr("live.guests.ANNOUNCED", -1.0)
    guests.serve(core.conductor)
    assert [told["way"] for told in slips(tmp_path).values()] == ["up"]


def test_a_turned_control_announces_nothing(tmp_path: Path) -> None:
    guests, core, score = staged(tmp_path)
    guests.announce(compare(score, score.with_(tempo=90.0)), core.conductor)
    assert len(slips(tmp_path)) == 1
