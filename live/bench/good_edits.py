"""A hundred edits as they are made on stage, all to be heard by the second bar: (what kind, what stood there, what stands there now).

What stood there is a piece of ``bad_edits.BASE``; empty: the new lines come at the end; ``*``: the whole script.
"""

# fmt: off - one edit a line

from __future__ import annotations

OUT = "out.stage = [0.5 * low, 0.5 * air, 0.6 * worn, 0.4 * beat]"


def also(lines: str, sound: str = "fresh", gain: float = 0.3) -> tuple[str, str]:
    """Another voice beside the four."""
    return OUT, f"{lines}\n{OUT[:-1]}, {gain} * {sound}]"


NUMBERS = [
    *(
        ("a number", f"{name}={was}", f"{name}={now}")
        for name, was, now in (
            ("gain", "0.4", "0.3"),
            ("gain", "0.4", "0.5"),
            ("gain", "0.2", "0.1"),
            ("rate", "0.75", "0.5"),
            ("rate", "0.75", "1"),
            ("rate", "0.75", "-0.5"),
            ("time", "0.3", "0.45"),
            ("feedback", "0.4", "0.7"),
            ("mix", "0.3", "0.6"),
            ("decay", "0.5", "2"),
            ("beats", "8", "3"),
            ("beats", "8", "16"),
        )
    ),
    *(
        ("a number", was, now)
        for was, now in (
            ("tone(55", "tone(82.4"),
            ("tone(55", "tone(110"),
            ("lfo(300", "lfo(100"),
            ("1200", "2400"),
            ("pluck(220", "pluck(330"),
            ("pluck(220", 'pluck(freq="e3"'),
            ("0.5 * low", "0.6 * low"),
            ("0.5 * air", "0.2 * air"),
            ("0.6 * worn", "0.3 * worn"),
            ("0.4 * beat", "0.5 * beat"),
        )
    ),
]
KNOBS = [
    ("a knob", "rate=0.75", "rate=knob(21)"),
    ("a knob", "0.5 * low", "knob(22) * low"),
    ("a knob", "feedback=0.4", "feedback=0.2 + 0.5 * knob(23)"),
    ("a knob", "mix=0.3", "mix=knob(24).smooth(0.5)"),
    ("a knob", "1200", "1200 + 900 * knob(25)"),
    ("a knob", "cutoff=lfo(300, 1200, beats=8)", "cutoff=knob(21).log(200, 4000)"),
    ("a knob", "0.4 * beat", "(0.2 + 0.3 * knob('near')) * beat"),
    ("a knob", "tone(55", "tone(55 + 20 * knob(3)"),
    ("a knob", "0.5 * air", "when(knob(1) > 0.5, 0.2, 0.5) * air"),
    ("a knob", "gain=0.2", "gain=least(knob(1), 0.3)"),
]
MOVES = [
    ("a wave", "gain=0.4", "gain=lfo(0.2, 0.5, beats=4)"),
    ("a wave", "rate=0.75", "rate=lfo(0.5, 1, beats=16)"),
    ("a wave", "time=0.3", "time=beats(3 / 4)"),
    ("a wave", "time=0.3", "time=beats(1 / 2)"),
    ("a wave", "mix=0.3", 'mix=lfo(0.1, 0.5, beats=8, shape="drift")'),
    ("a wave", "lfo(300, 1200, beats=8)", "lfo(300, 1200, rate=0.3)"),
    ("a wave", "lfo(300, 1200, beats=8)", "300 + 900 * follow(low)"),
    ("a wave", "lfo(300, 1200, beats=8)", "200 + 2000 * env(decay=0.3, sustain=0.1, hits=every(1))"),
    ("a wave", "0.5 * low", "(0.2 + 0.2 * follow(beat)) * low"),
    ("a wave", "lfo(300, 1200, beats=8)", "lfo(300, 1200, beats=8) + lfo(0, 200, rate=5)"),
]
RHYTHMS = [
    ("a rhythm", '"x-o- xx-o"', '"x--x --x-"'),
    ("a rhythm", '"x-o- xx-o"', '"x-o- xx-o", swing=0.4'),
    ("a rhythm", '"x-o- xx-o"', '"x-o- xx-o", every=1/2'),
    ("a rhythm", 'seq("x-o- xx-o")', "euclid(5, 8)"),
    ("a rhythm", 'seq("x-o- xx-o")', "euclid(7, 16, turn=2)"),
    ("a rhythm", 'seq("x-o- xx-o")', "every(1)"),
    ("a rhythm", 'hits=seq("x-o- xx-o")', 'hits=seq("x-o- xx-o"), notes="a3 c4 e4"'),
    ("a rhythm", 'hits=seq("x-o- xx-o")', 'hits=seq("x-o- xx-o"), notes=[110, 165, 220]'),
    ("a rhythm", 'clip("rain on tin", rate=0.75)', 'clip("wood knocks", hits=seq("x-o-"))'),
    ("a rhythm", "tone(55, gain=0.4)", 'tone(55, gain=0.4, hits=seq("xxxx"), release=0.4)'),
]
NEW = [
    ("another voice", *also("fresh = noise(gain=0.1)")),
    ("another voice", *also('fresh = clip("room hum")')),
    ("another voice", *also('fresh = grains("glass", density=8, size=0.3)')),
    ("another voice", *also("fresh = pluck(330, hits=every(1/2))")),
    ("another voice", *also('fresh = tone(110, shape="saw", gain=0.2)')),
    ("another voice", *also('fresh = reverb(clip("low bell", hits=every(2)), decay=4)')),
    ("another voice", *also("fresh = delay(mic(1), time=0.25, feedback=0.5)")),
    ("another voice", *also("fresh = mic(2)")),
    ("another voice", *also("fresh = pan(beat, at=lfo(-1, 1, beats=4))")),
    ("another voice", *also("fresh = compressor(rain, threshold=-30)")),
    ("another voice", *also("fresh = freeze(rain, hold=0.5)")),
    ("another voice", *also("fresh = tilt(air, slope=3)")),
]
TREATED = [
    ("treated", "out.stage = [0.5 * low", "deep = filter(low, cutoff=90)\nout.stage = [0.5 * deep"),
    ("treated", "0.5 * low", "0.5 * reverb(low, decay=3)"),
    ("treated", "0.4 * beat", "0.4 * delay(beat, time=beats(1 / 2), feedback=0.5)"),
    ("treated", "0.4 * beat", "0.4 * smear(beat)"),
    ("treated", "0.6 * worn", "0.6 * filter(worn, 3000, q=2)"),
    ("treated", "delay(rain", "delay(filter(rain, cutoff=2000)"),
    ("treated", "delay(rain", "delay(rain + 0.3 * low"),
    ("treated", "filter(noise(gain=0.2)", "filter(noise(gain=0.2) + 0.2 * low"),
    ("treated", "beats=8))", 'beats=8), mode="bp")'),
    ("treated", "worn = delay(rain, time=0.3, feedback=0.4, mix=0.3)", "worn = reverb(rain, decay=2, mix=0.4)"),
]
TAKEN = [
    ("taken away", ", 0.4 * beat]", "]"),
    ("taken away", "[0.5 * low, ", "["),
    ("taken away", "out.stage = [0.5 * low, 0.5 * air, 0.6 * worn, 0.4 * beat]", "out.stage = 0.5 * low"),
    ("taken away", "worn = delay(rain, time=0.3, feedback=0.4, mix=0.3)", "worn = rain"),
    ("taken away", "filter(noise(gain=0.2), cutoff=lfo(300, 1200, beats=8))", "noise(gain=0.05)"),
]
WRITTEN = [
    ("Python", "out.stage = [", "def far(sound):\n    return filter(sound, cutoff=600)\n\nout.stage = [0.2 * far(rain), "),
    ("Python", "out.stage = [", "voices = [tone(110 * k, gain=0.05) for k in range(1, 6)]\nout.stage = [*voices, "),
    (
        "Python",
        "out.stage = [",
        'kit = {"high": pluck(440, hits=every(1)), "low": pluck(110, hits=every(2))}\nout.stage = [0.2 * kit["high"], 0.2 * kit["low"], ',
    ),
    ("Python", "tempo(120)", "tempo(100 + 20)"),
    (
        "Python",
        "out.stage = [",
        "import random\nrandom.seed(3)\nscattered = [pluck(random.choice([220, 330]), hits=every(1, turn=k / 4)) for k in range(3)]\nout.stage = [*(0.1 * one for one in scattered), ",
    ),
    ("Python", OUT, "out.stage = 0.5 * low + 0.5 * air\nout.stage = out.stage + 0.6 * worn + 0.4 * beat"),
    ("Python", "0.6 * worn", "0.7 * (worn + 0.2 * low)"),
    ("Python", "", "spare = reverb(beat)\n"),
    ("Python", OUT, OUT + "\nout[1] = 0.1 * rain"),
    ("Python", OUT, OUT + "\nout.rear = 0.2 * beat"),
]
TIME = [
    ("time", "tempo(120)", "tempo(126)"),
    ("time", "tempo(120)", "tempo(96)"),
    ("time", "tempo(120)", "tempo(120, bar=3)"),
    ("time", "tempo(120)", "tempo(140, bar=5)"),
]
NAMES = [
    ("another name", "*", "rain -> drops"),
    ("another name", "*", "low -> deep"),
    ("another name", "*", "beat -> pulse"),
]
NOTHING = [
    ("nothing changes", "", "\n\n# a remark\n"),
    ("nothing changes", "low = tone(55, gain=0.4)", "low = tone(freq=55, gain=0.4)  # deep"),
    ("nothing changes", "gain=0.4", "gain=0.2 * 2"),
    ("nothing changes", "*", "lines"),
]

GOOD = NUMBERS + KNOBS + MOVES + RHYTHMS + NEW + TREATED + TAKEN + WRITTEN + TIME + NAMES + NOTHING
