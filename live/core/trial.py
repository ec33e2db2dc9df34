"""Inside the rehearsal room: a written treatment is compiled and plays everything it must survive.

Silence, an impulse, a loud sine and noise, with its controls at rest and in all their corners: what comes
out must be numbers, bounded, in time, and must not depend on how time is cut. See ``rehearsal``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from live.core import written

LOUD = 1000.0  # the guard's own limit
CORNERS = 6  # up to so many controls, all combinations of their ends are tried


@dataclass(frozen=True)
class Verdict:
    """Whether it may sound, and why not in one line."""

    ok: bool
    reason: str = ""
    ns: int = 0  # for 64 frames in stereo, at its slowest
    compiling: float = 0.0  # seconds


class Node:
    """The treatment alone, in stereo, with a row built by hand."""

    def __init__(self, kind: Any, rate: int) -> None:
        import ctypes

        from live.core import row
        from live.core.kinds import Making

        making = Making(rate, 2, (2,), {}, 1)
        self.state = making.state = np.zeros(kind.state(making))
        self.bus, self.out = np.zeros((2, 64), np.float32), np.zeros((2, 64), np.float32)
        self.table, self.slots = np.zeros(2 * row.SLOTS_MAX), np.arange(max(len(kind.controls), 1))
        self.cells = np.zeros(row.WIDTH, np.int64)
        at = row.address
        self.cells[[row.OUT, row.OUTS, row.STATE, row.SLOTS]] = at(self.out), 2, at(self.state), at(self.slots)
        self.cells[[row.CTL, row.RATE, row.INS, row.IN, row.IN + 1, row.WIRED]] = at(self.table), rate, 1, at(self.bus), 2, 1
        kind.prepare(making)
        for cell, value in making.cells.items():
            self.cells[cell] = value
        self.most = row.SLOTS_MAX
        self.call = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(kind.op.address)
        self.t, self.kind = 0, kind
        self.fresh()

    def fresh(self, **controls: float) -> None:
        """As new, with the controls at rest or where they are told."""
        self.state[:] = 0
        self.bus[:] = 0
        for k, (name, control) in enumerate(self.kind.controls.items()):
            self.table[k] = self.table[self.most + k] = controls.get(name, control.rest)

    def play(self, sound: np.ndarray, cut: int = 64) -> tuple[np.ndarray, list[int]]:
        """The sound through the treatment, and the nanoseconds of every run."""
        import time

        made, took = np.empty_like(sound), []
        for i in range(0, sound.shape[1], cut):
            n = min(cut, sound.shape[1] - i)
            self.bus[:, :n] = sound[:, i : i + n]
            began = time.perf_counter_ns()
            self.call(self.cells.ctypes.data, n, self.t)
            took.append(time.perf_counter_ns() - began)
            made[:, i : i + n] = self.out[:, :n]
            self.t += n
        return made, took


def signals(rate: int, frames: int = 1024) -> dict[str, np.ndarray]:
    """What everything must survive, in stereo."""
    both = np.zeros((2, frames), np.float32)
    impulse = both.copy()
    impulse[:, 5] = 1
    sine = np.sin(2 * np.pi * 440 / rate * np.arange(frames), dtype=np.float32) + both
    noise = np.random.default_rng(1).uniform(-1, 1, both.shape).astype(np.float32)
    return {"silence": both, "an impulse": impulse, "a loud sine": sine, "noise": noise}


def corners(controls: dict[str, Any]) -> list[dict[str, float]]:
    """Controls at rest, and at their ends: all combinations of a few, one by one of many."""
    import itertools

    if len(controls) <= CORNERS:
        ends = [dict(zip(controls, c, strict=True)) for c in itertools.product(*[(v.low, v.high) for v in controls.values()])]
    else:
        ends = [{name: end} for name, c in controls.items() for end in (c.low, c.high)]
    return [{}, *(e for e in ends if e)]


def judge(made: Any, kind: Any, rate: int, share: float) -> Verdict:
    """Play it everything, and say what goes wrong first."""
    line = first_line(made)
    node = Node(kind, rate)
    sounds, slowest, budget = signals(rate), 0, share * 64 / rate * 1e9
    for controls in corners(kind.controls):
        told = "" if not controls else " with " + ", ".join(f"{k} {v:g}" for k, v in controls.items())
        for name, sound in sounds.items():
            node.fresh(**controls)
            out, took = node.play(sound)
            if node.state[_hosted().TROUBLES]:
                return Verdict(False, f"{slip(made, sound, rate, controls, kind)}: hearing {name}{told}")
            if not (fine := np.abs(out) <= LOUD).all():
                frame = int(np.argmin(fine.all(axis=0)))
                if np.isfinite(out[:, frame]).all():
                    return Verdict(False, f"line {line}: grows beyond {20 * np.log10(LOUD):.0f} dB over full scale, hearing {name}{told}")
                return Verdict(False, f"line {line}: gives what is not a number, hearing {name}{told} (frame {frame})")
            slowest = max(slowest, int(np.median(took)))
            if slowest > budget:
                why = f"too slow: {slowest / 1000:.0f} us for 64 frames, it may take {budget / 1000:.0f}"
                return Verdict(False, f"line {line}: {why}", slowest)
    node.fresh()
    once, _ = node.play(sounds["noise"])
    node.fresh()
    again, _ = node.play(sounds["noise"], 37)
    note = (
        ""
        if np.allclose(once, again, atol=1e-5)
        else "note: it sounds different when time is cut otherwise; what must last belongs in state"
    )
    return Verdict(True, note, slowest)


def _hosted() -> Any:
    from live.core import hosted

    return hosted


def first_line(made: Any) -> int:
    """Where the function begins, in the performer's own text."""
    return getattr(made, made._MAIN).py_func.__code__.co_firstlineno - made._LINE


def slip(made: Any, sound: np.ndarray, rate: int, controls: dict[str, float], kind: Any) -> str:
    """Which line reached outside: play it in plain Python until it happens again."""
    import traceback

    function = plainly(made)
    at = {name: controls.get(name, c.rest) for name, c in kind.controls.items()} | {"rate": float(rate), "state": np.zeros(made._STATE)}
    try:
        with np.errstate(all="ignore"):
            if made._BLOCK:
                for i in range(0, sound.shape[1], 64):
                    at |= {"sound": sound[:, i : i + 64], "out": np.zeros((2, 64), np.float32)}
                    function(*[at[name] for name in made._GIVEN])
            else:
                for x in sound[0].tolist():
                    function(*[at.get(name, x) for name in made._GIVEN])
    except (IndexError, ValueError, ZeroDivisionError, OverflowError, KeyError) as wrong:
        frames = [f.lineno for f in traceback.extract_tb(wrong.__traceback__) if f.filename == made.__file__ and f.lineno]
        return f"line {frames[-1] - made._LINE if frames else first_line(made)}: {wrong}"
    return f"line {first_line(made)}: reaches outside its arrays"


def plainly(made: Any) -> Callable[..., Any]:
    """The function as Python, its helpers too."""
    import types

    plain = dict(vars(made))
    for name, value in vars(made).items():
        if hasattr(value, "py_func"):
            plain[name] = types.FunctionType(value.py_func.__code__, plain, name)
    return plain[made._MAIN]


def allocates(made: Any) -> int:
    """The line that makes new arrays, or 0: nothing may ask for memory while it sounds."""
    import ast
    import re
    import warnings

    with warnings.catch_warnings(record=True) as cached:
        warnings.simplefilter("always")
        code = made._entry._library.get_asm_str()
    if cached or not re.search(r"NRT_MemInfo_(\w*alloc|new)|NRT_(Rea|A)llocate", code):
        return 0
    for node in ast.walk(ast.parse(Path(made.__file__).read_text())):
        sliced = [t for t in getattr(node, "targets", []) if isinstance(t, ast.Subscript) and ast.unparse(t).count(":")]
        if sliced and node.lineno > made._LINE:
            return node.lineno - made._LINE
    return first_line(made)


def try_out(path: Path, rate: int, share: float, say: Callable[[dict[str, Any]], None]) -> Verdict:
    """Compile, then judge."""
    import time

    from live.core.complaint import plain

    began = time.perf_counter()
    try:
        made = written.load(path)
    except Exception as wrong:  # noqa: BLE001 - compilers complain in many ways
        return Verdict(False, plain(wrong, path))
    seconds = round(time.perf_counter() - began, 3)
    if line := allocates(made):
        spoiled(made)
        return Verdict(False, f"line {line}: asks for memory while sounding: go through channels and frames in loops, keep things in state")
    say({"line": first_line(made)})
    verdict = judge(made, written.kind(path, share), rate, share)
    return Verdict(**(asdict(verdict) | {"compiling": seconds}))


def spoiled(made: Any) -> None:
    """Forget its compiled code, so that it is looked at again next time."""
    index = Path(made._entry._cache.cache_path)
    for file in index.glob(f"{Path(made.__file__).stem}.*"):
        file.unlink(missing_ok=True)


def main() -> None:
    """Warm up, then try out what comes in, a line of JSON each."""
    speak = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else prints goes where errors go

    def say(what: dict[str, Any]) -> None:
        speak.write(json.dumps(what) + "\n")
        speak.flush()

    from numba import njit

    njit(boundscheck=True, error_model="numpy")(lambda x, s: s[0] * x).compile("float64(float64, float64[::1])")
    _hosted()
    say({"warm": True})
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            verdict = try_out(Path(asked["path"]), asked["rate"], asked["share"], say)
        except Exception as wrong:  # noqa: BLE001 - the room must answer whatever happens
            verdict = Verdict(False, f"line 1: {type(wrong).__name__}: {str(wrong).splitlines()[0] if str(wrong) else ''}")
        say({"verdict": asdict(verdict)})


if __name__ == "__main__":
    main()
