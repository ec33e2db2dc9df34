"""The room: outputs and inputs by name, so that one session plays on a laptop, in a club, on eight loudspeakers.

A rig is a TOML file (``club.toml``), or the table ``[rig]`` of session.toml:

    device = "USB Audio"             # all of these are optional: device, input, backend, rate, block, channels, inputs, ceiling
    channels = 8
    outputs = { stage = [1, 2], rear = [3, 4], ring = [1, 2, 3, 4, 5, 6, 7, 8], sub = 5 }
    inputs = { guitar = 1, piano = [2, 3] }    # mic("guitar"), mic("piano", width=2)

Written channels count from 1; in a ``Room`` they count from 0. This is the one place where they turn over.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from live.cli import Sorry
from live.settings import WISHES, Settings, load, nearest, user_folder

MOST = {"outputs": 64, "inputs": 32}
DEVICE = ("device", "input", "backend", "rate", "block", "channels", "inputs", "ceiling")  # settings a rig may speak for

Channels = tuple[int, ...]


@dataclass(frozen=True)
class Room:
    """Where sound goes and comes from. Plain data: it travels to whoever reads a script."""

    outs: int = 2
    outputs: Mapping[str, Channels] = field(default_factory=dict)  # name -> neighbouring channels, from 0
    ins: int = 0
    inputs: Mapping[str, int] = field(default_factory=dict)  # name -> first channel, from 0
    wide: Mapping[str, int] = field(default_factory=dict)  # name -> how many channels an input has
    folders: tuple[str, ...] = ()  # where the session's own sounds lie
    wishes: Mapping[str, Any] = field(default_factory=dict)  # device, rate, block, channels ... as settings
    where: str = ""  # the file that says so; empty: nobody does

    @staticmethod
    def usual(outs: int = 2, ins: int = 0) -> Room:
        """The room when nobody says anything: stage in front, rear behind it or the same, ring all around."""
        stage = (0, 1) if outs > 1 else (0,)
        rear = (4, 5) if outs > 5 else (2, 3) if outs > 3 else stage  # behind, in a ring that goes clockwise from the front left
        return Room(outs, {"stage": stage, "rear": rear, "ring": tuple(range(outs))}, ins)

    @staticmethod
    def read(path: Path, warn: Callable[[str], None]) -> Room:
        """A rig file. What cannot be meant is refused (Sorry); a key nobody knows is one line to ``warn``."""
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as trouble:
            raise Sorry(f"{path} is no rig: it is not TOML ({trouble}).") from None
        except OSError as trouble:
            raise Sorry(f"{path} cannot be read: {(trouble.strerror or str(trouble)).lower()}.") from None
        return Room.of(table["rig"] if isinstance(table.get("rig"), dict) else table, str(path), warn)

    @staticmethod
    def of(table: Mapping[str, Any], where: str, warn: Callable[[str], None]) -> Room:
        """The same from a table that has been read, like [rig] of session.toml."""
        named: dict[str, dict[str, Channels]] = {"outputs": {}, "inputs": {}}
        wishes: dict[str, Any] = {}
        for key, value in table.items():
            if key in named and isinstance(value, Mapping):
                named[key] = {name: _run(raw, key, name, where) for name, raw in value.items()}
            elif key in DEVICE:
                try:
                    wishes[key] = WISHES[key].read(value)
                except ValueError as legal:
                    warn(f"{where}: {key} is {value!r} but takes {legal}. Ignored.")
            elif isinstance(value, list) and not isinstance(table.get("outputs"), Mapping):  # stage = [1, 2] without a table
                named["outputs"][key] = _run(value, "outputs", key, where)
            else:
                warn(f"{where}: a rig has no {key!r}. {nearest(key, ['outputs', *DEVICE])} Ignored.")
        outs = wishes.get("channels") or 1 + max((c for run in named["outputs"].values() for c in run), default=-1)
        wishes |= {"channels": outs} if outs else {}  # as many as are named, so that they are there on no device, too
        ins = wishes.get("inputs") or 1 + max((c for run in named["inputs"].values() for c in run), default=-1)
        firsts = {name: run[0] for name, run in named["inputs"].items()}
        wide = {name: len(run) for name, run in named["inputs"].items()}
        return Room(outs, named["outputs"], ins, firsts, wide, (), wishes, where)

    def fitted(self, outs: int, ins: int, warn: Callable[[str], None]) -> Room:
        """The room on what is really there: names nobody gave as usual, channels beyond the device folded, each in one line."""
        usual = Room.usual(outs, ins)
        outputs = dict(usual.outputs)
        stage = _there(self.outputs.get("stage", ()), outs) or usual.outputs["stage"]
        for name, run in self.outputs.items():
            outputs[name] = _there(run, outs) or stage[: len(run)]
            if outputs[name] != run:
                warn(f"{name} is {_spoken(run, 'output')}, but there {_are(outs, 'output')}: it is heard on {_spoken(outputs[name])}.")
        if "rear" not in self.outputs and outs < 4:
            outputs["rear"] = outputs["stage"]
        inputs, wide = {}, {}
        for name, first in self.inputs.items():
            run = tuple(range(first, first + self.wide.get(name, 1)))
            if found := _there(run, ins):
                inputs[name], wide[name] = first, len(found)
            if found != run:
                rest = f"it hears {_spoken(found, 'input')}" if found else "nothing can listen to it"
                warn(f"{name} is {_spoken(run, 'input')}, but there {_are(ins, 'input')}: {rest}.")
        return replace(self, outs=outs, outputs=outputs, ins=ins, inputs=inputs, wide=wide)

    def output(self, name: str) -> Channels:
        """The channels of an output by name; Sorry with the nearest when the rig has none of that name."""
        if name in self.outputs:
            return self.outputs[name]
        raise Sorry(f"there is no output {name!r} in {self.where or 'the usual room'}. {nearest(name, self.outputs)}")

    def input(self, name: str) -> int:
        """The first channel of an input by name; Sorry with the nearest."""
        if name in self.inputs:
            return self.inputs[name]
        numbers = f"mic(1) to mic({self.ins}) are there" if self.ins > 1 else "mic(1) is there" if self.ins else "there is no input at all"
        hint = nearest(name, self.inputs) if self.inputs else f"No rig names an input; {numbers}."
        raise Sorry(f"there is no input {name!r} in {self.where or 'the usual room'}. {hint}")

    @property
    def said(self) -> str:
        """One line that says where everything is."""
        spots = [f"{name} {_spoken(run)}" for name, run in self.outputs.items()]
        heard = [f"{name} in {_spoken(tuple(range(first, first + self.wide.get(name, 1))))}" for name, first in self.inputs.items()]
        return ", ".join(spots + heard)


def room_of(
    flags: Mapping[str, Any] | None = None,
    home: Path | None = None,
    warn: Callable[[str], None] = lambda line: None,
    environ: Mapping[str, str] | None = None,
    user: Path | None = None,
) -> tuple[Settings, Room]:
    """Every layer of settings, and the room they mean. ``home``: the folder whose session.toml speaks.

    The rig named on the command line, in the environment, by the session or by yourself, the first that speaks; a rig
    says what device to open, unless flag or environment say so too. ``Room.fitted`` then fits it to what is really there.
    """
    settings = load(flags, home, environ, user)
    table = settings.tables.get("rig")
    if settings.rig and not (table and settings.said_by["[rig]"] == "session" and settings.said_by["rig"] == "user"):
        room, by = Room.read(find_rig(settings.rig, home), warn), settings.said_by["rig"]
    elif isinstance(table, Mapping):
        by = settings.said_by["[rig]"]
        room = Room.of(table, f"{home / 'session.toml' if home and by == 'session' else 'your settings'}, [rig]", warn)
    else:
        room, by = Room(2), "user"
        if table is not None:
            warn(f"rig is {_toml(table)}, but a rig is a name in quotes or a table. Ignored.")
    settings = load(flags, home, environ, user, room.wishes, by)
    for line in settings.warnings:
        warn(line)
    return settings, replace(room, folders=(str(home),) if home else ())


def find_rig(name: str, home: Path | None = None) -> Path:
    """The rig file a name means: a path, or a name in the session, its ``rigs/``, or ``rigs/`` beside your own settings."""
    asked = Path(name).expanduser()
    folders = [Path(), *([home, home / "rigs"] if home else []), user_folder() / "rigs"]
    for base in [asked] if asked.is_absolute() else [folder / asked for folder in folders]:
        for path in (base, base.with_name(base.name + ".toml")):
            if path.is_file():
                return path
    there = [p for folder in folders[1:] if folder.is_dir() for p in sorted(folder.glob("*.toml")) if p.name != "session.toml"]
    close = difflib.get_close_matches(asked.stem, [p.stem for p in there], 1, 0.5)
    listed = f"There is: {', '.join(dict.fromkeys(p.stem for p in there))}." if there else f"Rigs lie in {folders[-1]}."
    raise Sorry(f"There is no rig {name!r}. {f'Nearest: {close[0]}.' if close else listed}")


def _run(raw: Any, kind: str, name: str, where: str) -> Channels:
    """Channels as written, from 1, as a run of neighbours from 0; Sorry with the nearest legal list."""
    one, most = kind[:-1], MOST[kind]
    if not name.isidentifier():
        raise Sorry(f"{where}: {name!r} is no name for an {one}: letters, digits and _ are. Nearest: {_legal(name)}.")
    numbers = raw if isinstance(raw, list) else [raw]
    if not numbers or any(type(number) is not int for number in numbers):
        raise Sorry(f"{where}: {name} = {_toml(raw)} names no channels: write {name} = [1, 2], counted from 1.")
    low = min(max(min(numbers), 1), most)
    nearest = list(range(low, min(low + len(set(numbers)), most + 1)))
    if min(numbers) < 1 or max(numbers) > most:
        raise Sorry(f"{where}: {name} = {_toml(raw)}: {kind} count from 1 to {most}. Nearest: {name} = {nearest}.")
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        why = "goes down" if sorted(numbers, reverse=True) == numbers else "has a gap, or a channel twice"
        raise Sorry(f"{where}: {name} = {_toml(raw)} {why}; a place goes to neighbouring {kind}, upwards. Nearest: {name} = {nearest}.")
    return tuple(number - 1 for number in numbers)


def _there(run: Channels, count: int) -> Channels:
    return tuple(channel for channel in run if channel < count)


def _spoken(run: Channels, word: str = "") -> str:
    """Channels as a musician counts them."""
    span = f"{run[0] + 1}" if len(run) == 1 else f"{run[0] + 1}-{run[-1] + 1}"
    return f"{word}{'s' * (len(run) > 1)} {span}" if word else span


def _are(count: int, word: str) -> str:
    return f"{'is' if count == 1 else 'are'} {count or 'no'} {word}{'s' * (count != 1)}"


def _legal(name: str) -> str:
    made = "".join(c if c.isidentifier() or c.isdigit() else "_" for c in name)
    return made if made.isidentifier() else f"out_{made}"


def _toml(raw: Any) -> str:
    return f'"{raw}"' if isinstance(raw, str) else str(raw)
