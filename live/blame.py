"""What the rehearsal found: whether it is the edit's doing or was so before, and how it is said in one line."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from live.score import Drive, Score
from live.trying import SHARE, Asked, Trial

if TYPE_CHECKING:
    from live.dressing import Room

HEARD = 10 ** (-60 / 20)
WHY = {1: "gives what is not a number", 2: "grows far too loud (60 dB over full scale)", 3: "gives direct current"}


def slowest(trial: Trial) -> tuple[str, float]:
    """The slowest written treatment that takes more than the core lets it, and its share."""
    from live.core import written

    worst = "", written.SHARE
    if len(trial.took) >= 4:
        for name, ns in zip(trial.names, np.median(trial.took[2:], axis=0), strict=True):
            share = float(ns) * 1e-9 * trial.room.rate / 64
            if trial.score.places[name].kind.startswith("written:") and share > worst[1]:
                worst = name, share
    return worst if worst[0] else ("", 0.0)


class Trouble:
    """Something was found: is it the edit's, or was it so before? Only now the score that plays is rendered, too."""

    def __init__(self, room: Room, asked: Asked, new: Trial, heard: np.ndarray, until: float) -> None:
        self.room, self.asked, self.new, self.heard, self.until = room, asked, new, heard, until
        self.old: Trial | None = None
        self.notes: list[str] = []

    def said(self) -> tuple[dict[str, Any], list[str]]:
        """What to answer, and what else to say."""
        self.old = self._again(self.asked.before)
        for look in (self.bad, self.direct, self.loud, self.slow, self.dear):
            if refused := look():
                return {"ok": False, **refused}, self.notes
        return {"ok": True}, self.notes

    def _again(self, score: Score, frames: int = 0) -> Trial | None:
        """Another score rendered the same way; None when that cannot be."""
        from live.core.conductor import Refusal

        try:
            trial = Trial(self.room, self.asked, score, self.heard)
        except Refusal:
            return None
        try:
            return trial.play(self.until, frames or self.new.done)
        finally:
            trial.close()

    def falls_silent(self) -> bool:
        """Nothing of the new score is heard: was there something until now?"""
        self.old = self._again(self.asked.before)
        return self.old is not None and self.old.peak > HEARD

    def bad(self) -> dict[str, Any] | None:
        """A place that went bad, and was not bad already."""
        for name, (why, bar) in sorted(self.new.bad.items(), key=lambda one: one[1][1]):
            if self.old and name in self.old.bad:
                self.notes.append(f"{name} {WHY.get(why, 'goes bad')}, as it does now")
            else:
                return {"reason": f"{name} {WHY.get(why, 'goes bad')} at bar {bar}", "place": name, "bar": bar}
        return None

    def direct(self) -> dict[str, Any] | None:
        """An output that leans on one side."""
        if self.new.direct is None or (self.old and self.old.direct):
            return None
        output, bar = self.new.direct
        return {"reason": f"output {output} would carry direct current at bar {bar}", "bar": bar}

    def loud(self) -> dict[str, Any] | None:
        """Far over the ceiling, and louder than what plays."""
        new, ceiling = self.new, self.room.ceiling
        if not new.top or (self.old and new.top <= 1.12 * self.old.top):
            return None
        levels = new.top_levels
        name = max(levels, key=lambda one: levels[one] * (2.0 if one in self.asked.changed else 1.0), default="")
        reason = f"the stage would be {20 * np.log10(new.top / ceiling):.0f} dB over the ceiling at bar {new.top_bar}"
        if name:
            reason += f"; {name} is the loudest" + self._fits(name)
        return {"reason": reason, "place": name, "bar": new.top_bar}

    def _fits(self, name: str) -> str:
        """The gain at which it would fit, if there is one: tried, not guessed."""
        sent = [send.gain for send in self.asked.score.sends if send.place == name]
        if not name.isidentifier() or len(set(sent)) != 1 or isinstance(sent[0], Drive) or time.monotonic() > self.until:
            return ""
        gain = rounded_down(abs(sent[0]) * self.room.ceiling / self.new.top)
        sends = tuple(replace(send, gain=gain) if send.place == name else send for send in self.asked.score.sends)
        tried = self._again(self.asked.score.with_(sends=sends)) if gain >= 0.001 else None
        return f": {gain:g} * {name} would fit" if tried and not tried.top and tried.done == self.new.done else ""

    def slow(self) -> dict[str, Any] | None:
        """A written treatment that the core would take out."""
        name, share = slowest(self.new)
        if not name or (self.old and self.asked.before.places.get(name) == self.asked.score.places[name]):
            return None
        return {"reason": f"{name} would take {share:.0%} of a core by itself: it is too slow", "place": name}

    def dear(self) -> dict[str, Any] | None:
        """More of a core than there should be, twice looked at, and more than now."""
        cost = self.new.cost
        if cost <= SHARE or (self.old and cost <= 1.05 * self.old.cost):
            return None
        again = self._again(self.asked.score, 2 * self.room.rate)
        cost = min(cost, again.cost) if again and again.cost else cost
        if cost <= SHARE:
            return None
        spent = self.new.took[2:].mean(axis=0)
        name = self.new.names[int(np.argmax(spent))]
        kind = self.asked.score.places[name].kind
        called = name if kind.startswith("written:") or kind == name else f"{kind} {name}"
        return {"reason": f"would take {cost:.0%} of a core; {called} is the dearest", "place": name}


def rounded_down(gain: float) -> float:
    """To one digit: what one would type."""
    step = 10.0 ** np.floor(np.log10(gain))
    return float(np.floor(gain / step) * step)
