"""When: a knob past its middle changes the music. if would ask once, while the file is read; when() asks all the time."""

from live import *

tempo(96)

rain = clip("rain on tin", rate=0.75)
glass1 = clip("glass", rate=0.5)
night = when(knob(21) > 0.5, glass1, 2.5 * rain)  # between two sounds: they cross over
bright = when((knob(21) > 0.5) & (knob(22) > 0.5), 6000, 800)  # between two numbers: only with both knobs up
door = filter(night, cutoff=bright)

out.stage = door
