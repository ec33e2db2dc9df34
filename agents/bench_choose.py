"""How quick and how right the partner's memory is: one JSON line for each promise.

    python -m agents.bench_choose

Times are CPU time of this thread; the figure is the median over many
questions. The memories are of 64 labels: *markov* holds half of the time, goes
to a fixed follower or leaps; *form* plays eight phrases over and over with
small changes. Scenarios are cut out of the memory and glued.
"""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from random import Random
from statistics import median, quantiles
from time import thread_time
from typing import Any

from agents.choose import Memory
from agents.oracle import Oracle
from agents.proof_choose import proofs

LABELS = 64
Check = dict[str, Any]


def markov(n: int, seed: int = 1) -> list[int]:
    """Half holds, three in ten a fixed follower, two in ten by chance."""
    chance = Random(seed)
    follower = [chance.randrange(LABELS) for _ in range(LABELS)]
    row = [0]
    while len(row) < n:
        luck = chance.random()
        row.append(row[-1] if luck < 0.5 else follower[row[-1]] if luck < 0.8 else chance.randrange(LABELS))
    return row


def form(n: int, seed: int = 1) -> list[int]:
    """Eight phrases of 64 labels in any order, one label in twenty changed."""
    chance = Random(seed)
    phrases = [[chance.randrange(LABELS) for _ in range(64)] for _ in range(8)]
    row: list[int] = []
    while len(row) < n:
        row += [label if chance.random() < 0.95 else chance.randrange(LABELS) for label in chance.choice(phrases)]
    return row[:n]


def fibonacci(n: int) -> list[int]:
    """A word that repeats itself as much as it can without a period."""
    a, b = [0], [0, 1]
    while len(b) < n:
        a, b = b, b + a
    return b[:n]


def constant(n: int) -> list[int]:
    """A drone."""
    return [0] * n


def period(n: int) -> list[int]:
    """Two notes in turn."""
    return [0, 1] * (n // 2)


def round_of_20(n: int) -> list[int]:
    """Twenty notes in turn."""
    return [k % 20 for k in range(n)]


def coin(n: int) -> list[int]:
    """Two labels by chance."""
    chance = Random(5)
    return [chance.randrange(2) for _ in range(n)]


def scenario(row: list[int], length: int, chance: Random) -> list[int]:
    """Pieces of 2 to 12 events of a memory, glued."""
    asked: list[int] = []
    while len(asked) < length:
        at = chance.randrange(len(row))
        asked += row[at : at + chance.randint(2, 12)]
    return asked[:length]


def clocked(act: Callable[[], object]) -> float:
    """CPU milliseconds."""
    began = thread_time()
    act()
    return (thread_time() - began) * 1e3


def told(check: str, figure: float, limit: float, digits: int = 4) -> Check:
    """One line: the figure may be at most the limit."""
    return {"check": check, "figure": round(figure, digits), "limit": limit, "met": bool(figure <= limit)}


def asked_of(memory: Memory, row: list[int], length: int, times: int, **how: Any) -> list[float]:
    """How long so many scenarios took."""
    chance, took = Random(2), []
    for _ in range(times):
        wanted = scenario(row, length, chance)
        took.append(clocked(lambda wanted=wanted: memory.follow(wanted, **how)))
    return took


def speed(sizes: tuple[int, ...]) -> Iterator[Check]:
    """Building, learning, scenarios, influences."""
    limits = {1_000: 0.1, 10_000: 0.2, 100_000: 0.5, 1_000_000: 2.0}
    for make in (markov, form):
        medians: dict[int, float] = {}
        for size in sizes:
            row = make(size)
            kept: list[Memory] = []
            built = clocked(lambda row=row, kept=kept: kept.append(Memory(row))) / 1e3
            memory = kept.pop()
            if size == 100_000:
                yield told(f"build {size} {make.__name__}, s", built, 0.5)
            medians[size] = median(asked_of(memory, row, 16, 200))
            yield told(f"scenario of 16 at {size} {make.__name__}, ms", medians[size], limits[size])
            if size == 100_000:
                yield told(f"scenario of 1000 at {size} {make.__name__}, ms", median(asked_of(memory, row, 1000, 15)), 20)
                yield from influences(memory, row, make.__name__)
                yield from liberties(memory, row, make.__name__)
                yield told(f"learning one event at {size} {make.__name__}, us", learning(memory, row), 10)
        if 1_000 in medians and 100_000 in medians:
            yield told(f"scenario of 16, 100000 against 1000 {make.__name__}, times", medians[100_000] / medians[1_000], 5, 2)


def influences(memory: Memory, row: list[int], name: str) -> Iterator[Check]:
    """One label at a time."""
    chance = Random(3)
    labels = [row[chance.randrange(len(row))] for _ in range(5000)]
    took = [clocked(lambda label=label: memory.react(label)) for label in labels]
    cuts = quantiles(took, n=100)
    yield told(f"one influence at {len(row)} {name}, p50 ms", cuts[49], 0.05)
    yield told(f"one influence at {len(row)} {name}, p99 ms", cuts[98], 1)


def liberties(memory: Memory, row: list[int], name: str) -> Iterator[Check]:
    """What a performer may add to a question, and what it costs; these limits are our own."""
    for says, how in (
        ("with 25 transpositions", {"transpose": range(-12, 13)}),
        ("in runs of 3", {"continuity": 3}),
        ("least used first", {"reuse": "least"}),
        ("with a taboo of 16", {"taboo": 16}),
        ("with 1000 events forbidden", {"taboo": range(0, len(row), len(row) // 1000)}),
    ):
        took = median(asked_of(memory, row, 16, 100, **how))
        yield told(f"scenario of 16 {says} at {len(row)} {name}, ms", took, 5 if "transpose" in how else 1)
    chance, wild = Random(8), []
    for _ in range(100):
        asked = [None if chance.random() < 0.4 else label for label in scenario(row, 16, chance)]
        wild.append(clocked(lambda asked=asked: memory.follow(asked)))
    yield told(f"scenario of 16, four in ten wild, at {len(row)} {name}, ms", median(wild), 1)
    own = Memory(row, same=lambda asked, heard: abs(asked - heard) <= 1)
    yield told(f"scenario of 16, an equivalence of one's own, at {len(row)} {name}, ms", median(asked_of(own, row, 16, 100)), 2)


def learning(memory: Memory, row: list[int], n: int = 20_000) -> float:
    """Microseconds for one event more."""

    def learn() -> None:
        for label in row[:n]:
            memory.learn(label)

    return clocked(learn) / n * 1e3


def traps(size: int) -> Iterator[Check]:
    """Memories that repeat themselves: nothing recurses, nothing grows without bound."""
    for make in (constant, period, round_of_20, fibonacci, coin):
        row = make(size)
        memory = Memory(row)
        memory.free(1000, continuity=5)
        memory.react(0)
        name = f"{size} {make.__name__}"
        yield told(f"scenario of 16 at {name}, ms", median(asked_of(memory, row, 16, 30)), 2 * max(1, size // 100_000))
        yield told(f"scenario of 1000 at {name}, ms", median(asked_of(memory, row, 1000, 5)), 50 * max(1, size // 100_000))
        yield told(
            f"scenario of 1000 in runs of 4 at {name}, ms",
            median(asked_of(memory, row, 1000, 5, continuity=4)),
            100 * max(1, size // 100_000),
        )
        yield told(f"free, 1000 events at {name}, ms", clocked(lambda memory=memory: memory.free(1000, continuity=5)), 100)


def growth(events: int, size: int = 100_000) -> Check:
    """Megabytes more after very many events: scenarios, influences and free play, played and not."""
    row = markov(size)
    memory, chance = Memory(row), Random(4)
    memory.follow(scenario(row, 20_000, chance))
    gc.collect()
    tracemalloc.start()
    before, made = tracemalloc.get_traced_memory()[0], 0
    while made < events:
        memory.follow(scenario(row, 200, chance), fallback="next")
        memory.free(200, continuity=9, taboo=4)
        memory.react(row[chance.randrange(size)])
        made += 401
        if made > events // 2:
            memory.played(401)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return told(f"growth over {events} events at {size}, MB", (after - before) / 1e6, 5)


def fewest(memory: list[int], asked: list[int]) -> int:
    """The fewest fragments, by trying every cut (dynamic programming); every label must be in the memory."""
    n, ahead = len(asked), [0] * (len(asked) + 1)
    best = [n + 1] * n + [0]
    reach = [[0] * (len(memory) + 1) for _ in range(2)]
    for i in range(n - 1, -1, -1):
        now, then = reach[i % 2], reach[(i + 1) % 2]
        for p, label in enumerate(memory):
            now[p] = 1 + (then[p + 1] if i + 1 < n else 0) if label == asked[i] else 0
        ahead[i] = max(now)
        best[i] = 1 + min(best[i + 1 : i + 1 + ahead[i]], default=n)
    return best[0]


def jumps(times: int = 200) -> Check:
    """Fragments more than the least there can be."""
    chance, more = Random(6), 0
    for k in range(times):
        row = (markov, form)[k % 2](300, seed=k)
        asked = scenario(row, 64, chance)
        made = Memory(row, seed=k).follow(asked) or []
        joined = 1 + sum(a.index + 1 != b.index for a, b in zip(made, made[1:], strict=False) if a and b)
        more += joined - fewest(row, asked)
    return told(f"fragments above the least, {times} scenarios", more, 0)


def wrong_links(times: int = 300) -> Check:
    """Suffix links unlike the ones found by their definition."""
    chance, wrong = Random(7), 0
    for _ in range(times):
        word = [chance.randrange(3) for _ in range(chance.randint(1, 40))]
        wrong += list(Oracle(word).link) != textbook(word)[0]
    return told(f"oracles unlike the textbook's, {times} words", wrong, 0)


def textbook(word: list[int]) -> tuple[list[int], list[dict[int, int]]]:
    """The suffix links, and each state's ways on, by the textbook's construction: plain dictionaries, one letter after the other."""
    to: list[dict[int, int]] = [{}]
    link = [-1]
    for i, letter in enumerate(word):
        to.append({})
        to[i][letter] = i + 1
        k = link[i]
        while k > -1 and letter not in to[k]:
            to[k][letter] = i + 1
            k = link[k]
        link.append(0 if k == -1 else to[k][letter])
    return link, to


def checks(quick: bool = False) -> Iterator[Check]:
    """Every promise, one after the other; ``quick`` leaves out the million."""
    for check, figure, limit in proofs():
        yield told(check, figure, limit)
    yield wrong_links()
    yield jumps()
    yield from speed((1_000, 10_000, 100_000) if quick else (1_000, 10_000, 100_000, 1_000_000))
    yield from traps(100_000)
    if not quick:
        yield from traps(1_000_000)
    yield growth(50_000 if quick else 1_000_000)


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    met = True
    for check in checks(quick="--quick" in (sys.argv[1:] if argv is None else argv)):
        sys.stdout.write(json.dumps(check) + "\n")
        sys.stdout.flush()
        met = met and check["met"]
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
