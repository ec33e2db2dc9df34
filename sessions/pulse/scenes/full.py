"""Full: everything at once, the brass in every bar, the tines doubled an octave up."""

from kit import brush, drum, hat, knock

from live import *

tempo(104)
swing = 0.45

you = compressor(mic(1), threshold=-28, ratio=3, makeup=6)
room = reverb(delay(you, time=beats(3 / 4), feedback=0.2, tone=3500, mix=0.15), size=0.5, decay=1.5, mix=0.2)
there = least(1, (5 - 4.5 * knob(24)) * follow(mic(1), attack=0.02, release=1.2))
aside = 1 - 0.5 * there

kit = {
    "drum": drum(seq("x--- x--o x-o- x---", swing=swing)),
    "low": knock(seq("---- x--- -o-- x--o", swing=swing), at=0.75),
    "high": knock(euclid(9, 16, turn=3, swing=swing), at=0.25, rate=2),
    "hat": hat(seq("o-x- o-x- o-x- o-xo", swing=swing)),
    "fast": hat(seq("xoxo xoxo", every=1 / 8), long=0.03),
    "brush": brush(seq("---- x--- ---- x-oo", swing=swing)),
}
front = 0.6 * kit["drum"] + 1.1 * kit["low"]
back = aside * (kit["high"] + 1.1 * kit["hat"] + 0.8 * kit["fast"] + 1.2 * kit["brush"])
drums = compressor(front + back, threshold=-20, ratio=3, makeup=2)

line = seq("x-xx --x- -x-x o-o-", swing=swing)
string = tone(shape="saw", attack=0.004, release=0.1, hits=line, notes="f1 f2 c2 d2 f1 a1 g1 c2")
finger = env(attack=0.003, decay=0.2, sustain=0.1, hits=line)
bass = filter(string, cutoff=250 + (1400 + 2000 * knob(23)) * finger, q=1.5)

brass = clip("brass swell", start=1.6, stop=2.3, hits=seq("--x- ---- ---o -x--", swing=swing))
chord = filter(brass, cutoff=3000)
tines = pluck(decay=0.9, bright=lfo(0.35, 0.8, beats=64), hits=euclid(11, 16, swing=swing), notes="a3 c4 e4 g4 b3 e4 c4 d4 a4 e5 g4 b4")
echo = delay(tines, time=beats(3 / 4), feedback=0.3 + 0.5 * knob(22), tone=3500, mix=0.35)

out.stage = [(0.75 - 0.6 * knob(21)) * drums, 0.2 * bass, aside * (0.7 * chord + 0.7 * echo), 1.2 * room]
