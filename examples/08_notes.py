"""Notes on a plucked string: the hits take the notes in turn, so five notes on a rhythm of seven never fall alike."""

from live import *

tempo(84)

string = pluck(decay=5, bright=0.5, hits=euclid(7, 16), notes="c3 g3 bb3 d4 f4")
bass = tone(shape="triangle", attack=0.02, release=0.4, hits=seq("x--- --o-", every=1 / 2), notes="c2 c2 ab1 f1")

out.stage = string + 0.3 * bass
