"""One clip of ours, looped a fourth lower, through a filter, in the middle of two loudspeakers.

Hear it:  antiphon render examples/01_one_clip.py --seconds 10 --out takes/one
Play it:  antiphon play examples/01_one_clip.py
"""

from live.score import Node, Score, Send

score = Score(
    places={
        "rain": Node("clip", settings={"file": "rain on tin", "loop": True}, controls={"rate": 0.75}),
        "dusk": Node("filter", ins=("rain",), controls={"cutoff": 1200.0}),
    },
    sends=(Send("dusk", first=0, width=2, gain=0.8),),
    tempo=96,
)
