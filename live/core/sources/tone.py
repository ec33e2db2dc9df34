"""Tone: sine, saw, square or triangle, without the whistles of a careless oscillator.

The sine is computed; the others are read from one drawing for each quarter
octave, which holds just the harmonics that fit below half the rate, and the
drawing slides into the next as the pitch goes up.
With ``gate`` it is silent until a note: events 1 (freq, gain) and 2 (off). Event 3 bends it, by octaves; a note may come bent.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from engines.face import Control
from live.core.kinds import Kind, Making, nearest, op
from live.core.layout import EVENT_CELLS, EVENTS_MAX
from live.core.row import CHUNK, EVENTS, HOW, MORE, RATE, SET, STATE, address, cells, doubles, floats, outlet, span, words

SHAPES = ("sine", "saw", "square", "triangle")
LOWEST, STEPS = 16.0, 4  # Hz; drawings in an octave
POINTS = 32  # at least so many to one swing of a drawing's highest harmonic
WHOLE = 2.0**63

# state: phase (int64, a whole turn is 2**64), note's frequency (0: the control's), level now, level wanted, octaves it is bent by
# now, octaves wanted, scratch
PHASE, NOTE, LEVEL, WANTED, BEND, BENT = range(6)
GLIDE = 0.005  # seconds: a bender's steps are not heard
FREQ = 8  # 64 frequencies, 64 phases, 64 levels
PHASES = FREQ + CHUNK
LEVELS = PHASES + CHUNK
SIZE = LEVELS + CHUNK
_S = [(-1) ** k * (2 * np.pi) ** (2 * k + 1) / float(np.prod(np.arange(1, 2 * k + 2, dtype=float))) for k in range(8)]
S0, S1, S2, S3, S4, S5, S6, S7 = _S


@njit(**HOW)
def _sine(turn):
    """sin of a turn between -0.5 and 0.5, to -170 dB."""
    away = abs(turn)
    z = 0.25 - abs(away - 0.25)
    q = z * z
    s = z * (S0 + q * (S1 + q * (S2 + q * (S3 + q * (S4 + q * (S5 + q * (S6 + q * S7)))))))
    return -s if turn < 0 else s


@njit(**HOW)
def _drawn(sheet, size, phase):
    """A drawing at a phase, along the curve through four points."""
    x = floats(sheet, size + 3)
    bits = np.int64(size)
    fine = ((phase >> 16) & 0xFFFFFFFFFFFF) * bits  # 48 bits of phase, times the points
    k = fine >> 48
    f = np.float32((fine & 0xFFFFFFFFFFFF) >> 24) * np.float32(1 / (1 << 24))
    h = np.float32(0.5) * f
    return (
        h * (f * (np.float32(2) - f) - np.float32(1)) * x[k]
        + (f * f * (np.float32(1.5) * f - np.float32(2.5)) + np.float32(1)) * x[k + 1]
        + h * (f * (np.float32(4) - np.float32(3) * f) + np.float32(1)) * x[k + 2]
        + h * (f * (f - np.float32(1))) * x[k + 3]
    )


@njit(**HOW)
def _levels(st, m, at, rate, attack, release):
    """The note's envelope over m frames from frame ``at``: straight up, straight down."""
    level, wanted = st[LEVEL], st[WANTED]
    up, down = 1.0 / max(attack * rate, 1.0), 1.0 / max(release * rate, 1.0)
    for i in range(m):
        if level < wanted:
            level = min(level + up, wanted)
        elif level > wanted:
            level = max(level - down, wanted)
        st[LEVELS + at + i] = level
    st[LEVEL] = level


@njit(**HOW)
def _bent(st, m, at, rate):
    """The frequencies of m frames from frame ``at``, bent."""
    soft = 1.0 - np.exp(-1.0 / (GLIDE * rate))
    by, top = 2.0 ** st[BEND], 0.5 * rate
    for i in range(at, at + m):
        if st[BEND] != st[BENT]:
            away = st[BENT] - st[BEND]
            st[BEND] = st[BENT] if abs(away) < 1e-6 else st[BEND] + soft * away
            by = 2.0 ** st[BEND]
        st[FREQ + i] = min(st[FREQ + i] * by, top)


@njit(**HOW)
def _sheets(book, freq):
    """Which drawings a frequency is read from, and how far it has slid from the first to the second.

    Drawing k is clean up to LOWEST * 2 ** (k / STEPS)."""
    high = STEPS * np.log2(max(freq, 1e-3) / LOWEST)
    at = np.ceil(high)
    last = book[0] - 1
    k = np.int64(min(max(at, 0.0), np.float64(last)))
    return k, min(k + 1, last), np.float32(min(max(high + 1 - at, 0.0), 1.0))


@njit(**HOW)
def _shape(state, shape, book_at, m, i0, run, rate, wa, wb, out):
    """The wave itself over m frames from frame i0 of the run."""
    st = doubles(state, SIZE)
    phase = words(state + 8 * PHASE, 1)
    p = words(state + 8 * PHASES, CHUNK)
    y = floats(out, m)
    freq, steady = st[FREQ + i0], True
    for i in range(i0, i0 + m):
        steady = steady and st[FREQ + i] == freq
    now, step = phase[0], np.int64(freq / rate * WHOLE) * 2
    if steady:
        for i in range(m):
            p[i] = now + i * step
        phase[0] = now + m * step
    else:
        for i in range(m):
            p[i] = now
            now += np.int64(st[FREQ + i0 + i] / rate * WHOLE) * 2
        phase[0] = now

    if shape == 0:
        for i in range(m):
            y[i] = np.float32(_sine((p[i] >> 11) * (1.0 / (1 << 53))))
        return
    book = words(book_at, 1024)  # how many; then address and size of each
    k, k2, c = _sheets(book, freq)
    i = 0
    while i < m:
        if not steady:
            k, k2, c = _sheets(book, st[FREQ + i0 + i])
        one, size1, two, size2 = book[1 + 2 * k], book[2 + 2 * k], book[1 + 2 * k2], book[2 + 2 * k2]
        stop = m if steady else i + 1
        if shape == 2:  # high for ``width`` of each turn: two saws apart, no direct current
            for j in range(i, stop):
                w = wa + (wb - wa) * (i0 + j) / run
                back = p[j] - np.int64(w * WHOLE) * 2
                v1 = _drawn(one, size1, back) - _drawn(one, size1, p[j])
                v2 = _drawn(two, size2, back) - _drawn(two, size2, p[j])
                y[j] = v1 + c * (v2 - v1)
        else:
            for j in range(i, stop):
                v1, v2 = _drawn(one, size1, p[j]), _drawn(two, size2, p[j])
                y[j] = v1 + c * (v2 - v1)
        i = stop


@op
def tone(row, n, t):
    r = cells(row)
    st = doubles(r[STATE], SIZE)
    rate = np.float64(r[RATE])
    shape, gate = r[SET], r[SET + 1] != 0
    fa, fb = span(row, 0)
    ga, gb = span(row, 1)
    wa, wb = span(row, 2)
    attack, release = span(row, 3)[1], span(row, 4)[1]
    y = outlet(row)
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
            kind = np.int64(q[e + 1])
            if kind == 1:
                st[NOTE], st[WANTED] = max(q[e + 2], 0.0), max(q[e + 3], 0.0)
                st[BEND] = st[BENT] = q[e + 6]
            elif kind == 2:
                st[WANTED] = 0.0
            elif kind == 3:
                st[BENT] = q[e + 2]
            tail += 1
            q[1] = tail
        if gate:
            _levels(st, stop - done, done, rate, attack, release)
        for i in range(done, stop):
            st[FREQ + i] = min(st[NOTE] if st[NOTE] > 0 else fa + (fb - fa) * i / n, 0.5 * rate)
        if st[BEND] != 0.0 or st[BENT] != 0.0:
            _bent(st, stop - done, done, rate)
        _shape(r[STATE], shape, r[MORE], stop - done, done, n, rate, wa, wb, r[1] + 4 * done)
        done = stop
    if gate:
        for i in range(n):
            y[0, i] *= np.float32(st[LEVELS + i])
    if ga != gb:
        for i in range(n):
            y[0, i] *= np.float32(ga + (gb - ga) * i / n)
    elif ga != 1.0:
        for i in range(n):
            y[0, i] *= np.float32(ga)


def draw(shape: str, rate: int) -> list[np.ndarray]:
    """One turn of a saw or triangle for each quarter octave, with a point before and two after."""
    sheets, k = [], 0
    while True:
        harmonics = int(rate / 2 / (LOWEST * 2 ** (k / STEPS)) * (1 - 1e-9))
        size = max(256, 1 << int(np.ceil(np.log2(max(harmonics, 1) * POINTS))))
        spectrum = np.zeros(size // 2 + 1, np.complex128)
        h = np.arange(1, harmonics + 1)
        if shape == "triangle":
            odd = h[h % 2 == 1]
            spectrum[odd] = -0.5j * size * 8 / np.pi**2 * (-1.0) ** ((odd - 1) // 2) / odd**2
        else:
            spectrum[h] = 0.5j * size * 2 / np.pi / h
        turn = np.fft.irfft(spectrum, size).astype(np.float32)
        sheets.append(np.concatenate([turn[-1:], turn, turn[:2]]))
        if harmonics == 0:
            return sheets
        k += 1


class Drawings(list[np.ndarray]):
    """A book and the drawings it lists: kept while a tone plays from it."""


def bound(sheets: list[np.ndarray]) -> Drawings:
    """Drawings behind a book that says where each of them lies."""
    book = np.zeros(1024, np.int64)
    book[0] = len(sheets)
    for k, sheet in enumerate(sheets):
        book[1 + 2 * k], book[2 + 2 * k] = address(sheet), len(sheet) - 3
    return Drawings([book, *sheets])


def _prepare(making: Making) -> None:
    shape = making.settings["shape"]
    if shape not in SHAPES:
        raise LookupError(f"tone has no shape {shape!r}. {nearest(str(shape), SHAPES)}")
    making.cells[SET], making.cells[SET + 1] = SHAPES.index(shape), bool(making.settings["gate"])
    if shape != "sine":
        drawn = "triangle" if shape == "triangle" else "saw"
        drawings = making.share(("drawing", drawn, making.rate), lambda: bound(draw(drawn, making.rate)))
        making.held.append(drawings)
        making.cells[MORE] = address(drawings[0])


TONE = Kind(
    "tone",
    tone,
    says="a plain tone: tone(220), tone(55, shape='saw')",
    controls={
        "freq": Control(440.0, low=20, high=20000, unit="Hz", moves="pitch", curve="log"),
        "gain": Control(1.0, low=0, high=2, moves="loudness"),
        "width": Control(0.5, low=0.02, high=0.98, moves="hollowness"),
        "attack": Control(0.005, low=0.001, high=10, unit="s", moves="onset", curve="log"),
        "release": Control(0.05, low=0.001, high=20, unit="s", moves="tail", curve="log"),
    },
    settings={"shape": "sine", "gate": False},
    state=SIZE,
    prepare=_prepare,
    channels=lambda settings, ins: 1,
    events=True,
)
