"""A turned knob, from its store to the sample it changes; knobs with names; a take with hands played again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from live.bounce import bounce
from live.core import layout as at
from live.core.check import Refusal
from live.core.deeds import Deeds
from live.core.lanes import CATCH, GATE, LOW7, SCALE
from live.core.offline import Offline
from live.journal import Journal, fingerprint, last_known
from live.knobs import at_rest, claim, name_of, number_of
from live.plan import compare
from live.replay import played
from live.score import Drive, Node, Score, Send
from tests.live.wires import at_frame, hear, lay

STEADY = np.full((1, 9600), 0.25, np.float32)


def level(source: str) -> Score:
    """The input, as loud as a knob says."""
    return Score({"in": Node("mic"), "level": Node("gain", ("in",), {"gain": Drive(source, 2.0)})}, (Send("level", 0, 1),))


@pytest.mark.parametrize("source", ["knob:7", "knob:cutoff"])
def test_a_message_is_heard_at_its_very_sample(source):
    core = Offline(48000, 1, ins=1, lookahead=1)
    core.play(level(source), fade=0.001)
    number = core.conductor.claim(source[5:])
    core.stand.hands["lanes"][7, 1] = number
    core.stand.knobs[number] = 0.25
    core.run(9600, STEADY)
    at_frame(core, core.frame, 0xB0, 7, 32)  # the hand comes near, and has it
    core.run(2400, STEADY[:, :2400])
    for after, value in ((777, 90), (1024, 10), (1601, 127)):
        at_frame(core, core.frame + after, 0xB0, 7, value)
        sound = core.run(4800, STEADY[:, :4800])[0]
        moved = np.flatnonzero(np.abs(np.diff(sound)) > 1e-6)
        assert moved[0] + 1 == after + 1  # one frame of lookahead


def test_two_knobs_side_by_side_do_not_touch_each_other():
    core = Offline(48000, 2)
    places = {n: Node("tone", controls={"gain": Drive(f"knob:{k}")}) for n, k in (("a", 1), ("b", 2))}
    core.play(Score(places, (Send("a", 0, 1), Send("b", 1, 1))), fade=0.001)
    core.stand.knobs[1] = 1.0
    sound = core.run(9600)
    assert np.abs(sound[0]).max() > 0.8
    assert not sound[1].any()


# --- names ----------------------------------------------------------------------------


@given(some.lists(some.text(max_size=70), max_size=30))
def test_two_names_never_share_a_knob_and_a_name_keeps_its_own(names):
    table = np.zeros(at.KNOBS, "S64")
    found = {name: claim(table, name) for name in names}
    for name, number in found.items():
        if number is None:
            assert number_of(table, name) is None
        elif number >= at.NAMED:
            assert name_of(table, number) == name
            assert claim(table, name) == number == number_of(table, name)
    named = [number for name, number in found.items() if number is not None and number_of(np.zeros_like(table), name) is None]
    assert len(named) == len(set(named))
    assert all(at.NAMED <= number < at.KNOBS for number in named)


def test_when_all_names_are_taken_the_next_is_refused_in_one_line():
    core = Offline(48000, 1)
    for number in range(at.KNOBS - at.NAMED):
        core.conductor.claim(f"knob {number}")
    with pytest.raises(Refusal, match="512 knobs with names, and they are taken"):
        core.play(Score({"a": Node("tone", controls={"gain": Drive("knob:one more")})}))
    core.play(Score({"a": Node("tone", controls={"gain": Drive("knob:knob 7")})}))


@pytest.mark.parametrize("name", ["", " cutoff", "a\0b", "x" * 64, "\ud800"])
def test_what_cannot_be_told_apart_is_no_name(name):
    with pytest.raises(Refusal, match="a knob's name"):
        Offline(48000, 1).play(Score({"a": Node("tone", controls={"gain": Drive(f"knob:{name}")})}))


def test_a_knob_stands_where_it_is_told_before_anybody_hears_it():
    core = Offline(48000, 1, ins=1, lookahead=1)
    core.conductor.claim("fader", 0.3)
    core.play(level("knob:fader"), fade=0.001)
    sound = core.run(4800, STEADY[:, :4800])[0]
    assert np.allclose(sound[200:], 0.15)
    assert at_rest("bend") == at_rest("nano/bend") == at_rest("key bend") == 0.5
    assert not at_rest("cutoff")


def test_a_journal_keeps_the_names_even_of_a_torn_evening(tmp_path):
    book = Journal(tmp_path / "journal.jsonl")
    book.write("begin", 0)
    book.write("named", 5, knob=512, name="cutoff", value=0.25)
    book.state(9)
    book.write("named", 10, knob=513, name="bend", value=0.5)
    book.close()
    past = last_known(book.path)
    assert past.names == {512: "cutoff", 513: "bend"}
    assert past.knobs == {512: 0.25, 513: 0.5}


# --- again ----------------------------------------------------------------------------


def performance(path, seed: int) -> tuple[np.ndarray, int]:
    """Hands of all kinds on a piece, put down as the core puts it down."""
    rng, core, book = np.random.default_rng(seed), Offline(48000, 2, seed=1), Journal(path)
    deeds = Deeds(core.stand)
    core.conductor.named = lambda number, name, value: book.write("named", core.frame, knob=number, name=name, value=value)
    book.write("begin", 0, rate=48000, ins=0, outs=2, seed=1, ceiling=-1.0, lookahead=64)
    places = {
        "a": Node("tone", controls={"freq": Drive("knob:cutoff", 600, 200), "gain": Drive("knob:7", 0.3)}),
        "slow": Node("lfo", controls={"rate": Drive("knob:8", 20, 1)}),
        "b": Node("tone", controls={"freq": 330.0, "gain": Drive("knob:pad 36", 0.3)}),
    }
    score = Score(places, (Send("a", 0, 1, Drive("slow", 0.5, 0.5)), Send("b", 1, 1)))
    core.play(score, fade=0.01)
    core.conductor.armed.done = lambda frame: book.plan(frame, compare(Score(), score), score, 0.01, armed=0)
    lay(core, 2000, 4, core.conductor.claim("cutoff"), (1, 0), (33, LOW7), takeover=SCALE)
    lay(core, 2001, GATE, core.conductor.claim("pad 36"), (128 + 36, 0))
    lay(core, 2002, 0, 7, (7, 0), takeover=CATCH)
    sound = []
    for _ in range(60):
        for frame in sorted(rng.integers(core.frame, core.frame + 2048, int(rng.integers(0, 12)))):
            number = int(rng.choice([1, 7, 8, 33]))
            told = (0xB0, number, int(rng.integers(0, 128))) if rng.random() < 0.7 else (0x90, 36, int(rng.integers(0, 128)))
            at_frame(core, int(frame), *told)
        if rng.random() < 0.3:  # the page moves it, too
            core.stand.knobs[7] = rng.random()
        if rng.random() < 0.3:
            hear(core, 0xB0, 7, int(rng.integers(0, 128)))
        sound.append(core.run(2048))
        deeds.put_down(book)
    book.write("end", core.frame)
    book.close()
    return np.concatenate(sound, axis=1), core.frame


@pytest.mark.parametrize("seed", [1, 2])
def test_a_take_with_hands_comes_out_sample_for_sample(tmp_path, seed):
    import soundfile

    path = tmp_path / "journal.jsonl"
    live, frames = performance(path, seed)
    take = played(path)
    slow = [cue for cue in take.cues if cue.over > 0]
    assert len(slow) > 5  # takeovers there were
    bounce(
        take.cues, frames / 48000, tmp_path, channels=2, seed=1, names=take.names, journal=tmp_path / "again.jsonl", block=64 * seed
    )  # fmt: skip
    again, _ = soundfile.read(tmp_path / "mix.wav", dtype="float32")
    assert np.array_equal(live.T, again)
    assert np.abs(live).max() > 0.05
    assert fingerprint(path) == fingerprint(tmp_path / "again.jsonl")


def test_a_take_is_changed_by_a_knobs_name():
    from live.change import changed
    from live.cli import Sorry
    from live.cue import Cue

    names = {512: ("cutoff", 0.25), 513: ("bend", 0.5)}
    cues = [Cue(0, (512, 0.5)), Cue(100_000, (513, 0.9)), Cue(150_000, (512, 0.7))]
    found = changed(
        cues, ["knob cutoff = 0.1 from bar 2 to bar 3", "knob bend = 0 from bar 1 to bar 2"], rate=48000, last=400_000, names=names
    )
    assert [(cue.frame, *cue.what) for cue in found] == [
        (0, 513, 0.0),
        (0, 512, 0.5),
        (96000, 513, 0.5),
        (96000, 512, 0.1),
        (100000, 513, 0.9),
        (192000, 512, 0.7),
    ]
    with pytest.raises(Sorry, match="no knob 'cutof'. Nearest: cutoff"):
        changed(cues, ["knob cutof = 0.1"], rate=48000, last=400_000, names=names)
