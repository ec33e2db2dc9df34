"""Doors to controllers: which are plugged, by one probing client each, and how they are listened and spoken to.

A door has ``sources`` and ``sinks`` (lists of Found), ``open_source`` and ``open_sink`` (ends with ``close`` and
``send``). Through JACK the core hears and speaks itself and this only patches (``direct``); through ALSA, CoreMIDI and
Windows, python-rtmidi carries every message. No MIDI at all is normal. Fake ones: see fakes.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from live.control.rings import messages_of, size_of
from live.control.slots import OUTSIDE, Found, plain
from live.ports.audio import hushed, quiet_jack

Heard = Callable[[bytes], None]
OWN = "antiphon"
SEQUENCER = Path("/dev/snd/seq")


class Gone(Exception):
    """The door itself is shut: its server or driver is not there (any more)."""


def kinds(backend: str, physical: bool) -> list[str]:
    """The doors to listen at. ``backend``: what the core plays on; ``physical``: JACK has controllers of its own."""
    if sys.platform == "darwin":
        return ["coremidi"]
    if sys.platform == "win32":
        return ["winmm"]
    alsa = ["alsa"] if os.access(SEQUENCER, os.R_OK | os.W_OK) else []
    if backend == "jack":
        return ["jack"] + alsa * (not physical)
    return alsa or ["jack by rtmidi"]


def opened(kind: str, client: str, others: Heard) -> Any:
    """A door of this kind, or Gone. ``client``: the core's name at JACK. ``others``: hears who connects to our own port."""
    try:
        return JackDoor(client) if kind == "jack" else OwnJackDoor(others) if kind == "jack by rtmidi" else RtDoor(kind, others)
    except Exception as trouble:  # whatever a library makes of an absent server
        raise Gone(f"{kind}: {type(trouble).__name__}: {trouble}") from trouble


def outside(raw: str) -> bool:
    """Whether a port is the system's own loop, or ours."""
    low = raw.lower()
    return low.startswith(OWN) or any(word in low for word in OUTSIDE)


# --- JACK ---------------------------------------------------------------------------


class JackDoor:
    """A client that never plays: it lists ports, and connects them to the core's ``midi_in_k`` and ``midi_out_k``."""

    kind, direct, quick = "jack", True, False

    def __init__(self, client: str) -> None:
        self.wanted = client
        self.jack = quiet_jack()
        self.gone = False
        self.client = self.jack.Client(f"{OWN} hands", no_start_server=True)
        self.client.set_shutdown_callback(self._shut)
        self.uuid = ""

    def _shut(self, *_: Any) -> None:
        self.gone = True

    def _ports(self, **what: bool) -> list[Any]:
        if self.gone:
            raise Gone("the JACK server is gone")
        return [p for p in self.client.get_ports(is_midi=True, **what) if not outside(p.name) and not self._is_core(p.name)]

    def _is_core(self, port: str) -> bool:
        """A core's own ends: ours, or another session's."""
        return port.split(":")[-1].startswith(("midi_in_", "midi_out_")) and port.startswith((OWN, self.wanted))

    def _found(self, ports: list[Any]) -> list[Found]:
        found = []
        for p in ports:
            aliases = list(p.aliases)
            if not any(outside(alias.partition(":")[2]) or outside(alias) for alias in aliases):
                found.append(Found(plain(p.name, aliases), p.name, p.name, bool(p.is_physical)))
        return found

    def sources(self) -> list[Found]:
        """Everybody who sends."""
        return self._found(self._ports(is_output=True))

    def sinks(self) -> list[Found]:
        """Everybody who listens."""
        return self._found(self._ports(is_input=True))

    def core(self) -> str:
        """The core's client now: its name may carry a number, when a killed one still held it."""
        names = sorted({p.name.rpartition(":")[0] for p in self.client.get_ports(r":midi_in_1$", is_midi=True)})
        ours = [name for name in names if name == self.wanted] or [name for name in names if name.startswith(self.wanted)]
        if not ours:
            raise Gone("the core has no MIDI ports at JACK yet")
        return ours[-1]

    def open_source(self, found: Found, slot: int, heard: Heard) -> JackWire:
        """Patch a controller to the core's own port of its slot."""
        return JackWire(self, found.raw, f"{self.core()}:midi_in_{slot + 1}")

    def open_sink(self, found: Found, slot: int) -> JackWire:
        """Patch the core's port of a slot to a controller's lamps."""
        return JackWire(self, f"{self.core()}:midi_out_{slot + 1}", found.raw)

    def close(self) -> None:
        """Let go. What is patched stays patched."""
        with contextlib.suppress(Exception):
            self.client.close(ignore_errors=True)


class JackWire:
    """A connection we made; the core sends on it, at the very frame."""

    timed = True

    def __init__(self, door: JackDoor, source: str, target: str) -> None:
        self.door, self.source, self.target = door, source, target
        with contextlib.suppress(door.jack.JackErrorCode):  # it is connected already: by hand, or by the core that came back
            door.client.connect(source, target)
        if not self.holds():
            raise OSError(f"{source} and {target} could not be connected")

    def holds(self) -> bool:
        """Whether the cable is in: whoever came back between two looks has none."""
        return any(p.name == self.source for p in self.door.client.get_all_connections(self.target))

    def send(self, data: bytes, frame: int = 0) -> None:
        """Nothing goes this way."""

    def close(self) -> None:
        """Pull the cable."""
        if not self.door.gone:
            with contextlib.suppress(Exception):  # either end may have left
                self.door.client.disconnect(self.source, self.target)


# --- ALSA, CoreMIDI, Windows, and JACK where the core plays without it ------------------


def listening(port: Any, heard: Heard) -> Any:
    """Clock and its like are wanted; sysex passes by, whatever else the cable cuts short is put together or left out."""
    port.ignore_types(sysex=True, timing=False, active_sense=True)

    def came(event: tuple[list[int], float], _: Any) -> None:
        data = event[0]
        if data and size_of(data[0]) == len(data) and max(data[1:], default=0) < 0x80:
            heard(bytes(data))
        else:
            for message in messages_of(data):
                heard(message)

    port.set_callback(came)
    return port


class RtDoor:
    """python-rtmidi: one client that probes and is our own port for other programs, and one for each open end."""

    direct, quick = False, False

    def __init__(self, kind: str, others: Heard) -> None:
        import rtmidi

        apis = {"alsa": rtmidi.API_LINUX_ALSA, "coremidi": rtmidi.API_MACOSX_CORE, "winmm": rtmidi.API_WINDOWS_MM}
        self.kind, self.api, self.rtmidi = kind, apis[kind], rtmidi
        if self.api not in rtmidi.get_compiled_api():
            raise Gone(f"python-rtmidi was built without {kind}")
        with hushed():
            self.listens = rtmidi.MidiIn(self.api, OWN)
            self.speaks = rtmidi.MidiOut(self.api, OWN)
            if kind != "winmm":  # Windows knows no ports of a program's own
                listening(self.listens, others).open_virtual_port("in")

    def _found(self, names: list[str]) -> list[Found]:
        found, seen = [], {}
        for raw in names:
            if outside(raw):
                continue
            seen[raw] = count = seen.get(raw, 0) + 1
            where = raw.rpartition(" ")[2] if self.kind == "alsa" else f"{raw} {count}"
            found.append(Found(plain(raw, index=self.kind == "winmm"), where, raw))
        return found

    def sources(self) -> list[Found]:
        """Everybody who sends."""
        return self._found(self.listens.get_ports())

    def sinks(self) -> list[Found]:
        """Everybody who listens."""
        return self._found(self.speaks.get_ports())

    def open_source(self, found: Found, slot: int, heard: Heard) -> RtWire:
        """Listen to a controller."""
        with hushed():
            number = self._number(self.listens, found)
            return RtWire(listening(self.rtmidi.MidiIn(self.api, OWN), heard), lambda port: port.open_port(number, f"from {slot + 1}"))

    def open_sink(self, found: Found, slot: int) -> RtWire:
        """Speak to a controller."""
        with hushed():
            number = self._number(self.speaks, found)
            return RtWire(self.rtmidi.MidiOut(self.api, OWN), lambda port: port.open_port(number, f"to {slot + 1}"))

    def _number(self, probe: Any, found: Found) -> int:
        """Where it stands in the list at this moment: the number of a port is nothing to remember."""
        names = probe.get_ports()
        same = [i for i, raw in enumerate(names) if raw == found.raw]
        if not same:
            raise OSError(f"{found.name} vanished while it was opened")
        count = 0 if self.kind == "alsa" else int(found.place.rpartition(" ")[2]) - 1
        return same[min(count, len(same) - 1)]

    def close(self) -> None:
        """Let go of the probing clients."""
        for port in (self.listens, self.speaks):
            with contextlib.suppress(Exception):
                port.close_port()
                port.delete()


class OwnJackDoor(JackDoor):
    """Controllers of a JACK server that the core does not play on: we hear and speak ourselves, through ports of our own."""

    kind, direct = "jack by rtmidi", False

    def __init__(self, others: Heard) -> None:
        import rtmidi

        self.rtmidi, self.api = rtmidi, rtmidi.API_UNIX_JACK
        if self.api not in rtmidi.get_compiled_api():
            raise Gone("python-rtmidi was built without JACK")
        super().__init__(OWN)
        with hushed():
            self.listens = RtWire(listening(rtmidi.MidiIn(self.api, OWN), others), lambda port: port.open_virtual_port("in"))

    def open_source(self, found: Found, slot: int, heard: Heard) -> RtWire:
        """Listen to a controller."""
        with hushed():
            port = listening(self.rtmidi.MidiIn(self.api, f"{OWN} from {slot + 1}"), heard)
            return RtWire(port, lambda port: port.open_virtual_port("in"), lambda: JackWire(self, found.raw, f"{OWN} from {slot + 1}:in"))

    def open_sink(self, found: Found, slot: int) -> RtWire:
        """Speak to a controller."""
        with hushed():
            port = self.rtmidi.MidiOut(self.api, f"{OWN} to {slot + 1}")
            return RtWire(port, lambda port: port.open_virtual_port("out"), lambda: JackWire(self, f"{OWN} to {slot + 1}:out", found.raw))

    def close(self) -> None:
        """Let go of both clients."""
        self.listens.close()
        super().close()


class RtWire:
    """An open end at python-rtmidi. It sends at once."""

    timed = False

    def __init__(self, port: Any, start: Callable[[Any], Any], patched: Callable[[], JackWire] | None = None) -> None:
        self.port, self.cable = port, None
        try:
            start(port)
            self.cable = patched() if patched else None
        except Exception as trouble:
            self.close()
            raise OSError(f"it would not open: {trouble}") from trouble

    def holds(self) -> bool:
        """Only JACK says; elsewhere the system takes longer to find a controller again than two looks are apart."""
        return self.cable is None or self.cable.holds()

    def send(self, data: bytes, frame: int = 0) -> None:
        """One message, now."""
        self.port.send_message(list(data))

    def close(self) -> None:
        """Let go of it, and of its client."""
        with contextlib.suppress(Exception):
            self.port.close_port()
        with contextlib.suppress(Exception):
            self.port.delete()


# --- asking, in a child -------------------------------------------------------------------


def look() -> dict[str, list[str]]:
    """The doors that open here, and who is behind them; what is in the way."""
    found: dict[str, list[str]] = {"doors": [], "controllers": [], "troubles": []}
    ours = {"darwin": ["coremidi"], "win32": ["winmm"]}.get(sys.platform, ["jack", "alsa"])
    for kind in ours:
        if kind == "alsa" and not SEQUENCER.exists():
            continue
        try:
            door = opened(kind, OWN, lambda data: None)
        except Gone as why:
            found["troubles"].append(str(why))
            continue
        found["doors"].append(kind)
        found["controllers"] += sorted({f.name for f in door.sources()} - set(found["controllers"]))
        door.close()
    return found


if __name__ == "__main__":
    print(json.dumps(look()), flush=True)  # noqa: T201 - the answer of the child
    os._exit(0)  # a server that died meanwhile would hold its library's own exit for ever
