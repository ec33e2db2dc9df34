"""What was typed on top of what was saved: a script's page with the prompt's edits over it. Values; nothing sounds.

An edit at the prompt stays when the file is saved again, unless the file now
says something else about the same name: then the file has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from live.score import Score
from live.typed import typed
from live.values import Page
from live.words import named


class Gone:
    """Stands where something was taken away."""

    def __repr__(self) -> str:
        return "gone"


GONE = Gone()


@dataclass(frozen=True)
class Edit:
    """Names and outputs that are otherwise now than the script says. ``texts``: how they were typed."""

    names: Mapping[str, Any] = field(default_factory=dict)
    outs: Mapping[str, Any] = field(default_factory=dict)
    tempo: float | None = None
    bar: float | None = None
    widths: Mapping[str, int] = field(default_factory=dict)
    effects: Mapping[str, str] = field(default_factory=dict)
    knobs: Mapping[int, float] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.names or self.outs or self.tempo or self.bar)

    def then(self, later: Edit) -> Edit:
        """This edit, and another after it."""
        return Edit(
            {**self.names, **later.names}, {**self.outs, **later.outs}, later.tempo or self.tempo, later.bar or self.bar,
            {**self.widths, **later.widths}, {**self.effects, **later.effects}, {**self.knobs, **later.knobs}, {**self.texts, **later.texts},
        )  # fmt: skip


@dataclass(frozen=True)
class State:
    """Everything that is accepted at one moment: what undo goes back to."""

    script: Page = field(default_factory=Page)
    edit: Edit = field(default_factory=Edit)
    score: Score = field(default_factory=Score)

    @property
    def page(self) -> Page:
        """The script with the edits over it."""
        return merged(self.script, self.edit)


Change = Callable[[State], State]
"""A state to another one; its score is found afterwards."""


def merged(script: Page, edit: Edit) -> Page:
    """One page of both."""
    names = {name: value for name, value in {**script.names, **edit.names}.items() if value is not GONE}
    outs = {name: value for name, value in {**script.outs, **edit.outs}.items() if value is not GONE}
    page = Page(
        names, outs, edit.tempo or script.tempo, edit.bar or script.bar, list(script.notes),
        knobs={**script.knobs, **edit.knobs}, effects={**script.effects, **edit.effects}, widths={**script.widths, **edit.widths}, room=script.room,
    )  # fmt: skip
    named(page)
    return page


def typing(edit: Edit) -> Change:
    """What the prompt does to a state."""
    return lambda state: replace(state, edit=state.edit.then(edit))


def saving(script: Page) -> Change:
    """What a saved file does: names it says something new about are its own again."""

    def change(state: State) -> State:
        old, edit = state.script, state.edit
        names = {
            key: value
            for key, value in edit.names.items()
            if same(old.names.get(key), script.names.get(key), key) and not same(value, script.names.get(key), key)
        }
        outs = {key: value for key, value in edit.outs.items() if same(old.outs.get(key), script.outs.get(key))}
        kept = Edit(
            names, outs, edit.tempo if old.tempo == script.tempo else None, edit.bar if old.bar == script.bar else None,
            edit.widths, edit.effects, edit.knobs, {key: text for key, text in edit.texts.items() if key in names or key.removeprefix("out.") in outs},
        )  # fmt: skip
        return State(script, kept, state.score)

    return change


def becoming(page: Page) -> Change:
    """Another page altogether: a scene, an evening that was cut short. The script stays what it was; the difference is an edit."""

    def change(state: State) -> State:
        names = {**dict.fromkeys(state.script.names, GONE), **page.names}
        outs = {**dict.fromkeys(state.script.outs, GONE), **page.outs}
        return replace(state, edit=Edit(names, outs, page.tempo, page.bar, page.widths, page.effects, page.knobs))

    return change


def same(a: Any, b: Any, name: str = "") -> bool:
    """Whether two definitions of a name say the same."""
    return a is b or (a is not None and b is not None and typed(a, own=name) == typed(b, own=name))
