"""One sound: rain on a tin roof, a little slower than it fell.

    antiphon play examples/01_one_sound.py

Change a number, save the file, and the change is heard from the next bar on.
"""

from live import *

rain = clip("rain on tin", rate=0.75)  # a name, and what it is; rate 1 is as it was, 0.5 an octave lower and twice as long
out.stage = 1.5 * rain  # what goes to the loudspeakers, here half as loud again
