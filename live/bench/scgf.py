"""SuperCollider instruments without its language: a small writer of the SynthDef file format, version 2.

    defs = synthdef("player", {"buf": 0.0}, lambda d: d.ugen("Out", AUDIO, [0, ...], outs=0))

A unit generator's input is a number or ``(unit, output)``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

SCALAR, CONTROL, AUDIO = 0, 1, 2
Input = float | tuple[int, int]


@dataclass
class Drawing:
    """The unit generators of one SynthDef, in order."""

    controls: Mapping[str, float]
    constants: list[float] = field(default_factory=list)
    units: list[tuple[str, int, list[tuple[int, int]], list[int], int]] = field(default_factory=list)

    def ugen(self, name: str, rate: int, ins: Sequence[Input], outs: int = 1, special: int = 0) -> list[tuple[int, int]]:
        """Add one; its outputs, ready to be inputs of the next."""
        wired = [each if isinstance(each, tuple) else (-1, self._constant(float(each))) for each in ins]
        self.units.append((name, rate, wired, [rate] * outs, special))
        return [(len(self.units) - 1, k) for k in range(outs)]

    def control(self, name: str) -> tuple[int, int]:
        """A control by name; all of them come from the one Control unit at the start."""
        return (0, list(self.controls).index(name))

    def _constant(self, value: float) -> int:
        if value not in self.constants:
            self.constants.append(value)
        return self.constants.index(value)


def _word(text: str) -> bytes:
    raw = text.encode()
    return bytes([len(raw)]) + raw


def synthdef(name: str, controls: Mapping[str, float], draw: Callable[[Drawing], object]) -> bytes:
    """The bytes of a file with one SynthDef."""
    d = Drawing(controls)
    if controls:
        d.units.append(("Control", CONTROL, [], [CONTROL] * len(controls), 0))
    draw(d)
    out = [b"SCgf", struct.pack(">ih", 2, 1), _word(name)]
    out.append(struct.pack(f">i{len(d.constants)}f", len(d.constants), *d.constants))
    out.append(struct.pack(f">i{len(controls)}f", len(controls), *controls.values()))
    out.append(struct.pack(">i", len(controls)))
    out += [_word(word) + struct.pack(">i", i) for i, word in enumerate(controls)]
    out.append(struct.pack(">i", len(d.units)))
    for unit, rate, ins, outs, special in d.units:
        out.append(_word(unit) + struct.pack(">biih", rate, len(ins), len(outs), special))
        out += [struct.pack(">ii", a, b) for a, b in ins]
        out += [struct.pack(">b", each) for each in outs]
    out.append(struct.pack(">h", 0))
    return b"".join(out)


def player(filter_name: str = "RLPF") -> bytes:
    """A stereo looping cubic sample player, a resonant low-pass on each side, a balance, the output."""

    def draw(d: Drawing) -> None:
        # PlayBuf: bufnum, rate, trigger, start, loop, done
        sides = d.ugen("PlayBuf", AUDIO, [d.control("buf"), d.control("rate"), 1, 0, 1, 0], outs=2)
        soft = [d.ugen(filter_name, AUDIO, [side, d.control("freq"), d.control("rq")])[0] for side in sides]
        both = d.ugen("Balance2", AUDIO, [*soft, d.control("pos"), d.control("level")], outs=2)
        d.ugen("Out", AUDIO, [d.control("out"), *both], outs=0)

    return synthdef(f"player_{filter_name}", {"buf": 0, "rate": 1.01, "freq": 2000, "rq": 0.7, "pos": 0, "level": 0.002, "out": 0}, draw)


def smear() -> bytes:
    """A shared bus in, 2048-point transform each 512 frames, magnitudes smeared over their neighbours, back, out."""

    def draw(d: Drawing) -> None:
        heard = d.ugen("In", AUDIO, [d.control("in")])[0]
        room = d.ugen("MaxLocalBufs", SCALAR, [1])[0]
        buf = d.ugen("LocalBuf", SCALAR, [1, 2048, room])[0]
        chain = d.ugen("FFT", CONTROL, [buf, heard, 0.25, 0, 1, 0])[0]
        chain = d.ugen("PV_MagSmear", CONTROL, [chain, d.control("bins")])[0]
        sound = d.ugen("IFFT", AUDIO, [chain, 0, 0])[0]
        level = d.ugen("BinaryOpUGen", AUDIO, [sound, d.control("level")], special=2)[0]
        d.ugen("Out", AUDIO, [d.control("out"), level], outs=0)

    return synthdef("smear", {"in": 16, "bins": 6, "level": 0.002, "out": 0}, draw)


def hiss() -> bytes:
    """White noise onto a bus, for the smears to hear."""

    def draw(d: Drawing) -> None:
        noise = d.ugen("WhiteNoise", AUDIO, [])[0]
        d.ugen("Out", AUDIO, [d.control("out"), noise], outs=0)

    return synthdef("hiss", {"out": 16}, draw)
