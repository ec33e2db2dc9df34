"""Pulse: a kit, a bass, a chord and tines, to play over. It listens to input 1: while you play, it makes room.

knob 21   the kit softer
knob 22   the echo of the tines comes back more often
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
aside = 1 - 0.7 * there  # what steps back while you play

# the kit: the drum stays, the rest steps back; every eighth bar the hats go double
phrase = lfo(beats=32, shape="saw")
busy = when(phrase > 0.875, 1, 0)
kit = {
    "drum": drum(seq("x--- ---o x-o- ----", swing=swing)),
    "low": knock(seq("---- x--- -o-- x--o", swing=swing), at=0.75),
    "high": knock(euclid(5, 16, turn=3, swing=swing), at=0.25, rate=2),
    "hat": hat(seq("o-x- o-x- o-x- o-xo", swing=swing)),
    "fast": hat(seq("xoxo xoxo", every=1 / 8), long=0.03),
    "brush": brush(seq("---- x--- ---- x---", swing=swing)),
}
front = 0.65 * kit["drum"] + 1.1 * kit["low"]
back = aside * (kit["high"] + 1.3 * kit["hat"] + busy * kit["fast"] + 1.2 * kit["brush"])
drums = compressor(front + back, threshold=-18, ratio=2.5, makeup=2)

# below
line = seq("x--x --x- -x-- o-o-", swing=swing)
string = tone(shape="saw", attack=0.004, release=0.1, hits=line, notes="f1 f1 c2 d2 f1 a1 g1")
finger = env(attack=0.003, decay=0.2, sustain=0.1, hits=line)
bass = filter(string, cutoff=200 + (900 + 2000 * knob(23)) * finger, q=1.5)

# above: brass for two bars, two bars to listen; tines all the way, brighter and darker in sixteen bars
brass = clip(
    "brass swell",
    start=1.6,
    stop=2.3,
    hits=seq("--x- ---- ---o ---- ---- -x-- ---- ---- ---- ---- ---- ---- ---- ---- ---- ----", swing=swing),
)
chord = filter(brass, cutoff=2200)
tines = pluck(decay=0.9, bright=lfo(0.25, 0.75, beats=64), hits=euclid(7, 16, swing=swing), notes="a3 c4 e4 g4 b3 e4 c4 d4")
echo = delay(tines, time=beats(3 / 4), feedback=0.25 + 0.55 * knob(22), tone=2600, mix=0.35)

out.stage = [(0.8 - 0.6 * knob(21)) * drums, 0.2 * bass, aside * (0.9 * chord + 0.8 * echo), 1.2 * room]
