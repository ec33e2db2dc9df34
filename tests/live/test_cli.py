"""The front door: what a performer types, and the one line that answers a slip."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile

from live import cli, loudness
from live.tape import sum_of


def ask(capsys, *words):
    """The exit status, what was said and what was complained about."""
    status = cli.main(list(words))
    said = capsys.readouterr()
    return status, said.out, said.err


def test_help_names_every_command(capsys):
    status, said, _ = ask(capsys)
    assert status == 0
    for command in cli.COMMANDS:
        assert f"    {command} " in said


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_each_command_explains_itself(capsys, command):
    with pytest.raises(SystemExit) as end:
        cli.main([command, "--help"])
    assert end.value.code == 0
    assert cli.COMMANDS[command][1:] in " ".join(capsys.readouterr().out.split())


def test_the_version_is_said(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("antiphon 0.")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["plya"], "no command 'plya'. Nearest: play."),
        (["play", "--devcie", "x"], "no flag --devcie. Nearest: --device."),
        (["play", "--block", "100"], "'100' is none of 64, 128, 256, 512, 1024"),
        (["play", "--rate", "7"], "7 is outside 8000 to 384000"),
        (["play", "--channels", "many"], "'many' is no whole number from 1 to 64"),
        (["play", "one", "two"], "no use for 'two'"),
        (["render", "x.py"], "--seconds, --out"),
        (["render", "x.py", "--seconds", "-1", "--out", "y"], "-1 is not above 0"),
        (["keep", "nan"], "nan is not above 0"),
        (["bench", "coer"], "no bench 'coer'"),
    ],
)
def test_a_slip_is_one_line_and_status_two(capsys, words, hint):
    status, said, complaint = ask(capsys, *words)
    assert status == 2
    assert said == ""
    assert complaint.count("\n") == 1
    assert hint in complaint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "There is nothing in scr.py."),
        ("x = 3", "scr.py sends nothing to the loudspeakers. Write: out.stage ="),
        ("x = (", "scr.py:1: "),
        ("\n\nx = nothing", "scr.py:3: "),
        ("\0", "scr.py"),
        ("from live.score import Score", "scr.py defines no score"),
        ("from live.score import Score\nscore = 3", "defines a score that is a int"),
    ],
)
def test_a_script_that_cannot_be_read_says_where(capsys, tmp_path, text, hint):
    (tmp_path / "scr.py").write_text(text)
    status, _, complaint = ask(capsys, "render", str(tmp_path / "scr.py"), "--seconds", "1", "--out", str(tmp_path / "out"))
    assert status == 2
    assert complaint.count("\n") == 1
    assert hint in complaint


def test_a_script_that_is_not_there_names_the_nearest(capsys, tmp_path):
    (tmp_path / "dusk.py").write_text("")
    status, _, complaint = ask(capsys, "render", str(tmp_path / "dsk.py"), "--seconds", "1", "--out", str(tmp_path))
    assert status == 2
    assert f"Nearest: {tmp_path / 'dusk.py'}." in complaint


def test_a_folder_that_cannot_be_written_is_one_line(capsys, tmp_path):
    (tmp_path / "s.py").write_text("from live.score import Score\nscore = Score()\n")
    (tmp_path / "file").write_text("")
    status, _, complaint = ask(capsys, "render", str(tmp_path / "s.py"), "--seconds", "1", "--out", str(tmp_path / "file" / "x"))
    assert status == 2
    assert "Cannot write into" in complaint


def test_an_unexpected_fault_is_one_line_and_status_one(capsys, monkeypatch):
    def breaks(asked):
        raise ZeroDivisionError("a string broke")

    monkeypatch.setattr(cli, "run", breaks)
    status, _, complaint = ask(capsys, "devices")
    assert status == 1
    assert complaint == "antiphon: ZeroDivisionError: a string broke (a fault of ours: ANTIPHON_TRACE=1 shows where)\n"


def test_the_first_example_renders_to_a_file_with_sound_in_it(capsys, tmp_path):
    status, said, complaint = ask(
        capsys, "render", "examples/01_one_sound.py", "--seconds", "1.5", "--out", str(tmp_path), "--stems", "--json"
    )
    assert (status, complaint) == (0, "")
    told = json.loads(said)
    mix, rate = soundfile.read(tmp_path / "mix.wav", always_2d=True, dtype="float32")
    assert (mix.shape, rate) == ((72000, 2), 48000)
    assert 0.01 < np.max(np.abs(mix)) <= 10 ** (-1 / 20)
    assert told["peak_db"] == pytest.approx(20 * np.log10(np.max(np.abs(mix))), abs=0.01)
    assert told["heard"] == ["rain"]
    stem, _ = soundfile.read(tmp_path / "rain.wav", always_2d=True, dtype="float32")
    np.testing.assert_allclose(stem, mix, atol=1e-6)  # the only one that goes out
    assert sum_of(tmp_path) < -120


def test_help_answers_at_once_and_wakes_no_heavy_library():
    heavy = "{'numpy', 'numba', 'sounddevice', 'soundfile'}"
    code = f"import sys, live.cli; live.cli.main([]); print(*sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    times = []
    for _ in range(3):
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        times.append(time.monotonic() - began)
        assert done.stderr == "\n"
    assert min(times) < 1.0  # 0.05 s on an idle machine; the promise of 0.15 s is the bench's


def test_a_closed_pipe_is_no_trouble():
    done = subprocess.run(
        f"{sys.executable} -m live.cli doctor --json | true", shell=True, capture_output=True, text=True, env={**os.environ}
    )
    assert done.stderr == ""


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_the_ear_knows_the_standards_own_tone_however_it_is_cut(rate):
    tone = np.sin(2 * np.pi * 997 * np.arange(rate * 2) / rate)[None]
    for cuts in ([], [100, rate // 2, rate + 7]):
        ear = loudness.Ear(rate)
        for piece in np.split(tone, cuts, axis=1):
            ear.hear(piece)
        assert ear.lufs == pytest.approx(-3.01, abs=0.05)
        assert ear.peak_db == pytest.approx(0, abs=0.01)


def test_silence_has_no_loudness():
    ear = loudness.Ear(48000)
    ear.hear(np.zeros((2, 48000)))
    assert (ear.lufs, ear.peak_db) == (float("-inf"), -200)
