"""How loud it is to the ear: ITU-R BS.1770 loudness (LUFS) and plain peak."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# The K curve as two analogue filters (a shelf for the head, a high pass), matched to any rate:
# centre in Hz, gain in dB, quality; from the standard's 48 kHz coefficients.
SHELF = (1681.9744509555319, 3.99984385397, 0.7071752369554193)
PASS = (38.13547087613982, 0.5003270373253953)
GATE, BELOW = -70.0, -10.0  # LUFS: absolute gate; LU: relative gate


def peak_db(sound: NDArray[np.floating]) -> float:
    """The highest sample in dBFS; silence is -200."""
    return 20 * float(np.log10(max(float(np.max(np.abs(sound), initial=0.0)), 1e-10)))


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


def lufs(sound: NDArray[np.floating], rate: int) -> float:
    """Gated loudness of (channels, frames), every channel weighted alike; silence is -inf."""
    block, hop = round(0.4 * rate), round(0.1 * rate)
    if sound.shape[1] < block:
        sound = np.pad(sound, ((0, 0), (0, block - sound.shape[1])))
    # Each 400 ms block is weighted in its spectrum: no recursive filter needed, the same figures within 0.1 LU.
    weight = k_curve(np.fft.rfftfreq(block, 1 / rate), rate)
    weight[1:-1] *= 2
    starts = range(0, sound.shape[1] - block + 1, hop)
    power = np.array([np.sum(weight * np.abs(np.fft.rfft(sound[:, s : s + block], axis=1)) ** 2) / block**2 for s in starts])
    heard = power[power > 10 ** ((GATE + 0.691) / 10)]
    if not heard.size:
        return float("-inf")
    heard = heard[heard > np.mean(heard) * 10 ** (BELOW / 10)]
    return -0.691 + 10 * float(np.log10(np.mean(heard)))
