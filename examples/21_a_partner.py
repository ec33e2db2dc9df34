"""A partner: it listens, decides, and answers with a horn it remembers. why(partner) says what it plays and why."""

from live import *

tempo(96)

lead = clip("reed solo")
partner = answer(lead, memory="horn lines", dare=0.3, wait=1)  # memory: a sound, a folder of corpus/, or a list of them

out.stage = 0.6 * lead + partner
