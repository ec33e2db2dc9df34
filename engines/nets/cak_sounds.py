"""Recordings as CAK sees them: clips from a folder, and pairs of the same sound before and after something happened to it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines import cak

SOUNDS = (".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3")
LOWEST, HIGHEST = 22050, 192000
SHORT = 0.5  # seconds: less is no recording
FAINT = 1e-4  # a peak below -80 dBFS is silence
LEVEL = 0.1  # a clip is brought to -20 dBFS: only levels decide what a kernel sees
FEWEST = 4  # recordings a game needs: three to learn from, one to be held against
EVERY = 4  # one recording in four is held out

Sound = NDArray[np.float64]
Picture = NDArray[Any]
"""(bins, frames), see engines.cak.norm"""


class Refused(Exception):
    """Something given to us will not do: one line."""


@dataclass(frozen=True)
class Clip:
    """A stretch of a recording, mono, and its picture."""

    name: str
    rate: int
    sound: Sound
    picture: Picture


@dataclass(frozen=True)
class Pair:
    """The same sound dry and wet, laid over one another: ``late`` is by how many frames wet came after dry."""

    name: str
    rate: int
    dry: Sound
    wet: Sound
    late: int


def size_of(rate: int) -> int:
    """The spectrum at a rate that sees as finely as 2048 at 44.1 and 48 kHz."""
    return cak.SIZE * 2 ** round(np.log2(rate / 46000))


def picture_of(sound: Sound, rate: int) -> NDArray[np.float64]:
    """A sound as the kernel sees it."""
    size = size_of(rate)
    return cak.norm(np.abs(cak.frames_of(sound, size, size // 4)), size)


def read(file: Path) -> tuple[Sound, int]:
    """A recording folded to mono, and its rate."""
    import soundfile

    try:
        sound, rate = soundfile.read(file, dtype="float64", always_2d=True)
    except (OSError, RuntimeError) as slip:
        raise Refused(f"{file} cannot be read as a sound: {str(slip).splitlines()[0]}") from None
    if not LOWEST <= rate <= HIGHEST:
        raise Refused(
            f"{file}: {rate} Hz. From {LOWEST} to {HIGHEST} Hz can be learnt from; the nearest is {min(max(rate, LOWEST), HIGHEST)}"
        )
    if not np.isfinite(sound).all():
        raise Refused(f"{file} holds what is no number")
    mono = sound.mean(axis=1)
    if len(mono) < SHORT * rate:
        raise Refused(f"{file} is {len(mono) / rate:.2f} s long; {SHORT:g} s is the least")
    if np.abs(mono).max(initial=0.0) < FAINT:
        raise Refused(f"{file} is silent")
    return mono, rate


def levelled(sound: Sound, level: float = LEVEL) -> Sound:
    """At a root mean square of -20 dBFS."""
    return sound * (level / max(float(np.sqrt(np.mean(sound**2))), 1e-9))


def files_in(folder: Path) -> list[Path]:
    """The recordings in a folder, by name; where it has a manifest, only those it says are free."""
    if not folder.is_dir():
        raise Refused(f"{folder} is no folder")
    book = folder / "manifest.jsonl"
    if book.exists():
        told = [json.loads(line) for line in book.read_text("utf-8").splitlines()]
        return sorted(folder / one["file"] for one in told if one.get("tier", "free") == "free")
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS)


def chosen(files: list[Path], many: int, seed: int) -> list[Path]:
    """So many of them, drawn evenly; the same ones for the same seed."""
    if len(files) <= many:
        return files
    picked = np.random.default_rng(seed).permutation(len(files))[:many]
    return [files[k] for k in sorted(picked.tolist())]


def clip_of(file: Path, seconds: float) -> Clip:
    """The middle of a recording, at -20 dBFS, seen in 32 bits."""
    sound, rate = read(file)
    wanted = min(len(sound), round(seconds * rate))
    start = (len(sound) - wanted) // 2
    middle = sound[start : start + wanted]
    if np.abs(middle).max() < FAINT:
        raise Refused(f"{file} is silent in its middle")
    middle = levelled(middle)
    return Clip(file.name, rate, middle, np.minimum(picture_of(middle, rate), 1.0).astype(np.float32))


def clips_of(files: Iterable[Path], seconds: float) -> tuple[list[Clip], list[str]]:
    """What can be learnt from, and a line for each recording that cannot."""
    clips, passed_over = [], []
    for file in files:
        try:
            clips.append(clip_of(file, seconds))
        except Refused as slip:
            passed_over.append(str(slip))
    return clips, passed_over


def gathered(
    folder: Path, many: int, seconds: float, seed: int, game: str, fewest: int = FEWEST
) -> tuple[list[Clip], list[Clip], list[str]]:
    """Clips to learn from, clips held out, and what was passed over."""
    files = files_in(folder)
    if not files:
        raise Refused(f"{folder} holds no sounds ({', '.join(SOUNDS)}) that may be learnt from")
    clips, passed_over = clips_of(chosen(files, many, seed), seconds)
    if len(clips) < fewest:
        why = f" ({passed_over[0]})" if passed_over else ""
        raise Refused(f"{folder} holds {len(clips)} sound{'s' * (len(clips) != 1)} to learn from; {game} needs {fewest} or more{why}")
    order = np.random.default_rng([seed, 1]).permutation(len(clips)).tolist()
    apart = set(order[: max(1, len(clips) // EVERY)])
    return [c for k, c in enumerate(clips) if k not in apart], [c for k, c in enumerate(clips) if k in apart], passed_over


def pair_files(folder: Path) -> list[tuple[Path, Path]]:
    """Dry and wet by equal names: ``dry/drum.wav`` and ``wet/drum.wav``, or ``drum dry.wav`` and ``drum wet.wav``."""
    if not folder.is_dir():
        raise Refused(f"{folder} is no folder")
    places = [{file.stem: file for file in files_in(folder / side)} if (folder / side).is_dir() else {} for side in ("dry", "wet")]
    for file in files_in(folder):
        for place, side in zip(places, ("dry", "wet"), strict=True):
            if file.parent == folder and file.stem.lower().endswith(side):
                place[file.stem[: -len(side)].rstrip(" -_.")] = file
    dry, wet = places
    found = [(dry[name], wet[name]) for name in sorted(dry.keys() & wet.keys())]
    if not found:
        alone = sorted(dry.keys() ^ wet.keys())
        lonely = f"; {alone[0]!r} has no partner" if alone else ""
        raise Refused(f"{folder} holds no pairs: fit needs dry/NAME and wet/NAME, or NAME dry.wav and NAME wet.wav{lonely}")
    return found


def lateness(dry: Sound, wet: Sound, most: int) -> tuple[int, float]:
    """By how many frames wet comes after dry, and how alike they are there (0 to 1; a turned polarity counts too)."""
    many = 1 << (len(dry) + len(wet) - 1).bit_length()
    alike = np.fft.irfft(np.fft.rfft(wet, many) * np.conj(np.fft.rfft(dry, many)), many)
    near = np.concatenate([alike[-most:], alike[: most + 1]])
    best = int(np.argmax(np.abs(near)))
    return best - most, float(np.abs(near[best]) / np.sqrt((dry**2).sum() * (wet**2).sum()))


def pair_of(dry_file: Path, wet_file: Path) -> Pair:
    """Two recordings laid over one another by what they have in common; mono where one of them is."""
    (dry, rate), (wet, other) = read(dry_file), read(wet_file)
    if rate != other:
        raise Refused(f"{dry_file.name} is at {rate} Hz and {wet_file.name} at {other} Hz; a pair needs one rate")
    late, alike = lateness(dry, wet, min(rate // 2, len(dry) - 1, len(wet) - 1))
    if alike < 0.02:  # nothing to lay one on the other by: as they are
        late = 0
    dry, wet = dry[max(-late, 0) :], wet[max(late, 0) :]
    both = min(len(dry), len(wet))
    if both < SHORT * rate:
        raise Refused(f"{dry_file.name} and {wet_file.name} have {both / rate:.2f} s in common; {SHORT:g} s is the least")
    return Pair(dry_file.stem, rate, dry[:both], wet[:both], late)


def levels(sound: Sound, rate: int) -> NDArray[np.float64]:
    """A sound's spectrum in dB, (bins, frames)."""
    size = size_of(rate)
    return 20 * np.log10(np.abs(cak.frames_of(sound, size, size // 4)) + 1e-12)


def gap(a: NDArray[np.float64], b: NDArray[np.float64], deep: float = 60.0) -> float:
    """How far apart two spectra in dB are: log-spectral distance over what lies at most ``deep`` dB below the loudest of both."""
    floor = max(a.max(), b.max()) - deep
    heard = (a > floor) | (b > floor)
    apart = np.where(heard, np.maximum(a, floor) - np.maximum(b, floor), 0.0)
    frames = heard.any(axis=0)
    if not frames.any():
        return 0.0
    return float(np.mean(np.sqrt((apart[:, frames] ** 2).sum(axis=0) / heard[:, frames].sum(axis=0))))


def distance(one: Sound, other: Sound, rate: int) -> float:
    """How far apart two sounds are in dB, at one level."""
    return gap(levels(levelled(one), rate), levels(levelled(other), rate))
