"""Night: the rain is nearly over, somebody sleeps close by, the bell is near and its echo long."""

from weather import drift, far, tide

from live import *

tempo(60)

dark = (1 - knob(21)).log(300, 1500)

rain = clip("rain on tin", rate=0.35)
roof = (0.3 + most(0, tide(56))) * filter(rain, cutoff=least(dark, drift(300, 1500, 16)))
drops = grains("rain on tin", channels=2, density=0.5 + 2 * most(0, tide(56, start=0.4)), size=0.12, jitter=1, pitch=-9)

hum = filter(clip("room hum", rate=0.75), cutoff=drift(150, 900, 16))
sleeper = far(clip("breath", rate=0.6), away=0.05, decay=1)

cloud = grains("glass", channels=2, density=4, size=1.2, position=drift(0.1, 0.75, 32), jitter=0.35, pitch=-19)
light = (0.15 + 0.6 * knob(22) + most(0, tide(64, start=0.55))) * reverb(cloud, size=1, decay=12, mix=0.6)

bell = far(clip("low bell", rate=0.5, hits=seq("x---- --o--", every=4)), away=0.25)
tolls = delay(bell, time=beats(3), feedback=0.45 + 0.4 * knob(23), tone=1000, mix=0.45, longest=8)

out.stage = [1.6 * roof, 0.3 * hum, 0.65 * light, 0.6 * tolls]
out.rear = [0.7 * drops, 1.6 * sleeper]
