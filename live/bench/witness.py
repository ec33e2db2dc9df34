"""The witness: JACK clients with nothing inside, which know at every sample what they should hear.

It plays a clock into whatever is tested and writes down what comes back, with
the server's frame and the time of every cycle. Beside it runs the *null*: a
client that only copies. What the null loses is the machine's own floor.

    send -> tested -> hear          send -> null -> hear          send -> hear

The callbacks are C where a C compiler is there and numba where not; Python
only sleeps meanwhile. Run as a process: ``python -m live.bench.witness SPEC``.
"""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numba as nb
import numpy as np
from numba import cfunc, njit, types

from live.core.memory import Map, Regions
from live.core.row import _at, words

CODE = 1 << 20  # the clock turns over after this many frames (22 s)
SCALE = 1 << 22  # so the clock stays below a quarter of full scale, where no limiter touches it; its sign turns every 8 frames
APART = 131071  # frames between the clocks of neighbouring channels

(CLIENT, PORTS, IN), OUT, GET_BUFFER = range(3), 10, 18
LAST_FRAME, GET_TIME, LOG, LOG_ROOM, LOG_COUNT, SOUND, ROOM, HEARD, OPEN = range(19, 28)
MIDI_CLEAR, MIDI_WRITE, CUES, CUES_COUNT, CUES_DONE = range(28, 33)
CELLS = 40
ROLES = ("send", "steady", "copy", "hear", "knob")
STEADY = 0.25  # how loud a steady sender is: eight frames up, eight down: no direct current


def regions(role: str, ports: int, seconds: float, rate: int, block: int, cues: int = 0) -> Regions:
    """What one client writes down: cycles (frame, n, microseconds, samples before), sound, and its MIDI cues."""
    cycles = int((seconds + 5) * rate / block) + 64
    frames = int((seconds + 5) * rate) if role == "hear" else 1
    return {
        "cells": (np.int64, (CELLS,)),
        "log": (np.int64, (cycles, 4)),
        "sound": (np.float32, (max(ports, 1), frames)),
        "cues": (np.int64, (max(cues, 1), 4)),  # frame wanted, controller, value, frame sent (-1: not yet)
    }


# --- compiled by gcc -----------------------------------------------------------------


def from_c(folder: Path) -> dict[str, int] | None:
    """Addresses of the callbacks in C, or None where there is no compiler."""
    gcc = shutil.which("gcc") or shutil.which("cc")
    if not gcc:
        return None
    made = folder / "witness.so"
    run = subprocess.run([gcc, "-O2", "-shared", "-fPIC", "-o", str(made), str(Path(__file__).with_suffix(".c"))], capture_output=True)
    if run.returncode:
        return None
    library = ctypes.CDLL(str(made))
    return {role: ctypes.cast(getattr(library, role), ctypes.c_void_p).value or 0 for role in ROLES}


# --- or by numba ---------------------------------------------------------------------


def _caller(n_args: int) -> Any:
    """An intrinsic that calls the C function at an address with n words."""
    import llvmlite.ir as ir
    from numba.extending import intrinsic

    names = ", ".join(f"a{i}" for i in range(n_args))

    def make(typingctx: Any, fn: Any, args: tuple[Any, ...]) -> Any:
        sig = types.int64(types.int64, *args)

        def build(context: Any, builder: Any, sig: Any, values: Any) -> Any:
            word = ir.IntType(64)
            kind = ir.FunctionType(word, [word] * n_args)
            return builder.call(builder.inttoptr(values[0], kind.as_pointer()), values[1:])

        return sig, build

    space: dict[str, Any] = {"make": make}
    exec(f"def call(typingctx, fn, {names}): return make(typingctx, fn, ({names},))", space)  # noqa: S102 - intrinsics need fixed arguments
    return intrinsic(space["call"])


call_1, call_2, call_4 = _caller(1), _caller(2), _caller(4)
PROCESS = types.int32(types.uint32, types.int64)


def from_numba() -> dict[str, int]:
    """Addresses of the callbacks compiled by numba."""
    f32 = nb.float32

    @njit(inline="always")
    def sound_at(address: int, n: int) -> Any:
        return nb.carray(_at(address, f32), (n,))

    @njit(inline="always")
    def note_cycle(c: Any, frame: int, n: int) -> None:
        if c[OPEN] and c[LOG_COUNT] < c[LOG_ROOM]:
            row = words(c[LOG] + 32 * c[LOG_COUNT], 4)
            row[0], row[1], row[2], row[3] = frame, n, call_1(c[GET_TIME], 0), c[HEARD]
            c[LOG_COUNT] += 1

    def send(frames, arg):  # noqa: ANN001, ANN202
        c, n = words(arg, CELLS), np.int64(frames)
        t = call_1(c[LAST_FRAME], c[CLIENT]) & 0xFFFFFFFF
        for k in range(c[PORTS]):
            out = sound_at(call_2(c[GET_BUFFER], c[OUT + k], n), n)
            for i in range(n):
                x = f32((t + i + k * APART) & (CODE - 1)) / f32(SCALE)
                out[i] = -x if ((t + i) >> 3) & 1 else x
        note_cycle(c, t, n)
        return 0

    def steady(frames, arg):  # noqa: ANN001, ANN202
        c, n = words(arg, CELLS), np.int64(frames)
        t = call_1(c[LAST_FRAME], c[CLIENT]) & 0xFFFFFFFF
        for k in range(c[PORTS]):
            out = sound_at(call_2(c[GET_BUFFER], c[OUT + k], n), n)
            for i in range(n):
                out[i] = f32(-STEADY) if ((t + i) >> 3) & 1 else f32(STEADY)
        return 0

    def copy(frames, arg):  # noqa: ANN001, ANN202
        c, n = words(arg, CELLS), np.int64(frames)
        for k in range(c[PORTS]):
            come = sound_at(call_2(c[GET_BUFFER], c[IN + k], n), n)
            go = sound_at(call_2(c[GET_BUFFER], c[OUT + k], n), n)
            for i in range(n):
                go[i] = come[i]
        return 0

    def hear(frames, arg):  # noqa: ANN001, ANN202
        c, n = words(arg, CELLS), np.int64(frames)
        t, at = call_1(c[LAST_FRAME], c[CLIENT]) & 0xFFFFFFFF, c[HEARD]
        note_cycle(c, t, n)
        if not c[OPEN] or at + n > c[ROOM]:
            return 0
        for k in range(c[PORTS]):
            come = sound_at(call_2(c[GET_BUFFER], c[IN + k], n), n)
            keep = sound_at(c[SOUND] + 4 * (k * c[ROOM] + at), n)
            for i in range(n):
                keep[i] = come[i]
        c[HEARD] = at + n
        return 0

    def knob(frames, arg):  # noqa: ANN001, ANN202
        c, n = words(arg, CELLS), np.int64(frames)
        t = call_1(c[LAST_FRAME], c[CLIENT]) & 0xFFFFFFFF
        out = call_2(c[GET_BUFFER], c[OUT], n)
        call_1(c[MIDI_CLEAR], out)
        if not c[OPEN]:
            return 0
        data = nb.carray(_at(c[SOUND], nb.uint8), (3,))  # a knob keeps no sound: its place serves as scratch
        while c[CUES_DONE] < c[CUES_COUNT]:
            cue = words(c[CUES] + 32 * c[CUES_DONE], 4)
            if cue[0] >= t + n:
                break
            at = max(cue[0] - t, 0)
            data[0], data[1], data[2] = 0xB0, cue[1], cue[2]
            if call_4(c[MIDI_WRITE], out, at, c[SOUND], 3) & 0xFFFFFFFF:
                break
            cue[3] = t + at
            c[CUES_DONE] += 1
        return 0

    made = {f.__name__: cfunc(PROCESS)(f) for f in (send, steady, copy, hear, knob)}
    _KEPT.extend(made.values())
    return {role: f.address for role, f in made.items()}


_KEPT: list[Any] = []  # machine code must outlive the clients that run it


# --- the process -----------------------------------------------------------------------


def open_client(name: str, role: str, ports: int, page: Map, code: Mapping[str, int], server: str) -> Any:
    """One JACK client whose callback is the compiled role; not yet activated."""
    import jack

    lib, ffi = jack._lib, jack._ffi

    def where(function: str) -> int:
        return ctypes.cast(getattr(ctypes.CDLL(jack._libname), function), ctypes.c_void_p).value or 0

    client = jack.Client(name, use_exact_name=True, no_start_server=True, servername=server)
    c = page.cells
    c[CLIENT] = int(ffi.cast("intptr_t", client._ptr))
    c[PORTS] = ports
    for cell, function in (
        (GET_BUFFER, "jack_port_get_buffer"), (LAST_FRAME, "jack_last_frame_time"), (GET_TIME, "jack_get_time"),
        (MIDI_CLEAR, "jack_midi_clear_buffer"), (MIDI_WRITE, "jack_midi_event_write"),
    ):  # fmt: skip
        c[cell] = where(function)
    c[LOG], c[LOG_ROOM], c[LOG_COUNT] = page.log.ctypes.data, len(page.log), 0
    c[SOUND], c[ROOM], c[HEARD] = page.sound.ctypes.data, page.sound.shape[1], 0
    c[CUES], c[CUES_COUNT], c[CUES_DONE] = page.cues.ctypes.data, len(page.cues), 0
    for k in range(ports):
        if role in ("copy", "hear"):
            c[IN + k] = int(ffi.cast("intptr_t", client.inports.register(f"in_{k + 1}")._ptr))
        if role in ("send", "steady", "copy"):
            c[OUT + k] = int(ffi.cast("intptr_t", client.outports.register(f"out_{k + 1}")._ptr))
    if role == "knob":
        c[OUT] = int(ffi.cast("intptr_t", client.midi_outports.register("out_1")._ptr))
    callback = ffi.cast("JackProcessCallback", code[role])
    if lib.jack_set_process_callback(client._ptr, callback, ffi.cast("void *", c.ctypes.data)):
        raise RuntimeError(f"JACK took no callback for the witness's client {name!r}; start the bench again")
    page.touch()
    return client


def _serve(spec: dict[str, Any]) -> None:
    """Open all clients of a spec, say ready, and obey: open, close, quit, one word a line."""
    folder = Path(tempfile.mkdtemp(prefix="antiphon-witness-"))
    try:
        code = None if spec.get("numba") else from_c(folder)
        by = "C" if code else "numba"
        code = code or from_numba()
        pages, clients = [], []
        for one in spec["clients"]:
            page = Map(
                Path(one["map"]), regions(one["role"], one["ports"], spec["seconds"], spec["rate"], spec["block"], one.get("cues", 0))
            )
            clients.append(open_client(one["name"], one["role"], one["ports"], page, code, spec["server"]))
            pages.append(page)
        for client in clients:
            client.activate()
        print(json.dumps({"ready": by, "rate": clients[0].samplerate, "block": clients[0].blocksize}), flush=True)  # noqa: T201
        for line in sys.stdin:
            word = line.strip()
            if word in ("open", "close"):
                for page in pages:
                    page.cells[OPEN] = int(word == "open")
                print(json.dumps({"frame": clients[0].frame_time}), flush=True)  # noqa: T201
            elif word == "quit":
                break
        for client in clients:
            client.deactivate()
            client.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Witness:
    """The witness's process as seen from the bench: open it, let it write, read what it heard."""

    def __init__(self, server: str, block: int, seconds: float, *, ports: int = 2, roles: Mapping[str, tuple[str, int]] | None = None,
                 cues: Mapping[str, np.ndarray] | None = None, rate: int = 48000, use_numba: bool = False) -> None:  # fmt: skip
        self.rate, self.block, self.ports = rate, block, ports
        self.folder = Path(tempfile.mkdtemp(prefix="antiphon-bench-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        roles = roles or {
            "send": ("send", ports),
            "null": ("copy", 1),
            "hear": ("hear", ports),
            "hear_null": ("hear", 1),
            "hear_direct": ("hear", 1),
        }
        self.pages: dict[str, Map] = {}
        listed = []
        for name, (role, n) in roles.items():
            given = (cues or {}).get(name)
            many = 0 if given is None else len(given)
            page = Map(self.folder / f"{name}.map", regions(role, n, seconds, rate, block, many), create=True)
            if given is not None:
                page.cues[:] = given
            self.pages[name] = page
            listed.append({"name": name, "role": role, "ports": n, "map": str(page.path), "cues": many})
        spec = {"server": server, "block": block, "rate": rate, "seconds": seconds, "numba": use_numba, "clients": listed}
        path = self.folder / "spec.json"
        path.write_text(json.dumps(spec))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "live.bench.witness", str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.by = str(self._answer().get("ready", "nothing"))

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line.startswith("{"):
            raise RuntimeError("the witness did not start: is the JACK server there, and no other client named send, null or hear on it?")
        return json.loads(line)

    def say(self, word: str) -> dict[str, Any]:
        """Open or close the book; the answer holds the server's frame."""
        assert self.process.stdin is not None  # noqa: S101 - opened with a pipe, above
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self._answer()

    def heard(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Cycles (frame, n, microseconds, samples before) and sound (channels, frames) of one listener."""
        page = self.pages[name]
        return page.log[: page.cells[LOG_COUNT]].copy(), page.sound[:, : page.cells[HEARD]].copy()

    def cues(self, name: str) -> np.ndarray:
        """What a knob wanted and what it sent."""
        return self.pages[name].cues.copy()

    def close(self) -> None:
        """End the process and remove its files."""
        if self.process.poll() is None and self.process.stdin:
            self.process.stdin.write("quit\n")
            self.process.stdin.flush()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for page in self.pages.values():
            page.unlink()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Witness:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def wait_for(what: Callable[[], bool], seconds: float, else_say: str) -> None:
    """Poll until something is so, or say what did not come."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            raise TimeoutError(else_say)
        time.sleep(0.02)


if __name__ == "__main__":
    _serve(json.loads(Path(sys.argv[1]).read_text()))
