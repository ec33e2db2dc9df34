"""The published game and its checkpoints: seeded, resumable, honest about what it learns, and never run from a file."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines import cak
from engines.nets import cak_augan, cak_convert
from engines.nets.cak import main
from engines.nets.cak_sounds import Refused
from tests.engines.test_cak_training import RATE, folder_of, strikes

torch = pytest.importorskip("torch")
SMALL = cak_augan.Size(steps=6, rate=1e-3, batch=2, critic=2, crop=(24, 24), critic_steps=2)


def pictures(many: int) -> list[np.ndarray]:
    """Small ones."""
    chance = np.random.default_rng(0)
    return [np.clip(0.4 + 0.2 * chance.standard_normal((40, 40)), 0, 1).astype(np.float32) for _ in range(many)]


def test_the_pairs_have_the_published_quirk() -> None:
    items = cak_augan.items_of(cak_augan.labels_at_random(200, 42))
    apart = {(a, b) for a, b, c in items if c != 0}
    assert len(items) == 400
    assert len(apart) == 50
    assert all(0.3 < c < 0.6 for a, b, c in items if a != b)


def test_labels_can_be_measured_and_noise_is_rougher_than_a_tone() -> None:
    from engines.nets.cak_sounds import picture_of

    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    hiss = 0.1 * np.random.default_rng(0).standard_normal(RATE)
    labels = cak_augan.labels_by_texture([picture_of(s, RATE) for s in (hiss, tone, strikes(1.0, 0))])
    assert labels.min() == pytest.approx(0.1)
    assert labels.max() == pytest.approx(1.0)
    assert labels[0] == labels.max()
    assert labels[1] == labels.min()


def test_a_cut_game_ends_where_it_would_have() -> None:
    torch.set_num_threads(1)
    items = cak_augan.items_of(cak_augan.labels_at_random(4, 0))
    whole = cak_augan.Play(pictures(4), items, SMALL, 5)
    for _ in cak_augan.play(whole, 6):
        pass
    cut = cak_augan.Play(pictures(4), items, SMALL, 5)
    for _ in cak_augan.play(cut, 2):
        pass
    rest = cak_augan.Play(pictures(4), items, SMALL, 5)
    rest.restore(cut.saved())
    for _ in cak_augan.play(rest, 6):
        pass
    assert rest.done == 6
    assert np.abs(rest.numbers - whole.numbers).max() < 1e-6
    assert np.abs(whole.numbers - cut.numbers).max() > 1e-4


def test_the_published_game_says_that_it_learned_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.set_num_threads(1)
    out = tmp_path / "x.json"
    asked = [
        "train",
        str(folder_of(tmp_path / "set", 8)),
        "--game",
        "augan",
        "--steps",
        "2",
        "--batch",
        "2",
        "--critic",
        "2",
        "--crop",
        "32x32",
    ]
    assert main([*asked, "--out", str(out)]) == 1
    assert "nothing learned (30% is the least): violation fell" in capsys.readouterr().out
    if out.exists():
        assert cak.read(out).card["learned"].startswith("nothing")


def test_a_gpu_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    assert main(["train", str(folder_of(tmp_path / "set", 8)), "--game", "augan", "--gpu", "--out", str(tmp_path / "x.json")]) == 2
    assert capsys.readouterr().err.startswith("--gpu: this machine has none")
    assert not (tmp_path / "x.json").exists()


# --- checkpoints ---------------------------------------------------------------------------


def checkpoint(**more: Any) -> dict[str, Any]:
    """What the authors' files look like."""
    taps = torch.arange(9, dtype=torch.float32).reshape(1, 1, 3, 3) / 10
    return {
        "epoch": 99,
        "critic_state_dict": {"net.0.weight": torch.zeros(2, 1, 4, 4), "net.0.bias": torch.zeros(2)},
        "generator_state_dict": {"detector.conv.weight": taps, "detector.conv.bias": torch.tensor([-0.03]), "scale": torch.tensor(0.78)},
        "history": {"violation": [np.float64(0.13), np.float32(0.12)], "steps": np.int64(3)},
        **more,
    }


def test_a_checkpoint_with_numpy_s_numbers_becomes_a_kernel(tmp_path: Path) -> None:
    torch.save(checkpoint(), tmp_path / "last.pt")
    assert main(["convert", str(tmp_path / "last.pt"), "--out", str(tmp_path / "theirs.json")]) == 0
    kernel = cak.read(tmp_path / "theirs.json")
    assert np.abs(np.array(kernel.numbers) - [*(np.arange(9) / 10), -0.03, 0.78]).max() < 1e-6


class Runs:
    """What a hostile file holds: something that is run by who reads it."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_a_pickle_that_would_run_something_is_refused_in_one_line(how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, mark, out = tmp_path / "evil.pt", tmp_path / "it ran", tmp_path / "x.json"
    if how == "torch":
        torch.save(checkpoint(more=Runs(mark)), file)
    else:
        file.write_bytes(pickle.dumps(checkpoint(more=Runs(mark)), 2))
    assert main(["convert", str(file), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "nothing" in said
    assert not mark.exists()
    assert not out.exists()


@pytest.mark.parametrize("held", [{"a": torch.zeros(3)}, {"generator": {"c.weight": torch.zeros(1, 1, 3, 3)}}, [1, 2]])
def test_a_checkpoint_without_a_kernel_says_so(held: Any, tmp_path: Path) -> None:
    torch.save(held, tmp_path / "x.pt")
    with pytest.raises(Refused, match="holds no kernel"):
        cak_convert.converted(tmp_path / "x.pt", tmp_path / "x.json")


def test_something_else_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "x.pt").write_text("hello")
    with pytest.raises(Refused, match="nothing"):
        cak_convert.converted(tmp_path / "x.pt", tmp_path / "x.json")
    with pytest.raises(Refused, match="no file"):
        cak_convert.converted(tmp_path / "y.pt", tmp_path / "x.json")
