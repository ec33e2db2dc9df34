"""Many at once: Python makes lists and dicts, and every part of them is a place: mute(drops[2]), kit["low"].gain = 0.5."""

from live import *

tempo(100)

kit = {
    "low": clip("wood knocks", stop=0.12, hits=seq("x--- x--o -x-- x---")),
    "high": clip("wood knocks", start=0.25, stop=0.37, rate=2, hits=euclid(3, 8)),
}
drops = [pluck(decay=1.5, hits=euclid(k, 16, turn=k), notes=note) for k, note in [(2, "e4"), (3, "a4"), (5, "c5")]]
ring = reverb(sum(drops), decay=5, mix=0.6)  # sum() mixes a list; filter(drops, ...) would do, too

out.stage = [0.8 * kit["low"], 0.5 * kit["high"], 0.8 * ring]  # a list goes out as a mix
