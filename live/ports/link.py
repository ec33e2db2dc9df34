"""Ableton Link, where it is installed: one tempo and one bar for everybody in the room. The only file that imports it.

The wrapper (LinkPython-extern) is public domain, but inside is Ableton Link itself, under the GPL (version 2 or later) or a
licence of Ableton's. So it comes only with ``pip install 'antiphon[link]'``, and nothing here is touched unless asked for.
"""

from __future__ import annotations

import time
from typing import Any

GROUP = "224.76.78.75"
INSTALL = (
    "Link is not installed: pip install 'antiphon[link]' (it contains Ableton Link, GPL-2 or later), then clock.source = \"link\" again"
)


class NoLink(Exception):
    """Link is not there. One line."""


def is_installed() -> bool:
    """Whether it could be joined, without importing it."""
    from importlib.util import find_spec

    return find_spec("link") is not None and find_spec("_link") is not None


def reaches_others(seconds: float = 0.5) -> str:
    """What keeps a message from Link's multicast group from coming back; "" when it does."""
    import contextlib
    import socket

    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.settimeout(seconds)
            end.bind(("", 0))
            end.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + socket.inet_aton("0.0.0.0"))
            end.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
            end.sendto(b"antiphon?", (GROUP, end.getsockname()[1]))
            with contextlib.suppress(TimeoutError):
                return "" if end.recv(64) == b"antiphon?" else "something else answers in its multicast group"
    except OSError as trouble:
        return f"multicast does not work here ({(trouble.strerror or str(trouble)).lower()})"
    return "a multicast message does not come back"


def now_ns() -> int:
    """The clock of the core's blocks."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) if hasattr(time, "clock_gettime_ns") else time.monotonic_ns()


class Link:
    """A place in the session. ``bpm``: our tempo, should nobody else be there."""

    def __init__(self, bpm: float) -> None:
        try:
            import link
        except ImportError:
            raise NoLink(INSTALL) from None
        self._link: Any = link.Link(bpm)
        self._clock: Any = self._link.clock()
        self._link.enabled = True

    @property
    def peers(self) -> int:
        """How many others there are."""
        return int(self._link.numPeers())

    def now(self) -> tuple[int, int]:
        """This moment by Link's clock (microseconds) and by ours (nanoseconds); they run apart, so it is asked each time."""
        best = None
        for _ in range(3):
            before = now_ns()
            micros = int(self._clock.micros())
            after = now_ns()
            if best is None or after - before < best[0]:
                best = (after - before, micros, (before + after) // 2)
        assert best is not None
        return best[1], best[2]

    def beat(self, micros: int, bar: float) -> tuple[float, float]:
        """The session's beat at a moment (its bars are everybody's, its count our own), and its tempo."""
        state = self._link.captureSessionState()
        return float(state.beatAtTime(micros, bar)), float(state.tempo())

    def set_tempo(self, bpm: float, micros: int) -> None:
        """Everybody goes at another tempo from that moment on."""
        state = self._link.captureSessionState()
        state.setTempo(bpm, micros)
        self._link.commitSessionState(state)

    def close(self) -> None:
        """Leave the session; the others play on."""
        self._link.enabled = False


class FakeSession:
    """A session without a network: whoever holds a ``FakeLink`` of it shares one line of beats. For tests and trials."""

    def __init__(self, bpm: float = 120.0, beat: float = 0.0) -> None:
        self.bpm, self.beat0, self.micros0 = bpm, beat, 0
        self.members: list[FakeLink] = []

    def beat_at(self, micros: int) -> float:
        """The session's beat at a moment."""
        return self.beat0 + (micros - self.micros0) * self.bpm / 60e6


class FakeLink:
    """One place in it. ``micros`` stands where the test puts it."""

    def __init__(self, session: FakeSession) -> None:
        self.session, self.micros = session, 0
        session.members.append(self)

    @property
    def peers(self) -> int:
        """How many others there are."""
        return len(self.session.members) - 1

    def now(self) -> tuple[int, int]:
        """Both clocks are one."""
        return self.micros, self.micros * 1000

    def beat(self, micros: int, bar: float) -> tuple[float, float]:
        """See Link."""
        return self.session.beat_at(micros), self.session.bpm

    def set_tempo(self, bpm: float, micros: int) -> None:
        """See Link."""
        self.session.beat0, self.session.micros0 = self.session.beat_at(micros), micros
        self.session.bpm = bpm

    def close(self) -> None:
        """See Link."""
        self.session.members.remove(self)
