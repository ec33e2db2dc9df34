"""A turned knob, from its store to the sample it changes."""

from __future__ import annotations

import numpy as np

from live.core.inner import S_NSTAMPS
from live.core.offline import Offline
from live.score import Drive, Node, Score, Send


def test_a_stamped_knob_is_heard_at_its_very_sample():
    core = Offline(48000, 1, ins=1, lookahead=1)
    places = {"in": Node("mic"), "level": Node("gain", ("in",), {"gain": Drive("knob:7", 2.0)})}
    core.play(Score(places, (Send("level", 0, 1),)), fade=0.001)
    steady = np.full((1, 9600), 0.25, np.float32)
    core.stand.knobs[7] = 0.25
    core.run(9600, steady)
    for after in (777, 1024, 1601):
        frame = core.frame + after
        value = 0.25 if core.stand.knobs[7] > 0.3 else 0.5
        core.stand.stamps[0] = frame, 7, value
        core.stand.cells[S_NSTAMPS] = 1
        sound = core.run(2400, steady[:, :2400])[0]
        moved = np.flatnonzero(np.abs(np.diff(sound)) > 1e-6)
        assert moved[0] + 1 == after + 1  # one frame of lookahead


def test_two_knobs_side_by_side_do_not_touch_each_other():
    core = Offline(48000, 2)
    places = {n: Node("tone", controls={"gain": Drive(f"knob:{k}")}) for n, k in (("a", 1), ("b", 2))}
    core.play(Score(places, (Send("a", 0, 1), Send("b", 1, 1))), fade=0.001)
    core.stand.knobs[1] = 1.0
    sound = core.run(9600)
    assert np.abs(sound[0]).max() > 0.8
    assert not sound[1].any()
