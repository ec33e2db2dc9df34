"""What should come next, in labels: the learned relation, what is heard, and your rule, each with its weight.

The three speak as probabilities over the alphabet and are multiplied, each to the power of its weight; what the memory does
not have is taken out before anything is drawn, so no label comes out that it cannot play.

``dare`` warms the choice and lets go of what would simply go on: at 0 the likeliest is taken and the memory runs on, at 1
anything likely may come.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.codebook import Codebook
from agents.hear import Heard
from agents.reasons import Event
from agents.relation import LogP, Relation, feasible, influence, mix, wished

STAY = 3.0  # how much likelier what goes on is, at no dare, as the exponent of e
BUNDLED = "duo"


class BadRule(ValueError):
    """A rule nobody can follow: one line."""


def rule_of(text: str) -> int | None:
    """A rule by its text: "same", or semitones ("+7", "-5"); None for none."""
    word = text.strip().lower()
    if not word:
        return None
    named = {"same": 0, "unison": 0, "third": 4, "fourth": 5, "fifth": 7, "octave": 12, "tritone": 6}
    if word in named:
        return named[word]
    try:
        return int(word)
    except ValueError:
        raise BadRule(f'there is no rule "{text}". There is: {", ".join(named)}, or semitones: "+7"') from None


@dataclass
class Opinions:
    """Who is asked: the relation (or nobody), and the rule."""

    relation: Relation | None
    rule: int | None

    @staticmethod
    def of(relation: str, rule: str) -> Opinions:
        """By their names: "duo" is the bundled relation, "none" is none, anything else is a file."""
        if relation == "none":
            return Opinions(None, rule_of(rule))
        return Opinions(Relation.load(None if relation == BUNDLED else relation), rule_of(rule))

    @property
    def book(self) -> Codebook | None:
        """The alphabet the relation speaks; None: any."""
        return self.relation.book if self.relation else None


@dataclass(frozen=True)
class Wanted:
    """The labels that should come, how likely each was, and a line on who wanted the first."""

    labels: list[int]
    chances: list[float]
    said: str


class Mind:
    """The choosing of one sounding partner."""

    def __init__(self, opinions: Opinions, book: Codebook, labels: NDArray[Any], turns: tuple[int, ...], seed: int) -> None:
        self.opinions, self.book, self.turns = opinions, book, turns
        self.chance = np.random.default_rng(seed + 1)
        self.mask = np.zeros(book.size, bool)
        self.own: int | None = None  # the label played last
        self.heard: int | None = None
        self.vector: NDArray[np.float32] | None = None
        self.state: Any = None
        for label in np.unique(labels[labels >= 0]).tolist():
            self._allow(label)
        self._begin()

    def has(self, label: int) -> None:
        """The memory has this label now."""
        if label >= 0 and not self.mask[label]:
            self._allow(label)
            self._begin()

    def _allow(self, label: int) -> None:
        for turn in self.turns if self.book.turning else (0,):
            self.mask[self.book.shift(label, turn) if turn else label] = True

    def _begin(self) -> None:
        """The relation hears what there is to play from, and begins again."""
        relation = self.opinions.relation
        if relation is not None and self.mask.any():
            relation.fits(self.book.fingerprint)
            fresh = relation.start(np.flatnonzero(self.mask))
            if self.state is not None:  # what was heard and played so far is kept
                fresh.keys, fresh.values, fresh.steps = self.state.keys, self.state.values, self.state.steps
            self.state = fresh

    def listen(self, heard: Heard | None) -> int:
        """A segment was heard; its label."""
        if heard is None:
            self.heard, self.vector = None, None
            return -1
        self.heard, self.vector = self.book.label(heard.vector), heard.vector
        return self.heard

    def played(self, event: Event | None) -> None:
        """That was chosen; silence counts as silence."""
        self.own = self.book.silence if event is None else self.own

    def decide(self, weights: tuple[float, float, float], dare: float, follows: int | None, count: int) -> Wanted | None:
        """The next labels; None where the memory is empty."""
        if not self.mask.any():
            return None
        labels, chances, said = [], [], ""
        state = self.state
        for k in range(count):
            if k == 1 and state is not None:
                state = copy.deepcopy(state)  # what is only planned is not remembered
            logp, voices = self.opinion(state, weights)
            if k == 0 and follows is not None and follows < logp.size:
                logp = logp.copy()
                logp[follows] += STAY * (1.0 - dare)
            p = feasible(logp, allowed=self.mask, top_p=0.5 + 0.45 * dare, temperature=0.6 + 0.8 * dare, floor=0.4 * dare)
            label = int(np.searchsorted(np.cumsum(p), self.chance.random() * p.sum(), side="right").clip(0, p.size - 1))
            labels.append(label)
            chances.append(float(p[label]))
            self.own, said = label, said or voices
        self.own = labels[0]
        return Wanted(labels, chances, said)

    def opinion(self, state: Any, weights: tuple[float, float, float]) -> tuple[LogP, str]:
        """All three as one, and who had a say."""
        relation, rule = self.opinions.relation, self.opinions.rule
        relate, follow, insist = weights
        parts: list[tuple[float, LogP]] = []
        voices: list[str] = []
        if relation is not None and state is not None:
            logp = relation.step(state, self.heard, self.own, self.vector)
            if relate > 0:
                parts.append((relate, logp))
                voices.append("the relation")
        if follow > 0 and self.vector is not None:
            parts.append((follow, self.near()))
            voices.append("what is heard")
        if insist > 0 and rule is not None and self.heard is not None:
            wanted = self.book.shift(self.heard, rule) if self.book.turning else self.heard
            parts.append((insist, wished(self.book.size, wanted)))
            voices.append("the rule")
        if not parts:
            return np.where(self.mask, -np.log(max(self.mask.sum(), 1)), -60.0).astype(np.float32), "chance"
        return mix(parts), " and ".join(voices)

    def near(self) -> LogP:
        """What is heard, as an opinion over the whole alphabet, silence included."""
        if self.heard == self.book.silence:
            return wished(self.book.size, self.book.silence)
        kinds = influence(self.book.distances(np.asarray(self.vector)[None])[0])
        return np.append(kinds, np.float32(kinds.min() - 10)).astype(np.float32)
