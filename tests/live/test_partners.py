"""What a partner is told and asked at the prompt: the same numbers on both sides, plain words, slips refused when they are read."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from agents.bench_answer import SOUNDS, bundled, play
from engines import asked
from live import partners
from live.core.offline import Offline
from live.mistakes import Mistake
from live.score import Node, Score, Send
from live.whys import seed_of
from live.words import begin, namespace
from tests.live.test_whys import RAIN, desk_of

PARTNER = RAIN + 'partner = answer(rain, memory="brass swell")\nout.stage = partner'


def read(line: str) -> None:
    """One line of a script, after a rain."""
    from live.room import Room

    begin(Room.usual(2, 2))
    exec(RAIN + line, namespace())


@pytest.fixture(scope="module")
def picture() -> dict:
    """What a partner shows in the middle of playing."""
    made = play({"memory": str(SOUNDS / "brass swell.flac"), "relation": "none"}, bundled("kalimba phrase"), {"dare": 0.5})
    return json.loads(json.dumps(made.shown[-1]))


@pytest.fixture
def desk(tmp_path: Path, picture: dict) -> SimpleNamespace:
    """A desk on which a partner plays, its picture laid beside its ring."""
    desk = desk_of(PARTNER)
    desk.stage.folder, desk.stage.frame = tmp_path, picture["now"][-1]["frame"] + 100
    ring = tmp_path / "ring-1.map"
    (tmp_path / "want-1.json").write_text(json.dumps({"seed": seed_of(desk, "partner"), "ring": str(ring)}))
    ring.with_suffix(".said").write_text(json.dumps(picture))
    return desk


@pytest.mark.parametrize("what", ["never", "pin", "more_like", "forget"])
def test_both_sides_count_alike(what: str) -> None:
    before = 0.0
    for index in (0, 41, partners.PLACES - 1):
        number = partners.coded(before, what, index)
        assert asked.Asked(before).of(number, number) == [asked.Wish(what, index)]
        before = number


def test_what_is_said_reaches_the_partner_through_the_core_to_the_last_digit() -> None:
    """A large number, on its way as any control: the very segment is the one never played again."""
    settings = {"memory": str(SOUNDS / "wood knocks.flac"), "relation": "none"}

    def score(number: float) -> Score:
        return Score(
            {"lead": Node("clip", settings={"file": "kalimba phrase"}), "p": Node("answer", ("lead",), {"asked": number}, settings)},
            (Send("p", 0, 2),),
        )

    core, before = Offline(48000, 2, seed=2), 0.0
    for k, index in enumerate((5, 3)):  # the second is said after a hundred thousand others
        core.play(score(before))
        core.run(12000)
        before = partners.coded(before + 1e12 * k, "never", index)
    core.play(score(before))
    core.run(24000)
    assert core.engines is not None
    (hosted,) = core.engines.playing.values()
    assert hosted.state.never == {3, 5}


def test_why_names_what_is_heard_why_and_what_comes(desk: SimpleNamespace, picture: dict) -> None:
    lines = partners.reasons(desk, "partner")
    now = picture["now"][-1]
    assert lines[0].startswith(f"  it remembers {picture['segments']} segments")
    assert lines[1].startswith(f"  plays brass swell at {now['second']:g} s (segment {now['segment']}")
    assert "Asked for by" in lines[2]
    assert lines[-1].startswith("  means to go on with")
    assert all("\n" not in line for line in lines)


def test_without_a_number_the_segment_that_is_heard_is_meant(desk: SimpleNamespace, picture: dict) -> None:
    place = desk.hand.state.page.names["partner"]
    assert partners.segments(desk, place, None) == [picture["now"][-1]["segment"]]
    assert partners.segments(desk, place, [0, 2]) == [0, 2]


@pytest.mark.parametrize("which", [99, -1, 1.5, "brass"])
def test_a_segment_that_is_not_there_is_refused_with_the_numbers_there_are(desk: SimpleNamespace, picture: dict, which: object) -> None:
    with pytest.raises(Mistake, match=f"from 0 to {picture['segments'] - 1}"):
        partners.segments(desk, desk.hand.state.page.names["partner"], which)


def test_a_partner_that_rests_has_no_segment_to_speak_of(desk: SimpleNamespace, tmp_path: Path, picture: dict) -> None:
    silent = picture | {"now": [{"frame": 0, "silent": True, "heard": 3}]}
    (tmp_path / "ring-1.said").write_text(json.dumps(silent))
    assert any("silent by its own choice" in line for line in partners.reasons(desk, "partner"))
    with pytest.raises(Mistake, match="plays nothing just now"):
        partners.segments(desk, desk.hand.state.page.names["partner"], None)


def test_only_a_partner_is_one() -> None:
    names = desk_of(PARTNER).hand.state.page.names
    assert partners.is_partner(names["partner"])
    assert not partners.is_partner(names["rain"])


@pytest.mark.parametrize(
    "how", ['pace="beat"', "pace=250", 'pace="250"', 'pace="memory"', 'rule="fifth"', 'rule="-5"', 'rule="12 * 7"', 'rule="memory"']
)
def test_paces_and_rules_that_can_be_kept_are_read(how: str) -> None:
    read(f'partner = answer(rain, memory="brass swell", {how})')


@pytest.mark.parametrize(
    ("how", "near"),
    [
        ('pace="beats"', "beat"),
        ("pace=20", "beat"),
        ('rule="fifths"', "fifth"),
        ('rule="99"', "same"),
        ('rule="1 x"', "same"),
        ('cut="onsets"', "onset"),
    ],
)
def test_paces_and_rules_that_cannot_are_refused_when_they_are_read(how: str, near: str) -> None:
    with pytest.raises(Mistake) as slip:
        read(f'partner = answer(rain, memory="brass swell", {how})')
    assert near in slip.value.near
    assert how.split("=")[0] in str(slip.value)


def test_two_renders_with_a_partner_are_the_same_to_the_bit() -> None:
    settings = {"memory": str(SOUNDS / "glass.flac"), "relation": "none"}
    made = []
    for _ in range(2):
        core = Offline(48000, 2, seed=4)
        core.play(
            Score(
                {"lead": Node("clip", settings={"file": "kalimba phrase"}), "p": Node("answer", ("lead",), {"dare": 0.7}, settings)},
                (Send("p", 0, 2),),
            )
        )
        made.append(core.run(96000))
    assert np.array_equal(*made)
    assert np.abs(made[0]).max() > 0.01
