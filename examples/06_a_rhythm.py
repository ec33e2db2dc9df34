"""A rhythm: x is loud, o is soft, - is nothing; spaces are for the eye. A step lasts a quarter of a beat."""

from live import *

tempo(104)

low = clip("wood knocks", stop=0.12, hits=seq("x--o --x- o-x- ----"))  # its first 0.12 s, struck at each hit
high = clip("wood knocks", start=0.25, stop=0.37, rate=2, hits=seq("--x- --x- --x- -oxo"))  # another knock, an octave up
bell = clip("low bell", rate=2, hits=seq("x---", every=4))  # a step of four beats: one stroke in four bars

out.stage = low + 0.7 * high + 0.3 * bell
