"""Where sounds lie: found by name in the session, its ``corpus/``, or among the bundled ones.

Only names are looked at here, nothing is opened, so the prompt may ask at every key.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

BUNDLED = Path(__file__).resolve().parents[2] / "sounds"
ENDS = (".wav", ".flac", ".aif", ".aiff", ".ogg", ".opus", ".mp3", ".caf", ".w64", ".rf64", ".au")


class SoundError(Exception):
    """A sound that cannot be played: what, where, and what comes nearest."""


def find(name: str | os.PathLike[str], folders: Iterable[str | os.PathLike[str]] = ()) -> Path:
    """The file a name means: itself, or in the given folders, their ``corpus/``, or the bundled sounds; the ending may be left out."""
    asked = Path(os.path.expanduser(os.fspath(name)))
    places = [*(Path(f) / deeper for f in folders for deeper in ("", "corpus")), Path("corpus"), BUNDLED]
    for base in (asked, *(place / asked for place in places)) if not asked.is_absolute() else (asked,):
        try:
            if base.is_file():
                return base.resolve()
            for end in ENDS:
                if (whole := base.with_name(base.name + end)).is_file():
                    return whole.resolve()
        except (OSError, ValueError) as trouble:
            raise SoundError(f"{os.fspath(name)!r} is no name for a file ({trouble}).") from None
    around = [asked.parent] if asked.is_absolute() else [(place / asked).parent for place in places]
    raise SoundError(f"there is no sound {os.fspath(name)!r} in {_shown(around)}. {near(asked.name, around)}")


def _shown(folders: list[Path]) -> str:
    return ", ".join(dict.fromkeys(str(f) for f in folders if f.is_dir())) or f"{folders[0]} (no such folder)"


def near(name: str, folders: Iterable[Path]) -> str:
    """The nearest sound in some folders, as a sentence."""
    there = {
        f.stem: f.name
        for folder in reversed(list(folders))
        if folder.is_dir()
        for f in sorted(folder.iterdir())
        if f.suffix.lower() in ENDS
    }
    low = {stem.lower(): stem for stem in there}
    close = difflib.get_close_matches(Path(name).stem.lower(), low, 1, 0.4)
    if close:
        return f"Nearest: {there[low[close[0]]]}."
    return f"There is: {', '.join(sorted(there)[:8])}." if there else "There are no sounds there."


def there(folders: Iterable[str | os.PathLike[str]] = ()) -> list[str]:
    """Every sound that can be named, without its ending."""
    found = {
        f.stem
        for folder in (*(Path(f) / deeper for f in folders for deeper in ("", "corpus")), BUNDLED)
        if folder.is_dir()
        for f in folder.iterdir()
        if f.suffix.lower() in ENDS
    }
    return sorted(found)
