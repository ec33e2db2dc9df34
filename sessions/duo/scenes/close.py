"""Close: it hears you out, and stays near to what you play."""

from live import *

tempo(96)

player = when(knob(1) > 0.5, mic(1), clip("reed solo"))
partner = answer(player, memory="horn lines", dare=0.1, follow=0.8, space=0.5, wait=2)
worn = cak(partner, texture=0.2, drive=6)
room = reverb(player + 0.7 * worn, size=0.8, decay=4, mix=1)

out.stage = 0.6 * player + 0.9 * worn + 0.12 * room
