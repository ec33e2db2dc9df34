"""What is mapped: a device's control -> a name. Nothing in the files is ever lost; see sheets.py for how they look.

The session's ``map/`` speaks before your own. Names are kept whether or not anybody goes by them now.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from live.control.sheets import Bound, Sheet
from live.control.slots import matches
from live.control.which import Which


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
