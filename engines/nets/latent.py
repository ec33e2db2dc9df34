"""Learns which few numbers a hop of sound is best told in, from a folder of recordings.

    python -m engines.nets.latent FOLDER --out engines/weights/latent

A lapped transform (a sine window over two hops, folded, then a DCT-IV) turns
every hop of H frames into H numbers and loses nothing. The D directions in
which real recordings move most are kept: the best linear autoencoder there
is, found in closed form as the eigenvectors of the recordings' covariance.
Its two halves are each other's transposes::

    sound --fold--> H numbers --basis--> D numbers --basis^T--> H --unfold--> sound

Every frame counts the same, loud or soft, and every kind of sound the same,
however many files there are of it. A recording that the lowest bins alone
tell well counts more: there a part in a thousand is heard, where a cymbal has
already lost half. Without that the basis gives away 4 dB on everything quiet
at the top to gain 0.1 dB on noise (see the card). A FOLDER with a ``manifest.jsonl`` is read
by it, and only its files of the tier "free"; any other is searched for sounds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HOP = 512
CODES = 192
RATE = 48000
SOUNDS = (".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3")
FAINT = 1e-6  # of a file's loudest frame's energy: below that a frame is taken for silence
EVERY = 5  # one recording in five is held out
FLOOR = 0.01  # a recording that loses less than this counts no more than one that loses this

Frames = NDArray[np.float64]
"""(..., H) numbers: one row for each hop."""


def window(hop: int = HOP) -> Frames:
    """A sine over two hops: its square and that of its neighbour add up to one."""
    return np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop))


def cosines(hop: int = HOP) -> Frames:
    """The DCT-IV as a matrix: orthonormal, and its own inverse."""
    steps = np.arange(hop) + 0.5
    return np.sqrt(2 / hop) * np.cos(np.pi / hop * np.outer(steps, steps))


def fold(sound: Frames) -> Frames:
    """Two windowed hops (..., 2H) as one (..., H): what is lost here comes back when neighbours overlap."""
    half = sound.shape[-1] // 4
    a, b, c, d = (sound[..., k * half : (k + 1) * half] for k in range(4))
    return np.concatenate([-c[..., ::-1] - d, a - b[..., ::-1]], axis=-1)


def unfold(folded: Frames) -> Frames:
    """Back to two hops (..., 2H): the transpose of ``fold``."""
    half = folded.shape[-1] // 2
    u, v = folded[..., :half], folded[..., half:]
    return np.concatenate([v, -v[..., ::-1], -u[..., ::-1], -u], axis=-1)


def orthonormal(basis: NDArray[Any]) -> Frames:
    """The orthonormal rows nearest to these, which are so nearly: mends what storing them in 16 bits bent."""
    rows = np.asarray(basis, np.float64)
    for _ in range(3):  # each round squares what is wrong: 1e-3, 1e-6, 1e-12
        rows = 1.5 * rows - 0.5 * (rows @ rows.T) @ rows
    return rows


def spectra(sound: NDArray[Any], hop: int = HOP) -> Frames:
    """Every hop of a mono sound in H numbers: (hops, H)."""
    count = sound.size // hop - 1
    cut = np.lib.stride_tricks.sliding_window_view(np.asarray(sound, np.float64), 2 * hop)[: count * hop : hop]
    return fold(cut * window(hop)) @ cosines(hop)


@dataclass(frozen=True)
class Recording:
    """One file: ``group`` names what must not be on both sides of the split."""

    file: Path
    kind: str
    group: str

    def held_out(self, seed: int) -> bool:
        """Whether it is kept away from the training."""
        return hashlib.blake2s(f"{seed}/{self.group}".encode()).digest()[0] % EVERY == 0


def recordings(folder: Path) -> list[Recording]:
    """What there is to learn from, in order of name."""
    book = folder / "manifest.jsonl"
    if book.exists():
        told = [json.loads(line) for line in book.read_text("utf-8").splitlines()]
        free = [(folder / one["file"], one["kind"]) for one in told if one.get("tier", "free") == "free"]
    else:
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS)
        free = [(path, path.relative_to(folder).parts[0] if path.parent != folder else "sound") for path in files]
    return [Recording(file, kind, (file.parent if "stem" in kind else file).relative_to(folder).as_posix()) for file, kind in free]


def excerpt(one: Recording, seconds: float, chance: np.random.Generator) -> NDArray[np.float32]:
    """A stretch of a recording, mono, 48 kHz."""
    import soundfile
    import soxr

    with soundfile.SoundFile(one.file) as file:
        wanted = min(file.frames, round(seconds * file.samplerate))
        file.seek(int(chance.integers(0, file.frames - wanted + 1)))
        sound, rate = file.read(wanted, dtype="float32", always_2d=True).mean(axis=1), file.samplerate
    return sound if rate == RATE else soxr.resample(sound, rate, RATE).astype(np.float32)


def heard(folder: Path, seed: int, seconds: float) -> Iterator[tuple[Recording, Frames]]:
    """Each recording and the spectra of a stretch of it; says how far it is."""
    all_, chance, began, total = recordings(folder), np.random.default_rng(seed), time.monotonic(), 0.0
    if not all_:
        raise SystemExit(f"{folder} holds no sounds ({', '.join(SOUNDS)}) that may be learnt from")
    for k, one in enumerate(all_, 1):
        sound = excerpt(one, seconds, chance)
        total += sound.size / RATE
        if k % 20 == 0 or k == len(all_):
            sys.stderr.write(f"\r{k}/{len(all_)} recordings, {total:.0f} s of sound, {time.monotonic() - began:.0f} s at work ")
            sys.stderr.flush()
        if sound.size >= 4 * HOP:
            yield one, spectra(np.pad(sound, HOP))
    sys.stderr.write("\n")


def spread_of(frames: Frames, codes: int) -> Frames:
    """How a recording's frames move together, each frame as loud as the next: (H, H)."""
    energy = (frames**2).sum(axis=1)
    loud = energy > FAINT * energy.max()
    even = frames[loud] / np.sqrt(energy[loud, None])
    spread = even.T @ even / len(even)
    return spread / (np.trace(spread[codes:, codes:]) + FLOOR)


def directions(spread: Frames) -> Frames:
    """All orthonormal directions, the widest first: rows. Signs are settled, so that two runs agree."""
    _, found = np.linalg.eigh(spread)
    rows = found.T[::-1]
    return rows * np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])[:, None]


def snr(kept: float, whole: float) -> float:
    """What is kept against what is lost, in dB."""
    return float(10 * np.log10(whole / max(whole - kept, 1e-12 * whole)))


def train(folder: Path, out: Path, *, codes: int = CODES, seed: int = 0, seconds: float = 20.0) -> dict[str, Any]:
    """Learn the basis, write it, and measure it on the recordings held out. Answers the figures."""
    began = time.monotonic()
    spreads: dict[str, Frames] = {}
    files: dict[str, int] = {}
    apart: list[tuple[str, Frames]] = []
    counts = {"recordings": 0, "held_out": 0, "seconds": 0.0}
    for one, frames in heard(folder, seed, seconds):
        if (frames**2).sum(axis=1).max() < 1e-9:
            continue  # silence teaches nothing
        if one.held_out(seed):
            apart.append((one.kind, frames.astype(np.float32)))
            counts["held_out"] += 1
            continue
        spreads[one.kind] = spreads.get(one.kind, 0) + spread_of(frames, codes)
        files[one.kind] = files.get(one.kind, 0) + 1
        counts["recordings"] += 1
        counts["seconds"] += len(frames) * HOP / RATE
    if not spreads:
        raise SystemExit(f"{folder} holds nothing that sounds")
    basis = directions(sum(spreads[kind] / files[kind] for kind in spreads))[:codes]
    out.mkdir(parents=True, exist_ok=True)
    np.save(out / "basis.npy", basis.astype(np.float16))
    return {**counts, "took": time.monotonic() - began, "snr": measured(orthonormal(basis.astype(np.float16)), apart, seed)}


def measured(basis: Frames, apart: list[tuple[str, Frames]], seed: int) -> dict[str, dict[str, float]]:
    """SNR over held-out recordings by kind, in dB: what half of them reach (``_low``: nine in ten)."""
    codes, hop = basis.shape
    rivals = {
        "learnt": basis,
        "lowest": np.eye(hop)[:codes],
        "chance": np.linalg.qr(np.random.default_rng(seed).standard_normal((hop, codes)))[0].T,
    }
    found: dict[str, list[list[float]]] = {}
    for kind, frames in apart:
        whole = float((frames**2).sum(dtype=np.float64))
        row = [snr(float(((frames @ rival.T) ** 2).sum()), whole) for rival in rivals.values()]
        for name in (kind, "all"):
            found.setdefault(name, []).append(row)
    told: dict[str, dict[str, float]] = {}
    for name, rows in sorted(found.items()):
        half, low = np.percentile(rows, [50, 10], axis=0).round(1).tolist()
        told[name] = {
            "files": len(rows),
            **dict(zip(rivals, half, strict=True)),
            **{f"{r}_low": v for r, v in zip(rivals, low, strict=True)},
        }
    return told


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m engines.nets.latent", description="Learn the latent's basis from a folder of sounds.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="the folder that gets basis.npy")
    parser.add_argument("--codes", type=int, default=CODES, help=f"numbers a hop, 1 to {HOP} (rests at {CODES})")
    parser.add_argument("--seconds", type=float, default=20.0, help="the longest stretch taken from one recording")
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args(argv)
    if not 1 <= a.codes <= HOP:
        parser.error(f"--codes {a.codes}: a hop is told in 1 to {HOP} numbers")
    figures = train(a.folder, a.out, codes=a.codes, seed=a.seed, seconds=a.seconds)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
