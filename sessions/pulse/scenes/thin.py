"""Thin: a drum, a hat, a bass on one note; all the room is yours."""

from kit import drum, hat

from live import *

tempo(104)
swing = 0.45

you = compressor(mic(1), threshold=-28, ratio=3, makeup=4)
room = reverb(delay(you, time=beats(3 / 4), feedback=0.5, tone=3500, mix=0.3), size=0.9, decay=5, mix=0.35)
there = least(1, (5 - 4.5 * knob(24)) * follow(mic(1), attack=0.02, release=1.2))
aside = 1 - 0.7 * there

kit = {
    "drum": drum(seq("x--- ---- --o- ----", swing=swing)),
    "hat": hat(seq("--x- --x- --x- --xo", swing=swing), long=0.09),
}
front = 0.8 * kit["drum"]
back = aside * 1.6 * kit["hat"]
drums = compressor(front + back, threshold=-18, ratio=2.5, makeup=2)

line = seq("x--- ---- --x- ----", swing=swing)
string = tone(shape="saw", attack=0.004, release=0.3, hits=line, notes="f1 f1 f1 c2")
finger = env(attack=0.003, decay=0.4, sustain=0.1, hits=line)
bass = filter(string, cutoff=180 + (500 + 2000 * knob(23)) * finger, q=2)

tines = pluck(decay=2, bright=0.3, hits=euclid(3, 16, swing=swing), notes="e4 c4 g4 b3")
echo = delay(tines, time=beats(3 / 4), feedback=0.5 + 0.3 * knob(22), tone=2000, mix=0.5)

out.stage = [(0.9 - 0.6 * knob(21)) * drums, 0.3 * bass, aside * 1.4 * echo, 1.2 * room]
