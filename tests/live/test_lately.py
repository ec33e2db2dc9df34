"""The last seconds can be looked at: of the mix, and of each place that goes out."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from live.lately import lately, ways_out
from live.mistakes import Mistake
from live.rig import Rig
from live.score import Node, Score, Send
from live.tape import Recorder, keep
from live.tape.take import spoken
from tests.live.test_tape import RATE, FakeCore

SCORE = Score(
    {
        "rain": Node("clip"),
        "out.stage/rain": Node("fold", ("rain",)),
        "dusk": Node("filter", ("wet",)),
        "wet": Node("clip"),
        "alone": Node("clip"),
    },
    (Send("out.stage/rain"), Send("dusk")),
)


@pytest.fixture
def evening(tmp_path: Path):
    """A core that has played a second of rain (folded) and dusk, half of it on the reels."""
    (run := tmp_path / "run").mkdir()
    takes = tmp_path / "take"
    core = FakeCore(run)
    core.play(100)
    core.send("out.stage/rain", tracks=2)
    core.send("dusk", tracks=1, first=2, width=2)
    recorder = Recorder(run, takes / "reels")
    core.play(RATE // 4)
    recorder.step()
    core.play(RATE // 4)
    return SimpleNamespace(score=SCORE, folder=run, rig=Rig(rate=RATE, take=str(takes), record=True), core=core)


def test_a_place_is_found_under_the_name_of_its_way_out():
    assert ways_out(SCORE, "rain") == {"out.stage/rain"}
    assert ways_out(SCORE, "dusk") == {"dusk"}
    assert ways_out(SCORE, "wet") == set()


def test_the_last_seconds_of_a_place_are_its_stem(evening, tmp_path):
    seen = lately(evening, "rain", 0.4)
    kept = keep(0.4, tmp_path / "kept", evening.folder, "one", reels_folder=Path(evening.rig.take) / "reels", wide=False)
    stem, _ = soundfile.read(kept.folder / "rain.wav", dtype="float32", always_2d=True)
    assert seen.shape == (2, round(0.4 * RATE))
    assert np.abs(seen).max() > 0.1
    assert np.allclose(seen, stem.T, atol=1e-6)


def test_without_a_name_it_is_the_whole_mix(evening, tmp_path):
    seen = lately(evening, "", 0.4)
    kept = keep(0.4, tmp_path / "kept", evening.folder, "one", reels_folder=Path(evening.rig.take) / "reels")
    mix, _ = soundfile.read(kept.folder / "mix.wav", dtype="float32", always_2d=True)
    assert np.array_equal(seen, mix.T)
    assert seen.dtype == np.float32


def test_more_than_there_is_gives_what_there_is(evening):
    assert lately(evening, "", 60).shape[1] <= RATE // 2 + 100


def test_a_place_that_is_only_heard_by_others_says_through_whom(evening):
    with pytest.raises(Mistake, match=r"wet is not sent out by itself: dusk hears it\. Write: scope\(dusk\)"):
        lately(evening, "wet", 1)


def test_a_place_nobody_hears_says_how_to_hear_it(evening):
    with pytest.raises(Mistake, match="nothing hears it"):
        lately(evening, "alone", 1)


def test_before_anything_is_recorded_it_says_so(tmp_path):
    stage = SimpleNamespace(score=SCORE, folder=tmp_path, rig=Rig(take=str(tmp_path), record=True))
    with pytest.raises(Mistake, match="Nothing is recorded yet"):
        lately(stage, "", 1)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), 1e9, "long"])
def test_no_time_at_all_is_refused_in_one_line(evening, seconds):
    with pytest.raises(Mistake, match="seconds"):
        lately(evening, "", seconds)


def test_looking_leaves_nothing_behind(evening):
    before = sorted(Path(evening.rig.take).rglob("*.wav"))
    lately(evening, "rain", 0.2)
    assert sorted(Path(evening.rig.take).rglob("*.wav")) == before


def test_the_stem_of_a_folded_place_has_the_place_s_name(tmp_path):
    (run := tmp_path / "run").mkdir()
    core = FakeCore(run)
    for name in ("out.stage/rain", "out.rear/rain", "out.stage/dusk", "dusk"):
        core.send(name)
    core.play(RATE // 8)
    told = tomllib.loads((keep(1, tmp_path / "kept", run, "one").folder / "take.toml").read_text())
    files = {place["name"]: place["file"] for place in told["place"]}
    assert files == {
        "out.rear/rain": "rain.wav",
        "out.stage/rain": "out.stage-rain.wav",
        "out.stage/dusk": "out.stage-dusk.wav",
        "dusk": "dusk.wav",
    }


def test_only_ways_out_lose_their_front():
    assert [spoken(name) for name in ("out.stage/rain", "dusk/lfo", "out.1-2/clip(rain on tin)", "out.x")] == [
        "rain",
        "dusk/lfo",
        "clip(rain on tin)",
        "out.x",
    ]


# --- scope() and spectrum() ------------------------------------------------------------------------


@pytest.fixture
def played(evening, tmp_path):
    """The verbs of a desk on which rain plays."""
    from live import words
    from live.verbs import Verbs

    page = words.begin()
    words.finish(page, {"rain": words.nouns()["clip"]("rain on tin")})
    return Verbs(SimpleNamespace(stage=evening, hand=SimpleNamespace(state=SimpleNamespace(page=page)), plain=False, folder=tmp_path))


@pytest.mark.parametrize("verb", ["scope", "spectrum"])
def test_a_picture_is_drawn_into_the_terminal(played, verb):
    drawn = getattr(played, verb)("rain", 0.2)
    assert "rain" in drawn.splitlines()[0]
    assert "0.2 s" in drawn.splitlines()[0]
    assert "\x1b[" in drawn


@pytest.mark.parametrize("verb", ["scope", "spectrum"])
def test_where_drawings_are_not_wanted_it_is_said_in_words(played, verb):
    played.desk.plain = True
    told = getattr(played, verb)(seconds=0.2)
    assert "everything" in told
    assert told.isascii()


@pytest.mark.parametrize("verb", ["scope", "spectrum"])
def test_a_picture_is_written_beside_the_session(played, verb, tmp_path):
    assert getattr(played, verb)("rain", 0.2, file="seen") == f"drawn into {tmp_path / 'seen.png'}"
    assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_written_is_one_line(played, tmp_path):
    (tmp_path / "there").write_text("a file, no folder")
    with pytest.raises(Mistake, match="cannot be written"):
        played.scope("rain", 0.2, file="there/seen.png")
