"""Latents: a sound as a few numbers, which can be added, taken away and scaled. Here knocks are taken out of a mix again."""

from live import *

tempo(96)

knocks = clip("wood knocks")
kalimba = clip("kalimba phrase")
both = kalimba + knocks
less = latent(both) - knob(21) * latent(knocks)  # turn it up, and the knocks leave; - is for latents and for numbers

out.stage = 0.6 * less  # a latent that goes out is made sound again
