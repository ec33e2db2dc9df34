"""Who may know whom: the sentences of the house, held against every import."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DEVICES = {"sounddevice", "jack", "rtmidi", "mido", "pyaudio", "link", "_link"}
NETS = {"torch", "torchaudio", "transformers", "vocos"}


def imports(text: str, inside: bool = True) -> set[str]:
    """Every module a text imports; without ``inside``, only as soon as it is imported itself."""
    tree = ast.parse(text)
    nodes = list(ast.walk(tree)) if inside else tree.body
    names = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    froms = [n for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level]
    return names | {n.module for n in froms if n.module} | {f"{n.module}.{a.name}" for n in froms for a in n.names}


def broken(path: str, text: str) -> str:
    """The sentence that an import in this file breaks, or nothing."""
    folder, every = path.split("/")[0], imports(text)
    tops = {name.split(".")[0] for name in every}
    at_once = {name.split(".")[0] for name in imports(text, inside=False)}
    if folder == "live" and tops & NETS and not path.startswith("live/bench/"):  # the stress mix keeps torch busy where it is there
        return f"live never imports {min(tops & NETS)}: engines are found by name and loaded in a worker"
    if folder == "engines" and tops & {"live", "agents"}:
        return f"engines never import {min(tops & {'live', 'agents'})}: nothing below knows the stage"
    if folder == "agents" and "live" in tops:
        return "agents never import live: they know engines.face"
    if folder in ("engines", "agents") and "/nets/" not in path and at_once & NETS:
        return f"{min(at_once & NETS)} is imported inside load(), so that listing every word takes milliseconds"
    if tops & DEVICES and not path.startswith(("live/ports/", "live/bench/")):  # the bench measures from outside, in programs of its own
        return f"only live/ports imports a device library, such as {min(tops & DEVICES)}"
    if folder == "live" and "agents" in tops:
        return "live never imports agents: the partner is an engine like any other"
    if path.startswith("live/core/") and any(n.startswith("engines.") and n.split(".")[1] != "face" for n in every):
        return "live.core knows engines.face and no other engine"
    if folder in ("sessions", "examples") and tops & {"engines", "agents"}:
        return f"{folder} import live: an engine is a word there"
    return ""


FILES = [p for f in ("live", "engines", "agents", "sessions", "examples") for p in sorted((ROOT / f).rglob("*.py"))]


@pytest.mark.parametrize("file", FILES, ids=[str(p.relative_to(ROOT)) for p in FILES])
def test_every_import_keeps_the_sentences(file: Path) -> None:
    path = file.relative_to(ROOT).as_posix()
    sentence = broken(path, file.read_text(encoding="utf-8"))
    assert not sentence, f"{path}: {sentence}"


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("live/stage.py", "def f():\n    import torch", "live never imports torch"),
        ("engines/cak.py", "from live.core import row", "engines never import live"),
        ("engines/cak.py", "import torch", "inside load()"),
        ("agents/answer.py", "import live.clock", "agents never import live"),
        ("live/stage.py", "import sounddevice as sd", "only live/ports imports a device library"),
        ("engines/probe.py", "import rtmidi", "only live/ports imports a device library"),
        ("live/core/machine.py", "from engines.freeze import Freeze", "live.core knows engines.face"),
        ("live/stage.py", "from agents import answer", "live never imports agents"),
        ("sessions/dusk/main.py", "from engines import cak", "sessions import live"),
    ],
)
def test_a_broken_sentence_is_said(path: str, text: str, says: str) -> None:
    assert says in broken(path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("engines/cak.py", "def load(self):\n    import torch"),
        ("engines/nets/vocoder.py", "import torch"),
        ("live/ports/audio.py", "import sounddevice"),
        ("live/core/kinds.py", "from engines.face import Control"),
        ("live/worker.py", "from engines.catalogue import find"),
    ],
)
def test_what_is_allowed_stays_allowed(path: str, text: str) -> None:
    assert broken(path, text) == ""
