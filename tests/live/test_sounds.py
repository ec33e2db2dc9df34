"""Sound files: found, looked at, read, and refused in one clear line."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from live.core import shelf
from live.core.sounds import Reader, SoundError, find, look, read


@pytest.fixture(autouse=True)
def _no_bundled_sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path / "nothing here")


def wav(path: Path, seconds: float = 0.1, channels: int = 2, rate: int = 48000, subtype: str = "FLOAT") -> np.ndarray:
    path.parent.mkdir(exist_ok=True)
    x = (0.2 * np.random.default_rng(3).standard_normal((round(seconds * rate), channels))).astype(np.float32)
    soundfile.write(path, x, rate, subtype=subtype)
    return x.T


def header(path: Path, channels: int, size: int, rate: int = 48000) -> None:
    """A WAV file of 16 bits that claims so many bytes of sound; the disk holds none of them."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * 2 * channels, 2 * channels, 16)
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + size) + b"WAVE" + form + b"data" + struct.pack("<I", size))
        file.truncate(44 + size)


def test_a_sound_is_found_by_its_name_without_an_ending(tmp_path: Path) -> None:
    wav(tmp_path / "rain on tin.wav")
    assert find("rain on tin", [tmp_path]) == (tmp_path / "rain on tin.wav").resolve()
    assert find("rain on tin.wav", [tmp_path]).name == "rain on tin.wav"


def test_a_session_s_corpus_folder_is_searched(tmp_path: Path) -> None:
    wav(tmp_path / "corpus" / "brass.flac", subtype="PCM_16")
    assert find("brass", [tmp_path]).parent.name == "corpus"


def test_the_bundled_sounds_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wav(tmp_path / "bell.wav")
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path)
    assert find("bell").name == "bell.wav"


def test_the_session_s_own_sound_comes_before_a_bundled_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wav(tmp_path / "mine" / "bell.wav")
    wav(tmp_path / "theirs" / "bell.wav")
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path / "theirs")
    assert find("bell", [tmp_path / "mine"]).parent.name == "mine"


def test_a_missing_sound_names_the_nearest(tmp_path: Path) -> None:
    wav(tmp_path / "rain on tin.wav")
    wav(tmp_path / "brass.wav")
    with pytest.raises(SoundError, match=r"no sound 'rian on tin'.*Nearest: rain on tin\.wav\.$"):
        find("rian on tin", [tmp_path])
    with pytest.raises(SoundError, match=r"Nearest: brass\.wav\.$"):
        find(tmp_path / "bras.wav")


@pytest.mark.parametrize("name", ["", ".", "\0", "x" * 5000, "~nobody/at/home"])
def test_a_name_that_can_be_no_sound_is_refused_in_words(name: str, tmp_path: Path) -> None:
    with pytest.raises(SoundError):
        look(find(name, [tmp_path]))


def test_an_empty_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "hole.wav").touch()
    wav(tmp_path / "whole.wav")
    with pytest.raises(SoundError, match=r"hole\.wav is empty.*whole\.wav") as trouble:
        look(tmp_path / "hole.wav")
    assert "\n" not in str(trouble.value)


def test_a_corrupt_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.flac").write_bytes(bytes(range(256)) * 20)
    with pytest.raises(SoundError, match=r"bad\.flac cannot be read as sound") as trouble:
        look(tmp_path / "bad.flac")
    assert "\n" not in str(trouble.value)


def test_a_file_without_channels_is_refused(tmp_path: Path) -> None:
    header(tmp_path / "none.wav", 0, 1000)
    with pytest.raises(SoundError, match=r"none\.wav"):
        look(tmp_path / "none.wav")


def test_a_file_with_a_header_and_no_sound_is_refused(tmp_path: Path) -> None:
    wav(tmp_path / "still.wav", seconds=0)
    with pytest.raises(SoundError, match="holds no sound"):
        look(tmp_path / "still.wav")


def test_a_folder_is_not_a_sound(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="is a folder"):
        look(tmp_path)


def test_a_three_hour_file_opens_at_once(tmp_path: Path) -> None:
    header(tmp_path / "long.wav", 2, 3 * 3600 * 48000 * 4)
    began = time.perf_counter()
    sound = look(tmp_path / "long.wav")
    got = Reader(sound, 48000).read(2 * 3600 * 48000, 2 * 3600 * 48000 + 1000)
    assert time.perf_counter() - began < 1.0
    assert sound.seconds == 3 * 3600
    assert got.shape == (2, 1000)


def test_at_the_file_s_own_rate_every_frame_is_the_file_s(tmp_path: Path) -> None:
    x = wav(tmp_path / "x.wav")
    assert np.array_equal(read(look(tmp_path / "x.wav"), 48000), x)


def test_another_rate_keeps_pitch_level_and_moment(tmp_path: Path) -> None:
    t = np.arange(44100) / 44100
    soundfile.write(tmp_path / "a.wav", 0.5 * np.sin(2 * np.pi * 997 * t), 44100, subtype="FLOAT")
    got = read(look(tmp_path / "a.wav"), 48000)[0]
    want = 0.5 * np.sin(2 * np.pi * 997 * np.arange(48000) / 48000)
    assert len(got) == 48000
    assert np.abs(got - want)[2000:-2000].max() < 1e-5  # -100 dB


@pytest.mark.parametrize("rate", [48000, 44100, 22050, 96000, 44101])
def test_a_stretch_is_the_same_whichever_way_it_was_asked_for(tmp_path: Path, rate: int) -> None:
    wav(tmp_path / "x.wav", seconds=1.5, channels=1, rate=rate)
    reader = Reader(look(tmp_path / "x.wav"), 48000)
    whole = reader.read(0, reader.length)
    for first, last in ((60000, 60001), (100, 45000), (32000, 33000), (7, 9)):
        assert np.array_equal(reader.read(first, last), whole[:, first:last])
    assert not reader.read(-100, 0).any() or rate != 48000
    assert reader.read(-5, 5).shape == (1, 10)


def test_what_is_not_a_number_in_a_file_is_silence(tmp_path: Path) -> None:
    x = np.array([0.5, np.nan, np.inf, -0.5], np.float32)
    soundfile.write(tmp_path / "n.wav", x, 48000, subtype="FLOAT")
    assert np.array_equal(read(look(tmp_path / "n.wav"), 48000)[0], [0.5, 0, 0, -0.5])
