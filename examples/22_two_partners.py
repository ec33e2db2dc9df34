"""Two partners: the second listens to both, remembers glass, and leaves room while it is loud."""

from live import *

tempo(96)

lead = clip("kalimba phrase")
brass = answer(lead, memory="brass swell", dare=0.3, wait=1)
glass = answer(lead + brass, memory="glass", dare=knob(3), density=0.8, space=0.4, pace="beat")

out.stage = 0.5 * lead + brass + 0.7 * pan(glass, at=-0.4)
