"""Clip: a sound file plays, in a loop or once, at any speed, forwards or backwards.

Short files lie in memory, shared by all that play them; long ones are streamed
(see pager.py). The op does not know which: it reads windows.
Events: 1 (frames from the start, gain) plays it again from there, 2 stops it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit

from engines.face import Control
from live.core import sounds
from live.core.kinds import Kind, Making, op
from live.core.layout import EVENT_CELLS, EVENTS_MAX
from live.core.row import CHUNK, EVENTS, HOW, MORE, RATE, ROOM_SIZE, STATE, cells, doubles, floats, outlet, span, words
from live.core.row import ROOM as ROOM_CELL
from live.core.sources import pager
from live.core.sources.cubic import ONE, PARTS, SCRATCH, gather, travel, weigh

IN_MEMORY = 60.0  # seconds; what is longer is streamed
LEAPT = 1200.0  # seconds in memory of a sound that is begun from anywhere
FASTEST = 8.0
SHORT = 64  # frames of the fades at the end of a sound and around a gap
CUT = 96  # frames in which a sound that is triggered again leaves
SLOW = 0.02  # below this speed it gets quieter: a tape that stands still is silent

# a head: ON, its frame, the part of a frame, fade frames left (-1: none), fade length, presence 0..SHORT, gain
ON, FRAME, PART, LEFT, FADE, HERE, GAIN = range(7)
HEAD = 8
BORN = 16  # state cell: the first run has been
ROOM = 17  # state cell: where the scratch is
SIZE = 18
GAINS = 0  # scratch: 64 floats of gain, the other head's sound, the staged sound
OTHER = GAINS + 32
STAGED = OTHER + 32
STAGE_FLOATS = CHUNK * 8 + 16
PLACES = STAGED + STAGE_FLOATS // 2
assert PLACES + SCRATCH <= ROOM_SIZE


@njit(**HOW)
def _place(memory, h, desk, frames, speed):
    """Put head h so many frames from the start, or from the end when it plays backwards."""
    st = words(memory + 8 * h * HEAD, HEAD)
    parts = np.int64(np.floor(frames)) * ONE + np.int64((frames - np.floor(frames)) * ONE)
    if speed * desk[pager.SIGN] < 0:  # the frame before the first of a loop is its last
        parts = (-1 if desk[pager.LOOP] != 0 else desk[pager.LENGTH] - 1) * ONE - parts
    st[ON], st[FRAME], st[PART], st[LEFT], st[HERE] = 1, parts >> 32, parts & PARTS, -1, SHORT
    doubles(memory + 8 * h * HEAD, HEAD)[GAIN] = 1.0


@njit(**HOW)
def _hear(memory, desk, kind, where, gain, speed, rate):
    """One event."""
    st = words(memory, 2 * HEAD)
    if kind == 1:
        if st[ON] != 0:
            for i in range(HEAD):
                st[HEAD + i] = st[i]
            if st[LEFT] < 0:
                st[HEAD + LEFT] = st[HEAD + FADE] = CUT
        _place(memory, 0, desk, max(where, 0.0), speed)
        doubles(memory, HEAD)[GAIN] = gain
    elif kind == 2 and st[ON] != 0 and st[LEFT] < 0:
        st[LEFT] = st[FADE] = np.int64(0.005 * rate)


@njit(**HOW)
def _holds(desk, w, lo, hi):
    """Whether window w has the frames lo to hi; what lies beyond the ends of a sound that does not loop is silence, and always there."""
    if desk[pager.LOOP] == 0:
        lo, hi = max(lo, 0), min(hi, desk[pager.LENGTH])
    return lo >= hi or (desk[w + pager.LO] <= lo and hi <= desk[w + pager.HI])


@njit(**HOW)
def _stretch(memory, desk, h, m, a, b, ga, gb, i0, run, out, channels):
    """Head h plays m frames from frame i0 of the run. Speed a to b, gain ga to gb over the whole run.

    Channel c goes to ``out + 4 * CHUNK * c``, or is added there for the second head."""
    st = words(memory + 8 * h * HEAD, HEAD)
    room = words(memory, SIZE)[ROOM]
    scratch = room + 8 * PLACES
    level = doubles(memory + 8 * h * HEAD, HEAD)[GAIN]
    a, b = a * desk[pager.SIGN], b * desk[pager.SIGN]
    even = travel(scratch, m, st[PART], a, b, i0, run)
    p = words(scratch, CHUNK + 1)
    least, most = p[0], p[m - 1]
    if even:
        least, most = min(p[0], p[m - 1]), max(p[0], p[m - 1])
    else:
        for i in range(m):
            least, most = min(least, p[i]), max(most, p[i])
    least, most = least >> 32, most >> 32
    first, last = st[FRAME] + least - 1, st[FRAME] + most + 3  # all frames the curve needs
    length, loop = desk[pager.LENGTH], desk[pager.LOOP] != 0

    # which window has them?
    w, there, stay = 0, True, True
    if desk[pager.STREAMED] != 0:
        reach = np.int64(3 * SHORT * max(abs(a), abs(b))) + 4
        if _holds(desk, 0, first, last):
            stay = _holds(desk, 0, first - (reach if b < 0 else 0), last + (reach if b > 0 else 0))
        elif _holds(desk, pager.PINNED, first, last):
            w = pager.PINNED
            stay = _holds(desk, pager.PINNED, first - (reach if b < 0 else 0), last + (reach if b > 0 else 0))
            # running from the pinned window into the moving one is no gap
            stay = stay or _holds(desk, 0, first + 8, last + reach) or _holds(desk, 0, first - reach, last - 8)
        else:
            there = False
    here = st[HERE]
    if not there:
        if h == 0:
            desk[pager.MISSED] += m
        st[HERE] = 0
    else:
        st[HERE] = min(here + m, SHORT) if stay else max(here - m, 0)

    # the gain of each frame, unless it is one throughout
    ending = not loop and ((a >= 0 and last > length - SHORT * max(a, b, 1.0)) or (a < 0 and first < SHORT * max(-a, -b, 1.0)))
    slow = min(abs(a), abs(b)) < SLOW
    fading = st[LEFT] >= 0 or here < SHORT or not stay
    g = floats(room + 8 * GAINS, CHUNK)
    shaped = ga != gb or ending or slow or fading or ga * level != 1.0
    if shaped:
        for i in range(m):
            g[i] = np.float32(level * (ga + (gb - ga) * (i0 + i) / run))
        if slow:
            for i in range(m):
                g[i] *= np.float32(min(abs(a + (b - a) * (i0 + i) / run) / SLOW, 1.0))
        if ending:
            for i in range(m):
                at = st[FRAME] + p[i] / np.float64(ONE)
                togo = length - at if a >= 0 else at + 1.0
                g[i] *= np.float32(min(max(togo / (SHORT * max(abs(a), 1.0)), 0.0), 1.0))
        if fading:
            for i in range(m):
                left = 1.0 if st[LEFT] < 0 else max(st[LEFT] - i, 0) / np.float64(st[FADE])
                share = min(max(here + (i if stay else -i), 0), SHORT) / np.float64(SHORT)
                g[i] *= np.float32(left * share)

    silent = not there
    copy = even and p[0] == 0 and p[1] == ONE
    ring, stride, base = desk[w + pager.SPAN], desk[w + pager.STRIDE], desk[w + pager.ADDRESS]
    spot = st[FRAME] % ring
    direct = spot + least >= 1 and spot + most + 2 < ring and (loop or (first >= 0 and last <= length))
    if not copy and not silent:
        weigh(scratch, m, least)
    for c in range(channels):
        y = floats(out + 4 * CHUNK * c, CHUNK)
        if silent:
            if h == 0:
                for i in range(m):
                    y[i] = np.float32(0)
            continue
        source = base + 4 * (c * stride + spot + least - 1)
        if not direct:
            source = room + 8 * STAGED
            stage = floats(source, STAGE_FLOATS)
            x = floats(base + 4 * c * stride, 1 << 40)
            k = first % ring
            for i in range(last - first):
                v = first + i
                stage[i] = x[k] if loop or (v >= 0 and v < length) else np.float32(0)
                k += 1
                if k == ring:
                    k = 0
        target = out + 4 * CHUNK * c if h == 0 else room + 8 * OTHER
        z = floats(target, CHUNK)
        if copy:
            x = floats(source + 4, CHUNK)
            for i in range(m):
                z[i] = x[i]
        else:
            gather(scratch, m, source, target)
        if shaped:
            for i in range(m):
                z[i] *= g[i]
        if h == 1:
            for i in range(m):
                y[i] += z[i]

    # on to where the next stretch begins
    st[FRAME] += p[m] >> 32
    st[PART] = p[m] & PARTS
    if st[LEFT] >= 0:
        st[LEFT] = max(st[LEFT] - m, 0)
    gone = not loop and ((st[FRAME] >= length and b >= 0) or (st[FRAME] < -1 and b <= 0))
    if st[LEFT] == 0 or gone:
        st[ON] = 0


@op
def clip(row, n, t):
    r = cells(row)
    desk = words(r[MORE], pager.DESK)
    memory = r[STATE]
    st = words(memory, SIZE)
    st[ROOM] = r[ROOM_CELL]
    y = outlet(row)
    channels = y.shape[0]
    a, b = span(row, 0)
    ga, gb = span(row, 1)
    a = min(max(a, -FASTEST), FASTEST)
    b = min(max(b, -FASTEST), FASTEST)
    if st[BORN] == 0:
        st[BORN] = 1
        if desk[pager.WAIT] == 0:
            _place(memory, 0, desk, abs(a) * desk[pager.AGE], a)
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
            _hear(memory, desk, np.int64(q[e + 1]), q[e + 2], q[e + 3], a, r[RATE])
            tail += 1
            q[1] = tail
        m = stop - done
        out = r[1] + 4 * done
        for c in range(channels if st[ON] == 0 else 0):
            z = floats(out + 4 * CHUNK * c, CHUNK)
            for i in range(m):
                z[i] = np.float32(0)
        for h in range(2):
            if st[h * HEAD + ON] != 0:
                _stretch(memory, desk, h, m, a, b, ga, gb, done, n, out, channels)
        done = stop
    desk[pager.AT] = st[FRAME]
    desk[pager.SPEED] = np.int64(b * desk[pager.SIGN] * ONE)
    desk[pager.SOUNDING] = st[ON]


def _look(settings: Mapping[str, Any]) -> sounds.Sound:
    return sounds.look(sounds.find(settings["file"], settings.get("_folders", ())))


def _prepare(making: Making) -> None:
    sound = _look(making.settings)
    frames = sound.frames(making.rate)
    start, stop = (round(float(making.settings[name]) * making.rate) for name in ("start", "stop"))
    stop = min(stop, frames) if stop > 0 else frames
    if not 0 <= start < stop:
        raise sounds.SoundError(
            f"clip: start={making.settings['start']} leaves nothing of {sound.path.name} before {stop / making.rate:.3g} s. "
            f"Start anywhere from 0 to {(stop - 1) / making.rate:.3g} s."
        )
    desk = np.zeros(pager.DESK, np.int64)
    desk[pager.LENGTH], desk[pager.LOOP] = stop - start, bool(making.settings["loop"])
    desk[pager.SIGN] = -1 if making.settings["reverse"] else 1
    desk[pager.AGE], desk[pager.WAIT] = int(making.settings.get("_age", 0)), bool(making.settings["wait"])
    making.cells[MORE] = making.hold(desk)
    whole = making.settings.get("_whole") and sound.seconds <= LEAPT  # hits that leap about in it
    if sound.seconds <= IN_MEMORY or whole:
        data = making.share(("sound", str(sound.path), sound.stamp, making.rate), lambda: sounds.read(sound, making.rate))
        making.hold(data)
        ends = (-pager.EVER, pager.EVER) if desk[pager.LOOP] else (0, stop - start)
        pager.window(desk, 0, data, *ends, start, stop - start)
        return
    desk[pager.STREAMED] = 1
    age, last = int(desk[pager.AGE]), -1 if desk[pager.LOOP] else stop - start - 1
    at = age if desk[pager.SIGN] > 0 else last - age
    making.held.append(pager.Stream(desk, sounds.Reader(sound, making.rate), start, making.rate, at))


CLIP = Kind(
    "clip",
    clip,
    says="a sound file: clip('rain on tin')",
    controls={
        "rate": Control(1.0, low=-8, high=8, unit="x", moves="speed"),
        "gain": Control(1.0, low=0, high=4, moves="loudness"),
    },
    settings={"file": "", "loop": True, "start": 0.0, "stop": 0.0, "reverse": False, "wait": False},
    state=SIZE,
    prepare=_prepare,
    channels=lambda settings, ins: _look(settings).channels,
    events=True,
)
