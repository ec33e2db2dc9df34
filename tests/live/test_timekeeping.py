"""``clock`` at the prompt: a tempo on the beat, taps, nudges, ramps; the page follows; slips are one line."""

from __future__ import annotations

import time

import pytest

from live import timekeeping
from live.cue import Rubato
from live.plan import Pace
from tests.live.test_hand import Evening


@pytest.fixture
def evening(tmp_path):
    one = Evening(tmp_path)
    one.type("out.stage = 0.1 * tone(200)", "tempo(120)")
    yield one
    one.desk.close()


def paces(evening: Evening) -> list[tuple[int, Rubato]]:
    return [(cue.frame, cue.what) for cue in evening.stage.cues if isinstance(cue.what, Rubato)]


def test_a_tempo_set_on_the_clock_is_typed_into_the_page_and_lands_on_the_next_beat(evening):
    evening.stage.frame = 30000
    evening.type("clock.bpm = 128")
    assert evening.hand.state.score.tempo == 128.0
    landed = evening.stage.cues[-1]
    assert landed.what == (Pace(128.0, 4.0),)
    assert landed.frame == 48000


def test_the_pages_own_tempo_comes_back_after_a_tap(evening):
    evening.hand.tick = None
    evening.stage.mail.word("pace", text='{"bpm": 120.4}')
    evening.stage.frame = 30000
    evening.type("clock.bpm = 120")
    frame, pace = paces(evening)[-1]
    assert (frame > 30000, pace) == (True, Rubato(bpm=120.0))


def test_an_undo_takes_a_tempo_back(evening):
    evening.type("clock.bpm = 128", "undo()")
    assert evening.hand.state.score.tempo == 120.0


def test_clock_alone_says_how_time_stands(evening):
    assert evening.type("clock()") == "120 bpm, bar 1 beat 1, 4 beats a bar; we keep time"


def test_bar_and_beat_can_be_read(evening):
    evening.stage.frame = 5 * 24000
    assert evening.type("clock.bar, clock.beat, clock.bpm, clock.source") == '[2, 2, 120, "internal"]'


def test_a_nudge_bends_the_beat_by_its_milliseconds(evening):
    assert evening.type("clock.nudge(20)") == "the beat comes 20 ms later"
    assert evening.type("clock.nudge(beats=-0.5)") == "the beat comes 250 ms earlier"
    (_, later), (_, earlier) = paces(evening)
    assert (later.bend, earlier.bend) == (pytest.approx(-0.04), 0.5)
    assert later.bpm == 0.0
    assert later.within == 24000


def test_a_ramp_begins_on_the_next_beat_and_takes_its_beats(evening):
    evening.stage.frame = 1000
    evening.type("clock.ramp(180, beats=10)")
    [(frame, pace)] = paces(evening)
    assert (frame, pace.bpm, pace.over) == (24000, 180.0, pytest.approx(10 * 60 * 48000 / 150))


def test_four_taps_are_a_tempo(evening, monkeypatch):
    for k in range(4):
        monkeypatch.setattr(timekeeping.Timekeeper, "_now", lambda self, k=k: 20000.0 * k)
        answer = evening.type("clock.tap()")
    assert answer == "144.0 bpm"
    assert paces(evening)[0][1].bpm == pytest.approx(144.0)


def settled(evening: Evening) -> None:
    """The page has had the time to notice."""
    began = time.monotonic() + 1000 * len(evening.stage.cues)
    for later in (1.0, 1.5, 2.0, 3.1, 3.6):
        evening.desk.verbs.clock.follow(began + later)
    evening.hand.settle()


def test_the_page_takes_a_tempo_that_settled_elsewhere_and_undo_has_no_step_for_it(evening):
    evening.hand.tick = None
    evening.stage.mail.word("pace", text='{"bpm": 131.236}')
    steps = len(evening.hand.past)
    settled(evening)
    assert evening.hand.state.score.tempo == 131.24
    assert len(evening.hand.past) == steps


def test_what_undo_goes_back_to_has_the_tempo_that_was_tapped(evening):
    evening.hand.tick = None
    evening.type("x = tone(300)")
    evening.stage.mail.word("pace", text='{"bpm": 131.2}')
    settled(evening)
    evening.type("undo()")
    assert evening.hand.state.score.tempo == 131.2


def test_a_tempo_that_still_moves_or_hardly_differs_is_left_alone(evening):
    evening.hand.tick = None
    evening.stage.mail.word("pace", text='{"bpm": 120.5}')
    settled(evening)
    evening.stage.mail.word("pace", text='{"bpm": 180, "over": 4800000}')
    evening.stage.frame = 240000
    settled(evening)
    assert evening.hand.state.score.tempo == 120.0


def test_times_in_beats_follow_the_page(evening):
    evening.hand.tick = None
    evening.type("echo = delay(tone(300), time=beats(1))", "out.stage = echo")
    evening.stage.mail.word("pace", text='{"bpm": 150}')
    settled(evening)
    node = evening.hand.state.score.places["echo"]
    assert node.controls["time"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("clock.bpm = 1200", "from 1 to 999"),
        ("clock.bpm = 'fast'", "from 1 to 999"),
        ("clock.bmp = 120", "bpm"),
        ("clock.tapp()", "tap"),
        ("clock.source = 'mid'", "midi"),
        ("clock.source = 'midi'", "without hands"),
        ("clock.send = 3", "by its name"),
        ("clock.send = 'nano'", "without hands"),
        ("clock.start()", "without hands"),
        ("clock.nudge('late')", "milliseconds"),
        ("clock.ramp(140, beats=0)", "takes beats"),
        ("clock.swing = 0.3", "no 'swing'"),
        ("clock = tone(200)", "clock"),
    ],
)
def test_a_slip_is_said_in_words(evening, line, says):
    before = evening.hand.state.score
    assert says in evening.type(line)
    assert evening.hand.state.score is before


@pytest.mark.parametrize("line", ["clock.bpm = 90", "clock.tap()", "clock.ramp(90)"])
def test_while_a_midi_clock_leads_no_hand_sets_the_tempo(evening, line):
    evening.desk.hearing.take("clock", {"source": "midi", "peers": 0})
    assert 'clock.source = "internal"' in evening.type(line)


def test_link_that_is_not_installed_says_what_to_install(evening, monkeypatch):
    monkeypatch.setattr("live.ports.link.is_installed", lambda: False)
    assert "pip install 'antiphon[link]'" in evening.type('clock.source = "link"')
