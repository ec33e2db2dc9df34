"""Tilt: the whole spectrum leans towards the bass or the treble around one pitch, dB for each octave."""

from __future__ import annotations

import numpy as np

from engines.face import Control
from live.core.row import floats, words
from live.core.spectra import ALL, BINS, CHANNELS, RATE, SHEET, SIZE, STATE, SpectralKernel, change, kernel, knob, room, spectrum

MOST = 36.0  # dB up or down, no further


@kernel
def tilt(sheet):
    s = words(sheet, SHEET)
    bins = s[BINS]
    slope, pivot = knob(sheet, 0), knob(sheet, 1)
    if slope == 0.0:
        return 0
    octaves = floats(s[STATE], bins + 1)  # of every bin above bin 1
    if octaves[bins] == 0.0:
        for k in range(1, bins):
            octaves[k] = np.float32(np.log2(k))
        octaves[bins] = np.float32(1.0)
    middle = np.float32(np.log2(max(pivot, 1.0) * s[SIZE] / s[RATE]))
    per = np.float32(slope * np.log(10.0) / 20.0)
    most = np.float32(MOST * np.log(10.0) / 20.0)
    part, one = np.float32(1.0 / 16.0), np.float32(1.0)
    x, out, gain = spectrum(sheet, 0), change(sheet), room(sheet)
    for k in range(bins):
        # e^y by its series at y/16, squared four times: eight bins at once, exact to 0.001 dB
        y = min(max((octaves[k] - middle) * per, -most), most) * part
        g = one + y * (one + y * (np.float32(0.5) + y * (np.float32(1 / 6) + y * (np.float32(1 / 24) + y * np.float32(1 / 120)))))
        g *= g
        g *= g
        g *= g
        g *= g
        gain[k] = g - one
    for c in range(s[CHANNELS]):
        re, im, dr, di = x[c, 0], x[c, 1], out[c, 0], out[c, 1]
        for k in range(bins):
            dr[k] = gain[k] * re[k]
        for k in range(bins):
            di[k] = gain[k] * im[k]
    return ALL


TILT = SpectralKernel(
    "tilt",
    tilt,
    {"slope": Control(0, -12, 12, "dB/oct", moves="brightness"), "pivot": Control(1000, 50, 10000, "Hz", curve="log")},
    state=lambda channels, bins: (bins + 2) // 2,
    says="leans the spectrum around the pivot, at most 36 dB; slope 0 leaves the sound alone",
)
