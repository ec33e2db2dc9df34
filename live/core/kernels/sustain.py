"""Sustain: what sounds at the moment hold comes up goes on sounding until it is let go; every partial turns on at its own pace.

How strong a partial is comes from four frames, so that a flutter is not held; how fast it turns, from the last two.
So what is held is no loop: it never repeats and never clicks.
"""

from __future__ import annotations

import numpy as np

from engines.face import Control
from live.core.row import floats, words
from live.core.spectra import ALL, BINS, CHANNELS, SHEET, STATE, SpectralKernel, change, kernel, knob, own, spectrum

NOTHING = np.float32(1e-12)  # below this power a bin has no direction
EVEN = 4  # frames
PARTS = 5  # of each bin: how strong, where it stands (two), how it turns (two)


@kernel
def sustain(sheet):
    s = words(sheet, SHEET)
    bins, hold = s[BINS], np.float32(knob(sheet, 0))
    held = own(sheet, 1)
    if hold <= 0.0:
        held[0] = 0.0
        return 0
    state = floats(s[STATE] + 8, s[CHANNELS] * PARTS * bins)
    one, none, quarter = np.float32(1.0), np.float32(0.0), np.float32(1.0 / EVEN)
    x, before, third, fourth, out = spectrum(sheet, 0), spectrum(sheet, 1), spectrum(sheet, 2), spectrum(sheet, 3), change(sheet)
    for c in range(s[CHANNELS]):
        re, im, dr, di = x[c, 0], x[c, 1], out[c, 0], out[c, 1]
        first = c * PARTS * bins
        strong, zr, zi = state[first : first + bins], state[first + bins : first + 2 * bins], state[first + 2 * bins : first + 3 * bins]
        tr, ti = state[first + 3 * bins : first + 4 * bins], state[first + 4 * bins : first + 5 * bins]
        if held[0] == 0.0:
            br, bi, cr, ci, er, ei = before[c, 0], before[c, 1], third[c, 0], third[c, 1], fourth[c, 0], fourth[c, 1]
            for k in range(bins):
                power = re[k] * re[k] + im[k] * im[k]
                past = br[k] * br[k] + bi[k] * bi[k]
                strong[k] = np.sqrt(quarter * (power + past + cr[k] * cr[k] + ci[k] * ci[k] + er[k] * er[k] + ei[k] * ei[k]))
                both = np.sqrt(power * past)
                tr[k] = (re[k] * br[k] + im[k] * bi[k]) / both if both > NOTHING else one
                ti[k] = (im[k] * br[k] - re[k] * bi[k]) / both if both > NOTHING else none
                loud = strong[k] / np.sqrt(power) if power > NOTHING else none
                zr[k], zi[k] = loud * re[k], loud * im[k]
        else:
            for k in range(bins):
                a, b = zr[k] * tr[k] - zi[k] * ti[k], zr[k] * ti[k] + zi[k] * tr[k]
                power = a * a + b * b
                keep = strong[k] / np.sqrt(power) if power > NOTHING else none  # turning must not wear it down
                zr[k], zi[k] = keep * a, keep * b
        for k in range(bins):
            dr[k] = hold * (zr[k] - re[k])
        for k in range(bins):
            di[k] = hold * (zi[k] - im[k])
    held[0] = 1.0
    return ALL


SUSTAIN = SpectralKernel(
    "sustain",
    sustain,
    {"hold": Control(0, 0, 1)},
    past=EVEN - 1,
    state=lambda channels, bins: 1 + (channels * PARTS * bins + 1) // 2,
    says="holds what sounds when hold comes up, until it is let go; hold 0 leaves the sound alone",
)
