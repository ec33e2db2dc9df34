"""Prompt edits into the script: each name's own line is exchanged, comments and everything else stay as they are."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable
from dataclasses import dataclass

from live.edits import GONE, State
from live.paging import below, spot
from live.typed import number, typed
from live.values import Value


@dataclass
class _Line:
    """A statement of the script: which lines it takes, and what it binds."""

    first: int
    last: int
    binds: str


def written_back(text: str, state: State) -> tuple[str, list[str]]:
    """The script with the edits in it, and what was done, a line each."""
    lines = text.splitlines()
    edit, page = state.edit, state.page
    said: list[str] = []
    statements = _statements(text)
    spots = {one.binds: one for one in statements if one.binds}
    changes: list[tuple[int, int, list[str]]] = []  # first and last line (from 1), and what stands there now

    def exchange(what: str, fresh: str) -> None:
        """One statement becomes another, its comment kept."""
        old = spots[what]
        changes.append((old.first, old.last, [fresh + comment_of(lines[old.last - 1])]))
        said.append(fresh)

    new: list[tuple[str, str]] = []
    for name, value in edit.names.items():
        if value is GONE:
            if name in spots:
                changes.append((spots[name].first, spots[name].last, []))
                said.append(f"del {name}")
            continue
        fresh = f"{name} = {typed(value)}"
        if name in spots:
            exchange(name, fresh)
        else:
            new.append((name, fresh))
    pace = f"tempo({number(page.tempo)}{f', {number(page.bar)}' if page.bar else ''})" if page.tempo else ""
    if (edit.tempo or edit.bar) and pace:
        if "tempo" in spots:
            exchange("tempo", pace)
        else:
            after = max([one.last for one in statements if one.binds == "import"], default=0)
            changes.append((after + 1, after, ["", pace]))
            said.append(pace)
    ends: list[str] = []
    for out, value in edit.outs.items():
        where = spot(out)
        if value is GONE or value is None:
            if where in spots:
                changes.append((spots[where].first, spots[where].last, []))
                said.append(f"del {where}")
            continue
        fresh = f"{where} = {typed(value, top=False)}"
        if where in spots:
            exchange(where, fresh)
        else:
            ends.append(fresh)
            said.append(fresh)
    if new:
        wanted = set(page.effects.values()) - set(state.script.effects.values())
        before = min([one.first for one in statements if one.binds.startswith("out")], default=len(lines) + 1)
        changes.append(
            (before, before - 1, [*(f"@effect\n{text.rstrip()}\n" for text in wanted), *(fresh for _, fresh in _in_order(new, edit.names))])
        )
        said += [fresh for _, fresh in new]
    for first, last, fresh in sorted(changes, key=lambda change: (change[0], change[1]), reverse=True):
        lines[first - 1 : last] = fresh
    return "\n".join([*lines, *ends]).rstrip() + "\n", said


def _in_order(new: list[tuple[str, str]], names: object) -> list[tuple[str, str]]:
    """What uses another stands after it."""
    assert isinstance(names, dict)
    found: list[tuple[str, str]] = []
    texts = dict(new)

    def put(name: str) -> None:
        if any(name == done for done, _ in found):
            return
        for one in below(names[name]) if isinstance(names[name], Value | list | tuple | dict) else []:
            root = (one.name or "").partition(".")[0]
            if root in texts and root != name:
                put(root)
        found.append((name, texts[name]))

    for name, _ in new:
        put(name)
    return found


def _statements(text: str) -> list[_Line]:
    """Every statement at the top of the script. Of several that bind a name, the last one counts."""
    found = []
    for node in ast.parse(text).body:
        binds = ""
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            binds = ast.unparse(node.targets[0])
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            binds = ast.unparse(node.target)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            binds = "import"
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "tempo":
            binds = "tempo"
        found.append(_Line(node.lineno, node.end_lineno or node.lineno, binds))
    return found


def comment_of(line: str) -> str:
    """The comment at the end of a line, with the room before it."""
    found = ""
    ask: Callable[[], str] = io.StringIO(line).readline
    try:
        for token in tokenize.generate_tokens(ask):
            if token.type == tokenize.COMMENT:
                found = "    " + token.string
    except (tokenize.TokenError, SyntaxError):
        return ""
    return found
