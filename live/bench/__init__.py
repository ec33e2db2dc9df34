"""How the core stands on this machine: silence under stress, cost beside its peers, the way from a knob to the sound.

    antiphon bench core            everything the sound core promises
    antiphon bench peers           scsynth, pyo, signalflow by themselves
    antiphon bench witness         the machine's own floor under stress, and two callbacks to compare

Figures go to stdout as JSON lines and, with the commit, to bench.jsonl.
"""

from __future__ import annotations

from live.bench.run import main

__all__ = ["main"]
