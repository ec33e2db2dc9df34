"""Ways around the ring. A whole turn goes from 0 to 1; 0 is the first loudspeaker."""

from live import *


def walk(sound, beats, start=0.0, width=0.0):
    """Once around in so many beats."""
    return spread(sound, at=lfo(0, 1, beats=beats, shape="saw", start=start), width=width)


def stray(sound, around, far=0.15, beats=8):
    """Never far from one spot."""
    return spread(sound, at=lfo(around - far, around + far, beats=beats, shape="drift"))


def everywhere(sound):
    """From all sides alike."""
    return spread(sound, width=1)


def behind(sound):
    """At your back, as wide as the sound is."""
    return spread(sound, at=9 / 16, width=1 / 4)
