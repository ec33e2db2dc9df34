"""cak 20-22 and 27: what it costs beside a numpy twin, whether it grows, what a minute under stress loses, how fast a kernel is there.

CPU time throughout: the difference of two renders of the same core, with cak and without, so that calls and mixing cancel.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from engines.cak import Kernel, find, write
from live.bench.cak_ear import RATE, Ear, hiss, mixed, spurs, tone
from live.bench.cak_twin import Twin
from live.bench.report import Report, median
from live.core.offline import Offline
from live.plan import compare
from live.score import Drive, Node, Score, Send

HOP = 512


def ears(places: int, channels: int, controls: Mapping[str, float | Drive] | None, settings: Mapping[str, object]) -> Score:
    """So many places of cak (of gain, where there are no controls) on one input."""
    made = {"ear": Node("mic", settings={"first": 0, "width": channels})}
    moves = {f"slow{k}": Node("lfo", controls={"rate": 0.3 + 0.1 * k, "low": 0.2, "high": 1.0}) for k in range(places)}
    for k in range(places):
        if controls is None:
            made[f"worn{k}"] = Node("gain", ("ear",), {"gain": Drive(f"slow{k}")})
        else:
            made[f"worn{k}"] = Node("cak", ("ear",), {"texture": Drive(f"slow{k}"), **controls}, settings)
    return Score({**moves, **made}, tuple(Send(f"worn{k}", 0, channels, 0.1) for k in range(places)))


def rendered(score: Score, sound: np.ndarray, block: int = 256) -> float:
    """CPU seconds it takes to play a sound through a score; before it, a second to get going."""
    core = Offline(RATE, len(sound), ins=len(sound), block=block, seed=1)
    core.play(score)
    core.run(RATE, sound[:, :RATE])
    began = time.process_time()
    core.run(sound.shape[1], sound)
    return time.process_time() - began


def cost(report: Report, quick: bool) -> None:
    """20, 22: a hop, eight of them moving, a file, ten minutes."""
    seconds, rounds = (2.0, 3) if quick else (6.0, 7)
    kernel = find("published")
    ours: dict[int, float] = {}
    for mode in ("hold", "centred", "live"):
        for places, channels in ((8, 1), (1, 8)):
            sound = hiss(seconds, 0.05, channels)
            hop = 256 if mode == "live" else HOP
            hops = places * sound.shape[1] / hop
            took = [
                rendered(ears(places, channels, {}, {"mode": mode}), sound) - rendered(ears(places, channels, None, {}), sound)
                for _ in range(rounds)
            ]
            each = 1e6 * median(took) / hops
            if mode == "centred":
                ours[channels] = each
            limit = {("live", 1): 230.0, ("live", 8): None}.get((mode, channels), {1: 100.0, 8: 250.0}[channels])
            width = "mono" if channels == 1 else "8 channels"
            report.add(
                f"cak 20: a hop, {mode}, {width}",
                each,
                limit,
                unit="us",
                note=f"all its work, level match and guard; lowest {1e6 * min(took) / hops:.1f}",
            )
            if places == 8:
                share = median(took) / seconds
                report.add(
                    f"cak 22: 8 places, each texture moving, {mode}",
                    100 * share,
                    None if mode == "live" else 5.0,
                    unit="%",
                    note="of one core at 48 kHz",
                )
    for channels in (1, 8):
        twin, sound, spent = Twin(kernel, channels), hiss(1.0, 0.05, channels)[:, :HOP], []
        for _ in range(100 if quick else 400):
            began = time.thread_time()
            twin.step(sound, 0.7)
            spent.append(time.thread_time() - began)
        each = 1e6 * median(spent)
        width = "mono" if channels == 1 else "8 channels"
        report.add(f"cak 20: a hop of the numpy twin, {width}", each, unit="us", note="without level match and guard")
        report.add(f"cak 20: core beside numpy, {width}", each / ours[channels], 1.0, met=ours[channels] < each, unit="x")
    offline(report, quick)


def offline(report: Report, quick: bool) -> None:
    """20: as a file is rendered, mono; and ten minutes of it leave nothing behind."""
    sound, spent = mixed(10.0), []
    for _ in range(3):
        ear = Ear(1, controls={"texture": 0.6})
        began = time.process_time()
        ear.feed(sound)
        spent.append(time.process_time() - began)
    times = 10.0 / median(spent)
    report.add("cak 20: offline, mono, times real time", times, 100, met=times >= 100, unit="x", note="the whole core, CPU time")
    minutes = 1 if quick else 10
    ear = Ear(2, controls={"texture": 0.6})
    minute = np.tile(hiss(6.0, 0.05, 2), (1, 10))
    ear.feed(minute)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(minutes):
        ear.feed(minute)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    report.add(
        f"cak 20: memory grown in {minutes} min offline", grown, 1.0, unit="MB", note="highest resident size, after the first minute"
    )


def real_time(report: Report, minutes: float) -> None:
    """21: in real time on JACK under the stress mix, with cak and without: what is lost beside the witness."""
    from live.bench.core import SLACK, one_run

    found = {}
    for score in ("", "cak"):
        try:
            found[score] = one_run("stress", 128, 60 * minutes, score=score)
        except (ImportError, OSError, RuntimeError, TimeoutError) as why:
            report.skip("cak 21: real time under stress, block 128", str(why))
            return
    without, with_it = found[""], found["cak"]
    note = (
        f"witness {with_it.null.silence:.1f} ms, {len(with_it.core.gaps)} gaps, longest {with_it.core.longest:.1f} ms of {with_it.core.seconds:.0f} s; "
        f"without cak: {without.core.silence:.1f} ms beside a witness's {without.null.silence:.1f} ms; machine busy {with_it.busy:.2f} cores"
    )
    report.add(
        "cak 21: silence under stress, 8 moving, block 128", with_it.core.silence, with_it.null.silence + SLACK, unit="ms", note=note
    )
    more = with_it.core.silence - with_it.null.silence - max(without.core.silence - without.null.silence, 0.0)
    report.add(
        "cak 21: blocks lost to cak",
        max(0.0, more * 48 / 128),
        SLACK * 48 / 128,
        unit="blocks",
        note="beside the witness, and beside the same without cak",
    )


def swapping(report: Report) -> None:
    """27: a kernel just written to a file is in a sounding core, and nobody hears the change."""
    with tempfile.TemporaryDirectory() as folder:
        published = find("published")
        other = Kernel.of([*(-1.5 * t for t in published.taps), 0.02, 0.8], "trained")
        write(other, Path(folder) / "kernels" / "trained.json")
        ear = Ear(1, controls={"texture": 0.8}, block=64)
        sound = tone(43 * RATE / 2048, -20, 2.0)
        took, played = [], ear.score

        def swap(one: Ear) -> None:
            nonlocal played
            began = time.process_time()
            kernel = find("trained", [folder])
            score = one.of({"texture": 0.8, **dict(zip(_names(), kernel.numbers, strict=True))})
            plan = compare(played, score)
            one.core.play(plan)
            took.append(time.process_time() - began)
            played = score

        y = ear.through(sound, [(48000, swap)])
    report.add("cak 27: from a kernel's file to the sounding core", 1000 * took[0], 50.0, unit="ms", note="CPU; it lands in the next block")
    report.add("cak 27: spurs while it lands", spurs(y, 43 * RATE / 2048), -95.0, unit="dB", note="1 kHz at -20 dBFS, texture 0.8")


def _names() -> tuple[str, ...]:
    from engines.cak import NUMBERS

    return NUMBERS
