"""A treatment of your own: plain Python for each sample, compiled into the sound while it plays.

x is the sample that comes in, state is what it remembers, the rest are controls like any other.
A bad one is refused by name, and what plays plays on.
"""

import math

from live import *


@effect
def rust(x, state=2, drive=Control(4, 0, 20), tone=Control(0.3, 0.01, 1)):
    """Bent, then dulled: a loudspeaker left in the rain."""
    state[0] += tone * (math.tanh(drive * x) - state[0])
    return state[0]


rain = clip("rain on tin", rate=0.5)
worn = rust(rain, drive=lfo(1, 12, beats=16), tone=0.15)

out.stage = 0.35 * worn
