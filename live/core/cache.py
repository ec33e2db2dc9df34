"""Where compiled code waits between starts.

Numba notices a change in the file of a function, not in the files it calls or takes a constant from.
So the folder is named by the text of every file that is compiled, of every file those import, and by the
versions of what compiles it: a change anywhere is a fresh folder.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

import platformdirs

HERE = Path(__file__).parent
COMPILED = (b"njit", b"cfunc", b"@op", b"@kernel", b"intrinsic", b"hosted(")  # only files with one of these reach the compiler


def stamp() -> str:
    """A short name for this very source text, compiler and processor."""
    text = hashlib.sha256()
    sources = {file: file.read_bytes() for file in sorted(HERE.rglob("*.py"))}
    waiting = [file for file, source in sources.items() if any(mark in source for mark in COMPILED)]
    reached: set[Path] = set()
    while waiting:
        file = waiting.pop()
        reached.add(file)
        waiting += [other for other in _imported(sources[file]) if other in sources and other not in reached]
    for file in sorted(reached):
        text.update(file.name.encode() + sources[file])
    for package in ("numba", "llvmlite", "numpy"):
        text.update(version(package).encode())
    text.update(f"{platform.machine()}{platform.python_version()}{processor()}".encode())
    return text.hexdigest()[:16]


def _imported(source: bytes) -> list[Path]:
    """The files of the core that a file takes something from."""
    found = [*re.findall(rb"from live\.core\.([\w.]+) import", source)]
    for names in re.findall(rb"from live\.core import ([^\n(]+|\([^)]*\))", source):
        found += [name.split()[0] for name in names.strip(b"()").replace(b"\n", b" ").split(b",") if name.strip()]
    return [HERE / f"{name.decode().replace('.', '/')}.py" for name in found]


def processor() -> str:
    """What the machine code was made for: a home folder may move to another processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith("flags")), "")


def home() -> Path:
    """The user's cache folder, or a temporary one when the home is read-only."""
    wanted = Path(os.environ.get("ANTIPHON_CACHE") or platformdirs.user_cache_dir("antiphon", appauthor=False))
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        probe = wanted / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError:
        wanted = Path(tempfile.gettempdir()) / f"antiphon-cache-{os.getuid() if hasattr(os, 'getuid') else 'me'}"
        wanted.mkdir(parents=True, exist_ok=True)
    return wanted


def use_cache() -> None:
    """Tell numba where to look, before anything is compiled; forget the caches of older sources."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    base = home() / "compiled"
    mine = base / stamp()
    if not mine.exists():
        old = sorted((p for p in base.glob("*") if p.is_dir()), key=lambda p: p.stat().st_mtime) if base.exists() else []
        for stale in old[:-2]:
            shutil.rmtree(stale, ignore_errors=True)
        mine.mkdir(parents=True, exist_ok=True)
    os.environ["NUMBA_CACHE_DIR"] = str(mine)
