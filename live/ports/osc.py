"""The UDP socket that OSC comes through, and what waits behind it until somebody reads it."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from live.control.packets import BIGGEST

WAITING = 2048  # packets of one surface that are kept until somebody reads them; more push out its oldest
HEAVY = 1 << 20  # bytes of them
SURFACES = 16  # surfaces with a queue of their own; all others share one
OURS = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
TAKEN = (4560, 6010, 49160, 57120)  # where Sonic Pi, Tidal, Orca and SuperDirt live
FIRST = range(9123, 9139)  # looked through in this order when nobody asks for a port: layouts like it to be the same again


class Queues:
    """What waits to be read, each surface in a queue of its own: one that floods pushes out only its own oldest."""

    def __init__(self) -> None:
        self.lost = 0
        self._lock = threading.Lock()
        self._queues: dict[tuple[Any, ...], deque[tuple[bytes, tuple[Any, ...]]]] = {}  # whose turn it is stands first
        self._bytes: dict[tuple[Any, ...], int] = {}

    def put(self, data: bytes, source: tuple[Any, ...]) -> None:
        """One packet."""
        with self._lock:
            key = source if source in self._queues or len(self._queues) < SURFACES else ()
            queue = self._queues.setdefault(key, deque())
            queue.append((data, source))
            self._bytes[key] = self._bytes.get(key, 0) + len(data)
            while len(queue) > WAITING or self._bytes[key] > HEAVY:
                self._bytes[key] -= len(queue.popleft()[0])
                self.lost += 1

    def take(self) -> tuple[bytes, tuple[Any, ...]] | None:
        """The next packet: one of each surface in turn, the oldest of each first."""
        with self._lock:
            for key in self._queues:
                queue = self._queues.pop(key)
                one = queue.popleft()
                self._bytes[key] -= len(one[0])
                if queue:
                    self._queues[key] = queue  # at the end of the row
                else:
                    del self._bytes[key]
                return one
        return None

    def __bool__(self) -> bool:
        return bool(self._queues)


class Door:
    """A UDP port with somebody behind it who keeps what comes: ``packets`` fills, ``come`` is called, from the door's own thread.

    ``says``: lines for the performer about how it was opened. ``refused``: packets from hosts that may not speak, by host.
    """

    def __init__(self, port: int = 0, host: str = "127.0.0.1", come: Callable[[], None] = lambda: None) -> None:
        self.come = come
        self.says: list[str] = []
        self.packets = Queues()
        self.count = 0  # packets that came from who may speak
        self.refused: dict[str, int] = {}
        self.strangers = 0  # all packets that were refused
        self.unsent = 0
        self.socket = self._opened(port, host)
        self.host, self.port = self.socket.getsockname()[:2]
        self.open = self.host not in OURS  # others may speak
        self._leave = False
        self._thread = threading.Thread(target=self._listen, name="osc", daemon=True)
        self._thread.start()

    def _opened(self, port: int, host: str) -> socket.socket:
        wanted: list[int] = [port] if port else list(FIRST)
        if port:
            wanted += [port + 1, port + 2, *FIRST]
        for where in dict.fromkeys((host, "127.0.0.1")):
            for number in [*wanted, *[0] * 8]:
                found = socket.socket(socket.AF_INET6 if ":" in where else socket.AF_INET, socket.SOCK_DGRAM)
                try:
                    found.bind((where, number))
                except OverflowError:
                    found.close()
                    continue
                except (OSError, UnicodeError) as trouble:
                    found.close()
                    if _taken(trouble):
                        continue
                    self.says.append(f"OSC: {where} is no address of this machine, so it listens on 127.0.0.1 only")
                    break
                if number == 0 and found.getsockname()[1] in TAKEN:
                    found.close()
                    continue
                with contextlib.suppress(OSError):
                    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                found.setblocking(False)
                got = found.getsockname()[1]
                if port and got != port:
                    self.says.append(f"OSC: port {port} is in use; {got} is taken instead")
                return found
        raise OSError("no UDP port can be opened")

    def _listen(self) -> None:
        while not self._leave:
            try:
                ready = select.select([self.socket], [], [], 1.0)[0]
            except (OSError, ValueError):  # closed
                return
            some = 0
            while ready and some < WAITING:
                try:
                    data, source = self.socket.recvfrom(BIGGEST + 1)
                except BlockingIOError:
                    break
                except OSError:  # Windows: somebody we sent to has gone, or a packet is too big for it
                    if self._leave:
                        return
                    time.sleep(0.001)
                    break
                if not self.open and source[0] not in OURS:
                    self.strangers += 1
                    if source[0] in self.refused or len(self.refused) < 64:
                        self.refused[source[0]] = self.refused.get(source[0], 0) + 1
                    some += 1
                    continue
                self.packets.put(data, source)
                self.count += 1
                some += 1
            if some:
                self.come()

    def send(self, data: bytes, where: tuple[Any, ...]) -> None:
        """To somebody, if it can be: nobody waits for the network."""
        try:
            self.socket.sendto(data, where)
        except OSError:
            self.unsent += 1

    def close(self) -> None:
        """Listen no more."""
        self._leave = True
        with contextlib.suppress(OSError):  # wakes the thread
            out = socket.socket(self.socket.family, socket.SOCK_DGRAM)
            out.sendto(b"", ("127.0.0.1" if self.host == "0.0.0.0" else "::1" if self.host == "::" else self.host, self.port))
            out.close()
        self._thread.join(2.0)
        self.socket.close()


def _taken(trouble: Exception) -> bool:
    return isinstance(trouble, OSError) and trouble.errno in (errno.EADDRINUSE, errno.EACCES, getattr(errno, "WSAEADDRINUSE", -1))
