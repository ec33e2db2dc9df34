"""Knobs from a MIDI controller, read beside the callback: a control change is one store into shared memory.

The port is our own, ``antiphon knobs``; once a second it looks for inputs that are not connected yet (with no
client of its own: each is one more to wake in every block of the server). No controller at all is normal.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import Any

import numpy as np

from live.ports.audio import hushed

CLIENT = "antiphon midi"
POLL = 1.0


class Knobs:
    """Control changes of every input there is, by name, into ``knobs``: controller number n turns knob n."""

    def __init__(self, knobs: np.ndarray, *, jack: bool) -> None:
        import rtmidi

        self.knobs = knobs
        self.rtmidi = rtmidi
        self.api = rtmidi.API_UNIX_JACK if jack else _native(rtmidi)
        self.open: dict[str, Any] = {}
        self.count = 0
        self._leave = threading.Event()
        with hushed():
            self.own = rtmidi.MidiIn(self.api, CLIENT)
            self.own.ignore_types(sysex=True, timing=True, active_sense=True)
            self.own.set_callback(self._heard)
            self.own.open_virtual_port("knobs")
        self._thread = threading.Thread(target=self._look, name="midi ports", daemon=True)
        self._thread.start()

    def _heard(self, event: tuple[list[int], float], _: Any) -> None:
        message = event[0]
        if len(message) == 3 and message[0] & 0xF0 == 0xB0:
            self.knobs[message[1]] = message[2] / 127.0
            self.count += 1

    def _look(self) -> None:
        """Connect what appears, forget what went."""
        while not self._leave.wait(POLL):
            with contextlib.suppress(Exception):  # a port that vanishes while we look is looked for again
                self._connect()

    def _connect(self) -> None:
        names = [n for n in self.own.get_ports() if "antiphon" not in n and "Midi Through" not in n]
        for name in [n for n in self.open if n not in names]:
            self.open.pop(name).close_port()
        for name in names:
            if name not in self.open:
                with hushed():
                    port = self.rtmidi.MidiIn(self.api, CLIENT)
                    port.set_callback(self._heard)
                    port.open_port(self.own.get_ports().index(name), "from")
                self.open[name] = port

    def close(self) -> None:
        """Let go of every port."""
        self._leave.set()
        self._thread.join(POLL + 1.0)
        for port in (*self.open.values(), self.own):
            with contextlib.suppress(Exception):
                port.close_port()
                port.delete()


def _native(rtmidi: Any) -> int:
    """The system's own MIDI; the dummy where there is none (never the default: it raises without a sequencer)."""
    if sys.platform == "darwin":
        return int(rtmidi.API_MACOSX_CORE)
    if sys.platform == "win32":
        return int(rtmidi.API_WINDOWS_MM)
    from pathlib import Path

    return int(rtmidi.API_LINUX_ALSA if Path("/dev/snd/seq").exists() else rtmidi.API_RTMIDI_DUMMY)


def opened(knobs: np.ndarray, *, jack: bool) -> Knobs | None:
    """The controllers, or None where the library or the system has none."""
    try:
        return Knobs(knobs, jack=jack)
    except Exception:  # no MIDI here: a normal condition, the doctor says which
        return None
