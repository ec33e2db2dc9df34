"""How you like your instrument set up: flag > environment > rig > session > your own file > default.

``load`` reads every layer and never stops the music: what it does not
understand becomes one line of warning with the nearest thing it does, and the
next layer down speaks instead. Each value remembers where it came from.
"""

from __future__ import annotations

import difflib
import os
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PREFIX = "ANTIPHON_"
BLOCKS = (64, 128, 256, 512, 1024)
ELSEWHERE = ("rig", "map", "link", "open")  # tables of session.toml that other files read; rig may be a name, too
ENVIRONMENT = ("RUNTIME", "CACHE", "PYTHON", "SESSION", "TRACE")  # ANTIPHON_ words that are no settings


@dataclass(frozen=True)
class Wish:
    """One thing that can be set: how it rests, what is legal, what it is for."""

    rest: Any
    says: str
    low: float | None = None
    high: float | None = None
    one_of: tuple[Any, ...] = ()

    def read(self, raw: Any) -> Any:
        """The value meant by ``raw`` (TOML gives types, the environment only text), or ValueError with what is legal."""
        kind = type(self.rest)
        value: Any = raw
        if isinstance(raw, str) and kind is not str:
            words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
            try:
                value = words[raw.strip().lower()] if kind is bool else kind(raw.strip())
            except (KeyError, ValueError):
                raise ValueError(self.legal()) from None
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise ValueError(self.legal())
        if self.one_of and value not in self.one_of:
            raise ValueError(self.legal())
        if self.low is not None and self.high is not None and not self.low <= value <= self.high:
            raise ValueError(self.legal())
        return value

    def legal(self) -> str:
        """What may stand here, in words."""
        if self.one_of:
            return "one of " + ", ".join(str(v) for v in self.one_of)
        if self.low is not None:
            return f"{'a whole number' if type(self.rest) is int else 'a number'} from {self.low:g} to {self.high:g}"
        return {bool: "true or false", str: "a text in quotes"}.get(type(self.rest), "a number")


WISHES: dict[str, Wish] = {
    "device": Wish("", "output device by name, or null; empty: the system's own choice"),
    "input": Wish("", "input device by name, or none; empty: the system's own choice"),
    "backend": Wish("auto", "which road to the sound card", one_of=("auto", "jack", "portaudio", "null")),
    "rate": Wish(0, "frames a second; 0: the device's own", low=0, high=384000),
    "block": Wish(256, "frames the device asks for at a time", one_of=BLOCKS),
    "channels": Wish(0, "output channels; 0: what the device has, at least 2", low=0, high=64),
    "inputs": Wish(0, "input channels; 0: what the device has", low=0, high=32),
    "ceiling": Wish(-1.0, "dBFS that the master never goes above", low=-60, high=0),
    "fade": Wish(0.05, "seconds a swapped place takes to cross over", low=0, high=60),
    "quant": Wish("bar", "when an edit lands", one_of=("now", "beat", "bar")),
    "tempo": Wish(120.0, "beats a minute at the start", low=1, high=1000),
    "keep": Wish(30.0, "minutes of recording kept on disk", low=0, high=1440),
    "spare": Wish(1.0, "GB of disk that recording leaves free", low=0, high=10000),
    "seed": Wish(1, "where chance begins", low=0, high=2**31 - 1),
    "takes": Wish("takes", "folder for takes, inside the session"),
    "rig": Wish("", "the room, by the name of its rig file; empty: as the device is"),
    "midi": Wish("", "controllers listened to, by parts of their names, with commas; empty: all, none: none"),
    "hands": Wish("", "a MIDI file whose tracks play as controllers"),
    "takeover": Wish("scale", "what a knob does that stands elsewhere than its sound", one_of=("scale", "catch", "jump")),
    "osc": Wish(0, "the port OSC is heard on; 0: a free one, -1: none", low=-1, high=65535),
    "osc_host": Wish("127.0.0.1", "who may send OSC: this machine alone (127.0.0.1), or the address others reach it by"),
    "clock": Wish("internal", "who keeps time", one_of=("internal", "midi", "link")),
    "clock_out": Wish("", "outputs that get our MIDI clock, by parts of their names, with commas; empty: none"),
    "theme": Wish("", "the colours of the screen, by name; empty: those for a dark room"),
    "plain": Wish(False, "no colours and no moving lines: for screen readers and logs"),
}


@dataclass(frozen=True)
class Settings:
    """What holds now, and who said so. Read a value as an attribute: ``settings.rate``."""

    values: Mapping[str, Any]
    said_by: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    tables: Mapping[str, Any] = field(default_factory=dict)  # rig, map, link, open: passed on unread

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(f"there is no setting {name!r}. {nearest(name, WISHES)}") from None


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest legal word, or lists them all."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, 1, 0.5)
    return f"Nearest: {close[0]}." if close else f"There is: {', '.join(known) or 'none'}."


def user_folder() -> Path:
    """Where your own settings live on this system."""
    import platformdirs  # late: --help does not need it

    return Path(platformdirs.user_config_dir("antiphon", appauthor=False))


def user_file() -> Path:
    """Your own settings file; it need not exist."""
    return user_folder() / "antiphon.toml"


def can_write(folder: Path) -> bool:
    """Whether a file can really be made in a folder (made on the way when missing): rights alone do not say."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"antiphon")
    except OSError:
        return False
    return True


def load(
    flags: Mapping[str, Any] | None = None,
    session: Path | None = None,
    environ: Mapping[str, str] | None = None,
    user: Path | None = None,
    rig: Mapping[str, Any] | None = None,
    rig_of: str = "session",  # the layer that chose it
) -> Settings:
    """Every layer, the loudest first. A flag that is None was not given; ``user`` is the file of your own settings.

    ``rig``: what the room says of the device; it speaks just before the layer that chose it.
    """
    environ = os.environ if environ is None else environ
    warnings: list[str] = []
    tables: dict[str, Any] = {}
    mine: dict[str, Any] = {}
    spoken = {key[len(PREFIX) :].lower(): raw for key, raw in environ.items() if key.startswith(PREFIX)}
    for other in ENVIRONMENT:
        spoken.pop(other.lower(), None)
    layers: list[tuple[str, Mapping[str, Any]]] = [
        ("flag", {key: value for key, value in (flags or {}).items() if value is not None}),
        ("environment", spoken),
        ("session", _file(session / "session.toml", warnings, tables) if session else {}),
        ("user", _file(user if user is not None else user_file(), warnings, mine)),
    ]
    ours = "session" if "rig" in tables else "user"
    if "rig" not in layers[2][1]:  # the room is yours, unless the session has one; the rest of your tables is no session's
        tables = {"rig": mine["rig"], **tables} if "rig" in mine else tables
    layers.insert(3 if rig_of == "user" else 2, ("rig", dict(rig or {})))
    values: dict[str, Any] = {}
    said_by: dict[str, str] = {}
    where = {
        "flag": "command line",
        "environment": "environment",
        "session": str(session / "session.toml") if session else "",
        "user": str(user if user is not None else user_file()) if layers[4][1] else "",
        "rig": "the rig",
    }
    for layer, found in layers:
        for key, raw in found.items():
            shown = f"--{key}" if layer == "flag" else PREFIX + key.upper() if layer == "environment" else key
            wish = WISHES.get(key)
            if wish is None:
                hint = nearest(key, WISHES)
                warnings.append(f"{where[layer]}: there is no setting {shown!r}. {hint} Ignored.")
                continue
            if key in values:
                continue
            try:
                values[key] = wish.read(raw)
                said_by[key] = layer
            except ValueError as legal:
                warnings.append(f"{where[layer]}: {shown} is {raw!r} but takes {legal}. Ignored.")
    for key, wish in WISHES.items():
        if key not in values:
            values[key], said_by[key] = wish.rest, "default"
    if "rig" in tables:
        said_by["[rig]"] = ours
    return Settings(values, said_by, tuple(warnings), tables)


def _file(path: Path, warnings: list[str], tables: dict[str, Any]) -> dict[str, Any]:
    """What a settings file says; nothing when it is missing, nothing but a warning when it cannot be read."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as trouble:
        warnings.append(f"{path}: cannot be read ({trouble.strerror or trouble}). Ignored.")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as trouble:
        warnings.append(f"{path}: is not TOML: {trouble}. Ignored whole.")
        return {}
    tables.update({name: found.pop(name) for name in ELSEWHERE if name in found and not (name == "rig" and isinstance(found[name], str))})
    return found
