"""Answer: a partner. It listens, decides and plays from its memory; here the three are put together.

    what it hears --> hear: a label a segment --+
                                                +--> decide: the next labels --> choose: which places of the memory
    what it played, what it remembers ----------+                                    |
    your rule, your likes ----------------------+            what is heard <-- voice: joins without a seam

A segment ends; within milliseconds it is known what was heard, what should come and where in the memory that is. What
comes after is planned, too, and rewritten at the next segment: ``why(partner)`` shows it. No weights are loaded from
afar and no torch: the relation runs in numpy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.asked import Asked, Wish
from agents.blank import blank
from agents.choose import Memory
from agents.codebook import Codebook
from agents.decide import Mind, Opinions
from agents.grid import Grid
from agents.hear import Heard, Listener
from agents.reasons import Event
from agents.remember import Remembered, remember
from agents.stretch import ready
from agents.voice import Voice
from engines.face import Block, Control, Engine, Format, Ramps

LEAD = 0.03  # seconds before a boundary at which it is decided
AHEAD_LABELS = 4  # how far it plans
NEAR = 0.025  # seconds: so near to where it reads already, the next segment is simply read on
KEPT = 64  # labels heard that are remembered for ``wait``
DRAWN = 512  # events kept for whoever looks back
SILENT = -50.0  # dB: softer than that nobody plays


@dataclass
class Played:
    """One thing it did: from this frame of the clock on, that place of the memory."""

    frame: int
    event: Event | None
    at: int = 0  # frame of the memory it reads from
    crossing: int = 0  # frames; 0: straight on
    ratio: float = 1.0  # times as long as in the memory
    label: int = -1
    heard: int = -1


@dataclass
class Partner:
    """What one sounding partner remembers."""

    memory: Remembered
    labels: Memory
    mind: Mind
    listener: Listener
    grid: Grid
    voice: Voice
    wishes: Asked
    chance: np.random.Generator
    late: int  # frames its ears are behind its mouth
    lead: int
    heard: deque[Heard] = field(default_factory=lambda: deque(maxlen=KEPT))
    due: list[Played] = field(default_factory=list)  # decided, to begin at its frame
    done: deque[Played] = field(default_factory=lambda: deque(maxlen=DRAWN))
    past: NDArray[np.float32] = field(default_factory=lambda: np.zeros((1, 0), np.float32))  # what it heard lately, to be learnt
    last: Played | None = None  # what is decided last
    read: int | None = None  # the memory's frame that will be read at ``last.frame``, while it is read as it is


class Answer(Engine):
    """A partner that listens and answers from a memory of sounds."""

    dare = Control(0.3, low=0, high=1, moves="risk")
    density = Control(1.0, low=0, high=1, moves="how often it plays")
    space = Control(0.0, low=0, high=1, moves="how much it leaves to you")
    follow = Control(0.3, low=0, high=1, moves="imitation")
    relate = Control(1.0, low=0, high=1, moves="relation")
    insist = Control(0.0, low=0, high=1, moves="the rule")
    wait = Control(0.0, low=0, high=16, unit="beats", moves="distance")
    asked = Control(0.0, low=0, high=1e15)  # what you say of what it plays: never, pin, more_like; see agents/asked.py
    chunk = 256
    ahead = 0.06
    late = "loop"
    budget = 0.4
    settings: ClassVar[Mapping[str, Any]] = {
        "memory": "", "relation": "duo", "pace": "half", "cut": "onset", "tempo": 0.0, "rule": "", "transpose": 0, "classes": 0,
        "learn": False, "fallback": "silence", "stretch": True, "channels": 0,
    }  # fmt: skip
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"cut": ("onset", "grid", "both"), "fallback": ("silence", "hold", "next")}
    examples = (
        'lead = clip("kalimba phrase")',
        'partner = answer(lead, memory="brass swell", dare=0.4)',
        "out.stage = 0.6 * lead + partner",
        "partner.dare = knob(3)",
    )

    def load(self) -> None:
        """The relation and its alphabet: some hundred thousand numbers."""
        self.opinions = Opinions.of(str(self.set["relation"]), str(self.set["rule"]))
        self._kept: dict[tuple[int, int], Remembered] = {}

    def start(self, fmt: Format) -> Partner:
        """Read the memory (in no time, if it was read before), and listen."""
        memory = self.remembered(fmt)
        book = memory.codebook
        turns = int(self.set["transpose"]) if book.turning else 0
        labels = Memory(memory.labels.tolist(), seed=fmt.seed, shift=book.shift)
        gone = np.flatnonzero(memory.labels < 0)
        if gone.size:
            labels.never(*gone.tolist())
        if memory.pinned:
            labels.pin(*sorted(memory.pinned))
        rate = fmt.rate
        return Partner(
            memory=memory,
            labels=labels,
            mind=Mind(self.opinions, book, memory.labels, tuple(range(-turns, turns + 1)), fmt.seed),
            listener=Listener(rate, memory.settings.emphasis, "given", at=-fmt.ahead),
            grid=Grid.of(str(self.set["pace"]), rate),
            voice=Voice(rate, fmt.channels),
            wishes=Asked(),
            chance=np.random.default_rng(fmt.seed),
            late=fmt.ahead,
            lead=round(LEAD * rate),
        )

    def remembered(self, fmt: Format) -> Remembered:
        """The sounds, at the device's rate."""
        key = fmt.rate, fmt.channels
        if key not in self._kept:
            book = self.opinions.book
            own = int(self.set["classes"])
            how: dict[str, Any] = {"rate": fmt.rate, "channels": fmt.channels, "cut": str(self.set["cut"]), "say": self.tell}
            if self.set["tempo"]:
                how |= {"tempo": float(self.set["tempo"]), "beats": Grid.of(str(self.set["pace"]), fmt.rate).beats or 1.0}
            how |= {"K": own or 61, "turning": True} if book is None or own else {"codebook": book, "emphasis": book.emphasis}
            self._kept[key] = memory_of(str(self.set["memory"]), **how)
        return self._kept[key]

    def step(self, partner: Partner, sound: Block, at: Ramps) -> Block:
        """Hear a block, decide what is due, play a block."""
        frames, ears = sound.shape[1], at.frame - partner.late
        for wish in partner.wishes.of(at.first["asked"], at.last["asked"]):
            self.wished(partner, wish)
        boundaries = partner.grid.due(at, frames, partner.lead)
        for boundary in boundaries:
            partner.listener.end(max(boundary - partner.lead - partner.late, partner.listener.start + 1))
        heard = partner.listener.feed(sound, ears)
        if self.set["learn"]:
            self.learn(partner, sound, heard)
        partner.heard.extend(heard)
        for boundary in boundaries:
            self.decide(partner, boundary, at)
        return self.play(partner, frames, at)

    # --- hearing -------------------------------------------------------------------------

    def learn(self, partner: Partner, sound: Block, heard: list[Heard]) -> None:
        """What was just heard is part of the memory from now on."""
        longest = 8 * partner.memory.rate
        partner.past = np.concatenate([partner.past[:, -longest:] if partner.past.size else sound[:, :0], sound], axis=1)
        end = partner.listener.now
        for one in heard:
            first, last = partner.past.shape[1] - (end - one.start), partner.past.shape[1] - (end - one.end)
            if first >= 0 and last > first and one.level > SILENT:
                partner.memory.append(partner.past[:, first:last], one.vector)
                partner.labels.learn(int(partner.memory.labels[-1]))
                partner.mind.has(int(partner.memory.labels[-1]))

    # --- deciding -------------------------------------------------------------------------

    def decide(self, partner: Partner, boundary: int, at: Ramps) -> None:
        """What begins at this frame, and what is meant to come after it."""
        mind, labels = partner.mind, partner.labels
        segment = partner.grid.length(at.bpm)
        back = round(at["wait"] * 60 * partner.memory.rate / at.bpm / max(segment, 1))
        one = partner.heard[-1 - back] if len(partner.heard) > back else None
        newest = partner.heard[-1] if partner.heard else None
        weights = at["relate"], at["follow"], at["insist"]
        follows = self.next_label(partner)
        heard = mind.listen(one)
        wanted = mind.decide(weights, at["dare"], follows, AHEAD_LABELS)
        loud = float(np.clip(((newest.level if newest else SILENT) - SILENT) / 30.0, 0, 1))
        plays = partner.chance.random() < at["density"] * (1 - at["space"] * loud)
        event: Event | None = None
        if plays and len(labels) and wanted is not None:
            made = labels.follow(
                wanted.labels,
                fallback=None if self.set["fallback"] == "silence" else str(self.set["fallback"]),
                continuity=None if at["dare"] < 0.98 else 1,
                transpose=mind.turns,
                reuse="least" if at["dare"] > 0.5 else None,
                chances=wanted.chances,
                at=labels.now,
            )
            event = made[0] if made else None
            labels.played(1)
        mind.played(event)
        self.begin(partner, boundary, event, segment, heard)
        self.show(self.picture(partner, wanted, at))

    def next_label(self, partner: Partner) -> int | None:
        """The label of what would simply go on."""
        last = partner.last.event if partner.last else None
        if last is None or last.index + 1 >= len(partner.memory) or not partner.memory.follows(last.index, last.index + 1):
            return None
        label = int(partner.memory.labels[last.index + 1])
        return None if label < 0 else partner.memory.codebook.shift(label, last.transpose) if last.transpose else label

    def begin(self, partner: Partner, boundary: int, event: Event | None, segment: int, heard: int) -> None:
        """Lay it down for its frame."""
        label = -1 if event is None else int(partner.memory.labels[event.index])
        played = Played(boundary, event, label=label, heard=heard)
        if event is not None:
            start, end = (int(x) for x in partner.memory.spans[event.index])
            played.at = start
            partner.grid.end = boundary + end - start
        else:
            partner.grid.end = boundary + segment
        partner.due.append(played)
        partner.last = played

    def wished(self, partner: Partner, wish: Wish) -> None:
        """Never, pin, more like it: from the next decision on."""
        count = len(partner.labels)
        if 0 <= wish.index < count or wish.what == "forget":
            getattr(partner.labels, wish.what)(*([wish.index] if 0 <= wish.index < count else []))

    # --- sounding ------------------------------------------------------------------------

    def play(self, partner: Partner, frames: int, at: Ramps) -> Block:
        """The next frames, with what begins in them."""
        made, done, voice = [], 0, partner.voice
        for one in sorted([p for p in partner.due if p.frame < at.frame + frames], key=lambda p: p.frame):
            offset = max(one.frame - at.frame, done)
            if offset > done:
                made.append(voice.play(offset - done))
                done = offset
            self.sound(partner, one, at)
            partner.due.remove(one)
            partner.done.append(one)
        made.append(voice.play(frames - done))
        return np.concatenate(made, axis=1) if len(made) > 1 else made[0]

    def sound(self, partner: Partner, one: Played, at: Ramps) -> None:
        """What was decided begins now."""
        voice, memory, event = partner.voice, partner.memory, one.event
        if event is None:
            voice.stop()
            return
        start, end = (int(x) for x in memory.spans[event.index])
        segment = partner.grid.length(at.bpm)
        one.ratio = self.ratio(memory, end - start, segment, partner.grid)
        if one.ratio != 1.0 or event.transpose:
            piece, begins = ready(memory, start, end, one.ratio, event.transpose, segment)
            _, one.crossing = voice.go(piece, begins, segment // 2)
            return
        head = voice.head
        if head is not None and head.material is memory and self.goes_on(partner, event) and abs(head.at - start) <= NEAR * memory.rate:
            one.at, one.crossing = head.at, 0
            return
        moved, one.crossing = voice.go(memory, start, min(segment, end - start) // 2)
        one.at = start + moved

    def goes_on(self, partner: Partner, event: Event) -> bool:
        """It follows what was played before without a gap."""
        before = partner.done[-1].event if partner.done else None
        return before is not None and event.index == before.index + 1 and partner.memory.follows(before.index, event.index)

    def ratio(self, memory: Remembered, own: int, segment: int, grid: Grid) -> float:
        """How much longer than in the memory it must last: only on the beat, only from a memory in time, only a little."""
        if not self.set["stretch"] or not memory.tempo or not grid.beats:
            return 1.0
        ratio = segment / own
        return ratio if 0.8 <= ratio <= 1.25 and abs(segment - own) > 2 else 1.0

    # --- looking ----------------------------------------------------------------------------

    def picture(self, partner: Partner, wanted: Any, at: Ramps) -> dict[str, Any]:
        """What it does, as plain data."""
        return {
            "now": [told(partner, one) for one in [*list(partner.done)[-1:], *partner.due]],
            "plan": [None if e is None else spot(partner.memory, e.index) for e in partner.labels.plan],
            "segments": len(partner.memory),
            "notes": list(partner.memory.notes[:4]),
            "asks": wanted.said if wanted else "",
            "bpm": at.bpm,
        }


def memory_of(named: str, **how: Any) -> Remembered:
    """The memory of the files that were named: several paths apart by |, or nothing, to be filled by ``learn``."""
    paths = [Path(part) for part in named.split("|") if part]
    if paths:
        return remember(paths, **how)
    if "codebook" not in how:
        raise ValueError('an empty memory hears by the relation\'s alphabet: leave relation="duo", or name a memory')
    return blank(how["rate"], how["channels"], how["codebook"])


def spot(memory: Remembered, index: int) -> dict[str, Any]:
    """Where in the memory a segment lies, in a musician's words."""
    start, end = (int(x) for x in memory.spans[index])
    source = int(memory.source[index])
    first = memory.shelf.edges[source] if source < len(memory.files) else memory.shelf.frames
    name = memory.files[source].stem if source < len(memory.files) else "what was just played"
    return {
        "segment": index,
        "file": name,
        "second": round((start - first) / memory.rate, 2),
        "long": round((end - start) / memory.rate, 2),
    }


def told(partner: Partner, one: Played) -> dict[str, Any]:
    """One thing it did, for the picture."""
    if one.event is None:
        return {"frame": one.frame, "silent": True, "heard": one.heard}
    return {
        "frame": one.frame, "heard": one.heard, "label": one.label, "transpose": one.event.transpose, "ratio": round(one.ratio, 3),
        "why": str(one.event.why), **spot(partner.memory, one.event.index),
    }  # fmt: skip


__all__ = ["Answer", "Codebook", "Partner", "Played", "memory_of"]
