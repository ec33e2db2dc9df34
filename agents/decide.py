"""What should come next, in labels: the learned relation, what is heard, and your rule, each with its weight.

The three speak as probabilities over the alphabet and are multiplied, each to the power of its weight; what the memory does
not have is taken out before anything is drawn, so no label comes out that it cannot play.

``dare`` warms the choice and lets go of what would simply go on: at 0 the likeliest is taken and the memory runs on, at 1
anything likely may come. Every segment has its luck beforehand: what was planned for it changes only when the opinions do.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.codebook import Codebook
from agents.hear import Heard
from agents.relation import LogP, Relation, feasible, log_softmax, mix, wished

SHARP = 8.0  # how much nearer is likelier, in what is heard
HUSHED = 0.2  # how much of your silence is left to everything else
STAY = 3.0  # how much likelier what goes on is, at no dare, as the exponent of e...
LESS, USUAL = 0.1, 0.3  # ...and so much of that when what is heard has just changed, from a usual dare on
BUNDLED = "duo"


STEPS = {"same": 0, "unison": 0, "third": 4, "fourth": 5, "fifth": 7, "octave": 12, "tritone": 6}


class BadRule(ValueError):
    """A rule nobody can follow: one line."""


@dataclass(frozen=True)
class Rule:
    """What a performer laid down: so far above what is heard, or a row of labels, one a segment, round and round."""

    semitones: int | None = None
    row: tuple[int | None, ...] = ()  # None: anything
    memory: bool = False  # the row is the memory's own

    @staticmethod
    def of(text: str, labels: NDArray[Any] | None = None) -> Rule | None:
        """By its text: "same", "fifth", "+7"; "12 12 * 7", labels; "memory", as it was recorded. None for none.

        ``labels`` are the memory's, once it is there.
        """
        words = text.lower().split()
        if not words:
            return None
        if words == ["memory"]:
            own = () if labels is None else tuple(None if label < 0 else int(label) for label in labels)
            return Rule(row=own, memory=True)
        if len(words) == 1 and words[0] in STEPS:
            return Rule(STEPS[words[0]])
        try:
            row = tuple(None if word == "*" else int(word) for word in words)
        except ValueError:
            row = ()
        if len(row) > 1 and all(label is None or label >= 0 for label in row):
            return Rule(row=row)
        if len(row) == 1 and row[0] is not None and -24 <= row[0] <= 24:
            return Rule(row[0])
        raise BadRule(
            f'there is no rule "{text}". There is: {", ".join(STEPS)}, semitones from -24 to 24, memory, or labels in a row: "12 12 * 7"'
        )

    def wants(self, time: int, heard: int | None, book: Codebook) -> int | None:
        """The label for the segment of this number; None for anything."""
        if self.row:
            label = self.row[time % len(self.row)]
            return None if label is None or label >= book.size else label
        if heard is None or self.semitones is None:
            return None
        return book.shift(heard, self.semitones) if book.turning else heard


@dataclass
class Opinions:
    """Who is asked: the relation (or nobody), and the rule."""

    relation: Relation | None
    rule: Rule | None

    @staticmethod
    def of(relation: str, rule: str) -> Opinions:
        """By their names: "duo" is the bundled relation, "none" is none, anything else is a file."""
        if relation == "none":
            return Opinions(None, Rule.of(rule))
        return Opinions(Relation.load(None if relation == BUNDLED else relation), Rule.of(rule))

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
    on: int = 0  # so many of them are what would simply go on


class Mind:
    """The choosing of one sounding partner."""

    def __init__(self, opinions: Opinions, book: Codebook, labels: NDArray[Any], turns: tuple[int, ...], seed: int) -> None:
        self.opinions, self.book, self.turns = opinions, book, turns
        self.chance = np.random.default_rng(seed + 1)
        self.mask = np.zeros(book.size, bool)
        self.own: int | None = None  # the label played last
        self.heard: int | None = None
        self.changed = False  # what is heard is another kind than before
        self.vector: NDArray[np.float32] | None = None
        self.state: Any = None
        self.time = 0  # segments decided
        self.luck: list[float] = []  # of this segment and those planned
        rule = opinions.rule
        self.rule = Rule.of("memory", labels) if rule is not None and rule.memory else rule
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
        before = self.heard
        if heard is None:
            self.heard, self.vector, self.changed = None, None, False
            return -1
        self.heard, self.vector = self.book.label(heard.vector), heard.vector
        self.changed = before is not None and before != self.heard
        return self.heard

    def played(self, label: int | None) -> None:
        """That sounds; None: silence."""
        self.own = self.book.silence if label is None else label

    def decide(self, weights: tuple[float, float, float], dare: float, follows: Sequence[int], count: int) -> Wanted | None:
        """The next labels; None where the memory is empty. ``follows``: the labels of what would simply go on, as far as it would."""
        time, self.time = self.time, self.time + 1
        self.luck = [*self.luck[1:], *self.chance.random(count - max(len(self.luck) - 1, 0)).tolist()]
        if not self.mask.any():
            return None
        labels, chances, said, on = [], [], "", 0
        stay = STAY * (1.0 - dare) * (LESS ** min(dare / USUAL, 1.0) if self.changed else 1.0)
        state, own = self.state, self.own
        for k in range(count):
            if k == 1 and state is not None:
                state = copy.deepcopy(state)  # what is only planned is not remembered
            logp, voices = self.opinion(state, weights, own, time + k)
            goes_on = on == k < len(follows)
            if goes_on:
                logp = logp.copy()
                logp[follows[k]] += stay
            p = feasible(
                logp,
                allowed=self.may(follows[k] if goes_on else None, weights, time + k),
                top_p=0.5 + 0.45 * dare,
                temperature=0.6 + 0.8 * dare,
                floor=0.4 * dare,
            )
            label = int(np.searchsorted(np.cumsum(p), self.luck[k] * p.sum(), side="right").clip(0, p.size - 1))
            labels.append(label)
            chances.append(float(p[label]))
            own, said, on = label, said or voices, on + (goes_on and label == follows[k])
        return Wanted(labels, chances, said, on)

    def may(self, follows: int | None, weights: tuple[float, float, float], time: int) -> NDArray[np.bool_]:
        """What may be chosen. Silence of the memory is played where it simply comes, or by the rule; otherwise rests are for ``density``
        and ``space``: a net that heard many rests would never begin."""
        silence = self.book.silence
        ruled = self.rule is not None and weights[2] > 0 and self.rule.wants(time, self.heard, self.book) == silence
        if not self.mask[silence] or follows == silence or ruled or self.mask.sum() == 1:
            return self.mask
        sounding = self.mask.copy()
        sounding[silence] = False
        return sounding

    def opinion(self, state: Any, weights: tuple[float, float, float], own: int | None, time: int) -> tuple[LogP, str]:
        """All three as one, and who had a say."""
        relation, rule = self.opinions.relation, self.rule
        relate, follow, insist = weights
        parts: list[tuple[float, LogP]] = []
        voices: list[str] = []
        if relation is not None and state is not None:
            logp = relation.step(state, self.heard, own, self.vector)
            if relate > 0:
                parts.append((relate, logp))
                voices.append("the relation")
        if follow > 0 and self.vector is not None and (self.heard != self.book.silence or self.mask[self.book.silence]):
            parts.append((follow, self.near()))
            voices.append("what is heard")
        wanted = rule.wants(time, self.heard, self.book) if rule is not None and insist > 0 else None
        if wanted is not None:
            parts.append((insist, wished(self.book.size, wanted)))
            voices.append("the rule")
        if not parts:
            return np.where(self.mask, -np.log(max(self.mask.sum(), 1)), -60.0).astype(np.float32), "chance"
        return mix(parts), " and ".join(voices)

    def near(self) -> LogP:
        """What is heard, as an opinion over the whole alphabet: the nearer the likelier. To your silence a softer one: silence."""
        if self.heard == self.book.silence:
            return wished(self.book.size, self.book.silence, HUSHED)
        away = self.book.distances(np.asarray(self.vector)[None])[0]
        return log_softmax(np.append(-SHARP * (away - away.min()) ** 2, np.log(1e-4)))
