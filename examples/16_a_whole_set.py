"""A whole set: weather, a kit, a string, your microphone; knobs 21 to 24 shape it."""

from live import *

tempo(92)

# the weather
rain = clip("rain on tin", rate=0.75)
hum = clip("room hum", rate=0.5)
weather = filter(2 * rain + 0.8 * hum, cutoff=lfo(250, 2500, beats=32))

# the kit, softer the further knob 21 is turned up
kit = {
    "low": clip("wood knocks", stop=0.12, hits=seq("x--o --x- o-x- ----", swing=0.3)),
    "high": clip("wood knocks", start=0.25, stop=0.37, rate=2, hits=euclid(5, 16, turn=2, swing=0.3)),
    "shake": clip("rain on tin", start=0.4, stop=0.46, rate=3, hits=seq("o-xo", swing=0.3)),
}
drums = compressor(sum(kit.values()), threshold=-20, ratio=3)
hit = follow(drums, release=0.3)

# a string, its echo in time; knob 22 makes the echoes many
string = pluck(decay=3, bright=0.4 + 0.5 * knob(23), hits=euclid(7, 16), notes="d3 a3 c4 f4 e4")
echo = delay(string, time=beats(3 / 4), feedback=0.3 + 0.5 * knob(22), tone=3000, mix=0.4)

# you
voice = reverb(mic(1), decay=4, mix=0.4)

out.stage = [(0.9 - 1.5 * hit) * weather, (0.8 - 0.7 * knob(21)) * drums, 0.7 * echo, voice]
