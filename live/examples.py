"""What help() shows: lines to be typed one after the other, as they stand. Every one of them is tried by the tests."""

from __future__ import annotations

from collections.abc import Mapping

PARTNER = ('lead = clip("reed solo")', 'partner = answer(lead, memory="horn lines")', "out.stage = 0.6 * lead + partner")
RAIN = 'rain = clip("rain on tin")'
KNOCKS = 'knocks = clip("wood knocks", hits="x-o- xx-o")'

TEN: tuple[tuple[str, str, str], ...] = (
    ("a note", 'song = out.stage = pluck(hits="x-xo", notes="c4 e4 g4")', ""),
    ("a knob", "out.stage = filter(noise(), cutoff=knob(21)); turn(21, 0.6)", ""),
    ("your own sound", 'out.stage = clip("hum")', "once hum.wav lies in corpus/"),
    ("two scenes", 'snap("a")', 'change something, snap("b"), morph("a", "b", 0.5)'),
    ("break it", 'out.stage = clip("no such sound")', "what plays plays on"),
    ("keep it", "keep(60)", "the last minute, as stems that sum to the mix"),
    ("all around", 'out.ring = spread(clip("rain on tin"), at=lfo(beats=16))', ""),
    ("a rhythm", 'out.stage = clip("wood knocks", hits=euclid(3, 8))', ""),
    ("save it", "keep()", "what you typed is written into your script"),
    ("unattended", "antiphon play dusk --headless", "in a shell, for days"),
)
"""Ten things to try: what, the line, what to know."""

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    # sources
    "clip": (
        'rain = clip("rain on tin", rate=0.5)', "out.stage = rain", "rain.rate = 0.75",
        'knocks = clip("wood knocks", hits=seq("x-o- xx-o"))', "out.stage = rain + knocks",
    ),
    "grains": ('mist = grains("rain on tin", density=40, size=0.2, position=lfo(beats=32))', "out.stage = mist", "mist.jitter = 0.6"),
    "noise": ('wind = filter(noise(color="pink"), cutoff=lfo(200, 1200, beats=16))', "out.stage = 0.5 * wind"),
    "pluck": ('wire = pluck(hits=seq("x-xo x-o-"), notes="c3 e3 g3 b3")', "out.stage = wire", "wire.decay = 8"),
    "tone": ("hum = tone(110)", "out.stage = 0.3 * hum", 'bass = tone(hits="x--x --x-", notes="c2 g1", shape="saw")', "out.stage = 0.3 * bass"),
    "mic": ("voice = mic(1)", "hall = reverb(voice, mix=0.4)", "out.stage = hall"),
    # treatments
    "compressor": (RAIN, KNOCKS, "duck = compressor(rain, knocks, threshold=-30, ratio=8)", "out.stage = duck + knocks"),
    "delay": (KNOCKS, "echo = delay(knocks, time=beats(3/4), feedback=0.6)", "out.stage = echo", "echo.mix = 0.3"),
    "filter": (RAIN, "dusk = filter(rain, cutoff=lfo(200, 2000, beats=8))", "out.stage = dusk", "dusk.q = 6", "dusk.cutoff = knob(21)"),
    "pan": (RAIN, "side = pan(rain, at=lfo(-1, 1, beats=8))", "out.stage = side"),
    "reverb": (KNOCKS, "hall = reverb(knocks, size=0.9, decay=8, mix=0.4)", "out.stage = hall"),
    "spread": (RAIN, "circle = spread(rain, at=lfo(beats=16))", "out.ring = circle", "circle.width = 0.3"),
    "cak": (
        RAIN, 'worn = cak(rain, texture=0.6, kernel="published")', "out.stage = worn", "worn.texture = knob(21)",
        'worn.kernel = "published mirrored"', 'worn.kernel = ("published", "published inverted", knob(22))', "worn.texture = [0.2, knob(21)]",
    ),
    "gatebins": (RAIN, "dry = gatebins(rain, threshold=-50)", "out.stage = dry", "dry.threshold = -40"),
    "smear": (KNOCKS, "cloud = smear(knocks, bins=24)", "out.stage = cloud", "cloud.amount = knob(22)"),
    "tilt": (RAIN, "dark = tilt(rain, slope=-4)", "out.stage = dark", "dark.slope = 2"),
    "sustain": (KNOCKS, "held = sustain(knocks, hold=pedal())", "out.stage = held", "held.hold = pad(36)"),
    "freeze": (RAIN, "held = freeze(rain, blur=0.2)", "out.stage = held", "held.hold = 1", "held.hold = knob(23)"),
    "effect": (
        "@effect\ndef rust(x, drive=Control(3, 0, 20)):\n    return math.tanh(x * drive)",
        RAIN, "worn = rust(rain, drive=knob(24))", "out.stage = 0.5 * worn",
    ),
    # moving numbers
    "lfo": (RAIN, "slow = lfo(200, 2000, beats=8)", "dusk = filter(rain, cutoff=slow)", "out.stage = dusk", 'slow = lfo(400, 900, beats=2, shape="drift")'),
    "env": (RAIN, 'swell = env(attack=0.5, release=1, hits="x--- ----")', "out.stage = swell * rain"),
    "follow": (RAIN, KNOCKS, "loud = follow(knocks, release=0.4)", "dusk = filter(rain, cutoff=300 + 4000 * loud)", "out.stage = dusk + knocks"),
    "knob": (RAIN, "dusk = filter(rain, cutoff=knob(21))", "out.stage = dusk * knob(22)", "turn(21, 0.4); turn(22, 0.8)"),
    "key": (
        "wire = pluck(hits=key())", "out.stage = wire",
        "lead = tone(freq=key().pitch, gain=0.3 * key().gate)", "out.stage = wire + lead",
    ),
    "pad": ('hit = clip("wood knocks", hits=pad(36))', "out.stage = hit", RAIN, "out.stage = hit + pad(37) * rain"),
    "bend": ("song = tone(220 + 30 * bend())", "out.stage = 0.3 * song"),
    "pedal": (RAIN, "held = freeze(rain, hold=pedal())", "out.stage = held"),
    "pressure": (RAIN, "dusk = filter(rain, cutoff=pressure().log(200, 8000))", "out.stage = dusk"),
    "least": (RAIN, "out.stage = least(knob(1), 0.5) * rain", "turn(1, 0.9)"),
    "most": (RAIN, "out.stage = most(knob(1), 0.2) * rain"),
    "when": (RAIN, KNOCKS, "out.stage = when(knob(21) > 0.5, knocks, rain)", "turn(21, 1)"),
    # latents
    "latent": (RAIN, 'bell = clip("low bell")', "glass = latent(bell) - 0.6 * latent(rain)", "out.stage = glass"),
    "latents": (
        RAIN, 'bell = clip("low bell")', "both = latent(bell) + 0.5 * latent(rain)", "out.stage = both",
        "less = latent(bell) - knob(23) * latent(rain)", "out.stage = less",
    ),
    # time
    "tempo": ("tempo(96)", "tempo(120, bar=3)"),
    "seq": ('out.stage = clip("wood knocks", hits=seq("x-o- xx-o", swing=0.3))',),
    "every": ('out.stage = clip("low bell", loop=False, hits=every(4))',),
    "euclid": ('out.stage = clip("wood knocks", hits=euclid(5, 8, every=0.5))',),
    "tune": (
        'wire = pluck(hits=tune("round", track=1))', "out.stage = wire",
        'bass = tone(hits=tune("round", track=2), shape="saw")', "out.stage = wire + 0.3 * bass",
    ),
    "beats": (KNOCKS, "out.stage = delay(knocks, time=beats(3/4), feedback=0.5)"),
    "math": (RAIN, "out.stage = math.sqrt(0.5) * rain"),
    # loudspeakers
    "out": (RAIN, "out.stage = rain", "out[1] = 0.5 * rain", "out.stage = rain + 0.5 * tone(220)", "del out.stage"),
    "Control": (
        "@effect\ndef fold(x, push=Control(2, 1, 12)):\n    return math.sin(x * push)",
        RAIN, "out.stage = fold(rain, push=6)",
    ),
    # verbs
    "look": (RAIN, "look()", "look(rain)", 'look("plan")'),
    "undo": (RAIN, "out.stage = rain", "undo()", "redo()"),
    "redo": (RAIN, "undo()", "redo()"),
    "hush": (RAIN, "out.stage = rain", "hush()", "undo()"),
    "panic": ("panic()", "go()"),
    "go": ("hold()", "go()"),
    "hold": ("hold()", "go()"),
    "solo": (RAIN, "out.stage = rain + tone(220)", "solo(rain)", "solo()"),
    "mute": (RAIN, "out.stage = rain", "mute(rain)", "unmute(rain)"),
    "unmute": (RAIN, "out.stage = rain", "mute(rain)", "unmute()"),
    "keep": (RAIN, "out.stage = rain", "keep(60)", "keep()"),
    "record": (RAIN, "out.stage = rain", "record()", "record()"),
    "scene": (RAIN, "out.stage = rain", 'snap("dawn")', "scene()", 'scene("dawn")', 'scene("dawn", fade=4)'),
    "snap": (RAIN, "out.stage = rain", 'snap("dawn")', 'scene("dawn")'),
    "morph": (
        RAIN, "out.stage = rain", 'snap("a")', "out.stage = 0.2 * rain", 'snap("b")',
        'morph("a", "b", 0.3)', 'morph("a", "b", knob(5))',
    ),
    "mark": ('mark("chorus")',),
    "fade": ("fade(2)", "fade()"),
    "quant": ('quant("beat")', 'quant("now")', 'quant("bar")'),
    "clock": ("clock()", "clock.bpm = 96", "clock.nudge(20)", "clock.ramp(120, beats=8)", "clock.tap()"),
    "turn": (RAIN, "out.stage = knob(21) * rain", "turn(21, 0.5)"),
    "never": (*PARTNER, "never(partner, 12)", "more_like(partner, 3)"),
    "pin": (*PARTNER, "pin(partner, 12)"),
    "more_like": (*PARTNER, "more_like(partner, 12)", "never(partner, 3)"),
    "forget": (*PARTNER, "forget(partner, 12)"),
    "relabel": (*PARTNER, "look(partner)", "relabel(partner, 12, 30)"),
    "train": ("train()",),
    "why": (RAIN, "why(rain)", "why()"),
    "scope": (RAIN, "out.stage = rain", "scope(rain)", 'scope(seconds=0.2, file="wave.png")'),
    "spectrum": (RAIN, "out.stage = rain", "spectrum()", 'spectrum(rain, file="rain.png")'),
    "learn": (RAIN, "dusk = filter(rain)", "out.stage = dusk", "learn()", "learn(dusk.cutoff)", 'learn(dusk.q, kind="offset")', "learn(knob(21))"),
    "unmap": (RAIN, "dusk = filter(rain)", "learn(dusk.cutoff)", "unmap()", "unmap(dusk.cutoff)", 'unmap("nano cc 21")'),
    "hands": (RAIN, "dusk = filter(rain, cutoff=knob(21))", "out.stage = dusk", "hands()"),
    "controllers": (RAIN, "dusk = filter(rain)", "out.stage = dusk", "hands()", "learn(dusk.cutoff)", "dusk.q = knob(22)", "turn(22, 0.3)"),
    "devices": ("devices()",),
    "doctor": ("doctor()",),
    "latency": ("voice = mic(1)", "out.stage = smear(voice)", "latency()"),
    "load": ("load()",),
    "help": ("help()", "help(filter)", 'help("knobs")'),
    "reload": ("reload()",),
    "resume": ("resume()",),
    "quit": ("quit()",),
    # topics
    "knobs": (RAIN, "dusk = filter(rain, cutoff=knob(21))", "out.stage = dusk * knob(22)", "turn(22, 0.8)", "dusk.cutoff = knob(21).log(100, 5000).smooth(0.2)"),
    "mistakes": (RAIN, "out.stage = rain", "out.stage = 0.5 * rain", "undo()", "why()"),
    "keys": (),
    "sessions": (RAIN, "out.stage = rain", "keep()", 'snap("dawn")'),
    "rhythm": (
        'knocks = clip("wood knocks", hits=seq("x-o- xx-o", swing=0.3))', "out.stage = knocks",
        'bass = tone(hits=euclid(3, 8), notes="c2 c2 g1", shape="saw")', "out.stage = knocks + 0.3 * bass", "tempo(96)",
    ),
}  # fmt: skip
"""Lines by topic."""

TOPICS: Mapping[str, str] = {
    "knobs": """A knob goes from 0 to 1. On a control it travels the control's whole range;
in arithmetic it is the number it is: 200 + 800 * knob(21). .lin(a, b) and
.log(a, b) say from where to where, .smooth(s) makes it lag behind.
turn(21, 0.5) turns a knob that is not there.""",
    "controllers": """A controller is heard as soon as it is plugged in. Its knob 21 is knob(21).
learn() says what you move and which word reaches it. learn(dusk.cutoff), or F2,
and move something: that turns it from now on. It takes hold where it meets the
sound; the status line shows where that is. The session's map/ keeps it.
Without a controller Alt-1 to Alt-8 turn the knobs the page names up, with Shift
down; Alt-Up and Alt-Down turn the last one again.""",
    "mistakes": """A slip changes nothing: what plays plays on. The line is shown with a caret,
what is wrong, and the nearest thing that works. why() says the last one again.
Every edit is rehearsed unheard before it lands: one that would be too loud,
break or take too long is refused, with the reason. undo() takes back a step.""",
    "keys": """Enter          plays the line, or begins another while it is not whole
Esc Enter      another line           Tab    completes
F1             help on the word under the cursor
F3             meters, knobs          F4     another look (light, wall ...)
F2             learn a control        Alt-1  first knob up, Alt-Shift-1 down
F12            hush                   Esc Esc Esc    panic
Ctrl-C         stops your running code, never the sound; clears the line
Ctrl-Z         undo on the line (for the music: undo())
Ctrl-D twice   leaves; the sound ends with you""",
    "sessions": """A session is a folder: main.py is what you play, corpus/ holds your sounds,
scenes/ what snap() keeps, takes/ what was recorded. In a shell:
    antiphon new dusk       makes one that sounds at once
    antiphon play dusk      plays it; each save of main.py lands on the next bar
At the prompt, keep() writes what you typed into main.py.""",
    "rhythm": """x is loud, o soft, - nothing; spaces are for the eye. A step is a quarter of a
beat, or as every= says; swing= delays each second one. hits= goes on clip,
tone, pluck, grains and env; notes= gives the hits their notes in turn.""",
    "latents": """A latent is a sound as a few numbers. Latents are added, scaled and taken out of
one another as on a mixing desk, and go to the loudspeakers like sounds.
Sound minus sound is refused: latent(a) - latent(b) says what you mean.""",
    "hush": """hush() is musical: everything fades within a beat, the clock and the recording
go on, undo() brings it back. panic() is not: silence at once; go() opens again.
F12 hushes, Esc three times panics.""",
}
"""What is told before the lines."""

GOES: Mapping[str, tuple[str, ...]] = {
    "clip": ("filter", "seq", "grains"), "grains": ("lfo", "reverb", "freeze"), "noise": ("filter", "lfo"), "pluck": ("delay", "reverb", "euclid"),
    "tone": ("filter", "env", "seq"), "mic": ("latency", "reverb", "latent"), "compressor": ("out", "follow"), "delay": ("beats", "filter"),
    "filter": ("lfo", "knob", "delay"), "pan": ("lfo", "spread"), "reverb": ("freeze", "pan"), "spread": ("lfo", "out"),
    "gatebins": ("smear", "freeze"), "cak": ("knob", "morph", "latency"), "smear": ("gatebins", "reverb"), "tilt": ("knob", "compressor"), "freeze": ("knob", "sustain"), "sustain": ("pedal", "freeze"),
    "effect": ("Control", "knob"), "Control": ("effect",), "lfo": ("knob", "when", "beats"), "env": ("tone", "filter"), "follow": ("when", "filter"),
    "knob": ("turn", "when"), "key": ("pad", "knob", "pluck"), "pad": ("key", "clip"), "bend": ("key", "knob"),
    "pedal": ("sustain", "knob"), "pressure": ("key", "bend"), "tune": ("seq", "pluck"), "least": ("most", "knob"), "most": ("least", "follow"), "when": ("knob", "follow"), "latent": ("knob", "clip"),
    "tempo": ("beats", "clock"), "seq": ("euclid", "every"), "every": ("seq",), "euclid": ("seq", "pluck"), "beats": ("delay", "tempo"),
    "out": ("spread", "solo"), "undo": ("redo",), "hush": ("panic", "go"), "panic": ("go", "hush"), "hold": ("go",), "solo": ("mute",),
    "mute": ("unmute", "solo"), "keep": ("record", "snap"), "record": ("keep",), "snap": ("scene", "morph"), "scene": ("snap", "morph"),
    "morph": ("snap", "knob"), "never": ("more_like", "why"), "pin": ("never",), "more_like": ("never", "why"), "forget": ("never", "look"), "relabel": ("look",), "train": ("cak",), "answer": ("never", "why", "cak"), "why": ("look", "latency"), "scope": ("spectrum",), "spectrum": ("scope",), "turn": ("knob", "hands"), "learn": ("unmap", "hands", "knob"), "unmap": ("learn", "hands"), "hands": ("learn", "turn"),
    "controllers": ("learn", "knob", "turn"),
    "fade": ("quant",), "quant": ("fade",), "latency": ("load",), "load": ("doctor",), "doctor": ("devices",), "knobs": ("knob", "when"),
    "mistakes": ("undo", "why"), "rhythm": ("seq", "euclid", "every"), "sessions": ("keep", "snap"), "latents": ("latent", "knob"),
}  # fmt: skip
"""What is good together."""
