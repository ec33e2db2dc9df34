"""What a label sounds like some semitones higher, and when two labels are one to a musician.

A label is anything that can be a key of a dictionary: a letter, a MIDI pitch,
a chord ``(root, type)``, a tuple of pitches. ``shifted`` knows the usual
ones; a memory takes another function in its place (``shift=``).
"""

from __future__ import annotations

from collections.abc import Hashable
from numbers import Integral

STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
SIGNS = {"#": 1, "♯": 1, "b": -1, "♭": -1}


def shifted(label: Hashable, semitones: int) -> Hashable:
    """The label moved up (or down): pitches move, a chord's root moves round the octave, its type stays."""
    if semitones == 0:
        return label
    if isinstance(label, Integral) and not isinstance(label, bool):
        return int(label) + semitones
    if isinstance(label, tuple) and label and all(isinstance(part, Integral) for part in label):
        return tuple(int(part) + semitones for part in label)
    if isinstance(label, tuple) and len(label) == 2 and isinstance(label[0], Integral):
        return ((int(label[0]) + semitones) % 12, label[1])
    raise TypeError(
        f"the label {label!r} cannot be moved by {semitones} semitones. Whole numbers, tuples of them and chords (root, type) can; "
        "for others give the memory shift=function(label, semitones)."
    )


def chord(text: str) -> tuple[int, str]:
    """``"f# m7"``, ``"Gb m7"`` and ``"F#m7"`` are one chord: (6, "m7"). No type is a major triad: (0, "maj")."""
    name = text.strip()
    if not name or name[0].lower() not in STEPS:
        raise ValueError(f"{text!r} is no chord: it begins with a note from a to g, such as {'f# m7'!r}")
    root, at = STEPS[name[0].lower()], 1
    while at < len(name) and name[at] in SIGNS:
        root, at = root + SIGNS[name[at]], at + 1
    return root % 12, name[at:].strip() or "maj"


def in_parts(one: Hashable, other: Hashable) -> bool:
    """Tuples are alike part by part as far as the shorter goes, and None in a part fits anything: for ``same=``."""
    a, b = (label if isinstance(label, tuple) else (label,) for label in (one, other))
    return all(x is None or y is None or x == y for x, y in zip(a, b, strict=False))
