"""What was heard live on JACK, and what the offline renderer makes of the same plans: bit for bit."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import numpy as np

from live.bench.core import ends
from live.bench.desk import Desk
from live.bench.machine import Jackd, connect
from live.bench.report import Report
from live.bench.witness import Witness


def run(report: Report, *, blocks: Sequence[int], seconds: float) -> None:
    """Capture the core's eight outputs, render the same, compare."""
    for block in blocks:
        folder = tempfile.mkdtemp(prefix="antiphon-bench-")
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            server = stack.enter_context(Jackd(block))
            witness = stack.enter_context(Witness(server.name, block, seconds + 15, roles={"hear": ("hear", 8)}))
            desk = stack.enter_context(
                Desk(
                    tested="stage",
                    stress="none",
                    score="empty",
                    also="same",
                    server=server.name,
                    block=block,
                    folder=folder,
                    seconds=seconds,
                )
            )
            _, outs = ends(server.name, desk.ports)
            connect(server.name, [(outs[k], f"hear:in_{k + 1}") for k in range(8)])
            time.sleep(0.5)
            witness.say("open")
            desk.say("go")
            went = desk.answer()
            witness.say("close")
            cycles, sound = witness.heard("hear")
            offline = np.load(went["turns"]["offline"])  # rendered by the desk from what it knows of the frames
        judge(report, block, cycles, sound, offline)


def judge(report: Report, block: int, cycles: np.ndarray, live: np.ndarray, offline: np.ndarray) -> None:
    """Compare cycle by cycle from the first sound on. A cycle the server lost moves one against the other by whole cycles."""
    loud, begun = (np.flatnonzero(np.abs(sound).max(axis=0) > 0) for sound in (live, offline))
    if not len(loud):
        report.add(f"live equals offline, block {block}", None, met=False, note="nothing was heard live")
        return
    spot = int(begun[0]) - int(loud[0])  # offline column = live column + spot
    differ = stale = moved = same = 0
    before = live[:, :0]
    for a, b in cycle_spans(cycles, int(loud[0]), live.shape[1]):
        piece = live[:, a:b]
        if b + spot > offline.shape[1]:
            break
        shift = next((k for k in (0, 1, -1, 2, -2, 3, -3, 4, -4) if agrees(piece, offline, a + spot + k * block)), None)
        if shift is not None:
            spot += shift * block
            moved += shift != 0
            same += b - a
        elif np.array_equal(piece, before):
            stale += 1  # the core had no turn in this cycle: the server played the last one again
        else:
            differ += int((piece != offline[:, a + spot : b + spot]).any(axis=0).sum())
        before = piece
    note = f"{same} frames of 8 channels are the same; the server lost cycles {moved + stale} times"
    report.add(f"frames that differ, live from offline, block {block}", differ, 0, met=differ == 0 and same > 0, unit="frames", note=note)


def cycle_spans(cycles: np.ndarray, first: int, end: int) -> Iterator[tuple[int, int]]:
    """From and to of each recorded cycle, from the first sound on."""
    for n, before in cycles[:, [1, 3]]:
        a, b = max(int(before), first), min(int(before + n), end)
        if a < b:
            yield a, b


def agrees(piece: np.ndarray, sound: np.ndarray, at: int) -> bool:
    """Whether a piece lies in a sound at a column, bit for bit."""
    return 0 <= at <= sound.shape[1] - piece.shape[1] and np.array_equal(piece, sound[:, at : at + piece.shape[1]])
