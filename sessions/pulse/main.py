"""Pulse: a kit, a bass, a chord, to play over. It listens to input 1: while you play, it makes room.

    knob 21   the kit softer
    knob 22   the swing of the chord's echo: how often it comes back
    knob 23   the bass brighter
    knob 24   less room made for you

    scene("thin")   scene("full")
"""

from kit import brush, drum, hat, knock

from live import *

tempo(104)
swing = 0.45

# you, and how much you are there: from 0 to 1, quick to come, slow to go
you = compressor(mic(1), threshold=-28, ratio=3, makeup=4)
room = reverb(delay(you, time=beats(3 / 4), feedback=0.35, tone=3500, mix=0.2), size=0.7, decay=2.5, mix=0.25)
there = least(1, (5 - 4.5 * knob(24)) * follow(mic(1), attack=0.02, release=1.2))

# the kit: the hats step back while you play, the drum stays
kit = {
    "drum": drum(seq("x--- ---o x-o- ----", swing=swing)),
    "low": knock(seq("---- x--- -o-- x--o", swing=swing), at=0.75),
    "high": knock(euclid(5, 16, turn=3, swing=swing), at=0.25, rate=2),
    "hat": hat(seq("o-x- o-x- o-x- o-xo", swing=swing)),
    "brush": brush(seq("---- x--- ---- x---", swing=swing)),
}
front = kit["drum"] + 0.7 * kit["low"]
back = (1 - 0.7 * there) * (0.5 * kit["high"] + 0.6 * kit["hat"] + 0.5 * kit["brush"])
drums = compressor(front + back, threshold=-16, ratio=2.5, makeup=1)

# below
line = tone(shape="saw", attack=0.004, release=0.1, hits=seq("x--x --x- -x-- o-o-", swing=swing), notes="f1 f1 c2 d2 f1 a1 g1")
pluckiness = env(attack=0.003, decay=0.2, sustain=0.1, hits=seq("x--x --x- -x-- o-o-", swing=swing))
bass = filter(line, cutoff=180 + (500 + 1500 * knob(23)) * pluckiness, q=1.5)

# above: two bars on, two bars to listen
chord = filter(clip("brass swell", start=1.6, stop=2.2, hits=seq("--x- ---- ---- ---- ---- -x-- ---- ----", swing=swing)), cutoff=1800)
tines = pluck(decay=0.9, bright=0.55, hits=euclid(7, 16, swing=swing), notes="a3 c4 e4 g4 b3 e4 c4 d4")
above = delay(0.8 * chord + (0.35 - 0.25 * there) * tines, time=beats(3 / 4), feedback=0.25 + 0.55 * knob(22), tone=2600, mix=0.35)

out.stage = [(0.8 - 0.6 * knob(21)) * drums, 0.35 * bass, (0.9 - 0.4 * there) * above, 1.2 * room]
