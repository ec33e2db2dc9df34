"""The spectral host: hears in overlapping frames, lets a kernel change them, and adds only the difference.

The dry sound is delayed by ``size`` frames (and one hop for every frame the kernel looks
ahead); what the kernel wants changed is transformed back and laid over it. Where nothing is
changed nothing is added: the sound is the delayed input to the bit, without a bypass switch.

Frames begin on a grid of the core's clock, moved by the seed in steps of 64, so that many
treatments do not all do their work in the same chunk. Hann in, Hann out, scaled so that the
overlapping windows sum to one.
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
from live.core.kinds import Kind, Making, op
from live.core.row import CHUNK, call_1, cells, floats, inlet, outlet, span, words

# the layout, int64: addresses of the plan and the windows, then where in the state each part lies (bytes)
(
    A_PLAN, A_IN, A_OUT, A_SIZE, A_HOP, A_SHIFT, A_DELAY, A_SLOTS, A_LOOK, A_KNOBS, A_CHANNELS,
    A_SHEET, A_TURNS, A_UNTIL, A_RING, A_SUM, A_SCRATCH, A_CHANGE, A_FRAMES, A_OWN, A_END,
) = range(21)  # fmt: skip
LINE = 64  # bytes: every part begins on a line of the cache


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
def hop(row, t, where, part):
    """All of one frame that ends just before ``t``."""
    c = cells(row)
    a = words(c[r.DATA], A_END)
    base = (c[r.STATE] + LINE - 1) // LINE * LINE
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
    sheet[spectra.SCRATCH], sheet[spectra.SEED] = scratch, c[r.SEED]
    changed = call_1(c[r.KERNEL], base + a[A_SHEET])
    until = words(base + a[A_UNTIL], channels)
    for i in range(channels):
        if (changed >> min(i, 63)) & 1:
            made = fft.backward(a[A_PLAN], scratch, change + i * pitch * 8)
            total = floats(base + a[A_SUM] + 4 * i * size, size)
            lay(made, a[A_OUT], total, size, t % size)
            until[i] = t + size


@op
def spectral(row, n, t):
    c = cells(row)
    a = words(c[r.DATA], A_END)
    base = (c[r.STATE] + LINE - 1) // LINE * LINE
    size, step, delay, channels = a[A_SIZE], a[A_HOP], a[A_DELAY], a[A_CHANNELS]
    x, y = inlet(row, 0), outlet(row)
    until = words(base + a[A_UNTIL], channels)
    done = 0
    while done < n:
        now = t + done
        early = (now + a[A_SHIFT]) % step
        if early == 0:
            hop(row, now, n, done)
        at, spot = now % delay, now % size
        m = min(min(n - done, step - early), min(delay - at, size - spot))
        for i in range(channels):
            heard = x[min(i, x.shape[0] - 1), done : done + m]
            out = y[i, done : done + m]
            ring = floats(base + a[A_RING] + 4 * (i * delay + at), m)
            for k in range(m):
                v = heard[k]
                out[k] = ring[k]
                ring[k] = v
            if now < until[i]:  # otherwise every sum is zero
                total = floats(base + a[A_SUM] + 4 * (i * size + spot), m)
                for k in range(m):
                    out[k] += total[k]
                    total[k] = np.float32(0.0)
        done += m


@cache
def windows(size: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Hann to listen through and Hann to lay down, each as evens then odds; the second undoes the overlap and the transform's N."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    both = np.concatenate([hann[::2], hann[1::2]])
    return both.astype(np.float32), (both * step / (0.375 * size) / size).astype(np.float32)


def sizes(word: str, settings: Mapping[str, Any]) -> tuple[int, int]:
    """Size and hop, or one clear line."""
    size, step = int(settings["size"]), int(settings["hop"])
    try:
        fft.plan(size)
    except ValueError as wrong:
        raise ValueError(f"{word}: {wrong}") from None
    step = step or size // 4
    if step < CHUNK or size % step or size // step < 4:
        legal = [s for s in (size // 4, size // 8, size // 16) if s >= CHUNK]
        raise ValueError(f"{word}: hop {step} does not suit size {size}. There is: {', '.join(map(str, legal))}.")
    return size, step


def parts(kernel: spectra.SpectralKernel, making: Making) -> tuple[np.ndarray, int]:
    """Where everything lies in the state; the doubles it takes."""
    size, step = sizes(kernel.word, making.settings)
    wide, bins, pitch = making.channels, size // 2 + 1, size // 2 + PAD
    slots = kernel.past + kernel.look + 1
    own = kernel.state(wide, bins) if callable(kernel.state) else kernel.state
    a = np.zeros(A_END, np.int64)
    a[[A_SIZE, A_HOP, A_DELAY, A_SLOTS]] = size, step, size + step * kernel.look, slots
    a[[A_LOOK, A_KNOBS, A_CHANNELS]] = kernel.look, len(kernel.controls), wide
    room = {
        A_SHEET: 8 * (spectra.SHEET + spectra.KNOBS), A_TURNS: 32, A_UNTIL: 8 * wide, A_RING: 4 * wide * a[A_DELAY], A_SUM: 4 * wide * size,
        A_SCRATCH: 8 * size, A_CHANGE: 8 * wide * pitch, A_FRAMES: 8 * wide * pitch * slots, A_OWN: 8 * own,
    }  # fmt: skip
    end = 0
    for part, many in room.items():
        a[part] = end
        end += -(-int(many) // LINE) * LINE
    return a, (end + LINE) // 8


def shift(seed: int, step: int) -> int:
    """How far this place's frames are moved on the clock: a multiple of 64 under a hop."""
    return (seed * 0x9E3779B1 >> 16) % (step // CHUNK) * CHUNK


def kind_of(kernel: spectra.SpectralKernel) -> Kind:
    """The treatment a kernel makes."""

    def prepare(making: Making) -> None:
        a, _ = parts(kernel, making)
        size, step = int(a[A_SIZE]), int(a[A_HOP])
        hear, put = windows(size, step)
        plan, held = fft.plan(size)
        making.held += [hear, put, *held]
        a[[A_PLAN, A_IN, A_OUT, A_SHIFT]] = plan, r.address(hear), r.address(put), shift(making.seed, step)
        making.cells.update({r.DATA: making.hold(a), r.KERNEL: kernel.function.address})

    return Kind(
        kernel.word,
        spectral,
        says=kernel.says,
        inlets=("sound",),
        controls=kernel.controls,
        settings={"size": 2048, "hop": 0},  # hop 0: a quarter of the size
        state=lambda making: parts(kernel, making)[1],
        prepare=prepare,
        latency=lambda settings, rate: sizes(kernel.word, settings)[0] + kernel.look * sizes(kernel.word, settings)[1],
        dry=True,
    )


for _kernel in spectra.found().values():  # each kernel's word is a treatment of the core
    globals()[_kernel.word.upper()] = kind_of(_kernel)
