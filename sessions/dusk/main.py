"""Dusk: rain comes and goes, somebody sleeps next door, glass sings when the light changes, a bell far off.

knob 21   it grows dark: what is near becomes dull
knob 22   the glass comes nearer
knob 23   the bell's echo goes on

scene("noon")   scene("night")   morph("noon", "night", knob(24))
"""

from weather import drift, far, tide

from live import *

tempo(60)

dark = (1 - knob(21)).log(500, 6000)  # where nearness ends, in Hz; a knob nobody touched stands at 0: light

# outside: showers
rain = clip("rain on tin", rate=0.5)
roof = (0.4 + most(0, tide(40))) * filter(rain, cutoff=least(dark, drift(500, 6000, 12)))
drops = grains("rain on tin", channels=2, density=1.5 + 8 * most(0, tide(40, start=0.4)), size=0.09, jitter=1, pitch=-5)

# next door
hum = filter(clip("room hum"), cutoff=drift(150, 700, 16))
sleeper = far(clip("breath", rate=0.7), away=0.25, decay=2)

# light: grains of one chord of glass, wandered through
cloud = grains("glass", channels=2, density=7, size=0.7, position=drift(0.1, 0.75, 24), jitter=0.35, pitch=-12)
light = (0.15 + 0.6 * knob(22) + most(0, tide(56, start=0.55))) * reverb(cloud, size=1, decay=7, mix=0.5)

# far off
bell = far(clip("low bell", rate=0.5, hits=seq("x---o-- --o----", every=4, turn=2)), away=0.5)
tolls = delay(bell, time=beats(3), feedback=0.2 + 0.6 * knob(23), tone=1200, mix=0.35, longest=8)
horns = far(clip("brass swell", rate=0.5, hits=seq("-x------ ----o---", every=4)), away=0.7, decay=9)

out.stage = [1.6 * roof, 0.25 * hum, 0.6 * light, 0.5 * tolls]
out.rear = [0.5 * drops, 1.2 * sleeper, 0.8 * horns]
