"""One block of sound: the loop that reads the rows. Compiled; Python never runs in it.

``render(stand, n)`` makes n frames: inputs are already on the input bus
ring, outputs are left on the output ring (see ``pour``). Time is cut at
multiples of CHUNK on the core's clock, at the frame where a plan lands and
at stamped events, so the sound does not depend on the device's block.
"""

from __future__ import annotations

import math

import numpy as np
from numba import carray, cfunc, njit, types

from live.core import layout as at
from live.core import row as r
from live.core.row import CHUNK, SLOTS_MAX, call_op, cells, doubles, fence, floats, ints, planes, smooth, words

# cells of the stand: what the callback knows (int64, private to the core)
(
    S_ROWS, S_NROWS, S_SENDS, S_NSENDS, S_CTL, S_GLIDES, S_MOVING, S_NMOVING,
    S_INBUS, S_INS, S_MIXBUS, S_OUTS, S_CLOCK, S_TEMPO, S_KNOBS, S_SEEN,
    S_TAPE, S_TAPEHEAD, S_TRACKS, S_ARMED, S_LIMITER, S_DELAY, S_NOWFN, S_NOWMODE,
    S_STAMPS, S_NSTAMPS, S_LOG, S_OUTBUS, S_REST, S_STEMS, S_TICK, S_GATED,
) = range(32)  # fmt: skip
STAND = 64

# a glide: five arrays of SLOTS_MAX doubles: from, to, done, length, shape
G_FROM, G_TO, G_DONE, G_LENGTH, G_SHAPE = range(5)
STRAIGHT, ROUND = 0.0, 1.0
STAY = -1.0  # a tune of this shape ends whatever glide is on

# a voice: what stands between an op and its bus (float64)
V_WAY, V_DONE, V_LENGTH, V_GAIN, V_WANT, V_BAD, V_LEFT, V_PEAK, V_SLOW = range(9)
V_LAST = 16  # the last sample of each channel, to fade from when the next ones are no numbers; then each one's
# direct current, then each one's power
BAD_FRAMES = 256.0  # how long a place that went bad takes to fade from its last good sample
OPEN, OPENING, CLOSING, CLOSED = 0.0, 1.0, 2.0, 3.0
LOUD = np.int32(np.float32(1000.0).view(np.int32))  # +60 dB: nothing musical is there
SLOW_RUNS = 16.0

# a landing: what one plan changes, all at once (int64)
(
    L_SEQ, L_FRAME, L_ROWS, L_NROWS, L_SENDS, L_NSENDS, L_TUNES, L_NTUNES, L_VOICES, L_NVOICES,
    L_TEMPO, L_BPM, L_BAR, L_STEMS, L_MARKS, L_NMARKS,
) = range(16)  # fmt: skip
LANDING = 16
TUNE = 4  # doubles: slot, target, frames, shape
TURN = 4  # int64: address of the voice, what (0 open, 1 close, 2 want), frames or milli-gain, -

# a send (int64)
SEND = 8
X_FROM, X_CHANNELS, X_FIRST, X_WIDTH, X_GAIN, X_OPEN, X_TRACK, X_METER = range(8)

KNOB_FRAMES = 240.0  # a knob's step is spread over 5 ms at 48 kHz
MASTER = at.KNOBS  # the slot of the master fader; the first KNOBS slots are the knobs
FIRST_SLOT = at.KNOBS + 8
GATE_FRAMES = 256.0
STAMPS = 64
LOGGED = 4096  # knob moves kept for the journal: frame, knob, value

# the limiter's state (float64)
Z_HOLD, Z_SUM, Z_CALM, Z_LOOK, Z_RELEASE, Z_SPOT = range(6)
Z_NEED = 16  # needed gains, twice LOOK_MAX; then released gains, as many
LOOK_MAX = 512
DELAY = 1024  # frames the delay line of each output holds

FOREVER = np.int64(1) << 62


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


@njit
def glide(stand, n, t):
    """Every moving control goes on by n frames.

    It moves straight from one multiple of CHUNK on the clock to the next, wherever time is cut in between.
    """
    s = words(stand, STAND)
    count = s[S_NMOVING]
    if count == 0:
        return
    table = doubles(s[S_CTL], 2 * SLOTS_MAX)
    g = doubles(s[S_GLIDES], 5 * SLOTS_MAX)
    moving = ints(s[S_MOVING], SLOTS_MAX)
    ahead = CHUNK - t % CHUNK  # frames to the chunk's end
    kept = 0
    for i in range(count):
        slot = np.int64(moving[i])
        now = table[SLOTS_MAX + slot]
        table[slot] = now
        length = g[3 * SLOTS_MAX + slot]
        done = g[2 * SLOTS_MAX + slot]
        to = g[SLOTS_MAX + slot]
        if done >= length and (now == to or g[4 * SLOTS_MAX + slot] == STAY):
            g[3 * SLOTS_MAX + slot] = 0.0
            continue
        x = (done + ahead) / length
        if x < 1.0:
            if g[4 * SLOTS_MAX + slot] == ROUND:
                x = smooth(x)
            to = g[slot] + (to - g[slot]) * x
        table[SLOTS_MAX + slot] = to if n == ahead else now + (to - now) * n / ahead
        g[2 * SLOTS_MAX + slot] = done + n
        moving[kept] = slot
        kept += 1
    s[S_NMOVING] = kept


@njit
def land(stand, landing, frame):
    """A plan arrives: rows, sends, controls and voices change together."""
    s = words(stand, STAND)
    a = words(landing, LANDING)
    clock = words(s[S_CLOCK], 64)
    s[S_ROWS], s[S_NROWS] = a[L_ROWS], a[L_NROWS]
    s[S_SENDS], s[S_NSENDS] = a[L_SENDS], a[L_NSENDS]
    s[S_STEMS] = a[L_STEMS]
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
        tempo = doubles(s[S_TEMPO], 64)
        now = tempo[at.T_BEAT0] + (frame - tempo[at.T_FRAME0]) * tempo[at.T_BPM] / (60.0 * clock[at.C_RATE])
        tempo[at.T_BEAT0], tempo[at.T_FRAME0] = now, frame
        tempo[at.T_BPM], tempo[at.T_BAR] = a[L_BPM] * 1e-6, a[L_BAR] * 1e-6
    marks = words(a[L_MARKS], max(a[L_NMARKS], 1))
    for i in range(a[L_NMARKS]):
        words(marks[i], 1)[0] = frame
    a[L_FRAME] = frame
    fence()
    clock[at.C_LANDED] = a[L_SEQ]


@njit(inline="always")
def turn_voice(v, way, frames):
    """Open or close a voice from wherever its fade stands."""
    if v[V_WAY] == OPEN:
        x = 1.0
    elif v[V_WAY] == CLOSED:
        x = 0.0
    elif v[V_WAY] == OPENING:
        x = v[V_DONE] / v[V_LENGTH]
    else:
        x = 1.0 - v[V_DONE] / v[V_LENGTH]
    v[V_LENGTH] = frames
    v[V_DONE] = (x if way == OPENING else 1.0 - x) * frames
    v[V_WAY] = way


@njit(inline="always")
def now_ns(stand):
    """Nanoseconds of a clock that only goes forward."""
    s = words(stand, STAND)
    spare = s[S_TICK]
    if s[S_NOWMODE] == 0:
        call_op(s[S_NOWFN], 1, spare, 0)  # clock_gettime(CLOCK_MONOTONIC, spare)
        w = words(spare, 2)
        return w[0] * 1000000000 + w[1]
    if s[S_NOWMODE] == 1:
        return r.call_1(s[S_NOWFN], 4)  # clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW)
    r.call_1(s[S_NOWFN], spare)  # QueryPerformanceCounter
    return words(spare, 1)[0] * 100


@njit
def go_bad(row, why):
    """A place that went bad: name it; from its last good sample it fades to what stands in for it."""
    c = cells(row)
    v = doubles(c[r.VOICE], V_LAST)
    v[V_BAD], v[V_LEFT] = why, BAD_FRAMES
    floats(c[r.METER], 8)[at.M_BAD] = why
    words(c[r.CLOCK], 64)[at.C_BAD] += 1


@njit
def fade_bad(v, out, channels, n):
    """From the last good sample to what stands in."""
    left = v[V_LEFT]
    for i in range(n):
        left = max(left - 1.0, 0.0)
        w = smooth(left / BAD_FRAMES)
        for k in range(channels):
            out[k, i] = np.float32(out[k, i] * (1.0 - w) + v[V_LAST + k] * w)
    v[V_LEFT] = left


@njit
def stand_in(row, n):
    """What is heard of a bad place: its first input when it is a treatment written live, else nothing."""
    c = cells(row)
    out = r.outlet(row)
    if c[r.FLAGS] & r.DRY and c[r.INS] > 0:
        dry = r.inlet(row, 0)
        for k in range(c[r.OUTS]):
            from_ = k % c[r.IN + 1]
            for i in range(n):
                out[k, i] = dry[from_, i]
    else:
        for k in range(c[r.OUTS]):
            for i in range(n):
                out[k, i] = np.float32(0.0)


@njit(inline="always")
def loudest(bus, frames, n):
    """The largest magnitude as the bits of a float32: no number at all is louder than any."""
    b = ints(bus, frames)
    top = np.int32(0)
    for i in range(n):
        top = max(top, b[i] & np.int32(0x7FFFFFFF))
    return top


@njit
def fade(v, out, channels, n):
    """Apply a voice's opening or closing, with equal power, and its mute."""
    way = v[V_WAY]
    gain, want = v[V_GAIN], v[V_WANT]
    step = 1.0 / 480.0
    for i in range(n):
        g = 1.0
        if way == OPENING or way == CLOSING:
            v[V_DONE] += 1.0
            x = v[V_DONE] / v[V_LENGTH]
            if x >= 1.0:
                way = OPEN if way == OPENING else CLOSED
                g = 1.0 if way == OPEN else 0.0
            elif way == OPENING:
                g = math.sin(0.5 * math.pi * smooth(x))
            else:
                g = math.cos(0.5 * math.pi * smooth(x))
        elif way == CLOSED:
            g = 0.0
        if gain < want:
            gain = min(want, gain + step)
        elif gain > want:
            gain = max(want, gain - step)
        g32 = np.float32(g * gain * gain * (3.0 - 2.0 * gain))
        for k in range(channels):
            out[k, i] *= g32
    v[V_WAY] = way
    v[V_GAIN] = gain


@njit
def play_row(stand, row, n, t):
    """One place: its op, then the guards, fades and meters every place has."""
    c = cells(row)
    v = doubles(c[r.VOICE], V_LAST + c[r.OUTS])
    out = r.outlet(row)
    channels = c[r.OUTS]
    if v[V_WAY] == CLOSED:
        stand_in(row, n)
        for k in range(channels):
            for i in range(n):
                out[k, i] = np.float32(0.0)
        return
    if v[V_BAD] != 0.0:
        stand_in(row, n)
    elif c[r.COST] > 0:
        began = now_ns(stand)
        call_op(c[r.OP], row, n, t)
        took = now_ns(stand) - began
        floats(c[r.METER], 8)[at.M_NS] = took
        v[V_SLOW] = v[V_SLOW] + 1.0 if took > c[r.COST] else max(v[V_SLOW] - 0.25, 0.0)
        if v[V_SLOW] > SLOW_RUNS:
            go_bad(row, 4.0)
            stand_in(row, n)
    else:
        call_op(c[r.OP], row, n, t)
    top = np.int32(0)
    if n == CHUNK:
        top = loudest(c[r.OUT], channels * CHUNK, channels * CHUNK)
    else:
        for k in range(channels):
            top = max(top, loudest(c[r.OUT] + k * CHUNK * 4, CHUNK, n))
    if top > LOUD:
        go_bad(row, 1.0 if top >= np.int32(0x7F800000) else 2.0)
        stand_in(row, n)
        top = np.int32(0)
    if v[V_WAY] != OPEN or v[V_GAIN] != 1.0 or v[V_WANT] != 1.0:
        fade(v, out, channels, n)
    if v[V_LEFT] > 0.0:
        fade_bad(v, out, channels, n)
    else:
        for k in range(channels):
            v[V_LAST + k] = out[k, n - 1]
    peak = np.float64(carray_bits(top))
    v[V_PEAK] = max(peak, v[V_PEAK] * (1.0 - 0.0004 * n))
    m = floats(c[r.METER], 8)
    m[at.M_PEAK] = v[V_PEAK]
    if c[r.FLAGS] & r.HEARD:
        watch_dc(row, m, out, n, t)


@njit(inline="always")
def carray_bits(bits):
    """A float32 from its bits."""
    return np.int32(bits).view(np.float32)


@njit
def watch_dc(row, m, out, n, t):
    """Direct current strains loudspeakers: a place that leans on one side for a second is taken out.

    One channel a chunk is listened to, in turn: all its frames, or a tone at a quarter of the rate would pass for direct current.
    """
    c = cells(row)
    channels = c[r.OUTS]
    k = (t // CHUNK) % channels
    v = doubles(c[r.VOICE], V_LAST + 3 * channels)
    dc, power = V_LAST + channels + k, V_LAST + 2 * channels + k
    x = out[k]
    t0, t1, t2, t3 = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    p0, p1 = np.float32(0.0), np.float32(0.0)
    for i in range(0, n - 3, 4):  # four sums side by side: one would wait for itself
        t0, t1, t2, t3 = t0 + x[i], t1 + x[i + 1], t2 + x[i + 2], t3 + x[i + 3]
        p0, p1 = p0 + x[i] * x[i], p1 + x[i + 2] * x[i + 2]
    count = n // 4 * 4
    if count == 0:
        return
    total, square, count = t0 + t1 + t2 + t3, 2 * (p0 + p1), np.float32(count)
    share = min(channels * n / (0.5 * c[r.RATE]), 1.0)  # half a second
    v[dc] += share * (total / count - v[dc])
    v[power] += share * (square / count - v[power])
    m[at.M_POWER] = v[power]
    m[at.M_DC] = v[dc]
    if abs(v[dc]) > 0.1 and v[dc] * v[dc] > 0.6 * v[power] and v[V_BAD] == 0.0 and v[V_WAY] == OPEN:
        go_bad(row, 3.0)  # the next run fades it from here


@njit
def mix(stand, n, t):
    """Every send goes to its outputs and, as it is heard, onto its track of the tape."""
    s = words(stand, STAND)
    outs = s[S_OUTS]
    bus = planes(s[S_MIXBUS], outs, CHUNK)
    for k in range(outs):
        for i in range(n):
            bus[k, i] = np.float32(0.0)
    table = doubles(s[S_CTL], 2 * SLOTS_MAX)
    frames = np.int64(0)
    if s[S_TAPE] != 0:
        frames = words(s[S_TAPEHEAD], 64)[at.P_FRAMES]
    spot = t % frames if frames > 0 else np.int64(0)
    if frames > 0:
        for k in range(outs):
            line = floats(s[S_TAPE] + ((s[S_REST] + k) * frames + spot) * 4, CHUNK)
            for i in range(n):
                line[i] = np.float32(0.0)
    for j in range(s[S_NSENDS]):
        x = words(s[S_SENDS] + j * SEND * 8, SEND)
        a = table[x[X_GAIN]] * table[x[X_OPEN]]
        b = table[SLOTS_MAX + x[X_GAIN]] * table[SLOTS_MAX + x[X_OPEN]]
        source = planes(x[X_FROM], x[X_CHANNELS], CHUNK)
        if x[X_TRACK] >= 0 and frames > 0:
            for k in range(x[X_CHANNELS]):
                line = floats(s[S_TAPE] + ((x[X_TRACK] + k) * frames + spot) * 4, CHUNK)
                lean(line, source[k], a, b, n)
        for k in range(x[X_WIDTH]):
            add(bus[x[X_FIRST] + k], source[k % x[X_CHANNELS]], a, b, n)
            if x[X_TRACK] < 0 and frames > 0:
                line = floats(s[S_TAPE] + ((s[S_REST] + x[X_FIRST] + k) * frames + spot) * 4, CHUNK)
                add(line, source[k % x[X_CHANNELS]], a, b, n)


@njit(inline="always")
def lean(to, source, a, b, n):
    """to = source along a line of gain from a to b."""
    if a == b:
        g = np.float32(a)
        for i in range(n):
            to[i] = source[i] * g
    else:
        a32, step = np.float32(a), np.float32((b - a) / n)
        for i in range(n):
            to[i] = source[i] * (a32 + step * np.float32(i))


@njit(inline="always")
def add(to, source, a, b, n):
    """to += source along a line of gain from a to b."""
    if a == b:
        g = np.float32(a)
        for i in range(n):
            to[i] += source[i] * g
    else:
        a32, step = np.float32(a), np.float32((b - a) / n)
        for i in range(n):
            to[i] += source[i] * (a32 + step * np.float32(i))


@njit
def master(stand, n, t):
    """The limiter, then the master fader: what leaves never exceeds the ceiling.

    The mix waits ``look`` frames; the gain is the smallest needed over that
    window, released slowly, then averaged over the window, so it is down
    before the peak comes out. While nothing is too loud the gain is exactly 1.
    """
    s = words(stand, STAND)
    outs = s[S_OUTS]
    bus = planes(s[S_MIXBUS], outs, CHUNK)
    result = planes(s[S_OUTBUS], outs, CHUNK)
    z = doubles(s[S_LIMITER], Z_NEED + 4 * LOOK_MAX)
    tempo = doubles(s[S_TEMPO], 64)
    table = doubles(s[S_CTL], 2 * SLOTS_MAX)
    ceiling = tempo[at.T_CEILING]
    look = np.int64(z[Z_LOOK])
    top = np.float32(0.0)
    for k in range(outs):
        for i in range(n):
            top = max(top, abs(bus[k, i]))
    spot = t % DELAY
    for k in range(outs):  # runs never straddle the ring's end: DELAY is a multiple of CHUNK
        line = floats(s[S_DELAY] + (k * DELAY + spot) * 4, CHUNK)
        for i in range(n):
            line[i] = bus[k, i]
    early = (t - look) % DELAY
    first = min(n, DELAY - early)
    for k in range(outs):
        line = floats(s[S_DELAY] + k * DELAY * 4, DELAY)
        for i in range(first):
            result[k, i] = line[early + i]
        for i in range(first, n):
            result[k, i] = line[early + i - DELAY]
    gains = doubles(s[S_LIMITER] + (Z_NEED + 4 * LOOK_MAX) * 8, CHUNK)
    busy = top > ceiling or z[Z_CALM] < look + look + 2
    if busy:
        limit(z, bus, gains, outs, n, look, ceiling)
        z[Z_CALM] = z[Z_CALM] + n if (top <= ceiling and z[Z_HOLD] == 1.0) else 0.0
        words(s[S_CLOCK], 64)[at.C_LIMITED] += n if z[Z_HOLD] < 1.0 else 0
    fader_a, fader_b = table[MASTER], table[SLOTS_MAX + MASTER]
    plain = not busy and fader_a == 1.0 and fader_b == 1.0
    cap = np.float32(ceiling)
    peak = np.float32(0.0)
    if not plain:
        for i in range(n):
            g = gains[i] if busy else 1.0
            gains[i] = g * (fader_a + (fader_b - fader_a) * i / n)
        for k in range(outs):
            for i in range(n):
                result[k, i] = max(min(result[k, i] * np.float32(gains[i]), cap), -cap)
    for k in range(outs):
        for i in range(n):
            peak = max(peak, abs(result[k, i]))
    tempo[at.T_PEAK] = max(tempo[at.T_PEAK], np.float64(peak))
    if s[S_TAPE] != 0:
        record_mix(stand, result, gains, plain, n, t)


@njit
def limit(z, bus, gains, outs, n, look, ceiling):
    """Fill gains[0:n] for what comes out now, hearing what will come out ``look`` frames later."""
    size = look + 1
    spot = np.int64(z[Z_SPOT])
    for i in range(n):
        top = np.float32(0.0)
        for k in range(outs):
            top = max(top, abs(bus[k, i]))
        need = 1.0 if top <= ceiling else ceiling / np.float64(top)
        z[Z_NEED + spot] = need
        low = 1.0
        for j in range(size):
            low = min(low, z[Z_NEED + j])
        hold = z[Z_HOLD] + (1.0 - z[Z_HOLD]) * z[Z_RELEASE]
        if hold > 0.99999:
            hold = 1.0
        hold = min(hold, low)
        z[Z_HOLD] = hold
        z[Z_NEED + 2 * LOOK_MAX + spot] = hold
        total = 0.0
        for j in range(size):
            total += z[Z_NEED + 2 * LOOK_MAX + j]
        gains[i] = min(total / size, 1.0)
        spot += 1
        if spot == size:
            spot = 0
    z[Z_SPOT] = spot


@njit
def record_mix(stand, result, gains, plain, n, t):
    """Inputs, mix and gain onto the tape; then the tape may be read up to here."""
    s = words(stand, STAND)
    head = words(s[S_TAPEHEAD], 64)
    frames = head[at.P_FRAMES]
    spot = t % frames
    inputs = planes(s[S_INBUS], max(s[S_INS], 1), CHUNK)
    for k in range(s[S_INS]):
        line = floats(s[S_TAPE] + (k * frames + spot) * 4, CHUNK)
        for i in range(n):
            line[i] = inputs[k, i]
    base = s[S_INS]
    for k in range(s[S_OUTS]):
        line = floats(s[S_TAPE] + ((base + k) * frames + spot) * 4, CHUNK)
        for i in range(n):
            line[i] = result[k, i]
    line = floats(s[S_TAPE] + ((base + s[S_OUTS]) * frames + spot) * 4, CHUNK)
    for i in range(n):
        line[i] = np.float32(1.0) if plain else np.float32(gains[i])
    fence()
    head[at.P_WRITTEN] = t + n


@njit
def read_hands(stand, t):
    """Knobs that were turned since the last block start to move now."""
    s = words(stand, STAND)
    wish = doubles(s[S_KNOBS], at.KNOBS)
    seen = doubles(s[S_SEEN], at.KNOBS)
    clock = words(s[S_CLOCK], 64)
    for k in range(at.KNOBS):
        if wish[k] != seen[k]:
            seen[k] = wish[k]
            move_knob(stand, t, k, seen[k])
    gate = clock[at.C_GATE]
    if gate != s[S_GATED]:
        s[S_GATED] = gate
        start_glide(stand, np.int64(MASTER), 0.0 if gate == 1 else 1.0, GATE_FRAMES, ROUND)
        note(stand, t, -1, np.float64(gate))


@njit(inline="always")
def move_knob(stand, t, knob, value):
    """One knob: glide there, and note it for the journal."""
    start_glide(stand, np.int64(knob), value, KNOB_FRAMES, STRAIGHT)
    note(stand, t, knob, value)


@njit
def note(stand, t, knob, value):
    """What a hand did at which frame, for the journal; knob -1 is the gate."""
    s = words(stand, STAND)
    log = doubles(s[S_LOG], 1 + 3 * LOGGED)
    spot = 1 + (np.int64(log[0]) % LOGGED) * 3
    log[spot], log[spot + 1], log[spot + 2] = t, knob, value
    fence()
    log[0] += 1.0


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
    """How many frames may be made in one run from t: to the chunk's end, the next landing, the next stamp."""
    s = words(stand, STAND)
    n = min(CHUNK - t % CHUNK, limit_)
    armed = s[S_ARMED]
    if armed != 0:
        frame = words(armed, LANDING)[L_FRAME]
        if frame <= t:
            land(stand, armed, t)
            s[S_ARMED] = 0
        elif frame < t + n:
            n = frame - t
    stamps = doubles(s[S_STAMPS], STAMPS * 3)
    while s[S_NSTAMPS] > 0 and stamps[0] <= t:
        k = np.int64(stamps[1])
        doubles(s[S_SEEN], at.KNOBS)[k] = stamps[2]
        doubles(s[S_KNOBS], at.KNOBS)[k] = stamps[2]
        move_knob(stand, t, k, stamps[2])
        s[S_NSTAMPS] -= 1
        for i in range(s[S_NSTAMPS] * 3):
            stamps[i] = stamps[i + 3]
    if s[S_NSTAMPS] > 0 and stamps[0] < t + n:
        n = np.int64(stamps[0]) - t
    return n


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
    done = 0
    in_ch, in_fr = stride_in >> 32, stride_in & 0xFFFFFFFF
    out_ch, out_fr = stride_out >> 32, stride_out & 0xFFFFFFFF
    inputs = planes(s[S_INBUS], max(s[S_INS], 1), CHUNK)
    result = planes(s[S_OUTBUS], s[S_OUTS], CHUNK)
    while done < n:
        m = until(stand, t, n - done)
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
