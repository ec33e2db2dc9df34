"""Two partners: the second listens to both, remembers a kalimba, and leaves room while it is loud."""

from live import *

tempo(96)

lead = clip("reed solo")
horn = answer(lead, memory="horn lines", dare=0.3, wait=1)
tines = answer(lead + horn, memory="kalimba phrase", dare=0.5, density=0.6, space=0.4)

out.stage = 0.5 * lead + 0.9 * horn + 0.7 * pan(tines, at=-0.4)
