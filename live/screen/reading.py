"""Where the cursor stands in half-typed code: in which call, at which argument, in a text, after a dot.

The code is unfinished by nature, so it is walked letter by letter instead of parsed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAME = re.compile(r"[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*")
_NUMBER = re.compile(r"\d[\w.]*")
_TAIL = re.compile(r"(?:[^\W\d]\w*\.)*[^\W\d]?\w*$")
_KEY = re.compile(r"\s*=(?!=)")


@dataclass
class Call:
    """An open bracket: who is called (empty: a plain bracket), and what has been given so far."""

    name: str
    argument: int = 0  # which one is being typed, from 0
    keyword: str = ""  # its name, when it has one
    used: set[str] = field(default_factory=set)
    calls: bool = True


@dataclass(frozen=True)
class Spot:
    """Where the cursor stands. ``typed`` is what is there of the word, or of the text in quotes, so far."""

    inside: str = "code"  # code | text | comment
    typed: str = ""
    owner: str = ""  # what stands before the dot
    call: Call | None = None
    target: str = ""  # the name that is being given a value, outside of any bracket
    fresh: bool = False  # nothing stands before it in the statement


def spot(before: str) -> Spot:
    """Where the end of this text is."""
    calls: list[Call] = []
    at, end = 0, len(before)
    name = target = ""
    began = 0  # where the statement begins
    while at < end:
        letter = before[at]
        if letter == "#":
            line = before.find("\n", at)
            if line < 0:
                return Spot("comment")
            at = line
        elif letter in "\"'":
            mark = before[at : at + 3] if before[at : at + 3] in ('"""', "'''") else letter
            close = _closes(before, at + len(mark), mark)
            if close < 0:
                return Spot("text", before[at + len(mark) :], call=_caller(calls), target="" if calls else target)
            name, at = "", close
        elif letter in "([{":
            calls.append(Call(name, calls=bool(name) and letter == "("))
            name, at = "", at + 1
        elif letter in ")]}":
            if calls:
                calls.pop()
            name, at = "", at + 1
        elif letter == "," and calls:
            calls[-1].argument += 1
            calls[-1].keyword, name, at = "", "", at + 1
        elif letter in "\n;" and not calls:
            name, target, at = "", "", at + 1
            began = at
        elif found := _NAME.match(before, at):
            name, at = re.sub(r"\s", "", found[0]), found.end()
            if _KEY.match(before, at):
                if calls and calls[-1].calls and "." not in name:
                    calls[-1].keyword = name
                    calls[-1].used.add(name)
                elif not calls:
                    target = name
        elif found := _NUMBER.match(before, at):
            name, at = "", found.end()
        else:
            name, at = name if letter.isspace() else "", at + 1
    found = _TAIL.search(before)
    tail = found[0] if found else ""
    owner, dot, typed = tail.rpartition(".")
    return Spot("code", typed, owner if dot else "", _caller(calls), "" if calls else target, not before[began : end - len(tail)].strip())


def _closes(text: str, at: int, mark: str) -> int:
    """Where a text in quotes has ended; -1 when it is open. One without three quotes ends with its line."""
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text.startswith(mark, at):
            return at + len(mark)
        elif text[at] == "\n" and len(mark) == 1:
            return at
        else:
            at += 1
    return -1


def _caller(calls: list[Call]) -> Call | None:
    """The innermost bracket that calls something."""
    return next((call for call in reversed(calls) if call.calls), None)


def word_at(text: str, cursor: int) -> str:
    """The name the cursor stands on, or just behind."""
    for found in _NAME.finditer(text):
        if found.start() <= cursor <= found.end():
            return found[0]
    return ""


def last_word(text: str) -> str:
    """The last name in a text."""
    found = _NAME.findall(text)
    return found[-1] if found else ""
