"""Sound devices: libjack, PortAudio, and none. The only file that imports their libraries.

Opened in the core's process or in a short-lived child, never at the desk: an
import of PortAudio can abort the process, and a dead server hangs it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


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


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Libraries print to the terminal from C; keep it clean."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


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
        import jack

        client = jack.Client("antiphon-look", no_start_server=True)
    except Exception:
        return None
    ins = client.get_ports(is_physical=True, is_output=True, is_audio=True)
    outs = client.get_ports(is_physical=True, is_input=True, is_audio=True)
    latency_in, latency_out = jack_latency(ins, capture=True), jack_latency(outs, capture=False)
    found = Device("jack", "jack", len(ins), len(outs), client.samplerate, True, "libjack", latency_in, latency_out)
    client.close()
    return found


def jack_answers() -> bool:
    """Whether a JACK server is there now. Quick, and safe when there is none."""
    try:
        import jack

        with hushed():
            jack.Client("antiphon-look", no_start_server=True).close()
    except Exception:  # whatever libjack makes of an absent server: it does not answer
        return False
    return True


def warm() -> None:
    """Have the libraries in memory before anything is lost: opening then takes milliseconds."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(ImportError, OSError):
            import jack  # noqa: F401


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
                found.append(
                    Device(
                        info["name"], "portaudio", info["max_input_channels"], info["max_output_channels"],
                        int(info["default_samplerate"]), not server and index in tuple(default), api,
                        round(info["default_low_input_latency"] * info["default_samplerate"]),
                        round(info["default_low_output_latency"] * info["default_samplerate"]),
                    )  # fmt: skip
                )
        except (OSError, ImportError):
            pass  # no PortAudio here: the doctor names the package; what was found is the answer
    return found


# --- opening, in the core ----------------------------------------------------------


class Port:
    """An open device. ``cells`` is what its callback is given."""

    name = "null"
    backend = "null"
    lost_by_itself = False  # whether a dead device is noticed here (else the watcher's stall clock does)

    def __init__(self, stand: Any, block: int) -> None:
        from live.core import callback as c
        from live.core import row as r

        self.stand, self.block = stand, block
        self.cells = np.zeros(c.PORT, np.int64)
        self.heard = np.zeros((max(stand.ins, 1), c.BLOCK_MAX), np.float32)
        self.played = np.zeros((stand.outs, c.BLOCK_MAX), np.float32)
        self.heard += 0
        self.played += 0
        self.cells[c.P_STAND], self.cells[c.P_INS], self.cells[c.P_OUTS] = stand.address, stand.ins, stand.outs
        self.cells[c.P_HEARD], self.cells[c.P_PLAYED] = r.address(self.heard), r.address(self.played)
        self.cells[c.P_BLOCK], self.cells[c.P_RENDER] = block, c.render.address
        self.address = r.address(self.cells)

    @property
    def lost(self) -> bool:
        """Whether the device has said that it is gone."""
        from live.core import callback as c

        return bool(self.cells[c.P_LOST])

    def close(self) -> None:
        """Stop calling."""


class NullPort(Port):
    """No card: a thread keeps real time, meters move, takes are recorded."""

    def __init__(self, stand: Any, block: int) -> None:
        from live.core import callback as c

        super().__init__(stand, block)
        if sys.platform == "win32":
            self.cells[c.P_SLEEP] = ctypes.cast(ctypes.windll.kernel32.Sleep, ctypes.c_void_p).value
            self.cells[c.P_SLEEP_MODE] = 1
        else:
            self.cells[c.P_SLEEP] = ctypes.cast(ctypes.CDLL(None).nanosleep, ctypes.c_void_p).value
        self._run = ctypes.CFUNCTYPE(None, ctypes.c_int64)(c.null_device.address)
        self._thread = threading.Thread(target=self._loop, name="null device", daemon=True)
        self._thread.start()

    def _loop(self) -> None:
        from live.core import machine as m  # noqa: F401 - loaded before the loop takes the thread

        with contextlib.suppress(OSError, PermissionError, AttributeError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))  # politely; the doctor reports when refused
        self._run(self.address)

    def close(self) -> None:
        from live.core import callback as c

        self.cells[c.P_STOP] = self.cells[c.P_STOP] or 1
        self._thread.join(2.0)


class JackPort(Port):
    """libjack: midi at the very sample, a dead server reported in milliseconds, opened again in place."""

    backend = "jack"
    lost_by_itself = True

    def __init__(self, stand: Any, block: int, name: str = "antiphon", *, midi: bool = True, connect: bool = True) -> None:
        import jack

        from live.core import callback as c
        from live.core import row as r

        super().__init__(stand, block)
        self.name = "jack"
        lib, ffi = jack._lib, jack._ffi
        try:
            with hushed():
                self.client = jack.Client(name, no_start_server=True)
        except Exception as trouble:
            raise DeviceError(f"no JACK server answers ({type(trouble).__name__}); start jackd, or play on null") from trouble
        if self.client.samplerate != stand.rate:
            rate = self.client.samplerate
            self.client.close()
            raise DeviceError(f"the JACK server runs at {rate} Hz, the core at {stand.rate} Hz; the server's rate cannot be chosen from here")

        def fn(which: Any) -> int:
            return int(ffi.cast("intptr_t", which))

        self.ins = [self.client.inports.register(f"in_{k + 1}") for k in range(stand.ins)]
        self.outs = [self.client.outports.register(f"out_{k + 1}") for k in range(stand.outs)]
        self._in = np.array([fn(p._ptr) for p in self.ins] or [0], np.int64)
        self._out = np.array([fn(p._ptr) for p in self.outs], np.int64)
        self._knobs = np.tile(np.arange(128, dtype=np.int32), 16)
        self._event = np.zeros(4, np.int64)
        self.cells[c.P_GET_BUFFER] = fn(lib.jack_port_get_buffer)
        self.cells[c.P_IN_PORTS], self.cells[c.P_OUT_PORTS] = r.address(self._in), r.address(self._out)
        self.cells[c.P_KNOBS], self.cells[c.P_MIDI_EVENT] = r.address(self._knobs), r.address(self._event)
        if midi:
            port = self.client.midi_inports.register("knobs")
            self.cells[c.P_MIDI_COUNT] = fn(lib.jack_midi_get_event_count)
            self.cells[c.P_MIDI_GET] = fn(lib.jack_midi_event_get)
            self.cells[c.P_MIDI] = fn(port._ptr)
        argument = ffi.cast("void*", self.address)
        lib.jack_set_process_callback(self.client._ptr, ffi.cast("JackProcessCallback", c.jack_process.address), argument)
        lib.jack_set_xrun_callback(self.client._ptr, ffi.cast("JackXRunCallback", c.jack_xrun.address), argument)
        lib.jack_on_info_shutdown(self.client._ptr, ffi.cast("JackInfoShutdownCallback", c.jack_gone.address), argument)
        self.block = self.client.blocksize
        self.client.activate()
        if connect:
            self.connect()
        self.latency = self._latency()

    def connect(self) -> None:
        """Patch to the card's own ports, one to one."""
        import jack

        ours = [(p, q) for p, q in zip(self.client.get_ports(is_physical=True, is_output=True, is_audio=True), self.ins, strict=False)]
        ours += [(q, p) for p, q in zip(self.client.get_ports(is_physical=True, is_input=True, is_audio=True), self.outs, strict=False)]
        for a, b in ours:
            with contextlib.suppress(jack.JackError):
                self.client.connect(a, b)

    def _latency(self) -> tuple[int, int]:
        return jack_latency(self.ins, capture=True), jack_latency(self.outs, capture=False)

    def close(self) -> None:
        from live.core import callback as c

        self.cells[c.P_STOP] = 1
        with hushed(), contextlib.suppress(Exception):
            self.client.close(ignore_errors=True)


class PortAudioPort(Port):
    """PortAudio through sounddevice's stream base: CoreAudio, WASAPI, ALSA, JACK. Input and output may be two devices."""

    backend = "portaudio"

    def __init__(self, stand: Any, block: int, output: str | int, source: str | int | None = None, source_rate: int = 0) -> None:
        import sounddevice as sd

        from live.core import callback as c
        from live.core import edge
        from live.core import row as r

        super().__init__(stand, block)
        info = sd.query_devices(output)
        self.name = info["name"]
        api = sd.query_hostapis(info["hostapi"])["name"]
        size = 0 if "JACK" in api else block
        common: dict[str, Any] = {"samplerate": stand.rate, "blocksize": size, "dtype": "float32", "latency": "low"}
        ffi, pointer = sd._ffi, "PaStreamCallback *"
        process = ffi.cast(pointer, c.portaudio_process.address)
        argument = ffi.cast("void*", self.address)
        together = stand.ins > 0 and source in (None, output) and info["max_input_channels"] >= stand.ins
        raw: dict[str, Any] = {**common, "wrap_callback": None, "userdata": argument}
        self.streams = []
        try:
            with hushed():
                if together:
                    both = dict(raw, device=(output, output), channels=(stand.ins, stand.outs), callback=process)
                    self.streams.append(_stream(sd, "duplex", both))
                else:
                    if stand.ins:
                        rate = source_rate or int(sd.query_devices(source, "input")["default_samplerate"])
                        self._edge = edge.make(stand.ins, rate / stand.rate, max(3 * block, rate // 100))
                        self.cells[c.P_EDGE] = r.address(self._edge)
                        hear = ffi.cast(pointer, c.portaudio_hear.address)
                        apart = dict(raw, samplerate=rate, device=source, channels=stand.ins, callback=hear)
                        self.streams.append(_stream(sd, "input", apart))
                    self.streams.append(_stream(sd, "output", dict(raw, device=output, channels=stand.outs, callback=process)))
                for stream in self.streams:
                    stream.start()
        except sd.PortAudioError as trouble:
            raise DeviceError(f"{self.name} would not open: {str(trouble).splitlines()[0]}") from trouble
        main = self.streams[-1].latency
        last = main if isinstance(main, float) else main[1]
        first = self.streams[0].latency
        self.latency = (round((first if isinstance(first, float) else first[0]) * stand.rate), round(last * stand.rate))

    def close(self) -> None:
        """Nothing: closing a stream of a dead server hangs for ever. The process goes instead."""


def _stream(sd: Any, kind: str, how: dict[str, Any]) -> Any:
    return sd._StreamBase(kind=kind, **how)


if __name__ == "__main__":
    print(json.dumps([asdict(d) for d in look()]))  # noqa: T201 - the answer of the child
