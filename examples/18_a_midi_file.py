"""A MIDI file: its notes strike a string, round and round on the beat; the tempo is yours. Your own files go beside the script."""

from live import *

tempo(100)

strings = pluck(decay=2.5, bright=knob(21, 0.4), hits=tune("round"))
far = reverb(strings, size=0.9, decay=4, mix=0.35)

out.stage = 1.2 * far
