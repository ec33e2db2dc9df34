"""Old score, new score, the steps between them: as data, as text, and through shared memory and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from live.plan import (
    Drop,
    Hush,
    Make,
    Pace,
    Retune,
    Rewire,
    Route,
    Swap,
    carried,
    compare,
    from_rows,
    rows,
    score_data,
    score_from,
    told,
)
from live.score import Drive, Node, Score, Send

names = some.sampled_from(["guitar", "rain", "worn", "glass", "halo", "l'été", "x"])
numbers = some.floats(-1e6, 1e6, allow_nan=False)
values = numbers | some.builds(Drive, some.sampled_from(["knob:1", "knob:22", "guitar"]), numbers, numbers)
plain = some.integers(-9, 9) | some.booleans() | some.text(max_size=40) | numbers
nodes = some.builds(
    Node,
    some.sampled_from(["tone", "gain", "clip", "written:wow"]),
    some.lists(names, max_size=3).map(tuple),
    some.dictionaries(some.sampled_from(["freq", "gain", "at"]), values, max_size=3),
    some.dictionaries(some.sampled_from(["shape", "file", "steps"]), plain | some.lists(plain, max_size=3), max_size=2),
)
sends = some.builds(Send, names, some.integers(0, 7), some.integers(1, 8), values)
scores = some.builds(
    Score,
    some.dictionaries(names, nodes, max_size=6),
    some.lists(sends, max_size=5).map(tuple),
    some.floats(20, 300),
    some.floats(1, 8),
    some.frozensets(names, max_size=2),
    some.frozensets(names, max_size=2),
)


def whole(score: Score) -> Score:
    """Without sends of what is not there: no such score ever sounds."""
    return score.with_(sends=tuple(send for send in score.sends if send.place in score.places))


@given(scores)
@settings(max_examples=40, deadline=None)
def test_equal_scores_need_no_plan(score: Score) -> None:
    assert compare(score, score) == ()
    assert compare(score, score_from(score_data(score))) == ()


@given(scores, scores)
@settings(max_examples=60, deadline=None)
def test_the_plan_between_two_scores_carries_the_one_to_the_other(old: Score, new: Score) -> None:
    old, new = whole(old), whole(new)
    assert carried(old, compare(old, new)) == new


@given(scores, scores)
@settings(max_examples=60, deadline=None)
def test_a_plan_crosses_shared_memory_unchanged(old: Score, new: Score) -> None:
    plan = compare(old, new)
    lines = list(rows(plan))
    assert from_rows(lines) == plan
    assert all(len(verb) <= 8 for verb, *_ in lines)


@given(scores)
@settings(max_examples=40, deadline=None)
def test_a_score_survives_its_journey_as_data(score: Score) -> None:
    assert score_from(score_data(score)) == score


def test_the_order_of_writing_makes_no_difference() -> None:
    a, b = Node("tone"), Node("noise")
    one = Score({"a": a, "b": b}, (Send("a"), Send("b", 2)))
    other = Score({"b": b, "a": a}, (Send("b", 2), Send("a")))
    assert one == other
    assert compare(one, other) == ()


def test_a_plan_reads_as_it_would_be_said() -> None:
    old = Score(
        {
            "rain": Node("clip", settings={"file": "rain on tin"}),
            "worn": Node("gain", ("rain",), {"gain": 0.5}),
            "glass": Node("tone", (), {"freq": 330.0}),
            "gone": Node("noise"),
        },
        (Send("worn"), Send("glass", 2, 1), Send("gone")),
        muted=frozenset({"glass"}),
    )
    new = Score(
        {
            "rain": Node("clip", settings={"file": "moss"}),
            "worn": Node("gain", ("glass",), {"gain": Drive("knob:21", 0.5, 0.1)}),
            "glass": Node("tone", (), {"gain": 0.2}),
            "halo": Node("delay", ("worn",), {"time": 0.3}),
        },
        (Send("worn", gain=0.7), Send("halo", 4, 2)),
        tempo=96.0,
        bar=3.0,
        soloed=frozenset({"halo"}),
    )
    assert told(compare(old, new)).splitlines() == [
        "swap rain: clip -> clip(file='moss')",
        "rewire worn <- glass",
        "retune worn.gain -> 0.5 * knob:21 + 0.1",
        "retune glass.gain -> 0.2",
        "retune glass.freq -> rest",
        "make halo = delay(worn, time=0.3)",
        "drop gone",
        "route glass -> 3 off",
        "route gone -> 1-2 off",
        "route halo -> 5-6 at 1",
        "route worn -> 1-2 at 0.7",
        "pace 96 bpm, 3 beats in a bar",
        "unmute glass",
        "solo halo",
    ]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Make("a", Node("tone", (), {"freq": 220.0})), "make a = tone(freq=220)"),
        (Drop("a"), "drop a"),
        (Rewire("a", ()), "rewire a <- nothing"),
        (Retune("a", "gain", 0.25), "retune a.gain -> 0.25"),
        (Route("a", 0, 1, None), "route a -> 1 off"),
        (Pace(120, 4), "pace 120 bpm, 4 beats in a bar"),
        (Hush("a", "mute", True), "mute a"),
        (Swap("a", "tone", Node("mic")), "swap a: tone -> mic()"),
    ],
)
def test_every_step_has_its_words_and_its_row(step: object, said: str) -> None:
    assert str(step) == said
    assert from_rows(rows((step,))) == (step,)  # type: ignore[arg-type]


def test_what_is_dropped_takes_its_sends_and_its_mute_along() -> None:
    old = Score({"a": Node("tone"), "b": Node("tone")}, (Send("a"), Send("b")), muted=frozenset("a"), soloed=frozenset("a"))
    assert carried(old, (Drop("a"),)) == Score({"b": Node("tone")}, (Send("b"),))


def test_a_verb_nobody_knows_is_named() -> None:
    with pytest.raises(LookupError, match="no verb 'sing'"):
        from_rows([("sing", "a", "", 0, 0.0, 0.0, "")])
