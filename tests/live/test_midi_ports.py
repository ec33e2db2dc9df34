"""Controllers that come and go: twenty re-plugs, two of a kind, a ninth, a flood, a name nobody can spell."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from live.control.floods import FLOOD
from live.control.plugs import Plugs
from live.core import layout as at
from live.ports import midi
from live.ports.fakes import FakePorts
from tests.live.control.room import Room


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    yield room
    room.close()


def test_no_controller_at_all_is_nothing_to_speak_of(room: Room) -> None:
    room.turn(5)
    assert room.news == []


def test_after_each_of_twenty_replugs_the_next_message_lands(room: Room) -> None:
    place = room.plug("nano")
    for count in range(20):
        room.fakes.unplug("nano")
        room.turn()
        assert not room.map.hand_cells[0, at.H_THERE]
        room.plug("nano", place=place if count % 2 else "")
        room.play("nano", [0xB0, 21, 20 + count])
        assert room.map.echo[(int(room.map.echo_at[0]) - 1) % at.ECHO]["bytes"][2] == 20 + count
        assert room.hands.device(0) == "nano"
    assert room.news == ["nano is here", *["nano is gone; its knobs stand as they were", "nano is here"] * 20]


def test_one_that_was_out_for_less_than_a_look_is_heard_again_and_its_lamps_are_told(room: Room) -> None:
    place = room.plug("nano")
    room.play("nano", [0xB0, 21, 64])
    room.fakes.unplug("nano")
    room.plug("nano", place=place)
    room.turn(2)
    assert room.fakes.sent("nano") == [bytes([0xB0, 21, 64])]
    room.play("nano", [0xB0, 21, 65])
    assert room.knob(21) == 65 / 127
    assert room.news == ["nano is here"]


def test_knobs_of_an_absent_controller_stand_where_they_were(room: Room) -> None:
    room.plug("nano")
    room.play("nano", [0xB0, 21, 127])
    room.fakes.unplug("nano")
    room.turn(3)
    assert room.knob(21) == 1.0


def test_two_equal_ones_turn_knobs_of_their_own(room: Room) -> None:
    places = [room.plug("nano"), room.plug("nano")]
    first, second = room.claim("nano/21"), room.claim("nano #2/21")
    room.play(places[1], [0xB0, 21, 127])
    assert (room.knob(first), room.knob(second)) == (0.0, 1.0)
    for place in places:
        room.fakes.unplug(place)
    room.turn()
    room.plug("nano", place=places[1])
    room.play(places[1], [0xB0, 21, 100])
    assert (room.knob(first), room.hands.device(1)) == (0.0, "nano #2")


def test_a_ninth_controller_is_named_and_disturbs_nobody(room: Room) -> None:
    for count in range(9):
        room.plug(f"box {count}")
    room.turn(3)
    assert [line for line in room.news if "is here" not in line] == [
        "no slot is free for box 8: 8 controllers are heard already. Unplug one it may replace"
    ]
    room.play("box 7", [0xB0, 21, 127])
    assert room.knob(21) == 1.0


def test_a_ninth_takes_the_place_of_one_that_left(room: Room) -> None:
    for count in range(8):
        room.plug(f"box {count}")
    knob = room.claim("box 3/21")
    room.fakes.unplug("box 3")
    room.turn()
    room.plug("box 8")
    room.play("box 8", [0xB0, 21, 127])
    assert (room.hands.device(3), room.knob(knob), room.knob(21)) == ("box 8", 0.0, 1.0)


def test_a_port_that_vanishes_while_it_is_opened_is_said_once_and_opened_when_it_can_be(room: Room) -> None:
    room.fakes.failing.add("nano")
    room.plug("nano")
    ports = room.hands.parts["ports"]
    assert isinstance(ports, Plugs)
    ports.look()
    ports.look()
    room.turn()
    assert room.news == ["nano would not open (nano vanished while it was opened); tried again every second. What plays, plays on"]
    room.fakes.failing.clear()
    ports.look()
    room.play("nano", [0xB0, 21, 127])
    assert room.knob(21) == 1.0
    assert room.news[1:] == ["nano is here"]


@pytest.mark.parametrize("name", ["🎛️ 😀", "é" * 300, "a/b: c\n24:0", "'; drop"])
def test_any_name_is_a_name(room: Room, name: str) -> None:
    room.plug(name)
    room.play(room.fakes.plugged[0].place, [0xB0, 21, 127])
    assert room.knob(21) == 1.0
    assert len(room.map.hands[0]) < 64
    assert bytes(room.map.hands[0]).decode() == room.hands.device(0)


def test_a_controller_that_floods_is_named_once_and_the_others_are_heard(room: Room) -> None:
    room.plug("mad")
    room.plug("nano")
    ports = room.hands.parts["ports"]
    assert isinstance(ports, Plugs)
    for _ in range(3):
        for k in range(FLOOD + 1000):
            room.fakes.send("mad", [0xB0, k % 20, k % 128])
            if k % 500 == 0:
                room.turn()
        room.turn(30)
        ports.floods.look(ports.floods.since + 1.0)
    room.play("nano", [0xB0, 50, 127])
    assert sum("mad floods" in line for line in room.news) == 1
    assert room.knob(50) == 1.0


def test_when_the_core_stands_still_the_newest_of_each_control_is_what_it_hears_at_last(room: Room) -> None:
    room.plug("mad")
    for k in range(3 * at.HEARD):
        room.fakes.send("mad", [0xB0, 60 + k % 7, k % 100])
    room.fakes.send("mad", [0xB0, 60, 127])
    room.turn(80)
    assert room.knob(60) == 1.0


def test_a_thousand_looks_open_nothing_anew(room: Room) -> None:
    room.plug("nano")
    ports = room.hands.parts["ports"]
    assert isinstance(ports, Plugs)
    gc.collect()  # rooms of tests before this one
    before = (threading.active_count(), room.fakes.opens, open_files())
    for _ in range(1000):
        ports.look()
    assert (threading.active_count(), room.fakes.opens, open_files()) == before


def open_files() -> int:
    """How many this process has open; 0 where nobody says."""
    return len(os.listdir("/proc/self/fd")) if sys.platform.startswith("linux") else 0


@pytest.mark.parametrize(("wish", "there"), [("", ["nano", "twister"]), ("NANO", ["nano"]), ("all", ["nano", "twister"]), ("none", [])])
def test_the_rig_says_who_is_heard(tmp_path: Path, wish: str, there: list[str]) -> None:
    room = Room(tmp_path, midi=wish)
    room.plug("nano")
    room.plug("twister")
    assert [name.decode() for name in room.map.hands if name] == there
    room.close()


def test_outputs_that_get_our_clock_are_marked(tmp_path: Path) -> None:
    room = Room(tmp_path, clocked="drum")
    room.plug("nano")
    room.plug("drum machine", ins=False)
    names = [name.decode() for name in room.map.hands[:2]]
    assert [int(room.map.hand_cells[names.index(name), at.H_CLOCKED]) for name in ("nano", "drum machine")] == [0, 1]
    room.close()


def test_words_that_name_a_device_find_its_slot_when_it_comes(room: Room) -> None:
    room.map.asked[0] = b"twister"
    room.turn()
    assert room.map.asked_slots[0] == 0
    room.plug("nano")
    room.plug("Midi Fighter Twister")
    room.turn()
    assert room.map.asked_slots[0] == 0b10


def test_a_message_for_later_keeps_its_frame(room: Room) -> None:
    room.plug("nano")
    assert room.hands.send(0, b"\xf8", 96_000)
    assert room.fakes.port("nano").out[-1] == (96_000, b"\xf8")
    assert not room.hands.send(5, b"\xf8")


@pytest.mark.parametrize("raw", ["Midi Through:Midi Through Port-0 14:0", "antiphon:midi_out_1", "antiphon hands:x", "system:Midi-Through"])
def test_loops_of_the_system_and_our_own_ports_are_not_controllers(raw: str) -> None:
    assert midi.outside(raw)
    assert not midi.outside("nanoKONTROL2:nanoKONTROL2 _ CTRL 24:0")


def test_a_door_that_is_not_there_is_gone_in_one_word() -> None:
    with pytest.raises(midi.Gone):
        midi.opened("winmm" if sys.platform != "win32" else "alsa", "antiphon", lambda data: None)


def test_fakes_say_who_is_plugged_when_somebody_else_is_meant() -> None:
    fakes = FakePorts()
    fakes.plug("nano")
    with pytest.raises(KeyError, match="there is: nano"):
        fakes.send("twister", [0xF8])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A JACK server of our own."""
    if not shutil.which("jackd"):
        pytest.skip("no jackd here: Debian package jackd2")
    from live.bench.machine import SERVER_ENV, Jackd

    for key, value in SERVER_ENV.items():
        monkeypatch.setenv(key, value)
    with Jackd(256, name="antiphon-hands", channels=2) as made:
        monkeypatch.setenv("JACK_DEFAULT_SERVER", made.name)
        yield made.name


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="JACK is tried on Linux")
def test_through_jack_a_thousand_looks_leave_no_client_behind_and_cables_find_their_slot(server: str) -> None:
    import jack

    core = jack.Client("antiphon", no_start_server=True)
    ends = [core.midi_inports.register(f"midi_in_{k + 1}") for k in range(8)], core.midi_outports.register("midi_out_1")
    box = jack.Client("nano", no_start_server=True)
    out, lamps = box.midi_outports.register("out"), box.midi_inports.register("in")
    core.activate()
    box.activate()
    door = midi.opened("jack", "antiphon", lambda data: None)
    (source,), (sink,) = door.sources(), door.sinks()
    assert (source.name, sink.name) == ("nano", "nano")
    before = (open_files(), threading.active_count(), len(core.get_ports()))
    for _ in range(1000):
        door.sources()
        door.sinks()
    assert (open_files(), threading.active_count(), len(core.get_ports())) == before
    wires = [door.open_source(source, 2, lambda data: None), door.open_sink(sink, 0)]
    assert [p.name for p in core.get_all_connections(ends[0][2])] == [out.name]
    assert [p.name for p in core.get_all_connections(ends[1])] == [lamps.name]
    for wire in wires:
        wire.close()
    assert not core.get_all_connections(ends[0][2])
    box.close()
    with pytest.raises(OSError, match="could not be connected"):
        door.open_source(source, 2, lambda data: None)
    door.close()
    core.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="JACK is tried on Linux")
def test_a_core_that_plays_without_jack_hears_jack_s_controllers_too(server: str) -> None:
    import jack

    box = jack.Client("nano", no_start_server=True)
    out = box.midi_outports.register("out")
    queue = [b"\xb0\x15\x40", b"\xf8", b"\xf0\x01\x02\xf7", b"\x90\x3c\x40"]

    @box.set_process_callback
    def process(_: int) -> None:
        out.clear_buffer()
        if queue and out.number_of_connections:
            out.write_midi_event(0, queue.pop(0))

    box.activate()
    door = midi.opened("jack by rtmidi", "antiphon", lambda data: None)
    heard: list[bytes] = []
    (source,) = door.sources()
    wire = door.open_source(source, 0, heard.append)
    assert soon(lambda: len(heard) == 3)
    assert heard == [b"\xb0\x15\x40", b"\xf8", b"\x90\x3c\x40"]
    box.close()
    assert soon(lambda: not wire.holds())
    wire.close()
    door.close()


def soon(what: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it becomes so."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True
