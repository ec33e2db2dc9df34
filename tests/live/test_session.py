"""Sessions: found by name, made in a moment, and what a crash cut short."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from live import cli, session
from live.cli import Sorry
from live.journal import Journal, plan_from
from live.plan import carried, compare
from live.score import Node, Score, Send
from live.session import Session, evening_of, last_evening, last_good


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A current folder of its own, with shipped sessions and one's own elsewhere."""
    for name in ("here", "shipped", "documents/antiphon"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setattr(session, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(session, "user_sessions", lambda: tmp_path / "documents" / "antiphon")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def folder(path: Path) -> Path:
    """A session folder."""
    path.mkdir(parents=True)
    (path / "main.py").write_text("")
    return path


def refused(name: str) -> str:
    """The line that says why there is no such session."""
    with pytest.raises(Sorry) as slip:
        Session.find(name)
    assert "\n" not in str(slip.value)
    return str(slip.value)


def test_a_name_is_looked_for_here_then_in_sessions_then_among_the_shipped_then_among_your_own(here):
    spots = [here.parent / "documents/antiphon/dusk", here.parent / "shipped/dusk", here / "sessions/dusk", here / "dusk"]
    for spot in spots:
        made = folder(spot)
        found = Session.find("dusk")
        assert (found.folder, found.script, found.name, found.whole) == (made, made / "main.py", "dusk", True)
        assert (found.settings, found.map, found.scenes, found.corpus) == (made, made / "map", made / "scenes", made / "corpus")


def test_a_path_to_the_folder_or_to_its_script_is_the_same_session(here):
    made = folder(here / "sets" / "dusk")
    assert Session.find("sets/dusk") == Session.find(str(made)) == Session.find(str(made / "main.py")) == Session.find("sets/dusk/")


def test_a_lone_script_is_a_session_its_takes_beside_it(here):
    (here / "drone.py").write_text("")
    for name in ("drone.py", "drone", str(here / "drone.py")):
        found = Session.find(name)
        assert (found.name, found.folder, found.script, found.settings) == ("drone", here, here / "drone.py", None)
    assert found.takes == here / "takes"


def test_takes_go_among_your_documents_when_nobody_may_write_into_the_session(here):
    (folder(here / "dusk") / "takes").write_text("")
    assert Session.find("dusk").takes == here.parent / "documents/antiphon/takes/dusk"


def test_a_folder_that_is_no_session_does_not_hide_one_that_is(here):
    (here / "dusk").mkdir()
    made = folder(here / "sessions" / "dusk")
    assert Session.find("dusk").folder == made


def test_a_name_nobody_knows_is_one_line_with_the_nearest(here):
    assert refused("dusk") == "There is no session or script 'dusk'. antiphon new NAME makes one."
    folder(here.parent / "shipped" / "dusk")
    (here / "drone.py").write_text("")
    assert refused("dsk") == "There is no session or script 'dsk'. Nearest: dusk."
    assert refused("dron.py") == "There is no session or script 'dron.py'. Nearest: drone.py."
    assert refused("quite another thing") == "There is no session or script 'quite another thing'. There is: drone.py, dusk."
    assert refused("") == "A session needs a name. There is: drone.py, dusk."
    folder(here / "sets" / "dawn")
    assert refused("sets/dwan") == f"There is no session or script 'sets/dwan'. Nearest: {Path('sets/dawn')}."


def test_what_is_there_but_no_session_is_one_line_that_says_why(here):
    (here / "notes").write_text("")
    assert refused("notes").startswith("notes is a file, but neither a folder with main.py nor a script that ends in .py")
    (here / "empty").mkdir()
    assert refused("empty").startswith("empty is an empty folder, so it is no session.")
    (here / "nearly").mkdir()
    (here / "nearly" / "mian.py").write_text("")
    assert refused("nearly") == f"nearly is a folder without main.py, so it is no session. Nearest: {here / 'nearly' / 'mian.py'}."
    folder(here / "outer" / "dusk")
    assert refused("outer").endswith(f"Nearest: {here / 'outer' / 'dusk'}.")
    (here / "odd" / "main.py").mkdir(parents=True)
    assert refused("odd") == "odd is no session: its main.py is a folder, and a script is wanted."


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="who is root may look everywhere")
def test_a_folder_nobody_may_look_into_is_one_line(here):
    (here / "dusk").mkdir(mode=0)
    assert "dusk" in refused("dusk")


def test_play_and_render_take_a_session_by_name(here, capsys):
    made = folder(here / "sessions" / "dusk")
    (made / "main.py").write_text("score = nothing\n")
    assert cli.main(["render", "dusk", "--seconds", "1", "--out", str(here / "out")]) == 2
    assert "main.py:1" in capsys.readouterr().err
    assert cli.main(["play", "dsuk"]) == 2
    assert "Nearest: dusk." in capsys.readouterr().err


# --- a new one -------------------------------------------------------------------------


def test_a_new_session_is_complete_and_says_the_next_line_to_type(here, capsys):
    assert cli.main(["new", "dusk"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Next: antiphon play dusk"
    made = here / "dusk"
    assert sorted(p.name for p in made.iterdir()) == ["corpus", "main.py", "map", "scenes", "session.toml"]
    compile((made / "main.py").read_text(), "main.py", "exec")
    assert Session.find("dusk").folder == made


def test_every_line_of_a_new_session_toml_is_a_setting_once_its_hash_is_gone(here):
    from live.room import room_of
    from live.settings import load

    made = Session.new("dusk")
    said: list[str] = []
    assert load({}, made.folder, {}, here / "none.toml").warnings == ()
    text = (made.folder / "session.toml").read_text()
    lines = [line.removeprefix("# ") for line in text.splitlines() if not line.startswith("# How")]
    (made.folder / "session.toml").write_text("\n".join(lines))
    settings, room = room_of({}, made.folder, said.append, {}, here / "none.toml")
    assert said == []
    assert (settings.tempo, settings.quant, settings.device) == (96.0, "bar", "null")
    assert (room.outputs["rear"], room.inputs) == ((2, 3), {"guitar": 0})
    assert settings.tables["open"]["hours"] == "10:00-18:00"


def test_a_new_session_elsewhere_is_played_by_its_path(here, capsys):
    assert cli.main(["new", "my dusk", "--in", str(here / "far")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f'Next: antiphon play "{here / "far" / "my dusk"}"'


def test_what_is_there_is_never_overwritten(here, capsys):
    made = Session.new("dusk")
    (made.script).write_text("mine")
    Session.new("dusk-2")
    assert cli.main(["new", "dusk"]) == 2
    assert capsys.readouterr().err == f"antiphon: {here / 'dusk'} is there already and stays as it is. Nearest free name: dusk-3.\n"
    assert made.script.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "hint"), [("a/b", "b"), ("..", ""), ("dusk.py", "dusk"), ("-x", "x"), ('a"b', "a-b"), ("", ""), ("a\nb", "a-b")]
)
def test_a_name_that_is_none_is_refused_with_the_nearest(here, name, hint):
    with pytest.raises(Sorry) as slip:
        Session.new(name)
    assert str(slip.value).endswith(f" make one. Nearest: {hint}." if hint else " make one.")
    assert list(here.iterdir()) == []


def test_a_new_session_where_nobody_may_write_is_one_line(here):
    (here / "file").write_text("")
    with pytest.raises(Sorry, match=r"cannot be made: .*Choose another folder with --in\."):
        Session.new("dusk", here / "file")


def test_a_new_session_sounds_at_once(here):
    pytest.importorskip("live.reading")
    from live.naming import score_of
    from live.reading import Reader
    from live.room import Room

    reader = Reader(Session.new("dusk").folder)
    try:
        reading = reader.read("main.py")
    finally:
        reader.close()
    assert reading.mistake is None
    score = score_of(reading.page, room=Room.usual(2))
    assert {"rain", "dusk"} <= set(score.places)
    assert any(send.gain == 1.0 for send in score.sends)


def test_a_sound_of_the_session_is_found_before_a_bundled_one(here):
    pytest.importorskip("live.reading")
    from live.reading import Reader
    from live.room import Room

    made = Session.new("dusk")
    own = made.corpus / "rain on tin.wav"
    own.write_bytes(b"RIFF")
    made.script.write_text('from live import *\nrain = clip("rain on tin")\nbell = clip("low bell")\nout.stage = rain + bell\n')
    reader = Reader(made.folder)
    reader.room = Room(2, {"stage": (0, 1)}, folders=made.folders)
    try:
        reading = reader.read("main.py")
    finally:
        reader.close()
    assert reading.mistake is None
    assert reading.page.names["rain"].settings["file"] == str(own.resolve())
    assert reading.page.names["bell"].settings["file"] == "low bell"


# --- what a crash cut short ------------------------------------------------------------

ONE = Score({"a": Node("tone", controls={"freq": 220.0})}, (Send("a"),), tempo=90)


def played(take: Path, count: int = 40, end: bool = False) -> Path:
    """A journal as a core writes it: scores, knobs and a state line now and then."""
    take.mkdir(parents=True)
    rng, score, frame = random.Random(7), Score(), 0
    book = Journal(take / "journal.jsonl")
    book.write("begin", 0, rate=48000, ins=0, outs=2, seed=1, ceiling=-1.0, lookahead=64)
    for k in range(count):
        frame += rng.randrange(64, 96000)
        node = Node("tone", controls={"freq": 100.0 + k})
        wanted = ONE.with_(places={**score.places, f"p{rng.randrange(9)}": node, "a": ONE.places["a"]}, tempo=rng.choice([90, 120]))
        plan = compare(score, wanted)
        book.plan(frame, plan, wanted, 0.05, number=k + 1)
        score = wanted
        book.write("knob", frame + 10, knob=rng.randrange(4), value=rng.random())
        if k % 16 == 9:
            book.state(frame + 20)
    if end:
        book.write("end", frame + 4800)
    book.close()
    return take / "journal.jsonl"


def by_hand(data: bytes) -> tuple[Score, dict[int, float], int]:
    """The last accepted state of a torn journal, the slow and plain way."""
    score, knobs, frame = Score(), {}, 0
    for text in data.split(b"\n"):
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if line["what"] == "plan":
            score = carried(score, plan_from(line["steps"]))
        elif line["what"] == "knob":
            knobs[line["knob"]] = line["value"]
        frame = max(frame, line["frame"])
    return score, knobs, frame


def test_a_journal_torn_at_any_byte_gives_exactly_the_last_whole_accepted_state(tmp_path):
    whole = played(tmp_path / "whole").read_bytes()
    rng = random.Random(3)
    spots = sorted(rng.randrange(whole.index(b"\n", 300) + 600, len(whole)) for _ in range(20))
    for k, spot in enumerate(spots):
        take = tmp_path / f"takes {k}" / "take"
        take.mkdir(parents=True)
        (take / "journal.jsonl").write_bytes(whole[:spot])
        found = last_evening(take.parent)
        assert found is not None
        assert (found.score, found.knobs, found.frame) == by_hand(whole[:spot]), spot
        assert found.take == take


def test_the_bar_of_a_crash_is_counted_through_every_change_of_tempo(tmp_path):
    take = tmp_path / "takes" / "one"
    take.mkdir(parents=True)
    book = Journal(take / "journal.jsonl")
    book.write("begin", 0, rate=48000, ins=0, outs=2, seed=1)
    fast = ONE.with_(tempo=240, bar=3)
    book.plan(0, compare(Score(), ONE.with_(tempo=120)), ONE.with_(tempo=120), 0.05)
    book.plan(4 * 96000, compare(ONE.with_(tempo=120), fast), fast, 0.05)  # 16 beats have passed
    book.write("knob", 4 * 96000 + 9 * 12000, knob=3, value=0.5)  # and nine more
    book.close()
    os.utime(take / "journal.jsonl", (1.8e9, 1.8e9))
    found = last_evening(tmp_path / "takes")
    assert (found.bar, found.beat) == (25 // 3 + 1, 2)
    assert (found.seconds, found.knobs, found.when) == (10.25, {3: 0.5}, 1.8e9)
    assert found.said.endswith("was cut short at 0:10, bar 9: 1 place")


def test_an_evening_that_ended_well_is_not_offered_and_neither_is_what_crashed_before_it(tmp_path):
    old, new = played(tmp_path / "one"), played(tmp_path / "two", end=True)
    os.utime(old, (1e9, 1e9))
    assert last_evening(tmp_path) is None
    assert last_good(tmp_path).take == new.parent
    os.utime(old, (2e9, 2e9))
    assert last_evening(tmp_path).take == old.parent
    assert last_evening(tmp_path, but=old.parent) is None


def test_takes_in_which_nothing_was_played_do_not_count(tmp_path):
    (tmp_path / "log").write_text("")
    assert last_evening(tmp_path) is None
    assert last_evening(tmp_path / "nowhere") is None
    book = played(tmp_path / "one")
    os.utime(book, (1e9, 1e9))
    played(tmp_path / "two", count=0)
    assert last_evening(tmp_path).take == book.parent
    assert evening_of(tmp_path / "two").score == Score()


# --- rendered ----------------------------------------------------------------------------


def test_a_session_renders_by_its_name_in_as_many_channels_as_its_rig_has(here, capsys):
    pytest.importorskip("live.reading")
    import soundfile

    made = Session.new("dusk")
    (made.folder / "session.toml").write_text("tempo = 96\n[rig]\noutputs = { stage = [3, 4], rear = [1, 2] }\n")
    made.script.write_text('from live import *\nbell = clip("low bell")\nout.stage = bell\n')
    assert cli.main(["render", "dusk", "--seconds", "1", "--out", str(here / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["heard"] == ["bell"]
    sound, _ = soundfile.read(here / "out" / "mix.wav", always_2d=True)
    assert sound.shape == (48000, 4)
    assert abs(sound[:, 2:]).max() > 0.01
    assert not sound[:, :2].any()


def test_a_new_session_renders_as_it_is(here, capsys):
    pytest.importorskip("live.reading")
    Session.new("dusk")
    assert cli.main(["render", "dusk", "--seconds", "1", "--out", str(here / "out"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert -40 < told["peak_db"] < 0


def test_a_mistake_in_a_rendered_session_is_one_line_with_its_place(here, capsys):
    pytest.importorskip("live.reading")
    Session.new("dusk").script.write_text('from live import *\nrain = clpi("rain on tin")\n')
    assert cli.main(["render", "dusk", "--seconds", "1", "--out", str(here / "out")]) == 2
    assert capsys.readouterr().err == "antiphon: main.py:2: There is no 'clpi'. Nearest: clip.\n"
    assert not (here / "out").exists()
