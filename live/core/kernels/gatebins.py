"""Gatebins: only what is loud in the spectrum comes through; hiss and room fall away, or only bones remain."""

from __future__ import annotations

import numpy as np

from engines.face import Control
from live.core.row import floats, words
from live.core.spectra import BINS, CHANNELS, HOP, RATE, SHEET, SIZE, STATE, SpectralKernel, change, kernel, knob, spectrum


@kernel
def gatebins(sheet):
    s = words(sheet, SHEET)
    bins = s[BINS]
    threshold, down, release = knob(sheet, 0), knob(sheet, 1), knob(sheet, 2)
    shut = floats(s[STATE], s[CHANNELS] * bins)  # how far each bin is closed
    if threshold <= -120.0 or down >= 0.0:
        shut[:] = np.float32(0.0)
        return 0
    # a sine of full scale measures size / 4 through the window
    level = 10.0 ** (threshold / 20.0) * s[SIZE] / 4.0
    power = np.float32(level * level)
    knee = np.float32(1.0 / (0.75 * level * level))
    depth = np.float32(1.0 - 10.0 ** (down / 20.0))
    slower = np.float32(1.0 - np.exp(-s[HOP] / (max(release, 1e-4) * s[RATE])))
    one, none = np.float32(1.0), np.float32(0.0)
    x, out = spectrum(sheet, 0), change(sheet)
    changed = 0
    for c in range(s[CHANNELS]):
        re, im, dr, di, closed = x[c, 0], x[c, 1], out[c, 0], out[c, 1], shut[c * bins : (c + 1) * bins]
        for k in range(bins):
            want = min(max((power - (re[k] * re[k] + im[k] * im[k])) * knee, none), one)  # 6 dB from open to shut
            closed[k] = min(want, closed[k] + (one - closed[k]) * slower)  # opens at once, shuts in its time
        most = none
        for k in range(bins):
            most = max(most, closed[k])
        if most == none:
            continue
        changed |= 1 << c
        for k in range(bins):
            dr[k] = -depth * closed[k] * re[k]
        for k in range(bins):
            di[k] = -depth * closed[k] * im[k]
    return changed


GATEBINS = SpectralKernel(
    "gatebins",
    gatebins,
    {
        "threshold": Control(-60, -120, 0, "dB", moves="grit"),
        "down": Control(-60, -90, 0, "dB"),
        "release": Control(0.05, 0.001, 2, "s", curve="log"),
    },
    state=lambda channels, bins: (channels * bins + 1) // 2,
    says="a gate for every bin: what is under the threshold goes down; threshold -120 leaves the sound alone",
)
