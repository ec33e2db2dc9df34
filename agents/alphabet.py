"""Labels as numbers: which of the memory's labels will do for one that is asked.

Two labels with the same key are one. What is asked is first tried as it is,
then moved: with ``t`` semitones, an event answers if its label moved up by t
is the one asked. So ``shift`` must be undone by its own negative.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

import numpy as np

from agents.tiling import ANY, GROUP, NOWHERE, Group

MOST = 4096  # so many answers of ``same`` are remembered


class Alphabet:
    """Codes count from 0 in the order labels were met."""

    def __init__(
        self, key: Callable[[Any], Hashable] | None, same: Callable[[Any, Any], bool] | None, shift: Callable[[Any, int], Hashable]
    ) -> None:
        self.key, self.same, self.shift = key, same, shift
        self.names: list[Hashable] = []  # by code: the label, or its key
        self.groups: list[Group] = []
        self._code_of: dict[Hashable, int] = {}
        self._group_of: dict[tuple[Hashable, int], int] = {}

    def coded(self, label: Hashable) -> int:
        """A label's code; a new one gets the next."""
        try:
            name = label if self.key is None else self.key(label)
            code = self._code_of.get(name)
        except TypeError as trouble:
            raise TypeError(f"the label {label!r} cannot be remembered: {trouble}. A list becomes one as tuple(...).") from trouble
        if code is None:
            if name is None:
                raise ValueError("None asks for anything, so it is no label. Call what has no name something else, such as ''.")
            code = self._code_of[name] = len(self.names)
            self.names.append(name)
        return code

    def asks(self, asked: Iterable[Hashable | None], t: int) -> list[int]:
        """What is asked, as numbers that ``tiling`` reads, for events moved by t."""
        if self.same is None and t == 0:
            get, key = self._code_of.get, self.key
            if key is None:
                return [ANY if label is None else get(label, NOWHERE) for label in asked]
            return [ANY if label is None else get(key(label), NOWHERE) for label in asked]
        known = {label: self.ask(label, t) for label in dict.fromkeys(asked)}
        return [known[label] for label in asked]

    def ask(self, label: Hashable | None, t: int) -> int:
        """One of them."""
        if label is None:
            return ANY
        name = label if self.key is None else self.key(label)
        if self.same is None:
            return self._code_of.get(name if t == 0 else self.shift(name, -t), NOWHERE)
        which = self._group_of.setdefault((name, t), len(self.groups))
        if which == len(self.groups):
            self.groups.append(Group())
        group = self.groups[which]
        known = len(group.table)
        if known < len(self.names):
            fresh = [bool(self.same(name, other if t == 0 else self.shift(other, t))) for other in self.names[known:]]
            group.table = np.append(group.table, fresh)
            group.codes.update(known + i for i, alike in enumerate(fresh) if alike)
        if len(group.codes) < 2:
            return next(iter(group.codes), NOWHERE)
        return GROUP - which

    def tidy(self) -> None:
        """Before a question: what ``same`` said of very many labels is let go. It can be asked again."""
        if len(self.groups) > MOST:
            self.groups.clear()
            self._group_of.clear()

    def codes(self, label: Hashable) -> list[int]:
        """Every code that will do for a label as it is."""
        ask = self.ask(label, 0)
        return sorted(self.groups[GROUP - ask].codes) if ask <= GROUP else [ask] if ask >= 0 else []

    def moved(self, code: int, by: int) -> int:
        """The code that sounds like this one moved; NOWHERE if there is none."""
        return code if by == 0 else self._code_of.get(self.shift(self.names[code], by), NOWHERE)
