"""How the core stands on this machine: silence under stress, cost beside its peers, the way from a knob to the sound.

    antiphon bench core            everything the sound core promises
    antiphon bench peers           scsynth, pyo, signalflow by themselves
    antiphon bench witness         the machine's own floor under stress, and two callbacks to compare
    antiphon bench keep            keep(60) of 64 channels while they play, and a disk that fills up
    antiphon bench soak            two hours of plans in minutes, and --minutes of them in real time
    antiphon bench plans           ten thousand random plans: nothing clicks, nothing is lost or left over
    antiphon bench planning        a thousand places: from names to a score, from two scores to the plan between them
    antiphon bench speed           renders, hand-overs, commands, plans, a start, what a graph weighs
    antiphon bench typing          a keystroke beside 1000 messages a second, Ctrl-C out of an endless loop
    antiphon bench reload          from the save of 200 lines to a plan that is ready, while two cores are busy
    antiphon bench replug          a controller pulled out and put back over real JACK ports, 1000 looks for ports, killed hands
    antiphon bench messages        ten thousand MIDI messages in order, and a storm, over real JACK ports under stress
    antiphon bench osc             a hundred thousand random and malformed packets, and a fader's way to its knob
    antiphon bench follow_clock    MIDI clock in, with jitter: how the tempo wobbles, how far the beat lies off
    antiphon bench clock_out       MIDI clock out, looped back through real JACK ports: jitter and drift
    antiphon bench link            Ableton Link between two sessions: bars apart, how fast a tempo spreads
    antiphon bench gig             recorded hands play the session gig in real time; the take is replayed sample for sample
    antiphon bench cak             the eleven numbers: law, identity, spurs, streaming, level, cost, ten minutes under stress
    antiphon bench partner         the partner: navigation, joins, timing, reasons, relation; killed, edited, deleted while it plays
    antiphon bench written         treatments written while it sounds, good ones and bad ones

Figures go to stdout as JSON lines and, with the commit, to bench.jsonl.
"""

from __future__ import annotations

from live.bench.run import main

__all__ = ["main"]
