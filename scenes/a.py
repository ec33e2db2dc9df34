"""The scene 'a'."""

from live import *

tempo(140)


out.stage = 0.3 * clip("wood knocks")
