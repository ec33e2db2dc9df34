"""The transform of the callback against numpy's."""

import numpy as np
import pytest
from numba import njit

from live.core import fft
from live.core import row as r

SIZES = [256, 512, 1024, 2048, 4096, 8192]


@njit
def there(plan, scratch, bins):
    fft.forward(plan, scratch, bins)


@njit
def back(plan, scratch, bins):
    return fft.backward(plan, scratch, bins)


def snr(is_, should):
    return 10 * np.log10(np.sum(np.abs(should) ** 2) / np.sum(np.abs(is_ - should) ** 2))


class Bench:
    def __init__(self, size):
        self.half, (self.plan, self.held) = size // 2, fft.plan(size)
        self.scratch = np.zeros(2 * size, np.float32)
        self.bins = np.full(size + 2 * fft.PAD, np.nan, np.float32)

    def spectrum(self, x):
        self.scratch[: self.half], self.scratch[self.half : 2 * self.half] = x[::2], x[1::2]
        there(self.plan, r.address(self.scratch), r.address(self.bins))
        imag = self.half + fft.PAD
        return self.bins[: self.half + 1] + 1j * self.bins[imag : imag + self.half + 1]

    def frame(self, spectrum):
        imag = self.half + fft.PAD
        self.bins[: self.half + 1], self.bins[imag : imag + self.half + 1] = spectrum.real, spectrum.imag
        at = (back(self.plan, r.address(self.scratch), r.address(self.bins)) - r.address(self.scratch)) // 4
        x = np.empty(2 * self.half, np.float32)
        x[1::2], x[::2] = self.scratch[at : at + self.half], self.scratch[at + self.half : at + 2 * self.half]
        return x / (2 * self.half)


@pytest.mark.parametrize("size", SIZES)
def test_every_size_agrees_with_numpy_to_130_db(size):
    x = np.random.default_rng(size).standard_normal(size).astype(np.float32)
    assert snr(Bench(size).spectrum(x), np.fft.rfft(x.astype(float))) > 130


@pytest.mark.parametrize("size", SIZES)
def test_the_way_back_agrees_with_numpy_to_130_db(size):
    rng = np.random.default_rng(size)
    spectrum = rng.standard_normal(size // 2 + 1) + 1j * rng.standard_normal(size // 2 + 1)
    spectrum[[0, -1]] = spectrum[[0, -1]].real
    assert snr(Bench(size).frame(spectrum.astype(np.complex64)), np.fft.irfft(spectrum)) > 130


def test_a_sine_in_the_middle_of_a_bin_lies_in_that_bin_alone():
    x = np.sin(2 * np.pi * 37 * np.arange(2048) / 2048).astype(np.float32)
    level = np.abs(Bench(2048).spectrum(x))
    assert level[37] == pytest.approx(1024, rel=1e-5)
    assert np.delete(level, 37).max() < 1e-3


def test_silence_stays_exact_zero():
    bench = Bench(1024)
    assert not np.any(bench.spectrum(np.zeros(1024, np.float32)))
    assert not np.any(bench.frame(np.zeros(513, np.complex64)))


def test_a_size_that_is_no_power_of_two_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"frame of 1000: .*Nearest: 1024"):
        fft.plan(1000)
