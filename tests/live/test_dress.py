"""The dress rehearsal: what could hurt is refused before it lands, with its place and bar; what is good passes."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from live.clock import Clock
from live.core import layout as at
from live.core import written
from live.core.memory import Map
from live.core.offline import Offline
from live.dress import Dress, Verdict
from live.overheard import overheard, stretch
from live.score import Drive, Node, Score, Send
from live.tape import Recorder

RATE, BPM = 48000, 96.0
BAR = 120_000  # frames: four beats at 96
FRAME = 40 * BAR + 777
PLAYS = Clock(RATE, BPM, 4.0, 160.0, float(FRAME))
ODD = """
def odd(x, state=2, mode=Control(0, 0, 3), work=Control(0, 0, 5000)):
    state[0] += 1
    if mode == 1 and state[0] > 250000:
        return math.nan
    if mode == 2 and state[0] > 48000:
        while state[1] < 1e300:
            state[1] += 1.0
    if mode == 3:
        return 0.01 * x + work / 1000
    y = x
    for k in range(int(work)):
        y = math.sin(y + k)
    return y * 0.5
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("stage")


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTIPHON_CACHE", str(tmp_path_factory.mktemp("home")))
        yield f"written:{written.write(ODD)}"


@pytest.fixture(scope="module")
def dress(folder, odd):
    with Dress(RATE, 1, 2, 256, folder, folder / "take", opening=300) as dress:
        dress.warm()
        yield dress


def score(places, gain=0.5, out=""):
    return Score(places, (Send(out or list(places)[-1], 0, 2, gain),), BPM)


def rehearsed(dress: Dress, new: Score, before: Score | None = None, deadline: float = 20.0, **more) -> Verdict:
    ticket = dress.ask(new, before or Score(tempo=BPM), frame=FRAME, clock=PLAYS, deadline=deadline, **more)
    found = dress.answer(ticket, 300)
    assert found
    return found


def test_what_waits_for_keys_is_struck_and_heard(dress) -> None:
    keys = ("keys", 48, 72, "nano", 3)
    fine = rehearsed(dress, score({"x": Node("pluck", settings={"hits": keys})}))
    loud = rehearsed(dress, score({"x": Node("tone", (), {"gain": 2.0}, {"hits": keys})}, gain=8.0))
    assert fine.ok, fine
    assert not loud.ok
    assert "x" in loud.reason


TONE = {"hum": Node("tone", (), {"freq": 220, "gain": 0.5})}
KINDS = [
    {"rain": Node("clip", (), {"rate": 0.5}, {"file": "rain on tin"})},
    {"rain": Node("clip", (), {}, {"file": "rain on tin"}), "dusk": Node("filter", ("rain",), {"cutoff": 900})},
    {
        "l": Node("lfo", (), {"low": 200, "high": 2000}, {"beats": 8.0}),
        "n": Node("noise"),
        "f": Node("filter", ("n",), {"cutoff": Drive("l")}),
    },
    {"bell": Node("clip", (), {}, {"file": "low bell"}), "hall": Node("reverb", ("bell",), {"decay": 0.9})},
    {"bell": Node("clip", (), {}, {"file": "glass"}), "echo": Node("delay", ("bell",), {"feedback": 0.8})},
    {"cloud": Node("grains", (), {"density": 30}, {"file": "breath"})},
    {"in": Node("mic"), "near": Node("compressor", ("in",))},
    {"in": Node("mic"), "wide": Node("pan", ("in",), {"at": Drive("knob:3")})},
    {"a": Node("noise"), "b": Node("smear", ("a",))},
    {"hum": Node("tone", (), {"freq": 55, "gain": 1.0}), "up": Node("gain", ("hum",), {"db": 4})},
]


@pytest.mark.parametrize("gain", [0.3, 0.9])
@pytest.mark.parametrize("places", KINDS, ids=lambda places: ", ".join(node.kind for node in places.values()))
def test_a_good_edit_passes(dress, places, gain):
    found = rehearsed(dress, score(places, gain), knobs={3: 0.7})
    assert (found.ok, found.reason) == (True, "")
    assert found.rendered_seconds == pytest.approx(10.0)
    assert 0 < found.cost < 0.2


def test_not_a_number_is_named_with_its_place_and_bar(dress, odd):
    found = rehearsed(dress, score({**TONE, "worn": Node(odd, ("hum",), {"mode": 1})}))
    assert not found.ok
    assert (found.reason, found.place, found.bar) == ("worn gives what is not a number at bar 3", "worn", 3)


def test_what_was_bad_already_does_not_keep_the_next_edit_away(dress, odd):
    before = score({**TONE, "worn": Node(odd, ("hum",), {"mode": 1})})
    found = rehearsed(dress, before.with_(places={**before.places, "rain": KINDS[0]["rain"]}), before)
    assert found.ok
    assert found.note == "worn gives what is not a number, as it does now"


def test_far_over_the_ceiling_is_refused_with_a_level_that_fits(dress):
    places = {**TONE, "bass": Node("tone", (), {"freq": 70, "gain": 1.0})}
    new = Score(places, (Send("bass", 0, 2, 10.0), Send("hum", 0, 2, 0.3)), BPM)
    found = rehearsed(dress, new)
    assert found.reason == "the stage would be 21 dB over the ceiling at bar 1; bass is the loudest: 0.8 * bass would fit"
    assert (found.place, found.bar) == ("bass", 1)
    assert rehearsed(dress, new.with_(sends=(Send("bass", 0, 2, 0.8), Send("hum", 0, 2, 0.3)))).ok
    assert rehearsed(dress, new.with_(places={**places, "new": Node("noise")}), new).ok  # it is no louder than now


def test_direct_current_is_refused_at_a_place_and_as_a_sum(dress, odd):
    found = rehearsed(dress, score({**TONE, "flat": Node(odd, ("hum",), {"mode": 3, "work": 400})}))
    assert (found.reason, found.place) == ("flat gives direct current at bar 1", "flat")
    little = Node(odd, ("hum",), {"mode": 3, "work": 80})
    both = Score({**TONE, "a": little, "b": little}, (Send("a"), Send("b")), BPM)
    assert rehearsed(dress, both.with_(sends=(Send("a"),))).ok
    assert rehearsed(dress, both).reason == "output 1 would carry direct current at bar 1"
    assert rehearsed(dress, both.with_(tempo=BPM + 1), both).ok  # it does so now


def test_what_takes_too_much_of_a_core_is_refused(dress, odd):
    found = rehearsed(dress, score({**TONE, "worn": Node(odd, ("hum",), {"work": 300})}), bars=1)
    assert found.reason.startswith("worn would take ")
    assert found.reason.endswith("% of a core by itself: it is too slow")
    crowd = {f"hall{k}": Node("smear", ("hum",), {}, {"size": 8192, "hop": 64}) for k in range(40)}
    found = rehearsed(dress, Score({**TONE, **crowd}, tuple(Send(name, gain=0.01) for name in crowd), BPM), deadline=2.0)
    assert not found.ok
    assert "of a core; smear hall" in found.reason
    assert found.cost > 0.5


def test_a_loop_without_an_end_is_ended_and_the_next_rehearsal_works(dress, odd):
    found = rehearsed(dress, score({**TONE, "worn": Node(odd, ("hum",), {"mode": 2})}), deadline=1.0)
    assert (found.ok, found.reason) == (False, "the rehearsal did not end in 1 s")
    assert 1.0 <= found.took < 4.0
    assert rehearsed(dress, score(TONE)).ok


def test_an_engine_is_left_out_and_that_is_said(dress):
    found = rehearsed(dress, score({**TONE, "ice": Node("freeze", ("hum",))}))
    assert (found.ok, found.note) == (True, "without its engine: freeze")
    assert rehearsed(dress, score({**TONE, "ice": Node("freeze", ("hum",))}, 8.0)).place == "ice"  # what it hears goes through
    assert "no control 'holt'. Nearest: hold" in rehearsed(dress, score({"ice": Node("freeze", (), {"holt": 1})})).reason


def test_a_missing_file_is_refused_before_it_reaches_the_stage(dress):
    found = rehearsed(dress, score({"rain": Node("clip", (), {}, {"file": "rain on tim"})}))
    assert found.reason.startswith("rain: there is no sound 'rain on tim' in ")
    assert found.reason.endswith("Nearest: rain on tin.flac")
    assert found.place == "rain"


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_a_room_that_is_killed_is_opened_again_and_nobody_notices(dress):
    assert rehearsed(dress, score(TONE)).ok
    child = dress.child.process.pid
    os.kill(child, signal.SIGSTOP)  # so that it dies in the middle
    ticket = dress.ask(score(TONE), Score(tempo=BPM), frame=FRAME, clock=PLAYS, deadline=20.0)
    os.kill(child, signal.SIGKILL)
    found = dress.answer(ticket, 60)
    assert (found.ok, found.note) == (True, "")
    assert dress.child.process.pid != child


def test_a_room_that_does_not_open_refuses_nothing(folder, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Dress(RATE, 1, 2, 256, folder, folder) as dress:
        found = rehearsed(dress, score(TONE))
    assert found.ok
    assert found.note.startswith("not rehearsed: ")


def test_what_stays_is_as_old_as_it_will_be(dress):
    bell = {"bell": Node("clip", (), {"gain": 4}, {"file": "low bell", "loop": False})}
    before = score(bell, 0.1)
    over = {"bell": FRAME - 100 * RATE}  # it has rung out by now
    assert rehearsed(dress, score(bell, 16.0), before, born=over).ok
    assert "bell is the loudest" in rehearsed(dress, score(bell, 16.0), before, born={}).reason


def test_asking_does_not_wait_and_what_nobody_waits_for_makes_room(dress):
    tickets = [dress.ask(score(TONE, 0.1 * k), Score(tempo=BPM), frame=FRAME, clock=PLAYS, bars=12) for k in range(1, 5)]
    assert tickets[-1].verdict is None
    for ticket in tickets[:-1]:
        dress.drop(ticket)
    assert dress.answer(tickets[-1], 60).ok
    assert not any(ticket.verdict.ok for ticket in tickets[1:-1])


def record(folder: Path, heard: np.ndarray, began: int) -> None:
    """What the inputs heard from that frame on, as the recorder keeps it."""
    folder.mkdir()
    tape = Map(folder / "tape.map", at.tape(32), create=True)
    core = Offline(RATE, 2, ins=len(heard), block=4096, tape=tape)
    core.stand.clock[at.C_FRAME] = began
    tape.head[at.P_BEGAN] = tape.head[at.P_WRITTEN] = began
    core.stand._fixed_tracks()
    recorder = Recorder(folder, folder, seconds=2.0)
    for k in range(0, heard.shape[1], 96_000):
        core.run(min(96_000, heard.shape[1] - k), heard[:, k : k + 96_000])
        recorder.step()
    recorder.close()
    tape.close()


def test_the_last_bars_are_heard_on_their_beats(tmp_path):
    began = FRAME - 6 * BAR - 5000
    heard = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 6 * BAR)).astype(np.float32)
    record(tmp_path / "take", heard, began)
    for _ in range(2):  # with what only the core's tape still holds, and from the reels alone
        found, real = overheard(tmp_path / "take", tmp_path / "take", 2, RATE, frame=FRAME, frames=4 * BAR, bar=float(BAR))
        assert real
        assert np.array_equal(found, heard[:, 5000 + BAR :][:, : 4 * BAR])
        (tmp_path / "take" / "tape.map").unlink(missing_ok=True)
    assert not overheard(tmp_path, tmp_path, 2, RATE, frame=FRAME, frames=100, bar=float(BAR))[1]


def test_where_less_was_recorded_whole_bars_come_again():
    assert stretch(0, 1000, 1050, 400, 100.0) == (550, 400)
    assert stretch(0, 260, 1050, 400, 100.0) == (50, 200)
    assert stretch(0, 60, 1050, 400, 100.0) == (0, 60)


def test_an_edit_that_is_too_loud_only_for_what_is_really_played_is_refused(dress, folder):
    near = {"near": Node("mic"), "lifted": Node("gain", ("near",), {"db": 18})}
    quiet = rehearsed(dress, score(near, 1.0))
    assert (quiet.ok, quiet.note) == (True, "nothing was heard at the inputs yet: low noise instead")
    loud = 0.6 * np.sin(np.arange(4 * BAR) / 30)[None].astype(np.float32)
    record(folder / "take", loud, FRAME - 4 * BAR - 3000)
    found = rehearsed(dress, score(near, 1.0))
    shutil.rmtree(folder / "take")
    assert found.reason.startswith("the stage would be 15 dB over the ceiling at bar 1; lifted is the loudest: 0.1 * lifted would fit")
