"""From controllers to knobs: what names and maps lay, played through the core's own callback."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from live.control.routes import OWN, Layer, knob_of, usual_routes
from live.control.ways import arranged, cells_of, ways
from live.core import lanes as law
from live.core import layout as at
from tests.live.control.room import Room

NANO = {"device": "nano", "kind": "absolute"}


@pytest.fixture
def room(tmp_path: Path):
    room = Room(tmp_path, takeover="jump")
    room.plug("nano")
    yield room
    room.close()


def tables() -> Any:
    core = SimpleNamespace(lanes=np.zeros((at.LANES, at.LANE)), routes=usual_routes(), hands=np.zeros(at.HANDS, "S64"))
    law.at_first(core.lanes, core.routes, "scale")
    return core


def test_the_usual_routes_are_those_the_core_begins_with() -> None:
    assert np.array_equal(usual_routes(), tables().routes)


def test_a_mapped_control_turns_what_it_is_mapped_to_and_still_its_own_number(room: Room) -> None:
    cutoff = room.claim("cutoff")
    room.map_to({**NANO, "control": "cc 21", "to": "cutoff", "range": [0.5, 1.0]})
    room.play("nano", [0xB0, 21, 127], [0xB3, 21, 0])
    assert (room.knob(cutoff), room.knob(21)) == (0.5, 0.0)


def test_another_controller_does_not_turn_it(room: Room) -> None:
    cutoff = room.claim("cutoff")
    room.plug("twister")
    room.map_to({**NANO, "control": "cc 21", "to": "cutoff"})
    room.play("twister", [0xB0, 21, 127])
    assert (room.knob(cutoff), room.knob(21)) == (0.0, 1.0)


def test_a_channel_of_its_own_is_kept_apart(room: Room) -> None:
    one, two = room.claim("one"), room.claim("two")
    room.map_to({**NANO, "control": "cc 21 ch 1", "to": "one"}, {**NANO, "control": "cc 21 ch 2", "to": "two"})
    room.play("nano", [0xB0, 21, 127])
    assert (room.knob(one), room.knob(two), room.knob(21)) == (1.0, 0.0, 1.0)


def test_one_control_may_turn_two_things(room: Room) -> None:
    one, two = room.claim("one"), room.claim("two")
    room.map_to({**NANO, "control": "cc 21", "to": "one"}, {**NANO, "control": "cc 21", "to": "two", "range": [1.0, 0.0]})
    room.play("nano", [0xB0, 21, 127])
    assert (room.knob(one), room.knob(two)) == (1.0, 0.0)
    room.play("nano", [0xB0, 21, 0])
    assert (room.knob(one), room.knob(two)) == (0.0, 1.0)


def test_an_encoder_does_not_turn_its_own_number_as_well(room: Room) -> None:
    room.map_to({"device": "nano", "control": "cc 21", "to": "21", "kind": "twos", "step": 0.1})
    room.play("nano", [0xB0, 21, 1], [0xB0, 21, 1], [0xB0, 21, 127])
    assert room.knob(21) == pytest.approx(0.1)


def test_fourteen_bits_come_as_two_messages(room: Room) -> None:
    cutoff = room.claim("cutoff")
    room.map_to({"device": "nano", "control": "cc 3", "to": "cutoff", "kind": "fourteen"})
    room.play("nano", [0xB0, 3, 64, 35, 33])
    assert room.knob(cutoff) == pytest.approx((64 * 128 + 33) / 16383)


def test_parameters_by_nrpn_are_told_apart_on_the_same_controllers(room: Room) -> None:
    one, two = room.claim("one"), room.claim("two")
    room.map_to(*({"device": "nano", "control": f"nrpn {n}", "to": to} for n, to in ((5, "one"), (130, "two"))))
    room.play("nano", [0xB0, 99, 1, 98, 2, 6, 127, 38, 127])
    assert (room.knob(one), room.knob(two), room.knob(6)) == (0.0, 1.0, 0.0)


def test_names_of_senses_find_their_controls(room: Room) -> None:
    knobs = {name: room.claim(name) for name in ("pad 36", "bend", "pressure", "pedal", "nano/21", "key", "key gate", "key velocity")}
    room.play("nano", [0x95, 36, 127], [0xE0, 127, 127], [0xD1, 127], [0xB0, 64, 127], [0xB0, 21, 127])
    assert {name: room.knob(n) for name, n in knobs.items()} == {**dict.fromkeys(knobs, 1.0), "key": pytest.approx(36 / 127)}
    room.play("nano", [0x85, 36, 0])
    assert (room.knob(knobs["pad 36"]), room.knob(knobs["key gate"]), room.knob(knobs["key velocity"])) == (0.0, 0.0, 1.0)


def test_a_sense_of_one_device_is_deaf_to_the_others(room: Room) -> None:
    room.plug("keys")
    bend = room.claim("keys/bend")
    room.play("nano", [0xE0, 127, 127])
    assert room.knob(bend) == 0.0
    room.play("keys", [0xE0, 127, 127])
    assert room.knob(bend) == 1.0


def test_a_device_named_before_it_is_there_is_laid_when_it_comes(room: Room) -> None:
    knob = room.claim("twister/3")
    room.plug("Midi Fighter Twister")
    room.play("Midi Fighter Twister", [0xB0, 3, 127])
    assert room.knob(knob) == 1.0


def test_unmapping_leaves_the_control_as_it_was_at_first(room: Room) -> None:
    room.claim("cutoff")
    room.map_to({**NANO, "control": "cc 21", "to": "cutoff"})
    room.map_to()
    assert np.array_equal(room.map.routes, usual_routes())
    assert not room.map.lanes[:OWN, law.NEXT].any()


def test_a_hand_keeps_its_knob_while_something_else_is_mapped(room: Room) -> None:
    cutoff = room.claim("cutoff")
    room.map_to({**NANO, "control": "cc 21", "to": "cutoff"})
    room.play("nano", [0xB0, 21, 100])
    before = room.map.lanes[room.hands.parts["routes"].layer.lane_of("nano: cc 21 to cutoff")].copy()
    room.claim("another")
    room.map_to({**NANO, "control": "cc 20", "to": "another"}, {**NANO, "control": "cc 21", "to": "cutoff"})
    after = room.map.lanes[room.hands.parts["routes"].layer.lane_of("nano: cc 21 to cutoff")]
    assert np.array_equal(before, after)
    assert after[law.CAUGHT]
    assert room.knob(cutoff) == pytest.approx(100 / 127)


def test_hands_that_begin_again_find_every_hand_as_it_was(room: Room) -> None:
    room.claim("cutoff")
    entry = {**NANO, "control": "cc 21", "to": "cutoff"}
    room.map_to(entry)
    room.play("nano", [0xB0, 21, 100])
    lanes, routes = room.lanes(), room.map.routes.copy()
    room.hands.close()
    room.hands = room.begin()
    room.hands.mappings = [entry]
    room.turn(3)
    assert np.array_equal(lanes, room.lanes())
    assert np.array_equal(routes, room.map.routes)


def test_another_device_in_a_slot_begins_with_a_fresh_hand(tmp_path: Path) -> None:
    core = tables()
    layer = Layer(core)
    layer.lay(["nano", *[""] * 7], [])
    core.lanes[21, law.LAST] = core.lanes[21, law.CAUGHT] = 1.0
    layer.lay(["nano", *[""] * 7], [])
    assert core.lanes[21, law.LAST] == 1.0
    layer.lay(["twister", *[""] * 7], [])
    assert (core.lanes[21, law.LAST], core.lanes[21, law.CAUGHT]) == (-1.0, 0.0)


def test_what_a_map_spells_wrong_is_left_out_and_the_rest_is_laid() -> None:
    wrong = [{"device": "nano"}, {**NANO, "control": "cd 3", "to": "x"}, {**NANO, "control": "cc 3", "to": "x", "range": "wide"}, {}]
    good = {**NANO, "control": "cc 21", "to": "x"}
    found = ways(["nano"], [], [*wrong, good], lambda to: 600)
    assert [w.name for w in found] == ["nano: cc 21 to x"]


def test_more_ways_than_there_are_lanes_leave_the_last_ones_out() -> None:
    layer = Layer(tables())
    found = ways(
        [f"box {k}" for k in range(8)],
        [(600 + k, f"pad {k}") for k in range(128)] + [(800 + k, f"box 1/{k}") for k in range(60)],
        [],
        lambda to: None,
    )
    layer.lay([f"box {k}" for k in range(8)], found)
    assert len(layer.numbers) == at.LANES - OWN
    assert len(layer.crowded) == len(found) - (at.LANES - OWN)


def test_a_control_that_follows_a_knob_is_moved_by_that_knob() -> None:
    names = np.zeros(at.KNOBS, "S64")
    names[at.NAMED] = b"cutoff"
    controls = {"controls": {"worn.texture": {"knob": 21}, "worn.mix": {"knob": "cutoff"}, "dusk.rate": {"at": 0.5}}}
    asked = ("worn.texture", "worn.mix", "dusk.rate", "cutoff", "7", "nothing")
    assert [knob_of(names, controls, to) for to in asked] == [21, at.NAMED, None, at.NAMED, 7, None]


controls = st.one_of(
    st.builds(lambda n: f"cc {n}", st.sampled_from([1, 2, 6, 21])),
    st.builds(lambda n, ch: f"cc {n} ch {ch}", st.sampled_from([1, 21]), st.integers(1, 3)),
    st.builds(lambda n: f"note {n}", st.integers(35, 37)),
    st.sampled_from(["bend", "pressure", "program", "nrpn 5", "nrpn 6"]),
)
kinds = st.sampled_from(["", "absolute", "twos", "fourteen", "toggle"])
entries = st.fixed_dictionaries({"device": st.sampled_from(["a", "b"]), "control": controls, "to": st.sampled_from("xyz"), "kind": kinds})
pages = st.tuples(
    st.lists(entries, max_size=6, unique_by=lambda e: (e["device"], e["control"])),
    st.lists(st.sampled_from(["pad 36", "key", "key gate", "bend", "a/21", "b/1", "key timbre", "pressure"]), max_size=4, unique=True),
)


def heard_by(core: Any, slot: int, channel: int, what: int) -> list[int]:
    """The lanes a message meets, as the callback would."""
    way, lanes = int(core.routes[slot, channel, what]), []
    lane = way & (at.LANES - 1) if way >= 0 else -1
    while lane >= 0 and len(lanes) < 20:
        lanes.append(lane)
        lane = int(core.lanes[lane, law.NEXT]) - 1
    return lanes


@settings(deadline=None, max_examples=60, phases=[Phase.generate])
@given(st.lists(pages, min_size=2, max_size=5))
def test_whatever_else_changes_a_mapping_that_stays_keeps_its_lane_and_its_hand(changes: list[Any]) -> None:
    core = tables()
    layer = Layer(core)
    devices = ["a", "b", *[""] * 6]
    remembered: dict[str, float] = {}
    for count, (mappings, named) in enumerate(changes):
        numbers = [(700 + "xyz".index(to), to) for to in "xyz"]
        senses = [(710 + k, name) for k, name in enumerate(sorted(named))]
        known = {to: n for n, to in numbers}
        found = ways(devices, [(n, name) for n, name in senses], mappings, known.get)
        before = {name: (way.kind, way.knob, way.param) for name, way in layer.ways.items()}
        layer.lay(devices, found)
        for name, way in layer.ways.items():
            lane = core.lanes[layer.lane_of(name)]
            assert (lane[law.KIND], lane[law.KNOB], lane[law.PARAM]) == (way.kind, way.knob, way.param)
            if before.get(name) == (way.kind, way.knob, way.param):
                assert lane[law.LAST] == remembered[name]
            lane[law.LAST] = remembered[name] = 0.001 * count + 0.01
            for channel, what, _ in way.cells:
                assert layer.lane_of(name) in heard_by(core, way.slot, channel, what)
        remembered = {name: value for name, value in remembered.items() if name in layer.ways}
        for slot in range(2):
            for channel in (0, 1, 5):
                for what in (1, 6, 21, 164, at.BEND):
                    lanes = heard_by(core, slot, channel, what)
                    assert len(lanes) == len(set(lanes)) <= 16
                    mine = {
                        layer.lane_of(n) for n, w in layer.ways.items() if w.slot == slot and any(c[:2] == (channel, what) for c in w.cells)
                    }
                    assert {n for n in lanes if n >= OWN} == mine


def test_where_two_ways_cross_the_wider_one_is_left_out() -> None:
    (pad,) = ways(["a"], [(700, "pad 36")], [], lambda to: None)
    keys = replace(pad, name="keys on channel 1", cells=cells_of("keys", 0, 1, law.KEY))
    laid = arranged([pad, keys])
    assert (list(laid.ways), laid.crowded) == (["a: pad 36"], ("keys on channel 1",))


def test_a_fine_knob_on_one_channel_and_a_plain_one_on_its_lower_half_do_not_meddle() -> None:
    core = tables()
    layer = Layer(core)
    fine = {"device": "a", "control": "cc 21 ch 2", "to": "x", "kind": "fourteen"}
    layer.lay(["a", *[""] * 7], ways(["a"], [], [fine, {"device": "a", "control": "cc 53", "to": "y"}], {"x": 700, "y": 701}.get))
    assert not layer.crowded
    assert layer.lane_of("a: cc 53 to y") not in heard_by(core, 0, 1, 21)
