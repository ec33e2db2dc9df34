"""Controllers nobody has to plug in: the same ports, made of lists. For tests, demos and a stage without hardware.

fakes = FakePorts()
fakes.plug("nano")
fakes.send("nano", b"\\xb0\\x15\\x40")   # controller 21 half way up
fakes.sent("nano")                      # what its lamps were told
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from live.control.rings import messages_of
from live.control.slots import Found, plain

Heard = Callable[[bytes], None]


@dataclass
class FakePort:
    """One controller: whether somebody listens to it, and what it was sent."""

    name: str
    place: str
    ins: bool
    outs: bool
    heard: Heard | None = None
    out: list[tuple[int, bytes]] = field(default_factory=list)


class FakeWire:
    """An open end of a fake port."""

    timed = True  # takes the frame along instead of waiting for it

    def __init__(self, port: FakePort, there: Callable[[], bool]) -> None:
        self.port, self.there = port, there

    def holds(self) -> bool:
        """Whether this very controller is still there."""
        return self.there()

    def send(self, data: bytes, frame: int = 0) -> None:
        """Keep what was sent, and when."""
        self.port.out.append((frame, bytes(data)))

    def close(self) -> None:
        """Nobody listens any more."""
        self.port.heard = None


class FakePorts:
    """A door like those in live/ports/midi.py; whoever holds it plugs and plays."""

    kind, direct, quick = "fake", False, True
    opens = 0  # how often an end was opened

    def __init__(self) -> None:
        self.plugged: list[FakePort] = []
        self.failing: set[str] = set()  # ports that vanish while they are opened
        self.changes = 0
        self._places = 0

    def plug(self, name: str, *, place: str = "", ins: bool = True, outs: bool = True) -> str:
        """Put a controller in; the place it is plugged in (give it again to find the same place)."""
        self._places += not place
        place = place or f"fake {self._places}"
        self.plugged.append(FakePort(name, place, ins, outs))
        self.changes += 1
        return place

    def unplug(self, which: str) -> None:
        """Pull a controller out, by its name or place."""
        self.plugged.remove(self.port(which))
        self.changes += 1

    def port(self, which: str) -> FakePort:
        """A plugged controller by its name or place."""
        for port in reversed(self.plugged):
            if which in (port.place, port.name):
                return port
        raise KeyError(f"no fake controller {which!r} is plugged; there is: {', '.join(p.name for p in self.plugged) or 'none'}")

    def send(self, which: str, data: bytes | list[int]) -> None:
        """The controller sends these bytes: whole messages, running status, sysex, whatever a cable carries."""
        port = self.port(which)
        for message in messages_of(data):
            if port.heard:
                port.heard(message)

    def sent(self, which: str) -> list[bytes]:
        """What the controller was sent so far."""
        return [data for _, data in self.port(which).out]

    # --- what every door has ------------------------------------------------------

    def sources(self) -> list[Found]:
        """Controllers that can be heard."""
        return [Found(plain(p.name), p.place, p.name) for p in self.plugged if p.ins]

    def sinks(self) -> list[Found]:
        """Controllers that can be spoken to."""
        return [Found(plain(p.name), p.place, p.name) for p in self.plugged if p.outs]

    def open_source(self, found: Found, slot: int, heard: Heard) -> FakeWire:
        """Listen to a controller."""
        port = self._opened(found)
        port.heard = heard
        return self._wire(port)

    def open_sink(self, found: Found, slot: int) -> FakeWire:
        """Speak to a controller."""
        return self._wire(self._opened(found))

    def _wire(self, port: FakePort) -> FakeWire:
        return FakeWire(port, lambda: any(one is port for one in self.plugged))

    def _opened(self, found: Found) -> FakePort:
        if found.raw in self.failing:
            raise OSError(f"{found.name} vanished while it was opened")
        self.opens += 1
        return next(port for port in self.plugged if port.place == found.place)

    def close(self) -> None:
        """Nobody listens any more."""
        for port in self.plugged:
            port.heard = None
