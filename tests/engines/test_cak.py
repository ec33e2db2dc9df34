"""The law and the kernels as files: eleven numbers, exactly; every bad file one line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engines import cak
from engines.cak import BadKernel, Kernel, added, denorm, effective, find, frames_of, norm, pattern, ratio, read, sound_of, through, write

PUBLISHED = find("published")
E_OF = {0: 0, 0.05: 0.00026, 0.1: 0.00141, 0.25: 0.0527, 0.3: 0.1177, 0.5: 0.3852, 1: 0.7844, 2: 1.5689}


def noise(seconds=0.5, level=0.1, seed=1):
    return level * np.random.default_rng(seed).standard_normal(int(48000 * seconds))


def test_a_kernel_is_eleven_numbers_and_the_published_one_is_shipped() -> None:
    assert len(PUBLISHED.numbers) == 11
    assert sum(PUBLISHED.taps) == pytest.approx(0.69395, abs=1e-5)
    assert PUBLISHED.picture[0, 2] == pytest.approx(0.16702618)  # below, after


def test_a_kernel_comes_back_from_its_file_exactly(tmp_path) -> None:
    odd = Kernel.of([1 / 3, -1e-7, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, -0.033, np.pi], "odd", says="as it came")
    write(odd, tmp_path / "kernels" / "odd.json")
    again = find("odd", [tmp_path])
    assert again.numbers == odd.numbers
    assert again.card == {"says": "as it came"}
    assert list((tmp_path / "kernels").iterdir()) == [tmp_path / "kernels" / "odd.json"]


def test_one_of_the_session_takes_the_name_of_a_shipped_one(tmp_path) -> None:
    write(PUBLISHED.inverted(), tmp_path / "kernels" / "published.json")
    assert find("published", [tmp_path]).scale == -PUBLISHED.scale
    assert find("published").scale == PUBLISHED.scale


@pytest.mark.parametrize(
    "text",
    [
        "", "no", "[]", "{}", '{"numbers": 3}', '{"numbers": []}', json.dumps({"numbers": [1] * 12}),
        '{"numbers": [1,1,1,1,1,1,1,1,1,1,"x"]}', '{"numbers": [1,1,1,1,1,1,1,1,1,1,true]}', '{"numbers": [1,1,1,1,1,1,1,1,1,1,NaN]}',
        '{"numbers": [1,1,1,1,1,1,1,1,1,1,1e999]}', '{"numbers": [1,1,1,1,1,1,1,1,1,1,5000]}', "[" * 200000,
    ],
)  # fmt: skip
def test_a_file_that_holds_no_kernel_is_one_line_with_its_name(tmp_path, text) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(BadKernel) as slip:
        read(tmp_path / "bad.json")
    assert "bad.json" in str(slip.value)
    assert "\n" not in str(slip.value)


def test_bytes_that_are_no_text_are_one_line_too(tmp_path) -> None:
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe\x00\x80" * 50)
    with pytest.raises(BadKernel, match=r"bad\.json"):
        read(tmp_path / "bad.json")


@pytest.mark.parametrize(("name", "near"), [("publishd", "published"), ("published flippd", "flipped"), ("", "published")])
def test_a_name_nobody_has_tells_the_nearest(name, near) -> None:
    with pytest.raises(LookupError, match=near):
        find(name)


def test_ways_of_turning_undo_themselves() -> None:
    for way in ("flipped flipped", "mirrored mirrored", "inverted inverted"):
        assert find(f"published {way}").numbers == PUBLISHED.numbers
    assert find("published flipped mirrored").taps == PUBLISHED.taps[::-1]
    assert PUBLISHED.blend(PUBLISHED.inverted(), 0.5).scale == pytest.approx(0)
    assert np.allclose(PUBLISHED.held().picture.sum(axis=1), PUBLISHED.picture.sum(axis=1))


def test_how_much_is_added_is_as_published() -> None:
    for c, e in E_OF.items():
        assert float(effective(c)) == pytest.approx(e, abs=6e-5)
    assert float(effective(0)) == 0.0
    assert abs(float(effective(-1))) < 1e-11


def test_to_the_picture_and_back() -> None:
    m = np.geomspace(1e-3, 42.6, 5000)
    assert np.max(np.abs(denorm(norm(m)) / m - 1)) < 5e-6
    assert norm(0.0) == pytest.approx(0.000126, abs=1e-6)
    assert np.allclose(norm(m / 2, size=1024), norm(m))  # half the frame, half the magnitude, the same picture


def test_the_pattern_is_what_torch_calls_a_convolution() -> None:
    torch = pytest.importorskip("torch")
    picture = np.random.default_rng(2).random((40, 30))
    bias = torch.tensor([PUBLISHED.bias], dtype=torch.float64)
    seen = torch.nn.functional.conv2d(torch.tensor(picture)[None, None], torch.tensor(PUBLISHED.picture)[None, None], bias, padding=1)
    assert np.max(np.abs(seen[0, 0].numpy() - pattern(picture, PUBLISHED))) < 1e-12


def test_at_0_nothing_is_changed_and_a_loud_point_is_never_cut() -> None:
    picture = np.random.default_rng(3).random((50, 20)) * 1.5
    seen = pattern(picture, PUBLISHED)
    assert np.array_equal(added(picture, seen, 0.0), picture)
    assert np.array_equal(ratio(picture, picture), np.ones_like(picture))
    assert np.all(added(picture, np.abs(seen), 1.0) >= picture)


def test_frames_give_the_sound_back() -> None:
    x = noise()
    assert np.max(np.abs(sound_of(frames_of(x), len(x)) - x)) < 1e-12


def test_through_it_whole_texture_0_is_the_sound_and_more_is_louder() -> None:
    x = noise(level=0.01)
    assert np.array_equal(through(x, 0.0, PUBLISHED), x)
    levels = [np.std(through(x, c, PUBLISHED)) for c in (0.25, 0.5, 1.0)]
    assert levels == sorted(levels)
    assert 20 * np.log10(levels[-1] / np.std(x)) == pytest.approx(20.9, abs=0.5)


def test_known_lists_what_is_there(tmp_path) -> None:
    write(PUBLISHED, tmp_path / "kernels" / "mine.json")
    assert {"published", "mine"} <= cak.known([tmp_path]).keys()
    assert "mine" not in cak.known()
