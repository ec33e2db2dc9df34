"""What is near and what is far: the further away, the duller, the more room around it."""

from live import *


def far(sound, away=0.5, decay=6):
    """A sound some way off: away goes from 0, at your ear, to 1, behind the hill."""
    return reverb(filter(sound, cutoff=9000 * 0.06**away), size=0.9, decay=decay, mix=0.15 + 0.6 * away, damp=0.5)


def drift(low, high, beats):
    """A number that wanders between two others and never says the same thing twice."""
    return lfo(low, high, beats=beats, shape="drift")


def tide(beats, start=0.0):
    """Up and away again: from 0 to 1 and back, longer at 0."""
    return lfo(-0.35, 1, beats=beats, start=start)
