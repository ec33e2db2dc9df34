"""What was heard live on JACK, and what the offline renderer makes of the same plans: bit for bit."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np

from live.bench.core import ends
from live.bench.desk import Desk
from live.bench.hearing import frames_of
from live.bench.machine import Jackd, connect
from live.bench.report import Report
from live.bench.witness import Witness


def aligned(live: np.ndarray, offline: np.ndarray, *, look: int = 4096) -> int:
    """The frame of the offline sound at which the live one begins: found by one loud stretch."""
    piece = live[:, :look]
    probe = offline[:, :]
    first = piece[:, 0]
    candidates = np.flatnonzero((probe[:, : probe.shape[1] - look] == first[:, None]).all(axis=0))
    for spot in candidates:
        if np.array_equal(probe[:, spot : spot + look], piece):
            return int(spot)
    return -1


def run(report: Report, *, blocks: Sequence[int], seconds: float) -> None:
    """Capture the core's eight outputs, render the same, compare."""
    for block in blocks:
        folder = tempfile.mkdtemp(prefix="antiphon-bench-")
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            server = stack.enter_context(Jackd(block))
            witness = stack.enter_context(Witness(server.name, block, seconds + 15, roles={"hear": ("hear", 8)}))
            desk = stack.enter_context(Desk(tested="stage", stress="none", score="empty", also="same", server=server.name, block=block, folder=folder, seconds=seconds))
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
    """Compare from the first sound on, in pieces between the server's jumps."""
    frames = frames_of(cycles, live.shape[1])
    loud = np.flatnonzero(np.abs(live).max(axis=0) > 0)
    if not len(loud):
        report.add(f"live equals offline, block {block}", None, met=False, note="nothing was heard live")
        return
    spans = np.split(np.arange(loud[0], live.shape[1]), np.flatnonzero(np.diff(frames[loud[0] :]) != 1) + 1)
    start, differ, compared = int(np.flatnonzero(np.abs(offline).max(axis=0) > 0)[0]), 0, 0
    for span in spans:
        piece = live[:, span]
        n = min(piece.shape[1], offline.shape[1] - start)
        differ += int((piece[:, :n] != offline[:, start : start + n]).any(axis=0).sum())
        compared += n
        start += n
    note = f"{compared} frames of 8 channels compared; the server lost {len(spans) - 1} times"
    report.add(f"frames that differ, live from offline, block {block}", differ, 0, unit="frames", note=note)
