"""MPE: the newest finger's bend, pressure and timbre are the instrument's; what the others do is remembered."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from live.control.routes import Layer, ways
from live.core.offline import Offline
from tests.live.test_keying import message

NAMES = ("key bend", "key pressure", "key timbre")
LOWER = ((0xB0, 101, 0), (0xB0, 100, 6), (0xB0, 6, 15))
UPPER = ((0xBF, 101, 0), (0xBF, 100, 6), (0xBF, 6, 3))


@pytest.fixture
def core() -> Offline:
    """A core that hears one controller, whose bend, pressure and timbre are followed."""
    core = Offline(48000, 1)
    numbers = [(core.conductor.claim(name), name) for name in NAMES]
    devices = ["seaboard", *[""] * 7]
    hands = core.stand.hands
    Layer(SimpleNamespace(lanes=hands["lanes"], routes=hands["routes"])).lay(devices, ways(devices, numbers, [], dict.get))
    return core


def stands(core: Offline, *messages: tuple[int, ...]) -> list[float]:
    """Where the three stand after some messages."""
    for one in messages:
        message(core, *one)
    core.run(4096)
    return [round(float(core.stand.ctl[1, core.conductor.claim(name)]), 2) for name in NAMES]


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
