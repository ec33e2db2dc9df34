"""Messages on their way: what hands have heard goes into the core, what the core has heard comes back, what is to be sent goes out.

Three rings of ``core.map``. ``heard`` and ``said`` have one writer, this process; its threads take turns.
"""

from __future__ import annotations

import threading

import numpy as np

from live.core import layout as at

WORDS = {0x80: 3, 0x90: 3, 0xA0: 3, 0xB0: 3, 0xC0: 2, 0xD0: 2, 0xE0: 3, 0xF1: 2, 0xF2: 3, 0xF3: 2}  # status -> bytes; others are one


def size_of(status: int) -> int:
    """How many bytes a message of this status has; 0 for none of ours (sysex, or no status at all)."""
    if status < 0x80 or status in (0xF0, 0xF7):
        return 0
    return WORDS.get(status if status >= 0xF0 else status & 0xF0, 1)


def messages_of(data: bytes | list[int] | tuple[int, ...]) -> list[bytes]:
    """The whole messages in some bytes: running status is written out, sysex and what is cut short are left out."""
    found, status, sofar, silent = [], 0, b"", False
    for byte in data:
        if byte >= 0xF8:  # real time may stand inside another message
            found.append(bytes([byte]))
        elif byte >= 0x80:
            silent = byte == 0xF0
            status, sofar = (0 if silent else byte), b""
            if size_of(byte) == 1:
                found.append(bytes([byte]))
                status = 0
        elif status and not silent:
            sofar += bytes([byte])
            if len(sofar) == size_of(status) - 1:
                found.append(bytes([status]) + sofar)
                sofar = b""
                status = status if status < 0xF0 else 0
    return found


class Into:
    """The writing end of a ring: ``heard`` or ``said``. While it is full, the newest of each control waits; ticks do not."""

    def __init__(self, rows: np.ndarray, heads: np.ndarray) -> None:
        self.rows, self.heads = rows, heads
        self.lock = threading.Lock()
        self.late: dict[tuple[int, ...], tuple[int, bytes, int]] = {}
        self.lost = 0

    def put(self, slot: int, data: bytes, frame: int = 0) -> bool:
        """One message of at most 8 bytes; False when it has to wait, or came in vain."""
        with self.lock:
            if self.late:
                self._catch_up()
            if not self.late and self._write(slot, data, frame):
                return True
            status = data[0]
            if status >= 0xF0:
                self.lost += 1
                return False
            which = (slot, status | 0x10) if status < 0xA0 else (slot, status)  # a key's end takes the place of its beginning
            key = (*which, data[1]) if status < 0xC0 else which
            self.lost += self.late.pop(key, None) is not None
            self.late[key] = (slot, data, frame)
            return False

    def catch_up(self) -> None:
        """Whoever waited goes in, if there is room."""
        if self.late:
            with self.lock:
                self._catch_up()

    def _catch_up(self) -> None:
        for key, message in list(self.late.items()):
            if not self._write(*message):
                return
            del self.late[key]

    def _write(self, slot: int, data: bytes, frame: int) -> bool:
        head = int(self.heads[0])
        if head - int(self.heads[1]) >= len(self.rows):
            return False
        row = self.rows[head % len(self.rows)]
        row["frame"], row["slot"], row["size"] = frame, slot, len(data)
        row["bytes"][: len(data)] = list(data)
        self.heads[0] = head + 1
        return True


class Echo:
    """A reader's own place among the messages the core has heard."""

    def __init__(self, core: object) -> None:
        self.rows: np.ndarray = core.echo  # type: ignore[attr-defined]
        self.heads: np.ndarray = core.echo_at  # type: ignore[attr-defined]
        self.place = int(self.heads[0])

    def new(self) -> np.ndarray:
        """What came since last asked, oldest first. Who sleeps longer than the ring reaches misses the oldest."""
        head = int(self.heads[0])
        if head == self.place:
            return self.rows[:0]
        first = max(self.place, head - at.ECHO + 256)
        self.place = head
        return self.rows[np.arange(first, head) % at.ECHO]


def thinned(messages: np.ndarray) -> np.ndarray:
    """Of a storm, the newest of each control, and every note and tick: what somebody has to look at."""
    status = messages["bytes"][:, 0]
    mass = (status >= 0xA0) & (status < 0xF0) & (status & 0xF0 != 0xC0)
    which = np.where(status & 0xF0 < 0xC0, messages["bytes"][:, 1], 0).astype(np.int64)
    key = (messages["slot"].astype(np.int64) << 16) | (status.astype(np.int64) << 8) | which
    newest = np.zeros(len(messages), bool)
    backwards = key[::-1]
    _, last = np.unique(backwards, return_index=True)
    newest[len(messages) - 1 - last] = True
    return messages[newest | ~mass]
