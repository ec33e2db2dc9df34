"""The files of a session: as it stands when it plays, else as its script is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from live.layouts import Surface, addresses, surface

if TYPE_CHECKING:
    from pathlib import Path

    from live.session import Session

USUAL = 9123  # where OSC is heard when that port is free


@dataclass(frozen=True)
class Made:
    """A surface on its way into files."""

    surface: Surface
    running: bool  # made from what plays

    @property
    def faders(self) -> int:
        """How many."""
        return sum(len(page.sliders) for page in self.surface.pages)

    @property
    def said(self) -> str:
        """One line for the performer."""
        how = "as it plays" if self.running else "as its script says"
        return f"{self.surface.name}, {how}: {self.faders} faders, {len(addresses(self.surface))} addresses, for {self.surface.host}:{self.surface.port}"

    def files(self, app: str | None = None) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of each file; ``app``: of one program only."""
        from live.layouts import plain, stage_control, touchosc

        name = re.sub(r"[^\w.-]+", "-", self.surface.name).strip("-.") or "antiphon"
        if app in (None, "open-stage-control"):
            yield f"{name}.open-stage-control.json", stage_control.written(self.surface)
        if app in (None, "touchosc"):
            pages = touchosc.written(self.surface)
            for number, data in enumerate(pages, 1):
                yield f"{name}{f'-{number}' if len(pages) > 1 else ''}.tosc", data
        if app in (None, "plain"):
            yield f"{name}.osc.csv", plain.table(self.surface)
            yield f"{name}.osc.json", plain.whole(self.surface)


def made(asked: str, *, host: str | None = None, port: int | None = None, reply: int | None = None) -> Made:
    """The surface of a session by its name; Sorry in one line when it cannot be read."""
    from live.core.memory import where
    from live.session import Session

    session = Session.find(asked)
    folder = where() / "main"
    table, heard = _running(folder, session)
    if table:
        host = host or (heard.get("host") if heard.get("host") not in ("0.0.0.0", "::") else None)
        port = port or heard.get("port")
    return Made(surface(table or _written(session), host or "127.0.0.1", port or USUAL, reply or 0), bool(table))


def _running(folder: Path, session: Session) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The table of the session that plays, if it is this one, and where it hears OSC."""
    import json

    from live.faders import read
    from live.pids import alive

    if not alive(folder, "core"):
        return {}, {}
    table = read(folder)
    if table.get("session") != session.name:
        return {}, {}
    try:
        return table, json.loads((folder / "osc.json").read_text())
    except (OSError, ValueError):
        return table, {}


def _written(session: Session) -> Mapping[str, Any]:
    """The table as the session's script describes it."""
    import json

    from live.cli import Sorry
    from live.errands import score_of
    from live.faders import Table
    from live.room import room_of
    from live.sheet import by_hand, sheet

    if by_hand(session.script):
        score, room = score_of(session.script), None
    else:
        found = sheet(session)
        score = found.score
        room = room_of({}, session.settings, lambda line: None)[1].fitted(found.outs, 32, lambda line: None)
    text = Table(session.folder, session.name, session.scenes, room).text(score)
    table = json.loads(text)
    if not table["places"]:
        raise Sorry(f'{session.name} names no places, so there is nothing to make faders of. Write: rain = clip("rain on tin")')
    return dict(table)
