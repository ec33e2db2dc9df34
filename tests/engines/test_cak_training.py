"""Training CAK: it finds what is there to be found, says when there was nothing, and can be killed at any time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engines import cak
from engines.nets import cak_audit, cak_fit, cak_picture, cak_sounds, cak_strength
from engines.nets.cak import main

RATE = 44100
ROOT = Path(__file__).parents[2]


def noise(seconds: float, seed: int = 0, level: float = 0.05) -> np.ndarray:
    """White noise with slow swells."""
    many = round(seconds * RATE)
    swell = 0.2 + np.abs(np.sin(2 * np.pi * (1 + seed % 3) * np.arange(many) / RATE))
    return level * swell * np.random.default_rng(seed).standard_normal(many)


def strikes(seconds: float, seed: int) -> np.ndarray:
    """A ringing tone struck again and again."""
    t, chance = np.arange(round(seconds * RATE)) / RATE, np.random.default_rng(seed)
    made = 1e-4 * chance.standard_normal(t.size)
    for start in chance.uniform(0, seconds, 8):
        late = np.maximum(t - start, 0)
        made += (t >= start) * 0.2 * np.exp(-late * 8) * np.sin(2 * np.pi * chance.uniform(200, 4000) * late)
    return made


def folder_of(where: Path, many: int, seconds: float = 1.2) -> Path:
    """A folder of recordings."""
    where.mkdir(parents=True, exist_ok=True)
    for k in range(many):
        soundfile.write(where / f"sound {k}.wav", strikes(seconds, k), RATE, subtype="FLOAT")
    return where


def pair(where: Path, kernel: cak.Kernel, seconds: float = 4.0) -> Path:
    """A dry sound, and the same with a kernel on it."""
    dry = noise(seconds)
    for side, sound in (("dry", dry), ("wet", cak.through(dry, 1.0, kernel))):
        (where / side).mkdir(parents=True, exist_ok=True)
        soundfile.write(where / side / "rain.wav", sound, RATE, subtype="FLOAT")
    return where


@pytest.fixture
def published() -> cak.Kernel:
    """The published eleven."""
    return cak.read(cak.FOLDER / "published.json")


# --- fit -----------------------------------------------------------------------------------


def test_a_teacher_comes_back_from_its_pictures_to_a_millionth_in_two_seconds(published: cak.Kernel) -> None:
    dry = cak_sounds.picture_of(noise(6.0, level=0.003), RATE)
    wet = cak.added(dry, cak.pattern(dry, published), cak.effective(1.0, published.scale))
    began = time.process_time()
    pupil = cak_fit.between(dry, wet)
    assert time.process_time() - began < 2
    assert np.abs(np.array(pupil.numbers) - published.numbers).max() < 1e-6


def test_a_teacher_whose_taps_take_away_comes_back_too() -> None:
    teacher = cak.Kernel.of([-0.1, 0.05, -0.02, 0.3, -0.15, 0.02, 0.01, 0.0, 0.04, 0.02, 1.3])
    dry = cak_sounds.picture_of(noise(4.0, level=0.01), RATE)
    wet = cak.added(dry, cak.pattern(dry, teacher), cak.effective(1.0, teacher.scale))
    pupil = cak_fit.between(dry, wet)
    assert np.abs(np.array(pupil.taps) * pupil.scale - np.array(teacher.taps) * teacher.scale).max() < 1e-6
    assert abs(sum(map(abs, pupil.taps)) - cak_strength.SUM) < 1e-9


def test_two_recordings_teach_what_lies_between_them(tmp_path: Path, published: cak.Kernel) -> None:
    pair(tmp_path / "set", published)
    assert main(["train", str(tmp_path / "set"), "--out", str(tmp_path / "haze.json")]) == 0
    kernel = cak.read(tmp_path / "haze.json")
    assert kernel.card["figures"]["explained"] > 0.9
    assert kernel.card["figures"]["dB from wet, by the kernel"] < kernel.card["figures"]["dB from wet, dry"] / 2
    assert kernel.card["trained on"] == ["rain"]
    assert (tmp_path / "haze.png").read_bytes().startswith(b"\x89PNG")


def test_a_wet_sound_that_comes_late_is_laid_over_the_dry_one(tmp_path: Path) -> None:
    dry = noise(3.0)
    soundfile.write(tmp_path / "a dry.wav", dry, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "a wet.wav", np.concatenate([np.zeros(1234), 0.5 * dry]), RATE, subtype="FLOAT")
    (files,) = cak_sounds.pair_files(tmp_path)
    found = cak_sounds.pair_of(*files)
    assert found.late == 1234
    assert np.abs(found.wet - 0.5 * found.dry).max() < 1e-6


def test_mono_and_stereo_of_other_lengths_are_a_pair(tmp_path: Path) -> None:
    dry = noise(5.0)
    soundfile.write(tmp_path / "a dry.wav", dry, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "a wet.wav", np.stack([dry, dry], 1)[: 3 * RATE], RATE, subtype="FLOAT")
    found = cak_sounds.pair_of(*cak_sounds.pair_files(tmp_path)[0])
    assert found.dry.shape == found.wet.shape == (3 * RATE,)


def test_two_sounds_that_have_nothing_to_do_with_one_another_teach_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for side, seed in (("dry", 1), ("wet", 7)):
        (tmp_path / side).mkdir()
        soundfile.write(tmp_path / side / "x.wav", 0.05 * np.random.default_rng(seed).standard_normal(4 * RATE), RATE, subtype="FLOAT")
    out = tmp_path / "x.json"
    assert main(["train", str(tmp_path), "--out", str(out)]) == 1
    said = capsys.readouterr().out
    assert "nothing learned" in said
    assert "better from the dry one than blindly" in said
    assert not out.exists()


def test_a_fit_that_was_cut_ends_where_it_would_have(tmp_path: Path, published: cak.Kernel) -> None:
    pair(tmp_path / "set", published, 2.5)
    for side in ("dry", "wet"):
        soundfile.write(
            tmp_path / "set" / side / "wind.wav", soundfile.read(tmp_path / "set" / side / "rain.wav")[0][::-1], RATE, subtype="FLOAT"
        )
    pairs = cak_sounds.pair_files(tmp_path / "set")
    whole, _ = cak_fit.fit(cak_fit.Lesson(pairs, tmp_path / "a.json", "a"))

    class Cut(cak_fit.Teller):
        def step(self, step: int, of: int, **figures: float) -> None:
            if step == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cak_fit.fit(cak_fit.Lesson(pairs, tmp_path / "b.json", "b"), teller=Cut())
    rest, _ = cak_fit.fit(cak_fit.Lesson(pairs, tmp_path / "b.json", "b"), resume=True)
    assert whole is not None
    assert rest is not None
    assert np.abs(np.array(whole.numbers) - rest.numbers).max() < 1e-6


def test_a_kernel_that_is_better_already_stays(tmp_path: Path, published: cak.Kernel) -> None:
    pair(tmp_path / "set", published)
    out = tmp_path / "haze.json"
    assert main(["train", str(tmp_path / "set"), "--out", str(out)]) == 0
    first = out.read_bytes()
    assert main(["train", str(tmp_path / "set"), "--out", str(out)]) == 0
    assert out.read_bytes() == first


# --- the audit -----------------------------------------------------------------------------


def test_the_audit_s_slope_is_the_slope_of_its_loss() -> None:
    chance = np.random.default_rng(0)
    x = 0.4 + 0.1 * chance.random((2, 20, 20))
    batch = cak_audit.Batch(x, x.copy(), np.array([0.4, 0.8]))
    numbers = np.array([*(0.05 * chance.standard_normal(9)), 0.2, 1.0])
    for audits in ("growth", "level"):
        _, _, slope = cak_audit.loss_and_slope(numbers, batch, audits, 0.5)
        step = 1e-7 * np.eye(11)
        rise = [
            cak_audit.loss_and_slope(numbers + d, batch, audits, 0.5)[0] - cak_audit.loss_and_slope(numbers - d, batch, audits, 0.5)[0]
            for d in step
        ]
        assert np.abs(np.array(rise) / 2e-7 - slope).max() < 1e-4 * np.abs(slope).max()


def test_the_audit_finds_the_edges_in_time_of_things_that_are_struck(tmp_path: Path) -> None:
    """Columns that stand still up a picture and change along it: nothing else can be seen, and nothing else is."""
    chance, pictures = np.random.default_rng(1), []
    for _ in range(4):
        columns = 0.45 + 0.25 * np.repeat(chance.choice([-1.0, 1.0], 60), 3)[None]
        pictures.append((columns + 0.01 * chance.standard_normal((120, 180))).astype(np.float32))
    game = cak_audit.Game(steps=200, crop=24)
    held = game.drawn(pictures[:1], 0, 10**6, 32)
    start = game.begun(0)
    for _, numbers, *_ in cak_audit.play(game, pictures[1:], 0):
        end = numbers
    assert abs(end[:9].sum()) < 1e-9
    assert cak_audit.kind_of(end).endswith("in time")
    fell = 1 - cak_audit.violation(end, held, "growth").mean() / cak_audit.violation(start, held, "growth").mean()
    assert fell > 0.3


def test_the_audit_writes_a_kernel_its_card_and_its_picture(tmp_path: Path) -> None:
    out = tmp_path / "kernels" / "struck.json"
    code = main(["train", str(folder_of(tmp_path / "set", 8)), "--game", "audit", "--steps", "300", "--out", str(out), "--name", "struck"])
    assert code == 0
    kernel = cak.read(out)
    assert abs(sum(kernel.taps)) < 1e-9
    assert kernel.card["figures"]["violation fell"] > 0.3
    assert len(kernel.card["trained on"]) == 6
    assert not out.with_suffix(".training").exists()
    reached = cak_strength.far(kernel, cak_sounds.clip_of(tmp_path / "set" / "sound 0.wav", 1.2).picture)
    assert 3 < reached < 40


def test_an_audit_that_has_not_learned_says_so_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "early.json"
    assert main(["train", str(folder_of(tmp_path / "set", 4)), "--game", "audit", "--steps", "3", "--out", str(out)]) == 1
    said = capsys.readouterr().out
    assert "nothing learned: violation fell" in said
    assert "%" in said
    assert not out.exists()


def test_the_same_seed_gives_the_same_kernel_and_a_cut_training_ends_where_it_would_have(tmp_path: Path) -> None:
    learnt = [cak_sounds.clip_of(file, 1.2) for file in sorted(folder_of(tmp_path / "set", 5).iterdir())]
    games = [cak_audit.play(cak_audit.Game(steps=40), [clip.picture for clip in learnt], 4) for _ in range(2)]
    ends = [[numbers for _, numbers, *_ in game][-1] for game in games]
    assert np.abs(ends[0] - ends[1]).max() < 1e-6

    class Cut(cak_audit.Teller):
        def step(self, step: int, of: int, **figures: float) -> None:
            if step == 130:
                raise KeyboardInterrupt

    asked = {"name": "x", "seed": 5, "steps": 200}
    whole, told, course = cak_audit.audit(learnt[1:], learnt[:1], tmp_path / "whole.json", **asked)
    with pytest.raises(KeyboardInterrupt):
        cak_audit.audit(learnt[1:], learnt[:1], tmp_path / "cut.json", **asked, teller=Cut())
    again, told_again, course_again = cak_audit.audit(learnt[1:], learnt[:1], tmp_path / "cut.json", **asked, resume=True)
    assert told == told_again
    assert np.abs(np.array(course) - course_again).max() < 1e-9
    assert whole is not None
    assert again is not None
    assert np.abs(np.array(whole.numbers) - again.numbers).max() < 1e-6
    assert cak.read(tmp_path / "cut.json").numbers == again.numbers


def test_a_training_that_is_killed_leaves_a_whole_file_and_goes_on(tmp_path: Path) -> None:
    folder, out = folder_of(tmp_path / "set", 5), tmp_path / "k.json"
    asked = [
        sys.executable,
        "-m",
        "engines.nets.cak",
        "train",
        str(folder),
        "--game",
        "audit",
        "--out",
        str(out),
        "--steps",
        "1000000",
        "--json",
    ]
    with subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        training = out.with_suffix(".training")
        until = time.monotonic() + 60
        while not training.exists() and time.monotonic() < until:
            time.sleep(0.02)
        child.kill()
    assert training.exists()
    done = int(cak_audit.Training(training, {}).file.exists() and np.load(training)["count"])
    assert done >= 100
    assert main(["train", str(folder), "--game", "audit", "--out", str(out), "--steps", str(done + 100), "--resume"]) in (0, 1)


# --- what will not do ----------------------------------------------------------------------


def refused(capsys: pytest.CaptureFixture[str], *asked: str) -> str:
    """What is said when it will not do: one line."""
    assert main(list(asked)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_what_will_not_do_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    three = folder_of(tmp_path / "three", 3)
    assert "holds 3 sounds to learn from; audit needs 4 or more" in refused(capsys, "train", str(three), "--game", "audit")
    assert "fit needs dry/NAME and wet/NAME" in refused(capsys, "train", str(three))
    assert "is no folder" in refused(capsys, "train", str(tmp_path / "nowhere"), "--game", "audit")
    assert "invalid choice: 'magic'" in refused(capsys, "train", str(three), "--game", "magic")
    assert "ends in .json" in refused(capsys, "train", str(three), "--game", "audit", "--out", str(tmp_path / "x.wav"))
    assert "needs none" in refused(capsys, "train", str(three), "--game", "audit", "--gpu")


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("silent", "is silent"),
        ("slow", "8000 Hz"),
        ("short", "0.5 s is the least"),
        ("text", "cannot be read as a sound"),
        ("broken", "what is no number"),
    ],
)
def test_a_recording_that_will_not_do_is_one_line(what: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.wav", tmp_path / f"{what}.wav"
    soundfile.write(good, noise(2.0), RATE)
    sounds = {"silent": np.zeros(RATE), "slow": noise(2.0), "short": noise(0.1), "broken": np.full(RATE, np.nan)}
    if what in sounds:
        soundfile.write(bad, sounds[what], 8000 if what == "slow" else RATE, subtype="FLOAT")
    else:
        bad.write_text("no sound")
    out = tmp_path / "x.json"
    assert says in refused(capsys, "train", "--dry", str(good), "--wet", str(bad), "--out", str(out))
    assert not out.exists()


@pytest.mark.parametrize(("numbers", "says"), [([0.1] * 10, "These are 10"), ([0.1] * 10 + [float("nan")], "scale is no number")])
def test_a_file_that_is_no_kernel_is_not_written_over(
    numbers: list[float], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.json"
    out.write_text(json.dumps({"numbers": numbers}))
    before = out.read_bytes()
    assert says in refused(capsys, "train", str(folder_of(tmp_path / "set", 5)), "--game", "audit", "--out", str(out))
    assert out.read_bytes() == before


def test_going_on_with_other_settings_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training = cak_audit.Training.beside(tmp_path / "x.json", game="audit", seed=1)
    training.save(count=3)
    with pytest.raises(cak_sounds.Refused, match="begun with another seed"):
        cak_audit.Training.beside(tmp_path / "x.json", game="audit", seed=2).load()


def test_progress_can_be_lines_of_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", str(folder_of(tmp_path / "set", 4)), "--game", "audit", "--steps", "100", "--out", str(tmp_path / "x.json"), "--json"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"step", "of", "loss", "violation"} <= lines[0].keys()
    assert any("said" in line for line in lines)


def test_a_picture_is_a_png_of_its_size() -> None:
    kernel = cak.read(cak.FOLDER / "published.json")
    written = cak_picture.png(cak_picture.portrait(kernel, strikes(1.0, 1), RATE, [(0, 1.0), (10, 0.5)]))
    assert written.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(written[16:20], "big") == 520
    assert len(written) < 60_000
