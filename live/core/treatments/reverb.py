"""A room: dense, smooth, as large and as long as you like.

Each side of the sound is smeared by four allpasses, then goes round sixteen
delay lines that all feed each other (a Hadamard matrix, which loses and adds
nothing), wander a little so that no tone can settle, and lose exactly as
much at each turn as the decay asks for.

    in -> smear -> + -> 16 lines -> damp -> loss -+-> out
                   ^------- everything to all ----+

``decay`` is seconds to -60 dB; ``damp`` shortens it for the treble. A steady
sound is as loud in the room as before it, however long the decay.
"""

from __future__ import annotations

import math

import numpy as np

from engines.face import Control
from live.core.kinds import Kind, Making, op
from live.core.row import CHUNK, DATA, FRAMES, IN, MORE, OUT, OUTS, RATE, SET, STATE, cells, floats, inlet, memory, njit, outlet, span
from live.core.treatments.delay import cubic

LINES = 16
TIMES = 1e-3 * np.array(  # seconds round each line in the largest room: no two in a simple ratio
    [31.13, 34.07, 36.89, 40.61, 43.97, 48.53, 52.21, 57.31, 61.93, 67.79, 73.19, 80.33, 87.11, 94.57, 103.03, 112.69]
)
SMEARS = 1e-3 * np.array([[1.71, 3.13, 5.37, 7.93], [1.93, 3.49, 4.91, 8.29]])
SIGNS = np.array([1, 1, -1, 1, 1, -1, -1, -1, 1, -1, 1, 1, -1, -1, 1, -1], np.float32)
SMALLEST = 0.25  # the smallest room's share of the largest
SMEAR = np.float32(0.6)
WANDER = 0.0002  # seconds a line strays to each side
MARGIN = 72  # a ring's first frames lie once more behind its end, so that every run reads in one row
PAD = 96  # and rings are not a power of two apart, or they would fight for the same cache lines

# state: a few numbers, then rows of one for each line, then room for one chunk of each line and two smeared inputs
KNOWN, SIZE, FOR_SIZE, FOR_DECAY, FOR_DAMP, LEVEL_A, LEVEL_B = range(7)
DELAY_A, DELAY_B, LOSS_A, LOSS_B, POLE, HELD, MEAN = (8 + LINES * j for j in range(7))
SCRATCH = 8 + LINES * 7
SIZE_OF_STATE = SCRATCH + (LINES + 2) * CHUNK // 2


@njit
def tune(m, size, decay, damp, rate):
    """What one turn round each line costs: sixty decibels in ``decay`` seconds, sooner at the top."""
    m[FOR_SIZE], m[FOR_DECAY], m[FOR_DAMP] = size, decay, damp
    scale = SMALLEST * math.exp(-math.log(SMALLEST) * size)
    treble = (1.0 - 0.95 * damp) ** -2.0  # how many times sooner the very top is gone
    power = 0.0
    for j in range(LINES):
        mean = max(TIMES[j] * scale * rate, MARGIN + 4 + 5.0 * j) + WANDER * rate
        loss = math.exp(math.log(10.0) * -3.0 * mean / (max(decay, 0.02) * rate))
        top = max(loss ** (treble - 1.0), 0.06)
        m[MEAN + j], m[LOSS_B + j], m[POLE + j] = mean, loss, (1.0 - top) / (1.0 + top)
        power += loss * loss
    m[LEVEL_B] = math.sqrt(max(1.0 - power / LINES, 1e-6))


@njit
def stray(m, to, knot, rate):
    """Where each line's reading head stands at a knot of time: a function of the clock alone."""
    for j in range(LINES):
        turn = knot * (0.31 + 0.043 * j) / rate + 0.618034 * j
        turn -= math.floor(turn) + 0.5
        m[to + j] = m[MEAN + j] + WANDER * rate * 16.0 * turn * (0.5 - abs(turn))


@njit
def knot(m, t, size, decay, damp, rate):
    """Time is cut at each 64th frame of the clock, and everything moves straight in between."""
    if m[KNOWN] == 0.0:
        m[SIZE] = size
        tune(m, size, decay, damp, rate)
        stray(m, DELAY_B, float(t // CHUNK * CHUNK), rate)
        m[KNOWN] = 1.0
    for j in range(LINES):
        m[DELAY_A + j], m[LOSS_A + j] = m[DELAY_B + j], m[LOSS_B + j]
    m[LEVEL_A] = m[LEVEL_B]
    if m[SIZE] != size:  # walls have weight: no siren when the knob is torn round
        m[SIZE] += (size - m[SIZE]) * min(CHUNK / (0.25 * rate), 1.0)
        if abs(m[SIZE] - size) < 1e-5:
            m[SIZE] = size
    if m[SIZE] != m[FOR_SIZE] or decay != m[FOR_DECAY] or damp != m[FOR_DAMP]:
        tune(m, m[SIZE], decay, damp, rate)
    stray(m, DELAY_B, float((t // CHUNK + 1) * CHUNK), rate)


@njit
def mirror(ring, size, head, count):
    """Repeat the ring's first frames behind its end."""
    if head < MARGIN:
        for i in range(count):
            if head + i < MARGIN:
                ring[size + head + i] = ring[head + i]


@njit
def smear(x, row, side, head, count, rate):
    """Four allpasses in a row: one click becomes a crowd."""
    r = cells(row)
    size = r[SET]
    for j in range(4):
        ring = floats(r[MORE] + (side * 4 + j) * (size + PAD) * 4, size + MARGIN)
        back = max(np.int64(SMEARS[side, j] * rate), CHUNK + 7 * j + 3 * side)
        past = floats(r[MORE] + ((side * 4 + j) * (size + PAD) + ((head - back) & (size - 1))) * 4, CHUNK)
        now = floats(r[MORE] + ((side * 4 + j) * (size + PAD) + (head & (size - 1))) * 4, CHUNK)
        for i in range(count):
            v = x[i] + SMEAR * past[i]
            x[i] = past[i] - SMEAR * v
            now[i] = v
        mirror(ring, size, head & (size - 1), count)


@njit
def listen(m, y, row, head, at, count):
    """Read every line where it strays: into y, a chunk a line."""
    r = cells(row)
    size = r[FRAMES]
    for j in range(LINES):
        a, slope = m[DELAY_A + j], (m[DELAY_B + j] - m[DELAY_A + j]) / CHUNK
        whole = np.int64(math.ceil(a))
        base = r[DATA] + j * (size + PAD) * 4
        line = floats(r[STATE] + 8 * SCRATCH + 4 * CHUNK * j, CHUNK)
        if whole == np.int64(math.ceil(a + slope * (CHUNK - 1))):
            tape = floats(base + ((head - whole - 1) & (size - 1)) * 4, MARGIN)
            part, step = np.float32(whole - a), np.float32(slope)
            for i in range(count):
                line[i] = cubic(tape[i], tape[i + 1], tape[i + 2], tape[i + 3], part - step * np.float32(at + i))
        else:
            ring = floats(base, size + MARGIN)
            for i in range(count):
                back = a + slope * (at + i)
                whole = np.int64(math.ceil(back))
                x = (head + i - whole - 1) & (size - 1)
                line[i] = cubic(ring[x], ring[x + 1], ring[x + 2], ring[x + 3], np.float32(whole - back))


@njit
def lose(m, y, at, count):
    """Damp the treble and take the decay's share, four lines at once."""
    for j in range(0, LINES, 4):
        p0, p1, p2, p3 = (np.float32(m[POLE + j]), np.float32(m[POLE + j + 1]), np.float32(m[POLE + j + 2]), np.float32(m[POLE + j + 3]))
        z0, z1, z2, z3 = (np.float32(m[HELD + j]), np.float32(m[HELD + j + 1]), np.float32(m[HELD + j + 2]), np.float32(m[HELD + j + 3]))
        one, o = np.float32(1.0), j * CHUNK
        k0, k1, k2, k3 = one - p0, one - p1, one - p2, one - p3
        for i in range(count):
            z0 = p0 * z0 + k0 * y[o + i]
            z1 = p1 * z1 + k1 * y[o + CHUNK + i]
            z2 = p2 * z2 + k2 * y[o + 2 * CHUNK + i]
            z3 = p3 * z3 + k3 * y[o + 3 * CHUNK + i]
            y[o + i], y[o + CHUNK + i], y[o + 2 * CHUNK + i], y[o + 3 * CHUNK + i] = z0, z1, z2, z3
        m[HELD + j], m[HELD + j + 1], m[HELD + j + 2], m[HELD + j + 3] = z0, z1, z2, z3
    for j in range(LINES):
        a, d = np.float32(0.25 * m[LOSS_A + j]), np.float32(0.25 * (m[LOSS_B + j] - m[LOSS_A + j]) / CHUNK)
        for i in range(count):
            y[j * CHUNK + i] *= a + d * np.float32(at + i)


@njit
def four(a, b, c, d):
    """A Hadamard matrix of four."""
    e, f, g, h = a + b, a - b, c + d, c - d
    return e + g, f + h, e - g, f - h


@njit
def scatter(y, count):
    """Every line to all others: a Hadamard matrix of sixteen (its quarter is taken with the loss)."""
    for i in range(count):
        for j in range(0, LINES, 4):
            o = j * CHUNK + i
            y[o], y[o + CHUNK], y[o + 2 * CHUNK], y[o + 3 * CHUNK] = four(y[o], y[o + CHUNK], y[o + 2 * CHUNK], y[o + 3 * CHUNK])
    for j in range(4):
        for i in range(count):
            o = j * CHUNK + i
            y[o], y[o + 4 * CHUNK], y[o + 8 * CHUNK], y[o + 12 * CHUNK] = four(y[o], y[o + 4 * CHUNK], y[o + 8 * CHUNK], y[o + 12 * CHUNK])


@op
def reverb_op(row, n, t):
    """Piece by piece between the knots; no line is shorter than a piece."""
    r = cells(row)
    outs, wide, rate, size = r[OUTS], r[IN + 1], np.float64(r[RATE]), r[FRAMES]
    m = memory(row, SCRATCH)
    y = floats(r[STATE] + 8 * SCRATCH, LINES * CHUNK)
    sound, out = inlet(row, 0), outlet(row)
    size_a, size_b = span(row, 0)
    decay_a, decay_b = span(row, 1)
    damp_a, damp_b = span(row, 2)
    mix_a, mix_b = span(row, 3)
    lines_out = LINES // outs if outs <= LINES else 4
    done = 0
    while done < n:
        at = (t + done) % CHUNK
        count = min(n - done, CHUNK - at)
        if at == 0 or m[KNOWN] == 0.0:
            x = done / n
            knot(m, t + done, size_a + (size_b - size_a) * x, decay_a + (decay_b - decay_a) * x, damp_a + (damp_b - damp_a) * x, rate)
        head = t + done
        for side in range(2):
            x = floats(r[STATE] + 8 * SCRATCH + 4 * CHUNK * (LINES + side), CHUNK)
            from_ = floats(r[IN] + (side % wide * CHUNK + done) * 4, CHUNK)
            for i in range(count):
                x[i] = from_[i]
            for k in range(side + 2, wide, 2):
                from_ = floats(r[IN] + (k * CHUNK + done) * 4, CHUNK)
                for i in range(count):
                    x[i] += from_[i]
            smear(x, row, side, head, count, rate)
        listen(m, y, row, head, at, count)
        share = math.sqrt(1.0 / lines_out)
        level, step = np.float32(share * m[LEVEL_A]), np.float32(share * (m[LEVEL_B] - m[LEVEL_A]) / CHUNK)
        for k in range(outs):
            to = floats(r[OUT] + (k * CHUNK + done) * 4, CHUNK)
            for i in range(count):
                to[i] = np.float32(0.0)
            for j in range(lines_out):
                apart = outs if outs <= LINES else 3 + 2 * (k // LINES)
                line = floats(r[STATE] + 8 * SCRATCH + 4 * CHUNK * ((k + j * apart) % LINES), CHUNK)
                sign = SIGNS[(k // LINES * 5 + j) % LINES]
                for i in range(count):
                    to[i] += sign * line[i]
            for i in range(count):
                to[i] *= level + step * np.float32(at + i)
        lose(m, y, at, count)
        scatter(y, count)
        spot = head & (size - 1)
        for j in range(LINES):
            ring = floats(r[DATA] + j * (size + PAD) * 4, size + MARGIN)
            tape = floats(r[DATA] + (j * (size + PAD) + spot) * 4, CHUNK)
            line = floats(r[STATE] + 8 * SCRATCH + 4 * CHUNK * j, CHUNK)
            x = floats(r[STATE] + 8 * SCRATCH + 4 * CHUNK * (LINES + j % 2), CHUNK)
            sign = SIGNS[j]
            for i in range(count):
                tape[i] = line[i] + sign * x[i]
            mirror(ring, size, spot, count)
        done += count
    wet, step, one = np.float32(mix_a), np.float32((mix_b - mix_a) / n), np.float32(1.0)
    for k in range(outs):
        from_ = k % wide
        for i in range(n):
            w = wet + step * np.float32(i)
            out[k, i] = sound[from_, i] * (one - w) + out[k, i] * w


def ring(seconds: float, rate: int) -> int:
    """Frames of a ring that holds so many seconds and a run: a power of two."""
    frames = 256
    while frames < seconds * rate + 2 * CHUNK + 16:
        frames *= 2
    return frames


def prepare(making: Making) -> None:
    """Sixteen lines, and twice four short ones for the smear."""
    lines = ring(float(TIMES.max()) + 2 * WANDER, making.rate)
    short = ring(float(SMEARS.max()), making.rate)
    making.cells[DATA], making.cells[FRAMES] = making.hold(np.zeros((LINES, lines + PAD), np.float32)), lines
    making.cells[MORE], making.cells[SET] = making.hold(np.zeros((8, short + PAD), np.float32)), short


reverb = Kind(
    "reverb",
    reverb_op,
    "a room around the sound",
    inlets=("sound",),
    controls={
        "size": Control(0.6, low=0.0, high=1.0, moves="room size"),
        "decay": Control(2.0, low=0.1, high=60.0, unit="s", moves="tail length", curve="log"),
        "damp": Control(0.3, low=0.0, high=1.0, moves="darkness of the tail"),
        "mix": Control(0.3, low=0.0, high=1.0, moves="wetness"),
    },
    settings={"channels": 0},  # 0: as wide as what comes in, at least two
    state=SIZE_OF_STATE,
    prepare=prepare,
    channels=lambda settings, ins: int(settings["channels"]) or max(2, *ins, 0),
    dry=True,
)
