"""A partner: it listens, decides, and answers with brass it remembers. why(partner) says what it plays and why."""

from live import *

tempo(96)

lead = clip("kalimba phrase")
partner = answer(lead, memory="brass swell", dare=0.3, wait=1)  # memory: a sound, a folder of corpus/, or a list of them

out.stage = 0.5 * lead + 1.2 * partner
