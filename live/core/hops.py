"""What every spectral treatment does once a hop: hear a frame, let the kernel say what to change, lay it over the sound.

Here is where its parts lie and the compiled pieces; treatments/spectral.py puts them together for the dry sound
that waits for its frame, near.py for the one that does not wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numba import njit

from live.core import fft, spectra
from live.core import row as r
from live.core.fft import PAD
from live.core.kinds import Making
from live.core.row import CHUNK, call_1, cells, floats, span, words
from live.core.spectra import Frame

# the layout, int64: addresses of the plan and the windows, then where in the state each part lies (bytes)
(
    A_PLAN, A_IN, A_OUT, A_SIZE, A_HOP, A_SHIFT, A_DELAY, A_SLOTS, A_LOOK, A_KNOBS, A_CHANNELS,
    A_SHEET, A_TURNS, A_UNTIL, A_RING, A_SUM, A_SCRATCH, A_CHANGE, A_FRAMES, A_OWN, A_GIVEN, A_GUARD, A_WAITING, A_TAPS, A_PAST, A_END,
) = range(26)  # fmt: skip
LINE = 64  # bytes: every part begins on a line of the cache
TAPS = 256  # of the filter that lets the dry sound through undelayed


@njit(inline="always")
def base_of(row):
    """Where the state's first part lies."""
    return (cells(row)[r.STATE] + LINE - 1) // LINE * LINE


@njit(inline="always")
def listen(source, window, scratch, size):
    """Two stretches of a ring (address, frames; address, frames) windowed into evens and odds."""
    half = size // 2
    even, odd = floats(scratch, half), floats(scratch + 4 * half, half)
    we, wo = floats(window, half), floats(window + 4 * half, half)
    at = 0
    for i in range(2):
        pairs = source[2 * i + 1] // 2
        x, e, o = floats(source[2 * i], 2 * pairs), even[at : at + pairs], odd[at : at + pairs]
        a, b = we[at : at + pairs], wo[at : at + pairs]
        for k in range(pairs):
            e[k] = x[2 * k] * a[k]
            o[k] = x[2 * k + 1] * b[k]
        at += pairs


@njit(inline="always")
def lay(made, window, total, size, start):
    """Add a frame that was transformed back (odds first, then evens) to the ring of sums, beginning at ``start``."""
    half = size // 2
    odd, even = floats(made, half), floats(made + 4 * half, half)
    we, wo = floats(window, half), floats(window + 4 * half, half)
    first = (size - start) // 2
    y, z = total[start:size], total[:start]
    for k in range(first):
        y[2 * k] += even[k] * we[k]
        y[2 * k + 1] += odd[k] * wo[k]
    e, o, a, b = even[first:], odd[first:], we[first:], wo[first:]
    for k in range(half - first):
        z[2 * k] += e[k] * a[k]
        z[2 * k + 1] += o[k] * b[k]


@njit
def asked(row, t, where, part):
    """Hear the frame that ends just before ``t``; what the kernel answers: a bit for each channel it changes."""
    c = cells(row)
    a = words(c[r.DATA], A_END)
    base = base_of(row)
    size, step, delay, slots, channels = a[A_SIZE], a[A_HOP], a[A_DELAY], a[A_SLOTS], a[A_CHANNELS]
    pitch = size // 2 + PAD
    number = (t + a[A_SHIFT]) // step
    scratch, change = base + a[A_SCRATCH], base + a[A_CHANGE]
    newest = number % slots
    # the ring holds the last ``delay`` frames; the frame is its newest ``size``
    last = t % delay
    source = words(base + a[A_TURNS], 4)
    if last >= size:
        source[0], source[1], source[2], source[3] = last - size, size, 0, 0
    else:
        source[0], source[1], source[2], source[3] = delay - (size - last), size - last, 0, last
    begin0, begin1 = source[0], source[2]
    for i in range(channels):
        ring = base + a[A_RING] + 4 * i * delay
        source[0], source[2] = ring + 4 * begin0, ring + 4 * begin1
        listen(source, a[A_IN], scratch, size)
        fft.forward(a[A_PLAN], scratch, base + a[A_FRAMES] + (newest * channels + i) * pitch * 8)
    sheet = words(base + a[A_SHEET], spectra.SHEET + spectra.KNOBS)
    knobs = r.doubles(base + a[A_SHEET] + 8 * spectra.SHEET, spectra.KNOBS)
    for k in range(a[A_KNOBS]):
        v, w = span(row, k)
        knobs[k] = v + (w - v) * part / where
    sheet[spectra.CHANGE], sheet[spectra.FRAMES], sheet[spectra.SLOTS] = change, base + a[A_FRAMES], slots
    sheet[spectra.SLOT] = (number - a[A_LOOK]) % slots
    sheet[spectra.CHANNELS], sheet[spectra.BINS] = channels, size // 2 + 1
    sheet[spectra.CONTROLS], sheet[spectra.STATE] = base + a[A_SHEET] + 8 * spectra.SHEET, base + a[A_OWN]
    sheet[spectra.RATE], sheet[spectra.SIZE], sheet[spectra.HOP], sheet[spectra.FRAME] = c[r.RATE], size, step, t
    sheet[spectra.SCRATCH], sheet[spectra.SEED], sheet[spectra.GIVEN] = scratch, c[r.SEED], a[A_GIVEN]
    return call_1(c[r.KERNEL], base + a[A_SHEET])


@cache
def windows(size: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Hann to listen through and Hann to lay down, each as evens then odds; the second undoes the overlap and the transform's N."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    both = np.concatenate([hann[::2], hann[1::2]])
    return both.astype(np.float32), (both * step / (0.375 * size) / size).astype(np.float32)


def frame_of(kernel: spectra.SpectralKernel, settings: Mapping[str, Any], rate: int) -> Frame:
    """How a place's frames lie in time, or one clear line."""
    if kernel.frame:
        found = Frame(*kernel.frame(settings, rate))
    else:
        found = Frame(int(settings["size"]), int(settings["hop"]) or int(settings["size"]) // 4, kernel.look)
    try:
        fft.plan(found.size)
    except ValueError as wrong:
        raise ValueError(f"{kernel.word}: {wrong}") from None
    if found.hop < CHUNK or found.size % found.hop or found.size // found.hop < 4:
        legal = [s for s in (found.size // 4, found.size // 8, found.size // 16) if s >= CHUNK]
        raise ValueError(f"{kernel.word}: hop {found.hop} does not suit size {found.size}. There is: {', '.join(map(str, legal))}.")
    return found


def parts(kernel: spectra.SpectralKernel, making: Making) -> tuple[np.ndarray, Frame, int]:
    """Where everything lies in the state, how the frames lie in time, the doubles it takes."""
    f = frame_of(kernel, making.settings, making.rate)
    wide, bins, pitch = making.channels, f.size // 2 + 1, f.size // 2 + PAD
    slots = kernel.past + f.look + 1
    own = kernel.state(wide, bins) if callable(kernel.state) else kernel.state
    a = np.zeros(A_END, np.int64)
    a[[A_SIZE, A_HOP, A_SLOTS, A_LOOK, A_KNOBS, A_CHANNELS]] = f.size, f.hop, slots, f.look, len(kernel.controls), wide
    a[A_DELAY] = f.size + f.hop * f.look + f.guard
    room = {
        A_SHEET: 8 * (spectra.SHEET + spectra.KNOBS), A_TURNS: 32, A_UNTIL: 8 * wide, A_RING: 4 * wide * a[A_DELAY], A_SUM: 4 * wide * f.size,
        A_SCRATCH: 8 * f.size, A_CHANGE: 8 * wide * pitch, A_FRAMES: 8 * wide * pitch * slots, A_OWN: 8 * own,
    }  # fmt: skip
    if f.guard:
        room |= {A_GUARD: 64, A_WAITING: 4 * wide * f.guard}
    if f.near:
        room |= {A_TAPS: 8 * wide * TAPS, A_PAST: 4 * wide * (TAPS + CHUNK)}
    end = 0
    for part, many in room.items():
        a[part] = end
        end += -(-int(many) // LINE) * LINE
    if not f.guard:
        a[A_GUARD] = -1
    return a, f, (end + LINE) // 8


def shift(seed: int, step: int) -> int:
    """How far this place's frames are moved on the clock: a multiple of 64 under a hop."""
    return (seed * 0x9E3779B1 >> 16) % (step // CHUNK) * CHUNK
