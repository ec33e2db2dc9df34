"""A hundred edits that must never be heard: (what kind, what stood there, what stands there now, a word of the message).

What stood there is a piece of ``BASE``; empty: the new lines come at the end; ``*``: the whole script.
Where the new text is bytes, it is saved as it is.
"""

# fmt: off - one edit a line

from __future__ import annotations

BASE = '''"""Four voices that never pause: the edits are made to these."""

from live import *

tempo(120)
low = tone(55, gain=0.4)
air = filter(noise(gain=0.2), cutoff=lfo(300, 1200, beats=8))
rain = clip("rain on tin", rate=0.75)
worn = delay(rain, time=0.3, feedback=0.4, mix=0.3)
beat = pluck(220, decay=0.5, hits=seq("x-o- xx-o"))
out.stage = [0.5 * low, 0.5 * air, 0.6 * worn, 0.4 * beat]
'''

LATER = "def {name}(x, state=1, rate=1):\n    state[0] += 1\n    return {bad} if state[0] > {seconds} * rate else x\n\nworse = {name}(low)\nout.stage = [0.5 * worse, 0.5 * air, 0.6 * worn]\n"
EFFECT = "\n@effect\n"

SYNTAX = [
    ("syntax", "rate=0.75)", "rate=0.75", "never closed"),
    ("syntax", '"rain on tin"', '"rain on tin', "no closing quote"),
    ("syntax", "low = tone", "low == = tone", "not Python"),
    ("syntax", "tempo(120)", "tempo(120", "never closed"),
    ("syntax", "low = tone", "    low = tone", "indented"),
    ("syntax", "rain, time", "rain time", "comma"),
    ("syntax", "gain=0.4", "gain=0.4.1", "main.py:6"),
    ("syntax", "", "if True\n    x = 1\n", "colon"),
    ("syntax", "", "def far(x):\n", "main.py:1"),
    ("syntax", "out.stage = [", "out.stage = (", "does not match"),
    ("syntax", "from live import *", "from live imp *", "not Python"),
    ("syntax", "", "worse = 3x\n", "main.py:12"),
    ("syntax", "", "if True:\n        x = 1\n\ty = 2\n", "Tabs and spaces"),
]
NAMES = [
    ("names", "clip(", "klip(", "clip"),
    ("names", "delay(rain", "delay(rian", "rain"),
    ("names", "feedback=0.4", "feedbak=0.4", "feedback"),
    ("names", "cutoff=", "cutof=", "cutoff"),
    ("names", "out.stage", "out.stag", "stage"),
    ("names", "lfo(300", "lof(300", "There is no 'lof'"),
    ("names", "from live import *\n", "", "from live import *"),
    ("names", "", "tempoo(90)\n", "tempo"),
    ("names", "", "reverb = rain\nout.stage = reverb\n", "word of the language"),
    ("names", "", "more = worn.wetness\n", "no control"),
    ("names", "", "hush()\n", "hush"),
]
KINDS = [
    ("kinds", "", "worse = rain - low\nout.stage = worse\n", "Sound minus sound"),
    ("kinds", "", "out.stage = rain * low\n", "scales"),
    ("kinds", "", "out.stage = rain + 1\n", "mixes sounds"),
    ("kinds", "", "out.stage = latent(rain) + low\n", "latent"),
    ("kinds", "", "rain >> low\n", ">>"),
    ("kinds", "", "if knob(21) > 0.5:\n    low = rain\n", "when("),
    ("kinds", "", "out.stage = lfo(1)\n", "Only sounds"),
    ("kinds", "", "out.stage = 7\n", "Only sounds"),
    ("kinds", "", 'out.stage = "rain"\n', "Only sounds"),
    ("kinds", "", "out.stage = filter\n", "to hear it, call it"),
    ("kinds", "", "worse = filter(cutoff=300)\n", "needs a sound"),
    ("kinds", "", "worse = filter(rain, low, 300)\n", "main.py:12"),
    ("kinds", "time=0.3", "time=rain", "number, not a sound"),
    ("kinds", "rate=0.75", 'rate="fast"', "a number"),
    ("kinds", "hits=seq(", "hits=5 or seq(", "rhythm"),
    ("kinds", "", "worse = filter(rain, mode=knob(1))\n", "cannot move"),
]
RANGES = [
    ("ranges", "gain=0.4", "gain=40", "outside"),
    ("ranges", "rate=0.75", "rate=99", "outside"),
    ("ranges", "feedback=0.4", "feedback=1.4", "0.99"),
    ("ranges", "tempo(120)", "tempo(0)", "tempo goes from"),
    ("ranges", "tempo(120)", "tempo(1e9)", "tempo goes from"),
    ("ranges", "tone(55", "tone(-55", "outside"),
    ("ranges", "0.5 * low", "-0.5 * low", "no minus"),
    ("ranges", "0.5 * low", "500 * low", "more than 16"),
    ("ranges", "gain=0.2", 'gain=float("nan")', "number"),
    ("ranges", "decay=0.5", 'decay=float("inf")', "number"),
    ("ranges", "", "turned = rain * knob(5000)\n", "knob"),
    ("ranges", "", "worse = pluck(220, hits=euclid(9, 4))\n", "euclid"),
]
FILES = [
    ("files", '"rain on tin"', '"rain on tn"', "rain on tin"),
    ("files", '"rain on tin"', '"/nowhere/rain.wav"', "rain.wav"),
    ("files", '"rain on tin"', '""', "main.py:8"),
    ("files", "", "import drumz\n", "drumz"),
    ("files", "", "from kit import brush\n", "kit"),
    ("files", "", 'text = open("nothing.txt").read()\n', "nothing.txt"),
    ("files", '"x-o- xx-o"', '"x-q- xx-o"', "main.py:10"),
    ("files", "", 'sung = tone(hits=seq("x"), notes="c3 h9")\n', "no note"),
    ("files", "*", b"", "nothing in main.py"),
    ("files", "*", b"\x00\x01\x02", "main.py"),
]
ROOM = [
    ("room", "", "out[9] = rain\n", "loudspeaker"),
    ("room", "", "out[0] = rain\n", "counted from 1"),
    ("room", "", "out.balcony = rain\n", "no output"),
    ("room", "", "you = mic(9)\nout.rear = you\n", "input"),
    ("room", "", 'you = mic("guitar")\n', "no input"),
    ("room", "", "you = mic(0)\n", "counted from 1"),
]
EXCEPTIONS = [
    ("exception", "", "x = 1 / 0\n", "divided by zero"),
    ("exception", "", "x = [1, 2][5]\n", "main.py:12"),
    ("exception", "", "x = {}['kick']\n", "kick"),
    ("exception", "", "raise ValueError('no')\n", "ValueError"),
    ("exception", "", "x = int('seven')\n", "main.py:12"),
    ("exception", "", "x = None.sound\n", "no 'sound'"),
    ("exception", "", "assert False, 'stop here'\n", "stop here"),
    ("exception", "", "def f():\n    return f()\n\nf()\n", "calls itself"),
    ("exception", "", "x = 'a' + 1\n", "main.py:12"),
    ("exception", "", "a, b = 1, 2, 3\n", "main.py:12"),
]
ENDS = [
    ("endless", "", "while True:\n    pass\n", "Still running"),
    ("endless", "", "import time\ntime.sleep(60)\n", "Still running"),
    ("endless", "", "x = 1\nfor k in iter(int, 1):\n    x += k\n", "Still running"),
    ("endless", "", "import sys\nsys.exit()\n", "quit"),
    ("endless", "", "name = input('who? ')\n", "cannot ask"),
    ("endless", "", "import os\nos._exit(1)\n", "ended"),
    ("endless", "", EFFECT + "def worse(x):\n    while True:\n        x = x\n    return x\n\nout.stage = worse(low)\n", "worse"),
]
SOUNDING = [
    ("not a number", "", EFFECT + LATER.format(name="fine", bad="math.nan", seconds=4.5), "bar 3"),
    ("not a number", "", EFFECT + LATER.format(name="big", bad="math.inf", seconds=4.5), "bar 3"),
    ("not a number", "", EFFECT + LATER.format(name="far", bad="math.sqrt(-1.0)", seconds=4.2), "worse"),
    ("not a number", "", EFFECT + LATER.format(name="huge", bad="1e9", seconds=4.5), "bar 3"),
    ("loud", "0.5 * low", "10 * low", "over the ceiling"),
    ("loud", "0.6 * worn", "16 * worn", "over the ceiling"),
    ("loud", "0.5 * low", "5 * low + 5 * low", "over the ceiling"),
    ("loud", "", EFFECT + LATER.format(name="swell", bad="30.0 * x", seconds=4.5), "over the ceiling"),
    ("loud", "", EFFECT + LATER.format(name="lean", bad="0.6", seconds=2.5), "direct current"),
    (
        "too dear",
        "",
        "worse = [reverb(low, decay=k / 50) for k in range(50, 650)]\nout.stage = [0.001 * one for one in worse]\n",
        "of a core",
    ),
    ("too dear", "", "worse = [smear(rain, bins=k % 60) for k in range(700)]\nout.stage = [0.001 * one for one in worse]\n", "of a core"),
    (
        "too dear",
        "",
        EFFECT
        + "def slow(x):\n    for k in range(800):\n        x = math.sin(x + k)\n    return x\n\nworse = slow(low)\nout.stage = 0.5 * worse\n",
        "slow",
    ),
]
SILENT = [
    ("nothing heard", "out.stage = [0.5 * low, 0.5 * air, 0.6 * worn, 0.4 * beat]\n", "", "Nothing would be heard"),
    ("nothing heard", "[0.5 * low, 0.5 * air, 0.6 * worn, 0.4 * beat]", "0 * low", "Nothing would be heard"),
    ("nothing heard", "", 'out.stage = pluck(220, hits=seq("----"))\n', "Nothing would be heard"),
]

BAD = SYNTAX + NAMES + KINDS + RANGES + FILES + ROOM + EXCEPTIONS + ENDS + SOUNDING + SILENT
