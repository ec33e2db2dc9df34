"""Follow: how loud one sound is moves another. The rain ducks under the knocks, and the bell's echo opens with them."""

from live import *

tempo(88)

knocks = clip("wood knocks", hits=seq("x--- --o- --x- ----"), stop=0.5)
loud = follow(knocks, release=0.4)  # from 0, silent, to 1, as loud as can be
rain = (1 - 2 * loud) * clip("rain on tin", rate=0.75)
hum = filter(clip("room hum"), cutoff=200 + 6000 * loud)

out.stage = 0.8 * knocks + 1.2 * rain + 0.5 * hum
