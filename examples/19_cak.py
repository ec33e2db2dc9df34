"""A kernel: eleven numbers look at the sound's spectrum as a picture and roughen it. texture is how much; at 0 nothing is changed.

Others go by their names: "published mirrored" hears time backwards, "published inverted" takes away what it added.
Kernels of your own lie in the session's kernels/ folder; save one again and it is heard.
"""

from live import *

rain = clip("rain on tin", rate=0.5)

worn = cak(rain, texture=knob(21, 0.6), kernel="published")
thin = cak(rain, texture=[0.4, lfo(0, 0.9, beats=8)], kernel="published inverted", low=400)

out.stage = 0.5 * worn + 0.3 * thin
