"""Bad input: one clear line each, the sound goes on, nothing is lost. One core plays through all of it, on no card."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from live import cli, doctor, settings, venue
from live.cli import Sorry
from live.core import layout as at
from live.plan import Retune
from live.ports.audio import NULL, Device, DeviceError, pick
from live.rig import Rig
from live.score import Node, Score, Send
from live.stage import Refused, Stage
from live.tape import TapeError, keep, report

RATE, FREQ = 48000, 440.0
CARD = Device("Built-in Audio", "portaudio", 2, 2, 44100, default=True)
LEVEL = 0.2


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A sine on output 2 that must never falter; output 1 is for what goes wrong."""
    take = tmp_path_factory.mktemp("take")
    with Stage.open(Rig(take=str(take), ins=0, outs=2), name=f"bad-{os.getpid()}") as stage:
        stage.play(Score({"steady": Node("tone", controls={"freq": FREQ, "gain": LEVEL})}, (Send("steady", 1, 1),)))
        time.sleep(0.1)
        stage.began = stage.frame
        yield stage


@pytest.fixture(autouse=True)
def goes_on(stage):
    """Whatever a test did: the clock runs, the sine sounds, what is described is what it was."""
    before, score, lost = stage.frame, stage.score, stage.lost
    yield
    time.sleep(0.05)
    assert stage.frame > before
    assert {m.name: m.peak for m in stage.meters()}["steady"] == pytest.approx(LEVEL, rel=0.01)
    assert stage.score == score
    assert stage.lost == lost


def refused(stage, node, *sends):
    """The one line that answers a place that cannot be."""
    with pytest.raises(Refused) as why:
        stage.play(stage.score.with_(places={**stage.score.places, "new": node}, sends=(*stage.score.sends, *sends)))
    line = str(why.value)
    assert "\n" not in line
    assert 20 < len(line) < 230  # it fits into a receipt, whole
    return line


def clip(path):
    return Node("clip", settings={"file": str(path)})


def wave(path, channels=1, frames=0, body=b""):
    """A wave file of 16 bits by hand; it may claim more than it holds."""
    size = 2 * channels * frames
    form = struct.pack("<HHIIHH", 1, channels, RATE, RATE * channels * 2, max(2 * channels, 1), 16)
    head = b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", size)
    with path.open("wb") as file:
        file.write(head + body)
        file.truncate(len(head) + size)
    return path


# --- files --------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_named_with_the_nearest(stage, tmp_path):
    soundfile.write(tmp_path / "rain.wav", np.zeros(100), RATE)
    line = refused(stage, clip(tmp_path / "rian.wav"))
    assert line.startswith("new: there is no sound")
    assert line.endswith("Nearest: rain.wav.")


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("empty.wav", lambda path: path.write_bytes(b""), "is empty"),
        ("broken.wav", lambda path: path.write_bytes(os.urandom(4000)), "cannot be read as sound"),
        ("none.wav", lambda path: wave(path, channels=0, frames=100), "none.wav"),
        ("nothing.wav", wave, "holds no sound"),
    ],
)
def test_a_file_without_sound_is_refused_by_its_name(stage, tmp_path, name, make, says):
    soundfile.write(tmp_path / "other.wav", np.zeros(100), RATE)
    make(tmp_path / name)
    line = refused(stage, clip(tmp_path / name), Send("new", 0, 1))
    assert name in line
    assert says in line
    assert "other.wav" in line  # the nearest that can be played


def test_three_hours_begin_at_once(stage, tmp_path):
    beep = (0.5 * 32767 * np.sin(np.arange(RATE) / 10)).astype("<i2").tobytes()
    long = wave(tmp_path / "long.wav", frames=3 * 3600 * RATE, body=beep)
    score = stage.score
    began = time.monotonic()
    stage.play(score.with_(places={**score.places, "long": clip(long)}, sends=(*score.sends, Send("long", 0, 1))))
    assert time.monotonic() - began < 1.0
    time.sleep(0.1)
    assert {m.name: m.peak for m in stage.meters()}["long"] > 0.4
    stage.play(score)


# --- devices ------------------------------------------------------------------------------


def test_a_device_that_does_not_exist_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(DeviceError, match=r"^there is no output 'Biult-in Audio'.*Built-in Audio"):
        pick("Biult-in Audio", [CARD, NULL], outs=True)
    found = settings.load({"device": "Biult-in Audio"}, None, {}, tmp_path / "none.toml")
    with pytest.raises(Sorry, match="Nearest: Built-in Audio"):
        venue.chosen(found, [CARD, NULL], print)


def test_a_hundred_channels_are_refused_and_the_nearest_is_said(stage, capsys):
    assert "this rig has 2" in refused(stage, Node("noise"), Send("new", 0, 100))
    assert "legal: 1 to 64" in refused(stage, Node("noise", settings={"channels": 100}))
    assert cli.main(["play", "--channels", "100"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_rate_the_card_refuses_becomes_the_card_s(tmp_path):
    there, said = [Device("jack", "jack", 8, 8, 48000), NULL], []
    rig = venue.rig_of(settings.load({"rate": 96000}, None, {}, tmp_path / "none.toml"), there, tmp_path, said.append)
    assert rig.rate == 48000
    assert said == ["jack runs at 48000, not 96000: playing at 48000."]


# --- the system -----------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of another process can be set on Linux only")
def test_a_full_disk_is_said_and_the_recording_catches_up(stage):
    import resource

    wait_for(lambda: report(stage.folder).startswith("recording"))
    tape = int(json.loads((stage.folder / "tape.json").read_text())["pid"])
    core = int(stage.core.clock[at.C_PID])
    stage.read().clear()
    for pid, room in ((core, 64), (tape, 4096)):  # as if the disk took no more: files end there
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    try:
        stage.send((Retune("steady", "gain", LEVEL),))
        for says in ("journal cannot be written", "not recording"):
            line = wait_for(lambda: [n for n in stage.read() if says in n])[0]  # noqa: B023 - asked at once
            assert "the sound goes on" in line
    finally:
        for pid in (core, tape):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    stage.send((Retune("steady", "gain", LEVEL),))
    for says in ("journal is written again", "recording again"):
        wait_for(lambda: [n for n in stage.read() if says in n])  # noqa: B023


def test_a_take_that_does_not_fit_is_refused_and_leaves_nothing_behind(stage, tmp_path):
    wait_for(lambda: report(stage.folder).startswith("recording"))
    with pytest.raises(TapeError, match="the sound goes on") as why:
        keep(60, tmp_path / "out", stage.folder, free=60_000_000 - 10_000_000)
    assert "\n" not in str(why.value)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system gives priority by itself")
def test_without_priority_the_doctor_says_so_and_how_to_get_it(monkeypatch):
    import resource

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (0, 0))
    found = doctor.priority()
    assert found is not None
    assert found.state != doctor.WELL
    assert "rtprio 95" in found.cure


def test_without_priority_the_null_device_keeps_time(monkeypatch):
    from live.core.stand import Stand
    from live.ports.opened import NullPort

    monkeypatch.setattr(os, "sched_setscheduler", lambda *_: (_ for _ in ()).throw(PermissionError("not permitted")))
    stand = Stand(RATE, 0, 2)
    port = NullPort(stand, 256)
    try:
        port.take(None)
        time.sleep(0.1)
        assert stand.frame > 1000
    finally:
        port.close()


def test_a_home_that_cannot_be_written_still_plays(tmp_path):
    script = tmp_path / "main.py"
    script.write_text("from live.score import *\nscore = Score({'a': Node('tone')}, (Send('a'),))\n")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("ANTIPHON", "XDG"))} | {"HOME": "/proc/nowhere"}
    words = [sys.executable, "-m", "live.cli", "render", str(script), "--seconds", "0.5", "--out", str(tmp_path)]
    env["NUMBA_CACHE_DIR"] = os.environ["NUMBA_CACHE_DIR"]  # set by the core's import: compiling again would take a minute
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=60, cwd=Path(cli.__file__).parents[1])
    assert done.returncode == 0, done.stderr
    assert np.abs(soundfile.read(tmp_path / "mix.wav")[0]).max() > 0.1
    asked = [sys.executable, "-c", "from live.core import cache; print(cache.home())"]
    done = subprocess.run(asked, env=env, capture_output=True, text=True, timeout=60, cwd=Path(cli.__file__).parents[1])
    assert os.access(done.stdout.strip(), os.W_OK)


# --- text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = (", "main.py:1: This bracket is never closed."),
        ("\nx = nothing", "main.py:2: There is no 'nothing'."),
        ("x = 3", "main.py sends nothing to the loudspeakers."),
    ],
)
def test_a_script_with_a_slip_is_one_line_with_file_and_line(tmp_path, capsys, text, says):
    script = tmp_path / "main.py"
    script.write_text(text)
    assert cli.main(["render", str(script), "--seconds", "1", "--out", str(tmp_path / "out")]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"antiphon: {says}")
    assert line.count("\n") == 1


def test_mail_that_makes_no_sense_is_answered_and_the_core_reads_on(stage):
    core = int(stage.core.clock[at.C_PID])
    stage.read().clear()
    stage.mail.word("dance", "steady")
    stage.mail.word("event", "steady", index=1, text='{"not": "a list"}')
    stage.mail.word("event", "steady", index=1, text="[")
    stage.mail.send(
        [("begin", "", "now", 0, 0.0, 0.0, "77"), ("make", "x", "", 0, 0.0, 0.0, '{"kind": 3}'), ("land", "", "", 0, 0.0, 0.0, "")]
    )
    answer = stage.wait_for(77)
    assert not answer.landed
    assert answer.text
    assert any("no word 'dance'" in line for line in stage.news)
    assert int(stage.core.clock[at.C_PID]) == core


# --- and in the end ---------------------------------------------------------------------------


def test_at_the_end_the_sine_is_whole_on_the_take(stage, tmp_path):
    seconds = (stage.frame - stage.began) / RATE - 0.1
    take = keep(seconds, tmp_path, stage.folder)
    assert take.holes == ()
    sound = soundfile.read(take.folder / "mix.wav", dtype="float64")[0][:, 1]
    bend = sound[2:] + sound[:-2] - 2 * np.cos(2 * np.pi * FREQ / RATE) * sound[1:-1]  # of a true sine: nothing
    assert np.abs(bend).max() < 1e-5


def wait_for(what, seconds=6.0):
    """Its answer, as soon as there is one."""
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "it was never said"
        time.sleep(0.02)
    return found
