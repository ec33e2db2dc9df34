"""The room of the dress rehearsal: the core itself, without a device, on the last bars of what the inputs heard.

``python -m live.dressing ROOM``: one line of JSON in for each rehearsal, one out with the verdict. The score is rendered
from the frame where it will land, beats and knobs where they will be; what could hurt is named with its place and bar.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import queue
import signal
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from live.clock import Clock
from live.plan import score_from
from live.score import Drive, Score, Send

FIRST, SECOND = 0.5, 0.8  # how much of the deadline may be used for the new score, and for all that is looked into then
PIECE = 0.05  # seconds rendered at a time
LEAST, MOST = 2.0, 30.0  # seconds rendered
ENOUGH = 20  # pieces from which much can be told
WARM = 0.2  # seconds whose cost is not counted: memory and code come in
SHARE = 0.5  # of a core that a score may take
LOUD, LONG = 2.0, 0.003  # times the ceiling, for so many seconds of a piece
DIRECT = 0.1
SHELF = 512 << 20  # bytes of decoded sounds kept for the next rehearsal
WHY = {1: "gives what is not a number", 2: "grows far too loud (60 dB over full scale)", 3: "gives direct current"}
NEVER = 1 << 60  # nanoseconds: watched for its time, never too slow


class Dropped(Exception):
    """Nobody waits for this rehearsal any more."""


@dataclass
class Asked:
    """One rehearsal as the desk asked for it."""

    number: int
    frame: int
    clock: Clock
    knobs: list[tuple[int, float]]
    bars: float
    deadline: float
    changed: set[str]
    born: dict[str, int]
    score: Score
    before: Score

    @property
    def bar(self) -> float:
        """Frames of a bar after the landing."""
        return 60.0 * self.clock.rate / self.score.tempo * self.score.bar

    @property
    def frames(self) -> int:
        """How many are to be rendered."""
        rate = self.clock.rate
        return round(min(max(self.bars * self.bar, LEAST * rate), MOST * rate))


class Shelf:
    """Decoded sounds stay for the next rehearsal, the longest unused go first."""

    def __init__(self, most: int = SHELF) -> None:
        self.most, self.held = most, 0
        self.sounds: OrderedDict[Any, Any] = OrderedDict()

    def get(self, key: Any) -> Any:
        """What lies there, or None."""
        if key in self.sounds:
            self.sounds.move_to_end(key)
        return self.sounds.get(key)

    def __setitem__(self, key: Any, sound: Any) -> None:
        self.sounds[key] = sound
        self.held += getattr(sound, "nbytes", 0)
        while self.held > self.most and len(self.sounds) > 1:
            self.held -= getattr(self.sounds.popitem(last=False)[1], "nbytes", 0)


class Room:
    """What stays between rehearsals: who we are, sounds, treatments already loaded."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.rate, self.ins, self.outs, self.seed = (int(told[key]) for key in ("rate", "ins", "outs", "seed"))
        self.runtime, self.take = Path(told["runtime"]), Path(told["take"])
        self.folders = tuple(Path(folder) for folder in told["folders"])
        self.ceiling = 10 ** (float(told["ceiling"]) / 20)
        self.shelf = Shelf()
        self.written: dict[str, Any] = {}
        self.engines: dict[str, Any] = {}  # of this rehearsal: a file may change
        self.dropped: set[int] = set()

    def find(self, word: str) -> Any:
        """A treatment written live, as on stage; an engine without its worker: what it hears, or silence."""
        if word.startswith("written:"):
            path = Path(word.removeprefix("written:"))
            if word not in self.written and path.exists():
                from live.core import written

                self.written[word] = replace(written.kind(path, share=1e6), word=word)
            return self.written.get(word)
        if word not in self.engines:
            self.engines[word] = self._stand_in(word)
        return self.engines[word]

    def _stand_in(self, word: str) -> Any:
        from engines.catalogue import find
        from live.core.sources.ring import kind_of
        from live.core.strips import hear, join

        try:
            found = find(word, self.folders)
        except LookupError:
            return None
        if found.trouble:
            return None
        kind = kind_of(found)
        through = found.inlets and (found.gives, found.takes) == ("sound", "sound")  # codes are not to be heard as sound
        return replace(kind, op=join if through else hear, prepare=None, settings={**kind.settings, **found.settings})

    def read(self, line: Mapping[str, Any]) -> Asked:
        """A rehearsal from its line."""
        before, frame = score_from(line["before"]), int(line["frame"])
        born = line["born"]
        if born is None:
            from live.journal import last_state

            born = {}
            with contextlib.suppress(OSError, ValueError, KeyError, LookupError, TypeError):  # then each place begins anew
                born = last_state(self.take / "journal.jsonl")[1]
        return Asked(
            int(line["number"]), frame, Clock(self.rate, *line["clock"]), [(int(k), float(v)) for k, v in line["knobs"]],
            float(line["bars"]), float(line["deadline"]), set(line["changed"]), born, score_from(line["score"]), before,
        )  # fmt: skip


class Trial:
    """One score, rendered the way it would lie on stage. The limiter lets everything pass: what it would have to hold back is seen."""

    def __init__(self, room: Room, asked: Asked, score: Score, heard: np.ndarray) -> None:
        """Builds it; raises the core's Refusal when it cannot be."""
        from live.core import layout as at
        from live.core import row
        from live.core.offline import Offline
        from live.plan import compare

        self.room, self.asked, self.score, self.heard = room, asked, score, heard
        rate = room.rate
        self.core = core = Offline(rate, room.outs, ins=room.ins, block=rate, seed=room.seed, ceiling_db=240.0)
        stand, conductor, clock = core.stand, core.conductor, asked.clock
        conductor.find = room.find
        conductor.workshop._shared = room.shelf  # type: ignore[assignment]
        stand.clock[at.C_FRAME] = asked.frame
        stand.tempo[[at.T_BPM, at.T_BAR, at.T_BEAT0, at.T_FRAME0]] = clock.bpm, clock.bar, clock.beat0, clock.frame0
        for knob, value in asked.knobs:
            if 0 <= knob < at.KNOBS:
                stand.knobs[knob] = stand.seen[knob] = stand.ctl[:, knob] = value
        conductor.score = Score(tempo=asked.before.tempo, bar=asked.before.bar)
        ready = conductor.prepare(compare(conductor.score, score), age=self._ages())
        for strip in ready.fresh.values():  # so that the core says what each takes
            strip.row[row.COST] = strip.row[row.COST] or NEVER
        conductor.arm(ready, asked.frame)
        self.costs: list[float] = []  # shares of a core, one a piece
        self.took = np.zeros((0, 0))
        self.bad: dict[str, tuple[int, int]] = {}  # place: why, and the bar
        self.direct: tuple[int, int] | None = None  # output and bar, from 1
        self.top, self.top_bar, self.top_levels = 0.0, 0, {}  # type: tuple[float, int, dict[str, float]]
        self.done = 0

    def _ages(self) -> dict[str, int]:
        """How long each place that stays has been playing at the landing."""
        asked, ages = self.asked, {}
        for name, node in self.score.places.items():
            was = asked.before.places.get(name)
            if name in asked.born and was and (was.kind, dict(was.settings)) == (node.kind, dict(node.settings)):
                ages[name] = max(asked.frame - asked.born[name], 1)
        return ages

    @property
    def seconds(self) -> float:
        """How much was rendered."""
        return self.done / self.room.rate

    @property
    def cost(self) -> float:
        """The median share of a core, once warm: what a busy machine adds to some pieces does not count."""
        counted = self.costs[round(WARM / PIECE) :]
        if len(counted) >= 4:
            return float(np.median(counted))
        return min(self.costs[1:], default=0.0)  # hardly any: at least so much

    def play(self, until: float, frames: int, latest: float = 0.0) -> Trial:
        """Up to so many frames, or until that moment of the clock on the wall; ``latest`` where hardly anything was rendered by then."""
        from live.core.sources.pager import PAGER

        rate, bar, begin = self.room.rate, self.asked.bar, self.asked.frame
        names = list(self.core.conductor.places.items())
        spots = np.array([place.index for _, place in names], np.int64)
        took, sums = [], []
        while self.done < frames and (not self.done or time.monotonic() < (until if len(self.costs) >= ENOUGH else max(until, latest))):
            if self.asked.number in self.room.dropped:
                raise Dropped
            count = int((self.done + 64) / bar) + 1
            last = min(begin + self.done + round(PIECE * rate), round(begin + count * bar), begin + frames)
            last = max(last // 64 * 64, begin + self.done + 1)  # whole runs: what each takes is that of its last
            n = last - begin - self.done
            work = time.thread_time_ns()
            sound = self.core.run(n, self.heard[:, self.done : self.done + n] if self.room.ins else None)
            if n >= 64:
                self.costs.append((time.thread_time_ns() - work) * 1e-9 * rate / n)
                took.append(self.core.stand.meters[spots, 6])
            PAGER.catch_up()
            sums.append(self._direct(sound, sums, count))
            self._loud(sound, count)
            self._bad(names, count)
            self.done += n
            if len(self.costs) % ENOUGH == 0 and self.cost > 2 * SHARE:
                break  # far too dear: that is known now
        self.took = np.array(took)
        self.names = [name for name, _ in names]
        return self

    def _bad(self, names: list[tuple[str, Any]], bar: int) -> None:
        from live.core import layout as at
        from live.core.inner import V_BAD

        if int(self.core.stand.clock[at.C_BAD]) > len(self.bad):
            for name, place in names:
                why = int(place.strip.voice[V_BAD])
                if why and name not in self.bad:
                    self.bad[name] = why, bar

    def _loud(self, sound: np.ndarray, bar: int) -> None:
        """The loudest piece that is over the ceiling for long, and what made it."""
        level = np.abs(sound).max(axis=0)
        if np.count_nonzero(level > LOUD * self.room.ceiling) > LONG * self.room.rate and (top := float(level.max())) > self.top:
            if not self.top_bar or top > 1.5 * self.top:
                self.top_bar = bar
            self.top, self.top_levels = top, self._levels()

    def _levels(self) -> dict[str, float]:
        """How loud each place just was on its way out."""
        from live.core import layout as at
        from live.core.inner import V_GAIN

        stand, conductor, found = self.core.stand, self.core.conductor, {}
        for (name, _, _), line in conductor.lines.items():
            place = conductor.places[name]
            gain = abs(stand.ctl[1, line.gain] * stand.ctl[1, line.open] * place.strip.voice[V_GAIN])
            found[name] = max(found.get(name, 0.0), float(gain * stand.meters[place.index, at.M_PEAK]))
        return found

    def _direct(self, sound: np.ndarray, sums: list[np.ndarray], bar: int) -> np.ndarray:
        """Sum, power and frames of this piece; with the pieces of the last second: whether an output leans on one side."""
        now = np.stack(
            [sound.sum(axis=1, dtype=np.float64), (sound * sound).sum(axis=1, dtype=np.float64), np.full(len(sound), sound.shape[1])]
        )
        last = [now]
        for piece in reversed(sums):
            if sum(int(p[2, 0]) for p in last) >= self.room.rate:
                break
            last.append(piece)
        total, power, frames = np.sum(last, axis=0)
        mean = total / frames
        leans = np.flatnonzero((np.abs(mean) > DIRECT) & (mean * mean > 0.6 * power / frames))
        if self.direct is None and len(leans) and frames[0] >= 0.95 * self.room.rate:
            self.direct = int(leans[0]) + 1, bar
        return now

    def close(self) -> None:
        """Let go of streams and memory now."""
        self.core.conductor.places.clear()
        self.core.conductor.order = []
        self.core.conductor.armed = self.core.conductor._sounding = None


def judge(room: Room, asked: Asked) -> dict[str, Any]:
    """Rehearse and say what was found, as the fields of a Verdict."""
    from live.core.conductor import Refusal

    room.engines.clear()
    began = time.monotonic()
    first, second = began + FIRST * asked.deadline, began + SECOND * asked.deadline
    heard, real = _heard(room, asked)
    try:
        new = Trial(room, asked, asked.score, heard)
    except Refusal as why:
        said = str(why)
        return {
            "ok": False,
            "reason": said,
            "place": next((name for name in asked.score.places if said.startswith((f"{name}:", f"{name}."))), ""),
        }
    found: dict[str, Any] = {"ok": True}
    try:
        new.play(first, asked.frames, second)
        notes = _notes(room, asked, new, real)
        if new.bad or new.direct or new.top or new.cost > SHARE or _slow(new):
            found, more = Trouble(room, asked, new, heard, second).said()
            notes += more
    finally:
        new.close()
    told = {"cost": round(new.cost, 4), "rendered_seconds": round(new.seconds, 3), "note": "; ".join(notes)}
    return found | told


def _heard(room: Room, asked: Asked) -> tuple[np.ndarray, bool]:
    from live.overheard import overheard

    listens = any(node.kind == "mic" for score in (asked.score, asked.before) for node in score.places.values())
    if not listens:
        return np.zeros((room.ins, asked.frames), np.float32), True
    bar = asked.clock.beat_frames * asked.clock.bar
    return overheard(room.runtime, room.take, room.ins, room.rate, frame=asked.frame, frames=asked.frames, bar=bar)


def _notes(room: Room, asked: Asked, new: Trial, real: bool) -> list[str]:
    """What was not rehearsed as it will be."""
    notes = []
    engines = sorted({node.kind for node in asked.score.places.values() if room.engines.get(node.kind)})
    if engines:
        notes.append(f"without its engine: {', '.join(engines)}" if len(engines) == 1 else f"without their engines: {', '.join(engines)}")
    if not real:
        notes.append("nothing was heard at the inputs yet: low noise instead")
    if new.done < asked.frames:
        notes.append(f"only {new.done / asked.bar:.1f} of {asked.frames / asked.bar:.3g} bars")
    return notes


def _slow(trial: Trial) -> tuple[str, float]:
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
        name, share = _slow(self.new)
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


# --- the process ------------------------------------------------------------------


def warm(room: Room) -> None:
    """Everything compiled is loaded, every path through the rendering walked once."""
    from live.core.kinds import kinds
    from live.score import Node

    kinds()
    places = {
        "in": Node("mic"),
        "wide": Node("pan", ("in",)),
        "slow": Node("lfo"),
        "soft": Node("gain", ("wide",), {"gain": Drive("slow")}),
    }
    score = Score(places if room.ins else {"soft": Node("noise")}, (Send("soft", 0, min(2, room.outs)),))
    asked = Asked(0, 12345, Clock(room.rate), [], 1, 60.0, set(), {}, score, Score())
    judge(room, asked)


def step_back() -> None:
    """Give way to what sounds: alone, and a little as a session of our own where the system shares by sessions."""
    with contextlib.suppress(OSError, AttributeError):  # where there is neither, the desk has asked for less already
        os.nice(5)
        Path("/proc/self/autogroup").write_text("2")


def main() -> None:
    """Warm up, then rehearse what comes in."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the desk is not meant for us
    speak = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else prints goes where errors go
    step_back()
    room = Room(json.loads(sys.argv[1]))
    asked: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(room, asked), daemon=True).start()

    def say(what: dict[str, Any]) -> None:
        speak.write(json.dumps(what) + "\n")
        speak.flush()

    warm(room)
    gc.collect()
    gc.freeze()
    gc.disable()
    say({"warm": True})
    rehearse(room, asked.get, say)


def rehearse(room: Room, get: Callable[[], dict[str, Any]], say: Callable[[dict[str, Any]], None]) -> None:
    """One after the other, for ever."""
    while True:
        line = get()
        number = line["number"]
        try:
            verdict = judge(room, room.read(line))
        except Dropped:
            verdict = {"ok": False, "reason": "another edit came before this one was rehearsed"}
        except Exception as trouble:  # noqa: BLE001 - the room must answer whatever happens
            verdict = {"ok": False, "reason": f"the rehearsal failed: {type(trouble).__name__}: {trouble}".splitlines()[0]}
        say({"number": number, "verdict": {**verdict, "reason": verdict.get("reason", "").rstrip(".")}})
        room.dropped.discard(number)
        gc.collect()


def listen(room: Room, asked: queue.SimpleQueue[dict[str, Any]]) -> None:
    """What the desk says. When it has gone, so have we, whatever is being rendered."""
    with contextlib.suppress(ValueError, OSError):
        for line in sys.stdin:
            told = json.loads(line)
            if "drop" in told:
                room.dropped.add(told["drop"])
            else:
                asked.put(told)
    os._exit(0)


if __name__ == "__main__":
    main()
