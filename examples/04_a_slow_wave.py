"""A slow wave: the door opens and closes by itself, and a bell hangs in the draught."""

from live import *

tempo(96)

rain = clip("rain on tin", rate=0.75)
door = filter(1.6 * rain, cutoff=lfo(300, 4000, beats=8))  # from 300 Hz to 4000 and back in eight beats
draught = lfo(0.48, 0.52, beats=16, shape="drift")  # a wave may have a name; this one wanders
bell = clip("low bell", rate=draught)

out.stage = door + 0.4 * bell
