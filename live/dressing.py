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
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from live.blame import Trouble, slowest
from live.clock import Clock
from live.plan import score_from
from live.score import Drive, Score, Send
from live.trying import SHARE, Asked, Dropped, Trial

FIRST, SECOND = 0.5, 0.8  # how much of the deadline may be used for the new score, and for all that is looked into then
SILENT = 10 ** (-70 / 20)  # nothing of a whole rehearsal is louder: nothing is heard
SHELF = 512 << 20  # bytes of decoded sounds kept for the next rehearsal


class Shelf:
    """Decoded sounds stay for the next rehearsal, the longest unused go first."""

    def __init__(self, most: int = SHELF) -> None:
        self.most, self.held = most, 0
        self.sounds: OrderedDict[Any, Any] = OrderedDict()
        self.lock = threading.Lock()  # the pager reads, too

    def get(self, key: Any) -> Any:
        """What lies there, or None."""
        with self.lock:
            if key in self.sounds:
                self.sounds.move_to_end(key)
            return self.sounds.get(key)

    def __setitem__(self, key: Any, sound: Any) -> None:
        with self.lock:
            if key in self.sounds:
                return
            self.sounds[key] = sound
            self.held += getattr(sound, "nbytes", 0)
            while self.held > self.most and len(self.sounds) > 1:
                self.held -= getattr(self.sounds.popitem(last=False)[1], "nbytes", 0)

    def reads(self) -> None:
        """From now on the pages of long files stay here, too: every rehearsal plays the same ones."""
        from live.core import sounds

        shelf = self

        class Reader(sounds.Reader):
            def _resampled(self, k: int) -> Any:
                key = "page", str(self.sound.path), self.sound.stamp, self.rate, k
                page = shelf.get(key)
                if page is None:
                    shelf[key] = page = super()._resampled(k)
                return page

        sounds.Reader = Reader  # type: ignore[misc]


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
            int(line["number"]), frame, Clock(self.rate, *line["clock"]), [(str(k), float(v)) for k, v in line["knobs"]],
            float(line["bars"]), float(line["deadline"]), set(line["changed"]), born, score_from(line["score"]), before,
        )  # fmt: skip


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
        if new.bad or new.direct or new.top or new.cost > SHARE or slowest(new):
            found, more = Trouble(room, asked, new, heard, second).said()
            notes += more
        if found["ok"] and new.peak < SILENT and new.done >= asked.frames and not engines(room, asked) and not turned(asked.score):
            found["silent"] = Trouble(room, asked, new, heard, second).falls_silent()
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


def engines(room: Room, asked: Asked) -> list[str]:
    """Engines that are not heard here."""
    return sorted({node.kind for node in asked.score.places.values() if room.engines.get(node.kind)})


def turned(score: Score) -> bool:
    """Whether a knob may open what is closed now."""
    stands = [value for node in score.places.values() for value in node.controls.values()] + [send.gain for send in score.sends]
    return any(isinstance(value, Drive) and value.source.startswith("knob:") for value in stands)


def _notes(room: Room, asked: Asked, new: Trial, real: bool) -> list[str]:
    """What was not rehearsed as it will be."""
    notes = []
    if away := engines(room, asked):
        notes.append(f"without its engine: {', '.join(away)}" if len(away) == 1 else f"without their engines: {', '.join(away)}")
    if not real:
        notes.append("nothing was heard at the inputs yet: low noise instead")
    if new.done < asked.frames:
        notes.append(f"only {new.done / asked.bar:.1f} of {asked.frames / asked.bar:.3g} bars")
    return notes


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


def main() -> None:
    """Warm up, then rehearse what comes in."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the desk is not meant for us
    speak = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else prints goes where errors go
    with contextlib.suppress(OSError, AttributeError):  # where there is no nice, the desk has asked for less already
        os.nice(5)
    room = Room(json.loads(sys.argv[1]))
    room.shelf.reads()
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
