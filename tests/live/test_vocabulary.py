"""The words are read from their files without running them, and say what the core's own declarations say."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from engines.catalogue import catalogue
from live.core.kinds import Kind, kinds
from live.vocabulary import INNER, Word, core_words, declared, vocabulary, word_of

KINDS = kinds()
WORDS = vocabulary()
ASKS_THE_CORE = {"clip", "grains"}  # how wide they are is in a sound file's header


def test_every_kind_of_the_core_is_a_word() -> None:
    assert set(KINDS) - set(WORDS) == {"ring"}  # engines are played through it; nobody types it
    assert {name for name, word in WORDS.items() if not word.engine} <= set(KINDS) | {"mic"}


@pytest.mark.parametrize("name", sorted(set(KINDS) & set(WORDS)))
def test_a_word_says_what_the_declaration_says(name: str) -> None:
    kind, word = KINDS[name], WORDS[name]
    assert word.says == kind.says
    assert tuple(word.inlets) == tuple(kind.inlets)
    assert dict(word.controls) == dict(kind.controls)
    assert list(word.controls) == list(kind.controls)
    assert dict(word.settings) == dict(kind.settings)
    assert (word.gives == "control") == kind.control
    assert word.events == kind.events


def real_width(kind: Kind, settings: dict[str, object], ins: tuple[int, ...]) -> int:
    return kind.channels({**kind.settings, **settings}, ins) if kind.channels else max(ins, default=1)


@pytest.mark.parametrize("name", sorted((set(KINDS) & set(WORDS)) - ASKS_THE_CORE))
@pytest.mark.parametrize("settings", [{}, {"channels": 4}, {"channels": 1}])
def test_a_word_is_as_wide_as_the_core_makes_it(name: str, settings: dict[str, object]) -> None:
    kind, word = KINDS[name], WORDS[name]
    settings = {key: value for key, value in settings.items() if key in kind.settings}
    widths: list[tuple[int, ...]] = [()] if not kind.inlets else [*product((1, 2, 5), repeat=min(len(kind.inlets), 2))]
    for ins in widths:
        assert word.width(settings, ins) == real_width(kind, settings, ins), (name, settings, ins)


@pytest.mark.parametrize("name", sorted(ASKS_THE_CORE))
def test_a_width_that_only_a_file_knows_is_unknown_and_no_error(name: str) -> None:
    assert WORDS[name].width({"file": "not there"}, ()) is None


def test_every_engine_is_a_word_with_the_controls_of_its_own_catalogue() -> None:
    found = catalogue()
    assert {name for name, word in WORDS.items() if word.engine} == set(found)
    for name, engine in found.items():
        assert WORDS[name].controls == engine.controls
        assert WORDS[name].trouble == engine.trouble


def test_latents_are_told_from_sounds() -> None:
    assert (WORDS["latent"].gives, WORDS["latent"].takes) == ("latent", "sound")
    assert (WORDS["unlatent"].gives, WORDS["unlatent"].takes) == ("sound", "latent")
    assert "unlatent" in INNER


def test_reading_the_words_wakes_neither_numba_nor_torch() -> None:
    asks = (
        "import sys; from live.words import nouns; from live.vocabulary import vocabulary; assert len(vocabulary()) > 25; nouns(); "
        "print(sorted({'numba', 'torch', 'scipy', 'soundfile', 'sounddevice'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    assert said == "[]"


def test_a_file_that_declares_a_kind_of_its_own_is_read_through_its_shadows(tmp_path: Path) -> None:
    file = tmp_path / "wow.py"
    file.write_text(
        "from numba import cfunc\nfrom nowhere import thing\nDEPTH = Control(0.2, low=0, high=1)\n"
        "@cfunc(thing.TYPE)\ndef play(row, n, t):\n    raise RuntimeError\n"
        "def wide(settings, ins):\n    return 2 * max(ins, default=1)\n"
        "WOW = Kind('wow', play, 'wanders', ('sound',), {'depth': DEPTH}, {'size': 3}, channels=wide)\n"
    )
    word = declared(file)["wow"]
    assert (word.says, word.inlets, dict(word.settings)) == ("wanders", ("sound",), {"size": 3})
    assert word.controls["depth"].rest == 0.2
    assert word.width({}, (2,)) == 4


def test_an_engine_in_a_folder_of_ones_own_becomes_a_word(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        '"""Mine: it hums."""\nfrom engines.face import Control, Engine\n\nclass Mine(Engine):\n    depth = Control(0.25, low=0, high=1)\n'
    )
    word = vocabulary([tmp_path])["mine"]
    assert word.engine
    assert word.controls["depth"].rest == 0.25
    assert "mine" not in vocabulary()


def test_the_words_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary()
    monkeypatch.setattr("engines.catalogue.catalogue", lambda *_: pytest.fail("read again"))
    assert "filter" in vocabulary()
    assert core_words() is core_words()


def test_a_kind_nobody_knows_is_no_word() -> None:
    assert word_of("filtr") is None
    assert isinstance(word_of("filter"), Word)
