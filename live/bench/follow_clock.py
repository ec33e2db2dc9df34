"""MIDI clock in, with jitter: how much the tempo wobbles and how far the beat lies off, through the follower and a real core.

Accelerated: the clock's ticks are drawn by chance, the core renders faster than real time, nothing else is left out.
"""

from __future__ import annotations

import numpy as np

from live.bench.report import Report
from live.control.follow import START, TICK, Follower
from live.core import layout as at
from live.core.offline import Offline
from live.core.pacing import bpm_of, seen

RATE = 48000
LOOK = 960  # frames between two looks of the hands


def one(bpm: float, jitter_ms: float, seed: int, *, beats: int, gauss: bool = False, lost: float = 0.0) -> tuple[float, float]:
    """After four beats: the farthest the tempo was from the clock's, in bpm, and the beat, in ms."""
    rng = np.random.default_rng(seed)
    core = Offline(RATE, 1, block=64)
    core.stand.tempo[at.T_BPM] = 120.0
    follower = Follower(RATE)
    true = 4800.0 + np.arange(beats * 24) * 60 * RATE / (24 * bpm)
    noise = rng.normal(0, jitter_ms, len(true)) if gauss else rng.uniform(-jitter_ms, jitter_ms, len(true))
    came = np.sort(true + noise * RATE / 1000)
    keep = rng.random(len(true)) >= lost
    keep[:30] = True
    messages = [(4700.0, START), *((frame, TICK) for frame, kept in zip(came, keep, strict=True) if kept)]
    tempi, beat = [], []
    settled = true[0] + 4.5 * 60 * RATE / bpm
    for frame, word in messages:
        while core.frame < frame:
            core.run(min(LOOK, max(64, int(frame - core.frame) // 64 * 64)))
            clock = seen(core.stand.tempo, RATE)
            if core.frame > settled:
                tempi.append(abs(clock.bpm - bpm))
                beat.append(abs(clock.beat(core.frame) - (core.frame - 4800.0) * bpm / (60 * RATE)) * 60000 / bpm)
            if pace := follower.turn(core.frame, clock, bpm_of(core.stand.tempo)):
                core.stand.pace(pace.row())
        if pace := follower.hear(0, bytes([word]), frame, seen(core.stand.tempo, RATE)):
            core.stand.pace(pace.row())
    return max(tempi), max(beat)


def run(report: Report, *, seeds: int, beats: int = 64) -> None:
    """Several tempi and kinds of jitter."""
    for what, promised, how in (
        ("3 ms", True, {}),
        ("3 ms, gaussian", False, {"gauss": True}),
        ("3 ms, 2 % of ticks lost", False, {"lost": 0.02}),
    ):
        for bpm in (90.0, 120.0, 174.0):
            found = np.array([one(bpm, 3.0, seed, beats=beats, **how) for seed in range(seeds)])  # type: ignore[arg-type]
            note = f"worst of {seeds} clocks of {beats} beats, after four beats; the core began at 120"
            firm = promised and bpm <= 120
            report.add(
                f"clock in at {bpm:g} bpm, jitter {what}: tempo wobble",
                float(found[:, 0].max()),
                0.2 if firm else None,
                unit="bpm",
                note=note,
            )
            report.add(
                f"clock in at {bpm:g} bpm, jitter {what}: beat error",
                float(found[:, 1].max()),
                3.0 if promised else None,
                unit="ms",
                note=note,
            )
