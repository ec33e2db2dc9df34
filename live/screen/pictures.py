"""Pictures of a sound in the terminal: its wave (``scope``) and its spectrum over time (``spectrogram``).

Half blocks give two dots a letter; brightness, not hue, carries the level. ``colours=False`` draws with letters only,
``plain=True`` says it in words instead. ``live.screen.png`` writes the same two as files.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from live.screen.looked import Floats, bands, bands_in_words, db, in_words, outline, shade, sound

EDGE = 7  # columns for the figures on the left
GLOW = (16, 17, 18, 54, 90, 126, 162, 161, 197, 203, 209, 215, 221, 227, 229, 231)
"""From dark to bright among the 256 colours: night blue, violet, red, orange, straw, white."""
LETTERS = " .:-=+*#%@"
WAVE = 80
MARKS = (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)


def blocks(image: Any, columns: int, rows: int) -> str:
    """Any picture, (rows, columns, 3), in half blocks of its own colours."""
    down = np.linspace(0, image.shape[0] - 1, 2 * rows).round().astype(int)
    across = np.linspace(0, image.shape[1] - 1, columns).round().astype(int)
    small = image[down][:, across]
    lines = []
    for row in range(rows):
        dots = (
            "\x1b[38;2;{};{};{};48;2;{};{};{}m▀".format(*a, *b)
            for a, b in zip(small[2 * row].tolist(), small[2 * row + 1].tolist(), strict=True)
        )
        lines.append("".join(dots) + "\x1b[0m")
    return "\n".join(lines)


def hertz(value: float) -> str:
    """2000 is 2k."""
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def ticks(seconds: float, columns: int, apart: int = 12) -> list[tuple[int, str]]:
    """Round times below a picture, and the column each stands at."""
    if seconds <= 0:
        return [(0, "0 s")]
    want = seconds * apart / max(columns, 1)
    size = 10.0 ** np.floor(np.log10(want))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= want)
    count = int(seconds / step + 1e-6)
    return [(round(k * step / seconds * columns), f"{k * step:.3g}" + (" s" if not k else "")) for k in range(count + 1)]


def below(seconds: float, columns: int) -> str:
    """The axis of time as a line of text."""
    line = [" "] * (EDGE + columns)
    for at, text in ticks(seconds, columns):
        for k, letter in enumerate(text):
            if EDGE + at + k < len(line):
                line[EDGE + at + k] = letter
    return "".join(line).rstrip()


def scope(
    samples: Floats, rate: int, columns: int = 80, rows: int = 12, *, name: str = "", plain: bool = False, colours: bool = True
) -> str:
    """The wave, channel under channel, as high as its peak; its figures on the left, seconds below."""
    if plain:
        return in_words(samples, rate, name)
    samples, broken = sound(samples)
    channels, frames = samples.shape
    wide = max(columns - EDGE, 8)
    tall = max(rows // max(channels, 1), 3)
    peak = float(np.abs(samples).max(initial=0.0))
    scale = max(peak, 1e-3)
    trouble = "  (numbers that are not finite are drawn as 0)" if broken else ""
    lines = [f"{'':{EDGE}}{name or 'scope'}  {frames / rate:.3g} s, peak {db(peak):.0f} dB{trouble}"]
    for k, channel in enumerate(samples, 1):
        low, high = outline(channel, wide)
        body = _wave(low / scale, high / scale, tall)
        for row, text in enumerate(body):
            left = f"{scale:+.2f}" if row == 0 else f"{-scale:+.2f}" if row == tall - 1 else f"ch {k}" if row == tall // 2 else ""
            lines.append(f"{left:>{EDGE - 1}} " + (f"\x1b[38;5;{WAVE}m{text}\x1b[0m" if colours else text))
    return "\n".join([*lines, below(frames / rate, wide)])


def _wave(low: Floats, high: Floats, rows: int) -> list[str]:
    """From the lowest to the highest of each column, two dots a row."""
    dots = rows * 2
    top = np.clip(np.round((1 - high) / 2 * (dots - 1)), 0, dots - 1)
    bottom = np.clip(np.round((1 - low) / 2 * (dots - 1)), 0, dots - 1)
    heights = np.arange(dots)[:, None]
    there = (heights >= top) & (heights <= bottom)
    return ["".join(" ▄▀█"[2 * a + b] for a, b in zip(there[2 * row], there[2 * row + 1], strict=True)) for row in range(rows)]


def spectrogram(
    samples: Floats, rate: int, columns: int = 80, rows: int = 16, *, name: str = "", plain: bool = False, colours: bool = True
) -> str:
    """Low sounds below, high ones above, time to the right; the brighter the louder."""
    if plain:
        return bands_in_words(samples, rate, name)
    samples, broken = sound(samples)
    wide = max(columns - EDGE, 8)
    per = 2 if colours else 1
    levels, edges = bands(samples, rate, wide, rows * per)
    light = shade(levels)
    trouble = "  (with numbers that are not finite)" if broken else ""
    lines = [f"{'':{EDGE}}{name or 'spectrogram'}  {samples.shape[1] / rate:.3g} s, loudest {levels.max(initial=-120.0):.0f} dB{trouble}"]
    marked = _marks(edges, rows, per)
    for row in range(rows):
        text = _glow(light[2 * row], light[2 * row + 1]) if colours else "".join(LETTERS[int(x * (len(LETTERS) - 1))] for x in light[row])
        lines.append(f"{marked.get(row, ''):>{EDGE - 1}} {text}")
    return "\n".join([*lines, below(samples.shape[1] / rate, wide)])


def _glow(above: Floats, under: Floats) -> str:
    """One row: the upper dot is the letter's colour, the lower one its ground."""
    made, was = [], (-1, -1)
    for a, b in zip(above, under, strict=True):
        now = GLOW[int(a * (len(GLOW) - 1))], GLOW[int(b * (len(GLOW) - 1))]
        if now != was:
            made.append(f"\x1b[38;5;{now[0]};48;5;{now[1]}m")
            was = now
        made.append("▀")
    return "".join(made) + "\x1b[0m"


def _marks(edges: Floats, rows: int, per: int) -> dict[int, str]:
    """Which row tells which frequency."""
    found: dict[int, str] = {}
    for mark in MARKS:
        if edges[0] <= mark <= edges[-1]:
            band = int(np.searchsorted(edges, mark, "right")) - 1
            row = rows - 1 - min(band, len(edges) - 2) // per
            found[row] = f"{mark} Hz" if mark < 1000 else f"{mark // 1000} kHz"
    return found
