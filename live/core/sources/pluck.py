"""Pluck: eight strings that ring after every touch.

Each string is a loop as long as one period: a burst of noise goes round, loses
a little of its highs each time (a filter that delays by exactly one frame, so
brightness never detunes) and is tuned between frames by an allpass that is
exact at the fundamental. Events: 1 (freq, gain) plucks; freq 0 takes the
control's. 2 (freq) damps the strings at that pitch, 0 all. A string may be
somebody's: 3 (octaves, whose) bends those, 4 (freq, whose) lets one be.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from engines.face import Control
from live.core.kinds import Kind, Making, op
from live.core.layout import EVENT_CELLS, EVENTS_MAX
from live.core.row import EVENTS, HOW, MORE, RATE, SEED, STATE, cells, doubles, floats, outlet, span
from live.core.sources.noise import mix, scatter

STRINGS = 8
SPARE = 2  # more that only fade, so that a ninth pluck does not cut the oldest off
LOWEST = 27.0  # Hz
# state of a string: sounding (order of its pluck), period, whole frames of delay, allpass, its two memories, place in the line,
# damped, frames since the pluck, loudest of this turn, whose it is, octaves it is to be bent by, 1 once it was bent
BORN, PERIOD, WHOLE, PASS, CAME, WENT, SPOT, DAMPED, FREQ, LOUD, TURN, WHOSE, BENT, EVER = range(14)
CREEP = 1 / 32  # frames its turn grows or shrinks in one, while it is being bent: more would be heard as a scratch
CELLS = 16
COUNT = 0  # plucks so far
FIRST = 8


@njit(**HOW)
def _pluck(state, size, asked, bend, whose, gain, bright, rate, seed):
    """Fill a free string, or the longest-damped one, with a burst."""
    st = doubles(state, FIRST + CELLS * (STRINGS + SPARE))
    st[COUNT] += 1
    oldest, sounding, chosen, worst = -1, 0, -1, -1
    for v in range(STRINGS + SPARE):
        b = FIRST + v * CELLS
        if st[b + BORN] == 0:
            if chosen < 0:
                chosen = v
            continue
        if worst < 0 or st[b + BORN] < st[FIRST + worst * CELLS + BORN]:
            worst = v
        if st[b + DAMPED] < 2:
            sounding += 1
            if oldest < 0 or st[b + BORN] < st[FIRST + oldest * CELLS + BORN]:
                oldest = v
    if sounding >= STRINGS and oldest >= 0:
        st[FIRST + oldest * CELLS + DAMPED] = 2.0
    if chosen < 0:
        chosen = worst
    b = FIRST + chosen * CELLS
    freq = min(max(asked if bend == 0.0 else asked * 2.0**bend, LOWEST), rate / 8.0)
    period = rate / freq
    whole = np.int64(np.floor(period - 1.0 - 0.5))  # the rest, half a frame to one and a half, is the allpass's
    rest = period - 1.0 - whole
    turn = 2 * np.pi * freq / rate
    for i in range(CELLS):
        st[b + i] = 0.0
    st[b + BORN], st[b + PERIOD], st[b + WHOLE], st[b + FREQ] = st[COUNT], period, whole, asked
    st[b + WHOSE], st[b + BENT], st[b + EVER] = whose, bend, bend != 0.0
    st[b + PASS] = np.sin((1 - rest) * turn / 2) / np.sin((1 + rest) * turn / 2)
    line = floats(state + 8 * (FIRST + CELLS * (STRINGS + SPARE)) + 4 * chosen * size, size)
    for i in range(size):
        line[i] = np.float32(0)
    # a burst one period long, softened by brightness, without direct current
    root = mix(mix(seed) + np.uint64(st[COUNT]))
    soft, low, total = 0.85 * (1 - bright), 0.0, 0.0
    for i in range(whole + 1):
        low = soft * low + (1 - soft) * scatter(root, i)
        line[i] = np.float32(low)
        total += low
    mean, power = total / (whole + 1), 0.0
    for i in range(whole + 1):
        line[i] -= np.float32(mean)
        power += line[i] * line[i]
    scale = np.float32(gain * 0.35 / np.sqrt(power / (whole + 1) + 1e-20))
    for i in range(whole + 1):
        line[i] *= scale
    st[b + SPOT] = whole + 1


@njit(**HOW)
def _wanted(st, rate):
    """The turn a string is to have, as it is bent."""
    return rate / min(max(st[FREQ] * 2.0 ** st[BENT], LOWEST), rate / 8.0)


@njit(**HOW)
def _tune(st, line, mask, keep, side, period):
    """Another turn. Where a whole frame more or less lies between, what its filter heard last is what it would have heard."""
    whole = np.int64(np.floor(period - 1.0 - 0.5))
    rest, turn = period - 1.0 - whole, 2 * np.pi / period
    if whole != np.int64(st[WHOLE]):
        k = np.int64(st[SPOT]) - 1 - whole
        st[CAME] = keep * ((1.0 - side - side) * line[(k - 1) & mask] + side * (line[k & mask] + line[(k - 2) & mask]))
    st[PERIOD], st[WHOLE], st[PASS] = period, whole, np.sin((1 - rest) * turn / 2) / np.sin((1 + rest) * turn / 2)


@njit(**HOW)
def _ring(state, size, v, m, decay, b0, b1, i0, run, y, rate):
    """String v sounds on for m frames; b0 to b1 is what its filter takes from each side, over the run."""
    st = doubles(state + 8 * (FIRST + v * CELLS), CELLS)
    line = floats(state + 8 * (FIRST + CELLS * (STRINGS + SPARE)) + 4 * v * size, size)
    mask = size - 1
    spot, whole = np.int64(st[SPOT]), np.int64(st[WHOLE])
    fall = decay if st[DAMPED] == 0 else (min(decay, 0.08) if st[DAMPED] == 1 else 0.012)
    keep = np.float32(10.0 ** (-3.0 * st[PERIOD] / (rate * fall)))
    eta = np.float32(st[PASS])
    came, went = np.float32(st[CAME]), np.float32(st[WENT])
    loud, turn = st[LOUD], st[TURN]
    for i in range(m):
        side = np.float32(b0 + (b1 - b0) * (i0 + i) / run)
        k = spot - whole
        x = keep * ((np.float32(1) - side - side) * line[(k - 1) & mask] + side * (line[k & mask] + line[(k - 2) & mask]))
        went = eta * (x - went) + came
        came = x
        line[spot & mask] = went
        y[i] += went
        spot += 1
        loud = max(loud, abs(went))
        turn += 1
        if turn >= st[PERIOD]:
            if loud < 1e-5:
                st[BORN] = 0.0
                break
            loud, turn = 0.0, 0.0
    st[SPOT], st[CAME], st[WENT], st[LOUD], st[TURN] = spot, came, went, loud, turn


@njit(**HOW)
def _sound(state, size, v, m, decay, b0, b1, i0, run, y, rate):
    """String v over m frames, tuned on its way while it is being bent."""
    st = doubles(state + 8 * (FIRST + v * CELLS), CELLS)
    line = floats(state + 8 * (FIRST + CELLS * (STRINGS + SPARE)) + 4 * v * size, size)
    if st[EVER] == 0.0:
        _ring(state, size, v, m, decay, b0, b1, i0, run, y, rate)
        return
    done = np.int64(0)
    while done < m and st[BORN] > 0:
        piece, wanted = m - done, _wanted(st, rate)
        if wanted != st[PERIOD]:
            away = wanted - st[PERIOD]
            keep = 10.0 ** (-3.0 * st[PERIOD] / (rate * (decay if st[DAMPED] == 0 else 0.08)))
            _tune(st, line, size - 1, keep, b1, wanted if abs(away) < CREEP else st[PERIOD] + (CREEP if away > 0.0 else -CREEP))
            piece = np.int64(1)
        _ring(state, size, v, piece, decay, b0, b1, i0 + done, run, y[done : done + piece], rate)
        done += piece


@op
def pluck(row, n, t):
    r = cells(row)
    state, size, rate = r[STATE], r[MORE], np.float64(r[RATE])
    st = doubles(state, FIRST + CELLS * (STRINGS + SPARE))
    freq = span(row, 0)[1]
    decay = max(span(row, 1)[1], 0.01)
    ra, rb = span(row, 2)
    ga, gb = span(row, 3)
    y = outlet(row)
    for i in range(n):
        y[0, i] = np.float32(0)
    q = doubles(r[EVENTS], 2 + EVENTS_MAX * EVENT_CELLS)
    head, tail = np.int64(q[0]), np.int64(q[1])
    done = np.int64(0)
    while done < n:
        stop = np.int64(n)
        while tail < head:
            e = 2 + (tail % EVENTS_MAX) * EVENT_CELLS
            due = np.int64(q[e]) - t
            if due > done:
                stop = min(stop, due)
                break
            kind, asked = np.int64(q[e + 1]), q[e + 2]
            if kind == 1:
                _pluck(state, size, asked if asked > 0 else freq, q[e + 6], q[e + 7], q[e + 3], rb, rate, r[SEED])
            elif kind == 2:
                for v in range(STRINGS + SPARE):
                    b = FIRST + v * CELLS
                    if st[b + DAMPED] == 0 and (asked <= 0 or abs(st[b + FREQ] - asked) < 0.02 * asked):
                        st[b + DAMPED] = 1.0
            elif kind >= 3 and q[e + 3] > 0:
                for v in range(STRINGS + SPARE):
                    b = FIRST + v * CELLS
                    if st[b + BORN] == 0 or st[b + WHOSE] != q[e + 3]:
                        continue
                    if kind == 3:
                        st[b + BENT], st[b + EVER] = asked, 1.0
                    elif abs(st[b + FREQ] - asked) < 0.02 * asked:
                        st[b + WHOSE] = 0.0
            tail += 1
            q[1] = tail
        for v in range(STRINGS + SPARE):
            if st[FIRST + v * CELLS + BORN] > 0:
                out = floats(r[1] + 4 * done, stop - done)
                _sound(state, size, v, stop - done, decay, 0.25 * (1 - ra), 0.25 * (1 - rb), done, n, out, rate)
        done = stop
    if ga != gb:
        for i in range(n):
            y[0, i] *= np.float32(ga + (gb - ga) * i / n)
    elif ga != 1.0:
        for i in range(n):
            y[0, i] *= np.float32(ga)


def _size(rate: int) -> int:
    """Frames of one string's line: a power of two, so that its ends meet without a division."""
    return 1 << int(np.ceil(np.log2(rate / LOWEST + 8)))


def _prepare(making: Making) -> None:
    making.cells[MORE] = _size(making.rate)


PLUCK = Kind(
    "pluck",
    pluck,
    says="a plucked string: pluck(hits='x-o-', notes='c3 e3')",
    controls={
        "freq": Control(220.0, low=30, high=4000, unit="Hz", moves="pitch", curve="log"),
        "decay": Control(4.0, low=0.05, high=60, unit="s", moves="tail", curve="log"),
        "bright": Control(0.7, low=0, high=1, moves="brightness"),
        "gain": Control(1.0, low=0, high=4, moves="loudness"),
    },
    settings={},
    state=lambda making: FIRST + (STRINGS + SPARE) * (CELLS + _size(making.rate) // 2),
    prepare=_prepare,
    channels=lambda settings, ins: 1,
    events=True,
)
