"""The ear that taught itself: it learns, goes on where it stopped, and hears the same live as from a file."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch")
pytest.importorskip("transformers")

from agents.hear import Listener, describe, ear  # noqa: E402
from agents.nets import pretrain  # noqa: E402
from agents.nets.wav2vec import BUNDLED, Frames, hugging, main, net_ear  # noqa: E402
from agents.remember import remember  # noqa: E402
from tests.agents.sounds import RATE, noise, tune  # noqa: E402


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A net of the bundled shape that has learnt nothing yet."""
    import torch

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("net")
    pretrain.save(hugging().Wav2Vec2ForPreTraining(pretrain.tiny()), folder)
    return folder


@pytest.mark.parametrize(("rate", "clock"), [(48000, 0.5), (44100, 0.25), (16000, 0.35)])
def test_what_is_heard_live_is_what_is_read_from_the_file(place: Path, rate: int, clock: float) -> None:
    sound = tune([0, 4, 7, 5], 0.6, rate) + noise(2.4, 1, rate)
    listener, live = Listener(rate, f"wav2vec:{place}", clock), []
    for k in range(0, sound.size, 777):
        live += listener.feed(sound[k : k + 777])
    edges = np.array([0, *(one.end for one in live)]) / rate
    told = describe(sound, rate, edges, f"wav2vec:{place}")
    assert told.shape == (int(2.4 / clock), 129)
    np.testing.assert_allclose(np.stack([one.vector for one in live]), told, atol=1e-5)


def test_a_segment_takes_only_its_own_frames_wherever_it_stands(place: Path) -> None:
    net = Frames(place)
    marked: list[float] = []
    plain = net.__class__.__call__

    class Marked(Frames):
        def __call__(self, sound: np.ndarray) -> np.ndarray:
            told = plain(self, sound)
            told[:] = (self.middles(len(told)) / 16000)[:, None]  # each frame says when it was
            return told

    net.__class__ = Marked
    for k in range(59):  # fifteen seconds of quarters, at a rate that 16 kHz does not go into
        start, end = round(k * 0.25 * 44100), round((k + 1) * 0.25 * 44100)
        first = max(0, start - 22050)
        marked.append(first / 44100 + net.segment(np.zeros(end - first, np.float32), 44100, start - first)[0] - (k + 0.5) * 0.25)
    assert max(np.abs(marked)) < 0.0101


def test_a_segment_shorter_than_a_frame_is_told_too(place: Path) -> None:
    hear = net_ear(f"wav2vec:{place}")
    assert np.isfinite(hear.tell(noise(0.01), RATE, 0)).all()
    assert np.isfinite(hear.tell(np.zeros(RATE, np.float32), RATE, 100)).all()


def test_its_vectors_make_an_alphabet_with_silence_and_a_memory(place: Path, tmp_path: Path) -> None:
    sound = np.concatenate([tune([0, 7, 12]), noise(0.5), np.zeros(RATE // 2, np.float32)])
    soundfile.write(tmp_path / "a.wav", sound, RATE, "FLOAT")
    memory = remember(tmp_path, cut="grid", grid=0.5, emphasis=f"wav2vec:{place}", K=4)
    assert memory.labels[4] == memory.codebook.silence
    assert memory.labels[3] not in memory.labels[:3]
    assert memory.levels[4] == pytest.approx(-80)
    again = remember(tmp_path, cut="grid", grid=0.5, emphasis=f"wav2vec:{place}", K=4)
    assert again.labels.tolist() == memory.labels.tolist()
    assert "silence" in memory.table()


def test_a_segment_costs_less_than_its_budget(place: Path) -> None:
    hear, sound, took = net_ear(f"wav2vec:{place}"), noise(1.0), []
    for _ in range(20):
        began = time.thread_time()
        hear.tell(sound, RATE, RATE // 2)
        took.append(time.thread_time() - began)
    assert np.median(took) < 0.02


def test_it_learns_and_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrain, "BATCH", 2)
    monkeypatch.setattr(pretrain, "EVERY", 2)
    for k in range(12):
        soundfile.write(tmp_path / f"{k}.wav", tune([k, 12 - k] * 6, 0.4, 16000), 16000)
    out = tmp_path / "out"
    files = [str(tmp_path / f"{k}.wav") for k in range(12)]
    assert main(["train", *files, "--out", str(out), "--minutes", "0.02"]) == 0
    first = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert main(["train", *files, "--out", str(out), "--minutes", "0.035"]) == 0
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert lines[: len(first)] == first
    assert lines[len(first)]["step"] == first[-1]["step"] + 2
    assert lines[len(first)]["minutes"] > 0.015
    assert all(0 < line["contrast"] < 5 for line in lines)
    assert (out / "ear" / "model.safetensors").stat().st_size < 1.5e6
    assert Frames(out / "ear")(np.zeros(16000)).shape == (49, 128)


def test_a_net_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    for name, says in ((str(tmp_path), "holds no wav2vec"), ("facebook/no-such-wav2vec", "not among the models on this machine")):
        with pytest.raises(ValueError, match=says) as slip:
            ear(f"wav2vec:{name}")
        assert "\n" not in str(slip.value)
        assert "Nearest: wav2vec" in str(slip.value)


def test_the_ear_that_comes_with_it_tells_notes_from_noises() -> None:
    hear = ear("wav2vec")
    sounds = [tune([0]), tune([2]), noise(0.5, 1), noise(0.5, 2)]
    a, b, c, d = (hear.tell(one, RATE, 0)[:-1] for one in sounds)
    assert max(np.linalg.norm(c - d), np.linalg.norm(a - b)) < np.linalg.norm(a - c)
    assert sum(file.stat().st_size for file in BUNDLED.iterdir()) < 1.5e6
