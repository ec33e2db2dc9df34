"""why(rain) names the reason and the cure; latency() adds up what the core's own kinds say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from live import words
from live.clock import Clock
from live.core import kinds as core_kinds
from live.core import layout as at
from live.edits import Edit, State
from live.ledger import late
from live.naming import score_of
from live.room import Room
from live.values import Number
from live.vocabulary import core_words
from live.whys import ledger, reasons

RAIN = 'rain = clip("rain on tin")\n'


def desk_of(
    text: str, *, peaks: dict[str, float] | None = None, bad: dict[str, str] | None = None, ins: int = 2, outs: int = 4, **state: Any
) -> SimpleNamespace:
    """A desk on which a script plays, its stage a stand-in that says what it is told to."""
    room = Room.usual(outs, ins)
    page, scope = words.begin(room), words.namespace()
    exec(text, scope)
    words.finish(page, {name: value for name, value in scope.items() if name not in words.namespace()})
    score = replace(score_of(page, room=room), **state)
    levels = dict.fromkeys(score.places, 0.25) | (peaks or {})
    cells = np.zeros(64, np.int64)
    cells[[at.C_LAT_IN, at.C_LAT_OUT, at.C_BLOCK, at.C_LOOKAHEAD]] = 480, 960, 256, 64
    stage = SimpleNamespace(
        meters=lambda: [SimpleNamespace(name=name, peak=peak, bad=(bad or {}).get(name, "")) for name, peak in levels.items()],
        panicked=False, frame=96000, clock=Clock(), knobs=np.zeros(1024), stands=lambda which: 0.0, core=SimpleNamespace(clock=cells), score=score,
        folder=Path("nowhere"), rig=SimpleNamespace(rate=48000, take="nowhere", seed=0, record=True, ins=ins),
    )  # fmt: skip
    hand = SimpleNamespace(state=State(page, Edit(), score), flights={}, busy="")
    return SimpleNamespace(stage=stage, hand=hand, held=False, session=None, room=room)


def why(desk: SimpleNamespace, name: str) -> str:
    found = desk.hand.state.page.names[name]
    return "\n".join(reasons(desk, found.mover if isinstance(found, Number) else found))


def test_what_is_heard_says_through_whom_where_and_how_loud():
    desk = desk_of(RAIN + "dusk = filter(rain)\nout.stage = 0.5 * dusk\nout.rear = rain")
    assert why(desk, "rain").splitlines() == [
        "rain is heard: -12 dB now", "  rain -> out.rear (loudspeakers 3, 4)", "  rain -> dusk -> out.stage (loudspeakers 1, 2) at 0.5",
    ]  # fmt: skip


def test_outputs_that_share_their_loudspeakers_are_told_apart():
    desk = desk_of(RAIN + "bell = tone()\nout.stage = bell\nout.rear = rain", outs=2)
    assert "  rain -> out.rear (loudspeakers 1, 2)" in why(desk, "rain")
    assert "  bell -> out.stage (loudspeakers 1, 2)" in why(desk, "bell")


def test_loudspeakers_by_number_are_told_by_number():
    assert "  rain -> out[3, 4] at 0.5" in why(desk_of(RAIN + "out[3, 4] = 0.5 * rain"), "rain")


def test_levels_along_the_way_are_multiplied():
    desk = desk_of(RAIN + "soft = 0.5 * rain\ndusk = filter(soft)\nout.stage = 0.5 * dusk")
    assert "rain -> soft -> dusk -> out.stage (loudspeakers 1, 2) at 0.25" in why(desk, "rain")


@pytest.mark.parametrize(
    ("text", "name", "said", "how"),
    [
        (RAIN, "rain", "nothing goes to the loudspeakers: out.stage = rain", {}),
        (RAIN + "bell = tone(440)\nout.stage = bell", "rain", "nothing hears it. out.stage = rain", {}),
        (RAIN + "dusk = filter(rain)\nbell = tone()\nout.stage = bell", "rain", "dusk hears it, but does not reach a loudspeaker: out.stage = dusk", {}),
        (RAIN + "out.stage = rain", "rain", "it is muted. unmute(rain)", {"muted": frozenset({"rain"})}),
        (RAIN + "dusk = filter(rain)\nout.stage = dusk", "dusk", "it hears rain, which is muted. unmute(rain)", {"muted": frozenset({"rain"})}),
        (RAIN + "bell = tone()\nout.stage = rain + bell", "rain", "bell is soloed. solo()", {"soloed": frozenset({"bell"})}),
        (RAIN + "dusk = filter(rain)\nout.stage = dusk", "dusk", "rain went bad (not a number) and is kept out. undo()", {"bad": {"rain": "not a number"}}),
        (RAIN + "out.stage = rain * knob(21)", "rain", "its level out follows knob(21), which stands at 0. turn(21, 0.5)", {}),
        (RAIN + "soft = knob(3) * rain\nout.stage = soft", "rain", "the gain follows knob(3), which stands at 0. turn(3, 0.5)", {}),
        (RAIN + 'out.stage = rain * knob("near")', "rain", 'its level out follows knob("near"), which stands at 0. turn("near", 0.5)', {}),
        (RAIN + "out.stage = rain * pad(36)", "rain", 'its level out follows pad(36), which stands at 0. turn("pad 36", 0.5)', {}),
        (RAIN + "off = 0.0 * rain\nout.stage = off", "rain", "the gain is 0: give it a number above 0", {}),
        ('rain = clip("rain on tin", gain=0)\nout.stage = rain', "rain", "gain is 0: nothing comes out. rain.gain = 1", {}),
        (RAIN + "hall = reverb(rain, mix=0)\nout.stage = hall", "hall", "mix is 0: only what it hears is heard, not what it does. hall.mix = 0.3", {}),
        (RAIN + "dusk = filter(rain, cutoff=knob(5))\nout.stage = dusk", "dusk", "cutoff follows knob(5), which stands at 0. turn(5, 0.5)", {}),
        ('rain = clip("rain on tin", loop=False)\nout.stage = rain', "rain", "it was played once and has ended", {"peaks": {"rain": 0.0}}),
        ('rain = clip("rain on tin", hits="x---")\nout.stage = rain', "rain", "it waits for its hits: 'x---'", {"peaks": {"rain": 0.0}}),
        ('rain = clip("rain on tin", hits="----")\nout.stage = rain', "rain", "its rhythm has no hits", {"peaks": {"rain": 0.0}}),
        ('wire = pluck(hits=key("c3"))\nout.stage = wire', "wire", 'it waits to be played: hits=key("c3")', {"peaks": {"wire": 0.0}}),
        ("wire = pluck()\nout.stage = wire", "wire", 'nobody strikes it. wire = pluck(hits=seq("x-o-"))', {"peaks": {"wire": 0.0}}),
        ("voice = mic(2)\nout.stage = voice", "voice", "input 2 is silent", {"peaks": {"voice": 0.0}}),
        (RAIN + "dusk = filter(rain)\nout.stage = dusk", "dusk", "it hears rain, which is silent, too: why(rain)", {"peaks": {"rain": 0.0, "dusk": 0.0}}),
        (RAIN + "dusk = pan(filter(rain))\nout.stage = dusk", "dusk", "it hears rain, which is silent, too: why(rain)", {"peaks": {"rain": 0.0, "dusk": 0.0, "dusk/filter": 0.0}}),
        (RAIN + "slow = lfo(200, 2000)\ndusk = filter(rain, cutoff=slow)\nout.stage = dusk", "slow", "slow is a number that moves: it turns dusk.cutoff", {}),
    ],
)  # fmt: skip
def test_each_reason_comes_with_its_cure(text: str, name: str, said: str, how: dict[str, Any]):
    assert said in why(desk_of(text, **how), name)


def test_soloing_who_hears_a_place_lets_it_be_heard():
    desk = desk_of(RAIN + "dusk = filter(rain)\nout.stage = dusk", soloed=frozenset({"dusk"}))
    assert why(desk, "rain").startswith("rain is heard")


def test_muting_a_way_out_is_muting_the_place():
    text = "hum = tone(220)\nout.stage = hum"  # one channel on two loudspeakers: it is folded
    muted = desk_of(text, muted=frozenset({"out.stage/hum"}))
    assert "it is muted. unmute(hum)" in why(muted, "hum")
    assert "muted" not in why(desk_of(text), "hum")


def test_panic_and_hush_are_named_first():
    desk = desk_of(RAIN + "out.stage = rain")
    desk.stage.panicked = True
    assert why(desk, "rain").splitlines()[1] == "panic() holds: nothing at all is heard. go() opens it"
    hushed = desk_of(RAIN + "out.stage = None")
    assert "everything is hushed. undo() brings it back" in why(hushed, "rain")


def test_a_place_on_its_way_says_when_it_lands():
    desk = desk_of(RAIN + "out.stage = rain")
    desk.hand.flights[1] = SimpleNamespace(plan=(SimpleNamespace(name="rain"),), frame=96000 * 2)
    assert "it lands at bar 3, beat 1" in why(desk, "rain")


def test_an_engine_whose_worker_has_made_nothing_yet_is_loading(tmp_path):
    import hashlib

    desk = desk_of(RAIN + "held = freeze(rain)\nout.stage = held")
    desk.stage.folder = tmp_path
    head = np.zeros(64, np.int64)
    head[[at.R_STATE, at.R_START, at.R_WRITTEN]] = 1, 100, 100
    head.tofile(tmp_path / "ring-a.map")
    seed = int.from_bytes(hashlib.blake2s(b"0/held", digest_size=6).digest(), "little")
    (tmp_path / "want-a.json").write_text(json.dumps({"seed": seed, "ring": str(tmp_path / "ring-a.map")}))
    assert "held is still loading (freeze)" in why(desk, "held")
    head[at.R_WRITTEN] = 5000
    head.tofile(tmp_path / "ring-a.map")
    assert "loading" not in why(desk, "held")


def test_it_says_since_when_and_by_what(tmp_path):
    from live.journal import Journal
    from live.plan import compare
    from live.score import Score

    desk = desk_of(RAIN + "out.stage = rain")
    desk.stage.rig.take = str(tmp_path)
    journal = Journal(tmp_path / "journal.jsonl")
    score = desk.hand.state.score
    journal.plan(48000, compare(Score(), score), score, 0.05)
    journal.close()
    desk.hand.state = replace(desk.hand.state, edit=Edit(texts={"rain": 'rain = clip("rain on tin")'}))
    assert why(desk, "rain").endswith('  there since bar 1, beat 3, 1 s ago; typed: rain = clip("rain on tin")')


# --- the ledger -----------------------------------------------------------------------------------


def test_every_kind_is_as_late_as_the_core_says():
    said = core_words()
    for word, kind in core_kinds.kinds().items():
        if word not in said or word == "ring":
            continue
        for settings in ({}, {"size": 1024, "hop": 128}) if "hop" in kind.settings else ({},):
            exact = kind.latency({**kind.settings, **settings}, 44100) if kind.latency else 0
            assert said[word].latency(settings, 44100) == exact, word


def test_an_engine_is_as_late_as_its_ring_says():
    from engines.catalogue import catalogue
    from live.core.sources.ring import kind_of
    from live.vocabulary import vocabulary

    found = catalogue()
    for word, one in found.items():
        kind = kind_of(one)
        for block in (64, 1024):
            exact = kind.latency({**kind.settings, "block": block}, 48000)
            assert vocabulary()[word].latency({}, 48000, block) == exact, word
    assert vocabulary()["freeze"].latency({}, 48000) > 0


def test_the_ways_from_an_input_add_up():
    desk = desk_of("voice = mic(1)\nworn = smear(voice, size=1024)\nout.stage = worn\nout.rear = voice")
    said = ledger(desk)
    assert late(desk.hand.state.score, 48000, 256) == {"worn": 1024}
    assert [line for line in said if "->" in line] == [
        f"  voice -> out.rear (loudspeakers 3, 4): {1000 * (480 + 960 + 64) / 48000:.1f} ms",
        f"  voice -> worn -> out.stage (loudspeakers 1, 2): {1000 * (480 + 960 + 64 + 1024) / 48000:.1f} ms",
    ]
    assert "what the driver says" in said[0]
    assert "10.0 ms" in said[0]


def test_a_place_that_is_reached_on_two_ways_says_the_quickest_and_the_slowest():
    desk = desk_of("voice = mic(1)\nworn = smear(voice)\nboth = voice + worn\nout.stage = both")
    ways = [line for line in ledger(desk) if "->" in line]
    assert len(ways) == 2
    assert "31.3 ms" in ways[0]
    assert "74.0 ms" in ways[1]


def test_a_driver_that_says_nothing_is_not_believed():
    desk = desk_of("voice = mic(1)\nout.stage = voice")
    desk.stage.core.clock[[at.C_LAT_IN, at.C_LAT_OUT]] = 0
    said = "\n".join(ledger(desk))
    assert "the driver says nothing" in said
    assert f"voice -> out.stage (loudspeakers 1, 2): {1000 * (256 + 64) / 48000:.1f} ms" in said


def test_without_an_input_the_ledger_says_so():
    assert "No input is on its way" in ledger(desk_of(RAIN + "out.stage = rain"))[-1]
