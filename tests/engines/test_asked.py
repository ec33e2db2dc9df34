"""What is said to a partner as one number: heard once, in order, never by who came later."""

from __future__ import annotations

from engines.asked import COUNT, PLACES, WHAT, Asked, Wish, coded, counted


def test_every_saying_comes_back_as_it_was_said() -> None:
    for count, what in enumerate(WHAT[1:], 1):
        for index in (0, 41, PLACES - 1):
            ears = Asked(0.0)
            number = coded(count, what, index)
            assert ears.of(number, number) == [Wish(what, index)]
            assert counted(number) == count


def test_a_saying_is_heard_once_however_long_the_control_stands_there() -> None:
    ears, number = Asked(0.0), coded(1, "never", 7)
    assert [len(ears.of(number, number)) for _ in range(5)] == [1, 0, 0, 0, 0]


def test_the_same_again_is_said_again() -> None:
    ears = Asked(0.0)
    first, second = coded(1, "more_like", 7), coded(2, "more_like", 7)
    assert [*ears.of(first, first), *ears.of(second, second)] == [Wish("more_like", 7)] * 2


def test_on_its_way_the_control_says_nothing() -> None:
    ears, number = Asked(0.0), coded(1, "pin", 3)
    assert ears.of(0.0, number) == []
    assert ears.of(number / 3, number / 2) == []
    assert ears.of(number, number) == [Wish("pin", 3)]


def test_what_was_said_before_it_came_is_not_for_it_and_going_back_says_nothing() -> None:
    ears, first, second = Asked(), coded(4, "never", 1), coded(5, "pin", 2)
    assert ears.of(first, first) == []
    assert ears.of(second, second) == [Wish("pin", 2)]
    assert ears.of(first, first) == []


def test_the_largest_number_still_is_a_whole_one() -> None:
    number = coded(COUNT - 1, "forget", PLACES - 1)
    assert int(number) % PLACES == PLACES - 1
    assert number < 2**53
