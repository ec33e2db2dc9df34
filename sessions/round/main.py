"""Round: five strings walk around you, rain falls behind, glass sings from all sides, a bell in front, its echo behind.

knob 21   the strings ring longer
knob 22   the glass nearer
knob 23   the rain harder

scene("still")   scene("turning")

antiphon play round --channels 8
"""

from walks import behind, everywhere, stray, walk

from live import *

tempo(76)

# five strings set out from five places, each in its own rhythm; each comes near and goes away on its own way round
scale = ["d3", "a3", "c4", "e4", "g4"]
strings = [pluck(decay=1.5 + 6 * knob(21), bright=0.45, hits=euclid(2 + k, 16, turn=3 * k), notes=note) for k, note in enumerate(scale)]
near = [lfo(0.15, 0.9, beats=20 + 6 * k, start=k / 5) for k in range(5)]
walks = [walk(level * string, beats=32 + 8 * k, start=k / 5) for k, (level, string) in enumerate(zip(near, strings, strict=True))]

# a clock of wood, always somewhere behind; it stops for four bars in sixteen
ticking = when(lfo(beats=64, shape="saw") > 0.75, 0, 1)
wood = clip("wood knocks", start=0.25, stop=0.37, rate=1.5, hits=seq("x--o --x- -o-- x---"))
knocker = stray(ticking * wood, around=0.5)

# weather behind, glass all around
rain = behind(filter(clip("rain on tin", rate=0.5 + 0.5 * knob(23)), cutoff=lfo(400, 3000, beats=24)))
glass1 = grains("glass", channels=2, density=6, size=0.8, position=lfo(0.1, 0.7, beats=40, shape="drift"), jitter=0.3, pitch=-12)
air = everywhere((0.5 * knob(22) + lfo(0.05, 0.9, beats=48)) * reverb(glass1, size=1, decay=6, mix=0.5))

# in front, and its echo from behind
bell = clip("low bell", rate=0.75, hits=seq("x---o---", every=4))
reply = delay(bell, time=beats(3), mix=1, tone=1500, longest=4)

out.ring = [*(0.8 * one for one in walks), 0.6 * knocker, 0.6 * air, rain]
out.stage = 0.5 * bell
out.rear = 0.35 * reply
