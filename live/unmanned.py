"""The desk with nobody at it: what an installation asks, said in the desk's own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from live.headless import Ended
from live.values import Page

if TYPE_CHECKING:
    from live.edits import Edit, State
    from live.score import Score
    from live.session import Session


class Unmanned:
    """Opens the room, plays the session, follows its saves; no prompt, no terminal."""

    def __init__(self, session: Session, flags: dict[str, object], tell: Callable[[str], None]) -> None:
        from live.repl import opened

        self.desk, _ = opened(str(session.script), flags, tell=tell)
        self.stage = self.desk.stage
        self.news: list[str] = []
        self.desk.listeners.append(self.news.append)
        self._edit: Edit | None = None  # what had been typed before the outputs were hushed

    def play_session(self) -> None:
        """Read the script and play it."""
        reading = self.desk.play_session()
        if reading is not None and reading.mistake is not None:
            self.news.clear()  # it is said once
            raise reading.mistake

    def play_score(self, score: Score, fade: float) -> None:
        """An earlier state, as if the script had said so."""
        from live.edits import saving
        from live.hand import Proposal
        from live.paging import paged

        page = paged(score, self.desk.room)
        self.desk.hand.propose(Proposal(saving(page), "an earlier take", when="now", fade=fade, rehearse=False))

    def step(self) -> list[str]:
        """What was said since last asked."""
        if not (self.stage.folder / "core.map").exists():
            raise Ended("what played here was ended from elsewhere (antiphon stop)")
        count = len(self.news)
        fresh, self.news[:count] = self.news[:count], []
        return [in_a_line(text) for text in fresh]

    def hush(self, fade: float) -> None:
        """Nothing goes out any more; what is saved meanwhile waits."""
        self._edit = self.desk.hand.state.edit
        self.desk.verbs.hush(fade)
        self.desk.verbs.hold()

    def back(self, fade: float) -> None:
        """The outputs are again what they were, or what was saved meanwhile."""
        from live.edits import saving
        from live.hand import Proposal

        waiting, self.desk.held = self.desk.held, False
        edit = self._edit

        def change(state: State) -> State:
            state = state if edit is None else replace(state, edit=edit)
            return saving(waiting)(state) if isinstance(waiting, Page) else state

        self.desk.hand.propose(Proposal(change, "open again", when="now", fade=fade, rehearse=isinstance(waiting, Page)))

    def close(self) -> None:
        """Leave in order."""
        self.desk.close()


def in_a_line(text: str) -> str:
    """What was said, without the picture: a log has no carets, but the file and the line stay."""
    lines = [line for line in text.splitlines() if line.strip()]
    caret = next((k for k, line in enumerate(lines) if set(line.strip()) == {"^"}), 0)
    if caret:
        lines = [lines[caret - 1].split()[0] + ":", *lines[caret + 1 :]]
    return " ".join(" ".join(lines).split())
