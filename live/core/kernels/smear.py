"""Smear: each partial spreads over its neighbours, the sound turns to haze; phases stay."""

from __future__ import annotations

import numpy as np

from engines.face import Control
from live.core.row import words
from live.core.spectra import ALL, BINS, CHANNELS, SHEET, SIZE, SpectralKernel, change, kernel, knob, room, spectrum

NOTHING = np.float32(1e-20)  # below this a bin has no direction to be turned up in


@kernel
def smear(sheet):
    s = words(sheet, SHEET)
    bins = s[BINS]
    wide, amount = knob(sheet, 0), knob(sheet, 1)
    most = s[SIZE] // 8 - 1
    wide = min(max(wide, 0.0), float(most))
    if wide == 0.0 or amount == 0.0:
        return 0
    reach = int(wide)
    part = np.float32(wide - reach)  # a fraction of a bin counts as such: turning it makes no steps
    full = 2 * reach + 1
    scale = np.float32(1.0 / (full + 2.0 * (wide - reach)))
    amount32 = np.float32(amount)
    x, out, scratch = spectrum(sheet, 0), change(sheet), room(sheet)
    length = bins + full + 1
    one, none = np.float32(1.0), np.float32(0.0)
    for c in range(s[CHANNELS]):
        re, im, size, total = x[c, 0], x[c, 1], out[c, 0], out[c, 1]  # the change holds sizes and sums until it is known
        sums, next_ = scratch[:length], scratch[length : 2 * length]
        sums[: reach + 1] = none
        sums[length - 1 - reach :] = none
        for k in range(bins):
            size[k] = np.sqrt(re[k] * re[k] + im[k] * im[k])
        inner, last = sums[reach + 1 : reach + 1 + bins], sums[full + 1 :]
        for k in range(bins):
            inner[k] = size[k]
        for k in range(bins):
            total[k] = part * (sums[k] + last[k])
        # sums over 1, 2, 4 .. neighbours, each made of two of the last; the width takes those it needs
        count, left, start = 1, full, 1
        while True:
            if left & 1:
                taken = sums[start : start + bins]
                for k in range(bins):
                    total[k] += taken[k]
                start += count
            left >>= 1
            if left == 0:
                break
            ahead = sums[count:]
            for k in range(length - count):
                next_[k] = sums[k] + ahead[k]
            sums, next_ = next_, sums
            count *= 2
        gain = scratch[:bins]
        for k in range(bins):
            g = (total[k] * scale / max(size[k], NOTHING) - one) * amount32
            gain[k] = g if size[k] > NOTHING else none
        for k in range(bins):
            size[k] = gain[k] * re[k]
        for k in range(bins):
            total[k] = gain[k] * im[k]
    return ALL


SMEAR = SpectralKernel(
    "smear",
    smear,
    {"bins": Control(6, 0, 64, moves="haze"), "amount": Control(1, 0, 1, moves="haze")},
    says="partials spread over their neighbours; bins 0 leaves the sound alone",
)
