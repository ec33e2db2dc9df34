"""What a script defines, for the prompt to use: its functions, its classes, what it imports. Nothing of it sounds."""

from __future__ import annotations

import ast
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def definitions(text: str) -> str:
    """The text with only its imports, functions and classes left, each on the line where it stands."""
    tree = ast.parse(text)
    lines = text.encode().split(b"\n")
    kept: dict[int, bytes] = {}
    for node in tree.body:
        named = isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        if not named and not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)):
            continue
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        last = node.end_lineno or node.lineno
        part = lines[first - 1 : last]
        part[-1] = part[-1][: node.end_col_offset]
        part[0] = part[0][node.col_offset if first == node.lineno else 0 :]
        before = kept.get(first, b"")
        kept[first] = before + (b"; " if before else b"") + part[0]
        kept.update({first + k: line for k, line in enumerate(part) if k})
    return b"\n".join(kept.get(k, b"") for k in range(1, max(kept, default=0) + 1)).decode()


def define(text: str, name: str, scope: dict[str, Any], own: Mapping[str, str]) -> None:
    """Carry out a script's definitions in ``scope``. ``own``: the texts of the session's modules by their names.

    Of those, too, only the definitions are carried out, so that no line that makes sound is run at the desk.
    """
    _define(text, name, scope, own, {})


def _define(text: str, name: str, scope: dict[str, Any], own: Mapping[str, str], made: dict[str, types.ModuleType]) -> None:
    for line in ast.parse(definitions(text)).body:
        if isinstance(line, ast.Import | ast.ImportFrom) and _bound(line, scope, own, made):
            continue
        try:
            exec(compile(ast.Module([line], []), name, "exec"), scope)
        except Exception:  # noqa: S112  it stands on something that exists only while the script is read
            continue


def _bound(line: ast.Import | ast.ImportFrom, scope: dict[str, Any], own: Mapping[str, str], made: dict[str, types.ModuleType]) -> bool:
    """Names that come from a module of the session; False when the module is none."""
    if isinstance(line, ast.ImportFrom):
        if line.module not in own:
            return False
        found = vars(_module(line.module, own, made))
        for alias in line.names:
            if alias.name == "*":
                scope.update({key: value for key, value in found.items() if not key.startswith("_")})
            elif alias.name in found:
                scope[alias.asname or alias.name] = found[alias.name]
        return True
    if not all(alias.name in own for alias in line.names):
        return False
    for alias in line.names:
        scope[alias.asname or alias.name] = _module(alias.name, own, made)
    return True


def _module(name: str, own: Mapping[str, str], made: dict[str, types.ModuleType]) -> types.ModuleType:
    """A module with nothing but its definitions."""
    if name not in made:
        made[name] = types.ModuleType(name)
        _define(own[name], f"{name}.py", vars(made[name]), own, made)
    return made[name]


def module_name(file: Path, folder: Path) -> str:
    """What a file of the session is imported as."""
    parts = file.relative_to(folder).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
