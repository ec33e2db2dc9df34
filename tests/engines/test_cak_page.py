"""The listening page: one file, everything in it."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engines import cak
from engines.nets import cak_bank, cak_page, cak_sounds
from engines.nets.cak import main
from engines.nets.cak_said import Teller
from tests.engines.test_cak_training import RATE, noise, strikes


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of two kernels and two sounds."""
    where = tmp_path_factory.mktemp("page")
    published = cak.read(cak.FOLDER / "published.json")
    other = cak.Kernel.of([*published.mirrored().taps, 0.05, 1.2], "</script><b>odd", says="a <name> with marks")
    heard = [("rain & tin", cak_sounds.levelled(noise(0.6)), RATE), ("bell", cak_sounds.levelled(strikes(0.6, 1)), RATE)]
    return cak_page.page([published, other], heard, where / "cak.html", Teller(quiet=True)).read_text("utf-8")


def clips(page: str) -> dict[str, dict[str, str]]:
    """The sounds in it."""
    found = re.search(r'<script type="application/json" id="clips">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_page_asks_for_nothing_outside_itself(page: str) -> None:
    assert "http:" not in page
    assert "https:" not in page
    assert "//" not in re.sub(r"data:[a-z/]+;base64,[A-Za-z0-9+/=]+", "", page)
    assert "<link" not in page
    assert not re.findall(r'src="(?!data:)', page)


def test_every_kernel_can_be_heard_on_every_sound_at_every_texture(page: str) -> None:
    held = clips(page)
    assert held.keys() == {"rain & tin", "bell"}
    assert all(len(versions) == 1 + 2 * 2 for versions in held.values())
    assert page.count("<button") == 2 * 2 * 3
    for told in held["bell"].values():
        sound, rate = soundfile.read(io.BytesIO(base64.b64decode(told.split(",")[1])))
        assert rate == RATE
        assert len(sound) == round(0.6 * RATE)
        assert 0.001 < np.abs(sound).max() <= 0.98


def test_all_clips_of_a_sound_are_at_one_level(page: str) -> None:
    levels = []
    for told in clips(page)["rain & tin"].values():
        sound, _ = soundfile.read(io.BytesIO(base64.b64decode(told.split(",")[1])))
        levels.append(20 * np.log10(np.sqrt(np.mean(sound**2))))
    assert max(levels) - min(levels) < 0.3


def test_a_name_with_marks_stays_a_name(page: str) -> None:
    assert "<b>odd" not in page
    assert "a &lt;name&gt; with marks" in page


def test_the_page_shows_all_eleven_numbers_and_how_far_apart_they_are(page: str) -> None:
    published = cak.read(cak.FOLDER / "published.json")
    assert all(f"{tap:+.3f}" in page for tap in published.taps)
    assert f"{published.bias:+.4f}" in page
    assert page.count('<table class="gaps">') == 2


def test_a_page_of_a_file_that_is_no_kernel_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ten.json").write_text(json.dumps({"numbers": [0.1] * 10}))
    out = tmp_path / "cak.html"
    assert main(["show", str(tmp_path / "ten.json"), "--out", str(out)]) == 2
    assert capsys.readouterr().err == "ten.json: a kernel is 11 numbers: nine taps, a bias, a scale. These are 10\n"
    assert main(["show", "publishd", "--out", str(out)]) == 2
    assert "Nearest: published" in capsys.readouterr().err
    assert not out.exists()


# --- the bank ------------------------------------------------------------------------------


def test_the_kernels_that_come_with_the_instrument_differ_from_one_another_and_say_where_they_come_from() -> None:
    kernels = [cak.read(file) for file in cak.known().values()]
    sounds = [(cak_sounds.levelled(strikes(0.8, 3)), RATE), (cak_sounds.levelled(noise(0.8)), RATE)]
    apart = cak_bank.matrix(kernels, sounds, 1.0)
    assert len(kernels) >= 8
    assert apart[~np.eye(len(apart), dtype=bool)].min() > 1.0  # on sounds of two kinds only; the bank's own measure is in its README
    for kernel in kernels:
        assert kernel.card["says"]
        assert kernel.card["trained on"]
        assert kernel.card["game"]


def test_a_twin_is_left_out_of_the_bank() -> None:
    one = cak.read(cak.FOLDER / "published.json")
    twin = cak.Kernel.of([x * 1.01 for x in one.numbers], "twin")
    kept, apart, left_out = cak_bank.kept([one, twin, one.inverted()], [(cak_sounds.levelled(strikes(0.6, 1)), RATE)])
    assert [kernel.name for kernel in kept] == ["published", "published inverted"]
    assert left_out[0].startswith("twin: 0.")
    assert apart[1.0].shape == (3, 3)
    assert np.allclose(apart[1.0], apart[1.0].T)


@pytest.mark.parametrize("done", [recipe.done for recipe in cak_bank.RECIPES if recipe.done])
def test_what_is_done_to_a_recording_leaves_a_recording(done: cak_bank.Callable) -> None:
    dry = cak_sounds.levelled(strikes(1.0, 2))
    wet = done(dry, RATE)
    assert wet.shape == dry.shape
    assert np.isfinite(wet).all()
    assert cak_sounds.distance(dry, wet, RATE) > 1.0
