"""Engines in a render: they sound as they do live, the same each time, and leave nothing behind."""

from __future__ import annotations

import json
import os
import tempfile
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engines.face import Control
from live import cli
from live.bounce import bounce
from live.core.offline import Offline
from live.cue import Cue
from live.replay import played
from live.rig import Rig
from live.score import Drive, Node, Score, Send
from live.stage import Stage

RAIN = Node("noise", controls={"gain": 0.3})
HELD = Score(
    {"rain": RAIN, "ice": Node("freeze", ("rain",), {"hold": Drive("knob:3"), "mix": 0.8})},
    (Send("ice"), Send("rain", gain=0.1)),
)
CALM = HELD.with_(places={**HELD.places, "ice": replace(HELD.places["ice"], settings={"ahead": 0.24})})  # never late on a busy machine
PLAYED = [Cue(0, HELD), Cue(24000, (3, 0.7)), Cue(36000, Score())]


def test_a_render_with_an_engine_is_the_same_twice_and_leaves_no_ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "tmp"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    made = [bounce(list(PLAYED), 1.0, folder, seed=5, stems=True) for folder in (tmp_path / "a", tmp_path / "b") if not folder.mkdir()]
    once, again = (soundfile.read(one.files[0], dtype="float32")[0] for one in made)
    assert made[0].refused == ()
    assert "ice" in made[0].heard
    np.testing.assert_array_equal(once, again)
    assert list(room.iterdir()) == []


def test_what_the_engine_makes_does_not_depend_on_the_block() -> None:
    sounds = []
    for block in (64, 256):
        core = Offline(block=block)
        core.play(HELD.with_(places={"rain": RAIN, "ice": Node("freeze", ("rain",), {"hold": 0.5})}))
        sounds.append(core.run(24000))
    assert np.abs(sounds[0]).max() > 0.05
    np.testing.assert_array_equal(*sounds)


def test_an_engine_that_does_not_start_is_one_line_and_the_rest_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.freeze.Freeze.start", lambda *_: 1 / 0)
    made = bounce([Cue(0, HELD)], 0.3, tmp_path)
    assert made.refused == ("freeze does not start: ZeroDivisionError: division by zero",)
    assert made.peak_db > -60


def test_an_engine_that_is_dropped_gives_its_ring_back() -> None:
    core = Offline()
    core.play(HELD)
    core.run(4800)
    assert core.engines is not None
    assert len(core.engines.playing) == 1
    core.play(Score())
    core.run(9600)
    assert core.engines.playing == core.engines.rings == {}


def test_an_engines_controls_begin_where_the_score_puts_them() -> None:
    core = Offline()
    core.play(Score({"rain": RAIN, "ice": Node("freeze", ("rain",), {"hold": 0.4})}, (Send("ice"),)))
    assert core.engines is not None
    (hosted,) = core.engines.playing.values()
    assert hosted.controls(0).first == pytest.approx({"hold": 0.4, "blur": 0.1, "mix": 1.0})
    assert isinstance(hosted.engine.hold, Control)


def begins_late(take: Path) -> bool:
    """Whether the only engine began after its place."""
    (engine,) = (line for line in map(json.loads, (take / "journal.jsonl").read_text().splitlines()) if line["what"] == "engine")
    return engine["start"] > engine["from"] and not engine["again"]


@pytest.mark.skipif(os.name == "nt", reason="the runtime folder is a POSIX one here")
def test_a_replayed_evening_with_an_engine_is_the_evening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    from live.tape import keep

    (tmp_path / "run").mkdir()
    monkeypatch.setenv("ANTIPHON_RUNTIME", str(tmp_path / "run"))
    take = tmp_path / "take"
    with Stage.open(Rig(take=str(take), ins=0), name="inline") as stage:
        stage.play(CALM)
        until = time.monotonic() + 20
        while '"engine"' not in (take / "journal.jsonl").read_text() and time.monotonic() < until:
            time.sleep(0.05)  # the worker loads; the place lets the rain through
        time.sleep(0.3)
        stage.knob(3, 0.7)
        time.sleep(0.7)
        kept = keep(60, tmp_path / "kept", stage.folder).folder
    assert cli.main(["replay", str(take), "--out", str(tmp_path / "again"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["notes"] == []
    once = soundfile.read(kept / "mix.wav", dtype="float32")[0]
    again = soundfile.read(tmp_path / "again" / "mix.wav", dtype="float32")[0]
    start = int(tomllib.loads((kept / "take.toml").read_text())["start"])
    assert len(once) > 24000
    assert begins_late(take)  # a worker takes a moment to load, and the replay knows how long
    np.testing.assert_array_equal(again[start : start + len(once)], once)


def test_what_a_worker_did_wrong_on_stage_is_a_note_in_the_replay(tmp_path: Path) -> None:
    engine = {"what": "engine", "name": "ice", "seed": 7, "start": 960, "from": 0, "again": False}
    lines = [
        {"what": "begin", "frame": 0, "rate": 48000, "ins": 0, "outs": 2, "seed": 0},
        {"what": "device", "frame": 0, "name": "null", "backend": "null", "block": 64},
        {**engine, "frame": 2000},
        {**engine, "frame": 9000, "start": 8000, "again": True},
        {**engine, "frame": 20000, "start": 8000},
    ]
    (tmp_path / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    take = played(tmp_path / "journal.jsonl")
    assert take.starts == {(7, 0): 960}
    assert take.block_at(100) == 64
    assert take.notes == [
        "an engine's worker was late or killed 1 times then; here it plays on",
        "an engine outlived its core then; here it begins anew with the next one",
    ]
