"""From a knob to the sound: a MIDI message at a known frame, and the first sample that differs.

The desk is under stress meanwhile. The core's callback reads its JACK ports
itself, so it knows the very frame.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np

from live.bench.core import ends
from live.bench.desk import Desk
from live.bench.floor import NULL, heard_by
from live.bench.hearing import frames_of
from live.bench.machine import Jackd, connect
from live.bench.report import Report
from live.bench.witness import STEADY, Witness

CONTROLLER = 21
LATER = 1 << 40  # a frame that never comes: the sender waits until the real ones are written
APART = 0.12  # seconds between events, and a bit of chance


def cues(events: int, start: int, rate: int = 48000, seed: int = 3) -> np.ndarray:
    """Frames, controller and values: every value differs from the one before."""
    rng = np.random.default_rng(seed)
    frames = start + np.cumsum(rng.integers(int(APART * rate), int(1.5 * APART * rate), events))
    values = (37 * (1 + np.arange(events))) % 127
    return np.stack([frames, np.full(events, CONTROLLER), values, np.full(events, -1)], axis=1).astype(np.int64)


def first_changes(frames: np.ndarray, sound: np.ndarray, sent: np.ndarray, latency: int, within: int) -> np.ndarray:
    """For each event, frames from its own to the first sample that is another than before (-1: none came)."""
    level = np.abs(sound.astype(np.float64)) / STEADY
    found = np.full(len(sent), -1, np.int64)
    for k, frame in enumerate(sent):
        a = int(np.searchsorted(frames, frame + latency))
        b = int(np.searchsorted(frames, frame + latency + within))
        if a < 1 or b > len(level):
            continue
        other = np.flatnonzero(np.abs(level[a:b] - level[a - 1]) > 1e-6)
        if len(other):
            found[k] = frames[a + other[0]] - latency - frame
    return found


def run(report: Report, *, blocks: Sequence[int], events: int) -> None:
    """At each block."""
    for block in blocks:
        one(report, block, events)


def one(report: Report, block: int, events: int) -> None:
    """Send the events under stress; report the worst and the lost."""
    seconds = events * APART * 1.25 + 6
    folder = tempfile.mkdtemp(prefix="antiphon-bench-")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = stack.enter_context(Jackd(block))
        roles = {
            "send": ("send", 1),
            "steady": ("steady", 1),
            "knob": ("knob", 1),
            "hear": ("hear", 3),
            "null": ("copy", 1),
            "hear_null": ("hear", 1),
        }
        plan = cues(events, LATER)
        witness = stack.enter_context(Witness(server.name, block, seconds + 15, roles=roles, cues={"knob": plan}))
        desk = stack.enter_context(Desk(tested="stage", stress="mix", server=server.name, block=block, folder=folder, seconds=seconds))
        port = desk.ready.get("midi")
        if not port:
            report.skip(f"knob to sound, block {block}", "the core opened no MIDI port on JACK")
            return
        ins, outs = ends(server.name, desk.ports)
        pairs = [*NULL[:2], ("send:out_1", ins[0]), ("steady:out_1", ins[1]), ("knob:out_1", port)]
        connect(server.name, pairs + [(outs[k], f"hear:in_{k + 1}") for k in range(3)])
        time.sleep(1.0)
        now = witness.say("open")["frame"]
        page = witness.pages["knob"].cues
        page[:, 0] += now + 48000 - LATER
        desk.say("go")
        desk.answer()
        witness.say("close")
        sent = witness.cues("knob")[:, 3]
        echo = heard_by(witness, "hear")
        cycles, sound = witness.heard("hear")
    frames = frames_of(cycles, sound.shape[-1])
    sent = sent[sent >= 0]
    struck = np.array(
        [any(abs(f - frames[0] - 48000 * at) < echo.latency + 3 * block + 48 * ms for at, ms in echo.gaps) for f in sent], bool
    )
    took = first_changes(frames, sound[2], sent[~struck], echo.latency, int(0.1 * 48000))
    came = np.sort(took[took >= 0])
    lost = int((took < 0).sum())
    if not len(came):
        report.add(f"knob to sound, block {block}", None, met=False, note=f"none of {len(took)} events changed the sound")
        return
    middle, worst = float(np.median(came)), float(came[-1])
    note = f"median {middle / 48:.2f} ms, p99 {np.percentile(came, 99) / 48:.2f} ms, worst {worst / 48:.2f} ms after the event, beyond the {echo.latency} frames from input to output; {len(came)} of {len(took)} came; {int(struck.sum())} more fell into cycles the server lost, which the echo lost too"
    report.add(f"knob to sound, worst, block {block}", worst, 0.0, unit="frames", note=note)
    report.add(f"knob events lost, block {block}", lost, 0, unit="events")
