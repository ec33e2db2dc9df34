"""The ladder of examples: each is read, plays, is heard whole, and can be typed back as it is shown."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from live.bounce import Bounced
from live.plan import compare, told
from tests.stories.pieces import CEILING, ROOT, Piece, Wave, pieces, unheard

LADDER = sorted((ROOT / "examples").glob("*.py"))
SECONDS = 5.0


@pytest.fixture(scope="module", params=LADDER, ids=lambda path: path.stem)
def piece(request: pytest.FixtureRequest, reader: dict[Path, Piece]) -> Piece:
    """One rung."""
    return reader[request.param]


@pytest.fixture(scope="module")
def reader() -> dict[Path, Piece]:
    """All of them, read."""
    return {one.path: one for one in pieces(ROOT / "examples", *LADDER)}


@pytest.fixture(scope="module")
def played(piece: Piece, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bounced, Wave]:
    """Its first seconds in stereo."""
    return piece.render(tmp_path_factory.mktemp("example") / "out", SECONDS)


def test_the_ladder_has_no_rung_missing() -> None:
    assert [int(path.name[:2]) for path in LADDER] == list(range(1, len(LADDER) + 1))
    assert len(LADDER) >= 14


def test_an_example_is_read_and_says_first_what_it_is(piece: Piece) -> None:
    assert piece.page.outs
    assert re.match(r'"""[A-Z].*[.:;?]', piece.reading.text)
    assert piece.reading.printed == []


def test_nothing_in_it_is_unheard_of(piece: Piece) -> None:
    assert unheard(piece.score()) == set()


def test_it_plays_below_the_ceiling_and_loud_enough_to_be_heard(played: tuple[Bounced, Wave]) -> None:
    made, mix = played
    assert made.refused == ()
    assert np.isfinite(mix).all()
    assert made.peak_db <= CEILING + 0.01
    assert -25 < made.lufs < -13
    assert np.mean(np.abs(mix) > 10 ** (-1.1 / 20)) < 1e-3  # the limiter only catches what sticks out


def test_every_sound_in_it_is_heard_in_its_first_bars(piece: Piece, played: tuple[Bounced, Wave]) -> None:
    assert piece.sounds() - set(played[0].heard) == set()


def test_what_look_shows_of_it_is_the_same_music_when_it_is_typed(piece: Piece) -> None:
    assert told(compare(piece.score(), piece.typed_back())) == ""


def test_the_treatment_of_ones_own_is_heard(reader: dict[Path, Piece], tmp_path: Path) -> None:
    rust = next(one for path, one in reader.items() if "of_your_own" in path.name)
    _, bent = rust.render(tmp_path / "bent", 1.0)
    plain = rust.reading.text.replace("= rust(rain, drive=lfo(1, 12, beats=16), tone=0.15)", "= 1 * rain")
    assert plain != rust.reading.text
    _, dry = next(pieces(ROOT / "examples", _written(tmp_path / "dry.py", plain))).render(tmp_path / "dry", 1.0)
    assert np.sqrt(np.mean((bent - dry) ** 2)) > 0.5 * np.sqrt(np.mean(dry**2))


def _written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path
