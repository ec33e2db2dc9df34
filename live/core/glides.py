"""Whatever moves by itself from one value to another: retuned controls, turned knobs, the gate.

A glide is straight between multiples of CHUNK on the clock, so it is the same wherever time is cut.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from live.core import layout as at
from live.core.inner import (
    GATE_FRAMES,
    KNOB_FRAMES,
    LOGGED,
    MASTER,
    ROUND,
    S_CLOCK,
    S_CTL,
    S_GATED,
    S_GLIDES,
    S_KNOBS,
    S_KNOWN,
    S_LOG,
    S_MOVING,
    S_NMOVING,
    S_OVER,
    S_SEEN,
    STAND,
    STAY,
    STRAIGHT,
)  # fmt: skip
from live.core.row import CHUNK, SLOTS_MAX, _at, carray, doubles, fence, ints, smooth, words

SLOW = 64.0 * CHUNK  # frames the whole way of a knob takes while it is taken over


@njit(inline="always")
def start_glide(stand, slot, target, frames, shape):
    """Send a control towards a new value."""
    s = words(stand, STAND)
    table = doubles(s[S_CTL], 2 * SLOTS_MAX)
    g = doubles(s[S_GLIDES], 5 * SLOTS_MAX)
    g[slot] = table[SLOTS_MAX + slot]
    g[SLOTS_MAX + slot] = target
    g[2 * SLOTS_MAX + slot] = 0.0
    if g[3 * SLOTS_MAX + slot] == 0.0:  # not moving yet
        moving = ints(s[S_MOVING], SLOTS_MAX)
        moving[s[S_NMOVING]] = slot
        s[S_NMOVING] += 1
    g[3 * SLOTS_MAX + slot] = max(frames, 1.0)
    g[4 * SLOTS_MAX + slot] = shape


@njit(inline="always")
def bent(x, shape):
    """How far along a glide is, at share x of its time."""
    x = min(x, 1.0)
    return smooth(x) if shape == ROUND else x


@njit
def along(done, length, shape, phase):
    """How far along a glide is at its frame ``done``: straight from one multiple of CHUNK on the clock to the next.

    ``phase`` is the clock's place in its chunk when the glide began. Frame 0 has moved already: a knob is heard at its own sample.
    """
    end = (phase + done + CHUNK - 1) // CHUNK * CHUNK - phase
    start = max(end - CHUNK, 0)
    a, b = bent((start + 1) / length, shape), bent((end + 1) / length, shape)
    return b if end == start else a + (b - a) * (done - start) / (end - start)


@njit
def glide(stand, n, t):
    """Every moving control goes on by n frames."""
    s = words(stand, STAND)
    count = s[S_NMOVING]
    if count == 0:
        return
    table = doubles(s[S_CTL], 2 * SLOTS_MAX)
    g = doubles(s[S_GLIDES], 5 * SLOTS_MAX)
    moving = ints(s[S_MOVING], SLOTS_MAX)
    kept = 0
    for i in range(count):
        slot = np.int64(moving[i])
        shape, length = g[4 * SLOTS_MAX + slot], g[3 * SLOTS_MAX + slot]
        if shape == STAY:  # something else moves it from here on
            table[slot] = table[SLOTS_MAX + slot]
            g[3 * SLOTS_MAX + slot] = 0.0
            continue
        done = np.int64(g[2 * SLOTS_MAX + slot])
        phase = (t - done) % CHUNK
        start, span = g[slot], g[SLOTS_MAX + slot] - g[slot]
        x = along(done, length, shape, phase)
        y = along(done + n, length, shape, phase)
        table[slot] = start + span * x if x < 1.0 else g[SLOTS_MAX + slot]
        table[SLOTS_MAX + slot] = start + span * y if y < 1.0 else g[SLOTS_MAX + slot]
        g[2 * SLOTS_MAX + slot] = done + n
        if x >= 1.0:
            g[3 * SLOTS_MAX + slot] = 0.0
            continue
        moving[kept] = slot
        kept += 1
    s[S_NMOVING] = kept


@njit
def note(stand, t, knob, value, frames):
    """What a hand did at which frame, for the journal; knob -1 is the gate."""
    s = words(stand, STAND)
    log = doubles(s[S_LOG], 1 + 4 * LOGGED)
    spot = 1 + (np.int64(log[0]) % LOGGED) * 4
    log[spot], log[spot + 1], log[spot + 2], log[spot + 3] = t, knob, value, frames
    fence()
    log[0] += 1.0


@njit(inline="always")
def move_knob(stand, t, knob, value, frames):
    """One knob: glide there, and note it for the journal."""
    s = words(stand, STAND)
    carray(_at(s[S_KNOWN], np.uint8), (at.KNOBS,))[knob] = 1
    g = doubles(s[S_GLIDES], 5 * SLOTS_MAX)
    moving = g[3 * SLOTS_MAX + knob] != 0.0
    start_glide(stand, np.int64(knob), value, frames, STRAIGHT)
    if moving and frames > KNOB_FRAMES:  # slow, and it has gone its way for this frame already: no step more
        g[knob] += (g[knob] - value) / (frames - 1.0)
    note(stand, t, knob, value, frames)


@njit
def send_knob(stand, t, knob, slowly):
    """A knob goes where a hand wants it. One that is being taken over moves at most a 64th in 64 frames until it is there."""
    s = words(stand, STAND)
    value = doubles(s[S_KNOBS], at.KNOBS)[knob]
    seen = doubles(s[S_SEEN], at.KNOBS)
    if value == seen[knob]:  # there and back in one moment: time was cut, and a take played again must know
        note(stand, t, knob, value, KNOB_FRAMES)
        return
    seen[knob] = value
    frames = KNOB_FRAMES
    if slowly or doubles(s[S_GLIDES], 5 * SLOTS_MAX)[3 * SLOTS_MAX + knob] > KNOB_FRAMES:
        frames = max(frames + 1.0, abs(value - doubles(s[S_CTL], 2 * SLOTS_MAX)[SLOTS_MAX + knob]) * SLOW + 1.0)
    move_knob(stand, t, knob, value, frames)


@njit
def read_hands(stand, t):
    """Knobs that were turned since the last block start to move now."""
    s = words(stand, STAND)
    wish = doubles(s[S_KNOBS], at.KNOBS)
    seen = doubles(s[S_SEEN], at.KNOBS)
    over = doubles(s[S_OVER], at.KNOBS)
    clock = words(s[S_CLOCK], 64)
    for k in range(at.KNOBS):
        if wish[k] != seen[k]:
            seen[k] = wish[k]
            move_knob(stand, t, k, seen[k], over[k] if over[k] > 0.0 else KNOB_FRAMES)
            over[k] = 0.0
    gate = clock[at.C_GATE]
    if gate != s[S_GATED]:
        s[S_GATED] = gate
        start_glide(stand, np.int64(MASTER), 0.0 if gate == 1 else 1.0, GATE_FRAMES, ROUND)
        note(stand, t, -1, np.float64(gate), GATE_FRAMES)
