"""The bench can be trusted: what it calls silence is silence, what it calls a latency is one, and it can fail."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from live.bench import scgf
from live.bench.hearing import listen, unbroken
from live.bench.report import Report, slope
from live.bench.same import judge
from live.bench.witness import CODE, SCALE

BLOCK = 64


def clock(frames: np.ndarray) -> np.ndarray:
    """What the witness sends at those frames."""
    return ((frames % CODE) / SCALE * np.where((frames >> 3) & 1, -1, 1)).astype(np.float32)


def cycles(starts: np.ndarray) -> np.ndarray:
    """A log of cycles of one block each."""
    k = np.arange(len(starts))
    return np.stack([starts, np.full(len(starts), BLOCK), k, k * BLOCK], axis=1)


def heard(latency: int = 64, count: int = 200, first: int = CODE - 3000) -> tuple[np.ndarray, np.ndarray]:
    starts = first + BLOCK * np.arange(count)
    return cycles(starts), clock(first + np.arange(count * BLOCK) - latency)


def test_a_perfect_echo_has_no_silence_and_tells_its_latency() -> None:
    account = listen(*heard(latency=192))
    assert (account.silence, account.wrong, account.lost, account.latency) == (0.0, 0, 0, 192)


def test_a_block_of_zeros_is_a_gap_of_its_length() -> None:
    log, sound = heard()
    sound[640 : 640 + 96] = 0
    account = listen(log, sound)
    assert account.wrong == 96
    assert account.longest == pytest.approx(2.0)
    assert len(account.gaps) == 1


def test_a_block_played_twice_is_wrong() -> None:
    log, sound = heard()
    sound[640:704] = sound[576:640]
    assert listen(log, sound).wrong == 64


def test_cycles_the_server_lost_count_as_silence() -> None:
    starts = 5000 + BLOCK * np.concatenate([np.arange(100), np.arange(103, 200)])
    frames = (starts[:, None] + np.arange(BLOCK)).ravel()
    account = listen(cycles(starts), clock(frames))
    assert (account.wrong, account.lost) == (0, 3 * BLOCK)
    assert account.longest == pytest.approx(4.0)


def test_a_file_that_skips_is_found() -> None:
    log, sound = heard()
    assert unbroken(log, sound).wrong == 0
    sound[6400:] = np.roll(sound, -17)[6400:]
    assert unbroken(log, sound).wrong > 0


def test_one_different_bit_is_a_difference_and_a_lost_cycle_is_not(tmp_path) -> None:
    report = Report(file=tmp_path / "bench.jsonl", only_json=True)
    log, sound = heard()
    live, offline = np.tile(sound, (8, 1)), np.tile(sound, (8, 1))
    lost = np.concatenate([offline[:, :640], offline[:, 704:]], axis=1)
    judge(report, BLOCK, log[:-1], live[:, :-BLOCK], offline)
    judge(report, BLOCK, log[:-1], lost, offline)
    live[3, 1000] += np.float32(1e-7)
    judge(report, BLOCK, log[:-1], live[:, :-BLOCK], offline)
    assert [f.met for f in report.figures] == [True, True, False]


def test_a_line_has_its_slope_and_no_bend() -> None:
    per, rest, bend = slope([0, 100, 400], [1.0, 3.0, 9.0])
    assert (per, rest, bend) == (pytest.approx(0.02), pytest.approx(1.0), pytest.approx(0.0, abs=1e-9))


def test_a_missed_promise_makes_the_bench_fail(tmp_path) -> None:
    report = Report(file=tmp_path / "bench.jsonl", only_json=True)
    report.add("silence", 60.0, 50.0, unit="ms")
    assert report.close() == 1
    assert (tmp_path / "bench.jsonl").read_text().count('"commit"') == 1


def test_a_synthdef_says_version_two_and_names_its_units() -> None:
    made = scgf.player()
    assert made[:4] == b"SCgf"
    assert struct.unpack(">ih", made[4:10]) == (2, 1)
    for unit in (b"PlayBuf", b"RLPF", b"Balance2", b"Out"):
        assert unit in made
