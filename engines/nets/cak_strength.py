"""How strong a kernel is: how far texture 1 lies from the dry sound, in dB, and the scale that takes it there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engines import cak
from engines.nets.cak_sounds import Picture

SUM = 0.69394971  # the absolute taps of the published kernel: those of ours add up to the same, and scale says the rest
FAR = 15.0  # dB from dry at texture 1, in the picture; in the sound frames overlap, and about two thirds of it are heard
LEAST, MOST = 0.01, 40.0  # a scale


def far(kernel: cak.Kernel, picture: Picture) -> float:
    """How far texture 1 is from dry, in dB: over what lies at most 60 dB below the loudest, level apart."""
    p = np.asarray(picture, np.float64)
    gain = cak.ratio(p, cak.added(p, cak.pattern(p, kernel), kernel.scale))
    power = cak.denorm(p) ** 2
    heard = power > power.max() * 1e-6
    levels = 20 * np.log10(np.clip(gain, 1e-3, 1e3)) - 10 * np.log10(max((power * gain**2).sum() / power.sum(), 1e-12))
    frames = heard.any(axis=0)
    return float(np.mean(np.sqrt((np.where(heard, levels, 0.0) ** 2).sum(axis=0)[frames] / heard.sum(axis=0)[frames])))


def loudest(picture: Picture, frames: int = 128) -> Picture:
    """The part of a picture in which most is seen: silence has no strength."""
    sums = np.cumsum(np.concatenate([[0.0], np.asarray(picture, np.float64).sum(axis=0)]))
    start = int(np.argmax(sums[frames:] - sums[:-frames])) if len(sums) > frames else 0
    return np.asarray(picture[:, start : start + frames])


def strengthened(kernel: cak.Kernel, pictures: Sequence[Picture], reach: float = FAR) -> cak.Kernel:
    """The same kernel with the scale that takes texture 1 as far as ``reach`` on these pictures, or as far as it goes."""
    few, low, high = [loudest(p) for p in pictures[:6]], LEAST, MOST
    for _ in range(14):
        scale = float(np.sqrt(low * high))
        reached = float(np.mean([far(replace(kernel, scale=scale), p) for p in few]))
        low, high = (scale, high) if reached < reach else (low, scale)
    return replace(kernel, scale=round(scale, 9))
