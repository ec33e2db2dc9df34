"""Scripts read in a breath, for tests: no process of their own, no stage."""

from __future__ import annotations

import linecache
from typing import Any

from live import words
from live.mistakes import Mistake, from_exception
from live.naming import score_of
from live.room import Room
from live.score import Score
from live.values import Page

STEREO, QUAD = Room.usual(2, 2), Room.usual(4, 2)
RAIN = 'rain = clip("rain on tin")\n'


def page_of(text: str, room: Room = STEREO) -> Page:
    """The page that a script fills."""
    text = text.replace("from live import *", "")
    page, scope = words.begin(room), words.namespace()
    own = dict(scope)
    linecache.cache["script.py"] = (len(text), None, text.splitlines(keepends=True), "script.py")
    exec(compile(text, "script.py", "exec"), scope)
    return words.finish(page, {name: value for name, value in scope.items() if value is not own.get(name)})


def score(text: str, before: Score | None = None, room: Room = STEREO) -> Score:
    """The score that a script describes."""
    return score_of(page_of(text, room), before, room)


def slip(text: str, room: Room = STEREO, verbs: tuple[str, ...] = ()) -> Mistake:
    """The mistake in a script, with its place, as the desk shows it."""
    scope: dict[str, Any] = words.namespace()
    try:
        page = words.begin(room)
        exec(compile(text, "script.py", "exec"), scope)
        score_of(words.finish(page, scope), None, room)
    except BaseException as trouble:
        return from_exception(trouble, {"script.py": text}, names=scope, verbs=verbs)
    raise AssertionError(f"there is nothing wrong with {text!r}")
