"""Evenly, and swung: euclid spreads hits over steps as far apart as they will go; swing makes every second step late."""

from live import *

tempo(92)

five = clip("wood knocks", stop=0.12, hits=euclid(5, 16))  # x---x--x--x--x--
three = clip("wood knocks", start=0.75, stop=0.9, rate=1.5, hits=euclid(3, 8, swing=0.6))  # x--x--x-, the feel of triplets
seven = clip("wood knocks", start=0.25, stop=0.32, rate=3, hits=euclid(7, 12))  # twelve steps: it comes round after three beats
pulse = tone(55, hits=every(1))  # one hit every beat

out.stage = 0.8 * five + 0.5 * three + 0.3 * seven + 0.25 * pulse
