"""The study's yardsticks: each is held against something whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines import cak
from engines.nets import cak_study
from engines.nets.cak import main
from engines.nets.cak_audit import Game, kind_of


@pytest.fixture
def published() -> cak.Kernel:
    """The published eleven."""
    return cak.read(cak.FOLDER / "published.json")


def shape(*rows: tuple[float, float, float]) -> np.ndarray:
    """Eleven numbers from what is seen above, beside and below."""
    return np.array([*np.array(rows[::-1]).ravel(), 0.0, 1.0])


def test_a_shape_is_called_what_it_is() -> None:
    assert kind_of(shape((-1, 0, 1), (-1, 0, 1), (-1, 0, 1))) == "edge in time"
    assert kind_of(shape((-2, 1, 1), (-2, 1, 1), (-2, 1, 1))) == "edge in time"
    assert kind_of(shape((-1, 2, -1), (-1, 2, -1), (-1, 2, -1))) == "line in time"
    assert kind_of(shape((1, 1, 1), (0, 0, 0), (-1, -1, -1))) == "edge in pitch"
    assert kind_of(shape((-1, -1, -1), (2, 2, 2), (-1, -1, -1))) == "line in pitch"
    assert kind_of(shape((1, 0, -1), (0, 0, 0), (-1, 0, 1))) == "diagonal"
    assert kind_of(shape((1, -2, 1), (-2, 4, -2), (1, -2, 1))) == "spot"
    assert kind_of(shape((1, 1, 1), (1, 1, 1), (1, 1, 1))) == "flat"


def test_the_published_diagonal_is_one_that_chance_makes_too(published: cak.Kernel) -> None:
    numbers = np.array(published.numbers)
    assert cak_study.diagonal_share(numbers) == pytest.approx(0.398, abs=0.001)
    assert 0.2 < cak_study.by_chance(numbers, zero_sum=False) < 0.45
    drawn = shape((0, 0, 1), (0, 1, 0), (1, 0, 0))
    assert cak_study.by_chance(0.3 * drawn, zero_sum=False) < 0.01


def test_a_change_that_is_the_same_for_all_taps_is_seen_as_one() -> None:
    first = np.random.default_rng(0).standard_normal(11)
    assert cak_study.uniform_share(first, first + 0.1) == pytest.approx(1.0)
    edge = np.array([*np.tile([-1.0, 0.0, 1.0], 3), 0, 0])
    assert cak_study.uniform_share(first, first + edge) == pytest.approx(0.0)


def test_a_stand_in_has_what_it_says_and_lacks_the_rest() -> None:
    chance = np.random.default_rng(0)
    own = [np.cumsum(chance.random((20, 300)), axis=1).astype(np.float32) / 300]
    assert np.array_equal(cak_study.stand_in("backwards", own)[0][:, ::-1], own[0])
    shuffled = cak_study.stand_in("shuffled", own)[0]
    assert np.array_equal(np.sort(shuffled.ravel()), np.sort(own[0].ravel()))
    assert np.abs(np.diff(shuffled, axis=1)).mean() > 10 * np.abs(np.diff(own[0], axis=1)).mean()
    field = cak_study.stand_in("smooth fields", own)[0]
    assert field.shape == own[0].shape
    assert np.abs(np.diff(field, axis=1)).mean() < 0.3 * field.std()


def test_the_kernel_does_not_hear_frequency(published: cak.Kernel) -> None:
    gains = [cak_study.gain_at(bins, -40, 0.5, published) for bins in (3, 70, 900)]
    assert max(gains) - min(gains) < 0.05
    assert gains[0] == pytest.approx(14.3, abs=0.3)
    shifts = [cak_study.shift_at(hz, 1.0, published) for hz in (200, 8000)]
    assert abs(shifts[0] - shifts[1]) < 2
    assert -16 < shifts[0] < -8


def test_a_kernel_of_the_published_kind_stays_the_noise_it_began_as() -> None:
    chance = np.random.default_rng(1)
    pictures = [np.clip(0.4 + 0.1 * chance.standard_normal((80, 90)), 0, 1).astype(np.float32) for _ in range(8)]
    row = cak_study.run("without realism", "recordings", 3, pictures)
    first, last = np.array(row["first"]), np.array(row["last"])
    assert np.abs(last - first).max() > 0.01
    assert cak_study.uniform_share(first, last) > 0.5
    assert cak_study.cosines([row, row]) == [pytest.approx(1.0)]


def test_fewer_than_eight_seeds_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", str(tmp_path), "--seeds", "4", "--out", str(tmp_path / "out")]) == 2
    assert "8 or more before anything is claimed" in capsys.readouterr().err
    assert Game().begun(1)[:9].sum() == pytest.approx(0.0)
