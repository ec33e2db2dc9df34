"""Time by letters: who leads, taps and nudges from anywhere, our clock at a device's cable, hands that come again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from live.control.process import PARTS, Hands
from live.core import layout as at
from live.core.mail import Reader
from live.core.pacing import bpm_of, seen
from live.core.ticking import ASKED, K_ASKED, START, TICK
from live.cue import Rubato
from live.ports.link import NoLink
from tests.live.control.room import Room as Hall

MINE = tuple(part for part in PARTS if part[0] in ("ports", "follow", "lead", "link"))
BLOCK = 256


class Room(Hall):
    """A room whose core takes letters about time, as the real one does."""

    def turn(self, rounds: int = 1) -> None:
        self.reader = getattr(self, "reader", None) or Reader(self.map)
        for _ in range(rounds):
            super().turn()
            for letter in self.reader.letters():
                if letter.verb == "pace":
                    self.core.stand.pace(Rubato.of(json.loads(letter.text)).row(letter.frame))
                elif letter.verb == "ticks":
                    self.core.stand.ticks[K_ASKED] = ASKED[letter.name]
                self.reader.done(letter)

    @property
    def bpm(self) -> float:
        return bpm_of(self.map.tempo)

    @property
    def led(self) -> float:
        return float(self.map.tempo[at.T_LED])

    def beat(self) -> float:
        return seen(self.map.tempo, 48000).beat(self.core.frame)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setattr(Hands, "frame", property(lambda hands: int(hands.core.clock[at.C_FRAME])))  # no wall clock
    room = Room(tmp_path, parts=MINE)
    room.plug("nano")
    yield room
    room.close()


def test_a_nudge_from_anywhere_lays_the_beat_later(room: Room) -> None:
    room.desk.send("nudge", ms=20)
    room.turn(200)
    assert room.beat() == pytest.approx(room.core.frame / 24000 - 0.04, abs=1e-6)


def test_four_taps_from_anywhere_are_the_tempo(room: Room) -> None:
    for k in range(4):
        room.desk.send("tap", frame=100 + 20000 * k)
        room.turn()
    room.turn(2)
    assert room.bpm == pytest.approx(144.0)


def test_a_midi_clock_leads_when_it_is_asked_to_and_not_before(room: Room) -> None:
    def ticks(count: int) -> None:
        for _ in range(count):
            room.play("nano", [TICK])  # two blocks of 256 frames apart: 3.9 bpm a tick of 24

    ticks(30)
    assert (room.bpm, room.led) == (120.0, 0.0)
    room.desk.send("clock", source="midi")
    ticks(60)
    assert room.led == 1.0
    assert room.bpm == pytest.approx(60 * 48000 / (24 * 512), rel=0.01)
    room.desk.send("clock", source="internal")
    room.turn(3)
    assert room.led == 0.0
    assert room.bpm == pytest.approx(60 * 48000 / (24 * 512), rel=0.01)


def test_while_a_clock_leads_a_tap_is_refused_in_one_line(room: Room) -> None:
    room.desk.send("clock", source="midi")
    for k in range(4):
        room.desk.send("tap", frame=100 + 20000 * k)
    room.turn(4)
    assert room.bpm == 120.0
    assert len([line for line in room.news if "keeps time" in line]) == 1


def test_hands_that_come_again_follow_who_led(room: Room) -> None:
    room.desk.send("clock", source="midi")
    room.turn(3)
    room.hands.close()
    room.hands = room.begin()
    room.turn(2)
    assert room.hands.parts["follow"].on


def test_our_clock_goes_out_by_a_devices_cable_each_tick_with_its_frame(room: Room) -> None:
    room.desk.send("clocked", names="nano")
    room.desk.send("transport", what="start")
    room.turn(500)
    out = room.fakes.port("nano").out
    ticks = [frame for frame, data in out if data == bytes([TICK])]
    assert "our MIDI clock goes to nano; clock.start() starts them on the bar" in room.news
    assert [frame for frame, data in out if data == bytes([START])] == [96000]
    assert len(ticks) > 100
    assert all(frame % 1000 == 0 for frame in ticks)
    assert {b - a for a, b in zip(ticks, ticks[1:], strict=False)} == {1000}


def test_whoever_wants_to_know_hears_of_every_beat_before_it_comes(room: Room) -> None:
    heard: list[tuple[int, int, float, int]] = []
    room.hands.parts["lead"].beats.append(lambda *beat: heard.append(beat))
    room.turn(600)
    heard = heard[1:]
    assert [(bar, beat) for bar, beat, _, _ in heard[:5]] == [(1, 2), (1, 3), (1, 4), (2, 1), (2, 2)]
    assert [frame for *_, frame in heard[:3]] == [24000, 48000, 72000]


def test_link_that_is_not_there_is_one_line_and_the_music_goes_on(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(bpm: float) -> None:
        raise NoLink("Link is not installed: pip install 'antiphon[link]'")

    monkeypatch.setattr("live.ports.link.Link", missing)
    room.desk.send("clock", source="link")
    room.turn(3)
    assert [line for line in room.news if "Link" in line] == [
        "Link is not installed: pip install 'antiphon[link]'. The music goes on by itself"
    ]
    assert (room.bpm, room.led) == (120.0, 0.0)
