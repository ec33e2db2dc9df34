"""What a picture of a sound needs to know: its outline, its bands over time, its figures in words. numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
LOWEST, HIGHEST = 40.0, 20000.0  # Hz, the lower and upper edge of every spectrogram
RANGE = 70.0  # dB from the brightest to black
WINDOW = 2048
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def sound(samples: Floats) -> tuple[Floats, bool]:
    """(channels, frames), finite; and whether it was not."""
    found = np.atleast_2d(np.asarray(samples, np.float32))
    if found.ndim != 2:
        raise ValueError(f"a picture wants (channels, frames), not {found.shape}")
    broken = not np.isfinite(found).all()
    return (np.nan_to_num(found, nan=0.0, posinf=1.0, neginf=-1.0) if broken else found), broken


def outline(channel: Floats, columns: int) -> tuple[Floats, Floats]:
    """The lowest and the highest sample of every column."""
    if not channel.size:
        return np.zeros(columns, np.float32), np.zeros(columns, np.float32)
    edges = np.linspace(0, channel.size, columns + 1)
    first = np.minimum(edges[:-1].astype(int), channel.size - 1)
    last = np.maximum(np.ceil(edges[1:]).astype(int), first + 1)
    low = np.array([channel[a:b].min() for a, b in zip(first, last, strict=True)], np.float32)
    high = np.array([channel[a:b].max() for a, b in zip(first, last, strict=True)], np.float32)
    return low, high


def bands(samples: Floats, rate: int, columns: int, rows: int) -> tuple[Floats, Floats]:
    """(rows, columns) in dB below full scale, the highest band first; and the rows + 1 edges in Hz, from the lowest up."""
    top = min(HIGHEST, rate / 2)
    edges = np.geomspace(LOWEST, top, rows + 1).astype(np.float32)
    frames = samples.shape[1]
    window = np.hanning(WINDOW).astype(np.float32)
    padded = np.pad(samples, ((0, 0), (WINDOW // 2, WINDOW)))
    looks = int(np.clip(frames // max(columns, 1) // (WINDOW // 2) + 1, 1, 8))  # in one column, at most
    power = np.zeros((WINDOW // 2 + 1, columns), np.float32)
    for k in range(columns):
        for look in range(looks):
            at = int((k + (look + 0.5) / looks) * frames / columns)
            spectrum = np.fft.rfft(padded[:, at : at + WINDOW] * window, axis=1)
            power[:, k] = np.maximum(power[:, k], (np.abs(spectrum) ** 2).max(axis=0))
    power /= (window.sum() / 2) ** 2
    bins = edges * WINDOW / rate
    made = np.empty((rows, columns), np.float32)
    for row in range(rows):
        a, b = bins[row], bins[row + 1]
        first, last = int(np.ceil(a)), int(np.ceil(b))
        if last > first:
            made[rows - 1 - row] = power[first : min(last, len(power))].max(axis=0)
        else:  # narrower than a bin: between its neighbours
            middle = (a + b) / 2
            low = min(int(middle), len(power) - 2)
            made[rows - 1 - row] = power[low] + (power[low + 1] - power[low]) * (middle - low)
    return 10 * np.log10(made + 1e-12).astype(np.float32), edges


def shade(levels: Floats) -> Floats:
    """Bands as brightness, 0 to 1: the loudest is 1, ``RANGE`` below it 0. Nearly silence stays dark."""
    top = max(float(levels.max(initial=-120.0)), -50.0)
    return np.clip((levels - top + RANGE) / RANGE, 0, 1)


@dataclass(frozen=True)
class Figures:
    """One channel in numbers."""

    peak: float  # dB
    loud: float  # dB, on average
    centre: float  # direct current
    pitch: float  # Hz of the strongest partial, 0 when none stands out


def db(value: float) -> float:
    """Full scale is 0 dB."""
    return float(20 * np.log10(max(value, 1e-6)))


def figures(channel: Floats, rate: int) -> Figures:
    """How loud, where it rests, where most of it sounds."""
    if not channel.size:
        return Figures(-120.0, -120.0, 0.0, 0.0)
    peak, loud = float(np.abs(channel).max()), float(np.sqrt(np.mean(channel.astype(np.float64) ** 2)))
    piece = channel[: 1 << 17] - channel.mean()
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(piece.size)))
    strongest = int(spectrum[1:].argmax()) + 1 if spectrum.size > 2 else 0
    around = spectrum[max(strongest - 2, 0) : strongest + 3]
    tonal = peak > 1e-4 and float((around**2).sum()) > 0.2 * float((spectrum**2).sum())  # noise has no strongest partial to speak of
    pitch = strongest * rate / piece.size if tonal else 0.0
    return Figures(db(peak), db(loud), float(channel.mean()), pitch)


def note(hz: float) -> str:
    """The nearest key: 440 is A4 (C4 is middle C, MIDI 60)."""
    if hz <= 0:
        return ""
    key = round(69 + 12 * np.log2(hz / 440))
    return f"{NAMES[key % 12]}{key // 12 - 1}"


def in_words(samples: Floats, rate: int, name: str = "") -> str:
    """A sound for the ears of a reader: a line a channel, then how it goes over time."""
    samples, broken = sound(samples)
    channels, frames = samples.shape
    many = f"{channels} channel{'s' * (channels != 1)}"
    lines = [
        f"{name + ': ' if name else ''}{frames / rate:.2f} seconds, {many}, {rate} Hz{', with numbers that are not finite' if broken else ''}"
    ]
    for k, channel in enumerate(samples, 1):
        f = figures(channel, rate)
        if f.peak < -90:
            lines.append(f"channel {k}: silent")
            continue
        rests = f", rests at {f.centre:+.2f} instead of 0" if abs(f.centre) > 0.005 else ""
        strong = f", strongest at {f.pitch:.0f} Hz ({note(f.pitch)})" if f.pitch else ""
        lines.append(f"channel {k}: peak {f.peak:.0f} dB, average {f.loud:.0f} dB{rests}{strong}")
    if frames:
        pieces = [np.abs(piece).max(initial=0.0) for piece in np.array_split(samples, min(10, frames), axis=1)]
        lines.append("over time, peaks in dB: " + ", ".join(f"{db(float(p)):.0f}" if p > 1e-4 else "silent" for p in pieces))
    return "\n".join(lines)


def bands_in_words(samples: Floats, rate: int, name: str = "") -> str:
    """A spectrogram for the ears: where the strength lies, at the beginning, in the middle, at the end."""
    samples, _ = sound(samples)
    levels, edges = bands(samples, rate, 3, 24)
    lines = [in_words(samples, rate, name)]
    for k, when in enumerate(("at the beginning", "in the middle", "at the end")):
        column = levels[::-1, k]
        loud = np.argsort(column)[::-1][:3]
        told = [f"{np.sqrt(edges[i] * edges[i + 1]):.0f} Hz ({column[i]:.0f} dB)" for i in loud if column[i] > -90]
        lines.append(f"{when}: {'strongest near ' + ', '.join(told) if told else 'silent'}")
    return "\n".join(lines)
