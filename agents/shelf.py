"""Sounds of a memory, read once: any files, rates and channels become one long sound at the device's rate, kept on disk.

It lies in a folder ``.antiphon`` beside the sounds, or among the caches of
this user where that cannot be written, and is mapped, not loaded: three hours
take no more memory than three seconds. Up to twenty minutes are kept as they
are (32 bits), more in 16. A file that cannot be read is named and left out.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SOUNDS = (".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3", ".opus", ".w64", ".caf", ".au")
BESIDE = ".antiphon"
BLOCK = 1 << 18  # frames read at once
LONG = 20 * 60  # seconds of sound, from which on 16 bits are kept
ROOM = 8 << 30  # bytes of sound kept in one folder; what was not used for longest goes
CHANNELS = 8

Say = Callable[[str], None]


@dataclass(frozen=True)
class Shelf:
    """One long sound: ``sound`` is (frames, channels), mapped; ``edges`` holds where each file begins, and the end."""

    sound: NDArray[Any]
    rate: int
    files: tuple[Path, ...]
    edges: tuple[int, ...]
    skipped: tuple[str, ...]
    beside: Path  # the folder for all that is kept
    key: str

    @property
    def frames(self) -> int:
        """How long it is."""
        return self.edges[-1]

    def read(self, start: int, end: int) -> NDArray[np.float32]:
        """(channels, frames): a copy."""
        part = self.sound[max(start, 0) : max(end, 0)]
        if part.dtype == np.int16:
            return np.ascontiguousarray(part.T.astype(np.float32) / 32767)
        return np.ascontiguousarray(part.T)

    def mono(self, start: int, end: int) -> NDArray[np.float32]:
        """(frames,): the mean of the channels."""
        return self.read(start, end).mean(axis=0)


def found(places: str | Path | Sequence[str | Path]) -> list[Path]:
    """The sounds of files and folders, in order; one line where there are none."""
    places = [places] if isinstance(places, str | Path) else list(places)
    files: list[Path] = []
    for place in map(Path, places):
        if place.is_dir():
            inside = (p for p in place.rglob("*") if p.suffix.lower() in SOUNDS and p.is_file() and not hidden(p.relative_to(place)))
            files += sorted(inside)
        elif place.is_file():
            files.append(place)
        else:
            raise FileNotFoundError(f"there is no {place}{nearest(place)}")
    if not files:
        raise ValueError(f"{', '.join(map(str, places)) or 'nothing'} holds no sounds to remember ({' '.join(SOUNDS)})")
    return list(dict.fromkeys(files))


def hidden(path: Path) -> bool:
    """Whether a file lies in a hidden folder, or is hidden itself."""
    return any(part.startswith(".") for part in path.parts)


def nearest(place: Path) -> str:
    """What is there instead, as the end of a sentence."""
    import difflib

    there = [p.name for p in place.parent.iterdir()] if place.parent.is_dir() else []
    near = difflib.get_close_matches(place.name, there, 1, 0.5)
    return f". Nearest: {place.parent / near[0]}" if near else ""


def shelve(places: str | Path | Sequence[str | Path], rate: int, channels: int | None = None, say: Say = lambda line: None) -> Shelf:
    """All of these sounds as one at this rate. Read anew only when a file, the rate or the channels have changed."""
    files = found(places)
    seen = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    key = hashlib.blake2s(json.dumps([1, seen, rate, channels]).encode(), digest_size=8).hexdigest()
    beside = kept_in(files)
    note, data = beside / f"{key}.json", beside / f"{key}.sound"
    if not (note.exists() and data.exists()):
        written(files, rate, channels, beside, key, say)
    told = json.loads(note.read_text("utf-8"))
    edges, wide, dtype = told["edges"], told["channels"], np.dtype(told["type"])
    if data.stat().st_size != edges[-1] * wide * dtype.itemsize:
        written(files, rate, channels, beside, key, say)  # somebody else was at it
    with suppress(OSError):  # another's folder may be read, and not touched
        os.utime(data)
    sound = np.memmap(data, dtype, "r", shape=(edges[-1], wide))
    return Shelf(sound, rate, tuple(map(Path, told["files"])), tuple(edges), tuple(told["skipped"]), beside, key)


def kept_in(files: list[Path]) -> Path:
    """The folder beside the sounds, or one among the user's caches."""
    home = Path(os.path.commonpath([file.resolve().parent for file in files])) if same_disk(files) else files[0].resolve().parent
    beside = home / BESIDE
    try:
        beside.mkdir(exist_ok=True)
        (probe := beside / f".{os.getpid()}").touch()
        probe.unlink()
        if not (ignore := beside / ".gitignore").exists():
            ignore.write_text("*\n", "utf-8")  # all of this can be made again, but for what hands did
        return beside
    except OSError:
        import platformdirs

        name = hashlib.blake2s(str(home).encode(), digest_size=8).hexdigest()
        beside = Path(platformdirs.user_cache_dir("antiphon")) / "memories" / name
        beside.mkdir(parents=True, exist_ok=True)
        return beside


def same_disk(files: list[Path]) -> bool:
    """Whether the files have a folder in common: on Windows two drives have none; a whole disk is nobody's memory."""
    drives = {file.resolve().drive for file in files}
    return len(drives) == 1 and len(Path(os.path.commonpath([file.resolve().parent for file in files])).parts) > 1


def written(files: list[Path], rate: int, channels: int | None, beside: Path, key: str, say: Say) -> None:
    """Read every file into the one sound; a file that breaks halfway leaves nothing in it."""
    infos, skipped = looked_at(files)
    if not infos:
        raise ValueError(f"none of {len(files)} files could be read: {skipped[0]}")
    wide = channels or min(CHANNELS, max(info.channels for _, info in infos))
    long = sum(info.frames / info.samplerate for _, info in infos) > LONG
    dtype = np.dtype(np.int16 if long else np.float32)
    part, edges, kept = beside / f"{key}.{os.getpid()}", [0], []
    with part.open("wb") as out:
        for k, (file, info) in enumerate(infos, 1):
            say(f"{k}/{len(infos)} {file.name}, {info.duration:.0f} s")
            try:
                count = sum(poured(block, out, dtype) for block in blocks(file, rate, wide))
                if not count:
                    raise ValueError("it is empty")
            except (RuntimeError, ValueError, OSError) as slip:
                skipped.append(f"{file.name} is left out: {first_line(slip)}")
                out.seek(edges[-1] * wide * dtype.itemsize)
                out.truncate()
                continue
            edges.append(edges[-1] + count)
            kept.append(str(file))
    if not kept:
        part.unlink()
        raise ValueError(f"none of {len(files)} files could be read: {skipped[0]}")
    part.replace(beside / f"{key}.sound")
    told = {"rate": rate, "channels": wide, "type": dtype.str, "edges": edges, "files": kept, "skipped": skipped}
    note = beside / f"{key}.{os.getpid()}"
    note.write_text(json.dumps(told), "utf-8")
    note.replace(beside / f"{key}.json")
    made_room(beside, key)


def made_room(beside: Path, key: str) -> None:
    """Let go of what was not used for longest, where it is too much; never of this one."""
    kept = sorted(beside.glob("*.sound"), key=lambda p: p.stat().st_mtime)
    over = sum(p.stat().st_size for p in kept) - ROOM
    for old in kept:
        if over > 0 and old.stem != key:
            over -= old.stat().st_size
            with suppress(OSError):  # where an open file cannot be removed, somebody plays from it
                old.unlink()


def looked_at(files: list[Path]) -> tuple[list[tuple[Path, Any]], list[str]]:
    """The heads of the files that have one, and a line for each that has not."""
    import soundfile

    infos, skipped = [], []
    for file in files:
        try:
            infos.append((file, soundfile.info(str(file))))
        except (RuntimeError, OSError) as slip:
            skipped.append(f"{file.name} is left out: {first_line(slip)}")
    return infos, skipped


def first_line(slip: BaseException) -> str:
    """What a library said, short."""
    return str(slip).splitlines()[0].split(": ")[-1].strip(" .") if str(slip) else type(slip).__name__


def blocks(file: Path, rate: int, channels: int) -> Iterator[NDArray[np.float32]]:
    """A file piece by piece at the wanted rate: (frames, channels)."""
    import soundfile
    import soxr

    with soundfile.SoundFile(str(file)) as sound:
        change = None if sound.samplerate == rate else soxr.ResampleStream(sound.samplerate, rate, channels, "float32", "HQ")
        left = sound.frames
        while left > 0:
            block = sound.read(min(BLOCK, left), dtype="float32", always_2d=True)
            if not len(block):
                break  # the head promised more than there is
            left -= len(block)
            if not np.isfinite(block).all():
                raise ValueError("it holds numbers that are no sound")
            block = spread(block, channels)
            yield change.resample_chunk(block, last=False) if change else block
        if change:
            yield change.resample_chunk(np.zeros((0, channels), np.float32), last=True)


def spread(block: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """(frames, any) to (frames, channels): one goes to all; too many are folded, every second to the left."""
    have = block.shape[1]
    if have == channels:
        return np.ascontiguousarray(block)
    if have == 1:
        return np.repeat(block, channels, axis=1)
    out = np.zeros((len(block), channels), np.float32)
    for k in range(max(have, channels)):
        out[:, k % channels] += block[:, k % have] / -(-max(have, channels) // channels)
    return out


def poured(block: NDArray[np.float32], out: Any, dtype: np.dtype[Any]) -> int:
    """Write a piece; answers its frames."""
    if dtype == np.int16:
        block = np.round(np.clip(block, -1, 1) * 32767)
    out.write(np.ascontiguousarray(block, dtype).tobytes())
    return len(block)
