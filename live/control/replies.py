"""What surfaces are told: where every fader stands, so that two hands, a scene and an undo move it on the screen as well.

What can be moved is mirrored at its own address, which is where a fader listens; what can only be looked at comes below ``/state``.
Who asks by ``/state`` gets everything below ``/state``. Nobody is told of his own move while he makes it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from live.control.packets import message, packets

EVERY = 0.05  # seconds between two replies to one client
OWN = 0.1  # seconds after his own move in which a client hears nothing of that fader
SILENT = 60.0  # seconds after which who said nothing is told nothing, unless he said hello
MOST = 16  # clients
BURST = 256  # addresses in one reply


@dataclass
class Client:
    """One surface."""

    where: tuple[Any, ...]
    spoke: float = 0.0
    hello: bool = False
    state: bool = False
    due: float = 0.0
    sent: dict[str, Any] = field(default_factory=dict)
    moved: dict[str, float] = field(default_factory=dict)
    owed: dict[str, None] = field(default_factory=dict)  # addresses, the one owed longest first


class Replies:
    """Who is told, and what everybody knows already."""

    def __init__(self, send: Callable[[bytes, tuple[Any, ...]], None]) -> None:
        self.send = send
        self.clients: dict[tuple[Any, ...], Client] = {}  # by where they speak from
        self.shown: dict[str, Any] = {}  # everything as it stands, by address

    @property
    def anybody(self) -> bool:
        """Whether somebody listens."""
        return bool(self.clients)

    @property
    def watched(self) -> bool:
        """Whether somebody looks at meters."""
        return any(client.hello for client in self.clients.values())

    def spoke(self, source: tuple[Any, ...], now: float) -> Client:
        """Somebody said something: from now on he is told, beginning with everything."""
        client = self.clients.get(source)
        if client is None:
            if len(self.clients) >= MOST:
                del self.clients[min(self.clients, key=lambda one: self.clients[one].spoke)]
            client = self.clients[source] = Client(source, owed=dict.fromkeys(self.shown))
        client.spoke = now
        return client

    def greeted(self, source: tuple[Any, ...], now: float, port: int = 0, *, state: bool = False) -> None:
        """Somebody asks for everything, at the port he spoke from or at another one of his; he is told until he says bye."""
        client = self.spoke(source, now)
        where = (source[0], port, *source[2:]) if port else source
        for key, other in list(self.clients.items()):
            if other is not client and other.where == where and other.hello:  # he said so before, from another port
                del self.clients[key]
        client.where, client.hello, client.state = where, True, state
        client.sent.clear()
        client.moved.clear()
        client.owed = dict.fromkeys(self.shown)

    @property
    def known(self) -> list[list[Any]]:
        """Who said hello, for those who come after us: from where, where to, and how."""
        return [[list(source), list(client.where), client.state] for source, client in self.clients.items() if client.hello]

    def know(self, some: Iterable[tuple[Any, Any, bool]], now: float) -> None:
        """Who said hello to those before us is told everything again."""
        for source, where, state in some:
            client = self.spoke(tuple(source), now)
            client.where, client.hello, client.state = tuple(where), True, bool(state)

    def left(self, source: tuple[Any, ...]) -> None:
        """He wants to hear no more."""
        self.clients.pop(source, None)

    def moved(self, source: tuple[Any, ...], address: str, value: float, now: float) -> None:
        """Somebody moved a fader: he knows where it stands."""
        client = self.clients.get(source)
        if client is not None:
            client.sent[address] = value
            client.moved[_fader(address)] = now

    def show(self, now_stands: Mapping[str, Any]) -> None:
        """These stand there now."""
        changed = [key for key, value in now_stands.items() if self.shown.get(key) != value]
        if changed:
            self.shown.update({key: now_stands[key] for key in changed})
            self._owe(changed)

    def forget(self, gone: Iterable[str]) -> None:
        """These are there no more."""
        for key in gone:
            self.shown.pop(key, None)
            for client in self.clients.values():
                client.owed.pop(key, None)
                client.sent.pop(key, None)

    def again(self) -> None:
        """A scene: everything is sent again, whether they know it or not."""
        for client in self.clients.values():
            client.sent.clear()
            client.owed = dict.fromkeys(self.shown)

    def _owe(self, keys: Iterable[str]) -> None:
        for client in self.clients.values():
            client.owed.update(dict.fromkeys(keys))

    def turn(self, now: float) -> None:
        """Send what is due."""
        for source, client in list(self.clients.items()):
            if not client.hello and now - client.spoke > SILENT:
                del self.clients[source]
            elif client.owed and now >= client.due:
                client.due = now + EVERY
                some = list(self._told(client, now))
                for packet in packets(some):
                    self.send(packet, client.where)

    def _told(self, client: Client, now: float) -> Iterable[bytes]:
        client.moved = {key: at for key, at in client.moved.items() if now - at < OWN}
        told = 0
        for key in list(client.owed):
            if told >= BURST:
                return
            if _fader(key) in client.moved:
                continue  # he holds it: it is still owed
            del client.owed[key]
            if key.startswith("/state/level/") and not client.hello:
                continue
            value = self.shown.get(key)
            if value is None or _same(client.sent.get(key), value):
                continue
            client.sent[key] = value
            told += 1
            yield message(key if not client.state or key.startswith("/state/") else "/state" + key, value)


def _fader(address: str) -> str:
    """The fader behind an address: ``/at`` is the same one."""
    return address.removesuffix("/at")


def _same(a: Any, b: Any) -> bool:
    """Whether a surface would show the same."""
    if isinstance(a, str) or isinstance(b, str) or a is None:
        return bool(a == b)
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)
