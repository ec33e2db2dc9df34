"""Two sounds and a filter: rain outside, a hum in the walls, and a door between them and you."""

from live import *

rain = clip("rain on tin", rate=0.75)
hum = clip("room hum")
door = filter(1.5 * rain + 0.8 * hum, cutoff=900)  # + mixes, * scales; what lies above 900 Hz stays outside

out.stage = door  # rain and hum are heard through the door only
