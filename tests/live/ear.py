"""What the tests of plans listen with: a few places to write scores from, a source of every kind of trouble, two measures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from live.core.kinds import Kind, Making, op
from live.core.offline import Offline
from live.core.row import OUT, SET, cells, doubles, memory, outlet
from live.score import Drive, Node, Score, Send

RATE = 48000
Sound = NDArray[np.float32]
TROUBLES = ("nan", "inf", "1e30", "lean", "click", "loud", "fine")


@op
def trouble_op(row, n, t):
    """A sine that from its ``from``-th frame on is something no loudspeaker should get. State: frames so far, chance."""
    c = cells(row)
    m = memory(row, 2)
    out = outlet(row)
    what, since = c[SET], c[SET + 1]
    for i in range(n):
        x = 0.2 * math.sin(0.05 * m[0]) if what != 4 else 0.0
        if m[0] >= since:
            if what == 0:
                x = math.nan
            elif what == 1:
                x = -math.inf
            elif what == 2:
                x = 1e30
            elif what == 3:
                x = 0.3
            elif what == 4 and m[0] == since:
                x = 1.0
            elif what == 5:  # full-scale steps, often, four times too loud
                m[1] = (m[1] * 1103515245.0 + 12345.0) % 2147483648.0
                x = 4.0 if m[1] > 1073741824.0 else -4.0
        m[0] += 1.0
        for k in range(out.shape[0]):
            out[k, i] = np.float32(x) if k == out.shape[0] - 1 or what != 3 else np.float32(0.0)


def _prepare(making: Making) -> None:
    making.cells[SET] = TROUBLES.index(making.settings["what"])
    making.cells[SET + 1] = making.settings["since"]


TROUBLE = Kind(
    "trouble",
    trouble_op,
    settings={"what": "nan", "since": 0, "channels": 1},
    state=2,
    prepare=_prepare,
    channels=lambda settings, ins: settings["channels"],
)


@op
def wild_op(row, n, t):
    """A control that stands at 0.2 and after a quarter of a second is no number at all."""
    doubles(cells(row)[OUT], 1)[0] = 0.2 if t < 12000 else math.nan


WILD = Kind("wild", wild_op, control=True)


def find(word: str) -> Kind | None:
    """The two kinds that only tests know."""
    return {"trouble": TROUBLE, "wild": WILD}.get(word)


def core(channels: int = 2, **how: Any) -> Offline:
    """A core that knows trouble."""
    return Offline(RATE, channels, find=find, **how)


def tone(freq: float | Drive = 440.0, gain: float | Drive = 0.2, **settings: Any) -> Node:
    """A steady sine."""
    return Node("tone", (), {"freq": freq, "gain": gain}, settings)


def louder(source: str, gain: float | Drive = 0.5) -> Node:
    """Another place, at another level."""
    return Node("gain", (source,), {"gain": gain})


def trouble(what: str = "nan", since: int = 0, channels: int = 1) -> Node:
    """Something that goes wrong ``since`` frames after its birth."""
    return Node("trouble", settings={"what": what, "since": since, "channels": channels})


def heard(places: dict[str, Node], *sends: Send, **more: Any) -> Score:
    """A score; without sends, place k goes to output k alone."""
    return Score(places, sends or tuple(Send(name, k, 1) for k, name in enumerate(places)), **more)


def highs(sound: Sound, above: float = 4000.0) -> float:
    """Energy above a frequency against all energy, in dB: what a click has and a sine has not."""
    x = np.asarray(sound, float)
    power = np.abs(np.fft.rfft(x * np.blackman(len(x)))) ** 2
    return 10 * math.log10(power[np.fft.rfftfreq(len(x), 1 / RATE) > above].sum() / power.sum())


def edits(*steps: tuple[Score, int] | tuple[Score, int, float], channels: int = 2, block: int = 256, core: Offline | None = None) -> Sound:
    """Scores one after the other: (score, the frame where it lands, fade); the last is played for half a second more."""
    core = core or globals()["core"](channels, block=block)
    sound = []
    for score, frame, *fade in steps:
        sound.append(core.run(max((frame - 1) // 64 * 64 - core.frame, 0)))
        core.play(score, frame=frame, fade=fade[0] if fade else 0.05)
        sound.append(core.run(64))
    sound.append(core.run(RATE // 2))
    return np.concatenate(sound, axis=1)
