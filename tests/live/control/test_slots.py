"""Which controller is which: names made plain, and slots that outlive every re-plug."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.control.slots import Found, Slots, cut, matches, plain, wanted


@pytest.mark.parametrize(
    ("raw", "aliases", "name"),
    [
        ("nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTRL 24:0", (), "nanoKONTROL2"),
        ("Launchpad Pro:Launchpad Pro MIDI 1 20:0", (), "Launchpad Pro"),
        ("a2j:nanoKONTROL2 [24] (capture): nanoKONTROL2 nanoKONTROL2 _ CTRL", (), "nanoKONTROL2"),
        ("Midi-Bridge:nanoKONTROL2:(capture_0) nanoKONTROL2 nanoKONTROL2 _ CTRL", (), "nanoKONTROL2"),
        ("Midi-Bridge:nanoKONTROL2 nanoKONTROL2 _ CTRL (capture)", (), "nanoKONTROL2"),
        (
            "system:midi_capture_3",
            ("alsa_pcm:Arturia-KeyStep-32/midi_playback_1", "Arturia-KeyStep-32:midi/playback_1"),
            "Arturia-KeyStep-32",
        ),
        ("system:midi_capture_3", ("alsa_midi:Arturia KeyStep 32 MIDI 1 (out)",), "Arturia KeyStep 32"),
        ("system:midi_capture_3", (), "midi_capture_3"),
        ("looper:out", (), "looper"),
        ("looper-01:out", (), "looper"),
        ("nanoKONTROL2 SLIDER/KNOB", (), "nanoKONTROL2"),
        ("🎛 Faderbox 😀:🎛 Faderbox 😀 MIDI 1 28:0", (), "🎛 Faderbox 😀"),
        ("\x00\n", (), "controller"),
    ],
)
def test_every_system_s_name_becomes_the_one_on_the_box(raw: str, aliases: tuple[str, ...], name: str) -> None:
    assert plain(raw, aliases) == name


def test_the_number_windows_puts_behind_a_name_goes() -> None:
    assert plain("2- nanoKONTROL2 1", index=True) == plain("nanoKONTROL2 0", index=True) == "nanoKONTROL2"


@given(st.text(max_size=200))
def test_any_name_fits_into_its_cell_and_is_cut_at_a_letter(raw: str) -> None:
    name = plain(raw)
    assert name
    assert len(f"{name} #12".encode()) < 64
    assert cut(name) == name


def at(place: str, name: str = "nano") -> Found:
    return Found(name, place, name)


def test_two_equal_ones_are_told_apart_and_keep_their_slots() -> None:
    slots = Slots()
    slots.see([at("usb 1"), at("usb 2")], [])
    assert slots.names[:3] == ["nano", "nano #2", ""]
    slots.see([], [])
    slots.see([at("usb 2")], [])
    assert [holder.there for holder in slots.holders[:2]] == [False, True]


def test_one_that_comes_back_elsewhere_takes_the_first_free_slot_of_its_name() -> None:
    slots = Slots()
    slots.see([at("usb 1"), at("usb 2")], [])
    slots.see([], [])
    slots.see([at("usb 7")], [])
    assert [holder.there for holder in slots.holders[:2]] == [True, False]


def test_a_place_counts_before_the_order_of_coming() -> None:
    slots = Slots()
    slots.see([at("usb 1"), at("usb 2")], [])
    slots.see([], [])
    slots.see([at("usb 2"), at("usb 9")], [])
    assert [holder.source.place for holder in slots.holders[:2]] == ["usb 9", "usb 2"]


def test_lamps_belong_to_the_box_at_the_same_place() -> None:
    slots = Slots()
    slots.see([at("24:0"), at("28:0")], [at("28:0"), at("24:0")])
    assert [(h.source.place, h.sink.place) for h in slots.holders[:2]] == [("24:0", "24:0"), ("28:0", "28:0")]


def test_the_ninth_takes_the_slot_of_whoever_is_away_longest() -> None:
    slots = Slots()
    eight = [at(f"usb {k}", f"box {k}") for k in range(8)]
    slots.see(eight, [], 0.0)
    slots.see(eight[:5] + eight[6:], [], 1.0)
    slots.see(eight[:2] + eight[3:5] + eight[6:], [], 2.0)
    came, _, crowd = slots.see([*eight[:2], *eight[3:5], *eight[6:], at("usb 9", "ninth")], [], 3.0)
    assert (came, crowd, slots.names[5]) == ([5], [], "ninth")


def test_a_ninth_beside_eight_finds_no_slot_and_is_named_once() -> None:
    slots = Slots()
    nine = [at(f"usb {k}", f"box {k}") for k in range(9)]
    assert slots.see(nine, [])[2] == ["box 8"]
    assert slots.see(nine, [])[2] == []
    assert "box 8" not in slots.names


def test_whoever_only_listens_goes_last() -> None:
    slots = Slots(2)
    slots.see([at("a", "keys"), at("b", "knobs")], [at("c", "a synth")])
    assert slots.names == ["keys", "knobs"]


names = st.sampled_from(["nano", "twister", "🎹"])
ports = st.lists(st.tuples(names, st.integers(0, 4)), unique=True, max_size=8)


@given(st.lists(ports, min_size=1, max_size=12))
def test_nobody_sits_in_two_slots_and_whoever_is_there_keeps_his(rounds: list[list[tuple[str, int]]]) -> None:
    slots = Slots()
    before: dict[str, str] = {}
    for now, plugged in enumerate(rounds):
        slots.see([at(f"usb {place}", name) for name, place in plugged], [], float(now))
        sits = {h.source.place + h.base: h.name for h in slots.holders if h and h.source}
        assert len({n for n in slots.names if n}) == sum(bool(n) for n in slots.names)
        assert all(before.get(who, name) == name for who, name in sits.items())
        assert len(sits) == min(len(plugged), 8)
        before = sits


@given(st.lists(ports, min_size=1, max_size=6))
def test_slots_are_the_same_after_the_hands_begin_again(rounds: list[list[tuple[str, int]]]) -> None:
    slots = Slots()
    for now, plugged in enumerate(rounds):
        slots.see([at(f"usb {place}", name) for name, place in plugged], [], float(now))
    again = Slots.of(json.loads(json.dumps(slots.kept())))
    again.see([at(f"usb {place}", name) for name, place in rounds[-1]], [])
    assert again.names == slots.names


def test_a_device_is_meant_by_its_name_or_by_part_of_it() -> None:
    there = ["nanoKONTROL2", "nanoKONTROL2 #2", "Arturia-KeyStep", ""]
    assert matches("nano", there) == 0b011
    assert matches("nanokontrol2", there) == 0b001
    assert matches("arturia keystep", there) == 0b100
    assert matches("twister", there) == matches("", there) == 0


@pytest.mark.parametrize(("wish", "is_wanted"), [("", True), ("all", True), ("none", False), ("twister, nano", True), ("twister", False)])
def test_the_rig_says_who_is_listened_to(wish: str, is_wanted: bool) -> None:
    assert wanted("nanoKONTROL2", wish) is is_wanted
