"""Still: everything stands where it is; the glass breathes, one string at a time is near."""

from walks import behind, everywhere

from live import *

tempo(76)

scale = ["d3", "a3", "c4", "e4", "g4"]
strings = [pluck(decay=5 + 6 * knob(21), bright=0.3, hits=euclid(1 + k, 32, turn=5 * k), notes=note) for k, note in enumerate(scale)]
near = [lfo(0.3, 1, beats=20 + 6 * k, start=k / 5) for k in range(5)]
walks = [spread(level * string, at=k / 5) for k, (level, string) in enumerate(zip(near, strings, strict=True))]

rain = behind(filter(clip("rain on tin", rate=0.4 + 0.5 * knob(23)), cutoff=lfo(300, 1500, beats=24)))
glass1 = grains("glass", channels=2, density=5, size=1.2, position=lfo(0.1, 0.7, beats=40, shape="drift"), jitter=0.3, pitch=-12)
air = everywhere((0.5 * knob(22) + lfo(0.2, 1.2, beats=24)) * reverb(glass1, size=1, decay=9, mix=0.6))

bell = clip("low bell", rate=0.5, hits=seq("x---o---", every=4))
reply = delay(bell, time=beats(3), mix=1, tone=1500, longest=4)

out.ring = [*(0.9 * one for one in walks), 0.6 * air, rain]
out.stage = 0.5 * bell
out.rear = 0.35 * reply
