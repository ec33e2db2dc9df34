"""Teaching while you play: a kernel is learned in a process of its own, and goes into the sound when it is better.

    train("moss", "rain", game="audit")                 from a folder of recordings in corpus/
    train("amp", dry="guitar", wet="guitar in the amp") from one sound, before and after: in seconds
    train("amp", ..., into=worn)                        worn.kernel becomes each better one
    train()                                             how far it is; train(stop=True) ends it

What is learned lies in the session's kernels/. A script that says kernel="moss" takes each better one by itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engines.kernel import NUMBERS, BadKernel, read
from live.core.shelf import find
from live.edits import Edit, State
from live.eleven import takes
from live.hand import Proposal
from live.mistakes import Mistake, nearest
from live.noun import file, memory
from live.page import folders
from live.vocabulary import word_of
from live.weave import retuned

if TYPE_CHECKING:
    from live.desk import Desk
    from live.values import Described

ROOT = Path(__file__).parent.parent
NICE = 10
GAMES = ("fit", "audit", "augan")


def begin(
    desk: Desk,
    name: str,
    folder: str,
    into: Described | None,
    *,
    game: str = "",
    dry: str = "",
    wet: str = "",
    minutes: float = 0,
    seed: int = 0,
) -> Lesson:
    """Check what is asked, and begin. ``game``: fit from a pair, audit from recordings alone, augan as published."""
    if desk.session is None:
        raise Mistake("What is learned goes into a session, and this is none.", near="antiphon new night makes one.", word="train")
    if not isinstance(name, str) or not name.replace(" ", "_").replace("-", "_").isidentifier():
        raise Mistake(f"{name!r} is no name for a kernel.", near='Write: train("moss", "rain", game="audit")', word="train")
    game = game or ("fit" if dry or wet or not folder else "audit")
    if game not in GAMES:
        raise Mistake(f"There is no game {game!r}.", near=nearest(str(game), GAMES), word=str(game))
    asked = ["--game", game, "--seed", str(int(seed)), *(["--minutes", str(float(minutes))] if minutes else [])]
    if dry and wet:
        asked += ["--dry", str(find(file(dry), folders())), "--wet", str(find(file(wet), folders()))]
    elif folder:
        asked.insert(0, memory(folder))
    else:
        raise Mistake("To learn from a pair, both are wanted: dry and wet.", near='Write: train("amp", dry="a", wet="b")', word="train")
    if into is not None:
        word = word_of(into.kind)
        if word is None or not takes(word):
            raise Mistake(f"{into.name} has no kernel.", near="A cak has: worn = cak(rain)", word="into")
    return Lesson(
        desk, name, Path(desk.session.folder) / "kernels" / f"{name}.json", game, asked, str(into.name) if into is not None else ""
    )


class Lesson:
    """One kernel that is being learned."""

    def __init__(self, desk: Desk, name: str, file: Path, game: str, asked: list[str], into: str = "") -> None:
        self.desk, self.name, self.file, self.game, self.into = desk, name, file, game, into
        self.said, self.step, self.of, self.figures = "", 0, 0, ""
        self.seen = self._mark()
        env = dict(
            os.environ, PYTHONPATH=os.pathsep.join(p for p in (str(ROOT), os.environ.get("PYTHONPATH", "")) if p), OMP_NUM_THREADS="1"
        )
        nice = {"preexec_fn": lambda: os.nice(NICE)} if os.name != "nt" else {"creationflags": 0x00004000}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engines.nets.cak", "train", *asked, "--name", name, "--out", str(file), "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, **nice,  # type: ignore[call-overload]
        )  # fmt: skip
        self.thread = threading.Thread(target=self._follow, name="lesson", daemon=True)
        self.thread.start()

    @property
    def runs(self) -> bool:
        """Whether it is still learning."""
        return self.process.poll() is None

    def how(self) -> str:
        """How far it is, in a line."""
        if not self.runs:
            return f"{self.name}: {self.said or 'over'}"
        return f"{self.name}: {self.step} of {self.of}{self.figures}" if self.of else f"{self.name}: begins"

    def stop(self) -> None:
        """End it; what it has learned stays."""
        if self.runs:
            self.process.terminate()
        try:
            self.process.wait(3.0)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def _mark(self) -> int:
        try:
            return self.file.stat().st_mtime_ns
        except OSError:
            return 0

    def _follow(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        for line in self.process.stdout:
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if "said" in told:
                self.said = str(told["said"])
            else:
                self.step, self.of = int(told.pop("step", 0)), int(told.pop("of", 0))
                self.figures = "".join(f", {key} {value:.4g}" for key, value in told.items() if isinstance(value, int | float))
            self._heard()
        slip = self.process.stderr.read().strip().splitlines()
        self._heard()
        code = self.process.wait()
        if code == 0:
            use = f'{self.into}.kernel = "{self.name}"' if self.into else f'cak(rain, kernel="{self.name}")'
            self.desk.say(f"train: {self.name} is learned. {use}")
        elif code == 1:
            self.desk.say(f"train: {self.name}: {self.said or 'nothing was learned'}")
        elif code > 1:
            self.desk.say(f"train: {slip[-1] if slip else f'it ended with {code}'}")

    def _heard(self) -> None:
        """A better kernel lies there: into the sound with it."""
        mark = self._mark()
        if not self.into or mark == self.seen:
            return
        self.seen = mark
        try:
            numbers = dict(zip(NUMBERS, read(self.file).numbers, strict=True))
        except BadKernel:
            return  # written just now; the next look finds it

        def change(state: State) -> State:
            place = state.page.places().get(self.into)
            word = word_of(place.kind) if place is not None else None
            if place is None or word is None or not takes(word):
                return state
            return replace(state, edit=state.edit.then(Edit(retuned(state.page, self.into, numbers))))

        self.desk.hand.propose(Proposal(change, f"{self.into} takes a better {self.name}", fade=0.1, rehearse=False, step=False))
