"""Noon: a bright shower, drops close by, the glass an octave higher; nobody sleeps and no bell is heard."""

from weather import drift, far, tide

from live import *

tempo(60)

dark = (1 - knob(21)).log(800, 9000)

rain = clip("rain on tin", rate=0.7)
roof = (0.5 + most(0, tide(24))) * filter(rain, cutoff=least(dark, drift(1500, 9000, 8)))
drops = grains("rain on tin", channels=2, density=6 + 14 * most(0, tide(24, start=0.4)), size=0.07, jitter=1, pitch=0)

hum = filter(clip("room hum"), cutoff=drift(150, 400, 16))

cloud = grains("glass", channels=2, density=9, size=0.4, position=drift(0.1, 0.75, 24), jitter=0.35, pitch=0)
light = (0.3 + 0.6 * knob(22) + most(0, tide(32, start=0.55))) * reverb(cloud, size=1, decay=4, mix=0.5)

horns = far(clip("brass swell", rate=1, hits=seq("-x------ ----o---", every=4)), away=0.9, decay=9)

out.stage = [1.2 * roof, 0.15 * hum, 0.5 * light]
out.rear = [0.8 * drops, 0.5 * horns]
