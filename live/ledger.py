"""How late everything is: from an input through every place on the way to the loudspeakers, in milliseconds.

What the device says of itself is the driver's own figure. Everything else is
counted in frames, so it is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from live.core import layout as at
from live.score import Score
from live.vocabulary import vocabulary
from live.ways import out_of, root

if TYPE_CHECKING:
    from live.desk import Desk


@dataclass(frozen=True)
class Path:
    """One way from an input to an output: the places it passes, how many frames they take."""

    passes: tuple[str, ...]
    frames: int


def lines(desk: Desk) -> list[str]:
    """The whole ledger."""
    stage, score = desk.stage, desk.hand.state.score
    cells, rate = stage.core.clock, stage.rig.rate
    heard, played, block, look = (int(cells[cell]) for cell in (at.C_LAT_IN, at.C_LAT_OUT, at.C_BLOCK, at.C_LOOKAHEAD))
    silent_driver = heard + played < block
    told = "what the driver says" if not silent_driver else "the driver says nothing"

    def line(what: str, frames: int, why: str) -> str:
        return f"  {what:<24} {1000 * frames / rate:8.1f} ms   {why}"

    said = [line("input device", heard, told)]
    said.append(line("block", block, f"{block} frames, exact" if silent_driver else f"{block} frames; the device's figures hold it"))
    own = late(score, rate, block)
    said += [line(f"{root(name)} ({score.places[name].kind})", frames, "exact") for name, frames in sorted(own.items())]
    said.append(line("limiter", look, f"{look} frames, exact"))
    said.append(line("output device", played, told))
    extra = heard + played + look + (block if silent_driver else 0)
    ways = [(path, out) for out, path in ways_from_mics(desk, score, own)]
    if not ways:
        cure = ": guitar = mic(1), out.stage = guitar" if stage.rig.ins else "; this device has none"
        said.append(f"No input is on its way to a loudspeaker now{cure}.")
        return said
    said.append("From an input to the loudspeakers:")
    for path, out in ways:
        names = list(dict.fromkeys(root(one) for one in path.passes if not one.startswith("out.")))
        said.append(f"  {' -> '.join([*names, out])}: {1000 * (path.frames + extra) / rate:.1f} ms")
    return said


def late(score: Score, rate: int, block: int) -> dict[str, int]:
    """The places that are late by themselves, in frames."""
    words = vocabulary()
    found = {name: words[node.kind].latency(node.settings, rate, block) for name, node in score.places.items() if node.kind in words}
    return {name: frames for name, frames in found.items() if frames}


def ways_from_mics(desk: Desk, score: Score, own: dict[str, int]) -> list[tuple[str, Path]]:
    """For each output the quickest way from each input, and the slowest where it takes longer."""
    found: dict[tuple[str, Path], None] = {}
    for send in score.sends:
        by_mic: dict[str, list[Path]] = {}
        for path in ways(score, send.place, own):
            by_mic.setdefault(path.passes[0], []).append(path)
        for some in by_mic.values():
            some.sort(key=lambda path: path.frames)
            for path in dict.fromkeys((some[0], some[-1])):
                found[out_of(desk, send), path] = None
    return sorted(found, key=lambda pair: (pair[1].passes[0], pair[1].frames))


def ways(
    score: Score, place: str, own: dict[str, int], _known: dict[str, list[Path]] | None = None, _inside: frozenset[str] = frozenset()
) -> list[Path]:
    """From every input to a place: the quickest and the slowest way of each."""
    known = {} if _known is None else _known
    node = score.places.get(place)
    if node is None or place in _inside:
        return []
    if place not in known:
        if node.kind == "mic":
            known[place] = [Path((place,), 0)]
        else:
            best: dict[str, list[Path]] = {}
            for inlet in node.ins:
                for path in ways(score, inlet, own, known, _inside | {place}):
                    best.setdefault(path.passes[0], []).append(Path((*path.passes, place), path.frames + own.get(place, 0)))
            known[place] = [
                path for some in best.values() for path in {min(some, key=lambda p: p.frames), max(some, key=lambda p: p.frames)}
            ]
    return known[place]
