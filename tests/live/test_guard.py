"""The guard: only what is added is turned down, in time, and never the dry sound."""

from __future__ import annotations

import numpy as np
from numba import njit

from live.core.guard import AHEAD, BLOCK, FROM, TO, ask, turn_over


@njit
def guarded(dry, added, g, rate):
    """As the spectral host does it, for one channel: the sound of AHEAD frames later is asked about."""
    frames = len(dry)
    out = np.zeros(frames, np.float32)
    for t in range(0, frames - AHEAD - BLOCK, BLOCK):
        turn_over(g, rate)
        ask(g, dry[t + AHEAD : t + AHEAD + BLOCK], added[t + AHEAD : t + AHEAD + BLOCK], BLOCK)
        for k in range(BLOCK):
            gain = 1.0 - (g[FROM] + (g[TO] - g[FROM]) * k / BLOCK)
            out[t + k] = dry[t + k] + added[t + k] * np.float32(gain)
    return out


def through(dry, added, rate=48000):
    g = np.zeros(4)
    added = np.where(np.arange(len(added)) < AHEAD, 0, added)  # nothing comes before it can have been heard
    return guarded(dry.astype(np.float32), added.astype(np.float32), g, rate), g


def quiet(frames=24000, level=0.2, seed=1):
    return level * np.random.default_rng(seed).standard_normal(frames)


def test_what_stays_within_full_scale_is_left_to_the_bit() -> None:
    dry, added = quiet().clip(-0.5, 0.5), quiet(seed=2).clip(-0.49, 0.49)
    out, g = through(dry, added)
    assert np.array_equal(out[AHEAD:20000], (dry.astype(np.float32) + added.astype(np.float32))[AHEAD:20000])
    assert not g.any()


def test_nothing_goes_over_full_scale_however_much_is_added() -> None:
    for level in (0.5, 3.0, 100.0):
        out, _ = through(quiet().clip(-0.9, 0.9), quiet(level=level, seed=3))
        assert np.abs(out).max() <= 1.0


def test_a_lonely_peak_is_met_in_time_and_let_go_of() -> None:
    added = 0.1 * np.sin(np.arange(24000) / 9)
    added[12000] = 5.0
    out, g = through(0.2 * np.ones(24000), added)
    assert abs(out[12000]) <= 1.0
    assert np.abs(out[12100:20000]).max() > 0.25  # it comes back
    assert np.array_equal(out[AHEAD:11800], (np.float32(0.2) + added.astype(np.float32))[AHEAD:11800])
    assert g[TO] < 0.02


def test_a_dry_sound_beyond_full_scale_stays_as_it_is() -> None:
    dry = 3.0 * np.sin(np.arange(24000) / 20)
    out, _ = through(dry, np.zeros(24000))
    assert np.array_equal(out[:20000], dry.astype(np.float32)[:20000])
    louder, _ = through(dry, 0.5 * dry)
    assert np.abs(louder).max() <= 3.0001
