"""A take: a window of the reels, laid out as files.

A stem is what one place added to the mix: its sends laid on the channels they
went to, delayed by the limiter's lookahead and multiplied by the master gain
as it was at each frame. Frames nobody recorded are silent in every file, and
named in take.toml.
"""

from __future__ import annotations

import bisect
import json
import re
import time
import tomllib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from live.tape.reels import Reel
from live.tape.stretch import GAIN, INPUT, LATE, LOST, MIX, PLACE, REST, Page, TapeError

BIG = 1 << 32  # bytes from which a wave file must be an RF64
SLICE = 48_000_000  # bytes of sound in hand at once
OPEN = 100  # files open at once
WIDE = 8  # up to so many outputs every stem has all of them
RESERVED = {"mix", "rest", "con", "nul", "aux", "prn"}


def legible(name: str) -> str:
    """The name as every file system takes it."""
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.")[:80] or "unnamed"


def spoken(place: str) -> str:
    """A place as a performer knows it: out.stage/rain is rain on its way to the loudspeakers."""
    return place.partition("/")[2] or place if place.startswith("out.") else place


def form(frames: int, channels: int, big: int = BIG) -> str:
    """Which kind of wave file holds so much."""
    return "RF64" if frames * channels * 4 + 4096 >= big else "WAV"


@dataclass
class Output:
    """One file of the take."""

    kind: int
    raw: bytes  # its name on the tape
    channels: set[int] = field(default_factory=set)  # of the mix, from 0
    file: str = ""
    heard: bool = False

    @property
    def name(self) -> str:
        """Its name as people read it."""
        return self.raw.decode("utf-8", "replace")

    def order(self) -> dict[int, int]:
        """Output channel -> channel of the file."""
        return {c: i for i, c in enumerate(sorted(self.channels))}


@dataclass
class _Span:
    """A reel and the frames it covers."""

    reel: Reel
    start: int
    end: int


class Take:
    """The last ``seconds`` of a chain of reels of one run."""

    def __init__(self, chain: list[Reel], seconds: float, *, wide: bool | None = None) -> None:
        self.shape = chain[-1].label.shape
        self.wide = self.shape.outs <= WIDE if wide is None else wide
        self.spans: list[_Span] = []
        self.late: list[tuple[Reel, Page]] = []
        self.untils: dict[tuple[bytes, int, int], int] = {}
        self._pages: dict[Path, list[Page]] = {}
        self._scan(chain, seconds)
        self._window(chain, seconds)
        self._outputs()

    # --- what there is --------------------------------------------------------

    def _scan(self, chain: list[Reel], seconds: float) -> None:
        """Read the pages of the reels that may matter, newest first."""
        need = int((seconds + 1) * self.shape.rate) + self.shape.lookahead
        newest = None
        for reel in reversed(chain):
            if newest is not None and self.spans and self.spans[-1].start < newest - need:
                break
            low, high = None, 0
            for page in self._read(reel):
                for e in page.entries:
                    key = (bytes(e["name"]), int(e["track"]), int(e["since"]))
                    if e["until"] >= 0:
                        self.untils[key] = min(self.untils.get(key, 1 << 62), int(e["until"]))
                if page.flags:
                    self.late.append((reel, page))
                else:
                    low = page.start if low is None else min(low, page.start)
                    high = max(high, page.end)
            if low is not None:
                self.spans.append(_Span(reel, low, high))
                newest = high if newest is None else max(newest, high)
        self.spans.sort(key=lambda s: s.start)
        if not self.spans:
            raise TapeError("nothing is recorded yet. Nothing was written; the sound goes on.")

    def _read(self, reel: Reel) -> list[Page]:
        """The pages of a reel; the last few reels are remembered."""
        if reel.path not in self._pages:
            while len(self._pages) > 3:
                self._pages.pop(next(iter(self._pages)))
            try:
                with reel.path.open("rb") as file:
                    self._pages[reel.path] = list(reel.pages(file))
            except FileNotFoundError:
                self._pages[reel.path] = []
        return self._pages[reel.path]

    def _window(self, chain: list[Reel], seconds: float) -> None:
        """First and last frame, and the holes between."""
        look, began = self.shape.lookahead, chain[0].label.shape.began
        covered = sorted((p.start, p.end) for s in self.spans for p in self._read(s.reel) if not p.flags)
        first, end = covered[0][0], max(e for _, e in covered)
        start = max(end - round(seconds * self.shape.rate), first)
        if not first - look <= began <= first:  # the stems begin a lookahead before the mix they make
            start = max(start, first + look)
            reach = first
        else:
            reach = start - look
        self.start, self.frames = start, end - start
        if self.frames <= 0:
            raise TapeError("nothing is recorded yet. Nothing was written; the sound goes on.")
        gaps, reached = [], reach
        for low, high in covered:
            if low > reached and low > first:
                gaps.append((reached, low + look))
            reached = max(reached, high)
        self.holes: list[tuple[int, int]] = []  # first frame within the take, frames
        for low, high in gaps:
            low, high = max(low - start, 0), min(high - start, self.frames)
            if high <= low:
                continue
            if self.holes and self.holes[-1][0] + self.holes[-1][1] >= low:
                low = self.holes.pop()[0]
            self.holes.append((low, high - low))

    def _outputs(self) -> None:
        """Which files there will be: the mix, every input, every place and the rest if they were heard."""
        outs = self.shape.outs
        found: dict[tuple[int, bytes], Output] = {(MIX, b"mix"): Output(MIX, b"mix", set(range(outs)), heard=True)}
        self.lost: list[tuple[str, int, int]] = []
        low, high = self.start - self.shape.lookahead, self.start + self.frames
        for page in [p for s in self.spans for p in self._read(s.reel) if not p.flags] + [p for _, p in self.late]:
            if page.end <= low or page.start >= high:
                continue
            loud = page.loud()
            for e, heard in zip(page.entries, loud, strict=True):
                kind, name = int(e["kind"]), bytes(e["name"])
                if kind in (MIX, GAIN):
                    continue
                out = found.setdefault((kind, name), Output(kind, name))
                if kind == INPUT:
                    out.channels.add(0)
                    out.channels.update(range(int(e["tracks"])))
                elif heard or page.flags == LOST:
                    first = max(int(e["first"]), 0)
                    out.channels.update(range(outs) if self.wide or kind == REST else range(first, min(first + int(e["width"]), outs)))
                out.heard |= bool(heard) or kind == INPUT
                if page.flags == LOST:
                    self.lost.append((out.name, page.start + self.shape.lookahead - self.start, page.frames))
        self.silent = sorted(o.name for o in found.values() if not o.heard and o.kind == PLACE)
        self.outputs = [o for _, o in sorted(found.items()) if o.heard and o.channels]
        used = set(RESERVED)
        for out in sorted(self.outputs, key=lambda o: (spoken(o.name) != o.name, o.kind, o.raw)):  # a place's own name before a fold's
            if out.kind in (MIX, REST):
                out.file = f"{out.name}.wav"
                continue
            whole = out.name.replace("in/", "in-", 1) if out.kind == INPUT else out.name
            stem = legible(spoken(whole))
            base = stem if stem.lower() not in used else legible(whole)
            stem, k = base, 1
            while stem.lower() in used:
                k += 1
                stem = f"{base}-{k}"
            used.add(stem.lower())
            out.file = f"{stem}.wav"

    def places(self) -> list[str]:
        """The places that have a stem."""
        return [o.name for o in self.outputs if o.kind == PLACE]

    @property
    def bytes(self) -> int:
        """What all files will take."""
        return sum(len(o.channels) * self.frames * 4 + 4096 for o in self.outputs) + 4096

    def sound(self, which: set[tuple[int, bytes]]) -> NDArray[np.float32]:
        """Some groups laid on one another, by kind and name: (channels, frames). Silent when none of them was heard."""
        outputs = [o for o in self.outputs if (o.kind, o.raw) in which]
        channels = sorted({c for o in outputs for c in o.channels}) or [0]
        block, gain = np.zeros((len(channels), self.frames), np.float32), np.zeros(self.frames, np.float32)
        order = {c: i for i, c in enumerate(channels)}
        self._fill(self.start, self.frames, [block], gain, {(o.kind, o.raw): 0 for o in outputs}, [order])
        if any(o.kind in (PLACE, REST) for o in outputs):
            block *= gain
        for low, count in self.holes:
            block[:, low : low + count] = 0
        return block

    # --- writing --------------------------------------------------------------

    def write(self, folder: Path, big: int, between: Callable[[], None], tempo: dict[str, Any]) -> None:
        """Write every file, a slice at a time; ``between`` is called after each slice."""
        for i in range(0, len(self.outputs), OPEN):
            self._write(folder, self.outputs[i : i + OPEN], big, between)
        (folder / "take.toml").write_text(self._toml(tempo), "utf-8")

    def _write(self, folder: Path, outputs: list[Output], big: int, between: Callable[[], None]) -> None:
        wanted = {(o.kind, o.raw): k for k, o in enumerate(outputs)}
        orders = [o.order() for o in outputs]
        step = max(256, min(self.shape.rate, SLICE // (4 * sum(len(o.channels) for o in outputs))))
        with ExitStack() as stack:
            files = [
                stack.enter_context(
                    soundfile.SoundFile(
                        folder / o.file, "w", self.shape.rate, len(o.channels), "FLOAT", format=form(self.frames, len(o.channels), big)
                    )
                )
                for o in outputs
            ]
            for f in range(self.start, self.start + self.frames, step):
                n = min(step, self.start + self.frames - f)
                blocks = [np.zeros((len(o.channels), n), np.float32) for o in outputs]
                gain = np.zeros(n, np.float32)
                self._fill(f, n, blocks, gain, wanted, orders)
                for o, block, file in zip(outputs, blocks, files, strict=True):
                    if o.kind in (PLACE, REST):
                        block *= gain
                    for low, count in self.holes:
                        a, b = max(low - (f - self.start), 0), min(low + count - (f - self.start), n)
                        if b > a:
                            block[:, a:b] = 0
                    file.write(np.ascontiguousarray(block.T))
                between()

    def _fill(self, f: int, n: int, blocks: list, gain: NDArray, wanted: dict, orders: list[dict[int, int]]) -> None:
        """Lay everything that belongs to [f, f + n) onto the blocks."""
        low, high = f - self.shape.lookahead, f + n
        at_first = max(bisect.bisect_right(self.spans, low, key=lambda s: s.start) - 1, 0)
        for span in self.spans[at_first:]:
            if span.start >= high:
                break
            self._fill_from(span.reel, self._read(span.reel), f, n, blocks, gain, wanted, orders)
        for reel, page in self.late:
            if page.flags == LATE and page.end > low and page.start < high:
                self._fill_from(reel, [page], f, n, blocks, gain, wanted, orders, late=True)

    def _fill_from(
        self, reel: Reel, pages: list[Page], f: int, n: int, blocks: list, gain: NDArray, wanted: dict, orders: list, late: bool = False
    ) -> None:  # fmt: skip
        look = self.shape.lookahead
        with reel.path.open("rb") as file:
            for page in pages:
                if page.end <= f - look or page.start >= f + n or (page.flags and not late):
                    continue
                for i, e in enumerate(page.entries):
                    kind, name = int(e["kind"]), bytes(e["name"])
                    k = wanted.get((kind, name))
                    if k is None and kind != GAIN:
                        continue
                    shift = look if kind in (PLACE, REST) else 0
                    end = min(page.end, self.untils.get((name, int(e["track"]), int(e["since"])), page.end))
                    a, b = max(page.start, f - shift), min(end, f + n - shift)
                    if b > a:
                        self._lay(file, page, i, a, b, a + shift - f, kind, e, None if k is None else (blocks[k], orders[k]), gain)

    @staticmethod
    def _lay(file: BinaryIO, page: Page, i: int, a: int, b: int, to: int, kind: int, e: Any, out: Any, gain: NDArray) -> None:
        """One group's frames [a, b) onto its block, from column ``to``."""
        sound = page.sound(file, i)[:, a - page.start : b - page.start]
        n = b - a
        if kind == GAIN:
            gain[to : to + n] = sound[0]
            return
        block, order = out
        if kind == PLACE:
            for j in range(int(e["width"])):
                row = order.get(int(e["first"]) + j)
                if row is not None:
                    block[row, to : to + n] += sound[j % len(sound)]
        else:
            block[: len(sound), to : to + n] = sound[: len(block)]

    # --- the page beside the files ------------------------------------------------

    def _toml(self, tempo: dict[str, Any]) -> str:
        lines = [
            "# What was heard. The stems, and rest.wav if there is one, sum to mix.wav.",
            f"rate = {self.shape.rate}", f"frames = {self.frames}", f"seconds = {self.frames / self.shape.rate:.6f}",
            f"channels = {self.shape.outs}", f"start = {self.start}  # on the core's clock", f"lookahead = {self.shape.lookahead}",
            f'made = "{time.strftime("%Y-%m-%dT%H:%M:%S")}"', 'mix = "mix.wav"', f"silent = {_words(self.silent)}",
        ]  # fmt: skip
        lines += ["", "[tempo]", *(f"{k} = {float(v)!r}" for k, v in tempo.items())] if tempo else []
        for o in self.outputs:
            if o.kind == MIX:
                continue
            table = {INPUT: "input", PLACE: "place", REST: "rest"}[o.kind]
            lines += ["", f"[[{table}]]", f"name = {_words(o.name)}", f"file = {_words(o.file)}"]
            if o.kind != INPUT:
                lines.append(f"channels = {[c + 1 for c in sorted(o.channels)]}  # of the mix, in the file's order")
        for low, count in self.holes:
            lines += ["", "[[hole]]", f"start = {low}", f"frames = {count}"]
        for name, low, count in self.lost:
            lines += ["", "[[lost]]", f"place = {_words(name)}", f"start = {low}", f"frames = {count}"]
        return "\n".join(lines) + "\n"


def _words(value: Any) -> str:
    """Text as TOML writes it."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def sum_of(folder: Path | str) -> float:
    """How far the sum of a take's stems is from its mix, in dB below full scale."""
    folder = Path(folder)
    told = tomllib.loads((folder / "take.toml").read_text("utf-8"))
    stems = [*told.get("place", []), *told.get("rest", [])]
    worst, step = 0.0, max(256, SLICE // (16 * told["channels"]))
    for f in range(0, told["frames"], step):
        mix = _part(folder / "mix.wav", f, step)
        total = np.zeros(mix.shape)
        for stem in stems:
            total[:, [c - 1 for c in stem["channels"]]] += _part(folder / stem["file"], f, step)
        worst = max(worst, float(np.abs(mix - total).max(initial=0.0)))
    return 20 * float(np.log10(worst)) if worst > 0 else -np.inf


def _part(path: Path, start: int, frames: int) -> NDArray[np.float32]:
    return soundfile.read(path, frames, start, dtype="float32", always_2d=True)[0]
