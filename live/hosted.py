"""One engine and its ring: the steps that turn what the core put down into what it will play.

The worker's process and the offline renderer step the same ``Hosted``, so a
render sounds as it does live. A step for frame f hears the input, and sees the
controls, of frame f - ahead; so what it makes never depends on when it is made.
"""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

from engines.face import Block, Engine, Format, Ramps
from live.core import layout as at
from live.core.memory import Map
from live.core.ringfile import STEP

PATIENCE = 3  # times a state is begun again before the engine is given up
WELL = 10.0  # seconds of good sound after which old troubles are forgotten
SEAM = 64  # frames looked at on each side of a join


class GaveUp(Exception):
    """The engine failed again and again; the message says how."""


class Hosted:
    """An engine that plays into a ring."""

    def __init__(self, engine: Engine, ring: Map, *, seed: int = 0) -> None:
        self.engine, self.ring, self.head = engine, ring, ring.head
        self.rate, self.outs, self.ins = (int(self.head[cell]) for cell in (at.R_RATE, at.R_OUTS, at.R_INS))
        self.frames, self.ahead = int(self.head[at.R_FRAMES]), int(self.head[at.R_AHEAD])
        self.chunk = engine.chunk or max(1, min(STEP, self.ahead // 2))
        if self.chunk > self.ahead:
            raise ValueError(
                f"{type(engine).__name__.lower()} works {self.chunk} frames at a time, but only {self.ahead} are kept ready. "
                f"Keep at least {2 * self.chunk} ahead ({2 * self.chunk / self.rate:.2f} seconds)."
            )
        self.names = list(type(engine).controls())
        self.format = Format(self.rate, self.outs, self.chunk, seed, self.ahead)
        self.state: Any = engine.start(self.format)
        self.troubles: list[str] = []  # since the sound was last well
        self.well = 0  # frames made without trouble
        self.eager = self.least = min(self.ahead - self.chunk, round(0.02 * self.rate))
        self.fresh = int(self.head[at.R_WRITTEN]) > int(self.head[at.R_START])  # another worker was here before

    # --- when -------------------------------------------------------------------
    @property
    def written(self) -> int:
        """Every frame before this one is made."""
        return int(self.head[at.R_WRITTEN])

    def can_step(self) -> bool:
        """Everything the next step must hear has been heard."""
        return self.written + self.chunk - self.ahead <= int(self.head[at.R_HEARD])

    def step_until(self, frame: int) -> None:
        """Make every frame before ``frame``, as far as it has been heard: how the offline renderer keeps time."""
        while self.written < frame and self.can_step():
            self.step()

    def follow(self) -> bool:
        """One step, if one is due; a leap, if the clock has gone by or back. True when a step was made."""
        clock, written = int(self.head[at.R_CLOCK]), self.written
        if written < clock:
            self.leap(clock + self.eager)
            self.eager = min(2 * self.eager + 1, self.ahead - self.chunk)
        elif written > clock + self.ahead + self.chunk:
            self.leap(clock + self.least)
        if not self.can_step():
            return False
        self.step()
        if self.written > int(self.head[at.R_CLOCK]) + self.least:
            self.eager = self.least
        return True

    def leap(self, frame: int) -> None:
        """Go on at another frame. Start moves before the end does: the core never plays what lies between."""
        self.head[at.R_START] = frame
        settle()
        self.head[at.R_WRITTEN] = frame
        self.fresh = False

    # --- what -------------------------------------------------------------------
    def step(self) -> None:
        """The next chunk of sound into the ring."""
        f = self.written
        sound = self._made(f)
        if self.fresh:
            sound = self._joined(sound, f)
            self.fresh = False
        spots = np.arange(f, f + self.chunk) % self.frames
        self.ring.out[:, spots] = sound
        settle()
        self.head[at.R_WRITTEN] = f + self.chunk
        self.well += self.chunk
        if self.well > WELL * self.rate:
            self.troubles.clear()

    def _made(self, f: int) -> Block:
        """What the engine makes for frame f on; begun again when it fails, up to the patience."""
        while True:
            try:
                return self._checked(self.engine.step(self.state, self.heard(f - self.ahead), self.controls(f)))
            except Exception as trouble:
                self.well = 0
                self.troubles.append(f"{type(trouble).__name__}: {trouble}")
                if len(self.troubles) > PATIENCE:
                    raise GaveUp(
                        f"{type(self.engine).__name__.lower()} failed {len(self.troubles)} times: {self.troubles[-1]}"
                    ) from trouble
                self.state = self.engine.start(self.format)
                self.fresh = self.written > int(self.head[at.R_START])

    def _checked(self, sound: Block) -> Block:
        """Only sound of the right shape, all numbers, reaches the ring."""
        sound = np.asarray(sound, np.float32)
        if sound.shape != (self.outs, self.chunk):
            raise ValueError(f"a step made {sound.shape}; (channels, frames) here is ({self.outs}, {self.chunk})")
        if not np.isfinite(sound).all():
            raise ValueError("a step made something that is not a number")
        return sound

    def heard(self, g: int) -> Block:
        """The input from frame g on; silence where the core had not begun."""
        sound = np.zeros((self.ins, self.chunk), np.float32)
        from_ = int(self.head[at.R_FROM])
        skip = min(max(from_ - g, 0), self.chunk) if from_ >= 0 else self.chunk
        if skip < self.chunk and self.ins:
            sound[:, skip:] = self.ring.heard[: self.ins, np.arange(g + skip, g + self.chunk) % self.frames]
        return sound

    def controls(self, f: int) -> Ramps:
        """Where the controls stood while the input of this step was heard."""
        first, g = self._stood(f - self.ahead), f - self.ahead
        return Ramps(first, self._stood(f + self.chunk - self.ahead), f, *self._time(g))

    def _time(self, g: int) -> tuple[float, float]:
        """The beat at the frame that answers frame g, and the tempo there: as g knew it."""
        stand, known = self._row(g)
        beat, bpm = float(stand[at.RING_BEAT]), float(stand[at.RING_BPM])
        if bpm <= 0:  # nobody has said yet
            return (g + self.ahead) * 2.0 / self.rate, 120.0
        return beat + (g + self.ahead - known) * bpm / (60.0 * self.rate), bpm

    def _row(self, g: int) -> tuple[Any, int]:
        """What stood at frame g, to the last multiple of 64, and that multiple."""
        from_ = int(self.head[at.R_FROM])
        known = max(g, from_) // 64 * 64
        return (self.ring.controls, known) if from_ < 0 else (self.ring.past[(known // 64 - 1) % len(self.ring.past)], known)

    def _stood(self, g: int) -> dict[str, float]:
        """Each control at frame g, to the last multiple of 64."""
        stand, _ = self._row(g)
        return {name: float(stand[k]) for k, name in enumerate(self.names)}

    def _joined(self, sound: Block, f: int) -> Block:
        """A newcomer goes on where the last worker stopped. If its sound breaks there, lead into it."""
        size = min(SEAM, self.chunk, f - int(self.head[at.R_START]))
        if size < 2:
            return sound
        before = self.ring.out[:, np.arange(f - size, f) % self.frames]
        moves = max(np.abs(np.diff(before)).max(), np.abs(np.diff(sound[:, :size])).max())
        if np.abs(sound[:, 0] - before[:, -1]).max() <= 2 * moves:
            return sound
        sound = sound.copy()
        along = (np.sin(np.linspace(0, math.pi / 2, size + 2)[1:-1]) ** 2).astype(np.float32)
        sound[:, :size] = (1 - along) * before[:, ::-1] + along * sound[:, :size]
        return sound


_gate = threading.Lock()


def settle() -> None:
    """What was written before is seen before what is written after: a lock taken twice is a fence."""
    for _ in range(2):
        with _gate:
            continue


def inline(engine: Engine, ring: Map, *, seed: int = 0) -> Hosted:
    """The engine in this very process, for the offline renderer: call ``step_until(frame + block)`` before each block."""
    engine.load()
    return Hosted(engine, ring, seed=seed)
