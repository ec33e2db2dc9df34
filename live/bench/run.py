"""The bench's own command line."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from live.bench.report import Report

PARTS = (
    "core",
    "witness",
    "peers",
    "stress",
    "storm",
    "gil",
    "threads",
    "cost",
    "linear",
    "knob",
    "messages",
    "gig",
    "replug",
    "osc",
    "same",
    "path",
    "keep",
    "soak",
    "plans",
    "planning",
    "speed",
    "written",
    "recovery",
    "reload",
    "typing",
    "mutate",
    "edits",
    "start",
    "loop",
    "crash",
    "take",
    "follow_clock",
    "clock_out",
    "link",
    "cak",
    "partner",
)


def numbers(text: str) -> list[int]:
    """``64,256`` as a list."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list like 64,256") from None


def main(argv: Sequence[str] | None = None) -> int:
    """Run some parts of the bench; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="antiphon bench", description="Measure cost, worst blocks and latency.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: core, which is all that the core promises)")
    parser.add_argument("--seconds", type=float, default=60, metavar="N", help="length of one stress run (default 60)")
    parser.add_argument("--blocks", type=numbers, default=None, metavar="A,B", help="blocks to measure at (default: each part's own)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds of every comparison (default 3; medians are quoted)")
    parser.add_argument(
        "--minutes", type=float, default=10, metavar="N", help="length of the soak, and of cak under stress, in real time (default 10)"
    )
    parser.add_argument("--count", type=int, default=500, metavar="N", help="mutations of each session (default 500)")
    parser.add_argument(
        "--session", action="append", default=[], metavar="NAME", help="a shipped session to mutate (default: each of them)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="where chance begins (default 1)")
    parser.add_argument("--quick", action="store_true", help="10 s runs, one round: to see that it works")
    parser.add_argument("--json", action="store_true", help="JSON lines only")
    parser.add_argument("--file", type=Path, default=None, metavar="FILE", help="where figures are remembered (default bench.jsonl)")
    asked = parser.parse_args(argv)
    wrong = [part for part in asked.parts if part not in PARTS]
    if wrong:
        import difflib

        near = difflib.get_close_matches(wrong[0], PARTS, 1)
        parser.error(f"no part {wrong[0]!r}; " + (f"nearest: {near[0]}" if near else f"there is: {', '.join(PARTS)}"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that whatever was opened is closed
    report = Report(file=asked.file, only_json=asked.json)
    seconds, rounds = (10.0, 1) if asked.quick else (asked.seconds, asked.rounds)
    parts = list(asked.parts) or ["core"]
    from live.bench import (
        cak,
        clock_out,
        core,
        edits,
        evening,
        floor,
        follow_clock,
        gig,
        hands_ports,
        keeping,
        keystroke,
        link,
        messages,
        mutate,
        osc_fuzz,
        partner,
        peers,
        planning,
        plans,
        recovery,
        reload,
        soak,
        speed,
        written,
    )

    for part in parts:
        report.say(f"bench {part}")
        if part == "peers":
            peers.run(report, blocks=asked.blocks or (64, 256), seconds=2 if asked.quick else 8, rounds=rounds)
        elif part == "witness":
            floor.run(report, blocks=asked.blocks or (64, 256, 1024), seconds=seconds)
        elif part == "recovery":
            recovery.run(report, rounds=2 if asked.quick else 20)
        elif part == "keep":
            keeping.run(report, seconds=seconds)
        elif part == "soak":
            soak.run(report, hours=0.05 if asked.quick else 2.0, minutes=0.5 if asked.quick else asked.minutes)
        elif part == "plans":
            plans.run(report, plans=500 if asked.quick else 10_000)
        elif part == "planning":
            planning.run(report)
        elif part == "speed":
            speed.run(report, rounds=rounds, cold=not asked.quick)
        elif part == "typing":
            keystroke.run(report, seconds=seconds)
        elif part == "mutate":
            mutate.run(report, count=25 if asked.quick else asked.count, sessions=tuple(asked.session), seed=asked.seed)
        elif part == "edits":
            edits.run(report, quick=asked.quick)
        elif part == "reload":
            reload.run(report, saves=10 if asked.quick else 60)
        elif part in ("start", "loop", "crash", "take"):
            length = {"loop": 10.0, "take": 20.0 if asked.quick else 180.0}.get(part, seconds)
            evening.run(report, part, rounds=(2 if asked.quick else 20) if part == "crash" else max(rounds, 3), seconds=length)
        elif part == "replug":
            hands_ports.run(report, rounds=3 if asked.quick else 20)
        elif part == "gig":
            gig.run(report)
        elif part == "messages":
            messages.run(report, quick=asked.quick, block=(asked.blocks or [256])[0])
        elif part == "osc":
            osc_fuzz.run(report, packets=20_000 if asked.quick else 100_000, seed=asked.seed)
        elif part == "follow_clock":
            follow_clock.run(report, seeds=3 if asked.quick else 20)
        elif part == "clock_out":
            clock_out.run(report, seconds=seconds, block=(asked.blocks or [256])[0])
        elif part == "link":
            link.run(report, seconds=min(seconds, 30.0), block=(asked.blocks or [256])[0])
        elif part == "cak":
            cak.run(report, minutes=asked.minutes, quick=asked.quick)
        elif part == "written":
            written.run(report)
        elif part == "partner":
            partner.run(report, quick=asked.quick, minutes=asked.minutes)
        else:
            core.run(report, part, blocks=asked.blocks, seconds=seconds, rounds=rounds, quick=asked.quick)
    return report.close()
