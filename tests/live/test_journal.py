"""The journal survives whatever happens to it, and says of a performance what it was."""

from __future__ import annotations

import errno
import json
import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live.cue import Again, Gate
from live.journal import STATE_EVERY, Journal, Past, fingerprint, last_known, last_state, read
from live.plan import compare
from live.replay import played
from live.score import Drive, Node, Score, Send


def scores(count):
    """A performance: one edit after another."""
    score = Score()
    for k in range(count):
        name = f"p{k % 7}"
        places = {key: node for key, node in score.places.items() if key != name}
        if k % 3:
            places[name] = Node("clip" if k % 2 else "noise", controls={"gain": k / 100 if k % 5 else Drive("knob:3")})
        sends = tuple(Send(key, gain=0.5) for key in places)
        score = Score(places, sends, 90.0 + k % 4, muted=frozenset(list(places)[:1]) if k % 4 == 0 else frozenset())
        yield score


def performed(path, count, **begin):
    """That performance in a journal; after each line, its size and what is so."""
    book, now, told = Journal(path), Score(), []
    book.write("begin", 0, **{"rate": 48000, "ins": 0, "outs": 2, "seed": 1, **begin})
    for k, score in enumerate(scores(count), 1):
        book.plan(100 * k, compare(now, score), score, 0.05, number=1000 + k)
        now = score
        told.append((path.stat().st_size, now, dict(book.past.born), 100 * k))
        book.write("knob", 100 * k + 10, knob=k % 5, value=k / 1000)
    book.close()
    return told


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A journal with a few state lines in it."""
    path = tmp_path_factory.mktemp("book") / "journal.jsonl"
    return path, performed(path, 300), path.read_bytes()


def test_a_journal_torn_at_any_byte_knows_the_last_plan_that_landed_whole(book, tmp_path):
    _, told, whole = book

    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, len(whole)))
    def torn_at(cut):
        is_whole_up_to(cut, told, whole, tmp_path / "torn.jsonl")

    for cut in [told[k][0] - back for k in (0, 1, 63, 64, 299) for back in (0, 1, 2)]:  # at the very ends of lines
        is_whole_up_to(cut, told, whole, tmp_path / "torn.jsonl")
    torn_at()


def is_whole_up_to(cut, told, whole, torn):
    """Everything that had landed before the cut is known, nothing else, and the next core can go on."""
    torn.write_bytes(whole[:cut])
    there = [state for state in told if _plan_end(whole, state[0]) - 1 <= cut]
    score, born, _ = there[-1][1:] if there else (Score(), {}, 0)
    assert last_state(torn) == (score, born)
    again = Journal(torn, last_known(torn))  # the next core goes on behind the torn line
    again.write("again", 99999)
    again.plan(100000, compare(score, Score(tempo=77.0)), Score(tempo=77.0), 0.05)
    again.close()
    assert last_known(torn).score == Score(tempo=77.0)
    assert last_known(torn).frame == 100000


def _plan_end(whole, size):
    """Where the plan's own line ends: a state line may have come behind it."""
    lines = whole[:size].rstrip(b"\n").split(b"\n")
    return size - (len(lines[-1]) + 1 if lines[-1].startswith(b'{"what":"state"') else 0)


def test_what_is_read_from_the_end_is_what_is_read_from_the_start(book):
    path, told, _ = book
    slow = Past()
    for line in read(path):
        if line["what"] != "state":
            slow.read(line)
    quick = last_known(path)
    assert sum(line["what"] == "state" for line in read(path)) >= 300 // STATE_EVERY - 1
    assert (quick.score, quick.born, quick.knobs, quick.frame) == (slow.score, slow.born, slow.knobs, slow.frame)
    assert quick.numbers == slow.numbers == {1000 + k: 100 * k for k in range(45, 301)}


def test_a_long_journal_is_known_quickly(tmp_path):
    path = tmp_path / "journal.jsonl"
    performed(path, 200)
    start, whole = path.read_bytes().split(b"\n", 1)
    knobs = b"".join(b'{"what":"knob","frame":%d,"knob":1,"value":0.5}\n' % k for k in range(100_000))
    path.write_bytes(start + b"\n" + knobs + whole)
    began = time.perf_counter()
    assert last_state(path)[0] == list(scores(200))[-1]
    assert time.perf_counter() - began < 0.3


def test_a_full_disk_is_said_once_and_nothing_is_missing_afterwards(tmp_path, monkeypatch):
    path = tmp_path / "journal.jsonl"
    book, write, room = Journal(path), os.write, [150]

    def narrow(file, data):
        if room[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = write(file, data[: room[0]])
        room[0] -= done
        return done

    monkeypatch.setattr(os, "write", narrow)
    for k in range(20):
        book.write("knob", k, knob=1, value=k / 20)
    assert "no space left on device" in book.trouble
    assert path.read_bytes().endswith(b"\n")
    assert [line["frame"] for line in read(path)] == list(range(len(path.read_bytes().splitlines())))
    room[0] = 1 << 30
    book.flush()
    assert book.trouble == ""
    book.close()
    assert [line["frame"] for line in read(path)] == list(range(20))


def test_equal_performances_have_equal_fingerprints_whenever_they_were(tmp_path):
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    performed(one, 30, started=1.0)
    performed(two, 30, started=2.0)
    performed(three, 29)
    assert fingerprint(one) == fingerprint(two)
    assert fingerprint(one) != fingerprint(three)


def test_where_a_written_treatment_lies_makes_no_other_performance(tmp_path):
    hashes = []
    for home in ("one", "two"):
        path = tmp_path / home / "written" / "grit_0123.py"
        path.parent.mkdir(parents=True)
        path.with_suffix(".txt").write_text("def grit(x): return x")
        book = Journal(tmp_path / home / "journal.jsonl")
        score = Score({"a": Node("tone"), "b": Node(f"written:{path}", ("a",))})
        book.plan(5, compare(Score(), score), score, 0.1)
        book.close()
        hashes.append(fingerprint(book.path))
        (line,) = [line for line in read(book.path) if line["what"] == "written"]
        assert line["text"] == "def grit(x): return x"
    assert hashes[0] == hashes[1]


def test_a_replay_does_everything_when_the_core_did_it(tmp_path):
    path = tmp_path / "journal.jsonl"
    book, score = Journal(path), Score({"a": Node("tone")}, (Send("a"),))
    book.write("begin", 0, rate=48000, ins=1, outs=2, seed=4, ceiling=-3.0, lookahead=64)
    book.plan(24001, compare(Score(), score), score, 0.05, armed=10000)
    book.write("event", 30000, name="a", kind=1, numbers=[220.0], came=29900)
    book.write("gate", 30208, closed=1)
    book.write("again", 51200, died=48640, knobs={"3": 0.5}, tempo=[120.0, 0.0, 0.0, 4.0])
    book.state(51200)
    book.write("end", 60000)
    book.close()
    take = played(path)
    assert take.room == {"rate": 48000, "ins": 1, "outs": 2, "seed": 4, "ceiling": -3.0, "lookahead": 64}
    assert [(cue.frame, cue.lands) for cue in take.cues] == [(10048, 24001), (29952, 30000), (30208, 0), (51200, 51200)]
    assert take.cues[2].what == Gate(True)
    assert take.cues[3].what == Again(48640, score, {"a": 24001}, {3: 0.5}, (120.0, 0.0, 0.0, 4.0))
    assert take.seconds == 60000 / 48000


def test_a_performers_treatment_is_written_again_where_it_never_was(tmp_path, monkeypatch):
    from live.core import cache, written

    monkeypatch.setattr(cache, "home", lambda: tmp_path / "here")
    (tmp_path / "here").mkdir()
    text = "def grit(x, drive=2.0):\n    return x * drive"
    lines = [
        {"what": "begin", "frame": 0, "rate": 48000, "ins": 0, "outs": 2, "seed": 0},
        {"what": "written", "frame": 9, "word": "written:/elsewhere/grit_77.py", "text": text},
    ]
    node = json.dumps({"kind": "written:/elsewhere/grit_77.py", "ins": ["a"]})
    lines.append({"what": "plan", "frame": 9, "fade": 0.1, "steps": [["make", "g", "", 0, 0.0, 0.0, node]]})
    path = tmp_path / "journal.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (cue,) = played(path).cues
    assert cue.what[0].node.kind == f"written:{written.write(text, 'grit')}"
