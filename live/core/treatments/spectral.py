"""The spectral host: hears in overlapping frames, lets a kernel change them, and adds only the difference.

The dry sound is delayed by ``size`` frames (and one hop for every frame the kernel looks
ahead); what the kernel wants changed is transformed back and laid over it. Where nothing is
changed nothing is added: the sound is the delayed input to the bit, without a bypass switch.

Frames begin on a grid of the core's clock, moved by the seed in steps of 64, so that many
treatments do not all do their work in the same chunk. Hann in, Hann out, scaled so that the
overlapping windows sum to one. A kernel may ask for a guard over what it adds (guard.py), or
for a dry sound that does not wait at all (near.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit

from live.core import fft, guard, spectra
from live.core import row as r
from live.core.fft import PAD
from live.core.hops import (
    A_CHANGE,
    A_CHANNELS,
    A_DELAY,
    A_END,
    A_GIVEN,
    A_GUARD,
    A_HOP,
    A_IN,
    A_OUT,
    A_PLAN,
    A_RING,
    A_SCRATCH,
    A_SHIFT,
    A_SIZE,
    A_SUM,
    A_UNTIL,
    A_WAITING,
    asked,
    base_of,
    frame_of,
    lay,
    parts,
    shift,
    windows,
)
from live.core.kinds import Kind, Making, op
from live.core.near import undelayed
from live.core.row import cells, doubles, floats, inlet, outlet, words


@njit
def hop(row, t, where, part):
    """All of one frame that ends just before ``t``."""
    a = words(cells(row)[r.DATA], A_END)
    base = base_of(row)
    size, channels = a[A_SIZE], a[A_CHANNELS]
    pitch = size // 2 + PAD
    changed = asked(row, t, where, part)
    until = words(base + a[A_UNTIL], channels)
    for i in range(channels):
        if (changed >> min(i, 63)) & 1:
            made = fft.backward(a[A_PLAN], base + a[A_SCRATCH], base + a[A_CHANGE] + i * pitch * 8)
            total = floats(base + a[A_SUM] + 4 * i * size, size)
            lay(made, a[A_OUT], total, size, t % size)
            until[i] = t + size


@op
def spectral(row, n, t):
    c = cells(row)
    a = words(c[r.DATA], A_END)
    base = base_of(row)
    size, step, delay, channels = a[A_SIZE], a[A_HOP], a[A_DELAY], a[A_CHANNELS]
    guarded = a[A_GUARD] >= 0
    x, y = inlet(row, 0), outlet(row)
    until = words(base + a[A_UNTIL], channels)
    g = doubles(base + max(a[A_GUARD], 0), 4)
    done = 0
    while done < n:
        now = t + done
        early = (now + a[A_SHIFT]) % step
        if early == 0:
            hop(row, now, n, done)
        at, spot = now % delay, now % size
        m = min(min(n - done, step - early), min(delay - at, size - spot))
        if guarded:
            block = now % guard.BLOCK
            if block == 0:
                guard.turn_over(g, c[r.RATE])
            m = min(m, guard.BLOCK - block)
        for i in range(channels):
            heard = x[min(i, x.shape[0] - 1), done : done + m]
            out = y[i, done : done + m]
            ring = floats(base + a[A_RING] + 4 * (i * delay + at), m)
            for k in range(m):
                v = heard[k]
                out[k] = ring[k]
                ring[k] = v
            total = floats(base + a[A_SUM] + 4 * (i * size + spot), m)
            if not guarded:
                if now < until[i]:  # otherwise every sum is zero
                    for k in range(m):
                        out[k] += total[k]
                        total[k] = np.float32(0.0)
            elif now < until[i] + guard.AHEAD:
                dry = floats(base + a[A_RING] + 4 * (i * delay + (at + guard.AHEAD) % delay), m)
                waits = floats(base + a[A_WAITING] + 4 * (i * guard.AHEAD + now % guard.AHEAD), m)
                guard.ask(g, dry, total, m)
                first, per = np.float32(1.0 - g[guard.FROM]), np.float32((g[guard.FROM] - g[guard.TO]) / guard.BLOCK)
                for k in range(m):
                    out[k] += waits[k] * (first + per * np.float32(block + k))
                    waits[k] = total[k]
                    total[k] = np.float32(0.0)
        done += m


def kind_of(kernel: spectra.SpectralKernel) -> Kind:
    """The treatment a kernel makes."""

    def prepare(making: Making) -> None:
        a, frame, _ = parts(kernel, making)
        hear, put = windows(frame.size, frame.hop)
        plan, held = fft.plan(frame.size)
        making.held += [hear, put, *held]
        a[[A_PLAN, A_IN, A_OUT, A_SHIFT]] = plan, r.address(hear), r.address(put), shift(making.seed, frame.hop)
        if kernel.given:
            a[A_GIVEN] = making.hold(kernel.given(making.settings, making.rate))
        making.cells.update({r.DATA: making.hold(a), r.KERNEL: kernel.function.address})
        if frame.near:
            making.cells[r.OP] = undelayed.address

    def late(settings: Mapping[str, Any], rate: int) -> int:
        frame = frame_of(kernel, settings, rate)
        return 0 if frame.near else frame.size + frame.look * frame.hop + frame.guard

    return Kind(
        kernel.word,
        spectral,
        says=kernel.says,
        inlets=("sound",),
        controls=kernel.controls,
        settings={"size": 2048, "hop": 0, **kernel.settings},  # hop 0: a quarter of the size
        state=lambda making: parts(kernel, making)[2],
        prepare=prepare,
        latency=late,
        dry=True,
    )


for _kernel in spectra.found().values():  # each kernel's word is a treatment of the core
    globals()[_kernel.word.upper()] = kind_of(_kernel)
