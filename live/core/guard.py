"""The guard of a spectral treatment: what it adds never takes the sound over full scale, and turning it down is not heard.

Only what is added is turned down, never the dry sound; so where nothing is added the guard changes nothing. It hears
two blocks of 32 frames ahead. Each block asks for a gain low enough for all its frames; at a join of two blocks
the gain is the lower of theirs, and it goes straight from join to join.
"""

from __future__ import annotations

import numpy as np
from numba import njit

BLOCK = 32  # frames
AHEAD = 2 * BLOCK
FULL = np.float32(0.9999)
RELEASE = 0.05  # seconds in which two thirds of what was taken come back
# its state (float64), as what is *taken*, so that nothing is 0: by this block and the last, at the begin and end of the one that sounds
THIS, LAST, FROM, TO = range(4)


@njit(inline="always")
def turn_over(g, rate):
    """A block is full."""
    rise = g[TO] - g[TO] * (1.0 - np.exp(-BLOCK / (RELEASE * rate)))
    if rise < 1e-4:
        rise = 0.0
    g[FROM] = g[TO]
    g[TO] = max(max(g[LAST], g[THIS]), rise)
    g[LAST], g[THIS] = g[THIS], 0.0


@njit(inline="always")
def ask(g, dry, added, m):
    """How much must be taken from what is added in these frames. A dry sound beyond full scale stays as it is."""
    top = np.float32(0.0)
    for k in range(m):
        top = max(top, abs(dry[k] + added[k]))
    if top <= FULL:
        return
    for k in range(m):
        d, a = dry[k], added[k]
        most = max(FULL, abs(d))
        both = d + a
        if abs(both) > most:
            left = (most - d if both > 0.0 else -most - d) / a
            g[THIS] = max(g[THIS], 1.0 - np.float64(left) * 0.99999)
