"""Sound devices: which there are, and how to ask for them safely. Opening them: see open.py.

Asked in the core's process or in a short-lived child, never at the desk: an
import of PortAudio can abort the process, and a dead server hangs it.
"""

from __future__ import annotations

import contextlib
import ctypes
import difflib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Device:
    """One device as a listing shows it."""

    name: str
    backend: str  # jack | portaudio | null
    ins: int
    outs: int
    rate: int
    default: bool = False
    api: str = ""
    latency_in: int = 0  # frames
    latency_out: int = 0
    block: int = 0  # frames the device asks for at once, where it alone decides

    @property
    def loop(self) -> int:
        """Frames from our output to our input, the two patched together: a period on JACK, else what the card states.

        What is heard comes later still by the limiter's lookahead (Rig.lookahead).
        """
        return self.block or self.latency_in + self.latency_out


NULL = Device("null", "null", 0, 64, 48000)


class DeviceError(Exception):
    """A device that would not open. One line: which, why, what is there instead."""


# --- asking, in a child -----------------------------------------------------------


def devices(timeout: float = 10.0) -> list[Device]:
    """Every device there is now, the null device last. Asked in a child, which may die of it."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "live.ports.audio"], capture_output=True, timeout=timeout, text=True, stdin=subprocess.DEVNULL
        )
        found = [Device(**line) for line in json.loads(done.stdout.strip().splitlines()[-1])]
    except (subprocess.TimeoutExpired, ValueError, IndexError, OSError):
        found = []
    return [*found, NULL]


_hush = threading.Lock()


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Libraries print to the terminal from C; keep it clean. The whole process is hushed, one at a time, and never for long."""
    with _hush:
        sys.stderr.flush()
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


def quiet_jack() -> Any:
    """The jack module, its chatter gone for good: libjack speaks to a C function that says nothing (it may speak from any thread)."""
    import jack

    if not _QUIET:
        silent = jack._ffi.cast("void(*)(const char*)", ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p).value)
        jack._lib.jack_set_error_function(silent)
        jack._lib.jack_set_info_function(silent)
        _QUIET.append(silent)
    return jack


_QUIET: list[Any] = []


def jack_latency(ports: list[Any], *, capture: bool) -> int:
    """The largest latency of some ports in frames; JACK-Client does not carry this call, libjack does."""
    import jack

    lib = ctypes.CDLL("libjack.so.0")
    span = (ctypes.c_uint32 * 2)()
    worst = 0
    for port in ports:
        where = int(jack._ffi.cast("intptr_t", port._ptr))
        lib.jack_port_get_latency_range(ctypes.c_void_p(where), 0 if capture else 1, ctypes.byref(span))
        worst = max(worst, span[1])
    return worst


def _jack_device() -> Device | None:
    """The JACK server, when one answers."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        client = quiet_jack().Client("antiphon-look", no_start_server=True)
    except Exception:  # whatever libjack makes of an absent server: there is none
        return None
    ins = client.get_ports(is_physical=True, is_output=True, is_audio=True)
    outs = client.get_ports(is_physical=True, is_input=True, is_audio=True)
    latency_in, latency_out = jack_latency(ins, capture=True), jack_latency(outs, capture=False)
    found = Device("jack", "jack", len(ins), len(outs), client.samplerate, True, "libjack", latency_in, latency_out, client.blocksize)
    client.close()
    return found


def jack_answers() -> bool:
    """Whether a JACK server is there now. Quick, and safe when there is none."""
    try:
        quiet_jack().Client("antiphon-look", no_start_server=True).close()
    except Exception:  # whatever libjack makes of an absent server: it does not answer
        return False
    return True


def warm() -> None:
    """Have the libraries in memory before anything is lost: opening then takes milliseconds."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(ImportError, OSError):
            quiet_jack()


def look() -> list[Device]:
    """Every device, asked in this very process."""
    found: list[Device] = []
    with hushed():
        server = _jack_device()
        if server:
            found.append(server)
        try:
            import sounddevice as sd

            default = sd.default.device
            for index, info in enumerate(sd.query_devices()):
                api = sd.query_hostapis(info["hostapi"])["name"]
                block = server.block if server and "JACK" in api else 0
                found.append(
                    Device(
                        info["name"],
                        "portaudio",
                        info["max_input_channels"],
                        info["max_output_channels"],
                        int(info["default_samplerate"]),
                        not server and index in tuple(default),
                        api,
                        round(info["default_low_input_latency"] * info["default_samplerate"]),
                        round(info["default_low_output_latency"] * info["default_samplerate"]),
                        block,
                    )  # fmt: skip
                )
        except (OSError, ImportError):
            pass  # no PortAudio here: the doctor names the package; what was found is the answer
    return found


def pick(name: str, found: list[Device], *, outs: bool) -> Device:
    """The device meant by a name: exactly, else the only one that holds it. DeviceError names the nearest."""
    able = [d for d in found if d.backend == "portaudio" and (d.outs if outs else d.ins)]
    exact = [d for d in able if d.name == name] or [d for d in able if d.name.lower() == name.lower()]
    near = exact or [d for d in able if name.lower() in d.name.lower()]
    if near:
        return min(near, key=lambda d: (not d.default, "JACK" not in d.api))
    names = sorted({d.name for d in able})
    close = difflib.get_close_matches(name.lower(), [n.lower() for n in names], 1, 0.4)
    hint = next((f"Nearest: {n}." for n in names if close and n.lower() == close[0]), f"There is: {', '.join(names) or 'none'}.")
    raise DeviceError(f"there is no {'output' if outs else 'input'} {name!r}. {hint}")


def wait_until(name: str, source: str, parent: int) -> None:
    """Look again and again until both names are there. PortAudio only learns of new devices when it starts afresh."""
    while os.getppid() == parent:
        with hushed():
            import sounddevice as sd

            sd._terminate()
            sd._initialize()
        with contextlib.suppress(DeviceError):
            found = look()
            pick(name, found, outs=True)
            if source:
                pick(source, found, outs=False)
            return
        time.sleep(0.25)


def main(argv: list[str]) -> None:
    """The list as JSON; with --until NAME [SOURCE], only once they are there."""
    if argv[:1] == ["--until"]:
        wait_until(argv[1], argv[2] if len(argv) > 2 else "", os.getppid())
    print(json.dumps([asdict(d) for d in look()]), flush=True)  # noqa: T201 - the answer of the child
    os._exit(0)  # a server that died meanwhile would hold PortAudio's own exit for ever


if __name__ == "__main__":
    main(sys.argv[1:])
