"""The machine's own floor under stress, and what two callbacks in the performer's own process make of it.

The Python callback is here to show that the bench can fail: it is how most
Python systems play, and it loses most of its sound.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack

from live.bench.desk import Desk
from live.bench.hearing import Heard, listen
from live.bench.machine import Jackd, connect, others
from live.bench.report import Report
from live.bench.witness import Witness

NULL = [("send:out_1", "null:in_1"), ("null:out_1", "hear_null:in_1"), ("send:out_1", "hear_direct:in_1")]


def heard_by(witness: Witness, name: str, channel: int = 0, **how: int) -> Heard:
    """One listener's account."""
    cycles, sound = witness.heard(name)
    return listen(cycles, sound[channel], channel=how.pop("code", channel), **how)


def one_run(report: Report, tested: str, block: int, seconds: float) -> dict[str, Heard]:
    """A run of the stress mix beside one tested callback and the null."""
    folder = tempfile.mkdtemp(prefix="antiphon-bench-")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = stack.enter_context(Jackd(block))
        witness = stack.enter_context(Witness(server.name, block, seconds + 5))
        desk = stack.enter_context(Desk(tested=tested, stress="mix", seconds=seconds, server=server.name, block=block, folder=folder))
        pairs = list(NULL)
        if tested != "none":
            pairs += [("send:out_1", "tested:in_1"), ("tested:out_1", "hear:in_1")]
        connect(server.name, pairs)
        told = stack.enter_context(others())
        witness.say("open")
        desk.say("go")
        went = desk.answer()
        witness.say("close")
        heard = {name: heard_by(witness, name) for name in ("hear_null", "hear_direct", *(["hear"] if tested != "none" else []))}
        report.say(f"  {tested}, block {block}: stress {went['turns']}, witness in {witness.by}")
        for name, account in heard.items():
            report.say(f"    {name:<12} {account.says()}")
    report.say(f"    machine busy {told['busy']:.2f} cores")
    return heard


def run(report: Report, *, blocks: Sequence[int], seconds: float, tested: Sequence[str] = ("compiled", "python")) -> None:
    """Silence of each, in milliseconds, beside the null's in the same run."""
    for block in blocks:
        for who in tested:
            heard = one_run(report, who, block, seconds)
            null = heard["hear_null"]
            note = f"null {null.silence:.1f} ms, nothing between {heard['hear_direct'].silence:.1f} ms; longest {{:.1f}} ms; of {null.seconds:.0f} s"
            report.add(f"null, block {block}", null.silence, unit="ms", note=f"longest {null.longest:.1f} ms, the floor beside {who}")
            report.add(
                f"{who} callback in the stressed process, block {block}",
                heard["hear"].silence,
                unit="ms",
                note=note.format(heard["hear"].longest),
            )
