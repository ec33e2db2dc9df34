"""A kernel is learned while somebody plays: in a process of its own, and into the sound when it is better."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from engines.cak import NUMBERS, find, read, through
from live.edits import State
from live.mistakes import Mistake
from live.teaching import Lesson, begin
from live.values import Page, Sound


class Desk:
    """As much of a desk as a lesson needs."""

    def __init__(self, folder: Path, page: Page) -> None:
        self.session = SimpleNamespace(folder=folder)
        self.said: list[str] = []
        self.state = State(script=page)
        self.hand = SimpleNamespace(propose=self.propose)

    def say(self, line: str) -> None:
        self.said.append(line)

    def propose(self, proposal: Any) -> Any:
        self.state = proposal.change(self.state)
        return proposal


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    rain = Sound("clip", (), {}, {"file": "rain on tin"})
    worn = Sound("cak", (rain,), {"texture": 0.5})
    worn.name = "worn"
    return Desk(tmp_path, Page(names={"worn": worn}))


def pair(folder: Path) -> tuple[str, str]:
    """A sound before and after a kernel that lies nowhere."""
    rate = 44100
    dry = 0.05 * np.random.default_rng(3).standard_normal(6 * rate) * (1 + np.sin(np.arange(6 * rate) / 9000))
    for name, sound in (("dry", dry), ("wet", through(dry, 1.0, find("steam flipped")))):
        soundfile.write(folder / f"{name}.wav", sound, rate, subtype="FLOAT")
    return str(folder / "dry.wav"), str(folder / "wet.wav")


def test_what_is_learned_from_a_pair_lies_in_the_session_and_goes_into_the_place(desk: Desk, tmp_path: Path) -> None:
    dry, wet = pair(tmp_path)
    lesson = begin(desk, "moss of mine", "", desk.state.page.names["worn"], dry=dry, wet=wet)  # type: ignore[arg-type]
    lesson.process.wait(60)
    lesson.thread.join(10)
    learned = read(tmp_path / "kernels" / "moss of mine.json")
    assert learned.card["game"] == "fit"
    place = desk.state.page.places()["worn"]
    assert tuple(place.controls[name] for name in NUMBERS) == learned.numbers
    assert place.controls["texture"] == 0.5
    assert desk.said == ['train: moss of mine is learned. worn.kernel = "moss of mine"']
    steam = find("steam flipped").picture.ravel()
    assert np.corrcoef(learned.picture.ravel(), steam)[0, 1] > 0.97


def test_a_folder_that_will_not_do_is_one_line_and_nothing_is_written(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    lesson = Lesson(desk, "x", tmp_path / "kernels" / "x.json", "audit", [str(tmp_path / "corpus"), "--game", "audit"])  # type: ignore[arg-type]
    lesson.process.wait(60)
    lesson.thread.join(10)
    assert len(desk.said) == 1
    assert desk.said[0].startswith("train: ")
    assert not (tmp_path / "kernels" / "x.json").exists()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"name": "x!", "folder": "rain"}, "no name for a kernel"),
        ({"name": "x", "folder": "rain", "game": "fot"}, "Nearest: fit"),
        ({"name": "x", "folder": "", "dry": "rain on tin"}, "both are wanted"),
    ],
)
def test_a_slip_is_said_before_anything_begins(desk: Desk, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(Mistake, match=says):
        begin(desk, into=None, **asked)  # type: ignore[arg-type]


def test_without_a_session_there_is_nowhere_to_write(desk: Desk) -> None:
    desk.session = None  # type: ignore[assignment]
    with pytest.raises(Mistake, match="antiphon new night"):
        begin(desk, "x", "rain", None)  # type: ignore[arg-type]
