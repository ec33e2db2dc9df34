"""A slip, said so that it teaches: what, where with a caret, the nearest legal thing, what still plays."""

from __future__ import annotations

import builtins
import difflib
import re
import sys
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

WIDE = 100  # letters of a source line that are shown


class Mistake(Exception):
    """Something described that cannot be. ``what`` is one sentence, ``near`` the nearest legal thing, ``word`` what the caret points at."""

    def __init__(
        self,
        what: str,
        *,
        near: str = "",
        word: str = "",
        file: str = "",
        line: int = 0,
        column: int = -1,
        length: int = 1,
        source: str = "",
    ) -> None:
        super().__init__(what)
        self.what, self.near, self.word = what, near, word
        self.file, self.line, self.column, self.length, self.source = file, line, column, length, source

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (dict(vars(self)),)

    def __str__(self) -> str:
        """One line."""
        where = f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        return f"{where}{self.what}" + (f" {self.near}" if self.near else "")

    def lines(self, plays: str = "") -> list[str]:
        """The picture: the line with its caret, what is wrong, what is near, what plays on."""
        said = []
        if self.source.strip():
            bare = self.source.strip("\r\n").replace("\t", " ")
            cut = len(bare) - len(bare.lstrip()) if self.column >= 0 else 0
            start = max(self.column, 0)
            if start - cut > WIDE - 30:
                cut = start - 30
            shown = bare[cut : cut + WIDE]
            label = f"{self.file}:{self.line}   " if self.file and self.line else "> "
            said.append(label + shown)
            if self.column >= 0:
                said.append(" " * (len(label) + start - cut) + "^" * max(1, min(self.length, len(shown) - start + cut)))
        elif self.file:
            said.append(f"{self.file}:{self.line}" if self.line else self.file)
        said += (
            [f"{self.what} {self.near}"]
            if self.near and len(self.what) + len(self.near) < 90
            else [line for line in (self.what, self.near) if line]
        )
        if plays:
            said.append(plays)
        return said

    def at(self, file: str, line: int, source: str, column: int, length: int) -> Mistake:
        """The same, with its place."""
        self.file, self.line, self.source, self.column, self.length = file, line, source, column, length
        return self


def _again(told: dict[str, Any]) -> Mistake:
    """From a pickle."""
    made = Mistake(told["what"])
    vars(made).update(told)
    return made


def nearest(word: str, known: Iterable[str], *, most: int = 8) -> str:
    """``Nearest: texture.`` or the list of what there is."""
    names = sorted(set(known))
    close = difflib.get_close_matches(word, names, 1, 0.55) or difflib.get_close_matches(word.lower(), names, 1, 0.55)
    if close:
        return f"Nearest: {close[0]}."
    if not names:
        return ""
    return f"There is: {', '.join(names[:most])}{', ...' if len(names) > most else ''}."


def from_exception(slip: BaseException, files: Mapping[str, str], *, names: Iterable[str] = (), verbs: Iterable[str] = ()) -> Mistake:
    """Whatever a performer's text raised, as a Mistake with its place. ``files``: the texts by the file name they were compiled under."""
    if isinstance(slip, SyntaxError) and (slip.filename in files or not isinstance(slip, Mistake)):
        return _syntax(slip, files)
    found = slip if isinstance(slip, Mistake) else _worded(slip, list(names), set(verbs))
    if not found.line:
        _place(found, slip.__traceback__, files)
    return found


def _place(found: Mistake, trace: TracebackType | None, files: Mapping[str, str]) -> None:
    """File, line and caret of the innermost frame that is the performer's own."""
    last: TracebackType | None = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in files:
            last = trace
        trace = trace.tb_next
    if last is None:
        return
    code, line = last.tb_frame.f_code, last.tb_lineno
    text = files[code.co_filename].splitlines()
    spots = list(code.co_positions())
    first, end_line, column, end = spots[last.tb_lasti // 2] if last.tb_lasti >= 0 else (line, line, None, None)
    line = first or line
    source = text[line - 1] if 0 < line <= len(text) else ""
    column, length = _letters(source, column, end if end_line == line else None)
    if found.word:
        spot = source.find(found.word, max(column, 0))
        if spot < 0 and end_line and end_line > line:  # the call goes on over several lines
            for more in range(line, min(end_line, len(text))):
                if (spot := text[more].find(found.word)) >= 0:
                    line, source = more + 1, text[more]
                    break
        if spot >= 0:
            column, length = spot, len(found.word)
    found.at(shown(code.co_filename), line, source, column, length)


def _letters(source: str, start: int | None, end: int | None) -> tuple[int, int]:
    """Bytes of a line, as compilers count, turned into letters."""
    if start is None:
        return -1, 1
    raw = source.encode()
    column = len(raw[:start].decode(errors="replace"))
    length = len(raw[start:end].decode(errors="replace")) if end is not None else len(source.rstrip()) - column
    return column, max(length, 1)


def shown(file: str) -> str:
    """A file's name without its folders."""
    return file.replace("\\", "/").rpartition("/")[2]


SYNTAX = {
    "invalid syntax": "this is not Python",
    "'(' was never closed": "this bracket is never closed",
    "'[' was never closed": "this bracket is never closed",
    "'{' was never closed": "this bracket is never closed",
    "unterminated string literal": "this text has no closing quote",
    "unexpected EOF while parsing": "the text ends too early",
    "expected ':'": "a colon is missing here",
    "unexpected indent": "this line is indented, and nothing above asks for it",
    "inconsistent use of tabs and spaces in indentation": "tabs and spaces are mixed in the indentation",
}


def _syntax(slip: SyntaxError, files: Mapping[str, str]) -> Mistake:
    """Python's own complaint, shorter."""
    said = (slip.msg or "this is not Python").split(" (detected")[0]
    plain = next((better for told, better in SYNTAX.items() if said.startswith(told)), said)
    line, name = slip.lineno or 1, slip.filename or ""
    text = files.get(name, "").splitlines()
    source = text[line - 1] if 0 < line <= len(text) else (slip.text or "")
    column = max((slip.offset or 1) - 1, 0)
    length = (slip.end_offset or 0) - (slip.offset or 0) if slip.end_lineno == slip.lineno else 1
    near = ""
    if ">>" in source:
        near = "Assign instead: name = what it is."
    elif said.startswith("invalid syntax. Maybe you meant '=='"):
        plain, near = "= is not a question", "A value that changes later: when(knob(21) > 0.5, a, b)."
    elif said.startswith("invalid syntax. Perhaps you forgot a comma"):
        plain = "a comma is missing here"
    return Mistake(_sentence(plain), near=near).at(shown(name), line, source.rstrip(), column, max(length, 1))


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _worded(slip: BaseException, names: list[str], verbs: set[str]) -> Mistake:
    """What Python says, in words that help."""
    if isinstance(slip, NameError):
        word = slip.name or str(slip).split("'")[1] if "'" in str(slip) else ""
        from live.words import VERBS

        if word in verbs or word in VERBS:
            return Mistake(f"{word}() is something you do; type it at the prompt.", word=word)
        known = [name for name in (*names, *filter(str.islower, dir(builtins))) if not name.startswith("_")]
        near = nearest(word, known)
        return Mistake(f"There is no {word!r}.", near=near if near.startswith("Nearest") else "", word=word)
    if isinstance(slip, SystemExit):
        return Mistake("A script does not quit: it only describes what sounds.", near="To leave, type quit() at the prompt.", word="exit")
    if isinstance(slip, RecursionError):
        return Mistake("This calls itself without end.")
    if isinstance(slip, EOFError):
        return Mistake(
            "A script cannot ask: nobody is there to answer while it is read.", near="Use a knob, or type at the prompt.", word="input"
        )
    if isinstance(slip, ModuleNotFoundError):
        return Mistake(f"There is no module {slip.name!r} beside the session or installed.", word=slip.name or "")
    if isinstance(slip, ImportError) and "circular import" in str(slip):
        return Mistake(
            f"These files import each other in a circle: {slip.name}.", near="Move what both need into a third file.", word=slip.name or ""
        )
    if isinstance(slip, ImportError) and slip.name and (wanted := re.match(r"cannot import name '(\w+)'", str(slip))):
        there = [n for n in dir(sys.modules.get(slip.name)) if not n.startswith("_")]
        return Mistake(f"{slip.name} has no {wanted[1]!r}.", near=nearest(wanted[1], there), word=wanted[1])
    if isinstance(slip, TypeError) and (found := _operands(str(slip))):
        return found
    if isinstance(slip, MemoryError):
        return Mistake("This asks for more memory than a script may have.")
    if isinstance(slip, AttributeError) and slip.name:
        owner = slip.obj
        known = [n for n in dir(owner) if not n.startswith("_")] if owner is not None else []
        return Mistake(f"{_kind(owner)} has no {slip.name!r}.", near=nearest(slip.name, known) if known else "", word=slip.name)
    if isinstance(slip, TypeError) and (said := _misfit(str(slip))):
        return Mistake(said)
    if isinstance(slip, OSError) and slip.strerror and slip.filename:
        return Mistake(f"{shown(str(slip.filename))}: {slip.strerror.lower()}.")
    if isinstance(slip, KeyError) and slip.args:
        return Mistake(f"There is no {slip.args[0]!r} in this collection.")
    if isinstance(slip, ZeroDivisionError):
        return Mistake("Nothing can be divided by zero.")
    if isinstance(slip, KeyboardInterrupt):
        return Mistake("Stopped.")
    return Mistake(f"{type(slip).__name__}: {_sentence(' '.join(str(slip).split()) or 'no reason given')}")


def _misfit(said: str) -> str:
    """A word that was given too much or too little."""
    if found := re.match(r"(?:\w+\.)*(\w+)\(\) takes .*positional arguments? but", said):
        return f"{found[1]}() has no use for so much."
    if found := re.match(r"(?:\w+\.)*(\w+)\(\) got an unexpected keyword argument '(\w+)'", said):
        return f"{found[1]}() has no {found[2]!r}."
    if found := re.match(r"(?:\w+\.)*(\w+)\(\) missing \d+ required positional arguments?: '(\w+)'", said):
        return f"{found[1]}() wants to know its {found[2]!r}, too."
    return ""


KINDS = {"str": "a text", "int": "a number", "float": "a number", "NoneType": "nothing (None)", "bool": "True or False", "dict": "a dict"}


def _operands(said: str) -> Mistake | None:
    """What Python says of signs between things they are not made for, and of brackets after what is no word."""
    if two := re.match(r"unsupported operand type\(s\) for (\S+): '(\w+)' and '(\w+)'", said):
        sign = two[1].removesuffix("=")
        return Mistake(f"{sign} does not work between {kind_of(two[2])} and {kind_of(two[3])}.")
    if one := re.match(r"bad operand type for unary (\S+): '(\w+)'", said):
        return Mistake(f"{one[1]} does not work on {kind_of(one[2])}.")
    if one := re.match(r"'(\w+)' object is not callable", said):
        return Mistake(f"Only words can be called; this is {kind_of(one[1])}.", near="Is a sign missing before the bracket?")
    if re.match(r"'(\w+)' object cannot be interpreted as an integer", said):
        return Mistake("This wants a whole number.")
    if one := re.match(r"'(\w+)' object is not (?:subscriptable|iterable)", said):
        return Mistake(f"There are no parts to pick from: this is {kind_of(one[1])}.")
    if two := re.match(r"'([<>=]+)' not supported between instances of '(\w+)' and '(\w+)'", said):
        return Mistake(f"{two[1]} does not work between {kind_of(two[2])} and {kind_of(two[3])}.")
    return None


def kind_of(word: str) -> str:
    """Python's name of a kind, as a musician would say it."""
    return KINDS.get(word) or f"a{'n' * (word[0] in 'aeiouAEIOU')} {word.lower()}"


def _kind(thing: Any) -> str:
    return getattr(thing, "__name__", None) or f"a {type(thing).__name__.lower()}"
