"""The edge: two clocks that drift apart meet without a gap, a wow or a growing delay."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from live.core import edge
from live.core.row import address

HZ = 997.0


@dataclass(frozen=True)
class Flow:
    """What came out of an edge, and how it went: one entry a draw."""

    sound: NDArray[np.float32]
    kept: NDArray[np.float64]  # frames between what was poured and what was read
    dry: NDArray[np.int64]  # draws that found nothing, so far
    step: float


@functools.cache
def flow(
    rate_in: int = 48000,
    rate_out: int = 48000,
    off: float = 0.0,
    block_in: int = 256,
    block_out: int = 256,
    jitter: float = 0.0,
    gap: bool = False,
) -> Flow:
    """Twenty seconds of a sine through an edge whose input runs ``off`` its stated rate; ``gap``: the input stops for a second at 8 s."""
    chance = np.random.default_rng(1)
    memory = edge.make(1, rate_in / rate_out, round(block_out * rate_in / rate_out + 0.005 * rate_in))
    where = address(memory)
    cells, numbers = memory[: edge.HEAD * 8].view(np.int64), memory[: edge.HEAD * 8].view(np.float64)
    true = rate_in * (1 + off)
    heard, drawn = np.zeros(block_in, np.float32), np.zeros((1, block_out), np.float32)
    sounds, kept, dry = [], [], []
    came = due = 0.0
    count = 0
    while due < 20.0:
        if came + block_in / true <= due:
            came += block_in / true
            heard[:] = 0.5 * np.sin(2 * np.pi * HZ * np.arange(count, count + block_in) / true)
            count += block_in
            if not (gap and 8 < came < 9):
                edge.pour(where, address(heard), block_in, float(rate_in), came + abs(chance.normal(0, jitter)))
        else:
            edge.draw(where, address(drawn), block_out, block_out, float(rate_out), due + abs(chance.normal(0, jitter)))
            sounds.append(drawn[0].copy())
            kept.append(cells[edge.E_POURED] - numbers[edge.F_POSITION])
            dry.append(cells[edge.E_DRY])
            due += block_out / rate_out
    return Flow(np.concatenate(sounds), np.array(kept), np.array(dry), float(numbers[edge.F_STEP]))


def snr(sound: NDArray[np.float32], rate: int) -> float:
    """How far everything but the sine lies below it, in dB."""
    y, t = sound.astype(np.float64), np.arange(len(sound)) / rate
    rest = np.inf
    for hz in HZ * (1 + np.linspace(-1e-5, 1e-5, 5)):
        both = np.stack([np.sin(2 * np.pi * hz * t), np.cos(2 * np.pi * hz * t)], 1)
        rest = min(rest, float(((y - both @ np.linalg.lstsq(both, y, rcond=None)[0]) ** 2).mean()))
    return 10 * float(np.log10((y**2).mean() / rest))


CLOCKS = [
    {"off": 0.005},
    {"off": -0.005},
    {"rate_in": 16000, "off": 0.005},
    {"rate_in": 96000, "off": -0.003},
    {"rate_in": 44100, "off": 0.001, "block_in": 512, "block_out": 128},
]


@pytest.mark.parametrize("clocks", CLOCKS, ids=str)
def test_once_it_has_locked_it_never_runs_dry(clocks: dict[str, float]) -> None:
    dry = flow(**clocks).dry
    assert dry[-1] == dry[len(dry) // 4]


@pytest.mark.parametrize("clocks", CLOCKS, ids=str)
def test_a_sine_stays_a_sine_to_60_db(clocks: dict[str, float]) -> None:
    assert snr(flow(**clocks).sound[-2 * 48000 :], 48000) > 60


@pytest.mark.parametrize("clocks", CLOCKS, ids=str)
def test_the_delay_stays_where_it_is(clocks: dict[str, float]) -> None:
    kept = flow(**clocks).kept
    late = kept[len(kept) // 2 :]
    block = clocks.get("block_in", 256)
    assert late.max() - late.min() < block + 8
    assert late.max() < 2 * block + 0.03 * clocks.get("rate_in", 48000)


def test_the_reading_speed_is_the_ratio_of_the_true_clocks() -> None:
    assert flow(rate_in=16000, off=0.005).step == pytest.approx(1.005 / 3, rel=1e-6)


def test_callbacks_that_come_unevenly_make_neither_gaps_nor_more_than_a_trace_of_wow() -> None:
    rough = flow(off=0.005, jitter=5e-5)
    assert rough.dry[-1] == rough.dry[len(rough.dry) // 4]
    assert snr(rough.sound[-48000:], 48000) > 45


def test_an_input_that_stops_is_silence_and_is_found_again() -> None:
    found = flow(off=0.002, gap=True)
    broken = found.sound
    assert np.abs(broken[round(8.5 * 48000) : round(8.9 * 48000)]).max() == 0.0
    assert np.abs(broken[10 * 48000 : 19 * 48000].reshape(-1, 480)).max(axis=1).min() > 0.45
    assert found.kept[-1] < 2000
