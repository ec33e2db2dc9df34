"""Parts that sound together, told segment by segment: what the relation is learnt from.

    python -m agents.nets.pairs FOLDER_OF_PIECES --out PIECES.npz

A piece is a folder of stems, of one length and begun together. Where it has a
``piece.json`` with beats, segments are beats, halved or doubled towards half a
second; elsewhere they are half a second. Each part is told on the grid all share,
and so is what the others sound like together: its band. Once told, the sound is not needed any more.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents import descriptors
from agents.codebook import Codebook
from agents.hear import describe

SOUNDS = (".wav", ".flac", ".ogg", ".aif", ".aiff")
SEGMENT = 0.5  # seconds, or the division of the beat nearest to it
SPLIT = 58  # settles who is held out; chosen so that some quartets are, before anything was measured on them
TOLD = "mix"  # how segments are kept: any other emphasis is read from it

Vectors = NDArray[np.float32]
"""(segments, D): one row a segment."""


@dataclass
class Piece:
    """A piece in several parts: how each sounds in every segment, and how the others sound together (its band)."""

    name: str
    group: str  # what must not be on both sides of a split: who wrote it
    parts: dict[str, Vectors] = field(default_factory=dict)
    bands: dict[str, Vectors] = field(default_factory=dict)

    @property
    def side(self) -> str:
        """train, valid or test: of fifty groups, forty-one, four and five, whatever the order they come in."""
        spot = hashlib.blake2s(f"{SPLIT}/{self.group}".encode()).digest()[0]
        return "test" if spot < 26 else "valid" if spot < 46 else "train"


def segments(beats: Sequence[float] | None, seconds: float, segment: float = SEGMENT) -> NDArray[np.float64]:
    """Where segments begin and end: beats divided or joined by a power of two towards ``segment``, or an even grid."""
    if beats is None or len(beats) < 3:
        return np.arange(int(seconds / segment + 1e-6) + 1) * segment
    at = np.asarray(beats, np.float64)
    power = round(float(np.log2(np.median(np.diff(at)) / segment)))
    if power > 0:
        at = np.interp(np.arange((len(at) - 1) * 2**power + 1) / 2**power, np.arange(len(at)), at)
    else:
        at = at[:: 2**-power]
    return at[at <= seconds]


def tracks(files: Sequence[Path]) -> tuple[dict[str, NDArray[np.float32]], int]:
    """Sound files begun together, by name: mono, of one length and rate. One that cannot be read is named and left out."""
    import soundfile
    import soxr

    found: dict[str, NDArray[np.float32]] = {}
    rate = 0
    for file in files:
        try:
            sound, own = soundfile.read(file, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, OSError) as e:
            sys.stderr.write(f"{file.parent.name}/{file.name} cannot be read and is left out: {e}\n")
            continue
        rate = rate or own
        mono = sound.mean(axis=1)
        name = file.stem if file.stem not in found else f"{file.parent.name}/{file.stem}"
        found[name] = mono if own == rate else soxr.resample(mono, own, rate).astype(np.float32)
    shortest = min((one.size for one in found.values()), default=0)
    return {name: one[:shortest] for name, one in found.items()}, rate


def tell(sounds: dict[str, NDArray[np.float32]], rate: int, about: dict[str, Any], name: str, segment: float = SEGMENT) -> Piece:
    """A piece told: every part, and its band where that is more than one other."""
    piece = Piece(name, str(about.get("group", name)))
    frames = next(iter(sounds.values())).size
    cuts = segments(about.get("beats"), frames / rate, segment)
    for part, sound in sounds.items():
        piece.parts[part] = describe(sound, rate, cuts, TOLD)
    if len(sounds) > 2:
        whole = np.sum(list(sounds.values()), axis=0)
        for part, sound in sounds.items():
            piece.bands[part] = describe(whole - sound, rate, cuts, TOLD)
    return piece


def pieces(folder: Path, segment: float = SEGMENT) -> Iterator[Piece]:
    """Every piece in a folder of folders that has two stems or more."""
    for own in sorted(p for p in folder.iterdir() if p.is_dir()):
        sounds, rate = tracks(sorted(p for p in own.iterdir() if p.suffix.lower() in SOUNDS))
        if len(sounds) < 2:
            continue
        book = own / "piece.json"
        yield tell(sounds, rate, json.loads(book.read_text("utf-8")) if book.exists() else {}, own.name, segment)


def keep(told: Sequence[Piece], file: Path) -> None:
    """Pieces into one .npz, in half precision."""
    arrays: dict[str, NDArray[Any]] = {"about": np.array(json.dumps([[one.name, one.group] for one in told]))}
    for k, one in enumerate(told):
        arrays |= {f"{k}/part/{name}": v.astype(np.float16) for name, v in one.parts.items()}
        arrays |= {f"{k}/band/{name}": v.astype(np.float16) for name, v in one.bands.items()}
    np.savez(file, **arrays)


def kept(path: Path, segment: float = SEGMENT) -> list[Piece]:
    """Pieces from such a file, or from a folder of stems."""
    if path.is_dir():
        found = list(pieces(path, segment))
        if not found:
            raise ValueError(f"{path} holds no piece; a piece is a folder of two stems or more ({', '.join(SOUNDS)})")
        return found
    with np.load(path, allow_pickle=False) as pack:
        found = [Piece(name, group) for name, group in json.loads(str(pack["about"]))]
        for key in pack.files:
            if key != "about":
                k, kind, name = key.split("/", 2)
                getattr(found[int(k)], f"{kind}s")[name] = pack[key].astype(np.float32)
    return found


def seen_as(vectors: Vectors, emphasis: str) -> Vectors:
    """Vectors as they were kept, under another emphasis."""
    have, weights = descriptors.blocks(TOLD), descriptors.EMPHASES[descriptors.known(emphasis)]
    return np.concatenate([vectors[:, have[b]] * (w / descriptors.EMPHASES[TOLD][b]) for b, w in weights.items()], axis=1, dtype=np.float32)


@dataclass
class Pair:
    """What is heard and what is played beside it: labels, and the vectors behind what is heard."""

    piece: str
    heard: NDArray[np.int32]
    own: NDArray[np.int32]
    vectors: Vectors
    whole: NDArray[np.int32]  # the labels of the whole part: what its memory has
    band: bool = False

    def memory(self, labels: int) -> NDArray[np.float32]:
        """Which labels the whole part has: (K,) of 0 and 1."""
        has = np.zeros(labels, np.float32)
        has[self.whole] = 1
        return has


def alphabet(told: Sequence[Piece], K: int, *, emphasis: str = "harmony", seed: int = 0, turning: bool = True) -> Codebook:
    """A codebook learnt from all parts and bands of these pieces."""
    every = np.concatenate([seen_as(v, emphasis) for one in told for v in [*one.parts.values(), *one.bands.values()]])
    return Codebook.learn(every, K, seed, emphasis=emphasis, turning=turning, name=f"relation-{emphasis}-{K}")


def pairs(told: Sequence[Piece], book: Codebook, *, bands: bool = True, active: float = 0.3) -> list[Pair]:
    """Every ordered pair of parts of a piece, and each part beside its band, where both sound for long enough."""
    found: list[Pair] = []
    for one in told:
        parts = {name: seen_as(v, book.emphasis) for name, v in one.parts.items()}
        labels = {name: book.labels(v) for name, v in parts.items()}
        sounds = {name: (at != book.silence).mean() >= active for name, at in labels.items()}
        for own in [name for name in parts if sounds[name]]:
            for heard in [name for name in parts if sounds[name] and name != own]:
                found.append(Pair(one.name, labels[heard], labels[own], parts[heard], labels[own]))
            if bands and own in one.bands:
                vectors = seen_as(one.bands[own], book.emphasis)
                found.append(Pair(one.name, book.labels(vectors), labels[own], vectors, labels[own], band=True))
    return found


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m agents.nets.pairs", description="Tell pieces in segments, so that the sound can go.")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--segment", type=float, default=SEGMENT, help="seconds; beats are halved or doubled towards it")
    a: Any = parser.parse_args(argv)
    told: list[Piece] = []
    for folder in a.folders:
        for one in pieces(folder, a.segment):
            told.append(one)
            sys.stderr.write(f"{one.name}: {len(one.parts)} parts, {len(next(iter(one.parts.values())))} segments, {one.side}\n")
    keep(told, a.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
