"""MPE: the newest finger's bend, pressure and timbre are the instrument's; what the others do is remembered."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from live.control.routes import Layer
from live.control.ways import ways
from live.core.offline import Offline
from tests.live.test_keying import hertz, message, tone, waiting

NAMES = ("key bend", "key pressure", "key timbre")
PLAIN = ((0xB0, 101, 0), (0xB0, 100, 6), (0xB0, 6, 0))
LOWER = ((0xB0, 101, 0), (0xB0, 100, 6), (0xB0, 6, 15))
UPPER = ((0xBF, 101, 0), (0xBF, 100, 6), (0xBF, 6, 3))


def followed(*names: str) -> Offline:
    """A core that hears one controller, some of whose numbers are followed."""
    core = Offline(48000, 1)
    numbers = [(core.conductor.claim(name), name) for name in names]
    devices = ["seaboard", *[""] * 7]
    hands = core.stand.hands
    Layer(SimpleNamespace(lanes=hands["lanes"], routes=hands["routes"])).lay(devices, ways(devices, numbers, [], dict.get))
    return core


@pytest.fixture
def core() -> Offline:
    """A core that hears one controller, whose bend, pressure and timbre are followed."""
    return followed(*NAMES)


def stands(core: Offline, *messages: tuple[int, ...], names: tuple[str, ...] = NAMES) -> list[float]:
    """Where some knobs stand after some messages."""
    for one in messages:
        message(core, *one)
    core.run(4096)
    return [round(float(core.stand.ctl[1, core.conductor.claim(name)]), 2) for name in names]


def heard(core: Offline, *messages: tuple[int, ...]) -> float:
    """The pitch after some messages, in semitones above a'."""
    for one in messages:
        message(core, *one)
    core.run(4800)
    hz = hertz(core.run(9600))
    return round(12 * math.log2(hz / 440), 1) if hz else math.nan


def test_without_a_zone_every_channel_moves_the_instrument(core: Offline) -> None:
    assert stands(core, (0x91, 60, 100), (0x92, 64, 100), (0xE1, 127, 127), (0xD2, 127)) == [1.0, 1.0, 0.0]


def test_in_a_zone_the_newest_finger_counts(core: Offline) -> None:
    stands(core, *LOWER)
    assert stands(core, (0x91, 60, 100), (0xE1, 127, 127), (0xD1, 127), (0xB1, 74, 127)) == [1.0, 1.0, 1.0]
    assert stands(core, (0xE2, 0, 0), (0xD2, 64), (0xB2, 74, 0)) == [1.0, 1.0, 1.0]
    assert stands(core, (0x92, 64, 100)) == [0.0, 0.5, 0.0]
    assert stands(core, (0xE1, 0, 64), (0xD1, 0)) == [0.0, 0.5, 0.0]
    assert stands(core, (0x93, 67, 100)) == [0.5, 0.0, 0.0]


def test_the_upper_zone_counts_its_fingers_from_the_other_end(core: Offline) -> None:
    stands(core, *UPPER)
    assert stands(core, (0x9E, 60, 100), (0xEC, 127, 127)) == [0.5, 0.0, 0.0]
    assert stands(core, (0x9C, 60, 100)) == [1.0, 0.0, 0.0]
    assert stands(core, (0xE3, 0, 0)) == [0.0, 0.0, 0.0]  # no finger of the zone


def test_a_zone_closes_again(core: Offline) -> None:
    stands(core, *LOWER, (0x91, 60, 100))
    assert stands(core, (0xB0, 101, 0), (0xB0, 100, 6), (0xB0, 6, 0), (0xE5, 127, 127)) == [1.0, 0.0, 0.0]


def test_the_newest_finger_let_go_gives_its_place_back_to_the_older_one_still_held(core: Offline) -> None:
    stands(core, *LOWER)
    stands(core, (0x91, 60, 100), (0xE1, 127, 127), (0xD1, 127), (0xB1, 74, 127))
    stands(core, (0x92, 64, 100), (0xD2, 64), (0xB2, 74, 0))
    assert stands(core, (0x93, 67, 100), (0xD3, 0)) == [0.5, 0.0, 0.0]
    assert stands(core, (0x82, 64, 0)) == [0.5, 0.0, 0.0]  # it was not the newest
    assert stands(core, (0x83, 67, 0)) == [1.0, 1.0, 1.0]
    assert stands(core, (0xE1, 0, 0)) == [0.0, 1.0, 1.0]
    assert stands(core, (0x81, 60, 0), (0xE1, 0, 64)) == [0.5, 1.0, 1.0]  # nobody else is held: it goes on


# --- what is heard of it ---------------------------------------------------------------------------


def test_a_tone_follows_its_own_fingers_bend_by_four_octaves() -> None:
    core = tone()
    stands(core, *LOWER, (0xE1, 0, 96), names=())
    assert heard(core, (0x91, 69, 100)) == 24
    assert heard(core, (0xE2, 127, 127)) == 24  # another's
    assert heard(core, (0xE1, 0, 80)) == 12
    assert heard(core, (0x92, 45, 100)) == 24  # two octaves below, four above
    assert heard(core, (0xE1, 0, 64)) == 24
    assert heard(core, (0x82, 45, 0)) == 0  # the older finger's, as it is bent now


def test_the_zones_own_bender_and_pedal_are_for_all_of_its_fingers() -> None:
    core = tone()
    stands(core, *LOWER, names=())
    assert heard(core, (0x91, 69, 100), (0xE1, 0, 80), (0xE0, 127, 127)) == 14
    assert heard(core, (0xB0, 64, 127), (0x81, 69, 0)) == 14
    assert math.isnan(heard(core, (0xB0, 64, 0)))


def test_how_far_a_finger_bends_is_said_for_all_of_them_and_forgotten_with_the_zone() -> None:
    core = tone()
    stands(core, *LOWER, (0xB2, 101, 0), (0xB2, 100, 0), (0xB2, 6, 24), names=())
    assert heard(core, (0x91, 69, 100), (0xE1, 0, 96)) == 12
    assert heard(core, *PLAIN) == 1
    assert heard(core, *LOWER) == 24


def test_a_string_takes_its_fingers_pitch() -> None:
    core = waiting("pluck")
    stands(core, *LOWER, (0xE1, 0, 80), names=())
    message(core, 0x91, 45, 100)
    partial = hertz(core.run(48000)) / 220
    assert partial == pytest.approx(round(partial), abs=0.002)


# --- the foot and the numbers of keys ---------------------------------------------------------------

GATES = ("key gate", "key dry gate", "key", "pad 60")


def test_the_foot_holds_the_numbers_of_keys_but_no_pad_and_none_that_are_dry() -> None:
    core = followed(*GATES)
    sixty, five = round(60 / 127, 2), round(65 / 127, 2)
    assert stands(core, (0x90, 60, 127), names=GATES) == [1, 1, sixty, 1]
    assert stands(core, (0xB0, 64, 64), (0x90, 65, 127), (0x80, 65, 0), names=GATES) == [1, 1, five, 1]
    assert stands(core, (0x80, 60, 0), names=GATES) == [1, 0, five, 0]
    assert stands(core, (0x90, 60, 127), (0xB0, 64, 63), names=GATES) == [1, 1, sixty, 1]  # a finger is on it again
    assert stands(core, (0x80, 60, 0), names=GATES) == [0, 0, sixty, 0]


@pytest.mark.parametrize("data", [(0xB0, 123, 0), (0xB0, 120, 0), (0xB0, 121, 0)])
def test_all_notes_off_and_a_reset_let_go_what_the_foot_holds(data: tuple[int, ...]) -> None:
    core = followed(*GATES)
    assert stands(core, (0xB0, 64, 127), (0x90, 60, 127), (0x80, 60, 0), names=("key gate",)) == [1]
    assert stands(core, data, names=("key gate",)) == [0]


def test_with_the_foot_down_a_finger_that_was_let_go_is_still_the_newest(core: Offline) -> None:
    stands(core, *LOWER, (0x91, 60, 100), (0xE1, 127, 127), (0x92, 64, 100), (0xB0, 64, 127))
    assert stands(core, (0x82, 64, 0)) == [0.5, 0.0, 0.0]
    assert stands(core, (0xB0, 64, 0)) == [1.0, 0.0, 0.0]
