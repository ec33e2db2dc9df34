"""A unit for systemd: whole paths, a polite end, and the commands that install it."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from live import cli
from live.service import unit, unit_name
from live.session import Session


def session(folder: Path, name: str = "dusk") -> Session:
    """A session folder."""
    (folder / name).mkdir(parents=True)
    (folder / name / "main.py").write_text("")
    return Session.find(str(folder / name))


def read(text: str) -> configparser.ConfigParser:
    """The unit as sections."""
    found = configparser.RawConfigParser(strict=False)
    found.optionxform = str
    found.read_string(text)
    return found


def test_a_unit_says_who_is_started_where_and_with_which_rights(tmp_path, monkeypatch):
    monkeypatch.delenv("ANTIPHON_RUNTIME", raising=False)
    dusk = session(tmp_path)
    found = read(unit(dusk, hours="10:00-18:00", rotate=12))
    service = found["Service"]
    words = shlex.split(service["ExecStart"])
    assert words[-7:] == ["play", str(dusk.folder), "--headless", "--hours", "10:00-18:00", "--rotate", "12"]
    assert Path(words[0]).is_absolute()
    assert os.access(words[0], os.X_OK)
    assert service["WorkingDirectory"] == str(dusk.folder)
    assert {key: service[key] for key in ("Restart", "KillMode", "LimitRTPRIO", "LimitMEMLOCK")} == {
        "Restart": "always", "KillMode": "mixed", "LimitRTPRIO": "95", "LimitMEMLOCK": "infinity",
    }  # fmt: skip
    assert "User" not in service
    assert found["Install"]["WantedBy"] == "default.target"


def test_a_unit_of_the_machine_runs_as_somebody(tmp_path):
    found = read(unit(session(tmp_path), system=True, user="ines"))
    assert found["Service"]["User"] == "ines"
    assert found["Install"]["WantedBy"] == "multi-user.target"


def test_without_an_installed_command_it_is_started_from_its_folder(tmp_path):
    bare = tmp_path / "bin" / "python"
    bare.parent.mkdir()
    bare.symlink_to(sys.executable)
    service = read(unit(session(tmp_path), python=str(bare)))["Service"]
    assert shlex.split(service["ExecStart"])[:3] == [str(bare), "-m", "live.cli"]
    root = service["Environment"].removeprefix("PYTHONPATH=")
    assert (Path(root) / "live" / "cli.py").is_file()


def test_what_it_starts_understands_its_words(tmp_path):
    words = shlex.split(read(unit(session(tmp_path), hours="10:00-12:00, 13:00-18:00", rotate=0))["Service"]["ExecStart"])
    asked = cli.read(words[words.index("play") :])
    assert (asked.headless, asked.hours, asked.rotate) == (True, "10:00-12:00, 13:00-18:00", 0)


def test_two_commands_on_top_install_it(tmp_path):
    dusk = session(tmp_path)
    first, second = unit(dusk, hours="10-18").splitlines()[:2]
    assert first.endswith(f"antiphon service {dusk.folder} --hours 10-18 > ~/.config/systemd/user/antiphon-dusk.service")
    assert second.startswith("# systemctl --user daemon-reload && systemctl --user enable --now antiphon-dusk.service")
    assert "--system | sudo tee /etc/systemd/system/antiphon-dusk.service" in unit(dusk, system=True).splitlines()[0]


def test_the_rig_is_named_by_its_whole_path(tmp_path):
    dusk = session(tmp_path)
    (dusk.folder / "club.toml").write_text("")
    words = shlex.split(read(unit(dusk, rig="club"))["Service"]["ExecStart"])
    assert words[-2:] == ["--rig", str(dusk.folder / "club.toml")]


def test_odd_names_are_quoted_the_way_systemd_reads_them(tmp_path):
    odd = session(tmp_path, "my 50% $et")
    text = unit(odd)
    assert unit_name(odd) == "antiphon-my-50-et.service"
    assert f'"{tmp_path}/my 50%% $$et"' in text
    assert f"WorkingDirectory={tmp_path}/my 50%% $et" in text


def test_hours_that_cannot_be_meant_are_said_now(tmp_path, capsys):
    dusk = session(tmp_path)
    assert cli.main(["service", str(dusk.folder), "--hours", "morning"]) == 2
    assert "'morning' is no time to be open" in capsys.readouterr().err
    assert cli.main(["service", str(tmp_path / "dsk")]) == 2
    assert "Nearest" in capsys.readouterr().err


def test_the_command_prints_the_unit_and_nothing_else(tmp_path, capsys):
    dusk = session(tmp_path)
    assert cli.main(["service", str(dusk.folder)]) == 0
    assert capsys.readouterr().out == unit(dusk)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
@pytest.mark.parametrize(("system", "name"), [(False, "dusk"), (True, "dusk"), (False, "my 50% $et")])
def test_systemd_itself_has_nothing_to_complain_of(tmp_path, system, name):
    odd = session(tmp_path, name)
    (tmp_path / unit_name(odd)).write_text(unit(odd, system=system, hours="10:00-18:00", user="root"))
    (tmp_path / "run").mkdir()
    how = [] if system else ["--user"]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *how, str(tmp_path / unit_name(odd))],
        capture_output=True, text=True, timeout=30, env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path / "run")},
    )  # fmt: skip
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "antiphon" in line]
    assert ours == []
