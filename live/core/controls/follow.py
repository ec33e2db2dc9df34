"""How loud a sound is, as a control: quick up, slow down, like the needle of a meter."""

from __future__ import annotations

import math

from engines.face import Control
from live.core.controls.out import say
from live.core.kinds import Kind, Making, op
from live.core.row import IN, RATE, SET, cells, inlet, memory, span

LEVEL, ATTACK, ATTACK_K, RELEASE, RELEASE_K = range(5)


@op
def follow_op(row, n, t):
    """The loudest channel's level, frame by frame."""
    r = cells(row)
    m = memory(row, 5)
    sound = inlet(row, 0)
    attack, release = span(row, 0)[1], span(row, 1)[1]
    if attack != m[ATTACK] or m[ATTACK_K] == 0.0:
        m[ATTACK], m[ATTACK_K] = attack, 1.0 - math.exp(-1.0 / max(attack * r[RATE], 0.2))
    if release != m[RELEASE] or m[RELEASE_K] == 0.0:
        m[RELEASE], m[RELEASE_K] = release, 1.0 - math.exp(-1.0 / max(release * r[RATE], 0.2))
    y, up, down = m[LEVEL], m[ATTACK_K], m[RELEASE_K]
    for i in range(n):
        x = abs(sound[0, i])
        for k in range(1, r[IN + 1]):
            x = max(x, abs(sound[k, i]))
        y += (x - y) * (up if x > y else down)
    m[LEVEL] = y
    if r[SET] == 1:
        say(row, max(20.0 * math.log10(max(y, 1e-6)), -120.0))
    else:
        say(row, y)


def prepare(making: Making) -> None:
    """Amplitude or decibels."""
    making.cells[SET] = int(bool(making.settings["db"]))


follow = Kind(
    "follow",
    follow_op,
    "how loud a sound is, as a control",
    inlets=("sound",),
    controls={
        "attack": Control(0.005, low=0.0, high=2.0, unit="s"),
        "release": Control(0.1, low=0.0, high=10.0, unit="s"),
    },
    settings={"db": False},
    state=5,
    prepare=prepare,
    control=True,
)
