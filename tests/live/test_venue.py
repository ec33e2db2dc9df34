"""Choosing where to play: no core is started here."""

from __future__ import annotations

import pytest

from live import settings, venue
from live.cli import Sorry
from live.ports.audio import NULL, Device

JACK = Device("jack", "jack", 8, 8, 48000)
CARD = Device("Built-in Audio", "portaudio", 2, 2, 44100, default=True)
THERE = [JACK, CARD, NULL]


@pytest.fixture
def warned():
    """What was said on the way."""
    return []


def wished(tmp_path, user="", **flags):
    """Settings from flags and a user's file."""
    (tmp_path / "user.toml").write_text(user)
    return settings.load(flags, None, {}, tmp_path / "user.toml")


@pytest.mark.parametrize(
    ("flags", "there", "opens"),
    [
        ({}, THERE, "jack"),
        ({}, [CARD, NULL], "Built-in Audio"),
        ({}, [NULL], "null"),
        ({"backend": "portaudio"}, THERE, "Built-in Audio"),
        ({"backend": "null"}, THERE, "null"),
        ({"device": "null"}, THERE, "null"),
        ({"device": "built"}, THERE, "Built-in Audio"),
        ({"device": "JACK"}, THERE, "jack"),
    ],
)
def test_the_device_that_is_wished_is_opened(tmp_path, flags, there, opens, warned):
    assert venue.chosen(wished(tmp_path, **flags), there, warned.append)[0] == opens


def test_a_device_typed_wrong_is_refused_with_the_nearest(tmp_path, warned):
    with pytest.raises(Sorry, match="no output device 'jakc'. Nearest: jack."):
        venue.chosen(wished(tmp_path, device="jakc"), THERE, warned.append)
    with pytest.raises(Sorry, match="no input device 'jakc'. Nearest: jack."):
        venue.heard(wished(tmp_path, input="jakc"), THERE, warned.append)


def test_a_device_named_in_a_file_may_come_later(tmp_path, warned):
    assert venue.chosen(wished(tmp_path, 'device = "Scarlett"'), THERE, warned.append) == ("Scarlett", None)
    assert "It is taken as soon as it comes." in warned[0]


def test_more_channels_than_the_card_has_is_one_line_and_plays_on_what_there_is(tmp_path, warned):
    rig = venue.rig_of(wished(tmp_path, device="built", channels=64), THERE, tmp_path / "takes", warned.append)
    assert (rig.outs, rig.ins, rig.rate) == (2, 2, 44100)
    assert warned == ["Built-in Audio has 2 outputs, not 64: playing on 2."]


def test_jack_keeps_its_own_rate(tmp_path, warned):
    assert venue.rig_of(wished(tmp_path, rate=96000), THERE, tmp_path / "takes", warned.append).rate == 48000
    assert "jack runs at 48000, not 96000" in warned[0]


def test_takes_go_elsewhere_when_the_folder_cannot_be_written(tmp_path, warned):
    (tmp_path / "takes").write_text("a file, no folder")
    rig = venue.rig_of(wished(tmp_path, device="null"), THERE, tmp_path / "takes", warned.append)
    assert str(tmp_path / "takes") not in rig.take
    assert "takes go to" in warned[0]
