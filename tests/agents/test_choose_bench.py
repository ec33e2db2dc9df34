"""The bench of the partner's memory: its lines, and that a broken promise shows."""

from __future__ import annotations

import json

import pytest

from agents import bench_choose, proof_choose
from agents.navigate import Navigator
from agents.oracle import Oracle


def test_every_promise_is_kept() -> None:
    for check, figure, limit in proof_choose.proofs():
        assert figure <= limit, check


def test_a_broken_promise_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Navigator, "_kindred", lambda self, spots, t: spots)
    monkeypatch.setattr(Navigator, "_past", lambda self, spot, t: 1)
    assert proof_choose.unlike_a_recount() > 0.1
    monkeypatch.setattr(Navigator, "_chosen", lambda self, spots, t, rules: int(spots[0]))
    assert proof_choose.not_the_least() > 0


def test_the_memories_are_what_they_say() -> None:
    assert bench_choose.fibonacci(8) == [0, 1, 0, 0, 1, 0, 1, 0]
    row = bench_choose.markov(20_000)
    held = sum(a == b for a, b in zip(row, row[1:], strict=False)) / len(row)
    assert 0.48 < held < 0.55
    assert len(set(bench_choose.form(2000))) == 64
    assert bench_choose.fewest([0, 1, 2, 3], [0, 1, 3, 2, 3]) == 3
    assert list(Oracle(row[:300]).link) == bench_choose.textbook(row[:300])[0]


def test_the_bench_prints_a_line_for_each_promise(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bench_choose, "checks", lambda quick: iter([bench_choose.told("a", 1, 2), bench_choose.told("b", 3, 2)]))
    assert bench_choose.main([]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["check"], line["figure"], line["limit"], line["met"]) for line in lines] == [("a", 1, 2, True), ("b", 3, 2, False)]
