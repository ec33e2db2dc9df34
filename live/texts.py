"""What a script's file says, as text, whatever an editor made of it. A file that is none is one Mistake."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from live.mistakes import Mistake

MOST = 4_000_000  # bytes; a long evening's script has ten thousand
MARKS = {b"\xff\xfe\x00\x00": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def read(path: Path, folder: Path | None = None) -> str:
    """The text of a script, or a Mistake that says why there is none."""
    name = called(path, folder)
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise Mistake(f"{name} is a folder, not a script.", file=name)
        if not stat.S_ISREG(about.st_mode):
            raise Mistake(f"{name} is no ordinary file, so it is not read.", file=name)
        if about.st_size > MOST:
            raise Mistake(f"{name} is {about.st_size / 1e6:.0f} MB long; a script may have {MOST / 1e6:.0f}.", file=name)
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise missing(path, folder) from None
    except (OSError, ValueError) as why:
        raise Mistake(f"{name} cannot be read: {(getattr(why, 'strerror', None) or str(why)).lower()}.", file=name) from None
    return text_of(data, name)


def missing(path: Path, folder: Path | None = None) -> Mistake:
    """There is no such file; what there is instead."""
    name = called(path, folder)
    home = path.parent
    if home.exists() and not home.is_dir():
        return Mistake(f"{home.name} is a file, so it is no session: a session is a folder with {path.name}.", file=name)
    if not home.is_dir():
        return Mistake(f"The folder {home.name} is gone, and {path.name} with it.", file=name)
    others = sorted(one.name for one in home.glob("*.py") if one.is_file() and not one.name.startswith((".", "#")))
    near = f"There is: {', '.join(others[:6])}." if others else f"Write one, or: antiphon new {home.name}."
    if path.is_symlink():
        return Mistake(f"{name} is a link to {os.readlink(path)}, and nothing is there.", file=name, near=near)
    return Mistake(f"There is no {name} in {home.name or home}.", file=name, near=near)


def called(path: Path, folder: Path | None) -> str:
    """The file as a performer knows it: below the session's folder, or by its name."""
    if folder is not None and path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return path.name


def text_of(data: bytes, name: str) -> str:
    """Bytes as text with plain line ends; a Mistake with its line where they are none."""
    for mark, kind in MARKS.items():
        if data.startswith(mark):
            raise Mistake(f"{name} is saved as {kind}.", near="Save it as UTF-8.", file=name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as slip:
        text = _as_it_says(data, name, slip)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise _at(name, text, text.index("\0"), "A zero byte is here: the file is damaged, or was saved only half.")
    return text


def _as_it_says(data: bytes, name: str, slip: UnicodeDecodeError) -> str:
    """Another encoding, if the first lines name one, as Python allows; else where the first strange letter stands."""
    import io
    import tokenize

    start = data.decode("latin-1")
    try:
        kind = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        if kind not in ("utf-8", "utf-8-sig"):
            return data.decode(kind)
    except (SyntaxError, UnicodeDecodeError):
        pass  # it names none, or one that does not fit: said below
    tidy = start.replace("\r\n", "\n").replace("\r", "\n")
    spot = slip.start - start[: slip.start].count("\r\n")
    raise _at(name, tidy, spot, f"This is no UTF-8: {data[slip.start : slip.start + 1]!r}, perhaps Latin-1.", "Save the file as UTF-8.")


def _at(name: str, text: str, spot: int, what: str, near: str = "") -> Mistake:
    """A Mistake at one letter of a text."""
    line, start = text.count("\n", 0, spot) + 1, text.rfind("\n", 0, spot) + 1
    source = text[start:].split("\n", 1)[0].replace("\0", "\N{REPLACEMENT CHARACTER}")
    return Mistake(what, near=near, file=name, line=line, column=spot - start, length=1, source=source)
