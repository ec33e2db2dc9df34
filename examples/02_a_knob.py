"""A knob: turn it and the rain goes from a far rumble to hail.

No controller at hand? Type turn(21, 0.5) at the prompt; 0 is its left end, 1 its right.
A knob that nobody has touched yet stands at its left end.
"""

from live import *

rain = clip("rain on tin", rate=knob(21).log(0.25, 2))  # from 0.25 to 2, in equal ratios, as ears hear
out.stage = (1.5 - 1.4 * knob(22)) * rain  # a knob is a number from 0 to 1: the second one turns it down
