"""Your own microphone, in a room of its own. Wear headphones: loudspeakers near a microphone howl."""

from live import *

hum = clip("room hum")  # something to play against; without a microphone it is all you hear
voice = compressor(mic(1), threshold=-30, ratio=3, makeup=6)  # inputs are counted from 1
hall = reverb(voice, decay=3, size=0.8, mix=0.4)

out.stage = 0.8 * hum + hall
