"""The memory against slow and obvious ones: thousands of random words, every way of searching."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from agents import Event, Memory, tiling
from agents.bench_choose import textbook
from agents.choose import Answer
from agents.oracle import Oracle
from agents.reasons import REACH

WAYS = {"a few": (10**6, 10**6), "a list": (0, 10**6), "bits": (0, 0), "mixed": (2, 3)}
"""FEW and SPARSE: so that small words go the ways of large ones."""


@pytest.fixture(params=WAYS, autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    few, sparse = WAYS[request.param]
    monkeypatch.setattr(tiling, "FEW", few)
    monkeypatch.setattr(tiling, "SPARSE", sparse)
    monkeypatch.setattr("agents.navigate.FEW", few)
    return request.param


def word(chance: Random, letters: int, most: int) -> list[int]:
    return [chance.randrange(letters) for _ in range(chance.randint(1, most))]


def ask(chance: Random, memory: list[int], letters: int, wild: float = 0.0) -> list[int | None]:
    """Pieces of the memory and foreign letters."""
    asked: list[int | None] = []
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(memory))
        asked += memory[at : at + chance.randint(1, 6)] if chance.random() < 0.8 else [chance.randrange(letters + 1)]
    return [None if chance.random() < wild else label for label in asked]


def fewest(asked: list, fits: list[list[list[bool]]]) -> int:
    """The fewest fragments and silences, by trying every cut: fits[move][place][label]."""
    n = len(asked)
    best = [0] * (n + 1)
    for i in range(n - 1, -1, -1):
        best[i] = 1 + best[i + 1]  # silence, or a fragment of one
        for places in fits:
            for p in range(len(places)):
                k = 0
                while i + k < n and p + k < len(places) and places[p + k][i + k]:
                    k += 1
                    best[i] = min(best[i], 1 + best[i + k])
    return best[0]


def fragments(answer: Answer) -> int:
    """Fragments and silences."""
    joins = zip([None, *answer], answer, strict=False)
    return sum(not (a and b and (a.index + 1, a.transpose) == (b.index, b.transpose)) for a, b in joins)


def near(asked: int, heard: int) -> bool:
    """An equivalence that is none: 0 is like 1, 1 like 2, 0 not like 2."""
    return abs(asked - heard) <= 1


@pytest.mark.parametrize("kind", ["plain", "wild", "moved", "near", "near and moved", "key", "some forbidden", "long"])
def test_every_answer_fits_and_no_cut_has_fewer_fragments(kind: str) -> None:
    chance = Random(len(kind))
    for seed in range(12 if kind == "long" else 60):
        letters = chance.choice((1, 2, 3, 6))
        row = word(chance, letters, 400 if kind == "long" else 40)
        asked = ask(chance, row, letters, 0.3 if kind != "plain" else 0.0)
        moves = range(-12, 13) if "moved" in kind else (0,)
        same = near if "near" in kind else (lambda a, b: a % 3 == b % 3) if kind == "key" else (lambda a, b: a == b)
        how = {"same": near} if "near" in kind else {"key": lambda label: label % 3} if kind == "key" else {}
        shut = {i for i in range(len(row)) if kind == "some forbidden" and chance.random() < 0.2}
        fits = [[[i not in shut and (a is None or same(a, label + t)) for a in asked] for i, label in enumerate(row)] for t in moves]
        answer = Memory(row, seed=seed, **how).follow(asked, transpose=moves, taboo=shut)
        for a, event in zip(asked, answer or [None] * len(asked), strict=True):
            if event is None:
                assert not any(i not in shut and (a is None or same(a, label + t)) for t in moves for i, label in enumerate(row))
            else:
                assert event.index not in shut
                assert event.transpose in moves
                assert a is None or same(a, row[event.index] + event.transpose)
        assert fragments(answer or [None] * len(asked)) == fewest(asked, fits)


def test_the_oracle_is_the_textbook_s() -> None:
    chance = Random(5)
    for _ in range(300):
        letters = word(chance, chance.choice((1, 2, 3, 5)), 30)
        link, to = textbook(letters)
        oracle = Oracle(letters)
        assert list(oracle.link) == link
        assert oracle.factor_links() == sorted((k, a, j) for k, row in enumerate(to) for a, j in row.items() if j != k + 1)
        for state in range(len(letters) + 1):
            climbed, top = [], state
            while top > 0:
                climbed, top = [*climbed, top], link[top]
            alike = {s for s in range(1, len(letters) + 1) if s in climbed or link[s] in climbed} - {state}
            assert set(oracle.kin(state, 1000)) == alike
            assert len(oracle.kin(state, 3)) <= 4
            assert all(letters[s - 1] == letters[state - 1] for s in alike)


def trail(chance: Random, memory: Memory, letters: int, steps: int, **rules: object) -> list[Event | None]:
    """Anything asked in any order, played now and then; and what a plain list says was played."""
    naive: list[Event | None] = []
    now = 0
    for _ in range(steps):
        row, act = memory.labels, chance.random()
        at = chance.choice((None, chance.randrange(max(0, now - 3), len(naive) + 4)))
        begin = len(naive) if at is None else at
        ahead = memory if at is None else memory.at(at)
        if act < 0.5:
            asked = ask(chance, row, letters, 0.2)
            made, n = ahead.follow(asked, **rules), len(asked)
        elif act < 0.7:
            made, n = [ahead.react(chance.randrange(letters), **rules)], 1
        elif act < 0.85:
            n = chance.randint(1, 6)
            made = ahead.free(n, **{name: rule for name, rule in rules.items() if name != "transpose"})
        else:
            n = chance.randint(0, 4)
            played = memory.played(n)
            naive += [None] * (now + n - len(naive))
            assert played == naive[now : now + n]
            now += n
            continue
        made = made or [None] * n
        if begin + n > now:
            late = max(0, now - begin)
            naive[max(begin, now) :] = [*[None] * (begin - len(naive)), *made[late:]]
        assert list(memory.plan) == naive[now:]
        assert (memory.now, memory.end) == (now, len(naive))
        if chance.random() < 0.2:
            memory.learn(chance.randrange(letters))
    return naive


def counted(naive: list[Event | None]) -> Counter[int]:
    return Counter(event.index for event in naive if event and event.why.rule != "hold")


def test_a_thousand_overlapping_questions_leave_what_a_plain_list_would() -> None:
    chance = Random(11)
    for seed in range(10):
        memory = Memory(word(chance, 3, 40), seed=seed)
        naive = trail(chance, memory, 3, 100, fallback=chance.choice((None, "hold", "next")))
        counts = counted(naive)
        assert [memory.used(i) for i in range(len(memory))] == [counts[i] for i in range(len(memory))]


def longest_run(naive: list[Event | None]) -> int:
    best = run = 0
    for a, b in zip([None, *naive], naive, strict=False):
        run = 0 if b is None else run + 1 if a and b.index == a.index + 1 else 1
        best = max(best, run)
    return best


@pytest.mark.parametrize("fallback", [None, "hold", "next"])
def test_no_run_is_longer_than_it_may_be(fallback: str | None) -> None:
    chance = Random(13)
    for limit in (1, 2, 3, 5):
        for seed in range(4):
            memory = Memory(word(chance, chance.choice((1, 2, 4)), 40), seed=seed)
            naive = trail(chance, memory, 2, 40, continuity=limit, fallback=fallback, transpose=(0, 1))
            assert longest_run(naive) <= limit


def test_nothing_comes_back_within_the_taboo() -> None:
    chance = Random(17)
    for window in (1, 3, 8, 40):
        for seed in range(4):
            memory = Memory(word(chance, 3, 60), seed=seed)
            naive = trail(chance, memory, 3, 40, taboo=window, fallback=chance.choice((None, "next")))
            for time, event in enumerate(naive):
                assert event is None or event.index not in {e.index for e in naive[max(0, time - window) : time] if e}


def test_what_is_forbidden_is_never_played_and_once_is_once() -> None:
    chance = Random(19)
    for seed in range(12):
        memory = Memory(word(chance, 3, 40), seed=seed)
        never = {i for i in range(len(memory)) if chance.random() < 0.4}
        memory.never(never)
        naive = trail(chance, memory, 3, 30, reuse=chance.choice((None, "never")), fallback=chance.choice((None, "next", "hold")))
        assert not never & set(counted(naive))
        memory = Memory(word(chance, 3, 40), seed=seed)
        assert max(counted(trail(chance, memory, 3, 40, reuse="never")).values(), default=0) <= 1


def test_a_jump_lands_where_the_past_agrees_longest() -> None:
    chance = Random(31)
    for seed in range(40):
        row = word(chance, 2, 200)
        memory = Memory(row, seed=seed)
        played = [e.index for e in memory.follow(row[-9:], taboo=range(max(0, len(row) - 9), len(row))) or [] if e]
        label = chance.choice(row)
        event = memory.react(label)
        if event.why.rule == "on" or len(played) < 9:
            continue
        pasts = []
        for place in (i for i, other in enumerate(row) if other == label and i != played[-1] + 1):
            k = 0
            while k < min(9, place) and row[place - k - 1] == row[played[-k - 1]]:
                k += 1
            pasts.append(k)
        assert event.why.past >= max(pasts)


def test_no_label_is_silent_while_a_place_for_it_is_open() -> None:
    chance = Random(23)
    for seed in range(40):
        row = word(chance, 3, 30)
        memory = Memory(row, seed=seed)
        shut = {i for i in range(len(row)) if chance.random() < 0.3}
        memory.never(shut)
        asked, window, limit = ask(chance, row, 3, 0.1), chance.choice((0, 4)), chance.choice((2, 5))
        answer = memory.follow(asked, taboo=window, continuity=limit) or [None] * len(asked)
        for time, (a, event) in enumerate(zip(asked, answer, strict=True)):
            recent = {e.index for e in answer[max(0, time - window) : time] if e} if window else set()
            open_ = {i for i, label in enumerate(row) if a in (None, label)} - shut - recent
            last = next((e.index for e in reversed(answer[:time]) if e), None)
            if event is None:
                full = longest_run(answer[max(0, time - limit) : time]) == limit
                assert open_ <= ({last + 1} if full and last is not None else set())


def test_the_reasons_are_what_a_recount_finds() -> None:
    chance = Random(29)
    for seed in range(15):
        row = word(chance, 3, 50)
        memory = Memory(row, seed=seed)
        asked = [label for _ in range(4) for label in ask(chance, row, 3)]
        answer = memory.follow(asked, transpose=(-1, 0, 2), fallback=chance.choice((None, "next", "hold"))) or []
        used: Counter[int] = Counter()
        for time, event in enumerate(answer):
            if event is None:
                continue
            index, t, why = event
            assert (why.transpose, why.uses) == (t, used[index])
            used[index] += why.rule != "hold"
            past = 0
            while past < min(REACH, time, index) and (e := answer[time - past - 1]):
                if row[e.index] + e.transpose != row[index - past - 1] + t:
                    break
                past += 1
            future = 0
            while time + future < len(answer) and (e := answer[time + future]):
                if (e.index, e.transpose) != (index + future, t) or row[e.index] + t != asked[time + future]:
                    break
                future += 1
            if why.rule != "hold":
                assert why.past == past
            assert why.future == (0 if why.rule in ("hold", "next") else future)
