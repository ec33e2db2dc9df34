"""Where the bundled sounds come from: written out in numpy, seeded, no recording of anything.

``python sounds/make.py [NAME ...]`` writes them again next to itself, as 48 kHz stereo FLAC; and a tune to go with them.
Each function returns (2, frames); those marked as loops return to where they began.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 48000
Sound = NDArray[np.float64]

# a church bell's partials: ratio to the prime, level, seconds to fall by 60 dB
BELL = (
    (0.5, 0.75, 14), (1.0, 0.7, 9), (1.19, 0.8, 7), (1.5, 0.35, 4.5), (2.0, 0.9, 5), (2.51, 0.3, 2.6), (2.66, 0.3, 2.4),
    (3.01, 0.4, 2.2), (4.17, 0.3, 1.5), (5.43, 0.22, 1.0), (6.8, 0.16, 0.7), (8.2, 0.1, 0.5), (9.9, 0.07, 0.35),
)  # fmt: skip
# what a transformer sings: harmonic of 50 Hz, level, phase
MAINS = (
    (1, 0.5, 0.1), (2, 1.0, 1.2), (3, 0.25, 0.4), (4, 0.4, 2.0), (6, 0.22, 0.8),
    (8, 0.1, 2.6), (10, 0.08, 1.0), (14, 0.05, 0.2), (22, 0.02, 2.2),
)  # fmt: skip


def clock(seconds: float) -> Sound:
    """The time of each frame."""
    return np.arange(round(seconds * RATE)) / RATE


def shaped(spectrum: Callable[[Sound], Sound], frames: int, rng: np.random.Generator) -> Sound:
    """Noise with the given magnitude over Hz; it loops by itself, being made in one round."""
    hz = np.fft.rfftfreq(frames, 1 / RATE)
    bins = rng.standard_normal(hz.size) + 1j * rng.standard_normal(hz.size)
    noise = np.fft.irfft(bins * spectrum(hz), frames)
    return noise / np.std(noise)


def bump(hz: Sound, centre: float, octaves: float) -> Sound:
    """A hill on the frequency axis, as wide as the ear hears it."""
    return np.exp(-0.5 * (np.log2(np.maximum(hz, 1) / centre) / octaves) ** 2)


def slow(frames: int, hz: float, rng: np.random.Generator) -> Sound:
    """A wander between about -1 and 1 that never repeats within the sound, and loops."""
    return shaped(lambda f: np.exp(-((f / hz) ** 2)), frames, rng) / 2


def struck(partials: list[tuple[float, float, float]], seconds: float, rng: np.random.Generator, edge: float = 0.001) -> Sound:
    """Modes (Hz, level, seconds to fall by 60 dB) set off at once."""
    t = clock(seconds)
    out = np.zeros(t.size)
    for hz, level, fall in partials:
        out += level * np.sin(2 * np.pi * hz * t + rng.uniform(0, 0.5)) * np.exp(-6.9 * t / fall)
    return out * np.minimum(t / edge, 1)


def put(into: Sound, what: Sound, at: float, place: float = 0.0, wrap: bool = False) -> None:
    """Add a mono sound at a time and a place from -1 (left) to 1; equal power."""
    start = round(at * RATE)
    angle = (place + 1) * np.pi / 4
    for channel, gain in ((0, np.cos(angle)), (1, np.sin(angle))):
        if wrap:
            np.add.at(into[channel], np.arange(start, start + what.size) % into.shape[1], gain * what)
        else:
            end = min(into.shape[1], start + what.size)
            into[channel, start:end] += gain * what[: end - start]


def room(dry: Sound, seconds: float, wet: float, rng: np.random.Generator, bright: float = 4000, loop: bool = False) -> Sound:
    """A room around a sound: a tail of noise that darkens as it falls, different in each ear."""
    t = clock(seconds * 1.2)
    size = dry.shape[1] if loop else dry.shape[1] + t.size
    out = np.zeros((2, size))
    for channel in range(2):
        tail = np.zeros(t.size)
        for centre, fall in ((150, 1.1), (400, 1.0), (1000, 0.9), (2500, 0.65), (6000, 0.4)):
            level = 1 / (1 + (centre / bright) ** 2)
            tail += level * shaped(lambda f, c=centre: bump(f, c, 0.55), t.size, rng) * np.exp(-6.9 * t / (seconds * fall))
        tail *= np.minimum(t / 0.012, 1) / np.sqrt(np.sum(tail**2))
        if loop:
            tail = np.concatenate([tail, np.zeros(max(0, size - tail.size))])[:size]
        out[channel] = np.fft.irfft(np.fft.rfft(dry[channel], size) * (1 + wet * np.fft.rfft(tail, size)), size)
    return out[:, : dry.shape[1]]


def fades(sound: Sound, rise: float, fall: float) -> Sound:
    """Soft ends: half a cosine each."""
    a, b = round(rise * RATE), round(fall * RATE)
    sound[:, :a] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(a) / a)
    sound[:, -b:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, b + 1) / b)
    return sound


def rain_on_tin(rng: np.random.Generator) -> Sound:
    """A loop: drops on a thin roof, each with its own pitch, over the far hiss of the rest."""
    seconds = 5.0
    out = np.zeros((2, round(seconds * RATE)))
    for channel in range(2):
        hiss = shaped(lambda f: bump(f, 3200, 1.1) + 0.25 * bump(f, 500, 0.8), out.shape[1], rng)
        out[channel] = 0.014 * hiss * (1 + 0.3 * slow(out.shape[1], 2, rng))
    plates = rng.uniform(700, 2600, 14)  # the roof rings at its own pitches wherever it is hit
    for _ in range(330):
        loud = 0.02 * rng.pareto(2.4) + 0.015
        size = rng.uniform(0.6, 1.6)
        modes = [(plates[rng.integers(14)] * rng.uniform(0.99, 1.01), rng.uniform(0.3, 1), 0.05 + 0.16 * rng.random()) for _ in range(4)]
        modes += [(rng.uniform(3000, 9000) / size, 0.5 * rng.random(), 0.03) for _ in range(3)]
        drop = min(loud, 0.4) * struck(modes, 0.24, rng, 0.0004)
        tick = shaped(lambda f: bump(f, 5000, 0.8), 240, rng) * np.exp(-np.arange(240) / 30)
        drop[:240] += 0.5 * min(loud, 0.4) * tick
        put(out, drop, rng.uniform(0, seconds), rng.uniform(-0.9, 0.9), wrap=True)
    return np.tanh(4 * room(out, 0.5, 0.35, rng, 3000, loop=True)) / 4  # the loudest drops give a little: closer to the ear


def brass_swell(rng: np.random.Generator) -> Sound:
    """Four horns on an open chord grow, brighten and sink back."""
    seconds = 5.5
    t = clock(seconds)
    out = np.zeros((2, t.size))
    for hz, place, level in ((87.31, -0.5, 1.0), (130.81, 0.35, 0.8), (174.61, -0.15, 0.7), (261.63, 0.6, 0.45), (329.63, 0.1, 0.3)):
        for _ in range(2):
            late = rng.uniform(0, 0.25)
            breath = np.clip((t - late) / (seconds - 0.9), 0, 1)
            press = np.sin(np.pi * breath**0.85) ** 1.5 * (1 + 0.06 * slow(t.size, 5, rng))
            cents = 5 * rng.standard_normal() + 4 * slow(t.size, 3, rng) + 7 * press * np.sin(2 * np.pi * rng.uniform(4.6, 5.4) * t)
            cents -= 45 * np.exp(-(t - late).clip(0) / 0.06)  # lips find the note from below
            phase = 2 * np.pi * np.cumsum(hz * 2 ** (cents / 1200)) / RATE
            voice = np.zeros(t.size)
            for k in range(1, 40):
                if k * hz > 9000:
                    break
                dull = np.exp(-k * hz / (350 + 3200 * press.clip(0) ** 1.3))  # louder is brighter: what makes brass brass
                horn = 0.35 + bump(np.array([k * hz]), 480, 0.9)[0] + 0.5 * bump(np.array([k * hz]), 1300, 0.4)[0]
                voice += horn * dull * np.sin(k * phase + rng.uniform(0, 6.28))
            air = shaped(lambda f: bump(f, 1800, 1.2), t.size, rng) * 0.01
            put(out, level * press * (voice + air), 0.0, place + rng.uniform(-0.1, 0.1))
    return fades(room(out, 1.6, 0.5, rng, 2500), 0.02, 0.4)


def wood_knocks(rng: np.random.Generator) -> Sound:
    """A loop of 2 s at 120: knuckles and a mallet on hollow boxes."""
    out = np.zeros((2, 2 * RATE))
    boxes = {"low": (196.0, -0.45), "mid": (311.0, 0.4), "high": (523.0, -0.1), "edge": (1108.0, 0.65)}
    score = "low.0.9 edge.0.3 high.0.45 edge.0.25 mid.0.7 edge.0.3 low.0.35 high.0.5 "
    score += "low.0.8 edge.0.3 mid.0.3 high.0.55 mid.0.75 edge.0.4 high.0.35 mid.0.3"
    for step, word in enumerate(score.split()):
        box, level = word.split(".", 1)
        hz, place = boxes[box]
        loud = float(level)
        modes = [(hz * ratio, amp * loud ** (0.4 * i), fall) for i, (ratio, amp, fall) in enumerate(
            [(1, 1.0, 0.16), (1.53, 0.4, 0.1), (2.46, 0.55, 0.07), (3.9, 0.35, 0.045), (5.6, 0.25, 0.03), (8.3, 0.15, 0.02)])]  # fmt: skip
        knock = loud * struck(modes, 0.3, rng, 0.0005)
        tap = shaped(lambda f: bump(f, 2400, 0.9), 960, rng) * np.exp(-np.arange(960) / 90)
        knock[:960] += 0.28 * loud**1.5 * tap
        at = step * 0.125 + (0.012 if step % 2 else 0) + rng.uniform(0, 0.004)
        put(out, knock, at, place, wrap=True)
    return room(out, 0.55, 0.4, rng, 2500, loop=True)


def glass(rng: np.random.Generator) -> Sound:
    """Rims of wine glasses rubbed one after another, and one touched with a spoon."""
    seconds = 6.0
    out = np.zeros((2, round(seconds * RATE)))
    for hz, at, place in ((523.25, 0.0, -0.5), (783.99, 0.7, 0.45), (1174.66, 1.5, -0.1), (659.26, 2.2, 0.7)):
        t = clock(seconds - at)
        swell = np.sin(np.pi * np.clip(t / (t[-1] * 0.98), 0, 1) ** 0.7) ** 2
        finger = 1 + 0.22 * np.sin(2 * np.pi * rng.uniform(2.2, 3.4) * t + rng.uniform(0, 6)) + 0.08 * slow(t.size, 8, rng)
        phase = 2 * np.pi * np.cumsum(hz * 2 ** (3 * slow(t.size, 2, rng) / 1200)) / RATE
        rim = sum(a * np.sin(r * phase + rng.uniform(0, 6)) for r, a in ((1, 1.0), (2.32, 0.10), (4.25, 0.05), (6.63, 0.02)))
        rub = 0.012 * shaped(lambda f, h=hz: bump(f, 2 * h, 0.25), t.size, rng)
        put(out, 0.5 * swell * finger * (rim + rub), at, place)
    spoon = struck([(1567.98, 1.0, 3.2), (3650, 0.4, 1.8), (6690, 0.25, 1.0), (10350, 0.12, 0.5), (1569.4, 0.6, 3.0)], 3.2, rng, 0.0003)
    put(out, 0.22 * spoon, 2.9, 0.25)
    return fades(room(out, 2.2, 0.45, rng, 5000), 0.01, 0.5)


def low_bell(rng: np.random.Generator) -> Sound:
    """One stroke on a big bell: hum, prime, minor third, fifth, nominal, each a pair that beats."""
    seconds = 7.0
    out = np.zeros((2, round(seconds * RATE)))
    prime = 130.81
    for ratio, level, fall in BELL:
        for side in (-1, 1):
            split = prime * ratio + side * rng.uniform(0.12, 0.45)
            put(out, 0.5 * level * struck([(split, 1.0, fall)], seconds, rng, 0.002), 0.0, side * rng.uniform(0.1, 0.7))
    clang = shaped(lambda f: bump(f, 1700, 1.0), 2400, rng) * np.exp(-np.arange(2400) / 260)
    put(out, 0.25 * clang, 0.0, 0.05)
    return fades(room(out, 2.4, 0.3, rng, 3000), 0.0005, 1.8)


def room_hum(rng: np.random.Generator) -> Sound:
    """A loop of 4 s: an amplifier waiting, a refrigerator two rooms away."""
    t = clock(4.0)
    out = np.zeros((2, t.size))
    for channel, place in ((0, 1.0), (1, 0.8)):
        mains = sum(level * np.sin(2 * np.pi * 50 * k * t + turn) for k, level, turn in MAINS)
        motor = np.sin(2 * np.pi * 24.25 * t) * 0.4 * (1 + 0.4 * np.sin(2 * np.pi * 0.5 * t + channel))
        beat = 1 + 0.12 * np.sin(2 * np.pi * 0.75 * t + 2 * channel)
        out[channel] = 0.2 * place * mains * beat + 0.12 * motor + 0.055 * shaped(lambda f: bump(f, 180, 1.3), t.size, rng)
        out[channel] += 0.008 * shaped(lambda f: bump(f, 1500, 1.0), t.size, rng)
    return out


def kalimba_phrase(rng: np.random.Generator) -> Sound:
    """Thumbs on eight tines, four bars of a turning phrase with its buzz and its wooden box."""
    tines = {"C": 261.63, "E": 329.63, "G": 392.0, "A": 440.0, "B": 493.88, "c": 523.25, "d": 587.33, "e": 659.26, "g": 783.99}
    out = np.zeros((2, round(5.0 * RATE)))
    phrase = "C.G.A.e.. G.d.A.c.. E.B.G.e.d.A... C.G.e.g".replace(" ", "")
    beat, at = 0.168, 0.02
    for mark in phrase:
        if mark == ".":
            at += beat / 2
            continue
        hz, loud = tines[mark], rng.uniform(0.55, 1.0)
        modes = [
            (hz, 1.0, 1.7 * (300 / hz) ** 0.4),
            (hz * 2.0, 0.1, 0.6),
            (hz * 5.4, 0.28 * loud, 0.22),
            (hz * 5.43, 0.2 * loud, 0.2),
            (hz * 14.2, 0.06 * loud, 0.06),
        ]
        tone = struck(modes, 2.2, rng, 0.0012)
        t = clock(2.2)
        buzz = np.tanh(6 * np.sin(2 * np.pi * hz * t)) * shaped(lambda f: bump(f, 3500, 0.7), t.size, rng) * np.exp(-t / 0.09)
        box = struck([(112, 0.5, 0.12), (205, 0.35, 0.09), (430, 0.15, 0.05)], 0.2, rng, 0.0008)
        put(out, 0.4 * loud * tone + 0.012 * loud * buzz, at, (hz - 480) / 700)
        put(out, 0.28 * loud * box, at, 0.0)
        at += beat / 2 + rng.uniform(-0.006, 0.006)
    return fades(room(out, 0.9, 0.35, rng, 3500), 0.0005, 0.5)


def breath(rng: np.random.Generator) -> Sound:
    """A loop of 4 s: somebody asleep, in through the nose, out through open lips."""
    seconds = 4.0
    t = clock(seconds)
    out = np.zeros((2, t.size))
    strokes = (
        (0.15, 1.45, 0.55, ((1100, 0.35, 0.6), (2600, 0.3, 1.0), (5200, 0.5, 0.5))),
        (1.95, 1.75, 1.0, ((520, 0.35, 1.0), (1150, 0.3, 0.8), (2400, 0.35, 0.35), (4200, 0.6, 0.12))),
    )
    for at, length, loud, hills in strokes:
        span = clock(length)
        shape = np.sin(np.pi * (span / length) ** (0.8 if loud < 1 else 0.55)) ** 1.6
        shared = shaped(lambda f, hh=hills: sum(a * bump(f, c, w) for c, w, a in hh), span.size, rng)
        for channel in range(2):
            own = shaped(lambda f, hh=hills: sum(a * bump(f, c * 1.04, w) for c, w, a in hh), span.size, rng)
            stroke = np.zeros(t.size)
            stroke[round(at * RATE) : round(at * RATE) + span.size] = 0.2 * loud * shape * (0.8 * shared + 0.45 * own)
            out[channel] += stroke * (1 + 0.15 * slow(t.size, 9, rng))
    return room(out, 0.35, 0.2, rng, 3000, loop=True)


def hertz(name: str) -> float:
    """a3 is 220 Hz; # is a semitone up."""
    steps = {"c": -9, "d": -7, "e": -5, "f": -4, "g": -2, "a": 0, "b": 2}
    return 440.0 * 2 ** ((steps[name[0]] + ("#" in name)) / 12 + int(name[-1]) - 4)


def line(
    score: str, beat: float, rng: np.random.Generator, voice: Callable[[float, float, float, np.random.Generator], Sound], place: float
) -> Sound:
    """Notes one after another: ``g3:1`` is a beat of g, ``-:.5`` a rest of half a one, ``!`` louder, ``g3+c4+e4`` a chord. (2, frames)."""
    notes = [word.partition(":") for word in score.split()]
    out = np.zeros((2, round((sum(float(length) for _, _, length in notes) * beat + 1.5) * RATE)))
    at = 0.01
    for name, _, length in notes:
        seconds = float(length) * beat
        for one in name.rstrip("!").split("+") if name != "-" else ():
            loud = rng.uniform(0.6, 0.75) + 0.25 * ("!" in name)
            side = place + 0.35 * np.log2(hertz(one) / 260)
            put(
                out,
                voice(hertz(one), seconds, loud, rng) / np.sqrt(1 + name.count("+")),
                at + rng.uniform(0, 0.008),
                float(np.clip(side, -0.9, 0.9)),
            )
        at += seconds
    return out


def horn(hz: float, seconds: float, loud: float, rng: np.random.Generator) -> Sound:
    """One note of a horn: tongued, found from below, brighter as it is louder, let go softly."""
    t = clock(seconds + 0.12)
    press = np.minimum(t / 0.03, 1) * np.clip((seconds + 0.1 - t) / 0.12, 0, 1) ** 0.7 * (0.82 + 0.18 * np.exp(-t / 0.15)) * loud
    cents = (
        6 * rng.standard_normal()
        - 60 * np.exp(-t / 0.018)
        + 8 * np.clip(t / 0.4 - 0.6, 0, 1) * np.sin(2 * np.pi * rng.uniform(4.7, 5.5) * t)
    )
    phase = 2 * np.pi * np.cumsum(hz * 2 ** (cents / 1200)) / RATE
    tone = np.zeros(t.size)
    for k in range(1, 32):
        if k * hz > 8000:
            break
        bell = 0.35 + bump(np.array([k * hz]), 520, 0.9)[0] + 0.5 * bump(np.array([k * hz]), 1300, 0.4)[0]
        tone += bell * np.exp(-k * hz / (300 + 3000 * press**1.4)) * np.sin(k * phase + rng.uniform(0, 6.28))
    return press * (tone + 0.01 * shaped(lambda f: bump(f, 1800, 1.2), t.size, rng))


def reed(hz: float, seconds: float, loud: float, rng: np.random.Generator) -> Sound:
    """One note of a low clarinet: mostly odd partials, a breath before it, a slow bow in the loudness."""
    t = clock(seconds + 0.08)
    press = (
        np.minimum(t / 0.045, 1) ** 1.3
        * np.clip((seconds + 0.06 - t) / 0.08, 0, 1)
        * (0.75 + 0.25 * np.sin(np.pi * np.clip(t / seconds, 0, 1)))
        * loud
    )
    cents = (
        4 * rng.standard_normal() - 25 * np.exp(-t / 0.03) + 5 * np.clip(t / 0.5 - 0.5, 0, 1) * np.sin(2 * np.pi * rng.uniform(4.2, 5) * t)
    )
    phase = 2 * np.pi * np.cumsum(hz * 2 ** (cents / 1200)) / RATE
    tone = np.zeros(t.size)
    for k in range(1, 24):
        if k * hz > 9000:
            break
        even = 1.0 if k % 2 else 0.12 + 0.25 * min(k * hz / 2500, 1)
        tone += even / k**0.7 * np.exp(-k * hz / (900 + 2600 * press)) * np.sin(k * phase + rng.uniform(0, 6.28))
    air = shaped(lambda f: bump(f, 2600, 0.9) + 0.5 * bump(f, 700, 0.6), t.size, rng)
    return press * tone + 0.035 * np.minimum(t / 0.01, 1) * np.clip((seconds + 0.06 - t) / 0.08, 0, 1) * (0.4 + np.exp(-t / 0.08)) * air


HORN_LINES = (
    "a2:1 e3:.5 a3:.5 c4!:1 e4:1   f2+c3+a3:2 c4:.5 a3:.5 f3:1   c3:.5 e3:.5 g3:.5 c4:.5 e4!:2   g2:1 d3:1 b3:.5 a3:.5 g3:1 "
    "d3:.5 f3:.5 a3!:1 d4:1 c4:.5 a3:.5   e2+b2+g#3:3 -:1   e3:.5 g#3:.5 b3:.5 d4:.5 b3:1 e3:1   a3!:1.5 g3:.5 e3:1 c3:1 "
    "f3:.5 g3:.5 a3:1 c4:1 f4!:1   c3+g3+e4:2 d4:.5 e4:.5 c4:1   g3:.5 a3:.5 b3:.5 d4:.5 g4!:1.5 -:.5   a2+e3+c4:4"
)
REED_SOLO = (
    "-:1 e4:.5 a4:.5 c5!:1 b4:.5 a4:.5   f4:1.5 a4:.5 c5:1 -:1   e4:.5 g4:.5 c5!:1.5 d5:.5 e5:1   d5:1 b4:.5 g4:.5 d4:1 -:1 "
    "a3:.5 c4:.5 e4:1 a4!:1 g4:.5 e4:.5   f4:.5 e4:.5 c4:1 f3:1 -:1   g3:.5 c4:.5 e4:.5 g4:.5 e4:1 c4:1   b3:1.5 d4:.5 g4!:1 -:1 "
    "a4!:2 -:2"
)


def horn_lines(rng: np.random.Generator) -> Sound:
    """A horn alone, half a minute at 96: lines and chords on A minor, F, C, G, D minor and E, to be remembered."""
    return fades(room(line(HORN_LINES, 0.625, rng, horn, -0.1), 1.3, 0.4, rng, 2800), 0.001, 0.4)


def reed_solo(rng: np.random.Generator) -> Sound:
    """A low clarinet alone, at 96: it asks in four bars and in four more, with room for an answer."""
    return fades(room(line(REED_SOLO, 0.625, rng, reed, 0.1), 1.1, 0.35, rng, 3200), 0.001, 0.4)


SOUNDS: dict[str, tuple[Callable[[np.random.Generator], Sound], float]] = {
    "rain on tin": (rain_on_tin, -5.0),  # and the peak it is brought to, in dBFS
    "brass swell": (brass_swell, -3.0),
    "wood knocks": (wood_knocks, -3.0),
    "glass": (glass, -4.0),
    "low bell": (low_bell, -3.0),
    "room hum": (room_hum, -9.0),
    "kalimba phrase": (kalimba_phrase, -3.0),
    "breath": (breath, -8.0),
    "horn lines": (horn_lines, -3.0),
    "reed solo": (reed_solo, -3.0),
}


def make(name: str) -> Sound:
    """One sound by name, at its level."""
    recipe, peak = SOUNDS[name]
    seed = 1 + list(SOUNDS).index(name)
    sound = recipe(np.random.default_rng(seed))
    sound -= sound.mean(axis=1, keepdims=True)
    return sound * 10 ** (peak / 20) / np.max(np.abs(sound))


ROUND = {
    "melody": (0, "e4 0 .5, g4 .5 .5, a4 1 1, b4 2 .5, a4 2.5 .5, g4 3 .5, e4 3.5 .5, d4 4 .5, e4 4.5 .5, g4 5 1, e4 6 1.5"),
    "bass": (1, "e2 0 1.5, b2 2 1, g2 4 1.5, d2 6 1, b1 7 .5"),
}
"""Two tracks of eight beats: a note, its beat, its length."""


def write_round(path: Path) -> None:
    """The tune, as a MIDI file."""
    from live.fingers import key_number
    from live.midifile import PPQ, Event, Track, signature, tempo, write

    tracks = [Track("round", [signature(0, 4), tempo(0, 96)])]
    for name, (channel, notes) in ROUND.items():
        tracks.append(Track(name))
        for note in notes.split(", "):
            key, beat, length = note.split()
            on, off = round(float(beat) * PPQ), round((float(beat) + float(length)) * PPQ)
            loud = 104 if float(beat) % 2 == 0 else 80
            tracks[-1].events += [
                Event(on, bytes([0x90 | channel, key_number(key), loud])), Event(off, bytes([0x80 | channel, key_number(key), 0])),
            ]  # fmt: skip
    write(path, tracks)


if __name__ == "__main__":
    import soundfile

    write_round(Path(__file__).with_name("round.mid"))

    import sys

    for word in sys.argv[1:] or SOUNDS:
        path = Path(__file__).with_name(f"{word}.flac")
        soundfile.write(path, make(word).T, RATE, subtype="PCM_16", format="FLAC")
        print(f"{word:16} {path.stat().st_size / 1000:7.0f} kB")
