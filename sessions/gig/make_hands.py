"""Writes hands.mid: sixteen bars of two hands and a foot, for when nobody has any. Run it in this folder to write it again."""

import math
from pathlib import Path

from live import midifile

BEATS, CHANNEL = 64, 0
KNOB_WORN, KNOB_DARK, FADER, PEDAL = 21, 22, 7, 64
BELL, BRASS, KNOCKS = 36, 37, 38


def turned(control: int, start: float, end: float, low: float, high: float) -> list[tuple[float, bytes]]:
    """A knob on its way, as a hand turns it: slowly at both ends, a message for every step of it."""
    found, last = [], -1
    for step in range(int((end - start) * 48) + 1):
        x = step / ((end - start) * 48)
        value = round(low + (high - low) * (0.5 - 0.5 * math.cos(math.pi * x)))
        if value != last:
            found.append((start + step / 48, bytes([0xB0 | CHANNEL, control, value])))
            last = value
    return found


def struck(key: int, beat: float, hard: int, length: float = 0.25) -> list[tuple[float, bytes]]:
    """A key or a pad, and letting it go."""
    return [(beat, bytes([0x90 | CHANNEL, key, hard])), (beat + length, bytes([0x80 | CHANNEL, key, 0]))]


def hands() -> list[tuple[float, bytes]]:
    """Sixteen bars."""
    done = turned(FADER, 0, 2, 0, 90)
    done += turned(KNOB_WORN, 4, 14, 0, 100) + turned(KNOB_WORN, 40, 52, 100, 12)
    done += turned(KNOB_DARK, 10, 22, 38, 110) + turned(KNOB_DARK, 44, 58, 110, 30)
    done += turned(FADER, 28, 32, 90, 20) + turned(FADER, 46, 47, 20, 100) + turned(FADER, 60, 63.5, 100, 0)
    for beat in (0, 16, 32, 48, 60):
        done += struck(BELL, beat, 70 + int(beat) % 50)
    for beat in (7.98, 23.5, 39.97, 55.5):
        done += struck(BRASS, beat, 84)
    for beat, hard in (
        (12, 60),
        (12.52, 40),
        (13.03, 90),
        (20.25, 55),
        (20.5, 70),
        (36, 100),
        (36.34, 45),
        (36.67, 66),
        (37.02, 80),
        (52.5, 90),
    ):
        done += struck(KNOCKS, beat, hard)
    line = "60 67 72 74 79 76 72 67 65 72 77 74 70 67 64 60"
    for count, key in enumerate(line.split()):
        done += struck(int(key), 16 + count * 1.5 + 0.02 * (count % 3), 50 + 7 * (count % 5), 0.7)
    done += [(beat, bytes([0xB0 | CHANNEL, PEDAL, value])) for beat, value in ((30, 127), (38, 0), (50.5, 127), (57, 0))]
    return sorted(done, key=lambda pair: pair[0])


def written(path: Path) -> None:
    """The file."""
    events = [midifile.Event(round(beat * midifile.PPQ), message) for beat, message in hands()]
    midifile.write(path, [midifile.Track("table", [midifile.tempo(0, 84), *events], [], BEATS)])


if __name__ == "__main__":
    written(Path(__file__).with_name("hands.mid"))
