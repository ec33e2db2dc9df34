"""The hands' process: letters, parts that fall, and what holds when it is killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from live.control import rings
from live.control.part import Part
from live.control.post import DESK, Post
from live.core import layout as at
from live.pids import alive
from live.rig import Rig
from live.stage import Stage
from tests.live.control.room import MINE, Room

FELL: list[str] = []


class Clumsy(Part):
    """A part that falls when it is told to."""

    def letter(self, word: str, what: dict[str, Any]) -> bool:
        if word == "fall":
            raise ValueError("it slipped\non a second line")
        FELL.append(word)
        return word == "stand"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    FELL.clear()
    room = Room(tmp_path, parts=(*MINE, ("clumsy", __name__, "Clumsy")))
    yield room
    room.close()


def test_letters_reach_the_parts(room: Room) -> None:
    room.desk.send("stand", firmly=True)
    room.turn()
    assert FELL == ["stand"]


def test_a_part_that_falls_is_said_in_one_line_and_comes_back(room: Room) -> None:
    room.desk.send("fall")
    room.turn()
    room.hands._again["clumsy"] = 0.0
    room.desk.send("fall")
    room.turn(2)
    room.hands._again["clumsy"] = 0.0
    room.desk.send("stand")
    room.turn(2)
    assert room.news == ["clumsy of the hands fell (ValueError: it slipped) and begins again. The sound does not notice."]
    assert FELL == ["stand"]


def test_a_line_longer_than_a_letter_is_cut_and_not_lost(room: Room) -> None:
    room.hands.tell("🎛" * 5000)
    room.turn()
    assert room.news == ["🎛" * 150 + " ..."]


def test_the_others_go_on_while_a_part_is_down(room: Room) -> None:
    room.desk.send("fall")
    room.plug("nano")
    room.play("nano", [0xB0, 21, 127])
    assert room.knob(21) == 1.0


def test_a_moved_control_is_told_with_what_it_moves_and_its_ghost(room: Room) -> None:
    room.plug("nano")
    knob = room.claim("worn.texture")
    room.map.knob_set[knob] = 1
    room.set(knob, 0.9)
    room.map_to({"device": "nano", "control": "cc 21", "to": "worn.texture", "takeover": "catch"})
    room.play("nano", [0xB0, 21, 20])
    (told,) = room.moved
    assert told["text"] == "nano 21 0.90 -> worn.texture"
    assert told["ghost"] == pytest.approx(20 / 127, abs=1e-3)


def test_lines_of_what_moves_are_at_most_ten_a_second(room: Room) -> None:
    room.plug("nano")
    for value in range(50):
        room.play("nano", [0xB0, 21, value])
    assert 1 <= len(room.moved) <= 1 + 10 * 5


def test_virtual_knobs_are_a_controller_of_their_own(room: Room) -> None:
    room.desk.send("turned", device="virtual", bytes=[0xB0, 3, 127])
    room.turn(2)
    assert room.knob(3) == 1.0
    assert room.hands.device(0) == "virtual"


def test_a_keyboard_that_is_pulled_out_leaves_no_key_and_no_pedal_down(room: Room) -> None:
    place = room.plug("nano")
    gate, pad = room.claim("key gate"), room.claim("pad 64")
    room.play("nano", [0xB3, 64, 127], [0x93, 60, 100], [0x83, 60, 0], [0x93, 64, 127], [0xB0, 21, 99])
    assert (room.knob(gate), room.knob(pad), room.knob(21)) == (1, 1, 99 / 127)
    room.fakes.unplug(place)
    room.turn(3)
    assert (room.knob(gate), room.knob(pad), room.knob(21)) == (0, 0, 99 / 127)
    room.plug("nano")
    room.play("nano", [0x93, 60, 100], [0x83, 60, 0])
    assert room.knob(gate) == 0


def test_a_message_meets_the_frame_it_was_heard_at(room: Room) -> None:
    clock = room.map.clock
    assert room.hands.frame_at(int(clock[at.C_WALL_NS])) == clock[at.C_FRAME]
    assert room.hands.frame_at(int(clock[at.C_WALL_NS]) + 1_000_000) == clock[at.C_FRAME] + 48


@pytest.mark.parametrize(
    ("data", "messages"),
    [
        ([0xB0, 1, 2, 3, 4], [[0xB0, 1, 2], [0xB0, 3, 4]]),
        ([0x90, 1, 0xF8, 2], [[0xF8], [0x90, 1, 2]]),
        ([0xF0, 1, 2, 0xF7, 0xC0, 5], [[0xC0, 5]]),
        ([0xF0, 1, 0xFA, 2], [[0xFA]]),
        ([1, 2, 3], []),
        ([0xB0, 1], []),
        ([0xB0, 1, 0xE0, 3, 4], [[0xE0, 3, 4]]),
        ([0xF2, 1, 2, 3], [[0xF2, 1, 2]]),
        ([0xF6, 0xFE], [[0xF6], [0xFE]]),
    ],
)
def test_whole_messages_are_found_in_whatever_a_cable_carries(data: list[int], messages: list[list[int]]) -> None:
    assert rings.messages_of(data) == [bytes(message) for message in messages]


def test_of_a_storm_the_newest_of_each_control_is_kept_and_every_note() -> None:
    storm = np.zeros(3000, at.MESSAGE)
    storm["bytes"][:, 0], storm["bytes"][:, 1], storm["bytes"][:, 2] = 0xB0, np.arange(3000) % 3, np.arange(3000) % 128
    storm["bytes"][7, 0] = storm["bytes"][8, 0] = 0x90
    kept = rings.thinned(storm)
    assert [tuple(row["bytes"][:3]) for row in kept] == [
        (0x90, 7 % 3, 7), (0x90, 8 % 3, 8), *((0xB0, k % 3, k % 128) for k in (2997, 2998, 2999)),
    ]  # fmt: skip


def test_while_a_ring_is_full_the_newest_of_each_control_waits_and_ticks_are_lost() -> None:
    rows, heads = np.zeros(2, at.MESSAGE), np.zeros(8, np.int64)
    into = rings.Into(rows, heads)
    told = [into.put(0, bytes(m)) for m in ([0xB0, 1, 1], [0xB0, 1, 2], [0x90, 60, 9], [0xB0, 1, 3], [0xF8], [0x80, 60, 0], [0xB0, 1, 4])]
    assert (told, into.lost) == ([True, True, False, False, False, False, False], 3)
    heads[1] = 2
    into.catch_up()
    assert [tuple(row["bytes"][:3]) for row in rows] == [(0x80, 60, 0), (0xB0, 1, 4)]


def wait_for(what: Callable[[], Any], seconds: float = 20.0) -> Any:
    """As soon as it is so."""
    until = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < until:
        time.sleep(0.01)
    return found


def test_killed_hands_come_back_and_their_slots_and_knobs_are_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_RUNTIME", str(tmp_path / "rt"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    with Stage.open(Rig(hands=True, midi="fake", osc=-1, take=str(tmp_path / "take"), record=False), name="killed") as stage:
        desk = Post(stage.folder, DESK)
        first = wait_for(lambda: alive(stage.folder, "hands"))
        for name in ("nano", "🎛 twister"):
            desk.send("fake", plug=name)
        desk.send("fake", name="🎛 twister", bytes=[0xB0, 21, 127])
        assert wait_for(lambda: stage.knobs[21] == 1.0)
        os.kill(first, signal.SIGKILL)
        assert wait_for(lambda: alive(stage.folder, "hands") not in (0, first))
        desk.send("fake", plug="🎛 twister")
        desk.send("fake", name="🎛 twister", bytes=[0xB0, 22, 127])
        assert wait_for(lambda: stage.knobs[22] == 1.0)
        assert [name.decode() for name in stage.core.hands[:2]] == ["nano", "🎛 twister"]
        assert stage.knobs[21] == 1.0
    assert not alive(stage.folder, "hands")
