"""Ending what plays from elsewhere, and starting what cannot start: a line each, and nothing is left."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from live import cli
from live.pids import alive
from live.rig import Rig
from live.score import Node, Score, Send
from live.stage import Silent, Stage

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 is a POSIX word")


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime folder of our own."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("ANTIPHON_RUNTIME", str(tmp_path / "run"))
    return tmp_path / "run"


@pytest.fixture
def left(runtime: Path, tmp_path: Path) -> Iterator[Path]:
    """A core that plays an engine, and no desk any more."""
    stage = Stage.open(Rig(take=str(tmp_path / "take"), record=False), name="left")
    stage.play(Score({"a": Node("tone"), "b": Node("freeze", ("a",))}, (Send("b"),)))
    stage.close(leave=False)
    yield runtime / "left"
    if stage.folder.exists():
        cli.main(["stop"])


def test_what_plays_is_ended_and_nothing_is_left(left: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["stop"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("stopped left: the watcher, the core")
    assert said.endswith(f". The take is {tmp_path / 'take'}\n")
    assert said.count("\n") == 1
    assert not left.exists()
    assert json.loads((tmp_path / "take" / "journal.jsonl").read_text().splitlines()[-1])["what"] == "end"
    assert cli.main(["stop"]) == 0
    assert capsys.readouterr().out == "nothing plays, so there is nothing to stop\n"


def test_a_core_whose_watcher_was_killed_is_ended_in_order_too(left: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.kill(alive(left, "watch"), signal.SIGKILL)
    until = time.monotonic() + 5
    while alive(left, "watch") and time.monotonic() < until:  # dying takes a moment
        time.sleep(0.01)
    assert cli.main(["stop"]) == 0
    assert "stopped left: the core" in capsys.readouterr().out
    assert not left.exists()
    assert json.loads((tmp_path / "take" / "journal.jsonl").read_text().splitlines()[-1])["what"] == "end"


def test_a_core_that_cannot_start_is_one_line_soon_and_leaves_nothing(
    runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "numba.py").write_text('raise ImportError("libLLVM cannot be loaded")')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    began = time.monotonic()
    with pytest.raises(Silent, match="the core cannot start: ImportError: libLLVM cannot be loaded"):
        Stage.open(Rig(take=str(tmp_path / "take"), record=False), name="broken")
    assert time.monotonic() - began < 60
    assert list(runtime.iterdir()) == []
