"""One file of a map: a device's controls, and what each is for. Text a performer may read and edit.

    device = "nanoKONTROL2"
    page = "note 58"              # this one turns the pages
    [controls]
    "cc 21" = "worn.texture"
    "cc 16" = { to = "mix", kind = "twos", takeover = "catch", range = [0.2, 0.8] }
    "cc 41" = "hush()"
    [pages.2]
    "cc 21" = "dusk.cutoff"

A slip in it is one line, and the rest holds.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from live.control.which import KINDS, Which

TOP = ("device", "page", "controls", "kinds", "pages")
TAKEOVERS = ("jump", "catch", "scale")
KEYS = ("to", "kind", "takeover", "range", "step", "motor")
VERBS = ("hush", "panic", "go", "undo", "redo", "tap", "hold", "scene", "learn", "nudge", "page", "keep")
"""What a control may do beside turning something: verbs of the hands, never code."""


@dataclass(frozen=True)
class Bound:
    """One control and what it is for."""

    device: str
    which: Which
    to: str
    more: Mapping[str, Any] = field(default_factory=dict)  # kind, takeover, range, step, motor
    page: int = 1
    file: Path = Path()

    @property
    def verb(self) -> str:
        """What it does, when it turns nothing: ``hush``, ``scene dawn``."""
        return verb_of(self.to)

    def entry(self, kind: str = "") -> dict[str, Any]:
        """As the routes want it."""
        return {"kind": kind, **self.more, "device": self.device, "control": str(self.which), "to": self.to}

    def __str__(self) -> str:
        return f"{self.device} {self.which} -> {self.to}{f' (page {self.page})' if self.page > 1 else ''}"


class Sheet:
    """One file, as it was last read well."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stamp: tuple[int, int] | None = None
        self.device = path.stem
        self.turner: Which | None = None
        self.bound: list[Bound] = []
        self.kinds: dict[Which, str] = {}
        self.slips: list[str] = []
        self.broken = False

    def look(self) -> bool:
        """Read it if it has changed; whether it had."""
        try:
            stat = self.path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp == self.stamp:
                return False
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            stamp, text = None, ""
            if self.stamp is None:
                return False
        except (OSError, UnicodeDecodeError) as why:
            said = f"{self.path.name}: it cannot be read ({getattr(why, 'strerror', None) or 'it is no text'}). What was mapped stays."
            fresh, self.slips = self.slips != [said], [said]
            return fresh
        self.stamp = stamp
        try:
            self._take(tomlkit.parse(text).unwrap(), text)
            self.broken = False
        except TOMLKitError as why:
            self.broken = True
            self.slips = [f"{self._at(getattr(why, 'line', 1))}: {str(why).split(' at line')[0].rstrip('.')}. What was mapped stays."]
        return True

    def _take(self, found: Mapping[str, Any], text: str) -> None:
        """What a file says; each slip is one line, and the rest holds."""
        self.slips, self.bound, self.kinds, self.turner = [], [], {}, None
        device = found.get("device", self.path.stem)
        self.device = device if isinstance(device, str) and device.strip() else self.path.stem
        for key in found:
            if key not in TOP:
                self._slip(text, key, f"there is no {key!r} in a map. {_nearest(key, TOP)}")
        if "page" in found:
            self.turner = self._which(text, found["page"])
        for key, kind in self._table(text, found, "kinds").items():
            which = self._which(text, key)
            if which and self._one_of(text, "kind", kind, KINDS):
                self.kinds[which] = kind
        self._controls(text, self._table(text, found, "controls"), 1)
        for number, table in self._table(text, found, "pages").items():
            if not number.isdigit() or not 1 <= int(number) <= 64 or not isinstance(table, Mapping):
                self._slip(text, f"pages.{number}", "pages go by number: [pages.2]")
            else:
                self._controls(text, table, int(number))

    def _table(self, text: str, found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        table = found.get(name, {})
        if isinstance(table, Mapping):
            return table
        self._slip(text, name, f"{name} is a table: [{name}]")
        return {}

    def _controls(self, text: str, table: Mapping[str, Any], page: int) -> None:
        for key, said in table.items():
            which = self._which(text, key)
            entry = dict(said) if isinstance(said, Mapping) else {"to": said}
            to = entry.pop("to", None)
            if which is None:
                continue
            if not isinstance(to, str) or not to.strip():
                near = next((_nearest(k, ("to",)) for k in entry if k not in KEYS), 'Write: "cc 21" = "worn.texture"')
                self._slip(text, key, f"it does not say what {key} is for. {near}")
                continue
            if to.strip().endswith(")") and not verb_of(to):
                self._slip(text, key, f"{to.strip()} is not for hands. {_nearest(to.partition('(')[0].strip(), VERBS)}")
                continue
            self.bound.append(Bound(self.device, which, to.strip(), self._good(text, key, entry), page, self.path))

    def _good(self, text: str, key: str, entry: Mapping[str, Any]) -> dict[str, Any]:
        """What is said beside the name, as far as it is right."""
        good = {}
        for word, value in entry.items():
            if word not in KEYS:
                self._slip(text, word, f"{key} has no {word!r}. {_nearest(word, KEYS)}", key)
            elif word == "kind":
                good |= {word: value} if self._one_of(text, word, value, KINDS) else {}
            elif word == "takeover":
                good |= {word: value} if self._one_of(text, word, value, TAKEOVERS) else {}
            elif word == "range":
                two = value if isinstance(value, list) else []
                if len(two) == 2 and all(type(x) in (int, float) and 0 <= x <= 1 for x in two):
                    good[word] = [float(x) for x in two]
                else:
                    self._slip(text, word, "a range is two numbers from 0 to 1: [0.2, 0.8]", key)
            elif word == "step":
                if type(value) in (int, float) and 0 < value <= 1:
                    good[word] = float(value)
                else:
                    self._slip(text, word, "a step is a share of the way: 0.01", key)
            elif isinstance(value, bool):
                good[word] = value
            else:
                self._slip(text, word, f"{word} is true or false", key)
        return good

    def _which(self, text: str, said: Any) -> Which | None:
        try:
            return Which.read(said)
        except ValueError as why:
            self._slip(text, str(said), str(why))
            return None

    def _one_of(self, text: str, word: str, value: Any, legal: Iterable[str]) -> bool:
        if value in (legal := tuple(legal)):
            return True
        self._slip(text, str(value), f"there is no {word} {value!r}. {_nearest(str(value), legal)}")
        return False

    def _slip(self, text: str, word: str, why: str, beside: str = "") -> None:
        """One line: file, line, what, the nearest."""
        lines = text.splitlines()
        spots = [count for count, line in enumerate(lines, 1) if word.split(".")[-1] in line.split("#")[0]]
        spots = [count for count in spots if beside in lines[count - 1]] or spots
        self.slips.append(f"{self._at(spots[0] if spots else 1)}: {why.rstrip('.')}. The rest of the map holds.")

    def _at(self, line: int) -> str:
        return f"{self.path.parent.name}/{self.path.name}:{line}"


def _nearest(word: str, legal: Iterable[str]) -> str:
    legal = tuple(legal)
    close = difflib.get_close_matches(word, legal, 1, 0.4)
    return f"Nearest: {close[0]}." if close else f"There is: {', '.join(legal)}."


def verb_of(to: str) -> str:
    """``hush()``, ``scene("dawn")`` or ``scene dawn``: the verb and what it needs, in plain words; empty for a name."""
    found = re.fullmatch(r"""(\w+)\s*\(\s*["']?(.*?)["']?\s*\)|(scene|nudge|page|keep) +(.+)""", to.strip())
    word, needs = (found[1] or found[3], found[2] or found[4] or "") if found else ("", "")
    return f"{word} {needs}".strip() if word in VERBS and not set(needs) & set("()=") else ""
