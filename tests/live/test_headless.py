"""Unattended: a fake clock runs through days, a fake desk is played, and the log tells how it was."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from live import cli
from live.cli import Sorry
from live.core.layout import C_GENERATION
from live.headless import FADE, LINGER, LOG_SIZE, MARK, Ended, Installation, Log
from live.journal import Journal
from live.opening import Opening
from live.plan import compare
from live.score import Node, Score

MONDAY = datetime(2026, 11, 16)


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self, at: datetime = MONDAY) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class FakeDesk:
    """Writes down what it was asked, and when."""

    def __init__(self, house: House) -> None:
        self.house, self.news = house, []
        take = house.takes / f"{house.clock.at:%Y-%m-%d %H.%M.%S}"
        take.mkdir(parents=True)
        (take / "reels").mkdir()
        self.book = take / "journal.jsonl"
        self.book.write_text("{}\n")
        self.stage = SimpleNamespace(
            lost=0, rig=SimpleNamespace(take=str(take)), core=SimpleNamespace(clock={C_GENERATION: 1}),
            knob=lambda number, value: house.did("knob", number, value), peak=self.peak,
        )  # fmt: skip
        house.desk = self
        house.did("open")

    def peak(self) -> float:
        loudest, self.house.peak = self.house.peak, 0.0
        return loudest

    def play_session(self) -> None:
        self.house.did("play")
        if self.house.mistake:
            raise Sorry(self.house.mistake)

    def play_score(self, score: Score, fade: float) -> None:
        self.house.did("score", sorted(score.places), fade)

    def step(self) -> list[str]:
        if self.house.trouble:
            trouble, self.house.trouble = self.house.trouble, None
            raise trouble
        os.utime(self.book, (self.house.clock.at.timestamp(),) * 2)
        news, self.news = self.news, []
        return news

    def hush(self, fade: float) -> None:
        self.house.did("hush", fade)

    def back(self, fade: float) -> None:
        self.house.did("back", fade)

    def close(self) -> None:
        self.house.did("close")


class House:
    """An installation, its clock and what happened in it."""

    def __init__(self, folder: Path, opening: Opening | None = None, tick: float = 30.0, at: datetime = MONDAY) -> None:
        self.clock, self.takes = Clock(at), folder / "takes"
        self.events: list[tuple[str, str]] = []
        self.lines: list[str] = []
        self.peak, self.mistake, self.trouble, self.unopened, self.disk = 0.0, "", None, 0, 1e12
        self.desk: FakeDesk | None = None
        self.it = Installation(
            self.make, opening or Opening(), self.takes, Log(self.takes / "log", self.lines.append), self.clock.now, self.clock.sleep,
            lambda: self.disk, tick=tick,
        )  # fmt: skip

    def make(self) -> FakeDesk:
        if self.unopened:
            self.unopened -= 1
            raise OSError("no device")
        return FakeDesk(self)

    def did(self, *what: object) -> None:
        self.events.append((f"{self.clock.at:%a %H:%M:%S}", " ".join(str(x) for x in what)))

    def go(self, **time: float) -> None:
        """Let so much time pass."""
        until = self.clock.at + timedelta(**time)
        while self.clock.at < until:
            self.it.step()
            self.clock.sleep(self.it.tick)

    def told(self, word: str) -> list[str]:
        """Lines of the log with a word in them."""
        return [line for line in self.lines if word in line]


def test_a_week_of_opening_hours(tmp_path):
    house = House(tmp_path, Opening.of({"hours": "10:00-18:00", "days": "tue-sat"}))
    house.go(days=7)
    days = ("Tue", "Wed", "Thu", "Fri", "Sat")
    assert [when for when, what in house.events if what == "play"] == [f"{day} 10:00:00" for day in days]
    assert [when for when, what in house.events if what == f"hush {FADE}"] == [f"{day} 18:00:00" for day in days]
    assert [when for when, what in house.events if what == "close"] == [f"{day} 18:15:00" for day in days]
    daily = [line for line in house.lines if "played" in line]
    assert [line.split("  ")[1][:10] for line in daily] == [f"2026-11-{day}" for day in range(16, 22)]
    assert ["played 8.0 h" in line for line in daily] == [False, True, True, True, True, True]
    assert [line.split("  ")[1] for line in house.told("closed until")][-2:] == [
        "closed until Saturday 10:00",
        "closed until Tuesday 10:00",
    ]
    assert len(list(house.takes.glob("2026-*"))) == 5


def test_a_short_pause_keeps_the_core_and_comes_back_by_itself(tmp_path):
    house = House(tmp_path, Opening.of({"hours": "10:00-12:00, 12:10-14:00"}))
    house.go(hours=15)
    assert house.events == [
        ("Mon 10:00:00", "open"),
        ("Mon 10:00:00", "play"),
        ("Mon 12:00:00", f"hush {FADE}"),
        ("Mon 12:10:00", f"back {FADE}"),
        ("Mon 14:00:00", f"hush {FADE}"),
        (f"Mon 14:{LINGER / 60:02.0f}:00", "close"),
    ]


def test_takes_rotate_after_so_many_hours_with_a_fade_between(tmp_path):
    house = House(tmp_path, Opening(rotate=6), tick=1.0)
    house.go(hours=12, minutes=1)
    assert [what for _, what in house.events] == [
        "open",
        "play",
        f"hush {FADE}",
        "close",
        "open",
        "play",
        f"hush {FADE}",
        "close",
        "open",
        "play",
    ]
    assert [when for when, what in house.events if what == "open"] == ["Mon 00:00:00", "Mon 06:00:06", "Mon 12:00:12"]
    assert len(house.told("a new take begins")) == 2


def test_without_hours_and_rotation_it_plays_on_and_on(tmp_path):
    house = House(tmp_path, Opening(rotate=0))
    house.go(days=9)
    assert [what for _, what in house.events] == ["open", "play"]
    assert len(house.told("played 24.0 h")) == 8


def test_the_daily_line_counts_what_was_lost_and_how_loud_it_was(tmp_path):
    house = House(tmp_path, Opening(rotate=0))
    house.go(hours=1)
    house.peak, house.desk.stage.lost = 0.5, 3
    house.go(hours=1)
    house.desk.stage.core.clock[C_GENERATION], house.desk.stage.lost = 2, 2  # another core begins to count anew
    house.disk = 41.2e9
    house.go(hours=23)
    line = house.told("played")[0]
    assert line == "2026-11-17 00:00:00  2026-11-16: played 24.0 h, 5 blocks lost, 1 restart, loudest -6.0 dBFS, 41.2 GB of disk left"
    assert (house.takes / "log").read_text().splitlines() == house.lines
    house.go(days=1)
    assert "0 blocks lost, 0 restarts, silent" in house.told("2026-11-17: played")[0]


def test_a_machine_that_slept_has_not_played(tmp_path):
    house = House(tmp_path, Opening(rotate=0))
    house.go(hours=1)
    house.clock.sleep(5 * 3600)
    house.go(minutes=1)
    assert house.it.day.played < 3600 + 180


def test_a_mistake_at_the_start_is_logged_and_the_last_good_state_plays(tmp_path):
    house = House(tmp_path)
    score = Score({"a": Node("tone")})
    book = Journal(house.takes / "yesterday" / "journal.jsonl")
    book.write("begin", 0, rate=48000, ins=0, outs=2, seed=1)
    book.plan(0, compare(Score(), score), score, 0.05)
    book.write("knob", 10, knob=3, value=0.5)
    book.write("end", 96000)
    book.close()
    house.mistake = "main.py:3: there is no word 'clpi'. Nearest: clip."
    house.go(minutes=1)
    assert [what for _, what in house.events] == ["open", "play", "knob 3 0.5", f"score ['a'] {FADE}"]
    assert house.told("clpi")[0].endswith("Nearest: clip. It waits for a save that can be played.")
    assert house.told("meanwhile it plays what yesterday played last")
    house.desk.news.append("main.py is read")
    house.go(minutes=1)
    assert house.told("main.py is read")


def test_a_mistake_with_nothing_to_fall_back_on_is_silent_and_goes_on_looking(tmp_path):
    house = House(tmp_path)
    house.mistake = "no"
    house.go(hours=1)
    assert [what for _, what in house.events] == ["open", "play"]
    assert house.told("no earlier take to fall back on")


def test_a_stage_that_breaks_is_opened_again(tmp_path):
    house = House(tmp_path, tick=1.0)
    house.go(minutes=1)
    house.trouble = RuntimeError("the core has not answered for 20 s\nreally")
    house.go(minutes=1)
    assert [what for _, what in house.events] == ["open", "play", "close", "open", "play"]
    assert house.told("opened again: the core has not answered for 20 s really")


def test_a_stage_that_does_not_open_is_tried_again_ever_more_patiently(tmp_path):
    house = House(tmp_path, tick=1.0)
    house.unopened = 6
    house.go(minutes=2)
    assert len(house.told("the stage does not open: no device")) <= 6
    assert house.events[0] == ("Mon 00:01:03", "open")


def test_whoever_is_ended_from_elsewhere_ends(tmp_path):
    house = House(tmp_path)
    house.trouble = Ended("ended from elsewhere")
    assert house.it.run() == 0
    assert house.told("ended from elsewhere")
    assert house.events[-1][1] == "close"


def test_asked_to_leave_it_fades_first(tmp_path):
    house = House(tmp_path, tick=0.1)
    house.clock.sleep = lambda s: (
        Clock.sleep(house.clock, s),
        setattr(house.it, "ending", int(house.clock.at >= MONDAY + timedelta(minutes=1))),
    )
    house.it.sleep = house.clock.sleep
    assert house.it.run() == 0
    assert house.events[2:] == [("Mon 00:01:00", f"hush {FADE}"), ("Mon 00:01:05", "close")]
    assert "played 0.0 h" in house.lines[-2]
    assert house.lines[-1].endswith("left")


def test_asked_twice_it_leaves_at_once(tmp_path):
    house = House(tmp_path, tick=0.1)
    house.go(seconds=1)
    house.it.ending = 2
    house.it.run()
    assert house.events[-1] == ("Mon 00:00:01", "close")


def test_after_so_many_seconds_it_leaves_by_itself(tmp_path):
    house = House(tmp_path, tick=1.0)
    assert house.it.run(60) == 0
    assert house.events[-1] == ("Mon 00:01:06", "close")


# --- the disk ------------------------------------------------------------------------------


def test_takes_that_are_too_old_go_and_nothing_else_does(tmp_path):
    house = House(tmp_path, Opening.of({"hours": "10:00-11:00", "keep_days": 3}))
    (house.takes / "mine").mkdir(parents=True)
    (house.takes / "mine" / "journal.jsonl").write_text("{}")
    os.utime(house.takes / "mine" / "journal.jsonl", (0, 0))
    house.go(days=3)
    kept = next(house.takes.glob("2026-11-16*"))
    (kept / "take-1").mkdir()
    (kept / "take-1" / "take.toml").write_text("")
    house.go(days=4)
    assert sorted(p.name[:10] for p in house.takes.iterdir() if p.is_dir()) == [
        "2026-11-16",
        "2026-11-20",
        "2026-11-21",
        "2026-11-22",
        "mine",
    ]
    assert sorted(p.name for p in kept.iterdir()) == ["journal.jsonl", "take-1"]
    assert house.told("is older than 3 days")


def test_a_full_disk_takes_the_oldest_take_but_never_the_one_that_plays(tmp_path):
    house = House(tmp_path, Opening.of({"hours": "10:00-11:00"}))
    house.go(days=3, hours=10.5)
    takes = sorted(house.takes.glob("2026-*"))
    assert len(takes) == 4
    house.disk = 0.5e9
    house.go(hours=1.2)
    assert sorted(house.takes.glob("2026-*")) == [takes[3]]
    assert len(house.told("the disk has 0.5 GB left, so")) == 3
    assert len(house.told("no take may be removed")) == 1


def test_takes_are_marked_so_that_only_they_are_ever_removed(tmp_path):
    house = House(tmp_path)
    house.go(minutes=1)
    assert (Path(house.desk.stage.rig.take) / MARK).is_file()


def test_a_log_that_grows_too_long_begins_anew_and_one_that_cannot_be_written_is_said_all_the_same(tmp_path):
    log = Log(tmp_path / "log", lambda line: None)
    (tmp_path / "log").write_text("x" * (LOG_SIZE + 1))
    log.line(MONDAY, "new")
    assert (tmp_path / "log").read_text() == "2026-11-16 00:00:00  new\n"
    assert (tmp_path / "log.old").stat().st_size > LOG_SIZE
    said: list[str] = []
    log = Log(tmp_path / "log" / "below", said.append)
    log.line(MONDAY, "two\nlines")
    log.line(MONDAY, "two lines")
    assert said == ["2026-11-16 00:00:00  two lines"]


# --- when it is open -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "opened", "closed"),
    [
        ({}, ["mon 00:00", "sun 23:59"], []),
        ({"hours": "10:00-18:00"}, ["mon 10:00", "sun 17:59"], ["mon 09:59", "mon 18:00"]),
        ({"hours": "10-13, 14:30-18"}, ["mon 12:59", "mon 14:30"], ["mon 13:00", "mon 14:29"]),
        ({"hours": ["10:00-13:00", "14:00-15:00"]}, ["mon 14:00"], ["mon 13:30"]),
        ({"hours": "20:00-02:00", "days": "sat"}, ["sat 20:00", "sun 01:59"], ["sat 01:00", "sun 02:00", "sun 20:00"]),
        ({"hours": "00:00-24:00", "days": "fri-mon"}, ["fri 00:00", "mon 23:59"], ["tue 00:00", "thu 12:00"]),
        ({"days": "Tuesday, sat"}, ["tue 12:00", "sat 12:00"], ["mon 12:00"]),
    ],
)
def test_opening_hours(table, opened, closed):
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    for said, want in [*((one, True) for one in opened), *((one, False) for one in closed)]:
        day, time = said.split()
        at = MONDAY + timedelta(days=names.index(day), hours=int(time[:2]), minutes=int(time[3:]))
        assert Opening.of(table).is_open(at) is want, said


def test_the_command_line_speaks_louder_than_the_table():
    found = Opening.of({"hours": "10:00-18:00", "rotate": 24}, hours="11:00-12:00", rotate=0.0)
    assert (found.hours, found.rotate) == (((660, 720),), 0.0)


def test_it_knows_when_it_opens_next():
    found = Opening.of({"hours": "10:00-18:00", "days": "tue-sat"})
    assert found.next(MONDAY + timedelta(days=5, hours=19)) == MONDAY + timedelta(days=8, hours=10)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"hours": "morning"}, "'morning' is no time to be open. Write: hours"),
        ({"hours": "10:00-25:00"}, "goes beyond the day"),
        ({"hours": "10:70-12:00"}, "goes beyond the day"),
        ({"hours": "10:00-10:00"}, 'For the whole day write "00:00-24:00"'),
        ({"days": "mno"}, "'mno' is no day. Nearest: mon."),
        ({"horus": "10-12"}, "has no 'horus'. Nearest: hours."),
        ({"rotate": "often"}, "rotate is 'often', but takes a number from 0 to 36500"),
        ({"keep_days": -1}, "keep_days is -1"),
        (3, "[open] is a table"),
    ],
)
def test_hours_that_cannot_be_meant_are_one_line(table, said):
    with pytest.raises(Sorry) as slip:
        Opening.of(table)
    assert said in str(slip.value)
    assert "\n" not in str(slip.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["play", "--headless"], "--headless plays a session, so it needs a name"),
        (["play", "--hours", "10-12"], "--hours is for a session that plays unattended: add --headless."),
        (["play", "--headless", "--rotate", "-1"], "-1 is outside 0 to 8760 hours"),
    ],
)
def test_a_slip_on_the_command_line_is_one_line(capsys, words, said):
    assert cli.main(words) == 2
    complaint = capsys.readouterr().err
    assert said in complaint
    assert complaint.count("\n") == 1


# --- the desk with nobody at it --------------------------------------------------------------


@pytest.fixture
def unmanned(tmp_path, monkeypatch):
    """A desk as headless asks it, over a fake of the real one."""
    from live import repl, unmanned
    from live.edits import Edit, State

    (tmp_path / "core.map").touch()
    did: list[tuple[object, ...]] = []
    state = State(edit=Edit(outs={"stage": "typed"}))
    desk = SimpleNamespace(
        stage=SimpleNamespace(folder=tmp_path), listeners=[], held=False, play_session=lambda: SimpleNamespace(mistake=None),
        verbs=SimpleNamespace(hush=lambda fade: did.append(("hush", fade)), hold=lambda: setattr(desk, "held", True)),
        hand=SimpleNamespace(state=state, propose=did.append), close=lambda: did.append(("close",)),
    )  # fmt: skip
    monkeypatch.setattr(repl, "opened", lambda name, flags, tell: (desk, None))
    return unmanned.Unmanned(SimpleNamespace(script=tmp_path / "main.py"), {}, print), desk, did


def test_what_is_hushed_comes_back_as_it_was_typed_and_saves_wait_meanwhile(unmanned):
    it, desk, did = unmanned
    it.hush(5.0)
    assert did == [("hush", 5.0)]
    assert desk.held is True
    before = desk.hand.state
    hushed = type(before)(edit=type(before.edit)(outs={"stage": None}))
    it.back(5.0)
    assert desk.held is False
    assert did[1].fade == 5.0
    assert did[1].change(hushed).edit.outs == {"stage": "typed"}


def test_a_save_that_waited_is_played_when_it_opens_again(unmanned):
    from live.values import Page

    it, desk, did = unmanned
    it.hush(5.0)
    desk.held = page = Page(outs={"stage": "saved"})
    it.back(5.0)
    assert did[1].rehearse
    assert did[1].change(desk.hand.state).script is page


def test_a_mistake_at_the_start_is_raised_and_later_ones_are_a_line_without_a_picture(unmanned):
    from live.mistakes import Mistake

    it, desk, _ = unmanned
    slip = Mistake("There is no 'clpi'.", near="Nearest: clip.", file="main.py", line=3, column=7, length=4, source="rain = clpi(2)")
    desk.play_session = lambda: SimpleNamespace(mistake=slip)
    with pytest.raises(Mistake):
        it.play_session()
    desk.listeners[0]("\n".join(slip.lines("Still playing.")))
    desk.listeners[0]("main.py: make 2, from bar 3 on")
    assert it.step() == ["main.py:3: There is no 'clpi'. Nearest: clip. Still playing.", "main.py: make 2, from bar 3 on"]
    assert it.step() == []


def test_a_core_that_was_ended_from_elsewhere_ends_the_evening(unmanned, tmp_path):
    it, _, did = unmanned
    (tmp_path / "core.map").unlink()
    with pytest.raises(Ended):
        it.step()
    it.close()
    assert did == [("close",)]
