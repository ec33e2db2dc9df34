"""What is mapped: a device's control -> a name. Text files a performer may read and edit; nothing in them is ever lost.

    device = "nanoKONTROL2"
    page = "note 58"              # this one turns the pages
    [controls]
    "cc 21" = "worn.texture"
    "cc 16" = { to = "mix", kind = "twos", takeover = "catch", range = [0.2, 0.8] }
    "cc 41" = "hush()"
    [pages.2]
    "cc 21" = "dusk.cutoff"

The session's ``map/`` speaks before your own. Names are kept whether or not anybody goes by them now.
"""

from __future__ import annotations

import difflib
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from live.control.slots import matches
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


class Maps:
    """Every file of a session and of your own. ``session`` and ``user`` are folders; they need not exist."""

    def __init__(self, session: Path | None, user: Path | None) -> None:
        self.session, self.user = session, user
        self.sheets: dict[Path, Sheet] = {}
        self.pages: dict[str, int] = {}  # the page each device is on
        self.look()

    def look(self) -> bool:
        """Read what was edited, added or taken away; whether anything was."""
        there = [path for folder in (self.session, self.user) if folder for path in _files(folder)]
        changed = False
        for path in [path for path in self.sheets if path not in there]:
            del self.sheets[path]
            changed = True
        for path in there:
            if path not in self.sheets:
                self.sheets[path] = Sheet(path)
            changed = self.sheets[path].look() or changed
        self.sheets = {path: self.sheets[path] for path in there}
        return changed

    @property
    def slips(self) -> list[str]:
        """Everything that is wrong, a line each."""
        return [slip for sheet in self.sheets.values() for slip in sheet.slips]

    def all(self) -> list[Bound]:
        """Every mapping of every page; of two for one control the session's is first and alone."""
        found: dict[tuple[str, Which, int], Bound] = {}
        for sheet in self.sheets.values():
            for one in sheet.bound:
                found.setdefault((one.device, one.which, one.page), one)
        return list(found.values())

    def now(self) -> list[Bound]:
        """What holds on the pages the devices are on: a page's own before what stands on every page."""
        found: dict[tuple[str, Which], Bound] = {}
        for one in sorted(self.all(), key=lambda one: -one.page):
            if one.page in (1, self.pages.get(one.device, 1)):
                found.setdefault((one.device, one.which), one)
        return list(found.values())

    def entries(self) -> list[dict[str, Any]]:
        """The same for the routes, each with its kind; verbs are not theirs."""
        return [one.entry(self.kind_of(one.device, one.which)) for one in self.now() if not one.verb]

    def verbs(self) -> list[Bound]:
        """Controls that do something instead of turning something."""
        return [one for one in self.now() if one.verb]

    def kind_of(self, device: str, which: Which) -> str:
        """How a control speaks, as it was learned; empty: nobody knows."""
        for sheet in self._sheets_of(device):
            for known, kind in sheet.kinds.items():
                if known.meets(which):
                    return kind
        return ""

    def turner_of(self, device: str) -> Which | None:
        """The control that turns a device's pages."""
        return next((sheet.turner for sheet in self._sheets_of(device) if sheet.turner), None)

    def turn_page(self, device: str, to: int = 0) -> int:
        """Another page; 0: the next one there is."""
        name = next((sheet.device for sheet in self._sheets_of(device)), device)
        pages = sorted({1, *(one.page for one in self.all() if matches(one.device, [device]))})
        here = self.pages.get(name, 1)
        self.pages[name] = to if to in pages else next((page for page in pages if page > here), 1)
        return self.pages[name]

    def _sheets_of(self, device: str) -> list[Sheet]:
        return [sheet for sheet in self.sheets.values() if matches(sheet.device, [device])]

    # --- writing: only what is meant is touched, comments and all else stays ---------------

    def bind(self, device: str, which: Which, to: str, **more: Any) -> Path:
        """Map a control, in the session if there is one. What it was for before gives way."""
        folder = self.session or self.user
        if folder is None:
            raise OSError("there is no folder for maps")
        page = self.pages.get(device, 1)
        path = self._file(folder, device)

        def change(page_of: Any) -> None:
            table = page_of
            key = next((key for key in table if _is(key, which)), str(which))
            before = table.get(key)
            keep = {k: v for k, v in before.items() if k not in ("to", *more)} if isinstance(before, Mapping) else {}
            said = {k: v for k, v in {**keep, **more}.items() if v not in (None, "")}
            if said:
                inline = tomlkit.inline_table()
                inline.update({"to": to, **said})
                table[key] = inline
            else:
                table[key] = to

        self._edit(path, device, ("controls",) if page == 1 else ("pages", str(page)), change)
        return path

    def note_kind(self, device: str, which: Which, kind: str) -> None:
        """Remember how a control speaks, among your own files: it is the device's, not the session's."""
        folder = self.user or self.session
        if folder is None or self.kind_of(device, which) == kind:
            return

        def change(table: Any) -> None:
            table[next((key for key in table if _is(key, which)), str(which.anywhere))] = kind

        self._edit(self._file(folder, device), device, ("kinds",), change)

    def unbind(self, what: str) -> list[Bound]:
        """Take mappings away: by what they move ("worn.texture"), or by the control ("nano cc 21"); those that went."""
        gone = [one for one in self.all() if one.to == what or _names(what, one)]
        for one in gone:

            def change(table: Any, one: Bound = one) -> None:
                for key in [key for key in table if _is(key, one.which)]:
                    del table[key]

            self._edit(one.file, one.device, ("controls",) if one.page == 1 else ("pages", str(one.page)), change)
        return gone

    def _file(self, folder: Path, device: str) -> Path:
        """A device's file in a folder: the one that names it, or a new one."""
        mine = [path for path, sheet in self.sheets.items() if path.parent == folder and _alike(sheet.device) == _alike(device)]
        good = [path for path in mine if not self.sheets[path].broken]
        if good:
            return good[0]
        stem = re.sub(r"[^\w -]+", "-", device).strip(" -")[:60] or "controller"
        count, path = 1, folder / f"{stem}.toml"
        while path.exists():
            count += 1
            path = folder / f"{stem} {count}.toml"
        return path

    def _edit(self, path: Path, device: str, keys: tuple[str, ...], change: Any) -> None:
        """Read it as it is now, change one thing, write it whole or not at all."""
        if path in self.sheets:
            self.sheets[path].look()
            if self.sheets[path].broken:  # somebody is in the middle of it: what is new goes beside it
                path = self._file(path.parent, device)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            document = tomlkit.parse(path.read_text("utf-8"))
        else:
            document = tomlkit.document()
            document.add("device", tomlkit.item(device))
        table: Any = document
        for key in keys:
            if not isinstance(table.get(key), Mapping):
                table[key] = tomlkit.table()
            table = table[key]
        change(table)
        handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(tomlkit.dumps(document))
        os.replace(fresh, path)
        self.look()


def verb_of(to: str) -> str:
    """``hush()``, ``scene("dawn")`` or ``scene dawn``: the verb and what it needs, in plain words; empty for a name."""
    found = re.fullmatch(r"""(\w+)\s*\(\s*["']?(.*?)["']?\s*\)|(scene|nudge|page|keep) +(.+)""", to.strip())
    word, needs = (found[1] or found[3], found[2] or found[4] or "") if found else ("", "")
    return f"{word} {needs}".strip() if word in VERBS and not set(needs) & set("()=") else ""


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.glob("*.toml") if not path.name.startswith("."))
    except OSError:
        return []


def _is(key: str, which: Which) -> bool:
    """Whether a key of a file is this control."""
    try:
        return Which.read(key).meets(which)
    except ValueError:
        return False


def _alike(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


def _names(what: str, one: Bound) -> bool:
    """``nano cc 21``: a device, or part of its name, and a control."""
    found = re.search(r"(?:^|\s)((?:cc|note|nrpn|rpn)\s*\d+|bend|pressure|program)(?:\s+ch\s*\d+)?$", what.strip().lower())
    if not found:
        return False
    device = what.strip()[: found.start()].strip()
    return _is(what.strip()[found.start() :].strip(), one.which) and (not device or bool(matches(device, [one.device])))
