"""What a test says to an offline core in place of a controller: bytes through the ring of the hands, or at a very sample."""

from __future__ import annotations

from live.control.rings import Into
from live.core import inner as m
from live.core.lanes import LAST, lane
from live.core.offline import Offline


def hear(core: Offline, *data: int, slot: int = 0) -> None:
    """Bytes from a controller, for the next block."""
    hands = core.stand.hands
    assert Into(hands["heard"], hands["heard_at"]).put(slot, bytes(data))


def at_frame(core: Offline, frame: int, *data: int, slot: int = 0) -> None:
    """A message at a frame, as JACK's callback reads it."""
    cells = core.stand.cells
    core.stand.come[int(cells[m.S_NCOME]) % m.COME] = frame, slot | len(data) << 32, int.from_bytes(bytes(data), "little")
    cells[m.S_NCOME] += 1


def lay(core: Offline, number: int, kind: int, knob: int, *routes: tuple[int, int], **how: float) -> None:
    """A lane, and the routes to it: (what, flags) on every channel of slot 0."""
    hands = core.stand.hands
    hands["lanes"][number] = lane(kind, knob, **how)
    for what, flags in routes:
        hands["routes"][0, :, what] = number | flags


def cell(core: Offline, number: int, which: int = LAST) -> float:
    """One cell of a lane."""
    return float(core.stand.hands["lanes"][number, which])


def knob(core: Offline, number: int) -> float:
    """Where a knob is sent."""
    return float(core.stand.knobs[number])


def each_frame(core: Offline, number: int, frames: int) -> list[float]:
    """Where the knob's control stands at each of the next frames."""
    return [float(core.stand.ctl[0, number]) for _ in range(frames) if core.run(1) is not None]


def echoes(core: Offline) -> list[tuple[int, int, bytes]]:
    """Everything in the echo: frame, slot, bytes."""
    rows, count = core.stand.hands["echo"], int(core.stand.hands["echo_at"][0])
    return [(int(r["frame"]), int(r["slot"]), bytes(r["bytes"][: r["size"]])) for r in (rows[i % len(rows)] for i in range(count))]
