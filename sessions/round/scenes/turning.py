"""Turning: the strings run, three one way and two the other; the wood ticks through, the rain is near."""

from walks import behind, everywhere, stray

from live import *

tempo(76)

scale = ["d3", "a3", "c4", "e4", "g4"]
strings = [pluck(decay=1 + 6 * knob(21), bright=0.6, hits=euclid(4 + k, 16, turn=3 * k), notes=note) for k, note in enumerate(scale)]
near = [lfo(0.3, 0.9, beats=20 + 6 * k, start=k / 5) for k in range(5)]
ways = [lfo(0, 1, beats=6 + 2 * k, shape="saw", start=k / 5) for k in range(5)]
walks = [spread(near[k] * strings[k], at=1 - ways[k] if k % 2 else ways[k]) for k in range(5)]

wood = clip("wood knocks", start=0.25, stop=0.37, rate=1.5, hits=seq("x-oo --x- -oxo x--o"))
knocker = stray(wood, around=0.5)

rain = behind(filter(clip("rain on tin", rate=0.7 + 0.5 * knob(23)), cutoff=lfo(800, 5000, beats=12)))
glass1 = grains("glass", channels=2, density=8, size=0.4, position=lfo(0.1, 0.7, beats=20, shape="drift"), jitter=0.3, pitch=0)
air = everywhere((0.5 * knob(22) + lfo(0.05, 0.6, beats=16)) * reverb(glass1, size=1, decay=4, mix=0.5))

bell = clip("low bell", rate=1, hits=seq("x---o---", every=2))
reply = delay(bell, time=beats(3), mix=1, tone=1500, longest=4)

out.ring = [*(0.6 * one for one in walks), 0.6 * knocker, 0.5 * air, 0.8 * rain]
out.stage = 0.4 * bell
out.rear = 0.35 * reply
