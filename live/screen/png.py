"""The same pictures as files: a wave or a spectrogram with its axes, written as PNG by hand. numpy and zlib only."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from live.screen.looked import Floats, bands, db, outline, shade, sound
from live.screen.pictures import MARKS, hertz, ticks

Canvas = NDArray[np.uint8]
"""(rows, columns, 3)"""
LEFT, TOP, BOTTOM, RIGHT = 64, 26, 26, 12
INK, DIM, GROUND, WAVE = (235, 235, 235), (90, 90, 100), (18, 18, 24), (95, 215, 135)
GLOW = np.array([(8, 8, 20), (30, 16, 80), (95, 20, 120), (165, 35, 110), (225, 75, 70), (250, 150, 50), (250, 220, 120), (255, 255, 245)])
SIZE = 2  # dots of the picture a dot of a letter takes

_DOTS = (
    "755572622771747717175571174717747577112275757757172575565656344436555674647746443455355755722271115655655444475775575555"
    "255526564425573656553421672222555575555255775552555522271247000020070002720020201124451245244422111200007575750002400000"
)
LETTERS = {letter: _DOTS[5 * k : 5 * k + 5] for k, letter in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.-+:/%()_#, ")}
"""Three dots wide, five high: a digit a row, its bits the dots."""


def written(canvas: Canvas) -> bytes:
    """The picture as the bytes of a PNG file."""
    rows, columns, _ = canvas.shape

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    lines = np.concatenate([np.zeros((rows, 1), np.uint8), canvas.reshape(rows, columns * 3)], axis=1)  # each begins with: no filter
    head = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines.tobytes(), 6)) + chunk(b"IEND", b"")


def wide(text: str) -> int:
    """How many columns a text takes."""
    return len(text) * 4 * SIZE


def write(canvas: Canvas, text: str, row: int, column: int, ink: tuple[int, int, int] = INK) -> None:
    """Letters into the picture; what it has no letter for is a blank, what does not fit is left out."""
    for k, letter in enumerate(text.upper()):
        for y, bits in enumerate(LETTERS.get(letter, "00000")):
            for x in range(3):
                if int(bits) >> (2 - x) & 1:
                    r, c = row + y * SIZE, column + (4 * k + x) * SIZE
                    canvas[max(r, 0) : r + SIZE, max(c, 0) : c + SIZE] = ink


def _sheet(width: int, height: int, title: str, seconds: float) -> tuple[Canvas, Canvas]:
    """An empty picture with its title and its time; and the part of it to draw in."""
    canvas = np.full((height, width, 3), GROUND, np.uint8)
    inner = canvas[TOP : height - BOTTOM, LEFT : width - RIGHT]
    write(canvas, title, 8, LEFT)
    for at, text in ticks(seconds, inner.shape[1], 80):
        canvas[height - BOTTOM : height - BOTTOM + 5, min(LEFT + at, width - RIGHT - 1)] = INK
        write(canvas, text, height - BOTTOM + 9, min(LEFT + at, width - wide(text)))
    return canvas, inner


def scope_png(samples: Floats, rate: int, file: Path, *, name: str = "", width: int = 960, height: int = 320) -> Path:
    """The wave as a file; where it lies."""
    samples, _ = sound(samples)
    channels, frames = samples.shape
    peak = float(np.abs(samples).max(initial=0.0))
    scale = max(peak, 1e-3)
    canvas, inner = _sheet(width, height, f"{name or 'scope'}  peak {db(peak):.0f} dB", frames / rate)
    tall = inner.shape[0] // max(channels, 1)
    heights = np.arange(tall)[:, None]
    for k, channel in enumerate(samples):
        part = inner[k * tall : (k + 1) * tall]
        part[tall // 2] = DIM
        low, high = outline(channel, part.shape[1])
        top, bottom = (np.round((1 - edge / scale) / 2 * (tall - 1)) for edge in (high, low))
        part[(heights >= top) & (heights <= bottom)] = WAVE
        for text, at in ((f"{scale:+.2f}", 4), ("0", tall // 2 - 5), (f"{-scale:+.2f}", tall - 15)):
            write(canvas, text, TOP + k * tall + at, LEFT - 6 - wide(text))
    return _saved(canvas, file)


def spectrogram_png(samples: Floats, rate: int, file: Path, *, name: str = "", width: int = 960, height: int = 420) -> Path:
    """The spectrum over time as a file; where it lies."""
    samples, _ = sound(samples)
    canvas, inner = _sheet(width, height, f"{name or 'spectrogram'}  Hz over seconds", samples.shape[1] / rate)
    rows, columns = inner.shape[:2]
    levels, edges = bands(samples, rate, columns // 2, rows)
    light = np.repeat(shade(levels), 2, axis=1)
    light = np.pad(light, ((0, 0), (0, columns - light.shape[1])), mode="edge")
    steps = np.linspace(0, 1, len(GLOW))
    for k in range(3):
        inner[..., k] = np.interp(light, steps, GLOW[:, k])
    for mark in MARKS:
        if edges[0] <= mark <= edges[-1]:
            row = rows - 1 - round(np.log(mark / edges[0]) / np.log(edges[-1] / edges[0]) * (rows - 1))
            canvas[TOP + row, LEFT - 6 : LEFT] = INK
            write(canvas, hertz(mark), max(TOP + row - 5, 0), LEFT - 12 - wide(hertz(mark)))
    return _saved(canvas, file)


def _saved(canvas: Canvas, file: Path) -> Path:
    file = Path(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(written(canvas))
    return file
