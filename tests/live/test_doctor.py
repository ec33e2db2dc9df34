"""The doctor: names cause and cure, changes nothing, never falls ill itself."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from live import cli, doctor
from live.doctor import ILL, NOTE, WELL, Finding


def test_every_finding_that_is_not_well_has_a_cure():
    findings = doctor.look()
    assert {f.about for f in findings} >= {"python", "portaudio", "jack", "devices", "shared memory", "cache", "disk"}
    for finding in findings:
        assert finding.state in (WELL, NOTE, ILL)
        assert "\n" not in finding.says + finding.cure
        assert finding.state == WELL or finding.cure or "could not be looked at" in finding.says


def test_a_look_that_breaks_is_a_note_and_the_others_go_on(monkeypatch):
    def breaks():
        raise RuntimeError("the stethoscope slipped")

    monkeypatch.setattr(doctor, "LOOKS", (breaks, doctor.python))
    first, second = doctor.look()
    assert (first.state, second.about) == (NOTE, "python")
    assert "the stethoscope slipped" in first.says


def test_a_library_that_ends_its_process_is_named_and_the_doctor_lives(monkeypatch):
    monkeypatch.setattr(doctor, "child", lambda code, seconds=15: (-6, "", "Aborted"))
    monkeypatch.setattr(doctor.ctypes.util, "find_library", lambda name: f"lib{name}.so.2")
    found = doctor.portaudio()
    assert found.state == ILL
    assert "signal 6" in found.says
    assert "asound.conf" in found.cure


@pytest.mark.skipif(not doctor.LINUX, reason="the names of packages are Linux's")
def test_a_missing_portaudio_names_the_package_on_each_system(monkeypatch):
    monkeypatch.setattr(doctor, "child", lambda code, seconds=15: (1, "", "OSError: PortAudio library not found"))
    monkeypatch.setattr(doctor.ctypes.util, "find_library", lambda name: None)
    found = doctor.portaudio()
    assert found.state == ILL
    assert "null device" in found.says
    for way in ("apt install libportaudio2", "dnf install portaudio", "pacman -S portaudio", "brew install portaudio"):
        assert way in found.cure


def test_a_child_that_hangs_is_given_up():
    status, _, trouble = doctor.child("import time; time.sleep(30)", seconds=0.3)
    assert (status, trouble) == (124, "no answer within 0.3 s")


@pytest.mark.skipif(not doctor.LINUX, reason="ALSA is Linux's")
def test_an_empty_alsa_configuration_is_ill(monkeypatch):
    monkeypatch.setenv("ALSA_CONFIG_PATH", os.devnull)
    found = doctor.alsa()
    assert found is not None
    assert found.state == ILL
    assert "ALSA_CONFIG_PATH" in found.cure


def test_a_runtime_folder_that_cannot_be_written_is_ill(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ANTIPHON_RUNTIME", str(tmp_path / "file" / "run"))
    assert doctor.runtime().state == ILL


def test_a_read_only_home_falls_back_to_a_temporary_cache_and_says_so(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ANTIPHON_CACHE", str(tmp_path / "file" / "cache"))
    found = doctor.cache()
    assert found.state == NOTE
    assert "cannot be written" in found.says
    assert "ANTIPHON_CACHE" in found.cure


def test_what_an_earlier_evening_left_behind_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("ANTIPHON_RUNTIME", str(tmp_path))
    assert doctor.stale() == Finding("left over", WELL, "nothing of an earlier session")
    (tmp_path / "core.map").write_bytes(b"\1" * 4096)
    found = doctor.stale()
    assert found is not None
    assert found.state == NOTE


def test_a_little_disk_is_counted_in_minutes(monkeypatch):
    class Free:
        free = int(5e9)

    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: Free)
    found = doctor.disk()
    assert "about 27 minutes of 16 tracks" in found.says
    assert found.state == NOTE


def test_brief_leaves_out_what_is_well():
    told = doctor.told([Finding("python", WELL, "fine"), Finding("alsa", ILL, "empty", "fill it")], brief=True)
    assert told.splitlines() == [
        "  ILL   alsa           empty",
        "                       cure: fill it",
        "1 of 2 would cost you sound.",
    ]


def test_the_status_is_zero_unless_strict(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "LOOKS", (lambda: Finding("alsa", ILL, "empty", "fill it"),))
    assert cli.main(["doctor"]) == 0
    assert cli.main(["doctor", "--strict"]) == 1
    capsys.readouterr()
    assert cli.main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"][0]["cure"] == "fill it"


def test_the_doctor_itself_imports_no_device_library():
    code = "import sys; from live import doctor; doctor.look(); print({'sounddevice', 'jack', 'rtmidi', 'numba'} & set(sys.modules))"
    status, said, _ = doctor.child(code, 60)
    assert (status, said.strip()) == (0, "set()")
    assert Path(sys.executable).exists()


def test_controllers_are_named_with_the_door_they_come_by(monkeypatch: pytest.MonkeyPatch) -> None:
    said = '{"doors": ["jack", "alsa"], "controllers": ["nano"], "troubles": []}'
    monkeypatch.setattr(doctor, "child", lambda code: (0, said, ""))
    found = doctor.midi()
    assert (found.state, found.says) == (doctor.WELL, "heard through JACK and ALSA: nano")
