"""Duo: a player, and a partner who answers from what it remembers. Until you play into input 1, a clarinet plays for you.

knob 1    you instead of the clarinet
knob 3    how far the partner dares to go
knob 4    how much room it leaves you
knob 21   how worn it sounds

scene("close")   scene("far")

why(partner) says what it plays, from where, and why. never(partner) and more_like(partner) say what you think of it.
"""

from live import *

tempo(96)

player = when(knob(1) > 0.5, mic(1), clip("reed solo"))
partner = answer(player, memory="horn lines", dare=knob(3), space=0.6 * knob(4), wait=1)
worn = cak(partner, texture=0.8 * knob(21), drive=6)
room = reverb(player + 0.7 * worn, size=0.8, decay=4, mix=1)

out.stage = 0.6 * player + 0.9 * worn + 0.12 * room
