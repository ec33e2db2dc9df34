"""Ears for cak: sounds to try it on, the core that plays them through it, and how far one sound is from another in dB."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engines.cak import HOP, SIZE, Kernel, added, effective, frames_of, norm, pattern, ratio, sound_of
from live.core.hops import shift
from live.core.kernels.cak import frame, late
from live.core.offline import Offline
from live.core.stand import LOOKAHEAD
from live.score import Drive, Node, Score, Send

RATE = 48000
QUIET = 4096  # frames of silence before a sound: the place has faded in
BARE = {"mode": "centred", "match": False}
"""As the published law has it: nothing matched, nothing guarded."""
CEILING_DB = 60.0  # the limiter of the mix stays out of what is measured
KNOB = "knob:64"

Sound = NDArray[np.float32]


# --- sounds -------------------------------------------------------------------------------


def tone(hertz: float, level_db: float, seconds: float, rate: int = RATE) -> Sound:
    """A sine, (1, frames)."""
    t = np.arange(round(seconds * rate)) / rate
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * t)).astype(np.float32)[None]


def hiss(seconds: float, level: float = 0.1, channels: int = 1, rate: int = RATE, seed: int = 1) -> Sound:
    """White noise, (channels, frames)."""
    return (level * np.random.default_rng(seed).standard_normal((channels, round(seconds * rate)))).astype(np.float32)


def drums(seconds: float, rate: int = RATE) -> Sound:
    """A kick, a rattle, a quiet room: four in a second, struck within 4 ms, (1, frames)."""
    t, rng = np.arange(round(seconds * rate)), np.random.default_rng(7)
    since = t % (rate // 4) / rate
    kick = np.sin(2 * np.pi * 60 * since + 8 * np.exp(-40 * since)) * np.exp(-18 * since) * (t // (rate // 4) % 2 == 0)
    rattle = rng.standard_normal(len(t)) * np.exp(-45 * since) * (t // (rate // 4) % 2 == 1)
    struck = np.minimum(since / 0.004, 1.0)
    return (struck * (0.55 * kick + 0.2 * rattle) + 0.001 * rng.standard_normal(len(t))).astype(np.float32)[None]


def chords(seconds: float, rate: int = RATE) -> Sound:
    """Three notes with five partials each, slowly beating, (1, frames)."""
    t = np.arange(round(seconds * rate)) / rate
    total = np.zeros(len(t))
    for note in (220.0, 277.2, 329.6):
        for k in range(1, 6):
            total += np.sin(2 * np.pi * note * k * 1.0007 ** (k - 1) * t + k) / k**1.5
    return (0.45 * total / np.abs(total).max() * (1 + 0.3 * np.sin(2 * np.pi * 0.7 * t))).astype(np.float32)[None]


def mixed(seconds: float, rate: int = RATE) -> Sound:
    """All of them, (1, frames)."""
    total = drums(seconds, rate) + chords(seconds, rate) + hiss(seconds, 0.01, rate=rate)
    return (0.8 * total / np.abs(total).max()).astype(np.float32)


def material(seconds: float, rate: int = RATE) -> dict[str, Sound]:
    """Four sounds by their names."""
    return {
        "mix": mixed(seconds, rate),
        "drums": drums(seconds, rate),
        "chords": chords(seconds, rate),
        "noise": hiss(seconds, rate=rate),
    }


# --- the core ------------------------------------------------------------------------------


@dataclass
class Ear:
    """A core in which ``cak`` hears the inputs and plays to the outputs; its time passes when it is fed."""

    channels: int = 1
    rate: int = RATE
    block: int = 256
    controls: Mapping[str, float | Drive] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    knob: float = 0.0
    trace: bool = False  # one output more, on which knob 64 can be seen

    def __post_init__(self) -> None:
        """Everything stands before the first frame."""
        extra = int(self.trace)
        self.core = Offline(self.rate, self.channels + extra, ins=self.channels + extra, block=self.block, ceiling_db=CEILING_DB)
        self.core.stand.knobs[64] = self.knob
        self.whole = {"mode": "hold", "match": True, "size": 0, "hop": 0, **self.settings}
        self.late = late(self.whole, self.rate) + LOOKAHEAD
        hop = frame(self.whole, self.rate)[1]
        self.score = self.of(self.controls)
        self.core.play(self.score)
        self.shift = shift(self.core.conductor.workshop._seed("worn"), hop)

    def of(self, controls: Mapping[str, float | Drive]) -> Score:
        """The score with these controls."""
        places = {
            "ear": Node("mic", settings={"first": 0, "width": self.channels}),
            "worn": Node("cak", ("ear",), dict(controls), dict(self.settings)),
        }
        sends = [Send("worn", 0, self.channels)]
        if self.trace:
            places |= {
                "one": Node("mic", settings={"first": self.channels, "width": 1}),
                "seen": Node("gain", ("one",), {"gain": Drive(KNOB)}),
            }
            sends.append(Send("seen", self.channels, 1))
        return Score(places, tuple(sends))

    def feed(self, sound: Sound) -> Sound:
        """What comes out while this goes in."""
        if self.trace:
            sound = np.concatenate([sound, to_and_fro(self.core.frame, sound.shape[1])])
        return self.core.run(sound.shape[1], np.ascontiguousarray(sound))

    def through(self, sound: Sound, moves: Iterable[tuple[int, Callable[[Ear], object]]] = (), cuts: Iterable[int] = ()) -> Sound:
        """A sound (channels, frames) through it, moved back to where it was. ``moves``: at which frame of it something is done."""
        pad = np.zeros((self.channels, QUIET), np.float32)
        fed = np.concatenate([pad, sound, np.zeros((self.channels, self.late), np.float32)], axis=1)
        edges = {frame + QUIET: what for frame, what in moves}
        stops = sorted({0, fed.shape[1], *(e for e in edges if e < fed.shape[1]), *(c for c in cuts if c < fed.shape[1])})
        made = []
        for a, b in zip(stops, stops[1:], strict=False):
            if a in edges:
                edges[a](self)
            made.append(self.feed(fed[:, a:b]))
        out = np.concatenate(made, axis=1)
        shifted = out[: self.channels, QUIET + self.late :]
        if not self.trace:
            return shifted
        seen = out[self.channels :, QUIET + LOOKAHEAD :][:, : sound.shape[1]] * to_and_fro(0, sound.shape[1])
        return np.concatenate([shifted, seen])


def to_and_fro(frame: int, frames: int) -> Sound:
    """1 and -1 by turns, (1, frames): what the mixer does not take for direct current."""
    return (1.0 - 2.0 * ((frame + np.arange(frames)) % 2)).astype(np.float32)[None]


def heard(sound: Sound, *, settings: Mapping[str, Any] | None = None, block: int = 256, rate: int = RATE, **controls: float) -> Sound:
    """A sound through ``cak`` in the core, moved back to where it was."""
    return Ear(len(sound), rate, block, controls, settings or {}).through(sound)


def whole(sound: Sound, e: ArrayLike, kernel: Kernel, moved: int, *, size: int = SIZE, hop: int = HOP) -> NDArray[np.float64]:
    """A mono sound at once, in double precision; its frames lie ``moved`` frames before the grid. ``e``: one, or one a frame."""
    x = np.concatenate([np.zeros(moved), np.asarray(sound, np.float64).ravel()])
    spectra = frames_of(x, size, hop)
    picture = norm(np.abs(spectra), size)
    new = added(picture, pattern(picture, kernel), e)
    return (x + sound_of((ratio(picture, new) - 1.0) * spectra, len(x), size, hop))[moved:]


def reference(ear: Ear, sound: Sound, c: float, kernel: Kernel) -> NDArray[np.float64]:
    """What the law makes of the same sound, with its frames where this core has them. Hold: without the frame after."""
    kernel = kernel if ear.whole["mode"] == "centred" else kernel.held()
    size, hop = frame(ear.whole, ear.rate)[:2]
    moved = (QUIET + ear.shift) % hop
    return np.stack([whole(channel, effective(c, kernel.scale), kernel, moved, size=size, hop=hop) for channel in sound])


# --- how far apart ---------------------------------------------------------------------------


def snr(made: NDArray[Any], should: NDArray[Any]) -> float:
    """How far below the sound the difference is, in dB; 400 when there is none."""
    wrong = float(np.sum((np.asarray(made, np.float64) - should) ** 2))
    return 10 * float(np.log10(float(np.sum(np.asarray(should, np.float64) ** 2)) / wrong)) if wrong > 0 else 400.0


def lsd(one: NDArray[Any], other: NDArray[Any], *, rate: int = RATE, below: float | None = None, depth_db: float = 60.0) -> float:
    """Distance of two mono sounds' spectra in dB, in the bins within ``depth_db`` of the loudest; what is deeper counts as that deep."""
    a, b = (np.abs(frames_of(np.asarray(x).ravel()))[:, 5:-6] for x in (one, other))
    bins = a.shape[0] if below is None else int(below / rate * SIZE)
    a, b = a[:bins], b[:bins]
    least = max(a.max(), b.max()) * 10 ** (-depth_db / 20)
    counts = (a > least) | (b > least)
    far = 20 * np.log10(np.maximum(a, least) / np.maximum(b, least))
    each = [np.sqrt(np.mean(far[counts[:, k], k] ** 2)) for k in range(a.shape[1]) if counts[:, k].any()]
    return float(np.mean(each))


def spurs(sound: NDArray[Any], carrier: float, *, away: float = 300.0, rate: int = RATE) -> float:
    """The strongest thing further than ``away`` Hz from the carrier, in dB beside it."""
    x = np.asarray(sound, np.float64).ravel()
    size = np.abs(np.fft.rfft(x * np.kaiser(len(x), 22.0)))
    far = np.abs(np.fft.rfftfreq(len(x), 1 / rate) - carrier) > away
    return 20 * float(np.log10(size[far].max() / size[~far].max()))


def level_db(sound: NDArray[Any]) -> float:
    """Its mean level."""
    return 10 * float(np.log10(np.mean(np.asarray(sound, np.float64) ** 2) + 1e-30))
