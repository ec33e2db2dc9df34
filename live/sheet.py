"""A session's script read once, for a file instead of a stage: the score it describes in a room of so many loudspeakers.

The same reading as on stage, in a process of its own: what is wrong in a script is the same one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from live.cli import Sorry
from live.score import Score

if TYPE_CHECKING:
    from live.session import Session
    from live.settings import Settings
    from live.values import Page


@dataclass(frozen=True)
class Sheet:
    """What is to be played, and where."""

    score: Score
    settings: Settings
    outs: int
    ins: int  # inputs it listens to
    printed: tuple[str, ...] = ()
    knobs: Mapping[int, float] = field(default_factory=dict)  # where they stand


def sheet(
    session: Session, flags: dict[str, Any] | None = None, *, outs: int | None = None, warn: Callable[[str], None] = lambda line: None
) -> Sheet:
    """Read the script; Sorry, in one line with its place, when it cannot be played. ``outs``: loudspeakers; else the rig's, or two."""
    from live.mistakes import Mistake
    from live.naming import score_of
    from live.reading import Reader
    from live.room import room_of

    settings, room = room_of(flags or {}, session.settings, warn)
    outs = outs or settings.channels or 2
    room = replace(room.fitted(outs, 32, warn), folders=session.folders)
    reader = Reader(session.folder, spares=1)
    reader.room = room
    try:
        reading = reader.read(session.script)
    finally:
        reader.close()
    if reading.mistake is not None:
        raise Sorry(str(reading.mistake))
    page = reading.page
    assert page is not None
    page.room = room
    try:
        score = score_of(_written(page), Score(tempo=settings.tempo), room)
    except Mistake as slip:
        raise Sorry(str(slip)) from None
    mics = [node.settings for node in score.places.values() if node.kind == "mic"]
    ins = max((int(one.get("first", 0)) + int(one.get("width", 1)) for one in mics), default=0)
    return Sheet(score, settings, outs, ins, (*reading.printed, *reading.notes), page.knobs)


def _written(page: Page) -> Page:
    """The page with its treatments written live ready to play."""
    if not page.effects:
        return page
    from live.core import written
    from live.weave import rekinded

    return rekinded(page, {kind: f"written:{written.write(text, kind.split(':')[1])}" for kind, text in page.effects.items()})


def by_hand(script: Path) -> bool:
    """Whether a script builds its ``score`` itself, out of nodes, as before there was a language."""
    try:
        return b"from live.score import" in script.read_bytes()[:65536]
    except OSError:
        return False
