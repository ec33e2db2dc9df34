"""The same core without a device: faster than real time, block for block the same code.

This is how every test listens, and how a take is played again.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from live.core import layout as at
from live.core import row as r
from live.core.callback import render as _render
from live.core.conductor import FADE_SECONDS, Conductor, Refusal
from live.core.kinds import Kind
from live.core.memory import Map
from live.core.stand import CEILING_DB, LOOKAHEAD, Stand
from live.plan import Plan, compare
from live.score import Score

if TYPE_CHECKING:
    from live.inline import Inline

CALL = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 6)


class Offline:
    """A core whose time passes only when asked."""

    def __init__(
        self,
        rate: int = 48000,
        channels: int = 2,
        *,
        ins: int = 0,
        block: int = 256,
        seed: int = 0,
        lookahead: int = LOOKAHEAD,
        ceiling_db: float = CEILING_DB,
        tape: Map | None = None,
        core: Map | None = None,
        find: Callable[[str], Kind | None] | None = None,
        each_block: Callable[[int], None] | None = None,
        engines: Inline | None = None,
    ) -> None:
        """``core``: a map others look into; ``engines``: how engines are played, where it is not as now; ``find``: kinds from elsewhere, asked first."""
        self.stand = Stand(rate, ins, channels, lookahead=lookahead, ceiling_db=ceiling_db, core=core, tape=tape)
        self._asked_first, self.engines = find, engines
        self.conductor = Conductor(self.stand, seed=seed, find=self._find)
        self.block = block
        self.each_block = each_block  # told the clock before each block
        self._call = CALL(_render.address)

    @property
    def frame(self) -> int:
        """The clock."""
        return self.stand.frame

    def _find(self, word: str) -> Kind | None:
        """A kind from elsewhere: what was given, a treatment written live, or an engine."""
        found = self._asked_first(word) if self._asked_first else None
        if found is None and self.engines is None:
            from live.inline import Inline

            self.engines = Inline(lambda: self.block)
        return found or (self.engines.find(word) if self.engines else None)

    def now(self) -> int:
        """The clock, for whoever must ask later."""
        return self.frame

    def play(
        self, what: Score | Plan, *, frame: int = 0, fade: float = FADE_SECONDS, age: dict[str, int] | None = None, tempo: bool = True
    ) -> None:
        """Arm a score (or a plan) to land at ``frame``, or now. Raises Refusal and changes nothing if it cannot. ``tempo``: whether time takes its pace from it."""
        self._clear()
        try:
            plan = compare(self.conductor.score, what) if isinstance(what, Score) else what
            ready = self.conductor.prepare(plan, age=age)
        except Refusal:
            if self.engines:
                self.engines.forget()
            raise
        if self.engines:
            self.engines.begin(max(frame, self.frame))
        self.conductor.arm(ready, frame, fade=fade, tempo=tempo)

    def _clear(self) -> None:
        self.conductor.settle()
        if self.conductor.armed:
            raise Refusal("a plan is waiting for its frame already: run past it first")

    def run(self, frames: int, heard: np.ndarray | None = None) -> np.ndarray:
        """Make frames: (channels, frames) float32. ``heard`` is what the inputs hear meanwhile."""
        out = np.zeros((self.stand.outs, frames), np.float32)
        into = None if heard is None else np.ascontiguousarray(heard, np.float32)
        if into is not None and into.shape != (self.stand.ins, frames):
            raise ValueError(f"the inputs want ({self.stand.ins}, {frames}) samples, not {into.shape}")
        done = 0
        stride = (frames << 32) | 1
        while done < frames:
            astray = 0 if self.block % r.CHUNK else self.frame % r.CHUNK  # blocks as on stage, whoever stopped in the middle of one
            n = min(self.block - astray, frames - done)
            if self.each_block:
                self.each_block(self.frame)
            self.conductor.settle()
            self.conductor.sweep()
            if self.engines:
                self.engines.serve(self.conductor)
                self.engines.step_until(self.frame + n)
            self._call(
                self.stand.address,
                r.address(into) + 4 * done if into is not None else 0,
                r.address(out) + 4 * done,
                n,
                stride,
                stride,
            )
            done += n
        return out

    def turn(self, knob: int, value: float, over: float = 0.0) -> None:
        """A knob is turned in this very frame, after whatever turned it before. ``over``: frames it takes, if not as many as usual."""
        stand = self.stand
        if stand.knobs[knob] != stand.seen[knob]:
            self._call(stand.address, 0, 0, 0, 1, 1)
        stand.knobs[knob], stand.over[knob] = value, over

    def frame_of(self, beat: float) -> int:
        """The frame of a beat."""
        t = self.stand.tempo
        return round(t[at.T_FRAME0] + (beat - t[at.T_BEAT0]) * 60 * self.stand.rate / t[at.T_BPM])


def render(
    score: Score,
    seconds: float,
    *,
    rate: int = 48000,
    channels: int = 2,
    block: int = 256,
    inputs: np.ndarray | None = None,
    seed: int = 0,
    fade: float = FADE_SECONDS,
    events: Iterable[tuple[str, int, int, Iterable[float]]] = (),
    **how: object,
) -> np.ndarray:
    """A score as sound: (channels, frames). ``events``: (place, frame, kind, numbers), in order of frame."""
    core = Offline(rate, channels, ins=0 if inputs is None else len(inputs), block=block, seed=seed, **how)  # type: ignore[arg-type]
    core.play(score, fade=fade)
    for name, frame, kind, numbers in events:
        core.conductor.event(name, frame, kind, numbers)
    frames = round(seconds * rate)
    return core.run(frames, None if inputs is None else inputs[:, :frames])
