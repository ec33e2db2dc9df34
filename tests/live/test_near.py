"""A treatment whose dry sound does not wait: to the bit where nothing is done, as loud as asked, and calm under a steady tone."""

from __future__ import annotations

import numpy as np
import pytest

from engines.face import Control
from live.bench.cak_ear import hiss, spurs, tone
from live.core.row import words
from live.core.spectra import ALL, BINS, CHANNELS, SHEET, SpectralKernel, change, kernel, knob, spectrum
from live.core.treatments import spectral as host
from tests.live.alone import Alone, play


@kernel
def halve(sheet):
    s = words(sheet, SHEET)
    x, out = spectrum(sheet, 0), change(sheet)
    if knob(sheet, 0) == 0.0:
        return 0
    for c in range(s[CHANNELS]):
        for p in range(2):
            for k in range(s[BINS]):
                out[c, p, k] = np.float32(-0.5 * knob(sheet, 0)) * x[c, p, k]
    return ALL


def frame(settings, rate):
    return 2048, 256, 0, 0, True


HALVE = host.kind_of(SpectralKernel("halve", halve, {"on": Control(1, 0, 1)}, frame=frame))


def test_its_dry_sound_is_not_late_and_left_to_the_bit() -> None:
    x = hiss(0.2, channels=2)
    assert HALVE.latency({"size": 2048, "hop": 256}, 48000) == 0
    assert np.array_equal(play(HALVE, x.shape[1], [x], {"on": 0.0}), x)


def test_the_same_change_in_all_bins_is_a_gain() -> None:
    x = hiss(0.4)
    y = play(HALVE, x.shape[1], [x], {"on": 1.0})
    assert np.allclose(y[:, 4096:], 0.5 * x[:, 4096:], atol=2e-5)


@pytest.mark.parametrize("runs", [1, 7, (1, 64, 13, 50)])
def test_the_sound_does_not_depend_on_the_cut(runs) -> None:
    x = hiss(0.08)
    assert np.array_equal(play(HALVE, x.shape[1], [x], {"on": 1.0}), play(HALVE, x.shape[1], [x], {"on": 1.0}, runs=runs))


def test_a_steady_tone_stays_one() -> None:
    hertz = 43 * 48000 / 2048
    x = tone(hertz, -20, 1.0)
    y = play(host.CAK, x.shape[1], [x], {"texture": 0.6}, {"mode": "live"})
    assert spurs(y, hertz) < -55


def test_switched_off_while_it_sounds_it_is_to_the_bit_again_within_two_hops() -> None:
    x, off = hiss(0.4), 9600
    node, made = Alone(HALVE, [1]), []
    for at in range(0, x.shape[1], 64):
        node.turn("on", float(at < off))
        node.ins[0][:] = x[:, at : at + 64]
        node.run(64)
        made.append(node.out.copy())
    y = np.concatenate(made, axis=1)
    assert not np.array_equal(y[:, off : off + 256], x[:, off : off + 256])
    assert np.array_equal(y[:, off + 3 * 256 :], x[:, off + 3 * 256 :])
    assert (
        np.abs(np.diff(y - x))[:, off - 256 : off + 768].max() < 0.6 * np.abs(np.diff(x)).max()
    )  # what was taken comes back without a step
