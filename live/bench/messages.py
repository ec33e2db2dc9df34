"""MIDI in numbers, over real JACK ports while the desk has a bad minute: ten thousand messages in order, and a flood.

What was sent is known to the frame; what came is read in the echo of the core's own callback and in its journal.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from live.bench.core import ends
from live.bench.desk import Desk
from live.bench.floor import NULL, heard_by
from live.bench.hearing import frames_of
from live.bench.knob import LATER
from live.bench.machine import Jackd, connect
from live.bench.report import Report
from live.bench.witness import Witness
from live.core import layout as at
from live.core.memory import Map, where
from live.journal import read

RATE = 48000
CONTROLLERS = 16
FIRST = 40  # controllers that turn nothing else


def cues(count: int, hertz: float, rate: int = RATE) -> np.ndarray:
    """Frames, controller, value, frame sent: evenly at so many a second, no value twice in a row on one controller."""
    k = np.arange(count)
    frames = LATER + np.floor(k * rate / hertz)
    return np.stack([frames, FIRST + k % CONTROLLERS, 1 + (k // CONTROLLERS * 7 + k % 5) % 126, np.full(count, -1)], axis=1).astype(
        np.int64
    )


class Echo:
    """Takes down what the core's callback has heard, before its ring comes round."""

    def __init__(self, core: Map) -> None:
        self.core, self.rows, self.missed = core, [], 0
        self.place = int(core.echo_at[0])
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._leave.wait(0.02):
            self.take()

    def take(self) -> None:
        """What has come since."""
        head = int(self.core.echo_at[0])
        first = max(self.place, head - at.ECHO + 64)
        self.missed += first - self.place
        spots = np.arange(first, head) % at.ECHO
        self.rows.append(self.core.echo[spots].copy())
        self.place = head

    def close(self) -> np.ndarray:
        """All of it."""
        self._leave.set()
        self._thread.join()
        self.take()
        return np.concatenate(self.rows)


def matched(got: np.ndarray, sent: np.ndarray) -> tuple[np.ndarray, int]:
    """For each message sent, where it came (-1: it did not), and how many came twice: a server that loses a cycle shows the last one again.

    Equal messages lie two thousand apart, so each belongs to the one that was sent nearest in time.
    """
    found, twice = np.full(len(sent), -1), 0
    if not len(got):
        return found, twice
    late = int(np.median(got["frame"][:50] - sent[: len(got[:50]), 3]))
    where: dict[tuple[int, int], list[int]] = {}
    for k, (controller, value) in enumerate(sent[:, 1:3].tolist()):
        where.setdefault((controller, value), []).append(k)
    for spot, (frame, data) in enumerate(zip(got["frame"].tolist(), got["bytes"][:, 1:3].tolist(), strict=True)):
        some = np.array(where[data[0], data[1]])
        k = int(some[np.argmin(np.abs(sent[some, 3] + late - frame))])
        twice += bool(found[k] >= 0)
        found[k] = spot if found[k] < 0 else found[k]
    return found, twice


def one_run(report: Report, what: str, count: int, hertz: float, block: int, stress: str = "mix") -> None:
    """Send, listen, compare."""
    seconds = count / hertz + 3
    folder = tempfile.mkdtemp(prefix="antiphon-bench-")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = stack.enter_context(Jackd(block))
        roles = {"send": ("send", 1), "knob": ("knob", 1), "hear": ("hear", 1), "null": ("copy", 1), "hear_null": ("hear", 1)}
        witness = stack.enter_context(Witness(server.name, block, seconds + 15, roles=roles, cues={"knob": cues(count, hertz)}))
        desk = stack.enter_context(Desk(tested="stage", stress=stress, server=server.name, block=block, folder=folder, seconds=seconds))
        core = Map(where() / f"bench-{desk.process.pid}" / "core.map", at.CORE)
        stack.callback(core.close)
        ins, outs = ends(server.name, desk.ports)
        connect(server.name, [*NULL[:2], ("send:out_1", ins[0]), (outs[0], "hear:in_1"), ("knob:out_1", desk.ready["midi"])])
        time.sleep(1.0)
        echo = Echo(core)
        lost = int(core.clock[at.C_LOST])
        core.clock[at.C_WORST_NS] = 0
        worked, blocks = int(core.clock[at.C_LOAD_NS]), int(core.clock[at.C_CALLS])
        now = witness.say("open")["frame"]
        page = witness.pages["knob"].cues
        page[:, 0] += now + RATE // 2 - LATER
        desk.say("go")
        went = desk.answer()
        witness.say("close")
        came = echo.close()
        sent = witness.cues("knob")
        stood = core.knobs[FIRST : FIRST + CONTROLLERS].copy()
        lost = int(core.clock[at.C_LOST]) - lost
        worked, blocks = int(core.clock[at.C_LOAD_NS]) - worked, int(core.clock[at.C_CALLS]) - blocks
        worst = int(core.clock[at.C_WORST_NS])
        heard, null = heard_by(witness, "hear"), heard_by(witness, "hear_null")
        cycles, sound = witness.heard("hear")
        journal = Path(desk.ready["take"]) / "journal.jsonl"
        moves = [(int(line["knob"]), float(line["value"])) for line in read(journal) if line["what"] == "knob"]
    sent = sent[sent[:, 3] >= 0]
    came = came[came["bytes"][:, 0] == 0xB0]
    found, twice = matched(came, sent)
    begin = frames_of(cycles, sound.shape[-1])[0]
    struck = np.array(
        [any(abs(f - begin - RATE * at_) < heard.latency + 3 * block + 48 * ms for at_, ms in heard.gaps) for f in sent[found < 0, 3]], bool
    )
    note = f"{count} at {hertz:g} a second, block {block}, stress {went['turns'] or 'none'}; the server lost {lost} blocks, the witness {null.lost}; {int(struck.sum())} messages fell into cycles the server lost"
    report.add(f"{what}: messages sent that did not come", int((~struck).sum()), 0, unit="messages", note=note)
    order = bool((np.diff(found[found >= 0]) > 0).all()) and int((found >= 0).sum()) + twice == len(came)
    report.add(
        f"{what}: order kept",
        None,
        met=order,
        note=f"{int((found >= 0).sum())} came, each after the one before; {twice} came twice out of cycles the server lost"
        if order
        else f"{echo.missed} were written over before we looked",
    )
    here = found[found >= 0]
    should = moves_of(came)
    came, sent = came[here], sent[found >= 0]
    shift = came["frame"] - sent[:, 3]
    if len(shift):
        report.add(
            f"{what}: frames between the sending and the hearing, spread", float(np.ptp(shift)), 0 if not lost else None, unit="frames"
        )
    want = sent[:, 1:3]
    last = np.array([want[want[:, 0] == FIRST + k][-1, 1] / 127.0 for k in range(CONTROLLERS)])
    report.add(
        f"{what}: knobs that do not stand where they were turned last",
        float((np.abs(stood - last) > 1e-6).sum()),
        0,
        unit="knobs",
        note=note,
    )
    report.add(
        f"{what}: wrong or lost samples meanwhile",
        heard.wrong + heard.lost,
        null.wrong + null.lost,
        unit="samples",
        note=f"longest silence {heard.longest:.1f} ms, witness {null.longest:.1f} ms",
    )
    span = block / RATE * 1e9
    report.add(
        f"{what}: the callback's share of its block",
        100 * worked / max(blocks, 1) / span,
        unit="%",
        note=f"worst {100 * worst / span:.0f} %",
    )
    if hertz <= 2000:
        short = [move for move in moves if FIRST <= move[0] < FIRST + CONTROLLERS]
        right = len(short) == len(should) and all(a[0] == b[0] and abs(a[1] - b[1]) < 1e-6 for a, b in zip(short, should, strict=True))
        note = f"of {len(should)} that were heard{', in order' if right else ''}"
        report.add(f"{what}: moves in the journal", len(short), met=right, unit="moves", note=note)


def moves_of(came: np.ndarray) -> list[tuple[int, float]]:
    """What knobs do when they hear all this: the same twice is no move, and of one moment the last counts."""
    stand: dict[int, int] = {}
    found: list[tuple[int, float]] = []
    moments = {(frame, data[0]): data[1] for frame, data in zip(came["frame"].tolist(), came["bytes"][:, 1:3].tolist(), strict=True)}
    for (_, controller), value in moments.items():
        if stand.get(controller) != value:
            stand[controller] = value
            found.append((controller, value / 127.0))
    return found


def run(report: Report, *, quick: bool = False, block: int = 256) -> None:
    """A thousand a second, then fifty thousand; each quiet and under stress."""
    one_run(report, "a thousand a second", 2000 if quick else 10_000, 1000.0, block, "none")
    one_run(report, "a thousand a second under stress", 2000 if quick else 10_000, 1000.0, block)
    one_run(report, "a storm under stress", 50_000 if quick else 250_000, 50_000.0, block)
    one_run(report, "a storm", 50_000 if quick else 250_000, 50_000.0, block, "none")
