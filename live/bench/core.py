"""The core under stress: what is lost of an echo through it, beside a witness that loses what the machine loses.

stress   the desk that plays has a bad minute
storm    a bad minute elsewhere, while the desk sends a plan of 400 steps every 0.1 s, loads samples, writes 15 treatments
gil      a bad minute elsewhere, while the core's own interpreter is held for 2 s again and again
threads  the desk runs ``while True: pass`` in three threads
path     8 channels in a loop, no stress: every sample right, the latency as stated
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from live.bench.desk import Desk
from live.bench.floor import NULL, heard_by
from live.bench.hearing import Heard, unbroken
from live.bench.machine import Jackd, connect, others, ports
from live.bench.report import Report
from live.bench.witness import Witness

SLACK = 50.0  # milliseconds more than the witness may be lost at 64 and 256, none at 1024 (the issue, check 1)


@dataclass
class Ran:
    """One run: what each listener heard, what the desk said afterwards."""

    core: Heard
    clock: Heard
    null: Heard
    direct: Heard
    went: dict[str, Any] = field(default_factory=dict)
    busy: float = 0.0


def ends(server: str, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Of the core's audio ports, its inputs and its outputs, counted up."""
    inputs = set(ports(server, is_audio=True, is_input=True))

    def count(name: str) -> tuple[int, str]:
        digits = re.findall(r"\d+", name)
        return (int(digits[-1]) if digits else 0, name)

    mine = sorted(names, key=count)
    return [n for n in mine if n in inputs], [n for n in mine if n not in inputs]


def through(stack: ExitStack, server: Jackd, desk: Desk, channels: int) -> None:
    """The witness's clock into the core's inputs, the core's outputs into its ears."""
    ins, outs = ends(server.name, desk.ports)
    if len(ins) < channels or len(outs) < channels:
        raise RuntimeError(f"the core opened inputs {ins} and outputs {outs} on JACK; this bench needs {channels} of each")
    pairs = [(f"send:out_{k + 1}", ins[k]) for k in range(channels)] + [(outs[k], f"hear:in_{k + 1}") for k in range(channels)]
    connect(server.name, pairs)


def one_run(part: str, block: int, seconds: float, *, ours: str = "stage", score: str = "") -> Ran:
    """One stress run at one block; ``score``: what plays, as on_stage.opening_score knows it."""
    folder = tempfile.mkdtemp(prefix="antiphon-bench-")
    elsewhere = part in ("storm", "gil")
    stress = {"stress": "mix", "threads": "threads"}.get(part, "none")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = stack.enter_context(Jackd(block))
        witness = stack.enter_context(Witness(server.name, block, seconds + 15))
        spec = {"server": server.name, "block": block, "folder": folder, "seconds": seconds}
        desk = stack.enter_context(Desk(tested=ours, stress=stress, also=part if elsewhere else "", score=score, **spec))
        bad = stack.enter_context(Desk(tested="none", stress="mix", **spec)) if elsewhere else None
        connect(server.name, NULL)
        through(stack, server, desk, 2)
        time.sleep(1.0)  # fades are over
        told = stack.enter_context(others())
        witness.say("open")
        for each in (bad, desk):
            if each:
                each.say("go")
        went = desk.answer()
        if bad:
            bad.answer()
        witness.say("close")
        cycles, sound = witness.heard("hear")
        ran = Ran(
            heard_by(witness, "hear"), unbroken(cycles, sound[1]), heard_by(witness, "hear_null"), heard_by(witness, "hear_direct"), went
        )  # fmt: skip
    ran.busy = told["busy"]
    return ran


WORDS = {
    "stress": "silence under stress",
    "storm": "silence while 400-line plans, samples and treatments come",
    "gil": "silence while the core's own GIL is held",
    "threads": "silence beside three busy threads in the desk",
}


def report_run(report: Report, part: str, block: int, ran: Ran) -> None:
    """The figures of one run against its witness."""
    core, null = ran.core, ran.null
    strict = block >= 1024
    limit = 0.0 if strict else null.silence + SLACK
    gaps = ", ".join(f"{took:.1f} ms at {at:.2f} s" for at, took in sorted(core.gaps, key=lambda g: -g[1])[:5])
    note = (
        f"witness {null.silence:.1f} ms, nothing between {ran.direct.silence:.1f} ms; of {core.seconds:.0f} s; wrong {core.wrong} and lost {core.lost} frames; "
        f"{len(core.gaps)} gaps{': ' + gaps if gaps else ''}; a clip in the core broke {len(ran.clock.gaps)} times; machine busy {ran.busy:.2f} cores"
    )
    report.add(f"{WORDS[part]}, block {block}", core.silence, limit, unit="ms", note=note)
    if not strict:
        periods = 2 * block / 48
        report.add(
            f"longest gap, {part}, block {block}",
            core.longest,
            null.longest + periods,
            unit="ms",
            note=f"witness {null.longest:.1f} ms and two periods",
        )
    if ran.went.get("turns"):
        report.say(f"    {part}, block {block}: {ran.went['turns']}")
    for key in ("plans", "refused", "treatments", "samples", "held"):
        if key in ran.went.get("turns", {}):
            report.add(f"{part}: {key}, block {block}", ran.went["turns"][key])


def path(report: Report, block: int, seconds: float) -> None:
    """Eight channels through the core and back: all right, and as late as stated."""
    folder = tempfile.mkdtemp(prefix="antiphon-bench-")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = stack.enter_context(Jackd(block))
        roles = {"send": ("send", 8), "hear": ("hear", 8), "null": ("copy", 1), "hear_null": ("hear", 1)}
        witness = stack.enter_context(Witness(server.name, block, seconds + 10, ports=8, roles=roles))
        desk = stack.enter_context(
            Desk(tested="stage", stress="none", score="path", server=server.name, block=block, folder=folder, seconds=seconds)
        )
        connect(server.name, NULL[:2])
        through(stack, server, desk, 8)
        time.sleep(1.0)
        witness.say("open")
        desk.say("go")
        went = desk.answer()
        witness.say("close")
        heard = [heard_by(witness, "hear", k) for k in range(8)]
        null = heard_by(witness, "hear_null")
    wrong = sum(h.wrong for h in heard)
    limit = 0 if block >= 1024 else 8 * (null.wrong + null.lost)
    report.add(f"wrong samples through 8 channels, block {block}", wrong, limit, unit="samples", note=f"lost by the server {heard[0].lost}, by the witness {null.lost} + {null.wrong}; {heard[0].seconds:.0f} s")  # fmt: skip
    stated = went.get("latency")
    late = sorted({h.latency for h in heard})
    note = f"all channels {late}; stated {stated}"
    report.add(
        f"latency through the core, block {block}",
        late[-1],
        stated,
        met=None if stated is None else late == [stated],
        unit="frames",
        note=note,
    )
    if "class" in went:
        report.add(f"audio thread's class, block {block}", None, met=went["class"] in ("FIFO", "RR"), note=went["class"])


def run(report: Report, part: str, *, blocks: Sequence[int] | None, seconds: float, rounds: int, quick: bool) -> None:
    """One part, or all of them."""
    from live.bench import cost, knob, same

    parts = ["path", "stress", "storm", "gil", "threads", "same", "cost", "linear", "knob"] if part == "core" else [part]
    for each in parts:
        try:
            if each in WORDS:
                for block in blocks or (64, 256, 1024):
                    report_run(report, each, block, one_run(each, block, seconds))
            elif each == "path":
                for block in blocks or (64, 128, 256, 512, 1024):
                    path(report, block, min(seconds, 10))
            elif each == "cost":
                cost.compare_with_peers(report, blocks=blocks or (64, 256), seconds=2 if quick else 8, rounds=rounds)
            elif each == "linear":
                cost.growth(report, blocks=blocks or (64, 256), seconds=2 if quick else 5, rounds=rounds)
            elif each == "knob":
                knob.run(report, blocks=blocks or (64, 256), events=40 if quick else 200)
            elif each == "same":
                same.run(report, blocks=blocks or (256,), seconds=seconds)
        except (OSError, RuntimeError, TimeoutError, KeyError, IndexError) as trouble:
            report.add(f"{each} could not be measured", None, met=False, note=str(trouble))
