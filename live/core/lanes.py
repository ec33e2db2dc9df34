"""Ways from a controller to a knob: what the cells of a lane are called, and how one is laid. The law is in turning.py.

A lane is LANE doubles in ``core.map``. Hands lay the first eight; the rest is the core's own memory of the hand. Lay a
lane first and its route after it; to take it away, take the route. Nothing here wakes the compiler.
"""

from __future__ import annotations

import numpy as np

from live.core import layout as at

# cells of a lane (float64): laid by hands
KIND, KNOB, LOW, HIGH, TAKEOVER, STEP, PARAM, NEXT = range(8)
# KNOB: the knob it turns, -1 none. LOW, HIGH: where the knob goes, 0 to 1, the other way round too.
# STEP: share of the range one click travels (0: 1/127). PARAM: the NRPN's number (an RPN's plus RPN); of keys, whether a pedal holds them.
# NEXT: 1 + another lane that hears the same (0: none): a key may move its pad, its gate and its pitch.
# kept by the core
LAST, CAUGHT, HIGH7, HELD, GHOST, COUNT, KEYS = range(8, 15)
# LAST: where the hand was last, 0 to 1 (-1: not known). CAUGHT: 1 while the knob goes with the hand.
# HIGH7: 1 + the upper seven bits (0: none yet), plus WAITING while the lower ones are still to come.
# HELD: what it wrote last. GHOST: where the knob would be if it went with the hand (-1: it does, or nobody knows).
# COUNT, KEYS: keys held, and the newest seven of them, seven bits each, the newest lowest.

ABSOLUTE, TWOS, SIGN, OFFSET, FOURTEEN, TOGGLE, MOMENTARY, BEND14, NRPN, GATE, KEY, KEY_GATE, KEY_VELOCITY, FOURTEEN_LSB = range(14)
# TWOS: 1 to 64 up, 127 to 65 down. SIGN: bit 6 is down. OFFSET: 64 is none. One message, so many clicks as it says.
# FOURTEEN: controller n its upper bits, n + 32 (a route with LOW7) its lower ones; FOURTEEN_LSB: the lower ones come first. NRPN: by data entry (controllers 6 and 38
# with LOW7, 96, 97), while PARAM is selected. TOGGLE: every press flips. MOMENTARY: HIGH while pressed.
# GATE: the velocity while held. KEY: the newest held key / 127, and it stays. KEY_GATE: 1 while any is held.
# KEY_VELOCITY: the newest key's, and it stays.
RPN = 16384
WITHOUT_FOOT = 1  # PARAM of keys that a pedal does not hold
WAITING = 1000.0

JUMP, CATCH, SCALE = range(3)
TAKEOVERS = {"jump": JUMP, "catch": CATCH, "scale": SCALE}

# a route: the lane's number, and in its upper bits
LOW7 = 1 << 14  # it brings the lane's low seven bits
PRESSED = 1 << 13  # of a key: its poly pressure turns the lane, too, while it is held
POLY = 259  # beside BEND, PRESSURE, PROGRAM: the poly pressure of any key


def lane(
    kind: int, knob: int, low: float = 0.0, high: float = 1.0, *, takeover: int = SCALE, step: float = 0.0, param: int = 0, then: int = -1
) -> np.ndarray:
    """A fresh lane, which knows nothing of its hand yet. ``then``: another lane that hears the same."""
    cells = np.zeros(at.LANE)
    cells[: NEXT + 1] = kind, knob, low, high, takeover, step, param, then + 1
    cells[LAST] = cells[HELD] = cells[GHOST] = -1.0
    return cells


def at_first(lanes: np.ndarray, routes: np.ndarray, takeover: str) -> None:
    """Controller c turns knob c, on every slot and channel. Selecting a parameter turns nothing."""
    how = TAKEOVERS[takeover]
    own = np.arange(at.HANDS * 128).reshape(at.HANDS, 128)
    lanes[:] = lane(ABSOLUTE, -1, takeover=how)
    lanes[: own.size, KNOB] = np.tile(np.arange(128), at.HANDS)
    routes[:] = -1
    routes[:, :, :120] = own[:, None, :120]
    routes[:, :, 98:102] = -1
