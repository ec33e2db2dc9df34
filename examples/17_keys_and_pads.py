"""Keys and pads: a keyboard plays a string and a bass, a pad starts a sound, the pedal holds what sounds.

Nothing is heard before you strike something. Which controller it is makes no difference; key(device="nano") would.
"""

from live import *

string = pluck(decay=4, bright=0.5, hits=key("c3"))  # every key from c3 up, as hard as it is struck
bass = tone(shape="saw", attack=0.01, release=0.3, hits=key("c1", "b2"))  # below: one at a time, the newest
bell = clip("low bell", hits=pad(36))
echo = delay(string, time=beats(3 / 4), feedback=0.4, mix=0.3)
both = 0.8 * echo + 0.25 * filter(bass, cutoff=300 + 3000 * key("c1", "b2").velocity) + 0.8 * bell
held = sustain(both, hold=pedal())

out.stage = 0.6 * held
