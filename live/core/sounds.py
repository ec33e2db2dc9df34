"""Sound files: found by name, looked at, read whole or a page at a time, always at the core's rate.

Everything here runs in Python, away from the sound. Trouble is a ``SoundError``:
one line that says what, where, and the nearest name in that folder.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from engines.face import Block
from live.core.shelf import ENDS, SoundError, near
from live.core.shelf import find as find

LONGEST = 1 << 40  # frames: a header that claims more is damaged
MARGIN = 4096  # file frames around a page, so that its edges are resampled as if there were no edge
PAGE = 1 << 15  # frames of a page, about


@dataclass(frozen=True)
class Sound:
    """What a file says about itself."""

    path: Path
    rate: int
    channels: int
    length: int  # frames, at its own rate
    stamp: tuple[int, int]  # when it was written and how long it is: another file under the same name is another sound

    def frames(self, rate: int) -> int:
        """How long it is at another rate."""
        return -(-self.length * rate // self.rate)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.length / self.rate


def look(path: str | os.PathLike[str]) -> Sound:
    """Read a file's header, and nothing else of it."""
    path = Path(path)
    try:
        stat = path.stat()
        if path.is_dir():
            raise SoundError(f"{path} is a folder, not a sound. {near('', [path])}")
        if stat.st_size == 0:
            raise SoundError(f"{path} is empty. {_others(path)}")
        info = soundfile.info(str(path))
    except FileNotFoundError:
        raise SoundError(f"there is no file {path}. {near(path.name, [path.parent])}") from None
    except (OSError, RuntimeError) as trouble:
        said = str(trouble).replace("\n", " ").rpartition(": ")[2].rstrip(". ")
        raise SoundError(f"{path} cannot be read as sound ({said}). {_others(path)}") from None
    if info.channels < 1 or info.samplerate < 1:
        raise SoundError(f"{path} has {info.channels} channels at {info.samplerate} Hz: nothing to play. {_others(path)}")
    if not 0 < info.frames < LONGEST:
        what = "holds no sound" if info.frames <= 0 else "claims to be endless: its header is damaged"
        raise SoundError(f"{path} {what}. {_others(path)}")
    return Sound(path.resolve(), info.samplerate, info.channels, info.frames, (stat.st_mtime_ns, stat.st_size))


def _others(path: Path) -> str:
    names = [f.name for f in sorted(path.parent.iterdir()) if f.suffix.lower() in ENDS and f.name != path.name]
    close = difflib.get_close_matches(path.name, names, 1, 0.0)
    return f"Nearest other sound there: {close[0]}." if close else "There is no other sound in that folder."


class Reader:
    """A sound at the core's rate, any stretch of it. A stretch is the same frames whichever way it was asked for."""

    def __init__(self, sound: Sound, rate: int) -> None:
        self.sound, self.rate, self.length = sound, rate, sound.frames(rate)
        shared = gcd(rate, sound.rate)
        self._ours, self._theirs = rate // shared, sound.rate // shared  # so many of ours last as long as so many of theirs
        self._page = max(PAGE // self._ours, 1) * self._ours
        self._pages: dict[int, Block] = {}
        try:
            self._file: Any = soundfile.SoundFile(str(sound.path))
        except (OSError, RuntimeError) as trouble:
            raise SoundError(f"{sound.path} cannot be opened ({trouble}).") from None

    def read(self, first: int, last: int) -> Block:
        """Frames first to last (not included), (channels, frames); silence beyond the ends."""
        if self._ours == self._theirs:
            return self._raw(first, last)
        whole = np.zeros((self.sound.channels, max(last - first, 0)), np.float32)
        for k in range(first // self._page, -(-last // self._page)):
            start = k * self._page
            a, b = max(first, start), min(last, start + self._page)
            whole[:, a - first : b - first] = self._resampled(k)[:, a - start : b - start]
        return whole

    def _raw(self, first: int, last: int) -> Block:
        """Frames of the file itself."""
        found = np.zeros((self.sound.channels, max(last - first, 0)), np.float32)
        a, b = max(first, 0), min(last, self.sound.length)
        if a < b:
            try:
                self._file.seek(a)
                got = self._file.read(b - a, np.float32, always_2d=True).T
            except (OSError, RuntimeError) as trouble:
                raise SoundError(f"{self.sound.path} cannot be read at {a / self.sound.rate:.1f} s ({trouble}).") from None
            found[:, a - first : a - first + got.shape[1]] = np.nan_to_num(got, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        return found

    def _resampled(self, k: int) -> Block:
        """Page k, always computed from the same frames of the file."""
        if k not in self._pages:
            margin = -(-MARGIN // self._theirs)
            span = self._page // self._ours
            begin = (k * span - margin) * self._theirs
            raw = self._raw(begin, begin + (span + 2 * margin) * self._theirs)
            new = soxr.resample(raw.T, self.sound.rate, self.rate, "VHQ").T
            if len(self._pages) >= 4:
                self._pages.pop(next(iter(self._pages)))
            skip = margin * self._ours
            self._pages[k] = np.ascontiguousarray(new[:, skip : skip + self._page], np.float32)
        return self._pages[k]

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


def read(sound: Sound, rate: int) -> Block:
    """A whole sound at a rate: (channels, frames)."""
    reader = Reader(sound, rate)
    try:
        return np.ascontiguousarray(reader.read(0, reader.length))
    finally:
        reader.close()
