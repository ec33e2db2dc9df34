"""How eight kinds of controllers speak, made from how they work: a hand moves, the hardware looks now and then, and sends.

``stream("offset", seed)`` is some seconds of one control in use, with what else goes over the cable meanwhile: another
knob that is moved, a clock, active sensing. Learning is tested with these, and hands that are not there are played by them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

Message = tuple[float, bytes]
"""When, in seconds, and what."""
LOOK = 0.0025  # seconds between two positions of the hand
EIGHT = ("absolute", "twos", "sign", "offset", "fourteen", "nrpn", "toggle", "momentary")


def hand(chance: random.Random, seconds: float) -> list[float]:
    """Where a knob stands, 0 to 1, every now and then: moves from place to place, with pauses and a little trembling."""
    place, found = chance.random(), []
    while len(found) < seconds / LOOK:
        goal = min(max(place + chance.choice((-1, 1)) * chance.uniform(0.05, 0.9), 0.0), 1.0)
        steps = max(int(abs(goal - place) / chance.uniform(0.15, 3.0) / LOOK), 20)
        for k in range(steps):
            x = k / steps
            found.append(place + (goal - place) * x * x * x * (10 - 15 * x + 6 * x * x) + chance.uniform(-0.0005, 0.0005))
        place = goal
        found += [place] * chance.randrange(0, 80)
    return [min(max(p, 0.0), 1.0) for p in found[: int(seconds / LOOK)]]


def absolute(chance: random.Random, seconds: float, cc: int, status: int) -> Iterator[Message]:
    """A potentiometer: a value whenever it has changed, with a little noise at the edge between two."""
    last, every, noise = -1, chance.choice((1, 2, 4)), chance.choice((0.0, 0.1, 0.35))
    for k, place in enumerate(hand(chance, seconds)):
        if k % every:
            continue
        value = min(max(round(place * 127 + (chance.gauss(0, noise) if noise else 0.0)), 0), 127)
        if value != last:
            if last >= 0:
                yield k * LOOK, bytes((status, cc, value))
            last = value


def encoder(chance: random.Random, seconds: float, most: int) -> Iterator[tuple[float, int]]:
    """Steps of a knob without an end; faster turns count for more, up to ``most`` at a time."""
    detents, every, eager = chance.choice((24, 48, 96)), chance.choice((2, 4, 8)), chance.choice((0.0, 0.0, 0.5, 2.0))
    places = hand(chance, seconds)
    before = round(places[0] * detents)
    for k in range(every, len(places), every):
        now = round(places[k] * detents)
        if step := now - before:
            size = round(abs(step) * (1 + eager * (abs(step) - 1)))
            yield k * LOOK, math.copysign(1, step) * min(max(size, 1), most)
        before = now


def relative(how: Callable[[int], int], most: int) -> Callable[[random.Random, float, int, int], Iterator[Message]]:
    """An encoder that tells its steps one way or another."""

    def made(chance: random.Random, seconds: float, cc: int, status: int) -> Iterator[Message]:
        for at, step in encoder(chance, seconds, most):
            yield at, bytes((status, cc, how(int(step))))

    return made


def fourteen(chance: random.Random, seconds: float, cc: int, status: int, *, low_first: bool = False) -> Iterator[Message]:
    """A fine fader: its high seven bits, then its low ones (or the other way round)."""
    last, every, apart = -1, chance.choice((1, 2, 4)), chance.choice((0.0, 0.0003, 0.001))
    for k, place in enumerate(hand(chance, seconds)):
        value = min(max(round(place * 16383 + chance.gauss(0, 2)), 0), 16383)
        if k % every == 0 and value != last:
            two = [(cc, value >> 7), (cc + 32, value & 127)]
            for count, (number, part) in enumerate(reversed(two) if low_first else two):
                yield k * LOOK + count * apart, bytes((status, number, part))
            last = value


def fourteen_lsb(chance: random.Random, seconds: float, cc: int, status: int) -> Iterator[Message]:
    """The same, low bits first."""
    yield from fourteen(chance, seconds, cc, status, low_first=True)


def nrpn(chance: random.Random, seconds: float, cc: int, status: int) -> Iterator[Message]:
    """A number of more than 127, and its value; the number is said again each time, or only once."""
    last, again, fine, begun = -1, chance.random() < 0.5, chance.random() < 0.7, False
    for k, place in enumerate(hand(chance, seconds)):
        value = round(place * 16383)
        if k % 4 == 0 and value != last:
            words = (
                ([(99, cc >> 7), (98, cc & 127)] if again or not begun else []) + [(6, value >> 7)] + ([(38, value & 127)] if fine else [])
            )
            begun = True
            for count, (number, part) in enumerate(words):
                yield k * LOOK + count * 0.0003, bytes((status, number, part))
            last = value


def presses(chance: random.Random, seconds: float) -> Iterator[tuple[float, float]]:
    """When somebody presses a button, and for how long."""
    at, pause, hold = chance.uniform(0, 0.3), chance.uniform(0.35, 1.0), chance.uniform(0.05, 0.16)
    while at < seconds:
        held = hold * math.exp(chance.gauss(0, 0.2))
        yield at, held
        at += held + pause * math.exp(chance.gauss(0, 0.25))


def toggle(chance: random.Random, seconds: float, cc: int, status: int) -> Iterator[Message]:
    """A switch: on at one press, off at the next."""
    on = chance.random() < 0.5
    for at, _ in presses(chance, seconds):
        yield at, bytes((status, cc, 127 if on else 0))
        on = not on


def momentary(chance: random.Random, seconds: float, cc: int, status: int) -> Iterator[Message]:
    """A button: on while it is pressed."""
    for at, held in presses(chance, seconds):
        yield at, bytes((status, cc, 127))
        yield at + held, bytes((status, cc, 0))


MADE: dict[str, Callable[[random.Random, float, int, int], Iterator[Message]]] = {
    "absolute": absolute, "twos": relative(lambda step: step & 127, 16), "sign": relative(lambda step: step if step > 0 else 64 - step, 16),
    "offset": relative(lambda step: 64 + step, 3), "fourteen": fourteen, "fourteen lsb": fourteen_lsb, "nrpn": nrpn, "toggle": toggle,
    "momentary": momentary,
}  # fmt: skip


def stream(kind: str, seed: int, *, cc: int = 21, channel: int = 1, seconds: float = 10.0, company: bool = True) -> list[Message]:
    """Some seconds of one control of a kind, in several gestures; ``company``: what else goes over the cable."""
    chance = random.Random(f"{kind} {seed}")
    status = 0xB0 | (channel - 1)
    found, at = [], chance.uniform(0, 1)
    while at < seconds:
        long = chance.uniform(1.5, 5.0)
        found += [(at + when, data) for when, data in MADE[kind](random.Random(chance.random()), long, cc, status)]
        at += long + chance.uniform(0, 0.5)
    if kind == "toggle":  # from one gesture to the next it stays as it was
        found = [(when, bytes((status, cc, 127 * (count % 2)))) for count, (when, _) in enumerate(sorted(found), chance.randrange(2))]
    if company:
        other = random.Random(chance.random())
        found += list(absolute(other, seconds, (cc + 1) & 127, status))
        found += [(k * 0.0208, b"\xf8") for k in range(int(seconds / 0.0208))] if other.random() < 0.5 else []
        found += [(k * 0.3, b"\xfe") for k in range(int(seconds / 0.3))] if other.random() < 0.5 else []
    return sorted(found, key=lambda message: message[0])
