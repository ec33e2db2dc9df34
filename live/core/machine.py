"""One block of sound: the loop that reads the rows. Compiled; Python never runs in it.

``render(stand, n)`` makes n frames: inputs are already on the input bus
ring, outputs are left on the output ring (see ``pour``). Time is cut at
multiples of CHUNK on the core's clock, at the frame where a plan lands and
where a message acts, so the sound does not depend on the device's block.
"""

from __future__ import annotations

import math

import numpy as np
from numba import carray, njit

from live.core import layout as at
from live.core import row as r
from live.core.glides import glide, read_hands, start_glide
from live.core.inner import (
    CLOSING,
    L_BAR,
    L_BPM,
    L_FRAME,
    L_MARKS,
    L_NMARKS,
    L_NROWS,
    L_NSENDS,
    L_NTUNES,
    L_NVOICES,
    L_ROWS,
    L_SENDS,
    L_SEQ,
    L_TEMPO,
    L_TUNES,
    L_VOICES,
    LANDING,
    OPENING,
    S_ARMED,
    S_CLOCK,
    S_CUTS,
    S_DONE,
    S_GLIDES,
    S_INBUS,
    S_INS,
    S_NCOME,
    S_NROWS,
    S_NSENDS,
    S_NTURNED,
    S_OUTBUS,
    S_OUTS,
    S_ROWS,
    S_SENDS,
    STAND,
    STAY,
    TUNE,
    TURN,
    V_LAST,
    V_WANT,
)  # fmt: skip
from live.core.limiter import master
from live.core.midi import messages, take_heard
from live.core.mixer import mix
from live.core.pace import keep_pace, plan_tempo
from live.core.row import CHUNK, SLOTS_MAX, call_op, cells, doubles, fence, planes, words
from live.core.ticks import keep_ticks
from live.core.voices import now_ns, play_row, turn_voice


@njit
def land(stand, landing, frame):
    """A plan arrives: rows, sends, controls and voices change together."""
    s = words(stand, STAND)
    a = words(landing, LANDING)
    clock = words(s[S_CLOCK], 64)
    s[S_ROWS], s[S_NROWS] = a[L_ROWS], a[L_NROWS]
    s[S_SENDS], s[S_NSENDS] = a[L_SENDS], a[L_NSENDS]
    tunes = doubles(a[L_TUNES], max(a[L_NTUNES], 1) * TUNE)
    for i in range(a[L_NTUNES]):
        slot = np.int64(tunes[i * TUNE])
        if tunes[i * TUNE + 3] == STAY:
            g = doubles(s[S_GLIDES], 5 * SLOTS_MAX)
            g[2 * SLOTS_MAX + slot], g[4 * SLOTS_MAX + slot] = g[3 * SLOTS_MAX + slot], STAY
        else:
            start_glide(stand, slot, tunes[i * TUNE + 1], tunes[i * TUNE + 2], tunes[i * TUNE + 3])
    turns = words(a[L_VOICES], max(a[L_NVOICES], 1) * TURN)
    for i in range(a[L_NVOICES]):
        v = doubles(turns[i * TURN], V_LAST)
        what, value = turns[i * TURN + 1], turns[i * TURN + 2]
        if what == 2:
            v[V_WANT] = value * 0.001
        else:
            turn_voice(v, OPENING if what == 0 else CLOSING, max(np.float64(value), 1.0))
    if a[L_TEMPO] != 0:
        plan_tempo(stand, frame, a[L_BPM] * 1e-6, a[L_BAR] * 1e-6)
    marks = words(a[L_MARKS], max(a[L_NMARKS], 1))
    for i in range(a[L_NMARKS]):
        words(marks[i], 1)[0] = frame
    a[L_FRAME] = frame
    fence()
    clock[at.C_LANDED] = a[L_SEQ]


@njit
def run(stand, n, t):
    """n frames, at most CHUNK, in which nothing changes but what glides."""
    s = words(stand, STAND)
    glide(stand, n, t)
    for j in range(s[S_NROWS]):
        row = s[S_ROWS] + j * r.WIDTH * 8
        c = cells(row)
        if c[r.FLAGS] & r.CONTROL:
            doubles(c[r.OUT] - SLOTS_MAX * 8, 1)[0] = doubles(c[r.OUT], 1)[0]
            call_op(c[r.OP], row, n, t)
            value = doubles(c[r.OUT], 1)
            if not math.isfinite(value[0]):
                value[0] = doubles(c[r.OUT] - SLOTS_MAX * 8, 1)[0]
        else:
            play_row(stand, row, n, t)
    mix(stand, n, t)
    master(stand, n, t)


@njit
def until(stand, t, limit_):
    """How many frames may be made in one run from t: to the chunk's end, the next landing, the next message."""
    s = words(stand, STAND)
    if t % CHUNK == 0:
        keep_pace(stand, t)
    n = min(CHUNK - t % CHUNK, limit_)
    armed = s[S_ARMED]
    if armed != 0:
        frame = words(armed, LANDING)[L_FRAME]
        if frame <= t:
            land(stand, armed, t)
            s[S_ARMED] = 0
        elif frame < t + n:
            n = frame - t
    return messages(stand, t, n) if s[S_DONE] < s[S_NCOME] or s[S_NTURNED] > 0 else n


@njit
def render(stand, heard, played, n, stride_in, stride_out):
    """n frames from ``heard`` to ``played`` (addresses of float32).

    Strides are in samples: (channel, frame) steps packed as channel * 2^32 + frame,
    so the same loop serves planar and interleaved devices.
    """
    s = words(stand, STAND)
    clock = words(s[S_CLOCK], 64)
    began = now_ns(stand)
    t = clock[at.C_FRAME]
    read_hands(stand, t)
    take_heard(stand)
    s[S_CUTS] = 0
    done = 0
    in_ch, in_fr = stride_in >> 32, stride_in & 0xFFFFFFFF
    out_ch, out_fr = stride_out >> 32, stride_out & 0xFFFFFFFF
    inputs = planes(s[S_INBUS], max(s[S_INS], 1), CHUNK)
    result = planes(s[S_OUTBUS], s[S_OUTS], CHUNK)
    while done < n:
        m = until(stand, t, n - done)
        keep_ticks(stand, t, m)
        for k in range(s[S_INS]):
            if heard != 0:
                source = carray(r._at(heard + 4 * (k * in_ch + done * in_fr), np.float32), (m * in_fr,))
                for i in range(m):
                    inputs[k, i] = source[i * in_fr]
            else:
                for i in range(m):
                    inputs[k, i] = np.float32(0.0)
        run(stand, m, t)
        if played != 0:
            for k in range(s[S_OUTS]):
                to = carray(r._at(played + 4 * (k * out_ch + done * out_fr), np.float32), (m * out_fr,))
                for i in range(m):
                    to[i * out_fr] = result[k, i]
        done += m
        t += m
        clock[at.C_FRAME] = t
    clock[at.C_CALLS] += 1
    ended = now_ns(stand)
    took = ended - began
    clock[at.C_WALL_NS] = ended
    clock[at.C_LOAD_NS] += took
    if took > clock[at.C_WORST_NS]:
        clock[at.C_WORST_NS] = took
