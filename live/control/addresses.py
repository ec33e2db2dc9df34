"""OSC's names for everything that can be moved, and its patterns: ``/v/worn/texture``, ``/v/*/gain``, ``/v/{rain,worn}/mute``.

A pattern is matched letter by letter without ever going back more than one star, so no pattern is expensive.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from live.faders import Fader

SPECIAL = re.compile(r"[*?\[\]{}]")
UNSENDABLE = re.compile(r"[\s#*,/?\[\]{}]")
CHOICES = 64  # ways to read the braces of one pattern

ANY, STAR = 1, 2
Token = int | tuple[bool, frozenset[str]] | str


def sendable(name: str) -> str:
    """A name as a part of an address: what OSC has another use for is a low line."""
    return UNSENDABLE.sub("_", name)


def of_control(name: str) -> str:
    """``worn.texture`` is ``/v/worn/texture``."""
    place, _, control = name.rpartition(".")
    return f"/v/{sendable(place)}/{sendable(control)}"


def of_level(name: str) -> str:
    """``stage/worn`` is ``/out/stage/worn``."""
    out, _, place = name.partition("/")
    return f"/out/{sendable(out)}/{sendable(place)}"


def of_knob(name: str) -> str:
    """``nano/21`` is ``/knob/nano/21``."""
    return "/knob/" + "/".join(sendable(part) for part in name.split("/"))


def table(controls: Mapping[str, Fader], levels: Mapping[str, Fader]) -> dict[str, Fader]:
    """Every fader by its address."""
    found = {of_control(name): fader for name, fader in controls.items()}
    return found | {of_level(name): fader for name, fader in levels.items()}


def nearest(address: str, known: Iterable[str]) -> str:
    """The nearest name to the last part of an address, or nothing."""
    known = list(known)
    close = difflib.get_close_matches(address[:64], known[:2000], 1, 0.6)
    return close[0] if close else ""


def is_pattern(address: str) -> bool:
    """Whether it may mean several addresses."""
    return SPECIAL.search(address) is not None


def meant(pattern: str, known: Iterable[str]) -> list[str]:
    """The addresses a pattern means."""
    parts = pattern.split("/")
    tokens = [read(part) for part in parts]
    head = "/" + parts[1] + "/" if len(parts) > 2 and not is_pattern(parts[1]) else "/"
    found = []
    for address in known:
        if not address.startswith(head):
            continue
        own = address.split("/")
        if len(own) == len(parts) and all(any(fits(one, text) for one in ways) for ways, text in zip(tokens, own, strict=True)):
            found.append(address)
    return found


@lru_cache(256)
def read(part: str) -> tuple[tuple[Token, ...], ...]:
    """A part of a pattern in each way its braces can be read; none when it cannot be read at all."""
    return tuple([tuple(_tokens(way)) for way in _opened(part)])


def _opened(part: str) -> list[str]:
    ways = [""]
    rest = part
    while rest:
        before, brace, after = rest.partition("{")
        inside, closed, rest = after.partition("}")
        if brace and not closed or len(ways) * (inside.count(",") + 1) > CHOICES:
            return []
        ways = [way + before + choice for way in ways for choice in (inside.split(",") if brace else ("",))]
    return ways


def _tokens(text: str) -> Iterator[Token]:
    spot = 0
    while spot < len(text):
        letter = text[spot]
        spot += 1
        if letter == "[" and (end := text.find("]", spot)) > 0:
            inside = text[spot:end]
            spot = end + 1
            other = inside.startswith("!")
            yield other, frozenset(_span(inside[other:]))
        else:
            yield {"?": ANY, "*": STAR}.get(letter, letter)


def _span(inside: str) -> Iterator[str]:
    spot = 0
    while spot < len(inside):
        if inside[spot + 1 : spot + 2] == "-" and spot + 2 < len(inside):
            first, last = ord(inside[spot]), ord(inside[spot + 2])
            yield from map(chr, range(first, min(last, first + 255) + 1))
            spot += 3
        else:
            yield inside[spot]
            spot += 1


def fits(tokens: tuple[Token, ...], text: str) -> bool:
    """Whether a text is one the pattern means."""
    i = j = 0
    star, again = -1, 0
    while j < len(text):
        if i < len(tokens) and tokens[i] == STAR:
            star, again = i, j
            i += 1
        elif i < len(tokens) and _is(tokens[i], text[j]):
            i += 1
            j += 1
        elif star >= 0:
            again += 1
            i, j = star + 1, again
        else:
            return False
    return all(token == STAR for token in tokens[i:])


def _is(token: Token, letter: str) -> bool:
    if isinstance(token, tuple):
        other, letters = token
        return (letter in letters) != other
    return token in (ANY, letter)
