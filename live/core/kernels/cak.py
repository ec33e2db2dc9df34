"""Cak: eleven numbers look at the spectrum as a picture and roughen it; texture is how much. The law is in engines/cak.py.

A hop, for each channel::

    |X| -> picture --+-> frame before -+
                     +-> this frame ---+-> nine taps + bias -> x e(texture) -> new picture
                     +-> frame after --+                                            |
                                    X * (ratio of new to old * level match - 1) <---+

At texture 0 nothing is added. Kernels are controls like any other: so one can be changed, blended and
followed while it sounds, and a journal needs no file to play it again.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from engines.face import Control
from live.core.quick import LOG_E, exp2, log2
from live.core.row import doubles, floats, words
from live.core.spectra import (
    BINS,
    CHANNELS,
    FRAME,
    GIVEN,
    HOP,
    RATE,
    SHEET,
    SIZE,
    STATE,
    SpectralKernel,
    change,
    kernel,
    knob,
    room,
    spectrum,
)

MODES = ("centred", "hold", "live")
"""centred waits for the frame after; hold does with this one what it would say of it; live lets the dry sound through without any delay."""

# the controls, in order
TEXTURE, MIX, DRIVE, LOW, HIGH, TAPS = 0, 1, 2, 3, 4, 5
BIAS, SCALE, OTHERS = TAPS + 9, TAPS + 10, TAPS + 11
OWN = 8  # textures: channel 9 stands where channel 1 does
# what it was given: cells of float64, then a number for each bin
MATCHED, EVEN, WAITS, STRIDE, CURVE = range(5)
# its state: for each channel four doubles (where texture stands, the power before and after as of late, whether it has begun),
# then the band it was made for, then floats: the band, pictures of the last frames
STANDS, WAS, NOW, BEGUN, EACH = 0, 1, 2, 3, 4
BAND = 4
SIDE = 16  # floats of silence beside a picture

SLACK = 1e-3  # so near to where it is going a texture is there
MATCH_SECONDS, MATCH_MOST = 0.1, 4.0
FADE = 0.01  # of e: from here on the level is matched all the way
ZERO, ONE, TINY = np.float32(0.0), np.float32(1.0), np.float32(1e-30)
EIGHTH = 8


@njit(inline="always")
def lifted(y, span, low, sharp):
    """From a point of the picture to the root of its magnitude, but for a factor."""
    return exp2((exp2(log2(y + np.float32(1e-8)) * sharp) * span + low) * LOG_E) - ONE


@njit(inline="always")
def look(x, picture, bins, loud):
    """The magnitudes of a spectrum as a picture."""
    re, im = x[0], x[1]
    inv, low, gamma = np.float32(1.0 / 4.194424500493080), np.float32(-0.0001081228256225586), np.float32(0.85)
    ten, ln2 = np.float32(10.0), np.float32(0.6931471805599453)
    for k in range(bins):
        root = np.sqrt(np.sqrt(re[k] * re[k] + im[k] * im[k]) * loud)
        v = (log2(ONE + ten * root) * ln2 - low) * inv
        picture[k] = exp2(log2(max(v, TINY)) * gamma)


@njit(inline="always")
def band(sheet, state, shape, bins):
    """How much of the effect each bin gets: between low and high, along the curve. Made again only when a hand moves it."""
    s, low, high = words(sheet, SHEET), knob(sheet, LOW), knob(sheet, HIGH)
    if state[2] == 1.0 and state[0] == low and state[1] == high:
        return
    state[0], state[1], state[2] = low, high, 1.0
    curve = doubles(s[GIVEN], CURVE + bins)
    per = np.float64(s[RATE]) / np.float64(s[SIZE])
    for k in range(bins):
        hertz = max(k * per, 1.0)
        a = 1.0 if low <= 20.0 else min(max(3.0 * np.log2(hertz / low) + 0.5, 0.0), 1.0)  # a third of an octave from none to all
        b = 1.0 if high >= 20000.0 else min(max(3.0 * np.log2(high / hertz) + 0.5, 0.0), 1.0)
        shape[k] = np.float32(a * b * curve[CURVE + k])


@njit(inline="always")
def moved(sheet, own, channel, even):
    """Where a channel's texture stands now, and the e it makes: two hops behind the hand, and there when it is nearly there."""
    want = knob(sheet, TEXTURE)
    if channel % OWN:
        other = knob(sheet, OTHERS + channel % OWN - 1)
        want = other if other >= 0.0 else want
    if own[BEGUN] == 0.0 or not abs(own[STANDS]) < 100.0:
        own[STANDS], own[WAS], own[NOW], own[BEGUN] = want, 0.0, 0.0, 1.0
    else:
        own[STANDS] += (want - own[STANDS]) * 0.3934693402873666  # 1 - 1/sqrt(e)
        if abs(want - own[STANDS]) < SLACK:
            own[STANDS] = want
    c = own[STANDS]
    return c * knob(sheet, SCALE) * (1.0 if even else 1.0 / (1.0 + np.exp(-(c - 0.3) * 20.0)))


@kernel
def cak(sheet):
    s = words(sheet, SHEET)
    bins, channels, step = s[BINS], s[CHANNELS], s[HOP]
    given = doubles(s[GIVEN], CURVE)
    head = EACH * channels + BAND
    whole = doubles(s[STATE], head)
    pitch = bins + 2 * SIDE
    shape = floats(s[STATE] + 8 * head, bins)
    pictures = s[STATE] + 8 * head + 4 * pitch  # the band takes a line of its own
    stride = np.int64(given[STRIDE])
    lines = 2 * stride + 1
    number = s[FRAME] // step
    late = stride if given[WAITS] != 0.0 else 0
    loud = np.float32(10.0 ** (knob(sheet, DRIVE) / 20.0) * 2048.0 / s[SIZE])
    mix = np.float32(knob(sheet, MIX))
    band(sheet, whole[EACH * channels :], shape, bins)
    span, low, sharp = np.float32(4.194424500493080), np.float32(-0.0001081228256225586), np.float32(1.0 / 0.85)
    bias = np.float32(knob(sheet, BIAS))
    a0, a1, a2 = np.float32(knob(sheet, TAPS)), np.float32(knob(sheet, TAPS + 1)), np.float32(knob(sheet, TAPS + 2))
    b0, b1, b2 = np.float32(knob(sheet, TAPS + 3)), np.float32(knob(sheet, TAPS + 4)), np.float32(knob(sheet, TAPS + 5))
    c0, c1, c2 = np.float32(knob(sheet, TAPS + 6)), np.float32(knob(sheet, TAPS + 7)), np.float32(knob(sheet, TAPS + 8))
    if late == 0:
        a1, b1, c1, a2, b2, c2 = a1 + a2, b1 + b2, c1 + c2, ZERO, ZERO, ZERO
    ahead, x, out, scratch = spectrum(sheet, -late), spectrum(sheet, 0), change(sheet), room(sheet)
    gain, before, after = scratch[:bins], scratch[bins : bins + EIGHTH], scratch[bins + EIGHTH : bins + 2 * EIGHTH]
    changed = 0
    for i in range(channels):
        mine = pictures + 4 * i * lines * pitch
        look(ahead[i], floats(mine + 4 * (number % lines * pitch + SIDE), bins), bins, loud)
        own = whole[EACH * i : EACH * i + EACH]
        e = np.float32(moved(sheet, own, i, given[EVEN] != 0.0))
        if e == ZERO or mix == ZERO:
            own[WAS], own[NOW] = 0.0, 0.0
            continue
        # three lines of the picture, each from the bin below the lowest: what lies outside is 0
        here = mine + 4 * ((number - late) % lines * pitch + SIDE - 1)
        past = floats(mine + 4 * ((number - late - stride) % lines * pitch + SIDE - 1), bins + 2)
        this = floats(here, bins + 2)
        next_ = floats(mine + 4 * (number % lines * pitch + SIDE - 1), bins + 2)
        for k in range(bins):
            n = this[k + 1]
            seen = (
                bias
                + (a0 * past[k] + a1 * this[k] + a2 * next_[k])
                + (b0 * past[k + 1] + b1 * n + b2 * next_[k + 1])
                + (c0 * past[k + 2] + c1 * this[k + 2] + c2 * next_[k + 2])
            )
            y = min(max(n + e * shape[k] * seen, ZERO), max(ONE, n))
            was = lifted(n, span, low, sharp)
            ratio = lifted(y, span, low, sharp) / was
            gain[k] = ratio * ratio if was > TINY and y != n else ONE
        re, im, dr, di = x[i, 0], x[i, 1], out[i, 0], out[i, 1]
        match = ONE
        if given[MATCHED] != 0.0:
            before[:] = ZERO
            after[:] = ZERO
            for k in range(0, bins - 1, EIGHTH):
                for j in range(EIGHTH):
                    power = re[k + j] * re[k + j] + im[k + j] * im[k + j]
                    before[j] += power
                    after[j] += power * gain[k + j] * gain[k + j]
            was, now = np.float64(0.0), np.float64(0.0)
            for j in range(EIGHTH):
                was += before[j]
                now += after[j]
            if was > 0.0 and now > 0.0:
                # what was loudest of late counts, so that no beat suffers for what rang before it
                share = 1.0 if was > own[WAS] else 1.0 - np.exp(-step / (MATCH_SECONDS * s[RATE]))
                own[WAS] += (was - own[WAS]) * share
                own[NOW] += (now - own[NOW]) * share
                if not own[WAS] + own[NOW] < 1e30:
                    own[WAS], own[NOW] = was, now
                want = min(np.sqrt(min(was / now, own[WAS] / own[NOW])), MATCH_MOST)
                if want >= 0.0:
                    match = np.float32(1.0 + (want - 1.0) * min(abs(np.float64(e)) / FADE, 1.0))
        for k in range(bins):
            dr[k] = mix * (gain[k] * match - ONE) * re[k]
        for k in range(bins):
            di[k] = mix * (gain[k] * match - ONE) * im[k]
        changed |= 1 << min(i, 63)
    return changed


# --- how it is built: plain functions, which the language reads without waking the compiler ---------


def frame(settings, rate):
    """Size, hop, hops it looks ahead, frames its guard looks ahead, whether the dry sound is not delayed."""
    size = int(settings["size"]) or (2048 if rate < 64000 else 4096 if rate < 128000 else 8192)
    mode, near = settings["mode"], settings["mode"] == "live"
    hop = int(settings["hop"]) or (size // 8 if near else size // 4)
    return size, hop, max(size // 4 // hop, 1) if mode == "centred" else 0, 64 if settings["match"] and not near else 0, near


def late(settings, rate):
    """How late the sound comes out."""
    size, hop, ahead, guard, near = frame(settings, rate)
    return 0 if near else size + ahead * hop + guard


def given(settings, rate):
    """What the compiled part must know of how it is built."""
    size, hop, *_ = frame(settings, rate)
    cells = np.zeros(CURVE + size // 2 + 1)
    cells[[MATCHED, EVEN, WAITS, STRIDE]] = settings["match"], settings["linear"], settings["mode"] == "centred", max(size // 4 // hop, 1)
    points = sorted((max(float(hertz), 1.0), float(amount)) for hertz, amount in settings["curve"] or ((1000.0, 1.0),))
    pitches = np.maximum(np.arange(size // 2 + 1) * rate / size, 1.0)
    cells[CURVE:] = np.interp(np.log(pitches), np.log([p for p, _ in points]), [a for _, a in points])
    return cells


def state(channels, bins):
    """Doubles it needs: pictures of nine frames at the most."""
    return EACH * channels + BAND + ((bins + 2 * SIDE) * (1 + 9 * channels) + 1) // 2


def number(rest):
    """One of the eleven."""
    return Control(rest, -1000, 1000)


CAK = SpectralKernel(
    "cak",
    cak,
    {
        "texture": Control(0, 0, 1, moves="texture"),
        "mix": Control(1, 0, 1, moves="presence"),
        "drive": Control(0, -24, 24, "dB", moves="grit"),
        "low": Control(20, 20, 20000, "Hz", curve="log"),
        "high": Control(20000, 20, 20000, "Hz", curve="log"),
        "below_before": number(0.06503799), "below": number(0.11838256), "below_after": number(0.16702618),
        "before": number(0.09670342), "now": number(0.05905841), "after": number(0.01725495),
        "above_before": number(0.04968244), "above": number(0.02118959), "above_after": number(0.09961417),
        "bias": number(-0.03296755), "scale": number(0.78444594),
        "texture2": Control(-1, -1, 1), "texture3": Control(-1, -1, 1), "texture4": Control(-1, -1, 1), "texture5": Control(-1, -1, 1),
        "texture6": Control(-1, -1, 1), "texture7": Control(-1, -1, 1), "texture8": Control(-1, -1, 1),
    },
    state=state,
    settings={"mode": "hold", "match": True, "linear": False, "curve": (), "size": 0, "hop": 0},
    frame=frame,
    given=given,
    latency=late,
    says="eleven numbers roughen the sound, a kernel on a knob; texture 0 leaves the sound alone",
)  # fmt: skip
