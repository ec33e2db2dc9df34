"""Outputs by name: stage in front, rear behind, ring all around. Where there is only a pair, all of it folds onto that pair.

antiphon play examples/15_outputs_by_name.py --channels 8
"""

from live import *

tempo(72)

hum = clip("room hum")
bell = clip("low bell", rate=0.75, hits=every(8))
rain = clip("rain on tin", rate=0.75)
walk = spread(pluck(decay=2, hits=euclid(5, 16), notes="d4 a4 f4"), at=lfo(0, 1, beats=16, shape="saw"))  # once around in four bars

out.stage = 0.6 * bell
out.rear = 1.2 * rain
out.ring = 0.3 * hum + 0.5 * walk
