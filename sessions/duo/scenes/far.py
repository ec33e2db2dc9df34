"""Far: it goes its own way, worn and restless."""

from live import *

tempo(96)

player = when(knob(1) > 0.5, mic(1), clip("reed solo"))
partner = answer(player, memory="horn lines", dare=0.9, follow=0.1, space=0, wait=0)
worn = cak(partner, texture=0.7, drive=6)
room = reverb(player + 0.7 * worn, size=0.8, decay=4, mix=1)

out.stage = 0.6 * player + 0.9 * worn + 0.12 * room
