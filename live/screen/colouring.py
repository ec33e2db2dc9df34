"""The typed line in colours: what is a place, a word, a verb, a text in quotes. Python's own tokenizer does the reading."""

from __future__ import annotations

import contextlib
import inspect
import io
import keyword
import tokenize
from collections.abc import Collection, Mapping
from itertools import zip_longest
from typing import Any

Line = list[tuple[str, str]]

_KINDS = {tokenize.STRING: "code.string", tokenize.NUMBER: "code.number", tokenize.COMMENT: "code.comment", tokenize.OP: "code.operator"}


def coloured(text: str, names: Mapping[str, Any], vocabulary: Collection[str], places: Collection[str]) -> list[Line]:
    """Every line of the text as (class, text)."""
    lines = text.split("\n")
    marks: list[list[tuple[int, int, str]]] = [[] for _ in lines]
    tokens: list[tokenize.TokenInfo] = []
    with contextlib.suppress(tokenize.TokenError, SyntaxError):  # it is being typed: what was read until there has its colour
        for token in tokenize.generate_tokens(io.StringIO(text + "\n").readline):
            tokens.append(token)  # one by one: those before a slip are kept
    depth, dotted = 0, False
    for token, after in zip_longest(tokens, tokens[1:]):
        depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
        told = depth > 0 and after is not None and after.string == "="  # cutoff= in a call
        look = "code.name" if token.type == tokenize.NAME and (told or dotted) else _look(token, names, vocabulary, places)
        dotted = token.string == "."
        if look:
            _mark(marks, token.start, token.end, look, lines)
    return [_joined(line, found) for line, found in zip(lines, marks, strict=True)]


def _look(token: tokenize.TokenInfo, names: Mapping[str, Any], vocabulary: Collection[str], places: Collection[str]) -> str:
    if token.type in _KINDS:
        return _KINDS[token.type]
    if token.type == tokenize.ERRORTOKEN and token.string[:1] in "\"'":
        return "code.string"
    if token.type != tokenize.NAME:
        return "code.string" if "STRING" in tokenize.tok_name[token.type] else ""
    name = token.string
    if keyword.iskeyword(name):
        return "code.keyword"
    if name in places or isinstance(inspect.getattr_static(names.get(name), "kind", None), str):  # the second is about to land
        return "code.place"
    if name in vocabulary:
        return "code.word"
    return "code.verb" if callable(names.get(name)) else "code.name"


def _mark(marks: list[list[tuple[int, int, str]]], start: tuple[int, int], end: tuple[int, int], look: str, lines: list[str]) -> None:
    """A token may cross lines: each gets its piece."""
    for row in range(start[0] - 1, min(end[0], len(lines))):
        first = start[1] if row == start[0] - 1 else 0
        last = end[1] if row == end[0] - 1 else len(lines[row])
        marks[row].append((first, last, look))


def _joined(line: str, marks: list[tuple[int, int, str]]) -> Line:
    made: Line = []
    at = 0
    for first, last, look in marks:
        if first < at or last <= first:
            continue
        made += [("code.name", line[at:first]), (look, line[first:last])]
        at = last
    made.append(("code.name", line[at:]))
    return [(look, text) for look, text in made if text]
