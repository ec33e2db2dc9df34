"""Grains: short stretches of a sound in memory, each with its own start, length, fades, speed and place.

Events: 1 (start frame, length, fade in, fade out - all in frames -, gain, speed,
pan) sounds one; up to 64 at once. Two without fades, one after the other, give
the source back bit for bit. Without a length it is a hit, sized by the controls,
from a position of 0 to 1; below 0 the control's. 2 lets all that sound leave.
With ``density`` it also scatters grains by itself: a cloud.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit

from engines.face import Control
from live.core import sounds
from live.core.kinds import Kind, Making, nearest, op
from live.core.layout import EVENT_CELLS, EVENTS_MAX
from live.core.row import CHUNK, DATA, EVENTS, FRAMES, HOW, MORE, RATE, SEED, SET, STATE, cells, doubles, floats, outlet, span, words
from live.core.sources.cubic import ONE, PARTS, SCRATCH, gather, travel, weigh
from live.core.sources.noise import mix, scatter

AT_ONCE = 64
SLOTS = 2 * AT_ONCE  # more than may sound, so that a slot still closing never decides who may begin
LONGEST = 1200.0  # seconds in memory
FADES = ("power", "linear")
LEAVE = 240  # frames of the fade after event 2
QUICK = 0.003  # seconds in which a hit rises

# a grain: frames still to wait in this run, its frame in the source, part, frames done, length, fades, gain, speed, pan,
# the frames it has left once it is told to leave (-1: it stays)
WAIT, FRAME, PART, DONE, LENGTH, RISE, FALL, GAIN, SPEED, PAN, LEAVING = range(11)
CELLS = 12
# state: grains sounding, where in the source the cloud's next is due (0..), number of grains begun, grains refused
COUNT, DUE, BEGUN, REFUSED, ORDER = 0, 1, 2, 3, 8
FIRST = ORDER + SLOTS  # order: the slots that sound, oldest first, so that a sum is always added up the same way
STAGED = FIRST + SLOTS * CELLS
STAGE_FLOATS = CHUNK * 8 + 16
PLACES = STAGED + STAGE_FLOATS // 2
SHAPE = PLACES + SCRATCH  # 64 gains
SOUND = SHAPE + CHUNK // 2  # 64 frames of one channel
MONO = SOUND + CHUNK // 2  # 64 frames of all channels together
SIZE = MONO + CHUNK // 2


@njit(**HOW)
def _quarter(x):
    """The first quarter of a sine, for x from 0 to 1."""
    z = x * 1.5707963267948966
    q = z * z
    return z * (1 + q * (-1 / 6 + q * (1 / 120 + q * (-1 / 5040 + q * (1 / 362880 - q / 39916800)))))


@njit(**HOW)
def _begin(state, wait, start, length, rise, fall, gain, speed, pan):
    """One more grain, unless 64 sound at that frame."""
    st = doubles(state, SIZE)
    count = np.int64(st[COUNT])
    sounding = 0
    for i in range(count):
        g = FIRST + np.int64(st[ORDER + i]) * CELLS
        if st[g + LENGTH] - st[g + DONE] > wait - st[g + WAIT] and (st[g + LEAVING] < 0 or st[g + LEAVING] > wait - st[g + WAIT]):
            sounding += 1
    if sounding >= AT_ONCE or count >= SLOTS or not length >= 1:
        st[REFUSED] += 1
        return
    slot = 0
    taken = True
    while taken:  # the first slot that is free
        taken = False
        for i in range(count):
            if np.int64(st[ORDER + i]) == slot:
                taken = True
        slot += taken
    g = FIRST + slot * CELLS
    whole = np.floor(start)
    st[g + WAIT], st[g + FRAME], st[g + PART] = wait, whole, np.floor((start - whole) * ONE)
    st[g + DONE], st[g + LENGTH] = 0.0, np.floor(length)
    st[g + RISE], st[g + FALL] = min(max(rise, 0.0), length), min(max(fall, 0.0), length)
    st[g + GAIN], st[g + SPEED], st[g + PAN], st[g + LEAVING] = gain, min(max(speed, -8.0), 8.0), min(max(pan, -1.0), 1.0), -1.0
    st[ORDER + count] = slot
    st[COUNT] = count + 1
    st[BEGUN] += 1


@njit(**HOW)
def _hit(state, due, t, where, gain, seconds, position, jitter, pitch, frames, rate, seed):
    """One grain as the controls say, but quick to rise; chance belongs to its frame, so that a reload changes nothing."""
    length, speed = np.floor(max(seconds, 0.001) * rate), 2.0 ** (pitch / 12.0)
    rise = min(QUICK * rate, length / 2)
    root = mix(mix(seed) + np.uint64(t + due))
    at = where if where >= 0 else position + 0.5 * jitter * scatter(root, 2)
    start = min(max(at, 0.0), 1.0) * max(frames - length * speed, 0.0)
    _begin(state, due, np.floor(start), length, rise, length - rise, gain, speed, jitter * scatter(root, 3))


@njit(**HOW)
def _cloud(state, since, until, n, da, db, seconds, position, jitter, pitch, frames, rate, seed):
    """Begin the cloud's own grains from frame ``since`` of the run to ``until``."""
    st = doubles(state, SIZE)
    length = np.floor(max(seconds, 0.001) * rate)
    speed = 2.0 ** (pitch / 12.0)
    for i in range(since, until):
        density = da + (db - da) * i / n
        if density <= 0:
            continue
        if st[DUE] <= 0:
            root = mix(mix(seed) + np.uint64(st[BEGUN]))
            st[DUE] += 1.0 + 0.9 * jitter * scatter(root, 1)
            room = max(frames - length * speed, 0.0)
            start = min(max(position + 0.5 * jitter * scatter(root, 2), 0.0), 1.0) * room
            loud = 1.0 / np.sqrt(max(density * seconds * 0.5, 1.0))
            _begin(state, i, np.floor(start), length, length / 2, length / 2, loud, speed, jitter * scatter(root, 3))
        st[DUE] -= density / rate


@njit(**HOW)
def _fetch(state, base, stride, frames, c, first, count, spot, m, plain):
    """Channel c of a grain, as it lies in the source or along the curve; the address of m frames."""
    source = base + 4 * (c * stride + spot)
    if first < 0 or first + count > frames:  # silence lies beyond the ends
        stage = floats(state + 8 * STAGED, STAGE_FLOATS)
        x = floats(base + 4 * c * stride, 1 << 40)
        for i in range(count):
            v = first + i
            stage[i] = x[v] if v >= 0 and v < frames else np.float32(0)
        source = state + 8 * STAGED + 4 * (spot - first)
    if plain:
        return source
    gather(state + 8 * PLACES, m, source - 4, state + 8 * SOUND)
    return state + 8 * SOUND


@njit(**HOW)
def _sound(state, g, begin, m, base, stride, frames, heard, out, channels, spread, linear):
    """m frames of one grain, added to the bus from frame ``begin`` on."""
    st = doubles(state + 8 * g, CELLS)
    scratch = state + 8 * PLACES
    speed = st[SPEED]
    frame = np.int64(st[FRAME])
    travel(scratch, m, np.int64(st[PART]), speed, speed, 0, 1)
    p = words(scratch, CHUNK + 1)
    least, most = min(p[0], p[m - 1]) >> 32, max(p[0], p[m - 1]) >> 32
    plain = p[0] == 0 and p[1] == ONE
    if plain:
        first, count = frame, m
    else:
        weigh(scratch, m, least)
        first, count = frame + least - 1, most - least + 4
    done, length, rise, fall, leaving = st[DONE], st[LENGTH], st[RISE], st[FALL], st[LEAVING]
    shape = floats(state + 8 * SHAPE, CHUNK)
    shaped = st[GAIN] != 1.0 or done < rise or done + m > length - fall or leaving >= 0
    if shaped:
        for i in range(m):
            at = done + i + 0.5
            up = min(at / rise, 1.0) if rise > 0 else 1.0
            down = min((length - at) / fall, 1.0) if fall > 0 else 1.0
            k = up * down if linear else _quarter(up) * _quarter(down)
            if leaving >= 0:
                k *= min(max(leaving - i, 0.0) / LEAVE, 1.0)
            shape[i] = np.float32(st[GAIN] * k)
    spot = frame if plain else frame + least
    mono = floats(state + 8 * MONO, CHUNK)
    for c in range(heard):
        x = floats(_fetch(state, base, stride, frames, c, first, count, spot, m, plain), m)
        if spread:
            part = np.float32(1.0 / heard)
            for i in range(m):
                mono[i] = x[i] * part + (mono[i] if c > 0 else np.float32(0))
            continue
        y = floats(out + 4 * (c * CHUNK + begin), m)
        if shaped:
            for i in range(m):
                y[i] += shape[i] * x[i]
        else:
            for i in range(m):
                y[i] += x[i]
    if spread:
        if shaped:
            for i in range(m):
                mono[i] *= shape[i]
        place = (st[PAN] + 1.0) * 0.5 * (channels - 1)
        left = max(min(np.int64(place), channels - 2), 0)
        for c in range(left, min(left + 2, channels)):
            share = np.float32(_quarter(1.0 - abs(place - c)))
            y = floats(out + 4 * (c * CHUNK + begin), m)
            for i in range(m):
                y[i] += share * mono[i]
    st[FRAME] += p[m] >> 32
    st[PART] = p[m] & PARTS
    st[DONE] += m
    if leaving >= 0:
        st[LEAVING] = max(leaving - m, 0.0)


@op
def grains(row, n, t):
    r = cells(row)
    state, base, frames, stride = r[STATE], r[DATA], r[FRAMES], r[MORE]
    st = doubles(state, SIZE)
    y = outlet(row)
    channels = y.shape[0]
    linear, heard, spread = r[SET] == 1, r[SET + 1], r[SET + 2] != 0
    rate = np.float64(r[RATE])
    for c in range(channels):
        for i in range(n):
            y[c, i] = np.float32(0)
    q = doubles(r[EVENTS], 2 + EVENTS_MAX * EVENT_CELLS)
    head, tail = np.int64(q[0]), np.int64(q[1])
    da, db = span(row, 1)
    seconds, position, jitter, pitch = span(row, 2)[1], span(row, 3)[1], span(row, 4)[1], span(row, 5)[1]
    clouded = da > 0 or db > 0
    done = np.int64(0)
    while True:
        e = 2 + (tail % EVENTS_MAX) * EVENT_CELLS
        due = min(max(np.int64(q[e]) - t, done), n) if tail < head else np.int64(n)
        if clouded:
            _cloud(state, done, due, n, da, db, seconds, position, jitter, pitch, frames, rate, r[SEED])
        done = due
        if due >= n:
            break
        kind = np.int64(q[e + 1])
        if kind == 1 and q[e + 3] == 0:
            _hit(state, due, t, q[e + 2], q[e + 6], seconds, position, jitter, pitch, frames, rate, r[SEED])
        elif kind == 1:
            _begin(state, due, q[e + 2], q[e + 3], q[e + 4], q[e + 5], q[e + 6], q[e + 7], q[e + 8])
        elif kind == 2:
            for i in range(np.int64(st[COUNT])):
                g = FIRST + np.int64(st[ORDER + i]) * CELLS
                if st[g + LEAVING] < 0:
                    st[g + LEAVING] = LEAVE + due - st[g + WAIT]
        tail += 1
        q[1] = tail
    kept = 0
    for i in range(np.int64(st[COUNT])):
        slot = np.int64(st[ORDER + i])
        g = FIRST + slot * CELLS
        begin = np.int64(st[g + WAIT])
        st[g + WAIT] = 0.0
        m = min(np.int64(n) - begin, np.int64(st[g + LENGTH] - st[g + DONE]))
        if m > 0:
            _sound(state, g, begin, m, base, stride, frames, heard, r[1], channels, spread, linear)
        if st[g + DONE] < st[g + LENGTH] and st[g + LEAVING] != 0:
            st[ORDER + kept] = slot
            kept += 1
    st[COUNT] = kept
    ga, gb = span(row, 0)
    for c in range(channels):
        if ga != gb:
            for i in range(n):
                y[c, i] *= np.float32(ga + (gb - ga) * i / n)
        elif ga != 1.0:
            for i in range(n):
                y[c, i] *= np.float32(ga)


def _width(settings: Mapping[str, Any], ins: tuple[int, ...]) -> int:
    asked = int(settings["channels"])
    if asked > 0:
        return asked
    if settings.get("_data") is not None:
        return len(settings["_data"])
    return sounds.look(sounds.find(settings["file"], settings.get("_folders", ()))).channels


def _prepare(making: Making) -> None:
    if making.settings["fades"] not in FADES:
        raise LookupError(f"grains has no fades {making.settings['fades']!r}. {nearest(str(making.settings['fades']), FADES)}")
    data = making.settings.get("_data")  # a (channels, frames) sound that somebody else keeps, and may still be filling
    if data is None:
        sound = sounds.look(sounds.find(making.settings["file"], making.settings.get("_folders", ())))
        if sound.seconds > LONGEST:
            raise sounds.SoundError(
                f"grains: {sound.path.name} lasts {sound.seconds / 60:.0f} minutes; grains keep their sound in memory, "
                f"{LONGEST / 60:.0f} minutes at most. clip() streams longer ones."
            )
        data = making.share(("sound", str(sound.path), sound.stamp, making.rate), lambda: sounds.read(sound, making.rate))
    if data.dtype != np.float32 or data.ndim != 2 or data.strides[1] != 4:
        raise sounds.SoundError("grains: the sound in memory must be (channels, frames) of float32, frames side by side.")
    making.cells |= {DATA: making.hold(data), FRAMES: data.shape[1], MORE: data.strides[0] // 4}
    making.cells |= {SET: FADES.index(making.settings["fades"]), SET + 1: len(data)}
    making.cells[SET + 2] = making.settings["channels"] > 0 and (making.channels, len(data)) != (1, 1)  # placed by pan


GRAINS = Kind(
    "grains",
    grains,
    says="stretches of a sound: grains('rain on tin', channels=2)",
    controls={
        "gain": Control(1.0, low=0, high=4, moves="loudness"),
        "density": Control(0.0, low=0, high=200, unit="/s", moves="density"),
        "size": Control(0.12, low=0.005, high=4, unit="s", moves="grain length", curve="log"),
        "position": Control(0.0, low=0, high=1, moves="moment"),
        "jitter": Control(0.2, low=0, high=1, moves="disorder"),
        "pitch": Control(0.0, low=-24, high=24, unit="semitones", moves="pitch"),
    },
    settings={"file": "", "channels": 0, "fades": "power"},
    state=SIZE,
    prepare=_prepare,
    channels=_width,
    events=True,
)
