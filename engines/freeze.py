"""Freeze: holds the sound of a moment, as long as you like.

Every hop the spectrum of what is heard is taken: how strong each partial is
and how fast it turns. ``hold`` says how much of the old spectrum stays when a
new one comes; at 1 all of it stays, and the partials go on turning by
themselves. So what is held is no loop: it never repeats and never clicks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.face import Block, Control, Engine, Format, Ramps

WINDOW = 2048 / 48000  # seconds of one spectrum
OVERLAP = 4
OPENS = 0.05  # at this much hold only the held sound is heard
EVEN = 4  # hops the strength of a partial is averaged over, so that a flutter is not held for ever


@dataclass
class Held:
    """What one sounding freeze remembers."""

    past: Block  # (channels, size) heard so far, oldest first
    tail: NDArray[np.float64]  # (channels, size) made but not yet played out
    window: NDArray[np.float64]
    count: int  # frames since the last hop
    seen: NDArray[np.float64]  # (channels, bins) phase of the last spectrum
    even: NDArray[np.float64]  # strength of each partial, evened out
    strength: NDArray[np.float64]  # as held
    pace: NDArray[np.float64]  # how far each partial turns in a hop, as held
    phase: NDArray[np.float64]  # where each partial stands
    chance: np.random.Generator


class Freeze(Engine):
    """Holds the sound of a moment: its partials ring on and never repeat."""

    hold = Control(0.0, low=0, high=1, moves="standing still")
    blur = Control(0.1, low=0, high=1, moves="cloudiness")
    mix = Control(1.0, low=0, high=1, moves="presence")
    ahead = 0.02
    neutral = {"hold": 0}
    budget = 0.15

    def start(self, fmt: Format) -> Held:
        """Nothing heard, nothing held."""
        size = max(64, 2 ** round(math.log2(WINDOW * fmt.rate)))
        sheet = (fmt.channels, size // 2 + 1)
        return Held(
            past=np.zeros((fmt.channels, size), np.float32),
            tail=np.zeros((fmt.channels, size)),
            window=0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size),
            count=0,
            seen=np.zeros(sheet),
            even=np.zeros(sheet),
            strength=np.zeros(sheet),
            pace=np.zeros(sheet),
            phase=np.zeros(sheet),
            chance=np.random.default_rng(fmt.seed),
        )

    def step(self, held: Held, sound: Block, at: Ramps) -> Block:
        """The live sound, and over it the held one. Cut at hops, so the step's length does not matter."""
        frames, size = sound.shape[1], held.window.size
        hop = size // OVERLAP
        hold, wet = at.ramp("hold", frames), np.zeros(sound.shape)
        done = 0
        while done < frames:
            n = min(frames - done, hop - held.count)
            part = sound[:, done : done + n]
            held.past[:, held.count + size - hop : held.count + size - hop + n] = part
            wet[:, done : done + n] = held.tail[:, held.count : held.count + n]
            held.count, done = held.count + n, done + n
            if held.count == hop:
                self._hop(held, hop, float(hold[done - 1]), at["blur"])
        amount = np.clip(hold / OPENS, 0, 1)
        amount = amount * amount * (3 - 2 * amount) * at.ramp("mix", frames)
        return np.where(amount > 0, sound + amount * (wet - sound), sound).astype(np.float32)

    def _hop(self, held: Held, hop: int, hold: float, blur: float) -> None:
        """One spectrum in, one spectrum out."""
        size = held.window.size
        turn = 2 * np.pi * hop * np.arange(size // 2 + 1) / size  # of a partial in the middle of its bin
        heard = np.fft.rfft(held.past * held.window)
        angle = np.angle(heard)
        pace = turn + _wrapped(angle - held.seen - turn)
        held.seen = angle
        held.even += (np.abs(heard) - held.even) / EVEN
        new = (1 - hold) ** 2  # of the spectrum: held for 10 ms, 0.1 s, 1 s, for ever
        held.strength += new * (held.even - held.strength)
        if new == 1:
            held.pace, held.phase = pace, angle
        else:
            held.pace = held.pace + new * (pace - held.pace)
            wander = held.chance.uniform(-1, 1, held.phase.shape) * np.pi * blur**2
            held.phase = _wrapped(held.phase + held.pace + wander)
        made = np.fft.irfft(held.strength * np.exp(1j * held.phase), size) * held.window * (2 / 3)  # four squared windows sum to 1.5
        held.past[:, : size - hop] = held.past[:, hop:].copy()
        held.tail[:, : size - hop] = held.tail[:, hop:].copy()
        held.tail[:, size - hop :] = 0
        held.tail += made
        held.count = 0


def _wrapped(angle: Any) -> Any:
    """An angle between -pi and pi."""
    return angle - 2 * np.pi * np.round(angle / (2 * np.pi))
