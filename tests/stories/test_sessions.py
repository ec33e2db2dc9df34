"""The sessions that come along: read as on stage, heard in two, four and eight loudspeakers, each scene and half way between."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from live.bounce import Bounced
from live.morphing import between
from live.naming import score_of
from live.plan import compare, told
from live.room import room_of
from live.score import Score
from live.session import FOLDERS, Session
from tests.stories.pieces import CEILING, ROOT, Piece, Wave, knobs, pieces, unheard

HANDS = "gig"  # waits for hands: test_gig plays it
HOMES = sorted(path.parent for path in (ROOT / "sessions").glob("*/main.py") if path.parent.name != HANDS)
SCRIPTS = [path for home in HOMES for path in (home / "main.py", *sorted((home / "scenes").glob("*.py")))]
SECONDS = 8.0
SHORT = 5.0
ALIKE = 0.5  # dB


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "sessions").with_suffix(""))


@pytest.fixture(scope="module")
def all_read() -> dict[Path, Piece]:
    """Every script of every session, read."""
    found: dict[Path, Piece] = {}
    for home in HOMES:
        found |= {one.path: one for one in pieces(home, *(path for path in SCRIPTS if home in path.parents))}
    return found


@pytest.fixture(scope="module", params=SCRIPTS, ids=name_of)
def piece(request: pytest.FixtureRequest, all_read: dict[Path, Piece]) -> Piece:
    """A main.py, or a scene."""
    return all_read[request.param]


@pytest.fixture(scope="module")
def played(piece: Piece, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bounced, Wave]:
    """Its first bars in stereo."""
    return piece.render(tmp_path_factory.mktemp("session") / "out", SECONDS)


def test_four_sessions_come_along_each_with_two_scenes() -> None:
    assert [home.name for home in HOMES] == ["duo", "dusk", "pulse", "round"]
    assert [len(list((home / "scenes").glob("*.py"))) for home in HOMES] == [2, 2, 2, 2]


@pytest.mark.parametrize("home", HOMES, ids=lambda home: home.name)
def test_a_session_is_found_by_its_name_and_its_settings_are_all_known(home: Path, tmp_path: Path) -> None:
    assert Session.find(home.name, here=tmp_path).folder == home
    said: list[str] = []
    room_of({}, home, said.append, environ={}, user=tmp_path / "antiphon.toml")
    assert said == []
    known = {"main.py", "session.toml", "README.md", "__pycache__", *FOLDERS}
    assert [path.name for path in home.iterdir() if path.name not in known and path.suffix != ".py"] == []


def test_it_is_read_and_every_place_has_a_way_out(piece: Piece) -> None:
    assert piece.page.outs
    assert piece.reading.printed == []
    assert unheard(piece.score()) == set()


def test_it_is_as_loud_as_music_and_seldom_at_the_ceiling(played: tuple[Bounced, Wave]) -> None:
    made, mix = played
    assert made.refused == ()
    assert np.isfinite(mix).all()
    assert made.peak_db <= CEILING + 0.01
    assert -22 < made.lufs < -14
    assert np.mean(np.abs(mix) > 10 ** (-1.1 / 20)) < 1e-3


def test_every_named_sound_is_heard_in_the_first_bars(piece: Piece, played: tuple[Bounced, Wave]) -> None:
    assert piece.sounds() - set(played[0].heard) == set()


def test_what_look_shows_is_the_same_music_when_it_is_typed(piece: Piece) -> None:
    assert told(compare(piece.score(), piece.typed_back())) == ""


@pytest.mark.parametrize("home", HOMES, ids=lambda home: home.name)
def test_its_page_says_which_knobs_turn_and_which_scenes_there_are(home: Path, all_read: dict[Path, Piece]) -> None:
    main = all_read[home / "main.py"]
    said = main.reading.text.split('"""')[1]
    assert {f"knob {source.removeprefix('knob:')} " for source in knobs(main.score())} <= {
        found[0] for line in said.splitlines() if (found := re.match(r"knob \d+ ", line.strip()))
    }
    assert all(f'scene("{path.stem}")' in said for path in (home / "scenes").glob("*.py"))


@pytest.mark.parametrize("home", HOMES, ids=lambda home: home.name)
def test_with_every_knob_full_up_it_is_still_music(home: Path, all_read: dict[Path, Piece], tmp_path: Path) -> None:
    made, mix = all_read[home / "main.py"].render(tmp_path / "out", SHORT, turned=1.0)
    assert np.isfinite(mix).all()
    assert made.peak_db <= CEILING + 0.01
    assert -25 < made.lufs < -13


@pytest.mark.parametrize("home", HOMES, ids=lambda home: home.name)
def test_half_way_between_its_scenes_there_is_music(home: Path, all_read: dict[Path, Piece]) -> None:
    first, second = (all_read[path] for path in sorted((home / "scenes").glob("*.py")))
    half = score_of(between(first.page, second.page, 0.5, first.room()), Score(), first.room())
    assert unheard(half) == set()
    assert {send.place for send in half.sends} & {send.place for send in first.score().sends}


@pytest.mark.parametrize("home", HOMES, ids=lambda home: home.name)
def test_each_place_is_as_loud_on_two_four_and_eight_loudspeakers(home: Path, all_read: dict[Path, Piece], tmp_path: Path) -> None:
    power = {}
    for outs in (2, 4, 8):
        made, mix = all_read[home / "main.py"].render(tmp_path / str(outs), SHORT, outs, stems=True)
        assert mix.shape[0] == outs
        assert made.peak_db <= CEILING + 0.01
        power[outs] = by_place(tmp_path / str(outs))
    assert power[2].keys() == power[4].keys() == power[8].keys()
    for place, stereo in power[2].items():
        assert abs(power[4][place] - stereo) < ALIKE, place
        assert abs(power[8][place] - stereo) < ALIKE, place


def test_the_circle_is_used_all_the_way_round(all_read: dict[Path, Piece], tmp_path: Path) -> None:
    _, mix = all_read[ROOT / "sessions" / "round" / "main.py"].render(tmp_path / "out", SHORT, 8)
    assert (10 * np.log10(np.mean(mix**2, axis=1)) > -50).all()


def by_place(out: Path) -> dict[str, float]:
    """Decibels of each place that goes out, all its channels together."""
    stems = [path for path in out.glob("*.wav") if path.stem != "mix" and not path.stem.startswith("in-")]
    return {path.stem: 10 * float(np.log10(np.sum(np.mean(soundfile.read(path)[0] ** 2, axis=0)) + 1e-12)) for path in stems}
