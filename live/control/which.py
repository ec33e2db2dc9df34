"""What can be moved on a controller, by the name a map gives it: ``cc 21``, ``note 36``, ``bend``, ``cc 21 ch 10``."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace

NUMBERED = {"cc": 127, "note": 127, "nrpn": 16383, "rpn": 16383}
ALONE = ("bend", "pressure", "program")
KINDS = (
    "absolute", "twos", "sign", "offset", "fourteen", "fourteen lsb", "nrpn", "toggle", "momentary", "bend", "note", "program", "pressure",
)  # fmt: skip
"""How a control speaks. twos, sign and offset are encoders without an end; ``fourteen lsb`` sends its low seven bits first."""
TWO_SIDED = ("twos", "sign", "offset")
SHOWN = {
    "absolute": "a knob, absolute, 0 to 127",
    "twos": "an encoder without an end, two's complement (1 right, 127 left)",
    "sign": "an encoder without an end, sign bit (1 right, 65 left)",
    "offset": "an encoder without an end, around 64 (65 right, 63 left)",
    "fourteen": "a fine knob, 14 bit, 0 to 16383",
    "fourteen lsb": "a fine knob, 14 bit, low bits first, 0 to 16383",
    "nrpn": "a fine knob, NRPN, 0 to 16383",
    "toggle": "a switch, on and off by turns",
    "momentary": "a button, on while it is held",
    "bend": "a bender or fine fader, 14 bit",
    "note": "a pad or key",
    "program": "a program switch",
    "pressure": "pressure, 0 to 127",
}
_TEXT = re.compile(r"(?:(cc|note|nrpn|rpn)\s*(\d+)|(bend|pressure|program))(?:\s+ch\s*(\d+))?$")


@dataclass(frozen=True)
class Which:
    """One control of some device. ``channel`` counts from 1; 0 means any."""

    what: str
    number: int = 0
    channel: int = 0

    def __str__(self) -> str:
        return f"{self.what} {self.number}" * (self.what in NUMBERED) + self.what * (self.what in ALONE) + self._on()

    def _on(self) -> str:
        return f" ch {self.channel}" if self.channel else ""

    @property
    def anywhere(self) -> Which:
        """The same on any channel."""
        return replace(self, channel=0)

    def meets(self, other: Which) -> bool:
        """Whether it speaks of what the other one names."""
        return (self.what, self.number) == (other.what, other.number) and (
            not self.channel or not other.channel or self.channel == other.channel
        )

    @staticmethod
    def read(text: str) -> Which:
        """From its name in a map; ValueError says what is wrong and what is nearest."""
        found = _TEXT.match(" ".join(str(text).lower().split()))
        if not found:
            raise ValueError(f"there is no control {text!r}. {_near(str(text))}")
        numbered, number, alone, channel = found.groups()
        if numbered and int(number) > NUMBERED[numbered]:
            raise ValueError(f"{numbered} goes to {NUMBERED[numbered]}; {number} is not there")
        if channel and not 1 <= int(channel) <= 16:
            raise ValueError(f"channels are 1 to 16; {channel} is not there")
        return Which(numbered or alone, int(number or 0), int(channel or 0))


def _near(text: str) -> str:
    """The control that may be meant."""
    number = re.search(r"\d+", text)
    word = re.sub(r"[\d\s]+.*", "", text).lower()
    close = difflib.get_close_matches(word, [*NUMBERED, *ALONE], 1, 0.3)
    if close and close[0] in ALONE:
        return f"Nearest: {close[0]}."
    return f"Nearest: {close[0] if close else 'cc'} {number[0] if number else 21}."
