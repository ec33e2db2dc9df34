"""Prompt edits into the script: each name's own line is exchanged, comments and everything else stay as they are.

A new name stands before the first output, or above the first line that uses
it. A line that uses what comes later in the script is followed by it: that
line moves up.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable
from dataclasses import dataclass, field

from live.edits import GONE, State
from live.paging import below, effected, spot
from live.typed import number, typed, word_of
from live.values import Described, Value


@dataclass(eq=False)
class _Item:
    """A statement of the script with its lines, or what stands between two."""

    text: str
    binds: str = ""
    uses: set[str] = field(default_factory=set)


def written_back(text: str, state: State) -> tuple[str, list[str]]:
    """The script with the edits in it, and what was done, a line each. SyntaxError when there is none to be read."""
    edit, page = state.edit, state.page
    items = _items(text)
    said: list[str] = []
    touched: list[_Item] = []

    def write(binds: str, fresh: str) -> None:
        """One statement becomes another, its comment kept; of several, the last. A new one waits for its spot."""
        old = [item for item in items if item.binds == binds]
        new = _Item(fresh, binds, _uses(fresh))
        if old:
            new.text += comment_of(old[-1].text.splitlines()[-1])
            items[items.index(old[-1])] = new
        elif binds == "tempo":
            items.insert(_after_imports(items), new)
            new.text = f"\n{fresh}"
        elif binds.startswith("out") and not binds[3:4].isalnum():
            items.append(new)
        else:
            items.insert(_first_out(items), new)
        touched.append(new)
        said.append(fresh if "\n" not in fresh else f"@effect {binds}")

    def take(binds: str, there: bool) -> None:
        """What was deleted: its lines go; what is bound otherwise is deleted in so many words."""
        old = [item for item in items if item.binds == binds]
        for item in old:
            items.remove(item)
        if not old and there:
            write(binds, f"del {binds}" if not binds.startswith("out") else f"{binds} = 0")
        else:
            said.append(f"del {binds}")

    if (edit.tempo or edit.bar) and page.tempo:
        write("tempo", f"tempo({number(page.tempo)}{f', {number(page.bar)}' if page.bar else ''})")
    for kind in sorted(_effects(state)):
        effect = page.effects.get(kind, "")
        if effect and effect not in state.script.effects.values():
            write(word_of(kind), f"{effected(effect, word_of(kind))}\n")
    for name, value in edit.names.items():
        if value is GONE:
            take(name, name in state.script.names)
        else:
            write(name, f"{name} = {typed(value, own=name)}")
    for out, value in edit.outs.items():
        if value is None and edit.texts.get(f"out.{out}") == "hush()":
            continue  # for now, not for ever
        if value is GONE or value is None:
            take(spot(out), state.script.outs.get(out) is not None)
        else:
            write(spot(out), f"{spot(out)} = {typed(value, top=False)}")
    for item in touched:
        _follow(items, item)
    return "\n".join(item.text for item in items).rstrip() + "\n", said


def _effects(state: State) -> set[str]:
    """Treatments written live that the edits use."""
    some = [value for value in (*state.edit.names.values(), *state.edit.outs.values()) if isinstance(value, Value | list | tuple | dict)]
    return {one.kind for value in some for one in (value, *below(value)) if isinstance(one, Described) and one.kind.startswith("effect:")}


def _follow(items: list[_Item], item: _Item) -> None:
    """Whatever a statement uses stands above it."""
    for other in [one for one in items[items.index(item) + 1 :] if one.binds and one.binds in item.uses]:
        if not any(one.binds == other.binds for one in items[: items.index(item)]):
            items.remove(other)
            items.insert(items.index(item), other)
            _follow(items, other)


def _first_out(items: list[_Item]) -> int:
    """Where the script begins to say what is heard; its end, when it never does."""
    return next((k for k, item in enumerate(items) if item.binds.startswith(("out.", "out["))), len(items))


def _after_imports(items: list[_Item]) -> int:
    return max([k + 1 for k, item in enumerate(items) if item.binds == "import"], default=0)


def _items(text: str) -> list[_Item]:
    """The script in pieces, none lost. Statements that share a line get lines of their own."""
    lines = text.splitlines()
    found: list[_Item] = []
    done = 0
    for node in ast.parse(text).body:
        first, last = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))]), node.end_lineno or node.lineno
        if first <= done:  # a second one on the line
            found[-1].text = ast.unparse(ast.parse(found[-1].text).body[0])
            source = ast.get_source_segment(text, node) or ast.unparse(node)
            found.append(_Item(source + comment_of(lines[last - 1]), _binds(node), _uses(source)))
        else:
            found += [_Item(line) for line in lines[done : first - 1]]
            source = "\n".join(lines[first - 1 : last])
            found.append(_Item(source, _binds(node), _uses(ast.unparse(node))))
        done = last
    return found + [_Item(line) for line in lines[done:]]


def _binds(node: ast.stmt) -> str:
    """What a statement at the top of the script is about."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return ast.unparse(node.targets[0])
    if isinstance(node, ast.AugAssign | ast.AnnAssign):
        return ast.unparse(node.target)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return "import"
    if isinstance(node, ast.FunctionDef):
        return node.name
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "tempo":
        return "tempo"
    return ""


def _uses(text: str) -> set[str]:
    """Names that a statement reads."""
    return {one.id for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}


def comment_of(line: str) -> str:
    """The comment at the end of a line, with the room before it."""
    found = ""
    ask: Callable[[], str] = io.StringIO(line).readline
    try:
        for token in tokenize.generate_tokens(ask):
            if token.type == tokenize.COMMENT:
                found = "    " + token.string
    except (tokenize.TokenError, SyntaxError):
        return found
    return found
