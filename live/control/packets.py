"""OSC as bytes: packets to messages and back. python-osc writes the messages.

Packets are read here and not by it: in 1.10 a bundle that states a negative size is read for ever, an address that is no
text raises what nobody expects, and every unknown type is a line in somebody's log. One packet from anywhere must do none of that.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pythonosc.osc_message_builder import OscMessageBuilder

BUNDLE = b"#bundle\0"
DEPTH = 8  # bundles in bundles
LONGEST = 255  # letters of an address
MOST = 256  # arguments of a message
EPOCH = 2_208_988_800  # seconds from 1900, where OSC counts from, to 1970
NOW = 1  # the time tag that means at once
BIGGEST = 1 << 14  # bytes of a packet
SAFE = 1400  # bytes of a packet that no network cuts


class Malformed(ValueError):
    """Bytes that are no OSC; the text is the kind of mistake."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: where to, what with, and when (seconds since 1970; None: at once)."""

    address: str
    args: tuple[Any, ...] = ()
    when: float | None = None


def read(packet: bytes) -> list[Message]:
    """Everything a packet says, or Malformed: nothing of a broken packet is carried out."""
    return list(_read(packet, None, 0))


def _read(data: bytes, when: float | None, depth: int) -> Iterator[Message]:
    if len(data) > BIGGEST:
        raise Malformed("a packet bigger than 16 kB")
    if not data.startswith(BUNDLE):
        if data[:1] != b"/":
            raise Malformed("neither a message nor a bundle" if data else "an empty packet")
        address, spot = _text(data, 0)
        if len(address) > LONGEST:
            raise Malformed("an address longer than 255 letters")
        yield Message(address, tuple(_args(data, spot)), when)
        return
    if depth >= DEPTH:
        raise Malformed(f"bundles nested deeper than {DEPTH}")
    if len(data) < 16:
        raise Malformed("a bundle cut short")
    (tag,) = struct.unpack_from(">Q", data, 8)
    when = when if tag == NOW else tag / 2**32 - EPOCH
    spot = 16
    while spot < len(data):
        if spot + 4 > len(data):
            raise Malformed("a bundle cut short")
        (size,) = struct.unpack_from(">i", data, spot)
        spot += 4
        if size <= 0 or spot + size > len(data):
            raise Malformed("a bundle with a size that cannot be")
        yield from _read(data[spot : spot + size], when, depth + 1)
        spot += size


def _text(data: bytes, spot: int) -> tuple[str, int]:
    end = data.find(b"\0", spot)
    if end < 0:
        raise Malformed("a text without an end")
    return data[spot:end].decode("utf-8", "replace"), end + 4 - (end - spot) % 4


NUMBERS = {"i": (">i", 4), "f": (">f", 4), "h": (">q", 8), "d": (">d", 8), "t": (">Q", 8), "c": (">I", 4), "r": (">I", 4)}
SIGNS = {"T": True, "F": False, "N": None, "I": True}


def _args(data: bytes, spot: int) -> Iterator[Any]:
    """The arguments, arrays opened: nothing here takes one."""
    if spot >= len(data):
        return  # old senders leave the tags out when there are none
    tags, spot = _text(data, spot)
    if not tags.startswith(","):
        raise Malformed("arguments without type tags")
    if len(tags) > MOST:
        raise Malformed(f"more than {MOST} arguments")
    for tag in tags[1:]:
        if tag in NUMBERS:
            form, size = NUMBERS[tag]
            if spot + size > len(data):
                raise Malformed("a message cut short")
            yield struct.unpack_from(form, data, spot)[0]
            spot += size
        elif tag in SIGNS:
            yield SIGNS[tag]
        elif tag in ("s", "S"):
            text, spot = _text(data, spot)
            yield text
        elif tag in ("b", "m"):
            size = 4
            if tag == "b":
                if spot + 4 > len(data):
                    raise Malformed("a message cut short")
                (size,) = struct.unpack_from(">i", data, spot)
                spot += 4
            if size < 0 or spot + size > len(data):
                raise Malformed("a blob with a size that cannot be")
            yield data[spot : spot + size]
            spot += size + -size % 4
        elif tag not in ("[", "]"):
            raise Malformed("a type of argument nobody knows")


def message(address: str, *args: Any) -> bytes:
    """A message as bytes. True and False are sent as 1 and 0: that is what faders and lamps understand."""
    made = OscMessageBuilder(address)
    for one in args:
        made.add_arg(int(one) if isinstance(one, bool) else one)
    return bytes(made.build().dgram)


def bundle(messages: Iterable[bytes], when: float | None = None) -> bytes:
    """Messages (or bundles) that belong together, at a time in seconds since 1970."""
    tag = NOW if when is None else round((when + EPOCH) * 2**32)
    return BUNDLE + struct.pack(">Q", tag) + b"".join([struct.pack(">i", len(one)) + one for one in messages])


def packets(messages: Iterable[bytes]) -> Iterator[bytes]:
    """The same as bundles small enough for any network."""
    some: list[bytes] = []
    size = 16
    for one in messages:
        if some and size + len(one) + 4 > SAFE:
            yield bundle(some)
            some, size = [], 16
        some.append(one)
        size += len(one) + 4
    if some:
        yield bundle(some)
