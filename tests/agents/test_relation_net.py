"""The relation learns what there is to learn, nothing where there is nothing, and the stage computes what the net computes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch")
import torch  # noqa: E402

from agents.codebook import Codebook  # noqa: E402
from agents.nets import measure, relation  # noqa: E402
from agents.nets.decoder import Net  # noqa: E402
from agents.nets.pairs import Pair  # noqa: E402
from agents.nets.relation import Course, lessons, opened, save, teach, turned  # noqa: E402
from agents.relation import Relation  # noqa: E402

K, WIDE = 16, 13


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def book(turning: bool = False) -> Codebook:
    chance = np.random.default_rng(0)
    centres = chance.standard_normal((24 if turning else K - 1, WIDE)).astype(np.float32)
    return Codebook(centres, np.full(WIDE, 0.1, np.float32), np.full(WIDE, 2.0, np.float32), "harmony", turning=turning)


def duos(count: int, seed: int, law: np.ndarray | None, length: int = 300) -> list[Pair]:
    """Parts that play by chance; the second follows the first by a law a segment later, or does not care."""
    chance, found = np.random.default_rng(seed), []
    for k in range(count):
        heard = chance.integers(0, K - 1, length)
        own = chance.integers(0, K - 1, length) if law is None else np.append(0, law[heard[:-1]])
        found.append(Pair(str(k), heard.astype(np.int32), own.astype(np.int32), np.zeros((length, WIDE), np.float32), own.astype(np.int32)))
    return found


def test_the_stage_computes_what_the_net_computes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = Net(K, WIDE, width=48, layers=3, window=16)
    save(net, book(), tmp_path / "r.npz")
    again, shelf, _ = opened(tmp_path / "r.npz")
    r, chance = Relation.load(tmp_path / "r.npz"), np.random.default_rng(0)
    heard, own = chance.integers(0, K, (2, 70))
    vectors = chance.standard_normal((70, WIDE)).astype(np.float32)
    memory = torch.zeros(1, K)
    memory[0, [2, 3, 5, 7]] = 1
    with torch.no_grad():
        scaled = torch.from_numpy((vectors - shelf.mean) / shelf.scale)
        taught = again(torch.from_numpy(heard)[None], torch.from_numpy(own)[None], memory, scaled[None])[0].numpy()
    state = r.start([2, 3, 5, 7], listening=1)
    staged = np.stack([r.step(state, int(a), int(b), v) for a, b, v in zip(heard, own, vectors, strict=True)])
    assert np.abs(staged - taught).max() < 1e-4


def test_a_law_between_two_parts_is_learnt_and_followed(tmp_path: Path) -> None:
    law = np.random.default_rng(1).permutation(K)
    torch.manual_seed(0)
    net = teach(
        Net(K, WIDE, width=48, layers=1), duos(30, 1, law), book(), Course(steps=160, batch=24, length=32, rate=4e-3, slip=0.05, smooth=0.0)
    )
    save(net, book(), tmp_path / "r.npz")
    new = measure.stretches(duos(6, 2, law), measure.ANSWER, 4, 0, book())
    hits, _ = measure.hits(Relation.load(tmp_path / "r.npz"), new, 0, floor=0.0)
    assert np.mean(hits) >= 99


def test_between_parts_that_do_not_care_nothing_is_found() -> None:
    torch.manual_seed(0)
    net = teach(Net(K, WIDE, width=32, layers=1), duos(200, 1, None), book(), Course(steps=80, batch=24, length=32, rate=1e-3))
    new = measure.stretches(duos(40, 2, None), 49, 8, 0, book())
    gained = np.array(measure.bits(net, book(), measure.crossed(new, 0))) - np.array(measure.bits(net, book(), new))
    assert abs(gained.mean()) < 0.02


def test_a_lesson_never_shows_what_it_asks_for() -> None:
    heard = np.arange(40, dtype=np.int32) % 7
    own = np.arange(40, dtype=np.int32) % 11
    one = Pair("a", heard, own, np.repeat(heard[:, None], WIDE, 1).astype(np.float32), own)
    quiet = Course(batch=32, length=20, deaf=0, late=0, slip=0)
    lesson = next(lessons([one], book(), quiet))
    assert (lesson.own[:, 1:] == lesson.next[:, :-1]).all()
    assert (lesson.heard[:, 0] == K).all()
    follows = (lesson.next[:, 1:] - lesson.own[:, 1:]) % 11
    assert (follows == 1).all()
    shown = lesson.vectors[:, 1:, 0] * 2.0 + 0.1
    assert torch.allclose(shown, lesson.heard[:, 1:].float(), atol=1e-5)


def test_lessons_in_another_key_are_turned_in_every_part() -> None:
    shelf = book(turning=True)
    table = turned(shelf)
    assert table.shape == (12, shelf.size + 1)
    assert (table[:, -2:] == [shelf.silence, shelf.size]).all()
    heard = np.full(30, 5, np.int32)
    own = np.full(30, 17, np.int32)
    vectors = np.zeros((30, WIDE), np.float32)
    vectors[:, 5] = 1.0
    lesson = next(lessons([Pair("a", heard, own, vectors, own)], shelf, Course(batch=64, length=10, deaf=0, late=0, slip=0)))
    keys = (lesson.heard[:, 1] - 5) % 12
    assert len(set(keys.tolist())) > 6
    assert (lesson.next[:, 0] == 12 + (5 + keys) % 12).all()
    assert (lesson.memory.argmax(1) == lesson.next[:, 0]).all()
    assert (lesson.vectors[:, 1, :12].argmax(1) == (5 + keys) % 12).all()


def test_another_pieces_part_is_never_the_same_pieces() -> None:
    drawn = measure.stretches(duos(5, 0, None), 20, 3, 0, book())
    mixed = measure.crossed(drawn, 0)
    at_home = {(one.piece, one.heard.tobytes()) for one in drawn}
    assert all((one.piece, one.heard.tobytes()) not in at_home for one in mixed)
    assert all((a.own == b.own).all() for a, b in zip(drawn, mixed, strict=True))


def test_an_interval_holds_the_mean_of_pieces_and_narrows_with_more() -> None:
    chance = np.random.default_rng(0)
    few = measure.interval(chance.normal(1, 1, 40).tolist(), [str(k // 4) for k in range(40)])
    many = measure.interval(chance.normal(1, 1, 4000).tolist(), [str(k // 4) for k in range(4000)])
    assert few.low < few.mean < few.high
    assert many.high - many.low < (few.high - few.low) / 3


def test_one_label_all_the_time_reaches_what_it_should() -> None:
    own = np.array([9] * measure.LEAD + [1] * 20 + [2] * 10, np.int32)
    told = measure.trivial([Pair("a", own, own, np.zeros((own.size, WIDE), np.float32), own)], np.eye(K)[2], K)
    assert told["constant, oracle"] == [pytest.approx(200 / 3)]
    assert told["constant, by training"] == [pytest.approx(100 / 3)]
    assert told["uniform, memory"] == [pytest.approx(100 / 3)]
    assert told["uniform"] == [100 / K]


def test_tuning_learns_a_performers_own_law_and_keeps_the_alphabet(tmp_path: Path) -> None:
    torch.manual_seed(0)
    old, new = np.random.default_rng(1).permutation(K), np.random.default_rng(2).permutation(K)
    net = teach(Net(K, WIDE, width=32, layers=1), duos(30, 1, old), book(), Course(steps=100, batch=16, length=32, rate=4e-3))
    own = duos(1, 3, new, 120)
    rest = measure.stretches(duos(4, 4, new), 60, 3, 0, book())
    tuned = relation.tune(net, book(), own, replace(relation.TUNE, steps=80, keep=0.3))
    before, after = (float(np.mean(measure.bits(one, book(), rest))) for one in (net, tuned))
    assert after < before - 0.5


def test_the_command_says_in_a_line_what_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert relation.main(["train", str(tmp_path), "--out", str(tmp_path / "w.npz")]) == 1
    told = capsys.readouterr().err
    assert "a piece is a folder of two stems or more" in told
    assert told.count("\n") == 1


def test_from_stems_to_a_relation_that_plays(tmp_path: Path) -> None:
    chance, time = np.random.default_rng(0), np.arange(8000) / 16000
    for k in range(12):
        folder = tmp_path / "pieces" / f"piece {k}"
        folder.mkdir(parents=True)
        keys = chance.choice([60, 62, 64, 67, 69], 40)
        for name, more in (("a", 0), ("b", -12)):
            tones = [0.2 * np.sin(2 * np.pi * 440 * 2 ** ((key + more - 69) / 12) * time) for key in keys]
            soundfile.write(folder / f"{name}.wav", np.concatenate(tones), 16000)
    out = tmp_path / "w.npz"
    assert relation.main(["train", str(tmp_path / "pieces"), "--out", str(out), "--labels", "16", "--steps", "4"]) == 0
    r = Relation.load(out)
    assert r.labels == 13
    assert r.about["pairs"] > 0
    logp = r.step(r.start([0, 3]), 5, 0)
    assert np.exp(logp).sum() == pytest.approx(1, abs=1e-4)


def test_a_pair_of_tracks_tunes_a_relation_and_says_what_that_gained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    save(Net(K, WIDE, width=32, layers=1), book(), tmp_path / "w.npz", counts=[1] * K)
    time = np.arange(16000 * 20) / 16000
    for name, pitch in (("mine", 440), ("yours", 330)):
        soundfile.write(tmp_path / f"{name}.wav", 0.2 * np.sin(2 * np.pi * pitch * time), 16000)
    asked = ["tune", str(tmp_path / "mine.wav"), str(tmp_path / "yours.wav"), "--weights", str(tmp_path / "w.npz")]
    assert relation.main([*asked, "--out", str(tmp_path / "mine.npz"), "--steps", "80"]) == 0
    before, after = (float(word) for word in capsys.readouterr().err.split("\n")[0].replace(",", "").split() if word[0].isdigit())
    assert after < before - 0.1  # one label all the time
    r = Relation.load(tmp_path / "mine.npz", alphabet=book().fingerprint)
    assert r.about["tuned"] == "yours.wav"


def test_tuning_on_one_track_twice_or_none_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(Net(K, WIDE, width=32, layers=1), book(), tmp_path / "w.npz")
    soundfile.write(tmp_path / "mine.wav", np.zeros(16000), 16000)
    for other in ("none.wav", "mine.wav"):
        asked = [
            "tune",
            str(tmp_path / "mine.wav"),
            str(tmp_path / other),
            "--weights",
            str(tmp_path / "w.npz"),
            "--out",
            str(tmp_path / "o.npz"),
        ]
        assert relation.main(asked) == 1
        assert "two tracks of at least 8 s" in capsys.readouterr().err
