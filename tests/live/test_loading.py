"""What workers say while they load, as a performer hears it."""

from __future__ import annotations

import json

import pytest

from live import loading
from live.loading import Loading


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A log to write on, and whoever reads it; time passes as the test says."""
    now = [100.0]
    monkeypatch.setattr(loading.time, "monotonic", lambda: now[0])
    path = tmp_path / "log"
    path.write_text("an old line\n")
    reader = Loading(path)

    def told(*lines, after=1.0):
        with path.open("a") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
        now[0] += after
        return reader.news()

    return told


def test_what_loads_quickly_is_not_worth_a_line(log):
    begun, ready = (
        {"says": "loading", "engine": "latent", "ring": "a", "how": ""},
        {"says": "ready", "engine": "latent", "ring": "a", "seconds": 0.2},
    )
    assert log(begun, ready) == []


def test_what_takes_long_is_said_at_its_begin_and_at_its_end(log):
    assert log({"says": "loading", "engine": "voices", "ring": "a", "how": ""}) == []
    assert log() == ["voices is loading; its place is silent until it is ready, and fades in"]
    assert log({"says": "loading", "engine": "voices", "ring": "a", "how": "2 of 9 files"}) == ["voices: 2 of 9 files"]
    assert log({"says": "ready", "engine": "voices", "ring": "a", "seconds": 4.25}) == ["voices is ready after 4.2 s"]


def test_what_cannot_be_played_is_said_with_its_reason(log):
    said = log({"says": "gave-up", "engine": "voices", "ring": "a", "why": "OSError: no weights"})
    assert said == ["voices cannot be played: OSError: no weights. Its place is silent; the rest plays on."]


def test_other_lines_and_torn_ones_are_passed_by(log, tmp_path):
    with (tmp_path / "log").open("a") as file:
        file.write('nonsense\n{"torn": \n{"says": "loading", "engi')
    assert log() == []
