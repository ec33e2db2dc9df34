"""One script is run, in a process of its own, and what it said is packed for the desk.

Its own modules are read from their text each time; what it prints is kept within bounds; whatever it raises becomes
what a Mistake is made of. Only words of ours leave: an object with ways of its own is refused by name.
"""

from __future__ import annotations

import builtins
import functools
import io
import linecache
import os
import pickle
import re
import sys
import threading
import types
from collections.abc import Callable, Iterator, Mapping
from importlib.machinery import FileFinder, SourceFileLoader
from pathlib import Path
from typing import Any, NoReturn

from live.frames import KNOWN

LINES, LETTERS = 20, 400  # what is kept of what a script prints
VALUES = 256 * 1024  # bytes of plain values that travel to the prompt
PLAIN = (int, float, complex, str, bytes, bool, type(None))
DEEPER = "Too many sounds lie inside one another here: give some of them names of their own."
DEEP = 12_000  # how far pickle may go down: sum() of two thousand sounds


class Foreign(Exception):
    """Something on the page is no word of ours and cannot leave this process."""

    def __init__(self, what: str, name: str = "") -> None:
        super().__init__(what)
        self.name = name


class Printed(io.TextIOBase):
    """Collects what a script prints: the first lines, and how many more."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.count, self._rest = 0, ""

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Keep the first lines, count the others."""
        if not isinstance(text, str):
            raise TypeError(f"what is printed is text, not {type(text).__name__}")
        if "\n" not in text:
            self._rest = (self._rest + text[:LETTERS])[:LETTERS]
            return len(text)
        first, *more = text.split("\n") if len(text) < 65536 else text[:65536].split("\n")
        self._keep(self._rest + first)
        for line in more[:-1]:
            self._keep(line)
        self.count += max(0, text.count("\n") - len(more))
        self._rest = more[-1][:LETTERS]
        return len(text)

    def _keep(self, line: str) -> None:
        self.count += 1
        if len(self.lines) < LINES:
            self.lines.append(line if len(line) <= LETTERS else line[:LETTERS] + "...")

    def said(self) -> list[str]:
        """What is shown of it."""
        if self._rest:
            self._keep(self._rest)
            self._rest = ""
        more = self.count - len(self.lines)
        return self.lines + ([f"... and {more} more"] if more > 0 else [])


class Own(SourceFileLoader):
    """Reads a module of the session's folder from its text, never from an old compiled file, and remembers the text."""

    texts: dict[str, str] = {}

    def get_code(self, fullname: str) -> types.CodeType:
        """Compile what is there now."""
        from live.texts import read

        path = self.get_filename(fullname)
        self.texts[path] = ""  # it was wanted, even if it cannot be read
        self.texts[path] = read(Path(path), Asked.folder)
        told(path, self.texts[path])
        return compile(self.texts[path], path, "exec", dont_inherit=True)


class Asked:
    """What is to be read; filled by the request."""

    path = folder = Path()
    name = text = ""
    room: Any = None
    folders: tuple[Path, ...] = ()
    threads = 0


# --- before it runs -------------------------------------------------------------------------------


@functools.cache
def words() -> types.ModuleType:
    """The nouns; a sound is looked for once in a reading, and no word comes or goes meanwhile."""
    from live import noun, words
    from live.core import shelf

    shelf.find = noun.find_sound = functools.cache(shelf.find)
    words.vocabulary = functools.cache(words.vocabulary)
    return words


def spread() -> None:
    """What ``from live import *`` gives from now on, in this process: the words that there are now."""
    import live
    from live.core import shelf

    for known in (shelf.find, words().vocabulary):
        known.cache_clear()
    names = words().nouns(Asked.folders)
    vars(live).update(names)
    vars(live)["__all__"] = sorted(names)


def ready(request: Mapping[str, Any]) -> Printed:
    """Everything around the script: its folder, its modules, nobody to ask, and somebody who keeps what it prints."""
    for name, value in request.items():
        setattr(Asked, name, value)
    Asked.threads = len(threading.enumerate()) - 1
    printed = Printed()
    sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = printed  # type: ignore[misc]
    builtins.input = sys.breakpointhook = refuse
    sys.argv, sys.dont_write_bytecode = [str(Asked.path)], True
    os.chdir(Asked.folder)
    sys.path[0:0] = [str(Asked.folder)]
    sys.path_hooks.insert(0, hook())
    return printed


def refuse(*_: object, **__: object) -> NoReturn:
    """What ``input`` and ``breakpoint`` do here."""
    raise EOFError("nobody is there to answer")


def hook() -> Callable[[str], FileFinder]:
    """Python's way to find modules, for the session's folder."""
    home = str(Asked.folder)

    def finder(folder: str) -> FileFinder:
        if folder != home and not folder.startswith(home + os.sep):
            raise ImportError
        return FileFinder(folder, (Own, [".py"]))

    return finder


# --- the script -------------------------------------------------------------------------------------


def run(printed: Printed) -> dict[str, Any]:
    """Run the script; the answer, without a page if there was a slip."""
    script = types.ModuleType("__main__")
    script.__file__ = str(Asked.path)
    scope = vars(script)
    scope["__builtins__"] = builtins
    sys.modules["__main__"] = sys.modules[Asked.path.stem] = script  # import main from drums.py does not play it all again
    answer: dict[str, Any] = {"page": None, "mistake": None, "half": False, "values": b"", "notes": []}
    Own.texts[str(Asked.path)] = Asked.text
    told(str(Asked.path), Asked.text)
    try:
        code = compile(Asked.text, str(Asked.path), "exec", dont_inherit=True)
        answer["notes"] += shadowed()
        spread()
        page = words().begin(Asked.room)
        exec(code, scope)
        page = words().finish(page, scope)
        page.room = None  # the desk knows it better
        answer["page"] = packed(page, page.names)
        answer["values"] = values(scope, page.names)
    except BaseException as slip:
        names = list(scope)
        if isinstance(slip, MemoryError):
            scope.clear()  # room to speak
        answer["half"] = isinstance(slip, SyntaxError) and slip.filename in Own.texts
        answer["page"], answer["mistake"] = None, explained(slip, names)
    running = [one for one in threading.enumerate() if one is not threading.main_thread()]
    if len(running) > Asked.threads:
        many = len(running) - Asked.threads
        answer["notes"].append(f"{Asked.name} left {many} thread{'s' * (many > 1)} running; a script only describes, so they were ended")
    answer["printed"] = printed.said()
    answer["imported"] = dict(Own.texts)
    return answer


def told(file: str, text: str) -> None:
    """Whoever looks a function's text up finds what was read, not what is on the disk by now."""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)


def shadowed() -> list[str]:
    """A file of theirs with the name of one of Python's own that is loaded already: theirs is not found."""
    wanted = set(re.findall(r"^\s*(?:import|from)\s+(\w+)", Asked.text, flags=re.MULTILINE))
    return [
        f"{name}.py has the name of one of Python's own modules, which is the one that {Asked.name} gets: give the file another name"
        for name in sorted(wanted & sys.modules.keys() & sys.stdlib_module_names)
        if (Asked.folder / f"{name}.py").exists()
    ]


def explained(slip: BaseException, names: list[str]) -> dict[str, Any]:
    """Any way to fail, as what a Mistake is made of."""
    from live.mistakes import Mistake, from_exception

    files = {name: text for name, text in Own.texts.items() if text}
    try:
        made = from_exception(_worded(slip, names, files).with_traceback(slip.__traceback__), files, names=names)
    except Exception as worse:  # an exception of theirs that cannot even be printed, say
        odd = Mistake(f"{type(slip).__name__}, and it cannot be told: {type(worse).__name__}.")
        made = from_exception(odd.with_traceback(slip.__traceback__), files)
    if not made.line and made.word:
        _found(made)
    told = dict(vars(made))
    told["file"] = told.get("file") or Asked.name
    return {key: value for key, value in told.items() if plain(value)}


def _found(made: Any) -> None:
    """A slip that only showed when the script had ended: where its word is given its meaning."""
    for number, line in enumerate(Asked.text.splitlines(), 1):
        if match := re.match(rf"\s*({re.escape(made.word)})\s*=", line):
            made.at(Asked.name, number, line, match.start(1), len(made.word))
            return


def _worded(slip: BaseException, names: list[str], files: Mapping[str, str]) -> BaseException:
    """What only this process knows better than the exception itself."""
    from live.mistakes import Mistake

    given = vars(sys.modules["live"]).get("__all__", ())
    if isinstance(slip, NameError) and slip.name in given and slip.name not in names and "from live import" not in Asked.text:
        return Mistake(f"{slip.name} is not known here yet.", near="Begin the script with: from live import *", word=slip.name)
    if isinstance(slip, Foreign):
        return Mistake(str(slip), word=slip.name)
    if isinstance(slip, RecursionError):
        name = called(slip)
        return Mistake(f"{name} calls itself without end." if name else DEEPER)
    if "partially initialized module" not in str(slip):
        return slip
    ring = list(dict.fromkeys(os.path.basename(file) for file in spots(slip) if file in files))
    if not ring[1:]:
        return Mistake(f"{Asked.name} imports itself.", near="What is written here needs no import.")
    return Mistake(
        f"{', '.join(ring[:-1])} and {ring[-1]} import each other in a circle.", near="Put what both need into a file of its own."
    )


def spots(trouble: BaseException) -> Iterator[str]:
    """The files it went through, outermost first."""
    step = trouble.__traceback__
    while step is not None:
        yield step.tb_frame.f_code.co_filename
        step = step.tb_next


def called(trouble: BaseException) -> str:
    """The function of theirs that was deepest."""
    name, step = "", trouble.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if code.co_filename in Own.texts and not code.co_name.startswith("<"):
            name = f"{code.co_name}()"
        step = step.tb_next
    return name


# --- what leaves -----------------------------------------------------------------------------


class Packer(pickle.Pickler):
    """Lets only words of ours out, and says which thing is none."""

    def reducer_override(self, thing: Any) -> Any:
        """Called for whatever is not plain already."""
        kind = thing if isinstance(thing, type) else type(thing)
        if kind.__module__ in KNOWN or kind in (set, frozenset, complex) or (kind.__module__ == "pathlib" and kind is type(Path())):
            return NotImplemented
        raise Foreign(f"a {kind.__name__} is no word of the stage.")


def packed(page: Any, names: dict[str, Any] | None = None) -> bytes:
    """The page as bytes; Foreign, with the name, where something else hides in it."""
    out, deep = io.BytesIO(), sys.getrecursionlimit()
    sys.setrecursionlimit(DEEP)
    try:
        Packer(out, 5).dump(page)
    except RecursionError:
        raise Foreign(DEEPER) from None
    except Foreign as why:
        for name, value in (names or {}).items():
            try:
                Packer(io.BytesIO(), 5).dump(value)
            except Foreign as where:
                raise Foreign(f"{name} holds what cannot be kept: {where}", name) from None
        raise Foreign(str(why)) from None
    finally:
        sys.setrecursionlimit(deep)
    return out.getvalue()


def plain(value: Any, depth: int = 0) -> bool:
    """Numbers, text, and lists or dicts of them; nothing that has ways of its own."""
    if type(value) in PLAIN:
        return True
    if depth > 20:
        return False
    if type(value) in (list, tuple, set, frozenset):
        return all(plain(one, depth + 1) for one in value)
    return type(value) is dict and all(plain(k, depth + 1) and plain(v, depth + 1) for k, v in value.items())


def values(scope: dict[str, Any], taken: dict[str, Any]) -> bytes:
    """The plain values a script has named, as far as they are small."""
    room, kept = VALUES, {}
    for name, value in list(scope.items()):
        if name.startswith("_") or name in taken or not plain(value):
            continue
        size = len(pickle.dumps(value, 5))
        if size <= room:
            room -= size
            kept[name] = value
    return pickle.dumps(kept, 5)
