"""Latent: a sound as a few numbers, to be added, subtracted and scaled like faders; Unlatent makes it sound again.

The numbers travel as sound does, so that the core's own mixer and gains do the
arithmetic. Every hop of H frames carries D numbers, then silence. Hops begin
where the core's clock is a multiple of H, in every code stream alike::

    clock    B                      B + H
    wire     |c0 c1 ... cD 0 0 0 0 0|c0 c1 ...      of the sound from B - 2H to B
    heard            |<--- H frames of the sound from B - 2H on

The autoencoder is linear (see ``engines.nets.latent``): adding codes is adding
sounds, and what is taken out of a mix is gone from it. What is lost on the way
is lost by the codes of any one sound: mostly what lies above 9 kHz.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.face import Block, Engine, Format, Ramps
from engines.nets.latent import CODES, HOP, cosines, fold, orthonormal, unfold, window

BASIS = Path(__file__).parent / "weights" / "latent" / "basis.npy"
WIRE = 1 / 8  # so that the loudest code is about as high as the sound


@dataclass
class Stream:
    """What one sounding encoder or decoder remembers."""

    heard: NDArray[np.float64]  # (channels, 2H) the sound before this hop and in it; or (channels, H) the codes of this one
    ready: NDArray[np.float64]  # (channels, H) what is played in this hop
    rest: NDArray[np.float64]  # (channels, H) made already, for the next hop to be added to
    late: int  # frames the input lies behind the clock
    next: int = -1  # the clock's frame that must come now


class _Coder(Engine):
    """Both halves: the basis, and time cut into hops by the core's clock."""

    ahead = 0.02
    budget = 0.1

    def load(self) -> None:
        """The learnt basis, joined with the cosines: D numbers from H in one product."""
        self.basis, self.window = _learnt(), window(HOP)

    def start(self, fmt: Format) -> Stream:
        """Nothing heard yet."""
        size = (fmt.channels, HOP)
        return Stream(np.zeros((fmt.channels, 2 * HOP)), np.zeros(size), np.zeros(size), fmt.ahead)

    def step(self, stream: Stream, sound: Block, at: Ramps) -> Block:
        """Turn a stretch of any length; the clock says where the hops are."""
        if at.frame != stream.next:  # the clock leapt: half a hop of then and half of now are no hop
            for part in (stream.heard, stream.ready, stream.rest):
                part[:] = 0
        frames, made, done = sound.shape[1], np.empty(sound.shape, np.float32), 0
        while done < frames:
            spot = self.spot(at.frame + done, stream.late)
            if spot == 0:
                self.turn(stream)
            n = min(frames - done, HOP - spot)
            self.hear(stream, sound[:, done : done + n], spot)
            made[:, done : done + n] = stream.ready[:, spot : spot + n]
            done += n
        stream.next = at.frame + frames
        return made

    def spot(self, frame: int, late: int) -> int:
        """How far into its hop a frame of the clock is."""
        raise NotImplementedError(f"{type(self).__name__} must say how it codes")

    def hear(self, stream: Stream, sound: Block, spot: int) -> None:
        """Put what is heard where it belongs in its hop."""
        raise NotImplementedError(f"{type(self).__name__} must say how it codes")

    def turn(self, stream: Stream) -> None:
        """A hop is over."""
        raise NotImplementedError(f"{type(self).__name__} must say how it codes")


class Latent(_Coder):
    """A sound as a few numbers, to be added, taken away and scaled like faders."""

    gives = "latent"
    latency = 2 * 512  # two hops: from a frame to the codes that tell the last of it

    def spot(self, frame: int, late: int) -> int:
        """Codes begin at the clock's hops, however late the sound comes."""
        return frame % HOP

    def hear(self, stream: Stream, sound: Block, spot: int) -> None:
        """After the hop before."""
        stream.heard[:, HOP + spot : HOP + spot + sound.shape[1]] = sound

    def turn(self, stream: Stream) -> None:
        """Two hops of sound become codes."""
        stream.ready[:, :CODES] = WIRE * (fold(stream.heard * self.window) @ self.basis.T)
        stream.heard[:, :HOP] = stream.heard[:, HOP:].copy()


class Unlatent(_Coder):
    """Makes the numbers of a latent sound again."""

    takes = "latent"
    latency = 192  # a hop's codes must be there before it sounds

    def spot(self, frame: int, late: int) -> int:
        """The sound of a hop begins when the last of its codes is there."""
        return (frame - late - CODES) % HOP

    def hear(self, stream: Stream, sound: Block, spot: int) -> None:
        """Into the hop of codes; its end is silent and need not be kept apart."""
        stream.heard[:, spot : spot + sound.shape[1]] = sound

    def turn(self, stream: Stream) -> None:
        """The codes, last to be heard, become two hops of sound; the first is whole with the rest of the one before."""
        sound = unfold((stream.heard[:, HOP - CODES : HOP] / WIRE) @ self.basis) * self.window
        stream.ready[:] = stream.rest + sound[:, :HOP]
        stream.rest[:] = sound[:, HOP:]


@functools.cache
def _learnt() -> NDArray[np.float64]:
    """The basis and the cosines in one: (D, H)."""
    basis = np.load(BASIS)
    if basis.shape != (CODES, HOP):
        raise ValueError(f"{BASIS.name} holds {basis.shape} numbers; {(CODES, HOP)} are wanted. Learn it again: engines.nets.latent")
    return orthonormal(basis) @ cosines(HOP)


def through(sound: NDArray[Any]) -> NDArray[np.float64]:
    """What a sound, (channels, frames), is once it has been in codes: at one go, without delay. What tests compare with."""
    coder = _Coder()
    coder.load()
    channels, frames = sound.shape
    padded = np.pad(np.asarray(sound, np.float64), ((0, 0), (HOP, 2 * HOP - frames % HOP)))
    made = np.zeros_like(padded)
    for start in range(0, padded.shape[1] - HOP, HOP):
        two = slice(start, start + 2 * HOP)
        made[:, two] += unfold(fold(padded[:, two] * coder.window) @ coder.basis.T @ coder.basis) * coder.window
    return made[:, HOP : HOP + frames]
