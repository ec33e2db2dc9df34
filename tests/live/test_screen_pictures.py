"""Pictures of sounds: in letters, in words, as files; all three tell the same."""

from __future__ import annotations

import re
import struct
import zlib

import numpy as np
import pytest

from live.screen import looked, pictures, png

RATE = 48000
TIME = np.arange(RATE, dtype=np.float32) / RATE


def tone(hz: float, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * TIME)).astype(np.float32)


def bare(text: str) -> list[str]:
    return re.sub(r"\x1b\[[0-9;]*m", "", text).split("\n")


def pixels(file) -> np.ndarray:
    """A PNG read back, its checksums checked."""
    raw = file.read_bytes()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    at, found = 8, {}
    while at < len(raw):
        size, kind = struct.unpack(">I4s", raw[at : at + 8])
        body = raw[at + 8 : at + 8 + size]
        assert zlib.crc32(kind + body) == struct.unpack(">I", raw[at + 8 + size : at + 12 + size])[0]
        found[kind] = found.get(kind, b"") + body
        at += 12 + size
    width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", found[b"IHDR"])
    assert (depth, colour) == (8, 2)
    lines = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(height, 1 + width * 3)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, 3)


@pytest.mark.parametrize("hz", [100, 440, 2000, 9000])
def test_a_tone_is_brightest_in_the_band_it_lies_in(hz):
    levels, edges = looked.bands(tone(hz)[None], RATE, 20, 32)
    row = 31 - int(levels.mean(axis=1).argmax())
    assert edges[row] / 1.15 <= hz <= edges[row + 1] * 1.15
    assert levels.max() == pytest.approx(-6, abs=1.5)


def test_a_tone_that_comes_late_is_dark_before():
    late = tone(1000)
    late[: RATE // 2] = 0
    levels, _ = looked.bands(late[None], RATE, 40, 16)
    assert levels[:, :15].max() < -90
    assert levels[:, 25:].max() > -10


def test_a_picture_is_as_wide_as_asked_and_has_its_axes():
    lines = bare(pictures.spectrogram(tone(1000), RATE, 60, 10, name="rain"))
    assert all(len(line) <= 60 for line in lines)
    assert len(lines) == 12
    assert "rain" in lines[0]
    assert any(line.strip().startswith("1 kHz") for line in lines)
    assert lines[-1].strip().startswith("0 s")


def test_without_colours_the_loudest_letter_stands_at_the_tone():
    lines = pictures.spectrogram(tone(1000), RATE, 60, 16, colours=False).split("\n")
    assert "\x1b" not in "".join(lines)
    (row,) = {k for k, line in enumerate(lines) if "@" in line[7:]}
    near = [line for line in lines[row - 1 : row + 2] if "1 kHz" in line]
    assert near


def test_the_wave_reaches_its_peak_and_a_silent_channel_is_a_line():
    lines = bare(pictures.scope(np.stack([tone(50), np.zeros_like(TIME)]), RATE, 60, 12))
    assert "+0.50" in lines[1]
    assert lines[1].count("█") + lines[1].count("▄") + lines[1].count("▀") > 20
    assert all(not line[7:].strip() for line in (lines[7], lines[12]))
    assert any(set(line[7:]) <= set("▀▄█") and len(line) == 60 for line in lines[8:12])


def test_in_words_a_tone_has_its_level_and_its_note():
    words = pictures.scope(tone(440), RATE, plain=True, name="rain")
    assert words.startswith("rain: 1.00 seconds, 1 channel")
    assert "channel 1: peak -6 dB, average -9 dB, strongest at 440 Hz (A4)" in words
    assert "near 4" in pictures.spectrogram(tone(440), RATE, plain=True)
    assert words.isascii()


@pytest.mark.parametrize(
    "samples",
    [np.zeros((2, 0)), np.zeros(1), np.zeros((8, 100)), np.full((1, 5000), np.nan), np.array([[np.inf, -np.inf, 1.0]]), np.ones((1, 3000))],
)
def test_any_sound_can_be_looked_at(samples, tmp_path):
    for draw in (pictures.scope, pictures.spectrogram):
        for how in ({}, {"colours": False}, {"plain": True}):
            assert draw(samples, RATE, **how)
    for draw in (png.scope_png, png.spectrogram_png):
        assert pixels(draw(samples, RATE, tmp_path / "a.png")).any()


def test_a_file_shows_the_tone_where_its_axis_says(tmp_path):
    seen = pixels(png.spectrogram_png(tone(1000), RATE, tmp_path / "new" / "rain.png", name="rain", width=400, height=300)).astype(int)
    assert seen.shape == (300, 400, 3)
    inner = seen[png.TOP : 300 - png.BOTTOM, png.LEFT : 400 - png.RIGHT].sum(axis=2)
    row = int(inner.mean(axis=1).argmax())
    share = 1 - row / (len(inner) - 1)
    assert 40 * (20000 / 40) ** share == pytest.approx(1000, rel=0.05)


def test_letters_are_written_as_dots():
    canvas = np.zeros((20, 40, 3), np.uint8)
    png.write(canvas, "1 k", 2, 2)
    assert canvas.any()
    png.write(canvas, "off the edge, both ways", -3, -5)
    png.write(canvas, "ü", 30, 100)


@pytest.mark.parametrize(("seconds", "first"), [(0.02, "0 s"), (3, "0 s"), (600, "0 s"), (0, "0 s")])
def test_the_axis_of_time_has_round_numbers(seconds, first):
    marks = pictures.ticks(seconds, 80)
    assert marks[0] == (0, first)
    assert len(marks) <= 8
    assert all(0 <= at <= 80 for at, _ in marks)
