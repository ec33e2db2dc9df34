"""Our MIDI clock by loop-back: out of the core by a real JACK MIDI port, into it by another, each tick by its frame."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from live.bench.machine import Jackd, connect, ports
from live.bench.messages import Echo
from live.bench.report import Report
from live.control.lead import counted
from live.core import layout as at
from live.core.ticking import K_THERE, KEPT, OUT, TICK
from live.cue import Rubato
from live.rig import Rig
from live.score import Score
from live.stage import Stage

RATE = 48000
BPM = 123.4


def ten_minutes(report: Report) -> None:
    """The arithmetic of ten minutes, in a moment: where each tick falls, against where its beat is."""
    p, kept, out = np.zeros(64), np.zeros(KEPT), np.zeros(OUT)
    p[[at.T_BPM, at.T_BAR]] = BPM, 4.0
    kept[K_THERE] = -1.0
    frames: list[int] = []
    for t in range(0, 600 * RATE, 640):
        frames += [when for when, data in counted(kept, p, t, 640, RATE, out) if data[0] == TICK]
    off = np.array(frames) - np.arange(len(frames)) * 60 * RATE / (24 * BPM)
    note = f"{len(frames)} ticks of ten minutes, accelerated: counted, not played"
    report.add("clock out: farthest tick of ten minutes from its beat", float(np.abs(off).max()), 0.5001, unit="frames", note=note)
    drift = float(off[-1000:].mean() - off[:1000].mean())
    report.add("clock out: drift over ten minutes", abs(drift), 0.05, unit="frames", note=note)


def run(report: Report, *, seconds: float, block: int = 256) -> None:
    """Sixty seconds and more in real time through JACK, then ten minutes of arithmetic."""
    ten_minutes(report)
    folder = Path(tempfile.mkdtemp(prefix="antiphon-bench-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = stack.enter_context(Jackd(block))
        rig = Rig(device="jack", rate=RATE, block=block, outs=2, take=str(folder / "take"), record=False, client="clocked")
        stage = stack.enter_context(Stage.open(rig, name="bench-clock-out"))
        stage.play(Score(tempo=BPM))
        core = stage.core
        there = [name for name in ports(server.name, is_midi=True) if "midi_out_1" in name or "midi_in_2" in name]
        if len(there) < 2:
            report.skip("clock out over JACK", f"the core opened no MIDI ports; there is {', '.join(there) or 'none'}")
            return
        connect(server.name, [(next(n for n in there if "midi_out_1" in n), next(n for n in there if "midi_in_2" in n))])
        lost = int(core.clock[at.C_LOST])
        core.hand_cells[0, [at.H_THERE, at.H_CLOCKED]] = 1
        time.sleep(0.5)
        echo = Echo(core)
        stage.mail.word("ticks", "start")
        clock = stage.clock
        time.sleep(seconds)
        heard = echo.close()
        lost = int(core.clock[at.C_LOST]) - lost
        ticks = heard[(heard["bytes"][:, 0] == TICK) & (heard["slot"] == 1)]["frame"].astype(float)
        count = np.round((ticks - clock.frame0) * BPM * 24 / (60 * RATE) + clock.beat0 * 24 - block * BPM * 24 / (60 * RATE) / 2)
        ideal = clock.frame0 + (count / 24 - clock.beat0) * 60 * RATE / BPM
        off = ticks - ideal
        note = f"{len(ticks)} ticks in {seconds:g} s of real time, block {block}, out {int(np.median(off))} frames later at the other port; {lost} blocks were lost"
        jitter = np.abs(off - np.median(off)) / RATE * 1000
        report.add("clock out: jitter by loop-back, p99", float(np.percentile(jitter, 99)), 1.0, unit="ms", note=note)
        report.add("clock out: jitter by loop-back, worst", float(jitter.max()), unit="ms", note=note)
        report.add("clock out: ticks lost or doubled", int(np.sum(np.diff(count) != 1)), 0 if not lost else None, unit="ticks", note=note)
        half = len(off) // 2
        drift = abs(float(off[-half // 4 :].mean() - off[: half // 4].mean()))
        report.add("clock out: drift in real time", drift, 0.5, unit="frames", note=note)
        first = heard["bytes"][:, 0].tolist()
        report.add("clock out: the start came, on the bar", None, met=0xFA in first)
        echo = Echo(core)
        stage.mail.word("pace", text=json.dumps(Rubato(bpm=150.0, over=4.0 * RATE).data()))
        time.sleep(6.0)
        heard = echo.close()
        gaps = np.diff(heard[heard["bytes"][:, 0] == TICK]["frame"])
        smooth = float(np.abs(np.diff(gaps)).max())
        report.add("clock out: two gaps beside one another differ, through a ramp to 150 bpm", smooth, 3.0, unit="frames")
