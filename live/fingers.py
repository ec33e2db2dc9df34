"""What hands move, as words: knob(21), key(), pad(36), bend(), pedal(), pressure(). As numbers they are knobs, most by a name.

    knob(3, device="nano")   the knob "nano/3"          pad(36)      the knob "pad 36": its velocity while held, else 0
    key().gate               the knob "key gate"        key().pitch  a curve over the knob "key": the newest held key
    bend()                   the knob "bend", from -1 to 1

A device's own go by its name: "nano/key gate". Keys of a range or a channel, too: "key 48-72 ch2 gate". Keys that no pedal
holds are dry: "key dry gate".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from live.knobs import why_not
from live.mistakes import Mistake, nearest
from live.page import page
from live.rhythm import KEYS, NOTE, STEPS, between
from live.typed import number, typed
from live.values import Knob, Mover, Named, Number, Value, what_is

NUMBERS = 512  # knobs without a name
LONGEST = 60  # bytes of a name
FARTHEST = 96  # semitones a wheel may bend
MOVES = ("gate", "velocity", "pressure", "bend", "timbre")
"""What the newest held key does, besides its pitch."""
LOWEST, HIGHEST = (440.0 * 2 ** ((key - 69) / 12) for key in (0, 127))
DEVICE = re.compile(r"(?:(.+)/)?([^/]+)", re.DOTALL)
KEY = re.compile(r"key(?: (\d+)-(\d+))?(?: ch(\d+))?( dry)?(?: (gate|velocity|pressure|bend|timbre))?")


@dataclass(frozen=True, eq=False, repr=False)
class Keys(Value):
    """Keys or pads: what strikes a place, and numbers of the newest held one. ``channel`` 0: any; ``device`` "": any.

    ``sustain``: whether the pedal holds them. ``semitones``: how far the wheel bends them; below 0 as far as the controller says. None: as usual: a single key is a pad, which no pedal holds and no wheel bends.
    """

    low: int = 0
    high: int = 127
    device: str = ""
    channel: int = 0
    sustain: bool | None = None
    semitones: float | None = None

    @staticmethod
    def of(hits: Any) -> Keys:
        """As a place is told it, the other way."""
        _, low, high, device, channel, *more = hits
        usual = Keys(low, high)
        sustain, semitones = (bool(more[0]), float(more[1])) if more else (usual.sustains, usual.bends)
        return Keys(
            low, high, device, channel, None if sustain == usual.sustains else sustain, None if semitones == usual.bends else semitones
        )

    @property
    def hits(self) -> tuple[Any, ...]:
        """As a place is told it: no more than is unusual."""
        usual = Keys(self.low, self.high)
        more = (self.sustains, self.bends) != (usual.sustains, usual.bends)
        return ("keys", self.low, self.high, self.device, self.channel, *((int(self.sustains), self.bends) if more else ()))

    @property
    def sustains(self) -> bool:
        """Whether the pedal holds them."""
        return self.low != self.high if self.sustain is None else self.sustain

    @property
    def bends(self) -> float:
        """By how many semitones the wheel bends them; -1: as many as the controller says."""
        return (0.0 if self.low == self.high else -1.0) if self.semitones is None else self.semitones

    def called(self, what: str = "") -> str:
        """The knob behind one of its numbers."""
        parts = ["key", *([f"{self.low}-{self.high}"] if (self.low, self.high) != (0, 127) else [])]
        parts += [*([f"ch{self.channel}"] if self.channel else []), *(["dry"] if what in ("", "gate") and not self.sustains else [])]
        parts += [what] if what else []
        return of(self.device, " ".join(parts))

    @property
    def pitch(self) -> Number:
        """In Hz: where the newest held key is, or the last one was."""
        return Number(Mover("curve", (), {"x": Number(self.called()), "low": LOWEST, "high": HIGHEST}, {"log": True}))

    def __getattr__(self, name: str) -> Any:
        """``key().gate``"""
        if name in MOVES:
            return wheel(self.called(name)) if name == "bend" else Number(Named(self.called(name)), bare=True)
        if name.startswith("_"):
            raise AttributeError(name)
        raise Mistake(f"Keys have no {name!r}.", near=nearest(name, ("pitch", *MOVES), most=6), word=name)

    def _no_number(self, *_: Any) -> NoReturn:
        own = typed(self)
        raise Mistake("Keys are no number by themselves.", near=f"Numbers of theirs: {own}.pitch, {own}.gate, {own}.velocity", word="key")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __gt__ = __lt__ = __ge__ = __le__ = __neg__ = _no_number


def knob(which: int | str, at: float | None = None, *, device: str | None = None) -> Number:
    """A knob, 0 to 1. On a control it travels the control's whole range; in arithmetic it is the number it is.

    ``at``: where it stands until somebody turns it. ``device``: a part of its controller's name.
    """
    if isinstance(which, str):
        named(which)
        if device is not None:
            raise Mistake("A controller's own knobs go by number.", near=f'Write: knob(21, device="{device}")', word="device")
    elif type(which) is not int or not 0 <= which < NUMBERS:
        raise Mistake(f"A knob goes by its number, 0 to {NUMBERS - 1}, or by a name.", near="Write: knob(21)", word="knob")
    elif device is not None and which > 127:
        raise Mistake(f"A controller numbers its knobs from 0 to 127; this is {which}.", near="Nearest: 127.", word="knob")
    source: Knob | Named = (
        Named(which) if isinstance(which, str) else Knob(which) if device is None else Named(of(_device(device), str(which)))
    )
    if at is not None:
        between("at", at, 0, 1)
        page().knobs[source if isinstance(source, str) else int(source)] = float(at)
        source.said = ", ".join([typed(which), number(float(at)), *([] if device is None else [f"device={typed(device)}"])])
    return Number(source, bare=True)


def left_at(name: str, at: float) -> Number:
    """A knob of that name as ``knob(name, at)`` makes it, for who writes no page but an edit."""
    source = Named(name)
    source.said = f"{typed(name)}, {number(round(at, 4))}"
    return Number(source, bare=True)


def key(
    low: int | str | None = None, high: int | str | None = None, device: str | None = None, channel: int | None = None,
    sustain: bool | None = None, bend: float | None = None,
) -> Keys:  # fmt: skip
    """Keys: pluck(hits=key()) is played by them; key().pitch, .gate, .velocity, .pressure, .bend and .timbre are numbers of the newest.

    The pedal holds them (sustain=False: it does not), the wheel bends tone and pluck by two semitones, or as many as the controller
    says (bend=12: by an octave; bend=0: not at all). A single key is a pad: it does neither unless it is told to.
    """
    bottom, top = 0 if low is None else key_number(low), 127 if high is None else key_number(high)
    if bottom > top:
        raise Mistake(
            f"No key is above {named_key(bottom)} and below {named_key(top)}.", near=f"Write: key({low_first(top, bottom)})", word="key"
        )
    if channel is not None and (type(channel) is not int or not 1 <= channel <= 16):
        raise Mistake(f"Channels go from 1 to 16; this is {what_is(channel)}.", near="All of them: key()", word="key")
    if sustain is not None and not isinstance(sustain, bool):
        raise Mistake(f"sustain is True or False; this is {what_is(sustain)}.", near="Write: key(sustain=False)", word="sustain")
    if bend is not None:
        between("bend", bend, 0, FARTHEST)
    usual = Keys(bottom, top)
    sustain = None if sustain == usual.sustains else sustain
    return Keys(bottom, top, _device(device), channel or 0, sustain, None if bend is None or bend == usual.bends else float(bend))


def low_first(*keys: int) -> str:
    """Keys as arguments."""
    return ", ".join(typed(named_key(key)) for key in keys)


def pad(which: int | str, device: str | None = None) -> Number:
    """A pad, by its note: how hard it was hit while it is held, else 0. clip("rain on tin", hits=pad(36)) is started by it."""
    return Number(Named(of(_device(device), f"pad {key_number(which, 'pad')}")), bare=True)


def bend(device: str | None = None) -> Number:
    """The pitch wheel: -1 to 1, 0 at rest."""
    return wheel(of(_device(device), "bend"))


def pedal(device: str | None = None) -> Number:
    """The sustain pedal: 0 to 1."""
    return Number(Named(of(_device(device), "pedal")), bare=True)


def pressure(device: str | None = None) -> Number:
    """How hard the keys are pressed while they are held: 0 to 1."""
    return Number(Named(of(_device(device), "pressure")), bare=True)


def wheel(name: str) -> Number:
    """A knob that rests in the middle, as a number from -1 to 1."""
    return Number(Named(name), 2.0, -1.0)


# --- names ------------------------------------------------------------------------------------


def of(device: str, what: str) -> str:
    """The name of what a device has."""
    return f"{device}/{what}" if device else what


def named(name: str) -> None:
    """Refuse what cannot be a knob's name."""
    if not name.strip():
        raise Mistake("A knob goes by its number, or by a name that is not empty.", near='Write: knob("cutoff")', word="knob")
    if name.strip().isdigit():
        raise Mistake("A name is more than digits.", near=f"Write: knob({name.strip()})" if name.isascii() else "", word="knob")
    if len(name.encode(errors="replace")) > LONGEST:
        raise Mistake(f"{name[:20]}... is too long for a name.", near=f"At most {LONGEST} bytes.", word="knob")
    if why := why_not(name):
        raise Mistake(f"{ascii(name)} is no name: {why}.", near='Write: knob("cutoff")', word="knob")


def _device(name: Any) -> str:
    """A device as it is named; "" for any."""
    if name is None:
        return ""
    if not isinstance(name, str):
        raise Mistake(f"A device goes by a part of its name; this is {what_is(name)}.", near='Write: device="nano"', word="device")
    if name.strip().isdigit() or not name.strip():
        raise Mistake(f"A device goes by a part of its name; this is {name!r}.", near='Write: device="nano"', word="device")
    named(name)
    if len(name.encode()) > 32:
        raise Mistake(f"{name[:20]}... is long for a part of a name.", near="At most 32 bytes.", word="device")
    return name


def key_number(which: Any, word: str = "key") -> int:
    """A key by its name or number: c4 is 60, the middle c."""
    if isinstance(which, str) and (match := NOTE.match(which.strip())):
        step, sign, octave = match.groups()
        found = 12 * (int(octave) + 1) + STEPS[step.lower()] + {"#": 1, "s": 1, "b": -1, "": 0}[sign]
        if not 0 <= found <= 127:
            raise Mistake(
                f"Keys go from c-1 to g9; {which} is outside.", near=f"Nearest: {named_key(min(max(found, 0), 127))}.", word=which
            )
        return found
    if type(which) is int:
        if not 0 <= which <= 127:
            near = f"Nearest: {word}({min(max(which, 0), 127)})."
            raise Mistake(f"{word}s go from 0 to 127; {which} is outside.".capitalize(), near=near, word=word)
        return which
    raise Mistake(
        f"{which!r} is no key." if isinstance(which, str) else f"A {word} goes by its name or number; this is {what_is(which)}.",
        near="A key is a letter and an octave, or a number: c3, f#4, 36.",
        word=which if isinstance(which, str) else word,
    )


def named_key(key: int) -> str:
    """60 is c4."""
    return f"{KEYS[key % 12]}{key // 12 - 1}"


# --- and back, as they are typed -----------------------------------------------------------------


def parted(name: str) -> tuple[str, str]:
    """A knob's name as device and what it has."""
    match = DEVICE.fullmatch(name)
    return (match.group(1) or "", match.group(2)) if match else ("", name)


def keys_of(name: str) -> tuple[Keys, str] | None:
    """The keys behind a knob's name, and which number of theirs it is ("": the pitch)."""
    device, what = parted(name)
    match = KEY.fullmatch(what)
    if not match:
        return None
    low, high, channel, dry, move = match.groups()
    bottom, top = int(low or 0), int(high or 127)
    usual = move in MOVES[1:] or (not dry) == Keys(bottom, top).sustains
    return Keys(bottom, top, device, int(channel or 0), None if usual else not dry), move or ""


def struck_by(value: Any) -> Keys | None:
    """The keys that strike, when that is what is meant: key(), or a pad."""
    if isinstance(value, Keys):
        return value
    if isinstance(value, Number) and value.alone and isinstance(value.source, str):
        device, what = parted(value.source)
        if what.startswith("pad ") and what[4:].isdigit():
            return Keys(int(what[4:]), int(what[4:]), device)
    return None


def is_wheel(name: Any) -> bool:
    """Whether a knob rests in the middle."""
    return isinstance(name, str) and parted(name)[1].split(" ")[-1] == "bend" and said(name) != f"knob({typed(name)})"


def said(name: str) -> str:
    """A knob as it is typed."""
    device, what = parted(name)
    own = f"device={typed(device)}" if device else ""
    if what in ("bend", "pedal", "pressure"):
        return f"{what}({own})"
    if what.startswith("pad ") and what[4:].isdigit() and int(what[4:]) < 128:
        return f"pad({', '.join(part for part in (str(int(what[4:])), own) if part)})"
    if (found := keys_of(name)) and found[1] and found[0].called(found[1]) == name:
        return f"{played(found[0], pads=False)}.{found[1]}"
    if device and what.isdigit() and str(int(what)) == what and int(what) < 128:
        return f"knob({what}, {own})"
    return f"knob({typed(name)})"


def played(keys: Keys, pads: bool = True) -> str:
    """Keys as they are typed; a single one as the pad it is, unless ``pads`` says no."""
    device = f"device={typed(keys.device)}" if keys.device else ""
    more = [*([] if keys.sustain is None else [f"sustain={keys.sustain}"])]
    more += [] if keys.semitones is None else [f"bend={number(keys.semitones)}"]
    if pads and keys.low == keys.high and not keys.channel and not more:
        return f"pad({', '.join(part for part in (str(keys.low), device) if part)})"
    low = typed(named_key(keys.low)) if keys.low else ""
    high = "" if keys.high == 127 else typed(named_key(keys.high)) if low else f"high={typed(named_key(keys.high))}"
    parts = (low, high, device, f"channel={keys.channel}" if keys.channel else "", *more)
    return f"key({', '.join(part for part in parts if part)})"
