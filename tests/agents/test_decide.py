"""What should come next: three opinions by their weights, never outside the memory, planned and kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from agents.codebook import Codebook
from agents.decide import BadRule, Mind, Opinions, Rule, Wanted
from agents.descriptors import width
from agents.hear import Heard
from agents.relation import Relation
from tests.agents.test_relation import K, book, relation

WIDE = width("harmony")


def turning(kinds: int = 2) -> Codebook:
    """An alphabet in twelve keys."""
    chance = np.random.default_rng(1)
    first = chance.standard_normal((kinds, WIDE)).astype(np.float32)
    every = np.stack([np.concatenate([np.roll(row[:12], key), row[12:]]) for row in first for key in range(12)])
    return Codebook(every, np.zeros(WIDE, np.float32), np.ones(WIDE, np.float32), "harmony", turning=True)


def heard(vector: np.ndarray) -> Heard:
    return Heard(0, 1, vector.astype(np.float32), -20.0)


def mind(opinions: Opinions, labels: list[int], own: Codebook | None = None, turns: tuple[int, ...] = (0,), seed: int = 0) -> Mind:
    return Mind(opinions, own or book(), np.array(labels, np.int32), turns, seed)


def loud(own: Codebook, label: int) -> np.ndarray:
    """A vector of this kind that is no silence."""
    vector = own.centres[label].copy()
    vector[-1] = 3.0
    return vector


def plan(one: Mind, weights: tuple[float, float, float], dare: float, follows: Sequence[int] = (), count: int = 4) -> Wanted:
    """The next label and those meant to come after it, as a partner asks for them."""
    first = one.decide(weights, dare, follows[0] if follows else None)
    assert first is not None
    one.played(first.labels[0])
    one.ponder(weights, dare, list(follows[1:]), count - 1)
    thought = None
    while thought is None:
        thought = one.think()
    return thought


def row(one: Mind, weights: tuple[float, float, float], dare: float = 0.3, count: int = 40) -> list[int]:
    """So many decisions, hearing one kind after the other."""
    chance, made = np.random.default_rng(3), []
    for _ in range(count):
        one.listen(heard(loud(one.book, int(chance.integers(K - 1)))))
        made += [*plan(one, weights, dare).labels, one.own]
    return made


def test_each_weight_alone_is_that_opinion_alone() -> None:
    labels, r = [1, 2, 3, 5, 8, 13, 21], relation()
    wish = Rule(row=(3, 21, None, 5))
    every = Opinions(r, wish)
    assert row(mind(every, labels), (1, 0, 0)) == row(mind(Opinions(r, None), labels), (1, 0, 0))
    assert row(mind(every, labels), (0, 1, 0)) == row(mind(Opinions(None, None), labels), (0, 1, 0))
    assert row(mind(every, labels), (0, 0, 1)) == row(mind(Opinions(None, wish), labels), (0, 0, 1))


def test_the_three_alone_are_not_the_same_and_together_neither() -> None:
    every, labels = Opinions(relation(), Rule(row=(3, 21, 1, 5))), [1, 2, 3, 5, 8, 13, 21]
    rows = [tuple(row(mind(every, labels), weights)) for weights in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (0.5, 0.3, 0.2))]
    assert len(set(rows)) == 4


def test_nothing_outside_the_memory_ever_comes() -> None:
    labels = [2, 3, 21]
    for weights in ((1, 1, 1), (0, 0, 0), (0, 1, 0), (0, 0, 1)):
        made = row(mind(Opinions(relation(), Rule(row=(7, 9, 3))), labels), weights, dare=1.0)
        assert set(made) <= set(labels)


def test_without_dare_it_goes_on_and_with_all_of_it_it_need_not() -> None:
    stayed = []
    for dare in (0.0, 0.5, 1.0):
        one, count = mind(Opinions(None, None), list(range(K - 1))), 0
        for _ in range(100):
            wanted = one.decide((0, 0, 0), dare, 4)
            assert wanted is not None
            count += wanted.labels[0] == 4
            one.played(wanted.labels[0])
        stayed.append(count)
    assert stayed[0] > stayed[1] > stayed[2]
    assert stayed[0] >= 95


def test_what_is_planned_is_what_comes_while_the_opinions_stay() -> None:
    one = mind(Opinions(None, None), list(range(K - 1)))
    before = plan(one, (0, 0, 0), 0.5)
    for _ in range(30):
        assert one.decide((0, 0, 0), 0.5, None).labels == before.labels[:1]  # type: ignore[union-attr]
        one.ponder((0, 0, 0), 0.5, [], 3)
        now = [one.think(), one.think(), one.think()][-1]
        assert now is not None
        assert now.labels[:2] == before.labels[1:]
        before = now


def test_a_plan_takes_as_many_thoughts_as_it_has_segments_and_a_new_decision_ends_it() -> None:
    one = mind(Opinions(relation(), None), [1, 2, 3])
    one.ponder((1, 0, 0), 0.5, [], 3)
    assert [one.think() is None for _ in range(4)] == [True, True, False, True]
    one.ponder((1, 0, 0), 0.5, [], 3)
    one.decide((1, 0, 0), 0.5, None)
    assert one.think() is None


def test_thinking_ahead_changes_nothing_of_what_is_decided() -> None:
    made = []
    for thinks in (False, True):
        one, labels = mind(Opinions(relation(), None), [1, 2, 3, 5, 8]), []
        for k in range(20):
            one.listen(heard(loud(one.book, k)))
            labels += one.decide((1, 0.5, 0), 0.7, None).labels  # type: ignore[union-attr]
            one.played(labels[-1])
            one.ponder((1, 0.5, 0), 0.7, [], 3)
            for _ in range(3 if thinks else 0):
                one.think()
        made.append(labels)
    assert made[0] == made[1]


def test_it_says_how_much_of_the_plan_simply_goes_on() -> None:
    one = mind(Opinions(None, Rule(row=(1, 2, 3, 4))), [1, 2, 3, 4, 5])
    assert one.decide((0, 0, 1), 0.0, 1) == Wanted([1], [1.0], "the rule", 1)
    one.ponder((0, 0, 1), 0.0, [2, 5, 4], 3)
    wanted = [one.think(), one.think(), one.think()][-1]
    assert wanted is not None
    assert wanted.labels == [2, 3, 4]
    assert wanted.on == 1


def test_the_silences_of_a_memory_are_played_only_where_they_come_by_themselves_or_by_a_row_or_there_is_nothing_else() -> None:
    silence = book().silence

    def may(rule: Rule | None, labels: list[int], follows: int | None = None) -> bool:
        return bool(mind(Opinions(None, rule), labels).may(follows, True, 1)[silence])

    assert not may(None, [1, 2, silence])
    assert may(None, [1, 2, silence], follows=silence)
    assert may(None, [silence, silence])
    assert may(Rule(row=(1, silence)), [1, 2, silence])


def test_a_rule_in_semitones_follows_what_is_heard() -> None:
    own = turning()
    one = mind(Opinions(None, Rule.of("fifth")), list(range(24)), own)
    for label in (0, 3, 14, 23):
        told = one.listen(heard(loud(own, label)))
        wanted = one.decide((0, 0, 1), 0.0, None)
        assert wanted is not None
        assert wanted.labels[0] == own.shift(told, 7)


def test_a_memory_that_may_be_transposed_has_more_labels() -> None:
    own = turning()
    assert mind(Opinions(None, None), [0], own).mask.sum() == 1
    assert np.flatnonzero(mind(Opinions(None, None), [0], own, (-2, 0, 2)).mask).tolist() == [0, 2, 10]


def test_a_memory_that_learns_a_kind_may_play_it() -> None:
    one = mind(Opinions(relation(), None), [1])
    assert set(row(one, (1, 0, 0), 1.0)) == {1}
    one.has(2)
    assert set(row(one, (1, 0, 0), 1.0)) == {1, 2}


def test_an_empty_memory_decides_nothing() -> None:
    assert mind(Opinions(relation(), None), []).decide((1, 1, 1), 0.5, None) is None


def test_the_rule_memory_is_the_memory_as_it_was_recorded_what_was_forgotten_left_open() -> None:
    one = mind(Opinions(None, Rule.of("memory")), [4, 4, -1, 2])
    assert one.rule == Rule(row=(4, 4, None, 2), memory=True)


@pytest.mark.parametrize(
    ("text", "rule"),
    [("", None), ("same", Rule(0)), ("+7", Rule(7)), ("-5", Rule(-5)), ("Tritone", Rule(6)), ("12 * 3", Rule(row=(12, None, 3)))],
)
def test_rules_by_their_words(text: str, rule: Rule | None) -> None:
    assert Rule.of(text) == rule


@pytest.mark.parametrize("text", ["fourths", "99", "1 2 x", "1.5", "3 -4", "*"])
def test_a_rule_nobody_can_follow_is_one_line_with_what_there_is(text: str) -> None:
    with pytest.raises(BadRule, match="There is: same, unison") as slip:
        Rule.of(text)
    assert "\n" not in str(slip.value)


def test_labels_no_alphabet_has_are_no_wish() -> None:
    assert Rule.of("500 1").wants(0, None, book()) is None  # type: ignore[union-attr]
    assert set(row(mind(Opinions(None, Rule.of("500 1")), [1, 2]), (0, 0, 1))) <= {1, 2}


def test_a_relation_of_another_alphabet_is_refused_in_one_line() -> None:
    r: Relation = relation()
    with pytest.raises(ValueError, match="knows the alphabet") as slip:
        Mind(Opinions(r, None), turning(), np.array([1, 2]), (0,), 0)
    assert "\n" not in str(slip.value)
