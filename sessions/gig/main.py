"""Gig: one screen, two hands and a foot. Any small controller will do; without one, Alt-1 to Alt-4 turn the knobs.

knob 21        how worn the glass is
knob 22        how far into the dark
knob 7         the fader: what is close against the room
pads 36 37 38  a bell, brass, knocks, as hard as they are struck
keys from c4   strings
pedal          holds what sounds, and you play over it

`antiphon play gig --hands sessions/gig/hands.mid` plays it without hands.
"""

from live import *

tempo(84)

# glass, worn by two knobs
glass = grains("glass", channels=2, density=9, size=0.5, position=lfo(0.1, 0.7, beats=32), jitter=0.3, pitch=-12)
worn = smear(glass, bins=knob(21).lin(0, 40), amount=knob(21))
dark = filter(tilt(worn, slope=knob(22, 0.3).lin(3, -9)), cutoff=(1 - knob(22)).log(400, 9000))

# pads start clips
bell = clip("low bell", hits=pad(36))
brass = clip("brass swell", hits=pad(37))
knocks = clip("wood knocks", hits=pad(38), rate=0.8)
struck = 0.9 * bell + 0.5 * brass + 0.8 * knocks

# keys play strings
strings = delay(pluck(hits=key("c4"), decay=3, bright=0.5), time=beats(3 / 4), feedback=0.35, tone=2500, mix=0.3)

# the fader: close or far; the pedal holds
room = reverb(dark + struck + 0.6 * strings, size=0.9, decay=5, mix=1)
both = knob(7, 0.7) * (0.8 * dark + struck + strings) + (1 - knob(7)) * room
held = pedal() * sustain(both, hold=pedal())

out.stage = 0.9 * both + 0.8 * held
