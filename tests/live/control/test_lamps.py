"""Rings, lamps and motors: told what somebody else moved, and nothing that their own hand did."""

from __future__ import annotations

from pathlib import Path

import pytest

from live.control.lamps import AT_ONCE, Lamp, messages
from live.core import lanes as law
from live.core import layout as at
from tests.live.control.room import Room


@pytest.fixture
def room(tmp_path: Path):
    room = Room(tmp_path, takeover="jump")
    room.plug("nano")
    yield room
    room.close()


def mapped(room: Room, control: str, **more: object) -> int:
    """A knob with a control on it; its lamp has been told where it stands."""
    knob = room.claim("worn.texture")
    room.map_to({"device": "nano", "control": control, "to": "worn.texture", **more})
    room.turn(3)
    room.fakes.port("nano").out.clear()
    return knob


def test_what_somebody_else_moves_is_shown(room: Room) -> None:
    knob = mapped(room, "cc 21")
    room.set(knob, 0.5)
    assert room.fakes.sent("nano") == [bytes([0xB0, 21, 64])]


def test_what_the_hand_itself_moves_is_not_sent_back(room: Room) -> None:
    mapped(room, "cc 21")
    room.play("nano", [0xB0, 21, 5], [0xB0, 21, 6])
    room.turn(5)
    assert room.fakes.sent("nano") == []


def test_a_value_that_comes_back_from_the_device_starts_no_echo(room: Room) -> None:
    knob = mapped(room, "cc 21")
    room.set(knob, 0.3)
    for _ in range(5):
        for message in room.fakes.sent("nano"):
            room.play("nano", list(message))
    assert room.fakes.sent("nano") == [bytes([0xB0, 21, 38])]


def test_an_encoder_s_ring_follows_its_own_hand_too(room: Room) -> None:
    mapped(room, "cc 21", kind="twos", step=0.25)
    room.play("nano", [0xB0, 21, 1])
    assert room.fakes.sent("nano") == [bytes([0xB0, 21, 32])]


def test_a_pad_that_switches_lights_up_with_the_switch(room: Room) -> None:
    mapped(room, "note 36", kind="toggle")
    room.play("nano", [0x90, 36, 90], [0x80, 36, 0])
    assert room.fakes.sent("nano") == [bytes([0x90, 36, 127])]


def test_a_lamp_is_told_on_the_channel_its_control_speaks_on(room: Room) -> None:
    knob = mapped(room, "cc 21")
    room.play("nano", [0xB4, 21, 5])
    room.turn(2)
    room.hands.touch()
    room.turn(2)
    room.fakes.port("nano").out.clear()
    room.set(knob, 1.0)
    assert room.fakes.sent("nano") == [bytes([0xB4, 21, 127])]


def test_a_controller_that_comes_back_is_told_everything_again(room: Room) -> None:
    knob = mapped(room, "cc 21", range=[0.0, 0.5])
    room.set(knob, 0.25)
    room.fakes.unplug("nano")
    room.turn()
    room.plug("nano")
    room.turn(2)
    assert room.fakes.sent("nano") == [bytes([0xB0, 21, 64])]
    assert room.knob(knob) == 0.25


def test_after_a_scene_everything_is_shown_again(room: Room) -> None:
    mapped(room, "cc 21")
    room.desk.send("scene", name="dawn")
    room.turn(2)
    assert room.fakes.sent("nano") == [bytes([0xB0, 21, 0])]


def test_of_many_changes_at_once_the_newest_is_what_remains(room: Room) -> None:
    knob = mapped(room, "cc 21")
    for step in range(200):
        room.map.knobs[knob] = step / 199
        room.turn()
    told = room.fakes.sent("nano")
    assert len(told) < 150
    room.hands.parts["lamps"].room[:] = AT_ONCE
    room.hands.parts["lamps"].late = True
    room.turn()
    assert room.fakes.sent("nano")[-1] == bytes([0xB0, 21, 127])


def test_a_motor_fader_takes_its_hand_along(room: Room) -> None:
    knob = mapped(room, "bend", kind="bend", motor=True, takeover="catch")
    room.set(knob, 0.75)
    assert room.fakes.sent("nano") == [bytes([0xE0, *divmod(round(0.75 * 16383), 128)[::-1]])]
    room.play("nano", [0xE0, 0, 100])
    assert room.knob(knob) == pytest.approx(100 * 128 / 16384, abs=1e-3)


def test_what_has_no_lamps_is_told_nothing(room: Room) -> None:
    room.plug("deaf", outs=False)
    knob = room.claim("cutoff")
    room.map_to({"device": "deaf", "control": "cc 21", "to": "cutoff"})
    room.set(knob, 0.5)
    assert room.fakes.sent("deaf") == []


def test_a_panic_lets_everything_go_on_every_channel_once(room: Room) -> None:
    mapped(room, "cc 21")
    room.map.clock[at.C_GATE] = 1
    room.turn(3)
    told = room.fakes.sent("nano")
    assert sorted(told) == sorted(bytes([0xB0 | channel, c, 0]) for channel in range(16) for c in (120, 123))


@pytest.mark.parametrize(
    ("kind", "what", "param", "told"),
    [
        (law.FOURTEEN, 3, 0, [[0xB0, 3, 64], [0xB0, 35, 1]]),
        (law.FOURTEEN_LSB, 3, 0, [[0xB0, 35, 1], [0xB0, 3, 64]]),
        (law.BEND14, at.BEND, 0, [[0xE0, 1, 64]]),
        (law.NRPN, 6, 130, [[0xB0, 99, 1], [0xB0, 98, 2], [0xB0, 6, 64], [0xB0, 38, 1]]),
        (law.NRPN, 6, 130 + law.RPN, [[0xB0, 101, 1], [0xB0, 100, 2], [0xB0, 6, 64], [0xB0, 38, 1]]),
    ],
)
def test_fine_positions_are_told_in_two_halves(kind: int, what: int, param: int, told: list[list[int]]) -> None:
    lamp = Lamp(0, 1024, kind, what, 600, 0.0, 1.0, param)
    assert messages(lamp, 64 * 128 + 1) == [bytes(message) for message in told]
