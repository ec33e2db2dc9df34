"""A kit made of two sounds, noise and a tone. Each part takes the rhythm it is to play."""

from live import *


def drum(hits, low=46, high=150):
    """A skin: a tone that falls as it is struck."""
    fall = env(attack=0.001, decay=0.09, sustain=0, hits=hits)
    return tone(freq=low + (high - low) * fall, attack=0.001, release=0.12, hits=hits)


def knock(hits, at, rate=1.0):
    """One of the knuckles: where it lies in the recording, in seconds."""
    return clip("wood knocks", start=at, stop=at + 0.12, rate=rate, hits=hits)


def hat(hits, long=0.05):
    """Air, cut short."""
    return filter(env(attack=0.001, decay=long, sustain=0, hits=hits) * noise(), mode="hp", cutoff=7000)


def brush(hits):
    """A wire brush: air with a middle."""
    return 1.5 * filter(env(attack=0.004, decay=0.18, sustain=0, hits=hits) * noise("pink"), mode="bp", cutoff=1800, q=0.6)
