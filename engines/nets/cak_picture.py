"""Kernels and what they do to a sound, as PNG pictures: numpy and zlib, nothing else."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engines import cak
from engines.nets.cak_sounds import Sound, size_of

Canvas = NDArray[np.uint8]
"""(rows, columns, 3)"""
PAPER, INK, FAINT = (18, 20, 26), (230, 228, 220), (62, 66, 78)
HEAT = np.array([(10, 12, 24), (26, 34, 84), (22, 86, 122), (34, 138, 130), (126, 186, 98), (238, 214, 104), (255, 250, 232)], np.float64)
COLD, WARM = np.array([58, 124, 214.0]), np.array([236, 122, 52.0])  # a tap that takes away, one that adds
LOW, HIGH = 40.0, 16000.0  # Hz: what a spectrogram shows


def png(canvas: Canvas) -> bytes:
    """A picture as the bytes of a PNG file."""
    rows, columns, _ = canvas.shape

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    lines = np.zeros((rows, 1 + 3 * columns), np.uint8)  # each line begins with: no filter
    lines[:, 1:] = canvas.reshape(rows, 3 * columns)
    head = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)) + chunk(b"IEND", b"")


def save(canvas: Canvas, file: Path) -> Path:
    """As a file; where it lies."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(png(canvas))
    return file


def sheet(rows: int, columns: int) -> Canvas:
    """An empty picture."""
    return np.full((rows, columns, 3), PAPER, np.uint8)


def coloured(light: ArrayLike, steps: int = 24) -> Canvas:
    """Numbers from 0 to 1 as heat, in few enough steps for a small file."""
    at = np.round(np.clip(np.asarray(light, np.float64), 0, 1) * (steps - 1)) / (steps - 1)
    stops = np.linspace(0, 1, len(HEAT))
    return np.stack([np.interp(at, stops, HEAT[:, k]) for k in range(3)], axis=-1).astype(np.uint8)


def tap_colour(tap: float, most: float) -> tuple[int, int, int]:
    """A tap's colour: orange adds, blue takes away, the paler the less."""
    share = min(1.0, abs(tap) / max(most, 1e-12)) ** 0.8
    mixed = (1 - share) * np.array(PAPER) * 1.6 + share * (WARM if tap > 0 else COLD)
    r, g, b = np.clip(mixed, 0, 255).astype(int).tolist()
    return r, g, b


def grid(kernel: cak.Kernel, side: int = 24) -> Canvas:
    """The nine taps as squares: the bin above on top, the frame before at the left."""
    canvas, most = sheet(3 * side + 2, 3 * side + 2), max(abs(tap) for tap in kernel.taps)
    for row, taps in enumerate(kernel.picture[::-1].tolist()):
        for column, tap in enumerate(taps):
            canvas[row * (side + 1) : row * (side + 1) + side, column * (side + 1) : column * (side + 1) + side] = tap_colour(tap, most)
    return canvas


def spectrogram(sound: Sound, rate: int, rows: int, columns: int, loudest: float | None = None) -> Canvas:
    """A sound over time, 40 Hz to 16 kHz by octaves, 75 dB deep below ``loudest``."""
    size = size_of(rate)
    heard = np.abs(cak.frames_of(sound, size, size // 4))
    edges = np.geomspace(LOW, min(HIGH, rate / 2.1), rows + 1) * size / rate
    at = np.linspace(0, heard.shape[1], columns + 1)
    shown = np.empty((rows, columns))
    for column in range(columns):
        few = heard[:, int(at[column]) : max(int(at[column + 1]), int(at[column]) + 1)].max(axis=1)
        middle = np.interp((edges[:-1] + edges[1:]) / 2, np.arange(len(few)), few)
        for row in range(rows):
            low, high = int(np.ceil(edges[row])), int(edges[row + 1])
            shown[row, column] = few[low : high + 1].max() if high >= low else middle[row]
    levels = 20 * np.log10(shown + 1e-9)
    top = levels.max() if loudest is None else loudest
    return coloured((levels[::-1] - top + 75) / 75)


def textures(kernel: cak.Kernel, sound: Sound, rate: int, at: Sequence[float] = (0.0, 0.5, 1.0)) -> list[Sound]:
    """A sound with the kernel on it at each texture, at the level it had."""
    size = size_of(rate)
    made = [sound if c == 0 else cak.through(sound, c, kernel, size=size, hop=size // 4) for c in at]
    level = float(np.sqrt(np.mean(sound**2)))
    return [m * (level / max(float(np.sqrt(np.mean(m**2))), 1e-9)) for m in made]


def strip(kernel: cak.Kernel, sound: Sound, rate: int, rows: int = 120, columns: int = 140) -> Canvas:
    """The dry sound, half of the kernel and all of it, side by side."""
    parts = [spectrogram(m, rate, rows, columns) for m in textures(kernel, sound, rate)]
    line = np.full((rows, 2, 3), PAPER, np.uint8)
    return np.concatenate([parts[0], line, parts[1], line, parts[2]], axis=1)


def curve(points: Sequence[tuple[float, float]], rows: int, columns: int, low: float | None = None) -> Canvas:
    """How a figure went: a line over its range, its foot at ``low``."""
    canvas = sheet(rows, columns)
    canvas[-1], canvas[:, 0] = FAINT, FAINT
    if len(points) < 2:
        return canvas
    x, y = (np.array(side, float) for side in zip(*points, strict=True))
    floor = min(y.min(), low) if low is not None else y.min()
    across = np.interp(np.linspace(x[0], x[-1], columns), x, y)
    at = np.round((rows - 4) * (1 - (across - floor) / max(y.max() - floor, 1e-12))).astype(int) + 1
    for column in range(columns):
        first, last = sorted((int(at[max(0, column - 1)]), int(at[column])))
        canvas[first : last + 2, column] = WARM.astype(np.uint8)
    return canvas


def portrait(kernel: cak.Kernel, sound: Sound, rate: int, course: Sequence[tuple[float, float]] = ()) -> Canvas:
    """A kernel as a picture: its taps, how its training went below them, and a sound at texture 0, 0.5 and 1."""
    rows = 124
    left = sheet(rows, 92)
    left[6:62, 18:74] = grid(kernel, 18)
    left[72:118, 8:84] = curve(course, 46, 76, 0.0) if course else sheet(46, 76)
    right = sheet(rows, 428)
    right[2:122, 2:426] = strip(kernel, sound, rate)
    return np.concatenate([left, right], axis=1)


def gallery(kernels: Sequence[Sequence[cak.Kernel]], side: int = 16) -> Canvas:
    """Rows of kernels."""
    gap, wide = 8, 3 * side + 2
    canvas = sheet(len(kernels) * (wide + gap) + gap, max(len(row) for row in kernels) * (wide + gap) + gap)
    for r, row in enumerate(kernels):
        for k, kernel in enumerate(row):
            top, left = gap + r * (wide + gap), gap + k * (wide + gap)
            canvas[top : top + wide, left : left + wide] = grid(kernel, side)
    return canvas
