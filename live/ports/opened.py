"""Open devices: libjack, PortAudio, and the null device that keeps real time without a card.

A port may be open, connected and called by its driver long before it plays:
the stand's turn says which one does. So a device that comes back is made
ready while null plays on, and takes over between two blocks.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
import time
from typing import Any

import numpy as np

from live.core import callback as c
from live.core import edge
from live.core import row as r
from live.core.layout import HANDS
from live.ports.audio import Device, DeviceError, hushed, jack_latency, look, pick, quiet_jack

Patch = list[tuple[str, str]]
"""Connections as (source, target) names; ``@`` stands for our own client."""


class Stuck(Exception):
    """A port does not leave its turn: its thread hangs inside the graph, and only a new process helps."""


class Port:
    """An open device. ``cells`` is what its callback is given."""

    name = "null"
    backend = "null"
    ins = outs = 0  # channels the card itself has
    latency = (0, 0)  # frames, in and out
    notes: tuple[str, ...] = ()  # what the performer should know of it

    def __init__(self, stand: Any, block: int) -> None:
        self.stand, self.block = stand, block
        self.cells = np.zeros(c.PORT, np.int64)
        self.heard = np.zeros((max(stand.ins, 1), c.BLOCK_MAX), np.float32)
        self.played = np.zeros((stand.outs, c.BLOCK_MAX), np.float32)
        self.heard += 0
        self.played += 0  # every page is there before the first block
        self.cells[c.P_STAND], self.cells[c.P_INS], self.cells[c.P_OUTS] = stand.address, stand.ins, stand.outs
        self.cells[c.P_HEARD], self.cells[c.P_PLAYED] = r.address(self.heard), r.address(self.played)
        self.cells[c.P_BLOCK], self.cells[c.P_RENDER] = block, c.render.address
        self.cells[c.P_TURN] = r.address(stand.turn)
        self.address = r.address(self.cells)

    @property
    def lost(self) -> bool:
        """Whether the device has said that it is gone."""
        return bool(self.cells[c.P_LOST])

    def take(self, before: Port | None, patience: float = 0.5) -> None:
        """Play from now on, in place of another; not before that one has left the graph."""
        self.stand.turn[0] = self.address
        if before is not None:
            until = time.monotonic() + patience
            time.sleep(0.0002)
            while before.cells[c.P_BUSY]:
                if time.monotonic() > until:
                    raise Stuck(f"{before.name} hangs inside the sound")
                time.sleep(0.0002)
        self.play()

    def play(self) -> None:
        """It is this port's turn."""

    def close(self) -> None:
        """Let go of the device. May take long when its server is dead: call it where nobody waits."""


class NullPort(Port):
    """No card: a thread keeps real time, meters move, takes are recorded."""

    def __init__(self, stand: Any, block: int) -> None:
        super().__init__(stand, block)
        if sys.platform == "win32":
            self.cells[c.P_SLEEP] = ctypes.cast(ctypes.windll.kernel32.Sleep, ctypes.c_void_p).value
            self.cells[c.P_SLEEP_MODE] = 1
        else:
            self.cells[c.P_SLEEP] = ctypes.cast(ctypes.CDLL(None).nanosleep, ctypes.c_void_p).value
        self._run = ctypes.CFUNCTYPE(None, ctypes.c_int64)(c.null_device.address)
        self._go = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="null device", daemon=True)
        self._thread.start()

    def _loop(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))  # politely; what came of it stands in core.map
        self._go.wait()
        self._run(self.address)

    def play(self) -> None:
        self._go.set()

    def close(self) -> None:
        self.cells[c.P_STOP] = self.cells[c.P_STOP] or 1
        self._go.set()
        self._thread.join(2.0)


class JackPort(Port):
    """libjack: midi at the very sample, a dead server reported in milliseconds, opened again in place."""

    backend = "jack"
    name = "jack"

    def __init__(
        self, stand: Any, block: int, name: str = "antiphon", *, midi: bool = True, connect: bool = True, patch: Patch | None = None
    ) -> None:
        super().__init__(stand, block)
        try:
            jack = quiet_jack()
            self.client = self._client(jack, name)
        except Exception as trouble:
            raise DeviceError(f"no JACK server answers ({type(trouble).__name__}); start jackd, or play on null") from trouble
        if self.client.samplerate != stand.rate:
            rate = self.client.samplerate
            self.client.close()
            raise DeviceError(f"the JACK server runs at {rate} Hz, this session at {stand.rate} Hz; start jackd with -r {stand.rate}")
        lib, ffi = jack._lib, jack._ffi

        def fn(which: Any) -> int:
            return int(ffi.cast("intptr_t", which))

        self.in_ports = [self.client.inports.register(f"in_{k + 1}") for k in range(stand.ins)]
        self.out_ports = [self.client.outports.register(f"out_{k + 1}") for k in range(stand.outs)]
        self._in = np.array([fn(p._ptr) for p in self.in_ports] or [0], np.int64)
        self._out = np.array([fn(p._ptr) for p in self.out_ports], np.int64)
        self._midi = np.zeros(c.MIDI, np.int64)
        self.cells[c.P_GET_BUFFER] = fn(lib.jack_port_get_buffer)
        self.cells[c.P_IN_PORTS], self.cells[c.P_OUT_PORTS] = r.address(self._in), r.address(self._out)
        if midi:
            for k in range(HANDS):
                self._midi[c.I_INS + k] = fn(self.client.midi_inports.register(f"midi_in_{k + 1}")._ptr)
                self._midi[c.I_OUTS + k] = fn(self.client.midi_outports.register(f"midi_out_{k + 1}")._ptr)
            self.cells[c.P_MIDI_COUNT] = fn(lib.jack_midi_get_event_count)
            self.cells[c.P_MIDI_GET] = fn(lib.jack_midi_event_get)
            self.cells[c.P_MIDI_CLEAR] = fn(lib.jack_midi_clear_buffer)
            self.cells[c.P_MIDI_PUT] = fn(lib.jack_midi_event_write)
            self.cells[c.P_MIDI_JOINED] = fn(lib.jack_port_connected)
            self.cells[c.P_MIDI] = r.address(self._midi)
        argument = ffi.cast("void*", self.address)
        lib.jack_set_process_callback(self.client._ptr, ffi.cast("JackProcessCallback", c.jack_process.address), argument)
        lib.jack_set_xrun_callback(self.client._ptr, ffi.cast("JackXRunCallback", c.jack_xrun.address), argument)
        lib.jack_on_info_shutdown(self.client._ptr, ffi.cast("JackInfoShutdownCallback", c.jack_gone.address), argument)
        self.block = self.client.blocksize
        self.client.activate()
        self._connect(patch, connect)
        self.latency = (jack_latency(self.in_ports, capture=True), jack_latency(self.out_ports, capture=False))

    @staticmethod
    def _client(jack: Any, name: str, patience: float = 0.15) -> Any:
        """Our own name, unless another still holds it: a killed core's client lingers a few milliseconds."""
        until = time.monotonic() + patience
        while True:
            try:
                return jack.Client(name, use_exact_name=True, no_start_server=True)
            except jack.JackOpenError as trouble:
                if not getattr(trouble.status, "name_not_unique", False) and time.monotonic() > until - patience + 0.03:
                    raise
                if time.monotonic() > until:
                    return jack.Client(name, no_start_server=True)
            time.sleep(0.01)

    def _connect(self, patch: Patch | None, connect: bool) -> None:
        """Patch as it was; else to the card's own ports, one to one."""
        plays = self.client.get_ports(is_physical=True, is_input=True, is_audio=True)
        hears = self.client.get_ports(is_physical=True, is_output=True, is_audio=True)
        self.ins, self.outs = len(hears), len(plays)
        for have, want, what in ((self.outs, len(self.out_ports), "outputs"), (self.ins, len(self.in_ports), "inputs")):
            if 0 < have < want:
                self.notes += (f"the JACK server has {have} {what}, this session {want}: the others are there to be patched by hand",)
        if patch is None:
            pairs = [(p.name, q.name) for p, q in zip(hears, self.in_ports, strict=False)] if connect else []
            pairs += [(q.name, p.name) for p, q in zip(plays, self.out_ports, strict=False)] if connect else []
        else:
            mine = self.client.name + ":"
            pairs = [(a.replace("@:", mine, 1) if a[:2] == "@:" else a, b.replace("@:", mine, 1) if b[:2] == "@:" else b) for a, b in patch]
        for a, b in pairs:
            with contextlib.suppress(Exception):  # a partner who is not there (yet) is no reason to stay silent
                self.client.connect(a, b)

    def patch(self) -> Patch:
        """How it is connected now."""
        mine = self.client.name + ":"

        def short(name: str) -> str:
            return "@:" + name.removeprefix(mine) if name.startswith(mine) else name

        pairs = {(p.name, q.name) for q in self.in_ports for p in self.client.get_all_connections(q)}
        pairs |= {(q.name, p.name) for q in self.out_ports for p in self.client.get_all_connections(q)}
        pairs |= {(p.name, q.name) for q in self.client.midi_inports for p in self.client.get_all_connections(q)}
        pairs |= {(q.name, p.name) for q in self.client.midi_outports for p in self.client.get_all_connections(q)}
        return sorted((short(a), short(b)) for a, b in pairs)

    def close(self) -> None:
        self.cells[c.P_STOP] = 1
        with contextlib.suppress(Exception):
            self.client.close(ignore_errors=True)


class PortAudioPort(Port):
    """PortAudio through sounddevice's stream base: CoreAudio, WASAPI, ALSA, JACK. Input and output may be two devices."""

    backend = "portaudio"

    def __init__(self, stand: Any, block: int, output: str, source: str = "") -> None:
        super().__init__(stand, block)
        with hushed():
            import sounddevice as sd

            sd._terminate()  # only a fresh start knows the devices of now
            sd._initialize()
        self.sd = sd
        found = look()
        out = pick(output, found, outs=True)
        self.name, self.outs = out.name, min(out.outs, stand.outs)
        heard = pick(source, found, outs=False) if source else (out if out.ins else None)
        if not stand.ins:
            heard = None
        self.ins = min(heard.ins, stand.ins) if heard else 0
        self.cells[c.P_CARD_INS], self.cells[c.P_CARD_OUTS] = self.ins, self.outs
        for have, want, what in ((self.outs, stand.outs, "outputs"), (self.ins, stand.ins, "inputs")):
            if have < want:
                self.notes += (
                    f"{(heard or out).name if what == 'inputs' else self.name} has {have} {what}, this session {want}: the others are silent",
                )
        self.streams: list[Any] = []
        try:
            with hushed():
                self._open(out, heard)
                for stream in self.streams:
                    stream.start()
        except sd.PortAudioError as trouble:
            why = str(trouble).splitlines()[0]
            if "sample rate" in why.lower():
                raise DeviceError(
                    f"{self.name} refuses {stand.rate} Hz; it offers {out.rate} Hz: start with --rate {out.rate}"
                ) from trouble
            raise DeviceError(f"{self.name} would not open: {why}") from trouble

    def _open(self, out: Device, heard: Device | None) -> None:
        """One stream for both when they are one device, else two with an edge between their clocks."""
        ffi, pointer = self.sd._ffi, "PaStreamCallback *"
        raw: dict[str, Any] = {
            "dtype": "float32", "latency": "low", "wrap_callback": None, "userdata": ffi.cast("void*", self.address),
        }  # fmt: skip
        process = ffi.cast(pointer, c.portaudio_process.address)
        number_out = self._number(out)
        rate = self.stand.rate
        if heard is not None and heard == out:
            both = dict(raw, samplerate=rate, blocksize=self._size(out), device=(number_out, number_out), channels=(self.ins, self.outs))
            self.streams.append(self.sd._StreamBase(kind="duplex", callback=process, **both))
            self.latency = self._stated(out, self.streams[0].latency)
            return
        late = 0
        if heard is not None:
            slack = round(self.block * heard.rate / rate + 0.005 * heard.rate)
            self._edge = edge.make(self.ins, heard.rate / rate, slack)
            self.cells[c.P_EDGE], self.cells[c.P_IN_RATE] = r.address(self._edge), heard.rate
            apart = dict(raw, samplerate=heard.rate, blocksize=self._size(heard), device=self._number(heard), channels=self.ins)
            self.streams.append(self.sd._StreamBase(kind="input", callback=ffi.cast(pointer, c.portaudio_hear.address), **apart))
            late = round(edge.delay(self._edge) * rate / heard.rate)
        only = dict(raw, samplerate=rate, blocksize=self._size(out), device=number_out, channels=self.outs)
        self.streams.append(self.sd._StreamBase(kind="output", callback=process, **only))
        first = self._stated(heard, self.streams[0].latency)[0] + late if heard else 0
        self.latency = (first, self._stated(out, self.streams[-1].latency)[1])

    def _size(self, device: Device) -> int:
        """JACK's own period costs nothing; any other adds a block (facts: realtime, section 1)."""
        return 0 if "JACK" in device.api else self.block

    def _number(self, device: Device) -> int:
        for index, info in enumerate(self.sd.query_devices()):
            if info["name"] == device.name and self.sd.query_hostapis(info["hostapi"])["name"] == device.api:
                return index
        raise DeviceError(f"{device.name} left while it was being opened")

    def _stated(self, device: Device, latency: Any) -> tuple[int, int]:
        """Frames in and out as the driver says; on JACK, where it says nonsense, as the list of devices has them."""
        if "JACK" in device.api:
            return device.latency_in, device.latency_out
        both = latency if isinstance(latency, tuple) else (latency, latency)
        return round(both[0] * self.stand.rate), round(both[1] * self.stand.rate)

    def close(self) -> None:
        """Stop calling. The stream itself goes with the process: closing it hangs for ever when its server is dead."""
        self.cells[c.P_STOP] = 1
