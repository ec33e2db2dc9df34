"""Every engine by its word: what it is called, what it does, what can be turned, where it lies.

Files are read, not run: listing every word takes milliseconds and never wakes
torch. Only a declaration that cannot be read as it stands makes the file be
imported. What cannot be loaded is listed all the same, with the reason.
"""

from __future__ import annotations

import ast
import difflib
import functools
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from engines.face import Control, Engine

ROOT = Path(__file__).parent.parent
OWN = (ROOT / "engines", ROOT / "agents")
HEAVY = {"torch", "torchaudio", "transformers", "jax", "tensorflow"}
READ = ("inlets", "chunk", "ahead", "latency", "neutral", "budget", "gives", "takes", "late", "choices", "settings", "examples")


@dataclass(frozen=True)
class Found:
    """One engine in the catalogue. ``trouble`` is empty when it can be played."""

    word: str
    file: Path
    name: str = ""  # of the class
    says: str = ""
    controls: Mapping[str, Control] = field(default_factory=dict)
    inlets: tuple[str, ...] = Engine.inlets
    chunk: int = Engine.chunk
    ahead: float = Engine.ahead
    latency: int = Engine.latency
    neutral: Mapping[str, float] | None = None
    budget: float = Engine.budget
    gives: str = Engine.gives
    takes: str = Engine.takes
    late: str = Engine.late
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    trouble: str = ""


class NotPlain(Exception):
    """A declaration that only running the file can tell."""


def catalogue(folders: Iterable[Path] = ()) -> dict[str, Found]:
    """Every word: the house's engines first, then each folder's; the later file takes a word that is there twice."""
    words: dict[str, Found] = {}
    for folder in (*OWN, *folders):
        for file in sorted(Path(folder).glob("*.py")):
            if not file.name.startswith("_"):
                words |= {found.word: found for found in look(file)}
    return words


def find(word: str, folders: Iterable[Path] = ()) -> Found:
    """One engine, or a LookupError that names the nearest. A path to a file may stand for the word."""
    if word.endswith(".py"):
        for found in look(Path(word)):
            return found
        raise LookupError(f"{Path(word).name} holds no engine: a class derived from Engine is wanted")
    words = catalogue(folders)
    if word in words:
        return words[word]
    close = difflib.get_close_matches(word, words, 1, 0.5)
    hint = f"Nearest: {close[0]}." if close else f"There is: {', '.join(sorted(words)) or 'none'}."
    raise LookupError(f"no engine is called {word!r}. {hint}")


def look(file: Path) -> list[Found]:
    """The engines of one file."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    except SyntaxError as slip:
        return [Found(file.stem, file, trouble=f"{file.name}:{slip.lineno}: {slip.msg}")]
    except (OSError, ValueError) as slip:
        return [Found(file.stem, file, trouble=f"{file.name}: {slip}")]
    here: dict[str, ast.ClassDef] = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    return [_read(file, tree, node, here) for node in here.values() if not node.name.startswith("_") and _is_engine(node, tree, here)]


def _is_engine(node: ast.ClassDef, tree: ast.Module, here: Mapping[str, ast.ClassDef]) -> bool:
    """It derives from Engine, from an engine of this file, or from a class taken out of another engine's file."""
    for base in node.bases:
        name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
        if name == "Engine" or (name in here and name != node.name and _is_engine(here[name], tree, here)) or name in _others(tree):
            return True
    return False


def _others(tree: ast.Module) -> set[str]:
    """Names of engines taken from other engines' files."""
    froms = (n for n in tree.body if isinstance(n, ast.ImportFrom) and (n.module or "").startswith(("engines.", "agents.")))
    named = (
        (a, n.module or "") for n in froms if n.module not in ("engines.face", "engines.nets") for a in n.names if a.name[:1].isupper()
    )
    return {a.asname or a.name for a, module in named if _holds_engine(ROOT / f"{module.replace('.', '/')}.py", a.name)}


@functools.cache
def _holds_engine(file: Path, name: str) -> bool:
    """Whether a class of another file of the house is an engine."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    except (OSError, SyntaxError, ValueError):
        return False
    here = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    return name in here and _is_engine(here[name], tree, here)


def _read(file: Path, tree: ast.Module, node: ast.ClassDef, here: Mapping[str, ast.ClassDef]) -> Found:
    """What a class declares, read where it can be, run where it must be."""
    word = node.name.lower()
    says = _first_line(ast.get_docstring(node) or ast.get_docstring(tree))
    try:
        told: dict[str, Any] = {"controls": {}}
        for part in _line(node, tree, here):
            _declared(part, told)
        return Found(word, file, node.name, says, **told)
    except NotPlain:
        return _run(file, tree, node.name, says)


def _line(node: ast.ClassDef, tree: ast.Module, here: Mapping[str, ast.ClassDef]) -> Iterator[ast.ClassDef]:
    """The class after its ancestors in this file."""
    for base in reversed(node.bases):
        name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
        if name in here:
            yield from _line(here[name], tree, here)
        elif name in _others(tree):
            raise NotPlain
    yield node


def _declared(node: ast.ClassDef, told: dict[str, Any]) -> None:
    """Add one class body's declarations."""
    for line in node.body:
        if isinstance(line, ast.Assign) and len(line.targets) == 1:
            target, value = line.targets[0], line.value
        elif isinstance(line, ast.AnnAssign) and line.value is not None:
            target, value = line.target, line.value
        elif isinstance(line, (ast.For, ast.If, ast.With)):
            raise NotPlain  # a body that computes its declarations
        else:
            continue
        if not isinstance(target, ast.Name):
            continue
        called = value.func if isinstance(value, ast.Call) else None
        if getattr(called, "id", getattr(called, "attr", "")) == "Control":
            told["controls"][target.id] = _control(value)
        elif target.id in READ:
            told[target.id] = tuple(_plain(value)) if target.id in ("inlets", "examples") else _plain(value)


def _control(call: ast.Call) -> Control:
    """A Control as it is written down."""
    return Control(*(_plain(a) for a in call.args), **{k.arg: _plain(k.value) for k in call.keywords if k.arg})


def _plain(value: ast.expr) -> Any:
    """A value that stands there as itself; sums of such numbers, too."""
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError):
        if isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Add, ast.Sub, ast.Mult, ast.Div)):
            a, b = _plain(value.left), _plain(value.right)
            op = {ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.Div: "__truediv__"}[type(value.op)]
            result = getattr(a, op)(b)
            if result is not NotImplemented:
                return result
        raise NotPlain from None


def _run(file: Path, tree: ast.Module, name: str, says: str) -> Found:
    """What only the running file knows. Torch stays asleep: a file that wakes it at its top is refused."""
    word = name.lower()
    heavy = sorted(_wakes(tree))
    if heavy:
        return Found(word, file, name, says, trouble=f"{file.name} imports {heavy[0]} at its top; import it inside load()")
    try:
        cls = load_class(Found(word, file, name))
    except Exception as trouble:
        return Found(word, file, name, says, trouble=f"{file.name}: {type(trouble).__name__}: {trouble}")
    told = {key: getattr(cls, key) for key in READ}
    told["inlets"] = tuple(told["inlets"])
    return Found(word, file, name, says or _first_line(cls.__doc__), cls.controls(), **told)


def _wakes(tree: ast.Module) -> set[str]:
    """Heavy modules imported as soon as the file is."""
    names = [a.name for n in tree.body if isinstance(n, ast.Import) for a in n.names]
    names += [n.module or "" for n in tree.body if isinstance(n, ast.ImportFrom)]
    return {name.split(".")[0] for name in names} & HEAVY


def load_class(found: Found) -> type[Engine]:
    """The class itself: here the file is run."""
    if found.trouble and not found.name:
        raise ImportError(found.trouble)
    module = _module(found.file)
    cls = getattr(module, found.name, None)
    if not (isinstance(cls, type) and issubclass(cls, Engine)):
        raise ImportError(f"{found.file.name}: {found.name} is no Engine once the file has run")
    return cls


def _module(file: Path) -> ModuleType:
    """The file as a module: the house's own by their name, a performer's by their place."""
    file = file.resolve()
    if file.parent in OWN:
        return importlib.import_module(f"{file.parent.name}.{file.stem}")
    name = f"_engine_{abs(hash(str(file))):x}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} cannot be read as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _first_line(text: str | None) -> str:
    """The first line of a docstring."""
    return (text or "").strip().split("\n")[0]
