"""From one kernel to another on one slow wave, deeper pitches left alone; what you play on knob 21 is how much of it there is."""

from live import *

tempo(72)

bell = clip("low bell", hits=every(4))
bowed = cak(
    bell,
    texture=knob(21, 0.7),
    kernel=("published", "published flipped inverted", lfo(0, 1, beats=16)),
    curve=[(120, 0), (600, 1)],
    mode="centred",
)
hall = reverb(bowed, size=0.9, decay=6, mix=0.3)

out.stage = 0.8 * hall
