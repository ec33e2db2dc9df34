"""Treatments a performer writes while playing: a Python function becomes part of the sounding graph.

Two forms. For each sample, with as much state as it says (doubles, one set for each channel)::

    def soft(x, state=1, drive=Control(1, 0, 10)):
        state[0] += 0.1 * (x * drive - state[0])
        return math.tanh(state[0])

or for each run of at most 64 frames, all channels at once (float32, channels x frames)::

    def cross(sound, out, amount=0.5):
        for c in range(sound.shape[0]):
            for i in range(sound.shape[1]):
                out[c, i] = sound[c, i] + amount * (sound[c - 1, i] - sound[c, i])

Loops, not whole arrays: a sum of arrays asks for memory, and nothing may ask for memory while it sounds.
A parameter with a number or a ``Control`` is a control, ``state`` is memory that lasts, ``rate``
the frames of a second. ``write`` makes a module of it (no numba needed), ``rehearse`` tries it out in
another process, ``kind`` brings it into the core from the code that the rehearsal left compiled.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import keyword
import linecache
import math
import os
import sys
import textwrap
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.face import Control
from live.core import cache

if TYPE_CHECKING:
    from live.core.kinds import Kind

STATE = 16  # doubles of ``state`` where the function does not say
STATE_MOST = 1 << 20
MOST = 24  # controls, as many as fit on the sheet of ``hosted``
SHARE = 0.2  # of a chunk's time that one treatment may take
ALLOWED = ("math", "numpy")
MAKES = ("zeros", "empty", "ones", "full", "array", "arange", "linspace", "copy", "zeros_like", "empty_like", "append", "concatenate")
NEVER = {
    ast.Raise: "an error cannot be raised while sounding: return a number instead",
    ast.Assert: "assert has nobody to complain to while sounding",
    ast.Global: "a treatment keeps nothing in globals: use state",
    ast.AsyncFunctionDef: "nothing waits while sounding",
    ast.Yield: "a treatment returns a number, it does not yield",
    ast.ClassDef: "classes do not compile into the sound",
    ast.Try: "errors are caught by the core already",
    ast.List: "a list asks for memory while sounding: use a tuple, or state",
    ast.ListComp: "a list asks for memory while sounding: use a loop",
    ast.Dict: "a dictionary does not compile into the sound: use state",
    ast.Set: "a set does not compile into the sound: use state",
    ast.JoinedStr: "text has no place in the sound",
    ast.With: "with does not compile into the sound",
}  # fmt: skip


class Unwritable(ValueError):
    """Why a source cannot become a treatment: one line that names its line."""


@dataclass(frozen=True)
class Form:
    """What was read from the source."""

    word: str
    text: str  # the performer's code, its lines where they were
    functions: tuple[str, ...]
    given: tuple[str, ...]  # parameters in order
    controls: dict[str, Control]
    state: int
    block: bool


def _number(node: ast.expr) -> float:
    value = ast.literal_eval(node)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return value


def _control(name: str, node: ast.expr | None) -> Control:
    """A control from the default of a parameter."""
    if node is None:
        return Control(0.5, 0, 1)
    try:
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Control":
            plain = {k.arg: ast.literal_eval(k.value) for k in node.keywords if k.arg}
            made = Control(*map(ast.literal_eval, node.args), **plain)
            if not made.low <= made.rest <= made.high or made.low == made.high:
                raise ValueError(f"rests at {made.rest}, outside {made.low} to {made.high}")
            return made
        rest = _number(node)
    except (ValueError, TypeError) as wrong:
        raise Unwritable(
            f"line {node.lineno}: control {name} = {ast.unparse(node)}: {wrong}. Say {name}=Control(rest, low, high)."
        ) from None
    if 0 <= rest <= 1:
        return Control(rest, 0, 1)
    return Control(rest, min(0, 4 * rest), max(4 * rest, 0)) if rest > 0 else Control(rest, 4 * rest, -4 * rest)


def _refuse(tree: ast.Module) -> None:
    """Only definitions, constants and mathematics; nothing that would run, print or raise."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            if other := [n for n in named if n.split(".")[0] not in ALLOWED]:
                raise Unwritable(f"line {node.lineno}: import {other[0]}: there is only {' and '.join(ALLOWED)} in here")
        elif isinstance(node, ast.Assign):
            try:
                ast.literal_eval(node.value)
            except ValueError:
                raise Unwritable(f"line {node.lineno}: outside a function only plain numbers can be named") from None
        elif not isinstance(node, ast.FunctionDef) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            why = NEVER.get(type(node), "outside a function only imports and plain numbers can stand")
            raise Unwritable(f"line {node.lineno}: {why}")
    for node in ast.walk(tree):
        if type(node) in NEVER:
            raise Unwritable(f"line {node.lineno}: {NEVER[type(node)]}")
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            raise Unwritable(f"line {node.lineno}: {node.name} takes no decorator: the core compiles it by itself")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "open", "input", "exec", "eval"):
            raise Unwritable(f"line {node.lineno}: {node.func.id} is not possible while sounding")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MAKES:
            raise Unwritable(f"line {node.lineno}: {node.func.attr} makes a new array while sounding: use state")


def _bare(lines: list[str], function: ast.FunctionDef, args: list[str]) -> None:
    """Write the head again without defaults, on its last line, so that every line keeps its number."""
    head, body = function.lineno - 1, function.body[0]
    indent = lines[head][: function.col_offset]
    last = body.lineno - 1
    text = f"{indent}def {function.name}({', '.join(args)}):"
    same_line = lines[last].encode()[: body.col_offset].strip()
    if same_line:  # def f(x): return x
        lines[last] = text + " " + lines[last].encode()[body.col_offset :].decode()
        lines[head:last] = [""] * (last - head)
    else:
        lines[head:last] = [""] * (last - head - 1) + [text]


def read(source: str, word: str = "") -> Form:
    """What a source says: its treatment is the function called ``word``, or else the last one."""
    source = textwrap.dedent(source)
    try:
        tree = ast.parse(source)
    except SyntaxError as wrong:
        raise Unwritable(f"line {wrong.lineno}: {wrong.msg}: {(wrong.text or '').strip()}") from None
    _refuse(tree)
    defined = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    if not defined:
        raise Unwritable("line 1: there is no function: write def name(x): return x")
    main = next((f for f in defined if f.name == word), defined[-1])
    a = main.args
    if a.vararg or a.kwarg or a.kwonlyargs or a.posonlyargs:
        raise Unwritable(f"line {main.lineno}: {main.name} takes plain parameters only, no * or **")
    names = [p.arg for p in a.args]
    block = names[:2] == ["sound", "out"]
    if not names or (not block and (names[0] in ("sound", "out", "state", "rate") or len(a.defaults) == len(names))):
        raise Unwritable(f"line {main.lineno}: {main.name} must begin with x (one sample), or with sound, out (one run)")
    defaults: dict[str, ast.expr | None] = dict.fromkeys(names)
    defaults |= dict(zip(names[len(names) - len(a.defaults) :], a.defaults, strict=True))
    state, controls = 0, {}
    for name in names[2 if block else 1 :]:
        if name == "state":
            given = defaults[name]
            state = STATE if given is None else given.value if isinstance(given, ast.Constant) else -1
            if not isinstance(state, int) or not 1 <= state <= STATE_MOST:
                raise Unwritable(f"line {main.lineno}: state={ast.unparse(given)} must be a whole number from 1 to {STATE_MOST}")  # type: ignore[arg-type]
        elif name != "rate":
            controls[name] = _control(name, defaults[name])
    if len(controls) > MOST:
        raise Unwritable(f"line {main.lineno}: {main.name} has {len(controls)} controls; {MOST} is the most")
    gives = [n for n in ast.walk(main) if isinstance(n, ast.Return) and n.value is not None]
    if not block and not gives:
        raise Unwritable(f"line {main.lineno}: {main.name} returns nothing: a function of one sample returns the new one")
    if block and gives:
        raise Unwritable(f"line {gives[0].lineno}: {main.name} writes into out, it returns nothing")
    lines = source.split("\n")
    _bare(lines, main, names)
    return Form(word or main.name, "\n".join(lines), tuple(f.name for f in defined), tuple(names), controls, state, block)


HEAD = '''"""Written live: {word}. Made by live/core/written.py; change the session, not this."""
import math
import numpy
import numpy as np
from numba import carray as _carray, njit as _njit
from engines.face import Control
from live.core import hosted as _hosted, row as _row
_WORD, _STATE, _BLOCK, _MAIN = {word!r}, {state}, {block}, {main!r}
_CONTROLS = {controls!r}
_GIVEN = {given!r}
_LINE = 12

'''
TAIL = """

_hand = _njit(boundscheck=True, error_model="numpy", fastmath=_row.FAST)
{hands}

{loop}

@_hosted.hosted
def _entry(sheet):
    s = _carray(_row._at(sheet, np.int64), (_hosted.NUMBERS,))
    n = s[_hosted.H_FRAMES]
    v = _carray(_row._at(sheet + 8 * _hosted.NUMBERS, np.float64), ({numbers},))
{body}
    except Exception:  # it reached outside its arrays
        return 1
    return 0
"""
MEMORY = "    state = _carray(_row._at(s[_hosted.H_STATE], np.float64), ({state},))\n"
LOOP = """@_njit(error_model="numpy", fastmath=_row.FAST)
def _through(heard, made, state, v, rate, n):
    for i in range(n):
        made[i] = np.float32({main}({args}))"""
SAMPLE = """    heard = _carray(_row._at(s[_hosted.H_HEARD], np.float32), (n,))
    made = _carray(_row._at(s[_hosted.H_MADE], np.float32), (n,))
    try:
        _through(heard, made, {memory}, v, v[0], n)"""
BLOCK = """    sound = _carray(_row._at(s[_hosted.H_HEARD], np.float32), (s[_hosted.H_INS], n))
    out = _carray(_row._at(s[_hosted.H_MADE], np.float32), (s[_hosted.H_OUTS], n))
    rate = v[0]
    try:
        {main}({args})"""


def module(form: Form) -> str:
    """The text of the module the core will load."""
    names = list(form.controls)
    main = form.word if form.word in form.functions else form.functions[-1]
    head = HEAD.format(word=form.word, state=form.state, block=form.block, main=main, controls=form.controls, given=form.given)

    def passed(name: str) -> str:
        if name in form.controls:
            k = 2 * names.index(name) + 1
            return f"v[{k}] + v[{k + 1}] * {'n' if form.block else 'i'}"
        return name if name in ("sound", "out", "state", "rate") else "np.float64(heard[i])"

    args = ", ".join(map(passed, form.given))
    loop = "" if form.block else LOOP.format(main=main, args=args)
    body = (MEMORY.format(state=form.state) if form.state else "") + (BLOCK if form.block else SAMPLE).format(
        main=main, args=args, memory="state" if form.state else "0"
    )
    hands = "\n".join(f"{f} = _hand({f})" for f in form.functions)
    return head + form.text + TAIL.format(hands=hands, loop=loop, body=body, numbers=1 + 2 * len(names))


def source_of(function: Callable[..., Any]) -> str:
    """The text of a function, with the numbers and functions it uses from around it."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        raise Unwritable(
            f"line 1: the text of {getattr(function, '__name__', function)} cannot be found: give its source as text"
        ) from None
    around, seen = "", {function.__name__}
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        if name in seen or value is None:
            continue
        seen.add(name)
        if isinstance(value, bool | int | float):
            around += f"{name} = {value!r}\n"
        elif isinstance(value, types.ModuleType) and value.__name__ in ALLOWED:
            around += f"import {value.__name__} as {name}\n"
        elif isinstance(value, types.FunctionType):
            around += source_of(value) + "\n"
    return around + text


def folder() -> Path:
    """Where written treatments lie, compiled code beside them."""
    place = cache.home() / "written"
    place.mkdir(parents=True, exist_ok=True)
    return place


def write(source: str | Callable[..., Any], name: str = "") -> Path:
    """Turn a source, or a function, into a module of the cache folder; the same source is the same file."""
    text = source if isinstance(source, str) else source_of(source)
    name = name or ("" if isinstance(source, str) else source.__name__)
    if name and (not name.isidentifier() or keyword.iskeyword(name)):
        raise Unwritable(f"line 1: {name!r} is no word a treatment can have: letters, digits and _")
    form = read(text, name)
    whole = module(form)
    path = folder() / f"{form.word}_{hashlib.sha256(whole.encode()).hexdigest()[:16]}.py"
    for file, content in ((path.with_suffix(".txt"), text), (path, whole)):  # the performer's own text is for the journal
        if not file.exists() or file.read_text() != content:
            fresh = file.with_suffix(f".{os.getpid()}")
            fresh.write_text(content)
            fresh.replace(file)
    return path


def load(path: Path) -> types.ModuleType:
    """The module, compiled or from the disk cache."""
    linecache.checkcache(str(path))
    name = f"written_{Path(path).stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Unwritable(f"line 1: {path} is no written treatment")
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made  # numba looks the module up by its name when it loads compiled code
    spec.loader.exec_module(made)
    return made


def kind(path: Path, share: float = SHARE) -> Kind:
    """The treatment as a kind of the core: falls back to its input when it goes bad, and is watched for its time."""
    from live.core import hosted, row
    from live.core.kinds import Kind, Making

    made = load(path)
    state, block = made._STATE, made._BLOCK

    def prepare(making: Making) -> None:
        watched = int(share * row.CHUNK / making.rate * 1e9)
        making.cells.update({row.KERNEL: made._entry.address, row.SET: state, row.SET + 1: len(made._CONTROLS), row.COST: watched})
        making.held.append(made)

    return Kind(
        made._WORD,
        hosted.each_run if block else hosted.each_sample,
        says="written live",
        inlets=("sound",),
        controls=made._CONTROLS,
        state=lambda making: hosted.room(block, state, max(making.ins, default=1), making.channels),
        prepare=prepare,
        dry=True,
    )


def rehearse(path: Path, rate: int = 48000, seconds: float = 2.0, share: float = SHARE) -> Any:
    """Try a written treatment in another process: see ``live.core.rehearsal``."""
    from live.core.rehearsal import Rehearsal

    with Rehearsal() as room:
        return room.rehearse(path, rate, seconds, share)
