"""What the README shows can be typed."""

from __future__ import annotations

import re
from pathlib import Path

from live.naming import score_of
from live.plan import compare
from live.reading import Reader
from live.room import Room
from live.score import Score
from live.values import Latent
from live.verbs import NAMES
from live.words import VERBS

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_its_script_reads_and_is_heard_with_the_treatment_added(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    reader = Reader(tmp_path, spares=1)
    reader.room = Room.usual(2)
    try:
        reading = reader.read(tmp_path / "main.py", "\n".join(blocks) + "\nout.rear = bent\n")
    finally:
        reader.close()
    assert reading.mistake is None, reading.mistake
    score = score_of(reading.page, Score(), Room.usual(2))
    assert {"rain", "dusk", "pulse", "echo", "bent"} <= set(score.places)
    assert compare(score, score_of(reading.page, score, Room.usual(2))) == ()
    assert not any(isinstance(value, Latent) for value in reading.page.names.values())


def test_the_verbs_it_names_are_the_verbs_there_are():
    named = re.search(r"and verbs: `([^`]*)`", README)
    assert named is not None
    assert set(named[1].split()) <= set(VERBS)
    assert NAMES == VERBS


def test_the_files_and_pictures_it_names_are_there():
    root = Path(__file__).parents[2]
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", README)
    files = re.findall(r"`((?:live|engines|examples|sounds|tests)/[\w./]*\w)`", README)
    assert len(pictures) >= 4
    assert [name for name in [*pictures, *files] if not (root / name).exists()] == []
