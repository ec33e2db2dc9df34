"""Echo in time: three quarters of a beat later, and again, a little darker each time. It follows the tempo."""

from live import *

tempo(84)

string = pluck(decay=2, bright=0.6, hits=seq("x-- x-- x-"), notes="d3 a3 c4 f4 e4")
echo = delay(string, time=beats(3 / 4), feedback=0.55, tone=2500, mix=0.45)
space = reverb(echo, decay=4, mix=0.25)

out.stage = 1.5 * space
