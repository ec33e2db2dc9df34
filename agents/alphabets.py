"""Alphabets that come with Antiphon: labels that mean the same in every memory, for relations learnt once and for all.

    python -m agents.alphabets FOLDER --out agents/weights/codebooks

Learnt from half seconds of a folder of recordings: of one with a
``manifest.jsonl`` only its files of the tier "free". Harmony's turn.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from agents import descriptors
from agents.codebook import Codebook
from agents.cut import on_grid
from agents.hear import told

FOLDER = Path(__file__).parent / "weights" / "codebooks"
SIZES = (16, 64, 256)
SEGMENT = 0.5  # seconds
MOST = 60  # seconds of a recording, so that none of them is the alphabet


@lru_cache
def bundled(emphasis: str = "harmony", K: int = 64) -> Codebook:
    """The alphabet of this emphasis and size that comes with Antiphon."""
    path = FOLDER / f"{descriptors.known(emphasis)}-{K}.npz"
    if not path.exists():
        there = sorted((file.stem for file in FOLDER.glob("*.npz")), key=lambda name: (not name.startswith(emphasis), name))
        raise ValueError(f"no alphabet {path.stem} comes with Antiphon. Nearest: {there[0] if there else 'learn one: Codebook.learn'}")
    return Codebook.load(path)


def halves(folder: Path, emphases: Sequence[str]) -> dict[str, np.ndarray]:
    """Every half second of every recording, told with each emphasis."""
    import soundfile

    from engines.nets.latent import recordings

    rows: dict[str, list[np.ndarray]] = {name: [] for name in emphases}
    files = recordings(folder)
    for k, one in enumerate(files, 1):
        with soundfile.SoundFile(one.file) as file:
            sound, rate = file.read(min(file.frames, MOST * file.samplerate), dtype="float32", always_2d=True).T, file.samplerate
        edges = on_grid(sound.shape[1], rate, SEGMENT)
        for name in emphases:
            rows[name].append(told(sound, rate, edges, name))
        if k % 50 == 0 or k == len(files):
            sys.stderr.write(f"\r{k}/{len(files)} recordings ")
            sys.stderr.flush()
    sys.stderr.write("\n")
    return {name: np.concatenate(found) for name, found in rows.items()}


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m agents.alphabets", description="Learn the alphabets that come with Antiphon.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args(argv)
    a.out.mkdir(parents=True, exist_ok=True)
    for emphasis, vectors in halves(a.folder, tuple(descriptors.EMPHASES)).items():
        for K in SIZES:
            turning = emphasis == "harmony"
            book = Codebook.learn(vectors, K, a.seed, emphasis=emphasis, turning=turning, name=f"{emphasis}-{K}")
            book.save(a.out / f"{emphasis}-{K}.npz")
            used = np.bincount(book.labels(vectors), minlength=book.size) / len(vectors)
            entropy = -(used[used > 0] * np.log2(used[used > 0])).sum()
            sys.stdout.write(
                f"{book.name}: {book.size} labels from {len(vectors)} segments, entropy {entropy:.2f} bit, {book.fingerprint}\n"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
