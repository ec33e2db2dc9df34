"""OSC over real loopback sockets, with the hands' part in this process and the core's arrays in a file."""

from __future__ import annotations

import json
import math
import random
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from live.control import packets
from live.control.addresses import fits, meant
from live.control.addresses import read as ways
from live.control.osc import Osc
from live.control.packets import Malformed, bundle, message, read
from live.control.post import DESK, FILE, POST, Post
from live.control.process import Hands
from live.core import layout as at
from live.core.memory import Map
from live.ports import osc as port
from live.ports.osc import Door, Queues
from live.rig import Rig

TABLE: dict[str, Any] = {
    "session": "night", "tempo": 96.0, "scene": "", "scenes": ["dawn", "dusk"], "places": ["rain", "worn"], "movers": [],
    "muted": [], "soloed": [], "hushed": False,
    "controls": {
        "worn.texture": {"low": 0.0, "high": 2.0, "curve": "lin", "unit": "", "rest": 0.0, "knob": "worn.texture", "scale": 2.0, "offset": 0.0},
        "worn.cutoff": {"low": 20.0, "high": 20000.0, "curve": "log", "unit": "Hz", "rest": 1000.0, "knob": 7, "scale": 1.0, "offset": 0.0, "log": [20.0, 20000.0]},
        "rain.gain": {"low": 0.0, "high": 4.0, "curve": "lin", "unit": "", "rest": 1.0, "at": 1.0},
        "rain.rate": {"low": -8.0, "high": 8.0, "curve": "lin", "unit": "x", "rest": 1.0, "follows": "lfo"},
    },
    "levels": {"stage/worn": {"low": 0.0, "high": 2.0, "curve": "lin", "unit": "", "rest": 1.0, "knob": 3, "scale": 2.0, "offset": 0.0}},
}  # fmt: skip
ME = ("127.0.0.1", 9)


class Evening:
    """A core that stands still, hands with OSC alone, and a desk that only reads its letters."""

    def __init__(self, folder: Path, rig: Rig) -> None:
        self.folder = folder
        Map(folder / FILE, POST, create=True).close()
        self.core = Map(folder / "core.map", at.CORE, create=True)
        self.core.clock[at.C_RATE] = 48000
        self.core.tempo[at.T_BPM] = 96.0
        self.core.knob_names[at.NAMED] = b"worn.texture"
        self.write(TABLE)
        self.desk = Post(folder, DESK)
        self.hands = Hands(folder, rig, self.core, parts=(("osc", "live.control.osc", "Osc"),))
        self.hands.turn()
        self.osc: Osc = self.hands.parts["osc"]  # type: ignore[assignment]
        self.news = self.said()
        self.sockets: list[socket.socket] = []
        self.ahead = 0.0  # seconds that this evening's clock is ahead of the real one

    def turn(self, later: float = 0.0) -> None:
        """One round, so much later."""
        self.ahead += later
        for word, what in self.hands.post.read():
            self.hands._letter(word, what)
        self.osc.turn(time.monotonic() + self.ahead)

    def write(self, table: dict[str, Any]) -> None:
        """The desk has accepted something."""
        (self.folder / "controls.json").write_text(json.dumps(table))

    def accept(self, **changes: Any) -> None:
        """The desk writes another table, and says so."""
        self.write({**TABLE, **changes})
        self.desk.send("controls")
        self.turn()

    def surface(self, host: str = "127.0.0.1") -> socket.socket:
        """Somebody with faders."""
        found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        found.bind((host, 0))
        found.settimeout(2.0)
        self.sockets.append(found)
        return found

    def send(self, surface: socket.socket, *packets: bytes) -> None:
        """Packets go out and are heard."""
        assert self.osc.door is not None
        before = self.osc.door.count
        for packet in packets:
            surface.sendto(packet, ("127.0.0.1", self.osc.door.port))
        until = time.monotonic() + 5.0
        while self.osc.door.count < before + len(packets) and time.monotonic() < until:
            time.sleep(0.001)
        self.turn()

    def letters(self) -> list[tuple[str, dict[str, Any]]]:
        """What the desk was asked for, news left out."""
        return [letter for letter in self.desk.read() if letter[0] != "said"]

    def said(self) -> list[str]:
        """The news."""
        return [what["text"] for word, what in self.desk.read() if word == "said"]

    def told(self, surface: socket.socket, later: float = 0.2) -> dict[str, Any]:
        """What a surface hears, as if so many seconds had passed."""
        for step in range(4):
            self.turn(0.06 if step else later)
        surface.settimeout(0.05)
        found: dict[str, Any] = {}
        while True:
            try:
                found |= {one.address: one.args[0] for one in read(surface.recv(65536))}
            except TimeoutError:
                return found


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Evening]:
    found = Evening(tmp_path, Rig())
    yield found
    found.hands.close()
    for one in found.sockets:
        one.close()


def knob(evening: Evening, number: int = at.NAMED) -> float:
    return float(evening.core.knobs[number])


# --- faders ---------------------------------------------------------------------------


def test_a_fader_moves_its_knob_in_the_controls_own_unit(evening: Evening) -> None:
    evening.send(evening.surface(), message("/v/worn/texture", 1.5))
    assert knob(evening) == pytest.approx(0.75)


def test_a_fader_by_at_goes_along_the_controls_curve(evening: Evening) -> None:
    evening.send(evening.surface(), message("/v/worn/cutoff", 632.4555), message("/v/worn/texture/at", 0.25))
    assert knob(evening, 7) == pytest.approx(0.5, abs=1e-6)
    assert knob(evening) == pytest.approx(0.25)


def test_a_level_on_its_way_to_an_output_is_a_fader(evening: Evening) -> None:
    evening.send(evening.surface(), message("/out/stage/worn", 0.5))
    assert knob(evening, 3) == pytest.approx(0.25)


def test_a_value_outside_the_range_is_the_nearest_and_counted(evening: Evening) -> None:
    evening.send(evening.surface(), *[message("/v/worn/texture", 99.0)] * 5)
    assert knob(evening) == 1.0
    assert evening.osc.slips.kinds == {"outside its range": 5}
    assert evening.said() == ["osc: /v/worn/texture goes from 0 to 2; 99 is taken as the nearest"]


def test_a_first_touch_asks_the_desk_once_and_moves_the_knob_when_it_is_there(evening: Evening) -> None:
    surface = evening.surface()
    evening.send(surface, *[message("/v/rain/gain", x) for x in (0.5, 1.0, 3.0)])
    evening.send(surface, message("/v/rain/gain", 2.0))
    assert evening.letters() == [("want", {"control": "rain.gain"})]
    evening.core.knob_names[at.NAMED + 1] = b"rain.gain"
    there = {"low": 0.0, "high": 4.0, "curve": "lin", "unit": "", "rest": 1.0, "knob": "rain.gain", "scale": 4.0, "offset": 0.0}
    evening.accept(controls={**TABLE["controls"], "rain.gain": there})
    assert knob(evening, at.NAMED + 1) == pytest.approx(0.5)
    assert not evening.osc.bank.waiting


def test_a_fresh_knob_that_is_put_back_where_it_stood_is_moved_again(evening: Evening) -> None:
    evening.send(evening.surface(), message("/v/rain/gain", 2.0))
    evening.core.knob_names[at.NAMED + 1] = b"rain.gain"
    there = {"low": 0.0, "high": 4.0, "curve": "lin", "unit": "", "rest": 1.0, "knob": "rain.gain", "scale": 4.0, "offset": 0.0}
    evening.accept(controls={**TABLE["controls"], "rain.gain": there})
    evening.core.knobs[at.NAMED + 1] = 0.25
    evening.turn()
    assert knob(evening, at.NAMED + 1) == pytest.approx(0.5)


def test_a_touch_that_the_desk_does_not_take_up_is_said_once(evening: Evening) -> None:
    evening.send(evening.surface(), message("/v/rain/gain", 2.0))
    evening.turn(6.0)
    assert evening.said() == ["osc: /v/rain/gain: the desk has put no knob there; the next move asks again"]


def test_what_follows_something_else_stays_with_it_and_says_so_once(evening: Evening) -> None:
    evening.send(evening.surface(), *[message("/v/rain/rate", 0.5)] * 3)
    assert evening.said() == ["osc: /v/rain/rate follows lfo and stays with it (free: /v/rain/gain)"]
    assert evening.osc.slips.kinds["moved by something else"] == 3


def test_mute_and_solo_are_asked_of_the_desk(evening: Evening) -> None:
    evening.send(evening.surface(), message("/v/worn/mute", 1), message("/v/rain/solo", 0))
    assert evening.letters() == [("mute", {"place": "worn", "on": True}), ("solo", {"place": "rain", "on": False})]


def test_a_knob_goes_by_number_and_by_name(evening: Evening) -> None:
    evening.core.knob_names[at.NAMED + 1] = b"nano/21"
    evening.send(evening.surface(), message("/knob/21", 0.3), message("/knob/worn.texture", 0.4), message("/knob/nano/21", 0.6))
    assert [knob(evening, n) for n in (21, at.NAMED, at.NAMED + 1)] == pytest.approx([0.3, 0.4, 0.6])


def test_keys_and_pads_go_into_the_ring_the_core_hears(evening: Evening) -> None:
    evening.send(evening.surface(), message("/key", 60, 0.5), message("/pad/36", 1.0), message("/key", 60, 0.0), message("/pad", 38))
    rows = evening.core.heard[: int(evening.core.heard_at[0])]
    assert [bytes(row["bytes"][:3]) for row in rows] == [b"\x90\x3c\x40", b"\x99\x24\x7f", b"\x80\x3c\x00", b"\x99\x26\x7f"]


# --- verbs ----------------------------------------------------------------------------


def test_verbs_reach_the_desk(evening: Evening) -> None:
    surface = evening.surface()
    evening.send(
        surface,
        message("/scene", "dawn"),
        message("/scene/dusk"),
        message("/scene", 1),
        message("/hush"),
        message("/undo", 1.0),
        message("/mark", "chorus"),
    )
    assert evening.letters() == [
        ("scene", {"name": "dawn"}), ("scene", {"name": "dusk"}), ("scene", {"name": "dawn"}), ("hush", {}), ("undo", {}), ("mark", {"text": "chorus"}),
    ]  # fmt: skip


def test_a_button_that_is_let_go_does_nothing(evening: Evening) -> None:
    verbs = ("hush", "go", "undo", "panic", "clock/tap", "learn", "scene/dawn", "hello")
    evening.send(evening.surface(), *[message(f"/{verb}", 0.0) for verb in verbs])
    assert evening.letters() == []
    assert evening.core.clock[at.C_GATE] == 0


def test_a_stuck_button_is_pressed_once_and_a_thousand_verbs_are_a_hundred(evening: Evening) -> None:
    for _ in range(50):
        evening.osc.packet(message("/hush"), ME, 0.0)
    assert evening.letters() == [("hush", {})]
    for k in range(1000):
        evening.osc.packet(message("/v/rain/mute", k % 2), ME, 0.0)
    assert len(evening.letters()) < 100
    assert set(evening.osc.slips.kinds) == {"the same verb again at once", "too many verbs at once"}
    assert evening.osc.slips.count == 49 + 901


def test_panic_closes_the_gate_without_waiting_for_the_desk(evening: Evening) -> None:
    evening.send(evening.surface(), message("/panic"))
    assert evening.core.clock[at.C_GATE] == 1
    evening.send(evening.surface(), message("/go"))
    assert evening.core.clock[at.C_GATE] == 0


def test_learn_names_the_nearest_control(evening: Evening) -> None:
    evening.send(evening.surface(), message("/learn", "worn.textur"), message("/learn", "worn.texture"))
    assert evening.letters() == [("learn", {"to": "worn.texture"})]
    assert evening.osc.slips.kinds == {"nothing to learn": 1}


# --- bundles and patterns ----------------------------------------------------------------


def test_a_bundle_waits_for_the_frame_its_time_means(evening: Evening) -> None:
    evening.core.clock[at.C_FRAME] = 1000
    evening.osc.packet(bundle([message("/v/worn/texture", 2.0)], time.time() + 0.5), ME, time.monotonic())
    due = evening.osc.later[0][0]
    assert due == pytest.approx(1000 + 24000, abs=480)
    evening.core.clock[at.C_FRAME] = due - 1
    evening.turn()
    assert knob(evening) == 0.0
    evening.core.clock[at.C_FRAME] = due
    evening.turn()
    assert knob(evening) == 1.0


def test_a_bundle_from_the_past_is_now_and_one_from_the_far_future_never(evening: Evening) -> None:
    evening.osc.packet(bundle([message("/v/worn/texture", 1.0)], time.time() - 100), ME, 0.0)
    assert knob(evening) == pytest.approx(0.5)
    evening.osc.packet(bundle([message("/v/worn/texture", 2.0)], time.time() + 86400 * 9), ME, 0.0)
    assert knob(evening) == pytest.approx(0.5)
    assert not evening.osc.later
    assert evening.said() == ["osc: a bundle for 9 days from now is not kept (at most 60 s ahead)"]


def test_bundles_nest_to_eight_and_no_deeper(evening: Evening) -> None:
    packet = message("/v/worn/texture", 1.0)
    for _ in range(8):
        packet = bundle([packet])
    evening.osc.packet(packet, ME, 0.0)
    assert knob(evening) == pytest.approx(0.5)
    evening.osc.packet(bundle([packet]), ME, 0.0)
    assert evening.osc.slips.kinds == {"bundles nested deeper than 8": 1}


def test_what_waits_is_bounded(evening: Evening) -> None:
    many = bundle([message("/hush")] * 800, time.time() + 30)
    for _ in range(6):
        evening.osc.packet(many, ME, 0.0)
    assert len(evening.osc.later) == 4096


def test_a_star_moves_every_fader_it_means_and_hushes_nothing(evening: Evening) -> None:
    evening.osc.packet(message("/v/*/texture", 1.0), ME, 0.0)
    evening.osc.packet(message("/v/{worn,rain}/mute", 1), ME, 0.0)
    evening.osc.packet(message("/h*", 1), ME, 0.0)
    assert knob(evening) == pytest.approx(0.5)
    assert sorted(what["place"] for word, what in evening.letters() if word == "mute") == ["rain", "worn"]
    assert evening.letters() == []


@pytest.mark.parametrize(
    ("pattern", "text", "fit"),
    [("w*n", "worn", True), ("w?rn", "worn", True), ("[v-x]orn", "worn", True), ("[!w]orn", "worn", False), ("{rain,worn}", "worn", True), ("*", "", True), ("w*", "rain", False)],
)  # fmt: skip
def test_patterns_mean_what_osc_says(pattern: str, text: str, fit: bool) -> None:
    assert any(fits(way, text) for way in ways(pattern)) is fit


def test_no_pattern_is_expensive() -> None:
    known = [f"/v/{'a' * 60}{n}/gain" for n in range(200)]
    began = time.process_time()
    assert meant("/v/" + "*a" * 60 + "b/gain", known) == []
    assert meant("/v/" + "{a,b}" * 40 + "/gain", known) == []
    assert time.process_time() - began < 2.0  # going back over every star would take years


# --- mistakes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("packet", "kind", "line"),
    [
        (message("/v/worn/texture", math.nan), "not a number", "osc: /v/worn/texture: nan is no number a fader can stand at"),
        (message("/v/worn/texture", math.inf), "not a number", "osc: /v/worn/texture: inf is no number a fader can stand at"),
        (message("/v/worn/texture", "loud"), "a text where a number is wanted", "osc: /v/worn/texture: a number is wanted; this is the text 'loud'"),
        (message("/v/worn/texture"), "no number", "osc: /v/worn/texture: a number is missing"),
        (b"/v/worn/texture\0,b\0\0\0\0\0\4abcd", "no number", "osc: /v/worn/texture: a number is wanted"),
        (b"/v/worn/texture\0,f\0\0\0", "a message cut short", "osc: a message cut short: nothing of that packet is heard"),
        (b"/v/worn/texture\0,Q\0\0", "a type of argument nobody knows", "osc: a type of argument nobody knows: nothing of that packet is heard"),
        (b"/v/worn", "a text without an end", "osc: a text without an end: nothing of that packet is heard"),
        (b"", "an empty packet", "osc: an empty packet: nothing of that packet is heard"),
        (b"#bundle\0" + struct.pack(">Qi", 1, -4), "a bundle with a size that cannot be", "osc: a bundle with a size that cannot be: nothing of that packet is heard"),
        (message("/v/worn/textur", 1.0), "no such control", "osc: /v/worn/textur: no such control (nearest: texture)"),
        (message("/v/warn/texture", 1.0), "no such place", "osc: /v/warn/texture: no such place (nearest: worn)"),
        (message("/panik"), "an address nobody knows", "osc: /panik: no such address (nearest: /panic)"),
        (message("/knob/worn.textur", 1.0), "no such knob", "osc: /knob/worn.textur: nothing follows a knob of that name (nearest: worn.texture)"),
        (message("/scene", "down"), "no such scene", "osc: there is no scene 'down' (nearest: dawn)"),
    ],
)  # fmt: skip
def test_each_kind_of_mistake_is_counted_and_named_once(evening: Evening, packet: bytes, kind: str, line: str) -> None:
    for _ in range(12):
        evening.osc.packet(packet, ME, 0.0)
    assert evening.osc.slips.kinds == {kind: 12}
    assert evening.said() == [line]
    assert knob(evening) == 0.0


def test_a_mistake_that_goes_on_is_named_again_with_its_count(evening: Evening) -> None:
    now = [0.0]
    evening.osc.slips.clock = lambda: now[0]
    for _ in range(12):
        evening.osc.packet(message("/v/worn/cutof", 1.0), ME, 0.0)
    now[0] = 61.0
    evening.osc.packet(message("/v/worn/cutof", 1.0), ME, 0.0)
    assert evening.said()[-1] == "osc: /v/worn/cutof: no such control (nearest: cutoff); 12 more so far"


def test_a_broken_bundle_is_not_half_carried_out(evening: Evening) -> None:
    good = message("/v/worn/texture", 2.0)
    evening.osc.packet(bundle([good]) + struct.pack(">i", 400), ME, 0.0)
    assert knob(evening) == 0.0


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200)
    | st.binary(max_size=80).map(lambda b: b"#bundle\0" + b)
    | st.binary(max_size=60).map(lambda b: b"/v/worn/texture\0" + b)
)
def test_any_bytes_are_read_or_refused_in_one_of_few_kinds(data: bytes) -> None:
    kinds: list[str] = []
    try:
        kinds += ["" if one.address.startswith("/") else one.address for one in read(data)]
    except Malformed as why:
        kinds.append(str(why))
    assert all(len(kind) < 60 for kind in kinds)
    assert all(kind == "" or " " in kind for kind in kinds)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.integers(-(2**31), 2**31 - 1)
        | st.floats(width=32, allow_nan=False)
        | st.text(st.characters(codec="ascii", exclude_characters="\0")),
        max_size=6,
    )
)
def test_python_osc_reads_what_we_write_and_we_read_what_it_writes(args: list[Any]) -> None:
    theirs = OscMessage(message("/v/worn/texture", *args))
    assert (theirs.address, theirs.params) == ("/v/worn/texture", args)
    builder = OscMessageBuilder("/v/worn/texture")
    for one in args:
        builder.add_arg(one, "f" if isinstance(one, float) else "i" if isinstance(one, int) else "s")
    (ours,) = read(builder.build().dgram)
    assert list(ours.args) == args


def test_a_storm_of_nonsense_leaves_nothing_behind(evening: Evening) -> None:
    chance = random.Random(1)
    for _ in range(5000):
        evening.osc.packet(chance.randbytes(chance.randrange(60)), ME, 0.0)
        evening.osc.packet(message(f"/v/{chance.random()}/{chance.random()}", chance.random()), ("127.0.0.1", chance.randrange(65536)), 0.0)
    assert len(evening.osc.slips._slips) < 60
    assert len(evening.osc.replies.clients) <= 16
    assert len(evening.said()) < 30


# --- who may speak ------------------------------------------------------------------------


def test_another_host_is_refused_in_one_line(evening: Evening) -> None:
    try:
        stranger = evening.surface("127.0.0.2")
    except OSError:
        pytest.skip("this system has one loopback address only")
    door = evening.osc.door
    assert door is not None
    for _ in range(4):
        stranger.sendto(message("/v/worn/texture", 1.0), ("127.0.0.1", door.port))
    until = time.monotonic() + 2.0
    while door.strangers < 4 and time.monotonic() < until:
        time.sleep(0.001)
    evening.turn()
    assert knob(evening) == 0.0
    assert evening.osc.slips.kinds == {"from another host": 4}
    (line,) = evening.said()
    assert line.startswith("OSC: a packet from 127.0.0.2 is refused: only this machine may speak (--osc-host lets others)")


def test_the_port_is_announced_and_kept(evening: Evening) -> None:
    assert evening.osc.door is not None
    assert evening.news == [f"OSC: listening on port {evening.osc.door.port}; replies to whoever speaks"]
    assert json.loads((evening.folder / "osc.json").read_text())["port"] == evening.osc.door.port
    assert evening.osc.door.port not in port.TAKEN


def test_a_port_in_use_is_said_and_another_taken() -> None:
    first = Door()
    second = Door(first.port)
    assert second.port != first.port
    assert second.says == [f"OSC: port {first.port} is in use; {second.port} is taken instead"]
    first.close()
    second.close()


def test_an_address_that_is_not_ours_is_said_and_loopback_taken() -> None:
    door = Door(0, "192.0.2.1")
    assert door.host == "127.0.0.1"
    assert door.says == ["OSC: 192.0.2.1 is no address of this machine, so it listens on 127.0.0.1 only"]
    door.close()


def test_osc_can_be_left_out(tmp_path: Path) -> None:
    evening = Evening(tmp_path, Rig(osc=-1))
    assert evening.osc.door is None
    assert evening.news == []
    evening.hands.close()


def test_hands_that_come_again_listen_on_the_same_port_and_tell_the_same_surfaces(evening: Evening) -> None:
    assert evening.osc.door is not None
    was = evening.osc.door.port
    surface = evening.surface()
    evening.send(surface, message("/hello"))
    evening.told(surface)
    evening.osc.close()
    again = evening.osc = Osc(evening.hands)
    assert again.door is not None
    assert again.door.port == was
    assert evening.told(surface)["/v/rain/gain"] == 1.0
    again.close()


# --- both ways --------------------------------------------------------------------------------


def test_the_other_surface_sees_the_fader_move_and_the_mover_does_not(evening: Evening) -> None:
    one, two = evening.surface(), evening.surface()
    evening.send(one, message("/hello"))
    evening.send(two, message("/hello"))
    evening.told(one)
    evening.told(two)
    evening.send(one, message("/v/worn/texture", 1.5))
    assert evening.told(two)["/v/worn/texture"] == 1.5
    assert "/v/worn/texture" not in evening.told(one)


def test_nobody_hears_of_his_own_fader_while_he_holds_it_also_when_another_hand_moves_it(evening: Evening) -> None:
    one = evening.surface()
    evening.send(one, message("/hello"))
    evening.told(one)
    evening.send(one, message("/v/worn/texture", 1.5))
    evening.core.knobs[at.NAMED] = 0.1
    evening.turn(0.06)
    one.settimeout(0.05)
    heard = read(one.recv(65536))
    assert "/v/worn/texture" not in [m.address for m in heard]
    assert evening.told(one)["/v/worn/texture"] == pytest.approx(0.2)


def test_a_fader_that_went_too_far_comes_back(evening: Evening) -> None:
    one = evening.surface()
    evening.send(one, message("/v/worn/texture", 9.0))
    assert evening.told(one)["/v/worn/texture"] == 2.0


def test_hello_is_told_everything_at_the_port_it_names(evening: Evening) -> None:
    speaks, listens = evening.surface(), evening.surface()
    evening.core.knobs[at.NAMED] = 0.5
    evening.send(speaks, message("/hello", listens.getsockname()[1]))
    told = evening.told(listens)
    assert told["/v/worn/texture"] == 1.0
    assert told["/v/rain/gain"] == 1.0
    assert told["/v/worn/cutoff/at"] == 0.0
    assert told["/clock/bpm"] == 96.0
    assert told["/v/worn/mute"] == 0
    assert "/v/rain/rate" not in told
    assert evening.told(speaks) == {}


def test_who_asks_by_state_gets_everything_below_state(evening: Evening) -> None:
    one = evening.surface()
    evening.send(one, message("/state"))
    told = evening.told(one)
    assert all(address.startswith("/state/") for address in told)
    assert {
        "/state/v/worn/texture",
        "/state/clock/bpm",
        "/state/clock/beat",
        "/state/scene",
        "/state/hush",
        "/state/knob/worn.texture",
    } <= set(told)


def test_levels_go_to_who_said_hello(evening: Evening) -> None:
    one = evening.surface()
    evening.core.names[5] = b"worn"
    evening.core.meters[5, at.M_PEAK] = 0.25
    evening.send(one, message("/hello"))
    assert evening.told(one)["/state/level/worn"] == 0.25


def test_a_scene_sends_everything_again(evening: Evening) -> None:
    one = evening.surface()
    evening.send(one, message("/hello"))
    evening.told(one)
    assert "/v/rain/gain" not in evening.told(one)
    evening.accept(scene="dusk")
    told = evening.told(one)
    assert told["/state/scene"] == "dusk"
    assert told["/v/rain/gain"] == 1.0


def test_a_silent_surface_is_forgotten_after_a_minute_unless_it_said_hello(evening: Evening) -> None:
    one, two = evening.surface(), evening.surface()
    evening.send(one, message("/v/worn/texture", 1.0))
    evening.send(two, message("/hello"))
    evening.turn(61.0)
    assert [client.where for client in evening.osc.replies.clients.values()] == [two.getsockname()]
    evening.send(two, message("/bye"))
    assert not evening.osc.replies.clients


def test_a_surface_hears_at_most_twenty_times_a_second(evening: Evening) -> None:
    one = evening.surface()
    evening.send(one, message("/hello"))
    evening.told(one)
    sent: list[bytes] = []
    evening.osc.replies.send = lambda data, where: sent.append(data)
    start = time.monotonic() + evening.ahead + 2.0
    for k in range(1000):  # one second, a thousand turns
        evening.core.knobs[at.NAMED] = k / 1000
        evening.osc.turn(start + k / 1000)
    assert 15 <= len(sent) <= 21
    assert {one.address: one.args[0] for one in read(sent[-1])}["/v/worn/texture"] > 1.8  # the newest


def test_the_newest_packets_count_when_more_come_than_are_kept(evening: Evening) -> None:
    door = evening.osc.door
    assert door is not None
    for k in range(port.WAITING + 1000):
        door.packets.put(message("/v/worn/texture", 2.0 * k / (port.WAITING + 999)), ME)
    for _ in range(50):
        evening.turn()
    assert knob(evening) == pytest.approx(1.0)
    assert evening.osc.slips.kinds == {"more packets than can be heard": 1000}


def test_a_surface_that_floods_keeps_no_other_waiting() -> None:
    queues = Queues()
    for k in range(5000):
        queues.put(b"%d" % k, ME)
    queues.put(b"mine", ("127.0.0.1", 10))
    assert [queues.take() for _ in range(2)][1] == (b"mine", ("127.0.0.1", 10))
    assert queues.lost == 5000 - port.WAITING


def test_what_waits_to_be_read_is_bounded_in_bytes() -> None:
    queues = Queues()
    for k in range(1000):
        queues.put(bytes(packets.BIGGEST), ("127.0.0.1", k))
    kept = 0
    while queues.take() is not None:
        kept += 1
    assert kept <= port.SURFACES + port.HEAVY // packets.BIGGEST
    assert kept + queues.lost == 1000
