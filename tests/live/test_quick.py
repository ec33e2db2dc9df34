"""Logarithms and powers for eight at once: as right as single precision is."""

from __future__ import annotations

import numpy as np
from numba import njit

from live.core.quick import exp2, log2


@njit
def logs(x, y):
    for k in range(len(x)):
        y[k] = log2(x[k])


@njit
def powers(x, y):
    for k in range(len(x)):
        y[k] = exp2(x[k])


def test_logarithms_are_right_from_the_smallest_to_the_largest_number() -> None:
    x = np.concatenate([np.geomspace(1.2e-38, 3e38, 20000), 1 + np.linspace(-0.01, 0.01, 2001)]).astype(np.float32)
    y = np.empty_like(x)
    logs(x, y)
    right = np.log2(x.astype(np.float64))
    assert np.max(np.abs(y - right) / np.maximum(np.abs(right), 1)) < 2e-7


def test_powers_are_right_and_whole_powers_exact() -> None:
    x = np.concatenate([np.linspace(-125, 126, 20001), np.arange(-125, 127)]).astype(np.float32)
    y = np.empty_like(x)
    powers(x, y)
    assert np.max(np.abs(y / np.exp2(x.astype(np.float64)) - 1)) < 3e-7
    assert np.array_equal(y[20001:], np.exp2(np.arange(-125, 127)).astype(np.float32))


def test_there_and_back_is_the_same_number() -> None:
    x = np.geomspace(1e-6, 1e6, 5000).astype(np.float32)
    y, z = np.empty_like(x), np.empty_like(x)
    logs(x, y)
    powers(y, z)
    assert np.max(np.abs(z / x - 1)) < 3e-6  # what a logarithm of 20 has lost behind the point
