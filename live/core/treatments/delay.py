"""Echoes: the sound comes again, darker each time if you like.

``time`` moves the reading head along the tape, so a turned knob bends the
pitch and never crackles: the head follows with an inertia of ``glide``
seconds. On whole frames, with ``feedback`` 0 and ``mix`` 1, the output is
the input, late, bit for bit.
"""

from __future__ import annotations

import math

import numpy as np

from engines.face import Control
from live.core.kinds import Kind, Making, op
from live.core.row import CHUNK, DATA, FRAMES, IN, OUT, OUTS, RATE, SET, STATE, cells, doubles, floats, inlet, memory, njit, outlet, span

HEAD, WHERE, TARGET, KNOWN, CUT, POLE = 0, 1, 2, 3, 4, 5
HELD = 8  # then the loop's lowpass, one a channel
NEAREST = 3.0  # frames: what a cubic needs to lie in the past
OPEN = 19999.5  # from here up the loop is not darkened at all


@njit(inline="always")
def cubic(x0, x1, x2, x3, f):
    """Between x1 and x2, smooth through all four."""
    half = np.float32(0.5)
    slope = half * (x2 - x0)
    rise = x2 - x1
    bend = half * (x3 - x1)
    a = slope + bend - rise - rise
    b = rise - slope - a
    return ((a * f + b) * f + slope) * f + x1


# A ring holds one frame more before its first and two after its last, kept equal to the other end:
# frame x lies at 1 + x, and four neighbours are always in a row.


@njit(inline="always")
def hear(to, tape, count, part):
    """The tape under a reading head that stands still; ``tape`` begins one frame before it."""
    if part == np.float32(0.0):
        for i in range(count):
            to[i] = tape[i + 1]
    else:
        for i in range(count):
            to[i] = cubic(tape[i], tape[i + 1], tape[i + 2], tape[i + 3], part)


@njit(inline="always")
def bend(to, ring, count, head, mask, path):
    """The tape under a reading head that moves."""
    for i in range(count):
        whole = np.int64(math.ceil(path[i]))
        x = (head + i - whole) & mask
        to[i] = cubic(ring[x], ring[x + 1], ring[x + 2], ring[x + 3], np.float32(whole - path[i]))


@njit(inline="always")
def record(tape, sound, echo, m, k, count, back, back_step):
    """Write what comes in, and the echo, darkened, on top."""
    if back == 0.0 and back_step == 0.0:
        m[HELD + k] = echo[count - 1]
        for i in range(count):
            tape[i] = sound[i]
    elif m[POLE] == 1.0:
        m[HELD + k] = echo[count - 1]
        g, step = np.float32(back), np.float32(back_step)
        for i in range(count):
            tape[i] = sound[i] + echo[i] * (g + step * np.float32(i))
    else:
        held, pole = m[HELD + k], m[POLE]
        keep = 1.0 - pole
        for i in range(count):
            held = keep * held + pole * np.float64(echo[i])
            tape[i] = np.float32(sound[i] + held * (back + back_step * i))
        m[HELD + k] = held


@njit(inline="always")
def frames_of(seconds, rate, most):
    """Frames of a delay: 0.01 s is 480, whatever doubles make of it."""
    frames = min(max(seconds * rate, NEAREST), most)
    whole = np.rint(frames)
    return whole if abs(frames - whole) < 1e-6 else frames


# A ring holds one frame more before its first and two after its last, kept equal to the other end:
# frame x lies at 1 + x, and four neighbours are always in a row.


@op
def delay_op(row, n, t):
    """In pieces no longer than the delay, so that an echo can feed the next within one run."""
    r = cells(row)
    outs, wide, rate, size = r[OUTS], r[IN + 1], np.float64(r[RATE]), r[FRAMES]
    mask = size - 1
    m = memory(row, HELD + outs)
    path = doubles(r[STATE] + 8 * (HELD + outs), CHUNK)
    sound, out = inlet(row, 0), outlet(row)
    time_a, time_b = span(row, 0)
    back_a, back_b = span(row, 1)
    mix_a, mix_b = span(row, 2)
    tone = span(row, 3)[1]
    goal_a = frames_of(time_a, rate, np.float64(r[SET + 1]))
    goal_b = goal_a if time_b == time_a else frames_of(time_b, rate, np.float64(r[SET + 1]))
    if m[KNOWN] == 0.0:
        m[KNOWN], m[WHERE], m[CUT] = 1.0, goal_a, -1.0
    if tone != m[CUT]:
        m[CUT] = tone
        m[POLE] = 1.0 if tone >= OPEN else 1.0 - math.exp(-2.0 * math.pi * tone / rate)
    inertia = r[SET] * 1e-6 * rate
    follow = 1.0 / inertia if inertia > 1.0 else 1.0
    head, where = np.int64(m[HEAD]), m[WHERE]
    goal_step, back_step = (goal_b - goal_a) / n, (back_b - back_a) / n
    done = 0
    while done < n:
        still = goal_step == 0.0 and where == goal_b
        count = min(n - done, size - head)
        if still:
            whole = np.int64(math.ceil(where))
            first = (head - whole) & mask  # the frame at or before the reading head
            count = min(min(count, whole - 2), size - first)
            part = np.float32(whole - where)
            for k in range(outs):
                tape = floats(r[DATA] + (k * (size + 4) + first) * 4, CHUNK + 4)
                hear(floats(r[OUT] + (k * CHUNK + done) * 4, CHUNK), tape, count, part)
        else:
            made = 0
            while made < count:
                goal = goal_a + goal_step * (done + made)
                next_ = goal if follow == 1.0 or abs(where - goal) < 1e-5 else where + (goal - where) * follow
                if made > 0 and made > np.int64(next_) - 3:
                    break  # this frame needs an echo that is not written yet
                where = path[made] = next_
                made += 1
                if goal_step == 0.0 and where == goal_b:
                    break
            count = made
            for k in range(outs):
                ring = floats(r[DATA] + k * (size + 4) * 4, size + 4)
                bend(floats(r[OUT] + (k * CHUNK + done) * 4, CHUNK), ring, count, head, mask, path)
        for k in range(outs):
            ring = floats(r[DATA] + k * (size + 4) * 4, size + 4)
            tape = floats(r[DATA] + (k * (size + 4) + 1 + head) * 4, CHUNK)
            from_ = floats(r[IN] + (k % wide * CHUNK + done) * 4, CHUNK)
            echo = floats(r[OUT] + (k * CHUNK + done) * 4, CHUNK)
            record(tape, from_, echo, m, k, count, back_a + back_step * done, back_step)
            if head < 2:
                ring[size + 1], ring[size + 2] = ring[1], ring[2]
            if head + count == size:
                ring[0] = ring[size]
        head = (head + count) & mask
        done += count
    m[HEAD], m[WHERE] = np.float64(head), where
    wet, step, one = np.float32(mix_a), np.float32((mix_b - mix_a) / n), np.float32(1.0)
    for k in range(outs):
        from_ = k % wide
        for i in range(n):
            w = wet + step * np.float32(i)
            out[k, i] = sound[from_, i] * (one - w) + out[k, i] * w


def prepare(making: Making) -> None:
    """A ring of a power of two for each channel."""
    frames = 1
    while frames < making.settings["longest"] * making.rate + CHUNK + 16:
        frames *= 2
    tape = np.zeros((making.channels, frames + 4), np.float32)
    making.cells[DATA], making.cells[FRAMES] = making.hold(tape), frames
    making.cells[SET] = round(making.settings["glide"] * 1e6)
    making.cells[SET + 1] = int(making.settings["longest"] * making.rate)


delay = Kind(
    "delay",
    delay_op,
    "echoes, with a knob-bent pitch while the time moves",
    inlets=("sound",),
    controls={
        "time": Control(0.25, low=0.0001, high=60.0, unit="s", moves="echo time", curve="log"),
        "feedback": Control(0.0, low=0.0, high=0.99, moves="echo tail"),
        "mix": Control(0.5, low=0.0, high=1.0, moves="wetness"),
        "tone": Control(20000.0, low=20.0, high=20000.0, unit="Hz", moves="darkness of the echoes", curve="log"),
    },
    settings={"longest": 2.0, "glide": 0.05},
    state=lambda making: HELD + making.channels + CHUNK,
    prepare=prepare,
    dry=True,
)
