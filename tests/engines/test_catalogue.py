"""The catalogue: every engine by its word, and torch stays asleep."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engines.catalogue import catalogue, find, load_class, look
from engines.face import Control
from engines.freeze import Freeze

GLASS = '''"""Glass."""
from engines.face import Control, Engine

class Glass(Engine):
    """Rings like a glass.

    And more.
    """
    inlets = ()
    chunk = 512 * 2
    ahead: float = 0.25
    strike = Control(0.5, low=-1, high=1, moves="attack")
    tone = Control(rest=440.0, low=20, high=2e3, unit="Hz", curve="log")

class Bottle(Glass):
    """Rings like a bottle."""
    neck = Control(0.1)
    chunk = 64
'''


COMPUTED = "from engines.face import Control, Engine\nX = 1\nclass {}(Engine):\n    a = Control(X)\n"


def write(folder: Path, name: str, text: str) -> Path:
    """A file in a performer's folder."""
    file = folder / name
    file.write_text(text)
    return file


def test_the_house_knows_freeze_with_all_it_declares() -> None:
    found = catalogue()["freeze"]
    assert dict(found.controls) == Freeze.controls()
    assert list(found.controls) == ["hold", "blur", "mix"]
    assert (found.inlets, found.neutral, found.ahead) == (("sound",), {"hold": 0}, 0.02)
    assert found.says.startswith("Holds the sound of a moment")
    assert found.trouble == ""


def test_a_file_is_read_and_not_run(tmp_path: Path) -> None:
    write(tmp_path, "glass.py", "raise SystemExit('this file was run')\n" + GLASS)
    found = catalogue([tmp_path])
    assert found["glass"].controls["tone"] == Control(440.0, low=20, high=2000.0, unit="Hz", curve="log")
    assert (found["glass"].inlets, found["glass"].chunk, found["glass"].ahead) == ((), 1024, 0.25)


def test_a_child_has_what_its_parent_declares(tmp_path: Path) -> None:
    write(tmp_path, "glass.py", GLASS)
    bottle = catalogue([tmp_path])["bottle"]
    assert list(bottle.controls) == ["strike", "tone", "neck"]
    assert (bottle.chunk, bottle.inlets) == (64, ())
    assert load_class(bottle).controls() == bottle.controls


def test_listing_every_word_wakes_neither_torch_nor_numba() -> None:
    code = "import sys, engines.catalogue as c; c.catalogue(); print(sorted({'torch', 'numba', 'sounddevice'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert said.stdout.strip() == "[]"


def test_a_declaration_that_must_be_computed_is_found_by_running_the_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        "many.py",
        "from engines.face import Control, Engine\nHALF = 0.5\n"
        "class Many(Engine):\n    'Many.'\n    depth = Control(HALF)\n    ahead = max(0.1, 0.2)\n",
    )
    many = catalogue([tmp_path])["many"]
    assert many.controls == {"depth": Control(0.5)}
    assert many.ahead == 0.2


def test_an_engine_that_does_not_load_is_listed_with_its_reason(tmp_path: Path) -> None:
    write(tmp_path, "slip.py", "class Slip(Engine:\n    pass\n")
    write(
        tmp_path,
        "gone.py",
        "import nowhere_at_all\nfrom engines.face import Control, Engine\nX = 1\nclass Gone(Engine):\n    a = Control(X)\n",
    )
    write(tmp_path, "heavy.py", "import torch\n" + COMPUTED.format("Heavy"))
    found = catalogue([tmp_path])
    assert found["slip"].trouble.startswith("slip.py:1:")
    assert "nowhere_at_all" in found["gone"].trouble
    assert found["heavy"].trouble == "heavy.py imports torch at its top; import it inside load()"
    assert found["freeze"].trouble == ""


def test_a_performers_file_takes_the_word_of_the_house(tmp_path: Path) -> None:
    mine = write(tmp_path, "mine.py", "from engines.face import Engine\nclass Freeze(Engine):\n    'Mine.'\n")
    assert find("freeze", [tmp_path]).file == mine
    assert find("freeze").says != "Mine."


def test_an_unknown_word_names_the_nearest() -> None:
    with pytest.raises(LookupError, match="no engine is called 'freze'. Nearest: freeze."):
        find("freze")


def test_a_file_may_stand_for_the_word(tmp_path: Path) -> None:
    found = find(str(write(tmp_path, "glass.py", GLASS)))
    assert found.word == "glass"
    assert load_class(found)().set == {}
    with pytest.raises(LookupError, match="empty.py holds no engine"):
        find(str(write(tmp_path, "empty.py", "x = 1\n")))


def test_a_file_that_is_no_text_is_listed_and_not_fatal(tmp_path: Path) -> None:
    (tmp_path / "noise.py").write_bytes(bytes(range(256)))
    assert look(tmp_path / "noise.py")[0].trouble.startswith("noise.py")
