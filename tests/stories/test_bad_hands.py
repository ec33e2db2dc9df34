"""Bad hands: a port that is gone while it opens, a flood, torn bytes, a typo in a map, numbers that are none. One line each, and the sound does not notice."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from live.control.floods import FLOOD
from live.control.osc import Osc
from live.control.packets import bundle, message
from live.control.process import PARTS
from live.core.offline import Offline
from live.score import Drive, Node, Score, Send
from tests.live.control.room import Room

MINE = tuple(part for part in PARTS if part[0] in ("ports", "learn", "routes", "lamps", "show", "osc"))
SCORE = Score({"t": Node("tone", (), {"freq": Drive("knob:9", 300.0, 200.0), "gain": 0.3})}, (Send("t", 0, 1, 1.0),))
FROM = ("127.0.0.1", 9)
MAP = 'device = "nano"\n[controls]\n"cc 21" = { to = "cutoff", takeover = "cach" }\n"cc 22" = "near"\n'


class Stage(Room):
    """A room in which a tone sounds, whose knob nobody turns, and a good controller is plugged."""

    def __init__(self, folder: Path) -> None:
        self.sound: list[np.ndarray] = []
        super().__init__(folder, parts=MINE, session=str(folder), osc=-1)
        self.core.play(SCORE)
        self.plug("nano")
        self.good = 0
        self.news.clear()

    def turn(self, rounds: int = 1) -> None:
        """What sounds meanwhile is kept."""
        run = self.core.run
        self.core.run = lambda frames: self.sound.append(run(frames)) or self.sound[-1]  # type: ignore[method-assign, return-value]
        try:
            super().turn(rounds)
        finally:
            self.core.run = run  # type: ignore[method-assign]

    def osc(self, *packets: bytes) -> None:
        """Packets come."""
        part = self.hands.parts["osc"]
        assert isinstance(part, Osc)
        for packet in packets:
            part.packet(packet, FROM, time.monotonic())
        self.turn()

    def is_untouched(self) -> bool:
        """Whether every sample is what it is without any hands, and the next good message lands."""
        self.good += 1
        self.play("nano", [0xB0, 50, self.good])
        alone = Offline(48000, 1)
        made = [alone.run(256)]
        alone.play(SCORE)
        made += [alone.run(256) for _ in self.sound[1:]]
        heard = np.concatenate(self.sound, 1)
        return self.knob(50) == self.good / 127 and np.abs(heard).max() > 0.1 and np.array_equal(heard, np.concatenate(made, 1))


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    made = Stage(tmp_path)
    yield made
    made.close()


def vanishes(stage: Stage) -> None:
    stage.fakes.failing.add("bad")
    stage.plug("bad")
    stage.turn(3)


def floods(stage: Stage) -> None:
    stage.plug("mad")
    floods = stage.hands.parts["ports"].floods  # type: ignore[attr-defined]
    floods.since = math.inf  # a slow machine does not look in between
    for k in range(FLOOD + 2000):
        stage.fakes.send("mad", [0xB0, k % 8, k % 128])
        if k % 500 == 0:
            stage.turn()
    stage.turn(8)
    floods.since = 0.0
    floods.look(1.0)
    floods.look(2.0)
    stage.turn()


def with_a_typo(stage: Stage) -> None:
    (stage.folder / "map").mkdir()
    (stage.folder / "map" / "nano.toml").write_text(MAP)
    stage.hands.parts["learn"].looked = -10.0  # type: ignore[attr-defined]
    stage.turn(3)


ODD: dict[str, tuple[Callable[[Stage], None], list[str]]] = {
    "a port that vanishes while it opens": (
        vanishes,
        ["bad would not open (bad vanished while it was opened); tried again every second. What plays, plays on"],
    ),
    "a name with emoji": (lambda stage: stage.plug("🎛️ 😀"), ["🎛️ 😀 is here"]),  # type: ignore[dict-item, return-value]
    "a map with a typo": (with_a_typo, ["map/nano.toml:3: there is no takeover 'cach'. Nearest: catch. The rest of the map holds."]),
    "a device that floods": (floods, ["mad is here", "mad floods (7000 messages a second): the newest of each control counts"]),
    "running status": (lambda stage: stage.play("nano", [0xB0, 30, 1, 31, 127]), []),
    "truncated sysex": (lambda stage: stage.play("nano", [0xF0, 1, 2, 3], [0xF0, 4, 0xB0, 31, 127]), []),
    "a number that is none": (
        lambda stage: stage.osc(*[message("/knob/21", bad) for bad in (math.nan, math.nan)]),
        ["osc: /knob/21: nan is no number a fader can stand at"],
    ),
    "a text where a number is wanted": (
        lambda stage: stage.osc(message("/knob/21", "loud"), message("/knob/21", "louder")),
        ["osc: /knob/21: a number is wanted; this is the text 'loud'"],
    ),
    "a bundle from the far future": (
        lambda stage: stage.osc(*[bundle([message("/knob/9", 1.0)], time.time() + 86400 * 365.0)] * 2),
        ["osc: a bundle for 365 days from now is not kept (at most 60 s ahead)"],
    ),
}


@pytest.mark.parametrize("what", ODD)
def test_bad_input_is_one_line_and_the_sound_is_untouched(stage: Stage, what: str) -> None:
    does, lines = ODD[what]
    does(stage)
    assert stage.is_untouched()
    assert stage.news == lines


def test_beside_a_typo_the_rest_of_the_map_holds(stage: Stage) -> None:
    with_a_typo(stage)
    near = stage.claim("near")
    stage.play("nano", [0xB0, 22, 127])
    assert stage.knob(near) == 1.0


def test_what_comes_with_running_status_or_after_torn_bytes_lands(stage: Stage) -> None:
    stage.play("nano", [0xB0, 30, 64, 31, 127])
    stage.play("nano", [0xF0, 1, 2], [0xF0, 4, 0xB0, 32, 127])
    assert [stage.knob(k) for k in (30, 31, 32)] == [64 / 127, 1.0, 1.0]
