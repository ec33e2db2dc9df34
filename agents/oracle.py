"""Where else the memory has just sounded like this: a factor oracle, learnt one event at a time.

State i is the memory after its first i events. The suffix link of a state
leads to the earlier state whose ending is the longest that was heard before;
its kin are found by climbing the links and by looking who links there::

    a b b b a a b        suffix links of 1..7:  0 0 2 3 1 1 2

Going straight on (state i to i + 1) is not written down; the other
transitions, the factor links, are one flat dictionary. Nothing recurses, and
every walk is cut at a number of steps: a million equal events are no trap.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

SPAN = 1 << 32  # state * SPAN + letter: one number for a pair


class Oracle:
    """Letters are whole numbers from 0 up."""

    def __init__(self, letters: Iterable[int] = ()) -> None:
        self.letters: list[int] = []
        self.link = array("i", [-1])  # suffix links
        self._hops: dict[int, int] = {}  # factor links
        self._young = array("i", [-1])  # the last state whose suffix link leads here
        self._elder = array("i", [-1])  # the one before it that links to the same state
        self.extend(letters)

    def extend(self, letters: Iterable[int]) -> None:
        """Learn these, in amortised constant time each."""
        row, link, hops, young, elder = self.letters, self.link, self._hops, self._young, self._elder
        state = len(row)
        for letter in letters:
            row.append(letter)
            k, state, to = link[state], state + 1, 0
            while k >= 0:
                if row[k] == letter:
                    to = k + 1
                    break
                pair = k * SPAN + letter
                if pair in hops:
                    to = hops[pair]
                    break
                hops[pair] = state
                k = link[k]
            link.append(to)
            elder.append(young[to])
            young[to] = state
            young.append(-1)

    def after(self, state: int, letter: int) -> int | None:
        """The state a letter leads to, or None."""
        if state < len(self.letters) and self.letters[state] == letter:
            return state + 1
        return self._hops.get(state * SPAN + letter)

    def factor_links(self) -> list[tuple[int, int, int]]:
        """Every transition that does not go straight on: (state, letter, state), in order."""
        return sorted((pair // SPAN, pair % SPAN, to) for pair, to in self._hops.items())

    def kin(self, state: int, most: int = 64) -> list[int]:
        """Other states that end alike, at most so many; who shares more comes earlier, roughly."""
        link, young, elder, found = self.link, self._young, self._elder, {state: None}
        top = state
        for _ in range(most):
            if top <= 0 or len(found) > most:
                break  # the root ends in nothing: everybody is its kin
            found.setdefault(top)
            child = young[top]
            while child >= 0 and len(found) <= most:
                found.setdefault(child)
                child = elder[child]
            top = link[top]
        del found[state]
        return list(found)
