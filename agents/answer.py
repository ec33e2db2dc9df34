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

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from agents.alphabets import bundled
from agents.blank import blank
from agents.choose import Memory
from agents.codebook import Codebook
from agents.decide import BUNDLED, Mind, Opinions, Wanted
from agents.descriptors import EMPHASES
from agents.grid import Grid
from agents.hear import Heard, Listener
from agents.partner import Partner, Played, ends_of, portrait, spot, told
from agents.reasons import REACH, Event, Why
from agents.remember import Remembered, remember
from agents.stretch import Made, ready
from agents.voice import Track, Voice
from engines.asked import Asked, Wish
from engines.face import Block, Control, Engine, Format, Ramps

LEAD = 0.03  # seconds before a boundary at which it is decided
AHEAD_LABELS = 4  # how far it plans
NEAR = 0.025  # seconds: so near to where it reads already, the next segment is simply read on
PHRASE = 3  # segments that playing and resting usually last, where ``density`` lets it rest
TURN = (5**0.5 - 1) / 2  # of the tide a phrase: however few they are, as many as ``density`` says
LEARNT = 45 * 60  # seconds it learns while playing (500 MB a channel); then its memory is full, and it says so
SILENT = -50.0  # dB: softer than that nobody plays
LOUD = 30.0  # dB above it: that is playing in full
ENOUGH = 0.8  # of a segment must be left of a recording for it to begin there, or to read on
SHORTEST = 960  # frames: no segment is over sooner
LEAP = 0.98  # of dare: from there on it never simply goes on


class Answer(Engine):
    """A partner that listens and answers from a memory of sounds."""

    dare = Control(0.3, low=0, high=1, moves="risk")
    density = Control(1.0, low=0, high=1, moves="how often it plays")
    space = Control(0.0, low=0, high=1, moves="how much it leaves to you")
    follow = Control(0.85, low=0, high=1, moves="imitation")
    relate = Control(0.4, low=0, high=1, moves="relation")
    insist = Control(0.0, low=0, high=1, moves="the rule")
    wait = Control(0.0, low=0, high=16, unit="beats", moves="distance")
    asked = Control(0.0, low=0, high=1e15)  # what you say of what it plays: never, pin, more_like; see engines/asked.py
    chunk = 256
    ahead = 0.06
    late = "loop"
    budget = 0.4
    settings: ClassVar[Mapping[str, Any]] = {
        "memory": "", "relation": "duo", "pace": "half", "cut": "onset", "tempo": 0.0, "rule": "", "ear": "harmony", "transpose": 0, "classes": 0,
        "learn": False, "fallback": "silence", "stretch": True, "channels": 0,
    }  # fmt: skip
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "cut": ("onset", "grid", "both"),
        "ear": ("harmony", "timbre", "energy", "mix", "wav2vec", "wav2vec:*"),
        "fallback": ("silence", "hold", "next"),
        "pace": ("bar", "beat", "half", "quarter", "memory", "60..8000"),
        "rule": ("", "same", "unison", "third", "fourth", "fifth", "octave", "tritone", "memory", "-24..24", "0..4096 ..."),
    }
    examples = (
        'lead = clip("reed solo")',
        'partner = answer(lead, memory="horn lines", dare=0.4)',
        "out.stage = 0.6 * lead + partner",
        "partner.dare = knob(3)",
    )

    def load(self) -> None:
        """The relation and its alphabet: some hundred thousand numbers."""
        ear, relation = str(self.set["ear"]), str(self.set["relation"])
        if ear != "harmony" and relation == BUNDLED:
            relation = "none"  # it knows harmony only: another ear goes by what is heard, and by the rule
        self.opinions = Opinions.of(relation, str(self.set["rule"]))
        self._kept: dict[tuple[int, int], Remembered] = {}

    def start(self, fmt: Format) -> Partner:
        """Read the memory (in no time, if it was read before), and listen."""
        memory = self.remembered(fmt)
        book = memory.codebook
        turns = int(self.set["transpose"]) if book.turning else 0
        labels = Memory(memory.labels.tolist(), seed=fmt.seed, shift=book.shift)
        gone = np.flatnonzero(memory.labels < 0).tolist()
        if gone:
            labels.never(*gone)
        if memory.pinned:
            labels.pin(*sorted(memory.pinned))
        rate = fmt.rate
        return Partner(
            memory=memory,
            portrait=portrait(memory),
            labels=labels,
            mind=Mind(self.opinions, book, memory.labels, tuple(range(-turns, turns + 1)), fmt.seed),
            listener=Listener(rate, memory.settings.emphasis, "given", at=-fmt.ahead),
            grid=Grid.of(str(self.set["pace"]), rate),
            voice=Voice(rate, fmt.channels),
            wishes=Asked(),
            chance=(chance := np.random.default_rng(fmt.seed)),
            tide=float(chance.random()),
            late=fmt.ahead,
            lead=round(LEAD * rate),
            never=set(gone),
            ends=ends_of(memory),
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
            how |= alphabet(str(self.set["ear"]), own, book)
            self._kept[key] = memory_of(str(self.set["memory"]), **how)
        return self._kept[key]

    def step(self, partner: Partner, sound: Block, at: Ramps) -> Block:
        """Hear a block, decide what is due, play a block."""
        frames, ears = sound.shape[1], at.frame - partner.late
        if at.frame != partner.next and partner.next >= 0:  # the clock has leapt: what was to begin then is no more
            partner.due, partner.last = [], None
        partner.next = at.frame + frames
        for wish in partner.wishes.of(at.first["asked"], at.last["asked"]):
            self.wished(partner, wish)
        boundaries = partner.grid.due(at, frames, partner.lead)
        for boundary in boundaries:
            partner.listener.end(boundary - partner.lead - partner.late)
        heard = partner.listener.feed(sound, ears)
        if self.set["learn"]:
            self.learn(partner, sound, heard)
        partner.heard.extend(heard)
        for boundary in boundaries:
            self.decide(partner, boundary, at)
        if not boundaries:
            self.think(partner, at)
        return self.play(partner, frames, at)

    # --- hearing -------------------------------------------------------------------------

    def learn(self, partner: Partner, sound: Block, heard: list[Heard]) -> None:
        """What was just heard is part of the memory from now on."""
        memory, longest = partner.memory, 8 * partner.memory.rate
        partner.past.append(sound)
        if not heard and len(partner.past) * sound.shape[1] <= 2 * longest:
            return
        past = np.concatenate(partner.past, axis=1)[:, -(longest + sound.shape[1]) :]
        partner.past, end = [past], partner.listener.now
        for one in heard:
            first, last = past.shape[1] - (end - one.start), past.shape[1] - (end - one.end)
            full = memory.seconds - memory.shelf.frames / memory.rate > LEARNT
            if full and not partner.full:
                partner.full = True
                self.tell(f"it has learned {LEARNT // 60} minutes, and learns no more")
            if full or first < 0 or last <= first or one.level <= SILENT:
                partner.breaks.add(len(memory))
                continue
            new = memory.append(past[:, first:last], one.vector)
            label = int(memory.labels[new])
            partner.labels.learn(label)
            partner.mind.has(label)
            if len(memory) % 32 == 1:
                partner.portrait = portrait(memory)

    def listened(self, partner: Partner, at: Ramps) -> Heard | None:
        """What was heard ``wait`` ago: the segment that sounded then."""
        if not partner.heard:
            return None
        then = partner.heard[-1].end - round(at["wait"] * 60 * partner.memory.rate / at.bpm)
        return next((one for one in reversed(partner.heard) if one.start < then <= one.end), None)

    # --- deciding -------------------------------------------------------------------------

    def decide(self, partner: Partner, boundary: int, at: Ramps) -> None:
        """What begins at this frame."""
        mind, labels, segment = partner.mind, partner.labels, partner.grid.length(at.bpm)
        heard = mind.listen(self.listened(partner, at))
        planned, plays = labels.plan, self.plays(partner, at)
        here = self.goes_on(partner, boundary, segment, 1) if plays and at["dare"] < LEAP else []
        weights = at["relate"], at["follow"] ** 2, at["insist"] ** 2  # what is heard, and a rule, are sharp: a knob's middle is the middle
        wanted = mind.decide(weights, at["dare"], here[0].label if here else None)
        event = None
        if not plays or wanted is None or not len(labels):
            labels.put([None])
            here = []
        elif wanted.on:
            event = self.went_on(partner, here[0], wanted)
        else:
            here, event = [], self.chosen(partner, wanted, planned, at)
        labels.played(1)
        partner.changes = sum(a != b for a, b in zip(places(planned[:1]), places([event]), strict=False))
        mind.played(None if event is None else self.label(partner, event))
        self.begin(partner, boundary, event, segment, heard, here[0] if here else None)
        partner.asks = wanted.said if wanted else ""
        partner.planned = planned[1:]
        partner.coming = self.goes_on(partner, boundary + segment, segment, AHEAD_LABELS) if at["dare"] < LEAP else []
        mind.ponder(weights, at["dare"], [one.label for one in partner.coming], AHEAD_LABELS)

    def think(self, partner: Partner, at: Ramps) -> None:
        """What is meant to come after it: thought of in the blocks that follow, and shown once it is whole."""
        wanted = partner.mind.think()
        if wanted is None:
            return
        if wanted.on:
            row = self.reading_on(partner, partner.coming[: wanted.on], wanted)
            partner.labels.put(row)
            self.asked_for(partner, wanted.labels[wanted.on :], wanted.chances[wanted.on :], partner.labels.now + wanted.on, at)
        else:
            self.chosen(partner, wanted, partner.labels.plan or partner.planned, at)
        partner.rewritten = partner.changes + sum(
            a != b for a, b in zip(places(partner.planned), places(partner.labels.plan), strict=False)
        )
        partner.foreseen = wanted
        self.extend(partner)
        self.show(self.picture(partner, at))

    def plays(self, partner: Partner, at: Ramps) -> bool:
        """Whether it plays at all: in phrases, by ``density``, and less, by ``space``, the louder you are."""
        turns, yields = partner.chance.random(2)
        if turns * PHRASE < 1:
            partner.tide = (partner.tide + TURN) % 1.0
        level = partner.heard[-1].level if partner.heard else SILENT
        loud = float(np.clip((level - SILENT) / LOUD, 0, 1))
        return bool(partner.tide < at["density"] and yields >= at["space"] * loud)

    def goes_on(self, partner: Partner, boundary: int, segment: int, count: int) -> list[Played]:
        """What is heard from a frame on if nothing is done, a segment after the other: what is being read then, and where in it."""
        last, memory, found = partner.last, partner.memory, []
        if last is None or last.event is None:
            return []
        index, before = last.event.index, last.event
        for k in range(count):
            frame = boundary + k * segment
            now = last.at + round((frame - last.frame) / last.ratio)
            while memory.spans[index, 1] <= now + NEAR * memory.rate:  # a beginning that is near enough counts
                if index + 1 >= len(memory) or not memory.follows(index, index + 1) or index + 1 in partner.breaks:
                    return found
                index += 1
            if index in partner.never or memory.labels[index] < 0:
                return found
            if self.left(partner, index, now) < ENOUGH * segment:
                return found
            event = before if index == before.index else Event(index, last.event.transpose, last.event.why)
            found.append(Played(frame, event, at=now, label=self.label(partner, event)))
            before = event
        return found

    def went_on(self, partner: Partner, here: Played, wanted: Wanted) -> Event:
        """It reads on: inside the same segment nothing is new, and of another one it is told why."""
        labels, last = partner.labels, partner.last
        labels.put(())  # what was planned is not used
        row = self.reading_on(partner, [here], wanted)
        labels.put(row)
        return here.event if last is not None and here.event is last.event else row[0]  # type: ignore[return-value]

    def reading_on(self, partner: Partner, ahead: list[Played], wanted: Wanted) -> list[Event | None]:
        """Events for the memory's line, one a segment of time; the same one again is held there, so that it is not used once more."""
        labels, before = partner.labels, partner.last.event if partner.last else None
        past, row = None, []
        for k, one in enumerate(ahead):
            event = one.event
            if event is None or event is before:
                row.append(event and event._replace(why=event.why._replace(rule="hold")))
                continue
            past = self.shared(partner, event) if past is None else past + 1
            why = Why("on", min(past, REACH), len(ahead) - k, event.transpose, labels.used(event.index), 1, wanted.chances[k])
            row.append(event._replace(why=why))
            before = event
        return row

    def chosen(self, partner: Partner, wanted: Wanted, planned: Sequence[Event | None], at: Ramps) -> Event | None:
        """What was planned, as far as it is still wanted; from there on asked anew, with what was foreseen to come after it."""
        labels, kept = partner.labels, 0
        asked, chances = list(wanted.labels), list(wanted.chances)
        if len(asked) == 1 and partner.foreseen is not None:
            asked += partner.foreseen.labels[1:]
            chances += partner.foreseen.chances[1:]
        for event, label in zip(planned, asked, strict=False):
            fits = event is not None and event.index not in partner.never and self.label(partner, event) == label
            if not fits or (kept and event.index != planned[kept - 1].index + 1):  # type: ignore[union-attr]
                break
            kept += 1
        labels.put(list(planned[:kept]))
        made = self.asked_for(partner, asked[kept:], chances[kept:], labels.now + kept, at)
        event = planned[0] if kept else made[0] if made else None
        if event is None:
            return None
        uses = labels.used(event.index) - sum(one is not None and one.index == event.index for one in labels.plan)
        return event._replace(why=event.why._replace(past=self.shared(partner, event), uses=max(uses, 0)))

    def asked_for(self, partner: Partner, wanted: list[int], chances: list[float], time: int, at: Ramps) -> list[Event | None]:
        """Places for these labels, from a time of the memory's own on."""
        if not wanted:
            return []
        how: dict[str, Any] = {
            "fallback": None if self.set["fallback"] == "silence" else str(self.set["fallback"]),
            "transpose": partner.mind.turns,
            "reuse": "least" if at["dare"] > 0.5 else None,
        }
        segment = partner.grid.length(at.bpm)
        ends = [i for i in partner.ends if self.left(partner, i) < ENOUGH * segment]
        ways: list[dict[str, Any]] = [{"taboo": ends}] if ends else [{}]
        if at["dare"] >= LEAP:
            ways.insert(0, {**ways[0], "continuity": 1})
        for way in [*ways, {}]:
            made = partner.labels.follow(wanted, chances=chances, at=time, **how, **way)
            if made and made[0]:
                return made
        return made or []

    def left(self, partner: Partner, index: int, frame: int | None = None) -> int:
        """Frames from a segment's beginning, or a frame in it, to the end of its recording; by the memory's own pace there is always enough."""
        if partner.grid.by_memory or int(partner.memory.source[index]) >= len(partner.memory.files):
            return 1 << 60
        return self.track(partner, int(partner.memory.source[index])).last - (
            int(partner.memory.spans[index, 0]) if frame is None else frame
        )

    def label(self, partner: Partner, event: Event) -> int:
        """The label it sounds with, transposed as it is."""
        label = int(partner.memory.labels[event.index])
        return partner.memory.codebook.shift(label, event.transpose) if event.transpose and label >= 0 else label

    def shared(self, partner: Partner, event: Event) -> int:
        """How many labels before a segment agree with what was just played."""
        for back, label in enumerate(reversed(partner.sounded), 1):
            if event.index < back or label is None or self.label(partner, event._replace(index=event.index - back)) != label:
                return back - 1
        return len(partner.sounded)

    def begin(self, partner: Partner, boundary: int, event: Event | None, segment: int, heard: int, here: Played | None) -> None:
        """Lay it down for its frame; ``here``: where it goes on reading, if it does."""
        played, memory, last = Played(boundary, event, heard=heard), partner.memory, partner.last
        partner.grid.end = boundary + segment
        if event is not None:
            start, end = (int(x) for x in memory.spans[event.index])
            played.label, played.on = self.label(partner, event), here is not None
            played.ratio = self.ratio(memory, end - start, segment, partner.grid)
            played.at = start if here is None else here.at
            played.to = end
            if partner.grid.by_memory:
                partner.grid.end = boundary + max(round((end - played.at) * played.ratio), SHORTEST)
        if here is None or last is None or event is not last.event:
            partner.sounded.append(None if event is None else played.label)
        partner.due.append(played)
        partner.last = played

    def extend(self, partner: Partner) -> None:
        """As far as the plan reads straight on, a stretch is made ready at one go."""
        one = partner.last
        if one is None or one.event is None or one not in partner.due:
            return
        event = one.event
        for coming in partner.labels.plan:
            if coming is None or coming.transpose != event.transpose or not 0 <= coming.index - event.index <= 1:
                return
            if coming.index > event.index and not partner.memory.follows(event.index, coming.index):
                return
            event, one.to = coming, int(partner.memory.spans[coming.index, 1])

    def wished(self, partner: Partner, wish: Wish) -> None:
        """Never, pin, more like it: from the next decision on."""
        count, labels = len(partner.labels), partner.labels
        if wish.what != "forget" and not 0 <= wish.index < count:
            return
        if wish.what in ("drop", "relabel", "pin"):
            self.edited(partner, wish)
            return
        some = [wish.index] if 0 <= wish.index < count else []
        if wish.what == "never":
            partner.never.update(some)
        elif wish.what == "forget":
            partner.never -= set(some) or partner.never
            partner.never.update(np.flatnonzero(partner.memory.labels < 0).tolist())
        getattr(labels, wish.what)(*some)
        if wish.what == "forget" and partner.never:
            labels.never(*partner.never)

    def edited(self, partner: Partner, wish: Wish) -> None:
        """What is kept beside the sounds, for tomorrow too: this one is out, is of that kind, is kept to."""
        memory, labels = partner.memory, partner.labels
        try:
            if wish.what == "pin":
                memory.pin(wish.index)
                labels.pin(wish.index)
            elif wish.what == "drop":
                memory.forget(wish.index)
                partner.never.add(wish.index)
                labels.never(wish.index)
            else:
                memory.relabel(wish.index, wish.label)
                labels.labels[wish.index] = wish.label
                partner.labels = labels.renewed()
                partner.mind.has(wish.label)
        except (ValueError, OSError) as slip:  # it is pinned, or there is no such kind: said, and nothing is lost
            self.tell(str(slip))
        partner.portrait = portrait(memory)

    # --- sounding ------------------------------------------------------------------------

    def play(self, partner: Partner, frames: int, at: Ramps) -> Block:
        """The next frames, with what begins in them."""
        made, done, voice = [], 0, partner.voice
        for one in sorted([p for p in partner.due if p.frame < at.frame + frames], key=lambda p: p.frame):
            offset = max(one.frame - at.frame, done)
            if offset > done:
                made.append(voice.play(offset - done))
                done = offset
            self.sound(partner, one, partner.grid.length(at.bpm))
            partner.due.remove(one)
            partner.done.append(one)
        made.append(voice.play(frames - done))
        return np.concatenate(made, axis=1) if len(made) > 1 else made[0]

    def sound(self, partner: Partner, one: Played, segment: int) -> None:
        """What was decided begins now."""
        voice, memory, event = partner.voice, partner.memory, one.event
        if event is None:
            voice.stop()
            return
        head = voice.head
        if one.ratio != 1.0 or event.transpose:
            need = one.at + round(segment / one.ratio)
            made = head.material if head is not None and isinstance(head.material, Made) else None
            reads = one.on and made is not None and made.fits(need, one.ratio, event.transpose)
            if reads and head is not None and abs(head.at - made.spot(one.at)) <= NEAR * memory.rate:
                return
            piece = ready(memory, one.at, max(one.to, need), one.ratio, event.transpose)
            _, one.crossing = voice.go(piece, piece.spot(one.at), segment // 2)
            return
        track = self.track(partner, int(memory.source[event.index]))
        if one.on and head is not None and head.material is track and abs(head.at - one.at) <= NEAR * memory.rate:
            one.at = head.at  # straight on: the very samples
            return
        moved, one.crossing = voice.go(track, one.at, segment // 2)
        one.at += moved

    def track(self, partner: Partner, source: int) -> Track:
        """The recording a segment lies in."""
        if source not in partner.tracks:
            shelf = partner.memory.shelf
            own = source < len(partner.memory.files)
            first, last = (shelf.edges[source], shelf.edges[source + 1]) if own else (shelf.frames, 1 << 60)
            partner.tracks[source] = Track(partner.memory, int(first), int(last))
        return partner.tracks[source]

    def ratio(self, memory: Remembered, own: int, segment: int, grid: Grid) -> float:
        """How much longer than in the memory it must last: only on the beat, only from a memory in time, only a little."""
        if not self.set["stretch"] or not memory.tempo or not grid.beats:
            return 1.0
        ratio = segment / own
        return ratio if 0.8 <= ratio <= 1.25 and abs(segment - own) > 2 else 1.0

    # --- looking ----------------------------------------------------------------------------

    def picture(self, partner: Partner, at: Ramps) -> dict[str, Any]:
        """What it does, as plain data."""
        return {
            "now": [told(partner, one) for one in [*list(partner.done)[-1:], *partner.due]],
            "plan": [None if e is None else spot(partner.memory, e.index) for e in partner.labels.plan],
            "rewritten": partner.rewritten,
            "segments": len(partner.memory),
            "notes": list(partner.memory.notes[:4]),
            "asks": partner.asks,
            "bpm": at.bpm,
            **partner.portrait,
        }


def places(events: Sequence[Event | None]) -> list[tuple[int, int] | None]:
    """Events by what is heard of them."""
    return [None if event is None else (event.index, event.transpose) for event in events]


def alphabet(ear: str, own: int, book: Codebook | None) -> dict[str, Any]:
    """By which kinds a memory is told: the relation's, those bundled for this ear, or so many of its own."""
    if book is not None and not own and ear == book.emphasis:
        return {"codebook": book, "emphasis": book.emphasis}
    if ear == "harmony":
        return {"K": own or 61, "turning": True}
    if own or ear not in EMPHASES:
        return {"K": own or 64, "emphasis": ear}
    return {"codebook": bundled(ear, 64), "emphasis": ear}


def memory_of(named: str, **how: Any) -> Remembered:
    """The memory of the files that were named: several paths apart by |, or nothing, to be filled by ``learn``."""
    paths = [Path(part) for part in named.split("|") if part]
    if paths:
        return remember(paths, **how)
    if "codebook" not in how:
        raise ValueError('an empty memory hears by the relation\'s alphabet: leave relation="duo", or name a memory')
    return blank(how["rate"], how["channels"], how["codebook"])


__all__ = ["Answer", "Codebook", "Partner", "Played", "memory_of"]
