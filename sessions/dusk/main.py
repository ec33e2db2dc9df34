"""Dusk: rain comes and goes, somebody sleeps, glass sings when the light changes, a bell far off.

    knob 21   it grows dark: everything near becomes dull
    knob 22   the glass comes nearer
    knob 23   the bell's echo goes on

    scene("noon")   scene("night")   morph("noon", "night", knob(24))
"""

from weather import drift, far

from live import *

tempo(60)

dark = (1 - knob(21)).log(500, 5000)  # where nearness ends, in Hz; untouched: light

# outside
rain = clip("rain on tin", rate=drift(0.45, 0.6, 24))
roof = filter(rain, cutoff=least(dark, drift(600, 5000, 16)))

# in the next room
hum = filter(clip("room hum", rate=0.75), cutoff=drift(120, 500, 20))
sleeper = far(clip("breath", rate=0.6), away=0.3, decay=2)

# light: grains of one chord of glass, moved through slowly
cloud = grains("glass", channels=2, density=7, size=0.7, position=drift(0.1, 0.75, 32), jitter=0.35, pitch=-12, gain=0.5)
glow = reverb(cloud, size=1, decay=7, mix=0.5)
light = (0.3 + 0.7 * knob(22) + lfo(0, 0.5, beats=48)) * glow

# far off
bell = far(clip("low bell", rate=0.5, hits=seq("x---o-- --o----", every=4, turn=2)), away=0.55)
tolls = delay(bell, time=beats(3), feedback=0.2 + 0.6 * knob(23), tone=1200, mix=0.35, longest=8)
horns = far(clip("brass swell", rate=0.5, hits=seq("--x----- -----o--", every=4)), away=0.75, decay=9)

out.stage = [1.5 * roof, 0.5 * hum, 0.8 * light, 0.9 * tolls]
out.rear = [0.9 * sleeper, 0.8 * horns]
