"""The hands' own process: it reads its letters and what the core has heard, and gives each part its turn.

``python -m live.control FOLDER``. No sound goes through here: if it is killed, what was laid in ``core.map`` plays
on, and the next one begins where the files say.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from live.control.part import Part
from live.control.post import HANDS, Post
from live.control.rings import Echo, Into, thinned
from live.core import layout as at
from live.core.mail import Sender
from live.core.memory import Map
from live.core.pacing import seen
from live.faders import read
from live.pids import Held, alive
from live.ports.fakes import FakePorts
from live.rig import Rig

BOX = 2  # our mailbox
REST = 0.05  # seconds between two looks when nothing happens
SOON = 0.005  # the same while hands move, or somebody waits for them
LIVELY = 1.0  # seconds after the last message that count as moving
STORM = 512  # messages in one round; more are thinned
AGAIN = 3.0  # seconds before a part that fell is made anew
LONELY = 5.0  # seconds without a core and a watcher after which nobody needs us
LOOK = 1.0

PARTS = (
    ("ports", "live.control.plugs", "Plugs"),
    ("learn", "live.control.learning", "Learning"),
    ("routes", "live.control.routes", "Routes"),
    ("played", "live.control.played", "Played"),
    ("lamps", "live.control.lamps", "Lamps"),
    ("show", "live.control.showing", "Showing"),
    ("osc", "live.control.osc", "Osc"),
    ("follow", "live.control.follow", "Follow"),
    ("lead", "live.control.lead", "Lead"),
    ("link", "live.control.linked", "Linked"),
)  # name, module, class: in the order of their turns


def now_ns() -> int:
    """The clock of C_WALL_NS."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) if hasattr(time, "clock_gettime_ns") else time.monotonic_ns()


class Hands:
    """Everything the parts share: the core's maps, the desk's letters, the mappings, and each other."""

    def __init__(
        self, folder: Path, rig: Rig, core: Any, *, parts: Sequence[tuple[str, str, str]] = PARTS, doors: Sequence[Any] | None = None
    ) -> None:
        """``core``: the map, or whoever has its arrays. ``doors``: MIDI as it comes, such as FakePorts; None: as the rig says."""
        self.folder, self.rig, self.core = folder, rig, core
        self.real = doors is None and rig.midi.strip() not in ("none", "fake")  # whether the system's own MIDI is looked at
        fake = rig.midi.strip() == "fake" or bool(rig.played)
        self.doors = list(doors or ([FakePorts()] if fake else []))
        self.post = Post(folder, HANDS)
        self.mail = Sender(core, BOX)
        self.ear = Into(core.heard, core.heard_at)
        self.mouth = Into(core.said, core.said_at)
        self.echo = Echo(core)
        self.mappings: list[dict[str, Any]] = []  # what is mapped: the learning part keeps it, the routes lay it
        self.changed = 0  # counts up whenever slots, names or mappings change: whoever depends on them looks at it
        self.controls: dict[str, Any] = {}  # what the desk last wrote to controls.json
        self.flow = np.zeros(at.HANDS, np.int64)  # messages of each slot so far
        self.kinds = {name: (module, kind) for name, module, kind in parts}
        self.parts: dict[str, Part] = {}
        self._again: dict[str, float] = dict.fromkeys(self.kinds, 0.0)
        self._told: dict[str, str] = {}
        self._lively = 0.0
        self._looked = self._peopled = time.monotonic()
        self._out, self._in = os.pipe()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._read_controls()

    # --- what parts ask for -------------------------------------------------------

    @property
    def rate(self) -> int:
        """Frames a second."""
        return int(self.core.clock[at.C_RATE]) or self.rig.rate

    @property
    def frame(self) -> int:
        """The core's clock at this very moment, between two blocks too."""
        return self.frame_at(now_ns())

    def frame_at(self, ns: int) -> int:
        """The frame that was (or will be) now at a time of now_ns()."""
        clock = self.core.clock
        last, frame = int(clock[at.C_WALL_NS]), int(clock[at.C_FRAME])
        return frame if not last else max(frame + (ns - last) * self.rate // 1_000_000_000, 1)

    def beat_at(self, frame: float) -> float:
        """The beat at a frame, as the core's tempo stands."""
        return float(seen(self.core.tempo, self.rate).beat(frame))

    def device(self, slot: int) -> str:
        """Who holds a slot; "" nobody."""
        return bytes(self.core.hands[slot]).decode(errors="replace")

    @property
    def devices(self) -> list[str]:
        """Who holds each slot."""
        return [self.device(slot) for slot in range(at.HANDS)]

    def heard(self, slot: int, data: bytes, frame: int = 0) -> bool:
        """A message comes in from somewhere else than JACK. Any thread may call it."""
        return self.ear.put(slot, data, frame or self.frame)

    def send(self, slot: int, data: bytes, frame: int = 0) -> bool:
        """A message goes out to a device, at a frame (0: at once). False when nobody is there to take it."""
        ports = self.parts.get("ports")
        return bool(ports) and ports.send(slot, data, frame)  # type: ignore[union-attr]

    def tell(self, text: str) -> None:
        """A line of news for the performer; one that is longer than a letter is cut."""
        if not self.post.send("said", text=text):
            self.post.send("said", text=f"{text[:150]} ...")

    def tell_once(self, about: str, text: str) -> None:
        """The same, unless it is what was last said about it."""
        if self._told.get(about) != text:
            self._told[about] = text
            self.tell(text)

    def log(self, text: str) -> None:
        """A line for the session's log."""
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} hands: {text}\n")
        sys.stderr.flush()

    def wake(self) -> None:
        """Let the next round begin now. Any thread may call it."""
        with contextlib.suppress(OSError):
            os.write(self._in, b"!")

    def touch(self) -> None:
        """Slots, names or mappings have changed."""
        self.changed += 1

    # --- the rounds -----------------------------------------------------------------

    def turn(self) -> None:
        """One round: letters, what was heard, and every part's turn."""
        now = time.monotonic()
        for name in self.kinds:
            if name not in self.parts and now >= self._again[name]:
                self._begin(name, now)
        for word, what in self.post.read():
            self._letter(word, what)
        self.ear.catch_up()
        self.mouth.catch_up()
        messages = self.echo.new()
        if len(messages):
            self._lively = now
            self.flow += np.bincount(messages["slot"], minlength=at.HANDS)[: at.HANDS]
            if len(messages) > STORM:
                messages = thinned(messages)
            self._each(lambda part: part.hear(messages))
        self._each(lambda part: part.turn(now))

    def rest(self) -> None:
        """Sleep until something may have happened."""
        hungry = any(part.hungry for part in self.parts.values()) or time.monotonic() - self._lively < LIVELY
        seconds = min([SOON if hungry else REST, *(part.pace for part in self.parts.values())])
        if os.name == "nt":  # no select on pipes there
            time.sleep(min(seconds, SOON))
        else:
            ready, _, _ = select.select([self._out], [], [], seconds)
            if ready:
                os.read(self._out, 4096)

    def is_over(self) -> bool:
        """Whether it is time to leave. Looked at once a second."""
        now = time.monotonic()
        if self.core.clock[at.C_STOP]:
            return True
        if now - self._looked < LOOK:
            return False
        self._looked = now
        if (self.folder / "leave").exists() or not (self.folder / "core.map").exists():
            return True
        if alive(self.folder, "core") or alive(self.folder, "watch"):
            self._peopled = now
        return now - self._peopled > LONELY

    def close(self) -> None:
        """Let go of everything, the last part first."""
        for name in reversed(list(self.parts)):
            with contextlib.suppress(Exception):  # on the way out nobody can be helped any more
                self.parts.pop(name).close()
        os.close(self._in)
        os.close(self._out)
        self._in = self._out = -1
        self.post.close()
        self.mail.bell.close()

    def _begin(self, name: str, now: float) -> None:
        module, kind = self.kinds[name]
        try:
            self.parts[name] = getattr(importlib.import_module(module), kind)(self)
        except Exception as trouble:
            self._fell(name, trouble, now)

    def _each(self, do: Any) -> None:
        for name, part in list(self.parts.items()):
            try:
                do(part)
            except Exception as trouble:
                self.parts.pop(name, None)
                with contextlib.suppress(Exception):
                    part.close()
                self._fell(name, trouble, time.monotonic())

    def _fell(self, name: str, trouble: Exception, now: float) -> None:
        """One line, once; the part comes again."""
        self._again[name] = now + AGAIN
        why = f"{type(trouble).__name__}: {trouble}".splitlines()[0]
        if self._told.get(name) != why:
            self._told[name] = why
            self.log(f"{name} fell: {why}")
            if not isinstance(trouble, ModuleNotFoundError):
                self.tell(f"{name} of the hands fell ({why}) and begins again. The sound does not notice.")

    def _letter(self, word: str, what: dict[str, Any]) -> None:
        if word == "controls":
            self._read_controls()
            self.touch()
        taken: list[bool] = []
        self._each(lambda part: taken.append(bool(part.letter(word, what))))
        if not any(taken) and word != "controls":
            self.log(f"nobody knows the letter {word!r}")

    def _read_controls(self) -> None:
        self.controls = read(self.folder) or self.controls


def main(argv: list[str]) -> int:
    """Be the hands until the session ends."""
    folder = Path(argv[0])
    signs: list[int] = []
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, _: signs.append(number))
    with contextlib.suppress(OSError, AttributeError):
        os.nice(-5)
    with Held(folder, "hands"):
        hands = Hands(folder, Rig.read(folder / "rig.json"), Map(folder / "core.map", at.CORE))
        try:
            while not signs and not hands.is_over():
                hands.turn()
                hands.rest()
        finally:
            hands.close()
    return 0
